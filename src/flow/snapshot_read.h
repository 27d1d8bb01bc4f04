/**
 * @file snapshot_read.h
 * Reading a snapshot, item by item, in order of their numbers: for what works on the data as they were.
 */
#ifndef LNTI_FLOW_SNAPSHOT_READ_H
#define LNTI_FLOW_SNAPSHOT_READ_H

#include <flow/snapshot_parts.h>

/** Zero-initialise. */
typedef struct lnti_snapshot {
  lnti_project *project;
  int64_t id;
  char *name;
  char fingerprint[LNTI_HASH_HEX];
  lnti_ontology *ontology; /**< as it was then, without numbers of rows */
} lnti_snapshot;

/** LNT_ENOTFOUND, with the names that there are; LNT_ECORRUPT. */
LNT_MUST_CHECK lnt_status lnti_snapshot_open(lnti_snapshot *out, lnti_project *project, const char *name,
                                             lnt_error *err);
/** Safe on a zeroed struct. */
void lnti_snapshot_close(lnti_snapshot *snapshot);

typedef lnt_status (*lnti_snapshot_visit)(void *payload, const lnti_snapshot_item *item, lnt_error *err);
/** All of its items; memory holds one block. A returned error ends the walk. */
LNT_MUST_CHECK lnt_status lnti_snapshot_walk(const lnti_snapshot *snapshot, lnti_snapshot_visit visit, void *payload,
                                             lnt_error *err);

#endif
