/*
 * Vectors for the benches: bench_export FEATURE ARRAY FIRST_N OUT writes those of the first images of an IDX array as
 * bare rows, by the path that `linnet extract` takes, so that both sides of a bench read the same numbers.
 */
#include <base/alloc.h>
#include <base/error.h>
#include <feature/feature.h>
#include <media/idx.h>
#include <stdio.h>
#include <stdlib.h>

static lnt_status export_rows(FILE *out, const lnti_extractor *extractor, lnti_idx *idx, const lnti_idx_shape *shape,
                              size_t n, lnt_error *err) {
  void *row = NULL;
  uint8_t *pixels = NULL;
  lnti_image_limits limits = LNTI_IMAGE_LIMITS_INIT;
  size_t row_bytes = lnti_extractor_d(extractor) * lnti_dtype_bytes(lnti_extractor_dtype(extractor));
  lnt_status status = lnti_alloc_aligned(&row, row_bytes, 1, err);
  if (!status) status = lnti_alloc(&pixels, shape->record_bytes, 1, err);
  for (size_t i = 0; i < n && !status; i++) {
    lnti_blob blob = {.kind = LNTI_BLOB_PIXELS,
                      .data = pixels,
                      .bytes = shape->record_bytes,
                      .h = shape->h,
                      .w = shape->w,
                      .c = shape->c};
    status = lnti_idx_read(pixels, idx, 1, err);
    if (!status) status = lnti_extractor_run(row, extractor, &blob, &limits, err);
    if (!status && fwrite(row, row_bytes, 1, out) != 1) status = lnti_fail(err, LNT_EIO, "row %zu: write failed", i);
  }
  free(pixels);
  free(row);
  return status;
}

static lnt_status export(char **argv, lnt_error *err) {
  lnti_idx *idx = NULL;
  lnti_extractor *extractor = NULL;
  FILE *out = NULL;
  lnti_idx_shape shape;
  lnt_status status = lnti_idx_open(&idx, &shape, argv[1], (size_t)1 << 30, err);
  if (status) return status;
  size_t n = (size_t)strtoull(argv[2], NULL, 10);
  lnti_image_traits traits = {shape.h, shape.w, shape.c > 1};
  if (n > shape.size[0]) n = shape.size[0];
  status = lnti_extractor_new(&extractor, argv[0], &traits, err);
  if (!status && !(out = fopen(argv[3], "wb"))) status = lnti_fail(err, LNT_EIO, "%s: cannot be written", argv[3]);
  if (!status) status = export_rows(out, extractor, idx, &shape, n, err);
  if (out && fclose(out) != 0 && !status) status = lnti_fail(err, LNT_EIO, "%s: write failed", argv[3]);
  if (!status) (void)printf("{\"feature\": \"%s\", \"n\": %zu}\n", lnti_extractor_text(extractor), n);
  lnti_extractor_free(extractor);
  lnti_idx_close(idx);
  return status;
}

int main(int argc, char **argv) {
  lnt_error err = LNT_ERROR_INIT;
  if (argc != 5) {
    (void)fprintf(stderr, "usage: bench_export FEATURE ARRAY FIRST_N OUT\n");
    return 2;
  }
  lnt_status status = export(argv + 1, &err);
  if (status) (void)fprintf(stderr, "bench_export: %s\n", err.message);
  return status ? 1 : 0;
}
