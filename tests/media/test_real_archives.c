/*
 * Archives as people hand them over, where they are there: all members of CIFAR-10 and MNIST from their tar.gz.
 */
#include <media/media.h>

#include "support.h"

#include <unistd.h>

static lnt_status refuse_none(void *payload, const char *name, const lnt_error *reason, lnt_error *err) {
  (void)payload;
  (void)err;
  fail_msg("%s: %s", name, reason->message);
  return LNT_OK;
}

/* Lists, and reads every `step`-th member, which begins with `magic`. */
static void look(const char *file, size_t n, size_t step, const char *magic, size_t magic_bytes) {
  const char *data = getenv("LINNET_TEST_DATA");
  char path[256], uri[512];
  lnti_media *media = NULL;
  lnti_members members = {0};
  snprintf(path, sizeof path, "%.200s/%s", data ? data : LINNET_TEST_DATA_DEFAULT, file);
  if (access(path, R_OK) != 0) {
    print_message("skipped: %s is not there\n", path);
    skip();
  }
  assert_true(lnti_archive_sniff(path));
  assert_ok(lnti_media_new(&media, NULL, ERR));
  assert_ok(lnti_media_members(&members, media, path, refuse_none, NULL, NULL, ERR));
  assert_int_equal(members.n, n);
  for (size_t i = 0; i < n; i += step) {
    lnti_blob blob = {0};
    const lnti_member *m = &members.member[(i * 7919) % n];
    snprintf(uri, sizeof uri, "%s#%.200s", path, m->name);
    assert_ok(lnti_media_read(&blob, media, uri, ERR));
    assert_int_equal(blob.bytes, m->bytes);
    assert_true(blob.bytes > magic_bytes);
    assert_memory_equal(blob.data, magic, magic_bytes);
    lnti_blob_clear(&blob);
  }
  lnti_members_clear(&members);
  lnti_media_free(media);
}

static void test_cifar(void **state) {
  (void)state;
  look("cifar10/cifar10_train.tar.gz", 50000, 7, "\xff\xd8\xff", 3);
}

static void test_mnist(void **state) {
  (void)state;
  look("mnist/mnist_test.tar.gz", 10000, 1, "\x89PNG", 4);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_cifar), cmocka_unit_test(test_mnist)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
