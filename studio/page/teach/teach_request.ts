import type { TeachRequest } from "./teach_messages.ts";
import type { ClassEntry, ClipEntry } from "./teach_store.ts";

/** A class by its name, or by its number while it has none. */
export function titleOf({ name }: ClassEntry, label: number): string {
  return name.trim() || `Class ${label + 1}`;
}

/**
 * What is to be trained.
 *
 * @throws {RangeError} if that cannot work: a sentence
 */
export function teachRequest(
  classes: readonly ClassEntry[],
  clips: readonly ClipEntry[],
  steps: TeachRequest["steps"],
): TeachRequest {
  const names = classes.map(titleOf);
  const refuse = (rule: string, got: string) => {
    throw new RangeError(`Cannot train: ${rule}, got ${got}`);
  };
  if (classes.length < 2) refuse("there must be two classes or more", String(classes.length));
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) refuse("names of classes must differ", `"${twice}" twice`);
  for (const [label, { id }] of classes.entries()) {
    const own = clips.filter(({ classId }) => classId === id);
    const held = own.filter(({ isHeldOut }) => isHeldOut).length;
    if (held > 0 && held < own.length) continue;
    refuse(
      "each class must have two clips or more, some held out and some not",
      `${own.length} in "${names[label]}", ${held} held out`,
    );
  }
  if (steps.pretrain + steps.finetune < 1) refuse("there must be steps", "none");
  return {
    ...{ classes: names, steps },
    clips: clips.map(({ id, classId, file, isHeldOut }) => ({
      ...{ id, name: file.name, isHeldOut },
      label: classes.findIndex((one) => one.id === classId),
    })),
  };
}
