"""export: class folders and tables, and that what was exported can be imported again."""
import csv
import io
import json
import os
import random
import resource
import signal
import subprocess
import time
import unittest

import program
from program import KINDS, write_folders, write_idx, write_pgm, picture


class Folders(program.Case):
    def test_there_and_back(self):
        write_folders(self.folder / "set" / "train", per_class=4)
        write_folders(self.folder / "set" / "test", per_class=2, start=50)
        self.run_ok("init", "p")
        self.run_ok("-C", "p", "import", "set")
        write_pgm(self.folder / "flat" / "x.pgm", picture("disc", 99))
        self.run_ok("-C", "p", "import", "flat")
        told = self.run_json("-C", "p", "export", "out")
        self.assertEqual(set(told), {"exported", "unlabelled", "linked", "stripped", "refused", "bytes", "seconds",
                                     "unchanged", "removed", "left", "held", "items"})
        self.assertEqual((told["exported"], told["refused"], told["stripped"]), (19, [], 0))
        self.assertEqual(told["bytes"], sum(path.stat().st_size for path in (self.folder / "out").rglob("*.pgm")))
        self.assertEqual(sorted(os.listdir(self.folder / "out")), [".linnet-export", "test", "train", "unsplit"])
        self.assertTrue((self.folder / "out" / "unsplit" / "unlabelled" / "x.pgm").exists())
        self.assertEqual(sorted(os.listdir(self.folder / "out" / "test")), sorted(KINDS))
        self.run_ok("init", "q")
        self.run_ok("-C", "q", "import", "out")
        for key in ("items", "labelled", "splits"):
            self.assertEqual(self.run_json("-C", "q", "status")[key], self.run_json("-C", "p", "status")[key])
        answers = [[item["answers"] for item in self.run_lines("-C", name, "items")] for name in ("p", "q")]
        self.assertEqual(sorted(map(str, answers[0])), sorted(map(str, answers[1])))
        self.assertTrue(self.run_json("-C", "p", "verify")["clean"])

    def test_text(self):
        name = self.project(per_class=3)
        write_pgm(self.folder / "flat" / "x.pgm", picture("disc", 99))
        self.run_ok("-C", name, "import", "flat")
        self.run_ok("-C", name, "export", "out")
        text = self.run_ok("-C", name, "export", "links", "--link").stdout
        self.assertRegex(text, r"\AExported 10 items to links \(0 B\) in [0-9.]+ s\n\n  unlabelled +1  in unlabelled/\n  links +10 ")
        self.assertEqual(len(list((self.folder / "out" / "unlabelled").iterdir())), 1)

    def test_files_and_items(self):
        """An image with two labels is two files of one item; which questions there are to choose from is told with their types."""
        name = self.project(per_class=2)
        (self.folder / "l.csv").write_text("path,parts,size\n" + "".join(
            f"{self.folder}/photos/disc/00{i}.pgm,{'a;b' if i else 'b'},{i}\n" for i in range(2)))
        self.run_ok("-C", name, "import", "l.csv", "--column", "parts=labels:parts", "--column", "size=number")
        told = self.run_json("-C", name, "export", "out", "--target", "parts")
        self.assertEqual((told["items"], told["exported"], told["unlabelled"]), (6, 7, 4))
        self.assertIn("Exported 6 items as 7 files to again (", self.run_ok("-C", name, "export", "again", "--target", "parts").stdout)
        (self.folder / "k.csv").write_text(f"path,kind\n{self.folder}/photos/disc/000.pgm,x\n")
        self.run_ok("-C", name, "import", "k.csv", "--label", "kind", "--target", "kind")
        for words in (("export", "o"), ("train",)):
            self.fails(2, "-C", name, *words, says="(class, parts [checklist], size [number], kind): choose one with --target")

    def test_refused(self):
        name = self.project(per_class=3)
        (self.folder / "photos" / "disc" / "000.pgm").unlink()
        write_pgm(self.folder / "photos" / "disc" / "001.pgm", picture("cross", 1))
        told = self.run_json("-C", name, "export", "out", expect=3)
        self.assertEqual(told["exported"], 7)
        self.assertEqual([(os.path.basename(row["path"]), row["code"]) for row in told["refused"]],
                         [("000.pgm", "ENOTFOUND"), ("001.pgm", "ECONFLICT")])
        text = self.run_ok("-C", name, "export", "again", expect=3).stdout
        self.assertRegex(text, r"refused +2  not exported")
        self.assertIn("001.pgm", text)
        told = self.run_json("-C", name, "export", "public", "--strip", "gps,serials", expect=3)  # PGM cannot be stripped
        self.assertEqual(told["exported"], 0)
        self.assertEqual(len(told["refused"]), 9)

    def test_wrong_usage(self):
        name = self.project(per_class=1)
        self.fails(2, "-C", name, "export", says="OUT")
        self.fails(2, "-C", name, "export", "out", "--strip", "place", says="gps and serials")
        self.fails(2, "-C", name, "export", "out", "--strip", "gps", "--link", says="--link")
        self.fails(2, "-C", name, "export", "t.csv", "--link", says="--link")
        self.fails(2, "-C", name, "export", "out", "--format", "zip", says="folder|csv|jsonl")
        self.fails(2, "-C", name, "export", "out", "--where", "colour=red", says="colour")
        self.fails(1, "-C", name, "export", "out", "--where", "id>999", says='no item matches "id>999"')
        for wrong in ("x.xml", "./a.b/out.JSON"):
            self.fails(2, "-C", name, "export", wrong, says="tables are called .csv or .jsonl; for class folders in a folder of that name")
        for name_of_folder in ("v1.2", ".hidden", "x.xml/", "x.xml", "x.json"):  # the fourth is there by then
            more = ("--format", "folder") if name_of_folder == "x.json" else ()
            self.assertEqual(self.run_json("-C", name, "export", name_of_folder, *more)["exported"], 3)
            self.assertTrue((self.folder / name_of_folder / ".linnet-export").is_dir())
        self.fails(1, "-C", name, "export", "photos", says="is not empty")
        self.fails(1, "-C", name, "export", "out", "--target", "colour", says="colour")
        self.assertFalse((self.folder / "out").exists())

    def test_into_the_same_folder(self):
        name = self.project(per_class=3)
        self.run_ok("-C", name, "export", "out")
        self.assertRegex(self.run_ok("-C", name, "export", "out").stdout, r"unchanged +9 ")
        text = self.run_ok("-C", name, "export", "out", "--where", "class=disc").stdout
        self.assertRegex(text, r"unchanged +3 .*\n.*removed +6 ")
        self.assertEqual(sorted(os.listdir(self.folder / "out")), [".linnet-export", "disc"])
        (self.folder / "out" / "disc" / "000.pgm").write_text("mine")
        told = self.run_json("-C", name, "export", "out", "--where", "class=disc", expect=3)
        self.assertEqual([row["code"] for row in told["refused"]], ["EEXISTS"])
        self.assertEqual((self.folder / "out" / "disc" / "000.pgm").read_text(), "mine")

    def test_converted(self):
        name = self.project(per_class=2)
        self.run_ok("-C", name, "split", "--by", "random", "--val", "0", "--test", "0.5", "--seed", "1")
        self.run_ok("-C", name, "export", "out", "--convert", "jpeg", "--size", "8", "--split", "test")
        files = [path for path in (self.folder / "out").rglob("*") if path.suffix]
        self.assertEqual({path.suffix for path in files if ".linnet-export" not in str(path)}, {".jpg"})
        self.assertEqual([path.name for path in (self.folder / "out").iterdir() if path.name[0] != "."], ["test"])
        self.fails(2, "-C", name, "export", "o2", "--size", "8", says="--convert")
        self.fails(2, "-C", name, "export", "o2", "--convert", "png", "--link", says="--link")
        self.fails(2, "-C", name, "export", "o2", "--symlink", "--link", says="exclude")
        self.fails(2, "-C", name, "export", "t.csv", "--convert", "png", says="--convert")

    def test_arrays(self):
        self.run_ok("init", "p")
        self.run_ok("-C", "p", "import", write_idx(self.folder, "train", 9), "--classes", "Disc,A/B,Stripes")
        self.run_ok("-C", "p", "export", "out")
        self.assertEqual(sorted(str(path.relative_to(self.folder / "out")) for path in (self.folder / "out").rglob("*.png")),
                         sorted(f"train/{('Disc', 'A_B', 'Stripes')[i % 3]}/train-images-idx3-ubyte-{i}.png" for i in range(9)))


class Tables(program.Case):
    def test_csv_and_json_lines(self):
        name = self.project(per_class=2)
        told = self.run_json("-C", name, "export", "t.csv")
        self.assertEqual((told["exported"], told["bytes"]), (6, (self.folder / "t.csv").stat().st_size))
        self.run_ok("-C", name, "export", "t.jsonl", "--where", "class=disc")
        self.run_ok("-C", name, "export", "table", "--format", "csv")
        self.assertEqual((self.folder / "table").read_bytes(), (self.folder / "t.csv").read_bytes())
        rows = list(csv.DictReader(io.StringIO((self.folder / "t.csv").read_text())))
        items = self.run_lines("-C", name, "items")
        self.assertEqual([(row["id"], row["uri"], row["class"]) for row in rows],
                         [(item["id"], item["path"], item["answers"]["class"]) for item in items])
        objects = [json.loads(line) for line in (self.folder / "t.jsonl").read_text().splitlines()]
        self.assertEqual([found["answers"] for found in objects], [{"class": "disc"}] * 2)
        self.fails(1, "-C", name, "export", "t.csv", says="nothing is overwritten")
        self.assertRegex(self.run_ok("-C", name, "export", "u.csv").stdout, r"\AExported 6 items to u.csv \(")


    def test_what_was_exported_comes_back(self):
        """Into a new project: images, splits, metadata and answers by import, what people said of them by annotate."""
        name = self.project(per_class=4)
        self.run_ok("-C", name, "split", "--test", "0.25", "--val", "0.25")
        self.run_ok("-C", name, "annotate", "1", "--set", "class=unsure")
        self.run_ok("-C", name, "annotate", "2", "--clear", "class")
        self.run_ok("-C", name, "annotate", "2", "--skip", "too dark")
        self.run_ok("-C", name, "annotate", "3", "--set", "class=disc", "--confidence", "0.75", "--comment", "a, \"b\"")
        self.run_ok("-C", name, "annotate", "3", "--comment", "again")
        for suffix in ("jsonl", "csv"):
            self.run_ok("-C", name, "export", f"one.{suffix}")
            self.run_ok("init", suffix)
            self.run_ok("-C", suffix, "import", f"one.{suffix}")
            if suffix == "jsonl":
                self.run_ok("-C", suffix, "annotate", "--file", "one.jsonl")
            self.run_ok("-C", suffix, "export", f"two.{suffix}")
        one, two = ([json.loads(line) for line in (self.folder / f"{part}.jsonl").read_text().splitlines()] for part in ("one", "two"))
        self.assertEqual((one[2].pop("comments"), one[2].pop("confidences")), (["a, \"b\"", "again"], {"class": 0.75}))
        self.assertEqual((one[0]["answers"], one[1]["skip"]), ({"class": {"state": "unsure"}}, "too dark"))
        self.assertEqual(len(one[0]["content"]), 64)
        for found in one + two:
            found.pop("stage")  # where it stands in the work of this project
        self.assertEqual(one, two)
        one, two = (list(csv.DictReader(io.StringIO((self.folder / f"{part}.csv").read_text()))) for part in ("one", "two"))
        for found in one + two:
            found.pop("stage")
        self.assertEqual(one[0].pop("class"), "(unsure)")  # which a table of separated values cannot bring back
        self.assertEqual(two[0].pop("class"), "")
        self.assertEqual(one, two)


class Interrupted(program.Case):
    def test_ctrl_c(self):
        images = write_idx(self.folder, "train", 8000)
        self.run_ok("init", "p")
        self.run_ok("-C", "p", "import", str(images))
        child = subprocess.Popen([program.LINNET, "-C", "p", "export", "out", "--progress", "plain", "--threads", "1"],
                                 cwd=self.folder, env=program.environment(), stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True, preexec_fn=program.interruptible)
        child.stderr.readline()
        child.send_signal(signal.SIGINT)
        rest, _ = child.stderr.read(), child.stdout.read()
        child.wait(timeout=60)
        child.stderr.close()
        child.stdout.close()
        self.assertEqual(child.returncode, 130, rest)
        self.assertIn("linnet: export: cancelled; out keeps the files that it has now, each of them whole; the same command goes on\n", rest)
        files = [path for path in (self.folder / "out").rglob("*.*") if ".linnet-export" not in str(path)]
        self.assertGreater(len(files), 0)
        self.assertLess(len(files), 8000)
        for path in files:
            self.assertEqual(path.suffix, ".png")
            self.assertEqual(path.read_bytes()[-8:], b"IEND\xaeB`\x82")
        told = self.run_json("-C", "p", "export", "out", "--where", "id<=300")
        self.assertEqual((told["exported"], told["removed"]), (300, max(0, len(files) - 300)))

    def test_killed(self):
        """At any moment: no half file under its final name, nothing of its own unknown, and the same command goes on."""
        pictures = self.folder / "set" / "a"
        for i in range(400):
            write_pgm(pictures / f"{i:03}.pgm", picture("disc", i))
        self.run_ok("init", "p")
        self.run_ok("-C", "p", "import", "set")
        self.run_ok("-C", "p", "export", "whole")
        for wait in range(12):
            child = subprocess.Popen([program.LINNET, "-C", "p", "export", "out", "--threads", "1"], cwd=self.folder,
                                     env=program.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(0.004 * wait)
            child.kill()
            child.wait()
            for path in (self.folder / "out").rglob("*.pgm"):
                self.assertEqual(path.read_bytes(), (pictures / path.name).read_bytes())
        told = self.run_json("-C", "p", "export", "out")
        self.assertEqual((told["exported"], told["refused"], told["removed"], told["left"]), (400, [], 0, 0))
        subprocess.run(["diff", "-r", self.folder / "whole", self.folder / "out"], check=True)
        self.assertEqual([path.stat().st_mtime_ns for path in sorted((self.folder / "out").rglob("*.pgm"))],
                         [path.stat().st_mtime_ns for path in sorted(pictures.iterdir())])


class FullDisk(program.Case):
    """A clear message, whole files alone, and a second run that ends what the first began."""

    def look(self, out, pictures):
        """How many files there are, each whole; parts of none."""
        found = [path for path in out.rglob("*") if path.is_file() and path.parent.name != ".linnet-export"]
        for path in found:
            self.assertEqual(path.read_bytes(), (pictures / path.name).read_bytes(), path)
        self.assertEqual([path.name for path in (out / ".linnet-export").iterdir()], ["journal"])
        return len(found)

    def disk(self, script):
        """Runs a script on a disk of its own, 300 kB at first; what it prints."""
        words = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", "mkdir disk && mount -t tmpfs -o size=300k tmpfs disk && " + script]
        probe = subprocess.run([*words[:-1], "mkdir probe && mount -t tmpfs tmpfs probe"], cwd=self.folder, capture_output=True)
        if probe.returncode != 0:
            self.skipTest("a disk of its own cannot be mounted here")
        return subprocess.run(words, cwd=self.folder, env=program.environment() | {"LINNET": program.LINNET}, capture_output=True, text=True)

    def test_a_small_disk(self):
        pictures = self.folder / "set" / "a"
        pictures.mkdir(parents=True)
        for i in range(100):
            write_pgm(pictures / f"{i:03}.pgm", random.Random(i).randbytes(64 * 64), 64, 64)
        self.run_ok("init", "p")
        self.run_ok("-C", "p", "import", "set")
        # What is on the disk goes with it, so it is looked at from a copy.
        done = self.disk("""
            $LINNET -C p export disk/out --threads 1 2> out.err; echo $?
            cp -rp disk/out first
            $LINNET -C p export disk/t.jsonl 2> table.err; echo $?; ls disk
            mount -o remount,size=9M disk
            $LINNET -C p export disk/out --json; cp -rp disk/out second
            rm -r disk/out/.linnet-export""")
        codes = done.stdout.splitlines()
        self.assertEqual(codes[:4], ["1", "1", "out", codes[3]], done.stderr)
        said = (self.folder / "out.err").read_text()
        self.assertRegex(said, r"\Alinnet: export: disk/out/a/\d+.pgm: writing failed: No space left on device; disk/out keeps the files "
                               r"that it has now, each of them whole; with more room the same command goes on\n\Z")
        self.assertIn("disk/t.jsonl: writing failed: No space left on device", (self.folder / "table.err").read_text())
        n = self.look(self.folder / "first", pictures)
        self.assertTrue(30 < n < 80, n)
        told = json.loads(codes[3])
        self.assertEqual((told["exported"], told["unchanged"], told["refused"], told["left"]), (100, n, [], 0))
        subprocess.run(["diff", "-r", "-x", ".linnet-export", self.folder / "second", self.folder / "set"], check=True)

    def test_a_file_that_may_not_grow(self):
        """Where nothing can be mounted: the system lets no file be larger than so much."""
        pictures = self.folder / "set" / "a"
        pictures.mkdir(parents=True)
        for i in range(6):
            side = 1000 if i == 4 else 20
            write_pgm(pictures / f"{i}.pgm", random.Random(i).randbytes(side * side), side, side)
        self.run_ok("init", "p")
        self.run_ok("-C", "p", "import", "set")

        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (500000, 500000))
        self.fails(1, "-C", "p", "export", "out", "--threads", "1", says="out/a/4.pgm: writing failed", preexec_fn=limit)
        self.assertEqual(self.look(self.folder / "out", pictures), 4)
        self.assertEqual(self.run_json("-C", "p", "export", "out")["unchanged"], 4)
        subprocess.run(["diff", "-r", "-x", ".linnet-export", self.folder / "out", self.folder / "set"], check=True)


if __name__ == "__main__":
    unittest.main()
