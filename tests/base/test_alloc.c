/* base/alloc.c and arena.c: sizes that do not fit, growth, alignment, caps, failing allocations. */
#include "support.h"

#include <base/alloc.h>

static void test_size_arithmetic(void **state) {
  (void)state;
  size_t x = 7;
  assert_true(lnti_size_mul(&x, 6, 7));
  assert_int_equal(x, 42);
  assert_true(lnti_size_mul(&x, SIZE_MAX, 1));
  assert_true(x == SIZE_MAX);
  assert_true(lnti_size_mul(&x, 0, SIZE_MAX));
  assert_int_equal(x, 0);
  x = 7;
  assert_false(lnti_size_mul(&x, SIZE_MAX / 2 + 1, 2));
  assert_int_equal(x, 7);
  assert_true(lnti_size_add(&x, SIZE_MAX - 1, 1));
  assert_true(x == SIZE_MAX);
  x = 7;
  assert_false(lnti_size_add(&x, SIZE_MAX, 1));
  assert_int_equal(x, 7);
}

static void test_blocks(void **state) {
  (void)state;
  char *a = NULL, *b = NULL, *c = NULL;
  assert_ok(lnti_alloc(&a, 10, 3, ERR));
  memset(a, 1, 30);
  assert_ok(lnti_alloc_zero(&b, 10, 3, ERR));
  for (int i = 0; i < 30; i++) assert_int_equal(b[i], 0);
  assert_ok(lnti_alloc_aligned(&c, 1, 3, ERR));
  assert_int_equal((uintptr_t)c % 64, 0);
  memset(c, 1, 64); /* rounded up to a whole 64 bytes */
  free(a);
  free(b);
  free(c);
}

static void test_nothing_is_something(void **state) {
  (void)state;
  char *a = NULL, *b = NULL, *c = NULL;
  assert_ok(lnti_alloc(&a, 0, 8, ERR));
  assert_ok(lnti_alloc_zero(&b, 8, 0, ERR));
  assert_ok(lnti_alloc_aligned(&c, 0, 0, ERR));
  assert_true(a && b && c && a != b && b != c);
  free(a);
  free(b);
  free(c);
}

static void test_overflow(void **state) {
  (void)state;
  char *block = NULL;
  assert_status(lnti_alloc(&block, SIZE_MAX, 2, ERR), LNT_ENOMEM);
  assert_message("18446744073709551615 times 2 bytes");
  assert_status(lnti_alloc(&block, SIZE_MAX, 1, ERR), LNT_ENOMEM);
  assert_status(lnti_alloc_zero(&block, SIZE_MAX / 2, 3, ERR), LNT_ENOMEM);
  assert_status(lnti_alloc_aligned(&block, SIZE_MAX - 10, 1, ERR), LNT_ENOMEM);
  assert_status(lnti_alloc_aligned(&block, PTRDIFF_MAX, 1, ERR), LNT_ENOMEM);
  assert_status(lnti_realloc(&block, SIZE_MAX, 8, ERR), LNT_ENOMEM);
  assert_null(block);
  assert_int_equal(lnti_alloc(&block, SIZE_MAX, 2, NULL), LNT_ENOMEM);
}

static void test_larger_block(void **state) {
  (void)state;
  int *v = NULL;
  assert_ok(lnti_realloc(&v, 2, sizeof *v, ERR));
  v[0] = 5;
  v[1] = 6;
  assert_ok(lnti_realloc(&v, 2000, sizeof *v, ERR));
  assert_true(v[0] == 5 && v[1] == 6);
  const int *before = v;
  assert_status(lnti_realloc(&v, SIZE_MAX / 2, sizeof *v, ERR), LNT_ENOMEM);
  assert_ptr_equal(before, v);
  assert_int_equal(v[1], 6);
  free(v);
}

static void test_grow(void **state) {
  (void)state;
  int *v = NULL;
  size_t capacity = 0;
  assert_ok(lnti_grow(&v, &capacity, 0, sizeof *v, ERR));
  assert_null(v);
  assert_ok(lnti_grow(&v, &capacity, 1, sizeof *v, ERR));
  assert_int_equal(capacity, 16);
  const int *before = v;
  assert_ok(lnti_grow(&v, &capacity, 16, sizeof *v, ERR));
  assert_ptr_equal(before, v);
  v[15] = 9;
  assert_ok(lnti_grow(&v, &capacity, 17, sizeof *v, ERR));
  assert_int_equal(capacity, 32);
  assert_int_equal(v[15], 9);
  assert_ok(lnti_grow(&v, &capacity, 1000, sizeof *v, ERR));
  assert_int_equal(capacity, 1000);
  assert_status(lnti_grow(&v, &capacity, SIZE_MAX / 2, sizeof *v, ERR), LNT_ENOMEM);
  assert_int_equal(capacity, 1000);
  assert_int_equal(v[15], 9);
  free(v);
}

static void test_strings(void **state) {
  (void)state;
  char *a = NULL, *b = NULL, *c = NULL, *d = NULL;
  assert_ok(lnti_strdup(&a, "", ERR));
  assert_string_equal(a, "");
  assert_ok(lnti_strndup(&b, "abcdef", 3, ERR));
  assert_string_equal(b, "abc");
  assert_ok(lnti_asprintf(&c, ERR, "%d of %s", 3, "four"));
  assert_string_equal(c, "3 of four");
  assert_ok(lnti_asprintf(&d, ERR, "%5000d", 1));
  assert_int_equal(strlen(d), 5000);
  free(a);
  free(b);
  free(c);
  free(d);
}

static void test_arena(void **state) {
  (void)state;
  lnti_arena arena = {0};
  unsigned char *all[200];
  for (size_t i = 0; i < 200; i++) {
    size_t n = i * i; /* larger than a block at the end */
    assert_ok(lnti_arena_alloc(&all[i], &arena, n, 3, ERR));
    assert_int_equal((uintptr_t)all[i] % 16, 0);
    for (size_t j = 0; j < n * 3; j++) assert_int_equal(all[i][j], 0);
    memset(all[i], (int)i, n * 3);
  }
  for (size_t i = 0; i < 200; i++) {
    for (size_t j = 0; j < i * i * 3; j++) assert_int_equal(all[i][j], i);
  }
  lnti_arena_clear(&arena);
  assert_null(arena.last);
  assert_int_equal(arena.bytes, 0);
  char *text = NULL;
  assert_ok(lnti_arena_strndup(&text, &arena, "again", 3, ERR));
  assert_string_equal(text, "aga");
  assert_ok(lnti_arena_strndup(&text, &arena, NULL, 0, ERR));
  assert_string_equal(text, "");
  lnti_arena_clear(&arena);
  lnti_arena_clear(&arena);
}

static void test_arena_cap(void **state) {
  (void)state;
  lnti_arena arena = {.cap = 64};
  char *block = NULL;
  assert_ok(lnti_arena_alloc(&block, &arena, 1, 33, ERR)); /* counts as 48 */
  assert_int_equal(arena.bytes, 48);
  const char *before = block;
  assert_status(lnti_arena_alloc(&block, &arena, 17, 1, ERR), LNT_ELIMIT);
  assert_message("64 bytes");
  assert_ptr_equal(before, block);
  assert_ok(lnti_arena_alloc(&block, &arena, 0, 1, ERR)); /* even nothing takes 16 */
  assert_int_equal(arena.bytes, 64);
  assert_status(lnti_arena_alloc(&block, &arena, 0, 1, ERR), LNT_ELIMIT);
  assert_status(lnti_arena_alloc(&block, &arena, SIZE_MAX, 2, ERR), LNT_ENOMEM);
  assert_status(lnti_arena_alloc(&block, &arena, SIZE_MAX - 20, 1, ERR), LNT_ENOMEM);
  lnti_arena_clear(&arena);
}

static void test_faults(void **state) {
  (void)state;
  for_each_fault(n) {
    char *a = NULL, *b = NULL, *c = NULL, *d = NULL, *e = NULL;
    size_t capacity = 0;
    lnti_arena arena = {0};
    lnt_status status = lnti_alloc(&a, 3, 4, ERR);
    if (status == LNT_OK) status = lnti_alloc_zero(&b, 3, 4, ERR);
    if (status == LNT_OK) status = lnti_alloc_aligned(&c, 3, 4, ERR);
    if (status == LNT_OK) status = lnti_grow(&d, &capacity, 5, 1, ERR);
    if (status == LNT_OK) status = lnti_grow(&d, &capacity, 500, 1, ERR);
    if (status == LNT_OK) status = lnti_asprintf(&e, ERR, "%d", 5);
    char *f = NULL;
    if (status == LNT_OK) status = lnti_arena_alloc(&f, &arena, 100, 1000, ERR);
    if (status == LNT_OK) status = lnti_arena_strndup(&f, &arena, "x", 1, ERR);
    assert_fault_status(status);
    if (status) assert_message("not enough memory for");
    assert_true((d != NULL) == (capacity > 0));
    free(a);
    free(b);
    free(c);
    free(d);
    free(e);
    lnti_arena_clear(&arena);
  }
}

/* The support itself must be able to fail: a block that is kept is counted. */
static void test_leaks_are_counted(void **state) {
  (void)state;
  char *kept = NULL;
  long before = lnti_test_live_blocks();
  assert_ok(lnti_alloc(&kept, 1, 1, ERR));
  assert_int_equal(lnti_test_live_blocks(), before + 1);
  free(kept);
  assert_int_equal(lnti_test_live_blocks(), before);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_size_arithmetic),
      cmocka_unit_test(test_blocks),
      cmocka_unit_test(test_nothing_is_something),
      cmocka_unit_test(test_overflow),
      cmocka_unit_test(test_larger_block),
      cmocka_unit_test(test_grow),
      cmocka_unit_test(test_strings),
      cmocka_unit_test(test_arena),
      cmocka_unit_test(test_arena_cap),
      cmocka_unit_test(test_faults),
      cmocka_unit_test(test_leaks_are_counted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
