/*
 * Matrix views: sub-views, the one conversion to f32 that features and linear models start
 * from, and the check that all of one is finite. Views borrow their data; nothing here allocates.
 */
#include <math/matrix.h>

#include <assert.h>
#include <base/error.h>
#include <math.h>
#include <string.h>

lnti_matrix lnti_matrix_of(const void *data, size_t n, size_t d, lnti_dtype dtype) {
  return (lnti_matrix){.data = data, .n = n, .d = d, .stride = d, .dtype = dtype};
}

lnti_matrix lnti_matrix_rows(const lnti_matrix *m, size_t begin, size_t end) {
  assert(begin <= end && end <= m->n);
  lnti_matrix part = *m;
  part.data = lnti_matrix_row(m, begin);
  part.n = end - begin;
  return part;
}

const void *lnti_matrix_row(const lnti_matrix *m, size_t i) {
  /* Row 0 of an empty matrix may be asked for, and its data may be NULL, to which C lets nothing be added. */
  return i == 0 ? m->data : (const unsigned char *)m->data + i * m->stride * lnti_dtype_bytes(m->dtype);
}

void lnti_matrix_to_f32(float *out, const lnti_matrix *m, size_t begin, size_t end) {
  assert(begin <= end && end <= m->n);
  for (size_t i = begin; i < end; i++, out += m->d) {
    lnti_convert(out, LNTI_F32, lnti_matrix_row(m, i), m->dtype, m->d);
  }
}

/* The sum of v - v is 0 where all are finite, and NaN else: no branch a value. */
bool lnti_all_finite(const float *values, size_t n) {
  float sum[8] = {0};
  size_t i = 0;
  for (; i + 8 <= n; i += 8)
    for (size_t j = 0; j < 8; j++) sum[j] += values[i + j] - values[i + j];
  for (; i < n; i++) sum[0] += values[i] - values[i];
  for (size_t j = 1; j < 8; j++) sum[0] += sum[j];
  return sum[0] == 0.0F;
}

static lnt_status finite_rows(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  const lnti_matrix *x = payload;
  (void)worker;
  for (size_t i = begin; i < end; i++) {
    const float *row = lnti_matrix_row(x, i);
    if (lnti_all_finite(row, x->d)) continue;
    size_t j = 0;
    while (isfinite(row[j])) j++;
    return lnti_fail(err, LNT_EDATA, "row %zu, value %zu of the features is %s", i, j,
                     isnan(row[j]) ? "not a number" : "infinite");
  }
  return LNT_OK;
}

lnt_status lnti_matrix_check_finite(const lnti_matrix *x, const lnti_context *context, lnt_error *err) {
  if (x->dtype != LNTI_F32) return LNT_OK;
  lnti_matrix view = *x;
  return lnti_pool_for(context->pool, x->n, 1024, finite_rows, &view, context->cancel, err);
}
