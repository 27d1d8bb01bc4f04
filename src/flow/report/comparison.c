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

static const char *so(const lnti_compared *c) {
  if (isnan(c->ci95[0])) return "not known";
  if (c->verdict == LNTI_NO_DIFFERENCE_SEEN) return "may be chance";
  return c->verdict == LNTI_FIRST_IS_BETTER ? "<b>the first</b> is better" : "<b>the second</b> is better";
}

static void row(lnti_page *page, const lnti_compared *c, const char *unit) {
  lnti_page_html(page, "<tr><th scope=\"row\">%s</th><td>", c->measure->title);
  lnti_page_text(page, lnti_report_measure(c->measure, c->first, unit).text);
  lnti_page_html(page, "</td><td>");
  lnti_page_text(page, lnti_report_measure(c->measure, c->second, unit).text);
  lnti_page_html(page, "</td><td>%s <small>%s</small></td><td>%s</td></tr>\n",
                 difference_text(c->measure, c->difference).text, interval_text(c).text, so(c));
}

/* The verdict on the first measure in words, and what both were judged by. */
static void lead(lnti_page *page, const lnti_report_comparison *c) {
  lnti_text text = {NULL, 0, 0};
  if (page->status != LNT_OK || c->n_measures == 0) return;
  page->status = lnti_report_compared(&text, c, &c->measures[0], page->err);
  lnti_page_html(page, "<p class=\"lead\">");
  lnti_page_text(page, text.data);
  lnti_page_html(page, "</p>\n");
  lnti_text_clear(&text);
  lnti_page_html(page,
                 "<p class=\"note\">Both answered the same %s images%s. The range is the 95\u00a0%% interval of the "
                 "difference: where it holds 0, chance alone may have made it.</p>\n",
                 lnti_report_count(c->n).text, c->n_left_out > 0 ? ", those with classes that both know" : "");
}

static void right_alone(lnti_page *page, const lnti_report_comparison *c) {
  if (!c->mcnemar) return;
  lnti_page_html(page, "<p class=\"note\">%s images were right with the first alone, %s with the second alone.",
                 lnti_report_count(c->mcnemar->first_only).text, lnti_report_count(c->mcnemar->second_only).text);
  if (!c->grouped) {
    double percent = 100 * c->mcnemar->p;
    lnti_page_html(page, " Equally good models would differ so much in %s%.2g\u00a0%% of such tests (McNemar).",
                   percent < 0.1 ? "less than " : "", fmax(percent, 0.1));
  }
  lnti_page_html(page, "</p>\n");
}

void lnti_page_comparison(lnti_page *page, const lnti_report *report) {
  const lnti_report_comparison *c = report->comparison;
  if (!c) return;
  lnti_page_html(page, "<section aria-labelledby=\"comparison\">\n<h2 id=\"comparison\">Is it better than ");
  lnti_page_name(page, c->second);
  lnti_page_html(page, "?</h2>\n");
  lead(page, c);
  lnti_page_html(
      page,
      "<div class=\"scroll\" role=\"region\" aria-labelledby=\"comparison\" tabindex=\"0\">\n"
      "<table class=\"bins comparison\">\n<thead><tr><th scope=\"col\">Measure</th>"
      "<th scope=\"col\">First<small>this model</small></th><th scope=\"col\">Second<small>the other</small></th>"
      "<th scope=\"col\">Difference<small>the second less the first</small></th><th scope=\"col\">So</th></tr>"
      "</thead>\n<tbody>\n");
  for (size_t m = 0; m < c->n_measures; m++) row(page, &c->measures[m], report->unit);
  lnti_page_html(page, "</tbody>\n</table>\n</div>\n");
  right_alone(page, c);
  lnti_page_html(page, "</section>\n");
}
