"""Tiny networks as ONNX files, written by hand: a picture's mean of each channel is its embedding."""
import json
import struct


def varint(value):
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def number(field, value):
    return varint(field << 3) + varint(value)


def text(field, value):
    data = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(data)) + data


def node(op, inputs, outputs):
    return text(1, b"".join(text(1, name) for name in inputs) + b"".join(text(2, name) for name in outputs) + text(4, op))


def picture_input(name, side):
    dims = [text(1, text(2, "n")), text(1, number(1, 3)), text(1, number(1, side)), text(1, number(1, side))]
    return text(11, text(1, name) + text(2, text(1, number(1, 1) + text(2, b"".join(dims)))))


def weights(name, rows):
    dims = number(1, len(rows)) + number(1, len(rows[0]))
    raw = b"".join(struct.pack("<f", value) for row in rows for value in row)
    return text(5, dims + number(2, 1) + text(8, name) + text(9, raw))


def write(path, side=4, rows=((4, -4), (0, 0), (-4, 4)), pooled="pooled", tanhs=0, **metadata):
    """x → as many tanh as are asked for, to take time → mean of each channel (`pooled`, "flat") → product with `rows` ("scores") → softmax. Metadata that are no text become JSON."""
    steps = ["x"] + [f"t{i}" for i in range(tanhs)]
    graph = (picture_input("x", side) + text(12, text(1, "y"))
             + b"".join(node("Tanh", [a], [b]) for a, b in zip(steps, steps[1:]))
             + node("GlobalAveragePool", [steps[-1]], [pooled])
             + node("Flatten", [pooled], ["flat"]) + node("Gemm", ["flat", "w"], ["scores"])
             + node("Softmax", ["scores"], ["y"]) + weights("w", rows))
    model = number(1, 8) + text(8, number(2, 17)) + text(7, graph)
    for key, value in metadata.items():
        model += text(14, text(1, key) + text(2, value if isinstance(value, str) else json.dumps(value)))
    path.write_bytes(model)
    return path
