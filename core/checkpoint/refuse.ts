/** Control characters that would affect the terminal. */
// deno-lint-ignore no-control-regex
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** Makes text from a file printable: one short line. */
export function printable(text: string): string {
  const start = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  return start.replace(UNPRINTABLE, "?");
}

/** Formats a value from a file for a message: one short line; lists may be cyclic and are not followed. */
export function shown(value: unknown): string {
  if (!Array.isArray(value)) return shownPart(value);
  return `[${value.slice(0, 8).map(shownPart).join(", ")}]`;
}

function shownPart(value: unknown): string {
  if (typeof value === "string") return `"${printable(value)}"`;
  if (value === undefined) return "none";
  return typeof value === "object" && value !== null ? "an object" : printable(String(value));
}

/** A rule broken by part of a file, which {@link refuse} turns into a message. */
export class BrokenRule extends Error {}

/**
 * Rejects a file.
 *
 * @param what kind of file
 * @param file name of the file
 * @param rule the broken rule and the value, without a full stop
 * @throws {TypeError} always
 */
export function refuse(what: string, file: string, rule: string): never {
  throw new TypeError(`Cannot read ${what} ${file}: ${rule}`);
}
