/**
 * @file verify.h
 * verify: is the project whole? The database against its own log, model files against their hashes, the feature cache
 * against its check sums, media still where they were.
 */
#ifndef LNTI_FLOW_VERIFY_H
#define LNTI_FLOW_VERIFY_H

#include <flow/project.h>

typedef struct lnti_verify_result {
  size_t faults;        /**< of the database, models and cache */
  size_t missing_media; /**< sources (folders, arrays) that are not there */
  size_t models, cached_vectors;
} lnti_verify_result;

/** @param visit  told each fault in one sentence with what to do */
LNT_MUST_CHECK lnt_status lnti_verify(lnti_verify_result *out, lnti_project *project, lnti_fault_visit visit,
                                      void *payload, lnt_error *err);

#endif
