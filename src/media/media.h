/**
 * @file media.h
 * A URI becomes bytes, wherever they lie (docs/guide/media.md has the grammar with examples):
 *
 *   FILE                            photos/a.jpg
 *   FILE#MEMBER                     photos.zip#cats/a.jpg        tar, tar.gz, .bz2, .xz, .zst; zip
 *   FILE#ARCHIVE#MEMBER             all.zip#cats.tar.gz#a.jpg    an archive in an archive, no deeper
 *   ARRAY#RECORD                    train-images-idx3-ubyte.gz#17, data_batch_1.bin#17; from 0
 *   any of the first three#frame=N  clip.gif#frame=3             from 0
 *   any of the first three#page=N   scan.tif#page=2              from 1
 *
 * An existing path wins over its '#', and so does a member: the longest name that there is is taken.
 */
#ifndef LNTI_MEDIA_MEDIA_H
#define LNTI_MEDIA_MEDIA_H

#include <base/hash.h>
#include <base/cancel.h>
#include <linnet/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Caps, each with LNT_ELIMIT and a message of its own where it is reached; 0 stands for the default. */
typedef struct lnti_media_options {
  size_t file_bytes_max;      /**< one encoded file or member; larger is LNT_ELIMIT */
  size_t array_bytes_max;     /**< one array, unpacked */
  size_t cache_bytes;         /**< memory for unpacked arrays and for the indexes of archives */
  size_t members_max;         /**< members of one archive, those of archives inside it included */
  uint64_t archive_bytes_max; /**< what one compressed archive may unpack to */
  uint64_t cache_disk_bytes;  /**< disk for unpacked archives */
  unsigned ratio_max;         /**< unpacked to packed bytes of an archive, beyond its first 64 MiB */
  const char *cache_dir;      /**< folder for unpacked archives, made where it is needed, which may be deleted while no
                                   program uses it (and then is made again); NULL: unlinked files in temp_dir */
  const char *temp_dir;       /**< NULL: /tmp */
} lnti_media_options;

#define LNTI_MEDIA_OPTIONS_INIT                                                                               \
  {                                                                                                           \
    .file_bytes_max = (size_t)1 << 30, .array_bytes_max = (size_t)4 << 30, .cache_bytes = (size_t)512 << 20,  \
    .members_max = 10000000, .archive_bytes_max = (uint64_t)64 << 30, .cache_disk_bytes = (uint64_t)16 << 30, \
    .ratio_max = 1000,                                                                                        \
  }

/** What a URI holds: an encoded file, or bare pixels. */
typedef enum lnti_blob_kind { LNTI_BLOB_ENCODED, LNTI_BLOB_PIXELS } lnti_blob_kind;

/** The bytes of a file that was asked for by a frame's number; see lnti_kept_take. */
typedef struct lnti_kept lnti_kept;

typedef struct lnti_blob {
  lnti_blob_kind kind;
  const uint8_t *data; /**< `bytes` bytes; PIXELS: [h,w,c] u8 */
  size_t bytes;
  size_t h, w, c; /**< of PIXELS */
  size_t frame;   /**< of ENCODED: which frame or page of several decode gives, 0-based */
  void *owner;    /**< what clear releases */
  lnti_kept
      *kept; /**< of a URI that names a frame behind the first: where decoders leave what the next needs; else NULL */
} lnti_blob;

/** Opens URIs and keeps a bounded cache of unpacked arrays and indexed archives. May be used by several threads. */
typedef struct lnti_media lnti_media;

/** `options` may be NULL: those of LNTI_MEDIA_OPTIONS_INIT. Its texts are copied. */
LNT_MUST_CHECK lnt_status lnti_media_new(lnti_media **out, const lnti_media_options *options, lnt_error *err);
void lnti_media_free(lnti_media *media);

/** The first read from a compressed archive unpacks all of it; later ones take one look-up and one read.
 *  @return LNT_OK; LNT_ENOTFOUND (no such file, member or record); LNT_EINVAL (a folder, pipe or device);
 *  LNT_EDATA (broken array, archive or member); LNT_EUNSUPPORTED (no container, array of another type than u8, a member
 *  that is encrypted or a link, archives too deep); LNT_ELIMIT; LNT_ENOSPC; LNT_EIO; LNT_ENOMEM. The message names the URI. */
LNT_MUST_CHECK lnt_status lnti_media_read(lnti_blob *out, lnti_media *media, const char *uri, lnt_error *err);
/** Releases; safe on a zeroed blob. */
void lnti_blob_clear(lnti_blob *blob);

/** A decoder's state that somebody left of this file, of all whose position is not behind `position` the nearest, for the
 *  caller alone; NULL where there is none. Thread-safe. */
void *lnti_kept_take(lnti_kept *kept, size_t position);
/** Leaves a state, which may point into the blob's data, with the position that it has come to and the memory that it
 *  takes. It is closed, at once or later, where nobody takes it and others need the room. Thread-safe. */
void lnti_kept_leave(lnti_kept *kept, void *value, size_t position, size_t bytes, void (*close)(void *value));
/** The hash in progress over all of the file's bytes, where somebody noted it: false where nobody has. Thread-safe. */
bool lnti_kept_hasher(lnti_hasher *out, lnti_kept *kept);
void lnti_kept_note_hasher(lnti_kept *kept, const lnti_hasher *hasher);

/* ---- what lies in an archive ---- */

/** True where the file is an archive that lnti_media_members lists: a zip, or a tar, plain or compressed. False for
 *  anything else, unreadable files included. Reads the first kilobytes. */
bool lnti_archive_sniff(const char *path);

typedef struct lnti_member {
  const char *name; /**< in UTF-8, '/' between folders; its URI is ARCHIVE#name */
  uint64_t bytes;   /**< as the archive's index says */
} lnti_member;

/** Zero-initialise. */
typedef struct lnti_members {
  size_t n;
  lnti_member *member; /**< [n], in the archive's order */
  void *owner;
} lnti_members;

/** One thing in the archive that is not taken.
 *  @param name    the member; "" for the rest of a damaged archive; ARCHIVE for the rest of a damaged one inside
 *  @param reason  its message names the URI
 *  @return anything but LNT_OK ends the listing with it. The media must not be used meanwhile. */
typedef lnt_status (*lnti_member_refused)(void *payload, const char *name, const lnt_error *reason, lnt_error *err);

/**
 * The regular files of an archive, in its order; those of an archive inside it stand in its place as "inner.zip#a.png".
 * Names are given without a leading "/" or "./". Refused, each with its reason: names that are not UTF-8, hold control
 * characters or "..", or exceed 4096 bytes; links (hard links to a member before them excepted: they are files) and
 * devices; what is encrypted, compressed in another way than deflate (zip), sparse, or larger than file_bytes_max; all but
 * the last of several members of one name, as in tar; archives inside archives inside archives. Of a damaged or cut archive
 * what is sound before the damage is listed, and the damage refused under "".
 *
 * @param refused  may be NULL
 * @param cancel   may be NULL
 * @return LNT_OK; LNT_ENOTFOUND; LNT_EINVAL; LNT_EUNSUPPORTED (no archive); LNT_EDATA (nothing sound in it);
 *         LNT_ELIMIT; LNT_ENOSPC; LNT_ECANCELLED; LNT_EIO; LNT_ENOMEM.
 */
LNT_MUST_CHECK lnt_status lnti_media_members(lnti_members *out, lnti_media *media, const char *archive,
                                             lnti_member_refused refused, void *payload, const lnti_cancel *cancel,
                                             lnt_error *err);
/** Releases; safe on zeroed members. */
void lnti_members_clear(lnti_members *members);

/* ---- what lies in an array ---- */

typedef enum lnti_array_kind { LNTI_ARRAY_IDX, LNTI_ARRAY_CIFAR10, LNTI_ARRAY_CIFAR100 } lnti_array_kind;

enum { LNTI_ARRAY_LABELS_MAX = 2 };

typedef struct lnti_array_shape {
  lnti_array_kind kind;
  size_t n;            /**< records */
  size_t record_bytes; /**< of one as a blob */
  size_t h, w, c;      /**< a record as pixels; 0 where it is none */
  unsigned n_labels;   /**< labels in each record: IDX 0, CIFAR-10 1, CIFAR-100 2 (coarse, fine) */
} lnti_array_shape;

/** What an array is, by its URI without record: a file, or a member of an archive. What lnti_media_read returns, and
 *  LNT_EUNSUPPORTED for what is no array. */
LNT_MUST_CHECK lnt_status lnti_media_array(lnti_array_shape *out, lnti_media *media, const char *uri, lnt_error *err);
/** Labels [n,n_labels] of the records [first,first+n). Besides: LNT_EUNSUPPORTED (it has none), LNT_ENOTFOUND (fewer
 *  records). `labels` is undefined on failure. */
LNT_MUST_CHECK lnt_status lnti_media_labels(uint8_t *labels, lnti_media *media, const char *uri, size_t first, size_t n,
                                            lnt_error *err);

/** Names of classes, in the order of their numbers. Zero-initialise. */
typedef struct lnti_class_names {
  size_t n;
  char **name; /**< [n] */
  void *owner;
} lnti_class_names;

/** The names of label `which` of an array, from the file that CIFAR has beside its batches (batches.meta.txt;
 *  coarse_label_names.txt, fine_label_names.txt). LNT_ENOTFOUND (there is none), LNT_EUNSUPPORTED (no such label),
 *  LNT_EDATA (not as many names as classes). */
LNT_MUST_CHECK lnt_status lnti_media_class_names(lnti_class_names *out, lnti_media *media, const char *uri,
                                                 unsigned which, lnt_error *err);
/** Releases; safe on zeroed names. */
void lnti_class_names_clear(lnti_class_names *names);

#endif
