/*
 * Finding duplicates. Equal ones by sorting hashes; near ones by the forest of all pairs of signatures within the distance,
 * one signature for each set of equal pictures. Everything is indices into arrays by item, in order of id, so that the
 * lowest index of a set is its lowest item; what a step needs alone is freed after it.
 */
#include <flow/duplicates.h>

#include <base/alloc.h>
#include <base/error.h>
#include <flow/split/sets.h>
#include <math/hamming.h>
#include <stdlib.h>
#include <string.h>

static const uint32_t none = UINT32_MAX;

_Static_assert((int)LNTI_CODE_BYTES == (int)LNTI_SIGNATURE_BYTES && (int)LNTI_PIXELS_BYTES == (int)LNTI_SET_KEY_BYTES,
               "sizes of hashes");

typedef struct finding {
  lnti_project *project;
  int64_t *id; /* [n] */
  size_t n, n_capacity;
  lnti_set_key *content, *pixels; /* [n], [n_pixels] */
  size_t content_capacity, n_pixels, pixels_capacity;
  uint8_t *signature;       /* [n_signatures, LNTI_SIGNATURE_BYTES] */
  uint32_t *signature_item; /* [n_signatures] */
  size_t n_signatures, signature_capacity, signature_item_capacity;
  uint32_t *equal;    /* [n] lowest item of the set of equal ones */
  uint32_t *near;     /* [n] of the near set */
  uint32_t *distance; /* [n] to the nearest other of the set */
  lnti_duplicate *links;
  size_t n_links;
} finding;

/* ---- items ---- */

static lnt_status collect_signature(finding *f, const uint8_t *signature, lnt_error *err) {
  lnt_status status = lnti_grow(&f->signature, &f->signature_capacity, f->n_signatures + 1, LNTI_SIGNATURE_BYTES, err);
  if (status) return status;
  status =
      lnti_grow(&f->signature_item, &f->signature_item_capacity, f->n_signatures + 1, sizeof *f->signature_item, err);
  if (status) return status;
  memcpy(f->signature + f->n_signatures * LNTI_SIGNATURE_BYTES, signature, LNTI_SIGNATURE_BYTES);
  f->signature_item[f->n_signatures++] = (uint32_t)f->n;
  return LNT_OK;
}

static lnt_status collect_item(void *payload, const lnti_item *item, lnt_error *err) {
  finding *f = payload;
  if (item->kind == LNTI_ITEM_GROUP) return LNT_OK;
  if (f->n >= LNTI_HAMMING_CODES_MAX) return lnti_fail(err, LNT_ELIMIT, "%zu items are too many to compare", f->n);
  lnt_status status = lnti_grow(&f->id, &f->n_capacity, f->n + 1, sizeof *f->id, err);
  if (status) return status;
  status = lnti_grow(&f->content, &f->content_capacity, f->n + 1, sizeof *f->content, err);
  if (status) return status;
  f->id[f->n] = item->id;
  memcpy(f->content[f->n].bytes, item->content.bytes, LNTI_SET_KEY_BYTES);
  f->content[f->n].member = (uint32_t)f->n;
  if (item->facts.has_pixels) {
    status = lnti_grow(&f->pixels, &f->pixels_capacity, f->n_pixels + 1, sizeof *f->pixels, err);
    if (status) return status;
    memcpy(f->pixels[f->n_pixels].bytes, item->facts.pixels, LNTI_SET_KEY_BYTES);
    f->pixels[f->n_pixels++].member = (uint32_t)f->n;
  }
  if (item->facts.has_signature) status = collect_signature(f, item->facts.signature, err);
  f->n += status == LNT_OK;
  return status;
}

/* ---- equal ones ---- */

static lnt_status find_equal(finding *f, lnt_error *err) {
  lnt_status status = lnti_alloc(&f->equal, f->n, sizeof *f->equal, err);
  if (status) return status;
  lnti_sets_init(f->equal, f->n);
  lnti_sets_join_equal(f->equal, f->content, f->n);
  free(f->content);
  f->content = NULL;
  lnti_sets_join_equal(f->equal, f->pixels, f->n_pixels);
  free(f->pixels);
  f->pixels = NULL;
  lnti_sets_flatten(f->equal, f->n);
  return LNT_OK;
}

/* ---- near ones ---- */

/* Leaves one signature for each set of equal pictures, and its lowest item in place of its own.
 * @param taken [n] scratch */
static void keep_one_signature(finding *f, uint32_t *taken) {
  size_t n = 0;
  for (size_t i = 0; i < f->n; i++) taken[i] = 0;
  for (size_t i = 0; i < f->n_signatures; i++) {
    uint32_t lowest = f->equal[f->signature_item[i]];
    if (taken[lowest]++) continue;
    memmove(f->signature + n * LNTI_SIGNATURE_BYTES, f->signature + i * LNTI_SIGNATURE_BYTES, LNTI_SIGNATURE_BYTES);
    f->signature_item[n++] = lowest;
  }
  f->n_signatures = n;
}

/* Near sets while they grow; by signature. */
typedef struct near_sets {
  uint32_t *set;  /* number of the signature that its set is measured from */
  uint32_t *next; /* the next of its set; none */
  uint32_t *last; /* of sets: their last */
  uint32_t *size;
} near_sets;

static void near_sets_clear(near_sets *s) {
  free(s->set);
  free(s->next);
  free(s->last);
  free(s->size);
}

static lnt_status near_sets_init(near_sets *s, size_t n, lnt_error *err) {
  lnt_status status = lnti_alloc(&s->set, n, sizeof *s->set, err);
  if (!status) status = lnti_alloc(&s->next, n, sizeof *s->next, err);
  if (!status) status = lnti_alloc(&s->last, n, sizeof *s->last, err);
  if (!status) status = lnti_alloc(&s->size, n, sizeof *s->size, err);
  for (size_t i = 0; i < n && !status; i++) {
    s->set[i] = s->last[i] = (uint32_t)i;
    s->next[i] = none;
    s->size[i] = 1;
  }
  return status;
}

/* Joins the sets of two signatures, the smaller to the larger, if all of it stays in reach of the one that the larger is
 * measured from. */
static bool join_near(near_sets *s, const uint8_t *signature, uint32_t a, uint32_t b) {
  uint32_t to = s->set[a], from = s->set[b];
  if (s->size[to] < s->size[from] || (from < to && s->size[to] == s->size[from])) {
    uint32_t swap = to;
    to = from;
    from = swap;
  }
  const uint8_t *middle = signature + (size_t)to * LNTI_SIGNATURE_BYTES;
  for (uint32_t i = from; i != none; i = s->next[i]) {
    if (lnti_hamming(middle, signature + (size_t)i * LNTI_SIGNATURE_BYTES) > LNTI_NEAR_REACH) return false;
  }
  for (uint32_t i = from; i != none; i = s->next[i]) s->set[i] = to;
  s->next[s->last[to]] = from;
  s->last[to] = s->last[from];
  s->size[to] += s->size[from];
  return true;
}

/* Numbers a near set by its lowest item, for each item of it. */
static void name_near_sets(finding *f, near_sets *s) {
  for (size_t i = 0; i < f->n; i++) f->near[i] = f->equal[i];
  for (size_t i = 0; i < f->n_signatures; i++) s->last[i] = none; /* from here on: the set's lowest item */
  for (size_t i = 0; i < f->n_signatures; i++) {
    uint32_t *lowest = &s->last[s->set[i]];
    if (f->signature_item[i] < *lowest) *lowest = f->signature_item[i];
  }
  for (size_t i = 0; i < f->n_signatures; i++) f->near[f->signature_item[i]] = s->last[s->set[i]];
  for (size_t i = 0; i < f->n; i++) f->near[i] = f->near[f->equal[i]];
}

static lnt_status find_near(finding *f, lnt_error *err) {
  lnti_link *links = NULL;
  near_sets sets = {0};
  size_t n_links = 0;
  lnt_status status = lnti_alloc(&f->near, f->n, sizeof *f->near, err);
  if (status) return status;
  keep_one_signature(f, f->near);
  status = lnti_hamming_forest(&links, &n_links, f->signature, f->n_signatures, LNTI_NEAR_DISTANCE,
                               &f->project->context, err);
  if (status) goto done;
  status = near_sets_init(&sets, f->n_signatures, err);
  if (status) goto done;
  status = lnti_alloc(&f->distance, f->n, sizeof *f->distance, err);
  if (status) goto done;
  for (size_t i = 0; i < f->n; i++) f->distance[i] = none;
  for (size_t i = 0; i < n_links; i++) { /* by rising distance: the first is the nearest */
    uint32_t end[] = {links[i].a, links[i].b};
    if (!join_near(&sets, f->signature, end[0], end[1])) continue;
    for (int e = 0; e < 2; e++) {
      uint32_t *distance = &f->distance[f->signature_item[end[e]]];
      if (*distance == none) *distance = links[i].distance;
    }
  }
  name_near_sets(f, &sets);
done:
  near_sets_clear(&sets);
  free(links);
  return status;
}

/* ---- links ---- */

static lnt_status make_links(finding *f, lnt_error *err) {
  uint32_t *in_equal = NULL, *in_near = NULL;
  lnt_status status = lnti_alloc_zero(&in_equal, f->n, sizeof *in_equal, err);
  if (status) goto done;
  status = lnti_alloc_zero(&in_near, f->n, sizeof *in_near, err);
  if (status) goto done;
  size_t n = 0;
  for (size_t i = 0; i < f->n; i++) {
    in_equal[f->equal[i]]++;
    in_near[f->near[i]]++;
  }
  for (size_t i = 0; i < f->n; i++) n += in_near[f->near[i]] > 1;
  status = lnti_alloc(&f->links, n, sizeof *f->links, err);
  if (status) goto done;
  for (size_t i = 0; i < f->n; i++) {
    if (in_near[f->near[i]] == 1) continue;
    f->links[f->n_links++] = (lnti_duplicate){f->id[i], f->id[f->equal[i]], f->id[f->near[i]],
                                              in_equal[f->equal[i]] > 1 ? 0 : f->distance[i]};
  }
done:
  free(in_near);
  free(in_equal);
  return status;
}

static const char outdated[] = "duplicates.outdated";

static lnt_status write_links(void *payload, lnti_tx *tx, lnt_error *err) {
  const finding *f = payload;
  lnt_status status = lnti_tx_duplicates(tx, f->links, f->n_links, err);
  return status ? status : lnti_tx_setting(tx, outdated, NULL, err);
}

static lnt_status find(finding *f, lnt_error *err) {
  lnt_status status = lnti_store_scan_items(f->project->store, LNTI_SCAN_HASHES, 0, INT64_MAX, collect_item, f, err);
  if (!status) status = find_equal(f, err);
  if (!status) status = find_near(f, err);
  free(f->signature);
  f->signature = NULL;
  return status ? status : make_links(f, err);
}

lnt_status lnti_duplicates_update(lnti_duplicates *out, lnti_project *project, int64_t question_id, lnt_error *err) {
  finding f = {.project = project};
  lnt_status status = find(&f, err);
  free(f.id);
  free(f.content);
  free(f.pixels);
  free(f.signature_item);
  free(f.equal);
  free(f.near);
  free(f.distance);
  if (!status) status = lnti_store_write(project->store, write_links, &f, err);
  if (!status) status = lnti_duplicates_count(out, project, question_id, f.links, f.n_links, err);
  free(f.links);
  return status;
}

/* ---- links that are out of date ---- */

lnt_status lnti_duplicates_outdate(lnti_tx *tx, lnt_error *err) {
  return lnti_tx_setting(tx, outdated, "yes", err);
}

lnt_status lnti_duplicates_outdated(bool *out, lnti_project *project, lnt_error *err) {
  char *value = NULL;
  lnt_status status = lnti_store_setting(&value, project->store, outdated, err);
  if (!status) *out = value != NULL;
  free(value);
  return status;
}

static lnt_status note_import(void *payload, const lnti_job *job, lnt_error *err) {
  bool *running = payload;
  (void)err;
  *running = *running || strcmp(job->kind, "import") == 0;
  return LNT_OK;
}

/* Jobs whose process is gone were told from those that run when the project was opened. */
lnt_status lnti_duplicates_ensure(lnti_project *project, lnt_error *err) {
  lnti_duplicates found = {0};
  bool is = false, running = false;
  lnt_status status = lnti_duplicates_outdated(&is, project, err);
  if (!status && is) status = lnti_store_jobs(project->store, "running", note_import, &running, err);
  if (status || !is || running) return status;
  status = lnti_duplicates_update(&found, project, 0, err);
  lnti_duplicates_clear(&found);
  return status;
}
