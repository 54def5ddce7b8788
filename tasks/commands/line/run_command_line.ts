import { nearest } from "@videoms/core";
import { requireWritable } from "@videoms/data/files";
import {
  type Command,
  commandHelp,
  type FlagSpecs,
  flagTitle,
  type FlagValues,
  type Output,
  parseCommand,
  type Program,
  programHelp,
  StopError,
  UsageError,
  userPaths,
} from "@videoms/data/console";
import { NonFiniteError } from "../../runs/training/step_watch.ts";
import { membership, outputOfRank, refuseRanks } from "./on_ranks.ts";

/**
 * Exit codes of the command line. `diverged` is a run whose loss or gradient was not finite, `unwritten` a
 * command that did its work but could not write all of its output or log. A command that a signal stopped
 * ends with 128 and the signal's number, `interrupted` being that of Ctrl-C.
 */
export const ExitCode = {
  ok: 0,
  failure: 1,
  usage: 2,
  diverged: 3,
  unwritten: 4,
  interrupted: 130,
} as const;

/** Where a command line runs; the process itself, but for tests. */
export interface CommandLineHost {
  output: Output;
  /** The folder that the user is in, where relative paths start. @default that of the process */
  folder?: string;
  debug: boolean;
  /** Aborts when the user, or the system, stops the command; with a {@linkcode StopError} in a process. */
  signal: AbortSignal;
}

/** An error for people: one paragraph, or the stack when debugging. */
function describeError(error: unknown, debug: boolean): string {
  if (!(error instanceof Error)) return `error: ${String(error)}`;
  return debug && error.stack ? error.stack : `error: ${error.message}`;
}

/** Whether an error only says that the command was stopped; one of saving, say, must be told. */
function isStop(error: unknown, signal: AbortSignal): boolean {
  if (!signal.aborted || !(error instanceof Error)) return false;
  return error === signal.reason || error.name === "AbortError" || isStop(error.cause, signal);
}

/** The exit code of a command that has not failed. */
function endCode({ signal, output }: CommandLineHost): number {
  const { aborted, reason } = signal;
  if (aborted) return reason instanceof StopError ? reason.exitCode : ExitCode.interrupted;
  return output.failures().length > 0 ? ExitCode.unwritten : ExitCode.ok;
}

/** Refuses outputs that cannot be written, which the work would meet at its end. Runs look at their own folders. */
async function checkOutputs(
  { flags: specs }: Command,
  flags: FlagValues<FlagSpecs>,
): Promise<void> {
  for (const name of ["out", "bad", "manifest"]) {
    const [spec, path] = [specs[name], flags[name]];
    if (typeof path !== "string" || "sets" in spec) continue;
    await requireWritable(path, flagTitle(name), spec.type === "folder" ? "folder" : "file");
  }
}

async function runCommand(
  command: Command,
  help: () => string,
  args: readonly string[],
  host: CommandLineHost,
): Promise<number> {
  const { output, signal } = host;
  const paths = userPaths(host.folder);
  const parsed = parseCommand(command, args, paths);
  if (parsed.help) output.print(help());
  else {
    if (!command.forRanks) refuseRanks();
    const { flags, positionals } = parsed;
    await checkOutputs(command, flags);
    try {
      await command.run({ flags, positionals, paths, signal, output });
    } catch (error) {
      if (!isStop(error, signal)) throw error;
      outputOfRank(output).printError(`Stopped: ${command.whenStopped ?? "nothing was written"}`);
    }
  }
  return endCode(host);
}

async function loaded(entry: Program["commands"][string]): Promise<Command | Program> {
  return typeof entry === "function" ? (await entry()).command : entry;
}

async function helpOf({ name, summary, commands }: Program): Promise<string> {
  const lines = Object.entries(commands).map(async ([name, entry]) =>
    [name, (await loaded(entry)).summary] as const
  );
  return programHelp(name, summary, await Promise.all(lines));
}

/**
 * Runs a command line and tells its exit code; prints help and errors.
 *
 * @param args arguments of the process, the command's name first
 */
export async function runCommandLine(
  program: Program,
  args: readonly string[],
  host: CommandLineHost,
): Promise<number> {
  const { output } = host;
  const [name, ...rest] = args;
  if (name === undefined) {
    output.printError(await helpOf(program));
    return ExitCode.usage;
  }
  if (name === "--help" || name === "-h" || name === "help") {
    output.print(await helpOf(program));
    return endCode(host);
  }
  let place = program.name;
  try {
    if (!Object.hasOwn(program.commands, name)) {
      const hint = nearest(name, Object.keys(program.commands));
      throw new UsageError(`Cannot run "${name}": there is no such command; ${hint}`);
    }
    const command = await loaded(program.commands[name]);
    if ("commands" in command) return await runCommandLine(command, rest, host);
    place = `${program.name} ${name}`;
    const help = () => commandHelp(program.name, name, command, program.pathRule);
    return await runCommand(command, help, rest, host);
  } catch (error) {
    const isUsage = error instanceof UsageError;
    const isDiverged = error instanceof NonFiniteError; // told by rank 0 once it has saved what it knows
    if (await membership.mayTell(error, isDiverged ? 100 : 1)) {
      output.printError(describeError(error, host.debug));
      if (isUsage) output.printError(`Run \`${place} --help\` for usage.`);
    }
    if (isDiverged) return ExitCode.diverged;
    return isUsage ? ExitCode.usage : ExitCode.failure;
  }
}
