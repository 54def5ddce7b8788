import { FLAT_GROUP, type Shader, type ShaderBinding, type ShaderUniform } from "../shader.ts";
import { finishColumns, finishFunction, finishSums } from "./epilogue_code.ts";
import { HALF_CODE, wgslType } from "../value_type.ts";
import { GELU_CODE } from "./gelu_code.ts";
import { type GemmTile, threadsOf } from "./gemm_tile.ts";
import { type GemmVariant, needsF16, variantKey } from "./gemm_variant.ts";
import {
  declareSums,
  finishMatrices,
  multiplyStaged,
  stripFunctions,
} from "./matrix_product_code.ts";
import {
  declareFetched,
  fetchTiles,
  matrixStagingFunctions,
  stageFetched,
  stageMatrices,
} from "./matrix_staging_code.ts";
import { matrixTypes, SUBGROUP_PARAMETERS } from "../matrix/matrix_code.ts";
import { addColumns, multiplyTiles, sumName } from "./product_code.ts";
import { stageTiles, stagingFunctions } from "./staging_code.ts";

const UNIFORMS: readonly ShaderUniform[] = [
  { name: "m", type: "u32" },
  { name: "n", type: "u32" },
  { name: "k", type: "u32" },
  { name: "kPart", type: "u32" }, // length of k that a workgroup sums, a multiple of the tile's
  { name: "rowsPerSample", type: "u32" },
];

/**
 * Buffers: a, b, then what the variant reads (bias, residual, factors, pre, numbers) and writes (c, y, sums).
 */
function bindings(variant: GemmVariant): ShaderBinding[] {
  const { bias, epilogue, columnSums, vectors, types } = variant;
  const usesNumbers = variant.factorPlace !== null || variant.operandScale !== null;
  const wide = wgslType("f32", vectors.c);
  const result = wgslType(types.results, vectors.c);
  const reads: [name: string, element: string, isUsed: boolean][] = [
    ["a", wgslType(types.a, vectors.a), true],
    ["b", wgslType(types.b, vectors.b), true],
    ["bias", wide, bias],
    ["residual", wide, epilogue === "residual" || epilogue === "scaledResidual"],
    ["factors", "f32", epilogue === "scaledResidual"],
    ["pre", wgslType(types.pre, vectors.c), epilogue === "geluSlope"],
    ["numbers", "f32", usesNumbers],
  ];
  const writes: typeof reads = [
    ["c", epilogue === "partial" ? wide : result, true],
    ["y", result, epilogue === "gelu"],
    ["sums", wide, columnSums && epilogue !== "partial"],
  ];
  const used = (list: typeof reads, access: "read" | "write") =>
    list.filter(([, , isUsed]) => isUsed).map(([name, element]) => ({ name, element, access }));
  return [...used(reads, "read"), ...used(writes, "write")];
}

/** WGSL parameters of `main`. */
const PARAMETERS = `
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,`;

/** WGSL by which a workgroup finds its tile of the result, or leaves. */
function findTile({ m, n }: GemmTile): string {
  return `  let across = (u.n + ${n - 1}u) / ${n}u;
  let number = flatGroup(group, groups);
  let m0 = number / across * ${m}u;
  let n0 = number % across * ${n}u;
  if (m0 >= u.m) { return; }
  let end = min(u.k, (group.z + 1u) * u.kPart);`;
}

function indent(lines: readonly string[], spaces: number): string {
  return lines.map((line) => " ".repeat(spaces) + line).join("\n");
}

/** WGSL in which every thread multiplies for some rows and columns. */
function plainCode(variant: GemmVariant): string {
  const { tile, columnSums } = variant;
  const threadsX = tile.n / tile.columns;
  const sums = Array.from(
    { length: tile.rows },
    (_, row) =>
      Array.from({ length: tile.columns / 4 }, (_, j) => `var ${sumName(row, j)} = vec4<f32>();`),
  ).flat();
  return `${stagingFunctions(variant)}

@compute @workgroup_size(${threadsOf(tile)})
fn main(${PARAMETERS}
) {
${findTile(tile)}
  let x = local % ${threadsX}u;
  let y = local / ${threadsX}u;
${indent(sums, 2)}
${columnSums ? "  var columnSum = vec4<f32>();" : ""}
  for (var k0 = group.z * u.kPart; k0 < end; k0 += ${tile.k}u) {
${indent(stageTiles(variant), 4)}
    workgroupBarrier();
${indent(multiplyTiles(variant), 4)}
${columnSums ? indent(addColumns(variant), 4) : ""}
    workgroupBarrier();
  }
${indent(finishSums(variant), 2)}
${columnSums ? indent(finishColumns(variant), 2) : ""}
}
`;
}

/** The loop over k by which subgroups multiply, with or without fetching tiles ahead. */
function matrixLoop(variant: GemmVariant): string[] {
  const { k, prefetch } = variant.tile;
  const multiply = ["workgroupBarrier();", ...multiplyStaged(variant), "workgroupBarrier();"];
  const start = "group.z * u.kPart";
  const loop = (statements: string[]) => [
    `for (var k0 = ${start}; k0 < end; k0 += ${k}u) {`,
    ...statements.map((line) => `  ${line}`),
    "}",
  ];
  if (!prefetch) return loop([...stageMatrices(variant), ...multiply]);
  return [
    ...declareFetched(variant),
    `let first = ${start};`,
    ...fetchTiles(variant, "first"),
    ...loop([
      ...stageFetched(variant),
      `let next = k0 + ${k}u;`,
      "if (next < end) {",
      ...fetchTiles(variant, "next").map((line) => `  ${line}`),
      "}",
      ...multiply,
    ]),
  ];
}

/** WGSL in which every subgroup multiplies for some rows and columns on a matrix unit. */
function matrixCode(variant: GemmVariant): string {
  const { tile } = variant;
  const across = tile.n / tile.columns;
  return `${matrixTypes(tile.unit!)}
${matrixStagingFunctions(variant)}
${stripFunctions(variant)}

@compute @workgroup_size(${threadsOf(tile)})
fn main(${PARAMETERS}
  ${SUBGROUP_PARAMETERS},
) {
${findTile(tile)}
  let subRow = subgroup / ${across}u * ${tile.rows}u;
  let subColumn = subgroup % ${across}u * ${tile.columns}u;
${indent(declareSums(variant), 2)}
${indent(matrixLoop(variant), 2)}
${indent(finishMatrices(variant), 2)}
}
`;
}

function body(variant: GemmVariant): string {
  const { tile: { unit }, epilogue, geluA, types } = variant;
  const usesGelu = geluA || epilogue === "gelu" || epilogue === "geluSlope";
  return `${usesGelu ? GELU_CODE : ""}
${types.results === "f16" || unit ? HALF_CODE : ""}
${FLAT_GROUP}
${finishFunction(variant)}
${unit ? matrixCode(variant) : plainCode(variant)}`;
}

const shaders = new Map<string, Shader>();

/**
 * The shader of a matrix product. Tiles of both operands are staged in workgroup memory: as [k, m] and [k, n],
 * so that all forms share the multiplication; for a matrix unit, which loads either order, in half precision
 * and in the order in which they are stored. Only the loop over k is not unrolled.
 */
export function gemmShader(variant: GemmVariant): Shader {
  const key = variantKey(variant);
  let shader = shaders.get(key);
  if (!shader) {
    shader = {
      key,
      bindings: bindings(variant),
      uniforms: UNIFORMS,
      body: () => body(variant),
      f16: needsF16(variant),
      matrices: variant.tile.unit !== null,
    };
    shaders.set(key, shader);
  }
  return shader;
}
