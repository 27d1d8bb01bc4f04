#include <math/planes_loop.h>

void lnti_planes_avx2(float *const plane[3], const uint8_t *from, size_t n, const float scale[3],
                      const float shift[3]) {
  planes_loop(plane, from, n, scale, shift);
}
