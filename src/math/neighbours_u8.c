/*
 * Nearest neighbours of u8 rows, exact in integers. Rows are packed once into panels of 32 in the order
 * that the level's kernel reads; a block of queries is packed into tiles of 32. Each panel is then held
 * against every tile of the block while it stays in the first-level cache: the kernel makes 32 x 32
 * products, a vector compare finds those that beat their query's k-th best, and only these are looked at
 * one by one. Squared distances are exact modulo 2^32, which holds them all (d <= 65,536). Cosine is screened
 * in f32 with a margin above its rounding error, and decided in double.
 */
#include <base/alloc.h>
#include <base/error.h>
#include <math.h>
#include <math/neighbours_index.h>
#include <stdlib.h>

enum {
  QUERIES_MAX = 512,           /* of a chunk */
  TILES_BYTES = 512 << 10,     /* of packed queries of a chunk, so that they stay in the second-level cache */
  PANELS_PER_CHUNK = 64,       /* when packing */
  PANELS_BETWEEN_CHECKS = 256, /* looks at the cancel flag */
  AMX_DEPTH_MIN = 32           /* AMX packs rows in steps of 64 numbers: shorter ones would more than double */
};

static const lnti_u8_kernels *kernels_of(lnt_cpu_level level, size_t d) {
#if LNTI_KERNELS_X86
  if (level >= LNT_CPU_AMX && d >= AMX_DEPTH_MIN) return &lnti_u8_amx;
  if (level >= LNT_CPU_VNNI) return &lnti_u8_vnni;
  if (level >= LNT_CPU_AVX512) return &lnti_u8_avx512;
  if (level >= LNT_CPU_AVX2) return &lnti_u8_avx2;
#endif
  (void)level;
  (void)d;
  return &lnti_u8_generic;
}

/* ---- the index ---- */

static lnt_status pack_panels(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  lnti_neighbours *index = payload;
  size_t d = index->rows.d, panel_bytes = index->u8->panel_bytes(d);
  (void)worker;
  (void)err;
  for (size_t p = begin; p < end; p++) {
    size_t first = p * LNTI_PANEL;
    size_t n = index->rows.n - first < LNTI_PANEL ? index->rows.n - first : LNTI_PANEL;
    const uint8_t *rows = lnti_matrix_row(&index->rows, first);
    index->u8->pack_panel(index->packed + p * panel_bytes, rows, index->rows.stride, n, d);
    for (size_t i = 0; i < LNTI_PANEL; i++) {
      const uint8_t *row = rows + i * index->rows.stride;
      uint32_t squared = i < n ? (uint32_t)lnti_exact_dot_u8(row, row, d) : 0;
      index->squared[first + i] = squared;
      if (index->scale != NULL) index->scale[first + i] = squared > 0 ? (float)(1 / sqrt(squared)) : 0;
    }
  }
  return LNT_OK;
}

lnt_status lnti_index_u8(lnti_neighbours *index, const lnti_context *context, lnt_error *err) {
  index->u8 = kernels_of(context->cpu, index->rows.d);
  index->panels = (index->rows.n + LNTI_PANEL - 1) / LNTI_PANEL;
  size_t slots = index->panels * LNTI_PANEL;
  lnt_status status = lnti_alloc_aligned(&index->packed, index->panels, index->u8->panel_bytes(index->rows.d), err);
  if (status != LNT_OK) return status;
  status = lnti_alloc_aligned(&index->squared, slots, sizeof *index->squared, err);
  if (status != LNT_OK) return status;
  if (index->metric == LNTI_COSINE) {
    status = lnti_alloc_aligned(&index->scale, slots, sizeof *index->scale, err);
    if (status != LNT_OK) return status;
  }
  return lnti_pool_for(context->pool, index->panels, PANELS_PER_CHUNK, pack_panels, index, context->cancel, err);
}

/* ---- the search ---- */

size_t lnti_search_u8_grain(const lnti_neighbours *index) {
  size_t tiles = TILES_BYTES / index->u8->tile_bytes(index->rows.d);
  if (tiles < 1) tiles = 1;
  return tiles < QUERIES_MAX / LNTI_TILE ? tiles * LNTI_TILE : QUERIES_MAX;
}

/* What one chunk of queries keeps. */
typedef struct block {
  const lnti_search *search;
  size_t begin, n;      /* its queries */
  unsigned char *tiles; /* [ceil(n / LNTI_TILE)] packed tiles */
  lnti_nearest *list;   /* [n,k] */
  uint32_t *squared;    /* [n] squared norms of the queries */
  uint32_t *limit;      /* [n] Euclidean: what a squared distance must be below */
  float *limit_cosine;  /* [n] cosine: what dot / |row| must be above */
} block;

static void block_clear(block *b) {
  free(b->tiles);
  free(b->list);
  free(b->squared);
  free(b->limit);
  free(b->limit_cosine);
}

static lnt_status block_init(block *b, const lnti_search *search, size_t begin, size_t end, lnt_error *err) {
  const lnti_neighbours *index = search->index;
  size_t d = index->rows.d, n = end - begin, tiles = (n + LNTI_TILE - 1) / LNTI_TILE;
  size_t tile_bytes = index->u8->tile_bytes(d);
  *b = (block){.search = search, .begin = begin, .n = n};
  lnt_status status = lnti_alloc_aligned(&b->tiles, tiles, tile_bytes, err);
  if (status == LNT_OK) status = lnti_alloc(&b->list, n * search->k, sizeof *b->list, err);
  if (status == LNT_OK) status = lnti_alloc(&b->squared, n, sizeof *b->squared, err);
  if (status == LNT_OK) status = lnti_alloc(&b->limit, n, sizeof *b->limit, err);
  if (status == LNT_OK) status = lnti_alloc(&b->limit_cosine, n, sizeof *b->limit_cosine, err);
  if (status != LNT_OK) {
    block_clear(b);
    return status;
  }
  for (size_t t = 0; t < tiles; t++) {
    size_t first = t * LNTI_TILE, count = n - first < LNTI_TILE ? n - first : LNTI_TILE;
    index->u8->pack_tile(b->tiles + t * tile_bytes, lnti_matrix_row(&search->queries, begin + first),
                         search->queries.stride, count, d);
  }
  for (size_t i = 0; i < n; i++) {
    const uint8_t *query = lnti_matrix_row(&search->queries, begin + i);
    b->squared[i] = (uint32_t)lnti_exact_dot_u8(query, query, d);
    b->limit[i] = UINT32_MAX; /* above every distance: 255^2 * 65536 */
    b->limit_cosine[i] = -1;  /* below every product */
  }
  lnti_nearest_clear(b->list, n * search->k);
  return LNT_OK;
}

/* The screen's margin: dot, 1/|row| and their product are rounded to f32 (3 * 2^-24 in all), this limit too, and
 * 1 - distance has lost up to 2^-53 / similarity, where a similarity is no smaller than 2^-32. */
static float cosine_limit(double distance, uint32_t squared) {
  return distance > 2 ? -1.0f : (float)((1 - distance) * sqrt(squared) * (1 - 2e-6));
}

/* Looks at the rows of a panel that the screen let through for query i of the block. */
static void take_hits(block *b, size_t i, uint32_t hit, size_t panel, const uint32_t *dot) {
  const lnti_search *search = b->search;
  const lnti_neighbours *index = search->index;
  size_t first = panel * LNTI_PANEL;
  lnti_nearest *list = b->list + i * search->k;
  for (size_t j = 0; hit != 0; j++, hit >>= 1) {
    size_t row = first + j;
    if ((hit & 1) == 0 || row >= index->rows.n) continue;
    if (search->skip != NULL && search->skip[b->begin + i] == row) continue;
    uint32_t squared = index->squared[row];
    double distance = index->metric == LNTI_EUCLIDEAN ? (double)(uint32_t)(squared + b->squared[i] - 2 * dot[j])
                                                      : lnti_cosine_distance(dot[j], squared, b->squared[i]);
    lnti_nearest_insert(list, search->k, distance, (uint32_t)row);
  }
  double worst = list[search->k - 1].distance;
  if (worst < INFINITY) {
    if (index->metric == LNTI_EUCLIDEAN) b->limit[i] = (uint32_t)worst;
    if (index->metric == LNTI_COSINE) b->limit_cosine[i] = cosine_limit(worst, b->squared[i]);
  }
}

/* One panel against one tile of queries. */
static void compare(block *b, size_t panel, size_t tile, size_t panel_bytes, size_t tile_bytes) {
  _Alignas(64) uint32_t dot[LNTI_TILE * LNTI_PANEL];
  uint32_t hit[LNTI_TILE];
  const lnti_neighbours *index = b->search->index;
  const lnti_u8_kernels *u8 = index->u8;
  size_t first = tile * LNTI_TILE, n = b->n - first < LNTI_TILE ? b->n - first : LNTI_TILE;
  u8->dots(dot, b->tiles + tile * tile_bytes, n, index->packed + panel * panel_bytes, index->rows.d);
  bool any = index->metric == LNTI_EUCLIDEAN
                 ? u8->nearer(hit, dot, index->squared + panel * LNTI_PANEL, b->squared + first, b->limit + first, n)
                 : u8->similar(hit, dot, index->scale + panel * LNTI_PANEL, b->limit_cosine + first, n);
  if (!any) return;
  for (size_t i = 0; i < n; i++) {
    if (hit[i] != 0) take_hits(b, first + i, hit[i], panel, dot + i * LNTI_PANEL);
  }
}

lnt_status lnti_search_u8(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  const lnti_search *search = payload;
  const lnti_neighbours *index = search->index;
  block b;
  (void)worker;
  lnt_status status = block_init(&b, search, begin, end, err);
  if (status != LNT_OK) return status;
  size_t panel_bytes = index->u8->panel_bytes(index->rows.d), tile_bytes = index->u8->tile_bytes(index->rows.d);
  size_t tiles = (b.n + LNTI_TILE - 1) / LNTI_TILE, k = search->k;
  if (index->u8->begin != NULL) index->u8->begin();
  for (size_t p = 0; p < index->panels && status == LNT_OK; p++) {
    for (size_t t = 0; t < tiles; t++) compare(&b, p, t, panel_bytes, tile_bytes);
    if (p % PANELS_BETWEEN_CHECKS == PANELS_BETWEEN_CHECKS - 1) status = lnti_cancel_check(search->cancel, err);
  }
  if (index->u8->end != NULL) index->u8->end();
  for (size_t i = 0; i < b.n && status == LNT_OK; i++) {
    size_t at = (begin + i) * k;
    lnti_nearest_write(search->row + at, search->distance != NULL ? search->distance + at : NULL, b.list + i * k, k);
  }
  block_clear(&b);
  return status;
}
