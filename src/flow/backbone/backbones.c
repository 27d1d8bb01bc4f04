/*
 * Backbones on disk. A file is there before its JSON, and gone after it, so that what a JSON names is whole. Names are checked
 * before they become paths.
 */
#include <flow/backbone/backbones.h>

#include <base/alloc.h>
#include <base/error.h>
#include <base/file.h>
#include <base/text.h>
#include <dirent.h>
#include <errno.h>
#include <graph/tflite.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { JSON_BYTES_MAX = 256 << 20, LABELS_BYTES_MAX = 64 << 20, FORMAT = 1 };

static const char json_ending[] = ".json";

void lnti_backbone_entry_clear(lnti_backbone_entry *entry) {
  lnti_backbone_spec_clear(&entry->spec);
  free(entry->path);
  *entry = (lnti_backbone_entry){0};
}

/* Whether it can be one, before anything is looked for or made in it. */
static lnt_status check_folder(const char *folder, lnt_error *err) {
  struct stat info;
  if (!folder)
    return lnti_fail(err, LNT_EINVAL, "where backbones are kept is not known: set LINNET_BACKBONES, or HOME");
  if (stat(folder, &info) == 0 && !S_ISDIR(info.st_mode))
    return lnti_fail(
        err, LNT_EINVAL,
        "%s is no folder, and backbones are kept in one: set LINNET_BACKBONES to a folder, which need not be "
        "there yet",
        folder);
  return LNT_OK;
}

/* ---- JSON ---- */

static lnt_status write_entry(const lnti_backbone_entry *e, const char *folder, lnt_error *err) {
  lnti_json_writer *w = NULL;
  lnti_text text = {0};
  char *path = NULL;
  lnt_status status = lnti_json_writer_new(&w, lnti_json_sink_text, &text, 2, err);
  if (status) return status;
  lnti_json_begin_object(w);
  lnti_json_kv_int(w, "format", FORMAT);
  lnti_json_kv_string(w, "file", strrchr(e->path, '/') + 1);
  lnti_json_kv_int(w, "bytes", (int64_t)e->bytes);
  lnti_json_kv_string(w, "sha256", e->sha256);
  lnti_json_kv_string(w, "blake2b", e->content);
  lnti_json_kv_int(w, "d", (int64_t)e->d);
  lnti_json_kv_int(w, "n_classes", (int64_t)e->n_classes);
  lnti_backbone_spec_write(w, &e->spec, true);
  lnti_json_end_object(w);
  status = lnti_json_finish(w, err);
  lnti_json_writer_free(w);
  if (!status) status = lnti_asprintf(&path, err, "%s/%s%s", folder, e->spec.name, json_ending);
  if (!status) status = lnti_file_write_all(path, text.data, text.length, err);
  free(path);
  lnti_text_clear(&text);
  return status;
}

static lnt_status read_hash(char out[LNTI_HASH_HEX], const lnti_json_value *root, const char *key, lnt_error *err) {
  const char *text = NULL;
  lnt_status status = lnti_json_get_string(&text, root, key, "", err);
  if (status) return status;
  if (strlen(text) != LNTI_HASH_HEX - 1 || strspn(text, "0123456789abcdef") != LNTI_HASH_HEX - 1)
    return lnti_fail(err, LNT_EDATA, "its '%s' is no hash", key);
  memcpy(out, text, LNTI_HASH_HEX);
  return LNT_OK;
}

static lnt_status parse_entry(lnti_backbone_entry *e, const lnti_json_value *root, const char *folder, lnt_error *err) {
  const char *file = NULL;
  int64_t bytes = 0, d = 0, n_classes = 0, format = 0;
  lnt_status status = lnti_backbone_spec_read(&e->spec, root, err);
  if (!status) status = lnti_json_get_int(&format, root, "format", 0, 1, INT32_MAX, err);
  if (!status && format != FORMAT)
    status = lnti_fail(err, LNT_EUNSUPPORTED, "it is of format %d; this version reads %d", (int)format, FORMAT);
  if (!status) status = lnti_json_get_string(&file, root, "file", "", err);
  if (!status && (!file[0] || strchr(file, '/') || file[0] == '.'))
    status = lnti_fail(err, LNT_EDATA, "its 'file' is no name of a file beside it");
  if (!status) status = lnti_json_get_int(&bytes, root, "bytes", 0, 0, INT64_MAX, err);
  if (!status) status = lnti_json_get_int(&d, root, "d", 0, 0, INT32_MAX, err);
  if (!status) status = lnti_json_get_int(&n_classes, root, "n_classes", 0, 0, INT32_MAX, err);
  if (!status) status = read_hash(e->sha256, root, "sha256", err);
  if (!status) status = read_hash(e->content, root, "blake2b", err);
  if (!status) status = lnti_asprintf(&e->path, err, "%s/%s", folder, file);
  e->bytes = (uint64_t)bytes;
  e->d = (size_t)d;
  e->n_classes = (size_t)n_classes;
  return status;
}

/* By a name that was checked. LNT_ENOTFOUND, LNT_ECORRUPT. */
static lnt_status read_entry(lnti_backbone_entry *out, const char *folder, const char *name, lnt_error *err) {
  lnti_backbone_entry e = {0};
  lnti_arena arena = {.cap = JSON_BYTES_MAX};
  const lnti_json_value *root = NULL;
  lnt_error reason = LNT_ERROR_INIT;
  char *path = NULL, *text = NULL;
  size_t n = 0;
  lnt_status status = lnti_asprintf(&path, err, "%s/%s%s", folder, name, json_ending);
  if (!status) status = lnti_file_read(&text, &n, path, JSON_BYTES_MAX, err);
  if (status) goto done;
  status = lnti_json_parse(&root, &arena, text, n, path, &reason);
  if (!status) status = parse_entry(&e, root, folder, &reason);
  if (!status && strcmp(e.spec.name, name) != 0) status = lnti_fail(&reason, LNT_EDATA, "it has another name inside");
  if (status == LNT_EDATA || status == LNT_EINVAL) {
    status = lnti_fail(err, LNT_ECORRUPT, "%s is damaged: %s; remove it (linnet backbone remove %s) and add it again",
                       path, reason.message, name);
  } else if (status) {
    status = lnti_fail(err, status, "%s: %s", path, reason.message);
  }
done:
  free(text);
  free(path);
  lnti_arena_clear(&arena);
  if (status) {
    lnti_backbone_entry_clear(&e);
    return status;
  }
  *out = e;
  return LNT_OK;
}

/* ---- listing ---- */

static int is_json(const struct dirent *entry) {
  size_t n = strlen(entry->d_name), ending = sizeof json_ending - 1;
  return n > ending && entry->d_name[0] != '.' && strcmp(entry->d_name + n - ending, json_ending) == 0;
}

/* A folder that is not there yet is empty; one that cannot be read is not. */
static lnt_status read_names(struct dirent ***names_out, int *n_out, const char *folder, lnt_error *err) {
  int n = scandir(folder, names_out, is_json, alphasort);
  if (n < 0 && errno != ENOENT) return lnti_fail_errno(err, errno, "%s", folder);
  *n_out = n < 0 ? 0 : n;
  return LNT_OK;
}

lnt_status lnti_backbones_list(const char *folder, lnti_backbone_visit visit, lnti_refused_visit refused, void *payload,
                               lnt_error *err) {
  struct dirent **names = NULL;
  int n = 0;
  lnt_status status = check_folder(folder, err);
  if (!status) status = read_names(&names, &n, folder, err);
  for (int i = 0; i < n; i++) {
    lnti_backbone_entry e = {0};
    lnt_error reason = LNT_ERROR_INIT;
    char *name = names[i]->d_name;
    name[strlen(name) - (sizeof json_ending - 1)] = 0;
    if (!status && lnti_backbone_name_check(name, NULL) == LNT_OK) {
      lnt_status read = read_entry(&e, folder, name, &reason);
      if (read == LNT_OK) {
        status = visit(payload, &e, err);
      } else if (read != LNT_ENOTFOUND) { /* removed meanwhile: it is not there */
        refused(payload, name, read, reason.message);
      }
      lnti_backbone_entry_clear(&e);
    }
    free(names[i]);
  }
  free(names);
  return status;
}

/* By the names of their files alone, so that a damaged one keeps nobody from learning of the others. */
lnt_status lnti_backbones_names(lnti_text *out, const char *folder, lnt_error *err) {
  struct dirent **names = NULL;
  int n = 0;
  lnt_status status = check_folder(folder, err);
  if (!status) status = read_names(&names, &n, folder, err);
  for (int i = 0; i < n; i++) {
    if (!status)
      status = lnti_text_printf(out, err, "%s%.*s", i ? ", " : "",
                                (int)(strlen(names[i]->d_name) - (sizeof json_ending - 1)), names[i]->d_name);
    free(names[i]);
  }
  free(names);
  return status;
}

/* The name among those of the list, "a, b", that was most likely meant; into `out`, "" where none is near. */
static lnt_status nearest_of_list(char out[LNTI_BACKBONE_NAME_MAX + 1], const char *name, const char *list,
                                  lnt_error *err) {
  char *copy = NULL, *rest = NULL;
  const char **names = NULL;
  size_t n = 0, room = 0;
  out[0] = 0;
  lnt_status status = lnti_strdup(&copy, list, err);
  for (char *at = status ? NULL : strtok_r(copy, ", ", &rest); at && !status; at = strtok_r(NULL, ", ", &rest)) {
    status = lnti_grow(&names, &room, n + 1, sizeof *names, err);
    if (!status) names[n++] = at;
  }
  const char *near = status ? NULL : lnti_nearest_name(name, names, n);
  if (near) snprintf(out, LNTI_BACKBONE_NAME_MAX + 1, "%s", near);
  free(names);
  free(copy);
  return status;
}

/* @param what  "backbone", or "backbone or file" where a file would do */
static lnt_status fail_no_backbone(const char *folder, const char *what, const char *name, lnt_error *err) {
  lnti_text list = {0};
  char near[LNTI_BACKBONE_NAME_MAX + 1];
  lnt_status status = lnti_backbones_names(&list, folder, err);
  if (!status && !list.length) {
    status = lnti_fail(err, LNT_ENOTFOUND,
                       "there is no %s \"%.100s\", nor any other backbone yet; add one with: linnet "
                       "backbone add FILE, or fetch one with: linnet backbone pull NAME",
                       what, name);
  } else if (!status) {
    status = nearest_of_list(near, name, list.data, err);
    if (!status)
      status = lnti_fail(err, LNT_ENOTFOUND, "there is no %s \"%.100s\"; %s%s%s are: %.300s", what, name,
                         near[0] ? "did you mean \"" : "", near, near[0] ? "\"? There" : "there", list.data);
  }
  lnti_text_clear(&list);
  return status;
}

lnt_status lnti_backbones_get(lnti_backbone_entry *out, const char *folder, const char *name, lnt_error *err) {
  lnt_error reason = LNT_ERROR_INIT;
  lnt_status status = check_folder(folder, err);
  if (!status) status = lnti_backbone_name_check(name, err);
  if (status) return status;
  status = read_entry(out, folder, name, &reason);
  if (status == LNT_ENOTFOUND) return fail_no_backbone(folder, "backbone", name, err);
  return status ? lnti_fail(err, status, "%s", reason.message) : LNT_OK;
}

/* ---- adding and removing ---- */

/* The file's name without folder and ending; what cannot stand in a name becomes '_'. */
static lnt_status name_of_file(char **out, const char *file, lnt_error *err) {
  const char *slash = strrchr(file, '/'), *base = slash ? slash + 1 : file, *dot = strrchr(base, '.');
  size_t n = dot && dot != base ? (size_t)(dot - base) : strlen(base);
  if (n > LNTI_BACKBONE_NAME_MAX) n = LNTI_BACKBONE_NAME_MAX;
  char *name = NULL;
  lnt_status status = n > 0 ? lnti_strndup(&name, base, n, err) : lnti_strdup(&name, "_", err);
  if (status) return status;
  for (char *c = name; *c; c++) {
    const char one[] = {*c, 0};
    if (lnti_backbone_name_check(one, NULL) != LNT_OK && (c == name || !strchr(".-", *c))) *c = '_';
  }
  *out = name;
  return LNT_OK;
}

/* All but its path. */
static lnt_status describe(lnti_backbone_entry *e, const lnti_backbone *backbone, lnt_error *err) {
  size_t bytes = 0;
  const void *data = lnti_backbone_data(&bytes, backbone);
  lnt_status status = lnti_backbone_spec_copy(&e->spec, lnti_backbone_get_spec(backbone), err);
  if (status) return status;
  e->bytes = bytes;
  lnti_sha256_hex(e->sha256, data, bytes);
  lnti_hash_hex(e->content, lnti_backbone_content(backbone));
  e->d = lnti_backbone_d(backbone, LNTI_BACKBONE_EMBEDDING);
  e->n_classes = lnti_backbone_d(backbone, LNTI_BACKBONE_CLASSES);
  return LNT_OK;
}

static lnt_status name_kept_file(lnti_backbone_entry *e, const lnti_backbone *backbone, const char *folder,
                                 lnt_error *err) {
  size_t bytes = 0;
  const void *data = lnti_backbone_data(&bytes, backbone);
  return lnti_asprintf(&e->path, err, "%s/%s%s", folder, e->spec.name,
                       lnti_tflite_sniff(data, bytes) ? ".tflite" : ".onnx");
}

static bool same_text(const char *a, const char *b) {
  return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool same_channels(const float a[3], const float b[3]) {
  return a[0] == b[0] && a[1] == b[1] && a[2] == b[2];
}

/* What makes two of them different; NULL: nothing does. Names of classes and licence may be said anew. */
static const char *difference_of(const lnti_backbone_entry *a, const lnti_backbone_entry *b) {
  const lnti_backbone_spec *s = &a->spec, *t = &b->spec;
  if (strcmp(a->content, b->content) != 0) return "of another file";
  if (s->h != t->h || s->w != t->w) return "for pictures of another size";
  if (!same_channels(s->mean, t->mean) || !same_channels(s->std, t->std)) return "with another mean or std";
  if (s->bgr != t->bgr) return "with colours in another order";
  if ((s->precision == LNTI_BF16) != (t->precision == LNTI_BF16)) return "of another precision";
  if (!same_text(s->layer, t->layer)) return "with the embedding of another layer";
  return same_text(s->classes, t->classes) ? NULL : "with its classes in another layer";
}

static lnt_status check_name_is_free(const lnti_backbone_entry *e, const char *folder, lnt_error *err) {
  lnti_backbone_entry there = {0};
  lnt_error reason = LNT_ERROR_INIT;
  lnt_status status = read_entry(&there, folder, e->spec.name, &reason);
  if (status == LNT_ENOTFOUND) return LNT_OK;
  if (status) return lnti_fail(err, status, "%s", reason.message);
  const char *difference = difference_of(e, &there);
  if (difference) {
    status = lnti_fail(
        err, LNT_EEXISTS,
        "there is another backbone \"%s\", %s: give this one a --name, or change that one by removing it first "
        "(linnet backbone remove %s; models carry their own copy)",
        e->spec.name, difference, e->spec.name);
  }
  lnti_backbone_entry_clear(&there);
  return status;
}

static lnt_status keep(lnti_backbone_entry *e, const lnti_backbone *backbone, const char *folder, lnt_error *err) {
  size_t bytes = 0;
  const void *data = lnti_backbone_data(&bytes, backbone);
  lnt_status status = check_name_is_free(e, folder, err);
  if (!status) status = lnti_folder_make(folder, err);
  if (!status) status = lnti_file_write_all(e->path, data, bytes, err);
  return status ? status : write_entry(e, folder, err);
}

static lnt_status note(lnti_text *notes, const char *text, lnt_error *err) {
  return lnti_text_printf(notes, err, "%s%s", notes->length ? "; " : "", text);
}

/* Teachable Machine, among others, writes the names of the classes into labels.txt beside the network. */
static lnt_status take_labels_beside(lnti_backbone_entry *e, lnti_text *notes, const char *file, lnt_error *err) {
  const char *slash = strrchr(file, '/');
  lnti_backbone_spec found = {0};
  char *path = NULL, *text = NULL, said[160];
  size_t n = 0;
  if (e->n_classes == 0 || e->spec.n_labels > 0) return LNT_OK;
  lnt_status status = lnti_asprintf(&path, err, "%.*slabels.txt", slash ? (int)(slash + 1 - file) : 0, file);
  if (status) return status;
  lnt_error reason = LNT_ERROR_INIT;
  status = lnti_file_read(&text, &n, path, LABELS_BYTES_MAX, &reason);
  if (!status) status = lnti_backbone_labels(&found, text, n, path, &reason);
  if (status == LNT_ENOTFOUND) {
    status = LNT_OK;
  } else if (status && status != LNT_ENOMEM) {
    status = note(notes, "labels.txt beside it is no list of names, and was left out (--labels)", err);
  } else if (!status && found.n_labels == e->n_classes) {
    e->spec.label = found.label;
    e->spec.n_labels = found.n_labels;
    found = (lnti_backbone_spec){0};
    status = note(notes, "the names of its classes are those of labels.txt beside it (--labels)", err);
  } else if (!status) {
    snprintf(said, sizeof said,
             "labels.txt beside it names %zu classes, the network has %zu: it was left out (--labels)", found.n_labels,
             e->n_classes);
    status = note(notes, said, err);
  } else {
    status = lnti_fail(err, status, "%s", reason.message);
  }
  lnti_backbone_spec_clear(&found);
  free(text);
  free(path);
  return status;
}

lnt_status lnti_backbones_add(lnti_backbone_entry *out, char **assumed_out, const char *folder, const char *file,
                              const lnti_backbone_spec *said, const lnti_context *context, lnt_error *err) {
  lnti_backbone *backbone = NULL;
  lnti_backbone_entry e = {0};
  lnti_backbone_spec spec = *said;
  lnti_text notes = {0};
  char *name = NULL, *assumed = NULL;
  lnt_status status = check_folder(folder, err);
  if (!status) status = said->name ? lnti_backbone_name_check(said->name, err) : name_of_file(&name, file, err);
  if (status) goto done;
  if (!spec.name) spec.name = name;
  status = lnti_backbone_open(&backbone, file, &spec, LNTI_BACKBONE_OUTPUTS, context, err);
  if (!status) status = describe(&e, backbone, err);
  if (!status) status = name_kept_file(&e, backbone, folder, err);
  if (!status && said->n_labels > 0 && e.n_classes == 0)
    status = lnti_fail(err, LNT_EINVAL, "there are names for %zu classes, and the network has none", said->n_labels);
  if (!status && lnti_backbone_assumed(backbone)[0]) status = note(&notes, lnti_backbone_assumed(backbone), err);
  if (!status) status = take_labels_beside(&e, &notes, file, err);
  if (!status) status = lnti_strdup(&assumed, notes.length ? notes.data : "", err);
  if (!status) status = keep(&e, backbone, folder, err);
  if (status) goto done;
  *out = e;
  *assumed_out = assumed;
  e = (lnti_backbone_entry){0};
  assumed = NULL;
done:
  lnti_backbone_entry_clear(&e);
  lnti_backbone_free(backbone);
  lnti_text_clear(&notes);
  free(assumed);
  free(name);
  return status;
}

/* Its JSON first; where that is damaged, the files that it may have named. */
lnt_status lnti_backbones_remove(const char *folder, const char *name, lnt_error *err) {
  static const char *const endings[] = {json_ending, ".onnx", ".tflite"};
  lnt_status status = check_folder(folder, err);
  if (!status) status = lnti_backbone_name_check(name, err);
  for (size_t i = 0; i < sizeof endings / sizeof *endings && !status; i++) {
    char *path = NULL;
    status = lnti_asprintf(&path, err, "%s/%s%s", folder, name, endings[i]);
    if (!status && i == 0 && access(path, F_OK) != 0) status = fail_no_backbone(folder, "backbone", name, err);
    if (!status && unlink(path) != 0 && errno != ENOENT) status = lnti_fail_errno(err, errno, "%s", path);
    free(path);
  }
  return status;
}

/* ---- opening ---- */

static lnt_status open_kept(lnti_backbone **out, lnti_backbone_entry *e, const char *layer, lnti_backbone_output wanted,
                            const lnti_context *context, lnt_error *err) {
  lnti_backbone *backbone = NULL;
  char content[LNTI_HASH_HEX];
  lnti_backbone_spec said = e->spec;
  char *copy = NULL;
  lnt_status status = layer ? lnti_strdup(&copy, layer, err) : LNT_OK;
  if (status) return status;
  if (copy) said.layer = copy;
  status = lnti_backbone_open(&backbone, e->path, &said, wanted, context, err);
  free(copy);
  if (status) return status;
  lnti_hash_hex(content, lnti_backbone_content(backbone));
  if (strcmp(content, e->content) != 0) {
    lnti_backbone_free(backbone);
    return lnti_fail(err, LNT_ECORRUPT,
                     "%s is not the file that was added; remove it (linnet backbone remove %s) and add it again",
                     e->path, e->spec.name);
  }
  *out = backbone;
  return LNT_OK;
}

static lnt_status open_file(lnti_backbone **out, const char *file, const char *layer, lnti_backbone_output wanted,
                            const lnti_context *context, lnt_error *err) {
  lnti_backbone_spec said = {0};
  lnti_backbone *backbone = NULL;
  lnt_status status = name_of_file(&said.name, file, err);
  if (!status && layer) status = lnti_strdup(&said.layer, layer, err);
  if (!status) status = lnti_backbone_open(&backbone, file, &said, wanted, context, err);
  lnti_backbone_spec_clear(&said);
  if (status) return status;
  if (lnti_backbone_assumed(backbone)[0])
    lnti_log_printf(context->log, LNTI_LOG_WARN, "%s: %s", file, lnti_backbone_assumed(backbone));
  *out = backbone;
  return LNT_OK;
}

lnt_status lnti_backbones_open(lnti_backbone **out, const char *folder, const char *name, const char *layer,
                               lnti_backbone_output wanted, const lnti_context *context, lnt_error *err) {
  lnti_backbone_entry e = {0};
  lnt_error reason = LNT_ERROR_INIT;
  lnt_status status = LNT_ENOTFOUND;
  bool can_be_kept = check_folder(folder, NULL) == LNT_OK && lnti_backbone_name_check(name, NULL) == LNT_OK;
  if (can_be_kept) status = read_entry(&e, folder, name, &reason);
  if (status == LNT_OK) {
    status = open_kept(out, &e, layer, wanted, context, err);
  } else if (status != LNT_ENOTFOUND) {
    status = lnti_fail(err, status, "%s", reason.message);
  } else if (access(name, F_OK) == 0) {
    status = open_file(out, name, layer, wanted, context, err);
  } else {
    status = check_folder(folder, err);
    if (!status) status = fail_no_backbone(folder, "backbone or file", name, err);
  }
  lnti_backbone_entry_clear(&e);
  return status;
}

lnt_status lnti_backbones_look(lnti_backbone_entry *entry_out, lnti_backbone **out, const char *folder,
                               const char *name, const lnti_context *context, lnt_error *err) {
  lnti_backbone_entry e = {0}, kept = {0};
  lnti_backbone *backbone = NULL;
  lnt_status status = lnti_backbones_open(&backbone, folder, name, NULL, LNTI_BACKBONE_OUTPUTS, context, err);
  if (!status) status = describe(&e, backbone, err);
  if (!status) {
    bool is_kept = lnti_backbones_get(&kept, folder, name, NULL) == LNT_OK;
    status = lnti_strdup(&e.path, is_kept ? kept.path : name, err);
  }
  lnti_backbone_entry_clear(&kept);
  if (status) {
    lnti_backbone_entry_clear(&e);
    lnti_backbone_free(backbone);
    return status;
  }
  *entry_out = e;
  *out = backbone;
  return LNT_OK;
}
