/*
 * A path is followed part by part: a question by its id or one that it had, then options by any of their names, until the next
 * part is a question that is asked after one of them.
 */
#include <flow/model_question.h>

#include <base/error.h>
#include <base/log.h>
#include <model/model.h>
#include <string.h>

enum { PART_MAX = 256 };

typedef struct following {
  lnti_project *project;
  const lnti_ontology *ontology;
  bool former; /* of the first question, only ids that it had */
} following;

/* The question of that id below an option (LNTI_NONE: at the top), or the one that had it once. */
static lnt_status question_below(size_t *out, const following *f, size_t option, const char *key, bool former,
                                 lnt_error *err) {
  const lnti_ontology *o = f->ontology;
  int64_t id = 0;
  *out = LNTI_NONE;
  for (size_t q = 0; q < o->n_questions && !former; q++) {
    if (o->questions[q].parent_option != option || strcmp(o->questions[q].key, key) != 0) continue;
    *out = q;
    return LNT_OK;
  }
  int64_t parent = option == LNTI_NONE ? 0 : o->options[option].id;
  lnt_status status = lnti_store_question_once(&id, f->project->store, parent, key, err);
  if (!status && id) *out = lnti_ontology_question_by_id(o, id);
  return status;
}

/* Copies the part of a path that begins at `at`; returns where the next begins, NULL where it is the last. */
static const char *take_part(char part[PART_MAX], const char *at) {
  size_t n = strcspn(at, "/");
  size_t fits = n < PART_MAX ? n : PART_MAX - 1;
  memcpy(part, at, fits);
  part[fits] = '\0';
  return at[n] ? at + n + 1 : NULL;
}

static lnt_status follow(size_t *question_out, const following *f, const char *path, lnt_error *err) {
  size_t question = LNTI_NONE, option = LNTI_NONE;
  bool former = f->former;
  lnt_status status = LNT_OK;
  for (const char *at = path; at && !status;) {
    char part[PART_MAX];
    size_t next = LNTI_NONE;
    at = take_part(part, at);
    if (question == LNTI_NONE || option != LNTI_NONE) {
      status = question_below(&next, f, option, part, former, err);
      former = false;
    }
    if (next != LNTI_NONE) {
      question = next;
      option = LNTI_NONE;
    } else if (question != LNTI_NONE && !status) {
      option = lnti_ontology_find_option(f->ontology, question, option, part);
      if (option == LNTI_NONE) question = LNTI_NONE;
    }
    if (question == LNTI_NONE) break;
  }
  *question_out = option == LNTI_NONE ? question : LNTI_NONE;
  return status;
}

static lnt_status tell(lnti_project *project, const lnti_ontology *ontology, const char *path, size_t question,
                       lnt_error *err) {
  lnti_text now = {0};
  lnt_status status = lnti_ontology_question_path(&now, ontology, question, err);
  if (!status && strcmp(now.data, path) != 0)
    lnti_log_printf(project->context.log, LNTI_LOG_WARN, "the question \"%s\" is called \"%s\" by now", path, now.data);
  lnti_text_clear(&now);
  return status;
}

lnt_status lnti_question_called(size_t *question_out, lnti_project *project, const lnti_ontology *ontology,
                                const char *path, lnt_error *err) {
  const following f = {project, ontology, false};
  if (lnti_ontology_find_question(question_out, ontology, path, NULL) == LNT_OK) return LNT_OK;
  return follow(question_out, &f, path, err);
}

lnt_status lnti_target_of_model(size_t *question_out, lnti_project *project, const lnti_ontology *ontology,
                                const char *path, lnt_error *err) {
  size_t question = LNTI_NONE;
  lnt_status status = lnti_question_called(&question, project, ontology, path, err);
  if (status) return status;
  if (question == LNTI_NONE)
    return lnti_fail(err, LNT_ENOTFOUND, "\"%s\" is no question of this project's ontology", path);
  status = tell(project, ontology, path, question, err);
  if (!status) *question_out = question;
  return status;
}

/* Of a file that does not say: one that came in after the training is another, where there is one that was called so then. */
static lnt_status pass_over_newer(size_t *question, lnti_project *project, const lnti_ontology *ontology,
                                  const lnt_model *model, lnt_error *err) {
  const following f = {project, ontology, true};
  uint64_t made_ms = 0, former_ms = 0;
  size_t former = LNTI_NONE;
  lnt_status status = lnti_store_question_made(&made_ms, project->store, ontology->questions[*question].id, err);
  if (status || made_ms <= model->created_ms) return status;
  status = follow(&former, &f, model->target, err);
  if (status || former == LNTI_NONE) return status;
  status = lnti_store_question_made(&former_ms, project->store, ontology->questions[former].id, err);
  if (!status && former_ms <= model->created_ms) *question = former;
  return status;
}

lnt_status lnti_question_of_model(size_t *question_out, lnti_project *project, const lnti_ontology *ontology,
                                  const lnt_model *model, lnt_error *err) {
  uint64_t made_ms = 0;
  size_t question = LNTI_NONE;
  lnt_error none = LNT_ERROR_INIT;
  lnt_status status = LNT_OK;
  if (model->question_id) status = lnti_store_question_made(&made_ms, project->store, model->question_id, err);
  if (status) return status;
  if (made_ms && made_ms == model->question_made_ms) {
    question = lnti_ontology_question_by_id(ontology, model->question_id);
    if (question == LNTI_NONE)
      return lnti_fail(err, LNT_ECONFLICT,
                       "the question \"%s\" that %s answers was removed; what is called so by now is another one",
                       model->target, model->name);
  } else if (!model->question_id && lnti_ontology_find_question(&question, ontology, model->target, &none) == LNT_OK) {
    status = pass_over_newer(&question, project, ontology, model, err);
  } else {
    return lnti_target_of_model(question_out, project, ontology, model->target, err);
  }
  if (!status) status = tell(project, ontology, model->target, question, err);
  if (!status) *question_out = question;
  return status;
}

lnt_status lnti_question_note(lnt_model *model, lnti_project *project, const lnti_ontology *ontology, size_t question,
                              lnt_error *err) {
  model->question_id = ontology->questions[question].id;
  return lnti_store_question_made(&model->question_made_ms, project->store, model->question_id, err);
}
