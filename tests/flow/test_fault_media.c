/*
 * Failing allocations in extraction, calibration and relinking: each says so and leaves its outputs as they were.
 */
#include "media_support.h"

#include <flow/train/calibrate.h>
#include <flow/export/export.h>
#include <flow/snapshot/snapshot.h>
#include <flow/extract/extract.h>
#include <flow/relink.h>
#include <model/learners.h>

static const lnti_context serial = {.cpu = LNT_CPU_GENERIC};

static void add_picture(const lab *l, lnti_extract_items *items, const char *member) {
  media_name root = media_in(l, "set"), path = media_in(l, "set/%s", member);
  lnti_item item = {.source = root.text, .source_kind = LNTI_SOURCE_FOLDER, .member = member, .c = 1};
  item.h = item.w = TOY_SIDE;
  item.id = (int64_t)items->n + 1;
  size_t n = 0;
  char *data = lnti_test_read_file(&n, path.text);
  lnti_hash_bytes(&item.content, data, n);
  free(data);
  assert_ok(lnti_extract_items_add(items, &item, ERR));
}

/* Three pictures, one of which is gone when it is read. Each round has a cache of its own, which it finds empty. */
static void extraction(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_extract_items items = {0};
  lnti_extractor *extractor = NULL;
  toy_tree(media_in(&l, "set").text, 1, 0);
  add_picture(&l, &items, "across/0.pgm");
  add_picture(&l, &items, "down/0.pgm");
  add_picture(&l, &items, "middle/0.pgm");
  assert_int_equal(remove(media_in(&l, "set/down/0.pgm").text), 0);
  assert_ok(lnti_extractor_new(&extractor, "pixels", &items.traits, ERR));
  char *whole_path = l.project->path;
  for_each_fault(n) {
    char path[600];
    lnti_vectors vectors = {.n = 77};
    snprintf(path, sizeof path, "%s/%zu", whole_path, n);
    l.project->path = path;
    lnt_status status = lnti_extract(&vectors, l.project, extractor, &items, NULL, NULL, NULL, ERR);
    l.project->path = whole_path;
    assert_fault_status(status);
    assert_int_equal(vectors.n, status ? 77 : 2);
    if (status == LNT_OK) lnti_vectors_clear(&vectors);
  }
  lnti_extractor_free(extractor);
  lnti_extract_items_clear(&items);
  lab_free(&l);
}

/* kNN has scores of rows left out, logistic goes through folds, and both may be given validation rows. */
static void check_calibration(const lnti_learner *learner, bool with_val) {
  enum { N = 30, D = 2 };
  static float data[N * D];
  static int32_t label[N];
  static size_t item[N];
  static uint32_t group[N];
  lnti_params params;
  for (size_t i = 0; i < N; i++) {
    label[i] = (int32_t)(i % 2);
    data[i * D] = (float)(i % 2) + 0.01f * (float)i;
    data[i * D + 1] = (float)(i % 7);
    item[i] = i;
    group[i] = (uint32_t)i;
  }
  lnti_vectors train = {.data = data, .n = N, .d = D, .dtype = LNTI_F32, .item = item}, val = train;
  if (!with_val) val.n = 0;
  lnti_truth truth = {.task = LNTI_MULTICLASS, .n = N, .k = 2, .label = label};
  const lnti_calibrated_rows rows = {
      .train = &train, .truth = &truth, .group = group, .val = &val, .val_truth = &truth};
  lnti_params_init(&params, learner->params);
  if (learner == &lnti_learner_logistic) assert_ok(lnti_params_set(&params, "max_iter=2", ERR));
  for_each_fault(n) {
    lnti_fitted *fitted = NULL;
    lnti_fit_report report = {.iterations = 77};
    lnti_calibration calibration = {.n = 77};
    lnt_status status = lnti_calibrated_fit(&fitted, &report, &calibration, learner, &params, &rows, &serial, ERR);
    assert_fault_status(status);
    if (status) {
      assert_null(fitted);
      assert_true(report.iterations == 77 && calibration.n == 77);
    } else {
      assert_int_equal(calibration.n, N);
      lnti_calibration_clear(&calibration);
      lnti_fitted_free(fitted);
    }
  }
}

static void calibration(void **state) {
  (void)state;
  check_calibration(&lnti_learner_knn, false);
  check_calibration(&lnti_learner_knn, true);
  check_calibration(&lnti_learner_logistic, false);
  check_calibration(&lnti_learner_logistic, true);
}

/* Into a new folder or file each round; nothing is half made, and a file of a table is there only where all went well. */
static void exporting(void **state) {
  (void)state;
  static const char *const names[] = {"folder", "table.csv", "table.jsonl"};
  lab l = lab_new();
  toy_tree(media_in(&l, "set").text, 1, 0);
  toy_arrays(l.folder, "train", false, 2, 0);
  assert_int_equal(remove(media_in(&l, "train-labels-idx1-ubyte").text), 0);
  media_import(&l, media_in(&l, "set").text, NULL);
  media_import(&l, media_in(&l, "train-images-idx3-ubyte").text, NULL);
  for (int format = LNTI_EXPORT_FOLDER; format <= LNTI_EXPORT_JSONL; format++) {
    lnti_export_result first;
    lnti_export_options warm = {.format = (lnti_export_format)format};
    /* What the store and the media keep for the next time is kept by now. */
    assert_ok(lnti_export(&first, l.project, media_in(&l, "warm-%s", names[format]).text, &warm, ERR));
    for_each_fault(n) {
      lnti_export_result result = {.exported = 77};
      lnti_export_options options = {.format = (lnti_export_format)format};
      media_name out = media_in(&l, "%zu-%s", n, names[format]);
      lnt_status status = lnti_export(&result, l.project, out.text, &options, ERR);
      assert_fault_status(status);
      assert_int_equal(result.exported, status ? 77 : 5);
    }
  }
  lab_free(&l);
}

/* The same of a snapshot, with all that it keeps: every byte comes in each format as it was. */
static void exporting_a_snapshot(void **state) {
  (void)state;
  static const char *const names[] = {"folder", "table.csv", "table.jsonl"};
  static const char *const sites[] = {"north", NULL, "south"};
  lab l = lab_new();
  toy_tree(media_in(&l, "set").text, 1, 0);
  media_import(&l, media_in(&l, "set").text, NULL);
  lab_meta(&l, 1, "site", sites, 3);
  assert_ok(lab_remark(&l, 2, LNTI_REMARK_SKIP, "too dark"));
  assert_ok(lnti_snapshot_create(l.project, "then", NULL, NULL, ERR));
  for (int format = LNTI_EXPORT_FOLDER; format <= LNTI_EXPORT_JSONL; format++) {
    const lnti_export_options options = {.format = (lnti_export_format)format, .snapshot = "then"};
    lnti_export_result first;
    assert_ok(lnti_export(&first, l.project, media_in(&l, "warm-%s", names[format]).text, &options, ERR));
    for_each_fault(n) {
      lnti_export_result result = {.exported = 77};
      lnt_status status = lnti_export(&result, l.project, media_in(&l, "%zu-%s", n, names[format]).text, &options, ERR);
      assert_fault_status(status);
      assert_int_equal(result.exported, status ? 77 : 3);
      assert_int_equal(status ? 0 : result.n_refused, 0);
    }
  }
  lab_free(&l);
}

/* One folder in one form after another: what a failure leaves there, the next attempt goes on with. */
static void exporting_another_form(void **state) {
  (void)state;
  static const lnti_export_options forms[] = {
      {0},
      {.link = LNTI_LINK_HARD},
      {.link = LNTI_LINK_SYMBOLIC},
      {.convert = LNTI_ENCODE_PNG, .side = 6},
      {.where = "id<3"},
  };
  lab l = lab_new();
  toy_tree(media_in(&l, "set").text, 1, 0);
  media_import(&l, media_in(&l, "set").text, NULL);
  for (size_t form = 0; form < sizeof forms / sizeof *forms; form++) {
    lnti_export_result first;
    assert_ok(lnti_export(&first, l.project, media_in(&l, "warm%zu", form).text, &forms[form], ERR));
    for_each_fault(n) {
      lnti_export_result result = {.exported = 77};
      lnt_status status = lnti_export(&result, l.project, media_in(&l, "out").text, &forms[form], ERR);
      assert_fault_status(status);
      assert_int_equal(result.exported, status ? 77 : first.exported);
      assert_int_equal(status ? 0 : result.left + result.n_refused, 0);
    }
  }
  assert_int_equal(lnti_test_count_entries(media_in(&l, "out/.linnet-export").text), 2); /* no part stays */
  lab_free(&l);
}

/* A source that was moved: either it is, or nothing is. */
static void relinking(void **state) {
  (void)state;
  lab l = lab_new();
  const lnti_relink_options options = {.all = true};
  toy_tree(media_in(&l, "set").text, 2, 0);
  media_import(&l, media_in(&l, "set").text, NULL);
  media_name set = media_in(&l, "set"), new = media_in(&l, "new");
  assert_int_equal(rename(set.text, new.text), 0);
  bool failed = true;
  for (size_t n = 1; failed; n++) {
    lnti_relink_result result = {.moved = 77}, list = {0};
    lnti_test_fail_allocation_after(n);
    lnt_status status = lnti_relink(&result, l.project, set.text, new.text, &options, ERR);
    failed = lnti_test_allocation_failed();
    lnti_test_fail_allocation_after(0);
    if (status != (failed ? LNT_ENOMEM : LNT_OK)) fail_msg("allocation %zu: %s", n, lnt_status_name(status));
    assert_int_equal(result.moved, failed ? 77 : 1);
    if (!failed) lnti_relink_result_clear(&result);
    assert_ok(lnti_sources(&list, l.project, ERR));
    assert_string_equal(list.source[0].path, failed ? set.text : new.text);
    lnti_relink_result_clear(&list);
  }
  lab_free(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(extraction),           cmocka_unit_test(exporting),   cmocka_unit_test(exporting_another_form),
      cmocka_unit_test(exporting_a_snapshot), cmocka_unit_test(calibration), cmocka_unit_test(relinking),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
