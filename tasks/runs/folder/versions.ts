import { version_core } from "@tensorflow/tfjs-core";
import config from "../../deno.json" with { type: "json" };

/** Versions of what a run computes with. */
export interface Versions {
  videoms: string;
  deno: string;
  tfjs: string;
}

/** The versions of this process. */
export function currentVersions(): Versions {
  return { videoms: config.version, deno: Deno.version.deno, tfjs: version_core };
}
