#!/usr/bin/python3
"""Networks beside onnxruntime-node: time of an image, peak memory, equal outputs, and what each layer reaches.

  ./dev bench inference [--pairs N] [--quick] [--network NAME] [--threads N] [--batch N] [--offline]

The rule: both sides in turn, N pairs, each a process of its own pinned to one core, then to two; a ratio is taken within a pair, and the
median of them is held against the budget. docs/bench.md says how to read the tables. Results go to build/bench/inference.json; the exit
code is 1 where a budget is missed.
"""
import argparse
import array
import collections
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
PROGRAM, MAKER = PROGRAMS / "bench_inference", PROGRAMS / "bench_make_network"
PEER = Path(__file__).resolve().parent / "peers" / "inference_ort.cjs"
PEER_VERSION = "1.30.0"
MODULES = OUT / "onnxruntime"

SIDE, CLASSES = 224, 1000
PAIRS_LEAST = 5    # of the rule
EQUAL = 1e-3       # of the largest output, that f32 may differ by
RUNS = {1: 20, 16: 3}
# (network, precision): how many times faster than the peer at its best, must and goal
BUDGETS = {("resnet50", "f32"): (1.0, None), ("resnet50", "bf16"): (4.0, None), ("mobilenet_v2", "f32"): (0.8, 1.2)}
NETWORKS = ["mobilenet_v2", "resnet50"]


def say(text):
    print(text, file=sys.stderr, flush=True)


def columns(best):
    """What is measured: the best level in f32, AVX2 beside it, and bf16 where the CPU multiplies matrices of it."""
    f32 = "avx512" if best in ("avx512", "vnni", "amx") else best
    made = [(f32, "f32")]
    if f32 != "avx2":
        made.append(("avx2", "f32"))
    if best == "amx":
        made.append(("amx", "bf16"))
    return made


# ---- both sides ----

def prepare(networks, offline):
    OUT.mkdir(parents=True, exist_ok=True)
    if not (MODULES / "node_modules" / "onnxruntime-node").is_dir():
        if offline:
            sys.exit(f"bench inference: onnxruntime-node is not in {MODULES}, and --offline was given")
        say(f"fetching onnxruntime-node {PEER_VERSION} with npm")
        subprocess.run(["npm", "install", "--silent", "--ignore-scripts", "--prefix", MODULES,
                        f"onnxruntime-node@{PEER_VERSION}"], check=True)
    files = {}
    for name in networks:
        files[name] = OUT / f"{name}.onnx"
        subprocess.run([MAKER, name, str(SIDE), str(CLASSES), "full", files[name]], check=True)
    return files


def run(command, threads):
    cores = sorted(os.sched_getaffinity(0))[:threads]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True,
                          preexec_fn=lambda: os.sched_setaffinity(0, cores))
    if done.returncode != 0:
        sys.exit(f"bench inference: {' '.join(map(str, command))} failed:\n{done.stderr}")
    return json.loads(done.stdout)


def numbers(path):
    values = array.array("f")
    values.frombytes(Path(path).read_bytes())
    return values


def run_ours(file, batch, threads, column, runs):
    out = OUT / "ours.f32"
    result = run([PROGRAM, "run", file, batch, SIDE, threads, column[0], runs, column[1], out], threads)
    result["output"] = numbers(out)
    return result


def run_peer(file, batch, threads, runs):
    out = OUT / "peer.f32"
    result = run(["node", PEER, MODULES, file, batch, SIDE, threads, runs, out], threads)
    result["output"] = numbers(out)
    return result


# ---- judging ----

def agreement(ours, peer):
    """How far outputs differ, by the largest of them, and in how many samples the best class is the same."""
    if len(ours) != len(peer) or len(ours) % CLASSES:
        sys.exit(f"bench inference: {len(ours)} outputs beside {len(peer)}")
    largest = max(abs(v) for v in peer) or 1.0
    gaps = [abs(a - b) / largest for a, b in zip(ours, peer)]
    same = sum(max(range(CLASSES), key=lambda k: ours[i + k]) == max(range(CLASSES), key=lambda k: peer[i + k])
               for i in range(0, len(ours), CLASSES))
    return {"largest": max(gaps), "mean": sum(gaps) / len(gaps), "top1": same / (len(ours) // CLASSES)}


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def verdict(row):
    missed = []
    if row["must"] is not None and row["ratio"]["median"] < row["must"]:
        missed.append("speed")
    if row["memory_ratio"] > 1:
        missed.append("memory")
    if row["precision"] == "f32" and row["agreement"]["largest"] > EQUAL:
        missed.append("outputs")
    return missed


def summarise(network, batch, threads, column, pairs, judged):
    """One row from its pairs of results. Two cores are compared by the wall, as is all work that is divided."""
    key = "cpu" if threads == 1 else "wall"
    level, precision = column
    must, goal = BUDGETS.get((network, precision), (None, None)) if judged and level != "avx2" else (None, None)
    row = {"network": network, "batch": batch, "threads": threads, "level": level, "precision": precision, "clock": key,
           "must": must, "goal": goal, "ratio": spread([p["peer"][key] / p["ours"][key] for p in pairs]),
           "agreement": max((agreement(p["ours"]["output"], p["peer"]["output"]) for p in pairs),
                            key=lambda a: a["largest"])}
    for side in ("ours", "peer"):
        row[side] = {k: spread([p[side][k] for p in pairs]) for k in ("cpu", "wall", "peak_mb")}
    row["bare_mb"] = statistics.median(p["peer"]["bare_mb"] for p in pairs)
    row["memory_ratio"] = row["ours"]["peak_mb"]["median"] / row["peer"]["peak_mb"]["median"]
    row["missed"] = verdict(row) if judged else []
    return row


def measure(network, file, batch, threads, columns_of, n_pairs, runs, judged):
    rounds = {column: [] for column in columns_of}
    for i in range(n_pairs):
        order = list(columns_of) if i % 2 == 0 else list(columns_of)[::-1]
        for column in order:
            first = run_ours(file, batch, threads, column, runs) if i % 2 else None
            peer = run_peer(file, batch, threads, runs)
            rounds[column].append({"ours": first or run_ours(file, batch, threads, column, runs), "peer": peer})
        key = "cpu" if threads == 1 else "wall"
        ratios = ", ".join(f"{level} {precision} {pairs[-1]['peer'][key] / pairs[-1]['ours'][key]:.2f}"
                           for (level, precision), pairs in rounds.items())
        say(f"  {network}, batch {batch}, {threads} core{'s' * (threads > 1)}, pair {i + 1} of {n_pairs}: {ratios}")
    return [summarise(network, batch, threads, column, pairs, judged) for column, pairs in rounds.items()]


# ---- layers ----

def layers(file, column, runs):
    """CPU time and operations of the steps of one image, joined by kernel, the longest first."""
    level, precision = column
    ceiling = run([PROGRAM, "peak", level, precision], 1)["flops"]
    groups = collections.OrderedDict()
    for step in run([PROGRAM, "layers", file, 1, SIDE, 1, level, runs, precision], 1):
        group = groups.setdefault((step["op"], step["kernel"]), {"n": 0, "cpu": 0.0, "flops": 0.0})
        group["n"] += 1
        group["cpu"] += step["cpu"]
        group["flops"] += step["flops"]
    rows = [{"op": op, "kernel": kernel, **group} for (op, kernel), group in groups.items()]
    return {"level": level, "precision": precision, "ceiling": ceiling, "rows": sorted(rows, key=lambda r: -r["cpu"])}


# ---- tables ----

def aligned(lines):
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    lines = [lines[0], ["-" * width for width in widths]] + lines[1:]
    return "\n".join("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in lines)


def cells(row):
    def time(side):
        return f"{1000 * row[side][row['clock']]['median'] / row['batch']:.2f}"
    ratio, must, goal = row["ratio"], row["must"], row["goal"]
    if row["missed"]:
        word = "MISSED: " + ", ".join(row["missed"])
    else:
        word = "met, goal too" if goal and ratio["median"] >= goal else "met"
    a = row["agreement"]
    return [row["network"], str(row["batch"]), str(row["threads"]), row["level"], row["precision"], row["clock"], time("ours"),
            time("peer"), f"{ratio['median']:.2f} ({ratio['min']:.2f}-{ratio['max']:.2f})",
            "-" if must is None else f"{must:g}" + (f" / {goal:g}" if goal else ""),
            f"{row['ours']['peak_mb']['median']:.0f} / {row['peer']['peak_mb']['median']:.0f} (node alone {row['bare_mb']:.0f})",
            f"{a['largest']:.1e}, {a['mean']:.1e}, {100 * a['top1']:.0f} %", word]


HEAD = ["network", "batch", "cores", "level", "type", "clock", "linnet ms", "ort ms", "ratio (min-max)", "must", "peak MB",
        "largest, mean difference, same top-1", "verdict"]


def table(rows):
    return aligned([HEAD] + [cells(row) for row in rows])


def layer_table(found):
    lines = [["step", "kernel", "n", "ms", "GFLOP/s", "of the ceiling"]]
    for row in found["rows"]:
        rate = row["flops"] / row["cpu"] if row["cpu"] > 0 else 0
        lines.append([row["op"], row["kernel"] or "-", str(row["n"]), f"{1000 * row['cpu']:.3f}",
                      f"{rate / 1e9:.1f}" if row["flops"] else "-", f"{100 * rate / found['ceiling']:.0f} %" if row["flops"] else "-"])
    return aligned(lines)


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "unknown")
    return {"cpu": model, "cores": len(os.sched_getaffinity(0)), "load": os.getloadavg()[0]}


def explain(report):
    m = report["machine"]
    return "\n".join([
        f"Networks with random weights (bench/networks.c) at {SIDE} px. Machine: {m['cpu']}, {m['cores']} cores, level "
        f"{report['level']}; load {m['load']:.1f} at the start. Pairs: {report['pairs']}; medians, milliseconds of an image.",
        f"Peer: onnxruntime-node {report['peer']}, CPU provider, as many threads as cores, no spinning. It cannot be told to keep to "
        "AVX2: beside our avx2 it runs what the CPU has, so those rows are information.",
        "A newer release could not be run here.",
        "Clock: CPU time of the process on one core, wall clock on two. Peak memory is of the whole process; the peer's holds node itself."])


# ---- main ----

def options():
    parser = argparse.ArgumentParser(prog="./dev bench inference", description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=None, metavar="N", help="pairs (5; 2 with --quick)")
    parser.add_argument("--quick", action="store_true", help="few runs and no budgets: does the bench work?")
    parser.add_argument("--network", choices=NETWORKS, help="this one alone")
    parser.add_argument("--threads", type=int, choices=[1, 2], help="on so many cores alone")
    parser.add_argument("--batch", type=int, choices=sorted(RUNS), help="of so many images alone")
    parser.add_argument("--offline", action="store_true", help="fetch nothing: onnxruntime-node is there from another time")
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
        sys.exit(f"bench inference: {PROGRAM} is not there; ./dev bench inference builds it")
    if not shutil.which("node") or not shutil.which("npm"):
        sys.exit("bench inference: node and npm are needed for the peer; install Node.js 18 or newer")
    best = subprocess.run([PROGRAM, "level"], check=True, capture_output=True, text=True).stdout.strip()
    networks = [name for name in NETWORKS if args.network in (None, name)]
    threads = [n for n in ([args.threads] if args.threads else [1, 2]) if n <= len(os.sched_getaffinity(0))]
    batches = [args.batch] if args.batch else sorted(RUNS)
    judged = not args.quick
    report = {"bench": "inference", "machine": machine(), "level": best, "pairs": args.pairs, "peer": PEER_VERSION, "rows": [],
              "layers": []}
    files = prepare(networks, args.offline)
    for network in networks:
        for n in threads:
            for batch in batches:
                runs = 2 if args.quick else RUNS[batch]
                report["rows"] += measure(network, files[network], batch, n, columns(best), args.pairs, runs, judged)
        for column in columns(best):
            report["layers"].append({"network": network, **layers(files[network], column, 3 if args.quick else 20)})
    report["missed"] = [f"{r['network']}, batch {r['batch']}, {r['threads']} cores, {r['level']} {r['precision']}: "
                        f"{', '.join(r['missed'])}" for r in report["rows"] if r["missed"]]
    if judged:
        measured = {(row["network"], row["precision"]) for row in report["rows"]}
        report["missed"] += [f"{network} in {precision}: not built yet, must {must:g}" for (network, precision), (must, _) in
                             BUDGETS.items() if network in networks and (network, precision) not in measured]
    path = write(report, "inference-quick.json" if args.quick else "inference.json")
    for file in files.values():
        file.unlink()

    print(explain(report), table(report["rows"]), sep="\n\n")
    for found in report["layers"]:
        print(f"\n{found['network']}, one image, one core, {found['level']} {found['precision']}; ceiling, measured by a product "
              f"in cache: {found['ceiling'] / 1e9:.0f} GFLOP/s\n\n{layer_table(found)}")
    if not judged:
        print("\nNot judged: budgets are for full runs.")
    elif args.pairs < PAIRS_LEAST:
        print(f"\nNot a measurement by the rule, which asks for {PAIRS_LEAST} pairs.")
    print(f"\n{path.relative_to(ROOT)}")
    if report["missed"]:
        print("\nBudgets missed:\n  " + "\n  ".join(report["missed"]))
    elif judged:
        print("\nEvery budget is met.")
    return 1 if report["missed"] else 0


if __name__ == "__main__":
    sys.exit(main())
