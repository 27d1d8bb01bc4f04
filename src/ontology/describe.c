/*
 * The ontology as an indented tree for people: a line each, key first since that is what commands take, then the title
 * where it says more.
 */
#include <ontology/ontology.h>

#include <math.h>
#include <string.h>

typedef struct telling {
  lnti_text *out;
  const lnti_ontology *ontology;
  size_t options_max;
  unsigned depth_max; /* 0: any */
  bool full;          /* descriptions, aliases and examples too */
  lnt_error *err;
} telling;

enum { INDENT = 2 };

static lnt_status tell_questions(const telling *t, size_t first, int indent);

/* What stands there is too deep to be shown. */
static bool too_deep(const telling *t, int indent) {
  return t->depth_max && (unsigned)indent >= t->depth_max * INDENT;
}

static lnt_status tell_text(const telling *t, const char *text) {
  return lnti_text_append(t->out, text, strlen(text), t->err);
}

/* Without printf, as in tell_options: a tree may have tens of thousands of lines. */
static lnt_status tell_names(const telling *t, int indent, const char *key, const char *title) {
  lnt_status status = LNT_OK;
  for (int i = 0; i < indent && !status; i += INDENT) status = lnti_text_append(t->out, "  ", INDENT, t->err);
  if (!status) status = tell_text(t, key);
  if (status || strcmp(key, title) == 0) return status;
  status = tell_text(t, "  \"");
  if (!status) status = tell_text(t, title);
  return status ? status : tell_text(t, "\"");
}

static lnt_status tell_line(const telling *t, int indent, const char *what, const char *text) {
  return *text ? lnti_text_printf(t->out, t->err, "%*s%s%s\n", indent, "", what, text) : LNT_OK;
}

static lnt_status tell_list(const telling *t, int indent, const char *what, const char *const *list) {
  lnt_status status = LNT_OK;
  if (!list || !*list) return LNT_OK;
  status = lnti_text_printf(t->out, t->err, "%*s%s", indent, "", what);
  for (size_t i = 0; list[i] && !status; i++) {
    status = lnti_text_printf(t->out, t->err, "%s\"%s\"", i ? ", " : "", list[i]);
  }
  return status ? status : tell_text(t, "\n");
}

static lnt_status tell_words(const telling *t, const lnti_option *o, int indent) {
  if (!t->full) return LNT_OK;
  lnt_status status = tell_line(t, indent, "| ", o->description);
  if (!status) status = tell_list(t, indent, "| also called ", o->aliases);
  return status ? status : tell_list(t, indent, "| for example ", o->examples);
}

static lnt_status tell_options(const telling *t, size_t first, int indent) {
  size_t shown = 0, left_out = 0;
  lnt_status status = LNT_OK;
  if (first == LNTI_NONE) return LNT_OK;
  if (too_deep(t, indent)) return lnti_text_printf(t->out, t->err, "%*s...\n", indent, "");
  for (size_t i = first; i != LNTI_NONE && !status; i = t->ontology->options[i].next_sibling) {
    const lnti_option *o = &t->ontology->options[i];
    if (t->options_max && shown >= t->options_max) {
      left_out++;
      continue;
    }
    shown++;
    status = tell_names(t, indent, o->key, o->title);
    if (!status && *o->code) status = lnti_text_printf(t->out, t->err, "  <%s>", o->code);
    if (!status && *o->hotkey) status = lnti_text_printf(t->out, t->err, "  [%s]", o->hotkey);
    if (!status) status = tell_text(t, o->retired ? "  (retired)\n" : "\n");
    if (!status) status = tell_words(t, o, indent + INDENT);
    if (!status) status = tell_questions(t, o->first_attribute, indent + INDENT);
    if (!status) status = tell_options(t, o->first_child, indent + INDENT);
  }
  if (!status && left_out) status = lnti_text_printf(t->out, t->err, "%*s... and %zu more\n", indent, "", left_out);
  return status;
}

static lnt_status tell_number(const telling *t, const lnti_question *q) {
  lnt_status status = LNT_OK;
  if (isfinite(q->min)) status = lnti_text_printf(t->out, t->err, ", from %g", q->min);
  if (!status && isfinite(q->max)) status = lnti_text_printf(t->out, t->err, ", to %g", q->max);
  if (!status && q->step > 0) status = lnti_text_printf(t->out, t->err, ", in steps of %g", q->step);
  if (!status && *q->unit) status = lnti_text_printf(t->out, t->err, ", in %s", q->unit);
  return status;
}

static lnt_status tell_question(const telling *t, size_t question, int indent) {
  static const char *const levels[] = {"", "", ", of frames", ", of groups"}; /* by lnti_level */
  const lnti_question *q = &t->ontology->questions[question];
  lnt_status status = tell_names(t, indent, q->key, q->title);
  if (!status) {
    status = lnti_text_printf(t->out, t->err, ": %s%s%s%s", lnti_question_type_name(q->type), levels[q->level],
                              q->required ? ", required" : "", q->leaf_only ? ", leaves only" : "");
  }
  if (!status && q->type == LNTI_NUMBER) status = tell_number(t, q);
  if (!status && q->max_length) status = lnti_text_printf(t->out, t->err, ", at most %zu characters", q->max_length);
  if (!status) status = lnti_text_append(t->out, "\n", 1, t->err);
  if (!status && t->full) status = tell_line(t, indent + INDENT, "| ", q->description);
  return status ? status : tell_options(t, q->first_option, indent + INDENT);
}

static lnt_status tell_questions(const telling *t, size_t first, int indent) {
  lnt_status status = LNT_OK;
  if (first != LNTI_NONE && too_deep(t, indent)) return lnti_text_printf(t->out, t->err, "%*s...\n", indent, "");
  for (size_t i = first; i != LNTI_NONE && !status; i = t->ontology->questions[i].next_sibling) {
    status = tell_question(t, i, indent);
  }
  return status;
}

lnt_status lnti_ontology_describe(lnti_text *out, const lnti_ontology *ontology, size_t options_max, lnt_error *err) {
  return lnti_ontology_describe_part(out, ontology, LNTI_NONE, options_max, 0, false, err);
}

lnt_status lnti_ontology_describe_part(lnti_text *out, const lnti_ontology *ontology, size_t question,
                                       size_t options_max, unsigned depth_max, bool full, lnt_error *err) {
  telling t = {out, ontology, options_max, depth_max, full, err};
  if (question != LNTI_NONE) return tell_question(&t, question, 0);
  lnt_status status = lnti_text_printf(out, err, "%s (version %lld)\n", *ontology->name ? ontology->name : "Ontology",
                                       (long long)ontology->version);
  if (!status && !ontology->n_questions) status = lnti_text_printf(out, err, "no questions yet\n");
  if (!status) status = tell_questions(&t, ontology->first_question, 0);
  return status;
}
