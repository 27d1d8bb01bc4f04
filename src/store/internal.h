/**
 * @file internal.h
 * What the files of the store share: the store, the transaction, read connections, migrations.
 */
#ifndef LNTI_STORE_INTERNAL_H
#define LNTI_STORE_INTERNAL_H

#include <pthread.h>
#include <store/db.h>
#include <store/store.h>

/* ---- migrations ---- */

/** One step of the schema, from version - 1 to version. */
typedef struct lnti_migration {
  int64_t version;
  const char *name, *sql;
} lnti_migration;

/** In order from 1, ended by a row whose sql is NULL. Made from src/store/migrations. */
extern const lnti_migration lnti_migrations[];

/** Brings a database to the newest schema. LNT_EUNSUPPORTED where it is newer than this program. After a failure the
 *  connection is to be closed: references may not be enforced. */
LNT_MUST_CHECK lnt_status lnti_schema_migrate(lnti_db *db, const char *path, lnt_error *err);

/* ---- transactions and the change feed ---- */

typedef enum lnti_change_kind {
  LNTI_CHANGE_ITEM,
  LNTI_CHANGE_ANSWER,
  LNTI_CHANGE_ONTOLOGY,
  LNTI_CHANGE_SPLIT,
  LNTI_CHANGE_MODEL,
  LNTI_CHANGE_JOB,
  LNTI_CHANGE_KINDS
} lnti_change_kind;

/** A range of changed rows that is not in the table yet. */
typedef struct lnti_pending_change {
  int64_t op_id, first, last;
  bool any;
} lnti_pending_change;

enum { LNTI_TX_ANSWERS = 16, LNTI_TX_KNOWN = 1024 };

struct lnti_tx {
  lnti_db *db;
  int64_t op_id;                            /**< the operation that the write is of, from when it says so; 0 */
  lnti_answer_row answers[LNTI_TX_ANSWERS]; /* that are not written yet, in order; none clears, none has a text */
  size_t n_answers;
  bool replaces;                /* the last full batch of answers was all in the place of others */
  int64_t next_log_id;          /* of the answer log; 0: not known yet */
  lnti_pending_change range;    /* rows of the log that are in no row of answer_ranges yet */
  lnti_text text;               /* of the row that was read last */
  int64_t known[LNTI_TX_KNOWN]; /* what answers refer to and was found: see answers.c */
  lnti_pending_change pending[LNTI_CHANGE_KINDS];
};

/** Notes that a row changed: it is joined with those noted before for the same kind and operation. @param op_id  0: the
 *  operation that the write is of, if any */
LNT_MUST_CHECK lnt_status lnti_tx_changed(lnti_tx *tx, lnti_change_kind kind, int64_t op_id, int64_t id,
                                          lnt_error *err);
/** Notes that the log has a new row: see history.c. */
LNT_MUST_CHECK lnt_status lnti_tx_logged_range(lnti_tx *tx, int64_t op_id, int64_t log_id, lnt_error *err);
/** Writes what was noted of them; before the savepoint ends. */
LNT_MUST_CHECK lnt_status lnti_tx_flush_range(lnti_tx *tx, lnt_error *err);
/** Writes the answers that wait; before the savepoint ends. */
LNT_MUST_CHECK lnt_status lnti_tx_flush_answers(lnti_tx *tx, lnt_error *err);
/** Writes what was noted; before the savepoint ends. */
LNT_MUST_CHECK lnt_status lnti_tx_flush_changes(lnti_tx *tx, lnt_error *err);

/* ---- the store ---- */

enum { LNTI_STORE_IDLE_MAX = 4 };

struct lnti_request;

struct lnti_store {
  char *path;
  lnti_db *writer;  /* used by the writer thread alone; NULL after a failure that it could not mend */
  pthread_t thread; /* the writer thread */
  bool has_thread;
  pthread_mutex_t lock; /* guards all below */
  pthread_cond_t wake;  /* the queue has something, or stopping */
  pthread_cond_t ended; /* some requests are done */
  bool stopping;
  struct lnti_request *first, *last; /* the queue */
  size_t n_queued;
  lnti_db *idle[LNTI_STORE_IDLE_MAX]; /* read connections that nobody uses */
  size_t n_idle;
};

LNT_MUST_CHECK lnt_status lnti_writer_start(lnti_store *store, lnt_error *err);
/** Runs what is queued, then ends the thread. */
void lnti_writer_stop(lnti_store *store);

/** A read connection, for one call: an idle one, or a new one. */
LNT_MUST_CHECK lnt_status lnti_reader_take(lnti_db **out, lnti_store *store, lnt_error *err);
/** Back to the idle ones, or closed. NULL is allowed. */
void lnti_reader_give(lnti_store *store, lnti_db *db);

/** The rows of a statement, one after another, read on a connection of their own. */
typedef struct lnti_walk {
  lnti_store *store;
  lnti_db *db;
  lnti_stmt *stmt;
} lnti_walk;
/** Then the parameters are put. lnti_walk_end is due after a failure too. */
LNT_MUST_CHECK lnt_status lnti_walk_begin(lnti_walk *out, lnti_store *store, const char *sql, lnt_error *err);
/** As that, with the two parameters put. */
LNT_MUST_CHECK lnt_status lnti_walk_range(lnti_walk *out, lnti_store *store, const char *sql, int64_t first,
                                          int64_t last, lnt_error *err);
/** False after the last row, and where *status is a failure or becomes one. */
bool lnti_walk_next(lnti_walk *walk, lnt_status *status, lnt_error *err);
void lnti_walk_end(lnti_walk *walk);

/* ---- between the files ---- */

/** Reads the ontology on a given connection. */
LNT_MUST_CHECK lnt_status lnti_ontology_load(lnti_ontology **out, lnti_db *db, lnt_error *err);
/** What a change of the ontology may change of a row, and what question_log and option_log keep. */
#define LNTI_QUESTION_FIELDS                                                                                      \
  "parent_option_id, position, key, title, description, type, level, required, leaf_only, min, max, step, unit, " \
  "max_length, gone"
#define LNTI_OPTION_FIELDS \
  "question_id, parent_id, position, key, title, description, hotkey, color, code, retired, gone"
/** Runs a statement with some numbers as its parameters. */
LNT_MUST_CHECK lnt_status lnti_db_run_ints(lnti_db *db, const char *sql, const int64_t *values, size_t n,
                                           lnt_error *err);
/** An answer row from its number, then LNTI_ANSWER_COLUMNS; or (of_log) LNTI_LOG_COLUMNS. */
void lnti_answer_row_read(lnti_answer_row *out, lnti_stmt *stmt, bool of_log);
/** Steps a statement of such columns, whose row (if any) is the only one, and resets it; the text is kept in tx. */
LNT_MUST_CHECK lnt_status lnti_tx_read_answer(lnti_answer_row *out, bool *found_out, lnti_tx *tx, lnti_stmt *stmt,
                                              bool of_log, lnt_error *err);
/** Visits all rows of a walk over such columns, and ends it. `status`: of what was done until now. */
LNT_MUST_CHECK lnt_status lnti_walk_answers(lnti_walk *walk, bool of_log, lnt_status status, lnti_answer_visit visit,
                                            void *payload, lnt_error *err);
/** A row of the log has its number in id, a current answer in log_id: it is the first column. */
#define LNTI_ANSWER_COLUMNS                                                                                           \
  "op_id, subject_kind, subject_id, question_id, slot, state, option_id, number, confidence, time_spent_ms, source, " \
  "text"
#define LNTI_LOG_COLUMNS LNTI_ANSWER_COLUMNS ", replaces"

/** "" for NULL. */
static inline const char *lnti_or_empty(const char *text) {
  return text ? text : "";
}

#endif
