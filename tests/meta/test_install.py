"""`cmake --install`, seen as a stranger would: the program starts, pkg-config knows the library, and a program of
one's own builds against the shared and the static one."""
import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

import tree

VERSION_PROGRAM = """#include <linnet/linnet.h>
#include <stdio.h>
int main(void) {
  puts(lnt_version());
  return lnt_cpu_name(lnt_cpu_detect()) == NULL;
}
"""


def run(*command, **options):
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    if result.returncode != 0:
        raise AssertionError(f"{command}: exit {result.returncode}\n{result.stdout}{result.stderr}")
    return result.stdout


class Install(tree.MetaTest):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory(prefix="linnet-install-")
        cls.addClassCleanup(cls.scratch.cleanup)
        cls.prefix = Path(cls.scratch.name) / "usr"
        run("cmake", "--install", tree.BUILD, "--prefix", cls.prefix)
        pc = next(cls.prefix.rglob("linnet.pc"))
        # The .pc file names the configured prefix; pkg-config is told where this copy lies.
        cls.pkg_config = ["pkg-config", f"--define-variable=prefix={cls.prefix}"]
        cls.environment = dict(os.environ, PKG_CONFIG_PATH=str(pc.parent), LD_LIBRARY_PATH=str(pc.parent.parent))
        cls.version = re.search(r"project\(linnet VERSION ([\d.]+)", tree.read("CMakeLists.txt")).group(1)

    def build(self, source, *libraries):
        program = Path(self.scratch.name) / f"program-{len(libraries)}"
        flags = run(*self.pkg_config, "--cflags", "linnet", env=self.environment).split()
        run("cc", "-std=c17", "-Wall", "-Wextra", "-Werror", source, *flags, *libraries, "-o", program)
        return program

    def shared(self):
        return run(*self.pkg_config, "--libs", "linnet", env=self.environment).split()

    def static(self):
        flags = run(*self.pkg_config, "--libs", "--static", "linnet", env=self.environment).split()
        return [str(next(self.prefix.rglob("liblinnet.a"))) if flag == "-llinnet" else flag for flag in flags]

    def test_program(self):
        text = run(self.prefix / "bin" / "linnet", "--version")
        self.assertIn(self.version, text)

    def test_library(self):
        source = Path(self.scratch.name) / "version.c"
        source.write_text(VERSION_PROGRAM)
        for libraries in (self.shared(), self.static()):
            program = self.build(source, *libraries)
            self.assertEqual(run(program, env=self.environment), f"{self.version}\n")

    def test_example(self):
        source = tree.SOURCE / "examples" / "classify.c"
        self.assertLess(len(source.read_text().splitlines()), 40)
        for libraries in (self.shared(), self.static()):
            program = self.build(source, *libraries)
            result = subprocess.run([program, "none.lnt", "none.png"], env=self.environment, capture_output=True,
                                    text=True)
            self.assertEqual(result.returncode, 1)
            self.assertIn("none.lnt", result.stderr)

    def test_man_page_and_licence(self):
        self.assertTrue((self.prefix / "share" / "man" / "man1" / "linnet.1").exists())
        self.assertTrue(list(self.prefix.rglob("NOTICE")))


if __name__ == "__main__":
    unittest.main()
