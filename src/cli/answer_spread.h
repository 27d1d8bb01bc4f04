/**
 * @file answer_spread.h
 * What status says of answers: of each question how many there are and how they are spread, and of items that were skipped why.
 */
#ifndef LNTI_CLI_ANSWER_SPREAD_H
#define LNTI_CLI_ANSWER_SPREAD_H

#include <base/json.h>
#include <cli/facets.h>

/** The answers to one question. */
typedef struct lnti_answer_spread {
  size_t question;
  lnti_question_summary summary;
  size_t answered, n_values; /**< of options: how many were answers, and how many different ones */
  lnti_facet_value most, rarest;
  size_t unsure, none;
} lnti_answer_spread;

/** Of all questions with answers. Zero-initialise. */
typedef struct lnti_spreads {
  lnti_facet *facets; /**< [n_facets] of all questions */
  size_t n_facets;
  lnti_answer_spread *spreads; /**< [n] */
  size_t n;
} lnti_spreads;

/** As lnti_view_facets and lnti_view_summarize. */
LNT_MUST_CHECK lnt_status lnti_spreads_count(lnti_spreads *out, lnti_view *view, lnt_error *err);
/** The key questions. */
LNT_MUST_CHECK lnt_status lnti_spreads_json(lnti_json_writer *w, const lnti_spreads *answers, const lnti_view *view,
                                            lnt_error *err);
/** A table under the head "Answers", where there are any. */
LNT_MUST_CHECK lnt_status lnti_spreads_print(lnti_cli *cli, const lnti_spreads *answers, const lnti_view *view,
                                             lnt_error *err);
void lnti_spreads_clear(lnti_spreads *answers);

enum { LNTI_SKIP_REASONS_MAX = 100 /**< different ones that are told apart; others are counted together */ };

typedef struct lnti_skip_reason {
  char *text;
  size_t n;
} lnti_skip_reason;

/** Items that were skipped. Zero-initialise. */
typedef struct lnti_skips {
  size_t n;
  lnti_skip_reason reasons[LNTI_SKIP_REASONS_MAX]; /**< [n_reasons], the most frequent first */
  size_t n_reasons;
  lnti_text text; /**< "too dark 2, blurred 1": for people */
} lnti_skips;

/** What was said of the items that are skipped. */
LNT_MUST_CHECK lnt_status lnti_skips_read(lnti_skips *out, lnti_project *project, lnti_view *view, lnt_error *err);
/** The key skipped. */
void lnti_skips_json(lnti_json_writer *w, const lnti_skips *skips);
void lnti_skips_clear(lnti_skips *skips);

#endif
