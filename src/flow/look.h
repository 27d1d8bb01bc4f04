/**
 * @file look.h
 * What an import learns of an image in its one pass over the bytes: header, content hash, and from the decoded pixels their
 * hash, the signature for alike pictures, quality, and the thumbnail.
 */
#ifndef LNTI_FLOW_LOOK_H
#define LNTI_FLOW_LOOK_H

#include <image/exif.h>
#include <image/frames.h>
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
  uint8_t *thumb;      /**< JPEG; NULL where the medium is its own (lnti_is_own_thumb) */
  size_t thumb_bytes;
} lnti_looked;

/** Of the frame that the blob names. Errors as lnti_image_decode. Thread-safe, no I/O. */
LNT_MUST_CHECK lnt_status lnti_look(lnti_looked *out, const lnti_blob *blob, const lnti_look_options *options,
                                    lnt_error *err);
void lnti_looked_clear(lnti_looked *looked);

/** Whether a medium is as good as a thumbnail of it: 8 bits, no larger than one, 32 KB or less. */
bool lnti_is_own_thumb(size_t h, size_t w, size_t depth, uint64_t bytes);

/** The frames or pages of one file, looked at one after another, each at the cost of one (image/frames.h). Zero-initialise;
 *  lnti_look_close frees. For one thread. */
typedef struct lnti_looking {
  lnti_image_info info; /**< of the first */
  lnti_look_options options;
  lnti_blob blob; /**< borrowed */
  lnti_hasher content;
  lnti_exif exif;
  lnti_frames *frames;
} lnti_looking;

/** `blob` is borrowed until lnti_look_close. As lnti_image_probe. */
LNT_MUST_CHECK lnt_status lnti_look_open(lnti_looking *out, const lnti_blob *blob, const lnti_look_options *options,
                                         lnt_error *err);
/** As lnti_look. After a failure the others can be looked at. */
LNT_MUST_CHECK lnt_status lnti_look_frame(lnti_looked *out, lnti_looking *looking, size_t frame, lnt_error *err);
void lnti_look_close(lnti_looking *looking);
/** Fills an item's size, depth, format, hashes and facts. */
void lnti_look_item(lnti_item *item, const lnti_looked *looked);

#endif
