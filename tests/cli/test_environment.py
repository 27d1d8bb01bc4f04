"""What the program reads from its environment: LINNET_CPU, threads, signals."""
import os
import signal
import subprocess
import unittest

import program

LEVELS = ("generic", "avx2", "avx512", "vnni", "amx")


class Cpu(program.Case):
    def best(self):
        return self.run_json("doctor")["cpu_best"]

    def test_each_level(self):
        best = LEVELS.index(self.best())
        for index, level in enumerate(LEVELS):
            if index > best:
                self.fails(2, "status", env={"LINNET_CPU": level}, says=f"no more than {LEVELS[best]}")
                continue
            told = self.run_json("doctor", env={"LINNET_CPU": level})
            self.assertEqual(told["cpu"], level)
            kernels = next(check for check in told["checks"] if check["name"] == "kernels")
            self.assertEqual(kernels["verdict"] == "ok", index == best and best > 0)

    def test_unknown_level(self):
        self.fails(2, "status", env={"LINNET_CPU": "sse9"}, says="LINNET_CPU")

    def test_empty_is_unset(self):
        self.assertEqual(self.run_json("doctor", env={"LINNET_CPU": ""})["cpu"], self.best())

    def test_levels_agree(self):
        name = self.project(per_class=15)
        self.run_ok("-C", name, "split")
        accuracies = []
        for level in LEVELS[:LEVELS.index(self.best()) + 1]:
            self.run_ok("-C", name, "train", "--learner", "knn", "--feature", "pixels", "--name", f"on-{level}",
                        env={"LINNET_CPU": level})
            lines = self.run_lines("-C", name, "predict", f"on-{level}", "--items", "", env={"LINNET_CPU": level})
            accuracies.append([line["label"] for line in lines])
        for other in accuracies[1:]:
            self.assertEqual(other, accuracies[0])

    def test_a_lower_level_is_said(self):
        if self.best() == "generic":
            self.skipTest("this machine has no level above generic")

        with open(self.folder / "out", "w") as out:
            result = subprocess.run([program.LINNET, "doctor"], cwd=self.folder, stdout=out, stderr=subprocess.PIPE,
                                    text=True, env=program.environment({"LINNET_CPU": "generic"}))
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn("LINNET_CPU holds Linnet below", (self.folder / "out").read_text())


class Threads(program.Case):
    def test_number(self):
        self.assertEqual(self.run_json("doctor", "--threads", "3")["threads"], 3)
        self.assertEqual(self.run_json("doctor")["threads"], len(os.sched_getaffinity(0)))


class Signals(program.Case):
    def test_ignored_interrupt_stays_ignored(self):
        """A background job of a script must not die of the script's Ctrl-C."""
        images = program.write_idx(self.folder, "train", 3000)
        self.run_ok("init", "p")
        child = subprocess.Popen([program.LINNET, "-C", "p", "import", str(images)], cwd=self.folder,
                                 env=program.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                 preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
        child.send_signal(signal.SIGINT)
        self.assertEqual(child.wait(timeout=60), 0)


if __name__ == "__main__":
    unittest.main()
