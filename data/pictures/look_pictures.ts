import type { ClipGeometry } from "@videoms/core/plain";
import { type Canvas, createCanvas, drawCanvas } from "./canvas.ts";
import { type ChosenTokens, clipSheet, ClipTiles } from "./clip_tiles.ts";
import { pictureGrid, type PictureRow } from "./picture_grid.ts";
import { timeline } from "./timeline.ts";

/** What a masking strategy made of a clip's tokens. */
export interface ChosenByStrategy {
  readonly name: string;
  readonly tokens: ChosenTokens;
  /** Its targets as they were reconstructed: a label, and pixels [M, P] in [0, 1]. */
  readonly reconstructions: readonly {
    readonly label: readonly string[];
    readonly values: Float32Array;
  }[];
}

/** A clip, and what was chosen of its frames and tokens. */
export interface ChosenOfClip {
  readonly title: string;
  readonly geometry: ClipGeometry;
  /** Frames of the whole video. */
  readonly videoFrames: number;
  /** Name of the frame selector. */
  readonly selector: string;
  /** Numbers of all frames that were decoded. */
  readonly candidates: Int32Array;
  /** u8, row-major [T, H, W, 3], of the frames that were decoded. */
  readonly candidatePixels: Uint8Array;
  /** Numbers of the F frames that the model sees. */
  readonly frames: Int32Array;
  /** u8, row-major [F, H, W, 3], of the frames that the model sees. */
  readonly pixels: Uint8Array;
  /** Importance of each token, [N]; null for none. */
  readonly importance: Float32Array | null;
  readonly strategies: readonly ChosenByStrategy[];
  /** Tokens that fine-tuning keeps; null where that is not known. */
  readonly kept: Int32Array | null;
}

/** Takes the place of a tile that a row does not have. */
const NOTHING: Canvas = createCanvas(0, 0, [0, 0, 0]);

/** The rows about frames: those of the clip, and those that a selector decoded and left. */
function frameRows(clip: ChosenOfClip, tiles: ClipTiles): PictureRow[] {
  const { candidates, candidatePixels, frames, videoFrames, geometry, selector } = clip;
  const bar = timeline(
    videoFrames,
    { left: candidates, kept: frames },
    tiles.firsts.length * tiles.size,
  );
  const rows: PictureRow[] = [{
    label: [`${frames.length} of ${videoFrames} frames`, `(${selector})`],
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
 * A sheet of a clip: importance, what each strategy made of the tokens, reconstructions, the tokens that fine-tuning
 * keeps, and the frames that were kept and left. One column a tubelet, of which the first frame is shown.
 */
export function lookSheet(clip: ChosenOfClip): Canvas {
  const { importance, kept, frames, strategies, geometry } = clip;
  const tiles = new ClipTiles(clip.pixels, geometry);
  const rows = tiles.rows(importance, ["importance,", "dark to bright"]);
  for (const { name, tokens, reconstructions } of strategies) {
    const { visible, target = [] } = tokens;
    const label = [name, `${visible.length} visible`, `${target.length} targets (orange)`];
    rows.push(tiles.row(label, (frame) => tiles.tokens(frame, tokens)));
    for (const { label, values } of reconstructions) {
      rows.push(
        tiles.row([name, ...label], (frame) => tiles.reconstruction(frame, tokens, values)),
      );
    }
  }
  if (kept) {
    const label = ["fine-tuning keeps", `${kept.length} of ${tiles.tokenCount}`];
    rows.push(tiles.row(label, (frame) => tiles.tokens(frame, { visible: kept })));
  }
  rows.push(...frameRows(clip, tiles));
  return clipSheet(rows, clip.title, tiles.firsts.map((frame) => frames[frame]));
}

function filmFrame(clip: ChosenOfClip, tiles: ClipTiles, frame: number): Canvas {
  const { importance, kept, strategies, candidates, frames, videoFrames } = clip;
  const columns: [string, Canvas][] = [["clip", tiles.frame(frame)]];
  if (importance) columns.push(["importance", tiles.importance(frame, importance)]);
  const before = columns.map(() => NOTHING); // what comes before the strategies is not reconstructed
  for (const { name, tokens } of strategies) columns.push([name, tiles.tokens(frame, tokens)]);
  if (kept) columns.push(["fine-tuning", tiles.tokens(frame, { visible: kept })]);
  const now = frames[frame];
  const rows: PictureRow[] = [
    { label: "tokens", tiles: columns.map(([, tile]) => tile) },
    ...(strategies[0]?.reconstructions ?? []).map(({ label }, i) => ({
      label,
      tiles: [
        ...before,
        ...strategies.map(({ tokens, reconstructions }) =>
          tiles.reconstruction(frame, tokens, reconstructions[i].values)
        ),
      ],
    })),
    {
      // Padded, since all pictures of a film have one size.
      label: `frame ${String(now).padStart(String(videoFrames).length)} of ${videoFrames}`,
      tiles: [timeline(videoFrames, { left: candidates, kept: frames, now }, tiles.size)],
    },
  ];
  return pictureGrid(rows, clip.title, columns.map(([label]) => label));
}

/**
 * The frames of a film of a clip: the clip, its importance, what each strategy made of the tokens, and the tokens that
 * fine-tuning keeps, side by side; below them reconstructions, and where in the video the frame lies.
 */
export function lookFilm(clip: ChosenOfClip): Canvas[] {
  const tiles = new ClipTiles(clip.pixels, clip.geometry);
  return Array.from(clip.frames, (_, frame) => filmFrame(clip, tiles, frame));
}
