/**
 * @file heif_meta.h
 * The items of a HEIF or AVIF file (ISO/IEC 23008-12:2017; its boxes are those of ISO/IEC 14496-12:2015): which are
 * images, what they are made of, how large and deep, and whether their bytes are all there. Inside src/image only.
 */
#ifndef LNTI_IMAGE_HEIF_META_H
#define LNTI_IMAGE_HEIF_META_H

#include <linnet/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Bytes of the file that are still to be read. */
typedef struct lnti_bytes {
  const uint8_t *p;
  size_t n;
} lnti_bytes;

typedef enum lnti_heif_kind {
  LNTI_HEIF_OTHER, /**< no image: metadata, or a codec that is not read */
  LNTI_HEIF_HEVC,
  LNTI_HEIF_AV1,
  LNTI_HEIF_GRID,     /**< tiles, each an image */
  LNTI_HEIF_IDENTITY, /**< another image, turned or cropped */
  LNTI_HEIF_OVERLAY
} lnti_heif_kind;

typedef struct lnti_heif_item {
  uint32_t id;
  lnti_heif_kind kind;
  bool hidden;
  bool subordinate;        /**< a thumbnail, or auxiliary to another image */
  bool alpha_kind;         /**< an auxiliary image that holds alpha */
  bool has_alpha;          /**< alpha_id says where */
  uint32_t alpha_id;       /**< the auxiliary image with its alpha */
  size_t coded_h, coded_w; /**< the extent that is declared; 0 where there is none */
  size_t h, w;             /**< as its properties leave it: cropped and turned */
  unsigned bits;           /**< of a sample of luma, as the codec's configuration says; 0 where there is none */
  lnti_bytes config;       /**< body of the codec's configuration */
  lnti_bytes parts;        /**< ids of the images that it is made of, each of id_bytes */
  lnti_bytes first;        /**< its first extent; all lie in the file */
  size_t n_extents;
  uint64_t bytes; /**< of all its extents */
  bool judged;    /**< its stream is known to be sound */
} lnti_heif_item;

/** Zero-initialise; lnti_heif_meta_clear frees. */
typedef struct lnti_heif_meta {
  lnti_heif_item *items; /**< [n] by ascending id */
  size_t n;
  uint32_t primary;
  size_t id_bytes; /**< of the ids in `parts`: 2 or 4 */
  size_t file_bytes;
} lnti_heif_meta;

/** LNT_EDATA; LNT_EUNSUPPORTED (no still image at all: a sequence); LNT_ELIMIT (more items than libheif takes);
 *  LNT_ENOMEM. */
LNT_MUST_CHECK lnt_status lnti_heif_meta_read(lnti_heif_meta *out, const uint8_t *data, size_t n, lnt_error *err);
void lnti_heif_meta_clear(lnti_heif_meta *meta);

/** NULL where there is none. */
lnti_heif_item *lnti_heif_find(const lnti_heif_meta *meta, uint32_t id);
/** How many parts an item has, and the id of one of them. */
size_t lnti_heif_n_parts(const lnti_heif_meta *meta, const lnti_heif_item *item);
uint32_t lnti_heif_part(const lnti_heif_meta *meta, const lnti_heif_item *item, size_t i);

#endif
