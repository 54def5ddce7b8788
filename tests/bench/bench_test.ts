import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs-core";
import { type Kernels, openDevice, referenceKernels } from "@videoms/core";
import type { TorchPython } from "../../bench/compare/find_torch.ts";
import { opCases } from "../../bench/ops/op_cases.ts";
import { evenRoles, formulaPixels } from "../../bench/step/formula.ts";
import { median, table } from "../../bench/report.ts";

/** Runs a module of the benchmarks in a process of its own, which may start a Python. */
async function runModule(
  path: string,
  ...args: string[]
): Promise<{ code: number; text: string }> {
  const rights = ["read", "write", "env", "sys", "ffi", "run"].map((name) => `--allow-${name}`);
  const module = fileURLToPath(new URL(`../../bench/${path}`, import.meta.url));
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "--no-check", ...rights, module, ...args],
    stdin: "null",
  }).output();
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  return { code, text };
}

/** Runs `deno task bench` as a user would. */
const bench = (...args: string[]) => runModule("cli.ts", ...args);

const SMALL = ["--size", "tiny", "--batch", "1", "--image-size", "64", "--steps", "1"];

Deno.test("steps of both kinds are timed, and figures written as JSON", async () => {
  const json = await Deno.makeTempFile({ suffix: ".json" });
  try {
    const { code, text } = await bench("step", ...SMALL, "--backend", "wasm", "--json", json);
    assert.equal(code, 0, text);
    const { machine, rows } = JSON.parse(await Deno.readTextFile(json));
    assert.ok(machine.cores >= 1 && rows.length === 1);
    assert.ok(rows[0]["median ms"] > 0 && rows[0]["GFLOP/s"] > 0);
  } finally {
    await Deno.remove(json);
  }
  const finetune = await bench(
    ...["step", ...SMALL, "--backend", "wasm", "--kind", "finetune"],
    ...["--tokens", "motion-centric,all"],
  );
  assert.equal(finetune.code, 0, finetune.text);
  assert.match(finetune.text, /finetune ViT-tiny, batch 1, motion-centric/);
  assert.match(finetune.text, /finetune ViT-tiny, batch 1, all/);
});

Deno.test("our operations are those of stock tfjs", async () => {
  const { code, text } = await bench("ops", ...SMALL, "--backend", "wasm", "--tokens", "16");
  assert.equal(code, 0, text);
  const differences = [...text.matchAll(/\| (\d[\d.e+-]*) +\|$/gm)].map(([, value]) =>
    Number(value)
  );
  assert.ok(differences.length >= 13, text);
  assert.ok(differences.every((value) => value < 1e-4), text);
});

Deno.test("every kernel has an operation that times it", async () => {
  await openDevice({ backend: "cpu" });
  const unused = new Set<string | symbol>(Object.keys(referenceKernels));
  const watched = new Proxy<Kernels>(referenceKernels, {
    get(kernels, name) {
      unused.delete(name);
      return Reflect.get(kernels, name);
    },
  });
  const before = tf.memory().numTensors;
  const geometry = { frames: 4, imageSize: 16, tubeletSize: 2, patchSize: 4 };
  for (const op of opCases({ geometry, batch: 2, tokens: 5, width: 8, heads: 2 })) {
    const inputs = op.inputs(watched);
    tf.dispose([...op.run(watched, inputs), ...inputs]);
    assert.equal(tf.memory().numTensors, before, op.name);
  }
  assert.deepEqual([...unused], []);
});

/** Compares losses with ours, which fails beyond the tolerance. */
async function compareLosses(against: string): Promise<string> {
  const { code, text } = await bench(
    ...["compare", ...SMALL, "--backend", "wasm", "--against", against, "--tolerance", "1e-4"],
  );
  assert.equal(code, 0, text);
  assert.match(text, /motion-centric \/ tube: /);
  assert.doesNotMatch(text, /failed/);
  return text;
}

Deno.test("stock tfjs has the same losses", async () => {
  await compareLosses("stock");
});

const { text } = await runModule("compare/find_torch.ts");
const torch = JSON.parse(text) as TorchPython | null;

Deno.test({
  name: "PyTorch has the same losses",
  ignore: torch === null,
  fn: async () => {
    const text = await compareLosses("torch,torch-passive");
    assert.ok(text.includes(`torch: ${torch!.version}`), text);
  },
});

Deno.test("bad input is refused by name", async () => {
  assert.match((await bench("step", "--masking", "tubes")).text, /did you mean "tube"/);
  assert.match((await bench("step", "--batch", "0")).text, /--batch must be at least 1, got 0/);
  assert.match((await bench("ops", "--tokens", "9999")).text, /from 1 to 1568, got 9999/);
  assert.match((await bench("compare", "--backend", "cpu")).text, /must be webgpu or wasm/);
  assert.match(
    (await bench("compare", "--python", "no-such-python")).text,
    /must import torch .*"no-such-python"/,
  );
  assert.match((await bench("stpe")).text, /there is no such command.*step/);
});

Deno.test("made-up input is the same everywhere", () => {
  assert.deepEqual([...evenRoles(2, 5)], [1, 1, 0, 1, 0]);
  const pixels = formulaPixels(2, 2, 4);
  assert.deepEqual([...pixels.subarray(48, 52)], [...pixels.subarray(12, 16)], "moved by 12 bytes");
  assert.notDeepEqual(pixels.subarray(0, 48), pixels.subarray(96, 144));
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(table([{ a: 1, b: "x" }]).split("\n").length, 3);
});
