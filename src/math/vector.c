/* Functions of rows: which level's kernels compute them; and the plain ones, four floats at a time on any machine. */
#include <math/vector_kernels.h>

static const lnti_vector_kernels *kernels_of(lnt_cpu_level level) {
#if LNTI_KERNELS_X86
  if (level >= LNT_CPU_AVX512) return &lnti_vector_avx512;
  if (level >= LNT_CPU_AVX2) return &lnti_vector_avx2;
#endif
  (void)level;
  return &lnti_vector_generic;
}

void lnti_vector_function(float *y, const float *x, size_t n, lnti_function f, const float *p, lnt_cpu_level level) {
  kernels_of(level)->function(y, x, n, f, p);
}

void lnti_vector_combine(float *z, lnti_operand a, lnti_operand b, size_t rows, size_t n, lnti_arithmetic op,
                         lnt_cpu_level level) {
  if (n > 0) kernels_of(level)->combine(z, a, b, rows, n, op);
}

void lnti_vector_softmax(float *y, const float *x, size_t n, lnt_cpu_level level) {
  kernels_of(level)->softmax(y, x, n);
}

void lnti_vector_normalise(float *y, const float *x, size_t n, const float *scale, const float *shift, float epsilon,
                           lnt_cpu_level level) {
  kernels_of(level)->normalise(y, x, n, scale, shift, epsilon);
}

float lnti_vector_sum(const float *x, size_t n, lnt_cpu_level level) {
  return kernels_of(level)->sum(x, n);
}
