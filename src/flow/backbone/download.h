/**
 * @file download.h
 * Fetching a file that is known: by its address, size and SHA-256. The only code that asks anything of a network.
 */
#ifndef LNTI_FLOW_DOWNLOAD_H
#define LNTI_FLOW_DOWNLOAD_H

#include <base/context.h>
#include <stdint.h>

typedef struct lnti_download {
  const char *url;
  const char *path;   /**< where it goes; what was fetched before it is whole stays at path + ".part" */
  const char *sha256; /**< 64 hexadecimal digits, lower case */
  uint64_t bytes;     /**< of the whole file: no more is taken */
  bool plain;         /**< http is allowed too: the hash says what the file is, not who sent it */
} lnti_download;

/** Loads libcurl, which lnti_download_run does when it needs it. LNT_ELIBRARY. */
LNT_MUST_CHECK lnt_status lnti_download_start(lnt_error *err);

/**
 * Fetches it, going on where an earlier attempt ended.
 * @param progress  in bytes; NULL: none
 * @return LNT_OK: the file is there, and what it should be; LNT_EIO (no network, no such server or file, a connection that
 *         breaks: what came is kept, if anything); LNT_ECORRUPT (another file: it is removed); LNT_EINVAL (an address that is no
 *         https); LNT_ECANCELLED (what came is kept); LNT_ENOSPC; LNT_ENOMEM; LNT_ELIBRARY.
 */
LNT_MUST_CHECK lnt_status lnti_download_run(const lnti_download *wanted, const lnti_context *context,
                                            const lnti_progress *progress, lnt_error *err);

#endif
