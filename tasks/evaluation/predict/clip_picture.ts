import { tidy } from "@videoms/core";
import { type ImportanceOptions, tokenImportance } from "@videoms/masking";
import { patchify } from "@videoms/models";
import type { TrainedClassifier } from "../../runs/classifier/trained_classifier.ts";
import type { Canvas } from "../../pictures/canvas.ts";
import { clipSheet, ClipTiles } from "../../pictures/clip_tiles.ts";

export interface LookedAtClip {
  /** u8, row-major [F, H, W, 3]. */
  pixels: Uint8Array;
  /** int32 [K], the kept tokens. */
  kept: Int32Array;
}

/** Importance of every token of a clip, [N]; null if the classifier does not choose by it. */
async function importanceOf(
  { model, parameters, tokens, task }: TrainedClassifier,
  pixels: Uint8Array,
): Promise<Float32Array | null> {
  if (!tokens.needsEmbeddings || model.grid.tubelets < 2) return null;
  const { distance, first } = task.tokens.options as ImportanceOptions;
  const importance = tidy(() => {
    const embeddings = model.embed(parameters, patchify(pixels, model.options.geometry));
    return tokenImportance(embeddings, model.grid, { distance, first });
  });
  try {
    return await importance.data() as Float32Array;
  } finally {
    importance.dispose();
  }
}

/**
 * A sheet of a clip: its frames, how much each token moves if the classifier chooses by that, and the
 * tokens that it kept, the others dark. One column a tubelet, of which the first frame is shown.
 */
export async function clipPicture(
  classifier: TrainedClassifier,
  { pixels, kept }: LookedAtClip,
  title: string,
): Promise<Canvas> {
  const { grid, options: { geometry } } = classifier.model;
  const tiles = new ClipTiles(pixels, geometry);
  const label = [`${kept.length} of ${grid.tokens}`, "tokens looked at"];
  const rows = [
    ...tiles.rows(await importanceOf(classifier, pixels)),
    tiles.row(label, (frame) => tiles.tokens(frame, { visible: kept })),
  ];
  return clipSheet(rows, title, tiles.firsts);
}
