const SHOWN = 10;

/** Prints the first ten lines and how many more there are. */
export function printSome(lines: readonly string[]): void {
  for (const line of lines.slice(0, SHOWN)) console.log(line);
  if (lines.length > SHOWN) console.log(`… and ${lines.length - SHOWN} more`);
}
