/*
 * What retiring an option means: its answers stay, but no model learns it, and of those who see it gone nobody knows how many
 * images that takes from the training.
 */
#include <base/alloc.h>
#include <base/error.h>
#include <flow/migrate/migrate_parts.h>
#include <stdlib.h>

static bool hangs_below(const lnti_ontology *ontology, size_t option, size_t above) {
  while (option != LNTI_NONE && option != above) option = ontology->options[option].parent;
  return option == above;
}

static lnt_status list_retired(lnti_migrating *m, lnt_error *err) {
  lnti_migrate_result *r = m->result;
  const lnti_ontology *o = m->ontology;
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < m->changes.n_touched && !status; i++) {
    const lnti_touched *t = &m->changes.touched[i];
    if (t->is_question || t->added || t->option.retired || !o->options[t->index].retired) continue;
    const size_t question = o->options[t->index].question;
    lnti_text path = {0};
    if (o->options[t->index].gone || o->questions[question].type == LNTI_RANK) continue;
    status = lnti_grow(&r->out, &r->out_capacity, r->n_out + 1, sizeof *r->out, err);
    if (!status) status = lnti_ontology_place_path(&path, o, question, t->index, err);
    if (status) {
      lnti_text_clear(&path);
      return status;
    }
    r->out[r->n_out++] = (lnti_migrate_retired){
        .path = path.data, .option = t->index, .checklist = o->questions[question].type == LNTI_CHECKLIST};
  }
  return status;
}

/* Of a checklist a no says nothing of the option. */
static bool carries(const lnti_migrating *m, const lnti_answer_row *row, const lnti_migrate_retired *retired) {
  if (row->state != LNTI_ANSWERED || row->option_id == 0 || (row->slot && row->number == 0)) return false;
  return hangs_below(m->ontology, lnti_ontology_option_by_id(m->ontology, row->option_id), retired->option);
}

static lnt_status count_item(void *payload, size_t begin, size_t end, lnt_error *err) {
  lnti_migrating *m = payload;
  lnti_migrate_result *r = m->result;
  bool any = false;
  (void)err;
  for (size_t i = 0; i < r->n_out; i++) {
    bool one = false;
    for (size_t row = begin; row < end && !one; row++) one = carries(m, &m->rows[row], &r->out[i]);
    r->out[i].n_items += one;
    any = any || one;
  }
  if (any && r->n_carriers < LNTI_MIGRATE_EXAMPLES) {
    r->carriers[r->n_carriers++] = (lnti_migrate_example){.item_id = m->rows[begin].subject_id};
  }
  return LNT_OK;
}

lnt_status lnti_migrate_note_retired(lnti_migrating *m, lnt_error *err) {
  lnt_status status = list_retired(m, err);
  if (status || m->result->n_out == 0) return status;
  return lnti_migrate_each_item(m, count_item, m, err);
}
