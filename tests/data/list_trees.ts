/** Made-up trees of the files that sets come with. */

import { dirname } from "node:path";

/** Writes files, by path in the folder; what a video is does not matter to lists. */
export async function tree(folder: string, files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await Deno.mkdir(dirname(`${folder}/${path}`), { recursive: true });
    await Deno.writeTextFile(`${folder}/${path}`, text);
  }
}

/** Writes empty files that are named like videos. */
export function videos(folder: string, ...paths: string[]): Promise<void> {
  return tree(folder, Object.fromEntries(paths.map((path) => [path, ""])));
}

/** The official splits of UCF101, cut down to three videos. */
export const UCF = {
  "splits/classInd.txt": "1 ApplyEyeMakeup\r\n2 HandstandPushups\r\n",
  "splits/trainlist01.txt": "ApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.avi 1\r\n" +
    "HandstandPushups/v_HandStandPushups_g08_c01.avi 2\r\n",
  "splits/testlist01.txt": "HandstandPushups/v_HandStandPushups_g01_c01.avi\r\n",
};
/** These videos where the set has them. */
export const UCF_VIDEOS = [
  "videos/ApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.avi",
  "videos/HandstandPushups/v_HandStandPushups_g08_c01.avi",
  "videos/HandstandPushups/v_HandStandPushups_g01_c01.avi",
];
