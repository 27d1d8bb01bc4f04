/**
 * @file measure.h
 * What a measure of quality is called and what it says, for every kind of task: so that files, tables and pages go through
 * the measures of an evaluation without knowing its kind.
 */
#ifndef LNTI_EVAL_MEASURE_H
#define LNTI_EVAL_MEASURE_H

#include <stdbool.h>
#include <stddef.h>

typedef enum lnti_measure_scale {
  LNTI_SCALE_SHARE = 1, /**< of something, in [0,1]: shown in percent */
  LNTI_SCALE_FIGURE,    /**< a number without a unit */
  LNTI_SCALE_VALUE      /**< in the unit of the answers (regression) */
} lnti_measure_scale;

/** One measure. */
typedef struct lnti_measure {
  const char *name;  /**< in JSON: "macro_f1" */
  const char *title; /**< for people: "Macro F1" */
  const char *help;  /**< one plain sentence for people who know no statistics */
  bool lower_is_better;
  lnti_measure_scale scale;
} lnti_measure;

/** The measures of an evaluation; all borrowed from it. */
typedef struct lnti_measures {
  const lnti_measure *measure; /**< [n] */
  const double *value;         /**< [n] NaN where undefined */
  const double (*ci95)[2];     /**< [n] NaN where there is none */
  size_t n;
  const double *resample; /**< [n,resamples] of the bootstrap; NULL where there are none */
  unsigned resamples;
} lnti_measures;

/** Of n measures; without `value` their names alone. */
lnti_measures lnti_measures_of(const lnti_measure *measure, size_t n, const double *value, const double (*ci95)[2],
                               const double *resample, unsigned resamples);

/** The index of a measure by name; `measures.n` where there is none. */
size_t lnti_measures_find(const lnti_measures *measures, const char *name);

#endif
