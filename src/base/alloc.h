/**
 * @file alloc.h
 * Memory: checked sizes, allocation in counts, arenas. All of Linnet's own memory is had here.
 */
#ifndef LNTI_BASE_ALLOC_H
#define LNTI_BASE_ALLOC_H

#include <linnet/status.h>
#include <stdbool.h>
#include <stddef.h>

/** a * b, or a + b, into *out; false (and *out untouched) where it does not fit. */
bool lnti_size_mul(size_t *out, size_t a, size_t b);
bool lnti_size_add(size_t *out, size_t a, size_t b);
/** The least multiple of `multiple` that is not below n, which must fit. */
static inline size_t lnti_round_up(size_t n, size_t multiple) {
  return (n + multiple - 1) / multiple * multiple;
}

/** n objects of `size` bytes, zeroed where the name says so; free() them. On overflow or lack of memory
 *  LNT_ENOMEM with the reason. n = 0 gives a unique pointer, never NULL. *out is a pointer's address. */
LNT_MUST_CHECK lnt_status lnti_alloc(void *out, size_t n, size_t size, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_alloc_zero(void *out, size_t n, size_t size, lnt_error *err);

/** As lnti_alloc, aligned to 64 bytes and rounded up to a whole number of them; free() it. */
LNT_MUST_CHECK lnt_status lnti_alloc_aligned(void *out, size_t n, size_t size, lnt_error *err);

/** Grows the block at *out (NULL at first) to n objects; on failure the old block stays. */
LNT_MUST_CHECK lnt_status lnti_realloc(void *out, size_t n, size_t size, lnt_error *err);

/** Makes room for `need` objects in a growing array: *capacity at least doubles, starting at 16. */
LNT_MUST_CHECK lnt_status lnti_grow(void *out, size_t *capacity, size_t need, size_t size, lnt_error *err);

LNT_MUST_CHECK lnt_status lnti_strdup(char **out, const char *text, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_strndup(char **out, const char *text, size_t n, lnt_error *err);
/** printf into a fresh string; free() it. */
LNT_MUST_CHECK lnt_status lnti_asprintf(char **out, lnt_error *err, const char *format, ...) LNT_PRINTF(3, 4);

/** An arena: many small blocks with one life, freed together. For one thread. Zero-initialise. */
typedef struct lnti_arena {
  struct lnti_arena_block *last; /**< the block in use; NULL at first */
  size_t bytes;                  /**< handed out so far, alignment included */
  size_t cap;                    /**< most bytes it may hand out; 0: no cap */
} lnti_arena;

/** n objects of `size` zeroed bytes, 16-byte aligned; LNT_ELIMIT beyond the cap, LNT_ENOMEM. */
LNT_MUST_CHECK lnt_status lnti_arena_alloc(void *out, lnti_arena *arena, size_t n, size_t size, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_arena_strndup(char **out, lnti_arena *arena, const char *text, size_t n, lnt_error *err);
/** Frees everything; the arena may be used again. */
void lnti_arena_clear(lnti_arena *arena);

#endif
