/*
 * Tables into a project: what their paths name, what becomes of labels, splits, groups and metadata, what is refused, and
 * importing again.
 */
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include "media_support.h"

#define LIST(...) ((const char *const[]){__VA_ARGS__})

/* ---- a project as text ---- */

typedef struct dump {
  const lab *l;
  lnti_ontology *ontology;
  lnti_text text;
  size_t last_question;
} dump;

static lnt_status dump_answer(void *payload, const lnti_answer_row *row, lnt_error *err) {
  dump *d = payload;
  size_t question = lnti_ontology_question_by_id(d->ontology, row->question_id);
  const lnti_question *q = &d->ontology->questions[question];
  lnt_status status = question == d->last_question ? lnti_text_printf(&d->text, err, ",")
                                                   : lnti_text_printf(&d->text, err, " %s=", q->key);
  d->last_question = question;
  if (!status && q->type == LNTI_NUMBER) return lnti_text_printf(&d->text, err, "%g", row->number);
  if (!status && q->type == LNTI_CHECKLIST && row->number == 0) status = lnti_text_printf(&d->text, err, "!");
  size_t option = lnti_ontology_option_by_id(d->ontology, row->option_id);
  if (!status && q->type == LNTI_TREE) return lnti_ontology_option_path(&d->text, d->ontology, option, err);
  return status ? status : lnti_text_printf(&d->text, err, "%s", d->ontology->options[option].title);
}

static lnt_status dump_meta(void *payload, int64_t item_id, const char *key, const char *value, lnt_error *err) {
  dump *d = payload;
  (void)item_id;
  return lnti_text_printf(&d->text, err, " %s:%s", key, value);
}

static lnt_status dump_item(void *payload, const lnti_item *item, lnt_error *err) {
  dump *d = payload;
  lnti_text uri = {0};
  size_t n = strlen(d->l->folder);
  assert_ok(lnti_item_uri(&uri, item, ERR));
  const char *shown = strncmp(uri.data, d->l->folder, n) == 0 ? uri.data + n + 1 : uri.data;
  lnt_status status = lnti_text_printf(&d->text, err, "%s%s%s", shown, *item->split ? " in " : "", item->split);
  lnti_text_clear(&uri);
  if (!status && item->group_id) status = lnti_text_printf(&d->text, err, " of %lld", (long long)item->group_id);
  d->last_question = LNTI_NONE;
  if (!status) status = lnti_store_answers(d->l->project->store, item->id, item->id, 0, dump_answer, d, err);
  if (!status) status = lnti_store_meta(d->l->project->store, item->id, item->id, dump_meta, d, err);
  return status ? status : lnti_text_printf(&d->text, err, "\n");
}

/* A line for each item, in order of id. */
static void assert_items(const lab *l, const char *wanted) {
  dump d = {.l = l};
  const lnti_item_query all = {0};
  assert_ok(lnti_store_ontology(&d.ontology, l->project->store, ERR));
  assert_ok(lnti_store_items(l->project->store, &all, dump_item, &d, ERR));
  assert_string_equal(d.text.data ? d.text.data : "", wanted);
  lnti_text_clear(&d.text);
  lnti_ontology_free(d.ontology);
}

/* ---- tables ---- */

static void write_picture(const lab *l, const char *name, int class, uint64_t number) {
  uint8_t pixels[TOY_PIXELS];
  toy_pixels(pixels, class, number);
  media_write_pgm(media_in(l, "%s", name).text, pixels, TOY_SIDE, TOY_SIDE);
}

/* Pictures a.pgm to e.pgm, and sub/f.pgm, in "set". */
static void write_set(const lab *l) {
  media_folder(media_in(l, "set/sub").text);
  for (int i = 0; i < 5; i++) {
    char name[16] = "set/?.pgm";
    name[4] = (char)('a' + i);
    write_picture(l, name, i % 3, (uint64_t)i);
  }
  write_picture(l, "set/sub/f.pgm", 1, 77);
}

static lnt_status import_table(const lab *l, lnti_import_result *result, media_refusals *refusals, const char *name,
                               const char *text, lnti_import_options options) {
  media_name path = media_in(l, "%s", name);
  const char *source = path.text;
  lnti_test_write_file(source, text, strlen(text));
  options.refused = media_refuse;
  options.refused_payload = refusals;
  return lnti_import(result, l->project, &source, 1, &options, ERR);
}

typedef struct counts {
  size_t imported, existing, labelled, refused;
} counts;

/* Imports "set/NAME" and compares what is counted. */
static void take(const lab *l, const char *name, const char *text, lnti_import_table_options table, counts wanted) {
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  media_refusals refusals = {0};
  options.table = table;
  assert_ok(import_table(l, &result, &refusals, name, text, options));
  for (size_t i = 0; i < refusals.n && refusals.n != wanted.refused; i++)
    print_message("%s: %s\n", refusals.of[i].path, refusals.of[i].reason);
  assert_int_equal(result.imported, wanted.imported);
  assert_int_equal(result.existing, wanted.existing);
  assert_int_equal(result.labelled, wanted.labelled);
  assert_int_equal(result.n_refused, wanted.refused);
  assert_int_equal(refusals.n, wanted.refused);
  lnti_import_result_clear(&result);
}

static void assert_refused(const media_refusals *refusals, size_t i, lnt_status code, const char *place,
                           const char *reason) {
  assert_true(i < refusals->n);
  size_t n = strlen(refusals->of[i].path), m = strlen(place);
  assert_true(n > m);
  assert_string_equal(refusals->of[i].path + n - m, place);
  assert_string_equal(refusals->of[i].reason, reason);
  assert_int_equal(refusals->of[i].code, code);
}

static const lnti_import_table_options nothing;

/* ---- what becomes of a row ---- */

static void new_images_with_all_that_is_said(void **state) {
  (void)state;
  lab l = lab_new();
  write_set(&l);
  take(&l, "set/t.csv", "path,label,split,site\na.pgm,cat,train,3\nsub/f.pgm,dog,Testing,\n./b.pgm,,,4\n", nothing,
       (counts){3, 0, 2, 0});
  assert_items(&l, "set/a.pgm in train class=cat site:3\nset/sub/f.pgm in test class=dog\nset/b.pgm site:4\n");
  media_items items = media_list(l.project, "class");
  assert_string_equal(media_find(&items, "a.pgm")->stage, "done");
  assert_string_equal(media_find(&items, "b.pgm")->stage, "annotate");
  media_items_clear(&items);
  lab_free(&l);
}

static void importing_again_changes_nothing(void **state) {
  (void)state;
  static const char text[] = "path,label,split,site\na.pgm,cat,train,3\nb.pgm,dog,,\n";
  lab l = lab_new();
  write_set(&l);
  take(&l, "set/t.csv", text, nothing, (counts){2, 0, 2, 0});
  take(&l, "set/t.csv", text, nothing, (counts){0, 2, 0, 0});
  assert_items(&l, "set/a.pgm in train class=cat site:3\nset/b.pgm class=dog\n");
  lab_free(&l);
}

/* The second table disagrees in all that a table can say, and says nothing of some. */
static lnti_import_result correct(const lab *l, lnti_import_existing existing) {
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  media_refusals refusals = {0};
  write_set(l);
  take(l, "set/t.csv",
       "path,label,split,site,area\na.pgm,cat,train,3,1\nb.pgm,dog,train,4,2\nc.pgm,dog,,,3\nd.pgm,cat,val,5,\n",
       (lnti_import_table_options){.columns = LIST("label=label", "area=number"), .n_columns = 2},
       (counts){4, 0, 7, 0});
  options.existing = existing;
  options.table = (lnti_import_table_options){.columns = LIST("label=label", "area=number"), .n_columns = 2};
  assert_ok(import_table(l, &result, &refusals, "set/t2.csv",
                         "path,label,split,site,area\na.pgm,dog,test,3,1.5\nb.pgm,dog,train,6,2\nc.pgm,,val,7,\n"
                         "d.pgm,,,,\ne.pgm,cat,,,\n",
                         options));
  assert_int_equal(result.imported, 1);
  assert_int_equal(result.existing, 4);
  assert_int_equal(result.labelled, 1);
  assert_int_equal(result.again.labels_same, 2);
  return result;
}

static lnt_status count_log(void *payload, const lnti_answer_row *row, lnt_error *err) {
  size_t *n = payload;
  (void)row, (void)err;
  ++*n;
  return LNT_OK;
}

static void a_table_replaces_what_is_there(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_import_result result = correct(&l, LNTI_IMPORT_EXISTING_AUTO);
  size_t n = 0;
  assert_items(&l,
               "set/a.pgm in test class=dog area=1.5 site:3\nset/b.pgm in train class=dog area=2 site:6\n"
               "set/c.pgm in val class=dog area=3 site:7\nset/d.pgm in val class=cat site:5\nset/e.pgm class=cat\n");
  assert_int_equal(result.again.labels_changed, 2);
  assert_int_equal(result.again.labels_kept + result.again.meta_kept + result.again.splits_kept, 0);
  assert_int_equal(result.again.meta_changed, 1);
  assert_int_equal(result.again.splits_changed, 1);
  assert_int_equal(result.warnings.n, 0);
  assert_ok(lnti_store_history(l.project->store, LNTI_SUBJECT_ITEM, 1, count_log, &n, ERR));
  assert_int_equal(n, 4); /* both answers to both questions */
  lnti_import_result_clear(&result);
  lab_free(&l);
}

/* A table of 20 labels that says something else of `n` than the one before. */
static lnti_import_result shift(const lab *l, size_t n) {
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  media_refusals refusals = {0};
  char text[1024] = "path,label\n";
  for (size_t i = 0; i < 20; i++) {
    size_t at = strlen(text);
    snprintf(text + at, sizeof text - at, "p%zu.pgm,%s\n", i, i < n ? "dog" : "cat");
  }
  assert_ok(import_table(l, &result, &refusals, "set/t.csv", text, options));
  return result;
}

/* Most of the answers become others: that may be the wrong table. */
static void a_table_of_other_labels(void **state) {
  (void)state;
  lab l = lab_new();
  media_folder(media_in(&l, "set").text);
  for (int i = 0; i < 20; i++) {
    char name[32];
    snprintf(name, sizeof name, "set/p%d.pgm", i);
    write_picture(&l, name, i % 3, (uint64_t)i);
  }
  lnti_import_result result = shift(&l, 0);
  assert_false(media_says(&result.warnings, "are these the right labels"));
  lnti_import_result_clear(&result);
  result = shift(&l, 9);
  assert_int_equal(result.again.labels_changed, 9);
  assert_false(media_says(&result.warnings, "are these the right labels"));
  lnti_import_result_clear(&result);
  result = shift(&l, 19);
  assert_int_equal(result.again.labels_changed, 10);
  assert_true(media_says(&result.warnings,
                         "10 of the 20 answers that were there already are others now (first: class of "
                         "p9.pgm was \"cat\" and is \"dog\"): are these the right labels"));
  lnti_import_result_clear(&result);
  lab_free(&l);
}

static void keeping_is_told(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_import_result result = correct(&l, LNTI_IMPORT_EXISTING_KEEP);
  assert_items(&l,
               "set/a.pgm in train class=cat area=1 site:3\nset/b.pgm in train class=dog area=2 site:4\n"
               "set/c.pgm in val class=dog area=3 site:7\nset/d.pgm in val class=cat site:5\nset/e.pgm class=cat\n");
  assert_int_equal(result.again.labels_kept, 2);
  assert_int_equal(result.again.meta_kept, 1);
  assert_int_equal(result.again.splits_kept, 1);
  assert_int_equal(result.again.labels_changed + result.again.meta_changed + result.again.splits_changed, 0);
  assert_true(media_says(&result.warnings, "4 labels, splits or values differ from what the project has"));
  assert_true(media_says(&result.warnings, "(first: a.pgm is in \"train\", not \"test\")"));
  lnti_import_result_clear(&result);
  lab_free(&l);
}

static void labels_for_items_that_are_there(void **state) {
  (void)state;
  lab l = lab_new();
  write_set(&l);
  media_import(&l, media_in(&l, "set").text, NULL);
  media_folder(media_in(&l, "other").text);
  /* by a path from elsewhere, by an absolute one, by the end of it, and without the extension */
  lnti_text text = {0};
  assert_ok(
      lnti_text_printf(&text, ERR, "path,label\n../set/a.pgm,one\n%s/set/b.pgm,two\nd.pgm,three\nc,four\n", l.folder));
  take(&l, "other/t.csv", text.data, nothing, (counts){0, 4, 4, 0});
  lnti_text_clear(&text);
  media_items items = media_list(l.project, "class");
  assert_int_equal(items.n, 6);
  assert_string_equal(media_find(&items, "a.pgm")->label, "one");
  assert_string_equal(media_find(&items, "b.pgm")->label, "two");
  assert_string_equal(media_find(&items, "d.pgm")->label, "three");
  assert_string_equal(media_find(&items, "c.pgm")->label, "four");
  assert_string_equal(media_find(&items, "c.pgm")->stage, "done");
  assert_string_equal(media_find(&items, "e.pgm")->stage, "annotate");
  media_items_clear(&items);
  lab_free(&l);
}

/* The images themselves are gone: labels need no look at them. */
static void labels_alone_read_no_image(void **state) {
  (void)state;
  lab l = lab_new();
  write_set(&l);
  media_import(&l, media_in(&l, "set").text, NULL);
  for (const char *c = "abcde"; *c; c++) assert_int_equal(remove(media_in(&l, "set/%c.pgm", *c).text), 0);
  take(&l, "set/t.csv", "path,label\na.pgm,x\nb.pgm,y\n", nothing, (counts){0, 2, 2, 0});
  lab_free(&l);
}

static void several_items_called_so_are_none(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  media_refusals refusals = {0};
  toy_tree(media_in(&l, "tree").text, 2, 0);
  media_import(&l, media_in(&l, "tree").text, NULL);
  options.target = "other";
  assert_ok(import_table(&l, &result, &refusals, "t.csv", "path,label\n0.pgm,x\ndown/0.pgm,x\ndown/1,x\n", options));
  assert_int_equal(result.labelled, 2);
  assert_refused(&refusals, 0, LNT_EDATA, "/t.csv:2",
                 "column 1 (\"path\"): several items are called so; give more of the path");
  lnti_import_result_clear(&result);
  lab_free(&l);
}

/* What rows before it named makes no row's path mean something else. */
static void many_misses_change_nothing(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  lnti_text text = {0};
  write_set(&l);
  assert_ok(lnti_text_printf(&text, ERR, "path,label\na,x\nb,x\nc,x\nd,x\n"));
  for (int i = 0; i < 1100; i++) assert_ok(lnti_text_printf(&text, ERR, "gone%d,x\n", i));
  assert_ok(lnti_text_printf(&text, ERR, "e,x\n"));
  media_name path = media_in(&l, "set/t.csv");
  const char *source = path.text;
  lnti_test_write_file(source, text.data, text.length);
  lnti_text_clear(&text);
  assert_ok(lnti_import(&result, l.project, &source, 1, &options, ERR));
  assert_int_equal(result.imported, 5);
  assert_int_equal(result.n_refused, 1100);
  lnti_import_result_clear(&result);
  lab_free(&l);
}

/* Each number of parts takes a table of all items: beyond so many it is said that it was not looked for. */
static void ends_of_too_many_lengths_are_told(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  media_refusals refusals = {0};
  write_set(&l);
  media_import(&l, media_in(&l, "set").text, NULL);
  media_folder(media_in(&l, "other").text);
  options.target = "other";
  assert_ok(import_table(&l, &result, &refusals, "other/t.csv",
                         "path,label\na.pgm,x\nset/b.pgm,x\n3/3/c.pgm,x\n4/4/4/c.pgm,x\n5/5/5/5/c.pgm,x\n"
                         "6/6/6/6/6/c.pgm,x\n7/7/7/7/7/7/c.pgm,x\n8/8/8/8/8/8/8/c.pgm,x\n"
                         "9/9/9/9/9/9/9/9/c.pgm,x\nd.pgm,x\n",
                         options));
  assert_int_equal(result.labelled, 3);
  assert_int_equal(refusals.n, 7);
  assert_int_equal(refusals.of[5].code, LNT_ENOTFOUND);
  assert_int_equal(refusals.of[6].code, LNT_ELIMIT);
  assert_non_null(strstr(refusals.of[6].reason, "of 8 different numbers of parts; give paths below --root"));
  lnti_import_result_clear(&result);
  lab_free(&l);
}

static void rows_with_a_fault(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  media_refusals refusals = {0};
  char reason[600];
  write_set(&l);
  lnti_test_write_file(media_in(&l, "set/broken.pgm").text, "P5 9 9 255\n", 11);
  assert_ok(import_table(&l, &result, &refusals, "set/t.csv",
                         "path,label\na.pgm,cat\ngone.pgm,cat\nb.pgm\na.pgm,dog\n,cat\na.pgm,cat\nbroken.pgm,cat\n"
                         "\"c.pgm\"x,cat\nd.pgm,dog\n",
                         options));
  assert_int_equal(result.imported, 2);
  assert_int_equal(result.labelled, 2);
  assert_int_equal(result.n_refused, 6);
  assert_refused(
      &refusals, 0, LNT_ENOTFOUND, "/set/t.csv:3",
      (snprintf(reason, sizeof reason, "column 1 (\"path\"): \"gone.pgm\" is no file in %s, and no item is called so",
                media_in(&l, "set").text),
       reason));
  assert_refused(&refusals, 1, LNT_EDATA, "/set/t.csv:4", "the row has 1 column, but the first has 2");
  assert_refused(&refusals, 2, LNT_EDATA, "/set/t.csv:5", "column 1 (\"path\"): \"a.pgm\" has another label in line 2");
  assert_refused(&refusals, 3, LNT_EDATA, "/set/t.csv:6", "column 1 (\"path\"): the path is empty");
  assert_refused(&refusals, 4, LNT_EDATA, "/set/t.csv:9", "column 1 (\"path\"): something follows the closing quote");
  assert_true(strstr(refusals.of[5].path, "/set/broken.pgm") != NULL);
  lnti_import_result_clear(&result);
  assert_items(&l, "set/a.pgm class=cat\nset/d.pgm class=dog\n");
  lab_free(&l);
}

/* ---- questions ---- */

static void levels_are_a_tree(void **state) {
  (void)state;
  static const char names[] = "Name,ID,Coarse,CID\nGolden,0,Apple,0\nGranny,1,Apple,0\nOat,2,Milk,1\n";
  lab l = lab_new();
  write_set(&l);
  lnti_test_write_file(media_in(&l, "set/classes.csv").text, names, sizeof names - 1);
  lnti_import_table_options table = {.labels = LIST("3/2"),
                                     .n_labels = 1,
                                     .names = LIST("2=classes.csv:2:1", "3=classes.csv:CID:Coarse"),
                                     .n_names = 2};
  take(&l, "set/train.txt", "a.pgm,1,0\nb.pgm,2,1\nc.pgm,,1\nd.pgm,7,1\n", table, (counts){3, 0, 3, 1});
  assert_items(
      &l, "set/a.pgm in train class=apple/granny\nset/b.pgm in train class=milk/oat\nset/c.pgm in train class=milk\n");
  /* One title meets the node of the tree that is called so; a path is one as well. */
  take(&l, "set/t.csv", "path,label\nd.pgm,Granny\ne.pgm,milk/oat\n", nothing, (counts){2, 0, 2, 0});
  assert_items(
      &l,
      "set/a.pgm in train class=apple/granny\nset/b.pgm in train class=milk/oat\nset/c.pgm in train class=milk\n"
      "set/d.pgm class=apple/granny\nset/e.pgm class=milk/oat\n");
  lab_free(&l);
}

static void two_nodes_of_one_title(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  media_refusals refusals = {0};
  write_set(&l);
  lnti_import_table_options table = {.labels = LIST("2/3"), .n_labels = 1};
  take(&l, "set/t.csv", "a.pgm,x,same\nb.pgm,y,same\n", table, (counts){2, 0, 2, 0});
  assert_ok(import_table(&l, &result, &refusals, "set/u.csv", "path,label\nc.pgm,same\nd.pgm,x/same\n", options));
  assert_int_equal(result.labelled, 1);
  assert_refused(&refusals, 0, LNT_EDATA, "/u.csv:2",
                 "column 2 (\"label\"): several options are called \"same\"; give the path, or all levels");
  lnti_import_result_clear(&result);
  lab_free(&l);
}

static void several_labels_are_a_checklist(void **state) {
  (void)state;
  lab l = lab_new();
  write_set(&l);
  take(&l, "set/t.csv", "path,tags\na.pgm,cat;dog\nb.pgm,\nc.pgm,dog\n", nothing, (counts){3, 0, 3, 0});
  /* what is not listed stays unknown; a second row adds */
  assert_items(&l, "set/a.pgm tags=cat,dog\nset/b.pgm\nset/c.pgm tags=dog\n");
  take(&l, "set/t.csv", "path,tags\nc.pgm,cat;cow\nc.pgm,dog;bee\n", nothing, (counts){0, 2, 3, 0});
  assert_items(&l, "set/a.pgm tags=cat,dog\nset/b.pgm\nset/c.pgm tags=cat,dog,bee,cow\n");
  lab_free(&l);
}

static lnti_import_result take_lists(const lab *l, const char *text, lnti_import_existing existing) {
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  media_refusals refusals = {0};
  options.existing = existing;
  options.table = (lnti_import_table_options){.columns = LIST("tags=labels"), .n_columns = 1, .label_separator = ';'};
  assert_ok(import_table(l, &result, &refusals, "set/t.csv", text, options));
  assert_int_equal(refusals.n, 0);
  return result;
}

/* What a table listed, a table can take back: not what a person has answered, nor what an empty cell says nothing of. Rows of
 * one image add up. */
static void a_list_that_was_mended(void **state) {
  (void)state;
  lab l = lab_new();
  write_set(&l);
  lnti_import_result result = take_lists(&l, "path,tags\na.pgm,x;y;z\nb.pgm,x;y\nc.pgm,y\n", LNTI_IMPORT_EXISTING_AUTO);
  assert_int_equal(result.labelled, 6);
  lnti_import_result_clear(&result);
  assert_ok(lnti_store_ontology(&l.ontology, l.project->store, ERR));
  lab_answer(&l, 1, "tags", "z");
  static const char mended[] = "path,tags\na.pgm,x;w\nb.pgm,\nc.pgm,x\n";
  result = take_lists(&l, mended, LNTI_IMPORT_EXISTING_KEEP); /* an answer is kept as a whole */
  assert_int_equal(result.labelled, 0);
  assert_int_equal(result.again.labels_changed, 0);
  assert_int_equal(result.again.labels_same, 1);
  assert_int_equal(result.again.labels_kept, 2);
  lnti_import_result_clear(&result);
  assert_items(&l, "set/a.pgm tags=x,y,z\nset/b.pgm tags=x,y\nset/c.pgm tags=y\n");
  result = take_lists(&l, "path,tags\na.pgm,x\na.pgm,w\nc.pgm,x\n", LNTI_IMPORT_EXISTING_AUTO);
  assert_int_equal(result.again.labels_changed, 0);
  lnti_import_result_clear(&result);
  result = take_lists(&l, mended, LNTI_IMPORT_EXISTING_AUTO);
  assert_int_equal(result.labelled, 0);
  assert_int_equal(result.again.labels_changed, 2);
  assert_int_equal(result.again.labels_same, 3);
  lnti_import_result_clear(&result);
  assert_items(&l, "set/a.pgm tags=x,z,w\nset/b.pgm tags=x,y\nset/c.pgm tags=x\n");
  lab_free(&l);
}

/* The ontology as a line: "class: ants, bees". */
static void assert_ontology(const lab *l, const char *wanted) {
  lnti_ontology *ontology = NULL;
  lnti_text text = {0};
  assert_ok(lnti_text_append(&text, "", 0, ERR));
  assert_ok(lnti_store_ontology(&ontology, l->project->store, ERR));
  for (size_t q = 0; q < ontology->n_questions; q++) {
    const lnti_question *question = &ontology->questions[q];
    assert_ok(lnti_text_printf(&text, ERR, "%s%s %s:", q ? "; " : "", lnti_question_type_name(question->type),
                               question->key));
    for (size_t i = question->first_option; i != LNTI_NONE; i = ontology->options[i].next_sibling) {
      assert_ok(lnti_text_printf(&text, ERR, " %s", ontology->options[i].title));
    }
  }
  assert_string_equal(text.data, wanted);
  lnti_text_clear(&text);
  lnti_ontology_free(ontology);
}

/* Questions and options come with answers that are stored, in one order whichever comes first. */
static void what_is_refused_or_kept_out_brings_no_options(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_import_table_options lists = {.columns = LIST("tags=labels:class"), .n_columns = 1};
  write_set(&l);
  take(&l, "set/bad.csv", "path,tags\nno.pgm,cat;dog\nnor.pgm,owl\n", lists, (counts){0, 0, 0, 2});
  assert_ontology(&l, "");
  take(&l, "set/t.csv", "path,label\na.pgm,dog\nno.pgm,bat\nb.pgm,cat\n", nothing, (counts){2, 0, 2, 1});
  assert_ontology(&l, "radio class: cat dog");
  lnti_import_options keep = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  media_refusals refusals = {0};
  keep.existing = LNTI_IMPORT_EXISTING_KEEP;
  static const char other[] = "path,label\na.pgm,ape\nb.pgm,bat\nc.pgm,emu\n";
  assert_ok(import_table(&l, &result, &refusals, "set/u.csv", other, keep));
  assert_int_equal(result.again.labels_kept, 2);
  assert_true(media_says(&result.warnings, "a.pgm is \"dog\", not \"ape\")"));
  lnti_import_result_clear(&result);
  assert_ontology(&l, "radio class: cat dog emu");
  take(&l, "set/v.csv", "path,label\nd.pgm,bat\n", nothing, (counts){1, 0, 1, 0});
  assert_ontology(&l, "radio class: cat dog emu bat");
  assert_items(&l, "set/a.pgm class=dog\nset/b.pgm class=cat\nset/c.pgm class=emu\nset/d.pgm class=bat\n");
  lab_free(&l);
}

/* What a source was to make of a question, but has not, does not bind the next one. */
static void a_refused_folder_before_a_table(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  media_name bad = media_in(&l, "bad"), good = media_in(&l, "set/good.csv");
  const char *const sources[] = {bad.text, good.text};
  static const char lists[] = "path,tags\na.pgm,ant;bee\n";
  media_folder(media_in(&l, "bad/cat").text);
  lnti_test_write_file(media_in(&l, "bad/cat/1.pgm").text, "P5", 2);
  write_set(&l);
  lnti_test_write_file(good.text, lists, strlen(lists));
  options.table.columns = LIST("tags=labels:class");
  options.table.n_columns = 1;
  assert_ok(lnti_import(&result, l.project, sources, 2, &options, ERR));
  assert_int_equal(result.labelled, 2);
  assert_int_equal(result.n_refused, 1);
  lnti_import_result_clear(&result);
  assert_ontology(&l, "checklist class: ant bee");
  lab_free(&l);
}

static void onehot_columns_say_yes_and_no(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_ontology *ontology = NULL;
  write_set(&l);
  lnti_import_table_options table = {.columns = LIST("*=onehot:dx"), .n_columns = 1};
  take(&l, "set/t.csv", "image,nv,mel,bcc\na,1,0,\nb,0,1,\nb,0,1,\nc,,,\n", table, (counts){3, 1, 4, 0});
  assert_items(&l, "set/a.pgm dx=nv,!mel\nset/b.pgm dx=!nv,mel\nset/c.pgm\n");
  /* options in the order of the columns, also those of which nothing is said */
  assert_ok(lnti_store_ontology(&ontology, l.project->store, ERR));
  assert_int_equal(ontology->n_options, 3);
  assert_string_equal(ontology->options[0].title, "nv");
  assert_string_equal(ontology->options[1].title, "mel");
  assert_string_equal(ontology->options[2].title, "bcc");
  lnti_ontology_free(ontology);
  take(&l, "set/u.csv", "image,nv,mel,bcc\nd,1,0,\nd,1,1,\n", table, (counts){1, 0, 2, 1});
  lab_free(&l);
}

static void several_questions_and_numbers(void **state) {
  (void)state;
  lab l = lab_new();
  write_set(&l);
  lnti_import_table_options table = {
      .columns = LIST("kind=label", "age=number", "sex=label:gender", "tags=labels:tags"), .n_columns = 4};
  take(&l, "set/t.csv", "path;kind;age;sex;tags\na.pgm;cat;1,5;f;x|y\nb.pgm;dog;old;m;x\nc.pgm;;3;;\n", table,
       (counts){2, 0, 6, 1});
  assert_items(&l, "set/a.pgm class=cat age=1.5 gender=f tags=x,y\nset/c.pgm age=3\n");
  lab_free(&l);
}

static void options_are_in_natural_order(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_ontology *ontology = NULL;
  write_set(&l);
  take(&l, "set/t.csv", "path,label\na.pgm,img10\nb.pgm,img2\nc.pgm,img1\n", nothing, (counts){3, 0, 3, 0});
  assert_ok(lnti_store_ontology(&ontology, l.project->store, ERR));
  assert_string_equal(ontology->options[0].title, "img1");
  assert_string_equal(ontology->options[1].title, "img2");
  assert_string_equal(ontology->options[2].title, "img10");
  lnti_ontology_free(ontology);
  lab_free(&l);
}

/* Rules of the ontology that is there: a retired option, a number out of range, another type. */
static void rules_of_the_ontology(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  media_refusals refusals = {0};
  lab_ontology(&l, NULL);
  write_set(&l);
  options.table = (lnti_import_table_options){.columns = LIST("q=number:quality", "label=label"), .n_columns = 2};
  assert_ok(import_table(&l, &result, &refusals, "set/t.csv", "path,label,q\na.pgm,cat,3\nb.pgm,dog,11\nc.pgm,new,\n",
                         options));
  assert_int_equal(result.imported, 2);
  assert_int_equal(result.labelled, 3);
  assert_int_equal(refusals.n, 1);
  assert_true(strstr(refusals.of[0].reason, "column 3 (\"q\"): ") == refusals.of[0].reason);
  assert_true(strstr(refusals.of[0].reason, "11") != NULL);
  lnti_import_result_clear(&result);
  options.table = (lnti_import_table_options){.columns = LIST("label=labels"), .n_columns = 1};
  assert_status(import_table(&l, &result, &refusals, "set/t.csv", "path,label\nd.pgm,cat\n", options), LNT_EINVAL);
  assert_message("\"class\" is a radio question, but these labels need a checklist");
  lab_free(&l);
}

/* ---- groups ---- */

static void groups(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_import_table_options table = {.columns = LIST("study=group"), .n_columns = 1};
  write_set(&l);
  take(&l, "set/t.csv", "path,study,label\na.pgm,s1,ill\nb.pgm,s1,ill\nc.pgm,,well\n", table, (counts){3, 0, 2, 0});
  media_items items = media_list(l.project, "class");
  assert_int_equal(items.n, 4);
  assert_string_equal(media_find(&items, "group:s1")->label, "ill");
  assert_string_equal(media_find(&items, "a.pgm")->label, "");
  assert_string_equal(media_find(&items, "c.pgm")->label, "well");
  media_items_clear(&items);
  /* an item that is there joins its group */
  take(&l, "set/t.csv", "path,study,label\nc.pgm,s1,ill\n", table, (counts){0, 1, 0, 0});
  assert_items(&l, "set/group:s1 class=ill\nset/a.pgm of 1\nset/b.pgm of 1\nset/c.pgm of 1 class=well\n");
  lab_free(&l);
}

/* ---- paths ---- */

static void outside_the_root(void **state) {
  (void)state;
  lab l = lab_new();
  write_set(&l);
  media_folder(media_in(&l, "tables").text);
  lnti_text text = {0};
  assert_ok(lnti_text_printf(&text, ERR, "path,label\n../set/sub/f.pgm,x\n%s/set/a.pgm,y\n", l.folder));
  take(&l, "tables/t.csv", text.data, nothing, (counts){2, 0, 2, 0});
  lnti_text_clear(&text);
  media_items items = media_list(l.project, "class");
  assert_string_equal(media_find(&items, "sub/f.pgm")->label, "x"); /* one source, "set" */
  assert_string_equal(media_find(&items, "a.pgm")->label, "y");
  media_items_clear(&items);
  lab_free(&l);
}

static void given_root_and_other_spellings(void **state) {
  (void)state;
  lab l = lab_new();
  write_set(&l);
  media_folder(media_in(&l, "tables").text);
  media_name root = media_in(&l, "set");
  lnti_import_table_options table = {.root = root.text};
  take(&l, "tables/t.csv", "path,label\nsub\\f.pgm,x\n.//sub/../b.pgm,y\na,z\nsub/f.pgm,x\n", table,
       (counts){3, 1, 3, 0});
  assert_items(&l, "set/sub/f.pgm class=x\nset/b.pgm class=y\nset/a.pgm class=z\n");
  lab_free(&l);
}

static void wrong_roots(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  media_refusals refusals = {0};
  write_set(&l);
  options.table.root = "/nowhere/at/all";
  assert_status(import_table(&l, &result, &refusals, "set/t.csv", "path\na.pgm\n", options), LNT_ENOTFOUND);
  media_name table = media_in(&l, "set/t.csv");
  options.table.root = table.text;
  assert_status(import_table(&l, &result, &refusals, "set/t.csv", "path\na.pgm\n", options), LNT_EUNSUPPORTED);
  assert_message("paths can be relative to a folder, an archive or an array");
  lab_free(&l);
}

static void records_of_an_array(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  media_refusals refusals = {0};
  media_folder(media_in(&l, "set").text);
  toy_arrays(media_in(&l, "set").text, "train", false, 6, 0);
  media_name array = media_in(&l, "set/train-images-idx3-ubyte");
  media_import(&l, array.text, NULL);
  options.table.root = array.text;
  options.table.columns = LIST("index=path", "q=label:quality");
  options.table.n_columns = 2;
  assert_ok(import_table(&l, &result, &refusals, "set/t.csv", "index,q\n0,good\n5,bad\n6,bad\n", options));
  assert_int_equal(result.existing, 2);
  assert_int_equal(result.labelled, 2);
  char reason[700];
  snprintf(reason, sizeof reason,
           "column 1 (\"index\"): \"6\" is no imported record of %.150s, and no item is called so", array.text);
  assert_refused(&refusals, 0, LNT_ENOTFOUND, "/t.csv:4", reason);
  lnti_import_result_clear(&result);
  lab_free(&l);
}

/* ---- lists ---- */

static void lists(void **state) {
  (void)state;
  lab l = lab_new();
  write_set(&l);
  write_picture(&l, "set/my photo.pgm", 2, 5);
  take(&l, "set/train_list.txt", "a.pgm 0\nb.pgm 1\n", nothing, (counts){2, 0, 2, 0});
  take(&l, "set/val.txt", "my photo.pgm\nsub/f.pgm\n", nothing, (counts){2, 0, 0, 0});
  take(&l, "set/some.txt", "c.pgm\n", nothing, (counts){1, 0, 0, 0});
  assert_items(&l,
               "set/a.pgm in train class=0\nset/b.pgm in train class=1\nset/my photo.pgm in val\n"
               "set/sub/f.pgm in val\nset/c.pgm\n");
  lab_free(&l);
}

static void split_option_comes_first(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  media_refusals refusals = {0};
  options.split = "holdout";
  write_set(&l);
  assert_ok(import_table(&l, &result, &refusals, "set/train.csv", "path,split\na.pgm,train\n", options));
  assert_items(&l, "set/a.pgm in holdout\n");
  lnti_import_result_clear(&result);
  lab_free(&l);
}

/* ---- JSON Lines, encodings, gzip ---- */

static void json_lines(void **state) {
  (void)state;
  lab l = lab_new();
  write_set(&l);
  take(
      &l, "set/t.jsonl",
      "{\"image\": \"a.pgm\", \"label\": [\"x\", \"y\"], \"meta\": {\"site\": 3}}\n{\"image\": \"b.pgm\", \"label\": []}\nnonsense\n",
      nothing, (counts){2, 0, 2, 1});
  assert_items(&l, "set/a.pgm class=x,y site:3\nset/b.pgm\n");
  lab_free(&l);
}

static void other_encodings_are_told(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  media_refusals refusals = {0};
  write_set(&l);
  assert_ok(import_table(&l, &result, &refusals, "set/t.csv", "path,label\na.pgm,caf\xE9\nb.pgm,tea\n", options));
  assert_true(media_says(&result.warnings, "t.csv: 1 row is no UTF-8 and was read as Windows-1252 (first: line 2)"));
  assert_items(&l, "set/a.pgm class=caf\xC3\xA9\nset/b.pgm class=tea\n");
  lnti_import_result_clear(&result);
  lab_free(&l);
}

static void columns_are_told(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  media_refusals refusals = {0};
  write_set(&l);
  options.table.columns = LIST("site=meta:place");
  options.table.n_columns = 1;
  assert_ok(import_table(&l, &result, &refusals, "set/t.csv", "path,label,site,x\na.pgm,cat,3,\n", options));
  assert_int_equal(result.n_columns, 4);
  static const struct {
    const char *name, *role, *of;
    bool guessed;
  } wanted[] = {{"path", "path", "", true},
                {"label", "label", "class", true},
                {"site", "meta", "place", false},
                {"x", "meta", "x", true}};
  for (size_t i = 0; i < 4; i++) {
    assert_int_equal(result.columns[i].number, i + 1);
    assert_string_equal(result.columns[i].name, wanted[i].name);
    assert_string_equal(result.columns[i].role, wanted[i].role);
    assert_string_equal(result.columns[i].of, wanted[i].of);
    assert_int_equal(result.columns[i].guessed, wanted[i].guessed);
    assert_true(strstr(result.columns[i].table, "/set/t.csv") != NULL);
  }
  lnti_import_result_clear(&result);
  lab_free(&l);
}

/* ---- what is no table ---- */

static void a_guess_that_makes_a_class_of_each_row(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  media_refusals refusals = {0};
  lnti_text text = {0};
  write_set(&l);
  assert_ok(lnti_text_printf(&text, ERR, "path,target\n"));
  for (int i = 0; i < 300; i++) assert_ok(lnti_text_printf(&text, ERR, "%d.pgm,%d.5\n", i, i));
  assert_status(import_table(&l, &result, &refusals, "set/t.csv", text.data, options), LNT_EINVAL);
  assert_message("column 2 (\"target\") has 300 different values in 300 rows: are they labels?");
  lnti_text_clear(&text);
  assert_items(&l, "");
  lab_free(&l);
}

static void refused_tables(void **state) {
  (void)state;
  lab l = lab_new();
  static const struct {
    const char *name, *text;
    lnt_status code;
    const char *message;
  } cases[] = {
      {"set/t.csv", "", LNT_EDATA, "there are no rows in it"},
      {"set/t.csv", "path,label\n", LNT_EDATA, "there are no rows below its header"},
      {"set/t.jsonl", "path,label\na.pgm,cat\n", LNT_EDATA,
       "this is no JSON Lines (line 1: character 1: found 'p', expected a value); an object a line is expected"},
      {"set/t.csv", "u,v,w\n1,2,3\n", LNT_EINVAL, "Give --header yes or --header no"},
      {"set/t.jsonl", "[1]\n", LNT_EUNSUPPORTED, "an object a line"},
      {"set/t.txt", "a.pgm 1 2\n", LNT_EINVAL, "Give --column N=label"},
  };
  write_set(&l);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
    lnti_import_result result = {0};
    media_refusals refusals = {0};
    assert_status(import_table(&l, &result, &refusals, cases[i].name, cases[i].text, options), cases[i].code);
    assert_message(cases[i].message);
  }
  assert_items(&l, "");
  lab_free(&l);
}

/* "class" is the target's name, and that of a column without a question. */
static void two_columns_for_one_question(void **state) {
  (void)state;
  lab l = lab_new();
  write_set(&l);
  for (int swapped = 0; swapped < 2; swapped++) {
    lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
    lnti_import_result result = {0};
    media_refusals refusals = {0};
    const char *const columns[2][2] = {{"a=label", "b=label:class"}, {"a=label:class", "b=label"}};
    options.table = (lnti_import_table_options){.columns = columns[swapped], .n_columns = 2};
    assert_status(import_table(&l, &result, &refusals, "set/t.csv", "path,a,b\na.pgm,x,y\n", options), LNT_EINVAL);
    assert_message("columns 2 and 3 would both answer \"class\"");
  }
  assert_items(&l, "");
  lab_free(&l);
}

static void wrong_names(void **state) {
  (void)state;
  lab l = lab_new();
  static const char *const cases[][2] = {
      {"2", "--names \"2\": COLUMN=FILE or COLUMN=FILE:KEY:NAME is needed"},
      {"=x", "is needed"},
      {"2=", "is needed"},
      {"2=gone.csv:1:2", "gone.csv: cannot be read"},
      {"7=names.txt", "no column \"7\""},
  };
  write_set(&l);
  lnti_test_write_file(media_in(&l, "set/names.txt").text, "x\ny\n", 4);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
    lnti_import_result result = {0};
    media_refusals refusals = {0};
    options.table.names = &cases[i][0];
    options.table.n_names = 1;
    lnt_status status = import_table(&l, &result, &refusals, "set/t.txt", "a.pgm 0\n", options);
    assert_true(status != LNT_OK);
    assert_message(cases[i][1]);
  }
  lnti_import_table_options table = {.names = LIST("2=names.txt"), .n_names = 1};
  take(&l, "set/t.txt", "a.pgm 0\nb.pgm 1\n", table, (counts){2, 0, 2, 0});
  assert_items(&l, "set/a.pgm class=x\nset/b.pgm class=y\n");
  lab_free(&l);
}

/* ---- many rows ---- */

/* More than a block, more than one source, refused rows between them. */
static void many_rows(void **state) {
  (void)state;
  enum { N = 20000 };
  lab l = lab_new();
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  media_refusals refusals = {0};
  lnti_text text = {0};
  lab_items(&l, N);
  write_set(&l);
  assert_ok(lnti_text_printf(&text, ERR, "path,label\n"));
  for (int i = 0; i < N; i++) {
    if (i == 100) assert_ok(lnti_text_printf(&text, ERR, "a.pgm,new\n"));
    if (i == 9000) assert_ok(lnti_text_printf(&text, ERR, "nothing.pgm,new\nb.pgm,new\na.pgm,other\n"));
    assert_ok(lnti_text_printf(&text, ERR, "%d.png,c%d\n", i, i % 7));
  }
  assert_ok(import_table(&l, &result, &refusals, "set/t.csv", text.data, options));
  assert_int_equal(result.imported, 2);
  assert_int_equal(result.existing, N);
  assert_int_equal(result.labelled, N + 2);
  assert_int_equal(refusals.n, 2);
  assert_true(strstr(refusals.of[0].path, "/set/t.csv:9003") != NULL);
  assert_true(strstr(refusals.of[1].reason, "has another label in line 102") != NULL);
  lnti_import_result_clear(&result);
  lnti_text_clear(&text);
  lab_free(&l);
}

static void cancelled(void **state) {
  (void)state;
  enum { N = 30000 };
  lab l = lab_new();
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  media_refusals refusals = {0};
  media_stopper stopper;
  lnti_text text = {0};
  lab_items(&l, N);
  media_stop_at(&stopper, 1);
  l.project->context.cancel = &stopper.cancel;
  options.progress = &stopper.progress;
  assert_ok(lnti_text_printf(&text, ERR, "path,label\n"));
  for (int i = 0; i < N; i++) assert_ok(lnti_text_printf(&text, ERR, "%d.png,c\n", i));
  assert_status(import_table(&l, &result, &refusals, "t.csv", text.data, options), LNT_ECANCELLED);
  l.project->context.cancel = NULL;
  options.progress = NULL;
  media_items items = media_list(l.project, "class");
  size_t n = 0;
  for (size_t i = 0; i < items.n; i++) n += items.item[i].label[0] != '\0';
  assert_true(n > 0 && n < N); /* what was durable stays, and the same call goes on */
  media_items_clear(&items);
  assert_ok(import_table(&l, &result, &refusals, "t.csv", text.data, options));
  assert_int_equal(result.labelled, N - n);
  assert_int_equal(result.existing, N);
  lnti_import_result_clear(&result);
  lnti_text_clear(&text);
  lab_free(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(new_images_with_all_that_is_said),
      cmocka_unit_test(importing_again_changes_nothing),
      cmocka_unit_test(a_table_replaces_what_is_there),
      cmocka_unit_test(a_table_of_other_labels),
      cmocka_unit_test(keeping_is_told),
      cmocka_unit_test(labels_for_items_that_are_there),
      cmocka_unit_test(many_misses_change_nothing),
      cmocka_unit_test(ends_of_too_many_lengths_are_told),
      cmocka_unit_test(labels_alone_read_no_image),
      cmocka_unit_test(several_items_called_so_are_none),
      cmocka_unit_test(rows_with_a_fault),
      cmocka_unit_test(levels_are_a_tree),
      cmocka_unit_test(two_nodes_of_one_title),
      cmocka_unit_test(several_labels_are_a_checklist),
      cmocka_unit_test(a_list_that_was_mended),
      cmocka_unit_test(what_is_refused_or_kept_out_brings_no_options),
      cmocka_unit_test(a_refused_folder_before_a_table),
      cmocka_unit_test(onehot_columns_say_yes_and_no),
      cmocka_unit_test(several_questions_and_numbers),
      cmocka_unit_test(options_are_in_natural_order),
      cmocka_unit_test(rules_of_the_ontology),
      cmocka_unit_test(groups),
      cmocka_unit_test(outside_the_root),
      cmocka_unit_test(given_root_and_other_spellings),
      cmocka_unit_test(wrong_roots),
      cmocka_unit_test(records_of_an_array),
      cmocka_unit_test(lists),
      cmocka_unit_test(split_option_comes_first),
      cmocka_unit_test(json_lines),
      cmocka_unit_test(other_encodings_are_told),
      cmocka_unit_test(columns_are_told),
      cmocka_unit_test(a_guess_that_makes_a_class_of_each_row),
      cmocka_unit_test(refused_tables),
      cmocka_unit_test(two_columns_for_one_question),
      cmocka_unit_test(wrong_names),
      cmocka_unit_test(many_rows),
      cmocka_unit_test(cancelled),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
