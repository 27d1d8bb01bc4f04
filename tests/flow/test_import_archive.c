/*
 * Archives of images: every kind like the folder that it was made of; what is left alone and what is refused; archives
 * inside archives; damage; repeating and resuming.
 */
#include "media_support.h"

#include "media/make_archive.h"
#include <flow/predict/predict.h>
#include <sys/stat.h>
#include <unistd.h>

static lnti_import_result import_archive(const lab *l, const char *source, media_refusals *refusals) {
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  if (refusals) {
    memset(refusals, 0, sizeof *refusals);
    options.refused = media_refuse;
    options.refused_payload = refusals;
  }
  assert_ok(lnti_import(&result, l->project, &source, 1, &options, ERR));
  if (refusals) assert_int_equal(result.n_refused, refusals->n);
  return result;
}

static void expect(const lab *l, const char *source, size_t imported, size_t existing, size_t labelled) {
  lnti_import_result result = import_archive(l, source, NULL);
  assert_int_equal(result.imported, imported);
  assert_int_equal(result.existing, existing);
  assert_int_equal(result.labelled, labelled);
  assert_int_equal(result.n_refused, 0);
  lnti_import_result_clear(&result);
}

/* The bytes of a picture of the toy set, as PGM. */
typedef struct picture {
  char data[64 + TOY_PIXELS];
  size_t n;
} picture;

static picture picture_of(int class, uint64_t number) {
  picture p;
  p.n = (size_t)snprintf(p.data, sizeof p.data, "P5\n%d %d\n255\n", TOY_SIDE, TOY_SIDE);
  toy_pixels((uint8_t *)p.data + p.n, class, number);
  p.n += TOY_PIXELS;
  return p;
}

static void add_picture(maker *m, const char *name, uint64_t number) {
  picture p = picture_of((int)(number % TOY_CLASSES), number);
  make_add(m, MEMBER_FILE, name, p.data, p.n);
}

/* ---- like the folder ---- */

static void every_kind_is_like_its_folder(void **state) {
  (void)state;
  lab l = lab_new();
  toy_tree(media_in(&l, "set/train").text, 11, 0);
  toy_tree(media_in(&l, "set/test").text, 2, 20);
  expect(&l, media_in(&l, "set").text, 39, 0, 39);
  media_items folder = media_list(l.project, "class");
  for (int kind = 0; kind < PACK_KINDS; kind++) {
    lab other = lab_new();
    media_name archive = media_in(&other, "set%s", pack_ending((pack_kind)kind));
    media_archive(archive.text, media_in(&l, "set").text);
    expect(&other, archive.text, 39, 0, 39);
    media_items items = media_list(other.project, "class");
    assert_int_equal(items.n, folder.n);
    for (size_t i = 0; i < items.n; i++) {
      assert_string_equal(items.item[i].member, folder.item[i].member); /* in the same order, too */
      assert_string_equal(items.item[i].label, folder.item[i].label);
      assert_string_equal(items.item[i].split, folder.item[i].split);
      assert_string_equal(items.item[i].stage, "done");
    }
    media_items_clear(&items);
    lab_free(&other);
  }
  media_items_clear(&folder);
  lab_free(&l);
}

static void its_items_are_read_again(void **state) {
  (void)state;
  lab l = lab_new();
  toy_tree(media_in(&l, "set").text, 2, 0);
  media_archive(media_in(&l, "set.tar.gz").text, media_in(&l, "set").text);
  media_import(&l, media_in(&l, "set").text, NULL);
  lnti_import_result result = import_archive(&l, media_in(&l, "set.tar.gz").text, NULL);
  assert_int_equal(result.imported, 6);
  assert_int_equal(result.duplicates.copies, 6); /* by their bytes */
  lnti_import_result_clear(&result);
  lab_free(&l);
}

/* ---- what is taken ---- */

static void others_are_left_alone_and_counted(void **state) {
  (void)state;
  lab l = lab_new();
  maker *m = make_begin(PACK_TAR_GZ);
  picture p = picture_of(0, 1);
  add_picture(m, "./down/1.pgm", 2);
  make_add(m, MEMBER_FILE, "down/sniffed", p.data, p.n); /* an image by its bytes */
  make_text(m, "down/LICENSE", "all yours");
  make_text(m, "notes.txt", "x");
  make_text(m, "labels.csv", "x");
  add_picture(m, "down/.hidden.pgm", 3);
  add_picture(m, "__MACOSX/down/._1.pgm", 4);
  add_picture(m, ".cache/1.pgm", 5);
  make_file(media_in(&l, "a.tar.gz").text, m);
  lnti_import_result result = import_archive(&l, media_in(&l, "a.tar.gz").text, NULL);
  assert_int_equal(result.imported, 2);
  assert_int_equal(result.labelled, 2);
  assert_true(media_says(&result.warnings, "3 files in"));
  lnti_import_result_clear(&result);
  media_items items = media_list(l.project, "class");
  assert_string_equal(media_find(&items, "down/1.pgm")->label, "down");
  assert_string_equal(media_find(&items, "down/sniffed")->label, "down");
  media_items_clear(&items);
  lab_free(&l);
}

static void refused_members_are_told(void **state) {
  (void)state;
  lab l = lab_new();
  static media_refusals refusals;
  maker *m = make_begin(PACK_TAR);
  add_picture(m, "a.pgm", 1);
  make_text(m, "broken.pgm", "P5\n12 12\n255\nabc");
  make_text(m, "text.jpg", "no picture at all");
  add_picture(m, "../up.pgm", 2);
  make_add(m, MEMBER_SYMLINK, "link.pgm", "/etc/passwd", 11);
  add_picture(m, "z.pgm", 3);
  make_file(media_in(&l, "a.tar").text, m);
  lnti_import_result result = import_archive(&l, media_in(&l, "a.tar").text, &refusals);
  assert_int_equal(result.imported, 2);
  lnti_import_result_clear(&result);
  static const struct {
    const char *name;
    lnt_status code;
  } expected[] = {{"#../up.pgm", LNT_EUNSUPPORTED},
                  {"#link.pgm", LNT_EUNSUPPORTED},
                  {"#broken.pgm", LNT_EDATA},
                  {"#text.jpg", LNT_EUNSUPPORTED}};
  assert_int_equal(refusals.n, 4);
  for (size_t i = 0; i < 4; i++) {
    assert_string_equal(refusals.of[i].path, media_in(&l, "a.tar%s", expected[i].name).text);
    if (refusals.of[i].code != expected[i].code) {
      fail_msg("%s: %s (%s)", expected[i].name, lnt_status_name(refusals.of[i].code), refusals.of[i].reason);
    }
  }
  lab_free(&l);
}

static void nothing_in_it(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {.imported = 77};
  maker *m = make_begin(PACK_ZIP);
  make_text(m, "notes.txt", "x");
  make_file(media_in(&l, "a.zip").text, m);
  media_name name = media_in(&l, "a.zip");
  const char *source = name.text;
  assert_status(lnti_import(&result, l.project, &source, 1, &options, ERR), LNT_ENOTFOUND);
  assert_message("holds no images");
  assert_int_equal(result.imported, 77);
  lab_free(&l);
}

/* ---- archives inside ---- */

/* Written into `outer` as `name`: an archive of the given members. */
static void add_archive(maker *outer, pack_kind kind, const char *name, const char *const *members, size_t n,
                        uint64_t first) {
  size_t bytes = 0;
  maker *inner = make_begin(kind);
  for (size_t i = 0; i < n; i++) add_picture(inner, members[i], first + i);
  uint8_t *data = make_end(&bytes, inner);
  make_add(outer, MEMBER_FILE, name, data, bytes);
  free(data);
}

/* What lies in an archive inside is as if that were unpacked where it is. */
static void archives_inside(void **state) {
  (void)state;
  lab l = lab_new();
  static const char *const train[] = {"train/cat/1.pgm", "train/dog/2.pgm"}, *const test[] = {"cat/3.pgm", "dog/4.pgm"};
  static const char *const bare[] = {"5.pgm", ".hidden.pgm", "6#7.pgm"};
  maker *m = make_begin(PACK_ZIP);
  add_archive(m, PACK_TAR_GZ, "train.tar.gz", train, 2, 1);
  add_archive(m, PACK_ZIP, "test/all#1.zip", test, 2, 3);
  add_archive(m, PACK_TAR, "test/cat/bare.tar", bare, 3, 5);
  make_file(media_in(&l, "both.zip").text, m);
  expect(&l, media_in(&l, "both.zip").text, 6, 0, 6);
  static const struct {
    const char *member, *label, *split;
  } expected[] = {{"train.tar.gz#train/cat/1.pgm", "cat", "train"}, {"train.tar.gz#train/dog/2.pgm", "dog", "train"},
                  {"test/all#1.zip#cat/3.pgm", "cat", "test"},      {"test/all#1.zip#dog/4.pgm", "dog", "test"},
                  {"test/cat/bare.tar#5.pgm", "cat", "test"},       {"test/cat/bare.tar#6#7.pgm", "cat", "test"}};
  media_items items = media_list(l.project, "class");
  for (size_t i = 0; i < 6; i++) {
    const media_item *item = media_find(&items, expected[i].member);
    assert_string_equal(item->label, expected[i].label);
    assert_string_equal(item->split, expected[i].split);
  }
  media_items_clear(&items);
  lab_free(&l);
}

/* Metadata and groups, too, by the path without the archive's name. */
static void meta_and_groups_of_archives_inside(void **state) {
  (void)state;
  lab l = lab_new();
  static const char *const members[] = {"north/cam1_a.pgm", "north/cam1_b.pgm", "south/cam2_a.pgm"};
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  media_name name = media_in(&l, "a.tar");
  const char *source = name.text;
  maker *m = make_begin(PACK_TAR);
  add_archive(m, PACK_ZIP, "x/sites.zip", members, 3, 1);
  make_file(source, m);
  options.meta = "{site}/{camera}_*";
  options.group = "([^/]+)/[^/]*$";
  assert_ok(lnti_import(&result, l.project, &source, 1, &options, ERR));
  assert_int_equal(result.groups, 2);
  assert_int_equal(result.warnings.n, 0);
  lnti_import_result_clear(&result);
  media_items items = media_list(l.project, "class");
  const media_item *item = media_find(&items, "x/sites.zip#north/cam1_b.pgm");
  assert_string_equal(media_meta(&l, item->id), "camera=cam1 site=north");
  assert_int_equal(item->group_id, media_find(&items, "group:north")->id);
  assert_string_equal(media_find(&items, "group:north")->label, "x/north");
  media_items_clear(&items);
  lab_free(&l);
}

/* Names of archive and member that are long each make a folder's name longer than any path: it is no class, and no harm. */
static void long_names_inside(void **state) {
  (void)state;
  lab l = lab_new();
  static media_refusals refusals;
  static char outer[4000], inner[4000];
  memset(outer, 'o', sizeof outer);
  memset(inner, 'i', sizeof inner);
  memcpy(outer, "x.zip#", 6);
  memcpy(outer + sizeof outer - 5, ".zip", 5);
  memcpy(inner + sizeof inner - 7, "/1.pgm", 7);
  const char *member = inner;
  maker *m = make_begin(PACK_TAR);
  add_archive(m, PACK_TAR, outer, &member, 1, 1);
  add_picture(m, "down/1.pgm", 2);
  make_file(media_in(&l, "a.tar").text, m);
  lnti_import_result result = import_archive(&l, media_in(&l, "a.tar").text, &refusals);
  assert_int_equal(result.imported, 1);
  assert_int_equal(refusals.n, 1);
  lnti_import_result_clear(&result);
  lab_free(&l);
}

static void archives_too_deep(void **state) {
  (void)state;
  lab l = lab_new();
  static media_refusals refusals;
  static const char *const members[] = {"1.pgm"};
  size_t bytes = 0;
  maker *middle = make_begin(PACK_TAR), *m = make_begin(PACK_TAR);
  add_archive(middle, PACK_TAR, "inner.tar", members, 1, 1);
  add_picture(middle, "2.pgm", 2);
  uint8_t *data = make_end(&bytes, middle);
  make_add(m, MEMBER_FILE, "middle.tar", data, bytes);
  free(data);
  make_file(media_in(&l, "a.tar").text, m);
  lnti_import_result result = import_archive(&l, media_in(&l, "a.tar").text, &refusals);
  assert_int_equal(result.imported, 1);
  assert_int_equal(refusals.n, 1);
  assert_int_equal(refusals.of[0].code, LNT_ELIMIT);
  assert_string_equal(refusals.of[0].path, media_in(&l, "a.tar#middle.tar#inner.tar").text);
  lnti_import_result_clear(&result);
  lab_free(&l);
}

/* A folder that can be no class is told with the archive's '#'. */
static void folders_that_are_no_class(void **state) {
  (void)state;
  lab l = lab_new();
  static media_refusals refusals;
  static const char ontology[] =
      "{\"classifications\": [{\"id\": \"class\", \"type\": \"radio\", \"options\": [{\"id\": \"down\"}, {\"id\": \"old\", "
      "\"retired\": true}]}]}";
  lab_ontology(&l, ontology);
  maker *m = make_begin(PACK_TAR);
  add_picture(m, "down/1.pgm", 1);
  add_picture(m, "old/2.pgm", 2);
  make_file(media_in(&l, "a.tar").text, m);
  lnti_import_result result = import_archive(&l, media_in(&l, "a.tar").text, &refusals);
  assert_int_equal(result.imported, 1);
  assert_int_equal(refusals.n, 1);
  assert_string_equal(refusals.of[0].path, media_in(&l, "a.tar#old").text);
  assert_non_null(strstr(refusals.of[0].reason, "retired"));
  lnti_import_result_clear(&result);
  lab_free(&l);
}

/* ---- damage ---- */

static void what_is_sound_is_taken(void **state) {
  (void)state;
  for (int kind = PACK_TAR; kind <= PACK_TAR_GZ; kind++) {
    lab l = lab_new();
    static media_refusals refusals;
    media_name name = media_in(&l, "cut%s", pack_ending((pack_kind)kind));
    size_t n = 0;
    toy_tree(media_in(&l, "set").text, 40, 0);
    media_archive(name.text, media_in(&l, "set").text);
    char *data = lnti_test_read_file(&n, name.text);
    lnti_test_write_file(name.text, data, n / 2);
    lnti_import_result result = import_archive(&l, name.text, &refusals);
    assert_in_range(result.imported, 20, 100);
    const size_t sound = result.imported;
    assert_int_equal(refusals.n, 1);
    assert_int_equal(refusals.of[0].code, LNT_EDATA);
    assert_string_equal(refusals.of[0].path, name.text);
    lnti_import_result_clear(&result);

    /* Fetched again whole, it gives the rest. */
    lnti_test_write_file(name.text, data, n);
    free(data);
    expect(&l, name.text, 120 - sound, sound, 120 - sound);
    lab_free(&l);
  }
}

static void nothing_sound(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {.imported = 77};
  media_name name = media_in(&l, "cut.tar.gz");
  const char *source = name.text;
  size_t n = 0;
  toy_tree(media_in(&l, "set").text, 4, 0);
  media_archive(source, media_in(&l, "set").text);
  char *data = lnti_test_read_file(&n, source);
  memset(data + 12, 0x55, n - 12);
  lnti_test_write_file(source, data, n);
  free(data);
  options.format = LNTI_IMPORT_ARCHIVE;
  lnt_status status = lnti_import(&result, l.project, &source, 1, &options, ERR);
  if (status != LNT_EDATA && status != LNT_EUNSUPPORTED) fail_msg("%s", lnt_status_name(status));
  assert_message("cut.tar.gz");
  assert_int_equal(result.imported, 77);
  lab_free(&l);
}

/* ---- repeating ---- */

static void a_second_import_reads_nothing_again(void **state) {
  (void)state;
  lab l = lab_new();
  media_name name = media_in(&l, "set.zip");
  toy_tree(media_in(&l, "set").text, 3, 0);
  media_archive(name.text, media_in(&l, "set").text);
  expect(&l, name.text, 9, 0, 9);
  /* The same members, all broken but a new one: were they read, each would be refused. */
  maker *m = make_begin(PACK_ZIP);
  for (int i = 0; i < 9; i++) {
    char member[64];
    snprintf(member, sizeof member, "%s/%d.pgm", toy_titles[i / 3], i % 3);
    make_text(m, member, "broken");
  }
  add_picture(m, "down/new.pgm", 99);
  make_file(name.text, m);
  expect(&l, name.text, 1, 9, 1);
  lab_free(&l);
}

static void a_cancelled_import_goes_on(void **state) {
  (void)state;
  lab l = lab_new();
  media_name name = media_in(&l, "set.tar.gz");
  const char *source = name.text;
  media_stopper stopper;
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {.imported = 77};
  toy_tree(media_in(&l, "set").text, 500, 0);
  media_archive(source, media_in(&l, "set").text);
  media_stop_at(&stopper, 1);
  l.project->context.cancel = &stopper.cancel;
  options.progress = &stopper.progress;
  assert_status(lnti_import(&result, l.project, &source, 1, &options, ERR), LNT_ECANCELLED);
  assert_int_equal(result.imported, 77);
  l.project->context.cancel = NULL;
  media_items items = media_list(l.project, "class");
  const size_t before = items.n;
  assert_in_range(before, stopper.seen, 1499);
  media_items_clear(&items);
  lab_reopen(&l);
  expect(&l, source, 1500 - before, before, 1500 - before);
  lab_free(&l);
}

/* What was unpacked is a cache: gone, it is made again. */
static void without_its_cache(void **state) {
  (void)state;
  lab l = lab_new();
  media_name name = media_in(&l, "set.tar.gz");
  toy_tree(media_in(&l, "set").text, 2, 0);
  media_archive(name.text, media_in(&l, "set").text);
  expect(&l, name.text, 6, 0, 6);
  media_name cache = media_in(&l, "project/cache/media"), aside = media_in(&l, "aside");
  assert_int_equal(rename(cache.text, aside.text), 0);
  lab_reopen(&l);
  expect(&l, name.text, 0, 6, 0);
  assert_int_equal(access(cache.text, F_OK), 0);
  lab_free(&l);
}

/* An archive that lies in the way of a folder of the same name: both are sources of their own. */
static void two_sources_of_one_name(void **state) {
  (void)state;
  lab l = lab_new();
  toy_tree(media_in(&l, "set").text, 1, 0);
  expect(&l, media_in(&l, "set").text, 3, 0, 3);
  media_name folder = media_in(&l, "set"), aside = media_in(&l, "aside");
  assert_int_equal(rename(folder.text, aside.text), 0);
  media_archive(media_in(&l, "new.tar").text, aside.text);
  assert_int_equal(rename(media_in(&l, "new.tar").text, folder.text), 0);
  expect(&l, folder.text, 3, 0, 3);
  lab_free(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_kind_is_like_its_folder),
      cmocka_unit_test(its_items_are_read_again),
      cmocka_unit_test(others_are_left_alone_and_counted),
      cmocka_unit_test(refused_members_are_told),
      cmocka_unit_test(nothing_in_it),
      cmocka_unit_test(archives_inside),
      cmocka_unit_test(meta_and_groups_of_archives_inside),
      cmocka_unit_test(long_names_inside),
      cmocka_unit_test(archives_too_deep),
      cmocka_unit_test(folders_that_are_no_class),
      cmocka_unit_test(what_is_sound_is_taken),
      cmocka_unit_test(nothing_sound),
      cmocka_unit_test(a_second_import_reads_nothing_again),
      cmocka_unit_test(a_cancelled_import_goes_on),
      cmocka_unit_test(without_its_cache),
      cmocka_unit_test(two_sources_of_one_name),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
