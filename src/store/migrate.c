/*
 * Bringing a database to the newest schema: each numbered migration in a transaction of its own, with the version it
 * leads to, so that a crash leaves a database of one version or the next. Another process may be doing the same: the
 * version is read again under the lock.
 *
 * A migration may make a table anew, which takes its rows away for a moment: references are therefore not enforced while
 * it runs, and all of them are checked before it is committed.
 */
#include <store/internal.h>

#include <base/error.h>

static int64_t newest(void) {
  int64_t version = 0;
  for (const lnti_migration *m = lnti_migrations; m->sql; m++) version = m->version;
  return version;
}

static lnt_status check_version(int64_t *out, lnti_db *db, const char *path, lnt_error *err) {
  int64_t version = 0;
  lnt_status status = lnti_db_version(&version, db, err);
  if (status) return status;
  if (version < 0) return lnti_fail(err, LNT_ECORRUPT, "%s: its schema has the number %lld", path, (long long)version);
  if (version > newest()) {
    return lnti_fail(err, LNT_EUNSUPPORTED,
                     "%s: made by a newer Linnet: its schema is %lld, this Linnet knows schemas up to %lld; use one "
                     "that knows schema %lld",
                     path, (long long)version, (long long)newest(), (long long)version);
  }
  *out = version;
  return LNT_OK;
}

/* The caller has begun the transaction. */
static lnt_status apply_next(lnti_db *db, const char *path, lnt_error *err) {
  int64_t version = 0;
  lnt_status status = check_version(&version, db, path, err);
  if (status || version == newest()) return status;
  const lnti_migration *next = &lnti_migrations[version];
  status = lnti_db_exec(db, next->sql, err);
  if (!status && version > 0) status = lnti_db_check_references(db, err);
  if (!status) status = lnti_db_set_version(db, next->version, err);
  return status;
}

static lnt_status migrate_once(lnti_db *db, const char *path, lnt_error *err) {
  lnt_status status = lnti_db_begin(db, true, err);
  if (status) return status;
  status = apply_next(db, path, err);
  if (!status) status = lnti_db_commit(db, err);
  if (status) lnti_db_rollback(db);
  return status;
}

lnt_status lnti_schema_migrate(lnti_db *db, const char *path, lnt_error *err) {
  int64_t version = 0;
  lnt_status status = check_version(&version, db, path, err);
  if (status || version == newest()) return status;
  status = lnti_db_enforce_references(db, false, err);
  while (!status && version < newest()) {
    status = migrate_once(db, path, err);
    if (!status) status = check_version(&version, db, path, err);
  }
  return status ? status : lnti_db_enforce_references(db, true, err);
}
