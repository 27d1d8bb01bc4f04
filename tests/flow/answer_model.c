#include "answer_model.h"

#include <math.h>

bool model_slotted(const lnti_ontology *o, size_t question) {
  return o->questions[question].type == LNTI_CHECKLIST || o->questions[question].type == LNTI_RANK;
}

bool model_is_offered(const lnti_ontology *o, size_t option) {
  for (; option != LNTI_NONE; option = o->options[option].parent) {
    if (o->options[option].retired) return false;
  }
  return true;
}

static const said *whole(const model *m, size_t item, size_t question) {
  return &m->items[item].whole[m->ontology->questions[question].id];
}

bool model_is_asked(const model *m, size_t item, size_t question) {
  const lnti_ontology *o = m->ontology;
  size_t above = o->questions[question].parent_option;
  if (above == LNTI_NONE) return true;
  size_t parent = o->options[above].question;
  if (!model_is_asked(m, item, parent)) return false;
  if (model_slotted(o, parent)) {
    const said *s = &m->items[item].part[o->options[above].id];
    return s->state == LNTI_ANSWERED && s->number >= 1;
  }
  const said *s = whole(m, item, parent);
  if (s->state != LNTI_ANSWERED || s->option == 0) return false;
  for (size_t i = lnti_ontology_option_by_id(o, s->option); i != LNTI_NONE; i = o->options[i].parent) {
    if (i == above) return true;
  }
  return false;
}

static void forget(model *m, size_t item, size_t question) {
  const lnti_ontology *o = m->ontology;
  m->items[item].whole[o->questions[question].id] = (said){0};
  for (size_t i = 0; i < o->n_options; i++) {
    if (o->options[i].question == question) m->items[item].part[o->options[i].id] = (said){0};
  }
}

void model_forget_unasked(model *m, size_t item) {
  for (size_t pass = 0; pass < m->ontology->n_questions; pass++) { /* one may hang on another that comes later */
    for (size_t q = 0; q < m->ontology->n_questions; q++) {
      if (!model_is_asked(m, item, q)) forget(m, item, q);
    }
  }
}

static bool number_fits(const lnti_question *q, double number) {
  double base = isfinite(q->min) ? q->min : 0, steps = (number - base) / q->step;
  return number >= q->min && number <= q->max && (q->step <= 0 || fabs(steps - nearbyint(steps)) <= 1e-6);
}

bool model_allows(const model *m, size_t item, const lnti_answer *a, size_t n) {
  const lnti_ontology *o = m->ontology;
  const lnti_question *q = &o->questions[a->question];
  size_t n_offered = 0;
  for (size_t i = q->first_option; i != LNTI_NONE; i = o->options[i].next_sibling) n_offered += !o->options[i].retired;
  if (a->state == LNTI_CLEARED) return true;
  if (q->level == LNTI_LEVEL_GROUP) return false; /* all items are images */
  if (!model_is_asked(m, item, a->question)) return false;
  if (a->state == LNTI_UNSURE) return true;
  if (a->state == LNTI_NONE_OF_THESE) {
    return q->type != LNTI_NUMBER && q->type != LNTI_TEXT && (q->type != LNTI_CHECKLIST || n_offered > 0);
  }
  for (size_t i = 0; i < n; i++) {
    if (a[i].option != LNTI_NONE && !model_is_offered(o, a[i].option)) return false;
    if (q->type == LNTI_TREE && q->leaf_only && o->options[a[i].option].n_children > 0) return false;
    for (size_t j = 0; j < i; j++) {
      if (a[j].option == a[i].option) return false;
    }
  }
  if (q->type == LNTI_TEXT) {
    size_t characters = 0;
    for (const char *p = a->text; *p; p++) characters += ((unsigned char)*p & 0xc0) != 0x80;
    return characters > 0 && characters <= (q->max_length ? q->max_length : LNTI_ONTOLOGY_TEXT_MAX);
  }
  return q->type != LNTI_NUMBER || number_fits(q, a->number);
}

void model_take(model *m, size_t item, const lnti_answer *a, size_t n) {
  const lnti_ontology *o = m->ontology;
  const lnti_question *q = &o->questions[a->question];
  said *at = &m->items[item].whole[q->id], *part = m->items[item].part;
  if (q->type == LNTI_CHECKLIST && a->option != LNTI_NONE) {
    const int64_t id = o->options[a->option].id;
    part[id] = a->state == LNTI_CLEARED ? (said){0} : (said){LNTI_ANSWERED, id, a->number, NULL};
  } else if (q->type == LNTI_CHECKLIST && a->state == LNTI_NONE_OF_THESE) {
    *at = (said){0};
    for (size_t i = q->first_option; i != LNTI_NONE; i = o->options[i].next_sibling) {
      const int64_t id = o->options[i].id;
      if (!o->options[i].retired) part[id] = (said){LNTI_ANSWERED, id, 0, NULL};
    }
  } else if (q->type == LNTI_CHECKLIST && a->state == LNTI_UNSURE) {
    *at = (said){LNTI_UNSURE, 0, (double)NAN, NULL};
  } else {
    forget(m, item, a->question);
    for (size_t i = 0; i < n && a->state != LNTI_CLEARED; i++) {
      const int64_t id = a[i].option == LNTI_NONE ? 0 : o->options[a[i].option].id;
      said *s = id && model_slotted(o, a->question) ? &part[id] : at;
      *s = (said){(int)a[i].state, id, a[i].number, a[i].text};
    }
  }
  model_forget_unasked(m, item);
}

static bool said_same(const said *a, const said *b) {
  bool same_text = a->text && b->text ? strcmp(a->text, b->text) == 0 : a->text == b->text;
  bool same_number = isnan(a->number) ? isnan(b->number) : a->number == b->number;
  return a->state == b->state && (a->state == 0 || (a->option == b->option && same_number && same_text));
}

bool model_same(const model *a, const model *b) {
  for (size_t item = 0; item < MODEL_ITEMS; item++) {
    for (size_t i = 0; i < MODEL_IDS; i++) {
      if (!said_same(&a->items[item].whole[i], &b->items[item].whole[i])) return false;
      if (!said_same(&a->items[item].part[i], &b->items[item].part[i])) return false;
    }
  }
  return true;
}

/* ---- migrations ---- */

static int64_t new_option(const lnti_ontology *o, int64_t last_option) {
  for (size_t i = 0; i < o->n_options; i++) {
    if (o->options[i].id > last_option) return o->options[i].id;
  }
  fail_msg("a new option is not there");
  return 0;
}

static void say(said *parts, int64_t option, bool yes) {
  parts[option] = (said){LNTI_ANSWERED, option, yes, NULL};
}

/* Of a checklist yes if any is yes, no only if all are no, else unknown. */
static void merge(model *m, size_t item, const model_change *c, bool checklist) {
  said *parts = m->items[item].part, *at = &m->items[item].whole[c->question];
  size_t n_yes = 0, n_no = 0, n = 0;
  for (size_t i = 0; i < c->n_from && !checklist; i++) {
    if (at->state == LNTI_ANSWERED && at->option == c->from[i]) at->option = c->into;
  }
  if (!checklist) return;
  int64_t all[3] = {c->from[0], c->n_from > 1 ? c->from[1] : 0, c->into};
  if (all[1] == all[0] || all[1] == c->into) all[1] = 0;
  if (all[0] == c->into) all[0] = 0;
  if (c->into > c->last_option) all[2] = 0; /* nobody was asked that */
  for (size_t i = 0; i < 3; i++) {
    if (all[i] == 0) continue;
    const said *s = &parts[all[i]];
    n++;
    n_yes += s->state == LNTI_ANSWERED && s->number == 1;
    n_no += s->state == LNTI_ANSWERED && s->number == 0;
    parts[all[i]] = (said){0};
  }
  if (n_yes || n_no == n) say(parts, c->into, n_yes > 0);
}

static void split(model *m, size_t item, const model_change *c, bool checklist) {
  said *parts = m->items[item].part, *at = &m->items[item].whole[c->question];
  const bool found = item < c->n_items;
  if (!checklist) {
    if (found && at->state == LNTI_ANSWERED && at->option == c->from[0]) at->option = c->into;
    return;
  }
  if (parts[c->from[0]].state != LNTI_ANSWERED || parts[c->into].state) return;
  if (parts[c->from[0]].number == 0) {
    say(parts, c->into, false);
  } else if (found) {
    parts[c->from[0]] = (said){0};
    say(parts, c->into, true);
  }
}

static void radio_to_checklist(model *m, size_t item, const model_change *c, const lnti_question *q) {
  said *parts = m->items[item].part, *at = &m->items[item].whole[c->question];
  const said was = *at;
  if (was.state == 0 || was.state == LNTI_UNSURE) return;
  *at = (said){0};
  for (size_t i = q->first_option; i != LNTI_NONE; i = m->ontology->options[i].next_sibling) {
    bool noes = was.state == LNTI_NONE_OF_THESE || c->others_no;
    if (noes && !m->ontology->options[i].retired) say(parts, m->ontology->options[i].id, false);
  }
  if (was.state == LNTI_ANSWERED) say(parts, was.option, true);
}

static void checklist_to_radio(model *m, size_t item, const model_change *c, const lnti_question *q) {
  said *parts = m->items[item].part, *at = &m->items[item].whole[c->question];
  bool all_answered = true, any = false;
  int64_t yes = 0;
  for (size_t i = q->first_option; i != LNTI_NONE; i = m->ontology->options[i].next_sibling) {
    const int64_t id = m->ontology->options[i].id;
    if (parts[id].state == LNTI_ANSWERED && parts[id].number == 1) yes = id;
    if (parts[id].state == 0 && !m->ontology->options[i].retired) all_answered = false;
    any = any || parts[id].state;
    parts[id] = (said){0};
  }
  if (yes) {
    *at = (said){LNTI_ANSWERED, yes, (double)NAN, NULL};
  } else if (any && all_answered && at->state == 0) {
    *at = (said){LNTI_NONE_OF_THESE, 0, (double)NAN, NULL};
  }
}

static void text_to_radio(model *m, size_t item, const model_change *c, const lnti_question *q) {
  said *at = &m->items[item].whole[c->question];
  if (at->state != LNTI_ANSWERED) return;
  for (size_t i = q->first_option; i != LNTI_NONE; i = m->ontology->options[i].next_sibling) {
    if (strcmp(m->ontology->options[i].title, at->text) != 0) continue;
    *at = (said){LNTI_ANSWERED, m->ontology->options[i].id, (double)NAN, NULL};
    return;
  }
  fail_msg("the text \"%s\" became no option", at->text);
}

static void change_type(model *m, size_t item, const model_change *c, const lnti_question *q) {
  if (c->was == c->becomes) return;
  if (c->was == LNTI_TEXT) text_to_radio(m, item, c, q);
  if (c->was == LNTI_CHECKLIST) checklist_to_radio(m, item, c, q);
  if (c->was == LNTI_RADIO && c->becomes == LNTI_CHECKLIST) radio_to_checklist(m, item, c, q);
}

void model_migrate(model *m, model_change change) {
  const lnti_ontology *o = m->ontology;
  if (change.kind == CHANGE_MERGE || change.kind == CHANGE_SPLIT) {
    if (!change.into) change.into = new_option(o, change.last_option);
  }
  size_t at = change.kind == CHANGE_NOTHING ? LNTI_NONE : lnti_ontology_question_by_id(o, change.question);
  const lnti_question *q = at == LNTI_NONE ? NULL : &o->questions[at];
  for (size_t item = 0; item < MODEL_ITEMS; item++) {
    if (change.kind == CHANGE_MERGE) merge(m, item, &change, q->type == LNTI_CHECKLIST);
    if (change.kind == CHANGE_SPLIT) split(m, item, &change, q->type == LNTI_CHECKLIST);
    if (change.kind == CHANGE_TYPE) change_type(m, item, &change, q);
    model_forget_unasked(m, item);
  }
}
