/**
 * @file model_classes.h
 * What has become of a model's classes: which class an option of the ontology is to it, after names, merges and retirements
 * since it was trained.
 */
#ifndef LNTI_FLOW_MODEL_CLASSES_H
#define LNTI_FLOW_MODEL_CLASSES_H

#include <flow/target.h>

/** Zero-initialise. */
typedef struct lnti_model_classes {
  size_t *option; /**< [n_options] that may be answered: lnti_target_options */
  size_t n_options;
  int32_t *of_option; /**< [ontology->n_options] the class; LNTI_CLASS_NONE, LNTI_CLASS_MERGED */
  int32_t *folded;    /**< [model->n_classes] the class that answers with this one count as; most often itself */
  size_t n_folded;    /**< that count as another */
  int64_t
      *option_id; /**< [model->n_classes] the row of the option that the class is; 0: of none any more, or of several */
} lnti_model_classes;

enum {
  LNTI_CLASS_NONE = -1,  /**< the model does not have it */
  LNTI_CLASS_MERGED = -2 /**< it is several of the model's classes, and which is not known */
};

/**
 * An option is known by the path of its ids, or those that it had before a migration. One that several classes were merged
 * into is, of classes that form no tree, the first of them, and answers with the others count as it; else LNTI_CLASS_MERGED.
 * @param may_fold  false: merged ones are never one class
 */
LNT_MUST_CHECK lnt_status lnti_model_classes_find(lnti_model_classes *out, const lnt_model *model,
                                                  const lnti_ontology *ontology, const lnti_target *target,
                                                  bool may_fold, lnt_error *err);
void lnti_model_classes_clear(lnti_model_classes *classes);

/** In rows of probabilities, or of scores (`logs`): adds what folded classes have to those that they count as.
 *  @param value [n,n_classes] */
void lnti_model_classes_fold(float *value, const lnti_model_classes *classes, size_t n_classes, size_t n, bool logs);

/** Adds a warning for each kind of option that stands in the way: merged ones that are judged as one, by the items that have
 *  them, and items that are left out, by why: merged, newer than the model, or never known.
 *  @param n_of  [ontology->n_options] items that carry it */
LNT_MUST_CHECK lnt_status lnti_model_classes_warn(lnti_messages *warnings, const lnti_model_classes *classes,
                                                  const lnt_model *model, lnti_project *project,
                                                  const lnti_ontology *ontology, const size_t *n_of, lnt_error *err);

#endif
