/**
 * @file lines.h
 * Tables of answers: CSV or JSON Lines, a line an item, as docs/guide/annotate.md tells of them.
 */
#ifndef LNTI_FLOW_ANNOTATE_LINES_H
#define LNTI_FLOW_ANNOTATE_LINES_H

#include <flow/annotate/find.h>
#include <flow/answer_parse.h>

/** What is said of one item, beside its answers. */
typedef struct lnti_answer_line {
  int64_t item_id;
  size_t line;   /**< of a table; 0: of none */
  char name[64]; /**< for messages: "item 12", "line 7"... */
  const char *path;
  double confidence; /**< NaN: not given */
  const char *comment, *skip;
} lnti_answer_line;

typedef struct lnti_answer_lines lnti_answer_lines;

/** Opens a table.
 *  @param file      borrowed; "-": the standard input, which is read to its end here: whoever writes it may take his time,
 *                   and no write of the store may wait for him
 *  @param names     borrowed
 *  @return LNT_OK; LNT_ENOTFOUND, LNT_EINVAL (no regular file), LNT_EIO, LNT_ENOSPC, LNT_ECANCELLED... */
LNT_MUST_CHECK lnt_status lnti_answer_lines_open(lnti_answer_lines **out, const char *file, lnti_item_names *names,
                                                 lnt_error *err);
/** Reads the names of the columns, once, before the first line. @param ontology  borrowed
 *  @return LNT_OK; LNT_EDATA (a table that is none; the message says what is wrong with it)... */
LNT_MUST_CHECK lnt_status lnti_answer_lines_header(lnti_answer_lines *lines, const lnti_ontology *ontology,
                                                   lnt_error *err);
/**
 * The next line.
 * @param more_out     false: there is none
 * @param out          what it gives is set, the rest stays; it points into the line, which lasts until the next one
 * @param answers      emptied, then filled
 * @param allowed_out  LNT_OK, or why this line is refused; then `reason` says so
 * @return of the table as a whole
 */
LNT_MUST_CHECK lnt_status lnti_answer_lines_next(bool *more_out, lnti_answer_line *out, lnti_answer_list *answers,
                                                 lnt_status *allowed_out, lnt_error *reason, lnti_answer_lines *lines,
                                                 lnt_error *err);
/** In the place of lnti_answer_lines_next: only which item the next line names; 0 where it names none, or is broken. */
LNT_MUST_CHECK lnt_status lnti_answer_lines_item(bool *more_out, int64_t *item_out, lnti_answer_lines *lines,
                                                 lnt_error *err);
/** Goes back to before the header. */
LNT_MUST_CHECK lnt_status lnti_answer_lines_rewind(lnti_answer_lines *lines, lnt_error *err);
void lnti_answer_lines_close(lnti_answer_lines *lines);

/** Whether a failure is of one item's answers, and the others may go on. */
bool lnti_is_refusal(lnt_status status);

#endif
