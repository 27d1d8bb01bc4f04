/*
 * Importing a table. It is read three times: its first rows, to know what the columns are; all rows, to know which titles
 * there will be, so that the ontology stands before anything is labelled; all rows again, in blocks, each of which is
 * looked up, judged and handed on. Rows that name items label them without reading their images.
 */
#include <flow/import/internal.h>
#include <flow/table/table.h>
#include <flow/table/file.h>
#include <flow/table/find.h>
#include <flow/table/groups.h>
#include <flow/table/labels.h>
#include <flow/table/seen.h>
#include <flow/table/store.h>

#include <base/error.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
  GUESSED_TITLES_MAX = 200 /* a guessed label that has more, and another one in most rows, is asked for */
};

typedef struct importing {
  lnti_import_work *work;
  const char *path; /* of the table; absolute */
  lnti_table_format format;
  char separator; /* given, or found */
  lnti_table_spec spec;
  lnti_names *names; /* [spec.n_names]; in `arena` */
  lnti_table_plan plan;
  lnti_table_labels labels;
  lnti_finder *finder;
  size_t *meta_key; /* [plan.n_keys] of lnti_import_meta_key; in `arena` */
  const char *list_split;
  size_t n_rows;
  lnti_table_groups groups; /* of a table that export wrote */
  lnti_seen seen;
  lnti_seen paths;  /* of a table with lists, until one is met again */
  bool whole_lists; /* no image has two rows, so that a cell is all that is said of it */
  size_t n_grouped; /* images in groups, whose lists are those of the group: what they do not name stays unknown */
  lnti_table_storing storing;
  lnti_arena arena;
} importing;

/* ---- reading ---- */

static lnt_status open_sheet(lnti_sheet **out, const importing *t, lnti_table_file *file, lnt_error *err) {
  lnt_status status = lnti_table_file_open(file, t->path, err);
  if (!status) status = lnti_sheet_new(out, lnti_table_file_give, file, t->path, t->format, t->separator, err);
  for (size_t i = 0; !status && t->format == LNTI_TABLE_JSONL && i < t->plan.n_columns; i++) {
    status = lnti_sheet_add_key(*out, t->plan.columns[i].name, err);
  }
  return status;
}

/* What the reader noticed in all the rows. */
static lnt_status warn(importing *t, const lnti_sheet *sheet, lnt_error *err) {
  lnti_messages *warnings = &t->work->result->warnings;
  size_t line = 0, n = lnti_sheet_converted(sheet, &line), n_keys = lnti_sheet_n_keys(sheet);
  lnt_status status = LNT_OK;
  if (n > 0) {
    status = lnti_messages_add(warnings, err, "%s: %zu %s no UTF-8 and %s read as Windows-1252 (first: line %zu)",
                               t->path, n, lnti_plural(n, "row is", "rows are"), lnti_plural(n, "was", "were"), line);
  }
  if (!status && t->n_grouped > 0) {
    status = lnti_messages_add(
        warnings, err, "%s: %s in groups, which are answered as one: what their lists do not name stays unknown",
        t->path, t->n_grouped == 1 ? "1 image is" : "some images are");
  }
  if (!status && t->plan.n_left > 0) {
    const lnti_word path = lnti_shell_word(t->path, "TABLE");
    status = lnti_messages_add(
        warnings, err, "%s: %zu %s of texts or orders, which annotate takes: linnet annotate --file %s", t->path,
        t->plan.n_left, lnti_plural(t->plan.n_left, "column is", "columns are"), path.text);
  }
  if (status || n_keys <= t->plan.n_columns) return status;
  n = n_keys - t->plan.n_columns;
  return lnti_messages_add(warnings, err, "%s: %zu %s first after many rows and %s left out (first: \"%.100s\")",
                           t->path, n, lnti_plural(n, "key appears", "keys appear"), lnti_plural(n, "was", "were"),
                           lnti_sheet_key(sheet, t->plan.n_columns));
}

/* Fills the block with what the next rows say. *ended_out: there are no more. */
static lnt_status fill_block(lnti_table_block *b, bool *ended_out, const importing *t, lnti_sheet *sheet, bool *header,
                             lnt_error *err) {
  const lnti_sheet_row *row = NULL;
  lnt_status status = lnti_cancel_check(t->work->project->context.cancel, err);
  b->n = 0;
  lnti_arena_clear(&b->arena);
  while (!status && b->n < LNTI_TABLE_BLOCK_ROWS) {
    status = lnti_sheet_next(&row, sheet, err);
    if (status || !row) break;
    if (*header) {
      *header = false;
      continue;
    }
    status = lnti_table_row_read(&b->rows[b->n], &b->arena, &t->plan, row, err);
    b->n++;
  }
  *ended_out = !row;
  return status;
}

typedef lnt_status (*block_visit)(importing *t, lnti_table_block *b, lnt_error *err);

/* Visits all rows in blocks. A block stays as it is while the next one is filled and visited. */
static lnt_status for_each_block(importing *t, block_visit visit, bool last, lnt_error *err) {
  lnti_table_file file = LNTI_TABLE_FILE_INIT;
  lnti_sheet *sheet = NULL;
  lnti_table_block blocks[2] = {0};
  bool header = t->plan.has_header, ended = false;
  lnt_status status = open_sheet(&sheet, t, &file, err);
  for (int i = 0; i < 2 && !status; i++) {
    status = lnti_alloc(&blocks[i].rows, LNTI_TABLE_BLOCK_ROWS, sizeof *blocks[i].rows, err);
  }
  for (int i = 0; !status && !ended; i = 1 - i) {
    status = fill_block(&blocks[i], &ended, t, sheet, &header, err);
    if (!status && blocks[i].n > 0) status = visit(t, &blocks[i], err);
  }
  lnt_status stored = lnti_table_store_end(&t->storing, status ? NULL : err);
  if (!status) status = stored;
  if (!status && last) status = warn(t, sheet, err);
  for (int i = 0; i < 2; i++) {
    lnti_arena_clear(&blocks[i].arena);
    free(blocks[i].rows);
  }
  lnti_sheet_free(sheet);
  lnti_table_file_close(&file);
  return status;
}

/* ---- the first pass: what there will be ---- */

/* A list that was mended takes back what it no longer holds; but rows of one image, or tables of one import, add up. */
static bool may_have_whole_lists(const importing *t) {
  bool lists = false;
  for (size_t i = 0; i < t->plan.n_columns; i++) lists = lists || t->plan.columns[i].role == LNTI_COLUMN_LABELS;
  return lists && t->work->replaces && t->work->n_sources == 1;
}

/* Whether lists can be taken as complete. */
static lnt_status check_unlisted(const importing *t, lnt_error *err) {
  bool lists = false;
  if (!t->work->options->table.unlisted_no) return LNT_OK;
  for (size_t i = 0; i < t->plan.n_columns; i++) lists = lists || t->plan.columns[i].role == LNTI_COLUMN_LABELS;
  if (!lists) {
    return lnti_fail(err, LNT_EINVAL,
                     "%s: --unlisted no is said of lists of labels, and no column holds such (--column COLUMN=labels)",
                     t->path);
  }
  if (!t->work->replaces || t->work->options->group) {
    return lnti_fail(
        err, LNT_EINVAL,
        "--unlisted no goes neither with --existing keep nor with --group: import without it, then say it: "
        "linnet annotate --where 'QUESTION=answered' --set QUESTION.others=no");
  }
  return LNT_OK;
}

static lnt_status note_path(importing *t, const char *path, lnt_error *err) {
  lnti_hash128 hash;
  uint64_t key[2];
  size_t ignored = 0;
  bool first = true;
  if (!t->whole_lists) return LNT_OK;
  lnti_hash128_bytes(&hash, path, strlen(path));
  memcpy(key, hash.bytes, sizeof key);
  key[0] |= 1;
  lnt_status status = lnti_seen_note(&ignored, &first, &t->paths, key, 0, 0, err);
  t->whole_lists = first;
  return status;
}

static lnt_status note_block(importing *t, lnti_table_block *b, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < b->n && !status; i++) {
    if (b->rows[i].refused) continue;
    lnti_finder_note(t->finder, b->rows[i].path);
    status = note_path(t, b->rows[i].path, err);
    if (!status) status = lnti_table_labels_note(&t->labels, &b->rows[i], err);
    if (!status && t->plan.is_export) status = lnti_table_groups_note(&t->groups, &b->rows[i], err);
  }
  t->n_rows += b->n;
  return status;
}

/* What the rows of groups say, once there are options. */
static lnt_status take_groups(importing *t, lnti_table_block *b, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < b->n && !status; i++) {
    const lnti_table_row *row = &b->rows[i];
    const bool is_group = !row->refused && lnti_table_group_name(row->path);
    lnti_table_group *group = lnti_table_groups_find(&t->groups, is_group ? row->id : row->group);
    lnti_found found = {0};
    lnt_error none = LNT_ERROR_INIT;
    const char *refused = NULL;
    size_t column = 0;
    if (row->refused || !group) continue;
    if (!is_group) {
      group->n_images++;
      continue;
    }
    group->there = lnti_finder_find(&found, t->finder, &b->arena, row->path, &none) == LNT_OK && found.id;
    status = lnti_table_labels_answers(&group->answers, &refused, &column, &t->labels, row, &t->groups.arena, err);
    group->n = status || refused ? 0 : row->n_values;
  }
  return status;
}

/* Numbers and identifiers in a column that is called "label" are hardly classes. */
static lnt_status check_guesses(const importing *t, lnt_error *err) {
  for (size_t i = 0; i < t->plan.n_columns; i++) {
    const lnti_table_column *column = &t->plan.columns[i];
    size_t n_titles = 0, n_rows = 0;
    if (!column->guessed || column->role != LNTI_COLUMN_LABEL) continue;
    lnti_table_labels_count(&n_titles, &n_rows, &t->labels, column->question);
    if (n_titles <= GUESSED_TITLES_MAX || 2 * n_titles <= n_rows) continue;
    return lnti_fail(err, LNT_EINVAL,
                     "%s: column %zu (\"%.60s\") has %zu different values in %zu rows: are they labels? Say it with "
                     "--column '%zu=label', '%zu=number' or '%zu=meta'",
                     t->path, i + 1, column->name, n_titles, n_rows, i + 1, i + 1, i + 1);
  }
  return LNT_OK;
}

static lnt_status prepare(importing *t, lnt_error *err) {
  lnt_status status = lnti_table_labels_begin(&t->labels, t->work, &t->plan, t->path, err);
  if (!status) status = check_unlisted(t, err);
  t->whole_lists = may_have_whole_lists(t);
  if (!status) status = for_each_block(t, note_block, false, err);
  lnti_seen_clear(&t->paths);
  if (!status && t->work->options->table.unlisted_no && !t->whole_lists) {
    status = lnti_fail(err, LNT_EINVAL,
                       "%s names an image twice: rows of one image add up, so that none of them is complete: import "
                       "without --unlisted no, then say it: linnet annotate --where 'QUESTION=answered' --set "
                       "QUESTION.others=no",
                       t->path);
  }
  if (!status) status = check_guesses(t, err);
  if (!status) status = lnti_table_labels_make(&t->labels, err);
  if (!status && t->groups.ids.n > 0) status = for_each_block(t, take_groups, false, err);
  if (!status) status = lnti_arena_alloc(&t->meta_key, &t->arena, t->plan.n_keys, sizeof *t->meta_key, err);
  for (size_t i = 0; i < t->plan.n_keys && !status; i++) {
    status = lnti_import_meta_key(&t->meta_key[i], t->work, t->plan.keys[i], err);
  }
  if (!status) t->work->n_total += t->n_rows;
  return status;
}

/* ---- the second pass ---- */

static bool is_failure(lnt_status status) {
  return status == LNT_ENOMEM || status == LNT_ECANCELLED || status == LNT_EIO || status == LNT_ECORRUPT ||
         status == LNT_EINTERNAL || status == LNT_EBUSY || status == LNT_ENOSPC;
}

static void refuse(lnti_table_block *b, const lnti_table_row *row, size_t column, lnt_status code, const char *reason) {
  b->refusals[b->n_refusals++] = (lnti_table_refusal){row->line, column, code, reason};
}

static lnt_status refuse_text(lnti_table_block *b, const lnti_table_row *row, size_t column, lnt_status code,
                              const char *reason, lnt_error *err) {
  char *copy = NULL;
  lnt_status status = lnti_arena_strndup(&copy, &b->arena, reason, strlen(reason), err);
  if (!status) refuse(b, row, column, code, copy);
  return status;
}

/* What a row says that another row may contradict: all but what a list says of a checklist, since yes to more options is
 * no contradiction. 0: nothing. */
static uint64_t hash_labels(const importing *t, const lnti_table_row *row, const lnti_import_answer *answers) {
  uint64_t hash = 0;
  for (size_t i = 0; i < row->n_values; i++) {
    const lnti_table_column *column = &t->plan.columns[row->values[i].column - 1];
    if (column->role == LNTI_COLUMN_LABELS) continue;
    const struct {
      uint64_t question, option;
      double number;
    } parts = {answers[i].question, answers[i].option, answers[i].number};
    hash = lnti_hash_table(&parts, sizeof parts, hash) | 1;
  }
  return hash;
}

static lnt_status take_meta(lnti_import_input *input, const importing *t, const lnti_table_row *row, lnti_arena *arena,
                            lnt_error *err) {
  lnti_import_meta *meta = NULL;
  if (row->n_meta == 0) return LNT_OK;
  lnt_status status = lnti_arena_alloc(&meta, arena, row->n_meta, sizeof *meta, err);
  if (status) return status;
  for (size_t i = 0; i < row->n_meta; i++) {
    meta[i] = (lnti_import_meta){t->meta_key[row->meta[i].key], row->meta[i].value};
  }
  input->meta = meta;
  input->n_meta = row->n_meta;
  return LNT_OK;
}

static const char *split_of(const importing *t, const lnti_table_row *row) {
  if (t->work->options->split) return t->work->options->split;
  return row->split ? row->split : t->list_split;
}

/* What the row names. *taken_out false where it is refused; *first_out: no row before named it. */
static lnt_status find_medium(lnti_found *out, bool *taken_out, bool *first_out, importing *t, lnti_table_block *b,
                              const lnti_table_row *row, const lnti_import_answer *answers, lnt_error *err) {
  lnt_error reason = LNT_ERROR_INIT;
  size_t before = 0;
  *taken_out = *first_out = false;
  lnt_status status = lnti_finder_find(out, t->finder, &b->arena, row->path, &reason);
  if (is_failure(status)) return lnti_fail(err, status, "%s", reason.message);
  if (status && lnti_table_group_name(row->path)) {
    const lnti_table_group *group = lnti_table_groups_find(&t->groups, row->id);
    if (group && group->n_images > 0) return LNT_OK; /* its images bring it */
    refuse(b, row, t->plan.path + 1, LNT_EUNSUPPORTED, "a group of images, none of which is in this table");
    return LNT_OK;
  }
  if (status) return refuse_text(b, row, t->plan.path + 1, status, reason.message, err);
  status = lnti_seen_note(&before, first_out, &t->seen, out->key, hash_labels(t, row, answers), row->line, err);
  if (status) return status;
  *taken_out = before == 0;
  if (*taken_out) return LNT_OK;
  lnti_error_set(&reason, LNT_EDATA, "\"%.200s\" has another label in line %zu", row->path, before);
  return refuse_text(b, row, t->plan.path + 1, LNT_EDATA, reason.message, err);
}

/* One row as an input of the block; or refused. */
static lnt_status take_row(importing *t, lnti_table_block *b, const lnti_table_row *row, lnt_error *err) {
  lnti_import_input *input = &b->inputs[b->n_inputs];
  lnti_found *found = &b->found[b->n_inputs];
  lnti_import_answer *answers = NULL;
  const char *refused = NULL;
  size_t column = row->column;
  bool taken = false, first = false;
  if (row->refused) {
    refuse(b, row, row->column, row->refused, row->reason);
    return LNT_OK;
  }
  lnt_status status = lnti_table_labels_answers(&answers, &refused, &column, &t->labels, row, &b->arena, err);
  if (status) return status;
  if (refused) {
    refuse(b, row, column, LNT_EDATA, refused);
    return LNT_OK;
  }
  status = find_medium(found, &taken, &first, t, b, row, answers, err);
  if (status || !taken) return status;
  size_t n_answers = row->n_values;
  if (t->work->options->table.unlisted_no && (row->group || found->group_id)) {
    t->n_grouped++;
  } else if (t->work->options->table.unlisted_no && first) {
    status = lnti_table_labels_unlisted(&answers, &n_answers, &t->labels, &b->arena, err);
    if (status) return status;
  }
  *input = (lnti_import_input){.member = found->id ? row->path : found->member,
                               .split = split_of(t, row),
                               .group = row->group,
                               .answers = answers,
                               .n_answers = n_answers,
                               .fresh = first && t->labels.all_new,
                               .whole_lists = first && t->whole_lists && !t->labels.all_new,
                               .known = {.id = found->id,
                                         .looked = true,
                                         .done = found->done,
                                         .group_id = found->group_id,
                                         .joins = found->id && !found->group_id}};
  status = take_meta(input, t, row, &b->arena, err);
  if (!status && t->plan.is_export) {
    status = lnti_table_groups_join(input, lnti_table_groups_find(&t->groups, row->group), &b->arena, err);
  }
  if (!status) b->n_inputs++;
  return status;
}

static lnt_status take_block(importing *t, lnti_table_block *b, lnt_error *err) {
  b->n_inputs = b->n_refusals = 0;
  lnt_status status = lnti_arena_alloc(&b->inputs, &b->arena, b->n, sizeof *b->inputs, err);
  if (!status) status = lnti_arena_alloc(&b->found, &b->arena, b->n, sizeof *b->found, err);
  if (!status) status = lnti_arena_alloc(&b->refusals, &b->arena, b->n, sizeof *b->refusals, err);
  for (size_t i = 0; i < b->n && !status; i++) status = take_row(t, b, &b->rows[i], err);
  return status ? status : lnti_table_store_begin(&t->storing, b, err);
}

/* ---- columns ---- */

static lnt_status read_names(importing *t, lnt_error *err) {
  const lnti_import_table_options *options = &t->work->options->table;
  const char **columns = NULL;
  lnt_status status = lnti_arena_alloc(&columns, &t->arena, options->n_names, sizeof *columns, err);
  if (!status) status = lnti_arena_alloc(&t->names, &t->arena, options->n_names, sizeof *t->names, err);
  for (size_t i = 0; i < options->n_names && !status; i++) {
    status = lnti_table_names_read(&t->names[i], &columns[i], options->names[i], t->path, &t->arena, err);
    if (!status) t->spec.n_names = i + 1;
  }
  t->spec.names = t->names;
  t->spec.named_columns = columns;
  return status;
}

typedef struct looking {
  lnti_finder *finder;
  lnti_arena arena;
} looking;

static bool exists(void *payload, const char *path) {
  looking *l = payload;
  lnti_found found;
  lnt_error none = LNT_ERROR_INIT;
  return lnti_finder_find(&found, l->finder, &l->arena, path, &none) == LNT_OK;
}

static lnt_status make_plan(importing *t, lnt_error *err) {
  lnti_table_file file = LNTI_TABLE_FILE_INIT;
  lnti_sheet *sheet = NULL;
  lnti_table_sample sample = {0};
  looking l = {.finder = t->finder};
  lnt_status status = open_sheet(&sheet, t, &file, err);
  if (!status) status = lnti_table_sample_read(&sample, sheet, t->path, t->format, err);
  if (!status) status = lnti_table_plan_make(&t->plan, &sample, &t->spec, exists, &l, err);
  if (!status) t->separator = t->plan.separator;
  lnti_arena_clear(&l.arena);
  lnti_table_sample_clear(&sample);
  lnti_sheet_free(sheet);
  lnti_table_file_close(&file);
  return status;
}

/* "my photo.jpg" in a list of paths is no path with a label. */
static lnt_status find_blanks(importing *t, lnt_error *err) {
  lnti_table_file file = LNTI_TABLE_FILE_INIT;
  lnti_sheet *sheet = NULL;
  const lnti_sheet_row *row = NULL;
  looking l = {.finder = t->finder};
  size_t n = 0, n_whole = 0;
  t->separator = LNTI_CSV_LINES;
  lnt_status status = open_sheet(&sheet, t, &file, err);
  while (!status && n < LNTI_TABLE_SAMPLE && !(status = lnti_sheet_next(&row, sheet, err)) && row) {
    if (row->refused) continue;
    n++;
    n_whole += exists(&l, row->cells[0].text);
  }
  t->separator = n > 0 && 2 * n_whole >= n ? LNTI_CSV_LINES : LNTI_CSV_FIND;
  lnti_arena_clear(&l.arena);
  lnti_sheet_free(sheet);
  lnti_table_file_close(&file);
  return status;
}

static lnt_status tell_column(importing *t, size_t i, lnt_error *err) {
  lnti_import_result *result = t->work->result;
  const lnti_table_column *column = &t->plan.columns[i];
  lnti_import_column told = {.number = i + 1, .role = lnti_column_role_name(column->role), .guessed = column->guessed};
  bool labels = column->role >= LNTI_COLUMN_LABEL && column->role <= LNTI_COLUMN_NUMBER;
  const char *of = "";
  if (labels) of = t->labels.work->ontology->questions[t->labels.question[column->question]].key;
  if (column->role == LNTI_COLUMN_META) of = t->plan.keys[column->key];
  lnt_status status =
      lnti_grow(&result->columns, &result->column_capacity, result->n_columns + 1, sizeof *result->columns, err);
  if (!status) status = lnti_strdup(&told.table, t->path, err);
  if (!status) status = lnti_strdup(&told.name, t->plan.named ? column->name : "", err);
  if (!status) status = lnti_strdup(&told.of, of, err);
  if (!status) {
    result->columns[result->n_columns++] = told;
  } else {
    free(told.name);
    free(told.table);
  }
  return status;
}

/* ---- the import ---- */

bool lnti_import_is_table(const char *path) {
  return lnti_table_format_of(path) != LNTI_TABLE_AUTO;
}

static lnt_status find_format(importing *t, lnt_error *err) {
  lnti_import_format given = t->work->options->format;
  t->format = given == LNTI_IMPORT_CSV     ? LNTI_TABLE_CSV
              : given == LNTI_IMPORT_JSONL ? LNTI_TABLE_JSONL
              : given == LNTI_IMPORT_LIST  ? LNTI_TABLE_LIST
                                           : lnti_table_format_of(t->path);
  if (t->format != LNTI_TABLE_AUTO) return LNT_OK;
  return lnti_fail(err, LNT_EINVAL, "%s: its name does not say what kind of table it is; give --format", t->path);
}

/* The folder of the table, or what --root names. */
static lnt_status find_root(importing *t, lnt_error *err) {
  const char *given = t->work->options->table.root, *slash = strrchr(t->path, '/');
  char *folder = NULL, *root = NULL;
  lnt_status status =
      given ? LNT_OK : lnti_strndup(&folder, t->path, slash == t->path ? 1 : (size_t)(slash - t->path), err);
  if (status) return status;
  root = realpath(given ? given : folder, NULL);
  status = root ? lnti_finder_new(&t->finder, t->work->project, root, err)
                : lnti_fail_errno(err, errno, "%s: cannot be opened", given ? given : folder);
  free(root);
  free(folder);
  return status;
}

static lnt_status import_table(importing *t, lnt_error *err) {
  lnt_status status = find_format(t, err);
  if (!status) status = find_root(t, err);
  if (!status) status = read_names(t, err);
  if (!status && t->format == LNTI_TABLE_LIST && !t->separator) status = find_blanks(t, err);
  if (!status) status = make_plan(t, err);
  if (!status) status = prepare(t, err);
  for (size_t i = 0; i < t->plan.n_columns && !status; i++) status = tell_column(t, i, err);
  if (status) return status;
  if (t->format == LNTI_TABLE_LIST) t->list_split = lnti_table_list_split(t->path);
  return for_each_block(t, take_block, true, err);
}

lnt_status lnti_import_table(lnti_import_work *work, const char *path, lnt_error *err) {
  const lnti_import_table_options *options = &work->options->table;
  importing t = {.work = work, .path = path, .separator = options->separator};
  t.spec = (lnti_table_spec){.columns = options->columns,
                             .n_columns = options->n_columns,
                             .labels = options->labels,
                             .n_labels = options->n_labels,
                             .header = (lnti_table_header)options->header,
                             .label_separator = options->label_separator,
                             .ontology = work->ontology,
                             .target = work->options->target};
  t.storing = (lnti_table_storing){.work = work, .plan = &t.plan, .path = path};
  lnt_status status = import_table(&t, err);
  for (size_t i = 0; i < t.spec.n_names; i++) lnti_names_clear(&t.names[i]);
  lnti_seen_clear(&t.seen);
  lnti_table_labels_clear(&t.labels);
  lnti_table_groups_clear(&t.groups);
  lnti_table_plan_clear(&t.plan);
  lnti_finder_free(t.finder);
  lnti_arena_clear(&t.arena);
  return status;
}
