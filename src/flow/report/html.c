/*
 * The HTML report of an evaluation: one file for people, readable anywhere and for years.
 *
 * It has no scripts and nothing from elsewhere (and says so in its own Content-Security-Policy), so that it can be
 * mailed, archived and opened without trust in anything but a browser. All names in it are other people's input: they
 * go through lnti_page_text or lnti_page_name, and markup through lnti_page_html, never mixed.
 */
#include <base/alloc.h>
#include <base/error.h>
#include <base/file.h>
#include <flow/report/page.h>
#include <flow/split/names.h>

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void page_append(lnti_page *page, const char *data, size_t n) {
  if (page->status == LNT_OK) page->status = lnti_text_append(page->out, data, n, page->err);
}

void lnti_page_html(lnti_page *page, const char *format, ...) {
  char line[1024];
  va_list list;
  va_start(list, format);
  int n = vsnprintf(line, sizeof line, format, list);
  va_end(list);
  if (page->status != LNT_OK) return;
  if (n < 0 || (size_t)n >= sizeof line) {
    page->status = lnti_fail(page->err, LNT_EINTERNAL, "the report's markup does not fit %zu bytes", sizeof line);
    return;
  }
  page_append(page, line, (size_t)n);
}

void lnti_page_text(lnti_page *page, const char *text) {
  if (text != NULL) lnti_page_part(page, text, strlen(text));
}

void lnti_page_part(lnti_page *page, const char *text, size_t n) {
  size_t i = 0;
  while (i < n) {
    size_t plain = 0, valid = lnti_utf8_valid(text + i, n - i);
    while (plain < valid && (unsigned char)text[i + plain] >= ' ' && strchr("&<>\"'\x7f", text[i + plain]) == NULL) {
      plain++;
    }
    page_append(page, text + i, plain);
    i += plain;
    if (i == n) return;
    switch (text[i++]) {
      case '&':
        page_append(page, "&amp;", 5);
        break;
      case '<':
        page_append(page, "&lt;", 4);
        break;
      case '>':
        page_append(page, "&gt;", 4);
        break;
      case '"':
        page_append(page, "&quot;", 6);
        break;
      case '\'':
        page_append(page, "&#39;", 5);
        break;
      default:
        page_append(page, "\ufffd", 3);
        break;
    }
  }
}

void lnti_page_name(lnti_page *page, const char *text) {
  lnti_page_html(page, "<bdi>");
  lnti_page_text(page, text);
  lnti_page_html(page, "</bdi>");
}

void lnti_page_path(lnti_page *page, const char *text) {
  lnti_page_html(page, "<bdi>");
  for (const char *slash; (slash = strchr(text, '/')) != NULL; text = slash + 1) {
    lnti_page_part(page, text, (size_t)(slash + 1 - text));
    lnti_page_html(page, "<wbr>");
  }
  lnti_page_text(page, text);
  lnti_page_html(page, "</bdi>");
}

void lnti_page_base64(lnti_page *page, const void *data, size_t n) {
  static const char DIGIT[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const unsigned char *byte = data;
  for (size_t i = 0; i < n; i += 3) {
    unsigned three = (unsigned)byte[i] << 16;
    if (i + 1 < n) three |= (unsigned)byte[i + 1] << 8;
    if (i + 2 < n) three |= byte[i + 2];
    char four[4] = {DIGIT[three >> 18], DIGIT[three >> 12 & 63], i + 1 < n ? DIGIT[three >> 6 & 63] : '=',
                    i + 2 < n ? DIGIT[three & 63] : '='};
    page_append(page, four, sizeof four);
  }
}

static void head(lnti_page *page, const lnti_report *report) {
  lnti_page_html(page, LNTI_REPORT_HTML_START
                 "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                 "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
  lnti_page_text(page, report->model);
  lnti_page_html(page, ": evaluation</title>\n<style>\n");
  page_append(page, lnti_report_css, lnti_report_css_bytes);
  lnti_page_html(page, "</style>\n</head>\n<body>\n");
}

static void date_fact(lnti_page *page, const char *title, uint64_t unix_ms) {
  time_t seconds = (time_t)(unix_ms / 1000);
  struct tm utc;
  char text[32];
  if (unix_ms == 0 || gmtime_r(&seconds, &utc) == NULL) return;
  if (strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &utc) == 0) return;
  lnti_page_html(page, "<div><dt>%s</dt><dd>%s</dd></div>\n", title, text);
}

static void text_fact(lnti_page *page, const char *title, const char *text, const char *after) {
  lnti_page_html(page, "<div><dt>%s</dt><dd>", title);
  lnti_page_name(page, text);
  lnti_page_html(page, "%s</dd></div>\n", after);
}

/* A model file says what it likes: what is no such object is left out. */
static void snapshot_fact(lnti_page *page, const char *json) {
  enum { SNAPSHOT_BYTES_MAX = 1 << 16 };
  lnti_arena arena = {.cap = SNAPSHOT_BYTES_MAX};
  const lnti_json_value *told = NULL;
  const char *name = NULL, *fingerprint = NULL;
  if (lnti_json_parse(&told, &arena, json, strlen(json), "snapshot", NULL) == LNT_OK &&
      lnti_json_get_string(&name, told, "name", NULL, NULL) == LNT_OK &&
      lnti_json_get_string(&fingerprint, told, "fingerprint", NULL, NULL) == LNT_OK && name && fingerprint) {
    lnti_page_html(page, "<div><dt>Data</dt><dd>snapshot ");
    lnti_page_name(page, name);
    lnti_page_html(page, ", fingerprint ");
    lnti_page_name(page, fingerprint);
    lnti_page_html(page, "</dd></div>\n");
  }
  lnti_arena_clear(&arena);
}

/* What was evaluated and how to repeat it. */
static void facts(lnti_page *page, const lnti_report *report) {
  char images[80], groups[80] = "";
  if (report->n_groups > 0)
    (void)snprintf(groups, sizeof groups, ", %s groups", lnti_report_count(report->n_groups).text);
  (void)snprintf(images, sizeof images, ", %s images", lnti_report_count(lnti_report_n(report)).text);
  lnti_page_html(page, "<dl class=\"facts\">\n");
  text_fact(page, "Evaluated on", report->split, images);
  if (report->judged_snapshot) {
    lnti_page_html(page, "<div><dt>Answers and splits</dt><dd>of the snapshot ");
    lnti_page_name(page, report->judged_snapshot);
    lnti_page_html(page, ", fingerprint ");
    lnti_page_name(page, report->judged_fingerprint);
    lnti_page_html(page, "</dd></div>\n");
  }
  lnti_page_html(page, "<div><dt>Trained on</dt><dd>%s images</dd></div>\n", lnti_report_count(report->n_train).text);
  if (report->snapshot_json) snapshot_fact(page, report->snapshot_json);
  text_fact(page, "Learner", report->learner, "");
  text_fact(page, "Feature", report->feature, "");
  if (report->calibrated_on != NULL) text_fact(page, "Calibrated on", report->calibrated_on, "");
  if (report->group_key != NULL) text_fact(page, "Kept together by", report->group_key, groups);
  lnti_page_html(page, "<div><dt>Seed</dt><dd>%" PRIu64 "</dd></div>\n", report->seed); /* plain, to be copied */
  date_fact(page, "Trained", report->trained_ms);
  date_fact(page, "Evaluated", report->evaluated_ms);
  lnti_page_html(page, "</dl>\n");
}

static const char *trained_words(const lnti_report *report) {
  if (report->n_trained_on == 0) return "was not trained on";
  return report->n_trained_on == lnti_report_n(report) ? "was trained on" : "was in part trained on";
}

/* The result in one sentence that needs no statistics. */
static void classes_lead(lnti_page *page, const lnti_report *report) {
  const lnti_evaluation *e = report->evaluation;
  uint64_t right = 0;
  lnti_report_pair worst;
  double share = 0;
  for (size_t c = 0; c < e->k; c++) right += e->classes[c].hits;
  lnti_page_html(page, "Of %s images that it %s, it got <strong>%s right</strong>%s.", lnti_report_count(e->n).text,
                 trained_words(report), lnti_report_count(right).text,
                 report->n_trained_on > 0 ? ", which says what it remembers, not how good it is" : "");
  size_t most = lnti_report_baseline(&share, e);
  lnti_page_html(page, " Always answering <strong>");
  lnti_page_name(page, report->class_titles[most]);
  lnti_page_html(page, "</strong> would get %s right.", lnti_report_percent(share).text);
  if (lnti_report_pairs(&worst, 1, e) == 1) {
    lnti_page_html(page, " Its most frequent mistake: it takes <strong>");
    lnti_page_name(page, report->class_titles[worst.truth]);
    lnti_page_html(page, "</strong> for <strong>");
    lnti_page_name(page, report->class_titles[worst.predicted]);
    lnti_page_html(page, "</strong>, %s of %s times.", lnti_report_count(worst.n).text,
                   lnti_report_count(e->classes[worst.truth].n).text);
  }
}

static void lead(lnti_page *page, const lnti_report *report) {
  lnti_page_html(page, "<p class=\"lead\">%s",
                 report->n_leaks > 0 ? "<strong>This score is too good</strong>, see above. " : "");
  if (report->evaluation) {
    classes_lead(page, report);
  } else {
    lnti_page_html(page, "Judged on %s images that it %s%s.", lnti_report_count(lnti_report_n(report)).text,
                   trained_words(report),
                   report->n_trained_on > 0 ? ", which says what it remembers, not how good it is" : "");
    if (report->multilabel) lnti_page_labels_lead(page, report);
    if (report->regression) lnti_page_numbers_lead(page, report);
  }
  lnti_page_html(page, "</p>\n");
}

static void warn(lnti_page *page, const lnti_report *report) {
  if (report->n_warnings == 0) return;
  lnti_page_html(
      page,
      "<section class=\"warnings\" aria-labelledby=\"warnings\">\n<h2 id=\"warnings\">Read this first</h2>\n<ul>\n");
  for (size_t i = 0; i < report->n_warnings; i++) {
    lnti_page_html(page, "<li>");
    lnti_page_text(page, report->warnings[i]);
    lnti_page_html(page, ".</li>\n");
  }
  lnti_page_html(page, "</ul>\n</section>\n");
}

/* Why the interval is wider than so many images would make it. */
static void groups_note(lnti_page *page, const lnti_report *report) {
  const char *words = report->group_key ? lnti_report_group_words(report->group_key) : NULL;
  if (report->n_groups == 0) return;
  lnti_page_html(page,
                 "<p class=\"note\">These %s images come in %s groups: ", lnti_report_count(lnti_report_n(report)).text,
                 lnti_report_count(report->n_groups).text);
  if (words != NULL) {
    lnti_page_html(page, "%s belong together", words);
  } else {
    lnti_page_html(page, "images that share ");
    lnti_page_name(page, report->group_key);
    lnti_page_html(page, " belong together");
  }
  lnti_page_html(page,
                 ". Where the model knows one of a group it mostly knows the others, so that what counts for the "
                 "intervals is how many groups there are, not how many images.</p>\n");
}

void lnti_page_measures(lnti_page *page, const lnti_measures *measures, const char *unit) {
  lnti_page_html(page, "<dl class=\"figures\">\n");
  for (size_t m = 0; m < measures->n; m++) {
    const lnti_measure *measure = &measures->measure[m];
    lnti_report_value interval = lnti_report_measure_interval(measure, measures->ci95[m]);
    lnti_page_html(page, "<div><dt>%s <small>%s is better</small></dt><dd class=\"value\">", measure->title,
                   strcmp(measure->name, "bias") == 0 ? "nearer to 0"
                   : measure->lower_is_better         ? "lower"
                                                      : "higher");
    lnti_page_text(page, lnti_report_measure(measure, measures->value[m], unit).text);
    lnti_page_html(page, "</dd>");
    if (interval.text[0] != '\0') lnti_page_html(page, "<dd class=\"range\">%s</dd>", interval.text);
    lnti_page_html(page, "<dd class=\"help\">%s</dd></div>\n", measure->help);
  }
  lnti_page_html(page, "</dl>\n");
}

static void averaged(lnti_page *page, const lnti_report *report) {
  lnti_text says = {0};
  if (page->status) return;
  page->status = lnti_report_averaged(&says, report, page->err);
  if (says.data) lnti_page_html(page, "<p class=\"note\">%s</p>\n", says.data);
  lnti_text_clear(&says);
}

static void headline(lnti_page *page, const lnti_report *report) {
  const lnti_measures measures = lnti_report_measures(report);
  warn(page, report);
  lnti_page_html(page, "<section aria-labelledby=\"figures\">\n<h2 id=\"figures\">How good is it?</h2>\n");
  lead(page, report);
  lnti_page_measures(page, &measures, report->unit);
  averaged(page, report);
  if (report->resamples > 0) {
    lnti_page_html(page,
                   "<p class=\"note\">The range under each figure is its 95\u00a0%% interval: where the figure would "
                   "mostly lie if other images of the same kind had been drawn for the test (%s bootstrap resamples",
                   lnti_report_count(report->resamples).text);
    if (report->group_key != NULL) {
      lnti_page_html(page, ", images that belong together by ");
      lnti_page_name(page, report->group_key);
      lnti_page_html(page, " drawn as one");
    }
    lnti_page_html(page, ").</p>\n");
    groups_note(page, report);
  }
  lnti_page_html(page, "</section>\n");
}

static void class_row(lnti_page *page, const lnti_class_metrics *class, const char *title) {
  lnti_page_html(page, "<tr><th scope=\"row\">");
  lnti_page_name(page, title);
  lnti_page_html(page, "</th><td>%s</td><td>%s</td><td>%s</td><td class=\"f1\">", lnti_report_count(class->n).text,
                 lnti_report_percent(class->recall).text, lnti_report_percent(class->precision).text);
  if (!isnan(class->f1)) {
    lnti_page_html(page,
                   "<svg width=\"64\" height=\"6\" aria-hidden=\"true\"><rect class=\"bar-ground\" width=\"64\" "
                   "height=\"6\" rx=\"3\"/><rect class=\"bar\" width=\"%.1f\" height=\"6\" rx=\"3\"/></svg>",
                   64 * class->f1);
  }
  lnti_page_html(page, "%s</td><td>%s</td></tr>\n", lnti_report_metric(LNTI_MACRO_F1, class->f1).text,
                 lnti_report_metric(LNTI_MACRO_F1, class->average_precision).text);
}

/* Whether some classes have far more images than others, and what that means for the figures. */
static void balance(lnti_page *page, const lnti_report *report) {
  const lnti_evaluation *e = report->evaluation;
  lnti_class_balance b;
  size_t *count = NULL;
  if (page->status != LNT_OK || e->k < 2) return;
  if ((page->status = lnti_alloc(&count, e->k, sizeof *count, page->err)) != LNT_OK) return;
  for (size_t c = 0; c < e->k; c++) count[c] = e->classes[c].n;
  lnti_class_balance_of(&b, count, e->k);
  free(count);
  if (b.n == 0) return;
  lnti_page_html(page, "<p class=\"note\">How even are the classes? ");
  if (e->classes[b.largest].n == e->classes[b.smallest].n && b.n_empty == 0) {
    lnti_page_html(page, "Each has %s images.</p>\n", lnti_report_count(e->classes[b.largest].n).text);
    return;
  }
  lnti_page_html(page, "Most images are of ");
  lnti_page_name(page, report->class_titles[b.largest]);
  lnti_page_html(page, " (%s), fewest of ", lnti_report_count(e->classes[b.largest].n).text);
  lnti_page_name(page, report->class_titles[b.smallest]);
  lnti_page_html(
      page, " (%s)%s%s.%s</p>\n", lnti_report_count(e->classes[b.smallest].n).text,
      b.n_empty > 0 ? "; classes without any: " : "", b.n_empty > 0 ? lnti_report_count(b.n_empty).text : "",
      b.ratio > 3 ? " Accuracy mostly speaks of the frequent ones: look at balanced accuracy and macro F1." : "");
}

static void class_table(lnti_page *page, const lnti_report *report) {
  const lnti_evaluation *e = report->evaluation;
  size_t *order = NULL, shown = e->k < LNTI_REPORT_TABLE_CLASSES_MAX ? e->k : LNTI_REPORT_TABLE_CLASSES_MAX;
  if (page->status != LNT_OK) return;
  if ((page->status = lnti_alloc(&order, e->k, sizeof *order, page->err)) != LNT_OK) return;
  lnti_report_worst_first(order, e);
  lnti_page_html(page,
                 "<section aria-labelledby=\"classes\">\n<h2 id=\"classes\">How well does it know each class?</h2>\n"
                 "<div class=\"scroll\" role=\"region\" aria-labelledby=\"classes\" tabindex=\"0\">\n"
                 "<table class=\"classes\">\n<caption>%s, the one it knows least first.</caption>\n",
                 shown < e->k ? "The thousand classes that it knows least" : "All classes");
  lnti_page_html(page,
                 "<thead><tr><th scope=\"col\">Class</th><th scope=\"col\">Images</th>"
                 "<th scope=\"col\">Recall<small>of its images, found</small></th>"
                 "<th scope=\"col\">Precision<small>right when named</small></th>"
                 "<th scope=\"col\">F1<small>both in one</small></th>"
                 "<th scope=\"col\">Avg. precision<small>as a ranking</small></th></tr></thead>\n<tbody>\n");
  for (size_t i = 0; i < shown; i++) class_row(page, &e->classes[order[i]], report->class_titles[order[i]]);
  lnti_page_html(page, "</tbody>\n</table>\n</div>\n");
  balance(page, report);
  lnti_page_html(page, "</section>\n");
  free(order);
}

/* Width and height from a PNG's first chunk, which its format puts right behind the signature. */
static bool png_size(unsigned long *width, unsigned long *height, const lnti_report_mistake *mistake) {
  static const unsigned char START[16] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0, 0, 13, 'I', 'H', 'D', 'R'};
  const unsigned char *b = mistake->png;
  if (mistake->png_bytes < 33 || memcmp(b, START, sizeof START) != 0) return false;
  *width = (unsigned long)b[16] << 24 | (unsigned long)b[17] << 16 | (unsigned long)b[18] << 8 | b[19];
  *height = (unsigned long)b[20] << 24 | (unsigned long)b[21] << 16 | (unsigned long)b[22] << 8 | b[23];
  return *width > 0 && *height > 0;
}

/* Small pictures are enlarged in whole pixels: blurring would show what is not there. */
static void mistake_picture(lnti_page *page, const lnti_report_mistake *mistake) {
  unsigned long width, height;
  if (mistake->png == NULL) {
    lnti_page_html(page, "<div class=\"frame none\">no picture</div>");
    return;
  }
  if (!png_size(&width, &height, mistake)) {
    if (page->status == LNT_OK) {
      page->status = lnti_fail(page->err, LNT_EINVAL, "the picture of %s is no PNG file", mistake->path);
    }
    return;
  }
  lnti_page_html(page, "<div class=\"frame\"><img%s width=\"%lu\" height=\"%lu\" alt=\"",
                 width <= 96 && height <= 96 ? " class=\"small\"" : "", width, height);
  lnti_page_text(page, mistake->path);
  lnti_page_html(page, "\" src=\"data:image/png;base64,");
  lnti_page_base64(page, mistake->png, mistake->png_bytes);
  lnti_page_html(page, "\"></div>");
}

static void refuse_mistake(lnti_page *page, const lnti_report *report, const lnti_report_mistake *mistake) {
  if (page->status != LNT_OK) return;
  page->status = lnti_fail(page->err, LNT_EINVAL, "the mistake on %s names class %zu or %zu of %zu", mistake->path,
                           mistake->truth, mistake->predicted, lnti_report_k(report));
}

/* How many leading bytes of their paths are folders that all mistakes lie in: said of none of them. */
static size_t common_folder(const lnti_report *report) {
  const char *first = report->n_mistakes > 0 ? report->mistakes[0].path : "";
  size_t same = strlen(first);
  for (size_t i = 1; i < report->n_mistakes; i++) {
    size_t n = 0;
    while (n < same && report->mistakes[i].path[n] == first[n]) n++;
    same = n;
  }
  while (same > 0 && first[same - 1] != '/') same--;
  return same;
}

static void mistake_figure(lnti_page *page, const lnti_report *report, const lnti_report_mistake *mistake,
                           size_t folder) {
  const size_t k = lnti_report_k(report);
  bool named = mistake->said && mistake->is;
  if (!named && (mistake->truth >= k || mistake->predicted >= k)) {
    refuse_mistake(page, report, mistake);
    return;
  }
  lnti_page_html(page, "<li><figure>");
  mistake_picture(page, mistake);
  lnti_page_html(page,
                 "<figcaption><span class=\"said\"><span class=\"mark\" aria-hidden=\"true\">\u2717</span>"
                 "<span class=\"hidden\">Predicted: </span>");
  lnti_page_name(page, named ? mistake->said : report->class_titles[mistake->predicted]);
  if (!isnan(mistake->confidence))
    lnti_page_html(page, " <small>%s</small>", lnti_report_percent(mistake->confidence).text);
  lnti_page_html(page,
                 "</span><span class=\"true\"><span class=\"mark\" aria-hidden=\"true\">\u2713</span>"
                 "<span class=\"hidden\">True: </span>");
  lnti_page_name(page, named ? mistake->is : report->class_titles[mistake->truth]);
  lnti_page_html(page, "</span><span class=\"path\" title=\"");
  lnti_page_text(page, mistake->path);
  lnti_page_html(page, "\">");
  lnti_page_path(page, mistake->path + folder);
  lnti_page_html(page, "</span></figcaption></figure></li>\n");
}

static void mistakes(lnti_page *page, const lnti_report *report) {
  const size_t folder = common_folder(report);
  const char *kind = NULL;
  if (report->n_mistakes == 0) return;
  lnti_page_html(page,
                 "<section aria-labelledby=\"mistakes\">\n<h2 id=\"mistakes\">Its %s mistakes</h2>\n"
                 "<p class=\"note\">\u2717 what it said%s; \u2713 the label. Where the label is wrong, "
                 "mend the label; where the picture is odd, more like it may help.</p>\n",
                 report->regression ? "greatest" : "most confident", report->regression ? "" : ", and how sure it was");
  for (size_t i = 0; i < report->n_mistakes; i++) {
    const lnti_report_mistake *mistake = &report->mistakes[i];
    if (i == 0 || mistake->kind != kind) {
      kind = mistake->kind;
      if (i > 0) lnti_page_html(page, "</ul>\n");
      if (kind) lnti_page_html(page, "<h3>%s</h3>\n", kind);
      lnti_page_html(page, "<ul class=\"mistakes\">\n");
    }
    mistake_figure(page, report, mistake, folder);
  }
  lnti_page_html(page, "</ul>\n</section>\n");
}

/* What the model answers with. */
static void answers_with(lnti_page *page, const lnti_report *report) {
  if (report->regression) {
    lnti_page_html(page, "</strong> with a number");
    if (report->unit && *report->unit) {
      lnti_page_html(page, " (");
      lnti_page_name(page, report->unit);
      lnti_page_html(page, ")");
    }
    lnti_page_html(page, "</p>\n");
    return;
  }
  lnti_page_html(page, "</strong> with %s of %s %s%s</p>\n", report->multilabel ? "any" : "one",
                 lnti_report_count(lnti_report_k(report)).text, report->multilabel ? "labels" : "classes",
                 report->hierarchy ? " in a tree" : "");
}

lnt_status lnti_report_html(lnti_text *out, const lnti_report *report, lnt_error *err) {
  lnti_page page = {out, LNT_OK, err};
  head(&page, report);
  lnti_page_html(&page, "<header>\n<p class=\"brand\">Linnet evaluation</p>\n<h1>");
  lnti_page_name(&page, report->model);
  lnti_page_html(&page, "</h1>\n<p class=\"sub\">answers <strong>");
  lnti_page_name(&page, report->target);
  answers_with(&page, report);
  facts(&page, report);
  lnti_page_html(&page, "</header>\n<main>\n");
  headline(&page, report);
  lnti_page_comparison(&page, report);
  lnti_page_tree(&page, report);
  lnti_page_numbers(&page, report);
  if (report->evaluation) {
    lnti_page_confusion(&page, report);
    class_table(&page, report);
  }
  lnti_page_labels(&page, report);
  lnti_page_slices(&page, report);
  lnti_page_calibration(&page, report);
  lnti_page_reject(&page, report);
  lnti_page_unknown(&page, report);
  lnti_page_costs(&page, report);
  mistakes(&page, report);
  lnti_page_choice(&page, report);
  lnti_page_html(&page,
                 "</main>\n<footer><p>Written by Linnet %s. This page is whole: it needs no network.</p></footer>\n"
                 "</body>\n</html>\n",
                 LINNET_VERSION);
  return page.status;
}

lnt_status lnti_report_html_write(const char *path, const lnti_report *report, lnt_error *err) {
  lnti_text text = {NULL, 0, 0};
  lnt_status status = lnti_report_html(&text, report, err);
  if (status == LNT_OK) status = lnti_file_write_all(path, text.data, text.length, err);
  lnti_text_clear(&text);
  return status;
}
