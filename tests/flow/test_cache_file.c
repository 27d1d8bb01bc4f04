/* flow/cache_file.c: files below a folder, reading at the end, and the lock between processes. */
#include "support.h"

#include <base/cancel.h>
#include <flow/cache_file.h>
#include <unistd.h>

static void test_files(void **state) {
  (void)state;
  char *folder = lnti_test_folder(), data[8] = "";
  int fd = -1;
  size_t n = 0;
  assert_status(lnti_cache_open_below(&fd, folder, "a", false, ERR), LNT_ENOTFOUND);
  assert_int_equal(fd, -1);
  assert_ok(lnti_cache_open_below(&fd, folder, "a", true, ERR));
  assert_ok(lnti_cache_write(fd, "hello", 5, 3, folder, ERR));
  assert_ok(lnti_cache_read(&n, fd, data, 8, 1, folder, ERR));
  assert_int_equal(n, 7);
  assert_memory_equal(data, "\0\0hello", 7);
  assert_ok(lnti_cache_read(&n, fd, data, 8, 100, folder, ERR));
  assert_int_equal(n, 0);
  close(fd);
  assert_status(lnti_cache_read(&n, fd, data, 8, 0, folder, ERR), LNT_EIO);
  assert_status(lnti_cache_write(fd, data, 8, 0, folder, ERR), LNT_EIO);
  assert_status(lnti_cache_lock(fd, folder, NULL, 0, NULL, NULL, ERR), LNT_EIO);
  assert_message(folder);
  lnti_test_folder_remove(folder);
}

/** Another open file of the same name is as good as another process. */
static void test_lock(void **state) {
  (void)state;
  char *folder = lnti_test_folder();
  int mine = -1, theirs = -1;
  lnti_cancel cancel = {0};
  assert_ok(lnti_cache_open_below(&mine, folder, "lock", true, ERR));
  assert_ok(lnti_cache_open_below(&theirs, folder, "lock", true, ERR));
  assert_ok(lnti_cache_lock(theirs, folder, NULL, 0, NULL, NULL, ERR));
  assert_status(lnti_cache_lock(mine, folder, NULL, 1, NULL, NULL, ERR), LNT_ECONFLICT);
  assert_message("another program");
  lnti_cancel_request(&cancel);
  assert_status(lnti_cache_lock(mine, folder, NULL, 0, &cancel, NULL, ERR), LNT_ECANCELLED);
  lnti_cache_unlock(theirs);
  assert_ok(lnti_cache_lock(mine, folder, NULL, 1, NULL, NULL, ERR));
  close(mine);
  close(theirs);
  lnti_test_folder_remove(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_files), cmocka_unit_test(test_lock)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
