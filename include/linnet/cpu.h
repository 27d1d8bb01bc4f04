/**
 * @file cpu.h
 * CPU levels: which of its kernels Linnet runs. Every level gives the same answers within the
 * tolerances that each kernel states; integer kernels are exact at every level.
 */
#ifndef LINNET_CPU_H
#define LINNET_CPU_H

#include <linnet/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Each level includes those before it. */
typedef enum lnt_cpu_level {
  LNT_CPU_GENERIC = 0, /**< plain C */
  LNT_CPU_AVX2 = 1,    /**< AVX2, FMA, F16C */
  LNT_CPU_AVX512 = 2,  /**< AVX-512 F, BW, DQ, VL */
  LNT_CPU_VNNI = 3,    /**< AVX512-VNNI */
  LNT_CPU_AMX = 4      /**< AMX tile, int8, bf16 */
} lnt_cpu_level;

enum { LNT_CPU_LEVELS = 5 };

/**
 * The best level of this machine. On Linux, asks the kernel for the AMX state the first time; where
 * it is refused the answer is VNNI. Thread-safe.
 */
LNT_API lnt_cpu_level lnt_cpu_detect(void);

/** The level's name: generic, avx2, avx512, vnni or amx. Never NULL. */
LNT_API const char *lnt_cpu_name(lnt_cpu_level level);

/**
 * Reads a level's name.
 * @return LNT_OK; LNT_EINVAL (no such level).
 */
LNT_API LNT_MUST_CHECK lnt_status lnt_cpu_parse(lnt_cpu_level *level_out, const char *name, lnt_error *err);

#ifdef __cplusplus
}
#endif
#endif
