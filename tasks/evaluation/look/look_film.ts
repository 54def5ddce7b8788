import { type Canvas, createCanvas } from "../../pictures/canvas.ts";
import { pictureGrid, type PictureRow } from "../../pictures/picture_grid.ts";
import { timeline } from "../../pictures/timeline.ts";
import { ClipTiles } from "./clip_tiles.ts";
import type { LookedClip } from "./look_at_clip.ts";
import { lookTitle } from "./look_sheet.ts";
import type { LookSource } from "./look_source.ts";

/** Takes the place of a tile that a row does not have. */
const NOTHING: Canvas = createCanvas(0, 0, [0, 0, 0]);

/** The tiles of a frame, one for each column, and what the columns are called. */
function frameColumns(
  clip: LookedClip,
  tiles: ClipTiles,
  frame: number,
): { labels: string[]; row: Canvas[]; strategies: number } {
  const columns: [string, Canvas][] = [["clip", tiles.frame(frame)]];
  const { importance, kept, strategies } = clip;
  if (importance) columns.push(["importance", tiles.importance(frame, importance)]);
  const first = columns.length;
  for (const { masking, draws: [{ visible, target }] } of strategies) {
    columns.push([masking.name, tiles.tokens(frame, visible, target)]);
  }
  if (kept) columns.push(["fine-tuning", tiles.tokens(frame, kept)]);
  return {
    labels: columns.map(([label]) => label),
    row: columns.map(([, tile]) => tile),
    strategies: first,
  };
}

function filmFrame(
  clip: LookedClip,
  tiles: ClipTiles,
  source: LookSource,
  frame: number,
): Canvas {
  const { labels, row, strategies: first } = frameColumns(clip, tiles, frame);
  const [{ reconstructions }] = clip.strategies;
  const total = clip.video.record.frames;
  const rows: PictureRow[] = [
    { label: "tokens", tiles: row },
    ...reconstructions.map(({ label }, i) => ({
      label,
      tiles: [
        ...Array.from({ length: first }, () => NOTHING),
        ...clip.strategies.map((one) =>
          tiles.reconstruction(frame, one, one.reconstructions[i].values[0])
        ),
      ],
    })),
    {
      // Padded, since all pictures of a film have one size.
      label: `frame ${String(clip.frames[frame]).padStart(String(total).length)} of ${total}`,
      tiles: [
        timeline(total, {
          left: clip.candidates,
          kept: clip.frames,
          now: clip.frames[frame],
        }, tiles.size),
      ],
    },
  ];
  return pictureGrid(rows, { title: lookTitle(clip, source), columnLabels: labels });
}

/**
 * The frames of a film of a clip: the clip, its importance, what each strategy makes of the tokens in its
 * first epoch, and with a checkpoint the tokens that fine-tuning keeps, side by side; below them
 * reconstructions, and where in the video the frame lies.
 */
export function lookFilm(clip: LookedClip, source: LookSource): Canvas[] {
  const tiles = new ClipTiles(clip, source);
  return Array.from(clip.frames, (_, frame) => filmFrame(clip, tiles, source, frame));
}
