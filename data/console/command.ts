import type { Output } from "./output.ts";
import type { UserPaths } from "./user_paths.ts";

/** An argument without a flag. */
export interface PositionalSpec {
  readonly name: string;
  /**
   * Relative paths start at the folder that the user is in; a `module` is a path, a URL or a package, `weights` a
   * path, a URL or `none`. @default "text"
   */
  readonly type?: "text" | "path" | "module" | "weights";
  readonly choices?: readonly string[];
  readonly help: string;
  readonly optional?: boolean;
  /** Whether it may be given more than once; only the last one may. */
  readonly repeat?: boolean;
}

/** A `folder`, a `file` and a `list` of videos are paths; a `whole` is a whole number; a `boolean` takes no value. */
export type FlagType =
  | NonNullable<PositionalSpec["type"]>
  | "folder"
  | "file"
  | "list"
  | "number"
  | "whole"
  | "boolean";

/** A flag of a command. */
export interface FlagSpec {
  readonly type: FlagType;
  /** Stands for the value in the help. @default the type */
  readonly value?: string;
  /** Whether it may be given more than once; its value is then a list. */
  readonly repeat?: boolean;
  readonly choices?: readonly string[];
  readonly least?: number;
  readonly default?: string | number;
  readonly required?: boolean;
  /** Dotted path of the field that its value sets, such as one of a task. */
  readonly sets?: string;
  readonly help: string;
}

/** The flags of a command, by name: `dataRoot` is `--data-root` on the command line. */
export type FlagSpecs = Readonly<Record<string, FlagSpec>>;

/** The type of a flag's value; undefined stands for a flag that was not given. */
export type FlagValue<Flag extends FlagSpec> = Flag["type"] extends "boolean" ? boolean | undefined
  : Flag["repeat"] extends true ? OneValue<Flag>[]
  : Flag extends { readonly default: string | number } | { readonly required: true }
    ? OneValue<Flag>
  : OneValue<Flag> | undefined;

/** The type of one value of a flag. */
export type OneValue<Flag extends FlagSpec> = Flag extends
  { readonly choices: readonly (infer Choice extends string)[] } ? Choice
  : Flag["type"] extends "number" | "whole" ? number
  : string;

/** Values of flags, by name. */
export type FlagValues<Flags extends FlagSpecs> = { [Name in keyof Flags]: FlagValue<Flags[Name]> };

/** What a command was given. */
export interface CommandInput<Flags extends FlagSpecs> {
  flags: FlagValues<Flags>;
  positionals: string[];
  /** Where relative paths start; those of flags and arguments have been looked up by it. */
  paths: UserPaths;
  /** Aborts when the user, or the system, stops the command. */
  signal: AbortSignal;
  output: Output;
}

/** A command of the command line. */
export interface Command<Flags extends FlagSpecs = FlagSpecs> {
  /** One line for the list of commands. */
  readonly summary: string;
  /** Paragraphs for the command's own help. */
  readonly description?: readonly string[];
  readonly positionals: readonly PositionalSpec[];
  readonly flags: Flags;
  /** Command lines that show its use, without the program's name. */
  readonly examples?: readonly string[];
  /** What is kept when it is stopped on the way, for people. @default nothing was written */
  readonly whenStopped?: string;
  /** Whether several ranks of MPI may run it together. @default false */
  readonly forRanks?: boolean;
  /** Does the work; errors are printed and make the exit code. */
  run(input: CommandInput<Flags>): Promise<void>;
}

/** Loads the module that exports a command. */
export type LazyCommand = () => Promise<{ readonly command: Command }>;

/** A program with commands. */
export interface Program {
  /** How it is called, for the help. */
  readonly name: string;
  readonly summary: string;
  /** How relative paths are read, for the help. @default from the folder that the user is in */
  readonly pathRule?: string;
  /** What it can be asked to do, by name, in the order of the help. */
  readonly commands: Readonly<Record<string, Command | LazyCommand | Program>>;
}

/** A command whose input has the types of its flags, to be put among the commands of a program. */
export function defineCommand<const Flags extends FlagSpecs>(command: Command<Flags>): Command {
  return command as Command;
}

/** A flag as it is typed: `--data-root` for `dataRoot`. */
export function flagTitle(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
