#!/usr/bin/python3
"""A view over a million items: filter, counts of twelve facets and a page; sorts; opening; catching up.

  ./dev bench view [--items N] [--threads N] [--level NAME]

The project is made once, without images (bench/synthetic.h), in build/bench/view-N. Every level of the CPU is measured,
pinned to one core and then to two; CPU time and time by the wall, p50 and p95. The exit code is 1 where a query takes
longer than the budget. Results go to build/bench/view.json.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "build" / "bench"
PROGRAMS = Path(os.environ.get("LINNET", ROOT / "build" / "release" / "linnet")).parent / "bench"
MUST, GOAL = 25.0, 8.0       # ms, p95: filter + counts of 12 facets + a page over 1M items
OPEN_MUST, BUILD_MUST = 50.0, 5000.0
MEMORY_MUST = 250            # MB of columns
LEVELS = ["generic", "avx2", "avx512"]


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))]


def summary(pairs):
    cpu, wall = [p[0] for p in pairs], [p[1] for p in pairs]
    return {"cpu_p50": statistics.median(cpu), "cpu_p95": percentile(cpu, 0.95),
            "wall_p50": statistics.median(wall), "wall_p95": percentile(wall, 0.95)}


def show(name, s, verdict=""):
    print(f"  {name:34} cpu p50 {s['cpu_p50']:8.2f}  p95 {s['cpu_p95']:8.2f}   "
          f"wall p50 {s['wall_p50']:8.2f}  p95 {s['wall_p95']:8.2f} ms  {verdict}")


def project(items):
    folder = OUT / f"view-{items}"
    if not (folder / "made").exists():
        shutil.rmtree(folder, ignore_errors=True)
        OUT.mkdir(parents=True, exist_ok=True)
        subprocess.run([PROGRAMS / "bench_make_project", folder, str(items)], check=True)
        (folder / "made").write_text("")
    return folder


def verdict(value, must, goal=None):
    if value > must:
        return f"MISSED: must be <= {must:g} ms"
    return f"met (<= {must:g})" + (f", goal {goal:g} {'met' if value <= goal else 'not met'}" if goal else "")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--items", type=int, default=1000000)
    parser.add_argument("--threads", type=int, choices=[1, 2])
    parser.add_argument("--level", choices=LEVELS)
    args = parser.parse_args()
    folder, results, missed = project(args.items), [], False
    cores = sorted(os.sched_getaffinity(0))
    for threads in [args.threads] if args.threads else [1, 2]:
        for level in [args.level] if args.level else reversed(LEVELS):
            pin = ",".join(str(c) for c in cores[:threads])
            done = subprocess.run(["taskset", "-c", pin, PROGRAMS / "bench_view", folder, level, str(threads)],
                                  capture_output=True, text=True)
            if done.returncode:
                print(f"{level}: {done.stderr.strip()}", file=sys.stderr)
                return 1
            told = json.loads(done.stdout)
            sums = {name: summary(value) for name, value in told.items() if isinstance(value, list)}
            print(f"\n{told['items']:,} items, {level}, {threads} thread{'s' if threads > 1 else ''}; columns "
                  f"{told['column_bytes'] / 1e6:.0f} MB (must be <= {MEMORY_MUST}), peak of the process "
                  f"{told['peak_kb'] / 1024:.0f} MB")
            judged = verdict(sums["query"]["cpu_p95"], MUST, GOAL)
            missed = missed or "MISSED" in judged
            show("filter + 12 counts + page", sums["query"], judged)
            show("1,000 pages anywhere", sums["pages_1000"])
            for name in sums:
                if name.startswith("sort_"):
                    show(f"first sort by {name[5:]}", sums[name])
            show("open with a current snapshot", sums["open"], verdict(sums["open"]["wall_p50"], OPEN_MUST))
            show("catch up after 1 answer", sums["update_1"])
            show("catch up after 10,000 answers", sums["update_10000"])
            show("build from the store", sums["build"], verdict(sums["build"]["wall_p50"], BUILD_MUST))
            results.append({"level": level, "threads": threads, "summary": sums, "raw": told})
    (OUT / "view.json").write_text(json.dumps(results, indent=1))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
