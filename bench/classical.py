#!/usr/bin/python3
"""kNN, logistic regression and ridge beside Debian's scikit-learn, on Fashion-MNIST.

  ./dev bench classical [--pairs N] [--quick] [--case NAME] [--threads N]

The rule: both sides in turn in one run, N rounds; CPU time of the process for fit and predict alone, the data already
in memory; pinned to one core, then to two; equal accuracy. A ratio is taken within a round, and its median is held
against the budget. docs/bench.md says how to read the table. Results go to build/bench/classical.json; the exit
code is 1 where a budget is missed.
"""
import argparse
import gzip
import json
import os
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "build" / "bench"
DATA = Path("/usr/share/datasets/fashion-mnist")
PROGRAMS = Path(os.environ.get("LINNET", ROOT / "build" / "release" / "linnet")).parent / "bench"
EXPORT, PROGRAM = PROGRAMS / "bench_export", PROGRAMS / "bench_classical"
PEER = Path(__file__).resolve().parent / "peers" / "classical_sklearn.py"
PYTHON = "/usr/bin/python3"  # the one that python3-sklearn is for

LEVELS = ["generic", "avx2", "avx512", "vnni", "amx"]
# Debian's OpenBLAS 0.3.21 goes by a table of CPU models, and takes its SSE3 kernels on one that it does not know. Each
# of our levels meets the peer with the kernels of that level; generic meets it as it comes.
PEER_KERNELS = {"generic": None, "avx2": "HASWELL", "avx512": "SKYLAKEX", "vnni": "SKYLAKEX", "amx": "SKYLAKEX"}
ACCURACY_SLACK = 0.2  # percentage points that we may be below
MEMORY_MOST = 0.5     # of the peer's peak
PAIRS_LEAST = 5       # of the rule
FULL, QUICK = (60000, 10000), (12000, 2000)


class Case:
    def __init__(self, name, learner, feature, dtype, must, goal):
        self.name, self.learner, self.feature, self.dtype = name, learner, feature, dtype
        self.must, self.goal = must, goal  # {level: times faster}

    def stem(self, folder, part):
        return str(folder / f"{self.feature}-{part}")


def everywhere(times):
    return {level: times for level in LEVELS[1:]}


CASES = [
    Case("knn-pixels", "knn", "pixels", "u8", {"avx2": 2.3, "avx512": 2.3, "vnni": 6, "amx": 10}, {"amx": 25}),
    Case("knn-hog", "knn", "hog", "f32", everywhere(2.3), {}),
    Case("logistic-pixels", "logistic", "pixels", "u8", everywhere(2.2), everywhere(3)),
    Case("logistic-hog", "logistic", "hog", "f32", everywhere(2.2), everywhere(3)),
    Case("ridge-pixels", "ridge", "pixels", "u8", everywhere(1.1), {}),
    Case("ridge-hog", "ridge", "hog", "f32", everywhere(1.1), {}),
]


def say(text):
    print(text, file=sys.stderr, flush=True)


# ---- data ----

def prepare(folder, n_train, n_test):
    """The same vectors for both sides, as bare arrays."""
    folder.mkdir(parents=True, exist_ok=True)
    features = {}
    for part, prefix, n in (("train", "train", n_train), ("test", "t10k", n_test)):
        with gzip.open(DATA / f"{prefix}-labels-idx1-ubyte.gz") as file:
            labels = file.read()[8:][:n]
        for feature in sorted({case.feature for case in CASES}):
            stem = folder / f"{feature}-{part}"
            command = [EXPORT, feature, DATA / f"{prefix}-images-idx3-ubyte.gz", str(n), f"{stem}.x"]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            features[feature] = json.loads(done.stdout)["feature"]
            Path(f"{stem}.y").write_bytes(labels)
    return features


# ---- running one side once ----

def run(command, threads, variables):
    cores = sorted(os.sched_getaffinity(0))[:threads]
    # Waiting threads sleep, on either side, instead of spinning through CPU time that would count as work.
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads),
                   "OMP_WAIT_POLICY": "PASSIVE", "OPENBLAS_THREAD_TIMEOUT": "4", **variables}
    done = subprocess.run(command, env=environment, capture_output=True, text=True,
                          preexec_fn=lambda: os.sched_setaffinity(0, cores))
    if done.returncode != 0:
        sys.exit(f"bench classical: {' '.join(map(str, command))} failed:\n{done.stderr}")
    result = json.loads(done.stdout)
    result["cpu"] = result["fit_cpu"] + result["predict_cpu"]
    result["wall"] = result["fit_wall"] + result["predict_wall"]
    return result


def run_ours(case, folder, level, threads):
    return run([PROGRAM, "run", case.learner, case.dtype, level, str(threads), case.stem(folder, "train"),
                case.stem(folder, "test")], threads, {})


def run_peer(case, folder, kernels, threads):
    result = run([PYTHON, PEER, case.learner, case.dtype, case.stem(folder, "train"), case.stem(folder, "test")],
                 threads, {"OPENBLAS_CORETYPE": kernels} if kernels else {})
    if kernels and result["blas_kernels"].upper() != kernels:
        sys.exit(f"bench classical: OpenBLAS took {result['blas_kernels']}, not {kernels} as it was told")
    return result


# ---- a case ----

def turns(levels, first):
    """The order of one round: each set of peer kernels, then our levels that meet it; every other round reversed."""
    order = []
    for level in levels:
        peer = ("peer", PEER_KERNELS[level])
        if peer not in order:
            order.append(peer)
        order.append(("ours", level))
    return order if first else order[::-1]


def run_round(case, folder, levels, threads, first):
    results = {}
    for side, which in turns(levels, first):
        results[side, which] = (run_ours if side == "ours" else run_peer)(case, folder, which, threads)
    return {level: {"ours": results["ours", level], "peer": results["peer", PEER_KERNELS[level]]} for level in levels}


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def verdict(row):
    """What a row that has a budget misses; [] where all is met."""
    if row["must"] is None:
        return []
    missed = []
    if row["ratio"]["median"] < row["must"]:
        missed.append("speed")
    if row["accuracy_difference"] < -ACCURACY_SLACK:
        missed.append("accuracy")
    if row["memory_ratio"] > MEMORY_MOST:
        missed.append("memory")
    return missed


def summarise(case, threads, level, pairs, judged):
    """One row of the table from its pairs of results."""
    def of(side, key):
        return spread([pair[side][key] for pair in pairs])
    row = {"case": case.name, "threads": threads, "level": level,
           "must": case.must.get(level) if judged else None, "goal": case.goal.get(level) if judged else None,
           "peer_kernels": pairs[0]["peer"]["blas_kernels"],
           "ratio": spread([pair["peer"]["cpu"] / pair["ours"]["cpu"] for pair in pairs]),
           "wall_ratio": spread([pair["peer"]["wall"] / pair["ours"]["wall"] for pair in pairs])}
    for side in ("ours", "peer"):
        row[side] = {key: of(side, key) for key in ("fit_cpu", "predict_cpu", "cpu", "wall", "peak_mb", "loaded_mb")}
        row[side]["accuracy"] = 100 * statistics.median(pair[side]["accuracy"] for pair in pairs)
        row[side]["iterations"] = pairs[0][side]["iterations"]
    row["accuracy_difference"] = row["ours"]["accuracy"] - row["peer"]["accuracy"]
    row["memory_ratio"] = row["ours"]["peak_mb"]["median"] / row["peer"]["peak_mb"]["median"]
    row["missed"] = verdict(row)
    row["pairs"] = pairs
    return row


def measure(case, folder, levels, threads, n_pairs, judged):
    rounds = []
    for i in range(n_pairs):
        rounds.append(run_round(case, folder, levels, threads, i % 2 == 0))
        ratios = ", ".join(f"{level} {pair['peer']['cpu'] / pair['ours']['cpu']:.2f}" for level, pair in rounds[-1].items())
        say(f"  {case.name}, {threads} thread{'s' * (threads > 1)}, round {i + 1} of {n_pairs}: {ratios}")
    return [summarise(case, threads, level, [one[level] for one in rounds], judged) for level in levels]


# ---- the table ----

HEAD = ["case", "thr", "level", "peer's kernels", "linnet fit + predict", "sklearn fit + predict", "ratio (min-max)",
        "by wall", "must", "accuracy %", "peak MB", "verdict"]


def cells(row):
    def times(side):
        return f"{row[side]['fit_cpu']['median']:.2f} + {row[side]['predict_cpu']['median']:.2f}"
    ratio, must, goal = row["ratio"], row["must"], row["goal"]
    if row["missed"]:
        word = "MISSED: " + ", ".join(row["missed"])
    elif must is None:
        word = "-"
    else:
        word = "met, goal too" if goal and ratio["median"] >= goal else "met"
    return [row["case"], str(row["threads"]), row["level"], row["peer_kernels"], times("ours"), times("peer"),
            f"{ratio['median']:.2f} ({ratio['min']:.2f}-{ratio['max']:.2f})",
            f"{row['wall_ratio']['median']:.2f}",
            "-" if must is None else f"{must:g}" + (f" / {goal:g}" if goal else ""),
            f"{row['ours']['accuracy']:.2f} / {row['peer']['accuracy']:.2f} ({row['accuracy_difference']:+.2f})",
            f"{row['ours']['peak_mb']['median']:.0f} / {row['peer']['peak_mb']['median']:.0f} ({row['memory_ratio']:.2f})",
            word]


def table(rows):
    lines = [HEAD] + [cells(row) for row in rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEAD))]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in lines)


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "unknown")
    return {"cpu": model, "cores": len(os.sched_getaffinity(0)), "load": os.getloadavg()[0]}


def explain(report):
    m = report["machine"]
    return "\n".join([
        f"kNN (k = 5, exact), logistic regression and ridge (of the class's number; its accuracy is R squared) on Fashion-MNIST, {report['n_train']} rows to fit and "
        f"{report['n_test']} to predict.",
        f"Machine: {m['cpu']}, {m['cores']} cores, level {report['level']}; load {m['load']:.1f} at the start. "
        f"Rounds: {report['pairs']}; CPU seconds, medians.",
        "Peer: scikit-learn of Debian (1.2.1 on Debian 12): KNeighborsClassifier(5, brute), LogisticRegression(max_iter=100), "
        "StandardScaler and Ridge(alpha=100).",
        "Its OpenBLAS is told which kernels to take (OPENBLAS_CORETYPE), since it knows no CPU newer than itself: "
        "SKYLAKEX",
        "beside our avx512, vnni and amx, HASWELL beside our avx2. The generic rows are information: one run, "
        "beside the peer as it comes.",
        "Newer releases of scikit-learn and OpenBLAS could not be run here.",
        "must / goal: times faster, by CPU time; by wall clock is information. Accuracy and peak memory of the whole process: linnet / scikit-learn "
        f"(at most {ACCURACY_SLACK} points below; at most {MEMORY_MOST} of it)."])


# ---- main ----

def options():
    parser = argparse.ArgumentParser(prog="./dev bench classical", description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=None, metavar="N", help="rounds (5; 2 with --quick)")
    parser.add_argument("--quick", action="store_true", help="fewer rows and no budgets: does the bench work?")
    parser.add_argument("--case", choices=[case.name for case in CASES], help="this one alone")
    parser.add_argument("--threads", type=int, choices=[1, 2], help="with so many threads alone")
    parser.add_argument("--no-generic", action="store_true", help="without the generic rows, which take long")
    args = parser.parse_args()
    args.pairs = args.pairs or (2 if args.quick else PAIRS_LEAST)
    if args.pairs < 1:
        parser.error("--pairs must be 1 or more")
    return args


def write(report, name):
    path = OUT / name
    path.with_suffix(".new").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    path.with_suffix(".new").replace(path)
    return path


def main():
    args = options()
    if not PROGRAM.exists():
        sys.exit(f"bench classical: {PROGRAM} is not there; ./dev bench classical builds it")
    best = subprocess.run([PROGRAM, "level"], check=True, capture_output=True, text=True).stdout.strip()
    levels = LEVELS[1:LEVELS.index(best) + 1]
    n_train, n_test = QUICK if args.quick else FULL
    threads = [n for n in ([args.threads] if args.threads else [1, 2]) if n <= len(os.sched_getaffinity(0))]
    cases = [case for case in CASES if args.case in (None, case.name)]
    judged = not args.quick
    folder = OUT / ("data-quick" if args.quick else "data")
    name = "classical-quick.json" if args.quick else "classical.json"
    report = {"bench": "classical", "machine": machine(), "level": best, "pairs": args.pairs, "n_train": n_train,
              "n_test": n_test, "rows": []}
    for missing in LEVELS[LEVELS.index(best) + 1:]:
        say(f"level {missing}: skipped, this machine has no such instructions")
    report["features"] = prepare(folder, n_train, n_test)
    for case in cases:
        for n in threads:
            report["rows"] += measure(case, folder, levels, n, args.pairs, judged)
            write(report, name)
        if not args.no_generic and 1 in threads:
            report["rows"] += measure(case, folder, ["generic"], 1, 1, False)
    report["missed"] = [f"{row['case']}, {row['level']}, {row['threads']} thr: {', '.join(row['missed'])}"
                        for row in report["rows"] if row["missed"]]
    path = write(report, name)
    shutil.rmtree(folder)

    print(explain(report), table(report["rows"]), sep="\n\n")
    if not judged:
        print("\nNot judged: budgets are for the full sizes.")
    elif args.pairs < PAIRS_LEAST:
        print(f"\nNot a measurement by the rule, which asks for {PAIRS_LEAST} rounds.")
    print(f"\n{path.relative_to(ROOT)}")
    if report["missed"]:
        print("\nBudgets missed:\n  " + "\n  ".join(report["missed"]))
    elif judged:
        print("\nEvery budget is met.")
    return 1 if report["missed"] else 0


if __name__ == "__main__":
    sys.exit(main())
