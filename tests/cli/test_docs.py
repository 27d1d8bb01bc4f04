"""Guide and manual page say of every option and parameter what the program's own help says.

Where this fails, it shows the line to put in.
"""
import json
import os
import re
import shlex
import unittest
from pathlib import Path

import program

SOURCE = Path(os.environ.get("LINNET_SOURCE", Path(__file__).resolve().parents[2]))


def sentence(text):
    return text[0].upper() + text[1:].rstrip(".") + "."


def plain(text):
    """One line, single blanks."""
    return re.sub(r"\s+", " ", text)


def man_plain(text):
    """A manual page's source as text: requests and fonts gone, characters as people read them."""
    text = re.sub(r"^\.(?:TP|PP|RS|RE|br|nf|fi)\s*$", "", text, flags=re.M)
    for escape, character in ((r"\fB", ""), (r"\fI", ""), (r"\fR", ""), (r"\-", "-"), (r"\(aq", "'"), (r"\(ti", "~"),
                              (r"\e", "\\")):
        text = text.replace(escape, character)
    return plain(text)


class Docs(program.Case):
    @classmethod
    def setUpClass(cls):
        maker = program.Case()
        maker.setUp()
        cls.addClassCleanup(maker.doCleanups)
        cls.told = maker.run_json("help")
        cls.man = man_plain((SOURCE / "docs/man/linnet.1").read_text())

    def page(self, name):
        return (SOURCE / "docs/guide" / f"{name}.md").read_text()

    def options(self):
        """Page, option; the shared ones stand on the first page."""
        yield from (("index", option) for option in self.told["options"])
        for command in self.told["commands"]:
            yield from ((command["name"], option) for option in command["options"])

    def test_guide_options(self):
        for page, option in self.options():
            argument = f" {option['argument']}" if option["argument"] else ""
            letter = f"`-{option['letter']}`, " if option["letter"] else ""
            row = f"| {letter}`--{option['name']}{argument}` | {sentence(option['help'])}"
            self.assertIn(row, self.page(page).replace("\\|", "|"), f"docs/guide/{page}.md")

    def test_man_options(self):
        for page, option in self.options():
            argument = f" {option['argument']}" if option["argument"] else ""
            letter = f"-{option['letter']}, " if option["letter"] else ""
            line = f"{letter}--{option['name']}{argument} {plain(sentence(option['help']))}"
            self.assertIn(line, self.man, f"docs/man/linnet.1, {page}")

    def test_man_summaries(self):
        for command in self.told["commands"]:
            for line in command["usage"].split("\n"):
                self.assertIn(plain(f"linnet {command['name']} {line}").strip(), self.man)
            self.assertIn(plain(command["about"]), self.man)

    def test_guide_usage_and_summary(self):
        index = self.page("index")
        for command in self.told["commands"]:
            if command["name"] == "help":
                continue
            page = self.page(command["name"])
            for line in command["usage"].split("\n"):
                self.assertIn(f"linnet {command['name']} {line}".rstrip() + "\n", page)
            for heading in ("## Example", "## Options", "## Exit codes"):
                self.assertIn(f"\n{heading}\n", page)
            self.assertIn(f"[{command['name']}]({command['name']}.md) | {sentence(command['summary'])}", index)

    def test_filters(self):
        """Every key is explained in the program and in the guide; and what both write can be asked."""
        name = self.project(per_class=1)
        message = self.fails(2, "-C", name, "items", "--where", "nokey=1")["message"]
        keys = message.split("there are ")[1].split(";")[0].split(", ")
        self.assertIn("duplicate.distance", keys)
        text = self.run_ok("help", "filters").stdout
        self.assertEqual(self.run_json("help", "filters"), {"topic": "filters", "text": text})
        self.assertLessEqual(max(map(len, text.splitlines())), 96)
        page = self.page("filters")
        for key in keys:
            self.assertRegex(text, rf"(?m)^  (\S+, )*{re.escape(key)}(,| |$)")
            self.assertRegex(page, rf"(?m)^\| (`\S+`, )*`{re.escape(key)}`")
        self.assertEqual(self.run_ok("help", "filter").stdout, text)

    def shoes(self):
        """A project on which the examples of the help mean something."""
        options = ({"id": "sneaker"}, {"id": "cat"})
        tree = ({"id": "birds", "options": [{"id": "duck"}]},)
        (self.folder / "o.json").write_text(json.dumps({"name": "Shoes", "classifications": [
            {"id": "class", "type": "radio", "options": options}, {"id": "species", "type": "tree", "options": tree}]}))
        self.run_ok("init", "shoes", "--ontology", "o.json")
        for i in range(24):
            split, kind = ("train", "test")[i % 4 == 0], ("sneaker", "cat")[i % 2]
            path = self.folder / "photos" / split / kind / f"{('north bay', 'east')[i % 3 == 0]}_p{i % 5}_2008-1{i % 3}_{i}.pgm"
            program.write_pgm(path, program.picture(program.KINDS[i % 2], i))
        self.run_ok("-C", "shoes", "import", "photos", "--target", "class", "--meta", "{site}_{patient}_{date}_*")
        (self.folder / "said.csv").write_text("id,class,confidence\n1,cat,0.7\n2,cat,0.4\n")
        self.run_ok("-C", "shoes", "import", "--predictions", "said.csv", "--name", "gpt")
        return "shoes"

    def test_examples_run(self):
        name = self.shoes()
        commands = {command["name"]: command for command in self.told["commands"]}
        lines = [example["line"] for key in ("help", "items", "split", "status", "previews", "relink")
                 for example in commands[key]["examples"]]
        lines += [line.strip() for line in self.run_ok("help", "filters").stdout.splitlines() if "  linnet " in line]
        filters = self.page("filters").split("```")[1].strip().splitlines()
        self.assertGreater(len(lines) + len(filters), 25)
        for line in lines:
            words = shlex.split(line.split(" | ")[0])[1:]
            if "photos-2024" in words:
                (self.folder / "photos").rename(self.folder / "photos-2024")
            if not {"-C", "MODEL", "/media/ada/old"} & set(words):  # what no example project has
                nothing = "width>=1000" in " ".join(words) and "export" in words  # of these pictures none is so wide
                self.run_ok("-C", name, *words, expect=1 if nothing else 0)
        for line in filters:
            self.run_ok("-C", name, "items", "--where", line)

    def test_parameters(self):
        for page, kinds in (("train", self.told["learners"]), ("extract", self.told["features"])):
            text = self.page(page)
            for kind in kinds:
                self.assertIn(f"### `{kind['name']}`\n\n{kind['help']}\n", text)
                self.assertIn(plain(f"{kind['name']} {kind['help']}"), self.man)
                for param in kind["params"]:
                    row = re.compile(rf"\| `{re.escape(param['name'])}` \| {re.escape(param['default'])} \| [^|]+ \| "
                                     rf"{re.escape(sentence(param['help']))}")
                    self.assertRegex(text, row)
                    self.assertIn(f"{param['name']}={param['default']} ", self.man)


if __name__ == "__main__":
    unittest.main()
