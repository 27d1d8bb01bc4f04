/*
 * Fuzzing networks in TensorFlow Lite's files. Most bytes of a real file are weights, of which nothing depends: the mutator changes
 * what tables and lists are made of, so that real files are worth fuzzing too (give their folder beside the corpus).
 */
#include "one_network.h"

#include <base/bytes.h>
#include <graph/flat.h>
#include <graph/tflite.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t n_max, unsigned seed);
/* libFuzzer's own; not there where inputs are replayed. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t n, size_t n_max) __attribute__((weak));

/* ---- where things stand ---- */

enum { PLACES = 1 << 16, SMALL_LIST = 64, SMALL_FILE = 1 << 14 };

typedef struct places {
  uint32_t at[PLACES];
  size_t n;
} places;

static void note_words(places *p, size_t at, size_t bytes, size_t step) {
  for (size_t i = 0; i + step <= bytes && p->n < PLACES; i += step) p->at[p->n++] = (uint32_t)(at + i);
}

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

/* ---- changing one of them ---- */

static uint32_t changed(uint32_t word, uint32_t choice, uint32_t random, const uint8_t *data, const places *p) {
  static const uint32_t ends[] = {0, 1, 2, 3, 4, 0x7f, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0x3f800000};
  switch (choice % 6) {
    case 0:
      return word + random % 9 - 4;
    case 1:
      return word ^ 1u << random % 32;
    case 2:
      return ends[random % (sizeof ends / sizeof *ends)];
    case 3:
      return random;
    case 4:
      return random % 64;
    default: /* as another word is */
      return lnti_get_le16(data + p->at[random % p->n]);
  }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t n_max, unsigned seed) {
  static places p;
  uint32_t state = seed;
  p.n = 0;
  if (LLVMFuzzerMutate && n < SMALL_FILE && seed % 4 == 0) return LLVMFuzzerMutate(data, n, n_max);
  find_places(&p, data, n);
  for (unsigned k = 0; p.n > 0 && k < 1 + seed % 3; k++) {
    state = state * 1664525u + 1013904223u;
    const size_t at = p.at[(state >> 8) % p.n];
    if (at + 4 > n) continue;
    state = state * 1664525u + 1013904223u;
    lnti_put_le32(data + at, changed(lnti_get_le32(data + at), state >> 8, state ^ state >> 13, data, &p));
  }
  return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  lnti_graph *graph = NULL;
  lnti_graph_survey survey;
  lnt_error err = LNT_ERROR_INIT;
  lnt_status status = lnti_tflite_read(&graph, data, n, &err);
  if (status && (graph || !err.message[0])) abort();
  if (!status) {
    run(graph);
    lnti_graph_free(graph);
  }
  return lnti_tflite_look(&survey, data, n, NULL) == LNT_OK && survey.n_unknown > LNTI_SURVEY_MAX;
}
