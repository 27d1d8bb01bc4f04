/**
 * @file extend.h
 * A document given to an ontology that is there already: what is new is added, what differs is told, and nothing that is
 * there is changed, since answers hang on it (that is what migrations are for).
 */
#ifndef LNTI_ONTOLOGY_EXTEND_H
#define LNTI_ONTOLOGY_EXTEND_H

#include <ontology/ontology.h>

typedef struct lnti_ontology_extension {
  size_t n_questions, n_options; /**< added */
  bool renamed, screen;          /**< the ontology has another name; another screen */
  lnti_text differences;         /**< of what is there, a line each: "area/exterior: ..."; data NULL: none */
  size_t n_differences;
} lnti_ontology_extension;

void lnti_ontology_extension_clear(lnti_ontology_extension *extension);

/**
 * Adds to `present` what `document` has more, behind what is there; name and screen become the document's (where it has
 * any). Questions and options are the same where their ids and those above them are.
 * @param out  cleared by the caller, also after a failure
 * @return LNT_OK, also where something differs: `present` is not to be stored then; LNT_ELIMIT; LNT_ENOMEM.
 */
LNT_MUST_CHECK lnt_status lnti_ontology_extend(lnti_ontology_extension *out, lnti_ontology *present,
                                               const lnti_ontology *document, lnt_error *err);

#endif
