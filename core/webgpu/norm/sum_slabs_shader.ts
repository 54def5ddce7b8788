import { FLAT_GROUP, type Shader } from "../shader.ts";
import { cellType, type RowLayout } from "./row_code.ts";

/** Cells per workgroup. */
const COLUMNS = 8;

/** Threads per cell; a power of two. */
const LANES = 32;

/** Number of workgroups for a layout. */
export function slabSumGroups({ cells }: RowLayout): number {
  return Math.ceil(2 * cells / COLUMNS);
}

/** WGSL: halves the number of sums of each cell until one is left. */
function halvings(): string {
  const steps: string[] = [];
  for (let half = LANES / 2; half >= 1; half /= 2) {
    steps.push(
      `  if (lane < ${half}u) { sums[local] += sums[local + ${half * COLUMNS}u]; }`,
      "  workgroupBarrier();",
    );
  }
  return steps.join("\n");
}

/** Sums `partials` [slabs, 2, D] of a norm's gradient over the slabs, always in the same order. */
export function sumSlabsShader(layout: RowLayout): Shader {
  const { cells, width } = layout;
  const element = cellType(layout);
  return {
    key: `sum slabs ${width}`,
    bindings: [
      { name: "partials", element, access: "read" },
      { name: "dScale", element, access: "write" },
      { name: "dOffset", element, access: "write" },
    ],
    uniforms: [{ name: "slabs", type: "u32" }],
    body: () => `
${FLAT_GROUP}
var<workgroup> sums: array<${element}, ${COLUMNS * LANES}>;
@compute @workgroup_size(${COLUMNS * LANES})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let lane = local / ${COLUMNS}u;
  let cell = flatGroup(group, groups) * ${COLUMNS}u + local % ${COLUMNS}u;
  var sum = ${element}();
  if (cell < ${2 * cells}u) {
    for (var slab = lane; slab < u.slabs; slab += ${LANES}u) {
      sum += partials[slab * ${2 * cells}u + cell];
    }
  }
  sums[local] = sum;
  workgroupBarrier();
${halvings()}
  if (lane > 0u || cell >= ${2 * cells}u) { return; }
  if (cell < ${cells}u) { dScale[cell] = sums[local]; } else { dOffset[cell - ${cells}u] = sums[local]; }
}
`,
  };
}
