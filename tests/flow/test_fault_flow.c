/*
 * Failing allocations in what reads and writes rows: each says so, frees all of its own, leaves outputs and the project
 * as they were, and works when it is called again.
 */
#include <errno.h>
#include <flow/duplicates.h>
#include <flow/import/files.h>
#include <flow/train/keep_model.h>
#include <flow/migrate/migrate.h>
#include <flow/split/cuts.h>
#include <flow/split/leaks.h>
#include <flow/view/items.h>
#include <flow/evaluate/judge.h>
#include <flow/ontology_set.h>
#include <flow/evaluate/slices.h>
#include <flow/snapshot/snapshot.h>
#include <flow/split/split.h>
#include <flow/target.h>
#include <flow/undo.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flow_support.h"

/*
 * Runs `attempt` with the n-th allocation failing, n = 1, 2, 3..., until none fails; then `check`, undisturbed. What is
 * not freed is left to the leak sanitizer: the store keeps connections and statements, and libc allocates paths and
 * folders' entries that are freed here, so that blocks cannot be counted.
 */
typedef lnt_status (*attempt_function)(lab *l);
typedef void (*check_function)(lab *l, bool failed);

static void each_failure(lab *l, attempt_function attempt, check_function check) {
  bool failed = true;
  for (size_t n = 1; failed; n++) {
    lnti_test_fail_allocation_after(n);
    lnt_status status = attempt(l);
    failed = lnti_test_allocation_failed();
    lnti_test_fail_allocation_after(0);
    if (status != (failed ? LNT_ENOMEM : LNT_OK)) fail_msg("allocation %zu: %s", n, lnt_status_name(status));
    if (check) check(l, failed);
    assert_in_range(n, 1, 5000);
  }
}

static lab new_lab(void) {
  static const lab_row rows[] = {{"train/a.png", 1, "", "dog"}, {"val/b.png", 1, "", "dog"},
                                 {"test/c.png", 2, "", "cat"},  {"d.png", 3, "", "bird"},
                                 {"e.png", 4, "", "dog"},       {"f.png", 5, "", NULL}};
  lab l = lab_new();
  lab_ontology(&l, NULL);
  lab_rows(&l, rows, 6);
  return l;
}

static lnt_status count_items(void *payload, const lnti_item_view *view, lnt_error *err) {
  (void)err;
  (void)view;
  ++*(size_t *)payload;
  return LNT_OK;
}

static size_t without_split(const lab *l) {
  lnti_view *view = NULL;
  lnti_filter *filter = NULL;
  size_t n = 0;
  assert_ok(lnti_view_open(&view, l->project, NULL, NULL, ERR));
  assert_ok(lnti_filter_parse(&filter, "split=\"\"", lnti_view_names(view), ERR));
  assert_ok(lnti_items(l->project, view, &(lnti_items_query){.filter = filter}, count_items, &n, ERR));
  lnti_filter_free(filter);
  lnti_view_close(view);
  return n;
}

/* ---- no rows ---- */

static void test_messages(void **state) {
  (void)state;
  for_each_fault(n) {
    lnti_messages m = {0};
    lnt_status status = lnti_messages_add(&m, ERR, "message %d", 1);
    for (int i = 2; i < 20 && status == LNT_OK; i++) status = lnti_messages_add(&m, ERR, "message %d", i);
    assert_fault_status(status);
    for (size_t i = 0; i < m.n; i++) assert_memory_equal(m.text[i], "message", 7); /* those that are there are whole */
    lnti_messages_clear(&m);
  }
}

static void test_metrics_json(void **state) {
  (void)state;
  lnti_figures figures;
  lnti_figures_of(&figures, NULL, LNTI_MULTILABEL, false);
  for_each_fault(n) {
    lnti_text text = {0};
    assert_fault_status(lnti_figures_json(&text, &figures, ERR));
    lnti_text_clear(&text);
  }
}

static lnt_status attempt_files(lab *l) {
  lnti_files files = {0};
  lnt_status status = lnti_files_list(&files, l->folder, NULL, NULL, NULL, ERR);
  assert_int_equal(files.n, status ? 0 : 40);
  lnti_files_clear(&files);
  return status;
}

static void test_files(void **state) {
  (void)state;
  lab l = {.folder = lnti_test_folder()};
  char path[512];
  for (int i = 0; i < 40; i++) {
    snprintf(path, sizeof path, "%s/%d", l.folder, i % 4);
    if (i < 4) assert_int_equal(mkdir(path, 0755), 0);
    snprintf(path, sizeof path, "%s/%d/%d.png", l.folder, i % 4, i);
    lnti_test_write_file(path, "x", 1);
  }
  each_failure(&l, attempt_files, NULL);
  lnti_test_folder_remove(l.folder);
}

/* ---- reading ---- */

static lnt_status attempt_filter(lab *l) {
  lnti_view *view = NULL;
  lnti_filter *filter = NULL;
  size_t found = 0;
  lnt_status status = lnti_view_open(&view, l->project, NULL, NULL, ERR);
  if (status == LNT_OK) {
    status = lnti_view_filter(
        &filter, view,
        "split!=train and split!=trian and \"class\"=\"A bird\" and labelled=yes and "
        "path in (*, birds, nowhere) and class/bird/species!=duck/teal and class=*bird and "
        "(id in (1, 2, 3..9) or not quality<5 or quality in (1, 2, 3..4)) and (complete=yes or complete=no) and skipped=no",
        ERR);
  }
  assert_true(status == LNT_OK || !filter);
  if (status == LNT_OK) {
    const lnti_sort sort = {{LNTI_FIELD_PATH, 0, LNTI_NONE}, true};
    const lnti_items_query query = {.filter = filter, .sort = &sort};
    status = lnti_items(l->project, view, &query, count_items, &found, ERR);
  }
  assert_true(status || found == 1);
  lnti_filter_free(filter);
  lnti_view_close(view);
  return status;
}

/* With a snapshot that is written and read. One that cannot be written is no failure, so a round with a failed allocation may
 * succeed; whatever happens, the view is whole or there is none. */
static lnt_status attempt_view(lab *l) {
  const lnti_view_options always = {.snapshot_rows = 1};
  lnti_view *view = NULL;
  lnti_link_counts links;
  lnt_status status = lnti_view_open(&view, l->project, &always, NULL, ERR);
  if (status == LNT_OK) assert_int_equal(lnti_view_count(view), 6);
  if (status == LNT_OK) status = lnti_view_link_counts(&links, view, ERR);
  if (status == LNT_OK) {
    lnti_facet facets[2] = {{.field = {LNTI_FIELD_SPLIT, 0, LNTI_NONE}},
                            {.field = {LNTI_FIELD_CONFLICT, 0, LNTI_NONE}}};
    lnti_selection *selection = NULL;
    const lnti_sort sort = {{LNTI_FIELD_SPLIT, 0, LNTI_NONE}, false};
    status = lnti_view_query(&selection, facets, 2, view, NULL, &sort, ERR);
    if (status == LNT_OK) assert_int_equal(lnti_selection_count(selection), 6);
    for (int i = 0; i < 2; i++) lnti_facet_clear(&facets[i]);
    lnti_selection_free(selection);
  }
  lnti_view_close(view);
  return status == LNT_OK && lnti_test_allocation_failed() ? LNT_ENOMEM : status;
}

static void test_view(void **state) {
  (void)state;
  lab l = new_lab();
  each_failure(&l, attempt_view, NULL);
  lab_free(&l);
}

static void test_filter(void **state) {
  char json[4096];
  (void)state;
  lab l = new_lab();
  each_failure(&l, attempt_filter, NULL);
  snprintf(json, sizeof json, "%.*s, {\"id\": \"more\", \"type\": \"text\", \"required\": true}]}",
           (int)strlen(lab_ontology_json) - 2, lab_ontology_json);
  lab_ontology(&l, json);
  each_failure(&l, attempt_filter, NULL);
  lab_free(&l);
}

static lnt_status attempt_target(lab *l) {
  size_t question = 77;
  lnti_labelled labelled = {0};
  lnt_status status = lnti_target_find(&question, l->project, l->ontology, NULL, ERR);
  assert_true(status == LNT_OK || question == 77);
  if (!status)
    status =
        lnti_labelled_load(&labelled, l->project, l->ontology, &(lnti_target){question, LNTI_MULTICLASS}, NULL, ERR);
  assert_int_equal(labelled.items.n, status ? 0 : 5);
  lnti_labelled_clear(&labelled);
  return status;
}

static void test_target(void **state) {
  (void)state;
  lab l = new_lab();
  each_failure(&l, attempt_target, NULL);
  lab_free(&l);
}

static lnt_status attempt_duplicates(lab *l) {
  lnti_duplicates d = {.copies = 77}, again = {.copies = 77};
  lnt_status status = lnti_duplicates_update(&d, l->project, l->ontology->questions[0].id, ERR);
  assert_int_equal(d.copies, status ? 77 : 1);
  if (!status) status = lnti_duplicates_read(&again, l->project, 0, ERR);
  assert_int_equal(again.copies, status ? 77 : 1);
  lnti_messages warnings = {0};
  if (!status) status = lnti_duplicates_warn(&warnings, &again, ERR);
  lnti_messages_clear(&warnings);
  if (d.examples) lnti_duplicates_clear(&d);
  if (again.examples) lnti_duplicates_clear(&again);
  return status;
}

static void test_duplicates(void **state) {
  (void)state;
  lab l = new_lab();
  lnti_item_facts facts = {.has_pixels = true, .has_signature = true};
  lab_facts(&l, 3, &facts, 1);
  facts.signature[0] = 1;
  facts.pixels[0] = 1;
  lab_facts(&l, 4, &facts, 1); /* near conflict */
  each_failure(&l, attempt_duplicates, NULL);
  lab_free(&l);
}

/* ---- writing ---- */

static lnt_status split_by(const lab *l, lnti_split_method method) {
  lnti_split_result result = {.train = 77};
  lnti_split_options options = LNTI_SPLIT_OPTIONS_INIT;
  options.method = method;
  lnt_status status = lnti_split(&result, l->project, &options, ERR);
  assert_true(!status || (result.train == 77 && !result.warnings.text));
  lnti_split_result_clear(&result);
  return status;
}

static lnt_status attempt_random_split(lab *l) {
  return split_by(l, LNTI_SPLIT_RANDOM);
}

static lnt_status attempt_folder_split(lab *l) {
  return split_by(l, LNTI_SPLIT_FOLDER);
}

static lnt_status attempt_group_split(lab *l) {
  lnti_split_result result = {.train = 77};
  lnti_split_options options = LNTI_SPLIT_OPTIONS_INIT;
  options.method = LNTI_SPLIT_GROUP;
  options.group = "path:([ab])[.]png,sequence:name,folder,site,time:5";
  lnt_status status = lnti_split(&result, l->project, &options, ERR);
  assert_true(!status || (result.train == 77 && !result.warnings.text && !result.key));
  lnti_split_result_clear(&result);
  return status;
}

static void check_random_split(lab *l, bool failed) {
  assert_int_equal(without_split(l), failed ? 6 : 0);
}

static void check_folder_split(lab *l, bool failed) {
  assert_int_equal(without_split(l), failed ? 6 : 3);
}

/* Never a split that is another one for want of memory. */
static void test_split(void **state) {
  (void)state;
  lab l = new_lab();
  each_failure(&l, attempt_random_split, check_random_split);
  lab_free(&l);
  l = new_lab();
  each_failure(&l, attempt_folder_split, check_folder_split);
  lab_free(&l);
  l = new_lab();
  static const char *const sites[] = {"north", "south"}, *const dates[] = {"2020-01-01T10:00:00"};
  lab_meta(&l, 1, "site", sites, 2);
  lab_meta(&l, 1, "date", dates, 1);
  each_failure(&l, attempt_group_split, check_random_split);
  lab_free(&l);
}

static lnt_status attempt_leaks(lab *l) {
  lnti_leaks leaks = {0};
  lnti_messages warnings = {0};
  char *key = NULL;
  lnt_status status = lnti_leaks_update(&leaks, l->project, ERR);
  assert_true(!status == (leaks.key != NULL));
  if (!status) status = lnti_leaks_warn(&warnings, &leaks, ERR);
  if (!status) status = lnti_cuts_look(NULL, NULL, &warnings, l->project, ERR);
  if (!status) assert_int_equal(warnings.n, 2);
  if (!status) status = lnti_leaks_key(&key, l->project, ERR);
  free(key);
  lnti_messages_clear(&warnings);
  lnti_leaks_clear(&leaks);
  return status;
}

/* Tracks of two by two, and one of them in train and in test. */
static void test_leaks(void **state) {
  (void)state;
  static lab_row rows[80];
  static char member[80][16];
  lnti_item_facts facts[80] = {{0}};
  lnti_rng rng;
  lab l = lab_new();
  lab_ontology(&l, NULL);
  lnti_rng_seed(&rng, 1, 0);
  for (size_t i = 0; i < 80; i++) {
    snprintf(member[i], sizeof member[0], "%zu_%zu.png", i / 2, i % 2);
    rows[i] = (lab_row){member[i], i, i < 2 ? i ? "test" : "train" : "", NULL};
    facts[i].has_signature = true;
    for (size_t b = 0; b < LNTI_SIGNATURE_BYTES; b++) {
      facts[i].signature[b] = i % 2 ? facts[i - 1].signature[b] : (uint8_t)lnti_rng_next(&rng);
    }
  }
  lab_facts(&l, lab_rows(&l, rows, 80), facts, 80);
  each_failure(&l, attempt_leaks, NULL);
  lab_free(&l);
}

/* What is answered; made before allocations fail. */
static lnti_annotation batch[3];

static lnt_status attempt_annotate(lab *l) {
  return lab_annotate(l, batch, 3, false, NULL);
}

static void check_annotate(lab *l, bool failed) {
  lnti_answer_row row;
  assert_int_equal(lab_current(l, &row, 6, lab_question(l, "class")), !failed);
  assert_false(lab_current(l, &row, 6, lab_question(l, "class/cat/mood")));
}

static void test_annotate(void **state) {
  (void)state;
  lab l = new_lab();
  batch[0] = lab_annotation(&l, 6, "class", "cat");
  batch[1] = lab_annotation(&l, 6, "class/cat/mood", "calm");
  batch[2] = lab_annotation(&l, 6, "class", "fox");
  each_failure(&l, attempt_annotate, check_annotate);
  lab_free(&l); /* verify: nothing half written */
}

static lnt_status attempt_ontology_set(lab *l) {
  static const char json[] =
      "{\"classifications\": [{\"id\": \"class\", \"type\": \"radio\", \"options\": "
      "[{\"id\": \"a\"}, {\"id\": \"b\", \"attributes\": [{\"id\": \"n\", \"type\": \"number\"}]}]}]}";
  lnti_ontology *o = NULL;
  lnt_status status = lnti_ontology_parse(&o, json, strlen(json), "test.json", ERR);
  if (!status) status = lnti_ontology_set(l->project, o, ERR);
  lnti_ontology_free(o);
  return status;
}

static void check_ontology_set(lab *l, bool failed) {
  lnti_ontology *stored = NULL;
  assert_ok(lnti_store_ontology(&stored, l->project->store, ERR));
  assert_int_equal(stored->n_questions, failed ? 0 : 2);
  lnti_ontology_free(stored);
}

static void test_ontology_set(void **state) {
  (void)state;
  lab l = lab_new();
  each_failure(&l, attempt_ontology_set, check_ontology_set);
  lab_free(&l);
}

/* ---- models ---- */

static lnt_status write_model(void *payload, lnti_tx *tx, lnt_error *err) {
  lnti_run run = {.target = "class",
                  .learner = "knn",
                  .feature = "pixels",
                  .params_json = "{}",
                  .data_fingerprint = "f",
                  .code_version = "1",
                  .cpu = "avx2"};
  lnti_model_row row = {.name = "m", .file = "models/m@1.lnt", .bytes = 3, .result_json = ""};
  int64_t id = 0;
  (void)payload;
  lnt_status status = lnti_tx_run_begin(tx, &run.id, &run, err);
  row.run_id = run.id;
  return status ? status : lnti_tx_model(tx, &id, &row, err);
}

static lnt_status count_model(void *payload, const lnti_model_row *row, lnt_error *err) {
  (void)row;
  (void)err;
  ++*(size_t *)payload;
  return LNT_OK;
}

static lnt_status attempt_model_remove(lab *l) {
  lnti_model_removed removed = {.bytes = 77};
  lnt_status status = lnti_model_remove(&removed, l->project, "m", ERR);
  assert_true(status ? removed.bytes == 77 && !removed.file : removed.bytes == 3);
  free(removed.file);
  return status;
}

static void check_model_remove(lab *l, bool failed) {
  size_t n = 0;
  assert_ok(lnti_store_models(l->project->store, NULL, count_model, &n, ERR));
  assert_int_equal(n, failed ? 1 : 0);
}

/* Where it fails the model is still there; what fails behind it is tidying, and stands in the log. */
static void test_model_remove(void **state) {
  (void)state;
  lab l = lab_new();
  bool gone = false;
  char *folder = lnti_test_path(l.path, "models"), *file = lnti_test_path(folder, "m@1.lnt");
  assert_true(mkdir(folder, 0777) == 0 || errno == EEXIST);
  lab_write_ppm(file, 1, 1, 1);
  assert_ok(lnti_store_write(l.project->store, write_model, NULL, ERR));
  for (size_t n = 1; !gone; n++) {
    lnti_test_fail_allocation_after(n);
    lnt_status status = attempt_model_remove(&l);
    bool failed = lnti_test_allocation_failed();
    lnti_test_fail_allocation_after(0);
    gone = status == LNT_OK;
    if (!gone && status != LNT_ENOMEM) fail_msg("allocation %zu: %s", n, lnt_status_name(status));
    if (!failed) assert_true(gone);
    check_model_remove(&l, !gone);
    assert_in_range(n, 1, 5000);
  }
  assert_int_equal(access(file, F_OK), -1);
  free(folder);
  free(file);
  lab_free(&l);
}

/* ---- projects ---- */

static const lnti_context plain = {.cpu = LNT_CPU_GENERIC};

static lnt_status attempt_open(lab *l) {
  lnti_project *project = NULL;
  lnt_status status = lnti_project_open(&project, l->path, "ann", &plain, ERR);
  assert_true(!project == (status != LNT_OK));
  lnti_project_close(project);
  return status;
}

static void test_project_open(void **state) {
  (void)state;
  lab l = new_lab();
  lnti_project_close(l.project);
  l.project = NULL;
  each_failure(&l, attempt_open, NULL);
  assert_ok(lnti_project_open(&l.project, l.path, "ann", &plain, ERR));
  lab_free(&l);
}

static lnt_status attempt_create(lab *l) {
  lnti_project *project = NULL;
  lnt_status status = lnti_project_create(&project, l->path, "ann", &plain, ERR);
  assert_true(!project == (status != LNT_OK));
  lnti_project_close(project);
  return status;
}

/* A project that could not be made is either not there, so that the next try can make it, or there as a whole one. */
static void check_create(lab *l, bool failed) {
  char *database = lnti_test_path(l->path, "linnet.db");
  if (failed && access(database, F_OK) == 0) {
    assert_ok(lnti_project_open(&l->project, l->path, "ann", &plain, ERR));
    assert_int_equal(lab_store_faults(l, NULL), 0);
    lnti_project_close(l->project);
    lnti_test_folder_remove(l->path);
    l->path = lnti_test_path(l->folder, "project");
  }
  free(database);
}

static void test_project_create(void **state) {
  (void)state;
  lab l = {.folder = lnti_test_folder()};
  l.path = lnti_test_path(l.folder, "project");
  each_failure(&l, attempt_create, check_create);
  free(l.path);
  lnti_test_folder_remove(l.folder);
}

static lnti_view *sliced_view;

static lnt_status attempt_slices(lab *l) {
  static const char *const keys[] = {"folder:1", "class", "number", "bytes"};
  static const int64_t id[] = {1, 2, 3, 4, 5, 6};
  static const uint32_t group[] = {1, 1, 2, 2, 3, 3};
  static const float prob[] = {0.1F, 0.9F, 0.2F, 0.8F, 0.6F, 0.3F};
  static int8_t yes[] = {0, 1, 1, 1, 0, -1};
  static int32_t label[] = {0, 0, 0, 0, 0, 0};
  const lnti_truth labels = {LNTI_MULTILABEL, 6, 1, NULL, yes, NULL},
                   classes = {LNTI_MULTICLASS, 6, 1, label, NULL, NULL};
  static const float sure[] = {1, 1, 1, 1, 1, 1};
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < sizeof keys / sizeof *keys && !status; i++) {
    lnti_slice_key key;
    lnti_report_slices slices = {0};
    status = lnti_slice_key_find(&key, sliced_view, keys[i], ERR);
    const lnti_judging judging = {
        .prob = i % 2 ? sure : prob, .truth = i % 2 ? &classes : &labels, .options = {10, 1, group, 0}};
    const lnti_slices_of of = {id, &judging};
    if (!status) status = lnti_slices_find(&slices, sliced_view, &key, &of, &l->project->context, ERR);
    assert_true((slices.n > 0) == (status == LNT_OK));
    lnti_report_slices_clear(&slices);
  }
  return status;
}

static void test_slices(void **state) {
  static const char *const numbers[] = {"1", "2", "2.5", NULL, "4", "5"};
  (void)state;
  lab l = new_lab();
  lab_meta(&l, 1, "number", numbers, 6);
  assert_ok(lnti_view_open(&sliced_view, l.project, NULL, NULL, ERR));
  each_failure(&l, attempt_slices, NULL);
  lnti_view_close(sliced_view);
  lab_free(&l);
}

/* ---- what is taken back, changed and kept by name ---- */

static lnt_status attempt_undo(lab *l) {
  lnti_undone undone = {.n_removed = 77};
  lnt_status status = lnti_undo(&undone, l->project, &(lnti_undo_options){0}, ERR);
  assert_int_equal(undone.n_removed, status ? 77 : 1);
  return status;
}

static void check_undo(lab *l, bool failed) {
  lnti_answer_row row;
  assert_int_equal(lab_current(l, &row, 6, lab_question(l, "class")), failed);
}

static void test_undo(void **state) {
  (void)state;
  lab l = new_lab();
  lab_answer(&l, 6, "class", "cat");
  each_failure(&l, attempt_undo, check_undo);
  lab_free(&l);
}

static lnt_status attempt_migrate(lab *l) {
  static const char json[] =
      "[{\"do\": \"rename\", \"what\": \"class/cat\", \"title\": \"Tom\"},"
      " {\"do\": \"merge\", \"what\": [\"class/dog\", \"class/bird\"], \"into\": \"class/dog\"}]";
  lnti_migrate_result result = {0};
  lnt_status status = lnti_migrate_preview(&result, l->project, json, strlen(json), "m", ERR);
  lnti_migrate_result_clear(&result);
  if (!status) status = lnti_migrate(&result, l->project, json, strlen(json), "m", NULL, ERR);
  assert_true((result.op_id > 0) == (status == LNT_OK));
  lnti_migrate_result_clear(&result);
  return status;
}

/* All of it, or nothing. */
static void check_migrate(lab *l, bool failed) {
  lnti_ontology *o = NULL;
  assert_ok(lnti_store_ontology(&o, l->project->store, ERR));
  size_t question = LNTI_NONE, n_tom = 0;
  assert_ok(lnti_ontology_find_question(&question, o, "class", ERR));
  for (size_t i = 0; i < o->n_options; i++) n_tom += strcmp(o->options[i].title, "Tom") == 0;
  assert_int_equal(n_tom, !failed);
  lnti_ontology_free(o);
}

static lnt_status attempt_undo_migration(lab *l) {
  lnti_undone undone = {0};
  return lnti_undo(&undone, l->project, &(lnti_undo_options){0}, ERR);
}

static void test_migrate(void **state) {
  (void)state;
  lab l = new_lab();
  each_failure(&l, attempt_migrate, check_migrate);
  each_failure(&l, attempt_undo_migration, NULL);
  check_migrate(&l, true);
  lab_free(&l);
}

static lnt_status attempt_snapshot(lab *l) {
  return lnti_snapshot_create(l->project, "spring", NULL, NULL, ERR);
}

static lnt_status attempt_diff(lab *l) {
  lnti_snapshot_diff diff = {0};
  lnt_status status = lnti_snapshot_compare(&diff, l->project, "spring", "now", ERR);
  if (!status) assert_true(!diff.same && diff.n_changed == 1 && diff.n_moves == 1);
  lnti_snapshot_diff_clear(&diff);
  return status;
}

static void check_snapshot(lab *l, bool failed) {
  lnti_snapshot_diff diff = {0};
  lnt_status status = lnti_snapshot_compare(&diff, l->project, "spring", "now", ERR);
  assert_int_equal(status, failed ? LNT_ENOTFOUND : LNT_OK);
  assert_true(failed || diff.same);
  lnti_snapshot_diff_clear(&diff);
}

static void test_snapshot(void **state) {
  (void)state;
  static const char *const sites[] = {"north", NULL, "south"};
  lab l = new_lab();
  lab_meta(&l, 1, "site", sites, 3);
  assert_ok(lab_remark(&l, 6, LNTI_REMARK_SKIP, "too dark"));
  each_failure(&l, attempt_snapshot, check_snapshot);
  lab_answer(&l, 6, "class", "cat");
  each_failure(&l, attempt_diff, NULL);
  lab_free(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_undo),           cmocka_unit_test(test_migrate),      cmocka_unit_test(test_snapshot),
      cmocka_unit_test(test_messages),       cmocka_unit_test(test_metrics_json), cmocka_unit_test(test_files),
      cmocka_unit_test(test_filter),         cmocka_unit_test(test_view),         cmocka_unit_test(test_target),
      cmocka_unit_test(test_duplicates),     cmocka_unit_test(test_split),        cmocka_unit_test(test_leaks),
      cmocka_unit_test(test_annotate),       cmocka_unit_test(test_ontology_set), cmocka_unit_test(test_project_open),
      cmocka_unit_test(test_project_create), cmocka_unit_test(test_slices),       cmocka_unit_test(test_model_remove),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
