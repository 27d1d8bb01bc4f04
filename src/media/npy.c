/*
 * The header is a Python dictionary with three keys. It is read by hand: each value has one form, and what is not of it is
 * told, never guessed.
 */
#include <media/npy.h>

#include <base/alloc.h>
#include <base/bytes.h>
#include <base/error.h>
#include <base/text.h>
#include <base/file.h>
#include <media/span.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAGIC_BYTES = 8, DIMENSIONS_MAX = 32, PIECE_BYTES = 1 << 16 };

static const char magic[] = "\x93NUMPY";

/* ---- writing ---- */

enum { HEADER_PREFIX = 10, HEADER_BYTES = 128 }; /* room for any shape; the data begin at a multiple of 64 */

struct lnti_npy_writer {
  lnti_file_writer *file;
  size_t n, d;
  lnti_dtype dtype;
};

static void write_header(char header[HEADER_BYTES], const lnti_npy_writer *w) {
  const char *type = w->dtype == LNTI_U8 ? "|u1" : w->dtype == LNTI_I32 ? "<i4" : w->dtype == LNTI_F32 ? "<f4" : "<f8";
  memset(header, ' ', HEADER_BYTES);
  memcpy(header, "\x93NUMPY\x01\x00", 8);
  header[8] = (char)(HEADER_BYTES - HEADER_PREFIX);
  header[9] = 0;
  int n = snprintf(header + HEADER_PREFIX, HEADER_BYTES - HEADER_PREFIX,
                   "{'descr': '%s', 'fortran_order': False, 'shape': (%zu, %zu), }", type, w->n, w->d);
  header[HEADER_PREFIX + n] = ' ';
  header[HEADER_BYTES - 1] = '\n';
}

lnt_status lnti_npy_create(lnti_npy_writer **out, const char *path, size_t d, lnti_dtype dtype, lnt_error *err) {
  char header[HEADER_BYTES];
  lnti_npy_writer *w = NULL;
  lnt_status status = lnti_alloc_zero(&w, 1, sizeof *w, err);
  if (status) return status;
  *w = (lnti_npy_writer){.d = d, .dtype = dtype};
  write_header(header, w);
  status = lnti_file_create(&w->file, path, err);
  if (!status) status = lnti_file_write(w->file, header, HEADER_BYTES, err);
  if (status) {
    lnti_npy_discard(w);
    return status;
  }
  *out = w;
  return LNT_OK;
}

lnt_status lnti_npy_add(lnti_npy_writer *w, const void *rows, size_t n, lnt_error *err) {
  w->n += n;
  return lnti_file_write(w->file, rows, n * w->d * lnti_dtype_bytes(w->dtype), err);
}

lnt_status lnti_npy_commit(lnti_npy_writer *w, lnt_error *err) {
  char header[HEADER_BYTES];
  write_header(header, w);
  lnt_status status = lnti_file_write_over(w->file, 0, header, HEADER_BYTES, err);
  if (!status) {
    status = lnti_file_commit(w->file, err);
    w->file = NULL;
  }
  lnti_npy_discard(w);
  return status;
}

void lnti_npy_discard(lnti_npy_writer *w) {
  if (!w) return;
  lnti_file_discard(w->file);
  free(w);
}

lnt_status lnti_npy_write(const char *path, const lnti_matrix *m, lnt_error *err) {
  lnti_npy_writer *w = NULL;
  lnt_status status = lnti_npy_create(&w, path, m->d, m->dtype, err);
  for (size_t i = 0; i < m->n && !status; i++) status = lnti_npy_add(w, lnti_matrix_row(m, i), 1, err);
  if (!status) return lnti_npy_commit(w, err);
  lnti_npy_discard(w);
  return status;
}

/* ---- the header ---- */

typedef struct header {
  char type[16];
  bool fortran;
  size_t size[DIMENSIONS_MAX], n_dimensions;
  bool has_type, has_order, has_shape;
} header;

static void skip_blanks(const char **at) {
  while (**at == ' ' || **at == '\t' || **at == '\n' || **at == '\r') (*at)++;
}

static bool take(const char **at, const char *word) {
  size_t n = strlen(word);
  skip_blanks(at);
  if (strncmp(*at, word, n) != 0) return false;
  *at += n;
  return true;
}

/* A string in either kind of quotes, of plain characters and without escapes. */
static bool take_string(char *out, size_t capacity, const char **at) {
  skip_blanks(at);
  char quote = **at;
  if (quote != '\'' && quote != '"') return false;
  const char *end = strchr(*at + 1, quote);
  if (!end || (size_t)(end - *at) > capacity || memchr(*at, '\\', (size_t)(end - *at))) return false;
  size_t n = (size_t)(end - *at) - 1;
  for (size_t i = 1; i <= n; i++) {
    if ((*at)[i] < ' ' || (*at)[i] > '~') return false;
  }
  memcpy(out, *at + 1, n);
  out[n] = '\0';
  *at = end + 1;
  return true;
}

static bool take_size(size_t *out, const char **at) {
  size_t value = 0;
  skip_blanks(at);
  if (**at < '0' || **at > '9') return false;
  for (; **at >= '0' && **at <= '9'; (*at)++) {
    if (!lnti_size_mul(&value, value, 10) || !lnti_size_add(&value, value, (size_t)(**at - '0'))) return false;
  }
  *out = value;
  return true;
}

/* "()", "(3,)", "(3, 4)", "(3, 4,)". */
static bool take_shape(header *h, const char **at) {
  if (!take(at, "(")) return false;
  while (!take(at, ")")) {
    if (h->n_dimensions == DIMENSIONS_MAX || !take_size(&h->size[h->n_dimensions++], at)) return false;
    if (!take(at, ",")) return take(at, ")");
  }
  return true;
}

/* A key, and its value; each key once. */
static bool take_pair(header *h, const char **at) {
  char key[16];
  bool *has = NULL;
  if (!take_string(key, sizeof key, at) || !take(at, ":")) return false;
  if (strcmp(key, "descr") == 0) {
    has = &h->has_type;
  } else if (strcmp(key, "fortran_order") == 0) {
    has = &h->has_order;
  } else if (strcmp(key, "shape") == 0) {
    has = &h->has_shape;
  }
  if (!has || *has) return false;
  *has = true;
  if (has == &h->has_shape) return take_shape(h, at);
  if (has == &h->has_order) {
    h->fortran = take(at, "True");
    return h->fortran || take(at, "False");
  }
  skip_blanks(at);
  if (**at != '[') return take_string(h->type, sizeof h->type, at);
  snprintf(h->type, sizeof h->type, "records"); /* a type of several fields */
  *at += strcspn(*at, "]") + (strchr(*at, ']') != NULL);
  return true;
}

static bool parse(header *h, const char *text) {
  const char *at = text;
  if (!take(&at, "{")) return false;
  while (!take(&at, "}")) {
    if (!take_pair(h, &at)) return false;
    if (!take(&at, ",")) {
      if (!take(&at, "}")) return false;
      break;
    }
  }
  skip_blanks(&at);
  return *at == '\0' && h->has_type && h->has_order && h->has_shape;
}

static bool dtype_of(lnti_dtype *out, const char *type) {
  static const struct {
    const char *type;
    lnti_dtype dtype;
  } known[] = {{"<f4", LNTI_F32}, {"<f2", LNTI_F16}, {"<f8", LNTI_F64}, {"|u1", LNTI_U8}};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    if (strcmp(known[i].type, type) != 0) continue;
    *out = known[i].dtype;
    return true;
  }
  return false;
}

/* What can be read at all. */
static lnt_status judge(lnti_npy_shape *shape, const header *h, const char *name, lnt_error *err) {
  if (!dtype_of(&shape->dtype, h->type)) {
    return lnti_fail(err, LNT_EUNSUPPORTED,
                     "%s: its numbers are of type \"%s\"; write them as numpy.save(FILE, x.astype('float32'))", name,
                     h->type);
  }
  if (h->n_dimensions != 2) {
    return lnti_fail(err, LNT_EUNSUPPORTED,
                     "%s: an array of %zu %s; one of two is needed, a row for each image (x.reshape(len(x), -1))", name,
                     h->n_dimensions, lnti_plural(h->n_dimensions, "dimension", "dimensions"));
  }
  if (h->fortran) {
    return lnti_fail(err, LNT_EUNSUPPORTED,
                     "%s: it is stored column after column (Fortran's order); write it as numpy.save(FILE, "
                     "numpy.ascontiguousarray(x))",
                     name);
  }
  shape->n = h->size[0];
  shape->d = h->size[1];
  if (shape->n == 0 || shape->d == 0) return lnti_fail(err, LNT_EDATA, "%s: the array is empty", name);
  if (shape->d > LNTI_NPY_COLUMNS_MAX) {
    return lnti_fail(err, LNT_ELIMIT, "%s: rows of %zu numbers; %d are the most", name, shape->d, LNTI_NPY_COLUMNS_MAX);
  }
  return LNT_OK;
}

/* ---- the file ---- */

struct lnti_npy {
  char *name;
  lnti_span span;
  lnti_npy_shape shape;
  uint64_t data_at;
  unsigned char *piece; /* [PIECE_BYTES] as they lie in the file; NULL: the numbers are f32 */
};

static lnt_status fail_no_npy(const lnti_npy *npy, lnt_error *err) {
  uint8_t zip[2] = {0};
  if (npy->span.bytes >= 2 && lnti_span_read(zip, &npy->span, 0, 2, npy->name, err) == LNT_OK && zip[0] == 'P' &&
      zip[1] == 'K') {
    return lnti_fail(err, LNT_EUNSUPPORTED,
                     "%s: this is an archive, as numpy.savez writes it; write the one array with numpy.save",
                     npy->name);
  }
  return lnti_fail(err, LNT_EDATA, "%s: this is no .npy file; numpy.save(FILE, x) writes one", npy->name);
}

/* Where the text of the header begins, and its length. */
static lnt_status find_header(uint64_t *at_out, size_t *n_out, const lnti_npy *npy, lnt_error *err) {
  uint8_t start[MAGIC_BYTES + 4];
  if (npy->span.bytes < sizeof start) return fail_no_npy(npy, err);
  lnt_status status = lnti_span_read(start, &npy->span, 0, sizeof start, npy->name, err);
  if (status) return status;
  if (memcmp(start, magic, sizeof magic - 1) != 0) return fail_no_npy(npy, err);
  unsigned version = start[6];
  if (version < 1 || version > 3) {
    return lnti_fail(err, LNT_EUNSUPPORTED, "%s: version %u of the format; 1 to 3 are read", npy->name, version);
  }
  size_t n = version == 1 ? lnti_get_le16(start + MAGIC_BYTES) : lnti_get_le32(start + MAGIC_BYTES);
  *at_out = version == 1 ? MAGIC_BYTES + 2 : MAGIC_BYTES + 4;
  *n_out = n;
  if (n > LNTI_NPY_HEADER_MAX) {
    return lnti_fail(err, LNT_ELIMIT, "%s: a header of %zu bytes; %d are the most", npy->name, n, LNTI_NPY_HEADER_MAX);
  }
  if (n > npy->span.bytes - *at_out) return lnti_fail(err, LNT_EDATA, "%s: it ends within its header", npy->name);
  return LNT_OK;
}

static lnt_status read_header(lnti_npy *npy, lnt_error *err) {
  uint64_t at = 0;
  size_t n = 0, data = 0;
  char *text = NULL;
  header h = {.type = ""};
  lnt_status status = find_header(&at, &n, npy, err);
  if (status) return status;
  status = lnti_alloc_zero(&text, n + 1, 1, err);
  if (!status && n > 0) status = lnti_span_read(text, &npy->span, at, n, npy->name, err);
  if (!status && (strlen(text) != n || !parse(&h, text)))
    status = lnti_fail(err, LNT_EDATA, "%s: its header is broken", npy->name);
  free(text);
  if (!status) status = judge(&npy->shape, &h, npy->name, err);
  if (status) return status;
  npy->data_at = at + n;
  uint64_t have = npy->span.bytes - npy->data_at;
  bool fits = lnti_size_mul(&data, npy->shape.n, npy->shape.d) &&
              lnti_size_mul(&data, data, lnti_dtype_bytes(npy->shape.dtype));
  if (fits && data == have) return LNT_OK;
  return lnti_fail(err, LNT_EDATA,
                   "%s: its header says %zu rows of %zu numbers (%s); the %llu bytes that follow are %s", npy->name,
                   npy->shape.n, npy->shape.d, lnti_dtype_name(npy->shape.dtype), (unsigned long long)have,
                   fits && data < have ? "more" : "fewer: was it cut short?");
}

/* Takes the span over in every case. */
static lnt_status open_span(lnti_npy **out, lnti_npy_shape *shape_out, lnti_span *span, const char *name,
                            lnt_error *err) {
  lnti_npy *npy = NULL;
  lnt_status status = lnti_alloc_zero(&npy, 1, sizeof *npy, err);
  if (status) {
    lnti_span_close(span);
    return status;
  }
  npy->span = *span;
  status = lnti_strdup(&npy->name, name, err);
  if (!status) status = read_header(npy, err);
  if (!status && npy->shape.dtype != LNTI_F32) status = lnti_alloc_aligned(&npy->piece, PIECE_BYTES, 1, err);
  if (status) {
    lnti_npy_close(npy);
    return status;
  }
  *shape_out = npy->shape;
  *out = npy;
  return LNT_OK;
}

lnt_status lnti_npy_open(lnti_npy **out, lnti_npy_shape *shape_out, const char *path, lnt_error *err) {
  lnti_span span = LNTI_SPAN_INIT;
  lnt_status status = lnti_span_open(&span, NULL, path, err);
  return status ? status : open_span(out, shape_out, &span, path, err);
}

lnt_status lnti_npy_open_memory(lnti_npy **out, lnti_npy_shape *shape_out, const void *data, size_t n, lnt_error *err) {
  lnti_span span = {-1, data, 0, n};
  return open_span(out, shape_out, &span, "array", err);
}

lnt_status lnti_npy_read(float *out, lnti_npy *npy, size_t begin, size_t n, lnt_error *err) {
  const size_t width = lnti_dtype_bytes(npy->shape.dtype), count = n * npy->shape.d;
  const uint64_t at = npy->data_at + (uint64_t)begin * npy->shape.d * width;
  if (!npy->piece) return lnti_span_read(out, &npy->span, at, count * width, npy->name, err);
  lnt_status status = LNT_OK;
  for (size_t done = 0, step = 0; done < count && !status; done += step) {
    step = count - done < PIECE_BYTES / width ? count - done : PIECE_BYTES / width;
    status = lnti_span_read(npy->piece, &npy->span, at + (uint64_t)done * width, step * width, npy->name, err);
    if (!status) lnti_convert(out + done, LNTI_F32, npy->piece, npy->shape.dtype, step);
  }
  return status;
}

void lnti_npy_close(lnti_npy *npy) {
  if (!npy) return;
  lnti_span_close(&npy->span);
  free(npy->piece);
  free(npy->name);
  free(npy);
}
