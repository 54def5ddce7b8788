import type { Selection } from "@videoms/masking";

/**
 * Follows which tokens of the same clips a strategy chooses as its embeddings learn. Between two
 * evaluations only what is informative can change: the draws are the same.
 */
export class MaskDrift {
  #before: ReadonlySet<number> | null = null;

  /**
   * Share of the tokens chosen at the last call, visible or targets, that are not chosen any more.
   *
   * @returns null at the first call
   */
  async since({ visible, target }: Selection): Promise<number | null> {
    const now = new Set<number>();
    for (const index of [visible, target]) {
      const [, length] = index.shape;
      // Tokens of different clips must not be taken for each other.
      (await index.data()).forEach((token, i) => now.add(Math.floor(i / length) * 2 ** 32 + token));
    }
    const before = this.#before;
    this.#before = now;
    if (!before) return null;
    return before.difference(now).size / before.size;
  }
}
