import { formatMetric, metricKind, topName } from "../../output/metrics.ts";
import { textTable } from "../../output/text_table.ts";
import { bestHead, type RatedHeads } from "./rated_heads.ts";

/** How all heads do, for people: a row for each, the best one marked. */
export function probeTable({ heads, k }: RatedHeads): string {
  const best = bestHead(heads);
  const names = ["top1", topName(k), "loss"] as const;
  const rows = heads.map(({ kind, rate, decay, top1, topK, loss }, i) => [
    ...[kind, String(rate), String(decay)],
    ...[top1, topK, loss].map((value, column) => formatMetric(names[column], value)),
    i === best ? "← best" : "",
  ]);
  const head = ["head", "rate", "decay", ...names.map((name) => metricKind(name).label), ""];
  const numbers = Array<"right">(5).fill("right");
  return textTable([head, ...rows], ["left", ...numbers, "left"]);
}
