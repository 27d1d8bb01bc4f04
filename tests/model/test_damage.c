/*
 * Damage: every byte of a small model file altered, every length of it cut short, and 200 random places and lengths
 * of a larger one: each a clear error, never a crash and never a silently different model.
 */
#include <model/model_support.h>

/* A saved model's bytes at a 64-byte aligned address; free() it. */
static uint8_t *saved(size_t *n_out, toy_kind kind) {
  char *folder = lnti_test_folder(), *path = lnti_test_path(folder, "a.lnt");
  lnt_model *model = toy_task_model(kind.learner, kind.task);
  assert_ok(lnti_model_save(model, path, ERR));
  lnt_model_close(model);
  char *data = lnti_test_read_file(n_out, path);
  uint8_t *copy = NULL;
  assert_int_equal(posix_memalign((void **)&copy, 64, *n_out), 0);
  memcpy(copy, data, *n_out);
  free(data);
  free(path);
  lnti_test_folder_remove(folder);
  return copy;
}

static void must_be_refused(const uint8_t *data, size_t n, const char *what, size_t at) {
  lnti_context context = toy_context();
  lnt_model *model = NULL;
  lnt_error err = LNT_ERROR_INIT;
  lnt_status status = lnti_model_open_memory(&model, data, n, "damaged", &context, &err);
  if (status == LNT_OK) fail_msg("%s %zu was not noticed", what, at);
  if (status != LNT_ECORRUPT && status != LNT_EDATA && status != LNT_ELIMIT)
    fail_msg("%s %zu gave %s: %s", what, at, lnt_status_name(status), err.message);
  assert_true(strstr(err.message, "damaged") != NULL);
  assert_int_equal(err.code, status);
}

static void test_every_byte(void **state) {
  static const uint8_t flips[] = {0x01, 0x80, 0xff};
  (void)state;
  for (size_t l = 0; l < TOY_KINDS; l++) {
    size_t n = 0;
    uint8_t *data = saved(&n, toy_kinds[l]);
    for (size_t i = 0; i < n; i++)
      for (size_t f = 0; f < sizeof flips; f++) {
        data[i] ^= flips[f];
        must_be_refused(data, n, "the change of byte", i);
        data[i] ^= flips[f];
      }
    lnti_context context = toy_context();
    lnt_model *model = NULL;
    assert_ok(lnti_model_open_memory(&model, data, n, "whole", &context, ERR));
    lnt_model_close(model);
    free(data);
  }
}

static void test_every_length(void **state) {
  (void)state;
  size_t n = 0;
  uint8_t *data = saved(&n, toy_kinds[0]);
  for (size_t length = 0; length < n; length++) {
    /* In a block of just that size, for the sanitizer to see what lies beyond. */
    uint8_t *cut = NULL;
    assert_int_equal(posix_memalign((void **)&cut, 64, length ? length : 1), 0);
    memcpy(cut, data, length);
    must_be_refused(cut, length, "the cut at", length);
    free(cut);
  }
  /* And what is longer than it should be. */
  uint8_t *more = calloc(1, n + 64);
  memcpy(more, data, n);
  for (size_t extra = 1; extra <= 64; extra++) must_be_refused(more, n + extra, "the addition of", extra);
  free(more);
  free(data);
}

static void damage_once(lnti_rng *rng, void *payload) {
  size_t n = *(const size_t *)payload;
  uint8_t *data = *(uint8_t **)((size_t *)payload + 1);
  size_t at = lnti_rng_below(rng, n), length = 1 + lnti_rng_below(rng, 16);
  uint8_t kept[16];
  if (length > n - at) length = n - at;
  memcpy(kept, data + at, length);
  for (size_t i = 0; i < length; i++) data[at + i] ^= (uint8_t)(1 + lnti_rng_below(rng, 255));
  must_be_refused(data, n, "the change at", at);
  memcpy(data + at, kept, length);
}

/* A file of some 160 KiB: 2,000 rows of 80 bytes. */
static void test_random_places(void **state) {
  (void)state;
  lnti_lnt_writer *w = NULL;
  lnti_lnt_reader *r = NULL;
  char *folder = lnti_test_folder(), *path = lnti_test_path(folder, "large.lnt");
  toy t;
  toy_make(&t, 21, 2000, 80, 4, LNTI_U8, 50);
  const size_t shape[2] = {2000, 80};
  assert_ok(lnti_lnt_create(&w, path, ERR));
  assert_ok(lnti_lnt_put(w, "manifest.json", "{}", 2, ERR));
  assert_ok(lnti_lnt_put_tensor(w, "rows", LNTI_U8, shape, 2, t.x, ERR));
  assert_ok(lnti_lnt_put_tensor(w, "labels", LNTI_I32, shape, 1, t.label, ERR));
  assert_ok(lnti_lnt_commit(w, ERR));
  struct {
    size_t n;
    uint8_t *data;
  } file = {0};
  file.data = (uint8_t *)lnti_test_read_file(&file.n, path);
  assert_ok(lnti_lnt_open_memory(&r, file.data, file.n, "whole", ERR));
  lnti_lnt_close(r);
  lnti_test_property("damage is noticed", 200, damage_once, &file);
  free(file.data);
  toy_clear(&t);
  free(path);
  lnti_test_folder_remove(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_byte),
      cmocka_unit_test(test_every_length),
      cmocka_unit_test(test_random_places),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
