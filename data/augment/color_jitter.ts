import type { RandomStream } from "@videoms/core";
import type { AugmentOperation } from "./rand_augment.ts";

/**
 * Draws colour jitter: factors of brightness, contrast and saturation from 1 − strength to 1 + strength, in a drawn
 * order; the same for all frames of a clip.
 *
 * Source: Krizhevsky et al. (2012) in the form of torchvision's `ColorJitter` without its hue.
 *
 * @param strength 0 for none to 1
 */
export function drawColorJitter(strength: number, random: RandomStream): AugmentOperation[] {
  if (strength === 0) return [];
  const operations = (["brightness", "contrast", "color"] as const).map((name) => (
    { name, argument: 1 + strength * (2 * random.uniform() - 1) }
  ));
  for (let i = operations.length - 1; i > 0; i--) {
    const other = random.integer(i + 1);
    [operations[i], operations[other]] = [operations[other], operations[i]];
  }
  return operations;
}
