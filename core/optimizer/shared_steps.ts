import { gatherValues, requireSameOnRanks, valueOfFirst } from "../parallel/agreement.ts";
import type { Communicator } from "../parallel/communicator.ts";
import { floatBytes } from "../checkpoint/safetensors.ts";
import type { Parameters } from "../parameters/parameters.ts";
import { GradientAverage, type GradientAverageOptions } from "./gradient_average.ts";

/** What held up a rank, as shares of its time: clips that came late, slower ranks. */
export type RankWaits = {
  readonly [Name in "waitShare" | "rankWaitShare" | "blockedShare"]: number;
};

/** What the ranks of a run tell each other from step to step. */
export class SharedSteps {
  /** The ranks. */
  readonly ranks: Communicator;
  readonly #signal: AbortSignal;
  /** Adds up their gradients; null for a rank alone. */
  readonly average: GradientAverage | null;
  #replaced = 0;

  /** @param signal stops all ranks after the same step */
  constructor(
    ranks: Communicator,
    parameters: Parameters,
    { view }: Pick<GradientAverageOptions, "view">,
    signal: AbortSignal,
  ) {
    this.ranks = ranks;
    this.#signal = signal;
    const flags = () => [Number(signal.aborted), this.#replaced];
    this.average = ranks.size === 1
      ? null
      : new GradientAverage(ranks, parameters, { flags, view });
  }

  /** Whether any rank was told to stop before the last step was done. */
  get isStopped(): boolean {
    return this.average ? this.average.flags[0] > 0 : this.#signal.aborted;
  }

  /**
   * Waits for all ranks, which may take long where rank 0 evaluates; whether any was told to stop. Until rank 0 is here
   * too, the others do what it calls for.
   */
  async meet(): Promise<boolean> {
    if (!this.average) return this.#signal.aborted;
    for (;;) {
      const call = await valueOfFirst<string | null>(this.ranks, null);
      if (call === null) break;
      await this.help(call);
    }
    return (await gatherValues(this.ranks, this.#signal.aborted)).includes(true);
  }

  /** What ranks other than the first do where that calls for help. @default nothing */
  help: (call: string) => Promise<void> = () => Promise.resolve();

  /** Calls the other ranks, which wait in {@linkcode SharedSteps.meet}; nothing on these, or for a rank alone. */
  async call(what: string): Promise<void> {
    if (this.ranks.rank === 0) await valueOfFirst(this.ranks, what);
  }

  /**
   * Checks that the ranks have not drifted apart.
   *
   * @throws {Error} names the first tensor that differs, and where
   */
  async requireSameWeights(parameters: Parameters): Promise<void> {
    if (!this.average) return;
    const contents: [string, Uint8Array][] = [];
    for (const { name } of parameters.specs) {
      contents.push([`weights of "${name}"`, floatBytes(await parameters.readTensor(name))]);
    }
    await requireSameOnRanks(this.ranks, contents);
  }

  /** Tells of the replaced clips of the step that is about to be done. */
  note(replaced: readonly unknown[]): void {
    this.#replaced = replaced.length;
  }

  /** The replaced clips of all ranks, once the step is done. */
  async allReplaced<Clip>(replaced: readonly Clip[]): Promise<readonly Clip[]> {
    if (!this.average || this.average.flags[1] === 0) return replaced;
    return (await gatherValues(this.ranks, replaced)).flat();
  }

  /** Shares of a time in milliseconds that gradients took to exchange; nothing for a rank alone. */
  takeShares(ms: number): Record<string, number> {
    if (!this.average) return {};
    const { waitMs, transferMs, blockedMs } = this.average.takeTimes();
    return {
      communicationShare: transferMs / ms,
      rankWaitShare: waitMs / ms,
      blockedShare: blockedMs / ms,
    };
  }

  /** The waits of every rank, for a line of the log; nothing for a rank alone. */
  async allWaits(own: Partial<RankWaits>): Promise<{ ranks?: RankWaits[] }> {
    if (!this.average) return {};
    const { waitShare = 0, rankWaitShare = 0, blockedShare = 0 } = own;
    return { ranks: await gatherValues(this.ranks, { waitShare, rankWaitShare, blockedShare }) };
  }
}
