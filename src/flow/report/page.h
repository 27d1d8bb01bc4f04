/**
 * @file page.h
 * Inside of the HTML report: a page under construction, and its parts. The first error sticks: later calls do nothing,
 * so that the parts read like the page they write.
 */
#ifndef LNTI_FLOW_REPORT_PAGE_H
#define LNTI_FLOW_REPORT_PAGE_H

#include <flow/report/report.h>

typedef struct lnti_page {
  lnti_text *out;
  lnt_status status;
  lnt_error *err;
} lnti_page;

/** Markup, as it is. */
void lnti_page_html(lnti_page *page, const char *format, ...) LNT_PRINTF(2, 3);
/** Text of others, escaped for content and for quoted attributes; control characters and bytes that are no UTF-8
 *  become U+FFFD. NULL: nothing. */
void lnti_page_text(lnti_page *page, const char *text);
/** As that, the first n bytes. */
void lnti_page_part(lnti_page *page, const char *text, size_t n);
/** A text as content, cut off from the direction of the text around it. */
void lnti_page_name(lnti_page *page, const char *text);
/** A path or its end as that; it may be broken after a slash. */
void lnti_page_path(lnti_page *page, const char *text);
/** A picture's bytes as base64. */
void lnti_page_base64(lnti_page *page, const void *data, size_t n);

/** Sections, each with its heading. */
void lnti_page_confusion(lnti_page *page, const lnti_report *report);   /* matrix.c */
void lnti_page_calibration(lnti_page *page, const lnti_report *report); /* plot.c */
void lnti_page_slices(lnti_page *page, const lnti_report *report);      /* slices.c; nothing without slices */

void lnti_page_labels(lnti_page *page, const lnti_report *report); /* labels.c; each: nothing where it does not apply */
void lnti_page_tree(lnti_page *page, const lnti_report *report);   /* tree.c */
void lnti_page_numbers(lnti_page *page, const lnti_report *report);    /* numbers.c */
void lnti_page_reject(lnti_page *page, const lnti_report *report);     /* reject.c */
void lnti_page_unknown(lnti_page *page, const lnti_report *report);    /* unknown.c */
void lnti_page_costs(lnti_page *page, const lnti_report *report);      /* costs.c */
void lnti_page_choice(lnti_page *page, const lnti_report *report);     /* choice.c */
void lnti_page_comparison(lnti_page *page, const lnti_report *report); /* comparison.c */
/** What the first sentence goes on with, for labels and for numbers. */
void lnti_page_labels_lead(lnti_page *page, const lnti_report *report);
void lnti_page_numbers_lead(lnti_page *page, const lnti_report *report);
/** Measures with their intervals and what each says. */
void lnti_page_measures(lnti_page *page, const lnti_measures *measures, const char *unit);

/** report.css, and its length without the NUL behind it; made at build time by cmake/EmbedText.cmake. */
extern const char lnti_report_css[];
extern const size_t lnti_report_css_bytes;

#endif
