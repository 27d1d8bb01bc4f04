/*
 * Verification reads everything and changes nothing but its own notes, which it can do without: what was found is told all
 * the same on a disk that is full. Each fault is one sentence with what to do.
 */
#include <flow/verify.h>

#include <base/error.h>
#include <base/file.h>
#include <flow/extract/embeddings.h>
#include <flow/extract/extract.h>
#include <model/model.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct verification {
  lnti_project *project;
  lnti_verify_result *result;
  lnti_fault_visit visit;
  void *payload;
} verification;

static void fault(verification *v, const char *format, ...) LNT_PRINTF(2, 3);

static void fault(verification *v, const char *format, ...) {
  char text[1024];
  va_list arguments;
  va_start(arguments, format);
  int n = vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  v->result->faults++;
  if (n >= 0) v->visit(v->payload, text);
}

/* ---- models ---- */

static lnt_status check_model(void *payload, const lnti_model_row *row, lnt_error *err) {
  verification *v = payload;
  char *path = NULL;
  uint64_t bytes = 0;
  lnti_hash hash;
  lnt_model *model = NULL;
  lnt_error reason = LNT_ERROR_INIT;
  lnt_status status = lnti_project_path(&path, v->project, err, "%s", row->file);
  if (status) return status;
  v->result->models++;
  status = lnti_file_hash(&hash, &bytes, path, &reason);
  if (status) {
    fault(v, "model \"%s\": %s; train it again", row->name, reason.message);
    goto done;
  }
  if (memcmp(&hash, &row->content, sizeof hash) != 0) {
    fault(v, "model \"%s\": %s is not the file that was trained; train it again", row->name, row->file);
    goto done;
  }
  status = lnti_model_open(&model, path, &v->project->context, &reason);
  if (status) fault(v, "model \"%s\": %s; train it again", row->name, reason.message);
done:
  lnt_model_close(model);
  free(path);
  return status == LNT_ENOMEM ? lnti_fail(err, LNT_ENOMEM, "%s", reason.message) : LNT_OK;
}

static void keep_note(lnti_project *project, const lnti_verify_result *result) {
  lnt_error reason = LNT_ERROR_INIT;
  if (lnti_verify_note(project, result, &reason) == LNT_OK) return;
  lnti_log_printf(project->context.log, LNTI_LOG_WARN, "what was found is not kept for 'linnet status': %s",
                  reason.message);
}

lnt_status lnti_verify(lnti_verify_result *out, lnti_project *project, const lnti_verify_options *options,
                       lnti_fault_visit visit, void *payload, lnt_error *err) {
  lnti_verify_result result = {0};
  verification v = {.project = project, .result = &result, .visit = visit, .payload = payload};
  size_t n = 0, database_faults = 0;
  lnt_status status = lnti_store_verify(project->store, &database_faults, visit, payload, project->context.cancel, err);
  if (status) goto done;
  result.faults = database_faults;
  status = lnti_store_models(project->store, NULL, check_model, &v, err);
  if (status) goto done;
  status = lnti_verify_media(&result, project, options, visit, payload, err);
  if (status) goto done;
  status = lnti_feature_cache_verify(project, &result.cached_vectors, &n, visit, payload, err);
  if (status) goto done;
  status = lnti_embeddings_verify(project, &result.imported_vectors, &n, visit, payload, err);
  if (status) goto done;
  result.faults += n;
  if (database_faults == 0) keep_note(project, &result);
  *out = result;
done:
  return status;
}
