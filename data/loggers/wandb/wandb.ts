import { definePlugin, type Plugin } from "@videoms/core/plain";
import { join, resolve } from "node:path";
import { AppendFile } from "../../files/append_file.ts";
import { ifThere } from "../../files/if_there.ts";
import { writeAtomically } from "../../files/write_atomically.ts";
import type { LoggedRow, LoggedRun, Logger, RunLogger } from "../logger.ts";
import { RecordLog } from "./record_log.ts";
import type { RunPlace, RunRecords } from "./run_records.ts";

/** Options of {@linkcode wandb}. */
export interface WandbOptions {
  /** Project that the run belongs to. @default "videoms" */
  project: string;
  /** User or team that the project belongs to; empty for that of whoever sends the run. @default "" */
  entity: string;
  /** Group of runs in the project; empty for none. @default "" */
  group: string;
  /** Tags of the run. @default [] */
  tags: readonly string[];
  /** Folder that gets a folder `wandb` with the run; empty for the run folder. @default "" */
  dir: string;
}

/** Length of the run's id in W&B, which is part of its address. */
const ID_LENGTH = 12;

/** `20261129_000612` of a time, in UTC. */
function stamp(ms: number): string {
  const [day, time] = new Date(ms).toISOString().split(/[T.]/);
  return `${day.replaceAll("-", "")}_${time.replaceAll(":", "")}`;
}

/** Numbers of one step, which W&B takes at once, however many rows they come in. */
class OpenStep {
  #step = 0;
  #time = 0;
  readonly #values = new Map<string, number>();
  readonly #records: RunRecords;

  constructor(records: RunRecords) {
    this.#records = records;
  }

  /** Adds a row; gives the records of the step before, if another one begins. */
  add({ step, time, scalars }: LoggedRow): Uint8Array[] {
    const done = step === this.#step ? [] : this.take();
    [this.#step, this.#time] = [step, time];
    for (const { tag, value } of scalars) this.#values.set(tag, value);
    return done;
  }

  /** The records of what was added. */
  take(): Uint8Array[] {
    if (this.#values.size === 0) return [];
    const records = this.#records.step(this.#step, this.#time, this.#values);
    this.#values.clear();
    return records;
  }
}

/** Makes the folder of a run, which is the same after a resume; gives the path of its file. */
async function makeRunFolder(run: LoggedRun, id: string, dir: string): Promise<string> {
  const name = `offline-run-${stamp(run.created)}-${id}`;
  const folder = join(resolve(dir || run.folder), "wandb", name);
  for (const part of ["files", "logs"]) {
    await Deno.mkdir(join(folder, part), { recursive: true });
  }
  const path = join(folder, `run-${id}.wandb`);
  // What `wandb sync` keeps of what it has sent: the file is going to be another one, and to be sent again.
  for (const mark of ["synced", "syncstate"]) await ifThere(Deno.remove(`${path}.${mark}`));
  return path;
}

async function openRun(
  run: LoggedRun,
  { dir, ...options }: WandbOptions,
): Promise<RunLogger> {
  // Loaded here, since threads that decode load this package and need nothing that writes records.
  const { RunRecords } = await import("./run_records.ts");
  const place: RunPlace = { ...options, id: run.id.slice(0, ID_LENGTH) };
  const path = await makeRunFolder(run, place.id, dir);
  const log = new RecordLog();
  const records = new RunRecords(run, place);
  const step = new OpenStep(records);
  const framed = (all: readonly Uint8Array[]) => all.map((one) => log.record(one));
  // The whole file is written anew, since records cannot be taken out of it.
  const before = [log.start(), ...framed(records.start())];
  for (const row of run.earlier) before.push(...framed(step.add(row)));
  await writeAtomically(path, before);
  const file = new AppendFile(
    await Deno.open(path, { append: true }),
    (error) => run.onFailure(path, error),
    { sync: false },
  );
  const append = (all: readonly Uint8Array[]) => {
    for (const one of all) {
      const { length } = log;
      if (!file.append(log.record(one))) log.cut(length); // lost; others take its place
    }
  };
  return {
    write: (row) => append(step.add(row)),
    end(how) {
      append([...step.take(), ...records.end(how)]);
      file.close();
    },
  };
}

/**
 * A run folder of Weights & Biases as it is written off line, `wandb/offline-run-<time>-<id>`, which `wandb sync` sends: the task
 * and what was found out as configuration, numbers by step, and how the run ended. A resumed run goes on in the same one, from
 * which steps that come again are taken out.
 *
 * @throws {RangeError} if there is no name for the project
 * @example
 * ```ts
 * import { wandb } from "@videoms/data";
 *
 * console.assert(wandb({ project: "masks", tags: ["tube"] }).options.dir === "");
 * ```
 */
export const wandb: Plugin<"logger", WandbOptions, Logger> = definePlugin<
  "logger",
  WandbOptions,
  Logger
>({
  kind: "logger",
  name: "wandb",
  summary: "an off-line run of Weights & Biases, which `wandb sync` sends",
  defaults: { project: "videoms", entity: "", group: "", tags: [], dir: "" },
  paths: ["dir"],
  help: {
    project: "project that the run belongs to",
    entity: "user or team of the project; empty for that of whoever sends the run",
    group: "group of runs in the project; empty for none",
    tags: "tags of the run, a list of texts",
    dir: "folder that gets the folder wandb; empty for the run folder",
  },
  create(options: WandbOptions): Logger {
    const { project, tags } = options;
    if (project.trim() === "" || tags.some((tag) => typeof tag !== "string")) {
      throw new RangeError(
        `Cannot build logger "wandb": project must not be empty and tags must be texts, got ${
          JSON.stringify([project, tags])
        }`,
      );
    }
    return { name: "wandb", open: (run) => openRun(run, options) };
  },
});
