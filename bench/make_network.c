/* make_network NAME SIDE CLASSES full|small FILE: writes a network with random weights (networks.h). */
#include "networks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv) {
  size_t bytes = 0;
  if (argc != 6) {
    fprintf(stderr, "make_network NAME SIDE CLASSES full|small FILE\n");
    return 2;
  }
  const lnti_network network = {.name = argv[1],
                                .side = strtoul(argv[2], NULL, 10),
                                .n_classes = strtoul(argv[3], NULL, 10),
                                .small = strcmp(argv[4], "small") == 0};
  uint8_t *data = lnti_network_make(&bytes, &network);
  if (!data) {
    fprintf(stderr, "no network is named %s\n", argv[1]);
    return 1;
  }
  FILE *file = fopen(argv[5], "wb");
  bool written = file && fwrite(data, 1, bytes, file) == bytes;
  written = file && fclose(file) == 0 && written;
  if (!written) fprintf(stderr, "cannot write %s\n", argv[5]);
  free(data);
  return written ? 0 : 1;
}
