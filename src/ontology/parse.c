/*
 * The ontology from JSON. The document is first read as a tree (json.h: caps on depth and size, duplicate keys), then
 * walked once; recursion is bounded by the JSON reader's depth. Every key is known or refused: a misspelt "requierd"
 * must not be a rule that quietly does not bind. What a later version will know is refused as such.
 */
#include <ontology/internal.h>

#include <base/error.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A part of the path to a value, on the stack of the walk: a key, or an index where key is NULL. */
typedef struct place {
  const struct place *up;
  const char *key;
  size_t index;
} place;

typedef struct parser {
  lnti_ontology *ontology;
  const char *name; /* of the file */
  lnt_error *err;
} parser;

/* ---- errors ---- */

/* The path of a place, written from its end backwards; parts that do not fit become "...". */
static const char *path_of(char *buffer, size_t bytes, const place *at) {
  char *start = buffer + bytes - 1;
  *start = '\0';
  for (; at; at = at->up) {
    char part[96];
    if (at->key) {
      snprintf(part, sizeof part, "%s%.80s", at->up ? "." : "", at->key);
    } else {
      snprintf(part, sizeof part, "[%zu]", at->index);
    }
    size_t n = strlen(part);
    if (n + 4 > (size_t)(start - buffer)) {
      start -= 3;
      memcpy(start, "...", 3);
      break;
    }
    start -= n;
    memcpy(start, part, n);
  }
  return *start ? start : "the document";
}

static lnt_status fail_at(const parser *p, const place *at, const lnti_json_value *value, lnt_status code,
                          const char *format, ...) LNT_PRINTF(5, 6);
static lnt_status fail_at(const parser *p, const place *at, const lnti_json_value *value, lnt_status code,
                          const char *format, ...) {
  char path[160], reason[LNT_ERROR_MESSAGE_BYTES];
  va_list args;
  va_start(args, format);
  vsnprintf(reason, sizeof reason, format, args);
  va_end(args);
  return lnti_fail(p->err, code, "%s:%zu: %s: %s", p->name, value->line, path_of(path, sizeof path, at), reason);
}

/* A failure of a builder, told with its place; a taken id is broken data here. */
static lnt_status pass_at(const parser *p, const place *at, const lnti_json_value *value, lnt_status code,
                          const lnt_error *inner) {
  lnt_status mine = code == LNT_EEXISTS || code == LNT_EINVAL ? LNT_EDATA : code;
  return fail_at(p, at, value, mine, "%s", inner->message);
}

static const char *type_name(lnti_json_type type) {
  static const char *const names[] = {"null", "a boolean", "a number", "a string", "an array", "an object"};
  return names[type];
}

/* ---- keys ---- */

static size_t edit_distance(const char *a, const char *b) {
  enum { LONGEST = 24 };
  size_t n = strlen(a), m = strlen(b), row[LONGEST + 1];
  if (n > LONGEST || m > LONGEST) return LONGEST;
  for (size_t j = 0; j <= m; j++) row[j] = j;
  for (size_t i = 1; i <= n; i++) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= m; j++) {
      size_t best = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      if (row[j] + 1 < best) best = row[j] + 1;
      if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
      row[j] = best;
    }
  }
  return row[m];
}

static bool is_in(const char *const *list, const char *word) {
  for (; *list; list++) {
    if (strcmp(*list, word) == 0) return true;
  }
  return false;
}

/* The word most like `word`, or NULL where none is near. */
static const char *nearest(const char *const *list, const char *word) {
  const char *best = NULL;
  size_t least = 2 + strlen(word) / 4;
  for (; *list; list++) {
    size_t distance = edit_distance(word, *list);
    if (distance < least) {
      least = distance;
      best = *list;
    }
  }
  return best;
}

static const char *const root_keys[] = {"name", "version", "classifications", NULL};
static const char *const root_later[] = {"objects", "spans", "relations", "screen", NULL};
static const char *const radio_keys[] = {"id", "title", "description", "type", "level", "required", "options", NULL};
static const char *const tree_keys[] = {"id",       "title",   "description", "type", "level",
                                        "required", "options", "leaf_only",   NULL};
static const char *const number_keys[] = {"id",  "title", "description", "type", "level", "required",
                                          "min", "max",   "step",        "unit", NULL};
static const char *const text_keys[] = {"id", "title", "description", "type", "level", "required", "max_length", NULL};
static const char *const question_keys[] = {"id",       "title",   "description", "type", "level",
                                            "required", "options", "leaf_only",   "min",  "max",
                                            "step",     "unit",    "max_length",  NULL};
static const char *const question_later[] = {"dynamic", NULL};
static const char *const option_keys[] = {"id",      "title",    "description", "code",       "key", "color",
                                          "aliases", "examples", "retired",     "attributes", NULL};
static const char *const node_keys[] = {"id",      "title",    "description", "code",       "key",     "color",
                                        "aliases", "examples", "retired",     "attributes", "options", NULL};
static const char *const none_later[] = {NULL};
static const char *const types[] = {"radio", "tree", "number", "checklist", "text", "rank", NULL};
static const char *const levels[] = {"item", "frame", "group", NULL};

/* `elsewhere`: keys that are right in another type of the same thing. */
static lnt_status check_keys(const parser *p, const place *at, const lnti_json_value *object, const char *const *known,
                             const char *const *later, const char *const *elsewhere, const char *what) {
  if (object->type != LNTI_JSON_TYPE_OBJECT) {
    return fail_at(p, at, object, LNT_EDATA, "an object is needed, this is %s", type_name(object->type));
  }
  for (const lnti_json_value *v = object->first; v; v = v->next) {
    place here = {at, v->key, 0};
    if (is_in(known, v->key)) continue;
    if (is_in(later, v->key)) {
      return fail_at(p, &here, v, LNT_EUNSUPPORTED, "\"%s\" is not in this version of Linnet: leave it out", v->key);
    }
    if (elsewhere && is_in(elsewhere, v->key)) {
      return fail_at(p, &here, v, LNT_EDATA, "%s has no \"%s\"", what, v->key);
    }
    const char *near = nearest(known, v->key);
    if (near) return fail_at(p, &here, v, LNT_EDATA, "unknown key: is \"%s\" meant?", near);
    return fail_at(p, &here, v, LNT_EDATA, "unknown key in %s", what);
  }
  return LNT_OK;
}

/* ---- values ---- */

static lnt_status wrong_type(const parser *p, const place *at, const lnti_json_value *v, const char *needed) {
  return fail_at(p, at, v, LNT_EDATA, "%s is needed, this is %s", needed, type_name(v->type));
}

static lnt_status get_text(const char **out, const parser *p, const place *at, const lnti_json_value *object,
                           const char *key, const char *fallback) {
  const lnti_json_value *v = lnti_json_get(object, key);
  place here = {at, key, 0};
  if (v && v->type != LNTI_JSON_TYPE_STRING) return wrong_type(p, &here, v, "a string");
  *out = v ? v->text : fallback;
  return LNT_OK;
}

static lnt_status get_bool(bool *out, const parser *p, const place *at, const lnti_json_value *object,
                           const char *key) {
  const lnti_json_value *v = lnti_json_get(object, key);
  place here = {at, key, 0};
  if (v && v->type != LNTI_JSON_TYPE_BOOL) return wrong_type(p, &here, v, "true or false");
  *out = v && v->boolean;
  return LNT_OK;
}

static lnt_status get_real(double *out, const parser *p, const place *at, const lnti_json_value *object,
                           const char *key, double fallback) {
  const lnti_json_value *v = lnti_json_get(object, key);
  place here = {at, key, 0};
  if (v && v->type != LNTI_JSON_TYPE_NUMBER) return wrong_type(p, &here, v, "a number");
  if (v && !isfinite(v->number)) return fail_at(p, &here, v, LNT_EDATA, "%.40s is too large", v->text);
  *out = v ? v->number : fallback;
  return LNT_OK;
}

/* Text that is kept: copied into the ontology. */
static lnt_status keep_text(const char **out, const parser *p, const place *at, const lnti_json_value *object,
                            const char *key) {
  const char *text = NULL;
  lnt_status status = get_text(&text, p, at, object, key, "");
  if (!status) status = lnti_ontology_text(out, p->ontology, text, p->err);
  return status;
}

/* A list of strings, as a NULL-terminated array that borrows them; free() it. NULL where the key is not there. */
static lnt_status get_list(const char ***out, const parser *p, const place *at, const lnti_json_value *object,
                           const char *key) {
  const lnti_json_value *list = lnti_json_get(object, key);
  place here = {at, key, 0};
  if (!list) return LNT_OK;
  if (list->type != LNTI_JSON_TYPE_ARRAY) return wrong_type(p, &here, list, "an array of strings");
  const char **words = NULL;
  lnt_status status = lnti_alloc_zero(&words, list->length + 1, sizeof *words, p->err);
  if (status) return status;
  size_t i = 0;
  for (const lnti_json_value *v = list->first; v; v = v->next, i++) {
    place element = {&here, NULL, i};
    if (v->type != LNTI_JSON_TYPE_STRING) {
      free(words);
      return wrong_type(p, &element, v, "a string");
    }
    words[i] = v->text;
  }
  *out = words;
  return LNT_OK;
}

/* ---- options ---- */

static lnt_status parse_questions(const parser *p, const place *at, const lnti_json_value *list, size_t parent_option);

static bool is_color(const char *text) {
  size_t n = strlen(text);
  return text[0] == '#' && (n == 4 || n == 7) && strspn(text + 1, "0123456789abcdefABCDEF") == n - 1;
}

static lnt_status parse_words(const parser *p, const place *at, const lnti_json_value *object, size_t option) {
  const char *hotkey = NULL, **aliases = NULL, **examples = NULL;
  lnt_error inner = LNT_ERROR_INIT;
  lnt_status status = get_text(&hotkey, p, at, object, "key", NULL);
  if (!status) status = get_list(&aliases, p, at, object, "aliases");
  if (!status) status = get_list(&examples, p, at, object, "examples");
  if (!status && (hotkey || aliases || examples)) {
    status = lnti_ontology_set_option_words(p->ontology, option, hotkey, aliases, examples, &inner);
    if (status) status = pass_at(p, at, object, status, &inner);
  }
  free(examples);
  free(aliases);
  return status;
}

static lnt_status parse_code(const parser *p, const place *at, const lnti_json_value *object, size_t option) {
  const char *code = NULL;
  lnt_error inner = LNT_ERROR_INIT;
  place here = {at, "code", 0};
  lnt_status status = get_text(&code, p, at, object, "code", NULL);
  if (status || !code) return status;
  status = lnti_ontology_set_option_code(p->ontology, option, code, &inner);
  return status ? pass_at(p, &here, lnti_json_get(object, "code"), status, &inner) : LNT_OK;
}

/* What an option has beside its names and what hangs below it. */
static lnt_status parse_option_fields(const parser *p, const place *at, const lnti_json_value *object, size_t option) {
  const char *description = NULL, *color = NULL;
  bool retired = false;
  lnt_status status = keep_text(&description, p, at, object, "description");
  if (!status) status = keep_text(&color, p, at, object, "color");
  if (!status && *color && !is_color(color)) {
    place here = {at, "color", 0};
    status = fail_at(p, &here, lnti_json_get(object, "color"), LNT_EDATA,
                     "\"%.40s\" is no colour: \"#c33\" or \"#cc3333\" is needed", color);
  }
  if (!status) status = get_bool(&retired, p, at, object, "retired");
  if (!status) status = parse_words(p, at, object, option);
  if (!status) status = parse_code(p, at, object, option);
  if (status) return status;
  lnti_option *o = &p->ontology->options[option];
  o->description = description;
  o->color = color;
  o->retired = retired;
  return LNT_OK;
}

static lnt_status get_names(const char **key_out, const char **title_out, const parser *p, const place *at,
                            const lnti_json_value *object) {
  const char *key = NULL, *title = NULL;
  lnt_status status = get_text(&key, p, at, object, "id", NULL);
  if (!status) status = get_text(&title, p, at, object, "title", NULL);
  if (!status && !key && !title) status = fail_at(p, at, object, LNT_EDATA, "\"id\" is missing");
  *key_out = key;
  *title_out = title;
  return status;
}

static lnt_status parse_options(const parser *p, const place *at, const lnti_json_value *list, size_t question,
                                size_t parent) {
  bool is_tree = p->ontology->questions[question].type == LNTI_TREE;
  bool is_checklist = p->ontology->questions[question].type == LNTI_CHECKLIST;
  if (!list) return LNT_OK;
  if (list->type != LNTI_JSON_TYPE_ARRAY) return wrong_type(p, at, list, "an array of options");
  size_t i = 0;
  lnt_status status = LNT_OK;
  for (const lnti_json_value *v = list->first; v && !status; v = v->next, i++) {
    place here = {at, NULL, i}, options = {&here, "options", 0}, attributes = {&here, "attributes", 0};
    const char *key = NULL, *title = NULL;
    size_t option = 0;
    lnt_error inner = LNT_ERROR_INIT;
    status = check_keys(p, &here, v, is_tree ? node_keys : option_keys, none_later, node_keys,
                        is_checklist ? "an option of a checklist (a tree's have options below them)"
                                     : "an option of a radio (a tree's have options below them)");
    if (!status) status = get_names(&key, &title, p, &here, v);
    if (status) return status;
    status = lnti_ontology_add_option(&option, p->ontology, question, parent, key, title, &inner);
    if (status) return pass_at(p, &here, v, status, &inner);
    status = parse_option_fields(p, &here, v, option);
    if (!status) status = parse_questions(p, &attributes, lnti_json_get(v, "attributes"), option);
    if (!status) status = parse_options(p, &options, lnti_json_get(v, "options"), question, option);
  }
  return status;
}

/* ---- questions ---- */

static lnt_status parse_type(lnti_question_type *out, const parser *p, const place *at, const lnti_json_value *object) {
  const lnti_json_value *v = lnti_json_get(object, "type");
  place here = {at, "type", 0};
  if (!v)
    return fail_at(p, at, object, LNT_EDATA,
                   "\"type\" is missing: \"radio\", \"tree\", \"number\", \"checklist\", \"text\" or \"rank\"");
  if (v->type != LNTI_JSON_TYPE_STRING) return wrong_type(p, &here, v, "a string");
  for (int i = 0; types[i]; i++) {
    if (strcmp(types[i], v->text) == 0) {
      *out = (lnti_question_type)(i + 1);
      return LNT_OK;
    }
  }
  const char *near = nearest(types, v->text);
  return fail_at(p, &here, v, LNT_EDATA, "unknown type \"%.40s\": %s\"%s\"%s", v->text, near ? "is " : "there are ",
                 near ? near : "radio\", \"tree\", \"number\", \"checklist", near ? " meant?" : "");
}

static lnt_status parse_level(lnti_level *out, const parser *p, const place *at, const lnti_json_value *object) {
  const char *text = NULL;
  lnt_status status = get_text(&text, p, at, object, "level", NULL);
  if (status || !text) return status;
  for (int i = 0; levels[i]; i++) {
    if (strcmp(levels[i], text) == 0) {
      *out = (lnti_level)(i + 1);
      return LNT_OK;
    }
  }
  place here = {at, "level", 0};
  return fail_at(p, &here, lnti_json_get(object, "level"), LNT_EDATA,
                 "unknown level \"%.40s\": there are \"item\", \"frame\" and \"group\"", text);
}

static lnt_status parse_number_fields(const parser *p, const place *at, const lnti_json_value *object,
                                      size_t question) {
  double min = 0, max = 0, step = 0;
  const char *unit = NULL;
  lnt_status status = get_real(&min, p, at, object, "min", -INFINITY);
  if (!status) status = get_real(&max, p, at, object, "max", INFINITY);
  if (!status) status = get_real(&step, p, at, object, "step", 0);
  if (!status) status = keep_text(&unit, p, at, object, "unit");
  if (status) return status;
  if (min > max) return fail_at(p, at, object, LNT_EDATA, "\"min\" %g is above \"max\" %g", min, max);
  if (step < 0 || (step == 0 && lnti_json_get(object, "step"))) {
    return fail_at(p, at, object, LNT_EDATA, "\"step\" %g is not above 0", step);
  }
  lnti_question *q = &p->ontology->questions[question];
  q->min = min;
  q->max = max;
  q->step = step;
  q->unit = unit;
  return LNT_OK;
}

static lnt_status parse_text_fields(const parser *p, const place *at, const lnti_json_value *object, size_t question) {
  double most = 0;
  place here = {at, "max_length", 0};
  const lnti_json_value *v = lnti_json_get(object, "max_length");
  lnt_status status = get_real(&most, p, at, object, "max_length", 0);
  if (status || !v) return status;
  if (most < 1 || most > LNTI_ONTOLOGY_TEXT_MAX || most != floor(most)) {
    return fail_at(p, &here, v, LNT_EDATA, "%g is no whole number from 1 to %d", most, LNTI_ONTOLOGY_TEXT_MAX);
  }
  p->ontology->questions[question].max_length = (size_t)most;
  return LNT_OK;
}

static lnt_status parse_question_fields(const parser *p, const place *at, const lnti_json_value *object,
                                        size_t question) {
  const char *description = NULL;
  bool required = false, leaf_only = false;
  lnti_level level = p->ontology->questions[question].level; /* as the question's above, unless given */
  lnt_status status = keep_text(&description, p, at, object, "description");
  if (!status) status = parse_level(&level, p, at, object);
  if (!status) status = get_bool(&required, p, at, object, "required");
  if (!status) status = get_bool(&leaf_only, p, at, object, "leaf_only");
  if (status) return status;
  lnti_question *q = &p->ontology->questions[question];
  q->description = description;
  q->level = level;
  q->required = required;
  q->leaf_only = leaf_only;
  return LNT_OK;
}

static lnt_status parse_question(const parser *p, const place *at, const lnti_json_value *object,
                                 size_t parent_option) {
  static const char *const *const keys_of[] = {question_keys, radio_keys, tree_keys, number_keys,
                                               radio_keys,    text_keys,  radio_keys};
  static const char *const what_of[] = {"a question",  "a radio", "a tree", "a number",
                                        "a checklist", "a text",  "a rank"};
  lnti_question_type type = LNTI_RADIO;
  const char *key = NULL, *title = NULL;
  size_t question = 0;
  lnt_error inner = LNT_ERROR_INIT;
  if (object->type != LNTI_JSON_TYPE_OBJECT) return wrong_type(p, at, object, "an object");
  lnt_status status = parse_type(&type, p, at, object);
  if (!status) status = check_keys(p, at, object, keys_of[type], question_later, question_keys, what_of[type]);
  if (!status) status = get_names(&key, &title, p, at, object);
  if (status) return status;
  status = lnti_ontology_add_question(&question, p->ontology, type, key, title, parent_option, &inner);
  if (status) return pass_at(p, at, object, status, &inner);
  status = parse_question_fields(p, at, object, question);
  if (status) return status;
  if (type == LNTI_NUMBER) return parse_number_fields(p, at, object, question);
  if (type == LNTI_TEXT) return parse_text_fields(p, at, object, question);
  place options = {at, "options", 0};
  return parse_options(p, &options, lnti_json_get(object, "options"), question, LNTI_NONE);
}

static lnt_status parse_questions(const parser *p, const place *at, const lnti_json_value *list, size_t parent_option) {
  if (!list) return LNT_OK;
  if (list->type != LNTI_JSON_TYPE_ARRAY) return wrong_type(p, at, list, "an array of questions");
  size_t i = 0;
  lnt_status status = LNT_OK;
  for (const lnti_json_value *v = list->first; v && !status; v = v->next, i++) {
    place here = {at, NULL, i};
    status = parse_question(p, &here, v, parent_option);
  }
  return status;
}

/* ---- the document ---- */

static lnt_status parse_version(const parser *p, const lnti_json_value *root) {
  double version = 1;
  place here = {NULL, "version", 0};
  lnt_status status = get_real(&version, p, NULL, root, "version", 1);
  if (status) return status;
  if (version < 0 || version > 1e15 || version != floor(version)) {
    return fail_at(p, &here, lnti_json_get(root, "version"), LNT_EDATA, "%g is no whole number from 0", version);
  }
  p->ontology->version = (int64_t)version;
  return LNT_OK;
}

static lnt_status parse_root(const parser *p, const lnti_json_value *root) {
  place classifications = {NULL, "classifications", 0};
  lnt_status status = check_keys(p, NULL, root, root_keys, root_later, NULL, "an ontology");
  if (!status) status = keep_text(&p->ontology->name, p, NULL, root, "name");
  if (!status) status = parse_version(p, root);
  if (!status) {
    status = parse_questions(p, &classifications, lnti_json_get(root, "classifications"), LNTI_NONE);
  }
  return status;
}

lnt_status lnti_ontology_parse(lnti_ontology **out, const char *data, size_t n, const char *name, lnt_error *err) {
  lnti_arena arena = {.cap = (size_t)4 << 30};
  const lnti_json_value *root = NULL;
  parser p = {NULL, name ? name : "ontology", err};
  if (n > LNTI_ONTOLOGY_FILE_MAX) {
    return lnti_fail(err, LNT_ELIMIT, "%s: %zu bytes; at most %d", p.name, n, LNTI_ONTOLOGY_FILE_MAX);
  }
  lnt_status status = lnti_json_parse(&root, &arena, data, n, p.name, err);
  if (!status) status = lnti_ontology_new(&p.ontology, "", err);
  if (!status) status = parse_root(&p, root);
  if (!status) {
    *out = p.ontology;
    p.ontology = NULL;
  }
  lnti_ontology_free(p.ontology);
  lnti_arena_clear(&arena);
  return status;
}
