/*
 * A project's ontology, written as one operation. Its rows are made on the store's writer thread, possibly twice, and a
 * row that was taken back must not keep its id: ids and version are as they were at the start of each try.
 */
#include <flow/ontology_set.h>

#include <base/error.h>
#include <stdio.h>
#include <string.h>

typedef struct setting {
  lnti_op op;
  lnti_ontology *ontology;
  size_t n_questions, n_options; /* that are stored already */
  int64_t version;
} setting;

static lnt_status write_ontology(void *payload, lnti_tx *tx, lnt_error *err) {
  setting *s = payload;
  int64_t op_id = 0;
  bool existed = false;
  s->ontology->version = s->version;
  for (size_t i = s->n_questions; i < s->ontology->n_questions; i++) s->ontology->questions[i].id = 0;
  for (size_t i = s->n_options; i < s->ontology->n_options; i++) s->ontology->options[i].id = 0;
  lnt_status status = lnti_tx_op(tx, &op_id, &existed, &s->op, err);
  if (status || existed) return status;
  return lnti_tx_ontology(tx, s->ontology, op_id, err);
}

static lnt_status store(lnti_project *project, setting *s, lnt_error *err) {
  s->version = s->ontology->version;
  lnti_project_op(&s->op, project, LNTI_OP_ONTOLOGY, "ontology set");
  return lnti_store_write(project->store, write_ontology, s, err);
}

/* The first differences; all are in a dry run. */
static lnt_status fail_different(const lnti_ontology_extension *x, lnt_error *err) {
  const char *line = x->differences.data;
  size_t n = strcspn(line, "\n");
  n = lnti_utf8_valid(line, n < 250 ? n : 250);
  char more[64] = "";
  if (x->n_differences > 1) snprintf(more, sizeof more, " (and %zu more: --dry-run lists all)", x->n_differences - 1);
  return lnti_fail(err, LNT_EEXISTS,
                   "%.*s%s: nothing is stored, since answers hang on what is there; change it with 'linnet ontology "
                   "migrate'",
                   (int)n, line, more);
}

static lnt_status extend(lnti_ontology_extension *x, lnti_project *project, lnti_ontology *present,
                         const lnti_ontology *document, bool dry_run, lnt_error *err) {
  setting s = {.ontology = present, .n_questions = present->n_questions, .n_options = present->n_options};
  lnt_status status = lnti_ontology_extend(x, present, document, err);
  if (status || dry_run) return status;
  if (x->n_differences) return fail_different(x, err);
  if (!x->n_questions && !x->n_options && !x->renamed && !x->screen) return LNT_OK;
  return store(project, &s, err);
}

lnt_status lnti_ontology_lay(lnti_ontology_extension *out, lnti_project *project, lnti_ontology *ontology, bool dry_run,
                             lnt_error *err) {
  lnti_ontology *present = NULL;
  setting first = {.ontology = ontology};
  if (ontology->n_questions == 0) return lnti_fail(err, LNT_EINVAL, "the ontology has no questions");
  lnt_status status = lnti_store_ontology(&present, project->store, err);
  if (status) return status;
  if (present->n_questions > 0) {
    status = extend(out, project, present, ontology, dry_run, err);
  } else {
    out->n_questions = ontology->n_questions;
    out->n_options = ontology->n_options;
    out->renamed = *ontology->name;
    out->screen = ontology->screen.given;
    if (!dry_run) status = store(project, &first, err);
  }
  lnti_ontology_free(present);
  return status;
}

lnt_status lnti_ontology_set(lnti_project *project, lnti_ontology *ontology, lnt_error *err) {
  lnti_ontology_extension x = {0};
  lnt_status status = lnti_ontology_lay(&x, project, ontology, false, err);
  lnti_ontology_extension_clear(&x);
  return status;
}
