/**
 * @file db.h
 * The thin seam between the store and its database. sqlite.c is one driver; the SQL that passes here keeps to what
 * SQLite and PostgreSQL share: `?` parameters, RETURNING, ON CONFLICT, integers, doubles, text and blobs. Only the
 * migrations are written for one database.
 *
 * A connection and its statements belong to one thread at a time. Statements are prepared once for each connection
 * and kept: the text must be a literal, or live as long as the connection.
 *
 * Every failure of the database becomes one of: LNT_ENOSPC (disk full), LNT_EIO, LNT_EBUSY (locked by another for
 * longer than LNTI_DB_BUSY_MS), LNT_ECORRUPT (damaged, or not the tables that are expected), LNT_EDATA (no database),
 * LNT_ECONFLICT (a constraint refuses the row), LNT_ELIMIT, LNT_ENOMEM, LNT_ECANCELLED.
 */
#ifndef LNTI_STORE_DB_H
#define LNTI_STORE_DB_H

#include <base/cancel.h>
#include <linnet/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LNTI_DB_BUSY_MS = 10000 };

typedef struct lnti_db lnti_db;
typedef struct lnti_stmt lnti_stmt;

/** How to open: a file that must not be there; one that must, for reading and writing; the same for reading alone. */
typedef enum lnti_db_mode { LNTI_DB_CREATE, LNTI_DB_WRITE, LNTI_DB_READ } lnti_db_mode;

/**
 * Opens a database. One that exists is looked at before anything is written to it: it must carry `application_id`.
 * @return also LNT_ENOTFOUND, LNT_EEXISTS (create), LNT_EDATA (no database, or another program's).
 */
LNT_MUST_CHECK lnt_status lnti_db_open(lnti_db **out, const char *path, lnti_db_mode mode, uint32_t application_id,
                                       lnt_error *err);
/** NULL is allowed. */
void lnti_db_close(lnti_db *db);

/** Runs statements without parameters and results. */
LNT_MUST_CHECK lnt_status lnti_db_exec(lnti_db *db, const char *sql, lnt_error *err);

/** The number of the last migration; setting it is part of the transaction. */
LNT_MUST_CHECK lnt_status lnti_db_version(int64_t *out, lnti_db *db, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_db_set_version(lnti_db *db, int64_t version, lnt_error *err);

/** A transaction that writes takes the lock at once; one that reads sees one snapshot until it ends. */
LNT_MUST_CHECK lnt_status lnti_db_begin(lnti_db *db, bool writes, lnt_error *err);
/** Durable when it returns LNT_OK. After a failure the caller rolls back. */
LNT_MUST_CHECK lnt_status lnti_db_commit(lnti_db *db, lnt_error *err);
/** Does nothing outside a transaction. */
void lnti_db_rollback(lnti_db *db);
/** False also where a failure (a full disk) made the database itself take the transaction back. */
bool lnti_db_in_transaction(const lnti_db *db);
/** A savepoint inside a transaction, one at a time; it ends by keeping or by taking back. */
LNT_MUST_CHECK lnt_status lnti_db_savepoint(lnti_db *db, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_db_savepoint_end(lnti_db *db, bool keep, lnt_error *err);

/** The statement of that text, ready for its first parameter. It must not be in use. */
LNT_MUST_CHECK lnt_status lnti_db_prepare(lnti_stmt **out, lnti_db *db, const char *sql, lnt_error *err);
/** The next parameter, in order. Text and blobs are borrowed until the reset; NULL text is NULL. A failure is told by
 *  the next step. */
void lnti_put_int(lnti_stmt *stmt, int64_t value);
void lnti_put_real(lnti_stmt *stmt, double value); /**< NaN is NULL */
void lnti_put_text(lnti_stmt *stmt, const char *text);
void lnti_put_blob(lnti_stmt *stmt, const void *data, size_t n);
void lnti_put_null(lnti_stmt *stmt);

/** The next row; *row_out false after the last one. After a failure, and to end early, lnti_db_reset. */
LNT_MUST_CHECK lnt_status lnti_db_step(bool *row_out, lnti_stmt *stmt, lnt_error *err);
/** Ends the statement's use. */
void lnti_db_reset(lnti_stmt *stmt);

/** Columns of the row, from 0. Text and blobs are borrowed until the next step or reset. */
int64_t lnti_get_int(lnti_stmt *stmt, int column);
double lnti_get_real(lnti_stmt *stmt, int column);      /**< NULL is NaN */
const char *lnti_get_text(lnti_stmt *stmt, int column); /**< NULL is ""; short of memory too, and the next step fails */
const void *lnti_get_blob(size_t *n_out, lnti_stmt *stmt, int column);
/** A blob of n bytes; false, and `out` untouched, where it is NULL or of another length. */
bool lnti_get_bytes(void *out, size_t n, lnti_stmt *stmt, int column);
bool lnti_get_null(lnti_stmt *stmt, int column);

/** Runs a prepared statement to its end and resets it. `*found_out` (may be NULL): it gave a row, whose first column is
 *  written to `*id_out` (may be NULL). */
LNT_MUST_CHECK lnt_status lnti_db_run(int64_t *id_out, bool *found_out, lnti_stmt *stmt, lnt_error *err);

/**
 * Runs a prepared INSERT into a table whose key is `id`, and resets it. The text has no RETURNING: a driver that needs
 * one adds it (SQLite knows the id without, at half the cost). Of several rows the ids rise by one, and that of the last
 * is written. `*added_out` (may be NULL) is false, and
 * `*id_out` untouched, where ON CONFLICT DO NOTHING found the row there.
 */
LNT_MUST_CHECK lnt_status lnti_db_insert(int64_t *id_out, bool *added_out, lnti_stmt *stmt, lnt_error *err);

/** Runs a prepared INSERT, UPDATE or DELETE and resets it; `*n_out`: the rows that it wrote or took away. */
LNT_MUST_CHECK lnt_status lnti_db_change(size_t *n_out, lnti_stmt *stmt, lnt_error *err);

/** From now on long statements look at `cancel` and fail with LNT_ECANCELLED; NULL: no longer. */
void lnti_db_set_cancel(lnti_db *db, const lnti_cancel *cancel);

/** Whether references are enforced at each change, as they are after opening; outside a transaction. For migrations. */
LNT_MUST_CHECK lnt_status lnti_db_enforce_references(lnti_db *db, bool on, lnt_error *err);
/** LNT_ECORRUPT with the first reference to a row that is not there. */
LNT_MUST_CHECK lnt_status lnti_db_check_references(lnti_db *db, lnt_error *err);

/** The database's own checks of its file and of its references; each fault as one line of text. */
typedef void (*lnti_db_fault)(void *payload, const char *fault);
LNT_MUST_CHECK lnt_status lnti_db_check(lnti_db *db, lnti_db_fault fault, void *payload, lnt_error *err);

#endif
