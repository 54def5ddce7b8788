import type { Parameters } from "../parameters/parameters.ts";
import { AdamW, type AdamWOptions, subjectOf } from "./adamw.ts";
import type { AdamWMaker } from "./adamw_kernel.ts";
import { Optimizer } from "./optimizer.ts";
import { tensorOptimizer } from "./tensor_optimizer.ts";
import { ADAMW, type UpdateRule } from "./update_rule.ts";

/**
 * An optimiser with zero moments: AdamW in a kernel of the device, others in single operations.
 *
 * @param device a device, of which it needs this much
 * @param rule what a step makes of a tensor
 * @throws {RangeError} for another rule than AdamW's where blocks are in half precision, whose loss scale it does not know
 * @example
 * ```ts
 * import { ADAMW, AdamW, initialParameters, openDevice, openOptimizer, Parameters } from "@videoms/core";
 *
 * const device = await openDevice({ backend: "cpu" });
 * const specs = [{ name: "x", shape: [2], initializer: { kind: "constant", value: 3 } }] as const;
 * const parameters = new Parameters(specs, initialParameters(specs, 0));
 * console.assert(openOptimizer(device, parameters, ADAMW) instanceof AdamW);
 * ```
 */
export function openOptimizer(
  device: AdamWMaker & { readonly precision: "f32" | "f16" },
  parameters: Parameters,
  rule: UpdateRule,
  options: AdamWOptions = {},
): Optimizer {
  if (rule === ADAMW) return new AdamW(device, parameters, options);
  if (device.precision !== "f32") {
    throw new RangeError(
      `Cannot build optimizer "${rule.name}": precision must be f32, got ${device.precision}`,
    );
  }
  return new Optimizer(parameters, tensorOptimizer(subjectOf(parameters, options), rule));
}
