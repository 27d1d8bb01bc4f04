/* Products of bf16: which level has them, and how their weights are packed. */
#include <math/bf16.h>

#include <math/dtype.h>
#include <math/kernels.h>

const lnti_bf16_kernels *lnti_bf16_kernels_of(lnt_cpu_level level) {
#if LNTI_KERNELS_X86
  if (level >= LNT_CPU_AMX) return &lnti_bf16_amx;
#endif
  (void)level;
  return NULL;
}

/* [columns/32, taps, depth/32, 2 halves of 16 columns, 16 pairs of numbers, 16 columns, 2]: what a tile's rows hold. */
void lnti_bf16_pack(uint16_t *out, const float *w, size_t columns, size_t depth, size_t taps) {
  enum { HALF = LNTI_BF16_COLUMNS / 2, TILE = HALF * LNTI_BF16_DEPTH, STEP = 2 * TILE };
  for (size_t j = 0; j < columns; j++) {
    size_t block = j / LNTI_BF16_COLUMNS * taps * depth * LNTI_BF16_COLUMNS, half = j % LNTI_BF16_COLUMNS / HALF;
    uint16_t *column = out + block + half * TILE + 2 * (j % HALF);
    for (size_t k = 0; k < depth; k++) {
      const float *from = w + (j * depth + k) * taps;
      uint16_t *to = column + k / LNTI_BF16_DEPTH * STEP + k % LNTI_BF16_DEPTH / 2 * 2 * HALF + k % 2;
      for (size_t t = 0; t < taps; t++) to[t * depth * LNTI_BF16_COLUMNS] = lnti_bf16_of(from[t]);
    }
  }
}
