#!/usr/bin/env python3
"""Makes tests/graph/own/node: tests of operators, laid out as ONNX' own, for what that set has none of; results are onnxruntime's.

  npm install --ignore-scripts --prefix DIR onnxruntime-node@1.30.0
  tests/golden/graph_operator_golden.py DIR
"""
import array
import json
import random
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

OUT = Path(__file__).resolve().parents[1] / "graph" / "own" / "node"
TYPES = {"f32": (1, "f"), "u8": (2, "B"), "i8": (3, "b"), "i32": (6, "i"), "i64": (7, "q")}
ORT = {"float32": "f32", "uint8": "u8", "int8": "i8", "int32": "i32", "int64": "i64"}
RUN = """
const [modules, file, given] = process.argv.slice(1);
const ort = require("module").createRequire(require("path").resolve(modules, "package.json"))("onnxruntime-node");
const kinds = {float32: Float32Array, uint8: Uint8Array, int8: Int8Array, int32: Int32Array, int64: BigInt64Array};
(async () => {
  const session = await ort.InferenceSession.create(file, {logSeverityLevel: 3, graphOptimizationLevel: "disabled"});
  const feeds = {};
  for (const t of JSON.parse(given)) feeds[t.name] = new ort.Tensor(t.type, kinds[t.type].from(t.values, t.type === "int64" ? BigInt : Number), t.dims);
  const made = await session.run(feeds);
  console.log(JSON.stringify(session.outputNames.map((name) => ({type: made[name].type, dims: made[name].dims,
    values: Array.from(made[name].data, (v) => typeof v === "bigint" ? String(v) : v)}))));
})();
"""


# ---- protocol buffers ----

def varint(n):
    n &= (1 << 64) - 1
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    return bytes(out + bytes([n]))


def number(field, n):
    return varint(field << 3) + varint(n)


def text(field, data):
    data = data.encode() if isinstance(data, str) else data
    return varint(field << 3 | 2) + varint(len(data)) + data


def tensor(name, kind, dims, values):
    code, letter = TYPES[kind]
    return (b"".join(number(1, d) for d in dims) + number(2, code) + text(8, name) + text(9, array.array(letter, values).tobytes()))


def attribute(name, value):
    if isinstance(value, float):
        return text(1, name) + varint(2 << 3 | 5) + struct.pack("<f", value) + number(20, 1)
    if isinstance(value, str):
        return text(1, name) + text(4, value) + number(20, 3)
    if isinstance(value, list):
        return text(1, name) + b"".join(number(8, v) for v in value) + number(20, 7)
    return text(1, name) + number(3, value) + number(20, 2)


def described(name, kind, dims):
    shape = b"".join(text(1, number(1, d)) for d in dims or [])
    return text(1, name) + text(2, text(1, number(1, TYPES[kind][0]) + (text(2, shape) if dims is not None else b"")))


# ---- cases ----

def reals(seed, *dims):
    draw, n = random.Random(seed), 1
    for d in dims:
        n *= d
    return ("f32", list(dims), [struct.unpack("f", struct.pack("f", draw.uniform(-3, 3)))[0] for _ in range(n)])


def bytes_of(seed, kind, *dims):
    draw, n = random.Random(seed), 1
    for d in dims:
        n *= d
    return (kind, list(dims), [draw.randrange(256) - (128 if kind == "i8" else 0) for _ in range(n)])


def one(kind, value):
    return (kind, [], [value])


def scaled(seed, scale, zero, kind, *dims):
    """A quantised tensor, its scale and zero point."""
    return [bytes_of(seed, kind, *dims), one("f32", scale), one(kind, zero)]


def cases():
    """Name, operator, domain, operator set, inputs (of which the first ones are given, the rest constant), attributes, outputs."""
    x = scaled(1, 0.03, 120, "u8", 1, 3, 5, 4)
    y = [one("f32", 0.05), one("u8", 131)]
    made = [("u8", 1)]
    ms = "com.microsoft"
    yield "einsum_heads", "Einsum", "", 12, [reals(1, 2, 3, 4, 5), reals(2, 2, 3, 6, 5)], {"equation": "bhid,bhjd->bhij"}, [("f32", 1)]
    yield "einsum_implicit", "Einsum", "", 12, [reals(1, 3, 4), reals(2, 4, 2)], {"equation": "b A , Ac"}, [("f32", 1)]
    yield "einsum_ellipsis", "Einsum", "", 12, [reals(1, 2, 5, 3, 4), reals(2, 2, 5, 4, 2)], {"equation": "...ij,...jk->i...k"}, [("f32", 1)]
    yield "einsum_diagonal", "Einsum", "", 12, [reals(1, 4, 3, 4)], {"equation": "iji->ji"}, [("f32", 1)]
    yield "einsum_three", "Einsum", "", 12, [reals(1, 3), reals(2, 3, 4), reals(3, 4)], {"equation": "i,ij,j->"}, [("f32", 1)]
    yield ("groupnormalization_groups", "GroupNormalization", "", 18, [reals(1, 2, 6, 3, 2), reals(2, 3), reals(3, 3)],
           {"num_groups": 3, "epsilon": 0.01}, [("f32", 1)])
    yield ("groupnormalization_channels", "GroupNormalization", "", 21, [reals(1, 2, 6, 3, 2), reals(2, 6), reals(3, 6)],
           {"num_groups": 2}, [("f32", 1)])
    yield "lpnormalization_last", "LpNormalization", "", 17, [reals(1, 3, 4)], {}, [("f32", 1)]
    yield "lpnormalization_1", "LpNormalization", "", 17, [reals(1, 2, 3, 4)], {"axis": 1, "p": 1}, [("f32", 1)]
    yield "topk_axis", "TopK", "", 11, [reals(1, 3, 5, 2), ("i64", [1], [3])], {"axis": 1, "largest": 0}, [("f32", 1), ("i64", 1)]
    whole = ("i64", [2, 4], [2**62 + 1, 2**62, 2**62 + 2, -2**62 - 1, -7, -2**62 - 1, 2**53 + 1, 2**53])  # not all are doubles
    yield "topk_i64", "TopK", "", 11, [whole, ("i64", [1], [3])], {"axis": 1}, [("i64", 1), ("i64", 1)]
    yield "argmin_i64", "ArgMin", "", 13, [whole], {"axis": 0, "keepdims": 0}, [("i64", 1)]
    yield "qlinearadd", "QLinearAdd", ms, 1, x + scaled(2, 0.02, 99, "u8", 3, 1, 4) + y, {}, made
    yield "qlinearadd_i8", "QLinearAdd", ms, 1, scaled(1, 0.03, -5, "i8", 7) + scaled(2, 0.02, 9, "i8", 7) + [one("f32", 0.05), one("i8", 3)], {}, [("i8", 1)]
    yield "qlinearmul", "QLinearMul", ms, 1, x + scaled(2, 0.02, 99, "u8", 1, 3, 1, 1) + y, {}, made
    yield "qlinearsigmoid", "QLinearSigmoid", ms, 1, x + [one("f32", 1 / 256), one("u8", 0)], {}, made
    yield "qlinearleakyrelu", "QLinearLeakyRelu", ms, 1, x + y, {"alpha": 0.2}, made
    yield "qlinearsoftmax", "QLinearSoftmax", ms, 1, scaled(1, 0.03, 120, "u8", 2, 7) + [one("f32", 1 / 256), one("u8", 0)], {"axis": -1, "opset": 13}, made
    yield "qlinearglobalaveragepool", "QLinearGlobalAveragePool", ms, 1, x + [one("f32", 0.011), one("u8", 131)], {"channels_last": 0}, made
    yield ("qlinearaveragepool", "QLinearAveragePool", ms, 1, x + [one("f32", 0.0471), one("u8", 131)],
           {"kernel_shape": [3, 2], "strides": [2, 1], "pads": [1, 0, 1, 1], "count_include_pad": 0}, made)
    yield ("qlinearconcat", "QLinearConcat", ms, 1, y + scaled(1, 0.03, 120, "u8", 2, 3, 2) + scaled(2, 0.08, 7, "u8", 2, 1, 2),
           {"axis": 1}, made)
    gemm = scaled(1, 0.03, 120, "u8", 2, 5) + [bytes_of(2, "i8", 4, 5), ("f32", [4], [0.02, 0.01, 0.03, 0.04]), ("i8", [4], [0, 3, -7, 1])]
    bias = [("i32", [4], [100, -250, 3000, 7])]
    yield "qgemm", "QGemm", ms, 1, gemm + bias + [one("f32", 0.2), one("u8", 100)], {"transB": 1}, made
    yield "qgemm_real", "QGemm", ms, 1, gemm + bias, {"transB": 1}, [("f32", 1)]


def model_of(op, domain, version, inputs, attributes, outputs):
    names = [f"x{k}" for k in range(len(inputs))]
    made = [f"y{k}" for k in range(len(outputs))]
    node = b"".join(text(1, n) for n in names) + b"".join(text(2, n) for n in made) + text(4, op) + text(7, domain)
    node += b"".join(text(5, attribute(k, v)) for k, v in attributes.items())
    given = [k for k, (kind, dims, _) in enumerate(inputs) if len(dims) >= 1 and not (op == "TopK" and k == 1)]
    graph = text(1, node) + text(2, "own")
    for k, (kind, dims, values) in enumerate(inputs):
        graph += text(11, described(names[k], kind, dims)) if k in given else text(5, tensor(names[k], kind, dims, values))
    graph += b"".join(text(12, described(n, kind, None)) for n, (kind, _) in zip(made, outputs))
    model = number(1, 8) + text(7, graph) + text(8, number(2, version if not domain else 17))
    return model + (text(8, text(1, domain) + number(2, version)) if domain else b""), given


def main():
    shutil.rmtree(OUT, ignore_errors=True)
    back = {v: k for k, v in ORT.items()}
    for name, op, domain, version, inputs, attributes, outputs in cases():
        model, given = model_of(op, domain, version, inputs, attributes, outputs)
        folder = OUT / f"test_{name}" / "test_data_set_0"
        folder.mkdir(parents=True)
        (folder.parent / "model.onnx").write_bytes(model)
        feeds = [{"name": f"x{k}", "type": back[inputs[k][0]], "dims": inputs[k][1], "values": [str(v) if inputs[k][0] == "i64" else v for v in inputs[k][2]]} for k in given]
        run = subprocess.run(["node", "-e", RUN, sys.argv[1], folder.parent / "model.onnx", json.dumps(feeds)], capture_output=True, text=True)
        if run.returncode:
            sys.exit(f"{name}: {run.stderr[-800:]}")
        for i, k in enumerate(given):
            (folder / f"input_{i}.pb").write_bytes(tensor(f"x{k}", *inputs[k]))
        for i, made in enumerate(json.loads(run.stdout)):
            (folder / f"output_{i}.pb").write_bytes(tensor(f"y{i}", ORT[made["type"]], made["dims"], [int(v) if made["type"] != "float32" else v for v in made["values"]]))


main()
