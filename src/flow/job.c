/*
 * Job rows are written beside the work's own writes, so they are written seldom: a row every two seconds costs one
 * sync. The end of a job is always written, also when the work failed, so that "running" means running.
 */
#include <flow/job.h>

#include <base/cancel.h>
#include <base/error.h>
#include <unistd.h>

static const uint64_t row_interval_ns = 2000000000u;

static lnt_status write_begin(void *payload, lnti_tx *tx, lnt_error *err) {
  lnti_job_run *job = payload;
  return lnti_tx_job_begin(tx, &job->row.id, &job->row, err);
}

static lnt_status write_update(void *payload, lnti_tx *tx, lnt_error *err) {
  const lnti_job_run *job = payload;
  return lnti_tx_job_update(tx, &job->row, err);
}

lnt_status lnti_job_begin(lnti_job_run *out, lnti_project *project, const char *kind, const char *params_json,
                          const lnti_progress *progress, lnt_error *err) {
  uint64_t now = lnti_wall_ms();
  *out = (lnti_job_run){.project = project, .progress = progress, .written_ns = lnti_monotonic_ns()};
  out->row = (lnti_job){.kind = kind,
                        .state = "running",
                        .params_json = params_json,
                        .started_ms = now,
                        .updated_ms = now,
                        .pid = getpid(),
                        .error = ""};
  return lnti_store_write(project->store, write_begin, out, err);
}

void lnti_job_progress(lnti_job_run *job, const char *what, size_t done, size_t total) {
  uint64_t now = lnti_monotonic_ns();
  lnt_error err = LNT_ERROR_INIT;
  job->row.done = done;
  job->row.total = total;
  lnti_progress_update(job->progress, what, done, total);
  if (now - job->written_ns < row_interval_ns) return;
  job->written_ns = now;
  job->row.updated_ms = lnti_wall_ms();
  if (lnti_store_write(job->project->store, write_update, job, &err)) {
    lnti_log_printf(job->project->context.log, LNTI_LOG_WARN, "the job's progress was not stored: %s", err.message);
  }
}

lnt_status lnti_job_end(lnti_job_run *job, lnt_status status, lnt_error *err) {
  lnt_error unwritten = LNT_ERROR_INIT;
  job->row.state = status == LNT_OK ? "done" : status == LNT_ECANCELLED ? "cancelled" : "failed";
  job->row.error = status == LNT_OK || !err ? "" : err->message;
  job->row.ended_ms = job->row.updated_ms = lnti_wall_ms();
  if (lnti_store_write(job->project->store, write_update, job, &unwritten)) {
    lnti_log_printf(job->project->context.log, LNTI_LOG_WARN, "the end of the job was not stored: %s",
                    unwritten.message);
  }
  job->row.error = "";
  return status;
}
