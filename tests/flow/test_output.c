/* flow/output.c: which names a result may have, and that nothing but an earlier result gives way. */
#include "flow_support.h"

#include <base/file.h>
#include <flow/output.h>
#include <flow/report/report.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct place {
  lab l;
  char *path; /* of the last name, in the project's folder or beside it */
} place;

static lnt_status check(place *p, lnti_output_kind kind, const char *folder, const char *name) {
  free(p->path);
  p->path = NULL;
  assert_ok(lnti_asprintf(&p->path, ERR, "%s/%s", folder, name));
  return lnti_output_check(p->l.project, kind, p->path, ERR);
}

static void put(const char *path, const char *text) {
  assert_ok(lnti_file_write_all(path, text, strlen(text), ERR));
}

static void test_endings(void **state) {
  (void)state;
  place p = {.l = lab_new()};
  const char *folder = p.l.folder;
  assert_ok(check(&p, LNTI_OUTPUT_ARRAY, folder, "x.npy"));
  assert_ok(check(&p, LNTI_OUTPUT_ROWS, folder, "x.CSV"));
  assert_ok(check(&p, LNTI_OUTPUT_REPORT, folder, "x.html"));
  assert_ok(check(&p, LNTI_OUTPUT_REPORT, folder, "x.htm"));
  assert_status(check(&p, LNTI_OUTPUT_ARRAY, folder, "x.csv"), LNT_EINVAL);
  assert_message("a name that ends in .npy");
  assert_status(check(&p, LNTI_OUTPUT_ROWS, folder, "x.npy"), LNT_EINVAL);
  assert_status(check(&p, LNTI_OUTPUT_REPORT, folder, "html"), LNT_EINVAL);
  assert_status(check(&p, LNTI_OUTPUT_REPORT, folder, ""), LNT_EINVAL);
  assert_status(check(&p, LNTI_OUTPUT_ARRAY, folder, "no/x.npy"), LNT_ENOTFOUND);
  assert_message("make it first");
  free(p.path);
  lab_free(&p.l);
}

static void test_own_files(void **state) {
  (void)state;
  place p = {.l = lab_new()};
  const char *project = p.l.project->path;
  assert_status(check(&p, LNTI_OUTPUT_ARRAY, project, "models/x.npy"), LNT_EINVAL);
  assert_message("own folder models/");
  assert_status(check(&p, LNTI_OUTPUT_ARRAY, project, "../././project/models/../models/x.npy"), LNT_EINVAL);
  assert_status(check(&p, LNTI_OUTPUT_REPORT, project, "linnet.db.html"), LNT_EINVAL);
  assert_message("database");
  assert_ok(check(&p, LNTI_OUTPUT_REPORT, project, "models.html"));
  /* What does not exist yet is told apart as well. */
  static const char *const own[] = {"cache", "cache/features/new", "embeddings/", "models/./x", "linnet.db-wal"};
  static const char *const others[] = {"caches", "new/cache", "photos", "linnet.html"};
  for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
    char *path = lnti_test_path(project, own[i]);
    assert_status(lnti_output_check_place(p.l.project, path, ERR), LNT_EINVAL);
    free(path);
  }
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
    char *path = lnti_test_path(project, others[i]);
    assert_ok(lnti_output_check_place(p.l.project, path, ERR));
    free(path);
  }
  /* By a link, from outside and from inside. */
  char *link = lnti_test_path(p.l.folder, "way"), *models = lnti_test_path(project, "models");
  assert_int_equal(symlink(models, link), 0);
  assert_status(check(&p, LNTI_OUTPUT_ARRAY, link, "x.npy"), LNT_EINVAL);
  free(link);
  free(models);
  free(p.path);
  lab_free(&p.l);
}

static void test_what_is_there(void **state) {
  (void)state;
  place p = {.l = lab_new()};
  const char *folder = p.l.folder;
  static const struct {
    lnti_output_kind kind;
    const char *name, *text;
    lnt_status expected;
  } cases[] = {
      {LNTI_OUTPUT_ARRAY, "a.npy", "\x93NUMPY and so on", LNT_OK},
      {LNTI_OUTPUT_ARRAY, "b.npy", "P5 12 12 255\n", LNT_EEXISTS},
      {LNTI_OUTPUT_ARRAY, "c.npy", "\x93NUM", LNT_EEXISTS},
      {LNTI_OUTPUT_ARRAY, "d.npy", "", LNT_OK},
      {LNTI_OUTPUT_ROWS, "a.csv", "path\na.jpg\n", LNT_OK},
      {LNTI_OUTPUT_ROWS, "b.csv", "path,label\na.jpg,cat\n", LNT_EEXISTS},
      {LNTI_OUTPUT_REPORT, "a.html", LNTI_REPORT_HTML_START "<title>", LNT_OK},
      {LNTI_OUTPUT_REPORT, "b.html", "<!DOCTYPE html>\n<html lang=\"en\">\n<p>mine", LNT_EEXISTS},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char *path = lnti_test_path(folder, cases[i].name);
    put(path, cases[i].text);
    assert_status(lnti_output_check(p.l.project, cases[i].kind, path, ERR), cases[i].expected);
    free(path);
  }
  char *link = lnti_test_path(folder, "link.npy"), *database = lnti_test_path(p.l.project->path, "linnet.db");
  assert_int_equal(symlink(database, link), 0);
  assert_status(check(&p, LNTI_OUTPUT_ARRAY, folder, "link.npy"), LNT_EINVAL);
  assert_int_equal(unlink(link), 0);
  assert_int_equal(symlink("nowhere", link), 0);
  assert_status(check(&p, LNTI_OUTPUT_ARRAY, folder, "link.npy"), LNT_ENOTFOUND);
  assert_int_equal(unlink(link), 0);
  assert_ok(lnti_folder_make(link, ERR));
  assert_status(check(&p, LNTI_OUTPUT_ARRAY, folder, "link.npy"), LNT_EEXISTS);
  assert_message("a folder");
  free(link);
  free(database);
  free(p.path);
  lab_free(&p.l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_endings),
      cmocka_unit_test(test_own_files),
      cmocka_unit_test(test_what_is_there),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
