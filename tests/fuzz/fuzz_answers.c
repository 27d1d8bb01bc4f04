/*
 * Any bytes as a table of answers, CSV or JSON Lines as they begin, and their first line as --set: what is refused has a reason,
 * and since nothing is to be written the log gets no row. The project is made once, and goes when the program ends.
 */
#include <flow/annotate/items.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const char ontology_json[] =
    "{\"name\": \"F\", \"classifications\": [{\"id\": \"class\", \"type\": \"radio\", \"options\": [{\"id\": \"a\","
    "\"attributes\": [{\"id\": \"part\", \"type\": \"tree\", \"options\": [{\"id\": \"b\", \"options\": [{\"id\": "
    "\"c\"}]}]}]}, {\"id\": \"none\"}]}, {\"id\": \"size\", \"type\": \"number\", \"max\": 9}, {\"id\": \"tags\", \"type\": "
    "\"checklist\", \"options\": [{\"id\": \"in\"}, {\"id\": \"x.y\"}]}, {\"id\": \"note\", \"type\": \"text\"},"
    "{\"id\": \"order\", \"type\": \"rank\", \"options\": [{\"id\": \"one\"}, {\"id\": \"two\"}]}]}";

static lnti_project *project;
static char folder[] = "/tmp/linnet-fuzz-XXXXXX", table[64];

static void check(bool holds) {
  if (!holds) abort();
}

static void end(void) {
  static const char *const names[] = {"linnet.db", "linnet.db-wal", "linnet.db-shm", "models", "cache", ""};
  char path[128];
  lnti_project_close(project);
  unlink(table);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    snprintf(path, sizeof path, "%s/%s", folder, names[i]);
    remove(path);
  }
}

static lnt_status begin_write(void *payload, lnti_tx *tx, lnt_error *err) {
  lnti_op op;
  int64_t op_id = 0, source_id = 0, id = 0;
  bool existed = false;
  lnti_project_op(&op, project, LNTI_OP_IMPORT, "fuzz");
  lnt_status status = lnti_tx_op(tx, &op_id, &existed, &op, err);
  if (!status) status = lnti_tx_source(tx, &source_id, LNTI_SOURCE_FOLDER, folder, err);
  for (int i = 0; i < 3 && !status; i++) {
    char member[8];
    snprintf(member, sizeof member, "%d.png", i);
    lnti_item item = {.source_id = source_id,
                      .member = member,
                      .h = 1,
                      .w = 1,
                      .c = 1,
                      .depth = 8,
                      .format = "png",
                      .split = "",
                      .stage = "annotate"};
    lnti_hash_bytes(&item.content, member, strlen(member));
    status = lnti_tx_item(tx, &id, &existed, op_id, &item, err);
  }
  return status ? status : lnti_tx_ontology(tx, payload, op_id, err);
}

static void begin(void) {
  static const lnti_context context; /* one thread, plain kernels */
  lnti_ontology *ontology = NULL;
  check(mkdtemp(folder) != NULL);
  snprintf(table, sizeof table, "%s/table", folder);
  check(lnti_project_create(&project, folder, "fuzz", &context, NULL) == LNT_OK);
  atexit(end);
  check(lnti_ontology_parse(&ontology, ontology_json, strlen(ontology_json), "fuzz", NULL) == LNT_OK);
  check(lnti_store_write(project->store, begin_write, ontology, NULL) == LNT_OK);
  lnti_ontology_free(ontology);
}

static void note_refused(void *payload, const char *place, lnt_status code, const char *reason) {
  check(code != LNT_OK && place[0] != '\0' && reason[0] != '\0');
  ++*(size_t *)payload;
}

static void annotate(lnti_annotate_items_options options) {
  lnti_annotate_items_result result = {0};
  lnti_store_position before = {0}, after = {0};
  lnt_error err = LNT_ERROR_INIT;
  size_t n_refused = 0;
  options.dry_run = true;
  options.confidence = (double)NAN;
  options.refused = note_refused;
  options.payload = &n_refused;
  check(lnti_store_position_read(&before, project->store, NULL) == LNT_OK);
  lnt_status status = lnti_annotate_items(&result, project, &options, &err);
  check(lnti_store_position_read(&after, project->store, NULL) == LNT_OK);
  check(before.log_id == after.log_id && result.op_id == 0);
  if (status) check(err.code == status && err.message[0] != '\0' && status != LNT_EINTERNAL);
  const size_t n_entries = options.file ? result.n_lines : result.n_items;
  if (!status) check(result.n_refused == n_refused && n_refused <= n_entries && result.n_items <= n_entries);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  static const char *const items[] = {"1", "2"};
  char setting[4096];
  const char *set = setting;
  if (!project) begin();
  FILE *file = fopen(table, "wb");
  check(file != NULL && fwrite(data, 1, n, file) == n && fclose(file) == 0);
  annotate((lnti_annotate_items_options){.file = table});
  size_t length = n < sizeof setting - 1 ? n : sizeof setting - 1;
  if (length) memcpy(setting, data, length);
  setting[length] = '\0';
  setting[strcspn(setting, "\n")] = '\0';
  annotate((lnti_annotate_items_options){.items = items, .n_items = 2, .set = &set, .n_set = 1});
  return 0;
}
