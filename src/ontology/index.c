/*
 * The index of an ontology: one open-addressing hash table from (role, siblings, text) and (role, row id) to the
 * option or question, so that adding to and finding among 50,000 siblings takes constant time.
 *
 * Invariants: capacity is a power of two, at most three quarters are ever reserved, nothing is removed. An entry takes
 * 16 bytes: the text's address (NULL for ids), half of the hash, and role and target in one word. The seed is random
 * for each ontology, since the texts may come from somebody who would like them all in one chain; no result depends
 * on it.
 */
#include <ontology/internal.h>

#include <base/alloc.h>
#include <base/error.h>
#include <base/hash.h>
#include <stdlib.h>
#include <string.h>

typedef struct entry {
  const char *text;
  uint32_t hash;
  uint32_t word; /* role << TARGET_BITS | target + 1; 0: free */
} entry;

struct lnti_ontology_index {
  entry *entries;
  size_t capacity, reserved;
  uint64_t seed;
};

enum { TARGET_BITS = 24, PLACE_BITS = 28, CAPACITY_MIN = 64 }; /* a place is never beyond a target + 1 */

_Static_assert(LNTI_ONTOLOGY_OPTIONS_MAX < (1 << TARGET_BITS) - 1, "a target fits in its bits");
_Static_assert(LNTI_ONTOLOGY_QUESTIONS_MAX < (1 << TARGET_BITS) - 1, "a target fits in its bits");

static uint32_t entry_word(lnti_index_kind kind, size_t target) {
  return ((uint32_t)kind << TARGET_BITS) | (uint32_t)(target + 1);
}

static lnti_index_kind entry_kind(const entry *e) {
  return (lnti_index_kind)(e->word >> TARGET_BITS);
}

static size_t entry_target(const entry *e) {
  return (e->word & ((1u << TARGET_BITS) - 1)) - 1;
}

lnt_status lnti_index_new(struct lnti_ontology_index **out, lnt_error *err) {
  struct lnti_ontology_index *index = NULL;
  lnt_status status = lnti_alloc_zero(&index, 1, sizeof *index, err);
  if (status) return status;
  status = lnti_alloc_zero(&index->entries, CAPACITY_MIN, sizeof *index->entries, err);
  if (status) {
    free(index);
    return status;
  }
  index->capacity = CAPACITY_MIN;
  lnti_uuid random;
  lnti_uuid7(&random, 0);
  memcpy(&index->seed, random.bytes + 8, sizeof index->seed);
  *out = index;
  return LNT_OK;
}

void lnti_index_free(struct lnti_ontology_index *index) {
  if (!index) return;
  free(index->entries);
  free(index);
}

/* Puts an entry that is known not to be there into the first free place of its chain. */
static void put(entry *entries, size_t capacity, entry e) {
  size_t at = e.hash & (capacity - 1);
  while (entries[at].word) at = (at + 1) & (capacity - 1);
  entries[at] = e;
}

lnt_status lnti_index_widen(lnti_ontology *ontology, size_t n, lnt_error *err) {
  struct lnti_ontology_index *index = ontology->index;
  size_t capacity = index->capacity;
  entry *entries = NULL;
  while (n > capacity / 4 * 3) capacity *= 2;
  if (capacity == index->capacity) return LNT_OK;
  lnt_status status = lnti_alloc_zero(&entries, capacity, sizeof *entries, err);
  if (status) return status;
  for (size_t i = 0; i < index->capacity; i++) {
    if (index->entries[i].word) put(entries, capacity, index->entries[i]);
  }
  free(index->entries);
  index->entries = entries;
  index->capacity = capacity;
  return LNT_OK;
}

lnt_status lnti_index_reserve(lnti_ontology *ontology, size_t n, lnt_error *err) {
  lnt_status status = lnti_index_widen(ontology, ontology->index->reserved + n, err);
  if (!status) ontology->index->reserved += n;
  return status;
}

static uint32_t hash_text(const struct lnti_ontology_index *index, lnti_index_kind kind, size_t scope, size_t parent,
                          const char *text) {
  uint64_t place = (uint64_t)kind << (2 * PLACE_BITS) | (uint64_t)(scope + 1) << PLACE_BITS | (uint64_t)(parent + 1);
  uint64_t hash = lnti_hash_table(text, strlen(text), index->seed ^ place * 0x9e3779b97f4a7c15u);
  return (uint32_t)(hash ^ (hash >> 32));
}

static uint32_t hash_id(const struct lnti_ontology_index *index, lnti_index_kind kind, int64_t id) {
  uint64_t hash = lnti_hash_table(&id, sizeof id, index->seed ^ (uint64_t)kind);
  return (uint32_t)(hash ^ (hash >> 32));
}

/* Siblings: of an option, its question and the option above (of its code, the question alone); of a question, the option above. */
static void scope_of(size_t *scope_out, size_t *parent_out, const lnti_ontology *ontology, lnti_index_kind kind,
                     size_t target) {
  if (kind == LNTI_INDEX_QUESTION_KEY) {
    *scope_out = LNTI_NONE;
    *parent_out = ontology->questions[target].parent_option;
  } else {
    *scope_out = ontology->options[target].question;
    *parent_out = kind == LNTI_INDEX_OPTION_CODE ? LNTI_NONE : ontology->options[target].parent;
  }
}

/* An entry outlives a change of what it points to: whether that is still called so. */
static bool is_called(const lnti_ontology *ontology, lnti_index_kind kind, size_t target, const char *text) {
  if (kind == LNTI_INDEX_QUESTION_KEY) {
    return !ontology->questions[target].gone && strcmp(ontology->questions[target].key, text) == 0;
  }
  const lnti_option *o = &ontology->options[target];
  if (o->gone) return false;
  if (kind == LNTI_INDEX_OPTION_KEY) return strcmp(o->key, text) == 0;
  if (kind == LNTI_INDEX_OPTION_TITLE) return strcmp(o->title, text) == 0;
  if (kind == LNTI_INDEX_OPTION_HOTKEY) return strcmp(o->hotkey, text) == 0;
  if (kind == LNTI_INDEX_OPTION_CODE) return strcmp(o->code, text) == 0;
  for (const char *const *alias = o->aliases; alias && *alias; alias++) {
    if (strcmp(*alias, text) == 0) return true;
  }
  return false;
}

static size_t find_text(const lnti_ontology *ontology, lnti_index_kind kind, size_t scope, size_t parent,
                        const char *text) {
  const struct lnti_ontology_index *index = ontology->index;
  uint32_t hash = hash_text(index, kind, scope, parent, text);
  for (size_t at = hash & (index->capacity - 1); index->entries[at].word; at = (at + 1) & (index->capacity - 1)) {
    const entry *e = &index->entries[at];
    if (e->hash != hash || entry_kind(e) != kind || strcmp(e->text, text) != 0) continue;
    size_t its_scope, its_parent;
    scope_of(&its_scope, &its_parent, ontology, kind, entry_target(e));
    if (its_scope != scope || its_parent != parent || !is_called(ontology, kind, entry_target(e), text)) continue;
    return entry_target(e);
  }
  return LNTI_NONE;
}

void lnti_index_add_text(lnti_ontology *ontology, lnti_index_kind kind, size_t target, const char *text) {
  size_t scope, parent;
  scope_of(&scope, &parent, ontology, kind, target);
  if (find_text(ontology, kind, scope, parent, text) == LNTI_NONE) {
    lnti_index_add_new_text(ontology, kind, target, text);
  }
}

void lnti_index_add_new_text(lnti_ontology *ontology, lnti_index_kind kind, size_t target, const char *text) {
  struct lnti_ontology_index *index = ontology->index;
  size_t scope, parent;
  scope_of(&scope, &parent, ontology, kind, target);
  put(index->entries, index->capacity,
      (entry){text, hash_text(index, kind, scope, parent, text), entry_word(kind, target)});
}

void lnti_index_add_id(lnti_ontology *ontology, lnti_index_kind kind, size_t target, int64_t id) {
  struct lnti_ontology_index *index = ontology->index;
  put(index->entries, index->capacity, (entry){NULL, hash_id(index, kind, id), entry_word(kind, target)});
}

size_t lnti_index_find_option(const lnti_ontology *ontology, lnti_index_kind kind, size_t question, size_t parent,
                              const char *text) {
  return find_text(ontology, kind, question, parent, text);
}

size_t lnti_index_find_question(const lnti_ontology *ontology, size_t parent_option, const char *key) {
  return find_text(ontology, LNTI_INDEX_QUESTION_KEY, LNTI_NONE, parent_option, key);
}

size_t lnti_index_find_id(const lnti_ontology *ontology, lnti_index_kind kind, int64_t id) {
  const struct lnti_ontology_index *index = ontology->index;
  uint32_t hash = hash_id(index, kind, id);
  for (size_t at = hash & (index->capacity - 1); index->entries[at].word; at = (at + 1) & (index->capacity - 1)) {
    const entry *e = &index->entries[at];
    if (e->hash != hash || entry_kind(e) != kind) continue;
    size_t target = entry_target(e);
    int64_t its = kind == LNTI_INDEX_OPTION_ID ? ontology->options[target].id : ontology->questions[target].id;
    if (its == id) return target;
  }
  return LNTI_NONE;
}
