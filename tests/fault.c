/*
 * Failing allocations. The linker's --wrap sends every call that Linnet's own objects make to malloc, its kin and realpath here
 * (shared libraries keep theirs), where one of them can be made to fail and live blocks are counted.
 */
#include "support.h"

#include <errno.h>
#include <stdatomic.h>

enum { ROUNDS_MAX = 100000 };

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *block, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
int __real_posix_memalign(void **out, size_t alignment, size_t size);
void __real_free(void *block);
char *__real_realpath(const char *path, char *room);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
int __wrap_posix_memalign(void **out, size_t alignment, size_t size);
void __wrap_free(void *block);
char *__wrap_realpath(const char *path, char *room);

static atomic_size_t countdown; /* allocations until one fails, it included; 0: none will */
static atomic_bool failed;
static atomic_long live;

void lnti_test_fail_allocation_after(size_t n) {
  atomic_store(&failed, false);
  atomic_store(&countdown, n);
}

bool lnti_test_allocation_failed(void) {
  return atomic_load(&failed);
}

long lnti_test_live_blocks(void) {
  return atomic_load(&live);
}

static bool is_due(void) {
  size_t left = atomic_load(&countdown);
  do {
    if (left == 0) return false;
  } while (!atomic_compare_exchange_weak(&countdown, &left, left - 1));
  if (left > 1) return false;
  atomic_store(&failed, true);
  errno = ENOMEM;
  return true;
}

static void *counted(void *block) {
  if (block) atomic_fetch_add(&live, 1);
  return block;
}

void *__wrap_malloc(size_t size) {
  return is_due() ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t n, size_t size) {
  return is_due() ? NULL : counted(__real_calloc(n, size));
}

void *__wrap_realloc(void *block, size_t size) {
  if (is_due()) return NULL;
  void *bigger = __real_realloc(block, size);
  return block ? bigger : counted(bigger);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size) {
  return is_due() ? NULL : counted(__real_aligned_alloc(alignment, size));
}

int __wrap_posix_memalign(void **out, size_t alignment, size_t size) {
  if (is_due()) return ENOMEM;
  int errnum = __real_posix_memalign(out, alignment, size);
  if (errnum == 0) atomic_fetch_add(&live, 1);
  return errnum;
}

void __wrap_free(void *block) {
  if (block) atomic_fetch_sub(&live, 1);
  __real_free(block);
}

/* Its block is the C library's, and freed as others are. */
char *__wrap_realpath(const char *path, char *room) {
  char *real = __real_realpath(path, room);
  return room ? real : counted(real);
}

bool lnti_test_fault_round(size_t n) {
  static long live_before;
  bool last = n > 1 && !lnti_test_allocation_failed();
  lnti_test_fail_allocation_after(0);
  if (n == 1) live_before = lnti_test_live_blocks();
  long leaked = lnti_test_live_blocks() - live_before;
  if (leaked != 0) fail_msg("with allocation %zu failing %ld blocks were not freed", n - 1, leaked);
  if (n > ROUNDS_MAX) fail_msg("after %d rounds allocations still fail", ROUNDS_MAX);
  if (!last) lnti_test_fail_allocation_after(n);
  return !last;
}

void lnti_test_assert_fault_status(lnt_status got, const char *call, const char *file, int line) {
  lnti_test_assert_status(got, lnti_test_allocation_failed() ? LNT_ENOMEM : LNT_OK, call, file, line);
}
