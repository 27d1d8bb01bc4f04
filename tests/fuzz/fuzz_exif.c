/*
 * EXIF: read as it comes, then stripped in every way; what is stripped can be read, and is without what was to go.
 */
#include <image/exif.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  lnti_exif e;
  lnti_exif_read(&e, data, n);
  if (e.orientation != lnti_exif_orientation(data, n) || e.orientation < 1 || e.orientation > 8) abort();
  for (unsigned what = 1; what <= (LNTI_STRIP_GPS | LNTI_STRIP_SERIALS); what++) {
    uint8_t *out = NULL;
    size_t n_out = 0;
    if (lnti_exif_strip(&out, &n_out, data, n, what, NULL) != LNT_OK) continue;
    lnti_exif_read(&e, out, n_out);
    if ((what & LNTI_STRIP_GPS && e.has_gps) || (what & LNTI_STRIP_SERIALS && e.serial[0])) abort();
    free(out);
  }
  return 0;
}
