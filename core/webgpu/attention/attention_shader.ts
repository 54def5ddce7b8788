import { FLAT_GROUP, type Shader, type ShaderBinding } from "../shader.ts";
import type { AttentionLayout } from "./attention_tile.ts";
import { HALF_CODE, type ValueType, wgslType } from "../value_type.ts";
import { entryPoint, readFunction, writeFunction } from "./tile_code.ts";

/** A kernel of attention, before the parts that all have. */
export interface AttentionProgram {
  readonly name: string;
  readonly layout: AttentionLayout;
  /** Buffers of heads, [B, N, D] or [B, N, 3D], that it reads. */
  readonly reads: readonly string[];
  /** Buffers of one value for each row of each head, [B·heads, N]. */
  readonly values: readonly ShaderBinding[];
  /** Buffers of heads that it writes; bound after all others. */
  readonly writes: readonly string[];
  /** WGSL declarations of workgroup memory. */
  readonly memory: readonly string[];
  /** How buffers of heads are stored. */
  readonly stored: ValueType;
  /** Statements of the entry point. */
  readonly lines: () => string[];
}

/** A shader of attention: its buffers, the functions that read and write them, its entry point. */
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
 * Scores are computed in base 2, which is what a GPU's exponential is made of: queries are multiplied
 * with this, `log2(e)/√d`, on their way into workgroup memory.
 */
export function queryFactor(width: number): string {
  return `f32(${Math.LOG2E / Math.sqrt(width)})`;
}

/** Elements from token to token of packed queries, keys and values. */
const PACKED = "3u * width";

/** WGSL: the vector at (`row`, `quad`) of the queries from row `from` on, times their factor. */
export function queries({ width }: AttentionLayout, from: string): string {
  return `qkvAt(packed, ${from} + row, ${PACKED}, quad) * ${queryFactor(width)}`;
}

/** WGSL: the vector at (`row`, `quad`) of the keys from row `from` on. */
export function keys(from: string): string {
  return `qkvAt(packed + width, ${from} + row, ${PACKED}, quad)`;
}

/** WGSL: the vector at (`row`, `quad`) of the values from row `from` on. */
export function values(from: string): string {
  return `qkvAt(packed + 2u * width, ${from} + row, ${PACKED}, quad)`;
}

/** WGSL: the vector at (`row`, `quad`) of the gradient of the result from row `from` on. */
export function outputGradients(from: string): string {
  return `dyAt(plain, ${from} + row, width, quad)`;
}

/** WGSL: numbers of the four columns that a thread meets, from `other` on. */
export function columnNumbers({ tile: { x } }: AttentionLayout): string {
  return `vec4<u32>(0u, ${x}u, ${2 * x}u, ${3 * x}u) + (other + x)`;
}
