/*
 * Folders of images. The tree is listed first (names alone), so that the ontology stands and the order is known before
 * an image is read: folders become classes, one level a radio question, several a tree; a first level of folders that are
 * all named as splits ("train", "val", "test") becomes splits. Then batches: the pool reads, hashes and decodes.
 *
 * Files that are no images by their name (text, tables, hidden files), or that have no extension and are none by their
 * bytes, are left alone and counted. Links to files are
 * followed, links to folders are not.
 */
#include <flow/import_internal.h>

#include <base/alloc.h>
#include <base/error.h>
#include <flow/content.h>
#include <flow/files.h>
#include <flow/split_names.h>
#include <image/image.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH_FILES = 1024, FILE_CHUNK = 4, TOP_NAMES = 5 };

typedef struct folder_file {
  const char *member; /* below the folder; of the listing */
  const char *split;
  size_t option;
  int64_t known_id; /* of the item that is there already; 0 */
  bool refused;     /* with its folder, which was told */
} folder_file;

typedef struct listing {
  lnti_import_work *work;
  const char *root;
  lnti_files names;
  folder_file *files; /* [n] */
  size_t n;
  size_t depth_max; /* folders above the deepest image, splits not counted */
  bool split_level; /* the first level names splits */
} listing;

/* ---- classes and splits ---- */

/* What is left of a member once its split's folder is taken off. */
static const char *class_part(const listing *list, const char *member) {
  const char *slash = list->split_level ? strchr(member, '/') : NULL;
  return slash ? slash + 1 : member;
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
    const char *member = list->files[i].member, *slash = strchr(member, '/');
    if (!slash) continue;
    size_t n = (size_t)(slash - member);
    if (n == n_previous && memcmp(member, previous, n) == 0) continue;
    previous = member;
    n_previous = n;
    status = note_top_folder(lnti_split_of_name(member, n) ? &splits : &others, member, n, err);
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
    const char *member = list->files[i].member, *slash = strchr(member, '/');
    size_t depth = 0;
    list->files[i].split = list->work->options->split;
    if (list->split_level && slash) list->files[i].split = lnti_split_of_name(member, (size_t)(slash - member));
    for (const char *p = class_part(list, member); (p = strchr(p, '/')) != NULL; p++) depth++;
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
  class_folder folder = {.first = first, .n = 1, .part = class_part(list, list->files[first].member)};
  const char *slash = strrchr(folder.part, '/'), *member = list->files[first].member;
  size_t n = slash ? (size_t)(slash - member) + 1 : (size_t)(folder.part - member);
  folder.length = slash ? (size_t)(slash - folder.part) : 0;
  while (first + folder.n < list->n) {
    const char *next = list->files[first + folder.n].member;
    if (strncmp(next, member, n) != 0 || strchr(next + n, '/')) break;
    folder.n++;
  }
  return folder;
}

/* The option of a folder; `announce`: as far as its titles are there, without making one. */
static lnt_status option_of_folder(size_t *out, lnti_import_work *work, const class_folder *folder, bool announce,
                                   lnt_error *err) {
  const char *at = folder->part, *end = folder->part + folder->length;
  size_t option = LNTI_NONE;
  lnt_status status = LNT_OK;
  while (at < end && status == LNT_OK) {
    char title[LNTI_PATH_BYTES_MAX];
    const char *slash = memchr(at, '/', (size_t)(end - at));
    size_t n = (size_t)((slash ? slash : end) - at), parent = option;
    memcpy(title, at, n);
    title[n] = '\0';
    status = announce ? lnti_import_announce(&option, work, parent, title, err)
                      : lnti_import_option(&option, work, parent, title, err);
    if (option == LNTI_NONE) break;
    if (work->ontology->options[option].retired) {
      return lnti_fail(err, LNT_EINVAL, "\"%.200s\" is retired: choose another", title);
    }
    at += n + 1;
  }
  if (status == LNT_OK) *out = option;
  return status;
}

/* Names that are no UTF-8 make no class: what lies there is refused when it is read. */
static bool has_class(const class_folder *folder) {
  return folder->length > 0 && lnti_utf8_valid(folder->part, folder->length) == folder->length;
}

/* A folder that can be no class: its new images are refused, what is there already stays as it is. */
static lnt_status refuse_class(listing *list, const class_folder *folder, lnt_status code, const lnt_error *reason,
                               lnt_error *err) {
  const char *member = list->files[folder->first].member;
  char *path = NULL, *text = NULL;
  size_t n_new = 0;
  lnt_status status = LNT_OK;
  for (size_t i = folder->first; i < folder->first + folder->n; i++) {
    list->files[i].option = LNTI_NONE;
    list->files[i].refused = list->files[i].known_id == 0;
    n_new += list->files[i].refused;
  }
  if (n_new == 0) return LNT_OK;
  status = lnti_asprintf(&path, err, "%s/%.*s", list->root, (int)(folder->part + folder->length - member), member);
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
  lnt_status status = option_of_folder(&option, list->work, folder, false, &reason);
  if (is_refusal(status)) return refuse_class(list, folder, status, &reason, err);
  if (status) return lnti_fail(err, status, "%s", reason.message);
  for (size_t i = folder->first; i < folder->first + folder->n; i++) list->files[i].option = option;
  return LNT_OK;
}

/* Whether that option may be an answer, now that all are there: with leaf_only, images between folders may not. */
static lnt_status check_class(listing *list, const class_folder *folder, lnt_error *err) {
  lnt_error reason = LNT_ERROR_INIT;
  size_t option = list->files[folder->first].option;
  lnt_status status = option == LNTI_NONE ? LNT_OK : lnti_import_check(list->work, option, &reason);
  return status ? refuse_class(list, folder, status, &reason, err) : LNT_OK;
}

static lnt_status announce_class(listing *list, const class_folder *folder, lnt_error *err) {
  lnt_error reason = LNT_ERROR_INIT;
  size_t option = LNTI_NONE;
  lnt_status status = option_of_folder(&option, list->work, folder, true, &reason);
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

static lnt_status find_classes(listing *list, lnt_error *err) {
  lnti_import_work *work = list->work;
  size_t n = 0;
  if (list->depth_max == 0) return LNT_OK;
  lnt_status status = lnti_import_target(work, list->depth_max == 1 ? LNTI_RADIO : LNTI_TREE, err);
  if (!status) status = for_each_class(list, announce_class, err);
  if (!status) status = for_each_class(list, make_class, err);
  if (!status) status = for_each_class(list, check_class, err);
  if (!status) status = lnti_import_ontology(work, err);
  for (size_t i = 0; i < list->n; i++) {
    if (!list->files[i].refused) list->files[n++] = list->files[i];
  }
  list->n = n;
  return status;
}

/* ---- what is there already ---- */

typedef struct known_items {
  listing *list;
  uint32_t *slot; /* file + 1, by member */
  size_t n_slots;
} known_items;

static size_t member_slot(const known_items *known, const char *member) {
  size_t mask = known->n_slots - 1, at = (size_t)lnti_hash_table(member, strlen(member), 0) & mask;
  while (known->slot[at] && strcmp(known->list->files[known->slot[at] - 1].member, member) != 0) at = (at + 1) & mask;
  return at;
}

static lnt_status note_known(void *payload, const lnti_item *item, lnt_error *err) {
  known_items *known = payload;
  (void)err;
  if (item->source_kind != LNTI_SOURCE_FOLDER || strcmp(item->source, known->list->root) != 0) return LNT_OK;
  uint32_t file = known->slot[member_slot(known, item->member)];
  if (file) known->list->files[file - 1].known_id = item->id;
  return LNT_OK;
}

/* So that a repeated or resumed import does not read again what it has. */
static lnt_status find_known(listing *list, lnt_error *err) {
  known_items known = {.list = list, .n_slots = 64};
  lnti_item_query query = {0};
  if (list->n >= UINT32_MAX / 4) return lnti_fail(err, LNT_ELIMIT, "%s holds too many files", list->root);
  while (known.n_slots < list->n * 2) known.n_slots *= 2;
  lnt_status status = lnti_alloc_zero(&known.slot, known.n_slots, sizeof *known.slot, err);
  if (status) return status;
  for (size_t i = 0; i < list->n; i++) known.slot[member_slot(&known, list->files[i].member)] = (uint32_t)i + 1;
  status = lnti_store_items(list->work->project->store, &query, note_known, &known, err);
  free(known.slot);
  return status;
}

/* ---- reading ---- */

typedef struct folder_batch {
  listing *list;
  const folder_file *files; /* [n] of the batch */
  lnti_import_row *rows;
} folder_batch;

static lnt_status look_at(lnti_import_row *row, const listing *list, lnti_blob *blob, lnt_error *err) {
  lnti_image_limits limits = LNTI_IMAGE_LIMITS_INIT;
  lnti_image image = {0};
  lnti_image_info info;
  lnt_status status = lnti_image_probe(&info, blob, &limits, err);
  if (status) return status;
  lnti_content_hash(&row->item.content, blob);
  row->item.h = (uint32_t)info.h;
  row->item.w = (uint32_t)info.w;
  row->item.c = (uint32_t)info.c;
  row->item.depth = info.depth == LNTI_DEPTH_U8 ? 8 : info.depth == LNTI_DEPTH_U16 ? 16 : 32;
  row->item.format = lnti_image_format_name(info.format);
  row->item.bytes = blob->bytes;
  if (!list->work->options->verify) return LNT_OK;
  status = lnti_image_decode(&image, &row->rows_missing, blob, NULL, &limits, err);
  lnti_image_clear(&image);
  return status;
}

/* A file whose name holds a '#' is read through its whole path, which wins over the '#' as it exists. */
static lnt_status read_file(lnti_import_row *row, const listing *list, const folder_file *file, lnt_error *err) {
  char *path = NULL;
  lnti_blob blob = {0};
  lnt_status status = LNT_OK;
  if (lnti_utf8_valid(file->member, strlen(file->member)) != strlen(file->member)) {
    return lnti_fail(err, LNT_EUNSUPPORTED, "the name is not in UTF-8; rename the file");
  }
  status = lnti_asprintf(&path, err, "%s/%s", list->root, file->member);
  if (status) return status;
  status = lnti_media_read(&blob, list->work->project->media, path, err);
  if (status == LNT_OK) status = look_at(row, list, &blob, err);
  lnti_blob_clear(&blob);
  free(path);
  return status;
}

static lnt_status read_chunk(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  folder_batch *b = payload;
  (void)worker;
  for (size_t i = begin; i < end; i++) {
    const folder_file *file = &b->files[i];
    lnti_import_row *row = &b->rows[i];
    *row = (lnti_import_row){.option = file->option, .known_id = file->known_id};
    row->item = (lnti_item){.source_kind = LNTI_SOURCE_FOLDER,
                            .member = file->member,
                            .split = file->split ? file->split : "",
                            .format = "",
                            .stage = file->option == LNTI_NONE ? "annotate" : "done"};
    if (file->known_id) continue;
    row->refused = read_file(row, b->list, file, &row->error);
    if (row->refused == LNT_ENOMEM) return lnti_fail(err, LNT_ENOMEM, "%s: %s", file->member, row->error.message);
  }
  return LNT_OK;
}

static lnt_status import_files(listing *list, lnt_error *err) {
  lnti_import_work *work = list->work;
  const lnti_context *context = &work->project->context;
  lnti_import_row *rows = NULL;
  lnt_status status = lnti_alloc(&rows, BATCH_FILES, sizeof *rows, err);
  for (size_t first = 0; first < list->n && status == LNT_OK; first += BATCH_FILES) {
    size_t n = list->n - first < BATCH_FILES ? list->n - first : BATCH_FILES;
    folder_batch b = {list, list->files + first, rows};
    status = lnti_pool_for(context->pool, n, FILE_CHUNK, read_chunk, &b, context->cancel, err);
    if (status == LNT_OK) status = lnti_import_batch(work, LNTI_SOURCE_FOLDER, list->root, rows, n, err);
  }
  free(rows);
  return status;
}

static void refuse_folder(void *payload, const char *path, lnt_status code, const char *reason) {
  lnti_import_refuse(payload, path, code, reason);
}

static lnt_status make_files(listing *list, lnt_error *err) {
  lnti_import_work *work = list->work;
  lnt_status status =
      lnti_files_list(&list->names, list->root, work->project->context.cancel, refuse_folder, work, err);
  if (status) return status;
  if (list->names.n == 0) return lnti_fail(err, LNT_ENOTFOUND, "%s holds no images", list->root);
  status = lnti_alloc(&list->files, list->names.n, sizeof *list->files, err);
  if (status) return status;
  list->n = list->names.n;
  for (size_t i = 0; i < list->n; i++) {
    list->files[i] = (folder_file){.member = list->names.member[i], .option = LNTI_NONE};
  }
  return LNT_OK;
}

lnt_status lnti_import_folder(lnti_import_work *work, const char *path, lnt_error *err) {
  listing list = {.work = work, .root = path};
  lnt_status status = make_files(&list, err);
  if (status) goto done;
  status = find_known(&list, err);
  if (status) goto done;
  status = find_splits(&list, err);
  if (status) goto done;
  status = find_classes(&list, err);
  if (status) goto done;
  work->n_total += list.n;
  status = import_files(&list, err);
  if (status || list.names.n_other == 0) goto done;
  status = lnti_messages_add(&work->result->warnings, err,
                             list.names.n_other == 1
                                 ? "%zu file in %s is no image by its name (or bytes) and was left alone"
                                 : "%zu files in %s are no images by their names (or bytes) and were left alone",
                             list.names.n_other, path);
done:
  free(list.files);
  lnti_files_clear(&list.names);
  return status;
}
