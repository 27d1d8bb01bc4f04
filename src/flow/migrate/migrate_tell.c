/*
 * What a migration did, for people: which questions and options, a few items before and after, the models that know the
 * classes as they were.
 */
#include <base/error.h>
#include <flow/answer_text.h>
#include <flow/migrate/migrate_parts.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_SHOWN = 50 };

void lnti_migrate_result_clear(lnti_migrate_result *r) {
  for (size_t i = 0; i < r->n_shown; i++) {
    free(r->rows[i].before);
    free(r->rows[i].after);
  }
  for (size_t i = 0; i < r->n_examples; i++) {
    free(r->examples[i].path);
    free(r->examples[i].before);
    free(r->examples[i].after);
  }
  for (size_t i = 0; i < r->n_models; i++) {
    free(r->models[i].name);
    free(r->models[i].target);
  }
  for (size_t i = 0; i < r->n_out; i++) free(r->out[i].path);
  for (size_t i = 0; i < r->n_carriers; i++) free(r->carriers[i].path);
  free(r->out);
  free(r->rows);
  free(r->examples);
  free(r->models);
  *r = (lnti_migrate_result){0};
}

/* ---- examples ---- */

static lnt_status load_old(lnti_migrating *m, lnt_error *err) {
  return m->old ? LNT_OK : lnti_store_ontology(&m->old, m->project->store, err);
}

static int by_question(const void *a, const void *b) {
  const lnti_answer_row *x = a, *y = b;
  if (x->question_id != y->question_id) return x->question_id < y->question_id ? -1 : 1;
  return (x->slot > y->slot) - (x->slot < y->slot);
}

static lnt_status text_after(lnti_text *out, const lnti_migrating *m, lnt_error *err) {
  const lnti_ontology *o = m->ontology;
  lnti_answer_row *rows = NULL;
  lnt_status status = lnti_alloc(&rows, m->item.n, sizeof *rows, err);
  for (size_t i = 0; i < m->item.n && !status; i++) {
    const lnti_said *said = &m->item.said[i];
    rows[i] = m->rows[said->row];
    rows[i].question_id = o->questions[said->answer.question].id;
    rows[i].slot = said->slot == LNTI_NONE ? 0 : o->options[said->slot].id;
    rows[i].state = said->answer.state;
    rows[i].option_id = said->answer.option == LNTI_NONE ? 0 : o->options[said->answer.option].id;
    rows[i].number = said->answer.number;
    rows[i].text = said->text;
  }
  if (!status && m->item.n) {
    qsort(rows, m->item.n, sizeof *rows, by_question);
    status = lnti_answers_text(out, o, rows, m->item.n, err);
  }
  free(rows);
  return status;
}

lnt_status lnti_migrate_note_example(lnti_migrating *m, size_t begin, size_t end, lnt_error *err) {
  lnti_migrate_result *r = m->result;
  lnti_text before = {0}, after = {0};
  if (r->n_examples == LNTI_MIGRATE_EXAMPLES) return LNT_OK;
  lnt_status status = lnti_grow(&r->examples, &r->example_capacity, r->n_examples + 1, sizeof *r->examples, err);
  if (!status) status = load_old(m, err);
  if (!status) status = lnti_answers_text(&before, m->old, &m->rows[begin], end - begin, err);
  if (!status) status = text_after(&after, m, err);
  if (!status && !after.data) status = lnti_text_append(&after, "", 0, err);
  if (status) {
    lnti_text_clear(&before);
    lnti_text_clear(&after);
    return status;
  }
  r->examples[r->n_examples++] = (lnti_migrate_example){
      .item_id = m->item_id, .before = before.data, .after = after.data, .review = m->item.review};
  return LNT_OK;
}

/* ---- rows of the ontology ---- */

static lnt_status tell_question(lnti_text *out, const lnti_ontology *o, const lnti_question *q, lnt_error *err) {
  lnt_status status = LNT_OK;
  if (q->parent_option != LNTI_NONE) {
    size_t above = q->parent_option;
    status = lnti_ontology_place_path(out, o, o->options[above].question, above, err);
    if (!status) status = lnti_text_append(out, "/", 1, err);
  }
  if (!status) status = lnti_text_printf(out, err, "%s \"%s\" %s", q->key, q->title, lnti_question_type_name(q->type));
  if (status || q->type != LNTI_NUMBER) return status;
  if (isfinite(q->min) || isfinite(q->max)) status = lnti_text_printf(out, err, " %g..%g", q->min, q->max);
  if (!status && q->step > 0) status = lnti_text_printf(out, err, " by %g", q->step);
  return status || !*q->unit ? status : lnti_text_printf(out, err, " %s", q->unit);
}

static lnt_status tell_option(lnti_text *out, const lnti_ontology *o, const lnti_option *option, lnt_error *err) {
  lnt_status status = lnti_ontology_place_path(out, o, option->question, option->parent, err);
  if (!status) status = lnti_text_printf(out, err, "/%s \"%s\"", option->key, option->title);
  if (!status && *option->hotkey) status = lnti_text_printf(out, err, " key %s", option->hotkey);
  if (!status && *option->color) status = lnti_text_printf(out, err, " color %s", option->color);
  if (!status && option->retired) status = lnti_text_append(out, " retired", 8, err);
  return status;
}

static lnt_status tell_row(lnti_text *out, const lnti_migrating *m, const lnti_touched *t, bool before,
                           lnt_error *err) {
  const lnti_ontology *o = m->ontology;
  bool gone = t->is_question ? o->questions[t->index].gone : o->options[t->index].gone;
  if (before ? t->added : gone) return lnti_text_append(out, "", 0, err);
  if (t->is_question) return tell_question(out, o, before ? &t->question : &o->questions[t->index], err);
  return tell_option(out, o, before ? &t->option : &o->options[t->index], err);
}

lnt_status lnti_migrate_note_rows(lnti_migrating *m, lnt_error *err) {
  lnti_migrate_result *r = m->result;
  lnt_status status = LNT_OK;
  r->n_rows = m->changes.n_touched;
  for (size_t i = 0; i < m->changes.n_touched && r->n_shown < ROWS_SHOWN && !status; i++) {
    lnti_text before = {0}, after = {0};
    status = lnti_grow(&r->rows, &r->row_capacity, r->n_shown + 1, sizeof *r->rows, err);
    if (!status) status = tell_row(&before, m, &m->changes.touched[i], true, err);
    if (!status) status = tell_row(&after, m, &m->changes.touched[i], false, err);
    if (status) {
      lnti_text_clear(&before);
      lnti_text_clear(&after);
      return status;
    }
    r->rows[r->n_shown++] = (lnti_migrate_row){before.data, after.data};
  }
  return status;
}

/* ---- at the end ---- */

/* Where the paths of items go. */
typedef struct path_list {
  lnti_migrate_example *examples;
  size_t n;
} path_list;

static lnt_status add_path(void *payload, const lnti_item *item, lnt_error *err) {
  const path_list *list = payload;
  lnti_text uri = {0};
  lnt_status status = lnti_item_uri(&uri, item, err);
  for (size_t i = 0; i < list->n && !status; i++) {
    if (list->examples[i].item_id == item->id && !list->examples[i].path) {
      list->examples[i].path = uri.data;
      return LNT_OK;
    }
  }
  lnti_text_clear(&uri);
  return status;
}

static lnt_status add_paths(const lnti_migrating *m, lnti_migrate_example *examples, size_t n, lnt_error *err) {
  int64_t ids[LNTI_MIGRATE_EXAMPLES];
  path_list list = {examples, n};
  for (size_t i = 0; i < n; i++) ids[i] = examples[i].item_id;
  return n > 0 ? lnti_store_items_by_id(m->project->store, ids, n, add_path, &list, err) : LNT_OK;
}

/* What the model learned is a question by that path, until now. */
static bool is_touched(const lnti_migrating *m, const char *target) {
  const lnti_ontology_changes *c = &m->changes;
  lnt_error ignored = LNT_ERROR_INIT;
  for (size_t i = 0; i < c->n_touched; i++) {
    const lnti_touched *t = &c->touched[i];
    if (t->added) continue;
    lnti_text path = {0};
    bool same = false;
    size_t question = t->is_question ? t->index : t->option.question;
    int64_t id = m->ontology->questions[question].id;
    size_t old = lnti_ontology_question_by_id(m->old, id);
    if (old != LNTI_NONE && lnti_ontology_question_path(&path, m->old, old, &ignored) == LNT_OK) {
      size_t n = path.length;
      same = strcmp(path.data, target) == 0 || (strncmp(path.data, target, n) == 0 && target[n] == '/');
    }
    lnti_text_clear(&path);
    if (same) return true;
  }
  return false;
}

static lnt_status note_model(void *payload, const lnti_model_row *model, lnt_error *err) {
  lnti_migrating *m = payload;
  lnti_migrate_result *r = m->result;
  if (!is_touched(m, model->target)) return LNT_OK;
  lnt_status status = lnti_grow(&r->models, &r->model_capacity, r->n_models + 1, sizeof *r->models, err);
  if (status) return status;
  r->models[r->n_models] = (lnti_migrate_model){0};
  status = lnti_strdup(&r->models[r->n_models].name, model->name, err);
  if (!status) status = lnti_strdup(&r->models[r->n_models].target, model->target, err);
  r->n_models++;
  return status;
}

static lnt_status load_for_model(void *payload, const lnti_model_row *model, lnt_error *err) {
  (void)model;
  return load_old(payload, err);
}

lnt_status lnti_migrating_misfits(lnti_text *out, const lnti_migrating *m, lnt_error *err) {
  const size_t shown = m->n_misfits < LNTI_MIGRATE_MISFITS ? m->n_misfits : LNTI_MIGRATE_MISFITS;
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < shown && !status; i++) {
    status =
        lnti_text_printf(out, err, "%sitem %lld: %.150s", i ? "; " : "", (long long)m->misfit_ids[i], m->misfits[i]);
  }
  return status;
}

/* Which question a model learned is to be known from before. */
lnt_status lnti_migrate_begin(lnti_migrating *m, lnt_error *err) {
  return lnti_store_models(m->project->store, NULL, load_for_model, m, err);
}

lnt_status lnti_migrate_finish(lnti_migrating *m, lnt_error *err) {
  lnti_migrate_result *r = m->result;
  lnt_status status = add_paths(m, r->examples, r->n_examples, err);
  if (!status) status = add_paths(m, r->carriers, r->n_carriers, err);
  return status || !m->old ? status : lnti_store_models(m->project->store, NULL, note_model, m, err);
}
