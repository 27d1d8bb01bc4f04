/* Classifies images: classify MODEL.lnt IMAGE...
 * cc classify.c $(pkg-config --cflags --libs linnet) -o classify */
#include <linnet/linnet.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  lnt_error err = LNT_ERROR_INIT;
  lnt_model *model = NULL;
  if (argc < 3) {
    fprintf(stderr, "usage: %s MODEL.lnt IMAGE...\n", argv[0]);
    return 2;
  }
  if (lnt_model_open(&model, argv[1], NULL, &err) != LNT_OK) {
    fprintf(stderr, "%s\n", err.message);
    return 1;
  }
  size_t k = lnt_model_n_classes(model);
  float *prob = malloc(k * sizeof *prob);
  int failed = prob == NULL;
  for (int i = 2; prob && i < argc; i++) {
    if (lnt_model_classify(prob, model, argv[i], &err) != LNT_OK) {
      fprintf(stderr, "%s\n", err.message);
      failed = 1;
      continue;
    }
    printf("%s\n", argv[i]);
    for (int rank = 0; rank < 3 && (size_t)rank < k; rank++) {
      size_t best = 0;
      for (size_t c = 1; c < k; c++) best = prob[c] > prob[best] ? c : best;
      printf("  %5.1f %%  %s\n", 100 * (double)prob[best], lnt_model_class_title(model, best));
      prob[best] = -1; /* named already */
    }
  }
  free(prob);
  lnt_model_close(model);
  return failed;
}
