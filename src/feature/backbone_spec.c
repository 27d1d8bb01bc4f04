/*
 * What is known of a backbone: as JSON beside its file and in a model file, and as the metadata that networks carry
 * themselves. All of it may come from strangers.
 */
#include <feature/backbone_parts.h>

#include <base/error.h>
#include <base/text.h>
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TREE_BYTES_MAX = 256 << 20, LABEL_BYTES_MAX = 1000 };

static const double mean_most = 2, std_least = 1e-4, std_most = 2;

void lnti_backbone_spec_clear(lnti_backbone_spec *spec) {
  for (size_t i = 0; spec->label && i < spec->n_labels; i++) free(spec->label[i]);
  free(spec->label);
  free(spec->name);
  free(spec->layer);
  free(spec->classes);
  free(spec->licence);
  free(spec->source);
  *spec = (lnti_backbone_spec){0};
}

static lnt_status copy_text(char **out, const char *text, lnt_error *err) {
  return text ? lnti_strdup(out, text, err) : LNT_OK;
}

lnt_status lnti_backbone_spec_copy(lnti_backbone_spec *out, const lnti_backbone_spec *spec, lnt_error *err) {
  lnti_backbone_spec copy = *spec;
  copy.name = copy.layer = copy.classes = copy.licence = copy.source = NULL;
  copy.label = NULL;
  copy.n_labels = 0;
  lnt_status status = copy_text(&copy.name, spec->name, err);
  if (!status) status = copy_text(&copy.layer, spec->layer, err);
  if (!status) status = copy_text(&copy.classes, spec->classes, err);
  if (!status) status = copy_text(&copy.licence, spec->licence, err);
  if (!status) status = copy_text(&copy.source, spec->source, err);
  if (!status && spec->n_labels > 0) status = lnti_alloc_zero(&copy.label, spec->n_labels, sizeof *copy.label, err);
  for (size_t i = 0; i < spec->n_labels && !status; i++) {
    status = lnti_strdup(&copy.label[i], spec->label[i], err);
    copy.n_labels = i + 1;
  }
  if (status) {
    lnti_backbone_spec_clear(&copy);
    return status;
  }
  *out = copy;
  return LNT_OK;
}

lnt_status lnti_backbone_name_check(const char *name, lnt_error *err) {
  static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  size_t n = strlen(name);
  if (n > 0 && n <= LNTI_BACKBONE_NAME_MAX && strspn(name, allowed) == n && name[0] != '.' && name[0] != '-')
    return LNT_OK;
  return lnti_fail(err, LNT_EINVAL,
                   "\"%.80s\" is no name for a backbone: 1 to %d letters, digits, '.', '_' and '-', and a letter or "
                   "digit first",
                   name, LNTI_BACKBONE_NAME_MAX);
}

/* ---- numbers ---- */

static lnt_status check_channels(const float value[3], bool is_std, const char *what, lnt_error *err) {
  for (int c = 0; c < 3; c++) {
    double v = (double)value[c];
    bool fits = is_std ? v >= std_least && v <= std_most : fabs(v) <= mean_most;
    if (!fits)
      return lnti_fail(err, LNT_EINVAL,
                       "%s: %g is not within %g to %g: it is of pixels from 0 to 1, so divide what is of 0 to 255 by "
                       "255",
                       what, v, is_std ? std_least : -mean_most, is_std ? std_most : mean_most);
  }
  return LNT_OK;
}

lnt_status lnti_backbone_channels(float out[3], const char *text, const char *what, lnt_error *err) {
  float value[3] = {0};
  size_t n = 0;
  for (const char *at = text + strspn(text, " ["); *at && *at != ']' && n < 4; n++) {
    char number[32];
    double v = 0;
    size_t length = strcspn(at, ", ]");
    if (length == 0 || length >= sizeof number || n == 3) {
      n = 0;
      break;
    }
    memcpy(number, at, length);
    number[length] = 0;
    lnt_status status = lnti_parse_real(&v, number, what, err);
    if (status) return status;
    value[n] = (float)v;
    at += length;
    at += strspn(at, ", ");
  }
  if (n != 1 && n != 3)
    return lnti_fail(err, LNT_EINVAL, "%s: \"%.60s\" is neither one number nor three divided by commas", what, text);
  if (n == 1) value[1] = value[2] = value[0];
  lnt_status status = check_channels(value, strcmp(what, "--std") == 0 || strcmp(what, "std") == 0, what, err);
  if (!status) memcpy(out, value, sizeof value);
  return status;
}

/* ---- labels ---- */

static lnt_status add_label(lnti_backbone_spec *spec, size_t *room, const char *text, size_t n, lnt_error *err) {
  if (spec->n_labels == LNTI_BACKBONE_LABELS_MAX)
    return lnti_fail(err, LNT_ELIMIT, "more than %d names of classes", LNTI_BACKBONE_LABELS_MAX);
  if (n > LABEL_BYTES_MAX || lnti_utf8_valid(text, n) < n)
    return lnti_fail(err, LNT_EDATA, "the name of class %zu is no text of at most %d bytes", spec->n_labels,
                     LABEL_BYTES_MAX);
  lnt_status status = lnti_grow(&spec->label, room, spec->n_labels + 1, sizeof *spec->label, err);
  if (!status) status = lnti_strndup(&spec->label[spec->n_labels], text, n, err);
  if (!status) spec->n_labels++;
  return status;
}

static lnt_status labels_of_array(lnti_backbone_spec *spec, const lnti_json_value *array, lnt_error *err) {
  size_t room = 0;
  lnt_status status = LNT_OK;
  if (array->type != LNTI_JSON_TYPE_ARRAY) return lnti_fail(err, LNT_EDATA, "the names of its classes are no list");
  for (const lnti_json_value *v = array->first; v && !status; v = v->next) {
    if (v->type != LNTI_JSON_TYPE_STRING)
      return lnti_fail(err, LNT_EDATA, "the name of class %zu is no text", spec->n_labels);
    status = add_label(spec, &room, v->text, v->length, err);
  }
  return status;
}

/* "17  teapot" and "17:teapot" are teapot where the line is number 17. */
static size_t number_before(const char *line, size_t n, size_t index) {
  size_t i = 0, value = 0;
  while (i < n && i < 9 && isdigit((unsigned char)line[i])) value = value * 10 + (size_t)(line[i++] - '0');
  if (i == 0 || i == n || value != index || !strchr(" \t:", line[i])) return 0;
  while (i < n && strchr(" \t:", line[i])) i++;
  return i;
}

static lnt_status labels_of_lines(lnti_backbone_spec *spec, const char *text, size_t bytes, bool numbered,
                                  bool *all_numbered, lnt_error *err) {
  size_t room = 0;
  lnt_status status = LNT_OK;
  *all_numbered = true;
  for (size_t at = 0; at < bytes && !status;) {
    const char *end = memchr(text + at, '\n', bytes - at);
    size_t n = end ? (size_t)(end - text) - at : bytes - at, next = at + n + 1;
    while (n > 0 && strchr(" \t\r", text[at + n - 1])) n--;
    size_t skip = number_before(text + at, n, spec->n_labels);
    *all_numbered = *all_numbered && skip > 0;
    if (n > 0) status = add_label(spec, &room, text + at + (numbered ? skip : 0), n - (numbered ? skip : 0), err);
    at = next;
  }
  return status;
}

lnt_status lnti_backbone_labels(lnti_backbone_spec *spec, const char *text, size_t bytes, const char *name,
                                lnt_error *err) {
  lnti_backbone_spec read = {0};
  lnti_arena arena = {.cap = TREE_BYTES_MAX};
  const lnti_json_value *root = NULL;
  bool numbered = false, again = false;
  lnt_status status = LNT_OK;
  if (bytes > 0 && text[0] == '[') {
    status = lnti_json_parse(&root, &arena, text, bytes, name, err);
    if (!status) status = labels_of_array(&read, root, err);
  } else {
    status = labels_of_lines(&read, text, bytes, false, &numbered, err);
    if (!status && numbered) {
      lnti_backbone_spec_clear(&read);
      status = labels_of_lines(&read, text, bytes, true, &again, err);
    }
  }
  lnti_arena_clear(&arena);
  if (status) {
    lnti_backbone_spec_clear(&read);
    return status;
  }
  for (size_t i = 0; i < spec->n_labels; i++) free(spec->label[i]);
  free(spec->label);
  spec->label = read.label;
  spec->n_labels = read.n_labels;
  return LNT_OK;
}

/* ---- the file's own metadata ---- */

static lnt_status take_channels(float out[3], const lnti_graph *graph, const char *key, lnt_error *err) {
  const char *text = lnti_graph_metadata(graph, key);
  lnt_error reason = LNT_ERROR_INIT;
  if (!text || lnti_backbone_channels(out, text, key, &reason) == LNT_OK) return LNT_OK;
  return lnti_fail(err, LNT_EDATA, "its metadata: %s; say it with --%s", reason.message, key);
}

static lnt_status take_text(char **out, const lnti_graph *graph, const char *key, const char *also, lnt_error *err) {
  const char *text = lnti_graph_metadata(graph, key);
  if (!text && also) text = lnti_graph_metadata(graph, also);
  if (*out || !text || strlen(text) > LNTI_BACKBONE_TEXT_MAX) return LNT_OK;
  return lnti_strdup(out, text, err);
}

lnt_status lnti_backbone_spec_complete(lnti_backbone_spec *spec, const lnti_graph *graph, lnt_error *err) {
  lnt_status status = LNT_OK;
  const char *labels = lnti_graph_metadata(graph, "labels");
  if (!(spec->std[0] > 0)) {
    status = take_channels(spec->mean, graph, "mean", err);
    if (!status) status = take_channels(spec->std, graph, "std", err);
  }
  if (!status && labels && spec->n_labels == 0)
    status = lnti_backbone_labels(spec, labels, strlen(labels), "labels", err);
  if (!status) status = take_text(&spec->licence, graph, "licence", "license", err);
  return status ? status : take_text(&spec->source, graph, "source", NULL, err);
}

/* ---- JSON ---- */

static void write_channels(lnti_json_writer *w, const char *key, const float value[3]) {
  lnti_json_key(w, key);
  lnti_json_begin_array(w);
  for (int c = 0; c < 3; c++) lnti_json_float(w, value[c]);
  lnti_json_end_array(w);
}

void lnti_backbone_spec_write(lnti_json_writer *w, const lnti_backbone_spec *spec, bool labels) {
  lnti_json_kv_string(w, "name", spec->name);
  lnti_json_kv_int(w, "width", (int64_t)spec->w);
  lnti_json_kv_int(w, "height", (int64_t)spec->h);
  lnti_json_kv_string(w, "colour", spec->bgr ? "bgr" : "rgb");
  if (spec->precision == LNTI_BF16) lnti_json_kv_string(w, "precision", "bf16");
  write_channels(w, "mean", spec->mean);
  write_channels(w, "std", spec->std);
  lnti_json_kv_string(w, "layer", spec->layer);
  lnti_json_kv_string(w, "class_layer", spec->classes);
  lnti_json_kv_string(w, "licence", spec->licence);
  lnti_json_kv_string(w, "source", spec->source);
  if (!labels) return;
  lnti_json_key(w, "labels");
  lnti_json_begin_array(w);
  for (size_t i = 0; i < spec->n_labels; i++) lnti_json_string(w, spec->label[i]);
  lnti_json_end_array(w);
}

/* A text, or null where there is none. */
static lnt_status read_text(char **out, const lnti_json_value *object, const char *key, lnt_error *err) {
  const lnti_json_value *v = lnti_json_get(object, key);
  if (!v || v->type == LNTI_JSON_TYPE_NULL) return LNT_OK;
  if (v->type != LNTI_JSON_TYPE_STRING || v->length > LNTI_BACKBONE_TEXT_MAX)
    return lnti_fail(err, LNT_EDATA, "its backbone's '%s' is no text", key);
  return lnti_strdup(out, v->text, err);
}

static lnt_status read_channels(float out[3], const lnti_json_value *object, const char *key, lnt_error *err) {
  const lnti_json_value *v = lnti_json_get(object, key);
  lnt_error reason = LNT_ERROR_INIT;
  if (!v || v->type != LNTI_JSON_TYPE_ARRAY || v->length != 3)
    return lnti_fail(err, LNT_EDATA, "its backbone's '%s' are not three numbers", key);
  const lnti_json_value *number = v->first;
  for (int c = 0; c < 3; c++, number = number->next) {
    if (number->type != LNTI_JSON_TYPE_NUMBER)
      return lnti_fail(err, LNT_EDATA, "its backbone's '%s' are not three numbers", key);
    out[c] = (float)number->number;
  }
  lnt_status status = check_channels(out, strcmp(key, "std") == 0, key, &reason);
  return status ? lnti_fail(err, LNT_EDATA, "%s", reason.message) : LNT_OK;
}

static lnt_status read_all(lnti_backbone_spec *spec, const lnti_json_value *object, lnt_error *err) {
  const char *colour = NULL, *precision = NULL;
  int64_t w = 0, h = 0;
  lnt_status status = read_text(&spec->name, object, "name", err);
  if (!status && !spec->name) status = lnti_fail(err, LNT_EDATA, "its backbone has no 'name'");
  if (!status) status = lnti_json_get_int(&w, object, "width", 0, 1, LNTI_BACKBONE_SIDE_MAX, err);
  if (!status) status = lnti_json_get_int(&h, object, "height", 0, 1, LNTI_BACKBONE_SIDE_MAX, err);
  if (!status && (w == 0 || h == 0)) status = lnti_fail(err, LNT_EDATA, "its backbone has no 'width' or 'height'");
  if (!status) status = lnti_json_get_string(&colour, object, "colour", "rgb", err);
  if (!status && strcmp(colour, "rgb") != 0 && strcmp(colour, "bgr") != 0)
    status = lnti_fail(err, LNT_EDATA, "its backbone's 'colour' is neither rgb nor bgr");
  if (!status) status = lnti_json_get_string(&precision, object, "precision", "f32", err);
  if (!status && strcmp(precision, "f32") != 0 && strcmp(precision, "bf16") != 0)
    status = lnti_fail(err, LNT_EDATA, "its backbone's 'precision' is neither f32 nor bf16");
  if (!status) status = read_channels(spec->mean, object, "mean", err);
  if (!status) status = read_channels(spec->std, object, "std", err);
  if (!status) status = read_text(&spec->layer, object, "layer", err);
  if (!status) status = read_text(&spec->classes, object, "class_layer", err);
  if (!status) status = read_text(&spec->licence, object, "licence", err);
  if (!status) status = read_text(&spec->source, object, "source", err);
  const lnti_json_value *labels = lnti_json_get(object, "labels");
  if (!status && labels) status = labels_of_array(spec, labels, err);
  if (status) return status;
  spec->w = (size_t)w;
  spec->h = (size_t)h;
  spec->bgr = strcmp(colour, "bgr") == 0;
  spec->precision = strcmp(precision, "bf16") == 0 ? LNTI_BF16 : LNTI_F32;
  lnt_error reason = LNT_ERROR_INIT;
  status = lnti_backbone_name_check(spec->name, &reason);
  return status ? lnti_fail(err, LNT_EDATA, "%s", reason.message) : LNT_OK;
}

lnt_status lnti_backbone_spec_read(lnti_backbone_spec *out, const lnti_json_value *object, lnt_error *err) {
  lnti_backbone_spec spec = {0};
  if (!object || object->type != LNTI_JSON_TYPE_OBJECT)
    return lnti_fail(err, LNT_EDATA, "what it says of its backbone is no object");
  lnt_status status = read_all(&spec, object, err);
  if (status) {
    lnti_backbone_spec_clear(&spec);
    return status;
  }
  *out = spec;
  return LNT_OK;
}
