/*
 * evaluate: how good a model is on items that it was not trained on.
 */
#include <base/alloc.h>
#include <base/error.h>
#include <cli/commands.h>
#include <cli/format.h>
#include <cli/refused.h>
#include <cli/report_text.h>
#include <errno.h>
#include <flow/evaluate/evaluate.h>
#include <flow/report/report.h>
#include <flow/split/names.h>
#include <model/model.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RESAMPLES_MAX = 1000000 };

typedef struct evaluating {
  lnti_evaluate_request request;
  lnti_evaluate_result result;
  lnti_refused refused;
  const char **titles;  /**< [n_classes] */
  const char **ids;     /**< [n_classes] */
  const char **unknown; /**< [request.n_unknown_classes] */
  const char **slices;  /**< [request.n_slices] keys */
} evaluating;

/** What the report's writers read. */
static lnt_status make_report(lnti_report *out, evaluating *e, lnt_error *err) {
  const lnt_model *model = e->result.model;
  size_t n = lnt_model_n_classes(model);
  lnt_status status = lnti_alloc(&e->titles, n, sizeof *e->titles, err);
  if (status) return status;
  status = lnti_alloc(&e->ids, n, sizeof *e->ids, err);
  if (status) return status;
  for (size_t c = 0; c < n; c++) e->ids[c] = lnt_model_class_id(model, c);
  lnti_evaluate_report(out, e->titles, &e->result);
  out->class_ids = e->ids;
  return LNT_OK;
}

static lnt_status print_json(lnti_cli *cli, const evaluating *e, const lnti_report *report, lnt_error *err) {
  lnti_json_writer *w = NULL;
  lnt_status status = lnti_cli_json(&w, cli, 0, err);
  if (status) return status;
  lnti_json_begin_object(w);
  lnti_json_kv_string(w, "model", report->model);
  lnti_json_kv_string(w, "target", report->target);
  lnti_json_kv_string(w, "split", report->split);
  lnti_report_json(w, report);
  lnti_json_kv_int(w, "n_unknown", (int64_t)e->result.n_unknown);
  lnti_refused_json(w, &e->refused);
  lnti_json_kv_string(w, "html", e->request.html);
  lnti_json_warnings(w, &e->result.warnings);
  lnti_json_kv_real(w, "seconds", e->result.seconds);
  lnti_json_end_object(w);
  status = lnti_json_finish(w, err);
  lnti_json_writer_free(w);
  return status;
}

static lnt_status print(lnti_cli *cli, const evaluating *e, const lnti_report *report, lnt_error *err) {
  lnti_meter_finish(cli->meter);
  lnt_status status = lnti_print_warnings(cli, &e->result.warnings, err);
  if (status) return status;
  if (e->result.warnings.n > 0) lnti_print(cli, "\n");
  status = lnti_report_text(cli->out, report, cli->styled, err);
  if (status && ferror(cli->out)) cli->out_errno = errno;
  if (status) return status;
  lnti_print(cli, "\nEvaluated in %s\n", lnti_show_seconds(e->result.seconds).text);
  if (e->request.html) {
    lnti_print(cli, "Report: ");
    status = lnti_print_plain(cli, e->request.html, err);
    lnti_print(cli, "\n");
  }
  if (!status) status = lnti_refused_print(cli, &e->refused, err);
  if (status) return status;
  lnti_word name = lnti_shell_word(report->model, "MODEL");
  if (!e->request.html) {
    bool test = strcmp(report->split, LNTI_SPLIT_TEST) == 0;
    const char *snapshot = report->judged_snapshot;
    lnti_print_next(cli,
                    "linnet evaluate %s%s%s%s%s --html report.html (calibration and the worst mistakes as pictures)",
                    name.text, test ? "" : " --split ", test ? "" : lnti_shell_word(report->split, "NAME").text,
                    snapshot ? " --snapshot " : "", snapshot ? lnti_shell_word(snapshot, "NAME").text : "");
  } else {
    lnti_print_next(cli, "linnet predict %s PATH", name.text);
  }
  return LNT_OK;
}

static lnt_status run(lnti_cli *cli, const lnti_args *args, lnt_error *err) {
  evaluating e = {.request = LNTI_EVALUATE_REQUEST_INIT};
  lnti_project *project = NULL;
  lnti_report report;
  int64_t seed = 0, resamples = 0;
  lnt_status status = lnti_args_int(&seed, args, "seed", 0, 0, INT64_MAX, err);
  if (!status) status = lnti_args_list(&e.slices, &e.request.n_slices, args, "slice", err);
  if (!status) status = lnti_args_list(&e.unknown, &e.request.n_unknown_classes, args, "unknown-class", err);
  if (!status) status = lnti_args_int(&resamples, args, "resamples", e.request.resamples, 0, RESAMPLES_MAX, err);
  if (status) goto done;
  e.request.model = args->operands[0];
  e.request.slices = e.slices;
  e.request.unknown_classes = e.unknown;
  e.request.split = lnti_args_text(args, "split", NULL);
  e.request.snapshot = lnti_args_text(args, "snapshot", NULL);
  e.request.compare = lnti_args_text(args, "compare", NULL);
  e.request.cost = lnti_args_text(args, "cost", NULL);
  e.request.html = lnti_args_text(args, "html", NULL);
  e.request.seed = (uint64_t)seed;
  e.request.resamples = (unsigned)resamples;
  e.request.progress = &cli->meter->progress;
  e.request.refused = lnti_refused_add;
  e.request.refused_payload = &e.refused;
  status = lnti_cli_project(&project, cli, err);
  if (!status) status = lnti_evaluate(&e.result, project, &e.request, err);
  if (status == LNT_ECANCELLED) status = lnti_fail(err, status, LNTI_CANCELLED_KEPT);
  if (!status) status = make_report(&report, &e, err);
  if (!status) status = cli->json ? print_json(cli, &e, &report, err) : print(cli, &e, &report, err);
  if (!status && e.result.n_refused > 0) cli->exit_code = LNTI_EXIT_PARTLY;
done:
  free(e.slices);
  free(e.unknown);
  free(e.ids);
  free(e.titles);
  lnti_evaluate_result_clear(&e.result);
  lnti_refused_clear(&e.refused);
  lnti_project_close(project);
  return status;
}

static const lnti_cli_option option_table[] = {
    {"split", 0, "NAME", "the items to judge by (test)", false},
    {"snapshot", 0, "NAME",
     "answers, splits and groups as they were in a snapshot ('linnet snapshot'), whatever changed since", false},
    {"slice", 0, "KEY",
     "also judge each value of a key for itself, and the best against the worst: metadata, folder, source, sharpness or any "
     "other key of filters (may be given several times)",
     true},
    {"compare", 0, "MODEL",
     "also judge another model of the same question on the same items: the difference of each figure with its 95 % interval, "
     "and which is better, where that is more than chance",
     false},
    {"unknown-class", 0, "CLASS",
     "also say how well its unknown score would notice images of this class, had it never seen one: an id, a title, or a node of "
     "the tree (may be given several times); images of classes that it does not have are judged so by themselves",
     true},
    {"cost", 0, "MISS:FALSE_ALARM",
     "also say what wrong answers cost, such as 10:1 where a miss is ten times as bad as a false alarm, and from which confidence on "
     "yes is the cheapest; of labels, and of two classes, where the second is yes",
     false},
    {"html", 0, "FILE",
     "also write a report for the browser: one file, with the confusion matrix, a calibration "
     "plot and the worst mistakes as pictures",
     false},
    {"resamples", 0, "N", "bootstrap resamples for the 95 % intervals; 0: none (1000)", false},
    {"seed", 0, "S", "of the resampling (0)", false},
    LNTI_CLI_OPTIONS_END,
};

static const lnti_example examples[] = {
    {"On the test items:", "linnet evaluate logistic-hog"},
    {"The same, with a page to look at and to pass on:", "linnet evaluate logistic-hog --html report.html"},
    {"By camera and by how sharp they are:", "linnet evaluate logistic-hog --slice camera --slice sharpness"},
    {"Which of two is better, and whether that is more than chance:", "linnet evaluate knn-hog --compare logistic-hog"},
    {"Whether it notices what it has never seen, such as a cat:", "linnet evaluate pets --unknown-class cat"},
    {"One figure for a script:", "linnet evaluate logistic-hog --json | jq .accuracy"},
    {"A model file from elsewhere, on the validation items:", "linnet evaluate ../other/best.lnt --split val"},
    {NULL, NULL},
};

const lnti_command lnti_cmd_evaluate = {
    .name = "evaluate",
    .summary = "judge a model on items that it was not trained on",
    .usage =
        "MODEL [--split NAME] [--snapshot NAME] [--slice KEY]... [--compare MODEL] [--unknown-class CLASS]... [--cost MISS:FALSE_ALARM] [--html FILE] [--resamples N] [--seed S]",
    .about =
        "Classifies the labelled items of a split and compares: accuracy, balanced accuracy, macro F1, log loss, "
        "calibration error and AUROC with 95 % bootstrap intervals, each class for itself, and which "
        "classes are taken for which. --slice does the same for parts of the images, and says whether they differ by more "
        "than chance. MODEL is a name in the project or the path of a .lnt file.\n\n"
        "The report's name ends in .html; a file that is there is replaced only if it is an earlier report.",
    .options = option_table,
    .examples = examples,
    .operands_min = 1,
    .operands_max = 1,
    .run = run,
};
