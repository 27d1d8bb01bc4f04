"""What the tests of the program share: running it in a folder of its own, and making tiny images."""
import functools
import json
import math
import os
import random
import shutil
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

LINNET = str(Path(os.environ.get("LINNET_BUILD", "build/release")).resolve() / "linnet")
FLAT = 12  # width and height of the images made here


def environment(extra=None):
    """The caller's, without what would change the program's ways."""
    kept = {key: value for key, value in os.environ.items()
            if key not in ("LINNET_CPU", "OPENBLAS_CORETYPE", "NO_COLOR")}
    return {**kept, **(extra or {})}


# Real sets, for the long tests.
DATA = Path(os.environ.get("LINNET_TEST_DATA",
                           Path(os.environ.get("LINNET_SOURCE", Path(__file__).resolve().parents[2])).parent / "shared/data"))
PERIOD = 3300  # pictures repeat after so many


@functools.lru_cache(maxsize=None)
def picture_of(kind, index):
    """FLAT x FLAT grey pixels: a disc, a cross or stripes, moved and shaded a little by the index."""
    shift, shade = index % 3 - 1, 200 + index % 50
    pixels = bytearray()
    for y in range(FLAT):
        for x in range(FLAT):
            u, v = x - FLAT // 2 - shift, y - FLAT // 2 + shift
            inside = {"disc": u * u + v * v < 16, "cross": abs(u) < 2 or abs(v) < 2, "stripes": (x + index) % 4 < 2}
            pixels.append(shade if inside[kind] else 20 + (7 * x + 3 * y + index) % 11)
    return bytes(pixels)


def picture(kind, index):
    return picture_of(kind, index % PERIOD)


def write_pgm(path, pixels, width=FLAT, height=FLAT):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"P5 %d %d 255\n" % (width, height) + pixels)


KINDS = ("disc", "cross", "stripes")


def write_folders(root, per_class=12, start=0):
    """A folder of images for each class; all images differ."""
    for number, kind in enumerate(KINDS):
        for i in range(per_class):
            pixels = bytearray(picture(kind, start + i))
            pixels[0], pixels[1] = (start + i) % 256, number  # no two alike
            write_pgm(root / kind / f"{start + i:03d}.pgm", bytes(pixels))
    return root


def write_idx(folder, name, n, labels=True):
    """IDX arrays of n images, the three kinds in turn, and their labels; gives the images' file."""
    folder.mkdir(parents=True, exist_ok=True)
    images = folder / f"{name}-images-idx3-ubyte"
    data = bytearray()
    for i in range(n):
        pixels = bytearray(picture(KINDS[i % 3], i))
        pixels[0:3] = i.to_bytes(3, "big")
        data += pixels
    sizes = b"".join(size.to_bytes(4, "big") for size in (n, FLAT, FLAT))
    images.write_bytes(b"\0\0\x08\x03" + sizes + bytes(data))
    if labels:
        (folder / f"{name}-labels-idx1-ubyte").write_bytes(
            b"\0\0\x08\x01" + n.to_bytes(4, "big") + bytes(i % 3 for i in range(n)))
    return images


class Case(unittest.TestCase):
    """A test in a fresh folder."""

    maxDiff = None

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="linnet-cli-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def run_raw(self, *words, cwd=None, env=None, **options):
        return subprocess.run([LINNET, *map(str, words)], cwd=cwd or self.folder, env=environment(env),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120,
                              text=True, **options)

    def run_ok(self, *words, expect=0, **options):
        """Runs, and fails with all that was said where the exit code is another."""
        result = self.run_raw(*words, **options)
        self.assertEqual(result.returncode, expect,
                         f"linnet {' '.join(map(str, words))}\n--- stdout\n{result.stdout}--- stderr\n{result.stderr}")
        return result

    def run_json(self, *words, expect=0, **options):
        """The one JSON object that a command prints."""
        return json.loads(self.run_ok(*words, "--json", expect=expect, **options).stdout)

    def run_lines(self, *words, expect=0, **options):
        """The JSON Lines that a command prints."""
        return [json.loads(line) for line in self.run_ok(*words, "--json", expect=expect, **options).stdout.splitlines()]

    def fails(self, code, *words, says="", **options):
        """Exit code, one line on stderr, nothing on stdout; the same with --json, where stdout has the error."""
        result = self.run_ok(*words, expect=code, **options)
        self.assertEqual(result.stdout, "")
        self.assertRegex(result.stderr, r"\Alinnet: [^\n]+\n\Z")
        self.assertIn(says, result.stderr)
        told = json.loads(self.run_ok(*words, "--json", expect=code, **options).stdout)
        self.assertEqual(set(told), {"error"})
        self.assertEqual(set(told["error"]), {"code", "message"})
        self.assertRegex(told["error"]["code"], r"\AE[A-Z]+\Z")
        self.assertIn(told["error"]["message"], result.stderr)
        return told["error"]

    def data(self, name):
        """A real set; without it the test is skipped."""
        path = DATA / name
        if not path.exists():
            self.skipTest(f"no {name} in the test data (set LINNET_TEST_DATA)")
        return path

    def project(self, name="p", **images):
        """A project with a folder for each class imported."""
        self.run_ok("init", name)
        write_folders(self.folder / "photos", **images)
        self.run_ok("-C", name, "import", "photos")
        return name


def interruptible():
    """For a child that is to be interrupted, also where this test runs in the background of a script."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def write_tracks(root, tracks=64, frames=6, seed=1):
    """Folders of two classes with images track_frame.pgm: what a track shows is its own, its frames are alike."""
    draw = random.Random(seed)
    for track in range(tracks):
        waves = [(draw.uniform(-14, 14), draw.randrange(1, 7), draw.randrange(1, 7), draw.random()) for _ in range(8)]
        tall = track % 2
        scene = [128 + 20 * (((x if tall else y) // 4) % 2)
                 + sum(a * math.cos(math.pi * (u * x + v * y) / 32 + p) for a, u, v, p in waves)
                 for y in range(32) for x in range(32)]
        for frame in range(frames):
            pixels = bytes(max(0, min(255, int(value + draw.uniform(-6, 6)))) for value in scene)
            write_pgm(root / ("tall" if tall else "wide") / f"{track:03}_{frame:02}.pgm", pixels, 32, 32)
    return root
