/**
 * @file sets.h
 * Sets that grow by being joined, over indices into some array: each is named by the lowest of its members.
 */
#ifndef LNTI_FLOW_SPLIT_SETS_H
#define LNTI_FLOW_SPLIT_SETS_H

#include <stddef.h>
#include <stdint.h>

enum { LNTI_SET_KEY_BYTES = 16 };

/** What makes members equal: 128 bits of a hash, which two of a million different values share with probability 1e-27. */
typedef struct lnti_set_key {
  uint8_t bytes[LNTI_SET_KEY_BYTES];
  uint32_t member;
} lnti_set_key;

/** Every member alone. @param parent [n] */
void lnti_sets_init(uint32_t *parent, size_t n);
/** The lowest member of the set; shortens the ways on its way. */
uint32_t lnti_set_of(uint32_t *parent, uint32_t member);
void lnti_set_join(uint32_t *parent, uint32_t a, uint32_t b);
/** Joins the members of equal keys. @param keys [n] sorted by this */
void lnti_sets_join_equal(uint32_t *parent, lnti_set_key *keys, size_t n);
/** The key of some bytes. */
void lnti_set_key_of(lnti_set_key *out, const void *data, size_t n, uint32_t member);
/** parent[i] becomes the set of i. */
void lnti_sets_flatten(uint32_t *parent, size_t n);

#endif
