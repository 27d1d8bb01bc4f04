#!/usr/bin/python3
"""`linnet export` of many small images into class folders beside `cp -r` of the same files.

  ./dev bench export [--images N] [--rounds N] [--kbytes K] [--folder F]

The rule: all in turn in one run, N rounds; wall time and CPU time. Both sides end when the files are on the disk: cp with a
`sync -f` behind it. Every round writes into new folders and nothing is removed before the end, since ext4 searches its way
around inodes that were freed in the last minutes, which costs whoever comes next more than the writing. Images are read from
the page cache. Shown are also --link, which copies nothing, and the same command again, which finds nothing to do.
Results go to build/bench/export.json. There is no budget: what export does beside copying (every image is read whole and
hashed, so that none is exported that is another by now; a list of what was written; names) is told by the CPU times.
"""
import argparse
import json
import os
import random
import resource
import shutil
import statistics
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "build" / "bench"
LINNET = Path(os.environ.get("LINNET", ROOT / "build" / "release" / "linnet"))
CLASSES = 20


def run(*command):
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {"wall_s": time.monotonic() - begin,
            "cpu_s": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime}


def make_images(folder, n, kbytes):
    side = max(1, int((kbytes * 1024) ** 0.5))
    head, dice = f"P5\n{side} {side}\n255\n".encode(), random.Random(1)
    noise = dice.randbytes(side * side + n)
    for i in range(n):
        place = folder / f"class-{i * CLASSES // n:02}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"image-{i:06}.pgm").write_bytes(head + noise[i:i + side * side])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kbytes", type=float, default=8)
    parser.add_argument("--folder", type=Path, default=OUT / "export", help="where to work; removed in the end")
    options = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(options.folder, ignore_errors=True)
    source, project = options.folder / "images", options.folder / "project"
    make_images(source, options.images, options.kbytes)
    run(LINNET, "init", project)
    run(LINNET, "-C", project, "import", source, "--no-verify")
    run("sync", "-f", options.folder)
    found = {name: [] for name in ("cp", "export", "link", "again")}
    for i in range(options.rounds):
        out, links, copy = (options.folder / f"{name}-{i}" for name in ("out", "links", "copy"))
        found["cp"].append(run("sh", "-c", f"cp -r '{source}' '{copy}' && sync -f '{copy}'"))
        found["export"].append(run(LINNET, "-C", project, "export", out))
        found["link"].append(run(LINNET, "-C", project, "export", links, "--link"))
        found["again"].append(run(LINNET, "-C", project, "export", out))
    shutil.rmtree(options.folder)
    told = {"images": options.images, "kbytes": options.kbytes, "rounds": options.rounds}
    for name, rounds in found.items():
        told[name] = {key: round(statistics.median(row[key] for row in rounds), 3) for key in ("wall_s", "cpu_s")}
        told[name]["wall_over_cp"] = round(statistics.median(a["wall_s"] / b["wall_s"] for a, b in zip(rounds, found["cp"])), 2)
        print(f"{name:8} {told[name]['wall_s']:8.2f} s wall {told[name]['cpu_s']:8.2f} s CPU   {told[name]['wall_over_cp']:.2f} x cp")
    (OUT / "export.json").write_text(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    main()
