const SHOWN = 10;

/** The first ten entries and the number of the others, in one line. */
export function firstOf(entries: readonly string[]): string {
  const more = entries.length - SHOWN;
  return entries.slice(0, SHOWN).join(", ") + (more > 0 ? ` and ${more} more` : "");
}
