import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { randomStream, smoothedTargets, softmaxCrossEntropy, tidy } from "@videoms/core";
import {
  type MixMode,
  type MixOptions,
  mixPatchValues,
  type MixPlan,
  mixPlan,
  patchValues,
  softTargets,
} from "@videoms/models";
import { symmetricBeta } from "../../models/mix/beta.ts";
import { testOnBackends, valuesOf } from "../backends.ts";

const geometry = { frames: 2, tubeletSize: 2, imageSize: 8, patchSize: 4 };
const CLIP = 2 * 8 * 8 * 3;

function randomClips(clips: number): Uint8Array {
  const random = randomStream(0, "pixels");
  return Uint8Array.from({ length: clips * CLIP }, () => random.integer(256));
}

/** Plans of many batches of four. */
function plans(options: Omit<MixOptions, "imageSize">, count = 300, imageSize = 8): MixPlan[] {
  return Array.from(
    { length: count },
    (_, i) => mixPlan(4, { imageSize, ...options }, randomStream(1, "plan", i)),
  );
}

Deno.test("beta draws have the distribution's moments", () => {
  const count = 20_000;
  for (const alpha of [0.01, 0.2, 0.8, 1, 2, 8]) {
    const random = randomStream(0, "beta", Math.round(alpha * 100));
    const draws = Array.from({ length: count }, () => symmetricBeta(alpha, random));
    assert.ok(draws.every((x) => x >= 0 && x <= 1));
    const moment = (power: number) => draws.reduce((sum, x) => sum + (x - 0.5) ** power, 0) / count;
    const variance = 1 / (4 * (2 * alpha + 1));
    const fourth = 3 / (16 * (2 * alpha + 1) * (2 * alpha + 3));
    const error = (power: number) => 5 * Math.sqrt(0.25 ** power / count);
    assert.ok(Math.abs(moment(1)) < error(1), `mean of ${alpha}`);
    assert.ok(Math.abs(moment(2) - variance) < error(2), `variance of ${alpha}`);
    assert.ok(Math.abs(moment(4) - fourth) < error(4), `fourth moment of ${alpha}`);
  }
  assert.throws(() => symmetricBeta(0, randomStream(0)), /alpha must be above 0, got 0/);
});

Deno.test("beta draws with shape 1 are uniform", () => {
  const random = randomStream(3);
  const counts = new Array(10).fill(0);
  for (let i = 0; i < 10_000; i++) counts[Math.floor(symmetricBeta(1, random) * 10)]++;
  const chiSquare = counts.reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0);
  assert.ok(chiSquare < 27.9, `${chiSquare}`); // 9 degrees of freedom, one in a thousand
});

Deno.test("a batch, a pair or a clip is drawn together", () => {
  const distinct = (mode: MixMode) => {
    const seen = plans({ mixup: 0.8, cutmix: 1, mode }, 50)
      .map(({ lambda, boxes }) => [...lambda].map((x, i) => `${x} ${JSON.stringify(boxes[i])}`));
    for (const [a, b, c, d] of mode === "pair" ? seen : []) assert.deepEqual([a, b], [d, c]);
    return Math.max(...seen.map((mixes) => new Set(mixes).size));
  };
  assert.deepEqual([distinct("batch"), distinct("pair"), distinct("elem")], [1, 2, 4]);
});

Deno.test("a plan is a function of its stream's name", () => {
  const options: MixOptions = { imageSize: 8, mixup: 1, cutmix: 1, mode: "elem" };
  const random = randomStream(4);
  const before = mixPlan(6, options, random);
  random.uniform();
  assert.deepEqual(mixPlan(6, options, random), before);
});

Deno.test("probabilities choose between mixup, CutMix and neither", () => {
  const shares = (options: Omit<MixOptions, "imageSize">) => {
    const drawn = plans(options, 1000, 224);
    const cut = drawn.filter(({ boxes }) => boxes[0] !== null).length;
    const blended = drawn.filter(({ boxes, lambda }) => !boxes[0] && lambda[0] < 1).length;
    return [cut / 1000, blended / 1000];
  };
  const near = (got: number[], expected: number[]) =>
    got.forEach((share, i) => assert.ok(Math.abs(share - expected[i]) < 0.06, `${got}`));
  near(shares({ mixup: 2 }), [0, 1]);
  near(shares({ cutmix: 2 }), [1, 0]);
  near(shares({ mixup: 2, cutmix: 2 }), [0.5, 0.5]);
  near(shares({ mixup: 2, cutmix: 2, switchProbability: 0.2 }), [0.2, 0.8]);
  near(shares({ mixup: 2, cutmix: 2, probability: 0.4 }), [0.2, 0.2]);
  near(shares({ mixup: 2, cutmixMinMax: [0.2, 0.8] }), [0.5, 0.5]);
});

Deno.test("mixup's shares are beta draws, partners are mirror images", () => {
  const drawn = plans({ mixup: 0.8, mode: "elem" }, 1000);
  for (const { partner } of drawn) assert.deepEqual([...partner], [3, 2, 1, 0]);
  const squares = drawn.flatMap(({ lambda }) => [...lambda].map((share) => (share - 0.5) ** 2));
  const variance = squares.reduce((sum, x) => sum + x, 0) / squares.length;
  assert.ok(Math.abs(variance - 1 / (4 * (2 * 0.8 + 1))) < 0.005, `${variance}`);
});

Deno.test("a box has sides of the drawn share around a uniform pixel, cut off at the edges", () => {
  // So large a shape draws one half to five digits: trunc(224 · √½) = 158, that is 79 on both sides.
  const centres: number[] = [];
  for (const { boxes } of plans({ cutmix: 1e10, mode: "elem" }, 500, 224)) {
    for (const box of boxes) {
      assert.ok(box);
      for (const [from, size] of [[box.top, box.height], [box.left, box.width]]) {
        const end = from + size;
        const centre = end < 224 ? end - 79 : from + 79;
        assert.deepEqual([from, end], [Math.max(0, centre - 79), Math.min(224, centre + 79)]);
        centres.push(centre);
      }
    }
  }
  assert.ok(Math.min(...centres) < 3 && Math.max(...centres) > 220);
  const mean = centres.reduce((sum, x) => sum + x, 0) / centres.length;
  assert.ok(Math.abs(mean - 111.5) < 4 * 224 / Math.sqrt(12 * centres.length), `${mean}`);
});

Deno.test("boxes lie within the frame and the label follows their area", () => {
  for (const { lambda, boxes } of plans({ cutmix: 1, mode: "elem" })) {
    boxes.forEach((box, i) => {
      if (!box) return assert.equal(lambda[i], 1);
      assert.ok(box.top >= 0 && box.top + box.height <= 8);
      assert.ok(box.left >= 0 && box.left + box.width <= 8);
      const area = box.height * box.width;
      assert.ok(area > 0);
      assert.equal(lambda[i], 1 - area / 64);
    });
  }
});

Deno.test("sides between two shares are drawn uniformly, without the upper one", () => {
  const sides = new Set<number>();
  for (const { boxes } of plans({ cutmixMinMax: [0.25, 1], mode: "elem" })) {
    for (const box of boxes) {
      assert.ok(box !== null && box.top >= 0 && box.left >= 0);
      assert.ok(box.top + box.height <= 8 && box.left + box.width <= 8);
      sides.add(box.height).add(box.width);
    }
  }
  assert.deepEqual([...sides].sort(), [2, 3, 4, 5, 6, 7]);
});

/** Clips with their partners' boxes pasted in, pixel by pixel. */
function pasted(pixels: Uint8Array, plan: MixPlan): Uint8Array {
  return pixels.map((_, at) => {
    const b = Math.floor(at / CLIP);
    const [row, column] = [Math.floor(at / 24) % 8, Math.floor(at / 3) % 8];
    const box = plan.boxes[b];
    const inside = box && row >= box.top && row < box.top + box.height && column >= box.left &&
      column < box.left + box.width;
    return pixels[(inside ? plan.partner[b] : b) * CLIP + at % CLIP];
  });
}

Deno.test("pasting among patches is pasting among pixels", () => {
  const pixels = randomClips(4);
  const values = patchValues(pixels, geometry);
  const plan = mixPlan(4, { imageSize: 8, cutmix: 1, mode: "elem" }, randomStream(2));
  assert.ok(plan.boxes.some((box) => box !== null));
  const mixed = mixPatchValues(values, geometry, plan);
  assert.deepEqual(mixed, patchValues(pasted(pixels, plan), geometry));
  assert.deepEqual(values, patchValues(pixels, geometry));
  const two = patchValues(randomClips(2), geometry);
  assert.throws(() => mixPatchValues(two, geometry, plan), /for 4 clips, got 2/);
});

Deno.test("blends are of the clips before mixing, whatever becomes of the partner", () => {
  const pixels = randomClips(2);
  const values = patchValues(pixels, geometry);
  const size = values.length / 2;
  const box = { top: 1, left: 2, height: 5, width: 5 };
  const plan: MixPlan = {
    partner: Int32Array.of(1, 0),
    lambda: Float32Array.of(1 - 25 / 64, 0.25),
    boxes: [box, null],
  };
  const mixed = mixPatchValues(values, geometry, plan);
  const pixelForm = patchValues(pasted(pixels, plan), geometry);
  assert.deepEqual(mixed.subarray(0, size), pixelForm.subarray(0, size));
  const blend = (b: number, lambda: number) =>
    values.subarray(b * size, (b + 1) * size)
      .map((value, i) => lambda * value + (1 - lambda) * values[(1 - b) * size + i]);
  assert.deepEqual(mixed.subarray(size), blend(1, 0.25));

  const both: MixPlan = { ...plan, lambda: Float32Array.of(0.75, 1), boxes: [null, null] };
  const half = mixPatchValues(values, geometry, both);
  assert.deepEqual(half.subarray(0, size), blend(0, 0.75));
  assert.deepEqual(half.subarray(size), values.subarray(size));
});

Deno.test("a batch without partners and senseless options are refused", () => {
  const plan = (batch: number, options: object) => () =>
    mixPlan(batch, { imageSize: 8, ...options }, randomStream(0));
  assert.throws(plan(3, { mixup: 1 }), /clips must be even, got 3/);
  assert.throws(plan(0, { mixup: 1 }), /must be even.*got 0/);
  assert.throws(plan(2, {}), /mixup, cutmix or cutmixMinMax must be on, got none/);
  assert.throws(plan(2, { mixup: -1 }), /mixup must be a number from 0, got -1/);
  assert.throws(plan(2, { mixup: 1, probability: 2 }), /probability must be in \[0, 1\], got 2/);
  assert.throws(plan(2, { cutmixMinMax: [0.5, 0.5] }), /must ascend within .* got \[0.5,0.5\]/);
});

testOnBackends("targets are mixed as the clips are", async () => {
  const labels = [0, 2, 2, 1];
  const plan: MixPlan = {
    partner: Int32Array.of(3, 2, 1, 0),
    lambda: Float32Array.of(0.75, 0.5, 0.25, 1),
    boxes: [null, null, null, null],
  };
  const targets = await valuesOf(softTargets(labels, 3, 0.1, plan));
  const whole = await valuesOf(smoothedTargets(labels, 3, 0.1));
  targets.forEach((value, at) => {
    const b = Math.floor(at / 3);
    const other = whole[plan.partner[b] * 3 + at % 3];
    const expected = plan.lambda[b] * whole[at] + (1 - plan.lambda[b]) * other;
    assert.ok(Math.abs(value - expected) < 1e-6, `${at}: ${value} ${expected}`);
  });
  assert.deepEqual(await valuesOf(softTargets(labels, 3, 0.1, null)), whole);
  assert.throws(() => softTargets([0], 3, 0.1, plan), /for 4 labels, got 1/);
});

testOnBackends("one loss serves labels, smoothed labels and mixed ones", async () => {
  const random = randomStream(0, "logits");
  const logits = tf.tensor2d(Float32Array.from({ length: 20 }, () => 3 * random.normal()), [4, 5]);
  const labels = [1, 4, 0, 1];
  const plan: MixPlan = {
    partner: Int32Array.of(3, 2, 1, 0),
    lambda: Float32Array.of(0.75, 0.75, 0.75, 0.75),
    boxes: [null, null, null, null],
  };
  const loss = async (of: number[], smoothing: number, mix: MixPlan | null = null) => {
    const value = tidy(() => softmaxCrossEntropy(logits, softTargets(of, 5, smoothing, mix)));
    return (await valuesOf(value))[0];
  };
  const close = (computed: number, expected: number) =>
    assert.ok(Math.abs(computed - expected) < 1e-5, `${computed} ${expected}`);
  const hard = await loss(labels, 0);
  const even = await loss(labels, 1); // the mean of −log p over the classes
  close(await loss(labels, 0.1), 0.9 * hard + 0.1 * even);
  const other = await loss([1, 0, 4, 1], 0.1);
  close(await loss(labels, 0.1, plan), 0.75 * await loss(labels, 0.1) + 0.25 * other);
  logits.dispose();
});

testOnBackends("targets are 1 − s + s/classes for a label, s/classes elsewhere", async () => {
  const plan: MixPlan = {
    partner: Int32Array.of(1, 0),
    lambda: Float32Array.of(0.75, 0.75),
    boxes: [null, null],
  };
  const close = (computed: ArrayLike<number>, expected: number[]) =>
    expected.forEach((value, i) => assert.ok(Math.abs(computed[i] - value) < 1e-6, `${i}`));
  close(await valuesOf(softTargets([2], 4, 0.1, null)), [0.025, 0.025, 0.925, 0.025]);
  const mixed = await valuesOf(softTargets([2, 0], 4, 0.1, plan));
  close(mixed, [0.25, 0.025, 0.7, 0.025, 0.7, 0.025, 0.25, 0.025]);
});
