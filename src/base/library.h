/**
 * @file library.h
 * Shared libraries that are loaded when they are first needed. One that brings dozens of others with it would cost each start
 * of the program what few commands use: libvips alone took two thirds of it.
 *
 * Whoever includes such a library's header lists the functions it calls, and calls them through what that declares:
 *
 *     #define FUNCTIONS(X) X(curl_easy_init) X(curl_easy_cleanup)
 *     static struct { FUNCTIONS(LNTI_LIBRARY_FUNCTION) } lib;
 *     static const lnti_library_symbol symbols[] = {FUNCTIONS(LNTI_LIBRARY_SYMBOL)};
 *
 * `lib` is the name that LNTI_LIBRARY_SYMBOL knows.
 */
#ifndef LNTI_BASE_LIBRARY_H
#define LNTI_BASE_LIBRARY_H

#include <linnet/status.h>
#include <stddef.h>

typedef struct lnti_library_symbol {
  const char *name;
  void *address_out; /**< of a pointer to a function */
} lnti_library_symbol;

#define LNTI_LIBRARY_FUNCTION(name) __typeof__(name) *name;
#define LNTI_LIBRARY_SYMBOL(name) {#name, &lib.name},

/**
 * Loads `file` (a name that the system looks up, the version of whose interface is part of it) for the life of the process, and
 * finds the symbols, in it or in what it brings.
 * @param remedy  what to install, and what cannot be done without it: ends the message
 * @return LNT_OK; LNT_ELIBRARY (no such library, or one that lacks a symbol; none of the addresses is written then).
 * Thread-safe; costs milliseconds, and next to nothing where the library is loaded already.
 */
LNT_MUST_CHECK lnt_status lnti_library_load(const char *file, const char *remedy, const lnti_library_symbol *symbols,
                                            size_t n, lnt_error *err);

#endif
