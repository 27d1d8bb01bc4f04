"""extract, train, evaluate, models: from labels to an honest figure."""
import json
import os
import re
import shlex
import shutil
import signal
import sqlite3
import struct
import subprocess
import unittest
import zipfile
from pathlib import Path
from random import Random

import program

METRICS = ("accuracy", "balanced_accuracy", "macro_f1", "log_loss", "ece", "auroc")


class Learning(program.Case):
    def ready(self, per_class=20):
        name = self.project(per_class=per_class)
        self.run_ok("-C", name, "split", "--val", "0.2", "--test", "0.2")
        return name

    def count(self, name, split):
        """Items of a split; near duplicates stay together, so that it is not quite its share."""
        return len(self.run_lines("-C", name, "items", "--where", f"split={split}"))


class Extract(Learning):
    def test_vectors_and_cache(self):
        name = self.ready(per_class=6)
        told = self.run_json("-C", name, "extract", "--feature", "pixels", "--out", "all.npy")
        self.assertEqual((told["n"], told["d"], told["dtype"], told["computed"]), (18, 144, "u8", 18))
        self.assertEqual(told["refused"], [])
        data = (self.folder / "all.npy").read_bytes()
        self.assertEqual(data[:6], b"\x93NUMPY")
        length = int.from_bytes(data[8:10], "little")
        header = data[10:10 + length].decode()
        self.assertIn("(18, 144)", header)
        self.assertEqual(len(data), 10 + length + 18 * 144)
        again = self.run_json("-C", name, "extract", "--feature", "pixels", "--split", "test")
        self.assertEqual(again["computed"], 0)
        self.assertLess(again["n"], 18)
        # Rows follow the items: an image's vector is its pixels.
        first = self.run_lines("-C", name, "items", "--limit", "1")[0]
        pixels = Path(first["path"]).read_bytes()[-144:]
        self.assertEqual(data[10 + length:10 + length + 144], pixels)

    def test_nothing_is_written_over(self):
        """Photographs, the database, models and others' files stay, to the byte; an earlier result gives way."""
        name = self.ready(per_class=6)
        home = self.folder / name
        self.run_ok("-C", name, "train", "--name", "m", "--feature", "pixels")
        model = os.path.realpath(home / "models" / "m.lnt")
        (self.folder / "mine.npy").write_text("not an array")
        (self.folder / "mine.csv").write_text("path,label\nx.jpg,cat\n")
        (self.folder / "mine.html").write_text("<!DOCTYPE html>\n<p>mine\n")
        (self.folder / "db.npy").symlink_to(home / "linnet.db")
        (self.folder / "way").symlink_to(home / "models")
        photo = self.folder / "photos" / "disc" / "000.pgm"
        kept = [photo, model, *(self.folder / f"mine.{end}" for end in ("npy", "csv", "html"))]
        before = [Path(path).read_bytes() for path in kept]
        listed = sorted(os.listdir(self.folder)), sorted(os.listdir(home / "models"))
        extract = ("-C", name, "extract", "--feature", "pixels")
        for code, words, says in (
                (2, ("--out", home / "linnet.db"), "ends in .npy"), (2, ("--out", photo), "ends in .npy"),
                (2, ("--out", model), "ends in .npy"), (2, ("--out", home / "models" / "x.npy"), "own folder models/"),
                (2, ("--out", "way/x.npy"), "own folder models/"), (2, ("--out", "./v.csv", "--rows", "v.csv"), "ends in .npy"),
                (2, ("--out", "v.npy", "--rows", "v.npy"), "ends in .csv"), (2, ("--out", "db.npy"), "the project's database"),
                (1, ("--out", "mine.npy"), "mine.npy is there already"), (1, ("--rows", "mine.csv"), "mine.csv is there already"),
                (1, ("--out", "v.npy", "--rows", "mine.csv"), "mine.csv is there already"),
                (1, ("--out", "no/v.npy"), "there is no folder no")):
            self.fails(code, *extract, *words, says=says)
        for code, path, says in ((2, home / "linnet.db", "ends in .html"), (2, photo, "ends in .html"),
                                 (2, home / "cache" / "r.html", "own folder cache/"), (1, "mine.html", "this one is kept")):
            self.fails(code, "-C", name, "evaluate", "m", "--html", path, says=says)
        self.fails(2, "-C", name, "export", home / "models" / "x", says="own folder models/")
        self.fails(2, "-C", name, "export", home / "linnet.db-wal", "--format", "csv", says="the project's database")
        self.assertEqual([Path(path).read_bytes() for path in kept], before)
        self.assertEqual((sorted(os.listdir(self.folder)), sorted(os.listdir(home / "models"))), listed)
        self.assertEqual(len(self.run_lines("-C", name, "items")), 18)
        program.write_pgm(self.folder / "loose" / "a.pgm", program.picture("disc", 99))
        self.assertIn("\nNext: linnet predict m --items 'split=new and labelled=no'\n",
                      self.run_ok("-C", name, "import", "loose", "--split", "new").stdout)
        told = self.run_lines("-C", name, "predict", "m", "--items", "split=new and labelled=no")
        self.assertEqual(len(told), 1)
        for _ in range(2):
            self.run_ok(*extract, "--out", "v.npy", "--rows", "v.csv")
            self.run_ok("-C", name, "evaluate", "m", "--html", "r.html")

    def test_text_and_mistakes(self):
        name = self.ready(per_class=6)
        self.assertRegex(self.run_ok("-C", name, "extract").stdout, r"\A18 vectors of [\d,]+ f32 numbers in ")
        self.fails(2, "-C", name, "extract", "--feature", "smell", says="smell")
        self.fails(2, "-C", name, "extract", "--feature", "hog:smell=1", says="smell")
        self.fails(1, "-C", name, "extract", "--split", "moon", says="there is no split 'moon'; there are test (")
        self.fails(1, "-C", name, "extract", "--split", "tset", says="did you mean 'test'? There are test (")
        self.fails(2, "-C", name, "extract", "--split", "", says="the split's name is empty; there are test (")

    def test_image_that_has_gone(self):
        name = self.ready(per_class=6)
        (self.folder / "photos" / "disc" / "000.pgm").unlink()
        told = self.run_json("-C", name, "extract", "--feature", "pixels", expect=3)
        self.assertEqual(told["n"], 17)
        self.assertEqual([row["code"] for row in told["refused"]], ["ENOTFOUND"])


def write_npy(path, rows):
    """An array of f32, as numpy.save writes it."""
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({len(rows)}, {len(rows[0])}), }}".encode()
    header += b" " * (63 - (10 + len(header)) % 64) + b"\n"
    data = b"".join(struct.pack(f"<{len(row)}f", *row) for row in rows)
    path.write_bytes(b"\x93NUMPY\x01\0" + len(header).to_bytes(2, "little") + header + data)


class Imported(Learning):
    """Vectors that another program made."""

    def import_vectors(self, name, *words, **options):
        return self.run_json("-C", name, "import", "--embeddings", "clip.npy", "--rows", "rows.txt", *words, **options)

    def write(self, paths):
        """Of each image a vector that says its class, and a little more."""
        kinds = list(program.KINDS)
        write_npy(self.folder / "clip.npy",
                  [[float(path.parent.name == kind) for kind in kinds] + [i / 64] for i, path in enumerate(paths)])
        (self.folder / "rows.txt").write_text("".join(f"{path.relative_to(self.folder)}\n" for path in paths))

    def test_from_file_to_prediction(self):
        name = self.ready(per_class=20)
        paths = sorted((self.folder / "photos").glob("*/*.pgm"))
        left_out = {item["path"] for item in self.run_lines("-C", name, "items", "--where", "split=test", "--limit", "2")}
        self.write([path for path in paths if str(path) not in left_out])
        told = self.import_vectors(name)
        self.assertEqual({key: told[key] for key in ("feature", "n", "d", "rows", "imported", "existing", "without")},
                         {"feature": "embedding:clip", "n": 58, "d": 4, "rows": 58, "imported": 58, "existing": 0, "without": 2})
        self.assertIn("2 of 60 images have no vector", told["warnings"][0])
        for learner in ("logistic", "knn", "centroid"):
            model = self.run_json("-C", name, "train", "--learner", learner, "--feature", "embedding:clip")["models"][0]
            self.assertEqual((model["model"], model["feature"]), (f"{learner}-clip", "embedding:clip"))
            self.assertEqual(self.run_json("-C", name, "evaluate", f"{learner}-clip", expect=3)["accuracy"], 1)
        lines = self.run_lines("-C", name, "predict", "knn-clip", "--items", "id>0", expect=3)
        self.assertEqual(sum("error" in line for line in lines), 2)
        self.fails(1, "-C", name, "predict", "knn-clip", paths[0], says="--items 'path=PATH' instead of paths")
        self.fails(1, "-C", name, "predict", "knn-clip", "gone.pgm", says="gone.pgm cannot be read: No such file")
        self.fails(1, "predict", self.folder / name / "models/knn-clip.lnt", paths[0], says="computed elsewhere")
        # Out again, with the list that brings them in: to what 16 bits hold the same.
        out = self.run_json("-C", name, "extract", "--feature", "embedding:clip", "--out", "back.npy", "--rows", "back.csv",
                            expect=3)
        self.assertEqual((out["n"], out["computed"], len(out["refused"])), (58, 0, 2))
        again = self.run_json("-C", name, "import", "--embeddings", "back.npy", "--rows", "back.csv", "--name", "clip")
        self.assertEqual((again["existing"], again["imported"]), (58, 0))
        self.assertIn("\n  new vectors  58\n", self.run_ok("-C", name, "import", "--embeddings", "back.npy", "--rows",
                                                          "back.csv").stdout)
        self.run_ok("-C", name, "extract", "--feature", "embedding:back", "--out", "third.npy", expect=3)
        self.assertEqual((self.folder / "third.npy").read_bytes(), (self.folder / "back.npy").read_bytes())
        self.run_ok("-C", name, "verify")
        # What a training replaces is told, and no model of another feature goes without having been named.
        text = self.run_ok("-C", name, "train", "--feature", "embedding:clip").stdout
        self.assertIn("\nreplaced logistic-clip (logistic on embedding:clip, accuracy 1.0000)\n", text)
        self.assertIsNone(self.run_json("-C", name, "train", "--feature", "hog", "--name", "knn-back")["models"][0]["replaced"])
        self.fails(1, "-C", name, "train", "--feature", "embedding:back", "--learner", "knn",
                   says="there is a model \"knn-back\" of something else (logistic on hog:")
        told = self.run_json("-C", name, "train", "--feature", "embedding:back", "--learner", "knn", "--name", "knn-back")
        self.assertEqual(told["models"][0]["replaced"]["learner"], "logistic")
        # Of another import: the figures are told, and what they may be worth.
        self.write(paths)
        self.assertTrue(self.import_vectors(name, "--existing", "replace")["replaced"])
        self.assertIn("another import", self.run_ok("-C", name, "evaluate", "knn-clip").stderr)
        # The file that it learned from, under whatever id: known again.
        self.run_json("-C", name, "import", "--embeddings", "back.npy", "--rows", "back.csv", "--name", "clip", "--existing", "replace")
        self.assertNotIn("another import", self.run_ok("-C", name, "evaluate", "knn-clip", expect=3).stderr)
        self.list_show_remove(name)

    def test_parts_and_damage(self):
        """Vectors of one split alone, and vectors that are no longer what was stored."""
        name = self.ready(per_class=20)
        train = [Path(item["path"]) for item in self.run_lines("-C", name, "items", "--where", "split=train")]
        val = [Path(item["path"]) for item in self.run_lines("-C", name, "items", "--where", "split=val")]
        self.write(val)
        self.import_vectors(name, "--name", "val")
        self.fails(1, "-C", name, "train", "--feature", "embedding:val",
                   says=f"nothing to train on: not one of {len(train)} items has a vector in embedding:val")
        self.write(train)
        told = self.import_vectors(name)
        self.assertEqual(told["warnings"], [f"{60 - len(train)} of 60 images have no vector in embedding:clip, and are left out wherever "
                                            f"it is used (first: {told['warnings'][0].split('first: ')[1]}"])
        model = self.run_json("-C", name, "train", "--feature", "embedding:clip", expect=3)["models"][0]
        self.assertEqual((model["calibrated_on"], model["n_train"]), (f"out of fold, {len(train)} rows", len(train)))
        self.assertTrue([text for text in model["warnings"] if
                         f"not one of the {len(val)} items of the split val has a vector in embedding:clip" in text])
        self.fails(2, "-C", name, "train", "--feature", "embedding:clip@x", says="\"clip\" is imported vectors, which have no layers")
        self.fails(2, "-C", name, "train", "--feature", "clip", says="did you mean embedding:clip?")
        self.fails(2, "-C", name, "train", "--feature", "clap", says="known are: ")
        self.fails(2, "-C", name, "train", "--feature", "embedding:", says="imported: clip, val")
        self.assertIn("Vectors that another program made", self.run_ok("help", "train").stdout)
        shard = next((self.folder / name / "embeddings").glob("clip@*/shard-*"))
        data = bytearray(shard.read_bytes())
        data[0] ^= 1
        shard.write_bytes(data)
        told = self.run_json("-C", name, "train", "--feature", "embedding:clip", expect=3)
        warnings = told["models"][0]["warnings"]
        self.assertIn(f"1 of {len(train)} labelled items has no sound vector in embedding:clip and was left out", warnings)
        self.assertIn("1 of these is damaged: linnet verify says what to do", warnings)
        self.assertEqual([row["reason"] for row in told["refused"] if row["code"] == "ECORRUPT"],
                         ["its vector in embedding:clip is damaged: linnet verify says what to do"])
        shard.write_bytes(bytes(255 - byte for byte in data))
        self.fails(1, "-C", name, "train", "--feature", "embedding:clip", says=f"{len(train)} are damaged: linnet verify")

    def test_vectors_that_say_nothing(self):
        name = self.project(per_class=2)
        paths = sorted((self.folder / "photos").glob("*/*.pgm"))
        self.write(paths)
        write_npy(self.folder / "clip.npy", [[0, 0]] + [[i, 1] for i in range(5)])
        self.assertEqual(self.import_vectors(name)["warnings"], ["1 of 6 vectors is nothing but zeros: did the other program run?"])
        write_npy(self.folder / "clip.npy", [[2, 1]] * 6)
        self.assertEqual(self.import_vectors(name, "--existing", "replace")["warnings"],
                         ["all 6 vectors are the same: nothing can be learned from them"])
        # Which row is meant, where nothing can be taken.
        (self.folder / "rows.txt").write_text("000.pgm\n" * 6)
        self.fails(1, "-C", name, "import", "--embeddings", "clip.npy", "--rows", "rows.txt",
                   says="not one of 6 rows could be taken; the first: row 1, 000.pgm: several items are called so")
        self.fails(2, "-C", name, "import", "clip.npy", says="linnet import --embeddings clip.npy --rows FILE")

    def list_show_remove(self, name):
        told = {line["name"]: line for line in self.run_lines("-C", name, "embeddings")}
        clip = told["clip"]
        self.assertEqual((list(told), clip["d"], clip["n"], clip["with"], clip["images"], clip["source"]),
                         (["back", "clip"], 4, 58, 58, 60, str((self.folder / "back.npy").resolve())))
        self.assertEqual(sorted(clip["models"]), ["centroid-clip", "knn-clip", "logistic-clip"])
        self.assertEqual(clip["content"], told["back"]["content"])
        self.assertRegex(self.run_ok("-C", name, "embeddings").stdout, r"\nclip +4  58 of 60  20\S+ \S+  /\S+/back.npy\n")
        self.assertRegex(self.run_ok("-C", name, "embeddings", "show", "clip").stdout, r"\nmodels +centroid-clip, knn-clip")
        self.assertRegex(self.run_ok("-C", name, "status").stdout, r"\n  embeddings +2  imported: back, clip\n")
        self.assertEqual(self.run_json("-C", name, "verify")["imported_vectors"], 116)
        self.assertIn(" 116 imported vectors, ", self.run_ok("-C", name, "verify").stdout)
        text = self.run_ok("-C", name, "embeddings", "remove", "clip").stdout
        self.assertRegex(text, r"\ARemoved embedding:clip and its 58 vectors\nLearned from it.*: centroid-clip, knn-clip, logistic-clip\n")
        self.fails(1, "-C", name, "evaluate", "knn-clip", says="this project has no vectors of that name")
        self.fails(1, "-C", name, "embeddings", "remove", "clip", says="there are no imported embeddings \"clip\"; there are: back")
        folders = [path for path in (self.folder / name / "embeddings").iterdir() if path.is_dir()]
        self.assertEqual([path.name.split("@")[0] for path in folders], ["back"])
        shutil.rmtree(folders[0])
        self.assertIn("or do without: linnet embeddings remove back", self.run_ok("-C", name, "verify", expect=1).stdout)
        self.assertRegex(self.run_ok("-C", name, "embeddings").stdout, r"\nback +4 +damaged  ")
        self.assertEqual(self.run_json("-C", name, "embeddings", "remove", "back")["models"], ["knn-back"])
        self.run_ok("-C", name, "verify")
        self.assertEqual(self.run_ok("-C", name, "embeddings").stdout.splitlines()[0], "No imported embeddings.")

    def test_mistakes(self):
        name = self.ready(per_class=6)
        self.write(sorted((self.folder / "photos").glob("*/*.pgm")))
        self.fails(2, "-C", name, "import", "--embeddings", "clip.npy", says="which image is each row of? --rows FILE")
        self.fails(2, "-C", name, "import", "--rows", "rows.txt", "photos", says="--rows goes with --embeddings")
        self.fails(2, "-C", name, "import", says="something is missing: linnet import SOURCE")
        self.fails(2, "-C", name, "import", "photos", "--embeddings", "clip.npy", "--rows", "rows.txt", says="takes no SOURCE")
        self.fails(2, "-C", name, "import", "--embeddings", "clip.npy", "--rows", "rows.txt", "--split", "test",
                   says="--split is not for --embeddings")
        self.fails(1, "-C", name, "import", "--embeddings", "rows.txt", "--rows", "rows.txt", says="is no .npy file")
        self.fails(2, "-C", name, "extract", "--rows", "rows.txt", says="ends in .csv")
        for taken in ("hog", "pixels"):
            self.fails(1, "-C", name, "import", "--embeddings", "clip.npy", "--rows", "rows.txt", "--name", taken,
                       says=f"\"{taken}\" is a feature of Linnet's own")
        (self.folder / "rows.txt").write_text("photos/disc/000.pgm\n")
        self.fails(1, "-C", name, "import", "--embeddings", "clip.npy", "--rows", "rows.txt", says="clip.npy has 18 rows")
        self.assertEqual([path.name for path in (self.folder / name / "embeddings").iterdir()], ["lock"])


class Folds(program.Case):
    """What belongs together is judged together in cross-validation, also where there is a val."""

    def noise(self, random, level=0):
        return bytes(level + random.randrange(100) for _ in range(144))

    def like(self, random, base, jitter):
        return bytes(value + random.randrange(jitter) for value in base)

    def judged(self, rows, *split):
        """Accuracy of the nearest neighbour over the folds. @param rows pairs of pixels and what the table says of them"""
        self.run_ok("init", "p")
        (self.folder / "photos").mkdir()
        lines = []
        for i, (pixels, told) in enumerate(rows):
            program.write_pgm(self.folder / f"photos/{i}.pgm", pixels, 12, 12)
            lines.append(f"photos/{i}.pgm,{told}\n")
        (self.folder / "t.csv").write_text("path,label,left,right,group\n" + "".join(lines))
        self.run_ok("-C", "p", "import", "t.csv", "--column", "left=meta", "--column", "right=meta", "--column", "group=group")
        self.run_ok("-C", "p", "split", "--val", "0.25", *split)
        told = self.run_json("-C", "p", "train", "--feature", "pixels", "--learner", "knn", "--set", "k=1", "--cv", "5")["models"][0]
        shutil.rmtree(self.folder / "p")
        shutil.rmtree(self.folder / "photos")
        return told["cross_validation"]["figures"]["accuracy"]

    def test_alike(self):
        """Four like pictures of each patient, whose class is drawn: known again, but not to be known."""
        random, rows = Random(1), {"near": [], "keys": [], "group": []}
        for patient in range(40):
            base, label = self.noise(random), random.choice("ab")
            for _ in range(4):
                pixels = self.like(random, base, 50)  # alike, but no near duplicates
                rows["near"].append((self.like(random, base, 6), f"{label},,,"))
                rows["keys"].append((pixels, f"{label},{patient if patient % 2 else ''},{'' if patient % 2 else patient},"))
                rows["group"].append((pixels, f"{label},,,{patient}"))
        for which, *split in (("near", "--group", "near"), ("keys", "--group", "left,right"), ("group",)):
            self.assertLess(self.judged(rows[which], *split), 0.7, which)

    def test_near_duplicates(self):
        """Bright and dark ones, and between them pairs whose class is drawn: right only by their own like."""
        random, rows = Random(2), []
        for i in range(100):
            bright = i % 2
            rows.append((self.noise(random, 156 * bright), f"{'ab'[bright]},,,"))
        for _ in range(9):
            base, label = self.noise(random, 78), random.choice("ab")
            rows += [(self.like(random, base, 6), f"{label},,,") for _ in range(2)]
        self.assertLess(self.judged(rows), 0.95)


class Near(program.Case):
    """Second shots of one thing: on one side, though they are many, unless somebody says otherwise; then told first."""

    def test_together_and_apart(self):
        random = Random(4)
        for i in range(60):
            base = bytes(100 * (i % 2) + random.randrange(120) for _ in range(144))
            for shot in range(1 + (i < 30)):
                pixels = bytes(value + random.randrange(6) for value in base)
                program.write_pgm(self.folder / "photos" / "ab"[i % 2] / f"{random.getrandbits(60):x}.pgm", pixels)
        self.run_ok("init", "p")
        self.run_ok("-C", "p", "import", "photos")
        told = self.run_json("-C", "p", "split", "--val", "0.1", "--test", "0.3")
        self.assertEqual((told["groups"], told["grouped"]), (30, 60))
        self.assertFalse([text for text in told["warnings"] if "more than one split" in text])
        self.assertEqual(self.run_json("-C", "p", "status")["near_leaks"], 0)
        told = self.run_json("-C", "p", "split", "--val", "0.1", "--test", "0.3", "--near", "apart")
        cut = self.run_json("-C", "p", "status")["near_leaks"]
        self.assertGreater(cut, 5)
        mends = f"{cut} sets of identical or nearly identical pictures"
        self.assertIn(mends, told["warnings"][0])
        self.assertIn(mends, self.run_json("-C", "p", "train", "--feature", "pixels", "--name", "m")["models"][0]["warnings"][0])
        told = self.run_json("-C", "p", "evaluate", "m")
        self.assertEqual((told["leaks"], told["leak_sets"]), (True, cut))
        self.assertTrue(told["warnings"][0].endswith(": linnet split --test 0.3"), told["warnings"])
        self.run_ok("-C", "p", "evaluate", "m", "--html", "r.html")
        self.assertIn(mends, (self.folder / "r.html").read_text())
        self.run_ok("-C", "p", "split", "--test", "0.3")
        self.assertEqual(self.run_json("-C", "p", "status")["near_leaks"], 0)
        self.fails(2, "-C", "p", "split", "--by", "folder", "--near", "apart", says="--near belongs to --by random and group")


    def test_copies_of_what_was_never_seen(self):
        """Three more of each strange picture say nothing new: the interval of the unknown score is no narrower for them."""
        random = Random(5)
        for i in range(160):
            kind, level = ("a", 0) if i < 80 else ("b", 150)
            program.write_pgm(self.folder / "known" / kind / f"{random.getrandbits(60):x}.pgm",
                              bytes(level + random.randrange(100) for _ in range(144)))
        self.run_ok("init", "p")
        self.run_ok("-C", "p", "import", "known")
        self.run_ok("-C", "p", "split", "--val", "0", "--test", "0.5")
        self.run_ok("-C", "p", "train", "--feature", "pixels", "--name", "m")
        for i in range(6):
            pixels = bytes(25 * i + random.randrange(100) for _ in range(144))
            for copy in range(4):
                program.write_pgm(self.folder / "one" / "c" / f"{copy}-{i}.pgm" if copy == 0 else
                                  self.folder / "more" / "c" / f"{copy}-{i}.pgm", pixels)
        width = []
        for source in ("one", "more"):
            self.run_ok("-C", "p", "import", source, "--split", "test")
            (row,) = self.run_json("-C", "p", "evaluate", "m", "--resamples", "300")["unknown"]
            width.append(row["auroc_ci95"][1] - row["auroc_ci95"][0])
        self.assertEqual(row["n_unknown"], 24)
        self.assertGreater(width[0], 0.1)
        self.assertGreater(width[1], 0.8 * width[0])


class Groups(program.Case):
    """Frames of tracks: warned of at every step, until the split keeps them together."""

    def test_random_and_by_group(self):
        program.write_tracks(self.folder / "tracks")
        self.run_ok("init", "p")
        told = self.run_json("-C", "p", "import", "tracks")
        self.assertTrue(any("differ in their last number alone" in text and "_0" in text for text in told["warnings"]), told)
        told = self.run_json("-C", "p", "split", "--test", "0.25", "--val", "0")
        self.assertTrue(any("of 64 sets of images that belong together" in text for text in told["warnings"]), told)
        told = self.run_json("-C", "p", "train", "--name", "m")["models"][0]
        self.assertIn("sets of images that belong together", told["warnings"][0])
        self.assertEqual(told["group_key"], "sequence:name")  # rows are held out by track all the same
        told = self.run_json("-C", "p", "evaluate", "m")
        self.assertIn("sets of images that belong together", told["warnings"][0])
        self.assertEqual((told["group_key"], told["leaks"]), ("sequence:name", True))
        self.assertLess(told["n_groups"], told["n"])  # frames that lie in test together are drawn as one
        text = self.run_ok("-C", "p", "evaluate", "m", "--html", "leaky.html").stdout
        self.assertLess(text.index("sets of images that belong together"), text.index("m on the split test"))
        page = (self.folder / "leaky.html").read_text()
        self.assertLess(page.index("sets of images that belong together"), page.index("How good is it?"))
        self.assertIn("This score is too good", page)
        told = self.run_json("-C", "p", "split", "--by", "group", "--test", "0.375", "--val", "0.25")
        self.assertEqual((told["group_key"], told["groups"]), ("sequence:name", 64))
        self.assertEqual(told["splits"], {"train": 144, "val": 96, "test": 144, "": 0})
        told = self.run_json("-C", "p", "train", "--name", "m")["models"][0]
        self.assertEqual((told["warnings"], told["group_key"]), ([], "sequence:name"))
        grouped = self.run_json("-C", "p", "evaluate", "m")
        self.assertEqual((grouped["warnings"], grouped["group_key"], grouped["n_groups"], grouped["leaks"]),
                         ([], "sequence:name", 24, False))
        text = self.run_ok("-C", "p", "evaluate", "m", "--html", "report.html").stdout
        self.assertIn("Items that belong together by sequence:name were drawn as one for the intervals (24 groups).", text)
        self.assertIn("sequence:name", (self.folder / "report.html").read_text())
        self.assertIn("belong together", self.run_ok("-C", "p", "import", "tracks").stdout
                      + self.run_ok("-C", "p", "split", "--test", "0.25").stdout)  # the latter cuts again
        stored = sqlite3.connect(self.folder / "p" / "linnet.db")
        splits = [json.loads(row[0]) for row in stored.execute("SELECT split_json FROM runs ORDER BY id")]
        stored.close()
        self.assertEqual([(split["by"], split.get("group")) for split in splits],
                         [("random", None), ("group", "sequence:name")])

    def follow(self, project, model):
        """Does what evaluate's warnings say until there is nothing more to do; gives the commands and what is said then."""
        done = []
        for _ in range(6):
            told = self.run_json("-C", project, "evaluate", model)
            commands = [m[1] for m in (re.search(r": (linnet (split|train)\b.*)$", text) for text in told["warnings"]) if m]
            if not commands:
                return done, told
            for command in commands:
                self.run_ok("-C", project, *shlex.split(command)[1:])
            done += commands
        self.fail(f"advice has no end: {done}")

    def test_advice_on_copies_ends(self):
        """Copies on both sides, as folders had it: training again trains on them again, so the splits come first."""
        for split in ("train", "val", "test"):
            program.write_folders(self.folder / "sets" / split, per_class=12, start=200 * len(split))
        for copy in ("000.pgm", "001.pgm"):
            name = self.folder / "sets" / "train" / "disc" / f"100{copy[-5:]}"
            (self.folder / "sets" / "test" / "disc" / f"copy{copy}").write_bytes(name.read_bytes())
        self.run_ok("init", "p")
        self.run_ok("-C", "p", "import", "sets")
        self.run_ok("-C", "p", "train", "--feature", "pixels", "--learner", "knn", "--set", "k=3", "--seed", "5", "--name", "my m")
        told = self.run_json("-C", "p", "evaluate", "my m")
        self.assertTrue(told["leaks"])
        self.assertIn("identical pictures", told["warnings"][0])
        done, told = self.follow("p", "my m")
        train = "linnet train --target class --learner knn --feature pixels --set k=3 --name 'my m' --seed 5"
        # The pictures of one kind are so alike that they are large near sets, which are told of when nothing else is cut.
        self.assertEqual(done, ["linnet split", train, "linnet split --group near --test 0.15"])
        self.assertEqual((told["leaks"], [text for text in told["warnings"] if "more than one split" in text]), (False, []))
        # Keeping near duplicates together was somebody's choice, where a random split may not.
        self.run_ok("-C", "p", "split", "--group", "near")
        self.run_ok("-C", "p", "train", "--name", "my m")
        tested = self.run_lines("-C", "p", "items", "--where", "split=test")[0]
        copy = self.folder / "sets" / "train" / "disc" / "again.pgm"
        copy.write_bytes((self.folder / "sets" / tested["path"]).read_bytes())
        self.run_ok("-C", "p", "import", "sets")
        done, _ = self.follow("p", "my m")
        self.assertEqual(done[0], "linnet split --group near")

    def test_advice_on_tracks_ends(self):
        program.write_tracks(self.folder / "tracks", tracks=30)
        self.run_ok("init", "p")
        self.run_ok("-C", "p", "import", "tracks")
        self.run_ok("-C", "p", "split")
        self.run_ok("-C", "p", "train")
        train = "linnet train --target class --learner logistic --feature hog"
        done, told = self.follow("p", "logistic-hog")
        self.assertEqual(done, ["linnet split --by group --test 0.15", train])
        self.assertFalse(told["leaks"])
        # Keys that somebody chose are kept.
        self.run_ok("-C", "p", "split", "--group", r"path:(0\d\d)_00", "--test", "0.2")
        done, told = self.follow("p", "logistic-hog")
        self.assertEqual(done[0], r"linnet split --group 'path:(0\d\d)_00,sequence:name' --test 0.15")


class Titles(program.Case):
    def test_people_read_titles_and_programs_ids(self):
        program.write_folders(self.folder / "photos", per_class=12)
        (self.folder / "photos" / "disc").rename(self.folder / "photos" / "A Disc!")
        self.run_ok("init", "p")
        self.run_ok("-C", "p", "import", "photos")
        self.run_ok("-C", "p", "split", "--val", "0.2", "--test", "0.4")
        self.assertIn(" class=A Disc! ", self.run_ok("-C", "p", "items", "--limit", "1").stdout)
        first = self.run_lines("-C", "p", "items", "--limit", "0")
        self.assertEqual((first[0]["answers"], first[0]["titles"]), ({"class": "a-disc"}, {"class": "A Disc!"}))
        self.assertEqual([row.get("titles") for row in first if row["answers"]["class"] == "cross"], [None] * 12)
        self.assertRegex(self.run_ok("-C", "p", "items", "--count", "class").stdout, r"(?m)^A Disc! +12$")
        told = self.run_json("-C", "p", "items", "--count", "class", "--where", "class=a-disc")
        self.assertEqual(told["counts"]["class"], [{"value": "a-disc", "title": "A Disc!", "n": 12}])
        self.run_ok("-C", "p", "train", "--feature", "pixels")
        text = self.run_ok("-C", "p", "evaluate", "logistic-pixels", "--slice", "class", "--html", "r.html").stdout
        self.assertRegex(text, r"(?m)^  A Disc! +\d")
        self.assertNotIn("a-disc", text)
        self.assertNotIn("a-disc<", (self.folder / "r.html").read_text())
        told = self.run_json("-C", "p", "evaluate", "logistic-pixels", "--slice", "class")
        self.assertEqual({slice["value"]: slice["title"] for slice in told["slices"][0]["values"]},
                         {"a-disc": "A Disc!", "cross": "cross", "stripes": "stripes"})


class Train(Learning):
    def test_json(self):
        name = self.ready()
        told = self.run_json("-C", name, "train", "--target", "class", "--learner", "logistic", "--feature", "pixels",
                             "--set", "C=0.5", "--name", "mine", "--seed", "4")
        self.assertEqual(len(told["models"]), 1)
        model = told["models"][0]
        self.assertEqual((model["model"], model["target"], model["learner"], model["seed"], model["n_train"]),
                         ("mine", "class", "logistic", 4, self.count(name, "train")))
        self.assertEqual(model["file"], str((self.folder / name / "models").resolve() / "mine.lnt"))
        self.assertTrue(Path(model["file"]).is_file())
        self.assertEqual(set(model["seconds"]), {"extract", "fit", "total"})
        self.assertTrue(model["feature"].startswith("pixels"))
        self.assertGreater(model["peak_rss_mb"], 1)
        self.assertLessEqual(set(METRICS), set(model["validation"]))
        self.assertGreaterEqual(model["validation"]["accuracy"], 0.9)

    def test_parameters_are_chosen(self):
        """From train alone: what is in val and test, and how it is labelled, changes nothing."""
        name = self.ready()
        words = ("-C", name, "train", "--feature", "pixels", "--set", "C=0.00001,0.1", "--set", "class_weight=none", "--seed", "4")
        model = self.run_json(*words, "--name", "chosen")["models"][0]
        told = model["cross_validation"]
        self.assertEqual((told["folds"], told["n"], told["fits"], told["searched"]), (5, model["n_train"], 10, ["C"]))
        self.assertEqual([(point["params"]["C"], point["chosen"]) for point in told["grid"]], [(0.00001, False), (0.1, True)])
        self.assertLess(told["grid"][1]["log_loss"], told["grid"][0]["log_loss"])
        self.assertEqual(told["figures"]["accuracy"], told["grid"][1]["accuracy"])
        self.assertLessEqual(set(METRICS), set(told["figures"]["ci95"]))
        self.assertEqual(model["params"]["C"], 0.1)
        # The model file tells it, and so does the run; the weights are those of the value alone.
        with zipfile.ZipFile(model["file"]) as file:
            manifest = json.loads(file.read("manifest.json"))
        self.assertEqual(manifest["cross_validation"], told)
        self.assertEqual(manifest["params"]["C"], 0.1)
        stored = sqlite3.connect(self.folder / name / "linnet.db")
        self.assertEqual(json.loads(stored.execute("SELECT params_json FROM runs").fetchone()[0]), manifest["params"])
        stored.close()
        alone = self.run_json("-C", name, "train", "--feature", "pixels", "--set", "C=0.1", "--seed", "4", "--name", "alone")
        self.assertIsNone(alone["models"][0]["cross_validation"])
        self.assertEqual(*(self.run_lines("-C", name, "predict", model, "--items", "", "--proba") for model in ("chosen", "alone")))
        # Labels of val and test turned round.
        others = [item for split in ("val", "test") for item in self.run_lines("-C", name, "items", "--where", f"split={split}")]
        turned = {"disc": "cross", "cross": "stripes", "stripes": "disc"}
        (self.folder / "turned.csv").write_text("path,label\n" + "".join(
            f"{item['path']},{turned[item['answers']['class']]}\n" for item in others))
        self.run_ok("-C", name, "import", "turned.csv")
        again = self.run_json(*words, "--name", "again")["models"][0]
        self.assertNotEqual(again["validation"]["accuracy"], model["validation"]["accuracy"])
        self.assertEqual({**again["cross_validation"], "seconds": 0}, {**told, "seconds": 0})

    def test_cross_validation_text(self):
        name = self.ready()
        self.run_ok("-C", name, "train", "--feature", "pixels", "--set", "C=0.00001,0.1", "--name", "searched")
        shown = self.run_json("-C", name, "models", "show", "searched")["cross_validation"]
        self.assertEqual((shown["searched"], len(shown["grid"])), (["C"], 2))
        self.run_ok("-C", name, "train", "--feature", "pixels", "--name", "plain")
        self.assertIsNone(self.run_json("-C", name, "models", "show", "plain")["cross_validation"])
        self.assertRegex(self.run_ok("-C", name, "models", "show", "searched").stdout,
                         r"chosen +C, of 2 values, by 5-fold cross-validation on train: log loss 0\.\d+, accuracy [01]\.\d+")
        text = self.run_ok("-C", name, "train", "--feature", "pixels", "--learner", "logistic,knn", "--set", "C=auto", "--set", "k=1,3",
                           "--cv", "3").stdout
        self.assertRegex(text, r"Cross-validation on train \(3 folds, \d+ rows, 21 fits in [^)]*; means with their standard errors\)\n"
                               r"  parameters +log loss +accuracy\n  C=0.001 +\d")
        self.assertEqual(len(re.findall(r"(?m)^  \S+ +\d\.\d{4} \u00b1 \d\.\d{4}  \d\.\d{4} \u00b1 \d\.\d{4}(  chosen)?$", text)), 9)
        self.assertEqual(len(re.findall(r"(?m)  chosen$", text)), 2)
        self.assertNotIn("chosen on these rows", text)  # there is a val part
        self.run_ok("-C", name, "split", "--val", "0", "--test", "0.2")
        text = self.run_ok("-C", name, "train", "--feature", "pixels", "--set", "C=0.01,0.1").stdout
        self.assertRegex(text, r"Validation \(out of fold, \d+ rows; 95 % intervals; the parameters were chosen on these rows\)")
        text = self.run_ok("-C", name, "train", "--feature", "pixels", "--cv", "4").stdout
        self.assertRegex(text, r"Cross-validation on train \(4 folds, \d+ rows, 4 fits in [^)]*; 95 % intervals\)\n  Accuracy +[01]\.\d{4}  ")

    def test_cross_validation_mistakes(self):
        name = self.ready(per_class=6)
        for words, says in ((("--cv", "1"), "outside 2 to 50"), (("--set", "C=1,x"), "parameter 'C' is 'x'"),
                            (("--set", "tol=auto"), "a list of its own only for: C"), (("--set", "C=1,1"), "there twice"),
                            (("--set", "C=" + ",".join(str(i + 1) for i in range(101))), "more than 100 combinations")):
            self.fails(2, "-C", name, "train", "--feature", "pixels", *words, says=says)
        self.assertEqual(self.run_lines("-C", name, "models"), [])

    def test_items_in_no_split_are_told(self):
        program.write_folders(self.folder / "sets" / "train", per_class=10)
        program.write_folders(self.folder / "more", per_class=1, start=50)
        self.run_ok("init", "p")
        self.run_ok("-C", "p", "import", "sets")
        told = self.run_json("-C", "p", "train", "--feature", "pixels")["models"][0]
        self.assertFalse([text for text in told["warnings"] if "no split" in text])
        self.run_ok("-C", "p", "import", "more")
        told = self.run_json("-C", "p", "train", "--feature", "pixels")["models"][0]
        self.assertEqual(told["n_train"], 30)
        self.assertIn("3 labelled images are in no split and were not trained on; to deal all items out anew: linnet split",
                      told["warnings"])

    def test_same_seed_same_model(self):
        name = self.ready()
        models = []
        for threads in (1, 2):
            self.run_ok("-C", name, "train", "--feature", "pixels", "--seed", "9", "--threads", threads)
            lines = self.run_lines("-C", name, "predict", "logistic-pixels", "--items", "", "--proba")
            models.append([line["proba"] for line in lines])
        self.assertEqual(models[0], models[1])

    def test_several_learners(self):
        name = self.ready()
        text = self.run_ok("-C", name, "train", "--learner", "logistic,knn", "--feature", "pixels", "--set", "k=3").stdout
        self.assertRegex(text, r"Comparison \(validation\)\n  model .* fit\n")
        self.assertIn("Next: linnet evaluate", text)
        told = self.run_json("-C", name, "train", "--learner", "logistic,knn", "--feature", "pixels", "--name", "try")
        self.assertEqual([model["model"] for model in told["models"]], ["try-logistic", "try-knn"])
        names = [model["model"] for model in self.run_lines("-C", name, "models")]
        self.assertEqual(sorted(names), ["knn-pixels", "logistic-pixels", "try-knn", "try-logistic"])
        self.remove_some(name)
        # Without a test part: what else can be judged by.
        self.run_ok("-C", name, "split", "--val", "0.3", "--test", "0")
        self.fails(1, "-C", name, "evaluate", "try-knn", says="judge by another with --split val (items are in: train (")
        self.run_ok("-C", name, "evaluate", "try-knn", "--split", "val")
        self.run_ok("-C", name, "split", "--val", "0", "--test", "0")
        self.fails(1, "-C", name, "evaluate", "try-knn", says="make one with 'linnet split', train again")

    def remove_some(self, name):
        """Model, file and link go; what is somebody's own, and what is known of the training, stay."""
        folder = self.folder / name / "models"
        self.fails(1, "-C", name, "models", "remove", "knn-pixel", says="did you mean \"knn-pixels\"? The project has knn-pixels,")
        file = self.run_lines("-C", name, "models")[0]["file"]
        self.assertTrue((self.folder / name / file).is_file() and (folder / "knn-pixels.lnt").is_symlink())
        told = self.run_json("-C", name, "models", "remove", "knn-pixels")
        self.assertEqual((told["removed"], told["file"], told["file_is_gone"]), ("knn-pixels", file, True))
        self.assertFalse((self.folder / name / file).exists() or (folder / "knn-pixels.lnt").is_symlink())
        (folder / "logistic-pixels.lnt").unlink()
        (folder / "logistic-pixels.lnt").write_text("my own")
        said = self.run_ok("-C", name, "models", "remove", "logistic-pixels").stdout
        self.assertRegex(said, r"\ARemoved logistic-pixels and its file models/logistic-pixels@\d+\.lnt \(\d.*kept\.\n\Z")
        self.assertEqual(sorted(path.name.split("@")[0] for path in folder.iterdir()),
                         ["logistic-pixels.lnt", "try-knn", "try-knn.lnt", "try-logistic", "try-logistic.lnt"])
        self.fails(1, "-C", name, "models", "remove", "knn-pixels", says="there is no model")
        self.fails(2, "-C", name, "models", "remove", says="something is missing: linnet models remove MODEL...")
        for words, says in ((("rm", "a"), "did you mean: linnet models remove MODEL"), (("delete", "a"), "linnet models remove"),
                            (("lst",), "did you mean: linnet models [list]"), (("list", "a"), "'a' is too much: linnet models [list]"),
                            (("show", "a", "b"), "'b' is too much: linnet models show MODEL"), (("zzzz",), "no 'linnet models zzzz'")):
            self.fails(2, "-C", name, "models", *words, says=says)
        for words, says in ((("c=auto",), "did you mean C?"), (("C=3", "--feature", "embeding:a"), "embedding:BACKBONE?")):
            self.fails(2, "-C", name, "train", "--set", *words, says=says)
        stored = sqlite3.connect(self.folder / name / "linnet.db")
        self.assertEqual(stored.execute("SELECT COUNT(*) FROM runs WHERE state = 'done'").fetchone()[0], 4)
        # Several, none of them where one is unknown; by the path of a file that is the project's.
        for model in "uvw":
            self.run_ok("-C", name, "train", "--feature", "pixels", "--learner", "centroid", "--name", model)
        self.fails(1, "-C", name, "models", "remove", "u", "x", says="there is no model or file \"x\"")
        self.fails(1, "-C", name, "models", "remove", name + "/linnet.db", says="is no file of a model of this project")
        self.fails(2, "-C", name, "models", "remove", "u", "models/u.lnt", says="u is named twice")
        self.assertEqual([row["removed"] for row in self.run_lines("-C", name, "models", "remove", "u", "models/v.lnt")],
                         ["u", "v"])
        self.run_ok("-C", name, "models", "remove", name + "/models/w.lnt")
        self.assertFalse(list(folder.glob("[uvw]*")))
        # A file that another row names too is that model's.
        file = stored.execute("SELECT file FROM models WHERE name = 'try-knn'").fetchone()[0]
        stored.execute("INSERT INTO models (run_id, name, file, content, bytes, created_ms) "
                       "SELECT run_id, 'twin', file, content, bytes, created_ms FROM models WHERE name = 'try-knn'")
        stored.commit()
        stored.close()
        self.assertIs(self.run_json("-C", name, "models", "remove", "twin")["file_is_gone"], False)
        self.assertTrue((self.folder / name / file).is_file())
        self.assertEqual(self.run_json("-C", name, "verify")["n_faults"], 0)

    def test_text(self):
        name = self.ready()
        text = self.run_ok("-C", name, "train", "--feature", "pixels").stdout
        self.assertRegex(text, r"\Alogistic-pixels: logistic on pixels\S*, class, 3 classes\n")
        self.assertRegex(text, r"Accuracy +[01]\.\d{4} +[01]\.\d{4} to 1\.0000\n")
        self.assertIn("Next: linnet evaluate logistic-pixels\n", text)
        text = self.run_ok("-C", name, "train", "--feature", "pixels", "--name", "my model").stdout
        self.assertIn("Next: linnet evaluate 'my model'\n", text)
        self.run_ok("-C", name, "split", "--test", "0", "--val", "0.3")
        text = self.run_ok("-C", name, "train", "--feature", "pixels").stdout
        self.assertIn("Next: linnet evaluate logistic-pixels --split val (there is no test part)\n", text)
        for command, lead in (("status", ""), ("models", "linnet models show MODEL, or ")):
            self.assertIn(f"Next: {lead}linnet evaluate MODEL --split val (there is no test part)\n",
                          self.run_ok("-C", name, command).stdout)
        text = self.run_ok("-C", name, "evaluate", "logistic-pixels", "--split", "val").stdout
        self.assertIn("Next: linnet evaluate logistic-pixels --split val --html", text)
        self.run_ok("-C", name, "split", "--test", "0", "--val", "0")
        text = self.run_ok("-C", name, "train", "--feature", "pixels").stdout
        self.assertIn("Next: linnet split, then linnet train again", text)

    def test_mistakes(self):
        name = self.ready(per_class=6)
        self.fails(2, "-C", name, "train", "--learner", "magic", says="magic")
        self.fails(2, "-C", name, "train", "--learner", "logistic,magic", says="magic")
        self.fails(2, "-C", name, "train", "--set", "k=3", says="k")
        self.fails(2, "-C", name, "train", "--learner", "logistic,knn", "--set", "zz=3", says="zz")
        self.fails(2, "-C", name, "train", "--learner", "logistic,knn", "--set", "k=0", says="k")
        self.fails(1, "-C", name, "train", "--target", "colour", says="colour")
        self.assertEqual(self.run_lines("-C", name, "models"), [])
        self.run_ok("init", "empty")
        self.fails(1, "-C", "empty", "train")


    def test_interrupted(self):
        self.run_ok("init", "p")
        images = program.write_idx(self.folder, "train", 20000)
        self.run_ok("-C", "p", "import", images)
        self.run_ok("-C", "p", "train", "--learner", "knn", "--feature", "pixels", "--name", "kept")
        before = (self.folder / "p" / "models" / "kept.lnt").read_bytes()
        child = subprocess.Popen([program.LINNET, "-C", "p", "train", "--name", "kept", "--progress", "plain"],
                                 cwd=self.folder, env=program.environment(), stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True, preexec_fn=program.interruptible)
        first = child.stderr.readline()
        self.assertRegex(first, r"\A\w+ \d+/\d+\n\Z")
        child.send_signal(signal.SIGINT)
        out, told = child.communicate(timeout=60)
        self.assertEqual((child.returncode, out), (130, ""), told)
        self.assertIn("linnet: train: cancelled; the vectors that were computed are kept, and the same command goes on\n", told)
        self.assertTrue(self.run_json("-C", "p", "verify")["clean"])
        self.assertEqual((self.folder / "p" / "models" / "kept.lnt").read_bytes(), before)
        self.assertEqual([model["learner"] for model in self.run_lines("-C", "p", "models")], ["knn"])
        self.run_ok("-C", "p", "train", "--name", "kept")
        self.assertEqual([model["learner"] for model in self.run_lines("-C", "p", "models")], ["logistic"])


class Evaluate(Learning):
    def test_json(self):
        name = self.ready()
        self.run_ok("-C", name, "train", "--feature", "pixels")
        told = self.run_json("-C", name, "evaluate", "logistic-pixels")
        self.assertEqual(told["n"], self.count(name, "test"))
        for metric in METRICS:
            self.assertIsInstance(told[metric], (int, float))
            low, high = told["ci95"][metric]
            self.assertLessEqual(low, high)
        self.assertEqual([row["name"] for row in told["classes"]], sorted(program.KINDS))
        for row in told["classes"]:
            self.assertLessEqual({"name", "n", "precision", "recall", "specificity", "f1", "average_precision"}, set(row))
        self.assertEqual(sum(map(sum, told["confusion"])), told["n"])
        right = sum(told["confusion"][i][i] for i in range(3))
        self.assertAlmostEqual(told["accuracy"], right / told["n"])
        self.assertIn(told["group_key"], (None, "near"))  # some of these toys are nearly equal
        self.assertEqual((told["model"], told["split"], told["refused"]), ("logistic-pixels", "test", []))
        self.assertGreaterEqual(told["seconds"], 0)

    def test_resamples_and_seed(self):
        name = self.ready()
        self.run_ok("-C", name, "train", "--feature", "pixels")
        without = self.run_json("-C", name, "evaluate", "logistic-pixels", "--resamples", "0")
        self.assertEqual(without["ci95"]["accuracy"], [None, None])
        runs = [self.run_json("-C", name, "evaluate", "logistic-pixels", "--seed", seed)["ci95"] for seed in (1, 1, 2)]
        self.assertEqual(runs[0], runs[1])

    def test_text_and_page(self):
        name = self.ready()
        self.run_ok("-C", name, "train", "--feature", "pixels")
        text = self.run_ok("-C", name, "evaluate", "logistic-pixels", "--html", "report.html").stdout
        self.assertNotIn("\x1b", text)  # no colours into a file
        for word in ("Accuracy", "Report: report.html", *program.KINDS):
            self.assertIn(word, text)
        page = (self.folder / "report.html").read_text()
        self.assertTrue(page.lstrip().lower().startswith("<!doctype html>"))
        self.assertNotRegex(page, r"(?:src|href)=\"https?:")

    def test_slices(self):
        name = self.ready()
        self.run_ok("-C", name, "train", "--feature", "pixels")
        told = self.run_json("-C", name, "evaluate", "logistic-pixels", "--slice", "folder", "--slice", "brightness",
                             "--html", "report.html")
        self.assertEqual([sliced["key"] for sliced in told["slices"]], ["folder", "brightness"])
        for sliced in told["slices"]:
            rows = sliced["values"]
            self.assertEqual(sum(row["n"] for row in rows), told["n"])
            self.assertAlmostEqual(sum(row["n"] * row["accuracy"] for row in rows) / told["n"], told["accuracy"])
        folders = {row["value"]: row for row in told["slices"][0]["values"]}
        for row in told["classes"]:  # folders are the classes: accuracy on one is its recall
            self.assertAlmostEqual(folders[row["name"]]["accuracy"], row["recall"])
            self.assertIsNone(folders[row["name"]]["macro_f1"])
        text = self.run_ok("-C", name, "evaluate", "logistic-pixels", "--slice", "folder").stdout
        self.assertIn("Slices: the same for parts of the images", text)
        self.assertIn("Nothing to compare", text)  # a handful each
        self.assertIn("<h3>By <bdi>brightness</bdi></h3>", (self.folder / "report.html").read_text())
        self.assertEqual(self.run_json("-C", name, "evaluate", "logistic-pixels")["slices"], [])
        self.fails(2, "-C", name, "evaluate", "logistic-pixels", "--slice", "knid", says="did you mean 'kind'?")
        self.fails(2, "-C", name, "evaluate", "logistic-pixels", "--slice", "path", says="names single images")

    def test_unknown_class(self):
        """The score of evaluate and of predict: on a class that the model never saw, and on one that is left out."""
        name = self.ready()
        self.run_ok("-C", name, "train", "--feature", "pixels", "--name", "all")
        told = self.run_json("-C", name, "evaluate", "all", "--unknown-class", "disc", "--html", "r.html", "--resamples", "20")
        (row,) = told["unknown"]
        self.assertEqual((row["held_out"], row["n_known"] + row["n_unknown"]), ("disc", told["n"]))
        self.assertTrue(row["auroc_ci95"][0] <= row["auroc"] <= row["auroc_ci95"][1])
        page = (self.folder / "r.html").read_text()
        self.assertIn("Does it notice what it has never seen?", page)
        self.assertIn("Had it never seen &quot;disc&quot;, an image of that would get a higher unknown score", page)
        self.assertIn('Had it never seen "disc"', self.run_ok("-C", name, "evaluate", "all", "--unknown-class", "disc").stdout)
        self.assertNotIn("unknown", self.run_json("-C", name, "evaluate", "all"))
        self.fails(2, "-C", name, "evaluate", "all", "--unknown-class", "cat", says="no such class")
        # Trained without discs: the same centres as with discs left out, and predict's scores give the same figure.
        self.run_ok("-C", name, "annotate", "--where", "split=train and class=disc", "--clear", "class")
        self.run_ok("-C", name, "annotate", "--where", "split=val and class=disc", "--clear", "class")
        self.run_ok("-C", name, "train", "--feature", "pixels", "--name", "two")
        (second,) = self.run_json("-C", name, "evaluate", "two")["unknown"]
        self.assertEqual((second["held_out"], second["n_known"], second["n_unknown"]), (None, row["n_known"], row["n_unknown"]))
        self.assertAlmostEqual(second["auroc"], row["auroc"], places=6)
        score = {True: [], False: []}
        for item in self.run_lines("-C", name, "predict", "two", "--items", "split=test"):
            score["disc" in item["path"]].append(item["unknown"])
        pairs = [(a > b) + (a == b) / 2 for a in score[True] for b in score[False]]
        self.assertAlmostEqual(second["auroc"], sum(pairs) / len(pairs), places=9)
        noticed = sorted(score[True])[len(score[True]) - -(-19 * len(score[True]) // 20)]
        self.assertAlmostEqual(second["threshold_95"], noticed, places=6)
        self.assertAlmostEqual(second["false_alarms_95"], sum(b >= noticed for b in score[False]) / len(score[False]), places=9)

        self.unknown_gone(name)

    def unknown_gone(self, name):
        """Images of classes that the model lacks, which nobody asked for, are gone: told, and the rest is judged."""
        discs = self.run_lines("-C", name, "items", "--where", "split=test and class=disc")
        for which in (0, 1):
            if which == 0:
                (self.folder / "photos" / discs[0]["path"]).unlink()
            else:
                shutil.rmtree(self.folder / "photos" / "disc")
            shutil.rmtree(self.folder / name / "cache", ignore_errors=True)
            told = self.run_json("-C", name, "evaluate", "two", expect=3)
            gone = len(told["refused"])
            self.assertIn(f"{gone} of {len(discs)} images of classes that the model does not have could not be read",
                          " ".join(told["warnings"]))
            self.assertEqual([row["n_unknown"] for row in told.get("unknown", [])], [len(discs) - gone][:gone < len(discs)])
        self.assertEqual(gone, len(discs))

    def test_unknown_class_by_title(self):
        for i, place in enumerate(("air/young", "sea/young", "sea/old")):
            program.write_folders(self.folder / "more" / str(i), per_class=8, start=100 * i)
            (self.folder / "set" / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.move(self.folder / "more" / str(i) / program.KINDS[i], self.folder / "set" / place)
        self.run_ok("init", "p")
        self.run_ok("-C", "p", "import", "set")
        self.run_ok("-C", "p", "split", "--test", "0.4", "--val", "0", "--near", "apart")
        self.run_ok("-C", "p", "train", "--feature", "pixels", "--name", "m")
        self.run_ok("-C", "p", "ontology", "migrate", "rename", "class/sea", "title=The Sea")
        self.fails(2, "-C", "p", "evaluate", "m", "--unknown-class", "young",
                   says='"young": 2 classes are called so; name the id of one: "air/young", "sea/young"')
        for word in ("The Sea", "sea"):  # a node is known by its title too
            (row,) = self.run_json("-C", "p", "evaluate", "m", "--unknown-class", word, "--resamples", "0")["unknown"]
            self.assertEqual((row["held_out"], row["n_unknown"]), (word, 6))
        told = self.run_json("-C", "p", "evaluate", "m", "--compare", "m", "--unknown-class", "old", "--resamples", "10")
        self.assertEqual(len(told["unknown"]), 1)

        # Of a tree, two classes that are merged are no longer told apart: their items are left out, by name.
        self.run_ok("-C", "p", "ontology", "migrate", "merge", "class/sea/young,class/sea/old", "into=class/sea/old")
        told = self.run_json("-C", "p", "evaluate", "m", "--resamples", "0")
        self.assertEqual((told["n"], told["n_unknown"], "unknown" in told), (3, 6, False))
        self.assertIn("which several of the model's classes were merged into since", " ".join(told["warnings"]))
        self.assertIn("left out, since the model tells what is no longer told apart", " ".join(told["warnings"]))

    def test_file_and_other_split(self):
        name = self.ready()
        self.run_ok("-C", name, "train", "--feature", "pixels")
        told = self.run_json("-C", name, "evaluate", f"{name}/models/logistic-pixels.lnt", "--split", "val")
        self.assertEqual((told["split"], told["n"]), ("val", self.count(name, "val")))

    def test_mistakes(self):
        name = self.project(per_class=6)
        self.run_ok("-C", name, "train", "--feature", "pixels")
        self.fails(1, "-C", name, "evaluate", "nobody", says="nobody")
        self.fails(1, "-C", name, "evaluate", "logistic-pixels", says="test")
        self.fails(1, "-C", name, "evaluate", "logistic-pixels", "--split", "train", says="there are none yet")


class Models(Learning):
    def test_list_and_show(self):
        name = self.ready()
        self.assertIn("No models yet", self.run_ok("-C", name, "models").stdout)
        self.run_ok("-C", name, "train", "--feature", "pixels", "--set", "C=0.25")
        rows = self.run_lines("-C", name, "models")
        self.assertEqual([row["model"] for row in rows], ["logistic-pixels"])
        self.assertEqual(rows[0]["file"], "models/logistic-pixels@1.lnt")
        self.assertGreaterEqual(rows[0]["validation"]["accuracy"], 0.9)
        self.assertRegex(self.run_ok("-C", name, "models").stdout, r"\Amodel +target +learner +feature +trained on")
        shown = self.run_json("-C", name, "models", "show", "logistic-pixels")
        self.assertEqual(shown["params"]["C"], 0.25)
        self.assertEqual([row["id"] for row in shown["classes"]], sorted(program.KINDS))
        text = self.run_ok("-C", name, "models", "show", "logistic-pixels").stdout
        self.assertRegex(text, r"parameters +C=0\.25")
        path = self.folder / name / "models" / "logistic-pixels.lnt"
        self.assertEqual(self.run_json("models", "show", path), shown)  # without a project
        self.fails(1, "-C", name, "models", "show", "nobody", says="nobody")

    def test_status_shows_them(self):
        name = self.ready()
        self.run_ok("-C", name, "train", "--feature", "pixels")
        self.assertEqual(self.run_json("-C", name, "status")["models"], 1)
        self.assertIn("logistic-pixels", self.run_ok("-C", name, "status").stdout)


if __name__ == "__main__":
    unittest.main()
