/*
 * A snapshot says what was said of an item; where its picture lies, and how large it is, only the project knows. So a block of
 * the snapshot is read, and the items of its ids beside it.
 */
#include <flow/export/past.h>

#include <base/alloc.h>
#include <base/error.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool wanted(const lnti_export_work *work, const lnti_snapshot_item *then) {
  return !work->options->split || strcmp(then->split, work->options->split) == 0;
}

static lnt_status count_item(void *payload, const lnti_snapshot_item *then, lnt_error *err) {
  lnti_export_work *work = payload;
  (void)err;
  work->total += wanted(work, then);
  return LNT_OK;
}

lnt_status lnti_export_open_past(lnti_export_work *work, lnt_error *err) {
  const char *name = work->options->snapshot;
  lnt_status status = lnti_snapshot_open(&work->snapshot, work->project, name, err);
  if (!status && work->snapshot.record < LNTI_SNAPSHOT_RECORD) {
    status = lnti_fail(
        err, LNT_EUNSUPPORTED,
        "the snapshot \"%.100s\" was taken by an earlier version of Linnet, which kept too little to export it", name);
  }
  if (!status) status = lnti_snapshot_walk(&work->snapshot, count_item, work, err);
  if (!status && work->total == 0 && work->options->split) {
    status = lnti_fail(err, LNT_ENOTFOUND, "no item of the snapshot \"%.100s\" is in the split \"%.100s\"", name,
                       work->options->split);
  }
  if (!status) work->ontology = work->snapshot.ontology;
  return status;
}

/* ---- the walk ---- */

typedef struct past_walk {
  lnti_export_work *work;
  lnti_snapshot_cursor cursor;
  lnti_item_view_visit visit;
  void *payload;
  int64_t *ids; /* [LNTI_BLOCK_ITEMS] those of the block that are wanted */
  size_t n_ids;
  size_t n_passed; /* of them, those that the project has, or that are refused */
} past_walk;

static void refuse(lnti_export_work *work, const char *name, lnt_status code, const char *reason) {
  work->result.n_refused++;
  if (work->options->refused) work->options->refused(work->options->refused_payload, name, code, reason);
}

static void refuse_missing(past_walk *w, int64_t before) {
  for (; w->n_passed < w->n_ids && w->ids[w->n_passed] < before; w->n_passed++) {
    char name[40];
    (void)snprintf(name, sizeof name, "item %" PRId64, w->ids[w->n_passed]);
    refuse(w->work, name, LNT_ENOTFOUND, "it is in the project no more");
  }
}

/* The snapshot's record of an item that the project has. */
static lnt_status find_then(past_walk *w, int64_t id, lnt_error *err) {
  lnt_status status = LNT_OK;
  do {
    status = lnti_snapshot_next(&w->cursor, err);
  } while (!status && w->cursor.item.id != id && lnti_snapshot_more(&w->cursor));
  return status;
}

static lnt_status on_item(void *payload, const lnti_item_view *view, lnt_error *err) {
  past_walk *w = payload;
  lnti_export_work *work = w->work;
  const lnti_snapshot_item *then = &w->cursor.item;
  lnti_item item = *view->item;
  refuse_missing(w, item.id);
  w->n_passed++;
  lnt_status status = find_then(w, item.id, err);
  if (status) return status;
  bool another = memcmp(&item.content, &then->content, sizeof item.content) != 0;
  if (another && work->options->format != LNTI_EXPORT_FOLDER) {
    refuse(work, view->uri, LNT_ECONFLICT, "it is another picture since the snapshot was taken");
    return LNT_OK;
  }
  item.content = then->content;
  item.bytes = another ? 0 : item.bytes;
  item.group_id = then->group_id;
  item.split = then->split;
  item.stage = then->stage;
  work->then = then;
  return w->visit(w->payload,
                  &(lnti_item_view){.item = &item,
                                    .uri = view->uri,
                                    .answers = then->answers,
                                    .n_answers = then->n_answers,
                                    .meta = then->meta,
                                    .n_meta = then->n_meta},
                  err);
}

static lnt_status list_ids(past_walk *w, lnt_error *err) {
  lnt_status status = LNT_OK;
  w->n_ids = w->n_passed = 0;
  while (!status && lnti_snapshot_more(&w->cursor)) {
    status = lnti_snapshot_next(&w->cursor, err);
    if (status || !wanted(w->work, &w->cursor.item)) continue;
    if (w->n_ids == LNTI_BLOCK_ITEMS) {
      return lnti_fail(err, LNT_ECORRUPT, "a snapshot is damaged: run 'linnet verify'");
    }
    w->ids[w->n_ids++] = w->cursor.item.id;
  }
  lnti_snapshot_rewind(&w->cursor);
  return status;
}

static lnt_status walk_past(lnti_export_work *work, lnti_item_view_visit visit, void *payload, lnt_error *err) {
  past_walk w = {.work = work, .visit = visit, .payload = payload};
  lnt_status status = lnti_alloc(&w.ids, LNTI_BLOCK_ITEMS, sizeof *w.ids, err);
  if (!status) status = lnti_snapshot_load(&w.cursor, &work->snapshot, err);
  while (!status && w.cursor.block.length > 0) {
    status = list_ids(&w, err);
    const lnti_items_query query = {.ids = w.ids, .n_ids = w.n_ids};
    if (!status && w.n_ids > 0) status = lnti_items(work->project, NULL, &query, on_item, &w, err);
    if (!status) refuse_missing(&w, INT64_MAX);
    if (!status) status = lnti_snapshot_load(&w.cursor, &work->snapshot, err);
  }
  work->then = NULL;
  lnti_snapshot_cursor_clear(&w.cursor);
  free(w.ids);
  return status;
}

lnt_status lnti_export_items(lnti_export_work *work, lnti_item_view_visit visit, void *payload, lnt_error *err) {
  const lnti_items_query query = {.filter = work->filter};
  return work->options->snapshot ? walk_past(work, visit, payload, err)
                                 : lnti_items(work->project, work->view, &query, visit, payload, err);
}
