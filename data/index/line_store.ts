import { dirname } from "node:path";
import { LineFile } from "./line_file.ts";
import { ifThere } from "../files/if_there.ts";

/** Ratio of outdated to current lines at which a file is rewritten. */
const MOST_OUTDATED = 1;

/** A line of a {@linkcode LineStore}, about a file. */
export interface PathLine {
  /** Absolute path of the file; the last line for a path is valid. */
  readonly path: string;
}

/** A persistent store of facts about files, one JSON line each. */
export interface LineStore<Line extends PathLine> {
  /** The line of a path, or undefined. */
  get(path: string): Line | undefined;
  /** All valid lines. */
  lines(): Iterable<Line>;
  /** Stores a line in memory and appends it to the file immediately, so that a kill loses none. */
  add(line: Line): Promise<void>;
  /** Closes the file. */
  close(): void;
}

/** Options of {@linkcode openLineStore}. */
export interface LineStoreOptions<Line extends PathLine> {
  /** Name of the format; a file of another format or version is rewritten. */
  format: string;
  /** Version of the lines. */
  version: number;
  /** Which existing lines to keep. @default all */
  keep?: (line: Line) => boolean;
  /** Files of the same format whose newer lines are imported. @default none */
  older?: readonly string[];
  /**
   * Called if the file cannot be written, after which lines are kept in memory only. For caches.
   *
   * @default an error is thrown
   */
  onCacheError?: (error: Error) => void;
}

/** Lines read from a file. */
interface ReadLines<Line extends PathLine> {
  lines: Map<string, Line>;
  /** Number of lines replaced by later ones. */
  outdated: number;
  /** Whether the header and the end are intact. */
  whole: boolean;
}

/** A store in memory only. */
export function emptyLineStore<Line extends PathLine>(): LineStore<Line> {
  return memoryStore(new Map());
}

function memoryStore<Line extends PathLine>(lines: Map<string, Line>): LineStore<Line> {
  return {
    get: (path) => lines.get(path),
    lines: () => lines.values(),
    add: (line) => Promise.resolve(void lines.set(line.path, line)),
    close: () => {},
  };
}

/**
 * Opens a file of JSON Lines with a header. A missing file, another header or a damaged line only mean that
 * files are examined again. Several processes may share a file: each appends lines under the file's lock, and
 * after one rewrites it the others continue in the new file.
 */
export async function openLineStore<Line extends PathLine>(
  file: string,
  options: LineStoreOptions<Line>,
): Promise<LineStore<Line>> {
  const { onCacheError } = options;
  const lines = new Map<string, Line>();
  let out: LineFile | null = null;
  const unkept = (error: unknown): void => {
    out?.close();
    out = null;
    if (!onCacheError || !(error instanceof Error)) throw error;
    onCacheError(error);
  };
  try {
    out = await openFile(file, options, lines);
  } catch (error) {
    unkept(error);
  }
  const memory = memoryStore(lines);
  let last: Promise<void> = Promise.resolve();
  return {
    ...memory,
    async add(line) {
      await memory.add(line);
      await (last = last.then(() => out?.append(JSON.stringify(line) + "\n").catch(unkept)));
    },
    close: () => out?.close(),
  };
}

/** Fills `lines`, repairs the file if needed, and opens it. */
async function openFile<Line extends PathLine>(
  file: string,
  { format, version, keep = () => true, older = [] }: LineStoreOptions<Line>,
  lines: Map<string, Line>,
): Promise<LineFile> {
  const header = JSON.stringify({ format, version });
  const inherited = await olderLines<Line>(file, older, header);
  /** Reads the files; returns whether this one must be rewritten. */
  const read = async (): Promise<boolean> => {
    lines.clear();
    for (const line of inherited) lines.set(line.path, line);
    const found = await readLines<Line>(file, header);
    for (const line of found.lines.values()) lines.set(line.path, line);
    const dropped = [...lines.values()].filter((line) => !keep(line));
    for (const { path } of dropped) lines.delete(path);
    return !found.whole || dropped.length > 0 || lines.size > found.lines.size ||
      found.outdated > MOST_OUTDATED * found.lines.size;
  };
  if (!await read()) return await LineFile.open(file);
  await Deno.mkdir(dirname(file), { recursive: true });
  const out = await LineFile.open(file);
  try {
    await out.rewrite(async () => {
      if (!await read()) return null; // another process has repaired it meanwhile
      return [header, ...Array.from(lines.values(), (line) => JSON.stringify(line)), ""].join("\n");
    });
    return out;
  } catch (error) {
    out.close();
    throw error;
  }
}

/** Lines of older files that were modified after this one. */
async function olderLines<Line extends PathLine>(
  file: string,
  older: readonly string[],
  header: string,
): Promise<Line[]> {
  const timeOf = (path: string) => Deno.stat(path).then(({ mtime }) => mtime?.getTime() ?? 0);
  const own = await timeOf(file).catch(() => -1);
  const all: Line[] = [];
  for (const path of older) {
    if (await timeOf(path).catch(() => -1) <= own) continue;
    const found = await readLines<Line>(path, header).catch(() => null); // only a cache
    if (found) all.push(...found.lines.values());
  }
  return all;
}

async function readLines<Line extends PathLine>(
  file: string,
  expectedHeader: string,
): Promise<ReadLines<Line>> {
  const lines = new Map<string, Line>();
  const text = await ifThere(Deno.readTextFile(file));
  if (text === null) return { lines, outdated: 0, whole: false };
  const [header, ...rest] = text.split("\n");
  if (header !== expectedHeader) return { lines, outdated: 0, whole: false };
  let count = 0;
  for (const content of rest) {
    try {
      const line = JSON.parse(content) as Line;
      lines.set(line.path, line);
      count++;
    } catch {
      // A truncated or empty line: its file is examined again.
    }
  }
  return { lines, outdated: count - lines.size, whole: text.endsWith("\n") };
}
