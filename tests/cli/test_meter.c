/*
 * Progress and log: the live line's text, and what scripts read.
 */
#include <support.h>

#include <base/log.h>
#include <cli/meter.h>

static void assert_line(const char *what, size_t done, size_t total, size_t fresh, double seconds, const char *wanted) {
  char line[256];
  lnti_meter_line(line, sizeof line, what, done, total, fresh, seconds);
  assert_string_equal(line, wanted);
}

static void test_line(void **state) {
  (void)state;
  assert_line("images", 0, 0, 0, 0, "images  0");
  assert_line("images", 12345, 70000, 12345, 0.1, "images  12,345 of 70,000   17 %"); /* too early for a rate */
  assert_line("images", 12000, 70000, 12000, 2, "images  12,000 of 70,000   17 %  6,000/s  10 s left");
  assert_line("images", 500, 0, 500, 2, "images  500  250/s");
  assert_line("vectors", 70000, 70000, 100, 2, "vectors  70,000 of 70,000  100 %  50.0/s");
  /* Work that went on from the middle: the rate is that of this run alone. */
  assert_line("images", 60000, 70000, 10, 10, "images  60,000 of 70,000   85 %  1.00/s  2 h 47 min left");
}

/** What the meter writes to a stream that is no terminal. */
static char *run_meter(lnti_meter_mode mode, bool durable, lnti_log_level least) {
  lnti_meter meter;
  char *text = NULL;
  size_t n = 0;
  FILE *file = tmpfile();
  assert_non_null(file);
  lnti_meter_init(&meter, file, mode, least, "import");
  meter.durable = durable;
  lnti_progress_update(&meter.progress, "images", 5, 10);
  lnti_log_printf(&meter.log, LNTI_LOG_WARN, "%s", "careful\n\x1b[1m");
  lnti_progress_update(&meter.progress, "images", 10, 10);
  lnti_meter_finish(&meter);
  lnti_meter_clear(&meter);
  n = (size_t)ftell(file);
  rewind(file);
  text = calloc(n + 1, 1);
  assert_non_null(text);
  assert_int_equal(fread(text, 1, n, file), n);
  fclose(file);
  return text;
}

static void assert_written(lnti_meter_mode mode, bool durable, lnti_log_level least, const char *wanted) {
  char *text = run_meter(mode, durable, least);
  assert_string_equal(text, wanted);
  free(text);
}

static void test_modes(void **state) {
  (void)state;
  assert_written(LNTI_METER_PLAIN, false, LNTI_LOG_WARN,
                 "images 5/10\nlinnet: import: warning: careful??[1m\nimages 10/10\n");
  assert_written(LNTI_METER_PLAIN, true, LNTI_LOG_ERROR, "durable 5\ndurable 10\n");
  assert_written(LNTI_METER_NONE, false, LNTI_LOG_ERROR, "");
  assert_written(LNTI_METER_AUTO, false, LNTI_LOG_ERROR, ""); /* a file is no terminal */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_line),
      cmocka_unit_test(test_modes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
