const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/** Index of the closing quote of the string that starts at `from`, or -1. */
function endOfString(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH) at++;
  }
  return -1;
}

function nextCode(text: string, from: number): number {
  let at = from;
  while (at < text.length && text.charCodeAt(at) <= 0x20) at++;
  return text.charCodeAt(at);
}

/**
 * Checks for what `JSON.parse` accepts: duplicate keys, of which it keeps the last, and unlimited nesting.
 *
 * Other errors of the text are left to `JSON.parse`.
 *
 * @param deepest maximum nesting of objects and lists
 * @returns the broken rule, or nothing
 */
export function looseJson(text: string, deepest: number): string | undefined {
  const open: (Set<string> | null)[] = []; // keys so far of each open object; null for a list
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      const end = endOfString(text, at + 1);
      if (end < 0) return;
      const keys = open.at(-1);
      if (keys && nextCode(text, end + 1) === COLON) {
        const raw = text.slice(at + 1, end);
        const key = raw.includes("\\") ? unescaped(raw) : raw;
        if (keys.has(key)) return `keys must be unique, got "${key.slice(0, 80)}"`;
        keys.add(key);
      }
      at = end;
    } else if (code === 0x7b || code === 0x5b) { // { [
      open.push(code === 0x7b ? new Set() : null);
      if (open.length > deepest) return `it must have at most ${deepest} levels, got more`;
    } else if (code === 0x7d || code === 0x5d) open.pop(); // } ]
  }
}

/** A key's text, with `"\u0061"` as `"a"`; invalid JSON is left to the parser. */
function unescaped(raw: string): string {
  try {
    return JSON.parse(`"${raw}"`);
  } catch {
    return raw;
  }
}
