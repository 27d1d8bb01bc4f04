/*
 * Reading inputs: the pool reads, verifies and hashes one batch while a thread of its own writes the batch before. A batch is
 * as many inputs as take about a second, so that progress is told and made durable as often for photographs as for icons.
 *
 * One input gives one row, or with --frames as many as it has frames. Where its file is an item already, that one stands for
 * the first of them.
 */
#include <flow/import/internal.h>

#include <base/alloc.h>
#include <base/error.h>
#include <flow/content.h>
#include <flow/groups.h>
#include <flow/import/files.h>
#include <flow/verify.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Rows of frames that a batch is to hold at most, however many its files have: a few kilobytes each. */
enum { BATCH_MIN = 32, BATCH_MAX = 4096, BATCH_NS = 1000000000, ROWS_MAX = 4096 };

/* The rows that one input has become. */
typedef struct file_rows {
  lnti_import_row *row;
  size_t n;
  bool waits; /* it has too many frames to be read beside others */
} file_rows;

typedef struct reading {
  lnti_import_work *work;
  lnti_source_kind kind;
  const char *source;
  const lnti_import_input *inputs; /* of the batch */
  file_rows *files;                /* [n] of the batch */
  size_t first;                    /* of those that are not stored yet */
  atomic_size_t n_rows;            /* of frames, in the batch */
  bool alone;                      /* one file is read by itself */
  lnti_look_options look;
} reading;

/* A batch that is being written. */
typedef struct storing {
  pthread_t thread;
  bool running;
  lnti_import_work *work;
  lnti_source_kind kind;
  const char *source;
  lnti_import_row *rows;
  size_t n;
  lnt_status status;
  lnt_error error;
} storing;

/* ---- rows ---- */

static void clear_files(file_rows *files, size_t n) {
  for (size_t i = 0; i < n; i++) {
    for (size_t k = 0; k < files[i].n; k++) lnti_import_row_clear(&files[i].row[k]);
    free(files[i].row);
    files[i] = (file_rows){0};
  }
}

static void begin_row(lnti_import_row *row, const lnti_import_input *input) {
  *row = (lnti_import_row){.input = input, .group = input->group};
  row->item = (lnti_item){.member = input->member,
                          .split = input->split ? input->split : "",
                          .format = "",
                          .stage = input->n_answers > 0 ? "done" : "annotate"};
}

static lnt_status read_blob(lnti_blob *out, const reading *r, const char *member, lnt_error *err) {
  lnti_text uri = {0};
  if (lnti_utf8_valid(member, strlen(member)) != strlen(member)) {
    return lnti_fail(err, LNT_EUNSUPPORTED, "the name is not in UTF-8; rename the file");
  }
  if (strncmp(member, LNTI_IMPORT_GROUP, strlen(LNTI_IMPORT_GROUP)) == 0) {
    return lnti_fail(err, LNT_EUNSUPPORTED, "a name that begins with \"%s\" stands for a group of images; rename it",
                     LNTI_IMPORT_GROUP);
  }
  const lnti_item item = {.source = r->source, .source_kind = r->kind, .member = member};
  lnt_status status = lnti_item_uri(&uri, &item, err);
  if (status == LNT_OK) status = lnti_media_read(out, r->work->project->media, uri.data, err);
  lnti_text_clear(&uri);
  return status;
}

/* ---- frames ---- */

/* Where every frame is taken, a row is that of frame `frame` of its file. */
static lnt_status name_frame(lnti_import_row *row, const reading *r, size_t frame, bool timed, lnt_error *err) {
  lnt_status status = lnti_asprintf(&row->member, err, "%s#%s=%zu", row->input->member, timed ? "frame" : "page",
                                    timed ? frame : frame + 1);
  if (status) return status;
  if (!row->group && r->work->options->frames == LNTI_FRAMES_GROUP) row->group = row->input->member;
  row->item.member = row->member;
  return LNT_OK;
}

static lnt_status look_at_frame(lnti_import_row *row, const reading *r, lnti_looking *looking, size_t frame,
                                lnt_error *err) {
  row->refused = lnti_look_frame(&row->look, looking, frame, &row->error);
  row->looked = row->refused == LNT_OK;
  if (lnti_status_ends_all(row->refused)) return lnti_fail(err, row->refused, "%s", row->error.message);
  if (row->refused) return LNT_OK;
  lnti_look_item(&row->item, &row->look);
  lnti_import_keep_thumb(r->work, &row->look);
  return LNT_OK;
}

/* Rows of the frames from `first` on: looked at, or without `looking` there already. The row of the file stays before them
 * where `first` is 1: it is the item of frame 0. */
static lnt_status spread_frames(file_rows *file, const reading *r, lnti_looking *looking, size_t first, size_t n,
                                bool timed, lnt_error *err) {
  const lnti_import_input *input = file->row->input;
  lnt_status status = lnti_realloc(&file->row, n, sizeof *file->row, err);
  if (status) return status;
  if (first > 0 && !file->row->group && r->work->options->frames == LNTI_FRAMES_GROUP) file->row->group = input->member;
  for (size_t i = first; i < n; i++) {
    status = lnti_cancel_check(r->work->project->context.cancel, err);
    if (status) return status;
    begin_row(&file->row[i], input);
    file->n = i + 1;
    file->row[i].known = looking == NULL;
    status = name_frame(&file->row[i], r, i, timed, err);
    if (status == LNT_OK && looking) status = look_at_frame(&file->row[i], r, looking, i, err);
    if (status) return status;
  }
  file->row->n_frames = n;
  return LNT_OK;
}

/* Whether n more rows may stand in this batch; else the file waits until the others are on their way. */
static bool has_room(file_rows *file, reading *r, size_t n) {
  file->waits = atomic_fetch_add(&r->n_rows, n) + n > ROWS_MAX && !r->alone;
  if (file->waits) atomic_fetch_sub(&r->n_rows, n);
  return !file->waits;
}

/* ---- one input ---- */

static bool takes_frames(const reading *r) {
  return r->work->options->frames != LNTI_FRAMES_FIRST;
}

static lnt_status take_look(lnti_import_row *row, const reading *r, const lnti_blob *blob) {
  lnt_status status = lnti_look(&row->look, blob, &r->look, &row->error);
  if (status) return status;
  row->looked = true;
  row->n_frames = row->look.info.frames;
  lnti_look_item(&row->item, &row->look);
  return LNT_OK;
}

/* Every frame of a file that has several; *taken_out false, and nothing done, for another. */
static lnt_status take_frames(bool *taken_out, file_rows *file, reading *r, const lnti_blob *blob, lnt_error *err) {
  lnti_looking looking = {0};
  lnt_status status = lnti_look_open(&looking, blob, &r->look, &file->row->error);
  const size_t n = looking.info.frames;
  *taken_out = status == LNT_OK && n > 1;
  if (lnti_status_ends_all(status)) {
    status = lnti_fail(err, status, "%s", file->row->error.message);
  } else {
    status = LNT_OK;
  }
  if (*taken_out && has_room(file, r, n)) status = spread_frames(file, r, &looking, 0, n, looking.info.timed, err);
  lnti_look_close(&looking);
  return status;
}

static lnt_status read_file(file_rows *file, reading *r, lnt_error *err) {
  lnti_import_row *row = file->row;
  lnti_blob blob = {0};
  bool taken = false;
  lnt_status status = LNT_OK;
  row->refused = read_blob(&blob, r, row->item.member, &row->error);
  if (row->refused == LNT_OK && takes_frames(r) && blob.frame == 0) {
    status = take_frames(&taken, file, r, &blob, err);
    row = file->row; /* which has moved */
  }
  if (row->refused == LNT_OK && status == LNT_OK && !taken) row->refused = take_look(row, r, &blob);
  if (lnti_status_ends_all(row->refused) && status == LNT_OK) {
    status = lnti_fail(err, row->refused, "%s: %s", row->item.member, row->error.message);
  }
  lnti_blob_clear(&blob);
  return status;
}

/* The frames behind the first, of a file that is an item already. */
static lnt_status read_more_frames(file_rows *file, reading *r, const lnti_blob *blob, const lnti_image_info *info,
                                   lnt_error *err) {
  lnti_looking looking = {0};
  if (!has_room(file, r, info->frames)) {
    lnti_looked_clear(&file->row->look);
    return LNT_OK;
  }
  lnt_status status = lnti_look_open(&looking, blob, &r->look, err);
  if (status == LNT_OK) status = spread_frames(file, r, &looking, 1, info->frames, info->timed, err);
  lnti_look_close(&looking);
  return status;
}

/* An item that is there, but of which more can be known: its pixels, where nobody has looked at them, or frames behind its
 * first. What cannot be read, or has changed, stays as it is. */
static lnt_status read_again(file_rows *file, reading *r, lnt_error *err) {
  lnti_import_row *row = file->row;
  const lnti_look_options header = {r->look.limits, false};
  const bool pixels = !row->input->known.looked && r->look.pixels;
  lnti_blob blob = {0};
  lnt_error reason = LNT_ERROR_INIT;
  lnt_status status = read_blob(&blob, r, row->item.member, &reason);
  if (status == LNT_OK) status = lnti_look(&row->look, &blob, pixels ? &r->look : &header, &reason);
  const lnti_image_info info = row->look.info;
  bool same = status == LNT_OK && lnti_content_key(&row->look.content) == row->input->known.content;
  row->looked = row->facts_missing = same && pixels;
  if (row->facts_missing) row->item.facts = row->look.facts;
  if (lnti_status_ends_all(status)) {
    status = lnti_fail(err, status, "%s: %s", row->item.member, reason.message);
  } else if (same && takes_frames(r) && info.frames > 1 && blob.frame == 0) {
    status = read_more_frames(file, r, &blob, &info, err);
  } else {
    status = LNT_OK;
  }
  lnti_blob_clear(&blob);
  return status;
}

/* Whether the file of an item looks as if it were written after it was read, by its size or times. */
static bool looks_changed(const reading *r, lnti_import_row *row) {
  const lnti_known_item *known = &row->input->known;
  char path[LNTI_PATH_BYTES_MAX];
  struct stat info;
  if (r->kind != LNTI_SOURCE_FOLDER || !known->id || known->frames > 0 || known->imported_ms == 0) return false;
  row->compared = true;
  int n = snprintf(path, sizeof path, "%s/%s", r->source, row->item.member);
  if (n < 0 || (size_t)n >= sizeof path || stat(path, &info) != 0) return false; /* what is gone, verify tells */
  return (uint32_t)info.st_size != known->bytes || lnti_file_changed_ms(&info) > known->imported_ms;
}

/* Such a file is read and compared; where it is another picture it is looked at as a new one, if that was asked for. */
static lnt_status read_changed(lnti_import_row *row, const reading *r, lnt_error *err) {
  lnti_blob blob = {0};
  lnti_hash content;
  lnt_status status = read_blob(&blob, r, row->item.member, &row->error);
  if (status == LNT_OK) lnti_content_hash(&content, &blob);
  row->changed = status == LNT_OK && lnti_content_key(&content) != row->input->known.content;
  if (row->changed && r->work->options->update_changed) {
    status = lnti_look(&row->look, &blob, &r->look, &row->error);
    row->refused = status;
    row->looked = row->updates = status == LNT_OK;
    if (row->updates) lnti_look_item(&row->item, &row->look);
  }
  lnti_blob_clear(&blob);
  return lnti_status_ends_all(status) ? lnti_fail(err, status, "%s: %s", row->item.member, row->error.message) : LNT_OK;
}

static lnt_status read_input(file_rows *file, reading *r, lnt_error *err) {
  const lnti_known_item *known = &file->row->input->known;
  if (known->frames > 0 && !(known->holes && takes_frames(r))) {
    const size_t first = known->id != 0, n = first + known->frames;
    return has_room(file, r, n) ? spread_frames(file, r, NULL, first, n, known->timed, err) : LNT_OK;
  }
  if (!known->id) return read_file(file, r, err);
  if (looks_changed(r, file->row)) {
    lnt_status status = read_changed(file->row, r, err);
    if (status || file->row->changed) return status;
  }
  bool more_frames = takes_frames(r) && known->may_have_frames;
  return more_frames || (!known->looked && r->look.pixels) ? read_again(file, r, err) : LNT_OK;
}

static lnt_status read_one(file_rows *file, reading *r, const lnti_import_input *input, lnt_error *err) {
  lnt_status status = lnti_alloc(&file->row, 1, sizeof *file->row, err);
  if (status) return status;
  file->n = 1;
  begin_row(file->row, input);
  file->row->n_frames = 1;
  return read_input(file, r, err);
}

/* Of the files from r->first on those that have not been read yet. */
static lnt_status read_chunk(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  reading *r = payload;
  lnt_status status = LNT_OK;
  (void)worker;
  for (size_t i = r->first + begin; i < r->first + end && !status; i++) {
    if (r->files[i].row && !r->files[i].waits) continue;
    clear_files(&r->files[i], 1);
    status = read_one(&r->files[i], r, &r->inputs[i], err);
  }
  return status;
}

/* ---- batches ---- */

/* The rows of all files, one after another; they now own what the files' rows owned. */
static lnt_status gather(lnti_import_row **out, size_t *n_out, file_rows *files, size_t n, lnt_error *err) {
  lnti_import_row *rows = NULL;
  size_t total = 0, at = 0;
  for (size_t i = 0; i < n; i++) total += files[i].n;
  lnt_status status = lnti_alloc(&rows, total, sizeof *rows, err);
  if (status) return status;
  for (size_t i = 0; i < n; i++) {
    memcpy(rows + at, files[i].row, files[i].n * sizeof *rows);
    at += files[i].n;
    free(files[i].row);
    files[i] = (file_rows){0};
  }
  *out = rows;
  *n_out = total;
  return LNT_OK;
}

static void *store_main(void *payload) {
  storing *s = payload;
  s->status = lnti_import_batch(s->work, s->kind, s->source, s->rows, s->n, &s->error);
  return NULL;
}

/* Waits for the batch that is being written, if any. */
static lnt_status end_store(storing *s, lnt_error *err) {
  if (!s->running) return LNT_OK;
  pthread_join(s->thread, NULL);
  s->running = false;
  free(s->rows);
  s->rows = NULL;
  return s->status ? lnti_fail(err, s->status, "%s", s->error.message) : LNT_OK;
}

static lnt_status begin_store(storing *s, lnti_import_row *rows, size_t n, lnt_error *err) {
  s->rows = rows;
  s->n = n;
  s->error = (lnt_error)LNT_ERROR_INIT;
  int number = pthread_create(&s->thread, NULL, store_main, s);
  if (number == 0) {
    s->running = true;
    return LNT_OK;
  }
  for (size_t i = 0; i < n; i++) lnti_import_row_clear(&rows[i]);
  free(rows);
  s->rows = NULL;
  return lnti_fail_errno(err, number, "a thread to write with could not be started");
}

/* How many inputs come next, after n took `spent`. */
static size_t next_size(size_t n, uint64_t spent) {
  double wanted = (double)n * BATCH_NS / (double)(spent + 1);
  if (wanted > (double)n * 4) wanted = (double)n * 4;
  return wanted < BATCH_MIN ? BATCH_MIN : wanted > BATCH_MAX ? BATCH_MAX : (size_t)wanted;
}

/* Hands what the files have become to the thread that writes. */
static lnt_status store_files(storing *s, file_rows *files, size_t n, lnt_error *err) {
  lnti_import_row *rows = NULL;
  size_t n_rows = 0;
  lnt_status status = end_store(s, err);
  if (!status) status = gather(&rows, &n_rows, files, n, err);
  return status ? status : begin_store(s, rows, n_rows, err);
}

/* Reads files from r->first on, as many as their frames allow, and stores those up to the first that has to wait: at least
 * one, which is then the only one that is read. */
static lnt_status read_files(reading *r, storing *s, size_t n, lnt_error *err) {
  const lnti_context *context = &r->work->project->context;
  const size_t left = n - r->first, grain = left / (16 * (size_t)lnti_pool_size(context->pool));
  size_t end = r->first, held = 0;
  lnt_status status = lnti_pool_for(context->pool, left, grain ? grain : 1, read_chunk, r, context->cancel, err);
  if (status) return status;
  while (end < n && !r->files[end].waits) end++;
  if (end == r->first) {
    r->alone = true;
    clear_files(&r->files[end], 1);
    status = read_one(&r->files[end], r, &r->inputs[end], err);
    r->alone = false;
    end++;
  }
  if (!status) status = store_files(s, &r->files[r->first], end - r->first, err);
  for (size_t i = end; i < n; i++) held += r->files[i].n > 1 ? r->files[i].n : 0;
  atomic_store(&r->n_rows, held);
  r->first = end;
  return status;
}

static lnt_status read_batch(reading *r, storing *s, size_t n, lnt_error *err) {
  lnt_status status = LNT_OK;
  memset(r->files, 0, n * sizeof *r->files);
  atomic_store(&r->n_rows, 0);
  for (r->first = 0; r->first < n && !status;) status = read_files(r, s, n, err);
  if (status) (void)end_store(s, NULL);
  clear_files(r->files, n);
  return status;
}

lnt_status lnti_import_inputs(lnti_import_work *work, lnti_source_kind kind, const char *source,
                              const lnti_import_input *inputs, size_t n, lnt_error *err) {
  reading r = {.work = work, .kind = kind, .source = source};
  storing s = {.work = work, .kind = kind, .source = source};
  size_t size = BATCH_MIN;
  r.look = (lnti_look_options){work->project->taken, work->options->verify};
  lnt_status status = lnti_alloc(&r.files, BATCH_MAX, sizeof *r.files, err);
  for (size_t first = 0, taken; first < n && !status; first += taken) {
    uint64_t start = lnti_monotonic_ns();
    taken = n - first < size ? n - first : size;
    r.inputs = inputs + first;
    status = read_batch(&r, &s, taken, err);
    size = next_size(taken, lnti_monotonic_ns() - start);
  }
  lnt_status stored = end_store(&s, status ? NULL : err);
  free(r.files);
  return status ? status : stored;
}
