/**
 * @file learner.h
 * The learner interface: an algorithm that fits a model to a feature matrix. One learner per file and one
 * line in the registry (learner.c).
 */
#ifndef LNTI_MODEL_LEARNER_H
#define LNTI_MODEL_LEARNER_H

#include <base/context.h>
#include <base/param.h>
#include <eval/task.h>
#include <math/matrix.h>
#include <model/lnt.h>
#include <stdbool.h>

typedef struct lnti_learner lnti_learner;
struct lnti_class_tree; /* eval/class_tree.h */

enum { LNTI_CLASSES_MAX = 100000 };
/** The largest weight of a class. */
#define LNTI_WEIGHT_MAX 1e6

/** Something fitted: what a learner makes and a model file holds. Each learner's own struct begins with it. */
typedef struct lnti_fitted {
  const lnti_learner *learner;
  lnti_params params;
  lnti_task task;      /**< never 0 */
  size_t d, n_classes; /**< 1 class where the task is a number */
  lnti_dtype dtype;    /**< of the features it was fitted on and takes */
} lnti_fitted;

/** What is to be learned. All borrowed. Only what its task names need be filled. */
typedef struct lnti_problem {
  lnti_matrix x;        /**< [n,d] u8 or f32 */
  const int32_t *label; /**< [n] in [0,n_classes); of LNTI_MULTICLASS and LNTI_HIERARCHICAL */
  size_t n_classes;     /**< 2 to LNTI_CLASSES_MAX, of LNTI_MULTILABEL 1 to that: a class may have no rows; of
                             LNTI_REGRESSION 1 */
  uint64_t seed;
  bool
      rows_outlive; /**< x, label, truth and value outlive what is fitted, which may refer to them instead of copying */
  const lnti_fitted
      *warm_start;     /**< of the same learner, task, d and n_classes: where to begin, which may be ignored; or NULL */
  lnti_task task;      /**< 0: LNTI_MULTICLASS */
  const int8_t *truth; /**< [n,n_classes] 1 yes, 0 no, -1 unknown, which is never taken for a no; of LNTI_MULTILABEL */
  const double *value; /**< [n] finite; of LNTI_REGRESSION */
  const struct lnti_class_tree *tree; /**< over n_classes; of LNTI_HIERARCHICAL */
  const double *weight; /**< [n_classes] above 0: how much the rows of each class count (of a label: its yes); NULL: 1
                             each. Of learners that say takes_weights */
} lnti_problem;

/** Its task, which is never 0. */
lnti_task lnti_problem_task(const lnti_problem *problem);

/** What fitting did, for the log and the run. */
typedef struct lnti_fit_report {
  unsigned iterations; /**< 0 where there are none */
  double loss;         /**< final mean training loss; NaN where there is none */
  char note[160];      /**< "" or a remark for people: "stopped at 100 iterations before converging" */
} lnti_fit_report;

/** Score of a label that could not be learned, for want of rows with yes or rows with no. */
#define LNTI_NEVER_LOGIT (-50.0F)

/** A task as a bit of lnti_learner.tasks. */
#define LNTI_TAKES(task) (1U << (unsigned)(task))

struct lnti_learner {
  const char *name;
  const char *title;
  const char *help;   /**< one sentence: when to use it */
  const char *source; /**< citation */
  const lnti_param *params;
  const char *const
      *searched;         /**< "C=0.01,0.1": what "auto" stands for in a search, a parameter each; ends with NULL */
  unsigned tasks;        /**< LNTI_TAKES(task), or-ed: what it can be asked to learn */
  bool takes_warm_start; /**< problem.warm_start is not ignored */
  bool takes_weights;    /**< problem.weight may be given */
  /**
   * Fits. Same problem, params and seed: the same result on any number of threads.
   * @return LNT_OK; LNT_EINVAL; LNT_EDATA (value not finite: names the row); LNT_ENOMEM; LNT_ECANCELLED.
   */
  lnt_status (*fit)(lnti_fitted **out, lnti_fit_report *report_out, const lnti_problem *problem,
                    const lnti_params *params, const lnti_context *context, lnt_error *err);
  /**
   * Scores: [n,n_classes] f32 whose softmax is the model's uncalibrated probability. The first largest of a
   * row is the predicted class. Finite, also for classes without rows, which must not win; of a size that a temperature
   * of 0.05 to 20 can calibrate. By the task of `fitted`:
   * LNTI_HIERARCHICAL: the log of the probability of the path to each class; LNTI_MULTILABEL: a logit each, whose sigmoid
   * is the probability of yes, LNTI_NEVER_LOGIT where the label could not be learned; LNTI_REGRESSION: [n,1] the value itself.
   * @param x  [n,d] of the fitted dtype, finite
   * @return LNT_OK; LNT_EINVAL (another d or dtype); LNT_ENOMEM; LNT_ECANCELLED (the scores are then undefined).
   */
  lnt_status (*score)(float *score_out, const lnti_fitted *fitted, const lnti_matrix *x, const lnti_context *context,
                      lnt_error *err);
  /**
   * Scores of its own n training rows, each as if it had not been there, or NULL where only refitting can
   * give that (kNN skips the row itself). rows: [n_rows] which training rows.
   * @return as score; LNT_EINVAL too for a row that is none.
   */
  lnt_status (*score_left_out)(float *score_out, const lnti_fitted *fitted, const size_t *rows, size_t n_rows,
                               const lnti_context *context, lnt_error *err);
  /** Writes its tensors (and nothing else) into the file. */
  lnt_status (*save)(const lnti_fitted *fitted, lnti_lnt_writer *file, lnt_error *err);
  /** Reads them back. The tensors of `file` are borrowed for the life of what is made: `file` stays open.
   *  Everything is checked: LNT_ECORRUPT.
   *  @param about  what was fitted: learner (this one), params, task (one of `tasks`), d, n_classes, dtype
   *  @param tree   over the classes, of LNTI_HIERARCHICAL; not needed afterwards */
  lnt_status (*load)(lnti_fitted **out, const lnti_fitted *about, const struct lnti_class_tree *tree,
                     const lnti_lnt_reader *file, const lnti_context *context, lnt_error *err);
  void (*free)(lnti_fitted *fitted);
};

/** All learners, in the order of the guide. */
const lnti_learner *const *lnti_learners(size_t *n_out);
/** By name; LNT_EINVAL listing the known names. */
LNT_MUST_CHECK lnt_status lnti_learner_find(const lnti_learner **out, const char *name, lnt_error *err);
/** The one to take where none is named: of numbers knn, else logistic (docs/decisions/0013-what-train-takes-unasked.md). */
const lnti_learner *lnti_learner_usual(lnti_task task);

/** That a learner learns such a task (0: LNTI_MULTICLASS); LNT_EINVAL listing those that do. */
LNT_MUST_CHECK lnt_status lnti_learner_check_task(const lnti_learner *learner, lnti_task task, lnt_error *err);

/** Checks a problem for any learner: shapes, labels in range, at least two classes with rows (of labels: one that has
 *  both yes and no); values and weights finite. LNT_EINVAL, LNT_EDATA. */
LNT_MUST_CHECK lnt_status lnti_problem_check(const lnti_problem *problem, lnt_error *err);
/** NULL is allowed. */
void lnti_fitted_free(lnti_fitted *fitted);

#endif
