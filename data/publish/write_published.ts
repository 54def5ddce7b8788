import { join } from "node:path";
import type { Json } from "@videoms/core/plain";
import { fileSha256 } from "../files/file_sha256.ts";
import { writeAtomically } from "../files/write_atomically.ts";
import type { DataIdentity } from "../identity/data_identity.ts";
import { dataManifest } from "./data_manifest.ts";
import { type CardFacts, modelCard } from "./model_card.ts";
import { withoutFolders } from "./without_folders.ts";

/** What is told of a trained network beside its weights. */
export interface Published {
  /** Folder, which has the weights already. */
  readonly out: string;
  /** Names of the files that are there. */
  readonly there: readonly string[];
  /** Texts of further files by name. */
  readonly texts: Readonly<Record<string, string>>;
  /** The task and what was found out of the run; of absolute paths the last name is told. */
  readonly training: Json;
  readonly metrics: Json;
  /** The samples of the run; null where they are not known. */
  readonly samples: DataIdentity | null;
  /** All but what is known here. */
  readonly card: Omit<CardFacts, "files" | "lists">;
}

function listsOf(samples: DataIdentity | null): CardFacts["lists"] {
  const { classes: _, ...lists } = samples ? dataManifest(samples) : {};
  return Object.entries(lists as Record<string, { videos: number; hash: string }>)
    .map(([name, { videos, hash }]) => ({ name, videos, hash }));
}

/**
 * Completes a folder for others: `training.json`, `metrics.json`, `data.json`, the model card `README.md`, and `SHA256SUMS` of all
 * files but itself and the card.
 *
 * @returns the files that have a hash
 */
export async function writePublished(published: Published): Promise<CardFacts["files"]> {
  const { out, there, texts, training, metrics, samples, card } = published;
  const json = (value: unknown) => JSON.stringify(value, null, 2) + "\n";
  const written = {
    ...texts,
    "training.json": json(withoutFolders(training)),
    "metrics.json": json(metrics),
    ...samples && { "data.json": json(dataManifest(samples)) },
  };
  for (const [name, text] of Object.entries(written)) await writeAtomically(join(out, name), text);
  const files = await Promise.all([...there, ...Object.keys(written)].map(async (name) => {
    const path = join(out, name);
    return { name, bytes: (await Deno.stat(path)).size, sha256: await fileSha256(path) };
  }));
  const lists = listsOf(samples);
  await writeAtomically(join(out, "README.md"), modelCard({ ...card, files, lists }));
  const sums = files.map(({ name, sha256 }) => `${sha256}  ${name}\n`).join("");
  await writeAtomically(join(out, "SHA256SUMS"), sums);
  return files;
}
