/* base/param.c: every type, every refusal with its words, text and JSON there and back. */
#include "support.h"

#include <base/alloc.h>
#include <base/param.h>
#include <base/text.h>
#include <math.h>

static const lnti_param table[] = {
    {"k", LNTI_PARAM_INT, "5", 1, 1000, NULL, "Neighbours that vote."},
    {"metric", LNTI_PARAM_CHOICE, "euclidean", 0, 0, "euclidean|cosine|cos", "Distance."},
    {"l2", LNTI_PARAM_REAL, "0.1", 0, 1e6, NULL, "Penalty."},
    {"balance", LNTI_PARAM_BOOL, "false", 0, 0, NULL, "Whether classes weigh the same."},
    {"iterations", LNTI_PARAM_INT, "auto", 1, 9007199254740992.0, "auto", "Steps."},
    {0},
};
static const lnti_param empty_table[] = {{0}};

static void test_defaults(void **state) {
  (void)state;
  lnti_params p;
  lnti_params_init(&p, table);
  assert_ptr_equal(p.table, table);
  assert_true(lnti_params_get(&p, "k") == 5);
  assert_true(lnti_params_get(&p, "metric") == 0);
  assert_true(lnti_params_get(&p, "l2") == 0.1);
  assert_true(lnti_params_get(&p, "balance") == 0);
  assert_true(lnti_params_is_auto(&p, "iterations"));
  assert_false(lnti_params_is_auto(&p, "k"));
  lnti_params_init(&p, empty_table);
}

static void test_set(void **state) {
  (void)state;
  static const struct {
    const char *assignment, *name;
    double wanted;
  } cases[] = {
      {"k=1", "k", 1},
      {"k=1000", "k", 1000},
      {"metric=cosine", "metric", 1},
      {"metric=cos", "metric", 2},
      {"metric=euclidean", "metric", 0},
      {"l2=1e-3", "l2", 1e-3},
      {"l2=0", "l2", 0},
      {"balance=true", "balance", 1},
      {"balance=false", "balance", 0},
      {"iterations=9007199254740992", "iterations", 9007199254740992.0},
  };
  lnti_params p;
  lnti_params_init(&p, table);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    assert_ok(lnti_params_set(&p, cases[i].assignment, ERR));
    assert_true(lnti_params_get(&p, cases[i].name) == cases[i].wanted);
  }
  assert_ok(lnti_params_set(&p, "iterations=auto", ERR));
  assert_true(lnti_params_is_auto(&p, "iterations"));
  assert_ok(lnti_params_set_value(&p, "k", "7", ERR));
  assert_true(lnti_params_get(&p, "k") == 7);
}

static void test_refused(void **state) {
  (void)state;
  static const struct {
    const char *assignment, *message;
  } cases[] = {
      {"k", "'k' sets no parameter: KEY=VALUE is needed"},
      {"k2=1", "unknown parameter 'k2'; did you mean k? Known are: k, metric, l2, balance, iterations"},
      {"K=1", "unknown parameter 'K'"},
      {"=1", "unknown parameter ''"},
      {"k=0", "parameter 'k' is '0' where a whole number from 1 to 1000 is needed"},
      {"k=1001", "parameter 'k' is '1001' where"},
      {"k=1.5", "parameter 'k' is '1.5' where a whole number"},
      {"k=", "parameter 'k' is '' where"},
      {"k= 5", "parameter 'k' is ' 5' where"},
      {"k=auto", "parameter 'k' is 'auto' where"},
      {"k=99999999999999999999", "parameter 'k' is '99999999999999999999' where"},
      {"metric=", "parameter 'metric' is '' where one of euclidean|cosine|cos is needed"},
      {"metric=euclid", "parameter 'metric' is 'euclid' where one of"},
      {"metric=euclidean|cosine", "parameter 'metric' is 'euclidean|cosine' where one of"},
      {"l2=-0.5", "parameter 'l2' is '-0.5' where a number from 0 to 1000000 is needed"},
      {"l2=nan", "parameter 'l2' is 'nan' where"},
      {"l2=inf", "parameter 'l2' is 'inf' where"},
      {"l2=0,5", "parameter 'l2' is '0,5' where"},
      {"balance=yes", "parameter 'balance' is 'yes' where true or false is needed"},
      {"iterations=0", "where a whole number from 1 to 9007199254740992, or auto, is needed"},
  };
  lnti_params p, before;
  lnti_params_init(&p, table);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    memcpy(&before, &p, sizeof p);
    assert_status(lnti_params_set(&p, cases[i].assignment, ERR), LNT_EINVAL);
    assert_message(cases[i].message);
    assert_memory_equal(&before, &p, sizeof p);
  }
  lnti_params_init(&p, empty_table);
  assert_status(lnti_params_set(&p, "k=1", ERR), LNT_EINVAL);
  assert_message("unknown parameter 'k'; there are none here");
}

static void expect_text(const lnti_params *p, const char *name, const char *wanted) {
  char *text = NULL;
  lnti_params back;
  assert_ok(lnti_params_text(&text, p, name, ERR));
  assert_string_equal(text, wanted);
  lnti_params_init(&back, p->table);
  assert_ok(lnti_params_set_value(&back, name, text, ERR));
  assert_true(lnti_params_get(&back, name) == lnti_params_get(p, name) || lnti_params_is_auto(p, name));
  free(text);
}

static void test_text(void **state) {
  (void)state;
  lnti_params p;
  char *text = NULL;
  lnti_params_init(&p, table);
  expect_text(&p, "k", "5");
  expect_text(&p, "metric", "euclidean");
  expect_text(&p, "l2", "0.1");
  expect_text(&p, "balance", "false");
  expect_text(&p, "iterations", "auto");
  assert_ok(lnti_params_set(&p, "metric=cos", ERR));
  assert_ok(lnti_params_set(&p, "balance=true", ERR));
  assert_ok(lnti_params_set(&p, "iterations=9007199254740992", ERR));
  expect_text(&p, "metric", "cos");
  expect_text(&p, "balance", "true");
  expect_text(&p, "iterations", "9007199254740992");
  assert_status(lnti_params_text(&text, &p, "none", ERR), LNT_EINVAL);
  assert_null(text);
}

static lnt_status read_params(lnti_params *out, const char *json, lnt_error *err) {
  lnti_arena arena = {0};
  const lnti_json_value *root = NULL;
  lnt_status status = lnti_json_parse(&root, &arena, json, strlen(json), NULL, err);
  if (status == LNT_OK) status = lnti_params_read(out, table, root, err);
  lnti_arena_clear(&arena);
  return status;
}

static void test_json(void **state) {
  (void)state;
  lnti_params p, back;
  lnti_text text = {0};
  lnti_json_writer *w = NULL;
  lnti_params_init(&p, table);
  assert_ok(lnti_params_set(&p, "metric=cosine", ERR));
  assert_ok(lnti_params_set(&p, "l2=0.30000000000000004", ERR));
  assert_ok(lnti_json_writer_new(&w, lnti_json_sink_text, &text, 0, ERR));
  lnti_params_write(w, &p);
  assert_ok(lnti_json_finish(w, ERR));
  lnti_json_writer_free(w);
  assert_string_equal(text.data,
                      "{\"k\":5,\"metric\":\"cosine\",\"l2\":0.30000000000000004,\"balance\":false,"
                      "\"iterations\":\"auto\"}\n");
  assert_ok(read_params(&back, text.data, ERR));
  assert_true(lnti_params_get(&back, "metric") == 1);
  assert_true(lnti_params_get(&back, "l2") == 0.30000000000000004);
  assert_true(lnti_params_is_auto(&back, "iterations"));
  lnti_text_clear(&text);
  assert_ok(read_params(&back, "{\"k\":9,\"balance\":true}", ERR));
  assert_true(lnti_params_get(&back, "k") == 9 && lnti_params_get(&back, "balance") == 1);
  assert_true(lnti_params_get(&back, "metric") == 0);
}

static void test_json_refused(void **state) {
  (void)state;
  static const struct {
    const char *json, *message;
  } cases[] = {
      {"{\"k\":0}", "parameter 'k' is '0' where"},
      {"{\"q\":0}", "unknown parameter 'q'"},
      {"{\"k\":[]}", "parameter 'k' is no number, string or boolean (line 1)"},
      {"{\"k\":null}", "parameter 'k' is no number"},
      {"{\"k\":true}", "parameter 'k' is 'true' where"},
      {"{\"balance\":1}", "parameter 'balance' is '1' where"},
      {"[]", "parameters are no JSON object"},
  };
  lnti_params p, before;
  lnti_params_init(&p, empty_table);
  memcpy(&before, &p, sizeof p);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    assert_status(read_params(&p, cases[i].json, ERR), LNT_EDATA);
    assert_message(cases[i].message);
    assert_memory_equal(&before, &p, sizeof p);
  }
  assert_status(lnti_params_read(&p, table, NULL, ERR), LNT_EDATA);
}

static void test_faults(void **state) {
  (void)state;
  for_each_fault(n) {
    lnti_params p;
    char *text = NULL;
    lnti_params_init(&p, table);
    assert_fault_status(lnti_params_text(&text, &p, "l2", ERR));
    free(text);
  }
  for_each_fault(n) {
    lnti_params p;
    lnti_params_init(&p, table);
    lnt_status status = lnti_params_set(&p, "k2=1", ERR);
    assert_int_equal(status, lnti_test_allocation_failed() ? LNT_ENOMEM : LNT_EINVAL);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_defaults), cmocka_unit_test(test_set),  cmocka_unit_test(test_refused),
      cmocka_unit_test(test_text),     cmocka_unit_test(test_json), cmocka_unit_test(test_json_refused),
      cmocka_unit_test(test_faults),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
