import type { Descriptor, Registry } from "@videoms/core";
import { UsageError, type UserPaths } from "@videoms/data/console";
import { readAssignment } from "./run_flags.ts";
import type { EncoderTask } from "../runs/encoder/encoder_source.ts";
import { applyOverrides, type Override } from "../definition/apply_overrides.ts";
import { definePretrain } from "../definition/pretrain_task.ts";
import { overridesWithPaths } from "../definition/task_paths.ts";
import type { DeviceChoice } from "../runs/network/task_device.ts";
import { checkpointSource, type LookSource, patchSource } from "../evaluation/look/look_source.ts";

/**
 * What `--set` gave, sorted: assignments that start with `masking` or a strategy's name are about strategies, others
 * about the task.
 *
 * @throws {UsageError} for one without a field or a value
 */
export function readAssignments(
  texts: readonly string[],
  registry: Registry,
  { typed }: UserPaths,
): { task: Override[]; masking: Override[] } {
  const strategies = ["masking", ...registry.list("masking").map(({ name }) => name)];
  const { task = [], masking = [] } = Object.groupBy(
    texts.map(readAssignment),
    ([path]) => strategies.includes(path.split(".")[0]) ? "masking" : "task",
  );
  return { task: overridesWithPaths(task, typed, registry), masking };
}

/** What tokens are embedded by: the checkpoint that is asked for, else raw patches. */
export async function openLookSource(
  { run, frames, seed, ...device }: { run?: string; frames?: string; seed?: number } & DeviceChoice,
  assignments: readonly Override[],
  registry: Registry,
): Promise<LookSource> {
  const overrides: Override[] = [
    ...(frames === undefined ? [] : [["frames", frames] as const]),
    ...(seed === undefined ? [] : [["seed", String(seed)] as const]),
    ...assignments,
  ];
  if (run === undefined) {
    return await patchSource(applyOverrides(definePretrain(), overrides, registry), device);
  }
  const refused = overrides.find(([path]) => path.startsWith("model."));
  if (refused) {
    throw new UsageError(
      `Cannot read --set: the model must be as the checkpoint has it, got ${refused[0]}`,
    );
  }
  const source = await checkpointSource(run, registry, device);
  try {
    const task = applyOverrides<EncoderTask>(source.task, overrides, registry);
    return { ...source, task };
  } catch (error) {
    await source[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * Strategies by name with the options that were set; one that the task has starts from the task's options.
 *
 * @throws {UsageError} if an assignment is about no strategy that is shown
 * @throws {RangeError} for a strategy that is not there
 * @throws {TypeError} for an option of another type
 */
export function strategiesOf(
  names: readonly string[],
  assignments: readonly Override[],
  task: EncoderTask,
  registry: Registry,
): Descriptor<"masking">[] {
  const base = task.kind === "pretrain" ? task : definePretrain();
  const isAbout = (name: string, [path]: Override) => {
    const [who, option] = path.split(".");
    const { defaults } = registry.get("masking", name);
    return who === name || (who === "masking" && Object.hasOwn(defaults, option));
  };
  const unused = assignments.find((one) => !names.some((name) => isAbout(name, one)));
  if (unused) {
    throw new UsageError(
      `Cannot read --set: ${unused[0]} must be an option of ${names.join(" or ")}, got none such`,
    );
  }
  return names.map((name) => {
    const options = assignments.filter((one) => isAbout(name, one))
      .map(([path, text]): Override => [`masking.${path.split(".")[1]}`, text]);
    return applyOverrides(base, [["masking", name], ...options], registry).masking;
  });
}
