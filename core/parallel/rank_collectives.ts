import type { SumTimes, Transport } from "./communicator.ts";

const LENGTH_BYTES = 8;

/** Bytes that may be sent while they change elsewhere: neither small arrays of the engine nor views of others. */
function ownBytes(length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new ArrayBuffer(length));
}

function othersOf({ rank, size }: Transport): number[] {
  return Array.from({ length: size }, (_, i) => i).filter((other) => other !== rank);
}

/** Sums values over all ranks in place. */
export type SumOverRanks = (values: Float32Array<SharedArrayBuffer>) => Promise<SumTimes>;

/**
 * Sums over all ranks: each rank adds one part of all of them, in the order of the ranks, and sends the sum to the
 * others. So the result does not depend on what a library takes for best at some size, and each rank sends
 * 2 (N − 1) / N of the values, the least possible.
 *
 * @param limitMs milliseconds after which a sum fails, naming the ranks that did not answer
 */
export function sumOverRanks(transport: Transport, limitMs = Infinity): SumOverRanks {
  const { rank, size } = transport;
  const others = othersOf(transport);
  let memory: Uint8Array<ArrayBuffer>[] = []; // kept: fresh pages would cost as much as the transfer
  return async (values) => {
    if (size === 1) return { waitMs: 0, transferMs: 0 };
    const start = performance.now();
    const here = ownBytes(1);
    await transport.exchange(
      others.map((to) => ({ to, bytes: here })),
      others.map((from) => ({ from, bytes: ownBytes(1) })),
      limitMs,
    );
    const met = performance.now();
    const bound = (part: number) => Math.floor(part * values.length / size);
    const partOf = (part: number) => values.subarray(bound(part), bound(part + 1));
    const own = partOf(rank);
    const bytes = own.byteLength;
    if (memory.length === 0 || memory[0].length < bytes) memory = others.map(() => ownBytes(bytes));
    const receivings = others.map((from, i) => ({ from, bytes: memory[i].subarray(0, bytes) }));
    const sendings = others.map((to) => ({ to, bytes: bytesOf(partOf(to)) }));
    await transport.exchange(sendings, receivings, limitMs);
    const parts = receivings.map(({ from, bytes }) => ({
      from,
      values: new Float32Array(bytes.buffer, 0, own.length),
    }));
    addInOrder(own, rank, parts);
    await transport.exchange(
      others.map((to) => ({ to, bytes: bytesOf(own) })),
      others.map((from) => ({ from, bytes: bytesOf(partOf(from)) })),
      limitMs,
    );
    return { waitMs: met - start, transferMs: performance.now() - met };
  };
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/**
 * `own` becomes the sum of itself and the others' values, which are in order: first those of rank 0. By loops, since
 * copying shared memory by set() or slice() takes ten times as long.
 */
function addInOrder(
  own: Float32Array,
  rank: number,
  parts: readonly { from: number; values: Float32Array }[],
): void {
  const before = parts.filter(({ from }) => from < rank).map(({ values }) => values);
  const [first, ...rest] = before;
  for (const values of rest) add(first, values, first);
  if (first) add(first, own, own);
  for (const { from, values } of parts) if (from > rank) add(own, values, own);
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
