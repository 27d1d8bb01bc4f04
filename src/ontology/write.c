/*
 * The ontology as JSON: what equals its default is left out, so that files stay short and reading what was written
 * gives the same ontology. Recursion is at most LNTI_ONTOLOGY_DEPTH_MAX deep.
 */
#include <ontology/ontology.h>

#include <math.h>
#include <string.h>

static void write_text(lnti_json_writer *w, const char *key, const char *text) {
  if (*text) lnti_json_kv_string(w, key, text);
}

static void write_list(lnti_json_writer *w, const char *key, const char *const *list) {
  if (!list) return;
  lnti_json_key(w, key);
  lnti_json_begin_array(w);
  for (; *list; list++) lnti_json_string(w, *list);
  lnti_json_end_array(w);
}

static void write_questions(lnti_json_writer *w, const char *key, const lnti_ontology *ontology, size_t first) {
  lnti_json_key(w, key);
  lnti_json_begin_array(w);
  for (size_t i = first; i != LNTI_NONE; i = ontology->questions[i].next_sibling)
    lnti_ontology_write_question(w, ontology, i);
  lnti_json_end_array(w);
}

static void write_options(lnti_json_writer *w, const lnti_ontology *ontology, size_t first) {
  lnti_json_key(w, "options");
  lnti_json_begin_array(w);
  for (size_t i = first; i != LNTI_NONE; i = ontology->options[i].next_sibling) {
    const lnti_option *o = &ontology->options[i];
    lnti_json_begin_object(w);
    lnti_json_kv_string(w, "id", o->key);
    if (strcmp(o->title, o->key) != 0) lnti_json_kv_string(w, "title", o->title);
    write_text(w, "description", o->description);
    write_text(w, "code", o->code);
    write_text(w, "key", o->hotkey);
    write_text(w, "color", o->color);
    write_list(w, "aliases", o->aliases);
    write_list(w, "examples", o->examples);
    if (o->retired) lnti_json_kv_bool(w, "retired", true);
    if (o->first_attribute != LNTI_NONE) write_questions(w, "attributes", ontology, o->first_attribute);
    if (o->first_child != LNTI_NONE) write_options(w, ontology, o->first_child);
    lnti_json_end_object(w);
  }
  lnti_json_end_array(w);
}

static void write_level(lnti_json_writer *w, const lnti_ontology *ontology, const lnti_question *q) {
  static const char *const names[] = {"", "item", "frame", "group"};
  lnti_level inherited = LNTI_LEVEL_ITEM;
  if (q->parent_option != LNTI_NONE) {
    inherited = ontology->questions[ontology->options[q->parent_option].question].level;
  }
  if (q->level != inherited) lnti_json_kv_string(w, "level", names[q->level]);
}

void lnti_ontology_write_question(lnti_json_writer *w, const lnti_ontology *ontology, size_t question) {
  const lnti_question *q = &ontology->questions[question];
  lnti_json_begin_object(w);
  lnti_json_kv_string(w, "id", q->key);
  if (strcmp(q->title, q->key) != 0) lnti_json_kv_string(w, "title", q->title);
  write_text(w, "description", q->description);
  lnti_json_kv_string(w, "type", lnti_question_type_name(q->type));
  write_level(w, ontology, q);
  if (q->required) lnti_json_kv_bool(w, "required", true);
  if (q->type == LNTI_NUMBER) {
    if (isfinite(q->min)) lnti_json_kv_real(w, "min", q->min);
    if (isfinite(q->max)) lnti_json_kv_real(w, "max", q->max);
    if (q->step > 0) lnti_json_kv_real(w, "step", q->step);
    write_text(w, "unit", q->unit);
  } else if (q->type == LNTI_TEXT) {
    if (q->max_length) lnti_json_kv_int(w, "max_length", (int64_t)q->max_length);
  } else {
    if (q->leaf_only) lnti_json_kv_bool(w, "leaf_only", true);
    write_options(w, ontology, q->first_option);
  }
  lnti_json_end_object(w);
}

void lnti_ontology_write(lnti_json_writer *w, const lnti_ontology *ontology) {
  lnti_json_begin_object(w);
  lnti_json_kv_string(w, "name", ontology->name);
  lnti_json_kv_int(w, "version", ontology->version);
  write_questions(w, "classifications", ontology, ontology->first_question);
  if (ontology->screen.given) {
    lnti_json_key(w, "screen");
    lnti_screen_write(w, ontology, NULL);
  }
  lnti_json_end_object(w);
}
