/*
 * The public way in: an image by path, in memory and as pixels gives what the program's path gives; what cannot be
 * classified says why and leaves the output alone.
 */
#include <linnet/linnet.h>
#include <model/model_support.h>
#include <pthread.h>

typedef struct place {
  char *folder, *file, *image;
} place;

static int set_up(void **state) {
  static place p;
  p.folder = lnti_test_folder();
  p.file = lnti_test_path(p.folder, "toy.lnt");
  p.image = lnti_test_path(p.folder, "image.pgm");
  *state = &p;
  return 0;
}

static int tear_down(void **state) {
  place *p = *state;
  free(p->image);
  free(p->file);
  lnti_test_folder_remove(p->folder);
  return 0;
}

static lnt_model *open_toy(const place *p, const char *learner) {
  lnt_model *made = toy_model(learner), *opened = NULL;
  assert_ok(lnti_model_save(made, p->file, ERR));
  lnt_model_close(made);
  assert_ok(lnt_model_open(&opened, p->file, NULL, ERR));
  return opened;
}

/* A binary PGM of class c's image; its length. */
static size_t make_pgm(uint8_t out[64], int c) {
  int header = snprintf((char *)out, 64, "P5\n%d %d\n255\n", TOY_W, TOY_H);
  toy_image(out + header, c);
  return (size_t)header + TOY_D;
}

static void test_questions(void **state) {
  lnt_model *model = open_toy(*state, "logistic");
  assert_int_equal(lnt_model_n_classes(model), TOY_K);
  assert_string_equal(lnt_model_class_title(model, 0), "Ankle boot");
  assert_string_equal(lnt_model_class_title(model, 2), "Café \"noir\"");
  assert_string_equal(lnt_model_class_id(model, 0), "shoes/ankle-boot");
  assert_null(lnt_model_class_title(model, TOY_K));
  assert_null(lnt_model_class_id(model, SIZE_MAX));
  assert_string_equal(lnt_model_name(model), "toy");
  assert_string_equal(lnt_model_target(model), "article");
  assert_string_equal(lnt_model_learner(model), "logistic");
  assert_string_equal(lnt_model_feature(model), "pixels:colour=grey,height=3,width=4");
  lnt_model_close(model);
  lnt_model_close(NULL);
  assert_string_equal(lnt_version(), LINNET_VERSION);
}

static void test_all_ways_agree(void **state) {
  const place *p = *state;
  const char *const learners[] = {"logistic", "knn", "centroid"};
  for (size_t l = 0; l < sizeof learners / sizeof *learners; l++) {
    lnt_model *model = open_toy(p, learners[l]);
    for (int c = 0; c < TOY_K; c++) {
      uint8_t pixels[TOY_D], pgm[64], rows[TOY_K][TOY_D];
      float by_pixels[TOY_K], by_memory[TOY_K], by_path[TOY_K], by_rows[TOY_K][TOY_K];
      size_t n = make_pgm(pgm, c);
      toy_image(pixels, c);
      lnti_test_write_file(p->image, pgm, n);
      assert_ok(lnt_model_classify_pixels(by_pixels, model, pixels, TOY_H, TOY_W, 1, ERR));
      assert_ok(lnt_model_classify_memory(by_memory, model, pgm, n, ERR));
      assert_ok(lnt_model_classify(by_path, model, p->image, ERR));
      /* The program's path: many rows at once, of an extracted matrix. */
      lnti_context context = toy_context();
      for (int other = 0; other < TOY_K; other++) toy_image(rows[other], other);
      lnti_matrix x = lnti_matrix_of(rows, TOY_K, TOY_D, LNTI_U8);
      assert_ok(lnti_model_predict(by_rows[0], model, &x, &context, ERR));
      assert_memory_equal(by_pixels, by_memory, sizeof by_pixels);
      assert_memory_equal(by_pixels, by_path, sizeof by_pixels);
      assert_memory_equal(by_pixels, by_rows[c], sizeof by_pixels);
      for (int other = 0; other < TOY_K; other++) assert_true(by_pixels[c] >= by_pixels[other]);
    }
    lnt_model_close(model);
  }
}

static void test_colour_and_size_are_prepared(void **state) {
  lnt_model *model = open_toy(*state, "logistic");
  /* Three equal channels twice the size hold the same grey image. */
  uint8_t pixels[TOY_D], large[TOY_D * 4 * 3];
  float small_prob[TOY_K], large_prob[TOY_K];
  toy_image(pixels, 1);
  for (size_t y = 0; y < 2 * TOY_H; y++)
    for (size_t x = 0; x < 2 * TOY_W; x++) memset(large + (y * 2 * TOY_W + x) * 3, pixels[y / 2 * TOY_W + x / 2], 3);
  assert_ok(lnt_model_classify_pixels(small_prob, model, pixels, TOY_H, TOY_W, 1, ERR));
  assert_ok(lnt_model_classify_pixels(large_prob, model, large, 2 * TOY_H, 2 * TOY_W, 3, ERR));
  assert_true(large_prob[1] > 0.5F && small_prob[1] > 0.5F);
  lnt_model_close(model);
}

static void test_cpu_levels(void **state) {
  const place *p = *state;
  uint8_t pixels[TOY_D];
  float best[TOY_K], generic[TOY_K];
  lnt_model *model = open_toy(p, "logistic");
  toy_image(pixels, 2);
  pixels[3] = 77;
  assert_ok(lnt_model_classify_pixels(best, model, pixels, TOY_H, TOY_W, 1, ERR));
  lnt_model_close(model);
  lnt_model_options options = LNT_MODEL_OPTIONS_INIT;
  options.cpu_max = LNT_CPU_GENERIC;
  assert_ok(lnt_model_open(&model, p->file, &options, ERR));
  assert_int_equal(model->context.cpu, LNT_CPU_GENERIC);
  assert_ok(lnt_model_classify_pixels(generic, model, pixels, TOY_H, TOY_W, 1, ERR));
  for (size_t c = 0; c < TOY_K; c++) assert_float_equal(best[c], generic[c], 1e-5);
  lnt_model_close(model);
}

static void test_refusals(void **state) {
  const place *p = *state;
  lnt_model *model = open_toy(p, "logistic"), *none = NULL;
  uint8_t pixels[TOY_D] = {0};
  float prob[TOY_K] = {7, 7, 7};
  assert_status(lnt_model_classify(prob, model, "no/such/image.png", ERR), LNT_ENOTFOUND);
  assert_message("no/such/image.png");
  lnti_test_write_file(p->image, "P5\n4 3\n255\nabc", 14);
  lnt_error err = LNT_ERROR_INIT;
  assert_int_equal(lnt_model_classify(prob, model, p->image, &err), LNT_EDATA);
  assert_true(strncmp(err.message, p->image, strlen(p->image)) == 0);
  assert_null(strstr(err.message + 1, p->image)); /* said once */
  lnti_test_write_file(p->image, "This is a text and no picture.", 30);
  assert_status(lnt_model_classify(prob, model, p->image, ERR), LNT_EUNSUPPORTED);
  assert_message(p->image);
  assert_status(lnt_model_classify(prob, model, p->folder, ERR), LNT_EINVAL);
  assert_status(lnt_model_classify_pixels(prob, model, pixels, 0, 4, 1, ERR), LNT_EINVAL);
  assert_status(lnt_model_classify_pixels(prob, model, pixels, 3, 4, 2, ERR), LNT_EINVAL);
  assert_status(lnt_model_classify_pixels(prob, model, pixels, SIZE_MAX, 4, 1, ERR), LNT_EINVAL);
  assert_status(lnt_model_classify_pixels(prob, model, NULL, 3, 4, 1, ERR), LNT_EINVAL);
  assert_status(lnt_model_classify_memory(prob, model, NULL, 3, ERR), LNT_EINVAL);
  assert_status(lnt_model_classify(prob, NULL, p->image, ERR), LNT_EINVAL);
  for (size_t c = 0; c < TOY_K; c++) assert_true(prob[c] == 7);
  assert_status(lnt_model_open(&none, "no/such/model.lnt", NULL, ERR), LNT_ENOTFOUND);
  assert_status(lnt_model_open(&none, p->image, NULL, ERR), LNT_EDATA);
  assert_message("image.pgm");
  assert_status(lnt_model_open(NULL, p->file, NULL, ERR), LNT_EINVAL);
  assert_null(none);
  lnt_model_close(model);

  lnti_context context = toy_context();
  assert_ok(lnti_model_open(&model, p->file, &context, ERR)); /* the inner opener reads no media */
  assert_status(lnt_model_classify(prob, model, p->image, ERR), LNT_EINVAL);
  lnt_model_close(model);
}

typedef struct shared {
  const lnt_model *model;
  int c;
  int wrong;
} shared;

static void *classify_often(void *payload) {
  shared *s = payload;
  uint8_t pixels[TOY_D];
  float prob[TOY_K];
  toy_image(pixels, s->c);
  for (int i = 0; i < 200; i++) {
    lnt_error err = LNT_ERROR_INIT;
    if (lnt_model_classify_pixels(prob, s->model, pixels, TOY_H, TOY_W, 1, &err) != LNT_OK || prob[s->c] < 0.5F)
      s->wrong++;
  }
  return NULL;
}

static void test_several_threads_use_one_model(void **state) {
  const char *const learners[] = {"logistic", "knn", "centroid"};
  for (size_t l = 0; l < sizeof learners / sizeof *learners; l++) {
    lnt_model *model = open_toy(*state, learners[l]);
    pthread_t thread[TOY_K];
    shared each[TOY_K];
    for (int c = 0; c < TOY_K; c++) {
      each[c] = (shared){model, c, 0};
      assert_int_equal(pthread_create(&thread[c], NULL, classify_often, &each[c]), 0);
    }
    for (int c = 0; c < TOY_K; c++) {
      pthread_join(thread[c], NULL);
      assert_int_equal(each[c].wrong, 0);
    }
    lnt_model_close(model);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_questions, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_all_ways_agree, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_colour_and_size_are_prepared, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_cpu_levels, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_refusals, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_several_threads_use_one_model, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
