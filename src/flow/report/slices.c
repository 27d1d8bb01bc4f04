/*
 * The slices of the HTML report: for each key a table with a bar a value, and in words whether best and worst differ.
 *
 * A bar is an SVG of 100 x 16 units that is stretched to its cell: x is the share of right answers, 0 to 100 %.
 */
#include <flow/report/page.h>

#include <math.h>
#include <string.h>

static void bar(lnti_page *page, const lnti_slice *figures, double overall) {
  const double *ci95 = figures->accuracy_ci95;
  if (isnan(figures->accuracy)) return;
  lnti_page_html(page,
                 "<svg viewBox=\"0 0 100 16\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
                 "<rect class=\"bar-ground\" y=\"2\" width=\"100\" height=\"12\"/>"
                 "<rect class=\"bar\" y=\"2\" width=\"%.1f\" height=\"12\"/>",
                 100 * figures->accuracy);
  lnti_page_html(page, "<path class=\"all\" d=\"M%.1f 0V16\"/>", 100 * overall);
  if (!isnan(ci95[0])) {
    lnti_page_html(page, "<path class=\"halo\" d=\"M%.1f 8H%.1f\"/><path class=\"whisker\" d=\"M%.1f 8H%.1f\"/>",
                   100 * ci95[0], 100 * ci95[1], 100 * ci95[0], 100 * ci95[1]);
  }
  lnti_page_html(page, "</svg>");
}

/* A path may be broken after a slash. */
static void value(lnti_page *page, const char *text) {
  lnti_page_html(page, "<bdi>");
  for (const char *slash; (slash = strchr(text, '/')) != NULL; text = slash + 1) {
    lnti_page_part(page, text, (size_t)(slash + 1 - text));
    lnti_page_html(page, "<wbr>");
  }
  lnti_page_text(page, text);
  lnti_page_html(page, "</bdi>");
}

static void name(lnti_page *page, const lnti_report_slice *slice) {
  if (slice->kind == LNTI_SLICE_OTHER) {
    lnti_page_html(page, "<i>%s other values</i>", lnti_report_count(slice->n_values).text);
  } else if (slice->kind == LNTI_SLICE_NONE) {
    lnti_page_html(page, "<i>no value</i>");
  } else {
    value(page, lnti_report_slice_title(slice));
  }
}

static void row(lnti_page *page, const lnti_report *report, const lnti_report_slices *slices, size_t i) {
  const lnti_slice *figures = &slices->slices[i].figures;
  lnti_page_html(page, "<tr><th scope=\"row\">");
  name(page, &slices->slices[i]);
  lnti_page_html(page, "</th><td>%s", lnti_report_count(figures->n).text);
  if (slices->grouped) {
    lnti_page_html(page, "<small>%s group%s</small>", lnti_report_count(figures->n_groups).text,
                   figures->n_groups == 1 ? "" : "s");
  }
  lnti_page_html(page, "</td><td class=\"share\"><b>%s</b> <small>%s</small>",
                 lnti_report_percent(figures->accuracy).text,
                 lnti_report_interval(LNTI_ACCURACY, figures->accuracy_ci95).text);
  bar(page, figures, report->evaluation->value[LNTI_ACCURACY]);
  lnti_page_html(page, "</td><td>%s<small>%s</small></td></tr>\n",
                 lnti_report_metric(LNTI_MACRO_F1, figures->macro_f1).text,
                 lnti_report_interval(LNTI_MACRO_F1, figures->macro_f1_ci95).text);
}

static void gap(lnti_page *page, const lnti_report_slices *slices) {
  lnti_text text = {NULL, 0, 0};
  if (page->status != LNT_OK) return;
  page->status = lnti_report_gap(&text, slices, page->err);
  lnti_page_html(page, "<p>");
  lnti_page_text(page, text.data);
  lnti_page_html(page, " %s</p>\n", lnti_report_gap_verdict(slices));
  lnti_text_clear(&text);
}

static void key(lnti_page *page, const lnti_report *report, const lnti_report_slices *slices) {
  lnti_page_html(page, "<h3>By ");
  lnti_page_name(page, slices->key);
  lnti_page_html(page, "</h3>\n");
  gap(page, slices);
  lnti_page_html(
      page,
      "<table class=\"slices\">\n<thead><tr><th scope=\"col\">Value</th><th scope=\"col\">Images</th>"
      "<th scope=\"col\">Accuracy<small>share of right answers</small>"
      "<span class=\"scale\" aria-hidden=\"true\"><span>0</span><span>50</span><span>100\u00a0%%</span></span></th>"
      "<th scope=\"col\">Macro F1<small>all classes alike</small></th></tr></thead>\n<tbody>\n");
  for (size_t i = 0; i < slices->n; i++) row(page, report, slices, i);
  lnti_page_html(page, "</tbody>\n</table>\n");
}

void lnti_page_slices(lnti_page *page, const lnti_report *report) {
  if (report->n_slices == 0 || !report->evaluation) return;
  lnti_page_html(
      page,
      "<section aria-labelledby=\"slices\">\n<h2 id=\"slices\">Where is it better, where worse?</h2>\n"
      "<p class=\"note\">Each row stands for the images with one value. Its bar is the share that the model "
      "got right, %sand the upright line is the share for all images, %s. Macro F1 counts rare classes as much "
      "as frequent ones: 1 is perfect; it needs two classes.</p>\n",
      report->resamples > 0
          ? "the line across its end is the 95\u00a0% interval (with other images of the same kind the share "
            "would mostly lie there), "
          : "",
      lnti_report_percent(report->evaluation->value[LNTI_ACCURACY]).text);
  for (size_t i = 0; i < report->n_slices; i++) key(page, report, &report->slices[i]);
  lnti_page_html(page,
                 "<p class=\"note\">Rows with fewer than %d images are not compared%s. The interval of a gap allows "
                 "for the best and the worst having been picked from all rows.</p>\n</section>\n",
                 LNTI_SLICE_ITEMS_ENOUGH,
                 report->group_key
                     ? ", nor such whose images come from fewer than 10 groups; images that all lie in one group "
                       "have no interval"
                     : "");
}
