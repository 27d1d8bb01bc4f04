"""Help, options and the ways to get them wrong."""
import json
import subprocess
import unittest

import program


class Help(program.Case):
    def test_overview(self):
        text = self.run_ok("--help").stdout
        self.assertEqual(text, self.run_ok("help").stdout)
        self.assertEqual(text, self.run_ok("-h").stdout)
        for command in self.run_json("help")["commands"]:
            self.assertIn(f"\n  {command['name']}", text)
            self.assertIn(command["summary"].split()[0], text)

    def test_every_command(self):
        for command in self.run_json("help")["commands"]:
            name = command["name"]
            text = self.run_ok(name, "--help").stdout
            self.assertEqual(text, self.run_ok("help", name).stdout)
            self.assertTrue(text.startswith(f"linnet {name}: {command['summary']}\n"))
            self.assertIn(f"Usage: linnet {name}", text)
            for option in command["options"]:
                self.assertIn(f"--{option['name']}", text)
            for example in command["examples"]:
                self.assertIn(example["line"], text)
            self.assertEqual(self.run_json("help", name)["commands"], [command])
            self.assertEqual(self.run_json(name, "--help")["commands"], [command])

    def test_examples_use_options_that_exist(self):
        told = self.run_json("help")
        shared = {option["name"] for option in told["options"]}
        commands = {command["name"]: shared | {option["name"] for option in command["options"]}
                    for command in told["commands"]}
        for command in told["commands"]:
            for example in command["examples"]:
                for part in example["line"].split("&&"):
                    words = part.split("|")[0].split()
                    if words[0] != "linnet":
                        continue
                    name = next(word for word in words[1:] if word in commands)
                    for word in words:
                        if word.startswith("--"):
                            self.assertIn(word[2:].split("=")[0], commands[name], example["line"])

    def test_parameters(self):
        text = self.run_ok("train", "--help").stdout
        told = self.run_json("help")
        for kind in told["learners"] + told["features"]:
            self.assertIn(kind["name"], text)
            for param in kind["params"]:
                self.assertIn(f"{param['name']}={param['default']}", text)
        extract = self.run_ok("extract", "--help").stdout
        self.assertIn("pixels", extract)
        self.assertNotIn("Learners", extract)

    def test_version(self):
        self.assertRegex(self.run_ok("--version").stdout, r"\Alinnet \d+\.\d+\.\d+\n\Z")
        self.assertRegex(self.run_json("--version")["version"], r"\A\d+\.\d+\.\d+\Z")


class Mistakes(program.Case):
    def test_no_command(self):
        self.fails(2, says="which command?")

    def test_unknown_command(self):
        self.assertEqual(self.fails(2, "improt", "x", says="did you mean 'import'?")["code"], "EINVAL")
        self.fails(2, "fly", says="no command 'fly'")

    def test_unknown_option(self):
        self.fails(2, "items", "--were", "x", says="did you mean --where?")
        self.fails(2, "-x", says="unknown option -x")
        self.fails(2, "--split", "train", "import", "x", says="unknown option --split")

    def test_values(self):
        self.fails(2, "items", "--limit", says="--limit needs a value")
        self.fails(2, "items", "--limit", "many", says="many")
        self.fails(2, "items", "--limit=-1", says="outside")
        self.fails(2, "import", "x", "--format", "zip", says="auto|folder|archive|idx")
        self.fails(2, "split", "--by", "luck", says="random|folder")
        self.fails(2, "split", "--val", "1.5", says="outside")
        self.fails(2, "status", "--threads", "0", says="outside")
        self.fails(2, "status", "--progress", "loud", says="auto|plain|none")
        self.fails(2, "status", "--person", "", says="empty")
        self.fails(2, "train", "--seed", "x", says="seed")
        self.fails(2, "import", "x", "--classes", "a,,b", says="--classes")

    def test_operands(self):
        self.fails(2, "import", says="something is missing")
        self.fails(2, "evaluate", says="something is missing")
        self.fails(2, "status", "now", says="'now' is too much")
        self.fails(2, "predict", "model", says="what is to be classified?")
        self.fails(2, "predict", "m.lnt", "a.png", "--items", "", says="not both")
        self.fails(2, "ontology", "melt", says="no 'linnet ontology melt'")
        self.fails(2, "models", "show", says="models show MODEL")
        self.fails(2, "init", says="which folder?")
        self.fails(2, "init", "a", "-C", "b", says="not both")
        self.fails(1, "init", "a", "--template", "x", says="no template \"x\": there are binary")
        self.assertFalse((self.folder / "a").exists())

    def test_twice(self):
        self.fails(2, "items", "--limit", "1", "--limit=2", says="given twice")

    def test_error_of_json_goes_to_both(self):
        result = self.run_ok("status", "--json", expect=1)
        self.assertEqual(json.loads(result.stdout)["error"]["code"], "ENOTFOUND")
        self.assertIn("linnet: status: ", result.stderr)

    def test_control_characters_stay_out_of_the_terminal(self):
        result = self.run_ok("fly\x1b[2J\n", expect=2)
        self.assertNotIn("\x1b", result.stderr)
        self.assertEqual(result.stderr.count("\n"), 1)


class Output(program.Case):
    def test_full_disk_behind_stdout(self):
        with open("/dev/full", "w") as full:
            result = subprocess.run([program.LINNET, "--help"], stdout=full, stderr=subprocess.PIPE, text=True)
        self.assertEqual(result.returncode, 1)
        self.assertIn("output could not be written", result.stderr)

    def test_closed_stdout(self):
        result = subprocess.run(["/bin/sh", "-c", 'exec "$0" --help >&-', program.LINNET], stderr=subprocess.PIPE,
                                text=True)
        self.assertEqual(result.returncode, 1)
        self.assertIn("output could not be written", result.stderr)

    def test_reader_that_goes(self):
        result = subprocess.run(["/bin/sh", "-c", '"$0" help --json | head -n 1', program.LINNET],
                                capture_output=True, text=True)
        self.assertEqual(result.stdout, "{\n")
        self.assertEqual(result.stderr, "")


if __name__ == "__main__":
    unittest.main()
