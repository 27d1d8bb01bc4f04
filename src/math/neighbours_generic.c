/*
 * Kernels in plain C, and the packings of u8 that levels share. Products are taken of 16-bit numbers summed
 * in 32 bits, which compilers turn into multiply-add-pairs instructions; rows are widened a piece at a time
 * onto the stack, so that the index stays at one byte a number.
 */
#include <math/kernels.h>
#include <math/neighbours_pack.h>
#include <string.h>

enum { PIECE = 256 }; /* numbers of a row that are widened at once; 256 * 255^2 fits an int */

size_t lnti_tile_bytes_i16(size_t d) {
  return LNTI_TILE * lnti_depth_pairs(d) * 2 * sizeof(int16_t);
}

void lnti_pack_tile_i16(void *tile, const uint8_t *rows, size_t stride, size_t n, size_t d) {
  int16_t *out = tile;
  size_t depth = 2 * lnti_depth_pairs(d);
  memset(out, 0, lnti_tile_bytes_i16(d));
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < d; j++) out[i * depth + j] = (int16_t)rows[i * stride + j];
  }
}

size_t lnti_panel_bytes_pairs(size_t d) {
  return lnti_depth_pairs(d) * 2 * LNTI_PANEL;
}

void lnti_pack_panel_pairs(void *panel, const uint8_t *rows, size_t stride, size_t n, size_t d) {
  uint8_t *out = panel;
  memset(out, 0, lnti_panel_bytes_pairs(d));
  for (size_t i = 0; i < n; i++) {
    const uint8_t *row = rows + i * stride;
    for (size_t j = 0; j < d; j++) out[j / 2 * (2 * LNTI_PANEL) + 2 * i + j % 2] = row[j];
  }
}

/* Rows one after another; rounded up to whole cache lines. */
static size_t panel_bytes(size_t d) {
  return LNTI_PANEL * ((d + 1) / 2 * 2);
}

static void pack_panel(void *panel, const uint8_t *rows, size_t stride, size_t n, size_t d) {
  uint8_t *out = panel;
  memset(out, 0, panel_bytes(d));
  for (size_t i = 0; i < n; i++) memcpy(out + i * d, rows + i * stride, d);
}

static int32_t dot_piece(const int16_t *a, const int16_t *b, size_t n) {
  int32_t sum = 0;
  for (size_t j = 0; j < n; j++) sum += (int32_t)a[j] * (int32_t)b[j];
  return sum;
}

static void dots(uint32_t *dot, const void *tile, size_t n, const void *panel, size_t d) {
  const int16_t *queries = tile;
  const uint8_t *rows = panel;
  size_t depth = 2 * lnti_depth_pairs(d);
  memset(dot, 0, n * LNTI_PANEL * sizeof *dot);
  for (size_t first = 0; first < d; first += PIECE) {
    int16_t wide[LNTI_PANEL * PIECE];
    size_t length = d - first < PIECE ? d - first : PIECE;
    for (size_t j = 0; j < LNTI_PANEL; j++) {
      for (size_t l = 0; l < length; l++) wide[j * PIECE + l] = (int16_t)rows[j * d + first + l];
    }
    for (size_t i = 0; i < n; i++) {
      const int16_t *query = queries + i * depth + first;
      for (size_t j = 0; j < LNTI_PANEL; j++) {
        dot[i * LNTI_PANEL + j] += (uint32_t)dot_piece(query, wide + j * PIECE, length);
      }
    }
  }
}

static bool nearer(uint32_t *hit, const uint32_t *dot, const uint32_t *row_norm, const uint32_t *query_norm,
                   const uint32_t *limit, size_t n) {
  uint32_t any = 0;
  for (size_t i = 0; i < n; i++, dot += LNTI_PANEL) {
    hit[i] = 0;
    for (size_t j = 0; j < LNTI_PANEL; j++) {
      uint32_t distance = row_norm[j] + query_norm[i] - 2 * dot[j];
      hit[i] |= (uint32_t)(distance < limit[i]) << j;
    }
    any |= hit[i];
  }
  return any != 0;
}

static bool similar(uint32_t *hit, const uint32_t *dot, const float *scale, const float *limit, size_t n) {
  uint32_t any = 0;
  for (size_t i = 0; i < n; i++, dot += LNTI_PANEL) {
    hit[i] = 0;
    for (size_t j = 0; j < LNTI_PANEL; j++) hit[i] |= (uint32_t)((float)dot[j] * scale[j] > limit[i]) << j;
    any |= hit[i];
  }
  return any != 0;
}

const lnti_u8_kernels lnti_u8_generic = {.panel_bytes = panel_bytes,
                                         .tile_bytes = lnti_tile_bytes_i16,
                                         .pack_panel = pack_panel,
                                         .pack_tile = lnti_pack_tile_i16,
                                         .begin = NULL,
                                         .end = NULL,
                                         .dots = dots,
                                         .nearer = nearer,
                                         .similar = similar};

/* ---- f32 ---- */

enum { F32_QUERIES = 2, F32_COLUMNS = 16 /* of the panel at a time: 2 x 16 sums fit the registers of SSE2 and NEON */ };

static void f32_pack(float *panel, const float *rows, size_t stride, size_t n, size_t d) {
  for (size_t l = 0; l < d; l++) {
    for (size_t j = 0; j < LNTI_PANEL; j++) panel[l * LNTI_PANEL + j] = j < n ? rows[j * stride + l] : 0;
  }
}

static void f32_dots(float *dot, const float *queries, const float *panel, size_t d, bool add) {
  for (size_t first = 0; first < LNTI_PANEL; first += F32_COLUMNS) {
    float sum[F32_QUERIES][F32_COLUMNS] = {{0}};
    for (size_t i = 0; i < F32_QUERIES && add; i++) memcpy(sum[i], dot + i * LNTI_PANEL + first, sizeof sum[i]);
    for (size_t l = 0; l < d; l++) {
      const float *row = panel + l * LNTI_PANEL + first;
      float a = queries[l * F32_QUERIES], b = queries[l * F32_QUERIES + 1];
      for (size_t j = 0; j < F32_COLUMNS; j++) sum[0][j] += a * row[j];
      for (size_t j = 0; j < F32_COLUMNS; j++) sum[1][j] += b * row[j];
    }
    for (size_t i = 0; i < F32_QUERIES; i++) memcpy(dot + i * LNTI_PANEL + first, sum[i], sizeof sum[i]);
  }
}

static bool f32_screen(uint32_t *hit, const float *dot, const float *offset, const float *scale, const float *limit,
                       size_t n) {
  uint32_t any = 0;
  for (size_t i = 0; i < n; i++, dot += LNTI_PANEL) {
    hit[i] = 0;
    for (size_t j = 0; j < LNTI_PANEL; j++) hit[i] |= (uint32_t) !(offset[j] + scale[j] * dot[j] >= limit[i]) << j;
    any |= hit[i];
  }
  return any != 0;
}

const lnti_f32_kernels lnti_f32_generic = {F32_QUERIES, f32_pack, f32_dots, f32_screen, lnti_exact_squared};
