/*
 * Tables: widths, sides, pages.
 */
#include <support.h>

#include <cli/table.h>
#include <stdlib.h>

static const lnti_column columns[] = {{"name", LNTI_ALIGN_LEFT}, {"n", LNTI_ALIGN_RIGHT}, {NULL, LNTI_ALIGN_LEFT}};

static void add(lnti_table *table, const char *a, const char *b, const char *c) {
  const char *cells[] = {a, b, c};
  assert_ok(lnti_table_row(table, cells, ERR));
}

static void assert_page(lnti_table *table, const char *wanted) {
  lnti_text out = {0};
  assert_ok(lnti_text_append(&out, "", 0, ERR));
  assert_ok(lnti_table_write(&out, table, ERR));
  assert_string_equal(out.data, wanted);
  lnti_text_clear(&out);
}

static void test_columns(void **state) {
  (void)state;
  lnti_table table;
  lnti_table_init(&table, columns, 3, 0);
  add(&table, "a", "1", "x");
  add(&table, "bbbbbb", "1,000", NULL);
  assert_page(&table,
              "name        n\n"
              "a           1  x\n"
              "bbbbbb  1,000\n");
  /* A second page has no head, and keeps the width of the first. */
  add(&table, "c", "2", "y");
  assert_page(&table, "c           2  y\n");
  assert_page(&table, "");
  lnti_table_clear(&table);
}

static void test_indent_without_titles(void **state) {
  (void)state;
  static const lnti_column plain[] = {{NULL, LNTI_ALIGN_LEFT}, {NULL, LNTI_ALIGN_RIGHT}};
  lnti_table table;
  const char *cells[] = {"items", "7"};
  lnti_table_init(&table, plain, 2, 2);
  assert_ok(lnti_table_row(&table, cells, ERR));
  assert_page(&table, "  items  7\n");
  lnti_table_clear(&table);
}

static void test_wide_letters_and_controls(void **state) {
  (void)state;
  lnti_table table;
  lnti_table_init(&table, columns, 3, 0);
  add(&table, "\xe9\xb3\xa5\xe9\xb3\xa5\xe9\xb3\xa5", "1", "\x1b[2J"); /* three characters of two columns each */
  add(&table, "K\xc3\xa4se", "2", "z");
  assert_page(&table,
              "name    n\n"
              "\xe9\xb3\xa5\xe9\xb3\xa5\xe9\xb3\xa5  1  ?[2J\n"
              "K\xc3\xa4se    2  z\n");
  lnti_table_clear(&table);
}

static void test_empty(void **state) {
  (void)state;
  lnti_table table;
  lnti_table_init(&table, columns, 3, 0);
  assert_page(&table, ""); /* a head over nothing says nothing */
  lnti_table_clear(&table);
}

/** What is printed, and that nothing is where filling the table failed; both clear it. */
static void test_print(void **state) {
  (void)state;
  char *said = NULL;
  size_t n = 0;
  lnti_meter meter;
  lnti_cli cli = {.out = open_memstream(&said, &n), .meter = &meter};
  lnti_table table;
  lnti_meter_init(&meter, stderr, LNTI_METER_NONE, LNTI_LOG_WARN, "table");
  assert_non_null(cli.out);
  lnti_table_init(&table, columns, 3, 1);
  add(&table, "lost", "1", "x");
  assert_int_equal(lnti_table_print(&cli, &table, LNT_ENOMEM, ERR), LNT_ENOMEM);
  assert_int_equal(table.n_cells, 0);
  lnti_table_init(&table, columns, 3, 1);
  add(&table, "a", "1", "x");
  assert_ok(lnti_table_print(&cli, &table, LNT_OK, ERR));
  assert_null(table.cells);
  assert_int_equal(fclose(cli.out), 0);
  assert_string_equal(said, " name  n\n a     1  x\n");
  free(said);
  lnti_meter_clear(&meter);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_columns),
      cmocka_unit_test(test_indent_without_titles),
      cmocka_unit_test(test_wide_letters_and_controls),
      cmocka_unit_test(test_empty),
      cmocka_unit_test(test_print),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
