/**
 * @file novelty.h
 * How unlike its training images an image is: a model of classes always names one of them, also for what it has never
 * seen, and its confidence need not tell. The class means of the training vectors do: what is far from all of them is strange.
 *
 *   score(x) = min_c |x/|x| - m_c| / s,   m_c the mean of x_i/|x_i| over the training rows of class c,
 *
 * s being the distance that 95 % of the training rows stay within, each measured against the mean of its class's other rows. So
 * a score above 1 is as strange as the strangest twentieth of the training images. Nearest class mean as in Mensink and others (centroid.c); that
 * distances of features tell the unknown as in Lee, Lee, Lee and Shin, NeurIPS 2018, here with the identity in place of their covariance.
 */
#ifndef LNTI_MODEL_NOVELTY_H
#define LNTI_MODEL_NOVELTY_H

#include <base/context.h>
#include <base/json.h>
#include <model/lnt.h>

enum { LNTI_NOVELTY_VALUES_MAX = 1 << 24 }; /**< of all means: 64 MiB */

typedef struct lnti_novelty {
  size_t k, d;
  const float *mean; /**< [k,d]; all 0 of a class without rows */
  double scale;      /**< s, above 0 */
  float *own;        /**< behind `mean` where it is not the file's; NULL */
} lnti_novelty;

/**
 * @param out    NULL where the means would have more than LNTI_NOVELTY_VALUES_MAX values, or all distances are 0
 * @param label  [x->n] in [0,k)
 * @return LNT_OK; LNT_ENOMEM; LNT_ECANCELLED. O(n d k).
 */
LNT_MUST_CHECK lnt_status lnti_novelty_fit(lnti_novelty **out, const lnti_matrix *x, const int32_t *label, size_t k,
                                           const lnti_context *context, lnt_error *err);
/** NULL is allowed. */
void lnti_novelty_free(lnti_novelty *novelty);

/**
 * @param score_out  [x->n] at least 0
 * @param without    [k] classes to leave out, as if they had never been seen; NULL: none
 * @return LNT_OK; LNT_EINVAL (another d; no class is left); LNT_ENOMEM; LNT_ECANCELLED. Does not depend on the number of threads.
 */
LNT_MUST_CHECK lnt_status lnti_novelty_score(float *score_out, const lnti_novelty *novelty, const lnti_matrix *x,
                                             const bool *without, const lnti_context *context, lnt_error *err);

/** The key "unknown" of the manifest, and the tensor. */
void lnti_novelty_write(lnti_json_writer *w, const lnti_novelty *novelty);
LNT_MUST_CHECK lnt_status lnti_novelty_save(const lnti_novelty *novelty, lnti_lnt_writer *file, lnt_error *err);
/** NULL where the manifest does not have it, as of older files. The tensor is borrowed from `file`. LNT_EDATA, LNT_ECORRUPT. */
LNT_MUST_CHECK lnt_status lnti_novelty_load(lnti_novelty **out, const lnti_json_value *manifest,
                                            const lnti_lnt_reader *file, size_t k, size_t d, lnt_error *err);

#endif
