/*
 * The HTML report's section on how the model's parameters were chosen: what was tried, and what it gave out of fold.
 */
#include <flow/report/page.h>

#include <base/alloc.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { CHOICE_BYTES_MAX = 16 << 20, ROWS_MAX = 200 };

static double real_of(const lnti_json_value *object, const char *key) {
  const lnti_json_value *value = lnti_json_get(object, key);
  return value && value->type == LNTI_JSON_TYPE_NUMBER ? value->number : (double)NAN;
}

static bool is_chosen(const lnti_json_value *point) {
  const lnti_json_value *chosen = lnti_json_get(point, "chosen");
  return chosen && chosen->type == LNTI_JSON_TYPE_BOOL && chosen->boolean;
}

static void value_cell(lnti_page *page, const lnti_json_value *value) {
  lnti_page_html(page, "<td>");
  if (value && value->type == LNTI_JSON_TYPE_NUMBER) {
    lnti_page_html(page, "%.6g", value->number);
  } else if (value && value->type == LNTI_JSON_TYPE_STRING) {
    lnti_page_name(page, value->text);
  } else if (value && value->type == LNTI_JSON_TYPE_BOOL) {
    lnti_page_html(page, "%s", value->boolean ? "yes" : "no");
  } else {
    lnti_page_html(page, "\u2013");
  }
  lnti_page_html(page, "</td>");
}

static void figure_cell(lnti_page *page, double value, double se) {
  lnti_page_html(page, "<td>");
  if (isnan(value)) {
    lnti_page_html(page, "\u2013");
  } else if (isnan(se)) {
    lnti_page_html(page, "%.4f", value);
  } else {
    lnti_page_html(page, "%.4f <small>\u00b1 %.4f</small>", value, se);
  }
  lnti_page_html(page, "</td>");
}

static const char *const FIGURES[][3] = {{"log_loss", "log_loss_se", "Log loss<small>lower is better</small>"},
                                         {"loss", "loss_se", "Loss<small>lower is better</small>"},
                                         {"accuracy", "accuracy_se", "Accuracy<small>share of right answers</small>"},
                                         {"hierarchical_f1", "hierarchical_f1_se", "Hierarchical F1"},
                                         {"map", "map_se", "Mean average precision"},
                                         {"mae", "mae_se", "Mean error<small>lower is better</small>"},
                                         {"rmse", "rmse_se", "Root mean squared error<small>lower is better</small>"}};
enum { N_FIGURES = sizeof FIGURES / sizeof *FIGURES };

static void row(lnti_page *page, const lnti_json_value *point, const lnti_json_value *searched, const bool *has) {
  const lnti_json_value *params = lnti_json_get(point, "params");
  lnti_page_html(page, "<tr%s><td>%s</td>", is_chosen(point) ? " class=\"chosen\"" : "",
                 is_chosen(point) ? "<b>chosen</b>" : "");
  for (const lnti_json_value *name = searched ? searched->first : NULL; name; name = name->next)
    value_cell(page, params && name->text ? lnti_json_get(params, name->text) : NULL);
  for (size_t f = 0; f < N_FIGURES; f++) {
    if (has[f]) figure_cell(page, real_of(point, FIGURES[f][0]), real_of(point, FIGURES[f][1]));
  }
  lnti_page_html(page, "</tr>\n");
}

static void table(lnti_page *page, const lnti_json_value *grid, const lnti_json_value *searched) {
  bool has[N_FIGURES] = {false};
  size_t shown = 0;
  for (const lnti_json_value *p = grid->first; p; p = p->next) {
    for (size_t f = 0; f < N_FIGURES; f++) has[f] = has[f] || !isnan(real_of(p, FIGURES[f][0]));
  }
  lnti_page_html(page,
                 "<div class=\"scroll\" role=\"region\" aria-labelledby=\"choice\" tabindex=\"0\">\n"
                 "<table class=\"bins choice\">\n<thead><tr><th scope=\"col\"></th>");
  for (const lnti_json_value *name = searched ? searched->first : NULL; name; name = name->next) {
    lnti_page_html(page, "<th scope=\"col\">");
    lnti_page_name(page, name->text);
    lnti_page_html(page, "</th>");
  }
  for (size_t f = 0; f < N_FIGURES; f++) {
    if (has[f]) lnti_page_html(page, "<th scope=\"col\">%s</th>", FIGURES[f][2]);
  }
  lnti_page_html(page, "</tr></thead>\n<tbody>\n");
  for (const lnti_json_value *p = grid->first; p; p = p->next) {
    if (shown < ROWS_MAX || is_chosen(p)) row(page, p, searched, has);
    shown++;
  }
  lnti_page_html(page, "</tbody>\n</table>\n</div>\n");
  if (shown > ROWS_MAX)
    lnti_page_html(page, "<p class=\"note\">The first %d of %zu that were tried.</p>\n", ROWS_MAX, shown);
}

static void section(lnti_page *page, const lnti_json_value *choice) {
  const lnti_json_value *grid = lnti_json_get(choice, "grid"), *searched = lnti_json_get(choice, "searched");
  double folds = real_of(choice, "folds"), n = real_of(choice, "n"), fits = real_of(choice, "fits");
  if (searched && searched->type != LNTI_JSON_TYPE_ARRAY) searched = NULL;
  lnti_page_html(page,
                 "<section aria-labelledby=\"choice\">\n<h2 id=\"choice\">How were its parameters chosen?</h2>\n<p>");
  if (searched && searched->first) {
    lnti_page_html(page, "Each setting below was tried on the training images alone");
  } else {
    lnti_page_html(page, "They are as they were set; the figures below are from the training images alone");
  }
  if (folds >= 2) {
    lnti_page_html(page, ", in %.0f parts: learned on all parts but one and judged on that one, in turn", folds);
    if (n > 0) lnti_page_html(page, " (%s images", lnti_report_count((uint64_t)n).text);
    if (n > 0 && fits > 0) lnti_page_html(page, ", %.0f trainings", fits);
    if (n > 0) lnti_page_html(page, ")");
  }
  lnti_page_html(page, ". The images that this page judges by took no part in it.</p>\n");
  if (grid && grid->type == LNTI_JSON_TYPE_ARRAY && grid->first) table(page, grid, searched);
  lnti_page_html(page, "</section>\n");
}

void lnti_page_choice(lnti_page *page, const lnti_report *report) {
  lnti_arena arena = {.cap = CHOICE_BYTES_MAX};
  const lnti_json_value *choice = NULL;
  const char *text = report->choice_json;
  if (!text || page->status) return;
  page->status = lnti_json_parse(&choice, &arena, text, strlen(text), "cross_validation", page->err);
  if (!page->status && choice->type == LNTI_JSON_TYPE_OBJECT) section(page, choice);
  lnti_arena_clear(&arena);
}
