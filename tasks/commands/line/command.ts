import type { UserPaths } from "./user_paths.ts";
import type { Output } from "../../output/output.ts";

/** A flag of a command. */
export interface FlagSpec {
  /**
   * What its value is; a `boolean` takes none. Relative paths start at the folder that the user is in; a
   * `module` is a path, a URL or a package, `weights` a path, a URL or `none`.
   */
  readonly type: "text" | "path" | "module" | "weights" | "number" | "whole" | "boolean";
  /** Stands for the value in the help, such as `path`. */
  readonly value?: string;
  /** Whether it may be given more than once; its value is then a list. */
  readonly repeat?: boolean;
  /** The values that it takes. */
  readonly choices?: readonly string[];
  /** Dotted path of the field of a task that its value sets. */
  readonly sets?: string;
  /** What it does, for the help. */
  readonly help: string;
}

/** An argument without a flag. */
export interface PositionalSpec {
  /** Name in the help. */
  readonly name: string;
  /** What it is, as for a flag. @default "text" */
  readonly type?: "text" | "path" | "module" | "weights";
  /** The values that it takes. */
  readonly choices?: readonly string[];
  /** What it is, for the help. */
  readonly help: string;
  /** Whether it may be left out. */
  readonly optional?: boolean;
  /** Whether it may be given more than once; only the last one may. */
  readonly repeat?: boolean;
}

/** The flags of a command, by name without the dashes. */
export type FlagSpecs = Readonly<Record<string, FlagSpec>>;

/** The type of a flag's value; undefined stands for a flag that was not given. */
export type FlagValue<Flag extends FlagSpec> = Flag["type"] extends "boolean" ? boolean | undefined
  : Flag["repeat"] extends true ? OneValue<Flag>[]
  : OneValue<Flag> | undefined;

/** The type of one value of a flag. */
export type OneValue<Flag extends FlagSpec> = Flag extends
  { readonly choices: readonly (infer Choice extends string)[] } ? Choice
  : Flag["type"] extends "number" | "whole" ? number
  : string;

/** Values of flags, by name without the dashes. */
export type FlagValues<Flags extends FlagSpecs> = { [Name in keyof Flags]: FlagValue<Flags[Name]> };

/** What a command was given. */
export interface CommandInput<Flags extends FlagSpecs> {
  /** Values of the flags. */
  flags: FlagValues<Flags>;
  /** Arguments without a flag, in order. */
  positionals: string[];
  /** Where relative paths start: those of flags and arguments have been looked up by it. */
  paths: UserPaths;
  /** Aborts when the user, or the system, stops the command. */
  signal: AbortSignal;
  /** Where to tell people things. */
  output: Output;
}

/** A command of the command line. */
export interface Command<Flags extends FlagSpecs = FlagSpecs> {
  /** What it is called by. */
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Paragraphs for the command's own help. */
  readonly description?: readonly string[];
  /** Arguments without a flag. */
  readonly positionals: readonly PositionalSpec[];
  /** Flags by name without the dashes. */
  readonly flags: Flags;
  /** Command lines that show its use, without the program's name. */
  readonly examples?: readonly string[];
  /** What is kept when it is stopped on the way, for people. @default nothing was written */
  readonly whenStopped?: string;
  /** Does the work; errors are printed and make the exit code. */
  run(input: CommandInput<Flags>): Promise<void>;
}

/** A command, or a program with commands of its own, that is loaded when it is called. */
export interface LazyCommand {
  /** What it is called by. */
  readonly name: string;
  /** Loads it. */
  load(): Promise<Command | Program>;
}

/** A program with commands. */
export interface Program {
  /** How it is called, for the help. */
  readonly name: string;
  /** What it is, for the help. */
  readonly summary: string;
  /** What it can be asked to do. */
  readonly commands: readonly (Command | LazyCommand)[];
}

/** A command whose input has the types of its flags, to be put in a list of commands. */
export function defineCommand<const Flags extends FlagSpecs>(
  command: Command<Flags>,
): Command {
  return command as unknown as Command;
}
