/*
 * Reading a model file: mapped, then checked whole before anything is handed out.
 *
 * The check goes once over the entries in file order. Each must begin where the one before it ended, both of
 * its headers must be byte for byte what the writer makes of its name, size and check sum, and its bytes must
 * have that check sum. The directory must follow the last entry, the end record the directory, and the file
 * end there. So every byte is accounted for, and nothing is allocated beyond one record an entry.
 */
#include <base/alloc.h>
#include <base/bytes.h>
#include <base/error.h>
#include <base/regular.h>
#include <base/text.h>
#include <errno.h>
#include <model/lnt.h>
#include <model/lnt_zip.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

struct lnti_lnt_reader {
  char *name;
  const uint8_t *data; /* [bytes] */
  size_t bytes;
  void *mapped;            /* to unmap; NULL */
  void *copy;              /* to free; NULL */
  lnti_zip_entry *entries; /* [n] sorted by name */
  size_t n;
};

static int compare_entries(const void *a, const void *b) {
  return strcmp(((const lnti_zip_entry *)a)->name, ((const lnti_zip_entry *)b)->name);
}

/* One failure text for all of them: what is wrong, and what to do. */
static lnt_status corrupt(const lnti_lnt_reader *file, const char *what, lnt_error *err) {
  return lnti_fail(err, LNT_ECORRUPT,
                   "%s: the model file is damaged (%s): train again, or copy it again from its source", file->name,
                   what);
}

/* Reads the central header at *central and the entry that it speaks of, which must begin at *local. */
static lnt_status check_entry(lnti_zip_entry *entry, size_t *local, size_t *central, const lnti_lnt_reader *file,
                              size_t central_begin, size_t central_end, lnt_error *err) {
  uint8_t expected[LNTI_ZIP_HEADER_MAX];
  const uint8_t *p = file->data + *central;
  if (central_end - *central < LNTI_ZIP_CENTRAL_BYTES) return corrupt(file, "its directory ends early", err);
  size_t n_name = lnti_get_le16(p + 28);
  if (central_end - *central - LNTI_ZIP_CENTRAL_BYTES < n_name) return corrupt(file, "its directory ends early", err);
  if (!lnti_zip_name_ok((const char *)p + LNTI_ZIP_CENTRAL_BYTES, n_name))
    return corrupt(file, "an entry has an impossible name", err);

  memset(entry, 0, sizeof *entry);
  memcpy(entry->name, p + LNTI_ZIP_CENTRAL_BYTES, n_name);
  entry->crc = lnti_get_le32(p + 16);
  entry->bytes = lnti_get_le32(p + 24);
  entry->offset = lnti_get_le32(p + 42);
  size_t n_central = lnti_zip_central(expected, entry);
  if (memcmp(p, expected, n_central) != 0) return corrupt(file, "a header in its directory was altered", err);
  if (entry->offset != *local) return corrupt(file, "its entries do not follow each other", err);

  size_t n_local = lnti_zip_local(expected, entry);
  size_t room = central_begin - *local;
  if (room < n_local || room - n_local < entry->bytes) return corrupt(file, "an entry reaches into its directory", err);
  if (memcmp(file->data + *local, expected, n_local) != 0) return corrupt(file, "an entry's header was altered", err);
  const uint8_t *data = file->data + *local + n_local;
  if (crc32_z(crc32_z(0, NULL, 0), data, entry->bytes) != entry->crc)
    return corrupt(file, "an entry's bytes do not have their check sum", err);
  *local += n_local + entry->bytes;
  *central += n_central;
  return LNT_OK;
}

/* Where the directory lies, from the end record. */
static lnt_status find_directory(size_t *begin_out, size_t *end_out, size_t *n_out, const lnti_lnt_reader *file,
                                 lnt_error *err) {
  static const uint8_t magic[4] = {'P', 'K', 3, 4};
  if (file->bytes < sizeof magic || memcmp(file->data, magic, sizeof magic) != 0)
    return lnti_fail(err, LNT_EDATA, "%s is no Linnet model file: give a .lnt file written by `linnet train`",
                     file->name);
  if (file->bytes < LNTI_ZIP_END_BYTES) return corrupt(file, "it ends early", err);
  if (file->bytes >= UINT32_MAX)
    return lnti_fail(err, LNT_ELIMIT, "%s has %zu bytes; model files hold less than 4 GiB", file->name, file->bytes);
  size_t end = file->bytes - LNTI_ZIP_END_BYTES;
  const uint8_t *p = file->data + end;
  size_t n = lnti_get_le16(p + 8);
  uint32_t central_bytes = lnti_get_le32(p + 12), central_offset = lnti_get_le32(p + 16);
  uint8_t expected[LNTI_ZIP_END_BYTES];
  lnti_zip_end(expected, n, central_bytes, central_offset);
  if (memcmp(p, expected, sizeof expected) != 0 || (uint64_t)central_offset + central_bytes != end)
    return corrupt(file, "it ends early, or its end was altered", err);
  if (n > LNTI_LNT_ENTRIES_MAX)
    return lnti_fail(err, LNT_ELIMIT, "%s has %zu entries; %d are the most", file->name, n, LNTI_LNT_ENTRIES_MAX);
  if (n == 0 || central_bytes / LNTI_ZIP_CENTRAL_BYTES < n) return corrupt(file, "its directory ends early", err);
  *begin_out = central_offset;
  *end_out = end;
  *n_out = n;
  return LNT_OK;
}

static lnt_status check_file(lnti_lnt_reader *file, lnt_error *err) {
  size_t begin = 0, end = 0, n = 0, local = 0;
  lnt_status status = find_directory(&begin, &end, &n, file, err);
  if (status == LNT_OK) status = lnti_alloc(&file->entries, n, sizeof *file->entries, err);
  if (status != LNT_OK) return status;
  size_t central = begin;
  for (file->n = 0; file->n < n; file->n++) {
    status = check_entry(&file->entries[file->n], &local, &central, file, begin, end, err);
    if (status != LNT_OK) return status;
  }
  if (local != begin || central != end) return corrupt(file, "there are bytes that belong to no entry", err);
  qsort(file->entries, n, sizeof *file->entries, compare_entries);
  for (size_t i = 1; i < n; i++)
    if (compare_entries(&file->entries[i - 1], &file->entries[i]) == 0)
      return corrupt(file, "two entries have one name", err);
  return LNT_OK;
}

/* Takes over `file` in every case. */
static lnt_status finish_open(lnti_lnt_reader **out, lnti_lnt_reader *file, lnt_error *err) {
  lnt_status status = check_file(file, err);
  if (status != LNT_OK) {
    lnti_lnt_close(file);
    return status;
  }
  *out = file;
  return LNT_OK;
}

static lnt_status map_file(lnti_lnt_reader *file, const char *path, lnt_error *err) {
  int fd = -1;
  struct stat info;
  lnt_status status = lnti_regular_open(&fd, &info, path, err);
  if (status != LNT_OK) return status;
  if (info.st_size == 0) {
    status = lnti_fail(err, LNT_EDATA, "%s is no Linnet model file: it is empty", path);
  } else if ((uintmax_t)info.st_size >= UINT32_MAX) {
    status =
        lnti_fail(err, LNT_ELIMIT, "%s has %jd bytes; model files hold less than 4 GiB", path, (intmax_t)info.st_size);
  } else {
    void *data = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED) {
      status = lnti_fail_errno(err, errno, "%s: cannot map it", path);
    } else {
      file->mapped = data;
      file->data = data;
      file->bytes = (size_t)info.st_size;
    }
  }
  close(fd);
  return status;
}

lnt_status lnti_lnt_open(lnti_lnt_reader **out, const char *path, lnt_error *err) {
  lnti_lnt_reader *file = NULL;
  lnt_status status = lnti_alloc_zero(&file, 1, sizeof *file, err);
  if (status != LNT_OK) return status;
  status = lnti_strdup(&file->name, path, err);
  if (status == LNT_OK) status = map_file(file, path, err);
  if (status != LNT_OK) {
    lnti_lnt_close(file);
    return status;
  }
  return finish_open(out, file, err);
}

lnt_status lnti_lnt_open_memory(lnti_lnt_reader **out, const void *data, size_t bytes, const char *name,
                                lnt_error *err) {
  lnti_lnt_reader *file = NULL;
  lnt_status status = lnti_alloc_zero(&file, 1, sizeof *file, err);
  if (status != LNT_OK) return status;
  status = lnti_strdup(&file->name, name, err);
  if (status == LNT_OK && (uintptr_t)data % LNTI_ZIP_ALIGN != 0) {
    status = lnti_alloc_aligned(&file->copy, bytes, 1, err);
    if (status == LNT_OK && bytes) memcpy(file->copy, data, bytes);
  }
  if (status != LNT_OK) {
    lnti_lnt_close(file);
    return status;
  }
  file->data = file->copy ? file->copy : data;
  file->bytes = bytes;
  return finish_open(out, file, err);
}

void lnti_lnt_close(lnti_lnt_reader *file) {
  if (!file) return;
  free(file->entries);
  if (file->mapped) munmap(file->mapped, file->bytes);
  free(file->copy);
  free(file->name);
  free(file);
}

static const void *entry_data(const lnti_lnt_reader *file, const lnti_zip_entry *entry) {
  return file->data + entry->offset + lnti_zip_local_bytes(entry->offset, strlen(entry->name));
}

lnt_status lnti_lnt_get(const void **data_out, size_t *bytes_out, const lnti_lnt_reader *file, const char *name,
                        lnt_error *err) {
  lnti_zip_entry key = {0};
  const lnti_zip_entry *entry = NULL;
  if (strlen(name) <= LNTI_LNT_NAME_MAX) {
    memcpy(key.name, name, strlen(name));
    entry = bsearch(&key, file->entries, file->n, sizeof *file->entries, compare_entries);
  }
  if (!entry) return lnti_fail(err, LNT_ECORRUPT, "%s: the model file lacks its entry '%s'", file->name, name);
  *data_out = entry_data(file, entry);
  *bytes_out = entry->bytes;
  return LNT_OK;
}

/* The shape at the end of a tensor's name: canonical decimals joined by 'x'; false for anything else. */
static bool parse_shape(size_t *shape, size_t n_dimensions, const char *text) {
  for (size_t i = 0; i < n_dimensions; i++) {
    if (*text < '0' || *text > '9' || (*text == '0' && text[1] >= '0' && text[1] <= '9')) return false;
    size_t value = 0;
    for (; *text >= '0' && *text <= '9'; text++) {
      if (value > UINT32_MAX) return false; /* no entry has that many elements */
      value = value * 10 + (size_t)(*text - '0');
    }
    shape[i] = value;
    if (*text++ != (i + 1 < n_dimensions ? 'x' : '\0')) return false;
  }
  return true;
}

lnt_status lnti_lnt_get_tensor(const void **data_out, size_t *shape, size_t n_dimensions, const lnti_lnt_reader *file,
                               const char *name, lnti_dtype dtype, lnt_error *err) {
  char prefix[LNTI_LNT_NAME_MAX + 1];
  int n_prefix = snprintf(prefix, sizeof prefix, "weights/%s.", name);
  const lnti_zip_entry *entry = NULL;
  for (size_t i = 0; i < file->n && n_prefix > 0 && (size_t)n_prefix < sizeof prefix; i++)
    if (strncmp(file->entries[i].name, prefix, (size_t)n_prefix) == 0) entry = &file->entries[i];
  if (!entry) return lnti_fail(err, LNT_ECORRUPT, "%s: the model file lacks its tensor '%s'", file->name, name);

  const char *type = lnti_dtype_name(dtype);
  const char *rest = entry->name + n_prefix;
  size_t found[LNTI_LNT_DIMENSIONS_MAX];
  bool same = n_dimensions >= 1 && n_dimensions <= LNTI_LNT_DIMENSIONS_MAX && strncmp(rest, type, strlen(type)) == 0 &&
              rest[strlen(type)] == '.' && parse_shape(found, n_dimensions, rest + strlen(type) + 1);
  size_t bytes = lnti_dtype_bytes(dtype);
  for (size_t i = 0; same && i < n_dimensions; i++)
    same = (found[i] == shape[i] || (i == 0 && shape[0] == SIZE_MAX)) && lnti_size_mul(&bytes, bytes, found[i]);
  if (!same || bytes != entry->bytes)
    return lnti_fail(err, LNT_ECORRUPT,
                     "%s: its tensor '%s' (%u bytes) is not of the type and shape that the model needs", file->name,
                     entry->name, (unsigned)entry->bytes);
  *data_out = entry_data(file, entry);
  shape[0] = found[0];
  return LNT_OK;
}

const char *lnti_lnt_name(const lnti_lnt_reader *file) {
  return file->name;
}
