/** A mean that follows its values: newer ones weigh more. */
export interface Meter {
  /** Adds a value. Values that are not finite are left out. */
  add(value: number): void;
  /** The mean; null before the first value. */
  value(): number | null;
}

/** Weight of the past at each new value. */
const SMOOTHING = 0.9;

/** A meter with exponential weights, corrected for its start: the first value is the first mean. */
export function createMeter(): Meter {
  let sum = 0;
  let weight = 0;
  return {
    add(value) {
      if (!Number.isFinite(value)) return;
      sum = SMOOTHING * sum + (1 - SMOOTHING) * value;
      weight = SMOOTHING * weight + (1 - SMOOTHING);
    },
    value: () => weight === 0 ? null : sum / weight,
  };
}
