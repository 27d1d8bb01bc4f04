/*
 * Distances come from products of blocks of rows with all means; the nearest mean's is then taken once more in double, so that
 * what is told does not hang on how the products were summed.
 */
#include <model/novelty.h>

#include <base/alloc.h>
#include <base/cancel.h>
#include <base/error.h>
#include <float.h>
#include <math.h>
#include <math/gemm.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 256 };

static const char tensor_name[] = "unknown";
static const double WITHIN = 0.95, SCALE_LEAST = 1e-6;

static double squared_length(const float *x, size_t d) {
  double sum = 0;
  for (size_t j = 0; j < d; j++) sum += (double)x[j] * (double)x[j];
  return sum;
}

static double squared_distance(const float *a, const float *b, size_t d) {
  double sum = 0;
  for (size_t j = 0; j < d; j++) {
    double away = (double)a[j] - (double)b[j];
    sum += away * away;
  }
  return sum;
}

/* Rows [begin,end) brought to length 1; those of length 0 stay. */
static void unit_rows(float *out, const lnti_matrix *x, size_t begin, size_t end) {
  lnti_matrix_to_f32(out, x, begin, end);
  for (size_t i = 0; i < end - begin; i++) {
    float *row = out + i * x->d;
    double norm = sqrt(squared_length(row, x->d));
    for (size_t j = 0; j < x->d && norm > 0; j++) row[j] = (float)((double)row[j] / norm);
  }
}

/* ---- nearest mean ---- */

typedef struct nearest {
  const lnti_novelty *of;
  const lnti_context *context;
  float *rows;    /* [ROWS,d] of length 1 */
  float *product; /* [ROWS,k] */
  float *square;  /* [k] of the means; infinite: not to be found */
} nearest;

static void clear_nearest(nearest *s) {
  free(s->rows);
  free(s->product);
  free(s->square);
}

static lnt_status begin_nearest(nearest *s, const lnti_novelty *of, const bool *without, const lnti_context *context,
                                lnt_error *err) {
  size_t left = 0;
  *s = (nearest){.of = of, .context = context};
  lnt_status status = lnti_alloc_aligned(&s->rows, ROWS * of->d, sizeof *s->rows, err);
  if (!status) status = lnti_alloc_aligned(&s->product, ROWS * of->k, sizeof *s->product, err);
  if (!status) status = lnti_alloc(&s->square, of->k, sizeof *s->square, err);
  for (size_t c = 0; c < of->k && !status; c++) {
    double square = squared_length(of->mean + c * of->d, of->d);
    bool out = square == 0 || (without && without[c]);
    s->square[c] = out ? INFINITY : (float)square;
    left += !out;
  }
  if (!status && left == 0)
    status = lnti_fail(err, LNT_EINVAL, "no class is left to compare with: the unknown score needs one that is known");
  if (status) clear_nearest(s);
  return status;
}

/* Products of the rows [begin,end) of x with all means. */
static lnt_status multiply(nearest *s, const lnti_matrix *x, size_t begin, size_t end, lnt_error *err) {
  const lnti_novelty *of = s->of;
  lnt_status status = lnti_cancel_check(s->context->cancel, err);
  if (status) return status;
  unit_rows(s->rows, x, begin, end);
  return lnti_gemm_nt(s->product, of->k, s->rows, of->d, of->mean, of->d, end - begin, of->k, of->d, s->context, err);
}

/* The nearest of all but `skip`, by half its squared distance less what is the same for all; k: none is there. */
static size_t find_nearest(const nearest *s, size_t row, size_t skip) {
  const float *product = s->product + row * s->of->k;
  size_t best = s->of->k;
  float least = INFINITY;
  for (size_t c = 0; c < s->of->k; c++) {
    float half = 0.5F * s->square[c] - product[c];
    if (c == skip || !(half < least)) continue;
    least = half;
    best = c;
  }
  return best;
}

static double distance_to(const nearest *s, size_t row, size_t class) {
  return sqrt(squared_distance(s->rows + row * s->of->d, s->of->mean + class * s->of->d, s->of->d));
}

lnt_status lnti_novelty_score(float *score_out, const lnti_novelty *novelty, const lnti_matrix *x, const bool *without,
                              const lnti_context *context, lnt_error *err) {
  nearest s;
  if (x->d != novelty->d)
    return lnti_fail(err, LNT_EINVAL, "vectors of %zu values, where the model was trained on %zu", x->d, novelty->d);
  lnt_status status = begin_nearest(&s, novelty, without, context, err);
  if (status) return status;
  for (size_t begin = 0; begin < x->n && !status; begin += ROWS) {
    size_t end = x->n - begin < ROWS ? x->n : begin + ROWS;
    status = multiply(&s, x, begin, end, err);
    for (size_t i = 0; i < end - begin && !status; i++) {
      size_t class = find_nearest(&s, i, SIZE_MAX);
      score_out[begin + i] = class < novelty->k ? (float)(distance_to(&s, i, class) / novelty->scale) : FLT_MAX;
    }
  }
  clear_nearest(&s);
  return status;
}

/* ---- fitting ---- */

static int compare_doubles(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static lnt_status find_means(lnti_novelty *out, size_t *count, const lnti_matrix *x, const int32_t *label,
                             const lnti_context *context, lnt_error *err) {
  double *sum = NULL;
  float *rows = NULL;
  size_t d = x->d;
  lnt_status status = lnti_alloc_zero(&sum, out->k, d * sizeof *sum, err);
  if (!status) status = lnti_alloc(&rows, ROWS * d, sizeof *rows, err);
  for (size_t begin = 0; begin < x->n && !status; begin += ROWS) {
    size_t end = x->n - begin < ROWS ? x->n : begin + ROWS;
    status = lnti_cancel_check(context->cancel, err);
    if (status) break;
    unit_rows(rows, x, begin, end);
    for (size_t i = 0; i < end - begin; i++) {
      double *to = sum + (size_t)label[begin + i] * d;
      for (size_t j = 0; j < d; j++) to[j] += (double)rows[i * d + j];
      count[label[begin + i]]++;
    }
  }
  for (size_t c = 0; c < out->k && !status; c++) {
    for (size_t j = 0; j < d; j++) out->own[c * d + j] = count[c] > 0 ? (float)(sum[c * d + j] / (double)count[c]) : 0;
  }
  free(rows);
  free(sum);
  return status;
}

/* Of each row to the nearest mean, that of its own class without itself: n/(n-1) times as far as with itself. */
static lnt_status find_scale(lnti_novelty *out, const size_t *count, const lnti_matrix *x, const int32_t *label,
                             const lnti_context *context, lnt_error *err) {
  double *distance = NULL;
  nearest s;
  lnt_status status = begin_nearest(&s, out, NULL, context, err);
  if (status) return status;
  status = lnti_alloc(&distance, x->n, sizeof *distance, err);
  for (size_t begin = 0; begin < x->n && !status; begin += ROWS) {
    size_t end = x->n - begin < ROWS ? x->n : begin + ROWS;
    status = multiply(&s, x, begin, end, err);
    for (size_t i = 0; i < end - begin && !status; i++) {
      size_t own = (size_t)label[begin + i], other = find_nearest(&s, i, own);
      double n = (double)count[own], least = INFINITY;
      if (n > 1) least = distance_to(&s, i, own) * n / (n - 1);
      if (other < out->k) least = fmin(least, distance_to(&s, i, other));
      distance[begin + i] = isfinite(least) ? least : 0;
    }
  }
  if (!status) {
    qsort(distance, x->n, sizeof *distance, compare_doubles);
    /* No two points of a sphere of radius 1 are further apart than 2, but for rounding. */
    out->scale = fmin(2, distance[(size_t)ceil(WITHIN * (double)x->n) - 1]);
  }
  free(distance);
  clear_nearest(&s);
  return status;
}

lnt_status lnti_novelty_fit(lnti_novelty **out, const lnti_matrix *x, const int32_t *label, size_t k,
                            const lnti_context *context, lnt_error *err) {
  lnti_novelty *novelty = NULL;
  size_t *count = NULL;
  *out = NULL;
  if (x->n == 0 || k > LNTI_NOVELTY_VALUES_MAX / x->d) return LNT_OK;
  lnt_status status = lnti_alloc_zero(&novelty, 1, sizeof *novelty, err);
  if (!status) status = lnti_alloc_aligned(&novelty->own, k * x->d, sizeof *novelty->own, err);
  if (!status) status = lnti_alloc_zero(&count, k, sizeof *count, err);
  if (status) goto done;
  novelty->k = k;
  novelty->d = x->d;
  novelty->mean = novelty->own;
  status = find_means(novelty, count, x, label, context, err);
  bool any = false;
  for (size_t at = 0; at < k * x->d && !status; at++) any = any || novelty->own[at] != 0;
  if (!status && any) status = find_scale(novelty, count, x, label, context, err);
  if (!status && novelty->scale >= SCALE_LEAST) {
    *out = novelty;
    novelty = NULL;
  }
done:
  free(count);
  lnti_novelty_free(novelty);
  return status;
}

void lnti_novelty_free(lnti_novelty *novelty) {
  if (!novelty) return;
  free(novelty->own);
  free(novelty);
}

/* ---- the model file ---- */

void lnti_novelty_write(lnti_json_writer *w, const lnti_novelty *novelty) {
  lnti_json_key(w, "unknown");
  lnti_json_begin_object(w);
  lnti_json_kv_string(w, "method", "class_means");
  lnti_json_kv_real(w, "scale", novelty->scale);
  lnti_json_end_object(w);
}

lnt_status lnti_novelty_save(const lnti_novelty *novelty, lnti_lnt_writer *file, lnt_error *err) {
  const size_t shape[2] = {novelty->k, novelty->d};
  return lnti_lnt_put_tensor(file, tensor_name, LNTI_F32, shape, 2, novelty->mean, err);
}

lnt_status lnti_novelty_load(lnti_novelty **out, const lnti_json_value *manifest, const lnti_lnt_reader *file, size_t k,
                             size_t d, lnt_error *err) {
  const lnti_json_value *object = lnti_json_get(manifest, "unknown");
  const lnti_json_value *scale = object ? lnti_json_get(object, "scale") : NULL;
  const char *method = NULL;
  const void *mean = NULL;
  size_t shape[2] = {k, d};
  *out = NULL;
  if (!object) return LNT_OK;
  if (object->type != LNTI_JSON_TYPE_OBJECT) return lnti_fail(err, LNT_EDATA, "'unknown' is no object");
  lnt_status status = lnti_json_get_string(&method, object, "method", "", err);
  if (status || strcmp(method, "class_means") != 0) return status; /* of a newer one: as if it had none */
  if (!scale || scale->type != LNTI_JSON_TYPE_NUMBER || !(scale->number >= SCALE_LEAST && scale->number <= 2))
    return lnti_fail(err, LNT_EDATA, "the 'scale' of 'unknown' is not within %g to 2", SCALE_LEAST);
  status = lnti_lnt_get_tensor(&mean, shape, 2, file, tensor_name, LNTI_F32, err);
  if (!status && !lnti_all_finite(mean, k * d))
    status = lnti_fail(err, LNT_EDATA, "its tensor '%s' holds a value that is no finite number", tensor_name);
  if (!status) status = lnti_alloc_zero(out, 1, sizeof **out, err);
  if (!status) **out = (lnti_novelty){.k = k, .d = d, .mean = mean, .scale = scale->number};
  return status;
}
