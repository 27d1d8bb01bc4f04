/*
 * IDX arrays, plain and gzip: opened, read in uneven pieces and finished. The cap is small, so that what is
 * allocated is ours to choose and not the input's.
 */
#include <media/idx.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { ARRAY_BYTES_MAX = 1 << 20, PIECE_BYTES = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  lnti_idx *idx = NULL;
  lnti_idx_shape shape;
  lnt_error err = LNT_ERROR_INIT;
  if (lnti_idx_open_memory(&idx, &shape, data, n, ARRAY_BYTES_MAX, &err) != LNT_OK) return 0;
  const size_t piece = shape.record_bytes < PIECE_BYTES ? PIECE_BYTES / shape.record_bytes : 1;
  uint8_t *records = malloc(piece * shape.record_bytes);
  lnt_status status = records ? LNT_OK : LNT_ENOMEM;
  for (size_t at = 0; at < shape.size[0] && status == LNT_OK; at += piece) {
    status = lnti_idx_read(records, idx, shape.size[0] - at < piece ? shape.size[0] - at : piece, &err);
  }
  if (status == LNT_OK) status = lnti_idx_finish(idx, &err);
  free(records);
  lnti_idx_close(idx);
  return 0;
}
