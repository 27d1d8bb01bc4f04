/*
 * Fields as columns: which codes or numbers of the rows a key of filters, counts and sorts stands for.
 */
#include <flow/view/parts.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SOURCE_ID_MAX = 1 << 24 /* more would make tables by source id too large */ };

lnt_status lnti_view_new_bits(uint64_t **out, const lnti_view *view, lnt_error *err) {
  size_t words = lnti_view_words(view) + 1;
  lnt_status status = lnti_alloc_aligned(out, words, sizeof **out, err);
  if (!status) memset(*out, 0, words * sizeof **out);
  return status;
}

void lnti_view_all_bits(uint64_t *bits, const lnti_view *view) {
  size_t n = view->rows.n;
  memset(bits, 0xff, n / 64 * sizeof *bits);
  if (n % 64) bits[n / 64] = ((uint64_t)1 << n % 64) - 1;
}

/* ---- codes ---- */

static const lnti_column no_codes = {0};

static size_t of_question(lnti_coded *out, const lnti_view *view, const lnti_field *field) {
  const lnti_question_rows *q = lnti_view_answer_rows(view, field);
  out->codes = q ? &q->codes : &no_codes;
  return LNTI_CODE_FIRST + (q && q->options.n ? q->options.n : 1);
}

static size_t of_words(lnti_coded *out, const lnti_words *words) {
  out->codes = words ? &words->codes : &no_codes;
  return words ? lnti_words_count(words) : 1;
}

const lnti_words *lnti_view_words_of(const lnti_view *view, const lnti_field *field) {
  const lnti_rows *rows = &view->rows;
  switch (field->kind) {
    case LNTI_FIELD_SPLIT:
      return &rows->words[LNTI_WORD_SPLIT];
    case LNTI_FIELD_STAGE:
      return &rows->words[LNTI_WORD_STAGE];
    case LNTI_FIELD_FORMAT:
      return &rows->words[LNTI_WORD_FORMAT];
    case LNTI_FIELD_META:
      return lnti_rows_meta(rows, view->meta_ids[field->index]);
    default:
      return NULL;
  }
}

static size_t of_numbers(lnti_coded *out, const lnti_view *view, lnti_number_column column, size_t n_codes) {
  out->codes = &view->rows.numbers[column];
  return n_codes;
}

lnt_status lnti_view_coded(lnti_coded *out, bool *found_out, lnti_view *view, const lnti_field *field, lnt_error *err) {
  const lnti_rows *rows = &view->rows;
  const lnti_view_predicted *predicted = NULL;
  lnti_coded coded = {0};
  lnt_status status = lnti_view_need(view, field, err);
  if (status) return status;
  int64_t last_source = view->n_sources ? view->sources[view->n_sources - 1].id : 0;
  const lnti_column *sources = &rows->numbers[LNTI_NUMBER_SOURCE];
  switch (field->kind) {
    case LNTI_FIELD_SPLIT:
    case LNTI_FIELD_STAGE:
    case LNTI_FIELD_FORMAT:
    case LNTI_FIELD_META:
      coded.n_codes = of_words(&coded, lnti_view_words_of(view, field));
      break;
    case LNTI_FIELD_LABELLED:
      coded.n_codes = 2;
      status = lnti_view_labelled(&coded.codes, view, err);
      break;
    case LNTI_FIELD_COMPLETE:
      coded.n_codes = 2;
      status = lnti_view_complete(&coded.codes, view, err);
      break;
    case LNTI_FIELD_SKIPPED:
      coded.n_codes = of_numbers(&coded, view, LNTI_NUMBER_SKIPPED, 2);
      break;
    case LNTI_FIELD_KIND:
      coded.n_codes = of_numbers(&coded, view, LNTI_NUMBER_KIND, 3);
      break;
    case LNTI_FIELD_DUPLICATE:
      coded.n_codes = of_numbers(&coded, view, LNTI_NUMBER_DUPLICATE, 3);
      break;
    case LNTI_FIELD_SOURCE:
      if (last_source < SOURCE_ID_MAX && sources->width < 8) {
        /* a damaged database may name sources that are not there */
        size_t largest = lnti_facet_largest(sources->data, sources->width ? sources->width : 1, sources->capacity);
        if (largest < SOURCE_ID_MAX) {
          size_t last = largest > (size_t)last_source ? largest : (size_t)last_source;
          coded.n_codes = of_numbers(&coded, view, LNTI_NUMBER_SOURCE, last + 1);
        }
      }
      break;
    case LNTI_FIELD_CONFLICT:
    case LNTI_FIELD_LEAK:
      coded.n_codes = 3;
      status = lnti_view_links(&coded.codes, view, field->kind, err);
      break;
    case LNTI_FIELD_QUESTION:
    case LNTI_FIELD_PREDICTED:
      if (view->ontology->questions[lnti_field_question(field, &view->names)].type != LNTI_CHECKLIST) {
        coded.n_codes = of_question(&coded, view, field);
      }
      break;
    case LNTI_FIELD_DISAGREES:
      predicted = lnti_view_predicted_of(view, field);
      coded.codes = predicted ? &predicted->comparisons : &no_codes;
      coded.n_codes = 3;
      break;
    default:
      break;
  }
  if (status) return status;
  *found_out = coded.codes != NULL;
  if (*found_out) *out = coded;
  return LNT_OK;
}

void lnti_view_select_codes(uint64_t *bits, const lnti_view *view, const lnti_coded *coded, const uint8_t *allowed) {
  const lnti_column *codes = coded->codes;
  if (codes->width) {
    lnti_facet_select(bits, codes->data, codes->width, view->rows.n, allowed, coded->n_codes,
                      view->project->context.cpu);
  } else if (allowed[0]) { /* all rows have code 0 */
    lnti_view_all_bits(bits, view);
  } else {
    memset(bits, 0, lnti_view_words(view) * sizeof *bits);
  }
}

/* ---- numbers ---- */

const lnti_column *lnti_view_numbers(const lnti_view *view, const lnti_field *field) {
  static const struct {
    lnti_field_kind kind;
    lnti_number_column column;
  } columns[] = {{LNTI_FIELD_GROUP, LNTI_NUMBER_GROUP},           {LNTI_FIELD_WIDTH, LNTI_NUMBER_WIDTH},
                 {LNTI_FIELD_HEIGHT, LNTI_NUMBER_HEIGHT},         {LNTI_FIELD_BYTES, LNTI_NUMBER_BYTES},
                 {LNTI_FIELD_DEPTH, LNTI_NUMBER_DEPTH},           {LNTI_FIELD_SHARPNESS, LNTI_NUMBER_SHARPNESS},
                 {LNTI_FIELD_BRIGHTNESS, LNTI_NUMBER_BRIGHTNESS}, {LNTI_FIELD_CONTRAST, LNTI_NUMBER_CONTRAST},
                 {LNTI_FIELD_EQUAL, LNTI_NUMBER_EQUAL},           {LNTI_FIELD_NEAR, LNTI_NUMBER_NEAR},
                 {LNTI_FIELD_DISTANCE, LNTI_NUMBER_DISTANCE}};
  for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
    if (columns[i].kind == field->kind) return &view->rows.numbers[columns[i].column];
  }
  static const lnti_column missing = {.real = true};
  if (field->kind == LNTI_FIELD_CONFIDENCE) {
    const lnti_view_predicted *predicted = lnti_view_predicted_of(view, field);
    return predicted ? &predicted->confidence : &missing;
  }
  bool answer = field->kind == LNTI_FIELD_QUESTION || field->kind == LNTI_FIELD_PREDICTED;
  if (answer && view->ontology->questions[lnti_field_question(field, &view->names)].type == LNTI_NUMBER) {
    const lnti_question_rows *q = lnti_view_answer_rows(view, field);
    return q ? &q->numbers : &missing;
  }
  return NULL;
}

double lnti_view_number(const lnti_view *view, const lnti_field *field, size_t row) {
  const lnti_column *numbers = lnti_view_numbers(view, field);
  if (numbers) return lnti_column_real(numbers, row);
  if (field->kind == LNTI_FIELD_ID) return (double)view->rows.ids[row];
  if (field->kind == LNTI_FIELD_PIXELS) {
    return (double)lnti_column_number(&view->rows.numbers[LNTI_NUMBER_WIDTH], row) *
           (double)lnti_column_number(&view->rows.numbers[LNTI_NUMBER_HEIGHT], row);
  }
  return (double)NAN;
}
