/**
 * @file answer_text.h
 * What is answered, as text and as JSON: the same words in every list of items.
 */
#ifndef LNTI_FLOW_ANSWER_TEXT_H
#define LNTI_FLOW_ANSWER_TEXT_H

#include <ontology/ontology.h>
#include <store/store.h>

/**
 * The value of one answer for a program, appended: an option's path, a number, a text, "unsure", "none of these". An option that the ontology
 * does not have is "?".
 */
LNT_MUST_CHECK lnt_status lnti_answer_text(lnti_text *out, const lnti_ontology *ontology, const lnti_answer_row *row,
                                           lnt_error *err);

/** How many of the rows from the first on answer the same question. @param rows  [n], by question; n >= 1 */
size_t lnti_answers_run(const lnti_answer_row *rows, size_t n);

/**
 * The value of one question's answers for people, appended; options by their titles: of a checklist those with a yes ("Bowl, Orange"), "none of 3" where
 * there are only noes (3 of them), "unsure" after these; of a rank its options by their places ("Bowl, Orange"); of the other types that of the one answer.
 * @param rows  [n], all of one question
 */
LNT_MUST_CHECK lnt_status lnti_answer_value_text(lnti_text *out, const lnti_ontology *ontology,
                                                 const lnti_answer_row *rows, size_t n, lnt_error *err);

/** The options of a rank's answer by their places, their paths with ';' between them, appended. @param rows  [n], all of that question */
LNT_MUST_CHECK lnt_status lnti_answer_order_paths(lnti_text *out, const lnti_ontology *ontology,
                                                  const lnti_answer_row *rows, size_t n, lnt_error *err);

/** All answers of one item as a line, appended: "class=Cat, labels=Bowl, Orange". @param rows  [n], by question */
LNT_MUST_CHECK lnt_status lnti_answers_text(lnti_text *out, const lnti_ontology *ontology, const lnti_answer_row *rows,
                                            size_t n, lnt_error *err);

/**
 * All answers of one item, as members of the object that is open in the writer: "answers" (question path: option path,
 * number, text, {"state": "unsure"} or {"state": "none"}; of a rank the list of its options by their places; of a checklist the list of options with a yes, or {"state": "unsure",
 * "yes": [...]}) and, where options of checklists are answered with no, "answers_no" (question path: list of these).
 * An option in neither list is unknown. "titles" has those that are answered or have a yes by their titles, for questions where these
 * are not the paths. @param rows  [n], by question
 */
LNT_MUST_CHECK lnt_status lnti_answers_json(lnti_json_writer *w, const lnti_ontology *ontology,
                                            const lnti_answer_row *rows, size_t n, lnt_error *err);

#endif
