/*
 * Items come one after another from whatever names them; each brings its answers, which are checked and written by
 * flow/annotate. A block of them is one write of the store, so that a table of any size goes through in bounded memory; all
 * are one write where nothing may stay of what is refused, or nothing is to stay at all.
 */
#include <flow/annotate/items.h>

#include <base/alloc.h>
#include <base/error.h>
#include <flow/annotate/annotate.h>
#include <flow/annotate/lines.h>
#include <flow/annotate/predicted.h>
#include <flow/annotate/repeats.h>
#include <flow/view/items.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_ITEMS = 8192 };

/* ---- a run ---- */

typedef struct run {
  lnti_project *project;
  const lnti_annotate_items_options *options;
  lnti_ontology *ontology;
  lnti_op op;
  lnti_annotate_items_result out;
  lnti_answer_list answers; /* of the options, or of the line */
  size_t *others;           /* [n_others] checklists whose unanswered options become a no */
  size_t n_others, others_capacity;
  uint8_t *named; /* [options] scratch: those that an item answers */
  lnti_annotation *annotations;
  size_t capacity;
  lnti_item_names names;
  lnti_repeats repeats;
  int64_t *ids; /* [n_ids] of a filter */
  size_t n_ids, id_capacity, next;
  size_t n_entries;                  /* items, or lines of a table */
  lnti_answer_lines *lines;          /* NULL: no table */
  lnti_predicted_answers *predicted; /* NULL: no predictions */
  bool ended, rolled_back, stored;
  bool wrote; /* the block at hand has something to keep */
  char first_reason[300];
} run;

static void refuse(run *r, const lnti_answer_line *e, lnt_status code, const char *reason) {
  char where[LNT_ERROR_MESSAGE_BYTES];
  snprintf(where, sizeof where, "%s", e->path ? e->path : e->name);
  if (r->out.n_refused++ == 0) snprintf(r->first_reason, sizeof r->first_reason, "%.80s: %.200s", where, reason);
  if (r->options->refused) r->options->refused(r->options->payload, where, code, reason);
}

/* ---- what the options say ---- */

static lnt_status add_others(run *r, const lnti_answer_key *key, const char *value, lnt_error *err) {
  if (strcmp(value, "no") != 0 && strcmp(value, "false") != 0 && strcmp(value, "0") != 0) {
    return lnti_fail(err, LNT_EINVAL, "\"%s.others\" are answered with no, not with \"%.100s\"",
                     r->ontology->questions[key->question].key, value);
  }
  lnt_status status = lnti_grow(&r->others, &r->others_capacity, r->n_others + 1, sizeof *r->others, err);
  if (!status && !r->named) status = lnti_alloc_zero(&r->named, r->ontology->n_options, sizeof *r->named, err);
  if (!status) r->others[r->n_others++] = key->question;
  return status;
}

static lnt_status parse_options(run *r, lnt_error *err) {
  const lnti_annotate_items_options *o = r->options;
  lnti_answer_key key;
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < o->n_set && !status; i++) {
    const char *equals = strchr(o->set[i], '=');
    char name[LNTI_ONTOLOGY_TITLE_MAX];
    if (!equals || equals == o->set[i] || (size_t)(equals - o->set[i]) >= sizeof name) {
      return lnti_fail(err, LNT_EINVAL, "--set \"%.100s\": KEY=VALUE is needed", o->set[i]);
    }
    snprintf(name, sizeof name, "%.*s", (int)(equals - o->set[i]), o->set[i]);
    status = lnti_answer_key_find(&key, r->ontology, name, err);
    if (status) break;
    status = key.others ? add_others(r, &key, equals + 1, err)
                        : lnti_answer_parse(&r->answers, r->ontology, &key, equals + 1, err);
  }
  for (size_t i = 0; i < o->n_clear && !status; i++) {
    status = lnti_answer_key_find(&key, r->ontology, o->clear[i], err);
    key.state = key.option == LNTI_NONE;
    if (!status) status = lnti_answer_parse(&r->answers, r->ontology, &key, "clear", err);
  }
  for (size_t i = 0; i < r->answers.n && !status; i++) {
    status = lnti_answer_check(r->ontology, &r->answers.answer[i], err);
  }
  const lnti_answer_line no_item = {.item_id = 0, .skip = o->skip};
  if (!status && r->answers.n) status = lnti_repeats_check(&r->repeats, r->ontology, &no_item, &r->answers, err);
  return status;
}

static lnt_status check_options(const lnti_annotate_items_options *o, lnt_error *err) {
  int sources = (o->n_items > 0) + (o->where != NULL && !o->predictions) + (o->file != NULL) + (o->predictions != NULL);
  bool says = o->n_set > 0 || o->n_clear > 0 || o->comment || o->skip || o->unskip;
  if (sources == 0) {
    return lnti_fail(err, LNT_EINVAL,
                     "which items? name them, or give --where FILTER, --file TABLE or --from-predictions MODEL");
  }
  if (sources > 1) {
    return lnti_fail(
        err, LNT_EINVAL,
        "items are named, or found by --where, or listed in --file, or have predictions (--from-predictions, "
        "alone or with --where): one of these");
  }
  if (o->predictions && says) {
    return lnti_fail(err, LNT_EINVAL,
                     "--from-predictions brings the answers: --set, --clear, --comment and --skip do not go with it");
  }
  if (o->min_confidence > 0 && !o->predictions) {
    return lnti_fail(err, LNT_EINVAL, "--min-confidence goes with --from-predictions MODEL");
  }
  if (!o->file && !o->predictions && !says) {
    return lnti_fail(err, LNT_EINVAL, "what is to be said of them? --set KEY=VALUE, --clear KEY, --comment or --skip");
  }
  if (o->file && says) {
    return lnti_fail(err, LNT_EINVAL,
                     "--file brings the answers: --set, --clear, --comment and --skip do not go with it");
  }
  if (o->skip && (o->n_set > 0 || o->unskip)) {
    return lnti_fail(err, LNT_EINVAL, "an item is skipped, or answered: --skip does not go with --set or --unskip");
  }
  lnt_status status = o->comment ? lnti_text_check(o->comment, LNTI_REMARK_MAX, "the comment", err) : LNT_OK;
  return status || !o->skip ? status : lnti_text_check(o->skip, LNTI_REMARK_MAX, "the reason of the skip", err);
}

/* ---- the next item ---- */

/* One that is named twice is named once. */
static lnt_status next_named(lnti_answer_line *e, lnt_status *allowed_out, lnt_error *reason, run *r, lnt_error *err) {
  const lnti_annotate_items_options *o = r->options;
  bool again = true;
  while (again) {
    r->ended = r->next >= o->n_items;
    if (r->ended) return LNT_OK;
    e->path = o->items[r->next++];
    *allowed_out = lnti_item_names_find(&e->item_id, &r->names, e->path, reason);
    if (*allowed_out) return LNT_OK;
    lnt_status status = lnti_repeats_meet(&again, &r->repeats, e->item_id, err);
    if (status) return status;
  }
  return LNT_OK;
}

static lnt_status next_entry(lnti_answer_line *e, lnt_status *allowed_out, lnt_error *reason, run *r, lnt_error *err) {
  const lnti_annotate_items_options *o = r->options;
  *e = (lnti_answer_line){.confidence = (double)NAN, .comment = o->comment, .skip = o->skip};
  *allowed_out = LNT_OK;
  if (r->lines) {
    bool more = false;
    lnt_status status = lnti_answer_lines_next(&more, e, &r->answers, allowed_out, reason, r->lines, err);
    r->ended = !status && !more;
    return status;
  }
  if (r->predicted) {
    bool more = false;
    lnt_status status = lnti_predicted_answers_next(&more, e, &r->answers, allowed_out, reason, r->predicted, err);
    r->ended = !status && !more;
    return status;
  }
  if (!o->where) return next_named(e, allowed_out, reason, r, err);
  r->ended = r->next >= r->n_ids;
  if (r->ended) return LNT_OK;
  e->item_id = r->ids[r->next++];
  snprintf(e->name, sizeof e->name, "item %lld", (long long)e->item_id);
  return LNT_OK;
}

/* ---- writing ---- */

static lnt_status write_remarks(run *r, lnti_tx *tx, const lnti_answer_line *e, bool *any, lnt_error *err) {
  bool changed = false;
  lnt_status status = LNT_OK;
  if (e->comment) {
    status =
        lnti_annotate_remark(tx, &changed, r->op.id, e->item_id, LNTI_REMARK_COMMENT, e->comment, LNTI_BY_PERSON, err);
    r->out.n_comments += !status;
    *any = true;
  }
  if (!status && (e->skip || r->options->unskip)) {
    status = lnti_annotate_remark(tx, &changed, r->op.id, e->item_id, LNTI_REMARK_SKIP, e->skip, LNTI_BY_PERSON, err);
    r->out.n_skips += !status && changed;
    *any = *any || changed;
  }
  return status;
}

/* Options of a checklist that the item answers now, or is about to. */
static lnt_status mark_named(run *r, lnti_tx *tx, int64_t item_id, size_t question, size_t n_own, lnt_error *err) {
  const lnti_question *q = &r->ontology->questions[question];
  lnti_answer_row row = {.slot = 0};
  bool found = true;
  for (size_t i = q->first_option; i != LNTI_NONE; i = r->ontology->options[i].next_sibling) r->named[i] = 0;
  for (size_t i = 0; i < n_own; i++) {
    const lnti_answer *answer = &r->annotations[i].answer;
    if (answer->question == question && answer->option != LNTI_NONE) r->named[answer->option] = 1;
  }
  for (;;) {
    lnt_status status = lnti_tx_current_from(tx, &row, &found, LNTI_SUBJECT_ITEM, item_id, q->id, row.slot + 1, err);
    if (status || !found) return status;
    size_t option = lnti_ontology_option_by_id(r->ontology, row.slot);
    if (option != LNTI_NONE) r->named[option] = 1;
  }
}

/* A no to each option that is offered and that nobody has answered, behind the answers that are there. */
static lnt_status add_noes(size_t *n, run *r, lnti_tx *tx, const lnti_answer_line *e, double confidence,
                           lnt_error *err) {
  const size_t n_own = *n;
  lnt_status status = LNT_OK;
  for (size_t k = 0; k < r->n_others && !status; k++) {
    status = mark_named(r, tx, e->item_id, r->others[k], n_own, err);
    for (size_t i = r->ontology->questions[r->others[k]].first_option; i != LNTI_NONE && !status;
         i = r->ontology->options[i].next_sibling) {
      if (r->named[i] || r->ontology->options[i].retired) continue;
      status = lnti_grow(&r->annotations, &r->capacity, *n + 1, sizeof *r->annotations, err);
      if (status) break;
      r->named[i] = 1; /* also where the question was named twice */
      r->annotations[(*n)++] = (lnti_annotation){
          .item_id = e->item_id, .answer = {r->others[k], LNTI_ANSWERED, i, 0, NULL}, .confidence = confidence};
    }
  }
  return status;
}

/* Whether a person's answers decide on an item that waits for review, by being given once more too. */
static lnt_status decides(bool *out, const run *r, lnti_tx *tx, int64_t item_id, lnt_error *err) {
  *out = false;
  for (size_t i = 0; i < r->answers.n && !r->predicted; i++) {
    if (r->answers.answer[i].state != LNTI_CLEARED) return lnti_tx_item_in_review(tx, out, item_id, err);
  }
  return LNT_OK;
}

static lnt_status write_entry(run *r, lnti_tx *tx, const lnti_answer_line *e, lnt_error *err) {
  lnti_annotate_options options = {.source = LNTI_BY_PERSON,
                                   .existing = r->predicted ? LNTI_EXISTING_KEEP : LNTI_EXISTING_CHANGE,
                                   .if_unchanged = r->options->if_unchanged,
                                   .unchanged_since = r->options->unchanged_since};
  const double confidence = isnan(e->confidence) ? r->options->confidence : e->confidence;
  lnti_annotated counts = {0};
  bool any = false, first = true, reviewed = false;
  lnt_status status = !r->lines ? LNT_OK : lnti_repeats_check(&r->repeats, r->ontology, e, &r->answers, err);
  if (!status) status = lnti_grow(&r->annotations, &r->capacity, r->answers.n, sizeof *r->annotations, err);
  for (size_t i = 0; i < r->answers.n && !status; i++) {
    const bool cleared = r->answers.answer[i].state == LNTI_CLEARED;
    r->annotations[i] = (lnti_annotation){
        .item_id = e->item_id, .answer = r->answers.answer[i], .confidence = cleared ? (double)NAN : confidence};
  }
  size_t n = r->answers.n;
  if (!status) status = add_noes(&n, r, tx, e, confidence, err);
  if (!status) status = decides(&reviewed, r, tx, e->item_id, err);
  if (reviewed) options.existing = LNTI_EXISTING_WRITE; /* so that the log has who decided */
  if (!status) status = lnti_annotate(tx, &counts, r->ontology, r->op.id, r->annotations, n, &options, err);
  if (!status) status = write_remarks(r, tx, e, &any, err);
  if (!status && reviewed) status = lnti_tx_item_stage_of_op(tx, r->op.id, e->item_id, "done", err);
  any = any || counts.n_added + counts.n_changed > 0;
  if (!status && r->lines) status = lnti_repeats_take(&first, &r->repeats, r->ontology, e, &r->answers, any, err);
  if (status) return status;
  r->out.n_added += counts.n_added;
  r->out.n_changed += counts.n_changed;
  r->out.n_same += counts.n_same;
  r->out.n_retired += counts.n_retired;
  r->out.n_kept += counts.n_kept;
  r->out.n_reviewed += reviewed;
  r->out.n_touched += any && first;
  r->wrote = r->wrote || any;
  return LNT_OK;
}

static lnt_status write_items(run *r, lnti_tx *tx, size_t limit, lnt_error *err) {
  for (size_t n = 0; n < limit; n++) {
    lnti_answer_line e;
    lnt_error reason = LNT_ERROR_INIT;
    lnt_status allowed = LNT_OK, status = next_entry(&e, &allowed, &reason, r, err);
    if (!status && n % 256 == 0) status = lnti_cancel_check(r->project->context.cancel, err);
    if (status || r->ended) return status;
    r->n_entries++;
    if (!allowed) allowed = write_entry(r, tx, &e, &reason);
    if (allowed && !lnti_is_refusal(allowed)) {
      *err = reason;
      return allowed;
    }
    if (allowed) refuse(r, &e, allowed, reason.message);
  }
  return LNT_OK;
}

/* One write: a block, or all there is. It is taken back where it wrote nothing, or nothing is to stay. */
static lnt_status write_block(void *payload, lnti_tx *tx, lnt_error *err) {
  run *r = payload;
  const bool whole = r->options->strict || r->options->dry_run;
  r->wrote = false;
  lnt_status status = lnti_tx_ontology_is_current(tx, r->ontology, err);
  if (!status) status = lnti_tx_op(tx, &r->op.id, NULL, &r->op, err);
  if (!status) status = write_items(r, tx, whole ? SIZE_MAX : BLOCK_ITEMS, err);
  if (status) return status;
  bool refused = r->options->strict && r->out.n_refused > 0;
  r->rolled_back = r->options->dry_run || refused || (!r->wrote && !r->stored);
  if (r->rolled_back) return lnti_fail(err, LNT_ECANCELLED, "nothing is to be written");
  r->stored = r->stored || r->wrote;
  return LNT_OK;
}

static lnt_status write_all(run *r, lnt_error *err) {
  lnt_status status = LNT_OK;
  while (!status && !r->ended) {
    r->rolled_back = false;
    status = lnti_store_write(r->project->store, write_block, r, err);
    if (status && r->rolled_back) status = LNT_OK;
  }
  if (!status && r->options->strict && r->out.n_refused > 0) {
    status = lnti_fail(err, LNT_EDATA, "nothing was written: %zu of %zu %s were refused, the first: %s",
                       r->out.n_refused, r->n_entries, r->lines ? "lines" : "items", r->first_reason);
  }
  return status;
}

/* ---- all of it ---- */

static lnt_status note_id(void *payload, const lnti_item_view *view, lnt_error *err) {
  run *r = payload;
  lnt_status status = lnti_grow(&r->ids, &r->id_capacity, r->n_ids + 1, sizeof *r->ids, err);
  if (!status) r->ids[r->n_ids++] = view->item->id;
  return status;
}

static lnt_status find_matching(run *r, lnt_error *err) {
  lnti_view *view = NULL;
  lnti_filter *filter = NULL;
  lnt_status status = lnti_view_open(&view, r->project, NULL, NULL, err);
  if (!status) status = lnti_view_filter(&filter, view, r->options->where, err);
  const lnti_items_query query = {.filter = filter};
  if (!status) status = lnti_items(r->project, view, &query, note_id, r, err);
  lnti_filter_free(filter);
  lnti_view_close(view);
  return status;
}

static void describe(char *out, size_t n, const lnti_annotate_items_options *o) {
  if (o->predictions) {
    snprintf(out, n, "from the predictions of %.100s", o->predictions);
  } else if (o->file) {
    snprintf(out, n, "from %.200s", strcmp(o->file, "-") == 0 ? "standard input" : o->file);
  } else {
    const char *first = o->n_set > 0     ? o->set[0]
                        : o->n_clear > 0 ? o->clear[0]
                        : o->skip        ? "skip"
                        : o->comment     ? "comment"
                                         : "unskip";
    size_t more = o->n_set + o->n_clear > 1 ? o->n_set + o->n_clear - 1 : 0;
    snprintf(out, n, "%s%.150s%s", o->n_set == 0 && o->n_clear > 0 ? "clear " : "", first, more ? " and more" : "");
  }
}

lnt_status lnti_annotate_items(lnti_annotate_items_result *out, lnti_project *project,
                               const lnti_annotate_items_options *options, lnt_error *err) {
  run r = {.project = project, .options = options, .names = {.project = project}};
  lnti_store_position position = {0};
  char note[300];
  lnt_status status = check_options(options, err);
  if (status) return status;
  describe(note, sizeof note, options);
  lnti_project_op(&r.op, project, LNTI_OP_ANNOTATE, note);
  if (options->file) status = lnti_answer_lines_open(&r.lines, options->file, &r.names, err);
  if (!status) status = lnti_store_ontology(&r.ontology, project->store, err); /* as it is after the waiting */
  if (!status) status = parse_options(&r, err);
  if (!status && options->where) status = find_matching(&r, err);
  const int64_t none = 0, *chosen = r.ids ? r.ids : &none; /* a filter that finds nothing chooses nothing, not all */
  if (!status && options->predictions)
    status = lnti_predicted_answers_open(&r.predicted, project, r.ontology, options->predictions,
                                         options->min_confidence, options->where ? chosen : NULL, r.n_ids, err);
  if (!status && r.lines) status = lnti_repeats_look(&r.repeats, r.lines, r.ontology, project->context.cancel, err);
  if (!status) status = write_all(&r, err);
  if (!status) status = lnti_store_position_read(&position, project->store, err);
  lnti_predicted_answers_close(r.predicted);
  r.out.n_items = r.lines ? r.repeats.items.n : r.n_entries;
  r.out.n_lines = r.lines ? r.n_entries : 0;
  lnti_answer_lines_close(r.lines);
  lnti_repeats_clear(&r.repeats);
  lnti_item_names_clear(&r.names);
  lnti_answer_list_clear(&r.answers);
  lnti_ontology_free(r.ontology);
  free(r.annotations);
  free(r.others);
  free(r.named);
  free(r.ids);
  if (status) return status;
  r.out.op_id = r.stored ? r.op.id : 0;
  r.out.position = position.log_id;
  *out = r.out;
  return LNT_OK;
}
