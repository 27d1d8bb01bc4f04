/**
 * @file version.h
 * The library's version.
 */
#ifndef LINNET_VERSION_H
#define LINNET_VERSION_H

#include <linnet/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The version of the library at run time, "major.minor.patch". */
LNT_API const char *lnt_version(void);

#ifdef __cplusplus
}
#endif
#endif
