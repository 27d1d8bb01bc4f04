"""Real photographs on real backbones: how good a model gets whose C was chosen on train alone (docs/guide/choosing.md)."""
import unittest

import program

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


if __name__ == "__main__":
    unittest.main()
