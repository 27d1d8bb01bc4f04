/*
 * Rows of an ontology that is changed. A row that is touched is kept as it was: texts live in the arena and are never
 * written over, so a copy of its struct is enough. Siblings are in the order of their chain; what is stored of that is a
 * position each. A change of order deals out the positions that the siblings have among them, so that all of them stay at or
 * below the highest row id, and what is added later stands behind.
 */
#include <ontology/change_rows.h>

#include <base/error.h>
#include <ontology/internal.h>
#include <stdlib.h>
#include <string.h>

/* ---- touched rows ---- */

static lnt_status note(lnti_touched **out, lnti_ontology_changes *c, lnt_error *err) {
  lnt_status status = lnti_grow(&c->touched, &c->touched_capacity, c->n_touched + 1, sizeof *c->touched, err);
  if (!status) *out = &c->touched[c->n_touched++];
  return status;
}

lnt_status lnti_touch_question(lnti_ontology_changes *c, size_t question, lnt_error *err) {
  lnti_question *q = &c->ontology->questions[question];
  lnti_touched *row = NULL;
  if (q->touched) return LNT_OK;
  lnt_status status = note(&row, c, err);
  if (status) return status;
  *row = (lnti_touched){.is_question = true, .index = question, .question = *q};
  q->touched = true;
  return LNT_OK;
}

lnt_status lnti_touch_option(lnti_ontology_changes *c, size_t option, lnt_error *err) {
  lnti_option *o = &c->ontology->options[option];
  lnti_touched *row = NULL;
  if (o->touched) return LNT_OK;
  lnt_status status = note(&row, c, err);
  if (status) return status;
  *row = (lnti_touched){.index = option, .option = *o};
  o->touched = true;
  return LNT_OK;
}

lnt_status lnti_new_question(size_t *out, lnti_ontology_changes *c, lnti_question_type type, const char *key,
                             const char *title, size_t parent_option, lnt_error *err) {
  lnt_status status = lnti_ontology_add_question(out, c->ontology, type, key, title, parent_option, err);
  if (!status) status = lnti_touch_question(c, *out, err);
  if (status) return status;
  lnti_question *q = &c->ontology->questions[*out];
  c->touched[c->n_touched - 1].added = true;
  q->next_id = q->position = ++c->last_question_id;
  return LNT_OK;
}

lnt_status lnti_new_option(size_t *out, lnti_ontology_changes *c, size_t question, size_t parent, const char *key,
                           const char *title, lnt_error *err) {
  lnt_status status = lnti_ontology_add_option(out, c->ontology, question, parent, key, title, err);
  if (!status) status = lnti_touch_option(c, *out, err);
  if (status) return status;
  lnti_option *o = &c->ontology->options[*out];
  c->touched[c->n_touched - 1].added = true;
  o->next_id = o->position = ++c->last_option_id;
  return LNT_OK;
}

/* ---- names ---- */

static size_t first_option_of(const lnti_ontology *o, size_t question, size_t parent) {
  return parent == LNTI_NONE ? o->questions[question].first_option : o->options[parent].first_child;
}

static size_t first_question_of(const lnti_ontology *o, size_t parent_option) {
  return parent_option == LNTI_NONE ? o->first_question : o->options[parent_option].first_attribute;
}

/* The index has the first sibling of each text. When that is called otherwise, or somewhere else, another may be found by it. */
static void find_again(lnti_ontology *ontology, size_t question, size_t parent, lnti_index_kind kind,
                       const char *text) {
  if (!*text || lnti_index_find_option(ontology, kind, question, parent, text) != LNTI_NONE) return;
  for (size_t i = first_option_of(ontology, question, parent); i != LNTI_NONE; i = ontology->options[i].next_sibling) {
    const lnti_option *o = &ontology->options[i];
    bool called = kind == LNTI_INDEX_OPTION_TITLE && strcmp(o->title, text) == 0;
    for (const char *const *a = o->aliases; kind == LNTI_INDEX_OPTION_ALIAS && a && *a; a++) {
      called = called || strcmp(*a, text) == 0;
    }
    if (!called) continue;
    lnti_index_add_text(ontology, kind, i, text);
    return;
  }
}

/* Puts all that an option is called into the index, where its siblings are others now. */
static lnt_status index_option(lnti_ontology *ontology, size_t option, lnt_error *err) {
  const lnti_option *o = &ontology->options[option];
  size_t n = 3;
  for (const char *const *a = o->aliases; a && *a; a++) n++;
  lnt_status status = lnti_index_reserve(ontology, n, err);
  if (status) return status;
  lnti_index_add_text(ontology, LNTI_INDEX_OPTION_KEY, option, o->key);
  if (strcmp(o->title, o->key) != 0) lnti_index_add_text(ontology, LNTI_INDEX_OPTION_TITLE, option, o->title);
  if (*o->hotkey) lnti_index_add_text(ontology, LNTI_INDEX_OPTION_HOTKEY, option, o->hotkey);
  for (const char *const *a = o->aliases; a && *a; a++) {
    lnti_index_add_text(ontology, LNTI_INDEX_OPTION_ALIAS, option, *a);
  }
  return LNT_OK;
}

/* What an option that is gone from there was called. */
static void find_names_again(lnti_ontology *ontology, const lnti_option *was) {
  find_again(ontology, was->question, was->parent, LNTI_INDEX_OPTION_TITLE, was->title);
  for (const char *const *a = was->aliases; a && *a; a++) {
    find_again(ontology, was->question, was->parent, LNTI_INDEX_OPTION_ALIAS, *a);
  }
}

lnt_status lnti_name_option(lnti_ontology_changes *c, size_t option, const char *key, const char *title,
                            lnt_error *err) {
  lnti_ontology *ontology = c->ontology;
  lnti_option was = ontology->options[option], now = was;
  lnt_status status = lnti_touch_option(c, option, err);
  if (!status && key) status = lnti_ontology_text(&now.key, ontology, key, err);
  if (!status && title) status = lnti_ontology_text(&now.title, ontology, title, err);
  if (status) return status;
  ontology->options[option].key = now.key;
  ontology->options[option].title = now.title;
  status = index_option(ontology, option, err);
  if (!status) find_names_again(ontology, &was);
  return status;
}

lnt_status lnti_name_question(lnti_ontology_changes *c, size_t question, const char *key, const char *title,
                              lnt_error *err) {
  lnti_question now = c->ontology->questions[question];
  lnt_status status = lnti_touch_question(c, question, err);
  if (!status && key) status = lnti_ontology_text(&now.key, c->ontology, key, err);
  if (!status && title) status = lnti_ontology_text(&now.title, c->ontology, title, err);
  if (!status) status = lnti_index_reserve(c->ontology, 1, err);
  if (status) return status;
  c->ontology->questions[question].key = now.key;
  c->ontology->questions[question].title = now.title;
  lnti_index_add_text(c->ontology, LNTI_INDEX_QUESTION_KEY, question, now.key);
  return LNT_OK;
}

static bool is_called(const lnti_option *o, const char *name) {
  if (strcmp(o->title, name) == 0 || strcmp(o->key, name) == 0) return true;
  for (const char *const *a = o->aliases; a && *a; a++) {
    if (strcmp(*a, name) == 0) return true;
  }
  return false;
}

lnt_status lnti_add_aliases(lnti_ontology_changes *c, size_t option, const char *const *aliases, size_t n,
                            lnt_error *err) {
  const lnti_option *o = &c->ontology->options[option];
  const char **list = NULL;
  size_t n_list = 0, n_own = 0;
  while (o->aliases && o->aliases[n_own]) n_own++;
  lnt_status status = lnti_alloc(&list, n_own + n + 1, sizeof *list, err);
  if (status) return status;
  for (size_t i = 0; i < n_own; i++) {
    /* An alias that is the title now says nothing. */
    if (strcmp(o->aliases[i], o->title) != 0 && strcmp(o->aliases[i], o->key) != 0) list[n_list++] = o->aliases[i];
  }
  for (size_t i = 0; i < n; i++) {
    bool listed = is_called(o, aliases[i]);
    for (size_t j = 0; j < n_list; j++) listed = listed || strcmp(list[j], aliases[i]) == 0;
    if (!listed) list[n_list++] = aliases[i];
  }
  list[n_list] = NULL;
  status = lnti_touch_option(c, option, err);
  if (!status) status = lnti_ontology_set_option_words(c->ontology, option, NULL, list, NULL, err);
  free(list);
  return status;
}

/* ---- order ---- */

static int by_value(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

/* Deals the siblings' positions out anew, rising along the chain. */
static lnt_status deal_options(lnti_ontology_changes *c, size_t first, lnt_error *err) {
  lnti_option *options = c->ontology->options;
  int64_t *positions = NULL;
  size_t n = 0, capacity = 0;
  bool rising = true;
  lnt_status status = LNT_OK;
  for (size_t i = first; i != LNTI_NONE && !status; i = options[i].next_sibling) {
    status = lnti_grow(&positions, &capacity, n + 1, sizeof *positions, err);
    if (status) break;
    positions[n++] = options[i].position;
    rising = rising && (n == 1 || positions[n - 2] < positions[n - 1]);
  }
  if (!rising && !status) qsort(positions, n, sizeof *positions, by_value);
  n = 0;
  for (size_t i = first; i != LNTI_NONE && !status && !rising; i = options[i].next_sibling, n++) {
    if (options[i].position == positions[n]) continue;
    status = lnti_touch_option(c, i, err);
    if (!status) options[i].position = positions[n];
  }
  free(positions);
  return status;
}

static lnt_status deal_questions(lnti_ontology_changes *c, size_t first, lnt_error *err) {
  lnti_question *questions = c->ontology->questions;
  int64_t *positions = NULL;
  size_t n = 0, capacity = 0;
  lnt_status status = LNT_OK;
  for (size_t i = first; i != LNTI_NONE && !status; i = questions[i].next_sibling) {
    status = lnti_grow(&positions, &capacity, n + 1, sizeof *positions, err);
    if (!status) positions[n++] = questions[i].position;
  }
  if (n > 1) qsort(positions, n, sizeof *positions, by_value);
  n = 0;
  for (size_t i = first; i != LNTI_NONE && !status; i = questions[i].next_sibling, n++) {
    if (questions[i].position == positions[n]) continue;
    status = lnti_touch_question(c, i, err);
    if (!status) questions[i].position = positions[n];
  }
  free(positions);
  return status;
}

/* ---- chains ---- */

static void unlink_option(lnti_ontology *ontology, size_t option) {
  lnti_option *o = &ontology->options[option];
  lnti_question *q = &ontology->questions[o->question];
  lnti_option *above = o->parent == LNTI_NONE ? NULL : &ontology->options[o->parent];
  size_t *first = above ? &above->first_child : &q->first_option, before = LNTI_NONE;
  for (size_t i = *first; i != option; i = ontology->options[i].next_sibling) before = i;
  if (before == LNTI_NONE) {
    *first = o->next_sibling;
  } else {
    ontology->options[before].next_sibling = o->next_sibling;
  }
  if (o->next_sibling == LNTI_NONE) *(above ? &above->last_child : &q->last_option) = before;
  (*(above ? &above->n_children : &q->n_options))--;
  o->next_sibling = LNTI_NONE;
}

static void link_option(lnti_ontology *ontology, size_t option, const lnti_among *among) {
  lnti_option *o = &ontology->options[option];
  lnti_question *q = &ontology->questions[o->question];
  lnti_option *above = o->parent == LNTI_NONE ? NULL : &ontology->options[o->parent];
  size_t *first = above ? &above->first_child : &q->first_option, *last = above ? &above->last_child : &q->last_option;
  size_t next = among->first ? *first : among->before, before = LNTI_NONE;
  for (size_t i = *first; i != next && i != LNTI_NONE; i = ontology->options[i].next_sibling) before = i;
  if (next == LNTI_NONE) before = *last;
  o->next_sibling = next;
  if (before == LNTI_NONE) {
    *first = option;
  } else {
    ontology->options[before].next_sibling = option;
  }
  if (next == LNTI_NONE) *last = option;
  (*(above ? &above->n_children : &q->n_options))++;
}

static void unlink_question(lnti_ontology *ontology, size_t question) {
  lnti_question *q = &ontology->questions[question];
  lnti_option *above = q->parent_option == LNTI_NONE ? NULL : &ontology->options[q->parent_option];
  size_t *first = above ? &above->first_attribute : &ontology->first_question, before = LNTI_NONE;
  for (size_t i = *first; i != question; i = ontology->questions[i].next_sibling) before = i;
  if (before == LNTI_NONE) {
    *first = q->next_sibling;
  } else {
    ontology->questions[before].next_sibling = q->next_sibling;
  }
  if (q->next_sibling == LNTI_NONE) *(above ? &above->last_attribute : &ontology->last_question) = before;
  q->next_sibling = LNTI_NONE;
}

static void link_question(lnti_ontology *ontology, size_t question, const lnti_among *among) {
  lnti_question *q = &ontology->questions[question];
  lnti_option *above = q->parent_option == LNTI_NONE ? NULL : &ontology->options[q->parent_option];
  size_t *first = above ? &above->first_attribute : &ontology->first_question;
  size_t *last = above ? &above->last_attribute : &ontology->last_question;
  size_t next = among->first ? *first : among->before, before = LNTI_NONE;
  for (size_t i = *first; i != next && i != LNTI_NONE; i = ontology->questions[i].next_sibling) before = i;
  if (next == LNTI_NONE) before = *last;
  q->next_sibling = next;
  if (before == LNTI_NONE) {
    *first = question;
  } else {
    ontology->questions[before].next_sibling = question;
  }
  if (next == LNTI_NONE) *last = question;
}

/* ---- the label screen, which shows questions at the top ---- */

static lnt_status leave_screen(lnti_ontology *ontology, size_t question, lnt_error *err) {
  const lnti_screen *was = &ontology->screen;
  lnti_screen_section *sections = NULL;
  size_t n_sections = 0;
  bool shown = false;
  for (size_t s = 0; s < was->n_sections; s++) {
    for (size_t i = 0; i < was->sections[s].n_questions; i++)
      shown = shown || was->sections[s].questions[i] == question;
  }
  if (!shown) return LNT_OK;
  lnt_status status = lnti_arena_alloc(&sections, &ontology->arena, was->n_sections, sizeof *sections, err);
  for (size_t s = 0; s < was->n_sections && !status; s++) {
    const lnti_screen_section *from = &was->sections[s];
    lnti_screen_section to = *from;
    size_t *questions = NULL;
    status = lnti_arena_alloc(&questions, &ontology->arena, from->n_questions + 1, sizeof *questions, err);
    to.questions = questions;
    to.n_questions = 0;
    for (size_t i = 0; i < from->n_questions && !status; i++) {
      if (from->questions[i] != question) questions[to.n_questions++] = from->questions[i];
    }
    if (to.n_questions) sections[n_sections++] = to;
  }
  if (status) return status;
  ontology->screen.sections = sections;
  ontology->screen.n_sections = n_sections;
  return LNT_OK;
}

/* ---- depth ---- */

static lnt_status set_question_depth(lnti_ontology *ontology, size_t question, unsigned depth, lnt_error *err);

/* @param below  depth of the question, and of the option in its tree */
static lnt_status set_option_depth(lnti_ontology *ontology, size_t option, unsigned depth, lnt_error *err) {
  lnti_option *o = &ontology->options[option];
  unsigned full = ontology->questions[o->question].depth + 1 + depth;
  lnt_status status = LNT_OK;
  if (full >= LNTI_ONTOLOGY_DEPTH_MAX - 1) {
    return lnti_fail(err, LNT_ELIMIT, "questions and options would be nested more than %d deep",
                     LNTI_ONTOLOGY_DEPTH_MAX - 1);
  }
  o->depth = depth;
  for (size_t q = o->first_attribute; q != LNTI_NONE && !status; q = ontology->questions[q].next_sibling) {
    status = set_question_depth(ontology, q, full + 1, err);
  }
  for (size_t i = o->first_child; i != LNTI_NONE && !status; i = ontology->options[i].next_sibling) {
    status = set_option_depth(ontology, i, depth + 1, err);
  }
  return status;
}

static lnt_status set_question_depth(lnti_ontology *ontology, size_t question, unsigned depth, lnt_error *err) {
  lnt_status status = LNT_OK;
  if (depth >= LNTI_ONTOLOGY_DEPTH_MAX - 1) {
    return lnti_fail(err, LNT_ELIMIT, "questions and options would be nested more than %d deep",
                     LNTI_ONTOLOGY_DEPTH_MAX - 1);
  }
  ontology->questions[question].depth = depth;
  for (size_t i = ontology->questions[question].first_option; i != LNTI_NONE && !status;
       i = ontology->options[i].next_sibling) {
    status = set_option_depth(ontology, i, 0, err);
  }
  return status;
}

/* ---- moving ---- */

lnt_status lnti_hang_option(lnti_ontology_changes *c, size_t option, size_t parent, const lnti_among *among,
                            lnt_error *err) {
  lnti_ontology *ontology = c->ontology;
  lnti_option was = ontology->options[option];
  lnt_status status = lnti_touch_option(c, option, err);
  if (status) return status;
  unlink_option(ontology, option);
  ontology->options[option].parent = parent;
  link_option(ontology, option, among);
  status = deal_options(c, first_option_of(ontology, was.question, parent), err);
  if (status || was.parent == parent) return status;
  find_names_again(ontology, &was);
  status = index_option(ontology, option, err);
  if (!status) {
    status = set_option_depth(ontology, option, parent == LNTI_NONE ? 0 : ontology->options[parent].depth + 1, err);
  }
  return status;
}

static unsigned depth_below(const lnti_ontology *ontology, size_t parent_option) {
  if (parent_option == LNTI_NONE) return 0;
  const lnti_option *above = &ontology->options[parent_option];
  return ontology->questions[above->question].depth + 1 + above->depth + 1;
}

lnt_status lnti_hang_question(lnti_ontology_changes *c, size_t question, size_t parent_option, const lnti_among *among,
                              lnt_error *err) {
  lnti_ontology *ontology = c->ontology;
  size_t was = ontology->questions[question].parent_option;
  lnt_status status = lnti_touch_question(c, question, err);
  if (!status) status = lnti_index_reserve(ontology, 1, err);
  if (!status && was == LNTI_NONE && parent_option != LNTI_NONE) status = leave_screen(ontology, question, err);
  if (status) return status;
  unlink_question(ontology, question);
  ontology->questions[question].parent_option = parent_option;
  link_question(ontology, question, among);
  status = deal_questions(c, first_question_of(ontology, parent_option), err);
  if (status || was == parent_option) return status;
  lnti_index_add_text(ontology, LNTI_INDEX_QUESTION_KEY, question, ontology->questions[question].key);
  return set_question_depth(ontology, question, depth_below(ontology, parent_option), err);
}

/* ---- dropping ---- */

static lnt_status drop_below(lnti_ontology_changes *c, size_t option, lnt_error *err);

static lnt_status drop_in(lnti_ontology_changes *c, size_t question, lnt_error *err) {
  lnt_status status = lnti_touch_question(c, question, err);
  if (!status) c->ontology->questions[question].gone = true;
  for (size_t i = c->ontology->questions[question].first_option; i != LNTI_NONE && !status;
       i = c->ontology->options[i].next_sibling) {
    status = drop_below(c, i, err);
  }
  return status;
}

static lnt_status drop_below(lnti_ontology_changes *c, size_t option, lnt_error *err) {
  lnt_status status = lnti_touch_option(c, option, err);
  if (status) return status;
  lnti_option *o = &c->ontology->options[option];
  o->gone = true;
  for (size_t q = o->first_attribute; q != LNTI_NONE && !status; q = c->ontology->questions[q].next_sibling) {
    status = drop_in(c, q, err);
  }
  for (size_t i = o->first_child; i != LNTI_NONE && !status; i = c->ontology->options[i].next_sibling) {
    status = drop_below(c, i, err);
  }
  return status;
}

lnt_status lnti_drop_option(lnti_ontology_changes *c, size_t option, lnt_error *err) {
  const lnti_option was = c->ontology->options[option];
  lnt_status status = drop_below(c, option, err);
  if (status) return status;
  unlink_option(c->ontology, option);
  find_names_again(c->ontology, &was);
  return LNT_OK;
}

lnt_status lnti_drop_question(lnti_ontology_changes *c, size_t question, lnt_error *err) {
  lnt_status status = drop_in(c, question, err);
  if (!status) status = leave_screen(c->ontology, question, err);
  if (!status) unlink_question(c->ontology, question);
  return status;
}

bool lnti_hangs_on(const lnti_ontology *ontology, size_t option, size_t above) {
  while (option != LNTI_NONE) {
    if (option == above) return true;
    const lnti_option *o = &ontology->options[option];
    option = o->parent != LNTI_NONE ? o->parent : ontology->questions[o->question].parent_option;
  }
  return false;
}
