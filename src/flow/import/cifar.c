/*
 * CIFAR's binary batches: each record is an image with its labels before it. CIFAR-10's label is a radio answer;
 * CIFAR-100's two, coarse and fine, are a node of a tree. The names of the classes lie beside the batches.
 *
 * Records are read one by one through their URIs, like files: a batch in an archive is then nothing special.
 */
#include <flow/import/internal.h>

#include <base/alloc.h>
#include <base/error.h>
#include <dirent.h>
#include <errno.h>
#include <flow/split/names.h>
#include <math.h>
#include <media/cifar.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MEMBER_TEXT = 24, LABEL_VALUES = 256 };

/* One batch. */
typedef struct cifar_batch {
  lnti_import_work *work;
  lnti_source_kind kind;
  const char *source;
  const char *prefix; /* of members: "" for a file of its own, "folder/data_batch_1.bin#" in an archive */
  char *uri;
  lnti_array_shape shape;
  uint8_t *labels; /* [n,n_labels] */
  lnti_class_names names[LNTI_CIFAR_LABELS_MAX];
  size_t question;
  size_t option[LABEL_VALUES][LABEL_VALUES]; /* of [first label][last label] */
} cifar_batch;

static lnt_status load_names(cifar_batch *b, lnt_error *err) {
  for (unsigned k = 0; k < b->shape.n_labels; k++) {
    lnt_error reason = LNT_ERROR_INIT;
    lnt_status status = lnti_media_class_names(&b->names[k], b->work->project->media, b->uri, k, &reason);
    if (status && status != LNT_ENOTFOUND) return lnti_fail(err, status, "%s", reason.message);
  }
  return LNT_OK;
}

/* The title of a label: --classes for CIFAR-10, else the name beside the batch, else the number. */
static const char *title_of(char number[8], const cifar_batch *b, unsigned k, size_t value) {
  const lnti_import_options *options = b->work->options;
  snprintf(number, 8, "%zu", value);
  if (b->shape.n_labels == 1 && value < options->n_classes) return options->classes[value];
  return value < b->names[k].n ? b->names[k].name[value] : number;
}

/* Finds, or with `make` makes, the option of one record's labels. */
static lnt_status option_of(size_t *out, cifar_batch *b, const uint8_t *labels, bool make, lnt_error *err) {
  size_t option = LNTI_NONE;
  lnt_status status = LNT_OK;
  for (unsigned k = 0; k < b->shape.n_labels && status == LNT_OK; k++) {
    char number[8];
    const char *title = title_of(number, b, k, labels[k]);
    size_t parent = option;
    status = make ? lnti_import_option(&option, b->work, b->question, parent, title, err)
                  : lnti_import_announce(&option, b->work, b->question, parent, title, err);
    if (option == LNTI_NONE) break;
  }
  *out = option;
  return status;
}

/* Options for all labels that occur. Titles are announced first, so that none takes another's option. */
static lnt_status make_options(cifar_batch *b, lnt_error *err) {
  const unsigned last = b->shape.n_labels - 1;
  bool seen[LABEL_VALUES][LABEL_VALUES] = {{false}};
  b->work->has_numbers = b->work->has_numbers || last == 0;
  lnt_status status = lnti_import_target(&b->question, b->work, last > 0 ? LNTI_TREE : LNTI_RADIO, err);
  for (size_t i = 0; i < b->shape.n; i++) seen[b->labels[i * (last + 1)]][b->labels[i * (last + 1) + last]] = true;
  for (int make = 0; make < 2; make++) {
    for (size_t value = 0; value < (size_t)LABEL_VALUES * LABEL_VALUES && status == LNT_OK; value++) {
      const uint8_t labels[2] = {(uint8_t)(value / LABEL_VALUES), (uint8_t)(value % LABEL_VALUES)};
      if (!seen[labels[0]][labels[1]]) continue;
      status = option_of(&b->option[labels[0]][labels[1]], b, labels, make, err);
    }
  }
  return status;
}

static lnt_status load_labels(cifar_batch *b, lnt_error *err) {
  lnt_status status = lnti_alloc(&b->labels, b->shape.n, b->shape.n_labels, err);
  if (status == LNT_OK) {
    status = lnti_media_labels(b->labels, b->work->project->media, b->uri, 0, b->shape.n, err);
  }
  if (status == LNT_OK) status = load_names(b, err);
  return status ? status : make_options(b, err);
}

static const char *split_of_file(const char *name) {
  const char *slash = strrchr(name, '/'), *base = slash ? slash + 1 : name;
  const char *split = lnti_split_of_name(base, strcspn(base, "_."));
  return split ? split : LNTI_SPLIT_TRAIN; /* data_batch_1.bin */
}

static lnt_status import_records(cifar_batch *b, lnt_error *err) {
  lnti_known_items *known = NULL;
  lnti_import_input *inputs = NULL;
  lnti_import_answer *answers = NULL;
  const unsigned last = b->shape.n_labels - 1;
  const size_t bytes = strlen(b->prefix) + MEMBER_TEXT;
  char *members = NULL;
  const char *split = b->work->options->split ? b->work->options->split : split_of_file(b->uri);
  lnt_status status = lnti_known_items_load(&known, b->work->project, b->kind, b->source, err);
  if (status) goto done;
  status = lnti_alloc_zero(&inputs, b->shape.n, sizeof *inputs, err);
  if (status) goto done;
  status = lnti_alloc(&answers, b->shape.n, sizeof *answers, err);
  if (status) goto done;
  status = lnti_alloc(&members, b->shape.n, bytes, err);
  if (status) goto done;
  for (size_t i = 0; i < b->shape.n; i++) {
    const uint8_t *labels = b->labels + i * (last + 1);
    char *member = members + i * bytes;
    snprintf(member, bytes, "%s%zu", b->prefix, i);
    answers[i] = (lnti_import_answer){
        .question = b->question, .option = b->option[labels[0]][labels[last]], .number = (double)NAN};
    inputs[i] = (lnti_import_input){.member = member,
                                    .split = split,
                                    .answers = &answers[i],
                                    .n_answers = 1,
                                    .known = lnti_known_items_find(known, member)};
  }
  b->work->n_total += b->shape.n;
  status = lnti_import_inputs(b->work, b->kind, b->source, inputs, b->shape.n, err);
done:
  free(members);
  free(answers);
  free(inputs);
  lnti_known_items_free(known);
  return status;
}

static lnt_status import_batch(lnti_import_work *work, lnti_source_kind kind, const char *source, const char *member,
                               lnt_error *err) {
  cifar_batch *b = NULL;
  char *prefix = NULL;
  lnt_status status = lnti_alloc_zero(&b, 1, sizeof *b, err);
  if (status) return status;
  *b = (cifar_batch){.work = work, .kind = kind, .source = source};
  status = lnti_asprintf(&b->uri, err, "%s%s%s", source, *member ? "#" : "", member);
  if (status) goto done;
  status = lnti_asprintf(&prefix, err, "%s%s", member, *member ? "#" : "");
  if (status) goto done;
  b->prefix = prefix;
  status = lnti_media_array(&b->shape, work->project->media, b->uri, err);
  if (status) goto done;
  status = load_labels(b, err);
  if (status) goto done;
  status = import_records(b, err);
done:
  for (unsigned k = 0; k < LNTI_CIFAR_LABELS_MAX; k++) lnti_class_names_clear(&b->names[k]);
  free(b->labels);
  free(prefix);
  free(b->uri);
  free(b);
  return status;
}

lnt_status lnti_import_cifar(lnti_import_work *work, const char *path, lnt_error *err) {
  return import_batch(work, LNTI_SOURCE_ARRAY, path, "", err);
}

/* ---- folders and archives of batches ---- */

static bool is_batch_name(const char *name) {
  size_t n = strlen(name);
  return n > 4 && strcmp(name + n - 4, ".bin") == 0;
}

static int is_batch_file(const struct dirent *entry) {
  return is_batch_name(entry->d_name);
}

/* Training batches before test batches, else as people sort names. */
static int compare_names(const char *a, const char *b) {
  bool a_test = strcmp(split_of_file(a), LNTI_SPLIT_TEST) == 0, b_test = strcmp(split_of_file(b), LNTI_SPLIT_TEST) == 0;
  if (a_test != b_test) return a_test ? 1 : -1;
  return lnti_natural_compare(a, b);
}

static int compare_entries(const struct dirent **a, const struct dirent **b) {
  return compare_names((*a)->d_name, (*b)->d_name);
}

static int compare_members(const void *a, const void *b) {
  const lnti_member *x = a, *y = b;
  return compare_names(x->name, y->name);
}

bool lnti_import_has_cifar(const char *folder) {
  struct dirent **names = NULL;
  bool found = false;
  int n = scandir(folder, &names, is_batch_file, alphasort);
  for (int i = 0; i < n; i++) {
    char *path = NULL;
    if (!found && lnti_asprintf(&path, NULL, "%s/%s", folder, names[i]->d_name) == LNT_OK) {
      found = lnti_cifar_sniff(path);
    }
    free(path);
    free(names[i]);
  }
  free(names);
  return found;
}

lnt_status lnti_import_cifar_folder(lnti_import_work *work, const char *folder, lnt_error *err) {
  struct dirent **names = NULL;
  lnt_status status = LNT_OK;
  int n = scandir(folder, &names, is_batch_file, compare_entries);
  if (n < 0) return lnti_fail_errno(err, errno, "%s: cannot be listed", folder);
  if (n == 0) status = lnti_fail(err, LNT_ENOTFOUND, "%s holds no batch of CIFAR (*.bin)", folder);
  for (int i = 0; i < n && status == LNT_OK; i++) {
    char *path = NULL;
    status = lnti_asprintf(&path, err, "%s/%s", folder, names[i]->d_name);
    if (status == LNT_OK) status = lnti_import_cifar(work, path, err);
    free(path);
  }
  for (int i = 0; i < n; i++) free(names[i]);
  free(names);
  return status;
}

lnt_status lnti_import_cifar_archive(lnti_import_work *work, const char *path, lnt_error *err) {
  lnti_members members = {0};
  size_t n = 0;
  const lnti_cancel *cancel = work->project->context.cancel;
  lnt_status status = lnti_media_members(&members, work->project->media, path, NULL, NULL, cancel, err);
  if (status) return status;
  for (size_t i = 0; i < members.n; i++) {
    if (is_batch_name(members.member[i].name)) members.member[n++] = members.member[i];
  }
  if (n == 0) status = lnti_fail(err, LNT_ENOTFOUND, "%s holds no images, and no batch of CIFAR (*.bin)", path);
  if (n > 1) qsort(members.member, n, sizeof *members.member, compare_members);
  for (size_t i = 0; i < n && status == LNT_OK; i++) {
    status = import_batch(work, LNTI_SOURCE_ARCHIVE, path, members.member[i].name, err);
  }
  lnti_members_clear(&members);
  return status;
}
