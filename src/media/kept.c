/*
 * A short list, most recently used first, under one mutex. A file is pinned by the blobs that share its bytes; a state is
 * out of the list while somebody works with it, so that two threads at two places of a file have one each.
 *
 * Invariant: `bytes` is the sum over all files of their own and their states' bytes.
 */
#include <media/kept.h>

#include <base/alloc.h>
#include <base/error.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

typedef struct state {
  void *value;
  size_t position, bytes;
  void (*close)(void *value);
} state;

struct lnti_kept {
  lnti_kept *next;
  lnti_kept_files *files;
  char *name;
  lnti_file_mark mark;
  uint8_t *data;
  size_t n;
  unsigned users;
  state states[LNTI_KEPT_STATES]; /* [n_states], oldest first */
  size_t n_states;
  lnti_hasher hasher; /* over data, where has_hasher */
  bool has_hasher;
};

struct lnti_kept_files {
  pthread_mutex_t mutex;
  lnti_kept *first;
  size_t n, bytes;
  size_t pins;
  bool closed;
};

lnt_status lnti_kept_files_new(lnti_kept_files **out, lnt_error *err) {
  lnti_kept_files *files = NULL;
  lnt_status status = lnti_alloc_zero(&files, 1, sizeof *files, err);
  if (status != LNT_OK) return status;
  const int code = pthread_mutex_init(&files->mutex, NULL);
  if (code != 0) {
    free(files);
    return lnti_fail_errno(err, code, "a mutex could not be made");
  }
  *out = files;
  return LNT_OK;
}

/* ---- under the mutex ---- */

static void drop_state(lnti_kept *kept, size_t i) {
  const state gone = kept->states[i];
  kept->n_states--;
  memmove(&kept->states[i], &kept->states[i + 1], (kept->n_states - i) * sizeof gone);
  kept->files->bytes -= gone.bytes;
  gone.close(gone.value);
}

/* The file that *link leads to. */
static void drop_file(lnti_kept **link) {
  lnti_kept *kept = *link;
  lnti_kept_files *files = kept->files;
  *link = kept->next;
  while (kept->n_states > 0) drop_state(kept, 0);
  files->bytes -= kept->n;
  files->n--;
  free(kept->data);
  free(kept->name);
  free(kept);
}

static bool drop_oldest(lnti_kept_files *files) {
  lnti_kept **oldest = NULL;
  for (lnti_kept **link = &files->first; *link; link = &(*link)->next) {
    if ((*link)->users == 0) oldest = link;
  }
  if (oldest) drop_file(oldest);
  return oldest != NULL;
}

static bool make_room(lnti_kept_files *files, size_t bytes) {
  if (bytes > LNTI_KEPT_BYTES) return false;
  while (files->bytes > LNTI_KEPT_BYTES - bytes) {
    if (!drop_oldest(files)) return false;
  }
  return true;
}

static void share(lnti_blob *blob, lnti_kept *kept) {
  kept->users++;
  kept->files->pins++;
  *blob = (lnti_blob){.kind = LNTI_BLOB_ENCODED, .data = kept->data, .bytes = kept->n, .kept = kept};
}

/** Unlocks, and frees a list that is closed and out of everybody's hands. */
static void leave(lnti_kept_files *files) {
  const bool last = files->closed && files->pins == 0;
  while (last && files->first) drop_file(&files->first);
  pthread_mutex_unlock(&files->mutex);
  if (!last) return;
  pthread_mutex_destroy(&files->mutex);
  free(files);
}

/* ---- files ---- */

void lnti_kept_files_free(lnti_kept_files *files) {
  if (!files) return;
  pthread_mutex_lock(&files->mutex);
  files->closed = true;
  leave(files);
}

bool lnti_kept_find(lnti_blob *blob, lnti_kept_files *files, const char *name, const lnti_file_mark *mark) {
  pthread_mutex_lock(&files->mutex);
  lnti_kept **link = &files->first;
  while (*link && !(lnti_file_mark_equal(&(*link)->mark, mark) && strcmp((*link)->name, name) == 0)) {
    link = &(*link)->next;
  }
  lnti_kept *kept = *link;
  if (kept) {
    *link = kept->next;
    kept->next = files->first;
    files->first = kept;
    share(blob, kept);
  }
  pthread_mutex_unlock(&files->mutex);
  return kept != NULL;
}

lnt_status lnti_kept_add(lnti_blob *blob, lnti_kept_files *files, const char *name, const lnti_file_mark *mark,
                         lnt_error *err) {
  lnti_kept *kept = NULL;
  char *copy = NULL;
  lnt_status status = lnti_alloc_zero(&kept, 1, sizeof *kept, err);
  if (status == LNT_OK) status = lnti_strdup(&copy, name, err);
  if (status != LNT_OK) {
    free(kept);
    return status;
  }
  pthread_mutex_lock(&files->mutex);
  bool room = make_room(files, blob->bytes);
  while (room && files->n >= LNTI_KEPT_FILES) room = drop_oldest(files);
  if (room) {
    *kept = (lnti_kept){.next = files->first, .files = files, .name = copy, .mark = *mark, .data = blob->owner};
    kept->n = blob->bytes;
    files->first = kept;
    files->n++;
    files->bytes += kept->n;
    share(blob, kept);
  }
  pthread_mutex_unlock(&files->mutex);
  if (!room) {
    free(copy);
    free(kept);
  }
  return LNT_OK;
}

void lnti_kept_release(lnti_kept *kept) {
  lnti_kept_files *files = kept->files;
  pthread_mutex_lock(&files->mutex);
  kept->users--;
  files->pins--;
  leave(files);
}

/* ---- states ---- */

void *lnti_kept_take(lnti_kept *kept, size_t position) {
  void *value = NULL;
  size_t best = LNTI_KEPT_STATES;
  pthread_mutex_lock(&kept->files->mutex);
  for (size_t i = 0; i < kept->n_states; i++) {
    const size_t at = kept->states[i].position;
    if (at <= position && (best == LNTI_KEPT_STATES || at > kept->states[best].position)) best = i;
  }
  if (best < LNTI_KEPT_STATES) {
    value = kept->states[best].value;
    kept->files->bytes -= kept->states[best].bytes;
    kept->n_states--;
    memmove(&kept->states[best], &kept->states[best + 1], (kept->n_states - best) * sizeof *kept->states);
  }
  pthread_mutex_unlock(&kept->files->mutex);
  return value;
}

void lnti_kept_leave(lnti_kept *kept, void *value, size_t position, size_t bytes, void (*close)(void *value)) {
  lnti_kept_files *files = kept->files;
  pthread_mutex_lock(&files->mutex);
  if (kept->n_states == LNTI_KEPT_STATES) drop_state(kept, 0);
  const bool room = make_room(files, bytes);
  if (room) {
    kept->states[kept->n_states++] = (state){value, position, bytes, close};
    files->bytes += bytes;
  }
  pthread_mutex_unlock(&files->mutex);
  if (!room) close(value);
}

bool lnti_kept_hasher(lnti_hasher *out, lnti_kept *kept) {
  pthread_mutex_lock(&kept->files->mutex);
  const bool has = kept->has_hasher;
  if (has) *out = kept->hasher;
  pthread_mutex_unlock(&kept->files->mutex);
  return has;
}

void lnti_kept_note_hasher(lnti_kept *kept, const lnti_hasher *hasher) {
  pthread_mutex_lock(&kept->files->mutex);
  kept->hasher = *hasher;
  kept->has_hasher = true;
  pthread_mutex_unlock(&kept->files->mutex);
}
