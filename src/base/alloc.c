/*
 * Allocation in counts with checked sizes. Thin on purpose: the blocks are malloc's, so that sanitizers, valgrind and
 * fault tests see every one.
 */
#include <base/alloc.h>

#include <base/error.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 64, GROW_FIRST = 16 };

bool lnti_size_mul(size_t *out, size_t a, size_t b) {
  size_t product;
  if (__builtin_mul_overflow(a, b, &product)) return false;
  *out = product;
  return true;
}

bool lnti_size_add(size_t *out, size_t a, size_t b) {
  size_t sum;
  if (__builtin_add_overflow(a, b, &sum)) return false;
  *out = sum;
  return true;
}

static lnt_status block_bytes(size_t *out, size_t n, size_t size, lnt_error *err) {
  size_t bytes;
  if (!lnti_size_mul(&bytes, n, size) || bytes > PTRDIFF_MAX - ALIGNMENT) {
    return lnti_fail(err, LNT_ENOMEM, "not enough memory for %zu times %zu bytes", n, size);
  }
  *out = bytes ? bytes : 1;
  return LNT_OK;
}

static lnt_status give(void *out, void *block, size_t bytes, lnt_error *err) {
  if (!block) return lnti_fail_memory(err, bytes);
  memcpy(out, &block, sizeof block);
  return LNT_OK;
}

lnt_status lnti_alloc(void *out, size_t n, size_t size, lnt_error *err) {
  size_t bytes = 0;
  lnt_status status = block_bytes(&bytes, n, size, err);
  return status ? status : give(out, malloc(bytes), bytes, err);
}

lnt_status lnti_alloc_zero(void *out, size_t n, size_t size, lnt_error *err) {
  size_t bytes = 0;
  lnt_status status = block_bytes(&bytes, n, size, err);
  return status ? status : give(out, calloc(1, bytes), bytes, err);
}

lnt_status lnti_alloc_aligned(void *out, size_t n, size_t size, lnt_error *err) {
  size_t bytes = 0;
  lnt_status status = block_bytes(&bytes, n, size, err);
  if (status) return status;
  bytes = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  return give(out, aligned_alloc(ALIGNMENT, bytes), bytes, err);
}

lnt_status lnti_realloc(void *out, size_t n, size_t size, lnt_error *err) {
  size_t bytes = 0;
  void *old;
  memcpy(&old, out, sizeof old);
  lnt_status status = block_bytes(&bytes, n, size, err);
  return status ? status : give(out, realloc(old, bytes), bytes, err);
}

lnt_status lnti_grow(void *out, size_t *capacity, size_t need, size_t size, lnt_error *err) {
  if (need <= *capacity) return LNT_OK;
  size_t wanted = *capacity > SIZE_MAX / 2 ? need : *capacity * 2;
  if (wanted < GROW_FIRST) wanted = GROW_FIRST;
  if (wanted < need) wanted = need;
  lnt_status status = lnti_realloc(out, wanted, size, err);
  if (status == LNT_OK) *capacity = wanted;
  return status;
}

lnt_status lnti_strdup(char **out, const char *text, lnt_error *err) {
  return lnti_strndup(out, text, strlen(text), err);
}

lnt_status lnti_strndup(char **out, const char *text, size_t n, lnt_error *err) {
  char *copy = NULL;
  size_t bytes;
  if (!lnti_size_add(&bytes, n, 1)) return lnti_fail_memory(err, n);
  lnt_status status = lnti_alloc(&copy, bytes, 1, err);
  if (status) return status;
  memcpy(copy, text, n);
  copy[n] = '\0';
  *out = copy;
  return LNT_OK;
}

lnt_status lnti_asprintf(char **out, lnt_error *err, const char *format, ...) {
  char *text = NULL;
  va_list arguments, again;
  va_start(arguments, format);
  va_copy(again, arguments);
  int n = vsnprintf(NULL, 0, format, arguments);
  va_end(arguments);
  lnt_status status =
      n < 0 ? lnti_fail(err, LNT_EINTERNAL, "text could not be formatted") : lnti_alloc(&text, (size_t)n + 1, 1, err);
  if (status == LNT_OK) {
    vsnprintf(text, (size_t)n + 1, format, again);
    *out = text;
  }
  va_end(again);
  return status;
}
