/*
 * CIFAR batches, and the lists of class names beside them.
 */
#include <media/cifar.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  const lnti_span span = {-1, data, 0, n};
  lnti_cifar_shape shape;
  lnti_class_names names = {0};
  lnt_error err = LNT_ERROR_INIT;
  if (lnti_cifar_judge(&shape, &span, "x", &err) == LNT_OK) {
    uint8_t pixels[LNTI_CIFAR_PIXELS], labels[LNTI_CIFAR_LABELS_MAX];
    for (size_t i = 0; i < shape.n; i++) {
      if (lnti_cifar_read(pixels, labels, &span, &shape, i, "x", &err) != LNT_OK) abort();
      for (unsigned k = 0; k < shape.n_labels; k++) {
        if (labels[k] >= lnti_cifar_n_classes(&shape, k)) abort();
      }
    }
  }
  for (size_t wanted = 1; wanted <= 100; wanted *= 10) {
    if (lnti_class_names_parse(&names, (const char *)data, n, wanted, "x", &err) != LNT_OK) continue;
    if (names.n != wanted) abort();
    lnti_class_names_clear(&names);
  }
  return 0;
}
