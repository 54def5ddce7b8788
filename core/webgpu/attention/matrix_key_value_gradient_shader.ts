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
  scoreArray,
  stageTile,
  tileArrays,
  weightArray,
  writeSums,
} from "./matrix_attention_code.ts";
import type { MatrixLayout, MatrixMemory } from "./matrix_layout.ts";

/** What the kernel keeps in workgroup memory. */
export const KEY_VALUE_GRADIENT_MEMORY: MatrixMemory = { scores: 2, weights: 2, numbers: 64 };

/** Statements that fetch the numbers of the tile's queries. */
function stageColumns({ columns, threads }: MatrixLayout): string[] {
  return [
    `for (var j = local; j < ${columns}u; j += ${threads}u) {`,
    "  let at = head * u.tokens + min(other + j, u.tokens - 1u);",
    "  columnSums[j] = logSums[at];",
    "  columnDots[j] = dots[at];",
    "}",
  ];
}

function lines(layout: MatrixLayout): string[] {
  const factor = `f32(${1 / Math.sqrt(layout.width)})`;
  return [
    ...placeThread(layout),
    ...loadOwned(layout, [["k", "others", keys], ["v", "otherGradients", values]]),
    ...declareSums(layout, "dk"),
    ...declareSums(layout, "dv"),
    `for (var other = 0u; other < u.tokens; other += ${layout.columns}u) {`,
    `let count = min(${layout.columns}u, u.tokens - other);`,
    "workgroupBarrier();",
    ...stageTile(layout, "others", plainQueries("other")),
    ...stageTile(layout, "otherGradients", outputGradients("other")),
    ...stageColumns(layout),
    "workgroupBarrier();",
    ...multiplyRows(layout, "k", "others", "scores"),
    ...multiplyRows(layout, "v", "otherGradients", "slopes"),
    "workgroupBarrier();",
    ...eachScore(layout, [
      `let weight = exp2(scores[scoresAt + j] * ${scoreFactor(layout)} - columnSums[j]);`,
      "let slope = weight * (slopes[scoresAt + j] - columnDots[j]);",
      "weights[weightsAt + j] = half(select(0.0, weight, j < count));",
      "weightSlopes[weightsAt + j] = half(select(0.0, slope, j < count));",
    ]),
    "workgroupBarrier();",
    ...addRows(layout, "weights", "otherGradients", "dv"),
    ...addRows(layout, "weightSlopes", "others", "dk"),
    "}",
    ...writeSums(
      layout,
      "dk",
      (row, quad, sum) =>
        `setDQkv(packed + width, ${row}, 3u * width, ${quad}, ${sum} * ${factor});`,
    ),
    ...writeSums(
      layout,
      "dv",
      (row, quad, sum) => `setDQkv(packed + 2u * width, ${row}, 3u * width, ${quad}, ${sum});`,
    ),
  ];
}

/** The same as {@linkcode keyValueGradientShader}, of values in half precision, by matrix units. */
export function matrixKeyValueGradientShader(layout: MatrixLayout): Shader {
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
      matrixTypes(layout.unit),
      tileArrays(layout, "others", "otherGradients"),
      scoreArray(layout, "scores"),
      scoreArray(layout, "slopes"),
      weightArray(layout, "weights"),
      weightArray(layout, "weightSlopes"),
      `var<workgroup> columnSums: array<f32, ${layout.columns}>;`,
      `var<workgroup> columnDots: array<f32, ${layout.columns}>;`,
    ],
    stored: "f16",
    matrices: true,
    lines: () => lines(layout),
  });
}
