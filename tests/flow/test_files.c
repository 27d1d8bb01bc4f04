/*
 * Listing folders: order, what is left alone, links, folders that cannot be read, and the limits.
 */
#include <flow/import/files.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support.h"

/* ---- fixtures ---- */

static void touch(const char *folder, const char *name) {
  char *path = lnti_test_path(folder, name);
  lnti_test_write_file(path, "x", 1);
  free(path);
}

static void make_folder(const char *folder, const char *name) {
  char *path = lnti_test_path(folder, name);
  assert_int_equal(mkdir(path, 0755), 0);
  free(path);
}

static void make_link(const char *target, const char *folder, const char *name) {
  char *path = lnti_test_path(folder, name);
  assert_int_equal(symlink(target, path), 0);
  free(path);
}

static lnti_files list(const char *folder) {
  lnti_files files = {0};
  assert_ok(lnti_files_list(&files, folder, NULL, NULL, NULL, ERR));
  return files;
}

static void expect(const char *folder, const char *const *wanted, size_t n, size_t n_other) {
  lnti_files files = list(folder);
  assert_int_equal(files.n, n);
  for (size_t i = 0; i < n; i++) assert_string_equal(files.member[i], wanted[i]);
  assert_int_equal(files.n_other, n_other);
  lnti_files_clear(&files);
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

typedef struct refusals {
  size_t n;
  char path[4096], reason[512];
  lnt_status code;
} refusals;

static void refuse(void *payload, const char *path, lnt_status code, const char *reason) {
  refusals *r = payload;
  r->n++;
  snprintf(r->path, sizeof r->path, "%s", path);
  snprintf(r->reason, sizeof r->reason, "%s", reason);
  r->code = code;
}

/* ---- what is listed ---- */

static void test_empty(void **state) {
  (void)state;
  char *folder = lnti_test_folder();
  expect(folder, NULL, 0, 0);
  make_folder(folder, "empty");
  expect(folder, NULL, 0, 0);
  lnti_test_folder_remove(folder);
}

static void test_natural_order(void **state) {
  (void)state;
  char *folder = lnti_test_folder();
  static const char *const made[] = {"img10.png", "img2.png", "img1.png", "10/b.png", "9/z.png", "9/a.png"};
  static const char *const wanted[] = {"9/a.png", "9/z.png", "10/b.png", "img1.png", "img2.png", "img10.png"};
  make_folder(folder, "10");
  make_folder(folder, "9");
  for (size_t i = 0; i < COUNT(made); i++) touch(folder, made[i]);
  expect(folder, wanted, COUNT(wanted), 0);
  lnti_test_folder_remove(folder);
}

static void test_which_files_may_be_images(void **state) {
  (void)state;
  char *folder = lnti_test_folder();
  static const char *const images[] = {"a.JPG", "b.jpeg", "c.Png", "d.ppm", "e.webp", "f.tiff", "g.dcm", "i.x.jpg"};
  static const char *const others[] = {"a.txt", "b.jpg.txt", "c.", "d.json", "e.jpgx", "f.jp"};
  for (size_t i = 0; i < COUNT(images); i++) touch(folder, images[i]);
  for (size_t i = 0; i < COUNT(others); i++) touch(folder, others[i]);
  expect(folder, images, COUNT(images), COUNT(others));
  lnti_test_folder_remove(folder);
}

/* Without an extension the first bytes tell. What cannot be told is listed, and refused when it is read. */
static void test_files_without_an_extension(void **state) {
  (void)state;
  char *folder = lnti_test_folder();
  static const char *const wanted[] = {"gif", "jpeg", "pgm", "png", "svg"};
  static const struct {
    const char *name, *bytes;
  } files[] = {{"LICENSE", "Permission is hereby granted"},
               {"README", "P is for pictures"},
               {"empty", ""},
               {"gif", "GIF89a......"},
               {"jpeg", "\xff\xd8\xff\xe0\xff\xff"},
               {"pgm", "P5\n1 1\n255\n."},
               {"png", "\x89PNG\r\n\x1a\n"},
               {"svg", "<svg xmlns='http://www.w3.org/2000/svg'/>"}};
  for (size_t i = 0; i < COUNT(files); i++) {
    char *path = lnti_test_path(folder, files[i].name);
    lnti_test_write_file(path, files[i].bytes, strlen(files[i].bytes));
    free(path);
  }
  make_link("nowhere", folder, "dangling");
  expect(folder, wanted, COUNT(wanted), 4);
  lnti_test_folder_remove(folder);
}

static void test_hidden_ones_are_not_even_counted(void **state) {
  (void)state;
  char *folder = lnti_test_folder();
  static const char *const wanted[] = {"seen.png"};
  touch(folder, "seen.png");
  touch(folder, ".hidden.png");
  make_folder(folder, ".git");
  touch(folder, ".git/x.png");
  expect(folder, wanted, 1, 0);
  lnti_test_folder_remove(folder);
}

static void test_links(void **state) {
  (void)state;
  char *folder = lnti_test_folder();
  static const char *const wanted[] = {"dangling.png", "file.png", "real.d/a.png"};
  make_folder(folder, "real.d");
  touch(folder, "real.d/a.png");
  make_link("real.d/a.png", folder, "file.png");
  make_link("nowhere.png", folder, "dangling.png"); /* refused when it is read, with its reason */
  make_link("real.d", folder, "linked");            /* listed under its own name */
  make_link("..", folder, "real.d/up");             /* without end */
  make_link(".", folder, "self.png");
  make_link("/", folder, "all");
  lnti_files files = list(folder);
  assert_int_equal(files.n, 3);
  for (size_t i = 0; i < files.n; i++) assert_string_equal(files.member[i], wanted[i]);
  assert_int_equal(files.n_other, 0);
  assert_int_equal(files.n_again, 4);
  assert_string_equal(files.first_again, "all");
  lnti_files_clear(&files);
  lnti_test_folder_remove(folder);
}

/* Folders elsewhere are followed, once: "a" leads to what lies below "b", which the other links have to leave out. */
static void test_links_to_elsewhere(void **state) {
  (void)state;
  char *folder = lnti_test_folder();
  static const char *const below[] = {"a/3.png", "b/1.png", "b/down/2.png", "c.png"};
  make_folder(folder, "set");
  make_folder(folder, "cats");
  make_folder(folder, "cats/down");
  make_folder(folder, "cats/deep");
  touch(folder, "cats/1.png");
  touch(folder, "cats/down/2.png");
  touch(folder, "cats/deep/3.png");
  touch(folder, "set/c.png");
  make_link("../cats/deep", folder, "set/a");
  make_link("../cats", folder, "set/b");
  make_link("../cats/down", folder, "set/z");
  make_link("../set", folder, "cats/back");
  char *root = lnti_test_path(folder, "set");
  lnti_files files = list(root);
  assert_int_equal(files.n, COUNT(below));
  for (size_t i = 0; i < files.n; i++) assert_string_equal(files.member[i], below[i]);
  assert_int_equal(files.n_again, 3);
  assert_string_equal(files.first_again, "b/deep");
  lnti_files_clear(&files);
  free(root);
  lnti_test_folder_remove(folder);
}

static void test_odd_names(void **state) {
  (void)state;
  char *folder = lnti_test_folder();
  static const char *const wanted[] = {"a b.png", "a#1.png", "new\nline.png", "\xc3\xa4.png"};
  for (size_t i = 0; i < COUNT(wanted); i++) touch(folder, wanted[i]);
  expect(folder, wanted, COUNT(wanted), 0);
  lnti_test_folder_remove(folder);
}

static void test_a_thousand(void **state) {
  (void)state;
  char *folder = lnti_test_folder(), name[32];
  for (int i = 999; i >= 0; i--) {
    snprintf(name, sizeof name, "%d.png", i);
    touch(folder, name);
  }
  lnti_files files = list(folder);
  assert_int_equal(files.n, 1000);
  for (size_t i = 0; i < files.n; i++) {
    snprintf(name, sizeof name, "%zu.png", i);
    assert_string_equal(files.member[i], name);
  }
  lnti_files_clear(&files);
  assert_int_equal(files.n, 0);
  lnti_files_clear(&files);
  lnti_test_folder_remove(folder);
}

/* ---- what cannot be listed ---- */

static void test_a_folder_that_is_not_there(void **state) {
  (void)state;
  char *folder = lnti_test_folder(), *missing = lnti_test_path(folder, "missing");
  lnti_files files = {0};
  refusals r = {.n = 0};
  assert_ok(lnti_files_list(&files, missing, NULL, refuse, &r, ERR));
  assert_int_equal(files.n, 0);
  assert_int_equal(r.n, 1);
  assert_int_equal(r.code, LNT_ENOTFOUND);
  assert_string_equal(r.path, missing);
  lnti_files_clear(&files);
  free(missing);
  lnti_test_folder_remove(folder);
}

/* For root nothing is unreadable, so root becomes somebody else for the length of the call. */
static void test_an_unreadable_folder_is_told_and_passed_over(void **state) {
  (void)state;
  char *folder = lnti_test_folder(), *closed = lnti_test_path(folder, "closed");
  static const char *const wanted[] = {"a.png", "z.png"};
  bool is_root = geteuid() == 0;
  lnti_files files = {0};
  refusals r = {.n = 0};
  touch(folder, "a.png");
  touch(folder, "z.png");
  make_folder(folder, "closed");
  touch(folder, "closed/b.png");
  assert_int_equal(chmod(folder, 0755), 0);
  assert_int_equal(chmod(closed, 0), 0);
  if (is_root) assert_int_equal(seteuid(65534), 0);
  bool reachable = faccessat(AT_FDCWD, folder, R_OK | X_OK, AT_EACCESS) == 0;
  if (!reachable) { /* a root folder that is root's alone, as in some containers: nobody sees anything there */
    assert_int_equal(seteuid(0), 0);
    lnti_test_folder_remove(folder);
    free(closed);
    print_message("skipped: only root can reach the temporary folder\n");
    skip();
  }
  lnt_status status = lnti_files_list(&files, folder, NULL, refuse, &r, ERR);
  if (is_root) assert_int_equal(seteuid(0), 0);
  assert_int_equal(chmod(closed, 0755), 0);
  assert_int_equal(status, LNT_OK);
  assert_int_equal(files.n, 2);
  for (size_t i = 0; i < 2; i++) assert_string_equal(files.member[i], wanted[i]);
  assert_int_equal(r.n, 1);
  assert_string_equal(r.path, closed);
  assert_non_null(strstr(r.reason, "cannot be listed"));
  lnti_files_clear(&files);
  free(closed);
  lnti_test_folder_remove(folder);
}

/* ---- limits ---- */

static void test_depth(void **state) {
  (void)state;
  char *folder = lnti_test_folder(), path[LNTI_PATH_BYTES_MAX];
  lnti_files files = {0};
  size_t n = (size_t)snprintf(path, sizeof path, "%s", folder);
  for (int depth = 1; depth <= LNTI_FILES_DEPTH_MAX; depth++) {
    n += (size_t)snprintf(path + n, sizeof path - n, "/d");
    assert_int_equal(mkdir(path, 0755), 0);
  }
  touch(path, "deepest.png");
  files = list(folder);
  assert_int_equal(files.n, 1);
  lnti_files_clear(&files);
  make_folder(path, "d");
  refusals r = {.n = 0};
  assert_ok(lnti_files_list(&files, folder, NULL, refuse, &r, ERR));
  assert_int_equal(files.n, 1); /* the rest is listed */
  lnti_files_clear(&files);
  assert_int_equal(r.n, 1);
  assert_int_equal(r.code, LNT_ELIMIT);
  assert_string_equal(r.path + strlen(path), "/d");
  assert_non_null(strstr(r.reason, "deeper than 64"));
  lnti_test_folder_remove(folder);
}

static void test_length(void **state) {
  (void)state;
  char *folder = lnti_test_folder(), root[LNTI_PATH_BYTES_MAX + 1];
  lnti_files files = {0};
  touch(folder, "eleven..png");
  size_t n = (size_t)snprintf(root, sizeof root, "%s", folder);
  while (n < LNTI_PATH_BYTES_MAX - 12) root[n++] = '/'; /* the same folder, spelt longer */
  root[n - 1] = '\0';
  files = list(root); /* 4,083 + 1 + 11 bytes, and the NUL */
  assert_int_equal(files.n, 1);
  assert_string_equal(files.member[0], "eleven..png");
  lnti_files_clear(&files);
  root[n - 1] = '/';
  root[n] = '\0';
  refusals r = {.n = 0};
  touch(folder, "ten....png");
  assert_ok(lnti_files_list(&files, root, NULL, refuse, &r, ERR));
  assert_int_equal(files.n, 1); /* the shorter one */
  lnti_files_clear(&files);
  assert_int_equal(r.n, 1);
  assert_int_equal(r.code, LNT_ELIMIT);
  assert_string_equal(r.path, root);
  assert_non_null(strstr(r.reason, "longer than 4096 bytes: .../eleven..png"));
  memset(root, '/', sizeof root);
  root[LNTI_PATH_BYTES_MAX] = '\0';
  assert_status(lnti_files_list(&files, root, NULL, NULL, NULL, ERR), LNT_ELIMIT);
  assert_int_equal(files.n, 0);
  lnti_test_folder_remove(folder);
}

static void test_cancelled(void **state) {
  (void)state;
  char *folder = lnti_test_folder();
  lnti_files files = {0};
  lnti_cancel cancel = {0};
  touch(folder, "a.png");
  lnti_cancel_request(&cancel);
  assert_status(lnti_files_list(&files, folder, &cancel, NULL, NULL, ERR), LNT_ECANCELLED);
  assert_null(files.member);
  lnti_test_folder_remove(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_empty),
      cmocka_unit_test(test_natural_order),
      cmocka_unit_test(test_which_files_may_be_images),
      cmocka_unit_test(test_files_without_an_extension),
      cmocka_unit_test(test_hidden_ones_are_not_even_counted),
      cmocka_unit_test(test_links),
      cmocka_unit_test(test_links_to_elsewhere),
      cmocka_unit_test(test_odd_names),
      cmocka_unit_test(test_a_thousand),
      cmocka_unit_test(test_a_folder_that_is_not_there),
      cmocka_unit_test(test_an_unreadable_folder_is_told_and_passed_over),
      cmocka_unit_test(test_depth),
      cmocka_unit_test(test_length),
      cmocka_unit_test(test_cancelled),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
