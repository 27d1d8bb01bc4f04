/*
 * Distances of codes by the instruction that counts bits, which every machine with AVX2 has. Most pairs that are compared
 * are so far apart that half of their bits say so.
 */
#include <math/kernels.h>

#include <string.h>

LNTI_INLINE unsigned count(uint64_t word) {
  return (unsigned)__builtin_popcountll(word);
}

size_t lnti_codes_near_avx2(uint32_t *hit_out, uint32_t *distance_out, const lnti_code *code, const lnti_code *rows,
                            size_t n, unsigned most) {
  uint64_t mine[4], other[4];
  size_t n_hits = 0;
  memcpy(mine, code->word, sizeof mine);
  for (size_t i = 0; i < n; i++) {
    memcpy(other, rows[i].word, sizeof other);
    unsigned distance = count(mine[0] ^ other[0]) + count(mine[1] ^ other[1]);
    if (distance > most) continue;
    distance += count(mine[2] ^ other[2]) + count(mine[3] ^ other[3]);
    if (distance > most) continue;
    hit_out[n_hits] = (uint32_t)i;
    distance_out[n_hits++] = distance;
  }
  return n_hits;
}
