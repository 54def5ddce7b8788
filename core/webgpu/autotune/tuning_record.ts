/** Changes when what was measured no longer holds: other tiles, or other code for them. */
export const TUNING_VERSION = 1;

/** Measured choices as plain JSON. */
export interface TuningRecord {
  /** Version of the kernels that were measured. */
  readonly version: number;
  /** Name of a tile by product, by name of the GPU. */
  readonly adapters: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether it is the tiles of one GPU's products. */
function isChoices(value: unknown): boolean {
  return isObject(value) && Object.values(value).every((name) => typeof name === "string");
}

/**
 * Checks what may have come from a file.
 *
 * @throws {TypeError} if it is no {@linkcode TuningRecord}
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
