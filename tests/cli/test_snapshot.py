"""snapshot: names for the data, their fingerprint, and what changed between two."""
import hashlib
import json
import unittest

import program
from program import write_pgm, picture


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


if __name__ == "__main__":
    unittest.main()
