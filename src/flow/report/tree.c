/*
 * The HTML report's section for classes that form a tree: how far down answers are right, and what answering less is worth.
 */
#include <flow/report/chart.h>

#include <math.h>

static void level_row(lnti_page *page, const lnti_hierarchy_level *level, size_t depth) {
  double share = level->n > 0 ? (double)level->right / (double)level->n : (double)NAN;
  lnti_page_html(page, "<tr><th scope=\"row\">%zu%s</th><td>%s</td><td>%s</td>", depth, depth == 1 ? ", the top" : "",
                 lnti_report_count(level->n_nodes).text, lnti_report_count(level->n).text);
  lnti_page_html(page, "<td class=\"share\"><b>%s</b>", lnti_report_percent(share).text);
  if (!isnan(share)) {
    lnti_page_html(page,
                   "<svg viewBox=\"0 0 100 16\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
                   "<rect class=\"bar-ground\" y=\"2\" width=\"100\" height=\"12\"/>"
                   "<rect class=\"bar\" y=\"2\" width=\"%.1f\" height=\"12\"/></svg>",
                   100 * share);
  }
  lnti_page_html(page, "</td><td>%s</td></tr>\n", lnti_report_count(level->wrong_here).text);
}

static void levels(lnti_page *page, const lnti_hierarchy_evaluation *e) {
  lnti_page_html(
      page,
      "<table class=\"classes labels levels\">\n<caption>Level by level, from the top of the tree down. An "
      "answer that went wrong above is wrong below as well.</caption>\n<thead><tr><th scope=\"col\">Level"
      "</th><th scope=\"col\">Nodes<small>in the tree</small></th><th scope=\"col\">Images<small>that go so "
      "deep</small></th><th scope=\"col\" class=\"share\">Right down to here<small>0 to 100\u00a0%%</small></th>"
      "<th scope=\"col\">Goes wrong<small>at this level</small></th></tr></thead>\n<tbody>\n");
  for (size_t d = 0; d < e->n_depth; d++) level_row(page, &e->levels[d], d + 1);
  lnti_page_html(page, "</tbody>\n</table>\n");
  if (e->n_too_long > 0)
    lnti_page_html(page, "<p class=\"note\">%s answers go on below the true class: more precise than the label.</p>\n",
                   lnti_report_count(e->n_too_long).text);
}

typedef enum curve { ACCURACY, COVERAGE, FULL } curve;

static double value_of(const lnti_backoff_point *point, curve which) {
  return which == ACCURACY ? point->accuracy : which == COVERAGE ? point->coverage : point->full;
}

static void line(lnti_page *page, const lnti_chart *chart, const lnti_hierarchy_evaluation *e, curve which,
                 const char *class) {
  bool drawn = false;
  lnti_chart_path_begin(page, class);
  for (size_t t = 0; t < LNTI_BACKOFF_POINTS; t++) {
    double value = value_of(&e->backoff[t], which);
    if (isnan(value)) continue;
    lnti_chart_path_to(page, chart, !drawn, e->backoff[t].threshold, value);
    drawn = true;
  }
  if (!drawn) lnti_chart_path_to(page, chart, true, 0, 0);
  lnti_chart_path_end(page);
}

static void backoff_table(lnti_page *page, const lnti_hierarchy_evaluation *e) {
  lnti_page_html(page,
                 "<details><summary>The same as a table</summary>\n<table class=\"bins\">\n"
                 "<caption class=\"hidden\">Backing off by threshold</caption>\n<thead><tr>"
                 "<th scope=\"col\">Sure from</th><th scope=\"col\">Any answer</th><th scope=\"col\">All the way down"
                 "</th><th scope=\"col\">Right as far as they go</th><th scope=\"col\">Levels, on average</th>"
                 "<th scope=\"col\">Hierarchical F1</th></tr></thead>\n<tbody>\n");
  for (size_t t = 0; t < LNTI_BACKOFF_POINTS; t += 2) {
    const lnti_backoff_point *p = &e->backoff[t];
    char depth[16] = "\u2013";
    if (!isnan(p->depth)) (void)snprintf(depth, sizeof depth, "%.1f", p->depth);
    lnti_page_html(page,
                   "<tr><th scope=\"row\">%.0f\u00a0%%</th><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td>"
                   "</tr>\n",
                   100 * p->threshold, lnti_report_percent(p->coverage).text, lnti_report_percent(p->full).text,
                   lnti_report_percent(p->accuracy).text, depth, lnti_report_metric(LNTI_MACRO_F1, p->h_f1).text);
  }
  lnti_page_html(page, "</tbody>\n</table>\n</details>\n");
}

static void backoff(lnti_page *page, const lnti_hierarchy_evaluation *e) {
  const lnti_chart chart = {{0, 1, "how sure it must be of an answer", NULL, true}, {0, 1, "share", NULL, true}};
  const lnti_backoff_point *all = &e->backoff[0], *sure = &e->backoff[LNTI_BACKOFF_POINTS * 4 / 5];
  lnti_page_html(page, "<h3>What if it stops where it is no longer sure?</h3>\n<div class=\"calibration\">\n<div>\n");
  lnti_chart_begin(page, &chart,
                   "Right answers, and how many there are, by how sure the model must be; the same follows as "
                   "a table");
  line(page, &chart, e, COVERAGE, "line second");
  line(page, &chart, e, FULL, "line third");
  line(page, &chart, e, ACCURACY, "line first");
  lnti_chart_end(page);
  lnti_page_html(
      page,
      "<p class=\"legend lines\"><span class=\"key\"><i class=\"first\"></i>answers that are right as far as "
      "they go</span><span class=\"key\"><i class=\"second\"></i>images with any answer</span>"
      "<span class=\"key\"><i class=\"third\"></i>answered all the way down</span></p>\n</div>\n"
      "<div class=\"words\">\n");
  lnti_page_html(page,
                 "<p>Where it is not sure of the class it may name the group above: <q>an apple</q> in place of "
                 "<q>a Fuji apple</q>. Answering all the way down it is right in <strong>%s</strong>.",
                 lnti_report_percent(all->accuracy).text);
  if (!isnan(sure->accuracy)) {
    lnti_page_html(page,
                   " Going down only as far as it is %.0f\u00a0%% sure, it answers <strong>%s</strong> of the images, "
                   "%s of them all the way, and <strong>%s</strong> of these answers are right as far as they go.",
                   100 * sure->threshold, lnti_report_percent(sure->coverage).text,
                   lnti_report_percent(sure->coverage > 0 ? sure->full / sure->coverage : 0).text,
                   lnti_report_percent(sure->accuracy).text);
  }
  lnti_page_html(page, "</p>\n");
  backoff_table(page, e);
  lnti_page_html(page, "</div>\n</div>\n");
}

void lnti_page_tree(lnti_page *page, const lnti_report *report) {
  const lnti_hierarchy_evaluation *e = report->hierarchy;
  if (!e) return;
  const lnti_measures measures = lnti_hierarchy_measures(e);
  lnti_page_html(page,
                 "<section aria-labelledby=\"tree\">\n<h2 id=\"tree\">How far off are its mistakes?</h2>\n"
                 "<p class=\"note\">The classes form a tree. Here an answer in the right part of it counts for more "
                 "than one in another.</p>\n");
  lnti_page_measures(page, &measures, NULL);
  levels(page, e);
  backoff(page, e);
  lnti_page_html(page, "</section>\n");
}
