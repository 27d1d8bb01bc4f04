/*
 * Fuzzing networks in TensorFlow Lite's files. Most bytes of a real file are weights, of which nothing depends: the mutator changes
 * what tables and lists are made of, so that real files are worth fuzzing too (give their folder beside the corpus).
 */
#include "network_places.h"
#include "one_network.h"

#include <graph/flat.h>
#include <graph/tflite.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* ---- where things stand ---- */

enum { SMALL_LIST = 64 };

static void note_list(places *p, const lnti_flat_list *list) {
  if (list->n == 0) return;
  note_words(p, list->at - 4, 4, 4);
  note_words(p, list->at, (list->n < SMALL_LIST ? list->n : SMALL_LIST) * list->size, list->size);
}

/* A table, its list of fields, and the short lists that its fields may be. */
static void note_table(places *p, const lnti_flat_table *table, unsigned n_lists) {
  if (!table->at) return;
  note_words(p, table->at, table->bytes, 4);
  note_words(p, table->fields, table->fields_bytes, 2);
  for (unsigned f = 0; f < n_lists; f++) {
    const lnti_flat_list list = lnti_flat_field_list(table, f, 4);
    if (list.n > 0 && list.n <= SMALL_LIST) note_list(p, &list);
  }
}

/* Each table of a list, and its child in field `child`. */
static void note_tables(places *p, const lnti_flat_list *list, unsigned n_lists, unsigned child) {
  for (size_t i = 0; i < list->n && i < PLACES; i++) {
    const lnti_flat_table table = lnti_flat_table_at(list, i), inner = lnti_flat_child(&table, child);
    note_table(p, &table, n_lists);
    note_table(p, &inner, 4);
  }
}

static void find_places(places *p, const uint8_t *data, size_t n) {
  lnti_flat file = {.data = data, .bytes = n};
  const lnti_flat_table model = lnti_flat_root(&file);
  note_table(p, &model, 0);
  const lnti_flat_list networks = lnti_flat_field_list(&model, 2, 4), codes = lnti_flat_field_list(&model, 1, 4),
                       metadata = lnti_flat_field_list(&model, 6, 4);
  note_tables(p, &codes, 2, 15);
  note_tables(p, &metadata, 1, 15);
  if (networks.n == 0) return;
  const lnti_flat_table network = lnti_flat_table_at(&networks, 0);
  const lnti_flat_list tensors = lnti_flat_field_list(&network, 0, 4), operators = lnti_flat_field_list(&network, 3, 4);
  note_table(p, &network, 3);
  note_tables(p, &tensors, 1, 4);
  note_tables(p, &operators, 3, 4);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t n_max, unsigned seed) {
  static places p;
  p.n = 0;
  if (LLVMFuzzerMutate && n < SMALL_FILE && seed % 4 == 0) return LLVMFuzzerMutate(data, n, n_max);
  find_places(&p, data, n);
  change_places(data, n, &p, seed, 4);
  return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  lnti_graph *graph = NULL;
  lnti_graph_survey survey;
  lnt_error err = LNT_ERROR_INIT;
  lnt_status status = lnti_tflite_read(&graph, data, n, &err);
  if (status && (graph || !err.message[0])) abort();
  if (!status) {
    run(graph, digest(data, n));
    lnti_graph_free(graph);
  }
  return lnti_tflite_look(&survey, data, n, NULL) == LNT_OK && survey.n_unknown > LNTI_SURVEY_MAX;
}
