/**
 * Runs the notebook of the guides by Deno's kernel and keeps its outputs in it, as people see them on the web.
 *
 * ```sh
 * deno task notebook     # minutes; needs Debian's python3-jupyter-client
 * ```
 *
 * @module
 */

import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** What a cell showed, as notebooks keep it. */
export interface CellOutput {
  output_type: "stream" | "display_data" | "execute_result" | "error";
  /** By media type; text is kept in lines. */
  data?: Record<string, string | string[]>;
  [field: string]: unknown;
}

/** A cell of a notebook; text has no outputs. */
export interface Cell {
  readonly id: string;
  readonly cell_type: "code" | "markdown";
  readonly metadata: { readonly tags?: readonly string[] };
  source: string[];
  outputs?: CellOutput[];
  execution_count?: number | null;
}

/** A notebook, as it lies in its file. */
export interface Notebook {
  readonly cells: readonly Cell[];
}

/** The notebook of the guides. */
export const NOTEBOOK: string = fileURLToPath(new URL("../guides/notebook.ipynb", import.meta.url));

/** Debian's Python, which finds Debian's packages. */
const PYTHON = "/usr/bin/python3";

const RUNNER = fileURLToPath(new URL("run_notebook.py", import.meta.url));

/** A message of the kernel: the number of its cell, its type and its content. */
type Message = [place: number, type: string, content: Record<string, unknown>];

/** Text in lines, each with its line break; what is no text stays whole. */
function linesOf(media: string, value: string): string | string[] {
  return /^(text\/|image\/svg)/.test(media) ? value.split(/(?<=\n)/) : value;
}

function outputOf(type: string, content: Record<string, unknown>): CellOutput {
  const { data = {}, transient: _transient, ...fields } = content;
  const media = Object.entries(data as Record<string, string>);
  const shown = Object.fromEntries(media.map(([name, value]) => [name, linesOf(name, value)]));
  return { ...fields, ...media.length > 0 ? { data: shown } : {}, output_type: type as "stream" };
}

/** Adds what the kernel sent to the outputs of its cells; a display that is updated keeps its place. */
function collectOutputs(cells: readonly Cell[], messages: readonly Message[]): void {
  const displays = new Map<string, CellOutput>();
  for (const [place, type, content] of messages) {
    const { display_id } = (content.transient ?? {}) as { display_id?: string };
    const earlier = display_id === undefined ? undefined : displays.get(display_id);
    const output = outputOf(type, content);
    if (type === "update_display_data") {
      if (earlier) earlier.data = output.data;
      continue;
    }
    cells[place].outputs!.push(output);
    if (display_id !== undefined) displays.set(display_id, output);
  }
}

/** Installs Deno's kernel in a folder of its own; tells the variables by which it is started. */
async function installKernel(home: string): Promise<Record<string, string>> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["jupyter", "--install"],
    env: { HOME: home },
  }).output();
  if (!success) throw new Error(`Cannot run: ${new TextDecoder().decode(stderr)}`);
  const cache = Deno.env.get("VIDEOMS_CACHE");
  return {
    JUPYTER_PATH: join(home, ".local/share/jupyter"),
    JUPYTER_RUNTIME_DIR: join(home, "runtime"),
    JUPYTER_CONFIG_DIR: join(home, "config"),
    // The kernel starts elsewhere.
    ...cache ? { VIDEOMS_CACHE: resolve(cache) } : {},
  };
}

/**
 * Runs a notebook, whose outputs are replaced by what its cells show.
 *
 * @param folder where its kernel starts
 * @throws {Error} if a cell ends with an error
 */
export async function runNotebook(notebook: Notebook, folder: string): Promise<void> {
  const home = await Deno.makeTempDir({ prefix: "videoms-jupyter-" });
  try {
    const cells = notebook.cells.filter(({ cell_type }) => cell_type === "code");
    const process = new Deno.Command(PYTHON, {
      args: [RUNNER, folder],
      env: { ...await installKernel(home), NO_COLOR: "1" },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const sources = JSON.stringify(cells.map(({ source }) => source.join("")));
    const [{ success, stdout, stderr }] = await Promise.all([
      process.output(),
      new Response(sources).body!.pipeTo(process.stdin),
    ]);
    const text = new TextDecoder();
    if (!success) throw new Error(`Cannot run the notebook: ${text.decode(stderr)}`);
    const messages: Message[] = text.decode(stdout).trim().split("\n").map((line) =>
      JSON.parse(line)
    );
    const error = messages.find(([, type]) => type === "error");
    if (error) throw new Error(`Cannot run cell "${cells[error[0]].id}": ${error[2].evalue}`);
    for (const [place, cell] of cells.entries()) {
      Object.assign(cell, { outputs: [], execution_count: place + 1 });
    }
    collectOutputs(cells, messages);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

if (import.meta.main) {
  const notebook: Notebook = JSON.parse(await Deno.readTextFile(NOTEBOOK));
  await runNotebook(notebook, join(NOTEBOOK, ".."));
  await Deno.writeTextFile(NOTEBOOK, JSON.stringify(notebook, null, 1) + "\n");
}
