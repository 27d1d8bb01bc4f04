/*
 * A project's first ontology, written as one operation. Its rows are made on the store's writer thread, possibly
 * twice, and a row that was taken back must not keep its id: ids are cleared at the start of each try.
 */
#include <flow/ontology_set.h>

#include <base/error.h>

typedef struct setting {
  lnti_op op;
  lnti_ontology *ontology;
} setting;

static lnt_status write_ontology(void *payload, lnti_tx *tx, lnt_error *err) {
  setting *s = payload;
  int64_t op_id = 0;
  bool existed = false;
  for (size_t i = 0; i < s->ontology->n_questions; i++) s->ontology->questions[i].id = 0;
  for (size_t i = 0; i < s->ontology->n_options; i++) s->ontology->options[i].id = 0;
  lnt_status status = lnti_tx_op(tx, &op_id, &existed, &s->op, err);
  if (status || existed) return status;
  return lnti_tx_ontology(tx, s->ontology, op_id, err);
}

lnt_status lnti_ontology_set(lnti_project *project, lnti_ontology *ontology, lnt_error *err) {
  lnti_ontology *present = NULL;
  setting s = {.ontology = ontology};
  if (ontology->n_questions == 0) return lnti_fail(err, LNT_EINVAL, "the ontology has no questions");
  lnt_status status = lnti_store_ontology(&present, project->store, err);
  if (status) return status;
  size_t n_questions = present->n_questions;
  lnti_ontology_free(present);
  if (n_questions > 0) {
    return lnti_fail(err, LNT_EEXISTS,
                     "the project has an ontology of %zu questions already; this version cannot "
                     "replace it",
                     n_questions);
  }
  lnti_project_op(&s.op, project, LNTI_OP_ONTOLOGY, "ontology set");
  return lnti_store_write(project->store, write_ontology, &s, err);
}
