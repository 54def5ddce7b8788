import { parseArgs } from "node:util";
import { nearest } from "@videoms/core/plain";
import { isHubName, isModulePath } from "../files/module_address.ts";
import {
  type Command,
  type FlagSpec,
  type FlagSpecs,
  flagTitle,
  type FlagValues,
  type PositionalSpec,
} from "./command.ts";
import { type UserPaths, userPaths } from "./user_paths.ts";

/** A command line that cannot be understood; the exit code is 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** A command line taken apart, or the wish for help. */
export type ParsedCommand<Flags extends FlagSpecs> =
  | { help: true }
  | { help: false; flags: FlagValues<Flags>; positionals: string[] };

const EXPECTED = {
  text: "text",
  path: "a path",
  folder: "a path",
  file: "a path",
  list: "a path",
  module: "a module",
  weights: "a path",
  number: "a number",
  whole: "a whole number",
  boolean: "",
} as const;

/** What a flag takes, as the end of "must be …". */
function expected({ type, choices, least }: FlagSpec): string {
  if (choices) return `one of ${choices.join(", ")}`;
  return EXPECTED[type] + (least === undefined ? "" : ` from ${least}`);
}

/** A value or argument with its path looked up, if it is one. */
function placed(text: string, type: FlagSpec["type"] | undefined, { typed }: UserPaths): string {
  switch (type) {
    case "path":
    case "folder":
    case "file":
    case "list":
      return typed(text);
    case "module":
      return isModulePath(text) ? typed(text) : text;
    case "weights":
      return text === "none" || isHubName(text, typed) ? text : typed(text);
    default:
      return text;
  }
}

/** The value that a text stands for; null for none that the flag takes. */
function valueOf(
  { type, choices, least = -Infinity }: FlagSpec,
  text: string,
  paths: UserPaths,
): string | number | null {
  if (choices && !choices.includes(text)) return null;
  if (type === "boolean") return null;
  if (type !== "number" && type !== "whole") return placed(text, type, paths);
  const value = text.trim() === "" ? NaN : Number(text);
  const isOfType = type === "whole" ? Number.isSafeInteger(value) : Number.isFinite(value);
  return isOfType && value >= least ? value : null;
}

interface OptionToken {
  rawName: string;
  value?: string;
  inlineValue?: boolean;
}

function readFlag(
  spec: FlagSpec,
  { rawName, value, inlineValue }: OptionToken,
  paths: UserPaths,
): string | number | boolean {
  const must = (rule: string, got: unknown) =>
    new UsageError(`Cannot read ${rawName}: it ${rule}, got ${got}`);
  if (spec.type === "boolean") {
    if (inlineValue) throw must("takes no value", `"${value}"`);
    return true;
  }
  const isNextFlag = !inlineValue && /^-+[A-Za-z]/.test(value ?? ""); // `-1` and `-` are values
  if (value === undefined || isNextFlag) {
    throw must(`must be followed by ${expected(spec)}`, value ?? "nothing");
  }
  const read = valueOf(spec, value, paths);
  if (read === null) throw must(`must be ${expected(spec)}`, `"${value}"`);
  return read;
}

function checkPositionals(specs: readonly PositionalSpec[], given: readonly string[]): void {
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

/** The values of all flags, those that were not given included. */
function readFlags(specs: FlagSpecs, tokens: readonly OptionToken[], paths: UserPaths) {
  const nameOf = new Map(Object.keys(specs).map((name) => [flagTitle(name), name]));
  const given = new Map<string, unknown>();
  for (const token of tokens) {
    const { rawName, value } = token;
    const name = nameOf.get(rawName);
    if (name === undefined) {
      const hint = nearest(rawName, ["--help", ...nameOf.keys()]);
      throw new UsageError(`Cannot read the command line: unknown option "${rawName}"; ${hint}`);
    }
    const read = readFlag(specs[name], token, paths);
    const before = given.get(name);
    if (specs[name].repeat) given.set(name, [...before as unknown[] ?? [], read]);
    else if (before === undefined || read === true) given.set(name, read);
    else {
      throw new UsageError(
        `Cannot read ${rawName}: it must be given once, got ${before} and ${value}`,
      );
    }
  }
  return Object.fromEntries(
    Object.entries(specs).map(([name, { repeat, required, default: value, help }]) => {
      if (required && !given.has(name)) {
        throw new UsageError(`Cannot run: ${flagTitle(name)} must be given, ${help}`);
      }
      return [name, given.get(name) ?? (repeat ? [] : value)];
    }),
  );
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
  { flags: specs, positionals: places }: Pick<Command<Flags>, "flags" | "positionals">,
  args: readonly string[],
  paths: UserPaths = userPaths(),
): ParsedCommand<Flags> {
  const { tokens, positionals } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      Object.entries(specs).map(([name, { type }]) => [
        flagTitle(name).slice(2),
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
  const flags = readFlags(specs, options, paths) as FlagValues<Flags>;
  checkPositionals(places, positionals);
  const typeOf = (at: number) => (places[at] ?? places.at(-1))?.type;
  return {
    help: false,
    flags,
    positionals: positionals.map((one, i) => placed(one, typeOf(i), paths)),
  };
}
