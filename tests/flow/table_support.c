#include "flow/table_support.h"

#include <base/error.h>
#include <string.h>

static lnt_status open_sheet(lnti_sheet **out, lnti_memory *memory, const char *data, lnti_table_format format,
                             char separator, lnt_error *err) {
  *memory = (lnti_memory){data, strlen(data), 0};
  return lnti_sheet_new(out, lnti_memory_give, memory, "t.csv", format, separator, err);
}

static lnt_status trace_cell(lnti_text *out, const lnti_cell *cell, lnt_error *err) {
  if (!cell->is_list) return lnti_text_printf(out, err, "[%s]", cell->text);
  lnt_status status = lnti_text_append(out, "[", 1, err);
  for (size_t i = 0; i < cell->n_items && !status; i++) {
    status = lnti_text_printf(out, err, "(%s)", cell->items[i].text);
  }
  return status ? status : lnti_text_append(out, "]", 1, err);
}

lnt_status table_trace_sheet(lnti_text *out, const char *data, lnti_table_format format, char separator,
                             lnt_error *err) {
  lnti_sheet *sheet = NULL;
  lnti_memory memory;
  const lnti_sheet_row *row = NULL;
  lnt_status status = open_sheet(&sheet, &memory, data, format, separator, err);
  while (!status && !(status = lnti_sheet_next(&row, sheet, err)) && row) {
    status = lnti_text_printf(out, err, "%zu", row->line);
    if (!status && row->refused) status = lnti_text_printf(out, err, ":%zu!%s", row->column, row->reason);
    for (size_t i = 0; i < row->n && !status; i++) status = trace_cell(out, &row->cells[i], err);
    if (!status) status = lnti_text_append(out, "\n", 1, err);
  }
  lnti_sheet_free(sheet);
  return status;
}

bool table_exists(void *payload, const char *path) {
  for (const char *const *there = payload; there && *there; there++) {
    if (strcmp(*there, path) == 0) return true;
  }
  return false;
}

lnt_status table_plan(lnti_table_plan *out, const char *data, lnti_table_format format, const lnti_table_spec *spec,
                      const char *const *there, lnt_error *err) {
  static const lnti_table_spec nothing = {0};
  lnti_sheet *sheet = NULL;
  lnti_memory memory;
  lnti_table_sample sample = {0};
  union {
    const char *const *given;
    void *payload;
  } list = {there};
  lnt_status status = open_sheet(&sheet, &memory, data, format, 0, err);
  if (!status) status = lnti_table_sample_read(&sample, sheet, "t.csv", format, err);
  if (!status) status = lnti_table_plan_make(out, &sample, spec ? spec : &nothing, table_exists, list.payload, err);
  lnti_table_sample_clear(&sample);
  lnti_sheet_free(sheet);
  return status;
}

lnt_status table_trace_plan(lnti_text *out, const char *data, lnti_table_format format, const lnti_table_spec *spec,
                            const char *const *there, lnt_error *err) {
  lnti_table_plan plan = {0};
  lnt_status status = table_plan(&plan, data, format, spec, there, err);
  for (size_t i = 0; i < plan.n_columns && !status; i++) {
    if (i > 0) status = lnti_text_append(out, ", ", 2, err);
    if (!status) status = lnti_table_column_describe(out, &plan, i, err);
  }
  lnti_table_plan_clear(&plan);
  return status;
}

static lnt_status trace_value(lnti_text *out, const lnti_table_plan *plan, const lnti_table_value *value,
                              lnt_error *err) {
  const lnti_table_question *question = &plan->questions[value->question];
  lnt_status status = lnti_text_printf(out, err, " %s=", question->path ? question->path : "class");
  if (!status && question->type == LNTI_NUMBER) return lnti_text_printf(out, err, "%g", value->number);
  if (!status && value->no) status = lnti_text_append(out, "!", 1, err);
  for (size_t i = 0; i < value->n_titles && !status; i++) {
    status = lnti_text_printf(out, err, "%s%s", i ? "/" : "", value->titles[i]);
  }
  return status;
}

static lnt_status trace_row(lnti_text *out, const lnti_table_plan *plan, const lnti_table_row *row, lnt_error *err) {
  if (row->refused) return lnti_text_printf(out, err, "%zu:%zu!%s\n", row->line, row->column, row->reason);
  lnt_status status = lnti_text_printf(out, err, "%zu %s", row->line, row->path);
  for (size_t i = 0; i < row->n_values && !status; i++) status = trace_value(out, plan, &row->values[i], err);
  if (!status && row->split) status = lnti_text_printf(out, err, " split=%s", row->split);
  if (!status && row->group) status = lnti_text_printf(out, err, " group=%s", row->group);
  for (size_t i = 0; i < row->n_meta && !status; i++) {
    status = lnti_text_printf(out, err, " %s:%s", plan->keys[row->meta[i].key], row->meta[i].value);
  }
  return status ? status : lnti_text_append(out, "\n", 1, err);
}

lnt_status table_trace_rows(lnti_text *out, const char *data, lnti_table_format format, const lnti_table_spec *spec,
                            lnt_error *err) {
  lnti_table_plan plan = {0};
  lnti_sheet *sheet = NULL;
  lnti_memory memory;
  lnti_arena arena = {0};
  const lnti_sheet_row *row = NULL;
  lnt_status status = table_plan(&plan, data, format, spec, NULL, err);
  if (!status) status = open_sheet(&sheet, &memory, data, format, plan.separator, err);
  bool header = plan.has_header;
  while (!status && !(status = lnti_sheet_next(&row, sheet, err)) && row) {
    lnti_table_row said;
    if (!header) status = lnti_table_row_read(&said, &arena, &plan, row, err);
    if (!header && !status) status = trace_row(out, &plan, &said, err);
    header = false;
  }
  lnti_arena_clear(&arena);
  lnti_sheet_free(sheet);
  lnti_table_plan_clear(&plan);
  return status;
}
