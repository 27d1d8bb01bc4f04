/*
 * A view reads the store: all of it in chunks of ids on every thread, or what has changed since a position.
 *
 * The order of reading makes sure that nothing is missed while others write. A full build notes the position first; what is
 * written meanwhile may or may not be in it, and is applied again by the update that follows, which changes nothing where
 * it was. An update reads the answer log before the feed and the feed before the items, so that every answer that it has
 * read finds its item.
 */
#include <base/error.h>
#include <flow/view/parts.h>
#include <stdlib.h>
#include <string.h>

enum {
  CHUNK_IDS = 1 << 16,
  CHUNKS_MAX = 1 << 14,
  RANGE_GAP = 64,       /* ranges of changed items that are as near are read as one */
  ANSWERS_MAX = 1 << 18 /* of the log that are kept in memory for an update */
};

/* ---- one range of ids ---- */

typedef struct part_reader {
  lnti_rows *part;
  size_t row; /* rows before it are done: all scans are by id */
} part_reader;

/* The row of an id, or LNTI_NONE: ids come rising. */
static size_t advance(part_reader *in, int64_t id) {
  while (in->row < in->part->n && in->part->ids[in->row] < id) in->row++;
  return in->row < in->part->n && in->part->ids[in->row] == id ? in->row : LNTI_NONE;
}

static lnt_status on_item(void *payload, const lnti_item *item, lnt_error *err) {
  return lnti_rows_add(((part_reader *)payload)->part, item, err);
}

static lnt_status on_meta(void *payload, int64_t item_id, int64_t key_id, const char *value, lnt_error *err) {
  part_reader *in = payload;
  size_t row = advance(in, item_id);
  return row == LNTI_NONE ? LNT_OK : lnti_rows_set_meta(in->part, row, key_id, value, err);
}

static lnt_status on_answer(void *payload, const lnti_answer_row *answer, lnt_error *err) {
  part_reader *in = payload;
  size_t row = advance(in, answer->subject_id);
  return row == LNTI_NONE ? LNT_OK : lnti_rows_answer(in->part, row, answer, err);
}

static lnt_status read_part(lnti_rows *part, lnti_store *store, int64_t first, int64_t last, bool answers,
                            lnt_error *err) {
  part_reader in = {.part = part};
  lnt_status status = lnti_store_scan_items(store, LNTI_SCAN_SIZES, first, last, on_item, &in, err);
  if (!status) status = lnti_store_scan_meta(store, first, last, on_meta, &in, err);
  in.row = 0;
  if (!status && answers) status = lnti_store_scan_answers(store, first, last, on_answer, &in, err);
  return status;
}

/* ---- duplicates ---- */

static lnt_status on_duplicate(void *payload, const lnti_duplicate *duplicate, lnt_error *err) {
  lnti_rows *rows = payload;
  size_t row = lnti_rows_find(rows, duplicate->item_id);
  return row == LNTI_NONE ? LNT_OK : lnti_rows_duplicate(rows, row, duplicate, err);
}

lnt_status lnti_view_set_links(lnti_rows *rows, const lnti_duplicate *links, size_t n, lnt_error *err) {
  lnt_status status = LNT_OK;
  lnti_rows_forget_duplicates(rows);
  for (size_t i = 0; i < n && !status; i++) status = on_duplicate(rows, &links[i], err);
  return status;
}

/* ---- everything ---- */

typedef struct building {
  lnti_store *store;
  lnti_rows *parts; /* of this wave */
  int64_t first, last, span;
  size_t begin; /* number of the wave's first chunk */
} building;

static int64_t chunk_first(const building *b, size_t chunk) {
  return b->first + (int64_t)chunk * b->span;
}

static lnt_status read_chunk(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  building *b = payload;
  (void)end, (void)worker;
  int64_t first = chunk_first(b, b->begin + begin);
  int64_t last = b->last - first < b->span ? b->last : first + b->span - 1;
  return read_part(&b->parts[begin], b->store, first, last, true, err);
}

/* Reads chunks [b->begin, end) and appends them in order. */
static lnt_status read_wave(lnti_rows *rows, building *b, size_t end, const lnti_context *context, lnt_error *err) {
  size_t n = end - b->begin;
  for (size_t i = 0; i < n; i++) lnti_rows_init(&b->parts[i]);
  lnt_status status = lnti_pool_for(context->pool, n, 1, read_chunk, b, context->cancel, err);
  for (size_t i = 0; i < n; i++) {
    if (!status) status = lnti_rows_append(rows, &b->parts[i], err);
    lnti_rows_clear(&b->parts[i]);
  }
  return status;
}

static lnt_status read_all(lnti_rows *rows, lnti_view *view, const lnti_store_position *position, lnt_error *err) {
  const lnti_context *context = &view->project->context;
  building b = {.store = view->project->store, .first = position->first_item, .last = position->last_item};
  uint64_t ids = (uint64_t)b.last - (uint64_t)b.first;
  b.span = ids / CHUNKS_MAX < CHUNK_IDS ? CHUNK_IDS : (int64_t)(ids / CHUNKS_MAX + 1);
  size_t n_chunks = (size_t)(ids / (uint64_t)b.span) + 1, wave = 2 * (size_t)lnti_pool_size(context->pool);
  lnt_status status = lnti_alloc(&b.parts, wave, sizeof *b.parts, err);
  for (; !status && b.begin < n_chunks; b.begin += wave) {
    size_t end = n_chunks - b.begin < wave ? n_chunks : b.begin + wave;
    status = read_wave(rows, &b, end, context, err);
  }
  free(b.parts);
  return status;
}

lnt_status lnti_view_build(lnti_rows *out, lnti_store_position *position_out, lnti_view *view, lnt_error *err) {
  lnti_store_position position;
  lnti_rows rows;
  lnti_rows_init(&rows);
  lnt_status status = lnti_store_position_read(&position, view->project->store, err);
  if (!status && position.last_item) status = read_all(&rows, view, &position, err);
  if (!status) status = lnti_store_duplicates(view->project->store, 0, INT64_MAX, on_duplicate, &rows, err);
  if (!status) status = lnti_rows_ready(&rows, err);
  if (status) {
    lnti_rows_clear(&rows);
    return status;
  }
  *out = rows;
  *position_out = position;
  return LNT_OK;
}

/* ---- changes ---- */

typedef struct id_range {
  int64_t first, last;
} id_range;

typedef struct change_reader {
  lnti_view_changes *changes;
  id_range *ranges;
  size_t n, capacity;
  size_t answers_max;
} change_reader;

static lnt_status on_logged(void *payload, const lnti_answer_row *answer, lnt_error *err) {
  change_reader *in = payload;
  lnti_view_changes *c = in->changes;
  if (c->n_answers >= in->answers_max) {
    c->too_many = true;
    return lnti_fail(NULL, LNT_ELIMIT, "ends the walk");
  }
  lnt_status status = lnti_grow(&c->answers, &c->answer_capacity, c->n_answers + 1, sizeof *c->answers, err);
  if (status) return status;
  c->answers[c->n_answers++] = *answer;
  if (answer->log_id > c->position.log_id) c->position.log_id = answer->log_id;
  return LNT_OK;
}

static lnt_status keep_link(void *payload, const lnti_duplicate *link, lnt_error *err) {
  lnti_view_changes *c = payload;
  lnt_status status = lnti_grow(&c->links, &c->link_capacity, c->n_links + 1, sizeof *c->links, err);
  if (!status) c->links[c->n_links++] = *link;
  return status;
}

static lnt_status on_change(void *payload, const lnti_change *change, lnt_error *err) {
  change_reader *in = payload;
  lnti_view_changes *c = in->changes;
  c->any = true;
  if (change->seq > c->position.seq) c->position.seq = change->seq;
  if (strcmp(change->kind, "ontology") == 0) c->has_names = true;
  if (strcmp(change->kind, "split") == 0 && change->first_id == 0) c->has_links = true;
  if (strcmp(change->kind, "item") != 0) return LNT_OK;
  c->has_names = true; /* a metadata key or a source may be new */
  lnt_status status = lnti_grow(&in->ranges, &in->capacity, in->n + 1, sizeof *in->ranges, err);
  if (!status) in->ranges[in->n++] = (id_range){change->first_id, change->last_id};
  return status;
}

static int by_first(const void *a, const void *b) {
  int64_t x = ((const id_range *)a)->first, y = ((const id_range *)b)->first;
  return (x > y) - (x < y);
}

/* Sorts the ranges and joins those that overlap or are near. */
static void join_ranges(change_reader *in) {
  size_t n = 0;
  if (in->n == 0) return;
  qsort(in->ranges, in->n, sizeof *in->ranges, by_first);
  for (size_t i = 1; i < in->n; i++) {
    id_range *last = &in->ranges[n], *next = &in->ranges[i];
    if (next->first <= last->last || (uint64_t)next->first - (uint64_t)last->last <= RANGE_GAP) {
      if (next->last > last->last) last->last = next->last;
    } else {
      in->ranges[++n] = *next;
    }
  }
  in->n = n + 1;
}

/* How many rows there are in the ranges, those beyond the end not counted. */
static size_t rows_in(const change_reader *in, const lnti_rows *rows) {
  size_t n = 0;
  for (size_t i = 0; i < in->n; i++) {
    uint64_t ids = (uint64_t)in->ranges[i].last - (uint64_t)in->ranges[i].first + 1;
    n += ids < rows->n ? (size_t)ids : rows->n;
  }
  return n;
}

static lnt_status read_ranges(change_reader *in, lnti_view *view, lnt_error *err) {
  lnti_rows part;
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < in->n && !status; i++) {
    lnti_rows_init(&part);
    status = lnti_cancel_check(view->project->context.cancel, err);
    if (!status) status = read_part(&part, view->project->store, in->ranges[i].first, in->ranges[i].last, false, err);
    if (!status) status = lnti_rows_append(&in->changes->items, &part, err);
    lnti_rows_clear(&part);
  }
  return status;
}

lnt_status lnti_view_read_changes(lnti_view_changes *out, lnti_view *view, lnt_error *err) {
  lnti_store *store = view->project->store;
  lnti_view_changes changes = {0};
  lnti_store_position now = {0};
  change_reader in = {.changes = &changes, .answers_max = ANSWERS_MAX};
  lnti_rows_init(&changes.items);
  lnt_status status = lnti_store_position_read(&now, store, err);
  changes.position = now;
  changes.position.seq = view->position.seq;
  changes.position.log_id = view->position.log_id;
  if (!status && (now.log_id > view->position.log_id || now.seq > view->position.seq)) {
    changes.any = true;
    status = lnti_store_scan_log(store, view->position.log_id, on_logged, &in, err);
    if (changes.too_many) status = LNT_OK;
    if (!status && !changes.too_many) status = lnti_store_changes(store, view->position.seq, on_change, &in, err);
    join_ranges(&in);
    if (rows_in(&in, &view->rows) > CHUNK_IDS + view->rows.n / 2) changes.too_many = true;
    if (!status && !changes.too_many) status = read_ranges(&in, view, err);
    if (!status && !changes.too_many && changes.has_links)
      status = lnti_store_duplicates(store, 0, INT64_MAX, keep_link, &changes, err);
    if (!status && !changes.too_many && changes.has_names) status = lnti_view_read_refs(&changes.names, store, err);
  }
  free(in.ranges);
  if (status) {
    lnti_view_changes_clear(&changes);
    return status;
  }
  *out = changes;
  return LNT_OK;
}

void lnti_view_changes_clear(lnti_view_changes *changes) {
  lnti_rows_clear(&changes->items);
  lnti_view_refs_clear(&changes->names);
  free(changes->links);
  free(changes->answers);
  *changes = (lnti_view_changes){0};
}
