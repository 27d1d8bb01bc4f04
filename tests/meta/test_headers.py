"""Each header compiles alone: public ones as C17 and as C++17, internal ones as C17, all of them twice over."""
import os
import subprocess
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import tree

INCLUDES = [f"-I{tree.SOURCE}/include", f"-I{tree.SOURCE}/src"]
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only"]
C, CXX = ["-xc", "-std=c17"], ["-xc++", "-std=c++17"]
PUBLIC = [["gcc", *C], ["clang", *C], ["g++", *CXX], ["clang++", *CXX]]
INTERNAL = [["gcc", *C, "-D_GNU_SOURCE"], ["clang", *C, "-D_GNU_SOURCE"]]


def vendor_flags():
    """Where the outside headers lie, as system headers: their warnings are not ours."""
    flags = subprocess.run(["pkg-config", "--cflags-only-I", "vips", "openblas", "libsodium", "sqlite3", "libturbojpeg",
                            "zlib"], capture_output=True, text=True, check=True).stdout.split()
    return [f"-isystem{flag[2:]}" for flag in flags]


def check_header(header, compiler, extra=()):
    """Faults of including `header`, as <header>, twice in an empty source; its guard may warn."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "alone.c"
        source.write_text(f"#include <{header}>\n#include <{header}>\nextern int lnt_nothing;\n")
        result = subprocess.run([*compiler, *STRICT, *INCLUDES, *extra, str(source)], capture_output=True, text=True)
        if result.returncode != 0:
            yield f"{header} alone, {' '.join(compiler[:3])}: {result.stderr.strip()}"


def check_all(headers, compilers, extra=()):
    pairs = [(header, compiler) for header in headers for compiler in compilers]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for faults in pool.map(lambda pair: list(check_header(*pair, extra)), pairs):
            yield from faults


class Headers(tree.MetaTest):
    def test_public(self):
        headers = [name.removeprefix("include/") for name in tree.files("include/linnet/*.h")]
        self.assertIn("linnet/linnet.h", headers)
        self.assertNoFaults(check_all(headers, PUBLIC))

    def test_linnet_h_includes_all(self):
        text = tree.code(tree.read("include/linnet/linnet.h"))
        self.assertNoFaults(f"linnet.h does not include <{name.removeprefix('include/')}>"
                            for name in tree.files("include/linnet/*.h")
                            if not name.endswith("/linnet.h") and f"<{name.removeprefix('include/')}>" not in text)

    def test_internal(self):
        headers = [name.removeprefix("src/") for name in tree.files("src/*/*.h")]
        self.assertNoFaults(check_all(headers, INTERNAL, vendor_flags()))


class HeadersCanFail(tree.MetaTest):
    def faults(self, text, compiler):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "bad.h").write_text(text)
            return list(check_header("bad.h", compiler, [f"-I{folder}"]))

    def test_bad_headers(self):
        guard = "#ifndef BAD_H\n#define BAD_H\n%s\n#endif\n"
        for compiler in PUBLIC:
            self.assertFault(self.faults(guard % "size_t f(void);", compiler), "size_t")
            self.assertFault(self.faults("struct a { int x; };\n", compiler), "redefinition")
            self.assertNoFaults(self.faults(guard % "int f(int a);", compiler))
        self.assertNoFaults(self.faults(guard % "int f(int class);", PUBLIC[0]))
        self.assertFault(self.faults(guard % "int f(int class);", PUBLIC[2]), "class")


if __name__ == "__main__":
    unittest.main()
