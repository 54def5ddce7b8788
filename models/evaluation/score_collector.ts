import type { FailedView, ViewEntries, ViewPlace, ViewScores } from "./view_scores.ts";

/** Collects scores during an evaluation. */
export interface ScoreCollector {
  /**
   * Adds the scores of views.
   *
   * @param logits row-major [views, classes]
   * @throws {RangeError} if a score is not finite
   */
  add(views: readonly ViewPlace[], logits: Float32Array): void;
  /** Adds views that cannot be decoded. */
  fail(views: readonly FailedView[]): void;
  /** The scores so far; their arrays are views of growing buffers. */
  scores(): ViewScores;
}

/** Copies entries into buffers with the given capacity. */
function roomFor(entries: ViewEntries, capacity: number, classes: number): ViewEntries {
  const integers = (values: Int32Array) => {
    const room = new Int32Array(capacity);
    room.set(values);
    return room;
  };
  const logits = new Float32Array(capacity * classes);
  logits.set(entries.logits);
  const { row, segment, crop } = entries;
  return { row: integers(row), segment: integers(segment), crop: integers(crop), logits };
}

/**
 * Continues from existing scores, which may be empty.
 *
 * @param more views that will be added at most
 */
export function collectScores(start: ViewScores, more: number): ScoreCollector {
  const classes = start.classes.length;
  const failed = [...start.failed];
  const all = roomFor(start.entries, start.entries.row.length + more, classes);
  let count = start.entries.row.length;
  return {
    add(views, logits) {
      const bad = logits.findIndex((score) => !Number.isFinite(score));
      if (bad >= 0) {
        const { row } = views[Math.floor(bad / classes)];
        throw new RangeError(
          `Cannot evaluate: scores must be finite, got ${logits[bad]} for ` +
            `${
              start.videos[row].path
            }; the weights of ${start.facts.checkpoint.path} may be damaged`,
        );
      }
      all.logits.set(logits, count * classes);
      for (const { row, segment, crop } of views) {
        all.row[count] = row;
        all.segment[count] = segment;
        all.crop[count] = crop;
        count++;
      }
    },
    fail: (views) => void failed.push(...views),
    scores: () => ({
      ...start,
      entries: {
        row: all.row.subarray(0, count),
        segment: all.segment.subarray(0, count),
        crop: all.crop.subarray(0, count),
        logits: all.logits.subarray(0, count * classes),
      },
      failed: [...failed],
    }),
  };
}
