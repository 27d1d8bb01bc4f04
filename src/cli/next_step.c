#include <cli/next_step.h>

#include <flow/split/leaks.h>
#include <flow/split/names.h>
#include <stdlib.h>
#include <string.h>

static size_t in_split(const lnti_store_counts *counts, const char *name) {
  for (size_t i = 0; i < counts->n_splits; i++) {
    if (strcmp(counts->splits[i].name, name) == 0) return counts->splits[i].n;
  }
  return 0;
}

/** Whether a question is of a kind that can be learned. */
static lnt_status find_learnable(bool *out, lnti_project *project, lnt_error *err) {
  lnti_ontology *ontology = NULL;
  lnt_status status = lnti_store_ontology(&ontology, project->store, err);
  if (status) return status;
  *out = false;
  for (size_t i = 0; i < ontology->n_questions; i++) {
    lnti_question_type type = ontology->questions[i].type;
    *out = *out || type == LNTI_RADIO || type == LNTI_TREE;
  }
  lnti_ontology_free(ontology);
  return LNT_OK;
}

/** There are items, and labels. */
static void print_step(lnti_cli *cli, const lnti_store_counts *counts, bool leaks, bool cut) {
  size_t train = in_split(counts, LNTI_SPLIT_TRAIN), val = in_split(counts, LNTI_SPLIT_VAL);
  size_t test = in_split(counts, LNTI_SPLIT_TEST);
  if (train == 0 && val + test == counts->items) {
    lnti_print_next(cli, "linnet import SOURCE --split train (there is nothing to learn from: all items are in %s)",
                    val == 0    ? "test"
                    : test == 0 ? "val"
                                : "val and test");
  } else if (leaks && (train == 0 || cut)) { /* without --test what is in test stays there */
    lnti_print_next(cli, "linnet split --by group%s (keeps alike images in one part)",
                    cut && test > 0 ? " --test 0.15" : "");
  } else if (train == 0 || test + val == 0) {
    lnti_print_next(cli, "linnet split");
  } else if (test == 0) {
    lnti_print_next(cli,
                    "linnet train, then linnet evaluate MODEL --split val (there is no test part; linnet split "
                    "would draw all parts anew)");
  } else {
    lnti_print_next(cli, "linnet train");
  }
}

lnt_status lnti_print_next_step(lnti_cli *cli, lnti_project *project, bool cut, lnt_error *err) {
  lnti_store_counts counts = {0};
  char *key = NULL;
  bool learnable = false;
  lnt_status status = lnti_store_counts_read(&counts, project->store, err);
  if (!status) status = lnti_leaks_key(&key, project, err);
  if (!status) status = find_learnable(&learnable, project, err);
  if (!status && counts.items == 0) {
    lnti_print_next(cli, "linnet import SOURCE");
  } else if (!status && counts.labelled == 0) {
    lnti_print_next(cli, "linnet import SOURCE (no labels yet: they come with class folders, or with a table)");
  } else if (!status && !learnable) {
    lnti_print_next(cli, "linnet items (this version learns radio and tree questions, and there is none)");
  } else if (!status) {
    print_step(cli, &counts, key != NULL, cut);
  }
  free(key);
  lnti_store_counts_clear(&counts);
  return status;
}
