"""backbone: networks that are kept; what their own classes see."""
import hashlib
import http.server
import json
import os
import shutil
import socket
import threading
import unittest
from pathlib import Path

import onnx_file
import program

DATA = os.environ.get("LINNET_TEST_DATA")


def write_ppm(path, colour, side=8):
    path.write_bytes(b"P6 %d %d 255\n" % (side, side) + bytes(colour) * side * side)
    return path


class Server(http.server.ThreadingHTTPServer):
    """Files over HTTP with ranges: /NAME whole, /cut/NAME breaks off half way, /whole/NAME knows of no ranges."""
    daemon_threads = True

    def __init__(self, files):
        super().__init__(("127.0.0.1", 0), Answer)
        self.files, self.asked = files, []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self, path):
        return f"http://127.0.0.1:{self.server_address[1]}/{path}"


class Answer(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        way, _, name = self.path[1:].rpartition("/")
        data, asked = self.server.files.get(name), self.headers.get("Range")
        self.server.asked.append((self.path, asked))
        if data is None:
            return self.send_error(404)
        first = 0 if way == "whole" or not asked else int(asked.removeprefix("bytes=").split("-")[0])
        if first >= len(data):
            return self.send_error(416)
        self.send_response(206 if first else 200)
        if first:
            self.send_header("Content-Range", f"bytes {first}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(data) - first))
        self.end_headers()
        rest = data[first:]
        self.wfile.write(rest[:len(rest) // 2] if way == "cut" else rest)


class Backbone(program.Case):
    def setUp(self):
        super().setUp()
        self.home = self.folder / "home"
        self.env = {"LINNET_BACKBONES": str(self.home)}

    def ok(self, *words, **options):
        return self.run_json(*words, env=self.env, **options)

    def tiny(self, name="tiny.onnx", **options):
        options = {"mean": "0.5", "std": "0.5", "labels": ["red", "blue"], "licence": "MIT", **options}
        return onnx_file.write(self.folder / name, **options)

    def test_add_list_remove(self):
        path = self.tiny()
        added = self.ok("backbone", "add", path)
        self.assertEqual({key: added[key] for key in ("name", "width", "height", "colour", "mean", "std", "layer", "class_layer",
                                                      "licence", "source", "d", "n_classes", "bytes", "warnings")},
                         {"name": "tiny", "width": 4, "height": 4, "colour": "rgb", "mean": [0.5] * 3, "std": [0.5] * 3,
                          "layer": "flat", "class_layer": "scores", "licence": "MIT", "source": None, "d": 3, "n_classes": 2,
                          "bytes": path.stat().st_size, "warnings": []})
        self.assertEqual(added["sha256"], hashlib.sha256(path.read_bytes()).hexdigest())
        self.assertEqual(Path(added["file"]).read_bytes(), path.read_bytes())
        self.ok("backbone", "add", path)  # the same again is no fault
        self.fails(1, "backbone", "add", path, "--layer", "scores", says="another backbone \"tiny\", with the embedding of another layer", env=self.env)
        self.ok("backbone", "add", path, "--name", "b", "--layer", "scores")
        self.fails(1, "backbone", "remove", "tinny", says="no backbone \"tinny\"; did you mean \"tiny\"? There are: b, tiny",
                   env=self.env)
        self.fails(1, "predict", "--backbone", "tinny", path, says="no backbone or file \"tinny\"; did you", env=self.env)
        self.fails(2, "backbone", "rm", "tiny", says="did you mean: linnet backbone remove NAME", env=self.env)
        self.assertIn("runs", self.run_ok("doctor", "--onnx", "b", env=self.env).stdout)
        self.fails(2, "doctor", path.name, says=f"linnet doctor --onnx {path.name}", env=self.env)
        lines = self.run_lines("backbone", "list", env=self.env)
        self.assertEqual([(line["name"], line["d"]) for line in lines], [("b", 2), ("tiny", 3)])
        self.assertRegex(self.run_ok("backbone", env=self.env).stdout, r"(?m)^tiny +4x4 +3 +2 +\d+ B +MIT$")
        self.assertEqual(self.ok("backbone", "remove", "tiny"), {"removed": "tiny"})
        self.assertEqual(sorted(os.listdir(self.home)), ["b.json", "b.onnx"])
        self.fails(1, "backbone", "remove", "tiny", says="there are: b", env=self.env)
        self.fails(2, "backbone", "remove", "../b", says="no name", env=self.env)

    def test_show(self):
        """All that is known of one; each layer that is listed can be asked for, and is as long as it says."""
        path = self.tiny(source="made by hand")
        of_file = self.ok("backbone", "show", path)
        added = self.ok("backbone", "add", path)
        shown = self.ok("backbone", "show", "tiny")
        self.assertEqual({**of_file, "file": added["file"]}, shown)
        layers, labels = shown.pop("layers"), shown.pop("labels")
        self.assertEqual({**shown, "warnings": []}, added)
        self.assertEqual((labels, shown["source"]), (["red", "blue"], "made by hand"))
        self.assertEqual([(layer["layer"], layer["operator"], layer["shape"], layer["d"]) for layer in layers],
                         [("pooled", "GlobalAveragePool", [1, 3, 1, 1], 3), ("flat", "Flatten", [1, 3], 3),
                          ("scores", "Gemm", [1, 2], 2), ("y", "Softmax", [1, 2], 2)])
        write_ppm(self.folder / "r.ppm", (255, 0, 0))
        self.run_ok("init", "p")
        self.run_ok("-C", "p", "import", "r.ppm")
        for layer in layers:
            told = self.ok("-C", "p", "extract", "--feature", f"embedding:tiny@{layer['layer']}")
            self.assertEqual(told["d"], layer["d"])
        text = self.run_ok("backbone", "show", "tiny", env=self.env).stdout
        for line in (r"licence +MIT", r"source +made by hand", r"classes +2, of the layer scores: red; blue",
                     r"pictures +4 x 4, rgb, mean 0.5,0.5,0.5, std 0.5,0.5,0.5", r"embedding +3 numbers, of the layer flat",
                     r" +3  3 x 1 x 1  GlobalAveragePool  pooled", r"Next: linnet train --feature embedding:tiny, .*@LAYER.*"):
            self.assertRegex(text, f"(?m)^{line}$")
        self.assertIn(f"backbone show {path}", self.run_ok("doctor", "--onnx", path).stdout)
        self.fails(1, "backbone", "show", "tin", says="There are: tiny", env=self.env)

    def test_options_that_do_not_apply(self):
        path = self.tiny()
        for words, says in ((("add", path, "--from", "http://x"), "--from does not go with 'backbone add FILE', which takes --name,"),
                            (("list", "--name", "a"), "'backbone list', which takes no options of its own"),
                            (("--bgr",), "'backbone list'"), (("show", "a", "--layer", "flat"), "'backbone show NAME'"),
                            (("remove", "a", "--name", "b"), "'backbone remove NAME'"), (("pull", "--from", "http://x"), "'backbone pull'"),
                            (("pull", "a", "--size", "3"), "which takes --name, --from"), (("show",), "show NAME"),
                            (("add", path, "--labels", "names", "--class-layer", ""), "the network has none")):
            (self.folder / "names").write_text("a\nb\n")
            self.fails(2, "backbone", *words, says=says, env=self.env)
        self.assertFalse(self.home.exists())

    def test_files_that_are_no_networks(self):
        whole = self.tiny().read_bytes()
        for data, says in ((b"", "is empty"), (b"\xff\xd8\xff\xe0\0\20JFIF", "but a JPEG image"), (b"hello\n", "but a text"),
                           (whole[:50], "cut off at byte 50: it has ")):
            (self.folder / "x.onnx").write_bytes(data)
            self.fails(1, "backbone", "add", "x.onnx", says=f"x.onnx: ", env=self.env)
            self.assertIn(says, self.fails(1, "backbone", "add", "x.onnx", env=self.env)["message"])
            self.assertIn(says, self.run_json("doctor", "--onnx", "x.onnx", expect=1)["reason"])
        self.assertFalse(self.home.exists())

    def test_what_is_assumed_is_told(self):
        path = onnx_file.write(self.folder / "bare.onnx")
        self.assertIn("ImageNet", self.ok("backbone", "add", path)["warnings"][0])
        (self.folder / "names").write_text("red\nblue\n")
        (self.folder / "LICENCE").write_text("Free for all.\nEven for you.\n")
        added = self.ok("backbone", "add", path, "--name", "said", "--mean", "0.1,0.2,0.3", "--std", "0.5", "--labels", "names",
                        "--licence", "LICENCE", "--size", "4")
        self.assertEqual((added["warnings"], added["mean"], added["licence"]),
                         ([], [0.1, 0.2, 0.3], "Free for all.\nEven for you.\n"))
        self.assertEqual(json.loads((self.home / "said.json").read_text())["labels"], ["red", "blue"])

    def test_labels_beside_the_file(self):
        path, beside = onnx_file.write(self.folder / "bare.onnx", mean="0.5", std="0.5"), self.folder / "labels.txt"
        for text, says, labels in (("0 red\n1 blue\n", "are those of labels.txt", ["red", "blue"]),
                                   ("red\n", "names 1 classes, the network has 2", []),
                                   (b"\xff\n", "no list of names", [])):
            beside.write_bytes(text if isinstance(text, bytes) else text.encode())
            self.assertIn(says, self.ok("backbone", "add", path, "--name", "t")["warnings"][0])
            self.assertEqual(json.loads((self.home / "t.json").read_text())["labels"], labels)
            self.ok("backbone", "remove", "t")
        (self.folder / "mine").write_text("a\nb\n")
        self.assertEqual(self.ok("backbone", "add", path, "--labels", "mine")["warnings"], [])

    def test_what_does_not_fit(self):
        path = self.tiny()
        for words, says in ((("--mean", "0.5"), "together"), (("--mean", "123", "--std", "58"), "divide"),
                            (("--size", "5"), "4 pixels and no other"), (("--layer", "flta"), "did you mean \"flat\""),
                            (("--name", "a/b"), "no name"), (("--size", "4x"), "--size")):
            self.fails(2, "backbone", "add", path, *words, says=says, env=self.env)
        (self.folder / "one").write_text("red\n")
        self.fails(2, "backbone", "add", path, "--labels", "one", says="names for 1 classes", env=self.env)
        (self.folder / "no.onnx").write_text("no network")
        self.fails(1, "backbone", "add", "no.onnx", says="no.onnx", env=self.env)
        self.fails(1, "backbone", "add", "gone.onnx", says="gone.onnx", env=self.env)
        self.fails(1, "backbone", "add", path, "--licence", "LICENCE.txt", says="LICENCE.txt: ", env=self.env)
        self.fails(2, "backbone", "list", says="LINNET_BACKBONES", env={"LINNET_BACKBONES": "", "XDG_DATA_HOME": "", "HOME": ""})
        self.assertFalse(self.home.exists())

    def test_own_classes(self):
        self.ok("backbone", "add", self.tiny())
        write_ppm(self.folder / "r.ppm", (255, 0, 0))
        write_ppm(self.folder / "b.ppm", (10, 20, 90))
        lines = self.run_lines("predict", "--backbone", "tiny", "r.ppm", "b.ppm", "gone.ppm", env=self.env, expect=3)
        self.assertEqual([line.get("label") for line in lines], ["red", "blue", None])
        # (p - 127.5) / 127.5, times 4 the difference, in a softmax of two.
        self.assertAlmostEqual(lines[1]["confidence"], 1 / (1 + 2.718281828 ** (-16 * 80 / 255)), places=4)
        self.assertEqual([top["id"] for top in lines[1]["top"]], ["1", "0"])
        # Of a file that is not kept the same comes out.
        again = self.run_lines("predict", "--backbone", "tiny.onnx", "r.ppm", "b.ppm", env=self.env)
        self.assertEqual(again, lines[:2])
        self.fails(1, "predict", "--backbone", "tony", "r.ppm", says="There are: tiny", env=self.env)
        self.fails(2, "predict", "--backbone", "tiny", says="what is to be classified", env=self.env)
        # A MODEL beside it is one too many, by whatever it is known.
        for words in (("logistic-hog",), ("m.lnt", "r.ppm"), ("logistic-hog", "r.ppm")):
            self.fails(2, "predict", *words, "--backbone", "tiny", says="--backbone takes the place of MODEL", env=self.env)
        self.fails(1, "predict", "tiny", "b.ppm", says="a backbone: linnet predict --backbone tiny PATH", env=self.env)
        text = self.run_ok("predict", "--backbone", "tiny", "b.ppm", "gone.ppm", env=self.env, expect=3).stdout
        self.assertRegex(text, r"\Ab\.ppm\n +99\.\d %  blue\n +0\.\d %  red\ngone\.ppm\n  \(failed\)  cannot be read: No such")
        text = self.run_ok("predict", "--backbone", "tiny", "b.ppm", "--top", "1", env=self.env).stdout
        self.assertRegex(text, r"\Alabel +confidence  path\nblue +99\.\d %  b\.ppm\n\Z")

    def test_embeddings_are_a_feature(self):
        """A model learns from what the cache keeps, and takes its network along."""
        self.ok("backbone", "add", self.tiny())
        for split, n in (("train", 12), ("test", 6)):
            for kind, colour in (("warm", (200, 90, 40)), ("cold", (40, 90, 200))):
                for i in range(n):
                    (self.folder / split / kind).mkdir(parents=True, exist_ok=True)
                    write_ppm(self.folder / split / kind / f"{split}{i}.ppm", [c + 3 * i + (split == "test") for c in colour])
        self.run_ok("init", "p")
        self.run_ok("-C", "p", "import", "train", "--split", "train")
        self.run_ok("-C", "p", "import", "test", "--split", "test")
        told = self.ok("-C", "p", "extract", "--feature", "embedding:tiny", "--split", "train", "--out", "x.npy")
        self.assertEqual((told["feature"], told["n"], told["d"], told["computed"]), ("embedding:tiny@flat", 24, 3, 24))
        self.assertEqual((self.folder / "x.npy").stat().st_size, 128 + 24 * 3 * 4)
        self.ok("-C", "p", "extract", "--feature", "embedding:tiny", "--split", "train", "--rows", "x.csv")
        self.fails(1, "-C", "p", "import", "--embeddings", "x.npy", "--rows", "x.csv", "--name", "tiny", env=self.env,
                   says="there is a backbone \"tiny\"")
        for learner in ("logistic", "knn"):
            model = self.ok("-C", "p", "train", "--feature", "embedding:tiny", "--learner", learner)["models"][0]
            self.assertEqual((model["model"], model["feature"]), (f"{learner}-tiny", "embedding:tiny@flat"))
            self.assertEqual(self.ok("-C", "p", "evaluate", f"{learner}-tiny")["accuracy"], 1)
        # Under the name of imported vectors, or of a feature, its models go by its layer too.
        self.ok("-C", "p", "import", "--embeddings", "x.npy", "--rows", "x.csv", "--name", "both")
        for shared in ("both", "hog"):
            self.ok("backbone", "add", self.tiny(), "--name", shared)
            model = self.ok("-C", "p", "train", "--feature", f"embedding:{shared}@flat", "--learner", "centroid")["models"][0]
            self.assertEqual((model["model"], model["replaced"]), (f"centroid-{shared}-flat", None))
            self.run_ok("-C", "p", "models", "remove", model["model"])
            self.ok("backbone", "remove", shared)
        self.assertEqual(self.ok("-C", "p", "extract", "--feature", "embedding:tiny")["computed"], 0)
        stored = self.run_lines("-C", "p", "predict", "logistic-tiny", "--items", "split=test", env=self.env)
        # Elsewhere, where there is no such backbone: to the last digit the same.
        kept = Path(self.ok("-C", "p", "train", "--feature", "embedding:tiny")["models"][0]["file"])
        elsewhere = {"LINNET_BACKBONES": str(self.folder / "none")}
        files = self.run_lines("predict", kept, *[line["path"] for line in stored], env=elsewhere)
        self.assertEqual([line["confidence"] for line in files], [line["confidence"] for line in stored])
        # A copy of a training image in test: what to type for a model that does not know it.
        shutil.copy(self.folder / "train/warm/train0.ppm", self.folder / "test/warm/copy.ppm")
        self.run_ok("-C", "p", "import", "test", "--split", "test")
        warnings = " ".join(self.ok("-C", "p", "evaluate", "logistic-tiny")["warnings"])
        self.assertIn("linnet train --target class --learner logistic --feature embedding:tiny@flat", warnings)
        self.assertNotIn("--name", warnings)
        long = "blocks/" + "/".join(map(str, range(1, 10))) * 9
        # Another layer's model stands beside it, and is trained again under its own name.
        for feature, name in (("tiny@scores", "knn-tiny-scores"), ("tiny@flat", "knn-tiny"), ("tiny.onnx@y", "knn-tiny-y"),
                              (f"{self.tiny('long.onnx', pooled=long)}@{long}", None)):
            model = self.ok("-C", "p", "train", "--feature", f"embedding:{feature}", "--learner", "knn")["models"][0]
            if name:
                self.assertEqual(model["model"], name)
            else:  # what cannot be in a file's name is replaced, and a hash tells long ones apart
                self.assertRegex(model["model"], r"^knn-long-blocks\.1\.[.0-9]+[0-9a-f]{8}$")
                self.assertEqual(len(model["model"]), 100)
                self.run_ok("-C", "p", "models", "show", model["model"])
        alike = [self.ok("-C", "p", "train", "--feature", f"embedding:{self.tiny('long.onnx', pooled=layer)}@{layer}",
                         "--learner", "knn")["models"][0]["model"] for layer in ("a.b", "a/b")]
        self.assertEqual(alike[0], "knn-long-a.b")
        self.assertRegex(alike[1], r"^knn-long-a\.b[0-9a-f]{8}$")
        warnings = " ".join(self.ok("-C", "p", "evaluate", "knn-tiny-scores")["warnings"])
        self.assertIn("--feature embedding:tiny@scores", warnings)
        self.assertNotIn("--name", warnings)
        self.assertEqual({line["model"]: line["feature"] for line in self.run_lines("-C", "p", "models") if "long" not in line["model"]},
                         {"logistic-tiny": "embedding:tiny@flat", "knn-tiny": "embedding:tiny@flat",
                          "knn-tiny-scores": "embedding:tiny@scores", "knn-tiny-y": "embedding:tiny@y"})
        table = self.run_ok("-C", "p", "models").stdout
        for feature in ("embedding:tiny@flat", "embedding:tiny@scores", "embedding:tiny@y", r"embedding:long@blocks/1/2/.*\.\.\."):
            self.assertRegex(table, f"  {feature}  ")
        self.ok("backbone", "remove", "tiny")
        self.assertEqual(self.ok("-C", "p", "evaluate", "logistic-tiny")["accuracy"], 1)
        self.fails(1, "-C", "p", "train", "--feature", "embedding:tiny", says="linnet backbone add", env=self.env)
        self.fails(2, "-C", "p", "train", "--feature", "embedding:", says="none is kept yet: linnet backbone add", env=self.env)
        self.ok("backbone", "add", self.tiny())
        for feature in ("embedding", "embedding:", "embedding:@flat", "embedding:tiny@"):
            self.fails(2, "-C", "p", "train", "--feature", feature, says="embedding:BACKBONE@LAYER; there are: tiny", env=self.env)
        self.fails(1, "-C", "p", "train", "--feature", "embedding:tony", says="There are: tiny", env=self.env)
        self.fails(2, "-C", "p", "train", "--feature", "embedding:tiny@flta", says="did you mean \"flat\"?", env=self.env)

    def test_damage_is_noticed(self):
        self.ok("backbone", "add", self.tiny())
        picture = write_ppm(self.folder / "r.ppm", (255, 0, 0))
        kept = self.home / "tiny.onnx"
        kept.write_bytes(kept.read_bytes() + onnx_file.text(14, onnx_file.text(1, "a") + onnx_file.text(2, "b")))
        self.fails(1, "predict", "--backbone", "tiny", picture, says="not the file that was added", env=self.env)
        described = json.loads((self.home / "tiny.json").read_text())
        for key, value in (("std", [0, 1, 1]), ("file", "../tiny.onnx"), ("name", "other"), ("blake2b", "00"), ("width", -1)):
            (self.home / "tiny.json").write_text(json.dumps({**described, key: value}))
            self.fails(1, "predict", "--backbone", "tiny", picture, says="damaged", env=self.env)
        (self.home / "tiny.json").write_text("{")
        self.fails(1, "backbone", "show", "tiny", says="damaged", env=self.env)
        self.assertIn("damaged", self.run_ok("backbone", "list", env=self.env, expect=3).stdout)
        # The others are shown, and the damaged one is named.
        self.ok("backbone", "add", self.tiny("z.onnx"))
        shown = self.run_ok("backbone", "list", env=self.env, expect=3)
        self.assertIn("\nz ", shown.stdout)
        self.assertRegex(" ".join(shown.stdout.split()), r"Warnings .*tiny\.json is damaged: .*remove it \(linnet backbone remove tiny\)")
        lines = self.run_lines("backbone", "list", env=self.env, expect=3)
        self.assertEqual([(line["name"], line.get("error", {}).get("code")) for line in lines], [("z", None), ("tiny", "ECORRUPT")])
        self.ok("backbone", "remove", "z")
        self.ok("backbone", "remove", "tiny")
        self.assertEqual(os.listdir(self.home), [])

    def test_a_folder_that_cannot_be_read(self):
        self.home.write_text("a file, no folder")
        for words in (("list",), ("remove", "tiny")):
            self.fails(2, "backbone", *words, says="home is no folder", env=self.env)
        self.fails(2, "backbone", "add", self.tiny(), says="set LINNET_BACKBONES to a folder", env=self.env)
        self.fails(2, "backbone", "pull", "mobilenet_v2", says="home is no folder", env=self.env)
        self.fails(2, "predict", "--backbone", "tiny", "r.ppm", says="home is no folder", env=self.env)
        # A file needs no folder.
        self.assertEqual(self.ok("backbone", "show", "tiny.onnx")["d"], 3)

    def test_any_file_name(self):
        folder = self.folder / "a@b"
        folder.mkdir()
        path = self.tiny("a@b/mobile net (1).onnx")
        write_ppm(self.folder / "r.ppm", (255, 0, 0))
        self.assertEqual(self.run_lines("predict", "--backbone", path, "r.ppm", env=self.env)[0]["label"], "red")
        self.run_ok("init", "p")
        self.run_ok("-C", "p", "import", "r.ppm")
        for text, feature in ((path, "mobile_net__1_@flat"), (f"{path}@scores", "mobile_net__1_@scores"),
                              (f"{path}@@", None), (f"{self.folder}/a@b/gone.onnx", None)):
            words = ("-C", "p", "extract", "--feature", f"embedding:{text}")
            if feature:
                self.assertEqual(self.ok(*words)["feature"], f"embedding:{feature}")
            else:
                says = "no layer \"@\"" if "@@" in text else f"a@b/gone.onnx\""
                self.assertIn(says, self.run_ok(*words, env=self.env, expect=2 if "@@" in text else 1).stderr)
        self.assertEqual(self.ok("backbone", "add", path)["name"], "mobile_net__1_")

    def serve(self, **files):
        server = Server(files)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return server

    def test_catalogue(self):
        """What can be fetched is listed without asking any network; each has an https address, a hash and a licence."""
        lines = self.run_lines("backbone", "pull", env=self.env)
        self.assertEqual([line["name"] for line in lines], ["mobilenet_v2", "mobilenet_v1_0.25"])
        for line in lines:
            self.assertRegex(line["url"], r"\Ahttps://")
            self.assertRegex(line["sha256"], r"\A[0-9a-f]{64}\Z")
            self.assertTrue(line["licence"] and line["bytes"])
        self.assertIn("mobilenet_v2", self.run_ok("backbone", "pull", env=self.env).stdout)
        self.fails(1, "backbone", "pull", "resnet", says="the catalogue has no \"resnet\"", env=self.env)

    def test_a_wrong_file_is_refused(self):
        name, size = "mobilenet_v1_0.25", 525598
        server = self.serve(wrong=b"x" * size, long=b"x" * (size + 1), short=b"x" * (size - 1))
        for path, says in (("wrong", "its SHA-256 is"), ("long", "longer than the 525598 bytes"), ("short", "shorter"),
                           ("gone", "the server answers 404")):
            self.fails(1, "backbone", "pull", name, "--from", server.url(path), says=says, env=self.env)
            self.assertEqual(os.listdir(self.home), [])
        # What is longer than the file can be is begun anew.
        part = self.home / f".{name}.download.part"
        part.write_bytes(b"x" * (size + 5))
        self.fails(1, "backbone", "pull", name, "--from", server.url("wrong"), says="its SHA-256 is", env=self.env)
        self.assertFalse(part.exists())

    def test_without_a_network(self):
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{closed.getsockname()[1]}/x"
            said = self.fails(1, "backbone", "pull", "mobilenet_v2", "--from", url, "--name", "m", says="could not be reached", env=self.env)
            self.assertIn("linnet backbone add FILE --name m", said["message"])
            self.assertNotIn("is kept", said["message"])
        self.assertEqual(os.listdir(self.home), [])
        for url in ("ftp://127.0.0.1/x", "file:///etc/passwd", "no address"):
            self.fails(2, "backbone", "pull", "mobilenet_v2", "--from", url, env=self.env)
        self.assertEqual(self.run_lines("backbone", env=self.env), [])

    @unittest.skipUnless(DATA, "LINNET_TEST_DATA is not set")
    def test_pull(self):
        name, file = "mobilenet_v1_0.25", "mobilenet_v1_0.25_128_quant.tflite"
        data = (Path(DATA) / "backbones/source" / file).read_bytes()
        server, part = self.serve(net=data), self.home / f".{name}.download.part"
        broken = self.run_ok("backbone", "pull", name, "--from", server.url("cut/net"), expect=1, env=self.env)
        self.assertIn("What came is kept", broken.stderr)
        half = part.stat().st_size
        self.assertTrue(0 < half < len(data))
        part.write_bytes(part.read_bytes()[:1000])
        told = self.ok("backbone", "pull", name, "--from", server.url("net"))
        self.assertEqual(server.asked[-1], ("/net", "bytes=1000-"))
        self.assertEqual((told["name"], told["licence"], told["d"], told["n_classes"], told["sha256"]),
                         (name, "Apache-2.0", 256, 1001, hashlib.sha256(data).hexdigest()))
        self.assertEqual(sorted(os.listdir(self.home)), [f"{name}.json", f"{name}.tflite"])
        n_asked = len(server.asked)
        self.assertIn("kept already", self.run_ok("backbone", "pull", name, "--from", server.url("net"), env=self.env).stdout)
        self.assertEqual(len(server.asked), n_asked)
        # A server that knows of no ranges sends it all again.
        self.ok("backbone", "remove", name)
        part.write_bytes(b"begun of something")
        self.ok("backbone", "pull", name, "--from", server.url("whole/net"))
        # Under another name, though one of that name is damaged.
        (self.home / f"{name}.json").write_text("{")
        self.fails(1, "backbone", "pull", name, says="damaged", env=self.env)
        told = self.ok("backbone", "pull", name, "--name", "small", "--from", server.url("net"))
        self.assertEqual((told["name"], Path(told["file"]).name), ("small", "small.tflite"))
        self.fails(2, "backbone", "pull", name, "--name", "a/b", says="no name", env=self.env)
        self.fails(1, "backbone", "add", self.tiny(), "--name", "small", says="another backbone", env=self.env)
        name = "small"
        bee = Path(DATA) / "hymenoptera/val/bees/10870992_eebeeb3a12.jpg"
        labels = [top["label"] for top in self.run_lines("predict", "--backbone", name, bee, env=self.env)[0]["top"]]
        self.assertIn("bee", labels)

    @unittest.skipUnless(DATA, "LINNET_TEST_DATA is not set")
    def test_bf16(self):
        """Its numbers agree with those in f32, and a model that is learned from them carries the choice."""
        file = Path(DATA) / "backbones/mobilenet_v1_0.25_128.onnx"
        level = self.run_json("doctor")["cpu"]
        added = self.ok("backbone", "add", file, "--name", "half", "--precision", "bf16")
        self.assertEqual(added["precision"], "bf16")
        if level != "amx":
            self.assertIn("AMX", added["warnings"][0])
            self.assertNotIn("agreement", added)
            self.skipTest(f"the level {level} has no products of bf16")
        agreement = added["agreement"]
        self.assertEqual(agreement["pictures"], 8)
        self.assertTrue(0 < agreement["difference"] < 0.1, agreement)
        self.assertGreater(agreement["ms"], 0)
        held = self.run_json("backbone", "add", file, "--name", "half", "--precision", "bf16",
                             env={**self.env, "LINNET_CPU": "avx512"})
        self.assertIn("AMX", held["warnings"][0])
        shown = self.run_ok("backbone", "show", "half", env=self.env).stdout
        self.assertRegex(shown, r"precision +bf16")
        self.fails(1, "backbone", "add", file, "--name", "half", env=self.env, says="another backbone \"half\", of another precision")

    @unittest.skipUnless(DATA, "LINNET_TEST_DATA is not set")
    def test_real_networks(self):
        bee = Path(DATA) / "hymenoptera/val/bees/10870992_eebeeb3a12.jpg"
        for name in ("mobilenet_v1_0.25_128", "mobilenet_v2_1.0_224"):
            added = self.ok("backbone", "add", Path(DATA) / f"backbones/{name}.onnx")
            self.assertEqual((added["n_classes"], added["layer"], added["warnings"]), (1001, "features", []))
            top = self.run_lines("predict", "--backbone", name, bee, env=self.env)[0]["top"]
            self.assertEqual(len(top), 5)
            self.assertIn("bee", [entry["label"] for entry in top])
        # What 245 photos teach a network that nobody has trained on them, judged on the 153 others.
        self.run_ok("init", "p")
        for folder, split in (("train", "train"), ("val", "test")):
            self.run_ok("-C", "p", "import", Path(DATA) / "hymenoptera" / folder, "--split", split, "--quiet")
        self.ok("-C", "p", "train", "--feature", "embedding:mobilenet_v1_0.25_128", "--name", "m")
        self.assertGreaterEqual(self.ok("-C", "p", "evaluate", "m")["accuracy"], 0.82)


if __name__ == "__main__":
    unittest.main()
