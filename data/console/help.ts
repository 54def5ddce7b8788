import { type Command, type FlagSpec, flagTitle, type PositionalSpec } from "./command.ts";

const WIDTH = 100;

/** Widest left column; a longer entry gets a line of its own. */
const LARGEST_LEFT = 30;

const PATH_TYPES = ["path", "folder", "file", "list", "module", "weights"];

const PATH_RULE = "Relative paths start at the folder that you are in.";

/** Breaks a text into lines of at most `width` characters, at spaces. */
function wrap(text: string, width = WIDTH): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** Two aligned columns, the right one wrapped, behind `indent` blanks. */
export function twoColumns(
  entries: readonly (readonly [string, string])[],
  indent = 2,
): string[] {
  const lengths = entries.map(([left]) => left.length).filter((length) => length <= LARGEST_LEFT);
  const column = indent + Math.max(0, ...lengths) + 2;
  return entries.flatMap(([left, right]) => {
    const lines = wrap(right, WIDTH - column).map((line) => " ".repeat(column) + line);
    const start = " ".repeat(indent) + left;
    if (left.length > LARGEST_LEFT) return [start, ...lines];
    return [start.padEnd(column) + lines[0].trimStart(), ...lines.slice(1)];
  });
}

function flagEntry(name: string, spec: FlagSpec): [string, string] {
  const { type, choices, help, repeat, required } = spec;
  const { value = choices?.join("|") ?? (type === "whole" ? "count" : type) } = spec;
  const notes = [
    ...required ? ["must be given"] : [],
    ...spec.default === undefined ? [] : [`default ${spec.default}`],
    ...repeat ? ["may be given more than once"] : [],
  ];
  return [
    flagTitle(name) + (type === "boolean" ? "" : ` <${value}>`),
    help + (notes.length > 0 ? ` (${notes.join(", ")})` : ""),
  ];
}

function placeOf({ name, optional, repeat }: PositionalSpec): string {
  return (optional ? `[${name}]` : `<${name}>`) + (repeat ? "…" : "");
}

/** The help of a program: its commands, by name and a line about each. */
export function programHelp(
  program: string,
  summary: string,
  commands: readonly (readonly [name: string, summary: string])[],
): string {
  return [
    ...wrap(summary),
    "",
    `Usage: ${program} <command> [options]`,
    "",
    "Commands:",
    ...twoColumns(commands),
    "",
    `Run \`${program} <command> --help\` for the options of a command.`,
  ].join("\n");
}

/**
 * The help of a command of a program: its arguments and options.
 *
 * @param pathRule says how relative paths are read
 */
export function commandHelp(
  program: string,
  name: string,
  command: Command,
  pathRule: string = PATH_RULE,
): string {
  const { summary, description = [], positionals, flags, examples = [] } = command;
  const options = Object.entries(flags).map(([flag, spec]) => flagEntry(flag, spec));
  const section = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : ["", `${title}:`, ...lines];
  const hasPaths = [...positionals, ...Object.values(flags)].some(({ type = "text" }) =>
    PATH_TYPES.includes(type)
  );
  return [
    ...wrap(summary),
    "",
    `Usage: ${[program, name, ...positionals.map(placeOf), "[options]"].join(" ")}`,
    ...description.flatMap((paragraph) => ["", ...wrap(paragraph)]),
    ...section("Arguments", twoColumns(positionals.map((one) => [one.name, one.help]))),
    ...section("Options", twoColumns([...options, ["--help", "print this text"]])),
    ...section("Paths", hasPaths ? wrap(pathRule, WIDTH - 2).map((line) => `  ${line}`) : []),
    ...section("Examples", examples.map((line) => `  ${program} ${line}`)),
  ].join("\n");
}
