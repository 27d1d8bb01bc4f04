/*
 * bench_view DIR LEVEL THREADS: what a view over a synthetic project (make_project) takes, as JSON on standard output. Times are
 * milliseconds of CPU of the process and by the wall; each list is as measured, to be summed up by view.py.
 */
#include <base/error.h>
#include <base/json.h>
#include <base/rng.h>
#include <flow/annotate/annotate.h>
#include <flow/view/query.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { FILTERS = 60, FACETS = 12, PAGE = 200, PAGES = 1000, ROUNDS = 5 };

static const char *const facet_keys[FACETS] = {"labelled", "split",  "format", "source", "class", "part",
                                               "operator", "camera", "site",   "date",   "batch", "patient"};

typedef struct bench {
  lnti_project *project;
  lnti_view *view;
  lnti_json_writer *json;
  lnti_rng rng;
  lnt_error err;
} bench;

static void must(bench *b, lnt_status status) {
  if (status == LNT_OK) return;
  fprintf(stderr, "bench_view: %s\n", b->err.message);
  exit(1);
}

/* ---- clocks ---- */

typedef struct stopwatch {
  struct timespec cpu, wall;
} stopwatch;

static double ms_since(const struct timespec *then, clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return 1e3 * (double)(now.tv_sec - then->tv_sec) + 1e-6 * (double)(now.tv_nsec - then->tv_nsec);
}

static void start(stopwatch *watch) {
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &watch->cpu);
  clock_gettime(CLOCK_MONOTONIC, &watch->wall);
}

/* One measurement: [cpu, wall]. */
static void stop(bench *b, const stopwatch *watch) {
  double wall = ms_since(&watch->wall, CLOCK_MONOTONIC), cpu = ms_since(&watch->cpu, CLOCK_PROCESS_CPUTIME_ID);
  lnti_json_begin_array(b->json);
  lnti_json_real(b->json, cpu);
  lnti_json_real(b->json, wall);
  lnti_json_end_array(b->json);
}

static void begin(bench *b, const char *name) {
  lnti_json_key(b->json, name);
  lnti_json_begin_array(b->json);
}

static void end(bench *b) {
  lnti_json_end_array(b->json);
}

/* ---- filters, counts, a page ---- */

/* Three facets, as somebody clicks them: some classes, a few batches, some patients. */
static void make_filter(char *text, size_t bytes, lnti_rng *rng) {
  size_t at = (size_t)snprintf(text, bytes, "class in (class0, class%d, class%d) and batch<%d and patient<patient-%05d",
                               1 + (int)lnti_rng_below(rng, 5), 6 + (int)lnti_rng_below(rng, 6),
                               50 + (int)lnti_rng_below(rng, 4950), 500 + (int)lnti_rng_below(rng, 49500));
  if (lnti_rng_below(rng, 3) == 0) snprintf(text + at, bytes - at, " and not (width<1000 or site=site-0000*)");
}

static void one_query(bench *b, const char *text, const lnti_sort *sort) {
  lnti_filter *filter = NULL;
  lnti_selection *selection = NULL;
  lnti_facet facets[FACETS] = {0};
  uint32_t rows[PAGE];
  lnti_view_lock(b->view);
  must(b, lnti_filter_parse(&filter, text, lnti_view_names(b->view), &b->err));
  for (size_t i = 0; i < FACETS; i++) {
    must(b, lnti_field_find(&facets[i].field, lnti_view_names(b->view), facet_keys[i], &b->err));
  }
  must(b, lnti_view_query(&selection, facets, FACETS, b->view, filter, sort, &b->err));
  lnti_selection_page(rows, selection, lnti_selection_count(selection) / 2, PAGE);
  lnti_view_unlock(b->view);
  for (size_t i = 0; i < FACETS; i++) lnti_facet_clear(&facets[i]);
  lnti_selection_free(selection);
  lnti_filter_free(filter);
}

static void bench_queries(bench *b) {
  lnti_sort sort;
  must(b, lnti_sort_parse(&sort, lnti_view_names(b->view), "sharpness:desc", &b->err));
  one_query(b, "", &sort); /* the order is there now */
  begin(b, "query");
  for (int i = 0; i < FILTERS; i++) {
    char text[256];
    stopwatch watch;
    make_filter(text, sizeof text, &b->rng);
    start(&watch);
    one_query(b, text, i % 2 ? &sort : NULL);
    stop(b, &watch);
  }
  end(b);
}

static void bench_sorts(bench *b) {
  static const char *const keys[] = {"width", "sharpness:desc", "patient", "path"};
  for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) {
    char name[64];
    snprintf(name, sizeof name, "sort_%s", keys[k]);
    begin(b, name);
    lnti_view *view = NULL; /* a fresh one has no orders yet */
    lnti_sort sort;
    lnti_selection *selection = NULL;
    stopwatch watch;
    must(b, lnti_view_open(&view, b->project, NULL, NULL, &b->err));
    must(b, lnti_sort_parse(&sort, lnti_view_names(view), keys[k], &b->err));
    start(&watch);
    must(b, lnti_view_select(&selection, view, NULL, &sort, &b->err));
    stop(b, &watch);
    end(b);
    if (k == 1) {
      uint32_t rows[PAGE];
      begin(b, "pages_1000");
      for (int r = 0; r < ROUNDS; r++) {
        start(&watch);
        for (int i = 0; i < PAGES; i++) {
          lnti_selection_page(rows, selection, lnti_rng_below(&b->rng, lnti_view_count(view)), PAGE);
        }
        stop(b, &watch);
      }
      end(b);
    }
    lnti_selection_free(selection);
    lnti_view_close(view);
  }
}

/* ---- opening and catching up ---- */

static void bench_open(bench *b) {
  const lnti_view_options none = {.no_snapshot = true};
  lnti_view *view = NULL;
  stopwatch watch;
  begin(b, "build");
  start(&watch);
  must(b, lnti_view_open(&view, b->project, &none, NULL, &b->err));
  stop(b, &watch);
  end(b);
  lnti_json_kv_int(b->json, "items", (int64_t)lnti_view_count(view));
  lnti_json_kv_int(b->json, "column_bytes", (int64_t)lnti_view_bytes(view));
  lnti_view_close(view);
  must(b, lnti_view_open(&view, b->project, NULL, NULL, &b->err)); /* writes the snapshot if there is none */
  lnti_view_close(view);
  begin(b, "open");
  for (int r = 0; r < ROUNDS; r++) {
    start(&watch);
    must(b, lnti_view_open(&view, b->project, NULL, NULL, &b->err));
    stop(b, &watch);
    lnti_view_close(view);
  }
  end(b);
}

typedef struct answering {
  bench *b;
  lnti_ontology *ontology;
  lnti_annotation *annotations;
  size_t n;
} answering;

static lnt_status write_answers(void *payload, lnti_tx *tx, lnt_error *err) {
  answering *a = payload;
  const lnti_annotate_options options = {.source = LNTI_BY_PERSON};
  lnti_op op;
  int64_t op_id = 0;
  lnti_annotated written = {0};
  bool existed = false;
  lnti_project_op(&op, a->b->project, LNTI_OP_ANNOTATE, "bench");
  lnt_status status = lnti_tx_op(tx, &op_id, &existed, &op, err);
  return status ? status : lnti_annotate(tx, &written, a->ontology, op_id, a->annotations, a->n, &options, err);
}

/* So many items, drawn from all, get another class as one write; then the view catches up. */
static void bench_answers(bench *b, const char *name, size_t n) {
  answering a = {.b = b, .n = n};
  size_t question = LNTI_NONE;
  stopwatch watch;
  must(b, lnti_store_ontology(&a.ontology, b->project->store, &b->err));
  must(b, lnti_ontology_find_question(&question, a.ontology, "class", &b->err));
  must(b, lnti_alloc(&a.annotations, n, sizeof *a.annotations, &b->err));
  begin(b, name);
  for (int r = 0; r < ROUNDS; r++) {
    for (size_t i = 0; i < n; i++) {
      char option[16];
      snprintf(option, sizeof option, "class%d", (int)lnti_rng_below(&b->rng, 12));
      a.annotations[i] = (lnti_annotation){
          .item_id = lnti_view_id(b->view, lnti_rng_below(&b->rng, lnti_view_count(b->view))),
          .answer = {question, LNTI_ANSWERED, lnti_ontology_find_option(a.ontology, question, LNTI_NONE, option),
                     (double)NAN, NULL},
          .confidence = (double)NAN};
    }
    must(b, lnti_store_write(b->project->store, write_answers, &a, &b->err));
    start(&watch);
    must(b, lnti_view_update(b->view, NULL, &b->err));
    stop(b, &watch);
  }
  end(b);
  free(a.annotations);
  lnti_ontology_free(a.ontology);
}

int main(int argc, char **argv) {
  bench b = {.err = LNT_ERROR_INIT};
  lnti_context context = {0};
  const lnti_view_options none = {.no_snapshot = true};
  struct rusage usage;
  lnti_pool *pool = NULL;
  if (argc != 4) {
    fprintf(stderr, "usage: bench_view DIR LEVEL THREADS\n");
    return 2;
  }
  must(&b, lnt_cpu_parse(&context.cpu, argv[2], &b.err));
  must(&b, lnti_pool_new(&pool, (unsigned)strtoul(argv[3], NULL, 10), &b.err));
  context.pool = pool;
  lnti_rng_seed(&b.rng, 1, 0);
  must(&b, lnti_project_open(&b.project, argv[1], "bench", &context, &b.err));
  must(&b, lnti_json_writer_new(&b.json, lnti_json_sink_file, stdout, 0, &b.err));
  lnti_json_begin_object(b.json);
  bench_open(&b);
  must(&b, lnti_view_open(&b.view, b.project, &none, NULL, &b.err));
  bench_queries(&b);
  bench_sorts(&b);
  bench_answers(&b, "update_1", 1);
  bench_answers(&b, "update_10000", 10000);
  getrusage(RUSAGE_SELF, &usage);
  lnti_json_kv_int(b.json, "peak_kb", usage.ru_maxrss);
  lnti_json_end_object(b.json);
  must(&b, lnti_json_finish(b.json, &b.err));
  lnti_json_writer_free(b.json);
  lnti_view_close(b.view);
  lnti_project_close(b.project);
  lnti_pool_free(pool);
  return 0;
}
