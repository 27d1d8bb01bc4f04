/*
 * The ontology from JSON. The document is first read as a tree (json.h: caps on depth and size, duplicate keys), then
 * walked once; recursion is bounded by the JSON reader's depth. Every key is known or refused: a misspelt "requierd"
 * must not be a rule that quietly does not bind. What a later version will know is refused as such.
 */
#include <ontology/parse.h>

#include <base/error.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define QUESTION_KEYS "id", "title", "description", "type", "level", "required"
#define OPTION_KEYS "id", "title", "description", "code", "key", "color", "aliases", "examples", "retired"

static const char *const root_keys[] = {"name", "version", "classifications", "screen", NULL};
static const char *const root_later[] = {"objects", "spans", "relations", NULL};
static const char *const radio_keys[] = {QUESTION_KEYS, "options", NULL};
static const char *const tree_keys[] = {QUESTION_KEYS, "options", "leaf_only", NULL};
static const char *const number_keys[] = {QUESTION_KEYS, "min", "max", "step", "unit", NULL};
static const char *const text_keys[] = {QUESTION_KEYS, "max_length", NULL};
static const char *const question_keys[] = {QUESTION_KEYS, "options", "leaf_only",  "min", "max",
                                            "step",        "unit",    "max_length", NULL};
static const char *const question_later[] = {"dynamic", NULL};
static const char *const rank_option_keys[] = {OPTION_KEYS, NULL};
static const char *const option_keys[] = {OPTION_KEYS, "attributes", NULL};
static const char *const node_keys[] = {OPTION_KEYS, "attributes", "options", NULL};
static const char *const none[] = {NULL};
static const char *const levels[] = {"item", "frame", "group", NULL};

/* By type, from LNTI_RADIO. */
static const struct kind {
  const char *name, *what, *what_option;
  const char *const *keys, *const *option_keys;
} kinds[] = {
    {"radio", "a radio", "an option of a radio (a tree's have options below them)", radio_keys, option_keys},
    {"tree", "a tree", "a node of a tree", tree_keys, node_keys},
    {"number", "a number", "", number_keys, none},
    {"checklist", "a checklist", "an option of a checklist (a tree's have options below them)", radio_keys,
     option_keys},
    {"text", "a text", "", text_keys, none},
    {"rank", "a rank", "an option of a rank (it has a place, and is not chosen)", radio_keys, rank_option_keys},
};
enum { N_KINDS = sizeof kinds / sizeof kinds[0] };

static const struct kind *kind_of(lnti_question_type type) {
  return &kinds[type - LNTI_RADIO];
}

static void parse_questions(lnti_parser *p, const lnti_place *at, const lnti_json_value *list, size_t parent_option);

/* ---- names ---- */

typedef struct names {
  const char *key, *title; /* NULL: not given, or wrong and told of */
  bool known;              /* either was given */
} names;

static names take_names(lnti_parser *p, const lnti_place *at, const lnti_json_value *object) {
  names n = {lnti_take_text(p, at, object, "id", NULL), lnti_take_text(p, at, object, "title", NULL), true};
  const lnti_json_value *id = lnti_json_get(object, "id"), *title = lnti_json_get(object, "title");
  lnti_place id_place = {at, "id", 0}, title_place = {at, "title", 0};
  lnt_error inner = LNT_ERROR_INIT;
  lnt_status status = LNT_OK;
  if (!id && !title)
    lnti_tell(p, at, object, LNT_EDATA, "\"id\" is missing, and a \"title\" that it could be made from");
  if (n.key && (status = lnti_check_key(n.key, &inner))) {
    lnti_tell_inner(p, &id_place, id, status, &inner, 0);
    n.key = NULL;
  }
  if (n.title && (status = lnti_check_line("title", n.title, LNTI_ONTOLOGY_TITLE_MAX, &inner))) {
    lnti_tell_inner(p, &title_place, title, status, &inner, 0);
    n.title = NULL;
  }
  if (!n.key && !n.title) n.title = "?";
  return n;
}

/* Tells of an addition that failed at its id, or at its place. True where it is worth another try under another id. */
static bool tell_refused(lnti_parser *p, const lnti_place *at, const lnti_json_value *object, lnt_status status,
                         const lnt_error *inner, size_t other_line) {
  lnti_place id = {at, "id", 0};
  const lnti_json_value *v = lnti_json_get(object, "id");
  bool taken = status == LNT_EEXISTS && v;
  lnti_tell_inner(p, taken ? &id : at, taken ? v : object, status, inner, other_line);
  return status == LNT_EEXISTS && !p->status;
}

static void note_line(lnti_parser *p, size_t **lines, size_t *capacity, size_t index, size_t line) {
  if (!p->status) p->status = lnti_grow(lines, capacity, index + 1, sizeof **lines, p->err);
  if (!p->status) (*lines)[index] = line;
}

/* The line of the sibling that has the key: an option or an attribute. */
static size_t line_of_key(const lnti_parser *p, size_t question, size_t parent, size_t above, const char *key) {
  if (!key) return 0;
  size_t found = question == LNTI_NONE
                     ? LNTI_NONE
                     : lnti_index_find_option(p->ontology, LNTI_INDEX_OPTION_KEY, question, parent, key);
  if (found != LNTI_NONE) return p->option_lines[found];
  found = lnti_index_find_question(p->ontology, above, key);
  return found == LNTI_NONE ? 0 : p->question_lines[found];
}

/* ---- options ---- */

static bool is_color(const char *text) {
  size_t n = strlen(text);
  return text[0] == '#' && (n == 4 || n == 7) && strspn(text + 1, "0123456789abcdefABCDEF") == n - 1;
}

static void parse_color(lnti_parser *p, const lnti_place *at, const lnti_json_value *object, size_t option) {
  const char *color = lnti_keep_text(p, at, object, "color");
  lnti_place here = {at, "color", 0};
  if (*color && !is_color(color)) {
    lnti_tell(p, &here, lnti_json_get(object, "color"), LNT_EDATA,
              "\"%.40s\" is no colour: \"#c33\" or \"#cc3333\" is needed", color);
  }
  p->ontology->options[option].color = color;
}

/* What of the words was refused clashes with an option of this line; 0 where it clashes with none. */
static size_t line_of_word(const lnti_parser *p, lnti_index_kind kind, size_t option, const char *word) {
  const lnti_option *o = &p->ontology->options[option];
  size_t parent = kind == LNTI_INDEX_OPTION_CODE ? LNTI_NONE : o->parent;
  size_t found = lnti_index_find_option(p->ontology, kind, o->question, parent, word);
  return found == LNTI_NONE ? 0 : p->option_lines[found];
}

static void parse_words(lnti_parser *p, const lnti_place *at, const lnti_json_value *object, size_t option) {
  const char *hotkey = lnti_take_text(p, at, object, "key", NULL), *code = lnti_take_text(p, at, object, "code", NULL);
  lnti_place key_place = {at, "key", 0}, code_place = {at, "code", 0};
  lnt_error inner = LNT_ERROR_INIT;
  lnt_status status = LNT_OK;
  if (hotkey && (status = lnti_ontology_set_option_words(p->ontology, option, hotkey, NULL, NULL, &inner))) {
    lnti_tell_inner(p, &key_place, lnti_json_get(object, "key"), status, &inner,
                    line_of_word(p, LNTI_INDEX_OPTION_HOTKEY, option, hotkey));
  }
  if (code && (status = lnti_ontology_set_option_code(p->ontology, option, code, &inner))) {
    lnti_tell_inner(p, &code_place, lnti_json_get(object, "code"), status, &inner,
                    line_of_word(p, LNTI_INDEX_OPTION_CODE, option, code));
  }
  const char **aliases = lnti_take_lines(p, at, object, "aliases", "alias");
  const char **examples = lnti_take_lines(p, at, object, "examples", "example");
  if (!p->status && (aliases || examples)) {
    p->status = lnti_ontology_set_option_words(p->ontology, option, NULL, aliases, examples, p->err);
  }
  free(examples);
  free(aliases);
}

/* False where nothing can stand there. */
static bool add_option(size_t *out, lnti_parser *p, const lnti_place *at, const lnti_json_value *v, size_t question,
                       size_t parent) {
  lnt_error inner = LNT_ERROR_INIT;
  names n = take_names(p, at, v);
  lnt_status status = lnti_ontology_add_option(out, p->ontology, question, parent, n.key, n.title, &inner);
  if (status && tell_refused(p, at, v, status, &inner, line_of_key(p, question, parent, parent, n.key))) {
    status = lnti_ontology_add_option(out, p->ontology, question, parent, NULL, n.title ? n.title : n.key, &inner);
  }
  if (!status) note_line(p, &p->option_lines, &p->option_capacity, *out, v->line);
  return !status && !p->status;
}

static void parse_options(lnti_parser *p, const lnti_place *at, const lnti_json_value *list, size_t question,
                          size_t parent) {
  const struct kind *kind = kind_of(p->ontology->questions[question].type);
  size_t i = 0;
  if (!lnti_is_array(p, at, list, "an array of options")) return;
  for (const lnti_json_value *v = list->first; v && !p->status; v = v->next, i++) {
    lnti_place here = {at, NULL, i}, options = {&here, "options", 0}, attributes = {&here, "attributes", 0};
    size_t option = 0;
    if (!lnti_is_object(p, &here, v)) continue;
    lnti_check_keys(p, &here, v, kind->option_keys, none, node_keys, kind->what_option);
    if (!add_option(&option, p, &here, v, question, parent)) continue;
    p->ontology->options[option].description = lnti_keep_text(p, &here, v, "description");
    p->ontology->options[option].retired = lnti_take_bool(p, &here, v, "retired");
    parse_color(p, &here, v, option);
    parse_words(p, &here, v, option);
    if (kind->option_keys != rank_option_keys) {
      parse_questions(p, &attributes, lnti_json_get(v, "attributes"), option);
    }
    if (kind->option_keys == node_keys) parse_options(p, &options, lnti_json_get(v, "options"), question, option);
  }
}

/* ---- questions ---- */

/* False where the type is not known: the question's own keys cannot be judged then, but what hangs on it can. */
static bool take_type(lnti_question_type *out, lnti_parser *p, const lnti_place *at, const lnti_json_value *object) {
  const char *words[N_KINDS + 1] = {NULL};
  const lnti_json_value *v = lnti_json_get(object, "type");
  lnti_place here = {at, "type", 0};
  *out = LNTI_TREE; /* takes whatever hangs on a question */
  if (!v) {
    lnti_tell(p, at, object, LNT_EDATA,
              "\"type\" is missing: \"radio\", \"tree\", \"number\", \"checklist\", \"text\" or \"rank\"");
    return false;
  }
  const char *text = lnti_take_text(p, at, object, "type", NULL);
  if (!text) return false;
  for (size_t i = 0; i < N_KINDS; i++) {
    if (strcmp(kinds[i].name, text) == 0) {
      *out = (lnti_question_type)(LNTI_RADIO + (int)i);
      return true;
    }
    words[i] = kinds[i].name;
  }
  const char *near = lnti_nearest_word(words, text);
  if (near) {
    lnti_tell(p, &here, v, LNT_EDATA, "unknown type \"%.40s\": is \"%s\" meant?", text, near);
  } else {
    lnti_tell(p, &here, v, LNT_EDATA,
              "unknown type \"%.40s\": there are \"radio\", \"tree\", \"number\", \"checklist\", \"text\" and \"rank\"",
              text);
  }
  return false;
}

static lnti_level take_level(lnti_parser *p, const lnti_place *at, const lnti_json_value *object, lnti_level fallback) {
  const char *text = lnti_take_text(p, at, object, "level", NULL);
  lnti_place here = {at, "level", 0};
  if (!text) return fallback;
  for (int i = 0; levels[i]; i++) {
    if (strcmp(levels[i], text) == 0) return (lnti_level)(i + 1);
  }
  lnti_tell(p, &here, lnti_json_get(object, "level"), LNT_EDATA,
            "unknown level \"%.40s\": there are \"item\", \"frame\" and \"group\"", text);
  return fallback;
}

static void parse_number_fields(lnti_parser *p, const lnti_place *at, const lnti_json_value *object, lnti_question *q) {
  lnti_place max_place = {at, "max", 0}, step_place = {at, "step", 0};
  const lnti_json_value *step = lnti_json_get(object, "step");
  q->min = lnti_take_real(p, at, object, "min", -INFINITY);
  q->max = lnti_take_real(p, at, object, "max", INFINITY);
  q->step = lnti_take_real(p, at, object, "step", 0);
  if (q->min > q->max) {
    lnti_tell(p, &max_place, lnti_json_get(object, "max"), LNT_EDATA, "\"min\" %g is above \"max\" %g", q->min, q->max);
  }
  if (step && step->type == LNTI_JSON_TYPE_NUMBER && !(q->step > 0)) {
    lnti_tell(p, &step_place, step, LNT_EDATA, "\"step\" %g is not above 0", q->step);
  }
}

static void parse_text_fields(lnti_parser *p, const lnti_place *at, const lnti_json_value *object, lnti_question *q) {
  double most = lnti_take_real(p, at, object, "max_length", 0);
  const lnti_json_value *v = lnti_json_get(object, "max_length");
  lnti_place here = {at, "max_length", 0};
  if (!v || v->type != LNTI_JSON_TYPE_NUMBER) return;
  if (most < 1 || most > LNTI_ONTOLOGY_TEXT_MAX || most != floor(most)) {
    lnti_tell(p, &here, v, LNT_EDATA, "%g is no whole number from 1 to %d", most, LNTI_ONTOLOGY_TEXT_MAX);
  } else {
    q->max_length = (size_t)most;
  }
}

static void parse_question_fields(lnti_parser *p, const lnti_place *at, const lnti_json_value *object,
                                  size_t question) {
  lnti_question *q = &p->ontology->questions[question]; /* stays: no question is added meanwhile */
  q->description = lnti_keep_text(p, at, object, "description");
  q->level = take_level(p, at, object, q->level); /* as the question's above, unless given */
  q->required = lnti_take_bool(p, at, object, "required");
  if (q->type == LNTI_TREE) q->leaf_only = lnti_take_bool(p, at, object, "leaf_only");
  if (q->type == LNTI_NUMBER) parse_number_fields(p, at, object, q);
  if (q->type == LNTI_NUMBER) q->unit = lnti_keep_text(p, at, object, "unit");
  if (q->type == LNTI_TEXT) parse_text_fields(p, at, object, q);
}

static bool add_question(size_t *out, lnti_parser *p, const lnti_place *at, const lnti_json_value *v,
                         lnti_question_type type, size_t parent_option) {
  size_t above = parent_option == LNTI_NONE ? LNTI_NONE : p->ontology->options[parent_option].question;
  lnt_error inner = LNT_ERROR_INIT;
  names n = take_names(p, at, v);
  lnt_status status = lnti_ontology_add_question(out, p->ontology, type, n.key, n.title, parent_option, &inner);
  if (status && tell_refused(p, at, v, status, &inner, line_of_key(p, above, parent_option, parent_option, n.key))) {
    status = lnti_ontology_add_question(out, p->ontology, type, NULL, n.title ? n.title : n.key, parent_option, &inner);
  }
  if (!status) note_line(p, &p->question_lines, &p->question_capacity, *out, v->line);
  return !status && !p->status;
}

static void parse_question(lnti_parser *p, const lnti_place *at, const lnti_json_value *v, size_t parent_option) {
  lnti_place options = {at, "options", 0};
  lnti_question_type type = LNTI_RADIO;
  size_t question = 0;
  if (!lnti_is_object(p, at, v)) return;
  bool known = take_type(&type, p, at, v);
  lnti_check_keys(p, at, v, known ? kind_of(type)->keys : question_keys, question_later, question_keys,
                  known ? kind_of(type)->what : "a question");
  if (!add_question(&question, p, at, v, type, parent_option)) return;
  parse_question_fields(p, at, v, question);
  if (lnti_question_type_has_options(type)) {
    parse_options(p, &options, lnti_json_get(v, "options"), question, LNTI_NONE);
  }
}

static void parse_questions(lnti_parser *p, const lnti_place *at, const lnti_json_value *list, size_t parent_option) {
  size_t i = 0;
  if (!lnti_is_array(p, at, list, "an array of questions")) return;
  for (const lnti_json_value *v = list->first; v && !p->status; v = v->next, i++) {
    lnti_place here = {at, NULL, i};
    parse_question(p, &here, v, parent_option);
  }
}

/* ---- the document ---- */

static void parse_version(lnti_parser *p, const lnti_json_value *root) {
  double version = lnti_take_real(p, NULL, root, "version", 1);
  lnti_place here = {NULL, "version", 0};
  if (version < 0 || version > 1e15 || version != floor(version)) {
    lnti_tell(p, &here, lnti_json_get(root, "version"), LNT_EDATA, "%g is no whole number from 0", version);
  } else {
    p->ontology->version = (int64_t)version;
  }
}

void lnti_parse_root(lnti_parser *p, const lnti_json_value *root) {
  lnti_place classifications = {NULL, "classifications", 0}, screen = {NULL, "screen", 0};
  if (p->status || !lnti_is_object(p, NULL, root)) return;
  lnti_check_keys(p, NULL, root, root_keys, root_later, none, "an ontology");
  p->ontology->name = lnti_keep_text(p, NULL, root, "name");
  parse_version(p, root);
  parse_questions(p, &classifications, lnti_json_get(root, "classifications"), LNTI_NONE);
  if (!p->status) lnti_parse_screen(p, &screen, lnti_json_get(root, "screen"));
}
