/**
 * @file repeats.h
 * What the lines of one table say of the same item: nobody knows which of two is meant where they contradict each other.
 * A table is read through once before, so that only what is said of items that come again has to be kept.
 */
#ifndef LNTI_FLOW_ANNOTATE_REPEATS_H
#define LNTI_FLOW_ANNOTATE_REPEATS_H

#include <flow/annotate/lines.h>
#include <flow/table/seen.h>

/** Zero-initialise; lnti_repeats_clear frees. Some 64 bytes an item, and for each answer of one that comes again. */
typedef struct lnti_repeats {
  lnti_seen items, again, touched, said;
  struct lnti_claim *claims; /* of one line */
  size_t capacity;
} lnti_repeats;

/** An item is named. *again_out: it was before. */
LNT_MUST_CHECK lnt_status lnti_repeats_meet(bool *again_out, lnti_repeats *repeats, int64_t item_id, lnt_error *err);
/** Reads the table through, from its first line on, and begins it again; lines that name no item are passed over.
 *  @param ontology  borrowed as lnti_answer_lines_header does */
LNT_MUST_CHECK lnt_status lnti_repeats_look(lnti_repeats *repeats, lnti_answer_lines *lines,
                                            const lnti_ontology *ontology, const lnti_cancel *cancel, lnt_error *err);

/**
 * Whether a line contradicts itself, or a line before it that was taken.
 * @return LNT_OK; LNT_EINVAL (two answers to one question); LNT_EDATA (the message names the other line); LNT_ENOMEM.
 */
LNT_MUST_CHECK lnt_status lnti_repeats_check(lnti_repeats *repeats, const lnti_ontology *ontology,
                                             const lnti_answer_line *line, const lnti_answer_list *answers,
                                             lnt_error *err);
/** The line is taken; right after its lnti_repeats_check. *first_out: nothing was changed of its item before. */
LNT_MUST_CHECK lnt_status lnti_repeats_take(bool *first_out, lnti_repeats *repeats, const lnti_ontology *ontology,
                                            const lnti_answer_line *line, const lnti_answer_list *answers, bool touched,
                                            lnt_error *err);
void lnti_repeats_clear(lnti_repeats *repeats);

#endif
