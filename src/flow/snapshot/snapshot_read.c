/*
 * A snapshot is read a block at a time, since it may have a million items.
 */
#include <flow/snapshot/snapshot_read.h>

#include <base/alloc.h>
#include <base/error.h>
#include <base/json.h>
#include <stdlib.h>
#include <string.h>

/* ---- opening ---- */

static lnt_status note_set(void *payload, const lnti_item_set *set, lnt_error *err) {
  lnti_snapshot *s = payload;
  s->id = set->id;
  s->n_items = set->n_items;
  lnti_hash_hex(s->fingerprint, &set->content);
  return lnti_text_append(&s->facts, set->facts_json, strlen(set->facts_json), err);
}

static lnt_status damaged(const lnti_snapshot *s, lnt_error *err) {
  return lnti_fail(err, LNT_ECORRUPT, "the snapshot \"%.100s\" is damaged: run 'linnet verify'", s->name);
}

static lnt_status read_names(lnti_snapshot_names *out, const lnti_snapshot *s, const lnti_json_value *head,
                             const char *key, lnt_error *err) {
  const lnti_json_value *list = lnti_json_get(head, key);
  lnt_status status = !list || list->type == LNTI_JSON_TYPE_ARRAY ? LNT_OK : damaged(s, err);
  for (const lnti_json_value *v = list ? list->first : NULL; v && !status; v = v->next) {
    status = v->type == LNTI_JSON_TYPE_STRING ? lnti_snapshot_names_add(out, v->text, err) : damaged(s, err);
  }
  return status;
}

static lnt_status read_head(lnti_snapshot *s, const lnti_json_value *head, lnt_error *err) {
  const char *where = NULL;
  int64_t record = 1;
  lnt_status status = lnti_json_get_string(&where, head, "where", "", err);
  if (!status) status = lnti_json_get_int(&record, head, "record", 1, 1, INT32_MAX, err);
  if (!status && record > LNTI_SNAPSHOT_RECORD) {
    return lnti_fail(err, LNT_EUNSUPPORTED, "the snapshot \"%.100s\" is of a later version of Linnet", s->name);
  }
  s->record = (int)record;
  if (!status) status = lnti_strdup(&s->where, where, err);
  if (!status) status = read_names(&s->splits, s, head, "splits", err);
  if (!status) status = read_names(&s->keys, s, head, "metadata", err);
  return !status && record > 1 ? lnti_ontology_read_row_ids(s->ontology, lnti_json_get(head, "rows"), err) : status;
}

/* The facts end with the ontology, which is parsed by itself. */
static lnt_status read_facts(lnti_snapshot *s, lnt_error *err) {
  static const char key[] = ",\"ontology\":";
  const char *from = strstr(s->facts.data, key), *end = strrchr(s->facts.data, '}');
  const lnti_json_value *head = NULL;
  lnti_arena arena = {0};
  lnti_text text = {0};
  if (!from || !end || end < from + sizeof key) return damaged(s, err);
  s->ontology_json = from + sizeof key - 1;
  lnt_status status = lnti_ontology_parse(&s->ontology, s->ontology_json, (size_t)(end - s->ontology_json),
                                          "the snapshot's ontology", err);
  if (!status) status = lnti_text_append(&text, s->facts.data, (size_t)(from - s->facts.data), err);
  if (!status) status = lnti_text_append(&text, "}", 1, err);
  if (!status) status = lnti_json_parse(&head, &arena, text.data, text.length, s->name, err);
  if (!status) status = read_head(s, head, err);
  lnti_text_clear(&text);
  lnti_arena_clear(&arena);
  return status;
}

lnt_status lnti_snapshot_open(lnti_snapshot *out, lnti_project *project, const char *name, lnt_error *err) {
  lnti_snapshot s = {.project = project};
  lnt_status status = lnti_strdup(&s.name, name, err);
  if (!status) status = lnti_store_sets(project->store, LNTI_SET_SNAPSHOT, name, note_set, &s, err);
  if (!status && s.id == 0) status = lnti_snapshot_fail_unknown(project, name, err);
  if (!status) status = read_facts(&s, err);
  if (status) {
    lnti_snapshot_close(&s);
    return status;
  }
  *out = s;
  return LNT_OK;
}

void lnti_snapshot_close(lnti_snapshot *snapshot) {
  free(snapshot->name);
  free(snapshot->where);
  lnti_ontology_free(snapshot->ontology);
  lnti_snapshot_names_clear(&snapshot->splits);
  lnti_snapshot_names_clear(&snapshot->keys);
  lnti_text_clear(&snapshot->facts);
  *snapshot = (lnti_snapshot){0};
}

/* ---- items ---- */

lnt_status lnti_snapshot_load(lnti_snapshot_cursor *cursor, const lnti_snapshot *snapshot, lnt_error *err) {
  lnt_status status = lnti_set_next_block(&cursor->block, &cursor->first, snapshot->project, snapshot->id, err);
  cursor->keys = snapshot->record > 1 ? &snapshot->keys : NULL;
  lnti_snapshot_rewind(cursor);
  return status;
}

void lnti_snapshot_rewind(lnti_snapshot_cursor *cursor) {
  const uint8_t *data = (const uint8_t *)cursor->block.data;
  cursor->previous = 0;
  cursor->reader = (lnti_block_reader){data, data, true};
  if (cursor->block.length > 0) cursor->reader.end += cursor->block.length;
}

bool lnti_snapshot_more(const lnti_snapshot_cursor *cursor) {
  return cursor->reader.at != cursor->reader.end;
}

lnt_status lnti_snapshot_next(lnti_snapshot_cursor *cursor, lnt_error *err) {
  lnt_status status = lnti_snapshot_get(&cursor->item, &cursor->reader, cursor->previous, cursor->keys, err);
  cursor->previous = cursor->item.id;
  return status;
}

void lnti_snapshot_cursor_clear(lnti_snapshot_cursor *cursor) {
  lnti_snapshot_item_clear(&cursor->item);
  lnti_text_clear(&cursor->block);
  *cursor = (lnti_snapshot_cursor){0};
}

lnt_status lnti_snapshot_walk(const lnti_snapshot *snapshot, lnti_snapshot_visit visit, void *payload, lnt_error *err) {
  lnti_snapshot_cursor c = {0};
  lnt_status status = lnti_snapshot_load(&c, snapshot, err);
  while (!status && c.block.length > 0) {
    while (!status && lnti_snapshot_more(&c)) {
      status = lnti_snapshot_next(&c, err);
      if (!status) status = visit(payload, &c.item, err);
    }
    if (!status) status = lnti_snapshot_load(&c, snapshot, err);
  }
  lnti_snapshot_cursor_clear(&c);
  return status;
}
