/*
 * embeddings: vectors that were made elsewhere and imported.
 */
#include <base/error.h>
#include <cli/commands.h>
#include <cli/format.h>
#include <cli/table.h>
#include <feature/feature.h>
#include <flow/extract/embeddings.h>
#include <stdio.h>
#include <string.h>

typedef struct listing {
  lnti_cli *cli;
  lnti_project *project;
  lnti_json_writer *json;
  lnti_table table;
  size_t n;
  const char *only; /* NULL: all */
} listing;

/* ---- models that learned from a set ---- */

typedef struct learned {
  const char *name; /* of the set */
  lnti_messages models;
} learned;

static lnt_status note_model(void *payload, const lnti_model_row *model, lnt_error *err) {
  learned *l = payload;
  const size_t n = sizeof LNTI_EMBEDDING_PREFIX - 1;
  if (strncmp(model->feature, LNTI_EMBEDDING_PREFIX, n) != 0 || strcmp(model->feature + n, l->name) != 0) return LNT_OK;
  return lnti_messages_add(&l->models, err, "%s", model->name);
}

static void models_json(lnti_json_writer *w, const lnti_messages *models) {
  lnti_json_key(w, "models");
  lnti_json_begin_array(w);
  for (size_t i = 0; i < models->n; i++) lnti_json_string(w, models->text[i]);
  lnti_json_end_array(w);
}

static lnt_status models_text(lnti_text *out, const lnti_messages *models, lnt_error *err) {
  lnt_status status = lnti_text_append(out, "", 0, err);
  for (size_t i = 0; i < models->n && !status; i++)
    status = lnti_text_printf(out, err, "%s%s", i > 0 ? ", " : "", models->text[i]);
  return status;
}

/* ---- list and show ---- */

/* What is known of a set; `error` of the folder's damage. */
typedef struct facts {
  const lnti_embedding_set *set;
  size_t with, images;
  lnt_error error;
  learned learned;
} facts;

static lnt_status look(facts *f, lnti_project *project, const lnti_embedding_set *set, lnt_error *err) {
  *f = (facts){.set = set, .error = LNT_ERROR_INIT, .learned = {.name = set->name}};
  lnt_status status = lnti_embeddings_coverage(&f->with, &f->images, project, set, &f->error);
  if (status && status != LNT_ECORRUPT) return lnti_fail(err, status, "%s", f->error.message);
  return lnti_store_models(project->store, NULL, note_model, &f->learned, err);
}

static lnt_status write_json(lnti_json_writer *w, const facts *f, lnt_error *err) {
  lnti_json_begin_object(w);
  lnti_json_kv_string(w, "name", f->set->name);
  lnti_json_kv_int(w, "d", (int64_t)f->set->d);
  lnti_json_kv_int(w, "n", (int64_t)f->set->n);
  lnti_json_kv_int(w, "with", (int64_t)f->with);
  lnti_json_kv_int(w, "images", (int64_t)f->images);
  lnti_json_kv_string(w, "source", f->set->source);
  lnti_json_kv_int(w, "created_ms", (int64_t)lnti_embeddings_made_ms(f->set));
  lnti_json_kv_string(w, "content", f->set->content);
  models_json(w, &f->learned.models);
  if (f->error.code) lnti_json_error(w, f->error.code, f->error.message);
  lnti_json_end_object(w);
  return lnti_json_finish(w, err);
}

static void show_covered(char *out, size_t bytes, const facts *f) {
  if (f->error.code) {
    snprintf(out, bytes, "damaged");
  } else {
    snprintf(out, bytes, "%.24s of %.24s", lnti_show_count(f->with).text, lnti_show_count(f->images).text);
  }
}

static lnt_status add_row(lnti_table *table, const facts *f, lnt_error *err) {
  char covered[64];
  lnti_shown d = lnti_show_count(f->set->d), made = lnti_show_time(lnti_embeddings_made_ms(f->set));
  show_covered(covered, sizeof covered, f);
  const char *cells[] = {f->set->name, d.text, covered, made.text, f->set->source};
  return lnti_table_row(table, cells, err);
}

static lnt_status add_facts(lnti_table *table, const facts *f, lnt_error *err) {
  char covered[64];
  lnti_text models = {0}, feature = {0};
  show_covered(covered, sizeof covered, f);
  lnt_status status = models_text(&models, &f->learned.models, err);
  if (!status) status = lnti_text_printf(&feature, err, "%s%s", LNTI_EMBEDDING_PREFIX, f->set->name);
  lnti_shown d = lnti_show_count(f->set->d), n = lnti_show_count(f->set->n);
  lnti_shown made = lnti_show_time(lnti_embeddings_made_ms(f->set));
  const char *const rows[][2] = {{"feature", feature.data}, {"numbers", d.text},         {"vectors", n.text},
                                 {"images", covered},       {"source", f->set->source},  {"made", made.text},
                                 {"models", models.data},   {"content", f->set->content}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows && !status; i++) {
    const char *cells[] = {rows[i][0], rows[i][1]};
    status = lnti_table_row(table, cells, err);
  }
  lnti_text_clear(&feature);
  lnti_text_clear(&models);
  return status;
}

static lnt_status visit(void *payload, const lnti_embedding_set *set, lnt_error *err) {
  listing *l = payload;
  facts f;
  if (l->only && strcmp(l->only, set->name) != 0) return LNT_OK;
  l->n++;
  lnt_status status = look(&f, l->project, set, err);
  if (!status && l->json) {
    status = write_json(l->json, &f, err);
  } else if (!status) {
    status = l->only ? add_facts(&l->table, &f, err) : add_row(&l->table, &f, err);
  }
  if (!status && l->only && f.error.code) status = lnti_fail(err, f.error.code, "%s", f.error.message);
  lnti_messages_clear(&f.learned.models);
  return status;
}

static lnt_status run_list(lnti_cli *cli, lnti_project *project, const char *only, lnt_error *err) {
  static const lnti_column fields[] = {{NULL, LNTI_ALIGN_LEFT}, {NULL, LNTI_ALIGN_LEFT}};
  static const lnti_column columns[] = {{"name", LNTI_ALIGN_LEFT},
                                        {"numbers", LNTI_ALIGN_RIGHT},
                                        {"images", LNTI_ALIGN_RIGHT},
                                        {"made", LNTI_ALIGN_LEFT},
                                        {"source", LNTI_ALIGN_LEFT}};
  listing l = {.cli = cli, .project = project, .only = only};
  lnti_table_init(&l.table, only ? fields : columns, only ? 2 : 5, 0);
  lnt_status status = cli->json ? lnti_cli_json(&l.json, cli, 0, err) : LNT_OK;
  if (!status) status = lnti_embeddings_list(project, visit, &l, err);
  if (!status && only && l.n == 0) status = lnti_embeddings_fail_unknown(project, only, err);
  if (!cli->json && !status && l.n == 0) {
    lnti_print(cli, "No imported embeddings.\n");
    lnti_print_next(cli, "linnet import --embeddings FILE.npy --rows FILE");
  } else if (!cli->json) {
    status = lnti_table_print(cli, &l.table, status, err);
    if (!status && !only) lnti_print_next(cli, "linnet embeddings show NAME, or linnet train --feature embedding:NAME");
  }
  lnti_json_writer_free(l.json);
  return status;
}

/* ---- remove ---- */

static lnt_status removed_json(lnti_cli *cli, const lnti_embedding_set *set, const learned *l, lnt_error *err) {
  lnti_json_writer *w = NULL;
  lnt_status status = lnti_cli_json(&w, cli, 0, err);
  if (status) return status;
  lnti_json_begin_object(w);
  lnti_json_kv_string(w, "removed", set->name);
  lnti_json_kv_int(w, "n", (int64_t)set->n);
  models_json(w, &l->models);
  lnti_json_end_object(w);
  status = lnti_json_finish(w, err);
  lnti_json_writer_free(w);
  return status;
}

static lnt_status run_remove(lnti_cli *cli, lnti_project *project, const char *name, lnt_error *err) {
  learned l = {.name = name};
  lnti_embedding_set set = {0};
  lnti_text models = {0};
  lnt_status status = lnti_store_models(project->store, NULL, note_model, &l, err);
  if (!status) status = lnti_embeddings_remove(&set, project, name, err);
  if (!status && cli->json) {
    status = removed_json(cli, &set, &l, err);
  } else if (!status) {
    status = models_text(&models, &l.models, err);
    lnti_print(cli, "Removed %s%s and its %s\n", LNTI_EMBEDDING_PREFIX, set.name,
               lnti_show_things(set.n, "vector").text);
    if (!status && l.models.n > 0) {
      lnti_print(cli, "Learned from it, and stay, but classify nothing until it is imported again: ");
      status = lnti_print_plain(cli, models.data, err);
      lnti_print(cli, "\n");
    }
  }
  lnti_text_clear(&models);
  lnti_messages_clear(&l.models);
  return status;
}

static lnt_status run(lnti_cli *cli, const lnti_args *args, lnt_error *err) {
  const char *verb = args->n_operands > 0 ? args->operands[0] : "list";
  const char *name = args->n_operands == 2 ? args->operands[1] : NULL;
  const bool lists = strcmp(verb, "list") == 0 && args->n_operands <= 1, shows = strcmp(verb, "show") == 0 && name;
  lnti_project *project = NULL;
  if (!lists && !shows && !(strcmp(verb, "remove") == 0 && name))
    return lnti_command_fail_form(&lnti_cmd_embeddings, args, err);
  lnt_status status = lnti_cli_project(&project, cli, err);
  if (!status) status = lists || shows ? run_list(cli, project, name, err) : run_remove(cli, project, name, err);
  lnti_project_close(project);
  return status;
}

static const lnti_cli_option option_table[] = {LNTI_CLI_OPTIONS_END};

static const lnti_example examples[] = {
    {"All that were imported, and how many images have a vector:", "linnet embeddings"},
    {"All that is known of one, and which models learned from it:", "linnet embeddings show clip"},
    {"Take one away, with its vectors:", "linnet embeddings remove clip"},
    {NULL, NULL},
};

const lnti_command lnti_cmd_embeddings = {
    .name = "embeddings",
    .summary = "list imported embeddings, show or remove one",
    .usage = "[list]\nshow NAME\nremove NAME",
    .about =
        "Vectors that another program made, as 'linnet import --embeddings' brought them in: each is a feature, "
        "embedding:NAME. (What a backbone sees is computed here, and kept in the cache: 'linnet backbone'.)\n\n"
        "remove takes them away, and asks nothing: Linnet cannot make them again. Models that learned from them are told.",
    .options = option_table,
    .examples = examples,
    .operands_max = 2,
    .run = run,
};
