/*
 * Labels on their way in: questions and options are found, or made and stored before the first item that needs them.
 */
#include <flow/import/internal.h>

#include <base/alloc.h>
#include <base/error.h>
#include <string.h>

static const char default_target[] = "class";
enum { META_KEY_MAX = 255 };

lnt_status lnti_import_question(size_t *out, lnti_import_work *work, const char *path, lnti_question_type type,
                                lnt_error *err) {
  lnti_ontology *ontology = work->ontology;
  lnt_error none = LNT_ERROR_INIT;
  size_t question = LNTI_NONE;
  lnt_status status = lnti_ontology_find_question(&question, ontology, path, &none);
  if (status == LNT_ENOTFOUND && !strchr(path, '/')) {
    status = lnti_ontology_add_question(&question, ontology, type, path, NULL, LNTI_NONE, err);
    if (status) return status;
  } else if (status) {
    return lnti_fail(err, status, "%s", none.message);
  }
  if (ontology->questions[question].parent_option != LNTI_NONE) {
    return lnti_fail(err, LNT_EINVAL,
                     "\"%s\" is asked only after another answer, and import answers questions at the top; name one "
                     "of those with --target",
                     path);
  }
  lnti_question_type is = ontology->questions[question].type;
  if (is != type && !(is == LNTI_TREE && type == LNTI_RADIO)) {
    return lnti_fail(err, LNT_EINVAL,
                     "\"%s\" is a %s question, but these labels need a %s; import into another with "
                     "--target NAME",
                     path, lnti_question_type_name(is), lnti_question_type_name(type));
  }
  if (work->question == LNTI_NONE) work->question = question;
  *out = question;
  return LNT_OK;
}

lnt_status lnti_import_target(size_t *out, lnti_import_work *work, lnti_question_type type, lnt_error *err) {
  return lnti_import_question(out, work, work->options->target ? work->options->target : default_target, type, err);
}

/* Notes that this import calls an option so; the first title stays. */
static lnt_status call(lnti_import_work *work, size_t option, const char *title, lnt_error *err) {
  char *copy = NULL;
  if (option >= work->n_before || work->called[option]) return LNT_OK;
  lnt_status status = lnti_arena_strndup(&copy, &work->arena, title, strlen(title), err);
  if (status == LNT_OK) work->called[option] = copy;
  return status;
}

lnt_status lnti_import_announce(size_t *out, lnti_import_work *work, size_t question, size_t parent, const char *title,
                                lnt_error *err) {
  *out = lnti_ontology_find_titled(work->ontology, question, parent, title);
  return *out == LNTI_NONE ? LNT_OK : call(work, *out, title, err);
}

lnt_status lnti_import_option(size_t *out, lnti_import_work *work, size_t question, size_t parent, const char *title,
                              lnt_error *err) {
  lnt_status status = lnti_import_announce(out, work, question, parent, title, err);
  if (status || *out != LNTI_NONE) return status;
  size_t by_key = lnti_ontology_find_option(work->ontology, question, parent, title);
  if (by_key != LNTI_NONE && by_key < work->n_before &&
      (!work->called[by_key] || strcmp(work->called[by_key], title) == 0)) {
    *out = by_key;
    return call(work, by_key, title, err);
  }
  return lnti_ontology_add_option(out, work->ontology, question, parent, NULL, title, err);
}

lnt_status lnti_import_check(const lnti_import_work *work, const lnti_import_answer *answer, lnt_error *err) {
  const lnti_answer given = {answer->question, LNTI_ANSWERED, answer->option, answer->number};
  lnt_error reason = LNT_ERROR_INIT;
  return lnti_answer_check(work->ontology, &given, &reason) ? lnti_fail(err, LNT_EDATA, "%s", reason.message) : LNT_OK;
}

static lnt_status write_ontology(void *payload, lnti_tx *tx, lnt_error *err) {
  lnti_import_work *work = payload;
  int64_t op_id = 0;
  bool existed = false;
  lnt_status status = lnti_tx_op(tx, &op_id, &existed, &work->op, err);
  if (status) return status;
  return lnti_tx_ontology(tx, work->ontology, op_id, err);
}

static bool all_stored(const lnti_ontology *ontology) {
  for (size_t i = 0; i < ontology->n_questions; i++) {
    if (ontology->questions[i].id == 0) return false;
  }
  for (size_t i = 0; i < ontology->n_options; i++) {
    if (ontology->options[i].id == 0) return false;
  }
  return true;
}

lnt_status lnti_import_ontology(lnti_import_work *work, lnt_error *err) {
  if (all_stored(work->ontology)) return LNT_OK;
  return lnti_store_write(work->project->store, write_ontology, work, err);
}

lnt_status lnti_import_meta_key(size_t *out, lnti_import_work *work, const char *key, lnt_error *err) {
  char *copy = NULL;
  size_t n = strlen(key);
  if (n == 0 || n > META_KEY_MAX || lnti_utf8_valid(key, n) != n) {
    return lnti_fail(err, LNT_EINVAL, "a name of metadata has 1 to %d bytes of UTF-8, which this is not: %.100s",
                     META_KEY_MAX, key);
  }
  for (size_t i = 0; i < work->n_meta_keys; i++) {
    if (strcmp(work->meta_key[i], key) == 0) {
      *out = i;
      return LNT_OK;
    }
  }
  lnt_status status = lnti_arena_strndup(&copy, &work->arena, key, n, err);
  if (status) return status;
  status = lnti_grow(&work->meta_key, &work->meta_key_capacity, work->n_meta_keys + 1, sizeof *work->meta_key, err);
  if (status) return status;
  work->meta_key[work->n_meta_keys] = copy;
  *out = work->n_meta_keys++;
  return LNT_OK;
}
