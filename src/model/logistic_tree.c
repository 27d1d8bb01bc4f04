/*
 * Logistic regression over a tree of classes.
 *
 * Groups are independent fits. A group with many rows is fitted over all threads, one after another; those with few rows are
 * fitted beside each other, one thread each. A fit is the same on any number of threads, and so is the whole.
 */
#include <base/alloc.h>
#include <base/error.h>
#include <eval/class_tree.h>
#include <math.h>
#include <model/learners.h>
#include <model/logistic_tree.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MANY = 1024 /* from here on a fit has work for several threads */ };

struct lnti_logistic_tree {
  size_t n_nodes, n_classes, n_outputs, n_groups;
  int32_t *parent; /* [n_nodes] -1 at the top; parents before children */
  int32_t *output; /* [n_nodes] in its parent's group; -1: the only member */
  uint32_t *node;  /* [n_classes] */
  int32_t *stop;   /* [n_classes] output of stopping at its node; -1: that is all one can do */
  uint32_t *first; /* [n_groups + 1] outputs of group g: [first[g],first[g + 1]) */
  uint32_t *group; /* [n_outputs] */
};

void lnti_logistic_tree_free(lnti_logistic_tree *tree) {
  if (!tree) return;
  free(tree->group);
  free(tree->first);
  free(tree->stop);
  free(tree->node);
  free(tree->output);
  free(tree->parent);
  free(tree);
}

/* The next group, where there is something to choose: stopping, if `class_of` is a class, and the children. */
static void add_group(lnti_logistic_tree *t, int32_t class_of, size_t first_child, size_t n_children) {
  size_t members = n_children + (class_of >= 0);
  if (class_of >= 0) t->stop[class_of] = -1;
  for (size_t i = 0; i < n_children; i++) t->output[first_child + i] = -1;
  if (members < 2) return;
  t->first[t->n_groups] = (uint32_t)t->n_outputs;
  for (size_t i = 0; i < members; i++) t->group[t->n_outputs + i] = (uint32_t)t->n_groups;
  if (class_of >= 0) t->stop[class_of] = (int32_t)t->n_outputs++;
  for (size_t i = 0; i < n_children; i++) t->output[first_child + i] = (int32_t)t->n_outputs++;
  t->n_groups++;
}

lnt_status lnti_logistic_tree_new(lnti_logistic_tree **out, const lnti_class_tree *tree, lnt_error *err) {
  lnti_logistic_tree *t = NULL;
  size_t n = tree->n_nodes, k = tree->n_classes;
  lnt_status status = lnti_alloc_zero(&t, 1, sizeof *t, err);
  if (status != LNT_OK) return status;
  t->n_nodes = n;
  t->n_classes = k;
  status = lnti_alloc(&t->parent, n, sizeof *t->parent, err);
  if (status == LNT_OK) status = lnti_alloc(&t->output, n, sizeof *t->output, err);
  if (status == LNT_OK) status = lnti_alloc(&t->node, k, sizeof *t->node, err);
  if (status == LNT_OK) status = lnti_alloc(&t->stop, k, sizeof *t->stop, err);
  if (status == LNT_OK) status = lnti_alloc(&t->first, n + 2, sizeof *t->first, err);
  if (status == LNT_OK) status = lnti_alloc(&t->group, n + k, sizeof *t->group, err);
  if (status != LNT_OK) {
    lnti_logistic_tree_free(t);
    return status;
  }
  memcpy(t->parent, tree->parent, n * sizeof *t->parent);
  memcpy(t->node, tree->node, k * sizeof *t->node);
  add_group(t, -1, 0, tree->n_roots);
  for (size_t i = 0; i < n; i++) add_group(t, tree->class_of[i], tree->first_child[i], tree->n_children[i]);
  t->first[t->n_groups] = (uint32_t)t->n_outputs;
  *out = t;
  return LNT_OK;
}

size_t lnti_logistic_tree_outputs(const lnti_logistic_tree *tree) {
  return tree->n_outputs;
}

size_t lnti_logistic_tree_scratch(const lnti_logistic_tree *tree) {
  return tree->n_nodes;
}

/* ---- scoring ---- */

/* z [n] to the logs of its softmax. */
static void log_softmax(float *z, size_t n) {
  float most = z[0];
  for (size_t i = 1; i < n; i++) most = z[i] > most ? z[i] : most;
  double sum = exp((double)z[0] - (double)most);
  for (size_t i = 1; i < n; i++) sum += exp((double)z[i] - (double)most);
  double log_sum = (double)most + log(sum);
  for (size_t i = 0; i < n; i++) z[i] = (float)((double)z[i] - log_sum);
}

void lnti_logistic_tree_score(float *score, float *z, double *scratch, const lnti_logistic_tree *tree) {
  for (size_t g = 0; g < tree->n_groups; g++) log_softmax(z + tree->first[g], tree->first[g + 1] - tree->first[g]);
  for (size_t i = 0; i < tree->n_nodes; i++) {
    scratch[i] = tree->parent[i] < 0 ? 0 : scratch[tree->parent[i]];
    if (tree->output[i] >= 0) scratch[i] += (double)z[tree->output[i]];
  }
  for (size_t c = 0; c < tree->n_classes; c++) {
    double p = scratch[tree->node[c]];
    if (tree->stop[c] >= 0) p += (double)z[tree->stop[c]];
    score[c] = (float)p;
  }
}

/* ---- fitting ---- */

/* All groups' rows, one group after another. */
typedef struct fitting {
  const lnti_logistic_tree *tree;
  const lnti_problem *problem;
  const lnti_params *params;
  const lnti_logistic_fitted *warm;
  const lnti_context *context;
  float *own;
  size_t *begin;           /* [n_groups + 1] rows of group g: [begin[g],begin[g + 1]) of the next two */
  uint32_t *row;           /* in order within a group */
  int32_t *label;          /* output of the member that the row is of, less the group's first */
  uint32_t *small;         /* [n_small] groups with few rows */
  lnti_fit_report *report; /* [n_groups] */
  size_t n_small;
} fitting;

static void fitting_clear(fitting *f) {
  free(f->report);
  free(f->small);
  free(f->label);
  free(f->row);
  free(f->begin);
}

/* Calls for each output along the path to a class; with begin alone counts, with rows places. */
static void walk(fitting *f, size_t *at, size_t class, uint32_t row) {
  const lnti_logistic_tree *t = f->tree;
  int32_t output = t->stop[class];
  for (int32_t node = (int32_t)t->node[class];; node = t->parent[node]) {
    if (output >= 0) {
      uint32_t g = t->group[output];
      if (f->row) {
        f->row[at[g]] = row;
        f->label[at[g]] = output - (int32_t)t->first[g];
      }
      at[g]++;
    }
    if (node < 0) return;
    output = t->output[node];
  }
}

/* Deals the rows to the groups. */
static lnt_status deal_rows(fitting *f, lnt_error *err) {
  const lnti_problem *problem = f->problem;
  size_t n = problem->x.n, n_groups = f->tree->n_groups;
  size_t *at = NULL; /* [n_groups] */
  lnt_status status = lnti_alloc_zero(&f->begin, n_groups + 1, sizeof *f->begin, err);
  if (status == LNT_OK) status = lnti_alloc(&at, n_groups, sizeof *at, err);
  if (status == LNT_OK) {
    for (size_t i = 0; i < n; i++) walk(f, f->begin + 1, (size_t)problem->label[i], 0);
    for (size_t g = 0; g < n_groups; g++) f->begin[g + 1] += f->begin[g];
    memcpy(at, f->begin, n_groups * sizeof *at);
    uint32_t *row = NULL;
    status = lnti_alloc(&f->label, f->begin[n_groups], sizeof *f->label, err);
    if (status == LNT_OK) status = lnti_alloc(&row, f->begin[n_groups], sizeof *row, err);
    f->row = row;
  }
  for (size_t i = 0; i < n && status == LNT_OK; i++) walk(f, at, (size_t)problem->label[i], (uint32_t)i);
  free(at);
  return status;
}

/* Mean weight of the rows of each member, by their classes' weights; NULL where there are none. */
static lnt_status member_weights(double **out, const fitting *f, size_t g, lnt_error *err) {
  size_t k = f->tree->first[g + 1] - f->tree->first[g];
  double *sum = NULL; /* [k,2] weights and rows */
  if (!f->problem->weight) return LNT_OK;
  lnt_status status = lnti_alloc_zero(&sum, k, 2 * sizeof *sum, err);
  if (status != LNT_OK) return status;
  for (size_t i = f->begin[g]; i < f->begin[g + 1]; i++) {
    sum[f->label[i]] += f->problem->weight[f->problem->label[f->row[i]]];
    sum[k + (size_t)f->label[i]] += 1;
  }
  for (size_t c = 0; c < k; c++) sum[c] = sum[k + c] > 0 ? sum[c] / sum[k + c] : 1;
  *out = sum;
  return LNT_OK;
}

/* The group's rows, as a view of all of them or copied to *own_out. */
static lnt_status group_rows(lnti_matrix *out, void **own_out, const fitting *f, size_t g, lnt_error *err) {
  const lnti_matrix *x = &f->problem->x;
  size_t n = f->begin[g + 1] - f->begin[g], bytes = x->d * lnti_dtype_bytes(x->dtype);
  *out = *x;
  if (n == x->n) return LNT_OK;
  lnt_status status = lnti_alloc_aligned(own_out, n, bytes, err);
  if (status != LNT_OK) return status;
  for (size_t i = 0; i < n; i++)
    memcpy((char *)*own_out + i * bytes, lnti_matrix_row(x, f->row[f->begin[g] + i]), bytes);
  *out = lnti_matrix_of(*own_out, n, x->d, x->dtype);
  return LNT_OK;
}

/* Where at most one member has rows: that one, and of none all alike. */
static bool settle(float *bias, const fitting *f, size_t g) {
  size_t begin = f->begin[g], end = f->begin[g + 1], k = f->tree->first[g + 1] - f->tree->first[g];
  for (size_t i = begin; i < end; i++)
    if (f->label[i] != f->label[begin]) return false;
  for (size_t c = 0; c < k && begin < end; c++) bias[c] = (size_t)f->label[begin] == c ? 0 : LNTI_LOGISTIC_ABSENT;
  return true;
}

static lnt_status fit_group(const fitting *f, size_t g, const lnti_context *context, lnt_error *err) {
  const lnti_logistic_tree *t = f->tree;
  size_t d = f->problem->x.d, first = t->first[g], k = t->first[g + 1] - first;
  float *weight = f->own + first * d, *bias = f->own + t->n_outputs * d + first;
  void *rows = NULL;
  double *weights = NULL;
  lnti_fitted *fitted = NULL;
  if (settle(bias, f, g)) return LNT_OK;
  lnti_logistic_fitted warm;
  lnti_problem problem = {
      .label = f->label + f->begin[g], .n_classes = k, .seed = f->problem->seed, .task = LNTI_MULTICLASS};
  if (f->warm) {
    warm = (lnti_logistic_fitted){.weight = f->warm->weight + first * d, .bias = f->warm->bias + first, .n_outputs = k};
    lnti_problem about = {.x = f->problem->x, .n_classes = k};
    lnti_fitted_begin(&warm.base, &lnti_learner_logistic, &about, f->params);
    problem.warm_start = &warm.base;
  }
  lnt_status status = group_rows(&problem.x, &rows, f, g, err);
  if (status == LNT_OK) status = member_weights(&weights, f, g, err);
  problem.weight = weights;
  if (status == LNT_OK) status = lnti_learner_logistic.fit(&fitted, &f->report[g], &problem, f->params, context, err);
  if (status == LNT_OK) {
    const lnti_logistic_fitted *flat = (const lnti_logistic_fitted *)fitted;
    memcpy(weight, flat->weight, k * d * sizeof *weight);
    memcpy(bias, flat->bias, k * sizeof *bias);
  }
  lnti_fitted_free(fitted);
  free(weights);
  free(rows);
  return status;
}

static lnt_status fit_small(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  const fitting *f = payload;
  lnti_context alone = *f->context;
  alone.pool = NULL;
  (void)worker;
  for (size_t i = begin; i < end; i++) {
    lnt_status status = fit_group(f, f->small[i], &alone, err);
    if (status != LNT_OK) return status;
  }
  return LNT_OK;
}

/* The loss is that of the whole path, a row. */
static void sum_up(lnti_fit_report *out, const fitting *f) {
  size_t stopped = 0;
  *out = (lnti_fit_report){0};
  for (size_t g = 0; g < f->tree->n_groups; g++) {
    const lnti_fit_report *r = &f->report[g];
    out->loss += r->loss * (double)(f->begin[g + 1] - f->begin[g]) / (double)f->problem->x.n;
    if (r->iterations > out->iterations) out->iterations = r->iterations;
    stopped += r->note[0] != '\0';
  }
  if (stopped)
    snprintf(out->note, sizeof out->note, "%zu of %zu choices stopped before converging: raise max_iter or tol",
             stopped, f->tree->n_groups);
}

lnt_status lnti_logistic_tree_fit(float *own, lnti_fit_report *report_out, const lnti_logistic_tree *tree,
                                  const lnti_problem *problem, const lnti_params *params,
                                  const lnti_logistic_fitted *warm, const lnti_context *context, lnt_error *err) {
  fitting f = {.tree = tree, .problem = problem, .params = params, .warm = warm, .context = context, .own = own};
  if (problem->x.n > UINT32_MAX)
    return lnti_fail(err, LNT_ELIMIT, "%zu rows; a tree of classes is learned from %u at most", problem->x.n,
                     (unsigned)UINT32_MAX);
  lnt_status status = deal_rows(&f, err);
  if (status == LNT_OK) status = lnti_alloc(&f.small, tree->n_groups, sizeof *f.small, err);
  if (status == LNT_OK) status = lnti_alloc_zero(&f.report, tree->n_groups, sizeof *f.report, err);
  for (size_t g = 0; g < tree->n_groups && status == LNT_OK; g++) {
    if (f.begin[g + 1] - f.begin[g] >= ROWS_MANY)
      status = fit_group(&f, g, context, err);
    else
      f.small[f.n_small++] = (uint32_t)g;
  }
  if (status == LNT_OK) status = lnti_pool_for(context->pool, f.n_small, 1, fit_small, &f, context->cancel, err);
  if (status == LNT_OK) sum_up(report_out, &f);
  fitting_clear(&f);
  return status;
}
