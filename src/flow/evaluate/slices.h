/**
 * @file slices.h
 * Slices of an evaluation: which of the evaluated images have which value of a key, and how good the model is on each value.
 *
 * Keys are those of filters (flow/filter/filter.h), and `folder`: the folder inside its source; `folder:N`: its first N levels. A key's values become slices: of
 * numbers and dates with more than LNTI_SLICE_VALUES_MAX values at most LNTI_SLICE_RANGES ranges with about as many images
 * each, fewer where these would be too small to be compared; of others the most frequent LNTI_SLICE_VALUES_MAX, and the rest as one; images without a value are a slice of their own.
 */
#ifndef LNTI_FLOW_SLICES_H
#define LNTI_FLOW_SLICES_H

#include <flow/evaluate/judge.h>
#include <flow/report/report.h>
#include <flow/view/view.h>

enum { LNTI_SLICE_VALUES_MAX = 20, LNTI_SLICE_RANGES = 4 };

typedef struct lnti_slice_key {
  const char *text; /**< as it was given; borrowed */
  bool folder;      /**< no field, but the folder */
  size_t levels;    /**< of the folder; 0: all */
  lnti_field field;
} lnti_slice_key;

/** LNT_EINVAL: no such key (says which there are), no number of levels from 1 to 64, or one whose values are names of images and no property. */
LNT_MUST_CHECK lnt_status lnti_slice_key_find(lnti_slice_key *out, const lnti_view *view, const char *text,
                                              lnt_error *err);

/** What was evaluated. All borrowed. */
typedef struct lnti_slices_of {
  const int64_t *id;           /**< [judging->truth->n] items */
  const lnti_judging *judging; /**< with the options of the resampling */
} lnti_slices_of;

/**
 * Classes have accuracy and macro F1, of a tree hierarchical F1 too; labels mean average precision and micro F1; numbers mean
 * error and bias.
 * @param out  lnti_report_slices_clear frees it
 * @return LNT_OK; as lnti_slices_measure and lnti_judge. Takes the view's lock for the time it reads values.
 */
LNT_MUST_CHECK lnt_status lnti_slices_find(lnti_report_slices *out, lnti_view *view, const lnti_slice_key *key,
                                           const lnti_slices_of *of, const lnti_context *context, lnt_error *err);
void lnti_report_slices_clear(lnti_report_slices *slices);

#endif
