import type { SharedValues, SumTimes } from "./communicator.ts";
import type { Launch } from "./launch.ts";

/** What MPI's thread is told; answers come in the same order. */
export type MpiRequest =
  /** The first message; an exit code in `control` ends all ranks, also while the thread waits for others. */
  | { kind: "open"; launch: Launch; control: SharedArrayBuffer; limitMs: number }
  | {
    kind: "collect";
    values: readonly SharedValues[];
    totals: readonly SharedValues[];
    isFirst: boolean;
  }
  | { kind: "share"; totals: readonly SharedValues[] }
  | { kind: "gather" | "broadcast"; bytes: Uint8Array }
  | { kind: "close" }
  /** Wakes the thread, so that it looks at `control`. */
  | { kind: "end" };

/** What MPI's thread answers. */
export type MpiAnswer =
  | { kind: "opened"; rank: number; size: number; hosts: string[]; description: string }
  | { kind: "summed"; times: SumTimes }
  | { kind: "gathered"; parts: Uint8Array[] }
  | { kind: "closed" }
  /** `ranks` do not answer; empty for any other reason. */
  | { kind: "failed"; message: string; ranks: readonly number[] };
