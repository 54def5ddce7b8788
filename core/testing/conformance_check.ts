/** A named check of a plugin. */
export interface ConformanceCheck {
  /** Name of the test. */
  readonly name: string;
  /**
   * Runs the check.
   *
   * @throws {ConformanceError} if it fails
   */
  run(): Promise<void>;
}

/** A failed conformance check. */
export class ConformanceError extends Error {
  /** Tells it from other errors. */
  override readonly name: string = "ConformanceError";
}

/**
 * Throws unless a condition holds.
 *
 * @param rule the condition
 * @param got the actual value, if informative
 * @throws {ConformanceError} with the rule and value
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
 * Checks that invalid input is rejected with a helpful error: a `RangeError` or `TypeError` of one line that
 * says what cannot be done.
 *
 * @throws {ConformanceError} if nothing or something else is thrown
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
  requireThat(error !== null, `${what} must be rejected`);
  const isClear = (error instanceof RangeError || error instanceof TypeError) &&
    error.message.startsWith("Cannot ") && !error.message.includes("\n");
  requireThat(
    isClear,
    `${what} must be rejected by a RangeError or TypeError of one line, "Cannot <act>: <rule>, got <value>"`,
    error,
  );
}
