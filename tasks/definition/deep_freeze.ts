/**
 * Freezes plain data all the way down, so that nothing changes a task after it was checked.
 *
 * @returns the same value
 */
export function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
