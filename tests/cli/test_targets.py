"""Every kind of target from import to report: classes, labels, a tree, a number; what programs get is what the guide says."""
import csv
import html.parser
import re
import shutil
import tempfile
import unittest
from pathlib import Path

import program
from program import KINDS, picture, write_pgm

GUIDE = Path(program.__file__).resolve().parents[2] / "docs" / "guide"
N = 180
TARGETS = {"class": ("multiclass", "logistic"), "marks": ("multilabel", "logistic"), "kind": ("hierarchical", "logistic"),
           "shade": ("regression", "ridge")}
FIRST = {"class": "accuracy", "marks": "map", "kind": "hierarchical_f1", "shade": "mae"}


def write_tables(folder):
    """One picture in twenty is labelled wrongly; every seventh mark is unknown; sites take turns."""
    rows, tree = [["file", "set", "site", "class", "round", "lines", "shade"]], [["file", "top", "below"]]
    for i in range(N):
        kind, dark = KINDS[i % 3], (i * 37 % 11) * 10
        shown = KINDS[(i + 1) % 3] if i % 60 >= 57 else kind
        pixels = bytearray(max(0, value - dark) for value in picture(shown, i))
        pixels[0] = i
        write_pgm(folder / "photos" / f"{i:03}.pgm", bytes(pixels))
        split = ("train", "train", "val", "test", "test")[i // 3 % 5]
        unknown = i % 7 == 0
        rows.append([f"photos/{i:03}.pgm", split, "north" if i % 2 else "south", kind,
                     "" if unknown else int(kind == "disc"), int(kind != "disc"), dark])
        tree.append([f"photos/{i:03}.pgm", "pattern" if kind == "stripes" else "solid", kind])
    for name, table in (("t.csv", rows), ("tree.csv", tree)):
        with open(folder / name, "w", newline="") as file:
            csv.writer(file).writerows(table)


def documented(page):
    """All words that a guide's section on JSON sets as code."""
    text = (GUIDE / page).read_text().split("\n## JSON\n")[1].split("\n## ")[0]
    return set(re.findall(r"`([a-z0-9_]+)`", text))


def keys_of(value):
    """Keys of all objects below; those of `ci95`, `measures` and `proba` are names of other things."""
    if isinstance(value, list):
        return set().union(*map(keys_of, value))
    if not isinstance(value, dict):
        return set()
    return set(value).union(*(keys_of(v) for k, v in value.items() if k not in ("ci95", "proba", "params")))


class Page(html.parser.HTMLParser):
    """A report: its text, pictures, and what it would have to fetch."""

    def __init__(self, path):
        super().__init__()
        self.said, self.pictures, self.fetched, self.ids = [], 0, [], []
        self.feed(path.read_text().split("</style>")[1])
        self.said = " ".join(" ".join(self.said).split())

    def handle_data(self, data):
        self.said.append(data)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.pictures += tag == "img" and (attributes["src"] or "").startswith("data:")
        self.ids += [attributes["id"]] if "id" in attributes else []
        self.fetched += [v for k, v in attributes.items() if k in ("src", "href") and v[:1] != "#" and not v.startswith("data:")]
        self.fetched += [tag] if tag in ("script", "link", "iframe") else []


class Targets(program.Case):
    """One project of four targets, with a model and another beside it for each."""

    @classmethod
    def setUpClass(cls):
        cls.shared = Path(tempfile.mkdtemp(prefix="linnet-targets-"))
        cls.addClassCleanup(shutil.rmtree, cls.shared, ignore_errors=True)
        case = cls("run_ok")
        case.folder = cls.shared
        write_tables(cls.shared)
        case.run_ok("init", "p")
        case.run_ok("-C", "p", "import", "t.csv", "--column", "class=label:class", "--column", "round=onehot:marks",
                    "--column", "lines=onehot:marks", "--column", "shade=number")
        case.run_ok("-C", "p", "import", "tree.csv", "--label", "top/below", "--target", "kind")
        for target, (_task, learner) in TARGETS.items():
            case.run_ok("-C", "p", "train", "--target", target, "--learner", learner, "--feature", "pixels", "--name", target,
                        *(("--structure", "hierarchical") if target == "kind" else ()))
            case.run_ok("-C", "p", "train", "--target", target, "--learner", "knn", "--feature", "pixels", "--name", f"knn-{target}")

    def setUp(self):
        super().setUp()
        self.home = self.shared / "p"

    def evaluate(self, target, *words):
        return self.run_json("-C", self.home, "evaluate", target, "--resamples", "100", *words)

    def test_json_is_as_documented(self):
        known = documented("evaluate.md") | {"count"}
        for target, (task, _learner) in TARGETS.items():
            more = () if target in ("kind", "class", "shade") else ("--cost", "10:1")
            told = self.evaluate(target, "--slice", "site", "--compare", f"knn-{target}", *more)
            self.assertEqual((told["task"], told["model"], told["target"], told["split"], told["n"]), (task, target, target, "test", 72))
            unknown = {key for key in keys_of({k: v for k, v in told.items() if k != "comparison"})
                       if key not in known and re.sub("_(low|high)$", "", key) not in known}
            self.assertEqual(unknown, set(), f"{target}: not in docs/guide/evaluate.md")
            for name, (low, high) in told["ci95"].items():
                self.assertLessEqual(low, told[name] + 1e-12, name)
                self.assertGreaterEqual(high, told[name] - 1e-12, name)
            others = [text for text in told["warnings"] if "each too large to stay together" not in text]
            self.assertEqual(others + told["refused"], [])
            text = self.run_ok("-C", self.home, "evaluate", target, "--resamples", "0").stdout
            self.assertIn(f"{told[FIRST[target]]:.4f}", text)

    def test_a_comparison_is_both_models_figures(self):
        for target in TARGETS:
            first, second = (self.evaluate(name) for name in (target, f"knn-{target}"))
            told = self.evaluate(target, "--compare", f"knn-{target}")["comparison"]
            self.assertEqual((told["first"], told["second"], told["n"], told["n_left_out"]), (target, f"knn-{target}", 72, 0))
            for name, of in told["measures"].items():
                self.assertAlmostEqual(of["first"], first[name], places=9)
                self.assertAlmostEqual(of["second"], second[name], places=9)
                sure = of["difference_low"] > 0 or of["difference_high"] < 0
                self.assertEqual(of["better"] != "none", sure, (target, name, of))
            # With itself there is no difference in anything.
            same = self.evaluate(target, "--compare", target)["comparison"]
            self.assertEqual({(of["difference"], of["difference_low"], of["difference_high"], of["better"])
                              for of in same["measures"].values()}, {(0, 0, 0, "none")})

    def test_slices_are_all_images(self):
        for target in TARGETS:
            whole = self.evaluate(target, "--slice", "site")
            (slices,) = whole["slices"]
            self.assertEqual([(of["value"], of["n"], of["kind"]) for of in slices["values"]], [("north", 36, "value"), ("south", 36, "value")])
            gap, measure = slices["gap"], slices["gap"]["measure"]
            figures = [of[measure] for of in slices["values"]]
            self.assertAlmostEqual(abs(figures[0] - figures[1]), gap["difference"], places=9)
            self.assertEqual(gap["n_compared"], 2)
            self.assertEqual(gap["by_chance"], gap["difference_low"] <= 0)
            if target in ("class", "shade"):  # means of rows of the same size
                self.assertAlmostEqual(sum(figures) / 2, whole[measure], places=9)
            for of in slices["values"]:
                if of[f"{measure}_low"] is not None:
                    self.assertTrue(of[f"{measure}_low"] <= of[measure] <= of[f"{measure}_high"], of)

    def test_costs(self):
        told = self.evaluate("marks", "--cost", "10:1", "--html", self.folder / "r.html")
        costs, labels = told["costs"], {of["id"]: of for of in told["labels"]}
        self.assertEqual((costs["miss"], costs["false_alarm"]), (10, 1))
        for of in costs["labels"]:
            n, yes = of["n"], labels[of["id"]]["n"]
            self.assertAlmostEqual(of["cost_never"], 10 * yes / n, places=9)
            self.assertAlmostEqual(of["cost_always"], (n - yes) / n, places=9)
            self.assertAlmostEqual(of["asked"]["threshold"], 1 / 11, places=6)
            self.assertAlmostEqual(of["in_use"]["threshold"], labels[of["id"]]["threshold"], places=6)
            for way in ("in_use", "asked", "best"):
                self.assertAlmostEqual(of[way]["cost"], (10 * of[way]["misses"] + of[way]["false_alarms"]) / n, places=9)
                self.assertLessEqual(of["best"]["cost"], of[way]["cost"])
        text = self.run_ok("-C", self.home, "evaluate", "marks", "--cost", "10:1", "--resamples", "0").stdout
        page = Page(self.folder / "r.html").said
        for of in costs["labels"]:
            for way in ("in_use", "best"):
                self.assertTrue(f"{of[way]['cost']:.4f}" in text, f"{of} is not in\n{text}")
                self.assertTrue(f"{of[way]['cost']:.3g}" in page, f"{of} is not in\n{page}")
        for target in ("shade", "class"):  # a number, three classes: neither yes nor no
            self.fails(2, "-C", self.home, "evaluate", target, "--cost", "10:1", says="yes or no")
        self.fails(2, "-C", self.home, "evaluate", "marks", "--cost", "ten", says="10:1")

    def test_surest_first(self):
        told = self.evaluate("class")
        points = told["reject"]["points"]
        self.assertEqual([of["coverage"] for of in points], sorted(of["coverage"] for of in points))
        self.assertAlmostEqual(points[-1]["coverage"], 1)
        self.assertAlmostEqual(points[-1]["accuracy"], told["accuracy"], places=9)
        confidence = [of["confidence"] for of in points]
        self.assertEqual(confidence, sorted(confidence, reverse=True))
        backoff = self.evaluate("kind")["backoff"]
        for earlier, later in zip(backoff, backoff[1:]):  # who asks for more certainty gets fewer and shorter answers
            self.assertLess(earlier["threshold"], later["threshold"])
            self.assertGreaterEqual(earlier["full"], later["full"])
            self.assertGreaterEqual(earlier["depth"] * earlier["coverage"] + 1e-9, later["depth"] * later["coverage"])

    def test_pages(self):
        sections = {"class": ("Accuracy", "Calibration"), "marks": ("Mean average precision", "threshold"),
                    "kind": ("Hierarchical F1", "Exact path"), "shade": ("Mean error", "Rank correlation")}
        for target, words in sections.items():
            path = self.folder / f"{target}.html"
            told = self.evaluate(target, "--slice", "site", "--compare", f"knn-{target}", "--html", path)
            self.assertEqual(told["html"], str(path))
            page = Page(path)
            self.assertEqual(page.fetched, [])
            self.assertEqual(len(page.ids), len(set(page.ids)))
            self.assertGreater(page.pictures, 0, "no mistake is shown")
            first = told[FIRST[target]]
            shown = {"class": f"{100 * first:.1f} %", "shade": f"{first:.1f}"}.get(target, f"{first:.3f}")
            for word in (*words, "north", f"knn-{target}", shown):
                self.assertTrue(word in page.said, f"{target}: no {word} in\n{page.said}")
            self.assertNotRegex(page.said, r"\b(nan|inf)\b")
            if target == "class":
                self.assertTrue("How even are the classes? Each has 24 images." in page.said, page.said)
            if target == "shade":  # a range of one value is that value
                text = self.run_ok("-C", self.home, "evaluate", target, "--resamples", "0").stdout
                self.assertRegex(text, r"\n  20 to 30 .*\n  40  ")
                errors = re.findall(r"[+-]\d+\.(\d+)", text.split("\nErrors")[1].split("\n\n")[0])
                self.assertEqual(len({len(decimals) for decimals in errors}), 1, text)
                said = self.run_ok("-C", self.home, "train", "--target", "shade", "--learner", "ridge", "--feature", "pixels",
                                   "--name", "again").stdout
                self.assertRegex(said, r"\Aagain: ridge on [^,]*pixels:[^ ]*, [^,]*\n")

    def test_predictions_are_what_was_judged(self):
        """The figure of an evaluation, from the answers of predict and the labels of items."""
        items = {of["id"]: of for of in self.run_lines("-C", self.home, "items", "--where", "split=test")}
        known = documented("predict.md")
        told = {}
        for target in TARGETS:
            told[target] = self.run_lines("-C", self.home, "predict", target, "--items", "split=test")
            self.assertEqual([of["id"] for of in told[target]], sorted(items, key=int))
            self.assertLessEqual(keys_of(told[target]), known, f"{target}: not in docs/guide/predict.md")
        right = sum(of["label_id"] == items[of["id"]]["answers"]["class"] for of in told["class"])
        self.assertAlmostEqual(right / 72, self.evaluate("class")["accuracy"], places=9)
        exact = sum(of["label_id"] == items[of["id"]]["answers"]["kind"] for of in told["kind"])
        self.assertAlmostEqual(exact / 72, self.evaluate("kind")["exact_path"], places=9)
        error = sum(abs(of["value"] - items[of["id"]]["answers"]["shade"]) for of in told["shade"]) / 72
        self.assertAlmostEqual(error, self.evaluate("shade")["mae"], places=3)
        hits = misses = alarms = 0
        for of in told["marks"]:
            said, item = {label["id"] for label in of["labels"]}, items[of["id"]]
            yes, no = set(item["answers"].get("marks", [])), set(item.get("answers_no", {}).get("marks", []))
            hits, misses, alarms = hits + len(said & yes), misses + len(yes - said), alarms + len(said & no)
        self.assertAlmostEqual(2 * hits / (2 * hits + misses + alarms), self.evaluate("marks")["micro_f1"], places=9)


class Real(program.Case):
    """A few real pictures of each kind: what is known to be so is found from import to report."""

    def judge(self, target, *words):
        self.run_ok("-C", "p", "train", "--target", target, "--feature", "pixels:width=12,height=12", "--name", "m", *words)
        return self.run_json("-C", "p", "evaluate", "m", "--resamples", "20", "--html", "m.html", expect=0)

    def test_labels(self):
        """COCO names what is in a picture, and of the rest nothing: unknown is no answer, and no miss."""
        with open(self.data("coco_multilabel") / "labels.csv", newline="") as file:
            rows = [row for row in csv.DictReader(file) if "person" in row["labels"] or "giraffe" in row["labels"]][:60]
        with open(self.folder / "some.csv", "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["path", "person", "giraffe"])
            for row in rows:
                labels = row["labels"].split(";")
                writer.writerow([row["path"], int("person" in labels), 1 if "giraffe" in labels else 0 if "person" in labels else ""])
        self.run_ok("init", "p")
        self.run_ok("-C", "p", "import", "some.csv", "--root", self.data("coco_multilabel"), "--column", "*=onehot:seen",
                    "--column", "path=path")
        self.run_ok("-C", "p", "split", "--by", "random", "--test", "0.4", "--val", "0.2", "--seed", "3")
        told = self.judge("seen")
        labels = {of["id"]: of for of in told["labels"]}
        self.assertEqual(set(labels), {"person", "giraffe"})
        for of in labels.values():
            self.assertEqual(of["n"] + of["n_no"] + of["n_unknown"], told["n"])
        self.assertEqual(told["n_known"], sum(of["n"] + of["n_no"] for of in labels.values()))
        self.assertGreater(Page(self.folder / "m.html").pictures, 0)

    def test_a_tree(self):
        """Folders in folders are a tree; what is wrong below is right above more often."""
        for top, below in (("food", "fruit"), ("food", "nuts"), ("animals", None)):
            source = self.data("stamps") / top / (below or "")
            for path in sorted(path for path in source.rglob("*.jpg"))[:14]:
                target = self.folder / "stamps" / path.relative_to(self.data("stamps"))
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, target)
        self.run_ok("init", "p")
        self.run_ok("-C", "p", "import", "stamps")
        self.run_ok("-C", "p", "split", "--by", "random", "--test", "0.4", "--val", "0.2", "--seed", "1")
        told = {}
        for structure in ("flat", "hierarchical"):
            told[structure] = of = self.judge("class", "--structure", structure)
            self.assertEqual(of["task"], "multiclass" if structure == "flat" else "hierarchical")
            self.assertLessEqual(of["exact_path"], of["hierarchical_f1"])
            self.assertLessEqual(of["exact_path"], of["top_level"])
            self.assertEqual(of["levels"][0]["n"], of["n"])
            self.assertAlmostEqual(of["levels"][0]["right"] / of["n"], of["top_level"], places=9)
        self.assertEqual(told["flat"]["n"], told["hierarchical"]["n"])
        self.run_ok("-C", "p", "export", "out")
        found = lambda root: sorted("/".join(path.relative_to(root).parts[-3:][:-1]) for path in root.rglob("*.jpg"))
        self.assertEqual(len(found(self.folder / "out")), len(found(self.folder / "stamps")))

    def test_weights(self):
        """Of 40 sound tiles and 10 with a crack, weights find more of the cracks."""
        for kind, n in (("MT_Free", 40), ("MT_Crack", 12)):
            (self.folder / "tiles" / kind).mkdir(parents=True)
            found = sorted(path for path in self.data("magnetic_tile").rglob("*.jpg") if path.parent.name == kind)
            for path in found[:n]:
                shutil.copy(path, self.folder / "tiles" / kind)
        self.run_ok("init", "p")
        self.run_ok("-C", "p", "import", "tiles")
        self.run_ok("-C", "p", "split", "--by", "random", "--test", "0.5", "--val", "0", "--seed", "1")
        recall = {}
        for weights in ("none", "balanced"):
            told = self.judge("class", "--weights", weights)
            recall[weights] = next(of["recall"] for of in told["classes"] if of["name"] == "MT_Crack")
        self.assertGreaterEqual(recall["balanced"], recall["none"])
        costs = self.run_json("-C", "p", "evaluate", "m", "--cost", "10:1")["costs"]
        self.assertEqual(len(costs["labels"]), 1)
        page = self.run_ok("-C", "p", "evaluate", "m", "--cost", "10:1", "--html", "c.html").stdout
        self.assertIn("Costs: what wrong answers cost", page)
        self.assertIn("What do wrong answers cost?", Page(self.folder / "c.html").said)


if __name__ == "__main__":
    unittest.main()
