/*
 * One pass over the items, one over the answers. Answers are of items and of groups alike; those of groups are kept apart
 * until all is read, since a group may stand before or after its members.
 */
#include <flow/roster.h>

#include <base/alloc.h>
#include <base/error.h>
#include <flow/split_names.h>
#include <media/uri.h>
#include <stdlib.h>
#include <string.h>

typedef struct group_label {
  int64_t id;
  uint64_t label;
} group_label;

/* Somebody who says that there is no telling: the group's label is not his. */
static const uint64_t no_telling = UINT64_MAX;

typedef struct reading {
  lnti_roster *roster;
  unsigned what;
  bool one_question;
  group_label *groups; /* by id */
  size_t n_groups, group_capacity;
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

static lnt_status add_item(void *payload, const lnti_item *item, lnt_error *err) {
  reading *in = payload;
  lnti_roster *r = in->roster;
  if (item->kind == LNTI_ITEM_GROUP) {
    lnt_status status = lnti_grow(&in->groups, &in->group_capacity, in->n_groups + 1, sizeof *in->groups, err);
    if (!status) in->groups[in->n_groups++] = (group_label){item->id, 0};
    return status;
  }
  if (r->n >= UINT32_MAX) return lnti_fail(err, LNT_ELIMIT, "%zu items are too many to look at together", r->n);
  lnt_status status = lnti_grow(&r->item, &r->capacity, r->n + 1, sizeof *r->item, err);
  if (status) return status;
  r->item[r->n] = (lnti_roster_item){.id = item->id,
                                     .group_id = item->group_id,
                                     .source_id = item->source_id,
                                     .source_kind = (uint8_t)item->source_kind,
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

static group_label *find_group(const reading *in, int64_t id) {
  size_t low = 0, high = in->n_groups;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (in->groups[middle].id < id) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < in->n_groups && in->groups[low].id == id ? &in->groups[low] : NULL;
}

/* Several answers make one label whatever their order: so that of a sum. */
static uint64_t hash_answer(const lnti_answer_row *row) {
  const int64_t parts[] = {row->question_id, row->slot, row->option_id, row->slot ? row->number > 0 : 0};
  return lnti_hash_table(parts, sizeof parts, 2) | 1;
}

static lnt_status add_answer(void *payload, const lnti_answer_row *row, lnt_error *err) {
  (void)err;
  reading *in = payload;
  size_t i = lnti_roster_find(in->roster, row->subject_id);
  group_label *group = i == SIZE_MAX ? find_group(in, row->subject_id) : NULL;
  uint64_t *label = group ? &group->label : i == SIZE_MAX ? NULL : &in->roster->item[i].label;
  if (!label) return LNT_OK;
  bool answered = row->state == LNTI_ANSWERED && row->option_id != 0;
  if (in->one_question) {
    *label = answered ? (uint64_t)row->option_id : no_telling;
  } else if (answered) {
    *label += hash_answer(row);
  }
  return LNT_OK;
}

static void inherit_labels(reading *in) {
  for (size_t i = 0; i < in->roster->n; i++) {
    lnti_roster_item *item = &in->roster->item[i];
    const group_label *group = item->group_id && item->label == 0 ? find_group(in, item->group_id) : NULL;
    if (group) item->label = group->label;
    if (item->label == no_telling) item->label = 0;
  }
}

lnt_status lnti_roster_read(lnti_roster *out, lnti_project *project, unsigned what, int64_t question_id,
                            lnt_error *err) {
  lnti_roster roster = {0};
  reading in = {.roster = &roster, .what = what, .one_question = question_id != 0};
  const lnti_item_query all = {0};
  lnt_status status = lnti_store_items(project->store, &all, add_item, &in, err);
  if (!status && what & LNTI_ROSTER_LABELS) {
    status = lnti_store_answers(project->store, 0, INT64_MAX, question_id, add_answer, &in, err);
    inherit_labels(&in);
  }
  free(in.groups);
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
