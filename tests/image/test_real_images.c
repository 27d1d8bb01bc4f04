/*
 * Real images, good and bad, where they are at hand: LINNET_TEST_DATA, or shared data beside the tree.
 * Nothing may crash, hang or be silently wrong in size; how many are taken is told.
 */
#include "support.h"

#include "image/golden.h"

#include <ftw.h>
#include <image/prepare.h>
#include <media/media.h>
#include <time.h>
#include <unistd.h>

static struct {
  lnti_media *media;
  size_t n_files, n_max, n_taken, n_refused, n_unsupported, n_odd;
  double slowest;
} run;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Modest caps: what is above them is a bomb, for this test. */
static const lnti_image_limits LIMITS = {16 << 20, 16384, 128 << 20, 1000};

static int visit(const char *path, const struct stat *st, int type, struct FTW *ftw) {
  (void)st;
  (void)ftw;
  if (type != FTW_F || run.n_files >= run.n_max) return 0;
  lnti_blob blob = {0};
  lnti_image image = {0}, small = {0};
  lnti_image_info info = {0};
  lnt_error err = LNT_ERROR_INIT;
  const lnti_prepare prepare = {32, 32, LNTI_COLOUR_RGB};
  const double start = now();
  run.n_files++;
  if (lnti_media_read(&blob, run.media, path, &err) != LNT_OK) return 0;
  lnt_status status = lnti_image_probe(&info, &blob, &LIMITS, &err);
  if (status == LNT_OK) status = lnti_image_decode(&image, NULL, &blob, NULL, &LIMITS, &err);
  if (status == LNT_OK) {
    run.n_taken++;
    if (image.h != info.h || image.w != info.w || image.c != info.c || image.depth != info.depth) run.n_odd++;
    if (lnti_prepare_run(&small, &prepare, &blob, &LIMITS, &err) != LNT_OK) run.n_odd++;
  } else {
    if (status == LNT_EUNSUPPORTED) {
      run.n_unsupported++;
    } else {
      run.n_refused++;
    }
    if (status != err.code || !err.message[0]) run.n_odd++;
    if (status != LNT_EUNSUPPORTED && status != LNT_EDATA && status != LNT_ELIMIT) run.n_odd++;
  }
  lnti_image_clear(&small);
  lnti_image_clear(&image);
  lnti_blob_clear(&blob);
  if (now() - start > run.slowest) run.slowest = now() - start;
  return 0;
}

/* Path of a folder of the test data, which must be there. */
static void find_folder(char path[512], const char *folder) {
  const char *root = getenv("LINNET_TEST_DATA");
  snprintf(path, 512, "%s/%s", root ? root : LINNET_TEST_DATA_DEFAULT, folder);
  if (access(path, R_OK) == 0) return;
  print_message("skipped: no %s in the test data (set LINNET_TEST_DATA)\n", folder);
  skip();
}

static void walk(const char *folder, size_t n_max) {
  char path[512];
  const lnti_media_options options = LNTI_MEDIA_OPTIONS_INIT;
  find_folder(path, folder);
  memset(&run, 0, sizeof run);
  run.n_max = n_max;
  assert_ok(lnti_media_new(&run.media, &options, ERR));
  assert_int_equal(nftw(path, visit, 16, FTW_PHYS), 0);
  lnti_media_free(run.media);
  print_message("%s: %zu files: %zu taken, %zu refused, %zu of other formats; slowest %.2f s\n", folder, run.n_files,
                run.n_taken, run.n_refused, run.n_unsupported, run.slowest);
  assert_int_equal(run.n_odd, 0);
  assert_true(run.slowest < 30);
}

static void test_malformed(void **state) {
  (void)state;
  walk("malformed", SIZE_MAX);
  assert_true(run.n_refused > 20);
}

static void test_traffic_signs(void **state) {
  (void)state;
  walk("gtsrb", 200);
  assert_int_equal(run.n_refused, 0);
  assert_true(run.n_taken > 100);
}

static void test_stamps(void **state) {
  (void)state;
  walk("stamps", 60);
  assert_int_equal(run.n_refused, 0);
}

static void test_ants_and_bees(void **state) {
  (void)state;
  walk("hymenoptera", 60);
  assert_int_equal(run.n_refused, 0);
  assert_true(run.n_taken > 50);
}

static void test_pngsuite(void **state) {
  (void)state;
  char path[512];
  find_folder(path, "malformed/pngsuite");
  assert_int_equal(check_table(LINNET_IMAGE_DATA "/pngsuite.txt", path, ""), 80);
}

static void refuses_all(const char *folder) {
  walk(folder, SIZE_MAX);
  assert_true(run.n_files > 0);
  assert_int_equal(run.n_taken, 0);
}

static void test_pngsuite_refused(void **state) {
  (void)state;
  refuses_all("malformed/pngsuite/corrupt");
  refuses_all("malformed/pngsuite/iphone");
}

static lnti_image decode_file(const char *folder, const char *name, lnti_image_info *info, const lnti_size *shrink_to) {
  size_t n = 0;
  uint8_t *data = read_whole(&n, folder, name);
  if (!data) fail_msg("%s/%s is missing", folder, name);
  const lnti_blob blob = blob_of(data, n);
  lnti_image image = {0};
  assert_ok(lnti_image_probe(info, &blob, &LIMITS, ERR));
  assert_ok(lnti_image_decode(&image, NULL, &blob, shrink_to, &LIMITS, ERR));
  free(data);
  return image;
}

/* Mean distance of two images of the same size. */
static double distance(const lnti_image *a, const lnti_image *b) {
  const size_t n = lnti_image_bytes(a);
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += abs(((uint8_t *)a->data)[i] - ((uint8_t *)b->data)[i]);
  return sum / (double)n;
}

/* Each was turned and coded anew: equal to the upright one as far as JPEG goes, and far from it turned otherwise. */
static void check_orientations(const char *folder, const char *kind) {
  char name[64];
  lnti_image_info info;
  snprintf(name, sizeof name, "%s_1.jpg", kind);
  lnti_image upright = decode_file(folder, name, &info, NULL);
  const lnti_size half = {upright.h / 2, upright.w / 2};
  for (unsigned i = 1; i <= 8; i++) {
    snprintf(name, sizeof name, "%s_%u.jpg", kind, i);
    lnti_image image = decode_file(folder, name, &info, NULL);
    assert_int_equal(info.orientation, i);
    assert_int_equal(info.h, upright.h);
    assert_int_equal(info.w, upright.w);
    assert_int_equal(image.h, upright.h);
    assert_int_equal(image.w, upright.w);
    const double near = distance(&image, &upright);
    if (near > 3) fail_msg("%s: %.2f from the upright image", name, near);
    lnti_image small = decode_file(folder, name, &info, &half);
    assert_int_equal(small.h, half.h);
    assert_int_equal(small.w, half.w);
    lnti_image_clear(&small);
    lnti_image_clear(&image);
  }
  lnti_image_clear(&upright);
}

static void test_orientations(void **state) {
  (void)state;
  char path[512];
  find_folder(path, "exif/orientation");
  check_orientations(path, "Landscape");
  check_orientations(path, "Portrait");
}

static void test_phones(void **state) {
  (void)state;
  walk("exif", SIZE_MAX);
  assert_true(run.n_taken > 50);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_malformed),        cmocka_unit_test(test_pngsuite),
      cmocka_unit_test(test_pngsuite_refused), cmocka_unit_test(test_orientations),
      cmocka_unit_test(test_phones),           cmocka_unit_test(test_traffic_signs),
      cmocka_unit_test(test_stamps),           cmocka_unit_test(test_ants_and_bees),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
