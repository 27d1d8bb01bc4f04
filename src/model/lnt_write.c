/*
 * Writing a model file: entries go to the file beside its place as they come, their headers are kept for the
 * central directory, and commit renames. The writer never holds an entry's bytes.
 *
 * Invariant: after a failed put the file cannot be committed.
 */
#include <base/alloc.h>
#include <base/error.h>
#include <base/file.h>
#include <base/text.h>
#include <model/lnt.h>
#include <model/lnt_zip.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#  error "model files are little-endian, and tensors are used where they are mapped"
#endif

struct lnti_lnt_writer {
  lnti_file_writer *out;
  char *path;
  lnti_zip_entry *entries; /* [n] */
  size_t n, capacity;
  bool failed;
};

static void writer_free(lnti_lnt_writer *file) {
  if (!file) return;
  free(file->entries);
  free(file->path);
  free(file);
}

lnt_status lnti_lnt_create(lnti_lnt_writer **out, const char *path, lnt_error *err) {
  lnti_lnt_writer *file = NULL;
  lnt_status status = lnti_alloc_zero(&file, 1, sizeof *file, err);
  if (status == LNT_OK) status = lnti_strdup(&file->path, path, err);
  if (status == LNT_OK) status = lnti_file_create(&file->out, path, err);
  if (status != LNT_OK) {
    writer_free(file);
    return status;
  }
  *out = file;
  return LNT_OK;
}

/* Whether an entry may be added now; fills everything of `entry`. */
static lnt_status entry_begin(lnti_zip_entry *entry, const lnti_lnt_writer *file, const char *name, const void *data,
                              size_t bytes, lnt_error *err) {
  size_t n_name = strlen(name);
  if (n_name > LNTI_LNT_NAME_MAX)
    return lnti_fail(err, LNT_ELIMIT, "%s: an entry's name has %zu bytes; %d are the most", file->path, n_name,
                     LNTI_LNT_NAME_MAX);
  if (!lnti_zip_name_ok(name, n_name))
    return lnti_fail(err, LNT_EINVAL, "%s: '%s' is no name for an entry", file->path, name);
  if (file->n >= LNTI_LNT_ENTRIES_MAX)
    return lnti_fail(err, LNT_ELIMIT, "%s: more than %d entries", file->path, LNTI_LNT_ENTRIES_MAX);
  for (size_t i = 0; i < file->n; i++)
    if (strcmp(file->entries[i].name, name) == 0)
      return lnti_fail(err, LNT_EEXISTS, "%s: the entry '%s' is there already", file->path, name);
  /* Room for this entry and for all of the directory, so that no offset needs ZIP64. */
  uint64_t offset = lnti_file_offset(file->out);
  uint64_t rest = LNTI_ZIP_HEADER_MAX + (uint64_t)(file->n + 1) * LNTI_ZIP_HEADER_MAX + LNTI_ZIP_END_BYTES;
  if (bytes >= UINT32_MAX || offset + bytes + rest >= UINT32_MAX)
    return lnti_fail(err, LNT_ELIMIT, "%s: a model file holds less than 4 GiB, and '%s' would bring it above",
                     file->path, name);
  memset(entry, 0, sizeof *entry);
  memcpy(entry->name, name, n_name);
  entry->bytes = (uint32_t)bytes;
  entry->offset = (uint32_t)offset;
  entry->crc = (uint32_t)crc32_z(crc32_z(0, NULL, 0), bytes ? data : (const void *)"", bytes);
  return LNT_OK;
}

lnt_status lnti_lnt_put(lnti_lnt_writer *file, const char *name, const void *data, size_t bytes, lnt_error *err) {
  lnti_zip_entry entry;
  lnt_status status = entry_begin(&entry, file, name, data, bytes, err);
  if (status == LNT_OK) status = lnti_grow(&file->entries, &file->capacity, file->n + 1, sizeof *file->entries, err);
  if (status == LNT_OK) {
    uint8_t header[LNTI_ZIP_HEADER_MAX];
    size_t n = lnti_zip_local(header, &entry);
    status = lnti_file_write(file->out, header, n, err);
    if (status == LNT_OK && bytes) status = lnti_file_write(file->out, data, bytes, err);
  }
  if (status == LNT_OK)
    file->entries[file->n++] = entry;
  else
    file->failed = true;
  return status;
}

lnt_status lnti_lnt_put_tensor(lnti_lnt_writer *file, const char *name, lnti_dtype dtype, const size_t *shape,
                               size_t n_dimensions, const void *data, lnt_error *err) {
  lnti_text text = {0};
  size_t bytes = lnti_dtype_bytes(dtype);
  lnt_status status = LNT_OK;
  if (n_dimensions == 0 || n_dimensions > LNTI_LNT_DIMENSIONS_MAX) {
    file->failed = true;
    return lnti_fail(err, LNT_EINVAL, "tensor '%s' has %zu dimensions; 1 to %d are stored", name, n_dimensions,
                     LNTI_LNT_DIMENSIONS_MAX);
  }
  status = lnti_text_printf(&text, err, "weights/%s.%s.", name, lnti_dtype_name(dtype));
  for (size_t i = 0; i < n_dimensions && status == LNT_OK; i++) {
    status = lnti_text_printf(&text, err, "%s%zu", i ? "x" : "", shape[i]);
    if (status == LNT_OK && !lnti_size_mul(&bytes, bytes, shape[i]))
      status = lnti_fail(err, LNT_ELIMIT, "tensor '%s' is larger than memory", name);
  }
  if (status == LNT_OK)
    status = lnti_lnt_put(file, text.data, data, bytes, err);
  else
    file->failed = true;
  lnti_text_clear(&text);
  return status;
}

/* The central directory and the end record. */
static lnt_status write_directory(lnti_lnt_writer *file, lnt_error *err) {
  uint32_t offset = (uint32_t)lnti_file_offset(file->out);
  uint32_t bytes = 0;
  for (size_t i = 0; i < file->n; i++) {
    uint8_t header[LNTI_ZIP_HEADER_MAX];
    size_t n = lnti_zip_central(header, &file->entries[i]);
    lnt_status status = lnti_file_write(file->out, header, n, err);
    if (status != LNT_OK) return status;
    bytes += (uint32_t)n;
  }
  uint8_t end[LNTI_ZIP_END_BYTES];
  lnti_zip_end(end, file->n, bytes, offset);
  return lnti_file_write(file->out, end, sizeof end, err);
}

lnt_status lnti_lnt_commit(lnti_lnt_writer *file, lnt_error *err) {
  lnt_status status = LNT_OK;
  if (file->failed || file->n == 0)
    status = lnti_fail(err, LNT_EINVAL, "%s: not written, as %s", file->path,
                       file->failed ? "an entry before failed" : "it has no entries");
  else
    status = write_directory(file, err);
  if (status == LNT_OK)
    status = lnti_file_commit(file->out, err);
  else
    lnti_file_discard(file->out);
  writer_free(file);
  return status;
}

void lnti_lnt_discard(lnti_lnt_writer *file) {
  if (!file) return;
  lnti_file_discard(file->out);
  writer_free(file);
}
