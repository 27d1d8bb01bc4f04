/*
 * The templates, in the order in which they are listed.
 */
#include <ontology/templates.h>

#include <base/error.h>
#include <string.h>

#define TEMPLATE(name, id, about) \
  { name, about, lnti_template_##id, &lnti_template_##id##_bytes }

const lnti_ontology_template_entry lnti_ontology_templates[] = {
    TEMPLATE("binary", binary, "one of two: is it there or not"),
    TEMPLATE("multi-class", multi_class, "one of several classes"),
    TEMPLATE("multi-label", multi_label, "any of several labels, each yes, no or unknown"),
    TEMPLATE("hierarchical", hierarchical, "one node of a tree of classes, as fine as can be told"),
    TEMPLATE("quality-score", quality_score, "a score from 0 to 10, and what spoils the picture"),
    TEMPLATE("damage-assessment", damage_assessment, "where a vehicle is damaged, which part, how, how badly"),
    TEMPLATE("species-counts", species_counts, "which animals a camera trap saw, how many, what they do"),
    TEMPLATE("ok-nok", ok_nok, "inspection of a part: good or not, and which defects"),
    {NULL, NULL, NULL, NULL},
};

lnt_status lnti_ontology_template_find(const lnti_ontology_template_entry **out, const char *name, lnt_error *err) {
  enum { MOST = 32 };
  const char *names[MOST], *near = NULL;
  lnti_text list = {0};
  size_t n = 0;
  lnt_status status = LNT_OK;
  for (const lnti_ontology_template_entry *t = lnti_ontology_templates; t->name && !status; t++) {
    if (strcmp(t->name, name) == 0) {
      *out = t;
      lnti_text_clear(&list);
      return LNT_OK;
    }
    if (n < MOST) names[n++] = t->name;
    status = lnti_text_printf(&list, err, "%s%s", list.length ? ", " : "", t->name);
  }
  near = lnti_nearest_name(name, names, n);
  if (!status && near) {
    status =
        lnti_fail(err, LNT_ENOTFOUND, "no template \"%.40s\": is \"%s\" meant? There are %s", name, near, list.data);
  } else if (!status) {
    status = lnti_fail(err, LNT_ENOTFOUND, "no template \"%.40s\": there are %s", name, list.data);
  }
  lnti_text_clear(&list);
  return status;
}

lnt_status lnti_ontology_template(lnti_ontology **out, const char *name, lnt_error *err) {
  const lnti_ontology_template_entry *found = NULL;
  lnt_status status = lnti_ontology_template_find(&found, name, err);
  return status ? status : lnti_ontology_parse(out, found->data, *found->bytes, name, err);
}
