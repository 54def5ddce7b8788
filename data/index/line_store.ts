import { dirname } from "node:path";

/** Outdated lines, over current ones, from which a file is written anew. */
const MOST_OUTDATED = 1;

/** What a line of a {@linkcode LineStore} is about: a file. */
export interface PathLine {
  /** Absolute path of the file; the last line with a path counts. */
  readonly path: string;
}

/** Facts about files, kept as they are found: a line of JSON each. */
export interface LineStore<Line extends PathLine> {
  /** The line of a path, or undefined. */
  get(path: string): Line | undefined;
  /** Every line that counts. */
  lines(): Iterable<Line>;
  /** Keeps a line, in memory and at the end of the file at once: a kill loses none. */
  add(line: Line): Promise<void>;
  /** Lets go of the file. */
  close(): void;
}

/** How {@linkcode openLineStore} opens a file. */
export interface LineStoreOptions<Line extends PathLine> {
  /** Name of what is kept; a file of another name or version is begun anew. */
  format: string;
  /** Version of the lines. */
  version: number;
  /** Which of the lines that are there stay. @default all of them */
  keep?: (line: Line) => boolean;
}

/** A store that is kept nowhere. */
export function emptyLineStore<Line extends PathLine>(): LineStore<Line> {
  const lines = new Map<string, Line>();
  return {
    get: (path) => lines.get(path),
    lines: () => lines.values(),
    add: (line) => Promise.resolve(void lines.set(line.path, line)),
    close: () => {},
  };
}

/**
 * Opens a file of JSON Lines, a header first. A missing file, one with another header or a damaged line
 * only mean that files are looked at again. Lines are added with single writes at the end, so several
 * processes may share a file.
 */
export async function openLineStore<Line extends PathLine>(
  file: string,
  { format, version, keep = () => true }: LineStoreOptions<Line>,
): Promise<LineStore<Line>> {
  const header = JSON.stringify({ format, version });
  const { lines, outdated, whole } = await readLines<Line>(file, header);
  const dropped = [...lines.values()].filter((line) => !keep(line));
  for (const { path } of dropped) lines.delete(path);
  if (!whole || dropped.length > 0 || outdated > MOST_OUTDATED * lines.size) {
    await rewrite(file, header, lines.values());
  }
  const out = await Deno.open(file, { append: true });
  const encoder = new TextEncoder();
  let last: Promise<unknown> = Promise.resolve();
  return {
    get: (path) => lines.get(path),
    lines: () => lines.values(),
    async add(line) {
      lines.set(line.path, line);
      const bytes = encoder.encode(JSON.stringify(line) + "\n");
      await (last = last.then(() => out.write(bytes)));
    },
    close: () => out.close(),
  };
}

/** The lines of a file; it is whole if it starts and ends as one does. */
async function readLines<Line extends PathLine>(
  file: string,
  expectedHeader: string,
): Promise<{ lines: Map<string, Line>; outdated: number; whole: boolean }> {
  const lines = new Map<string, Line>();
  let text: string;
  try {
    text = await Deno.readTextFile(file);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { lines, outdated: 0, whole: false };
  }
  const [header, ...rest] = text.split("\n");
  if (header !== expectedHeader) return { lines, outdated: 0, whole: false };
  let count = 0;
  for (const content of rest) {
    try {
      const line = JSON.parse(content) as Line;
      lines.set(line.path, line);
      count++;
    } catch {
      // A cut or empty line: its file is looked at again.
    }
  }
  return { lines, outdated: count - lines.size, whole: text.endsWith("\n") };
}

/** Writes a file in one step: readers see the old file or the new one. */
async function rewrite(
  file: string,
  header: string,
  lines: Iterable<PathLine>,
): Promise<void> {
  await Deno.mkdir(dirname(file), { recursive: true });
  const temporary = `${file}.${Deno.pid}.tmp`;
  const text = [header, ...Array.from(lines, (line) => JSON.stringify(line))].join("\n");
  try {
    await Deno.writeTextFile(temporary, text + "\n");
    await Deno.rename(temporary, file);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
}
