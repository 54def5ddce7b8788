import { firstOf } from "../annotations/first_of.ts";
import { readListText } from "../annotations/read_list.ts";

/**
 * Reads a text file line by line. Blank lines, a byte order mark and Windows line endings are accepted.
 *
 * @param rule what a line must be, for the message
 * @param read parses a line; null if it is malformed
 * @throws {Deno.errors.NotFound} if there is no such file
 * @throws {SyntaxError} if lines are malformed or there are none; lists the first ten
 */
export async function readLines<T>(
  file: string,
  rule: string,
  read: (content: string) => T | null,
): Promise<T[]> {
  const values: T[] = [];
  const malformed: string[] = [];
  const text = await readListText(file);
  text.split(/\r\n|\r|\n/).forEach((line, index) => {
    const content = line.trim();
    if (content === "") return;
    const value = read(content);
    if (value === null) malformed.push(`line ${index + 1}: ${JSON.stringify(content)}`);
    else values.push(value);
  });
  if (malformed.length > 0 || values.length === 0) {
    const got = malformed.length > 0 ? firstOf(malformed) : "an empty file";
    throw new SyntaxError(`Cannot read ${file}: a line must be ${rule}, got ${got}`);
  }
  return values;
}

/**
 * Reads a JSON file.
 *
 * @throws {Deno.errors.NotFound} if there is no such file
 * @throws {SyntaxError} if it is not JSON
 */
export async function readJson(file: string): Promise<unknown> {
  const text = await readListText(file);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SyntaxError(`Cannot read ${file}: it must be JSON, got ${(error as Error).message}`);
  }
}
