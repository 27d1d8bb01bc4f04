#include <flow/predict/proba_files.h>

#include <base/alloc.h>
#include <base/csv.h>
#include <base/error.h>
#include <base/file.h>
#include <flow/output.h>
#include <math.h>
#include <media/npy.h>
#include <model/model.h>
#include <stdlib.h>
#include <string.h>

struct lnti_proba_files {
  lnti_npy_writer *array;
  lnti_file_writer *rows, *classes;
  float *nothing; /* [n_classes] NaN */
  lnti_text line;
};

/* NAME.npy beside which NAME<ending> is to stand. */
static lnt_status name_beside(char **out, const char *path, const char *ending, lnt_error *err) {
  const char *dot = strrchr(path, '.');
  return lnti_asprintf(out, err, "%.*s%s", (int)(dot ? dot - path : (long)strlen(path)), path, ending);
}

static lnt_status write_line(lnti_file_writer *file, lnti_text *line, lnt_error *err) {
  lnt_status status = lnti_text_append(line, "\n", 1, err);
  if (!status) status = lnti_file_write(file, line->data, line->length, err);
  line->length = 0;
  return status;
}

static lnt_status create_list(lnti_file_writer **out, const lnti_project *project, lnti_output_kind kind,
                              const char *path, const char *ending, const char *head, lnt_error *err) {
  char *name = NULL;
  lnt_status status = name_beside(&name, path, ending, err);
  if (!status) status = lnti_output_check(project, kind, name, err);
  if (!status) status = lnti_file_create(out, name, err);
  if (!status) status = lnti_file_write(*out, head, strlen(head), err);
  free(name);
  return status;
}

static lnt_status write_classes(lnti_proba_files *files, const lnt_model *model, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (size_t c = 0; c < model->n_classes && !status; c++) {
    status = lnti_csv_put(&files->line, lnt_model_class_id(model, c), err);
    if (!status) status = lnti_text_append(&files->line, ",", 1, err);
    if (!status) status = lnti_csv_put(&files->line, lnt_model_class_title(model, c), err);
    if (!status) status = write_line(files->classes, &files->line, err);
  }
  return status;
}

lnt_status lnti_proba_files_create(lnti_proba_files **out, const lnti_project *project, const lnt_model *model,
                                   const char *path, lnt_error *err) {
  lnti_proba_files *files = NULL;
  lnt_status status = lnti_output_check(project, LNTI_OUTPUT_ARRAY, path, err);
  if (!status) status = lnti_alloc_zero(&files, 1, sizeof *files, err);
  if (!status) status = lnti_alloc(&files->nothing, model->n_classes, sizeof *files->nothing, err);
  for (size_t c = 0; !status && c < model->n_classes; c++) files->nothing[c] = NAN;
  if (!status) {
    status = create_list(&files->rows, project, LNTI_OUTPUT_ROWS, path, ".rows.csv", LNTI_OUTPUT_ROWS_HEAD, err);
  }
  if (!status) {
    status =
        create_list(&files->classes, project, LNTI_OUTPUT_CLASSES, path, ".classes.csv", LNTI_OUTPUT_CLASSES_HEAD, err);
  }
  if (!status) status = write_classes(files, model, err);
  if (!status) status = lnti_npy_create(&files->array, path, model->n_classes, LNTI_F32, err);
  if (status) {
    lnti_proba_files_discard(files);
    return status;
  }
  *out = files;
  return LNT_OK;
}

lnt_status lnti_proba_files_add(lnti_proba_files *files, const lnti_prediction *prediction, lnt_error *err) {
  lnt_status status = lnti_npy_add(files->array, prediction->prob ? prediction->prob : files->nothing, 1, err);
  if (!status) status = lnti_csv_put(&files->line, prediction->path, err);
  return status ? status : write_line(files->rows, &files->line, err);
}

lnt_status lnti_proba_files_commit(lnti_proba_files *files, lnt_error *err) {
  lnti_file_writer *rows = files->rows, *classes = files->classes;
  lnti_npy_writer *array = files->array;
  files->rows = NULL;
  lnt_status status = lnti_file_commit(rows, err);
  if (!status) {
    files->classes = NULL;
    status = lnti_file_commit(classes, err);
  }
  if (!status) {
    files->array = NULL;
    status = lnti_npy_commit(array, err);
  }
  lnti_proba_files_discard(files);
  return status;
}

void lnti_proba_files_discard(lnti_proba_files *files) {
  if (!files) return;
  lnti_npy_discard(files->array);
  lnti_file_discard(files->rows);
  lnti_file_discard(files->classes);
  free(files->nothing);
  lnti_text_clear(&files->line);
  free(files);
}
