/** Cells of a table, by column. */
export type Row = Readonly<Record<string, string | number>>;

/** The middle of some numbers; of an even count the upper one. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}

function cell(value: string | number): string {
  if (typeof value === "string") return value;
  if (!Number.isFinite(value)) return "–";
  if (Number.isInteger(value) || Math.abs(value) >= 100) return value.toFixed(0);
  return Math.abs(value) < 0.001 ? value.toExponential(1) : value.toPrecision(3);
}

/** A Markdown table, aligned for a terminal; columns are those of the first row. */
export function table(rows: readonly Row[]): string {
  const columns = Object.keys(rows[0] ?? {});
  const cells = [columns, ...rows.map((row) => columns.map((column) => cell(row[column])))];
  const widths = columns.map((_, i) => Math.max(3, ...cells.map((line) => line[i].length)));
  const line = (values: readonly string[]) =>
    `| ${values.map((value, i) => value.padEnd(widths[i])).join(" | ")} |`;
  const [head, ...body] = cells;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("\n");
}

/** What ran where, for a table that is kept. */
export function machine(): Record<string, string | number> {
  return {
    date: new Date().toISOString().slice(0, 10),
    deno: Deno.version.deno,
    system: `${Deno.build.os} ${Deno.build.arch}`,
    cores: navigator.hardwareConcurrency,
    processor: processorName(),
    memoryGiB: Math.round(Deno.systemMemoryInfo().total / 2 ** 30),
  };
}

function processorName(): string {
  try {
    const text = Deno.readTextFileSync("/proc/cpuinfo");
    return /model name\s*: (.*)/.exec(text)?.[1] ?? "unknown";
  } catch {
    return "unknown";
  }
}

/**
 * Prints the machine and a table, and writes both as JSON where a file is given.
 *
 * @param facts what else is to be known of the run
 */
export async function report(
  rows: readonly Row[],
  facts: Record<string, string | number>,
  file: string | undefined,
): Promise<void> {
  const all = { ...machine(), ...facts };
  console.log(Object.entries(all).map(([name, value]) => `${name}: ${value}`).join(", "));
  console.log(table(rows));
  if (file === undefined) return;
  await Deno.writeTextFile(file, JSON.stringify({ machine: all, rows }, null, 1) + "\n");
  console.log(`written: ${file}`);
}
