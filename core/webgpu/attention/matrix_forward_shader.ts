import { matrixTypes } from "../matrix/matrix_code.ts";
import type { Shader } from "../shader.ts";
import { attentionShader, keys, plainQueries, scoreFactor, values } from "./attention_shader.ts";
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
  throughScores,
  tileArrays,
  weightArray,
  writeSums,
} from "./matrix_attention_code.ts";
import type { MatrixLayout, MatrixMemory } from "./matrix_layout.ts";

/** What the kernel keeps in workgroup memory. */
export const FORWARD_MEMORY: MatrixMemory = { scores: 1, weights: 1, numbers: 1 };

/** A score below all others, whose power of two is 0. */
const LOWEST = "-3.0e38";

/**
 * By how much a score may exceed the one that weights are relative to, in powers of two: weights up to 256
 * are as exact in half precision as those up to 1, and the sums need to be scaled only rarely.
 */
const SLACK = "8.0";

/**
 * Statements that turn the scores of a tile into weights relative to the row's `top`. A row whose scores
 * rise far above it gets another, and `shrink`, the factor of what was summed before.
 */
function softmaxStep(layout: MatrixLayout): string[] {
  return [
    `var highest = ${LOWEST};`,
    ...eachScore(layout, [
      `let score = select(${LOWEST}, scores[scoresAt + j] * ${scoreFactor(layout)}, j < count);`,
      "scores[scoresAt + j] = score;",
      "highest = max(highest, score);",
    ]),
    "highest = maxRow(local, highest);",
    "var shrink = 1.0;",
    `if (highest > top + ${SLACK}) {`,
    "  shrink = exp2(top - highest);",
    "  top = highest;",
    "  if (other > 0u && first + mine < u.tokens) { atomicStore(&isRaised, 1u); }",
    "}",
    "total *= shrink;",
    ...eachScore(layout, [
      "let weight = exp2(scores[scoresAt + j] - top);",
      "weights[weightsAt + j] = f16(weight);",
      "total += weight;",
    ]),
  ];
}

function lines(layout: MatrixLayout): string[] {
  return [
    ...placeThread(layout),
    ...loadOwned(layout, [["q", "others", plainQueries]]),
    `var top = ${LOWEST};`,
    "var total = 0.0;",
    ...declareSums(layout, "a"),
    `for (var other = 0u; other < u.tokens; other += ${layout.columns}u) {`,
    `let count = min(${layout.columns}u, u.tokens - other);`,
    "workgroupBarrier();",
    "if (local == 0u) { atomicStore(&isRaised, 0u); }",
    ...stageTile(layout, "others", keys("other")),
    ...stageTile(layout, "otherValues", values("other")),
    "workgroupBarrier();",
    ...multiplyRows(layout, "q", "others", "scores"),
    "workgroupBarrier();",
    ...softmaxStep(layout),
    "if (workgroupUniformLoad(&isRaised) != 0u) {",
    ...throughScores(layout, "a", (_, count) => [
      `for (var j = part; j < ${count}u; j += ${layout.lanesPerRow}u) {`,
      "  scores[scoresAt + j] *= shrink;",
      "}",
    ], true),
    "}",
    ...addRows(layout, "weights", "otherValues", "a"),
    "}",
    "total = sumRow(local, total);",
    ...writeSums(
      layout,
      "a",
      (row, quad, sum) => `setY(plain, ${row}, width, ${quad}, ${sum} / total);`,
    ),
    "if (part == 0u && first + mine < u.tokens) {",
    "  logSums[head * u.tokens + first + mine] = top + log2(total);",
    "}",
  ];
}

/** The same as {@linkcode forwardShader}, of values in half precision, by matrix units. */
export function matrixForwardShader(layout: MatrixLayout): Shader {
  return attentionShader({
    name: "forward",
    layout,
    reads: ["qkv"],
    values: [{ name: "logSums", element: "f32", access: "write" }],
    writes: ["y"],
    memory: (target) => [
      matrixTypes(layout.unit),
      rowFunctions(layout, target),
      tileArrays(layout, "others", "otherValues"),
      scoreArray(layout, "scores"),
      weightArray(layout, "weights"),
      "var<workgroup> isRaised: atomic<u32>;",
    ],
    stored: "f16",
    matrices: true,
    lines: () => lines(layout),
  });
}
