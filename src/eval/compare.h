/**
 * @file compare.h
 * Two models on the same items: what the difference is, and whether chance alone may have made it.
 */
#ifndef LNTI_EVAL_COMPARE_H
#define LNTI_EVAL_COMPARE_H

#include <eval/eval.h>
#include <eval/measure.h>

typedef enum lnti_verdict {
  LNTI_NO_DIFFERENCE_SEEN, /**< the interval holds 0, or there is none */
  LNTI_FIRST_IS_BETTER,
  LNTI_SECOND_IS_BETTER
} lnti_verdict;

/** One measure of both. NaN where undefined. */
typedef struct lnti_compared {
  const lnti_measure *measure;
  double first, second;
  double difference; /**< second - first */
  double ci95[2];    /**< of the difference, on the same resamples for both; holds it */
  lnti_verdict verdict;
} lnti_compared;

/**
 * The difference of each measure with its paired interval: both models are measured on the same resamples, so that what both find
 * hard does not blur the difference. Moved by its bias as lnti_resample_interval, but not away from 0. Of a bias (lnti_regression) the sizes are
 * compared.
 * @param out     [first->n]
 * @param first,second  of one kind of evaluation, on the same items and groups, with the same resamples and seed
 * @return LNT_OK; LNT_EINVAL (not the same measures or resamples); LNT_ENOMEM.
 */
LNT_MUST_CHECK lnt_status lnti_compare(lnti_compared *out, const lnti_measures *first, const lnti_measures *second,
                                       lnt_error *err);

/** Items that just one of the two gets right. */
typedef struct lnti_mcnemar {
  size_t n, both, neither, first_only, second_only;
  double
      p; /**< exact, two-sided: how often equally good models would differ so much or more, were items alone by themselves
             *   (McNemar, Psychometrika 12, 1947; the binomial instead of chi-square); 1 where none differs */
} lnti_mcnemar;

/** @param first,second [n] whether each item's answer is right. O(n). */
void lnti_mcnemar_of(lnti_mcnemar *out, const bool *first, const bool *second, size_t n);

#endif
