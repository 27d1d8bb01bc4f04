/* What the tests of the math layer share: levels, seeded data, aligned memory. */
#ifndef TESTS_MATH_SUPPORT_H
#define TESTS_MATH_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <base/context.h>
#include <base/rng.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

/* Runs `body` at every level the machine has; the others are named as skipped. */
static inline void at_every_level(void (*body)(lnt_cpu_level level)) {
  for (int level = 0; level < LNT_CPU_LEVELS; level++) {
    if (level > (int)lnt_cpu_detect()) {
      print_message("level %s: skipped, this machine has no such instructions\n", lnt_cpu_name((lnt_cpu_level)level));
    } else {
      body((lnt_cpu_level)level);
    }
  }
}

/* Aligned to 64 bytes; free() it. */
static inline void *aligned(size_t bytes) {
  void *out = aligned_alloc(64, (bytes + 64) / 64 * 64);
  assert_non_null(out);
  return out;
}

static inline float *normal_floats(size_t n, lnti_rng *rng) {
  float *out = aligned(n * sizeof *out);
  for (size_t i = 0; i < n; i++) out[i] = (float)lnti_rng_normal(rng);
  return out;
}

#endif
