import type { Measure } from "../ablate/ablation_record.ts";
import type { RunRecord } from "../runs/folder/run_folder.ts";
import type { LogEntry } from "../runs/log/run_log.ts";
import type { RunTask } from "../definition/run_task.ts";

/** A run folder as a report sees it. */
export interface ReportRun {
  /** The run folder. */
  readonly folder: string;
  /** What its `task.json` says. */
  readonly record: RunRecord<RunTask>;
  /** The whole lines of its log. */
  readonly entries: readonly LogEntry[];
  /** Lines of the log that are no JSON object; they are left out. */
  readonly damagedLines: number;
  /** The last picture that it drew, a PNG, or null. */
  readonly picture: Uint8Array | null;
}

/** What a training cost; null where nothing on the disk tells. */
export interface ReportCost {
  /** Of the whole training, forward and backward. */
  readonly multiplyAccumulates: number | null;
  /** Of training: waiting for clips is part of it, evaluations and checkpoints are not. */
  readonly seconds: number;
  /** Largest resident memory that a line of the log tells, in bytes. */
  readonly peakBytes: number;
  /** Clips that were trained on. */
  readonly clips: number;
}

/** One training of a variant: a run folder, or a cell of an ablation. */
export interface Member {
  /** Folder or name of the cell. */
  readonly name: string;
  readonly seed: number;
  /** Final figures by name; empty before the first evaluation. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Null before training began. */
  readonly cost: ReportCost | null;
  readonly runs: readonly ReportRun[];
}

/** Trainings that differ in the seed alone. */
export interface Variant {
  readonly title: string;
  readonly members: readonly Member[];
}

/** A cell without figures of its own. */
export interface LeftOut {
  readonly cell: string;
  readonly state: "impossible" | "duplicate" | "failed" | "not finished";
  readonly reason: string;
}

/** A picture that stands by itself. */
export interface ReportPicture {
  readonly title: string;
  readonly png: Uint8Array;
}

/** Everything that a report tells, as it was read. */
export interface ReportData {
  readonly title: string;
  /** The figure that variants are compared by; null if no run has one yet. */
  readonly measure: Measure | null;
  /** Title of the variant that the others are compared to; null for none. */
  readonly baseline: string | null;
  readonly variants: readonly Variant[];
  readonly leftOut: readonly LeftOut[];
  readonly pictures: readonly ReportPicture[];
}
