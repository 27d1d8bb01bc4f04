/*
 * The other side of bench/import.py: what nobody can import faster than. Each file is read, decoded in full by TurboJPEG
 * and made into a thumbnail, on as many threads as the import has; nothing is checked, hashed or stored.
 *
 *   bench_import_bare loop THREADS FOLDER...     all files below; one JSON object on stdout
 *   bench_import_bare make FOLDER N WIDTH HEIGHT makes N photographs: noise of all scales, as JPEG of quality 88
 */
#include <base/alloc.h>
#include <base/error.h>
#include <base/file.h>
#include <base/rng.h>
#include <base/threads.h>
#include <flow/import/files.h>
#include <image/thumbnail.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <turbojpeg.h>

static double clock_s(clockid_t clock) {
  struct timespec t;
  (void)clock_gettime(clock, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- the loop ---- */

enum { FILE_MAX = 1 << 28 };

typedef struct loop {
  const lnti_files *files;
  const char *root;
} loop;

static lnt_status one(const char *path, lnt_error *err) {
  char *data = NULL;
  uint8_t *thumb = NULL;
  size_t n = 0, thumb_bytes = 0;
  int w = 0, h = 0, sampling = 0, colours = 0;
  lnti_image image = {0};
  tjhandle tj = tjInitDecompress();
  lnt_status status = lnti_file_read(&data, &n, path, FILE_MAX, err);
  if (status) goto done;
  if (tjDecompressHeader3(tj, (unsigned char *)data, n, &w, &h, &sampling, &colours) != 0) {
    status = lnti_fail(err, LNT_EDATA, "%s: %s", path, tjGetErrorStr2(tj));
    goto done;
  }
  status = lnti_image_new(&image, (size_t)h, (size_t)w, 3, LNTI_DEPTH_U8, err);
  if (status) goto done;
  if (tjDecompress2(tj, (unsigned char *)data, n, image.data, w, 0, h, TJPF_RGB, TJFLAG_ACCURATEDCT) != 0) {
    status = lnti_fail(err, LNT_EDATA, "%s: %s", path, tjGetErrorStr2(tj));
    goto done;
  }
  status = lnti_thumbnail_make(&thumb, &thumb_bytes, NULL, &image, LNTI_THUMBNAIL_SIDE, LNTI_THUMBNAIL_QUALITY, err);
done:
  free(thumb);
  lnti_image_clear(&image);
  free(data);
  if (tj) tjDestroy(tj);
  return status;
}

static lnt_status chunk(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  const loop *l = payload;
  (void)worker;
  for (size_t i = begin; i < end; i++) {
    char path[LNTI_PATH_BYTES_MAX];
    (void)snprintf(path, sizeof path, "%s/%s", l->root, l->files->member[i]);
    lnt_status status = one(path, err);
    if (status) return status;
  }
  return LNT_OK;
}

static lnt_status run_loop(unsigned n_threads, char **folders, int n_folders, lnt_error *err) {
  lnti_pool *pool = NULL;
  size_t n = 0;
  double wall = clock_s(CLOCK_MONOTONIC), cpu = clock_s(CLOCK_PROCESS_CPUTIME_ID);
  lnt_status status = lnti_pool_new(&pool, n_threads, err);
  for (int i = 0; i < n_folders && status == LNT_OK; i++) {
    lnti_files files = {0};
    status = lnti_files_list(&files, folders[i], NULL, NULL, NULL, err);
    loop l = {&files, folders[i]};
    if (status == LNT_OK) status = lnti_pool_for(pool, files.n, files.n > 10000 ? 16 : 1, chunk, &l, NULL, err);
    n += files.n;
    lnti_files_clear(&files);
  }
  lnti_pool_free(pool);
  if (status) return status;
  printf("{\"n\": %zu, \"cpu_s\": %.6f, \"wall_s\": %.6f}\n", n, clock_s(CLOCK_PROCESS_CPUTIME_ID) - cpu,
         clock_s(CLOCK_MONOTONIC) - wall);
  return LNT_OK;
}

/* ---- photographs ---- */

enum { OCTAVES = 8, LATTICE = 64 };

/* Smooth noise between the points of a lattice that repeats. */
static float value_at(const float *lattice, float x, float y) {
  int x0 = (int)floorf(x), y0 = (int)floorf(y);
  float u = x - (float)x0, v = y - (float)y0;
  u = u * u * (3 - 2 * u);
  v = v * v * (3 - 2 * v);
  const float *top = lattice + (size_t)(y0 & (LATTICE - 1)) * LATTICE;
  const float *low = lattice + (size_t)((y0 + 1) & (LATTICE - 1)) * LATTICE;
  int a = x0 & (LATTICE - 1), b = (x0 + 1) & (LATTICE - 1);
  return (top[a] * (1 - u) + top[b] * u) * (1 - v) + (low[a] * (1 - u) + low[b] * u) * v;
}

/* Every octave has half the height of the one before: the spectrum of what cameras see falls like that. */
static void paint(lnti_image *image, lnti_rng *rng, float *lattice) {
  uint8_t *to = image->data;
  float scale[3] = {0};
  for (size_t i = 0; i < (size_t)LATTICE * LATTICE; i++)
    lattice[i] = (float)(lnti_rng_next(rng) >> 40) / (float)(1 << 24);
  for (int k = 0; k < 3; k++) scale[k] = 0.7f + 0.3f * lattice[k];
  for (size_t y = 0; y < image->h; y++) {
    for (size_t x = 0; x < image->w; x++, to += 3) {
      float v = 0, height = 128, step = 1.0f / 512;
      for (int o = 0; o < OCTAVES; o++, height /= 2, step *= 2) {
        v += height * value_at(lattice, (float)x * step + (float)(7 * o), (float)y * step);
      }
      float grain = (float)(lnti_rng_next(rng) >> 60) - 7.5f;
      for (int k = 0; k < 3; k++) {
        float c = v * scale[k] + grain;
        to[k] = (uint8_t)(c < 0 ? 0 : c > 255 ? 255 : c);
      }
    }
  }
}

static lnt_status make_photos(const char *folder, size_t n, size_t w, size_t h, lnt_error *err) {
  lnti_image image = {0};
  float *lattice = NULL;
  lnt_status status = lnti_folder_make(folder, err);
  if (status == LNT_OK) status = lnti_alloc(&lattice, (size_t)LATTICE * LATTICE, sizeof *lattice, err);
  if (status == LNT_OK) status = lnti_image_new(&image, h, w, 3, LNTI_DEPTH_U8, err);
  for (size_t i = 0; i < n && status == LNT_OK; i++) {
    char path[LNTI_PATH_BYTES_MAX];
    uint8_t *data = NULL;
    size_t bytes = 0;
    lnti_rng rng;
    lnti_rng_seed(&rng, 1, i);
    paint(&image, &rng, lattice);
    (void)snprintf(path, sizeof path, "%s/IMG_%05zu.jpg", folder, i);
    status = lnti_image_encode_jpeg(&data, &bytes, &image, 88, err);
    if (status == LNT_OK) status = lnti_file_write_all(path, data, bytes, err);
    free(data);
  }
  lnti_image_clear(&image);
  free(lattice);
  return status;
}

int main(int argc, char **argv) {
  lnt_error err = LNT_ERROR_INIT;
  lnt_status status = LNT_EINVAL;
  if (argc > 3 && strcmp(argv[1], "loop") == 0) {
    status = run_loop((unsigned)strtoul(argv[2], NULL, 10), argv + 3, argc - 3, &err);
  } else if (argc == 6 && strcmp(argv[1], "make") == 0) {
    status =
        make_photos(argv[2], strtoul(argv[3], NULL, 10), strtoul(argv[4], NULL, 10), strtoul(argv[5], NULL, 10), &err);
  }
  if (status) fprintf(stderr, "bench_import_bare: %s\n", err.message[0] ? err.message : "see its head for the usage");
  return status != LNT_OK;
}
