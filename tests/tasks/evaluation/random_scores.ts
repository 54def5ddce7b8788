import { randomStream } from "@videoms/core";
import type { FailedView, ViewScores } from "@videoms/models";

/** What {@linkcode randomScores} is told. */
export interface RandomScoresOptions {
  videos?: number;
  classes?: number;
  segments?: number;
  crops?: number;
  failed?: FailedView[];
}

/** Scores of every view, drawn by chance and put in an order of chance. */
export function randomScores(options: RandomScoresOptions = {}): ViewScores {
  const { videos = 11, classes = 7, segments = 3, crops = 2, failed = [] } = options;
  const random = randomStream(7);
  const views = Array.from({ length: videos * segments * crops }, (_, number) => ({
    crop: number % crops,
    segment: Math.floor(number / crops) % segments,
    row: Math.floor(number / crops / segments),
  })).filter((view) =>
    !failed.some(({ row, segment, crop }) =>
      row === view.row && segment === view.segment && crop === view.crop
    )
  );
  return shuffled({
    facts: {
      task: "random",
      settings: { frames: "spread", samplingRate: 4 },
      checkpoint: { path: "runs/random/step-00000007.safetensors", step: 7, sha256: "ab" },
      weights: "last",
      list: "test",
    },
    classes: Array.from({ length: classes }, (_, c) => `class ${c}`),
    segments,
    crops,
    videos: Array.from({ length: videos }, (_, row) => ({
      path: `/videos/${row}.mp4`,
      label: random.integer(classes),
      ...row % 3 === 0 ? { window: { start: row, end: row + 50 } } : {},
    })),
    entries: {
      row: Int32Array.from(views, ({ row }) => row),
      segment: Int32Array.from(views, ({ segment }) => segment),
      crop: Int32Array.from(views, ({ crop }) => crop),
      logits: Float32Array.from({ length: views.length * classes }, () => random.normal() * 3),
    },
    failed,
  }, 1);
}

/** The entries for which `keep` says so, in the order of `places`. */
function pick(scores: ViewScores, places: readonly number[]): ViewScores {
  const { entries, classes: { length: classes } } = scores;
  const { logits } = entries;
  return {
    ...scores,
    entries: {
      row: Int32Array.from(places, (place) => entries.row[place]),
      segment: Int32Array.from(places, (place) => entries.segment[place]),
      crop: Int32Array.from(places, (place) => entries.crop[place]),
      logits: Float32Array.from(
        places.flatMap((place) => [...logits.subarray(place * classes, (place + 1) * classes)]),
      ),
    },
  };
}

/** The same scores in another order. */
export function shuffled(scores: ViewScores, seed: number): ViewScores {
  return pick(scores, [...randomStream(seed).permutation(scores.entries.row.length)]);
}

/** The scores of some rows. */
export function scoresOfRows(scores: ViewScores, rows: readonly number[]): ViewScores {
  const places = [...scores.entries.row.keys()]
    .filter((place) => rows.includes(scores.entries.row[place]));
  return {
    ...pick(scores, places),
    failed: scores.failed.filter(({ row }) => rows.includes(row)),
  };
}
