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
 * A member without documentation: its source line is indented. Where a name and a type say it all, such as of a
 * constructor or of `signal?: AbortSignal`, a sentence would only repeat them.
 */
const MEMBER = /^error\[missing-jsdoc\][^]*?^ *\d+ \|\s{2,}\S/m;

/**
 * What `deno doc --lint` found that is ours to mend: exported symbols without documentation, and types that are
 * not exported in signatures that are.
 *
 * @param output what it printed, without colours
 * @returns its findings, one text each
 */
export function docProblems(output: string): string[] {
  return output.split(/^(?=error)/m)
    .filter((finding) =>
      finding.startsWith("error[") && !FOREIGN.test(finding) && !MEMBER.test(finding)
    )
    .map((finding) => finding.trim());
}
