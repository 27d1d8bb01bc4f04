/**
 * @file answer_parse.h
 * Answers as people and programs write them: a key (which question, or which option of it) and a text. The same words that
 * `linnet items --json` and export write are read here.
 */
#ifndef LNTI_FLOW_ANSWER_PARSE_H
#define LNTI_FLOW_ANSWER_PARSE_H

#include <base/alloc.h>
#include <ontology/ontology.h>

/** What a key is about. */
typedef struct lnti_answer_key {
  size_t question;
  size_t option; /**< "labels.cat": one option of a checklist, answered with yes or no; LNTI_NONE */
  bool state;    /**< "class.state": answered, unsure, none, clear */
  bool no;       /**< "answers_no.labels": options that are answered with no */
  bool others;   /**< "labels.others": all options of a checklist that are not answered */
} lnti_answer_key;

/** Answers, growing; texts lie in `arena`. Zero-initialise. */
typedef struct lnti_answer_list {
  lnti_answer *answer; /**< [n] */
  size_t n, capacity;
  lnti_arena arena;
} lnti_answer_list;

/** "area/exterior/part", "labels.cat" or "labels/cat", "class.state"; with "answers." or "answers_no." before it, as in JSON.
 *  LNT_EINVAL with what there is. */
LNT_MUST_CHECK lnt_status lnti_answer_key_find(lnti_answer_key *out, const lnti_ontology *ontology, const char *key,
                                               lnt_error *err);

/** Appends what a text says to a key. An option goes by its id, title, alias or code, of a tree by its path; several (of a
 *  checklist: each a yes; of a rank: in their order) stand with ';' or ',' between them. Other rules: lnti_answer_check.
 *  LNT_EINVAL. */
LNT_MUST_CHECK lnt_status lnti_answer_parse(lnti_answer_list *out, const lnti_ontology *ontology,
                                            const lnti_answer_key *key, const char *text, lnt_error *err);
/** The same for several texts, of a checklist or a rank. */
LNT_MUST_CHECK lnt_status lnti_answer_parse_list(lnti_answer_list *out, const lnti_ontology *ontology,
                                                 const lnti_answer_key *key, const char *const *texts, size_t n,
                                                 lnt_error *err);
/** In a cell of a table "(unsure)" and "(none of these)" are states, of questions that ask for a text too. A text that would
 *  read so is written with one backslash more before it: whether this is such a text, behind any backslashes. */
bool lnti_answer_is_state_cell(const char *text);
/** As lnti_answer_parse, of a cell. */
LNT_MUST_CHECK lnt_status lnti_answer_parse_cell(lnti_answer_list *out, const lnti_ontology *ontology,
                                                 const lnti_answer_key *key, const char *text, lnt_error *err);
void lnti_answer_list_clear(lnti_answer_list *list);

#endif
