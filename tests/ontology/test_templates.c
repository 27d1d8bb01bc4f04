/*
 * Templates: each reads without an error or a warning, and has what somebody who starts from it needs.
 */
#include <ontology/random_ontology.h>
#include <ontology/templates.h>

#include "support.h"

static void each_is_sound(void **state) {
  (void)state;
  size_t n = 0;
  for (const lnti_ontology_template_entry *t = lnti_ontology_templates; t->name; t++, n++) {
    lnti_ontology_problems problems = {0};
    lnti_ontology *o = NULL, *again = NULL;
    assert_ok(lnti_ontology_check(&o, &problems, t->data, *t->bytes, ERR));
    if (problems.n_errors) fail_msg("%s: %s: %s", t->name, problems.errors[0].path, problems.errors[0].message);
    if (problems.n_warnings) fail_msg("%s: %s: %s", t->name, problems.warnings[0].path, problems.warnings[0].message);
    lnti_ontology_problems_clear(&problems);
    char *first = lnti_ontology_json(o, 2);
    assert_ok(lnti_ontology_parse(&again, first, strlen(first), t->name, ERR));
    char *second = lnti_ontology_json(again, 2);
    assert_string_equal(second, first);
    free(second);
    free(first);
    lnti_ontology_free(again);
    lnti_ontology_free(o);
  }
  assert_int_equal(n, 8);
}

static void each_can_be_worked_with(void **state) {
  (void)state;
  for (const lnti_ontology_template_entry *t = lnti_ontology_templates; t->name; t++) {
    lnti_ontology *o = NULL;
    bool required = false;
    assert_ok(lnti_ontology_template(&o, t->name, ERR));
    assert_true(*t->about && *o->name);
    for (size_t i = 0; i < o->n_questions; i++) {
      required = required || o->questions[i].required;
      if (o->questions[i].depth == 0 && !*o->questions[i].description && o->questions[i].n_options > 3) {
        fail_msg("%s: nothing says what \"%s\" asks", t->name, o->questions[i].key);
      }
    }
    assert_true(required);
    for (size_t i = 0; i < o->n_options; i++) {
      if (!*o->options[i].hotkey) fail_msg("%s: \"%s\" has no key", t->name, o->options[i].key);
    }
    lnti_ontology_free(o);
  }
}

static void an_unknown_one_is_told(void **state) {
  (void)state;
  lnti_ontology *o = NULL;
  assert_status(lnti_ontology_template(&o, "ok-nokk", ERR), LNT_ENOTFOUND);
  assert_message("is \"ok-nok\" meant?");
  assert_status(lnti_ontology_template(&o, "", ERR), LNT_ENOTFOUND);
  assert_message("binary, multi-class");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_is_sound),
      cmocka_unit_test(each_can_be_worked_with),
      cmocka_unit_test(an_unknown_one_is_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
