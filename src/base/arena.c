/*
 * Arena: a chain of blocks, filled one after another. A request that does not fit the current block starts a new one of
 * at least BLOCK_BYTES, so at most one block's rest is wasted each time. Blocks come zeroed.
 */
#include <base/alloc.h>

#include <base/error.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 64 << 10, ARENA_ALIGNMENT = 16 };

struct lnti_arena_block {
  struct lnti_arena_block *previous;
  size_t used, size; /* of data */
  _Alignas(ARENA_ALIGNMENT) unsigned char data[];
};

static lnt_status add_block(lnti_arena *arena, size_t bytes, lnt_error *err) {
  struct lnti_arena_block *block = NULL;
  size_t size = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES, total;
  if (!lnti_size_add(&total, size, sizeof *block)) return lnti_fail_memory(err, bytes);
  lnt_status status = lnti_alloc_zero(&block, total, 1, err);
  if (status) return status;
  block->previous = arena->last;
  block->used = 0;
  block->size = size;
  arena->last = block;
  return LNT_OK;
}

lnt_status lnti_arena_alloc(void *out, lnti_arena *arena, size_t n, size_t size, lnt_error *err) {
  size_t bytes, rounded, total;
  if (!lnti_size_mul(&bytes, n, size) || !lnti_size_add(&rounded, bytes, ARENA_ALIGNMENT) ||
      !lnti_size_add(&total, arena->bytes, rounded)) {
    return lnti_fail(err, LNT_ENOMEM, "not enough memory for %zu times %zu bytes", n, size);
  }
  rounded = (bytes + ARENA_ALIGNMENT - 1) / ARENA_ALIGNMENT * ARENA_ALIGNMENT;
  if (rounded == 0) rounded = ARENA_ALIGNMENT;
  if (arena->cap && arena->bytes + rounded > arena->cap) {
    return lnti_fail(err, LNT_ELIMIT, "it would take more than the %zu bytes of memory allowed", arena->cap);
  }
  if (!arena->last || arena->last->size - arena->last->used < rounded) {
    lnt_status status = add_block(arena, rounded, err);
    if (status) return status;
  }
  void *block = arena->last->data + arena->last->used;
  arena->last->used += rounded;
  arena->bytes += rounded;
  memcpy(out, &block, sizeof block);
  return LNT_OK;
}

lnt_status lnti_arena_strndup(char **out, lnti_arena *arena, const char *text, size_t n, lnt_error *err) {
  char *copy = NULL;
  size_t bytes;
  if (!lnti_size_add(&bytes, n, 1)) return lnti_fail_memory(err, n);
  lnt_status status = lnti_arena_alloc(&copy, arena, bytes, 1, err);
  if (status) return status;
  if (n) memcpy(copy, text, n);
  copy[n] = '\0';
  *out = copy;
  return LNT_OK;
}

void lnti_arena_clear(lnti_arena *arena) {
  struct lnti_arena_block *block = arena->last;
  while (block) {
    struct lnti_arena_block *previous = block->previous;
    free(block);
    block = previous;
  }
  arena->last = NULL;
  arena->bytes = 0;
}
