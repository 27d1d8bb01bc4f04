/*
 * Random ontologies, and random answers, edits, clears, imports, migrations, undos and redos on each, on every way in, against
 * a plain model of the rules (answer_model.c) and a stack of what it said. After every step the store says the same; where an
 * undo or redo leads back the ontology has the same text, and what was exported has the same bytes; at the end the store
 * verifies. A step is a row of a table. LINNET_LONG in the environment: all ontologies, not the first few.
 */
#include <base/file.h>
#include <flow/annotate/items.h>
#include <flow/export/export.h>
#include <flow/import/import.h>
#include <flow/migrate/migrate.h>
#include <flow/undo.h>
#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "../ontology/random_ontology.h"
#include "random_change.h"

enum { ITEMS = MODEL_ITEMS, STEPS = 200, ONTOLOGIES = 500, ONTOLOGIES_SHORT = 8, SIZE = 40, DEPTH = STEPS + 1 };

static const char *const texts[] = {"seen", "Straße 5", "x", "a rather long text that not every question takes", "鳥"};
enum { TEXTS = sizeof texts / sizeof texts[0] };

/* What was so before an operation. */
typedef struct level {
  model said;
  uint64_t ontology; /* of its text */
  char done[500];    /* what led here from the level below */
  char *exported;    /* all exports, one after another; NULL: nobody has looked */
} level;

typedef struct world {
  lab l;
  lnti_rng rng;
  uint64_t seed;
  size_t step;
  level *stack[DEPTH];
  size_t at, top;
  size_t n_taken, n_refused, n_undone, n_retired, n_imported, n_exports;
  size_t n_migrated[CHANGE_VERBS];
  char doing[500]; /* the step; of a migration, its change */
} world;

static size_t below(world *w, size_t n) {
  return (size_t)lnti_rng_below(&w->rng, n);
}

static model *now(world *w) {
  return &w->stack[w->at]->said;
}

#define complain(w, ...)                                                                               \
  do {                                                                                                 \
    print_message("seed %llu, step %zu (%s): ", (unsigned long long)(w)->seed, (w)->step, (w)->doing); \
    fail_msg(__VA_ARGS__);                                                                             \
  } while (0)

static lnt_error fault = LNT_ERROR_INIT;

/* ---- the store beside the model ---- */

typedef struct reading {
  world *w;
  size_t n;
} reading;

static lnt_status compare_row(void *payload, const lnti_answer_row *row, lnt_error *err) {
  reading *r = payload;
  size_t item = (size_t)row->subject_id - 1;
  const model *m = now(r->w);
  const said *s = row->slot ? &m->items[item].part[row->slot] : &m->items[item].whole[row->question_id];
  bool same = s->state == (int)row->state && (isnan(row->number) ? isnan(s->number) : row->number == s->number) &&
              (row->text ? s->text && strcmp(row->text, s->text) == 0 : !s->text) &&
              (row->state != LNTI_ANSWERED || row->option_id == s->option);
  (void)err;
  r->n++;
  if (!same) {
    size_t question = lnti_ontology_question_by_id(r->w->l.ontology, row->question_id);
    complain(r->w, "item %zu says otherwise of \"%s\": state %d option %lld number %g, where %d, %lld, %g is meant",
             item + 1, r->w->l.ontology->questions[question].key, (int)row->state, (long long)row->option_id,
             row->number, s->state, (long long)s->option, s->number);
  }
  return LNT_OK;
}

static void print_model(const model *m) {
  for (size_t item = 0; item < ITEMS; item++) {
    for (size_t i = 0; i < MODEL_IDS; i++) {
      const said *s = &m->items[item].whole[i], *part = &m->items[item].part[i];
      if (s->state)
        print_message("  item %zu, question %zu: %d %lld %g\n", item + 1, i, s->state, (long long)s->option, s->number);
      if (part->state) print_message("  item %zu, option %zu: %g\n", item + 1, i, part->number);
    }
  }
}

static lnt_status print_row(void *payload, const lnti_answer_row *row, lnt_error *err) {
  (void)payload;
  (void)err;
  print_message("  stored: item %lld, question %lld, slot %lld: %d %lld %g\n", (long long)row->subject_id,
                (long long)row->question_id, (long long)row->slot, (int)row->state, (long long)row->option_id,
                row->number);
  return LNT_OK;
}

static void expect_same(world *w) {
  reading r = {w, 0};
  size_t n = 0;
  assert_ok(lnti_store_answers(w->l.project->store, 1, ITEMS, 0, compare_row, &r, ERR));
  for (size_t item = 0; item < ITEMS; item++) {
    for (size_t i = 0; i < MODEL_IDS; i++) {
      n += (now(w)->items[item].whole[i].state != 0) + (now(w)->items[item].part[i].state != 0);
    }
  }
  if (n != r.n) {
    print_model(now(w));
    assert_ok(lnti_store_answers(w->l.project->store, 1, ITEMS, 0, print_row, NULL, ERR));
  }
  if (n != r.n) complain(w, "%zu answers where there should be %zu", r.n, n);
}

static uint64_t ontology_hash(world *w) {
  char *json = lnti_ontology_json(w->l.ontology, 0);
  lnti_hash hash;
  uint64_t first = 0;
  lnti_hash_bytes(&hash, json, strlen(json));
  memcpy(&first, hash.bytes, sizeof first);
  free(json);
  return first;
}

static void read_ontology(world *w) {
  lnti_ontology_free(w->l.ontology);
  w->l.ontology = NULL;
  assert_ok(lnti_store_ontology(&w->l.ontology, w->l.project->store, ERR));
  now(w)->ontology = w->l.ontology;
}

/* ---- exports ---- */

static lnti_text *listing; /* nftw has no payload */

static int list_entry(const char *path, const struct stat *info, int kind, struct FTW *at) {
  const char *name = strstr(path, "/out/");
  (void)info;
  (void)kind;
  (void)at;
  if (name && !strstr(name, "/.")) assert_ok(lnti_text_printf(listing, ERR, "%s\n", name + 5));
  return 0;
}

static int by_name(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The lines of a text in order. */
static void sort_lines(lnti_text *text) {
  enum { LINES = 64 };
  char *lines[LINES], *copy = strdup(text->data ? text->data : ""), *rest = NULL;
  size_t n = 0;
  for (char *line = strtok_r(copy, "\n", &rest); line && n < LINES; line = strtok_r(NULL, "\n", &rest))
    lines[n++] = line;
  qsort(lines, n, sizeof *lines, by_name);
  text->length = 0;
  for (size_t i = 0; i < n; i++) assert_ok(lnti_text_printf(text, ERR, "%s\n", lines[i]));
  free(copy);
}

static void export_into(world *w, const char *path, lnti_export_format format, const char *target) {
  const lnti_export_options options = {
      .format = format, .target = target, .link = format == LNTI_EXPORT_FOLDER ? LNTI_LINK_SYMBOLIC : LNTI_LINK_NONE};
  lnti_export_result result;
  assert_ok(lnti_export(&result, w->l.project, path, &options, ERR));
  assert_int_equal(result.n_refused, 0);
}

/* The listing of class folders of the first question that gives classes; what is in the files are the items' own bytes. */
static void list_folder(world *w, lnti_text *out) {
  const lnti_ontology *o = w->l.ontology;
  size_t question = 0;
  lnti_text target = {0};
  char *folder = lnti_test_path(w->l.folder, "out");
  while (question < o->n_questions && o->questions[question].type != LNTI_RADIO &&
         o->questions[question].type != LNTI_TREE && o->questions[question].type != LNTI_CHECKLIST) {
    question++;
  }
  if (question < o->n_questions) {
    assert_ok(lnti_ontology_question_path(&target, o, question, ERR));
    export_into(w, folder, LNTI_EXPORT_FOLDER, target.data);
    listing = out;
    nftw(folder, list_entry, 16, FTW_PHYS);
    sort_lines(out);
    lnti_test_folder_remove(folder);
  } else {
    free(folder);
  }
  lnti_text_clear(&target);
}

/* free() it. */
static char *export_all(world *w) {
  static const struct {
    const char *name;
    lnti_export_format format;
  } tables[] = {{"out.csv", LNTI_EXPORT_CSV}, {"out.jsonl", LNTI_EXPORT_JSONL}};
  lnti_text all = {0};
  list_folder(w, &all);
  w->n_exports++;
  for (size_t i = 0; i < 2; i++) {
    size_t n = 0;
    char *path = lnti_test_path(w->l.folder, tables[i].name);
    export_into(w, path, tables[i].format, NULL);
    char *bytes = lnti_test_read_file(&n, path);
    assert_ok(lnti_text_append(&all, bytes, n, ERR));
    free(bytes);
    unlink(path);
    free(path);
  }
  return all.data;
}

/* ---- the stack ---- */

static void free_level(level *l) {
  free(l->exported);
  free(l);
}

/* A copy of what is said now, on top; all undone ones are gone. */
static void push(world *w) {
  for (; w->top > w->at; w->top--) free_level(w->stack[w->top]);
  w->stack[w->at + 1] = malloc(sizeof(level));
  assert_non_null(w->stack[w->at + 1]);
  memcpy(w->stack[w->at + 1], w->stack[w->at], sizeof(level));
  w->top = ++w->at;
  w->stack[w->at]->exported = NULL;
  memcpy(w->stack[w->at]->done, w->doing, sizeof w->doing);
}

static void drop(world *w) {
  free_level(w->stack[w->top--]);
  w->at--;
}

/* An operation without answers: there is nothing to undo. Whether it was one with answers. */
static bool drop_same(world *w) {
  bool changed = !model_same(now(w), &w->stack[w->at - 1]->said);
  if (!changed) drop(w);
  return changed;
}

/* ---- answers ---- */

/* Mostly one that others hang on, or that hangs on another: the rules of these are the hard ones. */
static size_t draw_question(world *w) {
  const lnti_ontology *o = w->l.ontology;
  size_t question = below(w, o->n_questions);
  if (below(w, 2) || question == 0) return question;
  size_t above = o->questions[question].parent_option;
  return above == LNTI_NONE || below(w, 2) ? question : o->options[above].question;
}

/* Answers to one question, good or bad; a rank's are several. */
static size_t draw(world *w, lnti_answer a[SIZE]) {
  const lnti_ontology *o = w->l.ontology;
  size_t question = draw_question(w), n = 0, options[SIZE], chosen;
  const lnti_question *q = &o->questions[question];
  static const lnti_answer_state states[] = {LNTI_UNSURE, LNTI_NONE_OF_THESE, LNTI_CLEARED};
  for (size_t i = 0; i < o->n_options && n < SIZE; i++) {
    if (o->options[i].question == question) options[n++] = i;
  }
  a[0] = (lnti_answer){question, LNTI_ANSWERED, LNTI_NONE, (double)NAN, NULL};
  if (below(w, 5) == 0 || (n == 0 && q->type != LNTI_NUMBER && q->type != LNTI_TEXT)) {
    a[0].state = states[below(w, 3)];
    return 1;
  }
  if (q->type == LNTI_NUMBER) a[0].number = (double)below(w, 41) / 2 - 5;
  if (q->type == LNTI_TEXT) a[0].text = texts[below(w, TEXTS)];
  if (q->type == LNTI_NUMBER || q->type == LNTI_TEXT) return 1;
  chosen = q->type == LNTI_RANK ? 1 + below(w, n) : 1;
  for (size_t i = 0; i < chosen; i++) {
    a[i] = a[0];
    size_t k = i + below(w, n - i), option = options[k];
    for (size_t j = i; j < n && below(w, 3); j++) {
      if (o->options[options[j]].first_attribute != LNTI_NONE) option = options[k = j];
    }
    options[k] = options[i];
    options[i] = option;
    a[i].option = option;
    if (q->type == LNTI_RANK) a[i].number = (double)(i + 1);
    if (q->type == LNTI_CHECKLIST) a[i].number = (double)below(w, 2);
  }
  if (q->type == LNTI_CHECKLIST && below(w, 6) == 0) {
    a[0].state = LNTI_CLEARED;
    a[0].number = (double)NAN;
  }
  return chosen;
}

/* By a call of the library: one answer to some item. */
static void step_answer(world *w) {
  lnti_answer a[SIZE];
  lnti_annotation annotations[SIZE];
  const lnti_annotate_options options = {.source = LNTI_BY_PERSON, .existing = LNTI_EXISTING_CHANGE};
  lnti_annotated counts = {0};
  size_t item = below(w, ITEMS), n = draw(w, a);
  bool allowed = model_allows(now(w), item, a, n);
  for (size_t i = 0; i < n; i++) {
    annotations[i] = (lnti_annotation){.item_id = (int64_t)item + 1, .answer = a[i], .confidence = (double)NAN};
  }
  lnt_status status = lab_annotate_with(&w->l, annotations, n, &options, &counts);
  if (allowed != (status == LNT_OK) || (status && status != LNT_EINVAL)) {
    complain(w, "\"%s\" %s: %s", w->l.ontology->questions[a->question].key,
             allowed ? "may be answered so" : "may not be answered so", fault.message);
  }
  w->n_taken += allowed;
  w->n_refused += !allowed;
  w->n_retired += counts.n_retired * allowed;
  if (!allowed) return;
  push(w);
  model_take(now(w), item, a, n);
  drop_same(w);
}

/* What a person would write in a cell, or after "="; NULL where there is no word for it. In `text`. */
static const char *word_of(world *w, lnti_text *text, const lnti_answer *a, size_t n) {
  const lnti_ontology *o = w->l.ontology;
  text->length = 0;
  if (a->state != LNTI_ANSWERED) {
    if (a->option != LNTI_NONE) return NULL;
    return a->state == LNTI_UNSURE ? "unsure" : a->state == LNTI_CLEARED ? "clear" : "none";
  }
  if (o->questions[a->question].type == LNTI_TEXT) return a->text;
  if (o->questions[a->question].type == LNTI_NUMBER) {
    assert_ok(lnti_text_printf(text, ERR, "%.17g", a->number));
    return text->data;
  }
  if (n > 1 || (model_slotted(o, a->question) && a->number == 0)) return NULL;
  assert_ok(lnti_ontology_option_path(text, o, a->option, ERR));
  return text->data;
}

/* "QUESTION", or where a state is meant "QUESTION.state". */
static void key_of(world *w, lnti_text *key, const lnti_answer *a) {
  key->length = 0;
  assert_ok(lnti_ontology_question_path(key, w->l.ontology, a->question, ERR));
  if (a->state != LNTI_ANSWERED) assert_ok(lnti_text_append(key, ".state", 6, ERR));
}

static lnt_status note_stage(void *payload, const lnti_item *item, lnt_error *err) {
  (void)err;
  *(bool *)payload = strcmp(item->stage, "review") == 0;
  return LNT_OK;
}

/* Whether these words of a person decide on an item that waits for review: they are written then, new or not. */
static bool decides(world *w, size_t item, const lnti_answer *a) {
  const int64_t id = (int64_t)item + 1;
  bool waits = false;
  assert_ok(lnti_store_items_by_id(w->l.project->store, &id, 1, note_stage, &waits, ERR));
  return waits && a->state != LNTI_CLEARED;
}

/* A filter finds the first items; each of them stands or falls by itself. */
static void step_filter(world *w) {
  lnti_answer a[SIZE];
  lnti_text key = {0}, word = {0}, setting = {0};
  char where[32];
  size_t n = draw(w, a), found = 1 + below(w, ITEMS), n_refused = 0, n_decided = 0;
  const char *value = word_of(w, &word, a, n);
  key_of(w, &key, a);
  if (value && !strchr(key.data, '=')) {
    snprintf(where, sizeof where, "id<=%zu", found);
    assert_ok(lnti_text_printf(&setting, ERR, "%s=%s", key.data, value));
    const char *set = setting.data;
    const lnti_annotate_items_options options = {.where = where, .set = &set, .n_set = 1, .confidence = (double)NAN};
    lnti_annotate_items_result result = {0};
    for (size_t item = 0; item < found; item++) n_decided += model_allows(now(w), item, a, n) && decides(w, item, a);
    lnt_status status = lnti_annotate_items(&result, w->l.project, &options, &fault);
    push(w);
    for (size_t item = 0; item < found; item++) {
      bool allowed = model_allows(now(w), item, a, n);
      n_refused += !allowed;
      if (allowed) model_take(now(w), item, a, n);
    }
    /* What no item may be answered is refused at once. */
    if (status ? status != LNT_EINVAL || n_refused < found : n_refused != result.n_refused) {
      complain(w, "--set \"%s\" of %zu items: %zu refused, where %zu should be: %s", set, found, result.n_refused,
               n_refused, status ? fault.message : "");
    }
    assert_int_equal(result.n_reviewed, n_decided);
    bool changed = n_decided > 0 || drop_same(w);
    assert_int_equal(changed, result.op_id != 0);
  }
  lnti_text_clear(&key);
  lnti_text_clear(&word);
  lnti_text_clear(&setting);
}

/* ---- tables ---- */

/* The same answer by a line of a file, as `items --json` has it. */
static void write_line(world *w, FILE *file, size_t item, const lnti_answer *a, size_t n) {
  const lnti_ontology *o = w->l.ontology;
  const lnti_question *q = &o->questions[a->question];
  lnti_json_writer *json = NULL;
  lnti_text path = {0};
  assert_ok(lnti_json_writer_new(&json, lnti_json_sink_file, file, 0, ERR));
  lnti_json_begin_object(json);
  lnti_json_kv_int(json, "id", (int64_t)item + 1);
  assert_ok(lnti_ontology_question_path(&path, o, a->question, ERR));
  bool noes = q->type == LNTI_CHECKLIST && a->option != LNTI_NONE && a->number == 0;
  lnti_json_key(json, noes ? "answers_no" : "answers");
  lnti_json_begin_object(json);
  lnti_json_key(json, path.data);
  if (a->state != LNTI_ANSWERED) {
    lnti_json_begin_object(json);
    lnti_json_kv_string(json, "state",
                        a->state == LNTI_UNSURE    ? "unsure"
                        : a->state == LNTI_CLEARED ? "clear"
                                                   : "none");
    lnti_json_end_object(json);
  } else if (q->type == LNTI_NUMBER) {
    lnti_json_real(json, a->number);
  } else if (q->type == LNTI_TEXT) {
    lnti_json_string(json, a->text);
  } else {
    if (model_slotted(o, a->question)) lnti_json_begin_array(json);
    for (size_t i = 0; i < n; i++) {
      path.length = 0;
      assert_ok(lnti_ontology_option_path(&path, o, a[i].option, ERR));
      lnti_json_string(json, path.data);
    }
    if (model_slotted(o, a->question)) lnti_json_end_array(json);
  }
  lnti_json_end_object(json);
  lnti_json_end_object(json);
  assert_ok(lnti_json_finish(json, ERR));
  lnti_json_writer_free(json);
  lnti_text_clear(&path);
}

static void write_quoted(FILE *file, const char *text) {
  fputc('"', file);
  for (; *text; text++) fputs(*text == '"' ? "\"\"" : (char[2]){*text, '\0'}, file);
  fputc('"', file);
}

static bool write_csv(world *w, FILE *file, size_t item, const lnti_answer *a, size_t n) {
  lnti_text key = {0}, word = {0};
  const char *value = word_of(w, &word, a, n);
  key_of(w, &key, a);
  if (value) {
    fputs("id,", file);
    write_quoted(file, key.data);
    fprintf(file, "\n%zu,", item + 1);
    write_quoted(file, value);
    fputc('\n', file);
  }
  lnti_text_clear(&key);
  lnti_text_clear(&word);
  return value != NULL;
}

static void annotate_from_file(world *w, bool csv) {
  lnti_answer a[SIZE];
  size_t item = below(w, ITEMS), n = draw(w, a);
  if (a->state == LNTI_CLEARED && a->option != LNTI_NONE) return; /* items --json has no word for that */
  bool allowed = model_allows(now(w), item, a, n);
  char *path = lnti_test_path(w->l.folder, csv ? "answers.csv" : "answers.jsonl");
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  bool written = !csv || write_csv(w, file, item, a, n);
  if (!csv) write_line(w, file, item, a, n);
  assert_int_equal(fclose(file), 0);
  lnti_annotate_items_options options = {.file = path, .confidence = (double)NAN};
  lnti_annotate_items_result result = {0};
  const bool decided = written && allowed && decides(w, item, a);
  if (written) assert_ok(lnti_annotate_items(&result, w->l.project, &options, ERR));
  if (written && (result.n_refused == 0) != allowed) {
    complain(w, "a line of a file for \"%s\" was judged otherwise", w->l.ontology->questions[a->question].key);
  }
  free(path);
  if (!allowed || !written) return;
  push(w);
  model_take(now(w), item, a, n);
  assert_int_equal(result.n_reviewed, decided);
  bool changed = decided || drop_same(w);
  assert_int_equal(changed, result.op_id != 0);
}

static void step_jsonl(world *w) {
  annotate_from_file(w, false);
}

static void step_csv(world *w) {
  annotate_from_file(w, true);
}

static void note_reason(void *payload, const char *path, lnt_status code, const char *reason) {
  (void)path;
  (void)code;
  snprintf(payload, 500, "%s", reason);
}

/* A table of one row: `name` is the key or the head of its second column. */
static char *write_table(world *w, bool csv, size_t item, const char *name, const char *value) {
  char *path = lnti_test_path(w->l.folder, csv ? "labels.csv" : "labels.jsonl"), picture[16];
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  snprintf(picture, sizeof picture, "%zu.ppm", item);
  if (csv) {
    fputs("path,", file);
    write_quoted(file, name);
    fprintf(file, "\n%s,", picture);
    write_quoted(file, value);
    fputc('\n', file);
  } else {
    lnti_json_writer *json = NULL;
    assert_ok(lnti_json_writer_new(&json, lnti_json_sink_file, file, 0, ERR));
    lnti_json_begin_object(json);
    lnti_json_kv_string(json, "path", picture);
    lnti_json_kv_string(json, name, value);
    lnti_json_end_object(json);
    assert_ok(lnti_json_finish(json, ERR));
    lnti_json_writer_free(json);
  }
  assert_int_equal(fclose(file), 0);
  return path;
}

/* A table of import gives one answer to a question that hangs on nothing: a title, a number, a yes or no. */
static void step_import(world *w) {
  lnti_answer a[SIZE];
  size_t item = below(w, ITEMS), n = draw(w, a);
  const lnti_ontology *o = w->l.ontology;
  const lnti_question *q = &o->questions[a->question];
  const char *role = q->type == LNTI_RADIO ? "label" : q->type == LNTI_NUMBER ? "number" : "onehot";
  char column[LNTI_ONTOLOGY_TITLE_MAX + 32], number[64], reason[500] = "";
  if (q->parent_option != LNTI_NONE || a->state != LNTI_ANSWERED || strpbrk(q->key, ":=/\"") ||
      (q->type != LNTI_RADIO && q->type != LNTI_NUMBER && q->type != LNTI_CHECKLIST)) {
    return;
  }
  bool allowed = model_allows(now(w), item, a, n);
  snprintf(number, sizeof number, "%.17g", a->number);
  const char *title = a->option == LNTI_NONE ? "" : o->options[a->option].title;
  const char *value = q->type == LNTI_RADIO ? title : number, *name = q->type == LNTI_CHECKLIST ? title : "q";
  if (strstr(title, "\xc2\xa0")) return; /* blanks at the ends of a cell are none */
  char *path = write_table(w, below(w, 2), item, name, value);
  snprintf(column, sizeof column, "2=%s:%s", role, q->key);
  const char *columns[] = {"1=path", column}, *source = path;
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  snprintf(w->doing, sizeof w->doing, "import %.200s %.200s", column, value);
  options.table.columns = columns;
  options.table.n_columns = 2;
  options.refused = note_reason;
  options.refused_payload = reason;
  lnt_status status = lnti_import(&result, w->l.project, &source, 1, &options, &fault);
  if (allowed != (status == LNT_OK && result.n_refused == 0)) {
    complain(w, "a table of import for \"%s\" (a %s, \"%s\") %s: %d, %zu refused: %s", q->key,
             lnti_question_type_name(q->type), value, allowed ? "may be taken" : "may not be taken", (int)status,
             result.n_refused, status ? fault.message : reason);
  }
  lnti_import_result_clear(&result);
  read_ontology(w);
  free(path);
  if (!allowed) return;
  w->n_imported++;
  for (size_t i = 0; i <= w->top; i++) { /* the item is done then, and stays so when its answer is taken back */
    free(w->stack[i]->exported);
    w->stack[i]->exported = NULL;
  }
  push(w);
  model_take(now(w), item, a, n);
  drop_same(w);
}

/* ---- migrations ---- */

static bool ids_are_used_up(const lnti_ontology *o) {
  int64_t last = 0;
  for (size_t i = 0; i < o->n_options; i++) last = o->options[i].id > last ? o->options[i].id : last;
  for (size_t i = 0; i < o->n_questions; i++) last = o->questions[i].id > last ? o->questions[i].id : last;
  return last + 16 > MODEL_IDS;
}

/* A migration is refused, and changes nothing; or all of it is done, as its preview has said. */
static void step_migrate(world *w) {
  lnti_migrate_result result = {0}, preview = {0};
  model_change change;
  size_t verb = 0;
  if (w->l.ontology->n_options == 0 || ids_are_used_up(w->l.ontology)) return;
  char *json = random_change(&change, &verb, w->l.ontology, &w->rng, w->step);
  snprintf(w->doing, sizeof w->doing, "%s", json);
  if (!w->stack[w->at]->exported && below(w, 3) == 0) w->stack[w->at]->exported = export_all(w);
  lnt_status foreseen = lnti_migrate_preview(&preview, w->l.project, json, strlen(json), "m", &fault);
  lnt_status status = lnti_migrate(&result, w->l.project, json, strlen(json), "m", NULL, &fault);
  if (status != foreseen || (status && status != LNT_EINVAL && status != LNT_EEXISTS && status != LNT_ENOTFOUND &&
                             status != LNT_ECONFLICT && status != LNT_EDATA)) {
    complain(w, "%s: %d, where the preview says %d: %s", json, (int)status, (int)foreseen, fault.message);
  }
  if (result.n_answers != preview.n_answers || result.n_items != preview.n_items) {
    complain(w, "%s: %zu answers, and %zu in the preview", json, result.n_answers, preview.n_answers);
  }
  if (!status) {
    push(w);
    read_ontology(w);
    w->stack[w->at]->ontology = ontology_hash(w);
    model_migrate(now(w), change);
    w->n_migrated[verb]++;
  }
  lnti_migrate_result_clear(&result);
  lnti_migrate_result_clear(&preview);
  free(json);
}

/* ---- undo and redo ---- */

/* After having moved along the stack: all is as it was there. */
static void expect_level(world *w, const char *what) {
  level *here = w->stack[w->at];
  read_ontology(w);
  if (ontology_hash(w) != here->ontology) complain(w, "%s gave another ontology", what);
  if (!here->exported) return;
  char *exported = export_all(w);
  if (strcmp(exported, here->exported) != 0) {
    complain(w, "%s gave\n%s\nwhere there was\n%s", what, exported, here->exported);
  }
  free(exported);
}

static lnt_status note_conflict(void *payload, const lnti_undo_conflict *conflict, lnt_error *err) {
  (void)err;
  snprintf(payload, 500, "item %lld: %s (operation %lld)", (long long)conflict->item_id, conflict->reason,
           (long long)conflict->now_op);
  return LNT_OK;
}

static void step_undo(world *w) {
  lnti_undone undone = {0};
  char conflict[500];
  const lnti_undo_options options = {.visit = note_conflict, .payload = conflict};
  lnt_status status = lnti_undo(&undone, w->l.project, &options, &fault);
  if (w->at == 0) {
    assert_status(status, LNT_ENOTFOUND);
    return;
  }
  if (status) complain(w, "an undo of %s was refused: %s", w->stack[w->at]->done, fault.message);
  if (undone.n_conflicts) complain(w, "an undo of %s met another's answer: %s", w->stack[w->at]->done, conflict);
  w->at--;
  w->n_undone++;
  expect_level(w, "an undo");
}

static void step_redo(world *w) {
  lnti_undone undone = {0};
  if (w->at == w->top) return;
  lnt_status status = lnti_undo(&undone, w->l.project, &(lnti_undo_options){.redo = true}, &fault);
  if (status) complain(w, "a redo was refused: %s", fault.message);
  if (undone.n_conflicts) complain(w, "a redo met another's answer");
  w->at++;
  expect_level(w, "a redo");
}

static const struct {
  const char *name;
  size_t weight;
  void (*run)(world *w);
} steps[] = {{"answer", 45, step_answer}, {"jsonl", 6, step_jsonl},   {"csv", 6, step_csv},
             {"filter", 6, step_filter},  {"import", 4, step_import}, {"migrate", 13, step_migrate},
             {"undo", 14, step_undo},     {"redo", 6, step_redo}};

static void take_step(world *w) {
  size_t draw_of = below(w, 100), i = 0;
  if (w->l.ontology->n_questions == 0) draw_of = 99 - draw_of % 20; /* the last one was removed */
  for (; draw_of >= steps[i].weight; i++) draw_of -= steps[i].weight;
  snprintf(w->doing, sizeof w->doing, "%s", steps[i].name);
  steps[i].run(w);
}

/* ---- all of it ---- */

/* Real pictures, which an export can link to: items 1, 2... */
static void import_pictures(world *w) {
  char *folder = lnti_test_path(w->l.folder, "set"), name[16];
  const char *source = folder;
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  assert_ok(lnti_folder_make(folder, ERR));
  for (size_t i = 0; i < ITEMS; i++) {
    snprintf(name, sizeof name, "%zu.ppm", i);
    char *path = lnti_test_path(folder, name);
    lab_write_ppm(path, 4, 4, i);
    free(path);
  }
  assert_ok(lnti_import(&result, w->l.project, &source, 1, &options, ERR));
  assert_int_equal(result.imported, ITEMS);
  assert_int_equal(result.labelled, 0);
  lnti_import_result_clear(&result);
  free(folder);
}

static void run_ontology(world *w) {
  lnti_rng_seed(&w->rng, w->seed, 0);
  lnti_ontology *o = lnti_random_ontology(&w->rng, 1 + below(w, SIZE - 1));
  char *json = lnti_ontology_json(o, 0);
  w->l = lab_new();
  lab_ontology(&w->l, json);
  import_pictures(w);
  w->at = w->top = 0;
  w->stack[0] = calloc(1, sizeof(level));
  assert_non_null(w->stack[0]);
  read_ontology(w);
  w->stack[0]->ontology = ontology_hash(w);
  for (w->step = 0; w->step < STEPS; w->step++) {
    take_step(w);
    expect_same(w);
  }
  while (w->at > 0) step_undo(w);
  expect_same(w);
  for (size_t i = 0; i <= w->top; i++) free_level(w->stack[i]);
  lab_free(&w->l); /* which verifies */
  free(json);
  lnti_ontology_free(o);
}

static void random_answers_agree_with_the_model(void **state) {
  (void)state;
  static world w;
  const char *only = getenv("LINNET_SEED");
  const uint64_t n = getenv("LINNET_LONG") ? ONTOLOGIES : ONTOLOGIES_SHORT;
  for (uint64_t seed = only ? strtoull(only, NULL, 10) : 1; seed <= n || only; seed++) {
    w.seed = seed;
    run_ontology(&w);
    if (only) return;
  }
  print_message(
      "%llu ontologies: %zu answers taken, %zu refused, %zu retired, %zu imported, %zu operations undone, %zu exports\n",
      (unsigned long long)n, w.n_taken, w.n_refused, w.n_retired, w.n_imported, w.n_undone, w.n_exports);
  for (size_t i = 0; i < CHANGE_VERBS; i++) print_message("  %s %zu\n", change_verbs[i], w.n_migrated[i]);
  assert_true(w.n_taken > 100 * n / 4 && w.n_refused > n && w.n_undone > n && w.n_imported > n / 2 && w.n_exports > n);
  for (size_t i = 0; i < CHANGE_VERBS; i++) assert_true(w.n_migrated[i] > 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(random_answers_agree_with_the_model)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
