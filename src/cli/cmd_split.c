/*
 * split: which items train, which tune, which test.
 */
#include <base/error.h>
#include <cli/commands.h>
#include <cli/format.h>
#include <cli/next_step.h>
#include <cli/table.h>
#include <flow/split/split.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** The class whose share in a part is farthest from the wanted one. */
static void json_worst(lnti_json_writer *w, const lnti_split_result *result) {
  lnti_json_key(w, "worst_class");
  if (!result->worst_class) {
    lnti_json_null(w);
    return;
  }
  lnti_json_begin_object(w);
  lnti_json_kv_string(w, "class", result->worst_class);
  lnti_json_kv_string(w, "split", result->worst_part);
  lnti_json_kv_real(w, "wanted", result->worst_wanted);
  lnti_json_kv_real(w, "share", result->worst_share);
  lnti_json_end_object(w);
}

static lnt_status print_json(lnti_cli *cli, const lnti_split_result *result, const lnti_split_options *options,
                             lnt_error *err) {
  lnti_json_writer *w = NULL;
  lnt_status status = lnti_cli_json(&w, cli, 0, err);
  if (status) return status;
  lnti_json_begin_object(w);
  lnti_json_kv_string(w, "by", lnti_split_method_name(options->method));
  lnti_json_kv_string(w, "group_key", result->key);
  lnti_json_kv_int(w, "groups", (int64_t)result->n_groups);
  lnti_json_kv_int(w, "grouped", (int64_t)result->n_grouped);
  lnti_json_kv_int(w, "largest_group", (int64_t)result->largest);
  json_worst(w, result);
  lnti_json_key(w, "splits");
  lnti_json_begin_object(w);
  lnti_json_kv_int(w, "train", (int64_t)result->train);
  lnti_json_kv_int(w, "val", (int64_t)result->val);
  lnti_json_kv_int(w, "test", (int64_t)result->test);
  lnti_json_kv_int(w, "", (int64_t)result->none);
  lnti_json_end_object(w);
  lnti_json_key(w, "seed");
  lnti_json_uint(w, options->seed);
  lnti_json_warnings(w, &result->warnings);
  lnti_json_end_object(w);
  status = lnti_json_finish(w, err);
  lnti_json_writer_free(w);
  return status;
}

/** What was kept together. */
static lnt_status print_groups(lnti_cli *cli, const lnti_split_result *result, lnt_error *err) {
  lnti_text line = {0};
  lnti_shown groups = lnti_show_things(result->n_groups, "group"),
             images = lnti_show_things(result->n_grouped, "image"), largest = lnti_show_count(result->largest);
  lnt_status status = LNT_OK;
  if (result->key) {
    status = lnti_text_printf(&line, err, "By %s%s: ", result->key,
                              result->key_found ? " (found; --group names other keys)" : "");
  }
  if (!status && (result->n_groups > 0 || result->key)) {
    status = lnti_text_printf(&line, err, "%s of %s kept together, the largest of %s", groups.text, images.text,
                              largest.text);
  }
  if (!status && line.length) {
    status = lnti_print_plain(cli, line.data, err);
    lnti_print(cli, "\n\n");
  }
  lnti_text_clear(&line);
  return status;
}

static lnt_status print_worst(lnti_cli *cli, const lnti_split_result *result, lnt_error *err) {
  lnti_text line = {0};
  if (!result->worst_class) return LNT_OK;
  lnt_status status =
      lnti_text_printf(&line, err, "Farthest from its share: \"%s\" has %.1f %% in %s, where %.1f %% are wanted",
                       result->worst_class, 100 * result->worst_share, result->worst_part, 100 * result->worst_wanted);
  lnti_print(cli, "\n");
  if (!status) status = lnti_print_plain(cli, line.data, err);
  lnti_print(cli, "\n");
  lnti_text_clear(&line);
  return status;
}

static lnt_status print(lnti_cli *cli, lnti_project *project, const lnti_split_result *result, lnt_error *err) {
  static const lnti_column columns[] = {
      {"split", LNTI_ALIGN_LEFT}, {"items", LNTI_ALIGN_RIGHT}, {"share", LNTI_ALIGN_RIGHT}};
  const char *names[] = {"train", "val", "test", "(none)"};
  const size_t n[] = {result->train, result->val, result->test, result->none};
  const size_t all = n[0] + n[1] + n[2] + n[3];
  lnti_table table;
  lnt_status status = print_groups(cli, result, err);
  lnti_table_init(&table, columns, 3, 0);
  for (size_t i = 0; !status && i < 4; i++) {
    if (i == 3 && n[i] == 0) continue;
    lnti_shown count = lnti_show_count(n[i]);
    char share[32];
    snprintf(share, sizeof share, "%.1f %%", all > 0 ? 100.0 * (double)n[i] / (double)all : 0.0);
    const char *cells[] = {names[i], count.text, share};
    status = lnti_table_row(&table, cells, err);
  }
  status = lnti_table_print(cli, &table, status, err);
  if (!status) status = print_worst(cli, result, err);
  if (!status) status = lnti_print_warnings(cli, &result->warnings, err);
  return status ? status : lnti_print_next_training(cli, project, err);
}

/** True where the project has items in "test": a new random split leaves them there, unless --test asks for a share. */
static lnt_status has_test(bool *out, lnti_project *project, lnt_error *err) {
  lnti_store_counts counts = {0};
  lnt_status status = lnti_store_counts_read(&counts, project->store, err);
  if (status) return status;
  bool found = false;
  for (size_t i = 0; i < counts.n_splits; i++) {
    found = found || strcmp(counts.splits[i].name, "test") == 0;
  }
  lnti_store_counts_clear(&counts);
  *out = found;
  return LNT_OK;
}

/** --group several times is one list. */
static lnt_status join_groups(char **out, const lnti_args *args, lnt_error *err) {
  const char **given = NULL;
  size_t n = 0;
  lnti_text text = {0};
  lnt_status status = lnti_args_list(&given, &n, args, "group", err);
  for (size_t i = 0; i < n && !status; i++) {
    status = lnti_text_printf(&text, err, "%s%s", i ? "," : "", given[i]);
  }
  free(given);
  *out = text.data;
  return status;
}

static lnt_status read_options(lnti_split_options *options, char **groups, const lnti_args *args, lnt_error *err) {
  size_t method = 0, near = 0;
  int64_t seed = 0;
  bool grouped = lnti_args_has(args, "group");
  lnt_status status =
      lnti_args_choice(&method, args, "by", "random|folder|group", grouped ? LNTI_SPLIT_GROUP : LNTI_SPLIT_RANDOM, err);
  if (!status) status = lnti_args_real(&options->val, args, "val", options->val, 0, 0.999, err);
  if (!status) status = lnti_args_real(&options->test, args, "test", options->test, 0, 0.999, err);
  if (!status) status = lnti_args_int(&seed, args, "seed", 0, 0, INT64_MAX, err);
  if (!status) status = lnti_args_choice(&near, args, "near", "together|apart", 0, err);
  if (!status && grouped) status = join_groups(groups, args, err);
  if (status) return status;
  options->method = (lnti_split_method)method;
  options->seed = (uint64_t)seed;
  options->target = lnti_args_text(args, "target", NULL);
  options->group = *groups;
  options->near_apart = near == 1;
  if (options->method == LNTI_SPLIT_FOLDER && lnti_args_has(args, "near"))
    return lnti_fail(err, LNT_EINVAL, "--by folder: the folders decide; --near belongs to --by random and group");
  if (options->method == LNTI_SPLIT_FOLDER && (lnti_args_has(args, "val") || lnti_args_has(args, "test"))) {
    return lnti_fail(err, LNT_EINVAL,
                     "--by folder: the folders decide; --val and --test belong to --by random and group");
  }
  if (grouped && options->method != LNTI_SPLIT_GROUP) {
    return lnti_fail(err, LNT_EINVAL, "--group belongs to --by group; --by %s cannot keep its groups together",
                     lnti_split_method_name(options->method));
  }
  return LNT_OK;
}

static lnt_status note_random(void *payload, const lnti_split_row *split, lnt_error *err) {
  (void)err;
  *(bool *)payload = strcmp(split->method, "random") == 0;
  return LNT_OK;
}

/** What is in test stays there, but for one case: a test set that was drawn at random cuts groups, and keeping those that
 *  it cuts whole would bring most of the items into it. */
static lnt_status keeps_test(bool *out, lnti_project *project, lnti_split_method method, lnt_error *err) {
  bool random = false;
  lnt_status status = has_test(out, project, err);
  if (status || method != LNTI_SPLIT_GROUP) return status;
  status = lnti_store_split(project->store, note_random, &random, err);
  if (status == LNT_OK && random) *out = false;
  return status;
}

static lnt_status run(lnti_cli *cli, const lnti_args *args, lnt_error *err) {
  lnti_split_options options = LNTI_SPLIT_OPTIONS_INIT;
  lnti_split_result result = {0};
  lnti_project *project = NULL;
  char *groups = NULL;
  lnt_status status = read_options(&options, &groups, args, err);
  if (!status) status = lnti_cli_project(&project, cli, err);
  if (!status && options.method != LNTI_SPLIT_FOLDER && !lnti_args_has(args, "test")) {
    status = keeps_test(&options.keep_test, project, options.method, err);
  }
  if (!status) status = lnti_split(&result, project, &options, err);
  if (!status) status = cli->json ? print_json(cli, &result, &options, err) : print(cli, project, &result, err);
  lnti_split_result_clear(&result);
  lnti_project_close(project);
  free(groups);
  return status;
}

static const lnti_cli_option option_table[] = {
    {"by", 0, "random|folder|group",
     "draw items at random; go by folders named train, val and test; or draw groups, which stay together (random)",
     false},
    {"group", 0, "KEY[,KEY]",
     "items that share the value of a key stay together: a metadata key, folder, sequence, near, group, time:SECONDS or "
     "path:REGEX; without it, what was found to need it (may be given several times; means --by group)",
     true},
    {"val", 0, "SHARE", "share of the items for tuning, from 0 to below 1 (0.15)", false},
    {"test", 0, "SHARE",
     "share of the items for testing (0.15); without it, items that are in test already stay there "
     "and no others join them",
     false},
    {"near", 0, "together|apart",
     "nearly equal images stay on one side; or deal them out one by one, where they are different things that look alike: "
     "scores are then too good if they are not (together)",
     false},
    {"seed", 0, "S", "another seed draws other items; the same seed the same (0)", false},
    {"target", 0, "QUESTION", "keep this question's classes in proportion; without it, the only one that has answers",
     false},
    LNTI_CLI_OPTIONS_END,
};

static const lnti_example examples[] = {
    {"70 % for training, 15 % for tuning, 15 % for testing:", "linnet split"},
    {"A fifth for testing, nothing for tuning, another draw:", "linnet split --val 0 --test 0.2 --seed 7"},
    {"By folders named train/, val/ and test/:", "linnet split --by folder"},
    {"Frames of one video, or photographs of one burst, on one side:", "linnet split --by group"},
    {"All images of a patient on one side, by metadata or by path:", "linnet split --group patient --test 0.2"},
    {NULL, NULL},
};

const lnti_command lnti_cmd_split = {
    .name = "split",
    .summary = "divide the items into train, val and test",
    .usage =
        "[--by random|folder|group] [--group KEY[,KEY]] [--val SHARE] [--test SHARE] [--near together|apart] [--seed S] [--target QUESTION]",
    .about =
        "A model is fitted on train, its confidence is tuned on val, and 'linnet evaluate' judges it on test, which "
        "training never looks at. Drawing keeps the classes in proportion, and puts images that are equal, nearly equal, "
        "of one item group or of one file into the same part. Images that follow each other, as frames of a video do, leak all the same: "
        "draw groups then. 'linnet import' and 'linnet train' warn where that is needed.",
    .options = option_table,
    .examples = examples,
    .operands_max = 0,
    .run = run,
};
