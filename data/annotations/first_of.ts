const SHOWN = 10;

/** The first ten entries and how many more there are, in one line. */
export function firstOf(entries: readonly string[]): string {
  const more = entries.length - SHOWN;
  return entries.slice(0, SHOWN).join(", ") + (more > 0 ? ` and ${more} more` : "");
}
