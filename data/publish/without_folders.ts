import { isAbsolute, win32 } from "node:path";
import type { Json } from "@videoms/core/plain";

/** A text that is an absolute path or a `file:` URL as the last name in it; any other as it is. */
function lastName(text: string): string {
  const isPlace = isAbsolute(text) || win32.isAbsolute(text) || /^file:/i.test(text);
  return isPlace ? text.split(/[/\\]/).filter((part) => part !== "").at(-1) ?? "" : text;
}

/**
 * Plain data without the folders of the machine that it comes from: of absolute paths, also of those inside lists and objects, only
 * the last name stays.
 */
export function withoutFolders(value: Json): Json {
  if (typeof value === "string") return lastName(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutFolders);
  return Object.fromEntries(
    Object.entries(value as Readonly<Record<string, Json>>)
      .map(([key, inner]) => [key, withoutFolders(inner)]),
  );
}
