/*
 * What the rows say to one question, as figures.
 */
#include <flow/view/parts.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void lnti_view_answered(uint64_t *bits, const lnti_view *view, size_t question) {
  const lnti_question_rows *q = lnti_rows_question(&view->rows, view->ontology->questions[question].id);
  const size_t n_words = lnti_view_words(view);
  memset(bits, 0, n_words * sizeof *bits);
  if (!q) return;
  if (q->codes.width) { /* any code but LNTI_CODE_UNANSWERED, which is 0 */
    lnti_facet_range(bits, q->codes.data, q->codes.width, view->rows.n, 1, UINT32_MAX, view->project->context.cpu);
  }
  for (size_t i = 0; i < q->checks.n; i++) {
    lnti_bits_join(bits, &q->bits[i].yes, n_words);
    lnti_bits_join(bits, &q->bits[i].no, n_words);
  }
}

static void sum_numbers(lnti_question_summary *out, const lnti_column *numbers, size_t n_rows) {
  double sum = 0;
  for (size_t row = 0; row < n_rows; row++) {
    double x = lnti_column_real(numbers, row);
    if (isnan(x)) continue;
    sum += x;
    if (out->numbers == 0 || x < out->min) out->min = x;
    if (out->numbers == 0 || x > out->max) out->max = x;
    out->numbers++;
  }
  if (out->numbers > 0) out->mean = sum / (double)out->numbers;
}

lnt_status lnti_view_summarize(lnti_question_summary *out, const lnti_view *view, size_t question, lnt_error *err) {
  const lnti_question *asked = &view->ontology->questions[question];
  const lnti_question_rows *q = lnti_rows_question(&view->rows, asked->id);
  const lnt_cpu_level cpu = view->project->context.cpu;
  const size_t n_words = lnti_view_words(view);
  lnti_question_summary summary = {.mean = (double)NAN, .min = (double)NAN, .max = (double)NAN};
  uint64_t *bits = NULL;
  lnt_status status = lnti_view_new_bits(&bits, view, err);
  if (status) return status;
  lnti_view_answered(bits, view, question);
  summary.items = lnti_bits_count(bits, n_words, cpu);
  free(bits);
  for (size_t i = 0; q && i < q->checks.n && asked->type == LNTI_CHECKLIST; i++) {
    if (q->bits[i].yes.width) summary.yes += lnti_bits_count(q->bits[i].yes.data, n_words, cpu);
    if (q->bits[i].no.width) summary.no += lnti_bits_count(q->bits[i].no.data, n_words, cpu);
  }
  if (q && asked->type == LNTI_NUMBER) sum_numbers(&summary, &q->numbers, view->rows.n);
  *out = summary;
  return LNT_OK;
}
