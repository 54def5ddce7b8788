import { createHash } from "node:crypto";
import { type Registry, withoutEarlierOptions } from "@videoms/core";
import type { CellTasks } from "../../definition/task_change.ts";
import { EARLIER_VALUES, FREE_FIELDS } from "../../definition/task_kinds.ts";

/** Plain data with the keys of every object in order, and without some paths. */
function canonical(
  value: unknown,
  left: (path: string, inner: unknown) => boolean,
  prefix = "",
): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value)
    .filter(([key, inner]) => !left(prefix + key, inner))
    .map(([key, inner]) => [key, canonical(inner, left, `${prefix}${key}.`)] as const)
    .sort(([a], [b]) => a < b ? -1 : 1);
  return Object.fromEntries(entries);
}

/**
 * The id of a cell: 16 hexadecimal digits of the SHA-256 of its resolved tasks. Names, and fields that do not
 * change what a run computes ({@linkcode FREE_FIELDS}), have no part in it; nor has the place of the
 * pre-training that a later stage starts from, nor a field or an option of a plugin that says what was done before it
 * existed ({@linkcode EARLIER_VALUES}). So a changed grid finds the cells that it shares with an earlier one.
 *
 * @param registry the plugins that the tasks name
 */
export function cellId(tasks: CellTasks, registry: Pick<Registry, "list">): string {
  const stages = Object.entries(withoutEarlierOptions(tasks, registry)).map(([kind, task]) => {
    const isStart = (path: string, value: unknown) =>
      kind === "pretrain"
        ? path === "start.from" && value === null
        : tasks.pretrain !== undefined && (path === "start.from" || path === "encoder.from");
    return canonical(
      task,
      (path, value) =>
        path === "name" || FREE_FIELDS.has(path) || value === EARLIER_VALUES[path] ||
        isStart(path, value),
    );
  });
  return createHash("sha256").update(JSON.stringify(stages)).digest("hex").slice(0, 16);
}
