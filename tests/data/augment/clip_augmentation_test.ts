import { createRegistry, randomStream } from "@videoms/core";
import {
  type ClipAugmentation,
  decodeClips,
  noAugmentation,
  standardAugmentation,
  type StandardAugmentationOptions,
} from "@videoms/data";
import assert from "node:assert/strict";
import { MPEG4, recordOf, renderVideo, withFolder } from "../test_videos.ts";
import { patternClip } from "./clips.ts";

const FRAME = { width: 96, height: 64 };

function standard(options: Partial<StandardAugmentationOptions> = {}): ClipAugmentation {
  return standardAugmentation.create({ ...standardAugmentation.defaults, ...options });
}

Deno.test("plans are plain JSON, follow the stream, and carrying one out needs no chance", () => {
  const clip = patternClip(2, 64, 96);
  for (let i = 0; i < 20; i++) {
    const plan = standard().plan(FRAME, 32, randomStream(0, "augment", i));
    assert.deepEqual(plan, standard().plan(FRAME, 32, randomStream(0, "augment", i)));
    const read = JSON.parse(JSON.stringify(plan));
    const augmented = standard().apply(clip, plan);
    assert.deepEqual([augmented.frames, augmented.height, augmented.width], [2, 32, 32]);
    assert.deepEqual(augmented, standard().apply(clip, read));
  }
});

Deno.test("switching one part off leaves the draws of the others as they are", () => {
  for (let i = 0; i < 20; i++) {
    const plan = (options: Partial<StandardAugmentationOptions>) =>
      standard(options).plan(FRAME, 32, randomStream(0, "augment", i));
    const all = plan({});
    assert.deepEqual(plan({ flip: 0 }), { ...all, flip: false });
    assert.deepEqual(plan({ erase: 0 }), { ...all, erase: null });
    assert.deepEqual(plan({ randAugment: "none" }), { ...all, operations: [] });
    assert.deepEqual(plan({ order: "fast" }).decode, { crop: all.box, size: 32 });
  }
});

Deno.test("another order of frames shows the same frames, still, drawn or backwards", () => {
  const clip = patternClip(7, 64, 96);
  const framesOf = (options: Partial<StandardAugmentationOptions>) => {
    const plan = standard(options).plan(FRAME, 32, randomStream(0, "augment", 4));
    const { pixels } = standard().apply(clip, JSON.parse(JSON.stringify(plan)));
    return Array.from(
      { length: 7 },
      (_, t) => pixels.subarray(t * 32 * 32 * 3, (t + 1) * 32 * 32 * 3).join(),
    );
  };
  const frames = framesOf({});
  assert.equal(new Set(frames).size, 7);
  assert.deepEqual(framesOf({ time: "reversed" }), frames.toReversed());
  assert.deepEqual(framesOf({ time: "still" }), Array(7).fill(frames[3]));
  const shuffled = framesOf({ time: "shuffled" });
  assert.notDeepEqual(shuffled, frames);
  assert.deepEqual(shuffled.toSorted(), frames.toSorted());
});

Deno.test("both orders decode what they plan and give clips of one size", () =>
  withFolder(async (folder) => {
    await renderVideo(`${folder}/a.mp4`, 12, ...MPEG4);
    const record = await recordOf(`${folder}/a.mp4`);
    for (const order of ["reference", "fast"] as const) {
      const augmentation = standard({ order });
      const plan = augmentation.plan(record, 32, randomStream(0, "augment"));
      const [decoded] = await decodeClips([{ record, frames: [0, 4, 8, 8], ...plan.decode }]);
      assert.ok("pixels" in decoded, JSON.stringify(decoded));
      const [height, width] = order === "reference" ? [64, 96] : [32, 32];
      assert.equal(decoded.pixels.length, 4 * height * width * 3);
      const clip = { pixels: decoded.pixels, frames: 4, height, width };
      assert.equal(augmentation.apply(clip, plan).pixels.length, 4 * 32 * 32 * 3);
    }
  }));

Deno.test("a clip that was not decoded as planned is refused", () => {
  const plan = standard().plan(FRAME, 32, randomStream(0));
  assert.throws(
    () => standard().apply(patternClip(1, 32, 32), plan),
    /it must be decoded to 96×64 as planned, got 32×32/,
  );
});

Deno.test("no augmentation is the square in the middle", () => {
  const none = noAugmentation.create({});
  const plan = none.plan(FRAME, 32, randomStream(0));
  assert.deepEqual(plan.decode.crop, { x: 16, y: 0, width: 64, height: 64 });
  const clip = patternClip(2, 32, 32);
  assert.deepEqual(none.apply(clip, plan), clip);
});

Deno.test("options that cannot work are refused before a clip is seen", () => {
  const bad: [Partial<StandardAugmentationOptions>, RegExp][] = [
    [{ randAugment: "rand-q3" }, /got "q3"/],
    [{ flip: 1.5 }, /flip must be 0 to 1, got 1.5/],
    [{ erase: NaN }, /erase must be 0 to 1, got NaN/],
    [{ scale: [0, 1] }, /scale must be two positive ascending numbers/],
    [{ aspect: [2, 1] }, /aspect must be two positive ascending numbers, got \[2,1\]/],
  ];
  for (const [options, message] of bad) {
    assert.throws(() => standard(options), { name: "RangeError", message });
  }
});

Deno.test("augmentations are plugins of their kind", () => {
  const registry = createRegistry([standardAugmentation, noAugmentation]);
  assert.equal(registry.get("augmentation", "none").name, "none");
  assert.equal(standardAugmentation({ flip: 0 }).options.flip, 0);
});
