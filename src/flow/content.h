/**
 * @file content.h
 * What makes two media equal: the hash that items and cached features are keyed by.
 */
#ifndef LNTI_FLOW_CONTENT_H
#define LNTI_FLOW_CONTENT_H

#include <base/hash.h>
#include <media/media.h>

/** Of an encoded file its bytes; of bare pixels their shape (three 32-bit little-endian numbers h, w, c) and bytes; of a
 *  frame or page but the first, its number as well. */
void lnti_content_hash(lnti_hash *out, const lnti_blob *blob);

/** The same in two steps, so that the bytes of a file with many frames are gone through once: begin takes the bytes (and
 *  not the frame that the blob names), end the frame; the hasher stays as it was. */
void lnti_content_begin(lnti_hasher *hasher, const lnti_blob *blob);
void lnti_content_end(lnti_hash *out, const lnti_hasher *hasher, size_t frame);

#endif
