import { dirname } from "node:path";
import { LineFile } from "./line_file.ts";
import { ifThere } from "../files/if_there.ts";

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
  /** Files of the same format whose lines are taken over where this one is older. @default none */
  older?: readonly string[];
  /**
   * Told when nothing can be kept: the lines are in memory alone from then on. For what is only a cache.
   *
   * @default an error is thrown
   */
  onUnkept?: (error: Error) => void;
}

/** Lines of a file, as they were read. */
interface ReadLines<Line extends PathLine> {
  lines: Map<string, Line>;
  /** Lines that do not count since a later one has their path. */
  outdated: number;
  /** Whether the file starts and ends as one does. */
  whole: boolean;
}

/** A store that is kept nowhere. */
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
 * Opens a file of JSON Lines, a header first. A missing file, one with another header or a damaged line
 * only mean that files are looked at again. Several processes may share a file: each adds its lines under
 * the file's lock, and where one writes it anew the others go on in the new file.
 */
export async function openLineStore<Line extends PathLine>(
  file: string,
  options: LineStoreOptions<Line>,
): Promise<LineStore<Line>> {
  const { onUnkept } = options;
  const lines = new Map<string, Line>();
  let out: LineFile | null = null;
  const unkept = (error: unknown): void => {
    out?.close();
    out = null;
    if (!onUnkept || !(error instanceof Error)) throw error;
    onUnkept(error);
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

/** Fills `lines`, puts the file in order where it is not, and opens it. */
async function openFile<Line extends PathLine>(
  file: string,
  { format, version, keep = () => true, older = [] }: LineStoreOptions<Line>,
  lines: Map<string, Line>,
): Promise<LineFile> {
  const header = JSON.stringify({ format, version });
  const inherited = await olderLines<Line>(file, older, header);
  /** Takes what the files say; whether this one has to be written anew. */
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
      if (!await read()) return null; // another process has put it in order meanwhile
      return [header, ...Array.from(lines.values(), (line) => JSON.stringify(line)), ""].join("\n");
    });
    return out;
  } catch (error) {
    out.close();
    throw error;
  }
}

/** Lines of the older files that changed after this one did last. */
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
      // A cut or empty line: its file is looked at again.
    }
  }
  return { lines, outdated: count - lines.size, whole: text.endsWith("\n") };
}
