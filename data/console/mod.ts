/**
 * How programs speak with people: output that never throws, progress lines, and command lines out of typed commands with
 * checked flags, help and signals that stop them. It does not load tfjs.
 *
 * @module
 */

// Output.
export type { Output, StatusOutput } from "./output.ts";
export {
  createOutput,
  type ProcessOutput,
  standardOutput,
  type StandardStream,
  textOutput,
} from "./standard_output.ts";
export { printSome } from "./print_some.ts";
export { createProgress, type Progress } from "./progress.ts";
export { createStatusLine, type StatusLine } from "./status_line.ts";

// Command lines.
export {
  type Command,
  type CommandInput,
  defineCommand,
  type FlagSpec,
  type FlagSpecs,
  flagTitle,
  type FlagType,
  type FlagValue,
  type FlagValues,
  type LazyCommand,
  type OneValue,
  type PositionalSpec,
  type Program,
} from "./command.ts";
export { commandHelp, programHelp, twoColumns } from "./help.ts";
export { parseCommand, type ParsedCommand, UsageError } from "./parse_command.ts";
export { listenForStop, type SignalRules, StopError, stopSignals } from "./stop_signals.ts";
export { userFolder, type UserPaths, userPaths } from "./user_paths.ts";
