import { formatMetric, metricKind, textTable } from "@videoms/core/plain";
import { type Descriptor, randomStream } from "@videoms/core";
import { FRAME_ORDERS, orderFrames, type RawClips } from "@videoms/data";
import { motionCentricTokens } from "@videoms/masking";
import {
  type ScoreSummary,
  swappedClasses,
  type TargetSummary,
  type ViewScores,
} from "@videoms/models";
import { basename } from "node:path";
import { evaluationMetrics } from "./evaluation_metrics.ts";

/**
 * What an evaluation may change of clips to see whether a classifier uses motion: one frame repeated, frames in a
 * drawn order, backwards, or the tokens that move least in place of those that were chosen.
 */
export const CONTROLS = [...FRAME_ORDERS, "static-tokens"] as const;

/** One of {@linkcode CONTROLS}. */
export type Control = typeof CONTROLS[number];

/** As many tokens as a selection by motion keeps, but those that move least. */
export function staticTokens({ name, options }: Descriptor<"tokens">): Descriptor<"tokens"> {
  return motionCentricTokens({ ...name === "motion-centric" ? options : {}, keep: "least" });
}

/** Changes the pixels of clips; what is drawn depends on the name of the file and the segment alone. */
export function controlClips(
  control: Control,
  { pixels, batch }: RawClips,
  frameBytes: number,
  views: readonly { path: string; segment: number }[],
): void {
  if (control === "static-tokens") return;
  const bytes = pixels.length / batch;
  views.forEach(({ path, segment }, b) => {
    const clip = pixels.subarray(b * bytes, (b + 1) * bytes);
    const random = randomStream(0, "control", basename(path), segment);
    clip.set(orderFrames(clip, bytes / frameBytes, control, random));
  });
}

/** Accuracies with controls beside the true one. */
export function controlsText(
  evaluations: readonly {
    scores: Pick<ViewScores, "facts" | "classes">;
    summary: ScoreSummary | TargetSummary;
  }[],
): string {
  const main = evaluations.map(({ scores: { facts }, summary }) =>
    evaluationMetrics({ ...facts, ...summary })[0]
  );
  const [{ name, value: whole }] = main;
  const rows = evaluations.map(({ scores: { facts, classes }, summary }, i) => [
    facts.control ?? "none",
    formatMetric(name, main[i].value),
    facts.control
      ? `${main[i].value < whole ? "−" : "+"}${formatMetric(name, Math.abs(main[i].value - whole))}`
      : "",
    facts.control === "reversed" && "confusion" in summary
      ? swappedClasses(classes, summary.confusion).map(({ classes: [a, b], videos, swapped }) =>
        `${a} ↔ ${b}: ${swapped} of ${videos}`
      ).join(", ")
      : "",
  ]);
  return textTable([
    ["control", metricKind(name).label, "difference", "given the opposite class"],
    ...rows,
  ], [
    ...["left", "right", "right", "left"] as const,
  ]);
}
