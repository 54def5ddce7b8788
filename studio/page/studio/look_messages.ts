import type { ElsewhereFacts, TakenFrames } from "../parts/taken_frames.ts";
import type { Descriptor, Json, PluginKind } from "@videoms/core";
import type { LookedStrategy } from "../look/mod.ts";
import type { StudioSettings } from "./studio_settings.ts";

/** A plugin and its options, for controls. */
export interface PluginFacts {
  readonly kind: PluginKind;
  readonly name: string;
  readonly summary: string;
  readonly options: readonly {
    readonly name: string;
    readonly value: Json;
    readonly choices: readonly Json[] | null;
    readonly help: string;
  }[];
}

/** What the page knows once its worker computes. */
export interface Started {
  /** What it computes on, for people. */
  readonly engine: string;
  readonly plugins: readonly PluginFacts[];
}

/** A video that the worker holds. */
export interface VideoFacts {
  readonly name: string;
  readonly frames: number;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  /** Positions that clips are drawn from. */
  readonly positions: number;
  /** Positions that a clip spans. */
  readonly span: number;
}

/** What is to be looked at. */
export interface LookRequest {
  /** Where the clip starts; null for the one in the middle, which commands take. */
  readonly start: number | null;
  readonly frames: Descriptor<"frames">;
  readonly strategies: readonly Descriptor<"masking">[];
}

/** What a strategy's choice costs and catches. */
export interface ChoiceFigures {
  readonly visible: number;
  readonly target: number;
  readonly dropped: number;
  /** Forward multiply-accumulates of one clip in pre-training. */
  readonly macs: number;
  /** Shares of the clip's motion, from 0 to 1: in visible tokens, and in visible and target ones. */
  readonly motionVisible: number;
  readonly motionKept: number;
}

/** What a classifier says. */
export interface Classified {
  /** By label, from 0 to 1. */
  readonly probabilities: Float32Array;
  /** The tokens that it saw. */
  readonly kept: Int32Array;
}

/** A clip, and what is chosen of it. */
export interface Looked {
  readonly frames: Int32Array;
  /** u8, [F, H, W, 3]. */
  readonly pixels: Uint8Array;
  readonly importance: Float32Array | null;
  readonly strategies: readonly (LookedStrategy & { readonly figures: ChoiceFigures })[];
  /** Strategies that refuse such clips, in their place: what they say. */
  readonly refused: readonly (string | null)[];
  readonly classified: Classified | null;
  /** The tokens that fine-tuning keeps; null without weights. */
  readonly kept: Int32Array | null;
  /** Where the GPU was lost meanwhile, what computes now; null otherwise. */
  readonly notice: string | null;
}

/** What the worker of the page does when asked. */
export interface LookCalls {
  start(
    settings: StudioSettings,
    files: string,
    weights: Uint8Array<ArrayBuffer> | null,
  ): Promise<Started>;
  open(file: File): Promise<VideoFacts>;
  /** Tells of a video whose frames the page takes itself. */
  openElsewhere(facts: ElsewhereFacts): Promise<VideoFacts>;
  /** The frames of such a video that a request is about. */
  numbers(request: LookRequest): Promise<Int32Array>;
  /** Frames that make a clip of a camera. */
  candidates(request: LookRequest): Promise<number>;
  look(request: LookRequest): Promise<Looked>;
  lookAt(taken: TakenFrames, request: LookRequest): Promise<Looked>;
}
