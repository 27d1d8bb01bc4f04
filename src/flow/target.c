/*
 * Finding targets and their labelled items. Answers are read first, then the items, each with its own answer or
 * its group's: a project of any size is read in two passes.
 */
#include <flow/target.h>

#include <base/alloc.h>
#include <base/error.h>
#include <stdlib.h>
#include <string.h>

/* ---- which question ---- */

/* This version learns to choose one of several. */
static bool is_learnable(const lnti_question *question) {
  return question->type == LNTI_RADIO || question->type == LNTI_TREE;
}

typedef struct answered_state {
  const lnti_ontology *ontology;
  bool *answered; /* [n_questions] */
} answered_state;

static lnt_status note_answer(void *payload, const lnti_answer_row *row, lnt_error *err) {
  (void)err;
  answered_state *state = payload;
  size_t question = lnti_ontology_question_by_id(state->ontology, row->question_id);
  if (question != LNTI_NONE && row->state == LNTI_ANSWERED) state->answered[question] = true;
  return LNT_OK;
}

static lnt_status fail_several(const lnti_ontology *ontology, const bool *answered, lnt_error *err) {
  lnti_text list = {0};
  lnt_status status = LNT_OK;
  for (size_t q = 0; q < ontology->n_questions && status == LNT_OK; q++) {
    if (!answered[q] || !is_learnable(&ontology->questions[q])) continue;
    if (list.length) status = lnti_text_append(&list, ", ", 2, err);
    if (status == LNT_OK) status = lnti_ontology_question_path(&list, ontology, q, err);
  }
  if (status == LNT_OK) {
    status = lnti_fail(err, LNT_EINVAL, "several questions have answers (%.300s): choose one with --target", list.data);
  }
  lnti_text_clear(&list);
  return status;
}

static lnt_status fail_type(const lnti_question *question, lnt_error *err) {
  return lnti_fail(err, LNT_EINVAL, "\"%s\" %s; this version learns radio and tree questions", question->title,
                   question->type == LNTI_NUMBER ? "asks for a number" : "is a checklist, which takes several answers");
}

/* [n_questions] which have answers, for the caller to free. */
static lnt_status find_answered(bool **out, lnti_project *project, const lnti_ontology *ontology, lnt_error *err) {
  answered_state state = {ontology, NULL};
  lnt_status status = lnti_alloc_zero(&state.answered, ontology->n_questions, sizeof *state.answered, err);
  if (!status) status = lnti_store_answers(project->store, 0, INT64_MAX, 0, note_answer, &state, err);
  if (status) free(state.answered);
  if (!status) *out = state.answered;
  return status;
}

lnt_status lnti_target_count(size_t *n_out, lnti_project *project, const lnti_ontology *ontology, lnt_error *err) {
  bool *answered = NULL;
  size_t n = 0;
  lnt_status status = find_answered(&answered, project, ontology, err);
  for (size_t q = 0; q < ontology->n_questions && !status; q++) {
    n += answered[q] && is_learnable(&ontology->questions[q]);
  }
  free(answered);
  if (!status) *n_out = n;
  return status;
}

static lnt_status find_only(size_t *question_out, lnti_project *project, const lnti_ontology *ontology,
                            lnt_error *err) {
  bool *answered = NULL;
  size_t found = LNTI_NONE, n = 0, checklist = LNTI_NONE;
  lnt_status status = find_answered(&answered, project, ontology, err);
  if (status) return status;
  for (size_t q = 0; q < ontology->n_questions; q++) {
    if (!answered[q]) continue;
    if (is_learnable(&ontology->questions[q])) {
      found = q;
      n++;
    } else if (ontology->questions[q].type == LNTI_CHECKLIST) {
      checklist = q;
    }
  }
  if (n == 0 && checklist != LNTI_NONE) {
    status = fail_type(&ontology->questions[checklist], err);
  } else if (n == 0) {
    status = lnti_fail(err, LNT_ENOTFOUND,
                       "no item has a label yet; import a labelled set, for example a folder with one folder for each "
                       "class: linnet import DIR");
  } else if (n > 1) {
    status = fail_several(ontology, answered, err);
  } else {
    *question_out = found;
  }
  free(answered);
  return status;
}

lnt_status lnti_target_find(size_t *question_out, lnti_project *project, const lnti_ontology *ontology,
                            const char *path, lnt_error *err) {
  size_t question = LNTI_NONE;
  lnt_status status =
      path ? lnti_ontology_find_question(&question, ontology, path, err) : find_only(&question, project, ontology, err);
  if (status) return status;
  if (!is_learnable(&ontology->questions[question])) return fail_type(&ontology->questions[question], err);
  *question_out = question;
  return LNT_OK;
}

/* ---- labelled items ---- */

/* What is said of an item, or of a group. */
typedef struct label {
  int64_t item_id;
  size_t option; /* LNTI_NONE: that there is no telling */
} label;

typedef struct load_state {
  lnti_ontology *ontology;
  const char *only_split;
  label *labels;
  size_t n_labels, label_capacity;
  lnti_labelled *out;
} load_state;

static lnt_status collect_label(void *payload, const lnti_answer_row *row, lnt_error *err) {
  load_state *state = payload;
  size_t option = LNTI_NONE;
  if (row->state == LNTI_ANSWERED) option = lnti_ontology_option_by_id(state->ontology, row->option_id);
  if (row->state == LNTI_ANSWERED && option == LNTI_NONE) {
    return lnti_fail(err, LNT_ECORRUPT,
                     "item %lld is answered with option %lld, which the ontology does not have; "
                     "run: linnet verify",
                     (long long)row->subject_id, (long long)row->option_id);
  }
  lnt_status status =
      lnti_grow(&state->labels, &state->label_capacity, state->n_labels + 1, sizeof *state->labels, err);
  if (status) return status;
  state->labels[state->n_labels++] = (label){row->subject_id, option};
  return LNT_OK;
}

static const label *find_label(const load_state *state, int64_t item_id) {
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

/* A group's answer is that of each of its images that has none itself; a group is no image. */
static lnt_status collect_item(void *payload, const lnti_item *item, lnt_error *err) {
  load_state *state = payload;
  lnti_labelled *out = state->out;
  if (item->kind == LNTI_ITEM_GROUP) return LNT_OK;
  const label *said = find_label(state, item->id);
  if (!said && item->group_id) said = find_label(state, item->group_id);
  if (!said || said->option == LNTI_NONE) return LNT_OK;
  size_t n = out->items.n;
  lnt_status status = lnti_grow(&out->option, &out->option_capacity, n + 1, sizeof *out->option, err);
  if (status) return status;
  if (!state->only_split) {
    status = lnti_grow(&out->split, &out->split_capacity, n + 1, sizeof *out->split, err);
    if (status) return status;
    memset(out->split[n], 0, sizeof out->split[n]);
    memcpy(out->split[n], item->split, strnlen(item->split, sizeof out->split[n] - 1));
  }
  out->option[n] = said->option;
  return lnti_extract_items_add(&out->items, item, err);
}

lnt_status lnti_labelled_load(lnti_labelled *out, lnti_project *project, lnti_ontology *ontology, size_t question,
                              const char *split, lnt_error *err) {
  lnti_labelled labelled = {0};
  load_state state = {.ontology = ontology, .only_split = split, .out = &labelled};
  int64_t question_id = ontology->questions[question].id;
  lnti_item_query query = {.split = split}; /* not those answered alone: a group answers for its images */
  lnt_status status = lnti_store_answers(project->store, 0, INT64_MAX, question_id, collect_label, &state, err);
  if (status) goto done;
  status = lnti_store_items(project->store, &query, collect_item, &state, err);
  if (status) goto done;
  *out = labelled;
  labelled = (lnti_labelled){0};
done:
  free(state.labels);
  lnti_labelled_clear(&labelled);
  return status;
}

void lnti_labelled_keep(lnti_labelled *labelled, const bool *keep) {
  size_t n = 0;
  for (size_t i = 0; i < labelled->items.n; i++) {
    if (!keep[i]) {
      free(labelled->items.item[i].uri);
      continue;
    }
    labelled->items.item[n] = labelled->items.item[i];
    labelled->option[n] = labelled->option[i];
    if (labelled->split) memmove(labelled->split[n], labelled->split[i], sizeof labelled->split[n]);
    n++;
  }
  labelled->items.n = n;
}

void lnti_labelled_clear(lnti_labelled *labelled) {
  lnti_extract_items_clear(&labelled->items);
  free(labelled->option);
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

lnt_status lnti_target_classes(lnt_model *model, lnti_ontology *ontology, const size_t *option, size_t n,
                               lnt_error *err) {
  lnt_status status = lnti_alloc_zero(&model->classes, n, sizeof *model->classes, err);
  if (status) return status;
  model->n_classes = n;
  for (size_t c = 0; c < n && !status; c++) {
    lnti_text path = {0}, titles = {0};
    status = lnti_ontology_option_path(&path, ontology, option[c], err);
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
