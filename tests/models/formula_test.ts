import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import {
  AdamW,
  lossAndGradients,
  Parameters,
  type RandomStream,
  randomStream,
  smoothedTargets,
  softmaxCrossEntropy,
  tidy,
} from "@videoms/core";
import { motionCentric, motionCentricTokens, tokenImportance } from "@videoms/masking";
import {
  fromPyTorch,
  MaskedAutoencoder,
  PIXEL_MEAN,
  PIXEL_STD,
  pixels as pixelObjective,
  pytorchName,
  pytorchShape,
  type PyTorchTensor,
  VideoClassifier,
} from "@videoms/models";
import { testOnBackends, valuesOf } from "../backends.ts";
import { xorshift32 } from "../xorshift32.ts";

/** Numbers of the reference's modules in float64, on synthetic weights and clips. */
const formula = JSON.parse(
  await Deno.readTextFile(new URL("../golden/formula.json", import.meta.url)),
);

type Model = MaskedAutoencoder | VideoClassifier;

/** Every tensor drawn in the order of its PyTorch name, as the recorded run did. */
function syntheticParameters(model: Model, network: "pretrain" | "classifier", seed: number) {
  const draw = xorshift32(seed);
  const { geometry } = model.options;
  const shapes = new Map(
    model.specs.map((spec) => [pytorchName(spec.name, network), pytorchShape(spec, geometry)]),
  );
  const tensors = new Map<string, PyTorchTensor>();
  for (const name of [...shapes.keys()].sort()) {
    const shape = shapes.get(name)!;
    const one = /(^|\.)(fc_)?norm[12]?\.weight$/.test(name) ? 1 : 0;
    const values = Float32Array.from(
      { length: shape.reduce((a, b) => a * b, 1) },
      () => (draw() - 0.5) * 0.4 + one,
    );
    tensors.set(name, { shape, values });
  }
  return new Parameters(model.specs, fromPyTorch(model.specs, tensors, geometry, network));
}

const geometry = { frames: 16, tubeletSize: 2, imageSize: 32, patchSize: 16 };

/** The recorded clips [2, 3, 16, 32, 32] as tokens of normalised pixels; they are no whole bytes. */
function syntheticPatches(seed: number): tf.Tensor3D {
  const draw = xorshift32(seed);
  const values = new Float32Array(2 * 32 * 1536);
  for (let b = 0; b < 2; b++) {
    for (let c = 0; c < 3; c++) {
      for (let f = 0; f < 16; f++) {
        for (let y = 0; y < 32; y++) {
          for (let x = 0; x < 32; x++) {
            const token = Math.floor(f / 2) * 4 + Math.floor(y / 16) * 2 + Math.floor(x / 16);
            const inside = (f % 2 * 16 + y % 16) * 16 + x % 16;
            values[(b * 32 + token) * 1536 + inside * 3 + c] = (draw() - PIXEL_MEAN[c]) /
              PIXEL_STD[c];
          }
        }
      }
    }
  }
  return tf.tensor3d(values, [2, 32, 1536]);
}

/** A stream whose draws ascend, so that they leave an order as it is. */
const ascending: RandomStream = {
  ...randomStream(0),
  uniforms: (count) => Float64Array.from({ length: count }, (_, i) => i / count),
};

function near(computed: number, recorded: number, tolerance: number): void {
  const error = Math.abs(computed - recorded) / Math.max(1e-3, Math.abs(recorded));
  assert.ok(error < tolerance, `${computed} and ${recorded}`);
}

testOnBackends("pre-training follows the reference's formulas, four steps long", async (device) => {
  const { enc, dec, ...recorded } = formula.pretrain;
  const model = new MaskedAutoencoder({
    geometry,
    encoder: { width: enc.dim, depth: enc.depth, heads: enc.heads },
    decoder: { width: dec.dim, depth: dec.depth, heads: dec.heads },
  });
  const parameters = syntheticParameters(model, "pretrain", recorded.weight_seed);
  const patches = syntheticPatches(recorded.video_seed);
  const embedded = tidy(() => model.embed(parameters, patches));
  const importance = tokenImportance(embedded, model.grid);
  const values = await importance.data();
  (recorded.importance_sample0 as number[]).forEach((value, n) => near(values[n], value, 1e-4));
  const strategy = motionCentric.create({
    ...motionCentric.defaults,
    maskRatio: recorded.mask_ratio,
    motionRatio: recorded.drop_ratio,
  });
  const optimizer = new AdamW(device, parameters);
  const change = { learningRate: 1e-3, weightDecay: 0.05 };
  for (const [step, expected] of recorded["adamw_losses_lr1e-3_wd.05_b.9_.95"].entries()) {
    const embeddings = tidy(() => model.embed(parameters, patches));
    const chosen = await strategy.select({
      grid: model.grid,
      batch: 2,
      embeddings,
      random: [ascending, ascending],
    });
    if (step === 0) {
      assert.deepEqual([...await chosen.visible.data()], recorded.visible.flat());
      assert.deepEqual([...await chosen.target.data()], recorded.targets.flat());
    }
    const { loss, gradients } = lossAndGradients(
      parameters,
      () => model.loss(parameters, patches, chosen, pixelObjective.create(pixelObjective.defaults)),
    );
    near((await valuesOf(loss))[0], expected, 1e-5);
    if (step === 0) {
      for (const [name, gradient] of gradients) {
        const norm = Math.hypot(...await gradient.data());
        near(norm, recorded.grad_l2[pytorchName(name, "pretrain")], 1e-3);
      }
    }
    optimizer.step(gradients, change);
    tf.dispose([...gradients.values(), embeddings, ...Object.values(chosen)]);
  }
  tf.dispose([patches, embedded, importance]);
  parameters.dispose();
  optimizer.dispose();
  model.dispose();
});

testOnBackends("classification follows the reference's formulas", async () => {
  const recorded = formula.finetune;
  const model = new VideoClassifier({
    geometry,
    encoder: { width: recorded.embed, depth: recorded.depth, heads: recorded.heads },
    classes: recorded.classes,
  });
  const parameters = syntheticParameters(model, "classifier", recorded.weight_seed);
  const patches = syntheticPatches(recorded.video_seed);
  const embeddings = tidy(() => model.embed(parameters, patches));
  const kept = await motionCentricTokens.create({
    ...motionCentricTokens.defaults,
    dropRatio: recorded.drop_ratio,
  })
    .select({ grid: model.grid, batch: 2, embeddings, random: [] });
  assert.deepEqual([...await kept.data()], recorded.kept.flat());
  const [logits, loss] = tidy(() => {
    const scores = model.classify(parameters, model.features(parameters, patches, kept));
    const targets = smoothedTargets(recorded.targets, recorded.classes, 0.1);
    return [scores, softmaxCrossEntropy(scores, targets)];
  });
  const computed = await valuesOf(logits);
  recorded.logits.flat().forEach((value: number, i: number) => near(computed[i], value, 1e-4));
  near((await valuesOf(loss))[0], recorded.label_smooth_0p1, 1e-5);
  tf.dispose([patches, embeddings, kept]);
  parameters.dispose();
  model.dispose();
});
