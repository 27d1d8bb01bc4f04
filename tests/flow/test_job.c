/*
 * Jobs: their row from beginning to end, how seldom progress is written, and that a row that cannot be written never
 * hides what the work itself said.
 */
#include <flow/job.h>
#include <unistd.h>

#include "flow_support.h"

typedef struct told {
  char what[32];
  size_t done, total, n;
} told;

static void tell(void *payload, const char *what, size_t done, size_t total) {
  told *t = payload;
  snprintf(t->what, sizeof t->what, "%s", what);
  t->done = done;
  t->total = total;
  t->n++;
}

typedef struct seen_job {
  lnti_job row;
  char kind[32], job_state[32], params[64], error[512];
  size_t n;
} seen_job;

static lnt_status keep_job(void *payload, const lnti_job *job, lnt_error *err) {
  (void)err;
  seen_job *s = payload;
  s->row = *job;
  snprintf(s->kind, sizeof s->kind, "%s", job->kind);
  snprintf(s->job_state, sizeof s->job_state, "%s", job->state);
  snprintf(s->params, sizeof s->params, "%s", job->params_json);
  snprintf(s->error, sizeof s->error, "%s", job->error);
  s->n++;
  return LNT_OK;
}

static seen_job stored(const lab *l) {
  seen_job s = {.n = 0};
  assert_ok(lnti_store_jobs(l->project->store, NULL, keep_job, &s, ERR));
  assert_int_equal(s.n, 1);
  return s;
}

static void test_begin_writes_the_row(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_job_run job;
  uint64_t before = lnti_wall_ms();
  assert_ok(lnti_job_begin(&job, l.project, "extract", "{\"a\":1}", NULL, ERR));
  seen_job s = stored(&l);
  assert_string_equal(s.kind, "extract");
  assert_string_equal(s.job_state, "running");
  assert_string_equal(s.params, "{\"a\":1}");
  assert_string_equal(s.error, "");
  assert_int_equal(s.row.pid, getpid());
  assert_int_equal(s.row.id, job.row.id);
  assert_int_equal(s.row.ended_ms, 0);
  assert_true(s.row.started_ms >= before && s.row.started_ms == s.row.updated_ms);
  assert_int_equal(lnti_job_end(&job, LNT_OK, ERR), LNT_OK);
  lab_free(&l);
}

static void test_progress_is_passed_on_at_once_and_written_seldom(void **state) {
  (void)state;
  lab l = lab_new();
  told t = {.n = 0};
  lnti_progress progress = {tell, &t};
  lnti_job_run job;
  assert_ok(lnti_job_begin(&job, l.project, "extract", "{}", &progress, ERR));
  for (size_t i = 1; i <= 1000; i++) lnti_job_progress(&job, "images", i, 1000);
  assert_int_equal(t.n, 1000);
  assert_int_equal(t.done, 1000);
  assert_int_equal(t.total, 1000);
  assert_string_equal(t.what, "images");
  assert_int_equal(stored(&l).row.done, 0);
  job.written_ns -= 2000000001u; /* as if two seconds had passed */
  lnti_job_progress(&job, "images", 500, 1000);
  seen_job s = stored(&l);
  assert_int_equal(s.row.done, 500);
  assert_int_equal(s.row.total, 1000);
  assert_string_equal(s.job_state, "running");
  lnti_job_progress(&job, "images", 700, 1000);
  assert_int_equal(stored(&l).row.done, 500);
  assert_int_equal(lnti_job_end(&job, LNT_OK, ERR), LNT_OK);
  assert_int_equal(stored(&l).row.done, 700); /* the end is always written */
  lab_free(&l);
}

static void test_each_end_has_its_state(void **state) {
  (void)state;
  static const struct {
    lnt_status status;
    const char *job_state, *error;
  } ends[] = {{LNT_OK, "done", ""},
              {LNT_ECANCELLED, "cancelled", "stopped"},
              {LNT_EIO, "failed", "the disk is gone"},
              {LNT_ENOMEM, "failed", "the disk is gone"}};
  for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
    lab l = lab_new();
    lnti_job_run job;
    lnt_error err = LNT_ERROR_INIT;
    assert_ok(lnti_job_begin(&job, l.project, "train", "{}", NULL, ERR));
    err.code = ends[i].status;
    snprintf(err.message, sizeof err.message, "%s", ends[i].error);
    assert_int_equal(lnti_job_end(&job, ends[i].status, &err), ends[i].status);
    assert_string_equal(err.message, ends[i].error);
    seen_job s = stored(&l);
    assert_string_equal(s.job_state, ends[i].job_state);
    assert_string_equal(s.error, ends[i].error);
    assert_true(s.row.ended_ms >= s.row.started_ms && s.row.ended_ms > 0);
    lab_free(&l);
  }
}

static void test_failure_without_a_message(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_job_run job;
  assert_ok(lnti_job_begin(&job, l.project, "train", "{}", NULL, ERR));
  assert_int_equal(lnti_job_end(&job, LNT_EIO, NULL), LNT_EIO);
  assert_string_equal(stored(&l).job_state, "failed");
  lab_free(&l);
}

static void count_lines(void *payload, lnti_log_level level, const char *message) {
  assert_int_equal(level, LNTI_LOG_WARN);
  assert_non_null(strstr(message, "was not stored: no job 999"));
  ++*(int *)payload;
}

static void test_a_row_that_cannot_be_written(void **state) {
  (void)state;
  lab l = lab_new();
  int lines = 0;
  lnti_log log = {count_lines, &lines, LNTI_LOG_DEBUG};
  lnti_job_run job;
  lnt_error err = {LNT_EDATA, "the input is broken"};
  assert_ok(lnti_job_begin(&job, l.project, "train", "{}", NULL, ERR));
  int64_t id = job.row.id;
  l.project->context.log = &log;
  job.row.id = 999; /* there is no such row */
  job.written_ns -= 2000000001u;
  lnti_job_progress(&job, "images", 1, 2);
  assert_int_equal(lines, 1);
  assert_int_equal(lnti_job_end(&job, LNT_EDATA, &err), LNT_EDATA);
  assert_string_equal(err.message, "the input is broken");
  assert_int_equal(lnti_job_end(&job, LNT_OK, ERR), LNT_OK); /* what the work has stored is stored */
  assert_int_equal(lines, 3);
  job.row.id = id;
  assert_int_equal(lnti_job_end(&job, LNT_OK, ERR), LNT_OK);
  lab_free(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_begin_writes_the_row),
      cmocka_unit_test(test_progress_is_passed_on_at_once_and_written_seldom),
      cmocka_unit_test(test_each_end_has_its_state),
      cmocka_unit_test(test_failure_without_a_message),
      cmocka_unit_test(test_a_row_that_cannot_be_written),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
