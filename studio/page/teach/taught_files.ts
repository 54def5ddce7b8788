import { savedName } from "./taught_clip.ts";
import type { PlannedClip, TaughtFiles } from "./teach_messages.ts";
import type { Checkpoints, StageName } from "./teaching.ts";
import type { TeachSettings } from "./teach_settings.ts";

/** Folder of all in the archive. */
export const FOLDER = "taught";

/** A clip's place in the archive. */
export function clipPath(clip: Pick<PlannedClip, "id" | "name" | "isHeldOut">): string {
  return `clips/${savedName(clip)}`;
}

/** The clips of one list, a line each. */
function listOf(clips: readonly PlannedClip[]): string {
  return clips.map((clip) => `${clipPath(clip)} ${clip.label}\n`).join("");
}

const MAKERS: Readonly<Record<StageName, string>> = {
  pretrain: "definePretrain",
  finetune: "defineFinetune",
};

/** What a task file says of itself. */
const ABOUT: Readonly<Record<StageName, string>> = {
  pretrain: "Pre-training as the studio's page did it, on the clips beside this file.",
  finetune: "Fine-tuning as the studio's page did it, on the clips beside this file.",
};

/** A task file: the whole task of a stage. */
function taskFile(stage: StageName, task: TeachSettings[StageName], from: string | null): string {
  const { kind: _, start, ...fields } = task as typeof task & { kind: string; start: object };
  const json = JSON.stringify({ ...fields, start: { ...start, from } }, null, 2);
  return `/**
 * ${ABOUT[stage]}
 *
 * Command   deno task ${stage} ${FOLDER}/${stage}.ts
 *
 * @module
 */

import { ${MAKERS[stage]} } from "@videoms/tasks";

export default ${MAKERS[stage]}(${json});
`;
}

/**
 * What the command line takes of a teaching: weights as runs save them, task files, and lists of the clips.
 *
 * @param tasks as they were trained
 */
export function taughtFiles(
  tasks: TeachSettings,
  clips: readonly PlannedClip[],
  checkpoints: Checkpoints,
): TaughtFiles {
  const text = (name: string, content: string) => ({
    name,
    bytes: new TextEncoder().encode(content),
  });
  const stages = (["pretrain", "finetune"] as const).filter((stage) => checkpoints[stage] !== null);
  const from = stages.length > 0 ? `${stages[0]}.safetensors` : null;
  return [
    ...stages.map((stage) => ({ name: `${stage}.safetensors`, bytes: checkpoints[stage]! })),
    ...stages.map((stage) =>
      text(`${stage}.ts`, taskFile(stage, tasks[stage], stage === "finetune" ? from : null))
    ),
    text("train.txt", listOf(clips.filter(({ isHeldOut }) => !isHeldOut))),
    text("held-out.txt", listOf(clips.filter(({ isHeldOut }) => isHeldOut))),
  ];
}
