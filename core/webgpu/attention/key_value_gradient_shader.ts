import type { Shader } from "../shader.ts";
import type { ValueType } from "../value_type.ts";
import {
  attentionShader,
  columnNumbers,
  keys,
  outputGradients,
  queries,
  values,
} from "./attention_shader.ts";
import type { AttentionLayout } from "./attention_tile.ts";
import {
  accumulate,
  declareSums,
  placeThread,
  products,
  range,
  rowArray,
  shareWeights,
  stage,
  weightArray,
  writeSums,
} from "./tile_code.ts";

/** Statements that read a value of each of a thread's four columns. */
function columnValues(buffer: string, name: string): string {
  const at = (lane: string) => `${buffer}[head * u.tokens + min(columns.${lane}, u.tokens - 1u)]`;
  return `let ${name} = vec4<f32>(${[..."xyzw"].map(at).join(", ")});`;
}

/**
 * Queries and output gradients alternate in `others`: queries twice, since the gradients of the scores need
 * the product of gradients and values first. Reading them again costs little compared with the products, and
 * leaves room for larger tiles.
 */
function lines(layout: AttentionLayout): string[] {
  const { tile, rows, columns } = layout;
  const eachRow = (line: (i: number) => string) => range(tile.rows).map(line);
  return [
    ...placeThread(layout),
    ...stage(layout, "owned", rows, keys("first")),
    ...stage(layout, "ownedValues", rows, values("first")),
    ...declareSums(layout, "k"),
    ...declareSums(layout, "v"),
    `for (var other = 0u; other < u.tokens; other += ${columns}u) {`,
    `let columns = ${columnNumbers(layout)};`,
    columnValues("logSums", "logSum"),
    columnValues("dots", "dot"),
    "workgroupBarrier();",
    ...stage(layout, "others", columns, queries(layout, "other")),
    "workgroupBarrier();",
    ...products(layout, "owned", "s"),
    ...eachRow((i) =>
      `s${i} = select(vec4<f32>(), exp2(s${i} - logSum), columns < vec4<u32>(u.tokens));`
    ),
    ...shareWeights(layout, "s"),
    "workgroupBarrier();",
    ...stage(layout, "others", columns, outputGradients("other")),
    "workgroupBarrier();",
    ...accumulate(layout, "v"),
    ...products(layout, "ownedValues", "g"),
    "workgroupBarrier();",
    ...eachRow((i) => `s${i} *= g${i} - dot;`),
    ...shareWeights(layout, "s"),
    ...stage(layout, "others", columns, queries(layout, "other")),
    "workgroupBarrier();",
    ...accumulate(layout, "k"),
    "}",
    // The factor of the queries is log2(e)/√d, that of the gradient 1/√d.
    ...writeSums(layout, (row, quad, sum) => [
      `setDQkv(packed + width, ${row}, 3u * width, ${quad}, ${sum("k")} * f32(${Math.LN2}));`,
      `setDQkv(packed + 2u * width, ${row}, 3u * width, ${quad}, ${sum("v")});`,
    ]),
  ];
}

/**
 * Gradients of the keys and values, into their thirds of `dQkv`; a workgroup owns some keys and values of
 * a head. Needs the `dots` that {@linkcode queryGradientShader} writes.
 */
export function keyValueGradientShader(layout: AttentionLayout, stored: ValueType): Shader {
  const { rows, columns } = layout;
  return attentionShader({
    name: "key and value gradient",
    layout,
    reads: ["qkv", "dy"],
    values: [
      { name: "logSums", element: "f32", access: "read" },
      { name: "dots", element: "f32", access: "read" },
    ],
    writes: ["dQkv"],
    memory: () => [
      rowArray(layout, "owned", rows),
      rowArray(layout, "ownedValues", rows),
      rowArray(layout, "others", columns),
      weightArray(layout),
    ],
    stored,
    lines: () => lines(layout),
  });
}
