/**
 * Whether a text names weights on a model hub, `owner/name`, and not a file or folder that is there.
 *
 * @param lookUp gives the path that the text would stand for
 */
export function isHubName(text: string, lookUp: (path: string) => string): boolean {
  if (!/^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/.test(text)) return false;
  try {
    Deno.statSync(lookUp(text));
    return false;
  } catch {
    return true;
  }
}
