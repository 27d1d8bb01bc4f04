/*
 * CPU levels by cpuid, and by what the system saves of the registers (xgetbv): a CPU that can do AVX-512 under a system
 * that does not is an AVX2 machine. AMX's tile state must be asked for once a process.
 */
#include <linnet/cpu.h>

#include <base/error.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

static const char *const names[LNT_CPU_LEVELS] = {"generic", "avx2", "avx512", "vnni", "amx"};

#if defined(__x86_64__)
#  include <cpuid.h>
#  include <sys/syscall.h>
#  include <unistd.h>

enum { ARCH_REQ_XCOMP_PERM = 0x1023, XFEATURE_XTILEDATA = 18 };

static unsigned long long system_saves(void) {
  unsigned low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (unsigned long long)high << 32 | low;
}

static bool has(unsigned reg, unsigned bit) {
  return (reg >> bit & 1u) != 0;
}

static lnt_cpu_level detect(void) {
  unsigned a, b, c, d, a7, b7, c7, d7, a71, b71, c71, d71, ax, bx, cx, dx;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !has(c, 27) /* OSXSAVE */) return LNT_CPU_GENERIC;
  if (!__get_cpuid_count(7, 0, &a7, &b7, &c7, &d7)) return LNT_CPU_GENERIC;
  if (!__get_cpuid(0x80000001u, &ax, &bx, &cx, &dx)) return LNT_CPU_GENERIC;
  unsigned long long saved = system_saves();
  bool avx2 = (saved & 0x6) == 0x6 && has(c, 12) /* FMA */ && has(c, 29) /* F16C */ && has(c, 23) /* POPCNT */ &&
              has(b7, 5) /* AVX2 */ && has(b7, 3) /* BMI */ && has(b7, 8) /* BMI2 */ && has(cx, 5) /* LZCNT */;
  if (!avx2) return LNT_CPU_GENERIC;
  bool avx512 = (saved & 0xe6) == 0xe6 && has(b7, 16) /* F */ && has(b7, 17) /* DQ */ && has(b7, 30) /* BW */ &&
                has(b7, 31) /* VL */;
  if (!avx512) return LNT_CPU_AVX2;
  if (!has(c7, 11) /* AVX512-VNNI */) return LNT_CPU_AVX512;
  if (!__get_cpuid_count(7, 1, &a71, &b71, &c71, &d71)) a71 = 0;
  bool amx = (saved & 0x60000) == 0x60000 && has(d7, 22) /* BF16 */ && has(d7, 24) /* TILE */ &&
             has(d7, 25) /* INT8 */ && has(a71, 5) /* AVX512-BF16 */;
  if (!amx || syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) != 0) return LNT_CPU_VNNI;
  return LNT_CPU_AMX;
}
#else
static lnt_cpu_level detect(void) {
  return LNT_CPU_GENERIC;
}
#endif

lnt_cpu_level lnt_cpu_detect(void) {
  /* Detecting twice at once does no harm: both threads find the same. */
  static atomic_int found = -1;
  int level = atomic_load_explicit(&found, memory_order_acquire);
  if (level < 0) {
    level = (int)detect();
    atomic_store_explicit(&found, level, memory_order_release);
  }
  return (lnt_cpu_level)level;
}

const char *lnt_cpu_name(lnt_cpu_level level) {
  return (int)level >= 0 && (int)level < LNT_CPU_LEVELS ? names[level] : "unknown";
}

lnt_status lnt_cpu_parse(lnt_cpu_level *level_out, const char *name, lnt_error *err) {
  for (int i = 0; i < LNT_CPU_LEVELS; i++) {
    if (strcmp(name, names[i]) == 0) {
      *level_out = (lnt_cpu_level)i;
      return LNT_OK;
    }
  }
  return lnti_fail(err, LNT_EINVAL, "'%.40s' is no CPU level; there are generic, avx2, avx512, vnni and amx", name);
}
