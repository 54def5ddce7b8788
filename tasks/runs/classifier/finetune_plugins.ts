import { type Registry, tokenGrid } from "@videoms/core";
import type { ClipAugmentation } from "@videoms/data";
import type { FrameSelector, TokenSelection } from "@videoms/masking";
import { checkTask } from "../../definition/check_task.ts";
import type { FinetuneTask } from "../../definition/finetune_task.ts";
import { geometryOf } from "../network/model_options.ts";

/** The plugins of a task, set up and checked against its model. */
export interface FinetunePlugins {
  selector: FrameSelector;
  tokens: TokenSelection;
  augmentation: ClipAugmentation;
}

/**
 * Checks all of a task that can be checked without its videos.
 *
 * @throws {RangeError} for a value that cannot work, also in the plugins' options
 */
export function checkFinetuneTask(task: FinetuneTask, registry: Registry): FinetunePlugins {
  checkTask(task, registry);
  const geometry = geometryOf(task);
  const selector = registry.create<FrameSelector>(task.frames);
  selector.candidateFrames(geometry);
  const tokens = registry.create<TokenSelection>(task.tokens);
  tokens.count(tokenGrid(geometry));
  return { selector, tokens, augmentation: registry.create<ClipAugmentation>(task.augmentation) };
}
