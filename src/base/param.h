/**
 * @file param.h
 * Parameter tables: the one description of a learner's or feature's parameters, from which --set is
 * checked, --help and the guide are written, and (later) schemas and forms are made.
 */
#ifndef LNTI_BASE_PARAM_H
#define LNTI_BASE_PARAM_H

#include <base/json.h>
#include <linnet/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum lnti_param_type { LNTI_PARAM_INT, LNTI_PARAM_REAL, LNTI_PARAM_BOOL, LNTI_PARAM_CHOICE } lnti_param_type;

/** One row; a table ends with a row whose name is NULL. */
typedef struct lnti_param {
  const char *name;
  lnti_param_type type;
  const char *fallback; /**< the default, as text */
  double min, max;      /**< inclusive; of INT and REAL */
  const char *choices;  /**< of CHOICE: "euclidean|cosine"; of an INT that may be "auto": "auto" */
  const char *help;     /**< one sentence with the unit */
} lnti_param;

enum { LNTI_PARAMS_MAX = 32 };

/** A value for each row of a table. Copyable. */
typedef struct lnti_params {
  const lnti_param *table;
  double value[LNTI_PARAMS_MAX]; /**< INT, REAL, BOOL as 0 or 1, CHOICE as index into choices; NaN: "auto" */
} lnti_params;

/** All at their defaults. The table must be well-formed (a test checks each). */
void lnti_params_init(lnti_params *out, const lnti_param *table);
/** Sets one from "KEY=VALUE". LNT_EINVAL naming the parameter, its range, and the known names. */
LNT_MUST_CHECK lnt_status lnti_params_set(lnti_params *params, const char *assignment, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_params_set_value(lnti_params *params, const char *name, const char *value,
                                                lnt_error *err);
/** The value of a name that the table has (asserted). */
double lnti_params_get(const lnti_params *params, const char *name);
bool lnti_params_is_auto(const lnti_params *params, const char *name);
/** The value as text: what set_value takes back to the same number. */
LNT_MUST_CHECK lnt_status lnti_params_text(char **out, const lnti_params *params, const char *name, lnt_error *err);
/** All as one JSON object {name: value}, and back (unknown keys and bad values are LNT_EDATA). */
void lnti_params_write(lnti_json_writer *w, const lnti_params *params);
LNT_MUST_CHECK lnt_status lnti_params_read(lnti_params *out, const lnti_param *table, const lnti_json_value *object,
                                           lnt_error *err);

#endif
