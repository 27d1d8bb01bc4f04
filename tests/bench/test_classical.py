"""bench/classical.py judges as it says: on results made up, no budget is missed unseen and none is invented."""
import sys
import unittest
from pathlib import Path

BENCH = Path(__file__).resolve().parents[2] / "bench"
sys.path.insert(0, str(BENCH))
import classical  # noqa: E402

KNN = next(case for case in classical.CASES if case.name == "knn-pixels")


def result(cpu, accuracy=0.85, peak=100.0):
    return {"fit_cpu": 0.0, "predict_cpu": cpu, "cpu": cpu, "wall": cpu, "peak_mb": peak, "loaded_mb": 50.0, "accuracy": accuracy,
            "iterations": 0, "blas_kernels": "SkylakeX"}


def row(level, ours, peer, judged=True):
    pairs = [{"ours": a, "peer": b} for a, b in zip(ours, peer)]
    return classical.summarise(KNN, 1, level, pairs, judged)


class Judging(unittest.TestCase):
    def test_ratio_is_of_the_same_round(self):
        # The machine is ten times slower in the second round: the ratios are 20, 20 and 30, whatever the means are.
        got = row("vnni", [result(1), result(10), result(1)], [result(20, peak=200), result(200, peak=200), result(30, peak=200)])
        self.assertEqual((got["ratio"]["median"], got["ratio"]["min"], got["ratio"]["max"]), (20, 20, 30))
        self.assertEqual(got["missed"], [])

    def test_speed(self):
        self.assertEqual(row("amx", [result(1)], [result(9.9, peak=200)])["missed"], ["speed"])
        self.assertEqual(row("amx", [result(1)], [result(10, peak=200)])["missed"], [])
        self.assertEqual(row("vnni", [result(1)], [result(9.9, peak=200)])["missed"], [])

    def test_accuracy(self):
        self.assertEqual(row("amx", [result(1, 0.8479)], [result(20, 0.85, 200)])["missed"], ["accuracy"])
        self.assertEqual(row("amx", [result(1, 0.8481)], [result(20, 0.85, 200)])["missed"], [])
        self.assertEqual(row("amx", [result(1, 0.90)], [result(20, 0.85, 200)])["missed"], [])

    def test_memory(self):
        self.assertEqual(row("amx", [result(1, peak=101)], [result(20, peak=200)])["missed"], ["memory"])

    def test_all_at_once_and_not_judged(self):
        ours, peer = [result(1, 0.5, 200)], [result(1, 0.85, 200)]
        self.assertEqual(row("avx2", ours, peer)["missed"], ["speed", "accuracy", "memory"])
        self.assertEqual(row("avx2", ours, peer, judged=False)["missed"], [])

    def test_every_level_has_a_budget(self):
        for case in classical.CASES:
            self.assertEqual(sorted(case.must), sorted(classical.LEVELS[1:]), case.name)

    def test_turns(self):
        order = classical.turns(["avx2", "avx512", "amx"], True)
        self.assertEqual(order, [("peer", "HASWELL"), ("ours", "avx2"), ("peer", "SKYLAKEX"), ("ours", "avx512"), ("ours", "amx")])
        self.assertEqual(classical.turns(["avx2", "avx512", "amx"], False), order[::-1])

    def test_table(self):
        got = classical.table([row("amx", [result(1, peak=90)], [result(30, peak=200)]),
                               row("avx2", [result(1, peak=90)], [result(2, peak=200)])]).splitlines()
        self.assertEqual(len({len(line) for line in got}), 1)  # aligned
        self.assertIn("met, goal too", got[2])
        self.assertIn("MISSED: speed", got[3])
        self.assertIn("30.00 (30.00-30.00)", got[2])


if __name__ == "__main__":
    unittest.main()
