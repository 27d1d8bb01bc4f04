"""predict: files, folders, arrays and items, and what cannot be read."""
import json
import shutil
import signal
import struct
import subprocess
import unittest
import zipfile
import zlib

import program


class Predict(program.Case):
    @classmethod
    def setUpClass(cls):
        """One model for all tests: they only read it."""
        maker = program.Case()
        maker.setUp()
        cls.addClassCleanup(maker.doCleanups)
        maker.project(per_class=20)
        maker.run_ok("-C", "p", "train", "--feature", "pixels", "--name", "shapes")
        cls.home = maker.folder
        cls.model = maker.folder / "p" / "models" / "shapes.lnt"

    def image(self, kind, index=70, name=None):
        path = self.folder / (name or f"{kind}-{index}.pgm")
        program.write_pgm(path, program.picture(kind, index))
        return path

    def test_one_file_without_a_project(self):
        self.image("cross", name="new one.pgm")
        lines = self.run_lines("predict", self.model, "new one.pgm")
        self.assertEqual(len(lines), 1)
        line = lines[0]
        self.assertEqual((line["path"], line["label"]), ("new one.pgm", "cross"))
        self.assertEqual(line["top"], [{"label": "cross", "id": "cross", "p": line["confidence"]}])
        self.assertTrue(0.5 < line["confidence"] <= 1)

    def test_top_and_proba(self):
        path = self.image("disc")
        line = self.run_lines("predict", self.model, path, "--top", "2", "--proba")[0]
        self.assertEqual(len(line["top"]), 2)
        self.assertGreaterEqual(line["top"][0]["p"], line["top"][1]["p"])
        self.assertEqual(set(line["proba"]), set(program.KINDS))
        self.assertAlmostEqual(sum(line["proba"].values()), 1, places=5)
        self.assertEqual(max(line["proba"], key=line["proba"].get), "disc")
        self.assertEqual(len(self.run_lines("predict", self.model, path, "--top", "99")[0]["top"]), 3)

    def test_a_number_has_its_interval(self):
        paths = [self.image("disc", index) for index in range(60)]
        rows = "".join(f"{path},{index % 7}\n" for index, path in enumerate(paths))
        (self.folder / "sizes.csv").write_text("file,size\n" + rows)
        self.run_ok("init", "n")
        self.run_ok("-C", "n", "import", "sizes.csv", "--column", "size=number")
        self.run_ok("-C", "n", "train", "--target", "size", "--learner", "ridge", "--feature", "pixels", "--name", "sizes")
        line = self.run_lines("predict", "n/models/sizes.lnt", paths[0])[0]
        self.assertEqual(set(line), {"path", "value", "low", "high"})
        self.assertTrue(line["low"] < line["value"] < line["high"])
        self.fails(2, "predict", "n/models/sizes.lnt", paths[0], "--min-confidence", "0.5", says="has no confidence")

    def test_order_of_the_inputs(self):
        paths = [self.image(kind, index) for index in range(60, 64) for kind in program.KINDS]
        lines = self.run_lines("predict", self.model, *paths)
        self.assertEqual([line["path"] for line in lines], [str(path) for path in paths])

    def test_folder_array_record(self):
        for kind in program.KINDS:
            self.image(kind, name=f"inbox/deep/{kind}.pgm")
        lines = self.run_lines("predict", self.model, "inbox")
        self.assertEqual([line["path"].split("/")[-1] for line in lines], ["cross.pgm", "disc.pgm", "stripes.pgm"])
        images = program.write_idx(self.folder, "train", 9, labels=False)
        lines = self.run_lines("predict", self.model, images)
        self.assertEqual([line["label"] for line in lines], list(program.KINDS) * 3)
        line = self.run_lines("predict", self.model, f"{images}#4")[0]
        self.assertEqual((line["path"], line["label"]), (f"{images}#4", "cross"))

    def test_archive_and_member(self):
        with zipfile.ZipFile(self.folder / "inbox.zip", "w") as archive:
            for kind in program.KINDS:
                archive.write(self.image(kind), f"deep/{kind}.pgm")
            archive.writestr("deep/notes.txt", "no image")
            archive.writestr("deep/broken.pgm", "P5 12 12 255\nshort")
        lines = self.run_lines("predict", self.model, "inbox.zip", expect=3)
        self.assertEqual([line["path"] for line in lines],
                         [f"inbox.zip#deep/{name}.pgm" for name in ("broken", "cross", "disc", "stripes")])
        self.assertEqual([line.get("label") for line in lines], [None, "cross", "disc", "stripes"])
        self.assertEqual(lines[0]["error"]["code"], "EDATA")
        line = self.run_lines("predict", self.model, "inbox.zip#deep/disc.pgm")[0]
        self.assertEqual((line["path"], line["label"]), ("inbox.zip#deep/disc.pgm", "disc"))

    def test_items(self):
        lines = self.run_lines("-C", self.home / "p", "predict", "shapes", "--items", "class=stripes")
        self.assertEqual(len(lines), 20)
        items = self.run_lines("-C", self.home / "p", "items", "--where", "class=stripes")
        self.assertEqual([line["path"] for line in lines], [item["path"] for item in items])
        self.assertEqual([line["id"] for line in lines], [item["id"] for item in items])
        # The same images by their paths get the same answer.
        again = self.run_lines("predict", self.model, *(item["path"] for item in items))
        for one, other in zip(lines, again):
            self.assertAlmostEqual(one["confidence"], other["confidence"], places=5)
        self.assertEqual(len(self.run_lines("-C", self.home / "p", "predict", "shapes", "--items", "")), 60)

    def test_stored(self):
        name = self.project(per_class=4)
        for seed in ("1", "2"):
            self.run_ok("-C", name, "train", "--feature", "pixels", "--name", "m", "--seed", seed)
        self.assertEqual(self.run_json("-C", name, "status")["predictions"], [])
        self.assertRegex(self.run_ok("-C", name, "predict", "m", "--items", "", "--store").stdout,
                         r"\nKept what the model says of 12 items\.\n\nNext: linnet items --where 'confidence:class<0\.6'")
        told = self.run_json("-C", name, "status")["predictions"]
        self.assertEqual([(row["model"], row["items"]) for row in told], [("m", 12)])
        self.run_ok("-C", name, "predict", "m", "--items", "class=disc", "--store")  # in the place of the run before
        self.assertEqual([row["items"] for row in self.run_json("-C", name, "status")["predictions"]], [4])
        self.assertRegex(self.run_ok("-C", name, "status").stdout, r"predictions +4  by m, ")
        self.fails(2, "-C", name, "predict", "m", self.image("disc"), "--store", says="--items FILTER --store")
        self.fails(2, "-C", name, "predict", self.model, "--items", "", "--store", says="the project's own models")
        self.run_ok("-C", name, "models", "remove", "m")
        self.assertEqual(self.run_json("-C", name, "status")["predictions"], [])
        self.assertTrue(self.run_json("-C", name, "verify")["clean"])

    def test_stored_are_asked_for(self):
        """Filters, sorts, counts and lists of stored predictions say what predict said; what is sure becomes answers in one operation."""
        name = self.project(per_class=6)
        # Held so far back that it is sure of nothing: otherwise each confidence would be 1, and any order of them right.
        self.run_ok("-C", name, "train", "--feature", "pixels", "--learner", "logistic", "--set", "C=0.001", "--name", "m")
        self.fails(2, "-C", name, "items", "--where", "predicted:class=disc", says="no predictions are stored")
        self.run_ok("-C", name, "annotate", "1", "2", "--set", "class=stripes")
        self.run_ok("-C", name, "annotate", "--where", "id in 10..18", "--clear", "class")
        told = {line["id"]: line for line in self.run_lines("-C", name, "predict", "m", "--items", "", "--store")}

        self.assertEqual(len({line["confidence"] for line in told.values()}), 18)

        def ids(where, *more):
            return [item["id"] for item in self.run_lines("-C", name, "items", "--where", where, *more)]

        def those(holds):
            return [key for key in sorted(told, key=int) if holds(told[key])]

        answers = {item["id"]: item["answers"].get("class") for item in self.run_lines("-C", name, "items")}
        for label in ("disc", "cross", "stripes"):
            self.assertEqual(ids(f"predicted:class={label}"), those(lambda t: t["label_id"] == label))
        least = sorted(t["confidence"] for t in told.values())[9]
        self.assertEqual(ids(f"confidence:m<{least}"), those(lambda t: t["confidence"] < least))
        self.assertEqual(ids(f"confidence:m>={least}"), those(lambda t: t["confidence"] >= least))
        self.assertEqual(ids("disagrees:class=yes"), those(lambda t: answers[t["id"]] not in (None, t["label_id"])))
        self.assertLessEqual({"1", "2"}, set(ids("disagrees:class=yes")))
        by = ids("", "--sort", "confidence:class:desc")
        self.assertEqual([told[key]["confidence"] for key in by], sorted((t["confidence"] for t in told.values()), reverse=True))
        counts = self.run_json("-C", name, "items", "--count", "predicted:class")["counts"]["predicted:class"]
        self.assertEqual(sum(row["n"] for row in counts), 18)
        for item in self.run_lines("-C", name, "items", "--predictions"):
            self.assertEqual(item["predictions"], {"m": {"answers": {"class": told[item["id"]]["label_id"]}, "confidence": told[item["id"]]["confidence"]}})
        self.assertRegex(self.run_ok("-C", name, "items", "--predictions", "--where", "id=1").stdout, r"predicted .*\n.* class=\w+ +class=\w+ \d+\.\d %")
        self.fails(2, "-C", name, "items", "--count", "class", "--predictions", says="do not go with it")
        (self.folder / "said.csv").write_text("id,class,confidence\n1,disc,0.7\n2,disc,0.69\n")
        self.run_ok("-C", name, "import", "--predictions", "said.csv", "--name", "gpt")
        taken = self.run_json("-C", name, "annotate", "--from-predictions", "gpt", "--where", "id<9", "--min-confidence", "0.7", "--dry-run")
        self.assertEqual(taken["items"], 1)  # what is exactly that sure, though a float of 0.7 is a little less
        for exactly in {t["confidence"] for t in told.values()} | {float(least)}:  # about half of the floats are below what is written
            exact = self.run_lines("-C", name, "predict", "m", "--items", "", "--min-confidence", str(exactly))
            self.assertEqual([line["id"] for line in exact if not line["unsure"]], those(lambda t, p=exactly: t["confidence"] >= p))
        sure = ids(f"labelled=no and confidence:m>={least}")
        self.assertTrue(sure)
        done = self.run_json("-C", name, "annotate", "--from-predictions", "m", "--where", f"labelled=no and confidence:m>={least}")
        self.assertEqual(done["added"], len(sure))
        self.assertEqual(len(ids("labelled=no")), 9 - len(sure))
        self.run_ok("-C", name, "undo")
        self.assertEqual({item["id"]: item["answers"].get("class") for item in self.run_lines("-C", name, "items")}, answers)

    def told_again(self, proba, least):
        """The rule of --min-confidence once more: the best class, or down from the top, to a child each time."""
        best = max(proba, key=proba.get)
        if proba[best] >= least:
            return best, proba[best]
        node, p = None, None
        while True:
            below = [key for key in proba if node is None or key.startswith(node + "/")]
            depth = node.count("/") + 1 if node else 0
            mass = {}
            for key in below:
                child = "/".join(key.split("/")[: depth + 1])
                mass[child] = mass.get(child, 0) + proba[key]
            child = max(mass, key=mass.get) if mass else None
            if child is None or mass[child] < least:
                return node, p
            node, p = child, mass[child]

    def check_columns(self, table, *paths):
        """Every path stands below the head "path", whatever is left of it."""
        head, *rows = table.splitlines()
        self.assertEqual([row.find(str(path)) for row, path in zip(rows, paths, strict=True)], [head.index("path")] * len(rows), table)

    def test_least_confidence_in_a_tree(self):
        self.run_ok("init", "t")
        rows = []
        for index, kind in enumerate(program.KINDS * 8):
            path = self.image(kind, index, name=f"set/{kind}-{index}.pgm")
            rows.append(f"{path},{'round' if kind == 'disc' else 'lines'},{kind}\n")
        (self.folder / "t.csv").write_text("file,coarse,fine\n" + "".join(rows))
        self.run_ok("-C", "t", "import", "t.csv", "--label", "coarse/fine")
        mixed = []
        for one, other in (("cross", "stripes"), ("cross", "disc"), ("stripes", "disc")):
            for share in (0, 0.3, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7):
                mixed.append(self.folder / f"{one}-{other}-{share}.pgm")
                program.write_pgm(mixed[-1], bytes(int(share * a + (1 - share) * b) for a, b in
                                                   zip(program.picture(one, 70), program.picture(other, 71))))
        for task in ("hierarchical", "multiclass"):
            self.run_ok("-C", "t", "train", "--structure", "flat" if task == "multiclass" else task, "--feature", "pixels", "--name", task)
            n_levels = set()
            for least in ("0", "0.4", "0.6", "0.8", "0.9", "0.99", "0.99999"):
                for line in self.run_lines("-C", "t", "predict", task, *mixed, "--proba", "--min-confidence", least):
                    answer, p = self.told_again(line["proba"], float(least))
                    self.assertEqual((line["label_id"], line["unsure"]), (answer, answer is None))
                    self.assertEqual([level["id"] for level in line["label_path"]],
                                     ["/".join(answer.split("/")[: n + 1]) for n in range(answer.count("/") + 1)] if answer else [])
                    if answer:
                        self.assertAlmostEqual(line["confidence"], p, places=5)
                        self.assertAlmostEqual(line["label_path"][-1]["p"], p, places=5)
                        self.assertEqual(line["label"], line["label_path"][-1]["label"])
                    n_levels.add(len(line["label_path"]))
            self.assertEqual(n_levels, {1, 2} if task == "hierarchical" else {0, 1, 2}, task)  # all of them happened
        self.assertIn("label_path", self.run_lines("-C", "t", "predict", "multiclass", "--items", "")[0])
        for number in range(0, 8, 2):  # and where an answer may stop at "lines", its confidence is that of all below it as well
            self.run_ok("-C", "t", "annotate", str(number * 3 + 2), "--set", "class=lines")
        self.run_ok("-C", "t", "train", "--structure", "flat", "--feature", "pixels", "--learner", "knn", "--name", "inner")
        lines = [line for line in self.run_lines("-C", "t", "predict", "inner", "--items", "", "--min-confidence", "0.8")
                 if line["label_id"] == "lines"]
        self.assertTrue(lines)
        for line in lines:
            self.assertAlmostEqual(line["confidence"], line["label_path"][-1]["p"], places=5)
        text = self.run_ok("-C", "t", "predict", "hierarchical", *mixed, "--min-confidence", "0.8").stdout
        self.assertRegex(text, r"(?m)^(lines|round) +[0-9.]+ % > \w+ [0-9.]+ % ")
        text = self.run_ok("-C", "t", "predict", "hierarchical", *mixed, "none.pgm", "--min-confidence", "0.8", expect=3).stdout
        self.check_columns(text, *mixed, "none.pgm")
        self.run_ok("-C", "t", "predict", "hierarchical", "--items", "", "--min-confidence", "0.8", "--store")
        self.assertTrue(self.run_json("-C", "t", "verify")["clean"])

    def test_least_confidence_of_one_class(self):
        both = bytes((a + b) // 2 for a, b in zip(program.picture("disc", 70), program.picture("cross", 70)))
        path = self.folder / "both.pgm"
        program.write_pgm(path, both)
        plain = self.run_lines("predict", self.model, path)[0]
        sure = self.run_lines("predict", self.model, path, "--min-confidence", plain["confidence"] - 1e-4)[0]
        self.assertEqual(sure, {**plain, "unsure": False})  # no label_path: there is no tree
        least = plain["confidence"] + 1e-4
        self.assertLess(least, 1)
        unsure = self.run_lines("predict", self.model, path, "--min-confidence", least)[0]
        self.assertEqual(unsure, {**plain, "label": None, "label_id": None, "unsure": True})
        table = self.run_ok("predict", self.model, path, self.image("disc"), "none.pgm", "--min-confidence", least, expect=3).stdout
        warned = self.run_ok("predict", self.model, path, "none.pgm", "no.pgm", expect=3).stderr
        self.assertIn("2 of 3 inputs could not be classified", warned)
        self.assertRegex(table, rf"(?m)^\(unsure\) +{100 * plain['confidence']:.1f} %  ")
        self.check_columns(table, path, self.image("disc"), "none.pgm")
        self.assertIn("  answer: (unsure", self.run_ok("predict", self.model, path, "--min-confidence", least, "--top", "2").stdout)
        self.fails(2, "predict", self.model, path, "--min-confidence", "1.5", says="min-confidence")

    def test_array_of_probabilities(self):
        told = self.run_lines("-C", self.home / "p", "predict", "shapes", "--items", "", "--proba", self.folder / "p.npy")
        self.assertNotIn("proba", told[0])
        data = (self.folder / "p.npy").read_bytes()
        self.assertIn(b"'descr': '<f4', 'fortran_order': False, 'shape': (60, 3)", data[:128])
        rows = list(struct.iter_unpack("<3f", data[128:]))
        paths = (self.folder / "p.rows.csv").read_text().splitlines()
        classes = [line.split(",")[0] for line in (self.folder / "p.classes.csv").read_text().splitlines()]
        self.assertEqual(paths[1:], [line["path"] for line in told])
        self.assertEqual((paths[0], classes), ("path", ["class", "cross", "disc", "stripes"]))
        for row, line in zip(rows, told):
            self.assertEqual(classes[1 + row.index(max(row))], line["label_id"])
            self.assertAlmostEqual(max(row), line["confidence"], places=6)
        # A file that could not be read keeps its row; without a project; an earlier result gives way, other work does not.
        self.run_lines("predict", self.model, self.image("disc"), "none.pgm", "--proba=p.npy", expect=3)
        rows = list(struct.iter_unpack("<3f", (self.folder / "p.npy").read_bytes()[128:]))
        self.assertEqual([row[0] == row[0] for row in rows], [True, False])
        (self.folder / "p.rows.csv").write_text("mine")
        self.fails(1, "predict", self.model, self.image("disc"), "--proba", "p.npy", says="is not a list of rows")
        self.assertEqual(len((self.folder / "p.npy").read_bytes()), 128 + 24)
        self.assertEqual([path.name for path in self.folder.glob("*.part-*")], [])

    def test_some_fail(self):
        good = self.image("disc")
        (self.folder / "bad.pgm").write_bytes(b"P5 12 12 255\nshort")
        lines = self.run_lines("predict", self.model, good, "bad.pgm", "none.pgm", expect=3)
        self.assertIn("label", lines[0])
        for line, path in zip(lines[1:], ("bad.pgm", "none.pgm")):
            self.assertEqual(set(line), {"path", "error"})
            self.assertEqual(line["path"], path)
            self.assertEqual(set(line["error"]), {"code", "message"})
        self.assertEqual(lines[2]["error"]["code"], "ENOTFOUND")
        self.run_ok("predict", self.model, "bad.pgm", "none.pgm", expect=1)

    def test_text(self):
        good, wide = self.image("disc"), self.image("cross")
        lines = self.run_ok("predict", self.model, good, wide, "none.pgm", expect=3).stdout.splitlines()
        self.assertRegex(lines[0], r"\Alabel +confidence +path\Z")
        column = lines[0].index("path")
        self.assertEqual(lines[1][column:], str(good))
        self.assertRegex(lines[1], r"\Adisc +\d+\.\d %  ")
        self.assertTrue(lines[3].startswith("(failed)"))
        self.assertIn("none.pgm", lines[3][column:])
        lines = self.run_ok("predict", self.model, good, "--proba").stdout.splitlines()
        self.assertRegex(lines[0], r"\Across +disc +stripes +path\Z" if lines[0].startswith("cross")
                         else r"\Adisc +cross +stripes +path\Z")
        self.assertEqual(lines[1][lines[0].index("path"):], str(good))

    def test_no_model(self):
        path = self.image("disc")
        self.assertEqual(self.fails(1, "predict", "none.lnt", path, says="none.lnt")["code"], "ENOTFOUND")
        self.fails(1, "-C", self.home / "p", "predict", "nobody", path, says="nobody")
        (self.folder / "broken.lnt").write_bytes(self.model.read_bytes()[:1000])
        self.fails(1, "predict", "broken.lnt", path, says="broken.lnt")
        told = self.fails(2, "-C", self.home / "p", "predict", path, says="which model is to classify it? linnet predict MODEL ")
        self.assertTrue(told["message"].endswith("; the project's models: shapes"), told)
        self.fails(2, "predict", path, says="MODEL is a .lnt file, or a name in a project (-C)")
        self.run_ok("init", "new")
        self.fails(2, "-C", "new", "predict", self.folder, says="the project has none yet, linnet train makes one")
        self.fails(2, "predict", self.model, says="what is to be classified?")

    def with_weights(self, value):
        """The model with `value` and its opposite for weights in turn, and sums that are right."""
        path = self.folder / "hostile.lnt"
        data = bytearray(self.model.read_bytes())
        with zipfile.ZipFile(self.model) as archive:
            entry = next(entry for entry in archive.infolist() if entry.filename.startswith("weights/weight."))
            central = archive.start_dir
        name, extra = struct.unpack_from("<HH", data, entry.header_offset + 26)
        begin = entry.header_offset + 30 + name + extra
        weights = struct.pack("<ff", value, -value) * (entry.file_size // 8)
        data[begin:begin + len(weights)] = weights
        total = struct.pack("<I", zlib.crc32(data[begin:begin + entry.file_size]))
        data[entry.header_offset + 14:entry.header_offset + 18] = total
        at = data.index(entry.filename.encode(), central) - 46
        data[at + 16:at + 20] = total
        path.write_bytes(data)
        return path

    def test_weights_that_overflow(self):
        """Finite weights whose scores are not: no answer, and nothing read beyond the classes."""
        path = self.image("disc")
        self.run_lines("predict", self.with_weights(0.5), path, "--top", "3")  # so that the refusal is of the weights
        for words in ([], ["--top", "3"], ["--proba"]):
            told = self.fails(1, "predict", self.with_weights(3e38), path, *words, says="its weights overflow")
            self.assertEqual(told["code"], "ECORRUPT")

    def test_model_is_whole(self):
        shutil.copy(self.model, self.folder / "copy.lnt")
        path = self.image("stripes")
        self.assertEqual(self.run_lines("predict", "copy.lnt", path), self.run_lines("predict", self.model, path))

    def test_interrupted(self):
        """The first results come while the rest is computed, and stay; the pipe holds the program up until they are read."""
        images = self.folder / "many-images-idx3-ubyte"
        n, size = 60000, program.FLAT
        sizes = b"".join(side.to_bytes(4, "big") for side in (n, size, size))
        images.write_bytes(b"\0\0\x08\x03" + sizes + program.picture("disc", 1) * n)
        with subprocess.Popen([program.LINNET, "predict", self.model, images, "--json"], cwd=self.folder, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=program.interruptible) as running:
            lines = [running.stdout.readline()]
            running.send_signal(signal.SIGINT)
            lines += running.stdout.read().splitlines()
            said = running.stderr.read()
        self.assertEqual(running.returncode, 130)
        self.assertEqual([json.loads(line).get("label") for line in lines[:-1]], ["disc"] * (len(lines) - 1))
        self.assertEqual(json.loads(lines[-1])["error"]["code"], "ECANCELLED")
        self.assertTrue(1 < len(lines) < n)
        self.assertIn("cancelled; the results above are whole", said)

    def test_reader_that_goes(self):
        images = program.write_idx(self.folder, "train", 3000, labels=False)
        result = subprocess.run(["/bin/sh", "-c", f'"$0" predict {self.model} {images} --json | head -n 1',
                                 program.LINNET], cwd=self.folder, capture_output=True, text=True)
        self.assertEqual(result.stdout.count("\n"), 1)
        self.assertEqual(result.stderr, "")


if __name__ == "__main__":
    unittest.main()
