import { randomStream } from "@videoms/core/plain";
import type { LabelledVideo } from "./clip_batch.ts";

/** Which clips a step is of. */
export interface StepRows {
  /** Rows of the list of videos. */
  readonly rows: Int32Array;
  /** How often all videos of its set, or of the list, were drawn before each clip. */
  readonly rounds: Int32Array;
  /** Shares of the sets in the clips of the step; of a mix alone. */
  readonly shares?: readonly number[];
}

/** A set of a mix, with its videos. */
interface SetRows {
  readonly share: number;
  /** Rows of the list of videos. */
  readonly rows: readonly number[];
}

function setsOf(videos: readonly LabelledVideo[]): SetRows[] {
  const rows = Map.groupBy(videos.keys(), (row) => videos[row].set!);
  return [...rows].map(([{ share }, rows]) => ({ share, rows }));
}

/**
 * Which set each next clip is of: the one that is furthest behind its share, the first of equals. So each set has its
 * share of any number of clips from the first on, to within about one clip.
 */
class SetTurns {
  readonly #shares: readonly number[];
  #drawn: number[];
  #clips = 0;

  constructor(shares: readonly number[]) {
    const total = shares.reduce((sum, share) => sum + share, 0);
    this.#shares = shares.map((share) => share / total); // a set of which no video can be read is missing
    this.#drawn = shares.map(() => 0);
  }

  /** Clips of each set among the first `clips`. */
  upTo(clips: number): readonly number[] {
    if (clips < this.#clips) [this.#clips, this.#drawn] = [0, this.#shares.map(() => 0)];
    while (this.#clips < clips) this.next();
    return [...this.#drawn];
  }

  /** The set of the next clip. */
  next(): number {
    const clips = ++this.#clips;
    let [next, most] = [0, -Infinity];
    for (let set = 0; set < this.#shares.length; set++) {
      const behind = clips * this.#shares[set] - this.#drawn[set];
      if (behind > most) [next, most] = [set, behind];
    }
    this.#drawn[next]++;
    return next;
  }
}

/** The videos of a set in the order in which they are drawn, round after round. */
function setWalk(seed: number, set: number, { rows }: SetRows) {
  let known: { round: number; order: Int32Array } = { round: -1, order: new Int32Array(0) };
  return (clip: number): { row: number; round: number } => {
    const round = Math.floor(clip / rows.length);
    if (known.round !== round) {
      known = { round, order: randomStream(seed, "order", set, round).permutation(rows.length) };
    }
    return { row: rows[known.order[clip % rows.length]], round };
  };
}

/**
 * The clips of each step of a mix of data sets, shuffled epochs of one list joined end to end: sets come in turns by
 * their shares, and each is gone through before one of its videos comes again. Within a step the clips are shuffled.
 * All is a function of seed, batch and step.
 *
 * @param videos each with its set
 * @param batch clips of a step
 * @returns the clips of a step, counted from 0 across epochs
 */
export function mixedOrder(
  videos: readonly LabelledVideo[],
  batch: number,
  seed: number,
): (step: number) => StepRows {
  const sets = setsOf(videos);
  const turns = new SetTurns(sets.map(({ share }) => share));
  const walks = sets.map((set, i) => setWalk(seed, i, set));
  return (step) => {
    const before = turns.upTo(step * batch);
    const drawn = [...before];
    const clips = Array.from({ length: batch }, () => {
      const set = turns.next();
      return walks[set](drawn[set]++);
    });
    const order = randomStream(seed, "mixed-step", step).permutation(batch);
    const shuffled = Array.from(order, (at) => clips[at]);
    return {
      rows: Int32Array.from(shuffled, ({ row }) => row),
      rounds: Int32Array.from(shuffled, ({ round }) => round),
      shares: drawn.map((count, set) => (count - before[set]) / batch),
    };
  };
}
