"""What goes wrong in data, in the project and in the middle of work: what is said, what is kept, what goes on."""
import json
import resource
import sqlite3
import unittest
import zipfile

import program

NAME_MAX = 100  # bytes of a model's name


class Predict(program.Case):
    @classmethod
    def setUpClass(cls):
        maker = program.Case()
        maker.setUp()
        cls.addClassCleanup(maker.doCleanups)
        maker.project(per_class=12)
        maker.run_ok("-C", "p", "train", "--feature", "pixels", "--name", "shapes")
        cls.model = maker.folder / "p" / "models" / "shapes.lnt"

    def test_broken_array_among_others(self):
        program.write_pgm(self.folder / "good.pgm", program.picture("disc", 1))
        images = program.write_idx(self.folder, "train", 9, labels=False)
        images.write_bytes(images.read_bytes()[:-1])
        lines = self.run_lines("predict", self.model, images, "good.pgm", expect=3)
        self.assertEqual([set(line) >= {"error"} for line in lines], [True, False])
        self.assertEqual(lines[0]["path"], str(images))
        self.assertEqual(lines[1]["label"], "disc")

    def test_nothing_to_classify(self):
        (self.folder / "empty").mkdir()
        (self.folder / "other").mkdir()
        self.assertEqual(self.fails(1, "predict", self.model, "empty", says="empty holds no images")["code"],
                         "ENOTFOUND")
        self.fails(1, "predict", self.model, "empty", "other", says="name images")


class Import(program.Case):
    def test_files_that_are_no_images(self):
        program.write_folders(self.folder / "photos", per_class=2)
        for name in ("copyright", "disc/README", "cross/notes.txt"):
            (self.folder / "photos" / name).write_text("Permission is hereby granted, free of charge\n")
        self.run_ok("init", "p")
        told = self.run_json("-C", "p", "import", "photos")
        self.assertEqual((told["imported"], told["refused"]), (6, []))
        self.assertEqual([text for text in told["warnings"] if "3 files in" in text], told["warnings"])
        options = self.run_json("-C", "p", "ontology", "show")["classifications"][0]["options"]
        self.assertEqual([option["id"] for option in options], sorted(program.KINDS))


class Init(program.Case):
    def test_ontology_without_questions(self):
        (self.folder / "empty.json").write_text('{"classifications": []}')
        self.assertEqual(self.fails(1, "init", "p", "--ontology", "empty.json", says="no questions")["code"], "EDATA")
        self.assertFalse((self.folder / "p").exists())
        self.run_ok("init", "p")

    def test_ontology_that_cannot_be_stored(self):
        options = [{"id": f"option-{i}"} for i in range(20000)]
        (self.folder / "big.json").write_text(json.dumps(
            {"classifications": [{"id": "class", "type": "radio", "options": options}]}))

        def small_files():
            resource.setrlimit(resource.RLIMIT_FSIZE, (400000, 400000))
        result = self.run_ok("init", "p", "--ontology", "big.json", expect=1, preexec_fn=small_files,
                             restore_signals=False)  # too large a file is an error then, not a signal
        self.assertIn("linnet: init: ", result.stderr)
        self.assertEqual(list((self.folder / "p").iterdir()), [])
        self.assertEqual(self.run_json("init", "p", "--ontology", "big.json")["options"], 20000)


class Extract(program.Case):
    def test_auto_is_what_training_looks_for(self):
        """The test images are of another size: what fills the cache must not depend on which items are extracted."""
        program.write_folders(self.folder / "set" / "train", per_class=4)
        program.write_pgm(self.folder / "set" / "test" / "disc" / "large.pgm", bytes(24 * 20), 20, 24)
        self.run_ok("init", "p")
        self.run_ok("-C", "p", "import", "set")
        features = {self.run_json("-C", "p", "extract", "--feature", "pixels", *words)["feature"]
                    for words in ((), ("--split", "test"), ("--split", "train"))}
        self.assertEqual(features, {"pixels:colour=grey,height=12,width=12"})
        self.assertEqual(self.run_json("-C", "p", "train", "--feature", "pixels")["models"][0]["feature"],
                         features.pop())


class Ids(program.Case):
    """Titles are for people: programs need the ids, which do not change."""

    def test_predict_and_evaluate(self):
        for number, kind in enumerate(program.KINDS):
            title = f"A {kind}!"
            for split, start, n in (("train", 0, 8), ("test", 60, 2)):
                for i in range(start, start + n):
                    pixels = bytearray(program.picture(kind, i))
                    pixels[0], pixels[1] = i, number
                    program.write_pgm(self.folder / "set" / split / title / f"{i}.pgm", bytes(pixels))
        self.run_ok("init", "p")
        self.run_ok("-C", "p", "import", "set")
        self.run_ok("-C", "p", "train", "--feature", "pixels", "--name", "m")
        classes = self.run_json("-C", "p", "evaluate", "m", "--resamples", "0")["classes"]
        self.assertEqual({c["name"]: c["id"] for c in classes}, {f"A {k}!": f"a-{k}" for k in program.KINDS})
        for line in self.run_lines("-C", "p", "predict", "m", "--items", "split=test"):
            self.assertEqual(line["label_id"], line["top"][0]["id"])
            self.assertEqual(line["label"], f"A {line['label_id'][2:]}!")
            self.assertRegex(line["id"], r"\A\d+\Z")  # the item's


class Train(program.Case):
    def test_a_later_learner_fails(self):
        name = self.project(per_class=6)
        long = "m" * (NAME_MAX - len("-knn"))  # with -knn a name of the greatest length, with -logistic too long
        words = ("-C", name, "train", "--feature", "pixels", "--learner", "knn,logistic", "--name", long)
        told = self.run_json(*words, expect=2)
        self.assertEqual([model["model"] for model in told["models"]], [long + "-knn"])
        self.assertEqual(set(told["error"]), {"code", "message"})
        self.assertIn(long + "-knn", self.run_ok("-C", name, "models").stdout)

    def test_the_first_learner_fails(self):
        name = self.project(per_class=6)
        self.fails(2, "-C", name, "train", "--feature", "pixels", "--name", "m" * (NAME_MAX + 1))


class Damage(program.Case):
    def change(self, name, statement):
        database = sqlite3.connect(self.folder / name / "linnet.db")
        database.executescript(statement)
        database.commit()
        database.close()

    def test_jobs_that_cannot_be_marked(self):
        name = self.project(per_class=2)
        self.change(name, "update jobs set state = 'running', pid = 999999999; create trigger stuck before update on jobs "
                          "begin select raise(abort, 'stuck'); end")
        result = self.run_ok("-C", name, "status", "--json")
        self.assertIn("could not be marked", result.stderr)
        self.assertEqual(result.stderr.count("\n"), 1)
        self.assertIn('"clean"', self.run_raw("-C", name, "verify", "--json").stdout)

    def test_verify_does_not_send_to_verify(self):
        name = self.project(per_class=2)
        path = self.folder / name / "linnet.db"
        data = bytearray(path.read_bytes())
        data[4096:] = b"\xa5" * (len(data) - 4096)
        path.write_bytes(bytes(data))
        result = self.run_ok("-C", name, "verify", expect=1)
        self.assertNotIn("linnet verify'", result.stderr)
        self.assertIn("damaged", result.stderr + result.stdout)

    def test_verify_tells_what_it_cannot_note(self):
        name = self.project(per_class=2)
        self.change(name, "create trigger full before insert on settings begin select raise(abort, 'full'); end")
        (self.folder / "photos").rename(self.folder / "elsewhere")
        result = self.run_ok("-C", name, "verify")
        self.assertIn("6 images not found", result.stdout)
        self.assertIn("is not kept for 'linnet status'", result.stderr)

    def test_what_cannot_be_taken_anew(self):
        """An archive: verify gives no advice that does nothing, and --changed update says that it does nothing."""
        self.run_ok("init", "p")
        picture = self.folder / "a.pgm"
        for number in (1, 2):
            program.write_pgm(picture, program.picture("disc", number))
            with zipfile.ZipFile(self.folder / "x.zip", "w") as archive:
                archive.write(picture, "a.pgm")
            told = self.run_json("-C", "p", "import", "x.zip", "--changed", "update")
            said = [text for text in told["warnings"] if "--changed update did nothing for 1 image" in text]
            self.assertEqual(len(said), number - 1)
        told = self.run_json("-C", "p", "verify", "--full")
        self.assertEqual(told["changed_images"], 1)
        self.assertIn("cannot be taken anew yet", told["found"][0])
        self.assertNotIn("linnet import", told["found"][0])
        (self.folder / "t.csv").write_text(f"path,label\n{picture},disc\n")
        self.assertEqual(self.run_json("-C", "p", "import", "t.csv")["imported"], 1)
        warnings = self.run_json("-C", "p", "import", "t.csv", "--changed", "update")["warnings"]
        self.assertTrue(any("--changed update did nothing for 1 image" in text for text in warnings), warnings)

    def test_images_that_have_moved(self):
        name = self.project(per_class=2)
        (self.folder / "photos").rename(self.folder / "elsewhere")
        text = self.run_ok("-C", name, "verify").stdout
        self.assertIn("6 images not found: where they were moved, say so with: linnet relink OLD NEW", text)
        self.assertNotIn("import it", text)  # that would make every item twice


if __name__ == "__main__":
    unittest.main()
