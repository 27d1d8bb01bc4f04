/*
 * Names for values: "7" is "Golden-Delicious", since another table says so.
 */
#include <flow/table/table.h>

#include <base/error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES_BYTES_MAX = 256 << 20, NUMBER_BYTES = 24 };

/* "07", "7.0" and "+7" as "7"; 0 where it is no whole number, or a long one. */
static size_t plain_number(char out[NUMBER_BYTES], const char *text, size_t n) {
  bool negative = n > 0 && text[0] == '-';
  if (n > 0 && (negative || text[0] == '+')) {
    text++;
    n--;
  }
  size_t digits = strspn(text, "0123456789");
  if (digits == 0 || digits > n) return 0;
  if (digits < n) {
    size_t zeros = text[digits] == '.' ? strspn(text + digits + 1, "0") : 0;
    if (text[digits] != '.' || digits + 1 + zeros != n) return 0;
  }
  while (digits > 1 && *text == '0') {
    text++;
    digits--;
  }
  if (digits > NUMBER_BYTES - 2) return 0;
  if (digits == 1 && *text == '0') negative = false;
  return (size_t)snprintf(out, NUMBER_BYTES, "%s%.*s", negative ? "-" : "", (int)digits, text);
}

static lnt_status add(lnti_names *names, const char *key, size_t n, const char *title, size_t line, lnt_error *err) {
  char number[NUMBER_BYTES], *copy = NULL;
  size_t number_bytes = plain_number(number, key, n), i = 0;
  bool added = false;
  lnt_status status =
      lnti_text_index_add(&i, &added, &names->keys, number_bytes ? number : key, number_bytes ? number_bytes : n, err);
  if (status) return status;
  if (!added) {
    if (strcmp(names->title[i], title) == 0) return LNT_OK;
    return lnti_fail(err, LNT_EDATA, "%.200s:%zu: \"%.60s\" is called \"%.60s\" here, and \"%.60s\" before",
                     names->file, line, key, title, names->title[i]);
  }
  if (names->keys.n > LNTI_TABLE_NAMES_MAX) {
    return lnti_fail(err, LNT_ELIMIT, "%.200s: more than %d names", names->file, LNTI_TABLE_NAMES_MAX);
  }
  status = lnti_grow(&names->title, &names->capacity, names->keys.n, sizeof *names->title, err);
  if (!status) status = lnti_arena_strndup(&copy, &names->keys.arena, title, strlen(title), err);
  if (!status) names->title[i] = copy;
  return status;
}

static lnt_status fail_row(const lnti_names *names, const lnti_sheet_row *row, lnt_error *err) {
  return lnti_fail(err, row->refused, "%.200s:%zu: %s", names->file, row->line, row->reason);
}

/* A name a line. */
static lnt_status read_list(lnti_names *names, lnti_sheet *sheet, lnt_error *err) {
  const lnti_sheet_row *row = NULL;
  lnt_status status = LNT_OK;
  for (size_t i = 0; !(status = lnti_sheet_next(&row, sheet, err)) && row; i++) {
    char key[NUMBER_BYTES];
    if (row->refused) return fail_row(names, row, err);
    if (row->line != i + 1) {
      return lnti_fail(err, LNT_EDATA, "%.200s:%zu: the line is empty, but stands for %zu: each line is a name",
                       names->file, i + 1, i);
    }
    int n = snprintf(key, sizeof key, "%zu", i);
    status = add(names, key, (size_t)n, row->cells[0].text, row->line, err);
    if (status) return status;
  }
  return status;
}

/* The column of that number or name; `by_name` where the header says it. */
static lnt_status find_column(size_t *out, bool *by_name, const lnti_names *names, const lnti_sheet_row *header,
                              const char *column, lnt_error *err) {
  int64_t number = 0;
  lnt_error none = LNT_ERROR_INIT;
  for (size_t i = 0; i < header->n; i++) {
    if (strcmp(header->cells[i].text, column) == 0) {
      *out = i;
      *by_name = true;
      return LNT_OK;
    }
  }
  if (lnti_parse_int(&number, column, "column", &none) == LNT_OK && number >= 1 && (uint64_t)number <= header->n) {
    *out = (size_t)number - 1;
    return LNT_OK;
  }
  return lnti_fail(err, LNT_EINVAL, "%.200s: no column \"%.100s\": there are %zu, and none is called so", names->file,
                   column, header->n);
}

static lnt_status read_table(lnti_names *names, lnti_sheet *sheet, const char *key_column, const char *name_column,
                             lnt_error *err) {
  const lnti_sheet_row *row = NULL;
  size_t key = 0, title = 0;
  bool first = true;
  lnt_status status = LNT_OK;
  while (!(status = lnti_sheet_next(&row, sheet, err)) && row) {
    bool header = false;
    if (row->refused) return fail_row(names, row, err);
    if (first) {
      status = find_column(&key, &header, names, row, key_column, err);
      if (!status) status = find_column(&title, &header, names, row, name_column, err);
      if (status) return status;
    }
    first = false;
    if (header || row->cells[key].n == 0) continue;
    if (row->cells[title].n == 0) {
      return lnti_fail(err, LNT_EDATA, "%.200s:%zu: \"%.60s\" has no name", names->file, row->line,
                       row->cells[key].text);
    }
    status = add(names, row->cells[key].text, row->cells[key].n, row->cells[title].text, row->line, err);
    if (status) return status;
  }
  return status;
}

lnt_status lnti_names_read(lnti_names *out, lnti_bytes_source source, void *payload, const char *name,
                           const char *key_column, const char *name_column, lnt_error *err) {
  lnti_names names = {.keys.arena.cap = NAMES_BYTES_MAX};
  lnti_sheet *sheet = NULL;
  lnt_status status = lnti_strdup(&names.file, name, err);
  if (status) return status;
  status =
      lnti_sheet_new(&sheet, source, payload, name, LNTI_TABLE_CSV, key_column ? LNTI_CSV_FIND : LNTI_CSV_LINES, err);
  if (status) goto done;
  status = key_column ? read_table(&names, sheet, key_column, name_column, err) : read_list(&names, sheet, err);
  if (!status && names.keys.n == 0) status = lnti_fail(err, LNT_EDATA, "%.200s: no names in it", name);
  if (status) goto done;
  *out = names;
  names = (lnti_names){0};
done:
  lnti_sheet_free(sheet);
  lnti_names_clear(&names);
  return status;
}

const char *lnti_names_find(const lnti_names *names, const char *value, size_t n) {
  char number[NUMBER_BYTES];
  size_t number_bytes = plain_number(number, value, n);
  size_t i = lnti_text_index_find(&names->keys, number_bytes ? number : value, number_bytes ? number_bytes : n);
  return i == (size_t)-1 ? NULL : names->title[i];
}

void lnti_names_clear(lnti_names *names) {
  lnti_text_index_clear(&names->keys);
  free(names->title);
  free(names->file);
  *names = (lnti_names){0};
}
