import type { Json } from "@videoms/core";
import { ABLATE_FIELDS } from "../../definition/ablate_task.ts";
import { fieldHelp } from "../../definition/field_help.ts";
import { fieldsByPath } from "../../definition/field_table.ts";
import type { LoadableTasks } from "../../definition/load_task.ts";
import { TASK_KINDS } from "../../definition/task_kinds.ts";
import { command as ablateCommand } from "../ablate_command.ts";
import { type FlagSpecs, flagTitle } from "../line/command.ts";
import { FINETUNE_FLAGS, PRETRAIN_FLAGS, PROBE_FLAGS } from "../run_flags.ts";

/** A field of a task, as plain JSON. */
export interface FieldFacts {
  /** Dotted path, as `--set` takes it. */
  readonly path: string;
  readonly type: string;
  readonly default: Json;
  readonly rule: string;
  readonly choices: readonly string[] | null;
  readonly help: string;
  /** The flag that sets it too, with its dashes. */
  readonly flag: string | null;
  /** Whether it may change when a run is resumed. */
  readonly free: boolean;
}

const KINDS = {
  pretrain: { fields: TASK_KINDS.pretrain.fields, flags: PRETRAIN_FLAGS },
  finetune: { fields: TASK_KINDS.finetune.fields, flags: FINETUNE_FLAGS },
  probe: { fields: TASK_KINDS.probe.fields, flags: PROBE_FLAGS },
  ablate: { fields: fieldsByPath(ABLATE_FIELDS), flags: ablateCommand.flags },
} as const;

export const FIELD_KINDS = Object.keys(KINDS) as readonly (keyof LoadableTasks)[];

/** The flag that sets a field, or that sets the plugin that it names. */
function flagOf(flags: FlagSpecs, path: string): string | null {
  const found = Object.entries(flags).find(([, { sets }]) =>
    sets === path || sets?.startsWith(`${path}.`)
  );
  return found ? flagTitle(found[0]) : null;
}

/** Every field of a kind of task, in the order of its task files. */
export function fieldFacts(kind: keyof LoadableTasks): FieldFacts[] {
  const { fields, flags } = KINDS[kind];
  return Object.entries(fields).filter(([path]) => path !== "kind").map(([path, field]) => ({
    path,
    type: field.type,
    default: field.default as Json,
    rule: field.rule,
    choices: field.choices ?? null,
    help: fieldHelp(kind, path),
    flag: flagOf(flags, path),
    free: field.free ?? false,
  }));
}
