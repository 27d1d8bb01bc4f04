/* What the benches ask the kernel about themselves. */
#ifndef LNTI_BENCH_STATUS_H
#define LNTI_BENCH_STATUS_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A line of /proc/self/status in MB. Not getrusage: its peak counts what ran before exec too. */
static inline double status_mb(const char *key) {
  char line[256];
  double kib = (double)NAN;
  FILE *file = fopen("/proc/self/status", "r");
  while (file && fgets(line, sizeof line, file)) {
    if (strncmp(line, key, strlen(key)) == 0) kib = strtod(line + strlen(key), NULL);
  }
  if (file) (void)fclose(file);
  return kib * 1024 / 1e6;
}

#endif
