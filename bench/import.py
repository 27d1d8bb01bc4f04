#!/usr/bin/python3
"""`linnet import` of photographs beside the bare loop that decodes each and makes its thumbnail, and of labels.

  ./dev bench import [--pairs N] [--photos N] [--distinct N] [--cifar FOLDER] [--labels N] [--threads N]...

The rule: both sides in turn in one run, N rounds, pinned to one core, then to two; CPU time of the process and wall
time. A ratio is taken within a round: the bare loop's CPU time over the import's (start-up, hashes, store and all); its
median is held against the budget (0.9). Files are read from the page cache: both sides are shown them once before.
Photographs are made (--distinct of them, repeated by hard links): 12 MP of noise at all scales, JPEG.
--cifar: a folder of small JPEGs, shown without a budget of its own. Labels: a CSV of N rows for N items that are there.
Results go to build/bench/import.json; the exit code is 1 where a budget is missed.
"""
import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "build" / "bench"
LINNET = Path(os.environ.get("LINNET", ROOT / "build" / "release" / "linnet"))
PROGRAMS = LINNET.parent / "bench"
BARE, MAKE = PROGRAMS / "bench_import_bare", PROGRAMS / "bench_make_project"
MUST, LABELS_MUST = 0.9, 100_000
WIDTH, HEIGHT = 4000, 3000
PAIRS_LEAST = 5  # of the rule


def say(text):
    print(text, file=sys.stderr, flush=True)


def run(command, cores):
    """Seconds of CPU and of wall, MB of the peak, and what it printed."""
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    pinned = ["taskset", "-c", ",".join(str(core) for core in cores), *map(str, command)]
    done = subprocess.run(pinned, check=True, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"cpu_s": cpu, "wall_s": time.monotonic() - begin, "out": done.stdout}


def make_photos(folder, n, distinct):
    """n photographs, `distinct` of them different; made once."""
    made = folder / f"distinct-{distinct}"
    if len(list(made.glob("*.jpg"))) < distinct:
        say(f"making {distinct} photographs of {WIDTH} x {HEIGHT}; this takes a second or two each")
        shutil.rmtree(made, ignore_errors=True)
        subprocess.run([BARE, "make", made, str(distinct), str(WIDTH), str(HEIGHT)], check=True)
    photos = folder / f"photos-{n}-{distinct}"
    shutil.rmtree(photos, ignore_errors=True)
    photos.mkdir(parents=True)
    files = sorted(made.glob("*.jpg"))[:distinct]
    for i in range(n):
        os.link(files[i % distinct], photos / f"IMG_{i:05}.jpg")
    return photos


def fresh_project(folder):
    project = folder / "project"
    shutil.rmtree(project, ignore_errors=True)
    subprocess.run([LINNET, "init", project], check=True, capture_output=True)
    return project


def pairs(name, source, threads, n_pairs, folder):
    cores = list(range(threads))
    rounds = []
    run([BARE, "loop", threads, source], cores)  # the page cache
    for i in range(n_pairs):
        bare = run([BARE, "loop", threads, source], cores)
        project = fresh_project(folder)
        ours = run([LINNET, "-C", project, "--threads", threads, "import", source, "--json"], cores)
        said = json.loads(ours["out"])
        n = json.loads(bare["out"])["n"]
        if said["imported"] != n or said["refused"]:
            sys.exit(f"{name}: {said['imported']} of {n} images were imported")
        rounds.append({"bare_cpu_s": bare["cpu_s"], "cpu_s": ours["cpu_s"], "bare_wall_s": bare["wall_s"],
                       "wall_s": ours["wall_s"], "n": n})
        say(f"  {name}, {threads} threads, round {i + 1}: bare {n / bare['wall_s']:.0f}/s, import {n / ours['wall_s']:.0f}/s, "
            f"CPU ratio {bare['cpu_s'] / ours['cpu_s']:.3f}")
    return rounds


def labels(n, n_pairs, folder):
    """Rows a second of a CSV of labels for items that are there."""
    rates = []
    for i in range(n_pairs):
        project = folder / "labels"
        shutil.rmtree(project, ignore_errors=True)
        subprocess.run([MAKE, project, str(n), "0"], check=True, capture_output=True)
        table = folder / "labels.csv"
        listing = subprocess.run([LINNET, "-C", project, "items", "--json", "--limit", "0"], check=True, capture_output=True,
                                 text=True).stdout
        with table.open("w") as file:
            file.write("path,label\n")
            for k, line in enumerate(listing.splitlines()):
                file.write(f"{json.loads(line)['path']},class {k % 100}\n")
        took = run([LINNET, "-C", project, "import", table, "--target", "kind", "--json"], [0, 1])
        said = json.loads(took["out"])
        if said["labelled"] != n:
            sys.exit(f"labels: {said['labelled']} of {n} were taken: {said['refused'][:3]}")
        rates.append(n / took["wall_s"])
        say(f"  labels, round {i + 1}: {rates[-1]:.0f} rows/s")
    return rates


def verdict(name, value, must):
    if must is None:
        return True, f"{name}: {value:.3f}"
    return value >= must, f"{name}: {value:.3f}, must {must}: {'met' if value >= must else 'MISSED'}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=PAIRS_LEAST)
    parser.add_argument("--photos", type=int, default=200)
    parser.add_argument("--distinct", type=int, default=50)
    parser.add_argument("--cifar", type=Path)
    parser.add_argument("--labels", type=int, default=1_000_000)
    parser.add_argument("--threads", type=int, action="append")
    args = parser.parse_args()
    folder = OUT / "import"
    folder.mkdir(parents=True, exist_ok=True)
    results, lines, met = {"cases": []}, [], args.pairs >= PAIRS_LEAST
    cases = [("photographs", make_photos(folder, args.photos, args.distinct), MUST)] if args.photos else []
    if args.cifar:
        cases.append(("small images", args.cifar, None))
    for threads in args.threads or [1, 2]:
        for name, source, must in cases:
            rounds = pairs(name, source, threads, args.pairs, folder)
            ratios = [r["bare_cpu_s"] / r["cpu_s"] for r in rounds]
            middle = statistics.median(ratios)
            results["cases"].append({"case": name, "threads": threads, "median": middle, "rounds": rounds})
            ok, line = verdict(f"{name}, {threads} threads: bare over import, median of {len(ratios)} "
                               f"({min(ratios):.3f} to {max(ratios):.3f})", middle, must)
            met, lines = met and ok, lines + [line]
    if args.labels:
        rates = labels(args.labels, min(args.pairs, 3), folder)
        results["labels_per_s"] = rates
        ok, line = verdict(f"labels a second, {args.labels} rows, median", statistics.median(rates), LABELS_MUST)
        met, lines = met and ok, lines + [line]
    (OUT / "import.json").write_text(json.dumps(results, indent=1) + "\n")
    print("\n".join(lines))
    if args.pairs < PAIRS_LEAST:
        print(f"fewer than {PAIRS_LEAST} rounds: this says nothing for the record")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
