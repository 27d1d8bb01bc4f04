/*
 * The HTML report: whole (every tag closed in order), closed (nothing from elsewhere, no scripts, no styles but its
 * own), and proof against hostile names. Tags are read by a small parser that knows just what the report may hold.
 */
#include "report_support.h"

#include <flow/report/page.h>

/* A PNG's signature and first chunk, 2 x 3 pixels; no browser is asked here. */
static const unsigned char PNG[33] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0, 0, 13,
                                      'I',  'H', 'D', 'R', 0,    0,    0,    2,    0, 0, 0, 3};

static bool is_void(const char *name) {
  return strcmp(name, "meta") == 0 || strcmp(name, "img") == 0 || strcmp(name, "wbr") == 0 ||
         strcmp(name, "!doctype") == 0;
}

/* Reads one tag at *at: its lower-case name, whether it closes or is empty; checks that attributes are quoted. */
static void read_tag(char name[32], bool *closing, bool *empty, const char **at) {
  const char *p = *at + 1;
  size_t n = 0;
  *closing = *p == '/';
  p += *closing;
  while (n < 31 && *p != '>' && *p != ' ' && *p != '/' && *p != '\0') {
    name[n++] = (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p);
    p++;
  }
  name[n] = '\0';
  assert_true(n > 0);
  while (*p != '>' && *p != '\0') {
    assert_true(*p != '<');
    if (*p != '"') {
      p++;
      continue;
    }
    for (p++; *p != '"'; p++) assert_true(*p != '\0' && *p != '<');
    p++;
  }
  assert_true(*p == '>');
  *empty = p[-1] == '/' || is_void(name);
  *at = p + 1;
}

static void assert_well_formed(const char *html) {
  char open[32][32];
  size_t depth = 0;
  assert_int_equal(strncmp(html, "<!DOCTYPE html>\n<html lang=\"en\">", 32), 0);
  assert_int_equal(lnti_utf8_valid(html, strlen(html)), strlen(html));
  for (const char *p = html; *p != '\0';) {
    char name[32];
    bool closing, empty;
    if (*p != '<') {
      assert_true(*p != '>' || (depth > 0 && strcmp(open[depth - 1], "style") == 0));
      p++;
      continue;
    }
    read_tag(name, &closing, &empty, &p);
    if (closing) {
      if (depth == 0 || strcmp(open[depth - 1], name) != 0) {
        fail_msg("</%s> closes <%s>", name, depth > 0 ? open[depth - 1] : "");
      }
      depth--;
    } else if (!empty) {
      assert_true(depth < 32);
      memcpy(open[depth++], name, sizeof name);
    }
  }
  assert_int_equal(depth, 0);
}

/* Nothing that runs, nothing that is fetched. */
static void assert_closed(const char *html) {
  static const char *const BANNED[] = {"<script", "http:", "https:",      "//",         " style=\"",
                                       "@import", "url(",  "<link",       "<iframe",    "<object",
                                       "<form",   "<base", " onerror=\"", " onload=\"", "javascript:"};
  for (size_t i = 0; i < sizeof BANNED / sizeof *BANNED; i++) {
    if (strstr(html, BANNED[i]) != NULL) fail_msg("the page holds %s", BANNED[i]);
  }
  assert_non_null(strstr(html, "default-src 'none'; style-src 'unsafe-inline'; img-src data:"));
}

static size_t count_of(const char *html, const char *part) {
  size_t n = 0;
  for (const char *p = html; (p = strstr(p, part)) != NULL; p += strlen(part)) n++;
  return n;
}

static char *page_of(const lnti_report *report) {
  lnti_text text = {NULL, 0, 0};
  assert_ok(lnti_report_html(&text, report, ERR));
  assert_well_formed(text.data);
  return text.data;
}

static void page_is_whole_for_any_number_of_classes(void **state) {
  static const size_t K[] = {1, 2, 10, 13, 27, 60};
  (void)state;
  for (size_t i = 0; i < sizeof K / sizeof *K; i++) {
    lnti_evaluation *e = sample_evaluation(200, K[i], i % 2 == 0 ? 20 : 0);
    const char **titles = sample_titles(K[i]);
    lnti_report report = sample_report(e, titles);
    char *html = page_of(&report), title[64];
    assert_closed(html);
    for (size_t c = 0; c < K[i]; c++) {
      (void)snprintf(title, sizeof title, "<bdi>class %zu</bdi>", c);
      assert_true(count_of(html, title) >= 3); /* a row and a column of the matrix, a row of the table */
    }
    assert_int_equal(count_of(html, "class=\"matrix"), 1);
    assert_int_equal(count_of(html, "class=\"range\"") > 0, i % 2 == 0);
    free(html);
    free(titles);
    lnti_evaluation_free(e);
  }
}

static void training_items_are_called_so(void **state) {
  lnti_evaluation *e = sample_evaluation(30, 2, 0);
  const char **titles = sample_titles(2);
  lnti_report report = sample_report(e, titles);
  char *html = page_of(&report);
  (void)state;
  assert_non_null(strstr(html, "Of 30 images that it was not trained on, it got <strong>20 right</strong>."));
  free(html);
  report.n_trained_on = 30;
  html = page_of(&report);
  assert_null(strstr(html, "not trained on"));
  assert_non_null(strstr(html, "Of 30 images that it was trained on, it got <strong>20 right</strong>, which says"));
  assert_null(strstr(html, "Read this first"));
  free(html);
  report.snapshot_json = "{\"name\":\"<v1>\",\"fingerprint\":\"ab12\"}";
  html = page_of(&report);
  assert_non_null(strstr(html, "<dt>Data</dt><dd>snapshot <bdi>&lt;v1&gt;</bdi>, fingerprint <bdi>ab12</bdi></dd>"));
  free(html);
  static const char *const nonsense[] = {"[]", "{\"name\":7}", "{\"name\":\"x\"}", "{"};
  for (size_t i = 0; i < 4; i++) {
    report.snapshot_json = nonsense[i];
    html = page_of(&report);
    assert_null(strstr(html, "<dt>Data</dt>"));
    free(html);
  }
  report.snapshot_json = NULL;
  static const char *const warnings[] = {"7 of 30 items are <pictures> that it knows"};
  report.n_trained_on = 7; /* whatever the split is called */
  report.warnings = warnings;
  report.n_warnings = 1;
  html = page_of(&report);
  assert_non_null(strstr(html, "Of 30 images that it was in part trained on"));
  assert_non_null(strstr(html, "Read this first"));
  assert_non_null(strstr(html, "<li>7 of 30 items are &lt;pictures&gt; that it knows.</li>"));
  assert_true(strstr(html, "Read this first") < strstr(html, "How good is it?"));
  free(html);
  free(titles);
  lnti_evaluation_free(e);
}

static void many_classes_give_a_list_in_place_of_the_matrix(void **state) {
  enum { K = 1001 };
  lnti_evaluation *e = sample_evaluation(3000, K, 0);
  const char **titles = sample_titles(K);
  lnti_report report = sample_report(e, titles);
  report.resamples = 0;
  char *html = page_of(&report);
  (void)state;
  assert_closed(html);
  assert_null(strstr(html, "class=\"matrix"));
  assert_null(strstr(html, "interval"));
  assert_int_equal(count_of(html, "</td></tr>"), 25 + LNTI_REPORT_TABLE_CLASSES_MAX + 1); /* one bin */
  assert_non_null(strstr(html, "The 25 most frequent confusions"));
  assert_non_null(strstr(html, "The thousand classes that it knows least"));
  free(html);
  free(titles);
  lnti_evaluation_free(e);
}

static void hostile_names_are_only_text(void **state) {
  const char *titles[] = {"<script>alert(1)</script>", "\"><img src=x onerror=\"alert(2)", "a & b's </style>",
                          "bad \xff\xc3( bytes \x1b[31m\n\x7f", "\u202eright to left"};
  lnti_evaluation *e = sample_evaluation(60, 5, 0);
  lnti_report report = sample_report(e, titles);
  lnti_report_mistake mistake = {PNG, sizeof PNG, "x\"/><script>alert(3)</script>#1", 0, 1, 0.9, NULL, NULL, NULL};
  report.model = report.target = report.learner = report.feature = report.split = report.group_key = titles[0];
  report.calibrated_on = titles[1];
  report.mistakes = &mistake;
  report.n_mistakes = 1;
  char *html = page_of(&report);
  (void)state;
  assert_closed(html);
  assert_non_null(strstr(html, "<bdi>&lt;script&gt;alert(1)&lt;/script&gt;</bdi>"));
  assert_non_null(strstr(html, "<title>&lt;script&gt;"));
  assert_non_null(strstr(html, "&quot;&gt;&lt;img src=x onerror=&quot;alert(2)"));
  assert_non_null(strstr(html, "a &amp; b&#39;s &lt;/style&gt;"));
  assert_non_null(strstr(html, "bad \ufffd\ufffd( bytes \ufffd[31m\ufffd\ufffd"));
  assert_non_null(strstr(html, "<bdi>\u202eright to left</bdi>"));
  assert_non_null(strstr(html, "alt=\"x&quot;/&gt;&lt;script&gt;alert(3)&lt;/script&gt;#1\""));
  free(html);
  lnti_evaluation_free(e);
}

static void says_what_was_done(void **state) {
  lnti_evaluation *e = sample_evaluation(1000, 4, 20);
  const char *titles[] = {"wren", "finch", "siskin", "linnet"};
  lnti_report report = sample_report(e, titles);
  report.trained_ms = UINT64_C(1700000000000);
  report.group_key = "nest";
  report.n_groups = 40;
  char *html = page_of(&report);
  (void)state;
  assert_non_null(strstr(html, "<dd><bdi>nest</bdi>, 40 groups</dd>"));
  assert_non_null(
      strstr(html, "These 1,000 images come in 40 groups: images that share <bdi>nest</bdi> belong together."));
  assert_non_null(strstr(html, "<h1><bdi>finch-1</bdi></h1>"));
  assert_non_null(strstr(html, "<dd>70,000 images</dd>"));
  assert_non_null(strstr(html, "<bdi>test</bdi>, 1,000 images"));
  assert_non_null(strstr(html, "<dt>Trained</dt><dd>2023-11-14 22:13 UTC</dd>"));
  assert_null(strstr(html, "<dt>Evaluated</dt>")); /* not known */
  assert_non_null(strstr(html, "images that belong together by <bdi>nest</bdi> drawn as one"));
  assert_non_null(strstr(html, "it got <strong>666 right</strong>"));
  assert_int_equal(count_of(html, "class=\"value\""), LNTI_METRICS);
  assert_int_equal(count_of(html, "class=\"range\""), LNTI_METRICS);
  assert_int_equal(count_of(html, "<caption"), 4);
  free(html);
  lnti_evaluation_free(e);
}

static void a_class_never_seen_shows_dashes_and_no_bar(void **state) {
  lnti_evaluation *e = sample_evaluation(9, 3, 0);
  const char **titles = sample_titles(3);
  lnti_report report = sample_report(e, titles);
  char *html = page_of(&report);
  (void)state;
  assert_non_null(strstr(html,
                         "<bdi>class 2</bdi></th><td>0</td><td>\u2013</td><td>\u2013</td>"
                         "<td class=\"f1\">\u2013</td><td>\u2013</td>"));
  free(html);
  free(titles);
  lnti_evaluation_free(e);
}

static void worst_cells_are_ringed_and_shaded_by_row(void **state) {
  uint64_t confusion[] = {90, 10, 0, 100};
  lnti_evaluation *e = sample_evaluation(200, 2, 0);
  const char *titles[] = {"left", "right"};
  lnti_report report = sample_report(e, titles);
  (void)state;
  memcpy(e->confusion, confusion, sizeof confusion);
  char *html = page_of(&report);
  assert_non_null(strstr(html, "<td class=\"s11 right\" title=\"left found: 90 of 100 (90.0\u00a0%)\">90</td>"));
  assert_non_null(
      strstr(html, "<td class=\"s2 ring\" title=\"left taken for right: 10 of 100 (10.0\u00a0%)\">10</td>"));
  assert_non_null(strstr(html, "<td class=\"s0\"></td>"));
  assert_non_null(strstr(html, "<td class=\"s12 right\""));
  free(html);
  lnti_evaluation_free(e);
}

static void mistakes_are_shown_as_pictures(void **state) {
  unsigned char large[sizeof PNG];
  lnti_evaluation *e = sample_evaluation(60, 4, 0);
  const char **titles = sample_titles(4);
  lnti_report report = sample_report(e, titles);
  lnti_report_mistake mistakes[] = {{PNG, sizeof PNG, "/data/in/a.gz#1", 0, 1, 0.987, NULL, NULL, NULL},
                                    {large, sizeof large, "/data/in/far/b.jpg", 1, 2, 0.5, NULL, NULL, NULL},
                                    {NULL, 0, "/data/in/c", 2, 0, 0.4, NULL, NULL, NULL}};
  (void)state;
  memcpy(large, PNG, sizeof PNG);
  large[18] = 1; /* 258 pixels wide */
  report.mistakes = mistakes;
  report.n_mistakes = 3;
  char *html = page_of(&report);
  assert_closed(html);
  assert_int_equal(count_of(html, "<figure>"), 3);
  assert_int_equal(count_of(html, "src=\"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAA"), 2);
  assert_int_equal(count_of(html, "class=\"small\" width=\"2\" height=\"3\""), 1);
  assert_int_equal(count_of(html, "<img width=\"258\" height=\"3\""), 1);
  assert_int_equal(count_of(html, "no picture"), 1);
  assert_non_null(strstr(html, "98.7\u00a0%"));
  /* the folders that all lie in are said on pointing alone, and a path may be broken after a slash */
  assert_non_null(strstr(html, "title=\"/data/in/far/b.jpg\"><bdi>far/<wbr>b.jpg</bdi>"));
  assert_non_null(strstr(html, "title=\"/data/in/c\"><bdi>c</bdi>"));
  free(html);
  report.n_mistakes = 1;
  html = page_of(&report);
  assert_non_null(strstr(html, "title=\"/data/in/a.gz#1\"><bdi>a.gz#1</bdi>"));
  free(html);
  free(titles);
  lnti_evaluation_free(e);
}

static void wrong_mistakes_are_refused(void **state) {
  lnti_evaluation *e = sample_evaluation(60, 4, 0);
  const char **titles = sample_titles(4);
  lnti_report report = sample_report(e, titles);
  lnti_report_mistake mistake = {PNG, sizeof PNG, "a.png", 4, 1, 0.9, NULL, NULL, NULL};
  lnti_text text = {NULL, 0, 0};
  (void)state;
  report.mistakes = &mistake;
  report.n_mistakes = 1;
  assert_status(lnti_report_html(&text, &report, ERR), LNT_EINVAL);
  assert_message("a.png");
  mistake.truth = 0;
  mistake.predicted = SIZE_MAX;
  assert_status(lnti_report_html(&text, &report, ERR), LNT_EINVAL);
  mistake.predicted = 1;
  mistake.png_bytes = sizeof PNG - 1;
  assert_status(lnti_report_html(&text, &report, ERR), LNT_EINVAL);
  mistake.png = "GIF89a: no PNG at all, but long enough";
  mistake.png_bytes = 38;
  assert_status(lnti_report_html(&text, &report, ERR), LNT_EINVAL);
  lnti_text_clear(&text);
  free(titles);
  lnti_evaluation_free(e);
}

static void base64_is_that_of_rfc_4648(void **state) {
  static const char *const PLAIN[] = {"", "f", "fo", "foo", "foob", "fooba", "foobar", "\xfb\xff\xfe"};
  static const char *const CODED[] = {"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy", "+//+"};
  (void)state;
  for (size_t i = 0; i < sizeof PLAIN / sizeof *PLAIN; i++) {
    lnti_text text = {NULL, 0, 0};
    lnti_page page = {&text, LNT_OK, ERR};
    lnti_page_html(&page, "|");
    lnti_page_base64(&page, PLAIN[i], strlen(PLAIN[i]));
    assert_int_equal(page.status, LNT_OK);
    assert_string_equal(text.data + 1, CODED[i]);
    lnti_text_clear(&text);
  }
}

static void slices_are_a_table_with_bars_and_a_sentence(void **state) {
  lnti_evaluation *e = sample_evaluation(200, 4, 20);
  const char **titles = sample_titles(4);
  lnti_report report = sample_report(e, titles);
  lnti_report_slice room[4];
  char key[] = "<site>", value[] = "\"><script>\xff";
  lnti_report_slices slices = sample_slices(room, key, value);
  (void)state;
  char *html = page_of(&report);
  assert_null(strstr(html, "Where is it better"));
  free(html);
  report.slices = &slices;
  report.n_slices = 1;
  report.group_key = "nest";
  html = page_of(&report);
  assert_closed(html);
  assert_non_null(strstr(html, "<h3>By <bdi>&lt;site&gt;</bdi></h3>"));
  assert_non_null(strstr(html,
                         "Best is \u201c&quot;&gt;&lt;script&gt;\ufffd\u201d (90.0\u00a0% right), worst \u201c12.5 to "
                         "60\u201d (70.0\u00a0%): 20.0 points apart (95\u00a0% interval 6.2 to 33.8). "
                         "That is more than chance"));
  assert_non_null(strstr(html, "<b>90.0\u00a0%</b> <small>84.0 to 95.0\u00a0%</small>"));
  assert_non_null(strstr(html, "<small>40 groups</small>"));
  assert_non_null(strstr(html, "<i>1,234 other values</i>"));
  assert_non_null(strstr(html, "<i>no value</i>"));
  assert_int_equal(count_of(html, "class=\"bar\" y="), 4);
  assert_int_equal(count_of(html, "class=\"whisker\""), 3); /* one has no interval */
  free(html);
  char path[] = "a/b<c/d";
  room[0].text = path;
  slices.gap.ci95[0] = -0.01;
  html = page_of(&report);
  assert_non_null(strstr(html, "cannot be told from chance"));
  assert_non_null(strstr(html, "<bdi>a/<wbr>b&lt;c/<wbr>d</bdi>"));
  free(html);
  slices.gap = (lnti_slice_gap){1, 0, 0, NAN, {NAN, NAN}};
  html = page_of(&report);
  assert_non_null(strstr(html, "Nothing to compare: only one of these has at least 30 images from at least 10 groups"));
  free(html);
  free(titles);
  lnti_evaluation_free(e);
}

static void file_is_written_whole_or_not_at_all(void **state) {
  char *folder = lnti_test_folder(), *path = lnti_test_path(folder, "report.html");
  char *nowhere = lnti_test_path(folder, "no/such/report.html");
  lnti_evaluation *e = sample_evaluation(60, 4, 0);
  const char **titles = sample_titles(4);
  lnti_report report = sample_report(e, titles);
  char *html = page_of(&report);
  size_t n;
  (void)state;
  assert_ok(lnti_report_html_write(path, &report, ERR));
  char *written = lnti_test_read_file(&n, path);
  assert_string_equal(written, html);
  lnti_report_mistake mistake = {PNG, sizeof PNG, "a.png", 9, 1, 0.9, NULL, NULL, NULL};
  report.mistakes = &mistake;
  report.n_mistakes = 1;
  assert_status(lnti_report_html_write(path, &report, ERR), LNT_EINVAL);
  char *after = lnti_test_read_file(&n, path);
  assert_string_equal(after, html); /* the old one */
  report.n_mistakes = 0;
  assert_status(lnti_report_html_write(nowhere, &report, ERR), LNT_ENOTFOUND);
  assert_int_equal(lnti_test_count_entries(folder), 1);
  free(after);
  free(written);
  free(html);
  free(titles);
  lnti_evaluation_free(e);
  free(nowhere);
  free(path);
  lnti_test_folder_remove(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(page_is_whole_for_any_number_of_classes),
      cmocka_unit_test(training_items_are_called_so),
      cmocka_unit_test(many_classes_give_a_list_in_place_of_the_matrix),
      cmocka_unit_test(hostile_names_are_only_text),
      cmocka_unit_test(says_what_was_done),
      cmocka_unit_test(a_class_never_seen_shows_dashes_and_no_bar),
      cmocka_unit_test(worst_cells_are_ringed_and_shaded_by_row),
      cmocka_unit_test(mistakes_are_shown_as_pictures),
      cmocka_unit_test(wrong_mistakes_are_refused),
      cmocka_unit_test(base64_is_that_of_rfc_4648),
      cmocka_unit_test(slices_are_a_table_with_bars_and_a_sentence),
      cmocka_unit_test(file_is_written_whole_or_not_at_all),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
