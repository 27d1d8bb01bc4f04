/*
 * Verification finds each kind of damage, says where, and can be cancelled.
 */
#include <base/cancel.h>

#include "store_support.h"

/* The lab's answers as answers to the options of a checklist, in the log too. */
#define CHECKLIST                                                                \
  "DROP TRIGGER answer_log_is_kept; UPDATE questions SET type = 4 WHERE id = 1;" \
  "UPDATE answer_log SET slot = option_id, number = 1 WHERE question_id = 1;"    \
  "UPDATE answers SET slot = option_id, number = 1 WHERE question_id = 1"
#define KEPT "DROP TRIGGER answer_log_is_kept; "
#define LINK "item 4, question 1: a row of the log does not name the one that it replaced"
/* Each answer as one to another type; what the log has of it is changed alike. */
#define ALIKE(SET) "; DROP TRIGGER answer_log_is_kept; UPDATE answer_log SET " SET "; UPDATE answers SET " SET
#define TEXT "UPDATE questions SET type = 5 WHERE id = 1" ALIKE("option_id = NULL, text = 'seen'")
#define RANK "UPDATE questions SET type = 6 WHERE id = 1" ALIKE("slot = option_id, number = 1")
#define NEITHER "item 4: its answer to an option of a checklist is neither yes nor no"
#define NOT_UNSURE "item 4: its answer to a checklist as a whole is not \"unsure\""

/* `fault` NULL: none is to be found. */
static const struct damage {
  const char *sql, *fault;
} damages[] = {
    {"DELETE FROM answers WHERE subject_id = 2", "item 2, question 1: an answer of the log is not current"},
    {"UPDATE answers SET option_id = 3 WHERE subject_id = 4",
     "item 4, question 1: the current answer is not the newest of the log"},
    {"UPDATE answers SET confidence = 0.5 WHERE subject_id = 4", "item 4, question 1: the current answer is not"},
    {"INSERT INTO answers SELECT 1, 3, 2, 0, log_id, op_id, 1, NULL, 1.5, NULL, 0, 1, NULL FROM answers WHERE subject_id = 3",
     "item 3, question 2: a current answer that is not in the log"},
    {"INSERT INTO answer_log (op_id, subject_kind, subject_id, question_id, slot, state, option_id, time_spent_ms, "
     "source, replaces) VALUES (1, 1, 5, 1, 0, 1, 1, 0, 1, 0)",
     "item 5, question 1: the current answer is not the newest"},
    {"DELETE FROM items WHERE id = 6", "item 6: has answers and is not there"},
    {"PRAGMA ignore_check_constraints = ON; UPDATE items SET h = 0 WHERE id = 7",
     "item 7: its row is out of its bounds"},
    {"PRAGMA ignore_check_constraints = ON; UPDATE items SET content = 'short' WHERE id = 7", "item 7"},
    {"UPDATE questions SET type = 3 WHERE id = 1", "damaged"},
    {"UPDATE answers SET slot = 1 WHERE subject_id = 4", "item 4: it has a second answer to a question that takes one"},
    {"UPDATE answers SET slot = 1 WHERE subject_id = 4", "item 4, question 1, option 1: a current answer that is not"},
    {"PRAGMA ignore_check_constraints = ON; UPDATE items SET pixels = x'00' WHERE id = 7", "item 7: what was found"},
    {"UPDATE items SET pixels = 'sixteen letters!' WHERE id = 7", "item 7: what was found"},
    {"PRAGMA ignore_check_constraints = ON; UPDATE items SET signature = zeroblob(31) WHERE id = 7",
     "item 7: what was found"},
    {"UPDATE items SET signature = zeroblob(32), pixels = zeroblob(16), sharpness = 1, brightness = 0, contrast = 0",
     NULL},
    {"UPDATE items SET sharpness = 1, brightness = 0 WHERE id = 7", "item 7: what was found"},
    {"UPDATE items SET kind = 2 WHERE id = 2; UPDATE items SET group_id = 2 WHERE id IN (3, 4)", NULL},
    {"UPDATE items SET group_id = 2 WHERE id = 3", "item 3: what it is a member of"},
    {"UPDATE items SET kind = 2, group_id = 3 WHERE id = 3", "item 3: what it is a member of"},
    {"UPDATE sources SET kind = 9", "source 1: its kind"},
    {"DROP TRIGGER operations_are_kept; UPDATE operations SET kind = 10", "operation 1: its kind"},
    {"DROP TRIGGER operations_are_kept; UPDATE operations SET undoes = id", "operation 1: it undoes itself or a later"},
    {"INSERT INTO duplicates VALUES (2, 2, 2, 0), (3, 2, 2, 0), (5, 5, 2, 9), (7, 7, 7, 4), (8, 8, 7, 4)", NULL},
    {"INSERT INTO duplicates VALUES (2, 3, 2, 0), (3, 3, 2, 0)", "item 2: it is linked to a later one"},
    {"INSERT INTO duplicates VALUES (2, 2, 3, 0), (3, 3, 3, 0)", "item 2: it is linked to a later one"},
    {"INSERT INTO duplicates VALUES (2, 2, 2, 0), (3, 1, 1, 0), (4, 2, 2, 0)",
     "item 3: the lowest of its equals is not"},
    {"INSERT INTO duplicates VALUES (2, 2, 2, 0), (3, 3, 2, 0), (4, 3, 3, 0)",
     "item 4: the lowest of its equals is not"},
    {"INSERT INTO duplicates VALUES (3, 3, 2, 1), (4, 4, 2, 1)", "item 4: the lowest of those like it is not"},
    {"INSERT INTO duplicates VALUES (6, 6, 6, 0)", "item 6: it stands alone"},
    /* each answer as an option's of a checklist, of which one is then changed */
    {CHECKLIST, NULL},
    {CHECKLIST "; UPDATE answers SET slot = 3 WHERE subject_id = 4", NEITHER},
    {CHECKLIST "; UPDATE answers SET slot = 0 WHERE subject_id = 4", NEITHER},
    {CHECKLIST "; UPDATE answers SET number = 0.5 WHERE subject_id = 4", NEITHER},
    {CHECKLIST "; UPDATE answers SET number = NULL WHERE subject_id = 4", NEITHER},
    {CHECKLIST "; UPDATE answers SET option_id = NULL WHERE subject_id = 4", NEITHER},
    {CHECKLIST "; UPDATE answers SET state = 2, option_id = NULL, number = NULL WHERE subject_id = 4", NOT_UNSURE},
    {CHECKLIST "; UPDATE answers SET state = 3, slot = 0, option_id = NULL, number = NULL WHERE subject_id = 4",
     NOT_UNSURE},
    {KEPT "UPDATE answer_log SET replaces = 2 WHERE subject_id = 4", LINK},
    {"INSERT INTO answer_log (op_id, subject_kind, subject_id, question_id, slot, state, option_id, time_spent_ms, source, "
     "replaces) VALUES (1, 1, 4, 1, 0, 1, 1, 0, 1, 0)",
     LINK},
    {KEPT "UPDATE answer_log SET op_id = 99 WHERE id = 4", "answer 4: its operation is not there"},
    {KEPT "UPDATE answer_log SET question_id = 99 WHERE id = 4", "answer 4: its question is not there"},
    {KEPT "UPDATE answer_log SET option_id = 99 WHERE id = 4", "answer 4: its option is not there"},
    {"UPDATE answers SET text = 'a note' WHERE subject_id = 4", "item 4, question 1: the current answer is not"},
    {TEXT "; UPDATE answers SET text = NULL WHERE subject_id = 4",
     "item 4: its answer to a question for a text has none"},
    {TEXT "; UPDATE answers SET state = 2 WHERE subject_id = 4",
     "item 4: its answer to a question for a text has none"},
    {TEXT "; UPDATE answers SET option_id = 1 WHERE subject_id = 4",
     "item 4: its answer to a question for a text is not"},
    {RANK "; UPDATE answers SET number = 2 WHERE subject_id = 4", "item 4: the places of its rank"},
    {RANK "; UPDATE answers SET slot = 0 WHERE subject_id = 4", "item 4: its answer to a rank is not"},
    {RANK "; INSERT INTO answers SELECT 1, 4, 1, 99, log_id, op_id, 1, 99, 1, NULL, 0, 1, NULL FROM answers "
          "WHERE subject_id = 4",
     "item 4: the places of its rank"},
    {"UPDATE answers SET question_id = 0", "item 1: a remark on it has no text"},
    {"DELETE FROM answer_ranges", "answer 1: it is not among those of its operation"},
    {"UPDATE answer_ranges SET last_id = last_id - 1", "answer 10: it is not among those of its operation"},
    {"UPDATE answer_ranges SET last_id = last_id + 1", "answer log of length 10: operations claim more or fewer"},
    {"PRAGMA writable_schema = ON; DROP TRIGGER answer_log_is_kept; UPDATE answer_log SET option_id = 2 WHERE id = 1",
     "item 1, question 1"},
};

typedef struct fault_search {
  const char *wanted;
  bool found;
  size_t n;
} fault_search;

static void look(void *payload, const char *fault) {
  fault_search *s = payload;
  s->n++;
  if (strstr(fault, s->wanted)) s->found = true;
}

static void every_damage_is_found(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
    lab l = lab_new();
    lab_fill(&l, 0, 10);
    assert_int_equal(lab_verify(&l, NULL), 0);
    assert_ok(lab_sql(l.store, damages[i].sql));
    fault_search s = {damages[i].fault ? damages[i].fault : "", false, 0};
    size_t n = 0;
    assert_ok(lnti_store_verify(l.store, &n, look, &s, NULL, ERR));
    if (s.found != (damages[i].fault != NULL)) fail_msg("%s: %zu faults", damages[i].sql, n);
    assert_int_equal(n, s.n);
    lnti_store_close(l.store);
    free(l.path);
    lnti_test_folder_remove(l.folder);
  }
}

static void a_reference_to_nothing_is_found(void **state) {
  (void)state;
  lab l = lab_new();
  lab_fill(&l, 0, 3);
  assert_ok(lab_sql(l.store, "PRAGMA defer_foreign_keys = ON"));
  lnti_store_close(l.store);
  lnti_db *db = NULL;
  assert_ok(lnti_db_open(&db, l.path, LNTI_DB_WRITE, LNTI_STORE_APPLICATION_ID, ERR));
  assert_ok(lnti_db_exec(db, "PRAGMA foreign_keys = OFF; DELETE FROM sources", ERR));
  lnti_db_close(db);
  assert_ok(lnti_store_open(&l.store, l.path, ERR));
  char fault[512];
  assert_int_equal(lab_verify(&l, fault), 3);
  assert_non_null(strstr(fault, "table items, row 1"));
  assert_non_null(strstr(fault, "sources"));
  lnti_store_close(l.store);
  free(l.path);
  lnti_test_folder_remove(l.folder);
}

static void it_can_be_cancelled(void **state) {
  (void)state;
  lab l = lab_new();
  lab_fill(&l, 0, 3000);
  lnti_cancel cancel = {0};
  size_t n = 77;
  lnti_cancel_request(&cancel);
  assert_status(lnti_store_verify(l.store, &n, NULL, NULL, &cancel, ERR), LNT_ECANCELLED);
  assert_int_equal(n, 77);
  assert_int_equal(lab_verify(&l, NULL), 0); /* the connection goes on without */
  lab_free(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_damage_is_found),
      cmocka_unit_test(a_reference_to_nothing_is_found),
      cmocka_unit_test(it_can_be_cancelled),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
