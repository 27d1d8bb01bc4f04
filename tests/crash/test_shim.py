"""The crash shim does what it says: what was synced stays, what was not may go, and nothing goes unseen."""
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

BUILD = Path(os.environ.get("LINNET_BUILD", "build/release")) / "tests" / "crash"
PAGE = 4096
SEEDS = range(40)


class Shim(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory(prefix="linnet shim ")
        self.addCleanup(self.scratch.cleanup)
        self.rounds = 0
        # LD_PRELOAD takes no path with blanks in it.
        self.preload = tempfile.TemporaryDirectory(prefix="linnet-shim-")
        self.addCleanup(self.preload.cleanup)
        self.shim = shutil.copy(BUILD / "libcrash_shim.so", self.preload.name)

    def run_probe(self, *steps, at=0, seed=0, before=None, **more):
        """Runs the probe's steps in a fresh folder; gives that folder and the exit code."""
        self.rounds += 1
        folder = Path(self.scratch.name) / str(self.rounds)
        folder.mkdir()
        for name, data in (before or {}).items():
            (folder / name).write_bytes(data)
        environment = dict(os.environ, LD_PRELOAD=self.shim, CRASH_FOLDER=str(folder),
                           CRASH_AT=str(at), CRASH_SEED=str(seed), CRASH_COUNT_FILE=f"{folder}.count", **more)
        self.result = subprocess.run([BUILD / "crash_probe", *steps], cwd=folder, env=environment,
                                     capture_output=True, text=True)
        return folder, self.result.returncode

    def outcomes(self, *steps, at, read, before=None):
        """What `read` finds after a cut at call `at`, over many seeds."""
        found = set()
        for seed in SEEDS:
            folder, code = self.run_probe(*steps, at=at, seed=seed, before=before)
            self.assertEqual(code, 137, self.result.stderr)
            found.add(read(folder))
        return found

    @staticmethod
    def contents(name):
        return lambda folder: (folder / name).read_bytes() if (folder / name).exists() else None

    def test_without_a_cut_nothing_changes(self):
        folder, code = self.run_probe("create:a", "write:a:0:5000:x", "sync:a", "rename:a:b", "append:b:10:y")
        self.assertEqual(code, 0, self.result.stderr)
        self.assertEqual((folder / "b").read_bytes(), b"x" * 5000 + b"y" * 10)
        self.assertEqual(Path(f"{folder}.count").read_text(), "5\n")

    def test_a_kill_loses_nothing(self):
        for seed in SEEDS:
            folder, code = self.run_probe("create:a", "write:a:0:9000:x", "rename:a:b", "unlink:b", at=3, seed=seed, CRASH_KEEP="1")
            self.assertEqual((code, (folder / "b").read_bytes()), (137, b"x" * 9000))

    def test_a_cut_comes_at_the_named_call(self):
        for at in (1, 2, 3):
            self.run_probe("create:a", "write:a:0:1:x", "write:a:1:1:y", at=at)
            self.assertEqual(len(self.result.stdout.split()), at - 1)

    def test_the_same_seed_loses_the_same(self):
        steps = ["write:a:0:40000:x", "write:a:8192:20000:y", "write:a:0:1:z"]
        for seed in range(5):
            twice = [(self.run_probe(*steps, at=3, seed=seed, before={"a": b"o" * 50000})[0] / "a").read_bytes()
                     for _ in range(2)]
            self.assertEqual(*twice)

    def test_synced_bytes_stay(self):
        found = self.outcomes("write:a:0:6000:x", "sync:a", "write:b:0:1:y", at=3, read=self.contents("a"),
                              before={"a": b"", "b": b""})
        self.assertEqual(found, {b"x" * 6000})

    def test_unsynced_bytes_may_go_page_by_page(self):
        old = b"o" * 2 * PAGE
        found = self.outcomes(f"write:a:0:{2 * PAGE}:x", at=1, read=self.contents("a"), before={"a": old})
        pages = {(data[:1], data[PAGE:PAGE + 1]) for data in found}
        self.assertEqual(pages, {(b"o", b"o"), (b"x", b"x"), (b"o", b"x"), (b"x", b"o")})
        for data in found:  # each page whole, as it was or as it became
            self.assertIn(data[:PAGE], (b"o" * PAGE, b"x" * PAGE))

    def test_a_page_comes_back_as_one_of_its_versions(self):
        found = self.outcomes("write:a:0:4:x", "write:a:1:2:y", at=2, read=self.contents("a"), before={"a": b"oooo"})
        self.assertEqual(found, {b"oooo", b"xxxx", b"xyyx"})

    def test_growth_may_go(self):
        found = self.outcomes("append:a:4:x", at=1, read=self.contents("a"), before={"a": b"oo"})
        self.assertEqual(found, {b"oo", b"ooxxxx", b"oo\0\0\0\0"})

    def test_a_shrunk_file_may_come_back(self):
        for step in ("size:a:0", "empty:a"):
            found = self.outcomes(step, at=1, read=self.contents("a"), before={"a": b"oo"})
            self.assertTrue({b"", b"oo"} <= found <= {b"", b"oo", b"\0\0"}, found)

    def test_a_new_name_may_go_until_its_folder_is_synced(self):
        steps = ["create:a", "write:a:0:2:x", "sync:a"]
        exists = lambda folder: (folder / "a").exists()
        self.assertEqual(self.outcomes(*steps, "write:b:0:1:y", at=4, read=exists, before={"b": b""}), {True, False})
        self.assertEqual(self.outcomes(*steps, "folder:.", "write:b:0:1:y", at=5, read=exists, before={"b": b""}),
                         {True})

    def test_a_rename_may_go_and_brings_back_what_it_replaced(self):
        read = lambda folder: (self.contents("a")(folder), self.contents("b")(folder))
        found = self.outcomes("rename:a:b", at=1, read=read, before={"a": b"new", "b": b"old"})
        self.assertEqual(found, {(None, b"new"), (b"new", b"old")})

    def test_a_removed_file_may_come_back(self):
        found = self.outcomes("unlink:a", at=1, read=self.contents("a"), before={"a": b"oo"})
        self.assertEqual(found, {None, b"oo"})
        found = self.outcomes("unlink:a", "folder:.", "write:b:0:1:y", at=3, read=self.contents("a"),
                              before={"a": b"oo", "b": b""})
        self.assertEqual(found, {None})

    def test_a_new_folder_may_go(self):
        found = self.outcomes("mkdir:d", "create:d/a", at=2, read=lambda folder: (folder / "d" / "a").exists())
        self.assertEqual(found, {True, False})

    def test_a_sync_that_is_cut_does_not_count(self):
        found = self.outcomes("write:a:0:2:x", "sync:a", at=2, read=self.contents("a"), before={"a": b"oo"})
        self.assertEqual(found, {b"oo", b"xx"})

    def test_what_cannot_be_followed_is_said(self):
        for step in ("stdio:a", "map:a"):
            _, code = self.run_probe("write:a:0:1:x", step, before={"a": b"o"})
            self.assertEqual(code, 99)
            self.assertIn("cannot be followed", self.result.stderr)

    def test_other_folders_are_left_alone(self):
        outside = Path(self.scratch.name) / "outside"
        outside.write_bytes(b"oo")
        folder, code = self.run_probe(f"write:{outside}:0:2:x", "write:a:0:2:x", at=1, before={"a": b"oo"})
        self.assertEqual((code, outside.read_bytes()), (137, b"xx"))


if __name__ == "__main__":
    unittest.main()
