/*
 * The unknown score against its definition computed plainly, classes left out, and what a model file keeps of it.
 */
#include <base/rng.h>
#include <math.h>
#include <model/model_support.h>
#include <model/novelty.h>

enum { N = 300, D = 7, K = 5, QUERIES = 40 };

static float rows[N][D], queries[QUERIES][D];
static int32_t labels[N]; /* class 3 has no rows, class 4 one */

static void make_rows(uint64_t seed) {
  lnti_rng rng;
  lnti_rng_seed(&rng, seed, 0);
  for (size_t i = 0; i < N; i++) {
    labels[i] = i == 0 ? 4 : (int32_t)(i % 3);
    for (size_t j = 0; j < D; j++) rows[i][j] = (float)lnti_rng_unit(&rng) + (j == (size_t)labels[i] ? 1.5F : 0);
  }
  for (size_t i = 0; i < QUERIES; i++)
    for (size_t j = 0; j < D; j++) queries[i][j] = i == 7 ? 0 : (float)lnti_rng_unit(&rng) - 0.3F;
}

/* To the mean of the unit rows of a class but `but`; infinite: none is there. */
static double plain_distance(const float *x, int32_t class, size_t but) {
  double mean[D] = {0}, norm = 0, sum = 0;
  size_t n = 0;
  for (size_t i = 0; i < N; i++) {
    double length = 0;
    if (labels[i] != class || i == but) continue;
    for (size_t j = 0; j < D; j++) length += (double)rows[i][j] * (double)rows[i][j];
    for (size_t j = 0; j < D; j++) mean[j] += (double)rows[i][j] / sqrt(length);
    n++;
  }
  if (n == 0) return INFINITY;
  for (size_t j = 0; j < D; j++) norm += (double)x[j] * (double)x[j];
  for (size_t j = 0; j < D; j++) {
    double away = (norm > 0 ? (double)x[j] / sqrt(norm) : 0) - mean[j] / (double)n;
    sum += away * away;
  }
  return sqrt(sum);
}

static double plain_nearest(const float *x, const bool *without, size_t but) {
  double least = INFINITY;
  for (int32_t c = 0; c < K; c++)
    if (!without || !without[c]) least = fmin(least, plain_distance(x, c, but));
  return least;
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static lnti_novelty *fit(const lnti_context *context) {
  lnti_novelty *novelty = NULL;
  const lnti_matrix x = lnti_matrix_of(rows, N, D, LNTI_F32);
  assert_ok(lnti_novelty_fit(&novelty, &x, labels, K, context, ERR));
  assert_non_null(novelty);
  return novelty;
}

static void equals_the_definition(void **state) {
  (void)state;
  const lnti_context context = toy_context();
  static double distance[N];
  for (uint64_t seed = 1; seed <= 4; seed++) {
    make_rows(seed);
    lnti_novelty *novelty = fit(&context);
    for (size_t i = 0; i < N; i++) distance[i] = plain_nearest(rows[i], NULL, i);
    qsort(distance, N, sizeof *distance, compare);
    const double scale = distance[(size_t)ceil(0.95 * N) - 1];
    assert_true(fabs(novelty->scale - scale) < 1e-6);
    const lnti_matrix q = lnti_matrix_of(queries, QUERIES, D, LNTI_F32);
    const bool without[K] = {false, seed % 2 == 0, true};
    for (int pass = 0; pass < 2; pass++) {
      float score[QUERIES];
      assert_ok(lnti_novelty_score(score, novelty, &q, pass == 0 ? NULL : without, &context, ERR));
      for (size_t i = 0; i < QUERIES; i++) {
        double want = plain_nearest(queries[i], pass == 0 ? NULL : without, SIZE_MAX) / scale;
        if (fabs((double)score[i] - want) > 1e-5)
          fail_msg("seed %d, row %zu: %g, not %g", (int)seed, i, (double)score[i], want);
      }
    }
    lnti_novelty_free(novelty);
  }
}

static void what_cannot_be(void **state) {
  (void)state;
  const lnti_context context = toy_context();
  float score[2];
  make_rows(1);
  lnti_novelty *novelty = fit(&context), *none = NULL;
  const lnti_matrix narrow = lnti_matrix_of(queries, 2, D - 1, LNTI_F32), q = lnti_matrix_of(queries, 2, D, LNTI_F32);
  const bool all[K] = {true, true, true, false, true}; /* class 3 has no rows */
  assert_int_equal(lnti_novelty_score(score, novelty, &narrow, NULL, &context, ERR), LNT_EINVAL);
  assert_int_equal(lnti_novelty_score(score, novelty, &q, all, &context, ERR), LNT_EINVAL);
  lnti_novelty_free(novelty);
  const float same[3][2] = {{1, 1}, {2, 2}, {3, 3}}, nothing[2][2] = {{0, 0}, {0, 0}};
  const int32_t zeros[3] = {0, 0, 0};
  const lnti_matrix alike = lnti_matrix_of(same, 3, 2, LNTI_F32), empty = lnti_matrix_of(nothing, 2, 2, LNTI_F32);
  assert_ok(lnti_novelty_fit(&none, &alike, zeros, 2, &context, ERR)); /* no distances to compare with */
  assert_null(none);
  assert_ok(lnti_novelty_fit(&none, &empty, zeros, 2, &context, ERR));
  assert_null(none);
  assert_ok(lnti_novelty_fit(&none, &alike, zeros, LNTI_NOVELTY_VALUES_MAX, &context, ERR));
  assert_null(none);
}

/* A model file with the score, and one without, as older versions wrote it; one that lies about it. */
static void kept_in_the_model_file(void **state) {
  (void)state;
  lnti_context context = toy_context();
  char *folder = lnti_test_folder(), *path = lnti_test_path(folder, "toy.lnt");
  lnt_model *made = toy_model("centroid"), *opened = NULL;
  toy t;
  float before[60], after[60];
  toy_make(&t, 5, 60, TOY_D, TOY_K, LNTI_U8, 40);
  assert_ok(lnti_model_save(made, path, ERR));
  assert_ok(lnti_model_open(&opened, path, &context, ERR));
  assert_null(opened->novelty);
  lnt_model_close(opened);
  opened = NULL;
  assert_ok(lnti_novelty_fit(&made->novelty, &t.problem.x, t.label, TOY_K, &context, ERR));
  assert_ok(lnti_novelty_score(before, made->novelty, &t.problem.x, NULL, &context, ERR));
  assert_ok(lnti_model_save(made, path, ERR));
  assert_ok(lnti_model_open(&opened, path, &context, ERR));
  assert_ok(lnti_novelty_score(after, opened->novelty, &t.problem.x, NULL, &context, ERR));
  assert_memory_equal(before, after, sizeof before);
  lnt_model_close(opened);
  opened = NULL;
  made->novelty->scale = 3; /* no two vectors of length 1 are so far apart */
  assert_ok(lnti_model_save(made, path, ERR));
  assert_int_equal(lnti_model_open(&opened, path, &context, ERR), LNT_ECORRUPT);
  assert_message("'scale' of 'unknown'");
  made->novelty->scale = 0.5;
  made->novelty->own[4] = NAN;
  assert_ok(lnti_model_save(made, path, ERR));
  assert_int_equal(lnti_model_open(&opened, path, &context, ERR), LNT_ECORRUPT);
  made->novelty->own[4] = 0;
  made->novelty->k = TOY_K - 1; /* another shape than the classes say */
  assert_ok(lnti_model_save(made, path, ERR));
  assert_int_equal(lnti_model_open(&opened, path, &context, ERR), LNT_ECORRUPT);
  made->novelty->k = TOY_K;
  lnt_model_close(made);
  toy_clear(&t);
  free(path);
  lnti_test_folder_remove(folder);
}

/* Vectors that are opposite are 2 apart, and rounding may make it more: a file with that could not be opened. */
static void scale_stays_within_two(void **state) {
  (void)state;
  const lnti_context context = toy_context();
  static float pair[2][D];
  const int32_t classes[2] = {0, 1};
  lnti_rng rng;
  lnti_rng_seed(&rng, 1, 0);
  for (int round = 0; round < 500; round++) {
    lnti_novelty *novelty = NULL;
    for (size_t j = 0; j < D; j++) pair[1][j] = -(pair[0][j] = (float)lnti_rng_unit(&rng) - 0.5F);
    const lnti_matrix x = lnti_matrix_of(pair, 2, D, LNTI_F32);
    assert_ok(lnti_novelty_fit(&novelty, &x, classes, 2, &context, ERR));
    assert_non_null(novelty);
    assert_true(novelty->scale <= 2 && novelty->scale > 1.999);
    lnti_novelty_free(novelty);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(equals_the_definition),
      cmocka_unit_test(scale_stays_within_two),
      cmocka_unit_test(what_cannot_be),
      cmocka_unit_test(kept_in_the_model_file),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
