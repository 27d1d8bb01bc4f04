/*
 * doctor --onnx: a network is read, its operators are looked up, and it is run once. Whatever stands against it is said at
 * once, so that nobody finds out one operator at a time.
 */
#include <cli/doctor_onnx.h>

#include <base/alloc.h>
#include <base/error.h>
#include <base/file.h>
#include <cli/format.h>
#include <cli/table.h>
#include <graph/plan.h>
#include <graph/read.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct looking {
  lnti_cli *cli;
  const char *path;
  size_t size, n_parameters;
  bool size_used;
  lnti_graph *graph; /* NULL where it could not be read */
  lnti_graph_survey survey;
  lnt_error reason; /* why it does not run; code LNT_OK where it does */
  size_t n_steps;
  double ms;
} looking;

static const size_t memory_max = (size_t)4 << 30;

/* ---- looking ---- */

/* One sample, planes of the size given; everything else as the file says. */
static lnt_status describe_input(lnti_tensor *out, looking *l, const lnti_value *v, lnt_error *err) {
  lnti_tensor t = v->declared;
  if (t.shape.rank > LNTI_RANK_MAX) {
    return lnti_fail(err, LNT_EUNSUPPORTED, "the file does not say what its input %s is", v->name);
  }
  for (size_t d = 0; d < t.shape.rank; d++) {
    if (t.shape.dim[d] != LNTI_ANY_SIZE) continue;
    if (d > 0 && l->size == 0) {
      return lnti_fail(err, LNT_EINVAL, "the input %s is of any size: say with which to try, such as --size 224",
                       v->name);
    }
    l->size_used |= d > 0;
    t.shape.dim[d] = d == 0 ? 1 : l->size;
  }
  *out = t;
  return LNT_OK;
}

static double now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

static lnt_status time_plan(looking *l, lnti_plan *plan, const lnti_tensor *input, lnt_error *err) {
  enum { ROUNDS = 5 };
  for (int i = 0; i < ROUNDS; i++) {
    double begin = now_ms();
    lnt_status status = lnti_plan_run(plan, input, err);
    if (status) return status;
    double took = now_ms() - begin;
    if (i == 0 || took < l->ms) l->ms = took;
  }
  l->n_steps = lnti_plan_steps(plan);
  return LNT_OK;
}

static lnt_status try_to_run(looking *l, lnt_error *err) {
  const lnti_graph *g = l->graph;
  lnti_tensor *input = NULL;
  lnti_plan *plan = NULL;
  size_t bytes = 0;
  lnt_status status = lnti_alloc_zero(&input, g->n_inputs, sizeof *input, err);
  for (size_t k = 0; k < g->n_inputs && !status; k++)
    status = describe_input(&input[k], l, &g->value[g->input[k]], err);
  const lnti_plan_options options = {.input = input, .memory_max = memory_max};
  if (!status) status = lnti_plan_new(&plan, g, &options, &l->cli->context, err);
  for (size_t k = 0; k < g->n_inputs && !status; k++) {
    bytes += lnti_tensor_bytes(&input[k]);
    if (bytes > memory_max) status = lnti_fail(err, LNT_ELIMIT, "its inputs take more than 4 GiB");
    if (!status) status = lnti_alloc_aligned(&input[k].data, lnti_tensor_bytes(&input[k]), 1, err);
    if (!status) memset(input[k].data, 0, lnti_tensor_bytes(&input[k]));
  }
  if (!status) status = time_plan(l, plan, input, err);
  for (size_t k = 0; input && k < g->n_inputs; k++) free(input[k].data);
  free(input);
  lnti_plan_free(plan);
  return status;
}

static lnt_status look(looking *l, lnt_error *err) {
  char *data = NULL;
  size_t n = 0;
  lnt_status status = lnti_file_read(&data, &n, l->path, (size_t)LNTI_GRAPH_FILE_MAX, err);
  if (status) return status;
  status = lnti_graph_look(&l->survey, data, n, &l->reason);
  free(data);
  if (!status && l->survey.n_unknown == 0) status = lnti_graph_open(&l->graph, l->path, &l->reason);
  if (!status && l->graph) status = try_to_run(l, &l->reason);
  for (size_t v = 0; l->graph && v < l->graph->n_values; v++) {
    const lnti_tensor *t = &l->graph->value[v].constant;
    if (t->data && t->dtype != LNTI_I64) l->n_parameters += lnti_shape_count(&t->shape);
  }
  if (status == LNT_ENOMEM || status == LNT_ECANCELLED) {
    *err = l->reason;
    return status;
  }
  if (status || l->survey.n_unknown > 0) l->cli->exit_code = LNTI_EXIT_FAILED;
  return LNT_OK;
}

static bool runs(const looking *l) {
  return l->reason.code == LNT_OK && l->survey.n_unknown == 0;
}

/* ---- saying ---- */

/* "f32 [any,3,224,224]", or "unknown". */
static void value_text(char *out, size_t room, const lnti_tensor *t) {
  size_t used = 0;
  if (t->shape.rank > LNTI_RANK_MAX) {
    snprintf(out, room, "not said");
    return;
  }
  used += (size_t)snprintf(out, room, "%s [", lnti_dtype_name(t->dtype));
  for (size_t d = 0; d < t->shape.rank && used < room; d++) {
    const char *comma = d ? "," : "";
    if (t->shape.dim[d] == LNTI_ANY_SIZE) {
      used += (size_t)snprintf(out + used, room - used, "%sany", comma);
    } else {
      used += (size_t)snprintf(out + used, room - used, "%s%zu", comma, t->shape.dim[d]);
    }
  }
  if (used < room) snprintf(out + used, room - used, "]");
}

static lnt_status print_json(const looking *l, lnt_error *err) {
  const lnti_graph *g = l->graph;
  lnti_json_writer *w = NULL;
  char text[LNTI_SHAPE_TEXT];
  lnt_status status = lnti_cli_json(&w, l->cli, 0, err);
  if (status) return status;
  lnti_json_begin_object(w);
  lnti_json_kv_string(w, "file", l->path);
  lnti_json_kv_bool(w, "runs", runs(l));
  lnti_json_kv_string(w, "reason", l->reason.code ? l->reason.message : "");
  lnti_json_key(w, "unknown");
  lnti_json_begin_array(w);
  for (size_t i = 0; i < l->survey.n_unknown; i++) {
    const lnti_unknown_operator *u = &l->survey.unknown[i];
    lnti_json_begin_object(w);
    lnti_json_kv_string(w, "operator", u->name);
    lnti_json_kv_string(w, "domain", u->domain);
    lnti_json_kv_string(w, "node", u->node);
    lnti_json_kv_int(w, "nodes", (int64_t)u->n_nodes);
    lnti_json_end_object(w);
  }
  lnti_json_end_array(w);
  lnti_json_kv_int(w, "nodes", g ? (int64_t)g->n_nodes : 0);
  lnti_json_kv_int(w, "parameters", (int64_t)l->n_parameters);
  lnti_json_key(w, "inputs");
  lnti_json_begin_array(w);
  for (size_t k = 0; g && k < g->n_inputs; k++) {
    value_text(text, sizeof text, &g->value[g->input[k]].declared);
    lnti_json_begin_object(w);
    lnti_json_kv_string(w, "name", g->value[g->input[k]].name);
    lnti_json_kv_string(w, "kind", text);
    lnti_json_end_object(w);
  }
  lnti_json_end_array(w);
  lnti_json_key(w, "outputs");
  lnti_json_begin_array(w);
  for (size_t k = 0; g && k < g->n_outputs; k++) lnti_json_string(w, g->value[g->output[k]].name);
  lnti_json_end_array(w);
  lnti_json_kv_bool(w, "size_used", l->size_used);
  lnti_json_kv_real(w, "ms", l->ms);
  lnti_json_end_object(w);
  status = lnti_json_finish(w, err);
  lnti_json_writer_free(w);
  return status;
}

static lnt_status row(lnti_table *table, const char *name, const char *text, lnt_error *err) {
  const char *cells[] = {name, text};
  return lnti_table_row(table, cells, err);
}

static lnt_status unknown_rows(lnti_table *table, const looking *l, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < l->survey.n_unknown && !status; i++) {
    const lnti_unknown_operator *u = &l->survey.unknown[i];
    char text[320];
    snprintf(text, sizeof text, "%s%s%s in %s, first %s", u->name, *u->domain ? " of " : "", u->domain,
             lnti_show_things(u->n_nodes, "node").text, u->node);
    status = row(table, i ? "" : "not known", text, err);
  }
  return status;
}

static lnt_status value_rows(lnti_table *table, const looking *l, lnt_error *err) {
  const lnti_graph *g = l->graph;
  lnt_status status = LNT_OK;
  for (size_t k = 0; g && k < g->n_inputs && !status; k++) {
    char kind[LNTI_SHAPE_TEXT], text[LNTI_SHAPE_TEXT + 100];
    value_text(kind, sizeof kind, &g->value[g->input[k]].declared);
    snprintf(text, sizeof text, "%.80s  %s", g->value[g->input[k]].name, kind);
    status = row(table, k ? "" : "takes", text, err);
  }
  for (size_t k = 0; g && k < g->n_outputs && !status; k++) {
    status = row(table, k ? "" : "makes", g->value[g->output[k]].name, err);
  }
  return status;
}

static lnt_status print(const looking *l, lnt_error *err) {
  static const lnti_column columns[] = {{NULL, LNTI_ALIGN_LEFT}, {NULL, LNTI_ALIGN_LEFT}};
  char text[LNT_ERROR_MESSAGE_BYTES + 16];
  lnti_table table;
  lnti_table_init(&table, columns, 2, 0);
  lnt_status status = LNT_OK;
  if (l->graph) {
    snprintf(text, sizeof text, "%s, %s parameters", lnti_show_things(l->graph->n_nodes, "node").text,
             lnti_show_count(l->n_parameters).text);
    status = row(&table, "network", text, err);
  }
  if (!status) status = value_rows(&table, l, err);
  if (!status && l->graph && l->size > 0 && !l->size_used) {
    status = row(&table, "size", "not used: the network takes one size alone", err);
  }
  if (!status) status = unknown_rows(&table, l, err);
  if (runs(l)) {
    snprintf(text, sizeof text, "yes, %.1f ms a sample in %zu steps", l->ms, l->n_steps);
  } else if (l->reason.code) {
    snprintf(text, sizeof text, "no: %s", l->reason.message);
  } else {
    snprintf(text, sizeof text, "no: it has operators that Linnet does not know");
  }
  if (!status) status = row(&table, "runs", text, err);
  status = lnti_table_print(l->cli, &table, status, err);
  if (!status && runs(l)) {
    lnti_print_next(l->cli, "linnet backbone show %s (lists its layers)", lnti_shell_word(l->path, "FILE").text);
  }
  return status;
}

lnt_status lnti_doctor_onnx(lnti_cli *cli, const char *path, size_t size, lnt_error *err) {
  looking *l = NULL;
  lnt_status status = lnti_alloc_zero(&l, 1, sizeof *l, err);
  if (status) return status;
  l->cli = cli;
  l->path = path;
  l->size = size;
  status = look(l, err);
  if (!status) status = cli->json ? print_json(l, err) : print(l, err);
  lnti_graph_free(l->graph);
  free(l);
  return status;
}
