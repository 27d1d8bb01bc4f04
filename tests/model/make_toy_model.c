/* Writes the toy model and an image of its class "Bag", for install_test.sh and the corpus of the
 * model fuzzer: make_toy_model LEARNER MODEL.lnt IMAGE.pgm [TASK] */
#include <model/model_support.h>

int main(int argc, char **argv) {
  lnt_error err = LNT_ERROR_INIT;
  uint8_t pixels[TOY_D];
  lnti_task task = LNTI_MULTICLASS;
  if (argc < 4 || argc > 5 || (argc == 5 && !lnti_task_find(&task, argv[4]))) return 2;
  lnt_model *model = toy_task_model(argv[1], task);
  if (lnti_model_save(model, argv[2], &err) != LNT_OK) {
    fprintf(stderr, "%s\n", err.message);
    return 1;
  }
  lnt_model_close(model);
  toy_image(pixels, 1);
  FILE *image = fopen(argv[3], "wb");
  if (!image) return 1;
  fprintf(image, "P5\n%d %d\n255\n", TOY_W, TOY_H);
  bool written = fwrite(pixels, 1, TOY_D, image) == TOY_D;
  return fclose(image) == 0 && written ? 0 : 1;
}
