import { createHash } from "node:crypto";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ifThere } from "../../files/if_there.ts";
import { PARTIAL_ENDING } from "../../files/write_atomically.ts";
import { yaml, yamlText } from "./store_files.ts";

/** Name of the files that say what experiments and runs are. */
export const META_FILE = "meta.yaml";

/** The id of MLflow's own first experiment, "Default". */
const DEFAULT_ID = "0";

/** An id as MLflow makes them, 18 digits; of the name, so that runs that start at once make the same experiment. */
function experimentId(name: string): string {
  const bits = createHash("sha256").update(name).digest().readBigUInt64BE();
  return String(10n ** 17n + bits % (9n * 10n ** 17n));
}

async function createExperiment(store: string, id: string, name: string): Promise<void> {
  const folder = join(store, id);
  await Deno.mkdir(folder, { recursive: true });
  const now = Date.now();
  // Each process writes a file of its own, since several may make the same experiment at once.
  const partial = join(folder, `.${crypto.randomUUID()}${PARTIAL_ENDING}`);
  await Deno.writeTextFile(
    partial,
    yaml({
      artifact_location: pathToFileURL(folder).href,
      creation_time: now,
      experiment_id: id,
      last_update_time: now,
      lifecycle_stage: "active",
      name,
    }),
  );
  await Deno.rename(partial, join(folder, META_FILE));
}

/** The name of the experiment in a folder of a store; null where there is none. */
async function nameOf(store: string, id: string): Promise<string | null> {
  const text = await ifThere(Deno.readTextFile(join(store, id, META_FILE)));
  return text === null ? null : yamlText(text, "name");
}

/**
 * The id of the experiment of a name in a store, both of which are made where they are not there.
 *
 * @param store folder of the store, absolute
 */
export async function openExperiment(store: string, name: string): Promise<string> {
  await Deno.mkdir(store, { recursive: true });
  for await (const { name: id, isDirectory } of Deno.readDir(store)) {
    if (isDirectory && await nameOf(store, id) === name) return id;
  }
  // MLflow makes it only with a store of its own, and its page starts there.
  if (await nameOf(store, DEFAULT_ID) === null) {
    await createExperiment(store, DEFAULT_ID, "Default");
    if (name === "Default") return DEFAULT_ID;
  }
  const id = experimentId(name);
  await createExperiment(store, id, name);
  return id;
}
