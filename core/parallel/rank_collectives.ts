import type { Communicator, SharedValues, SumTimes, Transport } from "./communicator.ts";

const LENGTH_BYTES = 8;

/** Bytes that may be sent while they change elsewhere: neither small arrays of the engine nor views of others. */
function ownBytes(length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new ArrayBuffer(length));
}

function othersOf({ rank, size }: Transport): number[] {
  return Array.from({ length: size }, (_, i) => i).filter((other) => other !== rank);
}

/** The sums of a {@linkcode Communicator}. */
export type RankSums = Pick<Communicator, "collect" | "share">;

const NO_TIME: SumTimes = { waitMs: 0, transferMs: 0 };

/**
 * Sums over all ranks. Each value is added up by one rank in the order of the ranks, so the result does not depend on
 * what a library takes for best at some size; collecting and sharing once sends 2 (N − 1) / N of the values, the least
 * possible.
 *
 * @param limitMs milliseconds after which a sum fails, naming the ranks that did not answer
 */
export function sumsOverRanks(transport: Transport, limitMs = Infinity): RankSums {
  const { rank, size } = transport;
  const others = othersOf(transport);
  let memory: Uint8Array<ArrayBuffer>[] = []; // kept: fresh pages would cost as much as the transfer
  const meet = async () => {
    const start = performance.now();
    const here = ownBytes(1);
    const sendings = others.map((to) => ({ to, bytes: here }));
    const receivings = others.map((from) => ({ from, bytes: ownBytes(1) }));
    await transport.exchange(sendings, receivings, limitMs);
    return performance.now() - start;
  };
  return {
    async collect(values, totals, isFirst) {
      const waitMs = await meet();
      const start = performance.now();
      const own = partOf(values, rank, size);
      const bytes = own.reduce((sum, { byteLength }) => sum + byteLength, 0);
      if (others.length > 0 && !(memory[0]?.length >= bytes)) {
        memory = others.map(() => ownBytes(bytes));
      }
      const received = memory.map((one) => like(own, one));
      await transport.exchange(
        others.flatMap((to) =>
          partOf(values, to, size).map(bytesOf).map((bytes) => ({ to, bytes }))
        ),
        received.flatMap((pieces, i) =>
          pieces.map(bytesOf).map((bytes) => ({ from: others[i], bytes }))
        ),
        limitMs,
      );
      const sums = partOf(totals, rank, size);
      for (const [i, piece] of own.entries()) {
        const parts: Float32Array[] = received.map((pieces) => pieces[i]);
        parts.splice(rank, 0, piece);
        addInOrder(parts, sums[i], isFirst);
      }
      return { waitMs, transferMs: performance.now() - start };
    },
    async share(totals) {
      if (size === 1) return NO_TIME;
      const start = performance.now();
      const own = partOf(totals, rank, size).map(bytesOf);
      await transport.exchange(
        others.flatMap((to) => own.map((bytes) => ({ to, bytes }))),
        others.flatMap((from) =>
          partOf(totals, from, size).map(bytesOf).map((bytes) => ({ from, bytes }))
        ),
        limitMs,
      );
      return { waitMs: 0, transferMs: performance.now() - start };
    },
  };
}

/** What is added up by a rank: an N-th of all values, whatever pieces they lie in. */
function partOf(pieces: readonly SharedValues[], rank: number, size: number): SharedValues[] {
  const count = pieces.reduce((sum, { length }) => sum + length, 0);
  const [first, end] = [rank, rank + 1].map((bound) => Math.floor(bound * count / size));
  const part: SharedValues[] = [];
  let start = 0;
  for (const piece of pieces) {
    const [from, to] = [Math.max(0, first - start), Math.min(piece.length, end - start)];
    if (from < to) part.push(piece.subarray(from, to));
    start += piece.length;
  }
  return part;
}

/** Pieces of memory as long as others. */
function like(pieces: readonly SharedValues[], { buffer }: Uint8Array): Float32Array[] {
  let start = 0;
  return pieces.map(({ length, byteLength }) => {
    const own = new Float32Array(buffer, start, length);
    start += byteLength;
    return own;
  });
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/**
 * `total` becomes the sum of the parts in their order, after itself unless it starts anew. It may be one of the parts;
 * the first is overwritten. By loops, since copying shared memory by set() or slice() takes ten times as long.
 */
function addInOrder(
  [first, ...rest]: readonly Float32Array[],
  total: Float32Array,
  isFirst: boolean,
): void {
  if (!isFirst) add(total, first, first);
  const last = rest.pop();
  for (const values of rest) add(first, values, first);
  if (last) add(first, last, total);
  else if (total !== first) { for (let i = 0; i < total.length; i++) total[i] = first[i]; }
}

function add(a: Float32Array, b: Float32Array, sum: Float32Array): void {
  for (let i = 0; i < sum.length; i++) sum[i] = a[i] + b[i];
}

/** The bytes of every rank, in order. */
export async function gatherFromRanks(
  transport: Transport,
  bytes: Uint8Array,
): Promise<Uint8Array[]> {
  const others = othersOf(transport);
  const length = ownBytes(LENGTH_BYTES);
  new BigUint64Array(length.buffer)[0] = BigInt(bytes.length);
  const lengths = others.map((from) => ({ from, bytes: ownBytes(LENGTH_BYTES) }));
  await transport.exchange(others.map((to) => ({ to, bytes: length })), lengths);
  const own = ownBytes(bytes.length);
  own.set(bytes);
  const parts = lengths.map(({ from, bytes }) => ({
    from,
    bytes: ownBytes(Number(new BigUint64Array(bytes.buffer)[0])),
  }));
  await transport.exchange(others.map((to) => ({ to, bytes: own })), parts);
  return [...parts, { from: transport.rank, bytes: own }]
    .sort((a, b) => a.from - b.from)
    .map(({ bytes }) => bytes);
}

/** The bytes of rank 0, along a binary tree: log N steps, in each of which the ranks that have them double. */
export async function broadcastFromFirst(
  transport: Transport,
  bytes: Uint8Array,
): Promise<Uint8Array> {
  const { rank, size } = transport;
  const length = rank === 0 ? bytes.length : 0;
  const lengths = await gatherFromRanks(
    transport,
    new TextEncoder().encode(String(length)),
  );
  const own = ownBytes(Number(new TextDecoder().decode(lengths[0])));
  if (rank === 0) own.set(bytes);
  for (let have = 1; have < size; have *= 2) {
    const to = rank + have;
    if (rank < have && to < size) await transport.exchange([{ to, bytes: own }], []);
    else if (rank >= have && rank < 2 * have) {
      await transport.exchange([], [{ from: rank - have, bytes: own }]);
    }
  }
  return own;
}
