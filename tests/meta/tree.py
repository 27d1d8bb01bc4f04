"""What all meta tests need: the tree's files, C text without comments, and one form of test."""
import os
import re
import subprocess
import unittest
from pathlib import Path

SOURCE = Path(os.environ.get("LINNET_SOURCE") or Path(__file__).resolve().parents[2])
BUILD = Path(os.environ.get("LINNET_BUILD") or SOURCE / "build" / "release")
LINNET = BUILD / "linnet"

_C_TOKENS = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def files(*patterns):
    """Paths below the tree, as text with '/', that match a pattern: one with '/' the whole path, else the name."""
    command = ["git", "-C", str(SOURCE), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, check=True).stdout.decode().split("\0")
    found = sorted({name for name in listed if name and (SOURCE / name).is_file()})
    return [name for name in found if not patterns or any(_matches(name, pattern) for pattern in patterns)]


def _matches(name, pattern):
    return Path("/", name).match(f"/{pattern}" if "/" in pattern else pattern)


def read(name):
    return (SOURCE / name).read_text(encoding="utf-8", errors="replace")


def _blank(match):
    text = match.group()
    kept = "\n" * text.count("\n")
    return kept if text.startswith("/") else text[0] + kept + text[0]


def code(text):
    """C without its comments and the insides of its strings; lines stay where they are."""
    return _C_TOKENS.sub(_blank, text)


def uncommented(text):
    """C without its comments; strings stay."""
    return _C_TOKENS.sub(lambda match: _blank(match) if match.group().startswith("/") else match.group(), text)


def strings(text):
    """The string literals of C."""
    return [match.group()[1:-1] for match in _C_TOKENS.finditer(text) if match.group().startswith('"')]


class MetaTest(unittest.TestCase):
    def assertNoFaults(self, faults):
        faults = list(faults)
        if faults:
            self.fail(f"{len(faults)} faults:\n  " + "\n  ".join(faults))

    def assertFault(self, faults, words):
        """One of the faults says `words`: the check can fail, and for this reason."""
        faults = list(faults)
        self.assertTrue(any(words in fault for fault in faults), f"no fault says {words!r}: {faults}")
