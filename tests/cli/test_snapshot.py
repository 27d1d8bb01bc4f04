"""snapshot: names for the data, their fingerprint, and what changed between two."""
import hashlib
import json
import pathlib
import shutil
import unittest
import zipfile

import program
import test_targets
from program import write_folders, write_pgm, picture


def fingerprint(lines, content):
    """As docs/guide/snapshot.md says."""
    total = 0
    for item in lines:
        fields = [f"{question}={value}" for question, value in item["answers"].items() if not isinstance(value, list)]
        for key, number in (("answers", 1), ("answers_no", 0)):
            fields += [f"{question}/{option}={number}" for question, options in item.get(key, {}).items()
                       if isinstance(options, list) for option in options]
        line = "\t".join([content(item), item["split"], *sorted(fields)]) + "\n"
        total += int.from_bytes(hashlib.blake2b(line.encode(), digest_size=32).digest(), "little")
    return (total % 2 ** 256).to_bytes(32, "little").hex()


def blake(item):
    with open(item["path"], "rb") as file:
        return hashlib.blake2b(file.read(), digest_size=32).hexdigest()


class Snapshots(program.Case):
    def test_fingerprint_is_computed_elsewhere_too(self):
        name = self.project(per_class=3)
        (self.folder / "l.csv").write_text("path,parts,note\n" + "".join(
            f"{self.folder}/photos/disc/00{i}.pgm,{'a;b' if i else 'b'},x\n" for i in range(3)))
        self.run_ok("-C", name, "import", "l.csv", "--label", "parts")
        told = self.run_lines("-C", name, "snapshot", "create", "one")[0]
        self.assertEqual(set(told), {"name", "items", "fingerprint", "where", "person", "created_ms", "bytes"})
        self.assertEqual((told["name"], told["items"], told["where"]), ("one", 9, ""))
        self.assertEqual(told["fingerprint"], fingerprint(self.run_lines("-C", name, "items"), blake))
        # The same images with the same answers in another project, brought in another order.
        self.run_ok("-C", name, "export", "t.jsonl")
        lines = (self.folder / "t.jsonl").read_text().splitlines()
        (self.folder / "turned.jsonl").write_text("\n".join(reversed(lines)) + "\n")
        (self.folder / "o.json").write_text(self.run_ok("-C", name, "ontology", "show", "--json").stdout)
        self.run_ok("init", "q", "--ontology", "o.json")
        self.run_ok("-C", "q", "import", "turned.jsonl")
        again = self.run_lines("-C", "q", "snapshot", "create", "one")[0]
        self.assertEqual(again["fingerprint"], told["fingerprint"])

    def test_names(self):
        name = self.project(per_class=1)
        for wrong in ("../x", "a/b", "a\\b", ".x", "", "x" * 201):
            self.fails(2, "-C", name, "snapshot", "create", wrong, says="1 to 200 bytes of letters, digits, blanks and other signs")
        self.fails(2, "-C", name, "snapshot", "create", "now", says="stands for the data as they are")
        self.fails(1, "-C", name, "snapshot", "create", "x", "--where", "id>9", says="no item matches")
        self.run_ok("-C", name, "snapshot", "create", "Frühjahr 2026, v1.2")
        self.assertEqual([row["name"] for row in self.run_lines("-C", name, "snapshot")], ["Frühjahr 2026, v1.2"])

    def test_diff_after_migrations(self):
        """What was merged since has its old names; what was only renamed is no change of an answer."""
        name = self.project(per_class=3)
        (self.folder / "l.csv").write_text(f"path,parts,note\n{self.folder}/photos/disc/000.pgm,a;b,x\n")
        self.run_ok("-C", name, "import", "l.csv", "--column", "parts=labels:parts")
        self.run_ok("-C", name, "snapshot", "create", "then")
        for words in (("merge", "class/disc,class/cross", "title=Shape"), ("rename", "class/stripes", "id=lines", "title=Lines"),
                      ("rename", "class", "id=form", "title=Form"), ("merge", "parts/a,parts/b", "title=c")):
            self.run_ok("-C", name, "ontology", "migrate", *words)
        told = self.run_json("-C", name, "snapshot", "diff", "then")
        moves = {(row["question"], row["from"], row["to"], row["n"]) for row in told["answers"]}
        self.assertEqual(moves, {("form", "cross", "shape", 3), ("form", "disc", "shape", 3), ("parts/a", "1", "", 1),
                                 ("parts/b", "1", "", 1), ("parts/c", "", "1", 1)})
        self.assertEqual((told["changed"], told["ontology_changed"]), (6, True))
        turned = self.run_json("-C", name, "snapshot", "diff", "now", "then")["answers"]
        self.assertIn({"question": "class", "from": "shape", "to": "disc", "n": 3}, turned)
        self.assertTrue(self.run_json("-C", name, "verify")["clean"])

    def test_diff(self):
        name = self.project(per_class=4)
        self.run_ok("-C", name, "snapshot", "create", "before")
        self.assertRegex(self.run_ok("-C", name, "snapshot", "diff", "before").stdout, r"\AThe same: 12 items\n\Z")
        told = self.run_json("-C", name, "snapshot", "diff", "before", "now")
        self.assertTrue(told["same"])
        for i in range(2):
            write_pgm(self.folder / "more" / "star" / f"{i}.pgm", picture("disc", 90 + i))
        self.run_ok("-C", name, "import", "more", "--split", "test")
        (self.folder / "l.csv").write_text(f"path,class\n{self.folder}/photos/disc/000.pgm,stripes\n")
        self.run_ok("-C", name, "import", "l.csv", "--existing", "replace")
        told = self.run_json("-C", name, "snapshot", "diff", "before")
        self.assertEqual((told["before"], told["after"], told["added"], told["removed"]), (12, 14, 2, 0))
        self.assertEqual((told["same"], told["changed"], told["ontology_changed"]), (False, 1, True))
        self.assertEqual(told["answers"], [{"question": "class", "from": "disc", "to": "stripes", "n": 1}])
        self.run_ok("-C", name, "snapshot", "create", "after", "--where", "class!=star")
        told = self.run_json("-C", name, "snapshot", "diff", "after", "before")
        self.assertEqual((told["added"], told["removed"]), (0, 0))
        self.assertEqual(told["answers"][0]["from"], "stripes")
        self.run_ok("-C", name, "split", "--by", "random", "--val", "0", "--test", "0.5", "--seed", "1")
        told = self.run_json("-C", name, "snapshot", "diff", "after")  # by the snapshot's own filter
        self.assertEqual((told["added"], told["removed"]), (0, 0))
        self.assertGreater(sum(move["n"] for move in told["splits"]), 0)
        self.assertRegex(self.run_ok("-C", name, "snapshot", "diff", "after").stdout, r"(?m)^split +\d+  ")
        self.assertTrue(self.run_json("-C", name, "verify")["clean"])

    def test_list_show_remove_and_wrong_usage(self):
        name = self.project(per_class=1)
        self.assertIn("No snapshots", self.run_ok("-C", name, "snapshot").stdout)
        self.run_ok("-C", name, "snapshot", "create", "a b")
        self.run_ok("-C", name, "snapshot", "create", "c")
        self.assertEqual([line["name"] for line in self.run_lines("-C", name, "snapshot", "list")], ["a b", "c"])
        self.assertIn("fingerprint", self.run_ok("-C", name, "snapshot", "show", "a b").stdout)
        self.fails(1, "-C", name, "snapshot", "create", "c", says="already")
        self.fails(1, "-C", name, "snapshot", "show", "d", says="there are: a b, c")
        self.fails(1, "-C", name, "snapshot", "diff", "d", says="there are: a b, c")
        self.assertEqual(self.run_json("-C", name, "snapshot", "remove", "c"), {"removed": "c"})
        self.fails(1, "-C", name, "snapshot", "remove", "c", says="there are: a b")
        self.fails(2, "-C", name, "snapshot", "diff", "now", says="now does not differ")
        self.fails(2, "-C", name, "snapshot", "create", "now", says="stands for the data")
        self.fails(2, "-C", name, "snapshot", "create", "x", "--where", "colour=1", says="colour")
        self.fails(2, "-C", name, "snapshot", "diff", "a b", "--where", "id=1", says="--where belongs")
        self.fails(2, "-C", name, "snapshot", "what", says="linnet help snapshot lists what there is")
        self.fails(2, "-C", name, "snapshot", "show", says="linnet snapshot show NAME")
        self.assertEqual(json.loads(self.run_ok("-C", name, "snapshot", "--json").stdout)["name"], "a b")

    def weights(self, name, model):
        """What a model file holds beside its manifest, and what that says of the data."""
        with zipfile.ZipFile(self.folder / name / "models" / f"{model}.lnt") as file:
            told = json.loads(file.read("manifest.json"))
            return told, {entry: file.read(entry) for entry in file.namelist() if entry != "manifest.json"}

    def change(self, name):
        """Another answer for a third of the items, and other splits."""
        (self.folder / "l.csv").write_text("path,class\n" + "".join(
            f"{self.folder}/photos/disc/{i:03}.pgm,stripes\n" for i in range(8)))
        self.run_ok("-C", name, "import", "l.csv", "--existing", "replace")
        self.run_ok("-C", name, "split", "--by", "random", "--val", "0.3", "--test", "0.3", "--seed", "7")

    def test_training_on_one_is_as_it_was_before(self):
        name = self.project(per_class=12)
        self.run_ok("-C", name, "split", "--by", "random", "--val", "0.2", "--test", "0.2", "--seed", "1")
        self.run_ok("-C", name, "train", "--name", "before")
        mark = self.run_lines("-C", name, "snapshot", "create", "then")[0]["fingerprint"]
        self.change(name)
        self.run_ok("-C", name, "train", "--name", "now")
        self.run_ok("-C", name, "train", "--name", "again", "--snapshot", "then")
        (before, old), (now, new), (again, same) = (self.weights(name, model) for model in ("before", "now", "again"))
        self.assertEqual(same, old)
        self.assertNotEqual(new, old)
        for key in ("n_train", "data_fingerprint", "metrics", "calibration", "classes"):
            self.assertEqual(again[key], before[key], key)
        self.assertNotEqual(now["data_fingerprint"], before["data_fingerprint"])
        self.assertEqual(again["snapshot"], {"name": "then", "fingerprint": mark})
        self.assertNotIn("snapshot", now)
        self.assertEqual(self.run_json("-C", name, "models", "show", "again")["snapshot"], again["snapshot"])
        self.assertIsNone(self.run_json("-C", name, "models", "show", "now")["snapshot"])
        self.assertIn(f"then, fingerprint {mark}", self.run_ok("-C", name, "models", "show", "again").stdout)
        self.fails(1, "-C", name, "train", "--snapshot", "other", says="there are: then")

    def judged(self, name, model, *words, **options):
        """What an evaluation says of the items, without what it says of itself."""
        told = self.run_json("-C", name, "evaluate", model, "--resamples", "50", *words, **options)
        return {key: value for key, value in told.items() if key not in ("seconds", "snapshot", "warnings", "refused")}, told

    def test_judging_by_one_is_as_it_was_before(self):
        name = self.project(per_class=12)
        self.run_ok("-C", name, "split", "--by", "random", "--val", "0.2", "--test", "0.3", "--seed", "1", "--near", "apart")
        self.run_ok("-C", name, "train", "--name", "m")
        mark = self.run_lines("-C", name, "snapshot", "create", "then")[0]["fingerprint"]
        before, told = self.judged(name, "m")
        self.assertIsNone(told["snapshot"])
        self.assertTrue(told["leaks"])
        for item in self.run_lines("-C", name, "items", "--where", "split=test")[:3]:
            self.run_ok("-C", name, "annotate", str(item["id"]), "--set", "class=stripes")
        self.run_ok("-C", name, "split", "--test", "0.2", "--seed", "7")
        self.assertNotEqual(self.judged(name, "m")[0], before)
        after, told = self.judged(name, "m", "--snapshot", "then", "--html", "then.html")
        after["html"] = None
        self.assertEqual(after, before)
        self.assertEqual(told["snapshot"], {"name": "then", "fingerprint": mark})
        self.assertIn("take a new snapshot and train again after it: linnet split", told["warnings"][0])
        page = (self.folder / "then.html").read_text()
        self.assertIn("of the snapshot <bdi>then</bdi>", page)
        self.assertIn(mark, page)
        text = self.run_ok("-C", name, "evaluate", "m", "--snapshot", "then").stdout
        self.assertIn("m on the split test of the snapshot then: ", text)
        self.assertIn("linnet evaluate m --snapshot then --html report.html", text)
        self.run_ok("-C", name, "train", "--name", "same", "--snapshot", "then")
        told = self.judged(name, "m", "--snapshot", "then", "--compare", "same")[1]["comparison"]
        self.assertEqual((told["n"], told["measures"]["accuracy"]["difference"]), (before["n"], 0))
        self.run_ok("-C", name, "train", "--name", "late")  # on the splits as they are: on some of the snapshot's test
        self.assertIn("Train on the splits of the snapshot: linnet train --snapshot then",
                      " ".join(self.judged(name, "late", "--snapshot", "then")[1]["warnings"]))
        self.fails(1, "-C", name, "evaluate", "m", "--snapshot", "other", says="there are: then")
        self.fails(1, "-C", name, "evaluate", "m", "--snapshot", "then", "--split", "moon",
                   says='the snapshot "then" has no labelled items in the split "moon"')

    def test_judging_by_one_tells_what_is_another_picture(self):
        name = self.project(per_class=6)
        self.run_ok("-C", name, "split", "--val", "0", "--test", "0.5", "--near", "apart")
        self.run_ok("-C", name, "train", "--name", "m")
        self.run_ok("-C", name, "snapshot", "create", "then")
        path = self.run_lines("-C", name, "items", "--where", "split=test")[0]["path"]
        write_pgm(self.folder / "photos" / path, picture("disc", 77))
        self.run_ok("-C", name, "import", "photos", "--changed", "update")
        told = self.run_json("-C", name, "evaluate", "m", "--snapshot", "then", expect=3)
        self.assertEqual((told["n"], len(told["refused"])), (8, 1))
        self.assertIn("another since the snapshot", told["refused"][0]["reason"])
        self.assertIn(path, told["refused"][0]["path"])

    def test_training_on_one_after_a_migration(self):
        name = self.project(per_class=6)
        self.run_ok("-C", name, "train", "--name", "before")
        self.run_ok("-C", name, "snapshot", "create", "then")
        self.run_ok("-C", name, "ontology", "migrate", "rename", "class/disc", "title=Round")
        self.run_ok("-C", name, "train", "--name", "renamed", "--snapshot", "then")
        self.assertEqual(self.weights(name, "renamed")[1], self.weights(name, "before")[1])
        self.run_ok("-C", name, "ontology", "migrate", "merge", "class/disc,class/cross", "title=Both")
        self.fails(1, "-C", name, "train", "--name", "merged", "--snapshot", "then", says="merged, moved or retired")

    def test_training_on_one_tells_what_is_another_picture(self):
        name = self.project(per_class=6)
        self.run_ok("-C", name, "snapshot", "create", "then")
        write_pgm(self.folder / "photos" / "disc" / "000.pgm", picture("disc", 77))
        self.run_ok("-C", name, "import", "photos", "--changed", "update")
        told = self.run_json("-C", name, "train", "--name", "m", "--snapshot", "then", expect=3)
        self.assertEqual(told["models"][0]["n_train"], 17)
        listed = self.run_lines("-C", name, "models")[0]
        self.assertEqual(listed["snapshot"]["name"], "then")
        self.assertEqual(listed["snapshot"]["fingerprint"], self.run_lines("-C", name, "snapshot", "show", "then")[0]["fingerprint"])
        self.assertIn("another since the snapshot", json.dumps(told["refused"]))
        self.assertIn("000.pgm", json.dumps(told["refused"]))

    def test_training_on_one_of_every_kind_of_target(self):
        test_targets.write_tables(self.folder)
        columns = ("--column", "class=label:class", "--column", "round=onehot:marks", "--column", "lines=onehot:marks",
                   "--column", "shade=number")
        self.run_ok("init", "p")
        self.run_ok("-C", "p", "import", "t.csv", *columns)
        self.run_ok("-C", "p", "import", "tree.csv", "--label", "top/below", "--target", "kind")
        kinds = (("marks", "logistic"), ("kind", "logistic", "--structure", "hierarchical"), ("shade", "ridge"))
        train = {target: ("train", "--target", target, "--feature", "pixels", "--learner", *more) for target, *more in kinds}
        for target, words in train.items():
            self.run_ok("-C", "p", *words, "--name", target)
        self.run_ok("-C", "p", "snapshot", "create", "then")
        judged = {target: self.judged("p", target)[0] for target in train}
        for table in ("t.csv", "tree.csv"):  # the answers of each for the picture before it
            head, *rows = [line.split(",", 1) for line in (self.folder / table).read_text().splitlines()]
            turned = [[row[0], rows[i - 1][1]] for i, row in enumerate(rows)]
            (self.folder / table).write_text("".join(",".join(row) + "\n" for row in [head, *turned]))
        self.run_ok("-C", "p", "import", "t.csv", *columns)
        self.run_ok("-C", "p", "import", "tree.csv", "--label", "top/below", "--target", "kind")
        for target, words in train.items():
            self.run_ok("-C", "p", *words, "--name", f"{target}-now")
            self.run_ok("-C", "p", *words, "--name", f"{target}-then", "--snapshot", "then")
            before, now, then = (self.weights("p", target + end) for end in ("", "-now", "-then"))
            self.assertEqual(then[1], before[1], target)
            self.assertEqual(then[0]["data_fingerprint"], before[0]["data_fingerprint"], target)
            self.assertNotEqual(now[1], before[1], target)
            self.assertEqual(self.judged("p", target, "--snapshot", "then")[0], judged[target])
            self.assertNotEqual(self.judged("p", target)[0], judged[target])


class Export(program.Case):
    """export --snapshot gives the bytes that an export gave when the snapshot was taken, whatever changed since."""

    def files(self, folder):
        paths = [path for path in sorted((self.folder / folder).rglob("*")) if path.is_file()]
        return {str(path.relative_to(self.folder / folder)): (hash(path.read_bytes()), path.stat().st_mtime_ns) for path in paths
                if path.name not in ("manifest", "journal")}

    def exports(self, end, *words, expect=0):
        """Of every kind: what was written."""
        for out in ("a.csv", "b.jsonl"):
            self.run_ok("-C", "p", "export", end + out, *words, expect=expect)
        for out, more in (("class", ("--target", "class")), ("parts", ("--target", "parts", "--link")), ("test", ("--target", "class", "--split", "test")),
                          ("png", ("--target", "class", "--convert", "png"))):
            self.run_ok("-C", "p", "export", end + out, *more, *words, expect=expect)
        found = {out: (self.folder / (end + out)).read_text() for out in ("a.csv", "b.jsonl")}
        return found | {out: self.files(end + out) for out in ("class", "parts", "test", "png")}

    def rich_project(self):
        """Answers of every kind to images, to a group and to frames; in splits, with metadata, remarks and confidences."""
        name = self.project(per_class=6)
        write_pgm(self.folder / "shots" / "x_1.pgm", picture("disc", 70))
        write_pgm(self.folder / "shots" / "x_2.pgm", picture("disc", 71))
        write_pgm(self.folder / "shots" / "y_1.pgm", picture("cross", 72))
        self.run_ok("-C", name, "import", "shots", "--group", "([a-z])_", "--split", "val")
        shutil.copy(pathlib.Path(__file__).parent.parent / "image" / "data" / "animation.gif", self.folder / "clip.gif")
        self.run_ok("-C", name, "import", "clip.gif", "--frames", "each")
        group, frame = ([item["id"] for item in self.run_lines("-C", name, "items", "--where", where)][0]
                        for where in ("kind=group", "format=gif"))
        self.run_ok("-C", name, "annotate", group, "--set", "class=stripes")  # that of its images, too
        self.run_ok("-C", name, "annotate", frame, "--set", "class=cross", "--confidence", "0.75")
        (self.folder / "l.csv").write_text("path,parts,size,site,note\n" + "".join(
            f"{self.folder}/photos/disc/00{i}.pgm,{'a;b' if i else 'b'},{i / 2},s{i % 2},n{i}\n" for i in range(4)))
        self.run_ok("-C", name, "import", "l.csv", "--column", "parts=labels:parts", "--column", "size=number",
                    "--column", "site=meta", "--column", "note=meta")
        self.run_ok("-C", name, "split", "--by", "random", "--val", "0.2", "--test", "0.3", "--seed", "1")
        self.run_ok("-C", name, "annotate", "3", "--skip", "too dark", "--comment", "look again")
        self.run_ok("-C", name, "annotate", "4", "--set", "class=unsure")
        return group, frame

    def change_everything(self, group, frame):
        for words in (("merge", "class/disc,class/cross", "title=Shape"), ("rename", "class", "id=form", "title=Form"),
                      ("retire", "form/stripes"), ("rename", "parts/a", "id=z", "title=Z"), ("order", "form", "last=yes")):
            self.run_ok("-C", "p", "ontology", "migrate", *words)
        for words in ((group, "--set", "form=shape"), (frame, "--clear", "form"), ("3", "--comment", "no"), ("5", "--skip", "late"),
                      ("--where", "path=disc", "--clear", "size")):
            self.run_ok("-C", "p", "annotate", *words)
        (self.folder / "m.csv").write_text(f"path,site,newer\n{self.folder}/photos/disc/000.pgm,other,1\n")
        self.run_ok("-C", "p", "import", "m.csv", "--column", "site=meta", "--column", "newer=meta", "--existing", "replace")
        self.run_ok("-C", "p", "split", "--by", "random", "--val", "0.5", "--test", "0", "--seed", "9")
        write_folders(self.folder / "more" / "extra", per_class=2, start=80)
        self.run_ok("-C", "p", "import", "more")

    def test_every_format(self):
        group, frame = self.rich_project()
        before = self.exports("before-")
        self.run_ok("-C", "p", "snapshot", "create", "v1")
        self.run_ok("-C", "p", "snapshot", "create", "discs", "--where", "path=disc and kind=image")
        self.run_ok("-C", "p", "export", "discs.csv", "--where", "path=disc and kind=image")
        self.change_everything(group, frame)
        then = self.exports("then-", "--snapshot", "v1")
        for out, wanted in before.items():
            self.assertEqual(then[out], wanted, out)
        self.assertNotEqual(self.run_ok("-C", "p", "snapshot", "diff", "v1").stdout, "")
        self.run_ok("-C", "p", "export", "discs2.csv", "--snapshot", "discs")
        self.assertEqual((self.folder / "discs2.csv").read_bytes(), (self.folder / "discs.csv").read_bytes())
        # Into the folder of one: nothing is left to do. What it says of itself.
        told = self.run_json("-C", "p", "export", "then-class", "--target", "class", "--snapshot", "v1")
        self.assertEqual((told["unchanged"], told["removed"]), (told["exported"], 0))
        self.assertEqual(told["snapshot"], "v1")
        self.assertTrue(self.run_json("-C", "p", "verify")["clean"])

    def test_pictures_that_changed_or_went(self):
        self.project(per_class=3)
        self.run_ok("-C", "p", "snapshot", "create", "then")
        self.run_ok("-C", "p", "export", "out")
        whole = self.files("out")
        write_pgm(self.folder / "photos" / "disc" / "000.pgm", picture("disc", 77))
        self.run_ok("-C", "p", "import", "photos", "--changed", "update")
        (self.folder / "photos" / "disc" / "001.pgm").unlink()
        told = self.run_json("-C", "p", "export", "again", "--snapshot", "then", expect=3)
        self.assertEqual((told["exported"], sorted(row["code"] for row in told["refused"])), (7, ["ECONFLICT", "ENOTFOUND"]))
        self.assertEqual(self.run_json("-C", "p", "export", "links", "--link", "--snapshot", "then", expect=3)["exported"], 7)
        # Copies that are there are what the snapshot says.
        self.assertEqual(self.run_json("-C", "p", "export", "out", "--snapshot", "then")["unchanged"], 9)
        self.assertEqual(self.files("out"), whole)
        told = self.run_json("-C", "p", "export", "t.csv", "--snapshot", "then", expect=3)  # its size is not known any more
        self.assertEqual((told["exported"], [row["reason"] for row in told["refused"]]),
                         (8, ["it is another picture since the snapshot was taken"]))

    def test_wrong_usage(self):
        self.project(per_class=1)
        self.run_ok("-C", "p", "snapshot", "create", "then")
        self.fails(1, "-C", "p", "export", "out", "--snapshot", "them", says='no snapshot "them"; there are: then')
        self.fails(2, "-C", "p", "export", "out", "--snapshot", "then", "--where", "id=1", says="leave out --where")
        self.fails(1, "-C", "p", "export", "out", "--snapshot", "then", "--split", "val", says='no item of the snapshot "then" is in the split "val"')
        self.assertFalse((self.folder / "out").exists())


if __name__ == "__main__":
    unittest.main()
