/**
 * Checks the numbers that a rendered data set is made by.
 *
 * @param what what is made, for messages
 * @param least the numbers to check, with the smallest value of each
 * @throws {RangeError} for a value that is no whole number or too small, or an odd `size`
 */
export function checkRendering<Name extends string>(
  what: string,
  options: Readonly<Record<NoInfer<Name>, number>> & { readonly size: number },
  least: Readonly<Record<Name, number>>,
): void {
  for (const name of Object.keys(least) as Name[]) {
    const value = options[name];
    if (!Number.isSafeInteger(value) || value < least[name]) {
      throw new RangeError(
        `Cannot make ${what}: ${name} must be a whole number from ${least[name]}, got ${value}`,
      );
    }
  }
  if (options.size % 2 !== 0) {
    throw new RangeError(`Cannot make ${what}: size must be even, got ${options.size}`);
  }
}
