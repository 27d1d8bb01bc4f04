/**
 * @file look.h
 * What an import learns of an image in its one pass over the bytes: header, content hash, and from the decoded pixels their
 * hash, the signature for alike pictures, quality, and the thumbnail.
 */
#ifndef LNTI_FLOW_LOOK_H
#define LNTI_FLOW_LOOK_H

#include <image/exif.h>
#include <image/image.h>
#include <store/store.h>

typedef struct lnti_look_options {
  lnti_image_limits limits;
  bool pixels; /**< decode in full: facts and thumbnail; else header, hash and EXIF alone */
} lnti_look_options;

/** Zero-initialise; lnti_looked_clear frees. */
typedef struct lnti_looked {
  lnti_image_info info;
  lnti_hash content;
  uint64_t bytes;
  lnti_item_facts facts;
  lnti_exif exif;      /**< of encoded files */
  size_t rows_missing; /**< of a JPEG that ends early */
  uint8_t *thumb;      /**< JPEG; NULL where the medium is small enough to be its own */
  size_t thumb_bytes;
} lnti_looked;

/** Of the frame that the blob names. Errors as lnti_image_decode. Thread-safe, no I/O. */
LNT_MUST_CHECK lnt_status lnti_look(lnti_looked *out, const lnti_blob *blob, const lnti_look_options *options,
                                    lnt_error *err);
void lnti_looked_clear(lnti_looked *looked);
/** Fills an item's size, depth, format, hashes and facts. */
void lnti_look_item(lnti_item *item, const lnti_looked *looked);

#endif
