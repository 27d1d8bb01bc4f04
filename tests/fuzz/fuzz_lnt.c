/*
 * Model files from strangers. The first byte chooses how deep the input goes:
 *   even: the rest is a whole file. Its check sums stop almost every change, so that is the container's test.
 *   odd:  the rest is cut into entries, which are put into a container with right sums: the manifest's and the
 *         tensors' test. Each entry is a line "NAME LENGTH\n" and LENGTH bytes.
 * A model that opens must classify, with probabilities within [0,1] or a finite number, and be closed again.
 */
#include <math.h>
#include <model/lnt_zip.h>
#include <model/model.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { ENTRIES = 8, IMAGE_SIDE = 5, LENGTH_MAX = 1 << 24 };

static void use(const lnt_model *model) {
  static const uint8_t pixels[IMAGE_SIDE * IMAGE_SIDE] = {9, 99, 200, 3};
  size_t k = lnt_model_n_classes(model);
  float *prob = calloc(k, sizeof *prob);
  lnt_error err = LNT_ERROR_INIT;
  if (!prob) return;
  if (lnt_model_classify_pixels(prob, model, pixels, IMAGE_SIDE, IMAGE_SIDE, 1, &err) == LNT_OK)
    for (size_t c = 0; c < k; c++)
      if (lnt_model_task(model) == LNT_TASK_REGRESSION ? !isfinite(prob[c]) : !(prob[c] >= 0 && prob[c] <= 1.001F))
        abort();
  free(prob);
}

static void open_file(const uint8_t *data, size_t n) {
  lnti_context context = {.cpu = LNT_CPU_GENERIC};
  lnt_model *model = NULL;
  lnt_error err = LNT_ERROR_INIT;
  lnt_status status = lnti_model_open_memory(&model, data, n, "fuzz", &context, &err);
  if (status == LNT_OK) use(model);
  if (status != LNT_OK && (model || !err.message[0])) abort();
  lnt_model_close(model);
}

/* One "NAME LENGTH\n" and its bytes; false at the end of the input. */
static bool next_entry(lnti_zip_entry *entry, const uint8_t **bytes, const uint8_t **p, const uint8_t *end) {
  const uint8_t *line = memchr(*p, '\n', (size_t)(end - *p));
  const uint8_t *space = line ? memchr(*p, ' ', (size_t)(line - *p)) : NULL;
  if (!space || space - *p > LNTI_LNT_NAME_MAX) return false;
  size_t length = 0;
  for (const uint8_t *digit = space + 1; digit < line && length < LENGTH_MAX; digit++)
    length = length * 10 + (uint8_t)(*digit - '0') % 10;
  if (length > (size_t)(end - line - 1)) length = (size_t)(end - line - 1);
  memset(entry, 0, sizeof *entry);
  memcpy(entry->name, *p, (size_t)(space - *p));
  entry->bytes = (uint32_t)length;
  *bytes = line + 1;
  *p = line + 1 + length;
  return lnti_zip_name_ok(entry->name, strlen(entry->name));
}

static void open_entries(const uint8_t *data, size_t n) {
  lnti_zip_entry entries[ENTRIES];
  size_t count = 0, at = 0;
  uint8_t *file = malloc(n + (2 * ENTRIES + 1) * LNTI_ZIP_HEADER_MAX);
  const uint8_t *p = data, *bytes = NULL;
  if (!file) return;
  while (count < ENTRIES && next_entry(&entries[count], &bytes, &p, data + n)) {
    lnti_zip_entry *entry = &entries[count++];
    uint8_t header[LNTI_ZIP_HEADER_MAX];
    entry->offset = (uint32_t)at;
    entry->crc = (uint32_t)crc32_z(crc32_z(0, NULL, 0), bytes, entry->bytes);
    size_t n_header = lnti_zip_local(header, entry);
    memcpy(file + at, header, n_header);
    memcpy(file + at + n_header, bytes, entry->bytes);
    at += n_header + entry->bytes;
  }
  size_t directory = at;
  for (size_t i = 0; i < count; i++) {
    uint8_t header[LNTI_ZIP_HEADER_MAX];
    size_t n_header = lnti_zip_central(header, &entries[i]);
    memcpy(file + at, header, n_header);
    at += n_header;
  }
  lnti_zip_end(file + at, count, (uint32_t)(at - directory), (uint32_t)directory);
  open_file(file, at + LNTI_ZIP_END_BYTES);
  free(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  if (n == 0) return 0;
  if (data[0] % 2 == 0)
    open_file(data + 1, n - 1);
  else
    open_entries(data + 1, n - 1);
  return 0;
}
