/*
 * Duplicates as rows of a table and as JSON.
 */
#include <cli/duplicates.h>

#include <cli/format.h>

void lnti_duplicates_json(lnti_json_writer *w, const lnti_duplicates *duplicates) {
  lnti_json_kv_int(w, "duplicates", (int64_t)duplicates->copies);
  lnti_json_kv_int(w, "conflicts", (int64_t)duplicates->sets[LNTI_EQUAL_CONFLICT]);
  lnti_json_kv_int(w, "leaks", (int64_t)duplicates->sets[LNTI_EQUAL_LEAK]);
  lnti_json_kv_int(w, "near_duplicates", (int64_t)duplicates->near);
  lnti_json_kv_int(w, "near_conflicts", (int64_t)duplicates->sets[LNTI_NEAR_CONFLICT]);
  lnti_json_kv_int(w, "near_leaks", (int64_t)duplicates->sets[LNTI_NEAR_LEAK]);
  lnti_json_key(w, "examples");
  lnti_json_begin_array(w);
  for (size_t i = 0; i < duplicates->n_examples; i++) {
    const lnti_duplicate_example *e = &duplicates->examples[i];
    lnti_json_begin_object(w);
    lnti_json_kv_string(w, "kind", lnti_duplicate_kind_name(e->kind));
    lnti_json_kv_string(w, "a", e->a);
    lnti_json_kv_string(w, "a_value", e->a_value);
    lnti_json_kv_string(w, "b", e->b);
    lnti_json_kv_string(w, "b_value", e->b_value);
    lnti_json_end_object(w);
  }
  lnti_json_end_array(w);
}

static lnt_status add_row(lnti_table *table, const char *name, size_t n, const char *meaning, lnt_error *err) {
  lnti_shown shown = lnti_show_count(n);
  const char *cells[] = {name, shown.text, meaning};
  return lnti_table_row(table, cells, err);
}

lnt_status lnti_duplicates_rows(lnti_table *table, const lnti_duplicates *duplicates, lnt_error *err) {
  static const struct {
    lnti_duplicate_kind kind;
    const char *name, *one, *several;
  } rows[] = {
      {LNTI_EQUAL_CONFLICT, "conflicts", "set of equal images under different labels",
       "sets of equal images under different labels"},
      {LNTI_EQUAL_LEAK, "leaks", "set of equal images in more than one split",
       "sets of equal images in more than one split"},
      {LNTI_NEAR_CONFLICT, "near conflicts", "set of nearly equal images under different labels",
       "sets of nearly equal images under different labels"},
      {LNTI_NEAR_LEAK, "near leaks", "set of nearly equal images in more than one split",
       "sets of nearly equal images in more than one split"},
  };
  lnt_status status =
      add_row(table, "duplicates", duplicates->copies, "extra copies of images, in the whole project", err);
  for (size_t i = 0; i < sizeof rows / sizeof *rows && !status; i++) {
    bool near = i >= 2;
    size_t n = duplicates->sets[rows[i].kind];
    if (i == 2 && duplicates->near > 0) {
      status = add_row(table, "near duplicates", duplicates->near,
                       "extra images that are nearly equal to another, one of each set left out", err);
    }
    if (status || (n == 0 && (near || duplicates->copies == 0))) continue;
    status = add_row(table, rows[i].name, n, n == 1 ? rows[i].one : rows[i].several, err);
  }
  return status;
}
