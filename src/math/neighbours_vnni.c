/*
 * u8 kernels for AVX512-VNNI. vpdpbusd multiplies unsigned by signed bytes: rows are stored as x - 128, and
 * since sum q x = sum q (x - 128) + 128 sum q, each sum starts at 128 times its query's. Packed rows are
 * [quads, LNTI_PANEL, 4]; a tile is u8 [LNTI_TILE, 4 * quads] and then the starts, u32 [LNTI_TILE].
 */
#include <math/kernels.h>

#include <immintrin.h>
#include <string.h>

enum { QUERIES = 8 };

static size_t quads_of(size_t d) {
  return (d + 3) / 4;
}

static size_t panel_bytes(size_t d) {
  return quads_of(d) * 4 * LNTI_PANEL;
}

static size_t tile_bytes(size_t d) {
  return quads_of(d) * 4 * LNTI_TILE + LNTI_TILE * sizeof(uint32_t);
}

/* What pads a row meets the zeros that pad a query. */
static void pack_panel(void *panel, const uint8_t *rows, size_t stride, size_t n, size_t d) {
  uint8_t *out = panel;
  memset(out, 0, panel_bytes(d));
  for (size_t i = 0; i < n; i++) {
    const uint8_t *row = rows + i * stride;
    /* x - 128 as a signed byte is x with its top bit turned over. */
    for (size_t j = 0; j < d; j++) out[j / 4 * (4 * LNTI_PANEL) + 4 * i + j % 4] = row[j] ^ 0x80u;
  }
}

static void pack_tile(void *tile, const uint8_t *rows, size_t stride, size_t n, size_t d) {
  uint8_t *out = tile;
  size_t depth = 4 * quads_of(d);
  memset(out, 0, tile_bytes(d));
  for (size_t i = 0; i < n; i++) {
    uint32_t sum = 0;
    memcpy(out + i * depth, rows + i * stride, d);
    for (size_t j = 0; j < d; j++) sum += rows[i * stride + j];
    sum *= 128;
    memcpy(out + LNTI_TILE * depth + i * sizeof sum, &sum, sizeof sum);
  }
}

LNTI_INLINE __m512i four_bytes(const uint8_t *at) {
  int32_t four;
  memcpy(&four, at, sizeof four);
  return _mm512_set1_epi32(four);
}

static void dots(uint32_t *dot, const void *tile, size_t n, const void *panel, size_t d) {
  size_t depth = 4 * quads_of(d);
  const uint8_t *start = (const uint8_t *)tile + LNTI_TILE * depth;
  for (size_t first = 0; first < n; first += QUERIES) { /* the tile's missing queries are zeros */
    const uint8_t *query = (const uint8_t *)tile + first * depth;
    const uint8_t *rows = panel;
    __m512i sum[QUERIES][2];
    LNTI_UNROLL
    for (int i = 0; i < QUERIES; i++) sum[i][0] = sum[i][1] = four_bytes(start + (first + (size_t)i) * 4);
    for (size_t j = 0; j < depth; j += 4, rows += 4 * LNTI_PANEL) {
      __m512i low = _mm512_load_si512(rows), high = _mm512_load_si512(rows + 64);
      LNTI_UNROLL
      for (int i = 0; i < QUERIES; i++) {
        __m512i four = four_bytes(query + (size_t)i * depth + j);
        sum[i][0] = _mm512_dpbusd_epi32(sum[i][0], four, low);
        sum[i][1] = _mm512_dpbusd_epi32(sum[i][1], four, high);
      }
    }
    LNTI_UNROLL
    for (int i = 0; i < QUERIES; i++) {
      _mm512_store_si512(dot + (first + (size_t)i) * LNTI_PANEL, sum[i][0]);
      _mm512_store_si512(dot + (first + (size_t)i) * LNTI_PANEL + 16, sum[i][1]);
    }
  }
}

const lnti_u8_kernels lnti_u8_vnni = {.panel_bytes = panel_bytes,
                                      .tile_bytes = tile_bytes,
                                      .pack_panel = pack_panel,
                                      .pack_tile = pack_tile,
                                      .begin = NULL,
                                      .end = NULL,
                                      .dots = dots,
                                      .nearer = lnti_nearer_avx512,
                                      .similar = lnti_similar_avx512};
