import { isAbsolute, resolve } from "node:path";
import { pathToFileURL } from "node:url";

/** Whether a module is named by a path (`./x.ts`, `x.ts`, `/x`), not by a URL or as a package. */
export function isModulePath(specifier: string): boolean {
  if (/^[a-z]{2,}:/.test(specifier)) return false;
  return /^[./]/.test(specifier) || isAbsolute(specifier) || /\.[cm]?[jt]sx?$/.test(specifier);
}

/** A module's address, from a path (from the working folder), a URL or a package's name. */
export function moduleAddress(specifier: string): string {
  return isModulePath(specifier) ? pathToFileURL(resolve(specifier)).href : specifier;
}
