import { narrowed, type ValueType, widened } from "../value_type.ts";
import { arraySize, type AttentionLayout, type HeadLayout } from "./attention_tile.ts";

/** WGSL statements, one per line. */
type Lines = string[];

/** 0 … count − 1. */
export function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** Joins and indents lines. */
export function block(lines: readonly string[], spaces = 2): string {
  return lines.map((line) => " ".repeat(spaces) + line).join("\n");
}

/**
 * WGSL: `<buffer>At(start, row, step, quad)`, four values of a token as float32, zero past the last token and
 * the width of a head. `start` is the head's first element, `step` the elements from token to token.
 */
export function readFunction(
  { isVector, width }: HeadLayout,
  buffer: string,
  stored: ValueType,
): string {
  const head = `fn ${buffer}At(start: u32, row: u32, step: u32, quad: u32) -> vec4<f32> {
  let at = start + min(row, u.tokens - 1u) * step;`;
  if (isVector) {
    return `${head}
  return select(vec4<f32>(), ${widened(stored, true, `${buffer}[at + quad]`)}, row < u.tokens);
}`;
  }
  const lanes = range(4).map((lane) =>
    widened(stored, false, `${buffer}[at + min(4u * quad + ${lane}u, ${width - 1}u)]`)
  );
  return `${head}
  let isIn = vec4<u32>(0u, 1u, 2u, 3u) + 4u * quad < vec4<u32>(select(0u, ${width}u, row < u.tokens));
  return select(vec4<f32>(), vec4<f32>(${lanes.join(", ")}), isIn);
}`;
}

/** WGSL: `set<Buffer>(start, row, step, quad, value)`, the counterpart of {@linkcode readFunction}. */
export function writeFunction(
  layout: HeadLayout,
  buffer: string,
  stored: ValueType,
): string {
  const { isVector, width, quads } = layout;
  const name = `set${buffer[0].toUpperCase()}${buffer.slice(1)}`;
  const stores = isVector
    ? [`${buffer}[at + quad] = ${narrowed(stored, true, "value")};`]
    : range(4).map((lane) => {
      const single = narrowed(stored, false, `value[${lane}]`);
      return `if (4u * quad + ${lane}u < ${width}u) { ${buffer}[at + 4u * quad + ${lane}u] = ${single}; }`;
    });
  return `fn ${name}(start: u32, row: u32, step: u32, quad: u32, value: vec4<f32>) {
  if (row >= u.tokens || quad >= ${quads}u) { return; }
  let at = start + row * step;
${block(stores)}
}`;
}

/** WGSL: an array of workgroup memory for rows of a head. */
export function rowArray(layout: AttentionLayout, name: string, rows: number): string {
  return `var<workgroup> ${name}: array<vec4<f32>, ${arraySize(layout, rows)}>;`;
}

/** WGSL: one vector of workgroup memory for every owned row and thread across. */
export function weightArray({ rows, tile }: AttentionLayout): string {
  return `var<workgroup> weights: array<vec4<f32>, ${rows * tile.x}>;`;
}

/**
 * Statements that copy rows of a head into workgroup memory.
 *
 * @param read WGSL of the vector at (`row`, `quad`) of the tile
 */
export function stage(layout: AttentionLayout, array: string, rows: number, read: string): Lines {
  const { quads, stride, threads } = layout;
  const size = rows * quads;
  return range(Math.ceil(size / threads)).flatMap((step) => {
    const isWhole = (step + 1) * threads <= size;
    return [
      `${isWhole ? "" : `if (local + ${step * threads}u < ${size}u) `}{`,
      `  let row = (local + ${step * threads}u) / ${quads}u;`,
      `  let quad = (local + ${step * threads}u) % ${quads}u;`,
      `  ${array}[row * ${stride}u + quad] = ${read};`,
      "}",
    ];
  });
}

/** Vectors of a row per step of the products. */
function unrolled({ quads }: AttentionLayout): number {
  return quads % 2 === 0 ? 2 : 1;
}

/**
 * Statements that multiply the owned rows of `array` by the rows of `others`: `<name>i` gets the dot
 * products of row i of the thread with its four columns.
 */
export function products(layout: AttentionLayout, array: string, name: string): Lines {
  const { tile, stride, quads } = layout;
  const lines = range(tile.rows).map((i) => `var ${name}${i} = vec4<f32>();`);
  const step = unrolled(layout);
  lines.push(`for (var quad = 0u; quad < ${quads}u; quad += ${step}u) {`);
  for (let part = 0; part < step; part++) {
    lines.push("  {");
    for (let j = 0; j < 4; j++) {
      const at = `x * ${stride}u + ${j * tile.x * stride + part}u + quad`;
      lines.push(`    let o${j} = others[${at}];`);
    }
    for (const lane of "xyzw") { // the four columns side by side, which moves nothing on a GPU
      lines.push(
        `    let ${lane}s = vec4<f32>(${range(4).map((j) => `o${j}.${lane}`).join(", ")});`,
      );
    }
    for (let i = 0; i < tile.rows; i++) {
      lines.push(
        `    let r${i} = ${array}[y * ${stride}u + ${i * tile.y * stride + part}u + quad];`,
      );
      for (const lane of "xyzw") {
        lines.push(`    ${name}${i} = fma(vec4<f32>(r${i}.${lane}), ${lane}s, ${name}${i});`);
      }
    }
    lines.push("  }");
  }
  return [...lines, "}"];
}

/** Location of the weights of a thread's row i, for thread column `x`. */
export function weightAt({ tile }: AttentionLayout, i: number, x = "x"): string {
  return `weights[y * ${tile.x}u + ${i * tile.y * tile.x}u + ${x}]`;
}

/** Statements that share the four weights of each row of a thread. */
export function shareWeights(layout: AttentionLayout, name: string): Lines {
  return range(layout.tile.rows).map((i) => `${weightAt(layout, i)} = ${name}${i};`);
}

/** Statements that declare the sums of {@linkcode accumulate}. */
export function declareSums({ tile, quadsPerThread }: AttentionLayout, name: string): Lines {
  return range(tile.rows).flatMap((i) =>
    range(quadsPerThread).map((j) => `var ${name}${i}_${j} = vec4<f32>();`)
  );
}

/** Statements that add the rows of `others`, each times its weight, to `<name>i_j`. */
export function accumulate(layout: AttentionLayout, name: string): Lines {
  const { tile, stride, quadsPerThread } = layout;
  const lines = [`for (var column = 0u; column < ${tile.x}u; column++) {`];
  for (let i = 0; i < tile.rows; i++) {
    lines.push(`  let w${i} = ${weightAt(layout, i, "column")};`);
  }
  for (let k = 0; k < 4; k++) {
    lines.push("  {");
    for (let j = 0; j < quadsPerThread; j++) {
      const at = `column * ${stride}u + ${k * tile.x * stride + j * tile.x}u + x`;
      lines.push(`    let o${j} = others[${at}];`);
      for (let i = 0; i < tile.rows; i++) {
        lines.push(
          `    ${name}${i}_${j} = fma(vec4<f32>(w${i}.${"xyzw"[k]}), o${j}, ${name}${i}_${j});`,
        );
      }
    }
    lines.push("  }");
  }
  return [...lines, "}"];
}

/** Statements that write the sums of {@linkcode accumulate} of each row. */
export function writeSums(
  { tile, quadsPerThread }: AttentionLayout,
  write: (row: string, quad: string, sum: (name: string) => string, i: number) => Lines,
): Lines {
  return range(tile.rows).flatMap((i) =>
    range(quadsPerThread).flatMap((j) =>
      write(
        `first + y + ${i * tile.y}u`,
        `x + ${j * tile.x}u`,
        (name) => `${name}${i}_${j}`,
        i,
      )
    )
  );
}

/** Statements that declare `x` and `y`, the thread. */
export function placeThread({ tile }: AttentionLayout): Lines {
  return [`let x = local % ${tile.x}u;`, `let y = local / ${tile.x}u;`];
}
