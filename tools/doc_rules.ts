/**
 * Types of TensorFlow.js that signatures use. `deno doc --lint` counts types of another package as private,
 * and re-exported they would bring the undocumented rest of that package along.
 */
const FOREIGN_TYPES = [
  "Scalar",
  "Tensor",
  "Tensor1D",
  "Tensor2D",
  "Tensor3D",
  "Tensor4D",
  "TensorInfo",
  "Variable",
];

const FOREIGN = new RegExp(`references private type '(${FOREIGN_TYPES.join("|")})'`);

/**
 * What `deno doc --lint` found that is ours to mend.
 *
 * @param output what it printed, without colours
 * @returns its findings, one text each
 */
export function docProblems(output: string): string[] {
  return output.split(/^(?=error)/m)
    .filter((finding) => finding.startsWith("error[") && !FOREIGN.test(finding))
    .map((finding) => finding.trim());
}
