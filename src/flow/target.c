/*
 * Finding targets and their labelled items. Answers are read first, then the items, each with its own answer or
 * its group's: a project of any size is read in two passes.
 */
#include <flow/target.h>

#include <base/alloc.h>
#include <base/error.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- which question ---- */

lnti_task lnti_target_task(const lnti_question *question) {
  switch (question->type) {
    case LNTI_RADIO:
    case LNTI_TREE:
      return LNTI_MULTICLASS;
    case LNTI_CHECKLIST:
      return LNTI_MULTILABEL;
    case LNTI_NUMBER:
      return LNTI_REGRESSION;
    default:
      return 0;
  }
}

typedef struct answered_state {
  const lnti_ontology *ontology;
  bool *answered; /* [n_questions] */
  bool *noes;     /* [n_questions] of a checklist: some option is answered with no */
} answered_state;

/* That there is nothing of a checklist is known of an image as well. */
static lnt_status note_answer(void *payload, const lnti_answer_row *row, lnt_error *err) {
  (void)err;
  answered_state *state = payload;
  size_t question = lnti_ontology_question_by_id(state->ontology, row->question_id);
  if (question == LNTI_NONE) return LNT_OK;
  bool checklist = state->ontology->questions[question].type == LNTI_CHECKLIST;
  if (row->state == LNTI_ANSWERED || (checklist && row->state == LNTI_NONE_OF_THESE)) state->answered[question] = true;
  if (checklist && (row->state == LNTI_NONE_OF_THESE || row->number == 0)) state->noes[question] = true;
  return LNT_OK;
}

static lnt_status note_answers(void *payload, const lnti_snapshot_item *item, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < item->n_answers && !status; i++) status = note_answer(payload, &item->answers[i], err);
  return status;
}

/* Also those that are never meant where none is named: they can be chosen as well. */
static lnt_status fail_several(const lnti_ontology *ontology, const bool *answered, lnt_error *err) {
  lnti_text list = {0};
  lnt_status status = LNT_OK;
  for (size_t q = 0; q < ontology->n_questions && status == LNT_OK; q++) {
    const lnti_question *question = &ontology->questions[q];
    if (!answered[q]) continue;
    if (list.length) status = lnti_text_append(&list, ", ", 2, err);
    if (status == LNT_OK) status = lnti_ontology_question_path(&list, ontology, q, err);
    if (status == LNT_OK && lnti_target_task(question) != LNTI_MULTICLASS) {
      status = lnti_text_printf(&list, err, " [%s]", lnti_question_type_name(question->type));
    }
  }
  if (status == LNT_OK) {
    status = lnti_fail(err, LNT_EINVAL, "several questions have answers (%.300s): choose one with --target", list.data);
  }
  lnti_text_clear(&list);
  return status;
}

/* Names some questions that can be learned: what to say instead. */
static lnt_status fail_type(const lnti_ontology *ontology, const lnti_question *question, lnt_error *err) {
  lnti_text list = {0};
  lnt_status status = LNT_OK;
  for (size_t q = 0; q < ontology->n_questions && list.length < 200 && status == LNT_OK; q++) {
    if (!lnti_target_task(&ontology->questions[q])) continue;
    if (list.length) status = lnti_text_append(&list, ", ", 2, err);
    if (status == LNT_OK) status = lnti_ontology_question_path(&list, ontology, q, err);
  }
  if (status == LNT_OK) {
    status = lnti_fail(err, LNT_EINVAL,
                       "\"%s\" is of type %s, which is nothing to learn: targets are questions of type radio, tree, "
                       "checklist and number%s%.300s%s",
                       question->title, lnti_question_type_name(question->type), list.length ? " (here: " : "",
                       list.length ? list.data : "", list.length ? ")" : "");
  }
  lnti_text_clear(&list);
  return status;
}

/* answered_out [n_questions] the targets that have answers, for the caller to free; meant->n of them could be meant where none is
 * named, and *last_out is the last. Choices come before what is said beside them: a project of classes with a checklist of
 * remarks learns its classes. */
static lnt_status find_meant(bool **answered_out, lnti_target_meant *meant, size_t *last_out,
                             const lnti_snapshot *snapshot, lnti_project *project, const lnti_ontology *ontology,
                             lnt_error *err) {
  const size_t n_questions = ontology->n_questions;
  answered_state state = {.ontology = ontology};
  size_t n_choices = 0, n = 0, last = LNTI_NONE;
  lnt_status status = lnti_alloc_zero(&state.answered, 2 * n_questions, sizeof *state.answered, err);
  if (status) return status;
  state.noes = state.answered + n_questions;
  status = snapshot ? lnti_snapshot_walk(snapshot, note_answers, &state, err)
                    : lnti_store_answers(project->store, 0, INT64_MAX, 0, note_answer, &state, err);
  if (status) {
    free(state.answered);
    return status;
  }
  for (size_t q = 0; q < n_questions; q++) {
    lnti_task task = lnti_target_task(&ontology->questions[q]);
    state.answered[q] = state.answered[q] && task;
    n_choices += state.answered[q] && task == LNTI_MULTICLASS;
  }
  for (size_t q = 0; q < n_questions; q++) {
    bool choice = lnti_target_task(&ontology->questions[q]) == LNTI_MULTICLASS;
    if (!state.answered[q] || (n_choices > 0 && !choice)) continue;
    last = q;
    n++;
  }
  bool yes_only = n == 1 && ontology->questions[last].type == LNTI_CHECKLIST && !state.noes[last];
  *meant = (lnti_target_meant){n, yes_only ? last : LNTI_NONE};
  *last_out = last;
  *answered_out = state.answered;
  return LNT_OK;
}

lnt_status lnti_target_find_meant(lnti_target_meant *out, lnti_project *project, const lnti_ontology *ontology,
                                  lnt_error *err) {
  bool *answered = NULL;
  size_t last = LNTI_NONE;
  lnt_status status = find_meant(&answered, out, &last, NULL, project, ontology, err);
  if (!status) free(answered);
  return status;
}

static lnt_status find_only(size_t *question_out, const lnti_snapshot *snapshot, lnti_project *project,
                            const lnti_ontology *ontology, lnt_error *err) {
  bool *answered = NULL;
  lnti_target_meant meant = {0, LNTI_NONE};
  size_t last = LNTI_NONE;
  lnt_status status = find_meant(&answered, &meant, &last, snapshot, project, ontology, err);
  if (status) return status;
  if (meant.n == 0) {
    status = lnti_fail(err, LNT_ENOTFOUND,
                       "no item has a label yet; import a labelled set, for example a folder with one folder for each "
                       "class: linnet import DIR");
  } else if (meant.n > 1) {
    status = fail_several(ontology, answered, err);
  } else {
    *question_out = last;
  }
  free(answered);
  return status;
}

lnt_status lnti_target_find(size_t *question_out, lnti_project *project, const lnti_ontology *ontology,
                            const char *path, lnt_error *err) {
  return lnti_target_find_of(question_out, NULL, project, ontology, path, err);
}

lnt_status lnti_target_find_of(size_t *question_out, const lnti_snapshot *snapshot, lnti_project *project,
                               const lnti_ontology *ontology, const char *path, lnt_error *err) {
  size_t question = LNTI_NONE;
  lnt_status status = path ? lnti_ontology_find_question(&question, ontology, path, err)
                           : find_only(&question, snapshot, project, ontology, err);
  if (status) return status;
  const lnti_question *found = &ontology->questions[question];
  if (!lnti_target_task(found)) return fail_type(ontology, found, err);
  *question_out = question;
  return LNT_OK;
}

/* ---- its options ---- */

/* The question that goes on after an option, of a radio learned as a tree; LNTI_NONE: none, or it is not the only one. */
static size_t question_below(const lnti_ontology *ontology, const lnti_target *target, size_t option) {
  const lnti_option *o = &ontology->options[option];
  size_t found = LNTI_NONE;
  if (target->task != LNTI_HIERARCHICAL || ontology->questions[o->question].type != LNTI_RADIO) return LNTI_NONE;
  for (size_t q = o->first_attribute; q != LNTI_NONE; q = ontology->questions[q].next_sibling) {
    if (lnti_target_task(&ontology->questions[q]) != LNTI_MULTICLASS) continue;
    if (found != LNTI_NONE) return LNTI_NONE;
    found = q;
  }
  return found;
}

typedef struct option_list {
  size_t *option;
  size_t n, capacity;
} option_list;

static lnt_status add_options(option_list *list, const lnti_ontology *ontology, const lnti_target *target,
                              size_t question, lnt_error *err) {
  size_t *answerable = NULL, n = 0;
  lnt_status status = lnti_ontology_answerable(&answerable, &n, ontology, question, err);
  for (size_t i = 0; i < n && !status; i++) {
    size_t below = question_below(ontology, target, answerable[i]);
    status = lnti_grow(&list->option, &list->capacity, list->n + 1, sizeof *list->option, err);
    if (!status) list->option[list->n++] = answerable[i];
    if (!status && below != LNTI_NONE) status = add_options(list, ontology, target, below, err);
  }
  free(answerable);
  return status;
}

lnt_status lnti_target_options(size_t **out, size_t *n_out, const lnti_ontology *ontology, const lnti_target *target,
                               lnt_error *err) {
  option_list list = {0};
  lnt_status status = LNT_OK;
  if (target->task != LNTI_REGRESSION) status = add_options(&list, ontology, target, target->question, err);
  if (status) {
    free(list.option);
    return status;
  }
  *out = list.option;
  *n_out = list.n;
  return LNT_OK;
}

lnt_status lnti_target_class_id(lnti_text *out, const lnti_ontology *ontology, const lnti_target *target, size_t option,
                                lnt_error *err) {
  size_t question = ontology->options[option].question;
  if (question != target->question) {
    lnt_status status = lnti_target_class_id(out, ontology, target, ontology->questions[question].parent_option, err);
    if (!status) status = lnti_text_append(out, "/", 1, err);
    if (status) return status;
  }
  return lnti_ontology_option_path(out, ontology, option, err);
}

/* ---- labelled items ---- */

/* What is said of an item, or of a group. Of a checklist one for each of its options that is answered. */
typedef struct label {
  int64_t item_id;
  lnti_answer_state state;
  size_t option; /* LNTI_NONE: none */
  double number;
} label;

/* An item as a snapshot has it. */
typedef struct then {
  int64_t id, group_id;
  lnti_hash content;
  char split[16];
} then;

typedef struct load_state {
  lnti_ontology *ontology;
  const lnti_target *target;
  const char *only_split;
  label *labels; /* by item */
  size_t n_labels, label_capacity;
  size_t *below; /* [n_below] questions that go on after options, parents first */
  size_t n_below;
  size_t *column; /* [n_options] of a checklist's option among the labels; LNTI_NONE */
  lnti_labelled *out;
  const lnti_snapshot *snapshot; /* NULL: the data as they are */
  lnti_refused_visit refused;
  void *refused_payload;
  then *items; /* [n_items] of the snapshot, those of the split; by id */
  size_t n_items, item_capacity, at;
} load_state;

static lnt_status option_of(size_t *out, const lnti_ontology *ontology, const lnti_answer_row *row, lnt_error *err) {
  *out = LNTI_NONE;
  if (row->option_id == 0) return LNT_OK;
  *out = lnti_ontology_option_by_id(ontology, row->option_id);
  if (*out != LNTI_NONE) return LNT_OK;
  return lnti_fail(err, LNT_ECORRUPT,
                   "item %lld is answered with option %lld, which the ontology does not have; "
                   "run: linnet verify",
                   (long long)row->subject_id, (long long)row->option_id);
}

static lnt_status collect_label(void *payload, const lnti_answer_row *row, lnt_error *err) {
  load_state *state = payload;
  label said = {.item_id = row->subject_id, .state = row->state, .option = LNTI_NONE, .number = row->number};
  lnt_status status = LNT_OK;
  if (row->state == LNTI_ANSWERED) status = option_of(&said.option, state->ontology, row, err);
  if (!status) {
    status = lnti_grow(&state->labels, &state->label_capacity, state->n_labels + 1, sizeof *state->labels, err);
  }
  if (!status) state->labels[state->n_labels++] = said;
  return status;
}

/* The first that is said of it; NULL. */
static label *find_label(const load_state *state, int64_t item_id) {
  size_t low = 0, high = state->n_labels;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (state->labels[middle].item_id < item_id) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < state->n_labels && state->labels[low].item_id == item_id ? &state->labels[low] : NULL;
}

/* An answer to a question that goes on after an option takes its place, where that is the item's. */
static lnt_status go_deeper(void *payload, const lnti_answer_row *row, lnt_error *err) {
  load_state *state = payload;
  label *said = find_label(state, row->subject_id);
  size_t question = lnti_ontology_question_by_id(state->ontology, row->question_id), option = LNTI_NONE;
  if (!said || question == LNTI_NONE || row->state != LNTI_ANSWERED) return LNT_OK;
  lnt_status status = option_of(&option, state->ontology, row, err);
  if (!status && said->option == state->ontology->questions[question].parent_option) said->option = option;
  return status;
}

/* ---- into rows ---- */

/* What is said of an item by its label for each option; false: nothing is. */
static bool fill_checklist(int8_t *yes, const load_state *state, const label *said) {
  const label *end = state->labels + state->n_labels;
  int64_t item_id = said->item_id;
  bool any = false;
  memset(yes, -1, state->out->n_labels);
  for (const label *l = said; l < end && l->item_id == item_id; l++) {
    if (l->state == LNTI_NONE_OF_THESE) memset(yes, 0, state->out->n_labels);
  }
  for (; said < end && said->item_id == item_id; said++) {
    if (said->option == LNTI_NONE || state->column[said->option] == LNTI_NONE) continue;
    yes[state->column[said->option]] = said->number > 0 ? 1 : 0;
  }
  for (size_t c = 0; c < state->out->n_labels; c++) any = any || yes[c] >= 0;
  return any;
}

static lnt_status grow_rows(load_state *state, size_t n, lnt_error *err) {
  lnti_labelled *out = state->out;
  lnt_status status = LNT_OK;
  if (out->task == LNTI_MULTILABEL) {
    status = lnti_grow(&out->yes, &out->yes_capacity, n, out->n_labels * sizeof *out->yes, err);
  } else if (out->task == LNTI_REGRESSION) {
    status = lnti_grow(&out->value, &out->value_capacity, n, sizeof *out->value, err);
  } else {
    status = lnti_grow(&out->option, &out->option_capacity, n, sizeof *out->option, err);
  }
  if (!status && !state->only_split) {
    status = lnti_grow(&out->split, &out->split_capacity, n, sizeof *out->split, err);
  }
  return status;
}

static bool fill_row(const load_state *state, size_t row, const label *said) {
  lnti_labelled *out = state->out;
  if (out->task == LNTI_MULTILABEL) return fill_checklist(out->yes + row * out->n_labels, state, said);
  if (said->state != LNTI_ANSWERED) return false;
  if (out->task == LNTI_REGRESSION) {
    out->value[row] = said->number;
    return isfinite(said->number);
  }
  out->option[row] = said->option;
  return said->option != LNTI_NONE;
}

/* Its own, or its group's; NULL. */
static const label *said_of(const load_state *state, int64_t id, int64_t group_id) {
  const label *said = find_label(state, id);
  return said || group_id == 0 ? said : find_label(state, group_id);
}

/* A group's answer is that of each of its images that has none itself; a group is no image. */
static lnt_status collect_item(void *payload, const lnti_item *item, lnt_error *err) {
  load_state *state = payload;
  lnti_labelled *out = state->out;
  if (item->kind == LNTI_ITEM_GROUP) return LNT_OK;
  const label *said = said_of(state, item->id, item->group_id);
  if (!said) return LNT_OK;
  size_t n = out->items.n;
  lnt_status status = grow_rows(state, n + 1, err);
  if (status || !fill_row(state, n, said)) return status;
  if (out->split) {
    memset(out->split[n], 0, sizeof out->split[n]);
    memcpy(out->split[n], item->split, strnlen(item->split, sizeof out->split[n] - 1));
  }
  return lnti_extract_items_add(&out->items, item, err);
}

/* Which labels a checklist has, or which questions go on after a radio's options. */
static lnt_status find_options(load_state *state, lnt_error *err) {
  size_t *options = NULL, n = 0;
  const size_t none = LNTI_NONE;
  lnt_status status = lnti_target_options(&options, &n, state->ontology, state->target, err);
  if (!status) status = lnti_alloc(&state->column, state->ontology->n_options, sizeof *state->column, err);
  if (!status) status = lnti_alloc(&state->below, n, sizeof *state->below, err);
  for (size_t i = 0; i < state->ontology->n_options && !status; i++) state->column[i] = none;
  for (size_t i = 0; i < n && !status; i++) {
    size_t below = question_below(state->ontology, state->target, options[i]);
    state->column[options[i]] = i;
    if (below != LNTI_NONE) state->below[state->n_below++] = below;
  }
  if (!status && state->target->task == LNTI_MULTILABEL) state->out->n_labels = n;
  free(options);
  return status;
}

static lnt_status load_now(load_state *state, lnti_project *project, lnt_error *err) {
  const lnti_question *questions = state->ontology->questions;
  lnti_item_query query = {.split = state->only_split}; /* not those answered alone: a group answers for its images */
  lnt_status status = lnti_store_answers(project->store, 0, INT64_MAX, questions[state->target->question].id,
                                         collect_label, state, err);
  for (size_t i = 0; i < state->n_below && !status; i++) {
    status = lnti_store_answers(project->store, 0, INT64_MAX, questions[state->below[i]].id, go_deeper, state, err);
  }
  return status ? status : lnti_store_items(project->store, &query, collect_item, state, err);
}

/* ---- as a snapshot has them ---- */

/* Options are known by their numbers, which a new name leaves alone. Not so what a merge or another type made of them. */
static lnt_status check_then(const load_state *state, size_t question, const lnti_answer_row *row, lnt_error *err) {
  if (row->state != LNTI_ANSWERED || row->option_id == 0) return LNT_OK;
  size_t option = lnti_ontology_option_by_id(state->ontology, row->option_id);
  if (option != LNTI_NONE && !state->ontology->options[option].retired &&
      state->ontology->options[option].question == question)
    return LNT_OK;
  return lnti_fail(
      err, LNT_EDATA,
      "the snapshot \"%.100s\" has answers to \"%.100s\" with an option (%.100s) that the ontology no "
      "longer offers there: it was merged, moved or retired. Undo that (linnet undo), or take a new snapshot",
      state->snapshot->name, state->ontology->questions[question].title,
      option == LNTI_NONE ? "gone" : state->ontology->options[option].title);
}

static lnt_status take_answers(load_state *state, const lnti_snapshot_item *item, size_t question,
                               lnti_answer_visit visit, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < item->n_answers && !status; i++) {
    lnti_answer_row row = item->answers[i];
    if (row.question_id != state->ontology->questions[question].id) continue;
    row.subject_id = item->id;
    status = check_then(state, question, &row, err);
    if (!status) status = visit(state, &row, err);
  }
  return status;
}

static lnt_status take_then(void *payload, const lnti_snapshot_item *item, lnt_error *err) {
  load_state *state = payload;
  lnt_status status = take_answers(state, item, state->target->question, collect_label, err);
  for (size_t i = 0; i < state->n_below && !status; i++) {
    status = take_answers(state, item, state->below[i], go_deeper, err);
  }
  if (status || (state->only_split && strcmp(state->only_split, item->split) != 0)) return status;
  status = lnti_grow(&state->items, &state->item_capacity, state->n_items + 1, sizeof *state->items, err);
  if (status) return status;
  then *t = &state->items[state->n_items++];
  *t = (then){.id = item->id, .group_id = item->group_id, .content = item->content};
  memcpy(t->split, item->split, strnlen(item->split, sizeof t->split - 1));
  return LNT_OK;
}

static void refuse(const load_state *state, const char *name, lnt_status code, const char *reason) {
  if (state->refused) state->refused(state->refused_payload, name, code, reason);
}

static void refuse_gone(const load_state *state, const then *t) {
  char name[32];
  snprintf(name, sizeof name, "item %lld", (long long)t->id);
  if (said_of(state, t->id, t->group_id)) refuse(state, name, LNT_ENOTFOUND, "it is gone since the snapshot");
}

static lnt_status refuse_changed(const load_state *state, const lnti_item *item, lnt_error *err) {
  lnti_text name = {0};
  lnt_status status = lnti_item_uri(&name, item, err);
  if (!status) refuse(state, name.data, LNT_ECONFLICT, "its content is another since the snapshot");
  lnti_text_clear(&name);
  return status;
}

static lnt_status collect_then(void *payload, const lnti_item *item, lnt_error *err) {
  load_state *state = payload;
  while (state->at < state->n_items && state->items[state->at].id < item->id) {
    refuse_gone(state, &state->items[state->at++]);
  }
  if (state->at == state->n_items || state->items[state->at].id != item->id) return LNT_OK;
  const then *t = &state->items[state->at++];
  lnti_item was = *item;
  was.group_id = t->group_id;
  was.split = t->split;
  if (memcmp(&t->content, &item->content, sizeof t->content) == 0) return collect_item(state, &was, err);
  return said_of(state, t->id, t->group_id) ? refuse_changed(state, item, err) : LNT_OK;
}

static lnt_status check_question(const load_state *state, lnt_error *err) {
  const lnti_ontology *before = state->snapshot->ontology;
  const lnti_question *now = &state->ontology->questions[state->target->question];
  lnti_text path = {0};
  size_t was = LNTI_NONE;
  lnt_status status = lnti_ontology_question_path(&path, state->ontology, state->target->question, err);
  if (!status && lnti_ontology_find_question(&was, before, path.data, NULL)) {
    status =
        lnti_fail(err, LNT_EDATA, "the snapshot \"%.100s\" knows no question \"%.100s\": it is newer or was renamed",
                  state->snapshot->name, path.data);
  } else if (!status && before->questions[was].type != now->type) {
    status = lnti_fail(err, LNT_EDATA,
                       "\"%.100s\" is of type %s, and was of type %s in the snapshot \"%.100s\": undo that (linnet "
                       "undo), or take a new snapshot",
                       path.data, lnti_question_type_name(now->type),
                       lnti_question_type_name(before->questions[was].type), state->snapshot->name);
  }
  lnti_text_clear(&path);
  return status;
}

static lnt_status load_then(load_state *state, lnti_project *project, lnt_error *err) {
  const lnti_item_query query = {.split = NULL};
  lnt_status status = check_question(state, err);
  if (!status) status = lnti_snapshot_walk(state->snapshot, take_then, state, err);
  if (!status) status = lnti_store_items(project->store, &query, collect_then, state, err);
  while (!status && state->at < state->n_items) refuse_gone(state, &state->items[state->at++]);
  return status;
}

lnt_status lnti_labelled_load(lnti_labelled *out, lnti_project *project, lnti_ontology *ontology,
                              const lnti_target *target, const char *split, lnt_error *err) {
  return lnti_labelled_load_of(out, NULL, project, ontology, target, split, NULL, NULL, err);
}

lnt_status lnti_labelled_load_of(lnti_labelled *out, const lnti_snapshot *snapshot, lnti_project *project,
                                 lnti_ontology *ontology, const lnti_target *target, const char *split,
                                 lnti_refused_visit refused, void *refused_payload, lnt_error *err) {
  lnti_labelled labelled = {.task = target->task};
  load_state state = {.ontology = ontology,
                      .target = target,
                      .only_split = split,
                      .out = &labelled,
                      .snapshot = snapshot,
                      .refused = refused,
                      .refused_payload = refused_payload};
  lnt_status status = find_options(&state, err);
  if (!status) status = snapshot ? load_then(&state, project, err) : load_now(&state, project, err);
  if (status) goto done;
  *out = labelled;
  labelled = (lnti_labelled){0};
done:
  free(state.items);
  free(state.labels);
  free(state.below);
  free(state.column);
  lnti_labelled_clear(&labelled);
  return status;
}

void lnti_labelled_keep(lnti_labelled *labelled, const bool *keep) {
  size_t n = 0, k = labelled->n_labels;
  for (size_t i = 0; i < labelled->items.n; i++) {
    if (!keep[i]) {
      free(labelled->items.item[i].uri);
      continue;
    }
    labelled->items.item[n] = labelled->items.item[i];
    if (labelled->option) labelled->option[n] = labelled->option[i];
    if (labelled->value) labelled->value[n] = labelled->value[i];
    if (labelled->yes) memmove(labelled->yes + n * k, labelled->yes + i * k, k);
    if (labelled->split) memmove(labelled->split[n], labelled->split[i], sizeof labelled->split[n]);
    n++;
  }
  labelled->items.n = n;
}

void lnti_labelled_clear(lnti_labelled *labelled) {
  lnti_extract_items_clear(&labelled->items);
  free(labelled->option);
  free(labelled->value);
  free(labelled->yes);
  free(labelled->split);
  *labelled = (lnti_labelled){0};
}

/* ---- classes ---- */

static bool title_is_shared(const lnti_ontology *ontology, const size_t *option, size_t n, size_t at) {
  for (size_t c = 0; c < n; c++) {
    if (c != at && strcmp(ontology->options[option[c]].title, ontology->options[option[at]].title) == 0) return true;
  }
  return false;
}

lnt_status lnti_target_classes(lnt_model *model, lnti_ontology *ontology, const lnti_target *target,
                               const size_t *option, size_t n, lnt_error *err) {
  lnt_status status = lnti_alloc_zero(&model->classes, n, sizeof *model->classes, err);
  if (status) return status;
  model->n_classes = n;
  for (size_t c = 0; c < n && !status; c++) {
    lnti_text path = {0}, titles = {0};
    status = lnti_target_class_id(&path, ontology, target, option[c], err);
    model->classes[c].id = path.data;
    if (status) return status;
    if (title_is_shared(ontology, option, n, c)) {
      status = lnti_ontology_option_titles(&titles, ontology, option[c], err);
      model->classes[c].title = titles.data;
    } else {
      status = lnti_strdup(&model->classes[c].title, ontology->options[option[c]].title, err);
    }
  }
  return status;
}

/* The option above, also where that is of another question; LNTI_NONE at the top of the target. */
static size_t option_above(const lnti_ontology *ontology, const lnti_target *target, size_t option) {
  const lnti_option *o = &ontology->options[option];
  if (o->parent != LNTI_NONE) return o->parent;
  return o->question == target->question ? LNTI_NONE : ontology->questions[o->question].parent_option;
}

lnt_status lnti_target_nodes(lnt_model *model, lnti_ontology *ontology, const lnti_target *target, const size_t *option,
                             size_t n, lnt_error *err) {
  bool *seen = NULL; /* classes, and nodes that are listed */
  size_t capacity = 0;
  lnt_status status = lnti_alloc_zero(&seen, ontology->n_options, sizeof *seen, err);
  for (size_t c = 0; c < n && !status; c++) seen[option[c]] = true;
  for (size_t c = 0; c < n && !status; c++) {
    size_t at = option_above(ontology, target, option[c]);
    for (; at != LNTI_NONE && !seen[at] && !status; at = option_above(ontology, target, at)) {
      lnti_text path = {0};
      seen[at] = true;
      status = lnti_grow(&model->nodes, &capacity, model->n_nodes + 1, sizeof *model->nodes, err);
      if (!status) status = lnti_target_class_id(&path, ontology, target, at, err);
      if (status) {
        lnti_text_clear(&path);
        break;
      }
      model->nodes[model->n_nodes] = (lnti_model_class){.id = path.data};
      status = lnti_strdup(&model->nodes[model->n_nodes++].title, ontology->options[at].title, err);
    }
  }
  free(seen);
  return status;
}

lnt_status lnti_target_number(lnt_model *model, const lnti_ontology *ontology, const lnti_target *target,
                              lnt_error *err) {
  const lnti_question *q = &ontology->questions[target->question];
  lnt_status status = lnti_alloc_zero(&model->classes, 1, sizeof *model->classes, err);
  if (status) return status;
  model->n_classes = 1;
  model->range.min = isfinite(q->min) ? q->min : (double)NAN;
  model->range.max = isfinite(q->max) ? q->max : (double)NAN;
  model->range.step = q->step > 0 ? q->step : (double)NAN;
  status = lnti_strdup(&model->classes[0].id, q->key, err);
  if (!status) status = lnti_strdup(&model->classes[0].title, q->title, err);
  if (!status && *q->unit) status = lnti_strdup(&model->range.unit, q->unit, err);
  return status;
}
