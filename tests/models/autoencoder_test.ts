import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { initialParameters, Parameters, randomStream, tidy } from "@videoms/core";
import { tokenImportance } from "@videoms/masking";
import { MaskedAutoencoder, type MaskedAutoencoderOptions, patchify } from "@videoms/models";
import { testOnBackends, valuesOf } from "../backends.ts";

const options: MaskedAutoencoderOptions = {
  geometry: { frames: 6, tubeletSize: 3, imageSize: 10, patchSize: 5 },
  encoder: { width: 20, depth: 2, heads: 2, dropPath: 0.5, layerScale: 0.5, registers: 2 },
  decoder: { width: 12, depth: 1, heads: 3 },
};

function randomPixels(clips: number, seed = 0): Uint8Array {
  const random = randomStream(seed, "pixels");
  return Uint8Array.from({ length: clips * 6 * 10 * 10 * 3 }, () => random.integer(256));
}

function open(): { model: MaskedAutoencoder; parameters: Parameters; close: () => void } {
  const model = new MaskedAutoencoder(options);
  const parameters = new Parameters(model.specs, initialParameters(model.specs, 1));
  const close = () => {
    model.dispose();
    parameters.dispose();
  };
  return { model, parameters, close };
}

/** Predictions of clips, with the tokens of each. */
async function predict(
  pixels: Uint8Array,
  visible: number[][],
  target: number[][],
): Promise<Float32Array> {
  const { model, parameters, close } = open();
  const prediction = tidy(() =>
    model.reconstruct(parameters, patchify(pixels, options.geometry), {
      visible: tf.tensor2d(visible, undefined, "int32"),
      target: tf.tensor2d(target, undefined, "int32"),
    })
  );
  const values = await valuesOf(prediction);
  close();
  return values;
}

function assertClose(a: Float32Array, b: Float32Array): void {
  assert.equal(a.length, b.length);
  a.forEach((value, i) => assert.ok(Math.abs(value - b[i]) < 1e-5, `${i}: ${value} ${b[i]}`));
}

testOnBackends("clips of a batch do not see each other", async () => {
  const pixels = randomPixels(2);
  const half = pixels.length / 2;
  const both = await predict(pixels, [[0, 5], [1, 2]], [[1, 3, 7], [0, 4, 6]]);
  const swapped = new Uint8Array([...pixels.subarray(half), ...pixels.subarray(0, half)]);
  const other = await predict(swapped, [[1, 2], [0, 5]], [[0, 4, 6], [1, 3, 7]]);
  const size = both.length / 2;
  assertClose(both.slice(0, size), other.slice(size));
  assertClose(both.slice(size), other.slice(0, size));
});

testOnBackends("predictions depend on visible tokens alone", async () => {
  const pixels = randomPixels(1);
  const before = await predict(pixels, [[0, 5]], [[1, 3]]);
  const changed = pixels.slice();
  const noise = randomPixels(1, 1);
  for (let i = 0; i < pixels.length; i++) { // every pixel outside tokens 0 and 5
    const [frame, rest] = [Math.floor(i / 300), i % 300];
    const [row, column] = [Math.floor(rest / 30), Math.floor(rest % 30 / 3)];
    const token = Math.floor(frame / 3) * 4 + Math.floor(row / 5) * 2 + Math.floor(column / 5);
    if (token !== 0 && token !== 5) changed[i] = noise[i];
  }
  assertClose(before, await predict(changed, [[0, 5]], [[1, 3]]));
});

testOnBackends("still patches have importance 0, whatever rounds where", async () => {
  const { model, parameters, close } = open();
  const pixels = randomPixels(3);
  const clip = pixels.length / 3;
  for (let b = 0; b < 3; b++) { // every frame is the first one
    for (let f = 1; f < 6; f++) {
      pixels.copyWithin(b * clip + f * 300, b * clip, b * clip + 300);
    }
  }
  const importance = tidy(() =>
    tokenImportance(model.embed(parameters, patchify(pixels, options.geometry)), model.grid)
  );
  assert.deepEqual([...await valuesOf(importance)], Array(3 * 8).fill(0));
  close();
});

testOnBackends(
  "stochastic depth drops branches in training, the same ones for the same stream",
  async () => {
    const { model, parameters, close } = open();
    const encode = (seed: number | null) =>
      valuesOf(tidy(() =>
        model.encode(
          parameters,
          patchify(randomPixels(1), options.geometry),
          tf.tensor2d([[0, 1]], undefined, "int32"),
          seed === null ? null : [randomStream(seed)],
        )
      ));
    const whole = await encode(null);
    assert.deepEqual(await encode(null), whole);
    const draws = await Promise.all([0, 1, 2, 3, 4, 5].map(encode));
    assert.deepEqual(await encode(3), draws[3]);
    assert.ok(new Set(draws.map((values) => values.join())).size > 1);
    close();
  },
);
