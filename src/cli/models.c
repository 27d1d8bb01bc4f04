/*
 * The table of models. Metrics come out of the run's result, which train wrote; a result that says nothing is shown as "-".
 */
#include <cli/models.h>

#include <cli/format.h>
#include <cli/table.h>
#include <feature/feature.h>
#include <flow/evaluate/metrics_json.h>
#include <string.h>

lnt_status lnti_models_feature(lnti_text *out, const char *feature, lnt_error *err) {
  enum { BYTES_SHOWN = 60 };
  size_t n = strlen(feature);
  if (strncmp(feature, LNTI_EMBEDDING_PREFIX, sizeof LNTI_EMBEDDING_PREFIX - 1) != 0)
    return lnti_text_append(out, feature, strcspn(feature, ":"), err);
  if (n <= BYTES_SHOWN) return lnti_text_append(out, feature, n, err);
  return lnti_text_printf(out, err, "%.*s...", (int)lnti_utf8_valid(feature, BYTES_SHOWN - 3), feature);
}

static lnt_status add_model(void *payload, const lnti_model_row *model, lnt_error *err) {
  lnti_shown rows = lnti_show_count(model->n_train);
  lnti_shown accuracy = lnti_show_metric(lnti_result_metric(model->result_json, "accuracy"));
  lnti_shown bytes = lnti_show_bytes(model->bytes), made = lnti_show_time(model->created_ms);
  lnti_text feature = {0};
  lnt_status status = lnti_models_feature(&feature, model->feature, err);
  if (!status) {
    const char *cells[] = {model->name, model->target, model->learner, feature.data,
                           rows.text,   accuracy.text, bytes.text,     made.text};
    status = lnti_table_row(payload, cells, err);
  }
  lnti_text_clear(&feature);
  return status;
}

lnt_status lnti_models_print(lnti_cli *cli, lnti_project *project, lnt_error *err) {
  static const lnti_column columns[] = {{"model", LNTI_ALIGN_LEFT},       {"target", LNTI_ALIGN_LEFT},
                                        {"learner", LNTI_ALIGN_LEFT},     {"feature", LNTI_ALIGN_LEFT},
                                        {"trained on", LNTI_ALIGN_RIGHT}, {"val. accuracy", LNTI_ALIGN_RIGHT},
                                        {"size", LNTI_ALIGN_RIGHT},       {"made", LNTI_ALIGN_LEFT}};
  lnti_table table;
  lnti_table_init(&table, columns, 8, 0);
  lnt_status status = lnti_store_models(project->store, NULL, add_model, &table, err);
  return lnti_table_print(cli, &table, status, err);
}
