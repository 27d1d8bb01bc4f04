/* flow/table/columns.c and flow/table/guess.c: what the caller says of columns, what is guessed, what is asked. */
#include "flow/table_support.h"
#include "support.h"

#include <base/text.h>

typedef struct plan_case {
  const char *data, *wanted;
  lnti_table_spec spec;
  lnti_table_format format;
  const char *const *there;
} plan_case;

#define LIST(...) ((const char *const[]){__VA_ARGS__})

static void expect_plan(const plan_case *c) {
  lnti_text got = {0};
  assert_ok(table_trace_plan(&got, c->data, c->format ? c->format : LNTI_TABLE_CSV, &c->spec, c->there, ERR));
  assert_string_equal(got.data, c->wanted);
  lnti_text_clear(&got);
}

static void expect_refused(const plan_case *c, lnt_status code) {
  lnti_text got = {0};
  assert_status(table_trace_plan(&got, c->data, c->format ? c->format : LNTI_TABLE_CSV, &c->spec, c->there, ERR), code);
  assert_message(c->wanted);
  lnti_text_clear(&got);
}

static void test_guessed_by_header(void **state) {
  (void)state;
  const plan_case cases[] = {
      {"path,label\na.jpg,cat\n", "1 \"path\": path (guessed), 2 \"label\": label (guessed)", {0}, 0, NULL},
      {"File_Name,Class Name,Set,site\na.jpg,cat,train,3\n",
       "1 \"File_Name\": path (guessed), 2 \"Class Name\": label (guessed), 3 \"Set\": split (guessed), "
       "4 \"site\": meta (guessed)",
       {0},
       0,
       NULL},
      {"split,path,labels\ntrain,a.jpg,x;y\n",
       "1 \"split\": split (guessed), 2 \"path\": path (guessed), 3 \"labels\": labels of \"labels\" (guessed)",
       {0},
       0,
       NULL},
      {",image,target,patient_id,group\n0,a,1,p7,g\n",
       "1 \"\": skip (guessed), 2 \"image\": path (guessed), 3 \"target\": label (guessed), "
       "4 \"patient_id\": meta (guessed), 5 \"group\": meta (guessed)",
       {0},
       0,
       NULL},
      /* no header word for the path: the values say it */
      {"x,label\na.jpg,cat\nb.jpg,dog\n", "1 \"x\": path (guessed), 2 \"label\": label (guessed)", {0}, 0, NULL},
      /* a weak word, since nothing else is there */
      {"id,breed\n000c,cat\n001d,dog\n", "1 \"id\": path (guessed), 2 \"breed\": label (guessed)", {0}, 0, NULL},
      {"id,path,y\n1,a.jpg,2\n",
       "1 \"id\": meta (guessed), 2 \"path\": path (guessed), 3 \"y\": label (guessed)",
       {0},
       0,
       NULL},
      /* a strong word before a weak one */
      {"path,class_id,class_name\na.jpg,1,cat\n",
       "1 \"path\": path (guessed), 2 \"class_id\": meta (guessed), 3 \"class_name\": label (guessed)",
       {0},
       0,
       NULL},
      /* two columns are called after paths; one of them holds some */
      {"name of image,image,file\nx,y,a.jpg\nx,z,b.jpg\n",
       "1 \"name of image\": meta (guessed), 2 \"image\": meta (guessed), 3 \"file\": path (guessed)",
       {0},
       0,
       NULL},
      {"path,cat,dog\na.jpg,1,2\n",
       "1 \"path\": path (guessed), 2 \"cat\": meta (guessed), 3 \"dog\": meta (guessed)",
       {0},
       0,
       NULL},
      {"path\na.jpg\n", "1 \"path\": path (guessed)", {0}, 0, NULL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) expect_plan(&cases[i]);
}

static void test_guessed_without_header(void **state) {
  (void)state;
  const plan_case cases[] = {
      {"a.jpg,cat\nb.jpg,dog\n", "1: path (guessed), 2: label (guessed)", {0}, 0, NULL},
      {"cat;a.png\n", "1: label (guessed), 2: path (guessed)", {0}, 0, NULL},
      {"one,cat\ntwo,dog\n", "1: path (guessed), 2: label (guessed)", {0}, 0, LIST("one", "two", NULL)},
      {"a.jpg 0\nb.jpg 1\n", "1: path (guessed), 2: label (guessed)", {0}, LNTI_TABLE_LIST, NULL},
      {"n01/a.JPEG\nn02/b.JPEG\n", "1: path (guessed)", {0}, LNTI_TABLE_LIST, NULL},
      {"000123\n000456\n", "1: path (guessed)", {0}, LNTI_TABLE_LIST, NULL},
      {"cats_01 1\ndogs_02 2\n", "1: path (guessed), 2: label (guessed)", {0}, LNTI_TABLE_LIST, NULL},
      {"a.jpg,cat\nb.jpg,dog\n", "1: path (guessed), 2: label (guessed)", {.header = LNTI_HEADER_NO}, 0, NULL},
      {"p,l\nx,cat\n",
       "1 \"p\": path, 2 \"l\": label",
       {.columns = LIST("1=path", "2=label"), .n_columns = 2, .header = LNTI_HEADER_YES},
       0,
       NULL},
      /* the given path column alone decides */
      {"shown.jpg,x\nb.jpg,a.jpg\n",
       "1 \"shown.jpg\": skip, 2 \"x\": path",
       {.columns = LIST("2=path", "1=skip"), .n_columns = 2},
       0,
       NULL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) expect_plan(&cases[i]);
}

static void test_given(void **state) {
  (void)state;
  const plan_case cases[] = {
      {"index,file,given\n0,a.png,7\n",
       "1 \"index\": skip, 2 \"file\": path (guessed), 3 \"given\": label",
       {.columns = LIST("given=label", "index=skip"), .n_columns = 2},
       0,
       NULL},
      {"index,file,given\n0,a.png,7\n",
       "1 \"index\": skip, 2 \"file\": path, 3 \"given\": label of \"digit\"",
       {.columns = LIST("GIVEN=label:digit", "2=path", "*=skip"), .n_columns = 3},
       0,
       NULL},
      {"a.jpg,0,3\n",
       "1: path (guessed), 2: label, level 2, 3: label, level 1",
       {.labels = LIST("3/2"), .n_labels = 1},
       0,
       NULL},
      {"file,fine,coarse\na.jpg,x,y\n",
       "1 \"file\": path (guessed), 2 \"fine\": label of \"product\", level 2, "
       "3 \"coarse\": label of \"product\", level 1",
       {.labels = LIST("coarse/fine:product"), .n_labels = 1},
       0,
       NULL},
      /* names that hold the signs of --label */
      {"file,a/b,c:d\na.jpg,x,y\n",
       "1 \"file\": path (guessed), 2 \"a/b\": label, 3 \"c:d\": label of \"q\"",
       {.labels = LIST("a/b", "c:d:q"), .n_labels = 2},
       0,
       NULL},
      {"image,MEL,NV\na.jpg,1,0\n",
       "1 \"image\": path (guessed), 2 \"MEL\": onehot, 3 \"NV\": onehot",
       {.columns = LIST("*=onehot"), .n_columns = 1},
       0,
       NULL},
      {"image,MEL,NV,age\na.jpg,1,0,1\n",
       "1 \"image\": path (guessed), 2 \"MEL\": onehot of \"dx\", 3 \"NV\": onehot of \"dx\", 4 \"age\": number of \"age\"",
       {.columns = LIST("onehot:dx=*", "age=number"), .n_columns = 2},
       0,
       NULL},
      {"image,size,tags,label\na.jpg,1.5,x|y,cat\n",
       "1 \"image\": path (guessed), 2 \"size\": number of \"length\", 3 \"tags\": labels of \"tags\", 4 \"label\": label",
       {.columns = LIST("size=number:length", "label=label", "tags=labels"), .n_columns = 3},
       0,
       NULL},
      {"image,a=b,x\na.jpg,1,2\n",
       "1 \"image\": path (guessed), 2 \"a=b\": meta \"site\", 3 \"x\": group",
       {.columns = LIST("a=b=meta:site", "x=group"), .n_columns = 2},
       0,
       NULL},
      {"image,x,y\na.jpg,1,0\n",
       "1 \"image\": path (guessed), 2 \"x\": meta, 3 \"y\": meta",
       {.columns = LIST("*=meta"), .n_columns = 1},
       0,
       NULL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) expect_plan(&cases[i]);
}

static void test_json(void **state) {
  (void)state;
  const plan_case cases[] = {
      {"{\"image\": \"a.jpg\", \"label\": \"cat\"}\n{\"image\": \"b.jpg\", \"meta\": {\"site\": 3}}\n",
       "1 \"image\": path (guessed), 2 \"label\": label (guessed), 3 \"meta.site\": meta \"site\" (guessed)",
       {0},
       LNTI_TABLE_JSONL,
       NULL},
      {"{\"image\": \"a.jpg\", \"label\": [\"cat\"]}\n",
       "1 \"image\": path (guessed), 2 \"label\": labels (guessed)",
       {0},
       LNTI_TABLE_JSONL,
       NULL},
      {"{\"image\": \"a.jpg\", \"2\": \"cat\", \"x\": 1}\n",
       "1 \"image\": path (guessed), 2 \"2\": label, 3 \"x\": skip",
       {.columns = LIST("2=label", "x=skip"), .n_columns = 2},
       LNTI_TABLE_JSONL,
       NULL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) expect_plan(&cases[i]);
}

/* A key that first appears long after the rows that guesses look at. */
static void test_late_key(void **state) {
  (void)state;
  lnti_text data = {0};
  for (int i = 0; i < 500; i++) {
    assert_ok(lnti_text_printf(&data, ERR, "{\"image\": \"%d.jpg\"%s}\n", i, i == 400 ? ", \"class\": \"cat\"" : ""));
  }
  const plan_case c = {
      data.data, "1 \"image\": path (guessed), 2 \"class\": label (guessed)", {0}, LNTI_TABLE_JSONL, NULL};
  expect_plan(&c);
  lnti_text_clear(&data);
}

static void test_asked(void **state) {
  (void)state;
  const plan_case cases[] = {
      {"a.jpg,0,3\nb.jpg,1,4\n",
       "t.csv: without a header it is not clear what the columns are. Give --column N=label, or levels as --label "
       "TOP/BELOW, and '*=skip' for the others. The columns: 1 (a.jpg; b.jpg), 2 (0; 1), 3 (3; 4)",
       {0},
       0,
       NULL},
      {"u,v\n1,2\n",
       "it is not clear whether the first row is a header. Give --header yes or --header no. The columns: 1 (u; 1), 2 (v; 2)",
       {0},
       0,
       NULL},
      {"foo,split\n1,2\n",
       "it is not clear which column names the images. Give --column COLUMN=path (and --root). The "
       "columns: 1 \"foo\" (1), 2 \"split\" (2)",
       {0},
       0,
       NULL},
      {"a,b,label\nx.jpg,y.jpg,1\n", "it is not clear which column names the images", {0}, 0, NULL},
      {"path,label,class\na.jpg,1,2\n", "several columns may be the label. Give --column COLUMN=label", {0}, 0, NULL},
      {"path,label,tags\na.jpg,1,2;3\n", "several columns may be the label", {0}, 0, NULL},
      {"path,labels\na.jpg,cat\n",
       "does \"labels\" hold one label each, or several? Give --column 'labels=label' or "
       "'labels=labels'",
       {0},
       0,
       NULL},
      {"path,label\na.jpg,cat|dog\n", "does \"label\" hold one label each, or several?", {0}, 0, NULL},
      {"path,cat,dog\na.jpg,1,0\nb.jpg,,1\n",
       "columns of 0 and 1 may be labels or metadata. Give --column '*=onehot' or '*=meta'",
       {0},
       0,
       NULL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) expect_refused(&cases[i], LNT_EINVAL);
}

static void test_wrong(void **state) {
  (void)state;
  static const char data[] = "path,a,b,a\nx.jpg,1,2,3\n";
  static const struct {
    const char *column, *message;
  } cases[] = {
      {"label", "--column \"label\": COLUMN=ROLE is needed"},
      {"=label", "COLUMN=ROLE is needed"},
      {"b=lable", "ROLE being one of path, label[:QUESTION]"},
      {"b=label:", "COLUMN=ROLE is needed"},
      {"b=split:x", "COLUMN=ROLE is needed"},
      {"c=label", "no column \"c\"; there are: 1 \"path\" (x.jpg), 2 \"a\" (1), 3 \"b\" (2), 4 \"a\" (3)"},
      {"5=label", "no column \"5\""},
      {"0=label", "no column \"0\""},
      {"a=label", "2 columns are called \"a\": give the number instead, as 2"},
      {"*=label", "all that are left can be onehot[:QUESTION], meta or skip"},
      {"*=meta:x", "all that are left can be"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const plan_case c = {
        data, cases[i].message, {.columns = &cases[i].column, .n_columns = 1, .header = LNTI_HEADER_YES}, 0, NULL};
    expect_refused(&c, LNT_EINVAL);
  }
}

static void test_contradictions(void **state) {
  (void)state;
  static const char data[] = "path,a,b,c\nx.jpg,1,2,3\n";
  const plan_case cases[] = {
      {data, "column 2 (\"a\") is given twice", {.columns = LIST("a=label", "a=meta"), .n_columns = 2}, 0, NULL},
      {data, "columns 2 and 3 are both given as path", {.columns = LIST("a=path", "b=path"), .n_columns = 2}, 0, NULL},
      {data,
       "columns 2 and 3 are both given as split",
       {.columns = LIST("a=split", "b=split"), .n_columns = 2},
       0,
       NULL},
      {data,
       "columns 2 and 3 would answer one question: say which, as in '3=label:QUESTION'; levels of one label",
       {.columns = LIST("a=label:q", "b=label:q"), .n_columns = 2},
       0,
       NULL},
      {data,
       "two columns would be the metadata \"k\"",
       {.columns = LIST("a=meta:k", "b=meta:k"), .n_columns = 2},
       0,
       NULL},
      {data,
       "column 2 (\"a\") is given twice",
       {.columns = LIST("a=skip"), .n_columns = 1, .labels = LIST("b/a"), .n_labels = 1},
       0,
       NULL},
      {data,
       "--label \"b/z\" names no columns; there are: 1 \"path\"",
       {.labels = LIST("b/z"), .n_labels = 1},
       0,
       NULL},
      {data, "would answer one question", {.columns = LIST("a=label", "b=onehot"), .n_columns = 2}, 0, NULL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) expect_refused(&cases[i], LNT_EINVAL);
}

static void test_no_rows(void **state) {
  (void)state;
  const plan_case cases[] = {
      {"", "t.csv: there are no rows in it", {0}, 0, NULL},
      {"path,label\n", "t.csv: there are no rows below its header", {0}, 0, NULL},
      {"\"path,label\na.jpg,x\n", "t.csv:1: the first row is broken", {0}, 0, NULL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) expect_refused(&cases[i], LNT_EDATA);
}

static void test_label_separator(void **state) {
  (void)state;
  static const struct {
    const char *data;
    char given, wanted;
  } cases[] = {
      {"path,tags\na.jpg,x;y|z\n", 0, ';'},   {"path,tags\na.jpg,x|y\n", 0, '|'},
      {"path,tags\na.jpg,\"x,y\"\n", 0, ','}, {"path,tags\na.jpg,x y\n", 0, 0},
      {"path,tags\na.jpg,x y\n", ' ', ' '},   {"path,tags\na.jpg,x;y\n", '|', '|'},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const lnti_table_spec spec = {.columns = LIST("tags=labels"), .n_columns = 1, .label_separator = cases[i].given};
    lnti_table_plan plan = {0};
    assert_ok(table_plan(&plan, cases[i].data, LNTI_TABLE_CSV, &spec, NULL, ERR));
    assert_int_equal(plan.n_questions, 1);
    assert_int_equal(plan.questions[0].type, LNTI_CHECKLIST);
    assert_int_equal(plan.questions[0].separator, cases[i].wanted);
    lnti_table_plan_clear(&plan);
  }
}

static void test_tree(void **state) {
  (void)state;
  const lnti_table_spec spec = {.labels = LIST("3/2"), .n_labels = 1};
  lnti_table_plan plan = {0};
  assert_ok(table_plan(&plan, "a.jpg,0,3\n", LNTI_TABLE_LIST, &spec, NULL, ERR));
  assert_false(plan.has_header);
  assert_int_equal(plan.path, 0);
  assert_int_equal(plan.questions[0].type, LNTI_TREE);
  assert_int_equal(plan.questions[0].n_levels, 2);
  assert_int_equal(plan.questions[0].column[0], 2);
  assert_int_equal(plan.questions[0].column[1], 1);
  assert_null(plan.questions[0].path);
  lnti_table_plan_clear(&plan);
}

static void test_list_split(void **state) {
  (void)state;
  static const char *const cases[][2] = {
      {"grocery/train.txt", "train"},
      {"val.txt", "val"},
      {"a/TEST_list.txt", "test"},
      {"train-valid.txt", NULL},
      {"imagenet_val.txt", "val"},
      {"train/list.txt", NULL},
      {"training.txt", "train"},
      {"list.txt", NULL},
      {"testing_test.txt", "test"},
      {"trainval.txt", NULL},
      {"", NULL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const char *split = lnti_table_list_split(cases[i][0]);
    if (!cases[i][1]) assert_null(split);
    if (cases[i][1]) assert_string_equal(split, cases[i][1]);
  }
}

static void test_faults(void **state) {
  (void)state;
  const lnti_table_spec spec = {
      .columns = LIST("x=meta:site", "*=onehot:q"), .n_columns = 2, .labels = LIST("b/a:c"), .n_labels = 1};
  for_each_fault(n) {
    lnti_table_plan plan = {0};
    assert_fault_status(table_plan(&plan, "path,a,b,x,y,z\nx.jpg,1,2,3,1,0\n", LNTI_TABLE_CSV, &spec, NULL, ERR));
    lnti_table_plan_clear(&plan);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_guessed_by_header),
      cmocka_unit_test(test_guessed_without_header),
      cmocka_unit_test(test_given),
      cmocka_unit_test(test_json),
      cmocka_unit_test(test_late_key),
      cmocka_unit_test(test_asked),
      cmocka_unit_test(test_wrong),
      cmocka_unit_test(test_contradictions),
      cmocka_unit_test(test_no_rows),
      cmocka_unit_test(test_label_separator),
      cmocka_unit_test(test_tree),
      cmocka_unit_test(test_list_split),
      cmocka_unit_test(test_faults),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
