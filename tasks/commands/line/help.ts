import type { Command, FlagSpec } from "./command.ts";

/** Widest line of a help text. */
export const HELP_WIDTH = 100;

/** Widest left column; a longer entry gets a line of its own. */
const LARGEST_LEFT = 30;

/** Types of values that are paths. */
const PATH_TYPES = ["path", "module", "weights"];

/** Where relative paths start. */
const PATH_RULE =
  "Relative paths start at the folder that you are in, those in a task file at the folder of that file. " +
  "runs/… and datasets/… that a command reads or writes by default are in the folder of deno.json.";

/** Breaks a text into lines of at most `width` characters, at spaces. */
export function wrap(text: string, width: number): string[] {
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

/**
 * Two aligned columns, the right one wrapped.
 *
 * @param width of a line, in characters
 * @param indent blanks before the left column
 */
export function twoColumns(
  entries: readonly (readonly [string, string])[],
  width: number,
  indent = 2,
): string[] {
  const lengths = entries.map(([left]) => left.length).filter((length) => length <= LARGEST_LEFT);
  const column = indent + lengths.reduce((a, b) => Math.max(a, b), 0) + 2;
  const before = " ".repeat(indent);
  return entries.flatMap(([left, right]) => {
    const [first, ...rest] = wrap(right, width - column).map((line) => " ".repeat(column) + line);
    const fits = left.length <= LARGEST_LEFT;
    const start = fits
      ? `${before}${left}`.padEnd(column) + first.trimStart()
      : `${before}${left}\n${first}`;
    return [start, ...rest];
  });
}

function flagTitle(name: string, spec: FlagSpec): string {
  if (spec.type === "boolean") return `--${name}`;
  const value = spec.value ?? (spec.choices ? spec.choices.join("|") : spec.type);
  return `--${name} <${value}>`;
}

/** The help of a program: its commands. */
export function programHelp(
  program: string,
  summary: string,
  commands: readonly Pick<Command, "name" | "summary">[],
  width = HELP_WIDTH,
): string {
  return [
    ...wrap(summary, width),
    "",
    `Usage: ${program} <command> [options]`,
    "",
    "Commands:",
    ...twoColumns(commands.map((command) => [command.name, command.summary]), width),
    "",
    `Run \`${program} <command> --help\` for the options of a command.`,
  ].join("\n");
}

/** The help of a command: its arguments and options. */
export function commandHelp(program: string, command: Command, width = HELP_WIDTH): string {
  const { name, summary, description = [], positionals, flags, examples = [] } = command;
  const places = positionals.map((one) => {
    const place = one.optional ? `[${one.name}]` : `<${one.name}>`;
    return one.repeat ? `${place}…` : place;
  });
  const options = Object.entries(flags).map(([flag, spec]) =>
    [
      flagTitle(flag, spec),
      spec.help + (spec.repeat ? " (may be given more than once)" : ""),
    ] as const
  );
  const section = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : ["", `${title}:`, ...lines];
  const hasPaths = [...positionals, ...Object.values(flags)].some(({ type = "text" }) =>
    PATH_TYPES.includes(type)
  );
  return [
    ...wrap(summary, width),
    "",
    `Usage: ${[program, name, ...places, "[options]"].join(" ")}`,
    ...description.flatMap((paragraph) => ["", ...wrap(paragraph, width)]),
    ...section("Arguments", twoColumns(positionals.map((one) => [one.name, one.help]), width)),
    ...section("Options", twoColumns([...options, ["--help", "print this text"]], width)),
    ...section("Paths", hasPaths ? wrap(PATH_RULE, width - 2).map((line) => `  ${line}`) : []),
    ...section("Examples", examples.map((line) => `  ${program} ${line}`)),
  ].join("\n");
}
