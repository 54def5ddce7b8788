import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import type { MatrixUnit } from "@videoms/core";
import { openWebGpuDevice, type WebGpuDevice } from "../../core/device/webgpu_device.ts";
import { matrixTiles, stripOf, usualMatrixTile } from "../../core/webgpu/gemm/matrix_tile.ts";
import { threadsOf } from "../../core/webgpu/gemm/gemm_tile.ts";
import { isHalfSkipped } from "../backends.ts";
import { checkProduct, PRODUCTS, type TestProduct } from "./matrix_products.ts";
import { withEmulatedUnit } from "./emulated_matrices.ts";

/** Units of NVIDIA's GPUs, which no test machine has. */
const SQUARE: MatrixUnit = { m: 16, n: 16, k: 16, subgroupSize: 32 };
const NARROW: MatrixUnit = { m: 16, n: 8, k: 16, subgroupSize: 32 };

/** Limits that WebGPU guarantees, and those of a large GPU. */
const PORTABLE = {
  maxComputeWorkgroupStorageSize: 16384,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupSizeX: 256,
};
const AMPLE = { ...PORTABLE, maxComputeWorkgroupStorageSize: 32768 };

let opened: Promise<WebGpuDevice> | undefined;

function emulatedTest(name: string, unit: MatrixUnit, products: readonly TestProduct[]): void {
  Deno.test({
    name: `matrix units: ${name}, emulated, match float64`,
    ignore: isHalfSkipped,
    sanitizeOps: false, // the device stays open from test to test
    sanitizeResources: false,
    fn: async () => {
      const { queue, failure } = await (opened ??= openWebGpuDevice());
      const before = tf.memory().numTensors;
      await withEmulatedUnit(queue, unit, async () => {
        const tiles = matrixTiles([unit], AMPLE);
        for (const product of products) await checkProduct(queue, tiles.at(-1)!, product);
        const ahead = tiles.findLast(({ prefetch }) => prefetch)!;
        await checkProduct(queue, ahead, products[0]);
      });
      const error = failure();
      if (error) throw error;
      assert.equal(tf.memory().numTensors, before);
    },
  });
}

emulatedTest("products on 16x16x16", SQUARE, PRODUCTS);
emulatedTest("products on 16x8x16", NARROW, PRODUCTS.slice(0, 3));

Deno.test("matrix units: only tiles that a device has room for are offered", () => {
  for (const limits of [PORTABLE, AMPLE]) {
    const tiles = matrixTiles([SQUARE, NARROW], limits);
    for (const tile of tiles) {
      const { m, n, k, rows, columns, unit } = tile;
      const strips = (m / rows) * (n / columns) * unit!.m * stripOf(tile).stride;
      const bytes = 2 * (m + n) * (k + 8) + 4 * strips;
      assert.ok(bytes <= limits.maxComputeWorkgroupStorageSize, `${tile.name}: ${bytes} bytes`);
      assert.ok(threadsOf(tile) <= limits.maxComputeInvocationsPerWorkgroup, tile.name);
    }
    assert.equal(new Set(tiles.map(({ name }) => name)).size, tiles.length);
  }
  assert.ok(matrixTiles([SQUARE], PORTABLE).length > 0);
  const [largest] = matrixTiles([SQUARE], AMPLE);
  assert.deepEqual([largest.m, largest.n], [128, 128]);
  assert.deepEqual(matrixTiles([], AMPLE), []);
});

Deno.test("matrix units: small results get small tiles, and large ones do on small GPUs", () => {
  const tiles = matrixTiles([SQUARE, NARROW], AMPLE);
  const nameOf = (m: number, n: number, large: boolean) => usualMatrixTile(tiles, m, n, large).name;
  const names = [
    nameOf(4096, 4096, true),
    nameOf(768, 768, true),
    nameOf(17, 9, true),
    nameOf(4096, 4096, false),
  ];
  assert.deepEqual(names, [
    "128x128x32/64x64 on 16x16x16 ahead",
    "64x64x32/32x32 on 16x16x16 ahead",
    "32x32x32/16x16 on 16x16x16",
    "32x32x32/16x16 on 16x16x16",
  ]);
});
