import "./use_dawn.ts";
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import {
  activeKernels,
  findAdapters,
  gemmTuning,
  openDevice,
  referenceKernels,
} from "@videoms/core";
import { isSkipped, openTestGpu } from "../backends.ts";
import "../core/device_test.ts";

/** The instance of Dawn stays, and what compiled kernels. */
const LASTING = { sanitizeOps: false, sanitizeResources: false };

const ignore = isSkipped("webgpu");

/** Multiplies matrices by the current kernels, and reads a value back. */
async function product(): Promise<number> {
  const result = tf.tidy(() => {
    const x = tf.fill<tf.Rank.R2>([8, 8], 0.5);
    return activeKernels().linear(x, x, null);
  });
  const [value] = await result.data();
  result.dispose();
  return value;
}

Deno.test({
  name: "a device that is opened and closed again and again leaves nothing behind [dawn]",
  ignore,
  ...LASTING,
  fn: async () => {
    for (let i = 0; i < 3; i++) {
      await using device = await openDevice({ backend: "webgpu", gpu: "dawn" });
      assert.equal(await product(), 2);
      device.check();
      const { queue } = device;
      await device[Symbol.asyncDispose]();
      assert.equal((await queue!.device.lost).reason, "destroyed");
      assert.equal(queue!.counts().usedBytes, 0);
      assert.equal(activeKernels(), referenceKernels);
    }
  },
});

/** What this process, native code of it too, writes to standard error while work is done; Linux only. */
async function writtenErrors(
  work: (write: (text: string) => void) => Promise<void>,
): Promise<string> {
  const file = await Deno.makeTempFile();
  const library = Deno.dlopen("libc.so.6", {
    creat: { parameters: ["buffer", "i32"], result: "i32" },
    dup: { parameters: ["i32"], result: "i32" },
    dup2: { parameters: ["i32", "i32"], result: "i32" },
    close: { parameters: ["i32"], result: "i32" },
    write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  });
  const system = library.symbols;
  const stderr = system.dup(2);
  const place = system.creat(new TextEncoder().encode(`${file}\0`), 0o600);
  system.dup2(place, 2);
  try {
    await work((text) => void system.write(2, new TextEncoder().encode(text), BigInt(text.length)));
    return await Deno.readTextFile(file);
  } finally {
    system.dup2(stderr, 2);
    [stderr, place].forEach(system.close);
    library.close();
    await Deno.remove(file);
  }
}

Deno.test({
  name: "Dawn's warnings of adapters are kept from standard error, and nothing else is [dawn]",
  ignore: ignore || Deno.build.os !== "linux",
  ...LASTING,
  fn: async () => {
    const written = await writtenErrors(async (write) => {
      write("before, ");
      assert.ok((await findAdapters("dawn")).length > 0);
      write("after");
    });
    assert.equal(written, "before, after");
  },
});

Deno.test({
  name: "a device is not shared with another WebGPU, and says which it is [dawn]",
  ignore,
  ...LASTING,
  fn: async () => {
    await using device = await openDevice({ backend: "webgpu", gpu: "dawn" });
    assert.match(device.description, /^webgpu: .+ by Dawn/);
    await assert.rejects(
      openDevice({ backend: "webgpu" }),
      /must be opened with .*WebGPU by Dawn, got/,
    );
    assert.deepEqual(Object.keys(gemmTuning(device.queue!).save().adapters), [
      `${device.adapter!.name} (Dawn)`,
    ]);
  },
});

Deno.test({
  name: "an adapter is opened by its number, its name and a part of it [dawn]",
  ignore,
  ...LASTING,
  fn: async () => {
    const [first] = await findAdapters("dawn");
    for (const adapter of ["0", first.name, first.name.slice(0, 6).toUpperCase()]) {
      await using device = await openDevice({ backend: "webgpu", gpu: "dawn", adapter });
      assert.equal(device.adapter!.name, first.name);
      assert.ok(device.adapter!.features.includes("subgroups"));
    }
    const none = openDevice({ backend: "webgpu", gpu: "dawn", adapter: "no such GPU" });
    await assert.rejects(none, /one of 0 ".+", got "no such GPU", which fits none/);
  },
});

Deno.test({
  name: "values of half precision are uploaded as bytes [dawn]",
  ignore,
  ...LASTING,
  fn: async () => {
    await using device = await openDevice({ backend: "webgpu", gpu: "dawn" });
    const { memory } = device.queue!;
    const reserved = memory.reserve(2);
    const halves = new Float16Array([1, 2, 3, 4]);
    memory.write(memory.rangeOf(reserved), halves as unknown as Float32Array<ArrayBuffer>);
    const read = await memory.read(memory.rangeOf(reserved));
    assert.deepEqual([...new Float16Array(read.buffer)], [...halves]);
    memory.release(reserved);
  },
});

Deno.test({
  name:
    "a stock product reads nothing beyond its operands, although indices are not clamped [dawn]",
  ignore,
  ...LASTING,
  fn: async () => {
    await using device = await openDevice({ backend: "webgpu", gpu: "dawn" });
    const { memory } = device.queue!;
    const reserved = memory.reserve(64 * 64);
    const { buffer } = memory.rangeOf(reserved);
    memory.write(memory.rangeOf(reserved), new Float32Array(64 * 64).fill(NaN));
    for (const [transposeA, transposeB] of [[false, false], [true, false], [false, true]]) {
      for (const [m, n, k] of [[8, 64, 1], [32, 64, 1], [64, 32, 2], [64, 64, 1], [3, 16, 4]]) {
        const a = tf.ones<tf.Rank.R2>(transposeA ? [k, m] : [m, k]);
        const b = tf.ones<tf.Rank.R2>(transposeB ? [n, k] : [k, n]);
        memory.place(b, { buffer, offset: 0, size: 4 * n * k }); // NaN follows
        const product = tf.matMul(a, b, transposeA, transposeB);
        assert.deepEqual(new Set(await product.data()), new Set([k]), `${m}x${n}x${k}`);
        tf.dispose([a, b, product]);
        memory.write({ buffer, offset: 0, size: 4 * n * k }, new Float32Array(n * k).fill(NaN));
      }
    }
    memory.release(reserved);
  },
});

Deno.test({
  name: "waiting for the GPU leaves the core to others, and their calls as they were [dawn]",
  ignore,
  ...LASTING,
  fn: async () => {
    await using device = await openDevice({ backend: "webgpu", gpu: "dawn" });
    const scope = globalThis as unknown as { setImmediate: (...args: unknown[]) => unknown };
    const { setImmediate } = scope;
    let looks = 0;
    scope.setImmediate = (...args) => {
      looks++;
      return setImmediate(...args);
    };
    const start = performance.now();
    try {
      for (let i = 0; i < 20; i++) assert.equal(await product(), 2);
    } finally {
      scope.setImmediate = setImmediate;
    }
    const milliseconds = performance.now() - start;
    assert.ok(looks > 0 && looks <= milliseconds + 20, `${looks} looks in ${milliseconds} ms`);
    const order: string[] = [];
    await new Promise<void>((resolve) => {
      setTimeout(() => resolve(void order.push("later")), 20);
      setImmediate(order.push.bind(order), "bound");
    });
    assert.deepEqual(order, ["bound", "later"]);
    device.check();
  },
});

Deno.test({
  name: "tests find a kernel that reads workgroup memory before it is written [dawn]",
  ignore,
  ...LASTING,
  fn: async () => {
    using device = await openTestGpu();
    const y = device.queue.tensor<tf.Tensor1D>([2]);
    device.queue.run(
      {
        key: "unwritten",
        bindings: [{ name: "y", element: "f32", access: "write" }],
        uniforms: [],
        body: () => `
var<workgroup> rows: array<array<vec4<f32>, 3>, 2>;
var<workgroup> count: atomic<u32>;
@compute @workgroup_size(1)
fn main(@builtin(workgroup_id) group: vec3<u32>) {
  y[0] = rows[1][group.x + 2u].w;
  y[1] = f32(atomicLoad(&count) == 0u);
}`,
      },
      [y],
      [],
      [1, 1, 1],
    );
    assert.deepEqual([...await y.data()], [NaN, 0]);
    y.dispose();
  },
});
