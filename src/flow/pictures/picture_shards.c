/*
 * Shards of pictures. A record says whose picture it is and what its bytes are, so that a place in the index need not be
 * believed.
 */
#include <flow/pictures/picture_shards.h>

#include <base/error.h>
#include <dirent.h>
#include <errno.h>
#include <flow/cache_file.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_BYTES = 24 };
static const uint64_t magic = 0x6369504c4e540001u;
_Static_assert(sizeof(lnti_picture_record) == 64, "as in the file");

size_t lnti_picture_record_bytes(size_t n) {
  return (sizeof(lnti_picture_record) + n + 7) / 8 * 8;
}

static void checked(lnti_hash128 *out, const lnti_picture_record *record, const uint8_t *data) {
  lnti_hasher128 hasher;
  lnti_hash128_begin(&hasher);
  lnti_hash128_update(&hasher, record, offsetof(lnti_picture_record, check));
  lnti_hash128_update(&hasher, data, record->bytes);
  lnti_hash128_end(out, &hasher);
}

void lnti_picture_record_make(lnti_picture_record *out, const lnti_hash *content, uint32_t frame, const uint8_t *data,
                              size_t n) {
  *out = (lnti_picture_record){.magic = magic, .frame = frame, .bytes = (uint32_t)n, .content = *content};
  checked(&out->check, out, data);
}

bool lnti_picture_record_is(const lnti_picture_record *record, const lnti_hash *content, uint32_t frame) {
  return record->magic == magic && record->frame == frame &&
         memcmp(record->content.bytes, content->bytes, sizeof content->bytes) == 0;
}

bool lnti_picture_record_holds(const lnti_picture_record *record, const uint8_t *data) {
  lnti_hash128 check;
  checked(&check, record, data);
  return memcmp(&check, &record->check, sizeof check) == 0;
}

/* ---- open files ---- */

void lnti_picture_shards_init(lnti_picture_shards *shards, const char *folder) {
  *shards = (lnti_picture_shards){.folder = folder};
  for (int i = 0; i < LNTI_PICTURE_SHARDS_OPEN; i++) shards->fd[i] = -1;
}

void lnti_picture_shards_close(lnti_picture_shards *shards) {
  for (int i = 0; i < LNTI_PICTURE_SHARDS_OPEN; i++) {
    if (shards->fd[i] >= 0) close(shards->fd[i]);
    shards->fd[i] = -1;
  }
}

void lnti_picture_shards_close_below(lnti_picture_shards *shards, uint32_t first) {
  for (int i = 0; i < LNTI_PICTURE_SHARDS_OPEN; i++) {
    if (shards->fd[i] < 0 || shards->number[i] >= first) continue;
    close(shards->fd[i]);
    shards->fd[i] = -1;
  }
}

int lnti_picture_shards_fd(const lnti_picture_shards *shards, uint32_t number) {
  const uint32_t i = number % LNTI_PICTURE_SHARDS_OPEN;
  return shards->number[i] == number ? shards->fd[i] : -1;
}

static void name_of(char out[NAME_BYTES], uint32_t number) {
  snprintf(out, NAME_BYTES, "%08x.pics", number);
}

lnt_status lnti_picture_shards_open(int *fd_out, lnti_picture_shards *shards, uint32_t number, bool make,
                                    lnt_error *err) {
  char name[NAME_BYTES];
  const uint32_t i = number % LNTI_PICTURE_SHARDS_OPEN;
  int fd = lnti_picture_shards_fd(shards, number);
  if (fd < 0) {
    name_of(name, number);
    lnt_status status = lnti_cache_open_below(&fd, shards->folder, name, make, err);
    if (status) return status;
    if (shards->fd[i] >= 0) close(shards->fd[i]);
    shards->fd[i] = fd;
    shards->number[i] = number;
  }
  *fd_out = fd;
  return LNT_OK;
}

/* ---- all of a folder ---- */

/** The number of a shard's name; 0 where it is none. */
static uint32_t number_of(const char *name) {
  char again[NAME_BYTES];
  const unsigned long number = strtoul(name, NULL, 16);
  if (number == 0 || number > UINT32_MAX) return 0;
  name_of(again, (uint32_t)number);
  return strcmp(again, name) == 0 ? (uint32_t)number : 0;
}

static lnt_status open_folder(DIR **out, const char *folder, lnt_error *err) {
  *out = opendir(folder);
  return *out ? LNT_OK : lnti_fail_errno(err, errno, "%s cannot be listed", folder);
}

lnt_status lnti_picture_shards_total(lnti_picture_total *out, const char *folder, lnt_error *err) {
  lnti_picture_total total = {0};
  DIR *dir = NULL;
  lnt_status status = open_folder(&dir, folder, err);
  if (status) return status;
  for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
    struct stat info;
    const uint32_t number = number_of(entry->d_name);
    if (number == 0 || fstatat(dirfd(dir), entry->d_name, &info, 0) != 0) continue;
    total.bytes += (uint64_t)info.st_size;
    if (total.lowest == 0 || number < total.lowest) total.lowest = number;
    if (number > total.highest) total.highest = number;
  }
  closedir(dir);
  *out = total;
  return LNT_OK;
}

lnt_status lnti_picture_shards_remove(lnti_picture_shards *shards, uint32_t first, lnt_error *err) {
  DIR *dir = NULL;
  lnt_status status = open_folder(&dir, shards->folder, err);
  if (status) return status;
  for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
    const uint32_t number = number_of(entry->d_name);
    if (number == 0 || number >= first) continue;
    (void)unlinkat(dirfd(dir), entry->d_name, 0);
  }
  closedir(dir);
  lnti_picture_shards_close_below(shards, first);
  return LNT_OK;
}
