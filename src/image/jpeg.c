/*
 * JPEG by TurboJPEG, its header by our own reader (ITU-T T.81, annex B), so that caps are judged first and
 * unusual subsampling, which TurboJPEG's header call refuses, is taken.
 *
 * Truth about damage: libjpeg fills what it cannot decode with grey and merely warns. So the first decode
 * stops at the first warning, into a buffer holding a pattern; the rows that still hold it are the missing
 * ones. A file that lacks only its end marker, or has junk in its header, is mended first. The accurate integer DCT is used
 * throughout: it gives the same pixels on every CPU.
 *
 * Embedded colour profiles are not applied: numbers are taken as sRGB, CMYK converted without a profile.
 */
#include <image/codec.h>
#include <image/jpeg_segment.h>

#include <base/alloc.h>
#include <base/error.h>
#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>

enum {
  COMPONENTS_MAX = 4,
  COEFFICIENTS = 64,
  SIDE_MAX = 65500, /* of libjpeg */
  /* A file is taken while at most one in MISSING_PART of its rows is missing. */
  MISSING_PART = 20,
  DECODE_FLAGS = TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS
};

enum {
  M_SOF0 = 0xc0,
  M_SOF2 = 0xc2,
  M_DHT = 0xc4,
  M_JPG = 0xc8,
  M_DAC = 0xcc,
  M_SOF15 = 0xcf,
  M_SOI = 0xd8,
  M_APP14 = 0xee,
  M_JPEG_LS = 0xf7
};

/** What stands before the first scan. */
typedef struct jpeg_head {
  unsigned sof; /* frame marker, 0xc0.. */
  size_t h, w, c;
  uint8_t id[COMPONENTS_MAX];
  bool adobe;     /* written by Adobe's rules: CMYK is stored inverted */
  size_t scan_at; /* the first SOS marker */
} jpeg_head;

static bool is_jpeg(const uint8_t *data, size_t n) {
  /* JPEG-LS begins with a frame header of its own. */
  return n >= 3 && data[0] == 0xff && data[1] == M_SOI && data[2] == 0xff && (n < 4 || data[3] != M_JPEG_LS);
}

static bool is_frame(unsigned marker) {
  return marker >= M_SOF0 && marker <= M_SOF15 && marker != M_DHT && marker != M_JPG && marker != M_DAC;
}

static lnt_status refuse_kind(const char *what, lnt_error *err) {
  return lnti_fail(err, LNT_EUNSUPPORTED,
                   "%s JPEG is not read by this version; baseline and progressive JPEG of 8 bits are", what);
}

static bool is_progressive(const jpeg_head *head) {
  return head->sof == M_SOF2;
}

static lnt_status read_frame(jpeg_head *head, const lnti_jpeg_segment *s, lnt_error *err) {
  if (head->sof != 0) return lnti_fail(err, LNT_EDATA, "the JPEG file has two frame headers");
  if (s->bytes < 6 || s->bytes < 6 + (size_t)3 * s->data[5])
    return lnti_fail(err, LNT_EDATA, "the JPEG frame header is broken");
  head->sof = s->marker;
  head->h = (size_t)s->data[1] << 8 | s->data[2];
  head->w = (size_t)s->data[3] << 8 | s->data[4];
  head->c = s->data[5];
  switch (s->marker) {
    case M_SOF0:
    case 0xc1:
    case M_SOF2:
      break;
    case 0xc9:
    case 0xca:
      /* libjpeg reads zeros past the end of arithmetic-coded data without a warning: a cut could not be told. */
      return lnti_fail(err, LNT_EUNSUPPORTED, "arithmetic-coded JPEG is not read by this version");
    case 0xc3:
    case 0xcb:
      return refuse_kind("lossless", err);
    default:
      return refuse_kind("hierarchical", err);
  }
  if (s->data[0] != 8) return refuse_kind(s->data[0] == 12 ? "12-bit" : "deep", err);
  if (head->h == 0 || head->w == 0) return lnti_fail(err, LNT_EDATA, "the JPEG header gives no height or width");
  if (head->c != 1 && head->c != 3 && head->c != 4) {
    return lnti_fail(err, LNT_EUNSUPPORTED, "JPEG with %zu components is not read; grey, RGB and CMYK are", head->c);
  }
  for (size_t i = 0; i < head->c; i++) head->id[i] = s->data[6 + 3 * i];
  return LNT_OK;
}

static lnt_status read_head(jpeg_head *out, const uint8_t *data, size_t n, lnt_error *err) {
  jpeg_head head = {0};
  lnti_jpeg_segment s;
  size_t at = 2;
  while (lnti_jpeg_next(&s, &at, data, n)) {
    if (s.marker == LNTI_JPEG_EOI) break;
    if (is_frame(s.marker)) {
      lnt_status status = read_frame(&head, &s, err);
      if (status != LNT_OK) return status;
    } else if (s.marker == M_APP14) {
      head.adobe = head.adobe || (s.bytes >= 12 && memcmp(s.data, "Adobe", 5) == 0);
    } else if (s.marker == LNTI_JPEG_SOS) {
      if (head.sof == 0) break;
      head.scan_at = s.at;
      *out = head;
      return LNT_OK;
    }
  }
  return lnti_fail(err, LNT_EDATA, "the JPEG file ends before its first scan");
}

static lnt_status probe(lnti_image_info *out, const lnti_blob *blob, const lnti_image_limits *limits, lnt_error *err) {
  (void)limits;
  jpeg_head head;
  lnt_status status = read_head(&head, blob->data, blob->bytes, err);
  if (status != LNT_OK) return status;
  if (head.h > SIDE_MAX || head.w > SIDE_MAX) {
    return lnti_fail(err, LNT_ELIMIT, "the JPEG image is %zu x %zu pixels; sides up to %d are taken", head.w, head.h,
                     SIDE_MAX);
  }
  *out = (lnti_image_info){.format = LNTI_IMAGE_JPEG,
                           .h = head.h,
                           .w = head.w,
                           .c = head.c == 1 ? 1 : 3,
                           .depth = LNTI_DEPTH_U8,
                           .frames = 1,
                           .orientation = 1};
  return LNT_OK;
}

/** True where a progressive file's scans bring every coefficient of every component to its last bit
 *  (T.81, G.1.1): libjpeg shows what there is without a word. */
static bool scans_complete(const jpeg_head *head, const uint8_t *data, size_t n) {
  uint8_t low[COMPONENTS_MAX][COEFFICIENTS];
  memset(low, 0xff, sizeof low);
  lnti_jpeg_segment s;
  for (size_t at = head->scan_at; lnti_jpeg_next(&s, &at, data, n) && s.marker != LNTI_JPEG_EOI;) {
    if (s.marker != LNTI_JPEG_SOS || s.bytes < 1 || s.bytes < (size_t)2 * s.data[0] + 4) continue;
    const uint8_t *spectral = s.data + 1 + 2 * s.data[0]; /* first, last, high and low bit */
    for (unsigned i = 0; i < s.data[0]; i++) {
      for (size_t c = 0; c < head->c; c++) {
        if (head->id[c] != s.data[1 + 2 * i]) continue;
        for (unsigned k = spectral[0]; k <= spectral[1] && k < COEFFICIENTS; k++) low[c][k] = spectral[2] & 15;
      }
    }
  }
  for (size_t c = 0; c < head->c; c++) {
    for (unsigned k = 0; k < COEFFICIENTS; k++) {
      if (low[c][k] != 0) return false;
    }
  }
  return true;
}

/** Bytes too few for the pixels are refused before memory is taken: Huffman coding spends at least two bits
 *  on a block of 8 x 8 (one in a progressive scan). */
static lnt_status check_bytes(const jpeg_head *head, size_t n, lnt_error *err) {
  const size_t blocks = (head->h + 7) / 8 * ((head->w + 7) / 8);
  const size_t bits = blocks * (is_progressive(head) ? 1 : 2);
  /* A quarter off, for the rows that may be missing and chroma-first oddities. */
  if (bits / 8 * 3 / 4 <= n - head->scan_at) return LNT_OK;
  return lnti_fail(err, LNT_EDATA, "the JPEG file ends early: %zu bytes cannot hold %zu x %zu pixels", n, head->w,
                   head->h);
}

/** Where pixels go: rows of w * c bytes. */
typedef struct target {
  uint8_t *data;
  size_t h, w, c;
  int format; /* of TurboJPEG */
} target;

static uint8_t pattern(size_t i) {
  return (uint8_t)((uint32_t)i * 2654435761u >> 24);
}

static void fill_pattern(const target *t) {
  const size_t n = t->h * t->w * t->c;
  for (size_t i = 0; i < n; i++) t->data[i] = pattern(i);
}

/** Rows at the bottom that hold the pattern still. */
static size_t unwritten_rows(const target *t) {
  const size_t row = t->w * t->c;
  for (size_t i = t->h * row; i-- > 0;) {
    if (t->data[i] != pattern(i)) return t->h - 1 - i / row;
  }
  return t->h;
}

static int decode_into(const target *t, tjhandle tj, const uint8_t *data, size_t n, int flags) {
  return tjDecompress2(tj, data, n, t->data, (int)t->w, 0, (int)t->h, t->format, DECODE_FLAGS | flags);
}

static lnt_status damaged(tjhandle tj, lnt_error *err) {
  return lnti_fail(err, LNT_EDATA, "the JPEG file is damaged: %s", tjGetErrorStr2(tj));
}

static lnt_status scans_missing(lnt_error *err) {
  return lnti_fail(err, LNT_EDATA, "the progressive JPEG file is cut short or damaged: some of its scans are missing");
}

/** A copy without what stands between the segments of the header and is none (libjpeg skips it with a warning
 *  that hides later ones), and with an end marker. */
static lnt_status mend(uint8_t **out, size_t *n_out, const jpeg_head *head, const uint8_t *data, size_t n,
                       lnt_error *err) {
  static const uint8_t end[2] = {0xff, LNTI_JPEG_EOI};
  uint8_t *copy = NULL;
  lnti_jpeg_segment s;
  size_t length = 2;
  lnt_status status = lnti_alloc(&copy, n + sizeof end, 1, err);
  if (status != LNT_OK) return status;
  memcpy(copy, data, 2);
  for (size_t at = 2; at < head->scan_at && lnti_jpeg_next(&s, &at, data, n) && s.at < head->scan_at;) {
    memcpy(copy + length, data + s.at, at - s.at);
    length += at - s.at;
  }
  memcpy(copy + length, data + head->scan_at, n - head->scan_at);
  length += n - head->scan_at;
  memcpy(copy + length, end, sizeof end);
  *out = copy;
  *n_out = length + sizeof end;
  return LNT_OK;
}

/** After a warning: how much is there, and is that enough? */
static lnt_status decode_damaged(const target *t, size_t *rows_missing_out, tjhandle tj, const jpeg_head *head,
                                 const uint8_t *data, size_t n, lnt_error *err) {
  uint8_t *mended = NULL;
  size_t missing = 0, n_mended = 0;
  lnt_status status = mend(&mended, &n_mended, head, data, n, err);
  if (status != LNT_OK) return status;
  fill_pattern(t);
  if (decode_into(t, tj, mended, n_mended, TJFLAG_STOPONWARNING) != 0) {
    if (tjGetErrorCode(tj) != TJERR_WARNING) {
      status = damaged(tj, err);
      goto done;
    }
    missing = (unwritten_rows(t) * head->h + t->h - 1) / t->h;
  }
  if (is_progressive(head) && (missing > 0 || !scans_complete(head, data, n))) {
    status = scans_missing(err);
    goto done;
  }
  if (missing > head->h / MISSING_PART) {
    status = lnti_fail(err, LNT_EDATA, "the JPEG file is cut short or damaged: about %zu of its %zu rows are missing",
                       missing, head->h);
    goto done;
  }
  if (missing > 0 && decode_into(t, tj, mended, n_mended, 0) != 0 && tjGetErrorCode(tj) != TJERR_WARNING) {
    status = damaged(tj, err);
    goto done;
  }
  *rows_missing_out = missing;
done:
  free(mended);
  return status;
}

static lnt_status decode_rows(const target *t, size_t *rows_missing_out, tjhandle tj, const jpeg_head *head,
                              const uint8_t *data, size_t n, lnt_error *err) {
  int w = 0, h = 0, sampling = 0, colours = 0;
  /* For the size alone: it also fails for sampling that tjDecompress2 takes. */
  (void)tjDecompressHeader3(tj, data, n, &w, &h, &sampling, &colours);
  if ((size_t)w != head->w || (size_t)h != head->h) return damaged(tj, err);
  if (decode_into(t, tj, data, n, TJFLAG_STOPONWARNING) == 0) {
    /* Scans that are not there, before an end marker that is, are no warning to libjpeg. */
    if (is_progressive(head) && !scans_complete(head, data, n)) return scans_missing(err);
    *rows_missing_out = 0;
    return LNT_OK;
  }
  if (tjGetErrorCode(tj) != TJERR_WARNING) return damaged(tj, err);
  return decode_damaged(t, rows_missing_out, tj, head, data, n, err);
}

/** 1/8, 1/4, 1/2 or 1/1: the smallest that still covers shrink_to. */
static size_t pick_divisor(const jpeg_head *head, const lnti_size *shrink_to) {
  if (!shrink_to) return 1;
  size_t divisor = 8;
  while (divisor > 1 &&
         ((head->h + divisor - 1) / divisor < shrink_to->h || (head->w + divisor - 1) / divisor < shrink_to->w)) {
    divisor /= 2;
  }
  return divisor;
}

/** CMYK without a profile: what the inks leave of the light. Adobe stores the light, others the ink. */
static void cmyk_to_rgb(uint8_t *rgb, const uint8_t *cmyk, size_t n, bool stored_as_light) {
  const unsigned flip = stored_as_light ? 0 : 255;
  for (size_t i = 0; i < n; i++, rgb += 3, cmyk += 4) {
    const unsigned k = cmyk[3] ^ flip;
    for (int j = 0; j < 3; j++) rgb[j] = (uint8_t)(((cmyk[j] ^ flip) * k + 127) / 255);
  }
}

static lnt_status decode(lnti_image *out, size_t *rows_missing_out, const lnti_blob *blob, const lnti_image_info *info,
                         const lnti_size *shrink_to, lnt_error *err) {
  (void)info;
  const uint8_t *data = blob->data;
  const size_t n = blob->bytes;
  lnti_image image = {0};
  uint8_t *inks = NULL;
  tjhandle tj = NULL;
  jpeg_head head;
  size_t rows_missing = 0;
  lnt_status status = read_head(&head, data, n, err);
  if (status == LNT_OK) status = check_bytes(&head, n, err);
  if (status != LNT_OK) goto done;
  const size_t divisor = pick_divisor(&head, shrink_to);
  target t = {NULL, (head.h + divisor - 1) / divisor, (head.w + divisor - 1) / divisor, head.c, TJPF_RGB};
  status = lnti_image_new(&image, t.h, t.w, head.c == 1 ? 1 : 3, LNTI_DEPTH_U8, err);
  if (status != LNT_OK) goto done;
  t.data = image.data;
  if (head.c == 1) t.format = TJPF_GRAY;
  if (head.c == 4) {
    status = lnti_alloc(&inks, t.h * t.w, 4, err);
    if (status != LNT_OK) goto done;
    t.data = inks;
    t.format = TJPF_CMYK;
  }
  tj = tjInitDecompress();
  if (!tj) {
    status = lnti_fail(err, LNT_ENOMEM, "not enough memory for the JPEG decoder");
    goto done;
  }
  status = decode_rows(&t, &rows_missing, tj, &head, data, n, err);
  if (status != LNT_OK) goto done;
  if (inks) cmyk_to_rgb(image.data, inks, t.h * t.w, head.adobe);
  *out = image;
  image.data = NULL;
  *rows_missing_out = rows_missing;
done:
  if (tj) tjDestroy(tj);
  free(inks);
  lnti_image_clear(&image);
  return status;
}

const lnti_codec lnti_codec_jpeg = {LNTI_IMAGE_JPEG, "jpeg", "JPEG", true, is_jpeg, probe, decode, NULL};

lnt_status lnti_jpeg_encode(uint8_t **data_out, size_t *bytes_out, const lnti_image *image, int quality,
                            lnt_error *err) {
  unsigned char *bytes = NULL;
  uint8_t *copy = NULL;
  unsigned long n = 0;
  lnt_status status = LNT_OK;
  const int format = image->c == 1 ? TJPF_GRAY : TJPF_RGB;
  /* Halved colour below 90, as cameras do; whole colour where the caller asks for quality. */
  const int sampling = image->c == 1 ? TJSAMP_GRAY : quality >= 90 ? TJSAMP_444 : TJSAMP_420;
  tjhandle tj = tjInitCompress();
  if (!tj) return lnti_fail(err, LNT_ENOMEM, "not enough memory for the JPEG encoder");
  if (tjCompress2(tj, image->data, (int)image->w, 0, (int)image->h, format, &bytes, &n, sampling, quality,
                  TJFLAG_ACCURATEDCT) != 0) {
    status = lnti_fail(err, LNT_EINTERNAL, "the image of %zu x %zu could not be written as JPEG: %s", image->w,
                       image->h, tjGetErrorStr2(tj));
    goto done;
  }
  status = lnti_alloc(&copy, n, 1, err);
  if (status != LNT_OK) goto done;
  memcpy(copy, bytes, n);
  *data_out = copy;
  *bytes_out = n;
done:
  tjFree(bytes);
  tjDestroy(tj);
  return status;
}
