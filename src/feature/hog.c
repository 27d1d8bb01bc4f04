/*
 * `hog`: histograms of oriented gradients (Dalal and Triggs, "Histograms of Oriented Gradients for Human
 * Detection", CVPR 2005), on grey. As in the paper: square-root gamma, centred differences without
 * smoothing, unsigned orientations, votes weighted by magnitude and shared out linearly between two bins and
 * four cells, overlapping blocks one cell apart under a Gaussian window, L2-Hys with the clip at 0.2.
 * Deviations: the window's sigma is a quarter of the block's side, not half (as OpenCV's is; measured no
 * worse here); the image is the window, so its border pixels repeat outwards.
 *
 * Vector: [by,bx,cy,cx,bin]: blocks by rows, in each its cells by rows, in each the bins by angle.
 *
 * Speed: block window, Gaussian included, is a product of a weight of x and one of y. So each row of pixels
 * first votes into one row of histograms, for all block columns at once, and these are then added to the
 * block rows that the pixels lie in: 4 * block scattered additions a pixel instead of 8 * block^2.
 */
#include <feature/features.h>

#include <base/alloc.h>
#include <base/error.h>
#include <assert.h>
#include <math.h>
#include <string.h>

enum {
  SIDE_MIN = 8,
  SIDE_MAX = 512,
  OWN_MIN = 16,  /* the images' own size is taken from here... */
  OWN_MAX = 128, /* ...to here */
  SIDE_FALLBACK = 64,
  CELL_FALLBACK = 8,
  CELL_SEVENTH = 7, /* for sides that divide by 7, as the 28 of the digits does */
  BLOCK_MAX = 4,
  D_MAX = 1 << 18,
  LEVELS = 256
};

static const float PI_F = 3.14159265358979f;
static const float CLIP = 0.2f;
/* Against division by zero; of the size of what a flat block of noise has. */
static const float EPSILON = 1e-3f;

static const lnti_param table[] = {
    {"bins", LNTI_PARAM_INT, "9", 2, 36, NULL, "orientations between 0 and 180 degrees"},
    {"block", LNTI_PARAM_INT, "2", 1, BLOCK_MAX, NULL, "cells along each side of a block, which is normalised as one"},
    {"cell", LNTI_PARAM_INT, "auto", 2, 64, "auto",
     "side of a cell in pixels; auto: 7 where both sides divide by 7, else 8"},
    {"height", LNTI_PARAM_INT, "auto", SIDE_MIN, SIDE_MAX, "auto",
     "height in pixels; auto: the images' own where all agree on 16 to 128, else 64, in whole cells"},
    {"width", LNTI_PARAM_INT, "auto", SIDE_MIN, SIDE_MAX, "auto", "width in pixels; auto: as height"},
    {0},
};

/** The shapes that follow from the parameters. */
typedef struct geometry {
  size_t h, w;
  size_t cell, block, bins;
  size_t ny, nx; /* blocks down and across */
} geometry;

static geometry geometry_of(const lnti_params *params) {
  geometry g = {.h = lnti_feature_size(params, "height"),
                .w = lnti_feature_size(params, "width"),
                .cell = lnti_feature_size(params, "cell"),
                .block = lnti_feature_size(params, "block"),
                .bins = lnti_feature_size(params, "bins")};
  const size_t cells_y = g.h / g.cell, cells_x = g.w / g.cell;
  g.ny = cells_y >= g.block ? cells_y - g.block + 1 : 0;
  g.nx = cells_x >= g.block ? cells_x - g.block + 1 : 0;
  return g;
}

/* ---- parameters ---- */

/** The nearest whole number of cells, at least a block's. */
static size_t whole_cells(size_t side, size_t cell, size_t block) {
  size_t n = (side + cell / 2) / cell;
  while (n * cell > SIDE_MAX) n--;
  return (n > block ? n : block) * cell;
}

static lnt_status resolve(lnti_params *params, const lnti_image_traits *traits, lnt_error *err) {
  const bool auto_h = lnti_params_is_auto(params, "height"), auto_w = lnti_params_is_auto(params, "width");
  const size_t block = lnti_feature_size(params, "block");
  const bool own = traits->h >= OWN_MIN && traits->h <= OWN_MAX && traits->w >= OWN_MIN && traits->w <= OWN_MAX;
  size_t h = own ? traits->h : SIDE_FALLBACK, w = own ? traits->w : SIDE_FALLBACK;
  /* One side given: a square of it. */
  if (!auto_h) h = w = lnti_feature_size(params, "height");
  if (!auto_w) w = lnti_feature_size(params, "width");
  if (!auto_w && auto_h) h = w;
  size_t cell = h % CELL_SEVENTH == 0 && w % CELL_SEVENTH == 0 ? CELL_SEVENTH : CELL_FALLBACK;
  if (!lnti_params_is_auto(params, "cell")) cell = lnti_feature_size(params, "cell");
  if (auto_h) h = whole_cells(h, cell, block);
  if (auto_w) w = whole_cells(w, cell, block);
  lnt_status status = lnti_feature_set(params, "cell", cell, err);
  if (status == LNT_OK) status = lnti_feature_set(params, "height", h, err);
  if (status == LNT_OK) status = lnti_feature_set(params, "width", w, err);
  if (status != LNT_OK) return status;
  if (h % cell != 0 || w % cell != 0) {
    return lnti_fail(err, LNT_EINVAL,
                     "hog: %zu x %zu pixels are not whole cells of %zu; choose sides that divide by it", w, h, cell);
  }
  const geometry g = geometry_of(params);
  if (g.ny == 0 || g.nx == 0) {
    return lnti_fail(err, LNT_EINVAL, "hog: %zu x %zu pixels are smaller than one block of %zu x %zu cells of %zu", w,
                     h, block, block, cell);
  }
  const size_t d = g.ny * g.nx * g.block * g.block * g.bins;
  if (d > D_MAX) return lnti_fail(err, LNT_EINVAL, "hog: %zu values an image; at most %d are made", d, D_MAX);
  return LNT_OK;
}

/* ---- extraction ---- */

/** Where a column of pixels votes: into cell `at` (of the row of histograms) by `weight`. */
typedef struct vote {
  size_t at;
  float weight;
} vote;

enum { VOTES_MAX = 2 * BLOCK_MAX };

/** Scratch memory, laid out by plan and by lay_out alike. */
typedef struct workspace {
  float *root;        /* [h,w] square roots of the pixels */
  float *dx, *dy;     /* [w] differences of one row of pixels */
  float *magnitude;   /* [w] */
  float *share;       /* [w] part of it that goes to the upper bin */
  int32_t *bin;       /* [w] lower bin, -1..bins-1 */
  float *row;         /* [nx,block,bins] histograms of one row of pixels */
  float *weight;      /* [block,block*cell] of block_weights */
  vote *column;       /* [w,VOTES_MAX] */
  unsigned *n_column; /* [w] of them */
} workspace;

static size_t rounded(size_t bytes) {
  return (bytes + 63) / 64 * 64;
}

/** Cuts `scratch` up (NULL: only measures); returns the bytes used. */
static size_t lay_out(workspace *ws, void *scratch, const geometry *g) {
  unsigned char *p = scratch;
  size_t at = 0;
  workspace made = {0};
#define CUT(member, n)                        \
  do {                                        \
    if (p) made.member = (void *)(p + at);    \
    at += rounded((n) * sizeof *made.member); \
  } while (0)
  CUT(root, g->h * g->w);
  CUT(dx, g->w);
  CUT(dy, g->w);
  CUT(magnitude, g->w);
  CUT(share, g->w);
  CUT(bin, g->w);
  CUT(row, g->nx * g->block * g->bins);
  CUT(weight, g->block * g->block * g->cell);
  CUT(column, g->w * VOTES_MAX);
  CUT(n_column, g->w);
#undef CUT
  *ws = made;
  return at;
}

static lnt_status plan(lnti_prepare *prepare_out, size_t *d_out, size_t *scratch_out, const lnti_params *params,
                       lnt_error *err) {
  (void)err;
  workspace ws;
  const geometry g = geometry_of(params);
  *prepare_out = (lnti_prepare){g.h, g.w, LNTI_COLOUR_GREY};
  *d_out = g.ny * g.nx * g.block * g.block * g.bins;
  *scratch_out = lay_out(&ws, NULL, &g);
  return LNT_OK;
}

/** weight [block,block*cell]: of a pixel at each place along a block's side for each of the block's cells:
 *  linear in the distance from the cell's centre, times the Gaussian around the block's. */
static void block_weights(float *weight, const geometry *g) {
  const size_t side = g->block * g->cell;
  const double sigma = (double)side / 4;
  for (size_t i = 0; i < side; i++) {
    const double from_centre = ((double)i + 0.5 - (double)side / 2) / sigma;
    const double window = exp(-0.5 * from_centre * from_centre);
    for (size_t c = 0; c < g->block; c++) {
      const double away = fabs(((double)i + 0.5) / (double)g->cell - 0.5 - (double)c);
      weight[c * side + i] = away < 1 ? (float)(window * (1 - away)) : 0;
    }
  }
}

/** For each column of pixels, the block columns and cells it votes in. */
static void column_votes(workspace *ws, const geometry *g) {
  const size_t side = g->block * g->cell;
  memset(ws->n_column, 0, g->w * sizeof *ws->n_column);
  for (size_t bx = 0; bx < g->nx; bx++) {
    for (size_t cx = 0; cx < g->block; cx++) {
      for (size_t i = 0; i < side; i++) {
        const float weight = ws->weight[cx * side + i];
        const size_t x = bx * g->cell + i;
        if (weight > 0) {
          ws->column[x * VOTES_MAX + ws->n_column[x]++] = (vote){(bx * g->block + cx) * g->bins, weight};
        }
      }
    }
  }
}

static void square_roots(float *root, const uint8_t *pixels, size_t n) {
  float of[LEVELS];
  for (size_t i = 0; i < LEVELS; i++) of[i] = sqrtf((float)i);
  for (size_t i = 0; i < n; i++) root[i] = of[pixels[i]];
}

/** Angle of (x,y), taken modulo 180 degrees, as a fraction of them in [0,1]; error below 2e-6. */
static float half_turn(float x, float y) {
  const float ax = fabsf(x), ay = fabsf(y);
  const float larger = ax > ay ? ax : ay, smaller = ax > ay ? ay : ax;
  const float t = smaller / (larger > 0 ? larger : 1), u = t * t;
  /* Arctangent on [0,1]: odd polynomial fitted to the least greatest error. */
  float a = t * (0.99997722f +
                 u * (-0.33262278f + u * (0.19354010f + u * (-0.11642583f + u * (0.05264668f - u * 0.011718886f)))));
  a = ay > ax ? PI_F / 2 - a : a;
  a = x * y < 0 ? PI_F - a : a;
  return a / PI_F;
}

/** Differences along x and y of row y into `dx`, `dy` [w]; the border's pixels repeat outwards. */
static void differences(float *dx, float *dy, const float *root, const geometry *g, size_t y) {
  const float *above = root + (y > 0 ? y - 1 : y) * g->w;
  const float *here = root + y * g->w;
  const float *below = root + (y + 1 < g->h ? y + 1 : y) * g->w;
  const size_t w = g->w;
  dx[0] = here[1] - here[0];
  for (size_t x = 1; x + 1 < w; x++) dx[x] = here[x + 1] - here[x - 1];
  dx[w - 1] = here[w - 1] - here[w - 2];
  for (size_t x = 0; x < w; x++) dy[x] = below[x] - above[x];
}

/** Magnitude and bins of one row's gradients. */
static void row_gradients(workspace *ws, const geometry *g, size_t y) {
  const float bins = (float)g->bins;
  const float *restrict dx = ws->dx, *restrict dy = ws->dy;
  float *restrict magnitude = ws->magnitude, *restrict share = ws->share;
  int32_t *restrict bin = ws->bin;
  differences(ws->dx, ws->dy, ws->root, g, y);
  for (size_t x = 0; x < g->w; x++) {
    /* Bin b has its centre at (b + 1/2) / bins of the half turn. */
    const float place = half_turn(dx[x], dy[x]) * bins + 0.5f;
    const int32_t upper = (int32_t)place;
    magnitude[x] = sqrtf(dx[x] * dx[x] + dy[x] * dy[x]);
    share[x] = place - (float)upper;
    bin[x] = upper - 1;
  }
}

/** The row's votes, over all block columns, into ws->row. */
static void row_votes(workspace *ws, const geometry *g) {
  const int32_t bins = (int32_t)g->bins;
  memset(ws->row, 0, g->nx * g->block * g->bins * sizeof *ws->row);
  for (size_t x = 0; x < g->w; x++) {
    const float magnitude = ws->magnitude[x];
    if (magnitude == 0) continue;
    /* The half turn is a circle: the bin below the first is the last. */
    const int32_t lower = ws->bin[x] < 0 ? bins - 1 : ws->bin[x] >= bins ? 0 : ws->bin[x];
    const int32_t upper = lower + 1 == bins ? 0 : lower + 1;
    const float to_upper = magnitude * ws->share[x], to_lower = magnitude - to_upper;
    const vote *v = ws->column + x * VOTES_MAX;
    for (unsigned i = 0; i < ws->n_column[x]; i++) {
      float *histogram = ws->row + v[i].at;
      histogram[lower] += v[i].weight * to_lower;
      histogram[upper] += v[i].weight * to_upper;
    }
  }
}

/** Adds the row's histograms to the blocks that row y lies in. */
static void add_row(float *out, const workspace *ws, const geometry *g, size_t y) {
  const size_t side = g->block * g->cell, line = g->block * g->bins;
  for (size_t by = 0; by < g->ny; by++) {
    if (y < by * g->cell || y >= by * g->cell + side) continue;
    for (size_t cy = 0; cy < g->block; cy++) {
      const float weight = ws->weight[cy * side + (y - by * g->cell)];
      if (weight == 0) continue;
      for (size_t bx = 0; bx < g->nx; bx++) {
        float *to = out + ((by * g->nx + bx) * g->block + cy) * line;
        const float *from = ws->row + bx * line;
        for (size_t i = 0; i < line; i++) to[i] += weight * from[i];
      }
    }
  }
}

/** L2-Hys: to unit length, clipped, to unit length again. */
static void normalise(float *v, size_t n) {
  float sum = 0;
  for (size_t i = 0; i < n; i++) sum += v[i] * v[i];
  const float first = 1 / (sqrtf(sum) + (float)n * 0.1f);
  sum = 0;
  for (size_t i = 0; i < n; i++) {
    v[i] = v[i] * first < CLIP ? v[i] * first : CLIP;
    sum += v[i] * v[i];
  }
  const float second = 1 / (sqrtf(sum) + EPSILON);
  for (size_t i = 0; i < n; i++) v[i] *= second;
}

static void extract(void *out, const lnti_image *image, void *scratch, const lnti_params *params) {
  workspace ws;
  const geometry g = geometry_of(params);
  const size_t n_block = g.block * g.block * g.bins, n_blocks = g.ny * g.nx;
  float *vector = out;
  (void)lay_out(&ws, scratch, &g);
  assert(ws.weight && ws.n_column); /* scratch is not NULL */
  block_weights(ws.weight, &g);
  column_votes(&ws, &g);
  square_roots(ws.root, image->data, g.h * g.w);
  memset(vector, 0, n_blocks * n_block * sizeof *vector);
  for (size_t y = 0; y < g.h; y++) {
    row_gradients(&ws, &g, y);
    row_votes(&ws, &g);
    add_row(vector, &ws, &g, y);
  }
  for (size_t b = 0; b < n_blocks; b++) normalise(vector + b * n_block, n_block);
}

const lnti_feature lnti_feature_hog = {
    .name = "hog",
    .title = "Histograms of oriented gradients",
    .help = "Edges by direction, cell by cell; sees shape, and is blind to brightness and slow shading.",
    .source = "Dalal and Triggs, Histograms of Oriented Gradients for Human Detection, CVPR 2005",
    .version = 1,
    .dtype = LNTI_F32,
    .params = table,
    .resolve = resolve,
    .plan = plan,
    .extract = extract,
};
