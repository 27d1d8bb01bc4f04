/* flow/table/sheet.c: cells of every format; flow/text_index.c. */
#include "flow/table_support.h"
#include "support.h"

#include <base/text.h>
#include <fcntl.h>
#include <flow/table/file.h>
#include <unistd.h>

typedef struct sheet_case {
  const char *data, *wanted;
  lnti_table_format format;
  char separator;
} sheet_case;

static void expect(const sheet_case *cases, size_t n) {
  for (size_t i = 0; i < n; i++) {
    lnti_text got = {0};
    assert_ok(table_trace_sheet(&got, cases[i].data, cases[i].format, cases[i].separator, ERR));
    assert_string_equal(got.data ? got.data : "", cases[i].wanted);
    lnti_text_clear(&got);
  }
}
#define EXPECT(cases) expect(cases, sizeof cases / sizeof cases[0])

static void test_format_of(void **state) {
  (void)state;
  assert_int_equal(lnti_table_format_of("a/labels.csv"), LNTI_TABLE_CSV);
  assert_int_equal(lnti_table_format_of("a/LABELS.TSV"), LNTI_TABLE_CSV);
  assert_int_equal(lnti_table_format_of("x.tab.gz"), LNTI_TABLE_CSV);
  assert_int_equal(lnti_table_format_of("x.jsonl"), LNTI_TABLE_JSONL);
  assert_int_equal(lnti_table_format_of("x.ndjson.gz"), LNTI_TABLE_JSONL);
  assert_int_equal(lnti_table_format_of("train.txt"), LNTI_TABLE_LIST);
  assert_int_equal(lnti_table_format_of("train.lst"), LNTI_TABLE_LIST);
  assert_int_equal(lnti_table_format_of("photos"), LNTI_TABLE_AUTO);
  assert_int_equal(lnti_table_format_of("csv"), LNTI_TABLE_AUTO);
  assert_int_equal(lnti_table_format_of(".csv"), LNTI_TABLE_AUTO);
  assert_int_equal(lnti_table_format_of("a.gz"), LNTI_TABLE_AUTO);
}

static void test_fields(void **state) {
  (void)state;
  static const sheet_case cases[] = {
      {"a, b ,\" c \"\n1,,\t2\n", "1[a][b][c]\n2[1][][2]\n", LNTI_TABLE_CSV, 0},
      {"a,b\n1\n", "1[a][b]\n2:0!the row has 1 column, but the first has 2\n", LNTI_TABLE_CSV, 0},
      {"a b 1\nc d 2\n", "1[a][b][1]\n2[c][d][2]\n", LNTI_TABLE_LIST, 0},
      {"a b 1\nc d 2\n", "1[a b 1]\n2[c d 2]\n", LNTI_TABLE_LIST, '\n'},
      {"a,b c\n", "1[a][b c]\n", LNTI_TABLE_LIST, 0},
  };
  EXPECT(cases);
}

static void test_json_lines(void **state) {
  (void)state;
  static const sheet_case cases[] = {
      {"{\"a\": \"x\", \"b\": 1.50}\n\n{\"b\": null, \"a\": true}\r\n", "1[x][1.50]\n3[true][]\n", LNTI_TABLE_JSONL, 0},
      {"{\"a\": \" x, y \"}\n{\"c\": \"z\"}\n{\"a\": \"\"}", "1[x, y]\n2[][z]\n3[][]\n", LNTI_TABLE_JSONL, 0},
      {"{\"a\": [\"x\", 2, false, null], \"b\": []}\n", "1[(x)(2)(false)()][]\n", LNTI_TABLE_JSONL, 0},
      {"{\"a\": {\"b\": 1, \"c\": {\"d\": [3]}}, \"e\": {}}\n", "1[1][(3)]\n", LNTI_TABLE_JSONL, 0},
      {"\xEF\xBB\xBF{\"a\": 1}\n", "1[1]\n", LNTI_TABLE_JSONL, 0},
      {"", "", LNTI_TABLE_JSONL, 0},
      {"{\"a\": 1}\n{\"a\": }\n3\n{\"a\": 2}\n",
       "1[1]\n2:0!character 7: found '}', expected a value\n3:0!the line holds no object\n4[2]\n", LNTI_TABLE_JSONL, 0},
      {"{\"a\": [[1]]}\n{\"a\": [{}]}\n",
       "1:1!\"a\" holds lists or objects inside a list\n2:1!\"a\" holds lists or objects inside a list\n",
       LNTI_TABLE_JSONL, 0},
      {"{\"a\": 1, \"a\": 2}\n{\"a\": 3}\n", "1:0!character 15: the key 'a' stands twice in one object\n2[3]\n",
       LNTI_TABLE_JSONL, 0},
      {"x\n[1]\n", "1:0!character 1: found 'x', expected a value\n2:0!the line holds no object\n", LNTI_TABLE_JSONL, 0},
  };
  EXPECT(cases);
}

static void test_json_array(void **state) {
  (void)state;
  lnti_text got = {0};
  assert_status(table_trace_sheet(&got, " [\n{\"a\": 1}\n]\n", LNTI_TABLE_JSONL, 0, ERR), LNT_EUNSUPPORTED);
  assert_message("t.csv: a JSON array, where JSON Lines are expected");
  lnti_text_clear(&got);
}

static void test_json_limits(void **state) {
  (void)state;
  lnti_text data = {0}, got = {0};
  assert_ok(lnti_text_append(&data, "{\"a\": 1}\n{", 10, ERR));
  for (int i = 0; i < 18; i++) assert_ok(lnti_text_append(&data, "\"k\": {", 6, ERR));
  for (int i = 0; i < 19; i++) assert_ok(lnti_text_append(&data, "}", 1, ERR));
  assert_ok(lnti_text_append(&data, "\n{", 2, ERR));
  for (int i = 0; i <= LNTI_TABLE_COLUMNS_MAX; i++) {
    assert_ok(lnti_text_printf(&data, ERR, "%s\"%d\": %d", i ? "," : "", i, i));
  }
  assert_ok(lnti_text_printf(&data, ERR, "}\n{\"%01100d\": 1}\n{\"a\": 2}\n", 0));
  assert_ok(table_trace_sheet(&got, data.data, LNTI_TABLE_JSONL, 0, ERR));
  assert_non_null(strstr(got.data, "2:0!\"k.k.k.k.k.k.k.k.k.k.k.k.k.k.k.k.k\" is nested more than 16 deep\n"));
  assert_non_null(strstr(got.data, "3:0!\"16383\" is one key too many: 16384 are read\n"));
  assert_non_null(strstr(got.data, "4:0!a key is longer than 1024 bytes\n5[2][]"));
  lnti_text_clear(&data);
  lnti_text_clear(&got);
}

static void test_keys(void **state) {
  (void)state;
  static const char data[] = "{\"b\": 1, \"a\": {\"x\": 2}}\n{\"c\": 3}\n";
  lnti_memory memory = {data, sizeof data - 1, 0};
  lnti_sheet *sheet = NULL;
  const lnti_sheet_row *row = NULL;
  assert_ok(lnti_sheet_new(&sheet, lnti_memory_give, &memory, "t", LNTI_TABLE_JSONL, 0, ERR));
  assert_ok(lnti_sheet_add_key(sheet, "a.x", ERR));
  assert_ok(lnti_sheet_next(&row, sheet, ERR));
  assert_int_equal(row->n, 2);
  assert_string_equal(row->cells[0].text, "2");
  assert_string_equal(row->cells[1].text, "1");
  assert_ok(lnti_sheet_next(&row, sheet, ERR));
  assert_int_equal(lnti_sheet_n_keys(sheet), 3);
  assert_string_equal(lnti_sheet_key(sheet, 0), "a.x");
  assert_string_equal(lnti_sheet_key(sheet, 1), "b");
  assert_string_equal(lnti_sheet_key(sheet, 2), "c");
  lnti_sheet_free(sheet);
}

static void test_list_text(void **state) {
  (void)state;
  static const char data[] = "{\"b\": [\"x\", \"y z\", 3]}\n";
  lnti_memory memory = {data, sizeof data - 1, 0};
  lnti_sheet *sheet = NULL;
  const lnti_sheet_row *row = NULL;
  assert_ok(lnti_sheet_new(&sheet, lnti_memory_give, &memory, "t", LNTI_TABLE_JSONL, 0, ERR));
  assert_ok(lnti_sheet_next(&row, sheet, ERR));
  assert_string_equal(row->cells[0].text, "x;y z;3");
  assert_int_equal(row->cells[0].n, 7);
  lnti_sheet_free(sheet);
}

static void test_text_index(void **state) {
  (void)state;
  lnti_text_index index = {0};
  size_t at = 99;
  bool added = false;
  assert_int_equal(lnti_text_index_find(&index, "a", 1), (size_t)-1);
  for (size_t i = 0; i < 5000; i++) {
    char text[24];
    int n = snprintf(text, sizeof text, "text %zu", i);
    assert_ok(lnti_text_index_add(&at, &added, &index, text, (size_t)n, ERR));
    assert_true(added);
    assert_int_equal(at, i);
  }
  assert_ok(lnti_text_index_add(&at, &added, &index, "text 77", 7, ERR));
  assert_false(added);
  assert_int_equal(at, 77);
  assert_int_equal(lnti_text_index_find(&index, "text 4999", 9), 4999);
  assert_int_equal(lnti_text_index_find(&index, "text 5000", 9), (size_t)-1);
  assert_int_equal(lnti_text_index_find(&index, "text 77", 6), 7); /* "text 7" */
  assert_string_equal(index.text[77], "text 77");
  lnti_text_index_clear(&index);
  assert_int_equal(index.n, 0);
}

static void test_text_index_cap(void **state) {
  (void)state;
  lnti_text_index index = {.arena.cap = 64};
  size_t at = 99;
  assert_ok(lnti_text_index_add(&at, NULL, &index, "a", 1, ERR));
  char big[200] = "";
  assert_status(lnti_text_index_add(&at, NULL, &index, big, sizeof big, ERR), LNT_ELIMIT);
  assert_int_equal(index.n, 1);
  assert_int_equal(lnti_text_index_find(&index, big, sizeof big), (size_t)-1);
  lnti_text_index_clear(&index);
}

/* ---- flow/table/file.c: what comes through a pipe ---- */

/* A pipe with n bytes in it and its writing end closed. */
static int filled_pipe(size_t n) {
  static const char line[] = "0123456789abcdef";
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  for (size_t i = 0; i < n; i += 16) {
    size_t piece = n - i < 16 ? n - i : 16;
    assert_int_equal(write(ends[1], line, piece), (ssize_t)piece);
  }
  close(ends[1]);
  return ends[0];
}

static void test_pipe(void **state) {
  (void)state;
  char *folder = lnti_test_folder(), got[64] = "";
  const size_t sizes[] = {0, 1, 16, 40};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    lnti_table_file file = LNTI_TABLE_FILE_INIT;
    size_t n = 0;
    int fd = filled_pipe(sizes[i]);
    assert_ok(lnti_table_file_copy(&file, fd, "a pipe", folder, 40, NULL, ERR));
    for (int again = 0; again < 2; again++) {
      assert_ok(lnti_table_file_give(&n, &file, got, sizeof got, ERR));
      assert_int_equal(n, sizes[i]);
      assert_memory_equal(got, "0123456789abcdef0123456789abcdef01234567", n);
      assert_ok(lnti_table_file_rewind(&file, "a pipe", ERR));
    }
    lnti_table_file_close(&file);
    close(fd);
  }
  lnti_test_folder_remove(folder);
}

/* One that does not end fills no disk; one that cannot be read, or kept, says so. */
static void test_pipe_fails(void **state) {
  (void)state;
  char *folder = lnti_test_folder();
  lnti_table_file file = LNTI_TABLE_FILE_INIT;
  lnti_cancel cancel = {0};
  int fd = filled_pipe(41);
  assert_status(lnti_table_file_copy(&file, fd, "a pipe", folder, 40, NULL, ERR), LNT_ELIMIT);
  assert_message("a pipe: more than 40 bytes came");
  lnti_table_file_close(&file);
  close(fd);
  fd = open(folder, O_RDONLY | O_DIRECTORY);
  assert_status(lnti_table_file_copy(&file, fd, "a folder", folder, 40, NULL, ERR), LNT_EIO);
  assert_message("a folder: cannot be read");
  lnti_table_file_close(&file);
  close(fd);
  fd = filled_pipe(8);
  assert_status(lnti_table_file_copy(&file, fd, "a pipe", "/nowhere/at/all", 40, NULL, ERR), LNT_ENOTFOUND);
  lnti_table_file_close(&file);
  lnti_cancel_request(&cancel);
  assert_status(lnti_table_file_copy(&file, fd, "a pipe", folder, 40, &cancel, ERR), LNT_ECANCELLED);
  lnti_table_file_close(&file);
  close(fd);
  for_each_fault(n) {
    fd = filled_pipe(8);
    assert_fault_status(lnti_table_file_copy(&file, fd, "a pipe", folder, 40, NULL, ERR));
    lnti_table_file_close(&file);
    close(fd);
  }
  lnti_test_folder_remove(folder);
}

static void test_faults(void **state) {
  (void)state;
  for_each_fault(n) {
    lnti_text got = {0};
    assert_fault_status(
        table_trace_sheet(&got, "{\"a\": [\"x\", \" y \"]}\n{\"b\": {\"c\": \" 1\"}}\n", LNTI_TABLE_JSONL, 0, ERR));
    lnti_text_clear(&got);
  }
  for_each_fault(n) {
    lnti_text got = {0};
    assert_fault_status(table_trace_sheet(&got, "a, b \nc,d\n", LNTI_TABLE_CSV, 0, ERR));
    lnti_text_clear(&got);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_format_of),  cmocka_unit_test(test_fields),      cmocka_unit_test(test_json_lines),
      cmocka_unit_test(test_json_array), cmocka_unit_test(test_json_limits), cmocka_unit_test(test_keys),
      cmocka_unit_test(test_list_text),  cmocka_unit_test(test_text_index),  cmocka_unit_test(test_text_index_cap),
      cmocka_unit_test(test_pipe),       cmocka_unit_test(test_pipe_fails),  cmocka_unit_test(test_faults),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
