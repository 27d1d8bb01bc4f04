/*
 * Runs a network of an ONNX file as often as asked, and says what it took: for bench/inference.py.
 *
 *   bench_inference level
 *   bench_inference run FILE BATCH SIDE THREADS LEVEL RUNS TYPE OUT   one JSON object; outputs of a run go to OUT as f32
 *   bench_inference layers FILE BATCH SIDE THREADS LEVEL RUNS TYPE    one JSON object: the least CPU time of each step
 *   bench_inference peak LEVEL TYPE                              the operations a second that one core can do at best
 */
#include "networks.h"

#include <base/context.h>
#include <base/error.h>
#include <graph/read.h>
#include <graph/plan.h>
#include <math.h>
#include <math/bf16.h>
#include <math/gemm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static double clock_of(clockid_t id) {
  struct timespec t;
  clock_gettime(id, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void stop(lnt_status status, const lnt_error *err) {
  if (!status) return;
  fprintf(stderr, "%s\n", err->message);
  exit(1);
}

/* VmHWM would count what reading the file took as well; so does the peer's. */
static double peak_mb(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (double)usage.ru_maxrss / 1024;
}

typedef struct session {
  lnti_context context;
  lnti_graph *graph;
  lnti_plan *plan;
  lnti_tensor input;
  float *pixels;
} session;

static void open_session(session *s, char **argv) {
  lnt_error err;
  size_t batch = strtoul(argv[3], NULL, 10), side = strtoul(argv[4], NULL, 10);
  stop(lnt_cpu_parse(&s->context.cpu, argv[6], &err), &err);
  stop(lnti_pool_new(&s->context.pool, (unsigned)strtoul(argv[5], NULL, 10), &err), &err);
  stop(lnti_graph_open(&s->graph, argv[2], &err), &err);
  s->input = (lnti_tensor){.dtype = LNTI_F32, .shape = {.rank = 4, .dim = {batch, 3, side, side}}};
  size_t n = batch * 3 * side * side;
  stop(lnti_alloc_aligned(&s->pixels, n, sizeof *s->pixels, &err), &err);
  lnti_network_input(s->pixels, n);
  const lnti_plan_options options = {.input = &s->input,
                                     .precision = strcmp(argv[8], "bf16") == 0 ? LNTI_BF16 : LNTI_F32};
  stop(lnti_plan_new(&s->plan, s->graph, &options, &s->context, &err), &err);
  s->input.data = s->pixels;
}

static void close_session(session *s) {
  lnti_plan_free(s->plan);
  lnti_graph_free(s->graph);
  lnti_pool_free(s->context.pool);
  free(s->pixels);
}

static void run_once(session *s) {
  lnt_error err;
  stop(lnti_plan_run(s->plan, &s->input, &err), &err);
}

static int compare_doubles(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median(double *values, size_t n) {
  qsort(values, n, sizeof *values, compare_doubles);
  return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

static void write_output(const session *s, const char *path) {
  const lnti_tensor *out = lnti_plan_output(s->plan, 0);
  FILE *file = fopen(path, "wb");
  size_t n = lnti_shape_count(&out->shape);
  if (!file || fwrite(out->data, sizeof(float), n, file) != n || fclose(file) != 0) {
    fprintf(stderr, "cannot write %s\n", path);
    exit(1);
  }
}

enum { RUNS_MAX = 10000 };

static int run(char **argv) {
  static double cpu[RUNS_MAX], wall[RUNS_MAX];
  session s = {0};
  double begin = clock_of(CLOCK_PROCESS_CPUTIME_ID);
  open_session(&s, argv);
  double opened = clock_of(CLOCK_PROCESS_CPUTIME_ID) - begin;
  size_t n = strtoul(argv[7], NULL, 10);
  if (n < 1 || n > RUNS_MAX) return 2;
  run_once(&s); /* touches its memory */
  for (size_t i = 0; i < n; i++) {
    double c = clock_of(CLOCK_PROCESS_CPUTIME_ID), w = clock_of(CLOCK_MONOTONIC);
    run_once(&s);
    cpu[i] = clock_of(CLOCK_PROCESS_CPUTIME_ID) - c;
    wall[i] = clock_of(CLOCK_MONOTONIC) - w;
  }
  write_output(&s, argv[9]);
  printf("{\"cpu\": %.9f, \"wall\": %.9f, \"open_cpu\": %.6f, \"peak_mb\": %.1f}\n", median(cpu, n), median(wall, n),
         opened, peak_mb());
  close_session(&s);
  return 0;
}

/* ---- layers ---- */

typedef struct watching {
  double last, *least;
} watching;

static void note(void *payload, size_t step) {
  watching *w = payload;
  double now = clock_of(CLOCK_PROCESS_CPUTIME_ID), took = now - w->last;
  if (took < w->least[step]) w->least[step] = took;
  w->last = clock_of(CLOCK_PROCESS_CPUTIME_ID);
}

static int layers(char **argv) {
  session s = {0};
  watching w = {0};
  open_session(&s, argv);
  size_t n = lnti_plan_steps(s.plan);
  w.least = calloc(n ? n : 1, sizeof *w.least);
  if (!w.least) return 1;
  for (size_t i = 0; i < n; i++) w.least[i] = INFINITY;
  lnti_plan_watch(s.plan, note, &w);
  for (size_t i = 0, runs = strtoul(argv[7], NULL, 10); i < runs; i++) {
    w.last = clock_of(CLOCK_PROCESS_CPUTIME_ID);
    run_once(&s);
  }
  printf("[");
  const char *comma = "";
  for (size_t i = 0; i < n; i++) {
    lnti_plan_step step;
    char shape[LNTI_SHAPE_TEXT];
    lnti_plan_step_at(&step, s.plan, i);
    if (isinf(w.least[i])) continue; /* a view */
    printf("%s{\"op\": \"%s\", \"kernel\": \"%s\", \"output\": \"%s\", \"flops\": %.0f, \"cpu\": %.9f}", comma, step.op,
           step.kernel, lnti_tensor_text(shape, step.output), step.flops, w.least[i]);
    comma = ",\n ";
  }
  printf("]\n");
  free(w.least);
  close_session(&s);
  return 0;
}

/* ---- the ceiling ---- */

/* A product whose operands stay in the second-level cache, the best of many: what no network can do better. */
static int peak_f32(char **argv) {
  enum { M = 256, N = 256, K = 512, RUNS = 200 };
  lnti_context context = {0};
  lnt_error err;
  float *a = NULL, *b = NULL, *c = NULL;
  double least = INFINITY;
  stop(lnt_cpu_parse(&context.cpu, argv[2], &err), &err);
  stop(lnti_alloc_aligned(&a, M * K, sizeof *a, &err), &err);
  stop(lnti_alloc_aligned(&b, N * K, sizeof *b, &err), &err);
  stop(lnti_alloc_aligned(&c, M * N, sizeof *c, &err), &err);
  lnti_network_input(a, M * K);
  lnti_network_input(b, N * K);
  for (int i = 0; i < RUNS; i++) {
    double begin = clock_of(CLOCK_PROCESS_CPUTIME_ID);
    stop(lnti_gemm_nt(c, N, a, K, b, K, M, N, K, &context, &err), &err);
    double took = clock_of(CLOCK_PROCESS_CPUTIME_ID) - begin;
    if (took < least) least = took;
  }
  printf("{\"flops\": %.0f}\n", 2.0 * M * N * K / least);
  free(c);
  free(b);
  free(a);
  return 0;
}

/* The same in bf16: blocks of 32 rows that stay in the first-level cache by columns in the second. */
static int peak_bf16(char **argv) {
  enum { BLOCKS = 8, DEPTH = 512, RUNS = 200 };
  const lnti_bf16_kernels *kernel;
  static const size_t here = 0;
  lnt_cpu_level level;
  lnt_error err;
  uint16_t *a = NULL, *b = NULL;
  float *sum = NULL;
  double least = INFINITY;
  stop(lnt_cpu_parse(&level, argv[2], &err), &err);
  kernel = lnti_bf16_kernels_of(level < lnt_cpu_detect() ? level : lnt_cpu_detect()); /* detecting asks for the tiles */
  if (!kernel) {
    fprintf(stderr, "no products of bf16 at the level %s here\n", argv[2]);
    return 1;
  }
  const size_t n = LNTI_BF16_COLUMNS * DEPTH;
  stop(lnti_alloc_aligned(&a, LNTI_BF16_ROWS * DEPTH, sizeof *a, &err), &err);
  stop(lnti_alloc_aligned(&b, BLOCKS * n, sizeof *b, &err), &err);
  stop(lnti_alloc_aligned(&sum, LNTI_BF16_ROWS * LNTI_BF16_COLUMNS, sizeof *sum, &err), &err);
  memset(a, 0, LNTI_BF16_ROWS * DEPTH * sizeof *a);
  memset(b, 0, BLOCKS * n * sizeof *b);
  const lnti_bf16_rows rows = {.a = a, .step = DEPTH, .tap = &here, .taps = 1, .depth = DEPTH};
  kernel->begin();
  for (int i = 0; i < RUNS; i++) {
    double begin = clock_of(CLOCK_PROCESS_CPUTIME_ID);
    for (int r = 0; r < 4; r++) {
      for (size_t k = 0; k < BLOCKS; k++) kernel->block(sum, &rows, LNTI_BF16_ROWS, b + k * n, NULL, 0);
    }
    double took = clock_of(CLOCK_PROCESS_CPUTIME_ID) - begin;
    if (took < least) least = took;
  }
  kernel->end();
  printf("{\"flops\": %.0f}\n", 4 * 2.0 * BLOCKS * LNTI_BF16_ROWS * (double)n / least);
  free(sum);
  free(b);
  free(a);
  return 0;
}

int main(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], "level") == 0) return puts(lnt_cpu_name(lnt_cpu_detect())) < 0;
  if (argc == 4 && strcmp(argv[1], "peak") == 0) return strcmp(argv[3], "bf16") == 0 ? peak_bf16(argv) : peak_f32(argv);
  if (argc == 10 && strcmp(argv[1], "run") == 0) return run(argv);
  if (argc == 9 && strcmp(argv[1], "layers") == 0) return layers(argv);
  fprintf(
      stderr,
      "bench_inference level | run FILE BATCH SIDE THREADS LEVEL RUNS TYPE OUT | layers FILE BATCH SIDE THREADS LEVEL "
      "RUNS TYPE | peak LEVEL TYPE\n");
  return 2;
}
