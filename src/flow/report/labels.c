/*
 * The HTML report's section for several labels: each with its figures and a bar, the ones it knows least first.
 */
#include <base/alloc.h>
#include <flow/report/page.h>

#include <math.h>
#include <stdlib.h>

typedef struct ranked_label {
  double key; /* 2 where undefined: after every other */
  size_t label;
} ranked_label;

static int compare_labels(const void *a, const void *b) {
  const ranked_label *x = a, *y = b;
  if (x->key != y->key) return x->key < y->key ? -1 : 1;
  return (x->label > y->label) - (x->label < y->label);
}

lnt_status lnti_report_labels_worst_first(size_t *order_out, const lnti_multilabel_evaluation *e, lnt_error *err) {
  ranked_label *ranked = NULL;
  lnt_status status = lnti_alloc(&ranked, e->k, sizeof *ranked, err);
  if (status) return status;
  for (size_t l = 0; l < e->k; l++) {
    double ap = e->labels[l].average_precision;
    ranked[l] = (ranked_label){isnan(ap) ? 2 : ap, l};
  }
  qsort(ranked, e->k, sizeof *ranked, compare_labels);
  for (size_t l = 0; l < e->k; l++) order_out[l] = ranked[l].label;
  free(ranked);
  return LNT_OK;
}

static void ap_bar(lnti_page *page, const lnti_label_metrics *label) {
  const double *ci95 = label->average_precision_ci95;
  if (isnan(label->average_precision)) return;
  lnti_page_html(page,
                 "<svg viewBox=\"0 0 100 16\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
                 "<rect class=\"bar-ground\" y=\"2\" width=\"100\" height=\"12\"/>"
                 "<rect class=\"bar\" y=\"2\" width=\"%.1f\" height=\"12\"/>",
                 100 * label->average_precision);
  if (!isnan(ci95[0])) {
    lnti_page_html(page, "<path class=\"halo\" d=\"M%.1f 8H%.1f\"/><path class=\"whisker\" d=\"M%.1f 8H%.1f\"/>",
                   100 * ci95[0], 100 * ci95[1], 100 * ci95[0], 100 * ci95[1]);
  }
  lnti_page_html(page, "</svg>");
}

static void row(lnti_page *page, const lnti_report *report, size_t l, bool unknown) {
  const lnti_label_metrics *label = &report->multilabel->labels[l];
  lnti_page_html(page, "<tr><th scope=\"row\">");
  lnti_page_name(page, report->class_titles[l]);
  lnti_page_html(page, "</th><td>%s</td>", lnti_report_count(label->n_yes).text);
  if (unknown) lnti_page_html(page, "<td>%s</td>", lnti_report_count(label->n_unknown).text);
  lnti_page_html(page, "<td class=\"share\"><b>%s</b> <small>%s</small>",
                 lnti_report_metric(LNTI_MACRO_F1, label->average_precision).text,
                 lnti_report_interval(LNTI_MACRO_F1, label->average_precision_ci95).text);
  ap_bar(page, label);
  lnti_page_html(page, "</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td></tr>\n",
                 lnti_report_percent(label->recall).text, lnti_report_percent(label->precision).text,
                 lnti_report_metric(LNTI_MACRO_F1, label->f1).text, lnti_report_percent(label->threshold).text);
}

void lnti_page_labels(lnti_page *page, const lnti_report *report) {
  const lnti_multilabel_evaluation *e = report->multilabel;
  size_t *order = NULL;
  if (!e || page->status) return;
  bool unknown = e->n_known < e->n * e->k;
  size_t shown = e->k < LNTI_REPORT_TABLE_CLASSES_MAX ? e->k : LNTI_REPORT_TABLE_CLASSES_MAX;
  page->status = lnti_alloc(&order, e->k, sizeof *order, page->err);
  if (!page->status) page->status = lnti_report_labels_worst_first(order, e, page->err);
  if (!page->status) {
    lnti_page_html(page,
                   "<section aria-labelledby=\"classes\">\n<h2 id=\"classes\">How well does it know each label?</h2>\n"
                   "<div class=\"scroll\" role=\"region\" aria-labelledby=\"classes\" tabindex=\"0\">\n"
                   "<table class=\"classes labels\">\n<caption>%s, the one it knows least first.%s</caption>\n",
                   shown < e->k ? "The thousand labels that it knows least" : "All labels",
                   report->resamples > 0 ? " The line across the end of a bar is the 95\u00a0% interval." : "");
    lnti_page_html(page,
                   "<thead><tr><th scope=\"col\">Label</th><th scope=\"col\">Images<small>that have it</small></th>%s",
                   unknown ? "<th scope=\"col\">Unknown<small>left out</small></th>" : "");
    lnti_page_html(
        page,
        "<th scope=\"col\" class=\"share\">Avg. precision<small>images with it sorted before those without: 0 to 1</small></th>"
        "<th scope=\"col\">Recall<small>of its images, found</small></th>"
        "<th scope=\"col\">Precision<small>right when named</small></th>"
        "<th scope=\"col\">F1<small>both in one</small></th>"
        "<th scope=\"col\">Said from<small>confidence</small></th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < shown; i++) row(page, report, order[i], unknown);
    lnti_page_html(page, "</tbody>\n</table>\n</div>\n</section>\n");
  }
  free(order);
}

void lnti_page_labels_lead(lnti_page *page, const lnti_report *report) {
  const lnti_multilabel_evaluation *e = report->multilabel;
  size_t hits = 0, predicted = 0;
  for (size_t l = 0; l < e->k; l++) {
    hits += e->labels[l].hits;
    predicted += e->labels[l].predicted;
  }
  lnti_page_html(page, " They have %s labels, of which it <strong>finds %s</strong>.", lnti_report_count(e->n_yes).text,
                 lnti_report_count(hits).text);
  lnti_page_html(page, " Of the %s that it names, <strong>%s are right</strong>.", lnti_report_count(predicted).text,
                 lnti_report_count(hits).text);
  if (e->n_known < e->n * e->k) {
    lnti_page_html(page, " %s of %s answers are not known: these count neither as right nor as wrong.",
                   lnti_report_count(e->n * e->k - e->n_known).text, lnti_report_count(e->n * e->k).text);
  }
}
