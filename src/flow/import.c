/*
 * What all imports have in common: one operation, one job, batches to the store, and the look at duplicates afterwards.
 *
 * Every batch writes the operation again by its UUID, which the store takes as the same one: so batches need no memory of
 * each other, and a batch that the store runs a second time does no harm.
 */
#include <flow/import_internal.h>

#include <base/alloc.h>
#include <base/error.h>
#include <errno.h>
#include <flow/annotate.h>
#include <flow/duplicates.h>
#include <flow/split_names.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- target and ontology ---- */

static const char default_target[] = "class";

lnt_status lnti_import_target(lnti_import_work *work, lnti_question_type type, lnt_error *err) {
  lnti_ontology *ontology = work->ontology;
  const char *path = work->options->target ? work->options->target : default_target;
  lnt_error none = LNT_ERROR_INIT;
  if (work->question != LNTI_NONE && ontology->questions[work->question].type == type) return LNT_OK;
  lnt_status status = lnti_ontology_find_question(&work->question, ontology, path, &none);
  if (status == LNT_ENOTFOUND && !strchr(path, '/')) {
    return lnti_ontology_add_question(&work->question, ontology, type, path, NULL, LNTI_NONE, err);
  }
  if (status) return lnti_fail(err, status, "%s", none.message);
  if (ontology->questions[work->question].parent_option != LNTI_NONE) {
    return lnti_fail(err, LNT_EINVAL,
                     "\"%s\" is asked only after another answer, and import answers questions at the top; name one "
                     "of those with --target",
                     path);
  }
  lnti_question_type is = ontology->questions[work->question].type;
  if (is == type || (is == LNTI_TREE && type == LNTI_RADIO)) return LNT_OK;
  return lnti_fail(err, LNT_EINVAL,
                   "\"%s\" is a %s question, but these labels need a %s; import into another with "
                   "--target NAME",
                   path, lnti_question_type_name(is), lnti_question_type_name(type));
}

/* Notes that this import calls an option so; the first title stays. */
static lnt_status call(lnti_import_work *work, size_t option, const char *title, lnt_error *err) {
  char *copy = NULL;
  if (option >= work->n_before || work->called[option]) return LNT_OK;
  lnt_status status = lnti_arena_strndup(&copy, &work->arena, title, strlen(title), err);
  if (status == LNT_OK) work->called[option] = copy;
  return status;
}

lnt_status lnti_import_announce(size_t *out, lnti_import_work *work, size_t parent, const char *title, lnt_error *err) {
  *out = lnti_ontology_find_titled(work->ontology, work->question, parent, title);
  return *out == LNTI_NONE ? LNT_OK : call(work, *out, title, err);
}

lnt_status lnti_import_option(size_t *out, lnti_import_work *work, size_t parent, const char *title, lnt_error *err) {
  lnt_status status = lnti_import_announce(out, work, parent, title, err);
  if (status || *out != LNTI_NONE) return status;
  size_t by_key = lnti_ontology_find_option(work->ontology, work->question, parent, title);
  if (by_key != LNTI_NONE && by_key < work->n_before &&
      (!work->called[by_key] || strcmp(work->called[by_key], title) == 0)) {
    *out = by_key;
    return call(work, by_key, title, err);
  }
  return lnti_ontology_add_option(out, work->ontology, work->question, parent, NULL, title, err);
}

lnt_status lnti_import_check(const lnti_import_work *work, size_t option, lnt_error *err) {
  const lnti_answer answer = {work->question, LNTI_ANSWERED, option, (double)NAN};
  lnt_error reason = LNT_ERROR_INIT;
  return lnti_answer_check(work->ontology, &answer, &reason) ? lnti_fail(err, LNT_EDATA, "%s", reason.message) : LNT_OK;
}

static lnt_status write_ontology(void *payload, lnti_tx *tx, lnt_error *err) {
  lnti_import_work *work = payload;
  int64_t op_id = 0;
  bool existed = false;
  lnt_status status = lnti_tx_op(tx, &op_id, &existed, &work->op, err);
  if (status) return status;
  return lnti_tx_ontology(tx, work->ontology, op_id, err);
}

static bool all_stored(const lnti_ontology *ontology) {
  for (size_t i = 0; i < ontology->n_questions; i++) {
    if (ontology->questions[i].id == 0) return false;
  }
  for (size_t i = 0; i < ontology->n_options; i++) {
    if (ontology->options[i].id == 0) return false;
  }
  return true;
}

lnt_status lnti_import_ontology(lnti_import_work *work, lnt_error *err) {
  if (all_stored(work->ontology)) return LNT_OK;
  return lnti_store_write(work->project->store, write_ontology, work, err);
}

/* ---- batches ---- */

typedef struct batch {
  lnti_import_work *work;
  lnti_source_kind kind;
  const char *source;
  lnti_import_row *rows;
  size_t n;
  lnti_annotation *annotations; /* [n] */
  bool *moves; /* [n] the item of that annotation was there without an answer: its stage becomes "done" */
  size_t imported, existing, labelled;
} batch;

static lnt_status write_item(batch *b, lnti_tx *tx, int64_t op_id, int64_t source_id, lnti_import_row *row,
                             size_t *n_annotations, lnt_error *err) {
  bool existed = row->known_id != 0;
  lnt_status status = LNT_OK;
  row->item.source_id = source_id;
  row->item.id = row->known_id;
  if (!existed) status = lnti_tx_item(tx, &row->item.id, &existed, op_id, &row->item, err);
  if (status) return status;
  b->imported += !existed;
  b->existing += existed;
  if (row->option == LNTI_NONE) return LNT_OK;
  b->moves[*n_annotations] = false;
  if (existed) {
    lnti_answer_row current;
    bool answered = false;
    status = lnti_tx_current(tx, &current, &answered, LNTI_SUBJECT_ITEM, row->item.id,
                             b->work->ontology->questions[b->work->question].id, 0, err);
    if (status) return status;
    b->moves[*n_annotations] = !answered;
  }
  b->annotations[(*n_annotations)++] =
      (lnti_annotation){.item_id = row->item.id,
                        .answer = {b->work->question, LNTI_ANSWERED, row->option, (double)NAN},
                        .confidence = (double)NAN};
  return LNT_OK;
}

static lnt_status write_batch(void *payload, lnti_tx *tx, lnt_error *err) {
  batch *b = payload;
  lnti_import_work *work = b->work;
  const lnti_annotate_options annotate = {.source = LNTI_BY_IMPORT, .keep_existing = true};
  int64_t op_id = 0, source_id = 0;
  bool existed = false;
  size_t n_annotations = 0;
  b->imported = b->existing = b->labelled = 0; /* a second run counts anew */
  lnt_status status = lnti_tx_op(tx, &op_id, &existed, &work->op, err);
  if (status) return status;
  status = lnti_tx_source(tx, &source_id, b->kind, b->source, err);
  for (size_t i = 0; i < b->n && status == LNT_OK; i++) {
    if (b->rows[i].refused == LNT_OK) {
      status = write_item(b, tx, op_id, source_id, &b->rows[i], &n_annotations, err);
    }
  }
  if (status || n_annotations == 0) return status;
  status = lnti_annotate(tx, &b->labelled, work->ontology, op_id, b->annotations, n_annotations, &annotate, err);
  for (size_t i = 0; i < n_annotations && status == LNT_OK; i++) {
    if (b->moves[i]) status = lnti_tx_item_stage(tx, b->annotations[i].item_id, "done", err);
  }
  return status;
}

void lnti_import_refuse(lnti_import_work *work, const char *path, lnt_status code, const char *reason) {
  work->result->n_refused++;
  if (work->options->refused) work->options->refused(work->options->refused_payload, path, code, reason);
}

static lnt_status tell_refused(lnti_import_work *work, lnti_source_kind kind, const char *source,
                               const lnti_import_row *rows, size_t n, lnt_error *err) {
  lnti_text uri = {0};
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < n && status == LNT_OK; i++) {
    if (rows[i].refused) {
      lnti_item item = rows[i].item;
      item.source = source;
      item.source_kind = kind;
      uri.length = 0;
      status = lnti_item_uri(&uri, &item, err);
      if (status == LNT_OK) lnti_import_refuse(work, uri.data, rows[i].refused, rows[i].error.message);
    } else if (rows[i].rows_missing > 0) {
      work->n_truncated++;
    }
  }
  lnti_text_clear(&uri);
  return status;
}

lnt_status lnti_import_batch(lnti_import_work *work, lnti_source_kind kind, const char *source, lnti_import_row *rows,
                             size_t n, lnt_error *err) {
  batch b = {.work = work, .kind = kind, .source = source, .rows = rows, .n = n};
  lnt_status status = lnti_alloc(&b.annotations, n, sizeof *b.annotations, err);
  if (status) return status;
  status = lnti_alloc(&b.moves, n, sizeof *b.moves, err);
  if (status) goto done;
  status = tell_refused(work, kind, source, rows, n, err);
  if (status) goto done;
  status = lnti_store_write(work->project->store, write_batch, &b, err);
  if (status) goto done;
  work->result->imported += b.imported;
  work->result->existing += b.existing;
  work->result->labelled += b.labelled;
  work->n_done += n;
  lnti_job_progress(&work->job, "items", work->n_done, work->n_total);
done:
  free(b.moves);
  free(b.annotations);
  return status;
}

/* ---- the import ---- */

static lnt_status import_source(lnti_import_work *work, const char *source, lnt_error *err) {
  struct stat info;
  lnti_import_format format = work->options->format;
  char *path = realpath(source, NULL);
  lnt_status status = LNT_OK;
  if (!path || stat(path, &info) != 0) {
    status = lnti_fail_errno(err, errno, "%s: cannot be opened", source);
    goto done;
  }
  if (S_ISDIR(info.st_mode)) {
    bool idx = format == LNTI_IMPORT_IDX || (format == LNTI_IMPORT_AUTO && lnti_import_has_idx(path));
    status = idx ? lnti_import_idx_folder(work, path, err) : lnti_import_folder(work, path, err);
  } else if (format == LNTI_IMPORT_FOLDER) {
    status = lnti_fail(err, LNT_EINVAL, "%s is no folder", source);
  } else {
    status = lnti_import_idx(work, path, err);
  }
done:
  free(path);
  return status;
}

static lnt_status warn(lnti_import_work *work, lnt_error *err) {
  lnti_messages *warnings = &work->result->warnings;
  lnt_status status = LNT_OK;
  if (work->n_truncated > 0) {
    status = lnti_messages_add(warnings, err,
                               "%zu JPEG files end early but have at least 95 %% of their rows; they were "
                               "taken",
                               work->n_truncated);
  }
  return status ? status : lnti_duplicates_warn(warnings, &work->result->duplicates, err);
}

static lnt_status import_all(lnti_import_work *work, const char *const *sources, size_t n_sources, lnt_error *err) {
  lnt_status status = lnti_store_ontology(&work->ontology, work->project->store, err);
  if (status) return status;
  work->n_before = work->ontology->n_options;
  status = lnti_alloc_zero(&work->called, work->n_before, sizeof *work->called, err);
  for (size_t i = 0; i < n_sources && status == LNT_OK; i++) status = import_source(work, sources[i], err);
  if (status) return status;
  int64_t question_id = work->question == LNTI_NONE ? 0 : work->ontology->questions[work->question].id;
  status = lnti_duplicates_update(&work->result->duplicates, work->project, question_id, err);
  if (status) return status;
  return warn(work, err);
}

/* The first 256 are all that a label can name. */
static lnt_status check_classes(const lnti_import_options *options, lnt_error *err) {
  for (size_t i = 0; i < options->n_classes && i <= UINT8_MAX; i++) {
    for (size_t j = 0; j < i; j++) {
      if (strcmp(options->classes[i], options->classes[j]) != 0) continue;
      return lnti_fail(err, LNT_EINVAL, "the class title \"%.200s\" is given twice, for the labels %zu and %zu",
                       options->classes[i], j, i);
    }
  }
  return LNT_OK;
}

lnt_status lnti_import(lnti_import_result *out, lnti_project *project, const char *const *sources, size_t n_sources,
                       const lnti_import_options *options, lnt_error *err) {
  lnti_import_result result = {0};
  lnti_import_options own = *options;
  lnti_import_work work = {.project = project, .options = &own, .result = &result, .question = LNTI_NONE};
  uint64_t start = lnti_monotonic_ns();
  /* "Test" and "testing" are the split "test": under another name its items would be trained on. */
  const char *known = own.split ? lnti_split_of_name(own.split, strlen(own.split)) : NULL;
  if (known) own.split = known;
  if (n_sources == 0) return lnti_fail(err, LNT_EINVAL, "nothing to import: name a folder or an IDX file");
  lnt_status status = check_classes(options, err);
  if (status) return status;
  lnti_project_op(&work.op, project, LNTI_OP_IMPORT, sources[0]);
  status = lnti_job_begin(&work.job, project, "import", "{}", options->progress, err);
  if (status) goto done;
  status = lnti_job_end(&work.job, import_all(&work, sources, n_sources, err), err);
  if (status) goto done;
  result.seconds = (double)(lnti_monotonic_ns() - start) * 1e-9;
  *out = result;
  result = (lnti_import_result){0};
done:
  lnti_import_result_clear(&result);
  free(work.called);
  lnti_arena_clear(&work.arena);
  lnti_ontology_free(work.ontology);
  return status;
}

void lnti_import_result_clear(lnti_import_result *result) {
  lnti_duplicates_clear(&result->duplicates);
  lnti_messages_clear(&result->warnings);
}
