import type { Output } from "./output.ts";

const SHOWN = 10;

/** Prints the first ten lines and how many more there are. */
export function printSome({ print }: Output, lines: readonly string[]): void {
  for (const line of lines.slice(0, SHOWN)) print(line);
  if (lines.length > SHOWN) print(`… and ${lines.length - SHOWN} more`);
}
