/*
 * Any bytes as an ontology: an error, or an ontology that can be described and answered, and that reads back equal
 * from what it writes.
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  lnti_ontology *ontology = NULL, *again = NULL;
  lnti_text first = {0}, second = {0}, description = {0};
  lnt_error err = LNT_ERROR_INIT;
  lnt_status status = lnti_ontology_parse(&ontology, (const char *)data, n, "fuzz", &err);
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
