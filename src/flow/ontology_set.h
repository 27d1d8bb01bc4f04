/**
 * @file ontology_set.h
 * Giving a project its ontology.
 */
#ifndef LNTI_FLOW_ONTOLOGY_SET_H
#define LNTI_FLOW_ONTOLOGY_SET_H

#include <flow/project.h>

/**
 * Stores an ontology as one operation, in a project that has none yet (changing one is a migration, which says what it
 * touches).
 * @param ontology  as parsed; its questions and options get their row ids
 * @return LNT_OK; LNT_EEXISTS (the project has questions already); LNT_EINVAL (it has no question); LNT_ENOSPC, LNT_EIO,
 *         LNT_ENOMEM.
 */
LNT_MUST_CHECK lnt_status lnti_ontology_set(lnti_project *project, lnti_ontology *ontology, lnt_error *err);

#endif
