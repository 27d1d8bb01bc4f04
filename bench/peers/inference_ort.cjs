// onnxruntime-node beside bench/inference.c: the same command line, the same numbers in, the same JSON out.
//
//   node inference_ort.cjs MODULES FILE BATCH SIDE THREADS RUNS OUT     MODULES: the folder that npm installed it in
const { createRequire } = require("module");
const fs = require("fs");
const path = require("path");

const [modules, file, batch, side, threads, runs, out] = process.argv.slice(2);
const load = createRequire(path.join(path.resolve(modules), "package.json"));
const ort = load("onnxruntime-node");
const version = load("onnxruntime-node/package.json").version;

function median(values) {
  const v = [...values].sort((a, b) => a - b);
  return v.length % 2 ? v[(v.length - 1) / 2] : (v[v.length / 2 - 1] + v[v.length / 2]) / 2;
}

async function main() {
  const bare = process.resourceUsage().maxRSS / 1024;
  const session = await ort.InferenceSession.create(file, {
    intraOpNumThreads: +threads, interOpNumThreads: 1, executionMode: "sequential", logSeverityLevel: 3,
    extra: { session: { intra_op: { allow_spinning: "0" } } },
  });
  const n = batch * 3 * side * side;
  const data = new Float32Array(n).map((_, i) => ((i * 7 + Math.floor(i / 1009)) % 256 - 128) / 128);
  const feeds = { [session.inputNames[0]]: new ort.Tensor("float32", data, [+batch, 3, +side, +side]) };
  const cpu = [], wall = [];
  let result = await session.run(feeds); // touches its memory
  for (let i = 0; i < +runs; i++) {
    const c = process.cpuUsage(), w = process.hrtime.bigint();
    result = await session.run(feeds);
    const used = process.cpuUsage(c);
    wall.push(Number(process.hrtime.bigint() - w) / 1e9);
    cpu.push((used.user + used.system) / 1e6);
  }
  const y = result[session.outputNames[0]].data;
  fs.writeFileSync(out, Buffer.from(y.buffer, y.byteOffset, y.byteLength));
  console.log(JSON.stringify({ cpu: median(cpu), wall: median(wall), peak_mb: process.resourceUsage().maxRSS / 1024, bare_mb: bare, version }));
}

main().catch((error) => { console.error(error); process.exit(1); });
