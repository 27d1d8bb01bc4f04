"""The tree itself: sizes of files, licences of what is linked, nothing of one developer's machine."""
import re
import subprocess
import unittest

import tree

LINES_MAX = 1000
# Longer files, each with its reason.
LONG = {
    "LICENSE": "the licence's own words",
}

# Names by which a licence list knows what the linker calls otherwise.
KNOWN_AS = {"z": "zlib", "c": "glibc", "m": "glibc", "gobject-2.0": "GLib", "glib-2.0": "GLib", "gio-2.0": "GLib",
            "pthread": "glibc", "gcc_s": "gcc"}

# /home/ada is the invented reader of the guide.
HOMES = re.compile(r"(?<![\w.])/(?:home(?!/ada\b)|Users|root|work)/[\w.-]+")
NOT_TEXT = (".gz", ".jpg", ".png", ".lnt", ".pgm", ".ppm", ".pnm", ".npy", ".svg")


def check_length(name, text):
    n = text.count("\n")
    if n > LINES_MAX and name not in LONG:
        yield f"{name}: {n} lines; over {LINES_MAX} a file needs a reason in tests/meta/test_tree.py"


def check_machine(name, text):
    """Paths that exist on one developer's machine alone."""
    for number, line in enumerate(text.splitlines(), 1):
        for match in HOMES.finditer(line):
            yield f"{name}:{number}: {match.group()} is a path of one machine"


def packages(cmake):
    """What LinnetDependencies.cmake asks pkg-config for."""
    return re.findall(r"pkg_check_modules\(\w+\s+REQUIRED\s+IMPORTED_TARGET\s+([\w.-]+)", cmake)


def needed(readelf):
    """Libraries by their linker's names, from `readelf -d`."""
    return re.findall(r"\(NEEDED\).*\[lib([^\]]+?)\.so", readelf)


def check_licences(libraries, notice):
    for library in libraries:
        name = KNOWN_AS.get(library, library)
        if name.lower() not in notice.lower():
            yield f"NOTICE does not say under which licence {name} is linked"


class Tree(tree.MetaTest):
    def texts(self):
        for name in tree.files():
            if not name.endswith(NOT_TEXT) and "/corpus/" not in name:
                yield name, tree.read(name)

    def test_lengths(self):
        self.assertNoFaults(fault for name, text in self.texts() for fault in check_length(name, text))

    def test_reasons_are_still_needed(self):
        self.assertNoFaults(f"{name} is not there: take it out of LONG" for name in LONG
                            if not (tree.SOURCE / name).exists())

    def test_no_machine(self):
        self.assertNoFaults(fault for name, text in self.texts() if name != "tests/meta/test_tree.py"
                            for fault in check_machine(name, text))

    def test_packages(self):
        found = packages(tree.read("cmake/LinnetDependencies.cmake"))
        self.assertIn("vips", found)
        self.assertNoFaults(check_licences(found, tree.read("NOTICE")))

    def test_linked(self):
        for binary in ("linnet", "liblinnet.so"):
            result = subprocess.run(["readelf", "-d", tree.BUILD / binary], capture_output=True, text=True, check=True)
            self.assertNoFaults(check_licences(needed(result.stdout), tree.read("NOTICE")))

    def test_licence_is_apache_2(self):
        text = tree.read("LICENSE")
        self.assertIn("Apache License\n                           Version 2.0, January 2004", text)
        self.assertIn("END OF TERMS AND CONDITIONS", text)

    def test_public_documents_are_there(self):
        self.assertNoFaults(f"{name} is missing" for name in
                            ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "NOTICE")
                            if not (tree.SOURCE / name).exists())


class TreeCanFail(tree.MetaTest):
    def test_length(self):
        self.assertFault(check_length("src/base/a.c", "\n" * 1001), "1001 lines")
        self.assertNoFaults(check_length("src/base/a.c", "\n" * 1000))

    def test_machine(self):
        self.assertFault(check_machine("a", "x\ncd /home/" + "jane/src"), "a:2")
        self.assertFault(check_machine("a", '"/wo' + 'rk/shared"'), "/wo" + "rk/shared")
        self.assertNoFaults(check_machine("a", "~/photos, /home/ada/photos, $HOME/x, /usr/share/x"))

    def test_licences(self):
        self.assertEqual(packages("pkg_check_modules(A REQUIRED IMPORTED_TARGET sqlite3>=3.40)\n"), ["sqlite3"])
        self.assertEqual(needed(" 0x01 (NEEDED)  Shared library: [libz.so.1]\n"), ["z"])
        self.assertFault(check_licences(["avcodec"], "zlib"), "avcodec")
        self.assertNoFaults(check_licences(["z"], "zlib: its own"))


if __name__ == "__main__":
    unittest.main()
