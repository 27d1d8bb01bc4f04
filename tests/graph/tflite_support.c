/* Running networks that tests write as TensorFlow Lite's files. */
#include "tflite_support.h"

#include <base/rng.h>
#include <graph/tflite.h>
#include <math.h>

enum { ELEMENTS = 4096 };

size_t lnti_made_count(const made_tensor *t) {
  size_t n = 1;
  for (size_t d = 0; d < t->rank; d++) n *= (size_t)t->dim[d];
  return n;
}

/* One sample [h,w,c] to [c,h,w], or back. */
static void turn(float *out, const float *in, const made_tensor *t, bool to_planes) {
  size_t plane = (size_t)t->dim[1] * (size_t)t->dim[2], channels = (size_t)t->dim[3];
  for (size_t i = 0; i < plane; i++) {
    for (size_t c = 0; c < channels; c++) {
      size_t last = i * channels + c, first = c * plane + i;
      if (to_planes) {
        out[first] = in[last];
      } else {
        out[last] = in[first];
      }
    }
  }
}

static void put_sample(float *out, const float *in, const made_tensor *t, bool to_planes) {
  if (t->rank == 4) {
    turn(out, in, t, to_planes);
  } else {
    memcpy(out, in, lnti_made_count(t) * sizeof *out);
  }
}

lnti_graph *lnti_made_read(const maker *m) {
  lnti_graph *graph = NULL;
  flat f = write_model(m);
  uint8_t *exact = malloc(f.n); /* of exactly that length, so that a sanitizer sees what is read beyond */
  assert_non_null(exact);
  memcpy(exact, f.data, f.n);
  assert_ok(lnti_tflite_read(&graph, exact, f.n, ERR));
  free(exact);
  free(f.data);
  return graph;
}

/* Runs `n` samples x [n][h,w,c] through a network of one input and one output, y [n][...] as in the file. */
void lnti_made_run(float *y, const maker *m, const float *x, size_t n, bool plain) {
  const made_tensor *in = &m->tensor[m->input[0]], *out = &m->tensor[m->output[0]];
  const lnti_context context = {.cpu = lnt_cpu_detect()};
  size_t each_in = lnti_made_count(in), each_out = lnti_made_count(out);
  lnti_graph *graph = lnti_made_read(m);
  lnti_tensor input = graph->value[graph->input[0]].declared;
  lnti_plan *plan = NULL;
  float *data = NULL;
  assert_true(input.shape.dim[0] == LNTI_ANY_SIZE || n == 1);
  input.shape.dim[0] = n * (size_t)in->dim[0];
  const lnti_plan_options options = {.input = &input, .plain = plain};
  assert_ok(lnti_plan_new(&plan, graph, &options, &context, ERR));
  assert_ok(lnti_alloc_aligned(&data, n * each_in, sizeof *data, ERR));
  for (size_t i = 0; i < n; i++) put_sample(data + i * each_in, x + i * each_in, in, true);
  input.data = data;
  assert_ok(lnti_plan_run(plan, &input, ERR));
  const lnti_tensor *got = lnti_plan_output(plan, 0);
  assert_int_equal(lnti_shape_count(&got->shape), n * each_out);
  float *values = malloc(n * each_out * sizeof *values);
  assert_non_null(values);
  lnti_convert(values, LNTI_F32, got->data, got->dtype, n * each_out);
  for (size_t i = 0; i < n; i++) put_sample(y + i * each_out, values + i * each_out, out, false);
  free(values);
  free(data);
  lnti_plan_free(plan);
  lnti_graph_free(graph);
}

void lnti_made_random(float *out, size_t n, uint64_t seed) {
  lnti_rng rng;
  lnti_rng_seed(&rng, seed, 0);
  for (size_t i = 0; i < n; i++) out[i] = (float)(lnti_rng_unit(&rng) * 4 - 2);
}

void lnti_made_check(const maker *m, lnti_reference wanted_of, size_t samples, bool positive) {
  static float x[LNTI_MADE_SAMPLES * ELEMENTS], y[LNTI_MADE_SAMPLES * ELEMENTS], wanted[ELEMENTS];
  size_t each_in = lnti_made_count(&m->tensor[m->input[0]]), each_out = lnti_made_count(&m->tensor[m->output[0]]);
  assert_true(each_in <= ELEMENTS && each_out <= ELEMENTS);
  lnti_made_random(x, samples * each_in, 7);
  for (size_t i = 0; positive && i < samples * each_in; i++) x[i] = fabsf(x[i]) + 0.25f;
  for (int plain = 0; plain < 2; plain++) {
    lnti_made_run(y, m, x, samples, plain);
    for (size_t s = 0; s < samples; s++) {
      wanted_of(wanted, x + s * each_in, m);
      for (size_t i = 0; i < each_out; i++) {
        float mine = y[s * each_out + i];
        if (!(fabsf(mine - wanted[i]) <= 1e-4f * (1 + fabsf(wanted[i])))) {
          fail_msg("operator %d, sample %zu, element %zu: %g, wanted %g", m->op[m->n_ops - 1].code, s, i, (double)mine,
                   (double)wanted[i]);
        }
      }
    }
  }
}

/* A network that begins with x of these dimensions, first turned into planes where it has four. */
maker lnti_made_begin(const int32_t *dims) {
  maker m = {0};
  m.input[0] = add_tensor(&m, "x", F32, dims);
  m.n_inputs = m.n_outputs = 1;
  return m;
}

int lnti_made_activation(const made_op *op, unsigned field) {
  for (size_t i = 0; i < MADE_OPTIONS; i++) {
    if (op->option[i].kind && op->option[i].field == field) return (int)op->option[i].value;
  }
  return 0;
}

float lnti_activate(float v, int activation) {
  switch (activation) {
    case 1:
      return fmaxf(v, 0);
    case 2:
      return fminf(fmaxf(v, -1), 1);
    case 3:
      return fminf(fmaxf(v, 0), 6);
    case 4:
      return tanhf(v);
    default:
      return v;
  }
}

int (*lnti_source_of)(int);

void lnti_source_reference(float *y, const float *x, const maker *m) {
  for (int i = 0, n = (int)lnti_made_count(&m->tensor[m->output[0]]); i < n; i++) {
    y[i] = lnti_source_of(i) < 0 ? 0 : x[lnti_source_of(i)];
  }
}
