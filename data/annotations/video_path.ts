import { basename, resolve } from "node:path";

/** Whether a list names a video without its extension; a `/` at the end makes it a folder. */
export function isBare(written: string): boolean {
  return !/[\\/]$/.test(written) && !basename(written).includes(".");
}

/** Resolves the path of a video in a list; a file name without a dot gets the extension `.mp4`. */
export function videoPath(written: string, dataRoot: string): string {
  return resolve(dataRoot, isBare(written) ? `${written}.mp4` : written);
}
