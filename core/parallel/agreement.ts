import type { Communicator, SharedValues, SumTimes } from "./communicator.ts";

const NOTHING = new Uint8Array(0);

/** Waits until all ranks are here, as long as they give signs of life. */
export async function meetRanks(ranks: Communicator): Promise<void> {
  await ranks.gather(NOTHING);
}

/**
 * Replaces values by their sums over all ranks, added in float32 in the order of the ranks: every rank gets the same
 * bits. They must not be touched until then.
 *
 * @param values as many on every rank
 * @throws {Error} if a rank does not answer within the time limit
 */
export async function sumOverRanks(
  ranks: Pick<Communicator, "collect" | "share">,
  values: SharedValues,
): Promise<SumTimes> {
  const [collected, shared] = await Promise.all([
    ranks.collect([values], [values], true),
    ranks.share([values]),
  ]);
  return { ...collected, transferMs: collected.transferMs + shared.transferMs };
}

/** A plain value of every rank, on every rank. */
export async function gatherValues<T>(ranks: Communicator, value: T): Promise<T[]> {
  const gathered = await ranks.gather(new TextEncoder().encode(JSON.stringify(value)));
  return gathered.map((bytes) => JSON.parse(new TextDecoder().decode(bytes)));
}

/** A plain value of rank 0, on every rank. */
export async function valueOfFirst<T>(ranks: Communicator, value: T): Promise<T> {
  if (ranks.size === 1) return value;
  const own = new TextEncoder().encode(JSON.stringify(value ?? null));
  return JSON.parse(new TextDecoder().decode(await ranks.broadcast(own)));
}

/** SHA-256; a copy is hashed, since values may lie in memory that threads share. */
async function hashOf(content: string | Uint8Array): Promise<string> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content.slice();
  const digest = await crypto.subtle.digest("SHA-256", bytes as BufferSource);
  return new Uint8Array(digest).toHex();
}

/** Values that a message shows are this long at most. */
const SHOWN = 80;

/** A part of what ranks must have alike. */
interface Part {
  readonly hash: string;
  /** The value, where it is short. */
  readonly shown?: string;
}

/** Bytes in one part, a value in as many as it has plain values within, named by their paths. */
async function partsOf(what: string, content: unknown): Promise<[string, Part][]> {
  if (content instanceof Uint8Array) return [[what, { hash: await hashOf(content) }]];
  if (content !== null && typeof content === "object") {
    const parts = Object.entries(content).map(([name, one]) => partsOf(`${what}.${name}`, one));
    return (await Promise.all(parts)).flat();
  }
  const text = JSON.stringify(content) ?? "null";
  const shown = text.length <= SHOWN ? { shown: text } : {};
  return [[what, { hash: await hashOf(text), ...shown }]];
}

/**
 * Checks that values as JSON, or bytes, are the same on all ranks, by hashes of their parts; all ranks fail if one differs.
 *
 * @param contents by what they are: "task", "list of videos"
 * @throws {Error} names the first part that differs, and the ranks and hosts that differ from rank 0
 */
export async function requireSameOnRanks(
  ranks: Communicator,
  contents: Iterable<readonly [string, unknown]>,
): Promise<void> {
  if (ranks.size === 1) return;
  const own: [what: string, part: Part][] = [];
  for (const [what, content] of contents) own.push(...await partsOf(what, content));
  const all = (await gatherValues(ranks, own)).map((one) => new Map(one));
  for (const what of new Set(all.flatMap((one) => [...one.keys()]))) {
    const parts = all.map((one) => one.get(what));
    const others = parts.flatMap((part, rank) => part?.hash === parts[0]?.hash ? [] : [rank]);
    if (others.length === 0) continue;
    const named = others.map((rank) => `rank ${rank} on ${ranks.hosts[rank]}`).join(", ");
    const show = (rank: number) => parts[rank] ? parts[rank].shown ?? "another one" : "none";
    throw new Error(
      `Cannot run on ${ranks.size} ranks: all must have the same ${what}, got ${
        show(others[0])
      } on ${named}, ` +
        `but ${parts[0]?.shown ?? (parts[0] ? "its own" : "none")} on rank 0 on ${ranks.hosts[0]}`,
    );
  }
}

/**
 * Does work that keeps its results on the disk without two ranks doing it at once in one place: rank 0 first, then one
 * rank on each other host, then the rest.
 */
export async function ranksInTurn<T>(ranks: Communicator, work: () => Promise<T>): Promise<T> {
  const { rank, hosts } = ranks;
  const own = rank === 0 ? 0 : hosts.indexOf(hosts[rank]) === rank ? 1 : 2;
  let result: T;
  for (let turn = 0; turn <= 2; turn++) {
    if (turn === own) result = await work();
    await meetRanks(ranks);
  }
  return result!;
}
