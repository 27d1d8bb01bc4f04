/*
 * A code is a colour, or a string that was seen: each code read, but the first after a clear, makes a new string, the
 * one before and the first colour of this one. Strings are kept as links to the string without its last colour, with
 * their lengths, and written out from behind.
 */
#include <image/gif_lzw.h>

#include <base/alloc.h>
#include <base/error.h>
#include <stdbool.h>
#include <stdlib.h>

enum { CODE_BITS_MAX = 12, CODES = 1 << CODE_BITS_MAX, COLOUR_BITS_MAX = 8 };

/** Strings by code. */
typedef struct strings {
  uint16_t before[CODES]; /* the string without its last colour */
  uint16_t length[CODES];
  uint8_t first[CODES], last[CODES];
  uint8_t text[CODES]; /* the string at hand */
} strings;

/** Bits out of sub-blocks, lowest first. */
typedef struct bit_reader {
  const uint8_t *p, *end;
  size_t left; /* of the sub-block */
  uint32_t bits;
  unsigned n_bits;
} bit_reader;

/** False where the sub-blocks end. */
static bool read_code(unsigned *out, bit_reader *r, unsigned n_bits) {
  while (r->n_bits < n_bits) {
    if (r->left == 0) {
      if (r->p == r->end || *r->p == 0) return false;
      r->left = *r->p++;
      if (r->left > (size_t)(r->end - r->p)) return false;
    }
    r->bits |= (uint32_t)*r->p++ << r->n_bits;
    r->n_bits += 8;
    r->left--;
  }
  *out = r->bits & ((1u << n_bits) - 1);
  r->bits >>= n_bits;
  r->n_bits -= n_bits;
  return true;
}

static void begin_strings(strings *s, unsigned n_colours) {
  for (unsigned i = 0; i < n_colours; i++) {
    s->before[i] = 0;
    s->length[i] = 1;
    s->first[i] = s->last[i] = (uint8_t)i;
  }
}

static void add_string(strings *s, unsigned code, unsigned before, uint8_t last) {
  s->before[code] = (uint16_t)before;
  s->length[code] = (uint16_t)(s->length[before] + 1);
  s->first[code] = s->first[before];
  s->last[code] = last;
}

/** The string of a code in s->text; returns its length. */
static size_t spell(strings *s, unsigned code) {
  const size_t n = s->length[code];
  for (size_t i = n; i-- > 0; code = s->before[code]) s->text[i] = s->last[code];
  return n;
}

static lnt_status damaged(size_t frame, lnt_error *err) {
  return lnti_fail(err, LNT_EDATA, "the GIF file is damaged: the pixels of frame %zu cannot be decoded", frame);
}

static lnt_status run(strings *s, const lnti_gif_lzw *source, lnti_gif_visit visit, void *payload, size_t frame,
                      lnt_error *err) {
  const unsigned clear = 1u << source->code_size, end = clear + 1;
  bit_reader r = {.p = source->data, .end = source->data + source->n};
  unsigned n_bits = source->code_size + 1, next = end + 1, before = CODES;
  size_t left = source->pixels;
  begin_strings(s, clear);
  while (left > 0) {
    unsigned code = 0;
    if (!read_code(&code, &r, n_bits) || code == end) {
      return lnti_fail(err, LNT_EDATA, "the GIF file ends early: %zu of the %zu pixels of frame %zu are missing", left,
                       source->pixels, frame);
    }
    if (code == clear) {
      n_bits = source->code_size + 1;
      next = end + 1;
      before = CODES;
      continue;
    }
    /* The string that this code completes may be its own. */
    if (code > next || (code == next && before == CODES) || (before == CODES && code > clear)) {
      return damaged(frame, err);
    }
    if (before != CODES && next < CODES) {
      add_string(s, next, before, s->first[code == next ? before : code]);
      next++;
      if (next >= 1u << n_bits && n_bits < CODE_BITS_MAX) n_bits++;
    }
    size_t n = spell(s, code);
    if (n > left) n = left;
    visit(payload, s->text, n);
    left -= n;
    before = code;
  }
  return LNT_OK;
}

lnt_status lnti_gif_lzw_run(const lnti_gif_lzw *source, lnti_gif_visit visit, void *payload, size_t frame,
                            lnt_error *err) {
  strings *s = NULL;
  if (source->code_size < 1 || source->code_size > COLOUR_BITS_MAX) return damaged(frame, err);
  lnt_status status = lnti_alloc(&s, 1, sizeof *s, err);
  if (status != LNT_OK) return status;
  status = run(s, source, visit, payload, frame, err);
  free(s);
  return status;
}
