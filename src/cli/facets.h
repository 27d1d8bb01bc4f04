/**
 * @file facets.h
 * How often the values of facets occur, as tables and as JSON: the same for `items --count` and `status`.
 */
#ifndef LNTI_CLI_FACETS_H
#define LNTI_CLI_FACETS_H

#include <cli/cli.h>
#include <flow/view/query.h>

/** A value that occurs. */
typedef struct lnti_facet_value {
  size_t code, n;
} lnti_facet_value;

/** The values of a facet that occur, the most frequent first, equally frequent ones in the order of the codes; what is no
 *  value (no answer, no text) at the end. free() *out. */
LNT_MUST_CHECK lnt_status lnti_facet_values(lnti_facet_value **out, size_t *n_out, const lnti_view *view,
                                            const lnti_facet *facet, lnt_error *err);

/** Prints one facet as a table under its name: at most `limit` values (0: all), then how many more there are. */
LNT_MUST_CHECK lnt_status lnti_facet_print(lnti_cli *cli, const lnti_view *view, const lnti_facet *facet,
                                           const char *name, size_t limit, lnt_error *err);
/** An array of {"value", "n"} for each value that occurs, in that order; the value null for no value. */
LNT_MUST_CHECK lnt_status lnti_facet_json(lnti_json_writer *w, const lnti_view *view, const lnti_facet *facet,
                                          size_t limit, lnt_error *err);

#endif
