/** A mean that follows its values: newer ones weigh more. */
export interface Meter {
  /** Adds a value. Values that are not finite are left out. */
  add(value: number): void;
  /** The mean; null before the first value. */
  value(): number | null;
}

/**
 * A meter with exponential weights, corrected for its start: the first value is the first mean.
 *
 * @param smoothing weight of the past at each new value, from 0 (the last value only) below 1
 * @throws {RangeError} if the smoothing is outside its range
 */
export function createMeter(smoothing = 0.9): Meter {
  if (!(smoothing >= 0 && smoothing < 1)) {
    throw new RangeError(
      `Cannot make a meter: smoothing must be from 0 below 1, got ${smoothing}`,
    );
  }
  let sum = 0;
  let weight = 0;
  return {
    add(value) {
      if (!Number.isFinite(value)) return;
      sum = smoothing * sum + (1 - smoothing) * value;
      weight = smoothing * weight + (1 - smoothing);
    },
    value: () => weight === 0 ? null : sum / weight,
  };
}
