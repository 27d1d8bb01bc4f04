/* base/log.c: which messages reach the sink, what is cut, and progress. */
#include "support.h"

#include <base/log.h>

enum { MESSAGE_MAX = 1023 };

typedef struct heard {
  int calls;
  lnti_log_level level;
  char message[2 * MESSAGE_MAX];
} heard;

static void hear(void *payload, lnti_log_level level, const char *message) {
  heard *h = payload;
  h->calls++;
  h->level = level;
  snprintf(h->message, sizeof h->message, "%s", message);
}

/* Each level against each threshold: what is as loud or louder is heard, once, with its level and text. */
static void test_least(void **state) {
  (void)state;
  for (lnti_log_level least = LNTI_LOG_DEBUG; least <= LNTI_LOG_ERROR; least++) {
    for (lnti_log_level level = LNTI_LOG_DEBUG; level <= LNTI_LOG_ERROR; level++) {
      heard h = {0};
      const lnti_log log = {hear, &h, least};
      lnti_log_printf(&log, level, "%d of %s", 1, "two");
      assert_int_equal(h.calls, level >= least);
      if (h.calls == 0) continue;
      assert_int_equal(h.level, level);
      assert_string_equal(h.message, "1 of two");
    }
  }
  lnti_log_printf(NULL, LNTI_LOG_ERROR, "nobody listens");
}

static void test_long_message(void **state) {
  (void)state;
  heard h = {0};
  const lnti_log log = {hear, &h, LNTI_LOG_DEBUG};
  lnti_log_printf(&log, LNTI_LOG_WARN, "%*d", MESSAGE_MAX, 7);
  assert_int_equal(strlen(h.message), MESSAGE_MAX);
  assert_int_equal(h.message[MESSAGE_MAX - 1], '7');
  lnti_log_printf(&log, LNTI_LOG_WARN, "%-*d", 5000, 7); /* cut, not overrun */
  assert_int_equal(strlen(h.message), MESSAGE_MAX);
  assert_int_equal(h.message[0], '7');
  lnti_log_printf(&log, LNTI_LOG_WARN, "%s", "");
  assert_string_equal(h.message, "");
  assert_int_equal(h.calls, 3);
}

typedef struct seen {
  int calls;
  char what[16];
  size_t done, total;
} seen;

static void see(void *payload, const char *what, size_t done, size_t total) {
  seen *s = payload;
  s->calls++;
  snprintf(s->what, sizeof s->what, "%s", what);
  s->done = done;
  s->total = total;
}

static void test_progress(void **state) {
  (void)state;
  seen s = {0};
  const lnti_progress progress = {see, &s};
  lnti_progress_update(&progress, "images", 3, 7);
  assert_string_equal(s.what, "images");
  assert_true(s.done == 3 && s.total == 7);
  lnti_progress_update(&progress, "rows", SIZE_MAX, 0); /* an unknown total */
  assert_string_equal(s.what, "rows");
  assert_true(s.done == SIZE_MAX && s.total == 0);
  assert_int_equal(s.calls, 2);
  lnti_progress_update(NULL, "images", 3, 7);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_least),
      cmocka_unit_test(test_long_message),
      cmocka_unit_test(test_progress),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
