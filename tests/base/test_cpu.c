/* base/cpu.c: names there and back, and a detected level that the kernel's own list of flags agrees with. */
#include "support.h"

#include <linnet/cpu.h>

static void test_names(void **state) {
  (void)state;
  static const char *const names[LNT_CPU_LEVELS] = {"generic", "avx2", "avx512", "vnni", "amx"};
  for (int i = 0; i < LNT_CPU_LEVELS; i++) {
    lnt_cpu_level level = LNT_CPU_GENERIC;
    assert_string_equal(lnt_cpu_name((lnt_cpu_level)i), names[i]);
    assert_ok(lnt_cpu_parse(&level, names[i], ERR));
    assert_int_equal(level, i);
  }
  assert_non_null(lnt_cpu_name((lnt_cpu_level)-1));
  assert_non_null(lnt_cpu_name((lnt_cpu_level)LNT_CPU_LEVELS));
}

static void test_parse_refused(void **state) {
  (void)state;
  static const char *const bad[] = {"", "AVX2", "avx", "avx2 ", "sse"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    lnt_cpu_level level = LNT_CPU_VNNI;
    assert_status(lnt_cpu_parse(&level, bad[i], ERR), LNT_EINVAL);
    assert_message("generic");
    assert_int_equal(level, LNT_CPU_VNNI);
  }
}

static bool flag_listed(const char *flags, const char *flag) {
  size_t n = strlen(flag);
  for (const char *at = strstr(flags, flag); at; at = strstr(at + 1, flag)) {
    if (at[-1] == ' ' && (at[n] == ' ' || at[n] == '\n')) return true;
  }
  return false;
}

static void test_detect(void **state) {
  (void)state;
  static const char *const needed[LNT_CPU_LEVELS] = {NULL, "avx2", "avx512bw", "avx512_vnni", "amx_int8"};
  char line[16384];
  bool found = false;
  lnt_cpu_level level = lnt_cpu_detect();
  assert_int_equal(lnt_cpu_detect(), level);
  assert_true(level >= LNT_CPU_GENERIC && level <= LNT_CPU_AMX);
  print_message("this machine: %s\n", lnt_cpu_name(level));
  FILE *file = fopen("/proc/cpuinfo", "r");
  while (file && !found && fgets(line, sizeof line, file)) found = strncmp(line, "flags", 5) == 0;
  if (file) fclose(file);
  if (!found) {
    print_message("skipped: no list of CPU flags to compare with\n");
    skip();
  }
  for (int i = 1; i <= (int)level; i++) assert_true(flag_listed(line, needed[i]));
  if (level < LNT_CPU_VNNI) assert_false(flag_listed(line, needed[level + 1]));
}

static void count_level(lnt_cpu_level level, void *payload) {
  int *next = payload;
  assert_int_equal(level, (*next)++);
}

static void test_each_level(void **state) {
  (void)state;
  int next = 0;
  lnti_test_each_cpu_level(count_level, &next);
  assert_int_equal(next, (int)lnt_cpu_detect() + 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_names),
      cmocka_unit_test(test_parse_refused),
      cmocka_unit_test(test_detect),
      cmocka_unit_test(test_each_level),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
