import { join } from "node:path";
import { CheckpointStore } from "@videoms/data/files";
import type { RunFolder } from "./run_folder.ts";

/**
 * The run folder as ranks other than the first have it: nothing is read or written, since the first one does both and
 * the others need not see its disk.
 */
export function followerFolder(path: string): RunFolder {
  const refuse = () => Promise.reject(new Error(`Cannot write to "${path}": only rank 0 may`));
  const close = () => {};
  return {
    path,
    earlier: null,
    checkpoints: new CheckpointStore(join(path, "checkpoints")),
    openStore: refuse,
    file: refuse,
    begin: () => Promise.resolve(),
    note: () => Promise.resolve(),
    openLog: () => Promise.resolve({ append: close, close, [Symbol.dispose]: close }),
    [Symbol.dispose]: close,
  };
}
