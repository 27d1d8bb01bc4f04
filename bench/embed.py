#!/usr/bin/python3
"""`linnet extract` of embeddings beside the bare network on inputs that are there already; the first answer of `linnet predict`.

  ./dev bench embed [--rounds N] [--photos N] [--threads N]... [--data FOLDER]

The rule: both sides in turn in one run, N rounds, pinned to one core, then to two; every other round goes backwards. On one core the
ratio, bare over extract, is of CPU time, on two of the wall clock; the median is held against the budget. docs/bench.md says more.
Results go to build/bench/embed.json; the exit code is 1 where a budget is missed, 2 where the data are not there.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "build" / "bench"
LINNET = Path(os.environ.get("LINNET", ROOT / "build" / "release" / "linnet"))
BARE = LINNET.parent / "bench" / "bench_embed_bare"
DATA = Path(os.environ.get("LINNET_TEST_DATA", ROOT.parent / "shared" / "data"))
SOURCES = ["hymenoptera", "grocery"]
BACKBONE, SMALL = "mobilenet_v2_1.0_224.onnx", "mobilenet_v1_0.25_128.onnx"
RATIO_MUST, FIRST_MUST_MS = 0.9, 150
ROUNDS_LEAST, PHOTOS_LEAST, STARTS = 3, 10_000, 21  # of the rule


def say(text):
    print(text, file=sys.stderr, flush=True)


def missing(data):
    wanted = [data / name for name in SOURCES] + [data / "backbones" / name for name in (BACKBONE, SMALL)]
    return [str(path) for path in wanted if not path.exists()]


def run(command, cores):
    """What it printed, seconds of CPU and of wall."""
    begin = time.monotonic()
    child = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                             preexec_fn=lambda: os.sched_setaffinity(0, cores))
    out, err = child.communicate()
    wall = time.monotonic() - begin
    if child.returncode:
        sys.exit(f"bench embed: {' '.join(map(str, command))} failed:\n{err}")
    return out, wall


def cores_of(threads):
    return sorted(os.sched_getaffinity(0))[:threads]


def make_project(data, n):
    """A project of n small photographs, made once; its cache is what each round begins without."""
    photos, project = OUT / "embed" / f"photos-{n}", OUT / "embed" / f"project-{n}"
    if not (photos / f"{n - 1:05}.jpg").exists():
        say(f"making {n} small photographs")
        shutil.rmtree(photos, ignore_errors=True)
        subprocess.run([BARE, "make", photos, str(n), *(data / name for name in SOURCES)], check=True)
    shutil.rmtree(project, ignore_errors=True)
    subprocess.run([LINNET, "init", project], check=True, capture_output=True)
    said = subprocess.run([LINNET, "-C", project, "import", photos, "--json"], check=True, capture_output=True, text=True)
    return project, json.loads(said.stdout)["imported"]


def extract(project, backbone, threads):
    """CPU and wall seconds of the whole process."""
    shutil.rmtree(project / "cache", ignore_errors=True)
    before = os.times()
    out, wall = run([LINNET, "-C", project, "--threads", threads, "extract", "--feature", f"embedding:{backbone}", "--json"],
                    cores_of(threads))
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return {"cpu_s": cpu, "wall_s": wall, "said": json.loads(out)}


def bare(backbone, n, threads, level):
    return json.loads(run([BARE, "run", backbone, n, threads, level], cores_of(threads))[0])


def rates(project, n, backbone, threads, n_rounds, level):
    rounds, clock = [], "cpu_s" if threads == 1 else "wall_s"
    for i in range(n_rounds):
        sides = [lambda: extract(project, backbone, threads), lambda: bare(backbone, n, threads, level)]
        ours, alone = (side() for side in sides) if i % 2 == 0 else reversed([side() for side in reversed(sides)])
        ratio = alone[clock] / ours[clock]
        rounds.append({"extract": ours, "bare": alone, "ratio": ratio})
        say(f"  {threads} threads, round {i + 1}: bare {n / alone[clock]:.1f}/s, extract {n / ours[clock]:.1f}/s, ratio {ratio:.3f}")
    return rounds


def first_answers(backbone, photo, n):
    """Milliseconds from start to end of a process that names what one photograph shows."""
    command = [LINNET, "predict", "--backbone", backbone, photo, "--json"]
    run(command, cores_of(2))  # the page cache
    return [1000 * run(command, cores_of(2))[1] for _ in range(n)]


def verdict(name, value, met, must, judged):
    return f"{name}: {value}, {must}: {('met' if met else 'MISSED') if judged else 'not judged'}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=ROUNDS_LEAST)
    parser.add_argument("--photos", type=int, default=PHOTOS_LEAST)
    parser.add_argument("--threads", type=int, action="append")
    parser.add_argument("--level", help="CPU level of both sides; without it, the best of this machine")
    parser.add_argument("--data", type=Path, default=DATA)
    args = parser.parse_args()
    if missing(args.data):
        say(f"bench embed: not there: {', '.join(missing(args.data))}; say where they are with --data or LINNET_TEST_DATA")
        return 2
    OUT.mkdir(parents=True, exist_ok=True)
    level = args.level or subprocess.run([BARE, "level"], check=True, capture_output=True, text=True).stdout.strip()
    os.environ["LINNET_CPU"] = level
    judged = args.rounds >= ROUNDS_LEAST and args.photos >= PHOTOS_LEAST
    project, n = make_project(args.data, args.photos)
    results, lines, met = {"photos": n, "level": level, "cases": []}, [], True
    for threads in args.threads or [1, 2]:
        rounds = rates(project, n, args.data / "backbones" / BACKBONE, threads, args.rounds, level)
        ratios = [r["ratio"] for r in rounds]
        middle = statistics.median(ratios)
        results["cases"].append({"threads": threads, "median": middle, "rounds": rounds})
        met = met and middle >= RATIO_MUST
        lines.append(verdict(f"{threads} threads, {n} photographs, bare over extract, median of {len(ratios)} ({min(ratios):.3f} to "
                             f"{max(ratios):.3f})", f"{middle:.3f}", middle >= RATIO_MUST, f"at least {RATIO_MUST}", judged))
    photo = sorted((args.data / SOURCES[0] / "val").rglob("*.jpg"))[0]
    results["first_answer_ms"] = first_answers(args.data / "backbones" / SMALL, photo, STARTS)
    middle = statistics.median(results["first_answer_ms"])
    met = met and middle <= FIRST_MUST_MS
    lines.append(verdict(f"first answer, median of {STARTS} ({min(results['first_answer_ms']):.0f} to "
                         f"{max(results['first_answer_ms']):.0f})", f"{middle:.0f} ms", middle <= FIRST_MUST_MS,
                         f"at most {FIRST_MUST_MS}", judged))
    (OUT / "embed.json").write_text(json.dumps(results, indent=1) + "\n")
    print("\n".join(lines))
    if not judged:
        print(f"fewer than {ROUNDS_LEAST} rounds or {PHOTOS_LEAST} photographs: this says nothing for the record")
    return 0 if met or not judged else 1


if __name__ == "__main__":
    sys.exit(main())
