/*
 * The calibration section of the HTML report: a reliability plot as inline SVG, with how many images stand behind each
 * point, the same as a table, and a sentence that says which way the model errs.
 *
 * Coordinates are those of a 460 x 356 view box; x is confidence and y the share of right answers, both 0 to 100 %.
 */
#include <flow/report/page.h>

#include <math.h>
#include <stdio.h>

/* What the plot is about: answers, or labels each by itself. */
typedef struct words {
  const char *share, *confidence, *things, *right;
} words;

static const words ANSWERS = {"how many were right", "how sure it was (confidence of its answer)", "images", "right"},
                   LABELS = {"how many had the label", "how sure it was of a label", "answers", "so"};

enum { LEFT = 56, TOP = 14, SIDE = 384, HIGH = 216, BARS_TOP = 262, BARS_HIGH = 48, FEW = 20 };

static double x_of(double confidence) {
  return LEFT + SIDE * confidence;
}

static double y_of(double share) {
  return TOP + HIGH * (1 - share);
}

static void axes(lnti_page *page, const words *w) {
  for (int percent = 0; percent <= 100; percent += 20) {
    double at = percent / 100.0;
    lnti_page_html(page, "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>", LEFT, LEFT + SIDE,
                   y_of(at), y_of(at));
    lnti_page_html(page, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%d%s</text>", LEFT - 7, y_of(at) + 4, percent,
                   percent == 100 ? "\u00a0%" : "");
    lnti_page_html(page, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%d%s</text>\n", x_of(at),
                   BARS_TOP + BARS_HIGH + 17, percent, percent == 100 ? "\u00a0%" : "");
  }
  lnti_page_html(page, "<path class=\"axis\" d=\"M%d %dV%dH%d\"/>", LEFT, TOP, TOP + HIGH, LEFT + SIDE);
  lnti_page_html(page, "<line class=\"ideal\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>", LEFT, TOP + HIGH, LEFT + SIDE,
                 TOP);
  lnti_page_html(page,
                 "<text class=\"title\" transform=\"translate(13 %d) rotate(-90)\" text-anchor=\"middle\">"
                 "%s</text>",
                 TOP + HIGH / 2, w->share);
  lnti_page_html(page, "<text class=\"title\" x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>\n", LEFT + SIDE / 2,
                 BARS_TOP + BARS_HIGH + 40, w->confidence);
}

/* "987", "1.2k", "34k": what fits above a bar. */
static lnti_report_value short_count(size_t n) {
  lnti_report_value shown;
  if (n < 1000) {
    (void)snprintf(shown.text, sizeof shown.text, "%zu", n);
  } else if (n < 9950) {
    (void)snprintf(shown.text, sizeof shown.text, "%.1fk", (double)n / 1e3);
  } else if (n < 999500) {
    (void)snprintf(shown.text, sizeof shown.text, "%.0fk", (double)n / 1e3);
  } else {
    (void)snprintf(shown.text, sizeof shown.text, "%.0fM", (double)n / 1e6);
  }
  return shown;
}

static void bars(lnti_page *page, const lnti_calibration_bin *bin, const words *w) {
  size_t most = 1;
  double width = (double)SIDE / LNTI_ECE_BINS;
  for (size_t b = 0; b < LNTI_ECE_BINS; b++) most = bin[b].n > most ? bin[b].n : most;
  for (size_t b = 0; b < LNTI_ECE_BINS; b++) {
    double high = BARS_HIGH * (double)bin[b].n / (double)most, x = LEFT + width * (double)b;
    if (bin[b].n == 0) continue;
    lnti_page_html(page, "<rect class=\"count\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>", x + 1.5,
                   BARS_TOP + BARS_HIGH - high, width - 3, high);
    lnti_page_html(page, "<text class=\"n\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%s</text>\n", x + width / 2,
                   BARS_TOP + BARS_HIGH - high - 4, short_count(bin[b].n).text);
  }
  lnti_page_html(page, "<line class=\"axis\" x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\"/>", LEFT, LEFT + SIDE,
                 BARS_TOP + BARS_HIGH, BARS_TOP + BARS_HIGH);
  lnti_page_html(page, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>\n", LEFT - 7, BARS_TOP + BARS_HIGH - 2,
                 w->things);
}

static void points(lnti_page *page, const lnti_calibration_bin *bins, const words *w) {
  for (size_t b = 0; b < LNTI_ECE_BINS; b++) {
    const lnti_calibration_bin *bin = &bins[b];
    if (bin->n == 0) continue;
    double x = x_of(bin->confidence), y = y_of(bin->accuracy);
    lnti_page_html(page, "<line class=\"gap\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>", x, x,
                   y_of(bin->confidence), y);
    lnti_page_html(page,
                   "<circle class=\"point%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"4.5\"><title>%s %s, confidence %s on "
                   "average, %s %s</title></circle>\n",
                   bin->n < FEW ? " few" : "", x, y, lnti_report_count(bin->n).text, w->things,
                   lnti_report_percent(bin->confidence).text, lnti_report_percent(bin->accuracy).text, w->right);
  }
}

static void plot(lnti_page *page, const lnti_calibration_bin *bin, const words *w) {
  lnti_page_html(page,
                 "<svg class=\"plot\" viewBox=\"0 0 460 356\" role=\"img\" aria-label=\"Share of %s by "
                 "confidence; the same figures follow as a table\">\n",
                 w == &LABELS ? "labels that are there" : "right answers");
  axes(page, w);
  bars(page, bin, w);
  points(page, bin, w);
  lnti_page_html(page, "</svg>\n");
}

static void table(lnti_page *page, const lnti_calibration_bin *bin, const words *w) {
  lnti_page_html(page,
                 "<details><summary>The same as a table</summary>\n<table class=\"bins\">\n"
                 "<caption class=\"hidden\">Share of %s by confidence</caption>\n"
                 "<thead><tr><th scope=\"col\">Confidence</th><th scope=\"col\">%s</th>"
                 "<th scope=\"col\">On average</th><th scope=\"col\">%s</th></tr></thead>\n<tbody>\n",
                 w == &LABELS ? "labels that are there" : "right answers", w == &LABELS ? "Answers" : "Images",
                 w == &LABELS ? "Had it" : "Right");
  for (size_t b = 0; b < LNTI_ECE_BINS; b++) {
    if (bin[b].n == 0) continue;
    lnti_page_html(page, "<tr><th scope=\"row\">%.0f to %.0f\u00a0%%</th><td>%s</td><td>%s</td><td>%s</td></tr>\n",
                   100.0 * (double)b / LNTI_ECE_BINS, 100.0 * (double)(b + 1) / LNTI_ECE_BINS,
                   lnti_report_count(bin[b].n).text, lnti_report_percent(bin[b].confidence).text,
                   lnti_report_percent(bin[b].accuracy).text);
  }
  lnti_page_html(page, "</tbody>\n</table>\n</details>\n");
}

/* Mean confidence against accuracy: too sure, too modest, or just right. */
static void verdict(lnti_page *page, const lnti_evaluation *e) {
  double confidence = 0;
  for (size_t b = 0; b < LNTI_ECE_BINS; b++) {
    if (e->bin[b].n > 0) confidence += e->bin[b].confidence * (double)e->bin[b].n;
  }
  confidence /= (double)e->n;
  double gap = confidence - e->value[LNTI_ACCURACY];
  lnti_page_html(page, "<p>On average it is <strong>%s sure</strong> and <strong>%s right</strong>: %s.</p>\n",
                 lnti_report_percent(confidence).text, lnti_report_percent(e->value[LNTI_ACCURACY]).text,
                 fabs(gap) < 0.01 ? "its confidence can be taken at its word"
                 : gap > 0        ? "it is surer than it should be"
                                  : "it is more often right than it says");
  lnti_page_html(page,
                 "<p class=\"note\">Each point stands for the images with about the same confidence. On the dashed "
                 "line, of the answers given with 80\u00a0%% confidence 80\u00a0%% are right; below it the model is "
                 "too sure, above it too modest. Hollow points stand for fewer than %d images: do not read much "
                 "into them.</p>\n",
                 FEW);
}

/* Of labels: what is expected of all probabilities together, against what is there. */
static void labels_verdict(lnti_page *page, const lnti_multilabel_evaluation *e) {
  double expected = 0;
  for (size_t b = 0; b < LNTI_ECE_BINS; b++) {
    if (e->bin[b].n > 0) expected += e->bin[b].confidence * (double)e->bin[b].n;
  }
  double ratio = e->n_yes > 0 ? expected / (double)e->n_yes : (double)NAN;
  lnti_page_html(
      page,
      "<p>By its probabilities there should be <strong>%s labels</strong>; there are <strong>%s</strong>%s.</p>\n",
      lnti_report_count((uint64_t)(expected + 0.5)).text, lnti_report_count(e->n_yes).text,
      isnan(ratio)   ? ""
      : ratio > 1.05 ? ": it expects too many"
      : ratio < 0.95 ? ": it expects too few"
                     : ": on the whole it can be taken at its word");
  lnti_page_html(
      page,
      "<p class=\"note\">Each point stands for the answers with about the same probability that a label is there. On "
      "the dashed line, of those with 80\u00a0%% it is there in 80\u00a0%%; below it the model is too sure, above it too "
      "modest. Hollow points stand for fewer than %d answers: do not read much into them.</p>\n",
      FEW);
}

static void reliability(lnti_page *page, const lnti_report *report) {
  lnti_text says = {0};
  if (page->status) return;
  page->status = lnti_report_reliability(&says, report, page->err);
  if (says.data) {
    lnti_page_html(page, "<p>");
    lnti_page_text(page, says.data);
    lnti_page_html(page, "</p>\n");
  }
  lnti_text_clear(&says);
}

void lnti_page_calibration(lnti_page *page, const lnti_report *report) {
  const lnti_calibration_bin *bin = report->multilabel ? report->multilabel->bin : NULL;
  const words *w = bin ? &LABELS : &ANSWERS;
  if (report->evaluation) bin = report->evaluation->bin;
  if (!bin) return;
  lnti_page_html(page,
                 "<section aria-labelledby=\"calibration\">\n<h2 id=\"calibration\">Can its confidence be trusted?"
                 "</h2>\n<div class=\"calibration\">\n<div>\n");
  plot(page, bin, w);
  lnti_page_html(page, "</div>\n<div class=\"words\">\n");
  if (report->evaluation) {
    verdict(page, report->evaluation);
  } else {
    labels_verdict(page, report->multilabel);
  }
  reliability(page, report);
  table(page, bin, w);
  lnti_page_html(page, "</div>\n</div>\n</section>\n");
}
