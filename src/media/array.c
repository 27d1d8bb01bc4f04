#include <media/array.h>

#include <base/alloc.h>
#include <base/error.h>
#include <media/cifar.h>
#include <media/idx.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct lnti_array {
  char *name;
  lnti_array_shape shape;
  lnti_idx *idx;          /* of IDX that is read in place */
  uint8_t *data;          /* of IDX that was unpacked: [n,record_bytes] */
  lnti_span span;         /* of CIFAR */
  lnti_cifar_shape cifar; /* likewise */
};

void lnti_array_close(lnti_array *array) {
  if (!array) return;
  lnti_idx_close(array->idx);
  lnti_span_close(&array->span);
  free(array->data);
  free(array->name);
  free(array);
}

const lnti_array_shape *lnti_array_shape_of(const lnti_array *array) {
  return &array->shape;
}

static lnt_status open_idx(lnti_array *array, lnti_span *span, size_t array_bytes_max, lnti_array_reserve reserve,
                           void *payload, lnt_error *err) {
  lnti_idx *idx = NULL;
  lnti_idx_shape shape;
  lnt_status status = lnti_idx_open_span(&idx, &shape, span, array->name, array_bytes_max, err);
  *span = (lnti_span)LNTI_SPAN_INIT;
  if (status != LNT_OK) return status;
  array->shape = (lnti_array_shape){.kind = LNTI_ARRAY_IDX,
                                    .n = shape.size[0],
                                    .record_bytes = shape.record_bytes,
                                    .h = shape.h,
                                    .w = shape.w,
                                    .c = shape.c};
  if (!lnti_idx_packed(idx)) {
    array->idx = idx;
    return LNT_OK;
  }
  status = reserve(payload, (uint64_t)shape.size[0] * shape.record_bytes, err);
  if (status == LNT_OK) status = lnti_alloc(&array->data, shape.size[0], shape.record_bytes, err);
  if (status == LNT_OK) status = lnti_idx_read(array->data, idx, shape.size[0], err);
  if (status == LNT_OK) status = lnti_idx_finish(idx, err);
  lnti_idx_close(idx);
  return status;
}

/** True for the name of a batch: then what is wrong with it is worth saying. */
static bool is_batch_name(const char *name) {
  const size_t n = strlen(name);
  return n > 4 && strcasecmp(name + n - 4, ".bin") == 0;
}

static lnt_status open_cifar(lnti_array *array, lnti_span *span, lnt_error *err) {
  lnt_error reason = LNT_ERROR_INIT;
  lnt_status status = lnti_cifar_judge(&array->cifar, span, array->name, &reason);
  if (status == LNT_EDATA && !is_batch_name(array->name)) {
    return lnti_fail(err, LNT_EUNSUPPORTED, "%s: is neither an archive (tar, zip) nor an array (IDX, CIFAR)",
                     array->name);
  }
  if (status != LNT_OK) {
    if (err) *err = reason;
    return status;
  }
  array->span = *span;
  *span = (lnti_span)LNTI_SPAN_INIT;
  array->shape = (lnti_array_shape){.kind = array->cifar.n_labels == 1 ? LNTI_ARRAY_CIFAR10 : LNTI_ARRAY_CIFAR100,
                                    .n = array->cifar.n,
                                    .record_bytes = LNTI_CIFAR_PIXELS,
                                    .h = LNTI_CIFAR_SIDE,
                                    .w = LNTI_CIFAR_SIDE,
                                    .c = LNTI_CIFAR_CHANNELS,
                                    .n_labels = array->cifar.n_labels};
  return LNT_OK;
}

lnt_status lnti_array_open(lnti_array **out, lnti_span *span, const char *name, size_t array_bytes_max,
                           lnti_array_reserve reserve, void *payload, lnt_error *err) {
  lnti_array *array = NULL;
  bool idx = false;
  lnt_status status = lnti_alloc_zero(&array, 1, sizeof *array, err);
  if (status != LNT_OK) goto done;
  array->span = (lnti_span)LNTI_SPAN_INIT;
  status = lnti_strdup(&array->name, name, err);
  if (status == LNT_OK) status = lnti_idx_sniff_span(&idx, span, err);
  if (status == LNT_OK && idx) {
    status = open_idx(array, span, array_bytes_max, reserve, payload, err);
  } else if (status == LNT_OK) {
    status = open_cifar(array, span, err);
  }
  if (status != LNT_OK) goto done;
  *out = array;
  array = NULL;
done:
  lnti_span_close(span);
  lnti_array_close(array);
  return status;
}

static lnt_status no_record(const lnti_array *array, size_t record, lnt_error *err) {
  return lnti_fail(err, LNT_ENOTFOUND, "%s#%zu: no such record; the array has %zu, counted from 0", array->name, record,
                   array->shape.n);
}

lnt_status lnti_array_read(uint8_t *data, const lnti_array *array, size_t record, lnt_error *err) {
  const lnti_array_shape *shape = &array->shape;
  if (record >= shape->n) return no_record(array, record, err);
  if (shape->kind != LNTI_ARRAY_IDX) {
    return lnti_cifar_read(data, NULL, &array->span, &array->cifar, record, array->name, err);
  }
  if (array->idx) return lnti_idx_read_at(data, array->idx, record, err);
  memcpy(data, array->data + record * shape->record_bytes, shape->record_bytes);
  return LNT_OK;
}

lnt_status lnti_array_labels(uint8_t *labels, const lnti_array *array, size_t first, size_t n, lnt_error *err) {
  const lnti_array_shape *shape = &array->shape;
  lnt_status status = LNT_OK;
  if (shape->n_labels == 0) {
    return lnti_fail(err, LNT_EUNSUPPORTED, "%s: has no labels in its records", array->name);
  }
  if (first > shape->n || n > shape->n - first) return no_record(array, first > shape->n ? first : shape->n, err);
  for (size_t i = 0; i < n && status == LNT_OK; i++) {
    status =
        lnti_cifar_read(NULL, labels + i * shape->n_labels, &array->span, &array->cifar, first + i, array->name, err);
  }
  return status;
}
