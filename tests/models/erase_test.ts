import assert from "node:assert/strict";
import { randomStream } from "@videoms/core";
import { eraseWithNoise, patchValues } from "@videoms/models";

const geometry = { frames: 4, tubeletSize: 2, imageSize: 48, patchSize: 8 };

/** Two black clips as patch values, and how many values one has. */
function blackClips(): { values: Float32Array; size: number } {
  const size = geometry.frames * geometry.imageSize ** 2 * 3;
  return { values: patchValues(new Uint8Array(2 * size), geometry), size };
}

Deno.test("noise fills the rectangle of every frame, anew, and nothing else", () => {
  const { values, size } = blackClips();
  const before = values.slice();
  const box = { top: 7, left: 10, height: 20, width: 30 };
  const streams = [randomStream(0, "noise"), randomStream(1, "noise")];
  eraseWithNoise(values, geometry, [null, box], streams);
  // Which values belong to the box is told by clips that are white there.
  const white = new Uint8Array(2 * size).map((_, at) => {
    const [y, x] = [Math.floor(at / 3 / 48) % 48, Math.floor(at / 3) % 48];
    const inside = y >= 7 && y < 27 && x >= 10 && x < 40;
    return at >= size && inside ? 255 : 0;
  });
  const noise: number[] = [];
  patchValues(white, geometry).forEach((value, at) => {
    if (value === before[at]) assert.equal(values[at], before[at]);
    else noise.push(values[at]);
  });
  assert.equal(noise.length, 4 * 20 * 30 * 3);
  assert.ok(new Set(noise).size > 0.999 * noise.length); // float32 draws may coincide
  const mean = noise.reduce((sum, value) => sum + value, 0) / noise.length;
  const square = noise.reduce((sum, value) => sum + value ** 2, 0) / noise.length;
  assert.ok(Math.abs(mean) < 0.05 && Math.abs(square - 1) < 0.08);
});

Deno.test("boxes outside the frame and other numbers of clips are refused", () => {
  const { values } = blackClips();
  const streams = [randomStream(0), randomStream(1)];
  const box = { top: 40, left: 0, height: 9, width: 2 };
  assert.throws(() => eraseWithNoise(values, geometry, [null, box], streams), /must lie in the 48/);
  assert.throws(() => eraseWithNoise(values, geometry, [box], streams), /for each clip, got/);
});
