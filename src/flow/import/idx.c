/*
 * IDX arrays: images beside labels, matched by name ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"), read as
 * streams so that an array of any size needs one batch of memory. Records become items "#0", "#1", ...
 */
#include <flow/import/internal.h>

#include <base/alloc.h>
#include <base/error.h>
#include <dirent.h>
#include <errno.h>
#include <flow/groups.h>
#include <flow/split/names.h>
#include <math.h>
#include <media/idx.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BATCH_RECORDS = 4096, HASH_CHUNK = 64, MEMBER_TEXT = 24, LABEL_VALUES = 256, TITLES_SHOWN = 4 };

static const char images_name[] = "-images-idx3-ubyte", labels_name[] = "-labels-idx1-ubyte";

/* ---- labels ---- */

/* The labels' file of an images' file; *out NULL where there is none. */
static lnt_status labels_path(char **out, const char *path, lnt_error *err) {
  char *labels = NULL;
  const char *slash = strrchr(path, '/');
  const char *at = strstr(slash ? slash : path, images_name);
  if (!at) return LNT_OK;
  lnt_status status =
      lnti_asprintf(&labels, err, "%.*s%s%s", (int)(at - path), path, labels_name, at + strlen(images_name));
  if (status) return status;
  if (access(labels, F_OK) != 0) {
    free(labels);
    labels = NULL;
  }
  *out = labels;
  return LNT_OK;
}

static lnt_status read_labels(uint8_t **out, const char *path, size_t n, lnt_error *err) {
  lnti_media_options media = LNTI_MEDIA_OPTIONS_INIT;
  lnti_idx *idx = NULL;
  lnti_idx_shape shape;
  uint8_t *labels = NULL;
  lnt_status status = lnti_idx_open(&idx, &shape, path, media.array_bytes_max, err);
  if (status) goto done;
  if (shape.n_dimensions != 1 || shape.size[0] != n) {
    status = lnti_fail(err, LNT_EDATA, "%s: %zu labels in %u dimensions for %zu images; one for each image is needed",
                       path, shape.size[0], shape.n_dimensions, n);
    goto done;
  }
  status = lnti_alloc(&labels, n, 1, err);
  if (status) goto done;
  status = lnti_idx_read(labels, idx, n, err);
  if (status) goto done;
  status = lnti_idx_finish(idx, err);
  if (status) goto done;
  *out = labels;
  labels = NULL;
done:
  free(labels);
  lnti_idx_close(idx);
  return status;
}

/* The title of a label's number, in a buffer where none was given. */
static const char *title_of(char number[8], const lnti_import_options *options, size_t value) {
  snprintf(number, 8, "%zu", value);
  return options->n_classes ? options->classes[value] : number;
}

/* Bare numbers beside titles that are there: most likely --classes was forgotten, and numbers would be new classes. */
static lnt_status check_numbers(const lnti_import_work *work, size_t question, const char *path,
                                const bool wanted[LABEL_VALUES], lnt_error *err) {
  const lnti_ontology *ontology = work->ontology;
  lnti_text titles = {0};
  char number[8];
  lnt_status status = LNT_OK;
  size_t option = ontology->questions[question].first_option;
  if (option == LNTI_NONE) return LNT_OK;
  for (size_t value = 0; value < LABEL_VALUES; value++) {
    snprintf(number, sizeof number, "%zu", value);
    if (wanted[value] && lnti_ontology_find_option(ontology, question, LNTI_NONE, number) != LNTI_NONE) {
      return LNT_OK;
    }
  }
  for (size_t n = 0; option != LNTI_NONE && status == LNT_OK; option = ontology->options[option].next_sibling, n++) {
    if (n == TITLES_SHOWN) {
      status = lnti_text_printf(&titles, err, ", ...");
      break;
    }
    status = lnti_text_printf(&titles, err, "%s%.30s", n > 0 ? ", " : "", ontology->options[option].title);
  }
  if (status == LNT_OK) {
    status =
        lnti_fail(err, LNT_EINVAL,
                  "%.120s: its labels are numbers, and \"%.60s\" has none of them, but %s; say with --classes which "
                  "titles the numbers stand for, or use another question with --target NAME",
                  path, ontology->questions[question].title, titles.data);
  }
  lnti_text_clear(&titles);
  return status;
}

/* Options for the label values that occur (all titles where they were given), in order of value. */
static lnt_status make_options(size_t *question_out, size_t option[LABEL_VALUES], lnti_import_work *work,
                               const char *path, const uint8_t *labels, size_t n, lnt_error *err) {
  const lnti_import_options *options = work->options;
  bool wanted[LABEL_VALUES] = {false};
  char number[8];
  work->has_numbers = true;
  for (size_t i = 0; i < n; i++) wanted[labels[i]] = true;
  for (size_t value = options->n_classes; options->n_classes && value < LABEL_VALUES; value++) {
    if (!wanted[value]) continue;
    return lnti_fail(err, LNT_EINVAL, "%s has the label %zu, but only %zu class titles were given (0 to %zu)", path,
                     value, options->n_classes, options->n_classes - 1);
  }
  for (size_t value = 0; value < LABEL_VALUES && value < options->n_classes; value++) wanted[value] = true;
  size_t question = LNTI_NONE;
  lnt_status status = lnti_import_target(&question, work, LNTI_RADIO, err);
  if (status == LNT_OK && options->n_classes == 0) status = check_numbers(work, question, path, wanted, err);
  for (size_t value = 0; value < LABEL_VALUES && status == LNT_OK; value++) {
    option[value] = LNTI_NONE;
    if (!wanted[value]) continue;
    status = lnti_import_announce(&option[value], work, question, LNTI_NONE, title_of(number, options, value), err);
  }
  for (size_t value = 0; value < LABEL_VALUES && status == LNT_OK; value++) {
    if (!wanted[value]) continue;
    status = lnti_import_option(&option[value], work, question, LNTI_NONE, title_of(number, options, value), err);
    if (status == LNT_OK && value < options->n_classes) status = lnti_import_declare(work, option[value], err);
  }
  if (status == LNT_OK) *question_out = question;
  return status;
}

/* ---- records ---- */

/* What is said of one record. */
typedef struct idx_record {
  char member[MEMBER_TEXT];
  lnti_import_input input;
  lnti_import_answer answer;
} idx_record;

typedef struct idx_batch {
  lnti_import_work *work;
  const lnti_idx_shape *shape;
  const uint8_t *pixels; /* [n,record_bytes] */
  lnti_import_row *rows; /* [n] */
  idx_record *records;   /* [n] */
  const uint8_t *labels; /* of the first record of the batch; NULL */
  size_t question;
  const size_t *option; /* of each label */
  size_t first;
  const char *split;
  const lnti_known_items *known; /* what is there from before */
} idx_batch;

static void fill_record(const idx_batch *b, size_t i) {
  idx_record *record = &b->records[i];
  snprintf(record->member, MEMBER_TEXT, "%zu", b->first + i);
  record->input = (lnti_import_input){
      .member = record->member, .split = b->split, .known = lnti_known_items_find(b->known, record->member)};
  if (b->labels) {
    record->answer =
        (lnti_import_answer){.question = b->question, .option = b->option[b->labels[i]], .number = (double)NAN};
    record->input.answers = &record->answer;
    record->input.n_answers = 1;
  }
  b->rows[i] = (lnti_import_row){.input = &record->input, .n_frames = 1};
  b->rows[i].item = (lnti_item){
      .member = record->member, .split = b->split ? b->split : "", .stage = b->labels ? "done" : "annotate"};
}

/* Looks at a record, unless it is an item of which all is known. What is there but is another record now stays as it is. */
static void look_at_record(const idx_batch *b, size_t i, const lnti_blob *blob) {
  const lnti_look_options look = {b->work->project->taken, b->work->options->verify};
  const lnti_known_item *known = &b->records[i].input.known;
  lnti_import_row *row = &b->rows[i];
  if (known->id && (known->looked || !look.pixels)) return;
  row->refused = lnti_look(&row->look, blob, &look, &row->error);
  if (row->refused) return;
  lnti_look_item(&row->item, &row->look);
  row->facts_missing = known->id && lnti_content_key(&row->look.content) == known->content;
  if (known->id && !row->facts_missing) lnti_looked_clear(&row->look);
}

static lnt_status fill_rows(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  idx_batch *b = payload;
  const lnti_idx_shape *shape = b->shape;
  (void)worker;
  for (size_t i = begin; i < end; i++) {
    const lnti_blob blob = {.kind = LNTI_BLOB_PIXELS,
                            .data = b->pixels + i * shape->record_bytes,
                            .bytes = shape->record_bytes,
                            .h = shape->h,
                            .w = shape->w,
                            .c = shape->c};
    lnti_import_row *row = &b->rows[i];
    fill_record(b, i);
    look_at_record(b, i, &blob);
    if (row->refused == LNT_ENOMEM) return lnti_fail(err, LNT_ENOMEM, "%s", row->error.message);
    if (row->refused == LNT_OK && b->labels) {
      row->refused = lnti_import_check(b->work, &b->records[i].answer, &row->error);
    }
  }
  return LNT_OK;
}

static lnt_status import_records(idx_batch *b, lnti_idx *idx, const char *path, lnt_error *err) {
  uint8_t *pixels = NULL;
  lnti_known_items *known = NULL;
  lnt_error reason = LNT_ERROR_INIT;
  size_t n_records = b->shape->size[0];
  const uint8_t *labels = b->labels;
  const lnti_context *context = &b->work->project->context;
  lnt_status status = lnti_alloc(&pixels, BATCH_RECORDS, b->shape->record_bytes, err);
  if (status) goto done;
  b->pixels = pixels;
  status = lnti_known_items_load(&known, b->work->project, LNTI_SOURCE_ARRAY, path, err);
  if (status) goto done;
  b->known = known;
  status = lnti_alloc(&b->rows, BATCH_RECORDS, sizeof *b->rows, err);
  if (status) goto done;
  status = lnti_alloc(&b->records, BATCH_RECORDS, sizeof *b->records, err);
  if (status) goto done;
  for (size_t first = 0; first < n_records; first += BATCH_RECORDS) {
    size_t n = n_records - first < BATCH_RECORDS ? n_records - first : BATCH_RECORDS;
    b->first = first;
    b->labels = labels ? labels + first : NULL;
    status = lnti_cancel_check(context->cancel, err);
    if (status) goto done;
    status = lnti_idx_read(pixels, idx, n, &reason);
    if (status) {
      status = lnti_fail(err, status, "%s; the first %zu of its %zu records were imported", reason.message, first,
                         n_records);
      goto done;
    }
    memset(b->rows, 0, n * sizeof *b->rows);
    status = lnti_pool_for(context->pool, n, HASH_CHUNK, fill_rows, b, context->cancel, err);
    if (status) {
      for (size_t i = 0; i < n; i++) lnti_import_row_clear(&b->rows[i]);
      goto done;
    }
    status = lnti_import_batch(b->work, LNTI_SOURCE_ARRAY, path, b->rows, n, err);
    if (status) goto done;
  }
  status = lnti_idx_finish(idx, err);
done:
  lnti_known_items_free(known);
  free(b->records);
  free(b->rows);
  free(pixels);
  return status;
}

/* The split by the file's name: what stands before "-images". */
static const char *split_of_file(const char *path) {
  const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
  return lnti_split_of_name(name, strcspn(name, "-_."));
}

lnt_status lnti_import_idx(lnti_import_work *work, const char *path, lnt_error *err) {
  lnti_media_options media = LNTI_MEDIA_OPTIONS_INIT;
  lnti_idx *idx = NULL;
  lnti_idx_shape shape;
  char *labels_file = NULL;
  uint8_t *labels = NULL;
  size_t question = LNTI_NONE, option[LABEL_VALUES];
  const char *split = work->options->split ? work->options->split : split_of_file(path);
  lnt_status status = lnti_idx_open(&idx, &shape, path, media.array_bytes_max, err);
  if (status) goto done;
  if (shape.h == 0) {
    status = lnti_fail(err, LNT_EDATA,
                       "%s holds no images (%u dimensions); name the file of images, its labels are "
                       "found beside it",
                       path, shape.n_dimensions);
    goto done;
  }
  status = labels_path(&labels_file, path, err);
  if (status) goto done;
  if (labels_file) {
    status = read_labels(&labels, labels_file, shape.size[0], err);
    if (status) goto done;
    status = make_options(&question, option, work, labels_file, labels, shape.size[0], err);
    if (status) goto done;
  } else {
    status =
        lnti_messages_add(&work->result->warnings, err, "%s has no labels beside it: its items are not labelled", path);
    if (status) goto done;
  }
  work->n_total += shape.size[0];
  idx_batch batch = {
      .work = work, .shape = &shape, .labels = labels, .question = question, .option = option, .split = split};
  status = import_records(&batch, idx, path, err);
done:
  free(labels);
  free(labels_file);
  lnti_idx_close(idx);
  return status;
}

/* ---- folders of arrays ---- */

static int is_images_file(const struct dirent *entry) {
  return strstr(entry->d_name, images_name) != NULL && !strstr(entry->d_name, ".part-");
}

bool lnti_import_has_idx(const char *folder) {
  struct dirent **names = NULL;
  int n = scandir(folder, &names, is_images_file, NULL);
  for (int i = 0; i < n; i++) free(names[i]);
  free(names);
  return n > 0;
}

/* Training arrays before test arrays. */
static int training_first(const struct dirent **a, const struct dirent **b) {
  const char *x = split_of_file((*a)->d_name), *y = split_of_file((*b)->d_name);
  bool x_train = x && strcmp(x, LNTI_SPLIT_TRAIN) == 0, y_train = y && strcmp(y, LNTI_SPLIT_TRAIN) == 0;
  if (x_train != y_train) return x_train ? -1 : 1;
  return strcmp((*a)->d_name, (*b)->d_name);
}

lnt_status lnti_import_idx_folder(lnti_import_work *work, const char *folder, lnt_error *err) {
  struct dirent **names = NULL;
  lnt_status status = LNT_OK;
  int n = scandir(folder, &names, is_images_file, training_first);
  if (n < 0) return lnti_fail_errno(err, errno, "%s: cannot be listed", folder);
  if (n == 0) status = lnti_fail(err, LNT_ENOTFOUND, "%s holds no file named *%s", folder, images_name);
  for (int i = 0; i < n && status == LNT_OK; i++) {
    char *path = NULL;
    status = lnti_asprintf(&path, err, "%s/%s", folder, names[i]->d_name);
    if (status == LNT_OK) status = lnti_import_idx(work, path, err);
    free(path);
  }
  for (int i = 0; i < n; i++) free(names[i]);
  free(names);
  return status;
}
