/**
 * @file random_ontology.h
 * Ontologies of any shape for property tests: all types, attributes below radios, nodes of trees and checklists to any
 * depth, names in many scripts, and every field that the format has.
 */
#ifndef LNTI_TESTS_RANDOM_ONTOLOGY_H
#define LNTI_TESTS_RANDOM_ONTOLOGY_H

#include <base/rng.h>
#include <ontology/ontology.h>

/**
 * The same for the same state of `rng`; free it. It has from 1 to `size` questions and options, keeps every rule of the
 * format, and grows at random places, so that its arrays are not in document order. Some options are retired, some
 * siblings share a title or an alias, some questions have no option.
 */
lnti_ontology *lnti_random_ontology(lnti_rng *rng, size_t size);

/** Grows it by up to `n` questions and options, each behind the siblings that are there. */
void lnti_grow_ontology(lnti_ontology *ontology, lnti_rng *rng, size_t n);

/** A title as people write them, in any script: at most 120 bytes, legal, and not always told apart from another. */
const char *lnti_random_title(char buffer[128], lnti_rng *rng);

/** The document; free() it. */
char *lnti_ontology_json(const lnti_ontology *ontology, int indent);

#endif
