/*
 * The HTML report's section on what the model has never seen.
 */
#include <flow/report/page.h>

#include <math.h>

static const char *verdict(double auroc) {
  return auroc >= 0.95   ? "it tells them well"
         : auroc >= 0.8  ? "it tells most of them"
         : auroc >= 0.65 ? "it tells some of them"
                         : "it hardly tells them: do not rely on it here";
}

lnt_status lnti_report_unknown_words(lnti_text *out, const lnti_report_unknown_row *row, lnt_error *err) {
  const lnti_unknown_metrics *m = &row->metrics;
  lnt_status status = row->name ? lnti_text_printf(out, err, "Had it never seen \"%s\", an image of that", row->name)
                                : lnti_text_printf(out, err, "An image of a class that it does not have");
  return status
             ? status
             : lnti_text_printf(
                   out, err,
                   " would get a higher unknown score than one of a class it knows %.0f times in 100 (50 is chance): %s.",
                   100 * m->auroc, verdict(m->auroc));
}

void lnti_page_unknown(lnti_page *page, const lnti_report *report) {
  const lnti_report_unknown *unknown = report->unknown;
  if (!unknown || unknown->n == 0) return;
  bool any_held_out = unknown->rows[unknown->n - 1].name != NULL; /* those come last */
  lnti_page_html(
      page,
      "<section aria-labelledby=\"unknown\">\n<h2 id=\"unknown\">Does it notice what it has never seen?</h2>\n"
      "<p>The model can only name classes that it knows. Its unknown score says how far an image is from all "
      "images it was trained on: above 1 it is as strange as the strangest twentieth of these.</p>\n");
  for (size_t i = 0; i < unknown->n && i < 3 && !page->status; i++) {
    lnti_text words = {NULL, 0, 0};
    page->status = lnti_report_unknown_words(&words, &unknown->rows[i], page->err);
    lnti_page_html(page, "<p>");
    if (words.data) lnti_page_text(page, words.data);
    lnti_page_html(page, "</p>\n");
    lnti_text_clear(&words);
  }
  lnti_page_html(
      page,
      "<div class=\"scroll\" role=\"region\" aria-labelledby=\"unknown\" tabindex=\"0\">\n<table class=\"bins\">\n"
      "<caption class=\"hidden\">How well unknown images are told from known ones</caption>\n<thead><tr>"
      "<th scope=\"col\">Never seen</th><th scope=\"col\">Images of it</th><th scope=\"col\">Known ones</th>"
      "<th scope=\"col\">AUROC</th><th scope=\"col\">To notice 95\u00a0%%: score from</th>"
      "<th scope=\"col\">False alarms then</th></tr></thead>\n<tbody>\n");
  for (size_t i = 0; i < unknown->n; i++) {
    const lnti_unknown_metrics *m = &unknown->rows[i].metrics;
    lnti_page_html(page, "<tr><th scope=\"row\">");
    lnti_page_name(page, unknown->rows[i].name ? unknown->rows[i].name : "classes that it does not have");
    lnti_page_html(page, "</th><td>%s</td><td>%s</td><td>%.3f", lnti_report_count(m->n_unknown).text,
                   lnti_report_count(m->n_known).text, m->auroc);
    if (!isnan(m->auroc_ci95[0]))
      lnti_page_html(page, " <small>%.3f to %.3f</small>", m->auroc_ci95[0], m->auroc_ci95[1]);
    lnti_page_html(page, "</td><td>%.2f</td><td>%s</td></tr>\n", m->threshold_95,
                   lnti_report_percent(m->false_alarms_95).text);
  }
  lnti_page_html(
      page,
      "</tbody>\n</table>\n</div>\n<p class=\"note\">AUROC: how often, of one unknown and one known image, the unknown "
      "one has the higher score. 1 is perfect, 0.5 is chance.%s</p>\n</section>\n",
      any_held_out
          ? " The score of a class that was left out for this is on the scale of this model, which was trained with "
            "it: a model without it would have another scale, and another score to look from."
          : "");
}
