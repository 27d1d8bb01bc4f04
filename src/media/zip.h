/**
 * @file zip.h
 * Zip archives by their central directory (PKWARE, APPNOTE.TXT 6.3.10, sections 4.3 and 4.5): members are found without
 * reading the rest, and each is unpacked alone. Zip64, archives with something before them (self-extracting ones) and
 * UTF-8 names are read; encrypted members, other methods than deflate and archives in several parts are not.
 */
#ifndef LNTI_MEDIA_ZIP_H
#define LNTI_MEDIA_ZIP_H

#include <base/cancel.h>
#include <linnet/status.h>
#include <media/archive.h>
#include <media/span.h>
#include <media/index.h>

/** True where the span begins as a zip does. */
bool lnti_zip_sniff(const lnti_span *span);

/**
 * Fills the index from the central directory.
 * @return LNT_OK; LNT_ENOTFOUND (no end record: cut short, or no zip); LNT_EDATA (directory broken, members overlapping);
 *         LNT_EUNSUPPORTED (several parts); LNT_ELIMIT (members, or what they unpack to); LNT_ECANCELLED; LNT_EIO;
 *         LNT_ENOMEM.
 */
LNT_MUST_CHECK lnt_status lnti_zip_index(lnti_index *index, const lnti_span *span, const char *name,
                                         const lnti_archive_caps *caps, const lnti_cancel *cancel, lnt_error *err);

/** Where a STORED or DEFLATED member's own bytes begin: its local header is read for it. LNT_EDATA, LNT_EIO. */
LNT_MUST_CHECK lnt_status lnti_zip_place(uint64_t *at_out, const lnti_span *span, const lnti_row *row, const char *name,
                                         lnt_error *err);

/** Takes a member's bytes in pieces of its own choice. */
typedef lnt_status (*lnti_zip_take)(void *payload, const void *data, size_t n, lnt_error *err);

/** Unpacks a member in pieces and checks length and CRC-32. `name` is the member's URI. LNT_EDATA, LNT_EIO, LNT_ENOMEM, and
 *  what `take` returns. */
LNT_MUST_CHECK lnt_status lnti_zip_unpack(const lnti_span *span, const lnti_row *row, const char *name,
                                          lnti_zip_take take, void *payload, lnt_error *err);

/** As lnti_zip_unpack into memory: data [row->bytes]. */
LNT_MUST_CHECK lnt_status lnti_zip_read(uint8_t *data, const lnti_span *span, const lnti_row *row, const char *name,
                                        lnt_error *err);

#endif
