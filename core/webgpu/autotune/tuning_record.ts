/** Changes with tiles or their code, which invalidates measurements. */
export const TUNING_VERSION = 2;

/** Measured choices as plain JSON. */
export interface TuningRecord {
  /** Version of the kernels that were measured. */
  readonly version: number;
  /** Tile name by product, by GPU name. */
  readonly adapters: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a value is one GPU's choices. */
function isChoices(value: unknown): boolean {
  return isObject(value) && Object.values(value).every((name) => typeof name === "string");
}

/**
 * Checks a record that may come from a file.
 *
 * @throws {TypeError} if it is not a {@linkcode TuningRecord}
 */
export function checkTuningRecord(record: unknown): asserts record is TuningRecord {
  const fail = (rule: string, value: unknown): never => {
    throw new TypeError(`Cannot load tuning: ${rule}, got ${JSON.stringify(value)}`);
  };
  if (!isObject(record) || !isObject(record.adapters)) {
    return fail('it must have "adapters"', record);
  }
  for (const [adapter, choices] of Object.entries(record.adapters)) {
    if (!isChoices(choices)) fail(`"${adapter}" must have names of tiles`, choices);
  }
  if (!Number.isInteger(record.version)) fail('"version" must be a whole number', record.version);
}
