/*
 * The slices of the HTML report: for each key a table with a bar a value, and in words whether best and worst differ.
 *
 * A bar is an SVG of 100 x 16 units that is stretched to its cell: x is the first measure, 0 to 100 % (of numbers: to the greatest).
 */
#include <flow/report/page.h>

#include <math.h>
#include <string.h>

/* What a full bar stands for: 1 of shares and figures; of values the greatest. */
static double full_of(const lnti_report_slices *slices) {
  double full = 0;
  if (slices->measure[0]->scale != LNTI_SCALE_VALUE) return 1;
  for (size_t i = 0; i < slices->n; i++) {
    const lnti_slice *figures = &slices->slices[i].figures;
    full = fmax(full, fmax(figures->value[0], figures->ci95[0][1])); /* fmax passes NaN over */
  }
  return full > 0 ? full : 1;
}

static void bar(lnti_page *page, const lnti_slice *figures, double overall, double full) {
  const double *ci95 = figures->ci95[0], scale = 100 / full;
  if (isnan(figures->value[0])) return;
  lnti_page_html(page,
                 "<svg viewBox=\"0 0 100 16\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
                 "<rect class=\"bar-ground\" y=\"2\" width=\"100\" height=\"12\"/>"
                 "<rect class=\"bar\" y=\"2\" width=\"%.1f\" height=\"12\"/>",
                 scale * figures->value[0]);
  if (overall <= full) lnti_page_html(page, "<path class=\"all\" d=\"M%.1f 0V16\"/>", scale * overall);
  if (!isnan(ci95[0])) {
    lnti_page_html(page, "<path class=\"halo\" d=\"M%.1f 8H%.1f\"/><path class=\"whisker\" d=\"M%.1f 8H%.1f\"/>",
                   scale * ci95[0], scale * ci95[1], scale * ci95[0], scale * ci95[1]);
  }
  lnti_page_html(page, "</svg>");
}

static void name(lnti_page *page, const lnti_report_slice *slice) {
  if (slice->kind == LNTI_SLICE_OTHER) {
    lnti_page_html(page, "<i>%s other values</i>", lnti_report_count(slice->n_values).text);
  } else if (slice->kind == LNTI_SLICE_NONE) {
    lnti_page_html(page, "<i>no value</i>");
  } else {
    lnti_page_path(page, lnti_report_slice_title(slice));
  }
}

static lnti_report_value shown(const lnti_report_slices *slices, const lnti_slice *figures, size_t m) {
  return lnti_report_measure(slices->measure[m], figures->value[m], slices->unit);
}

static lnti_report_value shown_interval(const lnti_report_slices *slices, const lnti_slice *figures, size_t m) {
  return lnti_report_measure_interval(slices->measure[m], figures->ci95[m]);
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
  lnti_page_html(page, "</td><td class=\"share\"><b>");
  lnti_page_text(page, shown(slices, figures, 0).text);
  lnti_page_html(page, "</b> <small>%s</small>", shown_interval(slices, figures, 0).text);
  bar(page, figures, lnti_report_measures(report).value[0], full_of(slices));
  lnti_page_html(page, "</td><td>");
  lnti_page_text(page, shown(slices, figures, slices->n_measures - 1).text);
  lnti_page_html(page, "<small>%s</small></td></tr>\n", shown_interval(slices, figures, slices->n_measures - 1).text);
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

/* What the bars stand for. */
static void scale(lnti_page *page, const lnti_report_slices *slices) {
  const lnti_measure *measure = slices->measure[0];
  double full = full_of(slices);
  if (measure->scale == LNTI_SCALE_SHARE) {
    lnti_page_html(page,
                   "<span class=\"scale\" aria-hidden=\"true\"><span>0</span><span>50</span>"
                   "<span>100\u00a0%%</span></span>");
    return;
  }
  lnti_page_html(page, "<span class=\"scale\" aria-hidden=\"true\"><span>0</span><span>%s</span><span>",
                 lnti_report_number(full / 2).text);
  lnti_page_text(page,
                 measure->scale == LNTI_SCALE_VALUE ? lnti_report_measure(measure, full, slices->unit).text : "1");
  lnti_page_html(page, "</span></span>");
}

static void key(lnti_page *page, const lnti_report *report, const lnti_report_slices *slices) {
  lnti_page_html(page, "<h3>By ");
  lnti_page_name(page, slices->key);
  lnti_page_html(page, "</h3>\n");
  gap(page, slices);
  lnti_page_html(page,
                 "<table class=\"slices\">\n<thead><tr><th scope=\"col\">Value</th><th scope=\"col\">Images</th>"
                 "<th scope=\"col\">%s",
                 slices->measure[0]->title);
  scale(page, slices);
  lnti_page_html(page, "</th><th scope=\"col\">%s</th></tr></thead>\n<tbody>\n",
                 slices->measure[slices->n_measures - 1]->title);
  for (size_t i = 0; i < slices->n; i++) row(page, report, slices, i);
  lnti_page_html(page, "</tbody>\n</table>\n");
}

static void help(lnti_page *page, const lnti_measure *measure) {
  lnti_page_html(page, " %s: ", measure->title);
  lnti_page_text(page, measure->help);
}

void lnti_page_slices(lnti_page *page, const lnti_report *report) {
  if (report->n_slices == 0) return;
  const lnti_measures all = lnti_report_measures(report);
  const lnti_report_slices *first = &report->slices[0];
  lnti_page_html(
      page,
      "<section aria-labelledby=\"slices\">\n<h2 id=\"slices\">Where is it better, where worse?</h2>\n"
      "<p class=\"note\">Each row stands for the images with one value. %sThe upright line is the figure for all images, ",
      report->resamples > 0
          ? "The line across the end of its bar is the 95\u00a0% interval: with other images of the same kind the "
            "figure would mostly lie there. "
          : "");
  lnti_page_text(page, lnti_report_measure(&all.measure[0], all.value[0], report->unit).text);
  lnti_page_html(page, ".");
  help(page, first->measure[0]);
  help(page, first->measure[first->n_measures - 1]);
  lnti_page_html(page, "</p>\n");
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
