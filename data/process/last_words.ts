/** What newer ffmpegs say last whatever went wrong, after the reason. */
const ENDING = /Terminating thread with return code|Conversion failed!/;

/** The parts that speak, each in brackets: "[vist#0:0/mpeg4 @ 0x5588] [dec:mpeg4 @ 0x5589] ". */
const SPEAKERS = /^(?:\[\S+ @ \w+\] )*\[(\S+) @ \w+\]/;

/**
 * The last message of ffmpeg or ffprobe about a file, without the file's path, which is shown anyway, and
 * without memory addresses, which differ from run to run. Empty if there is none.
 *
 * @param complaint standard error of the process
 * @param path the file
 */
export function lastWords(complaint: string, path: string): string {
  const refused = /^\[(\S+) @ \S+\] Format not on whitelist/m.exec(complaint);
  if (refused) {
    return `its format is ${
      refused[1]
    }, which is none of those that are read; if it is one video, ` +
      "convert it with: ffmpeg -i FILE -map 0:V:0 -fps_mode passthrough -crf 18 FILE.mp4";
  }
  const lines = complaint.trim().split("\n");
  const last = lines.findLast((line) => !ENDING.test(line)) ?? lines.at(-1)!;
  return last.replace(`file:${path}: `, "").replace(SPEAKERS, "$1:");
}
