/*
 * A snapshot is read a block at a time, since it may have a million items.
 */
#include <flow/snapshot_read.h>

#include <base/alloc.h>
#include <base/error.h>
#include <stdlib.h>
#include <string.h>

typedef struct opening {
  lnti_snapshot *out;
  lnti_text facts;
} opening;

static lnt_status note_set(void *payload, const lnti_item_set *set, lnt_error *err) {
  opening *o = payload;
  o->out->id = set->id;
  lnti_hash_hex(o->out->fingerprint, &set->content);
  return lnti_text_append(&o->facts, set->facts_json, strlen(set->facts_json), err);
}

/* The facts end with the ontology, as lnti_snapshot_facts writes them. */
static lnt_status read_ontology(lnti_snapshot *s, const lnti_text *facts, lnt_error *err) {
  static const char key[] = ",\"ontology\":";
  const char *from = strstr(facts->data, key), *end = strrchr(facts->data, '}');
  if (!from || !end || end < from + sizeof key)
    return lnti_fail(err, LNT_ECORRUPT, "the snapshot \"%.100s\" is damaged: run 'linnet verify'", s->name);
  from += sizeof key - 1;
  return lnti_ontology_parse(&s->ontology, from, (size_t)(end - from), "the snapshot's ontology", err);
}

lnt_status lnti_snapshot_open(lnti_snapshot *out, lnti_project *project, const char *name, lnt_error *err) {
  lnti_snapshot s = {.project = project};
  opening o = {.out = &s};
  lnt_status status = lnti_strdup(&s.name, name, err);
  if (!status) status = lnti_store_sets(project->store, LNTI_SET_SNAPSHOT, name, note_set, &o, err);
  if (!status && s.id == 0) status = lnti_snapshot_fail_unknown(project, name, err);
  if (!status) status = read_ontology(&s, &o.facts, err);
  lnti_text_clear(&o.facts);
  if (status) {
    lnti_snapshot_close(&s);
    return status;
  }
  *out = s;
  return LNT_OK;
}

void lnti_snapshot_close(lnti_snapshot *snapshot) {
  free(snapshot->name);
  lnti_ontology_free(snapshot->ontology);
  *snapshot = (lnti_snapshot){0};
}

typedef struct walking {
  lnti_text block;
  int64_t first;
} walking;

static lnt_status take_block(void *payload, const lnti_item_block *block, lnt_error *err) {
  walking *w = payload;
  w->first = block->first;
  return lnti_text_append(&w->block, block->data, block->bytes, err);
}

static lnt_status walk_block(const lnti_text *block, lnti_snapshot_item *item, lnti_snapshot_visit visit, void *payload,
                             lnt_error *err) {
  const uint8_t *data = (const uint8_t *)block->data;
  lnti_block_reader r = {data, data + block->length, true};
  int64_t previous = 0;
  lnt_status status = LNT_OK;
  while (!status && r.at < r.end) {
    status = lnti_snapshot_get(item, &r, previous, err);
    previous = item->id;
    if (!status) status = visit(payload, item, err);
  }
  return status;
}

lnt_status lnti_snapshot_walk(const lnti_snapshot *snapshot, lnti_snapshot_visit visit, void *payload, lnt_error *err) {
  lnti_snapshot_item item = {0};
  walking w = {.first = 0};
  lnt_status status;
  do {
    w.block.length = 0;
    status = lnti_store_set_block(snapshot->project->store, snapshot->id, w.first, take_block, &w, err);
    if (!status && w.block.length > 0) status = walk_block(&w.block, &item, visit, payload, err);
  } while (!status && w.block.length > 0);
  lnti_snapshot_item_clear(&item);
  lnti_text_clear(&w.block);
  return status;
}
