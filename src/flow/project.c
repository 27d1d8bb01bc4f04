/*
 * A project on disk. Opening it is the one place where paths become absolute, the database is migrated and what a
 * killed process left behind is told from what still runs.
 */
#include <flow/project.h>

#include <base/alloc.h>
#include <base/cancel.h>
#include <base/error.h>
#include <base/file.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char database_name[] = "linnet.db";

static bool process_alive(void *payload, int64_t pid) {
  (void)payload;
  return pid > 0 && pid <= INT_MAX && (kill((pid_t)pid, 0) == 0 || errno == EPERM);
}

/* The parts that creating and opening share; `path` exists. */
static lnt_status project_new(lnti_project **out, const char *path, const char *person, const lnti_context *context,
                              lnt_error *err) {
  lnti_project *project = NULL;
  lnti_media_options media = LNTI_MEDIA_OPTIONS_INIT;
  char *absolute = NULL, *unpacked = NULL;
  lnt_status status = lnti_alloc_zero(&project, 1, sizeof *project, err);
  if (status) goto done;
  absolute = realpath(path, NULL);
  if (!absolute) {
    status = lnti_fail_errno(err, errno, "%s: cannot be opened", path);
    goto done;
  }
  project->context = *context;
  project->taken = project->limits = (lnti_image_limits)LNTI_IMAGE_LIMITS_INIT;
  project->path = absolute;
  absolute = NULL;
  status = lnti_strdup(&project->person, person ? person : "local", err);
  if (status) goto done;
  status = lnti_project_path(&unpacked, project, err, "cache/media");
  if (status) goto done;
  media.cache_dir = unpacked;
  status = lnti_media_new(&project->media, &media, err);
  if (status) goto done;
  *out = project;
  project = NULL;
done:
  free(unpacked);
  free(absolute);
  lnti_project_close(project);
  return status;
}

lnt_status lnti_project_create(lnti_project **out, const char *path, const char *person, const lnti_context *context,
                               lnt_error *err) {
  lnti_project *project = NULL;
  char *database = NULL, *models = NULL;
  lnt_status status = lnti_folder_make(path, err);
  if (status) goto done;
  status = project_new(&project, path, person, context, err);
  if (status) goto done;
  status = lnti_project_path(&database, project, err, "%s", database_name);
  if (status) goto done;
  if (access(database, F_OK) == 0) {
    status = lnti_fail(err, LNT_EEXISTS, "%s is a project already; use it with -C, or choose another folder", path);
    goto done;
  }
  status = lnti_project_path(&models, project, err, "models");
  if (status) goto done;
  status = lnti_folder_make(models, err);
  if (status) goto done;
  status = lnti_store_create(&project->store, database, err);
  if (status) goto done;
  *out = project;
  project = NULL;
done:
  free(database);
  free(models);
  lnti_project_close(project);
  return status;
}

/* What cannot be written does not keep a project from being opened: one that is read-only, or damaged and to be verified,
 * is still to be looked at. */
static lnt_status reap(lnti_project *project, lnt_error *err) {
  const lnti_log *log = project->context.log;
  lnt_error reason = LNT_ERROR_INIT;
  size_t reaped = 0;
  lnt_status status = lnti_store_reap(project->store, &reaped, process_alive, NULL, lnti_wall_ms(), &reason);
  if (status == LNT_ENOMEM) return lnti_fail(err, status, "%s", reason.message);
  if (status) {
    lnti_log_printf(log, LNTI_LOG_WARN, "jobs that were cut off could not be marked so: %s", reason.message);
  } else if (reaped > 0) {
    lnti_log_printf(log, LNTI_LOG_INFO, "%zu %s cut off before; what was stored is there", reaped,
                    lnti_plural(reaped, "job was", "jobs were"));
  }
  return LNT_OK;
}

/* ---- caps ---- */

/* Where each cap is kept: that of import, and the largest that there was; and how to reach it. */
typedef struct cap {
  const char *key, *largest;
  size_t offset;
} cap;

static const cap caps[] = {
    {"limits.pixels", "limits.pixels.largest", offsetof(lnti_image_limits, pixels_max)},
    {"limits.side", "limits.side.largest", offsetof(lnti_image_limits, side_max)},
    {"limits.bytes", "limits.bytes.largest", offsetof(lnti_image_limits, bytes_max)},
    {"limits.frames", "limits.frames.largest", offsetof(lnti_image_limits, frames_max)},
};

enum { CAPS = sizeof caps / sizeof *caps };

static size_t *cap_of(lnti_image_limits *limits, const cap *c) {
  return (size_t *)(void *)((char *)limits + c->offset);
}

static size_t larger(size_t a, size_t b) {
  return a > b ? a : b;
}

/* *value stays where nothing is kept. */
static lnt_status load_limit(size_t *value, lnti_project *project, const char *key, lnt_error *err) {
  char *text = NULL;
  int64_t kept = 0;
  lnt_status status = lnti_store_setting(&text, project->store, key, err);
  if (status || !text) return status;
  lnt_error reason = LNT_ERROR_INIT;
  status = lnti_parse_int(&kept, text, key, &reason);
  free(text);
  if (status == LNT_ENOMEM) return lnti_fail(err, status, "%s", reason.message);
  if (status || kept <= 0) {
    return lnti_fail(err, LNT_ECORRUPT, "the project's setting %s is damaged: run 'linnet verify'", key);
  }
  *value = (size_t)kept;
  return LNT_OK;
}

static lnt_status load_limits(lnti_project *project, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < CAPS && status == LNT_OK; i++) {
    size_t *taken = cap_of(&project->taken, &caps[i]), *decoded = cap_of(&project->limits, &caps[i]);
    size_t largest = 0;
    status = load_limit(taken, project, caps[i].key, err);
    if (status == LNT_OK) status = load_limit(&largest, project, caps[i].largest, err);
    *decoded = larger(*decoded, larger(*taken, largest));
  }
  return status;
}

/* Both kinds of caps. */
typedef struct limits_writing {
  lnti_image_limits taken, decoded;
} limits_writing;

static lnt_status write_limit(lnti_tx *tx, const char *key, size_t value, lnt_error *err) {
  char text[24];
  snprintf(text, sizeof text, "%zu", value);
  return lnti_tx_setting(tx, key, text, err);
}

static lnt_status write_limits(void *payload, lnti_tx *tx, lnt_error *err) {
  limits_writing *w = payload;
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < CAPS && status == LNT_OK; i++) {
    status = write_limit(tx, caps[i].key, *cap_of(&w->taken, &caps[i]), err);
    if (status == LNT_OK) status = write_limit(tx, caps[i].largest, *cap_of(&w->decoded, &caps[i]), err);
  }
  return status;
}

lnt_status lnti_project_set_limits(lnti_project *project, const lnti_image_limits *limits, lnt_error *err) {
  lnti_image_limits given = *limits;
  limits_writing next = {project->taken, project->limits};
  bool any = false;
  for (size_t i = 0; i < CAPS; i++) {
    size_t value = *cap_of(&given, &caps[i]), *taken = cap_of(&next.taken, &caps[i]);
    size_t *decoded = cap_of(&next.decoded, &caps[i]);
    if (value == 0 || value == *taken) continue;
    *taken = value;
    *decoded = larger(*decoded, value);
    any = true;
  }
  if (!any) return LNT_OK;
  lnt_status status = lnti_store_write(project->store, write_limits, &next, err);
  if (status) return status;
  project->taken = next.taken;
  project->limits = next.decoded;
  return LNT_OK;
}

lnt_status lnti_project_open(lnti_project **out, const char *path, const char *person, const lnti_context *context,
                             lnt_error *err) {
  lnti_project *project = NULL;
  char *database = NULL;
  lnt_status status = LNT_OK;
  if (access(path, F_OK) != 0) {
    status = lnti_fail(err, LNT_ENOTFOUND, "%s: no such folder; make a project with: linnet init DIR", path);
    goto done;
  }
  status = project_new(&project, path, person, context, err);
  if (status) goto done;
  status = lnti_project_path(&database, project, err, "%s", database_name);
  if (status) goto done;
  if (access(database, F_OK) != 0) {
    status = lnti_fail(err, LNT_ENOTFOUND,
                       "%s is no Linnet project (it has no %s); make one with: linnet init DIR, "
                       "or name one with -C DIR",
                       path, database_name);
    goto done;
  }
  if (access(database, W_OK) != 0 || access(project->path, W_OK) != 0) {
    status = lnti_fail(
        err, LNT_EIO,
        "%s: you may not write to this project, and this version opens no project that it cannot write to; copy "
        "it to a folder of your own. Its models can be used as files: linnet predict %s/models/NAME.lnt PATH",
        path, path);
    goto done;
  }
  status = lnti_store_open(&project->store, database, err);
  if (status) goto done;
  status = load_limits(project, err);
  if (status) goto done;
  status = reap(project, err);
  if (status) goto done;
  *out = project;
  project = NULL;
done:
  free(database);
  lnti_project_close(project);
  return status;
}

lnt_status lnti_project_use_backbones(lnti_project *project, const char *folder, lnt_error *err) {
  char *copy = NULL;
  lnt_status status = lnti_strdup(&copy, folder, err);
  if (status) return status;
  free(project->backbones);
  project->backbones = copy;
  return LNT_OK;
}

void lnti_project_close(lnti_project *project) {
  if (!project) return;
  lnti_store_close(project->store);
  lnti_media_free(project->media);
  free(project->backbones);
  free(project->person);
  free(project->path);
  free(project);
}

void lnti_project_discard(lnti_project *project) {
  static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
  char *path = NULL;
  if (!project) return;
  lnti_store_close(project->store);
  project->store = NULL;
  for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
    if (lnti_project_path(&path, project, NULL, "%s%s", database_name, suffixes[i])) break;
    unlink(path);
    free(path);
  }
  if (lnti_project_path(&path, project, NULL, "models") == LNT_OK) {
    rmdir(path);
    free(path);
  }
  lnti_project_close(project);
}

lnt_status lnti_project_path(char **out, const lnti_project *project, lnt_error *err, const char *format, ...) {
  char name[512];
  va_list arguments;
  va_start(arguments, format);
  int n = vsnprintf(name, sizeof name, format, arguments);
  va_end(arguments);
  if (n < 0 || (size_t)n >= sizeof name) return lnti_fail(err, LNT_ELIMIT, "a file name of %d bytes is too long", n);
  return lnti_asprintf(out, err, "%s/%s", project->path, name);
}

void lnti_project_op(lnti_op *out, const lnti_project *project, lnti_op_kind kind, const char *note) {
  *out = (lnti_op){.person = project->person, .time_ms = lnti_wall_ms(), .kind = kind, .note = note};
  lnti_uuid7(&out->uuid, out->time_ms);
}

lnt_status lnti_messages_add(lnti_messages *messages, lnt_error *err, const char *format, ...) {
  char text[1024];
  char *copy = NULL;
  va_list arguments;
  va_start(arguments, format);
  int n = vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  if (n < 0) return lnti_fail(err, LNT_EINTERNAL, "a message could not be formatted");
  lnt_status status = lnti_strndup(&copy, text, lnti_utf8_valid(text, strlen(text)), err);
  if (status) return status;
  status = lnti_grow(&messages->text, &messages->capacity, messages->n + 1, sizeof *messages->text, err);
  if (status) {
    free(copy);
    return status;
  }
  messages->text[messages->n++] = copy;
  return LNT_OK;
}

void lnti_messages_clear(lnti_messages *messages) {
  for (size_t i = 0; i < messages->n; i++) free(messages->text[i]);
  free(messages->text);
  *messages = (lnti_messages){0};
}
