/**
 * The program that starts Deno again, for processes beside this one. VIDEOMS_DENO names it where the path of
 * this process is not Deno's, as under a loader that brings other system libraries.
 */
export function denoProgram(): string {
  return Deno.env.get("VIDEOMS_DENO") ?? Deno.execPath();
}
