/*
 * The setting has a line for each set, "NAME ID D N CONTENT SOURCE", by name. It is what makes a folder a set: an
 * import fills a folder first and names it then, so that whoever looks sees the old set whole or the new one.
 */
#include <flow/extract/embeddings.h>

#include <base/alloc.h>
#include <base/error.h>
#include <base/file.h>
#include <dirent.h>
#include <flow/cache_file.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char setting_key[] = "embeddings";
static const char folder_name[] = "embeddings";

/* ---- the setting ---- */

/* The next word of a line, cut off; NULL after the last. */
static char *next_word(char **rest) {
  char *word = *rest, *end = word ? strchr(word, ' ') : NULL;
  if (end) *end++ = '\0';
  *rest = end;
  return word;
}

static bool parse_uuid(char out[LNTI_UUID_TEXT], const char *text) {
  lnt_error none = LNT_ERROR_INIT;
  lnti_uuid id;
  if (!text || lnti_uuid_parse(&id, text, &none)) return false;
  lnti_uuid_text(out, &id);
  return true;
}

/* One line of it, which is cut up. Older projects end it with the number of vectors. */
static lnt_status parse_line(lnti_embedding_set *out, char *line, lnt_error *err) {
  lnt_error none = LNT_ERROR_INIT;
  lnti_embedding_set set = {.n = 0};
  int64_t d = 0, n = 0;
  char *rest = line, *name = next_word(&rest), *id = next_word(&rest), *d_text = next_word(&rest);
  char *n_text = next_word(&rest), *content = next_word(&rest);
  if (n_text && lnti_backbone_name_check(name, NULL) == LNT_OK && parse_uuid(set.id, id) &&
      parse_uuid(set.content, content ? content : id) && lnti_parse_int(&d, d_text, "d", &none) == LNT_OK &&
      lnti_parse_int(&n, n_text, "n", &none) == LNT_OK && d > 0 && d <= UINT32_MAX && n >= 0) {
    snprintf(set.name, sizeof set.name, "%s", name);
    snprintf(set.source, sizeof set.source, "%s", rest ? rest : "");
    set.d = (size_t)d;
    set.n = (size_t)n;
    *out = set;
    return LNT_OK;
  }
  return lnti_fail(err, LNT_ECORRUPT, "the project's setting \"%s\" is damaged: run 'linnet verify'", setting_key);
}

/* `text` is cut up. */
static lnt_status each_line(char *text, lnti_embedding_visit visit, void *payload, lnt_error *err) {
  lnti_embedding_set set;
  lnt_status status = LNT_OK;
  for (char *line = text, *end; line && *line && status == LNT_OK; line = end) {
    end = strchr(line, '\n');
    if (end) *end++ = '\0';
    status = parse_line(&set, line, err);
    if (status == LNT_OK) status = visit(payload, &set, err);
  }
  return status;
}

lnt_status lnti_embeddings_list(lnti_project *project, lnti_embedding_visit visit, void *payload, lnt_error *err) {
  char *text = NULL;
  lnt_status status = lnti_store_setting(&text, project->store, setting_key, err);
  if (status == LNT_OK && text) status = each_line(text, visit, payload, err);
  free(text);
  return status;
}

typedef struct finding {
  const char *name;
  bool found;
  lnti_embedding_set set;
} finding;

static lnt_status note_named(void *payload, const lnti_embedding_set *set, lnt_error *err) {
  finding *f = payload;
  (void)err;
  if (strcmp(set->name, f->name) != 0) return LNT_OK;
  f->found = true;
  f->set = *set;
  return LNT_OK;
}

lnt_status lnti_embeddings_find(bool *found_out, lnti_embedding_set *out, lnti_project *project, const char *name,
                                lnt_error *err) {
  finding f = {.name = name};
  lnt_status status = lnti_embeddings_list(project, note_named, &f, err);
  if (status) return status;
  *found_out = f.found;
  if (f.found) *out = f.set;
  return LNT_OK;
}

typedef struct replacing {
  const lnti_embedding_set *set;
  bool removes; /* it goes, and nothing takes its place */
  lnti_text text;
  bool done;
} replacing;

static lnt_status write_line(lnti_text *out, const lnti_embedding_set *set, lnt_error *err) {
  return lnti_text_printf(out, err, "%s %s %zu %zu %s %s\n", set->name, set->id, set->d, set->n, set->content,
                          set->source);
}

/* Every other set, and the new one in its place. */
static lnt_status copy_line(void *payload, const lnti_embedding_set *set, lnt_error *err) {
  replacing *r = payload;
  int order = strcmp(r->set->name, set->name);
  lnt_status status = LNT_OK;
  if (order <= 0 && !r->done && !r->removes) {
    r->done = true;
    status = write_line(&r->text, r->set, err);
  }
  return status || order == 0 ? status : write_line(&r->text, set, err);
}

static lnt_status write_setting(void *payload, lnti_tx *tx, lnt_error *err) {
  replacing *r = payload;
  char *text = NULL;
  lnt_status status = lnti_tx_setting_find(tx, &text, setting_key, err);
  if (status == LNT_OK && text) status = each_line(text, copy_line, r, err);
  if (status == LNT_OK && !r->done && !r->removes) status = write_line(&r->text, r->set, err);
  if (status == LNT_OK) status = lnti_tx_setting(tx, setting_key, r->text.data ? r->text.data : "", err);
  free(text);
  return status;
}

/* ---- folders ---- */

static lnt_status folder_of(char **out, const lnti_project *project, const lnti_embedding_set *set, lnt_error *err) {
  return lnti_project_path(out, project, err, "%s/%s@%s", folder_name, set->name, set->id);
}

static lnt_status open_cache(lnti_feature_cache **out, const lnti_project *project, const lnti_embedding_set *set,
                             const char *folder, lnt_error *err) {
  char *key = NULL;
  lnt_status status = lnti_asprintf(&key, err, "imported:%s@%s;f16", set->name, set->id);
  if (status == LNT_OK) {
    status = lnti_feature_cache_open_in(out, folder, key, set->d * sizeof(uint16_t), &project->context, err);
  }
  free(key);
  return status;
}

lnt_status lnti_embeddings_open(lnti_feature_cache **out, const lnti_project *project, const lnti_embedding_set *set,
                                lnt_error *err) {
  char *folder = NULL;
  lnt_status status = folder_of(&folder, project, set, err);
  if (status) return status;
  if (access(folder, F_OK) != 0) {
    status = lnti_fail(err, LNT_ECORRUPT,
                       "%s, the vectors of embedding:%s, is gone; bring it back, import them again (linnet import "
                       "--embeddings FILE.npy --rows FILE --name %s --existing replace), or do without: linnet "
                       "embeddings remove %s",
                       folder, set->name, set->name, set->name);
  } else {
    status = open_cache(out, project, set, folder, err);
  }
  free(folder);
  return status;
}

lnt_status lnti_embeddings_lock(int *fd_out, const lnti_project *project, lnt_error *err) {
  char *folder = NULL;
  int fd = -1;
  lnt_status status = lnti_project_path(&folder, project, err, "%s", folder_name);
  if (status == LNT_OK) status = lnti_folder_make(folder, err);
  if (status == LNT_OK) status = lnti_cache_open_below(&fd, folder, "lock", true, err);
  if (status == LNT_OK) {
    status = lnti_cache_lock(fd, folder, "waiting for another program that imports embeddings", 0,
                             project->context.cancel, project->context.log, err);
  }
  free(folder);
  if (status) {
    lnti_embeddings_unlock(fd);
    return status;
  }
  *fd_out = fd;
  return LNT_OK;
}

void lnti_embeddings_unlock(int fd) {
  if (fd >= 0) close(fd);
}

lnt_status lnti_embeddings_make(lnti_embedding_set *set_out, lnti_feature_cache **out, const lnti_project *project,
                                const char *name, size_t d, lnt_error *err) {
  lnti_embedding_set set = {.d = d};
  lnti_uuid id;
  char *folder = NULL;
  if (lnti_backbone_name_check(name, NULL)) {
    return lnti_fail(err, LNT_EINVAL,
                     "\"%.80s\" is no name for embeddings: 1 to %d letters, digits, '.', '_' and '-', and a letter or "
                     "digit first; give one with --name",
                     name, LNTI_BACKBONE_NAME_MAX);
  }
  snprintf(set.name, sizeof set.name, "%s", name);
  lnti_uuid7(&id, lnti_wall_ms());
  lnti_uuid_text(set.id, &id);
  memcpy(set.content, set.id, sizeof set.content);
  lnt_status status = folder_of(&folder, project, &set, err);
  if (status == LNT_OK) status = open_cache(out, project, &set, folder, err);
  free(folder);
  if (status == LNT_OK) *set_out = set;
  return status;
}

/* What a folder of a set holds, and then itself; whatever else somebody put there keeps it. */
static void remove_folder(const char *folder) {
  struct dirent **names = NULL;
  int n = scandir(folder, &names, NULL, NULL);
  for (int i = 0; i < n; i++) {
    const char *name = names[i]->d_name;
    char *path = NULL;
    bool ours = strcmp(name, "key") == 0 || strcmp(name, "lock") == 0 || strcmp(name, "rows") == 0 ||
                strncmp(name, "shard-", 6) == 0 || strncmp(name, "key.part-", 9) == 0;
    if (ours && lnti_asprintf(&path, NULL, "%s/%s", folder, name) == LNT_OK) unlink(path);
    free(path);
    free(names[i]);
  }
  free(names);
  (void)rmdir(folder);
}

void lnti_embeddings_discard(const lnti_project *project, const lnti_embedding_set *set) {
  char *folder = NULL;
  if (folder_of(&folder, project, set, NULL)) return;
  remove_folder(folder);
  free(folder);
}

/* Removes a folder that nobody reads: whoever does holds its lock, which is ours until the folder is gone, so that nobody begins
 * meanwhile. One that is read goes with the next import. */
static void remove_if_free(const lnti_project *project, const char *folder) {
  lnt_error ignored = LNT_ERROR_INIT;
  int fd = -1;
  bool ours = lnti_cache_open_below(&fd, folder, "lock", false, &ignored) != LNT_OK ||
              lnti_cache_lock(fd, folder, NULL, 1, project->context.cancel, NULL, &ignored) == LNT_OK;
  if (ours) remove_folder(folder);
  if (fd >= 0) close(fd);
}

/* Folders of this name that are no set any more, or never were. */
static void remove_others(const lnti_project *project, const lnti_embedding_set *set) {
  struct dirent **names = NULL;
  char *root = NULL;
  size_t n_name = strlen(set->name);
  if (lnti_project_path(&root, project, NULL, "%s", folder_name)) return;
  int n = scandir(root, &names, NULL, NULL);
  for (int i = 0; i < n; i++) {
    const char *name = names[i]->d_name;
    char *folder = NULL;
    if (strncmp(name, set->name, n_name) == 0 && name[n_name] == '@' && strcmp(name + n_name + 1, set->id) != 0 &&
        lnti_asprintf(&folder, NULL, "%s/%s", root, name) == LNT_OK) {
      remove_if_free(project, folder);
    }
    free(folder);
    free(names[i]);
  }
  free(names);
  free(root);
}

lnt_status lnti_embeddings_keep(lnti_project *project, const lnti_embedding_set *set, lnt_error *err) {
  replacing r = {.set = set};
  lnt_status status = lnti_store_write(project->store, write_setting, &r, err);
  lnti_text_clear(&r.text);
  if (status == LNT_OK) remove_others(project, set);
  return status;
}

static lnt_status add_set_name(void *payload, const lnti_embedding_set *set, lnt_error *err) {
  lnti_text *names = payload;
  return lnti_text_printf(names, err, "%s%s", names->length ? ", " : "", set->name);
}

lnt_status lnti_embeddings_fail_unknown(lnti_project *project, const char *name, lnt_error *err) {
  lnti_text names = {0};
  lnt_status status = lnti_embeddings_list(project, add_set_name, &names, err);
  if (!status) {
    status = lnti_fail(
        err, LNT_ENOTFOUND, "there are no imported embeddings \"%.100s\"; %s%.300s", name,
        names.length ? "there are: " : "none were imported yet: linnet import --embeddings FILE.npy --rows FILE",
        names.length ? names.data : "");
  }
  lnti_text_clear(&names);
  return status;
}

lnt_status lnti_embeddings_remove(lnti_embedding_set *out, lnti_project *project, const char *name, lnt_error *err) {
  lnti_embedding_set set = {.n = 0};
  replacing r = {.set = &set, .removes = true};
  bool found = false;
  int lock = -1;
  lnt_status status = lnti_embeddings_lock(&lock, project, err);
  if (!status) status = lnti_embeddings_find(&found, &set, project, name, err);
  if (!status && !found) status = lnti_embeddings_fail_unknown(project, name, err);
  if (!status) status = lnti_store_write(project->store, write_setting, &r, err);
  lnti_text_clear(&r.text);
  if (!status) {
    *out = set;
    set.id[0] = '\0';
    remove_others(project, &set); /* all of the name */
  }
  lnti_embeddings_unlock(lock);
  return status;
}

uint64_t lnti_embeddings_made_ms(const lnti_embedding_set *set) {
  lnti_uuid id;
  uint64_t ms = 0;
  if (lnti_uuid_parse(&id, set->id, NULL)) return 0;
  for (size_t i = 0; i < 6; i++) ms = ms << 8 | id.bytes[i];
  return ms;
}

typedef struct covering {
  lnti_feature_cache *cache;
  size_t with, images;
} covering;

static lnt_status note_covered(void *payload, const lnti_item *item, lnt_error *err) {
  covering *c = payload;
  (void)err;
  if (item->kind == LNTI_ITEM_GROUP) return LNT_OK;
  c->images++;
  c->with += lnti_feature_cache_has(c->cache, &item->content);
  return LNT_OK;
}

lnt_status lnti_embeddings_coverage(size_t *with_out, size_t *images_out, lnti_project *project,
                                    const lnti_embedding_set *set, lnt_error *err) {
  covering c = {.cache = NULL};
  lnt_status status = lnti_embeddings_open(&c.cache, project, set, err);
  if (!status) status = lnti_store_scan_items(project->store, LNTI_SCAN_HASHES, 0, INT64_MAX, note_covered, &c, err);
  lnti_feature_cache_close(c.cache);
  if (status) return status;
  *with_out = c.with;
  *images_out = c.images;
  return LNT_OK;
}

/* ---- verification ---- */

typedef struct set_check {
  lnti_project *project;
  size_t *n_vectors, *n_faults;
  lnti_fault_visit visit;
  void *payload;
} set_check;

static lnt_status check_set(void *payload, const lnti_embedding_set *set, lnt_error *err) {
  set_check *check = payload;
  lnti_feature_cache *cache = NULL;
  lnt_error reason = LNT_ERROR_INIT;
  char text[LNT_ERROR_MESSAGE_BYTES];
  size_t n = 0, n_bad = 0;
  lnt_status status = lnti_embeddings_open(&cache, check->project, set, &reason);
  if (status == LNT_ECORRUPT) {
    (*check->n_faults)++;
    check->visit(check->payload, reason.message);
    return LNT_OK;
  }
  if (status) return lnti_fail(err, status, "%s", reason.message);
  status = lnti_feature_cache_check(cache, &n, &n_bad, check->project->context.cancel, err);
  lnti_feature_cache_close(cache);
  if (status) return status;
  *check->n_vectors += n;
  if (n < set->n) n_bad += set->n - n;
  if (n_bad == 0) return LNT_OK;
  snprintf(text, sizeof text,
           "%zu of the %zu vectors of embedding:%s are damaged; import them again: linnet import --embeddings FILE.npy "
           "--rows FILE --name %s",
           n_bad, n > set->n ? n : set->n, set->name, set->name);
  (*check->n_faults)++;
  check->visit(check->payload, text);
  return LNT_OK;
}

lnt_status lnti_embeddings_verify(lnti_project *project, size_t *n_vectors, size_t *n_faults, lnti_fault_visit visit,
                                  void *payload, lnt_error *err) {
  set_check check = {project, n_vectors, n_faults, visit, payload};
  lnt_error reason = LNT_ERROR_INIT;
  lnt_status status = lnti_embeddings_list(project, check_set, &check, &reason);
  if (status == LNT_ECORRUPT) {
    (*n_faults)++;
    visit(payload,
          "the project's setting \"embeddings\", the list of imported vectors, is damaged: bring linnet.db back from a "
          "backup; without one, start a project anew and import them there (linnet import --embeddings)");
    return LNT_OK;
  }
  return status ? lnti_fail(err, status, "%s", reason.message) : LNT_OK;
}
