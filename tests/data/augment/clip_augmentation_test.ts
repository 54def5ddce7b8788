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
    const { boxEnd, ...still } = plan({ motionShift: true });
    assert.deepEqual(still, all);
    assert.ok(boxEnd);
    const { operations, ...others } = plan({ colorJitter: 0.4 });
    assert.deepEqual({ ...others, operations: operations.slice(0, -3) }, all);
  }
});

Deno.test("colour jitter draws three factors within its strength, in any order", () => {
  const orders = new Set<string>();
  const factors: number[] = [];
  for (let i = 0; i < 200; i++) {
    const { operations } = standard({ randAugment: "none", colorJitter: 0.4 })
      .plan(FRAME, 32, randomStream(0, "augment", i));
    orders.add(operations.map(({ name }) => name).join());
    factors.push(...operations.map(({ argument }) => argument));
  }
  assert.equal(orders.size, 6);
  assert.ok(factors.every((factor) => factor >= 0.6 && factor <= 1.4));
  assert.ok(Math.min(...factors) < 0.62 && Math.max(...factors) > 1.38);
});

Deno.test("a crop that moves shows the same in both orders, up to how they resize", () => {
  const still = { pixels: new Uint8Array(3 * 64 * 96 * 3), frames: 3, height: 64, width: 96 };
  for (let i = 0; i < still.pixels.length; i++) {
    const [x, y] = [Math.floor(i / 3) % 96, Math.floor(i / 288) % 64];
    still.pixels[i] = i % 3 === 0 ? 2 * x : i % 3 === 1 ? 3 * y : 128; // a slope each way
  }
  const options = { motionShift: true, randAugment: "none", flip: 0, scale: [0.3, 0.6] as const };
  for (let i = 0; i < 20; i++) {
    const plans = (["reference", "fast"] as const).map((order) =>
      standard({ ...options, order }).plan(FRAME, 16, randomStream(0, "augment", i))
    );
    const [reference, fast] = plans;
    const { crop, size } = fast.decode;
    const { width, height } = size as { width: number; height: number };
    const [first, last] = [reference.box!, reference.boxEnd!];
    for (const { x, y, width, height } of [first, last]) {
      assert.ok(x >= crop.x && y >= crop.y);
      assert.ok(x + width <= crop.x + crop.width && y + height <= crop.y + crop.height);
    }
    // What a decoder makes of the slopes.
    const pixels = Uint8Array.from({ length: 3 * height * width * 3 }, (_, at) => {
      const x = crop.x + (Math.floor(at / 3) % width + 0.5) * crop.width / width - 0.5;
      const y = crop.y + (Math.floor(at / (3 * width)) % height + 0.5) * crop.height / height - 0.5;
      return at % 3 === 0 ? 2 * x : at % 3 === 1 ? 3 * y : 128;
    });
    const decoded = { pixels, frames: 3, height, width };
    const shown = [standard().apply(still, reference), standard().apply(decoded, fast)];
    const differences = shown[0].pixels.map((value, at) => Math.abs(value - shown[1].pixels[at]));
    const pixel = 3 * Math.max(crop.width / width, crop.height / height); // of the decoder's, in levels
    assert.ok(Math.max(...differences) <= 2 * pixel + 3, `${Math.max(...differences)}`);
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
    [{ colorJitter: 2 }, /colorJitter must be 0 to 1, got 2/],
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
