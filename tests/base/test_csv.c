/* base/csv.c: rows of every dialect, any cut of the input into pieces, the place and words of every refusal. */
#include "support.h"

#include <base/csv.h>
#include <base/error.h>
#include <base/text.h>

typedef struct pieces {
  lnti_memory memory;
  size_t piece;
} pieces;

static lnt_status give_piece(size_t *n_out, void *payload, char *buffer, size_t n, lnt_error *err) {
  pieces *p = payload;
  return lnti_memory_give(n_out, &p->memory, buffer, n < p->piece ? n : p->piece, err);
}

/* The rows as text: "1[a][b]" or "4:2!reason", each on a line. */
static lnt_status read_all(lnti_text *trace, char *separator, const char *data, size_t n, size_t piece,
                           const lnti_csv_options *options, lnt_error *err) {
  pieces source = {{data, n, 0}, piece};
  lnti_csv_reader *reader = NULL;
  const lnti_csv_row *row = NULL;
  lnt_status status = lnti_csv_reader_new(&reader, give_piece, &source, options, err);
  while (status == LNT_OK) {
    status = lnti_csv_next(&row, reader, err);
    if (status || !row) break;
    status = lnti_text_printf(trace, err, "%zu", row->line);
    if (status == LNT_OK && row->refused) {
      assert_int_equal(row->n, 0);
      status = lnti_text_printf(trace, err, ":%zu!%s", row->column, row->reason);
    } else {
      assert_string_equal(row->reason, "");
    }
    for (size_t i = 0; i < row->n && status == LNT_OK; i++) {
      assert_int_equal(strlen(row->fields[i].text), row->fields[i].n);
      status = lnti_text_printf(trace, err, "[%s]", row->fields[i].text);
    }
    if (status == LNT_OK) status = lnti_text_append(trace, "\n", 1, err);
  }
  if (reader && separator) *separator = lnti_csv_separator(reader);
  lnti_csv_reader_free(reader);
  return status;
}

static const size_t piece_sizes[] = {SIZE_MAX, 1, 2, 3, 7};

typedef struct table {
  const char *data, *rows;
  lnti_csv_options options;
  char separator; /* that must be found; 0: any */
} table;

static void expect_rows(const table *wanted, size_t n) {
  for (size_t p = 0; p < sizeof piece_sizes / sizeof piece_sizes[0]; p++) {
    lnti_text trace = {0};
    char separator = 0;
    assert_ok(read_all(&trace, &separator, wanted->data, n, piece_sizes[p], &wanted->options, ERR));
    assert_string_equal(trace.data ? trace.data : "", wanted->rows);
    if (wanted->separator) assert_int_equal(separator, wanted->separator);
    lnti_text_clear(&trace);
  }
}

static void expect_tables(const table *cases, size_t n) {
  for (size_t i = 0; i < n; i++) expect_rows(&cases[i], strlen(cases[i].data));
}
#define EXPECT(cases) expect_tables(cases, sizeof cases / sizeof cases[0])

static void test_plain(void **state) {
  (void)state;
  static const table cases[] = {
      {"", "", {0}, 0},
      {"\n\r\n\r\n", "", {0}, 0},
      {"a", "1[a]\n", {0}, ','},
      {"a,b\nc,d\n", "1[a][b]\n2[c][d]\n", {0}, ','},
      {"a,b\nc,d", "1[a][b]\n2[c][d]\n", {0}, ','},
      {"a,b\r\nc,d\r\n", "1[a][b]\n2[c][d]\n", {0}, ','},
      {"a,b\rc,d\r", "1[a][b]\n2[c][d]\n", {0}, ','},
      {"a,b\rc,d", "1[a][b]\n2[c][d]\n", {0}, ','},
      {"\n\na,b\n\n  \nc,d\n\n", "3[a][b]\n6[c][d]\n", {0}, ','},
      {",\n", "1[][]\n", {0}, ','},
      {"a,b\n,\n", "1[a][b]\n2[][]\n", {0}, ','},
      {" a , b \n", "1[ a ][ b ]\n", {0}, ','},
      {"a\nb\n", "1[a]\n2[b]\n", {0}, ','},
      {"\xEF\xBB\xBF"
       "a,b\n",
       "1[a][b]\n",
       {0},
       ','},
      {"sep=;\na,b;c\n", "2[a,b][c]\n", {0}, ';'},
      {"sep=,\r\na;b,c\r\n", "2[a;b][c]\n", {0}, ','},
      {"sep=x,y\na,b\n", "1[sep=x][y]\n2[a][b]\n", {0}, ','}, /* words like any other */
  };
  EXPECT(cases);
}

static void test_quotes(void **state) {
  (void)state;
  static const table cases[] = {
      {"\"a\",\"b\"\n", "1[a][b]\n", {0}, ','},
      {"\"a,b\",c\n", "1[a,b][c]\n", {0}, ','},
      {"\"a\"\"b\",\"\"\"\"\n", "1[a\"b][\"]\n", {0}, ','},
      {"\"\",\"\"\"\"\"\"\n", "1[][\"\"]\n", {0}, ','},
      {"\"a\nb\r\nc\rd\",e\nf,g\n", "1[a\nb\r\nc\rd][e]\n5[f][g]\n", {0}, ','},
      {"a\"b,c\"\"d\n", "1[a\"b][c\"\"d]\n", {0}, ','}, /* a quote inside a plain field is a character */
      {"a, \"b, c\" ,d\n", "1[a][b, c][d]\n", {0}, ','},
      {"a,\"b\"", "1[a][b]\n", {0}, ','},
      {"a,\"b\"  ", "1[a][b]\n", {0}, ','},
      {"a;\"b;\"\"\"\n", "1[a][b;\"]\n", {0}, ';'},
  };
  EXPECT(cases);
}

static void test_bad_quotes(void **state) {
  (void)state;
  static const table cases[] = {
      {"a,b\nc,\"d\"e\nf,g\n", "1[a][b]\n2:2!something follows the closing quote\n3[f][g]\n", {0}, ','},
      {"a,b\n\"c,d\ne,f\n", "1[a][b]\n2:1!a quote opens that is never closed\n3[e][f]\n", {0}, ','},
      /* the stray quote of line 2 meets the first one of line 4: only line 2 is lost */
      {"a,b\nc,\"d\ne,f\n\"g\",h\n", "1[a][b]\n2:2!something follows the closing quote\n3[e][f]\n4[g][h]\n", {0}, ','},
      {"a,b\r\"c\r", "1[a][b]\n2:1!a quote opens that is never closed\n", {0}, ','},
      {"\"", "1:1!a quote opens that is never closed\n", {0}, 0},
  };
  EXPECT(cases);
}

static void test_ragged(void **state) {
  (void)state;
  static const table cases[] = {
      {"a,b,c\n1,2\n1,2,3\n1,2,3,4\n",
       "1[a][b][c]\n2:0!the row has 2 columns, but the first has 3\n3[1][2][3]\n"
       "4:0!the row has 4 columns, but the first has 3\n",
       {0},
       ','},
      {"a,b\n1\n", "1[a][b]\n2:0!the row has 1 column, but the first has 2\n", {0}, ','},
      {"a,b\n1,2,,\n1,2,,x\n", "1[a][b]\n2[1][2]\n3:0!the row has 4 columns, but the first has 2\n", {0}, ','},
      {"a,b\n1\n1,2,3\n", "1[a][b]\n2[1]\n3[1][2][3]\n", {.ragged = true}, ','},
      {"a,b,\n1,2,\n", "1[a][b][]\n2[1][2][]\n", {0}, ','},
  };
  EXPECT(cases);
}

static void test_separators(void **state) {
  (void)state;
  static const table cases[] = {
      {"a;b\n1,5;2\n", "1[a][b]\n2[1,5][2]\n", {0}, ';'},
      {"a\tb c\nd\te, f\n", "1[a][b c]\n2[d][e, f]\n", {0}, '\t'},
      {"a|b\nc|d\n", "1[a][b]\n2[c][d]\n", {0}, '|'},
      {"path,labels\nx,a;b\ny,c\n", "1[path][labels]\n2[x][a;b]\n3[y][c]\n", {0}, ','},
      {"x,a;b\ny,c;d\n", "1[x][a;b]\n2[y][c;d]\n", {0}, ','},
      {"\"a;b;c\",d\n\"e\",f\n", "1[a;b;c][d]\n2[e][f]\n", {0}, ','},
      {"one column, with text\nanother\nand a third\n",
       "1[one column][ with text]\n2:0!the row has 1 column, but the first has 2\n"
       "3:0!the row has 1 column, but the first has 2\n",
       {0},
       ','},
      {"a b,c\n", "1[a b,c]\n", {.separator = ';'}, ';'},
      {"a:b\n", "1[a][b]\n", {.separator = ':'}, ':'},
      {"a  \t b\n  c d  \n\n\t\ne\tf", "1[a][b]\n2[c][d]\n5[e][f]\n", {.separator = ' '}, ' '},
      {"\"a b\" c\nd \"e\"\" f\"\n", "1[a b][c]\n2[d][e\" f]\n", {.separator = ' '}, ' '},
      {"a, \"b\nc\"d\n", "1[a, \"b]\n2[c\"d]\n", {.separator = '\n'}, '\n'},
      {"a\r\nb\rc", "1[a]\n2[b]\n3[c]\n", {.separator = '\n'}, '\n'},
      {"a b\nc d\n", "1[a b]\n2[c d]\n", {0}, ','},
      {"a b\nc d\n", "1[a][b]\n2[c][d]\n", {.find_blanks = true}, ' '},
      {"a b\nc\nd\n", "1[a b]\n2[c]\n3[d]\n", {.find_blanks = true}, '\n'},
      {"a b,1\nc,2\n", "1[a b][1]\n2[c][2]\n", {.find_blanks = true}, ','},
  };
  EXPECT(cases);
}

static void test_separator_refused(void **state) {
  (void)state;
  static const char bad[] = {'a', 'Z', '0', '"', '.', '\r', '\x7F', '\x80'};
  for (size_t i = 0; i < sizeof bad; i++) {
    lnti_csv_reader *reader = NULL;
    lnti_csv_options options = {.separator = bad[i]};
    lnti_memory empty = {0};
    assert_status(lnti_csv_reader_new(&reader, lnti_memory_give, &empty, &options, ERR), LNT_EINVAL);
    assert_message("is no separator");
    assert_null(reader);
  }
}

static void test_limits(void **state) {
  (void)state;
  static const table cases[] = {
      {"ab,cd\nabcd,e\nf,abcde\n",
       "1[ab][cd]\n2[abcd][e]\n3:2!the field has 5 bytes; at most 4 are read\n",
       {.field_max = 4},
       ','},
      {"a,b\n1,2,3,4\nc,d\n",
       "1[a][b]\n2:0!the row has 4 columns; at most 3 are read\n3[c][d]\n",
       {.columns_max = 3},
       ','},
      {"a,b\n12,4567\nc,d\n", "1[a][b]\n2:0!the row has 8 bytes; at most 7 are read\n3[c][d]\n", {.row_max = 7}, ','},
  };
  EXPECT(cases);
}

/* A row without an end in sight, and quotes that close too late again and again. */
static void test_endless(void **state) {
  (void)state;
  const size_t n = 1 << 20;
  lnti_csv_options options = {.name = "t.csv", .row_max = 200 << 10};
  lnti_text trace = {0}, data = {0};
  char *plain = malloc(n);
  assert_non_null(plain);
  memset(plain, 'x', n);
  assert_status(read_all(&trace, NULL, plain, n, SIZE_MAX, &options, ERR), LNT_ELIMIT);
  assert_message("t.csv:1: a row of more than 204800 bytes; is this a table?");
  assert_int_equal(trace.length, 0);
  free(plain);
  while (data.length < 4 * n) assert_ok(lnti_text_printf(&data, ERR, "\"a,b\n\"\"%0*d\n", 300, 0));
  /* Each first line opens a quote; what follows has doubled ones alone: so each is read up to the cap. */
  assert_status(read_all(&trace, NULL, data.data, data.length, SIZE_MAX, &options, ERR), LNT_EDATA);
  assert_message("quotes do not match, as in rows before");
  lnti_text_clear(&data);
  lnti_text_clear(&trace);
}

static void test_zero_bytes(void **state) {
  (void)state;
  static const char *const inputs[] = {"a,b\nc,d?\ne,f,\n", "a,b\n\"c\n?\",d\n", "a b\nc ?\n d eeeeee\n",
                                       "sep=?\na,b\nccccccccc\n"};
  static const char *const places[] = {"t.csv:2:", "t.csv:3:", "t.csv:2:", "t.csv:1:"};
  for (size_t i = 0; i < 4; i++) {
    for (size_t p = 0; p < sizeof piece_sizes / sizeof piece_sizes[0]; p++) {
      lnti_csv_options options = {.name = "t.csv", .separator = i == 2 ? ' ' : i == 3 ? LNTI_CSV_FIND : ','};
      lnti_text trace = {0};
      char data[64];
      snprintf(data, sizeof data, "%s", inputs[i]);
      *strchr(data, '?') = '\0';
      assert_status(read_all(&trace, NULL, data, strlen(inputs[i]), piece_sizes[p], &options, ERR), LNT_EDATA);
      assert_message(places[i]);
      assert_message("a zero byte; this is no table of text");
      lnti_text_clear(&trace);
    }
  }
}

static void test_encodings(void **state) {
  (void)state;
  static const char utf16[] =
      "\xFF\xFE"
      "a\0,\0\xE9\0\n\0"
      "b\0,\0\xAC\x20\r\0\n\0";
  static const char utf16_plain[] = "\0a\0,\0b\0\n\0c\0,\0d";
  static const table with_mark = {utf16, "1[a][\xC3\xA9]\n2[b][\xE2\x82\xAC]\n", {0}, ','};
  static const table without = {utf16_plain, "1[a][b]\n2[c][d]\n", {0}, ','};
  expect_rows(&with_mark, sizeof utf16 - 1);
  expect_rows(&without, sizeof utf16_plain - 1);
  static const table cases[] = {
      {"caf\xC3\xA9,x\n", "1[caf\xC3\xA9][x]\n", {0}, ','},
      {"caf\xE9,\"\x80 1,50\"\nna\xEFve,\"a\"\"b\"\n",
       "1[caf\xC3\xA9][\xE2\x82\xAC 1,50]\n2[na\xC3\xAFve][a\"b]\n",
       {0},
       ','},
  };
  EXPECT(cases);
}

static void test_converted_rows_are_counted(void **state) {
  (void)state;
  static const char data[] = "a,b\nc,d\xC3\xA9\n\ncaf\xE9,x\nx,caf\xE9\ny,z\n";
  lnti_memory memory = {data, sizeof data - 1, 0};
  lnti_csv_reader *reader = NULL;
  const lnti_csv_row *row = NULL;
  size_t line = 99;
  assert_ok(lnti_csv_reader_new(&reader, lnti_memory_give, &memory, NULL, ERR));
  assert_int_equal(lnti_csv_separator(reader), LNTI_CSV_FIND);
  assert_int_equal(lnti_csv_converted(reader, &line), 0);
  do {
    assert_ok(lnti_csv_next(&row, reader, ERR));
  } while (row);
  assert_int_equal(lnti_csv_converted(reader, &line), 2);
  assert_int_equal(line, 4);
  assert_ok(lnti_csv_next(&row, reader, ERR)); /* the end stays */
  assert_null(row);
  lnti_csv_reader_free(reader);
  lnti_csv_reader_free(NULL);
}

static lnt_status broken(size_t *n_out, void *payload, char *buffer, size_t n, lnt_error *err) {
  int *calls = payload;
  (void)n;
  if ((*calls)-- == 0) return lnti_fail(err, LNT_EIO, "the source broke");
  memcpy(buffer, "a,b\n", 4);
  *n_out = 4;
  return LNT_OK;
}

static void test_source_fails(void **state) {
  (void)state;
  int calls = 2;
  lnti_csv_reader *reader = NULL;
  const lnti_csv_row *row = NULL;
  assert_ok(lnti_csv_reader_new(&reader, broken, &calls, NULL, ERR));
  assert_status(lnti_csv_next(&row, reader, ERR), LNT_EIO);
  assert_message("the source broke");
  assert_status(lnti_csv_next(&row, reader, ERR), LNT_EIO); /* not asked again */
  assert_null(row);
  assert_status(lnti_csv_next(&row, reader, NULL), LNT_EIO);
  lnti_csv_reader_free(reader);
}

/* Rows far longer than the buffer, which grows. */
static void test_long_rows(void **state) {
  (void)state;
  lnti_text data = {0}, trace = {0}, wanted = {0};
  for (size_t row = 0; row < 3; row++) {
    assert_ok(lnti_text_printf(&wanted, ERR, "%zu", row * 3 + 1));
    for (size_t i = 0; i < 3000; i++) {
      assert_ok(lnti_text_printf(&data, ERR, "%s\"%0100zu%s\"", i ? "," : "", i, i == 1500 ? "\n\n" : ""));
      assert_ok(lnti_text_printf(&wanted, ERR, "[%0100zu%s]", i, i == 1500 ? "\n\n" : ""));
    }
    assert_ok(lnti_text_append(&data, "\n", 1, ERR));
    assert_ok(lnti_text_append(&wanted, "\n", 1, ERR));
  }
  assert_ok(read_all(&trace, NULL, data.data, data.length, 1000, NULL, ERR));
  assert_string_equal(trace.data, wanted.data);
  lnti_text_clear(&data);
  lnti_text_clear(&trace);
  lnti_text_clear(&wanted);
}

/* Any table of any bytes, written with quotes, is read as it was. */
static void check_round_trip(lnti_rng *rng, void *payload) {
  static const char alphabet[] = "ab,;\t|\"\n\r \xC3\xA9";
  static const char separators[] = ",;\t|:";
  char separator = separators[lnti_rng_below(rng, sizeof separators - 1)];
  lnti_csv_options options = {.separator = separator};
  size_t n_rows = (size_t)lnti_rng_below(rng, 6), n_columns = 2 + (size_t)lnti_rng_below(rng, 4), line = 1;
  lnti_text data = {0}, wanted = {0}, trace = {0};
  (void)payload;
  for (size_t i = 0; i < n_rows; i++) {
    size_t lines = 0;
    assert_ok(lnti_text_printf(&wanted, ERR, "%zu", line));
    for (size_t j = 0; j < n_columns; j++) {
      char field[16], quoted[40];
      size_t n = (size_t)lnti_rng_below(rng, 8), q = 0, f = 0;
      for (size_t k = 0; k < n; k++) {
        char c = alphabet[lnti_rng_below(rng, sizeof alphabet - 1)];
        if (c == '\xC3' || c == '\xA9') c = 'e';
        if (c == '\r') c = 'r'; /* counted as a line end only where no LF follows: kept out of the hand count */
        field[f++] = c;
        if (c == '"') quoted[q++] = c;
        quoted[q++] = c;
        lines += c == '\n';
      }
      field[f] = quoted[q] = '\0';
      assert_ok(lnti_text_printf(&wanted, ERR, "[%s]", field));
      assert_ok(lnti_text_printf(&data, ERR, "%.*s\"%s\"", j > 0, &separator, quoted));
    }
    assert_ok(lnti_text_append(&wanted, "\n", 1, ERR));
    assert_ok(lnti_text_append(&data, "\r\n", 2, ERR));
    line += lines + 1;
  }
  assert_ok(read_all(&trace, NULL, data.data ? data.data : "", data.length, 1 + (size_t)lnti_rng_below(rng, 9),
                     &options, ERR));
  assert_string_equal(trace.data ? trace.data : "", wanted.data ? wanted.data : "");
  lnti_text_clear(&data);
  lnti_text_clear(&wanted);
  lnti_text_clear(&trace);
}

static void test_round_trip(void **state) {
  (void)state;
  lnti_test_property("a quoted table is read as it was written", 500, check_round_trip, NULL);
}

static void test_faults(void **state) {
  (void)state;
  static const char data[] = "a,b\n\"c\"\"\",caf\xE9\n";
  for_each_fault(n) {
    lnti_text trace = {0};
    assert_fault_status(read_all(&trace, NULL, data, sizeof data - 1, 5, NULL, ERR));
    lnti_text_clear(&trace);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_plain),
      cmocka_unit_test(test_quotes),
      cmocka_unit_test(test_bad_quotes),
      cmocka_unit_test(test_ragged),
      cmocka_unit_test(test_separators),
      cmocka_unit_test(test_separator_refused),
      cmocka_unit_test(test_limits),
      cmocka_unit_test(test_endless),
      cmocka_unit_test(test_zero_bytes),
      cmocka_unit_test(test_encodings),
      cmocka_unit_test(test_converted_rows_are_counted),
      cmocka_unit_test(test_source_fails),
      cmocka_unit_test(test_long_rows),
      cmocka_unit_test(test_round_trip),
      cmocka_unit_test(test_faults),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
