/*
 * A feature's cache on disk: what is found again, what a crash may leave behind, damage, and two processes at once.
 */
#include "media_support.h"

#include <dirent.h>
#include <flow/extract/extract.h>
#include <flow/extract/feature_cache.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROW = 24, RECORD = 40 };

static lnti_hash content_of(size_t number) {
  lnti_hash hash;
  lnti_hash_bytes(&hash, &number, sizeof number);
  return hash;
}

static void row_of(uint8_t row[ROW], size_t number) {
  for (size_t i = 0; i < ROW; i++) row[i] = (uint8_t)(number * 31 + i * 7);
}

static lnti_feature_cache *open_cache(const lab *l, const char *key) {
  lnti_feature_cache *cache = NULL;
  assert_ok(lnti_feature_cache_open(&cache, l->project, key, ROW, ERR));
  return cache;
}

static void put(lnti_feature_cache *cache, size_t number) {
  uint8_t row[ROW];
  lnti_hash content = content_of(number);
  row_of(row, number);
  assert_ok(lnti_feature_cache_put(cache, &content, row, ERR));
}

/* Whether it is found, and then right. */
static bool has(lnti_feature_cache *cache, size_t number) {
  uint8_t row[ROW], expected[ROW];
  lnti_hash content = content_of(number);
  bool found = false;
  assert_ok(lnti_feature_cache_get(cache, &found, row, &content, ERR));
  row_of(expected, number);
  if (found) assert_memory_equal(row, expected, ROW);
  return found;
}

static size_t count_found(lnti_feature_cache *cache, size_t n) {
  size_t found = 0;
  for (size_t i = 0; i < n; i++) found += has(cache, i);
  return found;
}

/* Writes rows 0..n-1 and makes them durable. */
static void fill(const lab *l, const char *key, size_t n) {
  lnti_feature_cache *cache = open_cache(l, key);
  for (size_t i = 0; i < n; i++) put(cache, i);
  assert_ok(lnti_feature_cache_flush(cache, ERR));
  lnti_feature_cache_close(cache);
}

/* The only folder below cache/features. */
static media_name only_folder(const lab *l) {
  media_name name = media_in(l, "project/cache/features"), found = {""};
  DIR *dir = opendir(name.text);
  assert_non_null(dir);
  for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
    if (entry->d_name[0] == '.') continue;
    assert_string_equal(found.text, "");
    found = media_in(l, "project/cache/features/%s", entry->d_name);
  }
  closedir(dir);
  return found;
}

static off_t size_of(const char *folder, const char *name) {
  char path[600];
  struct stat info;
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return stat(path, &info) == 0 ? info.st_size : -1;
}

static void flip_byte(const char *folder, const char *name, off_t at) {
  char path[600];
  size_t n = 0;
  snprintf(path, sizeof path, "%s/%s", folder, name);
  char *data = lnti_test_read_file(&n, path);
  assert_true((size_t)at < n);
  data[at] ^= 0x10;
  lnti_test_write_file(path, data, n);
  free(data);
}

/* ---- what it is for ---- */

static void what_is_put_is_found(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_feature_cache *cache = open_cache(&l, "a");
  assert_false(has(cache, 0));
  put(cache, 0);
  put(cache, 1);
  assert_true(has(cache, 0) && has(cache, 1));
  assert_false(has(cache, 2));
  assert_ok(lnti_feature_cache_flush(cache, ERR));
  assert_ok(lnti_feature_cache_flush(cache, ERR)); /* nothing new */
  put(cache, 2);                                   /* never flushed */
  assert_true(has(cache, 2));
  lnti_feature_cache_close(cache);
  lnti_feature_cache_close(NULL);
  cache = open_cache(&l, "a");
  assert_true(has(cache, 0) && has(cache, 1));
  assert_false(has(cache, 2));
  lnti_feature_cache_close(cache);
  lab_free(&l);
}

static void equal_contents_share_a_row(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_feature_cache *cache = open_cache(&l, "a");
  for (int i = 0; i < 3; i++) {
    put(cache, 5);
    assert_ok(lnti_feature_cache_flush(cache, ERR));
  }
  assert_true(has(cache, 5));
  lnti_feature_cache_close(cache);
  assert_int_equal(size_of(only_folder(&l).text, "rows"), RECORD);
  lab_free(&l);
}

static void keys_and_lengths_are_apart(void **state) {
  (void)state;
  lab l = lab_new();
  fill(&l, "a", 3);
  lnti_feature_cache *b = open_cache(&l, "b"), *wide = NULL;
  assert_int_equal(count_found(b, 3), 0);
  assert_ok(lnti_feature_cache_open(&wide, l.project, "a", ROW + 1, ERR));
  uint8_t row[ROW + 1];
  lnti_hash content = content_of(0);
  bool found = true;
  assert_ok(lnti_feature_cache_get(wide, &found, row, &content, ERR));
  assert_false(found);
  lnti_feature_cache_close(wide);
  lnti_feature_cache_close(b);
  assert_int_equal(lnti_test_count_entries(media_in(&l, "project/cache/features").text), 3);
  lab_free(&l);
}

static void shards_have_4096_rows(void **state) {
  (void)state;
  enum { N = LNTI_SHARD_ROWS + 3 };
  lab l = lab_new();
  fill(&l, "a", N);
  media_name folder = only_folder(&l);
  assert_int_equal(size_of(folder.text, "shard-00000"), LNTI_SHARD_ROWS * ROW);
  assert_int_equal(size_of(folder.text, "shard-00001"), 3 * ROW);
  assert_int_equal(size_of(folder.text, "rows"), N * RECORD);
  lnti_feature_cache *cache = open_cache(&l, "a");
  assert_int_equal(count_found(cache, N), N);
  /* To and fro between shards, one of them unsynced. */
  put(cache, N);
  assert_true(has(cache, 0));
  assert_true(has(cache, N));
  assert_ok(lnti_feature_cache_flush(cache, ERR));
  lnti_feature_cache_close(cache);
  cache = open_cache(&l, "a");
  assert_int_equal(count_found(cache, N + 2), N + 1);
  lnti_feature_cache_close(cache);
  lab_free(&l);
}

/* ---- damage ---- */

static void keep_fault(void *payload, const char *fault) {
  snprintf(payload, 512, "%s", fault);
}

static size_t verify(const lab *l, size_t *n_vectors, char fault[512]) {
  size_t n_faults = 99;
  fault[0] = '\0';
  assert_ok(lnti_feature_cache_verify(l->project, n_vectors, &n_faults, keep_fault, fault, ERR));
  return n_faults;
}

static void a_damaged_vector_is_missing_and_added_again(void **state) {
  (void)state;
  lab l = lab_new();
  char fault[512];
  size_t n_vectors = 99;
  assert_int_equal(verify(&l, &n_vectors, fault), 0); /* no cache at all */
  assert_int_equal(n_vectors, 0);
  fill(&l, "a", 10);
  media_name folder = only_folder(&l);
  assert_int_equal(verify(&l, &n_vectors, fault), 0);
  assert_int_equal(n_vectors, 10);
  flip_byte(folder.text, "shard-00000", 4 * ROW + 5);
  assert_int_equal(verify(&l, &n_vectors, fault), 1);
  assert_non_null(strstr(fault, "1 of 10 vectors are damaged"));
  assert_non_null(strstr(fault, folder.text));
  assert_non_null(strstr(fault, "delete this folder"));

  lnti_feature_cache *cache = open_cache(&l, "a");
  assert_int_equal(count_found(cache, 10), 9);
  assert_false(has(cache, 4));
  put(cache, 4);
  assert_true(has(cache, 4));
  assert_ok(lnti_feature_cache_flush(cache, ERR));
  lnti_feature_cache_close(cache);
  cache = open_cache(&l, "a");
  assert_int_equal(count_found(cache, 10), 10); /* the later record wins */
  lnti_feature_cache_close(cache);
  /* So the damage is mended, until the later one is damaged too. */
  assert_int_equal(verify(&l, &n_vectors, fault), 0);
  assert_int_equal(n_vectors, 10);
  flip_byte(folder.text, "shard-00000", 10 * ROW + 5);
  assert_int_equal(verify(&l, &n_vectors, fault), 1);
  assert_non_null(strstr(fault, "1 of 10 vectors are damaged"));
  lab_free(&l);
}

/* What the disk did not get of the records that were being written reads as zeros. It never came to count, and is none of a
 * damage. */
static void torn_records_are_no_damage(void **state) {
  (void)state;
  lab l = lab_new();
  char fault[512];
  size_t n_vectors = 0, n = 0;
  fill(&l, "a", 10);
  media_name rows = media_in(&l, "%s/rows", only_folder(&l).text + strlen(l.folder) + 1);
  char *data = lnti_test_read_file(&n, rows.text);
  memset(data + 4 * RECORD + 35, 0, 5 + 2 * RECORD + 20); /* of 4 the check sum, 5, 6, and half the content of 7 */
  lnti_test_write_file(rows.text, data, n);
  free(data);
  assert_int_equal(verify(&l, &n_vectors, fault), 0);
  assert_int_equal(n_vectors, 8); /* two look whole, and are looked at when somebody wants them */
  lnti_feature_cache *cache = open_cache(&l, "a");
  assert_int_equal(count_found(cache, 10), 6);
  for (size_t i = 4; i < 8; i++) put(cache, i);
  assert_ok(lnti_feature_cache_flush(cache, ERR));
  lnti_feature_cache_close(cache);
  cache = open_cache(&l, "a");
  assert_int_equal(count_found(cache, 10), 10);
  lnti_feature_cache_close(cache);
  assert_int_equal(verify(&l, &n_vectors, fault), 0);
  lab_free(&l);
}

static void a_damaged_key_is_told(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_feature_cache *cache = NULL;
  char fault[512];
  size_t n_vectors = 0;
  fill(&l, "a", 2);
  media_name folder = only_folder(&l);
  flip_byte(folder.text, "key", 0);
  assert_status(lnti_feature_cache_open(&cache, l.project, "a", ROW, ERR), LNT_ECORRUPT);
  assert_message("delete the folder");
  assert_null(cache);
  assert_int_equal(verify(&l, &n_vectors, fault), 1);
  assert_non_null(strstr(fault, "key is damaged"));
  /* A crash before the key was written: nothing yet, and no fault. */
  assert_int_equal(unlink(media_in(&l, "%s/key", folder.text + strlen(l.folder) + 1).text), 0);
  assert_int_equal(verify(&l, &n_vectors, fault), 0);
  lab_free(&l);
}

static void other_records_mean_other_contents(void **state) {
  (void)state;
  lab l = lab_new();
  fill(&l, "a", 6);
  flip_byte(only_folder(&l).text, "rows", 2 * RECORD + 3);      /* a content hash */
  flip_byte(only_folder(&l).text, "rows", 4 * RECORD + 32 + 7); /* a check sum */
  lnti_feature_cache *cache = open_cache(&l, "a");
  assert_int_equal(count_found(cache, 6), 4);
  assert_false(has(cache, 2) || has(cache, 4));
  lnti_feature_cache_close(cache);
  lab_free(&l);
}

/* ---- crashes ---- */

/* `rows` cut at every length: whole records are found, the others are added again, and all are there afterwards. */
static void rows_may_end_anywhere(void **state) {
  (void)state;
  enum { N = 5 };
  lab l = lab_new();
  fill(&l, "a", N);
  media_name folder = only_folder(&l), rows = media_in(&l, "%s/rows", folder.text + strlen(l.folder) + 1);
  size_t bytes = 0;
  char *whole = lnti_test_read_file(&bytes, rows.text);
  assert_int_equal(bytes, N * RECORD);
  for (size_t length = 0; length <= bytes; length++) {
    lnti_test_write_file(rows.text, whole, length);
    lnti_feature_cache *cache = open_cache(&l, "a");
    for (size_t i = 0; i < N; i++) {
      bool found = has(cache, i);
      assert_true(found == (i < length / RECORD));
      if (!found) put(cache, i);
    }
    assert_ok(lnti_feature_cache_flush(cache, ERR));
    lnti_feature_cache_close(cache);
    cache = open_cache(&l, "a");
    assert_int_equal(count_found(cache, N), N);
    lnti_feature_cache_close(cache);
    assert_int_equal(size_of(folder.text, "rows"), N * RECORD);
  }
  free(whole);
  lab_free(&l);
}

/* Sessions that end at any point, with both files cut to what a crash may leave: never a wrong vector, and what is
 * missing can be added. Only lengths down to the last flush are possible, but all are tried. */
static void check_crash(lnti_rng *rng, void *payload) {
  enum { N = 12 };
  (void)payload;
  lab l = lab_new();
  for (int session = 0; session < 4; session++) {
    lnti_feature_cache *cache = open_cache(&l, "a");
    for (size_t i = 0, n = (size_t)lnti_rng_below(rng, N); i < n; i++) {
      size_t number = (size_t)lnti_rng_below(rng, N);
      if (!has(cache, number)) put(cache, number);
      if (lnti_rng_below(rng, 3) == 0) assert_ok(lnti_feature_cache_flush(cache, ERR));
    }
    lnti_feature_cache_close(cache);
    const char *below = only_folder(&l).text + strlen(l.folder) + 1;
    static const char *const names[2] = {"rows", "shard-00000"};
    for (int f = 0; f < 2; f++) {
      media_name name = media_in(&l, "%s/%s", below, names[f]);
      off_t size = size_of(only_folder(&l).text, names[f]);
      if (size > 0 && lnti_rng_below(rng, 2)) {
        assert_int_equal(truncate(name.text, (off_t)lnti_rng_below(rng, (uint64_t)size + 1)), 0);
      }
    }
  }
  lnti_feature_cache *cache = open_cache(&l, "a");
  for (size_t i = 0; i < N; i++) {
    if (!has(cache, i)) put(cache, i);
  }
  assert_ok(lnti_feature_cache_flush(cache, ERR));
  lnti_feature_cache_close(cache);
  cache = open_cache(&l, "a");
  assert_int_equal(count_found(cache, N), N);
  lnti_feature_cache_close(cache);
  lab_free(&l);
}

static void crashes_never_give_wrong_vectors(void **state) {
  (void)state;
  lnti_test_property("crashes of the feature cache", 12, check_crash, NULL);
}

/* ---- two at once ---- */

/* A second process waits until the first has closed, and then sees what it added. The child is made before the cache is
 * opened, since a forked copy of the lock's descriptor would hold the lock too. */
static void one_process_at_a_time(void **state) {
  (void)state;
  lab l = lab_new();
  int go[2] = {-1, -1}, tell[2] = {-1, -1}, status = 0;
  char byte = 0;
  assert_true(pipe(go) == 0 && pipe(tell) == 0);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    lnti_feature_cache *other = NULL;
    uint8_t row[ROW];
    bool found = false;
    lnti_hash content = content_of(3);
    if (read(go[0], &byte, 1) != 1 || write(tell[1], "w", 1) != 1) _exit(5);
    if (lnti_feature_cache_open(&other, l.project, "a", ROW, NULL)) _exit(2);
    if (write(tell[1], "o", 1) != 1) _exit(5);
    if (lnti_feature_cache_get(other, &found, row, &content, NULL)) _exit(3);
    _exit(found ? 0 : 4);
  }
  lnti_feature_cache *cache = open_cache(&l, "a");
  assert_int_equal(write(go[1], "g", 1), 1);
  assert_int_equal(read(tell[0], &byte, 1), 1);
  struct pollfd wait = {tell[0], POLLIN, 0};
  assert_int_equal(poll(&wait, 1, 100), 0); /* it is kept waiting */
  put(cache, 3);
  assert_ok(lnti_feature_cache_flush(cache, ERR));
  lnti_feature_cache_close(cache);
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), 0);
  for (int i = 0; i < 2; i++) {
    close(go[i]);
    close(tell[i]);
  }
  lab_free(&l);
}

static lnti_cancel waiting_cancel;

static void on_alarm(int signal_number) {
  (void)signal_number;
  lnti_cancel_request(&waiting_cancel);
}

static void waiting_can_be_cancelled(void **state) {
  (void)state;
  lab l = lab_new();
  struct sigaction action = {.sa_handler = on_alarm}, before;
  struct itimerval soon = {{0, 20000}, {0, 20000}}, never = {{0, 0}, {0, 0}};
  lnti_feature_cache *cache = open_cache(&l, "a"), *second = NULL;
  l.project->context.cancel = &waiting_cancel;
  assert_int_equal(sigaction(SIGALRM, &action, &before), 0);
  assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
  lnt_status status = lnti_feature_cache_open(&second, l.project, "a", ROW, ERR);
  assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
  assert_int_equal(sigaction(SIGALRM, &before, NULL), 0);
  assert_int_equal(status, LNT_ECANCELLED);
  assert_null(second);
  lnti_feature_cache_close(cache);
  lab_free(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_put_is_found),
      cmocka_unit_test(equal_contents_share_a_row),
      cmocka_unit_test(keys_and_lengths_are_apart),
      cmocka_unit_test(shards_have_4096_rows),
      cmocka_unit_test(a_damaged_vector_is_missing_and_added_again),
      cmocka_unit_test(torn_records_are_no_damage),
      cmocka_unit_test(a_damaged_key_is_told),
      cmocka_unit_test(other_records_mean_other_contents),
      cmocka_unit_test(rows_may_end_anywhere),
      cmocka_unit_test(crashes_never_give_wrong_vectors),
      cmocka_unit_test(one_process_at_a_time),
      cmocka_unit_test(waiting_can_be_cancelled),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
