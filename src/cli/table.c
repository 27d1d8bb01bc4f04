/*
 * Aligned tables. Rows are kept until they are written, because a column is as wide as its widest cell; widths stay
 * from page to page, so that a long listing written in pages keeps its lines.
 */
#include <cli/table.h>

#include <base/alloc.h>
#include <cli/format.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void lnti_table_init(lnti_table *table, const lnti_column *columns, size_t n_columns, size_t indent) {
  *table = (lnti_table){.columns = columns, .n_columns = n_columns, .indent = indent};
  for (size_t c = 0; c < n_columns; c++) {
    const char *title = columns[c].title ? columns[c].title : "";
    table->width[c] = lnti_utf8_columns(title, strlen(title));
  }
}

lnt_status lnti_table_row(lnti_table *table, const char *const *cells, lnt_error *err) {
  size_t old = table->n_cells;
  lnt_status status = lnti_grow(&table->cells, &table->capacity, old + table->n_columns, sizeof *table->cells, err);
  for (size_t c = 0; !status && c < table->n_columns; c++) {
    lnti_text plain = {0};
    status = lnti_plain(&plain, cells[c] ? cells[c] : "", err);
    if (status) {
      lnti_text_clear(&plain);
      break;
    }
    table->cells[table->n_cells++] = plain.data;
    size_t columns = lnti_utf8_columns(plain.data, plain.length);
    if (columns > table->width[c]) table->width[c] = columns;
  }
  while (status && table->n_cells > old) free(table->cells[--table->n_cells]);
  return status;
}

/** One line; the last column is not padded to its right, and blanks at the end are cut. */
static lnt_status write_line(lnti_text *out, const lnti_table *table, const char *const *cells, lnt_error *err) {
  lnt_status status = lnti_text_printf(out, err, "%*s", (int)table->indent, "");
  for (size_t c = 0; !status && c < table->n_columns; c++) {
    const char *cell = cells[c] ? cells[c] : "";
    size_t pad = table->width[c] - lnti_utf8_columns(cell, strlen(cell));
    bool right = table->columns[c].align == LNTI_ALIGN_RIGHT;
    status = lnti_text_printf(out, err, "%s%*s%s%*s", c > 0 ? "  " : "", right ? (int)pad : 0, "", cell,
                              right ? 0 : (int)pad, "");
  }
  if (status) return status;
  while (out->length > 0 && out->data[out->length - 1] == ' ') out->data[--out->length] = 0;
  return lnti_text_append(out, "\n", 1, err);
}

static void drop_rows(lnti_table *table) {
  while (table->n_cells > 0) free(table->cells[--table->n_cells]);
}

lnt_status lnti_table_write(lnti_text *out, lnti_table *table, lnt_error *err) {
  const char *titles[LNTI_TABLE_COLUMNS_MAX];
  bool any_title = false;
  for (size_t c = 0; c < table->n_columns; c++) {
    titles[c] = table->columns[c].title;
    any_title = any_title || (titles[c] && titles[c][0]);
  }
  lnt_status status = LNT_OK;
  if (any_title && !table->head_written && table->n_cells > 0) {
    status = write_line(out, table, titles, err);
    table->head_written = 1;
  }
  for (size_t i = 0; !status && i < table->n_cells; i += table->n_columns) {
    const char *row[LNTI_TABLE_COLUMNS_MAX];
    for (size_t c = 0; c < table->n_columns; c++) row[c] = table->cells[i + c];
    status = write_line(out, table, row, err);
  }
  if (!status) drop_rows(table);
  return status;
}

void lnti_table_clear(lnti_table *table) {
  drop_rows(table);
  free(table->cells);
  table->cells = NULL;
  table->capacity = 0;
}

lnt_status lnti_table_print(lnti_cli *cli, lnti_table *table, lnt_status status, lnt_error *err) {
  lnti_text text = {0};
  if (!status) status = lnti_table_write(&text, table, err);
  if (!status) status = lnti_print_text(cli, &text, err);
  lnti_text_clear(&text);
  lnti_table_clear(table);
  return status;
}
