/*
 * Exact distances by definition, the sorted list of the nearest, and the plain search that the fast ones
 * are held against. The fast searches end in these same functions, so that equality of results is
 * equality of bits. Sums in double run over eight fixed partial sums: compilers may vectorise them, but
 * cannot change the order.
 */
#include <base/error.h>
#include <math.h>
#include <math/neighbours_index.h>
#include <float.h>

enum { PARTS = LNTI_EXACT_PARTS };

double lnti_exact_total(const double part[PARTS]) {
  return ((part[0] + part[4]) + (part[2] + part[6])) + ((part[1] + part[5]) + (part[3] + part[7]));
}

double lnti_exact_squared(const float *a, const float *b, size_t d) {
  double part[PARTS] = {0};
  size_t j = 0;
  for (; j + PARTS <= d; j += PARTS) {
    for (size_t l = 0; l < PARTS; l++) {
      double difference = (double)a[j + l] - (double)b[j + l];
      part[l] += difference * difference;
    }
  }
  for (size_t l = 0; j < d; j++, l++) {
    double difference = (double)a[j] - (double)b[j];
    part[l] += difference * difference;
  }
  return lnti_exact_total(part);
}

double lnti_exact_dot(const float *a, const float *b, size_t d) {
  double part[PARTS] = {0};
  size_t j = 0;
  for (; j + PARTS <= d; j += PARTS) {
    for (size_t l = 0; l < PARTS; l++) part[l] += (double)a[j + l] * (double)b[j + l];
  }
  for (size_t l = 0; j < d; j++, l++) part[l] += (double)a[j] * (double)b[j];
  return lnti_exact_total(part);
}

uint64_t lnti_exact_dot_u8(const uint8_t *a, const uint8_t *b, size_t d) {
  uint64_t sum = 0;
  for (size_t j = 0; j < d; j++) sum += (uint64_t)a[j] * b[j];
  return sum;
}

double lnti_cosine_distance(double dot, double norm_a, double norm_b) {
  if (norm_a <= 0 || norm_b <= 0) return 1;
  double distance = 1 - dot / sqrt(norm_a * norm_b);
  return distance < 0 ? 0 : distance > 2 ? 2 : distance;
}

void lnti_nearest_clear(lnti_nearest *list, size_t k) {
  for (size_t i = 0; i < k; i++) list[i] = (lnti_nearest){.distance = INFINITY, .row = UINT32_MAX};
}

void lnti_nearest_insert(lnti_nearest *list, size_t k, double distance, uint32_t row) {
  if (!(distance < list[k - 1].distance)) return;
  size_t at = k - 1;
  for (; at > 0 && distance < list[at - 1].distance; at--) list[at] = list[at - 1];
  list[at] = (lnti_nearest){.distance = distance, .row = row};
}

void lnti_nearest_write(uint32_t *row_out, float *distance_out, const lnti_nearest *list, size_t k) {
  for (size_t i = 0; i < k; i++) {
    row_out[i] = list[i].row;
    if (distance_out != NULL) distance_out[i] = list[i].distance > FLT_MAX ? FLT_MAX : (float)list[i].distance;
  }
}

lnt_status lnti_search_check(const lnti_matrix *rows, const lnti_matrix *queries, const size_t *skip, size_t k,
                             lnt_error *err) {
  if (queries->dtype != rows->dtype || queries->d != rows->d) {
    return lnti_fail(err, LNT_EINVAL, "queries of %zu x %s cannot be compared with rows of %zu x %s", queries->d,
                     lnti_dtype_name(queries->dtype), rows->d, lnti_dtype_name(rows->dtype));
  }
  size_t most = rows->n;
  for (size_t i = 0; skip != NULL && i < queries->n && most == rows->n; i++) {
    if (skip[i] < rows->n) most--;
  }
  if (most > LNTI_NEIGHBOURS_MAX) most = LNTI_NEIGHBOURS_MAX;
  if (k < 1 || k > most) {
    return lnti_fail(err, LNT_EINVAL, "%zu neighbours asked for: from %zu rows there are 1 to %zu", k, rows->n, most);
  }
  return LNT_OK;
}

static double squared_norm(const lnti_matrix *m, const void *row) {
  return m->dtype == LNTI_U8 ? (double)lnti_exact_dot_u8(row, row, m->d) : lnti_exact_dot(row, row, m->d);
}

static uint64_t squared_u8(const uint8_t *a, const uint8_t *b, size_t d) {
  uint64_t sum = 0;
  for (size_t j = 0; j < d; j++) {
    int difference = a[j] - b[j];
    sum += (uint64_t)(difference * difference);
  }
  return sum;
}

static double distance_between(const lnti_matrix *m, lnti_metric metric, const void *query, const void *row) {
  bool bytes = m->dtype == LNTI_U8;
  if (metric == LNTI_EUCLIDEAN) {
    return bytes ? (double)squared_u8(query, row, m->d) : lnti_exact_squared(query, row, m->d);
  }
  double dot = bytes ? (double)lnti_exact_dot_u8(query, row, m->d) : lnti_exact_dot(query, row, m->d);
  return lnti_cosine_distance(dot, squared_norm(m, query), squared_norm(m, row));
}

lnt_status lnti_neighbours_search_plain(uint32_t *row_out, float *distance_out, const lnti_matrix *rows,
                                        lnti_metric metric, const lnti_matrix *queries, const size_t *skip, size_t k,
                                        lnt_error *err) {
  lnt_status status = lnti_search_check(rows, queries, skip, k, err);
  if (status != LNT_OK) return status;
  for (size_t i = 0; i < queries->n; i++) {
    if (!isfinite(squared_norm(queries, lnti_matrix_row(queries, i)))) {
      return lnti_fail(err, LNT_EDATA, "query %zu holds a number that is not finite", i);
    }
  }
  for (size_t i = 0; i < queries->n; i++) {
    lnti_nearest list[LNTI_NEIGHBOURS_MAX];
    const void *query = lnti_matrix_row(queries, i);
    lnti_nearest_clear(list, k);
    for (size_t j = 0; j < rows->n; j++) {
      if (skip != NULL && skip[i] == j) continue;
      lnti_nearest_insert(list, k, distance_between(rows, metric, query, lnti_matrix_row(rows, j)), (uint32_t)j);
    }
    lnti_nearest_write(row_out + i * k, distance_out != NULL ? distance_out + i * k : NULL, list, k);
  }
  return LNT_OK;
}
