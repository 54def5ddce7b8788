/**
 * Parses JSON in a file's metadata; null if there is none.
 *
 * @throws {TypeError} if it is not JSON
 */
export function jsonInside(
  metadata: Readonly<Record<string, string>>,
  key: string,
  path: string,
): unknown {
  if (metadata[key] === undefined) return null;
  try {
    return JSON.parse(metadata[key]);
  } catch {
    throw new TypeError(`Cannot read weights ${path}: "${key}" of its metadata must be JSON`);
  }
}
