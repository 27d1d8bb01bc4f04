/**
 * @file text_index.h
 * Texts with numbers: the first text added is 0, the next new one 1... Expected O(1) either way.
 */
#ifndef LNTI_FLOW_TEXT_INDEX_H
#define LNTI_FLOW_TEXT_INDEX_H

#include <base/alloc.h>
#include <linnet/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Zero-initialise; lnti_text_index_clear frees. */
typedef struct lnti_text_index {
  const char **text; /**< [n] in order; in `arena`, whose cap bounds them */
  size_t *length;    /**< [n] */
  size_t n, text_capacity, length_capacity;
  size_t *slots; /**< [n_slots] number + 1, or 0: free */
  size_t n_slots;
  uint64_t seed; /**< random, so that nobody can choose texts that all fall into one slot */
  lnti_arena arena;
} lnti_text_index;

/** The number of n bytes, NULs among them allowed; added where they are new (*added_out true; may be NULL). LNT_ELIMIT
 *  (the arena's cap); LNT_ENOMEM. */
LNT_MUST_CHECK lnt_status lnti_text_index_add(size_t *out, bool *added_out, lnti_text_index *index, const char *text,
                                              size_t n, lnt_error *err);
/** (size_t)-1 where it was not added. */
size_t lnti_text_index_find(const lnti_text_index *index, const char *text, size_t n);
void lnti_text_index_clear(lnti_text_index *index);

#endif
