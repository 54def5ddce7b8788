import type { ModelFacts } from "@videoms/models";
import type { FinetuneTask } from "../../definition/finetune_task.ts";
import type { PretrainTask } from "../../definition/pretrain_task.ts";

/** A task that trains an encoder. */
export type EncoderTask = PretrainTask | FinetuneTask;

/** What no tensor's shape tells of a model; null where nothing else tells it either. */
export interface UnseenFacts {
  /** Attention heads of an encoder block. */
  heads: number | null;
  /** Attention heads of a decoder block. */
  decoderHeads: number | null;
  /** Side of the square frames in pixels. */
  imageSize: number | null;
  /** Frames of a clip. */
  frames: number | null;
  /** Added to the variance in layer norms. */
  normEpsilon: number | null;
  /** The same in the norm before a head, `fc_norm`. */
  headNormEpsilon: number | null;
  /** The same in the norm after a decoder's blocks, `decoder.norm`. */
  decoderFinalNormEpsilon: number | null;
  /** Names of the classes. */
  labels: readonly string[] | null;
}

/** Everything that is known of the model of a set of weights. */
export type KnownModel = ModelFacts & UnseenFacts;
