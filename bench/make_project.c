/*
 * make_project DIR [ITEMS [META_KEYS [SEED]]]: a project of so many synthetic items (synthetic.h), for benches and for
 * looking at a big project by hand.
 */
#include <stdio.h>
#include <stdlib.h>

#include "synthetic.h"

static void progress(size_t n_done, size_t n_items) {
  fprintf(stderr, "\r%zu of %zu items", n_done, n_items);
  if (n_done == n_items) fprintf(stderr, "\n");
}

int main(int argc, char **argv) {
  const lnti_context context = {.cpu = LNT_CPU_GENERIC};
  lnti_synthetic options = LNTI_SYNTHETIC_INIT;
  lnti_project *project = NULL;
  lnt_error err = LNT_ERROR_INIT;
  options.progress = progress;
  if (argc < 2 || argc > 5) {
    fprintf(stderr, "usage: make_project DIR [ITEMS [META_KEYS [SEED]]]\n");
    return 2;
  }
  if (argc > 2) options.n_items = strtoull(argv[2], NULL, 10);
  if (argc > 3) options.n_meta_keys = strtoull(argv[3], NULL, 10);
  if (argc > 4) options.seed = strtoull(argv[4], NULL, 10);
  lnt_status status = lnti_project_create(&project, argv[1], "bench", &context, &err);
  if (!status) status = lnti_synthetic_fill(project, &options, &err);
  if (status) fprintf(stderr, "make_project: %s\n", err.message);
  lnti_project_close(project);
  return status ? 1 : 0;
}
