/*
 * Vectors are stored under their image's content, as computed ones are, so that they stay with it when files move. Nothing
 * counts before the flush at the end: whatever fails before leaves the sets as they were.
 *
 * A list that is broken anywhere fails as a whole: were one line left out, all rows behind it would be of wrong images.
 */
#include <flow/import/vectors.h>

#include <base/alloc.h>
#include <base/error.h>
#include <errno.h>
#include <flow/backbone/backbones.h>
#include <flow/job.h>
#include <flow/roster.h>
#include <flow/table/file.h>
#include <flow/table/find.h>
#include <math.h>
#include <media/npy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { BLOCK_BYTES = 1 << 20 };
#define PROGRESS_NS UINT64_C(100000000) /* between two words on how far it is */

/* Programs round differently from run to run: vectors this near to each other, by their lengths, are the same. */
static const double same_within = 0.01;
static const float f16_most = 65504;

typedef struct known {
  int64_t id;
  lnti_hash content;
  bool named; /* by a row */
} known;

typedef struct vectors_import {
  lnti_project *project;
  const lnti_vectors_request *request;
  lnti_vectors_result *result;
  lnti_job_run job;
  char *name;
  known *items; /* [n_items] by id */
  size_t n_items, item_capacity;
  lnti_npy *npy;
  lnti_npy_shape shape;
  float *block, *there; /* rows of the file; one vector that is there */
  uint16_t *row, *old;  /* one vector as it is stored, and as it was */
  lnti_table_file file;
  lnti_sheet *sheet;
  lnti_table_format format;
  size_t column; /* of the list's paths; LNTI_NONE: not known yet */
  lnti_finder *finder;
  lnti_arena arena; /* of one row */
  lnti_embedding_set set;
  lnti_feature_cache *cache;
  bool is_new, adds_to_set;
  lnti_uuid content; /* of a new set: the sum of its vectors' hashes, which no order changes */
  size_t n_other;    /* vectors that are not those that are there */
  char first_other[256];
  size_t n_unlike_copies, n_zero;
  uint16_t *first; /* the first vector that was taken */
  size_t n_taken;
  bool vary; /* another one differs from it */
  lnt_error first_refusal;
} vectors_import;

/* ---- the project's images ---- */

static lnt_status note_item(void *payload, const lnti_item *item, lnt_error *err) {
  vectors_import *v = payload;
  if (item->kind == LNTI_ITEM_GROUP) return LNT_OK;
  lnt_status status = lnti_grow(&v->items, &v->item_capacity, v->n_items + 1, sizeof *v->items, err);
  if (!status) v->items[v->n_items++] = (known){.id = item->id, .content = item->content};
  return status;
}

static lnt_status load_items(vectors_import *v, lnt_error *err) {
  lnt_status status = lnti_store_scan_items(v->project->store, LNTI_SCAN_HASHES, 0, INT64_MAX, note_item, v, err);
  if (status || v->n_items > 0) return status;
  return lnti_fail(err, LNT_ENOTFOUND,
                   "there are no images yet that vectors could be of; bring them in first: linnet "
                   "import SOURCE");
}

static int by_id(const void *key, const void *item) {
  int64_t a = *(const int64_t *)key, b = ((const known *)item)->id;
  return (a > b) - (a < b);
}

/* ---- the list of rows ---- */

static lnt_status open_list(vectors_import *v, lnt_error *err) {
  const char *path = v->request->rows;
  v->format = lnti_table_format_of(path);
  if (v->format == LNTI_TABLE_AUTO) v->format = LNTI_TABLE_LIST;
  v->column = v->format == LNTI_TABLE_LIST ? 0 : LNTI_NONE;
  lnt_status status = lnti_table_file_open(&v->file, path, err);
  return status ? status
                : lnti_sheet_new(&v->sheet, lnti_table_file_give, &v->file, path, v->format,
                                 v->format == LNTI_TABLE_LIST ? LNTI_CSV_LINES : LNTI_CSV_FIND, err);
}

static lnt_status open_finder(vectors_import *v, lnt_error *err) {
  const char *rows = v->request->rows, *given = v->request->root, *slash = strrchr(rows, '/');
  char *folder = NULL, *root = NULL;
  lnt_status status = LNT_OK;
  if (!given && slash) status = lnti_strndup(&folder, rows, slash == rows ? 1 : (size_t)(slash - rows), err);
  if (status) return status;
  if (!given) given = folder ? folder : ".";
  root = realpath(given, NULL);
  status = root ? lnti_finder_new(&v->finder, v->project, root, err)
                : lnti_fail_errno(err, errno, "%s: cannot be opened", given);
  free(root);
  free(folder);
  return status;
}

static bool is_path_name(const char *name) {
  static const char *const names[] = {"path", "file", "filename", "file_name", "filepath", "image", "uri"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (strcasecmp(name, names[i]) == 0) return true;
  }
  return false;
}

/* By the names of columns; *is_header_out: the row holds these, and no path. */
static lnt_status find_column(bool *is_header_out, vectors_import *v, const lnti_sheet_row *row, lnt_error *err) {
  bool json = v->format == LNTI_TABLE_JSONL;
  size_t n = json ? lnti_sheet_n_keys(v->sheet) : row->n;
  for (size_t i = 0; i < n; i++) {
    if (!is_path_name(json ? lnti_sheet_key(v->sheet, i) : row->cells[i].text)) continue;
    v->column = i;
    *is_header_out = !json;
    return LNT_OK;
  }
  if (!json && n == 1) {
    v->column = 0;
    *is_header_out = false;
    return LNT_OK;
  }
  return lnti_fail(err, LNT_EDATA,
                   "%s: which %s has the paths is not clear: name it path, or give a plain list with a path a line",
                   v->request->rows, json ? "key" : "column");
}

/* The next path, borrowed until the next call; NULL at the end. */
static lnt_status next_path(const char **out, vectors_import *v, lnt_error *err) {
  const lnti_sheet_row *row = NULL;
  bool is_header = true;
  while (is_header) {
    lnt_status status = lnti_sheet_next(&row, v->sheet, err);
    if (status || !row) {
      *out = NULL;
      return status;
    }
    if (row->refused) {
      return lnti_fail(err, LNT_EDATA, "%s:%zu: %s; as rows are counted, nothing of the vectors was taken",
                       v->request->rows, row->line, row->reason);
    }
    is_header = false;
    if (v->column == LNTI_NONE) status = find_column(&is_header, v, row, err);
    if (status) return status;
  }
  if (v->column >= row->n || row->cells[v->column].n == 0) {
    return lnti_fail(err, LNT_EDATA, "%s:%zu: there is no path; as rows are counted, nothing of the vectors was taken",
                     v->request->rows, row->line);
  }
  *out = row->cells[v->column].text;
  return LNT_OK;
}

/* ---- the set ---- */

static lnt_status find_name(vectors_import *v, lnt_error *err) {
  const char *file = v->request->file, *slash = strrchr(file, '/'), *base = slash ? slash + 1 : file;
  if (v->request->name) return lnti_strdup(&v->name, v->request->name, err);
  const char *dot = strrchr(base, '.');
  return lnti_strndup(&v->name, base, dot && dot > base ? (size_t)(dot - base) : strlen(base), err);
}

/* Backbones that cannot be looked at for another reason than damage take no name. */
static lnt_status check_no_backbone(const vectors_import *v, lnt_error *err) {
  lnti_backbone_entry entry = {0};
  lnt_error reason = LNT_ERROR_INIT;
  if (!v->project->backbones || lnti_backbone_name_check(v->name, NULL)) return LNT_OK;
  lnt_status status = lnti_backbones_get(&entry, v->project->backbones, v->name, &reason);
  lnti_backbone_entry_clear(&entry);
  if (status == LNT_ENOMEM) return lnti_fail(err, status, "%s", reason.message);
  if (status != LNT_OK && status != LNT_ECORRUPT) return LNT_OK;
  return lnti_fail(err, LNT_EEXISTS,
                   "there is a backbone \"%s\", whose embeddings are embedding:%s; give these another --name", v->name,
                   v->name);
}

/* Models would be called as those on a feature. */
static lnt_status check_no_feature(const vectors_import *v, lnt_error *err) {
  const lnti_feature *feature = NULL;
  if (lnti_feature_find(&feature, v->name, NULL)) return LNT_OK;
  return lnti_fail(err, LNT_EEXISTS,
                   "\"%s\" is a feature of Linnet's own, and models on either would have the same names; give these "
                   "another --name",
                   v->name);
}

static lnt_status open_set(vectors_import *v, lnt_error *err) {
  bool found = false;
  lnt_status status = lnti_embeddings_find(&found, &v->set, v->project, v->name, err);
  if (!status && !found) status = check_no_feature(v, err);
  if (!status && !found) status = check_no_backbone(v, err);
  if (status) return status;
  v->result->replaced = found && v->request->existing == LNTI_IMPORT_EXISTING_REPLACE;
  v->adds_to_set = found && !v->result->replaced;
  if (!v->adds_to_set) {
    status = lnti_embeddings_make(&v->set, &v->cache, v->project, v->name, v->shape.d, err);
    v->is_new = status == LNT_OK;
    return status;
  }
  if (v->set.d != v->shape.d) {
    return lnti_fail(err, LNT_EINVAL,
                     "embedding:%s has vectors of %zu numbers, %s of %zu: another network needs another --name, or "
                     "--existing replace, which takes these instead of all that are there",
                     v->name, v->set.d, v->request->file, v->shape.d);
  }
  return lnti_embeddings_open(&v->cache, v->project, &v->set, err);
}

/* ---- one row ---- */

static void refuse(vectors_import *v, size_t row, const char *path, const lnt_error *reason) {
  char text[LNT_ERROR_MESSAGE_BYTES];
  if (v->result->n_refused++ == 0)
    (void)lnti_fail(&v->first_refusal, reason->code, "row %zu, %.150s: %.300s", row + 1, path, reason->message);
  if (!v->request->refused) return;
  snprintf(text, sizeof text, "row %zu: %.440s", row + 1, reason->message);
  v->request->refused(v->request->refused_payload, path, reason->code, text);
}

/* The item that a row is of; refused where there is none. */
static lnt_status find_item(known **out, vectors_import *v, const char *path, lnt_error *reason, lnt_error *err) {
  lnti_found found = {0};
  lnti_arena_clear(&v->arena);
  *out = NULL;
  lnt_status status = lnti_finder_find(&found, v->finder, &v->arena, path, reason);
  if (status == LNT_ENOMEM || status == LNT_ECANCELLED || status == LNT_EIO || status == LNT_ECORRUPT)
    return lnti_fail(err, status, "%s", reason->message);
  if (status) return LNT_OK;
  known *item = found.id ? bsearch(&found.id, v->items, v->n_items, sizeof *v->items, by_id) : NULL;
  if (!item) {
    (void)lnti_fail(reason, LNT_ENOTFOUND, "this is no item of the project; import the image first: linnet import");
  } else if (item->named) {
    (void)lnti_fail(reason, LNT_EEXISTS, "an earlier row is of the same item");
  } else {
    *out = item;
  }
  return LNT_OK;
}

/* Into v->row, as it is stored. */
static lnt_status round_row(vectors_import *v, const float *x, lnt_error *reason) {
  for (size_t i = 0; i < v->shape.d; i++) {
    if (!isfinite(x[i])) {
      return lnti_fail(reason, LNT_EDATA, "number %zu is %s", i + 1, isnan(x[i]) ? "no number (NaN)" : "infinite");
    }
    if (fabsf(x[i]) > f16_most) {
      return lnti_fail(reason, LNT_EDATA,
                       "number %zu is %g; vectors are kept as 16-bit numbers, of up to %g: scale them", i + 1,
                       (double)x[i], (double)f16_most);
    }
  }
  lnti_convert(v->row, LNTI_F16, x, LNTI_F32, v->shape.d);
  return LNT_OK;
}

static bool is_same(vectors_import *v) {
  double apart = 0, length = 0;
  lnti_convert(v->there, LNTI_F32, v->old, LNTI_F16, v->shape.d);
  for (size_t i = 0; i < v->shape.d; i++) {
    double a = (double)v->there[i], b = (double)lnti_f16_value(v->row[i]);
    apart += (a - b) * (a - b);
    length += a * a;
  }
  return apart <= same_within * same_within * length;
}

/* The source is shown, and stands in a line. */
static void name_source(vectors_import *v) {
  char *path = realpath(v->request->file, NULL);
  const char *file = path ? path : v->request->file;
  size_t n = strlen(file), room = sizeof v->set.source - 1;
  n = lnti_utf8_valid(file, n < room ? n : room);
  for (size_t i = 0; i < n; i++) v->set.source[i] = file[i];
  for (size_t i = 0; i < n; i++) {
    if ((unsigned char)v->set.source[i] < ' ') v->set.source[i] = '?';
  }
  v->set.source[n] = '\0';
  free(path);
}

static void add_to_content(vectors_import *v, const lnti_hash *image) {
  lnti_hasher hasher;
  lnti_hash hash;
  unsigned carry = 0;
  lnti_hash_begin(&hasher);
  lnti_hash_update(&hasher, image->bytes, sizeof image->bytes);
  lnti_hash_update(&hasher, v->row, v->shape.d * sizeof *v->row);
  lnti_hash_end(&hash, &hasher);
  for (size_t i = 0; i < sizeof v->content.bytes; i++) {
    carry += (unsigned)v->content.bytes[i] + hash.bytes[i];
    v->content.bytes[i] = (uint8_t)(carry & 0xff);
    carry >>= 8;
  }
}

/* v->row becomes the vector of an item, unless its image has one. */
static lnt_status take_vector(vectors_import *v, const known *item, size_t row, const char *path, lnt_error *err) {
  bool there = false, since = lnti_feature_cache_added(v->cache, &item->content);
  lnt_status status = lnti_feature_cache_get(v->cache, &there, v->old, &item->content, err);
  if (status) return status;
  if (!there) {
    v->result->added++;
    add_to_content(v, &item->content);
    return lnti_feature_cache_put(v->cache, &item->content, v->row, err);
  }
  bool same = is_same(v);
  if (since) {
    v->result->copies++;
    v->n_unlike_copies += !same;
  } else if (same) {
    v->result->same++;
  } else {
    v->result->kept++;
    if (v->n_other++ == 0) snprintf(v->first_other, sizeof v->first_other, "row %zu, %.200s", row + 1, path);
  }
  return LNT_OK;
}

/* What no network makes: vectors of zeros, or one and the same of all images. */
static void note_vector(vectors_import *v) {
  size_t zeros = 0, bytes = v->shape.d * sizeof *v->row;
  while (zeros < v->shape.d && (v->row[zeros] & 0x7fff) == 0) zeros++;
  v->n_zero += zeros == v->shape.d;
  if (v->n_taken++ == 0) memcpy(v->first, v->row, bytes);
  v->vary = v->vary || memcmp(v->first, v->row, bytes) != 0;
}

static lnt_status take_row(vectors_import *v, size_t row, const float *x, const char *path, lnt_error *err) {
  lnt_error reason = LNT_ERROR_INIT;
  known *item = NULL;
  lnt_status status = find_item(&item, v, path, &reason, err);
  if (status) return status;
  if (!item || round_row(v, x, &reason)) {
    refuse(v, row, path, &reason);
    return LNT_OK;
  }
  item->named = true;
  note_vector(v);
  return take_vector(v, item, row, path, err);
}

/* ---- all rows ---- */

static lnt_status fail_count(const vectors_import *v, size_t n_named, bool more, lnt_error *err) {
  return lnti_fail(err, LNT_EDATA,
                   "%s has %zu rows, %s names %s%zu images: each row needs its own. Nothing of the vectors was taken",
                   v->request->file, v->shape.n, v->request->rows, more ? "more than " : "", n_named);
}

static lnt_status take_rows(vectors_import *v, lnt_error *err) {
  const size_t d = v->shape.d, n_block = BLOCK_BYTES / (d * sizeof *v->block) + 1;
  const char *path = NULL;
  uint64_t told = 0;
  lnt_status status = lnti_alloc(&v->block, n_block * d, sizeof *v->block, err);
  if (!status) status = lnti_alloc(&v->there, d, sizeof *v->there, err);
  if (!status) status = lnti_alloc(&v->row, d, sizeof *v->row, err);
  if (!status) status = lnti_alloc(&v->first, d, sizeof *v->first, err);
  if (!status) status = lnti_alloc(&v->old, d, sizeof *v->old, err);
  for (size_t begin = 0; begin < v->shape.n && !status; begin += n_block) {
    size_t n = v->shape.n - begin < n_block ? v->shape.n - begin : n_block;
    status = lnti_cancel_check(v->project->context.cancel, err);
    if (!status) status = lnti_npy_read(v->block, v->npy, begin, n, err);
    for (size_t i = 0; i < n && !status; i++) {
      status = next_path(&path, v, err);
      if (!status && !path) return fail_count(v, begin + i, false, err);
      if (!status) status = take_row(v, begin + i, v->block + i * d, path, err);
    }
    uint64_t now = lnti_monotonic_ns();
    if (status || (begin + n < v->shape.n && now - told < PROGRESS_NS)) continue;
    told = now;
    lnti_job_progress(&v->job, "vectors", begin + n, v->shape.n);
  }
  if (!status) status = next_path(&path, v, err);
  return !status && path ? fail_count(v, v->shape.n, true, err) : status;
}

static lnt_status check_taken(const vectors_import *v, lnt_error *err) {
  if (v->n_other > 0 && v->request->existing == LNTI_IMPORT_EXISTING_AUTO) {
    return lnti_fail(
        err, LNT_ECONFLICT,
        "%zu images have other vectors in embedding:%s already (first: %.150s); nothing was taken. Another "
        "network needs another --name; --existing replace takes these instead of all that are there, "
        "--existing keep only those of new images",
        v->n_other, v->name, v->first_other);
  }
  if (v->result->n_refused < v->shape.n) return LNT_OK;
  return lnti_fail(err, LNT_EDATA, "not one of %zu rows could be taken; the first: %.350s", v->shape.n,
                   v->first_refusal.message);
}

/* ---- afterwards ---- */

static lnt_status warn_of_missing(vectors_import *v, lnt_error *err) {
  int64_t first = 0;
  char *uri = NULL;
  for (size_t i = 0; i < v->n_items; i++) {
    if (lnti_feature_cache_has(v->cache, &v->items[i].content)) continue;
    if (v->result->without++ == 0) first = v->items[i].id;
  }
  if (v->result->without == 0) return LNT_OK;
  lnt_status status = lnti_roster_uri(&uri, v->project, first, err);
  if (!status) {
    status = lnti_messages_add(&v->result->warnings, err,
                               "%zu of %zu images %s no vector in embedding:%s, and %s left out wherever it is used "
                               "(first: %s)",
                               v->result->without, v->n_items, lnti_plural(v->result->without, "has", "have"), v->name,
                               lnti_plural(v->result->without, "is", "are"), uri);
  }
  free(uri);
  return status;
}

static lnt_status warn(vectors_import *v, lnt_error *err) {
  lnti_messages *warnings = &v->result->warnings;
  lnt_status status = warn_of_missing(v, err);
  if (!status && v->n_other > 0) {
    status = lnti_messages_add(warnings, err,
                               "%zu images have other vectors in embedding:%s already, which stay (first: %s)",
                               v->n_other, v->name, v->first_other);
  }
  if (!status && v->n_unlike_copies > 0) {
    status = lnti_messages_add(
        warnings, err,
        "%zu %s of copies, byte for byte, of an earlier row's image, and yet with another vector; the "
        "first row's was taken. Is the list in the order of the rows?",
        v->n_unlike_copies, lnti_plural(v->n_unlike_copies, "row is", "rows are"));
  }
  bool alike = v->n_taken > 1 && !v->vary;
  if (!status && v->n_zero > 0) {
    status = lnti_messages_add(warnings, err, "%zu of %zu vectors %s nothing but zeros: did the other program run?",
                               v->n_zero, v->n_taken, lnti_plural(v->n_zero, "is", "are"));
  } else if (!status && alike) {
    status =
        lnti_messages_add(warnings, err, "all %zu vectors are the same: nothing can be learned from them", v->n_taken);
  }
  return status;
}

/* Everything but what is closed in any case. */
static lnt_status import(vectors_import *v, lnt_error *err) {
  lnt_status status = take_rows(v, err);
  if (!status) status = check_taken(v, err);
  if (!status) status = warn(v, err);
  if (!status) status = lnti_feature_cache_flush(v->cache, err);
  if (status) return status;
  v->set.n = lnti_feature_cache_count(v->cache);
  if (v->is_new) {
    lnti_uuid_text(v->set.content, &v->content);
    name_source(v);
  }
  lnti_feature_cache_close(v->cache);
  v->cache = NULL;
  status = lnti_embeddings_keep(v->project, &v->set, err);
  if (!status) v->is_new = false;
  return status;
}

/* What can be said before any work is begun. */
static lnt_status prepare(vectors_import *v, lnt_error *err) {
  lnt_status status = find_name(v, err);
  if (!status) status = lnti_npy_open(&v->npy, &v->shape, v->request->file, err);
  if (!status) status = open_list(v, err);
  if (!status) status = load_items(v, err);
  if (!status) status = open_finder(v, err);
  return status ? status : open_set(v, err);
}

static void clear(vectors_import *v) {
  lnti_feature_cache_close(v->cache);
  if (v->is_new) lnti_embeddings_discard(v->project, &v->set);
  lnti_arena_clear(&v->arena);
  lnti_finder_free(v->finder);
  lnti_sheet_free(v->sheet);
  lnti_table_file_close(&v->file);
  lnti_npy_close(v->npy);
  free(v->old);
  free(v->first);
  free(v->row);
  free(v->there);
  free(v->block);
  free(v->items);
  free(v->name);
}

lnt_status lnti_import_vectors(lnti_vectors_result *out, lnti_project *project, const lnti_vectors_request *request,
                               lnt_error *err) {
  lnti_vectors_result result = {.rows = 0};
  vectors_import v = {.project = project,
                      .request = request,
                      .result = &result,
                      .file = LNTI_TABLE_FILE_INIT,
                      .first_refusal = LNT_ERROR_INIT};
  uint64_t start = lnti_monotonic_ns();
  int lock = -1;
  lnt_status status = lnti_embeddings_lock(&lock, project, err);
  if (!status) status = prepare(&v, err);
  if (!status) status = lnti_job_begin(&v.job, project, "embeddings", "{}", request->progress, err);
  if (!status) status = lnti_job_end(&v.job, import(&v, err), err);
  if (!status) {
    result.set = v.set;
    result.rows = v.shape.n;
    result.seconds = (double)(lnti_monotonic_ns() - start) * 1e-9;
    *out = result;
    result = (lnti_vectors_result){0};
  }
  clear(&v);
  lnti_embeddings_unlock(lock);
  lnti_vectors_result_clear(&result);
  return status;
}

void lnti_vectors_result_clear(lnti_vectors_result *result) {
  lnti_messages_clear(&result->warnings);
  *result = (lnti_vectors_result){0};
}
