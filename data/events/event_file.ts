import { join } from "node:path";
import { AppendFile } from "../files/append_file.ts";
import { startRecord, summaryRecord, type SummaryValue, versionRecord } from "./event_record.ts";

/** Opens a file with a name that sorts after those of earlier starts, as TensorBoard reads them in order. */
async function createFile(folder: string): Promise<Deno.FsFile> {
  for (let time = Date.now();; time++) {
    try {
      const path = join(folder, `events.out.tfevents.${time}.videoms`);
      return await Deno.open(path, { append: true, createNew: true });
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
  }
}

/** A file that TensorBoard reads. */
export interface EventFile extends Disposable {
  /** Writes a record of values of a step; nothing is done between two records. */
  write(step: number, values: readonly SummaryValue[]): void;
}

/**
 * Opens an event file in a folder, `events.out.tfevents.<time>.videoms`. Its start tells the reader to forget what
 * earlier files of the folder say of steps that will come again; those before stay.
 *
 * @param step steps that are done, of which earlier files tell
 * @param onFailure called where a record cannot be written; nothing throws
 */
export async function openEventFile(
  folder: string,
  step: number,
  onFailure: (error: unknown) => void,
): Promise<EventFile> {
  const file = new AppendFile(await createFile(folder), onFailure, { sync: false });
  file.append(versionRecord());
  file.append(startRecord(step === 0 ? 0 : step + 1)); // before the first step there is only an evaluation
  return {
    write: (step, values) => file.append(summaryRecord(step, values)),
    [Symbol.dispose]: () => file.close(),
  };
}
