/*
 * Our side of bench/classical.py: one learner fitted and asked once, in a process of its own, so that its CPU time and
 * its peak of memory are its alone. It goes through the learner interface, with the parameters that `linnet train`
 * takes by default; the data are in memory before the clock starts. The result is one JSON object on stdout. No image
 * library is loaded, as none is on the other side.
 *
 * A learner of numbers takes the class's number for one; its accuracy is R squared.
 *
 *   bench_classical level                                      the best CPU level of this machine
 *   bench_classical run LEARNER DTYPE LEVEL THREADS TRAIN TEST fit on TRAIN.x and TRAIN.y, predict those of TEST
 *
 * FILE.x holds rows of u8 or f32, FILE.y a byte for each row, its class; both bare, so that any program reads them.
 */
#include "status.h"

#include <base/alloc.h>
#include <base/error.h>
#include <math.h>
#include <math/topk.h>
#include <model/learner.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- clocks ---- */

static double clock_s(clockid_t clock) {
  struct timespec t;
  (void)clock_gettime(clock, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- run ---- */

/* A whole file into fresh memory. */
static lnt_status read_file(void **out, size_t *bytes_out, const char *stem, const char *suffix, lnt_error *err) {
  char path[4096];
  void *data = NULL;
  (void)snprintf(path, sizeof path, "%s%s", stem, suffix);
  FILE *file = fopen(path, "rb");
  if (!file) return lnti_fail(err, LNT_ENOTFOUND, "%s: cannot be read", path);
  long bytes = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
  lnt_status status = bytes > 0 ? LNT_OK : lnti_fail(err, LNT_EDATA, "%s: empty", path);
  if (!status) status = lnti_alloc_aligned(&data, (size_t)bytes, 1, err);
  if (!status && (fseek(file, 0, SEEK_SET) != 0 || fread(data, (size_t)bytes, 1, file) != 1))
    status = lnti_fail(err, LNT_EIO, "%s: read failed", path);
  (void)fclose(file);
  if (status) {
    free(data);
    return status;
  }
  *out = data;
  *bytes_out = (size_t)bytes;
  return LNT_OK;
}

typedef struct data_set {
  void *rows;
  int32_t *label;
  double *value; /* the labels as numbers */
  lnti_matrix x;
} data_set;

static lnt_status read_set(data_set *set, const char *stem, lnti_dtype dtype, lnt_error *err) {
  void *bytes = NULL;
  size_t n = 0, size = 0;
  lnt_status status = read_file(&set->rows, &size, stem, ".x", err);
  if (!status) status = read_file(&bytes, &n, stem, ".y", err);
  if (!status) status = lnti_alloc(&set->label, n, sizeof *set->label, err);
  if (!status) status = lnti_alloc(&set->value, n, sizeof *set->value, err);
  if (!status) {
    for (size_t i = 0; i < n; i++) set->value[i] = set->label[i] = ((const uint8_t *)bytes)[i];
    set->x = lnti_matrix_of(set->rows, n, size / n / lnti_dtype_bytes(dtype), dtype);
  }
  free(bytes);
  return status;
}

static void data_set_clear(data_set *set) {
  free(set->rows);
  free(set->label);
  free(set->value);
}

/* What is measured. */
typedef struct measured {
  double fit_cpu, fit_wall, predict_cpu, predict_wall, loaded_mb, peak_mb, accuracy;
  lnti_fit_report report;
} measured;

static double r_squared(const float *score, const data_set *test) {
  double mean = 0, off = 0, spread = 0;
  for (size_t i = 0; i < test->x.n; i++) mean += test->value[i] / (double)test->x.n;
  for (size_t i = 0; i < test->x.n; i++) {
    off += ((double)score[i] - test->value[i]) * ((double)score[i] - test->value[i]);
    spread += (test->value[i] - mean) * (test->value[i] - mean);
  }
  return 1 - off / spread;
}

static lnt_status fit_and_predict(measured *out, const lnti_learner *learner, const data_set *train,
                                  const data_set *test, const lnti_context *context, lnt_error *err) {
  lnti_fitted *fitted = NULL;
  float *score = NULL;
  uint32_t *predicted = NULL;
  size_t n = test->x.n, classes = 0, right = 0;
  lnti_params params;
  for (size_t i = 0; i < train->x.n; i++) {
    if ((size_t)train->label[i] >= classes) classes = (size_t)train->label[i] + 1;
  }
  bool number = learner->tasks == LNTI_TAKES(LNTI_REGRESSION);
  if (number) classes = 1;
  lnti_problem problem = {.x = train->x, .label = train->label, .n_classes = classes, .seed = 1, .rows_outlive = true};
  if (number) {
    problem.task = LNTI_REGRESSION;
    problem.label = NULL;
    problem.value = train->value;
  }
  lnti_params_init(&params, learner->params);
  out->loaded_mb = status_mb("VmHWM:");

  double cpu = clock_s(CLOCK_PROCESS_CPUTIME_ID), wall = clock_s(CLOCK_MONOTONIC);
  lnt_status status = learner->fit(&fitted, &out->report, &problem, &params, context, err);
  out->fit_cpu = clock_s(CLOCK_PROCESS_CPUTIME_ID) - cpu;
  out->fit_wall = clock_s(CLOCK_MONOTONIC) - wall;

  cpu = clock_s(CLOCK_PROCESS_CPUTIME_ID), wall = clock_s(CLOCK_MONOTONIC);
  if (!status) status = lnti_alloc(&score, n, classes * sizeof *score, err);
  if (!status) status = lnti_alloc(&predicted, n, sizeof *predicted, err);
  if (!status) status = learner->score(score, fitted, &test->x, context, err);
  for (size_t i = 0; i < n && !status; i++) predicted[i] = (uint32_t)lnti_argmax(score + i * classes, classes);
  out->predict_cpu = clock_s(CLOCK_PROCESS_CPUTIME_ID) - cpu;
  out->predict_wall = clock_s(CLOCK_MONOTONIC) - wall;

  for (size_t i = 0; i < n && !status; i++) right += predicted[i] == (uint32_t)test->label[i];
  out->accuracy = (double)right / (double)n;
  if (number && !status) out->accuracy = r_squared(score, test);
  out->peak_mb = status_mb("VmHWM:");
  free(predicted);
  free(score);
  lnti_fitted_free(fitted);
  return status;
}

static lnt_status run(char **argv, lnt_error *err) {
  const lnti_learner *learner = NULL;
  lnti_dtype dtype = LNTI_U8;
  lnti_context context = {.cpu = LNT_CPU_GENERIC};
  data_set train = {0}, test = {0};
  measured m = {0};
  lnti_pool *pool = NULL;
  lnt_status status = lnti_learner_find(&learner, argv[0], err);
  if (!status) status = lnti_dtype_parse(&dtype, argv[1], err);
  if (!status) status = lnt_cpu_parse(&context.cpu, argv[2], err);
  if (!status && context.cpu > lnt_cpu_detect()) { /* which also asks for the right to use AMX */
    status = lnti_fail(err, LNT_EUNSUPPORTED, "this machine has no %s", argv[2]);
  }
  if (!status) status = lnti_pool_new(&pool, (unsigned)strtoul(argv[3], NULL, 10), err);
  if (!status) status = read_set(&train, argv[4], dtype, err);
  if (!status) status = read_set(&test, argv[5], dtype, err);
  context.pool = pool;
  if (!status) status = fit_and_predict(&m, learner, &train, &test, &context, err);
  if (!status) {
    (void)printf("{\"fit_cpu\": %.6f, \"fit_wall\": %.6f, \"predict_cpu\": %.6f, \"predict_wall\": %.6f, ", m.fit_cpu,
                 m.fit_wall, m.predict_cpu, m.predict_wall);
    (void)printf("\"loaded_mb\": %.1f, \"peak_mb\": %.1f, \"accuracy\": %.6f, \"iterations\": %u, ", m.loaded_mb,
                 m.peak_mb, m.accuracy, m.report.iterations);
    (void)printf("\"n_train\": %zu, \"n_test\": %zu, \"d\": %zu}\n", train.x.n, test.x.n, train.x.d);
  }
  data_set_clear(&test);
  data_set_clear(&train);
  lnti_pool_free(pool);
  return status;
}

int main(int argc, char **argv) {
  lnt_error err = LNT_ERROR_INIT;
  lnt_status status = LNT_OK;
  if (argc == 2 && strcmp(argv[1], "level") == 0) {
    (void)printf("%s\n", lnt_cpu_name(lnt_cpu_detect()));
  } else if (argc == 8 && strcmp(argv[1], "run") == 0) {
    status = run(argv + 2, &err);
  } else {
    (void)fprintf(stderr, "bench_classical: run by bench/classical.py; the head of bench/classical.c says how\n");
    return 2;
  }
  if (status) (void)fprintf(stderr, "bench_classical: %s\n", err.message);
  return status ? 1 : 0;
}
