/*
 * Nearest neighbours of f32 rows: blocks of products, in which a vector compare finds the rows that could beat a
 * query's k-th best whatever the rounding, and these are measured again in double, in the order of
 * sums that the plain search has. So the result is the plain one, bit for bit.
 *
 * The products. A block of queries is packed once into small tiles, [d, queries of a tile]; 32 rows of the index at a
 * time become a panel [d, 32], which every tile of the block meets while it is in the cache. A tile's sums stay in
 * registers over the whole depth (up to DEPTH numbers of it), and are screened at once. Panels are made anew for each
 * block, which costs some hundredths of the time; keeping them would double the memory of the index.
 *
 * The screen. Let u = 2^-24. A product of d terms summed in f32 in any order, fused or not, differs from
 * q.t by at most g |q| |t|, g = d u / (1 - d u) (Higham, Accuracy and Stability of Numerical Algorithms,
 * 2002, section 3.1). Euclidean: |t|^2 - 2 q.t is compared with (k-th best) - |q|^2; cosine: -q.t / |t| with
 * ((k-th best) - 1) |q|. To the limit is added a bound for all roundings, taken at the longest row. Where norms are
 * so large or small that f32 products would overflow or vanish, the limit is NaN, which lets every row through.
 */
#include <base/alloc.h>
#include <base/error.h>
#include <math.h>
#include <math/neighbours_index.h>
#include <stdlib.h>

enum {
  QUERIES_MAX = 1024,        /* of a chunk */
  QUERIES_BYTES = 1 << 20,   /* of packed queries of a chunk: they pass by once a panel, from the second-level cache */
  DEPTH = 1024,              /* of a panel: 128 KiB */
  ROWS_PER_CHUNK = 1024,     /* when making the index */
  PANELS_BETWEEN_CHECKS = 32 /* looks at the cancel flag */
};

#define ROUNDING 5.9604644775390625e-8 /* 2^-24 */
#define NORM_LEAST 1e-15
#define NORM_MOST 1e15

static const lnti_f32_kernels *kernels_of(lnt_cpu_level level) {
#if LNTI_KERNELS_X86
  if (level >= LNT_CPU_AVX512) return &lnti_f32_avx512;
  if (level >= LNT_CPU_AVX2) return &lnti_f32_avx2;
#endif
  (void)level;
  return &lnti_f32_generic;
}

/* ---- the index ---- */

static lnt_status measure_rows(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  lnti_neighbours *index = payload;
  (void)worker;
  for (size_t i = begin; i < end; i++) {
    const float *row = lnti_matrix_row(&index->rows, i);
    double norm = lnti_exact_dot(row, row, index->rows.d);
    /* Squares of finite floats never overflow a double. */
    if (!isfinite(norm)) return lnti_fail(err, LNT_EDATA, "row %zu holds a number that is not finite", i);
    bool euclidean = index->metric == LNTI_EUCLIDEAN;
    index->norm[i] = norm;
    index->offset[i] = euclidean ? (float)fmin(norm, NORM_MOST * NORM_MOST) : 0;
    index->scale[i] = euclidean ? -2 : norm > 0 ? (float)(-1 / fmax(sqrt(norm), NORM_LEAST)) : 0;
  }
  return LNT_OK;
}

static bool norm_is_screened(double root) {
  return root == 0 || (root >= NORM_LEAST && root <= NORM_MOST);
}

lnt_status lnti_index_f32(lnti_neighbours *index, const lnti_context *context, lnt_error *err) {
  size_t n = index->rows.n;
  index->f32 = kernels_of(context->cpu);
  index->panels = (n + LNTI_PANEL - 1) / LNTI_PANEL;
  size_t slots = index->panels * LNTI_PANEL;
  lnt_status status = lnti_alloc(&index->norm, n, sizeof *index->norm, err);
  if (status == LNT_OK) status = lnti_alloc_aligned(&index->offset, slots, sizeof *index->offset, err);
  if (status == LNT_OK) status = lnti_alloc_aligned(&index->scale, slots, sizeof *index->scale, err);
  if (status != LNT_OK) return status;
  for (size_t i = n; i < slots; i++) index->offset[i] = index->scale[i] = 0;
  status = lnti_pool_for(context->pool, n, ROWS_PER_CHUNK, measure_rows, index, context->cancel, err);
  if (status != LNT_OK) return status;
  index->screened = (double)index->rows.d * ROUNDING < 0.1;
  for (size_t i = 0; i < n; i++) {
    double root = sqrt(index->norm[i]);
    if (root > index->norm_root) index->norm_root = root;
    if (!norm_is_screened(root)) index->screened = false;
  }
  return LNT_OK;
}

/* ---- the search ---- */

size_t lnti_search_f32_grain(const lnti_neighbours *index) {
  size_t n = QUERIES_BYTES / sizeof(float) / index->rows.d / LNTI_TILE * LNTI_TILE;
  return n < LNTI_TILE ? LNTI_TILE : n > QUERIES_MAX ? QUERIES_MAX : n;
}

/* What one chunk of queries keeps. */
typedef struct block {
  const lnti_search *search;
  size_t begin, n;    /* its queries */
  size_t tiles;       /* that they are packed into */
  float *queries;     /* for each DEPTH of d: [tiles, depth, queries of a tile] */
  float *panel;       /* [min(d, DEPTH), LNTI_PANEL] */
  float *dot;         /* [tiles, queries of a tile, LNTI_PANEL] */
  lnti_nearest *list; /* [n,k] */
  double *norm;       /* [n] squared norms of the queries */
  float *limit;       /* [n] what the screened value must be below; NaN: everything passes */
} block;

static void block_clear(block *b) {
  free(b->queries);
  free(b->panel);
  free(b->dot);
  free(b->list);
  free(b->norm);
  free(b->limit);
}

static size_t depth_from(size_t first, size_t d) {
  return d - first < DEPTH ? d - first : DEPTH;
}

static void pack_queries(block *b) {
  const lnti_search *search = b->search;
  size_t d = search->queries.d, each = search->index->f32->tile;
  for (size_t first = 0; first < d; first += DEPTH) {
    size_t depth = depth_from(first, d);
    float *out = b->queries + b->tiles * each * first;
    for (size_t i = 0; i < b->tiles * each; i++) {
      const float *query = i < b->n ? (const float *)lnti_matrix_row(&search->queries, b->begin + i) + first : NULL;
      float *place = out + i / each * each * depth + i % each;
      for (size_t l = 0; l < depth; l++) place[l * each] = query != NULL ? query[l] : 0;
    }
  }
}

static lnt_status block_alloc(block *b, lnt_error *err) {
  size_t d = b->search->queries.d, slots = b->tiles * b->search->index->f32->tile;
  lnt_status status = lnti_alloc_aligned(&b->queries, slots, d * sizeof *b->queries, err);
  if (status == LNT_OK) status = lnti_alloc_aligned(&b->panel, depth_from(0, d), LNTI_PANEL * sizeof *b->panel, err);
  if (status == LNT_OK) status = lnti_alloc_aligned(&b->dot, slots, LNTI_PANEL * sizeof *b->dot, err);
  if (status == LNT_OK) status = lnti_alloc(&b->list, b->n * b->search->k, sizeof *b->list, err);
  if (status == LNT_OK) status = lnti_alloc(&b->norm, b->n, sizeof *b->norm, err);
  if (status == LNT_OK) status = lnti_alloc(&b->limit, b->n, sizeof *b->limit, err);
  return status;
}

static lnt_status block_init(block *b, const lnti_search *search, size_t begin, size_t end, lnt_error *err) {
  size_t n = end - begin, each = search->index->f32->tile;
  *b = (block){.search = search, .begin = begin, .n = n, .tiles = (n + each - 1) / each};
  lnt_status status = block_alloc(b, err);
  for (size_t i = 0; i < n && status == LNT_OK; i++) {
    const float *query = lnti_matrix_row(&search->queries, begin + i);
    b->norm[i] = lnti_exact_dot(query, query, search->queries.d);
    b->limit[i] = NAN;
    if (!isfinite(b->norm[i])) {
      status = lnti_fail(err, LNT_EDATA, "query %zu holds a number that is not finite", begin + i);
    }
  }
  if (status != LNT_OK) {
    block_clear(b);
    return status;
  }
  pack_queries(b);
  lnti_nearest_clear(b->list, n * search->k);
  return LNT_OK;
}

/* The limit for a query of squared norm `norm` whose k-th best is at `worst`; the head explains. */
static float limit_of(const lnti_neighbours *index, double norm, double worst) {
  double d = (double)index->rows.d, q = sqrt(norm), t = index->norm_root;
  if (!index->screened || !norm_is_screened(q) || !(worst < INFINITY)) return NAN;
  if (worst <= 0) return -INFINITY; /* nothing is nearer than that, and equals come too late */
  double g = 1.2 * (d + 8) * ROUNDING, vanished = d * 1.2e-38;
  double limit, error;
  if (index->metric == LNTI_EUCLIDEAN) {
    limit = worst - norm;
    error = 2 * g * q * t + 4 * ROUNDING * (t * t + 2 * q * t) + 2 * vanished;
  } else {
    limit = (worst - 1) * q;
    error = (g + 4 * ROUNDING) * q + vanished / NORM_LEAST;
  }
  return (float)(limit + error + 4 * ROUNDING * fabs(limit));
}

/* Measures row `at` of the index against query i of the block. */
static void measure(block *b, size_t i, size_t at) {
  const lnti_search *search = b->search;
  const lnti_neighbours *index = search->index;
  lnti_nearest *list = b->list + i * search->k;
  const float *query = lnti_matrix_row(&search->queries, b->begin + i), *row = lnti_matrix_row(&index->rows, at);
  double distance = 0;
  if (index->metric == LNTI_EUCLIDEAN) {
    distance = index->f32->squared(query, row, index->rows.d);
  } else {
    distance = lnti_cosine_distance(lnti_exact_dot(query, row, index->rows.d), b->norm[i], index->norm[at]);
  }
  if (!(distance < list[search->k - 1].distance)) return;
  lnti_nearest_insert(list, search->k, distance, (uint32_t)at);
  b->limit[i] = limit_of(index, b->norm[i], list[search->k - 1].distance);
}

/* Products of all queries with a panel into b->dot, but of the last piece of the depth. Returns where that begins. */
static size_t multiply_pieces(block *b, size_t panel) {
  const lnti_neighbours *index = b->search->index;
  size_t d = index->rows.d, row = panel * LNTI_PANEL, each = index->f32->tile, first = 0;
  size_t n = index->rows.n - row < LNTI_PANEL ? index->rows.n - row : LNTI_PANEL;
  const float *rows = lnti_matrix_row(&index->rows, row);
  for (;; first += DEPTH) {
    index->f32->pack(b->panel, rows + first, index->rows.stride, n, depth_from(first, d));
    if (d - first <= DEPTH) return first;
    for (size_t t = 0; t < b->tiles; t++) {
      index->f32->dots(b->dot + t * each * LNTI_PANEL, b->queries + b->tiles * each * first + t * each * DEPTH,
                       b->panel, DEPTH, first > 0);
    }
  }
}

/* Looks at the rows of a panel that the screen let through for query i of the block. */
static void take_hits(block *b, size_t i, uint32_t hit, size_t panel) {
  const lnti_search *search = b->search;
  size_t skip = search->skip != NULL ? search->skip[b->begin + i] : SIZE_MAX;
  for (size_t row = panel * LNTI_PANEL; hit != 0 && row < search->index->rows.n; row++, hit >>= 1) {
    if ((hit & 1) != 0 && row != skip) measure(b, i, row);
  }
}

/* The block's queries against a panel. */
static void compare(block *b, size_t panel) {
  const lnti_neighbours *index = b->search->index;
  const lnti_f32_kernels *f32 = index->f32;
  const float *offset = index->offset + panel * LNTI_PANEL, *scale = index->scale + panel * LNTI_PANEL;
  size_t d = index->rows.d, first = multiply_pieces(b, panel), depth = d - first;
  const float *queries = b->queries + b->tiles * f32->tile * first;
  for (size_t t = 0; t < b->tiles; t++) {
    uint32_t hit[LNTI_F32_TILE_MAX];
    float *dot = b->dot + t * f32->tile * LNTI_PANEL;
    size_t begin = t * f32->tile, n = b->n - begin < f32->tile ? b->n - begin : f32->tile;
    f32->dots(dot, queries + begin * depth, b->panel, depth, first > 0);
    if (!f32->screen(hit, dot, offset, scale, b->limit + begin, n)) continue;
    for (size_t i = 0; i < n; i++) {
      if (hit[i] != 0) take_hits(b, begin + i, hit[i], panel);
    }
  }
}

lnt_status lnti_search_f32(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  const lnti_search *search = payload;
  size_t k = search->k;
  block b;
  (void)worker;
  lnt_status status = block_init(&b, search, begin, end, err);
  if (status != LNT_OK) return status;
  for (size_t p = 0; p < search->index->panels && status == LNT_OK; p++) {
    compare(&b, p);
    if (p % PANELS_BETWEEN_CHECKS == PANELS_BETWEEN_CHECKS - 1) status = lnti_cancel_check(search->cancel, err);
  }
  for (size_t i = 0; i < b.n && status == LNT_OK; i++) {
    size_t at = (begin + i) * k;
    lnti_nearest_write(search->row + at, search->distance != NULL ? search->distance + at : NULL, b.list + i * k, k);
  }
  block_clear(&b);
  return status;
}
