/*
 * Content hash. Pixels carry their shape, since 28x28 zeros and 14x56 zeros are not the same picture;
 * a frame but the first its number.
 */
#include <flow/content.h>

static void put_u32(uint8_t *out, size_t value) {
  for (int i = 0; i < 4; i++) out[i] = (uint8_t)(value >> (8 * i));
}

void lnti_content_begin(lnti_hasher *hasher, const lnti_blob *blob) {
  lnti_hash_begin(hasher);
  if (blob->kind == LNTI_BLOB_PIXELS) {
    uint8_t shape[12];
    put_u32(shape, blob->h);
    put_u32(shape + 4, blob->w);
    put_u32(shape + 8, blob->c);
    lnti_hash_update(hasher, shape, sizeof shape);
  }
  lnti_hash_update(hasher, blob->data, blob->bytes);
}

void lnti_content_end(lnti_hash *out, const lnti_hasher *hasher, size_t frame) {
  lnti_hasher copy = *hasher;
  if (frame > 0) {
    uint8_t number[4];
    put_u32(number, frame);
    lnti_hash_update(&copy, number, sizeof number);
  }
  lnti_hash_end(out, &copy);
}

void lnti_content_hash(lnti_hash *out, const lnti_blob *blob) {
  lnti_hasher hasher;
  lnti_content_begin(&hasher, blob);
  lnti_content_end(out, &hasher, blob->frame);
}
