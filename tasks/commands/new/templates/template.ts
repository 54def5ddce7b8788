import type { ModuleNames } from "../module_names.ts";

/** The files of a kind of module, which are made for a plugin that is called `my-module`. */
export interface Template {
  /** What it is, for the README: "a masking strategy". */
  readonly what: string;
  /** The plugin. */
  readonly source: string;
  /** Its test. */
  readonly test: string;
  /** A task that uses it. */
  readonly task: string;
  /** How a run is told to use it, beside `--plugin`. */
  readonly flags: string;
  /** Packages that it imports, of core, masking, models and data. */
  readonly packages: readonly string[];
  /** Names of permissions that its test needs. */
  readonly permissions: readonly string[];
}

/** A template's text with a module's own names. */
export function withNames(text: string, { plugin, file, value, type }: ModuleNames): string {
  return text.replaceAll("my-module", plugin).replaceAll("my_module", file)
    .replaceAll("myModule", value).replaceAll("MyModule", type);
}

/** Permissions of tests that compute on every backend: wasm files, BLAS, the system's name. */
export const DEVICE_PERMISSIONS: readonly string[] = ["read", "env", "sys", "ffi"];
