/*
 * Open addressing over hashes of members; the members themselves are not kept, since a million of them would be most of
 * the memory that an import takes.
 */
#include <flow/import/known_items.h>

#include <base/alloc.h>
#include <flow/import/files.h>
#include <flow/groups.h>
#include <flow/verify.h>
#include <image/image.h>
#include <media/uri.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Frames with gaps between them are taken for those of one file while no more are missing than this and one for each that is
 * there: a file may be called "a#frame=4000000000". */
enum { FRAMES_MISSING_MAX = 64 };

/* Of an item, or of a file whose frames are items, or both. */
typedef struct slot {
  uint64_t hash[2];
  int64_t id, group_id; /* 0: none */
  uint64_t content, imported_ms;
  uint32_t bytes;      /* modulo 2^32 */
  uint32_t frames_end; /* the last known frame, from 0, and one; 0: none */
  uint32_t n_frames;   /* known ones */
  bool looked : 1, may_have_frames : 1;
  bool timed : 1; /* the frames are named as such, not as pages */
  bool used : 1;  /* else free */
} slot;

struct lnti_known_items {
  lnti_project *project; /* while it is loaded */
  int64_t source_id;
  uint64_t seen_ms;
  slot *slots; /* [n_slots], a power of two, at most three quarters full */
  size_t n_slots, n_used, n;
};

static void hash_member(uint64_t out[2], const char *member, size_t n) {
  lnti_hash128 hash;
  lnti_hash128_bytes(&hash, member, n);
  memcpy(out, hash.bytes, sizeof hash.bytes);
}

/* The member's slot, or the free one where it belongs. */
static slot *slot_of(const lnti_known_items *known, const uint64_t hash[2]) {
  size_t mask = known->n_slots - 1, at = (size_t)hash[0] & mask;
  while (known->slots[at].used && memcmp(known->slots[at].hash, hash, sizeof known->slots[at].hash) != 0) {
    at = (at + 1) & mask;
  }
  return &known->slots[at];
}

static lnt_status resize(lnti_known_items *known, size_t n_slots, lnt_error *err) {
  lnti_known_items wider = *known;
  wider.slots = NULL;
  wider.n_slots = n_slots;
  lnt_status status = lnti_alloc_zero(&wider.slots, n_slots, sizeof *wider.slots, err);
  if (status) return status;
  for (size_t i = 0; i < known->n_slots; i++) {
    if (known->slots[i].used) *slot_of(&wider, known->slots[i].hash) = known->slots[i];
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

/* The slot of a member, made where it is missing. */
static lnt_status get_slot(slot **out, lnti_known_items *known, const char *member, size_t n, lnt_error *err) {
  uint64_t hash[2];
  if (known->n_used * 4 >= known->n_slots * 3) {
    lnt_status status = resize(known, known->n_slots * 2, err);
    if (status) return status;
  }
  hash_member(hash, member, n);
  slot *s = slot_of(known, hash);
  if (!s->used) {
    *s = (slot){.hash = {hash[0], hash[1]}, .used = true};
    known->n_used++;
  }
  *out = s;
  return LNT_OK;
}

/* A member "FILE#frame=3" is noted with its file. */
static lnt_status note_frame(lnti_known_items *known, const char *member, lnt_error *err) {
  const char *joint = strrchr(member, '#');
  slot *file = NULL;
  size_t frame = 0;
  if (!joint || !lnti_uri_frame(&frame, joint + 1) || frame >= UINT32_MAX) return LNT_OK;
  lnt_status status = get_slot(&file, known, member, (size_t)(joint - member), err);
  if (status) return status;
  file->timed = joint[1] == 'f';
  file->n_frames++;
  if (frame >= file->frames_end) file->frames_end = (uint32_t)frame + 1;
  return LNT_OK;
}

static lnt_status note_item(void *payload, const lnti_item *item, lnt_error *err) {
  lnti_known_items *known = payload;
  slot *s = NULL;
  lnt_status status = LNT_OK;
  if (item->source_id != known->source_id) {
    known->source_id = item->source_id;
    status = lnti_verify_seen(&known->seen_ms, known->project, item->source_id, err);
  }
  if (!status) status = note_frame(known, item->member, err);
  if (!status) status = get_slot(&s, known, item->member, strlen(item->member), err);
  if (status) return status;
  s->id = item->id;
  s->group_id = item->group_id;
  s->content = lnti_content_key(&item->content);
  s->bytes = (uint32_t)item->bytes;
  s->imported_ms = item->imported_ms > known->seen_ms ? item->imported_ms : known->seen_ms;
  s->looked = item->facts.has_pixels || item->kind == LNTI_ITEM_GROUP;
  s->may_have_frames = holds_frames(item->format);
  known->n++;
  return LNT_OK;
}

lnt_status lnti_known_items_load(lnti_known_items **out, lnti_project *project, lnti_source_kind kind,
                                 const char *source, lnt_error *err) {
  lnti_known_items *known = NULL;
  lnt_status status = lnti_alloc_zero(&known, 1, sizeof *known, err);
  if (status) return status;
  known->project = project;
  status = resize(known, 64, err);
  if (!status) status = lnti_store_source_items(project->store, kind, source, note_item, known, err);
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
  return s->used ? s : NULL;
}

/* The item of a frame, from 0. */
static const slot *find_frame(const lnti_known_items *known, const char *member, bool timed, size_t frame) {
  char name[LNTI_PATH_BYTES_MAX + 32];
  int n = snprintf(name, sizeof name, "%s#%s=%zu", member, timed ? "frame" : "page", timed ? frame : frame + 1);
  const slot *s = n > 0 && (size_t)n < sizeof name ? find(known, name, (size_t)n) : NULL;
  return s && s->id ? s : NULL;
}

static void find_frames(lnti_known_item *item, const lnti_known_items *known, const char *member, const slot *file) {
  const size_t first = item->id != 0;
  if (file->frames_end <= first || file->frames_end > 2 * (uint64_t)file->n_frames + FRAMES_MISSING_MAX) return;
  item->timed = file->timed;
  item->frames = file->frames_end - first;
  for (size_t i = first; i < file->frames_end; i++) {
    const slot *frame = find_frame(known, member, item->timed, i);
    if (!frame) item->holes = true;
    if (frame && !item->id && !item->group_id) item->group_id = frame->group_id;
  }
}

lnti_known_item lnti_known_items_find(const lnti_known_items *known, const char *member) {
  if (!known || known->n == 0) return (lnti_known_item){0};
  const slot *s = find(known, member, strlen(member));
  lnti_known_item item = {0};
  if (!s) return item;
  if (s->id) {
    item = (lnti_known_item){.id = s->id,
                             .looked = s->looked,
                             .may_have_frames = s->may_have_frames,
                             .content = s->content,
                             .bytes = s->bytes,
                             .imported_ms = s->imported_ms,
                             .group_id = s->group_id};
  }
  if (!s->id || s->may_have_frames) find_frames(&item, known, member, s);
  item.joins = (item.id || item.frames) && !item.group_id;
  return item;
}

void lnti_known_items_free(lnti_known_items *known) {
  if (!known) return;
  free(known->slots);
  free(known);
}
