/*
 * u8 kernels for AMX: tdpbuud multiplies 16 queries by 16 rows over 64 numbers at once, exactly. Two tiles of
 * queries by two of rows fill four tiles of sums, so that each tile loaded is used twice. Both sides are
 * packed so that a tile is 1,024 bytes in a row: queries [steps, 2, 16 queries, 64], rows [steps, 2, 16
 * quads of numbers, 16 rows, 4]. The tiles' shapes are the thread's state: begin sets them, end gives
 * them back, so that the kernel need not save them when the thread is switched out.
 */
#include <math/kernels.h>

#include <immintrin.h>
#include <string.h>

enum { STEP = 64, TILE_BYTES = 1024, PAIR_BYTES = 2 * TILE_BYTES, AHEAD = 2 };

static size_t packed_bytes(size_t d) {
  return (d + STEP - 1) / STEP * PAIR_BYTES;
}

static void pack_panel(void *panel, const uint8_t *rows, size_t stride, size_t n, size_t d) {
  uint8_t *out = panel;
  memset(out, 0, packed_bytes(d));
  for (size_t i = 0; i < n; i++) {
    const uint8_t *row = rows + i * stride;
    uint8_t *column = out + i / 16 * TILE_BYTES + i % 16 * 4;
    for (size_t j = 0; j < d; j += 4) {
      memcpy(column + j / STEP * PAIR_BYTES + j % STEP / 4 * 64, row + j, d - j < 4 ? d - j : 4);
    }
  }
}

static void pack_tile(void *tile, const uint8_t *rows, size_t stride, size_t n, size_t d) {
  uint8_t *out = tile;
  memset(out, 0, packed_bytes(d));
  for (size_t i = 0; i < n; i++) {
    const uint8_t *row = rows + i * stride;
    uint8_t *line = out + i / 16 * TILE_BYTES + i % 16 * STEP;
    for (size_t j = 0; j < d; j += STEP) memcpy(line + j / STEP * PAIR_BYTES, row + j, d - j < STEP ? d - j : STEP);
  }
}

/* Eight tiles of 16 rows of 64 bytes (Intel SDM, LDTILECFG): palette 1; from byte 16 the bytes of each tile's
 * row, 16 bits each; from byte 48 its rows. Constant data because gcc's intrinsic does not say that it reads all
 * of it: stores into a local would be taken for dead. */
static const _Alignas(64) uint8_t config[64] = {
    [0] = 1,   [16] = 64, [18] = 64, [20] = 64, [22] = 64, [24] = 64, [26] = 64, [28] = 64, [30] = 64,
    [48] = 16, [49] = 16, [50] = 16, [51] = 16, [52] = 16, [53] = 16, [54] = 16, [55] = 16,
};

void lnti_amx_begin(void) {
  _tile_loadconfig(config);
}

void lnti_amx_end(void) {
  _tile_release();
}

/* Brings a later step's tiles to the first-level cache, which a panel and a tile of queries together overflow. Beyond
 * the end that is the next panel or tile, or nothing: prefetching never faults. */
LNTI_INLINE void prefetch_pair(const uint8_t *pair) {
  uintptr_t ahead = (uintptr_t)pair + AHEAD * PAIR_BYTES;
  LNTI_UNROLL
  for (uintptr_t line = 0; line < PAIR_BYTES; line += 64) _mm_prefetch((const char *)(ahead + line), _MM_HINT_T0);
}

/* Tiles 0-3: sums, [queries/16, rows/16]; 4, 5: queries; 6, 7: rows. */
static void dots(uint32_t *dot, const void *tile, size_t n, const void *panel, size_t d) {
  const uint8_t *query = tile, *row = panel;
  size_t steps = (d + STEP - 1) / STEP;
  _tile_zero(0);
  _tile_zero(1);
  if (n <= 16) {
    for (size_t s = 0; s < steps; s++, query += PAIR_BYTES, row += PAIR_BYTES) {
      _tile_loadd(4, query, 64);
      _tile_loadd(6, row, 64);
      _tile_loadd(7, row + TILE_BYTES, 64);
      _tile_dpbuud(0, 4, 6);
      _tile_dpbuud(1, 4, 7);
    }
  } else {
    _tile_zero(2);
    _tile_zero(3);
    for (size_t s = 0; s < steps; s++, query += PAIR_BYTES, row += PAIR_BYTES) {
      _tile_loadd(4, query, 64);
      _tile_loadd(6, row, 64);
      _tile_loadd(7, row + TILE_BYTES, 64);
      _tile_loadd(5, query + TILE_BYTES, 64);
      prefetch_pair(query);
      prefetch_pair(row);
      _tile_dpbuud(0, 4, 6);
      _tile_dpbuud(1, 4, 7);
      _tile_dpbuud(2, 5, 6);
      _tile_dpbuud(3, 5, 7);
    }
    _tile_stored(2, dot + 16 * LNTI_PANEL, LNTI_PANEL * sizeof *dot);
    _tile_stored(3, dot + 16 * LNTI_PANEL + 16, LNTI_PANEL * sizeof *dot);
  }
  _tile_stored(0, dot, LNTI_PANEL * sizeof *dot);
  _tile_stored(1, dot + 16, LNTI_PANEL * sizeof *dot);
}

const lnti_u8_kernels lnti_u8_amx = {.panel_bytes = packed_bytes,
                                     .tile_bytes = packed_bytes,
                                     .pack_panel = pack_panel,
                                     .pack_tile = pack_tile,
                                     .begin = lnti_amx_begin,
                                     .end = lnti_amx_end,
                                     .dots = dots,
                                     .nearer = lnti_nearer_avx512,
                                     .similar = lnti_similar_avx512};
