/*
 * The HTML report's section on two models: the difference of each measure on the same images, and whether it is more than
 * chance.
 */
#include <flow/report/page.h>

#include <math.h>
#include <stdio.h>

/* A difference in the measure's own scale, with its sign. */
static lnti_report_value difference_text(const lnti_measure *measure, double value) {
  lnti_report_value shown = {"\u2013"};
  if (isnan(value)) return shown;
  if (measure->scale == LNTI_SCALE_SHARE) {
    (void)snprintf(shown.text, sizeof shown.text, "%+.1f points", 100 * value);
  } else {
    (void)snprintf(shown.text, sizeof shown.text, measure->scale == LNTI_SCALE_FIGURE ? "%+.3f" : "%+.4g", value);
  }
  return shown;
}

static lnti_report_value interval_text(const lnti_compared *c) {
  lnti_report_value shown = {""};
  double by = c->measure->scale == LNTI_SCALE_SHARE ? 100 : 1;
  if (isnan(c->ci95[0])) return shown;
  (void)snprintf(shown.text, sizeof shown.text,
                 c->measure->scale == LNTI_SCALE_SHARE    ? "%+.1f to %+.1f"
                 : c->measure->scale == LNTI_SCALE_FIGURE ? "%+.3f to %+.3f"
                                                          : "%+.4g to %+.4g",
                 by * c->ci95[0], by * c->ci95[1]);
  return shown;
}

static void verdict_cell(lnti_page *page, const lnti_report_comparison *comparison, const lnti_compared *c) {
  if (isnan(c->ci95[0])) {
    lnti_page_html(page, "<td>not known</td>");
  } else if (c->verdict == LNTI_NO_DIFFERENCE_SEEN) {
    lnti_page_html(page, "<td>may be chance</td>");
  } else {
    lnti_page_html(page, "<td><b>");
    lnti_page_name(page, c->verdict == LNTI_FIRST_IS_BETTER ? comparison->first : comparison->second);
    lnti_page_html(page, "</b> is better</td>");
  }
}

static void row(lnti_page *page, const lnti_report_comparison *comparison, const lnti_compared *c, const char *unit) {
  lnti_page_html(page, "<tr><th scope=\"row\">%s</th><td>", c->measure->title);
  lnti_page_text(page, lnti_report_measure(c->measure, c->first, unit).text);
  lnti_page_html(page, "</td><td>");
  lnti_page_text(page, lnti_report_measure(c->measure, c->second, unit).text);
  lnti_page_html(page, "</td><td>%s <small>%s</small></td>", difference_text(c->measure, c->difference).text,
                 interval_text(c).text);
  verdict_cell(page, comparison, c);
  lnti_page_html(page, "</tr>\n");
}

void lnti_page_comparison(lnti_page *page, const lnti_report *report) {
  const lnti_report_comparison *c = report->comparison;
  if (!c) return;
  lnti_page_html(page, "<section aria-labelledby=\"comparison\">\n<h2 id=\"comparison\">Is it better than <bdi>");
  lnti_page_text(page, c->second);
  lnti_page_html(page,
                 "</bdi>?</h2>\n<p>Both answered the same %s images%s. The range is the 95\u00a0%% interval of the "
                 "difference: where it holds 0, chance alone may have made it.</p>\n",
                 lnti_report_count(c->n).text, c->n_left_out > 0 ? ", those with classes that both know" : "");
  lnti_page_html(page,
                 "<div class=\"scroll\" role=\"region\" aria-labelledby=\"comparison\" tabindex=\"0\">\n"
                 "<table class=\"bins comparison\">\n<thead><tr><th scope=\"col\">Measure</th><th scope=\"col\">");
  lnti_page_name(page, c->first);
  lnti_page_html(page, "</th><th scope=\"col\">");
  lnti_page_name(page, c->second);
  lnti_page_html(page,
                 "</th><th scope=\"col\">Difference<small>the second less the first</small></th>"
                 "<th scope=\"col\">So</th></tr></thead>\n<tbody>\n");
  for (size_t m = 0; m < c->n_measures; m++) row(page, c, &c->measures[m], report->unit);
  lnti_page_html(page, "</tbody>\n</table>\n</div>\n");
  if (c->mcnemar) {
    lnti_page_html(page, "<p class=\"note\">%s images were right with the first alone, %s with the second alone.",
                   lnti_report_count(c->mcnemar->first_only).text, lnti_report_count(c->mcnemar->second_only).text);
    if (!c->grouped)
      lnti_page_html(page, " Equally good models would differ so much in %.3g\u00a0%% of such tests (McNemar).",
                     100 * c->mcnemar->p);
    lnti_page_html(page, "</p>\n");
  }
  lnti_page_html(page, "</section>\n");
}
