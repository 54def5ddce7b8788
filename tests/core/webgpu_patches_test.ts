import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { type ClipGeometry, type Device, randomStream, tidy, tokenGrid } from "@videoms/core";
import { patchKernels } from "../../core/webgpu/patch_kernels.ts";
import { testOnBackends, valuesOf } from "../backends.ts";
import { assertNear } from "./cpu_reference.ts";
import { compareWithOracle, distinctRows, normals } from "./gpu_oracle.ts";

const SCALE = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;

function gpuTest(name: string, test: (device: Device) => Promise<void>): void {
  testOnBackends(`webgpu patches: ${name}`, test, ["webgpu"]);
}

function randomBytes(length: number, name: string): Uint8Array {
  return Uint8Array.from(randomStream(5, name).uniforms(length), (draw) => 256 * draw);
}

function geometryOf(
  frames: number,
  tubeletSize: number,
  imageSize: number,
  patchSize: number,
): ClipGeometry {
  return { frames, tubeletSize, imageSize, patchSize };
}

/** Clips, and kept tokens of each; patches of whole words and of others, of one pixel and of a frame. */
const CLIPS: [batch: number, kept: number, geometry: ClipGeometry][] = [
  [1, 1, geometryOf(1, 1, 1, 1)],
  [3, 2, geometryOf(2, 1, 3, 3)],
  [2, 5, geometryOf(4, 2, 6, 2)],
  [2, 7, geometryOf(4, 2, 10, 5)],
  [2, 9, geometryOf(4, 2, 24, 8)],
  [1, 3, geometryOf(6, 3, 28, 14)],
  [2, 40, geometryOf(16, 2, 64, 16)],
];

for (const [batch, kept, geometry] of CLIPS) {
  const { frames, tubeletSize, imageSize, patchSize } = geometry;
  const size = `${batch} of ${frames}/${tubeletSize} frames, ${imageSize}/${patchSize} pixels`;

  gpuTest(`cuts clips, ${size}`, async (device) => {
    const bytes = randomBytes(batch * frames * imageSize ** 2 * 3, size);
    const index = distinctRows(batch, kept, tokenGrid(geometry).tokens, size);
    const [all, some] = await compareWithOracle(device, {
      inputs: [index],
      run: (kernels, [index]) =>
        tidy(() => {
          const pixels = kernels.pixels(bytes);
          return [
            kernels.patches(pixels, batch, geometry, SCALE, null),
            kernels.patches(pixels, batch, geometry, SCALE, index as tf.Tensor2D),
          ];
        }),
      dispatches: 2,
      tolerance: 1e-6,
    });
    const tokens = tokenGrid(geometry).tokens;
    const width = all.length / batch / tokens;
    for (let k = 0; k < some.length; k++) {
      const row = Math.floor(k / width);
      const token = Math.floor(row / kept) * tokens + index.values[row];
      assert.equal(some[k], all[token * width + k % width]); // the same bits
    }
  });
}

gpuTest("bytes are copied at once and not kept", async ({ queue }) => {
  const kernels = patchKernels(queue!);
  const geometry = geometryOf(1, 1, 3, 1); // 27 bytes: not whole words
  const unit = { mean: [0, 0, 0], std: [1, 1, 1] } as const;
  const buffer = new Uint8Array(31).fill(7);
  const bytes = buffer.subarray(3, 30); // nor at the start of one
  bytes.forEach((_, i) => bytes[i] = 5 * i);
  const expected = [...bytes];
  const pixels = kernels.pixels(bytes);
  buffer.fill(9);
  assert.equal(pixels.size, 7);
  const patches = kernels.patches(pixels, 1, geometry, unit, null);
  pixels.dispose();
  assert.deepEqual([...await valuesOf(patches)].map((v) => Math.round(255 * v)), expected);
});

gpuTest("a loop of batches makes neither buffers nor bind groups", async ({ queue }) => {
  const kernels = patchKernels(queue!);
  const geometry = geometryOf(2, 2, 8, 4);
  const bytes = randomBytes(2 * 2 * 64 * 3, "loop");
  const step = async () => {
    const pixels = kernels.pixels(bytes);
    const patches = kernels.patches(pixels, 2, geometry, SCALE, null);
    pixels.dispose();
    return await valuesOf(patches);
  };
  const first = await step();
  await step();
  const before = queue!.counts();
  for (let i = 0; i < 5; i++) assert.deepEqual(await step(), first);
  const after = queue!.counts();
  assert.equal(after.allocatedBytes, before.allocatedBytes);
  assert.equal(after.bindGroups, before.bindGroups);
});

/** Targets of rows by their definition, in float64. */
function targetsOf(patches: ArrayLike<number>, width: number, normalize: boolean): number[] {
  const targets = Array.from(
    patches,
    (value, i) => value * SCALE.std[i % 3] + SCALE.mean[i % 3],
  );
  if (!normalize) return targets;
  const pixels = width / 3;
  for (let first = 0; first < targets.length; first += width) {
    for (let channel = 0; channel < 3; channel++) {
      const places = Array.from({ length: pixels }, (_, pixel) => first + 3 * pixel + channel);
      const mean = places.reduce((sum, at) => sum + targets[at], 0) / pixels;
      const squares = places.reduce((sum, at) => sum + (targets[at] - mean) ** 2, 0);
      const deviation = Math.sqrt(squares / (pixels - 1)) + 1e-6;
      for (const at of places) targets[at] = (targets[at] - mean) / deviation;
    }
  }
  return targets;
}

/** Rows, and values of each. */
const ROWS: [rows: number, width: number][] = [[1, 6], [5, 27], [7, 96], [3, 1176], [4, 1536], [
  66_000,
  12,
]];

for (const [rows, width] of ROWS) {
  for (const normalize of [true, false]) {
    const what = normalize ? "normalised patches" : "pixels";
    gpuTest(`loss of ${what}, ${rows} of ${width} values, is that of float64 loops`, async (
      { queue },
    ) => {
      const kernels = patchKernels(queue!);
      const prediction = normals([rows, width], "prediction").values as Float32Array;
      const patches = normals([rows, width], "patches").values as Float32Array;
      const targets = targetsOf(patches, width, normalize);
      const differences = targets.map((target, i) => prediction[i] - target);
      const before = queue!.counts().dispatches;
      const { loss, dPrediction } = tidy(() =>
        kernels.reconstructionLoss(
          tf.tensor2d(prediction, [rows, width]),
          tf.tensor2d(patches, [rows, width]),
          SCALE,
          normalize,
        )
      );
      assert.equal(queue!.counts().dispatches - before, 2);
      queue!.flush();
      const size = rows * width;
      const expected = differences.reduce((sum, d) => sum + d * d, 0) / size;
      assertNear(await valuesOf(loss), [expected], 1e-6);
      assertNear(await valuesOf(dPrediction), differences.map((d) => 2 * d / size), 2e-6);
    });
  }
}

gpuTest("patches of little contrast are told from flat ones", async ({ queue }) => {
  const kernels = patchKernels(queue!);
  const width = 768;
  const normal = (byte: number, i: number) => (byte / 255 - SCALE.mean[i % 3]) / SCALE.std[i % 3];
  const flat = Float32Array.from({ length: width }, (_, i) => normal(250, i));
  const faint = Float32Array.from({ length: width }, (_, i) => normal(i % 96 === 0 ? 251 : 250, i));
  const { loss, dPrediction } = tidy(() =>
    kernels.reconstructionLoss(
      tf.zeros([2, width]),
      tf.tensor2d([...flat, ...faint], [2, width]),
      SCALE,
      true,
    )
  );
  loss.dispose();
  const targets = Array.from(await valuesOf(dPrediction), (d) => -d * width);
  assertNear(targets.slice(0, width), new Array(width).fill(0), 0);
  const expected = targetsOf(faint, width, true);
  assertNear(targets.slice(width), expected, 1e-4); // 3e-8 of a value is that of its contrast
});

for (const [rows, classes] of [[1, 1], [3, 5], [2, 256], [8, 400], [4, 1000], [66_000, 3]]) {
  gpuTest(`cross-entropy of ${rows} rows of ${classes} classes`, async (device) => {
    const targets = normals([rows, classes], "targets");
    const values = targets.values as Float32Array;
    for (let row = 0; row < rows; row++) {
      const part = values.subarray(row * classes, (row + 1) * classes);
      const total = part.reduce((sum, v) => sum + v * v, 0);
      part.forEach((v, i) => part[i] = v * v / total);
    }
    const logits = normals([rows, classes], "logits");
    logits.values.forEach((v, i) => logits.values[i] = 10 * v);
    await compareWithOracle(device, {
      inputs: [logits, targets],
      run: (kernels, [logits, targets]) => {
        const { loss, dLogits } = kernels.crossEntropy(
          logits as tf.Tensor2D,
          targets as tf.Tensor2D,
        );
        return [loss, dLogits];
      },
      dispatches: 2,
      tolerance: 2e-5,
    });
  });
}

gpuTest("large logits overflow nothing", async ({ queue }) => {
  const kernels = patchKernels(queue!);
  const logits = tf.tensor2d([[1e4, 0, -1e4], [-1e38, 1e38, 0]]);
  const targets = tf.tensor2d([[1, 0, 0], [0, 1, 0]]);
  const { loss, dLogits } = kernels.crossEntropy(logits, targets);
  tf.dispose([logits, targets]);
  assert.deepEqual([...await valuesOf(loss)].map(Math.abs), [0]);
  assert.deepEqual([...await valuesOf(dLogits)].map(Math.abs), new Array(6).fill(0));
});

gpuTest("nothing in gives nothing out, and no loss", async ({ queue }) => {
  const kernels = patchKernels(queue!);
  const none = tf.zeros([0, 12]) as tf.Tensor2D;
  const noIndex = tf.zeros([1, 0], "int32") as tf.Tensor2D;
  const noBytes = kernels.pixels(new Uint8Array(0));
  const pixels = kernels.pixels(new Uint8Array(12));
  const geometry = geometryOf(1, 1, 2, 2);
  const loss = kernels.reconstructionLoss(none, none, SCALE, true);
  const entropy = kernels.crossEntropy(none, none);
  const results: [tf.Tensor, number[]][] = [
    [kernels.patches(noBytes, 0, geometry, SCALE, null), []],
    [kernels.patches(pixels, 1, geometry, SCALE, noIndex), []],
    [loss.dPrediction, []],
    [loss.loss, [0]],
    [entropy.dLogits, []],
    [entropy.loss, [0]],
  ];
  for (const [result, expected] of results) assert.deepEqual([...await valuesOf(result)], expected);
  tf.dispose([none, noIndex, noBytes, pixels]);
});

gpuTest("tensors that do not fit are refused", async ({ queue }) => {
  const kernels = patchKernels(queue!);
  const pixels = kernels.pixels(new Uint8Array(12));
  const geometry = geometryOf(2, 1, 2, 2);
  assert.throws(
    () => kernels.patches(pixels, 1, geometry, SCALE, null),
    /"pixels" must have shape \[6\], got \[3\]/,
  );
  pixels.dispose();
  await Promise.resolve();
});
