/**
 * @file rng.h
 * Seeded random numbers (xoshiro256**, Blackman and Vigna 2018, seeded by splitmix64). The state is the
 * caller's; the same seed gives the same numbers on every machine. Not for secrets.
 */
#ifndef LNTI_BASE_RNG_H
#define LNTI_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

typedef struct lnti_rng {
  uint64_t s[4];
} lnti_rng;

/** `stream` gives independent sequences of one seed (a tree, a fold, a resample each). */
void lnti_rng_seed(lnti_rng *rng, uint64_t seed, uint64_t stream);
uint64_t lnti_rng_next(lnti_rng *rng);
/** Uniform in [0,n), without bias (Lemire 2019); n > 0. */
uint64_t lnti_rng_below(lnti_rng *rng, uint64_t n);
/** Uniform in [0,1), 53 bits. */
double lnti_rng_unit(lnti_rng *rng);
/** Standard normal (polar method, one value a call). */
double lnti_rng_normal(lnti_rng *rng);
/** Fisher-Yates shuffle of n objects of `size` bytes. */
void lnti_rng_shuffle(lnti_rng *rng, void *data, size_t n, size_t size);

#endif
