/*
 * Writing blocks. Rows that name items are written without reading these; the others go the way of all new media. Those
 * of one source go together, since a batch of the store is of one source.
 */
#include <flow/table/store.h>

#include <base/error.h>
#include <stdlib.h>
#include <string.h>

/* ---- refused rows ---- */

static lnt_status tell_refused(lnti_table_storing *s, const lnti_table_refusal *refusal, lnt_error *err) {
  const lnti_table_plan *plan = s->plan;
  char *place = NULL, *text = NULL;
  lnt_status status = lnti_asprintf(&place, err, "%s:%zu", s->path, refusal->line);
  if (!status && refusal->column > 0 && refusal->column <= plan->n_columns) {
    status = plan->named ? lnti_asprintf(&text, err, "column %zu (\"%.60s\"): %s", refusal->column,
                                         plan->columns[refusal->column - 1].name, refusal->reason)
                         : lnti_asprintf(&text, err, "column %zu: %s", refusal->column, refusal->reason);
  }
  if (!status) lnti_import_refuse(s->work, place, refusal->code, text ? text : refusal->reason);
  free(text);
  free(place);
  s->work->n_done++;
  return status;
}

/* ---- inputs ---- */

/* Items that are there: what is said of them is stored, and nothing is read. */
static lnt_status store_known(lnti_import_work *work, const lnti_found *from, const lnti_import_input *inputs, size_t n,
                              lnt_error *err) {
  lnti_import_row *rows = NULL;
  lnt_status status = lnti_alloc_zero(&rows, n, sizeof *rows, err);
  if (status) return status;
  for (size_t i = 0; i < n; i++) {
    rows[i].input = &inputs[i];
    rows[i].group = inputs[i].group;
    rows[i].n_frames = 1;
    rows[i].item = (lnti_item){.member = inputs[i].member, .split = "", .format = "", .stage = "annotate"};
  }
  status = lnti_import_batch(work, from->kind, from->source, rows, n, err);
  free(rows);
  return status;
}

static bool goes_with(const lnti_found *a, const lnti_found *b) {
  return (a->id != 0) == (b->id != 0) && a->source == b->source;
}

static lnt_status store_inputs(lnti_import_work *work, lnti_table_block *b, lnt_error *err) {
  lnti_import_input *part = NULL;
  bool *done = NULL;
  lnt_status status = lnti_arena_alloc(&part, &b->arena, b->n_inputs, sizeof *part, err);
  if (!status) status = lnti_arena_alloc(&done, &b->arena, b->n_inputs, sizeof *done, err);
  for (size_t i = 0; i < b->n_inputs && !status; i++) {
    const lnti_found *from = &b->found[i];
    size_t n = 0;
    if (done[i]) continue;
    for (size_t k = i; k < b->n_inputs; k++) {
      if (done[k] || !goes_with(from, &b->found[k])) continue;
      part[n++] = b->inputs[k];
      done[k] = true;
    }
    status = from->id ? store_known(work, from, part, n, err)
                      : lnti_import_inputs(work, from->kind, from->source, part, n, err);
  }
  return status;
}

/* ---- blocks ---- */

static void *store_main(void *payload) {
  lnti_table_storing *s = payload;
  lnti_table_block *b = s->block;
  s->status = LNT_OK;
  for (size_t i = 0; i < b->n_refusals && !s->status; i++) s->status = tell_refused(s, &b->refusals[i], &s->error);
  if (!s->status) s->status = store_inputs(s->work, b, &s->error);
  return NULL;
}

lnt_status lnti_table_store_end(lnti_table_storing *storing, lnt_error *err) {
  if (!storing->running) return LNT_OK;
  pthread_join(storing->thread, NULL);
  storing->running = false;
  return storing->status ? lnti_fail(err, storing->status, "%s", storing->error.message) : LNT_OK;
}

lnt_status lnti_table_store_begin(lnti_table_storing *storing, lnti_table_block *block, lnt_error *err) {
  lnt_status status = lnti_table_store_end(storing, err);
  if (status) return status;
  storing->block = block;
  storing->error = (lnt_error)LNT_ERROR_INIT;
  int number = pthread_create(&storing->thread, NULL, store_main, storing);
  if (number) return lnti_fail_errno(err, number, "a thread to write with could not be started");
  storing->running = true;
  return LNT_OK;
}
