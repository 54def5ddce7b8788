/**
 * Reading files in pieces, atomic writes, stores of checkpoints, addresses of modules and environment variables, without further imports, so that a worker
 * that only writes starts at once.
 *
 * @module
 */

export { AppendFile } from "./append_file.ts";
export { appendWhole } from "./append_whole.ts";
export {
  CheckpointStore,
  type DamagedCheckpoint,
  type FoundCheckpoint,
  type Retention,
  type StoredCheckpoint,
} from "./checkpoint_store.ts";
export { codeHash } from "./code_hash.ts";
export { environment } from "./environment.ts";
export { openFileBytes } from "./file_bytes.ts";
export { fileSha256 } from "./file_sha256.ts";
export { findLibrary, findVulkan } from "./find_library.ts";
export { findProgram, pathProblem } from "./find_program.ts";
export {
  folderEntries,
  type OwnFolder,
  removeEntries,
  requireAbsent,
  requireOwnFolder,
} from "./folder_entries.ts";
export { FolderInUseError, LOCK_FILE, lockFolder } from "./folder_lock.ts";
export { guardConsole } from "./guard_console.ts";
export { ifThere } from "./if_there.ts";
export {
  asSuperuser,
  findManager,
  type InstallPlan,
  installPlan,
  isRoot,
  type Machine,
} from "./install_plan.ts";
export { isFile, isFileSync } from "./is_file.ts";
export {
  importModule,
  isAddress,
  isHubName,
  isModulePath,
  moduleAddress,
} from "./module_address.ts";
export { readJsonIfThere } from "./read_json.ts";
export {
  missingNeeds,
  type Need,
  type PackageManager,
  type Purpose,
  type Requirement,
  REQUIREMENTS,
} from "./requirements.ts";
export { requireWritable } from "./require_writable.ts";
export { streamWriter, type WritableBytes } from "./stream_writer.ts";
export {
  type ByteParts,
  PARTIAL_ENDING,
  removePartials,
  type StagedFile,
  stageFile,
  writeAtomically,
} from "./write_atomically.ts";
export { writeJson } from "./write_json.ts";
