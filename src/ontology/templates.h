/**
 * @file templates.h
 * Ontologies to start from, one for each usual task: compiled in from src/ontology/templates/.
 */
#ifndef LNTI_ONTOLOGY_TEMPLATES_H
#define LNTI_ONTOLOGY_TEMPLATES_H

#include <ontology/ontology.h>

typedef struct lnti_ontology_template_entry {
  const char *name, *about;
  const char *data; /**< the document */
  const size_t *bytes;
} lnti_ontology_template_entry;

/** Ended by one whose name is NULL. */
extern const lnti_ontology_template_entry lnti_ontology_templates[];

/** LNT_ENOTFOUND names those that there are. */
LNT_MUST_CHECK lnt_status lnti_ontology_template_find(const lnti_ontology_template_entry **out, const char *name,
                                                      lnt_error *err);
/** Parsed. */
LNT_MUST_CHECK lnt_status lnti_ontology_template(lnti_ontology **out, const char *name, lnt_error *err);

/* The documents as they are compiled in. */
extern const char lnti_template_binary[], lnti_template_multi_class[], lnti_template_multi_label[],
    lnti_template_hierarchical[], lnti_template_quality_score[], lnti_template_damage_assessment[],
    lnti_template_species_counts[], lnti_template_ok_nok[];
extern const size_t lnti_template_binary_bytes, lnti_template_multi_class_bytes, lnti_template_multi_label_bytes,
    lnti_template_hierarchical_bytes, lnti_template_quality_score_bytes, lnti_template_damage_assessment_bytes,
    lnti_template_species_counts_bytes, lnti_template_ok_nok_bytes;

#endif
