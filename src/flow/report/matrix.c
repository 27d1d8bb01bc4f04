/*
 * The confusion section of the HTML report: a heat map, or beyond 60 classes a ranked list of pairs.
 *
 * A cell's shade is its share of its row, so that rare classes can be read like frequent ones. The ramp has thirteen
 * steps of one lightness scale, leaving out the middle greys on which neither dark nor light figures reach the contrast
 * of WCAG AA; any count above 0 is at least one step off the ground. Errors are ringed, not recoloured, so that no
 * meaning hangs on hue.
 */
#include <flow/report/page.h>

#include <string.h>

enum { RINGS_MAX = 8, LIST_MAX = 25 };

/* Per cent of the ramp; the style sheet's .s0 to .s12, where the figures change from dark to light at .s8. */
static const unsigned STEP[] = {0, 4, 8, 13, 19, 26, 34, 42, 66, 74, 82, 91, 100};
enum { STEPS = sizeof STEP / sizeof *STEP };

/* The step nearest to n of `whole`; 0 for none alone. */
static size_t step_of(uint64_t n, size_t whole) {
  double percent = 100.0 * (double)n / (double)whole;
  size_t step = 1;
  if (n == 0) return 0;
  while (step + 1 < STEPS && percent > (STEP[step] + STEP[step + 1]) / 2.0) step++;
  return step;
}

/* The longest title decides how high the slanted heads stand. */
static const char *head_height(const lnti_report *report) {
  size_t longest = 0;
  for (size_t c = 0; c < report->evaluation->k; c++) {
    size_t columns = lnti_utf8_columns(report->class_titles[c], strlen(report->class_titles[c]));
    if (columns > longest) longest = columns;
  }
  return longest <= 6 ? "low" : longest <= 12 ? "mid" : "high";
}

static bool ringed(const lnti_report_pair *pairs, size_t n_pairs, size_t truth, size_t predicted) {
  for (size_t i = 0; i < n_pairs; i++) {
    if (pairs[i].truth == truth && pairs[i].predicted == predicted) return true;
  }
  return false;
}

static void cell(lnti_page *page, const lnti_report *report, size_t truth, size_t predicted, bool ring) {
  const lnti_evaluation *e = report->evaluation;
  uint64_t n = e->confusion[truth * e->k + predicted];
  size_t whole = e->classes[truth].n;
  if (n == 0) {
    lnti_page_html(page, "<td class=\"s0\"></td>");
    return;
  }
  lnti_page_html(page, "<td class=\"s%zu%s%s\" title=\"", step_of(n, whole), ring ? " ring" : "",
                 truth == predicted ? " right" : "");
  lnti_page_text(page, report->class_titles[truth]);
  lnti_page_html(page, truth == predicted ? " found: " : " taken for ");
  if (truth != predicted) {
    lnti_page_text(page, report->class_titles[predicted]);
    lnti_page_html(page, ": ");
  }
  lnti_page_html(page, "%s of %s (%s)\">%s</td>", lnti_report_count(n).text, lnti_report_count(whole).text,
                 lnti_report_percent((double)n / (double)whole).text, lnti_report_count(n).text);
}

/* How large the cells are; "dense" ones show their counts only to those who point at them or hear them read. */
static const char *cell_size(size_t k) {
  if (k <= 12) return "large";
  if (k <= 26) return "medium";
  return k <= 42 ? "tiny" : "dense";
}

static void matrix(lnti_page *page, const lnti_report *report, const lnti_report_pair *pairs, size_t n_pairs) {
  size_t k = report->evaluation->k;
  const char *size = cell_size(k);
  lnti_page_html(page,
                 "<div class=\"scroll\" role=\"region\" aria-labelledby=\"confusion\" tabindex=\"0\">\n"
                 "<table class=\"matrix %s %s\">\n<caption>Rows are the true class, columns the answer; a cell counts "
                 "images and is as strong as its share of its row%s.</caption>\n<thead><tr><td></td>",
                 size, head_height(report), strcmp(size, "dense") == 0 ? "; point at it for its count" : "");
  for (size_t c = 0; c < k; c++) {
    lnti_page_html(page, "<th scope=\"col\" title=\"");
    lnti_page_text(page, report->class_titles[c]);
    lnti_page_html(page, "\"><span>");
    lnti_page_name(page, report->class_titles[c]);
    lnti_page_html(page, "</span></th>");
  }
  lnti_page_html(page, "</tr></thead>\n<tbody>\n");
  for (size_t truth = 0; truth < k; truth++) {
    lnti_page_html(page, "<tr><th scope=\"row\" title=\"");
    lnti_page_text(page, report->class_titles[truth]);
    lnti_page_html(page, "\">");
    lnti_page_name(page, report->class_titles[truth]);
    lnti_page_html(page, "</th>");
    for (size_t c = 0; c < k; c++) cell(page, report, truth, c, ringed(pairs, n_pairs, truth, c));
    lnti_page_html(page, "</tr>\n");
  }
  lnti_page_html(page, "</tbody>\n</table>\n</div>\n");
}

static void legend(lnti_page *page) {
  lnti_page_html(page, "<p class=\"legend\"><span>0\u00a0%%</span><span class=\"ramp\" aria-hidden=\"true\">");
  for (size_t s = 0; s < STEPS; s++) lnti_page_html(page, "<i class=\"s%zu\"></i>", s);
  lnti_page_html(page,
                 "</span><span>100\u00a0%% of the class</span><span class=\"key\"><i class=\"s2 ring\"></i>"
                 "among the most frequent confusions</span></p>\n");
}

static void pair_list(lnti_page *page, const lnti_report *report, const lnti_report_pair *pairs, size_t n_pairs) {
  lnti_page_html(page,
                 "<table class=\"pairs\">\n<caption>The%s%s most frequent confusions</caption>\n"
                 "<thead><tr><th scope=\"col\">True class</th><th scope=\"col\">taken for</th>"
                 "<th scope=\"col\">Images</th><th scope=\"col\">of the class</th></tr></thead>\n<tbody>\n",
                 n_pairs == LIST_MAX ? " " : "", n_pairs == LIST_MAX ? lnti_report_count(n_pairs).text : "");
  for (size_t i = 0; i < n_pairs; i++) {
    size_t whole = report->evaluation->classes[pairs[i].truth].n;
    lnti_page_html(page, "<tr><td>");
    lnti_page_name(page, report->class_titles[pairs[i].truth]);
    lnti_page_html(page, "</td><td>");
    lnti_page_name(page, report->class_titles[pairs[i].predicted]);
    lnti_page_html(page, "</td><td>%s</td><td>%s</td></tr>\n", lnti_report_count(pairs[i].n).text,
                   lnti_report_percent((double)pairs[i].n / (double)whole).text);
  }
  lnti_page_html(page, "</tbody>\n</table>\n");
}

void lnti_page_confusion(lnti_page *page, const lnti_report *report) {
  lnti_report_pair pairs[LIST_MAX];
  bool as_matrix = report->evaluation->k <= LNTI_REPORT_MATRIX_CLASSES_MAX;
  size_t n_pairs = lnti_report_pairs(pairs, as_matrix ? RINGS_MAX : LIST_MAX, report->evaluation);
  lnti_page_html(page,
                 "<section aria-labelledby=\"confusion\">\n<h2 id=\"confusion\">Which classes does it confuse?"
                 "</h2>\n<div class=\"confusion%s\">\n",
                 as_matrix && report->evaluation->k > 14 ? " wide" : "");
  if (as_matrix) {
    lnti_page_html(page, "<div class=\"map\">\n");
    matrix(page, report, pairs, n_pairs);
    legend(page);
    lnti_page_html(page, "</div>\n");
  }
  if (n_pairs > 0) {
    lnti_page_html(page,
                   "<div class=\"scroll\" role=\"region\" aria-label=\"The most frequent confusions\" "
                   "tabindex=\"0\">\n");
    pair_list(page, report, pairs, n_pairs);
    lnti_page_html(page, "</div>\n");
  } else {
    lnti_page_html(page, "<p>It confused none: every answer was right.</p>\n");
  }
  lnti_page_html(page, "</div>\n</section>\n");
}
