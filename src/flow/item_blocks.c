#include <flow/item_blocks.h>

#include <base/error.h>
#include <string.h>

/* ---- numbers and texts ---- */

lnt_status lnti_block_put(lnti_text *out, uint64_t value, lnt_error *err) {
  char bytes[10];
  size_t n = 0;
  for (; value >= 0x80; value >>= 7) bytes[n++] = (char)(value | 0x80);
  bytes[n++] = (char)value;
  return lnti_text_append(out, bytes, n, err);
}

lnt_status lnti_block_put_bytes(lnti_text *out, const void *data, size_t n, lnt_error *err) {
  lnt_status status = lnti_block_put(out, n, err);
  return status ? status : lnti_text_append(out, data, n, err);
}

uint64_t lnti_block_get(lnti_block_reader *r) {
  uint64_t value = 0;
  for (unsigned shift = 0; r->ok && shift < 64; shift += 7) {
    if (r->at == r->end) break;
    uint8_t byte = *r->at++;
    value |= (uint64_t)(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  r->ok = false;
  return 0;
}

const uint8_t *lnti_block_get_n(lnti_block_reader *r, size_t n) {
  const uint8_t *at = r->at;
  if (!r->ok || n > (size_t)(r->end - r->at)) {
    r->ok = false;
    return NULL;
  }
  r->at += n;
  return at;
}

/* ---- reading a set ---- */

typedef struct set_reading {
  lnti_text *block;
  int64_t *after;
} set_reading;

static lnt_status take_block(void *payload, const lnti_item_block *block, lnt_error *err) {
  const set_reading *r = payload;
  *r->after = block->first;
  return lnti_text_append(r->block, block->data, block->bytes, err);
}

lnt_status lnti_set_next_block(lnti_text *block, int64_t *after, lnti_project *project, int64_t set_id,
                               lnt_error *err) {
  set_reading r = {block, after};
  block->length = 0;
  return lnti_store_set_block(project->store, set_id, *after, take_block, &r, err);
}

/* ---- writing a set ---- */

typedef struct set_writing {
  const lnti_project *project;
  lnti_item_set *set;
  const lnti_item_set *done;
  const lnti_item_block *block;
  int64_t id;
  bool replace;
} set_writing;

static lnt_status write_begin(void *payload, lnti_tx *tx, lnt_error *err) {
  set_writing *w = payload;
  return lnti_tx_set_begin(tx, &w->set->id, w->set, err);
}

lnt_status lnti_set_begin(lnti_item_set *set, lnti_project *project, lnt_error *err) {
  set_writing w = {.set = set};
  return lnti_store_write(project->store, write_begin, &w, err);
}

static lnt_status write_block(void *payload, lnti_tx *tx, lnt_error *err) {
  const set_writing *w = payload;
  return lnti_tx_set_block(tx, w->id, w->block, err);
}

lnt_status lnti_set_block(lnti_project *project, int64_t set_id, const lnti_item_block *block, lnt_error *err) {
  set_writing w = {.id = set_id, .block = block};
  return lnti_store_write(project->store, write_block, &w, err);
}

static lnt_status write_end(void *payload, lnti_tx *tx, lnt_error *err) {
  const set_writing *w = payload;
  lnti_op op;
  int64_t op_id = 0;
  bool existed = false;
  lnti_project_op(&op, w->project, w->done->kind == LNTI_SET_SNAPSHOT ? LNTI_OP_SNAPSHOT : LNTI_OP_PREDICT,
                  w->done->name);
  lnt_status status = lnti_tx_op(tx, &op_id, &existed, &op, err);
  return status ? status : lnti_tx_set_end(tx, w->done, w->replace, err);
}

lnt_status lnti_set_end(lnti_project *project, const lnti_item_set *set, bool replace, lnt_error *err) {
  set_writing w = {.project = project, .done = set, .replace = replace};
  return lnti_store_write(project->store, write_end, &w, err);
}
