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
  weightAt,
  writeSums,
} from "./tile_code.ts";

/**
 * Statements that give each row its `dotsi`, the product of the result and its gradient, summed in a
 * fixed order. It is the mean gradient of the row's scores, weighted by the softmax.
 */
function rowDots(layout: AttentionLayout): string[] {
  const { tile, stride, quads, quadsPerThread } = layout;
  const lines: string[] = [];
  for (let i = 0; i < tile.rows; i++) {
    lines.push("{", "  var products = vec4<f32>();");
    for (let j = 0; j < quadsPerThread; j++) {
      const isWhole = (j + 1) * tile.x <= quads;
      const quad = `x + ${j * tile.x}u`;
      const y = `yAt(plain, first + y + ${i * tile.y}u, width, ${quad})`;
      const dy = `ownedGradients[(y + ${i * tile.y}u) * ${stride}u + ${quad}]`;
      lines.push(
        `  ${isWhole ? "" : `if (${quad} < ${quads}u) `}{ products = fma(${y}, ${dy}, products); }`,
      );
    }
    lines.push(`  ${weightAt(layout, i)} = products;`, "}");
  }
  lines.push("workgroupBarrier();");
  for (let i = 0; i < tile.rows; i++) {
    const terms = range(tile.x).map((x) => weightAt(layout, i, `${x}u`));
    lines.push(
      `var dots${i} = 0.0;`,
      `{ let t = ${terms.join(" + ")}; dots${i} = (t.x + t.y) + (t.z + t.w); }`,
    );
  }
  return lines;
}

/** Statements that fetch `logSumi` and write `dotsi`. */
function rowValues({ tile }: AttentionLayout): string[] {
  return range(tile.rows).flatMap((i) => [
    `var logSum${i} = 0.0;`,
    `if (first + y + ${i * tile.y}u < u.tokens) {`,
    `  let at = head * u.tokens + first + y + ${i * tile.y}u;`,
    `  logSum${i} = logSums[at];`,
    `  if (x == 0u) { dots[at] = dots${i}; }`,
    "}",
  ]);
}

function lines(layout: AttentionLayout): string[] {
  const { tile, rows, columns, width } = layout;
  return [
    ...placeThread(layout),
    ...stage(layout, "owned", rows, queries(layout, "first")),
    ...stage(layout, "ownedGradients", rows, outputGradients("first")),
    "workgroupBarrier();",
    ...rowDots(layout),
    ...rowValues(layout),
    ...declareSums(layout, "a"),
    `for (var other = 0u; other < u.tokens; other += ${columns}u) {`,
    "workgroupBarrier();",
    ...stage(layout, "others", columns, values("other")),
    "workgroupBarrier();",
    ...products(layout, "ownedGradients", "g"),
    "workgroupBarrier();",
    ...stage(layout, "others", columns, keys("other")),
    "workgroupBarrier();",
    ...products(layout, "owned", "s"),
    `let isIn = ${columnNumbers(layout)} < vec4<u32>(u.tokens);`,
    ...range(tile.rows).map((i) =>
      `s${i} = select(vec4<f32>(), exp2(s${i} - logSum${i}), isIn) * (g${i} - dots${i});`
    ),
    ...shareWeights(layout, "s"),
    "workgroupBarrier();",
    ...accumulate(layout, "a"),
    "}",
    ...writeSums(layout, (row, quad, sum) => [
      `setDQkv(packed, ${row}, 3u * width, ${quad}, ` +
      `${sum("a")} * f32(${1 / Math.sqrt(width)}));`,
    ]),
  ];
}

/**
 * Gradient of the queries, into their third of `dQkv`; a workgroup owns some queries of a head. Writes
 * `dots` [B·heads, N] for {@linkcode keyValueGradientShader}.
 */
export function queryGradientShader(layout: AttentionLayout, stored: ValueType): Shader {
  const { rows, columns } = layout;
  return attentionShader({
    name: "query gradient",
    layout,
    reads: ["qkv", "y", "dy"],
    values: [
      { name: "logSums", element: "f32", access: "read" },
      { name: "dots", element: "f32", access: "write" },
    ],
    writes: ["dQkv"],
    memory: () => [
      rowArray(layout, "owned", rows),
      rowArray(layout, "ownedGradients", rows),
      rowArray(layout, "others", columns),
      weightArray(layout),
    ],
    stored,
    lines: () => lines(layout),
  });
}
