/*
 * Creating, opening and closing a store, and its read connections.
 *
 * A new database is made whole beside its place and then renamed, so that whoever finds the file finds a database;
 * it may not take the place of another. Read connections are kept for the next call, a few of them: opening one costs
 * more than most reads.
 */
#include <store/internal.h>

#include <base/alloc.h>
#include <base/error.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- creating ---- */

/* Frames of an older database's log would be read into the new one. */
static lnt_status check_free(const char *path, lnt_error *err) {
  static const char *const suffixes[] = {"", "-wal", "-journal"};
  for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
    char *name = NULL;
    lnt_status status = lnti_asprintf(&name, err, "%s%s", path, suffixes[i]);
    if (status) return status;
    if (access(name, F_OK) == 0) {
      status = lnti_fail(err, LNT_EEXISTS, "%s is there already%s", name,
                         i ? ", left from a database that is gone: move it away" : "");
    }
    free(name);
    if (status) return status;
  }
  return LNT_OK;
}

static lnt_status sync_folder_of(const char *path, lnt_error *err) {
  char *folder = NULL;
  const char *slash = strrchr(path, '/');
  lnt_status status = slash ? lnti_strndup(&folder, path, slash == path ? 1 : (size_t)(slash - path), err)
                            : lnti_strdup(&folder, ".", err);
  if (status) return status;
  int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0 || fsync(fd) != 0) status = lnti_fail_errno(err, errno, "%s", folder);
  if (fd >= 0) close(fd);
  free(folder);
  return status;
}

/* Renames without replacing. File systems that cannot do so at once get a check first. */
static lnt_status rename_new(const char *from, const char *to, lnt_error *err) {
  if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) return sync_folder_of(to, err);
  if (errno != EINVAL && errno != ENOSYS) return lnti_fail_errno(err, errno, "%s", to);
  if (access(to, F_OK) == 0) return lnti_fail(err, LNT_EEXISTS, "%s is there already", to);
  if (rename(from, to) != 0) return lnti_fail_errno(err, errno, "%s", to);
  return sync_folder_of(to, err);
}

static lnt_status make_database(const char *path, lnt_error *err) {
  lnti_db *db = NULL;
  lnt_status status = lnti_db_open(&db, path, LNTI_DB_CREATE, LNTI_STORE_APPLICATION_ID, err);
  if (!status) status = lnti_schema_migrate(db, path, err);
  lnti_db_close(db);
  return status;
}

lnt_status lnti_store_create(lnti_store **out, const char *path, lnt_error *err) {
  char *part = NULL;
  lnt_status status = check_free(path, err);
  if (status) return status;
  status = lnti_asprintf(&part, err, "%s.part-%ld", path, (long)getpid());
  if (status) return status;
  unlink(part); /* left by a process of the same number that was killed */
  status = make_database(part, err);
  if (!status) status = rename_new(part, path, err);
  if (status) unlink(part);
  free(part);
  if (!status) status = lnti_store_open(out, path, err);
  return status;
}

/* ---- opening and closing ---- */

lnt_status lnti_store_open(lnti_store **out, const char *path, lnt_error *err) {
  lnti_store *store = NULL;
  lnt_status status = lnti_alloc_zero(&store, 1, sizeof *store, err);
  if (status) return status;
  pthread_mutex_init(&store->lock, NULL);
  pthread_cond_init(&store->wake, NULL);
  pthread_cond_init(&store->ended, NULL);
  status = lnti_strdup(&store->path, path, err);
  if (!status) status = lnti_db_open(&store->writer, path, LNTI_DB_WRITE, LNTI_STORE_APPLICATION_ID, err);
  if (!status) status = lnti_schema_migrate(store->writer, path, err);
  if (!status) status = lnti_writer_start(store, err);
  if (status) {
    lnti_store_close(store);
    return status;
  }
  *out = store;
  return LNT_OK;
}

void lnti_store_close(lnti_store *store) {
  if (!store) return;
  if (store->has_thread) lnti_writer_stop(store);
  for (size_t i = 0; i < store->n_idle; i++) lnti_db_close(store->idle[i]);
  lnti_db_close(store->writer); /* the last one out empties the log into the file */
  pthread_cond_destroy(&store->ended);
  pthread_cond_destroy(&store->wake);
  pthread_mutex_destroy(&store->lock);
  free(store->path);
  free(store);
}

/* ---- read connections ---- */

lnt_status lnti_reader_take(lnti_db **out, lnti_store *store, lnt_error *err) {
  lnti_db *db = NULL;
  pthread_mutex_lock(&store->lock);
  if (store->n_idle > 0) db = store->idle[--store->n_idle];
  pthread_mutex_unlock(&store->lock);
  if (!db) return lnti_db_open(out, store->path, LNTI_DB_READ, LNTI_STORE_APPLICATION_ID, err);
  *out = db;
  return LNT_OK;
}

void lnti_reader_give(lnti_store *store, lnti_db *db) {
  if (!db) return;
  lnti_db_rollback(db); /* ends the snapshot */
  pthread_mutex_lock(&store->lock);
  if (store->n_idle < LNTI_STORE_IDLE_MAX) {
    store->idle[store->n_idle++] = db;
    db = NULL;
  }
  pthread_mutex_unlock(&store->lock);
  lnti_db_close(db);
}

/* ---- walks ---- */

lnt_status lnti_walk_begin(lnti_walk *out, lnti_store *store, const char *sql, lnt_error *err) {
  *out = (lnti_walk){.store = store};
  lnt_status status = lnti_reader_take(&out->db, store, err);
  return status ? status : lnti_db_prepare(&out->stmt, out->db, sql, err);
}

lnt_status lnti_walk_range(lnti_walk *out, lnti_store *store, const char *sql, int64_t first, int64_t last,
                           lnt_error *err) {
  lnt_status status = lnti_walk_begin(out, store, sql, err);
  if (status) return status;
  lnti_put_int(out->stmt, first);
  lnti_put_int(out->stmt, last);
  return LNT_OK;
}

bool lnti_walk_next(lnti_walk *walk, lnt_status *status, lnt_error *err) {
  bool row = false;
  if (!*status) *status = lnti_db_step(&row, walk->stmt, err);
  return !*status && row;
}

void lnti_walk_end(lnti_walk *walk) {
  lnti_reader_give(walk->store, walk->db);
}
