/*
 * EXIF of real cameras, whole and broken, against what ExifTool reads in the same files (tests/golden/exif_golden.py).
 */
#include "exif_support.h"

#include <image/exif.h>
#include <math.h>

typedef struct exif_golden {
  const char *name;
  unsigned orientation;
  const char *taken, *offset, *make, *model, *lens, *serial;
  bool has_gps;
  double latitude, longitude, altitude, exposure_s, f_number, iso, focal_mm;
} exif_golden;

#include "golden/image_exif_golden.h"

/* ExifTool prints ten digits of a rational. */
static void assert_near(double got, double wanted) {
  assert_int_equal(isnan(got), isnan(wanted));
  if (!isnan(wanted)) assert_true(fabs(got - wanted) <= 1e-9 * fabs(wanted));
}

static void check(const exif_golden *g, const exif_bytes *file) {
  lnti_exif e;
  lnti_exif_read(&e, file->data, file->n);
  print_message("%s\n", g->name);
  assert_int_equal(e.orientation, g->orientation);
  assert_int_equal(lnti_exif_orientation(file->data, file->n), g->orientation);
  assert_string_equal(e.taken, g->taken);
  assert_string_equal(e.offset, g->offset);
  assert_string_equal(e.make, g->make);
  assert_string_equal(e.model, g->model);
  assert_string_equal(e.lens, g->lens);
  assert_string_equal(e.serial, g->serial);
  assert_int_equal(e.has_gps, g->has_gps);
  assert_near(e.latitude, g->latitude);
  assert_near(e.longitude, g->longitude);
  assert_near(e.altitude, g->altitude);
  assert_near(e.exposure_s, g->exposure_s);
  assert_near(e.f_number, g->f_number);
  assert_near(e.iso, g->iso);
  assert_near(e.focal_mm, g->focal_mm);
}

static void test_cameras(void **state) {
  (void)state;
  size_t n_read = 0;
  for (size_t i = 0; i < sizeof exif_goldens / sizeof *exif_goldens; i++) {
    const exif_golden *g = &exif_goldens[i];
    exif_bytes file = exif_real_file(g->name);
    if (!file.data) continue;
    check(g, &file);
    free(file.data);
    n_read++;
  }
  if (n_read == 0) {
    print_message("skipped: no exif in the test data (set LINNET_TEST_DATA)\n");
    skip();
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_cameras)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
