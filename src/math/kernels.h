/**
 * @file kernels.h
 * Inside src/math only: the kernels of each CPU level, as tables that the dispatching files pick from.
 * Kernels cannot fail; the shapes that they ask for are their callers' to grant.
 */
#ifndef LNTI_MATH_KERNELS_H
#define LNTI_MATH_KERNELS_H

#include <linnet/cpu.h>
#include <math/bf16.h>
#include <math/vector.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__)
#  define LNTI_KERNELS_X86 1
#else
#  define LNTI_KERNELS_X86 0
#endif

#if defined(__GNUC__)
#  define LNTI_INLINE static inline __attribute__((always_inline))
#else
#  define LNTI_INLINE static inline
#endif

/** Before a loop of constant length whose accumulators must end up in registers. */
#if defined(__clang__)
#  define LNTI_UNROLL _Pragma("unroll")
#elif defined(__GNUC__)
#  define LNTI_UNROLL _Pragma("GCC unroll 16")
#else
#  define LNTI_UNROLL
#endif

/* ---- wide products (gemm.c) ---- */

enum {
  LNTI_GEMM_ROWS = 8,     /* of a tile */
  LNTI_GEMM_COLUMNS = 32, /* of a tile */
  LNTI_GEMM_DEPTH = 256,  /* of a panel: 32 KiB */
  LNTI_GEMM_BLOCK = 256,  /* rows of A that one thread multiplies at a time */
  LNTI_GEMM_WORKSPACE = (LNTI_GEMM_BLOCK + LNTI_GEMM_COLUMNS) * LNTI_GEMM_DEPTH
};

typedef struct lnti_gemm_kernels {
  /** out [k, LNTI_GEMM_COLUMNS] = the transpose of b [n,k]; missing columns become zeros. */
  void (*pack)(float *out, const float *b, size_t ldb, size_t n, size_t k);
  /** out [LNTI_GEMM_ROWS, LNTI_GEMM_COLUMNS] = a [LNTI_GEMM_ROWS, k] * b [k, LNTI_GEMM_COLUMNS], rows of a
   *  LNTI_GEMM_DEPTH apart. All 64-byte aligned. */
  void (*tile)(float *out, const float *a, const float *b, size_t k);
} lnti_gemm_kernels;

extern const lnti_gemm_kernels lnti_gemm_avx2;
extern const lnti_gemm_kernels lnti_gemm_avx512;

void lnti_gemm_pack_avx2(float *out, const float *b, size_t ldb, size_t n, size_t k);

/* ---- products of bf16 (bf16.h says what each does) ---- */

extern const lnti_bf16_kernels lnti_bf16_amx;
/** Eight tiles of 16 rows of 64 bytes for the calling thread; given back. */
void lnti_amx_begin(void);
void lnti_amx_end(void);

/* ---- narrow products and softmax (gemm.h says what each does) ---- */

typedef struct lnti_narrow_kernels {
  void (*forward)(float *z, const float *x, size_t ldx, const float *w, const float *bias, size_t n, size_t d,
                  size_t lanes);
  void (*backward)(float *g, const float *x, size_t ldx, const float *p, size_t n, size_t d, size_t lanes);
  void (*exp_nonpositive)(float *y, const float *x, size_t n);
  /** Softmax over the first k of `lanes`; max_out [n] and sum_out [n] (both may be NULL) receive each row's
   *  largest z and the sum of exp(z - largest). */
  void (*softmax)(float *z, float *max_out, float *sum_out, size_t n, size_t k, size_t lanes);
} lnti_narrow_kernels;

extern const lnti_narrow_kernels lnti_narrow_generic;
extern const lnti_narrow_kernels lnti_narrow_avx2;
extern const lnti_narrow_kernels lnti_narrow_avx512;

/**
 * exp(x) = 2^m * e^r with m = round(x * log2 e) and r = x - m ln 2 in [-0.347, 0.347]; ln 2 is cut in two so
 * that m * high is exact; e^r by its Taylor polynomial of degree 7, whose remainder is below 6e-9. Below
 * LNTI_EXP_LEAST the result is 0: e^-87 is still normal. Softmax cuts at LNTI_SOFTMAX_LEAST, so that
 * a quotient by a sum of up to 64 is normal too.
 */
#define LNTI_EXP_LEAST (-87.0f)
#define LNTI_SOFTMAX_LEAST (-82.0f)
#define LNTI_EXP_LOG2E 1.44269504f
#define LNTI_EXP_LN2_HIGH 0.693359375f
#define LNTI_EXP_LN2_LOW (-2.12194440e-4f)
#define LNTI_EXP_C2 0.5f
#define LNTI_EXP_C3 1.66666667e-1f
#define LNTI_EXP_C4 4.16666667e-2f
#define LNTI_EXP_C5 8.33333333e-3f
#define LNTI_EXP_C6 1.38888889e-3f
#define LNTI_EXP_C7 1.98412698e-4f

/* ---- columns and bitmaps (facets.h); whole words of 64 rows ---- */

enum {
  LNTI_FACET_FEW = 24,          /* codes of one byte that are counted by comparing */
  LNTI_FACET_TABLES = 4,        /* that neighbouring rows are counted in by turns */
  LNTI_FACET_TABLE_CODES = 4096 /* most codes that so many tables are kept for */
};

typedef struct lnti_facet_kernels {
  void (*select)(uint64_t *bits, const void *codes, size_t width, size_t n_words, const uint8_t *allowed,
                 size_t n_codes);
  void (*range)(uint64_t *bits, const void *numbers, size_t width, size_t n_words, uint32_t low, uint32_t high);
  void (*range_real)(uint64_t *bits, const double *numbers, size_t n_words, double low, double high);
  /** Adds to tables [LNTI_FACET_TABLES], `stride` counters apart (0: one table for all). */
  void (*count)(uint32_t *counts, const void *codes, size_t width, size_t n_words, const uint64_t *bits, size_t stride);
  /** counts [n_codes] of at most LNTI_FACET_FEW codes; false where `count` is as good. */
  bool (*few)(uint32_t *counts, const uint8_t *codes, size_t n_words, const uint64_t *bits, size_t n_codes);
  size_t (*count_bits)(const uint64_t *a, const uint64_t *b, size_t n_words);
  void (*permute)(uint64_t *out, const uint64_t *bits, const uint32_t *order, size_t n_words);
} lnti_facet_kernels;

extern const lnti_facet_kernels lnti_facets_avx2;
extern const lnti_facet_kernels lnti_facets_avx512;

void lnti_facet_count_plain(uint32_t *counts, const void *codes, size_t width, size_t n_words, const uint64_t *bits,
                            size_t stride);

/* ---- neighbours: u8 ---- */

/** Rows of the index in a panel; queries in a tile. One call of a kernel makes a tile x panel of products. */
enum { LNTI_PANEL = 32, LNTI_TILE = 32 };

typedef struct lnti_u8_kernels {
  /** Bytes of a packed panel, and of a packed tile of queries, for rows of d. Multiples of 64. */
  size_t (*panel_bytes)(size_t d);
  size_t (*tile_bytes)(size_t d);
  /** Packs n <= LNTI_PANEL (LNTI_TILE) rows; the missing ones become zeros. 64-byte aligned. */
  void (*pack_panel)(void *panel, const uint8_t *rows, size_t stride, size_t n, size_t d);
  void (*pack_tile)(void *tile, const uint8_t *rows, size_t stride, size_t n, size_t d);
  /** Around a thread's calls of dots: processor state that they need. NULL: none. */
  void (*begin)(void);
  void (*end)(void);
  /** dot [LNTI_TILE][LNTI_PANEL], 64-byte aligned: scalar products modulo 2^32 of the first n queries. */
  void (*dots)(uint32_t *dot, const void *tile, size_t n, const void *panel, size_t d);
  /** hit[i] bit j: row_norm[j] + query_norm[i] - 2 dot[i][j] < limit[i], modulo 2^32, unsigned. True where any. */
  bool (*nearer)(uint32_t *hit, const uint32_t *dot, const uint32_t *row_norm, const uint32_t *query_norm,
                 const uint32_t *limit, size_t n);
  /** hit[i] bit j: f32(dot[i][j]) * scale[j] > limit[i]. True where any. */
  bool (*similar)(uint32_t *hit, const uint32_t *dot, const float *scale, const float *limit, size_t n);
} lnti_u8_kernels;

extern const lnti_u8_kernels lnti_u8_generic;
extern const lnti_u8_kernels lnti_u8_avx2;
extern const lnti_u8_kernels lnti_u8_avx512;
extern const lnti_u8_kernels lnti_u8_vnni;
extern const lnti_u8_kernels lnti_u8_amx;

bool lnti_nearer_avx512(uint32_t *hit, const uint32_t *dot, const uint32_t *row_norm, const uint32_t *query_norm,
                        const uint32_t *limit, size_t n);
bool lnti_similar_avx512(uint32_t *hit, const uint32_t *dot, const float *scale, const float *limit, size_t n);

/* ---- functions of rows (vector.h says what each does) ---- */

typedef struct lnti_vector_kernels {
  void (*function)(float *y, const float *x, size_t n, lnti_function f, const float *p);
  void (*combine)(float *z, lnti_operand a, lnti_operand b, size_t rows, size_t n, lnti_arithmetic op);
  void (*softmax)(float *y, const float *x, size_t n);
  void (*normalise)(float *y, const float *x, size_t n, const float *scale, const float *shift, float epsilon);
  float (*sum)(const float *x, size_t n);
} lnti_vector_kernels;

extern const lnti_vector_kernels lnti_vector_generic;
extern const lnti_vector_kernels lnti_vector_avx2;
extern const lnti_vector_kernels lnti_vector_avx512;

/* ---- neighbours: f32 ---- */

/** Most queries of a level's tile. */
enum { LNTI_F32_TILE_MAX = 12 };

typedef struct lnti_f32_kernels {
  /** Queries of a tile, so many that a tile by half a panel or a whole one fills the level's registers. */
  size_t tile;
  /** panel [d, LNTI_PANEL] = the transpose of n <= LNTI_PANEL rows; missing ones become zeros. 64-byte aligned. */
  void (*pack)(float *panel, const float *rows, size_t stride, size_t n, size_t d);
  /** dot [tile, LNTI_PANEL] = (or += where `add`) the transpose of queries [d, tile], times panel. 64-byte aligned. */
  void (*dots)(float *dot, const float *queries, const float *panel, size_t d, bool add);
  /** hit[i] bit j: offset[j] + scale[j] * dot[i][j] < limit[i], or is not comparable (NaN on either side). True where
   *  any. n queries. */
  bool (*screen)(uint32_t *hit, const float *dot, const float *offset, const float *scale, const float *limit,
                 size_t n);
  /** lnti_exact_squared, bit for bit. */
  double (*squared)(const float *a, const float *b, size_t d);
} lnti_f32_kernels;

extern const lnti_f32_kernels lnti_f32_generic;
extern const lnti_f32_kernels lnti_f32_avx2;
extern const lnti_f32_kernels lnti_f32_avx512;

/* ---- codes (hamming.c) ---- */

/** A code and whose it is: no padding, so that a million take 36 MB. */
typedef struct lnti_code {
  uint32_t word[8];
  uint32_t index;
} lnti_code;

/** Rows within `most` of the code: their numbers and distances, both [n]; returns how many. */
size_t lnti_codes_near_generic(uint32_t *hit_out, uint32_t *distance_out, const lnti_code *code, const lnti_code *rows,
                               size_t n, unsigned most);
size_t lnti_codes_near_avx2(uint32_t *hit_out, uint32_t *distance_out, const lnti_code *code, const lnti_code *rows,
                            size_t n, unsigned most);

/* ---- exact sums, distances and the list of the nearest (neighbours_plain.c) ---- */

/** sum (a-b)^2 and sum a*b in double, in an order that is the same on every machine. L-BFGS has its products of it. */
double lnti_exact_squared(const float *a, const float *b, size_t d);
double lnti_exact_dot(const float *a, const float *b, size_t d);
/** How both add up their partial sums: number j of a row is in part j % LNTI_EXACT_PARTS. */
enum { LNTI_EXACT_PARTS = 8 };
double lnti_exact_total(const double part[LNTI_EXACT_PARTS]);
uint64_t lnti_exact_dot_u8(const uint8_t *a, const uint8_t *b, size_t d);
/** 1 - dot/sqrt(norm_a * norm_b) within [0,2], the norms squared; 1 where a norm is 0. Exactly 0 for
 *  parallel integer vectors. */
double lnti_cosine_distance(double dot, double norm_a, double norm_b);

typedef struct lnti_nearest {
  double distance;
  uint32_t row;
} lnti_nearest;

/** k entries at infinity. */
void lnti_nearest_clear(lnti_nearest *list, size_t k);
/** Puts a row into the sorted list if it is nearer than the last; rows must come in ascending order, so that
 *  among equals the lower stays. */
void lnti_nearest_insert(lnti_nearest *list, size_t k, double distance, uint32_t row);
/** Writes the list as the search returns it; distance_out may be NULL. */
void lnti_nearest_write(uint32_t *row_out, float *distance_out, const lnti_nearest *list, size_t k);

/* ---- planes (planes.h) ---- */

void lnti_planes_avx2(float *const plane[3], const uint8_t *from, size_t n, const float scale[3], const float shift[3]);

#endif
