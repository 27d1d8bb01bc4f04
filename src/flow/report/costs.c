/*
 * The report on what misses and false alarms cost: the words, and the HTML report's section.
 */
#include <flow/report/page.h>

lnt_status lnti_report_cost_words(lnti_text *out, const lnti_report_costs *costs, lnt_error *err) {
  double in_use = 0, asked = 0, best = 0, n = 0;
  for (size_t i = 0; i < costs->n; i++) {
    const lnti_report_cost *row = &costs->rows[i];
    in_use += row->in_use.cost * (double)row->in_use.n;
    asked += row->asked.cost * (double)row->in_use.n;
    best += row->best.cost * (double)row->in_use.n;
    n += (double)row->in_use.n;
  }
  if (costs->n == 0) return lnti_text_printf(out, err, "Nothing is known of these images that could cost anything.");
  lnt_status status = lnti_text_printf(
      out, err,
      "With a miss at %.6g and a false alarm at %.6g, an answer costs %s on average with the thresholds in use.",
      costs->miss, costs->false_alarm, lnti_report_number(in_use / n).text);
  if (!status)
    status = lnti_text_printf(
        out, err,
        " Yes from %s on is what these costs ask for where probabilities are right: an answer would cost %s "
        "then, which is %s.",
        lnti_report_percent(costs->rows[0].asked.threshold).text, lnti_report_number(asked / n).text,
        asked < in_use   ? "cheaper"
        : asked > in_use ? "dearer"
                         : "the same");
  if (!status)
    status =
        lnti_text_printf(out, err,
                         " The best thresholds for these very images would have cost %s; they were picked after the "
                         "fact, and others will cost more.",
                         lnti_report_number(best / n).text);
  return status;
}

static void cells(lnti_page *page, double threshold, double cost, size_t misses, size_t false_alarms) {
  if (threshold > 1) {
    lnti_page_html(page, "<td>never</td>");
  } else {
    lnti_page_html(page, "<td>%s</td>", lnti_report_percent(threshold).text);
  }
  lnti_page_html(page, "<td>%s<small>%s missed, %s false</small></td>", lnti_report_number(cost).text,
                 lnti_report_count(misses).text, lnti_report_count(false_alarms).text);
}

void lnti_page_costs(lnti_page *page, const lnti_report *report) {
  lnti_text words = {NULL, 0, 0};
  if (!report->costs || page->status) return;
  page->status = lnti_report_cost_words(&words, report->costs, page->err);
  lnti_page_html(page, "<section aria-labelledby=\"costs\">\n<h2 id=\"costs\">What do wrong answers cost?</h2>\n<p>");
  if (words.data) lnti_page_text(page, words.data);
  lnti_page_html(
      page,
      "</p>\n<div class=\"scroll\" role=\"region\" aria-labelledby=\"costs\" tabindex=\"0\">\n<table class=\"bins costs\">\n"
      "<caption class=\"hidden\">Cost an image by threshold</caption>\n<thead><tr><th scope=\"col\">Yes to</th>"
      "<th scope=\"col\">In use: from</th><th scope=\"col\">Cost an image</th>"
      "<th scope=\"col\">By the costs: from</th><th scope=\"col\">Cost an image</th>"
      "<th scope=\"col\">Best here: from</th><th scope=\"col\">Cost an image</th></tr></thead>\n<tbody>\n");
  for (size_t i = 0; i < report->costs->n; i++) {
    const lnti_report_cost *row = &report->costs->rows[i];
    lnti_page_html(page, "<tr><th scope=\"row\">");
    lnti_page_name(page, report->class_titles[row->class]);
    lnti_page_html(page, "</th>");
    cells(page, row->in_use.threshold, row->in_use.cost, row->in_use.misses, row->in_use.false_alarms);
    cells(page, row->asked.threshold, row->asked.cost, row->asked.misses, row->asked.false_alarms);
    cells(page, row->best.threshold, row->best.cost, row->best.misses, row->best.false_alarms);
    lnti_page_html(page, "</tr>\n");
  }
  lnti_page_html(page, "</tbody>\n</table>\n</div>\n</section>\n");
  lnti_text_clear(&words);
}
