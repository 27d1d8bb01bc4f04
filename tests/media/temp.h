/*
 * Temporary folders and files for tests of what reads files.
 */
#ifndef TESTS_MEDIA_TEMP_H
#define TESTS_MEDIA_TEMP_H

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { TEMP_PATH = 256 };

typedef struct temp_folder {
  char path[64];
} temp_folder;

static inline void temp_open(temp_folder *folder) {
  strcpy(folder->path, "/tmp/linnet-test-XXXXXX");
  if (!mkdtemp(folder->path)) abort();
}

static inline const char *temp_path(char out[TEMP_PATH], const temp_folder *folder, const char *name) {
  snprintf(out, TEMP_PATH, "%s/%s", folder->path, name);
  return out;
}

static inline void temp_close(const temp_folder *folder) {
  DIR *dir = opendir(folder->path);
  struct dirent *entry;
  char path[TEMP_PATH + 64];
  while (dir && (entry = readdir(dir)) != NULL) {
    snprintf(path, sizeof path, "%s/%.200s", folder->path, entry->d_name);
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) (void)remove(path);
  }
  if (dir) closedir(dir);
  (void)rmdir(folder->path);
}

static inline void temp_write(const char *path, const void *data, size_t n) {
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(data, 1, n, file) != n || fclose(file) != 0) abort();
}

/* Compresses n bytes as one gzip member; free() it. */
static inline uint8_t *temp_gzip(size_t *n_out, const void *data, size_t n) {
  z_stream z;
  memset(&z, 0, sizeof z);
  if (deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) abort();
  const size_t cap = deflateBound(&z, (uLong)n) + 64;
  uint8_t *out = malloc(cap), *in = malloc(n + 1);
  if (!out || !in) abort();
  if (n > 0) memcpy(in, data, n);
  z.next_in = in;
  z.avail_in = (uInt)n;
  z.next_out = out;
  z.avail_out = (uInt)cap;
  if (deflate(&z, Z_FINISH) != Z_STREAM_END) abort();
  *n_out = cap - z.avail_out;
  deflateEnd(&z);
  free(in);
  return out;
}

static inline void temp_write_gzip(const char *path, const void *data, size_t n) {
  size_t packed = 0;
  uint8_t *bytes = temp_gzip(&packed, data, n);
  temp_write(path, bytes, packed);
  free(bytes);
}

/* An IDX header of u8; returns its bytes. */
static inline size_t temp_idx_header(uint8_t *out, unsigned n_dimensions, const uint32_t *size) {
  out[0] = out[1] = 0;
  out[2] = 8;
  out[3] = (uint8_t)n_dimensions;
  for (unsigned i = 0; i < n_dimensions; i++) {
    for (unsigned b = 0; b < 4; b++) out[4 + 4 * i + b] = (uint8_t)(size[i] >> (24 - 8 * b));
  }
  return 4 + (size_t)4 * n_dimensions;
}

/* n records of h x w where byte j of record i is (7 i + j) mod 251; free() it. */
static inline uint8_t *temp_idx_images(size_t *bytes_out, uint32_t n, uint32_t h, uint32_t w) {
  const uint32_t size[3] = {n, h, w};
  const size_t record = (size_t)h * w;
  uint8_t *data = malloc(16 + n * record);
  if (!data) abort();
  size_t at = temp_idx_header(data, 3, size);
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < record; j++) data[at++] = (uint8_t)((7 * i + j) % 251);
  }
  *bytes_out = at;
  return data;
}

#endif
