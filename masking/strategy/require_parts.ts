import type { Descriptor, MakePart } from "@videoms/core";
import type { MaskingStrategy } from "./masking_strategy.ts";

/**
 * The strategies that a composite strategy consists of.
 *
 * @param name the composite strategy's, for messages
 * @throws {RangeError} if there is none, or one has several masks of its own
 * @throws {TypeError} if the strategy was not made by a registry
 */
export function requireParts(
  name: string,
  option: string,
  descriptors: readonly Descriptor<"masking">[],
  make: MakePart | undefined,
): MaskingStrategy[] {
  const where = `Cannot build masking "${name}"`;
  if (!make) throw new TypeError(`${where}: it must be created by a registry, got no registry`);
  if (descriptors.length === 0) {
    throw new RangeError(`${where}: ${option} must name at least one strategy, got none`);
  }
  return descriptors.map((descriptor) => {
    const part = make<MaskingStrategy>("masking", descriptor);
    if (part.more) {
      throw new RangeError(`${where}: ${option} must have one mask each, got "${part.name}"`);
    }
    return part;
  });
}
