import { SUBGROUP_PARAMETERS } from "../matrix/matrix_code.ts";
import { FLAT_GROUP, type Shader, type ShaderBinding, type ShaderTarget } from "../shader.ts";
import { HALF_CODE, type ValueType, wgslType } from "../value_type.ts";
import type { AttentionLayout, HeadLayout, KernelLayout } from "./attention_tile.ts";
import { block, readFunction, writeFunction } from "./tile_code.ts";

/** The specific part of an attention kernel. */
export interface AttentionProgram {
  readonly name: string;
  readonly layout: KernelLayout;
  /** Input buffers of heads, [B, N, D] or [B, N, 3D]. */
  readonly reads: readonly string[];
  /** Buffers of one value per row and head, [B·heads, N]. */
  readonly values: readonly ShaderBinding[];
  /** Output buffers of heads; bound after all others. */
  readonly writes: readonly string[];
  /** WGSL declarations of workgroup memory and functions. */
  readonly memory: (target: ShaderTarget) => readonly string[];
  /** Storage type of buffers of heads. */
  readonly stored: ValueType;
  /** Whether matrix units multiply; statements then also know `subgroup` and `lane`. @default false */
  readonly matrices?: boolean;
  /** Statements of the entry point. */
  readonly lines: () => string[];
}

/**
 * WGSL: the entry point. It provides `head` (index of the head in the batch), `first` (first row of those
 * that the workgroup owns), `plain` and `packed` (first element of the head in [B, N, D] and [B, N, 3D]),
 * `width` (elements of D).
 */
function entryPoint({ layout, lines, matrices }: AttentionProgram): string {
  const { threads, rows, elements } = layout;
  return `@compute @workgroup_size(${threads})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
  ${matrices ? SUBGROUP_PARAMETERS : ""}
) {
  let tiles = (u.tokens + ${rows - 1}u) / ${rows}u;
  let number = flatGroup(group, groups);
  let head = number / tiles;
  if (head >= u.samples * u.heads) { return; }
  let first = number % tiles * ${rows}u;
  let width = u.heads * ${elements}u;
  let plain = head / u.heads * u.tokens * width + head % u.heads * ${elements}u;
  let packed = head / u.heads * u.tokens * 3u * width + head % u.heads * ${elements}u;
${block(lines())}
}
`;
}

/** An attention shader: its buffers, their accessor functions, its entry point. */
export function attentionShader(program: AttentionProgram): Shader {
  const { name, layout, reads, values, writes, memory, stored, matrices } = program;
  const element = wgslType(stored, layout.isVector);
  return {
    key: `attention ${name} ${layout.width} ${layout.name} ${stored}`,
    bindings: [
      ...reads.map((name) => ({ name, element, access: "read" } as const)),
      ...values,
      ...writes.map((name) => ({ name, element, access: "write" } as const)),
    ],
    uniforms: [
      { name: "samples", type: "u32" },
      { name: "tokens", type: "u32" },
      { name: "heads", type: "u32" },
    ],
    body: (target) =>
      [
        stored === "f16" ? HALF_CODE : "",
        FLAT_GROUP,
        ...reads.map((buffer) => readFunction(layout, buffer, stored)),
        ...writes.map((buffer) => writeFunction(layout, buffer, stored)),
        ...memory(target),
        entryPoint(program),
      ].join("\n"),
    f16: stored === "f16",
    matrices,
  };
}

/** Scores are computed in base 2, like a GPU's exponential: queries are multiplied by `log2(e)/√d`. */
export function scoreFactor({ width }: HeadLayout): string {
  return `f32(${Math.LOG2E / Math.sqrt(width)})`;
}

/** Elements from token to token of packed queries, keys and values. */
const PACKED = "3u * width";

/** WGSL: the vector at (`row`, `quad`) of the queries starting at row `from`. */
export function plainQueries(from: string): string {
  return `qkvAt(packed, ${from} + row, ${PACKED}, quad)`;
}

/** WGSL: the same times their factor. */
export function queries(layout: HeadLayout, from: string): string {
  return `${plainQueries(from)} * ${scoreFactor(layout)}`;
}

/** WGSL: the vector at (`row`, `quad`) of the keys starting at row `from`. */
export function keys(from: string): string {
  return `qkvAt(packed + width, ${from} + row, ${PACKED}, quad)`;
}

/** WGSL: the vector at (`row`, `quad`) of the values starting at row `from`. */
export function values(from: string): string {
  return `qkvAt(packed + 2u * width, ${from} + row, ${PACKED}, quad)`;
}

/** WGSL: the vector at (`row`, `quad`) of the gradient of the result starting at row `from`. */
export function outputGradients(from: string): string {
  return `dyAt(plain, ${from} + row, width, quad)`;
}

/** WGSL: indices of the four columns of a thread, starting at `other`. */
export function columnNumbers({ tile: { x } }: AttentionLayout): string {
  return `vec4<u32>(0u, ${x}u, ${2 * x}u, ${3 * x}u) + (other + x)`;
}
