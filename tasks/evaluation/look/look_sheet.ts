import { basename } from "node:path";
import { type Canvas, createCanvas, drawCanvas } from "../../pictures/canvas.ts";
import { pictureGrid, type PictureRow } from "../../pictures/picture_grid.ts";
import { timeline } from "../../pictures/timeline.ts";
import { ClipTiles } from "./clip_tiles.ts";
import type { LookedClip, LookedStrategy } from "./look_at_clip.ts";
import type { LookSource } from "./look_source.ts";

/** A caption of the clip: the video, and what importance was measured on. */
export function lookTitle({ video }: LookedClip, { caption }: LookSource): string {
  return `${basename(video.record.path)}: ${caption}`;
}

/** The rows about frames: those of the clip, and those that a selector looked into and left. */
function frameRows(clip: LookedClip, tiles: ClipTiles, source: LookSource): PictureRow[] {
  const { task, model } = source;
  const { tubeletSize } = model.options.geometry;
  const { candidates, frames, video: { record } } = clip;
  const { tubelets: columns } = model.grid;
  const bar = timeline(record.frames, { left: candidates, kept: frames }, columns * tiles.size);
  const rows: PictureRow[] = [{
    label: [`${frames.length} of ${record.frames} frames`, `(${task.frames.name})`],
    tiles: Array.from({ length: columns }, (_, column) => {
      const piece = createCanvas(tiles.size, bar.height, [0, 0, 0]);
      drawCanvas(piece, bar, -column * tiles.size, 0);
      return piece;
    }),
  }];
  if (candidates.length > frames.length) {
    const tubelets = Array.from({ length: candidates.length / tubeletSize }, (_, t) => t);
    rows.push({
      label: ["candidates,", "left ones dark"],
      tiles: tubelets.map((t) => tiles.candidate(t * tubeletSize)),
    });
  }
  return rows;
}

function strategyRows(
  strategy: LookedStrategy,
  tiles: ClipTiles,
  firsts: readonly number[],
): PictureRow[] {
  const { masking, draws: [{ visible, target }], reconstructions } = strategy;
  return [
    {
      label: [masking.name, `${visible.length} visible`, `${target.length} targets (orange)`],
      tiles: firsts.map((frame) => tiles.tokens(frame, visible, target)),
    },
    ...reconstructions.map(({ label, values: [values] }) => ({
      label: [masking.name, ...label],
      tiles: firsts.map((frame) => tiles.reconstruction(frame, strategy, values)),
    })),
  ];
}

/**
 * A sheet of a clip: frames kept and left, importance, what each strategy makes of the tokens in its first
 * epoch, and with a checkpoint the reconstructions and the tokens that fine-tuning keeps. One column a
 * tubelet, of which the first frame is shown.
 */
export function lookSheet(clip: LookedClip, source: LookSource): Canvas {
  const tiles = new ClipTiles(clip, source);
  const { grid, options: { geometry } } = source.model;
  const firsts = Array.from({ length: grid.tubelets }, (_, t) => t * geometry.tubeletSize);
  const { importance, kept, frames } = clip;
  const rows: PictureRow[] = [
    { label: "frames", tiles: firsts.map((frame) => tiles.frame(frame)) },
    ...(importance
      ? [{
        label: ["importance,", "dark to bright"],
        tiles: firsts.map((frame) => tiles.importance(frame, importance)),
      }]
      : []),
    ...clip.strategies.flatMap((one) => strategyRows(one, tiles, firsts)),
  ];
  if (kept) {
    rows.push({
      label: ["fine-tuning keeps", `${kept.length} of ${grid.tokens}`],
      tiles: firsts.map((frame) => tiles.tokens(frame, kept)),
    });
  }
  const columnLabels = firsts.map((frame) => `frame ${frames[frame]}`);
  rows.push(...frameRows(clip, tiles, source));
  return pictureGrid(rows, { title: lookTitle(clip, source), columnLabels });
}
