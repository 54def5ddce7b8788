import { FLAT_GROUP, type Shader, type ShaderBinding, type ShaderUniform } from "../shader.ts";
import { finishColumns, finishFunction, finishSums } from "./epilogue_code.ts";
import { HALF_CODE, wgslType } from "../value_type.ts";
import { GELU_CODE } from "./gelu_code.ts";
import { threadsOf } from "./gemm_tile.ts";
import { type GemmVariant, needsF16, variantKey } from "./gemm_variant.ts";
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
  const { bias, epilogue, columnSums, vectors, types, factorPlace } = variant;
  const wide = wgslType("f32", vectors.c);
  const result = wgslType(types.results, vectors.c);
  const reads: [name: string, element: string, isUsed: boolean][] = [
    ["a", wgslType(types.a, vectors.a), true],
    ["b", wgslType(types.b, vectors.b), true],
    ["bias", wide, bias],
    ["residual", wide, epilogue === "residual" || epilogue === "scaledResidual"],
    ["factors", "f32", epilogue === "scaledResidual"],
    ["pre", wgslType(types.pre, vectors.c), epilogue === "geluSlope"],
    ["numbers", "f32", factorPlace !== null],
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

function indent(lines: readonly string[], spaces: number): string {
  return lines.map((line) => " ".repeat(spaces) + line).join("\n");
}

function body(variant: GemmVariant): string {
  const { tile, epilogue, geluA, columnSums, types } = variant;
  const threadsX = tile.n / tile.columns;
  const sums = Array.from(
    { length: tile.rows },
    (_, row) =>
      Array.from({ length: tile.columns / 4 }, (_, j) => `var ${sumName(row, j)} = vec4<f32>();`),
  ).flat();
  const usesGelu = geluA || epilogue === "gelu" || epilogue === "geluSlope";
  return `${usesGelu ? GELU_CODE : ""}
${types.results === "f16" ? HALF_CODE : ""}
${FLAT_GROUP}
${stagingFunctions(variant)}
${finishFunction(variant)}

@compute @workgroup_size(${threadsOf(tile)})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let across = (u.n + ${tile.n - 1}u) / ${tile.n}u;
  let number = flatGroup(group, groups);
  let m0 = number / across * ${tile.m}u;
  let n0 = number % across * ${tile.n}u;
  if (m0 >= u.m) { return; }
  let x = local % ${threadsX}u;
  let y = local / ${threadsX}u;
${indent(sums, 2)}
${columnSums ? "  var columnSum = vec4<f32>();" : ""}
  let end = min(u.k, (group.z + 1u) * u.kPart);
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

const shaders = new Map<string, Shader>();

/**
 * The shader of a matrix product: tiles of both operands are staged in workgroup memory as [k, m] and [k, n],
 * so that all forms share the multiplication. Only the loop over k is not unrolled.
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
    };
    shaders.set(key, shader);
  }
  return shader;
}
