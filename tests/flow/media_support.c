/*
 * Pictures and data sets for the tests of flow.
 */
#include "media_support.h"

#include "media/make_archive.h"

#include <base/file.h>
#include <image/image.h>
#include <dirent.h>
#include <sys/stat.h>
#include <zlib.h>

/* ---- names ---- */

media_name media_in(const lab *l, const char *format, ...) {
  media_name name;
  int n = snprintf(name.text, sizeof name.text, "%s/", l->folder);
  va_list arguments;
  va_start(arguments, format);
  n += vsnprintf(name.text + n, sizeof name.text - (size_t)n, format, arguments);
  va_end(arguments);
  assert_true((size_t)n < sizeof name.text);
  return name;
}

void media_folder(const char *path) {
  assert_ok(lnti_folder_make(path, ERR));
}

/* ---- pictures ---- */

void media_write_pgm(const char *path, const uint8_t *pixels, size_t h, size_t w) {
  char header[64];
  int n = snprintf(header, sizeof header, "P5\n%zu %zu\n255\n", w, h);
  char *data = malloc((size_t)n + h * w);
  assert_non_null(data);
  memcpy(data, header, (size_t)n);
  memcpy(data + n, pixels, h * w);
  lnti_test_write_file(path, data, (size_t)n + h * w);
  free(data);
}

void media_write_png(const char *path, const uint8_t *pixels, size_t h, size_t w) {
  lnti_image image = {0};
  uint8_t *png = NULL;
  size_t bytes = 0;
  assert_ok(lnti_image_new(&image, h, w, 1, LNTI_DEPTH_U8, ERR));
  memcpy(image.data, pixels, h * w);
  assert_ok(lnti_image_encode_png(&png, &bytes, &image, ERR));
  lnti_test_write_file(path, png, bytes);
  free(png);
  lnti_image_clear(&image);
}

const char *const toy_titles[TOY_CLASSES] = {"across", "down", "middle"};

void toy_pixels(uint8_t pixels[TOY_PIXELS], int class, uint64_t number) {
  lnti_rng rng;
  lnti_rng_seed(&rng, number, (uint64_t) class);
  for (int y = 0; y < TOY_SIDE; y++) {
    for (int x = 0; x < TOY_SIDE; x++) {
      bool middle = y >= 4 && y < 8 && x >= 4 && x < 8;
      bool bright = class == 0 ? y / 2 % 2 == 0 : class == 1 ? x / 2 % 2 == 0 : middle;
      pixels[y * TOY_SIDE + x] = (uint8_t)((bright ? 180 : 20) + (int)lnti_rng_below(&rng, 50));
    }
  }
}

void toy_tree(const char *root, size_t n, uint64_t first) {
  uint8_t pixels[TOY_PIXELS];
  char path[600];
  for (int class = 0; class < TOY_CLASSES; class ++) {
    snprintf(path, sizeof path, "%s/%s", root, toy_titles[class]);
    media_folder(path);
    for (size_t i = 0; i < n; i++) {
      toy_pixels(pixels, class, first + i);
      snprintf(path, sizeof path, "%s/%s/%zu.pgm", root, toy_titles[class], (size_t)first + i);
      media_write_pgm(path, pixels, TOY_SIDE, TOY_SIDE);
    }
  }
}

void toy_arrays(const char *folder, const char *prefix, bool gzip, size_t n, uint64_t first) {
  uint8_t *pixels = malloc(n * TOY_PIXELS), *labels = malloc(n);
  char path[600];
  assert_non_null(pixels);
  assert_non_null(labels);
  for (size_t i = 0; i < n; i++) {
    labels[i] = (uint8_t)(i % TOY_CLASSES);
    toy_pixels(pixels + i * TOY_PIXELS, labels[i], first + i);
  }
  media_folder(folder);
  snprintf(path, sizeof path, "%s/%s-images-idx3-ubyte%s", folder, prefix, gzip ? ".gz" : "");
  media_write_idx(path, pixels, n, TOY_SIDE, TOY_SIDE);
  snprintf(path, sizeof path, "%s/%s-labels-idx1-ubyte%s", folder, prefix, gzip ? ".gz" : "");
  media_write_idx(path, labels, n, 0, 0);
  free(labels);
  free(pixels);
}

/* ---- arrays ---- */

static void store_u32(uint8_t *out, size_t value) {
  for (int i = 0; i < 4; i++) out[i] = (uint8_t)(value >> (24 - 8 * i));
}

void media_write_idx(const char *path, const uint8_t *data, size_t n, size_t h, size_t w) {
  uint8_t header[16] = {0, 0, 8, h ? 3 : 1};
  size_t header_bytes = h ? 16 : 8, bytes = h ? n * h * w : n;
  const char *mode = strlen(path) > 3 && strcmp(path + strlen(path) - 3, ".gz") == 0 ? "wb1" : "wbT";
  store_u32(header + 4, n);
  store_u32(header + 8, h);
  store_u32(header + 12, w);
  gzFile file = gzopen(path, mode);
  if (!file) fail_msg("%s cannot be written", path);
  assert_int_equal(gzwrite(file, header, (unsigned)header_bytes), header_bytes);
  assert_true(bytes == 0 || gzwrite(file, data, (unsigned)bytes) == (int)bytes);
  assert_int_equal(gzclose(file), Z_OK);
}

/* ---- files made elsewhere ---- */

void media_golden(const char *name, const char *path) {
  size_t n = 0;
  char *from = lnti_test_path(LINNET_IMAGE_DATA, name), *data = lnti_test_read_file(&n, from);
  lnti_test_write_file(path, data, n);
  free(data);
  free(from);
}

static bool ends_as(const char *text, const char *ending) {
  size_t n = strlen(text), m = strlen(ending);
  return n >= m && strcmp(text + n - m, ending) == 0;
}

/* In the order of names, as `tar` of a sorted list has them. */
static void add_folder(maker *m, const char *folder, const char *prefix) {
  struct dirent **names = NULL;
  int n = scandir(folder, &names, NULL, alphasort);
  assert_true(n >= 0);
  for (int i = 0; i < n; i++) {
    char path[1024], member[1024];
    struct stat info;
    const char *name = names[i]->d_name;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    snprintf(member, sizeof member, "%s%s", prefix, name);
    assert_int_equal(lstat(path, &info), 0);
    if (S_ISREG(info.st_mode)) {
      size_t bytes = 0;
      char *data = lnti_test_read_file(&bytes, path);
      make_add(m, MEMBER_FILE, member, data, bytes);
      free(data);
    } else if (S_ISDIR(info.st_mode) && strcmp(name, ".") != 0 && strcmp(name, "..") != 0) {
      strcat(member, "/");
      make_add(m, MEMBER_FOLDER, member, NULL, 0);
      add_folder(m, path, member);
    }
    free(names[i]);
  }
  free(names);
}

void media_archive(const char *path, const char *folder) {
  int kind = 0;
  while (kind < PACK_KINDS && !ends_as(path, pack_ending((pack_kind)kind))) kind++;
  assert_true(kind < PACK_KINDS);
  maker *m = make_begin((pack_kind)kind);
  add_folder(m, folder, "");
  make_file(path, m);
}

/* ---- what is in a project ---- */

typedef struct listing {
  media_items items;
  size_t capacity;
  lnti_ontology *ontology;
  size_t at;
} listing;

static lnt_status add_item(void *payload, const lnti_item *item, lnt_error *err) {
  listing *list = payload;
  (void)err;
  if (list->items.n == list->capacity) {
    list->capacity = list->capacity ? 2 * list->capacity : 64;
    list->items.item = realloc(list->items.item, list->capacity * sizeof *list->items.item);
    assert_non_null(list->items.item);
  }
  media_item *new = &list->items.item[list->items.n++];
  *new = (media_item){
      .id = item->id, .group_id = item->group_id, .kind = item->kind, .h = item->h, .w = item->w, .c = item->c};
  snprintf(new->member, sizeof new->member, "%s", item->member);
  snprintf(new->split, sizeof new->split, "%s", item->split);
  snprintf(new->stage, sizeof new->stage, "%s", item->stage);
  snprintf(new->format, sizeof new->format, "%s", item->format);
  return LNT_OK;
}

static lnt_status add_answer(void *payload, const lnti_answer_row *row, lnt_error *err) {
  listing *list = payload;
  lnti_text path = {0};
  while (list->at < list->items.n && list->items.item[list->at].id < row->subject_id) list->at++;
  assert_true(list->at < list->items.n);
  media_item *item = &list->items.item[list->at];
  assert_int_equal(item->id, row->subject_id);
  item->by = row->source;
  size_t option = lnti_ontology_option_by_id(list->ontology, row->option_id);
  if (option == LNTI_NONE) return LNT_OK;
  lnt_status status = lnti_ontology_option_path(&path, list->ontology, option, err);
  snprintf(item->label, sizeof item->label, "%s", path.data);
  lnti_text_clear(&path);
  return status;
}

media_items media_list(lnti_project *project, const char *question) {
  listing list = {.at = 0};
  lnti_item_query query = {0};
  lnt_error none = LNT_ERROR_INIT;
  size_t index = 0;
  assert_ok(lnti_store_items(project->store, &query, add_item, &list, ERR));
  assert_ok(lnti_store_ontology(&list.ontology, project->store, ERR));
  if (lnti_ontology_find_question(&index, list.ontology, question, &none) == LNT_OK) {
    int64_t id = list.ontology->questions[index].id;
    assert_ok(lnti_store_answers(project->store, 0, INT64_MAX, id, add_answer, &list, ERR));
  }
  lnti_ontology_free(list.ontology);
  return list.items;
}

void media_items_clear(media_items *items) {
  free(items->item);
  *items = (media_items){0};
}

const media_item *media_find(const media_items *items, const char *member) {
  for (size_t i = 0; i < items->n; i++) {
    if (strcmp(items->item[i].member, member) == 0) return &items->item[i];
  }
  fail_msg("there is no item %s", member);
  return NULL;
}

void media_refuse(void *payload, const char *path, lnt_status code, const char *reason) {
  media_refusals *refusals = payload;
  assert_true(refusals->n < MEDIA_REFUSALS_MAX);
  refusals->of[refusals->n].code = code;
  snprintf(refusals->of[refusals->n].path, sizeof refusals->of[0].path, "%s", path);
  snprintf(refusals->of[refusals->n].reason, sizeof refusals->of[0].reason, "%s", reason);
  refusals->n++;
}

typedef struct meta_text {
  char text[1024];
  size_t n;
} meta_text;

static lnt_status add_meta(void *payload, int64_t item_id, const char *key, const char *value, lnt_error *err) {
  meta_text *meta = payload;
  (void)item_id;
  (void)err;
  meta->n +=
      (size_t)snprintf(meta->text + meta->n, sizeof meta->text - meta->n, "%s%s=%s", meta->n ? " " : "", key, value);
  assert_true(meta->n < sizeof meta->text);
  return LNT_OK;
}

const char *media_meta(const lab *l, int64_t item_id) {
  static meta_text meta;
  meta = (meta_text){.n = 0};
  assert_ok(lnti_store_meta(l->project->store, item_id, item_id, add_meta, &meta, ERR));
  return meta.text;
}

bool media_says(const lnti_messages *messages, const char *part) {
  for (size_t i = 0; i < messages->n; i++) {
    if (strstr(messages->text[i], part)) return true;
  }
  return false;
}

void media_import(const lab *l, const char *source, const char *split) {
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  options.split = split;
  assert_ok(lnti_import(&result, l->project, &source, 1, &options, ERR));
  assert_int_equal(result.n_refused, 0);
  lnti_import_result_clear(&result);
}

static void stop(void *payload, const char *what, size_t done, size_t total) {
  media_stopper *stopper = payload;
  (void)what;
  (void)total;
  stopper->seen = done;
  if (done >= stopper->at) lnti_cancel_request(&stopper->cancel);
}

void media_stop_at(media_stopper *out, size_t at) {
  *out = (media_stopper){.at = at, .progress = {stop, out}};
}
