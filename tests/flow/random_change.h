/**
 * @file random_change.h
 * One change of a migration at random, as JSON, and what the model knows of it.
 */
#ifndef LNTI_TESTS_RANDOM_CHANGE_H
#define LNTI_TESTS_RANDOM_CHANGE_H

#include <base/rng.h>

#include "answer_model.h"

enum { CHANGE_VERBS = 11 };
extern const char *const change_verbs[CHANGE_VERBS];

/** @param ontology  with an option at least
 *  @param number    no two changes have the same: new titles are made of it
 *  @return "[{...}]"; free() it */
char *random_change(model_change *out, size_t *verb_out, const lnti_ontology *ontology, lnti_rng *rng, size_t number);

#endif
