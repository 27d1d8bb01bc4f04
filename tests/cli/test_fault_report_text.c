/* The n-th allocation fails, for every n: LNT_ENOMEM, nothing leaked, and nothing written. */
#include "../flow/report_support.h"

#include <cli/report_text.h>

static void text_survives_every_failing_allocation(void **state) {
  lnti_evaluation *e = sample_evaluation(60, 4, 20);
  const char **titles = sample_titles(4);
  lnti_report report = sample_report(e, titles);
  lnti_report_slice room[4];
  char key[] = "site", value[] = "north";
  lnti_report_slices slices = sample_slices(room, key, value);
  report.slices = &slices;
  report.n_slices = 1;
  FILE *out = tmpfile();
  (void)state;
  assert_non_null(out);
  (void)setvbuf(out, NULL, _IONBF, 0); /* no buffer to be allocated half way */
  for_each_fault(n) {
    lnt_status status = lnti_report_text(out, &report, true, ERR);
    assert_true((ftell(out) > 0) == (status == LNT_OK));
    assert_fault_status(status);
  }
  (void)fclose(out);
  free(titles);
  lnti_evaluation_free(e);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(text_survives_every_failing_allocation)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
