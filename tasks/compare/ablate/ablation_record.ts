import type { Json } from "@videoms/core";

/** One question of an ablation, and the answers that are tried. */
export interface AxisRecord {
  /** What is varied: "masking". */
  readonly title: string;
  /** What it is varied over: "random", "tube", "motion-centric". */
  readonly labels: readonly string[];
}

/** The figure that cells are compared by. */
export interface Measure {
  /** Its name: `top1`, `topK`, `meanClass`, `loss`, or `heldOutLoss` for the loss of the pre-training. */
  readonly name: string;
  readonly better: "higher" | "lower";
}

/** Why a cell is not trained. */
export interface CellSkip {
  /** Its tasks refuse themselves, or another cell computes the very same. */
  readonly kind: "impossible" | "duplicate";
  readonly reason: string;
  /** The cell that it equals, for a duplicate. */
  readonly of?: string;
}

/** One cell of the grid: a level of every axis, and a seed. */
export interface CellPlan {
  /** 16 hexadecimal digits of the hash of its resolved tasks. */
  readonly id: string;
  /** "masking=tube seed=1". */
  readonly name: string;
  /** Label by title of the axis. */
  readonly levels: Readonly<Record<string, string>>;
  readonly seed: number;
  /** Number of the fold, from 1; absent without folds. */
  readonly fold?: number;
  /** Id of its pre-training, whose run cells of the folder share; absent without one, and in older records. */
  readonly pretraining?: string;
  /** "equal epochs" or "equal multiply-accumulates", where cells are trained at both. */
  readonly at?: string;
  readonly skip: CellSkip | null;
}

/** `ablation.json`: the grid as it was resolved; written when the ablation is opened. */
export interface AblationRecord {
  readonly format: "videoms-ablation";
  readonly version: 1;
  readonly name: string;
  readonly task: Json;
  /** The axes; the seed is not one. */
  readonly axes: readonly AxisRecord[];
  /** The seeds, the same for all levels, so that differences are paired. */
  readonly seeds: readonly number[];
  /** Label by title of the axis; null if there is none. */
  readonly baseline: Readonly<Record<string, string>> | null;
  readonly measure: Measure;
  /** Every cell, those that are skipped included. */
  readonly cells: readonly CellPlan[];
}

/** A run, or the evaluation of one, that a cell is made of. */
export interface CellStage {
  readonly stage: "pretrain" | "finetune" | "probe" | "evaluate";
  /** Its folder, relative to the ablation's. */
  readonly folder: string;
}

/**
 * `cells/<id>/cell.json`: written atomically when a cell ends; a failed one is tried again by the next start. What
 * was measured, and what it cost, is in the logs and evaluations of its runs alone.
 */
export interface CellResult {
  readonly id: string;
  readonly status: "done" | "failed";
  readonly reason?: string;
  /** When the process that ended it took it up, ISO 8601. */
  readonly started: string;
  readonly ended: string;
  /** Its runs, in order. */
  readonly stages: readonly CellStage[];
}
