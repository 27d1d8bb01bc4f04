/*
 * The HTML report's section on leaving what the model is least sure of to a person, and on how even the classes are.
 */
#include <flow/report/chart.h>

#include <math.h>

/* "At least" is not rounded up. */
static lnti_report_value sureness(double confidence) {
  return lnti_report_percent(floor(1000 * confidence) / 1000);
}

/* The greatest coverage with so many right; NULL: none. */
static const lnti_reject_point *reach(const lnti_reject_curve *curve, double wanted) {
  for (size_t i = curve->n_points; i-- > 0;) {
    if (curve->point[i].accuracy >= wanted) return &curve->point[i];
  }
  return NULL;
}

static void sentence(lnti_page *page, const lnti_reject_curve *curve) {
  static const double WANTED[] = {0.9, 0.95, 0.98, 0.99, 0.995};
  const double all = curve->point[curve->n_points - 1].accuracy;
  size_t said = 0;
  lnti_page_html(page, "<p>Answering everything it is right in <strong>%s</strong>.", lnti_report_percent(all).text);
  for (size_t w = 0; w < sizeof WANTED / sizeof *WANTED && said < 2; w++) {
    const lnti_reject_point *point = reach(curve, WANTED[w]);
    if (all >= WANTED[w] || !point) continue;
    lnti_page_html(
        page,
        " To be right in %.4g\u00a0%% it may answer only the <strong>%s</strong> of the images of which it is at "
        "least %s sure.",
        100 * WANTED[w], lnti_report_percent(point->coverage).text, sureness(point->confidence).text);
    said++;
  }
  if (said == 0 && all < 1)
    lnti_page_html(page, " Leaving the least sure ones out does not help it to 90\u00a0%% or more.");
  lnti_page_html(page, "</p>\n");
}

static void table(lnti_page *page, const lnti_reject_curve *curve) {
  double next = 0.1;
  lnti_page_html(page,
                 "<details><summary>The same as a table</summary>\n<table class=\"bins\">\n"
                 "<caption class=\"hidden\">Right answers by share of images answered</caption>\n<thead><tr>"
                 "<th scope=\"col\">Answered</th><th scope=\"col\">Right</th><th scope=\"col\">At least so sure</th>"
                 "</tr></thead>\n<tbody>\n");
  for (size_t i = 0; i < curve->n_points; i++) {
    const lnti_reject_point *p = &curve->point[i];
    if (p->coverage < next - 1e-9) continue;
    lnti_page_html(page, "<tr><th scope=\"row\">%s</th><td>%s</td><td>%s</td></tr>\n",
                   lnti_report_percent(p->coverage).text, lnti_report_percent(p->accuracy).text,
                   sureness(p->confidence).text);
    next = floor(p->coverage * 10 + 1 + 1e-9) / 10;
  }
  lnti_page_html(page, "</tbody>\n</table>\n</details>\n");
}

static void no_choice(lnti_page *page, double right) {
  lnti_page_html(
      page,
      "<p>It is equally sure of every answer, so its confidence cannot tell which images to leave to a person: "
      "it answers all of them, <strong>%s</strong> rightly. Another learner, or kNN with more neighbours, "
      "tells more.</p>\n</section>\n",
      lnti_report_percent(right).text);
}

static void curve_chart(lnti_page *page, const lnti_reject_curve *curve) {
  lnti_chart chart = {{0, 1, "share of the images that it answers, surest first", NULL, true},
                      {0, 1, "right among these", NULL, true}};
  double least = 1;
  for (size_t i = 0; i < curve->n_points; i++) least = fmin(least, curve->point[i].accuracy);
  lnti_axis_fit(&chart.y, fmin(least, 0.9), 1);
  chart.y.high = 1;
  lnti_chart_begin(page, &chart, "Share of right answers by share of images answered; the same follows as a table");
  lnti_chart_path_begin(page, "line first");
  for (size_t i = 0; i < curve->n_points; i++)
    lnti_chart_path_to(page, &chart, i == 0, curve->point[i].coverage, curve->point[i].accuracy);
  lnti_chart_path_end(page);
  lnti_chart_end(page);
}

void lnti_page_reject(lnti_page *page, const lnti_report *report) {
  const lnti_reject_curve *curve = report->reject;
  if (!curve || curve->n_points == 0) return;
  lnti_page_html(page,
                 "<section aria-labelledby=\"reject\">\n<h2 id=\"reject\">What if it may say <q>I do not "
                 "know</q>?</h2>\n");
  if (curve->n_points == 1) {
    no_choice(page, curve->point[0].accuracy);
    return;
  }
  lnti_page_html(page, "<div class=\"calibration\">\n<div>\n");
  curve_chart(page, curve);
  lnti_page_html(page, "</div>\n<div class=\"words\">\n");
  sentence(page, curve);
  lnti_page_html(
      page,
      "<p class=\"note\">The images of which it is least sure are left to a person. The line should fall to "
      "the right: then its confidence tells what it knows from what it does not. (Mean over all shares: %.3f, "
      "1 is perfect.)</p>\n",
      curve->area);
  table(page, curve);
  lnti_page_html(page, "</div>\n</div>\n</section>\n");
}
