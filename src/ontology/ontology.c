/*
 * Making and freeing an ontology, its ids, and walks over it.
 *
 * All text lives in one arena, so that freeing takes no walk and a field may point to another's text. Walks follow the
 * chains of siblings, since what is added later stands at the end of the arrays but not of the document.
 */
#include <ontology/internal.h>

#include <base/error.h>
#include <stdlib.h>
#include <string.h>

/* Far more text than the caps on counts allow in honest use. */
static const size_t TEXT_BYTES_MAX = (size_t)1 << 30;

const char *lnti_question_type_name(lnti_question_type type) {
  switch (type) {
    case LNTI_RADIO:
      return "radio";
    case LNTI_TREE:
      return "tree";
    case LNTI_NUMBER:
      return "number";
    case LNTI_CHECKLIST:
      return "checklist";
    case LNTI_TEXT:
      return "text";
    case LNTI_RANK:
      return "rank";
  }
  return "unknown";
}

bool lnti_question_type_has_options(lnti_question_type type) {
  return type != LNTI_NUMBER && type != LNTI_TEXT;
}

lnt_status lnti_ontology_new(lnti_ontology **out, const char *name, lnt_error *err) {
  lnti_ontology *ontology = NULL;
  lnt_status status = lnti_alloc_zero(&ontology, 1, sizeof *ontology, err);
  if (status) return status;
  ontology->arena.cap = TEXT_BYTES_MAX;
  ontology->first_question = ontology->last_question = LNTI_NONE;
  status = lnti_index_new(&ontology->index, err);
  if (!status) status = lnti_ontology_text(&ontology->name, ontology, name ? name : "", err);
  if (status) {
    lnti_ontology_free(ontology);
    return status;
  }
  *out = ontology;
  return LNT_OK;
}

void lnti_ontology_free(lnti_ontology *ontology) {
  if (!ontology) return;
  lnti_index_free(ontology->index);
  free(ontology->questions);
  free(ontology->options);
  lnti_arena_clear(&ontology->arena);
  free(ontology);
}

void lnti_ontology_set_question_id(lnti_ontology *ontology, size_t question, int64_t id) {
  lnti_question *q = &ontology->questions[question];
  bool first = q->id == 0; /* room for one entry was reserved when it was added */
  q->id = id;
  if (first && id) lnti_index_add_id(ontology, LNTI_INDEX_QUESTION_ID, question, id);
}

void lnti_ontology_set_option_id(lnti_ontology *ontology, size_t option, int64_t id) {
  lnti_option *o = &ontology->options[option];
  bool first = o->id == 0;
  o->id = id;
  if (first && id) lnti_index_add_id(ontology, LNTI_INDEX_OPTION_ID, option, id);
}

size_t lnti_ontology_question_by_id(const lnti_ontology *ontology, int64_t id) {
  return lnti_index_find_id(ontology, LNTI_INDEX_QUESTION_ID, id);
}

size_t lnti_ontology_option_by_id(const lnti_ontology *ontology, int64_t id) {
  return lnti_index_find_id(ontology, LNTI_INDEX_OPTION_ID, id);
}

size_t lnti_ontology_find_option(const lnti_ontology *ontology, size_t question, size_t parent, const char *text) {
  static const lnti_index_kind roles[] = {LNTI_INDEX_OPTION_KEY, LNTI_INDEX_OPTION_TITLE, LNTI_INDEX_OPTION_ALIAS};
  size_t found = LNTI_NONE;
  for (size_t i = 0; i < sizeof roles / sizeof roles[0] && found == LNTI_NONE; i++) {
    found = lnti_index_find_option(ontology, roles[i], question, parent, text);
  }
  return found;
}

size_t lnti_ontology_find_code(const lnti_ontology *ontology, size_t question, const char *code) {
  return lnti_index_find_option(ontology, LNTI_INDEX_OPTION_CODE, question, LNTI_NONE, code);
}

size_t lnti_ontology_find_titled(const lnti_ontology *ontology, size_t question, size_t parent, const char *title) {
  size_t found = lnti_index_find_option(ontology, LNTI_INDEX_OPTION_TITLE, question, parent, title);
  if (found != LNTI_NONE) return found;
  /* A title that equals its key stands in the index as the key alone. */
  found = lnti_index_find_option(ontology, LNTI_INDEX_OPTION_KEY, question, parent, title);
  if (found != LNTI_NONE && strcmp(ontology->options[found].title, title) == 0) return found;
  return lnti_index_find_option(ontology, LNTI_INDEX_OPTION_ALIAS, question, parent, title);
}

/* The option after `option` in document order among those of its question; subtrees of retired options are skipped. */
static size_t next_in_question(const lnti_ontology *ontology, size_t option) {
  const lnti_option *o = &ontology->options[option];
  if (o->first_child != LNTI_NONE && !o->retired) return o->first_child;
  while (o->next_sibling == LNTI_NONE && o->parent != LNTI_NONE) o = &ontology->options[o->parent];
  return o->next_sibling;
}

lnt_status lnti_ontology_answerable(size_t **out, size_t *n_out, const lnti_ontology *ontology, size_t question,
                                    lnt_error *err) {
  if (question >= ontology->n_questions) {
    return lnti_fail(err, LNT_EINVAL, "no question %zu: there are %zu", question, ontology->n_questions);
  }
  const lnti_question *q = &ontology->questions[question];
  size_t *list = NULL;
  size_t n = 0, capacity = 0;
  lnt_status status = lnti_grow(&list, &capacity, 1, sizeof *list, err);
  if (status) return status;
  for (size_t i = q->first_option; i != LNTI_NONE; i = next_in_question(ontology, i)) {
    const lnti_option *o = &ontology->options[i];
    if (o->retired || (q->leaf_only && o->n_children)) continue;
    status = lnti_grow(&list, &capacity, n + 1, sizeof *list, err);
    if (status) {
      free(list);
      return status;
    }
    list[n++] = i;
  }
  *out = list;
  *n_out = n;
  return LNT_OK;
}
