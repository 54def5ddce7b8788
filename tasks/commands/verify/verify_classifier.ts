import * as tf from "@tensorflow/tfjs-core";
import { type Device, smoothedTargets, softmaxCrossEntropy, tidy } from "@videoms/core";
import type { Comparison, Tolerances } from "@videoms/core/testing";
import { allTokens, motionCentricTokens, tokenImportance } from "@videoms/masking";
import { VideoClassifier } from "@videoms/models";
import {
  compareForward,
  type GoldenCase,
  goldenGeometry,
  goldenStack,
  goldenTensor,
  metadataNumber,
  recordedChoice,
  replay,
  type ReplayState,
} from "@videoms/models/testing";

/**
 * The tokens that the model keeps. The recorded choice is that of the first step; the tied tokens, which do not move,
 * are the same at the later ones.
 */
async function keptTokens(
  golden: GoldenCase,
  model: VideoClassifier,
  { parameters, patches }: ReplayState,
): Promise<{ tokens: tf.Tensor2D; comparisons: Comparison[] }> {
  const input = { grid: model.grid, batch: patches.shape[0], random: [] };
  if (golden.metadata.kind !== "motion-centric") {
    const tokens = await allTokens.create(allTokens.defaults).select(input);
    return { tokens, comparisons: [] };
  }
  const dropRatio = metadataNumber(golden, "token_drop_ratio");
  const selection = motionCentricTokens.create({ ...motionCentricTokens.defaults, dropRatio });
  const embeddings = tidy(() => model.embed(parameters, patches));
  const importance = tokenImportance(embeddings, model.grid);
  try {
    const kept = await selection.select({ ...input, embeddings });
    return await recordedChoice(golden, "expect.kept", "kept tokens", kept, importance);
  } finally {
    tf.dispose([embeddings, importance]);
  }
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
    const { tokens: kept, comparisons } = await keptTokens(golden, model, state);
    const features = () => model.features(parameters, patches, kept);
    const logits = () => model.classify(parameters, features());
    return {
      comparisons: step === 0
        ? [
          ...comparisons,
          ...await compareForward(golden, tolerances.forward, { features, logits }),
        ]
        : [],
      loss: () => softmaxCrossEntropy(logits(), targets),
      tensors: [kept],
    };
  });
  targets.dispose();
  model.dispose();
  return comparisons;
}
