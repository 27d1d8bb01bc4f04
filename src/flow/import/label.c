/*
 * Labels on their way in: questions and options are found, or made. What is made is a draft: it is stored together with the
 * first answer that needs it, so that an import all of whose rows are refused leaves the ontology as it was.
 */
#include <flow/import/internal.h>

#include <base/alloc.h>
#include <base/error.h>
#include <string.h>

enum { META_KEY_MAX = 255 };

/* What was declared for a question of another type. */
static void forget_declared(lnti_import_work *work, size_t question) {
  size_t n = 0;
  for (size_t i = 0; i < work->n_declared; i++) {
    if (work->ontology->options[work->declared[i]].question != question) work->declared[n++] = work->declared[i];
  }
  work->n_declared = n;
}

lnt_status lnti_import_question(size_t *out, lnti_import_work *work, const char *path, lnti_question_type type,
                                lnt_error *err) {
  lnti_ontology *ontology = work->ontology;
  lnt_error none = LNT_ERROR_INIT;
  size_t question = LNTI_NONE;
  lnt_status status = lnti_ontology_find_question(&question, ontology, path, &none);
  if (status == LNT_ENOTFOUND && !strchr(path, '/')) {
    status = lnti_ontology_add_question(&question, ontology, type, path, NULL, LNTI_NONE, err);
    if (status) return status;
    ontology->questions[question].draft = true;
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
  bool fits = is == type || (is == LNTI_TREE && type == LNTI_RADIO);
  /* What this import made for a source that brought no answer may become what the next one needs. */
  if (!fits && ontology->questions[question].draft) {
    ontology->questions[question].type = type;
    forget_declared(work, question);
  } else if (!fits) {
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
  return lnti_import_question(out, work, work->options->target ? work->options->target : LNTI_IMPORT_TARGET, type, err);
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
  status = lnti_ontology_add_option(out, work->ontology, question, parent, NULL, title, err);
  if (status == LNT_OK) work->ontology->options[*out].draft = true;
  return status;
}

lnt_status lnti_import_check(const lnti_import_work *work, const lnti_import_answer *answer, lnt_error *err) {
  const lnti_answer given = {answer->question, LNTI_ANSWERED, answer->option, answer->number, NULL};
  lnt_error reason = LNT_ERROR_INIT;
  return lnti_answer_check(work->ontology, &given, &reason) ? lnti_fail(err, LNT_EDATA, "%s", reason.message) : LNT_OK;
}

lnt_status lnti_import_declare(lnti_import_work *work, size_t option, lnt_error *err) {
  if (!work->ontology->options[option].draft) return LNT_OK;
  lnt_status status =
      lnti_grow(&work->declared, &work->declared_capacity, work->n_declared + 1, sizeof *work->declared, err);
  if (status == LNT_OK) work->declared[work->n_declared++] = option;
  return status;
}

bool lnti_import_is_draft(const lnti_import_work *work, size_t question, size_t option) {
  const lnti_ontology *ontology = work->ontology;
  return ontology->questions[question].draft || (option != LNTI_NONE && ontology->options[option].draft);
}

static void need_option(lnti_ontology *ontology, size_t option) {
  for (; option != LNTI_NONE; option = ontology->options[option].parent) ontology->options[option].draft = false;
}

void lnti_import_need(lnti_import_work *work, size_t question, size_t option) {
  lnti_ontology *ontology = work->ontology;
  ontology->questions[question].draft = false;
  need_option(ontology, option);
  for (size_t i = 0; i < work->n_declared; i++) {
    if (ontology->options[work->declared[i]].question == question) need_option(ontology, work->declared[i]);
  }
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
