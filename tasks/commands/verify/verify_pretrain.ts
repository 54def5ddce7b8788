import * as tf from "@tensorflow/tfjs-core";
import { type Device, gatherTokens, hostRows, tidy } from "@videoms/core";
import {
  compareChoices,
  compareValues,
  type Comparison,
  recordedStream,
  type Tolerances,
} from "@videoms/core/testing";
import { motionCentric, type Selection, tokenImportance } from "@videoms/masking";
import { MaskedAutoencoder, pixels, reconstructionTargets } from "@videoms/models";
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

/** The choice that the recorded run made at a step: replayed, or given by the case as a mask. */
async function selectionAt(
  golden: GoldenCase,
  model: MaskedAutoencoder,
  embeddings: tf.Tensor3D,
  step: number,
): Promise<Selection> {
  if (golden.metadata.kind !== "motion-centric") {
    const masked = goldenTensor(golden, "input.masked");
    const visible = { ...masked, values: masked.values.map((one) => 1 - one) };
    return {
      visible: indexTensor(indicesOfOnes(visible)),
      target: indexTensor(indicesOfOnes(masked)),
    };
  }
  const noise = goldenTensor(golden, `input.noise.${step}`);
  const [batch, count] = noise.shape;
  const strategy = motionCentric.create({
    ...motionCentric.defaults,
    maskRatio: metadataNumber(golden, "mask_ratio"),
    motionRatio: metadataNumber(golden, "motion_ratio"),
  });
  return await strategy.select({
    grid: model.grid,
    batch,
    embeddings,
    random: Array.from(
      { length: batch },
      (_, b) => recordedStream(noise.values.subarray(b * count, (b + 1) * count)),
    ),
  });
}

/**
 * Compares the tokens chosen at a step with the recorded ones, and puts the recorded ones in their
 * place, so that what follows is compared on the same tokens whatever the recorded run did with ties.
 */
async function compareSelection(
  golden: GoldenCase,
  selection: Selection,
  step: number,
): Promise<Comparison[]> {
  const comparisons: Comparison[] = [];
  const importance = selection.importance ? await hostRows(selection.importance) : null;
  for (const part of ["visible", "target"] as const) {
    if (!golden.tensors.has(`expect.${part}.${step}`)) continue;
    const recorded = indicesOfOnes(goldenTensor(golden, `expect.${part}.${step}`));
    const computed = await hostRows(selection[part]);
    comparisons.push(
      compareChoices(`selection: ${part}, step ${step}`, computed, recorded, importance),
    );
    selection[part].dispose();
    selection[part] = indexTensor(recorded);
  }
  return comparisons;
}

/** Tokens, importance, output and labels of the first step, where the case has them. */
async function compareForward(
  golden: GoldenCase,
  model: MaskedAutoencoder,
  { parameters, patches }: ReplayState,
  embeddings: tf.Tensor3D,
  selection: Selection,
  tolerance: number,
): Promise<Comparison[]> {
  const quantities: [string, string, () => tf.Tensor][] = [
    ["tokens", "expect.tokens", () => tf.clone(embeddings)],
    ["importance", "expect.importance", () => tokenImportance(embeddings, model.grid)],
    ["output", "expect.output", () => model.reconstruct(parameters, patches, selection)],
    [
      "labels",
      "expect.labels",
      () => reconstructionTargets(gatherTokens(patches, selection.target), "channel"),
    ],
  ];
  const comparisons: Comparison[] = [];
  for (const [quantity, key, compute] of quantities) {
    if (!golden.tensors.has(key)) continue;
    const computed = tidy(compute);
    const recorded = goldenTensor(golden, key).values;
    comparisons.push(compareValues(quantity, await computed.data(), recorded, tolerance));
    computed.dispose();
  }
  return comparisons;
}

/** Runs a recorded pre-training case and compares everything that it recorded. */
export async function verifyPretrain(
  golden: GoldenCase,
  device: Device,
  tolerances: Tolerances,
): Promise<Comparison[]> {
  const model = new MaskedAutoencoder({
    geometry: goldenGeometry(golden),
    encoder: goldenStack(golden, "encoder"),
    decoder: goldenStack(golden, "decoder"),
  });
  const objective = pixels.create(pixels.defaults);
  const { specs, options: { geometry } } = model;
  const network = { network: "pretrain", specs, geometry } as const;
  const comparisons = await replay(golden, device, tolerances, network, async (state) => {
    const { parameters, patches, step } = state;
    const embeddings = tidy(() => model.embed(parameters, patches));
    const selection = await selectionAt(golden, model, embeddings, step);
    const comparisons = await compareSelection(golden, selection, step);
    if (step === 0) {
      const { forward } = tolerances;
      comparisons.push(
        ...await compareForward(golden, model, state, embeddings, selection, forward),
      );
    }
    return {
      comparisons,
      loss: () => model.loss(parameters, patches, selection, objective),
      tensors: [embeddings, ...Object.values(selection)],
    };
  });
  model.dispose();
  return comparisons;
}
