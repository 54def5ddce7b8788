import { FLAT_GROUP, type Shader, type ShaderBinding } from "../shader.ts";
import type { AttentionLayout } from "./attention_tile.ts";
import { HALF_CODE, type ValueType, wgslType } from "../value_type.ts";
import { entryPoint, readFunction, writeFunction } from "./tile_code.ts";

/** The specific part of an attention kernel. */
export interface AttentionProgram {
  readonly name: string;
  readonly layout: AttentionLayout;
  /** Input buffers of heads, [B, N, D] or [B, N, 3D]. */
  readonly reads: readonly string[];
  /** Buffers of one value per row and head, [B·heads, N]. */
  readonly values: readonly ShaderBinding[];
  /** Output buffers of heads; bound after all others. */
  readonly writes: readonly string[];
  /** WGSL declarations of workgroup memory. */
  readonly memory: readonly string[];
  /** Storage type of buffers of heads. */
  readonly stored: ValueType;
  /** Statements of the entry point. */
  readonly lines: () => string[];
}

/** An attention shader: its buffers, their accessor functions, its entry point. */
export function attentionShader(program: AttentionProgram): Shader {
  const { name, layout, reads, values, writes, memory, stored, lines } = program;
  const { tile, width } = layout;
  const element = wgslType(stored, layout.isVector);
  return {
    key: `attention ${name} ${width} ${tile.x}x${tile.y}x${tile.rows} ${stored}`,
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
    body: () =>
      [
        stored === "f16" ? HALF_CODE : "",
        FLAT_GROUP,
        ...reads.map((buffer) => readFunction(layout, buffer, stored)),
        ...writes.map((buffer) => writeFunction(layout, buffer, stored)),
        ...memory,
        entryPoint(layout, lines()),
      ].join("\n"),
    f16: stored === "f16",
  };
}

/**
 * Scores are computed in base 2, like a GPU's exponential: queries are multiplied by this factor,
 * `log2(e)/√d`, as they are staged in workgroup memory.
 */
export function queryFactor(width: number): string {
  return `f32(${Math.LOG2E / Math.sqrt(width)})`;
}

/** Elements from token to token of packed queries, keys and values. */
const PACKED = "3u * width";

/** WGSL: the vector at (`row`, `quad`) of the queries starting at row `from`, times their factor. */
export function queries({ width }: AttentionLayout, from: string): string {
  return `qkvAt(packed, ${from} + row, ${PACKED}, quad) * ${queryFactor(width)}`;
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
