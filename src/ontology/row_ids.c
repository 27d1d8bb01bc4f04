/*
 * The row ids of all questions and options as one list in document order, beside the JSON of the ontology, which has none: so
 * that answers that were kept by these ids can still be read when the store's ontology is another.
 */
#include <ontology/ontology.h>

#include <base/error.h>

typedef struct walk {
  lnti_ontology *ontology;     /* read into; NULL: written */
  const lnti_ontology *source; /* the same, or what is written */
  lnti_json_writer *w;
  const lnti_json_value *next; /* the id to come; NULL: none is left */
  bool ok;
} walk;

static int64_t next_id(walk *k) {
  const lnti_json_value *v = k->next;
  int64_t id = v && v->type == LNTI_JSON_TYPE_NUMBER && v->number >= 1 && v->number < 9e15 ? (int64_t)v->number : 0;
  k->ok = k->ok && id > 0;
  k->next = v ? v->next : NULL;
  return id;
}

static void walk_questions(walk *k, size_t first);

static void walk_options(walk *k, size_t first) {
  for (size_t i = first; i != LNTI_NONE && k->ok; i = k->source->options[i].next_sibling) {
    if (k->w) lnti_json_int(k->w, k->source->options[i].id);
    int64_t id = k->ontology ? next_id(k) : 0;
    if (id) lnti_ontology_set_option_id(k->ontology, i, id);
    walk_questions(k, k->source->options[i].first_attribute);
    walk_options(k, k->source->options[i].first_child);
  }
}

/* As deep as the ontology, which has a cap. */
static void walk_questions(walk *k, size_t first) {
  for (size_t i = first; i != LNTI_NONE && k->ok; i = k->source->questions[i].next_sibling) {
    if (k->w) lnti_json_int(k->w, k->source->questions[i].id);
    int64_t id = k->ontology ? next_id(k) : 0;
    if (id) lnti_ontology_set_question_id(k->ontology, i, id);
    walk_options(k, k->source->questions[i].first_option);
  }
}

void lnti_ontology_write_row_ids(lnti_json_writer *w, const lnti_ontology *ontology) {
  walk k = {.source = ontology, .w = w, .ok = true};
  lnti_json_begin_array(w);
  walk_questions(&k, ontology->first_question);
  lnti_json_end_array(w);
}

lnt_status lnti_ontology_read_row_ids(lnti_ontology *ontology, const lnti_json_value *ids, lnt_error *err) {
  walk k = {.ontology = ontology, .source = ontology, .ok = ids && ids->type == LNTI_JSON_TYPE_ARRAY};
  if (k.ok) k.next = ids->first;
  walk_questions(&k, ontology->first_question);
  if (k.ok && !k.next) return LNT_OK;
  return lnti_fail(err, LNT_ECORRUPT, "the list of an ontology's row ids does not fit the ontology");
}
