/*
 * Reading command lines: every form of an option, and every way to get one wrong.
 */
#include <support.h>

#include <cli/options.h>

static const lnti_cli_option globals[] = {
    {"project", 'C', "DIR", "", false}, {"json", 0, NULL, "", false}, {"quiet", 'q', NULL, "", false},
    {"verbose", 'v', NULL, "", false},  LNTI_CLI_OPTIONS_END,
};

static const lnti_cli_option own[] = {
    {"split", 0, "NAME", "", false}, {"set", 0, "KEY=VALUE", "", true},     {"val", 0, "SHARE", "", false},
    {"top", 0, "K", "", false},      {"proba", 0, "[FILE.npy]", "", false}, LNTI_CLI_OPTIONS_END,
};

static const lnti_cli_option *const tables[] = {own, globals};

/** Reads texts that end with NULL. */
static lnt_status read_all(lnti_args *args, const char *const *texts, bool stop, size_t *next) {
  char *argv[16];
  size_t n = 0;
  for (; texts[n]; n++) argv[n] = (char *)(uintptr_t)texts[n];
  *next = 0;
  return lnti_args_read(args, next, n, argv, tables, 2, stop, "linnet help import", ERR);
}

#define READ(args, ...) read_all((args), (const char *const[]){__VA_ARGS__, NULL}, false, &(size_t){0})

static void test_forms(void **state) {
  (void)state;
  lnti_args args = {0};
  assert_ok(READ(&args, "a", "--split", "train", "--val=0.5", "-C", "dir", "-qv", "b", "-", "--", "--c"));
  assert_string_equal(lnti_args_text(&args, "split", NULL), "train");
  assert_string_equal(lnti_args_text(&args, "val", NULL), "0.5");
  assert_string_equal(lnti_args_text(&args, "project", NULL), "dir");
  assert_true(lnti_args_has(&args, "quiet") && lnti_args_has(&args, "verbose"));
  assert_false(lnti_args_has(&args, "json"));
  assert_int_equal(args.n_operands, 4);
  assert_string_equal(args.operands[0], "a");
  assert_string_equal(args.operands[1], "b");
  assert_string_equal(args.operands[2], "-");
  assert_string_equal(args.operands[3], "--c");
  lnti_args_clear(&args);
}

static void test_argument_that_may_be_left_out(void **state) {
  (void)state;
  lnti_args args = {0};
  assert_ok(READ(&args, "--proba", "a.jpg"));
  assert_true(lnti_args_has(&args, "proba"));
  assert_string_equal(lnti_args_text(&args, "proba", "none"), "none");
  assert_int_equal(args.n_operands, 1);
  lnti_args_clear(&args);
  assert_ok(READ(&args, "--proba", "p.npy", "a.jpg"));
  assert_string_equal(lnti_args_text(&args, "proba", NULL), "p.npy");
  assert_int_equal(args.n_operands, 1);
  lnti_args_clear(&args);
  assert_ok(READ(&args, "a.npy", "--proba=x"));
  assert_string_equal(lnti_args_text(&args, "proba", NULL), "x");
  lnti_args_clear(&args);
  assert_ok(READ(&args, "--proba"));
  assert_true(lnti_args_has(&args, "proba"));
  lnti_args_clear(&args);
}

static void test_values_as_they_are(void **state) {
  (void)state;
  lnti_args args = {0};
  /* A value may hold '=', be empty, begin with one dash, or (after '=') with two. */
  assert_ok(READ(&args, "--set", "k=a=b", "--set=", "--split=--x", "-Cwhere", "--val", "-1"));
  assert_string_equal(lnti_args_text(&args, "set", NULL), "");
  assert_string_equal(lnti_args_text(&args, "split", NULL), "--x");
  assert_string_equal(lnti_args_text(&args, "project", NULL), "where");
  assert_string_equal(lnti_args_text(&args, "val", NULL), "-1");
  const char **list = NULL;
  size_t n = 0;
  assert_ok(lnti_args_list(&list, &n, &args, "set", ERR));
  assert_int_equal(n, 2);
  assert_string_equal(list[0], "k=a=b");
  assert_string_equal(list[1], "");
  free(list);
  lnti_args_clear(&args);
}

static void test_stop_at_operand(void **state) {
  (void)state;
  lnti_args args = {0};
  size_t next = 0;
  const char *const texts[] = {"-C", "p", "--json", "import", "--split", "x", NULL};
  assert_ok(read_all(&args, texts, true, &next));
  assert_int_equal(next, 3);
  assert_int_equal(args.n_operands, 0);
  assert_true(lnti_args_has(&args, "json"));
  lnti_args_clear(&args);
}

static void test_empty(void **state) {
  (void)state;
  lnti_args args = {0};
  size_t next = 0;
  assert_ok(lnti_args_read(&args, &next, 0, NULL, tables, 2, false, "help", ERR));
  assert_int_equal(args.n_operands, 0);
  assert_string_equal(lnti_args_text(&args, "split", "fallback"), "fallback");
  lnti_args_clear(&args);
}

static void test_mistakes(void **state) {
  (void)state;
  static const struct {
    const char *texts[4];
    const char *says;
  } cases[] = {
      {{"--spilt", "x", NULL}, "did you mean --split? (linnet help import)"},
      {{"--spl=x", NULL}, "did you mean --split?"},
      {{"--zzzzzz", NULL}, "unknown option --zzzzzz (linnet help import lists them)"},
      {{"-x", NULL}, "unknown option -x"},
      {{"-qx", NULL}, "unknown option -x"},
      {{"--split", NULL}, "--split needs a value: --split NAME"},
      {{"--split", "--json", NULL}, "--split needs a value"},
      {{"-C", NULL}, "--project needs a value"},
      {{"--json=1", NULL}, "--json takes no value"},
      {{"--split=a", "--split=b", NULL}, "--split is given twice"},
      {{"--json", "--json", NULL}, "--json is given twice"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    lnti_args args = {0};
    assert_status(read_all(&args, cases[i].texts, false, &(size_t){0}), LNT_EINVAL);
    assert_message(cases[i].says);
    lnti_args_clear(&args);
  }
}

static void test_numbers(void **state) {
  (void)state;
  lnti_args args = {0};
  int64_t whole = 7;
  double real = 0.25;
  assert_ok(READ(&args, "--top", "12", "--val", "0.5"));
  assert_ok(lnti_args_int(&whole, &args, "top", 1, 1, 12, ERR));
  assert_int_equal(whole, 12);
  assert_ok(lnti_args_real(&real, &args, "val", 0.15, 0, 1, ERR));
  assert_true(real == 0.5);
  assert_ok(lnti_args_int(&whole, &args, "seed", 3, 0, 9, ERR));
  assert_int_equal(whole, 3);
  assert_status(lnti_args_int(&whole, &args, "top", 1, 1, 11, ERR), LNT_EINVAL);
  assert_message("--top 12: outside 1 to 11");
  assert_status(lnti_args_int(&whole, &args, "val", 1, 1, 11, ERR), LNT_EINVAL);
  assert_message("--val");
  assert_int_equal(whole, 3);
  assert_status(lnti_args_real(&real, &args, "val", 0, 0, 0.4, ERR), LNT_EINVAL);
  assert_message("--val 0.5: outside 0 to 0.4");
  assert_true(real == 0.5);
  lnti_args_clear(&args);
}

static void test_choice(void **state) {
  (void)state;
  lnti_args args = {0};
  size_t index = 9;
  assert_ok(READ(&args, "--split", "idx", "--val=auto|idx", "--top="));
  assert_ok(lnti_args_choice(&index, &args, "split", "auto|folder|idx", 0, ERR));
  assert_int_equal(index, 2);
  assert_ok(lnti_args_choice(&index, &args, "set", "auto|folder|idx", 1, ERR));
  assert_int_equal(index, 1);
  assert_status(lnti_args_choice(&index, &args, "val", "auto|folder|idx", 0, ERR), LNT_EINVAL);
  assert_message("it is one of auto|folder|idx");
  assert_status(lnti_args_choice(&index, &args, "top", "auto|folder|idx", 0, ERR), LNT_EINVAL);
  assert_int_equal(index, 1);
  lnti_args_clear(&args);
}

static void test_commas(void **state) {
  (void)state;
  const char **list = NULL;
  char *block = NULL;
  size_t n = 0;
  assert_ok(lnti_split_commas(&list, &n, &block, " T-shirt/top, Trouser ,Ankle boot", "--classes", ERR));
  assert_int_equal(n, 3);
  assert_string_equal(list[0], "T-shirt/top");
  assert_string_equal(list[1], "Trouser");
  assert_string_equal(list[2], "Ankle boot");
  free(list);
  free(block);
  list = NULL;
  assert_status(lnti_split_commas(&list, &n, &block, "a,,b", "--classes", ERR), LNT_EINVAL);
  assert_message("--classes: part 2 of \"a,,b\" is empty");
  assert_null(list);
  assert_status(lnti_split_commas(&list, &n, &block, "", "--classes", ERR), LNT_EINVAL);
  assert_status(lnti_split_commas(&list, &n, &block, "a,", "--classes", ERR), LNT_EINVAL);
  assert_status(lnti_split_commas(&list, &n, &block, " ", "--classes", ERR), LNT_EINVAL);
}

/** Any line of arguments is read or refused, without reading outside of what is there. */
static void check_any_line(lnti_rng *rng, void *payload) {
  static const char *const parts[] = {"--split", "--set=a", "-C", "-q",  "--",  "-",
                                      "x",       "--jsn",   "",   "-Cq", "--=", "-="};
  (void)payload;
  char *argv[8];
  size_t n = (size_t)lnti_rng_below(rng, 8), next = 0;
  for (size_t i = 0; i < n; i++) {
    argv[i] = (char *)(uintptr_t)parts[lnti_rng_below(rng, sizeof parts / sizeof *parts)];
  }
  lnti_args args = {0};
  lnt_error err = LNT_ERROR_INIT;
  lnt_status status = lnti_args_read(&args, &next, n, argv, tables, 2, false, "help", &err);
  assert_true(status == LNT_OK || (status == LNT_EINVAL && err.message[0]));
  assert_true(next <= n && args.n_operands + args.n_given <= n + 1);
  lnti_args_clear(&args);
}

static void test_any_line(void **state) {
  (void)state;
  lnti_test_property("any line of arguments", 2000, check_any_line, NULL);
}

static void test_options_of_a_form(void **state) {
  (void)state;
  lnti_args args = {0};
  assert_ok(READ(&args, "a", "--split", "train", "--top", "3", "--json"));
  assert_ok(lnti_args_allow(&args, own, "split|top", "thing a", ERR));
  assert_status(lnti_args_allow(&args, own, "set|split|to|tops", "thing a", ERR), LNT_EINVAL);
  assert_message("--top does not go with 'thing a', which takes --split, --set");
  assert_status(lnti_args_allow(&args, own, "", "thing", ERR), LNT_EINVAL);
  assert_message("--split does not go with 'thing', which takes no options of its own");
  lnti_args_clear(&args);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_forms),
      cmocka_unit_test(test_argument_that_may_be_left_out),
      cmocka_unit_test(test_values_as_they_are),
      cmocka_unit_test(test_stop_at_operand),
      cmocka_unit_test(test_empty),
      cmocka_unit_test(test_mistakes),
      cmocka_unit_test(test_numbers),
      cmocka_unit_test(test_choice),
      cmocka_unit_test(test_commas),
      cmocka_unit_test(test_any_line),
      cmocka_unit_test(test_options_of_a_form),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
