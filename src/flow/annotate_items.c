/*
 * Items come one after another from whatever names them; each brings its answers, which are checked and written by
 * flow/annotate. A block of them is one write of the store, so that a table of any size goes through in bounded memory; all
 * are one write where nothing may stay of what is refused, or nothing is to stay at all.
 */
#include <flow/annotate_items.h>

#include <base/alloc.h>
#include <base/error.h>
#include <flow/annotate.h>
#include <flow/answer_parse.h>
#include <flow/table/file.h>
#include <flow/table/find.h>
#include <flow/view/items.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK_ITEMS = 8192 };

/* ---- a run ---- */

typedef enum column_kind {
  COLUMN_IGNORED,
  COLUMN_UNKNOWN,
  COLUMN_ID,
  COLUMN_PATH,
  COLUMN_ANSWER,
  COLUMN_CONFIDENCE,
  COLUMN_COMMENT,
  COLUMN_SKIP
} column_kind;

typedef struct column {
  column_kind kind;
  lnti_answer_key key;
} column;

/* A table's bytes, of which the first have been looked at. */
typedef struct table_source {
  lnti_table_file file;
  bool is_stdin;
  char first[4096];
  size_t n_first, at;
} table_source;

/* What is said of one item. */
typedef struct entry {
  int64_t item_id;
  char name[64]; /* for messages: "12", "line 7"... */
  const char *path;
  double confidence;
  const char *comment, *skip;
} entry;

typedef struct run {
  lnti_project *project;
  const lnti_annotate_items_options *options;
  lnti_ontology *ontology;
  lnti_op op;
  lnti_annotate_items_result out;
  lnti_answer_list answers; /* of the options, or of the line */
  lnti_annotation *annotations;
  size_t capacity;
  lnti_finder *finder; /* NULL: not needed yet */
  lnti_arena found;    /* of the finder */
  int64_t *ids;        /* [n_ids] of a filter */
  size_t n_ids, id_capacity, next;
  table_source source;
  lnti_sheet *sheet;
  const char *sheet_name;
  column *columns; /* [n_columns] */
  size_t n_columns, column_capacity;
  bool csv;
  bool ended, rolled_back, stored;
  char first_reason[300];
} run;

static bool is_refusal(lnt_status status) {
  return status == LNT_EINVAL || status == LNT_ENOTFOUND || status == LNT_ECONFLICT || status == LNT_EDATA ||
         status == LNT_ELIMIT || status == LNT_EUNSUPPORTED;
}

static void refuse(run *r, const entry *e, lnt_status code, const char *reason) {
  char where[LNT_ERROR_MESSAGE_BYTES];
  snprintf(where, sizeof where, "%s", e->path ? e->path : e->name);
  if (r->out.n_refused++ == 0) snprintf(r->first_reason, sizeof r->first_reason, "%.80s: %.200s", where, reason);
  if (r->options->refused) r->options->refused(r->options->payload, where, code, reason);
}

/* ---- which item ---- */

static lnt_status make_finder(run *r, lnt_error *err) {
  char *root = realpath(".", NULL);
  lnt_status status = root ? lnti_finder_new(&r->finder, r->project, root, err)
                           : lnti_fail(err, LNT_EIO, "the current folder cannot be found");
  free(root);
  return status;
}

static lnt_status find_by_path(int64_t *id_out, run *r, const char *path, lnt_error *err) {
  lnti_found found = {0};
  lnt_status status = r->finder ? LNT_OK : make_finder(r, err);
  if (!status) status = lnti_finder_find(&found, r->finder, &r->found, path, err);
  lnti_arena_clear(&r->found);
  if (status) return status;
  if (found.id == 0) return lnti_fail(err, LNT_ENOTFOUND, "no item of the project");
  *id_out = found.id;
  return LNT_OK;
}

static lnt_status find_item(int64_t *id_out, run *r, const char *text, lnt_error *err) {
  lnt_error ignored = LNT_ERROR_INIT;
  if (text[strspn(text, "0123456789")] == '\0' && lnti_parse_int(id_out, text, "item", &ignored) == LNT_OK)
    return LNT_OK;
  return find_by_path(id_out, r, text, err);
}

/* ---- what the options say ---- */

static lnt_status parse_options(run *r, lnt_error *err) {
  const lnti_annotate_items_options *o = r->options;
  lnti_answer_key key;
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < o->n_set && !status; i++) {
    const char *equals = strchr(o->set[i], '=');
    char name[LNTI_ONTOLOGY_TITLE_MAX];
    if (!equals || equals == o->set[i] || (size_t)(equals - o->set[i]) >= sizeof name) {
      return lnti_fail(err, LNT_EINVAL, "--set \"%.100s\": KEY=VALUE is needed", o->set[i]);
    }
    snprintf(name, sizeof name, "%.*s", (int)(equals - o->set[i]), o->set[i]);
    status = lnti_answer_key_find(&key, r->ontology, name, err);
    if (!status) status = lnti_answer_parse(&r->answers, r->ontology, &key, equals + 1, err);
  }
  for (size_t i = 0; i < o->n_clear && !status; i++) {
    status = lnti_answer_key_find(&key, r->ontology, o->clear[i], err);
    key.state = key.option == LNTI_NONE;
    if (!status) status = lnti_answer_parse(&r->answers, r->ontology, &key, "clear", err);
  }
  for (size_t i = 0; i < r->answers.n && !status; i++) {
    status = lnti_answer_check(r->ontology, &r->answers.answer[i], err);
  }
  return status;
}

static lnt_status check_options(const lnti_annotate_items_options *o, lnt_error *err) {
  int sources = (o->n_items > 0) + (o->where != NULL) + (o->file != NULL);
  bool says = o->n_set > 0 || o->n_clear > 0 || o->comment || o->skip || o->unskip;
  if (sources == 0) {
    return lnti_fail(err, LNT_EINVAL, "which items? name them, or give --where FILTER or --file TABLE");
  }
  if (sources > 1) {
    return lnti_fail(err, LNT_EINVAL, "items are named, or found by --where, or listed in --file: one of these");
  }
  if (!o->file && !says) {
    return lnti_fail(err, LNT_EINVAL, "what is to be said of them? --set KEY=VALUE, --clear KEY, --comment or --skip");
  }
  if (o->file && says) {
    return lnti_fail(err, LNT_EINVAL,
                     "--file brings the answers: --set, --clear, --comment and --skip do not go with it");
  }
  if (o->skip && (o->n_set > 0 || o->unskip)) {
    return lnti_fail(err, LNT_EINVAL, "an item is skipped, or answered: --skip does not go with --set or --unskip");
  }
  lnt_status status = o->comment ? lnti_text_check(o->comment, LNTI_REMARK_MAX, "the comment", err) : LNT_OK;
  return status || !o->skip ? status : lnti_text_check(o->skip, LNTI_REMARK_MAX, "the reason of the skip", err);
}

/* ---- tables ---- */

static lnt_status give(size_t *n_out, void *payload, char *buffer, size_t n, lnt_error *err) {
  table_source *s = payload;
  if (s->at < s->n_first) {
    size_t rest = s->n_first - s->at, taken = rest < n ? rest : n;
    memcpy(buffer, s->first + s->at, taken);
    s->at += taken;
    *n_out = taken;
    return LNT_OK;
  }
  if (!s->is_stdin) return lnti_table_file_give(n_out, &s->file, buffer, n, err);
  *n_out = fread(buffer, 1, n, stdin);
  return ferror(stdin) ? lnti_fail(err, LNT_EIO, "reading the standard input failed") : LNT_OK;
}

/* JSON Lines begin with a brace, whatever the name. */
static lnt_status open_table(run *r, lnt_error *err) {
  table_source *s = &r->source;
  const char *file = r->options->file;
  size_t n = 0;
  s->is_stdin = strcmp(file, "-") == 0;
  r->sheet_name = s->is_stdin ? "standard input" : file;
  lnt_status status = s->is_stdin ? LNT_OK : lnti_table_file_open(&s->file, file, err);
  s->at = s->n_first = 0;
  if (!status) status = give(&n, s, s->first, sizeof s->first, err);
  s->n_first = n;
  if (status) return status;
  size_t blank = 0;
  while (blank < n && strchr(" \t\r\n\xef\xbb\xbf", s->first[blank])) blank++;
  r->csv = blank == n || s->first[blank] != '{';
  return lnti_sheet_new(&r->sheet, give, s, r->sheet_name, r->csv ? LNTI_TABLE_CSV : LNTI_TABLE_JSONL, '\0', err);
}

/* What export and `items --json` write beside the answers. */
static bool is_known_aside(const char *name) {
  static const char *const names[] = {"split",      "stage",    "kind",     "group",   "width",    "height",
                                      "depth",      "format",   "bytes",    "source",  "labelled", "sharpness",
                                      "brightness", "contrast", "channels", "content", "state"};
  static const char *const beginnings[] = {"meta.", "titles.", "duplicate.", "titles", "meta", "duplicate"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (strcmp(name, names[i]) == 0) return true;
  }
  for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++) {
    size_t n = strlen(beginnings[i]);
    if (strncmp(name, beginnings[i], n) == 0 && (beginnings[i][n - 1] == '.' || name[n] == '\0')) return true;
  }
  return strcmp(name, "answers") == 0 || strcmp(name, "answers_no") == 0;
}

static lnt_status add_column(run *r, const char *name, lnt_error *err) {
  static const struct {
    const char *name;
    column_kind kind;
  } own[] = {{"id", COLUMN_ID},           {"path", COLUMN_PATH},
             {"uri", COLUMN_PATH},        {"confidence", COLUMN_CONFIDENCE},
             {"comment", COLUMN_COMMENT}, {"skip", COLUMN_SKIP}};
  column c = {.kind = COLUMN_ANSWER};
  lnt_status status = lnti_grow(&r->columns, &r->column_capacity, r->n_columns + 1, sizeof *r->columns, err);
  if (status) return status;
  lnt_error reason = LNT_ERROR_INIT;
  bool answer = lnti_answer_key_find(&c.key, r->ontology, name, &reason) == LNT_OK;
  for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
    if (strcmp(name, own[i].name) == 0) c.kind = own[i].kind;
  }
  if (c.kind == COLUMN_ANSWER && !r->csv && is_known_aside(name))
    answer = false; /* there answers.NAME is the question */
  if (c.kind == COLUMN_ANSWER && !answer) {
    c.kind = is_known_aside(name) ? COLUMN_IGNORED : COLUMN_UNKNOWN;
    if (r->csv && c.kind == COLUMN_UNKNOWN) {
      return lnti_fail(err, LNT_EDATA, "%.100s: column \"%.60s\": %.250s", r->sheet_name, name, reason.message);
    }
  }
  r->columns[r->n_columns++] = c;
  return LNT_OK;
}

static lnt_status read_header(run *r, lnt_error *err) {
  const lnti_sheet_row *row = NULL;
  bool named = false;
  lnt_status status = r->csv ? lnti_sheet_next(&row, r->sheet, err) : LNT_OK;
  if (status || !r->csv) return status;
  if (!row || row->refused)
    return lnti_fail(err, LNT_EDATA, "%.200s: no line with the names of columns", r->sheet_name);
  for (size_t i = 0; i < row->n && !status; i++) {
    status = add_column(r, row->cells[i].text, err);
    named = named || (!status && (r->columns[i].kind == COLUMN_ID || r->columns[i].kind == COLUMN_PATH));
  }
  if (status || named) return status;
  return lnti_fail(err, LNT_EDATA, "%.200s: no column is called id or path, so no line says which item it is about",
                   r->sheet_name);
}

static lnt_status parse_cell(run *r, entry *e, const column *c, const lnti_cell *cell, lnt_error *err) {
  const char *texts[LNTI_TABLE_COLUMNS_MAX];
  switch (c->kind) {
    case COLUMN_ID:
      return lnti_parse_int(&e->item_id, cell->text, "id", err)
                 ? lnti_fail(err, LNT_EINVAL, "\"%.60s\" is no item's number", cell->text)
                 : LNT_OK;
    case COLUMN_PATH:
      e->path = cell->text;
      return LNT_OK;
    case COLUMN_CONFIDENCE:
      return lnti_parse_real(&e->confidence, cell->text, "confidence", err) ? LNT_EINVAL : LNT_OK;
    case COLUMN_COMMENT:
      e->comment = cell->text;
      return lnti_text_check(cell->text, LNTI_REMARK_MAX, "the comment", err);
    case COLUMN_SKIP:
      e->skip = cell->text;
      return lnti_text_check(cell->text, LNTI_REMARK_MAX, "the reason of the skip", err);
    case COLUMN_UNKNOWN:
      return lnti_fail(err, LNT_EINVAL, "no question, nor another key that means something here");
    case COLUMN_IGNORED:
      return LNT_OK;
    case COLUMN_ANSWER:
      break;
  }
  if (!cell->is_list) return lnti_answer_parse(&r->answers, r->ontology, &c->key, cell->text, err);
  if (cell->n_items > LNTI_TABLE_COLUMNS_MAX) return lnti_fail(err, LNT_EINVAL, "a list of %zu answers", cell->n_items);
  for (size_t i = 0; i < cell->n_items; i++) texts[i] = cell->items[i].text;
  return lnti_answer_parse_list(&r->answers, r->ontology, &c->key, texts, cell->n_items, err);
}

/* What a line says; a refusal is the line's, whatever else happens is the table's. */
static lnt_status parse_line(run *r, entry *e, const lnti_sheet_row *row, lnt_error *err) {
  lnt_status status = LNT_OK;
  r->answers.n = 0;
  lnti_arena_clear(&r->answers.arena);
  e->path = NULL;
  for (size_t i = 0; i < row->n && !status; i++) {
    bool named = r->columns[i].kind == COLUMN_ID || r->columns[i].kind == COLUMN_PATH;
    if (row->cells[i].n == 0 && !row->cells[i].is_list) continue;
    status = parse_cell(r, e, &r->columns[i], &row->cells[i], err);
    if (status == LNT_EINVAL && !named) {
      const char *name = r->csv ? "" : lnti_sheet_key(r->sheet, i);
      if (r->csv) lnti_error_prefix(err, "column %zu", i + 1);
      if (!r->csv) lnti_error_prefix(err, "\"%.100s\"", name);
    }
  }
  if (!status && !e->item_id && !e->path) status = lnti_fail(err, LNT_EINVAL, "it names no item by id or path");
  if (!status && !e->item_id) status = find_by_path(&e->item_id, r, e->path, err);
  if (!status && e->skip && r->answers.n > 0) {
    status = lnti_fail(err, LNT_EINVAL, "an item is skipped, or answered: the line does both");
  }
  return status;
}

/* ---- the next item ---- */

static lnt_status learn_keys(run *r, lnt_error *err) {
  lnt_status status = LNT_OK;
  while (!r->csv && !status && r->n_columns < lnti_sheet_n_keys(r->sheet)) {
    status = add_column(r, lnti_sheet_key(r->sheet, r->n_columns), err);
  }
  return status;
}

/* *allowed_out: LNT_OK, or why this one is refused. */
static lnt_status next_line(entry *e, lnt_status *allowed_out, lnt_error *reason, run *r, lnt_error *err) {
  const lnti_sheet_row *row = NULL;
  lnt_status status = lnti_sheet_next(&row, r->sheet, err);
  if (!status && row) status = learn_keys(r, err);
  r->ended = !row;
  if (status || !row) return status;
  snprintf(e->name, sizeof e->name, "line %zu", row->line);
  if (row->refused) {
    *allowed_out = lnti_fail(reason, row->refused, "%s", row->reason);
    return LNT_OK;
  }
  if (row->n > r->n_columns) {
    *allowed_out = lnti_fail(reason, LNT_EDATA, "%zu values where there are %zu columns", row->n, r->n_columns);
    return LNT_OK;
  }
  *allowed_out = parse_line(r, e, row, reason);
  e->path = NULL;
  if (*allowed_out && !is_refusal(*allowed_out)) {
    *err = *reason;
    return *allowed_out;
  }
  return LNT_OK;
}

static lnt_status next_entry(entry *e, lnt_status *allowed_out, lnt_error *reason, run *r, lnt_error *err) {
  const lnti_annotate_items_options *o = r->options;
  *e = (entry){.confidence = (double)NAN, .comment = o->comment, .skip = o->skip};
  *allowed_out = LNT_OK;
  if (r->sheet) return next_line(e, allowed_out, reason, r, err);
  const size_t n = o->where ? r->n_ids : o->n_items;
  r->ended = r->next >= n;
  if (r->ended) return LNT_OK;
  size_t i = r->next++;
  if (o->where) {
    e->item_id = r->ids[i];
    snprintf(e->name, sizeof e->name, "item %lld", (long long)e->item_id);
    return LNT_OK;
  }
  e->path = o->items[i];
  *allowed_out = find_item(&e->item_id, r, o->items[i], reason);
  return LNT_OK;
}

/* ---- writing ---- */

static lnt_status write_remarks(run *r, lnti_tx *tx, const entry *e, bool *any, lnt_error *err) {
  bool changed = false;
  lnt_status status = LNT_OK;
  if (e->comment) {
    status =
        lnti_annotate_remark(tx, &changed, r->op.id, e->item_id, LNTI_REMARK_COMMENT, e->comment, LNTI_BY_PERSON, err);
    r->out.n_comments += !status;
    *any = true;
  }
  if (!status && (e->skip || r->options->unskip)) {
    status = lnti_annotate_remark(tx, &changed, r->op.id, e->item_id, LNTI_REMARK_SKIP, e->skip, LNTI_BY_PERSON, err);
    r->out.n_skips += !status && changed;
    *any = *any || changed;
  }
  return status;
}

static lnt_status write_entry(run *r, lnti_tx *tx, const entry *e, lnt_error *err) {
  const lnti_annotate_options options = {.source = LNTI_BY_PERSON,
                                         .existing = LNTI_EXISTING_CHANGE,
                                         .if_unchanged = r->options->if_unchanged,
                                         .unchanged_since = r->options->unchanged_since};
  const double confidence = isnan(e->confidence) ? r->options->confidence : e->confidence;
  lnti_annotated counts = {0};
  bool any = false;
  lnt_status status = lnti_grow(&r->annotations, &r->capacity, r->answers.n, sizeof *r->annotations, err);
  for (size_t i = 0; i < r->answers.n && !status; i++) {
    const bool cleared = r->answers.answer[i].state == LNTI_CLEARED;
    r->annotations[i] = (lnti_annotation){
        .item_id = e->item_id, .answer = r->answers.answer[i], .confidence = cleared ? (double)NAN : confidence};
  }
  if (!status) {
    status = lnti_annotate(tx, &counts, r->ontology, r->op.id, r->annotations, r->answers.n, &options, err);
  }
  if (!status) status = write_remarks(r, tx, e, &any, err);
  if (status) return status;
  r->out.n_added += counts.n_added;
  r->out.n_changed += counts.n_changed;
  r->out.n_same += counts.n_same;
  r->out.n_retired += counts.n_retired;
  r->out.n_touched += any || counts.n_added + counts.n_changed > 0;
  return LNT_OK;
}

static lnt_status write_items(run *r, lnti_tx *tx, size_t limit, lnt_error *err) {
  for (size_t n = 0; n < limit; n++) {
    entry e;
    lnt_error reason = LNT_ERROR_INIT;
    lnt_status allowed = LNT_OK, status = next_entry(&e, &allowed, &reason, r, err);
    if (!status && n % 256 == 0) status = lnti_cancel_check(r->project->context.cancel, err);
    if (status || r->ended) return status;
    r->out.n_items++;
    if (!allowed) allowed = write_entry(r, tx, &e, &reason);
    if (allowed && !is_refusal(allowed)) {
      *err = reason;
      return allowed;
    }
    if (allowed) refuse(r, &e, allowed, reason.message);
  }
  return LNT_OK;
}

/* One write: a block, or all there is. It is taken back where it wrote nothing, or nothing is to stay. */
static lnt_status write_block(void *payload, lnti_tx *tx, lnt_error *err) {
  run *r = payload;
  const bool whole = r->options->strict || r->options->dry_run;
  const size_t touched = r->out.n_touched;
  lnt_status status = lnti_tx_ontology_is_current(tx, r->ontology, err);
  if (!status) status = lnti_tx_op(tx, &r->op.id, NULL, &r->op, err);
  if (!status) status = write_items(r, tx, whole ? SIZE_MAX : BLOCK_ITEMS, err);
  if (status) return status;
  bool refused = r->options->strict && r->out.n_refused > 0;
  r->rolled_back = r->options->dry_run || refused || (r->out.n_touched == touched && !r->stored);
  if (r->rolled_back) return lnti_fail(err, LNT_ECANCELLED, "nothing is to be written");
  r->stored = r->stored || r->out.n_touched > touched;
  return LNT_OK;
}

static lnt_status write_all(run *r, lnt_error *err) {
  lnt_status status = LNT_OK;
  while (!status && !r->ended) {
    r->rolled_back = false;
    status = lnti_store_write(r->project->store, write_block, r, err);
    if (status && r->rolled_back) status = LNT_OK;
  }
  if (!status && r->options->strict && r->out.n_refused > 0) {
    status = lnti_fail(err, LNT_EDATA, "nothing was written: %zu of %zu were refused, the first: %s", r->out.n_refused,
                       r->out.n_items, r->first_reason);
  }
  return status;
}

/* ---- all of it ---- */

static lnt_status note_id(void *payload, const lnti_item_view *view, lnt_error *err) {
  run *r = payload;
  lnt_status status = lnti_grow(&r->ids, &r->id_capacity, r->n_ids + 1, sizeof *r->ids, err);
  if (!status) r->ids[r->n_ids++] = view->item->id;
  return status;
}

static lnt_status note_item(void *payload, const lnti_item *item, lnt_error *err) {
  (void)err;
  *(int64_t *)payload = item->id;
  return LNT_OK;
}

static lnt_status find_matching(run *r, lnt_error *err) {
  lnti_view *view = NULL;
  lnti_filter *filter = NULL;
  lnt_status status = lnti_view_open(&view, r->project, NULL, NULL, err);
  if (!status) status = lnti_view_filter(&filter, view, r->options->where, err);
  const lnti_items_query query = {.filter = filter};
  if (!status) status = lnti_items(r->project, view, &query, note_id, r, err);
  lnti_filter_free(filter);
  lnti_view_close(view);
  return status;
}

static void describe(char *out, size_t n, const lnti_annotate_items_options *o) {
  if (o->file) {
    snprintf(out, n, "from %.200s", strcmp(o->file, "-") == 0 ? "standard input" : o->file);
  } else {
    const char *first = o->n_set > 0     ? o->set[0]
                        : o->n_clear > 0 ? o->clear[0]
                        : o->skip        ? "skip"
                        : o->comment     ? "comment"
                                         : "unskip";
    size_t more = o->n_set + o->n_clear > 1 ? o->n_set + o->n_clear - 1 : 0;
    snprintf(out, n, "%s%.150s%s", o->n_set == 0 && o->n_clear > 0 ? "clear " : "", first, more ? " and more" : "");
  }
}

lnt_status lnti_annotate_items(lnti_annotate_items_result *out, lnti_project *project,
                               const lnti_annotate_items_options *options, lnt_error *err) {
  run r = {.project = project, .options = options, .source = {.file = LNTI_TABLE_FILE_INIT}};
  lnti_store_position position = {0};
  char note[300];
  lnt_status status = check_options(options, err);
  if (status) return status;
  describe(note, sizeof note, options);
  lnti_project_op(&r.op, project, LNTI_OP_ANNOTATE, note);
  status = lnti_store_ontology(&r.ontology, project->store, err);
  if (!status) status = parse_options(&r, err);
  if (!status && options->where) status = find_matching(&r, err);
  if (!status && options->file) status = open_table(&r, err);
  if (!status && options->file) status = read_header(&r, err);
  if (!status) status = write_all(&r, err);
  if (!status) status = lnti_store_position_read(&position, project->store, err);
  lnti_sheet_free(r.sheet);
  lnti_table_file_close(&r.source.file);
  lnti_finder_free(r.finder);
  lnti_arena_clear(&r.found);
  lnti_answer_list_clear(&r.answers);
  lnti_ontology_free(r.ontology);
  free(r.annotations);
  free(r.columns);
  free(r.ids);
  if (status) return status;
  r.out.op_id = r.stored ? r.op.id : 0;
  r.out.position = position.log_id;
  *out = r.out;
  return LNT_OK;
}

lnt_status lnti_item_by_name(int64_t *id_out, lnti_project *project, const char *name, lnt_error *err) {
  run r = {.project = project};
  lnti_item_query one = {.limit = 1};
  int64_t id = 0, found = 0;
  lnt_status status = find_item(&id, &r, name, err);
  one.after_id = id - 1;
  if (!status) status = lnti_store_items(project->store, &one, note_item, &found, err);
  lnti_finder_free(r.finder);
  lnti_arena_clear(&r.found);
  if (!status && found != id) status = lnti_fail(err, LNT_ENOTFOUND, "there is no item %s", name);
  if (!status) *id_out = id;
  return status;
}
