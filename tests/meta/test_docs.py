"""Documents against the code: every command and option is explained, every example is one that exists, every link
and path leads somewhere."""
import json
import re
import subprocess
import unittest
import urllib.parse
from pathlib import Path

import tree

MAN = "docs/man/linnet.1"
HELP_ONLY = {"help"}  # explains itself
LINK = re.compile(r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
FENCE = re.compile(r"^(```|~~~).*?^\1[ \t]*$", re.M | re.S)
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]*")
PLACES = re.compile(r"`((?:src|include|tests|docs|tools|cmake|bench|examples|\.ci)/[^`\s<>]*|\./?dev|[A-Z]+\.md)`")


def man_text(text):
    """A man page's text with its dashes as people read them."""
    return text.replace("\\-", "-").replace("\\fB", "").replace("\\fI", "").replace("\\fR", "").replace("\\&", "")


def man_section(text, command):
    """What stands under the command's own .SS or .TP heading; None where there is none."""
    match = re.search(rf"^\.SS\s+\"?(?:linnet\s+)?{command}\b.*?$(.*?)(?=^\.S[SH]\b|\Z)", man_text(text), re.M | re.S)
    return match.group(1) if match else None


def has_option(text, name):
    return re.search(rf"(?<![\w-])--{re.escape(name)}(?![\w-])", text) is not None


def check_command(command, guide, man):
    """Faults of one command of `linnet help --json` against its guide page and the man page (None: not there)."""
    name = command["name"]
    section = man_section(man, name)
    if section is None:
        yield f"{MAN} has no section .SS {name}"
    if guide is None:
        yield f"docs/guide/{name}.md is missing"
    for option in command["options"]:
        if guide is not None and not has_option(guide, option["name"]):
            yield f"docs/guide/{name}.md does not explain --{option['name']}"
        if section is not None and not has_option(section, option["name"]):
            yield f"{MAN}: section {name} does not explain --{option['name']}"


def check_overview(commands, overview):
    for command in commands:
        if not re.search(rf"^\s+{command['name']}\s", overview, re.M):
            yield f"`linnet --help` does not list {command['name']}"


def check_params(kind, entry, page, text):
    """Every learner and feature, and each of its parameters, stands on the page of the command that takes it."""
    if f"`{entry['name']}`" not in text:
        yield f"{page} does not name the {kind} `{entry['name']}`"
    for param in entry["params"]:
        if not re.search(rf"`{re.escape(param['name'])}(?![\w-])", text):
            yield f"{page} does not explain `{param['name']}` of the {kind} {entry['name']}"


def examples(markdown):
    """Command lines in fenced blocks that begin with linnet, continued lines joined."""
    for block in FENCE.finditer(markdown):
        for line in block.group().replace("\\\n", " ").splitlines():
            match = re.match(r"\s*(?:\$\s+)?(?:build/release/)?linnet\s+(.*)", line)
            if match:
                yield match.group(1)


def check_example(page, line, commands, shared):
    """Faults of an example `linnet LINE`: command and options exist."""
    words = re.sub(r"\s#\s.*", "", line)
    words = re.sub(r"^(?:-C\s+\S+|--project[= ]\S+)\s+", "", words).split()
    options = OPTION.findall(" ".join(words))
    known = {f"--{option}" for option in shared}
    if words and re.fullmatch(r"[a-z]+", words[0]):
        if words[0] not in commands:
            yield f"{page}: `linnet {line}`: there is no command {words[0]}"
            return
        known |= {f"--{option}" for option in commands[words[0]]}
    for option in options:
        if option not in known:
            yield f"{page}: `linnet {line}`: there is no {option}"


def anchors(markdown):
    """The anchors that headings of a page get."""
    found = set()
    for heading in re.findall(r"^#{1,6}\s+(.*?)\s*#*\s*$", FENCE.sub("", markdown), re.M):
        text = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", lambda match: match.group(1) or "", heading).lower()
        found.add(re.sub(r"[^\w\- ]", "", text).replace(" ", "-"))
    return found | set(re.findall(r"<a (?:id|name)=\"([^\"]+)\"", markdown))


def check_links(page, markdown, exists, read):
    """Faults of a page's links to files and headings; `exists` and `read` take paths below the tree."""
    for target in LINK.findall(FENCE.sub("", markdown)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = urllib.parse.unquote(target).partition("#")
        place = _normal(Path(page).parent / path) if path else page
        if not exists(place):
            yield f"{page}: the link to {target} leads nowhere"
        elif anchor and place.endswith(".md") and anchor not in anchors(read(place)):
            yield f"{page}: {place} has no heading #{anchor}"


def _normal(path):
    parts = []
    for part in path.parts:
        if part == "..":
            parts = parts[:-1] if parts else [".."]
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def check_paths(page, markdown, exists):
    """Paths in `code` of a page exist; * stands for any name, and one with NNNN is a pattern for new names."""
    for path in PLACES.findall(markdown):
        if "NNNN" in path:
            continue
        if not exists(path.removeprefix("./").rstrip("/")):
            yield f"{page}: there is no {path}"


def exists(path):
    if "*" in path or "{" in path:
        variants = [path]
        match = re.search(r"\{([^}]*)\}", path)
        if match:
            variants = [path.replace(match.group(), option) for option in match.group(1).split(",")]
        return all(any(tree.SOURCE.glob(variant)) for variant in variants)
    return (tree.SOURCE / path).exists()


class Docs(tree.MetaTest):
    def help(self):
        result = subprocess.run([tree.LINNET, "help", "--json"], capture_output=True, text=True, check=True)
        return json.loads(result.stdout)

    def pages(self):
        return tree.files("*.md")

    def test_commands(self):
        text, man = self.help(), tree.read(MAN)
        faults = []
        for command in text["commands"]:
            if command["name"] in HELP_ONLY:
                continue
            page = f"docs/guide/{command['name']}.md"
            faults += check_command(command, tree.read(page) if exists(page) else None, man)
        faults += [f"{MAN} does not explain --{option['name']}" for option in text["options"]
                   if not has_option(man_text(man), option["name"])]
        self.assertNoFaults(faults)

    def test_overview(self):
        overview = subprocess.run([tree.LINNET, "--help"], capture_output=True, text=True, check=True).stdout
        self.assertNoFaults(check_overview(self.help()["commands"], overview))

    def test_every_command_file_is_a_command(self):
        names = {Path(name).stem.removeprefix("cmd_") for name in tree.files("src/cli/cmd_*.c")}
        self.assertEqual(names, {command["name"] for command in self.help()["commands"]})

    def test_parameters(self):
        text, faults = self.help(), []
        for kind, page in (("learner", "docs/guide/train.md"), ("feature", "docs/guide/extract.md")):
            for entry in text[f"{kind}s"]:
                faults += check_params(kind, entry, page, tree.read(page))
        self.assertNoFaults(faults)

    def test_examples(self):
        text = self.help()
        commands = {command["name"]: [option["name"] for option in command["options"]] for command in text["commands"]}
        shared = [option["name"] for option in text["options"]]
        faults = [fault for page in self.pages() for line in examples(tree.read(page))
                  for fault in check_example(page, line, commands, shared)]
        for command in text["commands"]:
            for example in command["examples"]:
                for part in re.split(r"&&|\|", example["line"]):
                    if part.strip().startswith("linnet "):
                        line = part.strip().removeprefix("linnet ")
                        faults += check_example(f"help of {command['name']}", line, commands, shared)
        self.assertNoFaults(faults)

    def test_links(self):
        self.assertNoFaults(fault for page in self.pages()
                            for fault in check_links(page, tree.read(page), exists, tree.read))

    def test_paths(self):
        pages = [page for page in self.pages() if page != "CHANGELOG.md"]
        self.assertIn("ARCHITECTURE.md", pages)
        self.assertNoFaults(fault for page in pages for fault in check_paths(page, tree.read(page), exists))

    def test_man_page_is_sound(self):
        result = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-z", str(tree.SOURCE / MAN)], capture_output=True,
                                text=True)
        self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_version(self):
        version = re.search(r"project\(linnet VERSION ([\d.]+)", tree.read("CMakeLists.txt")).group(1)
        self.assertEqual(self.help()["version"], version)
        self.assertRegex(tree.read("CHANGELOG.md"), rf"(?m)^## .*\b{re.escape(version)}\b")
        self.assertIn(version, tree.read(MAN))


class DocsCanFail(tree.MetaTest):
    COMMAND = {"name": "split", "options": [{"name": "val"}]}

    def test_commands(self):
        good = '.SS split\n\\fB\\-\\-val\\fR SHARE\n.SS other\n'
        self.assertNoFaults(check_command(self.COMMAND, "use `--val 0.1`", good))
        self.assertFault(check_command(self.COMMAND, None, good), "split.md is missing")
        self.assertFault(check_command(self.COMMAND, "use `--validate`, or --val-x", good), "does not explain --val")
        self.assertFault(check_command(self.COMMAND, "--val", ".SS other\n--val\n"), "no section .SS split")
        self.assertFault(check_command(self.COMMAND, "--val", ".SS split\n.SS other\n\\-\\-val\n"), "section split")
        self.assertFault(check_overview([self.COMMAND], "Commands\n  splits   x\n"), "does not list split")

    def test_parameters(self):
        entry = {"name": "knn", "params": [{"name": "k"}]}
        self.assertNoFaults(check_params("learner", entry, "p.md", "`knn` has `k=5`"))
        self.assertFault(check_params("learner", entry, "p.md", "`knn`"), "`k`")
        self.assertFault(check_params("learner", entry, "p.md", "knn `k`"), "name the learner")

    def test_examples(self):
        page = "x\n```sh\n$ linnet -C p split --val 1 \\\n  --seed 2\n  linnet frob  # c\n```\nlinnet not this\n"
        lines = list(examples(page))
        self.assertEqual(len(lines), 2)
        commands = {"split": ["val"]}
        self.assertFault(check_example("p", lines[0], commands, []), "there is no --seed")
        self.assertNoFaults(check_example("p", lines[0], commands, ["seed"]))
        self.assertFault(check_example("p", lines[1], commands, []), "no command frob")

    def test_links(self):
        there = {"docs/a.md": "# A `b`, c\n", "README.md": ""}
        check = lambda text: list(check_links("docs/x.md", text, there.__contains__, there.__getitem__))
        self.assertNoFaults(check("[a](a.md#a-b-c) [r](../README.md) [w](https://x.y/z)\n```\n[n](no.md)\n```\n"))
        self.assertFault(check("[a](b.md)"), "leads nowhere")
        self.assertFault(check("![a](a.md#d)"), "no heading #d")

    def test_paths(self):
        there = {"src/base/rng.c"}.__contains__
        self.assertNoFaults(check_paths("A.md", "`src/base/rng.c` `src/flow/<noun>.c` `a/b`", there))
        self.assertFault(check_paths("A.md", "see `src/base/gone.c`", there), "there is no src/base/gone.c")


if __name__ == "__main__":
    unittest.main()
