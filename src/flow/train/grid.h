/**
 * @file grid.h
 * Parameters to choose among: KEY=VALUE,VALUE,... of several keys make a grid of all their combinations.
 */
#ifndef LNTI_FLOW_GRID_H
#define LNTI_FLOW_GRID_H

#include <model/learner.h>

enum { LNTI_GRID_MAX = 100 /**< points */ };

typedef struct lnti_grid {
  const lnti_learner *learner;
  lnti_params *point; /**< [n], the last key's values changing fastest */
  size_t n;           /**< at least 1: without lists all stands at one value */
} lnti_grid;

/**
 * @param set  [n_set] "KEY=VALUE" or "KEY=VALUE,VALUE,..."; "auto" stands for the learner's own list. Of a key that is
 *             given again the last counts.
 * @return LNT_OK; LNT_EINVAL (a key or value that the learner does not take, a value twice, "auto" where there is no list, more
 *         than LNTI_GRID_MAX points); LNT_ENOMEM.
 */
LNT_MUST_CHECK lnt_status lnti_grid_new(lnti_grid *out, const lnti_learner *learner, const char *const *set,
                                        size_t n_set, lnt_error *err);
/** Safe on a zeroed struct. */
void lnti_grid_clear(lnti_grid *grid);
/** One object {parameter: value}, or a list of them where there are several points; free() it. */
LNT_MUST_CHECK lnt_status lnti_grid_json(char **out, const lnti_grid *grid, lnt_error *err);
/** Whether the points differ in the learner's parameter number `row`. */
bool lnti_grid_varies(const lnti_grid *grid, size_t row);
/** Where `row` is a number that varies and the point's value is the least (-1) or the largest (1) of all; else 0. */
int lnti_grid_end(const lnti_grid *grid, size_t point, size_t row);

#endif
