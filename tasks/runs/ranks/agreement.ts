import { createHash } from "node:crypto";
import type { Communicator } from "@videoms/core";

const NOTHING = new Uint8Array(0);

/** Waits, without a limit, until all ranks are here. */
export async function meet(ranks: Communicator): Promise<void> {
  await ranks.gather(NOTHING);
}

/** A plain value of every rank, on every rank. */
export async function shared<T>(ranks: Communicator, value: T): Promise<T[]> {
  const gathered = await ranks.gather(new TextEncoder().encode(JSON.stringify(value)));
  return gathered.map((bytes) => JSON.parse(new TextDecoder().decode(bytes)));
}

/**
 * Checks that texts or bytes are the same on all ranks, by their hashes; all of them fail if one differs.
 *
 * @param contents by what they are: "task", "list of videos"
 * @throws {Error} names the first thing that differs, and the ranks and hosts that differ from rank 0
 */
export async function requireSame(
  ranks: Communicator,
  contents: Iterable<readonly [string, string | Uint8Array]>,
): Promise<void> {
  if (ranks.size === 1) return;
  const hashes = Array.from(contents, ([what, content]) => {
    return [what, createHash("sha256").update(content).digest("hex")] as const;
  });
  const all = await shared(ranks, hashes);
  for (const [i, [what, hash]] of all[0].entries()) {
    const others = all.flatMap((one, rank) => one[i][1] === hash ? [] : [rank]);
    if (others.length === 0) continue;
    const named = others.map((rank) => `rank ${rank} on ${ranks.hosts[rank]}`).join(", ");
    throw new Error(
      `Cannot run on ${ranks.size} ranks: all must have the same ${what}, got another one on ${named} than on ` +
        `rank 0 on ${ranks.hosts[0]}`,
    );
  }
}

/**
 * Does work that keeps its results on the disk without two ranks doing it at once in one place: rank 0 first, then one
 * rank on each other host, then the rest.
 */
export async function inTurn<T>(ranks: Communicator, work: () => Promise<T>): Promise<T> {
  const { rank, hosts } = ranks;
  const own = rank === 0 ? 0 : hosts.indexOf(hosts[rank]) === rank ? 1 : 2;
  let result: T;
  for (let turn = 0; turn <= 2; turn++) {
    if (turn === own) result = await work();
    await meet(ranks);
  }
  return result!;
}

/** The cores that this process may use; empty where that cannot be known. */
function allowedCores(): string {
  try {
    return /^Cpus_allowed_list:.*$/m.exec(Deno.readTextFileSync("/proc/self/status"))?.[0] ?? "";
  } catch {
    return "";
  }
}

/** Threads of a rank: its share of the cores that it has together with others; undefined for one alone. */
export async function threadsOf(ranks: Communicator): Promise<number | undefined> {
  if (ranks.size === 1) return undefined;
  const { hosts, rank } = ranks;
  const places = (await shared(ranks, allowedCores())).map((cores, i) => `${hosts[i]} ${cores}`);
  const sharing = places.filter((place) => place === places[rank]).length;
  return Math.max(1, Math.floor(navigator.hardwareConcurrency / sharing));
}
