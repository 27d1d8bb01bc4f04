/*
 * Counts of facets for people and for programs.
 */
#include <cli/facets.h>

#include <base/alloc.h>
#include <cli/format.h>
#include <cli/table.h>
#include <stdlib.h>
#include <string.h>

static int by_count(const void *a, const void *b) {
  const lnti_facet_value *x = a, *y = b;
  if (x->n != y->n) return x->n < y->n ? 1 : -1;
  return x->code < y->code ? -1 : x->code > y->code;
}

lnt_status lnti_facet_values(lnti_facet_value **out, size_t *n_out, const lnti_view *view, const lnti_facet *facet,
                             lnt_error *err) {
  lnti_facet_value *values = NULL, missing = {0, 0};
  size_t n = 0;
  lnt_status status = lnti_alloc(&values, facet->n_codes, sizeof *values, err);
  if (status) return status;
  for (size_t c = 0; c < facet->n_codes; c++) {
    if (facet->counts[c] == 0) continue;
    lnti_facet_value value = {c, facet->counts[c]};
    if (lnti_view_code(view, &facet->field, c).missing) {
      missing = value;
    } else {
      values[n++] = value;
    }
  }
  qsort(values, n, sizeof *values, by_count);
  if (missing.n) values[n++] = missing;
  *out = values;
  *n_out = n;
  return LNT_OK;
}

/* The value in words; what stands for none is in brackets. */
static lnt_status value_text(lnti_text *out, const lnti_view *view, const lnti_facet *facet, size_t code,
                             lnt_error *err) {
  lnti_code_meaning meaning = lnti_view_code(view, &facet->field, code);
  out->length = 0;
  if (meaning.missing) return lnti_text_printf(out, err, "(%s)", *meaning.text ? meaning.text : "none");
  return lnti_view_code_title(out, view, &facet->field, code, err);
}

static lnt_status fill_table(lnti_table *table, const lnti_view *view, const lnti_facet *facet,
                             const lnti_facet_value *values, size_t n, lnt_error *err) {
  lnti_text text = {0};
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < n && !status; i++) {
    status = value_text(&text, view, facet, values[i].code, err);
    if (status) break;
    lnti_shown count = lnti_show_count(values[i].n);
    const char *cells[] = {text.data, count.text};
    status = lnti_table_row(table, cells, err);
  }
  lnti_text_clear(&text);
  return status;
}

lnt_status lnti_facet_print(lnti_cli *cli, const lnti_view *view, const lnti_facet *facet, const char *name,
                            size_t limit, lnt_error *err) {
  const lnti_column columns[] = {{name, LNTI_ALIGN_LEFT}, {"items", LNTI_ALIGN_RIGHT}};
  lnti_facet_value *values = NULL;
  lnti_table table;
  lnti_text text = {0};
  size_t n = 0;
  lnti_table_init(&table, columns, 2, 0);
  lnt_status status = lnti_facet_values(&values, &n, view, facet, err);
  size_t shown = limit && limit < n ? limit : n;
  if (!status) status = fill_table(&table, view, facet, values, shown, err);
  if (!status) status = lnti_table_write(&text, &table, err);
  if (!status && shown < n)
    status = lnti_text_printf(&text, err, "and %s\n", lnti_show_things(n - shown, "more value").text);
  if (!status && n == 0) status = lnti_text_printf(&text, err, "%s: no items\n", name);
  if (!status) status = lnti_print_text(cli, &text, err);
  lnti_text_clear(&text);
  lnti_table_clear(&table);
  free(values);
  return status;
}

lnt_status lnti_facet_json(lnti_json_writer *w, const lnti_view *view, const lnti_facet *facet, size_t limit,
                           lnt_error *err) {
  lnti_facet_value *values = NULL;
  lnti_text text = {0};
  size_t n = 0;
  lnt_status status = lnti_facet_values(&values, &n, view, facet, err);
  lnti_json_begin_array(w);
  for (size_t i = 0; i < n && (!limit || i < limit) && !status; i++) {
    text.length = 0;
    status = lnti_view_code_text(&text, view, &facet->field, values[i].code, err);
    lnti_code_meaning meaning = lnti_view_code(view, &facet->field, values[i].code);
    lnti_json_begin_object(w);
    lnti_json_kv_string(w, "value", meaning.missing ? NULL : text.data);
    if (!status && meaning.option != LNTI_NONE) {
      text.length = 0;
      status = lnti_view_code_title(&text, view, &facet->field, values[i].code, err);
      lnti_json_kv_string(w, "title", text.data);
    }
    lnti_json_kv_int(w, "n", (int64_t)values[i].n);
    lnti_json_end_object(w);
  }
  lnti_json_end_array(w);
  lnti_text_clear(&text);
  free(values);
  return status;
}
