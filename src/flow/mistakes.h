/**
 * @file mistakes.h
 * The most confident mistakes of an evaluation, with their pictures.
 */
#ifndef LNTI_FLOW_MISTAKES_H
#define LNTI_FLOW_MISTAKES_H

#include <flow/extract.h>
#include <flow/report/report.h>

enum { LNTI_MISTAKES_MAX = 40, LNTI_MISTAKE_SIDE = 160 };

typedef struct lnti_mistakes {
  lnti_report_mistake *list;       /**< pictures as PNG, at most LNTI_MISTAKE_SIDE pixels wide and high */
  uint8_t *png[LNTI_MISTAKES_MAX]; /**< the pictures' memory */
  size_t n;
  size_t n_unread;    /**< of them, without a picture */
  char *first_unread; /**< why the first of these has none; NULL: all have */
} lnti_mistakes;

/**
 * @param items,features  what was evaluated; paths are borrowed from the items
 * @param label  [features->n]
 * @param prob   [features->n,k]
 * A picture that cannot be read is left out of its mistake, not an error.
 */
LNT_MUST_CHECK lnt_status lnti_mistakes_find(lnti_mistakes *out, lnti_project *project, const lnti_extract_items *items,
                                             const lnti_vectors *features, const int32_t *label, const float *prob,
                                             size_t k, lnt_error *err);
void lnti_mistakes_clear(lnti_mistakes *mistakes);

#endif
