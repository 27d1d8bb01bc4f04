/* Tiles of wide products for AVX-512: 8 x 32 in sixteen registers. */
#include <math/kernels.h>

#include <immintrin.h>

static void tile(float *out, const float *a, const float *b, size_t k) {
  __m512 sum[LNTI_GEMM_ROWS][2];
  LNTI_UNROLL
  for (int i = 0; i < LNTI_GEMM_ROWS; i++) sum[i][0] = sum[i][1] = _mm512_setzero_ps();
  for (size_t l = 0; l < k; l++, b += LNTI_GEMM_COLUMNS) {
    __m512 low = _mm512_load_ps(b), high = _mm512_load_ps(b + 16);
    LNTI_UNROLL
    for (int i = 0; i < LNTI_GEMM_ROWS; i++) {
      __m512 number = _mm512_set1_ps(a[(size_t)i * LNTI_GEMM_DEPTH + l]);
      sum[i][0] = _mm512_fmadd_ps(number, low, sum[i][0]);
      sum[i][1] = _mm512_fmadd_ps(number, high, sum[i][1]);
    }
  }
  LNTI_UNROLL
  for (int i = 0; i < LNTI_GEMM_ROWS; i++) {
    _mm512_store_ps(out + i * LNTI_GEMM_COLUMNS, sum[i][0]);
    _mm512_store_ps(out + i * LNTI_GEMM_COLUMNS + 16, sum[i][1]);
  }
}

const lnti_gemm_kernels lnti_gemm_avx512 = {lnti_gemm_pack_avx2, tile};
