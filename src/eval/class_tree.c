/*
 * The tree of classes: a trie of the parts of the ids, then numbered level by level.
 *
 * Nodes are found by (parent, part), so that an id costs its length and not its length times its depth.
 */
#include <base/alloc.h>
#include <base/error.h>
#include <base/hash.h>
#include <eval/class_tree.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { IDS_BYTES_MAX = 1 << 28, NONE = LNTI_CLASS_TREE_NONE };

/* A node in the order in which ids name them. */
typedef struct named {
  int32_t parent, class_of;
  uint32_t depth, n_children, number; /* number: in the tree that comes out */
  size_t class, end;                  /* its id is the first `end` bytes of that class's */
} named;

typedef struct naming {
  const char *const *ids;
  named *node;
  size_t n, capacity;
  uint32_t *slot; /* [n_slots] a node + 1; a power of two */
  size_t n_slots;
  size_t id_bytes; /* of the ids of all nodes, with their ends */
} naming;

/* Where the part that ends at `end` begins. */
static size_t part_of(const naming *t, const named *node) {
  return node->parent == NONE ? 0 : t->node[node->parent].end + 1;
}

static size_t slot_of(const naming *t, int32_t parent, const char *part, size_t n) {
  size_t at = (size_t)lnti_hash_table(part, n, (uint64_t)((int64_t)parent + 1)) & (t->n_slots - 1);
  for (; t->slot[at] != 0; at = (at + 1) & (t->n_slots - 1)) {
    assert(t->node); /* a slot that is taken is a node's */
    const named *node = &t->node[t->slot[at] - 1];
    size_t begin = part_of(t, node);
    if (node->parent == parent && node->end - begin == n && memcmp(t->ids[node->class] + begin, part, n) == 0) break;
  }
  return at;
}

/* Twice the slots, once half of them are taken. */
static lnt_status make_slots(naming *t, lnt_error *err) {
  if (2 * (t->n + 1) <= t->n_slots) return LNT_OK;
  uint32_t *slot = NULL;
  size_t n_slots = t->n_slots ? 2 * t->n_slots : 64;
  lnt_status status = lnti_alloc_zero(&slot, n_slots, sizeof *slot, err);
  if (status) return status;
  free(t->slot);
  t->slot = slot;
  t->n_slots = n_slots;
  for (size_t i = 0; i < t->n; i++) {
    const named *node = &t->node[i];
    size_t begin = part_of(t, node);
    t->slot[slot_of(t, node->parent, t->ids[node->class] + begin, node->end - begin)] = (uint32_t)i + 1;
  }
  return LNT_OK;
}

/* The node of the part [begin, end) of a class's id under *parent, made where it is new; into *parent. */
static lnt_status step_down(int32_t *parent, naming *t, size_t class, size_t begin, size_t end, lnt_error *err) {
  const char *id = t->ids[class];
  if (end == begin) return lnti_fail(err, LNT_EDATA, "class \"%.200s\": an empty part of the path", id);
  lnt_status status = make_slots(t, err);
  if (status) return status;
  size_t at = slot_of(t, *parent, id + begin, end - begin);
  if (t->slot[at] == 0) {
    t->id_bytes += end + 1;
    if (t->n >= LNTI_CLASS_TREE_NODES_MAX || t->id_bytes > IDS_BYTES_MAX)
      return lnti_fail(err, LNT_ELIMIT, "the tree of classes is too large: more than %d nodes, or than %d bytes of ids",
                       LNTI_CLASS_TREE_NODES_MAX, IDS_BYTES_MAX);
    status = lnti_grow(&t->node, &t->capacity, t->n + 1, sizeof *t->node, err);
    if (status) return status;
    uint32_t depth = *parent == NONE ? 1 : t->node[*parent].depth + 1;
    if (*parent != NONE) t->node[*parent].n_children++;
    t->node[t->n] = (named){*parent, NONE, depth, 0, 0, class, end};
    t->slot[at] = (uint32_t)++t->n;
  }
  *parent = (int32_t)t->slot[at] - 1;
  return LNT_OK;
}

static lnt_status name_class(naming *t, size_t class, lnt_error *err) {
  const char *id = t->ids[class];
  int32_t node = NONE;
  size_t begin = 0, end = 0;
  do {
    end = begin + strcspn(id + begin, "/");
    lnt_status status = step_down(&node, t, class, begin, end, err);
    if (status) return status;
    begin = end + 1;
  } while (id[end] != '\0');
  assert(t->node); /* an id has at least one part */
  if (t->node[node].class_of != NONE) return lnti_fail(err, LNT_EDATA, "the class \"%.200s\" is there twice", id);
  t->node[node].class_of = (int32_t) class;
  return LNT_OK;
}

static lnt_status allocate(lnti_class_tree *tree, size_t id_bytes, lnt_error *err) {
  size_t n = tree->n_nodes;
  lnt_status status = lnti_alloc(&tree->parent, n, sizeof *tree->parent, err);
  if (!status) status = lnti_alloc(&tree->depth, n, sizeof *tree->depth, err);
  if (!status) status = lnti_alloc_zero(&tree->first_child, n, sizeof *tree->first_child, err);
  if (!status) status = lnti_alloc(&tree->n_children, n, sizeof *tree->n_children, err);
  if (!status) status = lnti_alloc(&tree->class_of, n, sizeof *tree->class_of, err);
  if (!status) status = lnti_alloc(&tree->node, tree->n_classes, sizeof *tree->node, err);
  if (!status) status = lnti_alloc(&tree->id, n, sizeof *tree->id, err);
  if (!status) status = lnti_alloc(&tree->id_text, id_bytes, sizeof *tree->id_text, err);
  return status;
}

/* Gives each node its number: `order` [n] becomes the named nodes level by level, the children of one together. A node's
 * children are placed when their parent is: what is in `order` is a queue. */
static void number_nodes(naming *t, uint32_t *order, uint32_t *next_child, uint32_t *first_named_child,
                         uint32_t *next_sibling, lnti_class_tree *tree) {
  size_t n = 0;
  for (size_t i = t->n; i-- > 0;) { /* backwards: lists in the order of the ids */
    uint32_t *head = t->node[i].parent == NONE ? next_child : &first_named_child[t->node[i].parent];
    next_sibling[i] = *head;
    *head = (uint32_t)i + 1;
  }
  for (uint32_t i = *next_child; i != 0; i = next_sibling[i - 1]) order[n++] = i - 1;
  tree->n_roots = n;
  for (size_t at = 0; at < n; at++) {
    t->node[order[at]].number = (uint32_t)at;
    if (t->node[order[at]].n_children > 0) tree->first_child[at] = (uint32_t)n;
    for (uint32_t i = first_named_child[order[at]]; i != 0; i = next_sibling[i - 1]) order[n++] = i - 1;
  }
  assert(n == t->n);
}

static void fill(lnti_class_tree *tree, const naming *t, const uint32_t *order) {
  char *text = tree->id_text;
  for (size_t at = 0; at < tree->n_nodes; at++) {
    const named *node = &t->node[order[at]];
    tree->parent[at] = node->parent == NONE ? NONE : (int32_t)t->node[node->parent].number;
    tree->depth[at] = node->depth;
    tree->n_children[at] = node->n_children;
    tree->class_of[at] = node->class_of;
    tree->id[at] = text;
    memcpy(text, t->ids[node->class], node->end);
    text[node->end] = '\0';
    text += node->end + 1;
    if (node->class_of != NONE) tree->node[node->class_of] = (uint32_t)at;
  }
  tree->n_depth = tree->depth[tree->n_nodes - 1];
}

static lnt_status number_tree(lnti_class_tree *tree, naming *t, lnt_error *err) {
  uint32_t *order = NULL, *list = NULL, first_root = 0;
  lnt_status status = lnti_alloc(&order, t->n, sizeof *order, err);
  if (!status) status = lnti_alloc_zero(&list, t->n, 2 * sizeof *list, err);
  if (!status) {
    number_nodes(t, order, &first_root, list, list + t->n, tree);
    fill(tree, t, order);
  }
  free(list);
  free(order);
  return status;
}

lnt_status lnti_class_tree_new(lnti_class_tree **out, const char *const *ids, size_t n_classes, lnt_error *err) {
  naming t = {.ids = ids};
  lnti_class_tree *tree = NULL;
  lnt_status status = LNT_OK;
  if (n_classes == 0) return lnti_fail(err, LNT_EINVAL, "there is no tree of 0 classes");
  for (size_t c = 0; c < n_classes && !status; c++) status = name_class(&t, c, err);
  if (!status) status = lnti_alloc_zero(&tree, 1, sizeof *tree, err);
  if (!status) {
    tree->n_nodes = t.n;
    tree->n_classes = n_classes;
    status = allocate(tree, t.id_bytes, err);
  }
  if (!status) status = number_tree(tree, &t, err);
  if (!status) {
    *out = tree;
    tree = NULL;
  }
  lnti_class_tree_free(tree);
  free(t.slot);
  free(t.node);
  return status;
}

void lnti_class_tree_free(lnti_class_tree *tree) {
  if (tree == NULL) return;
  free(tree->id_text);
  free(tree->id);
  free(tree->node);
  free(tree->class_of);
  free(tree->n_children);
  free(tree->first_child);
  free(tree->depth);
  free(tree->parent);
  free(tree);
}

bool lnti_class_tree_is_flat(const lnti_class_tree *tree) {
  return tree->n_depth == 1;
}

int32_t lnti_class_tree_common(const lnti_class_tree *tree, size_t a, size_t b) {
  int32_t x = (int32_t)a, y = (int32_t)b;
  while (x != y && x != NONE && y != NONE) { /* a parent's number is below its children's */
    if (x > y) {
      x = tree->parent[x];
    } else {
      y = tree->parent[y];
    }
  }
  return x == y ? x : NONE;
}

void lnti_class_tree_mass(double *mass_out, const lnti_class_tree *tree, const float *prob) {
  for (size_t v = 0; v < tree->n_nodes; v++)
    mass_out[v] = tree->class_of[v] == NONE ? 0 : (double)prob[tree->class_of[v]];
  for (size_t v = tree->n_nodes; v-- > 0;) {
    if (tree->parent[v] != NONE) mass_out[tree->parent[v]] += mass_out[v];
  }
}
