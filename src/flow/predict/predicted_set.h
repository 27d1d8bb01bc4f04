/**
 * @file predicted_set.h
 * What stored predictions are about: the question that they answer, and what their numbers of classes stand for.
 */
#ifndef LNTI_FLOW_PREDICTED_SET_H
#define LNTI_FLOW_PREDICTED_SET_H

#include <flow/answer_parse.h>
#include <flow/project.h>

/** Zero-initialise. */
typedef struct lnti_predicted_set {
  size_t question;     /**< of the ontology as it is now */
  lnti_answer_key key; /**< the same */
  bool labels, number; /**< a checklist's; of a question that asks for a number */
  bool decided;        /**< answers were declined below a confidence: n_ids stands for "unsure" */
  const char **id;     /**< [n_ids] of the classes, then of the nodes above them; in `arena` */
  size_t n_ids, n_classes;
  double *threshold; /**< [n_classes] of labels: from where on it is a yes */
  lnti_arena arena;
} lnti_predicted_set;

/** Reads what is stored beside the predictions. LNT_ENOTFOUND (the question is gone); LNT_EINVAL; LNT_ECORRUPT; LNT_ENOMEM. */
LNT_MUST_CHECK lnt_status lnti_predicted_set_read(lnti_predicted_set *out, lnti_project *project,
                                                  const lnti_ontology *ontology, const char *facts_json,
                                                  lnt_error *err);
void lnti_predicted_set_clear(lnti_predicted_set *set);
/** The path of the question as it was when they were made, without reading what follows it; free(). LNT_ECORRUPT. */
LNT_MUST_CHECK lnt_status lnti_predicted_target(char **out, const char *facts_json, lnt_error *err);

#endif
