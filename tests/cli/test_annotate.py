"""annotate, undo and items history: answers by hand, by filter and from tables; and two at once."""
import json
import subprocess
import unittest

import program

ONTOLOGY = {"name": "T", "classifications": [
    {"id": "class", "type": "radio", "required": True, "options": [
        {"id": "cross", "title": "Cross", "attributes": [{"id": "n", "type": "number", "min": 0, "max": 10, "step": 0.5}]},
        {"id": "disc"}, {"id": "stripes"}, {"id": "gone", "retired": True}]},
    {"id": "tags", "type": "checklist", "options": [{"id": "a", "attributes": [{"id": "why", "type": "text"}]}, {"id": "b"},
                                                    {"id": "c"}]},
    {"id": "kind", "type": "tree", "leaf_only": True, "options": [{"id": "x", "options": [{"id": "y"}]}]},
    {"id": "note", "type": "text", "max_length": 20},
    {"id": "order", "type": "rank", "options": [{"id": "one"}, {"id": "two"}, {"id": "three"}]}]}


def an_answer(question):
    """A value of `--set` that the question takes."""
    if question["type"] == "number":
        return str(question.get("min", 1))
    if question["type"] == "text":
        return "as seen"
    options = [option for option in question["options"] if not option.get("retired")]
    if question["type"] == "rank":
        return ",".join(option["id"] for option in reversed(options))
    path, below = options[0]["id"], options[0].get("options")
    while below:
        path, below = f"{path}/{below[0]['id']}", below[0].get("options")
    return path


def comes_back(case, name):
    """What export writes as CSV changes nothing where it is read again, and brings everything back where it was cleared."""
    def exported(file):
        case.run_ok("-C", name, "export", file)
        return (case.folder / file).read_text()
    before = exported(f"{name}.csv")
    case.assertEqual(case.run_json("-C", name, "annotate", "--file", f"{name}.csv")["touched"], 0, name)
    keys = ["answer." + question["id"] for question in case.run_json("-C", name, "ontology", "show")["classifications"]]
    case.run_ok("-C", name, "annotate", "--where", "", *(word for key in keys for word in ("--clear", key)))
    case.assertEqual([item["answers"] for item in case.run_lines("-C", name, "items") if item["answers"]], [], name)
    case.run_json("-C", name, "annotate", "--file", f"{name}.csv")
    case.assertEqual(exported(f"{name}-again.csv"), before, name)


class Levels(program.Case):
    def test_groups_and_images_are_asked_their_own(self):
        (self.folder / "o.json").write_text(json.dumps({"name": "T", "classifications": [
            {"id": f"of_{level}", "type": "radio", "level": level, "options": [
                {"id": "yes", "attributes": [{"id": "below", "type": "number"}]}]} for level in ("item", "frame", "group")]}))
        self.run_ok("init", "p", "--ontology", "o.json")
        for name in ("north_1", "north_2", "south_1"):
            program.write_pgm(self.folder / "photos" / f"{name}.pgm", program.picture("cross", len(name) + ord(name[-1])))
        self.run_ok("-C", "p", "import", "photos", "--group", "^([a-z]+)_")
        items = self.run_lines("-C", "p", "items")
        image = next(item["id"] for item in items if "group:" not in item["path"])
        group = next(item["id"] for item in items if "group:" in item["path"])
        for item, refused, words in ((image, "of_group", "asked of groups of images"), (group, "of_frame", "is a group of them")):
            for below in ("", "/yes/below"):
                run = self.run_raw("-C", "p", "annotate", str(item), "--set", f"{refused}{below}={'3' if below else 'yes'}")
                self.assertNotEqual(run.returncode, 0)
                self.assertIn(words, run.stderr)
            self.assertNotIn(refused, str(self.run_lines("-C", "p", "items", "--where", f"id={item}")))
        for item, taken in ((image, "of_item"), (image, "of_frame"), (group, "of_item"), (group, "of_group")):
            self.run_ok("-C", "p", "annotate", str(item), "--set", f"{taken}=yes", "--set", f"{taken}/yes/below=3")
        self.run_ok("-C", "p", "verify")


class Templates(program.Case):
    def test_each_can_be_answered_whole(self):
        """Each question of each template, and what is asked after its first option."""
        program.write_pgm(self.folder / "photos" / "one.pgm", program.picture("cross", 1))
        names = [line["name"] for line in self.run_lines("init", "--list-templates")]
        self.assertEqual(len(names), 8)
        for name in names:
            self.run_ok("init", name, "--template", name)
            told = self.run_ok("-C", name, "import", "photos").stdout
            self.assertIn("Next: linnet annotate ITEM --set ", told)
            wanted, todo = {}, [("", question) for question in
                                self.run_json("-C", name, "ontology", "show")["classifications"]]
            while todo:
                above, question = todo.pop()
                path, value = above + question["id"], an_answer(question)
                wanted[path] = value
                for option in question.get("options", []):
                    if option["id"] == value:
                        todo += [(f"{path}/{value}/", below) for below in option.get("attributes", [])]
            words = [word for path, value in wanted.items() for word in ("--set", f"{path}={value}")]
            self.assertEqual(self.run_json("-C", name, "annotate", "1", *words)["touched"], 1, name)
            answers = self.run_lines("-C", name, "items", "--where", "id=1")[0]["answers"]
            self.assertEqual(answers.keys(), wanted.keys(), name)
            comes_back(self, name)
            self.run_ok("init", f"{name}-2", "--template", name)
            self.run_ok("-C", f"{name}-2", "import", f"{name}.csv")
            self.run_json("-C", f"{name}-2", "annotate", "--file", f"{name}.csv")
            again = self.run_lines("-C", f"{name}-2", "items", "--where", "id=1")[0]["answers"]
            self.assertEqual(again, answers, name)
            self.run_ok("-C", name, "verify")


class Annotate(program.Case):
    def setUp(self):
        super().setUp()
        (self.folder / "o.json").write_text(json.dumps(ONTOLOGY))
        self.run_ok("init", "p", "--ontology", "o.json")
        program.write_folders(self.folder / "photos", 4)
        self.run_ok("-C", "p", "import", "photos")

    def told(self, *arguments):
        return self.run_json("-C", "p", "annotate", *arguments)

    def answers(self, item):
        found = self.run_lines("-C", "p", "items", "--where", f"id={item}")[0]
        return {**found["answers"], **{key + "!": value for key, value in found.get("answers_no", {}).items()}}

    def file(self, text, *more, name="f.csv", code=0):
        (self.folder / name).write_text(text)
        run = self.run_raw("-C", "p", "annotate", "--file", name, "--json", *more)
        self.assertEqual(run.returncode, code, run.stderr)
        return json.loads(run.stdout)

    def test_each_type_there_and_back(self):
        before = self.answers(1)
        told = self.told("1", "--set", "class=cross", "--set", "class/cross/n=4.5", "--set", "tags=a;b", "--set", "tags.c=no", "--set",
                         "tags/a/why=since", "--set", "kind=x/y", "--set", "note=a, b; c", "--set", "order=two,one")
        self.assertEqual((told["touched"], told["refused"]), (1, []))
        after = {"class": "cross", "class/cross/n": 4.5, "tags": ["a", "b"], "tags!": ["c"], "tags/a/why": "since", "kind": "x/y",
                 "note": "a, b; c", "order": ["two", "one"]}
        self.assertEqual(self.answers(1), after)
        again = subprocess.run([program.LINNET, "-C", "p", "annotate", "--file", "-", "--json"], cwd=self.folder,
                               input=self.run_ok("-C", "p", "items", "--json").stdout, capture_output=True, text=True, check=False)
        self.assertEqual(again.returncode, 0, again.stdout)
        self.assertEqual((json.loads(again.stdout)["touched"], json.loads(again.stdout)["operation"]), (0, None))
        self.told("1", "--set", "class=disc", "--clear", "tags", "--set", "order=three")
        self.assertEqual(self.answers(1), {"class": "disc", "kind": "x/y", "note": "a, b; c", "order": ["three"]})
        self.run_ok("-C", "p", "undo")
        self.assertEqual(self.answers(1), after)
        self.run_ok("-C", "p", "undo")
        self.assertEqual(self.answers(1), before)
        self.run_ok("-C", "p", "undo", "--redo")
        self.assertEqual(self.answers(1), after)
        history = self.run_lines("-C", "p", "items", "history", "1")
        self.assertEqual({entry["gone"] for entry in history} - {None}, {"taken back", "no longer asked", "undone"})

    def test_an_exported_table_comes_back(self):
        self.told("1", "--set", "class=cross", "--set", "class/cross/n=4.5", "--set", "tags=a", "--set", "tags.c=no", "--set",
                  "tags/a/why=since", "--set", "kind=x/y", "--set", 'note= a, "b"; c ', "--set", "order=two,one")
        self.told("2", "--set", "class=unsure", "--set", "tags=none", "--set", "kind=none", "--set", "note.state=unsure", "--set",
                  "order=unsure")
        self.told("3", "--set", "class=none", "--set", "tags=unsure", "--set", "note=(unsure)")
        self.told("4", "--set", "tags=unsure", "--set", "tags.c=yes", "--set", r"note=\\(none of these)")
        self.assertEqual(self.answers(1)["note"], 'a, "b"; c')
        comes_back(self, "p")
        self.assertEqual((self.answers(2)["note"], self.answers(3)["note"]), ({"state": "unsure"}, "(unsure)"))
        self.assertEqual(self.answers(4)["note"], r"\\(none of these)")
        # Into another project by import, which leaves texts and orders to annotate and says so.
        self.run_ok("init", "again", "--ontology", "o.json")
        came = self.run_json("-C", "again", "import", "p.csv")
        self.assertEqual(len([text for text in came["warnings"] if "texts or orders, which annotate takes: linnet annotate" in text]), 1)
        self.run_json("-C", "again", "annotate", "--file", "p.csv")
        for name in ("answers", "answers_no"):
            self.assertEqual([item.get(name) for item in self.run_lines("-C", "again", "items")],
                             [item.get(name) for item in self.run_lines("-C", "p", "items")])
        self.told("5", "--set", "tags=a;b; ")
        self.assertEqual(self.answers(5)["tags"], ["a", "b"])

    def test_questions_that_are_called_like_columns_come_back(self):
        names = ["id", "path", "uri", "split", "stage", "group", "width", "height", "format", "confidence", "comment", "skip"]
        (self.folder / "n.json").write_text(json.dumps({"name": "N", "classifications": [
            {"id": name, "type": "checklist" if name == "skip" else "number" if name == "width" else "radio",
             "options": [{"id": "a"}, {"id": "b"}]} | ({"options": []} if name == "width" else {}) for name in names]}
            ).replace(', "options": []', ""))
        self.run_ok("init", "n", "--ontology", "n.json")
        self.run_ok("-C", "n", "import", "photos")
        words = [word for name in names for word in ("--set", f"answer.{name}=" + ("7" if name == "width" else "b"))]
        self.run_ok("-C", "n", "annotate", "1", *words)
        comes_back(self, "n")
        self.run_ok("init", "again", "--ontology", "n.json")
        self.run_ok("-C", "again", "import", "n.csv")
        self.assertEqual(self.run_lines("-C", "again", "items", "--where", "id=1")[0]["answers"],
                         {name: 7 if name == "width" else ["b"] if name == "skip" else "b" for name in names})

    def test_a_bad_answer_is_refused(self):
        before = self.answers(1)
        for setting, says in (("class=crosss", "did you mean"), ("class=gone", "retired"), ("kind=x", "only leaves"),
                              ("class/cross/n=11", "outside 0..10"), ("class/cross/n=0.3", "not on a step"),
                              ("class/cross/n=two", "takes a number"), ("class/cross/n=nan", "takes a number"), ("note=", "is empty"),
                              ("note=" + 21 * "x", "21 characters"), ("note=a\x07", "control character"), ("tags.a=maybe", "yes, no"),
                              ("order=one;one", "twice"), ("order=four", "no option"), ("nothing=1", "the ontology has no"),
                              ("note.state=none", "no answer to it"), ("class", "KEY=VALUE"), ("tags/a/why=x", "asked only after")):
            item = "5" if setting.startswith("tags/a") else "1"
            run = self.run_raw("-C", "p", "annotate", item, "--set", setting)
            # What can never be an answer is wrong usage; what this item is not asked is refused.
            self.assertEqual(run.returncode, 1 if setting.startswith("tags/a") else 2, setting + run.stderr)
            self.assertIn(says, run.stderr, setting)
        self.fails(2, "-C", "p", "annotate", "1", says="what is to be said")
        self.fails(2, "-C", "p", "annotate", "--set", "class=disc", says="which items")
        self.fails(2, "-C", "p", "annotate", "1", "--set", "class=disc", "--confidence", "2", says="confidence")
        self.fails(1, "-C", "p", "annotate", "99", "--set", "class=disc", says="no item 99")
        self.assertEqual(self.answers(1), before)

    def test_tables(self):
        bad = "id,class,tags,class.state,comment\n1,disc,a;c,,\n2,wasp,,,\nfive,disc,,,\n3,,,unsure,look again\n99,disc,,,\n4,disc\n"
        told = self.file(bad, code=3)
        self.assertEqual([row["path"] for row in told["refused"]], ["line 3", "line 4", "line 6", "line 7"])
        self.assertIn("column 2", told["refused"][0]["reason"])
        self.assertEqual((self.answers(1)["tags"], self.answers(3)["class"]), (["a", "c"], {"state": "unsure"}))
        operations = len(self.run_lines("-C", "p", "undo", "--list"))
        run = self.run_raw("-C", "p", "annotate", "--file", "f.csv", "--strict")
        self.assertEqual((run.returncode, "nothing was written: 4 of 6" in run.stderr), (1, True), run.stderr)
        (self.folder / "none.txt").write_text("colour\nred\n")
        self.fails(1, "-C", "p", "annotate", "--file", "none.txt", says="column \"colour\"")
        told = self.file("id,class\n1,stripes\n2,stripes\n", "--dry-run")
        self.assertEqual((told["touched"], told["operation"]), (2, None))
        self.assertEqual(len(self.run_lines("-C", "p", "undo", "--list")), operations)
        told = self.file('{"path":"disc/0.pgm","nope":1}\n{"id":1,"answers":{"class":"cross","class/cross/n":3},"confidence":0.5}\n',
                         name="f.jsonl", code=3)
        self.assertEqual((told["touched"], len(told["refused"])), (1, 1))
        self.fails(1, "-C", "p", "annotate", "--file", "none.csv", says="none.csv")

    def test_a_line_is_written_as_a_whole_or_not_at_all(self):
        before = self.answers(1)
        for text in ("id,class,class.state,class/cross/n\n1,cross,unsure,3\n", "id,tags,tags.a,tags/a/why\n1,none,no,since\n"):
            self.assertEqual(len(self.file(text, code=3)["refused"]), 1)
            self.assertEqual(self.answers(1), before)
        told = self.file("id,class,note\n1,cross,y\n")
        self.assertEqual(self.answers(1), {"class": "cross", "note": "y"})
        told = self.file("id,class\n1,disc\n1,disc\n", "--if-unchanged", str(told["position"]))
        self.assertEqual((told["refused"], told["items"], told["lines"], self.answers(1)["class"]), ([], 1, 2, "disc"))
        self.assertEqual([self.told("2", "--set", "tags=none")["touched"] for _ in range(2)], [1, 0])
        self.run_ok("-C", "p", "verify")

    def test_lines_that_contradict_each_other(self):
        """The first line stands; one that agrees, or says something else besides, is taken."""
        def refused(text, name="f.csv"):
            return [(row["path"], row["reason"]) for row in self.file(text, name=name, code=3)["refused"]]

        again = "has another answer in line 2, which stays"
        # Also where the first line finds its answer there already, and where the lines are far from each other.
        self.told("1", "--set", "class=disc", "--set", "note=x")
        far = "".join(f"{4 + n % 8},disc\n" for n in range(8200))
        self.assertEqual(refused(f"id,class\n1,disc\n{far}1,stripes\n"), [("line 8203", f'"class" of item 1 {again}')])
        self.assertEqual(refused("id,class,note\n1,,y\n1,cross,y\n1,,z\n"), [("line 4", f'"note" of item 1 {again}')])
        self.assertEqual(self.answers(1), {"class": "cross", "note": "y"})
        self.assertEqual(refused("id,tags,tags.a\n1,a;b,\n1,c,\n1,,no\n1,none,\n"),
                         [("line 4", f'"tags" of item 1 {again}'), ("line 5", f'"tags" of item 1 {again}')])
        self.assertEqual(self.answers(1)["tags"], ["a", "b", "c"])
        self.assertEqual(refused("id,order\n1,one;two\n1,one;two\n1,two;one\n"), [("line 4", f'"order" of item 1 {again}')])
        told = refused("id,class,skip\n2,,dark\n2,disc,\n")
        self.assertIn("line 2 says otherwise of item 2: it is skipped, or answered", told[0][1])
        # By number and by path; a line that is refused contradicts nobody.
        # What an export writes of its own may be called like a question, which stands behind it.
        self.run_ok("-C", "p", "ontology", "migrate", "add", "", "id=width", "type=number")
        self.told("1", "--set", "width=3")
        self.run_ok("-C", "p", "export", "own.csv")
        self.assertEqual(self.told("--file", "own.csv")["touched"], 0)
        path = self.run_lines("-C", "p", "items", "--where", "id=1")[0]["path"]
        told = refused('{"id":1,"class":"wasp"}\n{"id":1,"class":"disc"}\n' + json.dumps({"path": path, "class": "cross"}), "f.jsonl")
        self.assertEqual([name for name, _ in told], ["line 1", "line 3"])
        self.assertIn("in line 2, which stays", told[1][1])
        (self.folder / "g.csv").write_text("id,class\n1,cross\n1,disc\n")
        self.fails(1, "-C", "p", "annotate", "--file", "g.csv", "--strict", says="1 of 2 lines were refused, the first: line 3")
        self.fails(2, "-C", "p", "annotate", "1", "--set", "class=disc", "--set", "class=cross", says="two different answers")
        for columns in ("id,class,class", "id,class,answers.class", "id,id,class", "path,path,class"):
            (self.folder / "g.csv").write_text(f"{columns}\n1,1,disc\n")
            self.fails(1, "-C", "p", "annotate", "--file", "g.csv", says="are about the same")
        self.assertEqual(self.told("1", "1", path, "2", "--set", "class=disc")["items"], 2)
        self.run_ok("-C", "p", "verify")

    def test_an_order_comes_back_as_a_whole(self):
        self.told("1", "--set", "order=one,two,three")
        told = self.told("1", "--set", "order=three,one")
        self.run_ok("-C", "p", "ontology", "migrate", "retire", "order/two")
        self.run_ok("-C", "p", "undo", str(told["operation"]))
        self.assertEqual(self.answers(1)["order"], ["one", "two", "three"])  # a retired option stays with its answers
        self.run_ok("-C", "p", "verify")

    def test_filter_skip_and_comment(self):
        told = self.told("--where", "class=disc", "--set", "class=unsure", "--comment", "blurred", "--confidence", "0.5")
        self.assertEqual((told["touched"], told["changed"], told["comments"]), (4, 4, 4))
        self.told("--where", "id<=2", "--skip", "too dark")
        self.told("1", "--set", "tags=a")
        entry = self.run_lines("-C", "p", "items", "history", "1")[-1]
        self.assertEqual((entry["key"], entry["gone"]), ("skip", "answered"))
        self.assertEqual(self.told("2", "--unskip")["skips"], 1)
        self.run_ok("-C", "p", "verify")

    def test_predictions_of_elsewhere_become_answers(self):
        items = self.run_lines("-C", "p", "items")
        truth = {item["id"]: item["answers"]["class"] for item in items}
        said = {item["id"]: (("disc" if n % 3 else "cross"), n / len(items)) for n, item in enumerate(items)}
        lines = [f"{key},{name},{p:.4f}\n" for key, (name, p) in said.items()]
        (self.folder / "gpt.csv").write_text("id,class,confidence\n1,disc,\n" + "".join(lines) + "999,disc,0.5\n2,cat,0.5\n3,disc,7\n")
        told = self.run_json("-C", "p", "import", "--predictions", "gpt.csv", "--name", "gpt-4o", expect=3)
        self.assertEqual((told["model"], told["target"], told["items"], len(told["refused"])), ("gpt-4o", "class", len(items), 3))
        self.assertEqual({item["id"]: item["answers"]["class"] for item in self.run_lines("-C", "p", "items")}, truth)  # no answers
        self.assertEqual(self.run_json("-C", "p", "status")["predictions"][0]["model"], "gpt-4o")
        self.assertTrue(self.run_json("-C", "p", "verify")["clean"])
        # Nothing that is answered changes; what is free and sure enough is taken, as one operation.
        self.assertEqual(self.told("--from-predictions", "gpt-4o")["touched"], 0)
        free = [item["id"] for item in items][::2]
        self.told(*free, "--clear", "class")
        sure = [key for key in free if said[key][1] >= 0.5]
        dry = self.told("--from-predictions", "gpt-4o", "--min-confidence", "0.5", "--dry-run")
        told = self.told("--from-predictions", "gpt-4o", "--min-confidence", "0.5")
        self.assertEqual((dry["added"], told["added"]), (len(sure), len(sure)))
        now = {item["id"]: item["answers"].get("class") for item in self.run_lines("-C", "p", "items")}
        self.assertEqual(now, {key: truth[key] if key not in free else said[key][0] if key in sure else None for key in truth})
        self.run_ok("-C", "p", "undo")
        nothing = self.told("--from-predictions", "gpt-4o", "--where", "labelled=no and confidence:class>0.99")
        self.assertEqual((nothing["added"], nothing["touched"], nothing["operation"]), (0, 0, None))
        where = ("--where", f"id<={len(items) // 2} and labelled=no")
        self.assertEqual(self.told("--from-predictions", "gpt-4o", *where)["added"],
                         sum(int(key) <= len(items) // 2 for key in free))
        self.run_ok("-C", "p", "undo")
        self.run_ok("-C", "p", "undo")
        self.assertEqual({item["id"]: item["answers"]["class"] for item in self.run_lines("-C", "p", "items")}, truth)
        # A second file takes the place of the first; mistakes are told.
        (self.folder / "g.jsonl").write_text('{"id": 1, "class": "disc", "confidence": 0.25}\n')
        self.assertEqual(self.run_json("-C", "p", "import", "--predictions", "g.jsonl", "--name", "gpt-4o")["items"], 1)
        self.told("1", "--clear", "class")
        self.assertEqual(self.told("--from-predictions", "gpt-4o")["added"], 1)
        self.fails(2, "-C", "p", "import", "--predictions", "g.jsonl", says="--name NAME")
        self.fails(2, "-C", "p", "import", "photos", "--predictions", "g.jsonl", "--name", "x", says="takes no SOURCE")
        self.fails(1, "-C", "p", "annotate", "--from-predictions", "gemini", says="there are: gpt-4o")
        self.fails(2, "-C", "p", "annotate", "--from-predictions", "gpt-4o", "--set", "class=disc", says="brings the answers")
        self.fails(2, "-C", "p", "annotate", "1", "--set", "class=disc", "--min-confidence", "0.5", says="--from-predictions")

    def test_imported_predictions_are_listed_and_removed(self):
        (self.folder / "g.csv").write_text("id,class,confidence\n1,disc,0.9\n2,cross,0.5\n")
        self.run_ok("-C", "p", "import", "--predictions", "g.csv", "--name", "gpt-4o")
        self.run_ok("-C", "p", "import", "--predictions", "g.csv", "--name", "gemini")
        listed = self.run_lines("-C", "p", "models")
        self.assertEqual([(row["model"], row["imported"], row["target"], row["items"]) for row in listed],
                         [("gpt-4o", True, "class", 2), ("gemini", True, "class", 2)])
        self.assertTrue(all(row["bytes"] > 0 and row["created_ms"] > 0 for row in listed))
        said = self.run_ok("-C", "p", "models").stdout
        self.assertRegex(said, r"\Apredictions of +target +items +size +imported\ngpt-4o +class +2 +")
        self.told("1", "--clear", "class")
        self.assertEqual(self.told("--from-predictions", "gpt-4o")["added"], 1)
        # All names are looked up first; a misspelt one says which there are.
        self.fails(1, "-C", "p", "models", "remove", "gpt-4o", "gpt4", says="there are imported predictions of: gpt-4o, gemini")
        self.fails(2, "-C", "p", "models", "remove", "gpt-4o", "gpt-4o", says="named twice")
        self.assertEqual(len(self.run_lines("-C", "p", "models")), 2)
        self.assertEqual(self.run_json("-C", "p", "models", "remove", "gpt-4o"), {"removed": "gpt-4o", "imported": True, "items": 2})
        self.assertEqual(self.answers(1)["class"], "disc")  # what was accepted stays
        self.run_ok("-C", "p", "export", "said.jsonl", "--where", "id=1")
        self.assertIn('"confidences":{"class":0.9},', (self.folder / "said.jsonl").read_text())  # as it was written, not as a float
        self.assertEqual([row["model"] for row in self.run_json("-C", "p", "status")["predictions"]], ["gemini"])
        self.fails(1, "-C", "p", "annotate", "--from-predictions", "gpt-4o", says="there are: gemini")
        self.fails(1, "-C", "p", "models", "remove", "gpt-4o", says="there is no model \"gpt-4o\"")
        # Beside a model: below it; a model that was trained under the name since takes them with it.
        self.run_ok("-C", "p", "train", "--target", "class", "--feature", "pixels", "--name", "gemini")
        self.assertEqual([row.get("imported", False) for row in self.run_lines("-C", "p", "models")], [False, True])
        self.assertRegex(self.run_ok("-C", "p", "models").stdout, r"(?s)\Amodel .*\n\npredictions of .*\n\nNext: linnet models show")
        self.run_ok("-C", "p", "predict", "gemini", "--items", "", "--store")  # its own take their place
        self.assertEqual([row.get("imported", False) for row in self.run_lines("-C", "p", "models")], [False])
        self.assertIn("models/gemini@", self.run_json("-C", "p", "models", "remove", "gemini")["file"])
        self.assertEqual(self.run_json("-C", "p", "status")["predictions"], [])
        self.run_ok("-C", "p", "import", "--predictions", "g.csv", "--name", "gpt-4o")
        self.assertIn("Removed what gpt-4o says of 2 items.", self.run_ok("-C", "p", "models", "remove", "gpt-4o").stdout)
        self.assertTrue(self.run_json("-C", "p", "verify")["clean"])
        self.assertIn("No models yet.", self.run_ok("-C", "p", "models").stdout)

    def test_own_predictions_become_answers(self):
        self.run_ok("-C", "p", "train", "--target", "class", "--feature", "pixels", "--name", "m")
        self.run_ok("-C", "p", "predict", "m", "--items", "", "--store", "--min-confidence", "0.6")
        told = {line["id"]: line for line in self.run_lines("-C", "p", "predict", "m", "--items", "", "--min-confidence", "0.6")}
        self.told("--where", "class=disc", "--clear", "class")
        free = [item["id"] for item in self.run_lines("-C", "p", "items", "--where", "labelled=no")]
        self.assertEqual(self.told("--from-predictions", "m")["added"], sum(not told[key]["unsure"] for key in free))
        for item in self.run_lines("-C", "p", "items"):
            if item["id"] in free:
                self.assertEqual(item["answers"].get("class"), told[item["id"]]["label_id"])
        (self.folder / "g.csv").write_text("id,class\n1,disc\n")
        self.fails(1, "-C", "p", "import", "--predictions", "g.csv", "--name", "m", says="of its own")

    def test_undo_leaves_what_others_said(self):
        self.told("1", "2", "--set", "class=disc", "--set", "note=x")
        first = self.run_lines("-C", "p", "undo", "--list")[0]
        self.assertEqual((first["kind"], first["can_be_undone"]), ("annotate", True))
        self.told("1", "--set", "class=stripes")
        run = self.run_raw("-C", "p", "undo", first["id"], "--json")
        told = json.loads(run.stdout)
        self.assertEqual((run.returncode, told["n_conflicts"], told["conflicts"][0]["item"]), (3, 1, "1"))
        self.assertEqual(self.answers(1), {"class": "stripes"})
        self.fails(1, "-C", "p", "undo", "999", says="no operation 999")
        self.fails(1, "-C", "p", "undo", "1", says="can be undone")
        imported = next(row for row in self.run_lines("-C", "p", "undo", "--list") if row["kind"] == "import")
        self.assertEqual(json.loads(self.run_raw("-C", "p", "undo", imported["id"], "--json").stdout)["removed"], 11)

    def test_a_pipe_keeps_nobody_waiting(self):
        """Whoever writes to the standard input may take his time: meanwhile others answer, and even change the ontology."""
        command = [program.LINNET, "-C", "p", "annotate", "--file", "-", "--json"]
        with subprocess.Popen(command, cwd=self.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as waiting:
            waiting.stdin.write("id,class\n" + "1,disc\n2,cross\n" * 30000)  # more than a pipe and a block hold: it is being read
            waiting.stdin.flush()
            self.assertEqual(self.told("3", "--set", "note=meanwhile", "--comment", "who waits?")["touched"], 1)
            self.run_ok("-C", "p", "ontology", "migrate", "rename", "class/stripes", "id=bands")
            out, _ = waiting.communicate("3,bands\n")
        told = json.loads(out)
        self.assertEqual((waiting.returncode, told["refused"], told["items"], told["lines"]), (0, [], 3, 60001))
        self.assertEqual([self.answers(i)["class"] for i in (1, 2, 3)], ["disc", "cross", "bands"])
        self.assertEqual([path.name for path in (self.folder / "p").glob("linnet-*")], [])

    def test_two_at_once(self):
        """Two processes write at the same time, and neither's answers are lost; who says what he has seen is told."""
        lines = "".join(f"{i},{{}}\n" for i in range(1, 13))
        for name, answer in (("a.csv", "disc"), ("b.csv", "cross")):
            (self.folder / name).write_text("id,class\n" + lines.format(*[answer] * 12) * 50)
        runs = [subprocess.Popen([program.LINNET, "-C", "p", "annotate", "--file", name, "--json"], cwd=self.folder,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for name in ("a.csv", "b.csv")]
        for run in runs:
            out, told = run.communicate()
            self.assertEqual((run.returncode, json.loads(out)["refused"]), (0, []), told)
        position = self.told("1", "--set", "note=seen")["position"]
        self.told("1", "--set", "class=stripes")
        self.told("1", "--set", "note=mine", "--if-unchanged", str(position))
        run = self.run_raw("-C", "p", "annotate", "1", "--set", "class=disc", "--if-unchanged", str(position))
        self.assertEqual(run.returncode, 1)
        self.assertIn("it is \"stripes\", and your \"disc\" was not written", run.stderr)
        self.assertEqual(self.answers(1)["class"], "stripes")
        # Of two that have seen the same and answer at once, one is taken and the other is told, whichever comes first.
        for _ in range(5):
            position = str(self.told("1", "--set", "class=unsure")["position"])
            runs = {answer: subprocess.Popen(
                [program.LINNET, "-C", "p", "annotate", "1", "--set", f"class={answer}", "--if-unchanged", position],
                cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for answer in ("disc", "cross")}
            told = {answer: run.communicate()[1] for answer, run in runs.items()}
            codes = {run.returncode: answer for answer, run in runs.items()}
            self.assertEqual(sorted(codes), [0, 1], told)
            self.assertEqual(self.answers(1)["class"], codes[0])
            self.assertIn(f'it is "{codes[0]}", and your "{codes[1]}" was not written', told[codes[1]])
        self.run_ok("-C", "p", "verify")


if __name__ == "__main__":
    unittest.main()
