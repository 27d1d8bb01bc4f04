/**
 * @file ontology_set.h
 * Giving a project its ontology, or more of it.
 */
#ifndef LNTI_FLOW_ONTOLOGY_SET_H
#define LNTI_FLOW_ONTOLOGY_SET_H

#include <flow/project.h>
#include <ontology/extend.h>

/**
 * Lays an ontology beside the project's and stores it as one operation. In a project that has one, what is new is added behind what is there; where
 * something that is there differs, nothing is stored: changing it is a migration, which says what it touches. Where
 * nothing is new, nothing is stored either.
 * @param out       what was added and what differs; cleared by the caller, also after a failure
 * @param ontology  as parsed; of a project without questions, its own get their row ids
 * @param dry_run   only says what would be done: LNT_OK also where something differs
 * @return LNT_OK; LNT_EEXISTS (what is there differs); LNT_ECONFLICT (somebody else changed it meanwhile); LNT_EINVAL (it has
 *         no question); LNT_ELIMIT; LNT_ENOSPC, LNT_EIO, LNT_ENOMEM.
 */
LNT_MUST_CHECK lnt_status lnti_ontology_lay(lnti_ontology_extension *out, lnti_project *project,
                                            lnti_ontology *ontology, bool dry_run, lnt_error *err);
/** As that, not dry, for those who ask no more than whether it is stored. */
LNT_MUST_CHECK lnt_status lnti_ontology_set(lnti_project *project, lnti_ontology *ontology, lnt_error *err);

#endif
