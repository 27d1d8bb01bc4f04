/* base/file.c: reading under a cap; the old file stays until the new one is whole; a full disk; folders. */
#include "support.h"

#include <base/file.h>
#include <base/hash.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* file.c's calls come here (--wrap): syncs are counted and made to fail, random names made known. */
int __real_fsync(int fd);
int __wrap_fsync(int fd);
void __real_lnti_random_bytes(void *out, size_t n);
void __wrap_lnti_random_bytes(void *out, size_t n);

static atomic_int n_folder_syncs, n_known_names;
static atomic_bool folder_sync_fails;

int __wrap_fsync(int fd) {
  struct stat info;
  if (fstat(fd, &info) != 0 || !S_ISDIR(info.st_mode)) return __real_fsync(fd);
  n_folder_syncs++;
  if (!folder_sync_fails) return __real_fsync(fd);
  errno = EIO;
  return -1;
}

void __wrap_lnti_random_bytes(void *out, size_t n) {
  if (n_known_names > 0) {
    n_known_names--;
    memset(out, 0x11, n);
  } else {
    __real_lnti_random_bytes(out, n);
  }
}

typedef struct place {
  char *folder, *path;
} place;

static int set_up(void **state) {
  place *p = malloc(sizeof *p);
  assert_non_null(p);
  p->folder = lnti_test_folder();
  p->path = lnti_test_path(p->folder, "file");
  *state = p;
  return 0;
}

static int tear_down(void **state) {
  place *p = *state;
  lnti_test_folder_remove(p->folder);
  free(p->path);
  free(p);
  return 0;
}

static void expect_content(const char *path, const char *wanted) {
  size_t n = 0;
  char *data = NULL;
  assert_ok(lnti_file_read(&data, &n, path, 1 << 20, ERR));
  assert_int_equal(n, strlen(wanted));
  assert_string_equal(data, wanted);
  free(data);
}

static void test_read(void **state) {
  place *p = *state;
  char *data = NULL;
  size_t n = 99;
  lnti_test_write_file(p->path, "a\0b\n", 4);
  assert_ok(lnti_file_read(&data, &n, p->path, 4, ERR));
  assert_int_equal(n, 4);
  assert_memory_equal(data, "a\0b\n", 5);
  free(data);
  lnti_test_write_file(p->path, "", 0);
  assert_ok(lnti_file_read(&data, &n, p->path, 0, ERR));
  assert_int_equal(n, 0);
  assert_string_equal(data, "");
  free(data);
}

static void test_read_refused(void **state) {
  place *p = *state;
  char *data = NULL, *below = lnti_test_path(p->path, "below");
  size_t n = 99;
  assert_status(lnti_file_read(&data, &n, p->path, 10, ERR), LNT_ENOTFOUND);
  assert_message(p->path);
  lnti_test_write_file(p->path, "12345", 5);
  assert_status(lnti_file_read(&data, &n, p->path, 4, ERR), LNT_ELIMIT);
  assert_message("has 5 bytes; at most 4 are taken");
  assert_status(lnti_file_read(&data, &n, p->folder, 10, ERR), LNT_EINVAL);
  assert_status(lnti_file_read(&data, &n, "/dev/null", 10, ERR), LNT_EINVAL);
  assert_status(lnti_file_read(&data, &n, below, 10, ERR), LNT_ENOTFOUND); /* a file where a folder is named */
  if (geteuid() != 0) {
    assert_int_equal(chmod(p->path, 0), 0);
    assert_status(lnti_file_read(&data, &n, p->path, 10, ERR), LNT_EIO);
  }
  assert_null(data);
  assert_int_equal(n, 99);
  free(below);
}

static void test_fifo_does_not_hang(void **state) {
  place *p = *state;
  char *data = NULL;
  lnti_hash hash;
  uint64_t bytes = 99;
  size_t n = 0;
  assert_int_equal(mkfifo(p->path, 0600), 0);
  assert_status(lnti_file_read(&data, &n, p->path, 10, ERR), LNT_EINVAL);
  assert_message("a pipe");
  assert_status(lnti_file_hash(&hash, &bytes, p->path, ERR), LNT_EINVAL);
  assert_message("a pipe");
  assert_int_equal(bytes, 99);
}

static void changes_length(const char *path) {
  struct stat info;
  char *data = NULL;
  lnti_hash hash;
  uint64_t bytes = 99;
  size_t n = 99;
  if (stat(path, &info) != 0) {
    print_message("%s is not on this machine: skipped\n", path);
    return;
  }
  assert_status(lnti_file_read(&data, &n, path, 1 << 20, ERR), LNT_EDATA);
  assert_message("changed its length");
  assert_status(lnti_file_hash(&hash, &bytes, path, ERR), LNT_EDATA);
  assert_message("changed its length");
  assert_null(data);
  assert_int_equal(n, 99);
  assert_int_equal(bytes, 99);
}

/* The kernel's own files stand in for one that grows (its size is given as 0) or shrinks (as a page). */
static void test_length_changes(void **state) {
  (void)state;
  changes_length("/proc/self/status");
  changes_length("/sys/devices/system/cpu/online");
}

static void test_write(void **state) {
  place *p = *state;
  lnti_file_writer *file = NULL;
  lnti_test_write_file(p->path, "old", 3);
  assert_ok(lnti_file_create(&file, p->path, ERR));
  assert_int_equal(lnti_file_offset(file), 0);
  assert_ok(lnti_file_write(file, "new ", 4, ERR));
  assert_ok(lnti_file_write(file, "", 0, ERR));
  assert_ok(lnti_file_write(file, "text", 4, ERR));
  assert_int_equal(lnti_file_offset(file), 8);
  expect_content(p->path, "old"); /* until commit */
  assert_int_equal(lnti_test_count_entries(p->folder), 2);
  assert_ok(lnti_file_commit(file, ERR));
  expect_content(p->path, "new text");
  assert_int_equal(lnti_test_count_entries(p->folder), 1);
}

static void test_discard(void **state) {
  place *p = *state;
  lnti_file_writer *file = NULL;
  lnti_test_write_file(p->path, "old", 3);
  assert_ok(lnti_file_create(&file, p->path, ERR));
  assert_ok(lnti_file_write(file, "new", 3, ERR));
  lnti_file_discard(file);
  lnti_file_discard(NULL);
  expect_content(p->path, "old");
  assert_int_equal(lnti_test_count_entries(p->folder), 1);
}

static void test_write_all(void **state) {
  place *p = *state;
  assert_ok(lnti_file_write_all(p->path, "one", 3, ERR));
  expect_content(p->path, "one");
  assert_ok(lnti_file_write_all(p->path, "", 0, ERR));
  expect_content(p->path, "");
  char *nowhere = lnti_test_path(p->folder, "none/file");
  assert_status(lnti_file_write_all(nowhere, "x", 1, ERR), LNT_ENOTFOUND);
  assert_message("cannot be written");
  free(nowhere);
  assert_int_equal(lnti_test_count_entries(p->folder), 1);
}

static void test_write_beside_working_folder(void **state) {
  place *p = *state;
  char here[4096];
  assert_non_null(getcwd(here, sizeof here));
  assert_int_equal(chdir(p->folder), 0);
  lnt_status status = lnti_file_write_all("bare", "x", 1, ERR); /* no folder in its name */
  assert_int_equal(chdir(here), 0);
  assert_ok(status);
  assert_int_equal(lnti_test_count_entries(p->folder), 1);
}

static void test_hash(void **state) {
  place *p = *state;
  enum { BYTES = 300000 };
  lnti_hash hash = {{0}}, wanted;
  uint64_t n = 99;
  char *data = calloc(1, BYTES);
  assert_non_null(data);
  assert_status(lnti_file_hash(&hash, &n, p->path, ERR), LNT_ENOTFOUND);
  assert_int_equal(n, 99);
  for (size_t size = 0; size <= BYTES; size += BYTES / 2) {
    if (size > 0) data[size - 1] = 'x';
    lnti_test_write_file(p->path, data, size);
    lnti_hash_bytes(&wanted, data, size);
    assert_ok(lnti_file_hash(&hash, &n, p->path, ERR));
    assert_int_equal(n, size);
    assert_memory_equal(&hash, &wanted, sizeof hash);
  }
  free(data);
}

static void test_commit_fails(void **state) {
  place *p = *state;
  lnti_file_writer *file = NULL;
  assert_int_equal(mkdir(p->path, 0700), 0);
  assert_ok(lnti_file_create(&file, p->path, ERR)); /* a folder is in the way, which the rename finds */
  assert_status(lnti_file_commit(file, ERR), LNT_EIO);
  assert_message("cannot be put in place");
  assert_int_equal(lnti_test_count_entries(p->folder), 1);
}

/* Nothing is replaced, nothing half made is left, and no folder is synced but by the call for all of them. */
static void test_place(void **state) {
  place *p = *state;
  lnti_file_writer *file = NULL;
  int n_before = n_folder_syncs;
  assert_ok(lnti_file_create(&file, p->path, ERR));
  assert_ok(lnti_file_write(file, "new", 3, ERR));
  assert_ok(lnti_file_place(file, ERR));
  expect_content(p->path, "new");
  assert_int_equal(n_folder_syncs, n_before);
  assert_ok(lnti_file_create(&file, p->path, ERR));
  assert_ok(lnti_file_write(file, "newer", 5, ERR));
  assert_status(lnti_file_place(file, ERR), LNT_EEXISTS);
  assert_message("is there already");
  expect_content(p->path, "new");
  assert_int_equal(lnti_test_count_entries(p->folder), 1);
  assert_ok(lnti_file_system_sync(p->folder, ERR));
  assert_status(lnti_file_system_sync("/nowhere/at all", ERR), LNT_ENOTFOUND);
  assert_message("/nowhere/at all");
}

/* The file is in place by then, whole; what cannot be promised is told. */
static void test_folder_sync_fails(void **state) {
  place *p = *state;
  lnti_test_write_file(p->path, "old", 3);
  folder_sync_fails = true;
  lnt_status status = lnti_file_write_all(p->path, "new", 3, ERR);
  folder_sync_fails = false;
  assert_status(status, LNT_EIO);
  assert_message("could not be synced");
  expect_content(p->path, "new");
  assert_int_equal(lnti_test_count_entries(p->folder), 1);
}

/* Where a link waits under the part's name: it is not followed, and another name is taken. Where every name is taken:
 * a failure, and no file touched. */
static void test_planted_link(void **state) {
  place *p = *state;
  char by_process[64];
  snprintf(by_process, sizeof by_process, "file.part-%ld", (long)getpid());
  char *victim = lnti_test_path(p->folder, "victim"),
       *links[2] = {lnti_test_path(p->folder, by_process), lnti_test_path(p->folder, "file.part-1111111111111111")};
  lnti_test_write_file(victim, "precious", 8);
  for (int i = 0; i < 2; i++) assert_int_equal(symlink(victim, links[i]), 0);
  n_known_names = 3;
  assert_ok(lnti_file_write_all(p->path, "new", 3, ERR));
  assert_int_equal(n_known_names, 0);
  expect_content(p->path, "new");
  n_known_names = 1000;
  lnt_status status = lnti_file_write_all(p->path, "newer", 5, ERR);
  n_known_names = 0;
  assert_status(status, LNT_EEXISTS);
  expect_content(p->path, "new");
  expect_content(victim, "precious");
  assert_int_equal(lnti_test_count_entries(p->folder), 4);
  for (int i = 0; i < 2; i++) free(links[i]);
  free(victim);
}

typedef struct rival {
  const char *path;
  char letter;
  size_t n;
  lnt_status status;
} rival;

enum { RIVAL_ROUNDS = 100, RIVAL_BYTES = 20000 };

static void *write_often(void *payload) {
  rival *r = payload;
  char text[RIVAL_BYTES];
  lnt_error err = LNT_ERROR_INIT;
  memset(text, r->letter, r->n);
  for (int i = 0; i < RIVAL_ROUNDS && r->status == LNT_OK; i++) {
    r->status = lnti_file_write_all(r->path, text, r->n, &err);
  }
  return NULL;
}

/* Two threads write one path: each succeeds, and what can be read is always all of the one or of the other. */
static void test_two_writers(void **state) {
  place *p = *state;
  rival rivals[2] = {{p->path, 'a', RIVAL_BYTES, LNT_OK}, {p->path, 'b', RIVAL_BYTES / 3, LNT_OK}};
  pthread_t threads[2];
  lnti_test_write_file(p->path, "b", 0);
  for (int i = 0; i < 2; i++) assert_int_equal(pthread_create(&threads[i], NULL, write_often, &rivals[i]), 0);
  for (int round = 0; round < RIVAL_ROUNDS; round++) {
    char *data = NULL;
    size_t n = 0;
    assert_ok(lnti_file_read(&data, &n, p->path, 1 << 20, ERR));
    if (n > 0) {
      assert_int_equal(n, data[0] == 'a' ? rivals[0].n : rivals[1].n);
      for (size_t i = 1; i < n; i++) assert_true(data[i] == data[0]);
    }
    free(data);
  }
  for (int i = 0; i < 2; i++) {
    pthread_join(threads[i], NULL);
    assert_int_equal(rivals[i].status, LNT_OK);
  }
  assert_int_equal(lnti_test_count_entries(p->folder), 1);
}

/* A limit on the size of files stands in for a full disk: write() comes back short, then fails. */
static void test_full_disk(void **state) {
  place *p = *state;
  enum { LIMIT = 100000 };
  struct rlimit before, limit;
  void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
  char *data = calloc(1, 2 * LIMIT);
  assert_non_null(data);
  lnti_test_write_file(p->path, "old", 3);
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  limit = before;
  limit.rlim_cur = LIMIT;
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
  lnt_status status = lnti_file_write_all(p->path, data, (size_t)2 * LIMIT, ERR);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
  signal(SIGXFSZ, handler);
  free(data);
  assert_status(status, LNT_ENOSPC);
  assert_message("writing failed");
  expect_content(p->path, "old");
  assert_int_equal(lnti_test_count_entries(p->folder), 1);
}

/* What has no name until it is placed: nothing is over, whatever ends it. */
static void test_created_nameless(void **state) {
  place *p = *state;
  lnti_file_writer *file = NULL;
  struct stat info;
  if (!lnti_file_nameless_works(p->folder)) skip(); /* the file system has none */
  assert_int_equal(lnti_test_count_entries(p->folder), 0);
  assert_ok(lnti_file_create_nameless(&file, p->path, ERR));
  assert_ok(lnti_file_write(file, "abc", 3, ERR));
  const struct timespec kept = lnti_file_set_time(file, (struct timespec){1000000000, 500});
  assert_int_equal(lnti_test_count_entries(p->folder), 0);
  assert_ok(lnti_file_place(file, ERR));
  assert_int_equal(lnti_test_count_entries(p->folder), 1);
  assert_int_equal(stat(p->path, &info), 0);
  assert_int_equal(info.st_size, 3);
  assert_int_equal(info.st_mtim.tv_sec, 1000000000);
  assert_int_equal(info.st_mtim.tv_nsec, kept.tv_nsec);
  const mode_t mask = umask(0);
  umask(mask);
  assert_int_equal(info.st_mode & 0777, 0666 & ~mask);
  /* Never over anything, and given up without a trace. */
  assert_ok(lnti_file_create_nameless(&file, p->path, ERR));
  assert_ok(lnti_file_write(file, "other", 5, ERR));
  assert_status(lnti_file_place(file, ERR), LNT_EEXISTS);
  assert_int_equal(stat(p->path, &info), 0);
  assert_int_equal(info.st_size, 3);
  assert_ok(lnti_file_create_nameless(&file, p->path, ERR));
  lnti_file_discard(file);
  assert_int_equal(lnti_test_count_entries(p->folder), 1);
  char *below = lnti_test_path(p->folder, "none/x");
  assert_status(lnti_file_create_nameless(&file, below, ERR), LNT_ENOTFOUND);
  free(below);
  below = lnti_test_path(p->folder, "none");
  assert_false(lnti_file_nameless_works(below));
  free(below);
  char pseudo[] = "/proc/self/x"; /* another file system, which has none */
  lnt_status status = lnti_file_create_nameless(&file, pseudo, ERR);
  assert_true(status == LNT_EUNSUPPORTED || status == LNT_ENOTFOUND || status == LNT_EIO);
}

static void test_nameless(void **state) {
  place *p = *state;
  char back[3];
  int fd = lnti_file_nameless(p->folder);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, "abc", 3), 3);
  assert_int_equal(pread(fd, back, 3, 0), 3);
  assert_memory_equal(back, "abc", 3);
  assert_int_equal(lnti_test_count_entries(p->folder), 0);
  close(fd);
  assert_int_equal(lnti_file_nameless(p->path), -1); /* it is not there */
  assert_int_equal(errno, ENOENT);
}

static void test_folder_make(void **state) {
  place *p = *state;
  struct stat info;
  char *deep = lnti_test_path(p->folder, "a/b//c/");
  n_folder_syncs = 0;
  assert_ok(lnti_folder_make(deep, ERR));
  assert_int_equal(n_folder_syncs, 3); /* a, b and c, each in the one above */
  assert_ok(lnti_folder_make(deep, ERR));
  assert_int_equal(n_folder_syncs, 3);
  assert_int_equal(stat(deep, &info), 0);
  assert_true(S_ISDIR(info.st_mode));
  assert_ok(lnti_folder_make("/", ERR));
  lnti_test_write_file(p->path, "x", 1);
  assert_status(lnti_folder_make(p->path, ERR), LNT_EEXISTS);
  assert_message("is a file where a folder is needed");
  char *below = lnti_test_path(p->path, "below");
  lnt_status status = lnti_folder_make(below, ERR);
  assert_true(status == LNT_EEXISTS || status == LNT_ENOTFOUND);
  free(below);
  below = lnti_test_path(p->folder, "unsynced");
  folder_sync_fails = true;
  status = lnti_folder_make(below, ERR);
  folder_sync_fails = false;
  assert_status(status, LNT_EIO);
  free(deep);
  free(below);
}

static void test_faults(void **state) {
  place *p = *state;
  lnti_test_write_file(p->path, "old", 3);
  for_each_fault(n) {
    char *data = NULL;
    size_t size = 0;
    assert_fault_status(lnti_file_read(&data, &size, p->path, 10, ERR));
    free(data);
  }
  for_each_fault(n) {
    assert_fault_status(lnti_file_write_all(p->path, "new", 3, ERR));
    assert_int_equal(lnti_test_count_entries(p->folder), 1); /* no part is left behind */
  }
  for_each_fault(n) assert_fault_status(lnti_folder_make(p->folder, ERR));
}

#define file_test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      file_test(test_read),
      file_test(test_read_refused),
      file_test(test_fifo_does_not_hang),
      file_test(test_length_changes),
      file_test(test_write),
      file_test(test_discard),
      file_test(test_write_all),
      file_test(test_write_beside_working_folder),
      file_test(test_hash),
      file_test(test_commit_fails),
      file_test(test_folder_sync_fails),
      file_test(test_place),
      file_test(test_planted_link),
      file_test(test_two_writers),
      file_test(test_full_disk),
      file_test(test_created_nameless),
      file_test(test_nameless),
      file_test(test_folder_make),
      file_test(test_faults),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
