import { hostRows } from "@videoms/core";
import { type Canvas, clipSheet, ClipTiles, type PictureRow } from "@videoms/data/pictures";
import { reconstructions } from "@videoms/models";
import { clipImportance } from "@videoms/studio/classify";
import type { ObjectiveContext, SelectedBatch } from "@videoms/studio/train";
import { type HeldOutClips, withFirstBatch } from "./held_out.ts";

const CLIPS_ON_SHEET = 4;

async function sheetRows(
  context: ObjectiveContext,
  batch: SelectedBatch,
): Promise<PictureRow[]> {
  const { geometry } = context.model.options;
  const [selection] = batch.selections;
  const visible = await hostRows<Int32Array>(selection.visible);
  const target = await hostRows<Int32Array>(selection.target);
  const importance = await clipImportance(context, batch.patches);
  const reconstructed = await reconstructions(context, batch.patches, selection, visible, target);
  const clipBytes = geometry.frames * geometry.imageSize ** 2 * 3;
  return Array.from({ length: Math.min(CLIPS_ON_SHEET, visible.length) }, (_, clip) => {
    const pixels = batch.pixels.subarray(clip * clipBytes, (clip + 1) * clipBytes);
    const tiles = new ClipTiles(pixels, geometry);
    const chosen = { visible: visible[clip], target: target[clip] };
    const label = ["tokens: visible,", "target (orange),", "dropped (dark)"];
    return [
      ...tiles.rows(importance && importance[clip]),
      tiles.row(label, (frame) => tiles.tokens(frame, chosen)),
      ...reconstructed.map(({ label, values }) =>
        tiles.row(label, (frame) => tiles.reconstruction(frame, chosen, values[clip]))
      ),
    ];
  }).flat();
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
  const { grid, options: { geometry } } = context.model;
  const firsts = Array.from({ length: grid.tubelets }, (_, t) => t * geometry.tubeletSize);
  const rows = await withFirstBatch(context, clips, (batch) => sheetRows(context, batch));
  return rows && clipSheet(rows, title, firsts);
}
