import type { Shader } from "../shader.ts";
import type { ValueType } from "../value_type.ts";
import { attentionShader, columnNumbers, keys, queries, values } from "./attention_shader.ts";
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

/** A score below all others, whose power of two is 0. */
const LOWEST = "-3.0e38";

/** Location of a thread's number for its row i. */
function peakAt({ tile }: AttentionLayout, i: number, x: string): string {
  return `peaks[y * ${tile.x}u + ${i * tile.y * tile.x}u + ${x}]`;
}

/** WGSL: combines the numbers of all threads for row i pairwise in a fixed order. */
function joinPeaks(
  layout: AttentionLayout,
  i: number,
  join: (a: string, b: string) => string,
): string {
  let terms = range(layout.tile.x).map((x) => peakAt(layout, i, `${x}u`));
  while (terms.length > 1) {
    terms = range(terms.length / 2).map((k) => join(terms[2 * k], terms[2 * k + 1]));
  }
  return terms[0];
}

/** Statements that turn scores `s` into weights by the maximum score so far, and rescale the sums. */
function softmaxStep(layout: AttentionLayout): string[] {
  const { tile, quadsPerThread } = layout;
  return range(tile.rows).flatMap((i) => [
    "{",
    `  let top = max(top${i}, ${joinPeaks(layout, i, (a, b) => `max(${a}, ${b})`)});`,
    `  let shrink = exp2(top${i} - top);`,
    `  s${i} = exp2(s${i} - top);`,
    `  total${i} = fma(total${i}, shrink, (s${i}.x + s${i}.y) + (s${i}.z + s${i}.w));`,
    `  top${i} = top;`,
    ...range(quadsPerThread).map((j) => `  a${i}_${j} *= shrink;`),
    "}",
  ]);
}

function lines(layout: AttentionLayout): string[] {
  const { tile, rows, columns } = layout;
  const eachRow = (line: (i: number) => string) => range(tile.rows).map(line);
  return [
    ...placeThread(layout),
    ...stage(layout, "owned", rows, queries(layout, "first")),
    ...eachRow((i) => `var top${i} = ${LOWEST}; var total${i} = 0.0;`),
    ...declareSums(layout, "a"),
    `for (var other = 0u; other < u.tokens; other += ${columns}u) {`,
    "workgroupBarrier();",
    ...stage(layout, "others", columns, keys("other")),
    "workgroupBarrier();",
    ...products(layout, "owned", "s"),
    `let isIn = ${columnNumbers(layout)} < vec4<u32>(u.tokens);`,
    ...eachRow((i) =>
      `s${i} = select(vec4<f32>(${LOWEST}), s${i}, isIn); ` +
      `${peakAt(layout, i, "x")} = max(max(s${i}.x, s${i}.y), max(s${i}.z, s${i}.w));`
    ),
    "workgroupBarrier();",
    ...softmaxStep(layout),
    ...shareWeights(layout, "s"),
    ...stage(layout, "others", columns, values("other")),
    "workgroupBarrier();",
    ...accumulate(layout, "a"),
    "}",
    ...eachRow((i) => `${peakAt(layout, i, "x")} = total${i};`),
    "workgroupBarrier();",
    ...eachRow((i) => `total${i} = ${joinPeaks(layout, i, (a, b) => `(${a} + ${b})`)};`),
    ...writeSums(layout, (row, quad, sum, i) => [
      `setY(plain, ${row}, width, ${quad}, ${sum("a")} / total${i});`,
    ]),
    "if (x == 0u) {",
    ...eachRow((i) => {
      const row = `first + y + ${i * tile.y}u`;
      return `  if (${row} < u.tokens) { ` +
        `logSums[head * u.tokens + ${row}] = top${i} + log2(total${i}); }`;
    }),
    "}",
  ];
}

/**
 * Attention in one dispatch (Dao et al., FlashAttention: arXiv 2205.14135). A workgroup owns some queries of
 * a head and processes keys and values in tiles; scores and weights never leave it. Writes `y` [B, N, D] and
 * `logSums` [B·heads, N], the logarithm to base 2 of each query's sum of exponentials.
 */
export function forwardShader(layout: AttentionLayout, stored: ValueType): Shader {
  const { rows, columns, tile } = layout;
  return attentionShader({
    name: "forward",
    layout,
    reads: ["qkv"],
    values: [{ name: "logSums", element: "f32", access: "write" }],
    writes: ["y"],
    memory: () => [
      rowArray(layout, "owned", rows),
      rowArray(layout, "others", columns),
      weightArray(layout),
      `var<workgroup> peaks: array<f32, ${rows * tile.x}>;`,
    ],
    stored,
    lines: () => lines(layout),
  });
}
