/**
 * @file unknown.h
 * How well a model's unknown score (model/novelty.h) tells what it has never seen: items of classes that it does not have, and
 * of classes that are left out as if it had never seen them.
 */
#ifndef LNTI_FLOW_UNKNOWN_H
#define LNTI_FLOW_UNKNOWN_H

#include <flow/extract/extract.h>
#include <flow/report/report.h>
#include <flow/target.h>
#include <model/model.h>

/** What the evaluation knows. All borrowed. */
typedef struct lnti_unknown_of {
  lnti_project *project;
  const lnt_model *model;
  const lnti_matrix *x;             /**< items of classes that the model has */
  const int32_t *label;             /**< [x->n] */
  const uint32_t *group;            /**< [x->n] */
  const lnti_extract_items *others; /**< of classes that it does not have; may be empty */
  const uint32_t *other_group;      /**< [others->n], numbers as `group` has */
  const char *const *without;       /**< [n_without] classes or nodes to leave out, as they were named */
  const char *const *without_ids;   /**< [n_without] and as lnti_unknown_name found them */
  size_t n_without;
  lnti_evaluate_options options; /**< group is not looked at */
  lnti_refused_visit refused;    /**< told of others that cannot be read; may be NULL */
  void *refused_payload;
} lnti_unknown_of;

/**
 * The id of a class of the model, or of a node above some, that is meant by an id or a title.
 * @param ontology  may know titles of nodes that the model does not
 * @param id_out  free() it
 * @return LNT_OK; LNT_EINVAL: the model has no unknown score (an older one: train it again; labels, numbers); no such class;
 *         several (their ids are listed); or it is all of the model's classes.
 */
LNT_MUST_CHECK lnt_status lnti_unknown_name(char **id_out, const lnt_model *model, const lnti_ontology *ontology,
                                            const lnti_target *target, const char *name, lnt_error *err);

/** Rows for `without`, and before them one for the other items where some can be read. Nothing where the model has no score.
 *  @param out  lnti_unknown_clear frees it  @param n_refused_out  others that could not be read
 *  @return LNT_OK; LNT_EINVAL (none of the items, or all, are of a class that is left out); as lnti_unknown_measure. */
LNT_MUST_CHECK lnt_status lnti_unknown_find(lnti_report_unknown *out, size_t *n_refused_out, const lnti_unknown_of *of,
                                            lnt_error *err);
void lnti_unknown_clear(lnti_report_unknown *unknown);

#endif
