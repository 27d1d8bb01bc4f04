/*
 * Keeping and removing models. After the transaction nothing can fail any more: what is left to do (removing the old file,
 * the link) is tidying, and goes into the log where it does not work.
 */
#include <flow/train/keep_model.h>

#include <base/alloc.h>
#include <base/error.h>
#include <base/file.h>
#include <errno.h>
#include <flow/backbone/backbones.h>
#include <flow/extract/embeddings.h>
#include <flow/evaluate/metrics_json.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_MAX_BYTES = 100 };

lnt_status lnti_model_name_check(const char *name, lnt_error *err) {
  size_t n = strlen(name);
  if (n == 0 || n > NAME_MAX_BYTES || name[0] == '.' || lnti_utf8_valid(name, n) != n) {
    return lnti_fail(err, LNT_EINVAL, "a model's name has 1 to %d bytes of UTF-8 and does not begin with a dot",
                     NAME_MAX_BYTES);
  }
  for (const char *p = name; *p; p++) {
    if (*p == '/' || *p == '@' || (unsigned char)*p < ' ') {
      return lnti_fail(err, LNT_EINVAL, "'%s' is no name for a model: it becomes a file's name, without '/' and '@'",
                       name);
    }
  }
  if (n >= 4 && strcmp(name + n - 4, ".lnt") == 0) {
    return lnti_fail(err, LNT_EINVAL, "'%s' is no name for a model: leave out .lnt, the file gets it by itself", name);
  }
  return LNT_OK;
}

/* Of a kept backbone the layer that it was added with. */
static lnt_status layer_is_usual(bool *out, const lnti_project *project, const lnti_backbone *backbone,
                                 lnt_error *err) {
  const lnti_backbone_spec *spec = lnti_backbone_get_spec(backbone);
  lnti_backbone_entry kept = {0};
  lnt_error ignored = LNT_ERROR_INIT;
  char content[LNTI_HASH_HEX];
  const char *usual = NULL;
  lnt_status status = LNT_OK;
  lnti_hash_hex(content, lnti_backbone_content(backbone));
  bool is_kept = lnti_backbones_get(&kept, project->backbones, spec->name, &ignored) == LNT_OK &&
                 strcmp(kept.content, content) == 0;
  if (is_kept) {
    usual = kept.spec.layer;
  } else {
    status = lnti_backbone_usual_layer(&usual, backbone, err);
  }
  if (!status) *out = usual && strcmp(usual, spec->layer) == 0;
  lnti_backbone_entry_clear(&kept);
  return status;
}

/* What cannot be in a file's name is replaced. A hash tells apart what would be called alike: "a/b" and "a.b". */
static lnt_status add_layer(lnti_text *name, const char *layer, lnt_error *err) {
  enum { DIGITS = 8 };
  static const char plain[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-.";
  size_t n = strlen(layer), room = NAME_MAX_BYTES - name->length - 1;
  bool altered = n > room || layer[strspn(layer, plain)] != '\0';
  lnti_hash hash;
  char hex[LNTI_HASH_HEX];
  lnt_status status = lnti_text_append(name, "-", 1, err);
  for (size_t i = 0; i < n && i < (altered ? room - DIGITS : n) && !status; i++) {
    status = lnti_text_append(name, strchr(plain, layer[i]) ? &layer[i] : ".", 1, err);
  }
  if (status || !altered) return status;
  lnti_hash_bytes(&hash, layer, n);
  lnti_hash_hex(hex, &hash);
  return lnti_text_append(name, hex, DIGITS, err);
}

/* A feature or imported vectors are called as a backbone is. */
static lnt_status name_is_shared(bool *out, lnti_project *project, const char *name, lnt_error *err) {
  const lnti_feature *feature = NULL;
  lnti_embedding_set set;
  *out = true;
  if (lnti_feature_find(&feature, name, NULL) == LNT_OK) return LNT_OK;
  return lnti_embeddings_find(out, &set, project, name, err);
}

lnt_status lnti_model_usual_name(char **out, lnti_project *project, const char *learner,
                                 const lnti_extractor *extractor, lnt_error *err) {
  const lnti_backbone *backbone = lnti_extractor_backbone(extractor);
  lnti_text name = {0};
  bool usual = true, shared = false;
  lnt_status status = lnti_text_printf(&name, err, "%s-%s", learner, lnti_extractor_name(extractor));
  if (!status && backbone) status = layer_is_usual(&usual, project, backbone, err);
  if (!status && backbone) status = name_is_shared(&shared, project, lnti_extractor_name(extractor), err);
  if (!status && (shared || !usual)) status = add_layer(&name, lnti_backbone_get_spec(backbone)->layer, err);
  if (status) {
    lnti_text_clear(&name);
    return status;
  }
  *out = name.data;
  return LNT_OK;
}

/* "hog:cell=8" and "hog:cell=4" are; two layers of a backbone too, not a backbone and imported vectors. */
static bool is_same_feature(const char *a, const char *b) {
  bool embeds = strncmp(a, LNTI_EMBEDDING_PREFIX, sizeof LNTI_EMBEDDING_PREFIX - 1) == 0;
  size_t n = strcspn(a, embeds ? "@" : ":");
  return n == strcspn(b, embeds ? "@" : ":") && memcmp(a, b, n) == 0 && a[n] == b[n];
}

static lnt_status note_replaced(void *payload, const lnti_model_row *row, lnt_error *err) {
  lnti_model_replaced *r = payload;
  r->accuracy = lnti_result_metric(row->result_json, "accuracy");
  lnt_status status = lnti_strdup(&r->learner, row->learner, err);
  if (!status) status = lnti_strdup(&r->target, row->target, err);
  return status ? status : lnti_strdup(&r->feature, row->feature, err);
}

lnt_status lnti_model_replaced_find(lnti_model_replaced *out, lnti_project *project, const char *name,
                                    const char *target, const char *learner, const char *feature, lnt_error *err) {
  lnti_model_replaced r = {.accuracy = (double)NAN};
  lnt_status status = lnti_store_models(project->store, name, note_replaced, &r, err);
  bool other_target = !status && r.target && strcmp(target, r.target) != 0;
  if (learner && other_target) {
    status =
        lnti_fail(err, LNT_EEXISTS,
                  "there is a model \"%.100s\" of another question (%.150s), which would be replaced: give this one a "
                  "name of its own with --name, or that one's, if it may go",
                  name, r.target);
  }
  if (!status && learner && r.learner && (strcmp(learner, r.learner) != 0 || !is_same_feature(feature, r.feature))) {
    status = lnti_fail(
        err, LNT_EEXISTS,
        "there is a model \"%.100s\" of something else (%s on %.150s), which would be replaced: give this one a "
        "name of its own with --name, or that one's, if it may go",
        name, r.learner, r.feature);
  }
  if (status) {
    lnti_model_replaced_clear(&r);
    return status;
  }
  *out = r;
  return LNT_OK;
}

void lnti_model_replaced_clear(lnti_model_replaced *replaced) {
  free(replaced->target);
  free(replaced->learner);
  free(replaced->feature);
  *replaced = (lnti_model_replaced){0};
}

typedef struct keeping {
  lnti_model_row row;
  const lnti_run *run;
  const uint64_t *trained;
  size_t n_trained;
  char *old_file; /* that the name had before, below the project; NULL */
} keeping;

static lnt_status write_rows(void *payload, lnti_tx *tx, lnt_error *err) {
  keeping *k = payload;
  lnt_status status = lnti_tx_model_file(tx, &k->old_file, k->row.name, err);
  if (status) return status;
  status = lnti_tx_model(tx, &k->row.id, &k->row, err);
  if (status) return status;
  status = lnti_tx_run_content(tx, k->run->id, k->trained, k->n_trained, err);
  return status ? status : lnti_tx_run_end(tx, k->run, err);
}

/* models/<name>.lnt -> <name>@<run>.lnt, put in place by one rename. A file of that name that is no link is somebody's own
 * and stays. */
static lnt_status point_link(char **link_out, const lnti_project *project, const char *name, int64_t run_id,
                             const char *file, lnt_error *err) {
  struct stat info;
  char *plain = NULL, *fresh = NULL;
  lnt_status status = lnti_project_path(&plain, project, err, "models/%s.lnt", name);
  if (status) goto done;
  if (lstat(plain, &info) == 0 && !S_ISLNK(info.st_mode)) {
    status = lnti_fail(err, LNT_EEXISTS, "%s is no link of Linnet's and stays as it is", plain);
    goto done;
  }
  /* The run's number makes the name this training's own. */
  status = lnti_asprintf(&fresh, err, "%s.part-%lld", plain, (long long)run_id);
  if (status) goto done;
  if (symlink(strrchr(file, '/') + 1, fresh) != 0 || rename(fresh, plain) != 0) {
    status = lnti_fail_errno(err, errno, "%s cannot be linked", plain);
    unlink(fresh);
    goto done;
  }
  *link_out = plain;
  plain = NULL;
done:
  free(fresh);
  free(plain);
  return status;
}

static void remove_old(const lnti_project *project, const keeping *k) {
  lnt_error ignored = LNT_ERROR_INIT;
  char *old = NULL;
  if (!k->old_file || strcmp(k->old_file, k->row.file) == 0) return;
  if (lnti_project_path(&old, project, &ignored, "%s", k->old_file) != LNT_OK || unlink(old) != 0) {
    lnti_log_printf(project->context.log, LNTI_LOG_INFO, "the replaced model's file %s could not be removed",
                    k->old_file);
  }
  free(old);
}

lnt_status lnti_model_keep(char **path_out, lnti_project *project, const lnt_model *model, lnti_run *run,
                           const uint64_t *trained, size_t n_trained, lnt_error *err) {
  keeping k = {.run = run, .trained = trained, .n_trained = n_trained};
  lnt_error tidying = LNT_ERROR_INIT;
  char *file = NULL, *path = NULL, *link_path = NULL;
  lnt_status status = lnti_asprintf(&file, err, "models/%s@%lld.lnt", model->name, (long long)run->id);
  if (status) goto done;
  status = lnti_project_path(&path, project, err, "%s", file);
  if (status) goto done;
  status = lnti_model_save(model, path, err);
  if (status) goto done;
  k.row = (lnti_model_row){.run_id = run->id,
                           .name = model->name,
                           .file = file,
                           .created_ms = model->created_ms,
                           .n_train = model->n_train,
                           .result_json = ""};
  status = lnti_file_hash(&k.row.content, &k.row.bytes, path, err);
  if (status == LNT_OK) {
    run->state = "done";
    run->ended_ms = lnti_wall_ms();
    run->n_train = model->n_train;
    run->result_json = model->metrics_json ? model->metrics_json : "{}";
    status = lnti_store_write(project->store, write_rows, &k, err);
  }
  if (status) {
    unlink(path);
    goto done;
  }
  if (point_link(&link_path, project, model->name, run->id, file, &tidying)) {
    lnti_log_printf(project->context.log, LNTI_LOG_INFO, "%s", tidying.message);
  }
  remove_old(project, &k);
  *path_out = link_path ? link_path : path;
  if (!link_path) path = NULL;
done:
  free(k.old_file);
  free(path);
  free(file);
  return status;
}

/* ---- removing ---- */

typedef struct name_list {
  char **name;
  size_t n, room;
  lnti_text all;
} name_list;

static lnt_status note_name(void *payload, const lnti_model_row *row, lnt_error *err) {
  name_list *list = payload;
  lnt_status status = lnti_grow(&list->name, &list->room, list->n + 1, sizeof *list->name, err);
  if (!status) status = lnti_strdup(&list->name[list->n], row->name, err);
  if (status) return status;
  list->n++;
  return lnti_text_printf(&list->all, err, "%s%s", list->all.length ? ", " : "", row->name);
}

lnt_status lnti_model_fail_unknown(lnti_project *project, const char *name, lnt_error *err) {
  name_list list = {0};
  lnt_status status = lnti_store_models(project->store, NULL, note_name, &list, err);
  const char *near = status ? NULL : lnti_nearest_name(name, (const char *const *)list.name, list.n);
  if (!status && list.n == 0) {
    status = lnti_fail(err, LNT_ENOTFOUND,
                       "there is no model \"%.100s\", nor any other yet; make one with: linnet train", name);
  } else if (!status) {
    status = lnti_fail(err, LNT_ENOTFOUND, "there is no model or file \"%.100s\"; %s%.100s%s project has %.200s", name,
                       near ? "did you mean \"" : "", near ? near : "", near ? "\"? The" : "the", list.all.data);
  }
  for (size_t i = 0; i < list.n; i++) free(list.name[i]);
  free(list.name);
  lnti_text_clear(&list.all);
  return status;
}

typedef struct finding {
  lnti_project *project;
  const char *text;
  struct stat file; /* that the text is the path of; st_ino 0: none */
  char *name;       /* NULL: none yet */
  bool by_name;
} finding;

/* A file may be that of several models: the one that is called like it, else the first. */
static bool is_called_like(const char *name, const char *path) {
  const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
  size_t n = strlen(name);
  return strncmp(base, name, n) == 0 && (base[n] == '@' || strcmp(base + n, ".lnt") == 0);
}

static lnt_status match_model(void *payload, const lnti_model_row *row, lnt_error *err) {
  finding *f = payload;
  struct stat info;
  char *path = NULL, *name = NULL;
  bool by_name = strcmp(row->name, f->text) == 0;
  lnt_status status = lnti_project_path(&path, f->project, err, "%s", row->file);
  if (status) return status;
  bool same = f->file.st_ino != 0 && stat(path, &info) == 0 && info.st_ino == f->file.st_ino &&
              info.st_dev == f->file.st_dev && (!f->name || is_called_like(row->name, f->text));
  free(path);
  if (f->by_name || !(by_name || same)) return LNT_OK;
  status = lnti_strdup(&name, row->name, err);
  if (status) return status;
  free(f->name);
  f->name = name;
  f->by_name = by_name;
  return LNT_OK;
}

lnt_status lnti_model_name_of(char **name_out, lnti_project *project, const char *text, lnt_error *err) {
  finding f = {.project = project, .text = text};
  char *below = NULL;
  lnt_status status = lnti_project_path(&below, project, err, "%s", text);
  if (status) return status;
  bool is_file = stat(text, &f.file) == 0 || stat(below, &f.file) == 0;
  if (!is_file) f.file = (struct stat){0};
  free(below);
  status = lnti_store_models(project->store, NULL, match_model, &f, err);
  if (!status && !f.name) {
    status = is_file
                 ? lnti_fail(err, LNT_ENOTFOUND, "%.300s is no file of a model of this project (linnet models)", text)
                 : lnti_model_fail_unknown(project, text, err);
  }
  if (status) {
    free(f.name);
    return status;
  }
  *name_out = f.name;
  return LNT_OK;
}

typedef struct removing {
  const lnti_project *project;
  const char *name;
  char *path, *link; /* of the file, and of the link to it: once the row is gone, nothing may lack memory */
  lnti_model_removed result;
  bool shared; /* another model's row names the file too */
} removing;

static lnt_status note_model(void *payload, const lnti_model_row *row, lnt_error *err) {
  removing *r = payload;
  r->result.bytes = row->bytes;
  r->result.run_id = row->run_id;
  return lnti_strdup(&r->result.file, row->file, err);
}

static lnt_status note_sharing(void *payload, const lnti_model_row *row, lnt_error *err) {
  removing *r = payload;
  (void)err;
  r->shared = r->shared || (strcmp(row->name, r->name) != 0 && strcmp(row->file, r->result.file) == 0);
  return LNT_OK;
}

/* Whoever trained under the name meanwhile: the file is the one of the row that goes. */
static lnt_status remove_row(void *payload, lnti_tx *tx, lnt_error *err) {
  removing *r = payload;
  char *file = NULL;
  lnt_status status = lnti_tx_model_file(tx, &file, r->name, err);
  if (!status) status = lnti_tx_model_remove(tx, r->name, err);
  if (status) {
    free(file);
    return status;
  }
  free(r->result.file);
  r->result.file = file;
  free(r->path);
  r->path = NULL;
  return lnti_project_path(&r->path, r->project, err, "%s", file);
}

/* The link is Linnet's where it points to this very file. */
static lnt_status remove_link(const removing *r, lnt_error *err) {
  char target[NAME_MAX_BYTES + 64];
  ssize_t n = readlink(r->link, target, sizeof target - 1);
  if (n > 0) target[n] = 0;
  if (n > 0 && strcmp(target, strrchr(r->result.file, '/') + 1) == 0 && unlink(r->link) != 0)
    return lnti_fail_errno(err, errno, "%s", r->link);
  return LNT_OK;
}

static lnt_status remove_file(removing *r, lnt_error *err) {
  r->result.file_is_gone = unlink(r->path) == 0 || errno == ENOENT;
  return r->result.file_is_gone ? LNT_OK : lnti_fail_errno(err, errno, "%s", r->path);
}

static void log_untidy(const lnti_project *project, const lnt_error *tidying) {
  lnti_log_printf(project->context.log, LNTI_LOG_WARN, "the model is removed; %s", tidying->message);
}

lnt_status lnti_model_remove(lnti_model_removed *out, lnti_project *project, const char *name, lnt_error *err) {
  removing r = {.project = project, .name = name};
  lnt_error tidying = LNT_ERROR_INIT;
  lnt_status status = lnti_store_models(project->store, name, note_model, &r, err);
  if (!status && !r.result.file) status = lnti_model_fail_unknown(project, name, err);
  if (!status) status = lnti_store_models(project->store, NULL, note_sharing, &r, err);
  if (!status) status = lnti_project_path(&r.link, project, err, "models/%s.lnt", name);
  if (!status) status = lnti_store_write(project->store, remove_row, &r, err);
  if (!status) {
    if (remove_link(&r, &tidying)) log_untidy(project, &tidying);
    if (!r.shared && remove_file(&r, &tidying)) log_untidy(project, &tidying);
    *out = r.result;
    r.result.file = NULL;
  }
  free(r.result.file);
  free(r.path);
  free(r.link);
  return status;
}
