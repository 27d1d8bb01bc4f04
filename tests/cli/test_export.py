"""export: class folders and tables, and that what was exported can be imported again."""
import csv
import io
import json
import os
import signal
import subprocess
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
        self.assertEqual(set(told), {"exported", "unlabelled", "linked", "stripped", "refused", "bytes", "seconds"})
        self.assertEqual((told["exported"], told["refused"], told["stripped"]), (19, [], 0))
        self.assertEqual(told["bytes"], sum(path.stat().st_size for path in (self.folder / "out").rglob("*.pgm")))
        self.assertEqual(sorted(os.listdir(self.folder / "out")), ["test", "train", "unsplit"])
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
        self.fails(1, "-C", name, "export", "photos", says="is not empty")
        self.fails(1, "-C", name, "export", "out", "--target", "colour", says="colour")
        self.assertFalse((self.folder / "out").exists())

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
        self.assertIn("linnet: export: cancelled; out keeps the files that it has now, each of them whole\n", rest)
        files = list((self.folder / "out").rglob("*.*"))
        self.assertGreater(len(files), 0)
        self.assertLess(len(files), 8000)
        for path in files:
            self.assertEqual(path.suffix, ".png")
            self.assertEqual(path.read_bytes()[-8:], b"IEND\xaeB`\x82")


if __name__ == "__main__":
    unittest.main()
