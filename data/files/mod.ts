/**
 * Files written so that a reader or a crash finds them whole, and values of the environment. It imports
 * nothing, so that a worker that only writes starts at once.
 *
 * @module
 */

export { environment } from "./environment.ts";
export {
  type ByteParts,
  PARTIAL_ENDING,
  removePartials,
  type StagedFile,
  stageFile,
  writeAtomically,
} from "./write_atomically.ts";
