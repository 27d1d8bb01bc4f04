/*
 * Real images, good and bad, where they are at hand: LINNET_TEST_DATA, or shared data beside the tree.
 * Nothing may crash, hang or be silently wrong in size; how many are taken is told.
 */
#include "support.h"

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

static void walk(const char *folder, size_t n_max) {
  char path[512];
  const char *root = getenv("LINNET_TEST_DATA");
  const lnti_media_options options = LNTI_MEDIA_OPTIONS_INIT;
  snprintf(path, sizeof path, "%s/%s", root ? root : LINNET_TEST_DATA_DEFAULT, folder);
  if (access(path, R_OK) != 0) {
    print_message("skipped: no %s in the test data (set LINNET_TEST_DATA)\n", folder);
    skip();
  }
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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_malformed),
      cmocka_unit_test(test_traffic_signs),
      cmocka_unit_test(test_stamps),
      cmocka_unit_test(test_ants_and_bees),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
