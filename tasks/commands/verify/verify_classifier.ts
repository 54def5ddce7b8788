import * as tf from "@tensorflow/tfjs-core";
import { type Device, smoothedTargets, softmaxCrossEntropy, tidy } from "@videoms/core";
import { allTokens, motionCentricTokens, tokenImportance } from "@videoms/masking";
import { VideoClassifier } from "@videoms/models";
import { compareChoices, type Comparison, relativeError } from "./comparison.ts";
import {
  type GoldenCase,
  goldenGeometry,
  goldenStack,
  goldenTensor,
  indexTensor,
  indicesOfOnes,
  metadataNumber,
  rowsOf,
} from "./golden_case.ts";
import { replay, type ReplayState } from "./replay.ts";
import type { Tolerances } from "./tolerances.ts";

/** The tokens that the model keeps, and their importance where it decides. */
async function keptTokens(
  golden: GoldenCase,
  model: VideoClassifier,
  { parameters, patches }: ReplayState,
): Promise<{ kept: tf.Tensor2D; importance: tf.Tensor2D | null }> {
  const input = { grid: model.grid, batch: patches.shape[0], random: [] };
  if (golden.metadata.kind !== "motion-centric") {
    return { kept: await allTokens.create(allTokens.defaults).select(input), importance: null };
  }
  const dropRatio = metadataNumber(golden, "token_drop_ratio");
  const selection = motionCentricTokens.create({ ...motionCentricTokens.defaults, dropRatio });
  const embeddings = tidy(() => model.embed(parameters, patches));
  try {
    return {
      kept: await selection.select({ ...input, embeddings }),
      importance: tokenImportance(embeddings, model.grid),
    };
  } finally {
    embeddings.dispose();
  }
}

/**
 * Compares the kept tokens with the recorded ones, which take their place: the recorded run's choice
 * among tied tokens is its library's own. It was recorded at the first step only; the tied tokens,
 * which do not move, are the same at the later ones.
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
  { parameters, patches }: ReplayState,
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
  const { specs, options: { geometry, classes } } = model;
  const labels = goldenTensor(golden, "input.labels").values;
  const targets = smoothedTargets(labels, classes, metadataNumber(golden, "smoothing"));
  const network = { network: "classifier", specs, geometry } as const;
  const comparisons = await replay(golden, device, tolerances, network, async (state) => {
    const { parameters, patches, step } = state;
    const chosen = await keptTokens(golden, model, state);
    const { kept, comparisons: choice } = await compareKept(golden, chosen);
    const { forward } = tolerances;
    return {
      comparisons: step === 0
        ? [...choice, ...await compareForward(golden, model, state, kept, forward)]
        : [],
      loss: () => {
        const features = model.features(parameters, patches, kept);
        return softmaxCrossEntropy(model.classify(parameters, features), targets);
      },
      tensors: [kept],
    };
  });
  targets.dispose();
  model.dispose();
  return comparisons;
}
