/*
 * The one table of status codes. The program, the JSON and (later) the server all translate here.
 */
#include <base/error.h>

typedef struct status_row {
  const char *name;
  const char *text;
  int exit_code;
  int http;
} status_row;

/* Indexed by the negated code. */
static const status_row table[] = {
    {"OK", "done", 0, 200},
    {"EINVAL", "an argument or parameter is wrong", 2, 400},
    {"ENOMEM", "not enough memory", 1, 503},
    {"EIO", "reading or writing failed", 1, 500},
    {"ENOTFOUND", "not found", 1, 404},
    {"EEXISTS", "the name is taken", 1, 409},
    {"EDATA", "the input is broken", 1, 422},
    {"EUNSUPPORTED", "the input is of a kind that is not taken", 1, 415},
    {"ELIMIT", "a limit was reached", 1, 413},
    {"ECANCELLED", "cancelled", 130, 499},
    {"EBUSY", "in use by another", 1, 503},
    {"ENOSPC", "the disk is full", 1, 507},
    {"ECONFLICT", "changed by another meanwhile", 1, 409},
    {"ECORRUPT", "a file of Linnet's own is damaged", 1, 500},
    {"EINTERNAL", "a fault of Linnet's own", 1, 500},
    {"ELIBRARY", "a shared library is missing", 1, 500},
};

static const status_row *row_of(lnt_status status) {
  int index = -(int)status;
  int n = (int)(sizeof table / sizeof table[0]);
  return &table[index >= 0 && index < n ? index : -(int)LNT_EINTERNAL];
}

const char *lnt_status_name(lnt_status status) {
  return row_of(status)->name;
}

const char *lnt_status_text(lnt_status status) {
  return row_of(status)->text;
}

int lnti_status_exit_code(lnt_status status) {
  return row_of(status)->exit_code;
}

int lnti_status_http(lnt_status status) {
  return row_of(status)->http;
}
