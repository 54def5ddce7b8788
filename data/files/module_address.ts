import { isAbsolute, resolve } from "node:path";
import { pathToFileURL } from "node:url";

/** Whether a text is an address with a scheme, such as `https://…` or `jsr:…`, and not a path. */
export function isAddress(text: string): boolean {
  return /^[a-z][a-z0-9+.-]+:/i.test(text);
}

/**
 * Whether a module is named by a path (`./x`, `x.ts`, `/x`): one that starts with a dot or a slash, or ends
 * as modules do. Every other name that is no address is a package's (`@me/mask`).
 */
export function isModulePath(specifier: string): boolean {
  return !isAddress(specifier) &&
    (/^[./]/.test(specifier) || isAbsolute(specifier) || /\.[cm]?[jt]sx?$/.test(specifier));
}

/** A module's address, from a path (from the working folder), a URL or a package's name. */
export function moduleAddress(specifier: string): string {
  return isModulePath(specifier) ? pathToFileURL(resolve(specifier)).href : specifier;
}

/**
 * What a module exports.
 *
 * @param specifier a path (from the working folder), a URL or a package's name
 * @param act what it is needed for, for messages: "load a task"
 * @throws {Error} if there is no such file or it cannot be imported
 */
export async function importModule(
  specifier: string,
  act: string,
): Promise<Readonly<Record<string, unknown>>> {
  const address = moduleAddress(specifier);
  if (address.startsWith("file:")) {
    const found = await Deno.stat(new URL(address)).catch((error) => {
      if (error instanceof Deno.errors.NotCapable) throw error; // names the permission to give
      return null;
    });
    if (!found?.isFile) throw new Error(`Cannot ${act}: the file must exist, got "${specifier}"`);
  }
  try {
    return await import(address);
  } catch (error) {
    const reason = error instanceof Error ? error.message : error;
    throw new Error(
      `Cannot ${act}: "${specifier}" must be a module that runs, got: ${reason}`,
      { cause: error },
    );
  }
}

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
