/** A sum over ranks that was timed. */
export interface TimedSum {
  /** Ranks, all on one host. */
  readonly ranks: number;
  readonly bytes: number;
  readonly ms: number;
  /** Pieces that the values lay in, each of which goes in a message of its own; as many on each rank's half. @default 1 */
  readonly pieces?: number;
}

/** What sums over ranks of one host cost, in milliseconds. */
export interface SumCost {
  /** A round of messages, until all ranks have looked. */
  readonly roundMs: number;
  /** A message more in a round. */
  readonly messageMs: number;
  /** A byte that a rank sends, until it has been received and added. */
  readonly byteMs: number;
}

/** Rounds of messages of a sum: all are there, parts, sums of parts. */
const ROUNDS = 3;

/** Bytes that all ranks of a host send for a sum. */
function bytesSent({ ranks, bytes }: Pick<TimedSum, "ranks" | "bytes">): number {
  return 2 * (ranks - 1) * bytes;
}

/**
 * Fits rounds and bytes to sums of two ranks, by least squares of relative errors, and the cost of a message to what
 * those in pieces take longer.
 */
export function fitSums(sums: readonly TimedSum[]): SumCost {
  const cost = fitWholes(sums.filter(({ pieces = 1 }) => pieces === 1));
  const more = sums.filter(({ pieces = 1 }) => pieces > 1);
  const costs = more.map((sum) => (sum.ms - sumOnHost(cost, sum)) / moreMessages(sum));
  return { ...cost, messageMs: costs.length === 0 ? 0 : Math.max(0, ...costs) };
}

/** Messages of a sum of two ranks that its pieces are the reason for, in two rounds. */
function moreMessages({ pieces = 1 }: Pick<TimedSum, "pieces">): number {
  return Math.max(0, pieces - 2);
}

function fitWholes(sums: readonly TimedSum[]): SumCost {
  let [xx, xy, yy, x, y] = [0, 0, 0, 0, 0];
  for (const sum of sums) {
    const [rounds, bytes] = [ROUNDS / sum.ms, bytesSent(sum) / sum.ms];
    xx += rounds ** 2;
    xy += rounds * bytes;
    yy += bytes ** 2;
    x += rounds;
    y += bytes;
  }
  const determinant = xx * yy - xy ** 2;
  return {
    roundMs: (x * yy - y * xy) / determinant,
    messageMs: 0,
    byteMs: (y * xx - x * xy) / determinant,
  };
}

/** Milliseconds that a sum over ranks of one host takes by a fit. */
export function sumOnHost(
  { roundMs, messageMs, byteMs }: SumCost,
  sum: Omit<TimedSum, "ms">,
): number {
  const messages = ROUNDS * (sum.ranks - 2) + moreMessages(sum);
  return ROUNDS * roundMs + messages * messageMs + bytesSent(sum) * byteMs;
}

/** What connects hosts of one rank each. */
export interface Network {
  readonly gigabits: number;
  /** Of a round of messages, in milliseconds. */
  readonly latencyMs: number;
}

/** A training step of one rank. */
export interface StepCost {
  /** Alone, in milliseconds. */
  readonly ms: number;
  /** From the first bucket of gradients until the end of the backward pass, in milliseconds. */
  readonly windowMs: number;
  readonly gradientBytes: number;
  readonly buckets: number;
}

/** What a step is foretold to take on ranks of one host each, in milliseconds. */
export interface Forecast {
  /** All sums of gradients. */
  readonly sumMs: number;
  /** What of them the backward pass does not hide. */
  readonly exposedMs: number;
  /** Share of the time that is not held up. */
  readonly efficiency: number;
}

/**
 * Foretells a step whose clips per rank stay as they are. Wire and host handle each byte one after the other; sums go on
 * beside the backward pass from the first bucket on, but the last bucket is there only at its end.
 */
export function foretell(
  { ms, windowMs, gradientBytes, buckets }: StepCost,
  { roundMs, messageMs, byteMs }: SumCost,
  { gigabits, latencyMs }: Network,
  ranks: number,
): Forecast {
  const perByte = byteMs + 8 / (gigabits * 1e6);
  const sent = 2 * (ranks - 1) / ranks * gradientBytes;
  const rounds = ROUNDS * (latencyMs + roundMs + (ranks - 2) * messageMs);
  const sumMs = buckets * rounds + sent * perByte;
  const exposedMs = Math.max(sumMs / buckets, sumMs - windowMs);
  return { sumMs, exposedMs, efficiency: ms / (ms + exposedMs) };
}
