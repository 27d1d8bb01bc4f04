"""Crashes the program on purpose, and looks at what is left.

    test_crash.py CASE [--rounds N] [--seed S] [--round I]

CASE: import_killed, archive_killed, labels_killed, train_killed, embed_killed, vectors_killed (SIGKILL at a random
moment), embed_interrupted (SIGINT), import_unsynced, train_unsynced, embed_unsynced, vectors_unsynced (a power cut at a random
change, in which unsynced changes are lost at random: shim_unsynced.c), disk_full, export_each_change (SIGKILL after each change
of a file in turn, for exports in place of one of another form).

After each crash: `verify` is clean; what was acknowledged is there (`durable N` on stderr while importing, exit
code 0 of a training); the same command again ends whole and leaves nothing twice. Every round is drawn from
the seed and its own number, so that `--seed S --round I` repeats the one that failed.
"""
import argparse
import contextlib
import io
import itertools
import json
import os
import random
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tarfile
import tempfile
import time
import zlib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cli"))
import onnx_file

BUILD = Path(os.environ.get("LINNET_BUILD", "build/release"))
LINNET = BUILD / "linnet"
BUILT_SHIM = BUILD / "tests" / "crash" / "libcrash_shim.so"
FASHION = Path("/usr/share/datasets/fashion-mnist")
N_IMPORT, N_TRAIN, PIXELS = 6000, 1500, 28 * 28
N_MEMBERS, N_LABELS, SIDE = 800, 3000, 16
N_EMBEDDED, VECTOR, RECORD = 120, 3, 40
KILLED, CUT, INTERRUPTED = -signal.SIGKILL, 137, 130


class Wrong(Exception):
    """What is left after the crash is not what was promised."""


def check(truth, text):
    if not truth:
        raise Wrong(text)


def slice_idx(folder, n):
    """The first n records of Fashion-MNIST's training set as plain IDX files; gives the image file."""
    import gzip
    folder.mkdir(parents=True)
    for kind, dimensions, size in (("images-idx3", (28, 28), PIXELS), ("labels-idx1", (), 1)):
        with gzip.open(FASHION / f"train-{kind}-ubyte.gz") as file:
            header = file.read(8 + 4 * len(dimensions))
            data = file.read(n * size)
        with open(folder / f"train-{kind}-ubyte", "wb") as file:
            file.write(header[:4] + n.to_bytes(4, "big") + header[8:] + data)
    return folder / "train-images-idx3-ubyte"


class Project:
    """A project folder and the commands the rounds need."""

    def __init__(self, folder):
        self.folder = folder

    def command(self, *words):
        return [str(LINNET), "-C", str(self.folder), *map(str, words)]

    def run(self, *words, expect=0):
        result = subprocess.run(self.command(*words), capture_output=True, text=True)
        check(result.returncode == expect, f"`linnet {' '.join(map(str, words))}` ended with {result.returncode}, "
              f"not {expect}:\n{result.stdout}{result.stderr}")
        return result

    def lines(self, *words):
        return [json.loads(line) for line in self.run(*words, "--json").stdout.splitlines()]

    def verify(self):
        self.run("verify")

    def status(self):
        return json.loads(self.run("status", "--json").stdout)

    def copy_to(self, folder):
        shutil.copytree(self.folder, folder)
        return Project(folder)


class Kill:
    """SIGKILL at a random moment. `measure` says how long the command takes when nothing stops it; `run` gives the
    exit code, what the command wrote to stderr before its end, and that moment."""

    signal, codes = signal.SIGKILL, ()

    def __init__(self, _scratch):
        self.fastest = {}

    def measure(self, command, _folder):
        begin = time.monotonic()
        undisturbed(command, os.environ)
        return time.monotonic() - begin

    def run(self, command, _folder, measured, rng):
        # A machine is not always equally fast: a round that ends before its moment says how long it takes now, and one
        # that does not that it may take longer.
        fastest = self.fastest.setdefault(measured, measured)
        wait, begin = rng.uniform(0, 1.05) * fastest, time.monotonic()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                   preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        try:
            stderr = process.communicate(timeout=wait)[1]
            self.fastest[measured] = min(fastest, time.monotonic() - begin)
        except subprocess.TimeoutExpired:
            process.send_signal(self.signal)
            stderr = process.communicate()[1]
            self.fastest[measured] = min(1.05 * fastest, 4 * measured)
        return process.returncode, stderr, f"{1000 * wait:.1f} ms of {1000 * fastest:.1f}"


class Interrupt(Kill):
    """The same by Ctrl-C, after which the program ends by itself."""
    signal, codes = signal.SIGINT, (INTERRUPTED, -signal.SIGINT)  # the latter before the program looks out for it


class PowerCut:
    """The same at a random change of a file, in which unsynced changes are lost; measured in changes."""
    codes = ()

    def __init__(self, scratch):
        # LD_PRELOAD takes no path with blanks in it, and a clone may lie in one.
        self.shim = shutil.copy(BUILT_SHIM, scratch)
        self.count = scratch / "count"

    def environment(self, folder, **more):
        return dict(os.environ, LD_PRELOAD=self.shim, CRASH_FOLDER=str(folder), **more)

    def measure(self, command, folder):
        undisturbed(command, self.environment(folder, CRASH_COUNT_FILE=str(self.count)))
        check(self.count.exists(), "the shim counted nothing: was it loaded?")
        return int(self.count.read_text())

    def run(self, command, folder, measured, rng):
        at, seed = rng.randint(1, measured), rng.getrandbits(32)
        environment = self.environment(folder, CRASH_AT=str(at), CRASH_SEED=str(seed))
        result = subprocess.run(command, env=environment, capture_output=True, text=True)
        shutil.rmtree(f"{folder}.shim", ignore_errors=True)
        return result.returncode, result.stderr, f"change {at} of {measured}, shim seed {seed}"


def undisturbed(command, environment):
    result = subprocess.run(command, env=environment, capture_output=True, text=True)
    check(result.returncode == 0, f"undisturbed, the command ended with {result.returncode}:\n{result.stderr}")


def durable(stderr):
    """The highest acknowledged count among complete lines `durable N`."""
    done = [line.split() for line in stderr.split("\n")[:-1] if line.startswith("durable ")]
    return max((int(words[1]) for words in done), default=0)


def check_items(project, n):
    paths = [item["path"] for item in project.lines("items")]
    check(len(paths) == n, f"{len(paths)} items where {n} were imported")
    check(len(set(paths)) == n, f"{n - len(set(paths))} items are there twice")
    status = project.status()
    check(status["items"] == n and status["labelled"] == n, f"status says {status}, not {n} items, all labelled")


class ImportRounds:
    def __init__(self, scratch):
        self.images = slice_idx(scratch / "data", N_IMPORT)
        self.template = Project(scratch / "template")
        subprocess.run([LINNET, "init", self.template.folder], check=True, capture_output=True)

    def prepare(self, folder, _rng):
        """A project, and the words of the command to stop."""
        return self.template.copy_to(folder), ("import", self.images, "--split", "train", "--progress", "plain")

    def finished(self, project, _words):
        check_items(project, N_IMPORT)
        project.verify()

    def look(self, project, words, code, stderr):
        """Checks what is left, ends the command, checks again; gives how much had been acknowledged."""
        project.verify()
        status, acknowledged = project.status(), durable(stderr)
        check(status["items"] >= acknowledged, f"{acknowledged} items were acknowledged, {status['items']} are there")
        check(status["labelled"] == status["items"], f"an item came without its answer: {status}")
        check(code != 0 or status["items"] == N_IMPORT, f"the import ended well with {status['items']} items")
        project.run(*words)
        self.finished(project, words)
        return acknowledged


def picture(number):
    """A grey picture, as PGM; one of its own for each number."""
    rng = random.Random(number)
    return b"P5 %d %d 255\n" % (SIDE, SIDE) + rng.randbytes(SIDE * SIDE)


def write_archive(path, n):
    """A tar.gz of n pictures in three class folders, in two splits, one in ten of them in an archive inside."""
    inner = io.BytesIO()
    with tarfile.open(path, "w:gz", compresslevel=1) as outer, tarfile.open(fileobj=inner, mode="w") as nested:
        for number in range(n):
            data = picture(number)
            info = tarfile.TarInfo(f"{'test' if number % 5 == 0 else 'train'}/{'abc'[number % 3]}/{number}.pgm")
            info.size = len(data)
            (nested if number % 10 == 9 else outer).addfile(info, io.BytesIO(data))
        nested.close()
        info = tarfile.TarInfo("more.tar")
        info.size = inner.tell()
        inner.seek(0)
        outer.addfile(info, inner)


def rows(project):
    """What is in a project, without the numbers that depend on the order of things."""
    return sorted(json.dumps({key: value for key, value in item.items() if key not in ("id", "group")}, sort_keys=True)
                  for item in project.lines("items"))


class ArchiveRounds:
    """Imports a compressed archive: its members are unpacked into a pack under cache/, their folders become labels."""

    def __init__(self, scratch):
        scratch.mkdir(exist_ok=True)
        self.archive = scratch / "set.tar.gz"
        write_archive(self.archive, N_MEMBERS)
        self.template = Project(scratch / "template")
        subprocess.run([LINNET, "init", self.template.folder], check=True, capture_output=True)
        whole = self.template.copy_to(scratch / "whole")
        whole.run("import", self.archive)
        self.rows = rows(whole)
        check(len(self.rows) == N_MEMBERS, f"undisturbed, {len(self.rows)} items came of {N_MEMBERS}")

    def prepare(self, folder, _rng):
        return self.template.copy_to(folder), ("import", self.archive, "--progress", "plain")

    def finished(self, project, _words):
        check(rows(project) == self.rows, "the items are not those of an undisturbed import")
        project.verify()
        # Every image is read once more, out of the pack that is there now, and compared with the hash of its import.
        moved = project.folder.parent / f"{project.folder.name}.tar.gz"
        shutil.copyfile(self.archive, moved)
        told = json.loads(project.run("relink", self.archive, moved, "--all", "--json").stdout)
        moved.unlink()
        check(told["sources"][0]["checked"] == N_MEMBERS, f"{told} where {N_MEMBERS} members are sound")
        torn = [path for path in (project.folder / "cache").rglob("*.part")]
        check(not torn, f"what a killed import was writing stays for ever: {torn}")

    def look(self, project, words, code, stderr):
        project.verify()
        status, acknowledged = project.status(), durable(stderr)
        check(status["items"] >= acknowledged, f"{acknowledged} items were acknowledged, {status['items']} are there")
        check(status["labelled"] == status["items"], f"an item came without its answer: {status}")
        check(code != 0 or status["items"] == N_MEMBERS, f"the import ended well with {status['items']} items")
        project.run(*words)
        self.finished(project, words)
        return acknowledged


class LabelRounds:
    """Imports a table of labels for items that are there already."""

    def __init__(self, scratch):
        folder = scratch / "photos"
        folder.mkdir(parents=True)
        self.table = scratch / "labels.csv"
        for number in range(N_LABELS):
            (folder / f"{number}.pgm").write_bytes(picture(number))
        lines = [f"photos/{number}.pgm,{'abc'[number % 3]},{'test' if number % 5 == 0 else 'train'}"
                 for number in range(N_LABELS)]
        self.table.write_text("\n".join(["path,label,split"] + lines) + "\n")
        self.template = Project(scratch / "template")
        subprocess.run([LINNET, "init", self.template.folder], check=True, capture_output=True)
        self.template.run("import", folder)
        whole = self.template.copy_to(scratch / "whole")
        whole.run("import", self.table)
        self.rows = rows(whole)
        check_items(whole, N_LABELS)

    def prepare(self, folder, _rng):
        return self.template.copy_to(folder), ("import", self.table, "--progress", "plain")

    def finished(self, project, _words):
        check(rows(project) == self.rows, "the items are not those of an undisturbed import")
        project.verify()

    def look(self, project, words, code, stderr):
        project.verify()
        status, acknowledged = project.status(), durable(stderr)
        check(status["items"] == N_LABELS, f"items came or went: {status}")
        check(status["labelled"] >= acknowledged, f"{acknowledged} labels were acknowledged, not {status['labelled']}")
        check(code != 0 or status["labelled"] == N_LABELS, f"the import ended well with {status['labelled']} labels")
        project.run(*words)
        self.finished(project, words)
        return acknowledged


class ChangeRounds:
    """Merges two classes, undoes that, or changes all answers by a table: a migration and its undo are there as a whole or not at
    all, and of a table each line is."""

    def __init__(self, scratch):
        photos = scratch / "photos"
        photos.mkdir(parents=True)
        for number in range(N_LABELS):
            (photos / f"{number}.pgm").write_bytes(picture(number))
        self.table, new = scratch / "labels.csv", scratch / "new.csv"
        for file, classes in ((self.table, "abc"), (new, "bca")):
            rows_of = [f"photos/{number}.pgm,{classes[number % 3]}" for number in range(N_LABELS)]
            file.write_text("\n".join(["path,class"] + rows_of) + "\n")
        before = Project(scratch / "template")
        subprocess.run([LINNET, "init", before.folder], check=True, capture_output=True)
        before.run("import", photos)
        before.run("import", self.table)
        merged = before.copy_to(scratch / "merged")
        merge = ("ontology", "migrate", "merge", "class/a,class/b", "into=class/a", "--progress", "plain")
        merged.run(*merge)
        change = ("annotate", "--file", new, "--progress", "plain")
        self.template = {merge: before, ("undo", "--progress", "plain"): merged, change: before}
        self.states = {words: [self.said(self.template[words])] for words in self.template}
        for words, states in self.states.items():
            states.append(self.said(self.after(words, scratch / f"whole-{words[0]}")))
            check(states[0] != states[1], f"`{' '.join(map(str, words))}` changes nothing")

    def after(self, words, folder):
        project = self.template[words].copy_to(folder)
        project.run(*words)
        return project

    def prepare(self, folder, rng):
        words = rng.choice(list(self.template))
        return self.template[words].copy_to(folder), words

    @staticmethod
    def said(project):
        """The ontology, and what is said of each item."""
        options = json.loads(project.run("ontology", "show", "--json").stdout)
        return json.dumps(options), {item["path"]: json.dumps(item, sort_keys=True) for item in project.lines("items")}

    def finished(self, project, words):
        check(self.said(project) == self.states[words][1], "what is said is not what an undisturbed run leaves")
        project.verify()

    def look(self, project, words, code, stderr):
        project.verify()
        (options, items), (before, after) = self.said(project), self.states[words]
        if words[0] == "annotate":
            torn = [path for path, said in items.items() if said not in (before[1][path], after[1][path])]
            check(not torn and items.keys() == after[1].keys(), f"neither the old answer nor the new: {torn[:3]}")
            done = sum(said == after[1][path] for path, said in items.items())
            check(done >= durable(stderr), f"{durable(stderr)} answers were acknowledged, {done} are there")
        else:
            check((options, items) in (before, after), "some of it is there")
            done = (options, items) == after
        check(code != 0 or (options, items) == after, "it ended well, and not all of it is there")
        if words[0] == "annotate" or not done:
            project.run(*words)
        self.finished(project, words)
        return done


class TrainRounds:
    """Trains over a project that has one finished model, by its name or beside it."""

    def __init__(self, scratch):
        self.images = slice_idx(scratch / "data", N_TRAIN)
        self.template = Project(scratch / "template")
        subprocess.run([LINNET, "init", self.template.folder], check=True, capture_output=True)
        self.template.run("import", self.images, "--split", "train")
        self.template.run("train", "--target", "class", "--learner", "knn", "--feature", "pixels", "--name", "old")

    def prepare(self, folder, rng):
        project = self.template.copy_to(folder)
        shutil.rmtree(folder / "cache", ignore_errors=True)
        return project, ("train", "--target", "class", "--learner", rng.choice(["knn", "logistic"]), "--feature",
                         "pixels", "--name", rng.choice(["old", "new"]))

    def check_models(self, project, names):
        found = sorted(model["model"] for model in project.lines("models"))
        check(found == sorted(names), f"the models are {found}, not {sorted(names)}")
        for name in names:  # each whole: it opens and classifies
            answer = project.lines("predict", name, f"{self.images}#0")
            check("label" in answer[0], f"{name} does not classify: {answer}")

    def finished(self, project, words):
        self.check_models(project, {"old", words[-1]})
        check_items(project, N_TRAIN)
        project.verify()

    def look(self, project, words, code, _stderr):
        project.verify()
        present = {model["model"] for model in project.lines("models")}
        check("old" in present, "the model that was there before is gone")
        check(code != 0 or words[-1] in present, f"{words[-1]} was acknowledged and is not there")
        self.check_models(project, present)
        project.run(*words)
        self.finished(project, words)
        return int(code == 0)


def write_pictures(folder, n):
    folder.mkdir(parents=True)
    for number in range(n):
        (folder / f"{number:03}.pgm").write_bytes(picture(number))
    return folder


class EmbedRounds:
    """Extracts the embedding of a network that takes some time for each picture: what was computed is not computed again."""

    def __init__(self, scratch):
        self.template = Project(scratch / "template")
        subprocess.run([LINNET, "init", self.template.folder], check=True, capture_output=True)
        self.template.run("import", write_pictures(scratch / "photos", N_EMBEDDED))
        self.network = onnx_file.write(scratch / "slow.onnx", side=256, tanhs=6, mean=[0.5], std=[0.5])
        self.out, self.n_partial = scratch / "out.npy", 0
        whole = self.template.copy_to(scratch / "whole")
        self.extract(whole, self.words())
        self.whole = self.out.read_bytes()
        rows = struct.unpack(f"<{VECTOR * N_EMBEDDED}f", self.whole[-4 * VECTOR * N_EMBEDDED:])
        check(len(set(rows)) > N_EMBEDDED // 2, "the network says the same of all pictures")

    def words(self):
        return ("extract", "--feature", f"embedding:{self.network}@flat", "--out", self.out, "--json")

    def prepare(self, folder, _rng):
        self.out.unlink(missing_ok=True)
        return self.template.copy_to(folder), self.words()

    def extract(self, project, words):
        """How many were computed."""
        told = json.loads(project.run(*words).stdout)
        check(told["n"] == N_EMBEDDED and not told["refused"], f"of {N_EMBEDDED} pictures {told}")
        return told["computed"]

    def finished(self, project, words):
        check(self.out.read_bytes() == self.whole, "the vectors are not those of an undisturbed run")
        check(self.extract(project, words) == 0, "what was computed and kept was computed again")
        project.verify()

    def look(self, project, words, code, _stderr):
        project.verify()
        check(code != 0 or self.out.exists(), "the extraction ended well and wrote nothing")
        data = b"".join(path.read_bytes() for path in (project.folder / "cache").glob("features/*/rows"))
        records = [data[i:i + RECORD] for i in range(0, len(data) - RECORD + 1, RECORD)]
        kept = sum(any(record) for record in records)
        torn = kept < len(records)  # a power cut: one at each end of what was lost may be there in part
        self.n_partial += kept % 32 > 0 and kept < N_EMBEDDED
        computed = self.extract(project, words)
        check(N_EMBEDDED - kept <= computed <= N_EMBEDDED - kept + 2 * torn,
              f"{computed} were computed where {kept} of {N_EMBEDDED} were there")
        self.finished(project, words)
        return kept

    def ended(self, crash, rounds):
        check(not isinstance(crash, Interrupt) or self.n_partial >= rounds // 4,
              f"only {self.n_partial} of {rounds} interruptions kept a part of a block")


class VectorRounds:
    """Imports vectors in the place of others: the old ones are there, or the new ones, and never some of each."""

    def __init__(self, scratch):
        photos = write_pictures(scratch / "photos", N_EMBEDDED)
        self.template = Project(scratch / "template")
        subprocess.run([LINNET, "init", self.template.folder], check=True, capture_output=True)
        self.template.run("import", photos)
        paths = sorted(photos.iterdir())
        (scratch / "rows.txt").write_text("".join(f"{path}\n" for path in paths))
        self.rows = [scratch / "rows.txt"]
        self.files, self.out = [scratch / "old.npy", scratch / "new.npy"], scratch / "out.npy"
        self.wanted = []
        for sign, file in zip((1, -1), self.files):
            values = [sign * (i % 97 + 1) / 8 for i in range(N_EMBEDDED * 512)]
            header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({N_EMBEDDED}, 512), }}".encode().ljust(117) + b"\n"
            self.wanted.append(struct.pack(f"<{len(values)}f", *values))
            file.write_bytes(b"\x93NUMPY\x01\0" + len(header).to_bytes(2, "little") + header + self.wanted[-1])
        self.template.run(*self.words(0))

    def words(self, which):
        return ("import", "--embeddings", self.files[which], "--rows", self.rows[0], "--name", "x", "--existing", "replace")

    def prepare(self, folder, _rng):
        return self.template.copy_to(folder), self.words(1)

    def state(self, project):
        """0: the old vectors, 1: the new."""
        project.run("extract", "--feature", "embedding:x", "--out", self.out)
        data = self.out.read_bytes()[-4 * 512 * N_EMBEDDED:]
        check(data in self.wanted, "the vectors are neither the old ones nor the new ones")
        return self.wanted.index(data)

    def finished(self, project, _words):
        check(self.state(project) == 1, "the new vectors were acknowledged and are not there")
        left = [path.name for path in (project.folder / "embeddings").iterdir() if path.name != "lock"]
        check(len(left) == 1, f"what a killed import was writing stays for ever: {left}")
        project.verify()

    def look(self, project, words, code, _stderr):
        project.verify()
        state = self.state(project)
        check(code != 0 or state == 1, "the import ended well and the old vectors are there")
        project.run(*words)
        self.finished(project, words)
        return state


SUBJECTS = {"import": ImportRounds, "archive": ArchiveRounds, "labels": LabelRounds, "train": TrainRounds,
            "embed": EmbedRounds, "vectors": VectorRounds, "change": ChangeRounds}
CRASHES = {"killed": Kill, "interrupted": Interrupt, "unsynced": PowerCut}


def crash_rounds(case, rounds, seed, only):
    kind, way = (known[part] for known, part in zip((SUBJECTS, CRASHES), case.split("_")))
    with tempfile.TemporaryDirectory(prefix="linnet-crash-") as name:
        scratch = Path(name)
        crash = way(scratch)
        subject, measured, n_stopped, n_acknowledged = kind(scratch), {}, 0, 0
        for number in [only] if only is not None else range(rounds):
            rng = random.Random(f"{case} {seed} {number}")
            folder = scratch / f"round{number}"
            project, words = subject.prepare(folder, rng)
            if words not in measured:  # on a copy, which is then thrown away
                trial = project.copy_to(scratch / "trial")
                measured[words] = crash.measure(trial.command(*words), trial.folder)
                shutil.rmtree(trial.folder)
            code, stderr, moment = crash.run(project.command(*words), folder, measured[words], rng)
            try:
                check(code in (0, KILLED, CUT, *crash.codes), f"the command ended with {code} by itself:\n{stderr}")
                n_acknowledged += subject.look(project, words, code, stderr) > 0
            except Wrong as wrong:
                kept = Path(tempfile.mkdtemp(prefix="linnet-crash-kept-"))
                shutil.copytree(folder, kept / "project")
                raise Wrong(f"round {number}, stopped at {moment}, exit {code}: {wrong}\n"
                            f"again: test_crash.py {case} --seed {seed} --round {number}; left in {kept}") from None
            n_stopped += code != 0
            shutil.rmtree(folder)
        print(f"{case}: {rounds} rounds, {n_stopped} stopped before their end, {n_acknowledged} with something "
              f"acknowledged; all whole")
        if only is None:
            check(n_stopped >= rounds // 2, "most rounds ended before they were stopped")
            if hasattr(subject, "ended"):
                subject.ended(crash, rounds)
            check(kind in (TrainRounds, VectorRounds) or n_acknowledged > 0,
                  "no round acknowledged anything: does `--progress plain` say `durable N`?")


# ---- exports ----

FORMS = {"copies": (), "stripped": ("--strip", "gps,serials"), "small": ("--convert", "png", "--size", "4"), "links": ("--link",),
         "symbolic": ("--symlink",), "some": ("--where", "class=a")}
CHANGES_OF_FORM = [(None, "copies"), (None, "links"), ("copies", "stripped"), ("stripped", "copies"), ("copies", "small"),
                   ("links", "copies"), ("copies", "symbolic"), ("copies", "some")]


def write_png(path, number):
    """A grey picture with a comment in it."""
    piece = lambda kind, data: len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")
    pixels = b"".join(b"\0" + random.Random(100 * number + y).randbytes(8) for y in range(8))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + piece(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0))
                     + piece(b"tEXt", b"Comment\0at home") + piece(b"IDAT", zlib.compress(pixels)) + piece(b"IEND", b""))


def exported(folder):
    """What stands in an export by path: a link's target, or the bytes with the number of their file's names."""
    found = {}
    for path in folder.rglob("*"):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = os.readlink(path)
        elif path.is_file() and (not name.startswith(".linnet-export") or path.name == "journal"):
            found[name] = path.stat().st_nlink, path.read_bytes()
    return found


def export_each_change():
    """No half file under its final name; the same command goes on, and leaves what one that was not killed does."""
    with tempfile.TemporaryDirectory(prefix="linnet-export-") as name:
        scratch, n_kills = Path(name), 0
        for number in range(3):
            write_png(scratch / "set" / "ab"[number % 2] / f"{number}.png", number)
        project, out = Project(scratch / "p"), scratch / "p" / "out"
        subprocess.run([LINNET, "init", project.folder], check=True, capture_output=True)
        project.run("import", scratch / "set")
        words = {form: ("export", out, "--threads", "1", *more) for form, more in FORMS.items()}
        whole = {None: {}}
        for form in FORMS:
            whole[form] = fresh_export(project, out, words[form])
        check(whole["copies"] != whole["stripped"] != whole["small"], "the forms do not differ")
        crash = PowerCut(scratch)
        for before, after in CHANGES_OF_FORM:
            for at in itertools.count(1):
                fresh_export(project, out, words[before] if before else None)
                environment = crash.environment(project.folder, CRASH_AT=str(at), CRASH_KEEP="1")
                code = subprocess.run(project.command(*words[after]), env=environment, capture_output=True).returncode
                shutil.rmtree(f"{project.folder}.shim", ignore_errors=True)
                moment = f"killed after change {at}, {after} in place of {before}"
                check(code in (0, CUT), f"{moment}: exit code {code}")
                for path, found in exported(out).items():
                    check("journal" in path or found[1] in [one.get(path, ("", ""))[1] for one in whole.values()],
                          f"{moment}: {path} is neither the old file nor the new one")
                told = json.loads(project.run(*words[after], "--json").stdout)
                check(exported(out) == whole[after], f"{moment}: the same command did not end it: {told}")
                check(told["left"] == 0, f"{moment}: its own files are not known: {told}")
                n_kills += code == CUT
                if code == 0:
                    break
        print(f"export_each_change: {n_kills} kills; all whole")
        check(n_kills > 150, "few kills")


def fresh_export(project, out, words):
    """A fresh folder with what one export leaves in it."""
    shutil.rmtree(out, ignore_errors=True)
    if words:
        project.run(*words)
    return exported(out)


# ---- a full disk ----

@contextlib.contextmanager
def small_disk(folder, size):
    """A file system of its own, `size` bytes large; None where we may not mount."""
    folder.mkdir()
    result = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True)
    if os.geteuid() != 0 or result.returncode != 0:
        yield None
        return
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def fill(disk, leave):
    """Fills the disk but for `leave` bytes; gives the file that does."""
    filler = disk / "filler"
    info = os.statvfs(disk)
    with open(filler, "wb") as file:
        file.write(b"\0" * max(0, info.f_bavail * info.f_frsize - leave))
    return filler


def full_disk_round(subject, project, words, run, names_disk):
    """True where the disk was too small; then everything is looked at."""
    result = run(project.command(*words))
    if result.returncode == 0:
        return False
    check(result.returncode == 1, f"on a full disk the exit code was {result.returncode}, not 1:\n{result.stderr}")
    if names_disk:
        text = result.stderr.lower()
        check("disk" in text or "space" in text, f"the error does not name the disk:\n{result.stderr}")
    project.verify()
    project.run(*words)
    subject.finished(project, words)
    return True


def disk_full(rounds, seed):
    """The disk fills up at a random place of an import (of an array, an archive, labels) or a training."""
    with tempfile.TemporaryDirectory(prefix="linnet-full-") as name:
        scratch = Path(name)
        subjects = [kind(scratch / name) for name, kind in SUBJECTS.items()]
        sizes, n_full, mounted = {}, 0, True
        for number in range(rounds // 5):
            rng = random.Random(f"disk {seed} {number}")
            subject = subjects[number % len(subjects)]
            with small_disk(scratch / f"disk{number}", 64 << 20) as disk:
                mounted = disk is not None
                project, words = subject.prepare((disk or scratch) / "project", rng)
                if words not in sizes:
                    sizes[words] = growth(project.copy_to(scratch / "trial"), words)
                room = rng.randrange(0, sizes[words])
                run = on_disk(disk, room) if disk else under_limit(room)
                n_full += full_disk_round(subject, project, words, run, names_disk=mounted)
                shutil.rmtree(project.folder)
        if not mounted:
            print("SKIPPED: a disk of its own needs root and mount; a limit on the size of files stood in for it")
        print(f"disk_full: {rounds // 5} rounds, {n_full} of them out of room; all whole")
        check(n_full > 0, "no round ran out of room")


def growth(project, words):
    """Bytes that the command adds to a project, which is thrown away."""
    used = lambda: sum(path.stat().st_size for path in project.folder.rglob("*") if path.is_file())
    before = used()
    project.run(*words)
    grown = used() - before
    shutil.rmtree(project.folder)
    return max(1, grown)


def on_disk(disk, room):
    def run(command):
        filler = fill(disk, room)
        result = subprocess.run(command, capture_output=True, text=True)
        filler.unlink()
        return result
    return run


def under_limit(room):
    """No file may grow beyond `room`: write fails with EFBIG, the signal that goes with it is ignored."""
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
    return lambda command: subprocess.run(command, capture_output=True, text=True, preexec_fn=limit)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case")
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--round", type=int)
    options = parser.parse_args()
    try:
        if options.case == "disk_full":
            disk_full(options.rounds, options.seed)
        elif options.case == "export_each_change":
            export_each_change()
        else:
            crash_rounds(options.case, options.rounds, options.seed, options.round)
    except Wrong as wrong:
        print(f"{options.case}: {wrong}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
