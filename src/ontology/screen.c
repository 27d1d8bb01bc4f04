/*
 * What the label screen shows, and in what order: sections of questions. A document names questions by their ids; the
 * store keeps row ids, so that a question whose id changes stays where it was.
 */
#include <ontology/parse.h>

#include <base/error.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const screen_keys[] = {"metadata", "sections", NULL};
static const char *const section_keys[] = {"title", "description", "collapsed", "questions", NULL};
static const char *const none[] = {NULL};

/* What is read meanwhile. */
typedef struct reading {
  lnti_parser *p;
  size_t *shown; /* [n_questions] the line where each was named; 0: not yet */
} reading;

/* ---- questions of a section ---- */

/* The id at the top that was most likely meant; NULL where there are too many, or none is near. */
static const char *nearest_question(const lnti_ontology *ontology, const char *text) {
  enum { LOOKED_AT = 200 };
  const char *keys[LOOKED_AT];
  size_t n = 0;
  for (size_t i = ontology->first_question; i != LNTI_NONE && n < LOOKED_AT; i = ontology->questions[i].next_sibling) {
    keys[n++] = ontology->questions[i].key;
  }
  return strlen(text) > 2 ? lnti_nearest_name(text, keys, n) : NULL;
}

static void tell_unknown(lnti_parser *p, const lnti_place *at, const lnti_json_value *v) {
  size_t attribute = 0;
  const char *near = nearest_question(p->ontology, v->text);
  if (strchr(v->text, '/') && lnti_ontology_find_question(&attribute, p->ontology, v->text, NULL) == LNT_OK) {
    lnti_tell(p, at, v, LNT_EDATA, "\"%.80s\" is asked after an option and stands with it: name the question above",
              v->text);
  } else if (near) {
    lnti_tell(p, at, v, LNT_EDATA, "no question \"%.80s\": is \"%.80s\" meant?", v->text, near);
  } else {
    lnti_tell(p, at, v, LNT_EDATA, "there is no question \"%.80s\"", v->text);
  }
}

/* The question with that row id, if it is there and at the top. */
static size_t at_the_top(const lnti_ontology *ontology, double id) {
  if (id != floor(id) || fabs(id) > 9e15) return LNTI_NONE;
  size_t question = lnti_ontology_question_by_id(ontology, (int64_t)id);
  if (question == LNTI_NONE || ontology->questions[question].parent_option != LNTI_NONE) return LNTI_NONE;
  return question;
}

static void parse_questions(reading *r, const lnti_place *at, const lnti_json_value *list,
                            lnti_screen_section *section) {
  lnti_parser *p = r->p;
  size_t *questions = NULL, n = 0, i = 0;
  if (!lnti_is_array(p, at, list, "an array of ids of questions") || !list || p->status) return;
  if (list->length > p->ontology->n_questions && !p->by_row_id) {
    lnti_tell(p, at, list, LNT_EDATA, "%zu questions are named, and there are %zu", list->length,
              p->ontology->n_questions);
    return;
  }
  p->status = lnti_arena_alloc(&questions, &p->ontology->arena, list->length + 1, sizeof *questions, p->err);
  for (const lnti_json_value *v = list->first; v && !p->status; v = v->next, i++) {
    lnti_place here = {at, NULL, i};
    if (v->type != (p->by_row_id ? LNTI_JSON_TYPE_NUMBER : LNTI_JSON_TYPE_STRING)) {
      lnti_tell(p, &here, v, LNT_EDATA, "the id of a question is needed, as a string");
      continue;
    }
    size_t question =
        p->by_row_id ? at_the_top(p->ontology, v->number) : lnti_index_find_question(p->ontology, LNTI_NONE, v->text);
    if (question == LNTI_NONE) {
      if (!p->by_row_id) tell_unknown(p, &here, v);
    } else if (r->shown[question]) {
      lnti_tell(p, &here, v, LNT_EDATA, "the question \"%.80s\" is named already (line %zu)", v->text,
                r->shown[question]);
    } else {
      r->shown[question] = v->line;
      questions[n++] = question;
    }
  }
  section->questions = questions;
  section->n_questions = n;
}

/* ---- the screen ---- */

static void parse_section(reading *r, const lnti_place *at, const lnti_json_value *v, lnti_screen_section *section) {
  lnti_place questions = {at, "questions", 0};
  const lnti_json_value *list = lnti_json_get(v, "questions");
  lnti_check_keys(r->p, at, v, section_keys, none, none, "a section of the screen");
  section->title = lnti_keep_text(r->p, at, v, "title");
  section->description = lnti_keep_text(r->p, at, v, "description");
  section->collapsed = lnti_take_bool(r->p, at, v, "collapsed");
  if (!list) lnti_tell(r->p, at, v, LNT_EDATA, "\"questions\" is missing: which are in this section?");
  parse_questions(r, &questions, list, section);
}

static void parse_sections(lnti_parser *p, const lnti_place *at, const lnti_json_value *list) {
  reading r = {p, NULL};
  lnti_screen_section *sections = NULL;
  size_t n = 0, i = 0;
  if (!lnti_is_array(p, at, list, "an array of sections") || p->status) return;
  p->status = lnti_alloc_zero(&r.shown, p->ontology->n_questions + 1, sizeof *r.shown, p->err);
  if (!p->status) {
    p->status = lnti_arena_alloc(&sections, &p->ontology->arena, list->length + 1, sizeof *sections, p->err);
  }
  for (const lnti_json_value *v = list->first; v && !p->status; v = v->next, i++) {
    lnti_place here = {at, NULL, i};
    if (!lnti_is_object(p, &here, v)) continue;
    sections[n] = (lnti_screen_section){.title = "", .description = ""};
    parse_section(&r, &here, v, &sections[n++]);
  }
  p->ontology->screen.sections = sections;
  p->ontology->screen.n_sections = n;
  free(r.shown);
}

static void keep_lines(lnti_parser *p, const char **lines) {
  const char **copy = NULL;
  size_t n = 0;
  while (lines && lines[n]) n++;
  if (n == 0 || p->status) return;
  p->status = lnti_arena_alloc(&copy, &p->ontology->arena, n + 1, sizeof *copy, p->err);
  if (p->status) return;
  copy[n] = NULL;
  for (size_t i = 0; i < n && !p->status; i++) {
    p->status = lnti_ontology_text(&copy[i], p->ontology, lines[i], p->err);
  }
  p->ontology->screen.metadata = copy;
}

void lnti_parse_screen(lnti_parser *p, const lnti_place *at, const lnti_json_value *v) {
  lnti_place sections = {at, "sections", 0};
  if (!v || !lnti_is_object(p, at, v)) return;
  lnti_check_keys(p, at, v, screen_keys, none, none, "a screen");
  p->ontology->screen.given = true;
  const char **metadata = lnti_take_lines(p, at, v, "metadata", "key of metadata");
  keep_lines(p, metadata);
  free(metadata);
  parse_sections(p, &sections, lnti_json_get(v, "sections"));
}

/* ---- writing ---- */

static void write_section(lnti_json_writer *w, const lnti_ontology *ontology, const lnti_screen_section *section,
                          const int64_t *ids) {
  lnti_json_begin_object(w);
  if (*section->title) lnti_json_kv_string(w, "title", section->title);
  if (*section->description) lnti_json_kv_string(w, "description", section->description);
  if (section->collapsed) lnti_json_kv_bool(w, "collapsed", true);
  lnti_json_key(w, "questions");
  lnti_json_begin_array(w);
  for (size_t i = 0; i < section->n_questions; i++) {
    if (ids) {
      lnti_json_int(w, ids[section->questions[i]]);
    } else {
      lnti_json_string(w, ontology->questions[section->questions[i]].key);
    }
  }
  lnti_json_end_array(w);
  lnti_json_end_object(w);
}

void lnti_screen_write(lnti_json_writer *w, const lnti_ontology *ontology, const int64_t *ids) {
  const lnti_screen *screen = &ontology->screen;
  lnti_json_begin_object(w);
  if (screen->metadata) {
    lnti_json_key(w, "metadata");
    lnti_json_begin_array(w);
    for (const char *const *key = screen->metadata; *key; key++) lnti_json_string(w, *key);
    lnti_json_end_array(w);
  }
  if (screen->n_sections) {
    lnti_json_key(w, "sections");
    lnti_json_begin_array(w);
    for (size_t i = 0; i < screen->n_sections; i++) write_section(w, ontology, &screen->sections[i], ids);
    lnti_json_end_array(w);
  }
  lnti_json_end_object(w);
}

/* ---- from the store ---- */

lnt_status lnti_screen_read(lnti_ontology *ontology, const char *json, lnt_error *err) {
  lnti_arena arena = {.cap = (size_t)1 << 30};
  lnti_ontology_problems problems = {0};
  const lnti_json_value *root = NULL;
  lnti_parser p = {.ontology = ontology, .problems = &problems, .by_row_id = true, .err = err};
  lnti_place at = {NULL, "screen", 0};
  lnt_status status = lnti_json_parse(&root, &arena, json, strlen(json), "screen", err);
  if (!status) {
    lnti_parse_screen(&p, &at, root);
    status = p.status;
  }
  if (status && status != LNT_ENOMEM) status = lnti_fail(err, LNT_ECORRUPT, "the screen of the ontology is damaged");
  if (!status && problems.n_errors) {
    status = lnti_fail(err, LNT_ECORRUPT, "the screen of the ontology is damaged at %.200s: %.200s",
                       problems.errors[0].path, problems.errors[0].message);
  }
  lnti_ontology_problems_clear(&problems);
  lnti_arena_clear(&arena);
  return status;
}
