/*
 * GIF (CompuServe, "Graphics Interchange Format, version 89a", 1990) by own code. libvips reads GIF, too, but takes
 * some screen sizes (640 x 480, 800 x 600, all above 2048) for mistakes and gives the first frame's size instead, and
 * fills up frames whose data end early: neither the promise of the header nor damage would be told truly.
 *
 * The walk over the blocks finds the frames and counts them. A frame is drawn by drawing all from the last one before
 * it that covers the whole canvas. The canvas begins transparent, and a frame that is to be removed leaves it
 * transparent, as browsers have it; the background colour is not used. Colours that are not in the table are black.
 */
#include <image/codec.h>

#include <base/alloc.h>
#include <base/error.h>
#include <base/bytes.h>
#include <image/gif_lzw.h>
#include <stdlib.h>
#include <string.h>

enum {
  HEADER_BYTES = 13, /* signature and screen descriptor */
  IMAGE_BYTES = 9,   /* image descriptor behind its first byte */
  CONTROL_BYTES = 4,
  BLOCK_EXTENSION = 0x21,
  BLOCK_IMAGE = 0x2c,
  BLOCK_TRAILER = 0x3b,
  LABEL_CONTROL = 0xf9,
  FLAG_TABLE = 0x80,
  FLAG_INTERLACED = 0x40,
  DISPOSE_BACKGROUND = 2,
  DISPOSE_PREVIOUS = 3,
  OPAQUE = 256, /* no colour is the transparent one */
  /* LZW gives at most this many pixels for a byte: strings of 4,095 for codes of 12 bits. */
  PIXELS_PER_BYTE = 2731,
  CANVAS_FREE = 1 << 24 /* canvases up to this are not held against the length of the file */
};

typedef struct frame {
  size_t x, y, w, h;
  bool interlaced;
  unsigned dispose;
  unsigned transparent; /* colour, or OPAQUE */
  const uint8_t *table; /* colours, three bytes each; NULL where there are none */
  size_t n_colours;
  const uint8_t *data; /* code size and sub-blocks, which end within the file */
} frame;

/** The file, and where in it the next block is. */
typedef struct gif {
  const uint8_t *data;
  size_t n, at;
  size_t w, h; /* of the screen, grown to the first frame */
  const uint8_t *table;
  size_t n_colours;
  size_t n_frames; /* seen so far */
} gif;

static bool is_gif(const uint8_t *data, size_t n) {
  return n >= 6 && (memcmp(data, "GIF87a", 6) == 0 || memcmp(data, "GIF89a", 6) == 0);
}

static lnt_status ends_early(const gif *g, lnt_error *err) {
  return lnti_fail(err, LNT_EDATA, "the GIF file ends early, at byte %zu, in or before its frame %zu", g->n,
                   g->n_frames);
}

/** A colour table whose size the low bits of `flags` give. */
static lnt_status read_table(const uint8_t **out, size_t *n_out, gif *g, unsigned flags, lnt_error *err) {
  const size_t n = (size_t)2 << (flags & 7);
  if (!(flags & FLAG_TABLE)) return LNT_OK;
  if (g->n - g->at < 3 * n) return ends_early(g, err);
  *out = g->data + g->at;
  *n_out = n;
  g->at += 3 * n;
  return LNT_OK;
}

static lnt_status skip_sub_blocks(gif *g, lnt_error *err) {
  while (g->at < g->n) {
    const size_t n = g->data[g->at++];
    if (n == 0) return LNT_OK;
    if (n > g->n - g->at) break;
    g->at += n;
  }
  return ends_early(g, err);
}

static lnt_status open_gif(gif *out, const lnti_blob *blob, lnt_error *err) {
  gif g = {.data = blob->data, .n = blob->bytes, .at = HEADER_BYTES};
  if (g.n < HEADER_BYTES) return ends_early(&g, err);
  g.w = lnti_get_le16(g.data + 6);
  g.h = lnti_get_le16(g.data + 8);
  lnt_status status = read_table(&g.table, &g.n_colours, &g, g.data[10], err);
  if (status == LNT_OK) *out = g;
  return status;
}

static lnt_status read_extension(frame *next, gif *g, lnt_error *err) {
  if (g->at >= g->n) return ends_early(g, err);
  const unsigned label = g->data[g->at++];
  const uint8_t *p = g->data + g->at;
  if (label == LABEL_CONTROL && g->n - g->at > CONTROL_BYTES && p[0] >= CONTROL_BYTES) {
    next->dispose = p[1] >> 2 & 7;
    if (next->dispose == 4) next->dispose = DISPOSE_PREVIOUS; /* some writers took the bit for the number */
    next->transparent = p[1] & 1 ? p[4] : OPAQUE;
  }
  return skip_sub_blocks(g, err);
}

static lnt_status read_image(frame *next, gif *g, lnt_error *err) {
  if (g->n - g->at < IMAGE_BYTES) return ends_early(g, err);
  const uint8_t *p = g->data + g->at;
  next->x = lnti_get_le16(p);
  next->y = lnti_get_le16(p + 2);
  next->w = lnti_get_le16(p + 4);
  next->h = lnti_get_le16(p + 6);
  next->interlaced = (p[8] & FLAG_INTERLACED) != 0;
  next->table = g->table;
  next->n_colours = g->n_colours;
  g->at += IMAGE_BYTES;
  lnt_status status = read_table(&next->table, &next->n_colours, g, p[8], err);
  if (status != LNT_OK) return status;
  next->data = g->data + g->at;
  if (g->at >= g->n) return ends_early(g, err);
  g->at++;
  const size_t begin = g->at;
  status = skip_sub_blocks(g, err);
  if (status != LNT_OK) return status;
  if (next->w * next->h / PIXELS_PER_BYTE > g->at - begin) {
    return lnti_fail(err, LNT_EDATA, "the GIF file is damaged: %zu bytes cannot hold the %zu x %zu pixels of frame %zu",
                     g->at - begin, next->w, next->h, g->n_frames);
  }
  if (!next->table) {
    return lnti_fail(err, LNT_EDATA, "the GIF file is damaged: frame %zu has no table of colours", g->n_frames);
  }
  g->n_frames++;
  return LNT_OK;
}

/** The next frame; *out is false at the trailer. */
static lnt_status next_frame(bool *found_out, frame *out, gif *g, lnt_error *err) {
  frame next = {.transparent = OPAQUE};
  while (g->at < g->n) {
    const unsigned block = g->data[g->at++];
    lnt_status status = LNT_OK;
    switch (block) {
      case BLOCK_EXTENSION:
        status = read_extension(&next, g, err);
        break;
      case BLOCK_IMAGE:
        status = read_image(&next, g, err);
        if (status == LNT_OK) *out = next;
        if (status == LNT_OK) *found_out = true;
        return status;
      case BLOCK_TRAILER:
        *found_out = false;
        return LNT_OK;
      default:
        return lnti_fail(err, LNT_EDATA, "the GIF file is damaged: byte %zu is %u, which begins no block", g->at - 1,
                         block);
    }
    if (status != LNT_OK) return status;
  }
  return ends_early(g, err);
}

/** Covers all of the canvas: nothing that was before is seen. */
static bool is_whole(const frame *f, const gif *g) {
  return f->x == 0 && f->y == 0 && f->w >= g->w && f->h >= g->h && f->transparent == OPAQUE;
}

/** What the walk over all frames finds out. */
typedef struct survey {
  lnti_image_info info;
  bool hole; /* the frame before leaves a transparent part */
} survey;

static size_t larger(size_t a, size_t b) {
  return a > b ? a : b;
}

static lnt_status look_at(survey *s, gif *g, const frame *f, const lnti_image_limits *limits, lnt_error *err) {
  const size_t i = g->n_frames - 1;
  if (f->w > limits->side_max || f->h > limits->side_max || (f->w > 0 && f->h > limits->pixels_max / f->w)) {
    return lnti_fail(err, LNT_ELIMIT, "frame %zu of the GIF file is %zu x %zu pixels, which is above the caps", i, f->w,
                     f->h);
  }
  if (i == 0) { /* a screen that is smaller than its first frame is a mistake that many writers made */
    g->w = larger(g->w, f->x + f->w);
    g->h = larger(g->h, f->y + f->h);
  }
  const bool whole = is_whole(f, g);
  if (f->transparent != OPAQUE || ((i == 0 || s->hole) && !whole)) s->info.c = 4;
  /* What is restored is as it was: with the hole that it had, and empty before the first frame. */
  s->hole = f->dispose == DISPOSE_BACKGROUND || (f->dispose == DISPOSE_PREVIOUS && (i == 0 || s->hole));
  return LNT_OK;
}

static lnt_status walk(survey *out, gif *g, const lnti_image_limits *limits, lnt_error *err) {
  survey s = {.info = {.format = LNTI_IMAGE_GIF, .c = 3, .depth = LNTI_DEPTH_U8, .orientation = 1}};
  bool found = true;
  while (found && g->n_frames <= limits->frames_max) {
    frame f;
    lnt_status status = next_frame(&found, &f, g, err);
    if (status == LNT_OK && found) status = look_at(&s, g, &f, limits, err);
    if (status != LNT_OK) return status;
  }
  if (g->w * g->h > CANVAS_FREE && g->w * g->h / PIXELS_PER_BYTE > g->n) {
    return lnti_fail(err, LNT_EDATA, "the GIF file is damaged: %zu bytes cannot hold %zu x %zu pixels", g->n, g->w,
                     g->h);
  }
  s.info.h = g->h;
  s.info.w = g->w;
  s.info.frames = g->n_frames;
  s.info.timed = g->n_frames > 1;
  *out = s;
  return LNT_OK;
}

static lnt_status probe(lnti_image_info *out, const lnti_blob *blob, const lnti_image_limits *limits, lnt_error *err) {
  gif g;
  survey s;
  lnt_status status = open_gif(&g, blob, err);
  if (status == LNT_OK) status = walk(&s, &g, limits, err);
  if (status == LNT_OK) *out = s.info;
  return status;
}

/** Where the pixels of a frame go, in the order in which they are stored. */
typedef struct pen {
  lnti_image *canvas;
  const frame *frame;
  size_t x, y;   /* of the next pixel, in the frame */
  unsigned pass; /* of an interlaced frame, 0..3 */
} pen;

/** Rows of an interlaced frame: every 8th from 0, every 8th from 4, every 4th from 2, every 2nd from 1 (annex E). */
static void next_row(pen *p) {
  static const size_t first[4] = {0, 4, 2, 1}, step[4] = {8, 8, 4, 2};
  p->x = 0;
  if (!p->frame->interlaced) {
    p->y++;
    return;
  }
  p->y += step[p->pass];
  while (p->y >= p->frame->h && p->pass < 3) p->y = first[++p->pass];
}

static void put(uint8_t *to, const frame *f, unsigned colour, size_t c) {
  static const uint8_t black[3] = {0, 0, 0};
  if (colour == f->transparent) return;
  memcpy(to, colour < f->n_colours ? f->table + (size_t)3 * colour : black, 3);
  if (c == 4) to[3] = 255;
}

static void draw_pixels(void *payload, const uint8_t *colours, size_t n) {
  pen *p = payload;
  const frame *f = p->frame;
  const lnti_image *canvas = p->canvas;
  while (n > 0 && p->y < f->h) {
    const size_t run = n < f->w - p->x ? n : f->w - p->x;
    const size_t y = f->y + p->y, x = f->x + p->x;
    if (y < canvas->h) {
      const size_t seen = x >= canvas->w ? 0 : run < canvas->w - x ? run : canvas->w - x;
      uint8_t *to = (uint8_t *)canvas->data + (y * canvas->w + x) * canvas->c;
      for (size_t i = 0; i < seen; i++, to += canvas->c) put(to, f, colours[i], canvas->c);
    }
    colours += run;
    n -= run;
    p->x += run;
    if (p->x == f->w) next_row(p);
  }
}

static lnt_status draw(lnti_image *canvas, const frame *f, const gif *g, lnt_error *err) {
  pen p = {canvas, f, 0, 0, 0};
  const lnti_gif_lzw source = {f->data + 1, (size_t)(g->data + g->n - f->data) - 1, f->data[0], f->w * f->h};
  return lnti_gif_lzw_run(&source, draw_pixels, &p, g->n_frames - 1, err);
}

/** The part of the canvas that a frame has covered becomes transparent. */
static void remove_frame(lnti_image *canvas, const frame *f) {
  for (size_t y = f->y; y < f->y + f->h && y < canvas->h; y++) {
    const size_t x_end = f->x + f->w < canvas->w ? f->x + f->w : canvas->w;
    if (f->x < x_end) {
      memset((uint8_t *)canvas->data + (y * canvas->w + f->x) * canvas->c, 0, (x_end - f->x) * canvas->c);
    }
  }
}

/** Goes through the frames. What the last one drawn leaves behind is cleared up when the next is drawn. */
typedef struct reader {
  gif g; /* behind the last frame that was drawn or passed by: g.n_frames of them */
  lnti_image canvas;
  lnti_image before;       /* a second canvas, had when a frame first asks to be taken back */
  frame last;              /* on the canvas; of no size before the first */
  lnt_error broken;        /* the damage that the canvas shows; LNT_OK: none */
  lnt_error broken_before; /* that which `before` shows */
} reader;

static void close_reader(void *payload) {
  reader *r = payload;
  lnti_image_clear(&r->before);
  lnti_image_clear(&r->canvas);
  free(r);
}

static lnt_status open_reader(void **out, const lnti_blob *blob, const lnti_image_info *info, lnt_error *err) {
  reader *r = NULL;
  lnt_status status = lnti_alloc_zero(&r, 1, sizeof *r, err);
  if (status != LNT_OK) return status;
  status = open_gif(&r->g, blob, err);
  if (status == LNT_OK) status = lnti_image_new(&r->canvas, info->h, info->w, info->c, info->depth, err);
  if (status != LNT_OK) {
    close_reader(r);
    return status;
  }
  r->g.h = info->h;
  r->g.w = info->w;
  memset(r->canvas.data, 0, lnti_image_bytes(&r->canvas));
  *out = r;
  return LNT_OK;
}

/** What the last frame asks for to be done when its time is over. */
static void clear_up(reader *r) {
  if (r->last.dispose == DISPOSE_BACKGROUND) remove_frame(&r->canvas, &r->last);
  if (r->last.dispose != DISPOSE_PREVIOUS || !r->before.data) return;
  memcpy(r->canvas.data, r->before.data, lnti_image_bytes(&r->canvas));
  r->broken = r->broken_before;
}

static lnt_status keep_canvas(reader *r, lnt_error *err) {
  const lnti_image *canvas = &r->canvas;
  lnt_status status = LNT_OK;
  if (!r->before.data) status = lnti_image_new(&r->before, canvas->h, canvas->w, canvas->c, canvas->depth, err);
  if (status != LNT_OK) return status;
  memcpy(r->before.data, canvas->data, lnti_image_bytes(canvas));
  r->broken_before = r->broken;
  return LNT_OK;
}

/** Draws the next frame, damage included: LNT_ENOMEM alone is returned. */
static lnt_status draw_next(reader *r, lnt_error *err) {
  frame f = {0};
  bool found = false;
  lnt_status status = next_frame(&found, &f, &r->g, err);
  if (status == LNT_OK && !found) status = ends_early(&r->g, err);
  if (status != LNT_OK) return status;
  clear_up(r);
  if (f.dispose == DISPOSE_PREVIOUS) status = keep_canvas(r, err);
  if (status != LNT_OK) return status;
  r->last = f;
  if (is_whole(&f, &r->g)) r->broken = (lnt_error)LNT_ERROR_INIT;
  if (r->broken.code != LNT_OK) return LNT_OK;
  status = draw(&r->canvas, &f, &r->g, &r->broken);
  return status == LNT_ENOMEM ? lnti_fail(err, status, "%s", r->broken.message) : LNT_OK;
}

/** Goes to the last frame up to `wanted` that can be drawn without those before it. */
static lnt_status pass_by(reader *r, size_t wanted, lnt_error *err) {
  gif g = r->g, start = r->g;
  while (g.n_frames <= wanted) {
    frame f = {0};
    bool found = false;
    const gif here = g;
    lnt_status status = next_frame(&found, &f, &g, err);
    if (status == LNT_OK && !found) status = ends_early(&g, err);
    if (status != LNT_OK) return status;
    if (is_whole(&f, &g) && (here.n_frames == wanted || f.dispose != DISPOSE_PREVIOUS)) start = here;
  }
  if (start.n_frames == r->g.n_frames) return LNT_OK;
  r->g = start;
  r->last = (frame){0}; /* nothing is seen of it any more */
  return LNT_OK;
}

static lnt_status draw_up_to(reader *r, size_t wanted, lnt_error *err) {
  lnt_status status = pass_by(r, wanted, err);
  while (status == LNT_OK && r->g.n_frames <= wanted) status = draw_next(r, err);
  if (status == LNT_OK && r->broken.code != LNT_OK) status = lnti_fail(err, r->broken.code, "%s", r->broken.message);
  return status;
}

static lnt_status read_frame(lnti_image *out, void *payload, size_t wanted, lnt_error *err) {
  reader *r = payload;
  const lnti_image *canvas = &r->canvas;
  lnti_image copy = {0};
  lnt_status status = draw_up_to(r, wanted, err);
  if (status == LNT_OK) status = lnti_image_new(&copy, canvas->h, canvas->w, canvas->c, canvas->depth, err);
  if (status != LNT_OK) return status;
  memcpy(copy.data, canvas->data, lnti_image_bytes(canvas));
  *out = copy;
  return LNT_OK;
}

static lnt_status decode(lnti_image *out, size_t *rows_missing_out, const lnti_blob *blob, const lnti_image_info *info,
                         const lnti_size *shrink_to, lnt_error *err) {
  (void)rows_missing_out;
  (void)shrink_to;
  void *payload = NULL;
  lnt_status status = open_reader(&payload, blob, info, err);
  if (status != LNT_OK) return status;
  reader *r = payload;
  status = draw_up_to(r, blob->frame, err);
  if (status == LNT_OK) {
    *out = r->canvas;
    r->canvas = (lnti_image){0};
  }
  close_reader(r);
  return status;
}

static const lnti_codec_animation animation = {open_reader, read_frame, close_reader};
const lnti_codec lnti_codec_gif = {LNTI_IMAGE_GIF, "gif", "GIF", false, is_gif, probe, decode, &animation};
