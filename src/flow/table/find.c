/*
 * Looking up what paths name. The order is: an item by its URI; a file or member that is there; an item by the end of its
 * URI; a file that lacks its extension. Texts of items are not kept, only 128 bits of hash of each.
 */
#include <flow/table/find.h>

#include <base/error.h>
#include <errno.h>
#include <flow/import/files.h>
#include <flow/table/parts.h>
#include <flow/text_index.h>
#include <media/idx.h>
#include <media/uri.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
  SLOTS_START = 1024,
  PARTS_MAX = 16,   /* of a path that is held against the ends of URIs */
  ENDS_MAX = 8,     /* tables of ends, each of one number of parts, and of the size of all items */
  ARCHIVES_MAX = 64 /* whose members are known at a time */
};

/* An item by the hash of its URI or of an end of it. */
typedef struct slot {
  uint64_t hash[2];
  int64_t id;      /* 0: free; SEVERAL: more than one item */
  uint32_t source; /* of the finder's sources */
  uint32_t flags;
  int64_t group_id;
} slot;
enum { HAS_SPLIT = 1, DONE = 2 };
#define SEVERAL (-1)

typedef struct slots {
  slot *slot; /* [n_slots], a power of two, at most half full */
  size_t n_slots, n;
} slots;

/* The items by the last `n_parts` parts of their URIs, with or without the extension. */
typedef struct ends {
  slots items;
  size_t n_parts;
  bool bare;
} ends;

typedef struct source {
  int64_t id; /* 0: it is no source yet */
  lnti_source_kind kind;
  char *path;
} source;

typedef struct archive {
  char *path;
  lnti_text_index members;
} archive;

struct lnti_finder {
  lnti_project *project;
  char *root, *outside; /* the folder of all media outside the root; NULL: none */
  lnti_source_kind kind;
  slots items;
  ends ends[ENDS_MAX];
  size_t n_ends;
  source *sources;
  size_t n_sources, source_capacity;
  size_t last_source;
  archive archives[ARCHIVES_MAX];
  size_t n_archives;
  size_t last_extension;
  bool ends_missed; /* the path that was asked for last was not held against the ends */
  lnti_text uri;
};

/* ---- hashes ---- */

static void hash_text(uint64_t out[2], const char *text, size_t n) {
  lnti_hash128 hash;
  lnti_hash128_bytes(&hash, text, n);
  memcpy(out, hash.bytes, sizeof hash.bytes);
}

static slot *slot_of(const slots *table, const uint64_t hash[2]) {
  size_t mask = table->n_slots - 1, at = (size_t)hash[0] & mask;
  while (table->slot[at].id && memcmp(table->slot[at].hash, hash, sizeof table->slot[at].hash) != 0) {
    at = (at + 1) & mask;
  }
  return &table->slot[at];
}

static lnt_status widen(slots *table, lnt_error *err) {
  slots wider = {.n_slots = table->n_slots ? table->n_slots * 2 : SLOTS_START, .n = table->n};
  lnt_status status = lnti_alloc_zero(&wider.slot, wider.n_slots, sizeof *wider.slot, err);
  if (status) return status;
  for (size_t i = 0; i < table->n_slots; i++) {
    if (table->slot[i].id) *slot_of(&wider, table->slot[i].hash) = table->slot[i];
  }
  free(table->slot);
  *table = wider;
  return LNT_OK;
}

static lnt_status put(slots *table, const char *text, size_t n, const slot *item, lnt_error *err) {
  if (table->n * 2 >= table->n_slots) {
    lnt_status status = widen(table, err);
    if (status) return status;
  }
  uint64_t hash[2];
  hash_text(hash, text, n);
  slot *s = slot_of(table, hash);
  if (s->id && s->id != item->id) {
    s->id = SEVERAL;
    return LNT_OK;
  }
  table->n += s->id == 0;
  *s = *item;
  memcpy(s->hash, hash, sizeof hash);
  return LNT_OK;
}

/* ---- sources ---- */

static lnt_status add_source(void *payload, int64_t id, lnti_source_kind kind, const char *path, lnt_error *err) {
  lnti_finder *f = payload;
  char *copy = NULL;
  lnt_status status = lnti_strdup(&copy, path, err);
  if (status) return status;
  status = lnti_grow(&f->sources, &f->source_capacity, f->n_sources + 1, sizeof *f->sources, err);
  if (status) {
    free(copy);
    return status;
  }
  f->sources[f->n_sources++] = (source){id, kind, copy};
  return LNT_OK;
}

static lnt_status find_source(size_t *out, lnti_finder *f, lnti_source_kind kind, const char *path, lnt_error *err) {
  for (size_t k = 0; k < f->n_sources; k++) {
    size_t i = (f->last_source + k) % f->n_sources;
    if (f->sources[i].kind != kind || strcmp(f->sources[i].path, path) != 0) continue;
    *out = f->last_source = i;
    return LNT_OK;
  }
  lnt_status status = add_source(f, 0, kind, path, err);
  if (!status) *out = f->last_source = f->n_sources - 1;
  return status;
}

/* The source of an item, mostly that of the item before. */
static lnt_status source_of(size_t *out, lnti_finder *f, int64_t id, lnt_error *err) {
  for (size_t k = 0; k < f->n_sources; k++) {
    size_t i = (f->last_source + k) % f->n_sources;
    if (f->sources[i].id != id) continue;
    *out = f->last_source = i;
    return LNT_OK;
  }
  return lnti_fail(err, LNT_ECORRUPT, "items of source %lld, which is not there: run 'linnet verify'", (long long)id);
}

/* ---- items ---- */

typedef struct walk {
  lnti_finder *finder;
  ends *ends;    /* NULL: whole URIs */
  size_t source; /* whose path the finder's `uri` begins with, `prefix` bytes; LNTI_NONE */
  size_t prefix;
} walk;

/* Where the last n parts of a URI begin; NULL where it has not as many. */
static const char *last_parts(const char *uri, size_t length, size_t n) {
  for (size_t i = length; i > 0; i--) {
    if ((uri[i - 1] == '/' || uri[i - 1] == '#') && --n == 0) return uri + i;
  }
  return NULL;
}

static size_t bare_length(const char *text, size_t n) {
  const char *dot = strrchr(text, '.');
  return dot && lnti_table_looks_like_path(text) ? (size_t)(dot - text) : n;
}

/* lnti_item_uri, without a printf for each of a million items. */
static lnt_status write_uri(walk *w, size_t from, const char *member, lnt_error *err) {
  lnti_finder *f = w->finder;
  lnt_status status = LNT_OK;
  if (from != w->source) {
    const source *s = &f->sources[from];
    size_t n = strlen(s->path);
    const char *joint = s->kind != LNTI_SOURCE_FOLDER ? "#" : n > 0 && s->path[n - 1] == '/' ? "" : "/";
    f->uri.length = 0;
    status = lnti_text_append(&f->uri, s->path, n, err);
    if (!status) status = lnti_text_append(&f->uri, joint, strlen(joint), err);
    if (status) return status;
    w->source = from;
    w->prefix = f->uri.length;
  }
  f->uri.length = w->prefix;
  return lnti_text_append(&f->uri, member, strlen(member), err);
}

static uint32_t flags_of(const lnti_item *item) {
  return (item->split[0] ? HAS_SPLIT : 0u) | (strcmp(item->stage, "done") == 0 ? DONE : 0u);
}

static lnt_status note_item(void *payload, const lnti_item *item, lnt_error *err) {
  walk *w = payload;
  lnti_finder *f = w->finder;
  size_t from = 0;
  if (item->kind == LNTI_ITEM_GROUP) return LNT_OK;
  lnt_status status = lnti_cancel_check(f->project->context.cancel, err);
  if (!status) status = source_of(&from, f, item->source_id, err);
  if (!status) status = write_uri(w, from, item->member, err);
  if (status) return status;
  const slot entry = {.id = item->id, .source = (uint32_t)from, .flags = flags_of(item), .group_id = item->group_id};
  if (!w->ends) return put(&f->items, f->uri.data, f->uri.length, &entry, err);
  const char *end = last_parts(f->uri.data, f->uri.length, w->ends->n_parts);
  if (!end) return LNT_OK;
  size_t n = f->uri.length - (size_t)(end - f->uri.data);
  return put(&w->ends->items, end, w->ends->bare ? bare_length(end, n) : n, &entry, err);
}

static lnt_status walk_items(lnti_finder *f, ends *to, lnt_error *err) {
  walk w = {.finder = f, .ends = to, .source = LNTI_NONE};
  lnt_status status = widen(to ? &to->items : &f->items, err);
  if (status) return status;
  return lnti_store_scan_items(f->project->store, LNTI_SCAN_NAMES, 0, INT64_MAX, note_item, &w, err);
}

/* ---- the finder ---- */

lnt_status lnti_finder_new(lnti_finder **out, lnti_project *project, const char *root, lnt_error *err) {
  lnti_finder *f = NULL;
  struct stat info;
  lnti_source_kind kind = LNTI_SOURCE_FOLDER;
  if (stat(root, &info) != 0) return lnti_fail_errno(err, errno, "%s: cannot be opened", root);
  if (!S_ISDIR(info.st_mode)) {
    if (!lnti_archive_sniff(root) && !lnti_idx_sniff(root)) {
      return lnti_fail(err, LNT_EUNSUPPORTED,
                       "%s: paths can be relative to a folder, an archive or an array; this is none", root);
    }
    kind = lnti_archive_sniff(root) ? LNTI_SOURCE_ARCHIVE : LNTI_SOURCE_ARRAY;
  }
  lnt_status status = lnti_alloc_zero(&f, 1, sizeof *f, err);
  if (status) return status;
  f->project = project;
  f->kind = kind;
  status = lnti_strdup(&f->root, root, err);
  if (!status) status = lnti_store_scan_sources(project->store, add_source, f, err);
  if (!status) status = walk_items(f, NULL, err);
  if (status) {
    lnti_finder_free(f);
    return status;
  }
  *out = f;
  return LNT_OK;
}

void lnti_finder_free(lnti_finder *finder) {
  if (!finder) return;
  for (size_t i = 0; i < finder->n_archives; i++) {
    lnti_text_index_clear(&finder->archives[i].members);
    free(finder->archives[i].path);
  }
  for (size_t i = 0; i < finder->n_sources; i++) free(finder->sources[i].path);
  for (size_t i = 0; i < finder->n_ends; i++) free(finder->ends[i].items.slot);
  lnti_text_clear(&finder->uri);
  free(finder->sources);
  free(finder->items.slot);
  free(finder->outside);
  free(finder->root);
  free(finder);
}

/* ---- paths ---- */

/* Takes "." and ".." and doubled slashes out of an absolute path. */
static void settle(char *path) {
  char *to = path;
  for (const char *at = path; *at;) {
    while (*at == '/') at++;
    size_t n = strcspn(at, "/");
    if (n == 2 && at[0] == '.' && at[1] == '.') {
      while (to > path && *--to != '/') {}
    } else if (n > 0 && !(n == 1 && at[0] == '.')) {
      *to++ = '/';
      memmove(to, at, n);
      to += n;
    }
    at += n;
  }
  if (to == path) *to++ = '/';
  *to = '\0';
}

/* The URI of a path, in `out`. */
static lnt_status uri_of(char out[LNTI_PATH_BYTES_MAX], const lnti_finder *f, const char *path, lnt_error *err) {
  bool within = f->kind != LNTI_SOURCE_FOLDER && path[0] != '/';
  int n = 0;
  while (within && path[0] == '.' && path[1] == '/') path += 2;
  if (path[0] == '/') {
    n = snprintf(out, LNTI_PATH_BYTES_MAX, "%s", path);
  } else {
    n = snprintf(out, LNTI_PATH_BYTES_MAX, "%s%s%s", f->root, within ? "#" : "/", path);
  }
  if (n < 0 || n >= LNTI_PATH_BYTES_MAX) {
    return lnti_fail(err, LNT_ELIMIT, "the path is longer than %d bytes", LNTI_PATH_BYTES_MAX);
  }
  if (!within) settle(out);
  return LNT_OK;
}

/* What follows a folder in a path; NULL where it does not lie there. */
static const char *below(const char *folder, const char *path) {
  size_t n = strlen(folder);
  if (n == 1) return path + 1;
  return strncmp(path, folder, n) == 0 && path[n] == '/' ? path + n + 1 : NULL;
}

void lnti_finder_note(lnti_finder *finder, const char *path) {
  char uri[LNTI_PATH_BYTES_MAX];
  lnt_error none = LNT_ERROR_INIT;
  if (path[0] != '/' && (finder->kind != LNTI_SOURCE_FOLDER || !strstr(path, ".."))) return;
  if (uri_of(uri, finder, path, &none) || below(finder->root, uri)) return;
  uri[strcspn(uri, "#")] = '\0';
  char *slash = strrchr(uri, '/');
  slash[slash == uri] = '\0';
  if (!finder->outside) {
    if (lnti_strdup(&finder->outside, uri, NULL)) finder->outside = NULL; /* then each has a source of its own */
    return;
  }
  while (strcmp(finder->outside, uri) != 0 && !below(finder->outside, uri)) {
    slash = strrchr(finder->outside, '/');
    slash[slash == finder->outside] = '\0';
  }
}

/* ---- items by their URIs ---- */

static bool take_slot(lnti_found *out, const lnti_finder *f, const slot *s) {
  if (s->id <= 0) return false;
  *out = (lnti_found){.id = s->id,
                      .has_split = (s->flags & HAS_SPLIT) != 0,
                      .group_id = s->group_id,
                      .done = (s->flags & DONE) != 0,
                      .kind = f->sources[s->source].kind,
                      .source = f->sources[s->source].path,
                      .key = {(uint64_t)s->id, 0}};
  return true;
}

static bool find_uri(lnti_found *out, const lnti_finder *f, const char *uri) {
  uint64_t hash[2];
  hash_text(hash, uri, strlen(uri));
  return take_slot(out, f, slot_of(&f->items, hash));
}

/* ---- media that are no items yet ---- */

static lnt_status keep_new(lnti_found *out, lnti_finder *f, lnti_arena *arena, lnti_source_kind kind, const char *from,
                           const char *member, const char *uri, lnt_error *err) {
  char *copy = NULL;
  size_t i = 0;
  lnti_found found = {.kind = kind};
  lnt_status status = find_source(&i, f, kind, from, err);
  if (!status) status = lnti_arena_strndup(&copy, arena, member, strlen(member), err);
  if (status) return status;
  found.source = f->sources[i].path;
  found.member = copy;
  hash_text(found.key, uri, strlen(uri));
  found.key[1] |= 1; /* never that of an item */
  *out = found;
  return LNT_OK;
}

static lnt_status keep_file(lnti_found *out, lnti_finder *f, lnti_arena *arena, const char *uri, lnt_error *err) {
  char folder[LNTI_PATH_BYTES_MAX];
  const char *member = below(f->root, uri), *from = f->root;
  if (!member && f->outside) member = below(from = f->outside, uri);
  if (!member || f->kind != LNTI_SOURCE_FOLDER) {
    const char *slash = strrchr(uri, '/');
    snprintf(folder, sizeof folder, "%.*s", slash == uri ? 1 : (int)(slash - uri), uri);
    member = slash + 1;
    from = folder;
  }
  return keep_new(out, f, arena, LNTI_SOURCE_FOLDER, from, member, uri, err);
}

static bool is_file(const char *path) {
  struct stat info;
  return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

static lnt_status list_members(archive *to, lnti_finder *f, lnt_error *err) {
  lnti_members members = {0};
  lnt_status status =
      lnti_media_members(&members, f->project->media, to->path, NULL, NULL, f->project->context.cancel, err);
  for (size_t i = 0; i < members.n && !status; i++) {
    size_t at = 0;
    status = lnti_text_index_add(&at, NULL, &to->members, members.member[i].name, strlen(members.member[i].name), err);
  }
  lnti_members_clear(&members);
  return status;
}

/* The members of an archive, listed once. */
static lnt_status members_of(const lnti_text_index **out, lnti_finder *f, const char *path, lnt_error *err) {
  for (size_t i = 0; i < f->n_archives; i++) {
    if (strcmp(f->archives[i].path, path) != 0) continue;
    *out = &f->archives[i].members;
    return LNT_OK;
  }
  if (f->n_archives == ARCHIVES_MAX) {
    return lnti_fail(err, LNT_ELIMIT, "members of more than %d archives; import the archives first", ARCHIVES_MAX);
  }
  archive *a = &f->archives[f->n_archives];
  lnt_status status = lnti_strdup(&a->path, path, err);
  if (!status) status = list_members(a, f, err);
  if (status) {
    lnti_text_index_clear(&a->members);
    free(a->path);
    *a = (archive){0};
    return status;
  }
  f->n_archives++;
  *out = &a->members;
  return LNT_OK;
}

/* *found_out false where the member is not there. */
static lnt_status find_member(bool *found_out, lnti_found *out, lnti_finder *f, lnti_arena *arena, const char *path,
                              const char *member, const char *uri, lnt_error *err) {
  const lnti_text_index *members = NULL;
  lnt_status status = members_of(&members, f, path, err);
  if (status) return status;
  *found_out = lnti_text_index_find(members, member, strlen(member)) != LNTI_NONE;
  return *found_out ? keep_new(out, f, arena, LNTI_SOURCE_ARCHIVE, path, member, uri, err) : LNT_OK;
}

/* "FILE#REST": a member of an archive, or a frame of a file. */
static lnt_status find_part(bool *found_out, lnti_found *out, lnti_finder *f, lnti_arena *arena, const char *uri,
                            lnt_error *err) {
  char *path = NULL;
  const char *rest = NULL;
  size_t frame = 0;
  lnt_status status = lnti_uri_split(&path, &rest, uri, err);
  if (status) return status;
  if (rest && is_file(path)) {
    if (lnti_archive_sniff(path)) {
      status = find_member(found_out, out, f, arena, path, rest, uri, err);
    } else if (lnti_uri_frame(&frame, rest)) {
      status = keep_file(out, f, arena, uri, err);
      *found_out = status == LNT_OK;
    }
  }
  free(path);
  return status;
}

static lnt_status find_medium(bool *found_out, lnti_found *out, lnti_finder *f, lnti_arena *arena, const char *uri,
                              lnt_error *err) {
  size_t n = strlen(f->root);
  bool within = f->kind != LNTI_SOURCE_FOLDER && strncmp(uri, f->root, n) == 0 && uri[n] == '#';
  if (within && f->kind == LNTI_SOURCE_ARRAY) return LNT_OK;
  if (within) return find_member(found_out, out, f, arena, f->root, uri + n + 1, uri, err);
  if (is_file(uri)) {
    *found_out = true;
    return keep_file(out, f, arena, uri, err);
  }
  return strchr(uri, '#') ? find_part(found_out, out, f, arena, uri, err) : LNT_OK;
}

/* Tables of competitions name "000c1434" where the file is 000c1434.jpg. */
static lnt_status add_extension(bool *found_out, lnti_found *out, lnti_finder *f, lnti_arena *arena, char *uri,
                                lnt_error *err) {
  static const char *const extensions[] = {".jpg", ".png",  ".jpeg", ".JPG",  ".JPEG", ".PNG",
                                           ".tif", ".tiff", ".bmp",  ".webp", ".ppm",  ".pgm"};
  enum { N_EXTENSIONS = sizeof extensions / sizeof extensions[0] };
  size_t n = strlen(uri);
  if (lnti_table_looks_like_path(uri) || n + 8 > LNTI_PATH_BYTES_MAX) return LNT_OK;
  for (size_t k = 0; k < N_EXTENSIONS && !*found_out; k++) {
    size_t i = (f->last_extension + k) % N_EXTENSIONS;
    snprintf(uri + n, 8, "%s", extensions[i]);
    *found_out = find_uri(out, f, uri);
    lnt_status status = *found_out ? LNT_OK : find_medium(found_out, out, f, arena, uri, err);
    if (status) return status;
    if (*found_out) f->last_extension = i;
  }
  uri[n] = '\0';
  return LNT_OK;
}

/* ---- items by the ends of their URIs ---- */

static size_t count_parts(const char *path) {
  size_t n = 1;
  for (; *path; path++) n += *path == '/' || *path == '#';
  return n;
}

static lnt_status ends_of(const ends **out, lnti_finder *f, size_t n_parts, bool bare, lnt_error *err) {
  for (size_t i = 0; i < f->n_ends; i++) {
    *out = &f->ends[i];
    if (f->ends[i].n_parts == n_parts && f->ends[i].bare == bare) return LNT_OK;
  }
  *out = NULL;
  if (n_parts > PARTS_MAX || f->n_ends == ENDS_MAX) return LNT_OK;
  ends *made = &f->ends[f->n_ends];
  *made = (ends){.n_parts = n_parts, .bare = bare};
  lnt_status status = walk_items(f, made, err);
  if (status) {
    free(made->items.slot);
    *made = (ends){0};
    return status;
  }
  f->n_ends++;
  *out = made;
  return LNT_OK;
}

static lnt_status find_end(bool *found_out, lnti_found *out, lnti_finder *f, const char *path, bool bare,
                           lnt_error *err) {
  const ends *table = NULL;
  uint64_t hash[2];
  lnt_status status = ends_of(&table, f, count_parts(path), bare, err);
  f->ends_missed = !table;
  if (status || !table) return status;
  hash_text(hash, path, strlen(path));
  const slot *s = slot_of(&table->items, hash);
  if (s->id == SEVERAL) return lnti_fail(err, LNT_EDATA, "several items are called so; give more of the path");
  *found_out = take_slot(out, f, s);
  return LNT_OK;
}

/* ---- all together ---- */

static lnt_status find_as_given(bool *found_out, lnti_found *out, lnti_finder *f, lnti_arena *arena, const char *path,
                                lnt_error *err) {
  char uri[LNTI_PATH_BYTES_MAX];
  const char *end = path;
  lnt_status status = uri_of(uri, f, path, err);
  if (status) return status;
  *found_out = find_uri(out, f, uri);
  if (!*found_out) status = find_medium(found_out, out, f, arena, uri, err);
  while (end[0] == '.' && end[1] == '/') end += 2;
  bool relative = end[0] != '/' && end[0] != '\0' && f->items.n > 0;
  if (!status && !*found_out && relative) status = find_end(found_out, out, f, end, false, err);
  if (!status && !*found_out && relative && !lnti_table_looks_like_path(end)) {
    status = find_end(found_out, out, f, end, true, err);
  }
  if (!status && !*found_out) status = add_extension(found_out, out, f, arena, uri, err);
  return status;
}

/* Paths of a table that was written on Windows. */
static lnt_status find_with_slashes(bool *found_out, lnti_found *out, lnti_finder *f, lnti_arena *arena,
                                    const char *path, lnt_error *err) {
  char *copy = NULL;
  lnt_status status = lnti_arena_strndup(&copy, arena, path, strlen(path), err);
  if (status) return status;
  for (char *at = copy; (at = strchr(at, '\\')) != NULL;) *at = '/';
  return find_as_given(found_out, out, f, arena, copy, err);
}

lnt_status lnti_finder_find(lnti_found *out, lnti_finder *finder, lnti_arena *arena, const char *path, lnt_error *err) {
  lnti_found found = {0};
  bool is_found = false;
  if (strncmp(path, "file://", 7) == 0) path += 7;
  finder->ends_missed = false;
  lnt_status status = find_as_given(&is_found, &found, finder, arena, path, err);
  if (!status && !is_found && strchr(path, '\\')) {
    status = find_with_slashes(&is_found, &found, finder, arena, path, err);
  }
  if (status) return status;
  if (!is_found && finder->ends_missed) {
    return lnti_fail(
        err, LNT_ELIMIT,
        "\"%.200s\" is no file in %.150s, and not looked for among the ends of the items' paths, which is done "
        "for paths of up to %d parts, of %d different numbers of parts; give paths below --root",
        path, finder->root, PARTS_MAX, ENDS_MAX);
  }
  if (!is_found && finder->kind == LNTI_SOURCE_FOLDER && path[0] == '/') {
    return lnti_fail(err, LNT_ENOTFOUND, "\"%.200s\" is no image that was found in %.150s, nor an item of the project",
                     path, finder->root);
  }
  if (!is_found) {
    return lnti_fail(err, LNT_ENOTFOUND, "\"%.200s\" is no %s %.150s, and no item is called so", path,
                     finder->kind == LNTI_SOURCE_FOLDER    ? "file in"
                     : finder->kind == LNTI_SOURCE_ARCHIVE ? "member of"
                                                           : "imported record of",
                     finder->root);
  }
  *out = found;
  return LNT_OK;
}
