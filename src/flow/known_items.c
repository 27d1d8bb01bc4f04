/*
 * Open addressing over hashes of members; the members themselves are not kept, since a million of them would be most of
 * the memory that an import takes.
 */
#include <flow/known_items.h>

#include <base/alloc.h>
#include <flow/groups.h>
#include <stdlib.h>
#include <string.h>

typedef struct slot {
  uint64_t hash[2];
  int64_t id; /* 0: free; negative: not looked at */
  uint64_t content;
} slot;

struct lnti_known_items {
  slot *slots; /* [n_slots], a power of two, at most half full */
  size_t n_slots, n;
};

typedef struct loading {
  lnti_known_items *known;
  const char *source;
  lnti_source_kind kind;
} loading;

static void hash_member(uint64_t out[2], const char *member) {
  size_t n = strlen(member);
  out[0] = lnti_hash_table(member, n, 0x6b6e6f776e);
  out[1] = lnti_hash_table(member, n, 0x6974656d73);
}

/* The member's slot, or the free one where it belongs. */
static slot *slot_of(const lnti_known_items *known, const uint64_t hash[2]) {
  size_t mask = known->n_slots - 1, at = (size_t)hash[0] & mask;
  while (known->slots[at].id && memcmp(known->slots[at].hash, hash, sizeof known->slots[at].hash) != 0) {
    at = (at + 1) & mask;
  }
  return &known->slots[at];
}

static lnt_status resize(lnti_known_items *known, size_t n_slots, lnt_error *err) {
  lnti_known_items wider = {.n_slots = n_slots, .n = known->n};
  lnt_status status = lnti_alloc_zero(&wider.slots, n_slots, sizeof *wider.slots, err);
  if (status) return status;
  for (size_t i = 0; i < known->n_slots; i++) {
    if (known->slots[i].id) *slot_of(&wider, known->slots[i].hash) = known->slots[i];
  }
  free(known->slots);
  *known = wider;
  return LNT_OK;
}

static lnt_status note_item(void *payload, const lnti_item *item, lnt_error *err) {
  loading *l = payload;
  uint64_t hash[2];
  if (item->source_kind != l->kind || strcmp(item->source, l->source) != 0) return LNT_OK;
  if (l->known->n * 2 >= l->known->n_slots) {
    lnt_status status = resize(l->known, l->known->n_slots * 2, err);
    if (status) return status;
  }
  hash_member(hash, item->member);
  slot *s = slot_of(l->known, hash);
  memcpy(s->hash, hash, sizeof hash);
  s->id = item->facts.has_pixels || item->kind == LNTI_ITEM_GROUP ? item->id : -item->id;
  s->content = lnti_content_key(&item->content);
  l->known->n++;
  return LNT_OK;
}

lnt_status lnti_known_items_load(lnti_known_items **out, lnti_project *project, lnti_source_kind kind,
                                 const char *source, lnt_error *err) {
  lnti_known_items *known = NULL;
  lnti_item_query query = {0};
  lnt_status status = lnti_alloc_zero(&known, 1, sizeof *known, err);
  if (status) return status;
  loading l = {known, source, kind};
  status = resize(known, 64, err);
  if (!status) status = lnti_store_items(project->store, &query, note_item, &l, err);
  if (status) {
    lnti_known_items_free(known);
    return status;
  }
  *out = known;
  return LNT_OK;
}

lnti_known_item lnti_known_items_find(const lnti_known_items *known, const char *member) {
  uint64_t hash[2];
  if (!known || known->n == 0) return (lnti_known_item){0};
  hash_member(hash, member);
  const slot *s = slot_of(known, hash);
  return (lnti_known_item){s->id < 0 ? -s->id : s->id, s->id > 0, s->content};
}

size_t lnti_known_items_n(const lnti_known_items *known) {
  return known ? known->n : 0;
}

void lnti_known_items_free(lnti_known_items *known) {
  if (!known) return;
  free(known->slots);
  free(known);
}
