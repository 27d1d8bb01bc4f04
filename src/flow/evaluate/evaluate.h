/**
 * @file evaluate.h
 * evaluate: a model on the labelled items of a split it was not trained on.
 */
#ifndef LNTI_FLOW_EVALUATE_H
#define LNTI_FLOW_EVALUATE_H

#include <flow/evaluate/judge.h>
#include <flow/model_classes.h>
#include <flow/project.h>
#include <flow/report/report.h>
#include <linnet/model.h>

typedef struct lnti_evaluate_request {
  const char *model;    /**< a name in the project, or the path of a .lnt file */
  const char *compare;  /**< another, of the same question, to compare with on the items that both know; NULL: none */
  const char *split;    /**< NULL: "test" */
  const char *snapshot; /**< answers, splits and groups as they were in it; NULL: as they are */
  const char *html;     /**< where to write the report (flow/output.h); NULL: nowhere */
  const char *const *slices; /**< [n_slices] keys (flow/evaluate/slices.h) */
  size_t n_slices;
  unsigned resamples;
  uint64_t seed;
  const lnti_progress *progress;
  lnti_refused_visit refused;
  void *refused_payload;
  const char *const
      *unknown_classes; /**< [n_unknown_classes] also judged as if they had never been seen (flow/evaluate/unknown.h) */
  size_t n_unknown_classes;
  bool answers_only; /**< of a model to compare with: nothing that the comparison does not need */
  const char *cost;  /**< "10:1": also what misses and false alarms cost (flow/evaluate/costs.h); NULL */
} lnti_evaluate_request;

#define LNTI_EVALUATE_REQUEST_INIT \
  { NULL, NULL, NULL, NULL, NULL, NULL, 0, 1000, 0, NULL, NULL, NULL, NULL, 0, false, NULL }

/** What the model said of each item that was read. */
typedef struct lnti_answers {
  size_t n;         /**< items, by rising id */
  int64_t *item;    /**< [n] ids */
  lnti_truth truth; /**< [n] */
  float *prob;      /**< [n,truth.k] as of lnti_model_predict */
  float *threshold; /**< [k] of labels; NULL */
  uint32_t *group;  /**< [n] items that belong together; NULL: each is alone */
} lnti_answers;

/** Another model beside this one. On the heap: what is shown points into it. */
typedef struct lnti_comparison {
  lnti_report_comparison shown;
  char *first, *second; /**< the models' names */
  lnti_compared measures[LNTI_FIGURES_MAX];
  lnti_mcnemar mcnemar;
} lnti_comparison;

typedef struct lnti_evaluate_result {
  lnt_model *model;           /**< open: class titles, feature, learner */
  int64_t question_id;        /**< that it answers */
  lnti_model_classes classes; /**< what has become of them */
  char **
      title; /**< [n_classes] of those that several were merged into, what they are called by now; NULL: as in the model */
  lnti_evaluation *evaluation;            /**< of classes; NULL where it does not apply, as the next three */
  lnti_multilabel_evaluation *multilabel; /**< of labels */
  lnti_hierarchy_evaluation *hierarchy;   /**< of classes that form a tree, however they were learned */
  lnti_regression_evaluation *regression; /**< of numbers */
  lnti_answers answers;
  lnti_report_unknown unknown;  /**< no rows: nothing was unknown */
  lnti_reliability reliability; /**< of classes and labels */
  lnti_reject_curve *reject;    /**< of classes; NULL */
  lnti_comparison *comparison;  /**< NULL: with none */
  lnti_report_costs costs;      /**< no rows: not asked for */
  char *split;                  /**< that was evaluated */
  char *snapshot;               /**< as in which; NULL */
  char snapshot_fingerprint[LNTI_HASH_HEX];
  unsigned resamples;
  char *
      group_key; /**< items that belong together by it (flow/split/grouping.h) were resampled together: the keys of the split by
                       *   group; "near" where there is none, but copies and the like; NULL: each alone */
  size_t n_groups;  /**< that the evaluated items are in; 0 where group_key is NULL */
  size_t n_leaks;   /**< sets of images that belong together and that the splits cut; `warnings` says which */
  size_t n_unknown; /**< labelled with a class that the model does not have; left out */
  size_t n_refused;
  size_t n_trained_on;        /**< items that are pictures of the model's training, as far as this project knows */
  lnti_report_slices *slices; /**< [n_slices] in the order of the request */
  size_t n_slices;
  double seconds;
  lnti_messages warnings;
} lnti_evaluate_result;

/** LNT_ENOTFOUND (model; no labelled items in the split: says which splits have some); LNT_EINVAL (the model's target
 *  is not in this ontology); as lnti_output_check, before any work; as opening a model; LNT_ECANCELLED. */
LNT_MUST_CHECK lnt_status lnti_evaluate(lnti_evaluate_result *out, lnti_project *project,
                                        const lnti_evaluate_request *request, lnt_error *err);
/** Adds a warning where the model is no better than always answering the most frequent class (or the mean number), or may be
 *  no better by its interval. For train as well. */
LNT_MUST_CHECK lnt_status lnti_warn_of_guessing(lnti_messages *warnings, const lnti_judged *judged,
                                                const lnt_model *model, lnt_error *err);
/** What the result says as a report, without pictures, for lnti_report_json and the terminal. `titles` [n_classes] is room
 *  for the class titles; both borrow from the result. */
void lnti_evaluate_report(lnti_report *out, const char **titles, const lnti_evaluate_result *result);
void lnti_evaluate_result_clear(lnti_evaluate_result *result);

/**
 * Two models on the items that both were judged on, and by the classes or labels that both know: paired differences of all
 * measures.
 * @param out  lnti_comparison_free frees it
 * @return LNT_OK; LNT_EINVAL (another question or task; no items or labels in common); as lnti_judge.
 */
LNT_MUST_CHECK lnt_status lnti_compare_results(lnti_comparison **out, const lnti_evaluate_result *first,
                                               const lnti_evaluate_result *second, const lnti_evaluate_options *options,
                                               const lnti_context *context, lnt_error *err);
void lnti_comparison_free(lnti_comparison *comparison);

#endif
