/**
 * @file refused.h
 * Inputs that were not taken, kept for the end of a command.
 */
#ifndef LNTI_CLI_REFUSED_H
#define LNTI_CLI_REFUSED_H

#include <cli/cli.h>

/** How many are listed for people; kept at all (so that a folder of rubbish costs bounded memory). */
enum { LNTI_REFUSED_SHOWN = 20, LNTI_REFUSED_KEPT_MAX = 1000000 };

typedef struct lnti_refused_row {
  char *path, *reason;
  lnt_status code;
} lnti_refused_row;

/** Zero-initialise. */
typedef struct lnti_refused {
  lnti_refused_row *row;
  size_t n, capacity;
  size_t total; /**< told of, kept or not */
} lnti_refused;

/** A lnti_refused_visit; the payload is a lnti_refused. */
void lnti_refused_add(void *payload, const char *path, lnt_status code, const char *reason);
/** "refused": [{path, code, reason}] */
void lnti_refused_json(lnti_json_writer *w, const lnti_refused *refused);
/** The first of them under a head; nothing where there are none. */
LNT_MUST_CHECK lnt_status lnti_refused_print(lnti_cli *cli, const lnti_refused *refused, lnt_error *err);
void lnti_refused_clear(lnti_refused *refused);

#endif
