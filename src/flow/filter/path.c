/*
 * Terms over paths. A value that begins with '/' or '*' is compared with the whole path; any other may begin at a folder or a
 * name of it too, from the source's own name on: who imported photos/ may say photos/train/ants, train/ants or ants. What
 * lies above the source is not looked at, since nobody means the folders that the data happen to be kept in.
 *
 * Paths are no codes: they are looked at one by one, on all threads.
 */
#include <base/error.h>
#include <flow/filter/parts.h>
#include <flow/view/parts.h>
#include <stdlib.h>
#include <string.h>

enum { GRAIN = 1 << 14, FEW = 16 /* patterns; with more, one asks after each row whether to go on */ };

typedef struct matching {
  lnti_view *view;
  uint64_t *bits;
  lnti_value_set whole, relative;
} matching;

/* The beginning of the URIs of one source. */
typedef struct source_uri {
  uint64_t id;
  lnti_text uri;  /* behind the first n_begin bytes: of one member */
  size_t n_begin; /* the source's path and what stands before the member */
  size_t name;    /* where the source's own name begins */
} source_uri;

static lnt_status begin_uri(source_uri *out, const lnti_view *view, uint64_t id, lnt_error *err) {
  const lnti_view_source *source = lnti_view_source_of(view, (int64_t)id);
  const lnti_item item = {
      .source = source ? source->path : "", .source_kind = source ? source->kind : LNTI_SOURCE_FOLDER, .member = ""};
  out->id = id;
  out->uri.length = 0;
  lnt_status status = lnti_item_uri(&out->uri, &item, err);
  if (status) return status;
  out->n_begin = out->name = out->uri.length;
  if (out->name > 0) out->name--; /* the '/' or '#' before the member */
  while (out->name > 0 && out->uri.data[out->name - 1] != '/') out->name--;
  return LNT_OK;
}

static bool begins_at_any_folder(const lnti_value_set *set, const source_uri *at) {
  const char *uri = at->uri.data;
  if (lnti_value_set_begins(set, uri) || (at->name > 0 && lnti_value_set_begins(set, uri + at->name))) return true;
  if (lnti_value_set_begins(set, uri + at->n_begin)) return true;
  for (const char *c = uri + at->n_begin; *c; c++) {
    if ((*c == '/' || *c == '#') && lnti_value_set_begins(set, c + 1)) return true;
  }
  return false;
}

static bool holds(const matching *m, const source_uri *at) {
  bool any = m->whole.n_texts + m->whole.n_rest > 0;
  if (any && lnti_value_set_begins(&m->whole, at->uri.data)) return true;
  return m->relative.n_texts + m->relative.n_rest > 0 && begins_at_any_folder(&m->relative, at);
}

/* Whole words of 64 rows, so that no two threads write to one. */
static lnt_status match_rows(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  const matching *m = payload;
  const lnti_rows *rows = &m->view->rows;
  const lnti_cancel *cancel = m->view->project->context.cancel;
  const bool slow = m->whole.n_rest + m->relative.n_rest > FEW;
  source_uri at = {.id = UINT64_MAX};
  lnt_status status = LNT_OK;
  (void)worker;
  for (size_t row = begin; row < end && !status; row++) {
    uint64_t id = lnti_column_number(&rows->numbers[LNTI_NUMBER_SOURCE], row);
    const char *member = lnti_texts_get(&rows->members, row);
    if (slow) status = lnti_cancel_check(cancel, err);
    if (!status && id != at.id) status = begin_uri(&at, m->view, id, err);
    if (status) break;
    at.uri.length = at.n_begin;
    status = lnti_text_append(&at.uri, member, strlen(member), err);
    if (!status && holds(m, &at)) m->bits[row / 64] |= (uint64_t)1 << row % 64;
  }
  lnti_text_clear(&at.uri);
  return status;
}

static bool is_whole(const lnti_filter_value *value) {
  return !*value->text || *value->text == '/' || (value->kind == LNTI_VALUE_PATTERN && *value->text == '*');
}

/* Cuts the values in two parts; free() *out. */
static lnt_status part_values(lnti_filter_value **out, size_t *n_whole_out, const lnti_filter_value *values, size_t n,
                              lnt_error *err) {
  lnti_filter_value *sorted = NULL;
  size_t n_whole = 0, n_relative = 0;
  lnt_status status = lnti_alloc(&sorted, n, sizeof *sorted, err);
  if (status) return status;
  for (size_t i = 0; i < n; i++) {
    if (is_whole(&values[i])) {
      sorted[n_whole++] = values[i];
    } else {
      sorted[n - ++n_relative] = values[i];
    }
  }
  *out = sorted;
  *n_whole_out = n_whole;
  return LNT_OK;
}

lnt_status lnti_filter_match_paths(uint64_t *bits, const lnti_filter_value *values, size_t n, lnti_view *view,
                                   lnt_error *err) {
  const lnti_context *context = &view->project->context;
  lnti_filter_value *sorted = NULL;
  matching m = {.view = view, .bits = bits};
  size_t n_whole = 0;
  lnt_status status = part_values(&sorted, &n_whole, values, n, err);
  if (!status) status = lnti_value_set_init(&m.whole, sorted, n_whole, err);
  if (!status) status = lnti_value_set_init(&m.relative, sorted + n_whole, n - n_whole, err);
  if (!status) status = lnti_pool_for(context->pool, view->rows.n, GRAIN, match_rows, &m, context->cancel, err);
  lnti_value_set_clear(&m.whole);
  lnti_value_set_clear(&m.relative);
  free(sorted);
  return status;
}
