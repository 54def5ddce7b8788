import { basename } from "node:path";
import {
  type Canvas,
  clipSheet,
  ClipTiles,
  createCanvas,
  drawCanvas,
  pictureGrid,
  type PictureRow,
  timeline,
} from "@videoms/data/pictures";
import type { LookedClip } from "./look_at_clip.ts";
import type { LookSource } from "./look_source.ts";

/** Takes the place of a tile that a row does not have. */
const NOTHING: Canvas = createCanvas(0, 0, [0, 0, 0]);

/** A caption of the clip: the video, and what importance was measured on. */
function titleOf({ video }: LookedClip, { caption }: LookSource): string {
  return `${basename(video.record.path)}: ${caption}`;
}

/** The rows about frames: those of the clip, and those that a selector decoded and left. */
function frameRows(clip: LookedClip, tiles: ClipTiles, source: LookSource): PictureRow[] {
  const { candidates, candidatePixels, frames, video: { record } } = clip;
  const { geometry } = source.model.options;
  const bar = timeline(
    record.frames,
    { left: candidates, kept: frames },
    tiles.firsts.length * tiles.size,
  );
  const rows: PictureRow[] = [{
    label: [`${frames.length} of ${record.frames} frames`, `(${source.task.frames.name})`],
    tiles: tiles.firsts.map((_, column) => {
      const piece = createCanvas(tiles.size, bar.height, [0, 0, 0]);
      drawCanvas(piece, bar, -column * tiles.size, 0);
      return piece;
    }),
  }];
  if (candidates.length === frames.length) return rows;
  const all = new ClipTiles(candidatePixels, { ...geometry, frames: candidates.length });
  const draw = (frame: number) => all.candidate(frame, frames.includes(candidates[frame]));
  return [...rows, all.row(["candidates,", "left ones dark"], draw)];
}

/**
 * A sheet of a clip: frames kept and left, importance, what each strategy makes of the tokens in its first
 * epoch, and with a checkpoint the reconstructions and the tokens that fine-tuning keeps. One column a
 * tubelet, of which the first frame is shown.
 */
export function lookSheet(clip: LookedClip, source: LookSource): Canvas {
  const { importance, kept, frames, strategies } = clip;
  const { grid, options: { geometry } } = source.model;
  const tiles = new ClipTiles(clip.pixels, geometry);
  const rows = tiles.rows(importance, ["importance,", "dark to bright"]);
  for (const { masking: { name }, draws: [draw], reconstructions } of strategies) {
    const label = [
      name,
      `${draw.visible.length} visible`,
      `${draw.target.length} targets (orange)`,
    ];
    rows.push(tiles.row(label, (frame) => tiles.tokens(frame, draw)));
    for (const { label, values: [values] } of reconstructions) {
      rows.push(
        tiles.row([name, ...label], (frame) => tiles.reconstruction(frame, draw, values)),
      );
    }
  }
  if (kept) {
    const label = ["fine-tuning keeps", `${kept.length} of ${grid.tokens}`];
    rows.push(tiles.row(label, (frame) => tiles.tokens(frame, { visible: kept })));
  }
  rows.push(...frameRows(clip, tiles, source));
  return clipSheet(rows, titleOf(clip, source), tiles.firsts.map((frame) => frames[frame]));
}

function filmFrame(
  clip: LookedClip,
  tiles: ClipTiles,
  source: LookSource,
  frame: number,
): Canvas {
  const { importance, kept, strategies, candidates, frames, video: { record } } = clip;
  const columns: [string, Canvas][] = [["clip", tiles.frame(frame)]];
  if (importance) columns.push(["importance", tiles.importance(frame, importance)]);
  const before = columns.map(() => NOTHING); // what comes before the strategies is not reconstructed
  for (const { masking, draws: [draw] } of strategies) {
    columns.push([masking.name, tiles.tokens(frame, draw)]);
  }
  if (kept) columns.push(["fine-tuning", tiles.tokens(frame, { visible: kept })]);
  const now = frames[frame];
  const rows: PictureRow[] = [
    { label: "tokens", tiles: columns.map(([, tile]) => tile) },
    ...strategies[0].reconstructions.map(({ label }, i) => ({
      label,
      tiles: [
        ...before,
        ...strategies.map(({ draws: [draw], reconstructions }) =>
          tiles.reconstruction(frame, draw, reconstructions[i].values[0])
        ),
      ],
    })),
    {
      // Padded, since all pictures of a film have one size.
      label: `frame ${String(now).padStart(String(record.frames).length)} of ${record.frames}`,
      tiles: [timeline(record.frames, { left: candidates, kept: frames, now }, tiles.size)],
    },
  ];
  return pictureGrid(rows, titleOf(clip, source), columns.map(([label]) => label));
}

/**
 * The frames of a film of a clip: the clip, its importance, what each strategy makes of the tokens in its
 * first epoch, and with a checkpoint the tokens that fine-tuning keeps, side by side; below them
 * reconstructions, and where in the video the frame lies.
 */
export function lookFilm(clip: LookedClip, source: LookSource): Canvas[] {
  const tiles = new ClipTiles(clip.pixels, source.model.options.geometry);
  return Array.from(clip.frames, (_, frame) => filmFrame(clip, tiles, source, frame));
}
