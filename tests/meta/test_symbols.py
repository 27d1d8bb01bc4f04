"""Symbols: the shared library exports what the public headers declare, and no more; everything that other
files can see has our prefix; nothing can be changed behind the callers' backs."""
import re
import subprocess
import unittest

import tree

DECLARED = re.compile(r"\bLNT_API\b[^;{(]*?\b(\w+)\s*\(")
PREFIX = re.compile(r"lnti?_")

# Data that may change, by layer and name, each with its reason. All are safe from every thread.
MUTABLE = {
    ("base", "once"): "pthread_once: libsodium is made ready once a process",
    ("base", "found"): "the machine's CPU level, asked once; atomic",
    ("base", "current_worker"): "which worker of which pool this thread is; of the thread alone",
    ("base", "current_pool"): "which pool's chunk this thread runs; of the thread alone",
    ("base", "inside_chunk"): "whether this thread is inside a chunk; of the thread alone",
    ("math", "blas_once"): "pthread_once: OpenBLAS is loaded and set to one thread once a process",
    ("math", "lib"): "its functions; written in it alone",
    ("math", "blas_status"): "how that went; written in it alone",
    ("math", "blas_error"): "and why it did not; written in it alone",
    ("image", "started"): "pthread_once: libvips is loaded and made ready once a process",
    ("image", "lib"): "its functions; written in it alone",
    ("image", "start_status"): "how that went; written in it alone",
    ("image", "start_error"): "why it failed; written in it alone",
}


def declared(text):
    """Names of the functions that a public header exports."""
    return set(DECLARED.findall(re.sub(r"^[ \t]*#(?:\\\n|[^\n])*", "", tree.code(text), flags=re.M)))


def exported(nm_output):
    """Names from `nm -D --defined-only`."""
    return {line.split()[-1].split("@")[0] for line in nm_output.splitlines() if len(line.split()) == 3}


def check_exports(names, declarations):
    for name in sorted(names - declarations):
        yield f"liblinnet exports {name}, which no public header declares"
    for name in sorted(declarations - names):
        yield f"a public header declares {name}, which liblinnet does not export"


def check_prefixes(library, nm_output):
    """Faults of `nm -g --defined-only` of a layer's library."""
    for line in nm_output.splitlines():
        words = line.split()
        if len(words) == 3 and not PREFIX.match(words[2]):
            yield f"{library}: {words[2]} is visible to other files and has no prefix lnt_ or lnti_"


def check_mutable(layer, nm_output):
    """Faults of `nm --format=sysv` of a layer's library: data that is written to while the program runs."""
    for line in nm_output.splitlines():
        fields = [field.strip() for field in line.split("|")]
        if len(fields) != 7 or not re.match(r"\.(data|bss|tdata|tbss)($|\.(?!rel\.ro))|\*COM\*", fields[6]):
            continue
        name = re.sub(r"\.\d+$", "", fields[0])
        if fields[3] in ("OBJECT", "TLS") and (layer, name) not in MUTABLE:
            yield f"{layer}: {fields[0]} can be written to ({fields[6]}): no mutable globals"


def nm(*options):
    return subprocess.run(["nm", *map(str, options)], capture_output=True, text=True, check=True).stdout


class Symbols(tree.MetaTest):
    def libraries(self):
        found = sorted((tree.BUILD / "src").glob("*/liblinnet_*.a"))
        self.assertTrue(found, f"no layer's library below {tree.BUILD}/src")
        return found

    def test_exports(self):
        declarations = set()
        for name in tree.files("include/linnet/*.h"):
            declarations |= declared(tree.read(name))
        self.assertIn("lnt_version", declarations)
        self.assertNoFaults(check_exports(exported(nm("-D", "--defined-only", tree.BUILD / "liblinnet.so")), declarations))

    def test_prefixes(self):
        self.assertNoFaults(fault for library in self.libraries()
                            for fault in check_prefixes(library.name, nm("-g", "--defined-only", library)))

    def test_no_mutable_globals(self):
        self.assertNoFaults(fault for library in self.libraries()
                            for fault in check_mutable(library.parent.name, nm("--format=sysv", "--defined-only", library)))


class SymbolsCanFail(tree.MetaTest):
    def test_declared(self):
        text = ("LNT_API const char *lnt_a(void);\nLNT_API LNT_MUST_CHECK lnt_status\nlnt_b(int *x,\n  lnt_error *e);\n"
                "/* LNT_API void lnt_c(void); */\n#define LNT_API __attribute__((visibility(\"default\")))\n"
                "#define LNT_API\n#define LNT_D(x) \\\n  LNT_API lnt_d(x)\n")
        self.assertEqual(declared(text), {"lnt_a", "lnt_b"})

    def test_exports(self):
        self.assertEqual(exported("0000000000001139 T lnt_a\n                 U free\n0001 T lnt_b@@V1\n"),
                         {"lnt_a", "lnt_b"})
        self.assertFault(check_exports({"lnt_a", "lnti_b"}, {"lnt_a"}), "exports lnti_b")
        self.assertFault(check_exports({"lnt_a"}, {"lnt_a", "lnt_b"}), "declares lnt_b")

    def test_prefixes(self):
        self.assertFault(check_prefixes("x.a", "a.o:\n0000000000000000 T helper\n0000 T lnti_ok\n"), "helper")
        self.assertNoFaults(check_prefixes("x.a", "a.o:\n0000000000000000 T lnti_ok\n0000 R lnt_ok\n"))

    def test_mutable(self):
        row = "{}|0000000000000000|   {}  |            {}|0000000000000004|     |{}\n"
        for section in (".bss", ".data", ".data.cache", "*COM*", ".tbss"):
            self.assertFault(check_mutable("base", row.format("cache.0", "b", "OBJECT", section)), "cache.0")
        for name, section in (("table", ".data.rel.ro.local"), ("text", ".rodata"), ("once.0", ".bss")):
            self.assertNoFaults(check_mutable("base", row.format(name, "r", "OBJECT", section)))


if __name__ == "__main__":
    unittest.main()
