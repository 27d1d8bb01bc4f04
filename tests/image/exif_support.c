#include "exif_support.h"

void exif_append(exif_bytes *bytes, const void *more, size_t n) {
  bytes->data = realloc(bytes->data, bytes->n + n + 1);
  assert_non_null(bytes->data);
  if (n > 0) memcpy(bytes->data + bytes->n, more, n);
  bytes->n += n;
}

static void put(exif_bytes *bytes, uint64_t value, unsigned size, bool big_endian) {
  for (unsigned i = 0; i < size; i++) {
    const uint8_t byte = (uint8_t)(value >> 8 * (big_endian ? size - 1 - i : i));
    exif_append(bytes, &byte, 1);
  }
}

static void patch(exif_bytes *bytes, size_t at, uint64_t value, unsigned size, bool big_endian) {
  for (unsigned i = 0; i < size; i++) {
    bytes->data[at + i] = (uint8_t)(value >> 8 * (big_endian ? size - 1 - i : i));
  }
}

/* ---- a directory ---- */

typedef struct build {
  exif_bytes out;
  bool big_endian, big;
  size_t at[N_PLACES];      /* where each directory went; 0: it is empty */
  size_t pointer[N_PLACES]; /* where the pointer to it is to be written */
  size_t next;              /* the first directory's link */
} build;

static exif_bytes values_of(const build *b, const exif_row *row) {
  exif_bytes values = {0};
  if (row->text) {
    const size_t n = row->count ? row->count : strlen(row->text) + (row->type == LNTI_IFD_ASCII);
    exif_append(&values, row->text, n);
    return values;
  }
  const bool pair = row->type == LNTI_IFD_RATIONAL || row->type == LNTI_IFD_SRATIONAL;
  const unsigned size = lnti_ifd_type_bytes(row->type) / (pair ? 2 : 1);
  for (size_t i = 0; i < row->count * (pair ? 2 : 1); i++) put(&values, row->numbers[i], size, b->big_endian);
  return values;
}

static const struct {
  exif_place place, parent;
  unsigned tag;
} links[] = {{IN_EXIF, IN_FIRST, 0x8769}, {IN_GPS, IN_FIRST, 0x8825}, {IN_INTEROP, IN_EXIF, 0xa005}};

static size_t rows_in(const exif_row *rows, size_t n_rows, exif_place place) {
  size_t n = 0;
  for (size_t i = 0; i < n_rows; i++) n += rows[i].place == place;
  if (place == IN_EXIF) n += rows_in(rows, n_rows, IN_INTEROP) > 0;
  if (place == IN_FIRST) n += (rows_in(rows, n_rows, IN_EXIF) > 0) + (rows_in(rows, n_rows, IN_GPS) > 0);
  return n;
}

static void build_directory(build *b, const exif_row *rows, size_t n_rows, exif_place place) {
  const unsigned word = b->big ? 8 : 4;
  const size_t n = rows_in(rows, n_rows, place);
  exif_bytes values[64] = {0};
  size_t slot[64] = {0}, k = 0;
  if (n == 0) return;
  assert_in_range(n, 1, 64);
  b->at[place] = b->out.n;
  put(&b->out, n, b->big ? 8 : 2, b->big_endian);
  for (size_t i = 0; i < n_rows; i++) {
    if (rows[i].place != place) continue;
    const exif_bytes v = values_of(b, &rows[i]);
    put(&b->out, rows[i].tag, 2, b->big_endian);
    put(&b->out, rows[i].type, 2, b->big_endian);
    put(&b->out, v.n / lnti_ifd_type_bytes(rows[i].type), word, b->big_endian);
    slot[k] = b->out.n;
    values[k++] = v;
    put(&b->out, 0, word, b->big_endian);
  }
  for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
    if (links[i].parent != place || rows_in(rows, n_rows, links[i].place) == 0) continue;
    put(&b->out, links[i].tag, 2, b->big_endian);
    put(&b->out, LNTI_IFD_LONG, 2, b->big_endian);
    put(&b->out, 1, word, b->big_endian);
    b->pointer[links[i].place] = b->out.n;
    put(&b->out, 0, word, b->big_endian);
  }
  if (place == IN_FIRST) b->next = b->out.n;
  put(&b->out, 0, word, b->big_endian);
  for (size_t i = 0; i < k; i++) {
    if (values[i].n <= word) {
      if (values[i].n > 0) memcpy(b->out.data + slot[i], values[i].data, values[i].n);
    } else {
      patch(&b->out, slot[i], b->out.n, word, b->big_endian);
      exif_append(&b->out, values[i].data, values[i].n);
      if (b->out.n & 1) exif_append(&b->out, "", 1);
    }
    free(values[i].data);
  }
}

exif_bytes exif_tiff(const exif_row *rows, size_t n_rows, bool big_endian, bool big) {
  build b = {.big_endian = big_endian, .big = big};
  exif_append(&b.out, big_endian ? "MM" : "II", 2);
  put(&b.out, big ? 43 : 42, 2, big_endian);
  if (big) put(&b.out, 8, 4, big_endian); /* size of an offset, and two bytes of 0 */
  if (big) patch(&b.out, 4, 8, 2, big_endian), patch(&b.out, 6, 0, 2, big_endian);
  put(&b.out, big ? 16 : 8, big ? 8 : 4, big_endian);
  for (exif_place place = IN_FIRST; place < N_PLACES; place++) build_directory(&b, rows, n_rows, place);
  for (exif_place place = IN_FIRST; place < N_PLACES; place++) {
    if (b.pointer[place]) patch(&b.out, b.pointer[place], b.at[place], 4, big_endian);
  }
  if (b.at[IN_SECOND]) patch(&b.out, b.next, b.at[IN_SECOND], big ? 8 : 4, big_endian);
  return b.out;
}

/* ---- containers ---- */

exif_bytes exif_in_jpeg(exif_bytes tiff) {
  exif_bytes out = {0};
  exif_append(&out, "\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0", 20);
  exif_append(&out, "\xff\xe1", 2);
  put(&out, tiff.n + 8, 2, true);
  exif_append(&out, "Exif\0", 6);
  exif_append(&out, tiff.data, tiff.n);
  /* A frame header and the start of a scan, so that it is a JPEG for whoever looks no further. */
  exif_append(&out, "\xff\xc0\0\x0b\x08\0\1\0\1\1\1\x11\0\xff\xda\0\x08\1\1\0\0\x3f\0\x55\xff\0\x55\xff\xd9", 29);
  free(tiff.data);
  return out;
}

/* Check sums are not looked at by the reader; the stripper writes its own. */
static void put_chunk(exif_bytes *out, const char *type, const void *data, size_t n) {
  put(out, n, 4, true);
  exif_append(out, type, 4);
  exif_append(out, data, n);
  exif_append(out, "\0\0\0", 4);
}

exif_bytes exif_in_png(exif_bytes tiff) {
  exif_bytes out = {0};
  exif_append(&out, "\x89PNG\r\n\x1a\n", 8);
  put_chunk(&out, "IHDR", "\0\0\0\1\0\0\0\1\x08\0\0\0\0", 13);
  put_chunk(&out, "IDAT", "pixels", 6);
  put_chunk(&out, "eXIf", tiff.data, tiff.n);
  put_chunk(&out, "IEND", "", 0);
  free(tiff.data);
  return out;
}

static void put_riff(exif_bytes *out, const char *type, const void *data, size_t n) {
  exif_append(out, type, 4);
  put(out, n, 4, false);
  exif_append(out, data, n);
  if (n & 1) exif_append(out, "", 1);
}

exif_bytes exif_in_webp(exif_bytes tiff) {
  exif_bytes out = {0}, wrapped = {0};
  exif_append(&out, "RIFF\0\0\0\0WEBP", 12);
  put_riff(&out, "VP8X", "\x0c\0\0\0\0\0\0\0\0\0", 10); /* flags: EXIF, XMP */
  put_riff(&out, "VP8L", "odd", 3);
  exif_append(&wrapped, "Exif\0", 6);
  exif_append(&wrapped, tiff.data, tiff.n);
  put_riff(&out, "EXIF", wrapped.data, wrapped.n);
  put_riff(&out, "XMP ", "<x:xmpmeta/>", 12);
  patch(&out, 4, out.n - 8, 4, false);
  free(wrapped.data);
  free(tiff.data);
  return out;
}

static void put_box(exif_bytes *out, const char *type, const exif_bytes *body) {
  put(out, body->n + 8, 4, true);
  exif_append(out, type, 4);
  exif_append(out, body->data, body->n);
}

exif_bytes exif_in_heif(exif_bytes tiff) {
  exif_bytes out = {0}, meta = {0}, iinf = {0}, iloc = {0}, part = {0};
  exif_append(&out,
              "\0\0\0\x18"
              "ftypheic\0\0\0\0mif1heic",
              24);
  exif_append(&iinf, "\0\0\0\0\0\2", 6);
  exif_append(&part, "\2\0\0\0\0\1\0\0hvc1", 13);
  put_box(&iinf, "infe", &part);
  part.n = 0;
  exif_append(&part, "\2\0\0\0\0\2\0\0Exif", 13);
  put_box(&iinf, "infe", &part);
  /* version 1, sizes 4, 4, 0, 0; two items, the second in idat (method 1) behind 3 bytes */
  exif_append(&iloc, "\1\0\0\0\x44\0\0\2", 8);
  exif_append(&iloc, "\0\1\0\0\0\0\0\1\0\0\0\0\0\0\0\0", 16);
  exif_append(&iloc, "\0\2\0\1\0\0\0\1\0\0\0\3", 12);
  put(&iloc, tiff.n + 10, 4, true);
  part.n = 0;
  exif_append(&part, "pad\0\0\0\6Exif\0", 13); /* three bytes, TIFF's header 6 bytes on */
  exif_append(&part, tiff.data, tiff.n);
  exif_append(&meta, "\0\0\0", 4);
  put_box(&meta, "iinf", &iinf);
  put_box(&meta, "iloc", &iloc);
  put_box(&meta, "idat", &part);
  put_box(&out, "meta", &meta);
  free(meta.data);
  free(iinf.data);
  free(iloc.data);
  free(part.data);
  free(tiff.data);
  return out;
}

exif_bytes exif_real_file(const char *name) {
  char path[512];
  exif_bytes out = {0};
  const char *root = getenv("LINNET_TEST_DATA");
  snprintf(path, sizeof path, "%s/%s", root ? root : LINNET_TEST_DATA_DEFAULT, name);
  FILE *file = fopen(path, "rb");
  if (!file) return out;
  fclose(file);
  out.data = (uint8_t *)lnti_test_read_file(&out.n, path);
  return out;
}
