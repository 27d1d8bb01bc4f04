/*
 * The folder of packs: one makes, others wait; what a killed maker leaves is found; bounded, least recently opened out
 * first; deleted, cut and damaged from under those who read; a full disk; a folder that cannot be used.
 */
#include <media/pack_folder.h>

#include "support.h"

#include "media/make_archive.h"
#include "media/temp.h"
#include <dirent.h>
#include <fcntl.h>
#include <media/media.h>
#include <pthread.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { TEXT = 2000 };

typedef struct fixture {
  temp_folder folder, cache;
} fixture;

static int set_up(void **state) {
  static fixture f;
  temp_open(&f.folder);
  temp_open(&f.cache);
  *state = &f;
  return 0;
}

static int tear_down(void **state) {
  fixture *f = *state;
  temp_close(&f->folder);
  temp_close(&f->cache);
  return 0;
}

/* A tar.gz of three members that gzip cannot make small; `seed` makes it another. */
static void make(char path[TEMP_PATH], const fixture *f, const char *name, unsigned seed) {
  maker *m = make_begin(PACK_TAR_GZ);
  char text[TEXT + 1], member[16];
  for (unsigned i = 0; i < 3; i++) {
    unsigned x = seed * 7919 + i * 104729 + 1;
    for (size_t k = 0; k < TEXT; k++) {
      x = x * 1664525 + 1013904223;
      text[k] = (char)('!' + (x >> 16) % 90);
    }
    text[TEXT] = '\0';
    snprintf(member, sizeof member, "m%u", i);
    make_text(m, member, text);
  }
  (void)unlink(temp_path(path, &f->folder, name));
  make_file(path, m);
}

static lnti_media *open_media(const fixture *f, uint64_t disk) {
  lnti_media *media = NULL;
  lnti_media_options options = LNTI_MEDIA_OPTIONS_INIT;
  options.cache_dir = f->cache.path;
  options.cache_disk_bytes = disk;
  assert_ok(lnti_media_new(&media, &options, ERR));
  return media;
}

static lnt_status read_member(lnti_media *media, const char *path, int i) {
  lnti_blob blob = {0};
  char uri[TEMP_PATH + 8];
  snprintf(uri, sizeof uri, "%s#m%d", path, i);
  const lnt_status status = lnti_media_read(&blob, media, uri, ERR);
  if (status == LNT_OK) assert_int_equal(blob.bytes, TEXT);
  lnti_blob_clear(&blob);
  return status;
}

static lnt_status read_fresh(const fixture *f, const char *path) {
  lnti_media *media = open_media(f, 1 << 30);
  const lnt_status status = read_member(media, path, 1);
  lnti_media_free(media);
  return status;
}

/* How many files of the cache end so; the last one's path. */
static size_t count(char path_out[TEMP_PATH], const fixture *f, const char *ending) {
  size_t n = 0;
  DIR *dir = opendir(f->cache.path);
  for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
    const size_t k = strlen(e->d_name), j = strlen(ending);
    if (k < j || strcmp(e->d_name + k - j, ending) != 0) continue;
    n++;
    if (path_out) snprintf(path_out, TEMP_PATH, "%s/%.150s", f->cache.path, e->d_name);
  }
  if (dir) closedir(dir);
  return n;
}

static ino_t inode_of(const char *path) {
  struct stat st;
  return stat(path, &st) == 0 ? st.st_ino : 0;
}

static void test_kept(void **state) {
  fixture *f = *state;
  char path[TEMP_PATH], pack[TEMP_PATH], other[TEMP_PATH];
  make(path, f, "a.tar.gz", 1);
  assert_ok(read_fresh(f, path));
  assert_int_equal(count(pack, f, ".pack"), 1);
  assert_int_equal(count(NULL, f, ".part"), 0);
  const ino_t inode = inode_of(pack);
  assert_ok(read_fresh(f, path)); /* by what is there */
  assert_int_equal(inode_of(pack), inode);
  make(path, f, "a.tar.gz", 2); /* another archive of that name */
  assert_ok(read_fresh(f, path));
  assert_int_equal(count(other, f, ".pack"), 2);
}

/* Whatever becomes of the pack between two programs, the next one reads right. */
static void test_damaged_between(void **state) {
  fixture *f = *state;
  char path[TEMP_PATH], pack[TEMP_PATH];
  make(path, f, "b.tar.gz", 1);
  assert_ok(read_fresh(f, path));
  assert_int_equal(count(pack, f, ".pack"), 1);
  assert_int_equal(truncate(pack, 100), 0);
  assert_ok(read_fresh(f, path));
  assert_int_equal(truncate(pack, 0), 0);
  assert_ok(read_fresh(f, path));
  assert_int_equal(unlink(pack), 0);
  assert_ok(read_fresh(f, path));
  assert_int_equal(unlink(pack), 0);
  assert_int_equal(symlink("/etc/passwd", pack), 0); /* never followed */
  lnti_media *media = open_media(f, 1 << 30);
  (void)read_member(media, path, 0);
  lnti_media_free(media);
  assert_int_equal(unlink(pack), 0);
  /* Members' bytes alone. */
  assert_ok(read_fresh(f, path));
  const int fd = open(pack, O_WRONLY | O_CLOEXEC);
  assert_int_equal(pwrite(fd, "\0\0\0\0", 4, 48 + TEXT + 100), 4);
  close(fd);
  assert_ok(read_fresh(f, path));
  assert_int_equal(count(pack, f, ".pack"), 1);
}

/* The same under a media that has the archive open. */
static void test_damaged_under_readers(void **state) {
  fixture *f = *state;
  char path[TEMP_PATH], pack[TEMP_PATH];
  make(path, f, "c.tar.gz", 1);
  lnti_media *media = open_media(f, 1 << 30);
  assert_ok(read_member(media, path, 0));
  assert_int_equal(count(pack, f, ".pack"), 1);
  assert_int_equal(unlink(pack), 0);
  assert_ok(read_member(media, path, 1)); /* by the open handle */
  assert_int_equal(count(NULL, f, ".pack"), 0);
  lnti_media_free(media);
  media = open_media(f, 1 << 30);
  assert_ok(read_member(media, path, 0));
  assert_int_equal(truncate(pack, 48 + 10), 0);
  assert_ok(read_member(media, path, 1)); /* unpacked anew */
  assert_ok(read_member(media, path, 2));
  const int fd = open(pack, O_WRONLY | O_CLOEXEC);
  assert_int_equal(pwrite(fd, "\0\0\0\0", 4, 48 + 2 * TEXT + 100), 4);
  close(fd);
  assert_ok(read_member(media, path, 2));
  temp_close(&f->cache); /* all of it */
  assert_ok(read_member(media, path, 0));
  lnti_media_free(media);
  assert_ok(read_fresh(f, path)); /* the folder is made again */
  assert_int_equal(count(NULL, f, ".pack"), 1);
}

static void set_age(const char *pack, time_t seconds) {
  const struct timespec times[2] = {{seconds, 0}, {seconds, 0}};
  assert_int_equal(utimensat(AT_FDCWD, pack, times, 0), 0);
}

/* An archive and an array inside a compressed one: their bytes lie in its pack, which is unpacked anew where it is damaged,
 * whether they are read or listed, opened before or not. */
static void make_nested(char path[TEMP_PATH], const fixture *f) {
  maker *inner = make_begin(PACK_TAR), *outer = make_begin(PACK_TAR_GZ);
  size_t n = 0, n_idx = 0;
  make_text(inner, "a.txt", "some text");
  uint8_t *data = make_end(&n, inner), *idx = temp_idx_images(&n_idx, 3, 2, 2);
  make_add(outer, MEMBER_FILE, "inner.tar", data, n);
  make_add(outer, MEMBER_FILE, "array", idx, n_idx);
  free(idx);
  free(data);
  (void)unlink(temp_path(path, &f->folder, "nested.tar.gz"));
  make_file(path, outer);
}

static void damage(const fixture *f) {
  char pack[TEMP_PATH];
  assert_int_equal(count(pack, f, ".pack"), 1);
  const int fd = open(pack, O_WRONLY | O_CLOEXEC);
  for (off_t at = 60; at < 10240; at += 16) assert_int_equal(pwrite(fd, "\x55", 1, at), 1);
  close(fd);
}

static void test_damaged_outer(void **state) {
  fixture *f = *state;
  char path[TEMP_PATH], uri[TEMP_PATH + 32];
  make_nested(path, f);
  for (int i = 0; i < 4; i++) {
    lnti_media *media = open_media(f, 1 << 30);
    lnti_blob blob = {0};
    snprintf(uri, sizeof uri, i & 1 ? "%s#array#1" : "%s#inner.tar#a.txt", path);
    if (i >= 2) { /* the outer one is open, what lies in it is not */
      char other[TEMP_PATH + 32];
      snprintf(other, sizeof other, i & 1 ? "%s#inner.tar#a.txt" : "%s#array#1", path);
      assert_ok(lnti_media_read(&blob, media, other, ERR));
      lnti_blob_clear(&blob);
    } else {
      assert_ok(lnti_media_read(&blob, media, uri, ERR));
      lnti_blob_clear(&blob);
      lnti_media_free(media);
      media = open_media(f, 1 << 30);
    }
    damage(f);
    assert_ok(lnti_media_read(&blob, media, uri, ERR));
    if (!(i & 1)) assert_memory_equal(blob.data, "some text", 9);
    lnti_blob_clear(&blob);
    assert_int_equal(count(NULL, f, ".pack"), 1);
    lnti_media_free(media);
  }
  lnti_media *media = open_media(f, 1 << 30);
  lnti_members members = {0};
  damage(f);
  assert_ok(lnti_media_members(&members, media, path, NULL, NULL, NULL, ERR));
  assert_int_equal(members.n, 2);
  lnti_members_clear(&members);
  lnti_media_free(media);
}

/* Without a folder: a compressed archive inside a zip is unpacked twice, once out of the zip, once itself. */
static void test_two_packs_without_names(void **state) {
  fixture *f = *state;
  char path[TEMP_PATH], uri[TEMP_PATH + 32];
  maker *inner = make_begin(PACK_TAR_GZ), *outer = make_begin(PACK_ZIP);
  lnti_media *media = NULL;
  lnti_media_options options = LNTI_MEDIA_OPTIONS_INIT;
  lnti_blob blob = {0};
  size_t n = 0;
  make_text(inner, "a.txt", "some text");
  uint8_t *data = make_end(&n, inner);
  make_add(outer, MEMBER_FILE, "inner.tar.gz", data, n);
  free(data);
  make_file(temp_path(path, &f->folder, "two.zip"), outer);
  char head[10] = "";
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  assert_int_equal(read(fd, head, sizeof head), sizeof head);
  close(fd);
  assert_int_equal(head[8], 8); /* deflated */
  snprintf(uri, sizeof uri, "%s#inner.tar.gz#a.txt", path);
  options.cache_disk_bytes = 60000; /* too little to ask for more than is needed */
  assert_ok(lnti_media_new(&media, &options, ERR));
  assert_ok(lnti_media_read(&blob, media, uri, ERR));
  assert_memory_equal(blob.data, "some text", 9);
  lnti_blob_clear(&blob);
  lnti_media_free(media);
}

/* A folder full of small packs is cut to what can be looked through. */
static void test_many_packs(void **state) {
  fixture *f = *state;
  char path[TEMP_PATH], pack[TEMP_PATH];
  make(path, f, "many.tar.gz", 1);
  for (unsigned i = 0; i < LNTI_PACKS_MAX + 20; i++) {
    char name[80];
    snprintf(name, sizeof name, "%064x.pack", i);
    temp_write(temp_path(pack, &f->cache, name), "x", 1);
    set_age(pack, 1000 + (time_t)i);
  }
  assert_ok(read_fresh(f, path));
  assert_int_equal(count(NULL, f, ".pack"), LNTI_PACKS_MAX);
}

static bool has_pack(const fixture *f, ino_t inode) {
  bool found = false;
  DIR *dir = opendir(f->cache.path);
  for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) found = found || e->d_ino == inode;
  if (dir) closedir(dir);
  return found;
}

/* Room for two and a half packs: the one that was opened longest ago goes. */
static void test_least_recent_goes(void **state) {
  fixture *f = *state;
  enum { PACKS = 3 };
  char paths[PACKS][TEMP_PATH], pack[TEMP_PATH];
  ino_t inodes[PACKS] = {0};
  struct stat st;
  for (int i = 0; i < PACKS; i++) {
    char name[16];
    snprintf(name, sizeof name, "lru%d.tar.gz", i);
    make(paths[i], f, name, (unsigned)i);
  }
  assert_ok(read_fresh(f, paths[0]));
  assert_int_equal(count(pack, f, ".pack"), 1);
  inodes[0] = inode_of(pack);
  set_age(pack, 1000);
  assert_int_equal(stat(pack, &st), 0);
  const uint64_t one = (uint64_t)st.st_size;
  lnti_media *media = open_media(f, one * 5 / 2);
  assert_ok(read_member(media, paths[1], 0));
  assert_int_equal(count(NULL, f, ".pack"), 2);
  assert_ok(read_member(media, paths[0], 0)); /* opened now, so the other one is older */
  DIR *dir = opendir(f->cache.path);
  for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
    snprintf(pack, sizeof pack, "%s/%.150s", f->cache.path, e->d_name);
    if (e->d_name[0] == '.' || e->d_ino == inodes[0]) continue;
    inodes[1] = e->d_ino;
    set_age(pack, 2000);
  }
  closedir(dir);
  assert_ok(read_member(media, paths[2], 0));
  assert_int_equal(count(NULL, f, ".pack"), 2);
  assert_true(has_pack(f, inodes[0]));
  assert_false(has_pack(f, inodes[1]));
  assert_ok(read_member(media, paths[1], 0)); /* made again, and another goes */
  assert_int_equal(count(NULL, f, ".pack"), 2);
  lnti_media_free(media);
  /* One alone is too much. */
  media = open_media(f, one - 1);
  make(paths[0], f, "lru0.tar.gz", 77);
  assert_status(read_member(media, paths[0], 0), LNT_ELIMIT);
  assert_message("bytes of disk");
  assert_int_equal(count(NULL, f, ".part"), 0);
  lnti_media_free(media);
}

/* ---- makers ---- */

static const lnti_hash key = {{42}};

static lnt_status find(lnti_pack_place *place, lnti_span *found, const fixture *f, const lnti_cancel *cancel) {
  lnti_index index = {0};
  lnt_error damage = LNT_ERROR_INIT;
  const lnt_status status = lnti_pack_find(place, found, &index, &damage, f->cache.path, &key, "x", cancel, ERR);
  lnti_index_clear(&index);
  return status;
}

static lnt_status no_limit(void *payload, uint64_t total, lnt_error *err) {
  (void)payload;
  (void)total;
  (void)err;
  return LNT_OK;
}

static lnt_status fill_and_commit(lnti_span *out, lnti_pack_place *place) {
  lnti_pack_writer *pack = NULL;
  lnti_index index = {0};
  lnt_error damage = LNT_ERROR_INIT;
  lnt_status status = lnti_pack_writer_new(&pack, place->fd, "x", &key, no_limit, NULL, NULL);
  if (status == LNT_OK) status = lnti_pack_write(pack, "data", 4, NULL);
  if (status == LNT_OK) status = lnti_pack_finish(pack, &index, &damage, NULL);
  if (status == LNT_OK) status = lnti_pack_commit(out, place, lnti_pack_offset(pack), "x", NULL);
  lnti_pack_writer_free(pack);
  return status;
}

/* A maker is killed in the middle: whoever waits for it gets the lock, an empty part, and no pack. */
static void test_killed_maker(void **state) {
  fixture *f = *state;
  int ready[2];
  char byte = 0;
  assert_int_equal(pipe(ready), 0);
  const pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    lnti_pack_place place = LNTI_PACK_PLACE_INIT;
    lnti_span found = LNTI_SPAN_INIT;
    lnti_index index = {0};
    lnt_error damage = LNT_ERROR_INIT;
    if (lnti_pack_find(&place, &found, &index, &damage, f->cache.path, &key, "x", NULL, NULL) != LNT_OK) _exit(1);
    if (write(place.fd, "half a pack", 11) != 11) _exit(1);
    if (write(ready[1], "x", 1) != 1) _exit(1);
    for (;;) pause();
  }
  assert_int_equal(read(ready[0], &byte, 1), 1);
  close(ready[0]);
  close(ready[1]);
  assert_int_equal(count(NULL, f, ".part"), 1);
  /* While it lives nobody else gets it. */
  lnti_pack_place place = LNTI_PACK_PLACE_INIT;
  lnti_span found = LNTI_SPAN_INIT;
  lnti_cancel cancel = {.deadline_ns = lnti_monotonic_ns() + 100000000};
  assert_status(find(&place, &found, f, &cancel), LNT_ECANCELLED);
  assert_int_equal(kill(child, SIGKILL), 0);
  assert_int_equal(waitpid(child, NULL, 0), child);
  assert_ok(find(&place, &found, f, NULL));
  assert_true(place.fd >= 0);
  assert_int_equal(lseek(place.fd, 0, SEEK_END), 0); /* nothing of the dead one's is left */
  assert_ok(fill_and_commit(&found, &place));
  lnti_pack_abandon(&place);
  lnti_span_close(&found);
  assert_ok(find(&place, &found, f, NULL));
  assert_int_equal(place.fd, -1);
  lnti_pack_abandon(&place);
  lnti_span_close(&found);
  assert_int_equal(count(NULL, f, ".part"), 0);
  assert_int_equal(count(NULL, f, ".pack"), 1);
}

typedef struct waiter {
  const fixture *f;
  lnti_pack_place place;
  lnti_span found;
  lnt_status status;
} waiter;

static void *wait_for_pack(void *payload) {
  waiter *w = payload;
  lnti_index index = {0};
  lnt_error damage = LNT_ERROR_INIT;
  w->status = lnti_pack_find(&w->place, &w->found, &index, &damage, w->f->cache.path, &key, "x", NULL, NULL);
  lnti_index_clear(&index);
  return NULL;
}

/* How many handles this process has of a file. */
static size_t handles_of(const char *path) {
  size_t n = 0;
  DIR *dir = opendir("/proc/self/fd");
  for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
    char link[TEMP_PATH] = "", target[TEMP_PATH] = "";
    snprintf(link, sizeof link, "/proc/self/fd/%.20s", e->d_name);
    if (readlink(link, target, sizeof target - 1) > 0 && strcmp(target, path) == 0) n++;
  }
  if (dir) closedir(dir);
  return n;
}

/* Whoever waits gets the pack when its maker is done, and the right to make it when its maker gives up. */
static void test_waiting(void **state) {
  fixture *f = *state;
  for (int gives_up = 1; gives_up >= 0; gives_up--) {
    lnti_pack_place place = LNTI_PACK_PLACE_INIT;
    lnti_span found = LNTI_SPAN_INIT;
    waiter w = {f, LNTI_PACK_PLACE_INIT, LNTI_SPAN_INIT, LNT_EINTERNAL};
    pthread_t thread;
    assert_ok(find(&place, &found, f, NULL));
    assert_true(place.fd >= 0);
    assert_int_equal(pthread_create(&thread, NULL, wait_for_pack, &w), 0);
    char part[TEMP_PATH];
    assert_int_equal(count(part, f, ".part"), 1);
    while (handles_of(part) < 2) continue; /* it waits, or is about to, with the file that is locked */
    if (!gives_up) assert_ok(fill_and_commit(&found, &place));
    lnti_pack_abandon(&place);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(w.status, LNT_OK);
    if (gives_up) {
      assert_true(w.place.fd >= 0);
      assert_ok(fill_and_commit(&w.found, &w.place));
    }
    assert_int_equal(w.place.fd, -1);
    lnti_pack_abandon(&w.place);
    assert_int_equal(count(part, f, ".pack"), 1);
    assert_int_equal(count(NULL, f, ".part"), 0);
    assert_int_equal(unlink(part), 0);
    lnti_span_close(&w.found);
    lnti_span_close(&found);
  }
}

/* What a dead maker left of another pack takes room until somebody needs it. */
static void test_dead_parts_go(void **state) {
  fixture *f = *state;
  char path[TEMP_PATH], part[TEMP_PATH], name[80];
  memset(name, 'e', 64);
  strcpy(name + 64, ".part");
  uint8_t *zeros = calloc(100000, 1);
  temp_write(temp_path(part, &f->cache, name), zeros, 100000);
  free(zeros);
  make(path, f, "d.tar.gz", 1);
  lnti_media *media = open_media(f, 20000);
  assert_ok(read_member(media, path, 0));
  assert_int_equal(count(NULL, f, ".part"), 0);
  lnti_media_free(media);
  /* A living one's stays, and then there is no room. */
  lnti_pack_place place = {.folder = f->cache.path, .pack = path, .part = path, .fd = -1};
  temp_write(part, "x", 1);
  const int held = open(part, O_RDWR | O_CLOEXEC);
  assert_int_equal(ftruncate(held, 100000), 0);
  assert_int_equal(flock(held, LOCK_EX), 0);
  assert_status(lnti_pack_make_room(&place, 10, 50000, "x", ERR), LNT_EBUSY);
  assert_message("beside what others are unpacking");
  close(held);
}

/* Several programs at once: one pack is made, and all read right. */
static void test_processes(void **state) {
  fixture *f = *state;
  enum { CHILDREN = 4, ARCHIVES = 3 };
  char paths[ARCHIVES][TEMP_PATH];
  pid_t children[CHILDREN];
  for (int i = 0; i < ARCHIVES; i++) {
    char name[16];
    snprintf(name, sizeof name, "p%d.tar.gz", i);
    make(paths[i], f, name, (unsigned)i);
  }
  for (int c = 0; c < CHILDREN; c++) {
    children[c] = fork();
    assert_true(children[c] >= 0);
    if (children[c] > 0) continue;
    lnti_media *media = NULL;
    lnti_media_options options = LNTI_MEDIA_OPTIONS_INIT;
    int bad = 0;
    options.cache_dir = f->cache.path;
    if (lnti_media_new(&media, &options, NULL) != LNT_OK) _exit(99);
    for (int i = 0; i < 30; i++) {
      lnti_blob blob = {0};
      char uri[TEMP_PATH + 8];
      snprintf(uri, sizeof uri, "%s#m%d", paths[(i + c) % ARCHIVES], i % 3);
      if (lnti_media_read(&blob, media, uri, NULL) != LNT_OK || blob.bytes != TEXT) bad++;
      lnti_blob_clear(&blob);
    }
    lnti_media_free(media);
    _exit(bad);
  }
  for (int c = 0; c < CHILDREN; c++) {
    int status = 0;
    assert_int_equal(waitpid(children[c], &status, 0), children[c]);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
  }
  assert_int_equal(count(NULL, f, ".pack"), ARCHIVES);
  assert_int_equal(count(NULL, f, ".part"), 0);
}

/* A limit on the size of files stands for a full disk: said clearly, nothing left behind, and mended by room. */
static void test_full_disk(void **state) {
  fixture *f = *state;
  char path[TEMP_PATH];
  make(path, f, "full.tar.gz", 1);
  for (int with_folder = 0; with_folder < 2; with_folder++) {
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
      struct rlimit limit;
      lnti_media *media = NULL;
      lnti_media_options options = LNTI_MEDIA_OPTIONS_INIT;
      lnt_error err = LNT_ERROR_INIT;
      lnti_blob blob = {0};
      char uri[TEMP_PATH + 8];
      if (with_folder) options.cache_dir = f->cache.path;
      snprintf(uri, sizeof uri, "%s#m1", path);
      signal(SIGXFSZ, SIG_IGN);
      if (getrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(1);
      const rlim_t before = limit.rlim_cur;
      limit.rlim_cur = 1000;
      if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(2);
      if (lnti_media_new(&media, &options, NULL) != LNT_OK) _exit(3);
      if (lnti_media_read(&blob, media, uri, &err) != LNT_ENOSPC) _exit(4);
      if (!strstr(err.message, "make room")) _exit(5);
      if (with_folder && lnti_test_count_entries(f->cache.path) != 0) _exit(6);
      limit.rlim_cur = before;
      if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(7);
      if (lnti_media_read(&blob, media, uri, &err) != LNT_OK) _exit(8);
      lnti_blob_clear(&blob);
      lnti_media_free(media);
      _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
  }
}

/* Where the folder cannot be used, a file without a name does. */
static void test_folder_in_the_way(void **state) {
  fixture *f = *state;
  char path[TEMP_PATH], in_the_way[TEMP_PATH], below[TEMP_PATH + 8];
  lnti_media *media = NULL;
  lnti_media_options options = LNTI_MEDIA_OPTIONS_INIT;
  make(path, f, "e.tar.gz", 1);
  temp_write(temp_path(in_the_way, &f->folder, "file"), "x", 1);
  snprintf(below, sizeof below, "%s/media", in_the_way);
  options.cache_dir = below;
  assert_ok(lnti_media_new(&media, &options, ERR));
  assert_ok(read_member(media, path, 0));
  lnti_media_free(media);
  options.cache_dir = NULL;
  options.temp_dir = below;
  assert_ok(lnti_media_new(&media, &options, ERR));
  assert_int_equal(read_member(media, path, 0), LNT_EIO);
  assert_message("cannot be unpacked into");
  lnti_media_free(media);
}

int main(void) {
#define WITH_FOLDERS(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      WITH_FOLDERS(test_kept),
      WITH_FOLDERS(test_damaged_outer),
      WITH_FOLDERS(test_two_packs_without_names),
      WITH_FOLDERS(test_many_packs),
      WITH_FOLDERS(test_damaged_between),
      WITH_FOLDERS(test_damaged_under_readers),
      WITH_FOLDERS(test_waiting),
      WITH_FOLDERS(test_killed_maker),
      WITH_FOLDERS(test_least_recent_goes),
      WITH_FOLDERS(test_dead_parts_go),
      WITH_FOLDERS(test_processes),
      WITH_FOLDERS(test_full_disk),
      WITH_FOLDERS(test_folder_in_the_way),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
