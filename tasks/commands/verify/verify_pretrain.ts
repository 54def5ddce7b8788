import * as tf from "@tensorflow/tfjs-core";
import { type Device, gatherTokens, tidy } from "@videoms/core";
import { type Comparison, recordedStream, type Tolerances } from "@videoms/core/testing";
import { motionCentric, type Selection, tokenImportance } from "@videoms/masking";
import { MaskedAutoencoder, pixels, reconstructionTargets } from "@videoms/models";
import {
  compareForward,
  type GoldenCase,
  goldenGeometry,
  goldenStack,
  goldenTensor,
  indexTensor,
  indicesOfOnes,
  metadataNumber,
  recordedChoice,
  replay,
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
    const { importance } = selection;
    const comparisons: Comparison[] = [];
    for (const part of ["visible", "target"] as const) {
      const name = `selection: ${part}, step ${step}`;
      const key = `expect.${part}.${step}`;
      const choice = await recordedChoice(golden, key, name, selection[part], importance);
      selection[part] = choice.tokens;
      comparisons.push(...choice.comparisons);
    }
    if (step === 0) {
      const targets = () => gatherTokens(patches, selection.target);
      comparisons.push(
        ...await compareForward(golden, tolerances.forward, {
          tokens: () => tf.clone(embeddings),
          importance: () => tokenImportance(embeddings, model.grid),
          output: () => model.reconstruct(parameters, patches, selection),
          labels: () => reconstructionTargets(targets(), "channel"),
        }),
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
