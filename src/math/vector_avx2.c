/* Functions of rows for AVX2. */
#define LANES 8
#define LEVEL lnti_vector_avx2
#include <math/vector_kernels.h>
