/*
 * The registry, the text form and its resolution, and memory running out.
 */
#include "support.h"

#include <feature/feature.h>

static const lnti_image_limits LIMITS = LNTI_IMAGE_LIMITS_INIT;

static void test_registry(void **state) {
  (void)state;
  size_t n = 0;
  const lnti_feature *const *all = lnti_features(&n);
  const lnti_feature *found = NULL;
  assert_true(n >= 2);
  for (size_t i = 0; i < n; i++) {
    lnti_params params;
    assert_ok(lnti_feature_find(&found, all[i]->name, ERR));
    assert_ptr_equal(found, all[i]);
    assert_true(all[i]->version > 0);
    assert_true(strlen(all[i]->title) > 0 && strlen(all[i]->help) > 0);
    assert_non_null(all[i]->source);
    lnti_params_init(&params, all[i]->params); /* asserts a well-formed table */
    for (size_t k = 1; all[i]->params[k].name; k++) {
      assert_true(strcmp(all[i]->params[k - 1].name, all[i]->params[k].name) < 0);
    }
  }
  assert_status(lnti_feature_find(&found, "sift", ERR), LNT_EINVAL);
  assert_message("pixels, hog");
}

/* `text` with what is known of the images becomes `expected`, with vectors of d; and that text, read without
 * knowing the images, gives the same again. */
static void resolves(const char *text, size_t h, size_t w, bool colour, const char *expected, size_t d) {
  const lnti_image_traits traits = {h, w, colour};
  lnti_extractor *extractor = NULL, *again = NULL;
  assert_ok(lnti_extractor_new(&extractor, text, &traits, ERR));
  assert_string_equal(lnti_extractor_text(extractor), expected);
  assert_int_equal(lnti_extractor_d(extractor), d);
  assert_ok(lnti_extractor_new(&again, expected, NULL, ERR));
  assert_string_equal(lnti_extractor_text(again), expected);
  assert_string_equal(lnti_extractor_key(again), lnti_extractor_key(extractor));
  assert_int_equal(lnti_extractor_d(again), d);
  lnti_extractor_free(again);
  lnti_extractor_free(extractor);
}

static void test_resolve_hog(void **state) {
  (void)state;
  resolves("hog", 28, 28, false, "hog:bins=9,block=2,cell=7,height=28,width=28", 324);
  resolves("hog", 0, 0, true, "hog:bins=9,block=2,cell=8,height=64,width=64", 1764);
  resolves("hog", 32, 32, true, "hog:bins=9,block=2,cell=8,height=32,width=32", 324);
  resolves("hog", 30, 45, false, "hog:bins=9,block=2,cell=8,height=32,width=48", 540);
  resolves("hog", 15, 28, false, "hog:bins=9,block=2,cell=8,height=64,width=64", 1764);
  resolves("hog", 129, 28, false, "hog:bins=9,block=2,cell=8,height=64,width=64", 1764);
  resolves("hog", 56, 21, false, "hog:bins=9,block=2,cell=7,height=56,width=21", 504);
  resolves("hog:cell=4", 28, 28, false, "hog:bins=9,block=2,cell=4,height=28,width=28", 1296);
  resolves("hog:cell=64", 28, 28, false, "hog:bins=9,block=2,cell=64,height=128,width=128", 36);
  resolves("hog:width=40", 28, 28, false, "hog:bins=9,block=2,cell=8,height=40,width=40", 576);
  resolves("hog:block=1,bins=6", 28, 28, false, "hog:bins=6,block=1,cell=7,height=28,width=28", 96);
}

static void refuses(const char *text, lnt_status code, const char *words) {
  const lnti_image_traits traits = {28, 28, false};
  lnti_extractor *extractor = NULL;
  assert_status(lnti_extractor_new(&extractor, text, &traits, ERR), code);
  assert_message(words);
  assert_null(extractor);
}

static void test_refusals(void **state) {
  (void)state;
  lnti_extractor *extractor = NULL;
  refuses("", LNT_EINVAL, "no feature");
  refuses("sift", LNT_EINVAL, "known are");
  refuses(":cell=7", LNT_EINVAL, "no feature");
  refuses("hog:size=28", LNT_EINVAL, "size");
  refuses("hog:cell", LNT_EINVAL, "cell");
  refuses("hog:cell=7,cell=7", LNT_EINVAL, "twice");
  refuses("hog:cell=7,", LNT_EINVAL, "");
  refuses("hog:cell=1", LNT_EINVAL, "cell");
  refuses("hog:cell=7.5", LNT_EINVAL, "cell");
  refuses("hog:width=30,height=28", LNT_EINVAL, "whole cells");
  refuses("hog:width=8,height=8,cell=8", LNT_EINVAL, "smaller than one block");
  refuses("hog:width=512,height=512,cell=2", LNT_EINVAL, "at most");
  refuses("pixels:colour=gray", LNT_EINVAL, "grey");
  refuses("pixels:width=513", LNT_EINVAL, "width");
  /* Without traits nothing may be left open. */
  assert_status(lnti_extractor_new(&extractor, "pixels", NULL, ERR), LNT_EDATA);
  assert_status(lnti_extractor_new(&extractor, "hog:bins=9,block=2,cell=auto,height=28,width=28", NULL, ERR),
                LNT_EDATA);
  assert_message("cell");
  char *longest = malloc(70000);
  memset(longest, 'x', 69999);
  longest[69999] = 0;
  refuses(longest, LNT_EINVAL, "bytes");
  free(longest);
}

static void test_key(void **state) {
  (void)state;
  const lnti_image_traits traits = {20, 30, true};
  lnti_extractor *extractor = NULL;
  assert_ok(lnti_extractor_new(&extractor, "pixels", &traits, ERR));
  assert_string_equal(lnti_extractor_key(extractor),
                      "pixels:colour=rgb,height=20,width=30;resize=30x20,colour=rgb;v1;d2");
  assert_int_equal(lnti_extractor_dtype(extractor), LNTI_U8);
  assert_string_equal(lnti_extractor_feature(extractor)->name, "pixels");
  assert_int_equal(lnti_extractor_prepare(extractor)->h, 20);
  assert_int_equal(lnti_extractor_prepare(extractor)->w, 30);
  lnti_extractor_free(extractor);
  lnti_extractor_free(NULL);
}

static void test_out_of_memory(void **state) {
  (void)state;
  const lnti_image_traits traits = {28, 28, false};
  uint8_t data[784] = {0};
  const lnti_blob blob = {.kind = LNTI_BLOB_PIXELS, .data = data, .bytes = 784, .h = 28, .w = 28, .c = 1};
  lnti_extractor *ready = NULL;
  float out[324];
  for_each_fault(n) {
    lnti_extractor *extractor = NULL;
    assert_fault_status(lnti_extractor_new(&extractor, "hog:cell=7", &traits, ERR));
    lnti_extractor_free(extractor);
  }
  assert_ok(lnti_extractor_new(&ready, "hog", &traits, ERR));
  for_each_fault(n) {
    assert_fault_status(lnti_extractor_run(out, ready, &blob, &LIMITS, ERR));
  }
  lnti_extractor_free(ready);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_registry), cmocka_unit_test(test_resolve_hog),   cmocka_unit_test(test_refusals),
      cmocka_unit_test(test_key),      cmocka_unit_test(test_out_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
