/**
 * @file exif.h
 * What a camera wrote beside the pixels: EXIF (CIPA DC-008, "Exchangeable image file format for digital still cameras:
 * Exif Version 2.32", 2019; its directories are those of TIFF 6.0, Adobe 1992), read and stripped by own code.
 *
 * It is found in JPEG (the first APP1 segment of its kind), PNG (eXIf), WebP (EXIF), TIFF and BigTIFF (the file
 * itself) and HEIF and AVIF (the first item of type Exif). Nothing in it is trusted: counts and offsets are checked
 * against the bytes that are there, every directory is visited once, and what is broken is absent.
 */
#ifndef LNTI_IMAGE_EXIF_H
#define LNTI_IMAGE_EXIF_H

#include <linnet/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** One picture's EXIF; texts are valid UTF-8 without control characters, cut where they are too long, "" where there is
 *  none. */
typedef struct lnti_exif {
  unsigned orientation; /**< as lnti_exif_orientation */
  char taken[32]; /**< when the shutter opened, else when it was digitised: "2008-10-22T16:28:39", the camera's own
                             time; never the time of a later change */
  char offset[8]; /**< of `taken` from UTC, "+02:00", where the camera wrote it */
  char make[64], model[64], lens[64];
  char serial[64];                            /**< of the body, else of the lens */
  bool has_gps;                               /**< latitude and longitude are there */
  double latitude, longitude;                 /**< degrees, south and west negative; 0 without has_gps */
  double altitude;                            /**< metres above the sea; NaN: none */
  double exposure_s, f_number, iso, focal_mm; /**< above 0; NaN: none */
} lnti_exif;

/**
 * How the stored pixels must be turned to stand upright, 1..8 as in EXIF (1 as they are, 3 by a half turn, 6 clockwise by
 * a quarter, 8 counter-clockwise, 2, 4, 5, 7 mirrored); 1 where there is none, or one that is invalid. For HEIF and AVIF
 * always 1: their own properties (irot, imir) say it, a decoder obeys them, and the tag is no more than a record.
 * @param data  [n] the encoded file
 * Never fails. O(segments of the file), no allocation.
 */
unsigned lnti_exif_orientation(const uint8_t *data, size_t n);

/** What lnti_exif_strip takes out; one or both. */
enum {
  LNTI_STRIP_GPS = 1,    /**< where it was taken */
  LNTI_STRIP_SERIALS = 2 /**< which camera and lens, and whose: serial numbers, owner, artist, copyright, computer,
                            image id */
};

/**
 * A copy of an encoded file without the place or the serial numbers: JPEG, PNG, WebP, TIFF. Every byte of the pixels stays
 * as it is, and what they need to be shown right: orientation, colour profile, resolution.
 *
 * Metadata are kept only where it is known what they say: of EXIF the standard's own tags on how and when the picture was
 * taken; and that which was not asked to go. All else goes with either, since it may repeat the place or the
 * numbers: maker notes, XMP, IPTC, free text (descriptions, comments, PNG's texts), the embedded thumbnail (which may also
 * show what a crop took away; of a TIFF its SubIFDs, and pages marked as a smaller copy of another), pictures and other data behind the first one's end, tags and chunks that are not known.
 * What goes is gone from the bytes: JPEG, PNG and WebP are written anew, in a TIFF all that nothing refers to any more is
 * zeros. EXIF that is broken is left out.
 *
 * @param out  free() it
 * @param what LNTI_STRIP_GPS, LNTI_STRIP_SERIALS or both
 * @return LNT_OK; LNT_EINVAL (`what`); LNT_EUNSUPPORTED (another format: the message says what to do); LNT_EDATA (the
 *         file is too broken to tell its pixels from its metadata); LNT_ENOMEM.
 * O(n); the memory of one copy.
 */
LNT_MUST_CHECK lnt_status lnti_exif_strip(uint8_t **out, size_t *n_out, const uint8_t *data, size_t n, unsigned what,
                                          lnt_error *err);

/** All of it. Never fails: what is broken is absent. No allocation. */
void lnti_exif_read(lnti_exif *out, const uint8_t *data, size_t n);

#endif
