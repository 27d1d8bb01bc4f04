/*
 * Verification: what the database can say of itself, then what only Linnet knows. The current answers are compared
 * with a replay of the log: both are walked in the order of their key, side by side, so that memory stays that of two
 * rows. Damage that stops one check is a fault like any other, and the next check goes on.
 */
#include <store/internal.h>

#include <base/error.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct verifier {
  lnti_db *db;
  lnti_fault_visit visit;
  void *payload;
  const lnti_cancel *cancel;
  size_t n_faults;
  lnti_text text; /* of the row of the log that is compared */
  lnt_error *err;
} verifier;

static void fault(verifier *v, const char *format, ...) LNT_PRINTF(2, 3);
static void fault(verifier *v, const char *format, ...) {
  char text[512];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  v->n_faults++;
  if (v->visit) v->visit(v->payload, text);
}

static void on_db_fault(void *payload, const char *text) {
  fault(payload, "%s", text);
}

/* ---- rows that a query finds wrong ---- */

/* Each row of the query is a fault: its text, with the row's first column as a number. */
typedef struct rule {
  const char *sql, *what, *fault;
} rule;

static const rule rules[] = {
    {"SELECT id FROM items WHERE typeof(content) <> 'blob' OR length(content) <> 32 OR h <= 0 OR w <= 0 OR c <= 0 OR "
     "h > 4294967295 OR w > 4294967295 OR c > 4294967295 OR bytes < 0 OR member = '' OR "
     "stage NOT IN ('annotate', 'review', 'done')",
     "item", "its row is out of its bounds"},
    {"SELECT id FROM items WHERE (pixels IS NOT NULL AND (typeof(pixels) <> 'blob' OR length(pixels) <> 16)) OR "
     "(signature IS NOT NULL AND (typeof(signature) <> 'blob' OR length(signature) <> 32)) OR "
     "(sharpness IS NULL) <> (brightness IS NULL) OR (sharpness IS NULL) <> (contrast IS NULL)",
     "item", "what was found in its picture is not whole"},
    {"SELECT i.id FROM items i JOIN items g ON g.id = i.group_id WHERE g.kind <> 2 OR g.id = i.id", "item",
     "what it is a member of is no other item that is a group"},
    {"SELECT id FROM sources WHERE kind NOT BETWEEN 1 AND 3", "source", "its kind is not known to this Linnet"},
    {"SELECT id FROM operations WHERE kind NOT BETWEEN 1 AND 9", "operation", "its kind is not known to this Linnet"},
    {"SELECT item_id FROM duplicates WHERE near_id > equal_id OR equal_id > item_id", "item",
     "it is linked to a later one as the lowest of its equals"},
    {"SELECT d.item_id FROM duplicates d WHERE NOT EXISTS (SELECT 1 FROM duplicates e WHERE e.item_id = d.equal_id AND "
     "e.equal_id = d.equal_id AND e.near_id = d.near_id)",
     "item", "the lowest of its equals is not linked with itself"},
    {"SELECT d.item_id FROM duplicates d WHERE NOT EXISTS (SELECT 1 FROM duplicates e WHERE e.item_id = d.near_id AND "
     "e.near_id = d.near_id)",
     "item", "the lowest of those like it is not linked with itself"},
    {"SELECT near_id FROM duplicates GROUP BY near_id HAVING COUNT(*) = 1", "item",
     "it stands alone in a set of alike pictures"},
    {"SELECT subject_id FROM answers a WHERE subject_kind = 1 AND NOT EXISTS "
     "(SELECT 1 FROM items i WHERE i.id = a.subject_id)",
     "item", "has answers and is not there"},
    {"SELECT subject_id FROM answers a JOIN options o ON o.id = a.option_id WHERE o.question_id <> a.question_id",
     "item", "its answer is an option of another question"},
    {"SELECT subject_id FROM answers WHERE question_id = 0 AND (state <> 1 OR text IS NULL)", "item",
     "a remark on it has no text"},
    {"SELECT subject_id FROM answers WHERE text = ''", "item", "an answer's text is empty"},
    {"SELECT subject_id FROM answers a JOIN questions q ON q.id = a.question_id WHERE a.state = 1 AND q.type < 4 AND "
     "((q.type = 3) <> (a.option_id IS NULL) OR (q.type = 3) <> (a.number IS NOT NULL))",
     "item", "its answer is not of its question's type"},
    {"SELECT subject_id FROM answers a JOIN questions q ON q.id = a.question_id WHERE q.type NOT IN (4, 6) AND "
     "a.slot <> 0",
     "item", "it has a second answer to a question that takes one"},
    {"SELECT subject_id FROM answers a JOIN questions q ON q.id = a.question_id WHERE q.type = 4 AND a.state = 1 AND "
     "(a.slot = 0 OR a.option_id IS NULL OR a.option_id <> a.slot OR a.number IS NULL OR a.number NOT IN (0, 1))",
     "item", "its answer to an option of a checklist is neither yes nor no"},
    {"SELECT subject_id FROM answers a JOIN questions q ON q.id = a.question_id WHERE q.type = 4 AND a.state <> 1 AND "
     "(a.slot <> 0 OR a.state <> 2)",
     "item", "its answer to a checklist as a whole is not \"unsure\""},
    {"SELECT subject_id FROM answers a JOIN questions q ON q.id = a.question_id WHERE q.type = 5 AND (a.state = 1) <> "
     "(a.text IS NOT NULL)",
     "item", "its answer to a question for a text has none, or has one without being an answer"},
    {"SELECT subject_id FROM answers a JOIN questions q ON q.id = a.question_id WHERE q.type = 5 AND "
     "(a.option_id IS NOT NULL OR a.number IS NOT NULL)",
     "item", "its answer to a question for a text is not of its question's type"},
    {"SELECT subject_id FROM answers a JOIN questions q ON q.id = a.question_id WHERE q.type = 6 AND "
     "((a.state = 1) <> (a.slot <> 0) OR (a.state = 1 AND (a.option_id IS NULL OR a.option_id <> a.slot)))",
     "item", "its answer to a rank is not of its question's type"},
    {"SELECT subject_id FROM answers a JOIN questions q ON q.id = a.question_id WHERE q.type = 6 GROUP BY subject_id, "
     "question_id HAVING COUNT(*) <> CASE MIN(a.state) WHEN 1 THEN COUNT(DISTINCT a.number) ELSE 1 END OR "
     "(MIN(a.state) = 1 AND (MAX(a.state) <> 1 OR MIN(a.number) <> 1 OR MAX(a.number) <> COUNT(*)))",
     "item", "the places of its rank are not 1, 2 and so on"},
    {"SELECT subject_id FROM answers WHERE state <> 1 AND (option_id IS NOT NULL OR number IS NOT NULL)", "item",
     "an answer without a value has one"},
    {"SELECT o.id FROM options o JOIN options p ON p.id = o.parent_id WHERE p.question_id <> o.question_id", "option",
     "the option above it is of another question"},
    {"SELECT id FROM models WHERE length(content) <> 32 OR bytes < 0", "model", "its row is out of its bounds"},
    {"SELECT id FROM answer_log l WHERE NOT EXISTS (SELECT 1 FROM operations o WHERE o.id = l.op_id)", "answer",
     "its operation is not there"},
    {"SELECT id FROM operations WHERE undoes >= id", "operation", "it undoes itself or a later one"},
    {"SELECT id FROM answer_log l WHERE COALESCE((SELECT r.last_id FROM answer_ranges r WHERE r.op_id = l.op_id AND "
     "r.first_id <= l.id ORDER BY r.first_id DESC LIMIT 1), 0) < l.id",
     "answer", "it is not among those of its operation"},
    {"SELECT n FROM (SELECT (SELECT COUNT(*) FROM answer_log) AS n, "
     "(SELECT COALESCE(SUM(last_id - first_id + 1), 0) FROM answer_ranges) AS ranged) WHERE n <> ranged",
     "answer log of length", "operations claim more or fewer rows than it has"},
    {"SELECT id FROM answer_log l WHERE question_id <> 0 AND NOT EXISTS (SELECT 1 FROM questions q WHERE q.id = l.question_id)",
     "answer", "its question is not there"},
    {"SELECT id FROM answer_log l WHERE option_id IS NOT NULL AND NOT EXISTS "
     "(SELECT 1 FROM options o WHERE o.id = l.option_id)",
     "answer", "its option is not there"},
    {"SELECT subject_id FROM answers a JOIN questions q ON q.id = a.question_id WHERE q.gone = 1", "item",
     "it has an answer to a question that was taken out"},
    {"SELECT subject_id FROM answers a JOIN options o ON o.id = a.option_id OR o.id = a.slot WHERE a.question_id <> 0 AND "
     "o.gone = 1",
     "item", "its answer is an option that was taken out"},
    {"SELECT o.id FROM options o JOIN questions q ON q.id = o.question_id WHERE o.gone = 0 AND q.gone = 1", "option",
     "its question was taken out"},
    {"SELECT seq FROM changes WHERE first_id > last_id", "change", "its range is empty"},
};

static lnt_status check_rule(verifier *v, const rule *r) {
  lnti_stmt *stmt = NULL;
  bool row = false;
  size_t n = 0;
  lnt_status status = lnti_db_prepare(&stmt, v->db, r->sql, v->err);
  if (status) return status;
  while (!(status = lnti_db_step(&row, stmt, v->err)) && row) {
    if (n++ < 100) fault(v, "%s %lld: %s", r->what, (long long)lnti_get_int(stmt, 0), r->fault);
  }
  lnti_db_reset(stmt);
  if (n > 100) fault(v, "and %zu more: %s", n - 100, r->fault);
  return status;
}

static lnt_status check_rules(verifier *v) {
  for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
    lnt_status status = check_rule(v, &rules[i]);
    if (!status) status = lnti_cancel_check(v->cancel, v->err);
    if (status) return status;
  }
  return LNT_OK;
}

/* ---- the log against the current answers ---- */

typedef struct cursor {
  lnti_stmt *stmt;
  bool of_log, has;
  lnti_answer_row row;
} cursor;

static lnt_status advance(cursor *c, lnt_error *err) {
  lnt_status status = lnti_db_step(&c->has, c->stmt, err);
  if (!status && c->has) lnti_answer_row_read(&c->row, c->stmt, c->of_log);
  return status;
}

static int compare_keys(const cursor *a, const cursor *b) {
  const int64_t left[] = {a->row.subject_id, a->row.question_id, a->row.slot, a->row.subject_kind};
  const int64_t right[] = {b->row.subject_id, b->row.question_id, b->row.slot, b->row.subject_kind};
  for (size_t i = 0; i < sizeof left / sizeof left[0]; i++) {
    if (left[i] != right[i]) return left[i] < right[i] ? -1 : 1;
  }
  return 0;
}

static bool same_number(double a, double b) {
  return isnan(a) ? isnan(b) : a == b;
}

static bool same_text(const char *a, const char *b) {
  return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_answer(const lnti_answer_row *a, const lnti_answer_row *b) {
  return a->log_id == b->log_id && a->op_id == b->op_id && a->state == b->state && a->option_id == b->option_id &&
         same_number(a->number, b->number) && same_number(a->confidence, b->confidence) &&
         a->time_spent_ms == b->time_spent_ms && a->source == b->source && same_text(a->text, b->text);
}

static void tell_difference(verifier *v, const cursor *at, const char *what) {
  const lnti_answer_row *row = &at->row;
  char option[40] = "";
  if (row->slot) snprintf(option, sizeof option, ", option %lld", (long long)row->slot);
  fault(v, "item %lld, question %lld%s: %s", (long long)row->subject_id, (long long)row->question_id, option, what);
}

static lnt_status keep(lnti_answer_row *out, verifier *v, const lnti_answer_row *row) {
  lnt_status status = LNT_OK;
  *out = *row;
  if (!row->text) return LNT_OK;
  v->text.length = 0;
  status = lnti_text_append(&v->text, row->text, strlen(row->text), v->err);
  out->text = v->text.data;
  return status;
}

/* The newest log row of the key at `log`, which moves on to the next key. Each row names the one before, unless that took the
 * answer back. */
static lnt_status newest_of_key(cursor *newest, verifier *v, cursor *log) {
  lnt_status status = LNT_OK;
  int64_t current = 0;
  *newest = *log;
  while (!status && log->has && compare_keys(newest, log) == 0) {
    if (log->row.replaces != current)
      tell_difference(v, log, "a row of the log does not name the one that it replaced");
    current = log->row.state == LNTI_CLEARED ? 0 : log->row.log_id;
    status = keep(&newest->row, v, &log->row);
    if (!status) status = advance(log, v->err);
  }
  return status;
}

static lnt_status compare(verifier *v, cursor *log, cursor *current) {
  lnt_status status = advance(log, v->err);
  if (!status) status = advance(current, v->err);
  for (size_t n = 0; !status && (log->has || current->has); n++) {
    int order = !log->has ? 1 : !current->has ? -1 : compare_keys(log, current);
    cursor newest;
    if (n % 1024 == 0) status = lnti_cancel_check(v->cancel, v->err);
    if (!status && order <= 0) status = newest_of_key(&newest, v, log);
    if (status) break;
    if (order > 0) {
      tell_difference(v, current, "a current answer that is not in the log");
    } else if (order < 0) {
      if (newest.row.state != LNTI_CLEARED) tell_difference(v, &newest, "an answer of the log is not current");
    } else if (!same_answer(&newest.row, &current->row)) {
      tell_difference(v, &newest, "the current answer is not the newest of the log");
    }
    if (order >= 0) status = advance(current, v->err);
  }
  return status;
}

static lnt_status check_log(verifier *v) {
  cursor log = {.of_log = true}, current = {0};
  lnt_status status = lnti_db_prepare(&log.stmt, v->db,
                                      "SELECT id, " LNTI_LOG_COLUMNS
                                      " FROM answer_log ORDER BY subject_id, question_id, slot, subject_kind, id",
                                      v->err);
  if (!status) {
    status = lnti_db_prepare(&current.stmt, v->db,
                             "SELECT log_id, " LNTI_ANSWER_COLUMNS
                             " FROM answers ORDER BY subject_id, question_id, slot, subject_kind",
                             v->err);
  }
  if (!status) status = compare(v, &log, &current);
  if (log.stmt) lnti_db_reset(log.stmt);
  if (current.stmt) lnti_db_reset(current.stmt);
  lnti_text_clear(&v->text);
  return status;
}

/* ---- all of it ---- */

static lnt_status check_database(verifier *v) {
  return lnti_db_check(v->db, on_db_fault, v, v->err);
}

static lnt_status check_ontology(verifier *v) {
  lnti_ontology *ontology = NULL;
  lnt_status status = lnti_ontology_load(&ontology, v->db, v->err);
  lnti_ontology_free(ontology);
  return status;
}

lnt_status lnti_store_verify(lnti_store *store, size_t *n_out, lnti_fault_visit visit, void *payload,
                             const lnti_cancel *cancel, lnt_error *err) {
  static lnt_status (*const checks[])(verifier *) = {check_database, check_ontology, check_rules, check_log};
  lnt_error error = LNT_ERROR_INIT;
  verifier v = {.visit = visit, .payload = payload, .cancel = cancel, .err = &error};
  lnt_status status = lnti_reader_take(&v.db, store, &error);
  if (!status) {
    lnti_db_set_cancel(v.db, cancel);
    status = lnti_db_begin(v.db, false, &error);
  }
  for (size_t i = 0; i < sizeof checks / sizeof checks[0] && !status; i++) {
    status = checks[i](&v);
    if (status == LNT_ECORRUPT || status == LNT_EDATA) {
      fault(&v, "%s", error.message);
      status = LNT_OK;
    }
  }
  if (v.db) lnti_db_set_cancel(v.db, NULL);
  lnti_reader_give(store, v.db);
  if (status) {
    if (err) *err = error;
    return status;
  }
  *n_out = v.n_faults;
  return LNT_OK;
}
