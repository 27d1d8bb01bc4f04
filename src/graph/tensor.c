/*
 * Shapes. They come from files of strangers: every product of dimensions is
 * checked once (lnti_shape_check), after which counts cannot overflow.
 */
#include <graph/tensor.h>

#include <base/alloc.h>
#include <base/error.h>
#include <stdio.h>
#include <string.h>

size_t lnti_shape_span(const lnti_shape *shape, size_t begin, size_t end) {
  size_t n = 1;
  for (size_t i = begin; i < end; i++) n *= shape->dim[i];
  return n;
}

size_t lnti_shape_count(const lnti_shape *shape) {
  return lnti_shape_span(shape, 0, shape->rank);
}

bool lnti_shape_equal(const lnti_shape *a, const lnti_shape *b) {
  return a->rank == b->rank && (a->rank == 0 || memcmp(a->dim, b->dim, a->rank * sizeof *a->dim) == 0);
}

void lnti_shape_strides(size_t *stride_out, const lnti_shape *shape) {
  size_t stride = 1;
  for (size_t i = shape->rank; i-- > 0;) {
    stride_out[i] = stride;
    stride *= shape->dim[i];
  }
}

lnt_status lnti_shape_check(const lnti_shape *shape, lnti_dtype dtype, lnt_error *err) {
  size_t bytes = lnti_dtype_bytes(dtype);
  bool fits = shape->rank <= LNTI_RANK_MAX;
  for (size_t i = 0; fits && i < shape->rank; i++) {
    /* An empty tensor's other dimensions are multiplied as well, by strides. */
    size_t dim = shape->dim[i] ? shape->dim[i] : 1;
    fits = lnti_size_mul(&bytes, bytes, dim) && bytes <= LNTI_TENSOR_BYTES_MAX;
  }
  if (fits) return LNT_OK;
  char text[LNTI_SHAPE_TEXT];
  const lnti_tensor tensor = {.dtype = dtype, .shape = *shape};
  return lnti_fail(err, LNT_ELIMIT, "a tensor %s is larger than the %zu GiB that are taken",
                   lnti_tensor_text(text, &tensor), LNTI_TENSOR_BYTES_MAX >> 30);
}

lnti_shape lnti_tensor_layout(const lnti_tensor *tensor) {
  lnti_shape shape = tensor->shape;
  if (!tensor->block) return shape;
  shape.dim[1] = (shape.dim[1] + tensor->block - 1) / tensor->block;
  shape.dim[shape.rank++] = tensor->block;
  return shape;
}

size_t lnti_tensor_count(const lnti_tensor *tensor) {
  const lnti_shape shape = lnti_tensor_layout(tensor);
  return lnti_shape_count(&shape);
}

size_t lnti_tensor_bytes(const lnti_tensor *tensor) {
  return lnti_tensor_count(tensor) * lnti_dtype_bytes(tensor->dtype);
}

const char *lnti_tensor_text(char text[LNTI_SHAPE_TEXT], const lnti_tensor *tensor) {
  size_t used = (size_t)snprintf(text, LNTI_SHAPE_TEXT, "%s [", lnti_dtype_name(tensor->dtype));
  for (size_t i = 0; i < tensor->shape.rank && i < LNTI_RANK_MAX; i++) {
    used += (size_t)snprintf(text + used, LNTI_SHAPE_TEXT - used, i ? ",%zu" : "%zu", tensor->shape.dim[i]);
  }
  snprintf(text + used, LNTI_SHAPE_TEXT - used, "]");
  return text;
}
