/*
 * What header names and values say of columns. A guess that may be wrong in a way that costs is none: the caller is shown
 * the first rows, and what to give.
 */
#include <flow/table/parts.h>

#include <base/error.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { SHOWN_COLUMNS = 8, SHOWN_VALUE_BYTES = 24, SHOWN_VALUES = 2, WORD_BYTES = 64 };

/* ---- words ---- */

/* Header names, in lower case and without blanks and signs. Of the weak ones one counts where there is no strong one. */
static const char *const path_words[] = {
    "path",      "file",    "filename",  "filepath",      "files",     "filenames",    "image",
    "images",    "img",     "imagepath", "imgpath",       "imagefile", "imgfile",      "imagefilename",
    "imagename", "imgname", "fname",     "uri",           "url",       "relativepath", "fullpath",
    "picture",   "photo",   "member",    "imagefilepath", NULL};
static const char *const weak_path_words[] = {"id", "imageid", "imgid", "name", "key", "index", NULL};
static const char *const label_words[] = {"label",     "class",        "category",   "target",      "classname",
                                          "labelname", "categoryname", "classlabel", "groundtruth", "truth",
                                          "species",   "diagnosis",    "breed",      NULL};
static const char *const weak_label_words[] = {"classid",  "labelid",    "categoryid", "targetid", "classidx",
                                               "labelidx", "classindex", "labelindex", "y",        NULL};
static const char *const labels_words[] = {"labels",   "tags",          "classes", "categories",
                                           "keywords", "findinglabels", NULL};
static const char *const split_words[] = {"split", "set", "subset", "fold", "partition", "phase", NULL};

static void word_of(char out[WORD_BYTES], const char *name) {
  size_t n = 0;
  for (; *name && n < WORD_BYTES - 1; name++) {
    unsigned char c = (unsigned char)*name;
    if (isalnum(c) || c >= 0x80) out[n++] = (char)tolower(c);
  }
  out[n] = '\0';
}

static bool is_word(const char *name, const char *const *words) {
  char word[WORD_BYTES];
  word_of(word, name);
  for (; *words; words++) {
    if (strcmp(*words, word) == 0) return true;
  }
  return false;
}

bool lnti_table_looks_like_path(const char *text) {
  static const char *const extensions[] = {"jpg", "jpeg", "jpe", "png",  "pnm",  "ppm",  "pgm", "pbm", "webp", "gif",
                                           "tif", "tiff", "bmp", "heic", "heif", "avif", "jxl", "jp2", "dcm"};
  const char *dot = strrchr(text, '.');
  for (size_t i = 0; dot && i < sizeof extensions / sizeof extensions[0]; i++) {
    if (strcasecmp(dot + 1, extensions[i]) == 0) return true;
  }
  return false;
}

/* ---- showing ---- */

static lnt_status show_values(lnti_text *out, const lnti_table_planning *p, size_t column, lnt_error *err) {
  size_t first = lnti_table_first_data(p);
  lnt_status status = LNT_OK;
  for (size_t row = first; row < p->sample->n && row < first + SHOWN_VALUES && !status; row++) {
    const lnti_cell *cell = lnti_table_sample_cell(p, row, column);
    size_t n = lnti_utf8_valid(cell->text, cell->n < SHOWN_VALUE_BYTES ? cell->n : SHOWN_VALUE_BYTES);
    status =
        lnti_text_printf(out, err, "%s%.*s%s", row > first ? "; " : " (", (int)n, cell->text, n < cell->n ? "..." : "");
  }
  return status ? status : lnti_text_printf(out, err, p->sample->n > first ? ")" : "");
}

lnt_status lnti_table_show(lnti_text *out, const lnti_table_planning *p, lnt_error *err) {
  size_t n = p->plan->n_columns ? p->plan->n_columns : p->sample->rows[0].n;
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < n && i < SHOWN_COLUMNS && !status; i++) {
    status = lnti_text_printf(out, err, "%s%zu", i ? ", " : "", i + 1);
    if (!status && p->plan->named && p->plan->n_columns) {
      status = lnti_text_printf(out, err, " \"%.40s\"", p->plan->columns[i].name);
    }
    if (!status) status = show_values(out, p, i, err);
  }
  if (!status && n > SHOWN_COLUMNS) status = lnti_text_printf(out, err, ", ... %zu columns", n);
  return status;
}

/* Refuses to guess: the question, what there is, what to give. */
static lnt_status ask(const lnti_table_planning *p, const char *question, const char *give, lnt_error *err) {
  lnti_text shown = {0};
  lnt_status status = lnti_table_show(&shown, p, err);
  if (!status) {
    status = lnti_fail(err, LNT_EINVAL, "%.100s: %s Give %s. The columns: %.250s", p->sample->name, question, give,
                       shown.data);
  }
  lnti_text_clear(&shown);
  return status;
}

/* ---- header ---- */

static bool is_number(const char *text, size_t n) {
  return n > 0 && strspn(text, "0123456789") >= n;
}

/* Whether the caller names a column otherwise than by its number. */
static bool names_columns(const lnti_table_spec *spec) {
  for (size_t i = 0; i < spec->n_columns; i++) {
    const char *text = spec->columns[i], *equals = strrchr(text, '=');
    size_t n = equals ? (size_t)(equals - text) : 0;
    bool others = equals && (strcmp(equals, "=*") == 0 || (n == 1 && *text == '*'));
    if (equals && !others && !is_number(text, n)) return true;
  }
  for (size_t i = 0; i < spec->n_labels; i++) {
    size_t n = strspn(spec->labels[i], "0123456789/");
    if (spec->labels[i][n] != '\0' && spec->labels[i][n] != ':') return true;
  }
  for (size_t i = 0; i < spec->n_names; i++) {
    if (!is_number(spec->named_columns[i], strlen(spec->named_columns[i]))) return true;
  }
  return false;
}

/* The column that "N=path" names, or LNTI_NONE. */
static size_t given_path(const lnti_table_planning *p) {
  for (size_t i = 0; i < p->spec->n_columns; i++) {
    const char *text = p->spec->columns[i];
    size_t n = strspn(text, "0123456789");
    int64_t number = 0;
    char digits[20];
    if (n == 0 || n >= sizeof digits || strcasecmp(text + n, "=path") != 0) continue;
    snprintf(digits, sizeof digits, "%.*s", (int)n, text);
    if (lnti_parse_int(&number, digits, "column", NULL) == LNT_OK && number >= 1) return (size_t)number - 1;
  }
  return LNTI_NONE;
}

static bool is_header_word(const char *name) {
  return is_word(name, path_words) || is_word(name, weak_path_words) || is_word(name, label_words) ||
         is_word(name, weak_label_words) || is_word(name, labels_words) || is_word(name, split_words);
}

/* Whether a text names something: by its form alone, or because it is there. Looking is dear where the project is large. */
static bool is_path(const lnti_table_planning *p, const char *text, bool look) {
  return *text && (lnti_table_looks_like_path(text) || (look && p->exists(p->payload, text)));
}

/* Whether the column names something in at least half of the rows from `first` on. */
static bool names_things(const lnti_table_planning *p, size_t first, size_t column, bool look) {
  size_t n = 0;
  for (size_t row = first; row < p->sample->n; row++)
    n += is_path(p, lnti_table_sample_cell(p, row, column)->text, look);
  return n > 0 && 2 * n >= p->sample->n - first;
}

/* What the cells of the first row say of it, beside those below: a path means a row like any other. False where they say
 * nothing. */
static bool judge_paths(bool *header_out, const lnti_table_planning *p, bool look) {
  const lnti_sheet_row *first = &p->sample->rows[0];
  size_t path = given_path(p);
  bool below = false;
  for (size_t i = 0; i < first->n; i++) {
    if (path != LNTI_NONE && i != path) continue;
    if (is_path(p, first->cells[i].text, look)) {
      *header_out = false;
      return true;
    }
    below = below || (p->sample->n > 1 && names_things(p, 1, i, look));
  }
  *header_out = below;
  return below;
}

static bool judge_cells(bool *header_out, const lnti_table_planning *p) {
  const lnti_sheet_row *first = &p->sample->rows[0];
  bool word = false;
  if (judge_paths(header_out, p, false) || judge_paths(header_out, p, true)) return true;
  for (size_t i = 0; i < first->n; i++) word = word || is_header_word(first->cells[i].text);
  *header_out = word;
  return word;
}

lnt_status lnti_table_guess_header(bool *out, const lnti_table_planning *p, lnt_error *err) {
  const lnti_table_sample *sample = p->sample;
  bool header = false;
  if (sample->format == LNTI_TABLE_JSONL || p->spec->header == LNTI_HEADER_NO) {
    *out = false;
    return LNT_OK;
  }
  if (sample->rows[0].line != sample->first_line) {
    return lnti_fail(err, LNT_EDATA, "%.200s:%zu: the first row is broken; mend it", sample->name, sample->first_line);
  }
  if (p->spec->header == LNTI_HEADER_YES || names_columns(p->spec)) {
    header = true;
  } else if (!judge_cells(&header, p) && sample->format != LNTI_TABLE_LIST) {
    return ask(p, "it is not clear whether the first row is a header.", "--header yes or --header no", err);
  }
  *out = header;
  return LNT_OK;
}

/* ---- roles ---- */

/* The one open column that a word of the list names; *n_out of them. */
static size_t open_called(const lnti_table_planning *p, const char *const *words, size_t *n_out) {
  size_t found = LNTI_NONE;
  *n_out = 0;
  for (size_t i = 0; i < p->plan->n_columns; i++) {
    const lnti_table_column *c = &p->plan->columns[i];
    if (c->role != LNTI_COLUMN_OPEN || !p->plan->named || !is_word(c->name, words)) continue;
    if ((*n_out)++ == 0) found = i;
  }
  return found;
}

static bool has_role(const lnti_table_planning *p, lnti_column_role role) {
  for (size_t i = 0; i < p->plan->n_columns; i++) {
    if (p->plan->columns[i].role == role) return true;
  }
  return false;
}

static size_t count_open(const lnti_table_planning *p, size_t *first_out) {
  size_t n = 0;
  for (size_t i = 0; i < p->plan->n_columns; i++) {
    if (p->plan->columns[i].role == LNTI_COLUMN_OPEN && n++ == 0) *first_out = i;
  }
  return n;
}

/* The one open column whose values name things; *n_out of them. With `called` only those that are called after paths. */
static size_t open_naming(const lnti_table_planning *p, bool called, bool look, size_t *n_out) {
  size_t found = LNTI_NONE, first = lnti_table_first_data(p);
  *n_out = 0;
  for (size_t i = 0; i < p->plan->n_columns; i++) {
    const lnti_table_column *c = &p->plan->columns[i];
    if (c->role != LNTI_COLUMN_OPEN || (called && !is_word(c->name, path_words))) continue;
    if (!names_things(p, first, i, look)) continue;
    if ((*n_out)++ == 0) found = i;
  }
  return found;
}

static lnt_status guess_path(lnti_table_planning *p, lnt_error *err) {
  size_t n = 0, n_naming = 0;
  if (has_role(p, LNTI_COLUMN_PATH)) return LNT_OK;
  size_t column = open_called(p, path_words, &n);
  if (n == 1) return lnti_table_assign(p, column, LNTI_COLUMN_PATH, NULL, true, err);
  size_t naming = open_naming(p, n > 1, false, &n_naming);
  if (n_naming == 0) naming = open_naming(p, n > 1, true, &n_naming);
  if (n_naming == 1) return lnti_table_assign(p, naming, LNTI_COLUMN_PATH, NULL, true, err);
  if (n_naming == 0 && n == 0) {
    column = open_called(p, weak_path_words, &n);
    if (n == 1) return lnti_table_assign(p, column, LNTI_COLUMN_PATH, NULL, true, err);
    bool list = p->sample->format == LNTI_TABLE_LIST || p->plan->n_columns == 1;
    if (list && p->plan->columns[0].role == LNTI_COLUMN_OPEN) {
      return lnti_table_assign(p, 0, LNTI_COLUMN_PATH, NULL, true, err);
    }
  }
  return ask(p, "it is not clear which column names the images.", "--column COLUMN=path (and --root)", err);
}

/* A role of which there can be one, by its words; more than one column of that name stay metadata. Groups are not
 * guessed: "group" mostly says what must stay together in a split, not what has one answer. */
static lnt_status guess_single(lnti_table_planning *p, lnti_column_role role, const char *const *words,
                               lnt_error *err) {
  size_t n = 0, column = open_called(p, words, &n);
  if (n != 1 || has_role(p, role)) return LNT_OK;
  return lnti_table_assign(p, column, role, NULL, true, err);
}

/* In how many sampled values of a column stands one of the signs, or a list. */
static size_t count_joined(const lnti_table_planning *p, size_t column, const char *signs) {
  size_t n = 0;
  for (size_t row = lnti_table_first_data(p); row < p->sample->n; row++) {
    const lnti_cell *cell = lnti_table_sample_cell(p, row, column);
    n += cell->is_list || cell->text[0] == '[' || strpbrk(cell->text, signs) != NULL;
  }
  return n;
}

static bool has_lists(const lnti_table_planning *p, size_t column) {
  for (size_t row = lnti_table_first_data(p); row < p->sample->n; row++) {
    if (lnti_table_sample_cell(p, row, column)->is_list) return true;
  }
  return false;
}

static lnt_status ask_labels(const lnti_table_planning *p, size_t column, lnt_error *err) {
  char question[160], give[120];
  const char *name = p->plan->columns[column].name;
  snprintf(question, sizeof question, "does \"%.40s\" hold one label each, or several?", name);
  snprintf(give, sizeof give, "--column '%.40s=label' or '%.40s=labels'", name, name);
  return ask(p, question, give, err);
}

static lnt_status guess_label(lnti_table_planning *p, lnt_error *err) {
  static const lnti_column_role any[] = {LNTI_COLUMN_LABEL, LNTI_COLUMN_LABELS, LNTI_COLUMN_ONEHOT, LNTI_COLUMN_NUMBER};
  size_t n = 0, n_labels = 0;
  for (size_t i = 0; i < sizeof any / sizeof any[0]; i++) {
    if (has_role(p, any[i])) return LNT_OK; /* what is said is all */
  }
  size_t column = open_called(p, label_words, &n), labels = open_called(p, labels_words, &n_labels);
  if (n == 0 && n_labels == 0) column = open_called(p, weak_label_words, &n);
  if (n + n_labels == 0) return LNT_OK;
  if (n + n_labels > 1) {
    return ask(p, "several columns may be the label.", "--column COLUMN=label, and with levels --label TOP/BELOW", err);
  }
  if (n == 1 && has_lists(p, column)) return lnti_table_assign(p, column, LNTI_COLUMN_LABELS, NULL, true, err);
  if (n == 1 && count_joined(p, column, ";|") > 0) return ask_labels(p, column, err);
  if (n == 1) return lnti_table_assign(p, column, LNTI_COLUMN_LABEL, NULL, true, err);
  if (count_joined(p, labels, ";|,") == 0 && !p->spec->label_separator) return ask_labels(p, labels, err);
  return lnti_table_assign(p, labels, LNTI_COLUMN_LABELS, NULL, true, err);
}

/* Without a header: what is left beside the path is the label, if it is one column. */
static lnt_status guess_unnamed(lnti_table_planning *p, lnt_error *err) {
  size_t first = 0, n = count_open(p, &first);
  bool labelled = p->plan->n_questions > 0;
  if (n == 0) return LNT_OK;
  if (n == 1 && !labelled) return lnti_table_assign(p, first, LNTI_COLUMN_LABEL, NULL, true, err);
  return ask(p, "without a header it is not clear what the columns are.",
             "--column N=label, or levels as --label TOP/BELOW, and '*=skip' for the others", err);
}

static bool holds_flags(const lnti_table_planning *p, size_t column) {
  bool one = false;
  for (size_t row = lnti_table_first_data(p); row < p->sample->n; row++) {
    const char *text = lnti_table_sample_cell(p, row, column)->text;
    if (strcmp(text, "1") == 0 || strcmp(text, "1.0") == 0)
      one = true;
    else if (strcmp(text, "0") != 0 && strcmp(text, "0.0") != 0 && *text)
      return false;
  }
  return one;
}

/* Columns of 0 and 1 in a table without any other label are hardly meant as metadata. */
static lnt_status check_flags(const lnti_table_planning *p, lnt_error *err) {
  size_t n = 0;
  for (size_t i = 0; i < p->plan->n_columns; i++) {
    n += p->plan->columns[i].role == LNTI_COLUMN_OPEN && holds_flags(p, i);
  }
  if (n < 2 || p->plan->n_questions > 0) return LNT_OK;
  return ask(p, "columns of 0 and 1 may be labels or metadata.", "--column '*=onehot' or '*=meta'", err);
}

static lnt_status assign_others(lnti_table_planning *p, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < p->plan->n_columns && !status; i++) {
    const char *name = p->plan->columns[i].name, *argument = NULL;
    lnti_column_role role = p->others;
    if (p->plan->columns[i].role != LNTI_COLUMN_OPEN) continue;
    bool nameless = p->plan->named && (!*name || strncasecmp(name, "Unnamed: ", 9) == 0); /* pandas' row numbers */
    if (role == LNTI_COLUMN_OPEN) role = nameless ? LNTI_COLUMN_SKIP : LNTI_COLUMN_META;
    if (role == LNTI_COLUMN_ONEHOT) argument = p->others_question;
    status = lnti_table_assign(p, i, role, argument, p->others == LNTI_COLUMN_OPEN, err);
  }
  return status;
}

lnt_status lnti_table_guess_roles(lnti_table_planning *p, lnt_error *err) {
  lnt_status status = guess_path(p, err);
  if (!status && p->others != LNTI_COLUMN_OPEN) return assign_others(p, err);
  if (!status && p->plan->named) {
    status = guess_single(p, LNTI_COLUMN_SPLIT, split_words, err);
    if (!status) status = guess_label(p, err);
    if (!status) status = check_flags(p, err);
  } else if (!status) {
    status = guess_unnamed(p, err);
  }
  return status ? status : assign_others(p, err);
}
