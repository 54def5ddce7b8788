import type { Communicator, Receiving, Sending, Transport } from "./communicator.ts";
import { broadcastFromFirst, gatherFromRanks, sumsOverRanks } from "./rank_collectives.ts";

/** Messages between ranks of one thread. */
class Mailbox {
  readonly #queues = new Map<string, PromiseWithResolvers<Uint8Array>[]>();
  readonly #counts = new Map<string, number>();

  send(from: number, to: number, bytes: Uint8Array): void {
    this.#place(`${from} ${to} sent`, from, to).resolve(bytes.slice());
  }

  receive(from: number, to: number): Promise<Uint8Array> {
    return this.#place(`${from} ${to} received`, from, to).promise;
  }

  /** The next place that one end of a connection comes to. */
  #place(end: string, from: number, to: number): PromiseWithResolvers<Uint8Array> {
    const queue = this.#queues.getOrInsertComputed(`${from} ${to}`, () => []);
    const index = this.#counts.get(end) ?? 0;
    this.#counts.set(end, index + 1);
    return queue[index] ??= Promise.withResolvers();
  }
}

function transportOf(mailbox: Mailbox, rank: number, size: number): Transport {
  return {
    rank,
    size,
    async exchange(sendings: readonly Sending[], receivings: readonly Receiving[]) {
      for (const { to, bytes } of sendings) mailbox.send(rank, to, bytes);
      for (const { from, bytes } of receivings) bytes.set(await mailbox.receive(from, rank));
    },
  };
}

/** Runs what it is given one after the other. */
function oneAfterOther(): <T>(work: () => Promise<T>) => Promise<T> {
  let before: Promise<unknown> = Promise.resolve();
  return (work) => {
    const own = before.then(work);
    before = own.catch(() => {});
    return own;
  };
}

/**
 * Ranks within one thread, without any library: the one rank of a process alone, or several for tests. They add in the
 * same order as those of MPI.
 *
 * @param size number of ranks
 * @example
 * ```ts
 * import { localRanks } from "@videoms/core";
 *
 * const ranks = localRanks(2);
 * const gathered = await Promise.all(ranks.map(({ rank, gather }) => gather(Uint8Array.of(rank))));
 * console.assert(gathered[0].length === 2 && gathered[0][1][0] === 1);
 * ```
 */
export function localRanks(size: number): Communicator[] {
  const mailbox = new Mailbox();
  const hosts = Array.from({ length: size }, () => "localhost");
  return hosts.map((_, rank) => {
    const transport = transportOf(mailbox, rank, size);
    const sums = sumsOverRanks(transport);
    const queued = oneAfterOther();
    return {
      rank,
      size,
      hosts,
      description: size === 1 ? "one process" : `${size} ranks of one thread`,
      collect: (...values) => queued(() => sums.collect(...values)),
      share: (totals) => queued(() => sums.share(totals)),
      gather: (bytes) => queued(() => gatherFromRanks(transport, bytes)),
      broadcast: (bytes) => queued(() => broadcastFromFirst(transport, bytes)),
      abort: () => Promise.resolve(),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  });
}
