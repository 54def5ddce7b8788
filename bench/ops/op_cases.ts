import { clipCases } from "./clip_cases.ts";
import { networkCases } from "./network_cases.ts";
import type { OpCase, OpSizes } from "./op_case.ts";
import { tokenCases } from "./token_cases.ts";

/** Every kernel, at the sizes of a stack. */
export function opCases(sizes: OpSizes): OpCase[] {
  return [...networkCases(sizes), ...clipCases(sizes), ...tokenCases(sizes)];
}
