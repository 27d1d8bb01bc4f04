/*
 * xoshiro256** 1.0 (Blackman and Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS 47, 2021), its
 * state filled by splitmix64 from the seed and the stream.
 */
#include <base/rng.h>

#include <math.h>
#include <string.h>

static uint64_t splitmix64(uint64_t *state) {
  uint64_t z = (*state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static uint64_t rotate_left(uint64_t x, int k) {
  return (x << k) | (x >> (64 - k));
}

void lnti_rng_seed(lnti_rng *rng, uint64_t seed, uint64_t stream) {
  /* The stream is mixed before it meets the seed, so that (1,0) and (0,1) have nothing in common. */
  uint64_t mixed = stream;
  uint64_t state = seed ^ (stream ? splitmix64(&mixed) : 0);
  for (int i = 0; i < 4; i++) rng->s[i] = splitmix64(&state);
}

uint64_t lnti_rng_next(lnti_rng *rng) {
  uint64_t *s = rng->s;
  uint64_t result = rotate_left(s[1] * 5, 7) * 9;
  uint64_t t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = rotate_left(s[3], 45);
  return result;
}

/* Daniel Lemire, "Fast random integer generation in an interval", ACM TOMACS 29, 2019. */
uint64_t lnti_rng_below(lnti_rng *rng, uint64_t n) {
  __extension__ typedef unsigned __int128 wide;
  wide product = (wide)lnti_rng_next(rng) * n;
  uint64_t low = (uint64_t)product;
  if (low < n) {
    uint64_t threshold = (0 - n) % n;
    while (low < threshold) {
      product = (wide)lnti_rng_next(rng) * n;
      low = (uint64_t)product;
    }
  }
  return (uint64_t)(product >> 64);
}

double lnti_rng_unit(lnti_rng *rng) {
  return (double)(lnti_rng_next(rng) >> 11) * 0x1p-53;
}

double lnti_rng_normal(lnti_rng *rng) {
  for (;;) {
    double u = 2 * lnti_rng_unit(rng) - 1, v = 2 * lnti_rng_unit(rng) - 1;
    double s = u * u + v * v;
    if (s > 0 && s < 1) return u * sqrt(-2 * log(s) / s);
  }
}

void lnti_rng_shuffle(lnti_rng *rng, void *data, size_t n, size_t size) {
  unsigned char *bytes = data;
  unsigned char swap[256];
  for (size_t i = n; i > 1; i--) {
    unsigned char *a = bytes + (i - 1) * size;
    unsigned char *b = bytes + (size_t)lnti_rng_below(rng, i) * size;
    if (a == b) continue;
    for (size_t done = 0; done < size; done += sizeof swap) {
      size_t part = size - done < sizeof swap ? size - done : sizeof swap;
      memcpy(swap, a + done, part);
      memcpy(a + done, b + done, part);
      memcpy(b + done, swap, part);
    }
  }
}
