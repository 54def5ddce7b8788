import { listText } from "./list_text.ts";
import type { VideoLists } from "./video_lists.ts";
import { join } from "node:path";
import { ifThere } from "../files/if_there.ts";
import { writeAtomically } from "../files/write_atomically.ts";

/** File that lists missing videos, with their list. */
const MISSING = "missing.txt";

/** Number of paths printed per reason. */
const SHOWN = 5;

/** File that lists skipped files and folders, with the reason. */
const PASSED_OVER = "passed_over.txt";

/**
 * Writes lists to a folder: `<name>.txt` for each part with a video, `classes.txt` and, if any, `missing.txt`
 * and `passed_over.txt`. All texts are made before the first file is written.
 *
 * @returns a summary of what was written
 * @throws {RangeError} if a path or a class contains a line break
 */
export async function writeLists(made: VideoLists, out: string): Promise<string> {
  const { classes, lists, skipped } = made;
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
  files.set(MISSING, missing.join(""));
  files.set(PASSED_OVER, skipped.map(({ path, why }) => `${why}: ${path}\n`).join(""));
  await Deno.mkdir(out, { recursive: true });
  for (const [name, text] of files) {
    if (text === "") await ifThere(Deno.remove(join(out, name))); // from an earlier call
    else await writeAtomically(join(out, name), text);
  }
  const counts = lists.map(({ name, videos }) =>
    videos.length > 0 ? `${name}.txt ${videos.length} videos` : `no ${name}.txt, 0 videos`
  );
  const named = missing.length > 0 ? `, listed in ${MISSING}` : "";
  const written = [...counts, `${classes.length} classes`, `${missing.length} missing${named}`];
  return [`${out}: ${written.join("; ")}`, ...skippedLines(skipped)].join("\n");
}

/** Counts and examples of skipped files and folders, by reason. */
function skippedLines(skipped: VideoLists["skipped"]): string[] {
  if (skipped.length === 0) return [];
  const kinds = Map.groupBy(skipped, ({ why }) => why);
  return [
    `${skipped.length} skipped, listed in ${PASSED_OVER}:`,
    ...Array.from(kinds, ([why, ones]) => {
      const more = ones.length > SHOWN ? ` and ${ones.length - SHOWN} more` : "";
      return `  ${ones.length} ${why}: ${
        ones.slice(0, SHOWN).map(({ path }) => path).join(", ")
      }${more}`;
    }),
  ];
}
