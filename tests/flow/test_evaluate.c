/*
 * Evaluation of a model whose answers are known: a nearest neighbour among training pictures that are told apart by one
 * pixel, so that accuracy and confusion can be counted by hand.
 */
#include "media_support.h"

#include <flow/evaluate/evaluate.h>
#include <flow/split/split.h>
#include <flow/train/train.h>
#include <math.h>
#include <model/model.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SIDE = 4, PIXELS = SIDE * SIDE };

/* A picture all of one shade; shades tell classes apart: 20, 120 and 220. */
static void write_shade(const lab *l, const char *folder, const char *name, int shade) {
  uint8_t pixels[PIXELS];
  memset(pixels, shade, sizeof pixels);
  media_folder(media_in(l, "set/%s", folder).text);
  media_write_pgm(media_in(l, "set/%s/%s.pgm", folder, name).text, pixels, SIDE, SIDE);
}

/*
 * Training: dark, grey and bright, four pictures each. Test, by the shade that decides the answer:
 *   dark    20 22 24 26 119   4 right, one taken for grey
 *   grey    118 122           2 right
 *   bright  218 17 123        1 right, one taken for dark, one for grey
 * 7 of 10 right; recalls 4/5, 1, 1/3: balanced accuracy 32/45.
 */
static lab shades(void) {
  static const struct {
    const char *folder;
    int shade[5];
  } sets[] = {{"train/dark", {19, 21, 23, 25, 0}},       {"train/grey", {117, 120, 121, 124, 0}},
              {"train/bright", {217, 219, 221, 223, 0}}, {"test/dark", {20, 22, 24, 26, 119}},
              {"test/grey", {118, 122, 0, 0, 0}},        {"test/bright", {218, 17, 123, 0, 0}}};
  lab l = lab_new();
  for (size_t s = 0; s < sizeof sets / sizeof *sets; s++) {
    for (size_t i = 0; i < 5 && sets[s].shade[i]; i++) {
      char name[16];
      snprintf(name, sizeof name, "%zu", i);
      write_shade(&l, sets[s].folder, name, sets[s].shade[i]);
    }
  }
  media_import(&l, media_in(&l, "set").text, NULL);
  lnti_train_options options = {.learner = "knn", .feature = "pixels", .name = "m"};
  static const char *const nearest[] = {"k=1"};
  lnti_train_result result = {0};
  options.set = nearest;
  options.n_set = 1;
  assert_ok(lnti_train(&result, l.project, &options, ERR));
  lnti_train_result_clear(&result);
  return l;
}

static lnti_evaluate_request request_of(const char *model) {
  lnti_evaluate_request request = LNTI_EVALUATE_REQUEST_INIT;
  request.model = model;
  request.resamples = 20;
  return request;
}

static lnti_evaluate_result evaluate(const lab *l, const lnti_evaluate_request *request) {
  lnti_evaluate_result result = {0};
  assert_ok(lnti_evaluate(&result, l->project, request, ERR));
  return result;
}

static void counts_are_those_of_the_hand(void **state) {
  (void)state;
  lab l = shades();
  lnti_evaluate_request request = request_of("m");
  lnti_evaluate_result r = evaluate(&l, &request);
  const lnti_evaluation *e = r.evaluation;
  assert_string_equal(r.split, "test");
  assert_true(e->n == 10 && e->k == 3);
  /* Classes are in the ontology's order, which is that of the folders: bright, dark, grey. */
  assert_string_equal(lnt_model_class_title(r.model, 0), "bright");
  assert_string_equal(lnt_model_class_title(r.model, 1), "dark");
  static const uint64_t confusion[9] = {1, 1, 1, 0, 4, 1, 0, 0, 2};
  assert_memory_equal(e->confusion, confusion, sizeof confusion);
  assert_true(fabs(e->value[LNTI_ACCURACY] - 0.7) < 1e-12);
  assert_true(fabs(e->value[LNTI_BALANCED_ACCURACY] - 32.0 / 45) < 1e-12);
  assert_true(e->ci95[LNTI_ACCURACY][0] <= 0.7 && 0.7 <= e->ci95[LNTI_ACCURACY][1]);
  assert_true(r.n_unknown == 0 && r.n_refused == 0 && r.seconds > 0);
  assert_int_equal(r.resamples, 20);
  assert_false(media_says(&r.warnings, "training items"));
  const char *titles[3];
  lnti_report report;
  lnti_evaluate_report(&report, titles, &r);
  assert_string_equal(report.model, "m");
  assert_string_equal(report.learner, "knn");
  assert_string_equal(report.split, "test");
  assert_int_equal(report.n_train, 12);
  /* Calibrated where all was right, it is quite sure of all, and wrong in 3 of 10: where nothing is left to chance. */
  assert_true(fabs(e->value[LNTI_ECE] - 0.3) < 1e-6 && r.reliability.before < 0.1);
  assert_true(r.reliability.chance < 1e-6 && r.reliability.chance_high < 1e-6);
  assert_string_equal(report.class_titles[2], "grey");
  lnti_evaluate_result_clear(&r);
  assert_null(r.model);
  lab_free(&l);
}

/* Of three neighbours the second model takes what most are; the differences are those of the two evaluations alone. */
static void two_models_are_compared_on_the_same_items(void **state) {
  static const char *const nearest[] = {"k=12"};
  (void)state;
  lab l = shades();
  lnti_train_options options = {.learner = "knn", .feature = "pixels", .name = "blunt", .set = nearest, .n_set = 1};
  lnti_train_result trained = {0};
  assert_ok(lnti_train(&trained, l.project, &options, ERR));
  lnti_train_result_clear(&trained);
  lnti_evaluate_request request = request_of("m");
  request.compare = "blunt";
  lnti_evaluate_result r = evaluate(&l, &request);
  lnti_evaluate_request other = request_of("blunt");
  lnti_evaluate_result second = evaluate(&l, &other);
  const lnti_report_comparison *c = &r.comparison->shown;
  assert_string_equal(c->first, "m");
  assert_string_equal(c->second, "blunt");
  assert_true(c->n == 10 && c->n_left_out == 0 && c->n_measures == LNTI_METRICS);
  assert_string_equal(c->measures[0].measure->name, "accuracy");
  for (size_t m = 0; m < LNTI_METRICS; m++) {
    assert_true(c->measures[m].first == r.evaluation->value[m]);
    assert_true(c->measures[m].second == second.evaluation->value[m]);
    assert_true(c->measures[m].ci95[0] <= c->measures[m].difference &&
                c->measures[m].difference <= c->measures[m].ci95[1]);
  }
  assert_int_equal(c->mcnemar->both + c->mcnemar->first_only, 7);
  assert_int_equal(c->mcnemar->both + c->mcnemar->second_only,
                   second.evaluation->confusion[0] + second.evaluation->confusion[4] + second.evaluation->confusion[8]);
  assert_non_null(r.reject);
  assert_true(fabs(r.reject->point[r.reject->n_points - 1].accuracy - 0.7) < 1e-12);
  lnti_evaluate_result_clear(&second);
  lnti_evaluate_result_clear(&r);
  request.compare = "nobody";
  assert_int_equal(lnti_evaluate(&r, l.project, &request, ERR), LNT_ENOTFOUND);
  lab_free(&l);
}

/* Folders are the classes: their accuracies are the recalls, 1/3, 4/5 and 1. */
static void slices_are_counted_by_hand(void **state) {
  static const char *const keys[] = {"folder", "split"}, *const nonsense[] = {"colour"};
  static const struct {
    const char *folder;
    size_t n, hits;
  } want[] = {{"test/dark", 5, 4}, {"test/bright", 3, 1}, {"test/grey", 2, 2}};
  (void)state;
  lab l = shades();
  lnti_evaluate_request request = request_of("m");
  request.slices = keys;
  request.n_slices = 2;
  lnti_evaluate_result r = evaluate(&l, &request);
  assert_int_equal(r.n_slices, 2);
  assert_int_equal(r.slices[0].n, 3);
  for (size_t i = 0; i < 3; i++) {
    const lnti_report_slice *slice = &r.slices[0].slices[i];
    assert_string_equal(slice->text, want[i].folder);
    assert_true(slice->figures.n == want[i].n && slice->figures.hits == want[i].hits);
  }
  assert_true(r.slices[1].n == 1 && r.slices[1].slices[0].figures.hits == 7);
  const double *whole = r.evaluation->ci95[LNTI_ACCURACY], *part = r.slices[1].slices[0].figures.ci95[0];
  assert_true(whole[0] == part[0] && whole[1] == part[1]); /* the same resamples */
  lnti_evaluate_result_clear(&r);

  /* One that cannot be read is in no slice; a key that is none is told before anything is done. */
  assert_int_equal(unlink(media_in(&l, "set/test/dark/4.pgm").text), 0);
  lnti_test_folder_remove(lnti_test_path(l.path, "cache"));
  r = evaluate(&l, &request);
  assert_true(r.n_refused == 1 && r.slices[0].slices[0].figures.n == 4 && r.slices[0].slices[0].figures.hits == 4);
  lnti_evaluate_result_clear(&r);
  request.slices = nonsense;
  request.n_slices = 1;
  assert_status(lnti_evaluate(&r, l.project, &request, ERR), LNT_EINVAL);
  assert_message("'colour' is no key");
  lab_free(&l);
}

/* Splits made anew after the training put training items into "test": whatever the split is called, it is told. */
static void items_trained_on_are_counted_whatever_their_split(void **state) {
  (void)state;
  lab l = shades();
  lnti_evaluate_request request = request_of("m");
  lnti_split_options again = LNTI_SPLIT_OPTIONS_INIT;
  lnti_split_result dealt;
  lnti_evaluate_result r = evaluate(&l, &request);
  assert_int_equal(r.n_trained_on, 0);
  lnti_evaluate_result_clear(&r);
  again.test = 0.6;
  again.val = 0;
  again.seed = 3;
  assert_ok(lnti_split(&dealt, l.project, &again, ERR));
  lnti_messages_clear(&dealt.warnings);
  r = evaluate(&l, &request);
  assert_true(r.n_trained_on > 0 && r.n_trained_on < r.evaluation->n);
  assert_true(media_says(&r.warnings, "pictures that the model was trained on: the figures are too good"));
  lnti_evaluate_result_clear(&r);
  request.split = "";
  assert_status(lnti_evaluate(&r, l.project, &request, ERR), LNT_EINVAL);
  lab_free(&l);
}

static void training_items_are_warned_of(void **state) {
  (void)state;
  lab l = shades();
  lnti_evaluate_request request = request_of("m");
  request.split = "train";
  lnti_evaluate_result r = evaluate(&l, &request);
  assert_true(r.evaluation->value[LNTI_ACCURACY] == 1.0);
  assert_true(media_says(&r.warnings, "these are training items"));
  lnti_evaluate_result_clear(&r);
  lab_free(&l);
}

static void unknown_classes_are_left_out(void **state) {
  (void)state;
  lab l = shades();
  write_shade(&l, "test/purple", "0", 60);
  write_shade(&l, "test/purple", "1", 61);
  media_import(&l, media_in(&l, "set").text, NULL);
  lnti_evaluate_request request = request_of("m");
  lnti_evaluate_result r = evaluate(&l, &request);
  assert_int_equal(r.n_unknown, 2);
  assert_true(media_says(&r.warnings, "2 items are of classes that are newer than the model (first: \"purple\""));
  assert_int_equal(r.evaluation->n, 10);
  assert_true(fabs(r.evaluation->value[LNTI_ACCURACY] - 0.7) < 1e-12);
  lnti_evaluate_result_clear(&r);
  lab_free(&l);
}

static void no_rows_list_the_splits(void **state) {
  (void)state;
  lab l = shades();
  lnti_evaluate_request request = request_of("m");
  lnti_evaluate_result result = {.n_unknown = 77};
  request.split = "val";
  assert_status(lnti_evaluate(&result, l.project, &request, ERR), LNT_ENOTFOUND);
  assert_message("there is no split 'val'; there are test (10), train (12)");
  request.split = "tset";
  assert_status(lnti_evaluate(&result, l.project, &request, ERR), LNT_ENOTFOUND);
  assert_message("there is no split 'tset'; did you mean 'test'? There are test (10), train (12)");
  request.split = "";
  assert_status(lnti_evaluate(&result, l.project, &request, ERR), LNT_EINVAL);
  assert_message("empty; there are test (10)");
  lab_item(&l, "bare.pgm", 99, "odd");
  request.split = "odd";
  assert_status(lnti_evaluate(&result, l.project, &request, ERR), LNT_ENOTFOUND);
  assert_message("no labelled items in the split \"odd\"");
  request = request_of("nobody");
  assert_status(lnti_evaluate(&result, l.project, &request, ERR), LNT_ENOTFOUND);
  assert_message("the project has m");
  assert_int_equal(result.n_unknown, 77);
  lab_free(&l);
}

static void the_target_must_be_asked_here(void **state) {
  (void)state;
  lab l = shades(), other = lab_new();
  char *path = NULL;
  lnti_evaluate_request request = request_of(NULL);
  lnti_evaluate_result result = {0};
  assert_ok(lnti_project_path(&path, l.project, ERR, "models/m.lnt"));
  request.model = path;
  assert_status(lnti_evaluate(&result, other.project, &request, ERR), LNT_EINVAL);
  assert_message("the model answers \"class\"");
  /* Asked, but of other options: nothing that the model knows. */
  toy_arrays(media_in(&other, "set").text, "test", false, 6, 0);
  media_import(&other, media_in(&other, "set").text, NULL);
  assert_status(lnti_evaluate(&result, other.project, &request, ERR), LNT_EINVAL);
  assert_message("not one of the 6 labelled items in \"test\"");
  free(path);
  lab_free(&other);
  lab_free(&l);
}

static void images_that_cannot_be_read_are_left_out(void **state) {
  (void)state;
  lab l = shades();
  static media_refusals refusals;
  refusals.n = 0;
  assert_int_equal(unlink(media_in(&l, "set/test/dark/4.pgm").text), 0);
  lnti_evaluate_request request = request_of("m");
  request.refused = media_refuse;
  request.refused_payload = &refusals;
  lnti_evaluate_result r = evaluate(&l, &request);
  assert_int_equal(r.n_refused, 1);
  assert_int_equal(refusals.n, 1);
  assert_int_equal(r.evaluation->n, 9);
  assert_true(fabs(r.evaluation->value[LNTI_ACCURACY] - 7.0 / 9) < 1e-12);
  lnti_evaluate_result_clear(&r);
  lab_free(&l);
}

static size_t count_of(const char *text, const char *part) {
  size_t n = 0;
  for (const char *p = text; (p = strstr(p, part)) != NULL; p++) n++;
  return n;
}

static void the_report_is_written_with_its_mistakes(void **state) {
  (void)state;
  lab l = shades();
  media_name name = media_in(&l, "report.html");
  lnti_evaluate_request request = request_of("m");
  request.html = name.text;
  lnti_evaluate_result r = evaluate(&l, &request);
  lnti_evaluate_result_clear(&r);
  char *html = lnti_test_read_file(NULL, name.text);
  assert_non_null(strstr(html, "7 right"));
  assert_int_equal(count_of(html, "data:image/png"), 3); /* the three mistakes have pictures */
  assert_non_null(strstr(html, "test/dark/4.pgm"));
  assert_non_null(strstr(html, "test/bright/1.pgm"));
  assert_null(strstr(html, "test/dark/0.pgm"));
  free(html);

  /* A mistake whose picture is gone by now is told without it: its vector is in the cache. */
  assert_int_equal(unlink(media_in(&l, "set/test/dark/4.pgm").text), 0);
  assert_int_equal(unlink(media_in(&l, "set/test/bright/1.pgm").text), 0);
  r = evaluate(&l, &request);
  assert_int_equal(r.n_refused, 0);
  assert_int_equal(r.warnings.n, 2); /* one for both */
  assert_non_null(strstr(r.warnings.text[0], "not surely better"));
  assert_non_null(
      strstr(r.warnings.text[1], "2 of the 3 mistakes that the report shows have no picture there, as with: "));
  assert_non_null(strstr(r.warnings.text[1], ".pgm"));
  lnti_evaluate_result_clear(&r);
  html = lnti_test_read_file(NULL, name.text);
  assert_int_equal(count_of(html, "data:image/png"), 1);
  assert_non_null(strstr(html, "test/dark/4.pgm"));
  free(html);

  name = media_in(&l, "no/report.html");
  request.html = name.text;
  lnti_evaluate_result result = {0};
  assert_status(lnti_evaluate(&result, l.project, &request, ERR), LNT_ENOTFOUND);
  lab_free(&l);
}

/* Half of the items are of class 0, which is what always answering it gets. */
static void guessing_is_told_by_the_case(void **state) {
  (void)state;
  static const struct {
    double accuracy, low;
    const char *says;
  } cases[] = {{0.4, 0.2, "right in 40.0 %, which is worse than always answering \"dark\" (50.0 %)"},
               {0.5, 0.4, "which is no better than always answering \"dark\" (50.0 %)"},
               {0.7, 0.45,
                "right in 70.0 %, which is not surely better than always answering \"dark\" (50.0 %), since its "
                "95 % interval begins at 45.0 %"},
               {0.7, 0.5, "not surely"},
               {0.7, 0.51, NULL},
               {0.7, (double)NAN, NULL},
               {0.5, (double)NAN, "no better than"}};
  char dark[] = "dark", grey[] = "grey";
  lnti_model_class classes[] = {{dark, dark}, {grey, grey}};
  lnt_model model = {.classes = classes, .n_classes = 2};
  lnti_class_metrics metrics[] = {{.n = 5}, {.n = 5}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    lnti_messages warnings = {0};
    lnti_evaluation evaluation = {.n = 10, .k = 2, .classes = metrics};
    evaluation.value[LNTI_ACCURACY] = cases[i].accuracy;
    evaluation.ci95[LNTI_ACCURACY][0] = cases[i].low;
    assert_ok(lnti_warn_of_guessing(&warnings, &(lnti_judged){.evaluation = &evaluation}, &model, ERR));
    assert_int_equal(warnings.n, cases[i].says != NULL);
    if (cases[i].says) assert_non_null(strstr(warnings.text[0], cases[i].says));
    lnti_messages_clear(&warnings);
  }
}

static void a_cancelled_evaluation(void **state) {
  (void)state;
  lab l = shades();
  media_stopper stopper;
  lnti_evaluate_request request = request_of("m");
  lnti_evaluate_result result = {0};
  media_stop_at(&stopper, 0);
  request.progress = &stopper.progress;
  l.project->context.cancel = &stopper.cancel;
  assert_status(lnti_evaluate(&result, l.project, &request, ERR), LNT_ECANCELLED);
  l.project->context.cancel = NULL;
  lab_free(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(counts_are_those_of_the_hand),
      cmocka_unit_test(two_models_are_compared_on_the_same_items),
      cmocka_unit_test(slices_are_counted_by_hand),
      cmocka_unit_test(training_items_are_warned_of),
      cmocka_unit_test(items_trained_on_are_counted_whatever_their_split),
      cmocka_unit_test(unknown_classes_are_left_out),
      cmocka_unit_test(no_rows_list_the_splits),
      cmocka_unit_test(the_target_must_be_asked_here),
      cmocka_unit_test(images_that_cannot_be_read_are_left_out),
      cmocka_unit_test(the_report_is_written_with_its_mistakes),
      cmocka_unit_test(guessing_is_told_by_the_case),
      cmocka_unit_test(a_cancelled_evaluation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
