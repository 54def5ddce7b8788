import type { Registry } from "@videoms/core";
import { motionCentric, motionCentricTokens, tube } from "@videoms/masking";
import { pageWeights, type StudioSiteOptions } from "@videoms/studio";
import type { FinetuneTask } from "../../definition/finetune_task.ts";
import { definePretrain, type PretrainTask } from "../../definition/pretrain_task.ts";
import { readCheckpoint, readSavedRun } from "../../runs/checkpoint/saved_run.ts";
import { chosenCheckpoint } from "../../runs/classifier/trained_classifier.ts";
import { modelSettings, teachSettings } from "./teach_settings.ts";

type PageContent = Pick<StudioSiteOptions, "settings" | "weights">;

/** What a page needs to know of a task. */
function settingsOf(task: PretrainTask | FinetuneTask): Omit<PageContent["settings"], "teach"> {
  const like = task.kind === "pretrain" ? task : definePretrain();
  return {
    model: modelSettings(task, like),
    samplingRate: task.data.samplingRate,
    fps: task.data.fps ?? null,
    seed: task.seed,
    frames: task.frames,
    strategies: like.masking.name === "motion-centric"
      ? [like.masking, tube()]
      : [motionCentric(), like.masking],
    run: null,
  };
}

/**
 * What the page of `studio` shows: without a run raw patches, with one its network and weights.
 *
 * @param run folder of a pre-training or a fine-tuning
 * @throws {Error} if there is no such run, or it has no whole checkpoint
 */
export async function studioContent(
  run: string | undefined,
  registry: Registry,
): Promise<PageContent> {
  if (run === undefined) {
    const settings = { ...settingsOf(definePretrain()), teach: teachSettings() };
    return { settings, weights: null };
  }
  const { task, classes, targets } = await readSavedRun(run);
  if (targets) {
    throw new Error(`Cannot load weights: "${run}" must have classes, got labels or numbers`);
  }
  if (task.kind === "probe") {
    throw new Error(
      `Cannot load weights: "${run}" must hold a pre-training or a fine-tuning, got a probe; ` +
        "name the run whose encoder it looks at",
    );
  }
  for (const { kind, name } of [task.model.backbone, task.model.positions]) {
    registry.get(kind, name);
  }
  const isClassifier = task.kind === "finetune";
  const { weights } = isClassifier ? task.evaluation : { weights: "last" } as const;
  const average = weights.endsWith("-average");
  const { bytes, path, step } = isClassifier
    ? await chosenCheckpoint(run, weights)
    : await readCheckpoint(run);
  const settings: PageContent["settings"] = {
    ...settingsOf(task),
    teach: teachSettings(task),
    run: {
      name: run,
      kind: task.kind,
      step,
      classes: isClassifier ? classes as string[] : [],
      tokens: isClassifier ? task.tokens : motionCentricTokens(),
      headScale: isClassifier ? task.model.headScale : undefined,
      average,
    },
  };
  return { settings, weights: pageWeights(bytes, path, average) };
}
