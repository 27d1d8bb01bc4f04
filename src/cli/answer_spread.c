/*
 * Answers at a glance: options by how often they occur, numbers by mean and range, texts and orders by how many there are.
 */
#include <cli/answer_spread.h>

#include <base/alloc.h>
#include <cli/format.h>
#include <cli/table.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { QUESTIONS_SHOWN = 20, REASONS_SHOWN = 3, UNEVEN = 10, SKIPS_ONE_BY_ONE = 1000 };
enum { UNSURE = 1, NONE_OF_THESE = 2 }; /* codes of a question's facet, as lnti_view_code names them */

/* ---- counting ---- */

/* Options that are answers, the most frequent and the rarest of them. */
static void weigh(lnti_answer_spread *out, const lnti_view *view, const lnti_facet *facet) {
  for (size_t c = 0; c < facet->n_codes; c++) {
    size_t n = facet->counts[c];
    if (n == 0 || lnti_view_code(view, &facet->field, c).option == LNTI_NONE) continue;
    out->answered += n;
    if (out->n_values == 0 || n > out->most.n) out->most = (lnti_facet_value){c, n};
    if (out->n_values == 0 || n < out->rarest.n) out->rarest = (lnti_facet_value){c, n};
    out->n_values++;
  }
  out->unsure = facet->counts[UNSURE];
  out->none = facet->counts[NONE_OF_THESE];
}

lnt_status lnti_spreads_count(lnti_spreads *out, lnti_view *view, lnt_error *err) {
  size_t n = lnti_view_ontology(view)->n_questions;
  lnt_status status = lnti_alloc_zero(&out->facets, n, sizeof *out->facets, err);
  if (!status) status = lnti_alloc_zero(&out->spreads, n, sizeof *out->spreads, err);
  if (status) return status;
  for (size_t i = 0; i < n; i++) out->facets[i].field = (lnti_field){LNTI_FIELD_QUESTION, i, LNTI_NONE};
  status = lnti_view_facets(out->facets, n, view, NULL, false, err);
  if (status) return status;
  out->n_facets = n;
  for (size_t i = 0; i < n && !status; i++) {
    lnti_answer_spread *s = &out->spreads[out->n];
    *s = (lnti_answer_spread){.question = i};
    status = lnti_view_summarize(&s->summary, view, i, err);
    if (status || s->summary.items == 0) continue;
    weigh(s, view, &out->facets[i]);
    out->n++;
  }
  return status;
}

void lnti_spreads_clear(lnti_spreads *answers) {
  for (size_t i = 0; i < answers->n_facets; i++) lnti_facet_clear(&answers->facets[i]);
  free(answers->facets);
  free(answers->spreads);
  *answers = (lnti_spreads){0};
}

/* Items with a number, a text or an order. */
static size_t values_of(const lnti_answer_spread *s) {
  return s->summary.items - s->unsure - s->none;
}

static lnti_question_type type_of(const lnti_view *view, const lnti_answer_spread *s) {
  return lnti_view_ontology(view)->questions[s->question].type;
}

/* ---- JSON ---- */

static lnt_status json_value(lnti_json_writer *w, const char *key, const lnti_view *view, const lnti_facet *facet,
                             const lnti_facet_value *value, lnt_error *err) {
  lnti_text text = {0};
  lnt_status status = lnti_view_code_text(&text, view, &facet->field, value->code, err);
  lnti_json_key(w, key);
  lnti_json_begin_object(w);
  lnti_json_kv_string(w, "value", text.data);
  lnti_json_kv_int(w, "n", (int64_t)value->n);
  lnti_json_end_object(w);
  lnti_text_clear(&text);
  return status;
}

static lnt_status json_spread(lnti_json_writer *w, const lnti_answer_spread *s, const lnti_facet *facet,
                              const lnti_view *view, lnt_error *err) {
  lnt_status status = LNT_OK;
  lnti_question_type type = type_of(view, s);
  lnti_json_kv_string(w, "type", lnti_question_type_name(type));
  lnti_json_kv_int(w, "items", (int64_t)s->summary.items);
  lnti_json_kv_int(w, "unsure", (int64_t)s->unsure);
  lnti_json_kv_int(w, "none", (int64_t)s->none);
  lnti_json_kv_int(w, "answered", (int64_t)(s->n_values > 0 ? s->answered : values_of(s)));
  if (s->n_values > 0) {
    lnti_json_kv_int(w, "values", (int64_t)s->n_values);
    status = json_value(w, "most", view, facet, &s->most, err);
    if (!status) status = json_value(w, "rarest", view, facet, &s->rarest, err);
  }
  if (type == LNTI_CHECKLIST) {
    lnti_json_kv_int(w, "yes", (int64_t)s->summary.yes);
    lnti_json_kv_int(w, "no", (int64_t)s->summary.no);
  }
  if (s->summary.numbers > 0) {
    lnti_json_kv_real(w, "mean", s->summary.mean);
    lnti_json_kv_real(w, "min", s->summary.min);
    lnti_json_kv_real(w, "max", s->summary.max);
  }
  return status;
}

lnt_status lnti_spreads_json(lnti_json_writer *w, const lnti_spreads *answers, const lnti_view *view, lnt_error *err) {
  lnt_status status = LNT_OK;
  lnti_text path = {0};
  lnti_json_key(w, "questions");
  lnti_json_begin_array(w);
  for (size_t i = 0; i < answers->n && !status; i++) {
    const lnti_answer_spread *s = &answers->spreads[i];
    path.length = 0;
    status = lnti_ontology_question_path(&path, lnti_view_ontology(view), s->question, err);
    lnti_json_begin_object(w);
    lnti_json_kv_string(w, "question", path.data);
    if (!status) status = json_spread(w, s, &answers->facets[s->question], view, err);
    lnti_json_end_object(w);
  }
  lnti_json_end_array(w);
  lnti_text_clear(&path);
  return status;
}

/* ---- text ---- */

/* "most frequent cat, 952 of 1,344; rarest owl, 32 (1:30)", or "each 35 of 1,505" */
static lnt_status options_text(lnti_text *out, const lnti_view *view, const lnti_answer_spread *s,
                               const lnti_facet *facet, lnt_error *err) {
  bool checklist = type_of(view, s) == LNTI_CHECKLIST;
  lnti_shown all = checklist ? lnti_show_things(s->summary.items, "item") : lnti_show_count(s->answered);
  if (s->n_values > 1 && s->most.n == s->rarest.n) {
    return lnti_text_printf(out, err, "each %s of %s", lnti_show_count(s->most.n).text, all.text);
  }
  lnt_status status = lnti_text_printf(out, err, "most frequent ");
  if (!status) status = lnti_view_code_title(out, view, &facet->field, s->most.code, err);
  if (!status) status = lnti_text_printf(out, err, ", %s of %s", lnti_show_count(s->most.n).text, all.text);
  if (status || s->n_values < 2) return status;
  status = lnti_text_printf(out, err, "; rarest ");
  if (!status) status = lnti_view_code_title(out, view, &facet->field, s->rarest.code, err);
  double ratio = (double)s->most.n / (double)s->rarest.n;
  if (!status) {
    status = lnti_text_printf(out, err, ", %s (1:%.*f%s)", lnti_show_count(s->rarest.n).text, ratio < 9.95 ? 1 : 0,
                              ratio, ratio >= UNEVEN ? ": very uneven" : "");
  }
  return status;
}

static lnt_status append(lnti_text *out, size_t n, const char *what, lnt_error *err) {
  if (n == 0) return LNT_OK;
  return lnti_text_printf(out, err, "%s%s %s", out->length ? "; " : "", what, lnti_show_count(n).text);
}

static lnt_status spread_text(lnti_text *out, const lnti_view *view, const lnti_answer_spread *s,
                              const lnti_facet *facet, lnt_error *err) {
  const char *unit = lnti_view_ontology(view)->questions[s->question].unit;
  lnt_status status = lnti_text_append(out, "", 0, err);
  if (!status && s->n_values > 0) {
    status = options_text(out, view, s, facet, err);
  } else if (!status && s->summary.numbers > 0) {
    status = lnti_text_printf(out, err, "mean %.4g%s%s, from %.6g to %.6g", s->summary.mean, *unit ? " " : "", unit,
                              s->summary.min, s->summary.max);
  }
  if (!status) status = append(out, s->unsure, "unsure", err);
  if (!status) status = append(out, s->none, "none of these", err);
  return status;
}

/* "6 classes", "31 numbers" */
static lnti_shown size_text(const lnti_view *view, const lnti_answer_spread *s) {
  lnti_question_type type = type_of(view, s);
  if (lnti_question_type_has_options(type) && type != LNTI_RANK) return lnti_show_things(s->n_values, "class");
  return lnti_show_things(values_of(s), type == LNTI_NUMBER ? "number" : type == LNTI_TEXT ? "text" : "ranking");
}

lnt_status lnti_spreads_print(lnti_cli *cli, const lnti_spreads *answers, const lnti_view *view, lnt_error *err) {
  static const lnti_column columns[] = {{NULL, LNTI_ALIGN_LEFT}, {NULL, LNTI_ALIGN_RIGHT}, {NULL, LNTI_ALIGN_LEFT}};
  lnti_table table;
  lnti_text path = {0}, line = {0};
  lnt_status status = LNT_OK;
  lnti_table_init(&table, columns, 3, 2);
  for (size_t i = 0; i < answers->n && i < QUESTIONS_SHOWN && !status; i++) {
    const lnti_answer_spread *s = &answers->spreads[i];
    path.length = line.length = 0;
    status = lnti_ontology_question_path(&path, lnti_view_ontology(view), s->question, err);
    if (!status) status = spread_text(&line, view, s, &answers->facets[s->question], err);
    if (status) break;
    lnti_shown size = size_text(view, s);
    const char *cells[] = {path.data, size.text, line.data};
    status = lnti_table_row(&table, cells, err);
  }
  line.length = 0;
  if (!status && answers->n > 0) status = lnti_text_printf(&line, err, "\nAnswers\n");
  if (!status) status = lnti_table_write(&line, &table, err);
  if (!status && answers->n > QUESTIONS_SHOWN) {
    status = lnti_text_printf(&line, err, "  and %s\n",
                              lnti_show_things(answers->n - QUESTIONS_SHOWN, "more question").text);
  }
  if (!status) status = lnti_print_text(cli, &line, err);
  lnti_text_clear(&path);
  lnti_text_clear(&line);
  lnti_table_clear(&table);
  return status;
}

/* ---- skips ---- */

static lnt_status note_skip(void *payload, const lnti_answer_row *row, lnt_error *err) {
  lnti_skips *skips = payload;
  size_t i = 0;
  if (row->slot != LNTI_SLOT_SKIP) return LNT_OK;
  skips->n++;
  while (i < skips->n_reasons && strcmp(skips->reasons[i].text, row->text) != 0) i++;
  if (i == LNTI_SKIP_REASONS_MAX) return LNT_OK;
  if (i == skips->n_reasons) {
    lnt_status status = lnti_strdup(&skips->reasons[i].text, row->text, err);
    if (status) return status;
    skips->n_reasons++;
  }
  skips->reasons[i].n++;
  return LNT_OK;
}

static int by_count(const void *a, const void *b) {
  size_t x = ((const lnti_skip_reason *)a)->n, y = ((const lnti_skip_reason *)b)->n;
  return x < y ? 1 : -(x > y);
}

/* "too dark 2, blurred 1, ..." */
static lnt_status skips_text(lnti_skips *skips, lnt_error *err) {
  lnt_status status = lnti_text_append(&skips->text, "", 0, err);
  for (size_t i = 0; i < skips->n_reasons && i < REASONS_SHOWN && !status; i++) {
    status = lnti_text_printf(&skips->text, err, "%s%.60s %s", i ? ", " : "", skips->reasons[i].text,
                              lnti_show_count(skips->reasons[i].n).text);
  }
  if (!status && skips->n_reasons > REASONS_SHOWN) status = lnti_text_printf(&skips->text, err, ", ...");
  return status;
}

/* Remarks are found by item: a few one by one, many in one walk over all answers. */
static lnt_status read_skips(lnti_skips *out, lnti_project *project, lnti_view *view, const lnti_selection *skipped,
                             lnt_error *err) {
  uint32_t rows[SKIPS_ONE_BY_ONE];
  lnti_store *store = project->store;
  if (lnti_selection_count(skipped) > SKIPS_ONE_BY_ONE) {
    return lnti_store_remarks(store, 0, INT64_MAX, note_skip, out, err);
  }
  lnt_status status = LNT_OK;
  size_t n = lnti_selection_page(rows, skipped, 0, SKIPS_ONE_BY_ONE);
  for (size_t i = 0; i < n && !status; i++) {
    int64_t id = lnti_view_id(view, rows[i]);
    status = lnti_store_remarks(store, id, id, note_skip, out, err);
  }
  return status;
}

lnt_status lnti_skips_read(lnti_skips *out, lnti_project *project, lnti_view *view, lnt_error *err) {
  lnti_filter *filter = NULL;
  lnti_selection *skipped = NULL;
  lnt_status status = lnti_filter_parse(&filter, "item.skipped=yes", lnti_view_names(view), err);
  if (!status) status = lnti_view_select(&skipped, view, filter, NULL, err);
  if (!status) status = read_skips(out, project, view, skipped, err);
  lnti_selection_free(skipped);
  lnti_filter_free(filter);
  if (!status) qsort(out->reasons, out->n_reasons, sizeof out->reasons[0], by_count);
  return status ? status : skips_text(out, err);
}

void lnti_skips_json(lnti_json_writer *w, const lnti_skips *skips) {
  lnti_json_key(w, "skipped");
  lnti_json_begin_object(w);
  lnti_json_kv_int(w, "items", (int64_t)skips->n);
  lnti_json_key(w, "reasons");
  lnti_json_begin_array(w);
  for (size_t i = 0; i < skips->n_reasons; i++) {
    lnti_json_begin_object(w);
    lnti_json_kv_string(w, "reason", skips->reasons[i].text);
    lnti_json_kv_int(w, "n", (int64_t)skips->reasons[i].n);
    lnti_json_end_object(w);
  }
  lnti_json_end_array(w);
  lnti_json_end_object(w);
}

void lnti_skips_clear(lnti_skips *skips) {
  for (size_t i = 0; i < skips->n_reasons; i++) free(skips->reasons[i].text);
  lnti_text_clear(&skips->text);
  *skips = (lnti_skips){0};
}
