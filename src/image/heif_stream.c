/*
 * Both walks go over the units of a stream, read the few headers that give sizes, and no more of them than the sizes
 * take.
 */
#include <image/heif_stream.h>

#include <string.h>

enum { HVCC_ARRAYS = 22, AV1C_OBUS = 4, NAL_SPS = 33, OBU_SEQUENCE = 1, SPS_BYTES_MAX = 512 };

typedef struct size {
  size_t h, w;
} size;

/** Bits still to be read, the highest of a byte first. `bad` is set where they have run out. */
typedef struct bits {
  const uint8_t *p;
  size_t n, at; /* in bits */
  bool bad;
} bits;

static uint32_t take(bits *b, unsigned n) {
  uint32_t v = 0;
  if (n > b->n - b->at) {
    b->bad = true;
    b->at = b->n;
    return 0;
  }
  for (; n > 0; n--, b->at++) v = v << 1 | (b->p[b->at / 8] >> (7 - b->at % 8) & 1);
  return v;
}

static void pass(bits *b, size_t n) {
  if (n > b->n - b->at) {
    b->bad = true;
    n = b->n - b->at;
  }
  b->at += n;
}

/** Exp-Golomb code (H.265, 9.2); also AV1's uvlc (4.10.3). */
static uint32_t take_golomb(bits *b) {
  unsigned zeros = 0;
  while (!b->bad && take(b, 1) == 0) zeros++;
  if (b->bad || zeros > 31) {
    b->bad = true;
    return 0;
  }
  return (1u << zeros) - 1 + take(b, zeros);
}

static void grow(size *s, size_t h, size_t w) {
  if (h > s->h) s->h = h;
  if (w > s->w) s->w = w;
}

/** A sequence parameter set behind its two bytes of header, as far as the size. */
static bool read_sps(size *s, const uint8_t *p, size_t n) {
  uint8_t plain[SPS_BYTES_MAX];
  size_t n_plain = 0;
  for (size_t i = 0, zeros = 0; i < n && n_plain < SPS_BYTES_MAX; i++) {
    if (zeros >= 2 && p[i] == 3) { /* a byte that keeps start codes out (7.4.2) */
      zeros = 0;
      continue;
    }
    zeros = p[i] == 0 ? zeros + 1 : 0;
    plain[n_plain++] = p[i];
  }
  bits b = {.p = plain, .n = 8 * n_plain};
  pass(&b, 4);
  const unsigned layers = take(&b, 3);
  pass(&b, 1 + 96); /* nesting; general profile, tier and level */
  unsigned present[8] = {0};
  for (unsigned i = 0; i < layers; i++) present[i] = take(&b, 2);
  if (layers > 0) pass(&b, (8 - layers) * 2);
  for (unsigned i = 0; i < layers; i++) pass(&b, (present[i] & 2 ? 88u : 0) + (present[i] & 1 ? 8u : 0));
  (void)take_golomb(&b);
  if (take_golomb(&b) == 3) pass(&b, 1); /* separate planes */
  const uint32_t w = take_golomb(&b), h = take_golomb(&b);
  if (b.bad) return false;
  grow(s, h, w);
  return true;
}

static bool read_nal(size *s, const uint8_t *p, size_t n) {
  return n < 2 || (p[0] >> 1 & 63) != NAL_SPS || read_sps(s, p + 2, n - 2);
}

/** Parameter sets in arrays, each with its length in two bytes (14496-15, 8.3.3.1). */
static bool read_hvcc(size *s, lnti_bytes config) {
  const uint8_t *p = config.p, *end = config.p + config.n;
  if (config.n <= HVCC_ARRAYS) return false;
  unsigned arrays = p[HVCC_ARRAYS];
  for (p += HVCC_ARRAYS + 1; arrays > 0; arrays--) {
    if (end - p < 3) return false;
    unsigned nals = (unsigned)p[1] << 8 | p[2];
    for (p += 3; nals > 0; nals--) {
      if (end - p < 2) return false;
      const size_t n = (size_t)p[0] << 8 | p[1];
      p += 2;
      if (n > (size_t)(end - p) || !read_nal(s, p, n)) return false;
      p += n;
    }
  }
  return true;
}

/** Units of a picture, each behind its length in as many bytes as the configuration says. */
static bool read_nals(size *s, lnti_bytes config, lnti_bytes data) {
  const unsigned length_bytes = (config.p[HVCC_ARRAYS - 1] & 3u) + 1;
  while (data.n > 0) {
    size_t n = 0;
    if (data.n < length_bytes) return false;
    for (unsigned i = 0; i < length_bytes; i++) n = n << 8 | data.p[i];
    data.p += length_bytes;
    data.n -= length_bytes;
    if (n == 0 || n > data.n || !read_nal(s, data.p, n)) return false;
    data.p += n;
    data.n -= n;
  }
  return true;
}

/** Clocks of a stream (5.5.3, 5.5.4); what operating points will have to say of them. */
static void pass_timing(bits *b, unsigned *delay_bits, bool *model) {
  pass(b, 64);
  if (take(b, 1)) (void)take_golomb(b);
  *model = take(b, 1);
  if (!*model) return;
  *delay_bits = take(b, 5) + 1;
  pass(b, 32 + 5 + 5);
}

static void pass_operating_points(bits *b) {
  unsigned delay_bits = 0;
  bool model = false;
  if (take(b, 1)) pass_timing(b, &delay_bits, &model);
  const bool display_delay = take(b, 1);
  for (unsigned n = take(b, 5) + 1; n > 0; n--) {
    pass(b, 12);
    if (take(b, 5) > 7) pass(b, 1);
    if (model && take(b, 1)) pass(b, 2 * delay_bits + 1);
    if (display_delay && take(b, 1)) pass(b, 4);
  }
}

static bool read_sequence(size *s, const uint8_t *p, size_t n) {
  bits b = {.p = p, .n = 8 * n};
  pass(&b, 4);
  if (take(&b, 1)) { /* reduced, for one picture alone */
    pass(&b, 5);
  } else {
    pass_operating_points(&b);
  }
  const unsigned w_bits = take(&b, 4) + 1, h_bits = take(&b, 4) + 1;
  const uint32_t w = take(&b, w_bits), h = take(&b, h_bits);
  if (b.bad) return false;
  grow(s, (size_t)h + 1, (size_t)w + 1);
  return true;
}

/** A number in groups of seven bits, the lowest first (4.10.5). */
static bool take_leb128(size_t *out, lnti_bytes *from) {
  uint64_t v = 0;
  for (unsigned i = 0; i < 8 && from->n > 0; i++) {
    const uint8_t byte = *from->p++;
    from->n--;
    v |= (uint64_t)(byte & 127) << 7 * i;
    if (!(byte & 128)) {
      *out = (size_t)v;
      return true;
    }
  }
  return false;
}

static bool read_obus(size *s, lnti_bytes data) {
  while (data.n > 0) {
    const uint8_t head = *data.p;
    const size_t head_bytes = head & 4 ? 2 : 1;
    size_t n = 0;
    if (data.n < head_bytes) return false;
    data.p += head_bytes;
    data.n -= head_bytes;
    if (!(head & 2)) {
      n = data.n;
    } else if (!take_leb128(&n, &data) || n > data.n) {
      return false;
    }
    if ((head >> 3 & 15) == OBU_SEQUENCE && !read_sequence(s, data.p, n)) return false;
    data.p += n;
    data.n -= n;
  }
  return true;
}

bool lnti_heif_stream_size(size_t *h_out, size_t *w_out, lnti_heif_kind kind, lnti_bytes config, lnti_bytes data) {
  size s = {0, 0};
  bool sound = true;
  if (kind == LNTI_HEIF_HEVC) {
    sound = read_hvcc(&s, config) && read_nals(&s, config, data);
  } else if (config.n > AV1C_OBUS) {
    sound = read_obus(&s, (lnti_bytes){config.p + AV1C_OBUS, config.n - AV1C_OBUS});
  }
  if (kind == LNTI_HEIF_AV1 && sound) sound = read_obus(&s, data);
  if (!sound) return false;
  *h_out = s.h;
  *w_out = s.w;
  return true;
}
