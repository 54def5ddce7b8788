import * as tf from "@tensorflow/tfjs-core";
import { type Device, hostRows, smoothedTargets, softmaxCrossEntropy, tidy } from "@videoms/core";
import {
  compareChoices,
  compareValues,
  type Comparison,
  type Tolerances,
} from "@videoms/core/testing";
import { allTokens, motionCentricTokens, tokenImportance } from "@videoms/masking";
import { VideoClassifier } from "@videoms/models";
import {
  type GoldenCase,
  goldenGeometry,
  goldenStack,
  goldenTensor,
  indexTensor,
  indicesOfOnes,
  metadataNumber,
  replay,
  type ReplayState,
} from "@videoms/models/testing";

/**
 * The tokens that the model keeps: those recorded, once they are compared with its own choice, since the
 * recorded run's choice among tied tokens is its library's own. It was recorded at the first step only; the tied
 * tokens, which do not move, are the same at the later ones.
 */
async function keptTokens(
  golden: GoldenCase,
  model: VideoClassifier,
  { parameters, patches }: ReplayState,
): Promise<{ kept: tf.Tensor2D; comparisons: Comparison[] }> {
  const input = { grid: model.grid, batch: patches.shape[0], random: [] };
  if (golden.metadata.kind !== "motion-centric") {
    const kept = await allTokens.create(allTokens.defaults).select(input);
    return { kept, comparisons: [] };
  }
  const dropRatio = metadataNumber(golden, "token_drop_ratio");
  const selection = motionCentricTokens.create({ ...motionCentricTokens.defaults, dropRatio });
  const embeddings = tidy(() => model.embed(parameters, patches));
  const kept = await selection.select({ ...input, embeddings });
  const importance = tokenImportance(embeddings, model.grid);
  try {
    if (!golden.tensors.has("expect.kept")) return { kept: tf.clone(kept), comparisons: [] };
    const recorded = indicesOfOnes(goldenTensor(golden, "expect.kept"));
    const ranks = await hostRows(importance);
    const comparison = compareChoices("kept tokens", await hostRows(kept), recorded, ranks);
    return { kept: indexTensor(recorded), comparisons: [comparison] };
  } finally {
    tf.dispose([embeddings, kept, importance]);
  }
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
      comparisons.push(compareValues(quantity, await tensor.data(), recorded, tolerance));
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
    const { kept, comparisons: choice } = await keptTokens(golden, model, state);
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
