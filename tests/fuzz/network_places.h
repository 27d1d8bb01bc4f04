/*
 * Mutating networks in files. Most bytes of a real one are weights, of which nothing depends: a target lists the places that matter,
 * and some of them are changed.
 */
#include <base/bytes.h>
#include <stddef.h>
#include <stdint.h>

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t n_max, unsigned seed);
/* libFuzzer's own; not there where inputs are replayed. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t n, size_t n_max) __attribute__((weak));

enum { PLACES = 1 << 16, SMALL_FILE = 1 << 14 };

typedef struct places {
  uint32_t at[PLACES];
  size_t n;
} places;

static void note_words(places *p, size_t at, size_t bytes, size_t step) {
  for (size_t i = 0; i + step <= bytes && p->n < PLACES; i += step) p->at[p->n++] = (uint32_t)(at + i);
}

static uint32_t changed(uint32_t word, uint32_t choice, uint32_t random, const uint8_t *data, const places *p) {
  static const uint32_t ends[] = {0, 1, 2, 3, 4, 0x7f, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0x3f800000};
  switch (choice % 6) {
    case 0:
      return word + random % 9 - 4;
    case 1:
      return word ^ 1u << random % 32;
    case 2:
      return ends[random % (sizeof ends / sizeof *ends)];
    case 3:
      return random;
    case 4:
      return random % 64;
    default: /* as another is */
      return data[p->at[random % p->n]];
  }
}

/* One to three places, each a number of `size` bytes. */
static void change_places(uint8_t *data, size_t n, const places *p, unsigned seed, size_t size) {
  uint32_t state = seed;
  for (unsigned k = 0; p->n > 0 && k < 1 + seed % 3; k++) {
    state = state * 1664525u + 1013904223u;
    const size_t at = p->at[(state >> 8) % p->n];
    uint8_t word[4] = {0};
    if (at + size > n) continue;
    state = state * 1664525u + 1013904223u;
    for (size_t i = 0; i < size; i++) word[i] = data[at + i];
    lnti_put_le32(word, changed(lnti_get_le32(word), state >> 8, state ^ state >> 13, data, p));
    for (size_t i = 0; i < size; i++) data[at + i] = word[i];
  }
}
