/** A named property that a plugin must have. */
export interface ConformanceCheck {
  /** What must hold, for the list of tests. */
  readonly name: string;
  /**
   * Finds out.
   *
   * @throws {ConformanceError} if it does not hold
   */
  run(): Promise<void>;
}

/** A property that a plugin does not have. */
export class ConformanceError extends Error {
  /** Tells it from other errors. */
  override readonly name: string = "ConformanceError";
}

/**
 * Throws unless a property holds.
 *
 * @param rule what must hold
 * @param got what was found, where that is worth telling
 * @throws {ConformanceError} that says so
 */
export function requireThat(holds: boolean, rule: string, got?: unknown): asserts holds {
  if (holds) return;
  throw new ConformanceError(got === undefined ? rule : `${rule}, got ${show(got)}`);
}

function show(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (typeof value === "string") return value;
  return JSON.stringify(value) ?? String(value);
}

/**
 * Whether a refusal is one that a user can act on: a `RangeError` or a `TypeError` of a single line that
 * says what cannot be done.
 *
 * @throws {ConformanceError} if nothing is thrown, or something else
 */
export async function requireRefusal(
  what: string,
  work: () => unknown,
): Promise<void> {
  let error: unknown = null;
  try {
    await work();
  } catch (thrown) {
    error = thrown;
  }
  requireThat(error !== null, `${what} must be refused`);
  const isClear = (error instanceof RangeError || error instanceof TypeError) &&
    error.message.startsWith("Cannot ") && !error.message.includes("\n");
  requireThat(
    isClear,
    `${what} must be refused by a RangeError or TypeError of one line, "Cannot <act>: <rule>, got <value>"`,
    error,
  );
}
