/**
 * @file class_tree.h
 * The tree that classes form by their ids: "fruit/apple/fuji" lies under "fruit/apple", which lies under "fruit". Made of
 * the ids alone, so that learners, measures and predictions see the same one.
 */
#ifndef LNTI_EVAL_CLASS_TREE_H
#define LNTI_EVAL_CLASS_TREE_H

#include <linnet/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LNTI_CLASS_TREE_NODES_MAX = 1 << 24, LNTI_CLASS_TREE_NONE = -1 };

/**
 * Every prefix of an id that ends before a '/' or with it is a node. Nodes are numbered level by level; within a level the
 * children of one parent stand together, in the order in which the ids first name them. So parents come before their
 * children: a pass backwards sums upwards, a pass forwards carries downwards. Several nodes may be at the top. A class may be an inner
 * node, where an answer stops.
 */
typedef struct lnti_class_tree {
  size_t n_nodes, n_classes;
  size_t n_roots;        /**< nodes at the top: the first ones */
  size_t n_depth;        /**< levels: the greatest of `depth` */
  int32_t *parent;       /**< [n_nodes] LNTI_CLASS_TREE_NONE at the top */
  uint32_t *depth;       /**< [n_nodes] 1 at the top */
  uint32_t *first_child; /**< [n_nodes] its children are [first_child, first_child + n_children) */
  uint32_t *n_children;  /**< [n_nodes] 0 of a leaf */
  int32_t *class_of;     /**< [n_nodes] the class that stops there; LNTI_CLASS_TREE_NONE where none does */
  uint32_t *node;        /**< [n_classes] where each class stops */
  const char **id;       /**< [n_nodes] its path: "fruit/apple" */
  char *id_text;         /**< where these are */
} lnti_class_tree;

/**
 * @param ids  [n_classes] paths with '/' between their parts; copied
 * @return LNT_OK; LNT_EINVAL (no classes); LNT_EDATA (an empty part, as in "a//b"; the same id twice); LNT_ELIMIT (more than
 *         LNTI_CLASS_TREE_NODES_MAX nodes, or ids that take more than 256 MiB written out for each node); LNT_ENOMEM.
 * O(length of the ids of all nodes).
 */
LNT_MUST_CHECK lnt_status lnti_class_tree_new(lnti_class_tree **out, const char *const *ids, size_t n_classes,
                                              lnt_error *err);
void lnti_class_tree_free(lnti_class_tree *tree);

/** Whether no class lies below another and all are at the top: a tree that says nothing. */
bool lnti_class_tree_is_flat(const lnti_class_tree *tree);

/** The deepest node that is both or above both; LNTI_CLASS_TREE_NONE where they lie under different tops. O(depth). */
int32_t lnti_class_tree_common(const lnti_class_tree *tree, size_t a, size_t b);

/** The probability of each node: that of the classes at it and below it. @param mass_out [n_nodes]
 *  @param prob [n_classes] */
void lnti_class_tree_mass(double *mass_out, const lnti_class_tree *tree, const float *prob);

#endif
