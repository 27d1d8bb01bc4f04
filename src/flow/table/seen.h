/**
 * @file seen.h
 * What the rows of a table have said so far, so that a row that contradicts one before is found. For tables that are imported,
 * and for those of flow/annotate.
 */
#ifndef LNTI_FLOW_TABLE_SEEN_H
#define LNTI_FLOW_TABLE_SEEN_H

#include <linnet/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Zero-initialise; lnti_seen_clear frees. Some 64 bytes a medium. */
typedef struct lnti_seen {
  struct lnti_seen_slot *slots;
  size_t n_slots, n;
} lnti_seen;

/**
 * Notes what a row says of a medium.
 * @param key  of the medium; not both 0
 * @param labels  hash of what is said; 0: nothing
 * @param line_out  the row that said something else, in which case nothing is noted; 0: none
 * @param first_out  nothing was known of the medium before
 */
LNT_MUST_CHECK lnt_status lnti_seen_note(size_t *line_out, bool *first_out, lnti_seen *seen, const uint64_t key[2],
                                         uint64_t labels, size_t line, lnt_error *err);
/** Whether anything was noted of it. */
bool lnti_seen_has(const lnti_seen *seen, const uint64_t key[2]);
/** The row that said something else of it; 0: none. */
size_t lnti_seen_line(const lnti_seen *seen, const uint64_t key[2], uint64_t labels);
void lnti_seen_clear(lnti_seen *seen);

#endif
