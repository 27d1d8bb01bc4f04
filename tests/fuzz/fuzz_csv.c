/*
 * base/csv: any bytes as a table, whole and in pieces of one byte, with every kind of separator and with small limits.
 * What is read is text, and a table that is written again with quotes is read as the same.
 */
#include <base/csv.h>
#include <base/text.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

typedef struct pieces {
  lnti_memory memory;
  size_t piece;
} pieces;

static lnt_status give(size_t *n_out, void *payload, char *buffer, size_t n, lnt_error *err) {
  pieces *p = payload;
  return lnti_memory_give(n_out, &p->memory, buffer, n < p->piece ? n : p->piece, err);
}

static void check(bool holds) {
  if (!holds) abort();
}

static void append(lnti_text *out, const char *data, size_t n) {
  check(lnti_text_append(out, data, n, NULL) == LNT_OK);
}

static void append_quoted(lnti_text *out, const lnti_csv_field *field) {
  append(out, "\"", 1);
  for (size_t i = 0; i < field->n; i++)
    append(out, field->text[i] == '"' ? "\"\"" : field->text + i, field->text[i] == '"' ? 2 : 1);
  append(out, "\"", 1);
}

static void append_row(lnti_text *out, const lnti_csv_row *row, char separator) {
  for (size_t i = 0; i < row->n; i++) {
    const lnti_csv_field *field = &row->fields[i];
    check(strlen(field->text) == field->n && lnti_utf8_valid(field->text, field->n) == field->n);
    if (i > 0) append(out, &separator, 1);
    append_quoted(out, field);
  }
  append(out, "\n", 1);
}

/* Rows as a table with quotes; those refused are counted alone. */
static lnt_status read_all(lnti_text *out, size_t *n_refused, const char *data, size_t n, size_t piece,
                           const lnti_csv_options *options, char *separator) {
  pieces source = {{data, n, 0}, piece};
  lnti_csv_reader *reader = NULL;
  const lnti_csv_row *row = NULL;
  lnt_error err = LNT_ERROR_INIT;
  size_t line = 0;
  lnt_status status = lnti_csv_reader_new(&reader, give, &source, options, &err);
  while (status == LNT_OK && (status = lnti_csv_next(&row, reader, &err)) == LNT_OK && row) {
    check(row->line > line && (row->refused != LNT_OK) == (row->n == 0) && (row->reason[0] != '\0') == (row->n == 0));
    line = row->line;
    if (row->refused) {
      ++*n_refused;
    } else {
      append_row(out, row, separator ? *separator : ',');
    }
  }
  check(status == LNT_OK || (err.code == status && err.message[0] != '\0'));
  if (reader && separator) *separator = lnti_csv_separator(reader);
  lnti_csv_reader_free(reader);
  return status;
}

static void check_again(const lnti_text *table, bool ragged) {
  lnti_text again = {0};
  size_t n_refused = 0;
  lnti_csv_options options = {.separator = ',', .ragged = ragged};
  check(read_all(&again, &n_refused, table->data, table->length, SIZE_MAX, &options, NULL) == LNT_OK);
  check(n_refused == 0 && again.length <= table->length);
  lnti_text_clear(&again);
}

static void check_options(const char *data, size_t n, const lnti_csv_options *options) {
  lnti_text whole = {0}, cut = {0};
  size_t n_whole = 0, n_cut = 0;
  lnt_status status = read_all(&whole, &n_whole, data, n, SIZE_MAX, options, NULL);
  check(read_all(&cut, &n_cut, data, n, 1, options, NULL) == status);
  check(n_whole == n_cut && whole.length == cut.length);
  check(whole.length == 0 || memcmp(whole.data, cut.data, whole.length) == 0);
  if (whole.length > 0) check_again(&whole, options->ragged);
  lnti_text_clear(&whole);
  lnti_text_clear(&cut);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  static const lnti_csv_options kinds[] = {
      {.find_blanks = true},
      {.separator = ',', .ragged = true},
      {.separator = LNTI_CSV_BLANKS},
      {.separator = LNTI_CSV_LINES, .ragged = true},
      {.separator = ';', .field_max = 3, .row_max = 20, .columns_max = 2},
  };
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) check_options((const char *)data, n, &kinds[i]);
  return 0;
}
