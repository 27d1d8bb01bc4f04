/*
 * The peak memory of a learner, in a process of its own, on rows that are made up: bench_memory LEARNER TASK N D K, with TASK
 * multiclass, multilabel or hierarchical. The rows are not a file's: what counts is how much is needed beside them. The result is
 * one JSON object on stdout.
 */
#include "status.h"

#include <base/alloc.h>
#include <base/error.h>
#include <base/rng.h>
#include <eval/class_tree.h>
#include <math.h>
#include <model/learner.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TREE_WIDTH = 10 };

/* Row i is of class i mod k, by a feature each that is greater; of labels one in twenty is yes besides. */
static void fill(float *x, int32_t *label, int8_t *truth, size_t n, size_t d, size_t k) {
  lnti_rng rng;
  lnti_rng_seed(&rng, 1, 0);
  for (size_t i = 0; i < n * d; i++) x[i] = (float)lnti_rng_unit(&rng);
  for (size_t i = 0; i < n; i++) {
    label[i] = (int32_t)(i % k);
    x[i * d + i % k % d] += 0.5F;
    for (size_t c = 0; c < k; c++) truth[i * k + c] = c == i % k || lnti_rng_below(&rng, 20) == 0;
  }
}

static lnt_status make_tree(lnti_class_tree **out, size_t k, lnt_error *err) {
  char(*text)[64] = NULL;
  const char **id = NULL;
  lnt_status status = lnti_alloc(&text, k, sizeof *text, err);
  if (!status) status = lnti_alloc(&id, k, sizeof *id, err);
  for (size_t c = 0; c < k && !status; c++) {
    (void)snprintf(text[c], sizeof text[c], "n%zu/c%zu", c / TREE_WIDTH, c);
    id[c] = text[c];
  }
  if (!status) status = lnti_class_tree_new(out, id, k, err);
  free(id);
  free(text);
  return status;
}

static lnt_status run(char **argv, lnt_error *err) {
  const lnti_learner *learner = NULL;
  const lnti_context context = {.cpu = lnt_cpu_detect()};
  size_t n = strtoul(argv[2], NULL, 10), d = strtoul(argv[3], NULL, 10), k = strtoul(argv[4], NULL, 10);
  lnti_problem problem = {.n_classes = k, .seed = 1, .rows_outlive = true};
  lnti_class_tree *tree = NULL;
  lnti_fitted *fitted = NULL;
  lnti_fit_report report = {0};
  lnti_params params;
  float *x = NULL;
  int32_t *label = NULL;
  int8_t *truth = NULL;
  lnt_status status = lnti_learner_find(&learner, argv[0], err);
  if (!status && !lnti_task_find(&problem.task, argv[1])) status = lnti_fail(err, LNT_EINVAL, "no task %s", argv[1]);
  if (!status) status = lnti_alloc_aligned(&x, n * d, sizeof *x, err);
  if (!status) status = lnti_alloc(&label, n, sizeof *label, err);
  if (!status) status = lnti_alloc(&truth, n * k, 1, err);
  if (!status) status = make_tree(&tree, k, err);
  if (status) goto done;
  fill(x, label, truth, n, d, k);
  problem.x = lnti_matrix_of(x, n, d, LNTI_F32);
  if (problem.task == LNTI_MULTILABEL) {
    problem.truth = truth;
  } else {
    problem.label = label;
  }
  if (problem.task == LNTI_HIERARCHICAL) problem.tree = tree;
  lnti_params_init(&params, learner->params);
  double loaded = status_mb("VmRSS:");
  clock_t begin = clock();
  status = learner->fit(&fitted, &report, &problem, &params, &context, err);
  if (!status)
    (void)printf("{\"rows_mb\": %.1f, \"loaded_mb\": %.1f, \"peak_mb\": %.1f, \"fit_cpu\": %.2f, \"iterations\": %u}\n",
                 (double)(n * d * sizeof *x) / 1e6, loaded, status_mb("VmHWM:"),
                 (double)(clock() - begin) / CLOCKS_PER_SEC, report.iterations);
done:
  lnti_fitted_free(fitted);
  lnti_class_tree_free(tree);
  free(truth);
  free(label);
  free(x);
  return status;
}

int main(int argc, char **argv) {
  lnt_error err = LNT_ERROR_INIT;
  if (argc != 6) {
    (void)fprintf(stderr, "bench_memory LEARNER multiclass|multilabel|hierarchical ROWS NUMBERS CLASSES\n");
    return 2;
  }
  lnt_status status = run(argv + 1, &err);
  if (status) (void)fprintf(stderr, "bench_memory: %s\n", err.message);
  return status ? 1 : 0;
}
