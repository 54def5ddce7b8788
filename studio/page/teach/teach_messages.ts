import type { ElsewhereFacts, TakenFrames } from "../parts/taken_frames.ts";
import type { StartWeights } from "./start_weights.ts";
import type { TeachSettings } from "./teach_settings.ts";
import type { StageName, TeachReport } from "./teaching.ts";

/** What the worker starts with, of the settings of the page. */
export interface TeachStart {
  readonly teach: TeachSettings;
  /** Files of the page that export plugins of the user's. */
  readonly plugins: readonly string[];
  /** The run whose weights are there; null without one. */
  readonly run: Pick<StartWeights, "name" | "kind" | "step" | "classes"> | null;
}

/** A clip that the worker holds. */
export interface HeldClip {
  readonly frames: number;
  /** The frame in its middle, u8 [S, S, 3]. */
  readonly picture: Uint8Array;
}

/** Weights that the worker holds, without their values. */
export type WeightFacts = Omit<StartWeights, "bytes">;

/** A clip among those of its class. */
export interface PlannedClip {
  readonly id: number;
  readonly name: string;
  readonly label: number;
  readonly isHeldOut: boolean;
}

/** What is to be trained. */
export interface TeachRequest {
  readonly classes: readonly string[];
  readonly clips: readonly PlannedClip[];
  readonly steps: Readonly<Record<StageName, number>>;
}

/** Files for the command line: checkpoints, task files, lists. */
export type TaughtFiles = readonly {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}[];

/** What the worker that teaches does when asked. */
export interface TeachCalls {
  /** What it computes on, in a sentence. */
  start(
    settings: TeachStart,
    files: string,
    weights: Uint8Array<ArrayBuffer> | null,
  ): Promise<string>;
  read(id: number, file: File): Promise<HeldClip>;
  /** Frames that are needed of a video that the page decodes itself. */
  numbers(facts: ElsewhereFacts): Promise<Int32Array>;
  take(id: number, facts: ElsewhereFacts, taken: TakenFrames): Promise<HeldClip>;
  drop(id: number): Promise<void>;
  /** Takes weights to go on from; null for new ones. */
  useWeights(file: File | null): Promise<WeightFacts | null>;
  /** Begins; goes on where it stopped, unless it is to start over. */
  begin(request: TeachRequest, startOver: boolean): Promise<void>;
  /** Trains for so many milliseconds. */
  go(ms: number): Promise<TeachReport>;
  files(): Promise<TaughtFiles>;
}
