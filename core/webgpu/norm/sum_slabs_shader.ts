import { reduceCode } from "../reduce_code.ts";
import { FLAT_GROUP, type Shader } from "../shader.ts";
import { cellType, type RowLayout } from "./row_code.ts";

/** Cells per workgroup. */
const COLUMNS = 8;

/** Threads per cell. */
const LANES = 32;

/** Number of workgroups for a layout. */
export function slabSumGroups({ cells }: RowLayout): number {
  return Math.ceil(2 * cells / COLUMNS);
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
    body: (target) => `
${FLAT_GROUP}
${
      reduceCode({
        name: "sumLanes",
        type: element,
        threads: COLUMNS * LANES,
        lanes: LANES,
        isStrided: true,
      }, target)
    }
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
  sum = sumLanes(local, sum);
  if (lane > 0u || cell >= ${2 * cells}u) { return; }
  if (cell < ${cells}u) { dScale[cell] = sum; } else { dOffset[cell - ${cells}u] = sum; }
}
`,
  };
}
