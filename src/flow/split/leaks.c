/*
 * Evidence is gathered as triples of indices (image, supposed neighbour, third image), the same way for every kind; kinds
 * differ only in how they draw. All draws are seeded by the kind alone: the same project gives the same answer.
 */
#include <flow/split/leaks.h>

#include <base/alloc.h>
#include <base/error.h>
#include <base/rng.h>
#include <flow/split/cuts.h>
#include <flow/split/grouping.h>
#include <flow/split/sequences.h>
#include <flow/split/sets.h>
#include <flow/split/split.h>
#include <math/hamming.h>
#include <stdlib.h>
#include <string.h>

enum {
  BITS = 256,
  DRAWS = 32, /* of a third image, until one fits */
  FAR = 8,    /* ranks between images of one name that are no neighbours, at least; or a quarter of them */
  HOUR = 3600,
  CLOSEST_LEAST = 10
};

static const uint32_t none = UINT32_MAX;

static const double nearer_least = 0.7, closest_least = 0.1, cover_least = 0.1, near_least = 0.05;
static const char setting[] = "leaks.key";

typedef struct looking {
  lnti_project *project;
  lnti_roster roster;
  lnti_named *named;   /* [roster.n] by folder, stem, number */
  uint32_t *by_label;  /* [roster.n] items by label */
  uint64_t *folder_of; /* [roster.n] by item */
  lnti_taken *taken;   /* [n_taken] */
  size_t n_taken;
  uint32_t *taken_at; /* [roster.n] index into `taken`, none */
  uint32_t *parent;   /* [roster.n] scratch */
} looking;

/* ---- evidence ---- */

typedef struct evidence {
  const looking *l;
  size_t near[BITS + 1], far[BITS + 1]; /* neighbours and third images by distance */
  size_t n, n_nearer, n_ties;
  uint32_t a, b; /* the closest neighbours */
  unsigned distance;
} evidence;

static unsigned distance_of(const looking *l, uint32_t a, uint32_t b) {
  const uint8_t *s = l->roster.signature;
  return lnti_hamming(s + (size_t)a * LNTI_SIGNATURE_BYTES, s + (size_t)b * LNTI_SIGNATURE_BYTES);
}

static void add_triple(evidence *e, uint32_t item, uint32_t neighbour, uint32_t third) {
  unsigned near = distance_of(e->l, item, neighbour), far = distance_of(e->l, item, third);
  e->near[near]++;
  e->far[far]++;
  e->n_nearer += near < far;
  e->n_ties += near == far;
  if (e->n++ > 0 && near >= e->distance) return;
  e->a = item < neighbour ? item : neighbour;
  e->b = item < neighbour ? neighbour : item;
  e->distance = near;
}

/* The least distance with more than this share of the third images at or below it. */
static unsigned quantile(const size_t *count, size_t n, double share) {
  double seen = 0;
  for (unsigned d = 0; d <= BITS; d++) {
    seen += (double)count[d];
    if (seen > (double)n * share) return d;
  }
  return BITS;
}

static void conclude(lnti_leak *leak, const evidence *e) {
  size_t near = 0, far = 0, n_closest = 0, best = 0;
  unsigned hundredth = quantile(e->far, e->n, 0.01);
  *leak = (lnti_leak){.n_triples = e->n};
  if (e->n == 0) return;
  for (unsigned d = 0; d <= BITS; d++) {
    if (d < hundredth) n_closest += e->near[d];
    near += e->near[d];
    far += e->far[d];
    if (near > far && near - far > best) {
      best = near - far;
      leak->within = d;
    }
  }
  leak->nearer = ((double)e->n_nearer + 0.5 * (double)e->n_ties) / (double)e->n;
  leak->closest = (double)n_closest / (double)e->n;
  leak->typical = quantile(e->far, e->n, 0.5);
  leak->a_id = e->l->roster.item[e->a].id;
  leak->b_id = e->l->roster.item[e->b].id;
  leak->distance = e->distance;
  leak->found = e->n >= LNTI_LEAK_PAIRS_LEAST &&
                (leak->nearer >= nearer_least || (leak->closest >= closest_least && n_closest >= CLOSEST_LEAST));
}

/* ---- drawing ---- */

static bool fits(const looking *l, uint32_t a, uint32_t b) {
  const lnti_roster_item *x = &l->roster.item[a], *y = &l->roster.item[b];
  return a != b && x->has_signature && y->has_signature && x->label == y->label &&
         memcmp(x->content, y->content, sizeof x->content) != 0; /* copies are told of elsewhere */
}

/* So many candidates are passed over for each that is looked at. */
static size_t stride_of(size_t n) {
  return n / LNTI_LEAK_SAMPLE + 1;
}

/* Neighbours by number, and a third image: of another name in their folder, or far away under the same. */
static void draw_third_name(evidence *e, size_t at, size_t begin, size_t end, size_t stem, size_t stem_end,
                            bool by_number, lnti_rng *rng) {
  const lnti_named *named = e->l->named;
  size_t far = (stem_end - stem) / 4 > FAR ? (stem_end - stem) / 4 : FAR;
  for (int draw = 0; draw < DRAWS; draw++) {
    size_t third = by_number ? stem + lnti_rng_below(rng, stem_end - stem) : begin + lnti_rng_below(rng, end - begin);
    bool apart = by_number ? (third > at ? third - at : at - third) >= far : third < stem || third >= stem_end;
    if (!apart || !fits(e->l, named[at].item, named[third].item)) continue;
    add_triple(e, named[at].item, named[at - 1].item, named[third].item);
    return;
  }
}

static void look_at_names(evidence *e, bool by_number) {
  const lnti_named *named = e->l->named;
  size_t n = e->l->roster.n, stride = stride_of(n), end = 0, stem_end = 0;
  lnti_rng rng;
  lnti_rng_seed(&rng, 0, by_number ? LNTI_LEAK_NUMBER : LNTI_LEAK_NAME);
  for (size_t begin = 0, stem = 0, i = 0; i < n; i++) {
    if (i == end) {
      for (begin = i; end < n && named[end].folder == named[begin].folder;) end++;
    }
    if (i == stem_end) {
      for (stem = i; stem_end < end && named[stem_end].stem == named[stem].stem;) stem_end++;
    }
    if (i == stem || i % stride != 0 || !fits(e->l, named[i].item, named[i - 1].item)) continue;
    draw_third_name(e, i, begin, end, stem, stem_end, by_number, &rng);
  }
}

/* Where a label begins among the items by label. */
static size_t label_begin(const looking *l, uint64_t label) {
  size_t low = 0, high = l->roster.n;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (l->roster.item[l->by_label[middle]].label < label) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

typedef bool (*is_apart)(const looking *l, uint32_t a, uint32_t b);

static bool other_folder(const looking *l, uint32_t a, uint32_t b) {
  return l->folder_of[a] != l->folder_of[b];
}

static bool other_time(const looking *l, uint32_t a, uint32_t b) {
  if (l->taken_at[a] == none || l->taken_at[b] == none) return false;
  const lnti_taken *x = &l->taken[l->taken_at[a]], *y = &l->taken[l->taken_at[b]];
  int64_t gap = x->seconds > y->seconds ? x->seconds - y->seconds : y->seconds - x->seconds;
  return x->camera != y->camera || gap >= HOUR;
}

/* Adds the triple of two neighbours and a third image of their label that is no neighbour, if one is found. */
static void draw_third(evidence *e, uint32_t item, uint32_t neighbour, lnti_rng *rng, is_apart apart) {
  const looking *l = e->l;
  uint64_t label = l->roster.item[item].label;
  size_t begin = label_begin(l, label), end = label == UINT64_MAX ? l->roster.n : label_begin(l, label + 1);
  for (int draw = 0; draw < DRAWS && begin < end; draw++) {
    uint32_t third = l->by_label[begin + lnti_rng_below(rng, end - begin)];
    if (!fits(l, item, third) || !apart(l, item, third)) continue;
    add_triple(e, item, neighbour, third);
    return;
  }
}

/* Two of one folder that are no neighbours by name. */
static void look_at_folders(evidence *e) {
  const looking *l = e->l;
  const lnti_named *named = l->named;
  size_t n = l->roster.n, stride = stride_of(n);
  lnti_rng rng;
  lnti_rng_seed(&rng, 0, LNTI_LEAK_FOLDER);
  for (size_t begin = 0, end; begin < n; begin = end) {
    for (end = begin; end < n && named[end].folder == named[begin].folder;) end++;
    if (l->roster.item[named[begin].item].source_kind == LNTI_SOURCE_ARRAY) continue;
    for (size_t i = begin; i < end; i++) {
      size_t other = begin + lnti_rng_below(&rng, end - begin);
      bool neighbours = (other > i ? other - i : i - other) < FAR && named[other].stem == named[i].stem;
      if (i % stride != 0 || neighbours || !fits(l, named[i].item, named[other].item)) continue;
      draw_third(e, named[i].item, named[other].item, &rng, other_folder);
    }
  }
}

static void look_at_times(evidence *e) {
  const looking *l = e->l;
  size_t stride = stride_of(l->n_taken);
  lnti_rng rng;
  lnti_rng_seed(&rng, 0, LNTI_LEAK_TIME);
  for (size_t i = 1; i < l->n_taken; i++) {
    const lnti_taken *a = &l->taken[i - 1], *b = &l->taken[i];
    if (i % stride != 0 || a->camera != b->camera || b->seconds - a->seconds > LNTI_LEAK_GAP) continue;
    if (fits(l, a->item, b->item)) draw_third(e, b->item, a->item, &rng, other_time);
  }
}

static void look_at(evidence *e, lnti_leak_kind kind) {
  switch (kind) {
    case LNTI_LEAK_NAME:
    case LNTI_LEAK_NUMBER:
      look_at_names(e, kind == LNTI_LEAK_NUMBER);
      break;
    case LNTI_LEAK_FOLDER:
      look_at_folders(e);
      break;
    default:
      look_at_times(e);
  }
}

/* ---- sets ---- */

static void join(looking *l, lnti_leak_kind kind, unsigned within) {
  switch (kind) {
    case LNTI_LEAK_NAME:
      lnti_named_join_stems(l->parent, l->named, l->roster.n);
      break;
    case LNTI_LEAK_NUMBER:
      lnti_named_join_alike(l->parent, l->named, &l->roster, within);
      break;
    case LNTI_LEAK_FOLDER:
      lnti_named_join_folders(l->parent, l->named, &l->roster);
      break;
    default:
      lnti_taken_join(l->parent, l->taken, l->n_taken, LNTI_LEAK_GAP);
  }
}

/* How many sets there are, and whether they matter. */
static lnt_status measure_sets(lnti_leak *leak, looking *l, lnti_leak_kind kind, lnt_error *err) {
  uint32_t *size = NULL;
  size_t n = l->roster.n;
  lnt_status status = lnti_alloc_zero(&size, n, sizeof *size, err);
  if (status) return status;
  lnti_sets_init(l->parent, n);
  join(l, kind, leak->within);
  lnti_sets_flatten(l->parent, n);
  for (size_t i = 0; i < n; i++) size[l->parent[i]]++;
  for (size_t i = 0; i < n; i++) {
    leak->n_sets += size[i] > 1;
    leak->n_items += size[i] > 1 ? size[i] : 0;
  }
  free(size);
  leak->found = (double)leak->n_items >= cover_least * (double)n;
  return LNT_OK;
}

/* ---- looking ---- */

static int compare_numbers(uint64_t x, uint64_t y) {
  return x < y ? -1 : x > y;
}

typedef struct labelled {
  uint64_t label;
  uint32_t item;
} labelled;

static int compare_labelled(const void *a, const void *b) {
  const labelled *x = a, *y = b;
  int order = compare_numbers(x->label, y->label);
  return order ? order : compare_numbers(x->item, y->item);
}

static lnt_status order_by_label(looking *l, lnt_error *err) {
  labelled *order = NULL;
  size_t n = l->roster.n;
  lnt_status status = lnti_alloc(&order, n, sizeof *order, err);
  if (status) return status;
  for (size_t i = 0; i < n; i++) order[i] = (labelled){l->roster.item[i].label, (uint32_t)i};
  if (n > 1) qsort(order, n, sizeof *order, compare_labelled);
  for (size_t i = 0; i < n; i++) l->by_label[i] = order[i].item;
  free(order);
  return LNT_OK;
}

static lnt_status prepare(looking *l, lnt_error *err) {
  const unsigned what = LNTI_ROSTER_NAMES | LNTI_ROSTER_SIGNATURES | LNTI_ROSTER_LABELS;
  lnt_status status = lnti_roster_read(&l->roster, l->project, what, 0, err);
  size_t n = l->roster.n;
  if (!status) status = lnti_alloc(&l->named, n, sizeof *l->named, err);
  if (!status) status = lnti_alloc(&l->by_label, n, sizeof *l->by_label, err);
  if (!status) status = lnti_alloc(&l->folder_of, n, sizeof *l->folder_of, err);
  if (!status) status = lnti_alloc(&l->taken_at, n, sizeof *l->taken_at, err);
  if (!status) status = lnti_alloc(&l->parent, n, sizeof *l->parent, err);
  if (!status) status = lnti_taken_read(&l->taken, &l->n_taken, l->project, &l->roster, err);
  if (!status) status = order_by_label(l, err);
  if (status) return status;
  lnti_named_read(l->named, &l->roster);
  for (size_t i = 0; i < n; i++) {
    l->folder_of[l->named[i].item] = l->named[i].folder;
    l->taken_at[i] = none;
  }
  for (size_t i = 0; i < l->n_taken; i++) l->taken_at[l->taken[i].item] = (uint32_t)i;
  return LNT_OK;
}

static void clear(looking *l) {
  lnti_roster_clear(&l->roster);
  free(l->named);
  free(l->by_label);
  free(l->folder_of);
  free(l->taken);
  free(l->taken_at);
  free(l->parent);
}

static lnt_status look(lnti_leak *leak, looking *l, lnti_leak_kind kind, lnt_error *err) {
  evidence e = {.l = l};
  look_at(&e, kind);
  conclude(leak, &e);
  lnt_status status = leak->found ? measure_sets(leak, l, kind, err) : LNT_OK;
  if (!status && leak->found) status = lnti_roster_uri(&leak->a, l->project, leak->a_id, err);
  if (!status && leak->found) status = lnti_roster_uri(&leak->b, l->project, leak->b_id, err);
  return status;
}

/* A folder holds all of its names, and a name all of its numbers: the larger one is enough. */
static lnt_status make_key(lnti_leaks *leaks, lnt_error *err) {
  const lnti_leak *leak = leaks->leak;
  lnti_text key = {0};
  lnt_status status = LNT_OK;
  if (leak[LNTI_LEAK_FOLDER].found) {
    status = lnti_text_printf(&key, err, "folder");
  } else if (leak[LNTI_LEAK_NAME].found) {
    status = lnti_text_printf(&key, err, "sequence:name");
  } else if (leak[LNTI_LEAK_NUMBER].found) {
    status = lnti_text_printf(&key, err, "sequence:alike=%u", leak[LNTI_LEAK_NUMBER].within);
  }
  if (!status && leak[LNTI_LEAK_TIME].found) {
    status = lnti_text_printf(&key, err, "%stime:%d", key.length ? "," : "", (int)LNTI_LEAK_GAP);
  }
  leaks->key = key.data;
  return status;
}

typedef struct near_counting {
  int64_t *set; /* sets with pictures that are not equal, a set as often as it has such */
  size_t n_sets, capacity;
  size_t *n_of; /* [n_sets] images of each, by its place among `set` */
  size_t n;     /* images of these */
} near_counting;

static lnt_status note_near_set(void *payload, const lnti_duplicate *link, lnt_error *err) {
  near_counting *c = payload;
  if (link->equal_id == link->near_id) return LNT_OK;
  lnt_status status = lnti_grow(&c->set, &c->capacity, c->n_sets + 1, sizeof *c->set, err);
  if (!status) c->set[c->n_sets++] = link->near_id;
  return status;
}

static int compare_ids(const void *a, const void *b) {
  const int64_t *x = a, *y = b;
  return *x < *y ? -1 : *x > *y;
}

static lnt_status count_near_image(void *payload, const lnti_duplicate *link, lnt_error *err) {
  (void)err;
  near_counting *c = payload;
  const int64_t *found = c->n_sets > 0 ? bsearch(&link->near_id, c->set, c->n_sets, sizeof *c->set, compare_ids) : NULL;
  if (!found) return LNT_OK;
  c->n++;
  c->n_of[found - c->set]++;
  return LNT_OK;
}

static lnt_status count_near(lnti_leaks *leaks, lnti_project *project, lnt_error *err) {
  near_counting c = {0};
  lnt_status status = lnti_store_duplicates(project->store, 0, INT64_MAX, note_near_set, &c, err);
  if (!status && c.n_sets > 1) qsort(c.set, c.n_sets, sizeof *c.set, compare_ids);
  if (!status) status = lnti_alloc_zero(&c.n_of, c.n_sets, sizeof *c.n_of, err);
  if (!status) status = lnti_store_duplicates(project->store, 0, INT64_MAX, count_near_image, &c, err);
  for (size_t i = 0; i < c.n_sets && !status; i++)
    leaks->largest = c.n_of[i] > leaks->largest ? c.n_of[i] : leaks->largest;
  free(c.n_of);
  free(c.set);
  leaks->n_near = c.n;
  leaks->near = c.n >= LNTI_LEAK_NEAR_LEAST && (double)c.n >= near_least * (double)leaks->n;
  return status;
}

static lnt_status write_key(void *payload, lnti_tx *tx, lnt_error *err) {
  const lnti_leaks *leaks = payload;
  return lnti_tx_setting(tx, setting, leaks->key ? leaks->key : "", err);
}

static lnt_status update(lnti_leaks *out, looking *l, lnt_error *err) {
  lnti_project *project = l->project;
  lnti_leaks leaks = {0};
  lnt_status status = prepare(l, err);
  for (int kind = 0; kind < LNTI_LEAK_KINDS && !status; kind++) {
    if (kind == LNTI_LEAK_NUMBER && leaks.leak[LNTI_LEAK_NAME].found) continue;
    status = lnti_cancel_check(project->context.cancel, err);
    if (!status) status = look(&leaks.leak[kind], l, (lnti_leak_kind)kind, err);
  }
  leaks.n = l->roster.n;
  if (!status) status = count_near(&leaks, project, err);
  if (!status) status = make_key(&leaks, err);
  if (!status) status = lnti_store_write(project->store, write_key, &leaks, err);
  if (status) {
    lnti_leaks_clear(&leaks);
    return status;
  }
  *out = leaks;
  return LNT_OK;
}

lnt_status lnti_leaks_update(lnti_leaks *out, lnti_project *project, lnt_error *err) {
  looking l = {.project = project};
  lnt_status status = update(out, &l, err);
  clear(&l);
  return status;
}

lnt_status lnti_leaks_outdate(lnti_tx *tx, lnt_error *err) {
  return lnti_tx_setting(tx, setting, NULL, err);
}

void lnti_leaks_clear(lnti_leaks *leaks) {
  for (int kind = 0; kind < LNTI_LEAK_KINDS; kind++) {
    free(leaks->leak[kind].a);
    free(leaks->leak[kind].b);
  }
  free(leaks->key);
  *leaks = (lnti_leaks){0};
}

lnt_status lnti_leaks_key(char **key_out, lnti_project *project, lnt_error *err) {
  char *key = NULL;
  lnti_leaks leaks = {0};
  lnt_status status = lnti_store_setting(&key, project->store, setting, err);
  if (status) return status;
  if (!key) {
    status = lnti_leaks_update(&leaks, project, err);
    if (status) return status;
    key = leaks.key;
    leaks.key = NULL;
    lnti_leaks_clear(&leaks);
  } else if (!*key) {
    free(key);
    key = NULL;
  }
  *key_out = key;
  return LNT_OK;
}

/* ---- in words ---- */

lnt_status lnti_leaks_warn(lnti_messages *warnings, const lnti_leaks *leaks, lnt_error *err) {
  static const char *const whose[] = {"whose names differ in their last number alone",
                                      "that follow each other by the numbers in their names", "of one folder",
                                      "taken by one camera within seconds"};
  lnt_status status = LNT_OK;
  for (int kind = 0; kind < LNTI_LEAK_KINDS && !status; kind++) {
    const lnti_leak *leak = &leaks->leak[kind];
    if (!leak->found) continue;
    status = lnti_messages_add(
        warnings, err,
        "images %s are alike (%zu %s, %zu images): %s and %s differ in %u of 256 bits, where others of the same label "
        "mostly differ in %u. A random split would put such images into train and into test, and the score would be too "
        "good. Keep them together: linnet split --by group",
        whose[kind], leak->n_sets, lnti_plural(leak->n_sets, "set", "sets"), leak->n_items, leak->a, leak->b,
        leak->distance, leak->typical);
  }
  if (!status && leaks->near) {
    double percent = 100 * (double)leaks->n_near / (double)leaks->n;
    status = leaks->largest > lnti_near_most(leaks->n)
                 ? lnti_messages_add(warnings, err,
                                     "%zu images (%.0f %%) are nearly equal to others: linnet split keeps such images "
                                     "together, but for a set of %zu, which is too large to lie on one side. If these "
                                     "are shots of one thing, do: linnet split --group near",
                                     leaks->n_near, percent, leaks->largest)
                 : lnti_messages_add(warnings, err,
                                     "%zu images (%.0f %%) are nearly equal to others: linnet split keeps such images "
                                     "together, a split that was made elsewhere may not",
                                     leaks->n_near, percent);
  }
  return status;
}

/* Whether there is a division that could cut what belongs together; a set that comes as "train" alone has none yet. */
static bool is_divided(const lnti_roster *roster) {
  uint64_t first = 0;
  for (size_t i = 0; i < roster->n; i++) {
    const uint64_t split = roster->item[i].split;
    if (split && first && split != first) return true;
    if (split) first = split;
  }
  return false;
}

lnt_status lnti_leaks_report(lnti_messages *warnings, lnti_project *project, lnt_error *err) {
  looking l = {.project = project};
  lnti_leaks leaks = {0};
  lnti_cuts cuts = {0};
  lnti_split_info info = {0};
  lnt_status status = update(&leaks, &l, err);
  if (!status && !is_divided(&l.roster)) {
    status = lnti_leaks_warn(warnings, &leaks, err);
  } else if (!status && leaks.key) { /* copies are told of with the duplicates */
    status = lnti_split_info_read(&info, project, err);
    if (!status) status = lnti_cuts_find(&cuts, project, &l.roster, &info, err);
    if (!status) status = lnti_cuts_warn(warnings, &cuts, err);
  }
  lnti_cuts_clear(&cuts);
  lnti_split_info_clear(&info);
  lnti_leaks_clear(&leaks);
  clear(&l);
  return status;
}
