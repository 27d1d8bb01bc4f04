/*
 * Open addressing, at most half full.
 */
#include <flow/table/seen.h>

#include <base/alloc.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS_START = 1024 };

struct lnti_seen_slot {
  uint64_t key[2]; /* both 0: free */
  uint64_t labels; /* 0: nothing was said yet */
  size_t line;     /* that said it */
};

static struct lnti_seen_slot *slot_of(const lnti_seen *seen, const uint64_t key[2]) {
  size_t mask = seen->n_slots - 1, at = (size_t)(key[0] ^ key[1]) & mask;
  for (;; at = (at + 1) & mask) {
    struct lnti_seen_slot *slot = &seen->slots[at];
    if ((!slot->key[0] && !slot->key[1]) || memcmp(slot->key, key, sizeof slot->key) == 0) return slot;
  }
}

static lnt_status widen(lnti_seen *seen, lnt_error *err) {
  lnti_seen wider = {.n_slots = seen->n_slots ? 2 * seen->n_slots : SLOTS_START, .n = seen->n};
  lnt_status status = lnti_alloc_zero(&wider.slots, wider.n_slots, sizeof *wider.slots, err);
  if (status) return status;
  for (size_t i = 0; i < seen->n_slots; i++) {
    const struct lnti_seen_slot *slot = &seen->slots[i];
    if (slot->key[0] || slot->key[1]) *slot_of(&wider, slot->key) = *slot;
  }
  free(seen->slots);
  *seen = wider;
  return LNT_OK;
}

lnt_status lnti_seen_note(size_t *line_out, bool *first_out, lnti_seen *seen, const uint64_t key[2], uint64_t labels,
                          size_t line, lnt_error *err) {
  lnt_status status = 2 * seen->n >= seen->n_slots ? widen(seen, err) : LNT_OK;
  if (status) return status;
  struct lnti_seen_slot *slot = slot_of(seen, key);
  *line_out = 0;
  *first_out = !slot->key[0] && !slot->key[1];
  if (*first_out) {
    memcpy(slot->key, key, sizeof slot->key);
    seen->n++;
  } else if (slot->labels && labels && slot->labels != labels) {
    *line_out = slot->line;
    return LNT_OK;
  }
  if (labels && !slot->labels) {
    slot->labels = labels;
    slot->line = line;
  }
  return LNT_OK;
}

bool lnti_seen_has(const lnti_seen *seen, const uint64_t key[2]) {
  if (seen->n == 0) return false;
  const struct lnti_seen_slot *slot = slot_of(seen, key);
  return slot->key[0] || slot->key[1];
}

size_t lnti_seen_line(const lnti_seen *seen, const uint64_t key[2], uint64_t labels) {
  if (seen->n == 0) return 0;
  const struct lnti_seen_slot *slot = slot_of(seen, key);
  return slot->labels && labels && slot->labels != labels ? slot->line : 0;
}

void lnti_seen_clear(lnti_seen *seen) {
  free(seen->slots);
  *seen = (lnti_seen){0};
}
