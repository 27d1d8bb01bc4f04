/*
 * The HTML report's sections for answers that are numbers: each answer against the truth, and the errors by size of the truth.
 */
#include <flow/report/chart.h>

#include <math.h>

enum { DOTS_MAX = 2000 };

static void dots(lnti_page *page, const lnti_report *report, const lnti_chart *chart, bool errors) {
  const size_t n = report->regression->n, step = n / DOTS_MAX + 1;
  lnti_chart_path_begin(page, "dots");
  for (size_t i = 0; i < n; i += step) {
    double answer = (double)report->answer[i], truth = report->truth[i];
    lnti_chart_dot(page, chart, truth, errors ? answer - truth : answer);
  }
  lnti_chart_path_end(page);
}

static void answers_chart(lnti_page *page, const lnti_report *report) {
  const lnti_regression_evaluation *e = report->regression;
  lnti_chart chart = {{0, 0, "true value", report->unit, false}, {0, 0, "answer", report->unit, false}};
  lnti_axis_fit(&chart.x, e->truth_min, e->truth_max);
  lnti_axis_fit(&chart.y, fmin(e->predicted_min, e->truth_min), fmax(e->predicted_max, e->truth_max));
  double low = fmax(chart.x.low, chart.y.low), high = fmin(chart.x.high, chart.y.high);
  lnti_page_html(page, "<figure>\n<h3>Each answer against the truth</h3>\n");
  lnti_chart_begin(page, &chart, "Answers by true value");
  lnti_chart_segment(page, &chart, "ideal", low, low, high, high);
  dots(page, report, &chart, false);
  lnti_chart_end(page);
  lnti_page_html(page,
                 "<figcaption class=\"note\">A point for each image%s. On the dashed line answer and truth are the "
                 "same; above it the answer is too high, below it too low.</figcaption>\n</figure>\n",
                 e->n > DOTS_MAX ? " (some left out)" : "");
}

static void errors_chart(lnti_page *page, const lnti_report *report) {
  const lnti_regression_evaluation *e = report->regression;
  double most = 0;
  for (size_t i = 0; i < e->n; i++) most = fmax(most, fabs((double)report->answer[i] - report->truth[i]));
  lnti_chart chart = {{0, 0, "true value", report->unit, false},
                      {0, 0, "error: answer less truth", report->unit, false}};
  lnti_axis_fit(&chart.x, e->truth_min, e->truth_max);
  lnti_axis_fit(&chart.y, -most, most);
  lnti_page_html(page, "<figure>\n<h3>The errors by size of the truth</h3>\n");
  lnti_chart_begin(page, &chart, "Errors by true value; the same by ranges follows as a table");
  lnti_chart_segment(page, &chart, "ideal", chart.x.low, 0, chart.x.high, 0);
  dots(page, report, &chart, true);
  for (size_t b = 0; b < e->n_bins; b++) {
    const lnti_residual_bin *bin = &e->bin[b];
    double middle = (bin->low + bin->high) / 2;
    lnti_chart_segment(page, &chart, "spread", middle, bin->p10, middle, bin->p90);
    lnti_chart_segment(page, &chart, "middle", bin->low, bin->median, bin->high, bin->median);
  }
  lnti_chart_end(page);
  lnti_page_html(page,
                 "<figcaption class=\"note\">Points far from the dashed line are far off. The level strokes are the "
                 "middle error of a tenth of the images; eight in ten lie within the upright ones. Strokes that fall "
                 "from left to right: small values are overestimated, great ones underestimated.</figcaption>\n"
                 "</figure>\n");
}

static const char *plus(double value) {
  return value > 0 ? "+" : "";
}

static void ranges(lnti_page *page, const lnti_report *report) {
  const lnti_regression_evaluation *e = report->regression;
  lnti_page_html(page,
                 "<div class=\"scroll\" role=\"region\" aria-labelledby=\"numbers\" tabindex=\"0\">\n"
                 "<table class=\"bins\">\n<caption>By size of the truth</caption>\n<thead><tr>"
                 "<th scope=\"col\">True value</th><th scope=\"col\">Images</th><th scope=\"col\">Mean error"
                 "<small>how far off</small></th><th scope=\"col\">On the whole<small>too high or too low</small>"
                 "</th><th scope=\"col\">Eight in ten<small>errors between</small></th></tr></thead>\n<tbody>\n");
  for (size_t b = 0; b < e->n_bins; b++) {
    const lnti_residual_bin *bin = &e->bin[b];
    lnti_page_html(page, "<tr><th scope=\"row\">%s", lnti_report_number(bin->low).text);
    if (bin->low < bin->high) lnti_page_html(page, " to %s", lnti_report_number(bin->high).text);
    lnti_page_html(page, "</th><td>%s</td><td>%s</td>", lnti_report_count(bin->n).text,
                   lnti_report_number(bin->mae).text);
    lnti_page_html(page, "<td>%s%s</td><td>%s%s to %s%s</td></tr>\n", plus(bin->mean),
                   lnti_report_number(bin->mean).text, plus(bin->p10), lnti_report_number(bin->p10).text,
                   plus(bin->p90), lnti_report_number(bin->p90).text);
  }
  lnti_page_html(page, "</tbody>\n</table>\n</div>\n");
}

void lnti_page_numbers(lnti_page *page, const lnti_report *report) {
  if (!report->regression) return;
  lnti_page_html(page,
                 "<section aria-labelledby=\"numbers\">\n<h2 id=\"numbers\">Where is it off, and which way?</h2>\n");
  if (report->answer && report->truth) {
    lnti_page_html(page, "<div class=\"charts\">\n");
    answers_chart(page, report);
    errors_chart(page, report);
    lnti_page_html(page, "</div>\n");
  }
  ranges(page, report);
  if (!isnan(report->regression->interval_coverage)) {
    lnti_page_html(
        page,
        "<p class=\"note\">The ranges that the model itself states, meant for nine in ten, hold the true value "
        "of %s of these images.</p>\n",
        lnti_report_percent(report->regression->interval_coverage).text);
  }
  lnti_page_html(page, "</section>\n");
}

void lnti_page_numbers_lead(lnti_page *page, const lnti_report *report) {
  const lnti_regression_evaluation *e = report->regression;
  const lnti_measures measures = lnti_regression_measures(e);
  const lnti_measure *mae = &measures.measure[LNTI_R_MAE];
  double gain = e->mean_mae - e->value[LNTI_R_MAE];
  bool sure = e->mae_gain_ci95[0] > 0 || e->mae_gain_ci95[1] < 0;
  lnti_page_html(page, " Its answers are <strong>off by ");
  lnti_page_text(page, lnti_report_measure(mae, e->value[LNTI_R_MAE], report->unit).text);
  lnti_page_html(page, "</strong> on average. Always answering the mean (");
  lnti_page_text(page, lnti_report_measure(mae, e->mean_value, report->unit).text);
  lnti_page_html(page, ") would be off by <strong>");
  lnti_page_text(page, lnti_report_measure(mae, e->mean_mae, report->unit).text);
  lnti_page_html(page, "</strong>: %s%s.",
                 gain > 0 ? "the model has learned something" : "the model is of no use as it is",
                 sure || isnan(e->mae_gain_ci95[0]) ? "" : ", though chance alone may have made the difference");
}
