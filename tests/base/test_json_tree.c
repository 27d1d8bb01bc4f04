/* base/json_tree.c: the tree, duplicate keys, typed getters, hostile sizes. */
#include "support.h"

#include <base/alloc.h>
#include <base/json.h>
#include <base/text.h>
#include <locale.h>

static const lnti_json_value *parse(lnti_arena *arena, const char *json) {
  const lnti_json_value *root = NULL;
  assert_ok(lnti_json_parse(&root, arena, json, strlen(json), "t.json", ERR));
  assert_non_null(root);
  return root;
}

static void expect_refused(const char *json, lnt_status status, const char *message) {
  lnti_arena arena = {0};
  const lnti_json_value *root = NULL;
  assert_status(lnti_json_parse(&root, &arena, json, strlen(json), "t.json", ERR), status);
  assert_message(message);
  assert_null(root);
  lnti_arena_clear(&arena);
}

static void test_tree(void **state) {
  (void)state;
  lnti_arena arena = {0};
  const lnti_json_value *root = parse(&arena, "{\"a\": [1, -2.5e1,\n \"x\"], \"b\": {}, \"\": null, \"d\": true}");
  assert_int_equal(root->type, LNTI_JSON_TYPE_OBJECT);
  assert_int_equal(root->length, 4);
  assert_null(root->key);
  assert_null(root->next);
  const lnti_json_value *a = root->first;
  assert_string_equal(a->key, "a");
  assert_int_equal(a->type, LNTI_JSON_TYPE_ARRAY);
  assert_int_equal(a->length, 3);
  assert_int_equal(a->line, 1);
  assert_int_equal(a->column, 7);
  assert_true(a->first->number == 1 && a->first->next->number == -25);
  assert_string_equal(a->first->next->text, "-2.5e1");
  const lnti_json_value *x = a->first->next->next;
  assert_string_equal(x->text, "x");
  assert_int_equal(x->length, 1);
  assert_int_equal(x->line, 2);
  assert_int_equal(x->column, 2);
  assert_null(x->next);
  assert_null(x->key);
  assert_int_equal(a->next->type, LNTI_JSON_TYPE_OBJECT);
  assert_int_equal(a->next->length, 0);
  assert_null(a->next->first);
  assert_int_equal(lnti_json_get(root, "")->type, LNTI_JSON_TYPE_NULL);
  assert_true(lnti_json_get(root, "d")->boolean);
  lnti_arena_clear(&arena);
}

static void test_get(void **state) {
  (void)state;
  lnti_arena arena = {0};
  const lnti_json_value *root = parse(&arena, "{\"a\": 1, \"A\": 2}");
  assert_true(lnti_json_get(root, "a")->number == 1);
  assert_true(lnti_json_get(root, "A")->number == 2);
  assert_null(lnti_json_get(root, "b"));
  assert_null(lnti_json_get(NULL, "a"));
  assert_null(lnti_json_get(root->first, "a"));
  lnti_arena_clear(&arena);
}

static void test_duplicate_keys(void **state) {
  (void)state;
  lnti_arena arena = {0};
  parse(&arena, "[{\"a\":1,\"b\":2},{\"a\":{\"a\":3},\"\\u0041\":4}]");
  lnti_arena_clear(&arena);
  expect_refused("{\"a\":1,\n \"b\":2,\n \"a\":3}", LNT_EDATA, "t.json:3:6: the key 'a' stands twice in one object");
  expect_refused("[{\"x\":{\"\\u0061\":1,\"a\":1}}]", LNT_EDATA, "the key 'a' stands twice");
  expect_refused("{\"\":1,\"\":1}", LNT_EDATA, "the key '' stands twice");
}

static void test_broken(void **state) {
  (void)state;
  expect_refused("", LNT_EDATA, "t.json:1:1: found the end of the input");
  expect_refused("{\"a\":[}", LNT_EDATA, "t.json:1:7: found '}'");
  expect_refused("1 2", LNT_EDATA, "expected the end");
  expect_refused("[0,1e999]", LNT_EDATA, "t.json:1:4: the number 1e999 is beyond");
  lnti_arena arena = {0};
  const lnti_json_value *root = NULL;
  assert_status(lnti_json_parse(&root, &arena, NULL, 0, NULL, ERR), LNT_EDATA);
  assert_message("JSON:1:1:");
  lnti_arena_clear(&arena);
}

static void test_numbers_in_any_locale(void **state) {
  (void)state;
  lnti_arena arena = {0};
  setlocale(LC_NUMERIC, "de_DE.UTF-8"); /* where it exists, it writes 0,5 */
  const lnti_json_value *root = parse(&arena, "[0.5,1e-400,4.9e-324,9007199254740993]");
  setlocale(LC_NUMERIC, "C");
  assert_true(root->first->number == 0.5);
  assert_true(root->first->next->number == 0);
  assert_true(root->first->next->next->number > 0);
  assert_true(root->first->next->next->next->number == 9007199254740992.0);
  lnti_arena_clear(&arena);
}

static void test_get_string(void **state) {
  (void)state;
  lnti_arena arena = {0};
  const lnti_json_value *root = parse(&arena, "{\"s\":\"text\",\n\"n\":null}");
  const char *text = NULL;
  assert_ok(lnti_json_get_string(&text, root, "s", NULL, ERR));
  assert_string_equal(text, "text");
  assert_ok(lnti_json_get_string(&text, root, "none", "fallback", ERR));
  assert_string_equal(text, "fallback");
  assert_status(lnti_json_get_string(&text, root, "n", "x", ERR), LNT_EDATA);
  assert_message("line 2: 'n' is null where a string is needed");
  assert_string_equal(text, "fallback");
  assert_ok(lnti_json_get_string(&text, NULL, "s", NULL, ERR));
  assert_null(text);
  lnti_arena_clear(&arena);
}

static void test_get_int(void **state) {
  (void)state;
  lnti_arena arena = {0};
  const lnti_json_value *root = parse(
      &arena,
      "{\"a\":7,\"b\":9223372036854775807,\"c\":-9223372036854775808,\"d\":9223372036854775808,\"e\":2.0,\"f\":1e3,"
      "\"g\":1.5,\"h\":\"7\",\"i\":1e300,\"j\":-0}");
  static const struct {
    const char *key;
    int64_t wanted;
    const char *message; /* of what is refused */
  } cases[] = {
      {"a", 7, NULL},
      {"b", INT64_MAX, NULL},
      {"c", INT64_MIN, NULL},
      {"d", 0, "'d' is 9223372036854775808 where a whole number from"},
      {"e", 2, NULL},
      {"f", 1000, NULL},
      {"g", 0, "'g' is 1.5 where a whole number"},
      {"h", 0, "'h' is a string where a whole number is needed"},
      {"i", 0, "'i' is 1e300 where"},
      {"j", 0, NULL},
      {"none", -5, NULL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    int64_t value = 99;
    lnt_status status = lnti_json_get_int(&value, root, cases[i].key, -5, INT64_MIN, INT64_MAX, ERR);
    assert_int_equal(status, cases[i].message ? LNT_EDATA : LNT_OK);
    if (cases[i].message) assert_message(cases[i].message);
    assert_true(value == (cases[i].message ? 99 : cases[i].wanted));
  }
  int64_t value = 99;
  assert_ok(lnti_json_get_int(&value, root, "a", 0, 7, 7, ERR));
  assert_status(lnti_json_get_int(&value, root, "a", 0, 8, 9, ERR), LNT_EDATA);
  assert_message("line 1: 'a' is 7 where a whole number from 8 to 9 is needed");
  assert_status(lnti_json_get_int(&value, root, "a", 0, 0, 6, ERR), LNT_EDATA);
  lnti_arena_clear(&arena);
}

static void test_get_real_and_bool(void **state) {
  (void)state;
  lnti_arena arena = {0};
  const lnti_json_value *root = parse(&arena, "{\"x\":0.25,\"t\":true,\"f\":false,\"o\":{},\"l\":[]}");
  double x = 0;
  bool b = false;
  assert_ok(lnti_json_get_real(&x, root, "x", 1, ERR));
  assert_true(x == 0.25);
  assert_ok(lnti_json_get_real(&x, root, "none", 1, ERR));
  assert_true(x == 1);
  assert_status(lnti_json_get_real(&x, root, "t", 2, ERR), LNT_EDATA);
  assert_message("'t' is a boolean where a number is needed");
  assert_ok(lnti_json_get_bool(&b, root, "t", false, ERR));
  assert_true(b);
  assert_ok(lnti_json_get_bool(&b, root, "f", true, ERR));
  assert_false(b);
  assert_ok(lnti_json_get_bool(&b, root, "none", true, ERR));
  assert_true(b);
  assert_status(lnti_json_get_bool(&b, root, "o", false, ERR), LNT_EDATA);
  assert_message("'o' is an object where true or false is needed");
  assert_status(lnti_json_get_bool(&b, root, "l", false, ERR), LNT_EDATA);
  assert_message("'l' is an array");
  assert_status(lnti_json_get_bool(&b, root, "x", false, ERR), LNT_EDATA);
  assert_message("'x' is a number");
  assert_true(b && x == 1);
  lnti_arena_clear(&arena);
}

static void test_arena_cap(void **state) {
  (void)state;
  static const char json[] = "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]";
  lnti_arena arena = {.cap = 1000};
  const lnti_json_value *root = NULL;
  assert_status(lnti_json_parse(&root, &arena, json, sizeof json - 1, NULL, ERR), LNT_ELIMIT);
  assert_message("1000 bytes");
  assert_null(root);
  lnti_arena_clear(&arena);
}

static void test_deep(void **state) {
  (void)state;
  lnti_arena arena = {0};
  char json[2 * LNTI_JSON_DEPTH_MAX + 3] = {0};
  memset(json, '[', LNTI_JSON_DEPTH_MAX);
  memset(json + LNTI_JSON_DEPTH_MAX, ']', LNTI_JSON_DEPTH_MAX);
  const lnti_json_value *v = parse(&arena, json);
  size_t depth = 1;
  for (; v->first; v = v->first) depth++;
  assert_int_equal(depth, LNTI_JSON_DEPTH_MAX);
  lnti_arena_clear(&arena);
  memset(json, '[', LNTI_JSON_DEPTH_MAX + 1);
  expect_refused(json, LNT_ELIMIT, "t.json:1:513: arrays and objects nested more than 512 deep");
}

/* A million keys, distinct but for the last, which repeats one in the middle. Quadratic work would take hours, which
 * CTest's time limit would end. Each member takes 12 bytes, so the value of the last stands in column 12,000,012. */
static void test_hostile_object(void **state) {
  (void)state;
  enum { KEYS = 1000000 };
  lnti_arena arena = {0};
  lnti_text json = {0};
  const lnti_json_value *root = NULL;
  for (int i = 0; i < KEYS; i++) {
    char key[24];
    int n = snprintf(key, sizeof key, "%c\"%07d\":%d", i ? ',' : '{', i, i % 10);
    assert_ok(lnti_text_append(&json, key, (size_t)n, ERR));
  }
  assert_ok(lnti_text_printf(&json, ERR, ",\"%07d\":1}", KEYS / 2));
  assert_status(lnti_json_parse(&root, &arena, json.data, json.length, NULL, ERR), LNT_EDATA);
  assert_message("JSON:1:12000012: the key '0500000' stands twice");
  assert_null(root);
  lnti_arena_clear(&arena);
  lnti_text_clear(&json);
}

static void check_duplicates_found(lnti_rng *rng, void *payload) {
  lnti_text json = {0};
  lnti_arena arena = {0};
  const lnti_json_value *root = NULL;
  size_t n = 2 + (size_t)lnti_rng_below(rng, 60);
  size_t first = (size_t)lnti_rng_below(rng, n), second = (size_t)lnti_rng_below(rng, n);
  (void)payload;
  for (size_t i = 0; i < n; i++) {
    size_t name = i == second ? first : i;
    assert_ok(lnti_text_printf(&json, ERR, "%s\"k%zu\":0", i ? "," : "{", name));
  }
  assert_ok(lnti_text_append(&json, "}", 1, ERR));
  assert_status(lnti_json_parse(&root, &arena, json.data, json.length, NULL, ERR),
                first == second ? LNT_OK : LNT_EDATA);
  lnti_arena_clear(&arena);
  lnti_text_clear(&json);
}

static void test_duplicates_found(void **state) {
  (void)state;
  lnti_test_property("a repeated key is found anywhere", 200, check_duplicates_found, NULL);
}

static void test_faults(void **state) {
  (void)state;
  static const char json[] = "{\"a\":[1,\"x\",true,null],\"b\":{\"c\":\"d\",\"e\":{}},\"f\":0}";
  for_each_fault(n) {
    lnti_arena arena = {0};
    const lnti_json_value *root = NULL;
    assert_fault_status(lnti_json_parse(&root, &arena, json, sizeof json - 1, NULL, ERR));
    assert_true((root == NULL) == lnti_test_allocation_failed());
    lnti_arena_clear(&arena);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_tree),
      cmocka_unit_test(test_get),
      cmocka_unit_test(test_duplicate_keys),
      cmocka_unit_test(test_broken),
      cmocka_unit_test(test_numbers_in_any_locale),
      cmocka_unit_test(test_get_string),
      cmocka_unit_test(test_get_int),
      cmocka_unit_test(test_get_real_and_bool),
      cmocka_unit_test(test_arena_cap),
      cmocka_unit_test(test_deep),
      cmocka_unit_test(test_hostile_object),
      cmocka_unit_test(test_duplicates_found),
      cmocka_unit_test(test_faults),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
