/*
 * Content hash. Pixels carry their shape, since 28x28 zeros and 14x56 zeros are not the same picture;
 * a frame but the first its number.
 */
#include <flow/content.h>

#include <base/bytes.h>

void lnti_content_begin(lnti_hasher *hasher, const lnti_blob *blob) {
  lnti_hash_begin(hasher);
  if (blob->kind == LNTI_BLOB_PIXELS) {
    uint8_t shape[12];
    lnti_put_le32(shape, (uint32_t)blob->h);
    lnti_put_le32(shape + 4, (uint32_t)blob->w);
    lnti_put_le32(shape + 8, (uint32_t)blob->c);
    lnti_hash_update(hasher, shape, sizeof shape);
  }
  lnti_hash_update(hasher, blob->data, blob->bytes);
}

void lnti_content_end(lnti_hash *out, const lnti_hasher *hasher, size_t frame) {
  lnti_hasher copy = *hasher;
  if (frame > 0) {
    uint8_t number[4];
    lnti_put_le32(number, (uint32_t)frame);
    lnti_hash_update(&copy, number, sizeof number);
  }
  lnti_hash_end(out, &copy);
}

void lnti_content_hash(lnti_hash *out, const lnti_blob *blob) {
  lnti_hasher hasher;
  if (!blob->kept || !lnti_kept_hasher(&hasher, blob->kept)) {
    lnti_content_begin(&hasher, blob);
    if (blob->kept) lnti_kept_note_hasher(blob->kept, &hasher);
  }
  lnti_content_end(out, &hasher, blob->frame);
}
