/*
 * What tests of every layer share. Failures of the support itself (no temporary folder, say) are test failures.
 */
#include "support.h"

#include <dirent.h>
#include <ftw.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- statuses ---- */

static _Thread_local lnt_error test_error;

lnt_error *lnti_test_error(void) {
  memset(&test_error, 0, sizeof test_error);
  return &test_error;
}

void lnti_test_assert_status(lnt_status got, lnt_status wanted, const char *call, const char *file, int line) {
  if (got != wanted) {
    print_error("%s gave %s where %s is right: %s\n", call, lnt_status_name(got), lnt_status_name(wanted),
                test_error.message[0] ? test_error.message : "(no message)");
    _fail(file, line);
  }
  if (wanted != LNT_OK && test_error.code != LNT_OK && (test_error.code != wanted || !test_error.message[0])) {
    print_error("%s gave %s but left %s '%s' in the error\n", call, lnt_status_name(got),
                lnt_status_name(test_error.code), test_error.message);
    _fail(file, line);
  }
}

void lnti_test_assert_message(const char *part, const char *file, int line) {
  if (strstr(test_error.message, part)) return;
  print_error("the message '%s' does not hold '%s'\n", test_error.message, part);
  _fail(file, line);
}

/* ---- files ---- */

/* cmocka's own is not declared to never come back, which compilers and analysers want to know. */
static _Noreturn void give_up(const char *path, const char *what) {
  print_error("%s %s\n", path, what);
  _fail(__FILE__, __LINE__);
  abort();
}

char *lnti_test_folder(void) {
  const char *parent = getenv("TMPDIR");
  char *folder = lnti_test_path(parent && *parent ? parent : "/tmp", "linnet-test-XXXXXX");
  if (!mkdtemp(folder)) give_up(folder, "cannot be made as a temporary folder");
  return folder;
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *walk) {
  (void)info;
  (void)type;
  (void)walk;
  return remove(path);
}

void lnti_test_folder_remove(char *folder) {
  if (!folder) return;
  int result = nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
  if (result) print_error("%s could not be removed\n", folder);
  free(folder);
}

char *lnti_test_path(const char *folder, const char *name) {
  size_t n = strlen(folder) + strlen(name) + 2;
  char *path = malloc(n);
  if (!path) give_up(name, "cannot be named: no memory");
  snprintf(path, n, "%s/%s", folder, name);
  return path;
}

void lnti_test_write_file(const char *path, const void *data, size_t n) {
  FILE *file = fopen(path, "wb");
  if (!file) give_up(path, "cannot be written");
  assert_int_equal(fwrite(data, 1, n, file), n);
  assert_int_equal(fclose(file), 0);
}

char *lnti_test_read_file(size_t *n_out, const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file) give_up(path, "cannot be read");
  assert_int_equal(fseek(file, 0, SEEK_END), 0);
  long n = ftell(file);
  assert_true(n >= 0);
  rewind(file);
  char *data = malloc((size_t)n + 1);
  assert_non_null(data);
  assert_int_equal(fread(data, 1, (size_t)n, file), n);
  data[n] = '\0';
  fclose(file);
  if (n_out) *n_out = (size_t)n;
  return data;
}

size_t lnti_test_count_entries(const char *folder) {
  size_t n = 0;
  DIR *entries = opendir(folder);
  if (!entries) give_up(folder, "cannot be listed");
  for (const struct dirent *entry = readdir(entries); entry; entry = readdir(entries)) {
    n += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
  }
  closedir(entries);
  return n;
}

/* ---- generators ---- */

/* cmocka leaves a failing test by longjmp, so a check that fails never comes back here. Its seed is noted before, and
 * told by whoever notices that it was not taken back: the next property, or the end of the program. */
static const char *running_name;
static uint64_t running_seed;

static void tell_failing_seed(void) {
  if (!running_name) return;
  fprintf(stderr, "property '%s' failed with seed %" PRIu64 "; LNTI_TEST_SEED=%" PRIu64 " runs it alone\n",
          running_name, running_seed, running_seed);
  running_name = NULL;
}

static void run_seed(const char *name, uint64_t seed, void (*check)(lnti_rng *rng, void *payload), void *payload) {
  lnti_rng rng;
  running_name = name;
  running_seed = seed;
  lnti_rng_seed(&rng, seed, 0);
  check(&rng, payload);
  running_name = NULL;
}

void lnti_test_property(const char *name, uint64_t rounds, void (*check)(lnti_rng *rng, void *payload), void *payload) {
  static bool registered;
  const char *alone = getenv("LNTI_TEST_SEED");
  if (!registered) registered = atexit(tell_failing_seed) == 0;
  tell_failing_seed();
  if (alone) {
    run_seed(name, strtoull(alone, NULL, 10), check, payload);
    return;
  }
  for (uint64_t seed = 1; seed <= rounds; seed++) run_seed(name, seed, check, payload);
}

/* ---- CPU levels ---- */

void lnti_test_each_cpu_level(void (*check)(lnt_cpu_level level, void *payload), void *payload) {
  lnt_cpu_level best = lnt_cpu_detect();
  for (int level = 0; level < LNT_CPU_LEVELS; level++) {
    if (level > (int)best) {
      printf("skipped: this machine has no %s\n", lnt_cpu_name((lnt_cpu_level)level));
    } else {
      check((lnt_cpu_level)level, payload);
    }
  }
}
