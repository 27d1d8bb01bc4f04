/**
 * @file status.h
 * What every operation returns, and where the reason for a failure is written.
 *
 * An operation returns LNT_OK or one negative code and, on failure, leaves its outputs untouched and
 * writes one sentence with the values and the next step into the caller's lnt_error.
 */
#ifndef LINNET_STATUS_H
#define LINNET_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

/** Marks what the shared library exports. */
#if defined(__GNUC__)
#  define LNT_API __attribute__((visibility("default")))
#  define LNT_MUST_CHECK __attribute__((warn_unused_result))
#  define LNT_PRINTF(text_index, first_index) __attribute__((format(printf, text_index, first_index)))
#else
#  define LNT_API
#  define LNT_MUST_CHECK
#  define LNT_PRINTF(text_index, first_index)
#endif

/** One code per failure that a caller may want to tell from the others. */
typedef enum lnt_status {
  LNT_OK = 0,            /**< done */
  LNT_EINVAL = -1,       /**< an argument or parameter is wrong: mend the call */
  LNT_ENOMEM = -2,       /**< not enough memory */
  LNT_EIO = -3,          /**< reading or writing failed */
  LNT_ENOTFOUND = -4,    /**< no such file, item, model, question, option... */
  LNT_EEXISTS = -5,      /**< the name is taken */
  LNT_EDATA = -6,        /**< the input is broken, or is not what it says it is */
  LNT_EUNSUPPORTED = -7, /**< the input is sound but of a kind that Linnet does not take */
  LNT_ELIMIT = -8,       /**< a cap on size, depth or count was reached */
  LNT_ECANCELLED = -9,   /**< stopped on request, or at its deadline */
  LNT_EBUSY = -10,       /**< in use by another program or thread: try again */
  LNT_ENOSPC = -11,      /**< the disk is full */
  LNT_ECONFLICT = -12,   /**< it would overwrite what has changed since */
  LNT_ECORRUPT = -13,    /**< one of Linnet's own files is damaged */
  LNT_EINTERNAL = -14,   /**< a fault of Linnet's own: please report it */
  LNT_ELIBRARY = -15     /**< a shared library that Linnet uses is missing, or another one: install it */
} lnt_status;

enum { LNT_ERROR_MESSAGE_BYTES = 512 };

/** The reason for a failure; owned by the caller, fixed in size, no clean-up needed. */
typedef struct lnt_error {
  lnt_status code;                       /**< the code that was returned */
  char message[LNT_ERROR_MESSAGE_BYTES]; /**< one sentence in UTF-8, cut at a character if too long */
} lnt_error;

#define LNT_ERROR_INIT \
  {                    \
    LNT_OK, {          \
      0                \
    }                  \
  }

/** The code's name without its prefix, as in --json and in the API: "EDATA". Never NULL. */
LNT_API const char *lnt_status_name(lnt_status status);

/** What the code means, in a few words: "the input is broken". Never NULL. */
LNT_API const char *lnt_status_text(lnt_status status);

#ifdef __cplusplus
}
#endif
#endif
