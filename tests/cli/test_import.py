"""import: folders, arrays, what is refused, being interrupted."""
import csv
import os
import re
import signal
import subprocess
import unittest
import zipfile
from pathlib import Path

import program
from program import KINDS, write_folders, write_idx, write_pgm, picture


SOURCE = Path(os.environ.get("LINNET_SOURCE", Path(__file__).resolve().parents[2]))
DATA = Path(os.environ.get("LINNET_TEST_DATA", SOURCE.parent / "shared" / "data"))


class Folders(program.Case):
    def test_classes(self):
        self.run_ok("init", "p")
        write_folders(self.folder / "photos", per_class=5)
        told = self.run_json("-C", "p", "import", "photos")
        self.assertEqual({key: told[key] for key in ("imported", "labelled", "duplicates", "conflicts", "leaks",
                                                     "refused", "existing")},
                         {"imported": 15, "labelled": 15, "duplicates": 0, "conflicts": 0, "leaks": 0, "refused": [],
                          "existing": 0})
        self.assertIsInstance(told["warnings"], list)
        self.assertGreaterEqual(told["seconds"], 0)
        options = self.run_json("-C", "p", "ontology", "show")["classifications"][0]["options"]
        self.assertEqual([option["id"] for option in options], sorted(KINDS))

    def test_again_adds_nothing(self):
        name = self.project(per_class=4)
        told = self.run_json("-C", name, "import", "photos")
        self.assertEqual((told["imported"], told["existing"], told["labelled"]), (0, 12, 0))
        write_folders(self.folder / "photos", per_class=2, start=100)
        told = self.run_json("-C", name, "import", "photos")
        self.assertEqual((told["imported"], told["existing"]), (6, 12))

    def test_a_wrong_source_among_others(self):
        write_folders(self.folder / "photos", per_class=2)
        (self.folder / "empty").mkdir()
        self.run_ok("init", "p")
        wrong = self.run_ok("-C", "p", "import", "photos", "phots", expect=1)
        self.assertIn("phots: cannot be opened: No such file or directory; nothing was imported", wrong.stderr)
        self.assertEqual(self.run_json("-C", "p", "status")["items"], 0)
        wrong = self.run_ok("-C", "p", "import", "photos", "empty", expect=1)
        self.assertIn("source 2 of 2 failed, with 6 new items and 6 labels stored before", wrong.stderr)
        self.assertIn("empty holds no images", wrong.stderr)
        self.assertEqual(self.run_json("-C", "p", "status")["items"], 6)

    def test_split_by_folder_and_by_option(self):
        write_folders(self.folder / "set" / "train", per_class=4)
        write_folders(self.folder / "set" / "test", per_class=2, start=50)
        write_folders(self.folder / "more", per_class=1, start=90)
        self.run_ok("init", "p")
        self.run_ok("-C", "p", "import", "set")
        self.run_ok("-C", "p", "import", "more", "--split", "val")
        self.assertEqual(self.run_json("-C", "p", "status")["splits"], {"train": 12, "test": 6, "val": 3})

    def test_duplicates_conflicts_leaks(self):
        same, other = picture("disc", 0), picture("cross", 0)
        write_pgm(self.folder / "set" / "train" / "disc" / "a.pgm", same)
        write_pgm(self.folder / "set" / "train" / "cross" / "b.pgm", same)  # another label
        write_pgm(self.folder / "set" / "train" / "cross" / "c.pgm", other)
        write_pgm(self.folder / "set" / "test" / "cross" / "d.pgm", other)  # another split
        self.run_ok("init", "p")
        told = self.run_json("-C", "p", "import", "set")
        self.assertEqual((told["imported"], told["duplicates"], told["conflicts"], told["leaks"]), (4, 2, 1, 1))
        self.assertEqual((told["near_duplicates"], told["near_conflicts"], told["near_leaks"]), (0, 0, 0))
        self.assertEqual([(e["kind"], e["a_value"], e["b_value"]) for e in told["examples"]],
                         [("conflict", "cross", "disc"), ("leak", "test", "train")])
        for example, names in zip(told["examples"], (("cross/b.pgm", "disc/a.pgm"), ("cross/d.pgm", "cross/c.pgm"))):
            self.assertTrue(example["a"].endswith(names[0]) and example["b"].endswith(names[1]), example)
        text = self.run_ok("-C", "p", "import", "set").stdout
        self.assertRegex(text, r"leaks +1 ")

    def next_after(self, *words, expect=0):
        return self.run_ok("-C", "p", "import", *words, expect=expect).stdout.rstrip().rsplit("\nNext: ", 1)[1]

    def test_what_comes_next(self):
        for number, name in enumerate(("train", "val", "test")):
            write_folders(self.folder / name, per_class=2, start=10 * number)
        write_pgm(self.folder / "loose" / "a.pgm", picture("disc", 77))
        self.run_ok("init", "p")
        self.assertTrue(self.next_after("loose").startswith("linnet import SOURCE (no labels yet"))
        self.run_ok("init", "q")
        self.run_ok("-C", "q", "import", "test", "--split", "test")
        self.assertIn("Next: linnet import SOURCE --split train (there is nothing to learn from: all items are in test)",
                      self.run_ok("-C", "q", "status").stdout)
        self.assertEqual(self.next_after("train"), "linnet split")
        self.assertEqual(self.next_after("train", "--split", "train", "--existing", "replace"), "linnet split")
        self.assertTrue(self.next_after("val", "--split", "val").startswith("linnet train, then linnet evaluate MODEL --split"))
        self.assertEqual(self.next_after("test", "--split", "test"), "linnet train")

    def test_target_of_our_own(self):
        write_folders(self.folder / "photos", per_class=2)
        self.run_ok("init", "p")
        self.run_ok("-C", "p", "import", "photos", "--target", "shape")
        questions = self.run_json("-C", "p", "ontology", "show")["classifications"]
        self.assertEqual([question["id"] for question in questions], ["shape"])

    def test_a_project_with_questions_of_its_own(self):
        """Folders answer a question that is there, or one that is named; nothing joins the ontology without a word."""
        write_folders(self.folder / "photos", per_class=2)
        self.run_ok("init", "p", "--template", "damage-assessment")
        before = self.run_json("-C", "p", "ontology", "show")
        told = self.run_json("-C", "p", "import", "photos")
        self.assertEqual((told["imported"], told["labelled"], told["options_added"]), (6, 0, 0))
        self.assertIn('its folders (3, first: "cross") were not taken for classes', told["warnings"][0])
        self.assertEqual(self.run_json("-C", "p", "ontology", "show"), before)
        text = self.run_ok("-C", "p", "import", "photos", "--target", "area").stdout
        self.assertRegex(text, r"labels +6\n +new options +3  area: cross, disc, stripes\n")
        told = self.run_json("-C", "p", "import", "photos", "--target", "shape")
        self.assertEqual((told["questions_added"], told["options_added"], told["labelled"]), (1, 3, 6))
        self.run_ok("init", "q", "--template", "multi-class")
        text = self.run_ok("-C", "q", "import", "photos").stdout
        self.assertRegex(text, r"labels +6\n +new options +3  class: cross, disc, stripes\n")
        self.run_ok("init", "r")  # the first import makes the ontology
        self.assertNotIn("new options", self.run_ok("-C", "r", "import", "photos").stdout)

    def test_names_that_need_care(self):
        strange = "it's a \"cat\", é 猫"
        write_pgm(self.folder / "p h o" / strange / "x y#1.pgm", picture("disc", 1))
        write_pgm(self.folder / "p h o" / "dog" / "-rf.pgm", picture("cross", 1))
        self.run_ok("init", "p")
        self.run_ok("-C", "p", "import", "p h o")
        paths = [item["path"] for item in self.run_lines("-C", "p", "items")]
        self.assertEqual(sorted(path.split("p h o/")[1] for path in paths), ["dog/-rf.pgm", f"{strange}/x y#1.pgm"])

    def test_refused(self):
        write_folders(self.folder / "photos", per_class=2)
        (self.folder / "photos" / "disc" / "broken.pgm").write_bytes(b"P5 12 12 255\nshort")
        (self.folder / "photos" / "disc" / "lies.png").write_bytes(b"this is no picture")
        self.run_ok("init", "p")
        told = self.run_json("-C", "p", "import", "photos", expect=3)
        self.assertEqual(told["imported"], 6)
        self.assertEqual(len(told["refused"]), 2)
        for row in told["refused"]:
            self.assertEqual(set(row), {"path", "code", "reason"})
            self.assertRegex(row["code"], r"\AE[A-Z]+\Z")
        self.assertEqual(sorted(os.path.basename(row["path"]) for row in told["refused"]), ["broken.pgm", "lies.png"])
        text = self.run_ok("-C", "p", "import", "photos", expect=3).stdout
        self.assertIn("broken.pgm", text)
        self.assertRegex(text, r"refused +2 ")

    def test_an_archive_with_a_password(self):
        path = self.folder / "secret.zip"
        write_pgm(self.folder / "a.pgm", picture("disc", 1))
        with zipfile.ZipFile(path, "w") as archive:
            archive.write(self.folder / "a.pgm", "disc/a.pgm")
        data = bytearray(path.read_bytes())
        for header, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            data[data.find(header) + flags] |= 1
        path.write_bytes(data)
        self.run_ok("init", "p")
        refused = self.run_json("-C", "p", "import", path, expect=3)["refused"]
        self.assertEqual(len(refused), 1)
        self.assertTrue(refused[0]["reason"].endswith("#disc/a.pgm: is encrypted; pack it again without a password"))

    def test_many_refused_are_counted(self):
        for i in range(30):
            path = self.folder / "photos" / "disc" / f"{i:02d}.pgm"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"P5 12 12 255\n" + bytes([i]))
        write_pgm(self.folder / "photos" / "disc" / "good.pgm", picture("disc", 0))
        self.run_ok("init", "p")
        text = self.run_ok("-C", "p", "import", "photos", expect=3).stdout
        self.assertIn("and 10 more (--json lists them all)", text)
        self.assertEqual(len(self.run_json("-C", "p", "import", "photos", expect=3)["refused"]), 30)

    def test_no_such_source(self):
        self.run_ok("init", "p")
        self.fails(1, "-C", "p", "import", "nowhere", says="nowhere")


class Arrays(program.Case):
    def test_labels_and_names(self):
        self.run_ok("init", "p")
        images = write_idx(self.folder, "train", 30)
        told = self.run_json("-C", "p", "import", images, "--classes", "Disc,Cross,Stripes/wide")
        self.assertEqual((told["imported"], told["labelled"]), (30, 30))
        options = self.run_json("-C", "p", "ontology", "show")["classifications"][0]["options"]
        self.assertEqual([option["title"] for option in options], ["Disc", "Cross", "Stripes/wide"])
        self.assertEqual(self.run_json("-C", "p", "status")["splits"], {"train": 30})

    def test_broken_array(self):
        self.run_ok("init", "p")
        images = write_idx(self.folder, "train", 30)
        images.write_bytes(images.read_bytes()[:-1])
        self.fails(1, "-C", "p", "import", images)
        self.assertEqual(self.run_json("-C", "p", "status")["items"], 0)


class Progress(program.Case):
    def test_plain(self):
        self.run_ok("init", "p")
        images = write_idx(self.folder, "train", 5000)
        lines = self.run_ok("-C", "p", "import", images, "--progress", "plain").stderr.splitlines()
        counts = [int(re.fullmatch(r"durable (\d+)", line).group(1)) for line in lines]
        self.assertEqual(counts, sorted(counts))
        self.assertEqual(counts[-1], 5000)

    def test_silence(self):
        self.run_ok("init", "p")
        images = write_idx(self.folder, "train", 30)
        for words in ((), ("--progress", "none"), ("--quiet",)):
            self.assertEqual(self.run_ok("-C", "p", "import", images, *words).stderr, "")


class Interrupted(program.Case):
    def interrupt(self, number):
        """Starts an import, interrupts it once something is durable; gives exit code and what was durable."""
        images = write_idx(self.folder, "train", 20000)
        self.run_ok("init", "p")
        child = subprocess.Popen([program.LINNET, "-C", "p", "import", str(images), "--progress", "plain"],
                                 cwd=self.folder, env=program.environment(), stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True, preexec_fn=program.interruptible)
        durable = int(child.stderr.readline().split()[1])
        child.send_signal(number)
        rest, _ = child.stderr.read(), child.stdout.read()
        child.wait(timeout=60)
        child.stderr.close()
        child.stdout.close()
        for line in rest.splitlines():
            if line.startswith("durable "):
                durable = int(line.split()[1])
        return child.returncode, durable, images, rest

    def check(self, number):
        code, durable, images, rest = self.interrupt(number)
        self.assertEqual(code, 130, rest)
        self.assertTrue(self.run_json("-C", "p", "verify")["clean"])
        self.assertTrue(self.run_json("-C", "p", "status")["import_unfinished"])
        self.assertIn("Give the same command again", self.run_ok("-C", "p", "status").stdout)
        items = self.run_json("-C", "p", "status")["items"]
        self.assertIn(f"linnet: import: cancelled; the project keeps the {items:,} item", rest)
        self.assertIn("give the same command again to go on\n", rest)
        self.assertGreaterEqual(items, durable)
        self.assertLess(items, 20000)
        told = self.run_json("-C", "p", "import", images)
        self.assertEqual(told["existing"] + told["imported"], 20000)
        after = self.run_json("-C", "p", "status")
        self.assertEqual((after["items"], after["labelled"]), (20000, 20000))
        self.assertFalse(after["import_unfinished"])

    def test_ctrl_c(self):
        self.check(signal.SIGINT)

    def test_terminate(self):
        self.check(signal.SIGTERM)


class Tables(program.Case):
    def write_images(self):
        for i, name in enumerate("abcd"):
            write_pgm(self.folder / "set" / f"{name}.pgm", picture(KINDS[i % len(KINDS)], i))

    def grouped(self, project):
        """Answers and group of each item, by the last part of its path."""
        items = {item["id"]: item for item in self.run_lines("-C", project, "items")}
        name = {number: item["path"].rsplit("/", 1)[1] for number, item in items.items()}
        return {name[number]: (item["answers"], name.get(item.get("group"))) for number, item in items.items()}

    def test_groups_there_and_back(self):
        """Groups come back with their answers, and images in them with their own."""
        self.run_ok("init", "p")
        self.write_images()
        (self.folder / "set" / "own.csv").write_text("path,class\na.pgm,odd\n")
        (self.folder / "set" / "t.csv").write_text("path,class,study\na.pgm,Ill,s1\nb.pgm,Ill,s1\nc.pgm,,s2\nd.pgm,well,\n")
        self.run_ok("-C", "p", "import", "set/own.csv")
        self.run_ok("-C", "p", "import", "set/t.csv", "--column", "study=group")
        before = self.grouped("p")
        self.assertEqual(before, {"a.pgm": ({"class": "odd"}, "group:s1"), "b.pgm": ({}, "group:s1"),
                                  "c.pgm": ({}, "group:s2"), "d.pgm": ({"class": "well"}, None),
                                  "group:s1": ({"class": "ill"}, None), "group:s2": ({}, None)})
        for name in ("t.csv", "t.jsonl"):
            self.run_ok("-C", "p", "export", name)
            self.run_ok("init", "q-" + name)
            told = self.run_json("-C", "q-" + name, "import", name)
            self.assertEqual((told["imported"], told["groups"], told["labelled"]), (4, 2, 3))
            self.assertEqual(self.grouped("q-" + name), before)
            told = self.run_json("-C", "p", "import", name)  # where they are
            self.assertEqual((told["labelled"], told["labels_changed"], told["labels_same"]), (0, 0, 3))
            self.assertEqual(self.grouped("p"), before)

    def test_a_table_beside_images(self):
        self.run_ok("init", "p")
        self.write_images()
        (self.folder / "set" / "labels.csv").write_text("file,class\na.pgm,cat\n")
        (self.folder / "set" / "README.txt").write_text("words\n")
        warnings = self.run_json("-C", "p", "import", "set")["warnings"]
        self.assertRegex(" ".join(warnings), r"2 files in .*/set are no images .* were left alone; a table among them may hold "
                                             r"labels: linnet import .*/set/labels\.csv")

    def test_columns_are_told(self):
        self.run_ok("init", "p")
        self.write_images()
        (self.folder / "set" / "t.csv").write_text("file,class,site\na.pgm,cat,3\nb.pgm,dog,\ngone.pgm,cat,\n")
        told = self.run_json("-C", "p", "import", "set/t.csv", expect=3)
        self.assertEqual((told["imported"], told["labelled"]), (2, 2))
        self.assertEqual([(c["column"], c["name"], c["role"], c["of"], c["guessed"]) for c in told["columns"]],
                         [(1, "file", "path", "", True), (2, "class", "label", "class", True),
                          (3, "site", "meta", "site", True)])
        self.assertTrue(told["columns"][0]["table"].endswith("/set/t.csv"))
        self.assertRegex(told["refused"][0]["path"], r"/set/t\.csv:4$")
        self.assertEqual(told["refused"][0]["code"], "ENOTFOUND")
        out = self.run_ok("-C", "p", "import", "set/t.csv", expect=3).stdout
        self.assertIn("/set/t.csv\n  1  file: path (guessed)\n  2  class: label \"class\" (guessed)\n"
                      "  3  site: meta \"site\" (guessed)\n", out)

    def test_options(self):
        self.run_ok("init", "p")
        self.write_images()
        (self.folder / "names.txt").write_text("zero\none\n")
        (self.folder / "t.dat").write_text("a;1;x/y;u\nb;0;y;u\n")
        told = self.run_json("-C", "p", "import", "t.dat", "--format", "csv", "--root", "set", "--header", "no",
                             "--separator", "semicolon", "--column", "1=path", "--label", "4/2:kind", "--names",
                             "2=names.txt", "--column", "3=labels:tags", "--label-separator", "/")
        self.assertEqual((told["imported"], told["labelled"], told["refused"]), (2, 5, []))
        items = self.run_lines("-C", "p", "items")
        self.assertEqual([item["answers"] for item in items],
                         [{"kind": "u/one", "tags": ["x", "y"]}, {"kind": "u/zero", "tags": ["y"]}])

    def test_not_sure(self):
        self.run_ok("init", "p")
        self.write_images()
        (self.folder / "set" / "t.csv").write_text("a.pgm,1,2\n")
        self.fails(2, "-C", "p", "import", "set/t.csv", says="Give --column N=label, or levels as --label TOP/BELOW")
        for option, value, says in (("--separator", "ab", "is no separator"), ("--header", "perhaps", "auto|yes|no"),
                                    ("--column", "9=label", "no column"), ("--column", "x", "COLUMN=ROLE is needed")):
            self.assertIn(says, self.run_raw("-C", "p", "import", "set/t.csv", option, value).stderr)

    def test_an_export_comes_back(self):
        name = self.project(per_class=3)
        self.run_ok("-C", name, "export", "out.csv")
        self.run_ok("init", "q")
        self.run_ok("-C", "q", "import", "out.csv")
        told = [self.run_lines("-C", project, "items") for project in (name, "q")]
        self.assertEqual([(item["path"], item["answers"], item["split"]) for item in told[0]],
                         [(item["path"], item["answers"], item["split"]) for item in told[1]])


class Lists(program.Case):
    """Lists of what is in a picture: complete ones, and others."""

    TABLE = "path,tags\na.pgm,cat;dog\nb.pgm,owl\nc.pgm,\nd.pgm,owl;cat\n"
    COMPLETE = {"a": ("cat dog", "owl"), "b": ("owl", "cat dog"), "c": ("", "cat dog owl"), "d": ("cat owl", "dog")}
    AS_LISTED = {"a": ("cat dog", ""), "b": ("owl", ""), "c": ("", ""), "d": ("cat owl", "")}

    def setUp(self):
        super().setUp()
        for i, name in enumerate("abcd"):
            write_pgm(self.folder / "set" / f"{name}.pgm", picture("disc", 100 * i))
        (self.folder / "set" / "t.csv").write_text(self.TABLE)
        self.run_ok("init", "p")

    def said(self, question="tags"):
        return {Path(row["path"]).stem: tuple(" ".join(sorted(row.get(key, {}).get(question, [])))
                                              for key in ("answers", "answers_no"))
                for row in self.run_lines("-C", "p", "items")}

    def test_complete_at_import(self):
        told = self.run_json("-C", "p", "import", "set/t.csv", "--unlisted", "no")
        self.assertEqual((told["labelled"], told["refused"], told["columns"][1]["of"]), (12, [], "tags"))
        self.assertEqual(self.said(), self.COMPLETE)
        self.assertEqual(len(self.run_lines("-C", "p", "items", "--where", "tags.owl=no")), 2)
        told = self.run_json("-C", "p", "import", "set/t.csv", "--unlisted", "no")
        self.assertEqual((told["labelled"], told["labels_changed"]), (0, 0))

    def test_complete_later(self):
        """By the same table again, or by a command over items; the next step is never a command that refuses."""
        told = self.run_ok("-C", "p", "import", "set/t.csv").stdout
        command = "linnet annotate --where 'tags=answered' --set tags.others=no"
        self.assertIn(f"Next: {command} (", told)
        self.assertIn(f"Next: {command} (", self.run_ok("-C", "p", "status").stdout)
        self.assertEqual(self.said(), self.AS_LISTED)
        self.fails(1, "-C", "p", "train", "--feature", "pixels", says=command)
        self.run_ok("-C", "p", "import", "set/t.csv", "--unlisted", "no")
        self.assertEqual(self.said(), self.COMPLETE)
        self.run_ok("-C", "p", "undo")
        self.assertEqual(self.said(), self.AS_LISTED)
        told = self.run_json("-C", "p", "annotate", "--where", "tags=answered", "--set", "tags.others=no")
        self.assertEqual((told["added"], told["changed"], told["touched"]), (4, 0, 3))
        self.assertEqual(self.said(), {**self.COMPLETE, "c": ("", "")})
        self.assertIn("Next: linnet split", self.run_ok("-C", "p", "status").stdout)
        self.run_ok("-C", "p", "undo")
        self.assertEqual(self.said(), self.AS_LISTED)
        self.run_ok("-C", "p", "annotate", "1", "3", "--set", "tags.others=no", "--set", "tags=owl")
        self.assertEqual(self.said(), {**self.AS_LISTED, "a": ("cat dog owl", ""), "c": ("owl", "cat dog")})

    def test_where_it_cannot_be_said(self):
        (self.folder / "set" / "u.csv").write_text("path,class\na.pgm,cat\n")
        for says, *words in (("of the lists of one table", "set/t.csv", "set/u.csv"), ("of the lists of one table", "set"),
                             ("no column holds such", "set/u.csv"), ("--existing keep", "set/t.csv", "--existing", "keep"),
                             ("neither with", "set/t.csv", "--group", "(.)")):
            self.fails(2, "-C", "p", "import", *words, "--unlisted", "no", says=says)
        self.assertEqual(self.run_json("-C", "p", "status")["items"], 0)
        self.run_ok("-C", "p", "import", "set/t.csv")
        self.fails(2, "-C", "p", "annotate", "1", "--set", "tags.others=yes", says="answered with no")
        (self.folder / "set" / "v.csv").write_text("id,tags.others\n1,no\n")
        self.assertIn("--set alone", self.run_ok("-C", "p", "annotate", "--file", "set/v.csv", expect=3).stdout)
        (self.folder / "set" / "twice.csv").write_text("path,tags\na.pgm,cat;dog\na.pgm,owl\n")
        self.fails(2, "-C", "p", "import", "set/twice.csv", "--unlisted", "no", says="names an image twice")
        names = ";".join(f"n{i}" for i in range(2001))
        (self.folder / "set" / "many.csv").write_text(f"path,names\na.pgm,{names}\n")
        self.fails(1, "-C", "p", "import", "set/many.csv", "--column", "names=labels", "--unlisted", "no", says="at most 2000")

    def test_groups_stay_open(self):
        (self.folder / "set" / "g.csv").write_text("path,tags,set\na.pgm,cat,x\nb.pgm,owl,x\nc.pgm,owl,\n")
        told = self.run_json("-C", "p", "import", "set/g.csv", "--column", "set=group", "--column", "tags=labels", "--unlisted", "no")
        self.assertEqual([text for text in told["warnings"] if "stays unknown" in text][0].count("groups"), 1)
        self.assertEqual({key: value for key, value in self.said().items() if key in "abc"},
                         {"a": ("", ""), "b": ("", ""), "c": ("owl", "cat")})

    def test_a_question_of_the_columns_name(self):
        """Where nobody says another, and there is no question "class"."""
        self.run_ok("-C", "p", "import", "set/t.csv", "--target", "animals")
        self.assertEqual(self.said("animals"), self.AS_LISTED)
        self.run_ok("init", "q")
        self.run_ok("-C", "q", "import", "set/t.csv", "--column", "tags=labels:class")
        self.run_ok("-C", "q", "import", "set/t.csv")
        self.assertEqual([q["id"] for q in self.run_json("-C", "q", "ontology", "show")["classifications"]], ["class"])


class RealTables(program.Case):
    """Sets that many have; where they are missing there is nothing to test."""
    def data(self, name):
        folder = DATA / name
        if not folder.exists():
            self.skipTest(f"{folder} is not there")
        return str(folder)

    def counts(self, *arguments):
        told = self.run_json("-C", "p", "import", *arguments)
        return told["imported"], told["existing"], told["labelled"], len(told["refused"])

    def test_grocery(self):
        folder = self.data("grocery")
        self.run_ok("init", "p")
        lists = [f"{folder}/{name}.txt" for name in ("train", "val", "test")]
        options = ("--label", "3/2", "--names", "2=classes.csv:2:1", "--names", "3=classes.csv:4:3")
        rows = [len(Path(name).read_text().splitlines()) for name in lists]
        self.assertEqual(self.counts(*lists, *options), (sum(rows), 0, sum(rows), 0))
        question = self.run_json("-C", "p", "ontology", "show")["classifications"][0]
        self.assertEqual((question["type"], len(question["options"])), ("tree", 43))
        self.assertEqual(sum(len(option.get("options", [])) for option in question["options"]), 81)
        status = self.run_json("-C", "p", "status")
        self.assertEqual([status["splits"][name] for name in ("train", "val", "test")], rows)
        self.assertEqual(self.counts(*lists, *options), (0, sum(rows), 0, 0))

    def there_and_back(self, name):
        """What comes back of project "p" by way of a file or folder NAME, and what was there."""
        self.run_ok("-C", "p", "export", self.folder / name)
        self.run_ok("init", "q-" + name)
        self.run_ok("-C", "q-" + name, "import", name, "--no-verify")
        keys = ("split", "stage", "answers", "answers_no", "meta")
        return [{item["path"]: [item.get(key) for key in keys] for item in self.run_lines("-C", project, "items")}
                for project in ("p", "q-" + name)]

    def fill(self, source):
        """A set that is split, with metadata, images without a label, and one that is in no split."""
        self.run_ok("init", "p")
        self.run_ok("-C", "p", "import", source, "--no-verify")
        self.run_ok("-C", "p", "split")
        write_pgm(self.folder / "flat" / "x.pgm", picture("disc", 99))
        write_pgm(self.folder / "more" / "y.pgm", picture("disc", 98))
        self.run_ok("-C", "p", "import", "flat")
        self.run_ok("-C", "p", "import", "more", "--split", "val")
        paths = [item["path"] for item in self.run_lines("-C", "p", "items")][:9]
        (self.folder / "meta.csv").write_text("path,site,code\n" + "".join(
            f'{path},"north, ""east""; 1",00{i}\n' for i, path in enumerate(paths)))
        self.run_ok("-C", "p", "import", "meta.csv")

    def test_stamps_there_and_back(self):
        self.fill(self.data("stamps"))
        for name in ("t.csv", "t.jsonl"):
            before, after = self.there_and_back(name)
            self.assertEqual(before, after)
            self.assertEqual(len(after), 228)
        before, after = ({os.path.basename(path): values[:4] for path, values in items.items()}
                         for items in self.there_and_back("folder"))
        self.assertEqual(before, after)

    def test_coco_there_and_back(self):
        self.fill(self.data("coco_multilabel") + "/labels.csv")
        for name in ("t.csv", "t.jsonl"):
            before, after = self.there_and_back(name)
            self.assertEqual(before, after)
            self.assertEqual(len(after), 258)

    def test_coco(self):
        folder = self.data("coco_multilabel")
        self.run_ok("init", "p")
        with open(f"{folder}/labels.csv", newline="") as table:
            rows = list(csv.DictReader(table))
        n_labels = sum(len([title for title in row["labels"].split(";") if title]) for row in rows)
        self.assertEqual(self.counts(f"{folder}/labels.csv"), (len(rows), 0, n_labels, 0))
        self.assertEqual(self.run_json("-C", "p", "ontology", "show")["classifications"][0]["type"], "checklist")

    def test_members_of_an_archive(self):
        folder = self.data("mnist")
        self.run_ok("init", "p")
        options = (f"{folder}/test_labels.csv", "--root", f"{folder}/mnist_test.tar.gz", "--column", "given=label",
                   "--column", "*=skip")
        self.assertEqual(self.counts(*options), (10000, 0, 10000, 0))
        self.assertEqual(self.counts(*options), (0, 10000, 0, 0))


if __name__ == "__main__":
    unittest.main()
