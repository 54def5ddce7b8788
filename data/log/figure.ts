import { isSetLoss, metricKind } from "@videoms/core/plain";
import type { Metric } from "./metric.ts";

/** What a number is of: all that tells it from other numbers of its name, but the step. */
export interface FigureSource extends Omit<Metric, "name" | "value" | "step"> {
  /** The kind of the run: "pretrain", "finetune", "probe". */
  readonly kind: string;
}

/** A number that a training ended with. */
export interface Figure extends Metric, FigureSource {}

/** Numbers of the training steps that tell how well a run has learnt; the others tell how it went. */
const OF_STEPS = ["loss", "accuracy"];

const KINDS: Readonly<Record<string, string>> = {
  pretrain: "pre-training",
  finetune: "fine-tuning",
  probe: "probe",
};

/** What is equal for numbers, whatever their names, that can be compared between runs. */
export function sourceId(
  { kind, event, split, views, weights, head }: FigureSource,
): string {
  return [kind, event, split, views, weights, head].join("\n");
}

/** Where a figure comes from, for people: "fine-tuning, evaluation, test videos, 5 × 3 views". */
export function sourceLabel(
  { kind, event, split, views, weights, head }: FigureSource,
): string {
  return [
    KINDS[kind] ?? kind,
    event === "step" ? "training steps" : event,
    event === "step" || split === null ? null : `${split} videos`,
    views && `${views} views`,
    weights === "last" ? null : `${weights} weights`,
    head && `${head} head`,
  ].filter((part) => part !== null).join(", ");
}

/** A number of a run by step. */
export interface Curve {
  readonly name: string;
  /** What it is of: see {@linkcode sourceId}. */
  readonly source: string;
  /** For people: "top-1 (fine-tuning, validation, held-out videos)". */
  readonly title: string;
  /** In the order of the log; at least one. */
  readonly points: readonly Metric[];
  readonly last: Figure;
}

/** The numbers of a run, each with its course. */
export function curvesOf(kind: string, metrics: readonly Metric[]): Curve[] {
  const groups = Map.groupBy(
    metrics,
    ({ name, event, split, views, weights, head }) =>
      `${name}\n${event}\n${split}\n${views}\n${weights}\n${head}`,
  );
  return [...groups.values()].map((points) => {
    const last = { ...points.at(-1)!, kind };
    const title = `${metricKind(last.name).label} (${sourceLabel(last)})`;
    return { name: last.name, source: sourceId(last), title, points, last };
  });
}

/** What a run ended with: the last of each of its numbers, as far as they tell how well it has learnt. */
export function figuresOf(curves: readonly Curve[]): Figure[] {
  return curves.map(({ last }) => last)
    .filter(({ event, name }) => event !== "step" || OF_STEPS.includes(name) || isSetLoss(name));
}
