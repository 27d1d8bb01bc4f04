/*
 * Open addressing over hashes of members; the members themselves are not kept, since a million of them would be most of
 * the memory that an import takes.
 */
#include <flow/known_items.h>

#include <base/alloc.h>
#include <flow/files.h>
#include <flow/groups.h>
#include <image/image.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct slot {
  uint64_t hash[2];
  int64_t id, group_id; /* 0: free; none */
  uint64_t content;
  bool looked, may_have_frames;
} slot;

struct lnti_known_items {
  slot *slots; /* [n_slots], a power of two, at most three quarters full */
  size_t n_slots, n;
};

typedef struct loading {
  lnti_known_items *known;
  const char *source;
  lnti_source_kind kind;
} loading;

static void hash_member(uint64_t out[2], const char *member, size_t n) {
  lnti_hash128 hash;
  lnti_hash128_bytes(&hash, member, n);
  memcpy(out, hash.bytes, sizeof hash.bytes);
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

/* Formats that hold several frames or pages in one file. */
static bool holds_frames(const char *format) {
  static const lnti_image_format formats[] = {LNTI_IMAGE_GIF, LNTI_IMAGE_WEBP, LNTI_IMAGE_TIFF, LNTI_IMAGE_HEIF,
                                              LNTI_IMAGE_AVIF};
  for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
    if (strcmp(format, lnti_image_format_name(formats[i])) == 0) return true;
  }
  return false;
}

static lnt_status note_item(void *payload, const lnti_item *item, lnt_error *err) {
  loading *l = payload;
  uint64_t hash[2];
  if (item->source_kind != l->kind || strcmp(item->source, l->source) != 0) return LNT_OK;
  if (l->known->n * 4 >= l->known->n_slots * 3) {
    lnt_status status = resize(l->known, l->known->n_slots * 2, err);
    if (status) return status;
  }
  hash_member(hash, item->member, strlen(item->member));
  slot *s = slot_of(l->known, hash);
  *s = (slot){.hash = {hash[0], hash[1]},
              .id = item->id,
              .group_id = item->group_id,
              .content = lnti_content_key(&item->content),
              .looked = item->facts.has_pixels || item->kind == LNTI_ITEM_GROUP,
              .may_have_frames = holds_frames(item->format)};
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

static const slot *find(const lnti_known_items *known, const char *member, size_t n) {
  uint64_t hash[2];
  hash_member(hash, member, n);
  const slot *s = slot_of(known, hash);
  return s->id ? s : NULL;
}

/* The item of a frame, from 0. */
static const slot *find_frame(const lnti_known_items *known, const char *member, bool timed, size_t frame) {
  char name[LNTI_PATH_BYTES_MAX + 32];
  int n = snprintf(name, sizeof name, "%s#%s=%zu", member, timed ? "frame" : "page", timed ? frame : frame + 1);
  return n > 0 && (size_t)n < sizeof name ? find(known, name, (size_t)n) : NULL;
}

static void find_frames(lnti_known_item *item, const lnti_known_items *known, const char *member) {
  size_t first = item->id != 0;
  const slot *frame = find_frame(known, member, true, first);
  item->timed = frame != NULL;
  if (!frame) frame = find_frame(known, member, false, first);
  if (!frame) return;
  if (!item->id) item->group_id = frame->group_id;
  do {
    item->frames++;
  } while (find_frame(known, member, item->timed, first + item->frames));
}

lnti_known_item lnti_known_items_find(const lnti_known_items *known, const char *member) {
  if (!known || known->n == 0) return (lnti_known_item){0};
  const slot *s = find(known, member, strlen(member));
  lnti_known_item item = {0};
  if (s) {
    item = (lnti_known_item){.id = s->id,
                             .looked = s->looked,
                             .may_have_frames = s->may_have_frames,
                             .content = s->content,
                             .group_id = s->group_id};
  }
  if (!s || s->may_have_frames) find_frames(&item, known, member);
  item.joins = (item.id || item.frames) && !item.group_id;
  return item;
}

size_t lnti_known_items_n(const lnti_known_items *known) {
  return known ? known->n : 0;
}

void lnti_known_items_free(lnti_known_items *known) {
  if (!known) return;
  free(known->slots);
  free(known);
}
