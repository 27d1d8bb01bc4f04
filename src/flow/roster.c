/*
 * One pass over the items and one over the answers, side by side where there are threads for both. So labels are kept apart
 * until all is read; a group may stand before or after its members, too.
 */
#include <flow/roster.h>

#include <base/alloc.h>
#include <base/error.h>
#include <flow/split/names.h>
#include <media/uri.h>
#include <stdlib.h>
#include <string.h>

/* What the answers say of an item, or of a group. */
typedef struct label {
  int64_t id;
  uint64_t label;
} label;

/* Somebody who says that there is no telling: the group's label is not his. */
static const uint64_t no_telling = UINT64_MAX;

typedef struct source {
  int64_t id;
  lnti_source_kind kind;
} source;

typedef struct reading {
  lnti_roster *roster;
  lnti_store *store;
  const lnti_cancel *cancel;
  unsigned what;
  int64_t question_id; /* 0: all */
  source *sources;     /* by id */
  size_t n_sources, source_capacity, last_source;
  label *groups; /* by id */
  size_t n_groups, group_capacity;
  label *labels; /* by id */
  size_t n_labels, label_capacity;
} reading;

uint64_t lnti_roster_split(const char *name) {
  return *name ? lnti_hash_table(name, strlen(name), 1) | 1 : 0;
}

static lnt_status add_name(lnti_roster *r, const char *name, lnt_error *err) {
  size_t n = strlen(name) + 1;
  lnt_status status = lnti_grow(&r->names, &r->names_capacity, r->n_names + n, 1, err);
  if (status) return status;
  memcpy(r->names + r->n_names, name, n);
  r->item[r->n].name = r->n_names;
  r->n_names += n;
  return LNT_OK;
}

static lnt_status add_signature(lnti_roster *r, const lnti_item_facts *facts, lnt_error *err) {
  lnt_status status = lnti_grow(&r->signature, &r->signature_capacity, r->n + 1, LNTI_SIGNATURE_BYTES, err);
  if (status) return status;
  memcpy(r->signature + r->n * LNTI_SIGNATURE_BYTES, facts->signature, LNTI_SIGNATURE_BYTES);
  r->item[r->n].has_signature = facts->has_signature;
  return LNT_OK;
}

/* Records of an array are not of one file in this sense: each is a picture of its own. */
static void set_file(lnti_roster_item *out, const lnti_item *item) {
  size_t n = lnti_uri_file_length(item->member);
  out->framed = item->member[n] != '\0';
  out->file = lnti_hash_table(item->member, n, (uint64_t)item->source_id);
}

static lnt_status add_source(void *payload, int64_t id, lnti_source_kind kind, const char *path, lnt_error *err) {
  reading *in = payload;
  (void)path;
  lnt_status status = lnti_grow(&in->sources, &in->source_capacity, in->n_sources + 1, sizeof *in->sources, err);
  if (!status) in->sources[in->n_sources++] = (source){id, kind};
  return status;
}

/* 0 where there is no such source: a store that is damaged. */
static lnti_source_kind kind_of(reading *in, int64_t source_id) {
  for (size_t k = 0; k < in->n_sources; k++) {
    size_t i = (in->last_source + k) % in->n_sources; /* mostly that of the item before, or the next one */
    if (in->sources[i].id != source_id) continue;
    in->last_source = i;
    return in->sources[i].kind;
  }
  return 0;
}

static lnt_status add_item(void *payload, const lnti_item *item, lnt_error *err) {
  reading *in = payload;
  lnti_roster *r = in->roster;
  lnt_status status = lnti_cancel_check(in->cancel, err);
  if (status) return status;
  if (item->kind == LNTI_ITEM_GROUP) {
    status = lnti_grow(&in->groups, &in->group_capacity, in->n_groups + 1, sizeof *in->groups, err);
    if (!status) in->groups[in->n_groups++] = (label){item->id, 0};
    return status;
  }
  if (r->n >= UINT32_MAX) return lnti_fail(err, LNT_ELIMIT, "%zu items are too many to look at together", r->n);
  status = lnti_grow(&r->item, &r->capacity, r->n + 1, sizeof *r->item, err);
  if (status) return status;
  r->item[r->n] = (lnti_roster_item){.id = item->id,
                                     .group_id = item->group_id,
                                     .source_id = item->source_id,
                                     .source_kind = (uint8_t)kind_of(in, item->source_id),
                                     .split = lnti_roster_split(item->split),
                                     .in_test = strcmp(item->split, LNTI_SPLIT_TEST) == 0};
  set_file(&r->item[r->n], item);
  memcpy(r->item[r->n].content, item->content.bytes, sizeof r->item[r->n].content);
  if (in->what & LNTI_ROSTER_NAMES) status = add_name(r, item->member, err);
  if (!status && in->what & LNTI_ROSTER_SIGNATURES) status = add_signature(r, &item->facts, err);
  r->n += status == LNT_OK;
  return status;
}

/* ---- labels ---- */

/* Several answers make one label whatever their order: so that of a sum. */
static uint64_t hash_answer(const lnti_answer_row *row) {
  const int64_t parts[] = {row->question_id, row->slot, row->option_id, row->slot ? row->number > 0 : 0};
  return lnti_hash_table(parts, sizeof parts, 2) | 1;
}

/* Answers come by subject: each adds to the last label, or begins one. */
static lnt_status add_answer(void *payload, const lnti_answer_row *row, lnt_error *err) {
  reading *in = payload;
  bool answered = row->state == LNTI_ANSWERED && row->option_id != 0;
  if (in->question_id ? row->question_id != in->question_id : !answered) return LNT_OK;
  lnt_status status = lnti_cancel_check(in->cancel, err);
  if (!status && (in->n_labels == 0 || in->labels[in->n_labels - 1].id != row->subject_id)) {
    status = lnti_grow(&in->labels, &in->label_capacity, in->n_labels + 1, sizeof *in->labels, err);
    if (!status) in->labels[in->n_labels++] = (label){row->subject_id, 0};
  }
  if (status) return status;
  uint64_t *value = &in->labels[in->n_labels - 1].label;
  if (in->question_id) {
    *value = answered ? (uint64_t)row->option_id : no_telling;
  } else {
    *value += hash_answer(row);
  }
  return LNT_OK;
}

static void give_labels(reading *in) {
  lnti_roster *r = in->roster;
  size_t item = 0, group = 0;
  for (size_t i = 0; i < in->n_labels; i++) {
    const label *l = &in->labels[i];
    while (item < r->n && r->item[item].id < l->id) item++;
    while (group < in->n_groups && in->groups[group].id < l->id) group++;
    if (item < r->n && r->item[item].id == l->id) r->item[item].label = l->label;
    if (group < in->n_groups && in->groups[group].id == l->id) in->groups[group].label = l->label;
  }
}

static int compare_ids(const void *id, const void *group) {
  int64_t x = *(const int64_t *)id, y = ((const label *)group)->id;
  return x < y ? -1 : x > y;
}

static void inherit_labels(reading *in) {
  for (size_t i = 0; i < in->roster->n; i++) {
    lnti_roster_item *item = &in->roster->item[i];
    const label *group = NULL;
    if (item->group_id && item->label == 0 && in->n_groups > 0) {
      group = bsearch(&item->group_id, in->groups, in->n_groups, sizeof *in->groups, compare_ids);
    }
    if (group) item->label = group->label;
    if (item->label == no_telling) item->label = 0;
  }
}

enum { PART_ITEMS, PART_ANSWERS };

static lnt_status read_part(void *payload, size_t part, size_t end, unsigned worker, lnt_error *err) {
  reading *in = payload;
  (void)end, (void)worker;
  if (part == PART_ANSWERS) return lnti_store_scan_answers(in->store, 0, INT64_MAX, add_answer, in, err);
  lnt_status status = lnti_store_scan_sources(in->store, add_source, in, err);
  return status ? status : lnti_store_scan_items(in->store, LNTI_SCAN_HASHES, 0, INT64_MAX, add_item, in, err);
}

lnt_status lnti_roster_read(lnti_roster *out, lnti_project *project, unsigned what, int64_t question_id,
                            lnt_error *err) {
  lnti_roster roster = {0};
  const lnti_context *context = &project->context;
  reading in = {
      .roster = &roster, .store = project->store, .cancel = context->cancel, .what = what, .question_id = question_id};
  lnt_status status =
      lnti_pool_for(context->pool, what & LNTI_ROSTER_LABELS ? 2 : 1, 1, read_part, &in, context->cancel, err);
  if (!status) {
    give_labels(&in);
    inherit_labels(&in);
  }
  free(in.sources);
  free(in.groups);
  free(in.labels);
  if (status) {
    lnti_roster_clear(&roster);
    return status;
  }
  *out = roster;
  return LNT_OK;
}

void lnti_roster_clear(lnti_roster *roster) {
  free(roster->item);
  free(roster->names);
  free(roster->signature);
  *roster = (lnti_roster){0};
}

const char *lnti_roster_name(const lnti_roster *roster, size_t i) {
  return roster->names + roster->item[i].name;
}

size_t lnti_roster_find(const lnti_roster *roster, int64_t id) {
  size_t low = 0, high = roster->n;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (roster->item[middle].id < id) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < roster->n && roster->item[low].id == id ? low : SIZE_MAX;
}

static lnt_status add_uri(void *payload, const lnti_item *item, lnt_error *err) {
  return lnti_item_uri(payload, item, err);
}

lnt_status lnti_roster_uri(char **out, lnti_project *project, int64_t id, lnt_error *err) {
  lnti_text uri = {0};
  const lnti_item_query query = {.after_id = id - 1, .limit = 1};
  lnt_status status = lnti_store_items(project->store, &query, add_uri, &uri, err);
  *out = uri.data;
  return status;
}
