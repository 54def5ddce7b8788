/** What opens an address, by system; Linux needs a screen for it. */
const OPENERS: Readonly<Record<string, string>> = {
  linux: "xdg-open",
  darwin: "open",
  windows: "explorer",
};

/** Whether a variable is set, and may be read. */
function isSet(name: string): boolean {
  try {
    return Boolean(Deno.env.get(name));
  } catch {
    return false;
  }
}

/** Opens an address in the user's browser, where there is one; otherwise the user opens it. */
export async function openInBrowser(url: string): Promise<void> {
  const { os } = Deno.build;
  const program = OPENERS[os];
  const hasScreen = os !== "linux" || ["DISPLAY", "WAYLAND_DISPLAY"].some(isSet);
  if (program === undefined || !hasScreen) return;
  try {
    await new Deno.Command(program, { args: [url], stdout: "null", stderr: "null" }).spawn().status;
  } catch {
    // none there, or not allowed
  }
}
