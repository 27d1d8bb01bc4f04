/**
 * @file judge.h
 * How good answers are, whatever their task: the evaluation that fits, and its headline figures side by side. For train, for
 * the choice of parameters, and for evaluate.
 */
#ifndef LNTI_FLOW_JUDGE_H
#define LNTI_FLOW_JUDGE_H

#include <base/json.h>
#include <base/text.h>
#include <eval/eval.h>
#include <eval/hierarchy.h>
#include <eval/measure.h>
#include <eval/multilabel.h>
#include <eval/regression.h>
#include <flow/evaluate/truth.h>

enum { LNTI_FIGURES_MAX = (int)LNTI_METRICS + (int)LNTI_H_METRICS };

/** The headline figures; of classes those of lnti_metric_id come first, so that value[LNTI_ACCURACY] is one. */
typedef struct lnti_figures {
  size_t n;
  lnti_measure measure[LNTI_FIGURES_MAX];
  double value[LNTI_FIGURES_MAX];   /**< NaN where undefined */
  double ci95[LNTI_FIGURES_MAX][2]; /**< NaN where there is none */
} lnti_figures;

/** What is judged. All borrowed. */
typedef struct lnti_judging {
  const float *prob;           /**< [n,k] as of lnti_model_predict */
  const lnti_truth *truth;     /**< [n] */
  const lnti_class_tree *tree; /**< of the classes where they form one; NULL */
  const float *threshold;      /**< [k] of labels; NULL */
  double interval[2];          /**< of numbers, as lnti_regression_options has it; NaN */
  double train_mean;           /**< of numbers; NaN */
  lnti_evaluate_options options;
} lnti_judging;

/** The evaluations that apply; NULL where one does not. lnti_judged_clear frees them. */
typedef struct lnti_judged {
  lnti_evaluation *evaluation;
  lnti_multilabel_evaluation *multilabel;
  lnti_hierarchy_evaluation *hierarchy;
  lnti_regression_evaluation *regression;
} lnti_judged;

/** As the evaluations of eval/. */
LNT_MUST_CHECK lnt_status lnti_judge(lnti_judged *out, const lnti_judging *what, const lnti_context *context,
                                     lnt_error *err);
void lnti_judged_clear(lnti_judged *judged);

/** @param judged  NULL or empty: the names of the task's figures, all of them NaN */
void lnti_figures_of(lnti_figures *out, const lnti_judged *judged, lnti_task task, bool tree);
/** The index of a figure by name; n where there is none. */
size_t lnti_figure_find(const lnti_figures *figures, const char *name);
/** The figure of that name; NaN where there is none. */
double lnti_figure(const lnti_figures *figures, const char *name);
/** The figure that a model of such a task is known by: accuracy, map or mae. */
const char *lnti_task_figure(lnti_task task);

/** Keys and values inside of an object: {"accuracy": .., "ci95": {"accuracy": [.., ..]}}. */
void lnti_figures_write(lnti_json_writer *w, const lnti_figures *figures);
/** The object as text, appended to `out`. */
LNT_MUST_CHECK lnt_status lnti_figures_json(lnti_text *out, const lnti_figures *figures, lnt_error *err);

#endif
