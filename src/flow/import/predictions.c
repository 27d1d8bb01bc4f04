/*
 * Lines are read as annotate reads them, so that the same table can be given as predictions or as answers.
 */
#include <flow/import/predictions.h>

#include <base/alloc.h>
#include <base/cancel.h>
#include <base/error.h>
#include <flow/annotate/lines.h>
#include <flow/train/keep_model.h>
#include <flow/predict/stored_predictions.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct importing {
  lnti_project *project;
  lnti_ontology *ontology;
  lnti_import_predictions_result out;
  lnti_refused_visit refused;
  void *payload;
  lnti_predicted_row *rows; /* in the order of the lines; class: an option of the ontology */
  size_t n, capacity;
  size_t question;
} importing;

static lnt_status check_answer(importing *m, const lnti_answer_list *answers, double confidence, lnt_error *err) {
  if (answers->n != 1)
    return lnti_fail(err, LNT_EINVAL, "%s: a line has one class, in a column called like the question",
                     answers->n == 0 ? "no class" : "several answers");
  const lnti_answer *answer = &answers->answer[0];
  const lnti_question *question = &m->ontology->questions[answer->question];
  if (question->type != LNTI_RADIO && question->type != LNTI_TREE)
    return lnti_fail(err, LNT_EINVAL, "\"%.100s\" is of type %s: predictions are imported of radio and tree",
                     question->title, lnti_question_type_name(question->type));
  if (answer->state != LNTI_ANSWERED || answer->option == LNTI_NONE)
    return lnti_fail(err, LNT_EINVAL, "unsure and none are no classes: leave such lines out");
  if (m->question != LNTI_NONE && m->question != answer->question)
    return lnti_fail(err, LNT_EINVAL,
                     "another question than before it: import each by itself, under names of their own");
  if (!isnan(confidence) && !(confidence >= 0 && confidence <= 1))
    return lnti_fail(err, LNT_EINVAL, "a confidence of %g: it goes from 0 to 1", confidence);
  return lnti_answer_check(m->ontology, answer, err);
}

typedef struct range {
  int64_t id;
  bool found;
} range;

static lnt_status note_item(void *payload, const lnti_item *item, lnt_error *err) {
  range *r = payload;
  (void)err;
  r->found = item->id == r->id;
  return LNT_OK;
}

static lnt_status check_item(importing *m, int64_t id, lnt_error *err) {
  range r = {id, false};
  const lnti_item_query one = {.limit = 1, .after_id = id - 1};
  lnt_status status = lnti_store_items(m->project->store, &one, note_item, &r, err);
  return !status && !r.found ? lnti_fail(err, LNT_ENOTFOUND, "there is no item %lld", (long long)id) : status;
}

static lnt_status take_line(importing *m, const lnti_answer_line *line, const lnti_answer_list *answers,
                            lnt_error *err) {
  lnt_status status = check_answer(m, answers, line->confidence, err);
  if (!status) status = check_item(m, line->item_id, err);
  if (!status) status = lnti_grow(&m->rows, &m->capacity, m->n + 1, sizeof *m->rows, err);
  if (status) return status;
  m->question = answers->answer[0].question;
  m->rows[m->n] = (lnti_predicted_row){line->item_id, answers->answer[0].option, (float)line->confidence, m->n};
  m->n++;
  return LNT_OK;
}

static lnt_status read_lines(importing *m, lnti_answer_lines *lines, lnt_error *err) {
  lnti_answer_list answers = {0};
  bool more = true;
  lnt_status status = lnti_answer_lines_header(lines, m->ontology, err);
  while (!status && more) {
    lnti_answer_line line = {.confidence = (double)NAN};
    lnt_error reason = LNT_ERROR_INIT;
    lnt_status allowed = LNT_OK;
    status = lnti_answer_lines_next(&more, &line, &answers, &allowed, &reason, lines, err);
    if (!status && m->out.n_lines % 1024 == 0) status = lnti_cancel_check(m->project->context.cancel, err);
    if (status || !more) break;
    m->out.n_lines++;
    if (!allowed) allowed = take_line(m, &line, &answers, &reason);
    if (allowed && !lnti_is_refusal(allowed)) {
      status = lnti_fail(err, allowed, "%s", reason.message);
    } else if (allowed) {
      m->out.n_refused++;
      if (m->refused) m->refused(m->payload, line.name, allowed, reason.message);
    }
  }
  lnti_answer_list_clear(&answers);
  return status;
}

static int by_item(const void *a, const void *b) {
  const lnti_predicted_row *x = a, *y = b;
  if (x->item_id != y->item_id) return x->item_id < y->item_id ? -1 : 1;
  return (x->line > y->line) - (x->line < y->line);
}

/* Of several lines of an item the last; options become classes, by their first use. */
static lnt_status store_rows(importing *m, const char *name, lnt_error *err) {
  size_t n = 0, n_classes = 0;
  size_t *class_of = NULL;
  char **ids = NULL;
  lnt_status status = lnti_alloc_zero(&class_of, m->ontology->n_options, sizeof *class_of, err);
  if (!status) status = lnti_alloc_zero(&ids, m->ontology->n_options, sizeof *ids, err);
  qsort(m->rows, m->n, sizeof *m->rows, by_item);
  for (size_t i = 0; i < m->n && !status; i++) {
    if (i + 1 < m->n && m->rows[i + 1].item_id == m->rows[i].item_id) continue;
    size_t option = m->rows[i].class;
    if (class_of[option] == 0) {
      lnti_text path = {0};
      status = lnti_ontology_option_path(&path, m->ontology, option, err);
      ids[n_classes++] = path.data;
      class_of[option] = n_classes;
    }
    m->rows[n] = m->rows[i];
    m->rows[n++].class = class_of[option] - 1;
    m->out.n_unsure += isnan(m->rows[n - 1].p);
  }
  if (!status)
    status =
        lnti_predictions_store(m->project, name, m->out.target, (const char *const *)ids, n_classes, m->rows, n, err);
  m->out.n = n;
  m->out.n_classes = n_classes;
  for (size_t c = 0; c < n_classes; c++) free(ids[c]);
  free(ids);
  free(class_of);
  return status;
}

static lnt_status note_model(void *payload, const lnti_model_row *row, lnt_error *err) {
  (void)err;
  *(bool *)payload = row != NULL;
  return LNT_OK;
}

static lnt_status check_name(lnti_project *project, const char *name, lnt_error *err) {
  bool taken = false;
  lnt_status status = lnti_model_name_check(name, err);
  if (!status) status = lnti_store_models(project->store, name, note_model, &taken, err);
  if (status || !taken) return status;
  return lnti_fail(err, LNT_EEXISTS,
                   "the project has a model \"%.100s\" of its own: give the other one's predictions another name with "
                   "--name",
                   name);
}

lnt_status lnti_import_predictions(lnti_import_predictions_result *out, lnti_project *project, const char *file,
                                   const char *name, lnti_refused_visit refused, void *payload, lnt_error *err) {
  importing m = {.project = project, .refused = refused, .payload = payload, .question = LNTI_NONE};
  lnti_item_names names = {.project = project};
  lnti_answer_lines *lines = NULL;
  lnti_text target = {0};
  lnt_status status = check_name(project, name, err);
  if (!status) status = lnti_answer_lines_open(&lines, file, &names, err);
  if (!status) status = lnti_store_ontology(&m.ontology, project->store, err);
  if (!status) status = read_lines(&m, lines, err);
  if (!status && m.n == 0)
    status = lnti_fail(err, LNT_EDATA, "%.200s: not one of %zu lines has a prediction that could be taken", file,
                       m.out.n_lines);
  if (!status) status = lnti_ontology_question_path(&target, m.ontology, m.question, err);
  m.out.target = target.data;
  if (!status) status = store_rows(&m, name, err);
  lnti_answer_lines_close(lines);
  lnti_item_names_clear(&names);
  lnti_ontology_free(m.ontology);
  free(m.rows);
  if (status) {
    lnti_import_predictions_result_clear(&m.out);
  } else {
    *out = m.out;
  }
  return status;
}

void lnti_import_predictions_result_clear(lnti_import_predictions_result *result) {
  free(result->target);
  *result = (lnti_import_predictions_result){0};
}
