/*
 * A feature's text, as a person or a model file gives it: the first byte says what the images are like, the
 * rest is the text. What is taken is resolved to a text that, alone, makes the same extractor again; where its
 * vectors are small one is made.
 */
#include <feature/feature.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { PIXELS_MAX = 1 << 14, VALUES_MAX = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(bool holds) {
  if (!holds) abort();
}

static void run(const lnti_extractor *extractor) {
  static const uint8_t pgm[] = "P5 4 3 255\nabcdefghijkl";
  const lnti_blob blob = {.kind = LNTI_BLOB_ENCODED, .data = pgm, .bytes = sizeof pgm - 1};
  const lnti_image_limits limits = LNTI_IMAGE_LIMITS_INIT;
  const lnti_prepare *prepare = lnti_extractor_prepare(extractor);
  const size_t d = lnti_extractor_d(extractor);
  lnt_error err = LNT_ERROR_INIT;
  check(d > 0 && prepare->h > 0 && prepare->w > 0);
  if (prepare->h > PIXELS_MAX / prepare->w || d > VALUES_MAX) return;
  void *out = malloc(d * lnti_dtype_bytes(lnti_extractor_dtype(extractor)));
  if (out) check(lnti_extractor_run(out, extractor, &blob, &limits, &err) == LNT_OK);
  free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  lnti_extractor *extractor = NULL, *again = NULL;
  lnt_error err = LNT_ERROR_INIT;
  if (n < 1) return 0;
  const unsigned kind = data[0];
  const lnti_image_traits traits = {kind & 1 ? 0 : (kind >> 2) + 1, kind & 1 ? 0 : 28, kind & 2};
  char *text = malloc(n);
  if (!text) return 0;
  memcpy(text, data + 1, n - 1);
  text[n - 1] = '\0';
  lnt_status status = lnti_extractor_new(&extractor, text, &traits, &err);
  check(status == LNT_OK || (!extractor && err.code == status && err.message[0]));
  if (status == LNT_OK) {
    check(lnti_extractor_new(&again, lnti_extractor_text(extractor), NULL, &err) == LNT_OK);
    check(strcmp(lnti_extractor_text(again), lnti_extractor_text(extractor)) == 0);
    check(strcmp(lnti_extractor_key(again), lnti_extractor_key(extractor)) == 0);
    check(lnti_extractor_d(again) == lnti_extractor_d(extractor));
    run(again);
  }
  lnti_extractor_free(extractor);
  lnti_extractor_free(again);
  free(text);
  return 0;
}
