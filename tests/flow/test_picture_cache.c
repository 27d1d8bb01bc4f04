/*
 * The cache of pictures: what is found again, by whom, what is removed, and what damage, crashes and company leave of it.
 * Never a wrong picture.
 */
#include "flow_support.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <flow/pictures/picture_cache.h>
#include <image/image.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PICTURE_MAX = 4000 };

static lnti_hash content_of(size_t number) {
  lnti_hash hash;
  lnti_hash_bytes(&hash, &number, sizeof number);
  return hash;
}

/** The picture of a number: 1 to PICTURE_MAX bytes that nothing else has. */
static size_t picture_of(uint8_t out[PICTURE_MAX], size_t number) {
  lnti_rng rng;
  lnti_rng_seed(&rng, number, 5);
  const size_t n = 1 + lnti_rng_below(&rng, PICTURE_MAX);
  for (size_t i = 0; i < n; i++) out[i] = (uint8_t)lnti_rng_below(&rng, 256);
  return n;
}

static lnti_picture_cache *open_sized(const lab *l, uint64_t bytes_max) {
  lnti_picture_cache *cache = NULL;
  assert_ok(lnti_picture_cache_open(&cache, l->project, LNTI_PICTURE_THUMB, bytes_max, ERR));
  return cache;
}

static lnti_picture_cache *open_cache(const lab *l) {
  return open_sized(l, 0);
}

static void put(lnti_picture_cache *cache, size_t number) {
  uint8_t data[PICTURE_MAX];
  const lnti_hash content = content_of(number);
  const size_t n = picture_of(data, number);
  assert_ok(lnti_picture_cache_put(cache, &content, (uint32_t)(number % 3), data, n, ERR));
}

/** Whether it is found, and then right. */
static bool get(lnti_picture_cache *cache, size_t number) {
  uint8_t *data = NULL, wanted[PICTURE_MAX];
  size_t n = 0;
  const lnti_hash content = content_of(number);
  assert_ok(lnti_picture_cache_get(cache, &data, &n, &content, (uint32_t)(number % 3), ERR));
  if (!data) return false;
  assert_int_equal(n, picture_of(wanted, number));
  assert_memory_equal(data, wanted, n);
  free(data);
  return true;
}

static bool has(lnti_picture_cache *cache, size_t number) {
  const lnti_hash content = content_of(number);
  return lnti_picture_cache_has(cache, &content, (uint32_t)(number % 3));
}

static size_t count(lnti_picture_cache *cache, size_t begin, size_t end) {
  size_t found = 0;
  for (size_t i = begin; i < end; i++) found += get(cache, i);
  return found;
}

static void fill(const lab *l, uint64_t bytes_max, size_t begin, size_t end) {
  lnti_picture_cache *cache = open_sized(l, bytes_max);
  for (size_t i = begin; i < end; i++) put(cache, i);
  lnti_picture_cache_close(cache);
}

/** Path of a file in the cache's folder, or of the folder; free() it. */
static char *file_of(const lab *l, const char *name) {
  char *path = NULL;
  assert_ok(lnti_project_path(&path, l->project, ERR, "cache/pictures/thumb-%d.%d%s%s", LNTI_PICTURE_VERSION,
                              LNTI_DECODE_VERSION, *name ? "/" : "", name));
  return path;
}

/* ---- finding again ---- */

static void test_put_and_get(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_picture_cache *cache = open_cache(&l);
  assert_false(get(cache, 1) || has(cache, 1));
  for (size_t i = 0; i < 100; i++) put(cache, i);
  assert_int_equal(count(cache, 0, 100), 100); /* from memory */
  assert_true(has(cache, 99));
  assert_ok(lnti_picture_cache_flush(cache, ERR));
  assert_ok(lnti_picture_cache_flush(cache, ERR));
  assert_int_equal(count(cache, 0, 200), 100);
  assert_true(has(cache, 0) && !has(cache, 100));
  assert_true(lnti_picture_cache_bytes(cache) > 100 * 64);
  put(cache, 100); /* closing writes what is collected */
  lnti_picture_cache_close(cache);
  cache = open_cache(&l);
  assert_int_equal(count(cache, 0, 200), 101);
  lnti_picture_cache_close(cache);
  lnti_picture_cache_close(NULL);
  lab_free(&l);
}

static void test_keys(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_picture_cache *thumbs = open_cache(&l), *screens = NULL;
  const lnti_hash a = content_of(1);
  uint8_t *data = NULL;
  size_t n = 0;
  assert_ok(lnti_picture_cache_open(&screens, l.project, LNTI_PICTURE_SCREEN, 0, ERR));
  assert_ok(lnti_picture_cache_put(thumbs, &a, 7, (const uint8_t *)"seven", 5, ERR));
  assert_ok(lnti_picture_cache_put(thumbs, &a, 8, (const uint8_t *)"eight", 5, ERR));
  assert_ok(
      lnti_picture_cache_put(thumbs, &a, 8, (const uint8_t *)"again", 5, ERR)); /* the same key is the same picture */
  assert_ok(lnti_picture_cache_flush(thumbs, ERR));
  assert_ok(lnti_picture_cache_get(thumbs, &data, &n, &a, 8, ERR));
  assert_memory_equal(data, "eight", 5);
  free(data);
  assert_false(lnti_picture_cache_has(thumbs, &a, 0) || lnti_picture_cache_has(screens, &a, 7));
  /* Written anew, the later counts. */
  assert_ok(lnti_picture_cache_put(thumbs, &a, 8, (const uint8_t *)"newer", 5, ERR));
  assert_ok(lnti_picture_cache_flush(thumbs, ERR));
  assert_ok(lnti_picture_cache_get(thumbs, &data, &n, &a, 8, ERR));
  assert_memory_equal(data, "newer", 5);
  free(data);
  assert_ok(lnti_picture_cache_put(thumbs, &a, 9, NULL, 0, ERR)); /* nothing is not kept */
  assert_false(lnti_picture_cache_has(thumbs, &a, 9));
  lnti_picture_cache_close(thumbs);
  lnti_picture_cache_close(screens);
  assert_string_equal(lnti_picture_kind_name(LNTI_PICTURE_SCREEN), "screen");
  lab_free(&l);
}

/** More than the first table holds, so that it is made anew several times. */
static void test_many(void **state) {
  (void)state;
  lab l = lab_new();
  enum { N = 12000 };
  lnti_picture_cache *writer = open_cache(&l), *reader = open_cache(&l);
  for (size_t i = 0; i < N; i++) {
    const lnti_hash content = content_of(i);
    assert_ok(lnti_picture_cache_put(writer, &content, (uint32_t)(i % 3), (const uint8_t *)&i, sizeof i, ERR));
    if (i == 100) {
      assert_ok(lnti_picture_cache_flush(writer, ERR));
      assert_true(has(reader, 100)); /* the reader has the small table mapped */
    }
  }
  assert_ok(lnti_picture_cache_flush(writer, ERR));
  for (size_t i = 0; i < N; i++) {
    uint8_t *data = NULL;
    size_t n = 0;
    const lnti_hash content = content_of(i);
    assert_ok(lnti_picture_cache_get(i % 2 ? reader : writer, &data, &n, &content, (uint32_t)(i % 3), ERR));
    assert_true(data && n == sizeof i && memcmp(data, &i, n) == 0);
    free(data);
  }
  lnti_picture_cache_close(writer);
  lnti_picture_cache_close(reader);
  lab_free(&l);
}

/* ---- bounds ---- */

static void test_bounded(void **state) {
  (void)state;
  lab l = lab_new();
  enum { MB = 1 << 20, N = 3000 }; /* 6 MB of pictures */
  lnti_picture_cache *cache = open_sized(&l, MB), *other = open_sized(&l, MB);
  for (size_t i = 0; i < N; i++) {
    put(cache, i);
    if (i % 500 == 499) {
      assert_ok(lnti_picture_cache_flush(cache, ERR));
      assert_in_range(lnti_picture_cache_bytes(cache), MB / 2, MB);
      assert_true(get(cache, i) && get(other, i));
    }
  }
  const size_t kept = count(cache, 0, N);
  assert_in_range(kept, 350, 520); /* a megabyte of pictures of 2000 bytes, less a shard or so */
  assert_int_equal(count(cache, N - 300, N), 300);
  assert_int_equal(count(other, 0, N), kept);
  assert_false(has(other, 0));
  lnti_picture_cache_close(cache);
  lnti_picture_cache_close(other);
  lab_free(&l);
}

static void test_too_large(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_picture_cache *cache = open_sized(&l, 1 << 20); /* shards of 64 KB */
  static uint8_t large[65536];
  const lnti_hash content = content_of(1);
  assert_ok(lnti_picture_cache_put(cache, &content, 0, large, sizeof large, ERR));
  assert_false(lnti_picture_cache_has(cache, &content, 0));
  assert_ok(lnti_picture_cache_put(cache, &content, 0, large, sizeof large - 64, ERR));
  assert_ok(lnti_picture_cache_flush(cache, ERR));
  assert_true(lnti_picture_cache_has(cache, &content, 0));
  lnti_picture_cache_close(cache);
  lab_free(&l);
}

static void test_refused(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_picture_cache *cache = NULL;
  assert_status(lnti_picture_cache_open(&cache, l.project, LNTI_PICTURE_THUMB, 1000, ERR), LNT_EINVAL);
  assert_message("1048576");
  char *parent = lnti_test_path(l.path, "cache");
  lnti_test_write_file(parent, "a file", 6);
  assert_status(lnti_picture_cache_open(&cache, l.project, LNTI_PICTURE_THUMB, 0, ERR), LNT_EEXISTS);
  assert_null(cache);
  unlink(parent);
  free(parent);
  lab_free(&l);
}

/** Folders of older versions are removed with all that is in them; newer ones and strangers' stay. */
static void test_older_versions(void **state) {
  (void)state;
  lab l = lab_new();
  static const char *const names[] = {"thumb-0.9", "thumb-1.0", "thumb-99.1", "thumb-1.0x", "screen-0.1", "notes"};
  static const bool stay[] = {false, LNTI_DECODE_VERSION == 0, true, true, true, true};
  fill(&l, 0, 0, 10);
  for (size_t i = 0; i < 6; i++) {
    char *path = NULL;
    assert_ok(lnti_project_path(&path, l.project, ERR, "cache/pictures/%s", names[i]));
    assert_int_equal(mkdir(path, 0777), 0);
    char *inside = lnti_test_path(path, "00000001.pics");
    lnti_test_write_file(inside, "old", 3);
    free(inside);
    free(path);
  }
  lnti_picture_cache *cache = open_cache(&l);
  assert_int_equal(count(cache, 0, 10), 10);
  lnti_picture_cache_close(cache);
  for (size_t i = 0; i < 6; i++) {
    char *path = NULL;
    assert_ok(lnti_project_path(&path, l.project, ERR, "cache/pictures/%s", names[i]));
    assert_int_equal(access(path, F_OK) == 0, stay[i]);
    free(path);
  }
  lab_free(&l);
}

/* ---- damage ---- */

static void flip(const char *path, off_t at, uint8_t with) {
  int fd = open(path, O_RDWR);
  uint8_t byte = 0;
  assert_true(fd >= 0 && pread(fd, &byte, 1, at) == 1);
  byte ^= with;
  assert_int_equal(pwrite(fd, &byte, 1, at), 1);
  close(fd);
}

static off_t size_of(const char *path) {
  struct stat info;
  assert_int_equal(stat(path, &info), 0);
  return info.st_size;
}

/** A byte of a picture is wrong: it is not found, forgotten, and there again once it is made again. */
static void test_damaged_picture(void **state) {
  (void)state;
  lab l = lab_new();
  fill(&l, 0, 0, 3);
  char *shard = file_of(&l, "00000001.pics");
  flip(shard, 64, 1); /* the first byte of the first picture */
  lnti_picture_cache *cache = open_cache(&l);
  assert_true(has(cache, 0)); /* its header is sound */
  assert_false(get(cache, 0));
  assert_false(has(cache, 0));
  assert_int_equal(count(cache, 0, 3), 2);
  put(cache, 0);
  assert_ok(lnti_picture_cache_flush(cache, ERR));
  assert_int_equal(count(cache, 0, 3), 3);
  lnti_picture_cache_close(cache);
  free(shard);
  lab_free(&l);
}

/** What a killed writer leaves at the end is skipped; what was cut off is not found. */
static void test_torn_tail(void **state) {
  (void)state;
  lab l = lab_new();
  fill(&l, 0, 0, 20);
  char *shard = file_of(&l, "00000001.pics");
  const off_t whole = size_of(shard);
  int fd = open(shard, O_WRONLY | O_APPEND);
  assert_int_equal(write(fd, "half a record", 13), 13);
  close(fd);
  fill(&l, 0, 20, 40);
  lnti_picture_cache *cache = open_cache(&l);
  assert_int_equal(count(cache, 0, 40), 40);
  assert_int_equal(truncate(shard, whole - 1000), 0);
  const size_t left = count(cache, 0, 40);
  assert_in_range(left, 15, 19);
  lnti_picture_cache_close(cache);
  cache = open_cache(&l);
  for (size_t i = 0; i < 40; i++) {
    if (!has(cache, i)) put(cache, i);
  }
  assert_ok(lnti_picture_cache_flush(cache, ERR));
  assert_int_equal(count(cache, 0, 40), 40);
  lnti_picture_cache_close(cache);
  free(shard);
  lab_free(&l);
}

/** An index that is no index, or not there, or without its shards: the cache begins anew. */
static void test_broken_index(void **state) {
  (void)state;
  lab l = lab_new();
  char *index = file_of(&l, "index"), *shard = file_of(&l, "00000001.pics");
  for (int way = 0; way < 5; way++) {
    fill(&l, 0, 0, 20);
    if (way == 0) flip(index, 0, 1);
    if (way == 1) flip(index, 9, 1); /* the number of slots */
    if (way == 2) assert_int_equal(truncate(index, 5000), 0);
    if (way == 3) assert_int_equal(unlink(index), 0);
    if (way == 4) assert_int_equal(unlink(shard), 0);
    lnti_picture_cache *cache = open_cache(&l);
    assert_int_equal(count(cache, 0, 20), 0);
    for (size_t i = 0; i < 20; i++) put(cache, i);
    assert_ok(lnti_picture_cache_flush(cache, ERR));
    assert_int_equal(count(cache, 0, 20), 20);
    lnti_picture_cache_close(cache);
  }
  free(index);
  free(shard);
  lab_free(&l);
}

/** Any bytes anywhere: never a wrong picture, and after it the cache works. */
static void check_any_damage(lnti_rng *rng, void *payload) {
  const lab *l = payload;
  char *index = file_of(l, "index"), *shard = file_of(l, "00000001.pics"), *folder = file_of(l, "");
  fill(l, 1 << 20, 0, 150);
  for (int i = 0; i < 40; i++) {
    char *path = lnti_rng_below(rng, 2) ? index : shard;
    if (access(path, F_OK) != 0) continue;
    /* half of them in the index's header */
    const off_t at = (off_t)lnti_rng_below(rng, lnti_rng_below(rng, 2) ? 64 : (uint64_t)size_of(path));
    flip(path, at, (uint8_t)(1 + lnti_rng_below(rng, 255)));
  }
  lnti_picture_cache *cache = open_sized(l, 1 << 20);
  (void)count(cache, 0, 150);
  for (size_t i = 150; i < 200; i++) put(cache, i);
  assert_ok(lnti_picture_cache_flush(cache, ERR));
  (void)count(cache, 0, 200);
  lnti_picture_cache_close(cache);
  lnti_test_folder_remove(folder);
  free(index);
  free(shard);
}

static void test_any_damage(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_test_property("any damage", 60, check_any_damage, &l);
  lab_free(&l);
}

/** The table is full of what is not there, and says that it is empty. */
static void test_full_table(void **state) {
  (void)state;
  lab l = lab_new();
  fill(&l, 0, 0, 5);
  char *index = file_of(&l, "index");
  int fd = open(index, O_RDWR);
  uint8_t slot[32];
  memset(slot, 0x77, sizeof slot);
  for (off_t at = 4096; at < size_of(index); at += 32) assert_int_equal(pwrite(fd, slot, 32, at), 32);
  close(fd);
  lnti_picture_cache *cache = open_cache(&l);
  assert_int_equal(count(cache, 0, 5), 0);
  for (size_t i = 0; i < 5; i++) put(cache, i);
  assert_ok(lnti_picture_cache_flush(cache, ERR));
  assert_int_equal(count(cache, 0, 5), 5);
  lnti_picture_cache_close(cache);
  free(index);
  lab_free(&l);
}

/** cache/ is deleted while it is open: what was open goes on, and what is put is there for the next one. */
static void test_deleted_meanwhile(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_picture_cache *cache = open_cache(&l), *other = open_cache(&l);
  for (size_t i = 0; i < 30; i++) put(cache, i);
  assert_ok(lnti_picture_cache_flush(cache, ERR));
  lnti_test_folder_remove(lnti_test_path(l.path, "cache"));
  for (size_t i = 30; i < 60; i++) put(cache, i);
  assert_ok(lnti_picture_cache_flush(cache, ERR));
  assert_int_equal(count(cache, 30, 60), 30);
  for (size_t i = 60; i < 90; i++) put(other, i); /* the two agree on one lock and one index again */
  assert_ok(lnti_picture_cache_flush(other, ERR));
  assert_int_equal(count(other, 30, 90), 60);
  assert_int_equal(count(cache, 30, 90), 60);
  lnti_picture_cache_close(cache);
  lnti_picture_cache_close(other);
  cache = open_cache(&l);
  assert_int_equal(count(cache, 30, 90), 60);
  lnti_picture_cache_close(cache);
  lab_free(&l);
}

/* ---- company ---- */

/** Runs `work` in a process of its own; its test failures are an exit code. */
static pid_t start(void (*work)(const lab *l, size_t which), const lab *l, size_t which) {
  const pid_t pid = fork();
  assert_true(pid >= 0);
  if (pid == 0) {
    work(l, which);
    _exit(0);
  }
  return pid;
}

static void fill_quarter(const lab *l, size_t which) {
  /* The neighbours' pictures as well, so that the same are put at once. */
  fill(l, 0, which * 1000, which * 1000 + 1500);
}

static void test_processes(void **state) {
  (void)state;
  lab l = lab_new();
  pid_t pid[4];
  for (size_t i = 0; i < 4; i++) pid[i] = start(fill_quarter, &l, i);
  for (size_t i = 0; i < 4; i++) {
    int status = 0;
    assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
    assert_int_equal(status, 0);
  }
  lnti_picture_cache *cache = open_cache(&l);
  assert_int_equal(count(cache, 0, 4500), 4500);
  lnti_picture_cache_close(cache);
  lab_free(&l);
}

static void fill_for_ever(const lab *l, size_t which) {
  lnti_picture_cache *cache = open_sized(l, 4 << 20);
  for (size_t i = which;; i++) {
    put(cache, i % 3000);
    if (i % 7 == 0) assert_ok(lnti_picture_cache_flush(cache, ERR));
  }
}

/** Two writers are killed in whatever they do; what is left is right, and goes on. The moment is chosen by how many bytes
 *  are there, so that nothing waits for a clock. */
static void test_killed(void **state) {
  (void)state;
  lab l = lab_new();
  for (size_t round = 0; round < 8; round++) {
    lnti_picture_cache *cache = open_sized(&l, 4 << 20);
    const pid_t a = start(fill_for_ever, &l, round * 100), b = start(fill_for_ever, &l, round * 100 + 1500);
    while (lnti_picture_cache_bytes(cache) < 200000 + round * 100000) (void)has(cache, round);
    kill(a, SIGKILL);
    kill(b, SIGKILL);
    assert_int_equal(waitpid(a, NULL, 0), a);
    assert_int_equal(waitpid(b, NULL, 0), b);
    assert_true(count(cache, 0, 3000) > 0);
    for (size_t i = 0; i < 50; i++) put(cache, i);
    assert_ok(lnti_picture_cache_flush(cache, ERR));
    assert_int_equal(count(cache, 0, 50), 50);
    lnti_picture_cache_close(cache);
  }
  lab_free(&l);
}

static lnt_status put_and_get(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  lnti_picture_cache *cache = payload;
  (void)worker;
  for (size_t i = begin; i < end; i++) {
    uint8_t data[PICTURE_MAX], *back = NULL;
    const lnti_hash content = content_of(i), before = content_of(i / 2);
    const size_t n = picture_of(data, i);
    size_t n_back = 0;
    lnt_status status = lnti_picture_cache_put(cache, &content, (uint32_t)(i % 3), data, n, err);
    if (status == LNT_OK) {
      status = lnti_picture_cache_get(cache, &back, &n_back, &before, (uint32_t)(i / 2 % 3), err);
    }
    if (status) return status;
    if (back && (n_back != picture_of(data, i / 2) || memcmp(back, data, n_back) != 0)) return LNT_ECORRUPT;
    free(back);
  }
  return LNT_OK;
}

static void test_threads(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_pool *pool = NULL;
  assert_ok(lnti_pool_new(&pool, 4, ERR));
  for (int small = 0; small < 2; small++) { /* the second time shards come and go */
    lnti_picture_cache *cache = open_sized(&l, small ? 1 << 20 : 0);
    assert_ok(lnti_pool_for(pool, 6000, 16, put_and_get, cache, NULL, ERR));
    assert_ok(lnti_picture_cache_flush(cache, ERR));
    if (!small) assert_int_equal(count(cache, 0, 6000), 6000);
    lnti_picture_cache_close(cache);
  }
  lnti_pool_free(pool);
  lab_free(&l);
}

/** No room on the disk (here: files may not grow further): an error, and the cache is as good as before. */
static void write_beyond(const lab *l, size_t which) {
  (void)which;
  const struct rlimit limit = {140000, 140000};
  lnti_picture_cache *cache = open_cache(l);
  signal(SIGXFSZ, SIG_IGN);
  if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(1);
  for (size_t i = 0; i < 400; i++) put(cache, i);
  if (lnti_picture_cache_flush(cache, ERR) == LNT_OK) _exit(2);
  (void)count(cache, 0, 400);
  lnti_picture_cache_close(cache);
}

static void test_disk_full(void **state) {
  (void)state;
  lab l = lab_new();
  int status = 0;
  const pid_t pid = start(write_beyond, &l, 0);
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_int_equal(status, 0);
  lnti_picture_cache *cache = open_cache(&l);
  (void)count(cache, 0, 400);
  for (size_t i = 0; i < 400; i++) put(cache, i);
  assert_ok(lnti_picture_cache_flush(cache, ERR));
  assert_int_equal(count(cache, 0, 400), 400);
  lnti_picture_cache_close(cache);
  lab_free(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_put_and_get),
      cmocka_unit_test(test_keys),
      cmocka_unit_test(test_many),
      cmocka_unit_test(test_bounded),
      cmocka_unit_test(test_too_large),
      cmocka_unit_test(test_refused),
      cmocka_unit_test(test_older_versions),
      cmocka_unit_test(test_damaged_picture),
      cmocka_unit_test(test_torn_tail),
      cmocka_unit_test(test_broken_index),
      cmocka_unit_test(test_any_damage),
      cmocka_unit_test(test_full_table),
      cmocka_unit_test(test_deleted_meanwhile),
      cmocka_unit_test(test_processes),
      cmocka_unit_test(test_killed),
      cmocka_unit_test(test_threads),
      cmocka_unit_test(test_disk_full),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
