/*
 * Rows of golden tables: what an independent program reads from a file (tests/golden/image_golden.py). Include after
 * cmocka.h.
 */
#ifndef TESTS_IMAGE_GOLDEN_H
#define TESTS_IMAGE_GOLDEN_H

#include "image/pixels.h"
#include <stdio.h>
#include <zlib.h>

static inline uint8_t *read_whole(size_t *n_out, const char *folder, const char *name) {
  char path[1024];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "rb");
  if (!file) return NULL;
  fseek(file, 0, SEEK_END);
  const long n = ftell(file);
  rewind(file);
  uint8_t *data = malloc(n > 0 ? (size_t)n : 1);
  if (!data || n < 0 || fread(data, 1, (size_t)n, file) != (size_t)n) abort();
  fclose(file);
  *n_out = (size_t)n;
  return data;
}

/* CRC-32 of the samples, little-endian. */
static inline uint32_t sum_of(const lnti_image *image) {
  const size_t n = image->h * image->w * image->c;
  uLong sum = crc32(0, NULL, 0);
  for (size_t i = 0; i < n; i++) {
    uint8_t bytes[4];
    uint32_t bits = 0;
    unsigned n_bytes = 1;
    if (image->depth == LNTI_DEPTH_U8) bits = ((uint8_t *)image->data)[i];
    if (image->depth == LNTI_DEPTH_U16) bits = ((uint16_t *)image->data)[i], n_bytes = 2;
    if (image->depth == LNTI_DEPTH_F32) memcpy(&bits, (float *)image->data + i, 4), n_bytes = 4;
    for (unsigned k = 0; k < n_bytes; k++) bytes[k] = (uint8_t)(bits >> 8 * k);
    sum = crc32(sum, bytes, n_bytes);
  }
  return (uint32_t)sum;
}

/* False, and told, for HEIF and AVIF where libvips's module for them is not installed. */
static inline bool is_read_here(const char *folder, const char *name) {
  const lnti_image_limits limits = LNTI_IMAGE_LIMITS_INIT;
  lnti_image_info info;
  lnt_error err = LNT_ERROR_INIT;
  size_t n = 0;
  if (!strstr(name, ".heic") && !strstr(name, ".avif")) return true;
  uint8_t *data = read_whole(&n, folder, name);
  if (!data) return true;
  const lnti_blob blob = blob_of(data, n);
  const bool missing =
      lnti_image_probe(&info, &blob, &limits, &err) == LNT_EUNSUPPORTED && strstr(err.message, "vips-heif") != NULL;
  if (missing) print_message("skipped: %s: %s\n", name, err.message);
  free(data);
  return !missing;
}

/* Checks one row; false at the end of the table. */
static inline bool check_row(FILE *table, const char *folder, const char *prefix) {
  static const char *const depths[] = {"u8", "u16", "f32"};
  const lnti_image_limits limits = LNTI_IMAGE_LIMITS_INIT;
  char name[256], depth[8];
  size_t frame, frames, h, w, c, n = 0;
  int timed;
  uint32_t sum;
  if (fscanf(table, "%255s %zu %zu %d %zu %zu %zu %7s %x", name, &frame, &frames, &timed, &h, &w, &c, depth, &sum) != 9)
    return false;
  if (strncmp(name, prefix, strlen(prefix)) != 0 || !is_read_here(folder, name)) return true;
  uint8_t *data = read_whole(&n, folder, name);
  if (!data) fail_msg("%s/%s is missing", folder, name);
  lnti_blob blob = blob_of(data, n);
  lnti_image_info info;
  lnti_image image = {0};
  blob.frame = frame;
  assert_ok(lnti_image_probe(&info, &blob, &limits, ERR));
  assert_ok(lnti_image_decode(&image, NULL, &blob, NULL, &limits, ERR));
  if (info.frames != frames || info.timed != timed || info.h != h || info.w != w || info.c != c || image.h != h ||
      image.w != w || image.c != c || image.depth != info.depth || strcmp(depths[image.depth], depth) != 0) {
    fail_msg("%s, frame %zu: %zu frames (timed %d), %zu x %zu x %zu %s, where golden has %zu (%d), %zu x %zu x %zu %s",
             name, frame, info.frames, info.timed, image.w, image.h, image.c, depths[image.depth], frames, timed, w, h,
             c, depth);
  }
  if (sum_of(&image) != sum) fail_msg("%s, frame %zu: other pixels than golden (%08x)", name, frame, sum_of(&image));
  lnti_image_clear(&image);
  free(data);
  return true;
}

/* Every row whose file's name begins with `prefix`; returns how many rows the table has. */
static inline size_t check_table(const char *table_path, const char *folder, const char *prefix) {
  size_t n = 0;
  FILE *table = fopen(table_path, "r");
  assert_non_null(table);
  while (check_row(table, folder, prefix)) n++;
  assert_true(feof(table));
  fclose(table);
  return n;
}

/* Cut anywhere from byte `from` on: refused as damaged, before and in the pixels, and nothing is given. The last
 * `spare` bytes do no more than say that it is the end. */
static inline void cut_everywhere(const char *folder, const char *name, size_t from, size_t spare) {
  const lnti_image_limits limits = LNTI_IMAGE_LIMITS_INIT;
  size_t n = 0;
  if (!is_read_here(folder, name)) return;
  uint8_t *data = read_whole(&n, folder, name);
  if (!data) fail_msg("%s/%s is missing", folder, name);
  for (size_t cut = from; cut + spare < n; cut++) {
    uint8_t *part = malloc(cut);
    memcpy(part, data, cut);
    const lnti_blob blob = blob_of(part, cut);
    lnti_image image = {0};
    const lnt_status status = lnti_image_decode(&image, NULL, &blob, NULL, &limits, ERR);
    if (status != LNT_EDATA || image.data) fail_msg("%s cut to %zu of %zu bytes: status %d", name, cut, n, status);
    free(part);
  }
  free(data);
}

#endif
