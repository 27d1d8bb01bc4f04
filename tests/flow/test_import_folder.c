/*
 * Folders of images: what becomes a class, a split, an item; what is refused and what is left alone; repeating and
 * resuming.
 */
#include "media_support.h"

#include <flow/duplicates.h>
#include <flow/job.h>
#include <sys/stat.h>
#include <unistd.h>

static void write_picture(const char *path, int class, uint64_t number) {
  uint8_t pixels[TOY_PIXELS];
  toy_pixels(pixels, class, number);
  media_write_pgm(path, pixels, TOY_SIDE, TOY_SIDE);
}

/* Imports into `class`, or fails with a status. */
static lnti_import_result import_with(const lab *l, const char *source, lnti_import_options options) {
  lnti_import_result result = {0};
  options.format = LNTI_IMPORT_FOLDER;
  assert_ok(lnti_import(&result, l->project, &source, 1, &options, ERR));
  return result;
}

static lnti_import_result import_folder(const lab *l, const char *source) {
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  return import_with(l, source, options);
}

static lnti_question_type type_of(const lab *l, const char *path, size_t *n_options_out) {
  lnti_ontology *ontology = NULL;
  size_t question = LNTI_NONE;
  assert_ok(lnti_store_ontology(&ontology, l->project->store, ERR));
  assert_ok(lnti_ontology_find_question(&question, ontology, path, ERR));
  lnti_question_type type = ontology->questions[question].type;
  *n_options_out = ontology->n_options;
  lnti_ontology_free(ontology);
  return type;
}

/* ---- classes ---- */

static void one_level_is_a_radio_question(void **state) {
  (void)state;
  lab l = lab_new();
  size_t n_options = 0;
  toy_tree(media_in(&l, "set").text, 4, 0);
  lnti_import_result result = import_folder(&l, media_in(&l, "set").text);
  assert_int_equal(result.imported, 12);
  assert_int_equal(result.labelled, 12);
  assert_int_equal(result.existing + result.n_refused + result.duplicates.copies, 0);
  assert_int_equal(result.warnings.n, 0);
  assert_true(result.seconds > 0);
  lnti_import_result_clear(&result);
  assert_int_equal(type_of(&l, "class", &n_options), LNTI_RADIO);
  assert_int_equal(n_options, 3);
  media_items items = media_list(l.project, "class");
  assert_int_equal(items.n, 12);
  const media_item *item = media_find(&items, "down/2.pgm");
  assert_string_equal(item->label, "down");
  assert_string_equal(item->stage, "done");
  assert_string_equal(item->split, "");
  assert_string_equal(item->format, "pnm");
  assert_int_equal(item->by, LNTI_BY_IMPORT);
  assert_true(item->h == TOY_SIDE && item->w == TOY_SIDE && item->c == 1);
  media_items_clear(&items);
  lab_free(&l);
}

/* Names in the order in which people sort them: 2 before 10. */
static void items_are_in_natural_order(void **state) {
  (void)state;
  lab l = lab_new();
  toy_tree(media_in(&l, "set").text, 12, 0);
  media_import(&l, media_in(&l, "set").text, NULL);
  media_items items = media_list(l.project, "class");
  for (size_t i = 0; i < items.n; i++) {
    char member[64];
    snprintf(member, sizeof member, "%s/%zu.pgm", toy_titles[i / 12], i % 12);
    assert_string_equal(items.item[i].member, member);
  }
  media_items_clear(&items);
  lab_free(&l);
}

static void deeper_folders_are_a_tree(void **state) {
  (void)state;
  lab l = lab_new();
  size_t n_options = 0;
  media_folder(media_in(&l, "set/birds/duck").text);
  media_folder(media_in(&l, "set/cats").text);
  write_picture(media_in(&l, "set/birds/duck/a.pgm").text, 0, 1);
  write_picture(media_in(&l, "set/birds/b.pgm").text, 0, 2);
  write_picture(media_in(&l, "set/cats/c.pgm").text, 0, 3);
  write_picture(media_in(&l, "set/root.pgm").text, 0, 4);
  lnti_import_result result = import_folder(&l, media_in(&l, "set").text);
  assert_int_equal(result.imported, 4);
  assert_int_equal(result.labelled, 3);
  lnti_import_result_clear(&result);
  assert_int_equal(type_of(&l, "class", &n_options), LNTI_TREE);
  assert_int_equal(n_options, 3);
  media_items items = media_list(l.project, "class");
  assert_string_equal(media_find(&items, "birds/duck/a.pgm")->label, "birds/duck");
  assert_string_equal(media_find(&items, "birds/b.pgm")->label, "birds");
  assert_string_equal(media_find(&items, "cats/c.pgm")->label, "cats");
  assert_string_equal(media_find(&items, "root.pgm")->label, "");
  assert_string_equal(media_find(&items, "root.pgm")->stage, "annotate");
  media_items_clear(&items);

  /* One level fits into the tree that is there. */
  toy_tree(media_in(&l, "flat").text, 1, 10);
  media_import(&l, media_in(&l, "flat").text, NULL);
  assert_int_equal(type_of(&l, "class", &n_options), LNTI_TREE);
  assert_int_equal(n_options, 6);
  lab_free(&l);
}

static void a_question_of_another_type_is_refused(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  media_name flat = media_in(&l, "flat"), deep = media_in(&l, "deep");
  const char *source = deep.text;
  toy_tree(flat.text, 1, 0);
  media_folder(media_in(&l, "deep/birds/duck").text);
  write_picture(media_in(&l, "deep/birds/duck/a.pgm").text, 0, 1);
  lab_ontology(&l, NULL); /* "class" is a radio question, "quality" asks for a number */
  assert_status(lnti_import(&result, l.project, &source, 1, &options, ERR), LNT_EINVAL);
  assert_message("\"class\" is a radio question, but these labels need a tree");
  assert_message("--target");
  source = flat.text;
  options.target = "quality";
  assert_status(lnti_import(&result, l.project, &source, 1, &options, ERR), LNT_EINVAL);
  assert_message("number");
  options.target = "class/nobody/mood";
  assert_status(lnti_import(&result, l.project, &source, 1, &options, ERR), LNT_ENOTFOUND);
  media_items items = media_list(l.project, "class");
  assert_int_equal(items.n, 0);
  media_items_clear(&items);

  /* Another name is a question of its own. */
  options.target = "shape";
  result = import_with(&l, flat.text, options);
  assert_int_equal(result.labelled, 3);
  lnti_import_result_clear(&result);
  items = media_list(l.project, "shape");
  assert_string_equal(items.item[0].label, "across");
  media_items_clear(&items);
  lab_free(&l);
}

/* ---- splits ---- */

static void a_first_level_of_splits(void **state) {
  (void)state;
  lab l = lab_new();
  static const char *const folders[3] = {"Train", "valid", "TEST"}, *const splits[3] = {"train", "val", "test"};
  for (size_t i = 0; i < 3; i++) toy_tree(media_in(&l, "set/%s", folders[i]).text, 2, 10 * i);
  lnti_import_result result = import_folder(&l, media_in(&l, "set").text);
  assert_int_equal(result.imported, 18);
  lnti_import_result_clear(&result);
  media_items items = media_list(l.project, "class");
  for (size_t i = 0; i < 3; i++) {
    char member[64];
    snprintf(member, sizeof member, "%s/middle/%zu.pgm", folders[i], 10 * i + 1);
    assert_string_equal(media_find(&items, member)->split, splits[i]);
    assert_string_equal(media_find(&items, member)->label, "middle");
  }
  media_items_clear(&items);
  lab_free(&l);
}

/* "train" beside "zoo" is a class like any other, and so it is where the split is given. */
static void split_names_among_others_are_classes(void **state) {
  (void)state;
  lab l = lab_new();
  media_folder(media_in(&l, "set/train").text);
  media_folder(media_in(&l, "set/zoo").text);
  write_picture(media_in(&l, "set/train/a.pgm").text, 0, 1);
  write_picture(media_in(&l, "set/zoo/b.pgm").text, 0, 2);
  media_import(&l, media_in(&l, "set").text, NULL);
  media_folder(media_in(&l, "other/test").text);
  write_picture(media_in(&l, "other/test/c.pgm").text, 0, 3);
  media_import(&l, media_in(&l, "other").text, "holdout");
  media_items items = media_list(l.project, "class");
  assert_string_equal(media_find(&items, "train/a.pgm")->split, "");
  assert_string_equal(media_find(&items, "train/a.pgm")->label, "train");
  assert_string_equal(media_find(&items, "test/c.pgm")->split, "holdout");
  assert_string_equal(media_find(&items, "test/c.pgm")->label, "test");
  media_items_clear(&items);
  lab_free(&l);
}

/* ---- what is taken ---- */

static void hidden_and_other_files_are_left_alone(void **state) {
  (void)state;
  lab l = lab_new();
  toy_tree(media_in(&l, "set").text, 1, 0);
  lnti_test_write_file(media_in(&l, "set/down/notes.txt").text, "x", 1);
  lnti_test_write_file(media_in(&l, "set/table.csv").text, "x", 1);
  write_picture(media_in(&l, "set/down/.hidden.pgm").text, 0, 7);
  media_folder(media_in(&l, "set/.thumbnails").text);
  write_picture(media_in(&l, "set/.thumbnails/t.pgm").text, 0, 8);
  assert_int_equal(symlink(media_in(&l, "set").text, media_in(&l, "set/down/loop").text), 0);
  assert_int_equal(symlink(media_in(&l, "set/down/0.pgm").text, media_in(&l, "set/down/link.pgm").text), 0);
  lnti_import_result result = import_folder(&l, media_in(&l, "set").text);
  assert_int_equal(result.imported, 4); /* three, and the link to a file */
  assert_int_equal(result.duplicates.copies, 1);
  assert_int_equal(result.n_refused, 0);
  assert_true(media_says(&result.warnings, "2 files in"));
  assert_true(media_says(&result.warnings, "1 link leads in"));
  assert_true(media_says(&result.warnings, "and was not followed (first: down/loop)"));
  lnti_import_result_clear(&result);
  lab_free(&l);
}

static void broken_images_are_told_and_the_rest_taken(void **state) {
  (void)state;
  lab l = lab_new();
  static media_refusals refusals;
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  memset(&refusals, 0, sizeof refusals);
  options.refused = media_refuse;
  options.refused_payload = &refusals;
  toy_tree(media_in(&l, "set").text, 2, 0);
  lnti_test_write_file(media_in(&l, "set/down/empty.png").text, "", 0);
  lnti_test_write_file(media_in(&l, "set/down/short.pgm").text, "P5\n12 12\n255\nabc", 16);
  lnti_test_write_file(media_in(&l, "set/down/text.jpg").text, "no picture at all", 17);
  lnti_test_write_file(media_in(&l, "set/down/vast.pgm").text, "P5\n99999 99999\n255\n", 19);
  assert_int_equal(symlink("nowhere", media_in(&l, "set/down/gone.pgm").text), 0);
  lnti_import_result result = import_with(&l, media_in(&l, "set").text, options);
  assert_int_equal(result.imported, 6);
  assert_int_equal(result.labelled, 6);
  assert_int_equal(result.n_refused, 5);
  lnti_import_result_clear(&result);
  assert_int_equal(refusals.n, 5);
  static const struct {
    const char *name;
    lnt_status code;
  } expected[5] = {{"empty.png", LNT_EDATA},
                   {"gone.pgm", LNT_ENOTFOUND},
                   {"short.pgm", LNT_EDATA},
                   {"text.jpg", LNT_EUNSUPPORTED},
                   {"vast.pgm", LNT_ELIMIT}};
  for (size_t i = 0; i < 5; i++) {
    assert_string_equal(refusals.of[i].path, media_in(&l, "set/down/%s", expected[i].name).text);
    if (refusals.of[i].code != expected[i].code) {
      fail_msg("%s: %s (%s)", expected[i].name, lnt_status_name(refusals.of[i].code), refusals.of[i].reason);
    }
    assert_true(strlen(refusals.of[i].reason) > 10);
  }

  /* Mended, it is taken the next time. */
  write_picture(media_in(&l, "set/down/empty.png").text, 1, 50);
  result = import_folder(&l, media_in(&l, "set").text);
  assert_int_equal(result.imported, 1);
  assert_int_equal(result.existing, 6);
  assert_int_equal(result.n_refused, 4);
  lnti_import_result_clear(&result);
  lab_free(&l);
}

/* Without verification headers alone are looked at. */
static void without_verify_pixels_are_not_looked_at(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  options.verify = false;
  media_folder(media_in(&l, "set").text);
  lnti_test_write_file(media_in(&l, "set/short.pgm").text, "P5\n12 12\n255\nabc", 16);
  lnti_test_write_file(media_in(&l, "set/text.pgm").text, "no picture at all", 17);
  lnti_import_result result = import_with(&l, media_in(&l, "set").text, options);
  assert_int_equal(result.imported, 1);
  assert_int_equal(result.n_refused, 1);
  lnti_import_result_clear(&result);
  lab_free(&l);
}

static void names_with_hashes_blanks_and_quotes(void **state) {
  (void)state;
  lab l = lab_new();
  static const char *const names[] = {"a#1.pgm", "b #2 c.pgm", "it's \"so\".pgm", "percent%20.pgm", "#.pgm"};
  media_folder(media_in(&l, "set/kind #1").text);
  for (size_t i = 0; i < 5; i++) write_picture(media_in(&l, "set/kind #1/%s", names[i]).text, 1, i);
  lnti_import_result result = import_folder(&l, media_in(&l, "set").text);
  assert_int_equal(result.imported, 5);
  assert_int_equal(result.duplicates.copies, 0); /* each was read by its own name */
  lnti_import_result_clear(&result);
  media_items items = media_list(l.project, "class");
  for (size_t i = 0; i < 5; i++) {
    char member[64];
    snprintf(member, sizeof member, "kind #1/%s", names[i]);
    assert_non_null(media_find(&items, member));
  }
  media_items_clear(&items);
  lab_free(&l);
}

/* Text in the database is UTF-8: such names are refused, and make no class. */
static void names_that_are_no_utf8_are_refused(void **state) {
  (void)state;
  lab l = lab_new();
  static media_refusals refusals;
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  size_t n_options = 0;
  memset(&refusals, 0, sizeof refusals);
  options.refused = media_refuse;
  options.refused_payload = &refusals;
  toy_tree(media_in(&l, "set").text, 1, 0);
  write_picture(media_in(&l, "set/down/caf\xe9.pgm").text, 0, 7);
  media_folder(media_in(&l, "set/\xff\xfe").text);
  write_picture(media_in(&l, "set/\xff\xfe/x.pgm").text, 0, 8);
  media_folder(media_in(&l, "set/caf\xe9").text);
  write_picture(media_in(&l, "set/caf\xe9/y.pgm").text, 0, 9);
  media_folder(media_in(&l, "set/caf\xc3\xa9").text);
  write_picture(media_in(&l, "set/caf\xc3\xa9/z.pgm").text, 0, 10);
  lnti_import_result result = import_with(&l, media_in(&l, "set").text, options);
  assert_int_equal(result.imported, 4);
  assert_int_equal(result.labelled, 4);
  assert_int_equal(result.n_refused, 3);
  lnti_import_result_clear(&result);
  for (size_t i = 0; i < 3; i++) {
    assert_int_equal(refusals.of[i].code, LNT_EUNSUPPORTED);
    assert_non_null(strstr(refusals.of[i].reason, "UTF-8"));
  }
  assert_int_equal(type_of(&l, "class", &n_options), LNTI_RADIO);
  assert_int_equal(n_options, 4);
  media_items items = media_list(l.project, "class");
  assert_string_equal(media_find(&items, "caf\xc3\xa9/z.pgm")->label, "caf\xc3\xa9");
  media_items_clear(&items);
  lab_free(&l);
}

static void sources_that_are_none(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {.imported = 77};
  media_name name = media_in(&l, "nowhere");
  const char *source = name.text;
  assert_status(lnti_import(&result, l.project, &source, 0, &options, ERR), LNT_EINVAL);
  assert_status(lnti_import(&result, l.project, &source, 1, &options, ERR), LNT_ENOTFOUND);
  assert_message("nowhere");
  media_folder(source);
  assert_status(lnti_import(&result, l.project, &source, 1, &options, ERR), LNT_ENOTFOUND);
  assert_message("holds no images");
  name = media_in(&l, "nowhere/a.pgm");
  write_picture(source, 0, 0);
  options.format = LNTI_IMPORT_JSONL;
  name = media_in(&l, "nowhere");
  assert_status(lnti_import(&result, l.project, &source, 1, &options, ERR), LNT_EINVAL);
  assert_message("--format cannot mean");
  assert_int_equal(result.imported, 77);
  lab_free(&l);
}

/* ---- repeating ---- */

static void a_repeated_import_reads_nothing_again(void **state) {
  (void)state;
  lab l = lab_new();
  toy_tree(media_in(&l, "set").text, 3, 0);
  media_import(&l, media_in(&l, "set").text, NULL);
  /* What is known is not opened: were it, each would be refused. */
  for (int class = 0; class < 3; class ++) {
    for (int i = 0; i < 3; i++) {
      lnti_test_write_file(media_in(&l, "set/%s/%d.pgm", toy_titles[class], i).text, "broken", 6);
    }
  }
  write_picture(media_in(&l, "set/down/new.pgm").text, 1, 99);
  lnti_import_result result = import_folder(&l, media_in(&l, "set").text);
  assert_int_equal(result.imported, 1);
  assert_int_equal(result.existing, 9);
  assert_int_equal(result.labelled, 1);
  assert_int_equal(result.n_refused, 0);
  lnti_import_result_clear(&result);
  lab_free(&l);
}

static void answers_of_people_stay(void **state) {
  (void)state;
  lab l = lab_new();
  toy_tree(media_in(&l, "set").text, 1, 0);
  media_import(&l, media_in(&l, "set").text, NULL);
  lab_reopen(&l);
  assert_ok(lnti_store_ontology(&l.ontology, l.project->store, ERR));
  media_items items = media_list(l.project, "class");
  lab_answer(&l, media_find(&items, "down/0.pgm")->id, "class", "middle");
  lab_answer(&l, media_find(&items, "across/0.pgm")->id, "class", "unsure");
  media_items_clear(&items);
  lnti_import_result result = import_folder(&l, media_in(&l, "set").text);
  assert_int_equal(result.labelled, 0);
  lnti_import_result_clear(&result);
  items = media_list(l.project, "class");
  const media_item *item = media_find(&items, "down/0.pgm");
  assert_string_equal(item->label, "middle");
  assert_int_equal(item->by, LNTI_BY_PERSON);
  item = media_find(&items, "across/0.pgm");
  assert_string_equal(item->label, "");
  assert_int_equal(item->by, LNTI_BY_PERSON);
  media_items_clear(&items);
  lab_free(&l);
}

typedef struct last_job {
  char state[32];
  uint64_t done;
} last_job;

static lnt_status keep_job(void *payload, const lnti_job *job, lnt_error *err) {
  last_job *last = payload;
  (void)err;
  snprintf(last->state, sizeof last->state, "%s", job->state);
  last->done = job->done;
  return LNT_OK;
}

static size_t count_copies(const lab *l) {
  lnti_duplicates d = {0};
  assert_ok(lnti_duplicates_read(&d, l->project, 0, ERR));
  size_t n = d.copies;
  lnti_duplicates_clear(&d);
  return n;
}

/* What the first batch brought was not searched; whoever relies on the links sees to it, once. */
static void assert_outdated_links_are_mended(const lab *l) {
  bool outdated = false;
  char *key = NULL;
  assert_ok(lnti_store_setting(&key, l->project->store, "leaks.key", ERR));
  assert_null(key);
  assert_ok(lnti_duplicates_outdated(&outdated, l->project, ERR));
  assert_true(outdated);
  assert_int_equal(count_copies(l), 0);
  lnti_job_run import;
  assert_ok(lnti_job_begin(&import, l->project, "import", "{}", NULL, ERR));
  assert_ok(lnti_duplicates_ensure(l->project, ERR)); /* one that runs will do it */
  assert_int_equal(count_copies(l), 0);
  assert_ok(lnti_job_end(&import, LNT_OK, ERR));
  assert_ok(lnti_duplicates_ensure(l->project, ERR));
  assert_int_equal(count_copies(l), 1);
  assert_ok(lnti_duplicates_outdated(&outdated, l->project, ERR));
  assert_false(outdated);
}

/* 1,500 files are two batches; the import is cancelled after the first, which stays. */
static void a_cancelled_import_goes_on_where_it_ended(void **state) {
  (void)state;
  enum { FILES = 1500 };
  lab l = lab_new();
  media_stopper stopper;
  last_job job = {.done = 0};
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  media_name name = media_in(&l, "set");
  const char *source = name.text;
  toy_tree(source, FILES / 3, 0);
  write_picture(media_in(&l, "set/across/1.pgm").text, 0, 0);
  media_stop_at(&stopper, 1);
  options.progress = &stopper.progress;
  l.project->context.cancel = &stopper.cancel;
  assert_status(lnti_import(&result, l.project, &source, 1, &options, ERR), LNT_ECANCELLED);
  l.project->context.cancel = NULL;
  assert_ok(lnti_store_jobs(l.project->store, NULL, keep_job, &job, ERR));
  assert_string_equal(job.state, "cancelled");
  media_items items = media_list(l.project, "class");
  size_t n_first = items.n;
  assert_true(n_first > 0 && n_first < FILES);
  assert_int_equal(n_first, stopper.seen);
  assert_int_equal(job.done, n_first);
  media_items_clear(&items);
  assert_outdated_links_are_mended(&l);

  result = import_folder(&l, source);
  assert_int_equal(result.imported, FILES - n_first);
  assert_int_equal(result.existing, n_first);
  assert_int_equal(result.duplicates.copies, 1);
  lnti_import_result_clear(&result);
  items = media_list(l.project, "class");
  assert_int_equal(items.n, FILES);
  for (size_t i = 0; i < items.n; i++) assert_string_equal(items.item[i].label, toy_titles[i / (FILES / 3)]);
  media_items_clear(&items);
  lab_free(&l);
}

/* ---- equal content ---- */

static void copies_conflicts_and_leaks(void **state) {
  (void)state;
  lab l = lab_new();
  static const struct {
    const char *folder, *name;
    uint64_t number;
  } files[] = {
      {"train/down", "a1.pgm", 1},  {"train/down", "a2.pgm", 1},                               /* a copy, no more */
      {"train/down", "b1.pgm", 2},  {"test/down", "b2.pgm", 2},                                /* a copy and a leak */
      {"train/down", "c1.pgm", 3},  {"train/middle", "c2.pgm", 3}, {"test/down", "c3.pgm", 3}, /* 2 copies, both */
      {"test/middle", "d1.pgm", 4},
  };
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    media_folder(media_in(&l, "set/%s", files[i].folder).text);
    write_picture(media_in(&l, "set/%s/%s", files[i].folder, files[i].name).text, 0, files[i].number);
  }
  lnti_import_result result = import_folder(&l, media_in(&l, "set").text);
  assert_int_equal(result.imported, 8);
  assert_int_equal(result.duplicates.copies, 4);
  assert_int_equal(result.duplicates.sets[LNTI_EQUAL_CONFLICT], 1);
  assert_int_equal(result.duplicates.sets[LNTI_EQUAL_LEAK], 2);
  assert_true(media_says(&result.warnings, "1 set of identical pictures carries different labels"));
  assert_true(media_says(&result.warnings, "2 sets of identical pictures lie in more than one split"));
  lnti_import_result_clear(&result);
  lab_free(&l);
}

/* Labels of one title below different ones are told by their paths. */
static void conflicts_of_one_title(void **state) {
  (void)state;
  lab l = lab_new();
  static const char *const files[] = {"fruit/other/a.pgm", "tools/other/a.pgm", "fruit/pear/b.pgm", "tools/saw/b.pgm"};
  for (size_t i = 0; i < 4; i++) {
    media_name path = media_in(&l, "set/%s", files[i]);
    *strrchr(path.text, '/') = '\0';
    media_folder(path.text);
    write_picture(media_in(&l, "set/%s", files[i]).text, 0, i / 2);
  }
  lnti_import_result result = import_folder(&l, media_in(&l, "set").text);
  assert_int_equal(result.duplicates.sets[LNTI_EQUAL_CONFLICT], 2);
  assert_string_equal(result.duplicates.examples[0].a_value, "fruit/other");
  assert_string_equal(result.duplicates.examples[0].b_value, "tools/other");
  assert_string_equal(result.duplicates.examples[1].a_value, "pear");
  assert_string_equal(result.duplicates.examples[1].b_value, "saw");
  lnti_import_result_clear(&result);
  lab_free(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_level_is_a_radio_question),
      cmocka_unit_test(items_are_in_natural_order),
      cmocka_unit_test(deeper_folders_are_a_tree),
      cmocka_unit_test(a_question_of_another_type_is_refused),
      cmocka_unit_test(a_first_level_of_splits),
      cmocka_unit_test(split_names_among_others_are_classes),
      cmocka_unit_test(hidden_and_other_files_are_left_alone),
      cmocka_unit_test(broken_images_are_told_and_the_rest_taken),
      cmocka_unit_test(without_verify_pixels_are_not_looked_at),
      cmocka_unit_test(names_with_hashes_blanks_and_quotes),
      cmocka_unit_test(names_that_are_no_utf8_are_refused),
      cmocka_unit_test(sources_that_are_none),
      cmocka_unit_test(a_repeated_import_reads_nothing_again),
      cmocka_unit_test(answers_of_people_stay),
      cmocka_unit_test(a_cancelled_import_goes_on_where_it_ended),
      cmocka_unit_test(copies_conflicts_and_leaks),
      cmocka_unit_test(conflicts_of_one_title),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
