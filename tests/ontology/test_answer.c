/*
 * The rules of answers, each with an answer that keeps it and one that does not.
 */
#include <math.h>
#include <ontology/ontology.h>

#include "support.h"

static const char document[] =
    "{\"classifications\": ["
    "{\"id\": \"area\", \"type\": \"radio\", \"options\": [{\"id\": \"a\", \"attributes\": ["
    "  {\"id\": \"part\", \"type\": \"radio\", \"options\": [{\"id\": \"door\"}]}]},"
    "  {\"id\": \"old\", \"retired\": true}]},"
    "{\"id\": \"species\", \"type\": \"tree\", \"leaf_only\": true, \"options\": ["
    "  {\"id\": \"birds\", \"options\": [{\"id\": \"duck\", \"attributes\": [{\"id\": \"sex\", \"type\": \"radio\"}]}]},"
    "  {\"id\": \"gone\", \"retired\": true, \"options\": [{\"id\": \"dodo\"}]}]},"
    "{\"id\": \"severity\", \"type\": \"number\", \"min\": 0.5, \"max\": 10, \"step\": 0.1},"
    "{\"id\": \"count\", \"type\": \"number\", \"step\": 2},"
    "{\"id\": \"any\", \"type\": \"number\"},"
    "{\"id\": \"labels\", \"type\": \"checklist\", \"options\": [{\"id\": \"bowl\"}, {\"id\": \"spoon\", \"retired\": true}]}]}";

static lnti_ontology *ontology;

static int setup(void **state) {
  (void)state;
  assert_ok(lnti_ontology_parse(&ontology, document, sizeof document - 1, "document", ERR));
  return 0;
}

static int teardown(void **state) {
  (void)state;
  lnti_ontology_free(ontology);
  return 0;
}

static size_t question(const char *path) {
  size_t index = 0;
  assert_ok(lnti_ontology_find_question(&index, ontology, path, ERR));
  return index;
}

static size_t option(const char *key) {
  for (size_t i = 0; i < ontology->n_options; i++) {
    if (strcmp(ontology->options[i].key, key) == 0) return i;
  }
  fail_msg("no option %s", key);
  return 0;
}

static lnt_status choose(const char *path, const char *key) {
  lnti_answer answer = {question(path), LNTI_ANSWERED, option(key), NAN, NULL};
  return lnti_answer_check(ontology, &answer, ERR);
}

static lnt_status number(const char *path, double value) {
  lnti_answer answer = {question(path), LNTI_ANSWERED, LNTI_NONE, value, NULL};
  return lnti_answer_check(ontology, &answer, ERR);
}

static void options(void **state) {
  (void)state;
  assert_ok(choose("area", "a"));
  assert_ok(choose("area/a/part", "door"));
  assert_status(choose("area", "door"), LNT_EINVAL);
  assert_message("not of \"area\"");
  assert_status(choose("area", "old"), LNT_EINVAL);
  assert_message("retired");
  const lnti_answer old = {question("area"), LNTI_ANSWERED, option("old"), NAN, NULL};
  const lnti_answer other = {question("area"), LNTI_ANSWERED, option("door"), NAN, NULL};
  assert_ok(lnti_answer_check_kept(ontology, &old, ERR));
  assert_status(lnti_answer_check_kept(ontology, &other, ERR), LNT_EINVAL);
  assert_ok(choose("species", "duck"));
  assert_status(choose("species", "birds"), LNT_EINVAL);
  assert_message("leaves");
  assert_status(choose("species", "dodo"), LNT_EINVAL); /* below a retired one */
  assert_status(number("area", 1), LNT_EINVAL);
  lnti_answer answer = {question("area"), LNTI_ANSWERED, LNTI_NONE, NAN, NULL};
  assert_status(lnti_answer_check(ontology, &answer, ERR), LNT_EINVAL);
  answer.option = 1000;
  assert_status(lnti_answer_check(ontology, &answer, ERR), LNT_EINVAL);
  answer.question = 1000;
  assert_status(lnti_answer_check(ontology, &answer, ERR), LNT_EINVAL);
}

static void numbers(void **state) {
  (void)state;
  assert_ok(number("severity", 0.5));
  assert_ok(number("severity", 10));
  assert_ok(number("severity", 0.5 + 3 * 0.1)); /* 0.8 is no exact double */
  assert_status(number("severity", 0.55), LNT_EINVAL);
  assert_message("step");
  assert_status(number("severity", 0.4), LNT_EINVAL);
  assert_message("0.5..10");
  assert_status(number("severity", 10.1), LNT_EINVAL);
  assert_ok(number("count", -4));
  assert_status(number("count", 3), LNT_EINVAL);
  assert_ok(number("any", -1e300));
  assert_status(number("any", INFINITY), LNT_EINVAL);
  assert_status(number("any", NAN), LNT_EINVAL);
  assert_status(choose("any", "a"), LNT_EINVAL);
}

static void states_without_a_value(void **state) {
  (void)state;
  lnti_answer answer = {question("area"), LNTI_UNSURE, LNTI_NONE, NAN, NULL};
  assert_ok(lnti_answer_check(ontology, &answer, ERR));
  answer.state = LNTI_NONE_OF_THESE;
  assert_ok(lnti_answer_check(ontology, &answer, ERR));
  answer.state = LNTI_CLEARED;
  assert_ok(lnti_answer_check(ontology, &answer, ERR));
  answer.option = option("a");
  assert_status(lnti_answer_check(ontology, &answer, ERR), LNT_EINVAL);
  answer.option = LNTI_NONE;
  answer.number = 0;
  assert_status(lnti_answer_check(ontology, &answer, ERR), LNT_EINVAL);
  answer = (lnti_answer){question("any"), LNTI_NONE_OF_THESE, LNTI_NONE, NAN, NULL};
  assert_status(lnti_answer_check(ontology, &answer, ERR), LNT_EINVAL);
  answer.state = LNTI_UNSURE;
  assert_ok(lnti_answer_check(ontology, &answer, ERR));
  answer.state = (lnti_answer_state)9;
  assert_status(lnti_answer_check(ontology, &answer, ERR), LNT_EINVAL);
}

static lnt_status say(const char *key, lnti_answer_state state, double value) {
  lnti_answer answer = {question("labels"), state, key ? option(key) : LNTI_NONE, value, NULL};
  return lnti_answer_check(ontology, &answer, ERR);
}

static void checklists(void **state) {
  (void)state;
  assert_ok(say("bowl", LNTI_ANSWERED, 1));
  assert_ok(say("bowl", LNTI_ANSWERED, 0));
  assert_ok(say("bowl", LNTI_CLEARED, NAN));
  assert_ok(say("spoon", LNTI_CLEARED, NAN)); /* an answer of before it was retired */
  assert_ok(say(NULL, LNTI_CLEARED, NAN));
  assert_ok(say(NULL, LNTI_UNSURE, NAN));
  assert_ok(say(NULL, LNTI_NONE_OF_THESE, NAN));
  assert_status(say("bowl", LNTI_ANSWERED, NAN), LNT_EINVAL);
  assert_message("yes (1) or no (0), not with neither");
  assert_status(say("bowl", LNTI_ANSWERED, 0.5), LNT_EINVAL);
  assert_message("not with 0.5");
  assert_status(say(NULL, LNTI_ANSWERED, 1), LNT_EINVAL);
  assert_message("names no option");
  assert_status(say("spoon", LNTI_ANSWERED, 0), LNT_EINVAL);
  assert_message("retired");
  assert_status(say("a", LNTI_ANSWERED, 1), LNT_EINVAL);
  assert_message("not of \"labels\"");
  assert_status(say("a", LNTI_CLEARED, NAN), LNT_EINVAL);
  assert_message("not of \"labels\"");
  assert_status(say("bowl", LNTI_CLEARED, 1), LNT_EINVAL);
  assert_status(say("bowl", LNTI_UNSURE, NAN), LNT_EINVAL);
  assert_status(say("bowl", LNTI_NONE_OF_THESE, NAN), LNT_EINVAL);
  assert_status(say(NULL, LNTI_NONE_OF_THESE, 0), LNT_EINVAL);
  lnti_answer far = {question("labels"), LNTI_CLEARED, 1000, NAN, NULL};
  assert_status(lnti_answer_check(ontology, &far, ERR), LNT_EINVAL);
}

static bool is_the_one(void *payload, size_t index) {
  return *(size_t *)payload == index;
}

static void visibility(void **state) {
  (void)state;
  size_t a = option("a"), birds = option("birds"), duck = option("duck");
  assert_true(lnti_question_visible(ontology, question("area"), is_the_one, &birds));
  assert_true(lnti_question_visible(ontology, question("area/a/part"), is_the_one, &a));
  assert_false(lnti_question_visible(ontology, question("area/a/part"), is_the_one, &birds));
  assert_true(lnti_question_visible(ontology, question("species/birds/duck/sex"), is_the_one, &duck));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(options),    cmocka_unit_test(numbers),    cmocka_unit_test(states_without_a_value),
      cmocka_unit_test(checklists), cmocka_unit_test(visibility),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
