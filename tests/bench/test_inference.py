"""bench/inference.py judges as it says: on results made up, no budget is missed unseen and none is invented."""
import sys
import unittest
from pathlib import Path

BENCH = Path(__file__).resolve().parents[2] / "bench"
sys.path.insert(0, str(BENCH))
import inference  # noqa: E402

OUTPUT = [0.001 * k for k in range(inference.CLASSES)]


def result(cpu, peak=100.0, output=None, wall=None):
    return {"cpu": cpu, "wall": wall or cpu, "peak_mb": peak, "bare_mb": 40.0, "output": output or OUTPUT}


def row(ours, peer, network="resnet50", column=("avx512", "f32"), threads=1, judged=True):
    return inference.summarise(network, 1, threads, column, [{"ours": a, "peer": b} for a, b in zip(ours, peer)], judged)


class Judging(unittest.TestCase):
    def test_ratio_is_of_the_same_pair(self):
        got = row([result(1), result(10), result(1)], [result(2), result(20), result(3)])
        self.assertEqual((got["ratio"]["median"], got["ratio"]["min"], got["ratio"]["max"]), (2, 2, 3))
        self.assertEqual(got["missed"], [])

    def test_speed(self):
        self.assertEqual(row([result(1)], [result(0.99)])["missed"], ["speed"])
        self.assertEqual(row([result(1)], [result(1.0)])["missed"], [])
        self.assertEqual(row([result(1)], [result(0.79)], "mobilenet_v2")["missed"], ["speed"])
        self.assertEqual(row([result(1)], [result(0.81)], "mobilenet_v2")["missed"], [])
        self.assertEqual(row([result(1)], [result(0.1)], column=("avx2", "f32"))["missed"], [])  # the peer is not held to AVX2

    def test_two_cores_go_by_the_wall(self):
        self.assertEqual(row([result(2, wall=1)], [result(1, wall=2)], threads=2)["ratio"]["median"], 2)

    def test_memory(self):
        self.assertEqual(row([result(1, 101)], [result(2, 100)])["missed"], ["memory"])

    def test_outputs(self):
        wrong = OUTPUT[:]
        wrong[5] += 0.0011
        self.assertEqual(row([result(1, output=wrong)], [result(2)])["missed"], ["outputs"])
        wrong[5] -= 0.0003
        self.assertEqual(row([result(1, output=wrong)], [result(2)])["missed"], [])

    def test_all_at_once_and_not_judged(self):
        ours, peer = [result(2, 200, [0.0] * inference.CLASSES)], [result(1)]
        self.assertEqual(row(ours, peer)["missed"], ["speed", "memory", "outputs"])
        self.assertEqual(row(ours, peer, judged=False)["missed"], [])

    def test_agreement(self):
        other = OUTPUT[:]
        other[3] = 1.5
        got = inference.agreement(OUTPUT + other, OUTPUT + OUTPUT)
        self.assertEqual(got["top1"], 0.5)
        self.assertAlmostEqual(got["largest"], (1.5 - 0.003) / 0.999)

    def test_table(self):
        got = inference.table([row([result(1)], [result(1.5)]), row([result(1)], [result(0.5)])]).splitlines()
        self.assertEqual(len({len(line) for line in got}), 1)  # aligned
        self.assertIn("| met", got[2])
        self.assertIn("MISSED: speed", got[3])


if __name__ == "__main__":
    unittest.main()
