/* Classes in a tree: against scikit-learn on the sets of ancestors, backing off by hand, resamples written out. */
#include "eval_support.h"

#include <base/error.h>
#include <eval/hierarchy.h>
#include <string.h>

typedef struct golden_case {
  const char *title;
  size_t n, k;
  const char *const *id;
  const float *prob;
  const int32_t *label;
  double value[LNTI_H_METRICS];
} golden_case;

#include "../golden/eval_hierarchy_golden.h"

static const lnti_context SERIAL = {NULL, LNT_CPU_GENERIC, NULL, NULL};
static const lnti_evaluate_options POINT = {0, 0, NULL, 0};

static lnti_class_tree *tree_of(const char *const *ids, size_t n) {
  lnti_class_tree *tree = NULL;
  assert_int_equal(lnti_class_tree_new(&tree, ids, n, NULL), LNT_OK);
  return tree;
}

static lnti_hierarchy_evaluation *evaluate(const lnti_class_tree *tree, const float *prob, const int32_t *label,
                                           size_t n, const lnti_evaluate_options *options) {
  lnti_hierarchy_evaluation *e = NULL;
  lnt_error err = LNT_ERROR_INIT;
  if (lnti_hierarchy_evaluation_new(&e, tree, prob, label, n, options, &SERIAL, &err)) fail_msg("%s", err.message);
  return e;
}

static void equals_scikit_learn_on_ancestors(void **state) {
  (void)state;
  for (size_t g = 0; g < sizeof GOLDEN / sizeof *GOLDEN; g++) {
    const golden_case *want = &GOLDEN[g];
    lnti_class_tree *tree = tree_of(want->id, want->k);
    lnti_hierarchy_evaluation *e = evaluate(tree, want->prob, want->label, want->n, &POINT);
    for (size_t m = 0; m < LNTI_H_METRICS; m++)
      assert_near(e->value[m], want->value[m], 1e-9, want->title, lnti_hierarchy_measures(e).measure[m].name);
    size_t left = 0;
    for (size_t d = 0; d < e->n_depth; d++) left += e->levels[d].wrong_here;
    assert_near((double)(left + e->n_too_long), (double)want->n * (1 - e->value[LNTI_H_EXACT]), 1e-9, want->title,
                "wrong ones");
    assert_near((double)e->levels[0].right / (double)want->n, e->value[LNTI_H_TOP], 1e-12, want->title, "top level");
    assert_near(e->backoff[0].h_f1, e->value[LNTI_H_F1], 1e-12, want->title, "no backing off");
    for (size_t t = 1; t + 1 < LNTI_BACKOFF_POINTS; t++)
      assert_true(e->backoff[t + 1].coverage <= e->backoff[t].coverage);
    lnti_hierarchy_evaluation_free(e);
    lnti_class_tree_free(tree);
  }
}

/* nodes: 0 fruit, 1 milk, 2 fruit/apple (a class), 3 fruit/pear, 4 fruit/apple/fuji, 5 fruit/apple/gala */
static const char *const IDS[] = {"fruit/apple/fuji", "fruit/apple/gala", "fruit/pear", "milk", "fruit/apple"};

static int32_t predict(const lnti_class_tree *tree, const float *prob, double threshold) {
  double mass[6];
  lnti_class_tree_mass(mass, tree, prob);
  return lnti_hierarchy_predict(tree, prob, mass, threshold);
}

static void backs_off_to_the_deepest_sure_node(void **state) {
  static const float SPREAD[] = {0.25F, 0.1875F, 0.1875F, 0.3125F, 0.0625F}, INNER[] = {0.125F, 0, 0, 0.25F, 0.625F};
  (void)state;
  lnti_class_tree *tree = tree_of(IDS, 5);
  assert_int_equal(predict(tree, SPREAD, 0), 1); /* milk is the most probable class */
  assert_int_equal(predict(tree, SPREAD, 0.6), 0);
  assert_int_equal(predict(tree, SPREAD, 0.5), 2);
  assert_int_equal(predict(tree, SPREAD, 0.2), 4);
  assert_int_equal(predict(tree, SPREAD, 0.7), LNTI_CLASS_TREE_NONE);
  assert_int_equal(predict(tree, INNER, 0.1), 2); /* stopping there is more probable than going on */
  lnti_class_tree_free(tree);
}

static void levels_and_backing_off_are_counted(void **state) {
  /* fuji said fuji; gala said fuji; pear said milk; apple said fuji: right, wrong at 3, wrong at 1, too long */
  static const float PROB[] = {0.75F,  0.125F, 0.125F, 0,      0, 0.5F, 0.375F, 0, 0.125F, 0,
                               0.125F, 0,      0.25F,  0.625F, 0, 0.5F, 0,      0, 0.125F, 0.375F};
  static const int32_t LABEL[] = {0, 1, 2, 4};
  (void)state;
  lnti_class_tree *tree = tree_of(IDS, 5);
  lnti_hierarchy_evaluation *e = evaluate(tree, PROB, LABEL, 4, &POINT);
  const size_t want[3][4] = {{4, 3, 1, 2}, {4, 3, 0, 2}, {2, 1, 1, 2}};
  for (size_t d = 0; d < 3; d++) {
    const lnti_hierarchy_level *level = &e->levels[d];
    const size_t got[] = {level->n, level->right, level->wrong_here, level->n_nodes};
    assert_memory_equal(got, want[d], sizeof got);
  }
  assert_int_equal(e->n_too_long, 1);
  assert_int_equal(e->n_too_short, 0);
  const lnti_backoff_point *p = &e->backoff[12]; /* 0.6: fuji, apple, milk, apple */
  assert_near(p->threshold, 0.6, 1e-12, "at 0.6", "threshold");
  assert_near(p->coverage, 1, 0, "at 0.6", "coverage");
  assert_near(p->full, 0.5, 0, "at 0.6", "full");
  assert_near(p->accuracy, 0.75, 0, "at 0.6", "accuracy");
  assert_near(p->depth, 2, 0, "at 0.6", "depth");
  assert_near(p->h_f1, 2 * 7.0 / (8 + 10), 1e-12, "at 0.6", "hierarchical F1");
  p = &e->backoff[14]; /* 0.7: fuji, apple, nothing, apple */
  assert_near(p->coverage, 0.75, 0, "at 0.7", "coverage");
  assert_near(p->accuracy, 1, 0, "at 0.7", "accuracy");
  lnti_hierarchy_evaluation_free(e);
  lnti_class_tree_free(tree);
}

static void resamples_are_those_written_out(void **state) {
  enum { R = 10 };
  const golden_case *g = &GOLDEN[2];
  size_t *rows = malloc(g->n * g->n * sizeof *rows);
  float *prob = malloc(g->n * g->k * sizeof *prob);
  int32_t *label = malloc(g->n * sizeof *label);
  const lnti_evaluate_options options = {R, 3, NULL, 0};
  (void)state;
  lnti_class_tree *tree = tree_of(g->id, g->k);
  lnti_hierarchy_evaluation *e = evaluate(tree, g->prob, g->label, g->n, &options);
  for (size_t r = 0; r < R; r++) {
    size_t n = plain_resample(rows, NULL, g->n, 3, r);
    for (size_t i = 0; i < n; i++) {
      memcpy(prob + i * g->k, g->prob + rows[i] * g->k, g->k * sizeof *prob);
      label[i] = g->label[rows[i]];
    }
    lnti_hierarchy_evaluation *plain = evaluate(tree, prob, label, n, &POINT);
    for (size_t m = 0; m < LNTI_H_METRICS; m++)
      assert_near(e->resample[m * R + r], plain->value[m], 1e-12, "resample",
                  lnti_hierarchy_measures(e).measure[m].name);
    lnti_hierarchy_evaluation_free(plain);
  }
  lnti_hierarchy_evaluation_free(e);
  lnti_class_tree_free(tree);
  free(label);
  free(prob);
  free(rows);
}

static void bad_input_is_named(void **state) {
  static const float OK[] = {0.5F, 0.5F}, SUM[] = {0.5F, 0.25F}, NO_NUMBER[] = {NAN, 1};
  static const int32_t RIGHT[] = {1}, OUTSIDE[] = {2};
  lnti_hierarchy_evaluation *e = NULL;
  (void)state;
  lnti_class_tree *tree = tree_of(IDS, 2);
  assert_int_equal(lnti_hierarchy_evaluation_new(&e, tree, SUM, RIGHT, 1, &POINT, &SERIAL, NULL), LNT_EDATA);
  assert_int_equal(lnti_hierarchy_evaluation_new(&e, tree, NO_NUMBER, RIGHT, 1, &POINT, &SERIAL, NULL), LNT_EDATA);
  assert_int_equal(lnti_hierarchy_evaluation_new(&e, tree, OK, OUTSIDE, 1, &POINT, &SERIAL, NULL), LNT_EDATA);
  assert_int_equal(lnti_hierarchy_evaluation_new(&e, tree, OK, RIGHT, 0, &POINT, &SERIAL, NULL), LNT_EINVAL);
  assert_null(e);
  lnti_class_tree_free(tree);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(equals_scikit_learn_on_ancestors), cmocka_unit_test(backs_off_to_the_deepest_sure_node),
      cmocka_unit_test(levels_and_backing_off_are_counted), cmocka_unit_test(resamples_are_those_written_out),
      cmocka_unit_test(bad_input_is_named)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
