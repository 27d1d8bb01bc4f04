/*
 * The probability of a node is the sum of those of its classes, for hierarchical and for flat models alike, so both back off by
 * the same rule.
 */
#include <flow/predict/decision.h>

#include <base/alloc.h>
#include <base/error.h>
#include <base/text.h>
#include <eval/class_tree.h>
#include <math/topk.h>
#include <stdlib.h>
#include <string.h>

struct lnti_decider {
  const lnt_model *model;
  double min;
  double least;          /**< that, as probabilities are kept: one that is written the same is enough */
  lnti_class_tree *tree; /* NULL: the classes form none */
  const char **title;    /* [n_nodes] */
  double *mass;          /* [n_nodes] scratch */
  lnti_decided *level;   /* [n_depth], or one */
};

/* A node's title: the class's; what the model says of it; the last part of its id. */
static void find_titles(lnti_decider *d) {
  const lnti_class_tree *tree = d->tree;
  for (size_t v = 0; v < tree->n_nodes; v++) {
    const char *cut = strrchr(tree->id[v], '/');
    d->title[v] = cut ? cut + 1 : tree->id[v];
    if (tree->class_of[v] != LNTI_CLASS_TREE_NONE) d->title[v] = d->model->classes[tree->class_of[v]].title;
  }
}

typedef struct named_node {
  const char *id, *title;
} named_node;

static int compare_named(const void *a, const void *b) {
  return strcmp(((const named_node *)a)->id, ((const named_node *)b)->id);
}

static lnt_status read_node_titles(lnti_decider *d, lnt_error *err) {
  const lnt_model *model = d->model;
  named_node *known = NULL;
  if (model->n_nodes == 0) return LNT_OK;
  lnt_status status = lnti_alloc(&known, model->n_nodes, sizeof *known, err);
  if (status) return status;
  for (size_t i = 0; i < model->n_nodes; i++) known[i] = (named_node){model->nodes[i].id, model->nodes[i].title};
  qsort(known, model->n_nodes, sizeof *known, compare_named);
  for (size_t v = 0; v < d->tree->n_nodes; v++) {
    const named_node key = {d->tree->id[v], NULL};
    if (d->tree->class_of[v] != LNTI_CLASS_TREE_NONE) continue;
    const named_node *found = bsearch(&key, known, model->n_nodes, sizeof *known, compare_named);
    if (found) d->title[v] = found->title;
  }
  free(known);
  return LNT_OK;
}

static lnt_status make_tree(lnti_decider *d, lnt_error *err) {
  const lnt_model *model = d->model;
  const char **ids = NULL;
  lnt_error no_tree = LNT_ERROR_INIT;
  lnt_status status = lnti_alloc(&ids, model->n_classes, sizeof *ids, err);
  if (status) return status;
  for (size_t c = 0; c < model->n_classes; c++) ids[c] = model->classes[c].id;
  status = lnti_class_tree_new(&d->tree, ids, model->n_classes, &no_tree);
  free(ids);
  if (status == LNT_EDATA) return LNT_OK; /* a backbone's own names */
  if (status) return lnti_fail(err, status, "%s", no_tree.message);
  if (lnti_class_tree_is_flat(d->tree)) {
    lnti_class_tree_free(d->tree);
    d->tree = NULL;
    return LNT_OK;
  }
  status = lnti_alloc(&d->title, d->tree->n_nodes, sizeof *d->title, err);
  if (!status) status = lnti_alloc(&d->mass, d->tree->n_nodes, sizeof *d->mass, err);
  if (status) return status;
  find_titles(d);
  return read_node_titles(d, err);
}

lnt_status lnti_decider_new(lnti_decider **out, const lnt_model *model, double min_confidence, lnt_error *err) {
  lnti_decider *d = NULL;
  if (model->task == LNTI_REGRESSION)
    return lnti_fail(err, LNT_EINVAL,
                     "the model answers with a number, which has no confidence, but (with --json) an interval: leave "
                     "out --min-confidence");
  if (model->task == LNTI_MULTILABEL)
    return lnti_fail(
        err, LNT_EINVAL,
        "the model tells of each label by itself whether it applies, by a threshold that training chose: leave "
        "out --min-confidence; --proba has the probabilities");
  lnt_status status = lnti_alloc_zero(&d, 1, sizeof *d, err);
  if (status) return status;
  d->model = model;
  d->min = min_confidence;
  d->least = (double)(float)min_confidence;
  status = make_tree(d, err);
  if (!status) status = lnti_alloc(&d->level, d->tree ? d->tree->n_depth : 1, sizeof *d->level, err);
  if (status) {
    lnti_decider_free(d);
    return status;
  }
  *out = d;
  return LNT_OK;
}

void lnti_decider_free(lnti_decider *decider) {
  if (!decider) return;
  lnti_class_tree_free(decider->tree);
  free(decider->title);
  free(decider->mass);
  free(decider->level);
  free(decider);
}

/* The deepest node that reaches the confidence; LNTI_CLASS_TREE_NONE: none at the top does. */
static int32_t go_down(const lnti_decider *d) {
  const lnti_class_tree *tree = d->tree;
  int32_t node = LNTI_CLASS_TREE_NONE;
  size_t first = 0, n = tree->n_roots;
  while (n > 0) {
    size_t best = first;
    for (size_t v = first + 1; v < first + n; v++) best = d->mass[v] > d->mass[best] ? v : best;
    if (d->mass[best] < d->least) break;
    node = (int32_t)best;
    first = tree->first_child[best];
    n = tree->n_children[best];
  }
  return node;
}

static void tell_path(lnti_decision *out, const lnti_decider *d, int32_t node) {
  const lnti_class_tree *tree = d->tree;
  out->n = tree->depth[node];
  for (size_t at = out->n; at-- > 0; node = tree->parent[node])
    d->level[at] = (lnti_decided){tree->id[node], d->title[node], d->mass[node]};
}

void lnti_decide(lnti_decision *out, lnti_decider *d, const float *prob) {
  const lnt_model *model = d->model;
  const lnti_class_tree *tree = d->tree;
  size_t top = lnti_argmax(prob, model->n_classes);
  lnti_decision decision = {.sure = (double)prob[top] >= d->least, .level = d->level, .p = (double)prob[top]};
  if (!tree) {
    decision.number = decision.sure ? top : model->n_classes;
    decision.n = decision.sure ? 1 : 0;
    d->level[0] = (lnti_decided){model->classes[top].id, model->classes[top].title, decision.p};
    *out = decision;
    return;
  }
  lnti_class_tree_mass(d->mass, tree, prob);
  if (decision.sure) {
    tell_path(&decision, d, (int32_t)tree->node[top]);
    decision.number = top;
  } else {
    int32_t node = go_down(d);
    decision.sure = node != LNTI_CLASS_TREE_NONE;
    decision.number = model->n_classes + tree->n_nodes;
    if (decision.sure) {
      tell_path(&decision, d, node);
      decision.p = d->mass[node];
      decision.number =
          tree->class_of[node] != LNTI_CLASS_TREE_NONE ? (size_t)tree->class_of[node] : model->n_classes + (size_t)node;
    }
  }
  *out = decision;
}

const char *const *lnti_decider_nodes(size_t *n_out, const lnti_decider *decider) {
  *n_out = decider->tree ? decider->tree->n_nodes : 0;
  return decider->tree ? decider->tree->id : NULL;
}

size_t lnti_decider_columns(const lnti_decider *decider) {
  const lnti_class_tree *tree = decider->tree;
  size_t widest = strlen("(unsure: at most 99.9 %)");
  for (size_t v = 0; tree && v < tree->n_nodes; v++) {
    size_t columns = 0;
    for (int32_t node = (int32_t)v; node != LNTI_CLASS_TREE_NONE; node = tree->parent[node]) {
      columns += lnti_utf8_columns(decider->title[node], strlen(decider->title[node])) + strlen(" 100.0 %");
      if (tree->parent[node] != LNTI_CLASS_TREE_NONE) columns += strlen(" > ");
    }
    if (columns > widest) widest = columns;
  }
  return widest;
}

double lnti_decider_min(const lnti_decider *decider) {
  return decider->min;
}
