/*
 * Prediction. Inputs become URIs, URIs go through the pool in blocks (read, prepare, extract: one canonical path), each
 * block's vectors through the model, and results come out in the order of the inputs. The first block is an image for each
 * thread, so that the first results are there at once; those that follow grow to what takes a second, so that threads seldom
 * wait for the last image of a block.
 */
#include <flow/predict/predict.h>

#include <base/alloc.h>
#include <base/cancel.h>
#include <base/error.h>
#include <errno.h>
#include <math.h>
#include <flow/extract/extract.h>
#include <flow/import/files.h>
#include <flow/train/keep_model.h>
#include <flow/view/items.h>
#include <media/idx.h>
#include <model/model.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK_INPUTS = 1024, CHUNK_INPUTS = 8, CHUNKS_A_THREAD = 16, BLOCK_GROWTH = 4 };
static const double block_seconds = 1;

/* ---- finding a model ---- */

static lnt_status note_file(void *payload, const lnti_model_row *row, lnt_error *err) {
  return lnti_strdup(payload, row->file, err);
}

lnt_status lnti_model_find(lnt_model **out, lnti_project *project, const char *name_or_path,
                           const lnti_context *context, lnt_error *err) {
  char *path = NULL, *file = NULL;
  lnt_status status = LNT_OK;
  if (project) {
    status = lnti_store_models(project->store, name_or_path, note_file, &file, err);
    if (status) goto done;
  }
  if (file) {
    status = lnti_project_path(&path, project, err, "%s", file);
  } else if (access(name_or_path, F_OK) == 0) {
    status = lnti_strdup(&path, name_or_path, err);
  } else if (project) {
    status = lnti_model_fail_unknown(project, name_or_path, err);
  } else {
    status = lnti_fail(err, LNT_ENOTFOUND, "%s: no such model file", name_or_path);
  }
  if (status) goto done;
  status = lnti_model_open(out, path, context, err);
done:
  free(path);
  free(file);
  return status;
}

/* ---- blocks of inputs ---- */

typedef struct outcome {
  lnt_status status;
  lnt_error error;
} outcome;

typedef struct prediction_work {
  const lnt_model *model;
  const lnti_context *context;
  const lnti_progress *progress;
  lnti_prediction_visit visit;
  void *payload;
  lnti_media *media;
  lnti_image_limits limits;
  lnti_predict_result result;
  size_t n_total; /* inputs known of; for progress */
  size_t d_bytes, k;
  char *uri[BLOCK_INPUTS]; /* owned */
  size_t n;                /* in the block */
  size_t n_block;          /* it is run when so many are in it */
  unsigned char *rows;     /* [BLOCK_INPUTS] vectors */
  float *prob;             /* [BLOCK_INPUTS,k] */
  float *unknown;          /* [BLOCK_INPUTS]; NULL: the model has no such score */
  outcome *outcomes;       /* [BLOCK_INPUTS] */
} prediction_work;

static lnt_status read_chunk(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  prediction_work *work = payload;
  (void)worker;
  for (size_t i = begin; i < end; i++) {
    outcome *result = &work->outcomes[i];
    lnti_blob blob = {0};
    if (result->status == LNT_OK) {
      result->status = lnti_media_read(&blob, work->media, work->uri[i], &result->error);
    }
    if (result->status == LNT_OK) {
      result->status = lnti_extractor_run(work->rows + i * work->d_bytes, work->model->extractor, &blob, &work->limits,
                                          &result->error);
    }
    lnti_blob_clear(&blob);
    if (lnti_status_ends_all(result->status) || result->status == LNT_ECANCELLED)
      return lnti_fail(err, result->status, "%s", result->error.message);
    /* Failed inputs go through the model as zeros, which costs less than closing the gaps. */
    if (result->status) memset(work->rows + i * work->d_bytes, 0, work->d_bytes);
  }
  return LNT_OK;
}

static lnt_status visit_block(prediction_work *work, lnt_error *err) {
  for (size_t i = 0; i < work->n; i++) {
    const outcome *o = &work->outcomes[i];
    lnti_prediction prediction = {
        .path = work->uri[i], .code = o->status, .reason = o->error.message, .unknown = NAN, .more = i + 1 < work->n};
    if (work->unknown) prediction.unknown = work->unknown[i];
    if (o->status == LNT_OK) prediction.prob = work->prob + i * work->k;
    work->result.n++;
    work->result.n_failed += o->status != LNT_OK;
    lnt_status status = work->visit(work->payload, work->model, &prediction, err);
    if (status) return status;
  }
  return LNT_OK;
}

static void empty_block(prediction_work *work) {
  for (size_t i = 0; i < work->n; i++) free(work->uri[i]);
  work->n = 0;
}

/* By how long this one took. A whole number of images for each thread. */
static void choose_next_block(prediction_work *work, double seconds) {
  size_t threads = lnti_pool_size(work->context->pool);
  double share = seconds > 0 ? block_seconds / seconds : BLOCK_GROWTH;
  size_t n = (size_t)((double)work->n * (share < BLOCK_GROWTH ? share : BLOCK_GROWTH));
  n -= n % threads;
  if (n < threads) n = threads;
  work->n_block = n < BLOCK_INPUTS ? n : BLOCK_INPUTS;
}

static lnt_status run_block(prediction_work *work, lnt_error *err) {
  const lnti_extractor *extractor = work->model->extractor;
  const uint64_t began = lnti_monotonic_ns();
  size_t chunk = work->n / (lnti_pool_size(work->context->pool) * CHUNKS_A_THREAD);
  chunk = chunk == 0 ? 1 : chunk < CHUNK_INPUTS ? chunk : CHUNK_INPUTS;
  lnt_status status = lnti_pool_for(work->context->pool, work->n, chunk, read_chunk, work, work->context->cancel, err);
  if (status) return status;
  lnti_matrix x = lnti_matrix_of(work->rows, work->n, lnti_extractor_d(extractor), lnti_extractor_dtype(extractor));
  status = lnti_model_predict(work->prob, work->model, &x, work->context, err);
  if (!status && work->unknown)
    status = lnti_novelty_score(work->unknown, work->model->novelty, &x, NULL, work->context, err);
  if (status) return status;
  double seconds = (double)(lnti_monotonic_ns() - began) * 1e-9; /* not of who reads the results */
  status = visit_block(work, err);
  if (status) return status;
  choose_next_block(work, seconds);
  empty_block(work);
  lnti_progress_update(work->progress, "images", work->result.n, work->n_total);
  return LNT_OK;
}

static lnt_status add_input(prediction_work *work, char *uri, lnt_error *err) {
  work->outcomes[work->n].status = LNT_OK;
  work->uri[work->n++] = uri;
  return work->n >= work->n_block ? run_block(work, err) : LNT_OK;
}

/* An input that is known to have failed already; it waits its turn among the others. */
static lnt_status add_failure(prediction_work *work, const char *path, const lnt_error *reason, lnt_error *err) {
  char *uri = NULL;
  lnt_status status = lnti_strdup(&uri, path, err);
  if (status) return status;
  work->n_total++;
  work->outcomes[work->n] = (outcome){reason->code, *reason};
  work->uri[work->n++] = uri;
  return work->n >= work->n_block ? run_block(work, err) : LNT_OK;
}

/* ---- paths ---- */

/* Folders that could not be listed. */
typedef struct closed_folders {
  prediction_work *work;
  lnt_status status; /* of adding them */
  lnt_error error;
} closed_folders;

static void add_closed(void *payload, const char *path, lnt_status code, const char *reason) {
  closed_folders *closed = payload;
  lnt_error error = LNT_ERROR_INIT;
  (void)lnti_fail(&error, code, "%s", reason);
  if (closed->status == LNT_OK) closed->status = add_failure(closed->work, path, &error, &closed->error);
}

/* All images below a folder, or in an archive. */
static lnt_status add_members(prediction_work *work, const char *path, bool archive, lnt_error *err) {
  lnti_files files = {0};
  closed_folders closed = {.work = work};
  const lnti_cancel *cancel = work->context->cancel;
  lnt_status status = archive ? lnti_files_list_archive(&files, work->media, path, cancel, add_closed, &closed, err)
                              : lnti_files_list(&files, path, cancel, add_closed, &closed, err);
  if (status == LNT_OK && closed.status) status = lnti_fail(err, closed.status, "%s", closed.error.message);
  if (status) {
    lnti_files_clear(&files);
    return status;
  }
  work->n_total += files.n;
  for (size_t i = 0; i < files.n && status == LNT_OK; i++) {
    char *uri = NULL;
    status = lnti_asprintf(&uri, err, "%s%c%s", path, archive ? '#' : '/', files.member[i]);
    if (status == LNT_OK) status = add_input(work, uri, err);
  }
  lnti_files_clear(&files);
  return status;
}

static lnt_status add_array(prediction_work *work, const char *path, lnt_error *err) {
  lnti_media_options media = LNTI_MEDIA_OPTIONS_INIT;
  lnti_idx *idx = NULL;
  lnti_idx_shape shape;
  lnt_error reason = LNT_ERROR_INIT;
  lnt_status status = lnti_idx_open(&idx, &shape, path, media.array_bytes_max, &reason);
  if (status == LNT_ENOMEM) return lnti_fail(err, status, "%s", reason.message);
  if (status) return add_failure(work, path, &reason, err);
  lnti_idx_close(idx);
  work->n_total += shape.size[0];
  for (size_t i = 0; i < shape.size[0] && status == LNT_OK; i++) {
    char *uri = NULL;
    status = lnti_asprintf(&uri, err, "%s#%zu", path, i);
    if (status == LNT_OK) status = add_input(work, uri, err);
  }
  return status;
}

static lnt_status add_path(prediction_work *work, const char *path, lnt_error *err) {
  struct stat info;
  char *uri = NULL;
  bool exists = stat(path, &info) == 0;
  if (exists && S_ISDIR(info.st_mode)) {
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/') n--;
    lnt_status status = lnti_strndup(&uri, path, n, err);
    if (status == LNT_OK) status = add_members(work, uri, false, err);
    free(uri);
    return status;
  }
  if (exists && S_ISREG(info.st_mode) && lnti_idx_sniff(path)) return add_array(work, path, err);
  if (exists && S_ISREG(info.st_mode) && lnti_archive_sniff(path)) return add_members(work, path, true, err);
  work->n_total++;
  lnt_status status = lnti_strdup(&uri, path, err);
  return status ? status : add_input(work, uri, err);
}

static lnt_status fail_imported(const lnt_model *model, const char *const *paths, size_t n_paths, lnt_error *err) {
  const char *name = lnti_extractor_name(model->extractor);
  for (size_t i = 0; i < n_paths; i++) {
    if (access(paths[i], F_OK) != 0 && !strchr(paths[i], '#'))
      return lnti_fail_errno(err, errno, "%s cannot be read", paths[i]);
  }
  return lnti_fail(
      err, LNT_EUNSUPPORTED,
      "the model learned from vectors that were computed elsewhere (embedding:%s), which cannot be made of "
      "new files here. Images of the project that have one: --items 'path=PATH' instead of paths, or another "
      "FILTER. New files: import them, then their vectors (linnet import --embeddings FILE.npy --rows FILE "
      "--name %s)",
      name, name);
}

lnt_status lnti_predict_paths(lnti_predict_result *out, const lnt_model *model, lnti_project *project,
                              const char *const *paths, size_t n_paths, const lnti_context *context,
                              const lnti_progress *progress, lnti_prediction_visit visit, void *payload,
                              lnt_error *err) {
  lnti_media *own_media = NULL;
  prediction_work *work = NULL;
  if (lnti_extractor_imported(model->extractor)) return fail_imported(model, paths, n_paths, err);
  lnt_status status = lnti_alloc_zero(&work, 1, sizeof *work, err);
  if (status) return status;
  work->model = model;
  work->context = context;
  work->n_block = lnti_pool_size(context->pool);
  work->progress = progress;
  work->visit = visit;
  work->payload = payload;
  work->k = model->n_classes;
  work->d_bytes = lnti_extractor_d(model->extractor) * lnti_dtype_bytes(lnti_extractor_dtype(model->extractor));
  work->limits = project ? project->limits : (lnti_image_limits)LNTI_IMAGE_LIMITS_INIT;
  if (!project) status = lnti_media_new(&own_media, NULL, err);
  if (status) goto done;
  work->media = project ? project->media : own_media;
  status = lnti_alloc_aligned(&work->rows, BLOCK_INPUTS, work->d_bytes, err);
  if (status) goto done;
  status = lnti_alloc_aligned(&work->prob, BLOCK_INPUTS * work->k, sizeof *work->prob, err);
  if (status) goto done;
  if (model->novelty) status = lnti_alloc(&work->unknown, BLOCK_INPUTS, sizeof *work->unknown, err);
  if (status) goto done;
  status = lnti_alloc_zero(&work->outcomes, BLOCK_INPUTS, sizeof *work->outcomes, err);
  if (status) goto done;
  for (size_t i = 0; i < n_paths && status == LNT_OK; i++) status = add_path(work, paths[i], err);
  if (status == LNT_OK && work->n > 0) status = run_block(work, err);
  if (status == LNT_OK && work->result.n == 0) {
    status = lnti_fail(err, LNT_ENOTFOUND,
                       "%s holds no images; name images, folders or archives that hold some, or IDX arrays",
                       n_paths == 1 ? paths[0] : "what was named");
  }
  if (status == LNT_OK) *out = work->result;
done:
  empty_block(work);
  free(work->outcomes);
  free(work->unknown);
  free(work->prob);
  free(work->rows);
  lnti_media_free(own_media);
  free(work);
  return status;
}
