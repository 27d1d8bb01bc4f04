/**
 * @file job.h
 * Jobs: long work with a row in the store, progress, and a known end. The row is written by whoever runs the job; what
 * a killed process leaves behind as "running" is marked "interrupted" when the project is next opened.
 */
#ifndef LNTI_FLOW_JOB_H
#define LNTI_FLOW_JOB_H

#include <flow/project.h>

typedef struct lnti_job_run {
  lnti_project *project;
  lnti_job row;
  const lnti_progress *progress; /**< where progress is passed on to; NULL */
  uint64_t written_ns;           /**< when the row was last written */
} lnti_job_run;

LNT_MUST_CHECK lnt_status lnti_job_begin(lnti_job_run *out, lnti_project *project, const char *kind,
                                         const char *params_json, const lnti_progress *progress, lnt_error *err);
/** Passes on to progress at once, and to the row at most every two seconds. `done` must be durable where the work
 *  stores. A row that cannot be written is only logged: the work matters more. */
void lnti_job_progress(lnti_job_run *job, const char *what, size_t done, size_t total);
/** "done", "cancelled" or "failed" by `status`, which is returned. A row that cannot be written is only logged: what the
 *  work has stored is stored. */
lnt_status lnti_job_end(lnti_job_run *job, lnt_status status, lnt_error *err);

#endif
