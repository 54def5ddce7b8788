import { listText, type VideoLists } from "@videoms/data";
import { join } from "node:path";
import { writeAtomically } from "../../run_folder/write_atomically.ts";

/** Names of the videos that the set names and that are not there, with the list they belong to. */
const MISSING = "missing.txt";

/**
 * Writes lists to a folder: `<name>.txt` for each part that holds a video, `classes.txt` and, where videos
 * are missing, `missing.txt`. Every text is made before the first file is written.
 *
 * @returns what was written, in a line for people
 * @throws {RangeError} if a path or a class cannot stand in a list
 */
export async function writeLists({ classes, lists }: VideoLists, out: string): Promise<string> {
  const files = new Map<string, string>();
  const bad = classes.find((name) => /[\r\n]/.test(name));
  if (bad !== undefined) {
    throw new RangeError(
      `Cannot list videos: a class must have no line break, got ${JSON.stringify(bad)}`,
    );
  }
  files.set("classes.txt", classes.map((name) => `${name}\n`).join(""));
  for (const { name, videos } of lists) {
    if (videos.length > 0) files.set(`${name}.txt`, listText(videos, out));
  }
  const missing = lists.flatMap((list) => list.missing.map((name) => `${list.name} ${name}\n`));
  if (missing.length > 0) files.set(MISSING, missing.join(""));
  await Deno.mkdir(out, { recursive: true });
  for (const [name, text] of files) await writeAtomically(join(out, name), text);
  if (missing.length === 0) await removeIfThere(join(out, MISSING)); // of an earlier time
  const counts = lists.map(({ name, videos }) =>
    videos.length > 0 ? `${name}.txt ${videos.length} videos` : `no ${name}.txt, 0 videos`
  );
  const named = missing.length > 0 ? `, named in ${MISSING}` : "";
  return `${out}: ${
    counts.join("; ")
  }; ${classes.length} classes; ${missing.length} missing${named}`;
}

async function removeIfThere(file: string): Promise<void> {
  try {
    await Deno.remove(file);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
