/*
 * Batches on their way into the store.
 *
 * Every batch writes the operation again by its UUID, which the store takes as the same one: so batches need no memory of
 * each other, and a batch that the store runs a second time does no harm.
 *
 * A group is an item of its own, named "group:NAME" in its source, made when its first member is stored; what is said of
 * its members is said of it.
 */
#include <flow/import/internal.h>

#include <base/alloc.h>
#include <base/error.h>
#include <flow/annotate/annotate.h>
#include <flow/duplicates.h>
#include <flow/split/leaks.h>
#include <flow/answer_text.h>
#include <flow/verify.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What becomes of an annotation's item. */
typedef struct pending {
  bool moves;         /* it was there without an answer: its stage becomes "done" */
  const char *member; /* that says so */
} pending;

typedef struct batch {
  lnti_import_work *work;
  lnti_source_kind kind;
  const char *source;
  lnti_import_row *rows;
  size_t n;
  int64_t op_id, source_id;
  int64_t *meta_key_id; /* [work->n_meta_keys] */
  lnti_annotation *annotations;
  pending *pending; /* [n_annotations] */
  size_t n_annotations, capacity, pending_capacity;
  uint32_t *listed; /* [options] the number of the row that lists it, from 1; NULL until there are lists */
  uint32_t n_listing;
  const char *group; /* the last one */
  int64_t group_id;
  size_t imported, existing, groups;
  lnti_annotated answers;
  lnti_import_again again; /* of metadata and splits */
  lnti_import_notice group_clashes, kept, exif_clashes, changed, uncompared, changed_label;
  lnti_text there; /* what an item has */
  bool outdates;   /* it adds images, or facts of them */
} batch;

/* ---- answers ---- */

static lnt_status push(batch *b, const lnti_annotation *annotation, pending what, lnt_error *err) {
  const size_t n = b->n_annotations;
  lnt_status status = lnti_grow(&b->annotations, &b->capacity, n + 1, sizeof *b->annotations, err);
  if (!status) status = lnti_grow(&b->pending, &b->pending_capacity, n + 1, sizeof *b->pending, err);
  if (status) return status;
  b->annotations[n] = *annotation;
  b->pending[n] = what;
  b->n_annotations++;
  return LNT_OK;
}

/* `may_move`: the item was there, and its stage may not be "done" yet. */
static lnt_status add_annotation(batch *b, lnti_tx *tx, int64_t item_id, bool may_move, bool fresh,
                                 const lnti_import_answer *answer, const char *member, lnt_error *err) {
  bool moves = may_move && fresh;
  if (may_move && !fresh) {
    lnti_answer_row current;
    bool answered = false;
    const lnti_question *question = &b->work->ontology->questions[answer->question];
    lnt_status status = lnti_tx_current_from(tx, &current, &answered, LNTI_SUBJECT_ITEM, item_id, question->id, 0, err);
    if (status) return status;
    moves = !answered;
  }
  const lnti_annotation annotation = {.item_id = item_id,
                                      .answer = {answer->question, LNTI_ANSWERED, answer->option, answer->number, NULL},
                                      .confidence = (double)NAN,
                                      .fresh = fresh};
  return push(b, &annotation, (pending){.moves = moves, .member = member}, err);
}

/* An option that an earlier import listed for the item becomes unknown again. */
static lnt_status take_back(batch *b, int64_t item_id, size_t question, size_t option, const char *member,
                            lnt_error *err) {
  const lnti_annotation cleared = {
      .item_id = item_id, .answer = {question, LNTI_CLEARED, option, (double)NAN, NULL}, .confidence = (double)NAN};
  return push(b, &cleared, (pending){.member = member}, err);
}

/* Takes back what an import has listed in answer to a question and the row does not list. */
static lnt_status take_back_unlisted(batch *b, lnti_tx *tx, int64_t item_id, size_t question, const char *member,
                                     lnt_error *err) {
  lnti_ontology *ontology = b->work->ontology;
  int64_t slot = 1;
  for (;;) {
    lnti_answer_row row;
    bool found = false;
    lnt_status status =
        lnti_tx_current_from(tx, &row, &found, LNTI_SUBJECT_ITEM, item_id, ontology->questions[question].id, slot, err);
    if (status || !found) return status;
    slot = row.slot + 1;
    if (row.state != LNTI_ANSWERED || row.number != 1 || row.source != LNTI_BY_IMPORT) continue;
    size_t option = lnti_ontology_option_by_id(ontology, row.slot);
    if (option == LNTI_NONE || b->listed[option] == b->n_listing) continue;
    status = take_back(b, item_id, question, option, member, err);
    if (status) return status;
  }
}

static lnt_status take_back_lists(batch *b, lnti_tx *tx, const lnti_import_row *row, lnt_error *err) {
  const lnti_import_input *input = row->input;
  lnt_status status = LNT_OK;
  if (!b->listed) status = lnti_alloc_zero(&b->listed, b->work->ontology->n_options, sizeof *b->listed, err);
  if (status) return status;
  b->n_listing++;
  for (size_t i = 0; i < input->n_answers; i++) {
    if (input->answers[i].listed) b->listed[input->answers[i].option] = b->n_listing;
  }
  for (size_t i = 0; i < input->n_answers && !status; i++) {
    const lnti_import_answer *answer = &input->answers[i];
    bool first = answer->listed && (i == 0 || input->answers[i - 1].question != answer->question);
    if (first) status = take_back_unlisted(b, tx, row->item.id, answer->question, row->item.member, err);
  }
  return status;
}

/* Members of a group that disagree: the first one of this import counts, and it is said. A batch that is run again meets
 * what it has noted itself, with the same result. */
static lnt_status find_clash(bool *out, batch *b, int64_t group_id, const lnti_import_answer *answer,
                             const char *member, lnt_error *err) {
  const uint64_t key[] = {(uint64_t)group_id, answer->question};
  uint64_t said = answer->option == LNTI_NONE ? 0 : (uint64_t)answer->option + 1;
  size_t before = 0;
  bool first = false;
  *out = false;
  if (b->work->ontology->questions[answer->question].type == LNTI_CHECKLIST) return LNT_OK;
  lnt_status status = lnti_seen_note(&before, &first, &b->work->said, key, said, 1, err);
  *out = before > 0;
  return status || !*out ? status : lnti_import_note(&b->group_clashes, err, "%s", member);
}

/* Items that were there are "done" now. Tables mostly name them in the order in which they came: a run is one update. */
static lnt_status move_stages(batch *b, lnti_tx *tx, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (size_t i = 0, end; i < b->n_annotations && status == LNT_OK; i = end) {
    const int64_t first = b->annotations[i].item_id;
    int64_t last = first;
    end = i + 1;
    if (!b->pending[i].moves) continue;
    while (end < b->n_annotations && b->pending[end].moves &&
           (b->annotations[end].item_id == last || b->annotations[end].item_id == last + 1)) {
      last = b->annotations[end++].item_id;
    }
    status = lnti_tx_item_stages(tx, first, last, "done", err);
  }
  return status;
}

/* What an answer says, in words; its option may be a draft. */
static lnt_status answer_words(lnti_text *out, const lnti_ontology *ontology, const lnti_answer *answer,
                               lnt_error *err) {
  if (answer->option != LNTI_NONE) return lnti_ontology_option_path(out, ontology, answer->option, err);
  return lnti_text_printf(out, err, "%.10g", answer->number);
}

/* An example of an answer that was kept. */
static lnt_status note_kept(batch *b, lnti_tx *tx, const lnti_annotation *a, const char *member, lnt_error *err) {
  const lnti_ontology *ontology = b->work->ontology;
  const lnti_question *question = &ontology->questions[a->answer.question];
  lnti_answer_row there;
  bool answered = false;
  lnti_text said = {0};
  lnt_status status = lnti_tx_current_from(tx, &there, &answered, LNTI_SUBJECT_ITEM, a->item_id, question->id, 0, err);
  b->there.length = 0;
  if (!status) status = lnti_answer_text(&b->there, ontology, &there, err);
  if (!status) status = answer_words(&said, ontology, &a->answer, err);
  if (!status && question->type == LNTI_CHECKLIST) {
    status = lnti_import_note(&b->kept, err, "\"%s\" of %s is answered otherwise", said.data, member);
  } else if (!status) {
    status = lnti_import_note(&b->kept, err, "%s of %s is \"%s\", not \"%s\"", question->key, member, b->there.data,
                              said.data);
  }
  lnti_text_clear(&said);
  return status;
}

/* An example of an answer that took the place of another. */
static lnt_status note_changed(batch *b, lnt_error *err) {
  const lnti_ontology *ontology = b->work->ontology;
  const lnti_annotation *a = &b->annotations[b->answers.first_changed];
  const lnti_question *question = &ontology->questions[a->answer.question];
  const char *member = b->pending[b->answers.first_changed].member;
  lnti_text said = {0};
  if (question->type == LNTI_CHECKLIST)
    return lnti_import_note(&b->changed_label, err, "%s of %s", question->key, member);
  b->there.length = 0;
  lnt_status status = lnti_answer_text(&b->there, ontology, &b->answers.changed, err);
  if (!status) status = answer_words(&said, ontology, &a->answer, err);
  if (!status) {
    status = lnti_import_note(&b->changed_label, err, "%s of %s was \"%s\" and is \"%s\"", question->key, member,
                              b->there.data, said.data);
  }
  lnti_text_clear(&said);
  return status;
}

/* Questions and options come with the first answer that is stored; what is kept out brings none. */
static lnt_status store_drafts(batch *b, lnti_tx *tx, const lnti_annotate_options *options, lnt_error *err) {
  lnti_import_work *work = b->work;
  bool any = false;
  for (size_t i = 0; i < b->n_annotations; i++) {
    const lnti_annotation *a = &b->annotations[i];
    bool kept = false;
    if (!lnti_import_is_draft(work, a->answer.question, a->answer.option)) continue;
    if (!work->replaces) {
      lnt_status status = lnti_annotate_keeps(&kept, tx, work->ontology, b->op_id, a, options, err);
      if (status) return status;
    }
    if (kept) continue;
    lnti_import_need(work, a->answer.question, a->answer.option);
    any = true;
  }
  lnt_error reason = LNT_ERROR_INIT;
  lnt_status status = any ? lnti_tx_ontology(tx, work->ontology, b->op_id, &reason) : LNT_OK;
  if (!status) return LNT_OK;
  return lnti_fail(err, status, "%s%s", reason.message,
                   status == LNT_ECONFLICT ? ": give the same command again, it goes on from here" : "");
}

static lnt_status write_answers(batch *b, lnti_tx *tx, lnt_error *err) {
  const lnti_annotate_options options = {.source = LNTI_BY_IMPORT,
                                         .resumed = b->work->resumed,
                                         .n_resumed = b->work->n_resumed,
                                         .existing = b->work->replaces ? LNTI_EXISTING_CHANGE : LNTI_EXISTING_KEEP};
  lnt_status status = store_drafts(b, tx, &options, err);
  if (!status) {
    status =
        lnti_annotate(tx, &b->answers, b->work->ontology, b->op_id, b->annotations, b->n_annotations, &options, err);
  }
  size_t first = b->answers.first_kept;
  if (!status && b->answers.n_kept > 0) {
    status = note_kept(b, tx, &b->annotations[first], b->pending[first].member, err);
    b->kept.n = status ? 0 : b->kept.n + b->answers.n_kept - 1;
  }
  if (!status && b->answers.n_changed > 0) status = note_changed(b, err);
  return status ? status : move_stages(b, tx, err);
}

/* ---- groups ---- */

/* The group of a name, made where it is missing, becomes b->group_id. */
static lnt_status find_group(batch *b, lnti_tx *tx, const lnti_import_row *row, bool *existed_out, lnt_error *err) {
  char *member = NULL;
  lnti_hasher hasher;
  lnti_item item = row->item;
  *existed_out = true;
  if (b->group && strcmp(b->group, row->group) == 0) return LNT_OK;
  lnt_status status = lnti_asprintf(&member, err, LNTI_IMPORT_GROUP "%s", row->group);
  if (status) return status;
  item.kind = LNTI_ITEM_GROUP;
  item.group_id = 0;
  item.source_id = b->source_id;
  item.member = member;
  item.format = "group";
  item.bytes = 0;
  item.facts = (lnti_item_facts){0};
  if (item.h == 0) item.h = item.w = item.c = 1; /* of a member that is there already, and was not read */
  if (item.depth == 0) item.depth = 8;
  lnti_hash_begin(&hasher);
  lnti_hash_update(&hasher, b->source, strlen(b->source) + 1);
  lnti_hash_update(&hasher, member, strlen(member));
  lnti_hash_end(&item.content, &hasher);
  status = lnti_tx_item(tx, &b->group_id, existed_out, b->op_id, &item, err);
  free(member);
  if (status) return status;
  b->group = row->group;
  b->groups += !*existed_out;
  return LNT_OK;
}

/* The group that answers for a row: the one that its item is in, or is to join; *id_out 0: none. */
static lnt_status group_of(int64_t *id_out, bool *existed_out, batch *b, lnti_tx *tx, const lnti_import_row *row,
                           lnt_error *err) {
  *id_out = row->input ? row->input->known.group_id : 0;
  *existed_out = true;
  if (*id_out || !row->group) return LNT_OK;
  lnt_status status = find_group(b, tx, row, existed_out, err);
  if (status == LNT_OK) *id_out = b->group_id;
  return status;
}

/* ---- metadata ---- */

/* What the camera wrote, as texts; the order is that of exif_keys in import.c. */
static size_t exif_values(char values[LNTI_IMPORT_EXIF_KEYS][136], const lnti_exif *exif) {
  for (int i = 0; i < LNTI_IMPORT_EXIF_KEYS; i++) values[i][0] = '\0';
  snprintf(values[0], sizeof values[0], "%s", exif->taken);
  bool repeats = strncmp(exif->model, exif->make, strlen(exif->make)) == 0;
  snprintf(values[1], sizeof values[1], "%s%s%s", repeats ? "" : exif->make,
           repeats || !exif->make[0] || !exif->model[0] ? "" : " ", exif->model);
  snprintf(values[2], sizeof values[2], "%s", exif->serial);
  if (exif->has_gps) {
    snprintf(values[3], sizeof values[3], "%.7f", exif->latitude);
    snprintf(values[4], sizeof values[4], "%.7f", exif->longitude);
    if (isfinite(exif->altitude)) snprintf(values[5], sizeof values[5], "%.1f", exif->altitude);
  }
  return LNTI_IMPORT_EXIF_KEYS;
}

static const char *said_of(const lnti_import_input *input, size_t key) {
  for (size_t i = 0; input && i < input->n_meta; i++) {
    if (input->meta[i].key == key) return input->meta[i].value;
  }
  return NULL;
}

/* What the item has by that key becomes b->there. */
static lnt_status find_meta(bool *found_out, batch *b, lnti_tx *tx, const lnti_import_row *row, bool existed,
                            size_t key, lnt_error *err) {
  int64_t *key_id = &b->meta_key_id[key];
  lnt_status status = *key_id ? LNT_OK : lnti_tx_meta_key(tx, key_id, b->work->meta_key[key], err);
  *found_out = false;
  b->there.length = 0;
  return status || !existed ? status : lnti_tx_meta_find(tx, &b->there, found_out, row->item.id, *key_id, err);
}

/* Writes a value, unless the item has one that is to stay. */
static lnt_status put_meta(batch *b, lnti_tx *tx, const lnti_import_row *row, bool existed,
                           const lnti_import_meta *meta, lnt_error *err) {
  bool found = false;
  lnt_status status = find_meta(&found, b, tx, row, existed, meta->key, err);
  if (status || (found && strcmp(b->there.data, meta->value) == 0)) return status;
  if (found && !b->work->replaces) {
    b->again.meta_kept++;
    return lnti_import_note(&b->kept, err, "%s of %s is \"%s\", not \"%s\"", b->work->meta_key[meta->key],
                            row->item.member, b->there.data, meta->value);
  }
  b->again.meta_changed += found;
  return lnti_tx_meta(tx, row->item.id, b->meta_key_id[meta->key], meta->value, err);
}

/* The camera's values fill what nobody has said otherwise. */
static lnt_status write_exif(batch *b, lnti_tx *tx, const lnti_import_row *row, bool existed, lnt_error *err) {
  char values[LNTI_IMPORT_EXIF_KEYS][136];
  size_t n = exif_values(values, &row->look.exif);
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < n && !status; i++) {
    size_t key = b->work->exif_key[i];
    const char *said = said_of(row->input, key);
    bool found = false;
    if (!values[i][0]) continue;
    if (said && strcmp(said, values[i]) != 0) {
      status = lnti_import_note(&b->exif_clashes, err, "%s of %s is \"%s\", not \"%s\"", b->work->meta_key[key],
                                row->item.member, said, values[i]);
    }
    if (said || status) continue;
    status = find_meta(&found, b, tx, row, existed, key, err);
    if (!status && !found) status = lnti_tx_meta(tx, row->item.id, b->meta_key_id[key], values[i], err);
  }
  return status;
}

static lnt_status write_meta(batch *b, lnti_tx *tx, const lnti_import_row *row, bool existed, lnt_error *err) {
  /* Of an updated file nobody knows which values the camera wrote before: two pictures' values are never mixed. */
  const bool by_camera = row->looked && !row->updates && b->work->has_exif_keys;
  lnt_status status = by_camera ? write_exif(b, tx, row, existed, err) : LNT_OK;
  const lnti_import_input *input = row->input;
  for (size_t i = 0; input && i < input->n_meta && !status; i++) {
    status = put_meta(b, tx, row, existed, &input->meta[i], err);
  }
  return status;
}

/* The split of an item that was there. */
static lnt_status write_split(batch *b, lnti_tx *tx, const lnti_import_row *row, lnt_error *err) {
  const char *split = row->input ? row->input->split : NULL;
  if (!split || !*split) return LNT_OK;
  b->there.length = 0;
  lnt_status status = lnti_tx_item_split_find(tx, &b->there, row->item.id, err);
  if (status || strcmp(b->there.data, split) == 0) return status;
  bool other = b->there.length > 0;
  if (other && !b->work->replaces) {
    b->again.splits_kept++;
    return lnti_import_note(&b->kept, err, "%s is in \"%s\", not \"%s\"", row->item.member, b->there.data, split);
  }
  b->again.splits_changed += other;
  return lnti_tx_item_split(tx, row->item.id, split, err);
}

/* ---- rows ---- */

/* Whether the batch has just said so: members of one group follow each other, and mostly agree. */
static bool is_said(const batch *b, int64_t item_id, const lnti_import_answer *answer, size_t n_back) {
  for (size_t i = b->n_annotations; i > 0 && n_back > 0; i--, n_back--) {
    const lnti_annotation *a = &b->annotations[i - 1];
    if (a->item_id == item_id && a->answer.question == answer->question && a->answer.option == answer->option &&
        answer->option != LNTI_NONE && a->answer.state == LNTI_ANSWERED) {
      return isnan(answer->number) || a->answer.number == answer->number;
    }
  }
  return false;
}

/* A row's answers, for its item or for the group. */
static lnt_status add_answers(batch *b, lnti_tx *tx, const lnti_import_row *row, int64_t group_id, bool may_move,
                              bool group_may_move, lnt_error *err) {
  lnt_status status = LNT_OK;
  if (row->input && row->input->whole_lists && !group_id) status = take_back_lists(b, tx, row, err);
  for (size_t i = 0; row->input && i < row->input->n_answers && !status; i++) {
    const lnti_import_answer *answer = &row->input->answers[i];
    const bool of_group = group_id && !answer->own;
    int64_t item_id = of_group ? group_id : row->item.id;
    bool clash = false;
    if (of_group) status = find_clash(&clash, b, group_id, answer, row->item.member, err);
    if (status || clash || (of_group && is_said(b, item_id, answer, row->input->n_answers))) continue;
    status = add_annotation(b, tx, item_id, of_group ? group_may_move : may_move, row->input->fresh && !of_group,
                            answer, row->item.member, err);
  }
  return status;
}

/* A file that is another picture than was imported: told, or taken as it is now. */
static lnt_status write_changed(batch *b, lnti_tx *tx, const lnti_import_row *row, lnt_error *err) {
  b->again.files_changed += !row->updates;
  b->again.files_updated += row->updates;
  lnt_status status = lnti_import_note(&b->changed, err, "%s", row->item.member);
  if (status || !row->updates) return status;
  return lnti_tx_item_content(tx, b->op_id, &row->item, err);
}

static lnt_status write_item(batch *b, lnti_tx *tx, lnti_import_row *row, lnt_error *err) {
  bool existed = row->item.id != 0 || row->known, group_existed = true;
  int64_t group_id = 0;
  lnt_status status = LNT_OK;
  if (row->known) {
    lnt_error reason = LNT_ERROR_INIT;
    status = lnti_tx_item_find(tx, &row->item.id, b->source_id, row->item.member, &reason);
    if (status == LNT_ENOTFOUND) return LNT_OK; /* a frame that was refused */
    if (status) return lnti_fail(err, status, "%s", reason.message);
  }
  status = group_of(&group_id, &group_existed, b, tx, row, err);
  if (status) return status;
  row->item.source_id = b->source_id;
  row->item.group_id = group_id;
  if (!existed) status = lnti_tx_item(tx, &row->item.id, &existed, b->op_id, &row->item, err);
  if (!status && group_id && existed && row->input && row->input->known.joins) {
    status = lnti_tx_item_group(tx, row->item.id, group_id, err);
  }
  if (!status && row->changed) status = write_changed(b, tx, row, err);
  if (!status && existed && !row->compared && b->work->options->update_changed) {
    status = lnti_import_note(&b->uncompared, err, "%s", row->item.member);
  }
  if (!status && row->facts_missing) status = lnti_tx_item_facts(tx, row->item.id, &row->item.facts, err);
  if (!status) status = write_meta(b, tx, row, existed, err);
  if (!status && existed) status = write_split(b, tx, row, err);
  if (status) return status;
  b->imported += !existed;
  b->existing += existed;
  b->outdates = b->outdates || !existed || row->facts_missing || row->updates;
  bool may_move = existed && !(row->input && row->input->known.done);
  return add_answers(b, tx, row, group_id, may_move, group_existed, err);
}

static void clear_notices(batch *b) {
  lnti_import_notice *const notices[] = {&b->group_clashes, &b->kept,       &b->exif_clashes,
                                         &b->changed,       &b->uncompared, &b->changed_label};
  for (size_t i = 0; i < sizeof notices / sizeof *notices; i++) {
    free(notices[i]->first);
    *notices[i] = (lnti_import_notice){0};
  }
}

static lnt_status write_batch(void *payload, lnti_tx *tx, lnt_error *err) {
  batch *b = payload;
  lnti_import_work *work = b->work;
  bool existed = false;
  b->imported = b->existing = b->groups = b->n_annotations = 0; /* a second run counts anew */
  b->answers = (lnti_annotated){0};
  b->again = (lnti_import_again){0};
  clear_notices(b);
  b->group = NULL;
  b->outdates = false;
  memset(b->meta_key_id, 0, work->n_meta_keys * sizeof *b->meta_key_id);
  lnt_status status = lnti_tx_op(tx, &b->op_id, &existed, &work->op, err);
  if (status) return status;
  status = lnti_tx_source(tx, &b->source_id, b->kind, b->source, err);
  for (size_t i = 0; i < b->n && status == LNT_OK; i++) {
    lnti_import_row *row = &b->rows[i];
    if (row->refused) continue;
    row->item.id = row->input ? row->input->known.id : row->item.id;
    if (row->member) row->item.id = 0; /* a frame of a file */
    status = write_item(b, tx, row, err);
  }
  if (!status && b->n_annotations > 0) status = write_answers(b, tx, err);
  if (!status) status = lnti_verify_updated(tx, b->again.files_updated, err);
  if (!status) status = lnti_leaks_outdate(tx, err);
  return status || !b->outdates ? status : lnti_duplicates_outdate(tx, err);
}

void lnti_import_row_clear(lnti_import_row *row) {
  free(row->member);
  row->member = NULL;
  lnti_looked_clear(&row->look);
}

void lnti_import_refuse(lnti_import_work *work, const char *path, lnt_status code, const char *reason) {
  work->result->n_refused++;
  if (work->options->refused) work->options->refused(work->options->refused_payload, path, code, reason);
}

static lnt_status tell_rows(lnti_import_work *work, lnti_source_kind kind, const char *source,
                            const lnti_import_row *rows, size_t n, lnt_error *err) {
  lnti_text uri = {0};
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < n && status == LNT_OK; i++) {
    work->n_framed += rows[i].n_frames > 1;
    if (rows[i].refused) {
      lnti_item item = rows[i].item;
      item.source = source;
      item.source_kind = kind;
      uri.length = 0;
      status = lnti_item_uri(&uri, &item, err);
      if (status == LNT_OK) lnti_import_refuse(work, uri.data, rows[i].refused, rows[i].error.message);
    } else if (rows[i].look.rows_missing > 0) {
      work->n_truncated++;
    }
  }
  lnti_text_clear(&uri);
  return status;
}

/* Thumbnails can be made again: a cache that cannot be written is said once, and is no reason to stop. */
void lnti_import_keep_thumb(lnti_import_work *work, lnti_looked *look) {
  lnt_error reason = LNT_ERROR_INIT;
  if (!look->thumb || !work->thumbs || atomic_load(&work->thumbs_failed)) return;
  lnt_status status = lnti_picture_cache_put(work->thumbs, &look->content, 0, look->thumb, look->thumb_bytes, &reason);
  if (status && !atomic_exchange(&work->thumbs_failed, true)) {
    lnti_log_printf(work->project->context.log, LNTI_LOG_WARN, "thumbnails are not kept: %s", reason.message);
  }
  lnti_looked_clear(look);
}

/* The first example of all batches stays. */
static void take_notice(lnti_import_notice *to, lnti_import_notice *from) {
  if (to->n == 0) {
    to->first = from->first;
    from->first = NULL;
  }
  to->n += from->n;
}

/* What a batch that is stored adds to the result. */
static void add_counts(lnti_import_work *work, batch *b) {
  lnti_import_result *result = work->result;
  result->imported += b->imported;
  result->existing += b->existing;
  result->groups += b->groups;
  result->labelled += b->answers.n_added;
  result->again.labels_changed += b->answers.n_changed;
  result->again.labels_same += b->answers.n_same;
  result->again.labels_kept += b->answers.n_kept;
  result->again.meta_changed += b->again.meta_changed;
  result->again.meta_kept += b->again.meta_kept;
  result->again.splits_changed += b->again.splits_changed;
  result->again.splits_kept += b->again.splits_kept;
  result->again.files_changed += b->again.files_changed;
  result->again.files_updated += b->again.files_updated;
  take_notice(&work->group_clashes, &b->group_clashes);
  take_notice(&work->kept, &b->kept);
  take_notice(&work->exif_clashes, &b->exif_clashes);
  take_notice(&work->changed, &b->changed);
  take_notice(&work->uncompared, &b->uncompared);
  take_notice(&work->changed_label, &b->changed_label);
}

lnt_status lnti_import_batch(lnti_import_work *work, lnti_source_kind kind, const char *source, lnti_import_row *rows,
                             size_t n, lnt_error *err) {
  batch b = {.work = work, .kind = kind, .source = source, .rows = rows, .n = n};
  size_t n_inputs = 0;
  lnt_status status = lnti_alloc(&b.meta_key_id, work->n_meta_keys, sizeof *b.meta_key_id, err);
  if (status) goto done;
  status = tell_rows(work, kind, source, rows, n, err);
  if (status) goto done;
  status = lnti_store_write(work->project->store, write_batch, &b, err);
  if (status) goto done;
  for (size_t i = 0; i < n; i++) {
    if (!rows[i].refused) lnti_import_keep_thumb(work, &rows[i].look);
  }
  for (size_t i = 0; i < n; i++) n_inputs += !rows[i].member || rows[i].n_frames > 0;
  add_counts(work, &b);
  work->n_done += n_inputs;
  lnti_job_progress(&work->job, "items", work->n_done, work->n_total);
done:
  for (size_t i = 0; i < n; i++) lnti_import_row_clear(&rows[i]);
  clear_notices(&b);
  free(b.listed);
  lnti_text_clear(&b.there);
  free(b.meta_key_id);
  free(b.pending);
  free(b.annotations);
  return status;
}
