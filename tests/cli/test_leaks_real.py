"""Real sets: traffic signs cut from videos leak, and others do not. The figures of docs/guide/leaks.md, made again."""
import unittest
from pathlib import Path

import program

FASHION = Path("/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz")
SEQUENCES = ("differ in their last number alone", "follow each other by the numbers", "of one folder are alike",
             "by one camera within seconds", "that belong together")


class Real(program.Case):
    def imported(self, project, source):
        self.run_ok("init", project)
        return self.run_json("-C", project, "import", source)["warnings"]

    def judged(self, project, *words):
        """Accuracy and its interval on test, all by default."""
        self.imported(project, self.data("gtsrb/train"))
        self.run_json("-C", project, "split", *words)
        self.run_json("-C", project, "train")
        told = self.run_json("-C", project, "evaluate", "logistic-hog")
        low, high = told["ci95"]["accuracy"]
        print(f"{project}: {told['accuracy']:.3f} ({low:.3f} to {high:.3f}) of {told['n']} items, {told['group_key']}")
        return told["accuracy"], low, high, told["group_key"]

    def test_signs(self):
        """A random split promises far more than a split by track keeps: their intervals do not touch."""
        random = self.judged("random")
        group = self.judged("group", "--by", "group")
        self.assertEqual(group[3], "sequence:name")
        self.assertGreater(random[0] - group[0], 0.1)
        self.assertGreater(random[1], group[2])

    def test_signs_are_warned_of(self):
        warnings = self.imported("p", self.data("gtsrb/train"))
        self.assertTrue(any("differ in their last number alone" in text and "215 sets" in text for text in warnings), warnings)

    def test_signs_above(self):
        """The folder above has one split, train: nothing is divided yet, and it is warned of all the same."""
        self.run_ok("init", "p")
        out = self.run_ok("-C", "p", "import", self.data("gtsrb")).stdout
        self.assertIn("differ in their last number", " ".join(out.split()))
        self.assertIn("Next: linnet split --by group", out)
        self.assertIn("Next: linnet split --by group", self.run_ok("-C", "p", "status").stdout)

    def calm(self, source):
        warnings = self.imported("p", source)
        self.assertFalse([text for text in warnings if any(words in text for words in SEQUENCES)])
        self.assertFalse([text for text in warnings if "nearly equal to others" in text])

    def test_hymenoptera(self):
        self.calm(self.data("hymenoptera"))

    def test_grocery(self):
        self.calm(self.data("grocery"))

    def test_stamps(self):
        self.calm(self.data("stamps"))

    def test_cifar10(self):
        self.calm(self.data("cifar10/mini"))

    def test_mnist(self):
        self.calm(self.data("mnist/mini"))

    def test_fashion(self):
        if not FASHION.exists():
            self.skipTest("no dataset-fashion-mnist")
        self.calm(FASHION)


if __name__ == "__main__":
    unittest.main()
