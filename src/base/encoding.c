/*
 * Decoding. The first bytes are gathered until the buffer is full, so that a source that gives one byte at a time is
 * judged as any other; UTF-8 then passes by the buffer.
 */
#include <base/encoding.h>

#include <base/error.h>
#include <string.h>

enum { NUL_SHARE = 4 }; /* more than one pair in so many holds a zero: letters, separators and line ends see to it */

lnt_status lnti_memory_give(size_t *n_out, void *memory, char *buffer, size_t n, lnt_error *err) {
  lnti_memory *from = memory;
  size_t part = from->n - from->at < n ? from->n - from->at : n;
  (void)err;
  if (part > 0) memcpy(buffer, from->data + from->at, part);
  from->at += part;
  *n_out = part;
  return LNT_OK;
}

void lnti_decoder_init(lnti_decoder *decoder, lnti_bytes_source source, void *payload, const char *name) {
  decoder->source = source;
  decoder->payload = payload;
  decoder->name = name;
  decoder->encoding = (lnti_encoding)0;
  decoder->offset = 0;
  decoder->ended = false;
  decoder->at = decoder->n = 0;
}

/* Keeps what is not used yet and fills the rest of `raw`. */
static lnt_status fill(lnti_decoder *d, lnt_error *err) {
  memmove(d->raw, d->raw + d->at, d->n - d->at);
  d->n -= d->at;
  d->at = 0;
  while (d->n < sizeof d->raw && !d->ended) {
    size_t n = 0;
    lnt_status status = d->source(&n, d->payload, d->raw + d->n, sizeof d->raw - d->n, err);
    if (status) return status;
    d->ended = n == 0;
    d->n += n;
  }
  return LNT_OK;
}

static lnti_encoding guess_by_zeros(const char *raw, size_t n) {
  size_t zeros[2] = {0, 0};
  for (size_t i = 0; i < n; i++) zeros[i % 2] += raw[i] == '\0';
  size_t needed = n / 2 / NUL_SHARE + 1;
  if (n % 2 == 0 && zeros[0] == 0 && zeros[1] >= needed) return LNTI_UTF16_LE;
  if (n % 2 == 0 && zeros[1] == 0 && zeros[0] >= needed) return LNTI_UTF16_BE;
  return LNTI_UTF8;
}

static bool starts_with(const lnti_decoder *d, const char *mark, size_t n) {
  return d->n >= n && memcmp(d->raw, mark, n) == 0;
}

static void skip(lnti_decoder *d, size_t n) {
  d->at += n;
  d->offset += n;
}

static lnt_status find_encoding(lnti_decoder *d, lnt_error *err) {
  lnt_status status = fill(d, err);
  if (status) return status;
  if (starts_with(d, "\xFF\xFE\0\0", 4) || starts_with(d, "\0\0\xFE\xFF", 4)) {
    return lnti_fail(err, LNT_EUNSUPPORTED, "%.200s: this text is UTF-32; save it as UTF-8", d->name);
  }
  if (starts_with(d, "\xEF\xBB\xBF", 3)) {
    d->encoding = LNTI_UTF8;
    skip(d, 3);
  } else if (starts_with(d, "\xFF\xFE", 2) || starts_with(d, "\xFE\xFF", 2)) {
    d->encoding = d->raw[0] == '\xFF' ? LNTI_UTF16_LE : LNTI_UTF16_BE;
    skip(d, 2);
  } else {
    d->encoding = guess_by_zeros(d->raw, d->n);
  }
  return LNT_OK;
}

/* ---- UTF-16 ---- */

static size_t put_utf8(char *out, uint32_t c) {
  if (c < 0x80) {
    out[0] = (char)c;
    return 1;
  }
  if (c < 0x800) {
    out[0] = (char)(0xC0 | c >> 6);
    out[1] = (char)(0x80 | (c & 0x3F));
    return 2;
  }
  if (c < 0x10000) {
    out[0] = (char)(0xE0 | c >> 12);
    out[1] = (char)(0x80 | (c >> 6 & 0x3F));
    out[2] = (char)(0x80 | (c & 0x3F));
    return 3;
  }
  out[0] = (char)(0xF0 | c >> 18);
  out[1] = (char)(0x80 | (c >> 12 & 0x3F));
  out[2] = (char)(0x80 | (c >> 6 & 0x3F));
  out[3] = (char)(0x80 | (c & 0x3F));
  return 4;
}

static uint32_t unit_at(const lnti_decoder *d, size_t at) {
  const unsigned char *p = (const unsigned char *)d->raw + at;
  return d->encoding == LNTI_UTF16_LE ? (uint32_t)(p[0] | p[1] << 8) : (uint32_t)(p[0] << 8 | p[1]);
}

static lnt_status refuse(const lnti_decoder *d, const char *what, lnt_error *err) {
  return lnti_fail(err, LNT_EDATA, "%.200s: byte %llu: %s in UTF-16; save it as UTF-8", d->name,
                   (unsigned long long)d->offset, what);
}

/* The next character, of which at least two bytes are held, and all four where it has so many. */
static lnt_status take_utf16(uint32_t *out, lnti_decoder *d, lnt_error *err) {
  uint32_t unit = unit_at(d, d->at);
  if (unit < 0xD800 || unit > 0xDFFF) {
    skip(d, 2);
    *out = unit;
    return LNT_OK;
  }
  uint32_t low = unit <= 0xDBFF && d->n - d->at >= 4 ? unit_at(d, d->at + 2) : 0;
  if (low < 0xDC00 || low > 0xDFFF) return refuse(d, "half of a surrogate pair", err);
  skip(d, 4);
  *out = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
  return LNT_OK;
}

static lnt_status give_utf16(size_t *n_out, lnti_decoder *d, char *buffer, size_t n, lnt_error *err) {
  size_t done = 0;
  while (n - done >= LNTI_DECODE_MIN) {
    if (d->n - d->at < 4 && !d->ended) {
      lnt_status status = fill(d, err);
      if (status) return status;
    }
    if (d->at == d->n) break;
    if (d->n - d->at == 1) return refuse(d, "half a character at the end", err);
    uint32_t c = 0;
    lnt_status status = take_utf16(&c, d, err);
    if (status) return status;
    done += put_utf8(buffer + done, c);
  }
  *n_out = done;
  return LNT_OK;
}

lnt_status lnti_decode(size_t *n_out, void *decoder, char *buffer, size_t n, lnt_error *err) {
  lnti_decoder *d = decoder;
  if (!d->encoding) {
    lnt_status status = find_encoding(d, err);
    if (status) return status;
  }
  if (d->encoding != LNTI_UTF8) return give_utf16(n_out, d, buffer, n, err);
  size_t held = d->n - d->at;
  if (held == 0) {
    *n_out = 0;
    return d->ended ? LNT_OK : d->source(n_out, d->payload, buffer, n, err);
  }
  if (held > n) held = n;
  memcpy(buffer, d->raw + d->at, held);
  skip(d, held);
  *n_out = held;
  return LNT_OK;
}

/* ---- Windows-1252 ---- */

/* The upper half's first 32; the others are those of Latin-1. */
static const uint16_t windows1252[32] = {0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                         0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008D, 0x017D, 0x008F,
                                         0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                         0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178};

lnt_status lnti_windows1252_append(lnti_text *out, const char *data, size_t n, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < n && status == LNT_OK; i++) {
    char utf8[LNTI_DECODE_MIN];
    unsigned char c = (unsigned char)data[i];
    uint32_t code = c >= 0x80 && c < 0xA0 ? windows1252[c - 0x80] : c;
    status = lnti_text_append(out, utf8, put_utf8(utf8, code), err);
  }
  return status;
}
