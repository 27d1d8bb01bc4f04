/*
 * ONNX' own tests (Debian's libonnx-testdata): every one whose operators and element types are claimed must give what it
 * says. Those that do not are listed in conformance_exceptions.txt, each with its reason, and must go on failing: a line
 * that is not needed any more is an error as well.
 *
 * Usage: test_conformance FOLDER EXCEPTIONS; with "-" for EXCEPTIONS all must pass, and none be of what is not claimed.
 */
#include <base/file.h>
#include <dirent.h>
#include <graph/onnx.h>
#include <graph/operator.h>
#include <graph/plan.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { INPUTS_MAX = 64, PATH_BYTES = 1024, LISTED_MAX = 256 };

/* What ONNX' own runner allows (onnx.backend.test.loader). */
static const double relative = 1e-3, absolute = 1e-7;

typedef enum outcome { PASSED, UNCLAIMED, FAILED } outcome;

typedef struct bytes {
  void *data;
  size_t n;
} bytes;

static bool read_whole(bytes *out, const char *path) {
  FILE *file = fopen(path, "rb");
  struct stat info;
  *out = (bytes){0};
  if (!file) return false;
  bool done = fstat(fileno(file), &info) == 0;
  if (done) {
    out->n = (size_t)info.st_size;
    out->data = malloc(out->n + 1);
    done = out->data && fread(out->data, 1, out->n, file) == out->n;
  }
  fclose(file);
  return done;
}

/* Tests in f64 are run in f32, which the operators take; not those of casts, which then would tell nothing, and those
 * of exported models, which hold constants of f64. */
static bool is_narrowed(lnti_dtype dtype, const char *folder) {
  return dtype == LNTI_F64 && !strstr(folder, "test_cast") && !strstr(folder, "test_operator_");
}

static void narrow(lnti_tensor *t, const char *folder) {
  if (!t->data || !is_narrowed(t->dtype, folder)) return;
  const size_t n = lnti_shape_count(&t->shape);
  float *data = aligned_alloc(64, (n * sizeof *data + 64) / 64 * 64);
  if (!data) abort();
  lnti_convert(data, LNTI_F32, t->data, LNTI_F64, n);
  free(t->data);
  t->data = data;
  t->dtype = LNTI_F32;
}

/* Tensor k of a data set; false where there is none. A tensor that cannot be read has no data. */
static bool read_tensor(lnti_tensor *out, const char *folder, const char *kind, size_t k, lnt_error *err) {
  char path[3 * PATH_BYTES];
  bytes file;
  snprintf(path, sizeof path, "%s/%s_%zu.pb", folder, kind, k);
  *out = (lnti_tensor){0};
  if (!read_whole(&file, path)) return false;
  if (lnti_onnx_read_tensor(out, file.data, file.n, err)) *out = (lnti_tensor){0};
  free(file.data);
  narrow(out, folder);
  return true;
}

/* True where an input decides a shape: it is given as a constant then. */
static bool decides(const lnti_graph *graph, uint32_t value) {
  for (size_t i = 0; i < graph->n_nodes; i++) {
    const lnti_node *node = &graph->node[i];
    for (size_t k = 0; k < node->n_inputs; k++) {
      if (node->input[k] == value && (node->op->decides >> (k < 31 ? k : 31) & 1)) return true;
    }
  }
  return false;
}

static double element(const lnti_tensor *t, size_t i) {
  double v = 0;
  lnti_convert(&v, LNTI_F64, (const char *)t->data + i * lnti_dtype_bytes(t->dtype), t->dtype, 1);
  return v;
}

static bool same(const lnti_tensor *got, const lnti_tensor *wanted, char *why, size_t room) {
  char a[LNTI_SHAPE_TEXT], b[LNTI_SHAPE_TEXT];
  if (got->dtype != wanted->dtype || !lnti_shape_equal(&got->shape, &wanted->shape)) {
    snprintf(why, room, "made %s, wanted %s", lnti_tensor_text(a, got), lnti_tensor_text(b, wanted));
    return false;
  }
  for (size_t i = 0, n = lnti_shape_count(&got->shape); i < n; i++) {
    double x = element(got, i), y = element(wanted, i);
    bool close = x == y || (isnan(x) && isnan(y)) || fabs(x - y) <= absolute + relative * fabs(y);
    if (!close) {
      snprintf(why, room, "element %zu of %zu is %g, wanted %g", i, n, x, y);
      return false;
    }
  }
  return true;
}

/* One data set: runs the graph on its inputs and compares. */
static outcome run_set(const lnti_graph *graph, const char *folder, char *why, size_t room) {
  lnti_tensor input[INPUTS_MAX] = {0}, given[INPUTS_MAX], wanted = {0};
  const lnti_context context = {.cpu = LNT_CPU_GENERIC};
  lnti_plan *plan = NULL;
  lnt_error err = LNT_ERROR_INIT;
  outcome result = FAILED;
  size_t n = 0;
  for (; n < graph->n_inputs && n < INPUTS_MAX && read_tensor(&input[n], folder, "input", n, &err); n++) {
    if (input[n].data) continue;
    snprintf(why, room, "%s", err.message);
    result = UNCLAIMED;
    goto done;
  }
  if (n != graph->n_inputs) {
    snprintf(why, room, "%zu of %zu inputs are there", n, graph->n_inputs);
    goto done;
  }
  for (size_t k = 0; k < n; k++) {
    given[k] = input[k];
    if (!decides(graph, graph->input[k])) given[k].data = NULL;
  }
  const lnti_plan_options options = {.input = given};
  lnt_status status = lnti_plan_new(&plan, graph, &options, &context, &err);
  if (!status) status = lnti_plan_run(plan, input, &err);
  if (status) {
    snprintf(why, room, "%s", err.message);
    result = status == LNT_EUNSUPPORTED ? UNCLAIMED : FAILED;
    goto done;
  }
  result = PASSED;
  for (size_t k = 0; k < graph->n_outputs && result == PASSED; k++) {
    if (!read_tensor(&wanted, folder, "output", k, &err) || !wanted.data) {
      snprintf(why, room, "output %zu: %s", k, err.message);
      result = UNCLAIMED;
    } else if (!same(lnti_plan_output(plan, k), &wanted, why, room)) {
      result = FAILED;
    }
    free(wanted.data);
    wanted.data = NULL;
  }
done:
  lnti_plan_free(plan);
  for (size_t k = 0; k < n; k++) free(input[k].data);
  if (n < INPUTS_MAX) free(input[n].data);
  return result;
}

static outcome run_test(const char *folder, char *why, size_t room) {
  char path[2 * PATH_BYTES];
  lnti_graph *graph = NULL;
  lnt_error err = LNT_ERROR_INIT;
  snprintf(path, sizeof path, "%s/model.onnx", folder);
  lnt_status status = lnti_graph_open(&graph, path, &err);
  if (status) {
    snprintf(why, room, "%s", err.message);
    return status == LNT_EUNSUPPORTED ? UNCLAIMED : FAILED;
  }
  for (size_t k = 0; k < graph->n_inputs; k++) {
    lnti_tensor *declared = &graph->value[graph->input[k]].declared;
    if (is_narrowed(declared->dtype, folder)) declared->dtype = LNTI_F32;
  }
  outcome result = PASSED;
  size_t n_sets = 0;
  for (;; n_sets++) {
    struct stat info;
    snprintf(path, sizeof path, "%s/test_data_set_%zu", folder, n_sets);
    if (result != PASSED || stat(path, &info) != 0) break;
    result = run_set(graph, path, why, room);
  }
  lnti_graph_free(graph);
  if (n_sets == 0) snprintf(why, room, "no data");
  return n_sets ? result : UNCLAIMED;
}

/* ---- the list of exceptions ---- */

typedef struct exception {
  char name[128];
  bool used;
} exception;

static size_t read_exceptions(exception *out, const char *path) {
  FILE *file = fopen(path, "r");
  char line[512];
  size_t n = 0;
  while (file && fgets(line, sizeof line, file)) {
    size_t length = strcspn(line, " \t\n");
    if (length == 0 || line[0] == '#' || length >= sizeof out->name || n == LISTED_MAX) continue;
    memcpy(out[n].name, line, length);
    out[n].name[length] = 0;
    out[n++].used = false;
  }
  if (file) fclose(file);
  return n;
}

typedef struct tally {
  size_t passed, unclaimed, failed;
  exception exception[LISTED_MAX];
  size_t n_exceptions;
} tally;

static void judge(tally *t, const char *name, outcome result, const char *why) {
  if (result == UNCLAIMED) {
    t->unclaimed++;
    printf("unclaimed %s: %s\n", name, why);
    return;
  }
  for (size_t i = 0; i < t->n_exceptions; i++) {
    if (strcmp(t->exception[i].name, name) != 0) continue;
    t->exception[i].used = result == FAILED;
    printf("excepted %s: %s\n", name, result == FAILED ? why : "passes now: take it off the list");
    t->failed += result == PASSED;
    return;
  }
  t->passed += result == PASSED;
  t->failed += result == FAILED;
  if (result == FAILED) printf("FAILED %s: %s\n", name, why);
}

static int run_folder(tally *t, const char *root, const char *kind) {
  char folder[PATH_BYTES], path[PATH_BYTES + 300], why[600];
  struct dirent **entry = NULL;
  snprintf(folder, sizeof folder, "%s/%s", root, kind);
  int n = scandir(folder, &entry, NULL, alphasort);
  for (int i = 0; i < n; i++) {
    if (strncmp(entry[i]->d_name, "test_", 5) == 0) {
      snprintf(path, sizeof path, "%s/%s", folder, entry[i]->d_name);
      *why = 0;
      judge(t, entry[i]->d_name, run_test(path, why, sizeof why), why);
    }
    free(entry[i]);
  }
  free(entry);
  return n;
}

int main(int argc, char **argv) {
  static const char *const kinds[] = {"node", "simple", "pytorch-converted", "pytorch-operator"};
  static tally t;
  int n_entries = 0;
  if (argc < 3) {
    fprintf(stderr, "usage: test_conformance FOLDER EXCEPTIONS|-\n");
    return 2;
  }
  const bool all = strcmp(argv[2], "-") == 0;
  if (!all) t.n_exceptions = read_exceptions(t.exception, argv[2]);
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) n_entries += run_folder(&t, argv[1], kinds[i]);
  for (size_t i = 0; i < t.n_exceptions; i++) {
    if (t.exception[i].used) continue;
    printf("FAILED: the exception %s is of no test that fails\n", t.exception[i].name);
    t.failed++;
  }
  printf("%zu passed, %zu are of operators or types that are not claimed, %zu excepted, %zu failed\n", t.passed,
         t.unclaimed, t.n_exceptions, t.failed);
  return t.failed > 0 || n_entries <= 0 || t.passed == 0 || (all && t.unclaimed > 0);
}
