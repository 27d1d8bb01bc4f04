/**
 * @file tensor.h
 * Tensors: an element type, a shape and dense elements in row-major order. What a graph computes on.
 */
#ifndef LNTI_GRAPH_TENSOR_H
#define LNTI_GRAPH_TENSOR_H

#include <math/matrix.h>

enum { LNTI_RANK_MAX = 8 };

/** Rank 0 is a scalar: one element. A dimension may be 0: no elements. */
typedef struct lnti_shape {
  size_t rank;
  size_t dim[LNTI_RANK_MAX];
} lnti_shape;

/**
 * A view or an owner, as is said where one is handed over. `data` may be NULL where only the kind is known.
 *
 * Within a plan a tensor [n,c,...] may be blocked: its channels lie in groups of `block`, those of a group beside each other
 * at every place of the plane, [n,ceil(c/block),...,block], the last group filled up. Operators say what they take.
 */
typedef struct lnti_tensor {
  lnti_dtype dtype;
  lnti_shape shape;
  void *data;
  unsigned block; /**< 0: row-major */
} lnti_tensor;

/** Elements of a shape that lnti_shape_check passed. */
size_t lnti_shape_count(const lnti_shape *shape);
/** Elements of dimensions [begin,end). */
size_t lnti_shape_span(const lnti_shape *shape, size_t begin, size_t end);
bool lnti_shape_equal(const lnti_shape *a, const lnti_shape *b);
/** Distance in elements from one index of each dimension to the next, of a dense tensor; stride_out [rank]. */
void lnti_shape_strides(size_t *stride_out, const lnti_shape *shape);
/** That all elements fit in memory: LNT_ELIMIT above LNTI_TENSOR_BYTES_MAX. */
LNT_MUST_CHECK lnt_status lnti_shape_check(const lnti_shape *shape, lnti_dtype dtype, lnt_error *err);
#define LNTI_TENSOR_BYTES_MAX ((size_t)8 << 30)

/** The shape of a tensor as it lies in memory: its own, or of one dimension more where it is blocked. */
lnti_shape lnti_tensor_layout(const lnti_tensor *tensor);
/** Elements that lie in memory, and their bytes. */
size_t lnti_tensor_count(const lnti_tensor *tensor);
size_t lnti_tensor_bytes(const lnti_tensor *tensor);

enum { LNTI_SHAPE_TEXT = 192 };
/** "f32 [1,3,224,224]" for messages; returns `text`. */
const char *lnti_tensor_text(char text[LNTI_SHAPE_TEXT], const lnti_tensor *tensor);

/** Element i of a tensor of f32 or f16. */
static inline float lnti_tensor_real(const lnti_tensor *t, size_t i) {
  return t->dtype == LNTI_F32 ? ((const float *)t->data)[i] : lnti_f16_value(((const uint16_t *)t->data)[i]);
}

static inline void lnti_tensor_set_real(lnti_tensor *t, size_t i, float value) {
  if (t->dtype == LNTI_F32) {
    ((float *)t->data)[i] = value;
  } else {
    ((uint16_t *)t->data)[i] = lnti_f16_of(value);
  }
}

/** Element i of a tensor of any type. */
static inline double lnti_tensor_number(const lnti_tensor *t, size_t i) {
  double value = 0;
  lnti_convert(&value, LNTI_F64, (const char *)t->data + i * lnti_dtype_bytes(t->dtype), t->dtype, 1);
  return value;
}

#endif
