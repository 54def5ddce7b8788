import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import * as tf from "@tensorflow/tfjs-core";
import { openDevice } from "@videoms/core";
import { openWasmEngine, type WasmEngine } from "../../core/cpu/wasm_engine.ts";
import { canShareMemory } from "../../core/cpu/shared_memory.ts";
import { LARGE_CASES, normals } from "./cpu_cases.ts";

const OPEN = { sanitizeResources: false, sanitizeOps: false }; // the engine stays open

/** The bits of what each tensor of a run holds. */
function bitsOf(run: () => tf.Tensor[]): Buffer[] {
  const results: Buffer[] = [];
  tf.tidy(() => {
    for (const tensor of run()) results.push(Buffer.from(tensor.dataSync().buffer as ArrayBuffer));
  });
  return results;
}

/** The same engine with one, two and three threads. */
async function enginesOf(blas: "auto" | "none"): Promise<WasmEngine[]> {
  const engines: WasmEngine[] = [];
  for (const threads of [1, 2, 3]) engines.push(await openWasmEngine({ blas, threads }));
  return engines;
}

for (const blas of ["auto", "none"] as const) {
  Deno.test({
    ...OPEN,
    name: `cpu engine: the number of threads does not show in any bit [blas: ${blas}]`,
    fn: async () => {
      const [one, ...others] = await enginesOf(blas);
      for (const { name, run } of LARGE_CASES) {
        const expected = bitsOf(() => run(one.kernels));
        for (const engine of others) {
          bitsOf(() => run(engine.kernels)).forEach((bits, i) =>
            assert.ok(
              bits.equals(expected[i]),
              `${name}: result ${i} differs with ${engine.threads} threads`,
            )
          );
        }
      }
    },
  });

  Deno.test({
    ...OPEN,
    name: `cpu engine: nor in optimiser steps [blas: ${blas}]`,
    fn: async () => {
      const size = 100_003;
      const runs = (await enginesOf(blas)).map((engine) => {
        const parameter = tf.variable(normals<tf.Tensor1D>("p", size));
        const gradient = normals<tf.Tensor1D>("g", size);
        const moments = engine.createMoments(size);
        const change = { weightDecay: 0.05, betas: [0.9, 0.95] as const, epsilon: 1e-8 };
        for (let step = 1; step <= 2; step++) {
          const gradientScale = 1 / Math.sqrt(engine.sumOfSquares(gradient));
          engine.adamw(parameter, gradient, moments, {
            ...change,
            learningRate: 0.01,
            step,
            gradientScale,
          });
        }
        const values = [parameter.dataSync(), ...Object.values(moments).map((m) => m.slice())];
        tf.dispose([parameter, gradient]);
        engine.freeMoments(moments);
        return values;
      });
      for (const run of runs) assert.deepEqual(run, runs[0]);
    },
  });
}

Deno.test({
  ...OPEN,
  name: "cpu engine: says how many threads it has",
  fn: async () => {
    for (const threads of [1, 2]) {
      await using device = await openDevice({ backend: "wasm", threads });
      const is = threads === 1 || !canShareMemory() ? /, 1 thread$/ : /, 2 threads$/;
      assert.match(device.description, is);
    }
    await assert.rejects(openWasmEngine({ threads: 0 }), /threads must be at least 1, got 0/);
  },
});

Deno.test({
  ...OPEN,
  name: "cpu engine: moments on the heap are given back",
  fn: async () => {
    const engine = await openWasmEngine();
    const size = engine.heapBytes() / 4;
    engine.freeMoments(engine.createMoments(size));
    const bytes = engine.heapBytes();
    for (let i = 0; i < 3; i++) engine.freeMoments(engine.createMoments(size));
    assert.equal(engine.heapBytes(), bytes);
  },
});

Deno.test("cpu engine: threads keep no program from ending", async () => {
  const source = `import { openDevice } from "@videoms/core";
    await openDevice({ backend: "wasm", threads: 2 });`;
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const permissions = ["read", "env", "sys", "ffi"].map((name) => `--allow-${name}`);
  try {
    await Deno.writeTextFile(file, source);
    const { code } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-check", "--config", config, ...permissions, file],
      signal: AbortSignal.timeout(30_000),
    }).output();
    assert.equal(code, 0);
  } finally {
    await Deno.remove(file);
  }
});
