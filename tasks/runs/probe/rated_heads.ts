import { formatMetric, metricKind, textTable, topName } from "@videoms/core/plain";
import type { ProbeHead, VideoAccuracy } from "@videoms/models";

/** How a head does. */
export interface RatedHead extends ProbeHead, VideoAccuracy {}

/** How all heads of a probe do. */
export interface RatedHeads extends Pick<VideoAccuracy, "k" | "videos"> {
  heads: RatedHead[];
}

/** Place of the best head: most often right; of equal ones that with the smallest loss. */
export function bestHead(heads: readonly RatedHead[]): number {
  return heads.reduce((best, { top1, loss }, i) => {
    const { top1: most, loss: least } = heads[best];
    return top1 > most || (top1 === most && loss < least) ? i : best;
  }, 0);
}

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
