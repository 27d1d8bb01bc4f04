/*
 * .npy: opened, and read in uneven pieces. What is allocated is no more than the input has bytes for, whatever its header says.
 */
#include <media/npy.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  lnti_npy *npy = NULL;
  lnti_npy_shape shape;
  lnt_error err = LNT_ERROR_INIT;
  if (lnti_npy_open_memory(&npy, &shape, data, n, &err) != LNT_OK) return 0;
  if (shape.n > n || shape.d > n) abort(); /* a number takes a byte at least */
  float *rows = malloc(3 * shape.d * sizeof *rows);
  lnt_status status = rows ? LNT_OK : LNT_ENOMEM;
  for (size_t at = 0; at < shape.n && status == LNT_OK; at += 3) {
    status = lnti_npy_read(rows, npy, at, shape.n - at < 3 ? shape.n - at : 3, &err);
  }
  if (rows && status != LNT_OK) abort(); /* what has opened is all there */
  free(rows);
  lnti_npy_close(npy);
  return 0;
}
