/**
 * @file mistakes.h
 * The most confident mistakes of an evaluation, with their pictures.
 */
#ifndef LNTI_FLOW_MISTAKES_H
#define LNTI_FLOW_MISTAKES_H

#include <flow/extract/extract.h>
#include <flow/report/report.h>
#include <flow/evaluate/truth.h>
#include <model/model.h>

enum { LNTI_MISTAKES_MAX = 40, LNTI_MISTAKE_SIDE = 160 };

typedef struct lnti_mistakes {
  lnti_report_mistake *list;       /**< pictures as PNG, at most LNTI_MISTAKE_SIDE pixels wide and high */
  uint8_t *png[LNTI_MISTAKES_MAX]; /**< the pictures' memory */
  char *said[LNTI_MISTAKES_MAX], *is[LNTI_MISTAKES_MAX]; /**< that of the texts */
  size_t n;
  size_t n_unread;    /**< of them, without a picture */
  char *first_unread; /**< why the first of these has none; NULL: all have */
} lnti_mistakes;

/** What was evaluated. All borrowed; paths of the items for as long as the mistakes are used. */
typedef struct lnti_mistakes_of {
  const lnti_extract_items *items;
  const lnti_vectors *features;
  const lnti_truth *truth;         /**< [features->n] */
  const float *prob;               /**< [features->n,truth->k] */
  const float *threshold;          /**< [k] of labels; NULL: 0.5 each */
  const lnti_model_class *classes; /**< [k] */
  const char *unit;                /**< of numbers; NULL: none */
} lnti_mistakes_of;

/** Of classes the most confident wrong answers; of labels those that are seen where they are not and those that are missed; of
 *  numbers the answers that are most too high and most too low. A picture that cannot be read is left out of its mistake, not an
 *  error. */
LNT_MUST_CHECK lnt_status lnti_mistakes_find(lnti_mistakes *out, lnti_project *project, const lnti_mistakes_of *of,
                                             lnt_error *err);
void lnti_mistakes_clear(lnti_mistakes *mistakes);

#endif
