/**
 * @file model_question.h
 * Which question of the ontology a model, or predictions, answer, after migrations.
 */
#ifndef LNTI_FLOW_MODEL_QUESTION_H
#define LNTI_FLOW_MODEL_QUESTION_H

#include <flow/project.h>
#include <linnet/model.h>
#include <ontology/ontology.h>

/** As the next, but nothing is told; LNTI_NONE where there is none. */
LNT_MUST_CHECK lnt_status lnti_question_called(size_t *question_out, lnti_project *project,
                                               const lnti_ontology *ontology, const char *path, lnt_error *err);
/**
 * The question of that path, or the one that had it before a migration: each of the path's questions and options may be called
 * otherwise by now. That it is called otherwise is told in the log.
 * @return LNT_OK; LNT_ENOTFOUND.
 */
LNT_MUST_CHECK lnt_status lnti_target_of_model(size_t *question_out, lnti_project *project,
                                               const lnti_ontology *ontology, const char *path, lnt_error *err);

/**
 * The question that an open model answers. A model of this project knows it by its row and the time that it came in, so that a
 * new question which has taken the id of a renamed one is not mistaken for it. Of an older file that holds neither, a question
 * that is newer than the model is passed over for a renamed one that is not. Else as lnti_target_of_model.
 * @return LNT_OK; LNT_ENOTFOUND; LNT_ECONFLICT: the question has been removed, whatever is called so by now.
 */
LNT_MUST_CHECK lnt_status lnti_question_of_model(size_t *question_out, lnti_project *project,
                                                 const lnti_ontology *ontology, const lnt_model *model, lnt_error *err);
/** For a model that is trained: what the above knows it by. */
LNT_MUST_CHECK lnt_status lnti_question_note(lnt_model *model, lnti_project *project, const lnti_ontology *ontology,
                                             size_t question, lnt_error *err);

#endif
