/*
 * What a filter asks for and no item has: a misspelt split or site finds nothing, and that should not pass in silence.
 * Filters that are valid all the same are not refused, since a script may well ask for a split that is not there yet.
 */
#include <base/error.h>
#include <base/text.h>
#include <flow/filter/parts.h>
#include <flow/view/parts.h>
#include <stdlib.h>
#include <string.h>

enum { NOTES_MAX = 5, NAMED_MAX = 8, NAMES_COMPARED = 4096, COMPARISONS_MAX = 4000000 };

/* The texts that a field's values are, of the items there are. */
typedef struct in_use {
  const char **texts; /* [n] in order of their codes */
  size_t n;
  bool missing; /* some item has none */
} in_use;

static lnt_status read_words(in_use *out, const lnti_view *view, const lnti_words *words, lnt_error *err) {
  const size_t n_codes = words ? lnti_words_count(words) : 1;
  uint8_t *used = NULL;
  lnt_status status = lnti_alloc_zero(&used, n_codes, 1, err);
  if (!status) status = lnti_alloc(&out->texts, n_codes, sizeof *out->texts, err);
  for (size_t row = 0; row < view->rows.n && !status; row++) {
    used[words ? lnti_column_code(&words->codes, row) : 0] = 1;
  }
  for (size_t c = 1; c < n_codes && !status; c++) {
    if (used[c]) out->texts[out->n++] = lnti_words_text(words, c);
  }
  if (!status) out->missing = used[0];
  free(used);
  return status;
}

static lnt_status read_sources(in_use *out, const lnti_view *view, lnt_error *err) {
  lnt_status status = lnti_alloc(&out->texts, view->n_sources, sizeof *out->texts, err);
  for (size_t i = 0; i < view->n_sources && !status; i++) out->texts[out->n++] = view->sources[i].path;
  return status;
}

static lnt_status any_has(bool *out, const in_use *in, const lnti_filter_value *value, lnt_error *err) {
  lnti_value_set set;
  lnt_status status = lnti_value_set_init(&set, value, 1, err);
  if (status) return status;
  bool found = in->missing && lnti_value_set_has(&set, "");
  for (size_t i = 0; i < in->n && !found; i++) found = lnti_value_set_has(&set, in->texts[i]);
  lnti_value_set_clear(&set);
  *out = found;
  return LNT_OK;
}

/* "; did you mean 'train'? There are train, val" */
static lnt_status add_known(lnti_text *out, const in_use *in, const char *text, lnt_error *err) {
  const char *near = lnti_nearest_name(text, in->texts, in->n < NAMES_COMPARED ? in->n : NAMES_COMPARED);
  lnt_status status = near ? lnti_text_printf(out, err, "; did you mean '%s'?", near) : LNT_OK;
  if (in->n == 0 || in->n > NAMED_MAX) return status;
  for (size_t i = 0; i < in->n && !status; i++) {
    const char *before = i > 0 ? ", " : near ? " There are " : "; there are ";
    status = lnti_text_printf(out, err, "%s%s", before, in->texts[i]);
  }
  return status;
}

static lnt_status note_value(const lnti_view *view, const lnti_filter_term *term, const lnti_filter_value *value,
                             const in_use *in, lnt_error *err) {
  lnti_text note = {0};
  lnt_status status = lnti_text_printf(&note, err, "no item has ");
  if (!status) status = lnti_field_name(&note, &view->names, &term->field, err);
  if (!status) status = lnti_text_printf(&note, err, "=%s", *value->text ? value->text : "\"\"");
  if (!status) status = add_known(&note, in, value->text, err);
  if (!status) lnti_log_printf(view->project->context.log, LNTI_LOG_WARN, "%s", note.data);
  lnti_text_clear(&note);
  return status;
}

/* Numbers are asked for and names are there, or the other way round. */
static lnt_status note_range(bool *noted, const lnti_view *view, const lnti_filter_term *term,
                             const lnti_filter_value *value, const in_use *in, lnt_error *err) {
  lnti_text note = {0};
  const lnti_text_bound *bound = value->low_text.text ? &value->low_text : &value->high_text;
  for (size_t i = 0; i < in->n; i++) {
    if (lnti_text_comparable(in->texts[i], &value->low_text) && lnti_text_comparable(in->texts[i], &value->high_text)) {
      return LNT_OK;
    }
  }
  if (in->n == 0) return LNT_OK;
  lnt_status status = lnti_text_printf(&note, err, "no item's ");
  if (!status) status = lnti_field_name(&note, &view->names, &term->field, err);
  if (!status) {
    status =
        lnti_text_printf(&note, err,
                         " can be less or greater than '%s': numbers, dates and other texts are never compared with "
                         "each other, and it is '%s', for example",
                         bound->text, in->texts[0]);
  }
  if (!status) lnti_log_printf(view->project->context.log, LNTI_LOG_WARN, "%s", note.data);
  *noted = true;
  lnti_text_clear(&note);
  return status;
}

static lnt_status note_texts(size_t *n_notes, const lnti_view *view, const lnti_filter *filter,
                             const lnti_filter_term *term, lnt_error *err) {
  in_use in = {0};
  lnt_status status = term->field.kind == LNTI_FIELD_SOURCE
                          ? read_sources(&in, view, err)
                          : read_words(&in, view, lnti_view_words_of(view, &term->field), err);
  bool some = term->n_values <= COMPARISONS_MAX / (in.n + 1);
  for (size_t i = 0; some && i < term->n_values && *n_notes < NOTES_MAX && !status; i++) {
    const lnti_filter_value *value = &filter->values[term->first_value + i];
    bool found = value->kind != LNTI_VALUE_TEXT && value->kind != LNTI_VALUE_PATTERN, noted = false;
    if (value->kind == LNTI_VALUE_TEXT_RANGE) status = note_range(&noted, view, term, value, &in, err);
    *n_notes += noted;
    if (status || found || term->field.kind == LNTI_FIELD_STAGE) continue;
    status = any_has(&found, &in, value, err);
    if (status || found) continue;
    status = note_value(view, term, value, &in, err);
    ++*n_notes;
  }
  free(in.texts);
  return status;
}

/* A title that is another option's id may have been meant as that. */
static void note_options(size_t *n_notes, const lnti_view *view, const lnti_filter *filter,
                         const lnti_filter_term *term) {
  const lnti_ontology *o = view->ontology;
  for (size_t i = 0; i < term->n_values && *n_notes < NOTES_MAX; i++) {
    const lnti_filter_value *value = &filter->values[term->first_value + i];
    if (value->kind != LNTI_VALUE_OPTION || value->by_id == LNTI_NONE) continue;
    lnti_log_printf(
        view->project->context.log, LNTI_LOG_WARN,
        "\"%s\" is read as the title of the option %s; the option with the id %s is found by its title, \"%s\"",
        value->text, o->options[value->option].key, o->options[value->by_id].key, o->options[value->by_id].title);
    ++*n_notes;
  }
}

static lnt_status note(const lnti_view *view, const lnti_filter *filter, lnt_error *err) {
  lnt_status status = LNT_OK;
  size_t n_notes = 0;
  for (size_t i = 0; i < filter->n_terms && n_notes < NOTES_MAX && !status; i++) {
    const lnti_filter_term *term = &filter->terms[i];
    lnti_field_type type = lnti_field_type_of(&term->field, filter->names);
    if (type == LNTI_TYPE_TEXT || type == LNTI_TYPE_META) status = note_texts(&n_notes, view, filter, term, err);
    if (type == LNTI_TYPE_QUESTION) note_options(&n_notes, view, filter, term);
  }
  return status;
}

lnt_status lnti_view_filter(lnti_filter **out, lnti_view *view, const char *text, lnt_error *err) {
  lnti_filter *filter = NULL;
  lnti_view_lock(view);
  lnt_status status = lnti_filter_parse(&filter, text, &view->names, err);
  if (!status && view->rows.n > 0) status = note(view, filter, err);
  lnti_view_unlock(view);
  if (status) {
    lnti_filter_free(filter);
    return status;
  }
  *out = filter;
  return LNT_OK;
}
