"""init, ontology show, status, verify, doctor: a project and the looks at it."""
import json
import os
import pathlib
import shlex
import sqlite3
import unittest
import zlib

import program

QUESTIONS = {
    "name": "Damage", "version": 1,
    "classifications": [
        {"id": "area", "title": "Damaged area", "type": "radio", "options": [
            {"id": "exterior", "title": "Exterior",
             "attributes": [{"id": "part", "title": "Part", "type": "radio",
                             "options": [{"id": "door", "title": "Door"}, {"id": "roof", "title": "Roof"}]}]},
            {"id": "interior", "title": "Interior"}]},
        {"id": "severity", "title": "Severity", "type": "number", "min": 0, "max": 10}],
}


# Eight by eight grey pixels.
PNG = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000008000000080800000000e164e1570000000e49444154789c6368800206ca18"
                    "00808420010d8024610000000049454e44ae426082")


class Migrate(program.Case):
    def setUp(self):
        super().setUp()
        program.write_folders(self.folder / "photos", per_class=3)
        self.run_ok("init", "p")
        self.run_ok("-C", "p", "import", "photos")
        self.classes = [option["id"] for option in self.ontology()["classifications"][0]["options"]]

    def ontology(self):
        return self.run_json("-C", "p", "ontology", "show")

    def exported(self, name):
        self.run_ok("-C", "p", "export", name + ".csv")
        return (self.folder / (name + ".csv")).read_bytes()

    def test_preview_changes_nothing(self):
        before, exported = self.ontology(), self.exported("a")
        first, second = self.classes[:2]
        change = ["merge", f"class/{first},class/{second}", "title=Both of them"]
        told = self.run_json("-C", "p", "ontology", "migrate", *change, "--dry-run")
        self.assertEqual((told["dry_run"], told["items"], told["answers"], told["changed"]), (True, 6, 6, 3))
        self.assertEqual(told["examples"][0]["after"], "class=Both of them")
        self.assertNotIn("operation", told)
        self.assertEqual(self.ontology(), before)
        self.assertEqual(self.exported("b"), exported)

    def test_merge(self):
        first, second = self.classes[:2]
        said = self.run_ok("-C", "p", "ontology", "migrate", "merge", f"class/{first},class/{second}", "title=Both of them")
        self.assertIn("Changed 3 rows of the ontology", said.stdout)
        self.assertIn("Answers: 6 of 6 items", said.stdout)
        both = next(o for o in self.ontology()["classifications"][0]["options"] if o["id"] == "both-of-them")
        self.assertEqual(both["aliases"], [first, second])
        counts = [row["answers"]["class"] for row in self.run_lines("-C", "p", "items")]
        self.assertEqual(counts.count("both-of-them"), 6)
        # The old folders still find it.
        again = self.run_json("-C", "p", "import", "photos")
        self.assertEqual((again["imported"], again["conflicts"]), (0, 0))
        self.assertEqual(len(self.ontology()["classifications"][0]["options"]), len(self.classes) - 1)

    def test_an_older_model(self):
        first = self.classes[0]
        self.run_ok("-C", "p", "split", "--val", "0", "--test", "0.4")
        self.run_ok("-C", "p", "train", "--name", "m")

        def evaluated():
            told = self.run_json("-C", "p", "evaluate", "m", "--resamples", "0")
            return told["n"], told["n_unknown"], told["accuracy"]
        before = evaluated()
        self.assertEqual(before[:2], (3, 0))
        self.run_ok("-C", "p", "ontology", "migrate", "rename", f"class/{first}", "title=First", "id=first")
        self.assertEqual(evaluated(), before)
        self.run_ok("-C", "p", "ontology", "migrate", "rename", "class", "id=kind")
        self.assertEqual(evaluated(), before)
        self.assertIn('the question "class" is called "kind" by now',
                      self.run_ok("-C", "p", "evaluate", "m", "--resamples", "0").stderr)
        self.run_ok("-C", "p", "predict", "m", "--items", "", "--store")
        item = self.run_lines("-C", "p", "items")[0]
        self.run_ok("-C", "p", "annotate", str(item["id"]), "--clear", "kind")
        said = self.run_ok("-C", "p", "annotate", "--from-predictions", "m", "--where", f"id={item['id']}")
        self.assertIn("1 answer added", said.stdout)
        self.assertIn('is called "kind" by now', said.stderr)
        self.run_ok("-C", "p", "undo")
        self.run_ok("-C", "p", "undo")
        self.run_ok("-C", "p", "ontology", "migrate", "add", "", "id=class", "title=Another", "type=text")
        self.assertEqual(evaluated(), before)  # another question of that name, which the model has not learned
        self.run_ok("-C", "p", "undo")
        self.run_ok("-C", "p", "ontology", "migrate", "rename", "kind", "id=class")
        # Two classes of the model are one here: either is right.
        apart = self.run_json("-C", "p", "evaluate", "m", "--resamples", "0")["confusion"]
        self.run_ok("-C", "p", "ontology", "migrate", "merge", f"class/first,class/{self.classes[1]}", "id=both", "title=Both")
        told = self.run_json("-C", "p", "evaluate", "m", "--resamples", "0", "--html", "merged.html")
        self.assertEqual((told["n"], told["n_unknown"], told["classes_with_items"]), (3, 0, 2))
        self.assertEqual([(c["name"], c["n"], c.get("counts_as")) for c in told["classes"][:2]],
                         [("Both", 2, None), (f"{self.classes[1]} (now Both)", 0, first)])
        self.assertEqual(told["classes"][1]["f1"], None)
        self.assertIn(f'2 items are "Both", which several of the model\'s classes were merged into since ("{first}", '
                      f'"{self.classes[1]}"): each of these counts as it', told["warnings"][0])
        self.assertGreaterEqual(told["confusion"][0][0], apart[0][0] + apart[1][1])
        f1 = [c["f1"] for c in told["classes"] if c["n"]]
        self.assertAlmostEqual(told["macro_f1"], sum(f1) / 2)
        self.assertIn("2 of 3 classes have items here", self.run_ok("-C", "p", "evaluate", "m", "--resamples", "0").stdout)
        self.assertIn("2 of 3 classes have items here", (self.folder / "merged.html").read_text())
        self.assertIn("n_known", json.dumps(self.run_json("-C", "p", "evaluate", "m", "--unknown-class", first)["unknown"]))

    def migrate(self, *words):
        self.run_ok("-C", "p", "ontology", "migrate", *words)

    def forget_question(self, model):
        """A model file as before it knew its question."""
        path = self.folder / "p" / "models" / f"{model}.lnt"
        data = path.read_bytes()
        begin = data.index(b'"question": {')
        name = data.index(b"manifest.json")
        changed = data[:begin] + b'"qustions": {' + data[begin + 13:]  # another key of the same length is ignored
        extra = int.from_bytes(data[28:30], "little")
        size = int.from_bytes(data[18:22], "little")
        at = name + len("manifest.json") + extra
        crc = zlib.crc32(changed[at:at + size]).to_bytes(4, "little")
        old = data[14:18]
        path.write_bytes(changed.replace(old, crc))

    def test_another_question_of_the_same_name(self):
        """A new question took the id of the one that the model learned: it is judged on the one it learned."""
        self.run_ok("-C", "p", "split", "--val", "0", "--test", "0.4")
        self.run_ok("-C", "p", "train", "--name", "m")
        before = self.run_json("-C", "p", "evaluate", "m", "--resamples", "0")
        shown = self.run_ok("-C", "p", "models", "show", "m", "--json").stdout
        self.assertIn('"target":"class"', shown.replace(" ", ""))
        self.migrate("rename", "class", "id=kind")
        self.migrate("add", "", "id=class", "title=Other", "type=radio")
        for option in self.classes:
            self.migrate("add", "class", f"title={option}")
        for item in self.run_lines("-C", "p", "items"):
            self.run_ok("-C", "p", "annotate", str(item["id"]), "--set", f"class={self.classes[0]}")

        def judged():
            told = self.run_ok("-C", "p", "evaluate", "m", "--resamples", "0", "--json")
            self.assertIn('the question "class" is called "kind" by now', told.stderr)
            return json.loads(told.stdout)
        self.assertEqual(judged()["confusion"], before["confusion"])
        self.assertIn('is called "kind" by now', self.run_ok("-C", "p", "predict", "m", "--items", "").stderr)
        # A model of the new name beside it: of one question, compared over the rename.
        self.run_ok("-C", "p", "train", "--target", "kind", "--name", "again")
        self.migrate("rename", f"kind/{self.classes[0]}", "id=first", "title=First")
        told = self.run_json("-C", "p", "evaluate", "again", "--compare", "m", "--resamples", "10")["comparison"]
        self.assertEqual((told["n"], told["measures"]["accuracy"]["difference"]), (3, 0))
        self.assertEqual(told["measures"]["log_loss"]["difference"], 0)
        self.forget_question("m")
        self.assertEqual(judged()["confusion"], before["confusion"])  # its age tells

    def test_a_nested_question_that_was_renamed(self):
        first = self.classes[0]
        self.migrate("add", f"class/{first}", "id=state", "title=State", "type=number", "min=0", "max=9")
        for i, item in enumerate(self.run_lines("-C", "p", "items", "--where", f"class={first}")):
            self.run_ok("-C", "p", "annotate", str(item["id"]), "--set", f"class/{first}/state={i}")
        self.run_ok("-C", "p", "split", "--val", "0", "--test", "0.4")
        self.run_ok("-C", "p", "train", "--target", f"class/{first}/state", "--learner", "knn", "--name", "m")
        before = self.run_json("-C", "p", "evaluate", "m", "--resamples", "0")["mae"]
        self.migrate("rename", f"class/{first}/state", "id=wear")
        self.migrate("rename", f"class/{first}", "id=first")
        self.migrate("rename", "class", "id=kind")
        for forgotten in (False, True):
            if forgotten:
                self.forget_question("m")
            told = self.run_ok("-C", "p", "evaluate", "m", "--resamples", "0", "--json")
            self.assertIn(f'the question "class/{first}/state" is called "kind/first/wear" by now', told.stderr)
            self.assertEqual(json.loads(told.stdout)["mae"], before)

    def test_training_after_a_class_is_retired(self):
        self.run_ok("-C", "p", "split", "--val", "0", "--test", "0")
        self.run_ok("-C", "p", "ontology", "migrate", "retire", f"class/{self.classes[0]}")
        warnings = self.run_json("-C", "p", "train", "--feature", "pixels")["models"][0]["warnings"]
        self.assertIn(f'3 training items are of classes that are retired (first: "{self.classes[0]}"), and were left out. To '
                      "learn them all the same restore the class, or merge it into another: linnet ontology migrate", warnings)

    def test_a_class_that_was_split_off(self):
        self.run_ok("-C", "p", "split", "--val", "0", "--test", "0.4")
        self.run_ok("-C", "p", "train", "--name", "m")
        item = self.run_lines("-C", "p", "items", "--where", f"split=test and class={self.classes[0]}")[0]["id"]
        self.run_ok("-C", "p", "ontology", "migrate", "split", f"class/{self.classes[0]}", f"where=id={item}", "title=Odd")
        told = self.run_json("-C", "p", "evaluate", "m", "--resamples", "0")
        self.assertEqual((told["n_unknown"], told["classes_with_items"]), (1, 2))
        self.assertIn('1 item is of classes that are newer than the model (first: "Odd"; added or split off since it was '
                      "trained), and was left out. Train again to have them", told["warnings"])

    def test_undo_says_what_it_did(self):
        first = self.classes[0]
        told = self.run_json("-C", "p", "ontology", "migrate", "rename", f"class/{first}", "id=first")
        number = told["operation"]
        undone = self.run_ok("-C", "p", "undo")
        self.assertIn(f"Undid operation {number} (migrate: rename class/{first}): the ontology is as it was; no answer changed",
                      undone.stdout)
        self.fails(1, "-C", "p", "undo", number, says="was undone already")
        again = self.run_ok("-C", "p", "undo", "--redo")
        self.assertIn(f"Did operation {number} again (migrate: rename class/{first}): the ontology is changed again", again.stdout)
        told = self.run_json("-C", "p", "undo", number)
        self.assertEqual((told["ontology"], told["note"], told["again"], told["removed"]),
                         (True, f"rename class/{first}", None, 0))
        self.assertIn("answers taken back, in", self.run_ok("-C", "p", "undo").stdout)
        self.assertEqual({item["stage"] for item in self.run_lines("-C", "p", "items")}, {"annotate"})
        self.run_ok("-C", "p", "undo", "--redo")
        self.assertEqual({item["stage"] for item in self.run_lines("-C", "p", "items")}, {"done"})

    def test_review(self):
        first = self.classes[0]
        told = self.run_json("-C", "p", "ontology", "migrate", "split", f"class/{first}", "review=yes", "note=Two kinds?")
        self.assertEqual((told["review"], told["answers"]), (3, 0))
        item = told["examples"][0]["id"]
        self.assertIsInstance(item, str)
        self.assertIsInstance(told["operation"], str)

        def comments():
            rows = self.run_lines("-C", "p", "items", "history", item)
            return [row["value"] for row in rows if row["key"] == "comment"]
        self.assertEqual(comments(), ["Two kinds?"])
        self.run_ok("-C", "p", "undo", told["operation"])
        self.assertEqual(comments()[-1], None)
        self.run_ok("-C", "p", "undo", "--redo")
        self.assertEqual(comments()[-1], "Two kinds?")

        def waiting():
            return len(self.run_lines("-C", "p", "items", "--where", "stage=review"))
        self.assertEqual(waiting(), 3)
        self.run_ok("-C", "p", "annotate", item, "--set", "class=nonsense", expect=2)
        self.run_ok("-C", "p", "annotate", item, "--comment", "I look into it")
        self.assertEqual(waiting(), 3)
        said = self.run_json("-C", "p", "annotate", item, "--set", f"class={first}")  # as it was: decided all the same
        self.assertEqual((said["reviewed"], said["touched"], waiting()), (1, 1, 2))
        self.run_ok("-C", "p", "undo")
        self.assertEqual(waiting(), 3)
        self.run_ok("-C", "p", "undo", "--redo")
        self.assertEqual(waiting(), 2)
        said = self.run_json("-C", "p", "annotate", "--where", "stage=review", "--set", f"class={self.classes[1]}")
        self.assertEqual((said["reviewed"], said["changed"] + said["added"], waiting()), (2, 2, 0))
        self.run_ok("-C", "p", "undo")
        self.run_ok("-C", "p", "undo")
        self.assertEqual(waiting(), 3)
        # A redo that has nothing to answer with leaves the item in the queue.
        self.run_ok("-C", "p", "ontology", "migrate", "add", "", "id=note", "type=text")
        cleared = self.run_json("-C", "p", "annotate", item, "--set", "note=hi", "--clear", "class")
        self.assertEqual(waiting(), 2)
        back = self.run_json("-C", "p", "undo", cleared["operation"])
        self.assertEqual(waiting(), 3)
        self.run_ok("-C", "p", "ontology", "migrate", "remove", "note")
        self.run_raw("-C", "p", "undo", back["operation"])
        self.assertEqual(self.run_json("-C", "p", "items", "--where", f"id={item}")["answers"], {})
        self.run_ok("-C", "p", "annotate", item, "--set", f"class={first}")
        self.run_ok("-C", "p", "undo")
        self.run_ok("-C", "p", "annotate", item, "--set", f"class={first}")
        # What somebody has decided since is not put in question again.
        both = [example["id"] for example in told["examples"]][:2]
        early = self.run_json("-C", "p", "annotate", *both, "--set", f"class={self.classes[1]}")
        self.run_ok("-C", "p", "annotate", both[0], "--set", f"class={self.classes[2]}")
        self.assertEqual(waiting(), 1)
        self.run_ok("-C", "p", "undo", early["operation"], expect=3)
        self.assertEqual([item["id"] for item in self.run_lines("-C", "p", "items", "--where", "stage=review")].count(both[0]), 0)
        self.assertEqual(waiting(), 2)
        # Nor where that was another question's answer.
        self.run_ok("-C", "p", "ontology", "migrate", "add", "", "id=remark", "type=text")
        early = self.run_json("-C", "p", "annotate", both[1], "--set", "remark=hi")
        self.run_ok("-C", "p", "annotate", both[1], "--set", f"class={self.classes[2]}")
        self.assertEqual(waiting(), 1)
        self.run_ok("-C", "p", "undo", early["operation"])
        self.assertEqual(waiting(), 1)
        self.fails(2, "-C", "p", "ontology", "migrate", "split", f"class/{first}", "review=yes", "note=" + "x" * 5000,
                   "--dry-run", says="the note")
        self.fails(2, "-C", "p", "ontology", "migrate", "split", f"class/{first}", "where=id>0", "title=x", "note=y",
                   says="for those who review")

    def test_file(self):
        first = self.classes[0]
        changes = {"changes": [{"do": "rename", "what": f"class/{first}", "title": "First", "id": "first"},
                               {"do": "set", "what": "class/first", "key": "f"},
                               {"do": "add", "what": "", "type": "number", "id": "size", "max": 5}]}
        (self.folder / "changes.json").write_text(json.dumps(changes))
        told = self.run_json("-C", "p", "ontology", "migrate", "changes.json", "--note", "better names")
        self.assertEqual(told["answers"], 0)
        questions = self.ontology()["classifications"]
        self.assertEqual(questions[0]["options"][0], {"id": "first", "title": "First", "key": "f", "aliases": [first]})
        self.assertEqual(questions[1], {"id": "size", "type": "number", "max": 5})

    def test_mistakes(self):
        before = self.ontology()
        migrate = ("-C", "p", "ontology", "migrate")
        self.fails(2, *migrate, says="give a FILE of changes")
        self.fails(1, *migrate, "no.json", says="no.json")
        self.fails(2, *migrate, "rename", "class", "title", says="title=")
        # What is typed wrongly is wrong usage, and no line of a file; in a file the same is a broken file.
        first = f"class/{self.classes[0]}"
        for words, says in ((("renam", "class", "title=x"), 'did you mean "rename"'), (("rename", "class", "titel=x"), '"title"'),
                            (("rename", first, "id=a/b"), "separates"), (("type", "class", "type=number"), "cannot become")):
            run = self.run_raw(*migrate, *words)
            self.assertEqual((run.returncode, says in run.stderr, ":1:" in run.stderr), (2, True, False), run.stderr)
            change = {"do": words[0], "what": words[1], **dict(word.split("=") for word in words[2:])}
            (self.folder / "bad.json").write_text(json.dumps([change]))
            self.fails(1, *migrate, "bad.json", says=says)
        self.fails(1, *migrate, "rename", first, f"title={self.classes[1]}", says="merge them")
        self.fails(1, *migrate, "rename", first.upper().replace("CLASS", "class"), "title=x", says=f'did you mean "{self.classes[0]}"')
        self.fails(1, *migrate, "rename", "class/nobody", "title=x", says="under \"class\" there is")
        self.fails(1, *migrate, "remove", f"class/{self.classes[0]}", says="would be gone")
        self.fails(2, "-C", "p", "ontology", "show", "--dry-run", says="--dry-run")
        self.assertEqual(self.ontology(), before)
        both = ",".join(f"class/{name}" for name in self.classes[:2])
        self.run_ok(*migrate, "merge", both, "title=Both")
        self.fails(1, *migrate, "merge", both, "title=Other", says="one option already, \"both\"")
        self.fails(1, *migrate, "merge", both, f"into={both.split(',', maxsplit=1)[0]}", says="one option already")

    def test_retiring_says_what_it_means(self):
        first = self.classes[0]
        migrate = ("-C", "p", "ontology", "migrate")
        carrying = [item["id"] for item in self.run_lines("-C", "p", "items", "--where", f"class={first}")]
        told = [self.run_json(*migrate, "retire", f"class/{first}", *more) for more in (["--dry-run"], [])]
        for one in told:
            self.assertEqual(one["retired_options"], [{"option": f"class/{first}", "items": len(carrying)}])
            self.assertEqual([item["id"] for item in one["retired_examples"]], carrying[:10])
            self.assertEqual(one["answers"], 0)
        self.assertEqual(self.run_json(*migrate, "retire", f"class/{first}")["retired_options"], [])  # it is already
        self.run_ok(*migrate, "restore", f"class/{first}")
        said = self.run_ok(*migrate, "retire", f"class/{first}").stdout
        self.assertIn(f"{len(carrying)} items carry it, and training leaves them out", said)
        self.assertIn(f"To have it back: linnet ontology migrate restore class/{first}", said)


class Init(program.Case):
    def test_folder(self):
        told = self.run_json("init", "p")
        self.assertEqual(told["project"], str((self.folder / "p").resolve()))
        self.assertTrue((self.folder / "p" / "linnet.db").is_file())
        self.assertTrue((self.folder / "p" / "models").is_dir())

    def test_here_and_by_option(self):
        (self.folder / "here").mkdir()
        self.run_ok("init", ".", cwd=self.folder / "here")
        self.run_ok("status", cwd=self.folder / "here")
        self.run_ok("-C", "there", "init")
        self.run_ok("status", "-C", "there")

    def test_person(self):
        program.write_folders(self.folder / "photos", per_class=1)
        self.run_ok("init", "p")
        self.run_ok("-C", "p", "import", "photos", "--person", "ada")
        self.run_ok("-C", "p", "split")
        database = sqlite3.connect(self.folder / "p" / "linnet.db")
        people = [row[0] for row in database.execute("select person from operations order by id")]
        database.close()
        self.assertEqual(people, ["ada", "local"])

    def test_taken(self):
        self.run_ok("init", "p")
        self.assertEqual(self.fails(1, "init", "p", says="already")["code"], "EEXISTS")

    def test_name_with_blanks_and_quotes(self):
        name = "a 'b' \"c\" #1 é"
        told = self.run_ok("init", name).stdout
        self.assertTrue(told.endswith("\nNext: linnet -C 'a '\\''b'\\'' \"c\" #1 é' import FOLDER\n"), told)
        self.assertEqual(shlex.split(told.splitlines()[-1])[3], name)
        self.assertEqual(self.run_json("-C", name, "status")["items"], 0)

    def test_folder_that_cannot_be_made(self):
        (self.folder / "file").write_text("")
        self.fails(1, "init", "file/p")


class Ontology(program.Case):
    def test_given_at_init(self):
        (self.folder / "q.json").write_text(json.dumps(QUESTIONS))
        told = self.run_json("init", "p", "--ontology", "q.json")
        self.assertEqual((told["questions"], told["options"]), (3, 4))
        text = self.run_ok("-C", "p", "ontology", "show").stdout
        for word in ("area", "Damaged area", "exterior", "part", "door", "severity"):
            self.assertIn(word, text)
        document = self.run_json("-C", "p", "ontology", "show")
        ids = [question["id"] for question in document["classifications"]]
        self.assertEqual(ids, ["area", "severity"])
        part = document["classifications"][0]["options"][0]["attributes"][0]
        self.assertEqual([option["id"] for option in part["options"]], ["door", "roof"])

    def test_check_tells_all(self):
        (self.folder / "q.json").write_text(json.dumps(QUESTIONS))
        self.assertEqual(self.run_ok("ontology", "check", "q.json").stdout, "No errors: 3 questions, 4 options\n")
        told = self.run_json("ontology", "check", "q.json")
        self.assertEqual((told["ok"], told["questions"], told["errors"], told["warnings"]), (True, 3, [], []))
        (self.folder / "bad.json").write_text(
            '{"classifications": [\n{"id": "a", "type": "radio", "requierd": true,\n"options": [{"id": "x"},\n{"id": "x"}]}]}')
        told = self.run_json("ontology", "check", "bad.json", expect=1)
        self.assertEqual([(e["path"], e["line"], e["code"]) for e in told["errors"]],
                         [("classifications[0].requierd", 2, "EDATA"), ("classifications[0].options[1].id", 4, "EDATA")])
        text = self.run_ok("ontology", "check", "bad.json", expect=1).stdout
        self.assertIn('bad.json:2: classifications[0].requierd: unknown key: is "required" meant?\n', text)
        self.assertTrue(text.endswith("2 errors\n"), text)
        (self.folder / "many.json").write_text(json.dumps(
            {"classifications": [{"id": f"q{i}", "type": "radio", "options": [{"id": "x", "x": 1}]} for i in range(130)]}))
        told = self.run_json("ontology", "check", "many.json", expect=1)
        self.assertEqual((told["n_errors"], len(told["errors"])), (130, 100))
        self.assertIn("... and 30 more\n130 errors\n", self.run_ok("ontology", "check", "many.json", expect=1).stdout)
        (self.folder / "empty.json").write_text("{}")
        self.run_ok("ontology", "check", "empty.json", expect=1)  # as init refuses it
        self.fails(1, "ontology", "check", "nowhere.json")
        (self.folder / "twins.json").write_text(json.dumps({"classifications": [{"id": "q", "type": "radio", "options": [
            {"id": "a", "title": "Cat"}, {"id": "b", "title": "Cat"}]}, {"id": "e", "type": "tree", "required": True}]}))
        told = self.run_json("ontology", "check", "twins.json")
        self.assertEqual([w["path"] for w in told["warnings"]], ["e", "q/b"])
        doubtful = {"classifications": [
            {"id": "width", "type": "number", "min": 0, "max": 1, "step": 3},
            {"title": "Which", "type": "radio", "description": "One of\nthese.", "options": [
                {"id": "x", "description": "An ex.", "aliases": ["ex", "eks"], "examples": ["so"]}, {"id": "X"}, {"id": "cat", "title": "Cat"},
                {"id": "dog", "attributes": [{"id": "width", "type": "number", "min": 0, "max": 3, "step": 3}]}]}]}
        (self.folder / "doubtful.json").write_text(json.dumps(doubtful))
        told = self.run_json("ontology", "check", "doubtful.json")
        self.assertEqual([(w["path"], words in w["message"]) for w, words in zip(told["warnings"], (
            'the question is "answer.width"', "larger than the range 0..1", 'differs from a name of the option "x"'))],
            [("width", True), ("width", True), ("which/X", True)], told["warnings"])
        (self.folder / "keys.json").write_text('{"classes": ["a"]}')
        self.assertIn('there are "name", "version", "classifications"', self.run_ok("ontology", "check", "keys.json", expect=1).stdout)
        self.run_ok("init", "full", "--ontology", "doubtful.json")
        self.assertIn('\n  | One of these.\n  x\n    | An ex.\n    | also called "ex", "eks"\n    | for example "so"\n  X\n',
                      self.run_ok("-C", "full", "ontology", "show", "--full").stdout.replace("of\nthese", "of these"))
        self.assertNotIn("|", self.run_ok("-C", "full", "ontology", "show").stdout)

    def test_set(self):
        (self.folder / "q.json").write_text(json.dumps(QUESTIONS))
        self.run_ok("init", "p")
        self.assertEqual(self.run_ok("-C", "p", "ontology", "set", "q.json").stdout,
                         "Added 3 questions and 4 options; another name\n")
        before = (self.folder / "p" / "linnet.db").read_bytes()
        (self.folder / "bad.json").write_text('{"classifications": [{"id": "a", "type": "radoi"}]}')
        self.fails(1, "-C", "p", "ontology", "set", "bad.json", says='bad.json:1: classifications[0].type: unknown type "radoi"')
        (self.folder / "less.json").write_text(json.dumps({"classifications": [QUESTIONS["classifications"][1]]}))
        self.fails(1, "-C", "p", "ontology", "set", "less.json", says='area: the question "Damaged area" is not in the file')
        told = self.run_json("-C", "p", "ontology", "set", "less.json", "--dry-run", expect=1)
        self.assertEqual(told["differences"], ['area: the question "Damaged area" is not in the file'])
        document = self.run_ok("-C", "p", "ontology", "show", "--json").stdout
        (self.folder / "same.json").write_text(document)
        self.assertEqual(self.run_ok("-C", "p", "ontology", "set", "same.json").stdout, "Nothing is new\n")
        self.assertEqual((self.folder / "p" / "linnet.db").read_bytes(), before)
        more = json.loads(document)
        more["classifications"][0]["options"].append({"id": "roof"})
        (self.folder / "more.json").write_text(json.dumps(more))
        told = self.run_json("-C", "p", "ontology", "set", "more.json")
        self.assertEqual((told["questions_added"], told["options_added"], told["dry_run"]), (0, 1, False))
        self.assertEqual(self.run_json("-C", "p", "ontology", "show")["version"], 2)

    def test_show_a_part(self):
        (self.folder / "q.json").write_text(json.dumps(QUESTIONS))
        self.run_ok("init", "p", "--ontology", "q.json")
        self.assertEqual(self.run_ok("-C", "p", "ontology", "show", "--question", "area/exterior/part").stdout,
                         'part  "Part": radio\n  door  "Door"\n  roof  "Roof"\n')
        self.assertEqual(self.run_json("-C", "p", "ontology", "show", "--question", "area/exterior/part"),
                         QUESTIONS["classifications"][0]["options"][0]["attributes"][0])
        self.assertEqual(self.run_ok("-C", "p", "ontology", "show", "--depth", "1").stdout,
                         'Damage (version 1)\narea  "Damaged area": radio\n  ...\n'
                         'severity  "Severity": number, from 0, to 10\n')
        self.fails(1, "-C", "p", "ontology", "show", "--question", "area/roof", says="exterior, interior")

    def test_templates(self):
        names = [t["name"] for t in self.run_lines("init", "--list-templates")]
        self.assertEqual(len(names), 8)
        for name in names:
            self.run_ok("init", name, "--template", name)
            (self.folder / "t.json").write_text(self.run_ok("ontology", "show", "--template", name, "--json").stdout)
            self.assertEqual(self.run_ok("-C", name, "ontology", "show", "--json").stdout,
                             (self.folder / "t.json").read_text())
            self.run_ok("ontology", "check", "t.json")
        self.fails(1, "init", "other", "--template", "binry", says='is "binary" meant?')
        self.assertFalse((self.folder / "other").exists())
        self.fails(2, "init", "other", "--template", "binary", "--ontology", "t.json", says="not both")

    def test_document_goes_into_another_project(self):
        (self.folder / "q.json").write_text(json.dumps(QUESTIONS))
        self.run_ok("init", "p", "--ontology", "q.json")
        (self.folder / "again.json").write_text(self.run_ok("-C", "p", "ontology", "show", "--json").stdout)
        self.run_ok("init", "other", "--ontology", "again.json")
        self.assertEqual(self.run_json("-C", "other", "ontology", "show")["classifications"],
                         self.run_json("-C", "p", "ontology", "show")["classifications"])

    def test_bad_one_leaves_nothing(self):
        (self.folder / "bad.json").write_text('{"name": "x", "version": 1,\n "classifications": [{"id": 3}]}')
        self.fails(1, "init", "p", "--ontology", "bad.json", says="bad.json")
        self.fails(1, "init", "p", "--ontology", "none.json", says="none.json")
        self.assertFalse((self.folder / "p").exists())

    def test_empty_project(self):
        self.run_ok("init", "p")
        self.assertIn("No questions yet", self.run_ok("-C", "p", "ontology", "show").stdout)


class Status(program.Case):
    def test_counts(self):
        name = self.project(per_class=5)
        told = self.run_json("-C", name, "status")
        self.assertEqual((told["items"], told["labelled"], told["models"]), (15, 15, 0))
        self.assertEqual(sum(told["splits"].values()), 15)
        text = self.run_ok("-C", name, "status").stdout
        self.assertRegex(text, r"items +15\n")
        self.assertIn("Next: linnet split", text)
        self.assertNotIn("Next", self.run_ok("-C", name, "status", "--quiet").stdout)

    def answered(self):
        """Nine items: 1 to 4 are complete, 5 and 6 lack a part, 7 a severity, 8 is skipped, 9 says nothing."""
        for i in range(9):
            program.write_pgm(self.folder / "photos" / f"{i}.pgm", program.picture("disc", 100 * i + i))
        option, number = QUESTIONS["classifications"]
        part = {**option["options"][0]["attributes"][0], "required": True}
        option = {**option, "required": True, "options": [{**option["options"][0], "attributes": [part]}, option["options"][1]]}
        (self.folder / "q.json").write_text(json.dumps({**QUESTIONS, "classifications": [
            option, {**number, "required": True, "unit": "points"},
            {"id": "kinds", "type": "checklist", "options": [{"id": "dent"}, {"id": "rust"}]},
            {"id": "order", "type": "rank", "options": [{"id": "a"}, {"id": "b"}]}, {"id": "note", "type": "text"}]}))
        self.run_ok("init", "p", "--ontology", "q.json")
        self.run_ok("-C", "p", "import", "photos")
        for where, *answers in (("id<=7", "area=exterior"), ("id<=3", "area/exterior/part=door"), ("id=4", "area=interior"),
                                ("id<=6", "severity=2"), ("id in (1, 2)", "severity=5"), ("id=3", "severity=unsure"),
                                ("id=7", "area/exterior/part=unsure"), ("id in (1, 2)", "kinds.dent=yes", "kinds.rust=no"),
                                ("id=2", "order=b,a"), ("id in (1, 5)", "note=odd")):
            self.run_ok("-C", "p", "annotate", "--where", where, *(word for answer in answers for word in ("--set", answer)))
        self.run_ok("-C", "p", "annotate", "8", "--skip", "too dark")
        self.run_ok("-C", "p", "ontology", "migrate", "split", "area/interior", "review=yes")

    def test_every_question_and_what_is_open(self):
        self.answered()
        told = self.run_json("-C", "p", "status")
        self.assertEqual((told["labelled"], told["complete"]), (7, 4))
        self.assertEqual(told["stages"], {"annotate": 8, "review": 1, "done": 0})
        self.assertEqual(told["skipped"], {"items": 1, "reasons": [{"reason": "too dark", "n": 1}]})
        questions = {q["question"]: q for q in told["questions"]}
        self.assertEqual(list(questions), ["area", "area/exterior/part", "severity", "kinds", "order", "note"])
        self.assertEqual(questions["severity"], {"question": "severity", "type": "number", "items": 6, "unsure": 1, "none": 0,
                                                 "answered": 5, "mean": 3.2, "min": 2, "max": 5})
        self.assertEqual((questions["kinds"]["yes"], questions["kinds"]["no"], questions["kinds"]["items"]), (2, 2, 2))
        self.assertEqual((questions["order"]["answered"], questions["note"]["answered"]), (1, 2))
        self.assertEqual(questions["area/exterior/part"]["unsure"], 1)
        text = self.run_ok("-C", "p", "status").stdout
        for line in (r"labelled +7  with any answer at all\n", r"complete +4  44.4 %", r"skipped +1  too dark 1\n",
                     r"stage review +1\n", r"3 items lack an answer that is required  linnet items --where '(.*)'\n",
                     r"1 item waits for review +linnet items --where stage=review\n",
                     r"1 item was skipped +linnet items --where skipped=yes\n",
                     r"severity +5 numbers  mean 3.2 points, from 2 to 5; unsure 1\n", r"order +1 ranking *\n", r"note +2 texts *\n",
                     r"kinds +1 class  most frequent dent, 2 of 2 items\n"):
            self.assertRegex(text, line)
        self.assertEqual([row["id"] for row in self.run_lines("-C", "p", "items", "--where", "labelled=yes and complete=no")],
                         ["5", "6", "7"])

    def test_many_skips(self):
        self.run_ok("init", "p")
        program.write_idx(self.folder / "arrays", "train", 1002, labels=False)
        self.run_ok("-C", "p", "import", "arrays")
        self.run_ok("-C", "p", "annotate", "--where", "id<=1001", "--skip", "blurred")
        self.run_ok("-C", "p", "annotate", "1002", "--skip", "too dark")
        self.assertEqual(self.run_json("-C", "p", "status")["skipped"], {
            "items": 1002, "reasons": [{"reason": "blurred", "n": 1001}, {"reason": "too dark", "n": 1}]})

    def test_no_project(self):
        self.assertEqual(self.fails(1, "status", says="linnet init")["code"], "ENOTFOUND")
        self.fails(1, "-C", "nowhere", "status", says="nowhere")
        for words in (["items"], ["split"], ["train"], ["evaluate", "m"], ["predict", "m", "x.png"], ["models"],
                      ["verify"], ["extract"], ["import", "x"], ["ontology", "show"]):
            self.fails(1, *words, says="no Linnet project")

    def test_project_anywhere_on_the_line(self):
        self.run_ok("init", "p")
        for words in (["-C", "p", "status"], ["status", "-C", "p"], ["-Cp", "status"], ["status", "--project=p"],
                      ["--project", "p", "status"]):
            self.assertEqual(self.run_json(*words)["items"], 0)

    def test_no_database(self):
        self.run_ok("init", "p")
        (self.folder / "p" / "linnet.db").write_bytes(b"no database" * 1000)
        self.fails(1, "-C", "p", "status", says="linnet.db")


class Verify(program.Case):
    def test_clean(self):
        name = self.project(per_class=3)
        told = self.run_json("-C", name, "verify")
        self.assertEqual((told["clean"], told["found"], told["missing_media"]), (True, [], 0))
        self.assertIn("No faults", self.run_ok("-C", name, "verify").stdout)

    def test_answers_that_were_tampered_with(self):
        name = self.project(per_class=3)
        database = sqlite3.connect(self.folder / name / "linnet.db")
        database.execute("delete from answers where subject_id = (select min(subject_id) from answers)")
        database.commit()
        database.close()
        told = self.run_json("-C", name, "verify", expect=1)
        self.assertFalse(told["clean"])
        self.assertEqual(told["n_faults"], len(told["found"]))
        self.assertGreaterEqual(told["n_faults"], 1)
        self.assertIn(told["found"][0], self.run_ok("-C", name, "verify", expect=1).stdout)

    def test_images_that_have_gone(self):
        name = self.project(per_class=3)
        os.rename(self.folder / "photos", self.folder / "elsewhere")
        told = self.run_json("-C", name, "verify")
        self.assertEqual((told["clean"], told["missing_media"], len(told["found"])), (True, 1, 1))
        self.assertIn("photos", told["found"][0])


class Relink(program.Case):
    def test_a_folder_that_was_moved(self):
        name = self.project(per_class=3)
        photos, elsewhere = self.folder / "photos", self.folder / "elsewhere"
        told = self.run_json("-C", name, "relink")
        self.assertEqual((len(told["sources"]), told["moved"]), (1, 0))
        self.assertEqual(told["sources"][0], {**told["sources"][0], "kind": "folder", "old": str(photos), "new": None,
                                              "there": True, "checked": 0})
        photos.rename(elsewhere)
        text = self.run_ok("-C", name, "relink").stdout
        self.assertRegex(text, r"no +" + str(photos))
        self.assertIn("Next: linnet relink OLD NEW", text)
        told = self.run_json("-C", name, "relink", photos, elsewhere)
        source = told["sources"][0]
        self.assertEqual((told["moved"], source["new"], source["missing"], source["different"]), (1, str(elsewhere), 0, 0))
        self.assertEqual(source["checked"], source["items"])
        self.assertEqual(self.run_json("-C", name, "verify")["missing_media"], 0)
        self.assertIn("Moved 1 source", self.run_ok("-C", name, "relink", elsewhere, self.moved_back()).stdout)

    def moved_back(self):
        (self.folder / "elsewhere").rename(self.folder / "photos")
        return self.folder / "photos"

    def test_wrong_places(self):
        name = self.project(per_class=3)
        self.fails(2, "-C", name, "relink", "photos", says="give both places")
        self.fails(1, "-C", name, "relink", "photos", "nowhere", says="nowhere")
        (self.folder / "empty").mkdir()
        self.fails(1, "-C", name, "relink", "photos", "empty", says="--force")


class Doctor(program.Case):
    def test_keys(self):
        told = self.run_json("doctor")
        names = [check["name"] for check in told["checks"]]
        for name in ("linnet", "processor", "kernels", "threads", "memory", "libraries", "disk", "writing", "project"):
            self.assertIn(name, names)
        for check in told["checks"]:
            self.assertIn(check["verdict"], ("ok", "warning", "fault"))
            self.assertEqual(check["verdict"] == "ok", check["advice"] == "")
        self.assertEqual(list(self.folder.iterdir()), [])  # nothing is left behind

    def test_text(self):
        self.run_ok("init", "p")
        text = self.run_ok("-C", "p", "doctor").stdout
        self.assertRegex(text, r"ok +project +\S+/p: 0 items, 0 models")
        self.assertRegex(text, r"writing +durable in [\d.]+ ms")

    def test_libraries_that_are_missing(self):
        """Each is a fault with what to install; a command that needs one says so once, and blames no image."""
        broken = self.folder / "lib"
        broken.mkdir()
        for name in ("libvips.so.42", "libcurl.so.4", "libopenblas.so.0"):
            (broken / name).write_text("no library\n" * 9)
        env = {"LD_LIBRARY_PATH": str(broken)}
        told = self.run_json("doctor", expect=1, env=env)
        checks = {check["name"]: check for check in told["checks"]}
        for name, package, verdict in (("libvips", "libvips42", "fault"), ("libcurl", "libcurl4", "warning"),
                                       ("openblas", "libopenblas0", "fault")):
            self.assertEqual(checks[name]["verdict"], verdict)
            self.assertRegex(checks[name]["advice"], rf"\Ainstall it \(Debian's package {package}\)\. Without it ")
        photos = self.folder / "photos"
        photos.mkdir()
        for i in range(3):
            (photos / f"{i}.png").write_bytes(PNG)
        self.run_ok("init", "p")
        self.fails(1, "-C", "p", "import", "photos", env=env, says="no PNG, WebP, TIFF, HEIF and AVIF files can be read")
        self.assertEqual(self.run_json("-C", "p", "status")["items"], 0)
        self.assertEqual(self.run_json("-C", "p", "import", "photos")["imported"], 3)

    def test_faults(self):
        told = self.run_json("-C", "nowhere", "doctor", expect=1)
        self.assertIn("fault", [check["verdict"] for check in told["checks"]])
        self.run_ok("init", "p")
        (self.folder / "p" / "linnet.db").write_bytes(b"no database" * 1000)
        told = self.run_json("-C", "p", "doctor", expect=1)
        self.assertEqual(told["checks"][-1]["name"], "project")
        self.assertEqual(told["checks"][-1]["verdict"], "fault")

    def test_network(self):
        network = pathlib.Path(os.environ["LINNET_SOURCE"]) / "tests" / "fuzz" / "corpus" / "tflite" / "conv_2d_0"
        told = self.run_json("doctor", "--onnx", str(network), "--size", "100")
        self.assertTrue(told["runs"])
        self.assertEqual(told["inputs"], [{"name": "x", "kind": "f32 [any,4,7,6]"}])
        self.assertEqual((told["outputs"], told["unknown"], told["size_used"]), (["y"], [], False))
        self.assertIn("not used", self.run_ok("doctor", "--onnx", str(network), "--size", "100").stdout)
        damaged = self.folder / "damaged.tflite"
        damaged.write_bytes(network.read_bytes()[:200])
        told = self.run_json("doctor", "--onnx", str(damaged), expect=1)
        self.assertIn("damaged", told["reason"])

    def test_size_without_a_network(self):
        self.fails(2, "doctor", "--size", "224", says="--onnx FILE")


if __name__ == "__main__":
    unittest.main()
