import type { Device, Registry } from "@videoms/core";
import type { ClipAugmentation } from "@videoms/data/plain";
import type { FrameSelector, TokenSelection } from "@videoms/masking";
import { AccuracyTally, layerDecay, softmax, VideoClassifier } from "@videoms/models";
import { encoderOptions } from "../network/network_options.ts";
import { classifyClips } from "../classify/mod.ts";
import { finetuneStep, openSubject } from "../train/mod.ts";
import { RATED_TOGETHER, type StartValues, testedPixels } from "./pretrain_stage.ts";
import { Stage } from "./stage.ts";
import type { TeachSettings } from "./teach_settings.ts";

/** What a classifier says of a held-out clip. */
export interface RatedClip {
  readonly id: number;
  /** By label, from 0 to 1. */
  readonly probabilities: Float32Array;
}

/** How a classifier does on held-out clips. */
export interface FinetuneRating {
  readonly loss: number;
  /** Share of them that are right. */
  readonly accuracy: number;
  readonly clips: readonly RatedClip[];
}

/**
 * Fine-tuning in a page.
 *
 * @param classes how many, at least 2
 */
export async function finetuneStage(
  device: Device,
  { model: settings, finetune: task }: TeachSettings,
  registry: Registry,
  classes: number,
  start: StartValues<VideoClassifier>,
): Promise<Stage<FinetuneRating>> {
  const { geometry } = settings;
  const encoder = encoderOptions(settings, registry);
  const { headScale, initialization } = task.model;
  const model = new VideoClassifier({ geometry, encoder, classes, headScale, initialization });
  const { optimizer: rates, seed } = task;
  const rule = layerDecay(encoder.depth, rates.layerDecay);
  const { specs } = model;
  const subject = openSubject(
    device,
    { network: "classifier", geometry, specs, optimizer: rates, rule, seed },
    await start(model),
  );
  const { parameters, optimizer } = subject;
  const context = {
    ...{ model, parameters, optimizer, device, mix: null, smoothing: task.objective.smoothing },
    selector: registry.create<FrameSelector>(task.frames),
    tokens: registry.create<TokenSelection>(task.tokens),
  };
  return new Stage(task, {
    ...{ subject, selector: context.selector },
    augmentation: registry.create<ClipAugmentation>(task.augmentation),
    step: (clips, change) => finetuneStep(context, clips, change),
    async rate(heldOut) {
      const tally = new AccuracyTally(classes);
      const clips: RatedClip[] = [];
      for (let first = 0; first < heldOut.length; first += RATED_TOGETHER) {
        const some = heldOut.slice(first, first + RATED_TOGETHER);
        const { logits } = await classifyClips(context, parameters, testedPixels(some));
        some.forEach(({ id, label }, i) => {
          const own = logits.subarray(i * classes, (i + 1) * classes);
          tally.addView(own);
          tally.endVideo(label);
          clips.push({ id, probabilities: Float32Array.from(softmax(own)) });
        });
      }
      const { top1: accuracy, loss } = tally.accuracy();
      return { accuracy, loss, clips };
    },
    [Symbol.dispose]: () => model.dispose(),
  });
}
