import { basename, resolve } from "node:path";

/** Resolves the path of a video in a list; a file name without a dot gets the extension `.mp4`. */
export function videoPath(written: string, dataRoot: string): string {
  const named = basename(written).includes(".") ? written : `${written}.mp4`;
  return resolve(dataRoot, named);
}
