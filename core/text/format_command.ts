/** A word of a command line as a POSIX shell reads it: quoted where it holds anything with a meaning there. */
function shellWord(word: string): string {
  const isPlain = /^[\w@%+=:,./-]+$/.test(word) && !word.startsWith("=");
  return isPlain ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** A command for people to copy into a shell. */
export function formatCommand(...words: readonly string[]): string {
  return words.map(shellWord).join(" ");
}
