/*
 * The verbs of a migration: what each takes, when it is refused, and what it does to the rows. What becomes of answers is said
 * as a step (change_said.c).
 */
#include <ontology/change.h>

#include <base/error.h>
#include <math.h>
#include <ontology/change_rows.h>
#include <ontology/internal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* One change, and the place that it names. */
typedef struct verb_call {
  lnti_ontology_changes *c;
  lnti_ontology *ontology;
  const lnti_json_value *json;
  size_t question, option; /* of "what"; option LNTI_NONE: the question */
  lnt_error *err;
} verb_call;

void lnti_ontology_changes_clear(lnti_ontology_changes *changes) {
  free(changes->steps);
  free(changes->touched);
  *changes = (lnti_ontology_changes){0};
}

static lnti_option *option_of(const verb_call *v) {
  return &v->ontology->options[v->option];
}

static lnti_question *question_of(const verb_call *v) {
  return &v->ontology->questions[v->question];
}

/* ---- values of a change ---- */

static lnt_status get_text(const char **out, const verb_call *v, const char *key) {
  return lnti_json_get_string(out, v->json, key, NULL, v->err);
}

static bool has(const verb_call *v, const char *key) {
  return lnti_json_get(v->json, key) != NULL;
}

/* The option that a key of the change names, which must be one of the question of "what". */
static lnt_status get_option(size_t *out, const verb_call *v, const char *key, const char *path) {
  size_t question = LNTI_NONE;
  lnt_status status = lnti_ontology_find_place(&question, out, v->ontology, path, v->err);
  if (status) return status;
  if (*out == LNTI_NONE) {
    return lnti_fail(v->err, LNT_EINVAL, "\"%s\": \"%.200s\" is a question, where an option is asked for", key, path);
  }
  if (question != v->question) {
    return lnti_fail(v->err, LNT_EINVAL, "\"%s\": \"%.200s\" is an option of another question than \"%s\"", key, path,
                     question_of(v)->key);
  }
  return LNT_OK;
}

static lnt_status need_option(const verb_call *v, const char *verb) {
  if (v->option != LNTI_NONE) return LNT_OK;
  return lnti_fail(v->err, LNT_EINVAL, "\"%s\" is a question: only options can be %s", question_of(v)->key, verb);
}

static lnt_status add_step(const verb_call *v, lnti_answer_step step) {
  lnti_ontology_changes *c = v->c;
  lnt_status status = lnti_grow(&c->steps, &c->step_capacity, c->n_steps + 1, sizeof *c->steps, v->err);
  if (status) return status;
  step.change = c->change;
  step.question = v->question;
  step.type = question_of(v)->type;
  c->steps[c->n_steps++] = step;
  c->looks_at_answers = true;
  return LNT_OK;
}

/* ---- rename ---- */

static lnt_status check_new_title(const verb_call *v, const char *title) {
  lnt_status status = lnti_ontology_check_title(title, v->err);
  if (status || v->option == LNTI_NONE) return status;
  size_t other = lnti_ontology_find_titled(v->ontology, v->question, option_of(v)->parent, title);
  if (other == LNTI_NONE || other == v->option || strcmp(v->ontology->options[other].title, title) != 0) return LNT_OK;
  return lnti_fail(v->err, LNT_EEXISTS,
                   "the option \"%s\" has the title \"%.200s\" already: to make one of both, merge them",
                   v->ontology->options[other].key, title);
}

static lnt_status check_new_key(const verb_call *v, const char *key) {
  if (v->option != LNTI_NONE) {
    if (strcmp(key, option_of(v)->key) == 0) return LNT_OK;
    return lnti_ontology_check_key(v->ontology, v->question, option_of(v)->parent, key, v->err);
  }
  if (strcmp(key, question_of(v)->key) == 0) return LNT_OK;
  return lnti_ontology_check_key(v->ontology, LNTI_NONE, question_of(v)->parent_option, key, v->err);
}

static lnt_status do_rename(verb_call *v) {
  const char *title = NULL, *key = NULL, *old[2];
  lnt_status status = get_text(&title, v, "title");
  if (!status) status = get_text(&key, v, "id");
  if (!status && !title && !key) status = lnti_fail(v->err, LNT_EINVAL, "rename: give a \"title\" or an \"id\"");
  if (!status && title) status = check_new_title(v, title);
  if (!status && key) status = check_new_key(v, key);
  if (status) return status;
  if (v->option == LNTI_NONE) return lnti_name_question(v->c, v->question, key, title, v->err);
  old[0] = option_of(v)->title;
  old[1] = option_of(v)->key;
  status = lnti_name_option(v->c, v->option, key, title, v->err);
  /* The old title and the old id still find it: in files of labels, and in models that learned them. */
  return status ? status : lnti_add_aliases(v->c, v->option, old, 2, v->err);
}

/* ---- merge ---- */

/* "a/b, a/c": the options of "what"; free() *out. */
static lnt_status get_options(size_t **out, size_t *n_out, verb_call *v) {
  const lnti_json_value *what = lnti_json_get(v->json, "what");
  size_t *list = NULL, n = 0, capacity = 0;
  lnt_status status = LNT_OK;
  for (const lnti_json_value *one = what->first; one && !status; one = one->next) {
    size_t option = LNTI_NONE, question = LNTI_NONE;
    if (one->type != LNTI_JSON_TYPE_STRING) {
      status = lnti_fail(v->err, LNT_EDATA, "line %u: \"what\" holds something else than paths", one->line);
    }
    if (!status) status = lnti_ontology_find_place(&question, &option, v->ontology, one->text, v->err);
    if (!status && option == LNTI_NONE) {
      status = lnti_fail(v->err, LNT_EINVAL, "\"%.200s\" is a question: only options can be merged", one->text);
    }
    if (!status && n && question != v->question) {
      status = lnti_fail(v->err, LNT_EINVAL, "\"%.200s\" is an option of another question than the first", one->text);
    }
    if (!status) status = lnti_grow(&list, &capacity, n + 1, sizeof *list, v->err);
    if (status) break;
    v->question = question;
    list[n++] = option;
  }
  if (!status && n == 0) status = lnti_fail(v->err, LNT_EINVAL, "merge: \"what\" names no options");
  if (status) {
    free(list);
    return status;
  }
  *out = list;
  *n_out = n;
  return LNT_OK;
}

/* What is merged into: an option that there is, or a new one beside the first. */
static lnt_status find_into(size_t *out, bool *new_out, verb_call *v, size_t first) {
  const char *into = NULL, *title = NULL, *key = NULL;
  lnt_status status = get_text(&into, v, "into");
  if (!status) status = get_text(&title, v, "title");
  if (!status) status = get_text(&key, v, "id");
  if (status) return status;
  if (into && (title || key)) {
    return lnti_fail(v->err, LNT_EINVAL,
                     "merge: \"into\" names an option that there is, \"title\" or \"id\" a new one");
  }
  if (into) return get_option(out, v, "into", into);
  if (!title && !key) {
    return lnti_fail(v->err, LNT_EINVAL, "merge: say \"into\" which option, or give the \"title\" of a new one");
  }
  v->option = first;
  if (title) status = check_new_title(v, title);
  if (status) return status;
  *new_out = true;
  return lnti_new_option(out, v->c, v->question, v->ontology->options[first].parent, key, title, v->err);
}

/* What hangs on an option that is merged goes over to the other. */
static lnt_status adopt(const verb_call *v, size_t from, size_t to) {
  const lnti_among last = {.before = LNTI_NONE};
  lnti_ontology *o = v->ontology;
  lnt_status status = LNT_OK;
  while (o->options[from].first_attribute != LNTI_NONE && !status) {
    size_t question = o->options[from].first_attribute;
    status = lnti_ontology_check_key(o, LNTI_NONE, to, o->questions[question].key, v->err);
    if (!status) status = lnti_hang_question(v->c, question, to, &last, v->err);
  }
  while (o->options[from].first_child != LNTI_NONE && !status) {
    size_t option = o->options[from].first_child;
    status = lnti_ontology_check_key(o, v->question, to, o->options[option].key, v->err);
    if (!status) status = lnti_hang_option(v->c, option, to, &last, v->err);
  }
  return status;
}

static lnt_status take_in(const verb_call *v, size_t from, size_t to) {
  lnti_ontology *o = v->ontology;
  size_t n = 0;
  for (const char *const *a = o->options[from].aliases; a && *a; a++) n++;
  lnt_status status = adopt(v, from, to);
  if (status == LNT_EEXISTS) {
    lnti_error_set(v->err, status,
                   "\"%s\" and \"%s\" both have something called so below them: rename, move or merge that first",
                   o->options[from].key, o->options[to].key);
  }
  if (status) return status;
  const char *const names[] = {o->options[from].title, o->options[from].key};
  const char *const *aliases = o->options[from].aliases;
  status = lnti_drop_option(v->c, from, v->err);
  if (!status) status = lnti_add_aliases(v->c, to, names, 2, v->err);
  if (!status && n) status = lnti_add_aliases(v->c, to, aliases, n, v->err);
  return status;
}

static lnt_status merge_list(verb_call *v, size_t *list, size_t n) {
  size_t to = LNTI_NONE, n_from = 0, *from = NULL;
  bool is_new = false;
  bool one = n > 1;
  for (size_t i = 1; i < n; i++) one = one && list[i] == list[0];
  if (one) {
    return lnti_fail(v->err, LNT_EEXISTS,
                     "all that are named are one option already, \"%s\": there is nothing to merge",
                     v->ontology->options[list[0]].key);
  }
  lnt_status status = find_into(&to, &is_new, v, list[0]);
  for (size_t i = 0; i < n && !status; i++) {
    bool again = list[i] == to;
    for (size_t j = 0; j < n_from; j++) again = again || list[j] == list[i];
    if (again) continue;
    if (lnti_hangs_on(v->ontology, to, list[i])) {
      status = lnti_fail(v->err, LNT_EINVAL, "\"%s\" cannot be merged into \"%s\", which hangs on it",
                         v->ontology->options[list[i]].key, v->ontology->options[to].key);
    }
    list[n_from++] = list[i];
  }
  if (!status && n_from == 0) status = lnti_fail(v->err, LNT_EINVAL, "merge: an option is not merged with itself");
  if (!status) status = lnti_arena_alloc(&from, &v->ontology->arena, n_from, sizeof *from, v->err);
  if (status) return status;
  memcpy(from, list, n_from * sizeof *from);
  for (size_t i = 0; i < n_from && !status; i++) status = take_in(v, from[i], to);
  lnti_answer_step step = {.kind = LNTI_STEP_MERGE, .from = from, .n_from = n_from, .to = to, .to_is_new = is_new};
  return status ? status : add_step(v, step);
}

/* Places are of all options together: taking one out of a rank would leave a gap that nobody said anything of. */
static lnt_status refuse_rank(const verb_call *v, const char *verb) {
  if (question_of(v)->type != LNTI_RANK) return LNT_OK;
  return lnti_fail(v->err, LNT_EINVAL, "\"%s\" is a rank: its options cannot be %s, since each has a place among all",
                   question_of(v)->key, verb);
}

static lnt_status do_merge(verb_call *v) {
  size_t *list = NULL, n = 0;
  lnt_status status = get_options(&list, &n, v);
  if (!status) status = refuse_rank(v, "merged");
  if (!status) status = merge_list(v, list, n);
  free(list);
  return status;
}

/* ---- split ---- */

/* The other option: one that there is, or a new one, beside the first or (of a tree) below it. */
static lnt_status find_other(size_t *out, verb_call *v) {
  const char *into = NULL, *title = NULL, *key = NULL;
  bool below = false;
  lnt_status status = get_text(&into, v, "into");
  if (!status) status = get_text(&title, v, "title");
  if (!status) status = get_text(&key, v, "id");
  if (!status) status = lnti_json_get_bool(&below, v->json, "below", false, v->err);
  if (status) return status;
  if (into && (title || key || below)) {
    return lnti_fail(v->err, LNT_EINVAL,
                     "split: \"into\" names an option that there is, \"title\" or \"id\" a new one");
  }
  if (into) return get_option(out, v, "into", into);
  if (below && question_of(v)->type != LNTI_TREE) {
    return lnti_fail(v->err, LNT_EINVAL, "split: \"%s\" is no tree, whose options have others below them",
                     question_of(v)->key);
  }
  size_t first = v->option;
  size_t parent = below ? first : option_of(v)->parent;
  if (title) status = check_new_title(v, title);
  return status ? status : lnti_new_option(out, v->c, v->question, parent, key, title, v->err);
}

static lnt_status do_split(verb_call *v) {
  const char *where = NULL, *note = NULL;
  size_t other = LNTI_NONE, *from = NULL;
  bool review = false, names_other = has(v, "into") || has(v, "title") || has(v, "id");
  lnt_status status = need_option(v, "split");
  if (!status) status = refuse_rank(v, "split");
  if (!status) status = get_text(&where, v, "where");
  if (!status) status = get_text(&note, v, "note");
  if (!status && where && !*where) {
    status = lnti_fail(v->err, LNT_EINVAL, "split: \"where\" is empty: say which items, for example \"split=train\"");
  }
  if (!status) status = lnti_json_get_bool(&review, v->json, "review", false, v->err);
  if (!status && note && !review) {
    status = lnti_fail(v->err, LNT_EINVAL, "split: a \"note\" is for those who review: say \"review\": true");
  }
  if (!status && !names_other && !review) {
    status = lnti_fail(
        v->err, LNT_EINVAL,
        "split: say \"where\" and \"into\" which option (or the \"title\" of a new one), or \"review\": true");
  }
  if (!status && names_other && !where && !review) {
    status = lnti_fail(v->err, LNT_EINVAL,
                       "split: \"where\" is missing: without it all answers would go; that is a merge, or a rename");
  }
  if (!status) status = lnti_arena_alloc(&from, &v->ontology->arena, 1, sizeof *from, v->err);
  if (!status) *from = v->option;
  if (!status && names_other) status = find_other(&other, v);
  if (!status && other == *from) status = lnti_fail(v->err, LNT_EINVAL, "split: an option is not split into itself");
  if (status) return status;
  lnti_answer_step step = {.from = from, .n_from = 1, .to = other, .filtered = where != NULL, .note = note};
  /* Items that are to be looked at keep their answer; a rule and a review are one or the other. */
  step.kind = review ? LNTI_STEP_REVIEW : LNTI_STEP_SPLIT;
  return add_step(v, step);
}

/* ---- move and order ---- */

static lnt_status get_among(lnti_among *out, verb_call *v, size_t parent) {
  const char *before = NULL, *after = NULL, *path = NULL;
  size_t question = LNTI_NONE, option = LNTI_NONE;
  *out = (lnti_among){.before = LNTI_NONE};
  lnt_status status = lnti_json_get_bool(&out->first, v->json, "first", false, v->err);
  if (!status) status = get_text(&before, v, "before");
  if (!status) status = get_text(&after, v, "after");
  if (status) return status;
  if ((before != NULL) + (after != NULL) + out->first > 1) {
    return lnti_fail(v->err, LNT_EINVAL, "\"before\", \"after\" and \"first\": give one of them");
  }
  path = before ? before : after;
  if (!path) return LNT_OK;
  status = lnti_ontology_find_place(&question, &option, v->ontology, path, v->err);
  if (status) return status;
  bool sibling = v->option == LNTI_NONE
                     ? option == LNTI_NONE && v->ontology->questions[question].parent_option == parent
                     : option != LNTI_NONE && question == v->question && v->ontology->options[option].parent == parent;
  if (!sibling) {
    return lnti_fail(v->err, LNT_EINVAL, "\"%.200s\" is not one of those that it would stand among", path);
  }
  if (option == v->option && question == v->question) {
    return lnti_fail(v->err, LNT_EINVAL, "\"%.200s\" cannot stand before or behind itself", path);
  }
  size_t at = v->option == LNTI_NONE ? question : option;
  if (after)
    at = v->option == LNTI_NONE ? v->ontology->questions[at].next_sibling : v->ontology->options[at].next_sibling;
  if (at == (v->option == LNTI_NONE ? v->question : v->option)) {
    at = v->option == LNTI_NONE ? v->ontology->questions[at].next_sibling : v->ontology->options[at].next_sibling;
  }
  out->before = at;
  return LNT_OK;
}

static lnt_status do_order(verb_call *v) {
  lnti_among among;
  bool of_question = v->option == LNTI_NONE, last = false;
  size_t parent = of_question ? question_of(v)->parent_option : option_of(v)->parent;
  lnt_status status = lnti_json_get_bool(&last, v->json, "last", false, v->err);
  if (!status && !last && !has(v, "first") && !has(v, "before") && !has(v, "after")) {
    status = lnti_fail(v->err, LNT_EINVAL, "order: say \"first\", \"last\", \"before\" or \"after\" which");
  }
  if (!status) status = get_among(&among, v, parent);
  if (status) return status;
  size_t head = of_question
                    ? (parent == LNTI_NONE ? v->ontology->first_question : v->ontology->options[parent].first_attribute)
                    : LNTI_NONE;
  if (!of_question) {
    head = parent == LNTI_NONE ? question_of(v)->first_option : v->ontology->options[parent].first_child;
  }
  if (among.first && head == (of_question ? v->question : v->option)) return LNT_OK; /* it is */
  return of_question ? lnti_hang_question(v->c, v->question, parent, &among, v->err)
                     : lnti_hang_option(v->c, v->option, parent, &among, v->err);
}

static lnt_status check_no_clash(const verb_call *v, size_t parent) {
  const lnti_option *o = option_of(v);
  if (o->parent == parent) return LNT_OK;
  lnt_status status = lnti_ontology_check_key(v->ontology, v->question, parent, o->key, v->err);
  if (status || !*o->hotkey) return status;
  size_t other = lnti_index_find_option(v->ontology, LNTI_INDEX_OPTION_HOTKEY, v->question, parent, o->hotkey);
  if (other == LNTI_NONE) return LNT_OK;
  return lnti_fail(v->err, LNT_EEXISTS, "the key \"%s\" of \"%s\" is that of \"%s\" there: set another first",
                   o->hotkey, o->key, v->ontology->options[other].key);
}

static lnt_status move_option(verb_call *v, const char *to) {
  size_t question = LNTI_NONE, parent = LNTI_NONE;
  lnti_among among;
  lnt_status status = lnti_ontology_find_place(&question, &parent, v->ontology, to, v->err);
  if (status) return status;
  if (question != v->question) {
    return lnti_fail(v->err, LNT_EINVAL,
                     "\"%s\" is an option of \"%s\" and cannot go to another question: its answers would not follow",
                     option_of(v)->key, question_of(v)->key);
  }
  if (question_of(v)->type != LNTI_TREE) {
    return lnti_fail(v->err, LNT_EINVAL,
                     "\"%s\" is no tree: its options have none below them; \"order\" changes their order",
                     question_of(v)->key);
  }
  if (lnti_hangs_on(v->ontology, parent, v->option)) {
    return lnti_fail(v->err, LNT_EINVAL, "\"%s\" cannot move below \"%.200s\": that hangs on it", option_of(v)->key,
                     to);
  }
  status = check_no_clash(v, parent);
  if (!status) status = get_among(&among, v, parent);
  if (!status) status = lnti_hang_option(v->c, v->option, parent, &among, v->err);
  /* A question may hang on what was above it; and what is above it now may have been a leaf that was an answer. */
  return status ? status : add_step(v, (lnti_answer_step){.kind = LNTI_STEP_CHECK});
}

static lnt_status move_question(verb_call *v, const char *to) {
  size_t question = LNTI_NONE, parent = LNTI_NONE;
  lnti_among among;
  lnt_status status = LNT_OK;
  if (*to) {
    status = lnti_ontology_find_place(&question, &parent, v->ontology, to, v->err);
    if (!status && parent == LNTI_NONE) {
      status = lnti_fail(v->err, LNT_EINVAL,
                         "a question hangs on an option, or on nothing (\"to\": \"\"); \"%.200s\" is a question", to);
    }
  }
  if (!status && parent != LNTI_NONE && v->ontology->questions[question].type == LNTI_RANK) {
    status = lnti_fail(v->err, LNT_EINVAL, "an option of the rank \"%s\" is not chosen: no question can hang on it",
                       v->ontology->questions[question].key);
  }
  if (status) return status;
  for (size_t at = parent; at != LNTI_NONE;) {
    size_t own = v->ontology->options[at].question;
    if (own == v->question) {
      return lnti_fail(v->err, LNT_EINVAL, "\"%s\" cannot hang on \"%.200s\": that hangs on it", question_of(v)->key,
                       to);
    }
    at = v->ontology->questions[own].parent_option;
  }
  if (question_of(v)->parent_option != parent) {
    status = lnti_ontology_check_key(v->ontology, LNTI_NONE, parent, question_of(v)->key, v->err);
  }
  if (!status) status = get_among(&among, v, parent);
  if (!status) status = lnti_hang_question(v->c, v->question, parent, &among, v->err);
  return status ? status : add_step(v, (lnti_answer_step){.kind = LNTI_STEP_CHECK});
}

static lnt_status do_move(verb_call *v) {
  const char *to = NULL;
  lnt_status status = get_text(&to, v, "to");
  if (!status && !to) status = lnti_fail(v->err, LNT_EINVAL, "move: say \"to\" below which option (or question)");
  if (status) return status;
  return v->option == LNTI_NONE ? move_question(v, to) : move_option(v, to);
}

/* ---- retire and restore ---- */

static lnt_status set_retired(verb_call *v, bool retired) {
  lnt_status status = need_option(v, retired ? "retired" : "restored");
  if (!status) status = lnti_touch_option(v->c, v->option, v->err);
  if (!status) option_of(v)->retired = retired;
  return status;
}

static lnt_status do_retire(verb_call *v) {
  return set_retired(v, true);
}

static lnt_status do_restore(verb_call *v) {
  return set_retired(v, false);
}

/* ---- fields ---- */

static lnt_status set_option_fields(verb_call *v) {
  const char *hotkey = NULL, *color = NULL, *description = NULL;
  lnt_status status = get_text(&hotkey, v, "key");
  if (!status) status = get_text(&color, v, "color");
  if (!status) status = get_text(&description, v, "description");
  if (!status) status = lnti_touch_option(v->c, v->option, v->err);
  if (!status && hotkey) {
    status = lnti_ontology_set_option_words(v->ontology, v->option, hotkey, NULL, NULL, v->err);
  }
  if (!status && color) status = lnti_ontology_text(&color, v->ontology, color, v->err);
  if (!status && description) status = lnti_ontology_text(&description, v->ontology, description, v->err);
  if (status) return status;
  if (color) option_of(v)->color = color;
  if (description) option_of(v)->description = description;
  return LNT_OK;
}

static bool is_null(const verb_call *v, const char *key) {
  const lnti_json_value *value = lnti_json_get(v->json, key);
  return value && value->type == LNTI_JSON_TYPE_NULL;
}

/* null takes a bound away. */
static lnt_status get_bound(double *value, const verb_call *v, const char *key, double none) {
  if (is_null(v, key)) {
    *value = none;
    return LNT_OK;
  }
  return lnti_json_get_real(value, v->json, key, *value, v->err);
}

static lnt_status set_number_fields(verb_call *v) {
  lnti_question *q = question_of(v);
  const char *unit = NULL;
  bool any = has(v, "min") || has(v, "max") || has(v, "step") || has(v, "unit");
  if (!any) return LNT_OK;
  if (q->type != LNTI_NUMBER) {
    return lnti_fail(v->err, LNT_EINVAL, "\"%s\" asks for no number: it has no min, max, step or unit", q->key);
  }
  lnt_status status = get_bound(&q->min, v, "min", -INFINITY);
  if (!status) status = get_bound(&q->max, v, "max", INFINITY);
  if (!status) status = get_bound(&q->step, v, "step", 0);
  if (!status) status = get_text(&unit, v, "unit");
  if (!status && unit) status = lnti_ontology_text(&q->unit, v->ontology, unit, v->err);
  if (status) return status;
  if (!(q->min <= q->max)) {
    return lnti_fail(v->err, LNT_EINVAL, "\"%s\": min %g is above max %g", q->key, q->min, q->max);
  }
  if (q->step < 0) return lnti_fail(v->err, LNT_EINVAL, "\"%s\": a step of %g is below 0", q->key, q->step);
  return add_step(v, (lnti_answer_step){.kind = LNTI_STEP_CHECK});
}

static lnt_status set_question_fields(verb_call *v) {
  const char *description = NULL;
  lnt_status status = lnti_touch_question(v->c, v->question, v->err);
  lnti_question *q = question_of(v);
  bool leaf_only = q->leaf_only;
  if (!status) status = get_text(&description, v, "description");
  if (!status && description) status = lnti_ontology_text(&q->description, v->ontology, description, v->err);
  if (!status) status = lnti_json_get_bool(&q->required, v->json, "required", q->required, v->err);
  if (!status) status = lnti_json_get_bool(&leaf_only, v->json, "leaf_only", q->leaf_only, v->err);
  if (!status && has(v, "leaf_only") && q->type != LNTI_TREE) {
    status = lnti_fail(v->err, LNT_EINVAL, "\"%s\" is no tree: it has no leaves", q->key);
  }
  if (!status && leaf_only && !q->leaf_only) status = add_step(v, (lnti_answer_step){.kind = LNTI_STEP_CHECK});
  q->leaf_only = leaf_only;
  return status ? status : set_number_fields(v);
}

static lnt_status do_set(verb_call *v) {
  static const char *const of_options[] = {"key", "color", NULL};
  static const char *const of_questions[] = {"required", "leaf_only", "min", "max", "step", "unit", NULL};
  const char *const *others = v->option == LNTI_NONE ? of_options : of_questions;
  for (; *others; others++) {
    if (!has(v, *others)) continue;
    return lnti_fail(v->err, LNT_EINVAL, "set: \"%s\" is of %s, and this is %s", *others,
                     v->option == LNTI_NONE ? "options" : "questions",
                     v->option == LNTI_NONE ? "a question" : "an option");
  }
  return v->option == LNTI_NONE ? set_question_fields(v) : set_option_fields(v);
}

/* ---- add and remove ---- */

static lnt_status parse_type(lnti_question_type *out, const verb_call *v, const char *name) {
  for (int type = LNTI_RADIO; strcmp(lnti_question_type_name((lnti_question_type)type), "unknown") != 0; type++) {
    if (strcmp(lnti_question_type_name((lnti_question_type)type), name) != 0) continue;
    *out = (lnti_question_type)type;
    return LNT_OK;
  }
  return lnti_fail(v->err, LNT_EINVAL, "no type of question is called \"%.40s\"", name);
}

static lnt_status add_question(verb_call *v, const char *type_name, const char *key, const char *title) {
  lnti_question_type type = LNTI_RADIO;
  lnt_status status = parse_type(&type, v, type_name);
  if (!status && v->question != LNTI_NONE && v->option == LNTI_NONE) {
    status =
        lnti_fail(v->err, LNT_EINVAL, "a question hangs on an option; \"%s\" is a question (\"what\": \"\" is the top)",
                  question_of(v)->key);
  }
  if (!status) status = lnti_new_question(&v->question, v->c, type, key, title, v->option, v->err);
  v->option = LNTI_NONE;
  return status ? status : set_question_fields(v);
}

static lnt_status do_add(verb_call *v) {
  const char *type = NULL, *key = NULL, *title = NULL;
  lnt_status status = get_text(&type, v, "type");
  if (!status) status = get_text(&key, v, "id");
  if (!status) status = get_text(&title, v, "title");
  if (status) return status;
  if (type) return add_question(v, type, key, title);
  if (v->question == LNTI_NONE) {
    return lnti_fail(v->err, LNT_EINVAL, "add: \"what\" is the top, where questions are: give the \"type\" of one");
  }
  size_t parent = v->option;
  if (title) {
    size_t other = lnti_ontology_find_titled(v->ontology, v->question, parent, title);
    if (other != LNTI_NONE && strcmp(v->ontology->options[other].title, title) == 0) {
      return lnti_fail(v->err, LNT_EEXISTS, "the option \"%s\" has the title \"%.200s\" already",
                       v->ontology->options[other].key, title);
    }
  }
  status = lnti_new_option(&v->option, v->c, v->question, parent, key, title, v->err);
  /* An answer may be a leaf that is none any more. */
  if (!status && parent != LNTI_NONE && question_of(v)->leaf_only) {
    status = add_step(v, (lnti_answer_step){.kind = LNTI_STEP_CHECK});
  }
  return status ? status : set_option_fields(v);
}

static lnt_status do_remove(verb_call *v) {
  lnt_status status = v->option == LNTI_NONE ? lnti_drop_question(v->c, v->question, v->err)
                                             : lnti_drop_option(v->c, v->option, v->err);
  return status ? status : add_step(v, (lnti_answer_step){.kind = LNTI_STEP_CHECK});
}

/* ---- types ---- */

static bool has_levels(const verb_call *v) {
  for (size_t i = question_of(v)->first_option; i != LNTI_NONE; i = v->ontology->options[i].next_sibling) {
    if (v->ontology->options[i].n_children) return true;
  }
  return false;
}

static lnt_status refuse_type(const verb_call *v, lnti_question_type to) {
  const lnti_question *q = question_of(v);
  const char *why = "answers of the one say nothing of the other";
  if (q->type == LNTI_TREE && to == LNTI_RADIO) {
    why = "its options have others below them, which a radio has not: move them up first";
  } else if (q->type == LNTI_TREE || to == LNTI_TREE) {
    why = "only a radio becomes a tree, and a tree of one level a radio";
  } else if (q->type == LNTI_NUMBER) {
    why = "a number has no options; add a new question, and answer it by filters (linnet annotate --where)";
  }
  return lnti_fail(v->err, LNT_EINVAL, "\"%s\" is a %s and cannot become a %s: %s", q->key,
                   lnti_question_type_name(q->type), lnti_question_type_name(to), why);
}

/* Each text becomes an option. */
static lnt_status add_values(verb_call *v) {
  const char *const *values = NULL;
  size_t n = 0;
  if (!v->c->values) return lnti_fail(v->err, LNT_EINVAL, "texts cannot be looked at here");
  lnt_status status = v->c->values(v->c->payload, &values, &n, v->question, v->err);
  for (size_t i = 0; i < n && !status; i++) {
    size_t option = LNTI_NONE;
    status = lnti_new_option(&option, v->c, v->question, LNTI_NONE, NULL, values[i], v->err);
  }
  return status;
}

static lnt_status do_type(verb_call *v) {
  const char *name = NULL, *others = NULL;
  lnti_question_type from, to = LNTI_RADIO;
  if (v->option != LNTI_NONE)
    return lnti_fail(v->err, LNT_EINVAL, "\"%s\" is an option: only questions have a type", option_of(v)->key);
  from = question_of(v)->type;
  lnt_status status = get_text(&name, v, "type");
  if (!status && !name) status = lnti_fail(v->err, LNT_EINVAL, "type: give the new \"type\"");
  if (!status) status = parse_type(&to, v, name);
  if (!status) status = get_text(&others, v, "others");
  if (!status && others && strcmp(others, "no") != 0 && strcmp(others, "unknown") != 0) {
    status = lnti_fail(v->err, LNT_EINVAL, "type: \"others\" is \"no\" or \"unknown\", not \"%.40s\"", others);
  }
  if (status || from == to) return status;
  bool sense = (from == LNTI_RADIO && (to == LNTI_CHECKLIST || to == LNTI_TREE)) ||
               (from == LNTI_CHECKLIST && to == LNTI_RADIO) ||
               (from == LNTI_TREE && to == LNTI_RADIO && !has_levels(v)) || (from == LNTI_TEXT && to == LNTI_RADIO);
  if (!sense) return refuse_type(v, to);
  status = lnti_touch_question(v->c, v->question, v->err);
  if (status) return status;
  question_of(v)->type = to;
  if (from == LNTI_TREE) question_of(v)->leaf_only = false;
  if (from == LNTI_TEXT) status = add_values(v);
  lnti_answer_step step = {
      .kind = LNTI_STEP_TYPE, .to = LNTI_NONE, .new_type = to, .others_no = others && strcmp(others, "no") == 0};
  if (!status) status = add_step(v, step);
  if (!status) v->c->steps[v->c->n_steps - 1].type = from;
  return status;
}

/* ---- the table of verbs ---- */

typedef struct verb {
  const char *name;
  lnt_status (*run)(verb_call *v);
  bool at_top; /* "what" may be the top */
  bool many;   /* "what" is a list of paths */
  const char *const *keys;
} verb;

static const verb *find_verb(const char *name) {
  static const char *const none[] = {"do", "what", NULL};
  static const char *const rename_keys[] = {"do", "what", "title", "id", NULL};
  static const char *const merge_keys[] = {"do", "what", "into", "title", "id", NULL};
  static const char *const split_keys[] = {"do", "what",  "where",  "into", "title",
                                           "id", "below", "review", "note", NULL};
  static const char *const move_keys[] = {"do", "what", "to", "first", "before", "after", NULL};
  static const char *const order_keys[] = {"do", "what", "first", "last", "before", "after", NULL};
  static const char *const set_keys[] = {"do",  "what", "key",  "color",    "description", "min",
                                         "max", "step", "unit", "required", "leaf_only",   NULL};
  static const char *const add_keys[] = {"do",  "what", "type", "id",   "title",    "key",       "color", "description",
                                         "min", "max",  "step", "unit", "required", "leaf_only", NULL};
  static const char *const type_keys[] = {"do", "what", "type", "others", NULL};
  static const verb verbs[] = {
      {"rename", do_rename, false, false, rename_keys}, {"merge", do_merge, false, true, merge_keys},
      {"split", do_split, false, false, split_keys},    {"move", do_move, false, false, move_keys},
      {"order", do_order, false, false, order_keys},    {"retire", do_retire, false, false, none},
      {"restore", do_restore, false, false, none},      {"set", do_set, false, false, set_keys},
      {"add", do_add, true, false, add_keys},           {"remove", do_remove, false, false, none},
      {"type", do_type, false, false, type_keys},
  };
  for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
    if (strcmp(verbs[i].name, name) == 0) return &verbs[i];
  }
  return NULL;
}

static lnt_status fail_unknown(const char *what, const char *word, const char *const *names, size_t n, lnt_error *err) {
  const char *near = lnti_nearest_name(word, names, n);
  lnti_text list = {0};
  lnt_status status = LNT_OK;
  if (near) return lnti_fail(err, LNT_EDATA, "%s \"%.60s\"; did you mean \"%s\"?", what, word, near);
  for (size_t i = 0; i < n && !status; i++) status = lnti_text_printf(&list, err, "%s%s", i ? ", " : "", names[i]);
  if (!status) status = lnti_fail(err, LNT_EDATA, "%s \"%.60s\"; there is %s", what, word, list.data);
  lnti_text_clear(&list);
  return status;
}

static lnt_status check_keys(const verb *known, const lnti_json_value *change, lnt_error *err) {
  for (const lnti_json_value *value = change->first; value; value = value->next) {
    bool found = false;
    size_t n = 0;
    for (; known->keys[n]; n++) found = found || strcmp(known->keys[n], value->key) == 0;
    if (found) continue;
    lnt_status status = fail_unknown("there is no", value->key, known->keys, n, err);
    lnti_error_prefix(err, "%s", known->name);
    return status;
  }
  return LNT_OK;
}

static lnt_status find_what(verb_call *v, const verb *known) {
  const char *what = NULL;
  const lnti_json_value *value = lnti_json_get(v->json, "what");
  if (known->many && value && value->type == LNTI_JSON_TYPE_ARRAY) return LNT_OK; /* the verb looks at it */
  if (known->many && value) {
    return lnti_fail(v->err, LNT_EDATA, "%s: \"what\" is a list of paths", known->name);
  }
  lnt_status status = lnti_json_get_string(&what, v->json, "what", NULL, v->err);
  if (!status && (!what || (!*what && !known->at_top))) {
    status = lnti_fail(v->err, LNT_EDATA, "%s: \"what\" is missing: the path of a question or an option", known->name);
  }
  if (status || !*what) return status;
  return lnti_ontology_find_place(&v->question, &v->option, v->ontology, what, v->err);
}

lnt_status lnti_ontology_change(lnti_ontology_changes *changes, const lnti_json_value *change, lnt_error *err) {
  static const char *const names[] = {"rename",  "merge", "split", "move",   "order", "retire",
                                      "restore", "set",   "add",   "remove", "type"};
  verb_call v = {changes, changes->ontology, change, LNTI_NONE, LNTI_NONE, err};
  const char *name = NULL;
  if (change->type != LNTI_JSON_TYPE_OBJECT) return lnti_fail(err, LNT_EDATA, "a change is an object");
  lnt_status status = lnti_json_get_string(&name, change, "do", NULL, err);
  if (!status && !name) status = lnti_fail(err, LNT_EDATA, "\"do\" is missing: rename, merge, split, move...");
  if (status) return status;
  const verb *known = find_verb(name);
  if (!known) {
    return fail_unknown("no change is called", name, names, sizeof names / sizeof *names, err);
  }
  status = check_keys(known, change, err);
  if (!status) status = find_what(&v, known);
  if (!status) status = known->run(&v);
  if (!status) changes->change++;
  return status;
}
