import assert from "node:assert/strict";
import { type ClipGeometry, randomStream } from "@videoms/core";
import { eraseWithNoise, patchValues } from "@videoms/models";
import { boxRuns } from "../../models/patches/box_runs.ts";

const geometry = { frames: 4, tubeletSize: 2, imageSize: 48, patchSize: 8 };
const CLIP = 4 * 48 * 48 * 3;

function randomClips(clips: number): Uint8Array {
  const random = randomStream(0, "pixels");
  return Uint8Array.from({ length: clips * CLIP }, () => random.integer(256));
}

/** The values of a clip in the order of its pixels [T, H, W, 3], from any size of patches. */
function byPixel(values: Float32Array, { tubeletSize, patchSize }: ClipGeometry): Float32Array {
  return values.map((_, at) => {
    const [frame, y] = [Math.floor(at / (48 * 48 * 3)), Math.floor(at / (48 * 3)) % 48];
    const [x, channel] = [Math.floor(at / 3) % 48, at % 3];
    const side = 48 / patchSize;
    const token = (Math.floor(frame / tubeletSize) * side + Math.floor(y / patchSize)) * side +
      Math.floor(x / patchSize);
    const line = frame % tubeletSize * patchSize + y % patchSize;
    const perToken = tubeletSize * patchSize ** 2 * 3;
    return values[token * perToken + (line * patchSize + x % patchSize) * 3 + channel];
  });
}

Deno.test("erasing among patches is erasing among pixels, for patches of any size", () => {
  const pixels = randomClips(2);
  const boxes = [{ top: 7, left: 10, height: 20, width: 30 }, null];
  // Pixel by pixel: each draw goes to the next value of the rectangle.
  const noise = randomStream(0, "noise");
  const whole = { ...geometry, tubeletSize: 1, patchSize: 48 }; // its patches are the frames
  const expected = patchValues(pixels.subarray(0, CLIP), whole).map((value, at) => {
    const [y, x] = [Math.floor(at / (48 * 3)) % 48, Math.floor(at / 3) % 48];
    return y >= 7 && y < 27 && x >= 10 && x < 40 ? noise.normal() : value;
  });
  for (const [tubeletSize, patchSize] of [[2, 8], [1, 48], [4, 3], [2, 16]]) {
    const cut = { ...geometry, tubeletSize, patchSize };
    const values = patchValues(pixels, cut);
    const streams = [randomStream(0, "noise"), randomStream(1, "noise")];
    eraseWithNoise(values, cut, boxes, streams);
    assert.deepEqual(byPixel(values.subarray(0, CLIP), cut), expected);
    assert.deepEqual(values.subarray(CLIP), patchValues(pixels, cut).subarray(CLIP));
  }
});

Deno.test("noise of a rectangle has mean 0 and deviation 1, anew in every frame", () => {
  const values = new Float32Array(CLIP).fill(9);
  const box = { top: 7, left: 10, height: 20, width: 30 };
  eraseWithNoise(values, geometry, [box], [randomStream(0, "noise")]);
  const noise = values.filter((value) => value !== 9);
  assert.equal(noise.length, 4 * 20 * 30 * 3);
  assert.ok(new Set(noise).size > 0.999 * noise.length); // float32 draws may coincide
  const mean = noise.reduce((sum, value) => sum + value, 0) / noise.length;
  const square = noise.reduce((sum, value) => sum + value ** 2, 0) / noise.length;
  assert.ok(Math.abs(mean) < 0.05 && Math.abs(square - 1) < 0.08);
});

Deno.test("runs of a box hold each of its values once; an empty box has none", () => {
  const box = { top: 0, left: 0, height: 48, width: 48 };
  const seen = new Uint8Array(CLIP);
  const runs = boxRuns(geometry, box);
  for (let i = 0; i < runs.length; i += 2) {
    for (let at = runs[i]; at < runs[i] + runs[i + 1]; at++) seen[at]++;
  }
  assert.ok(seen.every((count) => count === 1));
  assert.equal(boxRuns(geometry, { ...box, width: 0 }).length, 0);
});

Deno.test("boxes outside the frame and other numbers of clips are refused", () => {
  const values = new Float32Array(2 * CLIP);
  const streams = [randomStream(0), randomStream(1)];
  const erase = (...boxes: (Parameters<typeof boxRuns>[1] | null)[]) => () =>
    eraseWithNoise(values, geometry, boxes, streams);
  const box = { top: 40, left: 0, height: 8, width: 2 };
  erase(null, box)();
  assert.throws(erase(null, { ...box, height: 9 }), /must lie in the 48/);
  assert.throws(erase(null, { ...box, left: -1 }), /must lie in the 48/);
  assert.throws(erase(null, { ...box, width: 2.5 }), /must lie in the 48/);
  assert.throws(erase(box), /for each clip, got/);
});
