import ablate from "./ablate_task.ts" with { type: "text" };
import finetune from "./finetune_task.ts" with { type: "text" };
import pretrain from "./pretrain_task.ts" with { type: "text" };
import probe from "./probe_task.ts" with { type: "text" };
import run from "./run_task.ts" with { type: "text" };
import type { LoadableTasks } from "./load_task.ts";

/** What the source says of a field: its documentation, and the name of its type. */
interface Member {
  readonly help: string;
  readonly type: string;
}

/** The interfaces of some source by name, with what they inherit; parents come before their children. */
function interfacesIn(source: string): ReadonlyMap<string, ReadonlyMap<string, Member>> {
  const found = new Map<string, ReadonlyMap<string, Member>>();
  const interfaces = source.matchAll(
    /^export interface (\w+)(?: extends ([\w, ]+))? \{\n([^]*?)^\}/gm,
  );
  for (const [, name, parents = "", body] of interfaces) {
    const inherited = parents.split(", ").flatMap((parent) => [...found.get(parent) ?? []]);
    const members = body.matchAll(/(?:\/\*\*([^]*?)\*\/\s+)?(?:readonly )?(\w+): ([^;]+);/g);
    const own = [...members].map(([, comment = "", field, type]): [string, Member] => {
      const help = comment.replace(/\s+\*?\s+/g, " ").trim().replace(/\.$/, "");
      return [field, { help, type }];
    });
    found.set(name, new Map([...inherited, ...own]));
  }
  return found;
}

const INTERFACES = interfacesIn([run, pretrain, finetune, probe, ablate].join("\n"));

const ROOTS = {
  pretrain: "PretrainTask",
  finetune: "FinetuneTask",
  probe: "ProbeTask",
  ablate: "AblateTask",
} as const satisfies Record<keyof LoadableTasks, string>;

/**
 * What a field is: its documentation in the source of this folder, which editors show too, without the last
 * full stop.
 *
 * @throws {RangeError} for a field that the kind of task does not have
 */
export function fieldHelp(kind: keyof LoadableTasks, path: string): string {
  let member: Member = { help: "", type: ROOTS[kind] };
  for (const key of path.split(".")) {
    const inner = INTERFACES.get(member.type)?.get(key);
    if (!inner) throw new RangeError(`Cannot list a field: ${kind} has no ${path}`);
    member = inner;
  }
  return member.help;
}
