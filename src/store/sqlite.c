/*
 * The SQLite driver, and the only file that knows SQLite.
 *
 * Set on every connection: WAL with synchronous=FULL (a commit is on disk when it returns), foreign keys, 10 s of
 * patience with other processes, and what guards against a hostile file: trusted_schema off, the defensive flag, cell
 * sizes checked. The cache and the WAL are bounded, since imports must fit in a few hundred MB. A file that exists is
 * asked for its application id before anything is written, so that a foreign database stays untouched.
 *
 * Statements are found by the address of their text: all are literals, so a short list compared by address is both
 * the simplest and the fastest cache.
 */
#include <store/db.h>

#include <base/alloc.h>
#include <base/error.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct lnti_stmt {
  sqlite3_stmt *handle;
  lnti_db *db;
  const char *sql;
  int n_put;  /* parameters bound so far */
  int failed; /* first failure of a bind */
};

struct lnti_db {
  sqlite3 *handle;
  const lnti_cancel *cancel;
  lnti_stmt **stmts;
  size_t n_stmts, capacity;
  lnti_db_mode mode;
  char *path;
};

enum { FAULT_TEXT = 256 };

enum {
  CACHE_KIB_WRITE = 24 * 1024,
  CACHE_KIB_READ = 8 * 1024,
  WAL_PAGES = 4000, /* of 4 KiB: a checkpoint about every 16 MB */
  WAL_BYTES_MAX = 64 << 20,
  PROGRESS_STEPS = 20000
};

/* ---- errors ---- */

static bool is_full_errno(int number) {
  return number == ENOSPC || number == EDQUOT || number == EFBIG;
}

/* The errno of the last failed call on the database file or its log; kept by SQLite for each file. */
static int file_errno(sqlite3 *handle, int which) {
  sqlite3_file *file = NULL;
  int number = 0;
  if (sqlite3_file_control(handle, "main", which, &file) != SQLITE_OK || !file || !file->pMethods) return 0;
  if (file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &number) != SQLITE_OK) return 0;
  return number;
}

/* A full disk reaches us as SQLITE_FULL, or as a failed write whose errno says so (quota, file size limit). That of
 * the connection may be overwritten by what SQLite does to clean up, so the files are asked too. */
static bool is_full(sqlite3 *handle, int rc) {
  if ((rc & 0xff) == SQLITE_FULL) return true;
  if ((rc & 0xff) != SQLITE_IOERR || !handle) return false;
  if (is_full_errno(sqlite3_system_errno(handle))) return true;
  if (rc != SQLITE_IOERR_WRITE && rc != SQLITE_IOERR_FSYNC && rc != SQLITE_IOERR_TRUNCATE) return false;
  return is_full_errno(file_errno(handle, SQLITE_FCNTL_FILE_POINTER)) ||
         is_full_errno(file_errno(handle, SQLITE_FCNTL_JOURNAL_POINTER));
}

static lnt_status status_of(sqlite3 *handle, int rc) {
  if (is_full(handle, rc)) return LNT_ENOSPC;
  if (rc == SQLITE_IOERR_NOMEM) return LNT_ENOMEM;
  switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
      return LNT_OK;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return LNT_EBUSY;
    case SQLITE_NOTADB:
      return LNT_EDATA;
    case SQLITE_ERROR: /* our SQL is right, so a table or column that it names is not there */
    case SQLITE_MISMATCH:
    case SQLITE_SCHEMA:
    case SQLITE_CORRUPT:
      return LNT_ECORRUPT;
    case SQLITE_CONSTRAINT:
      return LNT_ECONFLICT;
    case SQLITE_NOMEM:
      return LNT_ENOMEM;
    case SQLITE_TOOBIG:
      return LNT_ELIMIT;
    case SQLITE_INTERRUPT:
      return LNT_ECANCELLED;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_PROTOCOL:
      return LNT_EIO;
    default:
      return LNT_EINTERNAL;
  }
}

static const char *advice(lnt_status status) {
  switch (status) {
    case LNT_ENOSPC:
      return "the disk is full: make room and try again";
    case LNT_EBUSY:
      return "another program holds it: try again";
    case LNT_EDATA:
      return "this is no database";
    case LNT_ECORRUPT:
      return "the database is damaged: run 'linnet verify', restore a backup";
    case LNT_EIO:
      return "reading or writing failed";
    case LNT_ENOMEM:
      return "not enough memory";
    case LNT_ECANCELLED:
      return "cancelled";
    case LNT_ECONFLICT:
      return "a rule of the database refuses the row";
    default:
      return "the database refused";
  }
}

static lnt_status fail_rc(lnt_error *err, const lnti_db *db, int rc) {
  lnt_status status = status_of(db->handle, rc);
  if (status == LNT_OK) status = LNT_EINTERNAL;
  return lnti_fail(err, status, "%s: %s (%s)", db->path, advice(status),
                   db->handle ? sqlite3_errmsg(db->handle) : sqlite3_errstr(rc));
}

/* ---- opening ---- */

static lnt_status pragma_int(int64_t *out, lnti_db *db, const char *sql, lnt_error *err) {
  sqlite3_stmt *stmt = NULL;
  int rc = sqlite3_prepare_v2(db->handle, sql, -1, &stmt, NULL);
  if (rc == SQLITE_OK) rc = sqlite3_step(stmt);
  if (rc == SQLITE_ROW) *out = sqlite3_column_int64(stmt, 0);
  lnt_status status = rc == SQLITE_ROW ? LNT_OK : fail_rc(err, db, rc);
  sqlite3_finalize(stmt);
  return status;
}

static int on_progress(void *payload) {
  const lnti_db *db = payload;
  return lnti_cancel_requested(db->cancel);
}

void lnti_db_set_cancel(lnti_db *db, const lnti_cancel *cancel) {
  db->cancel = cancel;
  sqlite3_progress_handler(db->handle, cancel ? PROGRESS_STEPS : 0, cancel ? on_progress : NULL, db);
}

/* What needs no look into the file. */
static lnt_status guard(lnti_db *db, lnt_error *err) {
  int on = 0;
  int rc = sqlite3_extended_result_codes(db->handle, 1);
  if (rc == SQLITE_OK) rc = sqlite3_busy_timeout(db->handle, LNTI_DB_BUSY_MS);
  if (rc == SQLITE_OK) rc = sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, &on);
  if (rc == SQLITE_OK) rc = sqlite3_db_config(db->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, &on);
  if (rc == SQLITE_OK) rc = sqlite3_db_config(db->handle, SQLITE_DBCONFIG_ENABLE_FKEY, 1, &on);
  if (rc != SQLITE_OK) return fail_rc(err, db, rc);
  return lnti_db_exec(db, "PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0", err);
}

static lnt_status settings(lnti_db *db, lnt_error *err) {
  char sql[256];
  snprintf(sql, sizeof sql,
           "PRAGMA synchronous = FULL; PRAGMA cache_size = -%d; PRAGMA journal_size_limit = %d; "
           "PRAGMA wal_autocheckpoint = %d",
           db->mode == LNTI_DB_READ ? CACHE_KIB_READ : CACHE_KIB_WRITE, WAL_BYTES_MAX, WAL_PAGES);
  return lnti_db_exec(db, sql, err);
}

/* A new file stays in rollback mode until it is opened by its final name: so it is one file when it is renamed. */
static lnt_status settle(lnti_db *db, uint32_t application_id, lnt_error *err) {
  char sql[64];
  int64_t found = 0;
  lnt_status status = guard(db, err);
  if (status) return status;
  if (db->mode == LNTI_DB_CREATE) {
    status = settings(db, err);
    if (status) return status;
    snprintf(sql, sizeof sql, "PRAGMA application_id = %lu", (unsigned long)application_id);
    return lnti_db_exec(db, sql, err);
  }
  status = pragma_int(&found, db, "PRAGMA application_id", err);
  if (status) return status;
  if ((uint32_t)found != application_id) {
    return lnti_fail(err, LNT_EDATA, "%s: this is no database of Linnet (its application id is %08lx)", db->path,
                     (unsigned long)(uint32_t)found);
  }
  if (db->mode == LNTI_DB_WRITE) {
    status = lnti_db_exec(db, "PRAGMA journal_mode = WAL", err);
    if (status) return status;
  }
  return settings(db, err);
}

/* SQLite would take a folder or a missing file for something that cannot be opened, and say no more. */
static lnt_status check_path(const char *path, lnti_db_mode mode, lnt_error *err) {
  if (mode == LNTI_DB_CREATE) {
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) return lnti_fail_errno(err, errno, "%s", path);
    close(fd);
    return LNT_OK;
  }
  struct stat info;
  if (stat(path, &info) != 0) return lnti_fail_errno(err, errno, "%s", path);
  if (!S_ISREG(info.st_mode)) return lnti_fail(err, LNT_EDATA, "%s: this is no file", path);
  return LNT_OK;
}

lnt_status lnti_db_open(lnti_db **out, const char *path, lnti_db_mode mode, uint32_t application_id, lnt_error *err) {
  lnti_db *db = NULL;
  /* Statistics of memory cost a lock around each of SQLite's allocations. Refused, without harm, once it has started. */
  (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  lnt_status status = check_path(path, mode, err);
  if (status) return status;
  status = lnti_alloc_zero(&db, 1, sizeof *db, err);
  if (status) return status;
  db->mode = mode;
  status = lnti_strdup(&db->path, path, err);
  if (!status) {
    /* Read connections are opened for writing too: the WAL index of a project cannot be made otherwise. */
    int rc = sqlite3_open_v2(path, &db->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc != SQLITE_OK) status = fail_rc(err, db, rc);
  }
  if (!status) status = settle(db, application_id, err);
  if (!status && mode == LNTI_DB_READ) status = lnti_db_exec(db, "PRAGMA query_only = ON", err);
  if (status) {
    lnti_db_close(db);
    return status;
  }
  *out = db;
  return LNT_OK;
}

void lnti_db_close(lnti_db *db) {
  if (!db) return;
  for (size_t i = 0; i < db->n_stmts; i++) {
    sqlite3_finalize(db->stmts[i]->handle);
    free(db->stmts[i]);
  }
  free(db->stmts);
  sqlite3_close_v2(db->handle);
  free(db->path);
  free(db);
}

/* ---- running ---- */

lnt_status lnti_db_exec(lnti_db *db, const char *sql, lnt_error *err) {
  int rc = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
  return rc == SQLITE_OK ? LNT_OK : fail_rc(err, db, rc);
}

lnt_status lnti_db_version(int64_t *out, lnti_db *db, lnt_error *err) {
  return pragma_int(out, db, "PRAGMA user_version", err);
}

lnt_status lnti_db_set_version(lnti_db *db, int64_t version, lnt_error *err) {
  char sql[64];
  snprintf(sql, sizeof sql, "PRAGMA user_version = %lld", (long long)version);
  return lnti_db_exec(db, sql, err);
}

lnt_status lnti_db_begin(lnti_db *db, bool writes, lnt_error *err) {
  return lnti_db_exec(db, writes ? "BEGIN IMMEDIATE" : "BEGIN", err);
}

lnt_status lnti_db_commit(lnti_db *db, lnt_error *err) {
  return lnti_db_exec(db, "COMMIT", err);
}

bool lnti_db_in_transaction(const lnti_db *db) {
  return !sqlite3_get_autocommit(db->handle);
}

void lnti_db_rollback(lnti_db *db) {
  for (size_t i = 0; i < db->n_stmts; i++) lnti_db_reset(db->stmts[i]);
  if (lnti_db_in_transaction(db)) sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
}

lnt_status lnti_db_savepoint(lnti_db *db, lnt_error *err) {
  return lnti_db_exec(db, "SAVEPOINT s", err);
}

lnt_status lnti_db_savepoint_end(lnti_db *db, bool keep, lnt_error *err) {
  if (!keep) {
    for (size_t i = 0; i < db->n_stmts; i++) lnti_db_reset(db->stmts[i]);
    lnt_status status = lnti_db_exec(db, "ROLLBACK TO s", err);
    if (status) return status;
  }
  return lnti_db_exec(db, "RELEASE s", err);
}

static lnt_status prepare_new(lnti_stmt **out, lnti_db *db, const char *sql, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  lnt_status status = lnti_grow(&db->stmts, &db->capacity, db->n_stmts + 1, sizeof *db->stmts, err);
  if (status) return status;
  status = lnti_alloc_zero(&stmt, 1, sizeof *stmt, err);
  if (status) return status;
  int rc = sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt->handle, NULL);
  if (rc != SQLITE_OK) {
    free(stmt);
    return fail_rc(err, db, rc);
  }
  stmt->db = db;
  stmt->sql = sql;
  db->stmts[db->n_stmts++] = stmt;
  *out = stmt;
  return LNT_OK;
}

lnt_status lnti_db_prepare(lnti_stmt **out, lnti_db *db, const char *sql, lnt_error *err) {
  for (size_t i = 0; i < db->n_stmts; i++) {
    if (db->stmts[i]->sql == sql) {
      lnti_db_reset(db->stmts[i]);
      *out = db->stmts[i];
      return LNT_OK;
    }
  }
  return prepare_new(out, db, sql, err);
}

/* ---- parameters ---- */

static void put(lnti_stmt *stmt, int rc) {
  if (rc != SQLITE_OK && stmt->failed == SQLITE_OK) stmt->failed = rc;
}

void lnti_put_int(lnti_stmt *stmt, int64_t value) {
  put(stmt, sqlite3_bind_int64(stmt->handle, ++stmt->n_put, value));
}

void lnti_put_real(lnti_stmt *stmt, double value) {
  stmt->n_put++;
  put(stmt, isnan(value) ? sqlite3_bind_null(stmt->handle, stmt->n_put)
                         : sqlite3_bind_double(stmt->handle, stmt->n_put, value));
}

void lnti_put_text(lnti_stmt *stmt, const char *text) {
  stmt->n_put++;
  put(stmt, text ? sqlite3_bind_text(stmt->handle, stmt->n_put, text, -1, SQLITE_STATIC)
                 : sqlite3_bind_null(stmt->handle, stmt->n_put));
}

void lnti_put_blob(lnti_stmt *stmt, const void *data, size_t n) {
  put(stmt, sqlite3_bind_blob64(stmt->handle, ++stmt->n_put, data, n, SQLITE_STATIC));
}

void lnti_put_null(lnti_stmt *stmt) {
  put(stmt, sqlite3_bind_null(stmt->handle, ++stmt->n_put));
}

/* ---- rows ---- */

lnt_status lnti_db_step(bool *row_out, lnti_stmt *stmt, lnt_error *err) {
  if (stmt->failed != SQLITE_OK) return fail_rc(err, stmt->db, stmt->failed);
  int rc = sqlite3_step(stmt->handle);
  if (rc != SQLITE_ROW && rc != SQLITE_DONE) return fail_rc(err, stmt->db, rc);
  *row_out = rc == SQLITE_ROW;
  return LNT_OK;
}

void lnti_db_reset(lnti_stmt *stmt) {
  sqlite3_reset(stmt->handle); /* repeats the failure of the last step, which was told */
  stmt->n_put = 0;
  stmt->failed = SQLITE_OK;
}

int64_t lnti_get_int(lnti_stmt *stmt, int column) {
  return sqlite3_column_int64(stmt->handle, column);
}

double lnti_get_real(lnti_stmt *stmt, int column) {
  return lnti_get_null(stmt, column) ? NAN : sqlite3_column_double(stmt->handle, column);
}

const char *lnti_get_text(lnti_stmt *stmt, int column) {
  const unsigned char *text = sqlite3_column_text(stmt->handle, column);
  if (!text && !lnti_get_null(stmt, column)) put(stmt, SQLITE_NOMEM);
  return text ? (const char *)text : "";
}

const void *lnti_get_blob(size_t *n_out, lnti_stmt *stmt, int column) {
  const void *data = sqlite3_column_blob(stmt->handle, column);
  *n_out = data ? (size_t)sqlite3_column_bytes(stmt->handle, column) : 0;
  return data;
}

bool lnti_get_bytes(void *out, size_t n, lnti_stmt *stmt, int column) {
  size_t there = 0;
  const void *data = lnti_get_blob(&there, stmt, column);
  if (!data || there != n) return false;
  memcpy(out, data, n);
  return true;
}

bool lnti_get_null(lnti_stmt *stmt, int column) {
  return sqlite3_column_type(stmt->handle, column) == SQLITE_NULL;
}

lnt_status lnti_db_run(int64_t *id_out, bool *found_out, lnti_stmt *stmt, lnt_error *err) {
  bool row = false, found = false;
  int64_t id = 0;
  lnt_status status = lnti_db_step(&row, stmt, err);
  while (!status && row) {
    if (!found) id = lnti_get_int(stmt, 0);
    found = true;
    status = lnti_db_step(&row, stmt, err);
  }
  lnti_db_reset(stmt);
  if (status) return status;
  if (found && id_out) *id_out = id;
  if (found_out) *found_out = found;
  return LNT_OK;
}

lnt_status lnti_db_change(size_t *n_out, lnti_stmt *stmt, lnt_error *err) {
  bool row = false;
  lnt_status status = lnti_db_step(&row, stmt, err);
  lnti_db_reset(stmt);
  if (!status) *n_out = (size_t)sqlite3_changes(stmt->db->handle);
  return status;
}

lnt_status lnti_db_insert(int64_t *id_out, bool *added_out, lnti_stmt *stmt, lnt_error *err) {
  size_t added = 0;
  lnt_status status = lnti_db_change(&added, stmt, err);
  if (status) return status;
  if (added) *id_out = sqlite3_last_insert_rowid(stmt->db->handle);
  if (added_out) *added_out = added > 0;
  return LNT_OK;
}

/* ---- checking ---- */

/* What SQLite says where it had no memory to look: a heading with nothing under it, or a page that was not to be had for
 * that reason. Neither is a fault of the database. */
static bool says_no_memory(const char *text) {
  static const char code[] = "error code=";
  const char *end = strchr(text, '\n'), *at = strstr(text, code);
  long rc = at ? strtol(at + sizeof code - 1, NULL, 10) : 0;
  return rc == SQLITE_NOMEM || rc == SQLITE_IOERR_NOMEM ||
         (strncmp(text, "*** in database ", 16) == 0 && (!end || !end[1]));
}

static lnt_status check_integrity(lnti_db *db, lnti_db_fault fault, void *payload, lnt_error *err) {
  sqlite3_stmt *stmt = NULL;
  int rc = sqlite3_prepare_v2(db->handle, "PRAGMA integrity_check(100)", -1, &stmt, NULL);
  while (rc == SQLITE_OK || rc == SQLITE_ROW) {
    rc = sqlite3_step(stmt);
    const char *text = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(stmt, 0) : NULL;
    if (text && says_no_memory(text)) rc = SQLITE_NOMEM;
    if (rc == SQLITE_ROW && text && strcmp(text, "ok") != 0) fault(payload, text);
  }
  lnt_status status = rc == SQLITE_DONE ? LNT_OK : fail_rc(err, db, rc);
  sqlite3_finalize(stmt);
  return status;
}

static lnt_status check_references(lnti_db *db, lnti_db_fault fault, void *payload, lnt_error *err) {
  char text[FAULT_TEXT];
  sqlite3_stmt *stmt = NULL;
  int rc = sqlite3_prepare_v2(db->handle, "PRAGMA foreign_key_check", -1, &stmt, NULL);
  for (int n = 0; (rc == SQLITE_OK || rc == SQLITE_ROW) && n < 100; n++) {
    rc = sqlite3_step(stmt);
    if (rc != SQLITE_ROW) continue;
    const char *table = (const char *)sqlite3_column_text(stmt, 0),
               *parent = (const char *)sqlite3_column_text(stmt, 2);
    snprintf(text, sizeof text, "table %s, row %lld: refers to a row of %s that is not there", table ? table : "?",
             (long long)sqlite3_column_int64(stmt, 1), parent ? parent : "?");
    fault(payload, text);
  }
  lnt_status status = rc == SQLITE_DONE || rc == SQLITE_ROW ? LNT_OK : fail_rc(err, db, rc);
  sqlite3_finalize(stmt);
  return status;
}

lnt_status lnti_db_check(lnti_db *db, lnti_db_fault fault, void *payload, lnt_error *err) {
  lnt_status status = check_integrity(db, fault, payload, err);
  if (!status) status = check_references(db, fault, payload, err);
  return status;
}

lnt_status lnti_db_enforce_references(lnti_db *db, bool on, lnt_error *err) {
  int is = 0;
  int rc = sqlite3_db_config(db->handle, SQLITE_DBCONFIG_ENABLE_FKEY, on ? 1 : 0, &is);
  return rc == SQLITE_OK ? LNT_OK : fail_rc(err, db, rc);
}

static void keep_first(void *payload, const char *text) {
  char *first = payload;
  if (!*first) snprintf(first, FAULT_TEXT, "%s", text);
}

lnt_status lnti_db_check_references(lnti_db *db, lnt_error *err) {
  char first[FAULT_TEXT] = "";
  lnt_status status = check_references(db, keep_first, first, err);
  if (status || !*first) return status;
  return lnti_fail(err, LNT_ECORRUPT, "%s: %s: restore a backup", db->path, first);
}
