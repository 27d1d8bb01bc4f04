"""Real photographs on real backbones: how good a model gets whose parameters were chosen on train alone (docs/guide/choosing.md)."""
import csv
import importlib.util
import io
import json
import subprocess
import sys
import unittest
from pathlib import Path

import program

SHARE = Path(__file__).resolve().parents[2] / "examples" / "mask_share.py"
LARGE, SMALL = "mobilenet_v2_1.0_224", "mobilenet_v1_0.25_128"


class Real(program.Case):
    def judged(self, backbone, split):
        """Accuracy on a split that took no part in the choice of C."""
        env = {"LINNET_BACKBONES": str(self.folder / "backbones")}
        self.run_ok("backbone", "add", self.data(f"backbones/{backbone}.onnx"), env=env)
        model = self.run_json("-C", "p", "train", "--feature", f"embedding:{backbone}", "--set", "C=auto", "--name", backbone,
                              env=env)["models"][0]
        told = self.run_json("-C", "p", "evaluate", backbone, "--split", split, env=env)
        low, high = told["ci95"]["accuracy"]
        print(f"{backbone}: {told['accuracy']:.4f} ({low:.3f} to {high:.3f}) of {told['n']}, C={model['params']['C']:g}, "
              f"{model['cross_validation']['fits']} fits in {model['cross_validation']['seconds']:.1f} s")
        return told["accuracy"]

    def test_hymenoptera(self):
        self.run_ok("init", "p")
        self.run_ok("-C", "p", "import", self.data("hymenoptera"))
        self.assertGreaterEqual(self.judged(LARGE, "val"), 0.92)
        self.assertGreaterEqual(self.judged(SMALL, "val"), 0.82)

    def test_grocery(self):
        self.run_ok("init", "p")
        lists = [self.data("grocery") / f"{split}.txt" for split in ("train", "val", "test")]
        self.run_ok("-C", "p", "import", *lists, "--column", "2=label", "--column", "3=skip")
        self.assertGreaterEqual(self.judged(LARGE, "test"), 0.56)

    @unittest.skipIf(importlib.util.find_spec("PIL") is None, "python3-pil is not installed")
    def test_share_of_masks(self):
        """The recipe of docs/guide/targets.md, with the small backbone: better than always answering the mean, by more than chance."""
        tiles, env = self.data("magnetic_tile"), {"LINNET_BACKBONES": str(self.folder / "backbones")}
        table = subprocess.run([sys.executable, SHARE, tiles / "images", tiles / "masks"], check=True, capture_output=True, text=True)
        rows = list(csv.DictReader(io.StringIO(table.stdout)))
        self.assertEqual(len(rows), 1344)
        self.assertTrue(all(float(row["share"]) == 0 for row in rows if "MT_Free" in row["path"]))
        self.assertGreater(sum(float(row["share"]) > 0 for row in rows), 350)
        (self.folder / "share.csv").write_text(table.stdout)
        (self.folder / "share.json").write_text(json.dumps({"name": "Defects", "classifications": [
            {"id": "share", "title": "Defect share", "type": "number", "min": 0, "max": 100, "unit": "%"}]}))
        self.run_ok("init", "p", "--ontology", "share.json")
        self.run_ok("-C", "p", "import", "share.csv", "--column", "share=number")
        self.run_ok("-C", "p", "split", "--by", "group", "--group", "near", "--test", "0.3", "--seed", "1")
        self.run_ok("backbone", "add", self.data(f"backbones/{SMALL}.onnx"), env=env)
        model = self.run_json("-C", "p", "train", "--target", "share", "--feature", f"embedding:{SMALL}", "--set", "k=1,3,5,9,17",
                              env=env)["models"][0]
        self.assertEqual((model["learner"], model["task"]), ("knn", "regression"))
        told = self.run_json("-C", "p", "evaluate", model["model"], env=env)
        print(f"share of masks: mean error {told['mae']:.2f}, of the mean {told['mean_mae']:.2f}, {told['n']} tiles")
        self.assertLess(told["mae"], 0.6 * told["mean_mae"])
        self.assertGreater(told["mae_gain_low"], 0)
        bad = subprocess.run([sys.executable, SHARE, tiles / "images", self.folder], check=False, capture_output=True, text=True)
        self.assertIn("has a mask below", bad.stderr)


if __name__ == "__main__":
    unittest.main()
