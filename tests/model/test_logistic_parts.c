/*
 * The parts of the fit: the gradient against finite differences and against the plain sum, moments by hand, and the
 * changes of variables against each other.
 */
#include <math.h>
#include <math/gemm.h>
#include <model/logistic_parts.h>
#include <model/model_support.h>

/* Loss and gradient [d + 1,lanes] by definition, in double. */
static double plain(double *gradient, const lnti_logistic_data *data, const float *w, const float *bias, size_t lanes) {
  size_t n = data->x.n, d = data->x.d, k = data->k;
  double loss = 0, z[128];
  for (size_t i = 0; gradient && i < (d + 1) * lanes; i++) gradient[i] = 0;
  float *x = malloc(d * sizeof *x);
  for (size_t i = 0; i < n; i++) {
    size_t lane = (size_t)data->lane_of[data->label[i * data->label_step]];
    double weight = data->lane_weight[lane], sum = 0, most = -1e300;
    lnti_matrix_to_f32(x, &data->x, i, i + 1);
    for (size_t c = 0; c < k; c++) {
      z[c] = (double)bias[c];
      for (size_t j = 0; j < d; j++) z[c] += (double)x[j] * (double)w[j * lanes + c];
      most = z[c] > most ? z[c] : most;
    }
    for (size_t c = 0; c < k; c++) sum += exp(z[c] - most);
    loss += weight * (most + log(sum) - z[lane]);
    for (size_t c = 0; gradient && c < k; c++) {
      double residual = weight * (exp(z[c] - most) / sum - (c == lane));
      for (size_t j = 0; j < d; j++) gradient[j * lanes + c] += (double)x[j] * residual;
      gradient[d * lanes + c] += residual;
    }
  }
  free(x);
  return loss;
}

static void check_sums(lnti_rng *rng, lnt_cpu_level level, size_t k, lnti_dtype dtype) {
  size_t n = 1 + lnti_rng_below(rng, 1500), d = 1 + lnti_rng_below(rng, 40), lanes = lnti_lanes(k);
  size_t step = 1 + lnti_rng_below(rng, 3);
  toy t;
  toy_make(&t, lnti_rng_next(rng), n * step, d, k, dtype, 50);
  float *w = NULL, *bias = NULL, *gradient = NULL;
  assert_int_equal(posix_memalign((void **)&w, 64, d * lanes * sizeof *w), 0);
  assert_int_equal(posix_memalign((void **)&bias, 64, lanes * sizeof *bias), 0);
  assert_int_equal(posix_memalign((void **)&gradient, 64, (d + 1) * lanes * sizeof *gradient), 0);
  double *wanted = malloc((d + 1) * lanes * sizeof *wanted), weight[128];
  int32_t lane_of[128];
  for (size_t c = 0; c < k; c++) {
    lane_of[c] = (int32_t)(k - 1 - c);
    weight[c] = 0.5 + lnti_rng_unit(rng);
  }
  for (size_t i = 0; i < d * lanes; i++)
    w[i] = i % lanes < k ? (float)(lnti_rng_normal(rng) / (dtype == LNTI_U8 ? 200 : 2)) : 0;
  for (size_t c = 0; c < lanes; c++) bias[c] = c < k ? (float)lnti_rng_normal(rng) : 0;

  lnti_logistic_data data = {.x = {t.x, n, d, d * step, dtype},
                             .label = t.label,
                             .label_step = step,
                             .lane_of = lane_of,
                             .lane_weight = weight,
                             .weight_sum = (double)n,
                             .k = k};
  lnti_context context = {.cpu = level};
  lnti_logistic_sums *sums = NULL;
  double loss = 0;
  assert_ok(lnti_logistic_sums_new(&sums, n, d, k, dtype, &context, ERR));
  for (int again = 0; again < 2; again++) /* nothing of the first run is left in the second */
    assert_ok(lnti_logistic_sums_run(&loss, gradient, sums, &data, w, bias, &context, ERR));
  double wanted_loss = plain(wanted, &data, w, bias, lanes);
  assert_true(fabs(loss - wanted_loss) <= 1e-5 * wanted_loss + 1e-4);
  double scale = dtype == LNTI_U8 ? 255 : 4;
  for (size_t i = 0; i < (d + 1) * lanes; i++)
    if (i % lanes < k) assert_true(fabs((double)gradient[i] - wanted[i]) <= 2e-6 * scale * (double)n + 1e-4);
  lnti_logistic_sums_free(sums);
  free(wanted);
  free(gradient);
  free(bias);
  free(w);
  toy_clear(&t);
}

/* The same of labels, by definition, a third of them unknown. */
static void check_label_sums(lnti_rng *rng, lnt_cpu_level level, size_t k, lnti_dtype dtype) {
  size_t n = 1 + lnti_rng_below(rng, 1200), d = 1 + lnti_rng_below(rng, 20), lanes = lnti_lanes(k), n_labels = k + 1;
  size_t step = 1 + lnti_rng_below(rng, 3);
  toy t;
  toy_labels(&t, lnti_rng_next(rng), n * step, d, n_labels, dtype);
  float *w = NULL, *gradient = NULL;
  assert_int_equal(posix_memalign((void **)&w, 64, (d + 1) * lanes * sizeof *w), 0);
  assert_int_equal(posix_memalign((void **)&gradient, 64, (d + 1) * lanes * sizeof *gradient), 0);
  double *wanted = calloc((d + 1) * lanes, sizeof *wanted), *row = malloc(d * sizeof *row), yes[128], no[128];
  int32_t label_of[128];
  for (size_t c = 0; c < k; c++) {
    label_of[c] = (int32_t)(k - c); /* label 0 has no lane */
    yes[c] = 0.5 + lnti_rng_unit(rng);
    no[c] = 0.5 + lnti_rng_unit(rng);
  }
  for (size_t i = 0; i < (d + 1) * lanes; i++)
    w[i] = i % lanes < k ? (float)(lnti_rng_normal(rng) / (dtype == LNTI_U8 ? 100 : 1)) : 0;
  lnti_logistic_data data = {.x = {t.x, n, d, d * step, dtype},
                             .label_step = step,
                             .lane_weight = yes,
                             .weight_sum = (double)n,
                             .k = k,
                             .truth = t.truth,
                             .n_labels = n_labels,
                             .label_of = label_of,
                             .no_weight = no};
  double wanted_loss = 0, loss = 0;
  for (size_t i = 0; i < n; i++) {
    toy_row(row, &t, i * step);
    for (size_t c = 0; c < k; c++) {
      int8_t y = t.truth[i * step * n_labels + (size_t)label_of[c]];
      double z = (double)w[d * lanes + c];
      for (size_t j = 0; j < d; j++) z += row[j] * (double)w[j * lanes + c];
      if (y < 0) continue;
      double a = y ? yes[c] : no[c], residual = a * (1 / (1 + exp(-z)) - y);
      wanted_loss += a * (log1p(exp(-fabs(z))) + (z > 0 ? z : 0) - y * z);
      for (size_t j = 0; j < d; j++) wanted[j * lanes + c] += row[j] * residual;
      wanted[d * lanes + c] += residual;
    }
  }
  lnti_context context = {.cpu = level};
  lnti_logistic_sums *sums = NULL;
  assert_ok(lnti_logistic_sums_new(&sums, n, d, k, dtype, &context, ERR));
  for (int again = 0; again < 2; again++)
    assert_ok(lnti_logistic_sums_run(&loss, gradient, sums, &data, w, w + d * lanes, &context, ERR));
  assert_true(fabs(loss - wanted_loss) <= 1e-5 * wanted_loss + 1e-4);
  double scale = dtype == LNTI_U8 ? 255 : 4;
  for (size_t i = 0; i < (d + 1) * lanes; i++) {
    if (i % lanes < k) assert_true(fabs((double)gradient[i] - wanted[i]) <= 2e-6 * scale * (double)n + 1e-4);
    if (i % lanes >= k) assert_true(gradient[i] == 0);
  }
  lnti_logistic_sums_free(sums);
  free(row);
  free(wanted);
  free(gradient);
  free(w);
  toy_clear(&t);
}

static void check_level(lnt_cpu_level level, void *payload) {
  const size_t classes[] = {2, 10, 17, 64, 65, 100};
  for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
    check_sums(payload, level, classes[i], LNTI_U8);
    check_sums(payload, level, classes[i], LNTI_F32);
    check_label_sums(payload, level, classes[i], i % 2 ? LNTI_U8 : LNTI_F32);
  }
}

static void check_seed(lnti_rng *rng, void *payload) {
  (void)payload;
  lnti_test_each_cpu_level(check_level, rng);
}

static void test_sums_are_the_definition(void **state) {
  (void)state;
  lnti_test_property("loss and gradient as by definition", 2, check_seed, NULL);
}

/* The plain gradient above is itself the derivative of the plain loss. */
static void test_gradient_is_the_derivative(void **state) {
  (void)state;
  enum { N = 30, D = 3, K = 3, LANES = 16 };
  toy t;
  toy_make(&t, 3, N, D, K, LNTI_F32, 50);
  float w[(D + 1) * LANES] = {0};
  double gradient[(D + 1) * LANES];
  const int32_t lane_of[K] = {0, 1, 2};
  const double weight[K] = {1, 2, 0.5};
  lnti_logistic_data data = {.x = t.problem.x,
                             .label = t.label,
                             .label_step = 1,
                             .lane_of = lane_of,
                             .lane_weight = weight,
                             .weight_sum = N,
                             .k = K};
  for (size_t i = 0; i < sizeof w / sizeof *w; i++) w[i] = i % LANES < K ? (float)(i % 7) / 8 - 0.25F : 0;
  plain(gradient, &data, w, w + D * LANES, LANES);
  for (size_t i = 0; i < sizeof w / sizeof *w; i++) {
    if (i % LANES >= K) continue;
    const float kept = w[i], step = 1.0F / 1024;
    w[i] = kept + step;
    double above = plain(NULL, &data, w, w + D * LANES, LANES);
    w[i] = kept - step;
    double below = plain(NULL, &data, w, w + D * LANES, LANES);
    w[i] = kept;
    assert_float_equal((above - below) / (2 * (double)step), gradient[i], 1e-3 * (1 + fabs(gradient[i])));
  }
  toy_clear(&t);
}

/* Columns 1 2 3 4 (mean 2.5, variance 1.25), 7 7 7 7, and 0 0 0 0.04 (mean 0.01, variance 0.0003): the floor is
 * 0.1 * sqrt((1.25 + 0 + 0.0003) / 3) = 0.064557, above the third deviation of 0.017321. */
static void test_moments_by_hand(void **state) {
  (void)state;
  const float x[12] = {1, 7, 0, 2, 7, 0, 3, 7, 0, 4, 7, 0.04F};
  lnti_matrix view = lnti_matrix_of(x, 4, 3, LNTI_F32);
  lnti_context context = toy_context();
  lnti_logistic_scale scale = {0};
  assert_ok(lnti_logistic_scale_new(&scale, &view, true, &context, ERR));
  assert_float_equal(scale.mean[0], 2.5, 1e-6);
  assert_float_equal(scale.mean[1], 7, 1e-6);
  assert_float_equal(scale.mean[2], 0.01, 1e-7);
  assert_float_equal(scale.inverse[0], 1 / sqrt(1.25), 1e-6);
  assert_true(scale.inverse[1] == 0);
  assert_float_equal(scale.inverse[2], 1 / 0.064557, 1e-2);
  lnti_logistic_scale_clear(&scale);
  assert_ok(lnti_logistic_scale_new(&scale, &view, false, &context, ERR));
  assert_true(scale.inverse[0] == 1 && scale.inverse[1] == 0 && scale.inverse[2] == 1);
  lnti_logistic_scale_clear(&scale);
  lnti_logistic_scale_clear(&scale); /* twice is fine */
}

/* u -> v -> u is the identity, and g_u . u == g_v . v: the gradient goes with the variables. */
static void test_changes_of_variables(void **state) {
  (void)state;
  enum { N = 200, D = 17, LANES = 16 };
  toy t;
  lnti_rng rng;
  float u[D * LANES], v[D * LANES], g[D * LANES];
  double before = 0, after = 0;
  lnti_rng_seed(&rng, 11, 0);
  toy_make(&t, 12, N, D, 3, LNTI_U8, 40);
  lnti_context context = toy_context();
  lnti_logistic_scale scale = {0};
  assert_ok(lnti_logistic_scale_new(&scale, &t.problem.x, true, &context, ERR));
  assert_ok(lnti_logistic_precondition(&scale, &t.problem.x, 0.2, 1e-3, &context, ERR));

  /* factor * factor^T is the scaled covariance, plus the ridge. */
  for (size_t a = 0; a < D; a++)
    for (size_t b = 0; b <= a; b++) {
      double covariance = 0, product = 0;
      const uint8_t *x = t.x;
      /* The sample is 8 d = 136 of the 200 rows, row floor(i * 200 / 136). */
      for (size_t i = 0; i < 8 * D; i++) {
        const uint8_t *row = x + (i * N / (8 * D)) * D;
        covariance += (row[a] - (double)scale.mean[a]) * (row[b] - (double)scale.mean[b]);
      }
      covariance *= (double)scale.inverse[a] * (double)scale.inverse[b] * 0.2 / (8 * D);
      for (size_t c = 0; c <= b; c++) product += (double)scale.factor[a * D + c] * (double)scale.factor[b * D + c];
      assert_float_equal(product, covariance + (a == b ? 1e-3 : 0), 1e-5);
    }

  for (size_t i = 0; i < D * LANES; i++) u[i] = (float)lnti_rng_normal(&rng);
  for (size_t i = 0; i < D * LANES; i++) g[i] = (float)lnti_rng_normal(&rng);
  memcpy(v, u, sizeof v);
  lnti_logistic_u_to_v(v, &scale, LANES);
  for (size_t i = 0; i < D * LANES; i++) before += (double)g[i] * (double)v[i];
  lnti_logistic_gradient_to_u(g, &scale, LANES);
  for (size_t i = 0; i < D * LANES; i++) after += (double)g[i] * (double)u[i];
  assert_float_equal(after / before, 1, 1e-3);
  lnti_logistic_v_to_u(v, &scale, LANES);
  for (size_t i = 0; i < D * LANES; i++) assert_float_equal(v[i], u[i], 1e-3);
  lnti_logistic_scale_clear(&scale);
  toy_clear(&t);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_sums_are_the_definition),
      cmocka_unit_test(test_gradient_is_the_derivative),
      cmocka_unit_test(test_moments_by_hand),
      cmocka_unit_test(test_changes_of_variables),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
