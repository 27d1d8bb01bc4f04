/*
 * Every allocation of the command line's own may fail: nothing leaks, and outputs stay as they were.
 */
#include <support.h>

#include <cli/format.h>
#include <cli/help.h>
#include <cli/options.h>
#include <cli/refused.h>
#include <cli/table.h>

static const lnti_cli_option options[] = {
    {"set", 0, "KEY=VALUE", "", true},
    {"quiet", 'q', NULL, "", false},
    LNTI_CLI_OPTIONS_END,
};

static void test_arguments(void **state) {
  (void)state;
  char words[4][8] = {"--set=a", "-q", "x", "--set=b"};
  char *argv[] = {words[0], words[1], words[2], words[3]};
  const lnti_cli_option *tables[] = {options};
  for_each_fault(n) {
    lnti_args args = {0};
    const char **list = NULL;
    size_t next = 0, n_list = 0;
    lnt_status status = lnti_args_read(&args, &next, 4, argv, tables, 1, false, "help", ERR);
    if (!status) status = lnti_args_list(&list, &n_list, &args, "set", ERR);
    assert_fault_status(status);
    assert_true(status ? list == NULL : n_list == 2);
    free(list);
    lnti_args_clear(&args);
  }
}

static void test_commas(void **state) {
  (void)state;
  for_each_fault(n) {
    const char **list = NULL;
    char *block = NULL;
    size_t n_list = 0;
    lnt_status status = lnti_split_commas(&list, &n_list, &block, "a,b", "--classes", ERR);
    assert_fault_status(status);
    assert_true(status ? !list && !block && n_list == 0 : n_list == 2);
    free(list);
    free(block);
  }
}

static void test_table(void **state) {
  (void)state;
  static const lnti_column columns[] = {{"a", LNTI_ALIGN_LEFT}, {"b", LNTI_ALIGN_RIGHT}};
  const char *cells[] = {"some text", "1"};
  for_each_fault(n) {
    lnti_table table;
    lnti_text out = {0};
    lnti_table_init(&table, columns, 2, 2);
    lnt_status status = LNT_OK;
    for (int i = 0; i < 20 && !status; i++) status = lnti_table_row(&table, cells, ERR);
    assert_int_equal(table.n_cells % 2, 0); /* whole rows alone */
    if (!status) status = lnti_table_write(&out, &table, ERR);
    assert_fault_status(status);
    lnti_text_clear(&out);
    lnti_table_clear(&table);
  }
}

static void test_help(void **state) {
  (void)state;
  for_each_fault(n) {
    const lnti_command *command = NULL;
    lnti_text out = {0};
    lnt_status status = lnti_command_find(&command, "train", ERR);
    if (!status) status = lnti_help_command(&out, command, ERR);
    assert_fault_status(status);
    lnti_text_clear(&out);
  }
}

/** A refused input that cannot be kept is counted all the same. */
static void test_refused(void **state) {
  (void)state;
  for_each_fault(n) {
    lnti_refused refused = {0};
    lnti_refused_add(&refused, "a.png", LNT_EDATA, "broken");
    lnti_refused_add(&refused, "b.png", LNT_EDATA, "broken");
    assert_int_equal(refused.total, 2);
    assert_int_equal(refused.n, lnti_test_allocation_failed() ? 1 : 2);
    lnti_refused_clear(&refused);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_arguments), cmocka_unit_test(test_commas),  cmocka_unit_test(test_table),
      cmocka_unit_test(test_help),      cmocka_unit_test(test_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
