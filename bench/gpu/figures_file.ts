/** Figures of one measurement, a line of a file of figures. */
export interface Figures {
  /** Name of the measurement. */
  measurement: string;
  /** Why there is nothing more, if it failed or was skipped. */
  failed?: string;
  /** Set on the last line of a measurement. */
  done?: true;
  [figure: string]: unknown;
}

/** A file of figures: one JSON object per line, written as soon as it is measured. */
export class FiguresFile {
  readonly path: string;
  readonly #lines: Figures[];

  private constructor(path: string, lines: Figures[]) {
    this.path = path;
    this.#lines = lines;
  }

  /**
   * Opens a file, or starts one. A line that was cut off while it was written is dropped.
   *
   * @throws {TypeError} if it holds something else
   */
  static async open(path: string): Promise<FiguresFile> {
    let text = "";
    try {
      text = await Deno.readTextFile(path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    const lines = whole.split("\n").filter((line) => line !== "").map((line) => parse(path, line));
    await Deno.writeTextFile(path, whole);
    return new FiguresFile(path, lines);
  }

  /** Adds a line. */
  async append(figures: Figures): Promise<void> {
    const line = { ...figures, at: new Date().toISOString() };
    await Deno.writeTextFile(this.path, JSON.stringify(line) + "\n", { append: true });
    this.#lines.push(line);
  }

  /** Whether a measurement was finished. */
  isDone(measurement: string): boolean {
    return this.#lines.some((line) => line.measurement === measurement && line.done === true);
  }

  /** Lines of the measurements whose names start with this, in the order in which they were made. */
  linesOf(prefix: string): Figures[] {
    return this.#lines.filter(({ measurement }) => measurement.startsWith(prefix));
  }
}

function parse(path: string, line: string): Figures {
  const fail = () =>
    new TypeError(
      `Cannot read figures: ${path} must hold lines of "bench gpu", got ${line.slice(0, 80)}`,
    );
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw fail();
  }
  if (typeof (value as Figures)?.measurement !== "string") throw fail();
  return value as Figures;
}
