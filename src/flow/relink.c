/*
 * Moving sources. Before a path changes, images are read in the new place, block by block on the pool, and compared with the
 * hash of their import: a folder of the same names with other pictures in it would quietly give every label to another image.
 */
#include <flow/relink.h>

#include <base/alloc.h>
#include <base/error.h>
#include <errno.h>
#include <flow/content.h>
#include <flow/verify.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGE_ITEMS = 1024 };

const char *lnti_source_kind_name(lnti_source_kind kind) {
  return kind == LNTI_SOURCE_FOLDER ? "folder" : kind == LNTI_SOURCE_ARRAY ? "array" : "archive";
}

/* ---- sources ---- */

/* Whether something readable of a source's kind is at a path; *exists_out: something at all. */
static bool is_there(bool *exists_out, lnti_source_kind kind, const char *path) {
  struct stat info;
  *exists_out = stat(path, &info) == 0;
  if (!*exists_out || access(path, R_OK) != 0) return false;
  return kind == LNTI_SOURCE_FOLDER ? S_ISDIR(info.st_mode) : S_ISREG(info.st_mode);
}

static lnt_status add_source(lnti_relink_result *list, int64_t id, lnti_source_kind kind, const char *path,
                             size_t n_items, lnt_error *err) {
  bool exists = false;
  lnt_status status = lnti_grow(&list->source, &list->capacity, list->n + 1, sizeof *list->source, err);
  if (status) return status;
  lnti_relink_source *source = &list->source[list->n];
  *source = (lnti_relink_source){.id = id, .kind = kind, .items = n_items};
  status = lnti_strdup(&source->path, path, err);
  if (status) return status;
  source->there = is_there(&exists, kind, path);
  list->n++;
  return LNT_OK;
}

static lnt_status list_source(void *payload, int64_t id, lnti_source_kind kind, const char *path, size_t n_items,
                              lnt_error *err) {
  return add_source(payload, id, kind, path, n_items, err);
}

lnt_status lnti_sources(lnti_relink_result *out, lnti_project *project, lnt_error *err) {
  lnti_relink_result list = {0};
  lnt_status status = lnti_store_sources(project->store, list_source, &list, err);
  if (status) {
    lnti_relink_result_clear(&list);
    return status;
  }
  *out = list;
  return LNT_OK;
}

void lnti_relink_result_clear(lnti_relink_result *result) {
  for (size_t i = 0; i < result->n; i++) {
    free(result->source[i].path);
    free(result->source[i].new_path);
  }
  free(result->source);
  *result = (lnti_relink_result){0};
}

/* ---- paths ---- */

/* What of a path lies below `base`, with its slash; "" for base itself; NULL: it does not. */
static const char *below(const char *path, const char *base) {
  size_t n = strcmp(base, "/") == 0 ? 0 : strlen(base);
  if (strncmp(path, base, n) != 0 || (path[n] && path[n] != '/')) return NULL;
  return path + n;
}

/* Takes "." and "..", doubled slashes and one at the end out of an absolute path, as they are written. */
static void resolve_dots(char *path) {
  char *end = path;
  for (const char *at = path; *at;) {
    size_t n = strcspn(++at, "/");
    if (n == 2 && memcmp(at, "..", 2) == 0) {
      while (end > path && *--end != '/') continue;
    } else if (n > 1 || (n == 1 && *at != '.')) {
      *end++ = '/';
      memmove(end, at, n);
      end += n;
    }
    at += n;
  }
  if (end == path) *end++ = '/';
  *end = '\0';
}

/* The old path as sources have theirs: absolute, without a slash at its end. It is taken as it stands, since what is gone has
 * no real path, and what is a link to the new place by now has another; unless only its real path is a source's. */
static lnt_status old_path_of(char **out, const lnti_relink_result *list, const char *path, lnt_error *err) {
  char *absolute = NULL, here[PATH_MAX];
  if (*path != '/' && !getcwd(here, sizeof here)) return lnti_fail_errno(err, errno, "the current folder is not known");
  lnt_status status =
      *path == '/' ? lnti_strdup(&absolute, path, err) : lnti_asprintf(&absolute, err, "%s/%s", here, path);
  if (status) return status;
  resolve_dots(absolute);
  bool known = false;
  for (size_t i = 0; i < list->n; i++) known = known || below(list->source[i].path, absolute);
  char *real = known ? NULL : realpath(path, NULL);
  if (real) free(absolute);
  *out = real ? real : absolute;
  return LNT_OK;
}

/* Keeps those that move, with their new paths. */
static lnt_status choose(lnti_relink_result *list, const char *old_path, const char *new_path, lnt_error *err) {
  size_t n = 0;
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < list->n && !status; i++) {
    const char *rest = below(list->source[i].path, old_path);
    if (rest)
      status = lnti_asprintf(&list->source[i].new_path, err, "%s%s", strcmp(new_path, "/") ? new_path : "", rest);
  }
  for (size_t i = 0; i < list->n && !status; i++) {
    const lnti_relink_source *moved = &list->source[i];
    for (size_t k = 0; k < list->n && moved->new_path; k++) {
      const lnti_relink_source *other = &list->source[k];
      if (other->new_path || other->kind != moved->kind || strcmp(other->path, moved->new_path) != 0) continue;
      return lnti_fail(err, LNT_EEXISTS,
                       "%s is a source of this project already, with %zu %s of its own; %s cannot become it too",
                       other->path, other->items, lnti_plural(other->items, "item", "items"), moved->path);
    }
  }
  if (status) return status;
  for (size_t i = 0; i < list->n; i++) {
    if (list->source[i].new_path) {
      list->source[n++] = list->source[i];
    } else {
      free(list->source[i].path);
    }
  }
  list->n = n;
  if (n > 0) return LNT_OK;
  return lnti_fail(err, LNT_ENOTFOUND, "no source of this project is %s, or lies below it; see: linnet relink",
                   old_path);
}

static lnt_status check_kinds(lnti_relink_result *list, lnt_error *err) {
  for (size_t i = 0; i < list->n; i++) {
    lnti_relink_source *source = &list->source[i];
    bool exists = false;
    source->there = is_there(&exists, source->kind, source->new_path);
    if (source->there) continue;
    if (!exists) {
      return lnti_fail(err, LNT_ENOTFOUND, "%s is not there: nothing was moved; name the place where %s is now",
                       source->new_path, source->path);
    }
    return lnti_fail(err, LNT_ECONFLICT, "%s cannot be read as the %s that %s was: nothing was moved", source->new_path,
                     lnti_source_kind_name(source->kind), source->path);
  }
  return LNT_OK;
}

/* ---- images ---- */

typedef struct image_check {
  lnti_relink_source *source;
  char *uri;
  lnti_hash content;
  lnt_status status; /* LNT_OK: the same; LNT_ENOTFOUND; LNT_ECONFLICT: another; else why it cannot be read */
} image_check;

/* An image that is not as it should be, for the message. */
typedef struct example {
  char *uri, *reason;
} example;

typedef struct checking {
  lnti_project *project;
  const lnti_relink_options *options;
  lnti_relink_result *list;
  size_t *seen;                      /* [list->n] images of each source so far */
  image_check *last;                 /* [list->n] the last of each that was not chosen; uri NULL: none */
  image_check block[2 * PAGE_ITEMS]; /* a page is added while less than a page is there */
  size_t n, n_done, n_total;
  int64_t last_id; /* of the page */
  size_t n_page;
  example missing, different, unreadable; /* the first of each */
} checking;

static lnt_status check_chunk(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  checking *c = payload;
  (void)worker;
  for (size_t i = begin; i < end; i++) {
    image_check *check = &c->block[i];
    lnti_blob blob = {0};
    lnt_error reason = LNT_ERROR_INIT;
    lnti_hash content;
    lnt_status status = lnti_media_read(&blob, c->project->media, check->uri, &reason);
    if (status == LNT_ENOMEM || status == LNT_ECANCELLED) return lnti_fail(err, status, "%s", reason.message);
    if (status == LNT_OK) {
      lnti_content_hash(&content, &blob);
      status = memcmp(&content, &check->content, sizeof content) == 0 ? LNT_OK : LNT_ECONFLICT;
    } else if (status == LNT_ECONFLICT) {
      status = LNT_EIO;
    }
    lnti_blob_clear(&blob);
    check->status = status;
  }
  return LNT_OK;
}

/* The first of its kind, and why it cannot be read: which is asked again, so that not every image need keep a reason. */
static lnt_status keep_first(example *first, checking *c, const image_check *check, lnt_error *err) {
  lnt_error reason = LNT_ERROR_INIT;
  lnti_blob blob = {0};
  if (first->uri) return LNT_OK;
  lnt_status status = lnti_strdup(&first->uri, check->uri, err);
  if (status || first != &c->unreadable) return status;
  if (lnti_media_read(&blob, c->project->media, check->uri, &reason) == LNT_OK) lnti_blob_clear(&blob);
  return lnti_strdup(&first->reason, reason.message[0] ? reason.message : check->uri, err);
}

static lnt_status count_check(checking *c, const image_check *check, lnt_error *err) {
  lnti_relink_source *source = check->source;
  source->checked++;
  switch (check->status) {
    case LNT_OK:
      source->found++;
      return LNT_OK;
    case LNT_ENOTFOUND:
      source->missing++;
      return keep_first(&c->missing, c, check, err);
    case LNT_ECONFLICT:
      source->different++;
      return keep_first(&c->different, c, check, err);
    default:
      source->unreadable++;
      return keep_first(&c->unreadable, c, check, err);
  }
}

static lnt_status check_block(checking *c, lnt_error *err) {
  const lnti_context *context = &c->project->context;
  lnt_status status = lnti_pool_for(context->pool, c->n, 8, check_chunk, c, context->cancel, err);
  for (size_t i = 0; i < c->n; i++) {
    if (!status) status = count_check(c, &c->block[i], err);
    free(c->block[i].uri);
  }
  c->n_done += c->n;
  c->n = 0;
  if (!status) lnti_progress_update(c->options->progress, "images", c->n_done, c->n_total);
  return status;
}

/* Whether image number k of about n is of the sample. */
static bool is_sampled(size_t k, size_t n) {
  if (k == 0 || n <= LNTI_RELINK_SAMPLE) return true;
  return (uint64_t)k * LNTI_RELINK_SAMPLE / n != (uint64_t)(k - 1) * LNTI_RELINK_SAMPLE / n;
}

/* Its place among those that move, which rise by id; SIZE_MAX. */
static size_t find_source(const lnti_relink_result *list, int64_t id) {
  size_t low = 0, high = list->n;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (list->source[middle].id < id) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < list->n && list->source[low].id == id ? low : SIZE_MAX;
}

static lnt_status note_image(void *payload, const lnti_item *item, lnt_error *err) {
  checking *c = payload;
  c->n_page++;
  c->last_id = item->id;
  size_t s = find_source(c->list, item->source_id);
  if (s == SIZE_MAX || item->kind == LNTI_ITEM_GROUP) return LNT_OK;
  lnti_item moved = *item;
  lnti_text uri = {0};
  image_check check = {.source = &c->list->source[s], .content = item->content};
  moved.source = check.source->new_path;
  lnt_status status = lnti_item_uri(&uri, &moved, err);
  if (status) {
    lnti_text_clear(&uri);
    return status;
  }
  check.uri = uri.data;
  free(c->last[s].uri);
  c->last[s].uri = NULL;
  bool chosen = c->options->all || is_sampled(c->seen[s]++, check.source->items);
  *(chosen ? &c->block[c->n++] : &c->last[s]) = check;
  return LNT_OK;
}

/* Notes a page of items, and reads their images when nothing of the store is open. */
static lnt_status check_page(checking *c, lnt_error *err) {
  const lnti_item_query query = {.after_id = c->last_id, .limit = PAGE_ITEMS};
  c->n_page = 0;
  lnt_status status = lnti_cancel_check(c->project->context.cancel, err);
  if (!status) status = lnti_store_items(c->project->store, &query, note_image, c, err);
  return status || c->n < PAGE_ITEMS ? status : check_block(c, err);
}

static lnt_status check_images(checking *c, lnt_error *err) {
  lnt_status status = lnti_alloc_zero(&c->seen, c->list->n, sizeof *c->seen, err);
  if (status) return status;
  status = lnti_alloc_zero(&c->last, c->list->n, sizeof *c->last, err);
  if (status) return status;
  for (size_t i = 0; i < c->list->n && c->options->all; i++) c->n_total += c->list->source[i].items;
  do {
    status = check_page(c, err);
  } while (!status && c->n_page > 0);
  for (size_t i = 0; i < c->list->n && !status; i++) {
    if (!c->last[i].uri) continue;
    c->block[c->n++] = c->last[i];
    c->last[i].uri = NULL;
    if (c->n >= PAGE_ITEMS) status = check_block(c, err);
  }
  return status ? status : check_block(c, err);
}

static lnt_status judge(const checking *c, lnt_error *err) {
  size_t checked = 0, missing = 0, different = 0, unreadable = 0;
  char also[64] = "";
  for (size_t i = 0; i < c->list->n; i++) {
    checked += c->list->source[i].checked;
    missing += c->list->source[i].missing;
    different += c->list->source[i].different;
    unreadable += c->list->source[i].unreadable;
  }
  if (different > 0) {
    return lnti_fail(err, LNT_ECONFLICT,
                     "%zu of %zu %s looked at %s not what was imported (first: %s): nothing "
                     "was moved; name the place where the same images are, or import this one as a new source",
                     different, checked, lnti_plural(checked, "image that was", "images that were"),
                     lnti_plural(different, "is", "are"), c->different.uri);
  }
  if (unreadable > 0) snprintf(also, sizeof also, ", and %zu cannot be read", unreadable);
  if (missing > 0 && !c->options->force) {
    return lnti_fail(err, LNT_ENOTFOUND,
                     "%zu of %zu %s looked at %s not there (first: %s)%s: nothing was moved; name another place, "
                     "or move without them by --force",
                     missing, checked, lnti_plural(checked, "image that was", "images that were"),
                     lnti_plural(missing, "is", "are"), c->missing.uri, also);
  }
  if (unreadable > 0 && !c->options->force) {
    return lnti_fail(err, LNT_EIO,
                     "%zu of %zu %s looked at cannot be read, and so not be compared (first: %s): nothing "
                     "was moved; make them readable, or move all the same by --force",
                     unreadable, checked, lnti_plural(checked, "image that was", "images that were"),
                     c->unreadable.reason);
  }
  return LNT_OK;
}

static void checking_free(checking *c) {
  if (!c) return;
  for (size_t i = 0; i < c->n; i++) free(c->block[i].uri);
  for (size_t i = 0; i < c->list->n && c->last; i++) free(c->last[i].uri);
  free(c->last);
  free(c->seen);
  free(c->missing.uri);
  free(c->different.uri);
  free(c->unreadable.uri);
  free(c->unreadable.reason);
  free(c);
}

static lnt_status check(lnti_relink_result *list, lnti_project *project, const lnti_relink_options *options,
                        lnt_error *err) {
  checking *c = NULL;
  lnt_status status = lnti_alloc_zero(&c, 1, sizeof *c, err);
  if (status) return status;
  c->project = project;
  c->options = options;
  c->list = list;
  status = check_images(c, err);
  if (!status) status = judge(c, err);
  checking_free(c);
  return status;
}

/* ---- the move ---- */

typedef struct moving {
  const lnti_relink_result *list;
  lnti_op op;
} moving;

static size_t length_of(const lnti_relink_source *const *source) {
  return strlen((*source)->path);
}

static int shorter_first(const void *a, const void *b) {
  size_t x = length_of(a), y = length_of(b);
  return (x > y) - (x < y);
}

static int longer_first(const void *a, const void *b) {
  return shorter_first(b, a);
}

/* One source may move to where another is that moves too (from /a to /a/b, while one at /a/b moves to /a/b/b): that one goes
 * first. All paths become longer, or all shorter, by as much, so that their lengths say the order. */
static lnt_status write_moves(void *payload, lnti_tx *tx, lnt_error *err) {
  const moving *m = payload;
  const lnti_relink_source **order = NULL;
  size_t n = m->list->n;
  int64_t op_id = 0;
  lnt_status status = lnti_alloc(&order, n, sizeof *order, err);
  if (status) return status;
  for (size_t i = 0; i < n; i++) order[i] = &m->list->source[i];
  bool longer = n > 0 && strlen(order[0]->new_path) > strlen(order[0]->path);
  qsort(order, n, sizeof *order, longer ? longer_first : shorter_first);
  status = lnti_tx_op(tx, &op_id, NULL, &m->op, err);
  for (size_t i = 0; i < n && !status; i++) {
    status = lnti_tx_source_move(tx, order[i]->id, order[i]->new_path, err);
    if (!status) status = lnti_verify_seen_forget(tx, order[i]->id, err);
  }
  if (!status) status = lnti_verify_forget(tx, err);
  free(order);
  return status;
}

static lnt_status move(lnti_relink_result *list, lnti_project *project, const char *old_path, const char *new_path,
                       lnt_error *err) {
  moving m = {.list = list};
  char *note = NULL;
  lnt_status status = lnti_asprintf(&note, err, "%s -> %s", old_path, new_path);
  if (status) return status;
  lnti_project_op(&m.op, project, LNTI_OP_RELINK, note);
  status = lnti_store_write(project->store, write_moves, &m, err);
  if (!status) list->moved = list->n;
  free(note);
  return status;
}

lnt_status lnti_relink(lnti_relink_result *out, lnti_project *project, const char *old_path, const char *new_path,
                       const lnti_relink_options *options, lnt_error *err) {
  lnti_relink_result list = {0};
  char *from = NULL, *to = realpath(new_path, NULL);
  lnt_status status = LNT_OK;
  if (!to) {
    status = lnti_fail_errno(err, errno, "%s: cannot be opened; name the place where the images are now", new_path);
    goto done;
  }
  status = lnti_sources(&list, project, err);
  if (status) goto done;
  status = old_path_of(&from, &list, old_path, err);
  if (status) goto done;
  if (strcmp(from, to) == 0) {
    status = lnti_fail(err, LNT_EINVAL, "%s is where it was: name the old place first, then the new one", to);
    goto done;
  }
  status = choose(&list, from, to, err);
  if (status) goto done;
  status = check_kinds(&list, err);
  if (status) goto done;
  status = check(&list, project, options, err);
  if (status) goto done;
  status = move(&list, project, from, to, err);
  if (status) goto done;
  *out = list;
  list = (lnti_relink_result){0};
done:
  lnti_relink_result_clear(&list);
  free(from);
  free(to);
  return status;
}
