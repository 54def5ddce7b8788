import type { TrainingCost } from "../../runs/cost/logged_cost.ts";
import type { Figure } from "@videoms/data";
import type { ReportRun } from "./read_run.ts";

/** One training of a variant: a run folder, or a cell of an ablation. */
export interface Member {
  /** Folder or name of the cell. */
  readonly name: string;
  readonly seed: number;
  /** Number of the fold of a cross-validation; absent without. */
  readonly fold?: number;
  /** What its runs ended with; empty for a cell that has not ended well. */
  readonly figures: readonly Figure[];
  /** Which rows its evaluations have right, as 1 and 0, by the id of their source. */
  readonly right: ReadonlyMap<string, string>;
  /** Null before training began. */
  readonly cost: TrainingCost | null;
  readonly runs: readonly ReportRun[];
}

/** Trainings that differ in the seed alone. */
export interface Variant {
  readonly title: string;
  /** What pre-trainings have as much of as others: "equal epochs"; variants are compared within it. */
  readonly at?: string;
  readonly members: readonly Member[];
}

/** The figure that variants are compared by. */
export interface ReportMeasure {
  /** Its name as a metric: "top1". */
  readonly name: string;
  /** What it is of, all but the name: see `sourceId`. */
  readonly source: string;
  readonly sourceLabel: string;
  readonly better: "higher" | "lower";
}

/** A cell without figures of its own. */
export interface LeftOut {
  readonly cell: string;
  readonly state: "impossible" | "duplicate" | "failed" | "not finished";
  readonly reason: string;
}

export interface ReportPicture {
  readonly title: string;
  readonly png: Uint8Array;
}

/** Everything that a report tells, as it was read. */
export interface ReportData {
  readonly title: string;
  /** The figure that variants are compared by; null if no run has one yet. */
  readonly measure: ReportMeasure | null;
  /** Title of the variant that the others are compared to; null for none. */
  readonly baseline: string | null;
  readonly variants: readonly Variant[];
  readonly leftOut: readonly LeftOut[];
  readonly pictures: readonly ReportPicture[];
}
