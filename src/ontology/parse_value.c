/*
 * Values of the document, and what is told of them.
 */
#include <ontology/parse.h>

#include <base/error.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- problems ---- */

/* Appends the path of a place; depth is bounded by the JSON reader's. */
static lnt_status append_path(lnti_text *out, const lnti_place *at, lnt_error *err) {
  if (!at) return LNT_OK;
  lnt_status status = append_path(out, at->up, err);
  if (status) return status;
  if (!at->key) return lnti_text_printf(out, err, "[%zu]", at->index);
  return lnti_text_printf(out, err, "%s%s", at->up ? "." : "", at->key);
}

void lnti_tell(lnti_parser *p, const lnti_place *at, const lnti_json_value *value, lnt_status code, const char *format,
               ...) {
  char reason[LNT_ERROR_MESSAGE_BYTES];
  va_list args;
  va_start(args, format);
  vsnprintf(reason, sizeof reason, format, args);
  va_end(args);
  reason[lnti_utf8_valid(reason, strlen(reason))] = '\0'; /* a cut may leave half a character */
  lnti_text path = {0};
  if (p->status) return;
  p->status = append_path(&path, at, p->err);
  if (!p->status) {
    p->status =
        lnti_ontology_problem_add(p->problems, path.data ? path.data : "", value->line, code, false, reason, p->err);
  }
  lnti_text_clear(&path);
}

void lnti_tell_warning(lnti_parser *p, const char *path, size_t line, const char *format, ...) {
  char reason[LNT_ERROR_MESSAGE_BYTES];
  va_list args;
  va_start(args, format);
  vsnprintf(reason, sizeof reason, format, args);
  va_end(args);
  reason[lnti_utf8_valid(reason, strlen(reason))] = '\0';
  if (!p->status) p->status = lnti_ontology_problem_add(p->problems, path, line, LNT_OK, true, reason, p->err);
}

void lnti_tell_inner(lnti_parser *p, const lnti_place *at, const lnti_json_value *value, lnt_status code,
                     const lnt_error *inner, size_t other_line) {
  lnt_status mine = code == LNT_EEXISTS || code == LNT_EINVAL ? LNT_EDATA : code;
  if (code == LNT_ENOMEM) {
    if (!p->status) p->status = lnti_fail(p->err, code, "%s", inner->message);
  } else if (other_line) {
    lnti_tell(p, at, value, mine, "%s (the other is in line %zu)", inner->message, other_line);
  } else {
    lnti_tell(p, at, value, mine, "%s", inner->message);
  }
}

static const char *type_name(lnti_json_type type) {
  static const char *const names[] = {"null", "a boolean", "a number", "a string", "an array", "an object"};
  return names[type];
}

static void wrong_type(lnti_parser *p, const lnti_place *at, const lnti_json_value *v, const char *needed) {
  lnti_tell(p, at, v, LNT_EDATA, "%s is needed, this is %s", needed, type_name(v->type));
}

/* ---- keys ---- */

static bool is_in(const char *const *list, const char *word) {
  for (; *list; list++) {
    if (strcmp(*list, word) == 0) return true;
  }
  return false;
}

const char *lnti_nearest_word(const char *const *list, const char *word) {
  size_t n = 0;
  while (list[n]) n++;
  return lnti_nearest_name(word, list, n);
}

static void tell_known(lnti_parser *p, const lnti_place *at, const lnti_json_value *v, const char *const *known,
                       const char *what) {
  lnti_text list = {0};
  for (size_t i = 0; known[i] && !p->status; i++) {
    p->status = lnti_text_printf(&list, p->err, "%s\"%s\"", i ? ", " : "", known[i]);
  }
  lnti_tell(p, at, v, LNT_EDATA, "unknown key in %s; there are %s", what, list.data);
  lnti_text_clear(&list);
}

void lnti_check_keys(lnti_parser *p, const lnti_place *at, const lnti_json_value *object, const char *const *known,
                     const char *const *later, const char *const *elsewhere, const char *what) {
  for (const lnti_json_value *v = object->first; v && !p->status; v = v->next) {
    lnti_place here = {at, v->key, 0};
    if (is_in(known, v->key)) continue;
    const char *near = lnti_nearest_word(known, v->key);
    if (is_in(later, v->key)) {
      lnti_tell(p, &here, v, LNT_EUNSUPPORTED, "\"%s\" is not in this version of Linnet: leave it out", v->key);
    } else if (is_in(elsewhere, v->key)) {
      lnti_tell(p, &here, v, LNT_EDATA, "%s has no \"%s\"", what, v->key);
    } else if (near) {
      lnti_tell(p, &here, v, LNT_EDATA, "unknown key: is \"%s\" meant?", near);
    } else {
      tell_known(p, &here, v, known, what);
    }
  }
}

/* ---- values ---- */

bool lnti_is_object(lnti_parser *p, const lnti_place *at, const lnti_json_value *v) {
  if (v->type == LNTI_JSON_TYPE_OBJECT) return true;
  wrong_type(p, at, v, "an object");
  return false;
}

bool lnti_is_array(lnti_parser *p, const lnti_place *at, const lnti_json_value *v, const char *what) {
  if (!v) return false;
  if (v->type == LNTI_JSON_TYPE_ARRAY) return true;
  wrong_type(p, at, v, what);
  return false;
}

/* The value of a key if it has the type; NULL where it is not there, or is told to be of another. */
static const lnti_json_value *take(lnti_parser *p, const lnti_place *at, const lnti_json_value *object, const char *key,
                                   lnti_json_type type, const char *needed) {
  const lnti_json_value *v = lnti_json_get(object, key);
  lnti_place here = {at, key, 0};
  if (!v || v->type == type) return v;
  wrong_type(p, &here, v, needed);
  return NULL;
}

const char *lnti_take_text(lnti_parser *p, const lnti_place *at, const lnti_json_value *object, const char *key,
                           const char *fallback) {
  const lnti_json_value *v = take(p, at, object, key, LNTI_JSON_TYPE_STRING, "a string");
  return v ? v->text : fallback;
}

bool lnti_take_bool(lnti_parser *p, const lnti_place *at, const lnti_json_value *object, const char *key) {
  const lnti_json_value *v = take(p, at, object, key, LNTI_JSON_TYPE_BOOL, "true or false");
  return v && v->boolean;
}

double lnti_take_real(lnti_parser *p, const lnti_place *at, const lnti_json_value *object, const char *key,
                      double fallback) {
  const lnti_json_value *v = take(p, at, object, key, LNTI_JSON_TYPE_NUMBER, "a number");
  return v ? v->number : fallback;
}

const char *lnti_keep_text(lnti_parser *p, const lnti_place *at, const lnti_json_value *object, const char *key) {
  const lnti_json_value *v = take(p, at, object, key, LNTI_JSON_TYPE_STRING, "a string");
  const char *text = "";
  if (!v || p->status) return "";
  p->status = lnti_ontology_text(&text, p->ontology, v->text, p->err);
  return p->status ? "" : text;
}

const char **lnti_take_lines(lnti_parser *p, const lnti_place *at, const lnti_json_value *object, const char *key,
                             const char *what) {
  const lnti_json_value *list = lnti_json_get(object, key);
  lnti_place here = {at, key, 0};
  const char **lines = NULL;
  if (p->status || !lnti_is_array(p, &here, list, "an array of strings")) return NULL;
  if (list->length > LNTI_ONTOLOGY_LIST_MAX) {
    lnti_tell(p, &here, list, LNT_ELIMIT, "%zu strings; at most %d", list->length, LNTI_ONTOLOGY_LIST_MAX);
    return NULL;
  }
  p->status = lnti_alloc_zero(&lines, list->length + 1, sizeof *lines, p->err);
  if (p->status) return NULL;
  size_t i = 0, n = 0;
  for (const lnti_json_value *v = list->first; v; v = v->next, i++) {
    lnti_place element = {&here, NULL, i};
    lnt_error inner = LNT_ERROR_INIT;
    lnt_status status = LNT_OK;
    if (v->type != LNTI_JSON_TYPE_STRING) {
      wrong_type(p, &element, v, "a string");
      continue;
    }
    status = lnti_check_line(what, v->text, LNTI_ONTOLOGY_TITLE_MAX, &inner);
    if (status) {
      lnti_tell_inner(p, &element, v, status, &inner, 0);
    } else {
      lines[n++] = v->text;
    }
  }
  return lines;
}
