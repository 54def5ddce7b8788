import { tidy } from "@videoms/core";
import { tokenImportance } from "@videoms/masking";
import { type Canvas, canvasOf, enlarge } from "../../pictures/canvas.ts";
import { heatMap } from "../../pictures/heat_map.ts";
import { dimDropped, paintTokens } from "../../pictures/paint_tokens.ts";
import { pictureGrid, type PictureRow } from "../../pictures/picture_grid.ts";
import { tokenOverlay, tokenStates } from "../../pictures/token_overlay.ts";
import type { ObjectiveContext } from "./batch_loss.ts";
import {
  disposeBatch,
  selectBatch,
  type SelectedBatch,
  type SelectionContext,
} from "./batch_selection.ts";
import type { HeldOutClips } from "./held_out.ts";
import { type Reconstruction, reconstructions, rowsOf } from "./reconstructed_pixels.ts";

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
  reconstructions: Reconstruction[];
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
      const own = { tokens: target[clip], values: values[clip] };
      const painted = paintTokens(frame, own, { tubelet: t, grid, patchSize });
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
