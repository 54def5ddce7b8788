import { nearest } from "@videoms/core";
import { NonFiniteError } from "../training/step_watch.ts";
import type { Command } from "./command.ts";
import { commandHelp, programHelp } from "./help.ts";
import { parseCommand, UsageError } from "./parse_command.ts";
import { userPaths } from "./user_paths.ts";

/** Exit codes of the command line; `diverged` is a run whose loss or gradient was not finite. */
export const ExitCode = { ok: 0, failure: 1, usage: 2, diverged: 3, interrupted: 130 } as const;

/** One of {@linkcode ExitCode}. */
export type ExitCode = typeof ExitCode[keyof typeof ExitCode];

/** A program with commands. */
export interface Program {
  /** How it is called, for the help. */
  name: string;
  /** What it is, for the help. */
  summary: string;
  /** What it can be asked to do. */
  commands: readonly Command[];
}

/** Where a command line runs; the process itself, but for tests. */
export interface CommandLineHost {
  /** Prints to standard output. */
  print(text: string): void;
  /** Prints to standard error. */
  printError(text: string): void;
  /** The folder that the user is in, where relative paths start. @default that of the process */
  folder?: string;
  /** Whether errors are printed with their stack. */
  debug: boolean;
  /** Aborts when the user interrupts. */
  signal: AbortSignal;
}

/** An error for people: one paragraph, or the stack when debugging. */
function describeError(error: unknown, debug: boolean): string {
  if (!(error instanceof Error)) return `error: ${String(error)}`;
  if (debug) return error.stack ?? error.message;
  return `error: ${error.message}`;
}

async function runCommand(
  program: Program,
  command: Command,
  args: readonly string[],
  host: CommandLineHost,
): Promise<ExitCode> {
  const paths = userPaths(host.folder);
  const parsed = parseCommand(command, args, paths);
  if (parsed.help) {
    host.print(commandHelp(program.name, command));
    return ExitCode.ok;
  }
  const { flags, positionals } = parsed;
  await command.run({ flags, positionals, paths, signal: host.signal });
  return host.signal.aborted ? ExitCode.interrupted : ExitCode.ok;
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
): Promise<ExitCode> {
  const [name, ...rest] = args;
  const help = () => programHelp(program.name, program.summary, program.commands);
  if (name === undefined) {
    host.printError(help());
    return ExitCode.usage;
  }
  if (name === "--help" || name === "-h" || name === "help") {
    host.print(help());
    return ExitCode.ok;
  }
  const command = program.commands.find((one) => one.name === name);
  try {
    if (!command) {
      const hint = nearest(name, program.commands.map((one) => one.name));
      throw new UsageError(`Cannot run "${name}": there is no such command; ${hint}`);
    }
    return await runCommand(program, command, rest, host);
  } catch (error) {
    if (host.signal.aborted) return ExitCode.interrupted;
    host.printError(describeError(error, host.debug) + "\n");
    if (error instanceof NonFiniteError) return ExitCode.diverged;
    if (!(error instanceof UsageError)) return ExitCode.failure;
    const place = command ? `${program.name} ${command.name}` : program.name;
    host.printError(`${place} --help tells what is possible.\n`);
    return ExitCode.usage;
  }
}
