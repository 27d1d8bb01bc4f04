/*
 * Folders and archives of images. The names are listed first, so that the ontology stands and the order is known before an
 * image is read: folders become classes, one level a radio question, several a tree; a first level of folders that are
 * all named as splits ("train", "val", "test") becomes splits. Then the files, in blocks: what the paths say of each (class,
 * split, group, metadata) becomes an input, and read.c does the rest.
 *
 * Files that are no images by their name (text, tables, hidden files), or that have no extension and are none by their
 * bytes, are left alone and counted.
 */
#include <flow/import/internal.h>

#include <base/alloc.h>
#include <base/error.h>
#include <flow/export/export.h>
#include <flow/import/files.h>
#include <flow/posix_regex.h>
#include <flow/split/names.h>
#include <math.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_FILES = 1 << 16, TOP_NAMES = 5 };

typedef struct folder_file {
  const char *source; /* of its item: the listing's, or a folder above or below it that was imported before */
  const char *member; /* below that source */
  const char *path;   /* where it would lie, were the archives inside the source unpacked where they are */
  const char *split;
  size_t option;
  lnti_known_item known; /* the item that is there already */
  bool refused;          /* with its folder, which was told */
} folder_file;

typedef struct listing {
  lnti_import_work *work;
  lnti_source_kind kind;
  const char *root;
  size_t question;      /* that the classes answer */
  size_t n_unanswered;  /* folders that were not taken for classes */
  lnti_text unanswered; /* the first of them */
  lnti_files names;
  folder_file *files; /* [n] */
  size_t n;
  size_t depth_max; /* folders above the deepest image, splits not counted */
  bool split_level; /* the first level names splits */
} listing;

/* ---- classes and splits ---- */

/* Folders that export makes for what is in no split, beside those of splits, and for what has no label. */
static bool is_split_folder(const char *name, size_t n) {
  static const char none[] = LNTI_EXPORT_UNSPLIT;
  return lnti_split_of_name(name, n) || (n == strlen(none) && memcmp(name, none, n) == 0);
}

static bool is_unlabelled(const char *part, size_t length) {
  static const char none[] = LNTI_EXPORT_UNLABELLED;
  return length == strlen(none) && memcmp(part, none, length) == 0;
}

/* What is left of a path once its split's folder is taken off. */
static const char *class_part(const listing *list, const char *path) {
  const char *slash = list->split_level ? strchr(path, '/') : NULL;
  return slash ? slash + 1 : path;
}

/* The first level's folders, by whether they name a split: how many, and the first of them as text. */
typedef struct top_folders {
  size_t n;
  lnti_text names;
} top_folders;

static lnt_status note_top_folder(top_folders *top, const char *name, size_t length, lnt_error *err) {
  const char *between = top->n == 0 ? "" : ", ";
  if (++top->n > TOP_NAMES) return top->n == TOP_NAMES + 1 ? lnti_text_printf(&top->names, err, ", ...") : LNT_OK;
  return lnti_text_printf(&top->names, err, "%s%.*s", between, (int)lnti_utf8_valid(name, length), name);
}

/* Only what lies in folders decides: a cover or a licence at the top makes no class of "train". */
static lnt_status find_split_level(listing *list, lnt_error *err) {
  top_folders splits = {0}, others = {0};
  const char *previous = "";
  size_t n_previous = 0;
  lnt_status status = LNT_OK;
  if (list->work->options->split) return LNT_OK;
  for (size_t i = 0; i < list->n && status == LNT_OK; i++) {
    const char *path = list->files[i].path, *slash = strchr(path, '/');
    if (!slash) continue;
    size_t n = (size_t)(slash - path);
    if (n == n_previous && memcmp(path, previous, n) == 0) continue;
    previous = path;
    n_previous = n;
    status = note_top_folder(is_split_folder(path, n) ? &splits : &others, path, n, err);
  }
  if (status) goto done;
  list->split_level = splits.n > 0 && others.n == 0;
  if (splits.n > 0 && others.n > 0) {
    status = lnti_messages_add(&list->work->result->warnings, err,
                               "%.200s: %.200s %s like %s, but %.200s %s not: all were taken as classes; for splits, "
                               "import each folder by itself with --split NAME",
                               list->root, splits.names.data, splits.n > 1 ? "look" : "looks",
                               splits.n > 1 ? "splits" : "a split", others.names.data, others.n > 1 ? "do" : "does");
  }
done:
  lnti_text_clear(&splits.names);
  lnti_text_clear(&others.names);
  return status;
}

static lnt_status find_splits(listing *list, lnt_error *err) {
  lnt_status status = find_split_level(list, err);
  for (size_t i = 0; i < list->n && status == LNT_OK; i++) {
    const char *path = list->files[i].path, *slash = strchr(path, '/');
    size_t depth = 0;
    list->files[i].split = list->work->options->split;
    if (list->split_level && slash) list->files[i].split = lnti_split_of_name(path, (size_t)(slash - path));
    const char *part = class_part(list, path), *last = strrchr(part, '/');
    if (last && is_unlabelled(part, (size_t)(last - part))) continue;
    for (const char *p = part; (p = strchr(p, '/')) != NULL; p++) depth++;
    if (depth > list->depth_max) list->depth_max = depth;
  }
  return status;
}

/* A folder that holds images, as far as it is a class: its first file and how many there are. */
typedef struct class_folder {
  size_t first, n;
  const char *part; /* the first file's, below the split */
  size_t length;    /* of the folders in `part`, without the last slash; 0: none */
} class_folder;

/* The folder that begins at a file. The listing is in order, so what lies in one folder follows its folders' files. */
static class_folder folder_at(const listing *list, size_t first) {
  class_folder folder = {.first = first, .n = 1, .part = class_part(list, list->files[first].path)};
  const char *slash = strrchr(folder.part, '/'), *path = list->files[first].path;
  size_t n = slash ? (size_t)(slash - path) + 1 : (size_t)(folder.part - path);
  folder.length = slash ? (size_t)(slash - folder.part) : 0;
  while (first + folder.n < list->n) {
    const char *next = list->files[first + folder.n].path;
    if (strncmp(next, path, n) != 0 || strchr(next + n, '/')) break;
    folder.n++;
  }
  return folder;
}

/* The option of a folder; `announce`: as far as its titles are there, without making one. */
static lnt_status option_of_folder(size_t *out, const listing *list, const class_folder *folder, bool announce,
                                   lnt_error *err) {
  lnti_import_work *work = list->work;
  const char *at = folder->part, *end = folder->part + folder->length;
  size_t option = LNTI_NONE;
  lnt_status status = LNT_OK;
  while (at < end && status == LNT_OK) {
    char title[LNTI_PATH_BYTES_MAX];
    const char *slash = memchr(at, '/', (size_t)(end - at));
    size_t n = (size_t)((slash ? slash : end) - at), parent = option;
    if (n >= sizeof title) return lnti_fail(err, LNT_ELIMIT, "a folder's name of %zu bytes is too long for a class", n);
    memcpy(title, at, n);
    title[n] = '\0';
    status = announce ? lnti_import_announce(&option, work, list->question, parent, title, err)
                      : lnti_import_option(&option, work, list->question, parent, title, err);
    if (option == LNTI_NONE) break;
    if (work->ontology->options[option].retired) {
      return lnti_fail(err, LNT_EINVAL, "\"%.200s\" is retired: choose another", title);
    }
    at += n + 1;
  }
  if (status == LNT_OK) *out = option;
  return status;
}

/* Names that are no UTF-8 make no class, since what lies there is refused when it is read; nor does "unlabelled". */
static bool has_class(const class_folder *folder) {
  if (is_unlabelled(folder->part, folder->length)) return false;
  return folder->length > 0 && lnti_utf8_valid(folder->part, folder->length) == folder->length;
}

/* A folder that can be no class: its new images are refused, what is there already stays as it is. */
static lnt_status refuse_class(listing *list, const class_folder *folder, lnt_status code, const lnt_error *reason,
                               lnt_error *err) {
  const char *first = list->files[folder->first].path, *between = list->kind == LNTI_SOURCE_ARCHIVE ? "#" : "/";
  char *path = NULL, *text = NULL;
  size_t n_new = 0;
  lnt_status status = LNT_OK;
  for (size_t i = folder->first; i < folder->first + folder->n; i++) {
    list->files[i].option = LNTI_NONE;
    list->files[i].refused = list->files[i].known.id == 0;
    n_new += list->files[i].refused;
  }
  if (n_new == 0) return LNT_OK;
  status =
      lnti_asprintf(&path, err, "%s%s%.*s", list->root, between, (int)(folder->part + folder->length - first), first);
  if (status) goto done;
  status = lnti_asprintf(&text, err, "the folder can be no class, and its images (%zu) were not taken: %s", n_new,
                         reason->message);
  if (status) goto done;
  lnti_import_refuse(list->work, path, code == LNT_EINVAL ? LNT_EDATA : code, text);
done:
  free(text);
  free(path);
  return status;
}

/* True for failures that are one folder's own. */
static bool is_refusal(lnt_status status) {
  return status == LNT_EINVAL || status == LNT_EDATA || status == LNT_ELIMIT;
}

/* Makes the option of a folder. */
static lnt_status make_class(listing *list, const class_folder *folder, lnt_error *err) {
  lnt_error reason = LNT_ERROR_INIT;
  size_t option = LNTI_NONE;
  lnt_status status = option_of_folder(&option, list, folder, false, &reason);
  if (is_refusal(status)) return refuse_class(list, folder, status, &reason, err);
  if (status) return lnti_fail(err, status, "%s", reason.message);
  for (size_t i = folder->first; i < folder->first + folder->n; i++) list->files[i].option = option;
  return LNT_OK;
}

/* Whether that option may be an answer, now that all are there: with leaf_only, images between folders may not. */
static lnt_status check_class(listing *list, const class_folder *folder, lnt_error *err) {
  lnt_error reason = LNT_ERROR_INIT;
  const lnti_import_answer answer = {
      .question = list->question, .option = list->files[folder->first].option, .number = (double)NAN};
  lnt_status status = answer.option == LNTI_NONE ? LNT_OK : lnti_import_check(list->work, &answer, &reason);
  return status ? refuse_class(list, folder, status, &reason, err) : LNT_OK;
}

static lnt_status announce_class(listing *list, const class_folder *folder, lnt_error *err) {
  lnt_error reason = LNT_ERROR_INIT;
  size_t option = LNTI_NONE;
  lnt_status status = option_of_folder(&option, list, folder, true, &reason);
  return status && !is_refusal(status) ? lnti_fail(err, status, "%s", reason.message) : LNT_OK; /* told by make_class */
}

typedef lnt_status (*class_step)(listing *list, const class_folder *folder, lnt_error *err);

static lnt_status for_each_class(listing *list, class_step step, lnt_error *err) {
  class_folder folder;
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < list->n && status == LNT_OK; i += folder.n) {
    folder = folder_at(list, i);
    if (has_class(&folder)) status = step(list, &folder, err);
  }
  return status;
}

/* Whether folders are classes: not where the project has questions of its own, none of which they are known to answer. */
static bool has_question(const lnti_import_work *work) {
  lnt_error none = LNT_ERROR_INIT;
  size_t ignored = 0;
  if (work->options->target || work->n_questions_before == 0) return true;
  return lnti_ontology_find_question(&ignored, work->ontology, LNTI_IMPORT_TARGET, &none) == LNT_OK;
}

static lnt_status note_folder(listing *list, const class_folder *folder, lnt_error *err) {
  size_t n = 0;
  const char *slash = strrchr(folder->part, '/');
  if (list->n_unanswered++ > 0 || !slash) return LNT_OK;
  n = (size_t)(slash - folder->part);
  return lnti_text_printf(&list->unanswered, err, "%.*s", n < 60 ? (int)n : 60, folder->part);
}

static lnt_status leave_classes(listing *list, lnt_error *err) {
  lnt_status status = for_each_class(list, note_folder, err);
  if (status || list->n_unanswered == 0) return status;
  return lnti_messages_add(
      &list->work->result->warnings, err,
      "%.200s: its folders (%zu, first: \"%s\") were not taken for classes, since the project has "
      "questions and none is called \"%s\". --target QUESTION says which they answer; --target %s makes "
      "that one",
      list->root, list->n_unanswered, list->unanswered.data, LNTI_IMPORT_TARGET, LNTI_IMPORT_TARGET);
}

static lnt_status find_classes(listing *list, lnt_error *err) {
  lnti_import_work *work = list->work;
  size_t n = 0;
  if (list->depth_max == 0) return LNT_OK;
  if (!has_question(work)) return leave_classes(list, err);
  lnt_status status = lnti_import_target(&list->question, work, list->depth_max == 1 ? LNTI_RADIO : LNTI_TREE, err);
  if (!status) status = for_each_class(list, announce_class, err);
  if (!status) status = for_each_class(list, make_class, err);
  if (!status) status = for_each_class(list, check_class, err);
  for (size_t i = 0; i < list->n; i++) {
    if (!list->files[i].refused) list->files[n++] = list->files[i];
  }
  list->n = n;
  return status;
}

/* ---- what is there already ---- */

/* A source of the project that has files of the listing, too. */
typedef struct related {
  const char *source;
  size_t above; /* bytes of the root's path behind the source's, without the slash between; 0: none */
  size_t below; /* of the source's path behind the root's */
} related;

typedef struct related_list {
  listing *list;
  related *of;
  size_t n, capacity;
} related_list;

/* How many bytes the path of a folder has behind that of one above it, without the slash; 0: it lies elsewhere. */
static size_t bytes_below(const char *above, const char *path) {
  size_t n = strlen(above);
  if (strncmp(path, above, n) != 0) return 0;
  if (n > 0 && above[n - 1] == '/') n--;
  return path[n] == '/' && path[n + 1] ? strlen(path + n + 1) : 0;
}

static lnt_status note_related(void *payload, int64_t id, lnti_source_kind kind, const char *path, size_t n_items,
                               lnt_error *err) {
  related_list *r = payload;
  const char *root = r->list->root;
  char *copy = NULL;
  (void)id;
  if (kind != LNTI_SOURCE_FOLDER || r->list->kind != LNTI_SOURCE_FOLDER || n_items == 0) return LNT_OK;
  related found = {.above = bytes_below(path, root), .below = bytes_below(root, path)};
  if (!found.above && !found.below) return LNT_OK;
  lnt_status status = lnti_grow(&r->of, &r->capacity, r->n + 1, sizeof *r->of, err);
  if (!status) status = lnti_arena_strndup(&copy, &r->list->names.arena, path, strlen(path), err);
  if (status) return status;
  found.source = copy;
  r->of[r->n++] = found;
  return LNT_OK;
}

/* The name that a file of the listing would have in a related source, in a buffer where it has to be put together. */
static const char *member_in(char buffer[LNTI_PATH_BYTES_MAX], const related *in, const char *root,
                             const char *member) {
  const char *rest = in->source + strlen(in->source) - in->below;
  if (in->below)
    return strncmp(member, rest, in->below) == 0 && member[in->below] == '/' ? member + in->below + 1 : NULL;
  int n = snprintf(buffer, LNTI_PATH_BYTES_MAX, "%s/%s", root + strlen(root) - in->above, member);
  return n > 0 && n < LNTI_PATH_BYTES_MAX ? buffer : NULL;
}

/* Files that are items of a related source keep to it. */
static lnt_status find_known_in(listing *list, const related *in, lnt_error *err) {
  lnti_known_items *known = NULL;
  char buffer[LNTI_PATH_BYTES_MAX];
  lnt_status status = lnti_known_items_load(&known, list->work->project, LNTI_SOURCE_FOLDER, in->source, err);
  for (size_t i = 0; i < list->n && !status; i++) {
    folder_file *file = &list->files[i];
    char *kept = NULL;
    if (file->known.id || file->known.frames) continue;
    const char *member = member_in(buffer, in, list->root, file->member);
    if (!member) continue;
    lnti_known_item item = lnti_known_items_find(known, member);
    if (!item.id && !item.frames) continue;
    status = lnti_arena_strndup(&kept, &list->names.arena, member, strlen(member), err);
    if (!status)
      *file = (folder_file){.source = in->source,
                            .member = kept,
                            .path = file->path,
                            .option = file->option,
                            .split = file->split,
                            .known = item};
  }
  lnti_known_items_free(known);
  return status;
}

/* So that a repeated or resumed import does not read again what it has; nor one of a folder above or below. */
static lnt_status find_known(listing *list, lnt_error *err) {
  lnti_known_items *known = NULL;
  related_list near = {.list = list};
  lnt_status status = lnti_known_items_load(&known, list->work->project, list->kind, list->root, err);
  if (status) return status;
  for (size_t i = 0; i < list->n; i++) {
    list->files[i].source = list->root;
    list->files[i].known = lnti_known_items_find(known, list->files[i].member);
  }
  lnti_known_items_free(known);
  status = lnti_store_sources(list->work->project->store, note_related, &near, err);
  for (size_t i = 0; i < near.n && !status; i++) status = find_known_in(list, &near.of[i], err);
  free(near.of);
  return status;
}

/* ---- what the paths say ---- */

/* A block of files as inputs. */
typedef struct block {
  const listing *list;
  lnti_import_input *inputs;   /* [n] */
  lnti_import_answer *answers; /* [n] */
  lnti_arena arena;            /* names of groups, metadata */
} block;

static lnt_status find_group(const char **out, block *b, const char *path, lnt_error *err) {
  lnti_import_work *work = b->list->work;
  regmatch_t match[2];
  char *name = NULL;
  *out = NULL;
  if (!work->group_regex) return LNT_OK;
  work->n_group_asked++;
  bool found = lnti_posix_regex_find(match, 2, work->group_regex, path);
  const regmatch_t *part = found && match[1].rm_so >= 0 ? &match[1] : &match[0];
  if (!found || part->rm_eo == part->rm_so) return lnti_import_note(&work->ungrouped, err, "%s", path);
  lnt_status status =
      lnti_arena_strndup(&name, &b->arena, path + part->rm_so, (size_t)(part->rm_eo - part->rm_so), err);
  if (status == LNT_OK) *out = name;
  return status;
}

static lnt_status find_meta(lnti_import_input *input, block *b, const char *path, lnt_error *err) {
  lnti_import_work *work = b->list->work;
  lnti_path_field fields[LNTI_PATH_FIELDS_MAX];
  lnti_import_meta *meta = NULL;
  if (!work->pattern) return LNT_OK;
  if (!lnti_path_pattern_match(fields, work->pattern, path)) {
    return lnti_import_note(&work->unmatched, err, "%s", input->member);
  }
  size_t n = lnti_path_pattern_n(work->pattern);
  lnt_status status = lnti_arena_alloc(&meta, &b->arena, n, sizeof *meta, err);
  for (size_t i = 0; i < n && status == LNT_OK; i++) {
    char *value = NULL;
    status = lnti_arena_strndup(&value, &b->arena, fields[i].text, fields[i].n, err);
    meta[i] = (lnti_import_meta){work->pattern_key[i], value};
  }
  if (status) return status;
  input->meta = meta;
  input->n_meta = n;
  return LNT_OK;
}

static lnt_status fill_input(block *b, size_t i, const folder_file *file, lnt_error *err) {
  lnti_import_input *input = &b->inputs[i];
  *input = (lnti_import_input){.member = file->member, .split = file->split, .known = file->known};
  if (file->option != LNTI_NONE) {
    b->answers[i] = (lnti_import_answer){.question = b->list->question, .option = file->option, .number = (double)NAN};
    input->answers = &b->answers[i];
    input->n_answers = 1;
  }
  /* A name that is no UTF-8 is refused when it is read. */
  if (lnti_utf8_valid(file->member, strlen(file->member)) != strlen(file->member)) return LNT_OK;
  lnt_status status = find_group(&input->group, b, file->path, err);
  return status ? status : find_meta(input, b, file->path, err);
}

static lnt_status import_files(listing *list, lnt_error *err) {
  block b = {.list = list};
  size_t capacity = list->n < BLOCK_FILES ? list->n : BLOCK_FILES;
  lnt_status status = lnti_alloc(&b.inputs, capacity, sizeof *b.inputs, err);
  if (status) goto done;
  status = lnti_alloc(&b.answers, capacity, sizeof *b.answers, err);
  for (size_t first = 0; first < list->n && status == LNT_OK; first++) {
    const char *source = list->files[first].source;
    size_t n = 0;
    if (!source) continue; /* taken with an earlier one */
    for (size_t i = first; i < list->n && n < capacity && status == LNT_OK; i++) {
      if (list->files[i].source != source) continue;
      status = fill_input(&b, n++, &list->files[i], err);
      list->files[i].source = NULL;
    }
    if (status == LNT_OK) status = lnti_import_inputs(list->work, list->kind, source, b.inputs, n, err);
    lnti_arena_clear(&b.arena);
  }
done:
  free(b.answers);
  free(b.inputs);
  return status;
}

static void refuse_folder(void *payload, const char *path, lnt_status code, const char *reason) {
  lnti_import_refuse(payload, path, code, reason);
}

/* "a/inner.zip#cats/1.png" becomes "a/cats/1.png". */
static lnt_status find_path(const char **out, listing *list, const char *member, lnt_error *err) {
  const char *inner = list->kind == LNTI_SOURCE_ARCHIVE ? lnti_files_inner(member) : NULL, *slash = NULL;
  char *path = NULL;
  *out = member;
  if (!inner) return LNT_OK;
  for (const char *at = member; at < inner; at++) slash = *at == '/' ? at : slash;
  size_t before = slash ? (size_t)(slash + 1 - member) : 0, n = strlen(inner);
  lnt_status status = lnti_arena_alloc(&path, &list->names.arena, before + n + 1, 1, err);
  if (status) return status;
  memcpy(path, member, before);
  memcpy(path + before, inner, n + 1);
  *out = path;
  return LNT_OK;
}

static lnt_status make_files(listing *list, lnt_error *err) {
  lnti_import_work *work = list->work;
  const lnti_cancel *cancel = work->project->context.cancel;
  lnt_status status =
      list->kind == LNTI_SOURCE_ARCHIVE
          ? lnti_files_list_archive(&list->names, work->project->media, list->root, cancel, refuse_folder, work, err)
          : lnti_files_list(&list->names, list->root, cancel, refuse_folder, work, err);
  if (status) return status;
  if (list->names.n == 0) return LNT_OK;
  status = lnti_alloc(&list->files, list->names.n, sizeof *list->files, err);
  if (status) return status;
  list->n = list->names.n;
  for (size_t i = 0; i < list->n; i++) {
    list->files[i] = (folder_file){.member = list->names.member[i], .option = LNTI_NONE};
    status = find_path(&list->files[i].path, list, list->files[i].member, err);
    if (status) return status;
  }
  return LNT_OK;
}

/* No images: an archive may hold arrays. Where all there is was refused, that is the answer. */
static lnt_status import_something_else(const listing *list, bool refused, lnt_error *err) {
  lnt_error reason = LNT_ERROR_INIT;
  lnt_status status = LNT_ENOTFOUND;
  if (list->kind == LNTI_SOURCE_ARCHIVE) {
    status = lnti_import_cifar_archive(list->work, list->root, &reason);
  } else {
    lnti_error_set(&reason, LNT_ENOTFOUND, "%s holds no images", list->root);
  }
  if (!status || (status == LNT_ENOTFOUND && refused)) return LNT_OK;
  return lnti_fail(err, status, "%s", reason.message);
}

static lnt_status warn_of_listing(const listing *list, lnt_error *err) {
  lnti_messages *warnings = &list->work->result->warnings;
  const lnti_files *names = &list->names;
  lnti_text text = {0};
  lnt_status status = LNT_OK;
  if (names->n_other > 0) {
    status = lnti_text_printf(&text, err, "%zu %s in %s %s by %s (or bytes) and %s left alone", names->n_other,
                              lnti_plural(names->n_other, "file", "files"), list->root,
                              lnti_plural(names->n_other, "is no image", "are no images"),
                              lnti_plural(names->n_other, "its name", "their names"),
                              lnti_plural(names->n_other, "was", "were"));
    if (!status && names->n_tables > 0) {
      lnti_text path = {0};
      status = lnti_text_printf(&path, err, "%s/%s", list->root, names->first_table);
      if (!status) {
        status = lnti_text_printf(&text, err, "; %s may hold labels: linnet import %s",
                                  lnti_plural(names->n_tables, "a table among them", "tables among them"),
                                  lnti_shell_word(path.data, "TABLE").text);
      }
      lnti_text_clear(&path);
    }
    if (!status) status = lnti_messages_add(warnings, err, "%s", text.data);
    lnti_text_clear(&text);
  }
  if (status || names->n_again == 0) return status;
  return lnti_messages_add(
      warnings, err,
      "%zu %s in %s to a folder that is listed already, or that holds this one, and %s not followed "
      "(first: %s)",
      names->n_again, lnti_plural(names->n_again, "link leads", "links lead"), list->root,
      lnti_plural(names->n_again, "was", "were"), names->first_again);
}

lnt_status lnti_import_members(lnti_import_work *work, lnti_source_kind kind, const char *path, lnt_error *err) {
  listing list = {.work = work, .kind = kind, .root = path};
  size_t n_refused = work->result->n_refused;
  lnt_status status = make_files(&list, err);
  if (status) goto done;
  if (list.n == 0) {
    status = import_something_else(&list, work->result->n_refused > n_refused, err);
    goto done;
  }
  status = find_known(&list, err);
  if (status) goto done;
  status = find_splits(&list, err);
  if (status) goto done;
  status = find_classes(&list, err);
  if (status) goto done;
  work->n_total += list.n;
  status = import_files(&list, err);
  if (!status) status = warn_of_listing(&list, err);
done:
  free(list.files);
  lnti_text_clear(&list.unanswered);
  lnti_files_clear(&list.names);
  return status;
}

/* One image is a listing of its own, in the folder that it lies in. */
lnt_status lnti_import_file(lnti_import_work *work, const char *path, lnt_error *err) {
  const char *slash = strrchr(path, '/');
  char *folder = NULL;
  lnt_status status = lnti_strndup(&folder, path, slash == path ? 1 : (size_t)(slash - path), err);
  if (status) return status;
  folder_file file = {.member = slash + 1, .path = slash + 1, .split = work->options->split, .option = LNTI_NONE};
  listing list = {.work = work, .kind = LNTI_SOURCE_FOLDER, .root = folder, .files = &file, .n = 1};
  status = find_known(&list, err);
  if (status == LNT_OK) {
    work->n_total++;
    status = import_files(&list, err);
  }
  lnti_files_clear(&list.names);
  free(folder);
  return status;
}
