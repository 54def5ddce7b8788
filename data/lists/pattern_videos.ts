import { relative } from "node:path";
import { firstOf } from "../annotations/first_of.ts";
import type { OnSkip } from "./skipped_entry.ts";
import { videoFiles } from "./video_folder.ts";

/** Videos whose names say what they are. */
export interface PatternVideos {
  /** Absolute paths by class. */
  readonly byClass: ReadonlyMap<string, readonly string[]>;
  /** What is held out as a whole, by path; null if the pattern has no such group. */
  readonly groups: ReadonlyMap<string, string> | null;
}

function regularExpression(pattern: string): RegExp {
  const refuse = (rule: string, got: string): never => {
    throw new RangeError(`Cannot list videos: the pattern must ${rule}, got ${got}`);
  };
  try {
    const found = new RegExp(`^(?:${pattern})$`, "u");
    if (pattern.includes("(?<class>")) return found;
  } catch (error) {
    return refuse("be a regular expression", `"${pattern}" (${(error as Error).message})`);
  }
  return refuse("have a group named class, such as (?<class>[a-z]+)_.*", `"${pattern}"`);
}

/**
 * Videos below a folder whose class is in their names.
 *
 * @param pattern regular expression that the whole path below the folder must match, with `/` between folders; its
 * group `class` is the class, and its group `group`, if it has one, what must stay in one list
 * @throws {RangeError} if it is no such pattern, or matches no video
 */
export async function patternVideos(
  folder: string,
  pattern: string,
  onSkip: OnSkip,
): Promise<PatternVideos> {
  const expression = regularExpression(pattern);
  const byClass = new Map<string, string[]>();
  const groups = new Map<string, string>();
  const others: string[] = [];
  for (const path of await videoFiles(folder, onSkip)) {
    const name = relative(folder, path).replaceAll("\\", "/");
    const { class: className, group } = expression.exec(name)?.groups ?? {};
    if (!className) {
      others.push(name);
      onSkip(path, "does not match the pattern");
      continue;
    }
    byClass.set(className, [...byClass.get(className) ?? [], path]);
    groups.set(path, group ?? "");
  }
  if (byClass.size > 0) {
    return { byClass, groups: pattern.includes("(?<group>") ? groups : null };
  }
  throw new RangeError(
    `Cannot list videos: the pattern "${pattern}" must match the path of a video below ${folder}, got ` +
      (others.length > 0 ? firstOf(others) : "no videos"),
  );
}
