/**
 * @file labels.h
 * Titles of a table on their way to options: each distinct one is looked up, made and judged once. Inside
 * src/flow/table alone.
 */
#ifndef LNTI_FLOW_TABLE_LABELS_H
#define LNTI_FLOW_TABLE_LABELS_H

#include <flow/import/internal.h>
#include <flow/table/table.h>

/** What one title, or path of titles, has become. */
typedef struct lnti_table_option {
  size_t option;
  size_t n_rows;       /**< that say it */
  const char *refused; /**< why it can be no answer; NULL */
} lnti_table_option;

/** Zero-initialise; lnti_table_labels_clear frees. */
typedef struct lnti_table_labels {
  lnti_import_work *work;
  const lnti_table_plan *plan;
  const char *table;          /**< its path, for messages */
  bool all_new;               /**< no question was there before */
  size_t *question;           /**< [plan->n_questions] of the ontology; in `arena` */
  lnti_text_index titles;     /**< number of the plan's question and its titles, each with a NUL behind it */
  lnti_table_option *options; /**< [titles.n] */
  size_t capacity;
  lnti_text key;   /**< for looking up */
  size_t *listing; /**< [options of the ontology] the last row that named each; NULL until it is needed */
  size_t n_listings;
  lnti_arena arena;
} lnti_table_labels;

/** All are borrowed. */
LNT_MUST_CHECK lnt_status lnti_table_labels_begin(lnti_table_labels *labels, lnti_import_work *work,
                                                  const lnti_table_plan *plan, const char *table, lnt_error *err);
/** Notes what a row says, in the first pass over the table. LNT_ELIMIT (too many titles), LNT_ENOMEM. */
LNT_MUST_CHECK lnt_status lnti_table_labels_note(lnti_table_labels *labels, const lnti_table_row *row, lnt_error *err);
/** Makes questions and options. What can be no answer is marked. LNT_EINVAL (a question of another
 *  type, or two columns for one). */
LNT_MUST_CHECK lnt_status lnti_table_labels_make(lnti_table_labels *labels, lnt_error *err);
/** The answers of a row: [row->n_values], in `arena`. Where one can be none, *refused_out says why and *column_out where
 *  it stands. */
LNT_MUST_CHECK lnt_status lnti_table_labels_answers(lnti_import_answer **out, const char **refused_out,
                                                    size_t *column_out, lnti_table_labels *labels,
                                                    const lnti_table_row *row, lnti_arena *arena, lnt_error *err);
enum { LNTI_UNLISTED_MAX = 2000 /**< options of a checklist that lists may be complete of */ };

/** The answers with a no behind them to each option that a row's lists do not name, also where they are empty: *n_inout,
 *  before that of `*answers`. LNT_ELIMIT. */
LNT_MUST_CHECK lnt_status lnti_table_labels_unlisted(lnti_import_answer **answers, size_t *n_inout,
                                                     lnti_table_labels *labels, lnti_arena *arena, lnt_error *err);
/** How many different titles the plan's question has, and in how many rows. */
void lnti_table_labels_count(size_t *n_titles_out, size_t *n_rows_out, const lnti_table_labels *labels,
                             size_t question);
void lnti_table_labels_clear(lnti_table_labels *labels);

#endif
