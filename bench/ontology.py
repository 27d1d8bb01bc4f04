#!/usr/bin/python3
"""A tree of 50,000 nodes with 300,000 answers under it: check, show and rename, and what an empty start of the program costs.

  ./dev bench ontology [--rounds N] [--answers N]

Each command is run as a user runs it; CPU time of the whole process, the median and the least of the rounds. The exit code is 1
where a median is over the budget. Results go to build/bench/ontology.json.
"""
import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "build" / "bench"
LINNET = os.environ.get("LINNET", ROOT / "build" / "release" / "linnet")
MUST_MS = 100.0
LEVELS = (10, 20, 249)  # 10 + 200 + 49,800 nodes


def options(prefix, levels):
    return [{"id": f"{prefix}{i}", "title": f"Node {prefix}{i}",
             **({"options": options(f"{prefix}{i}_", levels[1:])} if levels[1:] else {})} for i in range(levels[0])]


def run(*arguments):
    """CPU milliseconds of one command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([LINNET, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)


def path(i):
    """Of some leaf."""
    a, b, c = i % LEVELS[0], i // LEVELS[0] % LEVELS[1], i // (LEVELS[0] * LEVELS[1]) % LEVELS[2]
    return f"n{a}/n{a}_{b}/n{a}_{b}_{c}"


def make_project(folder, tree, n_answers):
    """Items without images (bench/synthetic.h), one answer of the tree each."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    subprocess.run([Path(LINNET).parent / "bench" / "bench_make_project", folder / "p", str(n_answers), "0"], check=True,
                   stderr=subprocess.DEVNULL)
    shown = subprocess.run([LINNET, "-C", folder / "p", "ontology", "show", "--json"], check=True, stdout=subprocess.PIPE)
    ontology = json.loads(shown.stdout)
    ontology["classifications"].append({"id": "taxon", "type": "tree", "options": options("n", LEVELS)})
    tree.write_text(json.dumps(ontology))
    run("-C", folder / "p", "ontology", "set", tree)
    answers = folder / "answers.csv"
    with answers.open("w") as out:
        out.write("id,taxon\n")
        out.writelines(f"{i + 1},{path(i)}\n" for i in range(n_answers))
    run("-C", folder / "p", "annotate", "--quiet", "--file", answers)


def measure(rounds, project, tree):
    """Commands in turn, so that a slow minute is slow for all."""
    commands = {
        "start": lambda i: ["--version"],
        "check": lambda i: ["ontology", "check", tree],
        "show": lambda i: ["-C", project, "ontology", "show"],
        "rename": lambda i: ["-C", project, "ontology", "migrate", "rename", f"taxon/{path(0)}", f"title=Round {os.getpid()} {i}"],
    }
    found = {name: [] for name in commands}
    for i in range(rounds):
        for name, words in commands.items():
            found[name].append(run(*words(i)))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--answers", type=int, default=300000)
    given = parser.parse_args()
    folder = OUT / "ontology"
    tree = folder / "tree.json"
    make_project(folder, tree, given.answers)
    found = measure(given.rounds, folder / "p", tree)
    missed = False
    for name, times in found.items():
        median = statistics.median(times)
        missed = missed or median > MUST_MS
        print(f"{name:8} CPU median {median:6.1f} ms, least {min(times):6.1f}{'  over ' + str(MUST_MS) if median > MUST_MS else ''}")
    (OUT / "ontology.json").write_text(json.dumps({"must_ms": MUST_MS, "answers": given.answers, "cpu_ms": found}, indent=1))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
