/*
 * Names and times in an order in which what belongs together is side by side. Texts are compared by hashes of 64 bits: two
 * that share one by accident make a set larger, no more.
 */
#include <flow/split/sequences.h>

#include <base/alloc.h>
#include <ctype.h>
#include <flow/split/sets.h>
#include <math/hamming.h>
#include <stdlib.h>
#include <string.h>

enum { DIGITS_MAX = 18 };

/* ---- names ---- */

static uint64_t hash_folder(const lnti_roster_item *item, const char *name, size_t n) {
  return lnti_hash_table(name, n, (uint64_t)item->source_id);
}

/* Where the last number of a name begins and ends; both at its end where there is none. */
static void find_number(const char **begin, const char **end, const char *name, size_t n) {
  *begin = *end = name + n;
  while (*end > name && !isdigit((unsigned char)(*end)[-1])) --*end;
  if (*end == name) {
    *end = name + n;
    return;
  }
  *begin = *end;
  while (*begin > name && isdigit((unsigned char)(*begin)[-1])) --*begin;
}

static lnti_named read_name(const lnti_roster *roster, size_t i) {
  const lnti_roster_item *item = &roster->item[i];
  const char *path = lnti_roster_name(roster, i), *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
  const char *dot = strrchr(name, '.'), *begin, *end;
  size_t n = dot && dot > name ? (size_t)(dot - name) : strlen(name);
  lnti_named out = {.folder = hash_folder(item, path, slash ? (size_t)(slash - path) : 0), .item = (uint32_t)i};
  find_number(&begin, &end, name, n);
  for (const char *c = begin; c < end && c < begin + DIGITS_MAX; c++)
    out.number = out.number * 10 + (uint64_t)(*c - '0');
  out.stem = lnti_hash_table(name, (size_t)(begin - name), out.folder);
  out.stem = lnti_hash_table(end, (size_t)(name + n - end), out.stem + (begin < end));
  return out;
}

static int compare(uint64_t x, uint64_t y) {
  return x < y ? -1 : x > y;
}

static int compare_named(const void *a, const void *b) {
  const lnti_named *x = a, *y = b;
  int order = compare(x->folder, y->folder);
  if (!order) order = compare(x->stem, y->stem);
  if (!order) order = compare(x->number, y->number);
  return order ? order : compare(x->item, y->item);
}

void lnti_named_read(lnti_named *out, const lnti_roster *roster) {
  for (size_t i = 0; i < roster->n; i++) out[i] = read_name(roster, i);
  if (roster->n > 1) qsort(out, roster->n, sizeof *out, compare_named);
}

static bool same_stem(const lnti_named *a, const lnti_named *b) {
  return a->folder == b->folder && a->stem == b->stem;
}

void lnti_named_join_stems(uint32_t *parent, const lnti_named *named, size_t n) {
  for (size_t i = 1; i < n; i++) {
    if (same_stem(&named[i], &named[i - 1])) lnti_set_join(parent, named[i - 1].item, named[i].item);
  }
}

void lnti_named_join_alike(uint32_t *parent, const lnti_named *named, const lnti_roster *roster, unsigned within) {
  const uint8_t *signature = roster->signature;
  for (size_t i = 1; i < roster->n; i++) {
    uint32_t a = named[i - 1].item, b = named[i].item;
    if (!same_stem(&named[i], &named[i - 1]) || !roster->item[a].has_signature || !roster->item[b].has_signature)
      continue;
    unsigned distance =
        lnti_hamming(signature + (size_t)a * LNTI_SIGNATURE_BYTES, signature + (size_t)b * LNTI_SIGNATURE_BYTES);
    if (distance <= within) lnti_set_join(parent, a, b);
  }
}

void lnti_named_join_folders(uint32_t *parent, const lnti_named *named, const lnti_roster *roster) {
  for (size_t i = 1; i < roster->n; i++) {
    if (named[i].folder != named[i - 1].folder) continue;
    if (roster->item[named[i].item].source_kind == LNTI_SOURCE_ARRAY) continue;
    lnti_set_join(parent, named[i - 1].item, named[i].item);
  }
}

/* ---- times ---- */

/* Days since 1970 of a day of the Gregorian calendar: years begin in March, so that the leap day is their last. */
static int64_t days_of(int64_t year, int64_t month, int64_t day) {
  year -= month <= 2;
  int64_t era = year / 400, of_era = year % 400, of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* n digits as a number in [min,max]; the end of the text is no digit. */
static bool digits(int64_t *out, const char **text, int n, int64_t min, int64_t max) {
  int64_t value = 0;
  for (int i = 0; i < n; i++, ++*text) {
    if (!isdigit((unsigned char)**text)) return false;
    value = value * 10 + (**text - '0');
  }
  *out = value;
  return value >= min && value <= max;
}

static bool one_of(const char **text, const char *allowed) {
  if (!**text || !strchr(allowed, **text)) return false;
  ++*text;
  return true;
}

bool lnti_time_parse(int64_t *seconds_out, const char *text) {
  int64_t year, month, day, hour, minute, second = 0;
  bool date = digits(&year, &text, 4, 1, 9999) && one_of(&text, "-:/") && digits(&month, &text, 2, 1, 12) &&
              one_of(&text, "-:/") && digits(&day, &text, 2, 1, 31);
  bool time = date && one_of(&text, "T ") && digits(&hour, &text, 2, 0, 23) && one_of(&text, ":") &&
              digits(&minute, &text, 2, 0, 59);
  if (!time) return false;
  if (one_of(&text, ":") && !digits(&second, &text, 2, 0, 60)) return false;
  *seconds_out = ((days_of(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
  return true;
}

typedef struct taking {
  const lnti_roster *roster;
  lnti_taken *taken;
  size_t n, capacity;
  int64_t item_id; /* whose metadata are read now */
  lnti_taken now;
  bool has_time;
} taking;

static lnt_status end_item(taking *t, lnt_error *err) {
  size_t i = t->has_time ? lnti_roster_find(t->roster, t->item_id) : SIZE_MAX;
  lnti_taken now = t->now;
  t->now = (lnti_taken){0};
  t->has_time = false;
  if (i == SIZE_MAX) return LNT_OK;
  lnt_status status = lnti_grow(&t->taken, &t->capacity, t->n + 1, sizeof *t->taken, err);
  if (status) return status;
  now.item = (uint32_t)i;
  t->taken[t->n++] = now;
  return LNT_OK;
}

static lnt_status take_meta(void *payload, int64_t item_id, const char *key, const char *value, lnt_error *err) {
  taking *t = payload;
  if (item_id != t->item_id) {
    lnt_status status = end_item(t, err);
    if (status) return status;
    t->item_id = item_id;
  }
  if (strcmp(key, "date") == 0) t->has_time = lnti_time_parse(&t->now.seconds, value);
  if (strcmp(key, "camera") == 0) t->now.camera += lnti_hash_table(value, strlen(value), 1);
  if (strcmp(key, "serial") == 0) t->now.camera += lnti_hash_table(value, strlen(value), 2);
  return LNT_OK;
}

static int compare_taken(const void *a, const void *b) {
  const lnti_taken *x = a, *y = b;
  int order = compare(x->camera, y->camera);
  if (!order) order = x->seconds < y->seconds ? -1 : x->seconds > y->seconds;
  return order ? order : compare(x->item, y->item);
}

lnt_status lnti_taken_read(lnti_taken **out, size_t *n_out, lnti_project *project, const lnti_roster *roster,
                           lnt_error *err) {
  taking t = {.roster = roster};
  lnt_status status = lnti_store_meta(project->store, 0, INT64_MAX, take_meta, &t, err);
  if (!status) status = end_item(&t, err);
  if (status) {
    free(t.taken);
    return status;
  }
  if (t.n > 1) qsort(t.taken, t.n, sizeof *t.taken, compare_taken);
  *out = t.taken;
  *n_out = t.n;
  return LNT_OK;
}

void lnti_taken_join(uint32_t *parent, const lnti_taken *taken, size_t n, int64_t gap) {
  for (size_t i = 1; i < n; i++) {
    bool same = taken[i].camera == taken[i - 1].camera && taken[i].seconds - taken[i - 1].seconds <= gap;
    if (same) lnti_set_join(parent, taken[i - 1].item, taken[i].item);
  }
}
