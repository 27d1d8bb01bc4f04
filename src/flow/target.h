/**
 * @file target.h
 * Targets: the question that a model learns, and the items that have an answer to it. Shared by split, train and
 * evaluate.
 */
#ifndef LNTI_FLOW_TARGET_H
#define LNTI_FLOW_TARGET_H

#include <flow/extract.h>
#include <model/model.h>

/**
 * The question of a path; NULL: the only question of type radio or tree that has answers.
 * @return LNT_OK; LNT_ENOTFOUND; LNT_EINVAL (several questions have answers: lists them; or type number or checklist).
 */
LNT_MUST_CHECK lnt_status lnti_target_find(size_t *question_out, lnti_project *project, const lnti_ontology *ontology,
                                           const char *path, lnt_error *err);

/** How many questions of type radio or tree have answers. */
LNT_MUST_CHECK lnt_status lnti_target_count(size_t *n_out, lnti_project *project, const lnti_ontology *ontology,
                                            lnt_error *err);

/** Images with a current answer to a question: their own, or where they have none that of their group. */
typedef struct lnti_labelled {
  lnti_extract_items items;
  size_t *option;    /**< [items.n] index of the answered option in the ontology */
  char (*split)[16]; /**< [items.n] name of the split, cut at 15 bytes; only with `split` NULL */
  size_t option_capacity, split_capacity;
} lnti_labelled;

/** In order of id. @param split  NULL: any. "Unsure" and "none of these" are no labels and are left out. */
LNT_MUST_CHECK lnt_status lnti_labelled_load(lnti_labelled *out, lnti_project *project, lnti_ontology *ontology,
                                             size_t question, const char *split, lnt_error *err);
void lnti_labelled_clear(lnti_labelled *labelled);
/** Keeps the items for which keep[i] is true. */
void lnti_labelled_keep(lnti_labelled *labelled, const bool *keep);

/** Fills in the classes of a model that learns these options: [n] option, indices in the ontology. A class is called by its
 *  title, or by the titles from the top where another class has the same. On failure they are half filled in. */
LNT_MUST_CHECK lnt_status lnti_target_classes(lnt_model *model, lnti_ontology *ontology, const size_t *option, size_t n,
                                              lnt_error *err);

#endif
