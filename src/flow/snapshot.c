/*
 * Taking a snapshot: pages of items become blocks in the store. The fingerprint is a sum, so that it depends neither on the
 * order nor on the numbers of items: docs/guide/snapshot.md says how to compute it elsewhere.
 */
#include <flow/snapshot_parts.h>

#include <base/alloc.h>
#include <base/cancel.h>
#include <base/error.h>
#include <flow/answer_text.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_BYTES = 200 };

/* ---- one item ---- */

static lnt_status put_answer(lnti_text *out, const lnti_answer_row *row, lnt_error *err) {
  const bool number = !isnan(row->number);
  lnt_status status = lnti_block_put(out, (uint64_t)row->question_id, err);
  if (!status) status = lnti_block_put(out, (uint64_t)row->slot, err);
  if (!status) status = lnti_block_put(out, (uint64_t)row->state * 2 + number, err);
  if (!status) status = lnti_block_put(out, (uint64_t)row->option_id, err);
  if (!status && number) status = lnti_text_append(out, (const char *)&row->number, sizeof row->number, err);
  if (!status) status = lnti_block_put_bytes(out, row->text ? row->text : "", row->text ? strlen(row->text) : 0, err);
  return status;
}

lnt_status lnti_snapshot_put(lnti_text *out, const lnti_item_view *view, int64_t after_id, lnt_error *err) {
  const lnti_item *item = view->item;
  lnt_status status = lnti_block_put(out, (uint64_t)(item->id - after_id), err);
  if (!status) {
    status = lnti_text_append(out, (const char *)item->content.bytes, sizeof item->content.bytes, err);
  }
  if (!status) status = lnti_block_put(out, (uint64_t)item->group_id, err);
  if (!status) status = lnti_block_put_bytes(out, item->split, strlen(item->split), err);
  if (!status) status = lnti_block_put(out, view->n_answers, err);
  for (size_t i = 0; i < view->n_answers && !status; i++) status = put_answer(out, &view->answers[i], err);
  return status;
}

static lnt_status get_text(const char **out, lnti_arena *arena, lnti_block_reader *r, lnt_error *err) {
  size_t n = (size_t)lnti_block_get(r);
  const uint8_t *bytes = lnti_block_get_n(r, n);
  char *text = NULL;
  *out = NULL;
  if (!bytes || n == 0) return LNT_OK;
  lnt_status status = lnti_arena_strndup(&text, arena, (const char *)bytes, n, err);
  *out = text;
  return status;
}

static lnt_status get_answer(lnti_answer_row *row, lnti_arena *arena, lnti_block_reader *r, lnt_error *err) {
  *row = (lnti_answer_row){.number = NAN};
  row->question_id = (int64_t)lnti_block_get(r);
  row->slot = (int64_t)lnti_block_get(r);
  uint64_t state = lnti_block_get(r);
  row->state = (lnti_answer_state)(state / 2);
  row->option_id = (int64_t)lnti_block_get(r);
  if (state % 2) {
    const uint8_t *number = lnti_block_get_n(r, sizeof row->number);
    if (number) memcpy(&row->number, number, sizeof row->number);
  }
  return get_text(&row->text, arena, r, err);
}

lnt_status lnti_snapshot_get(lnti_snapshot_item *item, lnti_block_reader *r, int64_t after_id, lnt_error *err) {
  lnti_arena_clear(&item->arena);
  item->id = after_id + (int64_t)lnti_block_get(r);
  const uint8_t *content = lnti_block_get_n(r, sizeof item->content.bytes);
  if (content) memcpy(item->content.bytes, content, sizeof item->content.bytes);
  item->group_id = (int64_t)lnti_block_get(r);
  lnt_status status = get_text(&item->split, &item->arena, r, err);
  if (!item->split) item->split = "";
  size_t n = (size_t)lnti_block_get(r);
  if (n > (size_t)(r->end - r->at)) r->ok = false; /* an answer has several bytes */
  if (!status && r->ok) status = lnti_grow(&item->answers, &item->capacity, n, sizeof *item->answers, err);
  item->n_answers = 0;
  while (!status && r->ok && item->n_answers < n) {
    status = get_answer(&item->answers[item->n_answers++], &item->arena, r, err);
  }
  if (!status && !r->ok) status = lnti_fail(err, LNT_ECORRUPT, "a snapshot is damaged: run 'linnet verify'");
  return status;
}

void lnti_snapshot_item_clear(lnti_snapshot_item *item) {
  lnti_arena_clear(&item->arena);
  free(item->answers);
  *item = (lnti_snapshot_item){0};
}

/* ---- answers as text ---- */

lnt_status lnti_snapshot_question(lnti_text *out, const lnti_ontology *o, const lnti_answer_row *row, lnt_error *err) {
  if (row->question_id == 0) return lnti_text_printf(out, err, "%s", row->slot ? "(comment)" : "(skipped)");
  size_t question = lnti_ontology_question_by_id(o, row->question_id);
  size_t option = row->slot ? lnti_ontology_option_by_id(o, row->slot) : LNTI_NONE;
  lnt_status status =
      question == LNTI_NONE ? lnti_text_printf(out, err, "?") : lnti_ontology_question_path(out, o, question, err);
  if (!status && row->slot) status = lnti_text_printf(out, err, "/%s", option == LNTI_NONE ? "?" : "");
  return !status && option != LNTI_NONE ? lnti_ontology_option_path(out, o, option, err) : status;
}

lnt_status lnti_snapshot_value(lnti_text *out, const lnti_ontology *o, const lnti_answer_row *row, lnt_error *err) {
  lnti_answer_row plain = *row;
  if (row->slot && row->state == LNTI_ANSWERED && !row->text) plain.option_id = 0; /* its number */
  return lnti_answer_text(out, o, &plain, err);
}

/* Control characters and backslashes as \xNN, so that tabs and line ends part fields and items alone. */
static lnt_status escape(lnti_text *out, const char *text, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (; *text && !status; text++) {
    const unsigned char c = (unsigned char)*text;
    status = c < 0x20 || c == 0x7f || c == '\\' ? lnti_text_printf(out, err, "\\x%02x", c)
                                                : lnti_text_append(out, text, 1, err);
  }
  return status;
}

/* ---- the fingerprint ---- */

typedef struct taking {
  lnti_project *project;
  const lnti_ontology *ontology;
  const lnti_progress *progress;
  lnti_item_set *set;
  lnti_text block, cell, line;
  char **fields; /* [n_fields] "QUESTION=VALUE" of an item */
  size_t n_fields, field_capacity;
  lnti_arena arena;
  int64_t first, last; /* of the block */
  size_t n_block;
} taking;

static int by_text(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static lnt_status add_field(taking *t, const lnti_answer_row *row, lnt_error *err) {
  lnt_status status = lnti_grow(&t->fields, &t->field_capacity, t->n_fields + 1, sizeof *t->fields, err);
  t->cell.length = t->line.length = 0;
  if (!status) status = lnti_snapshot_question(&t->cell, t->ontology, row, err);
  if (!status) status = lnti_text_append(&t->cell, "=", 1, err);
  if (!status) status = lnti_snapshot_value(&t->cell, t->ontology, row, err);
  if (!status) status = escape(&t->line, t->cell.data, err);
  if (!status) status = lnti_arena_strndup(&t->fields[t->n_fields], &t->arena, t->line.data, t->line.length, err);
  if (!status) t->n_fields++;
  return status;
}

/* Both as numbers of 256 bits, the lowest byte first; what runs over is lost. */
static void add_hash(lnti_hash *sum, const lnti_hash *hash) {
  unsigned carry = 0;
  for (size_t i = 0; i < sizeof sum->bytes; i++) {
    carry += (unsigned)sum->bytes[i] + hash->bytes[i];
    sum->bytes[i] = (uint8_t)carry;
    carry >>= 8;
  }
}

static lnt_status add_to_fingerprint(taking *t, const lnti_item_view *view, lnt_error *err) {
  char hex[LNTI_HASH_HEX];
  lnti_hash hash;
  lnt_status status = LNT_OK;
  t->n_fields = 0;
  lnti_arena_clear(&t->arena);
  for (size_t i = 0; i < view->n_answers && !status; i++) status = add_field(t, &view->answers[i], err);
  if (status) return status;
  if (t->n_fields > 1) qsort(t->fields, t->n_fields, sizeof *t->fields, by_text);
  lnti_hash_hex(hex, &view->item->content);
  t->line.length = 0;
  status = lnti_text_printf(&t->line, err, "%s\t", hex);
  if (!status) status = escape(&t->line, view->item->split, err);
  for (size_t i = 0; i < t->n_fields && !status; i++) status = lnti_text_printf(&t->line, err, "\t%s", t->fields[i]);
  if (!status) status = lnti_text_append(&t->line, "\n", 1, err);
  if (status) return status;
  lnti_hash_bytes(&hash, t->line.data, t->line.length);
  add_hash(&t->set->content, &hash);
  return LNT_OK;
}

/* ---- taking one ---- */

static lnt_status write_block(taking *t, lnt_error *err) {
  const lnti_item_block block = {t->first, t->last, t->block.data, t->block.length};
  lnt_status status = lnti_set_block(t->project, t->set->id, &block, err);
  t->n_block = t->block.length = 0;
  lnti_progress_update(t->progress, "items", t->set->n_items, 0);
  return status;
}

static lnt_status on_item(void *payload, const lnti_item_view *view, lnt_error *err) {
  taking *t = payload;
  lnt_status status = add_to_fingerprint(t, view, err);
  if (t->n_block == 0) t->first = view->item->id;
  if (!status) status = lnti_snapshot_put(&t->block, view, t->n_block == 0 ? 0 : t->last, err);
  t->last = view->item->id;
  t->n_block++;
  t->set->n_items++;
  return !status && t->n_block == LNTI_BLOCK_ITEMS ? write_block(t, err) : status;
}

lnt_status lnti_snapshot_facts(lnti_text *out, const lnti_ontology *ontology, const char *where, lnt_error *err) {
  lnti_json_writer *w = NULL;
  lnt_status status = lnti_json_writer_new(&w, lnti_json_sink_text, out, 0, err);
  if (status) return status;
  lnti_json_begin_object(w);
  lnti_json_kv_string(w, "where", where);
  lnti_json_key(w, "ontology");
  lnti_ontology_write(w, ontology);
  lnti_json_end_object(w);
  status = lnti_json_finish(w, err);
  lnti_json_writer_free(w);
  return status;
}

static lnt_status check_name(const char *name, lnt_error *err) {
  const size_t n = strlen(name);
  bool plain = n > 0 && n <= NAME_MAX_BYTES && lnti_utf8_valid(name, n) == n && name[0] != '-' && name[0] != '.';
  for (size_t i = 0; i < n; i++) plain = plain && (unsigned char)name[i] >= 0x20 && name[i] != 0x7f;
  if (strcmp(name, LNTI_SNAPSHOT_NOW) == 0) {
    return lnti_fail(err, LNT_EINVAL,
                     "\"" LNTI_SNAPSHOT_NOW "\" stands for the data as they are: name the snapshot otherwise");
  }
  if (plain && !strpbrk(name, "/\\")) return LNT_OK;
  return lnti_fail(
      err, LNT_EINVAL,
      "\"%.100s\" is no name for a snapshot: it has 1 to %d bytes of letters, digits, blanks and other signs, but no "
      "'/' and no '\\', and does not begin with '.' or '-'",
      name, NAME_MAX_BYTES);
}

static lnt_status note_there(void *payload, const lnti_item_set *set, lnt_error *err) {
  (void)payload;
  return lnti_fail(err, LNT_EEXISTS, "there is a snapshot \"%s\" already: name another one, or remove it first",
                   set->name);
}

/* The items' pages, and that nothing changed between the first and the last. */
static lnt_status take(taking *t, const char *where, lnt_error *err) {
  lnti_store_position before, after;
  lnti_view *view = NULL;
  lnti_filter *filter = NULL;
  lnt_status status = lnti_store_position_read(&before, t->project->store, err);
  if (!status && *where) status = lnti_view_open(&view, t->project, NULL, NULL, err);
  if (!status && *where) status = lnti_view_filter(&filter, view, where, err);
  if (!status) status = lnti_set_begin(t->set, t->project, err);
  const lnti_items_query query = {.filter = filter};
  if (!status) status = lnti_items(t->project, view, &query, on_item, t, err);
  if (!status && *where && t->set->n_items == 0) {
    status = lnti_fail(err, LNT_ENOTFOUND, "no item matches \"%.200s\": there is nothing to take a snapshot of", where);
  }
  if (!status && t->n_block > 0) status = write_block(t, err);
  if (!status) status = lnti_store_position_read(&after, t->project->store, err);
  if (!status && (before.seq != after.seq || before.log_id != after.log_id)) {
    status = lnti_fail(err, LNT_ECONFLICT, "the data changed while the snapshot was taken: give the command again");
  }
  if (!status) status = lnti_set_end(t->project, t->set, false, err);
  lnti_filter_free(filter);
  lnti_view_close(view);
  return status;
}

lnt_status lnti_snapshot_create(lnti_project *project, const char *name, const char *where,
                                const lnti_progress *progress, lnt_error *err) {
  lnti_ontology *ontology = NULL;
  lnti_text facts = {0};
  lnti_item_set set = {.kind = LNTI_SET_SNAPSHOT, .name = name, .person = project->person};
  set.created_ms = lnti_wall_ms();
  taking t = {.project = project, .progress = progress, .set = &set};
  where = where ? where : "";
  lnt_status status = check_name(name, err);
  if (!status) status = lnti_store_sets(project->store, LNTI_SET_SNAPSHOT, name, note_there, NULL, err);
  if (!status) status = lnti_store_ontology(&ontology, project->store, err);
  if (!status) status = lnti_snapshot_facts(&facts, ontology, where, err);
  if (!status) {
    set.facts_json = facts.data;
    t.ontology = ontology;
    status = take(&t, where, err);
  }
  free(t.fields);
  lnti_arena_clear(&t.arena);
  lnti_text_clear(&t.block);
  lnti_text_clear(&t.cell);
  lnti_text_clear(&t.line);
  lnti_text_clear(&facts);
  lnti_ontology_free(ontology);
  return status;
}

/* ---- names ---- */

static lnt_status note_name(void *payload, const lnti_item_set *set, lnt_error *err) {
  lnti_text *names = payload;
  return lnti_text_printf(names, err, "%s%s", names->length > 0 ? ", " : "", set->name);
}

lnt_status lnti_snapshot_fail_unknown(lnti_project *project, const char *name, lnt_error *err) {
  lnti_text names = {0};
  lnt_status status = lnti_store_sets(project->store, LNTI_SET_SNAPSHOT, NULL, note_name, &names, err);
  if (!status) {
    status =
        lnti_fail(err, LNT_ENOTFOUND, "no snapshot \"%.100s\"; there %s%.400s", name,
                  names.length ? "are: " : "is none yet: linnet snapshot create NAME", names.length ? names.data : "");
  }
  lnti_text_clear(&names);
  return status;
}

typedef struct removing {
  const char *name;
  bool found;
} removing;

static lnt_status write_removal(void *payload, lnti_tx *tx, lnt_error *err) {
  removing *r = payload;
  return lnti_tx_set_remove(tx, &r->found, LNTI_SET_SNAPSHOT, r->name, err);
}

lnt_status lnti_snapshot_remove(lnti_project *project, const char *name, lnt_error *err) {
  removing r = {.name = name};
  lnt_status status = lnti_store_write(project->store, write_removal, &r, err);
  return status || r.found ? status : lnti_snapshot_fail_unknown(project, name, err);
}
