/*
 * 'linnet help filters': the language of --where on one screen and a half. The guide's page has the rest; a test holds the
 * keys of both against those that the program knows, and runs the examples.
 */
#include <cli/help.h>

static const char head[] =
    "Filters: which items\n"
    "\n"
    "  linnet items --where 'split=test and class=cat'\n"
    "  linnet export --format csv pngs.csv --where 'width>=1000 and (format=png or format=tiff)'\n"
    "  linnet predict MODEL --items 'labelled=no'\n"
    "\n"
    "A term is a key, an operator and a value; terms are joined by and, or, not and brackets. Quote\n"
    "the whole filter for the shell.\n";

static const lnti_help_row terms[] = {
    {"KEY=VALUE", "the value is this one; of a text it may be a pattern: * any text, ? one character"},
    {"KEY!=VALUE", "it is not; also where there is no value at all"},
    {"KEY<VALUE  <=  >  >=", "numbers, dates (date>=2008-10) and other metadata"},
    {"KEY in (A, B, C)", "one of these; KEY not in (...): none of them"},
    {"KEY in LOW..HIGH", "between, both ends included; one end may be left out: width in 1000.."},
    {"KEY=\"two words\"",
     "a value with blanks, commas or brackets stands in double quotes; \"\" is no value: split=\"\""},
    {NULL, NULL},
};

static const lnti_help_row keys[] = {
    {"id", "the item's number"},
    {"path",
     "how its path, or any part of it from a folder of the source on, begins: path=train/ants/; or a pattern: path=*.png"},
    {"split", "train, val, test...; \"\" for items in none"},
    {"stage", "annotate, review or done"},
    {"labelled", "yes or no: whether anything is answered"},
    {"complete", "yes or no: labelled, and every required question that is asked of it is answered"},
    {"skipped", "yes or no: whether somebody said why it was not answered"},
    {"source", "the folder, archive or array that it came from, as 'linnet relink' lists them"},
    {"format, kind", "jpeg, png, tiff...; image or group"},
    {"group", "the id of the group that it is in, or none"},
    {"width, height, pixels", "as the image is shown"},
    {"bytes, depth", "size of the file; bits a channel"},
    {"sharpness, brightness, contrast", "as import found them; images that were not looked at have none"},
    {"duplicate", "none, equal or near: whether another image is the same, or looks much the same"},
    {"duplicate.equal, duplicate.near", "all items of the set that an item is in: duplicate.near=57"},
    {"duplicate.distance", "bits in which it differs from the nearest that looks like it"},
    {"conflict, leak", "no, equal, near or yes: such an image has another answer; lies in another split"},
    {"QUESTION",
     "class=cat (title, id or alias), class=unanswered, answered, unsure, none; of a tree all below: species=birds; "
     "of numbers: severity>=3"},
    {"QUESTION.OPTION", "of a checklist: yes, no or unknown"},
    {"predicted:QUESTION",
     "what its newest stored predictions say: predicted:class=cat; predicted:MODEL=cat, of one model"},
    {"confidence:QUESTION", "how sure that was, 0 to 1; of one label: confidence:labels.orange<0.6"},
    {"disagrees:QUESTION", "yes or no: whether that differs from the answer; none: there are not both"},
    {"METADATA", "whatever came with import: site=north, camera!=X100, \"camera model\"=X100"},
    {NULL, NULL},
};

lnt_status lnti_help_filters(lnti_text *out, lnt_error *err) {
  lnt_status status = lnti_text_printf(out, err, "%s\nTerms\n", head);
  if (!status) status = lnti_help_rows(out, terms, err);
  if (!status) status = lnti_text_printf(out, err, "\nKeys\n");
  if (!status) status = lnti_help_rows(out, keys, err);
  if (!status) {
    status = lnti_text_printf(
        out, err,
        "\nWhere names collide, item.KEY, answer.KEY and meta.KEY say which is meant. 'linnet ontology\n"
        "show' lists questions and options; 'linnet items --count KEY' shows which values there are.\n");
  }
  return status;
}
