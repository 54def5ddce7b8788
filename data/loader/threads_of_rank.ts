import { type Communicator, gatherValues } from "@videoms/core";

/** The cores that this process may use; empty where that cannot be known. */
function allowedCores(): string {
  try {
    return /^Cpus_allowed_list:.*$/m.exec(Deno.readTextFileSync("/proc/self/status"))?.[0] ?? "";
  } catch {
    return "";
  }
}

/** Threads of a rank: its share of the cores that it has together with others; undefined for one alone. */
export async function threadsOfRank(ranks: Communicator): Promise<number | undefined> {
  if (ranks.size === 1) return undefined;
  const { hosts, rank } = ranks;
  const places = (await gatherValues(ranks, allowedCores())).map((cores, i) =>
    `${hosts[i]} ${cores}`
  );
  const sharing = places.filter((place) => place === places[rank]).length;
  return Math.max(1, Math.floor(navigator.hardwareConcurrency / sharing));
}
