/*
 * Answers come by question and slot, so those of one question stand together: one row, or a checklist's one an option.
 */
#include <flow/answer_text.h>

#include <base/error.h>
#include <string.h>

/* How an option is called: by its path, for programs, or by its titles, for people. */
typedef lnt_status (*option_name)(lnti_text *out, const lnti_ontology *ontology, size_t option, lnt_error *err);

static lnt_status append_option(lnti_text *out, const lnti_ontology *ontology, int64_t option_id, option_name name,
                                lnt_error *err) {
  size_t option = lnti_ontology_option_by_id(ontology, option_id);
  if (option == LNTI_NONE) return lnti_text_append(out, "?", 1, err);
  return name(out, ontology, option, err);
}

static lnt_status answer_text(lnti_text *out, const lnti_ontology *ontology, const lnti_answer_row *row,
                              option_name name, lnt_error *err) {
  if (row->state == LNTI_UNSURE) return lnti_text_printf(out, err, "unsure");
  if (row->state == LNTI_NONE_OF_THESE) return lnti_text_printf(out, err, "none of these");
  if (row->state == LNTI_CLEARED) return lnti_text_printf(out, err, "no answer");
  if (row->text) return lnti_text_append(out, row->text, strlen(row->text), err);
  if (row->option_id == 0) return lnti_text_printf(out, err, "%.10g", row->number);
  return append_option(out, ontology, row->option_id, name, err);
}

lnt_status lnti_answer_text(lnti_text *out, const lnti_ontology *ontology, const lnti_answer_row *row, lnt_error *err) {
  return answer_text(out, ontology, row, lnti_ontology_option_path, err);
}

size_t lnti_answers_run(const lnti_answer_row *rows, size_t n) {
  size_t run = 1;
  while (run < n && rows[run].question_id == rows[0].question_id) run++;
  return run;
}

static bool is_of_type(const lnti_ontology *ontology, const lnti_answer_row *row, lnti_question_type type) {
  size_t question = lnti_ontology_question_by_id(ontology, row->question_id);
  return question != LNTI_NONE && ontology->questions[question].type == type;
}

static bool is_checklist(const lnti_ontology *ontology, const lnti_answer_row *row) {
  return is_of_type(ontology, row, LNTI_CHECKLIST);
}

/* An order; a rank that is unsure, or none of these, is one answer. */
static bool is_order(const lnti_ontology *ontology, const lnti_answer_row *row) {
  return row->slot != 0 && is_of_type(ontology, row, LNTI_RANK);
}

/* The row of a rank's place, from 1; NULL where there is none. */
static const lnti_answer_row *at_place(const lnti_answer_row *rows, size_t n, size_t place) {
  for (size_t i = 0; i < n; i++) {
    if (rows[i].number == (double)place) return &rows[i];
  }
  return NULL;
}

static bool says(const lnti_answer_row *row, double number) {
  return row->state == LNTI_ANSWERED && row->slot != 0 && row->number == number;
}

static bool is_unsure(const lnti_answer_row *rows, size_t n) {
  return n > 0 && rows[0].slot == 0 && rows[0].state == LNTI_UNSURE;
}

static size_t count(const lnti_answer_row *rows, size_t n, double number) {
  size_t found = 0;
  for (size_t i = 0; i < n; i++) found += says(&rows[i], number);
  return found;
}

/* ---- text ---- */

static lnt_status checklist_text(lnti_text *out, const lnti_ontology *ontology, const lnti_answer_row *rows, size_t n,
                                 lnt_error *err) {
  const char *between = "";
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < n && !status; i++) {
    if (!says(&rows[i], 1)) continue;
    status = lnti_text_printf(out, err, "%s", between);
    if (!status) status = append_option(out, ontology, rows[i].slot, lnti_ontology_option_titles, err);
    between = ", ";
  }
  if (!status && !*between && count(rows, n, 0) > 0) {
    status = lnti_text_printf(out, err, "none of %zu", count(rows, n, 0));
    between = ", ";
  }
  if (!status && is_unsure(rows, n)) status = lnti_text_printf(out, err, "%sunsure", between);
  return status;
}

static lnt_status order_text(lnti_text *out, const lnti_ontology *ontology, const lnti_answer_row *rows, size_t n,
                             option_name name, const char *between, lnt_error *err) {
  const lnti_answer_row *row;
  lnt_status status = LNT_OK;
  for (size_t place = 1; place <= n && !status && (row = at_place(rows, n, place)) != NULL; place++) {
    status = lnti_text_printf(out, err, "%s", place > 1 ? between : "");
    if (!status) status = append_option(out, ontology, row->slot, name, err);
  }
  return status;
}

lnt_status lnti_answer_order_paths(lnti_text *out, const lnti_ontology *ontology, const lnti_answer_row *rows, size_t n,
                                   lnt_error *err) {
  return order_text(out, ontology, rows, n, lnti_ontology_option_path, ";", err);
}

lnt_status lnti_answer_value_text(lnti_text *out, const lnti_ontology *ontology, const lnti_answer_row *rows, size_t n,
                                  lnt_error *err) {
  if (is_checklist(ontology, rows)) return checklist_text(out, ontology, rows, n, err);
  if (is_order(ontology, rows)) return order_text(out, ontology, rows, n, lnti_ontology_option_titles, ", ", err);
  return answer_text(out, ontology, &rows[0], lnti_ontology_option_titles, err);
}

lnt_status lnti_answers_text(lnti_text *out, const lnti_ontology *ontology, const lnti_answer_row *rows, size_t n,
                             lnt_error *err) {
  const char *between = "";
  lnt_status status = LNT_OK;
  for (size_t i = 0, run; i < n && !status; i += run) {
    size_t question = lnti_ontology_question_by_id(ontology, rows[i].question_id);
    run = lnti_answers_run(rows + i, n - i);
    if (question == LNTI_NONE) continue;
    status = lnti_text_printf(out, err, "%s", between);
    if (!status) status = lnti_ontology_question_path(out, ontology, question, err);
    if (!status) status = lnti_text_append(out, "=", 1, err);
    if (!status) status = lnti_answer_value_text(out, ontology, rows + i, run, err);
    between = ", ";
  }
  return status;
}

/* ---- JSON ---- */

static lnt_status json_options(lnti_json_writer *w, lnti_text *text, const lnti_ontology *ontology,
                               const lnti_answer_row *rows, size_t n, double number, option_name name, lnt_error *err) {
  lnt_status status = LNT_OK;
  lnti_json_begin_array(w);
  for (size_t i = 0; i < n && !status; i++) {
    if (!says(&rows[i], number)) continue;
    text->length = 0;
    status = append_option(text, ontology, rows[i].slot, name, err);
    if (!status) lnti_json_string(w, text->data);
  }
  lnti_json_end_array(w);
  return status;
}

static lnt_status json_checklist(lnti_json_writer *w, lnti_text *text, const lnti_ontology *ontology,
                                 const lnti_answer_row *rows, size_t n, lnt_error *err) {
  if (!is_unsure(rows, n)) return json_options(w, text, ontology, rows, n, 1, lnti_ontology_option_path, err);
  lnti_json_begin_object(w);
  lnti_json_kv_string(w, "state", "unsure");
  lnti_json_key(w, "yes");
  lnt_status status = json_options(w, text, ontology, rows, n, 1, lnti_ontology_option_path, err);
  lnti_json_end_object(w);
  return status;
}

static lnt_status json_order(lnti_json_writer *w, lnti_text *text, const lnti_ontology *ontology,
                             const lnti_answer_row *rows, size_t n, option_name name, lnt_error *err) {
  const lnti_answer_row *row;
  lnt_status status = LNT_OK;
  lnti_json_begin_array(w);
  for (size_t place = 1; place <= n && !status && (row = at_place(rows, n, place)) != NULL; place++) {
    text->length = 0;
    status = append_option(text, ontology, row->slot, name, err);
    if (!status) lnti_json_string(w, text->data);
  }
  lnti_json_end_array(w);
  return status;
}

static lnt_status json_value(lnti_json_writer *w, lnti_text *text, const lnti_ontology *ontology,
                             const lnti_answer_row *rows, size_t n, lnt_error *err) {
  if (is_checklist(ontology, rows)) return json_checklist(w, text, ontology, rows, n, err);
  if (rows->state != LNTI_ANSWERED) {
    lnti_json_begin_object(w);
    lnti_json_kv_string(w, "state", rows->state == LNTI_UNSURE ? "unsure" : "none");
    lnti_json_end_object(w);
    return LNT_OK;
  }
  if (is_order(ontology, rows)) return json_order(w, text, ontology, rows, n, lnti_ontology_option_path, err);
  if (rows->text) {
    lnti_json_string(w, rows->text);
    return LNT_OK;
  }
  if (rows->option_id == 0) {
    lnti_json_real(w, rows->number);
    return LNT_OK;
  }
  text->length = 0;
  lnt_status status = append_option(text, ontology, rows->option_id, lnti_ontology_option_path, err);
  if (!status) lnti_json_string(w, text->data);
  return status;
}

/* The key of a question whose answers begin at `rows`; *known false where the ontology does not have it. */
static lnt_status json_question(bool *known, lnti_json_writer *w, lnti_text *text, const lnti_ontology *ontology,
                                const lnti_answer_row *rows, lnt_error *err) {
  size_t question = lnti_ontology_question_by_id(ontology, rows->question_id);
  *known = question != LNTI_NONE;
  if (!*known) return LNT_OK;
  text->length = 0;
  lnt_status status = lnti_ontology_question_path(text, ontology, question, err);
  if (!status) lnti_json_key(w, text->data);
  return status;
}

/* "answers_no", left out where nothing is answered with no. */
static lnt_status json_noes(lnti_json_writer *w, lnti_text *text, const lnti_ontology *ontology,
                            const lnti_answer_row *rows, size_t n, lnt_error *err) {
  bool any = false, known = false;
  lnt_status status = LNT_OK;
  for (size_t i = 0, run; i < n && !status; i += run) {
    run = lnti_answers_run(rows + i, n - i);
    if (!is_checklist(ontology, &rows[i]) || count(rows + i, run, 0) == 0) continue;
    if (!any) {
      lnti_json_key(w, "answers_no");
      lnti_json_begin_object(w);
    }
    any = true;
    status = json_question(&known, w, text, ontology, &rows[i], err);
    if (!status) status = json_options(w, text, ontology, rows + i, run, 0, lnti_ontology_option_path, err);
  }
  if (any) lnti_json_end_object(w);
  return status;
}

/* Whether the titles of an answer say what its path does not. */
static lnt_status differs(bool *out, lnti_text *text, const lnti_ontology *ontology, int64_t option_id,
                          lnt_error *err) {
  text->length = 0;
  lnt_status status = append_option(text, ontology, option_id, lnti_ontology_option_path, err);
  size_t middle = text->length + 1;
  if (!status) status = lnti_text_append(text, "", 1, err); /* a NUL between the two */
  if (!status) status = append_option(text, ontology, option_id, lnti_ontology_option_titles, err);
  if (!status) *out = strcmp(text->data, text->data + middle) != 0;
  return status;
}

static lnt_status any_differs(bool *out, lnti_text *text, const lnti_ontology *ontology, const lnti_answer_row *rows,
                              size_t n, lnt_error *err) {
  bool list = is_checklist(ontology, rows);
  lnt_status status = LNT_OK;
  *out = false;
  for (size_t i = 0; i < n && !*out && !status; i++) {
    int64_t option =
        list ? (says(&rows[i], 1) ? rows[i].slot : 0) : (rows[i].state == LNTI_ANSWERED ? rows[i].option_id : 0);
    if (option) status = differs(out, text, ontology, option, err);
  }
  return status;
}

/* "titles", left out where they are the paths. */
static lnt_status json_titles(lnti_json_writer *w, lnti_text *text, const lnti_ontology *ontology,
                              const lnti_answer_row *rows, size_t n, lnt_error *err) {
  bool any = false, known = false, told = false;
  lnt_status status = LNT_OK;
  for (size_t i = 0, run; i < n && !status; i += run) {
    run = lnti_answers_run(rows + i, n - i);
    status = any_differs(&told, text, ontology, rows + i, run, err);
    if (status || !told) continue;
    if (!any) {
      lnti_json_key(w, "titles");
      lnti_json_begin_object(w);
    }
    any = true;
    status = json_question(&known, w, text, ontology, &rows[i], err);
    if (!status && is_checklist(ontology, &rows[i])) {
      status = json_options(w, text, ontology, rows + i, run, 1, lnti_ontology_option_titles, err);
    } else if (!status && is_order(ontology, &rows[i])) {
      status = json_order(w, text, ontology, rows + i, run, lnti_ontology_option_titles, err);
    } else if (!status) {
      text->length = 0;
      status = append_option(text, ontology, rows[i].option_id, lnti_ontology_option_titles, err);
      if (!status) lnti_json_string(w, text->data);
    }
  }
  if (any) lnti_json_end_object(w);
  return status;
}

lnt_status lnti_answers_json(lnti_json_writer *w, const lnti_ontology *ontology, const lnti_answer_row *rows, size_t n,
                             lnt_error *err) {
  lnti_text text = {0};
  lnt_status status = LNT_OK;
  lnti_json_key(w, "answers");
  lnti_json_begin_object(w);
  for (size_t i = 0, run; i < n && !status; i += run) {
    bool known = false;
    run = lnti_answers_run(rows + i, n - i);
    status = json_question(&known, w, &text, ontology, &rows[i], err);
    if (!status && known) status = json_value(w, &text, ontology, rows + i, run, err);
  }
  lnti_json_end_object(w);
  if (!status) status = json_noes(w, &text, ontology, rows, n, err);
  if (!status) status = json_titles(w, &text, ontology, rows, n, err);
  lnti_text_clear(&text);
  return status;
}
