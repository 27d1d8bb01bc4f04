/*
 * Items as files in class folders: where each goes and what it is called, what is copied, linked, encoded or refused, and
 * that nothing is overwritten.
 */
#include <base/file.h>
#include <fcntl.h>
#include <flow/export/export.h>
#include <flow/export/internal.h>
#include <flow/export/manifest.h>
#include <ftw.h>
#include <image/image.h>
#include <sys/stat.h>
#include <unistd.h>

#include "media_support.h"

/* ---- an export and what it left ---- */

static lnt_status export_to(lnti_export_result *result, media_refusals *refusals, const lab *l, const char *out,
                            lnti_export_options options) {
  *refusals = (media_refusals){0};
  options.refused = media_refuse;
  options.refused_payload = refusals;
  *result = (lnti_export_result){.exported = 77};
  return lnti_export(result, l->project, media_in(l, "%s", out).text, &options, ERR);
}

/* All paths below a folder, sorted, joined by blanks: "a/x.pgm b/". */
static struct {
  char *paths[400];
  size_t n, prefix;
} found;

static int note_path(const char *path, const struct stat *st, int type, struct FTW *ftw) {
  (void)st;
  if (ftw->level == 0) {
    found.prefix = strlen(path) + 1;
    return 0;
  }
  if (type == FTW_D || type == FTW_DP || strstr(path, "/" LNTI_EXPORT_MANIFEST_FOLDER "/")) return 0;
  assert_in_range(found.n, 0, 399);
  found.paths[found.n++] = strdup(path + found.prefix);
  return 0;
}

static int by_text(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static void expect_files(const lab *l, const char *out, const char *wanted) {
  lnti_text text = {0};
  found.n = 0;
  assert_int_equal(nftw(media_in(l, "%s", out).text, note_path, 16, FTW_PHYS), 0);
  qsort(found.paths, found.n, sizeof found.paths[0], by_text);
  assert_ok(lnti_text_append(&text, "", 0, ERR));
  for (size_t i = 0; i < found.n; i++) {
    assert_ok(lnti_text_printf(&text, ERR, "%s%s", i ? " " : "", found.paths[i]));
    free(found.paths[i]);
  }
  assert_string_equal(text.data, wanted);
  lnti_text_clear(&text);
}

static bool same_file(const char *a, const char *b) {
  size_t n = 0, m = 0;
  char *x = lnti_test_read_file(&n, a), *y = lnti_test_read_file(&m, b);
  bool same = n == m && memcmp(x, y, n) == 0;
  free(x);
  free(y);
  return same;
}

static void write_toy(const lab *l, const char *member, int class, uint64_t number) {
  uint8_t pixels[TOY_PIXELS];
  media_name path = media_in(l, "%s", member);
  *strrchr(path.text, '/') = '\0';
  media_folder(path.text);
  toy_pixels(pixels, class, number);
  media_write_pgm(media_in(l, "%s", member).text, pixels, TOY_SIDE, TOY_SIDE);
}

/* ---- places and names ---- */

static void splits_classes_and_clashes(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_export_result r;
  media_refusals refusals;
  write_toy(&l, "set/train/Big Cat/x.pgm", 0, 1);
  write_toy(&l, "set/train/dog/x.pgm", 1, 2);
  write_toy(&l, "set/test/dog/x.pgm", 1, 3);
  write_toy(&l, "more/train/dog/X.pgm", 1, 4);
  media_import(&l, media_in(&l, "set").text, NULL);
  media_import(&l, media_in(&l, "more").text, NULL);
  assert_ok(export_to(&r, &refusals, &l, "out", (lnti_export_options){0}));
  expect_files(&l, "out", "test/dog/x.pgm train/Big Cat/x.pgm train/dog/X-2.pgm train/dog/x.pgm");
  assert_true(same_file(media_in(&l, "out/train/dog/X-2.pgm").text, media_in(&l, "more/train/dog/X.pgm").text));
  assert_true(same_file(media_in(&l, "out/train/dog/x.pgm").text, media_in(&l, "set/train/dog/x.pgm").text));
  assert_int_equal(r.exported, 4);
  assert_int_equal(r.n_refused, 0);
  assert_int_equal(r.unlabelled + r.linked + r.stripped, 0);
  assert_int_equal(r.bytes, 4 * (strlen("P5\n12 12\n255\n") + TOY_PIXELS));
  assert_true(r.seconds >= 0);
  /* Another filter, into an empty folder that is there. */
  media_folder(media_in(&l, "empty").text);
  assert_ok(export_to(&r, &refusals, &l, "empty", (lnti_export_options){.where = "split=test"}));
  expect_files(&l, "empty", "test/dog/x.pgm");
  /* What finds nothing is said, and empties no folder of an earlier export. */
  assert_status(export_to(&r, &refusals, &l, "none", (lnti_export_options){.where = "split=val"}), LNT_ENOTFOUND);
  assert_int_equal(access(media_in(&l, "none").text, F_OK), -1);
  assert_status(export_to(&r, &refusals, &l, "empty", (lnti_export_options){.where = "split=val"}), LNT_ENOTFOUND);
  expect_files(&l, "empty", "test/dog/x.pgm");
  lab_free(&l);
}

static const char strange_json[] =
    "{\"classifications\": [{\"id\": \"class\", \"type\": \"tree\", \"options\": ["
    "{\"id\": \"a\", \"title\": \"Bird/fowl\", \"options\": [{\"id\": \"x\", \"title\": \"x.pgm\"}]},"
    "{\"id\": \"b\", \"title\": \"bird_fowl\"}, {\"id\": \"c\", \"title\": \"..\"},"
    "{\"id\": \"d\", \"title\": \"unlabelled\"}, {\"id\": \"e\", \"title\": \"train\"}]},"
    "{\"id\": \"other\", \"type\": \"radio\", \"options\": [{\"id\": \"o\"}]},"
    "{\"id\": \"labels\", \"type\": \"checklist\", \"options\": [{\"id\": \"bowl\"}, "
    "{\"id\": \"y\"}]}, {\"id\": \"mass\", \"type\": \"number\"}]}";

/* Items with ids 1..n, each its own picture files/0/x.pgm, files/1/x.pgm... with an answer to "class", or none. */
static lab strange_lab(const char *const *labels, size_t n) {
  lab l = lab_new();
  lab_ontology(&l, strange_json);
  for (size_t i = 0; i < n; i++) {
    char member[64];
    snprintf(member, sizeof member, "files/%zu/x.pgm", i);
    write_toy(&l, member, 0, i);
    media_import(&l, media_in(&l, "files/%zu", i).text, NULL); /* a folder without folders: no labels */
    if (labels[i]) lab_answer(&l, (int64_t)i + 1, "class", labels[i]);
  }
  return l;
}

/* The same, exported to "out" already. */
static lab exported_lab(const char *const *labels, size_t n) {
  lnti_export_result r;
  media_refusals refusals;
  lab l = strange_lab(labels, n);
  assert_ok(export_to(&r, &refusals, &l, "out", (lnti_export_options){0}));
  assert_int_equal(r.n_refused, 0);
  return l;
}

static void titles_that_are_no_folder_names(void **state) {
  (void)state;
  static const char *const labels[] = {"a", "b", "c", "d", "e", "a/x", "unsure", "none", NULL};
  lab l = strange_lab(labels, 9);
  lnti_export_result r;
  media_refusals refusals;
  assert_ok(export_to(&r, &refusals, &l, "out", (lnti_export_options){.target = "class"}));
  /* A class below "Bird/fowl" is called x.pgm, and so is a file of it. */
  expect_files(&l, "out",
               "Bird_fowl/x-2.pgm Bird_fowl/x.pgm/x.pgm _../x.pgm bird_fowl-2/x.pgm train/x.pgm unlabelled-2/x.pgm "
               "unlabelled/x-2.pgm unlabelled/x-3.pgm unlabelled/x.pgm");
  assert_int_equal(r.unlabelled, 3);
  assert_int_equal(r.exported, 9);
  lab_free(&l);
}

static void which_question(void **state) {
  (void)state;
  static const char *const labels[] = {"e", NULL};
  lab l = strange_lab(labels, 2);
  lnti_export_result r;
  media_refusals refusals;
  assert_ok(export_to(&r, &refusals, &l, "one", (lnti_export_options){0}));
  expect_files(&l, "one", "train/x.pgm unlabelled/x.pgm");
  assert_ok(export_to(&r, &refusals, &l, "other", (lnti_export_options){.target = "other"}));
  expect_files(&l, "other", "unlabelled/x-2.pgm unlabelled/x.pgm");
  lab_answer(&l, 2, "other", "o");
  assert_status(export_to(&r, &refusals, &l, "two", (lnti_export_options){0}), LNT_EINVAL);
  assert_message("(class, other)");
  assert_status(export_to(&r, &refusals, &l, "two", (lnti_export_options){.target = "mass"}), LNT_EINVAL);
  assert_message("csv and jsonl hold the answers to every question");
  assert_status(export_to(&r, &refusals, &l, "two", (lnti_export_options){.target = "colour"}), LNT_ENOTFOUND);
  assert_status(export_to(&r, &refusals, &l, "two", (lnti_export_options){.where = "colour=red"}), LNT_EINVAL);
  assert_int_equal(r.exported, 77);
  assert_int_equal(access(media_in(&l, "two").text, F_OK), -1); /* nothing was begun */
  lab_free(&l);
}

static void nothing_has_a_label(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_export_result r;
  media_refusals refusals;
  assert_ok(export_to(&r, &refusals, &l, "empty", (lnti_export_options){0}));
  expect_files(&l, "empty", "");
  write_toy(&l, "flat/a.pgm", 0, 1);
  media_import(&l, media_in(&l, "flat").text, "test");
  assert_ok(export_to(&r, &refusals, &l, "out", (lnti_export_options){0}));
  expect_files(&l, "out", "test/unlabelled/a.pgm");
  lab_free(&l);
}

/* ---- groups ---- */

typedef struct grouping {
  lab *l;
  int64_t group_id;
} grouping;

static lnt_status add_group(void *payload, lnti_tx *tx, lnt_error *err) {
  grouping *g = payload;
  lnti_op op;
  int64_t op_id = 0, source_id = 0;
  bool existed = false;
  lnti_item item = {.kind = LNTI_ITEM_GROUP, .member = "scene", .h = 1, .w = 1, .c = 1, .depth = 8, .format = "group"};
  lnti_project_op(&op, g->l->project, LNTI_OP_IMPORT, "a group");
  lnt_status status = lnti_tx_op(tx, &op_id, &existed, &op, err);
  if (!status) status = lnti_tx_source(tx, &source_id, LNTI_SOURCE_FOLDER, "/scenes", err);
  item.source_id = source_id;
  if (!status) status = lnti_tx_item(tx, &g->group_id, &existed, op_id, &item, err);
  if (!status) status = lnti_tx_item_group(tx, 1, g->group_id, err);
  return status ? status : lnti_tx_item_group(tx, 2, g->group_id, err);
}

static void a_group_is_no_file_and_its_label_is_its_members(void **state) {
  (void)state;
  static const char *const labels[] = {NULL, "b", NULL};
  lab l = strange_lab(labels, 3);
  lnti_export_result r;
  media_refusals refusals;
  grouping g = {.l = &l};
  assert_ok(lnti_store_write(l.project->store, add_group, &g, ERR));
  lab_answer(&l, g.group_id, "class", "e");
  assert_ok(export_to(&r, &refusals, &l, "out", (lnti_export_options){0}));
  expect_files(&l, "out", "bird_fowl-2/x.pgm train/x.pgm unlabelled/x.pgm");
  assert_int_equal(r.exported, 3);
  assert_int_equal(r.n_refused, 0);
  lab_free(&l);
}

/* ---- records ---- */

static void records_become_png(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_export_result r;
  media_refusals refusals;
  toy_arrays(l.folder, "train", true, 4, 0);
  media_import(&l, media_in(&l, "train-images-idx3-ubyte.gz").text, NULL);
  assert_ok(export_to(&r, &refusals, &l, "out", (lnti_export_options){.link = true}));
  expect_files(&l, "out",
               "train/0/train-images-idx3-ubyte-0.png train/0/train-images-idx3-ubyte-3.png "
               "train/1/train-images-idx3-ubyte-1.png train/2/train-images-idx3-ubyte-2.png");
  assert_int_equal(r.linked, 0);
  lnti_blob blob = {0};
  lnti_image image = {0};
  uint8_t wanted[TOY_PIXELS];
  assert_ok(
      lnti_media_read(&blob, l.project->media, media_in(&l, "out/train/0/train-images-idx3-ubyte-3.png").text, ERR));
  assert_ok(lnti_image_decode(&image, NULL, &blob, NULL, &(lnti_image_limits)LNTI_IMAGE_LIMITS_INIT, ERR));
  toy_pixels(wanted, 0, 3);
  assert_true(image.h == TOY_SIDE && image.w == TOY_SIDE && image.c == 1);
  assert_memory_equal(image.data, wanted, TOY_PIXELS);
  lnti_image_clear(&image);
  lnti_blob_clear(&blob);
  lab_free(&l);
}

static void expect_name(lnti_source_kind source_kind, const char *source, const char *member, const char *format,
                        lnti_export_kind kind, const char *wanted) {
  lnti_item item = {.source_kind = source_kind, .source = source, .member = member, .format = format};
  lnti_text uri = {0}, name = {0};
  lnti_export_kind got = LNTI_EXPORT_FILE;
  assert_ok(lnti_item_uri(&uri, &item, ERR));
  assert_ok(lnti_export_file_name(&name, &got, &item, uri.data, ERR));
  assert_string_equal(name.data, wanted);
  assert_int_equal(got, kind);
  lnti_text_clear(&uri);
  lnti_text_clear(&name);
}

static void names_by_where_an_item_lies(void **state) {
  (void)state;
  const lnti_source_kind FOLDER = LNTI_SOURCE_FOLDER, ARRAY = LNTI_SOURCE_ARRAY, ARCHIVE = LNTI_SOURCE_ARCHIVE;
  expect_name(FOLDER, "/d", "a/b.jpg", "jpeg", LNTI_EXPORT_FILE, "b.jpg");
  expect_name(FOLDER, "/d", "b #1.jpg", "jpeg", LNTI_EXPORT_FILE, "b #1.jpg");
  expect_name(FOLDER, "/d", "b.zip#1", "jpeg", LNTI_EXPORT_FILE, "b.zip#1");
  expect_name(FOLDER, "/d", "a/clip.gif#frame=12", "gif", LNTI_EXPORT_FRAME, "clip-12.png");
  expect_name(FOLDER, "/d", "scan.v2.tif#page=2", "tiff", LNTI_EXPORT_FRAME, "scan.v2-2.png");
  expect_name(FOLDER, "/d", "not#page=x", "tiff", LNTI_EXPORT_FILE, "not#page=x");
  expect_name(FOLDER, "/d", "not#page=", "tiff", LNTI_EXPORT_FILE, "not#page=");
  expect_name(ARRAY, "/d/t10k-images.idx3-ubyte.gz", "17", "pixels", LNTI_EXPORT_RECORD,
              "t10k-images.idx3-ubyte-17.png");
  expect_name(ARRAY, "/d/array", "0", "pixels", LNTI_EXPORT_RECORD, "array-0.png");
  expect_name(ARCHIVE, "/d/p.zip", "a.jpg", "jpeg", LNTI_EXPORT_FILE, "a.jpg");
  expect_name(ARCHIVE, "/d/p.zip", "c/a #2.jpg", "jpeg", LNTI_EXPORT_FILE, "a #2.jpg");
  expect_name(ARCHIVE, "/d/p.zip", "in.tar.gz#a.jpg", "jpeg", LNTI_EXPORT_FILE, "a.jpg");
  expect_name(ARCHIVE, "/d/p.zip", "x/in.zip#y/a.jpg", "jpeg", LNTI_EXPORT_FILE, "a.jpg");
  expect_name(ARCHIVE, "/d/c.tar.gz", "data_batch_1.bin#17", "pixels", LNTI_EXPORT_RECORD, "data_batch_1-17.png");
  expect_name(ARCHIVE, "/d/p.zip", "x/clip.webp#frame=0", "webp", LNTI_EXPORT_FRAME, "clip-0.png");
  expect_name(ARCHIVE, "/d/p.zip", "in.zip#..", "jpeg", LNTI_EXPORT_FILE, "_..");
}

/* ---- what is refused ---- */

static void what_is_gone_or_changed_is_refused(void **state) {
  (void)state;
  static const char *const labels[] = {"e", "e", "e"};
  lab l = strange_lab(labels, 3);
  lnti_export_result r;
  media_refusals refusals;
  assert_int_equal(remove(media_in(&l, "files/0/x.pgm").text), 0);
  write_toy(&l, "files/1/x.pgm", 0, 99); /* of the same length */
  assert_ok(export_to(&r, &refusals, &l, "out", (lnti_export_options){0}));
  expect_files(&l, "out", "train/x-3.pgm"); /* the name tells of the others */
  assert_int_equal(r.exported, 1);
  assert_int_equal(r.n_refused, 2);
  assert_int_equal(refusals.n, 2);
  assert_int_equal(refusals.of[0].code, LNT_ENOTFOUND);
  assert_int_equal(refusals.of[1].code, LNT_ECONFLICT);
  assert_non_null(strstr(refusals.of[1].reason, "has changed since it was imported"));
  lnti_test_write_file(media_in(&l, "files/1/x.pgm").text, "P5", 2);
  assert_ok(export_to(&r, &refusals, &l, "links", (lnti_export_options){.link = true}));
  assert_int_equal(r.linked, 1);
  assert_int_equal(refusals.of[0].code, LNT_ENOTFOUND);
  assert_int_equal(refusals.of[1].code, LNT_ECONFLICT);
  lab_free(&l);
}

static void nothing_is_overwritten(void **state) {
  (void)state;
  static const char *const labels[] = {"a"};
  lab l = strange_lab(labels, 1);
  lnti_export_result r;
  media_refusals refusals;
  assert_status(export_to(&r, &refusals, &l, "files", (lnti_export_options){0}), LNT_EEXISTS);
  assert_message("is not empty");
  assert_status(export_to(&r, &refusals, &l, "files/0/x.pgm", (lnti_export_options){0}), LNT_EEXISTS);
  assert_message("is a file");
  assert_int_equal(symlink("nowhere", media_in(&l, "link").text), 0);
  assert_status(export_to(&r, &refusals, &l, "link", (lnti_export_options){0}), LNT_EEXISTS);
  assert_status(export_to(&r, &refusals, &l, "files/0/x.pgm/out", (lnti_export_options){0}), LNT_ENOTFOUND);
  lab_free(&l);
}

static void options_that_exclude_each_other(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_export_result r;
  media_refusals refusals;
  assert_status(export_to(&r, &refusals, &l, "o", (lnti_export_options){.link = true, .strip = LNTI_STRIP_GPS}),
                LNT_EINVAL);
  assert_status(export_to(&r, &refusals, &l, "o", (lnti_export_options){.link = true, .format = LNTI_EXPORT_CSV}),
                LNT_EINVAL);
  assert_status(export_to(&r, &refusals, &l, "o", (lnti_export_options){.target = "x", .format = LNTI_EXPORT_JSONL}),
                LNT_EINVAL);
  assert_int_equal(access(media_in(&l, "o").text, F_OK), -1);
  lab_free(&l);
}

/* ---- into the same folder again ---- */

static struct stat file_at(const lab *l, const char *path) {
  struct stat info;
  assert_int_equal(lstat(media_in(l, "%s", path).text, &info), 0);
  return info;
}

static void set_seconds(const lab *l, const char *path, time_t seconds) {
  const struct timespec times[2] = {{seconds, 5}, {seconds, 5}};
  assert_int_equal(utimensat(AT_FDCWD, media_in(l, "%s", path).text, times, 0), 0);
}

static void write_text(const lab *l, const char *path, const char *text) {
  assert_ok(lnti_file_write_all(media_in(l, "%s", path).text, text, strlen(text), ERR));
}

static void again_writes_what_has_changed(void **state) {
  (void)state;
  static const char *const labels[] = {"e", "e", "b"};
  lab l = strange_lab(labels, 3);
  lnti_export_result r;
  media_refusals refusals;
  set_seconds(&l, "files/0/x.pgm", 1000000000);
  assert_ok(export_to(&r, &refusals, &l, "out", (lnti_export_options){0}));
  expect_files(&l, "out", "bird_fowl-2/x.pgm train/x-2.pgm train/x.pgm");
  assert_int_equal(r.unchanged + r.removed + r.left, 0);
  struct stat first = file_at(&l, "out/train/x.pgm"), list = file_at(&l, "out/.linnet-export/manifest");
  assert_int_equal(first.st_mtim.tv_sec, 1000000000); /* its source's */
  assert_int_equal(first.st_mtim.tv_nsec, 5);
  /* Nothing has changed: nothing is written, the list neither. */
  assert_ok(export_to(&r, &refusals, &l, "out", (lnti_export_options){0}));
  assert_int_equal(r.exported, 3);
  assert_int_equal(r.unchanged, 3);
  assert_int_equal(r.bytes, 0);
  assert_int_equal(file_at(&l, "out/train/x.pgm").st_ino, first.st_ino);
  assert_int_equal(file_at(&l, "out/.linnet-export/manifest").st_ino, list.st_ino);
  /* Another answer moves one file; its folder goes with it. A file of the user's own stays, with its folder. */
  lab_answer(&l, 3, "class", "e");
  assert_ok(export_to(&r, &refusals, &l, "out", (lnti_export_options){0}));
  expect_files(&l, "out", "train/x-2.pgm train/x-3.pgm train/x.pgm");
  assert_int_equal(r.unchanged, 2);
  assert_int_equal(r.removed, 1);
  assert_int_equal(access(media_in(&l, "out/bird_fowl-2").text, F_OK), -1);
  write_text(&l, "out/train/notes.txt", "mine");
  assert_ok(export_to(&r, &refusals, &l, "out", (lnti_export_options){.where = "id=2"}));
  expect_files(&l, "out", "train/notes.txt train/x.pgm");
  assert_true(same_file(media_in(&l, "out/train/x.pgm").text, media_in(&l, "files/1/x.pgm").text));
  assert_int_equal(r.unchanged, 0);
  assert_int_equal(r.removed, 2);
  lab_free(&l);
}

static void what_is_not_its_own_stays(void **state) {
  (void)state;
  static const char *const labels[] = {"e", "e", "b"};
  lab l = strange_lab(labels, 3);
  lnti_export_result r;
  media_refusals refusals;
  size_t n = 0;
  assert_ok(export_to(&r, &refusals, &l, "out", (lnti_export_options){.where = "id<3"}));
  write_text(&l, "out/train/x.pgm", "edited");
  write_text(&l, "out/bird_fowl-2", "a file where a class is to be");
  assert_status(export_to(&r, &refusals, &l, "out", (lnti_export_options){0}), LNT_EEXISTS);
  assert_int_equal(unlink(media_in(&l, "out/bird_fowl-2").text), 0);
  assert_int_equal(mkdir(media_in(&l, "out/bird_fowl-2").text, 0777), 0);
  write_text(&l, "out/bird_fowl-2/x.pgm", "mine");
  for (int i = 0; i < 2; i++) { /* wanted, and in the way: refused, and nothing else is said of it */
    assert_ok(export_to(&r, &refusals, &l, "out", (lnti_export_options){0}));
    assert_int_equal(r.exported, 1);
    assert_int_equal(r.items, 1);
    assert_int_equal(r.n_refused, 2);
    assert_int_equal(refusals.n, 2);
    assert_int_equal(refusals.of[0].code, LNT_EEXISTS);
    assert_non_null(strstr(refusals.of[0].reason, "was changed since an export wrote it"));
    assert_non_null(strstr(refusals.of[1].reason, "no export wrote it"));
    assert_int_equal(r.left + r.held + r.removed, 0);
  }
  char *edited = lnti_test_read_file(&n, media_in(&l, "out/train/x.pgm").text);
  assert_int_equal(n, strlen("edited"));
  free(edited);
  /* Where it is wanted no more it is the user's from then on. */
  for (int i = 0; i < 2; i++) {
    assert_ok(export_to(&r, &refusals, &l, "out", (lnti_export_options){.where = "id=3"}));
    expect_files(&l, "out", "bird_fowl-2/x.pgm train/x.pgm");
    assert_int_equal(r.removed, 1 - i);
    assert_int_equal(r.left, 1 - i);
  }
  /* What makes the list senseless is said. */
  write_text(&l, "out/.linnet-export/manifest", "something else\n");
  assert_status(export_to(&r, &refusals, &l, "out", (lnti_export_options){0}), LNT_EDATA);
  write_text(&l, "out/.linnet-export/manifest",
             "linnet-export 1\n0000000000000000 0000000000000000 ../../files/0/x.pgm\nx\n");
  assert_ok(export_to(&r, &refusals, &l, "out", (lnti_export_options){.where = "id=3"}));
  assert_int_equal(access(media_in(&l, "files/0/x.pgm").text, F_OK), 0);
  lab_free(&l);
}

/* What was made of an image is perhaps all that there is of it. */
static void copies_of_refused_images_stay(void **state) {
  (void)state;
  static const char *const labels[] = {"e", "e", "e"};
  lnti_export_result r;
  media_refusals refusals;
  lab l = exported_lab(labels, 3);
  assert_int_equal(rename(media_in(&l, "files").text, media_in(&l, "away").text), 0);
  for (int64_t id = 1; id <= 3; id++) lab_answer(&l, id, "class", "b");
  for (int i = 0; i < 2; i++) { /* the second time they are still known as the export's */
    assert_ok(export_to(&r, &refusals, &l, "out", (lnti_export_options){0}));
    expect_files(&l, "out", "train/x-2.pgm train/x-3.pgm train/x.pgm");
    assert_int_equal(r.n_refused, 3);
    assert_int_equal(r.held, 3);
    assert_int_equal(r.removed + r.left, 0);
  }
  assert_ok(export_to(&r, &refusals, &l, "out", (lnti_export_options){.link = LNTI_LINK_HARD})); /* another form */
  assert_int_equal(r.held, 3);
  /* What is not wanted at all goes; what may have what is to be stripped goes too. */
  assert_ok(export_to(&r, &refusals, &l, "out", (lnti_export_options){.where = "id<3"}));
  assert_int_equal(r.held, 2);
  assert_int_equal(r.removed, 1);
  assert_ok(export_to(&r, &refusals, &l, "out", (lnti_export_options){.where = "id=1", .strip = LNTI_STRIP_GPS}));
  assert_int_equal(r.held, 0);
  expect_files(&l, "out", "");
  lab_free(&l);
}

static void a_link_in_place_of_a_folder_is_not_gone_through(void **state) {
  (void)state;
  static const char *const labels[] = {"e", "b"};
  lnti_export_result r;
  media_refusals refusals;
  lab l = exported_lab(labels, 2);
  assert_int_equal(rename(media_in(&l, "out/train").text, media_in(&l, "mine").text), 0);
  assert_int_equal(symlink("../mine", media_in(&l, "out/train").text), 0);
  assert_ok(export_to(&r, &refusals, &l, "out", (lnti_export_options){.where = "id=2"}));
  assert_int_equal(r.removed, 0);
  assert_int_equal(r.left, 1);
  assert_int_equal(access(media_in(&l, "mine/x.pgm").text, F_OK), 0);
  lab_free(&l);
}

/* Before 1970, and later than most file systems can keep. */
static void times_of_any_sign(void **state) {
  (void)state;
  static const char *const labels[] = {"e", "b"};
  lab l = strange_lab(labels, 2);
  lnti_export_result r;
  media_refusals refusals;
  set_seconds(&l, "files/0/x.pgm", -5);
  set_seconds(&l, "files/1/x.pgm", 20000000000);
  struct stat late = file_at(&l, "files/1/x.pgm");
  assert_ok(export_to(&r, &refusals, &l, "out", (lnti_export_options){0}));
  assert_int_equal(file_at(&l, "out/train/x.pgm").st_mtim.tv_sec, -5);
  assert_int_equal(file_at(&l, "out/bird_fowl-2/x.pgm").st_mtim.tv_sec, late.st_mtim.tv_sec);
  assert_ok(export_to(&r, &refusals, &l, "out", (lnti_export_options){0}));
  assert_int_equal(r.unchanged, 2);
  assert_int_equal(r.n_refused, 0);
  lab_free(&l);
}

/* A frame has its clip's time, not that of the folder that the clip lies in. */
static void frames_have_the_time_of_their_clip(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_export_result r;
  media_refusals refusals;
  media_folder(media_in(&l, "set").text);
  media_golden("animation.gif", media_in(&l, "set/a.gif").text);
  set_seconds(&l, "set/a.gif", 1000000000);
  lnti_import_result imported;
  media_name set = media_in(&l, "set");
  const char *source = set.text;
  assert_ok(lnti_import(&imported, l.project, &source, 1, &(lnti_import_options){.frames = LNTI_FRAMES_EACH}, ERR));
  lnti_import_result_clear(&imported);
  assert_ok(export_to(&r, &refusals, &l, "out", (lnti_export_options){0}));
  assert_int_equal(r.exported, 5);
  assert_int_equal(file_at(&l, "out/unlabelled/a-3.png").st_mtim.tv_sec, 1000000000);
  lab_free(&l);
}

static void another_form_replaces(void **state) {
  (void)state;
  static const char *const labels[] = {"e", "b"};
  lnti_export_result r;
  media_refusals refusals;
  lab l = exported_lab(labels, 2);
  assert_ok(export_to(&r, &refusals, &l, "out", (lnti_export_options){.link = LNTI_LINK_SYMBOLIC}));
  assert_true(S_ISLNK(file_at(&l, "out/train/x.pgm").st_mode));
  assert_int_equal(r.linked, 2);
  assert_int_equal(r.unchanged, 0);
  assert_ok(export_to(&r, &refusals, &l, "out", (lnti_export_options){.link = LNTI_LINK_SYMBOLIC}));
  assert_int_equal(r.unchanged, 2);
  assert_ok(export_to(&r, &refusals, &l, "out", (lnti_export_options){.link = LNTI_LINK_HARD}));
  assert_int_equal(file_at(&l, "out/train/x.pgm").st_ino, file_at(&l, "files/0/x.pgm").st_ino);
  assert_ok(export_to(&r, &refusals, &l, "out", (lnti_export_options){0}));
  assert_int_not_equal(file_at(&l, "out/train/x.pgm").st_ino, file_at(&l, "files/0/x.pgm").st_ino);
  assert_int_equal(r.unchanged, 0);
  assert_int_equal(file_at(&l, "files/0/x.pgm").st_nlink, 1); /* no part was left */
  /* A source that was only touched is the same file still. */
  assert_ok(export_to(&r, &refusals, &l, "hard", (lnti_export_options){.link = LNTI_LINK_HARD}));
  set_seconds(&l, "files/0/x.pgm", 1000000000);
  assert_ok(export_to(&r, &refusals, &l, "hard", (lnti_export_options){.link = LNTI_LINK_HARD}));
  assert_int_equal(r.unchanged, 2);
  assert_int_equal(r.n_refused, 0);
  lab_free(&l);
}

/* Killed between the journal and the file, or before the list was put in place. */
static void a_killed_export_is_gone_on_with(void **state) {
  (void)state;
  static const char *const labels[] = {"e", "e", "b"};
  lab l = strange_lab(labels, 3);
  lnti_export_result r;
  media_refusals refusals;
  size_t n = 0;
  assert_ok(export_to(&r, &refusals, &l, "out", (lnti_export_options){0}));
  char *lines = lnti_test_read_file(&n, media_in(&l, "out/.linnet-export/manifest").text);
  char *first = strchr(lines, '\n');
  assert_non_null(first);
  write_text(&l, "out/.linnet-export/journal", first + 1);
  free(lines);
  assert_int_equal(unlink(media_in(&l, "out/.linnet-export/manifest").text), 0);
  assert_int_equal(unlink(media_in(&l, "out/train/x-2.pgm").text), 0);
  write_text(&l, "out/.linnet-export/file.part-0123456789abcdef", "half");
  assert_ok(export_to(&r, &refusals, &l, "out", (lnti_export_options){0}));
  assert_int_equal(r.exported, 3);
  assert_int_equal(r.unchanged, 2);
  assert_int_equal(access(media_in(&l, "out/.linnet-export/file.part-0123456789abcdef").text, F_OK), -1);
  assert_int_equal(file_at(&l, "out/.linnet-export/journal").st_size, 0);
  expect_files(&l, "out", "bird_fowl-2/x.pgm train/x-2.pgm train/x.pgm");
  lab_free(&l);
}

/* The journal of `out` becomes what that of `of` was while it was at work. */
static void give_journal(const lab *l, const char *out, const char *of) {
  size_t n = 0;
  char *lines = lnti_test_read_file(&n, media_in(l, "%s/.linnet-export/manifest", of).text);
  lnti_test_write_file(media_in(l, "%s/.linnet-export/journal", out).text, strchr(lines, '\n') + 1,
                       strlen(strchr(lines, '\n') + 1));
  free(lines);
}

static void killed_before_anything_was_written_down(void **state) {
  (void)state;
  static const char *const labels[] = {"e"};
  lab l = strange_lab(labels, 1);
  lnti_export_result r;
  media_refusals refusals;
  media_folder(media_in(&l, "out").text);
  media_folder(media_in(&l, "out/.linnet-export").text);
  assert_ok(export_to(&r, &refusals, &l, "out", (lnti_export_options){0}));
  expect_files(&l, "out", "train/x.pgm");
  lab_free(&l);
}

/* A copy and a hard link of one file have the same time, and so the journal alone does not tell which of them is there. */
static void killed_before_another_form_was_made(void **state) {
  (void)state;
  static const char *const labels[] = {"e", "b"};
  lnti_export_result r;
  media_refusals refusals;
  lab l = exported_lab(labels, 2);
  assert_ok(export_to(&r, &refusals, &l, "hard", (lnti_export_options){.link = LNTI_LINK_HARD}));
  give_journal(&l, "out", "hard");
  assert_ok(export_to(&r, &refusals, &l, "out", (lnti_export_options){.link = LNTI_LINK_HARD}));
  assert_int_equal(r.unchanged, 0);
  assert_int_equal(file_at(&l, "out/train/x.pgm").st_ino, file_at(&l, "files/0/x.pgm").st_ino);
  assert_ok(export_to(&r, &refusals, &l, "out", (lnti_export_options){.link = LNTI_LINK_HARD}));
  assert_int_equal(r.unchanged, 2);
  lab_free(&l);
}

/* A line of the journal that was cut takes none of the next export's with it. */
static void killed_within_a_line(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_manifest m = {.lock = -1};
  lnti_made made = {.key = 7, .stamp = lnti_manifest_file_stamp((struct timespec){1000000000, 5})};
  assert_ok(lnti_manifest_open(&m, media_in(&l, "out").text, ERR));
  assert_ok(lnti_manifest_plan(&m, "train/y.pgm", &made, ERR));
  assert_ok(lnti_manifest_flush(&m, ERR));
  assert_int_equal(ftruncate(m.lock, file_at(&l, "out/.linnet-export/journal").st_size - 5), 0);
  lnti_manifest_close(&m);
  assert_ok(lnti_manifest_open(&m, media_in(&l, "out").text, ERR));
  assert_ok(lnti_manifest_plan(&m, "train/x.pgm", &made, ERR));
  assert_ok(lnti_manifest_flush(&m, ERR));
  media_folder(media_in(&l, "out/train").text);
  write_text(&l, "out/train/x.pgm", "made");
  set_seconds(&l, "out/train/x.pgm", 1000000000);
  lnti_manifest_close(&m);
  assert_ok(lnti_manifest_open(&m, media_in(&l, "out").text, ERR));
  assert_int_equal(lnti_manifest_look(&m, "train/x.pgm", &made), LNTI_MADE_SAME);
  assert_int_equal(m.n, 1);
  lnti_manifest_close(&m);
  lab_free(&l);
}

static void pictures_encoded_anew(void **state) {
  (void)state;
  static const char *const labels[] = {"e", "b"};
  lab l = strange_lab(labels, 2);
  lnti_export_result r;
  media_refusals refusals;
  size_t n = 0;
  assert_ok(export_to(&r, &refusals, &l, "png", (lnti_export_options){.convert = LNTI_ENCODE_PNG}));
  expect_files(&l, "png", "bird_fowl-2/x.png train/x.png");
  assert_ok(export_to(&r, &refusals, &l, "jpeg", (lnti_export_options){.convert = LNTI_ENCODE_JPEG, .side = 6}));
  expect_files(&l, "jpeg", "bird_fowl-2/x.jpg train/x.jpg");
  for (int i = 0; i < 2; i++) {
    uint8_t wanted[TOY_PIXELS];
    lnti_image image = {0};
    uint8_t *data = (uint8_t *)lnti_test_read_file(&n, media_in(&l, i ? "jpeg/train/x.jpg" : "png/train/x.png").text);
    const lnti_blob blob = {.kind = LNTI_BLOB_ENCODED, .data = data, .bytes = n};
    const lnti_image_limits limits = LNTI_IMAGE_LIMITS_INIT;
    assert_ok(lnti_image_decode(&image, NULL, &blob, NULL, &limits, ERR));
    toy_pixels(wanted, 0, 0);
    assert_int_equal(image.w, i ? 6 : TOY_SIDE);
    if (i == 0) assert_memory_equal(image.data, wanted, TOY_PIXELS);
    lnti_image_clear(&image);
    free(data);
  }
  lab_free(&l);
}

static void a_file_in_the_folder_of_each_yes(void **state) {
  (void)state;
  static const char *const labels[] = {"e", NULL};
  lab l = strange_lab(labels, 2);
  lnti_export_result r;
  media_refusals refusals;
  lab_answer(&l, 1, "labels", "bowl");
  lab_answer(&l, 1, "labels", "y");
  assert_ok(export_to(&r, &refusals, &l, "out", (lnti_export_options){.target = "labels"}));
  expect_files(&l, "out", "bowl/x.pgm unlabelled/x.pgm y/x.pgm");
  assert_int_equal(r.exported, 3);
  assert_int_equal(r.unlabelled, 1);
  lab_free(&l);
}

/* ---- links, cancellation ---- */

static void links_share_their_files(void **state) {
  (void)state;
  static const char *const labels[] = {"e", "b"};
  lab l = strange_lab(labels, 2);
  lnti_export_result r;
  media_refusals refusals;
  struct stat there, here;
  assert_ok(export_to(&r, &refusals, &l, "out", (lnti_export_options){.link = true}));
  assert_int_equal(r.linked, 2);
  assert_int_equal(r.bytes, 0);
  assert_int_equal(stat(media_in(&l, "files/0/x.pgm").text, &there), 0);
  assert_int_equal(lstat(media_in(&l, "out/train/x.pgm").text, &here), 0);
  assert_true(there.st_ino == here.st_ino && S_ISREG(here.st_mode));
  lab_free(&l);
}

static int remove_path(const char *path, const struct stat *st, int type, struct FTW *ftw) {
  (void)st;
  (void)type;
  (void)ftw;
  return remove(path);
}

/* A link to /dev/shm is one to another file system, if that is there. */
static void other_file_systems_get_symbolic_links(void **state) {
  (void)state;
  static const char *const labels[] = {"e"};
  lab l = strange_lab(labels, 1);
  char out[64], target[600] = "";
  struct stat here, shm;
  lnti_export_result r;
  lnti_export_options options = {.link = true};
  snprintf(out, sizeof out, "/dev/shm/linnet-export-%ld", (long)getpid());
  assert_int_equal(stat(l.folder, &here), 0);
  if (stat("/dev/shm", &shm) != 0 || shm.st_dev == here.st_dev || access("/dev/shm", W_OK) != 0) {
    print_message("skipped: /dev/shm is no other file system\n");
    lab_free(&l);
    return;
  }
  lnt_status status = lnti_export(&r, l.project, out, &options, ERR);
  char link[128];
  snprintf(link, sizeof link, "%s/train/x.pgm", out);
  ssize_t n = readlink(link, target, sizeof target - 1);
  assert_int_equal(nftw(out, remove_path, 16, FTW_PHYS | FTW_DEPTH), 0);
  assert_ok(status);
  assert_int_equal(r.linked, 1);
  assert_true(n > 0);
  assert_string_equal(target, media_in(&l, "files/0/x.pgm").text);
  lab_free(&l);
}

static void cancelling_leaves_whole_files(void **state) {
  (void)state;
  enum { N = 700 };
  lab l = lab_new();
  lnti_export_result r;
  media_refusals refusals;
  media_stopper stopper;
  toy_arrays(l.folder, "train", false, N, 0);
  media_import(&l, media_in(&l, "train-images-idx3-ubyte").text, NULL);
  media_stop_at(&stopper, 256);
  l.project->context.cancel = &stopper.cancel;
  assert_status(export_to(&r, &refusals, &l, "out", (lnti_export_options){.progress = &stopper.progress}),
                LNT_ECANCELLED);
  l.project->context.cancel = NULL;
  assert_int_equal(r.exported, 77);
  found.n = 0;
  assert_int_equal(nftw(media_in(&l, "out").text, note_path, 16, FTW_PHYS), 0);
  assert_in_range(found.n, 256, N - 1);
  for (size_t i = 0; i < found.n; i++) {
    assert_null(strstr(found.paths[i], ".part-"));
    free(found.paths[i]);
  }
  lab_free(&l);
}

/* Which file is called what does not depend on threads. */
static void the_same_on_any_number_of_threads(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_export_result r;
  media_refusals refusals;
  lnti_pool *pool = NULL;
  char member[64], *lists[2] = {NULL, NULL};
  for (int i = 0; i < 300; i++) {
    snprintf(member, sizeof member, "set/%d/%s/same.pgm", i % 60, i % 2 ? "b" : "a");
    write_toy(&l, member, 0, (uint64_t)i);
  }
  media_import(&l, media_in(&l, "set").text, NULL);
  assert_ok(lnti_pool_new(&pool, 4, ERR));
  for (int run = 0; run < 2; run++) {
    char out[8];
    lnti_text text = {0};
    l.project->context.pool = run ? pool : NULL;
    snprintf(out, sizeof out, "out%d", run);
    assert_ok(export_to(&r, &refusals, &l, out, (lnti_export_options){.where = "path=*/1*"}));
    found.n = 0;
    assert_int_equal(nftw(media_in(&l, "%s", out).text, note_path, 16, FTW_PHYS), 0);
    qsort(found.paths, found.n, sizeof found.paths[0], by_text);
    for (size_t i = 0; i < found.n; i++) {
      size_t n = 0;
      char *data = lnti_test_read_file(&n, media_in(&l, "%s/%s", out, found.paths[i]).text);
      lnti_hash hash;
      lnti_hash_bytes(&hash, data, n);
      assert_ok(lnti_text_printf(&text, ERR, "%s %02x%02x\n", found.paths[i], hash.bytes[0], hash.bytes[1]));
      free(data);
      free(found.paths[i]);
    }
    lists[run] = text.data;
  }
  l.project->context.pool = NULL;
  lnti_pool_free(pool);
  assert_string_equal(lists[0], lists[1]);
  free(lists[0]);
  free(lists[1]);
  lab_free(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(splits_classes_and_clashes),
      cmocka_unit_test(titles_that_are_no_folder_names),
      cmocka_unit_test(which_question),
      cmocka_unit_test(nothing_has_a_label),
      cmocka_unit_test(a_group_is_no_file_and_its_label_is_its_members),
      cmocka_unit_test(records_become_png),
      cmocka_unit_test(names_by_where_an_item_lies),
      cmocka_unit_test(what_is_gone_or_changed_is_refused),
      cmocka_unit_test(nothing_is_overwritten),
      cmocka_unit_test(again_writes_what_has_changed),
      cmocka_unit_test(what_is_not_its_own_stays),
      cmocka_unit_test(copies_of_refused_images_stay),
      cmocka_unit_test(a_link_in_place_of_a_folder_is_not_gone_through),
      cmocka_unit_test(times_of_any_sign),
      cmocka_unit_test(frames_have_the_time_of_their_clip),
      cmocka_unit_test(another_form_replaces),
      cmocka_unit_test(a_killed_export_is_gone_on_with),
      cmocka_unit_test(killed_before_anything_was_written_down),
      cmocka_unit_test(killed_before_another_form_was_made),
      cmocka_unit_test(killed_within_a_line),
      cmocka_unit_test(pictures_encoded_anew),
      cmocka_unit_test(a_file_in_the_folder_of_each_yes),
      cmocka_unit_test(options_that_exclude_each_other),
      cmocka_unit_test(links_share_their_files),
      cmocka_unit_test(other_file_systems_get_symbolic_links),
      cmocka_unit_test(cancelling_leaves_whole_files),
      cmocka_unit_test(the_same_on_any_number_of_threads),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
