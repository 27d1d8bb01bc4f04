/*
 * What a document may say and yet not mean: two siblings that an imported label would fit, and questions that nobody can
 * answer. Told by `ontology check`; everything is taken as it stands, since an ontology that grew from folders may have
 * both.
 */
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
  for (size_t i = 0; i < p->ontology->n_questions && !p->status; i++) warn_empty(p, i);
  for (size_t i = 0; i < p->ontology->n_options && !p->status; i++) warn_names(p, i);
}
