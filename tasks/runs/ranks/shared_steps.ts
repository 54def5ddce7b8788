import {
  type Communicator,
  type Device,
  floatBytes,
  gatherValues,
  GradientAverage,
  type Parameters,
  requireSameOnRanks,
} from "@videoms/core";
import type { ReplacedClip } from "@videoms/data";

/** What the ranks of a run tell each other from step to step. */
export class SharedSteps {
  readonly ranks: Communicator;
  readonly #signal: AbortSignal;
  /** Null for a rank alone. */
  readonly average: GradientAverage | null;
  #replaced = 0;

  /** @param signal stops all ranks after the same step */
  constructor(
    ranks: Communicator,
    parameters: Parameters,
    { view }: Pick<Device, "view">,
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

  /** Waits for all ranks, which may take long where one of them evaluates; whether any was told to stop. */
  async meet(): Promise<boolean> {
    if (!this.average) return this.#signal.aborted;
    return (await gatherValues(this.ranks, this.#signal.aborted)).includes(true);
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
  note(replaced: readonly ReplacedClip[]): void {
    this.#replaced = replaced.length;
  }

  /** The replaced clips of all ranks, once the step is done. */
  async allReplaced(replaced: readonly ReplacedClip[]): Promise<readonly ReplacedClip[]> {
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
}
