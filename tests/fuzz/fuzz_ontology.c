/*
 * Any bytes as an ontology: problems, the first of which is the error of reading it, or an ontology that can be described
 * and answered, and that reads back equal from what it writes. Any bytes, too, as the screen that the store has kept.
 */
#include <ontology/ontology.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(int condition) {
  if (!condition) abort();
}

static void write_out(lnti_text *out, const lnti_ontology *ontology) {
  lnti_json_writer *w = NULL;
  check(lnti_json_writer_new(&w, lnti_json_sink_text, out, 0, NULL) == LNT_OK);
  lnti_ontology_write(w, ontology);
  check(lnti_json_finish(w, NULL) == LNT_OK);
  lnti_json_writer_free(w);
}

static void walk(const lnti_ontology *ontology) {
  for (size_t q = 0; q < ontology->n_questions; q++) {
    size_t *list = NULL, n = 0, found = LNTI_NONE;
    lnti_text path = {0};
    check(lnti_ontology_question_path(&path, ontology, q, NULL) == LNT_OK);
    check(lnti_ontology_find_question(&found, ontology, path.data, NULL) == LNT_OK && found == q);
    lnti_text_clear(&path);
    check(lnti_ontology_answerable(&list, &n, ontology, q, NULL) == LNT_OK);
    for (size_t i = 0; i < n; i++) {
      const lnti_option *o = &ontology->options[list[i]];
      check(lnti_ontology_find_option(ontology, q, o->parent, o->key) == list[i]);
    }
    free(list);
  }
}

/* Checking tells of something exactly where reading fails, and the first problem is why. */
static void check_agrees(const uint8_t *data, size_t n, lnt_status status) {
  lnti_ontology_problems problems = {0};
  lnti_ontology *ontology = NULL;
  check(lnti_ontology_check(&ontology, &problems, (const char *)data, n, NULL) == LNT_OK);
  check((ontology != NULL) == (status == LNT_OK) && (problems.n_errors == 0) == (status == LNT_OK));
  for (size_t i = 0; i < lnti_ontology_problems_kept(problems.n_errors); i++) {
    check(problems.errors[i].code && problems.errors[i].line > 0 && problems.errors[i].message[0]);
  }
  for (size_t i = 0; i < lnti_ontology_problems_kept(problems.n_warnings); i++) {
    check(problems.warnings[i].line > 0 && problems.warnings[i].message[0]);
  }
  check(!problems.n_errors || problems.errors[0].code == status);
  lnti_ontology_problems_clear(&problems);
  lnti_ontology_free(ontology);
}

/* The screen of an ontology with the questions 1 and 2, from what was stored. */
static void read_screen(const uint8_t *data, size_t n) {
  lnti_ontology *ontology = NULL;
  size_t question = 0;
  lnt_error err = LNT_ERROR_INIT;
  char *json = NULL;
  check(lnti_strndup(&json, (const char *)data, n, NULL) == LNT_OK);
  check(lnti_ontology_new(&ontology, "screen", NULL) == LNT_OK);
  for (int64_t id = 1; id <= 2; id++) {
    check(lnti_ontology_add_question(&question, ontology, LNTI_TEXT, NULL, "q", LNTI_NONE, NULL) == LNT_OK);
    lnti_ontology_set_question_id(ontology, question, id);
  }
  lnt_status status = lnti_screen_read(ontology, json, &err);
  if (status) check(err.code == status && err.message[0]);
  for (size_t i = 0; !status && i < ontology->screen.n_sections; i++)
    check(ontology->screen.sections[i].n_questions <= 2);
  free(json);
  lnti_ontology_free(ontology);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  lnti_ontology *ontology = NULL, *again = NULL;
  lnti_text first = {0}, second = {0}, description = {0};
  lnt_error err = LNT_ERROR_INIT;
  lnt_status status = lnti_ontology_parse(&ontology, (const char *)data, n, "fuzz", &err);
  check_agrees(data, n, status);
  read_screen(data, n);
  if (status) {
    check(err.code == status && err.message[0] != '\0');
    return 0;
  }
  walk(ontology);
  check(lnti_ontology_describe(&description, ontology, 3, NULL) == LNT_OK);
  write_out(&first, ontology);
  check(lnti_ontology_parse(&again, first.data, first.length, "again", NULL) == LNT_OK);
  write_out(&second, again);
  check(first.length == second.length && memcmp(first.data, second.data, first.length) == 0);
  lnti_text_clear(&description);
  lnti_text_clear(&second);
  lnti_text_clear(&first);
  lnti_ontology_free(again);
  lnti_ontology_free(ontology);
  return 0;
}
