/*
 * status: the project at a glance. Everything is counted in the view, so that a million items take no longer than a few.
 */
#include <base/alloc.h>
#include <cli/answer_spread.h>
#include <cli/commands.h>
#include <cli/duplicates.h>
#include <cli/facets.h>
#include <cli/format.h>
#include <cli/models.h>
#include <cli/next_step.h>
#include <cli/table.h>
#include <flow/extract/embeddings.h>
#include <flow/verify.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEYS_SHOWN = 20, VALUES_SHOWN = 3, VALUES_TOLD = 10 };

typedef struct glance {
  lnti_cli *cli;
  lnti_project *project;
  lnti_view *view;
  lnti_store_counts work; /* operations, runs, models */
  size_t items, labelled, complete;
  bool required;          /* some question is */
  size_t groups, members; /* of the items; members are images in groups */
  lnti_facet *facets;     /* FIXED_FACETS, then metadata */
  size_t n_facets;
  lnti_spreads answers;
  lnti_skips skips;
  lnti_duplicates duplicates;
  bool has_duplicates;
  lnti_verified media; /* what the last verification found */
  size_t n_embeddings;
  lnti_text embeddings; /* names of the imported ones */
  lnti_text unfinished; /* the last import, where it did not finish: in words */
} glance;

static const char *const stage_names[] = {"annotate", "review", "done"};
enum { N_STAGES = sizeof stage_names / sizeof *stage_names };
enum { SPLITS, LABELLED, COMPLETE, SKIPPED, STAGES, KINDS, FIXED_FACETS };

/* ---- counting ---- */

static lnt_status choose_facets(glance *g, lnt_error *err) {
  static const lnti_field_kind fixed[] = {LNTI_FIELD_SPLIT,   LNTI_FIELD_LABELLED, LNTI_FIELD_COMPLETE,
                                          LNTI_FIELD_SKIPPED, LNTI_FIELD_STAGE,    LNTI_FIELD_KIND};
  size_t n_meta = lnti_view_names(g->view)->n_meta;
  lnt_status status = lnti_alloc_zero(&g->facets, FIXED_FACETS + n_meta, sizeof *g->facets, err);
  if (status) return status;
  for (size_t i = 0; i < FIXED_FACETS; i++) g->facets[i].field = (lnti_field){fixed[i], 0, LNTI_NONE};
  g->n_facets = FIXED_FACETS;
  for (size_t i = 0; i < n_meta; i++) g->facets[g->n_facets++].field = (lnti_field){LNTI_FIELD_META, i, LNTI_NONE};
  return LNT_OK;
}

static lnt_status count_duplicates(glance *g, lnt_error *err) {
  lnti_link_counts links;
  lnt_status status = lnti_view_link_counts(&links, g->view, err);
  if (status) return status;
  g->has_duplicates = links.equal > 0 || links.near > 0;
  g->duplicates = (lnti_duplicates){.copies = links.copies, .near = links.near_copies};
  g->duplicates.sets[LNTI_EQUAL_CONFLICT] = links.equal_conflicts;
  g->duplicates.sets[LNTI_NEAR_CONFLICT] = links.near_conflicts;
  g->duplicates.sets[LNTI_EQUAL_LEAK] = links.equal_leaks;
  g->duplicates.sets[LNTI_NEAR_LEAK] = links.near_leaks;
  return LNT_OK;
}

/* The newest import counts: one that finished later has done what an earlier one left. */
static lnt_status note_import(void *payload, const lnti_job *job, lnt_error *err) {
  glance *g = payload;
  if (strcmp(job->kind, "import") != 0) return LNT_OK;
  g->unfinished.length = 0;
  if (strcmp(job->state, "done") == 0) return LNT_OK;
  if (strcmp(job->state, "running") == 0) {
    return lnti_text_printf(&g->unfinished, err, "An import is running (process %lld).", (long long)job->pid);
  }
  if (strcmp(job->state, "failed") == 0) {
    return lnti_text_printf(&g->unfinished, err, "The last import (%s) failed: %.500s",
                            lnti_show_time(job->started_ms).text, job->error);
  }
  return lnti_text_printf(
      &g->unfinished, err,
      "The last import (%s) was %s before it had finished: some items may not be here yet. Give the "
      "same command again, it goes on.",
      lnti_show_time(job->started_ms).text, job->state);
}

static lnt_status note_embeddings(void *payload, const lnti_embedding_set *set, lnt_error *err) {
  enum { SHOWN = 3 };
  glance *g = payload;
  if (g->n_embeddings++ == SHOWN) return lnti_text_printf(&g->embeddings, err, ", ...");
  if (g->n_embeddings > SHOWN) return LNT_OK;
  return lnti_text_printf(&g->embeddings, err, "%s%s", g->n_embeddings > 1 ? ", " : "imported: ", set->name);
}

static lnt_status look(glance *g, lnt_error *err) {
  lnt_status status = choose_facets(g, err);
  if (!status) status = lnti_store_jobs(g->project->store, NULL, note_import, g, err);
  if (!status) status = lnti_embeddings_list(g->project, note_embeddings, g, err);
  if (!status) status = lnti_verify_read(&g->media, g->project, err);
  if (!status) status = lnti_view_facets(g->facets, g->n_facets, g->view, NULL, false, err);
  if (!status) status = lnti_spreads_count(&g->answers, g->view, err);
  if (!status && g->facets[SKIPPED].counts[1] > 0) status = lnti_skips_read(&g->skips, g->project, g->view, err);
  if (!status) status = count_duplicates(g, err);
  if (!status) status = lnti_store_work_counts(&g->work, g->project->store, err);
  if (status) return status;
  g->items = lnti_view_count(g->view);
  g->labelled = g->facets[LABELLED].counts[1];
  g->complete = g->facets[COMPLETE].counts[1];
  const lnti_ontology *ontology = lnti_view_ontology(g->view);
  for (size_t i = 0; i < ontology->n_questions; i++) g->required = g->required || ontology->questions[i].required;
  g->groups = g->facets[KINDS].counts[LNTI_ITEM_GROUP];
  const lnti_field group = {LNTI_FIELD_GROUP, 0, LNTI_NONE};
  for (size_t i = 0; i < g->items && g->groups > 0; i++) g->members += lnti_view_number(g->view, &group, i) > 0;
  return LNT_OK;
}

/* Items of a stage that has this name. */
static size_t in_stage(const glance *g, const char *name) {
  const lnti_facet *stages = &g->facets[STAGES];
  for (size_t c = 0; c < stages->n_codes; c++) {
    if (strcmp(lnti_view_code(g->view, &stages->field, c).text, name) == 0) return stages->counts[c];
  }
  return 0;
}

/* ---- JSON ---- */

static void json_stages(lnti_json_writer *w, const glance *g) {
  lnti_json_key(w, "stages");
  lnti_json_begin_object(w);
  for (size_t i = 0; i < N_STAGES; i++) lnti_json_kv_int(w, stage_names[i], (int64_t)in_stage(g, stage_names[i]));
  lnti_json_end_object(w);
}

static lnt_status json_metadata(lnti_json_writer *w, const glance *g, lnt_error *err) {
  lnt_status status = LNT_OK;
  lnti_json_key(w, "metadata");
  lnti_json_begin_array(w);
  for (size_t i = FIXED_FACETS; i < g->n_facets && !status; i++) {
    const lnti_facet *facet = &g->facets[i];
    size_t n_values = 0;
    for (size_t c = 1; c < facet->n_codes; c++) n_values += facet->counts[c] > 0;
    lnti_json_begin_object(w);
    lnti_json_kv_string(w, "key", lnti_view_names(g->view)->meta[facet->field.index]);
    lnti_json_kv_int(w, "items", (int64_t)(g->items - facet->counts[0]));
    lnti_json_kv_int(w, "values", (int64_t)n_values);
    lnti_json_key(w, "top");
    status = lnti_facet_json(w, g->view, facet, VALUES_TOLD, err);
    lnti_json_end_object(w);
  }
  lnti_json_end_array(w);
  return status;
}

static lnt_status json_splits(lnti_json_writer *w, const glance *g, lnt_error *err) {
  const lnti_facet *splits = &g->facets[SPLITS];
  (void)err;
  lnti_json_key(w, "splits");
  lnti_json_begin_object(w);
  for (size_t c = 0; c < splits->n_codes; c++) {
    if (splits->counts[c] == 0) continue;
    lnti_json_kv_int(w, lnti_view_code(g->view, &splits->field, c).text, splits->counts[c]);
  }
  lnti_json_end_object(w);
  return LNT_OK;
}

static lnt_status json_predictions(void *payload, const lnti_item_set *set, lnt_error *err) {
  lnti_json_writer *w = payload;
  (void)err;
  lnti_json_begin_object(w);
  lnti_json_kv_string(w, "model", set->name);
  lnti_json_kv_int(w, "items", (int64_t)set->n_items);
  lnti_json_kv_int(w, "created_ms", (int64_t)set->created_ms);
  lnti_json_end_object(w);
  return LNT_OK;
}

static lnt_status print_json(const glance *g, lnt_error *err) {
  lnti_json_writer *w = NULL;
  lnt_status status = lnti_cli_json(&w, g->cli, 0, err);
  if (status) return status;
  lnti_json_begin_object(w);
  lnti_json_kv_string(w, "project", g->project->path);
  lnti_json_kv_int(w, "items", (int64_t)g->items);
  lnti_json_kv_int(w, "labelled", (int64_t)g->labelled);
  lnti_json_kv_int(w, "complete", (int64_t)g->complete);
  json_stages(w, g);
  lnti_skips_json(w, &g->skips);
  lnti_json_kv_int(w, "groups", (int64_t)g->groups);
  lnti_json_kv_int(w, "members", (int64_t)g->members);
  status = json_splits(w, g, err);
  lnti_json_kv_int(w, "models", (int64_t)g->work.models);
  lnti_json_kv_int(w, "embeddings", (int64_t)g->n_embeddings);
  lnti_json_kv_int(w, "answers", (int64_t)lnti_view_answers(g->view));
  lnti_json_kv_int(w, "runs", (int64_t)g->work.runs);
  lnti_json_kv_int(w, "operations", (int64_t)g->work.operations);
  lnti_json_key(w, "predictions");
  lnti_json_begin_array(w);
  if (!status) status = lnti_store_sets(g->project->store, LNTI_SET_PREDICTIONS, NULL, json_predictions, w, err);
  lnti_json_end_array(w);
  if (!status) status = lnti_spreads_json(w, &g->answers, g->view, err);
  if (!status) status = json_metadata(w, g, err);
  lnti_duplicates_json(w, &g->duplicates);
  lnti_json_kv_bool(w, "import_unfinished", g->unfinished.length > 0);
  if (g->media.time_ms > 0) {
    lnti_json_kv_int(w, "missing_images", (int64_t)g->media.missing);
    lnti_json_kv_int(w, "changed_images", (int64_t)g->media.changed);
  }
  lnti_json_end_object(w);
  if (!status) status = lnti_json_finish(w, err);
  lnti_json_writer_free(w);
  return status;
}

/* ---- text ---- */

static lnt_status add_row(lnti_table *table, const char *name, size_t n, const char *note, lnt_error *err) {
  lnti_shown count = lnti_show_count(n);
  const char *cells[] = {name, count.text, note};
  return lnti_table_row(table, cells, err);
}

/* Where they are in more than one stage, or wait for review. */
static lnt_status add_stages(lnti_table *table, const glance *g, lnt_error *err) {
  lnt_status status = LNT_OK;
  if (in_stage(g, "review") == 0 && (in_stage(g, "annotate") == 0 || in_stage(g, "done") == 0)) return LNT_OK;
  for (size_t i = 0; i < N_STAGES && !status; i++) {
    char name[32];
    snprintf(name, sizeof name, "stage %s", stage_names[i]);
    if (in_stage(g, stage_names[i]) > 0) status = add_row(table, name, in_stage(g, stage_names[i]), "", err);
  }
  return status;
}

static int by_name(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* In order of their names, as ever. */
static lnt_status add_splits(lnti_table *table, const glance *g, lnt_error *err) {
  const lnti_facet *splits = &g->facets[SPLITS];
  const char **names = NULL;
  size_t n = 0;
  lnt_status status = lnti_alloc(&names, splits->n_codes, sizeof *names, err);
  for (size_t c = 0; c < splits->n_codes && !status; c++) {
    if (splits->counts[c] > 0) names[n++] = lnti_view_code(g->view, &splits->field, c).text;
  }
  if (!status) qsort(names, n, sizeof *names, by_name);
  for (size_t i = 0; i < n && !status; i++) {
    char name[80];
    size_t code = 0;
    while (splits->counts[code] == 0 || lnti_view_code(g->view, &splits->field, code).text != names[i]) code++;
    snprintf(name, sizeof name, "in %s", names[i][0] ? names[i] : "no split");
    status = add_row(table, name, splits->counts[code], "", err);
  }
  free(names);
  return status;
}

static lnt_status note_predictions(void *payload, const lnti_item_set *set, lnt_error *err) {
  lnti_table *table = payload;
  lnti_text by = {0};
  lnt_status status = lnti_text_printf(&by, err, "by %s, %s", set->name, lnti_show_time(set->created_ms).text);
  if (!status) status = add_row(table, "predictions", set->n_items, by.data, err);
  lnti_text_clear(&by);
  return status;
}

static lnt_status print_counts(const glance *g, lnt_error *err) {
  static const lnti_column columns[] = {{NULL, LNTI_ALIGN_LEFT}, {NULL, LNTI_ALIGN_RIGHT}, {NULL, LNTI_ALIGN_LEFT}};
  lnti_table table;
  char labelled[32] = "", complete[96] = "", groups[96], found[96];
  lnti_table_init(&table, columns, 3, 2);
  if (g->items > 0) {
    snprintf(labelled, sizeof labelled, "%.1f %%", 100.0 * (double)g->labelled / (double)g->items);
    snprintf(complete, sizeof complete, "%.1f %%, all that is required is answered",
             100.0 * (double)g->complete / (double)g->items);
  }
  snprintf(groups, sizeof groups, "of %s, each answered as one", lnti_show_things(g->members, "image").text);
  lnt_status status = add_row(&table, "items", g->items, "", err);
  if (!status && g->groups > 0) status = add_row(&table, "groups", g->groups, groups, err);
  if (!status) {
    status = add_row(&table, "labelled", g->labelled, g->required ? "with any answer at all" : labelled, err);
  }
  if (!status && g->required) status = add_row(&table, "complete", g->complete, complete, err);
  if (!status && g->skips.n > 0) status = add_row(&table, "skipped", g->skips.n, g->skips.text.data, err);
  if (!status) status = add_stages(&table, g, err);
  if (!status) status = add_splits(&table, g, err);
  if (!status && g->has_duplicates) status = lnti_duplicates_rows(&table, &g->duplicates, err);
  snprintf(found, sizeof found, "found by 'linnet verify' of %s", lnti_show_time(g->media.time_ms).text);
  if (!status && g->media.missing > 0) status = add_row(&table, "images gone", g->media.missing, found, err);
  if (!status && g->media.changed > 0) status = add_row(&table, "changed on disk", g->media.changed, found, err);
  if (!status && g->n_embeddings > 0) status = add_row(&table, "embeddings", g->n_embeddings, g->embeddings.data, err);
  if (!status) status = add_row(&table, "models", g->work.models, "", err);
  if (!status) {
    status = lnti_store_sets(g->project->store, LNTI_SET_PREDICTIONS, NULL, note_predictions, &table, err);
  }
  return lnti_table_print(g->cli, &table, status, err);
}

/* What waits for people, and how to list it. */
static lnt_status print_open(const glance *g, lnt_error *err) {
  static const lnti_column columns[] = {{NULL, LNTI_ALIGN_LEFT}, {NULL, LNTI_ALIGN_LEFT}};
  const struct {
    size_t n;
    const char *one, *many, *command;
  } open[] = {{g->labelled - g->complete, "lacks an answer that is required", "lack an answer that is required",
               "linnet items --where 'labelled=yes and complete=no'"},
              {in_stage(g, "review"), "waits for review", "wait for review", "linnet items --where stage=review"},
              {g->skips.n, "was skipped", "were skipped", "linnet items --where skipped=yes"}};
  lnti_table table;
  lnti_text text = {0};
  lnt_status status = LNT_OK;
  lnti_table_init(&table, columns, 2, 2);
  for (size_t i = 0; i < sizeof open / sizeof *open && !status; i++) {
    if (open[i].n == 0) continue;
    char what[96];
    snprintf(what, sizeof what, "%s %s", lnti_show_things(open[i].n, "item").text,
             open[i].n == 1 ? open[i].one : open[i].many);
    const char *cells[] = {what, open[i].command};
    if (text.length == 0) status = lnti_text_printf(&text, err, "\nOpen\n");
    if (!status) status = lnti_table_row(&table, cells, err);
  }
  if (!status) status = lnti_table_write(&text, &table, err);
  if (!status) status = lnti_print_text(g->cli, &text, err);
  lnti_text_clear(&text);
  lnti_table_clear(&table);
  return status;
}

/* "north 120, south 80, ..." */
static lnt_status top_text(lnti_text *out, size_t *n_out, const glance *g, const lnti_facet *facet, lnt_error *err) {
  lnti_facet_value *values = NULL;
  size_t n = 0;
  lnt_status status = lnti_facet_values(&values, &n, g->view, facet, err);
  if (!status && n > 0 && lnti_view_code(g->view, &facet->field, values[n - 1].code).missing) n--;
  for (size_t i = 0; i < n && i < VALUES_SHOWN && !status; i++) {
    status = lnti_text_printf(out, err, "%s%.60s %s", i ? ", " : "",
                              lnti_view_code(g->view, &facet->field, values[i].code).text,
                              lnti_show_count(values[i].n).text);
  }
  if (!status && n > VALUES_SHOWN) status = lnti_text_printf(out, err, ", ...");
  free(values);
  *n_out = n;
  return status;
}

static lnt_status print_metadata(const glance *g, lnt_error *err) {
  static const lnti_column columns[] = {{NULL, LNTI_ALIGN_LEFT}, {NULL, LNTI_ALIGN_RIGHT}, {NULL, LNTI_ALIGN_LEFT}};
  size_t first = FIXED_FACETS, n_keys = g->n_facets - first, n_values = 0;
  lnti_table table;
  lnti_text line = {0};
  lnt_status status = LNT_OK;
  lnti_table_init(&table, columns, 3, 2);
  for (size_t i = 0; i < n_keys && i < KEYS_SHOWN && !status; i++) {
    const lnti_facet *facet = &g->facets[first + i];
    line.length = 0;
    status = lnti_text_append(&line, "", 0, err);
    if (!status) status = top_text(&line, &n_values, g, facet, err);
    if (status) break;
    lnti_shown values = lnti_show_things(n_values, "value");
    const char *cells[] = {lnti_view_names(g->view)->meta[facet->field.index], values.text, line.data};
    status = lnti_table_row(&table, cells, err);
  }
  line.length = 0;
  if (!status && n_keys > 0) status = lnti_text_printf(&line, err, "\nMetadata\n");
  if (!status) status = lnti_table_write(&line, &table, err);
  if (!status && n_keys > KEYS_SHOWN) {
    status = lnti_text_printf(&line, err, "  and %s\n", lnti_show_things(n_keys - KEYS_SHOWN, "more key").text);
  }
  if (!status) status = lnti_print_text(g->cli, &line, err);
  lnti_text_clear(&line);
  lnti_table_clear(&table);
  return status;
}

static lnt_status print_next(const glance *g, lnt_error *err) {
  if (g->labelled == 0 || g->work.models == 0) return lnti_print_next_step(g->cli, g->project, false, err);
  return lnti_print_next_judging(g->cli, g->project, "", "MODEL", err);
}

static lnt_status print(const glance *g, lnt_error *err) {
  lnti_print(g->cli, "Project ");
  lnt_status status = lnti_print_plain(g->cli, g->project->path, err);
  lnti_print(g->cli, "\n\n");
  if (!status) status = print_counts(g, err);
  if (!status && g->unfinished.length > 0) {
    lnti_print(g->cli, "\n");
    status = lnti_print_plain(g->cli, g->unfinished.data, err);
    lnti_print(g->cli, "\n");
  }
  if (!status) status = print_open(g, err);
  if (!status) status = lnti_spreads_print(g->cli, &g->answers, g->view, err);
  if (!status) status = print_metadata(g, err);
  if (!status && g->work.models > 0) {
    lnti_print(g->cli, "\n");
    status = lnti_models_print(g->cli, g->project, err);
  }
  return status ? status : print_next(g, err);
}

static lnt_status run(lnti_cli *cli, const lnti_args *args, lnt_error *err) {
  glance g = {.cli = cli};
  (void)args;
  lnt_status status = lnti_cli_project(&g.project, cli, err);
  if (!status) status = lnti_duplicates_ensure(g.project, err);
  if (!status) status = lnti_view_open(&g.view, g.project, NULL, NULL, err);
  if (!status) status = look(&g, err);
  if (!status) status = cli->json ? print_json(&g, err) : print(&g, err);
  for (size_t i = 0; i < g.n_facets; i++) lnti_facet_clear(&g.facets[i]);
  free(g.facets);
  lnti_spreads_clear(&g.answers);
  lnti_skips_clear(&g.skips);
  lnti_text_clear(&g.unfinished);
  lnti_text_clear(&g.embeddings);
  lnti_view_close(g.view);
  lnti_project_close(g.project);
  return status;
}

static const lnti_cli_option option_table[] = {LNTI_CLI_OPTIONS_END};

static const lnti_example examples[] = {
    {"The project of the current folder:", "linnet status"},
    {"Another project, for a script:", "linnet -C flowers status --json"},
    {NULL, NULL},
};

const lnti_command lnti_cmd_status = {
    .name = "status",
    .summary = "show how many items, labels and models there are",
    .usage = "",
    .about =
        "Counts items, labels, splits, duplicates and models, says what is answered to each question, what is still open and "
        "which metadata there are, and what comes next.",
    .options = option_table,
    .examples = examples,
    .operands_max = 0,
    .run = run,
};
