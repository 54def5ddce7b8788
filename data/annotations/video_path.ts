import { basename, resolve } from "node:path";

/** The absolute path of a video as it is written in a list: a file name without a dot ends in `.mp4`. */
export function videoPath(written: string, dataRoot: string): string {
  const named = basename(written).includes(".") ? written : `${written}.mp4`;
  return resolve(dataRoot, named);
}
