/*
 * A block is read where the item asked for is not in the one at hand, from that item on: ids rise, so each is read once.
 */
#include <flow/item_meta.h>

#include <stdlib.h>
#include <string.h>

enum { BLOCK_IDS = 2000 };

static lnt_status keep(void *payload, int64_t item_id, const char *key, const char *value, lnt_error *err) {
  lnti_item_meta *meta = payload;
  char *key_copy = NULL, *value_copy = NULL;
  lnt_status status = lnti_grow(&meta->value, &meta->capacity, meta->n + 1, sizeof *meta->value, err);
  if (!status) status = lnti_arena_strndup(&key_copy, &meta->arena, key, strlen(key), err);
  if (!status) status = lnti_arena_strndup(&value_copy, &meta->arena, value, strlen(value), err);
  if (!status) meta->value[meta->n++] = (lnti_meta_value){item_id, key_copy, value_copy};
  return status;
}

static lnt_status load(lnti_item_meta *meta, int64_t item_id, lnt_error *err) {
  lnti_arena_clear(&meta->arena);
  meta->n = 0;
  meta->last = 0;
  int64_t last = item_id > INT64_MAX - BLOCK_IDS ? INT64_MAX : item_id + BLOCK_IDS;
  lnt_status status = lnti_store_meta(meta->store, item_id, last, keep, meta, err);
  if (status) return status;
  meta->first = item_id;
  meta->last = last;
  return LNT_OK;
}

/* The first value of an item, or n. */
static size_t lower_bound(const lnti_item_meta *meta, int64_t item_id) {
  size_t low = 0, high = meta->n;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (meta->value[middle].item_id < item_id) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

lnt_status lnti_item_meta_of(const lnti_meta_value **values_out, size_t *n_out, lnti_item_meta *meta, int64_t item_id,
                             lnt_error *err) {
  if (meta->last == 0 || item_id < meta->first || item_id > meta->last) {
    lnt_status status = load(meta, item_id, err);
    if (status) return status;
  }
  size_t first = lower_bound(meta, item_id), end = first;
  while (end < meta->n && meta->value[end].item_id == item_id) end++;
  *values_out = meta->n ? meta->value + first : NULL;
  *n_out = end - first;
  return LNT_OK;
}

void lnti_item_meta_clear(lnti_item_meta *meta) {
  lnti_arena_clear(&meta->arena);
  free(meta->value);
  *meta = (lnti_item_meta){.store = meta->store};
}
