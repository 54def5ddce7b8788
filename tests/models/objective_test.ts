import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { randomStream, tidy } from "@videoms/core";
import { latent, type Objective, patchify, pixels, TARGET_NORMS } from "@videoms/models";
import { testOnBackends, valuesOf } from "../backends.ts";

const geometry = { frames: 6, tubeletSize: 3, imageSize: 8, patchSize: 4 };
const TOKENS = 8;
const VALUES = 3 * 16 * 3;

function somePatches(): tf.Tensor3D {
  const random = randomStream(2, "pixels");
  const bytes = Uint8Array.from({ length: 6 * 8 * 8 * 3 }, () => random.integer(256));
  return patchify(bytes, geometry);
}

function somePrediction(values: number): tf.Tensor3D {
  const random = randomStream(3, "prediction");
  return tf.tensor3d(
    Float32Array.from({ length: TOKENS * values }, () => random.normal()),
    [1, TOKENS, values],
  );
}

const pixelsOf = (options: Partial<typeof pixels.defaults>): Objective =>
  pixels.create({ ...pixels.defaults, ...options });

/** The mean of squares, and the values by hand, in double arithmetic. */
function expectedLoss(
  prediction: Float32Array,
  patches: Float32Array,
  normalize: typeof TARGET_NORMS[number],
  frames: "all" | "second",
): number {
  const deviations = [0.229, 0.224, 0.225];
  const means = [0.485, 0.456, 0.406];
  const perFrame = VALUES / 3;
  let sum = 0;
  const width = prediction.length / TOKENS;
  for (let n = 0; n < TOKENS; n++) {
    const unit = [...patches.subarray(n * VALUES, (n + 1) * VALUES)]
      .map((value, i) => value * deviations[i % 3] + means[i % 3])
      .filter((_, i) => frames === "all" || Math.floor(i / perFrame) % 2 === 0);
    const group = (i: number) => normalize === "channel" ? i % 3 : 0;
    const wanted = unit.map((value, i) => {
      if (normalize === "none") return value;
      const alike = unit.filter((_, j) => group(j) === group(i));
      const mean = alike.reduce((a, b) => a + b) / alike.length;
      const variance = alike.reduce((a, b) => a + (b - mean) ** 2, 0) / (alike.length - 1);
      const deviation = normalize === "patch"
        ? Math.sqrt(variance + 1e-6)
        : Math.sqrt(variance) + 1e-6;
      return (value - mean) / deviation;
    });
    wanted.forEach((value, i) => sum += (prediction[n * width + i] - value) ** 2);
  }
  return sum / prediction.length;
}

testOnBackends("losses of pixels are those of their definition, with gradients", async () => {
  const patches = somePatches();
  const values = await patches.data() as Float32Array;
  for (const normalize of TARGET_NORMS) {
    for (const frames of ["all", "second"] as const) {
      const objective = pixelsOf({ normalize, frames });
      const width = objective.values(geometry, 99);
      assert.equal(width, frames === "all" ? VALUES : 2 * VALUES / 3);
      const prediction = somePrediction(width);
      const targets = { geometry, patches };
      const { value, grad } = tf.valueAndGrad((x: tf.Tensor) =>
        objective.loss(x as tf.Tensor3D, targets)
      )(prediction);
      const [loss] = await valuesOf(value);
      const expected = expectedLoss(
        await prediction.data() as Float32Array,
        values,
        normalize,
        frames,
      );
      assert.ok(
        Math.abs(loss / expected - 1) < 1e-5,
        `${normalize} ${frames}: ${loss} ${expected}`,
      );
      // Of a mean of squares: d/dp of half of it, times p − t, gives it back.
      const half = tidy(() => tf.sum(tf.square(grad)));
      const [squares] = await valuesOf(half);
      assert.ok(Math.abs(squares * prediction.size / 4 / loss - 1) < 1e-4);
      tf.dispose([prediction, grad]);
    }
  }
  patches.dispose();
});

testOnBackends("perfect predictions have no loss, and are the pixels again", async () => {
  const patches = somePatches();
  for (const normalize of TARGET_NORMS) {
    for (const frames of ["all", "second"] as const) {
      const objective = pixelsOf({ normalize, frames });
      const random = somePrediction(objective.values(geometry, 1));
      // The loss is a parabola in the prediction: a whole step along half its gradient ends at the targets.
      const { value, grad } = tf.valueAndGrad((x: tf.Tensor) =>
        objective.loss(x as tf.Tensor3D, { geometry, patches })
      )(random);
      const perfect = tidy(() => tf.sub(random, tf.mul(grad, random.size / 2)) as tf.Tensor3D);
      const [loss] = await valuesOf(tidy(() => objective.loss(perfect, { geometry, patches })));
      assert.ok(loss < 1e-9, `${loss}`);
      const { picture } = objective;
      assert.equal(picture!.needsStatistics, normalize !== "none");
      const [error] = await valuesOf(tidy(() => {
        const statistics = picture!.needsStatistics ? patches : null;
        const shown = picture!.pixels(perfect, statistics, geometry);
        const plain = pixelsOf({ normalize: "none", frames }).loss(shown, { geometry, patches });
        return plain;
      }));
      assert.ok(error < 1e-9, `${normalize} ${frames}: ${error}`);
      tf.dispose([value, grad, random, perfect]);
    }
  }
  patches.dispose();
}, ["cpu"]);

testOnBackends("features are predicted up to their mean and length", async () => {
  const features = somePrediction(20);
  const patches = tf.zeros([1, TOKENS, VALUES]) as tf.Tensor3D;
  for (const distance of ["l1", "l2"] as const) {
    const objective = latent.create({ distance });
    assert.equal(objective.values(geometry, 20), 20);
    const loss = (of: tf.Tensor3D, prediction: tf.Tensor3D) =>
      valuesOf(tidy(() => objective.loss(prediction, { geometry, patches, features: of })));
    const longer = tidy(() => tf.add(tf.mul(features, 7), 3) as tf.Tensor3D);
    const zero = tf.zeros(features.shape) as tf.Tensor3D;
    const [one] = await loss(features, zero);
    const [other] = await loss(longer, zero);
    assert.ok(Math.abs(one - other) < 1e-4, `${one} ${other}`);
    if (distance === "l2") assert.ok(Math.abs(one - 1) < 1e-3);
    tf.dispose([longer, zero]);
    assert.throws(
      () => tidy(() => objective.loss(features, { geometry, patches })),
      /features must be given, got none/,
    );
  }
  tf.dispose([features, patches]);
});

Deno.test("objectives that do not fit the clips are refused", () => {
  const single = { ...geometry, tubeletSize: 1 };
  assert.throws(
    () => pixelsOf({ frames: "second" }).values(single, 8),
    /tubeletSize must be at least 2, got 1/,
  );
});
