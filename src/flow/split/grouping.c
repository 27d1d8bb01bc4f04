/*
 * Each key joins the images that share its value; together they make the groups. A key that no image has a value for is an
 * error, since a split by it would be a random one under another name.
 */
#include <flow/split/grouping.h>

#include <base/alloc.h>
#include <base/error.h>
#include <ctype.h>
#include <flow/duplicates.h>
#include <flow/split/leaks.h>
#include <flow/posix_regex.h>
#include <flow/split/sequences.h>
#include <flow/split/sets.h>
#include <stdlib.h>
#include <string.h>

static const uint32_t none = UINT32_MAX;

enum { KEY_MAX = 1000, SECONDS_MAX = 366 * 86400, LARGE_PART = 10, LARGE_LEAST = 50 };

typedef struct building {
  lnti_project *project;
  const lnti_roster *roster;
  lnti_grouping *out; /* `group` is the parents of the sets */
  lnti_text key;
  lnti_named *named; /* read when a key asks for it */
  lnti_duplicate *links;
  size_t n_links, link_capacity;
} building;

static lnt_status add_key_text(building *b, const char *text, lnt_error *err) {
  return lnti_text_printf(&b->key, err, "%s%s", b->key.length ? "," : "", text);
}

/* ---- what is always together ---- */

static lnt_status join_equal_content(building *b, lnt_error *err) {
  lnti_set_key *keys = NULL;
  size_t n = b->roster->n;
  lnt_status status = lnti_alloc(&keys, n, sizeof *keys, err);
  if (status) return status;
  for (size_t i = 0; i < n; i++) {
    memcpy(keys[i].bytes, b->roster->item[i].content, sizeof keys[i].bytes);
    keys[i].member = (uint32_t)i;
  }
  lnti_sets_join_equal(b->out->group, keys, n);
  free(keys);
  return LNT_OK;
}

/* Where a link joins its image: to its near set, or where that is too large to those of equal pixels alone.
 * @param size  [roster->n] images of the near set by its lowest; NULL: all near sets are joined */
static size_t joined_to(const building *b, const lnti_duplicate *link, const uint32_t *size, size_t most) {
  size_t lowest = lnti_roster_find(b->roster, link->near_id);
  bool near = lowest != SIZE_MAX && (!size || size[lowest] <= most);
  return near ? lowest : lnti_roster_find(b->roster, link->equal_id);
}

static lnt_status join_links(building *b, lnti_near near, lnt_error *err) {
  uint32_t *size = NULL;
  size_t n = b->roster->n, most = near == LNTI_NEAR_USUAL ? lnti_near_most(n) : 0;
  lnt_status status = near == LNTI_NEAR_ALL ? LNT_OK : lnti_alloc_zero(&size, n, sizeof *size, err);
  if (status) return status;
  for (size_t k = 0; k < b->n_links && size; k++) {
    size_t lowest = lnti_roster_find(b->roster, b->links[k].near_id);
    if (lowest == SIZE_MAX) continue;
    b->out->n_large += size[lowest] == most && near == LNTI_NEAR_USUAL;
    size[lowest]++;
  }
  for (size_t k = 0; k < b->n_links; k++) {
    size_t i = lnti_roster_find(b->roster, b->links[k].item_id), to = joined_to(b, &b->links[k], size, most);
    if (i != SIZE_MAX && to != SIZE_MAX) lnti_set_join(b->out->group, (uint32_t)i, (uint32_t)to);
  }
  free(size);
  return LNT_OK;
}

static lnt_status keep_link(void *payload, const lnti_duplicate *link, lnt_error *err) {
  building *b = payload;
  lnt_status status = lnti_grow(&b->links, &b->link_capacity, b->n_links + 1, sizeof *b->links, err);
  if (status == LNT_OK) b->links[b->n_links++] = *link;
  return status;
}

/* Of a few images a tenth is nothing. */
size_t lnti_near_most(size_t n) {
  return n < LARGE_LEAST ? n : n / LARGE_PART;
}

static void set_number(lnti_set_key *out, uint64_t number, size_t member) {
  memset(out->bytes, 0, sizeof out->bytes);
  memcpy(out->bytes, &number, sizeof number);
  out->member = (uint32_t)member;
}

static lnt_status join_item_groups(building *b, lnt_error *err) {
  lnti_set_key *keys = NULL;
  size_t n = 0;
  lnt_status status = lnti_alloc(&keys, b->roster->n, sizeof *keys, err);
  if (status) return status;
  for (size_t i = 0; i < b->roster->n; i++) {
    if (b->roster->item[i].group_id) set_number(&keys[n++], (uint64_t)b->roster->item[i].group_id, i);
  }
  lnti_sets_join_equal(b->out->group, keys, n);
  free(keys);
  return LNT_OK;
}

/* Frames and pages of one file. */
static lnt_status join_files(building *b, lnt_error *err) {
  const lnti_roster *roster = b->roster;
  lnti_set_key *keys = NULL;
  bool any = false;
  for (size_t i = 0; i < roster->n && !any; i++) any = roster->item[i].framed;
  if (!any) return LNT_OK;
  lnt_status status = lnti_alloc(&keys, roster->n, sizeof *keys, err);
  if (status) return status;
  for (size_t i = 0; i < roster->n; i++) set_number(&keys[i], roster->item[i].file, i);
  lnti_sets_join_equal(b->out->group, keys, roster->n);
  free(keys);
  return LNT_OK;
}

static lnt_status join_always(building *b, lnti_near near, lnt_error *err) {
  lnt_status status = join_equal_content(b, err);
  if (!status) status = lnti_duplicates_ensure(b->project, err);
  if (!status) status = lnti_store_duplicates(b->project->store, 0, INT64_MAX, keep_link, b, err);
  if (!status) status = join_links(b, near, err);
  if (!status) status = join_item_groups(b, err);
  return status ? status : join_files(b, err);
}

/* ---- values ---- */

typedef struct values {
  building *b;
  const char *name; /* of the metadata key */
  lnti_set_key *keys;
  size_t n;
  bool known;    /* the key is one of the project's */
  lnti_text all; /* all keys, for the error */
} values;

/* Joins the images of equal values, and says how many have none. */
static lnt_status join_values(building *b, lnti_set_key *keys, size_t n, const char *key, lnt_error *err) {
  size_t all = b->roster->n;
  if (n == 0)
    return lnti_fail(err, LNT_ENOTFOUND, "--group %s: not one of %zu %s has a value for it", key, all,
                     lnti_plural(all, "image", "images"));
  lnti_sets_join_equal(b->out->group, keys, n);
  if (n == all) return LNT_OK;
  return lnti_messages_add(&b->out->notes, err, "%zu of %zu images %s no value for --group %s: each stands alone",
                           all - n, all, lnti_plural(all - n, "has", "have"), key);
}

static lnt_status note_meta_key(void *payload, int64_t key_id, const char *key, lnt_error *err) {
  (void)key_id;
  values *v = payload;
  v->known = v->known || strcmp(key, v->name) == 0;
  return v->all.length > 300 ? LNT_OK : lnti_text_printf(&v->all, err, "%s%s", v->all.length ? ", " : "", key);
}

static lnt_status take_meta(void *payload, int64_t item_id, const char *key, const char *value, lnt_error *err) {
  (void)err;
  values *v = payload;
  size_t i = strcmp(key, v->name) == 0 && *value ? lnti_roster_find(v->b->roster, item_id) : SIZE_MAX;
  if (i != SIZE_MAX) lnti_set_key_of(&v->keys[v->n++], value, strlen(value), (uint32_t)i);
  return LNT_OK;
}

static lnt_status join_meta(building *b, const char *name, const char *text, lnt_error *err) {
  values v = {.b = b, .name = name};
  lnt_status status = lnti_store_meta_keys(b->project->store, note_meta_key, &v, err);
  if (!status && !v.known) {
    status = lnti_fail(err, LNT_ENOTFOUND,
                       "--group %s: no image has such metadata; there is %s. Other keys are near, group, folder, "
                       "sequence, time:SECONDS and path:REGEX",
                       text, v.all.data ? v.all.data : "none");
  }
  if (!status) status = lnti_alloc(&v.keys, b->roster->n, sizeof *v.keys, err);
  if (!status) status = lnti_store_meta(b->project->store, 0, INT64_MAX, take_meta, &v, err);
  if (!status) status = join_values(b, v.keys, v.n, text, err);
  lnti_text_clear(&v.all);
  free(v.keys);
  return status ? status : add_key_text(b, text, err);
}

/* ---- paths ---- */

static lnt_status match_paths(building *b, const regex_t *regex, const char *text, lnt_error *err) {
  lnti_set_key *keys = NULL;
  size_t n = 0;
  int which = regex->re_nsub > 0 ? 1 : 0;
  lnt_status status = lnti_alloc(&keys, b->roster->n, sizeof *keys, err);
  for (size_t i = 0; i < b->roster->n && !status; i++) {
    regmatch_t match[2];
    const char *path = lnti_roster_name(b->roster, i);
    if (i % 1024 == 0) status = lnti_cancel_check(b->project->context.cancel, err);
    if (status || !lnti_posix_regex_find(match, 2, regex, path) || match[which].rm_so < 0) continue;
    lnti_set_key_of(&keys[n++], path + match[which].rm_so, (size_t)(match[which].rm_eo - match[which].rm_so),
                    (uint32_t)i);
  }
  if (!status) status = join_values(b, keys, n, text, err);
  free(keys);
  return status;
}

static lnt_status join_path(building *b, const char *expression, const char *text, lnt_error *err) {
  regex_t regex;
  lnt_status status = lnti_posix_regex(&regex, expression, text, err);
  if (status) return status;
  status = match_paths(b, &regex, text, err);
  regfree(&regex);
  return status ? status : add_key_text(b, text, err);
}

/* ---- sequences ---- */

static lnt_status need_names(building *b, lnt_error *err) {
  if (b->named) return LNT_OK;
  lnt_status status = lnti_alloc(&b->named, b->roster->n, sizeof *b->named, err);
  if (!status) lnti_named_read(b->named, b->roster);
  return status;
}

/* A whole number of the key's own, in [min,max]. */
static lnt_status read_number(int64_t *out, const char *number, const char *text, int64_t min, int64_t max,
                              lnt_error *err) {
  lnt_error ignored = LNT_ERROR_INIT;
  int64_t value = 0;
  if (lnti_parse_int(&value, number, "", &ignored) || value < min || value > max) {
    return lnti_fail(err, LNT_EINVAL, "--group %s: a whole number from %lld to %lld is wanted", text, (long long)min,
                     (long long)max);
  }
  *out = value;
  return LNT_OK;
}

static lnt_status join_time(building *b, const char *seconds, const char *text, lnt_error *err) {
  lnti_taken *taken = NULL;
  size_t n = 0, all = b->roster->n;
  int64_t gap = 0;
  lnt_status status = read_number(&gap, seconds, text, 0, SECONDS_MAX, err);
  if (!status) status = lnti_taken_read(&taken, &n, b->project, b->roster, err);
  if (!status && n == 0) {
    status = lnti_fail(err, LNT_ENOTFOUND, "--group %s: not one of %zu %s has a time in its metadata \"date\"", text,
                       all, lnti_plural(all, "image", "images"));
  }
  if (!status) lnti_taken_join(b->out->group, taken, n, gap);
  if (!status && n < all) {
    status = lnti_messages_add(&b->out->notes, err, "%zu of %zu images %s no value for --group %s: each stands alone",
                               all - n, all, lnti_plural(all - n, "has", "have"), text);
  }
  free(taken);
  return status ? status : add_key_text(b, text, err);
}

static lnt_status join_named(building *b, const char *what, const char *text, lnt_error *err) {
  int64_t within = 0;
  lnt_status status = need_names(b, err);
  if (status) return status;
  if (strcmp(what, "folder") == 0) {
    lnti_named_join_folders(b->out->group, b->named, b->roster);
  } else if (strcmp(what, "name") == 0) {
    lnti_named_join_stems(b->out->group, b->named, b->roster->n);
  } else {
    status = read_number(&within, what, text, 0, 256, err);
    if (!status) lnti_named_join_alike(b->out->group, b->named, b->roster, (unsigned)within);
  }
  return status ? status : add_key_text(b, text, err);
}

/* The sequences that were found; those by time are another key's. */
static lnt_status join_found_sequence(building *b, lnt_error *err) {
  char *found = NULL;
  lnt_status status = lnti_leaks_key(&found, b->project, err);
  if (status) return status;
  if (found) found[strcspn(found, ",")] = '\0';
  const char *alike = "sequence:alike=";
  if (found && strcmp(found, "sequence:name") == 0) {
    status = join_named(b, "name", found, err);
  } else if (found && strncmp(found, alike, strlen(alike)) == 0) {
    status = join_named(b, found + strlen(alike), found, err);
  } else {
    status = lnti_fail(
        err, LNT_ENOTFOUND,
        "--group sequence: no sequences were found, since images whose names follow each other are not alike; "
        "to go by the names nevertheless: --group sequence:name, or path:REGEX");
  }
  free(found);
  return status;
}

/* ---- keys ---- */

static const char *after(const char *text, const char *prefix) {
  size_t n = strlen(prefix);
  return strncmp(text, prefix, n) == 0 ? text + n : NULL;
}

static lnt_status join_key(building *b, const char *text, lnt_error *err) {
  const char *rest;
  if (!*text) return lnti_fail(err, LNT_EINVAL, "--group: a key is empty");
  if (strcmp(text, "near") == 0) {
    lnt_status status = join_links(b, LNTI_NEAR_ALL, err);
    return status ? status : add_key_text(b, text, err);
  }
  if (strcmp(text, "group") == 0) return add_key_text(b, text, err);
  if (strcmp(text, "folder") == 0) return join_named(b, text, text, err);
  if (strcmp(text, "sequence") == 0) return join_found_sequence(b, err);
  if ((rest = after(text, "sequence:alike="))) return join_named(b, rest, text, err);
  if (strcmp(text, "sequence:name") == 0) return join_named(b, "name", text, err);
  if (after(text, "sequence:")) {
    return lnti_fail(err, LNT_EINVAL, "--group %s: there are sequence, sequence:name and sequence:alike=BITS", text);
  }
  if ((rest = after(text, "time:"))) return join_time(b, rest, text, err);
  if ((rest = after(text, "path:"))) return join_path(b, rest, text, err);
  rest = after(text, "meta:");
  return join_meta(b, rest ? rest : text, text, err);
}

/* Length of the first key: up to a comma that is neither in brackets nor after a backslash. */
static size_t key_length(const char *keys) {
  int depth = 0;
  size_t n = 0;
  for (; keys[n] && (keys[n] != ',' || depth > 0); n++) {
    if (keys[n] == '\\' && keys[n + 1]) {
      n++;
    } else if (strchr("([{", keys[n])) {
      depth++;
    } else if (strchr(")]}", keys[n]) && depth > 0) {
      depth--;
    }
  }
  return n;
}

static lnt_status join_keys(building *b, const char *keys, lnt_error *err) {
  char text[KEY_MAX + 1];
  for (;; keys++) {
    size_t n = key_length(keys);
    if (n > KEY_MAX) return lnti_fail(err, LNT_EINVAL, "--group: a key of %zu bytes; at most %d", n, (int)KEY_MAX);
    memcpy(text, keys, n);
    text[n] = '\0';
    lnt_status status = join_key(b, text, err);
    keys += n;
    if (status || !*keys) return status;
  }
}

/* ---- all of it ---- */

static lnt_status count_groups(lnti_grouping *g, lnt_error *err) {
  uint32_t *size = NULL;
  lnt_status status = lnti_alloc_zero(&size, g->n, sizeof *size, err);
  if (status) return status;
  for (size_t i = 0; i < g->n; i++) size[g->group[i]]++;
  for (size_t i = 0; i < g->n; i++) {
    g->n_groups += size[i] > 1;
    g->n_grouped += size[i] > 1 ? size[i] : 0;
    if (size[i] > g->largest) g->largest = size[i];
  }
  free(size);
  return LNT_OK;
}

lnt_status lnti_grouping_of(lnti_grouping *out, lnti_project *project, const lnti_roster *roster, const char *keys,
                            lnti_near near, lnt_error *err) {
  lnti_grouping grouping = {.n = roster->n};
  building b = {.project = project, .roster = roster, .out = &grouping};
  lnt_status status = lnti_alloc(&grouping.id, roster->n, sizeof *grouping.id, err);
  if (!status) status = lnti_alloc(&grouping.group, roster->n, sizeof *grouping.group, err);
  if (status) goto done;
  for (size_t i = 0; i < roster->n; i++) grouping.id[i] = roster->item[i].id;
  lnti_sets_init(grouping.group, roster->n);
  status = join_always(&b, near, err);
  if (!status && keys) status = join_keys(&b, keys, err);
  if (status) goto done;
  lnti_sets_flatten(grouping.group, roster->n);
  status = count_groups(&grouping, err);
  if (status) goto done;
  grouping.key = b.key.data;
  b.key = (lnti_text){0};
  *out = grouping;
  grouping = (lnti_grouping){0};
done:
  lnti_text_clear(&b.key);
  free(b.links);
  free(b.named);
  lnti_grouping_clear(&grouping);
  return status;
}

lnt_status lnti_grouping_new(lnti_grouping *out, lnti_project *project, const char *keys, lnt_error *err) {
  lnti_roster roster = {0};
  unsigned what = keys ? LNTI_ROSTER_NAMES | LNTI_ROSTER_SIGNATURES : 0;
  lnt_status status = lnti_roster_read(&roster, project, what, 0, err);
  if (!status) status = lnti_grouping_of(out, project, &roster, keys, LNTI_NEAR_USUAL, err);
  lnti_roster_clear(&roster);
  return status;
}

void lnti_grouping_clear(lnti_grouping *grouping) {
  free(grouping->id);
  free(grouping->group);
  free(grouping->key);
  lnti_messages_clear(&grouping->notes);
  *grouping = (lnti_grouping){0};
}

lnt_status lnti_grouping_cuts(size_t *n_out, size_t pair_out[2], const lnti_grouping *grouping,
                              const lnti_roster *roster, lnt_error *err) {
  uint32_t *first = NULL; /* [n] of each group, its first image that is in a split, plus 1; none where it is cut */
  size_t n_cut = 0;
  lnt_status status = lnti_alloc_zero(&first, grouping->n, sizeof *first, err);
  if (status) return status;
  for (size_t i = 0; i < grouping->n; i++) {
    uint32_t *f = &first[grouping->group[i]];
    if (roster->item[i].split == 0 || *f == none) continue;
    if (*f == 0) {
      *f = (uint32_t)i + 1;
    } else if (roster->item[*f - 1].split != roster->item[i].split) {
      if (n_cut++ == 0) {
        pair_out[0] = *f - 1;
        pair_out[1] = i;
      }
      *f = none;
    }
  }
  free(first);
  *n_out = n_cut;
  return LNT_OK;
}
