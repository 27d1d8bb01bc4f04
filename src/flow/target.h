/**
 * @file target.h
 * Targets: the question that a model learns, and the items that have an answer to it. Shared by split, train and
 * evaluate.
 */
#ifndef LNTI_FLOW_TARGET_H
#define LNTI_FLOW_TARGET_H

#include <flow/extract/extract.h>
#include <flow/snapshot/snapshot_read.h>
#include <model/model.h>

/** A question and how it is learned. */
typedef struct lnti_target {
  size_t question;
  lnti_task task; /**< LNTI_HIERARCHICAL of a radio: with the one radio or tree that is asked after an option, and so on
                   *   down, as one tree. An option after which several are asked has nothing below it there */
} lnti_target;

/** The task of a question as it is usually learned: radio and tree LNTI_MULTICLASS, checklist LNTI_MULTILABEL, number
 *  LNTI_REGRESSION; 0: text and rank, which are no targets. */
lnti_task lnti_target_task(const lnti_question *question);

/**
 * The question of a path; NULL: the only question of type radio or tree that has answers, or where none of these has, the
 * only checklist or number.
 * @return LNT_OK; LNT_ENOTFOUND; LNT_EINVAL (several questions have answers: lists them; or type text or rank: says what
 *         can be learned).
 */
LNT_MUST_CHECK lnt_status lnti_target_find(size_t *question_out, lnti_project *project, const lnti_ontology *ontology,
                                           const char *path, lnt_error *err);

/** As that, by the answers in a snapshot (NULL: as they are), in its own ontology with its ids of rows. */
LNT_MUST_CHECK lnt_status lnti_target_find_of(size_t *question_out, const lnti_snapshot *snapshot,
                                              lnti_project *project, const lnti_ontology *ontology, const char *path,
                                              lnt_error *err);

/** What could be meant where no target is named. */
typedef struct lnti_target_meant {
  size_t n; /**< questions with answers, of type radio or tree, or where there are none, checklist or number */
  size_t
      yes_only; /**< that question, where it is one alone and a checklist of which nothing is answered with no; LNTI_NONE */
} lnti_target_meant;
LNT_MUST_CHECK lnt_status lnti_target_find_meant(lnti_target_meant *out, lnti_project *project,
                                                 const lnti_ontology *ontology, lnt_error *err);

/** Options that may be classes or labels of a target, in document order; retired ones left out. free() *out. None of a
 *  number. */
LNT_MUST_CHECK lnt_status lnti_target_options(size_t **out, size_t *n_out, const lnti_ontology *ontology,
                                              const lnti_target *target, lnt_error *err);
/** The class id of an option: its path in its question, below those of the options that its question hangs on, down from
 *  `target`'s question. Appended to `out`. */
LNT_MUST_CHECK lnt_status lnti_target_class_id(lnti_text *out, const lnti_ontology *ontology, const lnti_target *target,
                                               size_t option, lnt_error *err);

/** Images with a current answer to a question: their own, or where they have none that of their group. */
typedef struct lnti_labelled {
  lnti_task task;
  lnti_extract_items items;
  size_t *option;    /**< [items.n] index of the answered option in the ontology; of classes */
  double *value;     /**< [items.n] of LNTI_REGRESSION */
  int8_t *yes;       /**< [items.n,n_labels] 1 yes, 0 no, -1 unknown; of LNTI_MULTILABEL */
  size_t n_labels;   /**< lnti_target_options of the checklist */
  char (*split)[16]; /**< [items.n] name of the split, cut at 15 bytes; only with `split` NULL */
  size_t option_capacity, value_capacity, yes_capacity, split_capacity;
} lnti_labelled;

/**
 * In order of id. @param split  NULL: any.
 * "Unsure" is no label, and "none of these" is none but of a checklist, where it is a no to all. An item of which nothing is
 * known is left out.
 */
LNT_MUST_CHECK lnt_status lnti_labelled_load(lnti_labelled *out, lnti_project *project, lnti_ontology *ontology,
                                             const lnti_target *target, const char *split, lnt_error *err);
/** As lnti_labelled_load, with splits, groups and answers as a snapshot has them; `snapshot` NULL: as they are. Items whose
 *  content is another by now, or that are gone, are left out and told.
 *  @param refused  NULL: nobody is told
 *  @return also LNT_EDATA: the question was not there then, or of another type; an answer's option was merged, moved to
 *          another question or retired since. */
LNT_MUST_CHECK lnt_status lnti_labelled_load_of(lnti_labelled *out, const lnti_snapshot *snapshot,
                                                lnti_project *project, lnti_ontology *ontology,
                                                const lnti_target *target, const char *split,
                                                lnti_refused_visit refused, void *refused_payload, lnt_error *err);
void lnti_labelled_clear(lnti_labelled *labelled);
/** Keeps the items for which keep[i] is true. */
void lnti_labelled_keep(lnti_labelled *labelled, const bool *keep);

/** Fills in the classes of a model that learns these options: [n] option, indices in the ontology. A class is called by its
 *  title, or by the titles from the top where another class has the same. On failure they are half filled in. */
LNT_MUST_CHECK lnt_status lnti_target_classes(lnt_model *model, lnti_ontology *ontology, const lnti_target *target,
                                              const size_t *option, size_t n, lnt_error *err);
/** Fills in the titles of the inner nodes above the model's classes that are no classes themselves; as that. */
LNT_MUST_CHECK lnt_status lnti_target_nodes(lnt_model *model, lnti_ontology *ontology, const lnti_target *target,
                                            const size_t *option, size_t n, lnt_error *err);
/** Fills in what the number may be, and the model's one class: the question itself. */
LNT_MUST_CHECK lnt_status lnti_target_number(lnt_model *model, const lnti_ontology *ontology, const lnti_target *target,
                                             lnt_error *err);

#endif
