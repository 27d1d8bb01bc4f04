/**
 * @file format.h
 * Values as people read them. Each function gives a small struct by value, so that it can stand in a printf's
 * arguments: printf("%s items", lnti_show_count(n).text).
 */
#ifndef LNTI_CLI_FORMAT_H
#define LNTI_CLI_FORMAT_H

#include <base/text.h>
#include <linnet/status.h>
#include <stdint.h>

typedef struct lnti_shown {
  char text[64];
} lnti_shown;

/** "70,000" */
lnti_shown lnti_show_count(uint64_t n);
/** "1 model", "70,000 models": the plural is the singular with an s, or with es after an s. */
lnti_shown lnti_show_things(uint64_t n, const char *thing);
/** "0.42 s", "12.3 s", "2 min 05 s", "1 h 02 min"; "0.00 s" for what is negative or NaN. */
lnti_shown lnti_show_seconds(double seconds);
/** A rate, without its unit: "0.84", "12.3", "16,700" (three digits that count). */
lnti_shown lnti_show_rate(double per_second);
/** "512 B", "1.5 kB", "210 MB" (powers of 1,000). */
lnti_shown lnti_show_bytes(uint64_t bytes);
/** A metric: "0.8912"; "-" for NaN. */
lnti_shown lnti_show_metric(double value);
/** An interval: "0.8850 to 0.8970"; "" where an end is NaN. */
lnti_shown lnti_show_interval(double low, double high);
/** Local time of a moment in ms since 1970: "2026-03-01 14:05". */
lnti_shown lnti_show_time(uint64_t unix_ms);

/** Appends text that is safe for a terminal: control characters and bytes that are no UTF-8 become '?'. */
LNT_MUST_CHECK lnt_status lnti_plain(lnti_text *out, const char *text, lnt_error *err);

/** Appends the words of `text` in lines of at most `width` columns, each but the first after `indent` blanks; '\n' in
 *  the text begins a new line. `column` is where the first line begins. No newline at the end. */
LNT_MUST_CHECK lnt_status lnti_wrap(lnti_text *out, const char *text, size_t column, size_t indent, size_t width,
                                    lnt_error *err);

#endif
