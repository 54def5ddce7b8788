import * as tf from "@tensorflow/tfjs-core";
import { gatherTokens, tidy, type TokenGrid } from "@videoms/core";
import { tokenImportance } from "@videoms/masking";
import { type Canvas, canvasOf, enlarge } from "../picture/canvas.ts";
import { heatMap } from "../picture/heat_map.ts";
import { pictureGrid, type PictureRow } from "../picture/picture_grid.ts";
import { tokenOverlay, TokenState, tokenStates } from "../picture/token_overlay.ts";
import type { ObjectiveContext } from "./batch_loss.ts";
import {
  disposeBatch,
  selectBatch,
  type SelectedBatch,
  type SelectionContext,
} from "./batch_selection.ts";
import type { HeldOutClips } from "./held_out.ts";
import { nearestVisible } from "./nearest_visible.ts";

/** Clips on one sheet. */
const CLIPS_ON_SHEET = 4;

/** Frames below this size are enlarged, so that their tokens can be told apart. */
const LEAST_TILE = 96;

/** What a sheet shows of one batch, on the host. */
interface BatchContents {
  /** u8 [B, F, H, W, 3]. */
  pixels: Uint8Array;
  visible: Int32Array[];
  target: Int32Array[];
  /** [N] per clip, or null for clips of one tubelet. */
  importance: Float32Array[] | null;
  /** A row's label, and pixels in [0, 1] of the target tokens per clip, [M, P]. */
  reconstructions: { label: string[]; values: Float32Array[] }[];
}

async function rowsOf<T extends Float32Array | Int32Array>(tensor: tf.Tensor): Promise<T[]> {
  const values = await tensor.data() as T;
  const [batch] = tensor.shape;
  const size = values.length / batch;
  return Array.from({ length: batch }, (_, b) => values.slice(b * size, (b + 1) * size) as T);
}

/**
 * Reconstructions as pixels. Normalised targets leave the brightness and contrast of a patch open, so
 * they are shown once with the true ones and once with those that can be predicted without looking:
 * the ones of the nearest visible token.
 */
async function reconstructions(
  { model, parameters, objective: { picture } }: ObjectiveContext,
  batch: SelectedBatch,
  visible: Int32Array[],
  target: Int32Array[],
): Promise<BatchContents["reconstructions"]> {
  if (!picture) return [];
  const { patches, selections: [selection] } = batch;
  const guesses = visible.map((row, b) => nearestVisible(row, target[b], model.grid));
  const statistics = picture.needsStatistics
    ? [
      { label: ["reconstruction,", "true statistics"], index: target },
      { label: ["reconstruction,", "predicted statistics", "(nearest visible)"], index: guesses },
    ]
    : [{ label: ["reconstruction"], index: null }];
  const result: BatchContents["reconstructions"] = [];
  for (const { label, index } of statistics) {
    const pixels = tidy(() => {
      const prediction = model.reconstruct(parameters, patches, selection);
      const { geometry } = model.options;
      if (index === null) return picture.pixels(prediction, null, geometry);
      const rows = tf.tensor2d(index.map((row) => [...row]), undefined, "int32");
      return picture.pixels(prediction, gatherTokens(patches, rows), geometry);
    });
    result.push({ label, values: await rowsOf<Float32Array>(pixels) });
    pixels.dispose();
  }
  return result;
}

async function contentsOf(
  context: ObjectiveContext,
  batch: SelectedBatch,
): Promise<BatchContents> {
  const { model, parameters } = context;
  const [selection] = batch.selections;
  const visible = await rowsOf<Int32Array>(selection.visible);
  const target = await rowsOf<Int32Array>(selection.target);
  let importance: Float32Array[] | null = null;
  if (model.grid.tubelets > 1) {
    const tensor = tidy(() =>
      tokenImportance(model.embed(parameters, batch.patches), model.grid, {
        distance: "l2",
        first: "copy",
      })
    );
    importance = await rowsOf<Float32Array>(tensor);
    tensor.dispose();
  }
  return {
    pixels: batch.pixels,
    visible,
    target,
    importance,
    reconstructions: await reconstructions(context, batch, visible, target),
  };
}

/** Draws the first frame of target tokens into a frame, [P] values of a token per patch. */
function paintTokens(
  frame: Canvas,
  tubelet: number,
  target: Int32Array,
  values: Float32Array,
  { perTubelet, columns }: TokenGrid,
  patchSize: number,
): Canvas {
  const painted = canvasOf(frame.data, frame.width, frame.height);
  const perToken = values.length / target.length;
  target.forEach((token, m) => {
    if (Math.floor(token / perTubelet) !== tubelet) return;
    const top = Math.floor(token % perTubelet / columns) * patchSize;
    const left = token % columns * patchSize;
    for (let i = 0; i < patchSize * patchSize * 3; i++) {
      const row = top + Math.floor(i / (patchSize * 3));
      const at = (row * frame.width + left) * 3 + i % (patchSize * 3);
      painted.data[at] = Math.round(255 * Math.min(1, Math.max(0, values[m * perToken + i])));
    }
  });
  return painted;
}

/** Dims the tokens that the model neither saw nor reconstructed. */
function dimDropped(frame: Canvas, states: Uint8Array, patchSize: number): Canvas {
  const kept = states.map((state) =>
    state === TokenState.dropped ? TokenState.dropped : TokenState.visible
  );
  return tokenOverlay(frame, kept, patchSize);
}

function clipRows(contents: BatchContents, clip: number, context: SelectionContext): PictureRow[] {
  const { grid, options: { geometry } } = context.model;
  const { imageSize, patchSize, tubeletSize, frames } = geometry;
  const frameBytes = imageSize * imageSize * 3;
  const factor = Math.max(1, Math.ceil(LEAST_TILE / imageSize));
  const { pixels, visible, target, importance } = contents;
  const states = tokenStates(grid.tokens, visible[clip], target[clip]);
  const statesOf = (t: number) => states.slice(t * grid.perTubelet, (t + 1) * grid.perTubelet);
  const perTubelet = (draw: (t: number, frame: Canvas) => Canvas): Canvas[] =>
    Array.from({ length: grid.tubelets }, (_, t) => {
      const from = (clip * frames + t * tubeletSize) * frameBytes;
      const frame = canvasOf(pixels.subarray(from, from + frameBytes), imageSize, imageSize);
      return enlarge(draw(t, frame), factor);
    });
  const rows: PictureRow[] = [{ label: "frames", tiles: perTubelet((_, frame) => frame) }];
  if (importance) {
    const values = importance[clip];
    const scale = { from: 0, to: Math.max(...values), cell: patchSize };
    const tiles = perTubelet((t) => {
      const here = values.subarray(t * grid.perTubelet, (t + 1) * grid.perTubelet);
      return heatMap(here, grid.rows, grid.columns, scale);
    });
    rows.push({ label: "importance", tiles });
  }
  rows.push({
    label: ["tokens: visible,", "target (orange),", "dropped (dark)"],
    tiles: perTubelet((t, frame) => tokenOverlay(frame, statesOf(t), patchSize)),
  });
  for (const { label, values } of contents.reconstructions) {
    const tiles = perTubelet((t, frame) => {
      const painted = paintTokens(frame, t, target[clip], values[clip], grid, patchSize);
      return dimDropped(painted, statesOf(t), patchSize);
    });
    rows.push({ label, tiles });
  }
  return rows;
}

/**
 * A sheet of the first held-out clips: frames, importance, what becomes of the tokens, and the
 * reconstruction of the target tokens (the visible ones are shown as they are). One column a tubelet,
 * of which the first frame is shown.
 *
 * @returns null if there are no clips
 */
export async function heldOutPicture(
  context: ObjectiveContext,
  clips: HeldOutClips,
  title: string,
): Promise<Canvas | null> {
  const [raw] = clips.batches;
  if (!raw) return null;
  const batch = await selectBatch(context, raw, "test", clips.random[0]);
  try {
    const contents = await contentsOf(context, batch);
    const { tubeletSize } = context.model.options.geometry;
    const rows = Array.from({ length: Math.min(CLIPS_ON_SHEET, raw.batch) }, (_, clip) => clip)
      .flatMap((clip) => clipRows(contents, clip, context));
    return pictureGrid(rows, {
      title,
      columnLabels: Array.from(
        { length: context.model.grid.tubelets },
        (_, t) => `frame ${t * tubeletSize}`,
      ),
    });
  } finally {
    disposeBatch(batch);
  }
}
