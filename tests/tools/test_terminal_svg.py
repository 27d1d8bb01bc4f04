"""The picture of a terminal: sound XML, every character where its column is, in both colour schemes."""
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path

TOOLS = Path(__file__).resolve().parents[2] / "tools"
sys.path.insert(0, str(TOOLS))
import terminal_svg  # noqa: E402

SVG = "{http://www.w3.org/2000/svg}"


def texts(transcript, **options):
    """[(class, x, y, text)] of what is drawn."""
    root = ElementTree.fromstring(terminal_svg.render(transcript, **options))
    return [(node.get("class"), float(node.get("x")), float(node.get("y")), node.text) for node in root.iter(SVG + "text")]


class TerminalSvg(unittest.TestCase):
    def test_commands_and_output(self):
        prompt, command, output = texts("$ linnet status\nitems 70,000\n")
        self.assertEqual((prompt[0], prompt[3]), ("prompt", "$"))
        self.assertEqual((command[0], command[3]), ("command text", "linnet status"))
        self.assertEqual((output[0], output[3]), ("text", "items 70,000"))
        self.assertEqual(output[2] - command[2], terminal_svg.LEADING)

    def test_columns_stay_aligned(self):
        first, second = texts("    a\nab  \x1b[1mc\x1b[0m\n")[0], texts("    a\nab  \x1b[1mc\x1b[0m\n")[2]
        self.assertEqual(first[1], terminal_svg.MARGIN + 4 * terminal_svg.ADVANCE)
        self.assertEqual(second[1], first[1])

    def test_blanks_between_columns_are_places(self):
        drawn = texts("labels     60,000\n")
        self.assertEqual([(text[1], text[3]) for text in drawn],
                         [(terminal_svg.MARGIN, "labels"), (terminal_svg.MARGIN + 11 * terminal_svg.ADVANCE, "60,000")])

    def test_wide_and_combining_characters(self):
        self.assertEqual(terminal_svg.columns("ab"), 2)
        self.assertEqual(terminal_svg.columns("\u5e03"), 2)
        self.assertEqual(terminal_svg.columns("e\u0301"), 1)

    def test_markup_is_text(self):
        self.assertEqual(texts('a < b & "c" </text><script>\n')[0][3], 'a < b & "c" </text><script>')

    def test_colours(self):
        drawn = texts("\x1b[1;32mgood\x1b[0m plain \x1b[2mdim\x1b[22m \x1b[91mbad\nstill bad\x1b[39m\n")
        self.assertEqual([text[0] for text in drawn], ["bold green", "text", "dim", "red", "red"])

    def test_other_escapes_and_controls_go(self):
        self.assertEqual([text[3] for text in texts("\x1b[2K\x1b]0;title\x07a\x08b\n")], ["ab"])

    def test_a_carriage_return_begins_the_line_anew(self):
        self.assertEqual([text[3] for text in texts("10 %\r100 %\r\n")], ["100 %"])

    def test_long_lines_go_on_below(self):
        drawn = texts("x" * 25 + "\n", width=10)
        self.assertEqual([text[3] for text in drawn], ["x" * 10, "x" * 10, "x" * 5])

    def test_everything_lies_in_the_picture(self):
        root = ElementTree.fromstring(terminal_svg.render("$ a\n" + "y" * 70 + "\n" * 30 + "z\n"))
        width, height = float(root.get("width")), float(root.get("height"))
        for node in root.iter(SVG + "text"):
            self.assertLessEqual(float(node.get("x")) + float(node.get("textLength") or 0), width)
            self.assertLess(float(node.get("y")), height)

    def test_both_colour_schemes(self):
        self.assertIn("prefers-color-scheme: dark", terminal_svg.render("a"))

    def test_title_is_for_everybody(self):
        root = ElementTree.fromstring(terminal_svg.render("a", title="Tom & Jerry"))
        self.assertEqual(root.find(SVG + "title").text, "Tom & Jerry")
        self.assertEqual(texts("a", title="Tom & Jerry")[0][3], "Tom & Jerry")

    def test_empty(self):
        self.assertEqual(texts(""), [])

    def test_as_a_program(self):
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "out.svg"
            subprocess.run([sys.executable, TOOLS / "terminal_svg.py", "-", out], input="$ a\n", text=True, check=True)
            self.assertEqual(out.read_text(encoding="utf-8"), terminal_svg.render("$ a\n"))
            bad = subprocess.run([sys.executable, TOOLS / "terminal_svg.py", "--columns", "1", "-", out],
                                 capture_output=True)
            self.assertEqual(bad.returncode, 2)


if __name__ == "__main__":
    unittest.main()
