import assert from "node:assert/strict";
import { compareMetrics, formatMetric, metricKind } from "@videoms/core/plain";
import { loggedMetrics, metricKey, metricsOf } from "@videoms/data";

Deno.test("a name tells label, unit and direction; an unknown one is a bare number", () => {
  assert.deepEqual(
    ["top1", "top5", "meanClass", "loss", "clips", "other"].map((name) => {
      const { label, better } = metricKind(name);
      return [label, better];
    }),
    [
      ["top-1", "higher"],
      ["top-5", "higher"],
      ["mean class accuracy", "higher"],
      ["loss", "lower"],
      ["clips", null],
      ["other", null],
    ],
  );
  assert.deepEqual(
    ([
      ["top5", 0.775],
      ["meanClass", 0.77],
      ["loss", 1.25],
      ["peakBytes", 3 * 2 ** 20],
      ["seconds", 125],
      ["multiplyAccumulates", 2.5e12],
      ["multiplyAccumulates", 0],
      ["clips", 192],
      ["loss", NaN],
    ] as const).map(([name, value]) => formatMetric(name, value)),
    ["77.50 %", "77.00 %", "1.2500", "3 MiB", "2:05", "2.50 T", "0.00", "192", "NaN"],
  );
  assert.deepEqual(
    ["other", "loss", "top5", "meanClass", "top1"].sort(compareMetrics),
    ["top1", "top5", "meanClass", "loss", "other"],
  );
});

Deno.test("a line's numbers say what they are of, and one that is not finite is NaN", () => {
  const line = JSON.parse(JSON.stringify({
    event: "validation",
    step: 6,
    split: "held-out",
    views: "2 × 3",
    metrics: [
      ...loggedMetrics({ top1: 0.5, loss: NaN, top5: undefined }),
      ...loggedMetrics({ top1: 0.25 }, { weights: "last-average" }),
      ...loggedMetrics({ top1: 0.75 }, { head: "linear" }),
    ],
  }));
  const metrics = metricsOf(line);
  assert.deepEqual(metrics.map((one) => [metricKey(one), one.value]), [
    ["top1", 0.5],
    ["loss", NaN],
    ["last-average/top1", 0.25],
    ["linear/top1", 0.75],
  ]);
  for (const { step, split, views, event } of metrics) {
    assert.deepEqual([step, split, views, event], [6, "held-out", "2 × 3", "validation"]);
  }
  assert.deepEqual(metricsOf({ event: "checkpoint", step: 6, path: "x" }), []);
});

Deno.test("lines of an earlier version have the same numbers", () => {
  const valuesOf = (line: Parameters<typeof metricsOf>[0]) =>
    metricsOf(line).map((one) => [metricKey(one), one.value, one.split]);
  assert.deepEqual(
    valuesOf({
      event: "evaluation",
      step: 3,
      clips: "training",
      loss: 2,
      averageLoss: 1,
      maskDrift: null,
    }),
    [["loss", 2, "train"], ["last-average/loss", 1, "train"]],
  );
  const scores = { loss: 2, top1: 0.5, topK: 1, k: 3, videos: 4 };
  assert.deepEqual(
    valuesOf({ event: "validation", step: 3, clips: "held-out", ...scores, average: scores })
      .map(([key, value]) => [key, value]),
    ["", "last-average/"].flatMap((of) => [
      [`${of}loss`, 2],
      [`${of}top1`, 0.5],
      [`${of}top3`, 1],
      [`${of}videos`, 4],
    ]),
  );
  const head = { kind: "linear", decay: 0.1, topK: 1 };
  const heads = [
    { ...head, rate: 1, top1: 0.5, loss: 2 },
    { ...head, rate: 0.1, top1: 0.5, loss: 1 },
  ];
  const values = valuesOf({ event: "evaluation", step: 9, clips: "held-out", k: 5, heads });
  assert.deepEqual(values.map(([key, value]) => [key, value]), [
    ["top5", 1],
    ["top1", 0.5],
    ["loss", 1],
    ...heads.flatMap(({ rate, loss }) => [
      [`linear rate=${rate} decay=0.1/top5`, 1],
      [`linear rate=${rate} decay=0.1/top1`, 0.5],
      [`linear rate=${rate} decay=0.1/loss`, loss],
    ]),
  ]);
  assert.deepEqual(
    valuesOf({ event: "cost", step: 9, tokens: [38, 64], msPerClip: [1.5, 4] })
      .map(([key, value]) => [key, value]),
    [["tokens", 38], ["allTokens", 64], ["msPerClip", 1.5], ["msPerClipWithAll", 4]],
  );
});
