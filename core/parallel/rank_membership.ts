import type { Communicator } from "./communicator.ts";
import { currentLaunch, openRanks, type RanksOptions } from "./open_ranks.ts";

/** Milliseconds by which rank 0 is first to tell of an error that all ranks meet, and ends them. */
const FIRST_WORD = 3000;

/** Milliseconds in which a launcher passes on what a rank has printed; it may drop that once it ends all. */
const PASSED_ON = 300;

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/**
 * This process as one of those that a launcher started, if it did: joins the others, lets one speak for all, and ends all
 * where this one fails.
 */
export class RankMembership {
  #ranks: Communicator | null = null;
  /** Whether it has tried to join the others, or need not. */
  #hasTried = false;
  /** Whether another rank of this host tells of the same error: all fail alike that cannot join the others. */
  #isTold = false;

  /**
   * Joins the other ranks.
   *
   * @throws {Error} where this process cannot, or is told to stop before all are there
   */
  async join(options?: RanksOptions): Promise<Communicator> {
    this.#hasTried = true;
    return this.#ranks = await openRanks(options);
  }

  /** Leaves the others, which all do, once the work is done. */
  async leave(): Promise<void> {
    await this.#ranks?.[Symbol.asyncDispose]();
    this.#ranks = null;
  }

  /** For what must be started once: this process joins nobody, and only rank 0 tells why. */
  decline(): void {
    this.#hasTried = true;
    this.#isTold = currentLaunch()?.rank !== 0;
  }

  /**
   * Whether this rank is to tell of an error, which then names it; lets rank 0 do so first, and end all. One that has
   * failed before it joined the others does so now, since they wait for it where nobody can tell them.
   *
   * @param patience how many times as long rank 0 may take as usual @default 1
   */
  async mayTell(error: unknown, patience = 1): Promise<boolean> {
    const launch = currentLaunch();
    if (!launch) return true;
    const { rank, isFirstOnHost } = launch;
    if (this.#hasTried) this.#isTold ||= !this.#ranks && !isFirstOnHost; // for want of a library, say
    else if (rank > 0) await this.join().catch(() => {});
    if (rank === 0) return true;
    await pause(patience * FIRST_WORD);
    if (error instanceof Error) {
      error.message = `rank ${rank} on ${this.#ranks?.hosts[rank] ?? "its host"}: ${error.message}`;
    }
    return !this.#isTold;
  }

  /** Ends all ranks where this one failed with an exit code; they would wait for it, also for it to join them. */
  async end(code: number): Promise<void> {
    if (code !== 0 && currentLaunch() && !this.#hasTried) await this.join().catch(() => {});
    if (!this.#ranks) return;
    await pause(PASSED_ON);
    // A launcher that has lost its hosts does not answer; this process ends all the same.
    await Promise.race([this.#ranks.abort(code), pause(FIRST_WORD)]);
  }
}
