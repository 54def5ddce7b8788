import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { randomStream, tidy } from "@videoms/core";
import {
  patchify,
  patchValues,
  PIXEL_MEAN,
  PIXEL_STD,
  predictedPixels,
  reconstructionTargets,
} from "@videoms/models";
import { testOnBackends, valuesOf } from "../backends.ts";

const geometry = { frames: 4, tubeletSize: 2, imageSize: 6, patchSize: 3 };

function randomPixels(clips: number): Uint8Array {
  const random = randomStream(3, "pixels");
  return Uint8Array.from({ length: clips * 4 * 6 * 6 * 3 }, () => random.integer(256));
}

Deno.test("every value of a token is the pixel that raster order says", () => {
  const pixels = randomPixels(2);
  const values = patchValues(pixels, geometry);
  assert.equal(values.length, pixels.length);
  let at = 0;
  for (let b = 0; b < 2; b++) {
    for (let t = 0; t < 2; t++) {
      for (let row = 0; row < 2; row++) {
        for (let column = 0; column < 2; column++) {
          for (let f = 0; f < 2; f++) {
            for (let y = 0; y < 3; y++) {
              for (let x = 0; x < 3; x++) {
                for (let c = 0; c < 3; c++) {
                  const frame = b * 4 + t * 2 + f;
                  const pixel = pixels[
                    ((frame * 6 + row * 3 + y) * 6 + column * 3 + x) * 3 + c
                  ];
                  const expected = (pixel / 255 - PIXEL_MEAN[c]) / PIXEL_STD[c];
                  assert.ok(Math.abs(values[at++] - expected) < 1e-6);
                }
              }
            }
          }
        }
      }
    }
  }
});

Deno.test("parts of clips are refused", () => {
  assert.throws(() => patchValues(new Uint8Array(100), geometry), /whole clips of 4 × 6 × 6 × 3/);
  assert.throws(() => patchValues(new Uint8Array(0), geometry), /got 0 bytes/);
});

testOnBackends(
  "targets have mean 0 and deviation 1 per channel, constant patches are 0",
  async () => {
    const pixels = randomPixels(1);
    for (let f = 0; f < 2; f++) { // token 0: a constant, bright patch
      for (let y = 0; y < 3; y++) {
        for (let x = 0; x < 3; x++) {
          for (let c = 0; c < 3; c++) pixels[((f * 6 + y) * 6 + x) * 3 + c] = 250;
        }
      }
    }
    const targets = tidy(() => reconstructionTargets(patchify(pixels, geometry), "channel"));
    const [, tokens, width] = targets.shape;
    const values = await valuesOf(targets);
    for (let n = 0; n < tokens; n++) {
      for (let c = 0; c < 3; c++) {
        const channel = values.slice(n * width, (n + 1) * width).filter((_, i) => i % 3 === c);
        const mean = channel.reduce((a, b) => a + b) / channel.length;
        const squares = channel.reduce((a, b) => a + (b - mean) ** 2, 0);
        assert.ok(Math.abs(mean) < 1e-5);
        const deviation = Math.sqrt(squares / (channel.length - 1));
        if (n === 0) assert.ok(Math.max(...channel.map(Math.abs)) < 0.2); // 1e-7 of rounding over 1e-6
        else assert.ok(Math.abs(deviation - 1) < 1e-4, `${deviation}`);
      }
    }
  },
);

testOnBackends("targets turned back with their own statistics are the pixels", async () => {
  const pixels = randomPixels(2);
  const [back, plain] = tidy(() => {
    const patches = patchify(pixels, geometry);
    return [
      predictedPixels(reconstructionTargets(patches, "channel"), patches),
      reconstructionTargets(patches, "none"),
    ];
  });
  const difference = tidy(() => tf.max(tf.abs(tf.sub(back, plain))));
  assert.ok((await valuesOf(difference))[0] < 1e-5);
  const [first] = await valuesOf(plain);
  assert.ok(Math.abs(first - pixels[0] / 255) < 1e-6);
  back.dispose();
});
