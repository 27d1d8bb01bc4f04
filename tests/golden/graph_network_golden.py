#!/usr/bin/env python3
"""Makes tests/golden/graph_network_golden.h: what onnxruntime gives for the networks of bench/networks.c.

  npm install --ignore-scripts --prefix DIR onnxruntime-node@1.30.0
  tests/golden/graph_network_golden.py BUILD/bench/bench_make_network DIR > tests/golden/graph_network_golden.h
"""
import array
import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NETWORKS = ["resnet18", "resnet50", "mobilenet_v2", "mobilenet_v3_large", "efficientnet_b0", "convnext_tiny", "vit_b_16"]
CLASSES = 8
SIZES = [("small", 64, 2), ("full", 224, 1)]  # size, side of the input, samples


def main():
    program, modules = sys.argv[1:3]
    rows, version = [], None
    with tempfile.TemporaryDirectory() as folder:
        file, out = Path(folder) / "network.onnx", Path(folder) / "out.f32"
        for size, side, batch in SIZES:
            for name in NETWORKS:
                subprocess.run([program, name, str(side), str(CLASSES), size, file], check=True)
                peer = ["node", ROOT / "bench/peers/inference_ort.cjs", modules, file, str(batch), str(side), "1", "1", out]
                version = json.loads(subprocess.run(peer, check=True, capture_output=True, text=True).stdout)["version"]
                values = array.array("f", out.read_bytes())
                assert len(values) == CLASSES * batch, len(values)
                numbers = ", ".join(f"{v:.6f}f" for v in values)
                rows.append(f"    {{\"{name}\", {'true' if size == 'small' else 'false'}, {side}, {batch}, {{{numbers}}}}},")
    print(f"""/* Outputs of the networks of bench/networks.c, by onnxruntime-node {version}; made by graph_network_golden.py. */
#ifndef LNTI_TESTS_GRAPH_NETWORK_GOLDEN_H
#define LNTI_TESTS_GRAPH_NETWORK_GOLDEN_H

#include <stdbool.h>
#include <stddef.h>

enum {{ GOLDEN_CLASSES = {CLASSES}, GOLDEN_BATCH_MAX = {max(batch for _, _, batch in SIZES)} }};

static const struct {{
  const char *name;
  bool small;
  size_t side, batch;
  float output[GOLDEN_BATCH_MAX * GOLDEN_CLASSES];
}} network_golden[] = {{""")
    print("\n".join(rows))
    print("};\n\n#endif")


main()
