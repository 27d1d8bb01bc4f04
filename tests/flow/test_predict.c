/*
 * Prediction: every kind of input, their order, and that all ways to ask one model give the same probabilities.
 */
#include "media_support.h"

#include <base/cancel.h>
#include <base/error.h>
#include <dirent.h>
#include <flow/predict/predict.h>
#include <flow/train/train.h>
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SEEN_MAX = 2200 };

/* What was told. */
typedef struct predictions {
  size_t n, stop_at, n_waits; /* how often the next were yet to be computed */
  lnti_cancel *cancel;        /* asked for by the first; NULL: none */
  struct {
    char path[512], reason[LNT_ERROR_MESSAGE_BYTES];
    int64_t item_id;
    lnt_status code;
    bool has_prob;
    float prob[TOY_CLASSES];
  } of[SEEN_MAX];
} predictions;

static predictions seen;

static lnt_status keep(void *payload, const lnt_model *model, const lnti_prediction *p, lnt_error *err) {
  predictions *all = payload;
  if (all->stop_at && all->n == all->stop_at) return lnti_fail(err, LNT_EIO, "the reader has gone");
  assert_true(all->n < SEEN_MAX);
  assert_int_equal(lnt_model_n_classes(model), TOY_CLASSES);
  snprintf(all->of[all->n].path, sizeof all->of[0].path, "%s", p->path);
  snprintf(all->of[all->n].reason, sizeof all->of[0].reason, "%s", p->reason);
  all->of[all->n].item_id = p->item_id;
  all->of[all->n].code = p->code;
  all->of[all->n].has_prob = p->prob != NULL;
  assert_true((p->prob == NULL) == (p->code != LNT_OK));
  if (p->prob) memcpy(all->of[all->n].prob, p->prob, sizeof all->of[0].prob);
  all->n++;
  all->n_waits += !p->more;
  if (all->cancel) lnti_cancel_request(all->cancel);
  return LNT_OK;
}

/* A project with a training set in class folders, and a model of it. */
static lab toy_lab(const char *learner, const char *feature) {
  lab l = lab_new();
  lnti_train_options options = {.learner = learner, .feature = feature, .name = "m"};
  lnti_train_result result = {0};
  toy_tree(media_in(&l, "set").text, 12, 0);
  media_import(&l, media_in(&l, "set").text, "train");
  assert_ok(lnti_train(&result, l.project, &options, ERR));
  lnti_train_result_clear(&result);
  return l;
}

static lnt_model *open_model(const lab *l) {
  lnt_model *model = NULL;
  assert_ok(lnti_model_find(&model, l->project, "m", &l->project->context, ERR));
  return model;
}

static lnti_predict_result predict(const lab *l, const lnt_model *model, const char *const *paths, size_t n) {
  lnti_predict_result result = {0, 0};
  memset(&seen, 0, sizeof seen);
  assert_ok(lnti_predict_paths(&result, model, l->project, paths, n, &l->project->context, NULL, keep, &seen, ERR));
  assert_int_equal(result.n, seen.n);
  return result;
}

static int top_of(size_t i) {
  int top = 0;
  for (int c = 1; c < TOY_CLASSES; c++) top = seen.of[i].prob[c] > seen.of[i].prob[top] ? c : top;
  return top;
}

/* ---- inputs ---- */

static void every_kind_of_input_in_order(void **state) {
  (void)state;
  lab l = toy_lab("knn", "pixels");
  lnt_model *model = open_model(&l);
  toy_tree(media_in(&l, "new").text, 2, 100);
  toy_arrays(media_in(&l, "new").text, "t10k", true, 5, 200);
  lnti_test_write_file(media_in(&l, "new/broken.pgm").text, "P5\n12 12\n255\nabc", 16);
  media_name names[] = {media_in(&l, "new/t10k-images-idx3-ubyte.gz#4"),
                        media_in(&l, "new/middle/101.pgm"),
                        media_in(&l, "nowhere.pgm"),
                        media_in(&l, "new/down//"),
                        media_in(&l, "new/t10k-images-idx3-ubyte.gz"),
                        media_in(&l, "new/t10k-images-idx3-ubyte.gz#5"),
                        media_in(&l, "new/broken.pgm")};
  const char *paths[7];
  for (size_t i = 0; i < 7; i++) paths[i] = names[i].text;
  lnti_predict_result result = predict(&l, model, paths, 7);
  assert_int_equal(result.n, 12);
  assert_int_equal(result.n_failed, 3);
  static const struct {
    const char *name;
    int class; /* -1: fails */
    lnt_status code;
  } expected[12] = {{"new/t10k-images-idx3-ubyte.gz#4", 1, LNT_OK},
                    {"new/middle/101.pgm", 2, LNT_OK},
                    {"nowhere.pgm", -1, LNT_ENOTFOUND},
                    {"new/down/100.pgm", 1, LNT_OK},
                    {"new/down/101.pgm", 1, LNT_OK},
                    {"new/t10k-images-idx3-ubyte.gz#0", 0, LNT_OK},
                    {"new/t10k-images-idx3-ubyte.gz#1", 1, LNT_OK},
                    {"new/t10k-images-idx3-ubyte.gz#2", 2, LNT_OK},
                    {"new/t10k-images-idx3-ubyte.gz#3", 0, LNT_OK},
                    {"new/t10k-images-idx3-ubyte.gz#4", 1, LNT_OK},
                    {"new/t10k-images-idx3-ubyte.gz#5", -1, LNT_ENOTFOUND},
                    {"new/broken.pgm", -1, LNT_EDATA}};
  for (size_t i = 0; i < 12; i++) {
    assert_string_equal(seen.of[i].path, media_in(&l, "%s", expected[i].name).text);
    assert_int_equal(seen.of[i].code, expected[i].code);
    assert_int_equal(seen.of[i].item_id, 0);
    if (expected[i].class >= 0) assert_int_equal(top_of(i), expected[i].class);
    if (expected[i].class < 0) assert_true(strlen(seen.of[i].reason) > 10);
  }
  lnt_model_close(model);
  lab_free(&l);
}

/* One bad input does not end the work: neither a broken array nor a folder that nobody may list. */
static void broken_arrays_and_closed_folders_are_failed_inputs(void **state) {
  (void)state;
  lab l = toy_lab("knn", "pixels");
  lnt_model *model = open_model(&l);
  static const unsigned char lying[16] = {0, 0, 8, 3, 0, 0, 1, 0, 0, 0, 0, 12, 0, 0, 0, 12}; /* 256 images, no bytes */
  lnti_test_write_file(media_in(&l, "lying-idx").text, lying, sizeof lying);
  toy_tree(media_in(&l, "new").text, 1, 100);
  media_name names[] = {media_in(&l, "lying-idx"), media_in(&l, "new")};
  const char *paths[2] = {names[0].text, names[1].text};
  lnti_predict_result result = predict(&l, model, paths, 2);
  assert_int_equal(result.n, 4);
  assert_int_equal(result.n_failed, 1);
  assert_string_equal(seen.of[0].path, paths[0]);
  assert_int_equal(seen.of[0].code, LNT_EDATA);
  assert_non_null(strstr(seen.of[0].reason, "lying-idx"));
  assert_true(seen.of[1].has_prob);

  assert_int_equal(chmod(media_in(&l, "new/down").text, 0), 0);
  if (access(media_in(&l, "new/down").text, R_OK) == 0) {
    print_message("skipped: this user may list every folder\n");
  } else {
    result = predict(&l, model, paths + 1, 1);
    assert_int_equal(result.n, 3);
    assert_int_equal(result.n_failed, 1);
    assert_string_equal(seen.of[0].path, media_in(&l, "new/down").text);
  }
  assert_int_equal(chmod(media_in(&l, "new/down").text, 0755), 0);
  lnt_model_close(model);
  lab_free(&l);
}

static void blocks_keep_the_order(void **state) {
  (void)state;
  enum { N = 2100 }; /* three blocks of 1,024 */
  lab l = toy_lab("knn", "pixels");
  lnt_model *model = open_model(&l);
  lnti_pool *pool = NULL;
  assert_ok(lnti_pool_new(&pool, 3, ERR));
  l.project->context.pool = pool;
  toy_arrays(media_in(&l, "new").text, "t10k", false, N, 500);
  media_name name = media_in(&l, "new/t10k-images-idx3-ubyte");
  const char *path = name.text;
  assert_int_equal(predict(&l, model, &path, 1).n_failed, 0);
  assert_int_equal(seen.n, N);
  for (size_t i = 0; i < N; i++) {
    assert_string_equal(seen.of[i].path, media_in(&l, "new/t10k-images-idx3-ubyte#%zu", i).text);
    assert_int_equal(top_of(i), i % 3);
  }
  l.project->context.pool = NULL;
  lnti_pool_free(pool);
  lnt_model_close(model);
  lab_free(&l);
}

static size_t packs_of(const lab *l) {
  char folder[600];
  size_t n = 0;
  snprintf(folder, sizeof folder, "%s/cache/media", l->project->path);
  DIR *dir = opendir(folder);
  for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) n += strstr(e->d_name, ".pack") != NULL;
  if (dir) closedir(dir);
  return n;
}

/* A compressed archive is unpacked into the project's cache, where the next prediction finds it; the project's caps count. */
static void archives_by_the_projects_cache(void **state) {
  (void)state;
  lab l = toy_lab("knn", "pixels");
  lnt_model *model = open_model(&l);
  media_name archive = media_in(&l, "set.tar.gz");
  const char *path = archive.text;
  media_archive(path, media_in(&l, "set").text);
  assert_int_equal(packs_of(&l), 0);
  lnti_predict_result result = predict(&l, model, &path, 1);
  assert_int_equal(result.n, 36);
  assert_int_equal(result.n_failed, 0);
  assert_int_equal(packs_of(&l), 1);
  l.project->limits.pixels_max = TOY_PIXELS - 1;
  result = predict(&l, model, &path, 1);
  assert_int_equal(result.n_failed, 36);
  assert_int_equal(packs_of(&l), 1);
  lnt_model_close(model);
  lab_free(&l);
}

static void a_visitor_may_end_the_work(void **state) {
  (void)state;
  lab l = toy_lab("knn", "pixels");
  lnt_model *model = open_model(&l);
  lnti_predict_result result = {77, 77};
  media_name name = media_in(&l, "set");
  const char *path = name.text;
  memset(&seen, 0, sizeof seen);
  seen.stop_at = 5;
  assert_status(lnti_predict_paths(&result, model, l.project, &path, 1, &l.project->context, NULL, keep, &seen, ERR),
                LNT_EIO);
  assert_message("the reader has gone");
  assert_int_equal(seen.n, 5);
  seen.n = 0;
  assert_status(lnti_predict_items(&result, model, l.project, "", NULL, keep, &seen, ERR), LNT_EIO);
  assert_int_equal(seen.n, 5);
  assert_true(result.n == 77 && result.n_failed == 77);
  lnt_model_close(model);
  lab_free(&l);
}

static void results_come_as_they_are_computed(void **state) {
  (void)state;
  lab l = toy_lab("knn", "pixels");
  lnt_model *model = open_model(&l);
  media_name name = media_in(&l, "set");
  const char *path = name.text;
  lnti_predict_result result = predict(&l, model, &path, 1);
  assert_true(result.n == 36 && seen.n_waits > 1 && seen.n_waits < 36); /* blocks grow */
  /* The only thread has computed no more than the first when that is told. */
  lnti_cancel cancel = {0};
  lnti_context context = l.project->context;
  context.cancel = &cancel;
  memset(&seen, 0, sizeof seen);
  seen.cancel = &cancel;
  assert_status(lnti_predict_paths(&result, model, l.project, &path, 1, &context, NULL, keep, &seen, ERR),
                LNT_ECANCELLED);
  assert_int_equal(seen.n, 1);
  lnt_model_close(model);
  lab_free(&l);
}

static void models_are_found_by_name_or_path(void **state) {
  (void)state;
  lab l = toy_lab("knn", "pixels");
  lnt_model *model = NULL;
  media_name file = media_in(&l, "project/models/m.lnt");
  assert_ok(lnti_model_find(&model, NULL, file.text, &l.project->context, ERR));
  lnt_model_close(model);
  model = NULL;
  assert_ok(lnti_model_find(&model, l.project, file.text, &l.project->context, ERR));
  lnt_model_close(model);
  model = NULL;
  assert_status(lnti_model_find(&model, NULL, "m", &l.project->context, ERR), LNT_ENOTFOUND);
  assert_status(lnti_model_find(&model, l.project, "mm", &l.project->context, ERR), LNT_ENOTFOUND);
  assert_message("did you mean \"m\"? The project has m");
  file = media_in(&l, "set/down/0.pgm");
  assert_status(lnti_model_find(&model, NULL, file.text, &l.project->context, ERR), LNT_EDATA);
  assert_null(model);
  lab other = lab_new();
  assert_status(lnti_model_find(&model, other.project, "m", &l.project->context, ERR), LNT_ENOTFOUND);
  assert_message("linnet train");
  lab_free(&other);
  lab_free(&l);
}

/* ---- items ---- */

static void items_by_filter(void **state) {
  (void)state;
  lab l = toy_lab("knn", "pixels");
  lnt_model *model = open_model(&l);
  lnti_predict_result result = {0, 0};
  toy_tree(media_in(&l, "more").text, 3, 300);
  media_import(&l, media_in(&l, "more").text, "pool");
  assert_int_equal(unlink(media_in(&l, "more/down/301.pgm").text), 0);
  memset(&seen, 0, sizeof seen);
  assert_ok(lnti_predict_items(&result, model, l.project, "split=pool", NULL, keep, &seen, ERR));
  assert_true(result.n == 9 && result.n_failed == 1);
  for (size_t i = 0; i < 9; i++) {
    assert_true(seen.of[i].item_id > 36);
    if (i != 4) assert_int_equal(top_of(i), i / 3);
  }
  assert_string_equal(seen.of[4].path, media_in(&l, "more/down/301.pgm").text);
  assert_int_equal(seen.of[4].code, LNT_ENOTFOUND);
  assert_status(lnti_predict_items(&result, model, l.project, "split=nowhere", NULL, keep, &seen, ERR), LNT_ENOTFOUND);
  assert_status(lnti_predict_items(&result, model, l.project, "nonsense", NULL, keep, &seen, ERR), LNT_EINVAL);
  lnt_model_close(model);
  lab_free(&l);
}

/* ---- agreement ---- */

static void assert_close(const float *a, const float *b, const char *what) {
  for (int c = 0; c < TOY_CLASSES; c++) {
    if (fabs((double)a[c] - (double)b[c]) > 1e-5)
      fail_msg("%s: class %d has %g and %g", what, c, (double)a[c], (double)b[c]);
  }
}

/* Paths, items from the cache, the public library, and the model before it was saved: the same to 1e-5. */
static void check_agreement(const char *learner, const char *feature) {
  lab l = toy_lab(learner, feature);
  lnt_model *model = open_model(&l), *public_model = NULL;
  static float first[36][TOY_CLASSES];
  media_name name = media_in(&l, "set"), file = media_in(&l, "project/models/m.lnt");
  const char *path = name.text;
  lnti_predict_result result = {0, 0};
  assert_int_equal(predict(&l, model, &path, 1).n, 36);
  for (size_t i = 0; i < 36; i++) memcpy(first[i], seen.of[i].prob, sizeof first[i]);
  lnt_model_options options = LNT_MODEL_OPTIONS_INIT;
  assert_ok(lnt_model_open(&public_model, file.text, &options, ERR));
  for (size_t i = 0; i < 36; i++) {
    float prob[TOY_CLASSES];
    assert_ok(lnt_model_classify(prob, public_model, seen.of[i].path, ERR));
    assert_close(prob, first[i], "the public library");
    float sum = prob[0] + prob[1] + prob[2];
    assert_true(fabs((double)sum - 1) < 1e-5);
  }
  lnt_model_close(public_model);
  memset(&seen, 0, sizeof seen);
  assert_ok(lnti_predict_items(&result, model, l.project, "", NULL, keep, &seen, ERR));
  assert_int_equal(result.n, 36);
  for (size_t i = 0; i < 36; i++) {
    assert_non_null(strstr(seen.of[i].path, toy_titles[i / 12]));
    assert_close(seen.of[i].prob, first[i], "items");
  }
  lnt_model_close(model);
  lab_free(&l);
}

static void all_ways_agree(void **state) {
  (void)state;
  check_agreement("knn", "pixels");
  check_agreement("logistic", "pixels:width=6");
  check_agreement("logistic", "hog:cell=4");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_kind_of_input_in_order),
      cmocka_unit_test(broken_arrays_and_closed_folders_are_failed_inputs),
      cmocka_unit_test(blocks_keep_the_order),
      cmocka_unit_test(archives_by_the_projects_cache),
      cmocka_unit_test(a_visitor_may_end_the_work),
      cmocka_unit_test(results_come_as_they_are_computed),
      cmocka_unit_test(models_are_found_by_name_or_path),
      cmocka_unit_test(items_by_filter),
      cmocka_unit_test(all_ways_agree),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
