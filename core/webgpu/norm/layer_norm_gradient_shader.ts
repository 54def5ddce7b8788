import { FLAT_GROUP, type Shader, type ShaderBinding } from "../shader.ts";
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

/** WGSL: reads a row, and the sums that its gradient needs. */
function readRow(layout: RowLayout): string {
  const sum = (cell: string) => cellSum(layout, cell);
  return eachCell(
    layout,
    (j) =>
      `    var x${j} = ${onlyIfCell(layout, `${readCell(layout, "xs", "start", j)} - mean`, j)};
    let dy${j} = select(${cellType(layout)}(), ${readCell(layout, "dys", "start", j)}, isRow);
    let h${j} = dy${j} * scale${j};
    let hx${j} = h${j} * x${j};
    sums += vec3<f32>(${sum(`x${j}`)}, ${sum(`h${j}`)}, ${sum(`hx${j}`)});`,
  );
}

/** WGSL: writes a row's gradient and adds the row to the sums of the slab. */
function finishRow(layout: RowLayout, hasResidual: boolean): string {
  return eachCell(layout, (j) => {
    const residual = hasResidual ? ` + ${readCell(layout, "residuals", "start", j)}` : "";
    const dx = `rstd * (h${j} - meanH - x${j} * meanProduct)${residual}`;
    return `    x${j} = (x${j} - rest) * rstd;
    if (isRow) { ${writeCell(layout, "dxs", "start", j, dx)} }
    dScale${j} = fma(dy${j}, x${j}, dScale${j});
    dOffset${j} += dy${j};`;
  });
}

function body(layout: RowLayout, hasResidual: boolean): string {
  const { lanes, threads, rows, cells, width } = layout;
  const cell = cellType(layout);
  return `
${FLAT_GROUP}
${sumFunction(layout, "sumRow", "vec3<f32>")}
@compute @workgroup_size(${threads})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let lane = local % ${lanes}u;
  let slab = flatGroup(group, groups) * ${rows}u + local / ${lanes}u;
${
    eachCell(layout, (j) =>
      `  let scale${j} = ${readCell(layout, "scale", "0u", j)};
  var dScale${j} = ${cell}();
  var dOffset${j} = ${cell}();`)
  }
  for (var i = 0u; i < u.slabRows; i++) {
    let number = slab * u.slabRows + i;
    let isRow = number < u.rows;
    let row = min(number, u.rows - 1u);
    let start = row * ${cells}u;
    let mean = statistics[row].x;
    let rstd = statistics[row].y;
    var sums = vec3<f32>();
${readRow(layout)}
    sums = sumRow(local, sums) / ${width}.0;
    let rest = sums.x; // what rounding left in the mean
    let meanH = sums.y;
    let meanProduct = rstd * (sums.z - rest * meanH);
${finishRow(layout, hasResidual)}
    workgroupBarrier(); // the memory of the sums is used again
  }
  if (slab >= u.slabs) { return; }
  let first = 2u * slab * ${cells}u;
  let second = first + ${cells}u;
${
    eachCell(layout, (j) =>
      `  ${writeCell(layout, "partials", "first", j, `dScale${j}`)}
  ${writeCell(layout, "partials", "second", j, `dOffset${j}`)}`)
  }
}
`;
}

/**
 * Gradient of layer normalisation with respect to its input, and for each slab of rows the sums that
 * the gradients of scale and offset are made of: `partials` [slabs, 2, D].
 */
export function layerNormGradientShader(layout: RowLayout, hasResidual: boolean): Shader {
  const element = cellType(layout);
  const buffer = (name: string, access: ShaderBinding["access"]) => ({ name, element, access });
  return {
    key: `layer norm gradient ${layout.width} ${hasResidual}`,
    bindings: [
      buffer("xs", "read"),
      buffer("scale", "read"),
      { name: "statistics", element: "vec2<f32>", access: "read" },
      buffer("dys", "read"),
      ...(hasResidual ? [buffer("residuals", "read")] : []),
      buffer("dxs", "write"),
      buffer("partials", "write"),
    ],
    uniforms: [
      { name: "rows", type: "u32" },
      { name: "slabs", type: "u32" },
      { name: "slabRows", type: "u32" },
    ],
    body: () => body(layout, hasResidual),
  };
}
