import { hostRows, type Parameters, randomStream, tidy } from "@videoms/core";
import type { RawClips } from "@videoms/data/plain";
import { type ClassifierContext, classifierInput, disposeInput } from "./classifier_input.ts";

/** Scores of clips, and what they were given for. */
export interface ClassifiedClips {
  /** Logits, float32 row-major [B, classes]. */
  logits: Float32Array;
  /** The tokens that were looked at, int32 [K] for each clip. */
  kept: Int32Array[];
  /** Pixels of the frames that were looked at, u8 [B, F, H, W, 3]. */
  pixels: Uint8Array;
}

/** Scores clips without chance and without gradients. */
export async function classifyClips(
  context: ClassifierContext,
  parameters: Parameters,
  clips: RawClips,
): Promise<ClassifiedClips> {
  const { model } = context;
  const random = Array.from({ length: clips.batch }, (_, b) => randomStream(0, "unused", b));
  const input = await classifierInput({ ...context, parameters }, clips, "test", random);
  try {
    const scores = tidy(() =>
      model.classify(parameters, model.features(parameters, input.patches, input.kept))
    );
    const [logits, kept] = await Promise.all([scores.data(), hostRows<Int32Array>(input.kept)]);
    scores.dispose();
    return { logits: Float32Array.from(logits), kept, pixels: input.pixels };
  } finally {
    disposeInput(input);
  }
}
