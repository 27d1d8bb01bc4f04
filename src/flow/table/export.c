/*
 * Tables that export wrote (export/table.c): known by their header, so that they come back as they went out. Questions that
 * the ontology has keep their type; of others the values tell it, as far as they can.
 */
#include <flow/table/parts.h>

#include <base/error.h>
#include <string.h>

/* What every such table begins with, and what becomes of it. */
static const struct {
  const char *name;
  lnti_column_role role;
} fixed[] = {{"id", LNTI_COLUMN_SKIP},     {"uri", LNTI_COLUMN_PATH},     {"split", LNTI_COLUMN_SPLIT},
             {"stage", LNTI_COLUMN_SKIP},  {"group", LNTI_COLUMN_GROUP},  {"width", LNTI_COLUMN_SKIP},
             {"height", LNTI_COLUMN_SKIP}, {"format", LNTI_COLUMN_SKIP},  {"kind", LNTI_COLUMN_SKIP},
             {"bytes", LNTI_COLUMN_SKIP},  {"content", LNTI_COLUMN_SKIP}, {"skip", LNTI_COLUMN_SKIP}};
enum { N_FIXED = sizeof fixed / sizeof fixed[0], N_CSV = 8 };

static const char *after(const char *text, const char *prefix) {
  size_t n = strlen(prefix);
  return strncmp(text, prefix, n) == 0 ? text + n : NULL;
}

static bool ends_with(const char *text, const char *end) {
  size_t n = strlen(text), m = strlen(end);
  return n > m && strcmp(text + n - m, end) == 0;
}

static size_t find_fixed(const char *name) {
  size_t i = 0;
  while (i < N_FIXED && strcmp(fixed[i].name, name) != 0) i++;
  return i;
}

/* What annotate --file takes, or nobody. */
static bool is_remark(const char *name) {
  return after(name, "confidences.") || strcmp(name, "comments") == 0;
}

/* Of JSON Lines: what has keys of its own below it. "titles" are for people; options are called by "answers". */
static bool is_open_part(const char *name) {
  return after(name, "meta.") || after(name, "answers") || after(name, "titles") || is_remark(name);
}

/* The columns of every row stand in one order; of JSON Lines, "group" and "kind" are not in every row. */
static bool is_export(const lnti_table_planning *p) {
  const lnti_table_plan *plan = p->plan;
  if (!plan->named || plan->n_columns < 4 || p->others != LNTI_COLUMN_OPEN) return false;
  if (p->sample->format != LNTI_TABLE_JSONL) {
    for (size_t i = 0; i < N_CSV; i++) {
      if (i >= plan->n_columns || strcmp(plan->columns[i].name, fixed[i].name) != 0) return false;
    }
    return true;
  }
  size_t n = 0;
  for (size_t i = 0; i < plan->n_columns; i++) {
    size_t known = find_fixed(plan->columns[i].name);
    n += known < N_CSV && strcmp(fixed[known].name, "group") != 0;
    if (known == N_FIXED && !is_open_part(plan->columns[i].name)) return false;
  }
  return n == N_CSV - 1;
}

/* ---- questions ---- */

/* Whether the values are numbers that are no names of classes: a class is hardly called 4.5 or -1. */
static bool holds_measures(const lnti_table_planning *p, size_t column) {
  bool any = false;
  for (size_t row = lnti_table_first_data(p); row < p->sample->n; row++) {
    const lnti_cell *cell = lnti_table_sample_cell(p, row, column);
    lnt_error none = LNT_ERROR_INIT;
    double number = 0;
    if (cell->n == 0 || cell->text[0] == '(') continue;
    if (cell->is_list || lnti_parse_real(&number, cell->text, "", &none)) return false;
    any = any || cell->is_number || strspn(cell->text, "0123456789") != cell->n;
  }
  return any;
}

static bool holds_lists(const lnti_table_planning *p, size_t column) {
  for (size_t row = lnti_table_first_data(p); row < p->sample->n; row++) {
    if (lnti_table_sample_cell(p, row, column)->is_list) return true;
  }
  return false;
}

/* The type that a question has in the ontology; `otherwise` where it is none of it. */
static lnti_question_type type_of(const lnti_table_planning *p, const char *question, lnti_question_type otherwise) {
  lnt_error none = LNT_ERROR_INIT;
  size_t found = 0;
  if (!p->spec->ontology || lnti_ontology_find_question(&found, p->spec->ontology, question, &none)) return otherwise;
  return p->spec->ontology->questions[found].type;
}

static lnt_status assign_answer(lnti_table_planning *p, size_t column, const char *question, lnti_question_type type,
                                lnt_error *err) {
  lnti_column_role role = type == LNTI_NUMBER      ? LNTI_COLUMN_NUMBER
                          : type == LNTI_CHECKLIST ? LNTI_COLUMN_LABELS
                                                   : LNTI_COLUMN_LABEL;
  lnt_status status = lnti_table_assign(p, column, role, question, true, err);
  if (!status && role == LNTI_COLUMN_LABEL) p->plan->questions[p->plan->columns[column].question].is_path = true;
  return status;
}

/* What is no label and no number: annotate takes it from the same table. */
static lnt_status leave(lnti_table_planning *p, size_t column, lnt_error *err) {
  p->plan->n_left++;
  return lnti_table_assign(p, column, LNTI_COLUMN_SKIP, NULL, true, err);
}

/* The question of a column: one that is called like a column of every export has a word before it. */
static const char *question_of(const lnti_table_column *column) {
  const char *behind = after(column->name, "answer.");
  return behind ? behind : column->name;
}

/* "class"; behind that of a checklist "class/cat" for each option; and "class/cat/mood", which hangs on an answer. */
static lnt_status assign_csv(lnti_table_planning *p, size_t column, const char **top, lnt_error *err) {
  const lnti_table_column *columns = p->plan->columns;
  const char *name = question_of(&columns[column]), *below = *top ? after(name, *top) : NULL;
  if (below && *below == '/') {
    bool option = !strchr(below + 1, '/');
    return lnti_table_assign(p, column, option ? LNTI_COLUMN_ONEHOT : LNTI_COLUMN_SKIP, option ? *top : NULL, true,
                             err);
  }
  *top = name;
  const char *next = column + 1 < p->plan->n_columns ? after(columns[column + 1].name, name) : NULL;
  bool has_options = next && *next == '/' && !strchr(next + 1, '/');
  lnti_question_type type = has_options ? LNTI_CHECKLIST : holds_measures(p, column) ? LNTI_NUMBER : LNTI_RADIO;
  type = type_of(p, name, type);
  if (type == LNTI_TEXT || type == LNTI_RANK) return leave(p, column, err);
  if (type == LNTI_CHECKLIST) return lnti_table_assign(p, column, LNTI_COLUMN_SKIP, NULL, true, err);
  return assign_answer(p, column, name, type, err);
}

/* "answers.class"; of checklists a list of what is yes, or beside "unsure" "answers.class.yes"; and "answers_no.class". */
static lnt_status assign_json(lnti_table_planning *p, size_t column, lnt_error *err) {
  const char *name = p->plan->columns[column].name, *no = after(name, "answers_no."),
             *question = after(name, "answers.");
  if (no) question = no;
  bool nested = !question || strchr(question, '/');
  if (nested || ends_with(question, ".state")) return lnti_table_assign(p, column, LNTI_COLUMN_SKIP, NULL, true, err);
  if (no || ends_with(question, ".yes")) {
    char *path = NULL;
    size_t n = strlen(question) - (no ? 0 : strlen(".yes"));
    lnt_status status = lnti_arena_strndup(&path, &p->plan->arena, question, n, err);
    if (!status) status = assign_answer(p, column, path, LNTI_CHECKLIST, err);
    p->plan->columns[column].no = no != NULL;
    return status;
  }
  lnti_question_type type = holds_lists(p, column)      ? LNTI_CHECKLIST
                            : holds_measures(p, column) ? LNTI_NUMBER
                                                        : LNTI_RADIO;
  type = type_of(p, question, type);
  return type == LNTI_TEXT || type == LNTI_RANK ? leave(p, column, err) : assign_answer(p, column, question, type, err);
}

lnt_status lnti_table_take_export(lnti_table_planning *p, lnt_error *err) {
  const char *top = NULL;
  lnt_status status = LNT_OK;
  if (!is_export(p)) return LNT_OK;
  p->is_export = p->plan->is_export = true;
  for (size_t i = 0; i < p->plan->n_columns && !status; i++) {
    const lnti_table_column *column = &p->plan->columns[i];
    size_t known = find_fixed(column->name);
    if (p->sample->format != LNTI_TABLE_JSONL && i >= N_CSV) known = N_FIXED; /* a question may have any name there */
    if (strcmp(column->name, "id") == 0) p->plan->id = i;
    if (column->role != LNTI_COLUMN_OPEN) continue;
    if (known < N_FIXED) {
      status = lnti_table_assign(p, i, fixed[known].role, NULL, true, err);
    } else if (p->sample->format == LNTI_TABLE_JSONL && (after(column->name, "titles") || is_remark(column->name))) {
      status = lnti_table_assign(p, i, LNTI_COLUMN_SKIP, NULL, true, err);
    } else if (after(column->name, "meta.")) {
      status = lnti_table_assign(p, i, LNTI_COLUMN_META, NULL, true, err);
    } else {
      status = p->sample->format == LNTI_TABLE_JSONL ? assign_json(p, i, err) : assign_csv(p, i, &top, err);
    }
  }
  return status;
}
