/*
 * Projects: making, opening, what is refused with which words, jobs that a dead process left behind, paths, messages.
 */
#include <flow/job.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "flow_support.h"

static const lnti_context plain = {.cpu = LNT_CPU_GENERIC};

/* ---- making and opening ---- */

static void test_create_makes_the_folder_and_what_is_in_it(void **state) {
  (void)state;
  struct stat info;
  lab l = lab_new();
  char *database = lnti_test_path(l.path, "linnet.db"), *models = lnti_test_path(l.path, "models");
  assert_int_equal(stat(database, &info), 0);
  assert_int_equal(stat(models, &info), 0);
  assert_true(S_ISDIR(info.st_mode));
  assert_string_equal(l.project->person, "ann");
  assert_non_null(l.project->media);
  free(database);
  free(models);
  lab_free(&l);
}

static void test_create_in_a_folder_that_is_there(void **state) {
  (void)state;
  char *folder = lnti_test_folder();
  lnti_project *project = NULL;
  assert_ok(lnti_project_create(&project, folder, NULL, &plain, ERR));
  assert_string_equal(project->person, "local");
  lnti_project_close(project);
  lnti_test_folder_remove(folder);
}

static void test_create_keeps_what_is_there(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_project *project = NULL;
  lab_ontology(&l, NULL);
  lab_item(&l, "a.png", 1, "");
  assert_status(lnti_project_create(&project, l.path, NULL, &plain, ERR), LNT_EEXISTS);
  assert_message("is a project already");
  assert_message(l.path);
  assert_null(project);
  lab_reopen(&l);
  assert_int_equal(l.ontology->n_questions, 7);
  lab_free(&l);
}

static void test_create_where_a_file_is(void **state) {
  (void)state;
  char *folder = lnti_test_folder(), *file = lnti_test_path(folder, "file"), *below = lnti_test_path(file, "project");
  lnti_project *project = NULL;
  lnti_test_write_file(file, "x", 1);
  assert_true(lnti_project_create(&project, file, NULL, &plain, ERR) != LNT_OK);
  assert_message(file);
  assert_true(lnti_project_create(&project, below, NULL, &plain, ERR) != LNT_OK);
  assert_message(file);
  assert_null(project);
  free(file);
  free(below);
  lnti_test_folder_remove(folder);
}

static void test_open_what_is_no_project(void **state) {
  (void)state;
  char *folder = lnti_test_folder(), *missing = lnti_test_path(folder, "missing");
  char *database = lnti_test_path(folder, "linnet.db");
  lnti_project *project = NULL;
  assert_status(lnti_project_open(&project, missing, NULL, &plain, ERR), LNT_ENOTFOUND);
  assert_message("no such folder");
  assert_message("linnet init");
  assert_status(lnti_project_open(&project, folder, NULL, &plain, ERR), LNT_ENOTFOUND);
  assert_message("is no Linnet project");
  assert_message("linnet init");
  assert_int_equal(lnti_test_count_entries(folder), 0); /* looking leaves nothing behind */
  lnti_test_write_file(database, "this is not a database, though long enough to be one", 50);
  assert_status(lnti_project_open(&project, folder, NULL, &plain, ERR), LNT_EDATA);
  assert_null(project);
  free(missing);
  free(database);
  lnti_test_folder_remove(folder);
}

static void test_path_becomes_absolute_without_a_slash(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_project *project = NULL;
  char *winding = lnti_test_path(l.folder, "project/../project/"), *wanted = realpath(l.path, NULL);
  assert_string_equal(l.project->path, wanted);
  lnti_project_close(l.project);
  l.project = NULL;
  assert_ok(lnti_project_open(&project, winding, NULL, &plain, ERR));
  assert_string_equal(project->path, wanted);
  l.project = project;
  free(winding);
  free(wanted);
  lab_free(&l);
}

static void test_what_was_stored_is_there_again(void **state) {
  (void)state;
  lab l = lab_new();
  lab_ontology(&l, NULL);
  int64_t item = lab_item(&l, "a.png", 1, "train");
  lab_answer(&l, item, "class", "dog");
  lab_reopen(&l);
  lnti_answer_row row;
  assert_true(lab_current(&l, &row, item, lab_question(&l, "class")));
  assert_string_equal(l.ontology->name, "Animals");
  lab_free(&l);
}

static void test_close_of_nothing(void **state) {
  (void)state;
  lnti_project_close(NULL);
}

/* ---- jobs of dead processes ---- */

typedef struct captured {
  char text[512];
  size_t n;
} captured;

static void capture(void *payload, lnti_log_level level, const char *message) {
  (void)level;
  captured *c = payload;
  snprintf(c->text, sizeof c->text, "%s", message);
  c->n++;
}

typedef struct adding_job {
  lnti_job row;
  bool ended;
} adding_job;

static lnt_status write_job(void *payload, lnti_tx *tx, lnt_error *err) {
  adding_job *job = payload;
  lnt_status status = lnti_tx_job_begin(tx, &job->row.id, &job->row, err);
  if (status == LNT_OK && job->ended) status = lnti_tx_job_update(tx, &job->row, err);
  return status;
}

static int64_t add_job(const lab *l, int64_t pid, bool ended) {
  adding_job job = {.ended = ended};
  job.row = (lnti_job){.kind = "train", .state = "done", .params_json = "{}", .started_ms = 1, .ended_ms = 2};
  job.row.pid = pid;
  job.row.error = "";
  assert_ok(lnti_store_write(l->project->store, write_job, &job, ERR));
  return job.row.id;
}

/* The number of a process that was and is no more. */
static pid_t dead_process(void) {
  int status = 0;
  pid_t child = fork();
  if (child == 0) _exit(0);
  assert_true(child > 0);
  assert_int_equal(waitpid(child, &status, 0), child);
  return child;
}

typedef struct states {
  int64_t id[8];
  char name[8][16];
  size_t n;
} states;

static lnt_status keep_state(void *payload, const lnti_job *job, lnt_error *err) {
  (void)err;
  states *s = payload;
  s->id[s->n] = job->id;
  snprintf(s->name[s->n++], sizeof s->name[0], "%s", job->state);
  if (strcmp(job->state, "interrupted") == 0) {
    assert_true(job->ended_ms > 0);
    assert_true(strlen(job->error) > 0);
  }
  return LNT_OK;
}

static const char *state_of(const states *s, int64_t id) {
  for (size_t i = 0; i < s->n; i++) {
    if (s->id[i] == id) return s->name[i];
  }
  fail_msg("no job %lld", (long long)id);
  return "";
}

static void test_jobs_of_dead_processes_are_interrupted(void **state) {
  (void)state;
  captured log_lines = {.n = 0};
  lnti_log log = {capture, &log_lines, LNTI_LOG_INFO};
  lnti_context context = plain;
  context.log = &log;
  pid_t gone = dead_process();
  lab l = lab_new();
  int64_t dead = add_job(&l, gone, false), own = add_job(&l, getpid(), false), first = add_job(&l, 1, false);
  int64_t none = add_job(&l, 0, false), huge = add_job(&l, INT64_MAX, false), done = add_job(&l, gone, true);
  lnti_project_close(l.project);
  l.project = NULL;
  assert_ok(lnti_project_open(&l.project, l.path, NULL, &context, ERR));
  states s = {.n = 0};
  assert_ok(lnti_store_jobs(l.project->store, NULL, keep_state, &s, ERR));
  assert_int_equal(s.n, 6);
  assert_string_equal(state_of(&s, dead), "interrupted");
  assert_string_equal(state_of(&s, own), "running");
  assert_string_equal(state_of(&s, first), "running"); /* another's process lives too */
  assert_string_equal(state_of(&s, none), "interrupted");
  assert_string_equal(state_of(&s, huge), "interrupted");
  assert_string_equal(state_of(&s, done), "done");
  assert_int_equal(log_lines.n, 1);
  assert_non_null(strstr(log_lines.text, "3 jobs were cut off"));
  lnti_project_close(l.project); /* and are told of once */
  l.project = NULL;
  assert_ok(lnti_project_open(&l.project, l.path, NULL, &context, ERR));
  assert_int_equal(log_lines.n, 1);
  lab_free(&l);
}

/* ---- paths, operations, messages ---- */

static void test_paths_below_the_project(void **state) {
  (void)state;
  lab l = lab_new();
  char *path = NULL, *wanted = lnti_test_path(l.project->path, "cache/features/12"), longest[600];
  assert_ok(lnti_project_path(&path, l.project, ERR, "cache/%s/%d", "features", 12));
  assert_string_equal(path, wanted);
  free(path);
  path = NULL;
  memset(longest, 'a', sizeof longest);
  longest[511] = '\0';
  assert_ok(lnti_project_path(&path, l.project, ERR, "%s", longest));
  free(path);
  path = NULL;
  longest[511] = 'a';
  longest[512] = '\0';
  assert_status(lnti_project_path(&path, l.project, ERR, "%s", longest), LNT_ELIMIT);
  assert_message("512 bytes");
  assert_null(path);
  free(wanted);
  lab_free(&l);
}

static void test_operations_are_each_their_own(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_op a, b;
  uint64_t before = lnti_wall_ms();
  lnti_project_op(&a, l.project, LNTI_OP_SPLIT, "a note");
  lnti_project_op(&b, l.project, LNTI_OP_SPLIT, "a note");
  assert_memory_not_equal(&a.uuid, &b.uuid, sizeof a.uuid);
  assert_string_equal(a.person, "ann");
  assert_string_equal(a.note, "a note");
  assert_int_equal(a.kind, LNTI_OP_SPLIT);
  assert_int_equal(a.undoes, 0);
  assert_true(a.time_ms >= before && a.time_ms <= lnti_wall_ms());
  lab_free(&l);
}

static void test_messages_grow_and_are_cut_at_a_character(void **state) {
  (void)state;
  lnti_messages m = {0};
  char text[3000];
  for (int i = 0; i < 100; i++) assert_ok(lnti_messages_add(&m, ERR, "message %d", i));
  assert_int_equal(m.n, 100);
  assert_string_equal(m.text[0], "message 0");
  assert_string_equal(m.text[99], "message 99");
  for (size_t i = 0; i + 2 < sizeof text; i += 2) memcpy(text + i, "\xc3\xa4", 2); /* two bytes a character */
  text[2998] = '\0';
  assert_ok(lnti_messages_add(&m, ERR, "%s", text));
  assert_int_equal(strlen(m.text[100]), 1022); /* 1,023 would end within one */
  lnti_messages_clear(&m);
  assert_int_equal(m.n, 0);
  assert_null(m.text);
  lnti_messages_clear(&m);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_create_makes_the_folder_and_what_is_in_it),
      cmocka_unit_test(test_create_in_a_folder_that_is_there),
      cmocka_unit_test(test_create_keeps_what_is_there),
      cmocka_unit_test(test_create_where_a_file_is),
      cmocka_unit_test(test_open_what_is_no_project),
      cmocka_unit_test(test_path_becomes_absolute_without_a_slash),
      cmocka_unit_test(test_what_was_stored_is_there_again),
      cmocka_unit_test(test_close_of_nothing),
      cmocka_unit_test(test_jobs_of_dead_processes_are_interrupted),
      cmocka_unit_test(test_paths_below_the_project),
      cmocka_unit_test(test_operations_are_each_their_own),
      cmocka_unit_test(test_messages_grow_and_are_cut_at_a_character),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
