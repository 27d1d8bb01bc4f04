"""Layers: who may include whom, who owns which outside library, and what the lower layers must not do."""
import re
import unittest
from fnmatch import fnmatchcase

import tree

# Each layer and those right below it, in ARCHITECTURE.md's words; what stands below those may be included too.
BELOW = {
    "base": [],
    "math": ["base"],
    "media": ["math"],
    "graph": ["media"],
    "image": ["media"],
    "feature": ["image", "graph"],
    "eval": ["image"],
    "model": ["feature", "eval"],
    "ontology": ["base"],
    "store": ["base", "ontology"],
    "flow": ["model", "store"],
    "server": ["flow"],
    "cli": ["server"],
}

# Outside headers and the one family of files that includes them.
OWNERS = {
    "archive*.h": ["src/media/archive*.c"],
    "curl/*": ["src/flow/download*.c"],
    "arpa/inet.h": ["src/server/http*.[ch]"],
    "netinet/in.h": ["src/server/http*.[ch]"],
    "microhttpd.h": ["src/server/http*.[ch]"],
    "sqlite3.h": ["src/store/sqlite*.[ch]"],
    "vips/*": ["src/image/*.[ch]"],
    "turbojpeg.h": ["src/image/*.[ch]"],
    "oneapi/*": ["src/graph/onednn*.[ch]"],
    "cblas.h": ["src/math/*.[ch]"],
    "openblas*.h": ["src/math/*.[ch]"],
    "lapacke.h": ["src/math/*.[ch]"],
    "sodium.h": ["src/base/*.[ch]"],
    "xxhash.h": ["src/base/*.[ch]"],
    "zlib.h": ["src/media/*.[ch]", "src/model/*.[ch]", "src/image/png*.c"],
}

# Calls that are banned and stand with a reason.
EXCEPTIONS = {
    ("src/base/hash.c", "abort"): "libsodium without any source of entropy: nothing can go on",
}

SYSTEM = re.compile(r"(assert|ctype|errno|fcntl|fenv|float|getopt|inttypes|limits|locale|malloc|math|pthread|sched|signal|"
                    r"stdalign|stdarg|stdatomic|stdbool|stddef|stdint|stdio|stdlib|string|strings|termios|time|"
                    r"unistd|dirent|dlfcn|fnmatch|ftw|langinfo|regex|wchar|immintrin|cpuid|arm_neon|sys/\w+|linux/\w+|"
                    r"asm/\w+)\.h$")

# Below flow: no environment, no streams of the process, no end of the process, no random numbers of the process.
BANNED = re.compile(r"(?<![\w.>])(getenv|secure_getenv|setenv|putenv|printf|vprintf|puts|putchar|perror|exit|_exit|"
                    r"quick_exit|abort|rand|srand|random|srandom|drand48|system)\s*\(|\b(stdout|stderr|stdin)\b")
ENDS = re.compile(r"(?<![\w.>])(exit|_exit|quick_exit|abort)\s*\(")
SQL = re.compile(r"\s*(SELECT\s.*\bFROM\s|INSERT\s+(OR\s+\w+\s+)?INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|CREATE\s+(TABLE|INDEX)\s|"
                 r"PRAGMA\s|SAVEPOINT\s)", re.I)

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^>"]+)[>"]', re.M)


def reachable(layer):
    found = {layer}
    for lower in BELOW[layer]:
        found |= reachable(lower)
    return found


def layer_of(name):
    parts = name.split("/")
    return parts[1] if len(parts) > 2 and parts[0] == "src" else None


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def check_includes(name, text):
    """Faults of one source's include lines."""
    layer, allowed = layer_of(name), reachable(layer_of(name))
    for match in INCLUDE.finditer(tree.uncommented(text)):
        header, where = match.group(1), f"{name}:{line_of(text, match.start())}"
        folder = header.split("/")[0]
        owners = [files for pattern, files in OWNERS.items() if fnmatchcase(header, pattern)]
        if owners:
            if not any(fnmatchcase(name, pattern) for pattern in owners[0]):
                yield f"{where}: <{header}> belongs to {' and '.join(owners[0])} alone"
        elif folder in BELOW and "/" in header:
            if folder not in allowed:
                yield f"{where}: {layer} includes {header}, which does not lie below it"
        elif folder == "linnet":
            if not (tree.SOURCE / "include" / header).exists():
                yield f"{where}: there is no public header {header}"
        elif "/" not in header and (tree.SOURCE / "src" / layer / header).exists():
            yield f"{where}: write <{layer}/{header}>, so that the layer is seen"
        elif not SYSTEM.fullmatch(header):
            yield f"{where}: nobody owns <{header}>: give it an owner in tests/meta/test_layers.py"


def check_calls(name, text):
    """Faults of what one source does."""
    layer, plain = layer_of(name), tree.code(text)
    banned = BANNED if layer not in ("flow", "cli") else ENDS
    if name != "src/cli/main.c":
        for match in banned.finditer(plain):
            if (name, match.group(1)) in EXCEPTIONS:
                continue
            yield f"{name}:{line_of(plain, match.start())}: {match.group().strip()} is not for {layer}"
    if layer != "store":
        for literal in tree.strings(text):
            if SQL.match(literal):
                yield f"{name}: SQL outside store: {literal[:40]!r}"
    if layer != "store" and not name.startswith("src/flow/annotate/"):
        for match in re.finditer(r"\blnti_tx_answer\s*\(", plain):
            yield f"{name}:{line_of(plain, match.start())}: only flow/annotate writes answers"


def check_depends(name, text):
    """Faults of a layer's CMakeLists.txt: the libraries it links are those it may include."""
    layer = layer_of(name)
    call = re.search(r"\blinnet_layer\s*\(([^)]*)\)", re.sub(r"#[^\n]*", "", text))
    match = re.search(r"\bDEPENDS\s+(.*?)(?=\bLINK\b|\bSOURCES\b|$)", call.group(1), re.S) if call else None
    for lower in match.group(1).split() if match else []:
        if lower not in reachable(layer) - {layer}:
            yield f"{name}: {layer} links {lower}, which does not lie below it"


class Layers(tree.MetaTest):
    def sources(self):
        return [name for name in tree.files("src/*/*.c", "src/*/*.h") if layer_of(name)]

    def test_every_folder_is_a_layer(self):
        self.assertNoFaults(f"{name}: {layer_of(name)} is in no row of BELOW" for name in self.sources()
                            if layer_of(name) not in BELOW)

    def test_includes(self):
        self.assertNoFaults(fault for name in self.sources() for fault in check_includes(name, tree.read(name)))

    def test_calls(self):
        self.assertNoFaults(fault for name in self.sources() for fault in check_calls(name, tree.read(name)))

    def test_links(self):
        self.assertNoFaults(fault for name in tree.files("src/*/CMakeLists.txt")
                            for fault in check_depends(name, tree.read(name)))


class LayersCanFail(tree.MetaTest):
    def test_upward_include(self):
        self.assertFault(check_includes("src/base/a.c", "#include <flow/import/import.h>\n"), "does not lie below")
        self.assertFault(check_includes("src/store/a.c", "\n#include <model/model.h>\n"), "a.c:2")
        self.assertFault(check_includes("src/feature/a.c", "#include <eval/eval.h>\n"), "does not lie below")
        self.assertNoFaults(check_includes("src/model/a.c", "#include <eval/eval.h>\n#include <base/rng.h>\n"))

    def test_vendor_include(self):
        self.assertFault(check_includes("src/flow/a.c", "#include <sqlite3.h>\n"), "belongs to")
        self.assertFault(check_includes("src/store/store.c", '#include "sqlite3.h"\n'), "belongs to")
        self.assertFault(check_includes("src/model/a.c", "# include <vips/vips.h>\n"), "belongs to")
        self.assertFault(check_includes("src/base/a.c", "#include <jansson.h>\n"), "nobody owns")
        self.assertNoFaults(check_includes("src/image/a.c", "#include <vips/vips.h>\n#include <sys/stat.h>\n"))

    def test_comments_are_no_code(self):
        self.assertNoFaults(check_includes("src/base/a.c", "/*\n#include <sqlite3.h>\n*/\n"))
        self.assertNoFaults(check_calls("src/base/a.c", '/* exit(1) */ x("printf(1)"); // getenv("A")\n'))

    def test_calls_that_are_not_allowed(self):
        for bad in ('getenv("HOME")', 'printf("x")', "fprintf(stderr, x)", "exit (1)", "rand()", "puts(x)", "abort()"):
            self.assertFault(check_calls("src/math/a.c", f"void f(void) {{ {bad}; }}"), "is not for math")
        self.assertFault(check_calls("src/flow/a.c", "exit(1);"), "is not for flow")
        self.assertFault(check_calls("src/cli/cmd_a.c", "exit(1);"), "is not for cli")
        self.assertNoFaults(check_calls("src/cli/main.c", "exit(1);"))
        self.assertNoFaults(check_calls("src/math/a.c", "snprintf(a); lnti_text_printf(b); sink->exit(1); brand(2);"))

    def test_sql_and_answers(self):
        self.assertFault(check_calls("src/flow/a.c", 'q("SELECT id FROM item");'), "SQL outside store")
        self.assertFault(check_calls("src/flow/a.c", 'q("insert or ignore into item");'), "SQL outside store")
        self.assertNoFaults(check_calls("src/flow/a.c", 'q("select a split first");'))
        self.assertFault(check_calls("src/flow/import/import.c", "lnti_tx_answer(tx, row, err);"), "only flow/annotate")
        self.assertNoFaults(check_calls("src/flow/annotate/write.c", "lnti_tx_answer(tx, row, err);"))

    def test_upward_link(self):
        text = "linnet_layer(base\n  SOURCES a.c\n  DEPENDS math\n  LINK m)\n"
        self.assertFault(check_depends("src/base/CMakeLists.txt", text), "does not lie below")
        self.assertNoFaults(check_depends("src/base/CMakeLists.txt", "add_custom_command(OUTPUT a DEPENDS b)\n"))
        self.assertNoFaults(check_depends("src/flow/CMakeLists.txt", "linnet_layer(flow DEPENDS model store)"))


if __name__ == "__main__":
    unittest.main()
