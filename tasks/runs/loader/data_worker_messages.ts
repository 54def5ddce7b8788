import type { LoadedBatch, LoaderJob } from "./loader_job.ts";

/** What a data worker is told. */
export type DataWorkerRequest =
  /** The first message. `stopped` is an int32 that the worker sets to 1 when nothing of it is left. */
  | {
    kind: "open";
    job: LoaderJob;
    /** Modules of plugins beside the shipped ones. */
    modules: readonly string[];
    stopped: SharedArrayBuffer;
  }
  | { kind: "next" }
  /** Gives the memory of a batch back; it is transferred. */
  | { kind: "give"; pixels: Uint8Array<ArrayBuffer> }
  /** Kill what is under way and remove its files. */
  | { kind: "stop" };

/** A batch on its way between threads; its pixels are transferred, not copied. */
export type SentBatch = Omit<LoadedBatch, "waitMs" | "release">;

/** What a data worker answers. */
export type DataWorkerAnswer =
  | { kind: "batch"; batch: SentBatch }
  | { kind: "end" }
  | { kind: "error"; error: Error }
  | { kind: "stopped" };
