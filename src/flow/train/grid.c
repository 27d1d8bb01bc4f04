/*
 * Every list multiplies the points that are there: each becomes as many as the list has values.
 */
#include <flow/train/grid.h>

#include <base/alloc.h>
#include <base/error.h>
#include <base/text.h>
#include <stdlib.h>
#include <string.h>

/* The learner's own list for a key; NULL. */
static const char *searched(const lnti_learner *learner, const char *assignment, size_t key_bytes) {
  for (const char *const *list = learner->searched; list && *list; list++) {
    if (strncmp(*list, assignment, key_bytes) == 0 && (*list)[key_bytes] == '=') return *list + key_bytes + 1;
  }
  return NULL;
}

static bool has_row(const lnti_learner *learner, const char *assignment, size_t key_bytes) {
  for (const lnti_param *row = learner->params; row->name; row++) {
    if (strlen(row->name) == key_bytes && memcmp(row->name, assignment, key_bytes) == 0) return true;
  }
  return false;
}

static lnt_status fail_auto(const lnti_learner *learner, const char *assignment, lnt_error *err) {
  lnti_text known = {0};
  lnt_status status = LNT_OK;
  for (const char *const *list = learner->searched; list && *list && !status; list++) {
    status = lnti_text_printf(&known, err, "%s%.*s", known.length ? ", " : "", (int)strcspn(*list, "="), *list);
  }
  if (!status) {
    status =
        lnti_fail(err, LNT_EINVAL, "--set %.60s: %s has a list of its own only for: %s; name the values: KEY=A,B,C",
                  assignment, learner->name, known.data ? known.data : "nothing");
  }
  lnti_text_clear(&known);
  return status;
}

/* Sets one value in points [from, from+n), and checks that no earlier value of the list was the same. */
static lnt_status set_value(lnti_grid *grid, size_t from, size_t n, const char *key, const char *value,
                            lnt_error *err) {
  for (size_t i = 0; i < n; i++) {
    lnt_status status = lnti_params_set_value(&grid->point[from + i], key, value, err);
    if (status) return status;
  }
  double set = lnti_params_get(&grid->point[from], key);
  for (size_t before = 0; before < from; before += n) {
    if (lnti_params_get(&grid->point[before], key) == set)
      return lnti_fail(err, LNT_EINVAL, "--set %s: the value %.60s is there twice", key, value);
  }
  return LNT_OK;
}

static size_t count_values(const char *list) {
  size_t n = 1;
  for (; *list; list++) n += *list == ',';
  return n;
}

/* [points,n_values], the values changing fastest. */
static lnt_status interleave(lnti_grid *grid, size_t n_values, lnt_error *err) {
  lnti_params *mixed = NULL;
  size_t n = grid->n / n_values;
  lnt_status status = lnti_alloc(&mixed, grid->n, sizeof *mixed, err);
  if (status) return status;
  for (size_t v = 0; v < n_values; v++) {
    for (size_t i = 0; i < n; i++) mixed[i * n_values + v] = grid->point[v * n + i];
  }
  free(grid->point);
  grid->point = mixed;
  return LNT_OK;
}

static lnt_status multiply(lnti_grid *grid, const char *key, char *list, lnt_error *err) {
  size_t n = grid->n, n_values = count_values(list), capacity = n;
  if (n_values > LNTI_GRID_MAX / n) {
    return lnti_fail(err, LNT_EINVAL, "--set %s: the lists make more than %d combinations; shorten one of them", key,
                     (int)LNTI_GRID_MAX);
  }
  lnt_status status = lnti_grow(&grid->point, &capacity, n * n_values, sizeof *grid->point, err);
  if (status) return status;
  for (size_t v = 1; v < n_values; v++) memcpy(grid->point + v * n, grid->point, n * sizeof *grid->point);
  grid->n = n * n_values;
  char *value = list;
  for (size_t v = 0; v < n_values && !status; v++) {
    char *comma = strchr(value, ',');
    if (comma) *comma = '\0';
    status = set_value(grid, v * n, n, key, value, err);
    if (comma) value = comma + 1;
  }
  return status ? status : interleave(grid, n_values, err);
}

/* A key that is given again counts there alone. */
static bool comes_again(const char *const *set, size_t n_set, size_t at, size_t key_bytes) {
  for (size_t i = at + 1; i < n_set; i++) {
    if (strncmp(set[i], set[at], key_bytes + 1) == 0) return true;
  }
  return false;
}

/* The values of an assignment, to be freed. */
static lnt_status values_of(char **out, const lnti_learner *learner, const char *assignment, size_t key_bytes,
                            lnt_error *err) {
  const char *given = assignment + key_bytes + 1;
  const char *own = searched(learner, assignment, key_bytes);
  if (strcmp(given, "auto") != 0 || !has_row(learner, assignment, key_bytes)) return lnti_strdup(out, given, err);
  return own ? lnti_strdup(out, own, err) : fail_auto(learner, assignment, err);
}

static lnt_status apply(lnti_grid *grid, const char *const *set, size_t n_set, size_t at, lnt_error *err) {
  const char *equals = strchr(set[at], '=');
  char *key = NULL, *list = NULL;
  if (!equals) return lnti_params_set(&grid->point[0], set[at], err); /* which says what is wrong with it */
  size_t key_bytes = (size_t)(equals - set[at]);
  if (comes_again(set, n_set, at, key_bytes)) return LNT_OK;
  lnt_status status = lnti_strndup(&key, set[at], key_bytes, err);
  if (!status) status = values_of(&list, grid->learner, set[at], key_bytes, err);
  if (!status) status = multiply(grid, key, list, err);
  free(key);
  free(list);
  return status;
}

lnt_status lnti_grid_new(lnti_grid *out, const lnti_learner *learner, const char *const *set, size_t n_set,
                         lnt_error *err) {
  lnti_grid grid = {.learner = learner, .n = 1};
  lnt_status status = lnti_alloc(&grid.point, 1, sizeof *grid.point, err);
  if (status) return status;
  lnti_params_init(&grid.point[0], learner->params);
  for (size_t i = 0; i < n_set && !status; i++) status = apply(&grid, set, n_set, i, err);
  if (status) {
    lnti_grid_clear(&grid);
  } else {
    *out = grid;
  }
  return status;
}

void lnti_grid_clear(lnti_grid *grid) {
  free(grid->point);
  *grid = (lnti_grid){0};
}

bool lnti_grid_varies(const lnti_grid *grid, size_t row) {
  for (size_t i = 1; i < grid->n; i++) {
    if (grid->point[i].value[row] != grid->point[0].value[row]) return true;
  }
  return false;
}

int lnti_grid_end(const lnti_grid *grid, size_t point, size_t row) {
  lnti_param_type type = grid->learner->params[row].type;
  double value = grid->point[point].value[row];
  bool least = true, largest = true;
  if ((type != LNTI_PARAM_INT && type != LNTI_PARAM_REAL) || !lnti_grid_varies(grid, row)) return 0;
  for (size_t i = 0; i < grid->n; i++) {
    least = least && !(grid->point[i].value[row] < value);
    largest = largest && !(grid->point[i].value[row] > value);
  }
  return least ? -1 : largest ? 1 : 0;
}

lnt_status lnti_grid_json(char **out, const lnti_grid *grid, lnt_error *err) {
  lnti_text text = {0};
  lnti_json_writer *w = NULL;
  lnt_status status = lnti_json_writer_new(&w, lnti_json_sink_text, &text, 0, err);
  if (status) return status;
  if (grid->n > 1) lnti_json_begin_array(w);
  for (size_t i = 0; i < grid->n; i++) lnti_params_write(w, &grid->point[i]);
  if (grid->n > 1) lnti_json_end_array(w);
  status = lnti_json_finish(w, err);
  lnti_json_writer_free(w);
  if (!status) status = lnti_strndup(out, text.data, text.length - 1, err); /* without the newline */
  lnti_text_clear(&text);
  return status;
}
