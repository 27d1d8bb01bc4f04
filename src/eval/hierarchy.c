/*
 * Classes in a tree: what answer and truth have in common of their paths from the top. With the nodes of a path numbered by
 * depth, |P and T| is the depth of the deepest node that both paths have.
 */
#include <base/alloc.h>
#include <base/error.h>
#include <eval/hierarchy.h>
#include <eval/resample.h>

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_A_CHUNK = 256, NONE = LNTI_CLASS_TREE_NONE };

static const double ROW_SUM_TOLERANCE = 1e-3;

/* One item: depths of the answer, of the truth, and of what they have in common. */
typedef struct paths {
  uint32_t answer, truth, common;
} paths;

/* Counts at one threshold of backing off. */
typedef struct backoff_sums {
  uint64_t answered, full, right, depth, truth, common;
} backoff_sums;

typedef struct hierarchy {
  const lnti_class_tree *tree;
  const float *prob;
  const int32_t *label;
  size_t n;
  paths *paths;       /* [n] */
  backoff_sums *sums; /* [chunks,LNTI_BACKOFF_POINTS] */
} hierarchy;

int32_t lnti_hierarchy_predict(const lnti_class_tree *tree, const float *prob, const double *mass, double threshold) {
  if (threshold <= 0) {
    size_t best = 0;
    for (size_t c = 1; c < tree->n_classes; c++) best = prob[c] > prob[best] ? c : best;
    return (int32_t)tree->node[best];
  }
  int32_t answer = NONE;
  for (size_t first = 0, n = tree->n_roots; n > 0;) {
    size_t best = first;
    for (size_t v = first + 1; v < first + n; v++) best = mass[v] > mass[best] ? v : best;
    double here = answer != NONE && tree->class_of[answer] != NONE ? (double)prob[tree->class_of[answer]] : 0;
    if (mass[best] < threshold || mass[best] <= here) break;
    answer = (int32_t)best;
    first = tree->first_child[best];
    n = tree->n_children[best];
  }
  return answer;
}

static uint32_t common_depth(const lnti_class_tree *tree, uint32_t a, uint32_t b) {
  int32_t common = lnti_class_tree_common(tree, a, b);
  return common == NONE ? 0 : tree->depth[common];
}

static double threshold_at(size_t point) {
  return (double)point / (LNTI_BACKOFF_POINTS - 1);
}

static void add_backoff(backoff_sums *sums, const lnti_class_tree *tree, int32_t answer, uint32_t truth) {
  sums->truth += tree->depth[truth];
  if (answer == NONE) return;
  uint32_t depth = tree->depth[answer], common = common_depth(tree, (uint32_t)answer, truth);
  sums->answered++;
  sums->full += tree->n_children[answer] == 0;
  sums->right += common == depth;
  sums->depth += depth;
  sums->common += common;
}

static lnt_status check_row(const hierarchy *h, size_t i, lnt_error *err) {
  const size_t k = h->tree->n_classes;
  const float *p = h->prob + i * k;
  double sum = 0;
  if (h->label[i] < 0 || (size_t)h->label[i] >= k)
    return lnti_fail(err, LNT_EDATA, "row %zu: label %d, where labels run from 0 to %zu", i, (int)h->label[i], k - 1);
  for (size_t c = 0; c < k; c++) {
    if (!(p[c] >= 0 && p[c] <= 1))
      return lnti_fail(err, LNT_EDATA, "row %zu, class %zu: %g is no probability: it must be from 0 to 1", i, c,
                       (double)p[c]);
    sum += (double)p[c];
  }
  if (fabs(sum - 1) > ROW_SUM_TOLERANCE)
    return lnti_fail(err, LNT_EDATA, "row %zu: the probabilities sum to %g and not to 1", i, sum);
  return LNT_OK;
}

static lnt_status answer_rows(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  const hierarchy *h = payload;
  const lnti_class_tree *tree = h->tree;
  backoff_sums *sums = h->sums + begin / ROWS_A_CHUNK * LNTI_BACKOFF_POINTS;
  double *mass = NULL;
  (void)worker;
  lnt_status status = lnti_alloc(&mass, tree->n_nodes, sizeof *mass, err);
  for (size_t i = begin; i < end && !status; i++) {
    const float *p = h->prob + i * tree->n_classes;
    status = check_row(h, i, err);
    if (status) break;
    uint32_t truth = tree->node[h->label[i]];
    lnti_class_tree_mass(mass, tree, p);
    for (size_t t = 0; t < LNTI_BACKOFF_POINTS; t++) {
      int32_t answer = lnti_hierarchy_predict(tree, p, mass, threshold_at(t));
      add_backoff(&sums[t], tree, answer, truth);
      if (t == 0) {
        h->paths[i] = (paths){tree->depth[answer], tree->depth[truth], common_depth(tree, (uint32_t)answer, truth)};
      }
    }
  }
  free(mass);
  return status;
}

/* ---- figures ---- */

static double ratio(double part, double whole) {
  return whole > 0 ? part / whole : (double)NAN;
}

static void measure(double *value_out, const void *data, const uint8_t *weight, void *scratch) {
  const hierarchy *h = data;
  double n[LNTI_WEIGHTINGS] = {0}, answer[LNTI_WEIGHTINGS] = {0}, truth[LNTI_WEIGHTINGS] = {0},
         common[LNTI_WEIGHTINGS] = {0}, exact[LNTI_WEIGHTINGS] = {0}, top[LNTI_WEIGHTINGS] = {0};
  (void)scratch;
  for (size_t i = 0; i < h->n; i++) {
    const uint8_t *w = weight + i * LNTI_WEIGHTINGS;
    const paths *p = &h->paths[i];
    const double is_exact = p->common == p->answer && p->common == p->truth, is_top = p->common > 0;
    for (size_t r = 0; r < LNTI_WEIGHTINGS; r++) {
      n[r] += w[r];
      answer[r] += (double)w[r] * p->answer;
      truth[r] += (double)w[r] * p->truth;
      common[r] += (double)w[r] * p->common;
      exact[r] += w[r] * is_exact;
      top[r] += w[r] * is_top;
    }
  }
  for (size_t r = 0; r < LNTI_WEIGHTINGS; r++) {
    value_out[LNTI_H_PRECISION * LNTI_WEIGHTINGS + r] = ratio(common[r], answer[r]);
    value_out[LNTI_H_RECALL * LNTI_WEIGHTINGS + r] = ratio(common[r], truth[r]);
    value_out[LNTI_H_F1 * LNTI_WEIGHTINGS + r] = ratio(2 * common[r], answer[r] + truth[r]);
    value_out[LNTI_H_EXACT * LNTI_WEIGHTINGS + r] = ratio(exact[r], n[r]);
    value_out[LNTI_H_TOP * LNTI_WEIGHTINGS + r] = ratio(top[r], n[r]);
    value_out[LNTI_H_DISTANCE * LNTI_WEIGHTINGS + r] = ratio(answer[r] + truth[r] - 2 * common[r], n[r]);
  }
}

static void fill_levels(lnti_hierarchy_evaluation *e, const hierarchy *h) {
  for (size_t v = 0; v < h->tree->n_nodes; v++) e->levels[h->tree->depth[v] - 1].n_nodes++;
  for (size_t i = 0; i < h->n; i++) {
    const paths *p = &h->paths[i];
    for (size_t d = 0; d < p->truth; d++) {
      e->levels[d].n++;
      e->levels[d].right += d < p->common;
    }
    if (p->common < p->truth) e->levels[p->common].wrong_here++;
    e->n_too_short += p->common == p->answer && p->answer < p->truth;
    e->n_too_long += p->common == p->truth && p->answer > p->truth;
  }
}

static void fill_backoff(lnti_hierarchy_evaluation *e, const hierarchy *h) {
  const size_t chunks = (h->n + ROWS_A_CHUNK - 1) / ROWS_A_CHUNK;
  for (size_t t = 0; t < LNTI_BACKOFF_POINTS; t++) {
    backoff_sums sum = {0};
    for (size_t c = 0; c < chunks; c++) {
      const backoff_sums *of = &h->sums[c * LNTI_BACKOFF_POINTS + t];
      sum.answered += of->answered;
      sum.full += of->full;
      sum.right += of->right;
      sum.depth += of->depth;
      sum.truth += of->truth;
      sum.common += of->common;
    }
    const double n = (double)h->n, answered = (double)sum.answered;
    e->backoff[t] = (lnti_backoff_point){
        .threshold = threshold_at(t),
        .coverage = answered / n,
        .full = (double)sum.full / n,
        .depth = ratio((double)sum.depth, answered),
        .accuracy = ratio((double)sum.right, answered),
        .h_f1 = sum.answered ? 2 * (double)sum.common / ((double)sum.depth + (double)sum.truth) : (double)NAN,
    };
  }
}

static lnt_status find_intervals(lnti_hierarchy_evaluation *e, const lnti_resampled *of,
                                 const lnti_evaluate_options *options, const lnti_context *context, lnt_error *err) {
  const size_t resamples = options->resamples;
  lnt_status status = lnti_alloc(&e->resample, resamples, LNTI_H_METRICS * sizeof *e->resample, err);
  if (!status) status = lnti_resample(e->resample, of, options, context, err);
  if (!status) e->resamples = options->resamples;
  for (size_t m = 0; m < LNTI_H_METRICS && !status; m++)
    status = lnti_resample_interval(e->ci95[m], e->resample + m * resamples, resamples, e->value[m], false, 0, 1, err);
  return status;
}

static lnt_status check_sizes(const lnti_class_tree *tree, size_t n, lnt_error *err) {
  if (n == 0) return lnti_fail(err, LNT_EINVAL, "there is nothing to evaluate: 0 items");
  if (n > LNTI_EVALUATE_ITEMS_MAX || tree->n_classes > LNTI_EVALUATE_ITEMS_MAX)
    return lnti_fail(err, LNT_ELIMIT, "%zu items of %zu classes: at most %d of each can be evaluated at once", n,
                     tree->n_classes, LNTI_EVALUATE_ITEMS_MAX);
  return LNT_OK;
}

lnt_status lnti_hierarchy_evaluation_new(lnti_hierarchy_evaluation **out, const lnti_class_tree *tree,
                                         const float *prob, const int32_t *label, size_t n,
                                         const lnti_evaluate_options *options, const lnti_context *context,
                                         lnt_error *err) {
  lnti_hierarchy_evaluation *e = NULL;
  hierarchy h = {tree, prob, label, n, NULL, NULL};
  const lnti_resampled of = {n, LNTI_H_METRICS, 0, measure, &h};
  const size_t chunks = (n + ROWS_A_CHUNK - 1) / ROWS_A_CHUNK;
  lnt_status status = check_sizes(tree, n, err);
  if (status) return status;
  assert(prob && label && options && context);
  status = lnti_alloc_zero(&e, 1, sizeof *e, err);
  if (status) return status;
  e->n = n;
  e->n_depth = tree->n_depth;
  for (size_t m = 0; m < LNTI_H_METRICS; m++) e->ci95[m][0] = e->ci95[m][1] = (double)NAN;
  status = lnti_alloc_zero(&e->levels, e->n_depth, sizeof *e->levels, err);
  if (!status) status = lnti_alloc(&h.paths, n, sizeof *h.paths, err);
  if (!status) status = lnti_alloc_zero(&h.sums, chunks, LNTI_BACKOFF_POINTS * sizeof *h.sums, err);
  if (!status) status = lnti_pool_for(context->pool, n, ROWS_A_CHUNK, answer_rows, &h, context->cancel, err);
  if (!status) status = lnti_measure_once(e->value, &of, err);
  if (!status) {
    fill_levels(e, &h);
    fill_backoff(e, &h);
    if (options->resamples > 0) status = find_intervals(e, &of, options, context, err);
  }
  if (!status) {
    *out = e;
    e = NULL;
  }
  lnti_hierarchy_evaluation_free(e);
  free(h.sums);
  free(h.paths);
  return status;
}

void lnti_hierarchy_evaluation_free(lnti_hierarchy_evaluation *evaluation) {
  if (evaluation == NULL) return;
  free(evaluation->resample);
  free(evaluation->levels);
  free(evaluation);
}

lnti_measures lnti_hierarchy_measures(const lnti_hierarchy_evaluation *e) {
  static const lnti_measure MEASURE[LNTI_H_METRICS] = {
      [LNTI_H_F1] =
          {"hierarchical_f1", "Hierarchical F1",
           "Right answers, where a near miss counts in part: the more of the way down the tree is right, the more "
           "it counts. 1 is perfect.",
           false, LNTI_SCALE_FIGURE},
      [LNTI_H_PRECISION] = {"hierarchical_precision", "Hierarchical precision",
                            "Of all the steps down the tree that the model takes, the share that is right.", false,
                            LNTI_SCALE_SHARE},
      [LNTI_H_RECALL] = {"hierarchical_recall", "Hierarchical recall",
                         "Of all the steps down the tree that should be taken, the share that the model takes.", false,
                         LNTI_SCALE_SHARE},
      [LNTI_H_EXACT] = {"exact_path", "Exact path",
                        "The share of images whose answer is right all the way down: the very class.", false,
                        LNTI_SCALE_SHARE},
      [LNTI_H_TOP] = {"top_level", "Right at the top",
                      "The share of images whose answer is at least in the right part of the tree, at its first level.",
                      false, LNTI_SCALE_SHARE},
      [LNTI_H_DISTANCE] =
          {"mean_distance", "Mean distance",
           "How many steps in the tree lie between the answer and the truth, on average: 0 is perfect, 2 is "
           "a sibling.",
           true, LNTI_SCALE_FIGURE},
  };
  if (!e) return lnti_measures_of(MEASURE, LNTI_H_METRICS, NULL, NULL, NULL, 0);
  return lnti_measures_of(MEASURE, LNTI_H_METRICS, e->value, (const double(*)[2])e->ci95, e->resample, e->resamples);
}
