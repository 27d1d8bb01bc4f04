#!/usr/bin/python3
"""Export into class folders beside `cp -r` of the same files, in CPU seconds and by the clock.

  ./dev bench folders [--images N] [--folder DIR]

Prints JSON: of cp, of a first export, of the same again, of hard links. Each copy ends with a sync of the file system, which is part of its time.
"""
import argparse
import json
import os
import resource
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def write_images(folder, n):
    """n grey pictures of 64 x 64 in ten folders, no two alike."""
    noise = os.urandom(64 * 64 + n % 4096 + 4096)
    for i in range(n):
        path = folder / str(i % 10) / f"{i}.pgm"
        if i < 10:
            path.parent.mkdir(parents=True)
        path.write_bytes(b"P5 64 64 255\n" + i.to_bytes(4, "big") + noise[i % 4096:i % 4096 + 64 * 64 - 4])


def timed(*command):
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    os.sync()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {"user": round(after.ru_utime - before.ru_utime, 2), "system": round(after.ru_stime - before.ru_stime, 2),
            "wall": round(time.monotonic() - begin, 2)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", default=100000, type=int)
    parser.add_argument("--folder", help="where to write; it should be the file system that is of interest")
    options = parser.parse_args()
    linnet = str(Path(os.environ.get("LINNET", ROOT / "build" / "release" / "linnet")).resolve())
    with tempfile.TemporaryDirectory(prefix="linnet-bench-", dir=options.folder) as name:
        folder = Path(name)
        write_images(folder / "set", options.images)
        os.sync()
        subprocess.run([linnet, "init", folder / "p"], check=True, stdout=subprocess.DEVNULL)
        subprocess.run([linnet, "-C", folder / "p", "import", folder / "set"], check=True, stdout=subprocess.DEVNULL)
        export = (linnet, "-C", folder / "p", "export")
        told = {"images": options.images, "cp -r": timed("cp", "-r", folder / "set", folder / "cp")}
        shutil.rmtree(folder / "cp")
        told["export"] = timed(*export, folder / "out")
        told["again"] = timed(*export, folder / "out")
        told["links"] = timed(*export, folder / "links", "--link")
        print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
