import { dirname } from "node:path";
import { appendWhole } from "../../files/append_whole.ts";

/** Values of a `meta.yaml`. */
export type YamlValues = Readonly<Record<string, string | number | null | readonly never[]>>;

/** A file of YAML: JSON's texts, numbers, null and empty lists are YAML as well. */
export function yaml(values: YamlValues): string {
  return Object.entries(values)
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`).join("");
}

/** The value of a key of a `meta.yaml` that MLflow or {@linkcode yaml} wrote; null if it is not there. */
export function yamlText(text: string, key: string): string | null {
  const value = text.split("\n").find((line) => line.startsWith(`${key}: `))
    ?.slice(key.length + 2).trim();
  if (value === undefined) return null;
  if (value.startsWith("'")) return value.slice(1, -1).replaceAll("''", "'");
  if (!value.startsWith('"')) return value;
  try {
    return String(JSON.parse(value));
  } catch {
    return null; // an escape that only YAML has
  }
}

/** A name as MLflow takes it for metrics, parameters and tags, which are files of that name. */
export function storeName(name: string): string {
  return name.replaceAll(/[^\w./ -]/g, " ");
}

/** Characters that wait for room on the disk at most; what comes on top is lost. */
const MOST_WAITING = 16 * 2 ** 20;

/**
 * Files that grow line by line, opened for each so that however many there are take no handles. Lines that cannot be written
 * wait for the next.
 */
export class GrowingFiles {
  readonly #waiting = new Map<string, string>();
  #characters = 0;

  /** Adds a line to what is to be appended to a file; its folder is made. */
  add(path: string, line: string): void {
    if (this.#characters + line.length > MOST_WAITING) return;
    this.#characters += line.length;
    this.#waiting.set(path, (this.#waiting.get(path) ?? "") + line);
  }

  /**
   * Appends what was added.
   *
   * @throws {Error} if there is no room; what was not written waits
   */
  write(): void {
    for (const [path, lines] of this.#waiting) {
      Deno.mkdirSync(dirname(path), { recursive: true });
      using file = Deno.openSync(path, { append: true, create: true });
      appendWhole(file, file.statSync().size, new TextEncoder().encode(lines));
      this.#waiting.delete(path);
      this.#characters -= lines.length;
    }
  }
}
