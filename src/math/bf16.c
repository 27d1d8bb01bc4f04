/* Products of bf16: which level has them, and how their weights are packed. */
#include <math/bf16.h>

#include <base/alloc.h>
#include <math/dtype.h>
#include <math/kernels.h>
#include <string.h>

const lnti_bf16_kernels *lnti_bf16_kernels_of(lnt_cpu_level level) {
#if LNTI_KERNELS_X86
  if (level >= LNT_CPU_AMX) return &lnti_bf16_amx;
#endif
  (void)level;
  return NULL;
}

size_t lnti_bf16_packed(const lnti_bf16_weights *weights) {
  return lnti_round_up(weights->columns, LNTI_BF16_COLUMNS) * lnti_round_up(weights->depth, LNTI_BF16_DEPTH) *
         weights->taps;
}

/* [columns/32, taps, depth/32, 2 halves of 16 columns, 16 pairs of numbers, 16 columns, 2]: what a tile's rows hold. Columns are taken
 * together, so that whichever of columns and depth lies dense is read in whole lines. */
void lnti_bf16_pack(uint16_t *out, const lnti_bf16_weights *weights) {
  enum { HALF = LNTI_BF16_COLUMNS / 2, TILE = HALF * LNTI_BF16_DEPTH, STEP = 2 * TILE };
  const size_t tap = lnti_round_up(weights->depth, LNTI_BF16_DEPTH) * LNTI_BF16_COLUMNS, block = weights->taps * tap;
  memset(out, 0, lnti_bf16_packed(weights) * sizeof *out);
  for (size_t first = 0; first < weights->columns; first += LNTI_BF16_COLUMNS, out += block) {
    size_t n = weights->columns - first < LNTI_BF16_COLUMNS ? weights->columns - first : LNTI_BF16_COLUMNS;
    for (size_t i = 0; i < weights->depth * weights->taps; i++) {
      size_t k = i / weights->taps, t = i % weights->taps;
      const float *from = weights->w + first * weights->column_step + k * weights->depth_step + t * weights->tap_step;
      uint16_t *to = out + t * tap + k / LNTI_BF16_DEPTH * STEP + k % LNTI_BF16_DEPTH / 2 * 2 * HALF + k % 2;
      for (size_t j = 0; j < n; j++)
        to[j / HALF * TILE + 2 * (j % HALF)] = lnti_bf16_of(from[j * weights->column_step]);
    }
  }
}
