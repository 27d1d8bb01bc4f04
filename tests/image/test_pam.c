/*
 * PAM and PFM: headers as people write them, and broken ones. Pixels of all kinds are in the golden files.
 */
#include "support.h"

#include "image/refusals.h"

#define TEXT(s) s, sizeof(s) - 1

static void gives(const char *data, size_t n, size_t c, const void *expected) {
  lnti_image image = {0};
  lnti_image_info info;
  assert_ok(decode_bytes(&image, &info, data, n, 0, ERR));
  assert_int_equal(info.format, LNTI_IMAGE_PNM);
  assert_int_equal(info.frames, 1);
  assert_int_equal(image.c, c);
  assert_memory_equal(image.data, expected, lnti_image_bytes(&image));
  lnti_image_clear(&image);
}

static void test_pam(void **state) {
  (void)state;
  gives(TEXT("P7\nWIDTH 2\nHEIGHT 1\nDEPTH 1\nMAXVAL 255\nENDHDR\nab"), 1, "ab");
  gives(TEXT("P7\n# a remark\n\n  HEIGHT 1\r\nWIDTH\t2 \nTUPLTYPE GRAYSCALE\nMAXVAL 5\nDEPTH 1\nENDHDR\n\0\5"), 1,
        "\0\xff");
  gives(TEXT("P7\nWIDTH 1\nHEIGHT 1\nDEPTH 4\nMAXVAL 255\nTUPLTYPE CMYK\nENDHDR\n\0\xff\0\0"), 3, "\xff\0\xff");
  gives(TEXT("P7\nWIDTH 1\nHEIGHT 1\nDEPTH 3\nMAXVAL 255\nTUPLTYPE OWN\nENDHDR\nabc"), 3, "abc");
  gives(TEXT("P7\nWIDTH 1\nHEIGHT 1\nDEPTH 1\nMAXVAL 256\nENDHDR\n\1\0"), 1, (uint16_t[]){65535});
}

static void test_pam_broken(void **state) {
  (void)state;
  refuses(TEXT("P7\nWIDTH 2\nHEIGHT 1\nDEPTH 1\nMAXVAL 255\nENDHDR\na"), LNT_EDATA, "fewer bytes than 2 x 1");
  refuses(TEXT("P7\nWIDTH 2\nHEIGHT 1\nDEPTH 1\nMAXVAL 9\nENDHDR\n\5\x0a"), LNT_EDATA, "above its greatest value 9");
  refuses(TEXT("P7\nWIDTH 2\nHEIGHT 1\nDEPTH 1\nMAXVAL 255\n"), LNT_EDATA, "ends early, in its header");
  refuses(TEXT("P7\nWIDTH 2\nDEPTH 1\nMAXVAL 255\nENDHDR\nab"), LNT_EDATA, "lacks a width, height");
  refuses(TEXT("P7\nWIDTH 2\nHEIGHT 1\nDEPTH 1\nMAXVAL 0\nENDHDR\nab"), LNT_EDATA, "MAXVAL 0");
  refuses(TEXT("P7\nWIDTH 2\nHEIGHT 1\nDEPTH 1\nMAXVAL 65536\nENDHDR\nab"), LNT_EDATA, "MAXVAL 65536");
  refuses(TEXT("P7\nWIDTH 2x\nHEIGHT 1\nDEPTH 1\nMAXVAL 1\nENDHDR\nab"), LNT_EDATA, "WIDTH 2x");
  refuses(TEXT("P7\nWIDTH -2\nHEIGHT 1\nDEPTH 1\nMAXVAL 1\nENDHDR\nab"), LNT_EDATA, "WIDTH -2");
  refuses(TEXT("P7\nWIDTH 99999999999999999999\nENDHDR\n"), LNT_EDATA, "WIDTH 999");
  refuses(TEXT("P7\nSURPRISE 1\nENDHDR\n"), LNT_EDATA, "SURPRISE");
  refuses(TEXT("P7\nWIDTH 2\nHEIGHT 1\nDEPTH 5\nMAXVAL 255\nENDHDR\nabcdefghij"), LNT_EUNSUPPORTED, "5 samples");
  refuses(TEXT("P7\nWIDTH 1\nHEIGHT 1\nDEPTH 3\nMAXVAL 1\nTUPLTYPE CMYK\nENDHDR\nabc"), LNT_EUNSUPPORTED, "3 samples");
  refuses(TEXT("P7\nWIDTH 9000\nHEIGHT 7000\nDEPTH 4\nMAXVAL 255\nENDHDR\nab"), LNT_EDATA, "fewer bytes than 9000");
  refuses(TEXT("P7 332\n#END"), LNT_EUNSUPPORTED, "XV thumbnail");
  char lines[1024] = "P7\n";
  for (int i = 0; i < 70; i++) strcat(lines, "# line\n");
  refuses(lines, strlen(lines), LNT_EDATA, "lacks a width");
}

static void test_pfm(void **state) {
  (void)state;
  gives(TEXT("Pf\n1 2\n-1.0\n\0\0\x80\x3f\0\0\0\x3f"), 1, (float[]){0.5f, 1});
  gives(TEXT("Pf 1 2 +2.5e1\n\x3f\x80\0\0\x3f\0\0\0"), 1, (float[]){0.5f, 1});
  gives(TEXT("PF\n1\n1\n-1\n\0\0\x80\x3f\0\0\0\0\0\0\0\xbf"), 3, (float[]){1, 0, -0.5f});
}

static void test_pfm_broken(void **state) {
  (void)state;
  refuses(TEXT("Pf\n1 2\n-1.0\n\0\0\x80\x3f\0\0\0"), LNT_EDATA, "fewer bytes than 1 x 2");
  refuses(TEXT("Pf\n1 2\n-1.0"), LNT_EDATA, "a scale");
  refuses(TEXT("Pf\n1 2\n0.0\nabcdefgh"), LNT_EDATA, "a scale");
  refuses(TEXT("Pf\n1 2\n1.0x\nabcdefgh"), LNT_EDATA, "a scale");
  refuses(TEXT("Pf\n0 2\n1.0\nabcdefgh"), LNT_EDATA, "width and height");
  refuses(TEXT("Pf\n1\n"), LNT_EDATA, "width and height");
  refuses(TEXT("Pf\n99999999999 1\n1.0\nabcd"), LNT_EDATA, "width and height");
  refuses(TEXT("PF\n8000 8000\n1.0\nabcd"), LNT_ELIMIT, "takes more than");
  refuses(TEXT("Pf\n8000 8000\n1.0\nabcd"), LNT_EDATA, "fewer bytes");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_pam),
      cmocka_unit_test(test_pam_broken),
      cmocka_unit_test(test_pfm),
      cmocka_unit_test(test_pfm_broken),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
