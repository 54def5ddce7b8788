import type { WorkMemory } from "../engine/engine_work.ts";
import type { ClipView } from "@videoms/data/plain";
import type { ElsewhereFacts } from "../parts/taken_frames.ts";
import type { ShipSettings } from "./ship_settings.ts";

/** What the classifier says of a video, or of the last seconds of a camera. */
export interface Classified {
  /** By label, from 0 to 1: the mean over the views. */
  readonly probabilities: Float64Array;
  readonly views: number;
  /** The view in the middle: u8 [F, H, W, 3]. */
  readonly pixels: Uint8Array;
  /** The tokens of it that the classifier saw, int32 [K]. */
  readonly kept: Int32Array;
  /** Milliseconds that the network took for a clip, decoding left out. */
  readonly clipTime: number;
  readonly memory: WorkMemory;
  /** Where the GPU was lost meanwhile, what computes now; null otherwise. */
  readonly notice: string | null;
}

/** Frames of a view by number, and the part of them that it is. */
export type ShownView = Pick<ClipView, "frames" | "box">;

/** What the worker of the page does when asked. */
export interface ShipCalls {
  /** @returns what it computes on, for people */
  start(settings: ShipSettings, files: string): Promise<string>;
  classify(file: Blob): Promise<Classified>;
  /** The views of a video whose frames the page takes itself. */
  views(facts: ElsewhereFacts): Promise<ShownView[]>;
  /** @param clips u8 [T, H, W, 3] of each of those views */
  classifyViews(clips: readonly Uint8Array[]): Promise<Classified>;
  /** @param pixels u8 [T, H, W, 3], as many frames as {@linkcode ShipCalls.candidates} says */
  classifyPixels(pixels: Uint8Array): Promise<Classified>;
  /** Frames of a clip before the selector has chosen among them. */
  candidates(): Promise<number>;
}
