import { tidy } from "@videoms/core";
import { type ImportanceOptions, tokenImportance } from "@videoms/masking";
import { patchify } from "@videoms/models";
import type { TrainedClassifier } from "../../runs/classifier/trained_classifier.ts";
import { type Canvas, canvasOf, enlarge } from "../../pictures/canvas.ts";
import { heatMap } from "../../pictures/heat_map.ts";
import { pictureGrid, type PictureRow } from "../../pictures/picture_grid.ts";
import { tokenOverlay, tokenStates } from "../../pictures/token_overlay.ts";

/** Frames below this size are enlarged, so that their tokens can be told apart. */
const LEAST_TILE = 96;

/** A clip as a classifier looked at it. */
export interface LookedAtClip {
  /** u8, row-major [F, H, W, 3]. */
  pixels: Uint8Array;
  /** int32 [K], the tokens that were looked at. */
  kept: Int32Array;
}

/** Importance of every token of a clip, [N]; null if the classifier does not choose by it. */
async function importanceOf(
  { model, parameters, tokens, task }: TrainedClassifier,
  pixels: Uint8Array,
): Promise<Float32Array | null> {
  if (!tokens.needsEmbeddings || model.grid.tubelets < 2) return null;
  const { distance, first } = task.tokens.options as ImportanceOptions;
  const importance = tidy(() =>
    tokenImportance(
      model.embed(parameters, patchify(pixels, model.options.geometry)),
      model.grid,
      { distance, first },
    )
  );
  try {
    return await importance.data() as Float32Array;
  } finally {
    importance.dispose();
  }
}

/**
 * A sheet of a clip: frames, importance of the tokens where they are chosen by it, and the tokens that
 * were looked at, the others dark. One column a tubelet, of which the first frame is shown.
 */
export async function clipPicture(
  classifier: TrainedClassifier,
  { pixels, kept }: LookedAtClip,
  title: string,
): Promise<Canvas> {
  const { grid, options: { geometry } } = classifier.model;
  const { imageSize, patchSize, tubeletSize } = geometry;
  const frameBytes = imageSize * imageSize * 3;
  const factor = Math.max(1, Math.ceil(LEAST_TILE / imageSize));
  const perTubelet = (draw: (t: number, frame: Canvas) => Canvas): Canvas[] =>
    Array.from({ length: grid.tubelets }, (_, t) => {
      const from = t * tubeletSize * frameBytes;
      const frame = canvasOf(pixels.subarray(from, from + frameBytes), imageSize, imageSize);
      return enlarge(draw(t, frame), factor);
    });
  const tokensOf = <T extends Uint8Array | Float32Array>(values: T, t: number) =>
    values.subarray(t * grid.perTubelet, (t + 1) * grid.perTubelet);

  const rows: PictureRow[] = [{ label: "frames", tiles: perTubelet((_, frame) => frame) }];
  const importance = await importanceOf(classifier, pixels);
  if (importance) {
    const largest = importance.reduce((a, b) => Math.max(a, b), 0);
    const scale = { from: 0, to: largest, cell: patchSize };
    rows.push({
      label: "importance",
      tiles: perTubelet((t) => heatMap(tokensOf(importance, t), grid.rows, grid.columns, scale)),
    });
  }
  const states = tokenStates(grid.tokens, kept, []);
  rows.push({
    label: [`${kept.length} of ${grid.tokens}`, "tokens looked at"],
    tiles: perTubelet((t, frame) => tokenOverlay(frame, tokensOf(states, t), patchSize)),
  });
  const columnLabels = Array.from({ length: grid.tubelets }, (_, t) => `frame ${t * tubeletSize}`);
  return pictureGrid(rows, { title, columnLabels });
}
