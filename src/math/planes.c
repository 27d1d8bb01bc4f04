/* Planes of a picture; loops that compilers turn into vectors where the CPU can take every third byte. */
#include <math/planes.h>

#include <math/planes_loop.h>

void lnti_planes(float *const plane[3], const uint8_t *from, size_t n, const float scale[3], const float shift[3],
                 lnt_cpu_level level) {
#if LNTI_KERNELS_X86
  if (level >= LNT_CPU_AVX2) {
    lnti_planes_avx2(plane, from, n, scale, shift);
    return;
  }
#endif
  (void)level;
  planes_loop(plane, from, n, scale, shift);
}
