import { FLAT_GROUP, type Shader, type ShaderTarget } from "../shader.ts";
import { HALF_CODE, type ValueType } from "../value_type.ts";
import {
  cellSum,
  cellType,
  eachCell,
  onlyIfCell,
  readCell,
  type RowLayout,
  sumFunction,
  writeCell,
} from "./row_code.ts";

function body(layout: RowLayout, stored: ValueType, target: ShaderTarget): string {
  const { lanes, threads, rows, cells, width, isVector } = layout;
  const sum = (cell: string) => cellSum(layout, cell);
  const squares = (j: number) => isVector ? `dot(x${j}, x${j})` : `x${j} * x${j}`;
  return `
${stored === "f16" ? HALF_CODE : ""}
${FLAT_GROUP}
${sumFunction(layout, "sumRow", "f32", target)}
${sumFunction(layout, "sumMoments", "vec2<f32>", target)}
@compute @workgroup_size(${threads})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let lane = local % ${lanes}u;
  let number = flatGroup(group, groups) * ${rows}u + local / ${lanes}u;
  let start = min(number, u.rows - 1u) * ${cells}u;
  var total = 0.0;
${
    eachCell(layout, (j) =>
      `  var x${j} = ${readCell(layout, "xs", "start", j)};
  total += ${sum(`x${j}`)};`)
  }
  let roughMean = sumRow(local, total) / ${width}.0;
  var moments = vec2<f32>();
${
    eachCell(layout, (j) =>
      `  x${j} = ${onlyIfCell(layout, `x${j} - roughMean`, j)};
  moments += vec2<f32>(${sum(`x${j}`)}, ${squares(j)});`)
  }
  // What rounding left in the mean: much, if the mean is far larger than the deviation.
  moments = sumMoments(local, moments) / ${width}.0;
  let rest = moments.x;
  let rstd = inverseSqrt(max(moments.y - rest * rest, 0.0) + u.epsilon);
  if (number >= u.rows) { return; }
${
    eachCell(layout, (j) =>
      `  ${
        writeCell(
          layout,
          "ys",
          "start",
          j,
          `fma((x${j} - rest) * rstd, ${readCell(layout, "scale", "0u", j)}, ${
            readCell(layout, "offset", "0u", j)
          })`,
          stored,
        )
      }`)
  }
  if (lane == 0u) { statistics[number] = vec2<f32>(roughMean + rest, rstd); }
}
`;
}

/**
 * Layer normalisation in one dispatch. Rows stay in registers: the mean is subtracted before squaring.
 *
 * @param stored storage type of the result
 */
export function layerNormShader(layout: RowLayout, stored: ValueType): Shader {
  const element = cellType(layout);
  return {
    key: `layer norm ${layout.width} ${stored}`,
    bindings: [
      { name: "xs", element, access: "read" },
      { name: "scale", element, access: "read" },
      { name: "offset", element, access: "read" },
      { name: "ys", element: cellType(layout, stored), access: "write" },
      { name: "statistics", element: "vec2<f32>", access: "write" },
    ],
    uniforms: [{ name: "rows", type: "u32" }, { name: "epsilon", type: "f32" }],
    body: (target) => body(layout, stored, target),
    f16: stored === "f16",
  };
}
