"""items and split: what is in a project, and how it is divided."""
import subprocess
import unittest

import program


class Items(program.Case):
    def test_json_lines(self):
        name = self.project(per_class=4)
        items = self.run_lines("-C", name, "items")
        self.assertEqual(len(items), 12)
        for item in items:
            self.assertLessEqual({"id", "path", "split", "stage", "answers", "meta"}, set(item))
            self.assertIsInstance(item["id"], str)
            self.assertEqual(item["answers"], {"class": item["path"].split("/")[-2]})
            self.assertEqual(item["meta"], {})
            self.assertEqual((item["width"], item["height"]), (program.FLAT, program.FLAT))
        self.assertEqual([int(item["id"]) for item in items], sorted(int(item["id"]) for item in items))

    def test_filter_and_pages(self):
        name = self.project(per_class=4)
        crosses = self.run_lines("-C", name, "items", "--where", "class=cross")
        self.assertEqual(len(crosses), 4)
        self.assertEqual(len(self.run_lines("-C", name, "items", "--where", "class!=cross")), 8)
        self.assertEqual(len(self.run_lines("-C", name, "items", "--where", "labelled=no")), 0)
        self.assertEqual(len(self.run_lines("-C", name, "items", "--where", "path=*/disc/*")), 4)
        first = self.run_lines("-C", name, "items", "--limit", "5")
        second = self.run_lines("-C", name, "items", "--limit", "5", "--after", first[-1]["id"])
        third = self.run_lines("-C", name, "items", "--limit", "5", "--after", second[-1]["id"])
        self.assertEqual(len(first + second + third), 12)
        self.assertEqual(first + second + third, self.run_lines("-C", name, "items"))
        self.fails(2, "-C", name, "items", "--where", "colour=red", says="colour")
        self.fails(2, "-C", name, "items", "--where", "class=", says="a value is missing")

    def test_language(self):
        name = self.project(per_class=4)

        def found(where, *more):
            return [item["id"] for item in self.run_lines("-C", name, "items", "--where", where, *more)]

        self.assertEqual(len(found("class=cross or class=disc")), 8)
        self.assertEqual(len(found("not (class=cross or class=disc)")), 4)
        self.assertEqual(found("id in (2, 5..6)"), ["2", "5", "6"])
        self.assertEqual(len(found(f"width>={program.FLAT} and kind=image and labelled=yes")), 12)
        self.assertEqual(found("id<4", "--sort", "id:desc"), ["3", "2", "1"])
        self.assertEqual(found("", "--sort", "id:desc", "--offset", "10"), ["2", "1"])
        self.fails(2, "-C", name, "items", "--where", "(class=cross", says="column 1: this bracket is not closed")
        self.fails(2, "-C", name, "items", "--where", "clas=cross", says="did you mean 'class'?")
        self.fails(2, "-C", name, "items", "--sort", "clas", says="--sort: 'clas' is no key")

    def test_what_no_item_has(self):
        """Nothing is found in silence."""
        name = self.project(per_class=4)
        self.run_ok("-C", name, "split", "--val", "0.25", "--test", "0.25")

        def told(where, *more):
            return self.run_ok("-C", name, "items", *more, "--where", where).stderr

        self.assertIn("warning: no item has split=trian; did you mean 'train'? There are ", told("split=trian"))
        self.assertIn("warning: no item has split=vla; did you mean 'val'?", told("split in (train, vla)", "--json"))
        self.assertIn("warning: no item has format=jpeg; there are pnm", told("format!=jpeg"))
        self.assertIn("warning: no item has split=x*", told("split=x*"))
        self.assertEqual(told("split=train or split=t* or split in (val, test) or stage=review"), "")
        self.assertEqual(told("split=trian", "--quiet"), "")
        (self.folder / "height.csv").write_text("path,altitude\n" + "".join(
            f"{row['path']},{i}\n" for i, row in enumerate(self.run_lines("-C", name, "items"))))
        self.run_ok("-C", name, "import", "height.csv", "--column", "altitude=meta")
        self.assertIn("warning: no item's altitude can be less or greater than 'abc': ", told("altitude>=abc"))
        self.assertIn("and it is '0', for example", told("altitude in abc.."))
        self.assertEqual(told("altitude>=1000 or altitude in 5..7"), "")  # nobody is so high, but may be
        self.fails(2, "-C", name, "items", "--where", "width in 500..100", says="ends are the wrong way round; write 100..500")
        self.fails(2, "-C", name, "items", "--where", "class=crss", says='did you mean "cross"?')
        self.fails(2, "-C", name, "items", "--where", "stage=dnoe", says="stage is annotate, review or done")
        result = self.run_ok("-C", name, "items", "--where", "path=disk/*")
        self.assertRegex(result.stdout, r"\ANo items match\.\nA path looks like /.*\.pgm\n\Z")
        self.assertEqual(len(self.run_lines("-C", name, "items", "--where", "path=disc/*")), 4)

    def test_groups_count_with_their_images(self):
        program.write_folders(self.folder / "shots", per_class=6)
        self.run_ok("init", "grouped")
        self.run_ok("-C", "grouped", "import", "shots", "--group", "(.*/)00[01]")  # 2 of the 6 of each class
        told = self.run_json("-C", "grouped", "status")
        self.assertEqual((told["items"], told["groups"], told["members"], told["labelled"]), (21, 3, 6, 21))
        self.assertRegex(self.run_ok("-C", "grouped", "status").stdout, r"groups +3  of 6 images, each answered as one\n")
        self.assertEqual(self.run_lines("-C", "grouped", "items", "--where", "labelled=no"), [])
        self.assertEqual(len(self.run_lines("-C", "grouped", "items", "--where", "class=disc")), 5)

    def test_title_and_id_of_two_options(self):
        """Folders of one name in two cases: each is found by its own."""
        for i, folder in enumerate(("Cats", "cats")):
            program.write_pgm(self.folder / "pets" / folder / "1.pgm", program.picture("disc", i))
        self.run_ok("init", "pair")
        self.run_ok("-C", "pair", "import", "pets")
        for folder in ("Cats", "cats"):
            found = self.run_lines("-C", "pair", "items", "--where", f"class={folder}")
            self.assertEqual([item["path"].split("/")[-2] for item in found], [folder])
        self.assertIn("the option with the id cats is found by its title, \"Cats\"",
                      self.run_ok("-C", "pair", "items", "--where", "class=cats").stderr)
        self.fails(2, "-C", "pair", "items", "--where", "class=CATS", says="may be the option cats (\"Cats\") or ")

    def test_counts(self):
        name = self.project(per_class=4)
        told = self.run_json("-C", name, "items", "--count", "class,split", "--where", "class!=disc")
        self.assertEqual(told["items"], 8)
        self.assertEqual({row["value"]: row["n"] for row in told["counts"]["class"]}, {"cross": 4, "stripes": 4})
        self.assertEqual(sum(row["n"] for row in told["counts"]["split"]), 8)
        text = self.run_ok("-C", name, "items", "--count", "class").stdout
        self.assertRegex(text, r"\Aclass +items\n(\w+ +4\n){3}\n12 items\n\Z")
        self.fails(2, "-C", name, "items", "--count", "width", says="width has too many different values")
        self.fails(2, "-C", name, "items", "--count", "class,class", says="twice")
        self.fails(2, "-C", name, "items", "--count", "class", "--sort", "id", says="--sort")

    def test_cache_may_go(self):
        name = self.project(per_class=4)
        images = program.write_idx(self.folder, "train", 3000)
        self.run_ok("-C", name, "import", images, "--target", "number")
        where = ("-C", name, "items", "--where", "class=disc or id in 100..200")
        first = self.run_ok(*where, "--json").stdout
        snapshot = self.folder / name / "cache" / "view" / "snapshot"
        self.assertTrue(snapshot.exists())
        self.assertEqual(self.run_ok(*where, "--json").stdout, first)
        snapshot.write_bytes(snapshot.read_bytes()[:1000])
        self.assertEqual(self.run_ok(*where, "--json").stdout, first)
        snapshot.unlink()
        self.assertEqual(self.run_ok(*where, "--json").stdout, first)

    def test_table(self):
        name = self.project(per_class=10)
        lines = self.run_ok("-C", name, "items").stdout.splitlines()
        self.assertRegex(lines[0], r"\A *id +split +stage +size +answers +path\Z")
        self.assertEqual(len(lines), 1 + 25 + 2)
        self.assertIn("--after", lines[-1])
        self.assertEqual({line.index("/") for line in lines[1:26]}, {lines[0].index("path")})
        self.assertEqual(self.run_ok("-C", name, "items", "--limit", "0").stdout.splitlines()[-1], "30 items")
        self.assertIn("No items match", self.run_ok("-C", name, "items", "--where", "split=val").stdout)

    def test_reader_that_goes(self):
        name = self.project(per_class=10)
        images = program.write_idx(self.folder, "train", 3000)
        self.run_ok("-C", name, "import", images, "--target", "number")
        for words in ("--limit 0", "--json"):
            result = subprocess.run(["/bin/sh", "-c", f'"$0" -C {name} items {words} | head -n 1', program.LINNET],
                                    cwd=self.folder, capture_output=True, text=True)
            self.assertEqual(result.stdout.count("\n"), 1)
            self.assertEqual(result.stderr, "")


class Split(program.Case):
    def test_what_comes_next(self):
        self.assertIn("\nNext: linnet train\n", self.run_ok("-C", self.project(per_class=5), "split").stdout)
        self.run_ok("init", "listed")  # a checklist that says yes alone
        rows = "".join(f"photos/{kind}/00{i}.pgm,{kind};round\n" for kind in program.KINDS for i in range(5))
        (self.folder / "many.csv").write_text("path,labels\n" + rows)
        self.run_ok("-C", "listed", "import", "many.csv")
        told = self.run_ok("-C", "listed", "split").stdout
        self.assertIn("\nNext: linnet annotate --where 'labels=answered' --set labels.others=no (", told)
        self.fails(1, "-C", "listed", "train", says="what is not answered is unknown, and no no")
        for i in range(9):
            program.write_pgm(self.folder / "loose" / f"{i}.pgm", program.picture("disc", i))
        self.run_ok("init", "unlabelled")
        self.run_ok("-C", "unlabelled", "import", "loose")
        told = self.run_ok("-C", "unlabelled", "split").stdout
        self.assertIn("Next: linnet import FOLDER (no labels yet: ", told)

    def test_random(self):
        name = self.project(per_class=20)
        told = self.run_json("-C", name, "split", "--val", "0.2", "--test", "0.2", "--seed", "3", "--near", "apart")
        self.assertEqual(told["splits"], {"train": 36, "val": 12, "test": 12, "": 0})
        for split, n in (("train", 12), ("val", 4), ("test", 4)):
            for kind in program.KINDS:  # in proportion
                found = self.run_lines("-C", name, "items", "--where", f"split={split} and class={kind}")
                self.assertEqual(len(found), n)

    def test_seed(self):
        name = self.project(per_class=20)

        def test_items(seed):
            self.run_ok("-C", name, "split", "--test", "0.2", "--seed", seed)
            return [item["id"] for item in self.run_lines("-C", name, "items", "--where", "split=test")]

        self.assertEqual(test_items(1), test_items(1))
        self.assertNotEqual(test_items(1), test_items(2))

    def test_test_items_stay(self):
        name = self.project(per_class=20)
        self.run_ok("-C", name, "split", "--test", "0.2", "--seed", "1")
        before = self.run_lines("-C", name, "items", "--where", "split=test")
        self.run_ok("-C", name, "split", "--val", "0.3", "--seed", "2")
        self.assertEqual(self.run_lines("-C", name, "items", "--where", "split=test"), before)

    def tracks(self):
        """A project of 30 tracks of 5 images, in a folder for each class."""
        program.write_tracks(self.folder / "signs", tracks=30, frames=5)
        self.run_ok("init", "p")
        self.run_ok("-C", "p", "import", "signs")
        return "p"

    def splits_of(self, name):
        found = {}
        for item in self.run_lines("-C", name, "items"):
            words = item["path"].split("/")[-2:]
            found.setdefault((words[0], words[1].split("_")[0]), set()).add(item["split"])
        return found

    def test_group(self):
        name = self.tracks()
        told = self.run_json("-C", name, "split", "--group", r"path:([^/]+/\d+)_", "--val", "0.2", "--test", "0.2")
        self.assertEqual((told["by"], told["group_key"]), ("group", r"path:([^/]+/\d+)_"))
        self.assertEqual((told["groups"], told["grouped"], told["largest_group"]), (30, 150, 5))
        self.assertEqual(told["splits"], {"train": 90, "val": 30, "test": 30, "": 0})
        self.assertIsNone(told["worst_class"])
        found = self.splits_of(name)
        self.assertEqual(len(found), 30)
        self.assertTrue(all(len(splits) == 1 for splits in found.values()), found)
        random = self.run_json("-C", name, "split", "--test", "0.2")
        self.assertEqual((random["by"], random["group_key"]), ("random", None))
        self.assertTrue(any(len(splits) > 1 for splits in self.splits_of(name).values()))
        text = self.run_ok("-C", name, "split", "--by", "group", "--group", "folder", "--group", "sequence:name", "--test",
                           "0.3").stdout
        self.assertIn("By folder,sequence:name: 2 groups of 150 images kept together, the largest of 75\n", text)
        self.assertRegex(text, r'Farthest from its share: "\w+" has [\d.]+ % in train, where 55.0 % are wanted')
        self.assertIn("and none in test", text)

    def test_group_is_refused(self):
        name = self.project(per_class=3)
        self.fails(1, "-C", name, "split", "--group", "site", says="no image has such metadata")
        self.fails(2, "-C", name, "split", "--group", "path:(", says="no regular expression")
        self.fails(2, "-C", name, "split", "--group", "time:soon", says="whole number")
        self.fails(2, "-C", name, "split", "--by", "random", "--group", "near", says="--group belongs to --by group")
        self.fails(1, "-C", name, "split", "--group", "sequence", says="no sequences were found")
        self.assertIn("no two images belong together by near", self.run_ok("-C", name, "split", "--by", "group").stdout)

    def test_folder(self):
        program.write_folders(self.folder / "set" / "train", per_class=3)
        program.write_folders(self.folder / "set" / "test", per_class=2, start=40)
        self.run_ok("init", "p")
        self.run_ok("-C", "p", "import", "set", "--split", "pool")
        told = self.run_json("-C", "p", "split", "--by", "folder")
        self.assertEqual((told["splits"]["train"], told["splits"]["test"]), (9, 6))
        self.fails(2, "-C", "p", "split", "--by", "folder", "--val", "0.1", says="--by random")

    def test_text_and_mistakes(self):
        name = self.project(per_class=10)
        text = self.run_ok("-C", name, "split").stdout
        self.assertRegex(text, r"split +items +share\ntrain +\d+ +\d+\.\d %\n")
        self.fails(2, "-C", name, "split", "--val", "0.6", "--test", "0.6")
        self.fails(1, "-C", name, "split", "--target", "colour", says="colour")
        self.run_ok("init", "empty")
        self.fails(1, "-C", "empty", "split")


if __name__ == "__main__":
    unittest.main()
