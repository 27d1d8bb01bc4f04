"""previews: what is made, what is there, what is refused, and that cache/ may go at any time."""
import shutil
import unittest

import program
from program import write_pgm


def large(index, width=300, height=270):
    """Grey pixels larger than a thumbnail; all differ."""
    return bytes((x * (index + 3) + y) % 251 for y in range(height) for x in range(width))


class Previews(program.Case):
    def pictures(self, n=4):
        for i in range(n):
            write_pgm(self.folder / "photos" / ("even", "odd")[i % 2] / f"{i}.pgm", large(i), 300, 270)
        self.run_ok("init", "p")
        self.run_ok("-C", "p", "import", "photos")
        return "p"

    def test_made_once(self):
        name = self.pictures()
        told = self.run_json("-C", name, "previews")
        self.assertEqual(set(told), {"made", "existing", "unneeded", "refused", "bytes", "full", "seconds"})
        self.assertEqual((told["made"], told["existing"], told["unneeded"], told["refused"], told["full"]),
                         (4, 0, 0, [], False))
        self.assertGreater(told["bytes"], 4000)
        told = self.run_json("-C", name, "previews")
        self.assertEqual((told["made"], told["existing"], told["bytes"]), (0, 4, 0))
        shutil.rmtree(self.folder / name / "cache")
        told = self.run_json("-C", name, "previews", "--where", "class=even")
        self.assertEqual((told["made"], told["existing"]), (2, 0))
        told = self.run_json("-C", name, "previews", "--kind", "screen")
        self.assertEqual((told["made"], told["existing"]), (2, 2))
        told = self.run_json("-C", name, "previews", "--kind", "thumb")
        self.assertEqual((told["made"], told["existing"]), (4, 0))

    def test_text(self):
        name = self.pictures(2)
        write_pgm(self.folder / "tiny" / "x.pgm", bytes(100), 10, 10)
        self.run_ok("-C", name, "import", "tiny")
        text = self.run_ok("-C", name, "previews").stdout
        self.assertRegex(text, r"\AMade 2 screen previews \([0-9.,]+ kB\) in [0-9.]+ m?s; 0 there before, "
                               r"1 image small enough without one\n\Z")
        text = self.run_ok("-C", name, "previews", "--kind", "thumb", "--where", "path=*x.pgm").stdout
        self.assertRegex(text, r"\AMade 0 thumbnails \(0 B\) in ")

    def test_refused(self):
        name = self.pictures()
        (self.folder / "photos" / "even" / "0.pgm").unlink()
        write_pgm(self.folder / "photos" / "odd" / "1.pgm", large(77), 300, 270)
        told = self.run_json("-C", name, "previews", expect=3)
        self.assertEqual(told["made"], 2)
        self.assertEqual([row["code"] for row in told["refused"]], ["ENOTFOUND", "ECONFLICT"])
        self.assertIn("1.pgm has changed since it was imported", self.run_ok("-C", name, "previews", expect=3).stdout)

    def test_bound(self):
        name = self.pictures(40)
        told = self.run_json("-C", name, "previews", "--max", "0.002")
        self.assertEqual(told["made"], 40)
        kept = sum(path.stat().st_size for path in (self.folder / name / "cache" / "pictures").rglob("*.pics"))
        self.assertLessEqual(kept, 2_000_000)
        self.assertEqual(told["full"], told["bytes"] > 2_000_000)

    def test_wrong_usage(self):
        name = self.pictures(1)
        self.fails(2, "-C", name, "previews", "--kind", "tile", says="screen|thumb")
        self.fails(2, "-C", name, "previews", "--max", "0.001", says="--max")
        self.fails(2, "-C", name, "previews", "--where", "colour=red", says="colour")
        self.fails(2, "-C", name, "previews", "photos", says="photos")


if __name__ == "__main__":
    unittest.main()
