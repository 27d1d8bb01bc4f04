/*
 * Taking a snapshot: pages of items become blocks in the store. The fingerprint is a sum, so that it depends neither on the
 * order nor on the numbers of items: docs/guide/snapshot.md says how to compute it elsewhere.
 */
#include <flow/snapshot/snapshot_parts.h>

#include <base/alloc.h>
#include <base/cancel.h>
#include <base/error.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_BYTES = 200 };

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
  lnti_snapshot_names splits, keys; /* of all items, also those that are filtered out */
  lnti_answer_row *remarks;         /* [n_remarks] of items up to remarks_end */
  size_t n_remarks, remark_capacity;
  int64_t remarks_end;
  lnti_arena remark_arena;
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

static lnt_status keep_remark(void *payload, const lnti_answer_row *row, lnt_error *err) {
  taking *t = payload;
  char *text = NULL;
  lnt_status status = lnti_grow(&t->remarks, &t->remark_capacity, t->n_remarks + 1, sizeof *t->remarks, err);
  if (!status) status = lnti_arena_strndup(&text, &t->remark_arena, row->text, strlen(row->text), err);
  if (status) return status;
  t->remarks[t->n_remarks] = *row;
  t->remarks[t->n_remarks++].text = text;
  return LNT_OK;
}

/* Few items have any: they are read for a block's worth of ids at once. */
static lnt_status remarks_of(size_t *first_out, size_t *n_out, taking *t, int64_t id, lnt_error *err) {
  lnt_status status = LNT_OK;
  if (id > t->remarks_end) {
    t->n_remarks = 0;
    lnti_arena_clear(&t->remark_arena);
    t->remarks_end = id + LNTI_BLOCK_ITEMS - 1;
    status = lnti_store_remarks(t->project->store, id, t->remarks_end, keep_remark, t, err);
  }
  size_t first = 0, end = 0;
  while (first < t->n_remarks && t->remarks[first].subject_id < id) first++;
  for (end = first; end < t->n_remarks && t->remarks[end].subject_id == id;) end++;
  *first_out = first;
  *n_out = end - first;
  return status;
}

static lnt_status put_rest(taking *t, const lnti_item_view *view, lnt_error *err) {
  size_t first = 0, n = 0;
  lnt_status status = remarks_of(&first, &n, t, view->item->id, err);
  const lnti_answer_row *remarks = n ? t->remarks + first : NULL;
  return status ? status : lnti_snapshot_put_rest(&t->block, view, remarks, n, &t->keys, err);
}

static lnt_status on_item(void *payload, const lnti_item_view *view, lnt_error *err) {
  taking *t = payload;
  lnt_status status = add_to_fingerprint(t, view, err);
  if (t->n_block == 0) t->first = view->item->id;
  if (!status) status = lnti_snapshot_put(&t->block, view, t->n_block == 0 ? 0 : t->last, err);
  if (!status) status = put_rest(t, view, err);
  t->last = view->item->id;
  t->n_block++;
  t->set->n_items++;
  return !status && t->n_block == LNTI_BLOCK_ITEMS ? write_block(t, err) : status;
}

/* ---- facts ---- */

static lnt_status keep_key(void *payload, int64_t key_id, const char *key, lnt_error *err) {
  (void)key_id;
  return lnti_snapshot_names_add(payload, key, err);
}

static lnt_status load_names(taking *t, lnt_error *err) {
  lnt_status status = lnti_snapshot_names_splits(&t->splits, t->project, err);
  if (!status) status = lnti_store_meta_keys(t->project->store, keep_key, &t->keys, err);
  if (!status && t->keys.n > 1) qsort(t->keys.name, t->keys.n, sizeof *t->keys.name, by_text);
  return status;
}

static void write_names(lnti_json_writer *w, const char *key, const lnti_snapshot_names *names) {
  lnti_json_key(w, key);
  lnti_json_begin_array(w);
  for (size_t i = 0; i < names->n; i++) lnti_json_string(w, names->name[i]);
  lnti_json_end_array(w);
}

/* The ontology comes last: whoever compares two, or reads it alone, takes it from the text. */
static lnt_status write_facts(lnti_text *out, const taking *t, const char *where, lnt_error *err) {
  lnti_json_writer *w = NULL;
  lnt_status status = lnti_json_writer_new(&w, lnti_json_sink_text, out, 0, err);
  if (status) return status;
  lnti_json_begin_object(w);
  lnti_json_kv_string(w, "where", where);
  lnti_json_kv_int(w, "record", LNTI_SNAPSHOT_RECORD);
  write_names(w, "splits", &t->splits);
  write_names(w, "metadata", &t->keys);
  lnti_json_key(w, "rows");
  lnti_ontology_write_row_ids(w, t->ontology);
  lnti_json_key(w, "ontology");
  lnti_ontology_write(w, t->ontology);
  lnti_json_end_object(w);
  status = lnti_json_finish(w, err);
  lnti_json_writer_free(w);
  return status;
}

/* ---- the whole ---- */

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

static lnt_status take_items(taking *t, const char *where, lnt_error *err) {
  lnti_view *view = NULL;
  lnti_filter *filter = NULL;
  lnt_status status = *where ? lnti_view_open(&view, t->project, NULL, NULL, err) : LNT_OK;
  if (!status && *where) status = lnti_view_filter(&filter, view, where, err);
  if (!status) status = lnti_set_begin(t->set, t->project, err);
  const lnti_items_query query = {.filter = filter};
  if (!status) status = lnti_items(t->project, view, &query, on_item, t, err);
  if (!status && *where && t->set->n_items == 0) {
    status = lnti_fail(err, LNT_ENOTFOUND, "no item matches \"%.200s\": there is nothing to take a snapshot of", where);
  }
  if (!status && t->n_block > 0) status = write_block(t, err);
  lnti_filter_free(filter);
  lnti_view_close(view);
  return status;
}

/* Nothing changes between the first that is read and the last. */
static lnt_status take(taking *t, const char *where, lnt_error *err) {
  lnti_store_position before, after;
  lnti_ontology *ontology = NULL;
  lnti_text facts = {0};
  lnt_status status = lnti_store_position_read(&before, t->project->store, err);
  if (!status) status = lnti_store_ontology(&ontology, t->project->store, err);
  t->ontology = ontology;
  if (!status) status = load_names(t, err);
  if (!status) status = write_facts(&facts, t, where, err);
  if (!status) {
    t->set->facts_json = facts.data;
    status = take_items(t, where, err);
  }
  if (!status) status = lnti_store_position_read(&after, t->project->store, err);
  if (!status && (before.seq != after.seq || before.log_id != after.log_id)) {
    status = lnti_fail(err, LNT_ECONFLICT, "the data changed while the snapshot was taken: give the command again");
  }
  if (!status) status = lnti_set_end(t->project, t->set, false, err);
  lnti_text_clear(&facts);
  lnti_ontology_free(ontology);
  return status;
}

static void taking_clear(taking *t) {
  free(t->fields);
  free(t->remarks);
  lnti_snapshot_names_clear(&t->splits);
  lnti_snapshot_names_clear(&t->keys);
  lnti_arena_clear(&t->arena);
  lnti_arena_clear(&t->remark_arena);
  lnti_text_clear(&t->block);
  lnti_text_clear(&t->cell);
  lnti_text_clear(&t->line);
}

lnt_status lnti_snapshot_create(lnti_project *project, const char *name, const char *where,
                                const lnti_progress *progress, lnt_error *err) {
  lnti_item_set set = {.kind = LNTI_SET_SNAPSHOT, .name = name, .person = project->person};
  set.created_ms = lnti_wall_ms();
  taking t = {.project = project, .progress = progress, .set = &set};
  lnt_status status = check_name(name, err);
  if (!status) status = lnti_store_sets(project->store, LNTI_SET_SNAPSHOT, name, note_there, NULL, err);
  if (!status) status = take(&t, where ? where : "", err);
  taking_clear(&t);
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
