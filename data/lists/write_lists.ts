import { listText } from "./list_text.ts";
import type { VideoLists } from "./video_lists.ts";
import { join } from "node:path";
import { ifThere } from "../files/if_there.ts";
import { writeAtomically } from "../files/write_atomically.ts";

/** Names of the videos that the set names and that are not there, with the list they belong to. */
const MISSING = "missing.txt";

/** Paths that are shown of each reason. */
const SHOWN = 5;

/** Paths of what is there and in no list, with the reason. */
const PASSED_OVER = "passed_over.txt";

/**
 * Writes lists to a folder: `<name>.txt` for each part that holds a video, `classes.txt` and, where there
 * are such, `missing.txt` and `passed_over.txt`. Every text is made before the first file is written.
 *
 * @returns what was written, for people
 * @throws {RangeError} if a path or a class cannot stand in a list
 */
export async function writeLists(made: VideoLists, out: string): Promise<string> {
  const { classes, lists, passedOver } = made;
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
  files.set(PASSED_OVER, passedOver.map(({ path, why }) => `${why}: ${path}\n`).join(""));
  await Deno.mkdir(out, { recursive: true });
  for (const [name, text] of files) {
    if (text === "") await ifThere(Deno.remove(join(out, name))); // of an earlier time
    else await writeAtomically(join(out, name), text);
  }
  const counts = lists.map(({ name, videos }) =>
    videos.length > 0 ? `${name}.txt ${videos.length} videos` : `no ${name}.txt, 0 videos`
  );
  const named = missing.length > 0 ? `, named in ${MISSING}` : "";
  const written = [...counts, `${classes.length} classes`, `${missing.length} missing${named}`];
  return [`${out}: ${written.join("; ")}`, ...passedOverLines(passedOver)].join("\n");
}

/** How many files and folders were passed over and which, reason by reason. */
function passedOverLines(passedOver: VideoLists["passedOver"]): string[] {
  if (passedOver.length === 0) return [];
  const kinds = Map.groupBy(passedOver, ({ why }) => why);
  return [
    `${passedOver.length} passed over, named in ${PASSED_OVER}:`,
    ...Array.from(kinds, ([why, ones]) => {
      const more = ones.length > SHOWN ? ` and ${ones.length - SHOWN} more` : "";
      return `  ${ones.length} ${why}: ${
        ones.slice(0, SHOWN).map(({ path }) => path).join(", ")
      }${more}`;
    }),
  ];
}
