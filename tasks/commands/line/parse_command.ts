import { parseArgs } from "node:util";
import { nearest } from "@videoms/core";
import type { Command, FlagSpec, FlagSpecs, FlagValues, PositionalSpec } from "./command.ts";
import { isHubName } from "../../definition/module_address.ts";
import { isModulePath } from "../../definition/module_address.ts";
import { type UserPaths, userPaths } from "./user_paths.ts";

/** A command line that cannot be understood; the exit code is 2. */
export class UsageError extends Error {
  /** Tells it from other errors. */
  override readonly name = "UsageError";
}

/** A command line taken apart, or the wish for help. */
export type ParsedCommand<Flags extends FlagSpecs> =
  | { help: true }
  | { help: false; flags: FlagValues<Flags>; positionals: string[] };

/** The parts of `parseArgs` tokens that are used here. */
interface OptionToken {
  name: string;
  rawName: string;
  value?: string;
  inlineValue?: boolean;
}

/** What a flag takes, as the end of "must be …". */
function expected(spec: FlagSpec): string {
  if (spec.choices) return `one of ${spec.choices.join(", ")}`;
  return EXPECTED[spec.type];
}

const EXPECTED = {
  text: "text",
  path: "a path",
  module: "a module",
  weights: "a path",
  number: "a number",
  whole: "a whole number",
  boolean: "",
} as const;

/** A value or argument with its path looked up, if it is one. */
function placed(text: string, type: PositionalSpec["type"], paths: UserPaths): string {
  switch (type) {
    case "path":
      return paths.typed(text);
    case "module":
      return isModulePath(text) ? paths.typed(text) : text;
    case "weights":
      return text === "none" || isHubName(text, paths.typed) ? text : paths.typed(text);
    default:
      return text;
  }
}

function parseValue(
  flag: string,
  spec: FlagSpec,
  text: string,
  paths: UserPaths,
): string | number {
  const fail = (): never => {
    throw new UsageError(`Cannot read ${flag}: it must be ${expected(spec)}, got "${text}"`);
  };
  if (spec.choices && !spec.choices.includes(text)) fail();
  if (spec.type !== "number" && spec.type !== "whole") {
    return placed(text, spec.type === "boolean" ? "text" : spec.type, paths);
  }
  const value = text.trim() === "" ? NaN : Number(text);
  if (!Number.isFinite(value)) fail();
  if (spec.type === "whole" && !Number.isSafeInteger(value)) fail();
  return value;
}

/** Whether what follows a flag is the next flag; `-1` and `-` are values. */
function looksLikeFlag(text: string): boolean {
  return /^-+[A-Za-z]/.test(text);
}

function readToken(
  command: Command,
  token: OptionToken,
  flags: Record<string, unknown>,
  paths: UserPaths,
): void {
  const { name, rawName, value, inlineValue } = token;
  if (!Object.hasOwn(command.flags, name) || !rawName.startsWith("--")) {
    const hint = nearest(rawName, ["help", ...Object.keys(command.flags)].map((one) => `--${one}`));
    throw new UsageError(`Cannot read the command line: unknown option "${rawName}"; ${hint}`);
  }
  const spec = command.flags[name];
  if (spec.type === "boolean") {
    if (inlineValue) {
      throw new UsageError(`Cannot read ${rawName}: it takes no value, got "${value}"`);
    }
    flags[name] = true;
    return;
  }
  if (value === undefined || (!inlineValue && looksLikeFlag(value))) {
    throw new UsageError(
      `Cannot read ${rawName}: it must be followed by ${expected(spec)}, got ${value ?? "nothing"}`,
    );
  }
  const parsed = parseValue(rawName, spec, value, paths);
  if (spec.repeat) {
    (flags[name] as unknown[]).push(parsed);
  } else if (flags[name] !== undefined) {
    throw new UsageError(
      `Cannot read ${rawName}: it must be given once, got ${flags[name]} and ${value}`,
    );
  } else flags[name] = parsed;
}

function checkPositionals({ positionals: specs }: Command, given: readonly string[]): void {
  const missing = specs[given.length];
  if (missing && !missing.optional) {
    throw new UsageError(`Cannot run: <${missing.name}> must be given, ${missing.help}`);
  }
  if (given.length > specs.length && !specs.at(-1)?.repeat) {
    throw new UsageError(
      `Cannot run: at most ${specs.length} arguments are taken, got "${given[specs.length]}" too`,
    );
  }
  for (const [i, { name, choices = given }] of specs.slice(0, given.length).entries()) {
    if (choices.includes(given[i])) continue;
    throw new UsageError(
      `Cannot run: there is no ${name} "${given[i]}"; ${nearest(given[i], choices)}`,
    );
  }
}

/**
 * Takes the arguments of a command apart.
 *
 * @param args what follows the command's name
 * @param paths where relative paths start @default the folder that the process runs in
 * @throws {UsageError} for an unknown option (naming the nearest), a missing or wrong value, an argument too
 * many or too few
 */
export function parseCommand<Flags extends FlagSpecs>(
  command: Command<Flags>,
  args: readonly string[],
  paths: UserPaths = userPaths(),
): ParsedCommand<Flags> {
  const untyped = command as unknown as Command;
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      Object.entries(command.flags).map(([name, { type }]) => [
        name,
        { type: type === "boolean" ? "boolean" : "string", multiple: true } as const,
      ]),
    ),
    strict: false, // its errors name neither the nearest option nor the right type
    allowPositionals: true,
    tokens: true,
  });
  const options = tokens.filter((token) => token.kind === "option");
  if (options.some(({ rawName }) => rawName === "--help" || rawName === "-h")) {
    return { help: true };
  }
  const flags: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries(command.flags)) {
    flags[name] = spec.repeat ? [] : undefined;
  }
  for (const token of options) readToken(untyped, token, flags, paths);
  const positionals = tokens.filter((token) => token.kind === "positional")
    .map(({ value }) => value);
  checkPositionals(untyped, positionals);
  const specs = command.positionals;
  return {
    help: false,
    flags: flags as FlagValues<Flags>,
    positionals: positionals.map((text, i) =>
      placed(text, (specs[i] ?? specs.at(-1))?.type, paths)
    ),
  };
}
