import { matrixTypes } from "../matrix/matrix_code.ts";
import type { Shader } from "../shader.ts";
import {
  attentionShader,
  keys,
  outputGradients,
  plainQueries,
  scoreFactor,
  values,
} from "./attention_shader.ts";
import {
  addRows,
  declareSums,
  eachScore,
  loadOwned,
  multiplyRows,
  placeThread,
  rowFunctions,
  scoreArray,
  stageTile,
  tileArrays,
  weightArray,
  writeSums,
} from "./matrix_attention_code.ts";
import type { MatrixLayout, MatrixMemory } from "./matrix_layout.ts";

/** What the kernel keeps in workgroup memory. */
export const QUERY_GRADIENT_MEMORY: MatrixMemory = { scores: 2, weights: 1, numbers: 0 };

/** Statements that fetch `logSum` of the thread's row and compute `rowDot`, as the plain kernel does. */
function rowValues({ quads, lanesPerRow }: MatrixLayout): string[] {
  return [
    "var products = vec4<f32>();",
    `for (var quad = part; quad < ${quads}u; quad += ${lanesPerRow}u) {`,
    "  let row = first + mine;",
    "  products = fma(yAt(plain, row, width, quad), dyAt(plain, row, width, quad), products);",
    "}",
    "let rowDot = sumRow(local, (products.x + products.y) + (products.z + products.w));",
    "var logSum = 0.0;",
    "if (first + mine < u.tokens) {",
    "  let at = head * u.tokens + first + mine;",
    "  logSum = logSums[at];",
    "  if (part == 0u) { dots[at] = rowDot; }",
    "}",
  ];
}

function lines(layout: MatrixLayout): string[] {
  return [
    ...placeThread(layout),
    ...rowValues(layout),
    ...loadOwned(layout, [
      ["q", "others", plainQueries],
      ["g", "otherValues", outputGradients],
    ]),
    ...declareSums(layout, "a"),
    `for (var other = 0u; other < u.tokens; other += ${layout.columns}u) {`,
    `let count = min(${layout.columns}u, u.tokens - other);`,
    "workgroupBarrier();",
    ...stageTile(layout, "others", keys("other")),
    ...stageTile(layout, "otherValues", values("other")),
    "workgroupBarrier();",
    ...multiplyRows(layout, "q", "others", "scores"),
    ...multiplyRows(layout, "g", "otherValues", "slopes"),
    "workgroupBarrier();",
    ...eachScore(layout, [
      `let weight = exp2(scores[scoresAt + j] * ${scoreFactor(layout)} - logSum);`,
      "let slope = weight * (slopes[scoresAt + j] - rowDot);",
      "weights[weightsAt + j] = half(select(0.0, slope, j < count));",
    ]),
    "workgroupBarrier();",
    ...addRows(layout, "weights", "others", "a"),
    "}",
    ...writeSums(
      layout,
      "a",
      (row, quad, sum) =>
        `setDQkv(packed, ${row}, 3u * width, ${quad}, ${sum} * f32(${
          1 / Math.sqrt(layout.width)
        }));`,
    ),
  ];
}

/** The same as {@linkcode queryGradientShader}, of values in half precision, by matrix units. */
export function matrixQueryGradientShader(layout: MatrixLayout): Shader {
  return attentionShader({
    name: "query gradient",
    layout,
    reads: ["qkv", "y", "dy"],
    values: [
      { name: "logSums", element: "f32", access: "read" },
      { name: "dots", element: "f32", access: "write" },
    ],
    writes: ["dQkv"],
    memory: (target) => [
      matrixTypes(layout.unit),
      rowFunctions(layout, target),
      tileArrays(layout, "others", "otherValues"),
      scoreArray(layout, "scores"),
      scoreArray(layout, "slopes"),
      weightArray(layout, "weights"),
    ],
    stored: "f16",
    matrices: true,
    lines: () => lines(layout),
  });
}
