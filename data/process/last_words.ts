/**
 * The last thing that ffmpeg or ffprobe said of a file, for people: without the file's path, which they are
 * told anyway, and without addresses in memory, which differ from run to run. Empty if nothing was said.
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
  return complaint.trim().split("\n").at(-1)!.replace(`file:${path}: `, "")
    .replace(/^\[(\S+) @ \w+\]/, "$1:");
}
