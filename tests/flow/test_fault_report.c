/* The n-th allocation fails, for every n: LNT_ENOMEM, nothing leaked, and the file is whole or not there. */
#include "report_support.h"

#include <sys/stat.h>

static void html_survives_every_failing_allocation(void **state) {
  lnti_evaluation *e = sample_evaluation(60, 4, 20);
  const char **titles = sample_titles(4);
  lnti_report report = sample_report(e, titles);
  lnti_report_slice room[4];
  char key[] = "site", value[] = "north";
  lnti_report_slices slices = sample_slices(room, key, value);
  report.slices = &slices;
  report.n_slices = 1;
  char *folder = lnti_test_folder(), *path = lnti_test_path(folder, "report.html");
  lnti_text html = {NULL, 0, 0};
  (void)state;
  assert_ok(lnti_report_html(&html, &report, ERR));
  for_each_fault(n) {
    assert_fault_status(lnti_report_html_write(path, &report, ERR));
    assert_in_range(lnti_test_count_entries(folder), 0, 1); /* nothing half written beside it */
    struct stat file;
    if (stat(path, &file) == 0) assert_int_equal(file.st_size, html.length);
  }
  lnti_text_clear(&html);
  free(path);
  lnti_test_folder_remove(folder);
  free(titles);
  lnti_evaluation_free(e);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(html_survives_every_failing_allocation)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
