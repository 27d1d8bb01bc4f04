/**
 * @file unknown.h
 * How well a model's unknown score (model/novelty.h) tells what it has never seen: items of classes that it does not have, and
 * of classes that are left out as if it had never seen them.
 */
#ifndef LNTI_FLOW_UNKNOWN_H
#define LNTI_FLOW_UNKNOWN_H

#include <flow/extract.h>
#include <flow/report/report.h>
#include <model/model.h>

/** What the evaluation knows. All borrowed. */
typedef struct lnti_unknown_of {
  lnti_project *project;
  const lnt_model *model;
  const lnti_matrix *x;             /**< items of classes that the model has */
  const int32_t *label;             /**< [x->n] */
  const uint32_t *group;            /**< [x->n]; NULL: each is alone */
  const lnti_extract_items *others; /**< of classes that it does not have; may be empty */
  const char *const *without;       /**< [n_without] classes to leave out, by id, title, or a node above some */
  size_t n_without;
  lnti_evaluate_options options; /**< group is not looked at */
} lnti_unknown_of;

/** LNT_EINVAL where classes are named and the model has no unknown score (an older one: train it again; labels, numbers), or not such a class. */
LNT_MUST_CHECK lnt_status lnti_unknown_check(const lnt_model *model, const char *const *without, size_t n_without,
                                             lnt_error *err);

/** Rows for `without`, and before them one for the other items where there are some. Nothing where the model has no score.
 *  @param out  lnti_unknown_clear frees it. @return LNT_OK; as lnti_unknown_check, lnti_extract, lnti_unknown_measure. */
LNT_MUST_CHECK lnt_status lnti_unknown_find(lnti_report_unknown *out, const lnti_unknown_of *of, lnt_error *err);
void lnti_unknown_clear(lnti_report_unknown *unknown);

#endif
