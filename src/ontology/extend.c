/*
 * Two ontologies side by side, by ids from the top down. Recursion is bounded by the cap on depth.
 */
#include <ontology/extend.h>
#include <ontology/internal.h>

#include <base/error.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct extending {
  lnti_ontology_extension *out;
  lnti_ontology *to;
  const lnti_ontology *from;
  size_t *question_of; /* by index in `from`: that in `to` */
  lnt_error *err;
} extending;

void lnti_ontology_extension_clear(lnti_ontology_extension *extension) {
  lnti_text_clear(&extension->differences);
}

/* ---- differences ---- */

/* The path of a question of `to`, or of one of its options. */
static lnt_status append_path(extending *e, size_t question, size_t option) {
  lnti_text *out = &e->out->differences;
  lnt_status status = lnti_ontology_question_path(out, e->to, question, e->err);
  if (status || option == LNTI_NONE) return status;
  status = lnti_text_append(out, "/", 1, e->err);
  return status ? status : lnti_ontology_option_path(out, e->to, option, e->err);
}

static lnt_status differs(extending *e, size_t question, size_t option, const char *format, ...) LNT_PRINTF(4, 5);
static lnt_status differs(extending *e, size_t question, size_t option, const char *format, ...) {
  char reason[LNT_ERROR_MESSAGE_BYTES];
  va_list args;
  va_start(args, format);
  vsnprintf(reason, sizeof reason, format, args);
  va_end(args);
  reason[lnti_utf8_valid(reason, strlen(reason))] = '\0';
  e->out->n_differences++;
  lnt_status status = append_path(e, question, option);
  return status ? status : lnti_text_printf(&e->out->differences, e->err, ": %s\n", reason);
}

static lnt_status compare_text(extending *e, size_t question, size_t option, const char *what, const char *is,
                               const char *wanted) {
  if (strcmp(is, wanted) == 0) return LNT_OK;
  return differs(e, question, option, "%s is \"%.80s\", and \"%.80s\" in the file", what, is, wanted);
}

static lnt_status compare_real(extending *e, size_t question, const char *what, double is, double wanted) {
  if (is == wanted) return LNT_OK;
  return differs(e, question, LNTI_NONE, "%s is %g, and %g in the file", what, is, wanted);
}

static lnt_status compare_bool(extending *e, size_t question, size_t option, const char *what, bool is, bool wanted) {
  if (is == wanted) return LNT_OK;
  return differs(e, question, option, "it is %s%s, and %s%s in the file", is ? "" : "not ", what, wanted ? "" : "not ",
                 what);
}

static bool same_list(const char *const *a, const char *const *b) {
  for (; a && *a && b && *b; a++, b++) {
    if (strcmp(*a, *b) != 0) return false;
  }
  return !(a && *a) && !(b && *b);
}

static lnt_status compare_list(extending *e, size_t question, size_t option, const char *what, const char *const *is,
                               const char *const *wanted) {
  return same_list(is, wanted) ? LNT_OK : differs(e, question, option, "its %s differ from those in the file", what);
}

static lnt_status compare_question(extending *e, size_t i, size_t j) {
  const lnti_question *is = &e->to->questions[i], *wanted = &e->from->questions[j];
  lnt_status status = compare_text(e, i, LNTI_NONE, "the title", is->title, wanted->title);
  if (!status) status = compare_text(e, i, LNTI_NONE, "the description", is->description, wanted->description);
  if (!status && is->type != wanted->type) {
    return differs(e, i, LNTI_NONE, "it is a %s, and a %s in the file", lnti_question_type_name(is->type),
                   lnti_question_type_name(wanted->type));
  }
  if (!status && is->level != wanted->level) status = differs(e, i, LNTI_NONE, "its level is another in the file");
  if (!status) status = compare_bool(e, i, LNTI_NONE, "required", is->required, wanted->required);
  if (!status) status = compare_bool(e, i, LNTI_NONE, "for leaves only", is->leaf_only, wanted->leaf_only);
  if (!status) status = compare_real(e, i, "min", is->min, wanted->min);
  if (!status) status = compare_real(e, i, "max", is->max, wanted->max);
  if (!status) status = compare_real(e, i, "step", is->step, wanted->step);
  if (!status) status = compare_text(e, i, LNTI_NONE, "the unit", is->unit, wanted->unit);
  if (!status) status = compare_real(e, i, "max_length", (double)is->max_length, (double)wanted->max_length);
  return status;
}

static lnt_status compare_option(extending *e, size_t question, size_t i, size_t j) {
  const lnti_option *is = &e->to->options[i], *wanted = &e->from->options[j];
  lnt_status status = compare_text(e, question, i, "the title", is->title, wanted->title);
  if (!status) status = compare_text(e, question, i, "the description", is->description, wanted->description);
  if (!status) status = compare_text(e, question, i, "the key", is->hotkey, wanted->hotkey);
  if (!status) status = compare_text(e, question, i, "the colour", is->color, wanted->color);
  if (!status) status = compare_text(e, question, i, "the code", is->code, wanted->code);
  if (!status) status = compare_list(e, question, i, "aliases", is->aliases, wanted->aliases);
  if (!status) status = compare_list(e, question, i, "examples", is->examples, wanted->examples);
  if (!status) status = compare_bool(e, question, i, "retired", is->retired, wanted->retired);
  return status;
}

/* ---- adding ---- */

static lnt_status add_question(size_t *out, extending *e, size_t j, size_t parent_option) {
  const lnti_question *q = &e->from->questions[j];
  const char *description = NULL, *unit = NULL;
  lnt_status status = lnti_ontology_add_question(out, e->to, q->type, q->key, q->title, parent_option, e->err);
  if (!status) status = lnti_ontology_text(&description, e->to, q->description, e->err);
  if (!status) status = lnti_ontology_text(&unit, e->to, q->unit, e->err);
  if (status) return status;
  lnti_question *to = &e->to->questions[*out];
  to->description = description;
  to->unit = unit;
  to->level = q->level;
  to->required = q->required;
  to->leaf_only = q->leaf_only;
  to->min = q->min;
  to->max = q->max;
  to->step = q->step;
  to->max_length = q->max_length;
  e->out->n_questions++;
  return LNT_OK;
}

/* What a new option clashes with is told as a difference of the question: the rest can still be compared. */
static lnt_status add_words(extending *e, size_t question, size_t option, const lnti_option *o) {
  lnt_error inner = LNT_ERROR_INIT;
  lnt_status status =
      lnti_ontology_set_option_words(e->to, option, *o->hotkey ? o->hotkey : NULL, o->aliases, o->examples, &inner);
  if (!status && *o->code) status = lnti_ontology_set_option_code(e->to, option, o->code, &inner);
  if (status == LNT_EEXISTS) return differs(e, question, option, "%s", inner.message);
  return status ? lnti_fail(e->err, status, "%s", inner.message) : LNT_OK;
}

static lnt_status add_option(size_t *out, extending *e, size_t j, size_t question, size_t parent) {
  const lnti_option *o = &e->from->options[j];
  const char *description = NULL, *color = NULL;
  lnt_status status = lnti_ontology_add_option(out, e->to, question, parent, o->key, o->title, e->err);
  if (!status) status = lnti_ontology_text(&description, e->to, o->description, e->err);
  if (!status) status = lnti_ontology_text(&color, e->to, o->color, e->err);
  if (!status) status = add_words(e, question, *out, o);
  if (status) return status;
  lnti_option *to = &e->to->options[*out];
  to->description = description;
  to->color = color;
  to->retired = o->retired;
  e->out->n_options++;
  return LNT_OK;
}

/* ---- side by side ---- */

static lnt_status extend_questions(extending *e, size_t to_parent, size_t from_parent);
static lnt_status extend_options(extending *e, size_t to_question, size_t to_parent, size_t from_question,
                                 size_t from_parent);

static size_t first_option(const lnti_ontology *o, size_t question, size_t parent) {
  return parent == LNTI_NONE ? o->questions[question].first_option : o->options[parent].first_child;
}

static size_t first_question(const lnti_ontology *o, size_t parent_option) {
  return parent_option == LNTI_NONE ? o->first_question : o->options[parent_option].first_attribute;
}

static lnt_status below_option(extending *e, size_t question, size_t i, size_t from_question, size_t j) {
  lnt_status status = extend_questions(e, i, j);
  return status ? status : extend_options(e, question, i, from_question, j);
}

/* Those that are there, each beside that of the document: whose indices rise where the order is the same. */
static lnt_status compare_options(extending *e, size_t question, size_t parent, size_t from_question,
                                  size_t from_parent) {
  size_t last = 0;
  lnt_status status = LNT_OK;
  for (size_t i = first_option(e->to, question, parent); i != LNTI_NONE && !status;
       i = e->to->options[i].next_sibling) {
    const lnti_option *o = &e->to->options[i];
    size_t j = lnti_index_find_option(e->from, LNTI_INDEX_OPTION_KEY, from_question, from_parent, o->key);
    if (j == LNTI_NONE) {
      status = differs(e, question, i, "the option \"%.80s\" is not in the file", o->title);
      continue;
    }
    if (j < last) status = differs(e, question, i, "it stands before an earlier sibling in the file");
    last = j > last ? j : last;
    if (!status) status = compare_option(e, question, i, j);
    if (!status) status = below_option(e, question, i, from_question, j);
  }
  return status;
}

static lnt_status extend_options(extending *e, size_t to_question, size_t to_parent, size_t from_question,
                                 size_t from_parent) {
  lnt_status status = compare_options(e, to_question, to_parent, from_question, from_parent);
  for (size_t j = first_option(e->from, from_question, from_parent); j != LNTI_NONE && !status;
       j = e->from->options[j].next_sibling) {
    size_t i = lnti_index_find_option(e->to, LNTI_INDEX_OPTION_KEY, to_question, to_parent, e->from->options[j].key);
    if (i != LNTI_NONE) continue;
    status = add_option(&i, e, j, to_question, to_parent);
    if (!status) status = below_option(e, to_question, i, from_question, j);
  }
  return status;
}

/* A question of another type has other options: they are not compared. */
static lnt_status below_question(extending *e, size_t i, size_t j) {
  e->question_of[j] = i;
  if (e->to->questions[i].type != e->from->questions[j].type) return LNT_OK;
  return extend_options(e, i, LNTI_NONE, j, LNTI_NONE);
}

static lnt_status compare_questions(extending *e, size_t to_parent, size_t from_parent) {
  size_t last = 0;
  lnt_status status = LNT_OK;
  for (size_t i = first_question(e->to, to_parent); i != LNTI_NONE && !status; i = e->to->questions[i].next_sibling) {
    const lnti_question *q = &e->to->questions[i];
    size_t j = lnti_index_find_question(e->from, from_parent, q->key);
    if (j == LNTI_NONE) {
      status = differs(e, i, LNTI_NONE, "the question \"%.80s\" is not in the file", q->title);
      continue;
    }
    if (j < last) status = differs(e, i, LNTI_NONE, "it stands before an earlier sibling in the file");
    last = j > last ? j : last;
    if (!status) status = compare_question(e, i, j);
    if (!status) status = below_question(e, i, j);
  }
  return status;
}

static lnt_status extend_questions(extending *e, size_t to_parent, size_t from_parent) {
  lnt_status status = compare_questions(e, to_parent, from_parent);
  for (size_t j = first_question(e->from, from_parent); j != LNTI_NONE && !status;
       j = e->from->questions[j].next_sibling) {
    size_t i = lnti_index_find_question(e->to, to_parent, e->from->questions[j].key);
    if (i != LNTI_NONE) continue;
    status = add_question(&i, e, j, to_parent);
    if (!status) status = below_question(e, i, j);
  }
  return status;
}

/* ---- name and screen ---- */

static lnt_status screen_text(lnti_text *out, const lnti_ontology *ontology, lnt_error *err) {
  lnti_json_writer *w = NULL;
  if (!ontology->screen.given) return lnti_text_append(out, "", 0, err);
  lnt_status status = lnti_json_writer_new(&w, lnti_json_sink_text, out, 0, err);
  if (status) return status;
  lnti_screen_write(w, ontology, NULL);
  status = lnti_json_finish(w, err);
  lnti_json_writer_free(w);
  return status;
}

static lnt_status copy_section(lnti_screen_section *out, extending *e, const lnti_screen_section *from) {
  size_t *questions = NULL;
  *out = *from;
  lnt_status status = lnti_ontology_text(&out->title, e->to, from->title, e->err);
  if (!status) status = lnti_ontology_text(&out->description, e->to, from->description, e->err);
  if (!status) {
    status = lnti_arena_alloc(&questions, &e->to->arena, from->n_questions + 1, sizeof *questions, e->err);
  }
  if (status) return status;
  for (size_t i = 0; i < from->n_questions; i++) questions[i] = e->question_of[from->questions[i]];
  out->questions = questions;
  return LNT_OK;
}

static lnt_status copy_screen(extending *e) {
  const lnti_screen *from = &e->from->screen;
  lnti_screen_section *sections = NULL;
  const char **metadata = NULL;
  size_t n = 0;
  while (from->metadata && from->metadata[n]) n++;
  lnt_status status = lnti_arena_alloc(&metadata, &e->to->arena, n + 1, sizeof *metadata, e->err);
  for (size_t i = 0; i < n && !status; i++) status = lnti_ontology_text(&metadata[i], e->to, from->metadata[i], e->err);
  if (!status) {
    status = lnti_arena_alloc(&sections, &e->to->arena, from->n_sections + 1, sizeof *sections, e->err);
  }
  for (size_t i = 0; i < from->n_sections && !status; i++) {
    status = copy_section(&sections[i], e, &from->sections[i]);
  }
  if (!status) e->to->screen = (lnti_screen){true, sections, from->n_sections, n ? metadata : NULL};
  return status;
}

static lnt_status extend_head(extending *e) {
  lnti_text before = {0}, after = {0};
  lnt_status status = LNT_OK;
  if (*e->from->name && strcmp(e->to->name, e->from->name) != 0) {
    e->out->renamed = true;
    status = lnti_ontology_text(&e->to->name, e->to, e->from->name, e->err);
  }
  if (status || !e->from->screen.given || e->out->n_differences) return status;
  status = screen_text(&before, e->to, e->err);
  if (!status) status = screen_text(&after, e->from, e->err);
  e->out->screen = !status && strcmp(before.data, after.data) != 0;
  if (e->out->screen) status = copy_screen(e);
  lnti_text_clear(&after);
  lnti_text_clear(&before);
  return status;
}

lnt_status lnti_ontology_extend(lnti_ontology_extension *out, lnti_ontology *present, const lnti_ontology *document,
                                lnt_error *err) {
  extending e = {.out = out, .to = present, .from = document, .err = err};
  lnt_status status = lnti_alloc(&e.question_of, document->n_questions, sizeof *e.question_of, err);
  if (!status) status = extend_questions(&e, LNTI_NONE, LNTI_NONE);
  if (!status) status = extend_head(&e);
  free(e.question_of);
  return status;
}
