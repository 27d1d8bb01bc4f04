/**
 * @file answer_model.h
 * The rules of answers and of migrations, told once more and plainly: what every item says, as a table in memory. The random
 * tests hold the store against it.
 */
#ifndef LNTI_TESTS_ANSWER_MODEL_H
#define LNTI_TESTS_ANSWER_MODEL_H

#include "flow_support.h"

enum { MODEL_ITEMS = 3, MODEL_IDS = 400 /**< of questions, and of options: row ids stay below */ };

/** What is said in one place; state 0: nothing. */
typedef struct said {
  int state;
  int64_t option; /**< its row id; 0: none */
  double number;
  const char *text; /**< one that lasts */
} said;

/** What all items say: of each question as a whole, and of each option of a checklist or rank, by row ids. */
typedef struct model {
  const lnti_ontology *ontology; /**< as stored now; borrowed */
  struct {
    said whole[MODEL_IDS], part[MODEL_IDS];
  } items[MODEL_ITEMS];
} model;

bool model_slotted(const lnti_ontology *o, size_t question);
bool model_is_offered(const lnti_ontology *o, size_t option);
bool model_is_asked(const model *m, size_t item, size_t question);
/** Whether n annotations, which are one answer, may be given. */
bool model_allows(const model *m, size_t item, const lnti_answer *a, size_t n);
void model_take(model *m, size_t item, const lnti_answer *a, size_t n);
/** Takes back what is not asked (any more). */
void model_forget_unasked(model *m, size_t item);
bool model_same(const model *a, const model *b);

/** A change of a migration, as far as answers know of it. Ids are of rows. */
typedef struct model_change {
  enum { CHANGE_NOTHING, CHANGE_MERGE, CHANGE_SPLIT, CHANGE_TYPE } kind;
  int64_t question;
  int64_t from[2],
      into; /**< of a merge and a split; `into` 0: a new option, the only one with an id above `last_option` */
  size_t n_from;
  size_t n_items; /**< of a split: the first so many items are split */
  lnti_question_type was, becomes;
  bool others_no;
  int64_t last_option;
} model_change;
/** m->ontology is the new one. */
void model_migrate(model *m, model_change change);

#endif
