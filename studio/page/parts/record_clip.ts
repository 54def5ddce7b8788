/** Formats that cameras are recorded in, the best first; the browser's own choice where it has none of them. */
const FORMATS = ["video/webm;codecs=vp9", "video/webm;codecs=vp8", "video/mp4"];

/** Asks for the camera. @throws {Error} if there is none, or the visitor does not allow it: a sentence */
export async function openCameraStream(): Promise<MediaStream> {
  try {
    if (!navigator.mediaDevices) throw new Error("this browser gives pages none");
    return await navigator.mediaDevices.getUserMedia({ video: true });
  } catch (error) {
    const why = (error as Error).name === "NotAllowedError"
      ? "it was not allowed"
      : (error as Error).message;
    throw new Error(`Cannot read the camera: a page must be given one, got none (${why})`);
  }
}

/** Turns a camera off. */
export function closeStream(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

/**
 * Records a camera as a video file.
 *
 * @param name without its ending
 * @throws {Error} if the browser records nothing: a sentence; and the signal's reason
 */
export async function recordClip(
  stream: MediaStream,
  seconds: number,
  name: string,
  { onProgress, signal }: { onProgress: (share: number) => void; signal: AbortSignal },
): Promise<File> {
  const mimeType = FORMATS.find((one) => MediaRecorder.isTypeSupported(one));
  const recorder = new MediaRecorder(stream, mimeType ? { mimeType } : {});
  const parts: Blob[] = [];
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
  recorder.ondataavailable = ({ data }) => parts.push(data);
  recorder.onstop = () => resolve();
  recorder.onerror = () => reject(new Error("Cannot read the camera: it must go on, got an error"));
  recorder.start();
  const begin = performance.now();
  const timer = setInterval(() => {
    const share = (performance.now() - begin) / 1000 / seconds;
    onProgress(Math.min(1, share));
    if ((share >= 1 || signal.aborted) && recorder.state !== "inactive") recorder.stop();
  }, 50);
  try {
    await ended;
  } finally {
    clearInterval(timer);
  }
  signal.throwIfAborted();
  const { mimeType: type } = recorder;
  return new File(parts, `${name}.${type.includes("mp4") ? "mp4" : "webm"}`, { type });
}
