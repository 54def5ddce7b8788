/** Characters that would move the cursor or start a line where the message is printed. */
// deno-lint-ignore no-control-regex
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** A text of a file as it may be printed: one short line, whatever the file holds. */
export function printable(text: string): string {
  const start = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  return start.replace(UNPRINTABLE, "?");
}

/** A value of a file for a message: one short line; lists may contain themselves and are not followed. */
export function shown(value: unknown): string {
  if (!Array.isArray(value)) return shownPart(value);
  return `[${value.slice(0, 8).map(shownPart).join(", ")}]`;
}

function shownPart(value: unknown): string {
  if (typeof value === "string") return `"${printable(value)}"`;
  if (value === undefined) return "none";
  return typeof value === "object" && value !== null ? "an object" : printable(String(value));
}

/** A rule that a part of a file breaks; who knows the file makes it a message with {@link refuse}. */
export class BrokenRule extends Error {}

/**
 * Refuses a file.
 *
 * @param what kind of file
 * @param file name of the file
 * @param rule the rule that it breaks and the value it has, without a full stop
 * @throws {TypeError} always
 */
export function refuse(what: string, file: string, rule: string): never {
  throw new TypeError(`Cannot read ${what} ${file}: ${rule}`);
}
