/* The tree that classes form by their ids. */
#include "eval_support.h"

#include <base/error.h>
#include <eval/class_tree.h>
#include <string.h>

enum { NONE = LNTI_CLASS_TREE_NONE };

static lnti_class_tree *tree_of(const char *const *ids, size_t n) {
  lnti_class_tree *tree = NULL;
  lnt_error err = LNT_ERROR_INIT;
  if (lnti_class_tree_new(&tree, ids, n, &err)) fail_msg("%s", err.message);
  return tree;
}

static void levels_with_siblings_together(void **state) {
  static const char *const IDS[] = {"fruit/apple/fuji", "milk", "fruit/pear", "fruit/apple/gala", "fruit"};
  static const char *const WANT[] = {"fruit",           "milk", "fruit/apple", "fruit/pear", "fruit/apple/fuji",
                                     "fruit/apple/gala"};
  static const int32_t PARENT[] = {NONE, NONE, 0, 0, 2, 2}, CLASS[] = {4, 1, NONE, 2, 0, 3};
  static const uint32_t DEPTH[] = {1, 1, 2, 2, 3, 3}, N[] = {2, 0, 2, 0, 0, 0}, NODE[] = {4, 1, 3, 5, 0};
  (void)state;
  lnti_class_tree *tree = tree_of(IDS, 5);
  assert_int_equal(tree->n_nodes, 6);
  assert_int_equal(tree->n_roots, 2);
  assert_int_equal(tree->n_depth, 3);
  for (size_t v = 0; v < 6; v++) {
    assert_string_equal(tree->id[v], WANT[v]);
    assert_int_equal(tree->parent[v], PARENT[v]);
    assert_int_equal(tree->depth[v], DEPTH[v]);
    assert_int_equal(tree->class_of[v], CLASS[v]);
    assert_int_equal(tree->n_children[v], N[v]);
  }
  assert_int_equal(tree->first_child[0], 2);
  assert_int_equal(tree->first_child[2], 4);
  assert_memory_equal(tree->node, NODE, sizeof NODE);
  assert_false(lnti_class_tree_is_flat(tree));
  assert_int_equal(lnti_class_tree_common(tree, 4, 5), 2);
  assert_int_equal(lnti_class_tree_common(tree, 4, 3), 0);
  assert_int_equal(lnti_class_tree_common(tree, 0, 5), 0);
  assert_int_equal(lnti_class_tree_common(tree, 5, 5), 5);
  assert_int_equal(lnti_class_tree_common(tree, 1, 5), NONE);
  const float prob[] = {0.125f, 0.25f, 0.0625f, 0.5f, 0.0625f};
  double mass[6];
  lnti_class_tree_mass(mass, tree, prob);
  const double want[] = {0.75, 0.25, 0.625, 0.0625, 0.125, 0.5};
  for (size_t v = 0; v < 6; v++) assert_true(mass[v] == want[v]);
  lnti_class_tree_free(tree);
}

static void classes_without_a_path_are_flat(void **state) {
  static const char *const IDS[] = {"b", "a", "c d"};
  (void)state;
  lnti_class_tree *tree = tree_of(IDS, 3);
  assert_true(lnti_class_tree_is_flat(tree));
  for (uint32_t c = 0; c < 3; c++) assert_int_equal(tree->node[c], c);
  lnti_class_tree_free(tree);
}

static void refusals_name_the_class(void **state) {
  static const char *const BAD[][2] = {{"a//b", "x"}, {"/a", "x"}, {"a/", "x"}, {"", "x"}, {"a/b", "a/b"}};
  lnti_class_tree *tree = NULL;
  lnt_error err = LNT_ERROR_INIT;
  (void)state;
  for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
    assert_int_equal(lnti_class_tree_new(&tree, BAD[i], 2, &err), LNT_EDATA);
    assert_non_null(strstr(err.message, BAD[i][0]));
    assert_null(tree);
  }
  assert_int_equal(lnti_class_tree_new(&tree, BAD[0], 0, &err), LNT_EINVAL);
}

/* A path of 40,000 levels would take 800 MB of ids: refused before they are had. */
static void endless_path_is_refused(void **state) {
  enum { N = 80000 };
  char *id = malloc(N);
  lnti_class_tree *tree = NULL;
  lnt_error err = LNT_ERROR_INIT;
  (void)state;
  assert_non_null(id);
  for (size_t i = 0; i < N; i++) id[i] = i % 2 ? '/' : 'a';
  id[N - 1] = '\0';
  id[N - 2] = 'b';
  const char *ids[] = {id};
  assert_int_equal(lnti_class_tree_new(&tree, ids, 1, &err), LNT_ELIMIT);
  free(id);
}

/* Against the plain rule: the parent's id is all before the last '/', and every node of it is there once. */
static void random_trees_follow_the_ids(void **state) {
  enum { N = 400 };
  static char text[N][64];
  const char *ids[N];
  (void)state;
  for (uint64_t seed = 1; seed <= 20; seed++) {
    lnti_rng rng;
    size_t n = 0;
    lnti_rng_seed(&rng, seed, 0);
    while (n < N) {
      size_t at = 0, depth = 1 + lnti_rng_below(&rng, 6);
      for (size_t d = 0; d < depth; d++)
        at += (size_t)snprintf(text[n] + at, sizeof text[n] - at, "%s%d", d ? "/" : "", (int)lnti_rng_below(&rng, 5));
      bool is_new = true;
      for (size_t i = 0; i < n && is_new; i++) is_new = strcmp(text[i], text[n]) != 0;
      ids[n] = text[n];
      n += is_new;
    }
    lnti_class_tree *tree = tree_of(ids, n);
    size_t n_children = 0;
    for (size_t v = 0; v < tree->n_nodes; v++) {
      const char *slash = strrchr(tree->id[v], '/');
      size_t length = slash ? (size_t)(slash - tree->id[v]) : 0;
      int32_t parent = tree->parent[v];
      assert_true(parent < (int32_t)v);
      assert_true((parent == NONE) == (slash == NULL));
      if (parent != NONE) {
        assert_true(strlen(tree->id[parent]) == length && memcmp(tree->id[parent], tree->id[v], length) == 0);
        assert_in_range(v, tree->first_child[parent], tree->first_child[parent] + tree->n_children[parent] - 1);
      }
      n_children += tree->n_children[v];
      for (size_t w = 0; w < v; w++) assert_string_not_equal(tree->id[v], tree->id[w]);
    }
    assert_int_equal(n_children + tree->n_roots, tree->n_nodes);
    for (size_t c = 0; c < n; c++) {
      assert_string_equal(tree->id[tree->node[c]], ids[c]);
      assert_int_equal(tree->class_of[tree->node[c]], c);
    }
    lnti_class_tree_free(tree);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(levels_with_siblings_together), cmocka_unit_test(classes_without_a_path_are_flat),
      cmocka_unit_test(refusals_name_the_class), cmocka_unit_test(endless_path_is_refused),
      cmocka_unit_test(random_trees_follow_the_ids)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
