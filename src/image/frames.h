/**
 * @file frames.h
 * The frames or pages of one file, one after another. A frame of an animation stands on those before it: decoded each by
 * itself (lnti_image_decode), n frames cost the work of n * n / 2; read in order, that of n. Two canvases are held, whatever
 * the number of frames.
 */
#ifndef LNTI_IMAGE_FRAMES_H
#define LNTI_IMAGE_FRAMES_H

#include <image/image.h>

/** For one thread at a time. */
typedef struct lnti_frames lnti_frames;

/** Reads the header. `blob` is borrowed until lnti_frames_close; the frame that it names says nothing.
 *  @param info_out  of the first frame  @return as lnti_image_probe. */
LNT_MUST_CHECK lnt_status lnti_frames_open(lnti_frames **out, lnti_image_info *info_out, const lnti_blob *blob,
                                           const lnti_image_limits *limits, lnt_error *err);
/** NULL is allowed. */
void lnti_frames_close(lnti_frames *frames);

/** What the header says of one frame: the first's of animations, each page's own. As lnti_image_probe. */
LNT_MUST_CHECK lnt_status lnti_frames_info(lnti_image_info *out, const lnti_frames *frames, size_t frame,
                                           lnt_error *err);
/**
 * As lnti_image_decode. Frames may be asked for in any order: the next costs itself alone, one further on those between
 * as well, one further back the beginning anew. After a failure the others can be read, as far as they do not stand on
 * what is broken.
 */
LNT_MUST_CHECK lnt_status lnti_frames_read(lnti_image *out, size_t *rows_missing_out, lnti_frames *frames, size_t frame,
                                           lnt_error *err);

#endif
