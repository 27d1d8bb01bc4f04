/*
 * The lock lies on the part's own file, so that nothing is left over when all is done. Whoever got it looks whether the name
 * still leads to the file that is locked: the maker before may have renamed it (then there is a pack), or removed it.
 *
 * When a pack was opened last stands in its time of modification.
 */
#include <media/pack_folder.h>

#include <base/alloc.h>
#include <base/error.h>
#include <base/file.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

enum { LOCK_LOOK_MS = 20 };

/* ---- finding ---- */

static lnt_status name_files(lnti_pack_place *place, const char *folder, const lnti_hash *key, lnt_error *err) {
  char hex[LNTI_HASH_HEX];
  lnti_hash_hex(hex, key);
  lnt_status status = lnti_strdup(&place->folder, folder, err);
  if (status == LNT_OK) status = lnti_asprintf(&place->pack, err, "%s/%s.pack", folder, hex);
  if (status == LNT_OK) status = lnti_asprintf(&place->part, err, "%s/%s.part", folder, hex);
  return status;
}

/** LNT_ENOTFOUND where there is none; LNT_ECORRUPT for one that is of no use. */
static lnt_status open_pack(lnti_span *found_out, lnti_index *index_out, lnt_error *damage_out,
                            const lnti_pack_place *place, const lnti_hash *key, const char *name, lnt_error *err) {
  lnti_span span = LNTI_SPAN_INIT;
  struct stat st;
  span.fd = open(place->pack, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (span.fd < 0 && (errno == EACCES || errno == EROFS)) {
    span.fd = open(place->pack, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  }
  if (span.fd < 0) return lnti_fail_errno(err, errno, "%s", place->pack);
  lnt_status status = LNT_OK;
  if (fstat(span.fd, &st) != 0 || !S_ISREG(st.st_mode)) {
    status = lnti_fail(err, LNT_ECORRUPT, "%s: is no regular file", place->pack);
  } else {
    span.bytes = (uint64_t)st.st_size;
    status = lnti_pack_read(index_out, damage_out, &span, key, name, err);
  }
  if (status != LNT_OK) {
    lnti_span_close(&span);
    return status;
  }
  /* Opened now. Where that cannot be written down it counts as older than it is. */
  (void)!futimens(span.fd, NULL);
  *found_out = span;
  return LNT_OK;
}

static bool leads_to(const char *path, int fd) {
  struct stat by_name, by_fd;
  return fstatat(AT_FDCWD, path, &by_name, AT_SYMLINK_NOFOLLOW) == 0 && fstat(fd, &by_fd) == 0 &&
         by_name.st_dev == by_fd.st_dev && by_name.st_ino == by_fd.st_ino;
}

/** Waits for the lock by looking again and again: a cancellation must end it. */
static lnt_status lock(int fd, const char *part, const lnti_cancel *cancel, lnt_error *err) {
  const struct timespec pause = {0, LOCK_LOOK_MS * 1000000L};
  while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return lnti_fail_errno(err, errno, "%s: cannot be locked", part);
    lnt_status status = lnti_cancel_check(cancel, err);
    if (status != LNT_OK) return status;
    nanosleep(&pause, NULL);
  }
  return LNT_OK;
}

/** Locks the part, made where there is none; *fd_out is -1 where it went away meanwhile. */
static lnt_status lock_part(int *fd_out, const char *part, const lnti_cancel *cancel, lnt_error *err) {
  const int fd = open(part, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
  *fd_out = -1;
  if (fd < 0) return lnti_fail_errno(err, errno, "%s: cannot be made", part);
  lnt_status status = lock(fd, part, cancel, err);
  if (status == LNT_OK && leads_to(part, fd)) {
    *fd_out = fd;
  } else {
    close(fd);
  }
  return status;
}

/** Under the lock, and without a sound pack: the part is the caller's to fill. */
static lnt_status begin_part(const lnti_pack_place *place, bool corrupt, lnt_error *err) {
  if (corrupt) unlink(place->pack);
  return ftruncate(place->fd, 0) == 0 ? LNT_OK : lnti_fail_errno(err, errno, "%s: cannot be made", place->part);
}

static void close_part(lnti_pack_place *place) {
  if (place->fd < 0) return;
  /* Before the lock goes with the handle, so that whoever waits for it sees that the file is gone. */
  unlink(place->part);
  close(place->fd);
  place->fd = -1;
}

lnt_status lnti_pack_find(lnti_pack_place *place_out, lnti_span *found_out, lnti_index *index_out,
                          lnt_error *damage_out, const char *folder, const lnti_hash *key, const char *name,
                          const lnti_cancel *cancel, lnt_error *err) {
  lnti_pack_place place = LNTI_PACK_PLACE_INIT;
  lnt_status status = lnti_folder_make(folder, err);
  if (status == LNT_OK) status = name_files(&place, folder, key, err);
  while (status == LNT_OK) {
    lnt_error reason = LNT_ERROR_INIT;
    const lnt_status found = open_pack(found_out, index_out, damage_out, &place, key, name, &reason);
    if (found == LNT_OK) {
      close_part(&place);
      break;
    }
    if (found != LNT_ENOTFOUND && found != LNT_ECORRUPT) {
      if (err) *err = reason;
      status = found;
    } else if (place.fd >= 0) {
      status = begin_part(&place, found == LNT_ECORRUPT, err);
      break;
    } else {
      status = lock_part(&place.fd, place.part, cancel, err);
    }
  }
  if (status != LNT_OK) {
    lnti_pack_abandon(&place);
    return status;
  }
  *place_out = place;
  return LNT_OK;
}

/* ---- making ---- */

lnt_status lnti_pack_commit(lnti_span *out, lnti_pack_place *place, uint64_t bytes, const char *name, lnt_error *err) {
  if (rename(place->part, place->pack) != 0) {
    return lnti_fail_errno(err, errno, "%s: what was unpacked of it cannot be put in place", name);
  }
  /* The handle lives on in the span, and the lock would with it. */
  flock(place->fd, LOCK_UN);
  *out = (lnti_span){.fd = place->fd, .bytes = bytes};
  place->fd = -1;
  return LNT_OK;
}

void lnti_pack_abandon(lnti_pack_place *place) {
  close_part(place);
  free(place->folder);
  free(place->pack);
  free(place->part);
  *place = (lnti_pack_place)LNTI_PACK_PLACE_INIT;
}

/* ---- making room ---- */

typedef struct file {
  char *name;
  uint64_t bytes;
  struct timespec opened;
} file;

typedef struct contents {
  file *pack; /* [n] */
  size_t n, capacity;
  uint64_t bytes; /* of all packs, and of the parts of others */
} contents;

static void clear_contents(contents *c) {
  for (size_t i = 0; i < c->n; i++) free(c->pack[i].name);
  free(c->pack);
}

static bool ends_in(const char *name, const char *ending) {
  const size_t n = strlen(name), k = strlen(ending);
  return n == LNTI_HASH_HEX - 1 + k && strcmp(name + n - k, ending) == 0;
}

/** Removes a part whose maker is dead: nobody holds its lock. */
static bool remove_dead(int folder, const char *name) {
  const int fd = openat(folder, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) return errno == ENOENT;
  const bool dead = flock(fd, LOCK_EX | LOCK_NB) == 0;
  /* A maker that has opened it and waits for the lock will see that its name is gone. */
  if (dead) unlinkat(folder, name, 0);
  close(fd);
  return dead;
}

static lnt_status add_file(contents *c, int folder, const char *name, const char *own_part, lnt_error *err) {
  struct stat st;
  const bool part = ends_in(name, ".part");
  if (!part && !ends_in(name, ".pack")) return LNT_OK;
  if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode)) return LNT_OK;
  if (part && (strcmp(name, own_part) == 0 || remove_dead(folder, name))) return LNT_OK;
  c->bytes += (uint64_t)st.st_size;
  if (part) return LNT_OK;
  lnt_status status = lnti_grow(&c->pack, &c->capacity, c->n + 1, sizeof *c->pack, err);
  if (status != LNT_OK) return status;
  c->pack[c->n] = (file){.bytes = (uint64_t)st.st_size, .opened = st.st_mtim};
  status = lnti_strdup(&c->pack[c->n].name, name, err);
  if (status == LNT_OK) c->n++;
  return status;
}

static lnt_status look(contents *c, DIR *folder, const lnti_pack_place *place, lnt_error *err) {
  const char *own_part = strrchr(place->part, '/') + 1;
  lnt_status status = LNT_OK;
  for (struct dirent *e = readdir(folder); e && status == LNT_OK; e = readdir(folder)) {
    status = add_file(c, dirfd(folder), e->d_name, own_part, err);
  }
  return status;
}

static int compare_ages(const void *a, const void *b) {
  const file *x = a, *y = b;
  if (x->opened.tv_sec != y->opened.tv_sec) return x->opened.tv_sec < y->opened.tv_sec ? -1 : 1;
  return (x->opened.tv_nsec > y->opened.tv_nsec) - (x->opened.tv_nsec < y->opened.tv_nsec);
}

lnt_status lnti_pack_make_room(const lnti_pack_place *place, uint64_t total, uint64_t bytes_max, const char *name,
                               lnt_error *err) {
  contents c = {0};
  if (total > bytes_max) {
    return lnti_fail(err, LNT_ELIMIT, "%s: unpacked it takes more than the %" PRIu64 " bytes of disk that archives may",
                     name, bytes_max);
  }
  DIR *folder = opendir(place->folder);
  if (!folder) return lnti_fail_errno(err, errno, "%s: cannot be listed", place->folder);
  const uint64_t others_max = bytes_max - total;
  lnt_status status = look(&c, folder, place, err);
  if (status == LNT_OK && c.n > 1) qsort(c.pack, c.n, sizeof *c.pack, compare_ages);
  for (size_t i = 0; status == LNT_OK && i < c.n && (c.bytes > others_max || c.n - i >= LNTI_PACKS_MAX); i++) {
    (void)unlinkat(dirfd(folder), c.pack[i].name, 0);
    c.bytes -= c.pack[i].bytes;
  }
  if (status == LNT_OK && c.bytes > others_max) {
    status = lnti_fail(err, LNT_EBUSY,
                       "%s: does not fit beside what others are unpacking into %" PRIu64
                       " bytes of disk; try again when they are done",
                       name, bytes_max);
  }
  closedir(folder);
  clear_contents(&c);
  return status;
}
