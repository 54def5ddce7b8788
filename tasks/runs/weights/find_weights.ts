import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isFile } from "@videoms/data/files";
import { formatCommand } from "@videoms/core/plain";

export interface WeightPlace {
  /** A run folder or a file. */
  readonly path: string;
  readonly isRun: boolean;
  /** Which of the weights in it, as a `#name` after the path says. */
  readonly name?: string;
}

/** The weights of a folder, by the first of these names that is there. */
const FOLDER_FILES = [
  "model.safetensors.index.json",
  "model.safetensors",
  "pytorch_model.bin.index.json",
  "pytorch_model.bin",
  "mp_rank_00_model_states.pt",
] as const;

const WEIGHT_FILE = /\.(safetensors|pth|pth\.tar|pt|bin|ckpt)$/;
const URL_START = /^[a-z][a-z0-9+.-]+:\/\//i;
const WHAT = "a run folder, a file of weights or a folder of Hugging Face";

/** How weights are fetched that are named by a URL or by their name on Hugging Face's hub. */
function howToFetch(from: string): string | undefined {
  const hub = /^(?:https:\/\/(?:huggingface\.co|hf\.co)\/|hf:\/\/)?([\w.-]+)\/([\w.-]+)\/?$/.exec(
    from,
  );
  if (hub) {
    const [, owner, name] = hub;
    return `if it is a model of Hugging Face's hub, \`hf download ${owner}/${name} --local-dir ` +
      `${name}\` gets it, and the folder ${name} can be given`;
  }
  if (!URL_START.test(from)) return undefined;
  if (!/^https?:/i.test(from)) return "copy it to this machine first";
  const file = from.replace("/blob/", "/resolve/");
  const { pathname } = new URL(file);
  const [fetch, name] = [formatCommand("curl", "-LO", file), formatCommand(basename(pathname))];
  return `\`${fetch}\` gets it, and the file ${name} can be given`;
}

/** The path of a `file:` URL; of anything else, itself. */
function localPath(from: string, refuse: (got: string) => never): string {
  if (!/^file:/i.test(from)) return from;
  try {
    const url = new URL(from);
    return fileURLToPath(url) + decodeURIComponent(url.hash);
  } catch (error) {
    refuse(`"${from}" (${(error as Error).message})`);
  }
}

/** A path that is there, with the name after its last `#` if it is only there without. */
async function splitName(from: string): Promise<{ path: string; name?: string }> {
  const at = from.lastIndexOf("#");
  if (at < 1 || await Deno.stat(from).catch(() => null)) return { path: from };
  return { path: from.slice(0, at), name: from.slice(at + 1) || undefined };
}

/** The file of weights in a folder that is no run; null if there is none. */
async function weightsIn(folder: string): Promise<string | null> {
  for (const name of FOLDER_FILES) {
    if (await isFile(join(folder, name))) return join(folder, name);
  }
  return null;
}

/**
 * What weights are read from: a file, a folder with weights of another program, or a run folder. Nothing
 * is fetched: a URL of another kind than `file:` and a name on Hugging Face's hub are refused, with the
 * command that fetches.
 *
 * @param from a path or a `file:` URL; a `#name` after it chooses among several weights
 * @param field what names them, for messages: "start.from"
 * @throws {Error} if there is nothing
 */
export async function findWeights(from: string, field: string): Promise<WeightPlace> {
  const refuse = (got: string): never => {
    throw new Error(`Cannot load weights: ${field} must be ${WHAT} on this machine, got ${got}`);
  };
  const { path, name } = await splitName(localPath(from, refuse));
  const found = await Deno.stat(path).catch(() => null);
  if (found?.isFile) return { path, isRun: false, name };
  if (found) {
    const file = await isFile(join(path, "task.json")) ? null : await weightsIn(path);
    return file ? { path: file, isRun: false, name } : { path, isRun: true, name };
  }
  if (WEIGHT_FILE.test(path) && !URL_START.test(path)) {
    refuse(`"${path}", which is not there`);
  }
  const isRunOfOurs = /^runs\/|(^|\/)(pretrain|finetune|probe)\/?$/.test(path);
  const fetch = isRunOfOurs ? undefined : howToFetch(path);
  if (fetch) refuse(`"${from}", which is not there. Nothing is downloaded: ${fetch}.`);
  if (/\.\w+$/.test(basename(path))) refuse(`"${path}", which is not there`);
  // A path without an ending is taken for a run folder, so that its message says how to make one.
  return { path, isRun: true, name };
}
