#include <cli/next_step.h>

#include <flow/split/leaks.h>
#include <flow/split/names.h>
#include <flow/target.h>
#include <stdlib.h>
#include <string.h>

static size_t in_split(const lnti_store_counts *counts, const char *name) {
  for (size_t i = 0; i < counts->n_splits; i++) {
    if (strcmp(counts->splits[i].name, name) == 0) return counts->splits[i].n;
  }
  return 0;
}

/** What there is to learn. */
typedef struct learnable {
  size_t n;           /**< questions that train could mean */
  lnti_text yes_only; /**< the path of the only one, where nothing of it is answered with no: train would refuse */
  lnti_text answer;   /**< an answer to the first question, as annotate takes it; empty where there is no question */
} learnable;

static lnt_status write_answer(lnti_text *out, const lnti_ontology *ontology, lnt_error *err) {
  if (ontology->first_question == LNTI_NONE) return LNT_OK;
  const lnti_question *q = &ontology->questions[ontology->first_question];
  const char *value = q->first_option != LNTI_NONE ? ontology->options[q->first_option].key : "ANSWER";
  return lnti_text_printf(out, err, "%s=%s", q->key, value);
}

static void clear_learnable(learnable *there_is) {
  lnti_text_clear(&there_is->yes_only);
  lnti_text_clear(&there_is->answer);
}

/** Items without labels: who has questions answers them. */
static void print_no_labels(lnti_cli *cli, const learnable *there_is, const char *otherwise) {
  if (there_is->answer.length == 0) {
    lnti_print_next(cli, "%s", otherwise);
  } else {
    lnti_print_next(cli,
                    "linnet annotate ITEM --set %s (no labels yet: answer by hand, or with a table: --file TABLE; the "
                    "questions: linnet ontology show)",
                    lnti_shell_word(there_is->answer.data, "QUESTION=ANSWER").text);
  }
}

/** Answers are looked at only where the types of the questions do not say it. */
static lnt_status find_learnable(learnable *out, lnti_project *project, lnt_error *err) {
  lnti_ontology *ontology = NULL;
  lnti_target_meant meant = {0, LNTI_NONE};
  lnt_status status = lnti_store_ontology(&ontology, project->store, err);
  if (status) return status;
  size_t last = LNTI_NONE;
  for (size_t i = 0; i < ontology->n_questions; i++) {
    if (!lnti_target_task(&ontology->questions[i])) continue;
    meant.n++;
    last = i;
  }
  bool sure = meant.n == 0 || (ontology->n_questions == 1 && ontology->questions[last].type != LNTI_CHECKLIST);
  if (!sure) status = lnti_target_find_meant(&meant, project, ontology, err);
  if (!status && meant.yes_only != LNTI_NONE) {
    status = lnti_ontology_question_path(&out->yes_only, ontology, meant.yes_only, err);
  }
  if (!status) status = write_answer(&out->answer, ontology, err);
  lnti_ontology_free(ontology);
  if (!status) out->n = meant.n;
  return status;
}

static void print_train(lnti_cli *cli, const learnable *there_is, const char *then) {
  lnti_print_next(cli, "linnet train%s%s", there_is->n > 1 ? " --target QUESTION" : "", then);
}

/** Of lists that say yes alone nothing can be learned, unless they are complete. */
static void print_noes(lnti_cli *cli, const learnable *there_is) {
  lnti_print_next(
      cli,
      "linnet annotate --where '%.200s=answered' --set %.200s.others=no (what a list does not name is unknown, and "
      "nothing can be learned from yes alone: this says that the lists are complete)",
      there_is->yes_only.data, there_is->yes_only.data);
}

static void print_nothing_to_learn(lnti_cli *cli) {
  lnti_print_next(
      cli,
      "linnet items (no question of type radio, tree, checklist or number is answered: there is nothing to learn)");
}

/** There are items, and labels. */
static void print_step(lnti_cli *cli, const lnti_store_counts *counts, const learnable *there_is, bool leaks,
                       bool cut) {
  size_t train = in_split(counts, LNTI_SPLIT_TRAIN), val = in_split(counts, LNTI_SPLIT_VAL);
  size_t test = in_split(counts, LNTI_SPLIT_TEST);
  if (train == 0 && val + test == counts->items) {
    lnti_print_next(cli, "linnet import SOURCE --split train (there is nothing to learn from: all items are in %s)",
                    val == 0    ? "test"
                    : test == 0 ? "val"
                                : "val and test");
  } else if (leaks && (train == 0 || test + val == 0 || cut)) { /* without --test what is in test stays there */
    lnti_print_next(cli, "linnet split --by group%s (keeps alike images in one part)",
                    cut && test > 0 ? " --test 0.15" : "");
  } else if (train == 0 || test + val == 0) {
    lnti_print_next(cli, "linnet split");
  } else if (test == 0) {
    print_train(
        cli, there_is,
        ", then linnet evaluate MODEL --split val (there is no test part; linnet split would draw all parts anew)");
  } else {
    print_train(cli, there_is, "");
  }
}

lnt_status lnti_print_next_step(lnti_cli *cli, lnti_project *project, bool cut, lnt_error *err) {
  lnti_store_counts counts = {0};
  char *key = NULL;
  learnable there_is = {0};
  if (cli->quiet) return LNT_OK; /* nothing would be printed */
  lnt_status status = lnti_store_counts_read(&counts, project->store, err);
  if (!status) status = lnti_leaks_key(&key, project, err);
  if (!status) status = find_learnable(&there_is, project, err);
  if (!status && counts.items == 0) {
    lnti_print_next(cli, "linnet import SOURCE");
  } else if (!status && counts.labelled == 0) {
    print_no_labels(cli, &there_is,
                    "linnet import SOURCE (no labels yet: they come with class folders, or with a table)");
  } else if (!status && there_is.n == 0) {
    print_nothing_to_learn(cli);
  } else if (!status && there_is.yes_only.length > 0) {
    print_noes(cli, &there_is);
  } else if (!status) {
    print_step(cli, &counts, &there_is, key != NULL, cut);
  }
  free(key);
  clear_learnable(&there_is);
  lnti_store_counts_clear(&counts);
  return status;
}

typedef struct newest_model {
  char *name; /* NULL: there is none */
  uint64_t created_ms;
} newest_model;

static lnt_status note_newest(void *payload, const lnti_model_row *row, lnt_error *err) {
  newest_model *newest = payload;
  if (newest->name && row->created_ms < newest->created_ms) return LNT_OK;
  free(newest->name);
  newest->name = NULL;
  newest->created_ms = row->created_ms;
  return lnti_strdup(&newest->name, row->name, err);
}

lnt_status lnti_print_next_predicting(bool *told, lnti_cli *cli, lnti_project *project, const char *split,
                                      lnt_error *err) {
  newest_model model = {0};
  lnt_status status = lnti_store_models(project->store, NULL, note_newest, &model, err);
  if (!status && model.name) {
    /* Another name would need quotes in the filter. */
    bool plain = split && *split &&
                 strspn(split, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == strlen(split);
    lnti_print_next(cli, "linnet predict %s --items '%s%s%slabelled=no'", lnti_shell_word(model.name, "MODEL").text,
                    plain ? "split=" : "", plain ? split : "", plain ? " and " : "");
  }
  if (!status) *told = model.name != NULL;
  free(model.name);
  return status;
}

lnt_status lnti_print_next_training(lnti_cli *cli, lnti_project *project, lnt_error *err) {
  lnti_store_counts counts = {0};
  learnable there_is = {0};
  if (cli->quiet) return LNT_OK; /* nothing would be printed */
  lnt_status status = lnti_store_counts_read(&counts, project->store, err);
  if (!status) status = find_learnable(&there_is, project, err);
  if (!status && counts.labelled == 0) {
    print_no_labels(cli, &there_is, "linnet import FOLDER (no labels yet: put images into one folder for each class)");
  } else if (!status && there_is.n == 0) {
    print_nothing_to_learn(cli);
  } else if (!status && there_is.yes_only.length > 0) {
    print_noes(cli, &there_is);
  } else if (!status) {
    print_train(cli, &there_is, "");
  }
  clear_learnable(&there_is);
  lnti_store_counts_clear(&counts);
  return status;
}

lnt_status lnti_print_next_judging(lnti_cli *cli, lnti_project *project, const char *before, const char *model,
                                   lnt_error *err) {
  lnti_store_counts counts = {0};
  lnti_word name = lnti_shell_word(model, "MODEL");
  lnt_status status = lnti_store_counts_read(&counts, project->store, err);
  if (status) return status;
  if (in_split(&counts, LNTI_SPLIT_TEST) > 0) {
    lnti_print_next(cli, "%slinnet evaluate %s", before, name.text);
  } else if (in_split(&counts, LNTI_SPLIT_VAL) > 0) {
    lnti_print_next(cli, "%slinnet evaluate %s --split val (there is no test part)", before, name.text);
  } else {
    lnti_print_next(cli, "%slinnet split, then linnet train again (there is no test part to judge %s by)", before,
                    name.text);
  }
  lnti_store_counts_clear(&counts);
  return LNT_OK;
}
