import * as tf from "@tensorflow/tfjs-core";
import {
  AdamW,
  type Device,
  lossAndGradients,
  Parameters,
  smoothedTargets,
  softmaxCrossEntropy,
  tidy,
} from "@videoms/core";
import { allTokens, motionCentricTokens, tokenImportance } from "@videoms/masking";
import { patchify, VideoClassifier } from "@videoms/models";
import { optimizeStep } from "../training/optimize_step.ts";
import {
  compareChoices,
  compareTensors,
  type Comparison,
  relativeError,
  relativeNorm,
} from "./comparison.ts";
import { compareGradients, compareTraining } from "./compare_training.ts";
import {
  type GoldenCase,
  goldenGeometry,
  goldenParameters,
  goldenPixels,
  goldenStack,
  goldenTensor,
  indexTensor,
  indicesOfOnes,
  metadataNumber,
  rowsOf,
} from "./golden_case.ts";
import { checkGroups, recordedNumbers, recordedRule, recordedSteps } from "./recorded_optimizer.ts";
import type { Tolerances } from "./tolerances.ts";

/** The tokens that the model keeps, and their importance where it decides. */
async function keptTokens(
  golden: GoldenCase,
  model: VideoClassifier,
  parameters: Parameters,
  patches: tf.Tensor3D,
): Promise<{ kept: tf.Tensor2D; importance: tf.Tensor2D | null }> {
  const input = { grid: model.grid, batch: patches.shape[0], random: [] };
  if (golden.metadata.kind !== "motion-centric") {
    return { kept: await allTokens().select(input), importance: null };
  }
  const dropRatio = metadataNumber(golden, "token_drop_ratio");
  const embeddings = tidy(() => model.embed(parameters, patches));
  try {
    return {
      kept: await motionCentricTokens({ dropRatio }).select({ ...input, embeddings }),
      importance: tokenImportance(embeddings, model.grid),
    };
  } finally {
    embeddings.dispose();
  }
}

/**
 * Compares the kept tokens with the recorded ones, which take their place: the recorded run's choice
 * among tied tokens is its library's own.
 */
async function compareKept(
  golden: GoldenCase,
  { kept, importance }: { kept: tf.Tensor2D; importance: tf.Tensor2D | null },
): Promise<{ kept: tf.Tensor2D; comparisons: Comparison[] }> {
  if (!golden.tensors.has("expect.kept")) return { kept, comparisons: [] };
  const recorded = indicesOfOnes(goldenTensor(golden, "expect.kept"));
  const ranks = importance && await rowsOf(importance);
  const comparison = compareChoices("kept tokens", await rowsOf(kept), recorded, ranks);
  kept.dispose();
  importance?.dispose();
  return { kept: indexTensor(recorded), comparisons: [comparison] };
}

/** Features and logits of the first step, where the case has them. */
async function compareForward(
  golden: GoldenCase,
  model: VideoClassifier,
  parameters: Parameters,
  patches: tf.Tensor3D,
  kept: tf.Tensor2D,
  tolerance: number,
): Promise<Comparison[]> {
  const comparisons: Comparison[] = [];
  const [features, logits] = tidy(() => {
    const features = model.features(parameters, patches, kept);
    return [features, model.classify(parameters, features)];
  });
  for (const [quantity, tensor] of [["features", features], ["logits", logits]] as const) {
    if (golden.tensors.has(`expect.${quantity}`)) {
      const recorded = goldenTensor(golden, `expect.${quantity}`).values;
      const error = relativeError(await tensor.data(), recorded);
      comparisons.push({ quantity, error, tolerance, unit: "relative" });
    }
    tensor.dispose();
  }
  return comparisons;
}

/** Runs a recorded fine-tuning case and compares everything that it recorded. */
export async function verifyClassifier(
  golden: GoldenCase,
  device: Device,
  tolerances: Tolerances,
): Promise<Comparison[]> {
  const model = new VideoClassifier({
    geometry: goldenGeometry(golden),
    encoder: goldenStack(golden, "encoder"),
    classes: metadataNumber(golden, "num_classes"),
  });
  const { geometry, classes } = model.options;
  const recorded = (prefix: string) =>
    goldenParameters(golden, prefix, model.specs, geometry, "classifier");
  const parameters = new Parameters(model.specs, recorded("param."));
  const patches = patchify(goldenPixels(golden).pixels, geometry);
  const optimizer = new AdamW(device, parameters, {
    betas: recordedNumbers(golden, "betas"),
    rule: recordedRule(golden),
  });
  const labels = goldenTensor(golden, "input.labels").values;
  const targets = smoothedTargets(labels, classes, metadataNumber(golden, "smoothing"));
  const comparisons = checkGroups(golden, model.specs, "classifier");
  const losses: number[] = [];
  const norms: number[] = [];
  for (const { step, ...change } of recordedSteps(golden)) {
    const { kept, comparisons: choice } = await compareKept(
      golden,
      await keptTokens(golden, model, parameters, patches),
    );
    if (step === 0) {
      comparisons.push(
        ...choice,
        ...await compareForward(golden, model, parameters, patches, kept, tolerances.forward),
      );
    }
    const { loss, gradients } = lossAndGradients(parameters, () => {
      const features = model.features(parameters, patches, kept);
      return softmaxCrossEntropy(model.classify(parameters, features), targets);
    });
    losses.push((await loss.data())[0]);
    if (step === 0) comparisons.push(await compareGradients(gradients, recorded, tolerances));
    norms.push(await optimizeStep(device, optimizer, gradients, change));
    tf.dispose([loss, kept]);
    device.check();
  }
  comparisons.push(
    ...compareTraining(golden, losses, norms, tolerances),
    compareTensors(
      "weights after the steps",
      await parameters.read(),
      recorded("after."),
      tolerances.weights,
      relativeNorm,
    ),
  );
  tf.dispose([patches, targets]);
  parameters.dispose();
  optimizer.dispose();
  model.dispose();
  return comparisons;
}
