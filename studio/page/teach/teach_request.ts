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
  heldOut: ReadonlySet<number>,
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
    const { length } = clips.filter(({ classId }) => classId === id);
    if (length >= 2) continue;
    refuse(
      `each class must have two clips or more, one of them held out`,
      `${length} in "${names[label]}"`,
    );
  }
  if (steps.pretrain + steps.finetune < 1) refuse("there must be steps", "none");
  return {
    ...{ classes: names, steps },
    clips: clips.map(({ id, classId, file }) => ({
      ...{ id, name: file.name, isHeldOut: heldOut.has(id) },
      label: classes.findIndex((one) => one.id === classId),
    })),
  };
}
