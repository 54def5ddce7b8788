import { definePlugin, type Json, type Plugin } from "@videoms/core/plain";
import { basename, dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { environment } from "../../files/environment.ts";
import { writeAtomically } from "../../files/write_atomically.ts";
import { fieldValues } from "../field_values.ts";
import type { LoggedRow, LoggedRun, Logger, RunEnd, RunLogger } from "../logger.ts";
import { META_FILE, openExperiment } from "./experiment.ts";
import { GrowingFiles, storeName, yaml } from "./store_files.ts";

/** Options of {@linkcode mlflow}. */
export interface MlflowOptions {
  /** Folder of the store. @default "mlruns" */
  dir: string;
  /** Experiment that the run belongs to. @default "videoms" */
  experiment: string;
}

/** MLflow's `RunStatus`. */
const STATUS = { running: 1, finished: 3, failed: 4, stopped: 5 };

/** `SourceType.LOCAL`. */
const LOCAL = 4;

/** The place of a run in a store. */
interface StoredRun {
  readonly folder: string;
  readonly experiment: string;
  readonly user: string;
}

/** The `meta.yaml` of a run. */
function runMeta(
  { id, name, created }: LoggedRun,
  { folder, experiment, user }: StoredRun,
  state: keyof typeof STATUS,
): string {
  return yaml({
    artifact_uri: pathToFileURL(join(folder, "artifacts")).href,
    deleted_time: null,
    end_time: state === "running" ? null : Date.now(),
    entry_point_name: "",
    experiment_id: experiment,
    lifecycle_stage: "active",
    run_id: id,
    run_name: name,
    run_uuid: id,
    source_name: "",
    source_type: LOCAL,
    source_version: "",
    start_time: created,
    status: STATUS[state],
    tags: [],
    user_id: user,
  });
}

/** A value as a file holds it: one line. */
function valueText(value: Json): string {
  return typeof value === "string" && !/[\r\n]/.test(value) ? value : JSON.stringify(value);
}

async function writeValues(folder: string, values: readonly [string, Json][]): Promise<void> {
  for (const [name, value] of values) {
    const path = join(folder, storeName(name));
    await Deno.mkdir(dirname(path), { recursive: true });
    await Deno.writeTextFile(path, valueText(value)); // in one go: another file there were another value
  }
}

/** Lines of the files of metrics: time, value, step. */
function addRow(files: GrowingFiles, folder: string, { step, time, scalars }: LoggedRow): void {
  for (const { tag, value } of scalars) {
    const text = Number.isNaN(value) ? "nan" : String(value);
    files.add(join(folder, "metrics", storeName(tag)), `${time} ${text} ${step}\n`);
  }
}

/** Writes what is known of a run at its start; what an earlier process wrote of its metrics is written anew. */
async function beginRun(run: LoggedRun, stored: StoredRun): Promise<GrowingFiles> {
  const { folder, user } = stored;
  await Deno.mkdir(join(folder, "artifacts"), { recursive: true });
  await Deno.remove(join(folder, "metrics"), { recursive: true }).catch(() => {}); // it may be new
  await Deno.mkdir(join(folder, "metrics"), { recursive: true });
  await writeValues(join(folder, "params"), fieldValues(run.task));
  await writeValues(join(folder, "tags"), [
    ["mlflow.runName", run.name],
    ["mlflow.user", user],
    ["mlflow.source.type", "LOCAL"],
    ["mlflow.source.name", "videoms"],
    ["kind", run.kind],
    ["folder", run.folder],
    ...fieldValues(run.facts),
  ]);
  const files = new GrowingFiles();
  for (const row of run.earlier) addRow(files, folder, row);
  files.write();
  await writeAtomically(join(folder, META_FILE), runMeta(run, stored, "running"));
  return files;
}

async function openRun(run: LoggedRun, { dir, experiment }: MlflowOptions): Promise<RunLogger> {
  const store = resolve(dir);
  const id = await openExperiment(store, experiment);
  const folder = join(store, id, run.id);
  const user = environment("USER") ?? environment("USERNAME") ?? "";
  const stored = { folder, experiment: id, user };
  const files = await beginRun(run, stored);
  return {
    write(row) {
      addRow(files, folder, row);
      files.write();
    },
    picture({ path }) {
      const pictures = join(folder, "artifacts", "pictures");
      Deno.mkdirSync(pictures, { recursive: true });
      Deno.copyFileSync(path, join(pictures, basename(path)));
    },
    end(how: RunEnd) {
      files.write();
      Deno.writeTextFileSync(join(folder, META_FILE), runMeta(run, stored, how));
    },
  };
}

/**
 * A run of MLflow's file store, `<dir>/<experiment>/<run>`, which `mlflow ui` shows: numbers by step, the task's fields as
 * parameters, what was found out as tags, pictures as artifacts, and how the run ended. A resumed run goes on in the same one.
 *
 * Source: `FileStore` of MLflow, mlflow/store/tracking/file_store.py. Names of metrics there have only letters, digits, `_`, `.`,
 * `-`, `/` and spaces; other characters become spaces.
 *
 * @throws {RangeError} if there is no name for the experiment
 * @example
 * ```ts
 * import { mlflow } from "@videoms/data";
 *
 * console.assert(mlflow({ experiment: "masks" }).options.dir === "mlruns");
 * ```
 */
export const mlflow: Plugin<"logger", MlflowOptions, Logger> = definePlugin({
  kind: "logger",
  name: "mlflow",
  summary: "a run in MLflow's file store, which its page shows",
  defaults: { dir: "mlruns", experiment: "videoms" },
  paths: ["dir"],
  help: {
    dir: "folder of the store, which may have other runs",
    experiment: "name of the experiment that the run belongs to",
  },
  create(options: MlflowOptions): Logger {
    if (options.experiment.trim() === "" || options.dir === "") {
      throw new RangeError(
        `Cannot build logger "mlflow": dir and experiment must not be empty, got ${
          JSON.stringify([options.dir, options.experiment])
        }`,
      );
    }
    return { name: "mlflow", open: (run) => openRun(run, options) };
  },
});
