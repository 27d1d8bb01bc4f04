/* An evaluation in the terminal: aligned, complete, safe to print. */
#include "../flow/report_support.h"

#include <cli/report_text.h>

/* What is written, as one string; free() it. */
static char *text_of(const lnti_report *report, bool styled) {
  char *data = NULL;
  size_t n = 0;
  FILE *out = open_memstream(&data, &n);
  assert_non_null(out);
  assert_ok(lnti_report_text(out, report, styled, ERR));
  assert_int_equal(fclose(out), 0);
  assert_int_equal(lnti_utf8_valid(data, n), n);
  return data;
}

/* The n-th line (from 0) after the one that starts with `heading`. */
static const char *line_after(const char *text, const char *heading, size_t n) {
  const char *p = strstr(text, heading);
  assert_non_null(p);
  for (size_t i = 0; i <= n; i++) {
    p = strchr(p, '\n');
    assert_non_null(p);
    p++;
  }
  return p;
}

static void assert_line(const char *line, const char *want) {
  size_t n = strcspn(line, "\n");
  if (n != strlen(want) || memcmp(line, want, n) != 0) fail_msg("\"%.*s\" where \"%s\" is right", (int)n, line, want);
}

static void three_classes_read_like_this(void **state) {
  lnti_evaluation *e = sample_evaluation(3000, 4, 0);
  const char *titles[] = {"wren", "gr\u00fcnfink", "linnet", "\u9ce5"};
  lnti_report report = sample_report(e, titles);
  report.resamples = 0;
  char *text = text_of(&report, false);
  (void)state;
  /* Items 0, 3, 6, ... are all of class 0 and answered as class 1; all others are right. */
  assert_line(text, "finch-1 on the split test: 3,000 items of 4 classes");
  assert_line(line_after(text, "\nMetrics\n", 1), "  Accuracy           0.6667");
  assert_line(line_after(text, "\nConfusion", 1), "                    1      2      3      4");
  assert_line(line_after(text, "\nConfusion", 2), "   1  wren          .  1,000      .      .");
  assert_line(line_after(text, "\nConfusion", 3), "   2  gr\u00fcnfink      .  1,000      .      .");
  assert_line(line_after(text, "\nConfusion", 5), "   4  \u9ce5            .      .      .      .");
  assert_line(line_after(text, "\nClasses", 2),
              "  wren      1,000  0.0000          -       1.0000  0.0000             0.3333");
  assert_line(line_after(text, "\nMost frequent", 2), "  wren        gr\u00fcnfink   1,000       100.0 %");
  assert_null(strstr(text, "\x1b"));
  assert_null(strstr(text, "interval"));
  free(text);
  lnti_evaluation_free(e);
}

static void intervals_and_groups_are_named(void **state) {
  lnti_evaluation *e = sample_evaluation(300, 4, 50);
  const char **titles = sample_titles(4);
  lnti_report report = sample_report(e, titles);
  char want[64];
  report.group_key = "nest";
  report.n_groups = 1234;
  char *text = text_of(&report, false);
  (void)state;
  (void)snprintf(want, sizeof want, " to %.4f", e->ci95[LNTI_ACCURACY][1]);
  assert_non_null(strstr(text, "Metrics, with 95 % intervals"));
  assert_non_null(strstr(text, want));
  assert_non_null(
      strstr(text, "Items that belong together by nest were drawn as one for the intervals (1,234 groups).\n"));
  for (size_t m = 0; m < LNTI_METRICS; m++) assert_non_null(strstr(text, lnti_report_metric_title((lnti_metric_id)m)));
  free(text);
  free(titles);
  lnti_evaluation_free(e);
}

static void calibration_error_stands_beside_chance(void **state) {
  lnti_evaluation *e = sample_evaluation(300, 4, 0);
  const char **titles = sample_titles(4);
  lnti_report report = sample_report(e, titles);
  lnti_reliability r = {0.4, 0.01, 0.02};
  (void)state;
  report.reliability = &r;
  e->value[LNTI_ECE] = 0.03;
  char *text = text_of(&report, false);
  assert_non_null(strstr(text, "Before calibration the calibration error was 0.4000, now it is 0.0300."));
  assert_non_null(strstr(text, "this\n  one is off by more than chance.\n"));
  free(text);
  e->value[LNTI_ECE] = 0.02;
  text = text_of(&report, false);
  assert_non_null(strstr(text, "one is off by no more than chance.\n"));
  free(text);
  free(titles);
  lnti_evaluation_free(e);
}

static void slices_are_a_table_and_a_sentence(void **state) {
  lnti_evaluation *e = sample_evaluation(300, 4, 50);
  const char **titles = sample_titles(4);
  lnti_report report = sample_report(e, titles);
  lnti_report_slice room[4];
  char key[] = "site", value[] = "north";
  lnti_report_slices slices = sample_slices(room, key, value);
  (void)state;
  report.slices = &slices;
  report.n_slices = 1;
  char *text = text_of(&report, false);
  assert_line(line_after(text, "\nSlices", 1),
              "  site                    n  accuracy                    macro F1                    groups");
  assert_line(line_after(text, "\nSlices", 2),
              "  north                 120    0.9000  0.8400 to 0.9500    0.8750  0.7500 to 0.9375      40");
  assert_line(line_after(text, "\nSlices", 4),
              "  (1,234 other values)    9    1.0000  0.4800 to 1.0000         -                         5");
  assert_line(
      line_after(text, "\nSlices", 6),
      "  Best is \u201cnorth\u201d (90.0\u00a0% right), worst \u201c12.5 to 60\u201d (70.0\u00a0%): 20.0 points apart (95\u00a0% "
      "interval 6.2");
  assert_line(line_after(text, "\nSlices", 7), "  to 33.8). That is more than chance: the model does worse there.");
  assert_line(line_after(text, "\nSlices", 8), "");
  free(text);
  slices.grouped = false;
  char longer[] = "a key that is longer than any value";
  slices.key = longer;
  slices.gap = (lnti_slice_gap){0, 0, 0, NAN, {NAN, NAN}};
  text = text_of(&report, false);
  assert_null(strstr(text, "groups"));
  assert_line(line_after(text, "\nSlices", 1),
              "  a key that is longer than any v\u2026    n  accuracy                    macro F1");
  assert_line(line_after(text, "\nSlices", 2),
              "  north                             120    0.9000  0.8400 to 0.9500    0.8750  0.7500 to 0.9375");
  assert_non_null(strstr(text, "Nothing to compare: none of these has at least 30 images, and fewer tell too little."));
  free(text);
  free(titles);
  lnti_evaluation_free(e);
}

static void styles_only_where_asked_and_change_no_words(void **state) {
  lnti_evaluation *e = sample_evaluation(300, 4, 0);
  const char **titles = sample_titles(4);
  lnti_report report = sample_report(e, titles);
  char *plain = text_of(&report, false), *styled = text_of(&report, true), *stripped = styled;
  (void)state;
  assert_non_null(strstr(styled, "\x1b[1m"));
  for (const char *p = styled; *p != '\0'; p++) {
    if (*p == '\x1b') {
      p = strchr(p, 'm');
      assert_non_null(p);
    } else {
      *stripped++ = *p;
    }
  }
  *stripped = '\0';
  assert_string_equal(styled, plain);
  free(styled);
  free(plain);
  free(titles);
  lnti_evaluation_free(e);
}

static void matrix_stops_at_twenty_classes(void **state) {
  (void)state;
  for (size_t k = 20; k <= 21; k++) {
    lnti_evaluation *e = sample_evaluation(300, k, 0);
    const char **titles = sample_titles(k);
    lnti_report report = sample_report(e, titles);
    char *text = text_of(&report, false);
    assert_true((strstr(text, "\nConfusion:") != NULL) == (k == 20));
    assert_non_null(strstr(text, "\nMost frequent confusions\n"));
    free(text);
    free(titles);
    lnti_evaluation_free(e);
  }
}

static void all_right_has_no_confusions_to_list(void **state) {
  lnti_evaluation *e = sample_evaluation(5, 1, 0);
  const char *titles[] = {"only"};
  lnti_report report = sample_report(e, titles);
  char *text = text_of(&report, false);
  (void)state;
  assert_null(strstr(text, "Most frequent"));
  assert_line(line_after(text, "\nConfusion", 2), "   1  only  5");
  assert_non_null(strstr(text, "AUROC                   -"));
  free(text);
  lnti_evaluation_free(e);
}

static void names_cannot_drive_the_terminal_or_break_the_table(void **state) {
  char longest[400];
  const char *titles[] = {"\x1b]0;owned\x07\nnew line", longest, "\xff\xfe", ""};
  lnti_evaluation *e = sample_evaluation(60, 4, 0);
  lnti_report report = sample_report(e, titles);
  (void)state;
  memset(longest, 0, sizeof longest);
  for (size_t i = 0; i + 3 < sizeof longest; i += 3) memcpy(longest + i, "\u9ce5", 3);
  report.model = "\x1b[2J";
  report.group_key = report.split = "\x07";
  char key[] = "\x1b[1m";
  lnti_report_slice room[4];
  lnti_report_slices slices = sample_slices(room, key, longest);
  report.slices = &slices;
  report.n_slices = 1;
  char *text = text_of(&report, false);
  assert_null(strchr(text, '\x1b'));
  assert_null(strchr(text, '\x07'));
  assert_non_null(strstr(text, "?]0;owned??new line"));
  assert_non_null(strstr(text, "\u9ce5\u2026"));
  for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1) {
    assert_true(lnti_utf8_columns(line, strcspn(line, "\n")) <= 110);
  }
  free(text);
  lnti_evaluation_free(e);
}

static void failed_write_is_an_error(void **state) {
  lnti_evaluation *e = sample_evaluation(60, 4, 0);
  const char **titles = sample_titles(4);
  lnti_report report = sample_report(e, titles);
  FILE *full = fopen("/dev/full", "w");
  (void)state;
  if (full != NULL) {
    assert_status(lnti_report_text(full, &report, false, ERR), LNT_ENOSPC);
    (void)fclose(full);
  }
  free(titles);
  lnti_evaluation_free(e);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(three_classes_read_like_this),
      cmocka_unit_test(intervals_and_groups_are_named),
      cmocka_unit_test(calibration_error_stands_beside_chance),
      cmocka_unit_test(slices_are_a_table_and_a_sentence),
      cmocka_unit_test(styles_only_where_asked_and_change_no_words),
      cmocka_unit_test(matrix_stops_at_twenty_classes),
      cmocka_unit_test(all_right_has_no_confusions_to_list),
      cmocka_unit_test(names_cannot_drive_the_terminal_or_break_the_table),
      cmocka_unit_test(failed_write_is_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
