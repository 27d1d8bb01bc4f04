/* Functions of rows for AVX-512. */
#define LANES 16
#define LEVEL lnti_vector_avx512
#include <math/vector_kernels.h>
