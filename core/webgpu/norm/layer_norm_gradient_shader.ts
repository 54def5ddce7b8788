import { FLAT_GROUP, type Shader, type ShaderBinding, type ShaderTarget } from "../shader.ts";
import type { ValueType } from "../value_type.ts";
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

/** Everything that the code of a norm's gradient depends on. */
export interface NormGradientVariant {
  readonly layout: RowLayout;
  /** Whether a residual is added to the gradient of the input. */
  readonly hasResidual: boolean;
  /** Storage type of the gradient of the result. */
  readonly stored: ValueType;
  /** Index of its factor in a buffer of numbers, or null for 1. */
  readonly factorPlace: number | null;
}

/** WGSL: reads a row, and the sums that its gradient needs. */
function readRow({ layout, stored, factorPlace }: NormGradientVariant): string {
  const sum = (cell: string) => cellSum(layout, cell);
  const factor = factorPlace === null ? "" : ` * numbers[${factorPlace}]`;
  const dy = (j: number) => `${readCell(layout, "dys", "start", j, stored)}${factor}`;
  return eachCell(
    layout,
    (j) =>
      `    var x${j} = ${onlyIfCell(layout, `${readCell(layout, "xs", "start", j)} - mean`, j)};
    let dy${j} = select(${cellType(layout)}(), ${dy(j)}, isRow);
    let h${j} = dy${j} * scale${j};
    let hx${j} = h${j} * x${j};
    sums += vec3<f32>(${sum(`x${j}`)}, ${sum(`h${j}`)}, ${sum(`hx${j}`)});`,
  );
}

/** WGSL: writes a row's gradient and adds the row to the sums of the slab. */
function finishRow({ layout, hasResidual }: NormGradientVariant): string {
  return eachCell(layout, (j) => {
    const residual = hasResidual ? ` + ${readCell(layout, "residuals", "start", j)}` : "";
    const dx = `rstd * (h${j} - meanH - x${j} * meanProduct)${residual}`;
    return `    x${j} = (x${j} - rest) * rstd;
    if (isRow) { ${writeCell(layout, "dxs", "start", j, dx)} }
    dScale${j} = fma(dy${j}, x${j}, dScale${j});
    dOffset${j} += dy${j};`;
  });
}

function body(variant: NormGradientVariant, target: ShaderTarget): string {
  const { layout } = variant;
  const { lanes, threads, rows, cells, width } = layout;
  const cell = cellType(layout);
  return `
${FLAT_GROUP}
${sumFunction(layout, "sumRow", "vec3<f32>", target)}
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
${readRow(variant)}
    sums = sumRow(local, sums) / ${width}.0;
    let rest = sums.x; // what rounding left in the mean
    let meanH = sums.y;
    let meanProduct = rstd * (sums.z - rest * meanH);
${finishRow(variant)}
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
 * Gradient of layer normalisation with respect to its input, and, per slab of rows, partial sums of the
 * gradients of weight and bias: `partials` [slabs, 2, D].
 */
export function layerNormGradientShader(variant: NormGradientVariant): Shader {
  const { layout, hasResidual, stored, factorPlace } = variant;
  const buffer = (
    name: string,
    access: ShaderBinding["access"],
    element = cellType(layout),
  ): ShaderBinding => ({ name, element, access });
  return {
    key: `layer norm gradient ${layout.width} ${hasResidual} ${stored} ${factorPlace}`,
    bindings: [
      buffer("xs", "read"),
      buffer("scale", "read"),
      buffer("statistics", "read", "vec2<f32>"),
      buffer("dys", "read", cellType(layout, stored)),
      ...(hasResidual ? [buffer("residuals", "read")] : []),
      ...(factorPlace === null ? [] : [buffer("numbers", "read", "f32")]),
      buffer("dxs", "write"),
      buffer("partials", "write"),
    ],
    uniforms: [
      { name: "rows", type: "u32" },
      { name: "slabs", type: "u32" },
      { name: "slabRows", type: "u32" },
    ],
    body: (target) => body(variant, target),
    f16: stored === "f16",
  };
}
