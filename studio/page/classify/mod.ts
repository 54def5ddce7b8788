/**
 * How a classifier looks at clips: which frames and tokens its network sees, and what it says of them. On the command
 * line and in a page, so that both say the same.
 *
 * @module
 */

export {
  type ClassifierContext,
  type ClassifierInput,
  classifierInput,
  disposeInput,
  type TokenContext,
} from "./classifier_input.ts";
export { type ClassifiedClips, classifyClips } from "./classify_clips.ts";
export {
  clipImportance,
  embedAll,
  type EmbeddingModel,
  type FrameContext,
  narrowFrames,
} from "./narrow_frames.ts";
