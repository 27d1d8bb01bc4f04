/*
 * A document laid beside an ontology: what is new is added, each kind of difference is told with its path.
 */
#include <ontology/extend.h>
#include <ontology/random_ontology.h>

#include "support.h"

static lnti_ontology *parsed(const char *json) {
  lnti_ontology *o = NULL;
  assert_ok(lnti_ontology_parse(&o, json, strlen(json), "test.json", ERR));
  return o;
}

#define DOCUMENT(inner) "{\"classifications\":[" inner "]}"
#define AREA(fields, options) "{\"id\":\"area\",\"type\":\"radio\"" fields ",\"options\":[" options "]}"
#define X \
  "{\"id\":\"x\",\"key\":\"1\",\"code\":\"c\",\"aliases\":[\"ex\"],\"attributes\":[{\"id\":\"n\",\"type\":\"number\",\"max\":3,\"unit\":\"m\"}]}"
#define Y "{\"id\":\"y\",\"title\":\"Why\"}"
#define NOTE "{\"id\":\"note\",\"type\":\"text\",\"max_length\":9}"

static const char there[] = DOCUMENT(AREA("", X "," Y) "," NOTE);

static const struct difference {
  const char *document, *told;
} differences[] = {
    {DOCUMENT(AREA(",\"title\":\"T\"", X "," Y) "," NOTE), "area: the title is \"area\", and \"T\" in the file\n"},
    {DOCUMENT(AREA(",\"description\":\"D\"", X "," Y) "," NOTE),
     "area: the description is \"\", and \"D\" in the file\n"},
    {DOCUMENT(AREA(",\"required\":true", X "," Y) "," NOTE), "area: it is not required, and required in the file\n"},
    {DOCUMENT(AREA(",\"level\":\"group\"", X "," Y) "," NOTE),
     "area: its level is another in the file\narea/x/n: its level is another in the file\n"},
    {DOCUMENT("{\"id\":\"area\",\"type\":\"tree\",\"options\":[" X "]}," NOTE),
     "area: it is a radio, and a tree in the file\n"},
    {DOCUMENT(AREA("", X) "," NOTE), "area/y: the option \"Why\" is not in the file\n"},
    {DOCUMENT(AREA("", Y "," X) "," NOTE), "area/y: it stands before an earlier sibling in the file\n"},
    {DOCUMENT(AREA("", X ",{\"id\":\"y\",\"title\":\"Why\",\"retired\":true}") "," NOTE),
     "area/y: it is not retired, and retired in the file\n"},
    {DOCUMENT(AREA("", X ",{\"id\":\"y\",\"title\":\"Why\",\"key\":\"2\"}") "," NOTE),
     "area/y: the key is \"\", and \"2\" in the file\n"},
    {DOCUMENT(AREA("", X ",{\"id\":\"y\",\"title\":\"Why\",\"color\":\"#123\"}") "," NOTE),
     "area/y: the colour is \"\", and \"#123\" in the file\n"},
    {DOCUMENT(AREA("", X ",{\"id\":\"y\",\"title\":\"Why\",\"code\":\"d\"}") "," NOTE),
     "area/y: the code is \"\", and \"d\" in the file\n"},
    {DOCUMENT(AREA("", X ",{\"id\":\"y\",\"title\":\"Why\",\"aliases\":[\"a\"]}") "," NOTE),
     "area/y: its aliases differ from those in the file\n"},
    {DOCUMENT(AREA("", X ",{\"id\":\"y\",\"title\":\"Why\",\"examples\":[\"a\"]}") "," NOTE),
     "area/y: its examples differ from those in the file\n"},
    {DOCUMENT(AREA("", "{\"id\":\"x\",\"key\":\"1\",\"code\":\"c\",\"aliases\":[\"ex\"]}," Y) "," NOTE),
     "area/x/n: the question \"n\" is not in the file\n"},
    {DOCUMENT(AREA("", X "," Y) ",{\"id\":\"note\",\"type\":\"text\"}"), "note: max_length is 9, and 0 in the file\n"},
    {DOCUMENT(NOTE "," AREA("", X "," Y)), "note: it stands before an earlier sibling in the file\n"},
    {DOCUMENT(AREA("", X "," Y)), "note: the question \"note\" is not in the file\n"},
    {DOCUMENT(AREA("", X "," Y ",{\"id\":\"z\",\"code\":\"d\"}") "," NOTE), NULL}, /* more, and nothing else */
};

static void each_difference_is_told(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof differences / sizeof *differences; i++) {
    lnti_ontology_extension x = {0};
    lnti_ontology *present = parsed(there), *document = parsed(differences[i].document);
    assert_ok(lnti_ontology_extend(&x, present, document, ERR));
    if (differences[i].told) {
      assert_non_null(x.differences.data);
      assert_string_equal(x.differences.data, differences[i].told);
    } else {
      assert_int_equal(x.n_differences, 0);
      assert_int_equal(x.n_options, 1);
    }
    lnti_ontology_extension_clear(&x);
    lnti_ontology_free(document);
    lnti_ontology_free(present);
  }
}

/* A new option with the key of one that is there is told, and not stored. */
static void what_is_new_may_clash(void **state) {
  (void)state;
  lnti_ontology_extension x = {0};
  lnti_ontology *present = parsed(there);
  lnti_ontology *document = parsed(DOCUMENT(AREA("", "{\"id\":\"z\",\"key\":\"1\"}")));
  assert_ok(lnti_ontology_extend(&x, present, document, ERR));
  assert_int_equal(x.n_differences, 4);
  assert_non_null(strstr(x.differences.data, "area/z: the key \"1\" is that of the option \"x\" already\n"));
  lnti_ontology_extension_clear(&x);
  lnti_ontology_free(document);
  lnti_ontology_free(present);
}

/* What grew stands behind its siblings: so the extended one is the document. */
static void check_growth(lnti_rng *rng, void *payload) {
  (void)payload;
  lnti_ontology_extension x = {0};
  lnti_ontology *grown = lnti_random_ontology(rng, 120);
  char *json = lnti_ontology_json(grown, 0);
  lnti_ontology *present = parsed(json);
  size_t n = grown->n_questions + grown->n_options;
  free(json);
  lnti_grow_ontology(grown, rng, lnti_rng_below(rng, 60));
  json = lnti_ontology_json(grown, 0);
  lnti_ontology *document = parsed(json);
  assert_ok(lnti_ontology_extend(&x, present, document, ERR));
  if (x.n_differences) fail_msg("%s", x.differences.data);
  assert_int_equal(x.n_questions + x.n_options, grown->n_questions + grown->n_options - n);
  char *extended = lnti_ontology_json(present, 0);
  assert_string_equal(extended, json);
  free(extended);
  free(json);
  lnti_ontology_free(document);
  lnti_ontology_free(present);
  lnti_ontology_free(grown);
}

static void growth_is_added(void **state) {
  (void)state;
  lnti_test_property("extend(o, grown o) == grown o", 200, check_growth, NULL);
}

static void failing_allocations_lose_nothing(void **state) {
  (void)state;
  for_each_fault(n) {
    lnti_ontology_extension x = {0};
    lnti_ontology *present = NULL, *document = NULL;
    lnt_status status = lnti_ontology_parse(&present, there, strlen(there), "a", ERR);
    if (!status)
      status = lnti_ontology_parse(&document, differences[0].document, strlen(differences[0].document), "b", ERR);
    if (!status) status = lnti_ontology_extend(&x, present, document, ERR);
    assert_fault_status(status);
    lnti_ontology_extension_clear(&x);
    lnti_ontology_free(document);
    lnti_ontology_free(present);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_difference_is_told),
      cmocka_unit_test(what_is_new_may_clash),
      cmocka_unit_test(growth_is_added),
      cmocka_unit_test(failing_allocations_lose_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
