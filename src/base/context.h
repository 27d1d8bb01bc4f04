/**
 * @file context.h
 * What the numeric layers are given instead of asking the environment: threads, CPU level, cancellation,
 * log. One is made in main (or by the library's opener) and passed down.
 */
#ifndef LNTI_BASE_CONTEXT_H
#define LNTI_BASE_CONTEXT_H

#include <base/cancel.h>
#include <base/log.h>
#include <base/threads.h>
#include <linnet/cpu.h>

typedef struct lnti_context {
  lnti_pool *pool;           /**< NULL: the calling thread alone */
  lnt_cpu_level cpu;         /**< which kernels to run */
  const lnti_cancel *cancel; /**< NULL: never */
  const lnti_log *log;       /**< NULL: silent */
} lnti_context;

#endif
