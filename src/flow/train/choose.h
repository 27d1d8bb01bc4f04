/**
 * @file choose.h
 * Choosing parameters by cross-validation on the training rows alone.
 *
 * Every point of a grid is fitted outside of each fold and scored inside (folds.h). As the model that is shipped is
 * calibrated, so are these scores, in one for all folds of the point (tasks.h); what counts is then the log loss, which,
 * other than accuracy, also sees how sure a model is, and moves smoothly; of labels that of the known answers, of numbers the
 * mean absolute error. The least mean wins; of equal ones the point that
 * comes first in the grid. Validation and test rows take no part.
 */
#ifndef LNTI_FLOW_CHOOSE_H
#define LNTI_FLOW_CHOOSE_H

#include <base/json.h>
#include <flow/evaluate/judge.h>
#include <flow/train/folds.h>
#include <flow/train/grid.h>
#include <flow/train/tasks.h>
#include <flow/project.h>

/** One point of the grid, out of fold. */
typedef struct lnti_choice_point {
  double cost[LNTI_TASK_COSTS];    /**< means: what counts, and another (lnti_task_pieces.cost) */
  double cost_se[LNTI_TASK_COSTS]; /**< standard errors of the mean, from the spread of the folds; NaN with one fold */
  double temperature;              /**< of classes */
} lnti_choice_point;

typedef struct lnti_choice {
  lnti_grid grid;
  lnti_task task;
  lnti_choice_point *point; /**< [grid.n]; NULL: nothing was chosen or cross-validated */
  size_t best;
  unsigned folds;
  size_t n_rows, n_unlearned; /**< judged; left out, as in lnti_calibration */
  size_t n_fits;
  double seconds;       /**< wall clock */
  lnti_figures figures; /**< of the best, by bootstrap over groups */
} lnti_choice;

typedef struct lnti_choose_options {
  unsigned folds;                /**< 2 to LNTI_FOLDS_MAX */
  const lnti_progress *progress; /**< in fits; NULL */
} lnti_choose_options;

/**
 * @param grid     taken over in every case
 * @param problem  of all training rows
 * @param truth    that poses it
 * @param group    [n rows] as in lnti_folds_new
 * @return as the learner's fit; LNT_EDATA where there are too few rows to judge any out of fold.
 */
LNT_MUST_CHECK lnt_status lnti_choose(lnti_choice *out, lnti_grid *grid, const lnti_problem *problem,
                                      const lnti_truth *truth, const uint32_t *group,
                                      const lnti_choose_options *options, const lnti_context *context, lnt_error *err);
/** Safe on a zeroed struct. */
void lnti_choice_clear(lnti_choice *choice);

/** "C=0.03, k=5": what varies, of a point; of a grid of one point "the parameters as they are". */
LNT_MUST_CHECK lnt_status lnti_choice_text(lnti_text *out, const lnti_choice *choice, size_t point, lnt_error *err);
/** For people: which parameters stand at an end of their list, where better values may lie beyond,
 *  the loss falling towards it (and whether by more than its standard error), with values to try; "" where none does. */
LNT_MUST_CHECK lnt_status lnti_choice_advice(lnti_text *out, const lnti_choice *choice, lnt_error *err);
/** One object: folds, n, fits, seconds, searched, grid and the figures of the best (docs/guide/train.md). */
void lnti_choice_write(lnti_json_writer *w, const lnti_choice *choice);
/** The same as text; free() it. */
LNT_MUST_CHECK lnt_status lnti_choice_json(char **out, const lnti_choice *choice, lnt_error *err);

#endif
