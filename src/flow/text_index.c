/*
 * Open addressing over the numbers of the texts, at most half full.
 */
#include <flow/text_index.h>

#include <base/hash.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS_START = 64 };

/* The slot of the text, or the free one where it belongs. */
static size_t *slot_of(const lnti_text_index *index, const char *text, size_t n) {
  size_t mask = index->n_slots - 1, at = (size_t)lnti_hash_table(text, n, index->seed) & mask;
  for (;; at = (at + 1) & mask) {
    size_t *slot = &index->slots[at];
    if (*slot == 0) return slot;
    size_t i = *slot - 1;
    if (index->length[i] == n && memcmp(index->text[i], text, n) == 0) return slot;
  }
}

static lnt_status widen(lnti_text_index *index, lnt_error *err) {
  lnti_text_index wider = *index;
  if (index->n_slots == 0) lnti_random_bytes(&wider.seed, sizeof wider.seed);
  wider.n_slots = index->n_slots ? index->n_slots * 2 : SLOTS_START;
  lnt_status status = lnti_alloc_zero(&wider.slots, wider.n_slots, sizeof *wider.slots, err);
  if (status) return status;
  for (size_t i = 0; i < index->n; i++) *slot_of(&wider, index->text[i], index->length[i]) = i + 1;
  free(index->slots);
  *index = wider;
  return LNT_OK;
}

lnt_status lnti_text_index_add(size_t *out, bool *added_out, lnti_text_index *index, const char *text, size_t n,
                               lnt_error *err) {
  lnt_status status = LNT_OK;
  char *copy = NULL;
  if (2 * (index->n + 1) > index->n_slots) status = widen(index, err);
  if (status) return status;
  size_t *slot = slot_of(index, text, n);
  bool added = *slot == 0;
  if (added) {
    status = lnti_grow(&index->text, &index->text_capacity, index->n + 1, sizeof *index->text, err);
    if (!status) {
      status = lnti_grow(&index->length, &index->length_capacity, index->n + 1, sizeof *index->length, err);
    }
    if (!status) status = lnti_arena_strndup(&copy, &index->arena, text, n, err);
    if (status) return status;
    index->text[index->n] = copy;
    index->length[index->n] = n;
    *slot = ++index->n;
  }
  *out = *slot - 1;
  if (added_out) *added_out = added;
  return LNT_OK;
}

size_t lnti_text_index_find(const lnti_text_index *index, const char *text, size_t n) {
  return index->n == 0 ? (size_t)-1 : *slot_of(index, text, n) - 1;
}

void lnti_text_index_clear(lnti_text_index *index) {
  lnti_arena_clear(&index->arena);
  free(index->slots);
  free(index->length);
  free(index->text);
  *index = (lnti_text_index){0};
}
