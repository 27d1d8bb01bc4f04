/*
 * What a document may say and yet not mean: two siblings that an imported label or a filter would fit, questions that nobody
 * can answer, or that are called like a column of the tables. Told by `ontology check`; everything is taken as it stands, since an ontology that grew from folders may have
 * both.
 */
#include <ontology/change.h>
#include <ontology/parse.h>

#include <string.h>

/* "area/exterior/part", the way commands name it: a warning is of a thing rather than of a place in the file. */
static void warn_option(lnti_parser *p, size_t option, const char *what, const char *text, size_t other) {
  lnti_text path = {0};
  const lnti_option *o = &p->ontology->options[option];
  p->status = lnti_ontology_question_path(&path, p->ontology, o->question, p->err);
  if (!p->status) p->status = lnti_text_append(&path, "/", 1, p->err);
  if (!p->status) p->status = lnti_ontology_option_path(&path, p->ontology, option, p->err);
  if (!p->status) {
    lnti_tell_warning(p, path.data, p->option_lines[option],
                      "the %s \"%.80s\" is that of the option \"%.80s\" too (line %zu): an imported label of that name "
                      "becomes the latter",
                      what, text, p->ontology->options[other].key, p->option_lines[other]);
  }
  lnti_text_clear(&path);
}

/* An imported label is looked up by id, then title, then alias: where that finds another option, this one is never met. */
static void warn_names(lnti_parser *p, size_t option) {
  const lnti_option *o = &p->ontology->options[option];
  size_t found = lnti_ontology_find_option(p->ontology, o->question, o->parent, o->title);
  if (found != option && found != LNTI_NONE) warn_option(p, option, "title", o->title, found);
  for (const char *const *alias = o->aliases; alias && *alias && !p->status; alias++) {
    found = lnti_ontology_find_option(p->ontology, o->question, o->parent, *alias);
    if (found != option && found != LNTI_NONE) warn_option(p, option, "alias", *alias, found);
  }
}

static size_t find_name(const lnti_ontology *ontology, const lnti_option *o, const char *name) {
  size_t found = lnti_index_find_option(ontology, LNTI_INDEX_OPTION_KEY, o->question, o->parent, name);
  if (found != LNTI_NONE) return found;
  return lnti_index_find_option(ontology, LNTI_INDEX_OPTION_TITLE, o->question, o->parent, name);
}

/* Import tells upper from lower case, and filters do not. */
static void warn_case(lnti_parser *p, size_t option, const char *what, const char *name) {
  char lower[LNTI_ONTOLOGY_TITLE_MAX + 1];
  const lnti_option *o = &p->ontology->options[option];
  size_t i = 0;
  bool any = false;
  for (; name[i] && i < sizeof lower - 1; i++) {
    const bool upper = name[i] >= 'A' && name[i] <= 'Z';
    lower[i] = upper ? (char)(name[i] - 'A' + 'a') : name[i];
    any = any || upper;
  }
  lower[i] = '\0';
  const size_t other = any ? find_name(p->ontology, o, lower) : LNTI_NONE;
  if (other == LNTI_NONE || other == option) return;
  lnti_text path = {0};
  if (!p->status) p->status = lnti_ontology_place_path(&path, p->ontology, o->question, option, p->err);
  if (!p->status) {
    lnti_tell_warning(p, path.data, p->option_lines[option],
                      "the %s \"%.80s\" differs from the option \"%.80s\" (line %zu) by upper and lower case alone: an "
                      "import keeps them apart, and people will not",
                      what, name, p->ontology->options[other].key, p->option_lines[other]);
  }
  lnti_text_clear(&path);
}

/* What tables of answers call otherwise: there the question is answer.NAME. */
static void warn_column(lnti_parser *p, size_t question) {
  static const char *const columns[] = {"id",     "path",   "uri",        "split",   "stage", "group", "width",
                                        "height", "format", "confidence", "comment", "skip",  NULL};
  const lnti_question *q = &p->ontology->questions[question];
  for (const char *const *name = columns; *name && q->parent_option == LNTI_NONE; name++) {
    if (strcmp(*name, q->key) != 0) continue;
    lnti_tell_warning(
        p, q->key, p->question_lines[question],
        "tables and filters have a column \"%s\" of their own: there the question is \"answer.%s\"; another id "
        "saves that",
        q->key, q->key);
  }
}

static void warn_step(lnti_parser *p, size_t question) {
  const lnti_question *q = &p->ontology->questions[question];
  lnti_text path = {0};
  if (q->type != LNTI_NUMBER || !(q->step > q->max - q->min)) return;
  p->status = lnti_ontology_question_path(&path, p->ontology, question, p->err);
  if (!p->status) {
    lnti_tell_warning(p, path.data, p->question_lines[question],
                      "the step %g is larger than the range %g..%g: there is one answer, or none", q->step, q->min,
                      q->max);
  }
  lnti_text_clear(&path);
}

static void warn_empty(lnti_parser *p, size_t question) {
  const lnti_question *q = &p->ontology->questions[question];
  lnti_text path = {0};
  size_t offered = 0;
  if (!lnti_question_type_has_options(q->type)) return;
  for (size_t i = q->first_option; i != LNTI_NONE; i = p->ontology->options[i].next_sibling) {
    offered += !p->ontology->options[i].retired;
  }
  if (offered > 0) return;
  p->status = lnti_ontology_question_path(&path, p->ontology, question, p->err);
  if (!p->status) {
    lnti_tell_warning(p, path.data, p->question_lines[question],
                      "nobody can answer it: it has no option that is offered%s",
                      q->required ? ", although an answer is required" : "");
  }
  lnti_text_clear(&path);
}

void lnti_warn(lnti_parser *p) {
  for (size_t i = 0; i < p->ontology->n_questions && !p->status; i++) {
    warn_empty(p, i);
    if (!p->status) warn_column(p, i);
    if (!p->status) warn_step(p, i);
  }
  for (size_t i = 0; i < p->ontology->n_options && !p->status; i++) {
    const lnti_option *o = &p->ontology->options[i];
    warn_names(p, i);
    if (!p->status) warn_case(p, i, "id", o->key);
    if (!p->status && strcmp(o->key, o->title) != 0) warn_case(p, i, "title", o->title);
  }
}
