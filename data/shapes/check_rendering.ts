/**
 * Checks the options of a rendered data set.
 *
 * @param what name for messages
 * @param least the options to check, with their minimum values
 * @throws {RangeError} for a value that is not whole or too small, or an odd `size`
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
        `Cannot prepare ${what}: ${name} must be a whole number from ${least[name]}, got ${value}`,
      );
    }
  }
  if (options.size % 2 !== 0) {
    throw new RangeError(`Cannot prepare ${what}: size must be even, got ${options.size}`);
  }
}
