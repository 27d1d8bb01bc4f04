/*
 * Training: what is trained on, what is never looked at, what is stored, and what a failure leaves behind.
 */
#include "media_support.h"

#include <base/hash.h>
#include <dirent.h>
#include <fcntl.h>
#include <flow/predict/predict.h>
#include <flow/train/train.h>
#include <model/model.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- projects ---- */

/* Arrays of n training, and where asked for validation and test examples. */
static lab toy_lab(size_t n_train, size_t n_val, size_t n_test) {
  lab l = lab_new();
  if (n_train) toy_arrays(media_in(&l, "set").text, "train", false, n_train, 0);
  if (n_val) toy_arrays(media_in(&l, "set").text, "val", false, n_val, 10000);
  if (n_test) toy_arrays(media_in(&l, "set").text, "test", false, n_test, 20000);
  media_import(&l, media_in(&l, "set").text, NULL);
  return l;
}

static lnti_train_options options_of(const char *learner, const char *feature) {
  return (lnti_train_options){.learner = learner, .feature = feature, .seed = 1};
}

static lnti_train_result train(const lab *l, const lnti_train_options *options) {
  lnti_train_result result = {0};
  assert_ok(lnti_train(&result, l->project, options, ERR));
  return result;
}

/* ---- what the database says ---- */

typedef struct model_rows {
  size_t n;
  char name[4][128], file[4][160], target[64], learner[64], feature[128];
  lnti_hash content[4];
  uint64_t bytes[4];
  int64_t run_id[4];
  size_t n_train;
} model_rows;

static lnt_status keep_model(void *payload, const lnti_model_row *row, lnt_error *err) {
  model_rows *rows = payload;
  (void)err;
  assert_true(rows->n < 4);
  snprintf(rows->name[rows->n], sizeof rows->name[0], "%s", row->name);
  snprintf(rows->file[rows->n], sizeof rows->file[0], "%s", row->file);
  snprintf(rows->target, sizeof rows->target, "%s", row->target);
  snprintf(rows->learner, sizeof rows->learner, "%s", row->learner);
  snprintf(rows->feature, sizeof rows->feature, "%s", row->feature);
  rows->content[rows->n] = row->content;
  rows->bytes[rows->n] = row->bytes;
  rows->run_id[rows->n] = row->run_id;
  rows->n_train = row->n_train;
  rows->n++;
  return LNT_OK;
}

static model_rows models_of(const lab *l) {
  model_rows rows = {.n = 0};
  assert_ok(lnti_store_models(l->project->store, NULL, keep_model, &rows, ERR));
  return rows;
}

/* Files, without links to them. */
static size_t count_files(const char *folder) {
  size_t n = 0;
  DIR *dir = opendir(folder);
  assert_non_null(dir);
  for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
    struct stat info;
    n += fstatat(dirfd(dir), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(info.st_mode);
  }
  closedir(dir);
  return n;
}

/* Every row names a file that is whole, and there are no others. */
static void assert_models_whole(const lab *l) {
  model_rows rows = models_of(l);
  for (size_t i = 0; i < rows.n; i++) {
    size_t bytes = 0;
    lnti_hash content;
    char *data = lnti_test_read_file(&bytes, media_in(l, "project/%s", rows.file[i]).text);
    lnti_hash_bytes(&content, data, bytes);
    assert_int_equal(bytes, rows.bytes[i]);
    assert_memory_equal(&content, &rows.content[i], sizeof content);
    free(data);
    lnt_model *model = NULL;
    assert_ok(lnti_model_find(&model, l->project, rows.name[i], &l->project->context, ERR));
    assert_string_equal(lnt_model_name(model), rows.name[i]);
    lnt_model_close(model);
  }
  assert_int_equal(count_files(media_in(l, "project/models").text), rows.n);
}

typedef struct last_row {
  size_t n;
  char state[32], error[512];
} last_row;

static lnt_status keep_job(void *payload, const lnti_job *job, lnt_error *err) {
  last_row *last = payload;
  (void)err;
  if (strcmp(job->kind, "train") != 0) return LNT_OK;
  last->n++;
  snprintf(last->state, sizeof last->state, "%s", job->state);
  snprintf(last->error, sizeof last->error, "%s", job->error);
  return LNT_OK;
}

static last_row jobs_of(const lab *l) {
  last_row last = {.n = 0};
  assert_ok(lnti_store_jobs(l->project->store, NULL, keep_job, &last, ERR));
  return last;
}

static size_t n_runs(const lab *l) {
  lnti_store_counts counts = {0};
  assert_ok(lnti_store_counts_read(&counts, l->project->store, ERR));
  size_t n = counts.runs;
  lnti_store_counts_clear(&counts);
  return n;
}

/* ---- all in order ---- */

static void a_training_is_stored_whole(void **state) {
  (void)state;
  lab l = toy_lab(150, 0, 30);
  lnti_train_options options = options_of("logistic", "pixels");
  lnti_train_result r = train(&l, &options);
  assert_string_equal(r.model, "logistic-pixels");
  assert_string_equal(r.file, media_in(&l, "project/models/logistic-pixels.lnt").text);
  assert_string_equal(r.target, "class");
  assert_string_equal(r.learner, "logistic");
  assert_string_equal(r.feature, "pixels:colour=grey,height=12,width=12");
  assert_string_equal(r.calibrated_on, "out of fold, 150 rows");
  assert_int_equal(r.n_train, 150);
  assert_int_equal(r.n_classes, 3);
  assert_int_equal(r.n_calibration, 150);
  assert_true(r.figures.value[LNTI_ACCURACY] > 0.99); /* the toy is easy */
  assert_true(r.figures.ci95[LNTI_ACCURACY][0] <= r.figures.value[LNTI_ACCURACY]);
  assert_true(r.temperature > 0 && r.ece_before >= 0);
  assert_true(r.total_seconds >= r.fit_seconds && r.fit_seconds > 0 && r.extract_seconds > 0 && r.peak_rss_mb > 1);
  assert_int_equal(r.warnings.n, 0);
  model_rows rows = models_of(&l);
  assert_int_equal(rows.n, 1);
  assert_string_equal(rows.target, "class");
  assert_string_equal(rows.learner, "logistic");
  assert_string_equal(rows.feature, r.feature);
  assert_int_equal(rows.n_train, 150);
  assert_int_equal(rows.run_id[0], r.run_id);
  assert_string_equal(jobs_of(&l).state, "done");
  assert_models_whole(&l);

  lnt_model *model = NULL;
  assert_ok(lnti_model_open(&model, r.file, &l.project->context, ERR));
  assert_int_equal(model->seed, 1);
  assert_int_equal(model->n_train, 150);
  assert_string_equal(model->calibrated_on, r.calibrated_on);
  assert_true(model->temperature == r.temperature);
  assert_non_null(strstr(model->metrics_json, "\"accuracy\""));
  lnt_model_close(model);
  lnti_train_result_clear(&r);
  assert_null(r.model);
  lab_free(&l);
}

static void check_threads(const char *learner, const char *feature, const char *set) {
  lab l = toy_lab(90, 0, 0);
  char *first = NULL;
  size_t first_bytes = 0;
  lnti_train_options options = options_of(learner, feature);
  lnti_train_result r[3];
  options.set = &set;
  options.n_set = 1;
  for (unsigned threads = 1; threads <= 3; threads++) {
    lnti_pool *pool = NULL;
    assert_ok(lnti_pool_new(&pool, threads, ERR));
    l.project->context.pool = pool;
    r[threads - 1] = train(&l, &options);
    l.project->context.pool = NULL;
    lnti_pool_free(pool);
    size_t bytes = 0, differing = 0;
    char *data = lnti_test_read_file(&bytes, r[threads - 1].file);
    if (!first) {
      first = data;
      first_bytes = bytes;
      continue;
    }
    /* Only the time of making, in milliseconds, and the check sums of the manifest that holds it may differ. */
    assert_int_equal(bytes, first_bytes);
    for (size_t i = 0; i < bytes; i++) differing += data[i] != first[i];
    if (differing > 13 + 2 * 4) fail_msg("%zu bytes differ with %u threads", differing, threads);
    assert_true(r[threads - 1].temperature == r[0].temperature);
    assert_memory_equal(r[threads - 1].figures.value, r[0].figures.value, sizeof r[0].figures.value);
    assert_memory_equal(r[threads - 1].figures.ci95, r[0].figures.ci95, sizeof r[0].figures.ci95);
    free(data);
  }
  free(first);
  for (size_t i = 0; i < 3; i++) lnti_train_result_clear(&r[i]);
  lab_free(&l);
}

static void same_model_on_any_number_of_threads(void **state) {
  (void)state;
  check_threads("logistic", "pixels:width=6", "max_iter=10");
  check_threads("knn", "hog:cell=4", "k=3");
}

/* ---- names and files ---- */

static void a_model_of_the_same_name_is_replaced(void **state) {
  (void)state;
  lab l = toy_lab(30, 0, 0);
  lnti_train_options options = options_of("knn", "pixels");
  options.name = "m";
  for (int i = 0; i < 3; i++) {
    lnti_train_result r = train(&l, &options);
    assert_string_equal(r.file, media_in(&l, "project/models/m.lnt").text);
    assert_models_whole(&l);
    model_rows rows = models_of(&l);
    assert_int_equal(rows.n, 1);
    assert_int_equal(rows.run_id[0], r.run_id);
    lnti_train_result_clear(&r);
  }
  assert_int_equal(n_runs(&l), 3);
  lab_free(&l);
}

/* Files carry the run's number. "m.3" is a name like another, and must not be lost when run 3 trains "m" again. */
static void names_that_look_like_run_numbers(void **state) {
  (void)state;
  lab l = toy_lab(30, 0, 0);
  lnti_train_options options = options_of("knn", "pixels");
  static const char *const names[] = {"m", "m.3", "m", "m.5", "m"};
  for (size_t i = 0; i < 5; i++) {
    options.name = names[i];
    lnti_train_result r = train(&l, &options);
    assert_int_equal(r.run_id, i + 1);
    assert_models_whole(&l);
    lnti_train_result_clear(&r);
  }
  assert_int_equal(models_of(&l).n, 3);
  lab_free(&l);
}

/* Somebody's own file where the link would be stays, and the model is kept all the same. */
static void a_file_of_ones_own_stays(void **state) {
  (void)state;
  lab l = toy_lab(30, 0, 0);
  lnti_train_options options = options_of("knn", "pixels");
  options.name = "m";
  size_t n = 0;
  lnti_test_write_file(media_in(&l, "project/models/m.lnt").text, "mine", 4);
  lnti_train_result r = train(&l, &options);
  assert_string_equal(r.file, media_in(&l, "project/models/m@1.lnt").text);
  char *data = lnti_test_read_file(&n, media_in(&l, "project/models/m.lnt").text);
  assert_int_equal(n, 4);
  assert_memory_equal(data, "mine", 4);
  free(data);
  lnt_model *model = NULL;
  assert_ok(lnti_model_find(&model, l.project, "m", &l.project->context, ERR));
  lnt_model_close(model);
  lnti_train_result_clear(&r);
  lab_free(&l);
}

/* images/across and masks/across are two classes: each is called by its titles from the top, "down" alone by its own. */
static void titles_that_collide_are_told_apart(void **state) {
  (void)state;
  lab l = lab_new();
  toy_tree(media_in(&l, "set/images").text, 8, 0);
  toy_tree(media_in(&l, "set/masks").text, 8, 100);
  lnti_test_folder_remove(lnti_test_path(l.folder, "set/masks/down"));
  media_import(&l, media_in(&l, "set").text, NULL);
  lnti_train_options options = options_of("knn", "pixels");
  lnti_train_result r = train(&l, &options);
  lnt_model *model = NULL;
  static const char *const titles[] = {"images/across", "down", "images/middle", "masks/across", "masks/middle"};
  assert_ok(lnti_model_find(&model, l.project, r.model, &l.project->context, ERR));
  assert_int_equal(lnt_model_n_classes(model), 5);
  for (size_t c = 0; c < 5; c++) assert_string_equal(lnt_model_class_title(model, c), titles[c]);
  lnt_model_close(model);
  assert_false(media_says(&r.warnings, "no training items")); /* "images" and "masks" need none of their own */
  lnti_train_result_clear(&r);
  lab_free(&l);
}

static void names_that_are_none(void **state) {
  (void)state;
  lab l = toy_lab(30, 0, 0);
  static const char *const names[] = {"", ".", "..", ".hidden", "a/b", "/abs", "line\nbreak", "a@3", "best.lnt"};
  char longest[102];
  lnti_train_result result = {.n_train = 77};
  lnti_train_options options = options_of("knn", "pixels");
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    options.name = names[i];
    assert_status(lnti_train(&result, l.project, &options, ERR), LNT_EINVAL);
  }
  memset(longest, 'x', 101);
  longest[101] = '\0';
  options.name = longest;
  assert_status(lnti_train(&result, l.project, &options, ERR), LNT_EINVAL);
  assert_message("1 to 100 bytes");
  assert_int_equal(result.n_train, 77);
  options.name = longest + 1; /* 100 */
  result = train(&l, &options);
  assert_models_whole(&l);
  lnti_train_result_clear(&result);
  lab_free(&l);
}

/* ---- what is refused ---- */

static void wrong_options_are_told(void **state) {
  (void)state;
  lab l = toy_lab(30, 0, 0);
  lnti_train_result result = {.n_train = 77};
  static const char *const bad_key[] = {"nothing=1"}, *const bad_value[] = {"k=0"};
  lnti_train_options options = options_of("magic", "pixels");
  assert_status(lnti_train(&result, l.project, &options, ERR), LNT_EINVAL);
  assert_message("no learner 'magic'; known: logistic, knn");
  options = options_of("knn", "sift");
  assert_status(lnti_train(&result, l.project, &options, ERR), LNT_EINVAL);
  assert_message("sift");
  options = options_of("knn", "pixels:depth=3");
  assert_status(lnti_train(&result, l.project, &options, ERR), LNT_EINVAL);
  options = options_of("knn", "pixels");
  options.set = bad_key;
  options.n_set = 1;
  assert_status(lnti_train(&result, l.project, &options, ERR), LNT_EINVAL);
  assert_message("nothing");
  options.set = bad_value;
  assert_status(lnti_train(&result, l.project, &options, ERR), LNT_EINVAL);
  options = options_of("knn", "pixels");
  options.target = "species";
  assert_status(lnti_train(&result, l.project, &options, ERR), LNT_ENOTFOUND);
  assert_message("species");
  assert_int_equal(result.n_train, 77);
  assert_int_equal(models_of(&l).n, 0);
  assert_int_equal(n_runs(&l), 0); /* nothing had begun */
  lab_free(&l);
}

static void what_is_no_target(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_train_result result = {0};
  lnti_train_options options = options_of("knn", "pixels");
  assert_status(lnti_train(&result, l.project, &options, ERR), LNT_ENOTFOUND);
  assert_message("linnet import");
  lab_ontology(&l, NULL);
  options.target = "quality";
  assert_status(lnti_train(&result, l.project, &options, ERR), LNT_ENOTFOUND);
  assert_message("no labelled items to train on");
  options.structure = LNTI_STRUCTURE_HIERARCHICAL;
  assert_status(lnti_train(&result, l.project, &options, ERR), LNT_EINVAL);
  assert_message("\"quality\" is of type number");
  options.structure = LNTI_STRUCTURE_USUAL;
  options.target = "class";
  assert_status(lnti_train(&result, l.project, &options, ERR), LNT_ENOTFOUND);
  assert_message("no labelled items to train on");
  lab_free(&l);
}

static void one_class_is_not_enough(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_train_result result = {0};
  lnti_train_options options = options_of("knn", "pixels");
  uint8_t pixels[TOY_PIXELS];
  media_folder(media_in(&l, "set/alone").text);
  for (size_t i = 0; i < 5; i++) {
    toy_pixels(pixels, 0, i);
    media_write_pgm(media_in(&l, "set/alone/%zu.pgm", i).text, pixels, TOY_SIDE, TOY_SIDE);
  }
  media_import(&l, media_in(&l, "set").text, NULL);
  assert_status(lnti_train(&result, l.project, &options, ERR), LNT_EDATA);
  assert_message("all training items are \"alone\"");
  lab_free(&l);
}

/* ---- rows ---- */

/* "down" has no training items, "middle" none in validation. */
static void classes_without_rows_are_left_out(void **state) {
  (void)state;
  lab l = lab_new();
  uint8_t pixels[TOY_PIXELS];
  static const struct {
    const char *folder;
    int class;
  } folders[] = {{"train/across", 0}, {"train/middle", 2}, {"val/across", 0}, {"val/down", 1}};
  for (size_t f = 0; f < 4; f++) {
    media_folder(media_in(&l, "set/%s", folders[f].folder).text);
    for (size_t i = 0; i < 8; i++) {
      toy_pixels(pixels, folders[f].class, f * 10 + i);
      media_write_pgm(media_in(&l, "set/%s/%zu.pgm", folders[f].folder, i).text, pixels, TOY_SIDE, TOY_SIDE);
    }
  }
  media_import(&l, media_in(&l, "set").text, NULL);
  lnti_train_options options = options_of("knn", "pixels");
  lnti_train_result r = train(&l, &options);
  assert_int_equal(r.n_classes, 2);
  assert_int_equal(r.n_train, 16);
  assert_int_equal(r.n_calibration, 8);
  assert_true(media_says(&r.warnings, "1 of 3 classes have no training items"));
  assert_true(media_says(&r.warnings, "8 validation items are of classes that the model does not know"));
  lnt_model *model = NULL;
  assert_ok(lnti_model_open(&model, r.file, &l.project->context, ERR));
  assert_string_equal(lnt_model_class_title(model, 0), "across");
  assert_string_equal(lnt_model_class_title(model, 1), "middle");
  lnt_model_close(model);
  lnti_train_result_clear(&r);
  lab_free(&l);
}

/* Validation items carry wrong labels: a model trained on them would be torn, and calibration on them is at sea. */
static void validation_items_are_used_and_never_trained_on(void **state) {
  (void)state;
  lab l = lab_new();
  uint8_t pixels[60 * TOY_PIXELS], wrong[60];
  toy_arrays(media_in(&l, "set").text, "train", false, 60, 0);
  for (size_t i = 0; i < 60; i++) {
    toy_pixels(pixels + i * TOY_PIXELS, (int)(i % 3), i + 1000); /* much the same pictures, but not the same */
    wrong[i] = (uint8_t)((i + 1) % 3);
  }
  media_write_idx(media_in(&l, "set/val-images-idx3-ubyte").text, pixels, 60, TOY_SIDE, TOY_SIDE);
  media_write_idx(media_in(&l, "set/val-labels-idx1-ubyte").text, wrong, 60, 0, 0);
  media_import(&l, media_in(&l, "set").text, NULL);
  static const char *const nearest[] = {"k=1"};
  lnti_train_options options = options_of("knn", "pixels");
  options.set = nearest;
  options.n_set = 1;
  lnti_train_result r = train(&l, &options);
  assert_string_equal(r.calibrated_on, "validation split, 60 rows");
  assert_int_equal(r.n_train, 60);
  assert_true(r.figures.value[LNTI_ACCURACY] == 0); /* each finds its like among the training items, rightly labelled */
  lnti_train_result_clear(&r);
  lab_free(&l);
}

/* The test array is cut to nothing after the import: whoever reads it fails. */
static void test_items_are_never_read(void **state) {
  (void)state;
  lab l = toy_lab(60, 0, 30);
  static media_refusals refusals;
  refusals.n = 0;
  assert_int_equal(truncate(media_in(&l, "set/test-images-idx3-ubyte").text, 3), 0);
  lnti_train_options options = options_of("logistic", "pixels");
  options.refused = media_refuse;
  options.refused_payload = &refusals;
  lnti_train_result r = train(&l, &options);
  assert_int_equal(r.n_train, 60);
  assert_int_equal(refusals.n, 0);
  assert_int_equal(r.warnings.n, 0);
  lnti_train_result_clear(&r);
  lab_free(&l);
}

/* Without a split "train" all that is neither validation nor test. */
static void without_a_split_everything_else_trains(void **state) {
  (void)state;
  lab l = lab_new();
  toy_arrays(media_in(&l, "set").text, "photos", false, 30, 0);
  toy_arrays(media_in(&l, "set").text, "more", false, 12, 100);
  toy_arrays(media_in(&l, "set").text, "test", false, 30, 200);
  media_import(&l, media_in(&l, "set/photos-images-idx3-ubyte").text, NULL);
  media_import(&l, media_in(&l, "set/more-images-idx3-ubyte").text, "pool");
  media_import(&l, media_in(&l, "set/test-images-idx3-ubyte").text, NULL);
  lnti_train_options options = options_of("knn", "pixels");
  lnti_train_result r = train(&l, &options);
  assert_int_equal(r.n_train, 42);
  lnti_train_result_clear(&r);
  lab_free(&l);
}

static void images_that_cannot_be_read_are_left_out(void **state) {
  (void)state;
  lab l = lab_new();
  static media_refusals refusals;
  refusals.n = 0;
  toy_tree(media_in(&l, "set").text, 6, 0);
  media_import(&l, media_in(&l, "set").text, NULL);
  assert_int_equal(unlink(media_in(&l, "set/down/3.pgm").text), 0);
  lnti_train_options options = options_of("knn", "pixels");
  options.refused = media_refuse;
  options.refused_payload = &refusals;
  lnti_train_result r = train(&l, &options);
  assert_int_equal(refusals.n, 1);
  assert_int_equal(r.n_train, 17);
  assert_int_equal(r.n_calibration, 17);
  assert_true(r.figures.value[LNTI_ACCURACY] == 1.0); /* labels have not slipped */
  assert_true(media_says(&r.warnings, "1 images could not be read"));
  lnti_train_result_clear(&r);
  lab_free(&l);
}

/* A folder that is gone leaves one class: the reason is told, not what it led to. */
static void images_that_are_gone_are_the_reason(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_train_result result = {0};
  lnti_train_options options = options_of("knn", "pixels");
  uint8_t pixels[TOY_PIXELS];
  for (size_t c = 0; c < 2; c++) {
    media_folder(media_in(&l, c ? "set/here" : "set/gone").text);
    for (size_t i = 0; i < 5; i++) {
      toy_pixels(pixels, c, i);
      media_write_pgm(media_in(&l, "set/%s/%zu.pgm", c ? "here" : "gone", i).text, pixels, TOY_SIDE, TOY_SIDE);
    }
  }
  media_import(&l, media_in(&l, "set").text, NULL);
  for (size_t i = 0; i < 5; i++) assert_int_equal(unlink(media_in(&l, "set/gone/%zu.pgm", i).text), 0);
  assert_status(lnti_train(&result, l.project, &options, ERR), LNT_EDATA);
  assert_message("5 training images could not be read");
  assert_message("linnet verify");
  lab_free(&l);
}

/* ---- failures ---- */

static void a_failed_run_keeps_its_reason(void **state) {
  (void)state;
  lab l = toy_lab(30, 0, 0);
  lnti_train_result result = {.n_train = 77};
  lnti_train_options options = options_of("knn", "pixels");
  options.name = "m";
  lnti_train_result first = train(&l, &options);
  lnti_train_result_clear(&first);
  model_rows before = models_of(&l);
  /* Without images and without their cache nothing can be had. */
  lnti_test_folder_remove(lnti_test_path(l.folder, "set"));
  lnti_test_folder_remove(lnti_test_path(l.path, "cache"));
  assert_status(lnti_train(&result, l.project, &options, ERR), LNT_ENOTFOUND);
  assert_int_equal(result.n_train, 77);
  last_row job = jobs_of(&l);
  assert_string_equal(job.state, "failed");
  assert_non_null(strstr(job.error, "not one of 30 images could be read"));
  assert_int_equal(n_runs(&l), 2);
  model_rows after = models_of(&l);
  assert_int_equal(after.n, 1);
  assert_int_equal(after.run_id[0], before.run_id[0]);
  assert_models_whole(&l);
  lab_free(&l);
}

static void a_cancelled_run_leaves_the_old_model(void **state) {
  (void)state;
  lab l = toy_lab(90, 0, 0);
  lnti_train_result result = {0};
  media_stopper stopper;
  lnti_train_options options = options_of("logistic", "pixels");
  media_stop_at(&stopper, 90); /* all vectors are there: the fit is cancelled */
  options.progress = &stopper.progress;
  l.project->context.cancel = &stopper.cancel;
  assert_status(lnti_train(&result, l.project, &options, ERR), LNT_ECANCELLED);
  l.project->context.cancel = NULL;
  assert_string_equal(jobs_of(&l).state, "cancelled");
  assert_int_equal(models_of(&l).n, 0);
  assert_int_equal(n_runs(&l), 1);
  assert_models_whole(&l);
  options.progress = NULL;
  result = train(&l, &options);
  assert_models_whole(&l);
  lnti_train_result_clear(&result);
  lab_free(&l);
}

/* No room for the model's file: the folder is a file. */
static void a_model_that_cannot_be_written(void **state) {
  (void)state;
  lab l = toy_lab(30, 0, 0);
  lnti_train_result result = {0};
  lnti_train_options options = options_of("knn", "pixels");
  assert_int_equal(rmdir(media_in(&l, "project/models").text), 0);
  lnti_test_write_file(media_in(&l, "project/models").text, "x", 1);
  lnt_status status = lnti_train(&result, l.project, &options, ERR);
  assert_int_not_equal(status, LNT_OK);
  assert_string_equal(jobs_of(&l).state, "failed");
  assert_int_equal(models_of(&l).n, 0);
  lab_free(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_training_is_stored_whole),
      cmocka_unit_test(same_model_on_any_number_of_threads),
      cmocka_unit_test(a_model_of_the_same_name_is_replaced),
      cmocka_unit_test(names_that_look_like_run_numbers),
      cmocka_unit_test(names_that_are_none),
      cmocka_unit_test(titles_that_collide_are_told_apart),
      cmocka_unit_test(a_file_of_ones_own_stays),
      cmocka_unit_test(wrong_options_are_told),
      cmocka_unit_test(what_is_no_target),
      cmocka_unit_test(one_class_is_not_enough),
      cmocka_unit_test(classes_without_rows_are_left_out),
      cmocka_unit_test(validation_items_are_used_and_never_trained_on),
      cmocka_unit_test(test_items_are_never_read),
      cmocka_unit_test(without_a_split_everything_else_trains),
      cmocka_unit_test(images_that_cannot_be_read_are_left_out),
      cmocka_unit_test(images_that_are_gone_are_the_reason),
      cmocka_unit_test(a_failed_run_keeps_its_reason),
      cmocka_unit_test(a_cancelled_run_leaves_the_old_model),
      cmocka_unit_test(a_model_that_cannot_be_written),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
