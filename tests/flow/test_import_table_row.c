/* flow/table/row.c and flow/table/names.c: what rows say, and names for values. */
#include "flow/table_support.h"
#include "support.h"

#include <base/text.h>

typedef struct row_case {
  const char *data, *wanted;
  lnti_table_spec spec;
  lnti_table_format format;
} row_case;

#define LIST(...) ((const char *const[]){__VA_ARGS__})

static void expect_rows(const row_case *c) {
  lnti_text got = {0};
  assert_ok(table_trace_rows(&got, c->data, c->format ? c->format : LNTI_TABLE_CSV, &c->spec, ERR));
  assert_string_equal(got.data ? got.data : "", c->wanted);
  lnti_text_clear(&got);
}

static void read_names(lnti_names *out, const char *data, const char *key, const char *name) {
  lnti_memory memory = {data, strlen(data), 0};
  assert_ok(lnti_names_read(out, lnti_memory_give, &memory, "names.csv", key, name, ERR));
}

static void test_plain(void **state) {
  (void)state;
  const row_case cases[] = {
      {"path,label,split,group,site\na.jpg,cat,Training,g1,3\nb.jpg,,,,\nc.jpg,dog,holdout,,4\n",
       "2 a.jpg class=cat split=train group=g1 site:3\n3 b.jpg\n4 c.jpg class=dog split=holdout site:4\n",
       {.columns = LIST("group=group"), .n_columns = 1},
       0},
      {"path,label\na.jpg,(unsure)\nb.jpg,(none of these)\n", "2 a.jpg\n3 b.jpg\n", {0}, 0},
      {"a.jpg cat\nb.jpg dog\n", "1 a.jpg class=cat\n2 b.jpg class=dog\n", {0}, LNTI_TABLE_LIST},
      {"path,label\n,cat\nb.jpg\nc.jpg,dog\n",
       "2:1!the path is empty\n3:0!the row has 1 column, but the first has 2\n4 c.jpg class=dog\n",
       {0},
       0},
      {"path,a,b\nx.jpg,1,cat\n",
       "2 x.jpg a=1 b=cat\n",
       {.columns = LIST("a=label:a", "b=label:b"), .n_columns = 2},
       0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) expect_rows(&cases[i]);
}

static void test_tree(void **state) {
  (void)state;
  const row_case c = {"path,top,mid,low\na.jpg,x,y,z\nb.jpg,x,y,\nc.jpg,x,,\nd.jpg,,,\ne.jpg,x,,z\nf.jpg,,y,\n",
                      "2 a.jpg class=x/y/z\n3 b.jpg class=x/y\n4 c.jpg class=x\n5 d.jpg\n"
                      "6:3!the label's level above \"z\" is empty\n7:2!the label's level above \"y\" is empty\n",
                      {.labels = LIST("top/mid/low"), .n_labels = 1},
                      0};
  expect_rows(&c);
}

static void test_labels(void **state) {
  (void)state;
  const row_case cases[] = {
      {"path,tags\na.jpg,x; y ;;x;\nb.jpg,\nc.jpg,z\n", "2 a.jpg tags=x tags=y\n3 b.jpg\n4 c.jpg tags=z\n", {0}, 0},
      {"path,tags\na.jpg,x y\nb.jpg,z\n",
       "2 a.jpg tags=x tags=y\n3 b.jpg tags=z\n",
       {.columns = LIST("tags=labels"), .n_columns = 1, .label_separator = ' '},
       0},
      {"path,tags\na.jpg,x y\n", "2 a.jpg tags=x y\n", {.columns = LIST("tags=labels"), .n_columns = 1}, 0},
      {"path,tags\na.jpg,\"['cat', \"\"big dog\"\", x]\"\nb.jpg,[]\nc.jpg,['cat]\n",
       "2 a.jpg tags=cat tags=big dog tags=x\n3 b.jpg\n4:2!a quote is not closed in ['cat]\n",
       {.columns = LIST("tags=labels"), .n_columns = 1},
       0},
      {"{\"path\": \"a.jpg\", \"tags\": [\"x;y\", \"z\", \"\"]}\n{\"path\": \"b.jpg\", \"tags\": \"u;v\"}\n",
       "1 a.jpg tags=x;y tags=z\n2 b.jpg tags=u tags=v\n",
       {0},
       LNTI_TABLE_JSONL},
      {"{\"path\": \"a.jpg\", \"label\": \"x\"}\n{\"path\": \"b.jpg\", \"label\": [\"u\"]}\n{\"path\": [\"c.jpg\"]}\n",
       "1 a.jpg class=x\n2:2!a list where one label is meant; '=labels' takes several\n3:1!a list where a path is meant\n",
       {.columns = LIST("label=label"), .n_columns = 1},
       LNTI_TABLE_JSONL},
      {"{\"path\": \"a.jpg\", \"sizes\": [1, 2]}\n", "1 a.jpg sizes:1;2\n", {0}, LNTI_TABLE_JSONL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) expect_rows(&cases[i]);
}

/* More than are looked through one by one. */
static void test_many_labels(void **state) {
  (void)state;
  lnti_text data = {0}, wanted = {0};
  assert_ok(lnti_text_printf(&data, ERR, "path,tags\n"));
  for (int row = 0; row < 3; row++) {
    assert_ok(lnti_text_printf(&data, ERR, "%d.jpg,", row));
    assert_ok(lnti_text_printf(&wanted, ERR, "%d %d.jpg", row + 2, row));
    for (int i = 0; i < 40; i++) {
      assert_ok(lnti_text_printf(&data, ERR, "t%d;t%d;t%d;", i, i / 2, row));
      if (i == 0 && row > 0) {
        assert_ok(lnti_text_printf(&wanted, ERR, " tags=t0 tags=t%d", row));
      } else if (i != row || row == 0) {
        assert_ok(lnti_text_printf(&wanted, ERR, " tags=t%d", i));
      }
    }
    assert_ok(lnti_text_printf(&data, ERR, "\n"));
    assert_ok(lnti_text_printf(&wanted, ERR, "\n"));
  }
  const row_case c = {data.data, wanted.data, {0}, 0};
  expect_rows(&c);
  lnti_text_clear(&wanted);
  lnti_text_clear(&data);
}

/* What export writes is known by its columns, where nothing is left out of them. */
static void test_exports(void **state) {
  (void)state;
  static const char fixed[] = "id,uri,split,stage,group,width,height,format";
  char data[700];
  snprintf(
      data, sizeof data,
      "%s,class,class/bird/wings,tags,tags/cat,tags/dog,size,meta.site\n"
      "1,a.jpg,train,done,,1,1,jpeg,bird/duck,2,,1,0,2.5,007\n2,b.jpg,,annotate,7,1,1,jpeg,(unsure),,(unsure),,,,\n",
      fixed);
  const row_case cases[] = {
      {data, "2 a.jpg class=bird/duck tags=cat tags=!dog size=2.5 split=train site:007\n3 b.jpg group=7\n", {0}, 0},
      {"{\"id\":\"1\",\"uri\":\"a.jpg\",\"split\":\"\",\"stage\":\"done\",\"answers\":{\"class\":\"bird/duck\",\"n\":3,"
       "\"tags\":[\"cat\"]},\"answers_no\":{\"tags\":[\"dog\"]},\"meta\":{\"site\":\"007\"},\"width\":1,\"height\":1,"
       "\"format\":\"jpeg\"}\n{\"id\":\"2\",\"uri\":\"b.jpg\",\"split\":\"val\",\"stage\":\"done\",\"answers\":{\"class\":"
       "{\"state\":\"unsure\"},\"tags\":{\"state\":\"unsure\",\"yes\":[\"dog\"]}},\"meta\":{},\"width\":1,\"height\":1,"
       "\"format\":\"jpeg\"}\n",
       "1 a.jpg class=bird/duck n=3 tags=cat tags=!dog site:007\n2 b.jpg tags=dog split=val\n",
       {0},
       LNTI_TABLE_JSONL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) expect_rows(&cases[i]);
}

static void test_onehot(void **state) {
  (void)state;
  const row_case cases[] = {
      {"path,cat,dog\na.jpg,1,0\nb.jpg,1.0,\nc.jpg,True,no\nd.jpg,NaN,?\ne.jpg,1,2\nf.jpg,-1,1\n",
       "2 a.jpg class=cat class=!dog\n3 b.jpg class=cat\n4 c.jpg class=cat class=!dog\n5 d.jpg\n"
       "6:3!\"2\" where 1 (yes), 0 (no) or nothing (unknown) is meant\n"
       "7:2!\"-1\" where 1 (yes), 0 (no) or nothing (unknown) is meant\n",
       {.columns = LIST("*=onehot"), .n_columns = 1},
       0},
      {"path,tags,tags/cat,tags/,dog\na.jpg,,1,0,0\n",
       "2 a.jpg tags=cat tags=!tags/ tags=!dog\n",
       {.columns = LIST("tags=skip", "*=onehot:tags"), .n_columns = 2},
       0},
      {"{\"path\": \"a.jpg\", \"cat\": true, \"dog\": false}\n{\"path\": \"b.jpg\", \"dog\": null}\n{\"path\": \"c.jpg\", \"cat\": []}\n",
       "1 a.jpg q=cat q=!dog\n2 b.jpg\n3:2!\"\" where 1 (yes), 0 (no) or nothing (unknown) is meant\n",
       {.columns = LIST("*=onehot:q"), .n_columns = 1},
       LNTI_TABLE_JSONL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) expect_rows(&cases[i]);
}

static void test_numbers(void **state) {
  (void)state;
  const row_case cases[] = {
      {"path,age\na.jpg,1.5\nb.jpg,\nc.jpg,x\nd.jpg,\"1,5\"\ne.jpg,-2e3\nf.jpg,nan\n",
       "2 a.jpg age=1.5\n3 b.jpg\n4:2!\"x\" is no number\n5:2!\"1,5\" is no number\n6 e.jpg age=-2000\n"
       "7:2!\"nan\" is no number\n",
       {.columns = LIST("age=number"), .n_columns = 1},
       0},
      {"path;age\na.jpg;1,5\nb.jpg;1.000,5\n",
       "2 a.jpg y=1.5\n3:2!\"1.000,5\" is no number\n",
       {.columns = LIST("age=number:y"), .n_columns = 1},
       0},
      {"a.jpg,3\n", "1 a.jpg class=3\n", {.columns = LIST("2=number"), .n_columns = 1}, 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) expect_rows(&cases[i]);
}

/* The table of shops: fine and coarse names out of one file, by number and by name. */
static void test_names(void **state) {
  (void)state;
  static const char classes[] = "Name,ID,Coarse,CID\nGolden,0,Apple,0\nGranny,1,Apple,0\nOat,02,Milk,1\n";
  lnti_names names[2] = {0};
  read_names(&names[0], classes, "2", "1");
  read_names(&names[1], classes, "CID", "Coarse");
  const row_case c = {
      "a.jpg,0,0\nb.jpg,2,1\nc.jpg,01,0.0\nd.jpg,3,1\n",
      "1 a.jpg class=Apple/Golden\n2 b.jpg class=Milk/Oat\n3 c.jpg class=Apple/Granny\n"
      "4:2!\"3\" has no name in names.csv\n",
      {.labels = LIST("3/2"), .n_labels = 1, .names = names, .named_columns = LIST("2", "3"), .n_names = 2},
      LNTI_TABLE_LIST};
  expect_rows(&c);
  const row_case others = {
      "path,tags,split,site,x\na.jpg,1;0,0,1,1\nb.jpg,,,9,\n",
      "2 a.jpg tags=Granny tags=Golden q=x split=Golden site:Granny\n3:4!\"9\" has no name in names.csv\n",
      {.columns = LIST("tags=labels", "x=onehot:q"),
       .n_columns = 2,
       .names = (lnti_names[]){names[0], names[0], names[0]},
       .named_columns = LIST("tags", "split", "site"),
       .n_names = 3},
      0};
  expect_rows(&others);
  lnti_names_clear(&names[0]);
  lnti_names_clear(&names[1]);
}

static void test_names_list(void **state) {
  (void)state;
  lnti_names names = {0};
  read_names(&names, "cat\n\"big, dog\"\r\nbird", NULL, NULL);
  assert_string_equal(lnti_names_find(&names, "0", 1), "cat");
  assert_string_equal(lnti_names_find(&names, "1", 1), "\"big, dog\"");
  assert_string_equal(lnti_names_find(&names, "2.0", 3), "bird");
  assert_null(lnti_names_find(&names, "3", 1));
  assert_null(lnti_names_find(&names, "-0.5", 4));
  assert_string_equal(lnti_names_find(&names, "-0", 2), "cat");
  assert_null(lnti_names_find(&names, "", 0));
  lnti_names_clear(&names);
}

static void test_names_texts(void **state) {
  (void)state;
  lnti_names names = {0};
  read_names(&names, "id;name\nn01440764;tench\nn0x;7\n+5;five\n-7;minus\n;none\n", "id", "name");
  assert_string_equal(lnti_names_find(&names, "n01440764", 9), "tench");
  assert_string_equal(lnti_names_find(&names, "n0x", 3), "7");
  assert_string_equal(lnti_names_find(&names, "005", 3), "five");
  assert_string_equal(lnti_names_find(&names, "-7.00", 5), "minus");
  assert_null(lnti_names_find(&names, "7", 1));
  assert_null(lnti_names_find(&names, "5.5", 3));
  assert_null(lnti_names_find(&names, "5x", 2));
  lnti_names_clear(&names);
}

static void test_names_refused(void **state) {
  (void)state;
  static const struct {
    const char *data, *key, *name, *message;
    lnt_status code;
  } cases[] = {
      {"", NULL, NULL, "names.csv: no names in it", LNT_EDATA},
      {"id,name\n", "id", "name", "names.csv: no names in it", LNT_EDATA},
      {"cat\n\ndog\n", NULL, NULL, "names.csv:2: the line is empty, but stands for 1: each line is a name", LNT_EDATA},
      {"id,name\n1,cat\n2\n", "id", "name", "names.csv:3: the row has 1 column", LNT_EDATA},
      {"id,name\n1,cat\n2,dog\n01,cow\n", "id", "name",
       "names.csv:4: \"01\" is called \"cow\" here, and \"cat\" before", LNT_EDATA},
      {"id,name\n1,\n", "id", "name", "names.csv:2: \"1\" has no name", LNT_EDATA},
      {"id,name\n1,cat\n", "id", "title", "names.csv: no column \"title\": there are 2, and none is called so",
       LNT_EINVAL},
      {"id,name\n1,cat\n", "3", "name", "no column \"3\"", LNT_EINVAL},
      {"id,name\n1,cat\n", "0", "name", "no column \"0\"", LNT_EINVAL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    lnti_memory memory = {cases[i].data, strlen(cases[i].data), 0};
    lnti_names names = {0};
    assert_status(lnti_names_read(&names, lnti_memory_give, &memory, "names.csv", cases[i].key, cases[i].name, ERR),
                  cases[i].code);
    assert_message(cases[i].message);
    assert_null(names.file);
  }
}

static void test_faults(void **state) {
  (void)state;
  static const char classes[] = "a\nb\n";
  const lnti_table_spec spec = {.columns = LIST("tags=labels", "n=number", "x=onehot:q", "c=label:w"), .n_columns = 4};
  for_each_fault(n) {
    lnti_text got = {0};
    assert_fault_status(table_trace_rows(&got, "path,tags,n,x,c,split,k\na.jpg,u;v;w,3,1,z,train,9\nb.jpg,,?,,,,\n",
                                         LNTI_TABLE_CSV, &spec, ERR));
    lnti_text_clear(&got);
  }
  for_each_fault(n) {
    lnti_memory memory = {classes, sizeof classes - 1, 0};
    lnti_names names = {0};
    assert_fault_status(lnti_names_read(&names, lnti_memory_give, &memory, "names.csv", NULL, NULL, ERR));
    lnti_names_clear(&names);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_plain),       cmocka_unit_test(test_tree),          cmocka_unit_test(test_labels),
      cmocka_unit_test(test_many_labels), cmocka_unit_test(test_exports),       cmocka_unit_test(test_onehot),
      cmocka_unit_test(test_numbers),     cmocka_unit_test(test_names),         cmocka_unit_test(test_names_list),
      cmocka_unit_test(test_names_texts), cmocka_unit_test(test_names_refused), cmocka_unit_test(test_faults),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
