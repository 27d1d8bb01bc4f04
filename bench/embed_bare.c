/*
 * The other side of bench/embed.py: a backbone's plan run again and again on inputs that are there already, on as many threads as
 * `linnet extract` has, each with a plan of its own for one picture, as in src/feature/backbone.c.
 *
 *   bench_embed_bare level                         the best level of this CPU
 *   bench_embed_bare run BACKBONE N THREADS LEVEL  one JSON object on stdout: seconds of the runs alone
 *   bench_embed_bare make FOLDER N SOURCE...       makes N small photographs: crops of those below the sources, as JPEG
 */
#include <base/alloc.h>
#include <base/error.h>
#include <base/file.h>
#include <base/rng.h>
#include <base/text.h>
#include <base/threads.h>
#include <feature/backbone.h>
#include <flow/import/files.h>
#include <graph/plan.h>
#include <graph/read.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double clock_s(clockid_t clock) {
  struct timespec t;
  (void)clock_gettime(clock, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- the network ---- */

enum { INPUTS = 16, THREADS_MAX = 64 };

typedef struct runs {
  lnti_plan *plan[THREADS_MAX];
  lnti_tensor input[INPUTS];
} runs;

static lnt_status run_some(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  runs *r = payload;
  lnt_status status = LNT_OK;
  for (size_t i = begin; i < end && !status; i++) status = lnti_plan_run(r->plan[worker], &r->input[i % INPUTS], err);
  return status;
}

/* One picture, of the size that the backbone takes, and the layer that is its embedding. */
static lnt_status describe(lnti_tensor *input, uint32_t *layer, const lnti_graph *graph, const char *path,
                           const lnti_context *context, lnt_error *err) {
  lnti_backbone *backbone = NULL;
  lnt_status status = lnti_backbone_open(&backbone, path, NULL, LNTI_BACKBONE_EMBEDDING, context, err);
  if (status) return status;
  const lnti_backbone_spec *spec = lnti_backbone_get_spec(backbone);
  *input = graph->value[graph->input[0]].declared;
  input->shape.dim[0] = 1;
  bool last = input->shape.dim[3] == 3;
  input->shape.dim[last ? 1 : 2] = spec->h;
  input->shape.dim[last ? 2 : 3] = spec->w;
  *layer = spec->layer ? lnti_graph_find(graph, spec->layer, strlen(spec->layer)) : LNTI_NO_VALUE;
  if (*layer == LNTI_NO_VALUE || input->dtype != LNTI_F32)
    status = lnti_fail(err, LNT_EUNSUPPORTED, "%s: no embedding of a picture of f32", path);
  lnti_backbone_free(backbone);
  return status;
}

static lnt_status fill_inputs(runs *r, const lnti_tensor *input, lnt_error *err) {
  lnti_rng rng;
  lnti_rng_seed(&rng, 1, 0);
  lnt_status status = LNT_OK;
  for (size_t k = 0; k < INPUTS && !status; k++) {
    r->input[k] = *input;
    status = lnti_alloc_aligned(&r->input[k].data, lnti_tensor_bytes(input), 1, err);
    float *to = r->input[k].data;
    for (size_t i = 0, n = lnti_shape_count(&input->shape); i < n && !status; i++)
      to[i] = (float)(lnti_rng_next(&rng) >> 56) / 128 - 1;
  }
  return status;
}

static lnt_status run(const char *path, size_t n, unsigned n_threads, const char *level, lnt_error *err) {
  runs r = {0};
  lnti_pool *pool = NULL;
  lnti_graph *graph = NULL;
  lnti_context context = {0};
  lnti_tensor input = {0};
  uint32_t layer = LNTI_NO_VALUE;
  if (n_threads < 1 || n_threads > THREADS_MAX) return lnti_fail(err, LNT_EINVAL, "1 to %d threads", THREADS_MAX);
  lnt_status status = lnt_cpu_parse(&context.cpu, level, err);
  if (!status) status = lnti_pool_new(&pool, n_threads, err);
  if (!status) status = lnti_graph_open(&graph, path, err);
  if (!status) status = describe(&input, &layer, graph, path, &context, err);
  if (!status) status = fill_inputs(&r, &input, err);
  input.data = NULL;
  const lnti_plan_options options = {.input = &input, .output = &layer, .n_outputs = 1};
  for (unsigned t = 0; t < n_threads && !status; t++) {
    status = lnti_plan_new(&r.plan[t], graph, &options, &context, err);
    if (!status) status = lnti_plan_run(r.plan[t], r.input, err);
  }
  double wall = clock_s(CLOCK_MONOTONIC), cpu = clock_s(CLOCK_PROCESS_CPUTIME_ID);
  if (!status) status = lnti_pool_for(pool, n, 1, run_some, &r, NULL, err);
  wall = clock_s(CLOCK_MONOTONIC) - wall;
  cpu = clock_s(CLOCK_PROCESS_CPUTIME_ID) - cpu;
  if (!status) printf("{\"n\": %zu, \"cpu_s\": %.6f, \"wall_s\": %.6f}\n", n, cpu, wall);
  for (unsigned t = 0; t < n_threads; t++) lnti_plan_free(r.plan[t]);
  for (size_t k = 0; k < INPUTS; k++) free(r.input[k].data);
  lnti_graph_free(graph);
  lnti_pool_free(pool);
  return status;
}

/* ---- photographs ---- */

enum { SIDE_LEAST = 64, SIDE_MOST = 256, QUALITY = 90, FILE_MAX = 1 << 28, SOURCES_MAX = 16 };

typedef struct sources {
  lnti_files files[SOURCES_MAX];
  char **folder;
  size_t n;
} sources;

static lnt_status open_photo(lnti_image *out, const sources *from, size_t i, lnt_error *err) {
  const lnti_image_limits limits = LNTI_IMAGE_LIMITS_INIT;
  lnti_blob blob = {.kind = LNTI_BLOB_ENCODED};
  char path[LNTI_PATH_BYTES_MAX], *data = NULL;
  size_t s = 0, bytes = 0;
  for (; i >= from->files[s].n; s++) i -= from->files[s].n;
  (void)snprintf(path, sizeof path, "%s/%s", from->folder[s], from->files[s].member[i]);
  lnt_status status = lnti_file_read(&data, &bytes, path, FILE_MAX, err);
  if (status) return status;
  blob.data = (const uint8_t *)data;
  blob.bytes = bytes;
  status = lnti_image_decode(out, NULL, &blob, NULL, &limits, err);
  free(data);
  return status;
}

/* A crop of half its sides or more, at a size between the least and the most. */
static lnt_status small_photo(lnti_image *out, const lnti_image *photo, lnti_rng *rng, lnt_error *err) {
  lnti_image crop = {0};
  const size_t h = photo->h / 2 + lnti_rng_below(rng, photo->h / 2 + 1), y = lnti_rng_below(rng, photo->h - h + 1);
  const size_t w = photo->w / 2 + lnti_rng_below(rng, photo->w / 2 + 1), x = lnti_rng_below(rng, photo->w - w + 1);
  const size_t to_h = SIDE_LEAST + lnti_rng_below(rng, SIDE_MOST - SIDE_LEAST + 1);
  const size_t to_w = SIDE_LEAST + lnti_rng_below(rng, SIDE_MOST - SIDE_LEAST + 1);
  lnt_status status = lnti_image_new(&crop, h, w, photo->c, LNTI_DEPTH_U8, err);
  if (status) return status;
  for (size_t row = 0; row < h; row++)
    memcpy((uint8_t *)crop.data + row * w * photo->c,
           (const uint8_t *)photo->data + ((y + row) * photo->w + x) * photo->c, w * photo->c);
  status = lnti_image_resize(out, &crop, to_h, to_w, err);
  lnti_image_clear(&crop);
  return status;
}

static lnt_status make_photo(const char *path, const sources *from, size_t i, size_t n_sources, lnt_error *err) {
  lnti_image photo = {0}, small = {0};
  uint8_t *data = NULL;
  size_t bytes = 0;
  lnti_rng rng;
  lnti_rng_seed(&rng, 1, i);
  lnt_status status = open_photo(&photo, from, i % n_sources, err);
  if (!status && (photo.h < 2 || photo.w < 2 || photo.depth != LNTI_DEPTH_U8 || photo.c == 4))
    status = lnti_fail(err, LNT_EUNSUPPORTED, "not a photograph");
  if (!status) status = small_photo(&small, &photo, &rng, err);
  if (!status) status = lnti_image_encode_jpeg(&data, &bytes, &small, QUALITY, err);
  if (!status) status = lnti_file_write_all(path, (const char *)data, bytes, err);
  free(data);
  lnti_image_clear(&photo);
  lnti_image_clear(&small);
  return status;
}

static lnt_status make(const char *folder, size_t n, char **folders, int n_folders, lnt_error *err) {
  sources from = {.folder = folders};
  size_t n_sources = 0, n_made = 0, n_failed = 0;
  lnt_status status = lnti_folder_make(folder, err);
  for (; from.n < (size_t)n_folders && from.n < SOURCES_MAX && !status; from.n++) {
    status = lnti_files_list(&from.files[from.n], folders[from.n], NULL, NULL, NULL, err);
    n_sources += from.files[from.n].n;
  }
  if (!status && n_sources == 0) status = lnti_fail(err, LNT_ENOTFOUND, "there is not one photograph");
  for (size_t i = 0; n_made < n && !status; i++) {
    char path[LNTI_PATH_BYTES_MAX];
    (void)snprintf(path, sizeof path, "%s/%05zu.jpg", folder, n_made);
    lnt_status one = make_photo(path, &from, i, n_sources, err);
    n_made += one == LNT_OK;
    n_failed += one != LNT_OK; /* sets have files that are broken on purpose */
    if (n_failed > 1000 + n_made) status = one;
  }
  for (size_t s = 0; s < from.n; s++) lnti_files_clear(&from.files[s]);
  return status;
}

int main(int argc, char **argv) {
  lnt_error err = LNT_ERROR_INIT;
  lnt_status status = LNT_EINVAL;
  if (argc == 2 && strcmp(argv[1], "level") == 0) return puts(lnt_cpu_name(lnt_cpu_detect())) < 0;
  if (argc == 6 && strcmp(argv[1], "run") == 0) {
    status = run(argv[2], strtoul(argv[3], NULL, 10), (unsigned)strtoul(argv[4], NULL, 10), argv[5], &err);
  } else if (argc > 4 && strcmp(argv[1], "make") == 0) {
    status = make(argv[2], strtoul(argv[3], NULL, 10), argv + 4, argc - 4, &err);
  }
  if (status) fprintf(stderr, "bench_embed_bare: %s\n", err.message[0] ? err.message : "see its head for the usage");
  return status != LNT_OK;
}
