/*
 * Walks over items. A page of rows is read in a few short statements that never hold the database while the visitor works: the
 * items by their ids, then the answers, metadata and links of the runs of ids that the page is made of.
 */
#include <flow/view/items.h>

#include <base/alloc.h>
#include <base/error.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 4096, FIRST_PAGE = 64, RUN_GAP = 8 };

/* Items in the order they are visited in; the rest sorted by item. */
typedef struct item_page {
  lnti_item item[PAGE];
  size_t n;
  int64_t ids[PAGE]; /* of the items, rising */
  lnti_arena arena;  /* all strings */
  lnti_answer_row *answers;
  size_t n_answers, answer_capacity;
  lnti_meta_value *meta;
  size_t n_meta, meta_capacity;
  lnti_duplicate *duplicates;
  size_t n_duplicates, duplicate_capacity;
} item_page;

/* ---- reading a page ---- */

static lnt_status keep_text(const char **text, item_page *page, lnt_error *err) {
  char *copy = NULL;
  lnt_status status = lnti_arena_strndup(&copy, &page->arena, *text, strlen(*text), err);
  if (status == LNT_OK) *text = copy;
  return status;
}

static lnt_status keep_item(void *payload, const lnti_item *item, lnt_error *err) {
  item_page *page = payload;
  lnti_item copy = *item;
  const char **texts[] = {&copy.source, &copy.member, &copy.format, &copy.split, &copy.stage};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    lnt_status status = keep_text(texts[i], page, err);
    if (status) return status;
  }
  page->item[page->n++] = copy;
  return LNT_OK;
}

static lnt_status keep_answer(void *payload, const lnti_answer_row *row, lnt_error *err) {
  item_page *page = payload;
  lnt_status status =
      lnti_grow(&page->answers, &page->answer_capacity, page->n_answers + 1, sizeof *page->answers, err);
  if (status) return status;
  page->answers[page->n_answers] = *row;
  if (row->text) status = keep_text(&page->answers[page->n_answers].text, page, err);
  page->n_answers += status == LNT_OK;
  return status;
}

static lnt_status keep_meta(void *payload, int64_t item_id, const char *key, const char *value, lnt_error *err) {
  item_page *page = payload;
  lnti_meta_value row = {item_id, key, value};
  lnt_status status = lnti_grow(&page->meta, &page->meta_capacity, page->n_meta + 1, sizeof *page->meta, err);
  if (!status) status = keep_text(&row.key, page, err);
  if (!status) status = keep_text(&row.value, page, err);
  if (!status) page->meta[page->n_meta++] = row;
  return status;
}

static lnt_status keep_duplicate(void *payload, const lnti_duplicate *duplicate, lnt_error *err) {
  item_page *page = payload;
  lnt_status status =
      lnti_grow(&page->duplicates, &page->duplicate_capacity, page->n_duplicates + 1, sizeof *page->duplicates, err);
  if (!status) page->duplicates[page->n_duplicates++] = *duplicate;
  return status;
}

static int by_id(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

/* What hangs on the items of the page, run by run of their ids. */
static lnt_status load_rest(item_page *page, lnti_store *store, lnt_error *err) {
  lnt_status status = LNT_OK;
  page->n_answers = page->n_meta = page->n_duplicates = 0;
  for (size_t i = 0; i < page->n; i++) page->ids[i] = page->item[i].id;
  qsort(page->ids, page->n, sizeof *page->ids, by_id);
  for (size_t begin = 0, end; begin < page->n && !status; begin = end) {
    for (end = begin + 1; end < page->n && page->ids[end] - page->ids[end - 1] <= RUN_GAP; end++) {}
    int64_t first = page->ids[begin], last = page->ids[end - 1];
    status = lnti_store_answers(store, first, last, 0, keep_answer, page, err);
    if (!status) status = lnti_store_meta(store, first, last, keep_meta, page, err);
    if (!status) status = lnti_store_duplicates(store, first, last, keep_duplicate, page, err);
  }
  return status;
}

static void clear_page(item_page *page) {
  lnti_arena_clear(&page->arena);
  page->n = 0;
}

/* ---- visiting ---- */

/* The first of [n] rows, `stride` bytes each with an item's id at `id_offset`, whose id is at least `id`. */
static size_t first_of(const void *rows, size_t n, size_t stride, size_t id_offset, int64_t id) {
  size_t low = 0, high = n;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    int64_t found;
    memcpy(&found, (const char *)rows + middle * stride + id_offset, sizeof found);
    if (found < id) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

static lnt_status visit_item(item_page *page, const lnti_item *item, lnti_text *uri, lnti_item_view_visit visit,
                             void *payload, lnt_error *err) {
  lnti_item_view view = {.item = item};
  size_t at =
      first_of(page->answers, page->n_answers, sizeof *page->answers, offsetof(lnti_answer_row, subject_id), item->id);
  size_t meta = first_of(page->meta, page->n_meta, sizeof *page->meta, offsetof(lnti_meta_value, item_id), item->id);
  size_t link = first_of(page->duplicates, page->n_duplicates, sizeof *page->duplicates,
                         offsetof(lnti_duplicate, item_id), item->id);
  /* Nothing is added to an array that is not there. */
  if (page->n_answers) view.answers = page->answers + at;
  while (at + view.n_answers < page->n_answers && view.answers[view.n_answers].subject_id == item->id) view.n_answers++;
  if (page->n_meta) view.meta = page->meta + meta;
  while (meta + view.n_meta < page->n_meta && view.meta[view.n_meta].item_id == item->id) view.n_meta++;
  if (link < page->n_duplicates && page->duplicates[link].item_id == item->id) view.duplicate = &page->duplicates[link];
  uri->length = 0;
  lnt_status status = lnti_item_uri(uri, item, err);
  view.uri = uri->data;
  return status ? status : visit(payload, &view, err);
}

static lnt_status visit_page(item_page *page, lnti_store *store, lnti_item_view_visit visit, void *payload,
                             lnt_error *err) {
  lnti_text uri = {0};
  lnt_status status = load_rest(page, store, err);
  for (size_t i = 0; i < page->n && !status; i++) status = visit_item(page, &page->item[i], &uri, visit, payload, err);
  lnti_text_clear(&uri);
  return status;
}

/* ---- walks ---- */

/* All items, from the store alone. The first page is short, so that something is seen at once. */
static lnt_status walk_store(item_page *page, lnti_project *project, const lnti_items_query *query,
                             lnti_item_view_visit visit, void *payload, lnt_error *err) {
  lnti_item_query rows = {.after_id = query->after_id, .limit = FIRST_PAGE};
  size_t n_left = query->limit ? query->limit : SIZE_MAX;
  lnt_status status = LNT_OK;
  while (!status && n_left > 0) {
    clear_page(page);
    if (rows.limit > n_left) rows.limit = n_left;
    status = lnti_cancel_check(project->context.cancel, err);
    if (!status) status = lnti_store_items(project->store, &rows, keep_item, page, err);
    if (status || page->n == 0) break;
    rows.after_id = page->item[page->n - 1].id;
    rows.limit = PAGE;
    n_left -= n_left == SIZE_MAX ? 0 : page->n;
    status = visit_page(page, project->store, visit, payload, err);
  }
  return status;
}

/* The ids of the rows that are found: [n], in order; free() *out. */
static lnt_status find_ids(int64_t **out, size_t *n_out, lnti_view *view, const lnti_items_query *query,
                           lnt_error *err) {
  lnti_selection *selection = NULL;
  int64_t *ids = NULL;
  uint32_t rows[PAGE];
  size_t n = 0, at = 0, found = 0, most = query->limit ? query->limit : SIZE_MAX, skip = query->offset;
  lnt_status status = lnti_view_select(&selection, view, query->filter, query->sort, err);
  size_t count = status ? 0 : lnti_selection_count(selection);
  if (!status) status = lnti_alloc(&ids, count < most ? count : most, sizeof *ids, err);
  if (!status && !query->sort) { /* in order of id: the place is known */
    at = lnti_selection_before(selection, lnti_view_row_after(view, query->after_id));
    most = count - at < most ? count - at : most;
  }
  if (!status && (!query->sort || query->after_id == 0)) { /* else what is left out is counted one by one */
    at += skip < count - at ? skip : count - at;
    skip = 0;
  }
  while (!status && n < most && (found = lnti_selection_page(rows, selection, at, PAGE)) > 0) {
    for (size_t i = 0; i < found && n < most; i++) {
      int64_t id = lnti_view_id(view, rows[i]);
      if (id <= query->after_id) continue;
      if (skip > 0) {
        skip--;
        continue;
      }
      ids[n++] = id;
    }
    at += found;
  }
  lnti_selection_free(selection);
  if (status) {
    free(ids);
    return status;
  }
  *out = ids;
  *n_out = n;
  return LNT_OK;
}

static lnt_status walk_ids(item_page *page, lnti_project *project, const int64_t *ids, size_t n,
                           lnti_item_view_visit visit, void *payload, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (size_t at = 0, step = FIRST_PAGE; !status && at < n; at += step, step = PAGE) {
    if (step > n - at) step = n - at;
    clear_page(page);
    status = lnti_cancel_check(project->context.cancel, err);
    if (!status) status = lnti_store_items_by_id(project->store, ids + at, step, keep_item, page, err);
    if (!status) status = visit_page(page, project->store, visit, payload, err);
  }
  return status;
}

static lnt_status walk_view(item_page *page, lnti_project *project, lnti_view *view, const lnti_items_query *query,
                            lnti_item_view_visit visit, void *payload, lnt_error *err) {
  int64_t *ids = NULL;
  size_t n = 0;
  lnti_view_lock(view);
  lnt_status status = find_ids(&ids, &n, view, query, err);
  lnti_view_unlock(view);
  if (!status) status = walk_ids(page, project, ids, n, visit, payload, err);
  free(ids);
  return status;
}

lnt_status lnti_items(lnti_project *project, lnti_view *view, const lnti_items_query *query, lnti_item_view_visit visit,
                      void *payload, lnt_error *err) {
  item_page *page = NULL;
  lnt_status status = lnti_alloc_zero(&page, 1, sizeof *page, err);
  if (status) return status;
  if (query->ids) {
    status = walk_ids(page, project, query->ids, query->n_ids, visit, payload, err);
  } else if (query->filter || query->sort || query->offset) {
    status = walk_view(page, project, view, query, visit, payload, err);
  } else {
    status = walk_store(page, project, query, visit, payload, err);
  }
  lnti_arena_clear(&page->arena);
  free(page->duplicates);
  free(page->meta);
  free(page->answers);
  free(page);
  return status;
}
