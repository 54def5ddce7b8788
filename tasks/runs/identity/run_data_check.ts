import type { Json, Registry } from "@videoms/core";
import {
  dataDifference,
  type DataIdentity,
  type DataRecord,
  dataRecord,
  readData,
  writeData,
} from "@videoms/data";
import type { RunFolder } from "../folder/run_folder.ts";
import { describeDifferences, taskDifference } from "../folder/task_difference.ts";
import type { RunTask } from "../../definition/run_task.ts";

/** What is to be kept of a run's data. */
export interface ComparedData {
  readonly facts: Readonly<Record<string, Json>>;
  /** Writes the list of all samples, where there is none or another one. */
  write(): Promise<void>;
}

/** Checkpoints keep a head for each class, so their number cannot change. */
function refuseOtherCount(
  folder: RunFolder,
  { kind }: Pick<RunTask, "kind">,
  before: DataRecord,
  now: DataRecord,
): void {
  if (kind === "pretrain" || before.classes.count === now.classes.count) return;
  throw new Error(
    `Cannot resume the run in "${folder.path}": the number of classes must stay, got ` +
      `${before.classes.count} -> ${now.classes.count}. Put it back, choose another folder with --out, or ` +
      "start anew with --fresh.",
  );
}

/**
 * Compares a run's videos, labels and sizes with those that it had. A run without a checkpoint has learnt
 * nothing from them yet, so it may change.
 *
 * @throws {Error} if they differ, unless that is allowed; says what has changed
 */
export async function compareRunData(
  folder: RunFolder,
  task: Pick<RunTask, "kind" | "data">,
  data: DataIdentity,
  { changedData = false, registry, tell }: {
    changedData?: boolean;
    registry: Registry;
    tell: (text: string) => void;
  },
): Promise<ComparedData> {
  const record = dataRecord(data);
  const same = { facts: {}, write: () => Promise.resolve() };
  const kept = {
    facts: { data: JSON.parse(JSON.stringify(record)) as Json },
    write: () => writeData(folder.path, data),
  };
  const { earlier } = folder;
  const [step] = (await folder.checkpoints.steps()).slice(-1);
  if (!earlier || step === undefined) return kept;
  if (earlier.data === undefined) {
    tell(
      "This run was begun before VideoMS kept which videos a run has, so whether they have changed cannot be told",
    );
    return kept;
  }
  const known = { record: earlier.data as DataRecord, data: await readData(folder.path) };
  const { changed, moved } = await dataDifference(known, { record, data });
  if (changed.length === 0) {
    for (const text of moved) tell(`Note: ${text}`);
    return JSON.stringify(record) === JSON.stringify(earlier.data) ? same : kept;
  }
  const named = taskDifference(
    { dataset: (earlier.task as RunTask).data.dataset },
    { dataset: task.data.dataset },
    registry,
  );
  const fields = named.length > 0 ? ` (data.${describeDifferences(named)})` : "";
  if (!changedData) {
    throw new Error(
      `Cannot resume the run in "${folder.path}": its videos must be the same, got ` +
        `${
          changed.join("; ")
        }${fields}. Undo the change to resume, add --changed-data to resume with the changed videos, ` +
        "choose another folder with --out, or delete the earlier run and start anew with --fresh.",
    );
  }
  refuseOtherCount(folder, task, known.record, record);
  tell(`Resuming with changed videos: ${changed.join("; ")}`);
  const changes = (earlier.dataChanges ?? []) as readonly Json[];
  const change = { at: new Date().toISOString(), step, changed };
  return { ...kept, facts: { ...kept.facts, dataChanges: [...changes, change] } };
}
