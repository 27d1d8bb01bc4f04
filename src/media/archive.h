/**
 * @file archive.h
 * An opened archive over a span: an index of its members, and where their bytes lie. A tar and a zip are read in place; what
 * cannot be (a compressed tar, a zip that lost its directory) is unpacked once into a pack.
 */
#ifndef LNTI_MEDIA_ARCHIVE_H
#define LNTI_MEDIA_ARCHIVE_H

#include <base/cancel.h>
#include <base/text.h>
#include <linnet/status.h>
#include <media/pack.h>
#include <media/span.h>
#include <stdbool.h>
#include <media/index.h>

/** Archives stand in archives up to this depth: an outer one and one inside it. */
enum { LNTI_ARCHIVE_DEPTH = 2 };

/** Bytes that an archive may unpack to whatever its ratio. */
#define LNTI_RATIO_FREE_BYTES ((uint64_t)64 << 20)

typedef struct lnti_archive_caps {
  size_t members_max;
  uint64_t file_bytes_max;   /**< of a member... */
  uint64_t nested_bytes_max; /**< ...and of one that is an archive by its name */
  uint64_t total_bytes_max;  /**< what the archive may unpack to */
  unsigned ratio_max;
} lnti_archive_caps;

typedef enum lnti_archive_kind {
  LNTI_ARCHIVE_NONE,
  LNTI_ARCHIVE_TAR,   /**< in place */
  LNTI_ARCHIVE_ZIP,   /**< in place */
  LNTI_ARCHIVE_PACKED /**< a compressed tar */
} lnti_archive_kind;

/** What the span begins as. Reads and unpacks its first kilobytes. LNT_EIO, LNT_ENOMEM. */
LNT_MUST_CHECK lnt_status lnti_archive_sniff_span(lnti_archive_kind *out, const lnti_span *span, lnt_error *err);
/** True for a name that ends as archives' names do: .tar, .tar.gz, .tgz, .zip and so on. */
bool lnti_archive_name(const char *name);

/**
 * Fills an index with the members of a tar, in place.
 * @param damage_out  LNT_OK, or why the index ends before the archive does
 * @return LNT_OK; LNT_EDATA (nothing sound in it); LNT_ELIMIT; LNT_ECANCELLED; LNT_EIO; LNT_ENOMEM.
 */
LNT_MUST_CHECK lnt_status lnti_archive_index_tar(lnti_index *index, lnt_error *damage_out, const lnti_span *span,
                                                 const char *name, const lnti_archive_caps *caps,
                                                 const lnti_cancel *cancel, lnt_error *err);
/** Reads an archive from its first byte to its last, writes its members' bytes and fills an index with their places in the
 *  pack. Besides: LNT_ENOSPC, and what writing returns. */
LNT_MUST_CHECK lnt_status lnti_archive_unpack(lnti_index *index, lnt_error *damage_out, lnti_pack_writer *pack,
                                              const lnti_span *span, const char *name, const lnti_archive_caps *caps,
                                              const lnti_cancel *cancel, lnt_error *err);

/** Appends what can be read, and by which version: "tar, tar.gz, tar.xz, zip (libarchive 3.6.2)"; for `doctor`.
 *  @param all_out  false where libarchive was built without some */
LNT_MUST_CHECK lnt_status lnti_archive_formats(lnti_text *out, bool *all_out, lnt_error *err);

#endif
