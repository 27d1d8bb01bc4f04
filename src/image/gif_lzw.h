/**
 * @file gif_lzw.h
 * GIF's variant of Lempel, Ziv and Welch's compression (CompuServe 1990, appendix F). Inside src/image only.
 */
#ifndef LNTI_IMAGE_GIF_LZW_H
#define LNTI_IMAGE_GIF_LZW_H

#include <linnet/status.h>
#include <stddef.h>
#include <stdint.h>

typedef struct lnti_gif_lzw {
  const uint8_t *data; /**< [n] sub-blocks: a length and that many bytes each, 0 at the end */
  size_t n;
  unsigned code_size; /**< bits of a colour, as stored before the sub-blocks */
  size_t pixels;      /**< how many there must be */
} lnti_gif_lzw;

/** Some pixels, in the order in which they are stored. */
typedef void (*lnti_gif_visit)(void *payload, const uint8_t *colours, size_t n);

/**
 * Gives `pixels` pixels to `visit`; what comes after these is left alone.
 * @param frame  for the message
 * @return LNT_OK; LNT_EDATA (a code that has no meaning yet; fewer pixels than there must be); LNT_ENOMEM.
 */
LNT_MUST_CHECK lnt_status lnti_gif_lzw_run(const lnti_gif_lzw *source, lnti_gif_visit visit, void *payload,
                                           size_t frame, lnt_error *err);

#endif
