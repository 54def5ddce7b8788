import assert from "node:assert/strict";
import { findAdapters, type MatrixConfig, openDevice } from "@videoms/core";
import { chooseAdapter, chooseDawnAdapter } from "../../core/device/find_adapter.ts";
import { MATRIX_FEATURES, matrixUnitsOf } from "../../core/webgpu/matrix/matrix_unit.ts";

const NAMES = ["NVIDIA GeForce RTX 4090", "Intel(R) UHD Graphics 770", "NVIDIA T400"];

Deno.test("an adapter is chosen by its number or a part of its name", () => {
  assert.equal(chooseAdapter(NAMES, undefined), 0);
  assert.equal(chooseAdapter(NAMES, "2"), 2);
  assert.equal(chooseAdapter(NAMES, "4090"), 0);
  assert.equal(chooseAdapter(NAMES, "intel"), 1);
});

Deno.test("processes of a host take its GPUs in turns, software renderers last, and equal ones not twice", () => {
  const names = ["llvmpipe (LLVM 19)", "NVIDIA T400", "SwiftShader Device", "AMD Radeon Pro W7900"];
  const taken = [0, 1, 2].map((turn) => chooseDawnAdapter(names, { turn }));
  assert.deepEqual(taken, [1, 3, 1]);
  assert.equal(chooseDawnAdapter(["llvmpipe (LLVM 19)"], { turn: 3 }), 0);
  const equal = ["NVIDIA H100", "NVIDIA H100"];
  assert.equal(chooseDawnAdapter(equal, {}), 0);
  assert.equal(chooseDawnAdapter(equal, { adapter: "0", turn: 1 }), 0);
  for (const choice of [{ turn: 1 }, { adapter: "1" }]) {
    assert.throws(
      () => chooseDawnAdapter(equal, choice),
      /another name than those before it, .*, got 2 of "NVIDIA H100"; let each process see one/,
    );
  }
});

Deno.test("an adapter that fits none or several is refused with a list of all", () => {
  const listed =
    'one of 0 "NVIDIA GeForce RTX 4090", 1 "Intel(R) UHD Graphics 770", 2 "NVIDIA T400"';
  const message = (wanted: string, fits: string) =>
    "Cannot run on webgpu: the adapter must be the number or a part of the name of " +
    `${listed}, got "${wanted}", which fits ${fits}`;
  assert.throws(() => chooseAdapter(NAMES, "nvidia"), { message: message("nvidia", "several") });
  assert.throws(() => chooseAdapter(NAMES, "3"), { message: message("3", "none") });
  assert.throws(() => chooseAdapter([], "x"), /name of one of none, got "x"/);
});

Deno.test({
  name: "a binding of Dawn that cannot be loaded is one sentence that says what to do",
  permissions: { read: true, ffi: false },
  fn: async () => {
    await assert.rejects(
      findAdapters("dawn"),
      /^Error: Cannot run on Dawn: npm package webgpu 0\.6\.2 must be installed and loadable, got: [^\n]+; (allow it with --allow-ffi|run `deno task dawn` in a checkout of VideoMS, `deno add npm:webgpu@0\.6\.2` elsewhere)$/,
    );
  },
});

Deno.test({
  name: "all adapters are listed, and each opens by its number",
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const adapters = await findAdapters();
    assert.equal(new Set(adapters.map(({ name }) => name)).size, adapters.length);
    for (const [i, { name, gpu }] of adapters.entries()) {
      await using device = await openDevice({ backend: "webgpu", adapter: `${i}` });
      assert.equal(device.adapter!.name, name);
      assert.equal(gpu, "deno");
    }
    await assert.rejects(
      openDevice({ backend: "webgpu", adapter: "no such GPU" }),
      /Cannot run on/,
    );
    // @ts-expect-error: what a program without types may ask for
    await assert.rejects(openDevice({ gpu: "cuda" }), /Cannot run on the WebGPU "cuda"/);
  },
});

/** The facts about a device with subgroups of at most 32 threads that decide on matrix units. */
function subgroupDevice(features: readonly string[], subgroupMinSize: number): GPUDevice {
  const adapterInfo = { subgroupMinSize, subgroupMaxSize: 32 };
  return { features: new Set(features), adapterInfo } as unknown as GPUDevice;
}

Deno.test("matrix units that sum half-precision products in float32 are used, the largest first", () => {
  const matrixConfigs: MatrixConfig[] = [
    { m: 16, n: 8, k: 8, component: "f16", result: "f32" },
    { m: 16, n: 16, k: 16, component: "f16", result: "f32" },
    { m: 16, n: 16, k: 16, component: "f16", result: "f16" },
    { m: 32, n: 32, k: 32, component: "i8", result: "i32" },
  ];
  const unitsOf = (features: readonly string[], minSize: number) =>
    matrixUnitsOf(subgroupDevice(features, minSize), { matrixConfigs });
  assert.deepEqual(unitsOf(MATRIX_FEATURES, 32), [
    { m: 16, n: 16, k: 16, subgroupSize: 32 },
    { m: 16, n: 8, k: 8, subgroupSize: 32 },
  ]);
  assert.deepEqual(unitsOf(MATRIX_FEATURES, 8), []);
  assert.deepEqual(unitsOf(["shader-f16", "subgroups"], 32), []);
});
