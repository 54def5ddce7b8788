import type { Json } from "@videoms/core/plain";

/** A number of a run. */
export interface LoggedScalar {
  /** What tells it from the run's other numbers of a step: "step/loss", "validation/last-average/top1". */
  readonly tag: string;
  /** What was measured: "loss", "top1". */
  readonly name: string;
  /** NaN where it was not finite. */
  readonly value: number;
  /** Symbol that people read behind it, such as "ms", or "%" for a share from 0 to 1; empty for a bare number. */
  readonly unit: string;
  /** The videos that it was measured on: "train", "held-out", "test"; null where that is not known. */
  readonly split: string | null;
}

/** The numbers of a line of a run's log. */
export interface LoggedRow {
  /** Optimiser steps that were done by then. Steps never descend; several rows may be of one. */
  readonly step: number;
  /** When the line was written, in milliseconds since 1970. */
  readonly time: number;
  /** Of one step no tag comes twice, whichever rows they are in. */
  readonly scalars: readonly LoggedScalar[];
}

/** A picture that a run has drawn. */
export interface LoggedPicture {
  /** Optimiser steps that were done by then. */
  readonly step: number;
  /** When it was drawn, in milliseconds since 1970. */
  readonly time: number;
  /** The file, a PNG. */
  readonly path: string;
}

/** How a process of a run ended: with the last step, by being told to stop, or by an error. */
export type RunEnd = "finished" | "stopped" | "failed";

/** What a logger is told of a run. */
export interface LoggedRun {
  /** 32 hexadecimal digits, drawn when the run was started; the same after each resume. */
  readonly id: string;
  /** Name of the task: "shapes/pretrain". */
  readonly name: string;
  /** "pretrain", "finetune" or "probe". */
  readonly kind: string;
  /** Run folder. A logger's own files are best kept below its `loggers`, which a fresh start deletes. */
  readonly folder: string;
  /** When the run was started, in milliseconds since 1970. */
  readonly created: number;
  /** Optimiser steps that are done: 0, or those of the checkpoint that the run goes on from. */
  readonly step: number;
  /**
   * What the run's log has of these steps, in its order. An earlier process may have told the logger of later ones,
   * which come again, and a killed one may have told it less.
   */
  readonly earlier: readonly LoggedRow[];
  /** The task: every field with its value, as plain JSON. */
  readonly task: Readonly<Record<string, Json>>;
  /** What was found out: versions, device, numbers of videos. */
  readonly facts: Readonly<Record<string, Json>>;
  /**
   * Reports, once for each place, that something could not be written; the run goes on, and ends with an exit code
   * that says so.
   *
   * @param place a path, or another name for people
   */
  onFailure(place: string, error: unknown): void;
}

/**
 * What keeps the numbers of a process of a run. Its functions are called between two steps, so they must be quick. What they
 * throw is reported, and the run goes on.
 */
export interface RunLogger {
  /** Keeps the numbers of a line. */
  write(row: LoggedRow): void;
  /** Keeps a picture. @default none is kept */
  picture?(picture: LoggedPicture): void;
  /** Called once, at last; not where the process is killed. */
  end(how: RunEnd): void;
}

/** Where a run's numbers go beside its own log: what plugins of kind `logger` make. */
export interface Logger {
  /** Name of the plugin. */
  readonly name: string;
  /** Opens what keeps the numbers, at the start of each process of a run. */
  open(run: LoggedRun): Promise<RunLogger>;
}
