import { type Communicator, gatherValues } from "@videoms/core";

/** The cores that this process may use; empty where that cannot be known. */
function allowedCores(): string {
  try {
    return /^Cpus_allowed_list:.*$/m.exec(Deno.readTextFileSync("/proc/self/status"))?.[0] ?? "";
  } catch {
    return "";
  }
}

/** What of its host a rank takes; one alone takes all. */
export interface RankShare {
  /** Threads: its share of the cores that it has together with others. */
  readonly threads?: number;
  /** Its place among the ranks of its host, from 0, which take the GPUs in turns. */
  readonly turn?: number;
}

/** What each rank takes where several share a host. */
export async function shareOfRank(ranks: Communicator): Promise<RankShare> {
  if (ranks.size === 1) return {};
  const { hosts, rank } = ranks;
  const places = (await gatherValues(ranks, allowedCores())).map((cores, i) =>
    `${hosts[i]} ${cores}`
  );
  const sharing = places.filter((place) => place === places[rank]).length;
  return {
    threads: Math.max(1, Math.floor(navigator.hardwareConcurrency / sharing)),
    turn: hosts.slice(0, rank).filter((host) => host === hosts[rank]).length,
  };
}
