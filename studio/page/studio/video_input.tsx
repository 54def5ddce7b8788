import { useSignal } from "@preact/signals";
import { openFile, toggleCamera, useSample } from "./actions.ts";
import * as store from "./store.ts";

/** What the page shows, in words. */
function sourceText(): string {
  const { value: facts } = store.video;
  switch (store.source.value) {
    case "file":
      return `${facts!.name}: ${facts!.width} × ${facts!.height} pixels, ${facts!.frames} frames` +
        (facts!.fps > 0 ? ` at ${facts!.fps.toFixed(1)} a second` : "");
    case "camera":
      return "Your camera, looked at again and again";
    case "sample":
      return "A drawn clip: a disc that crosses a background at rest";
    case "none":
      return "No video yet";
  }
}

/** A video by a file, the camera, or the clip that the page brings. */
export function VideoInput() {
  const isOver = useSignal(false);
  const isReady = store.started.value !== null;
  const take = (files: FileList | null | undefined) => {
    const file = files?.[0];
    if (file) openFile(file);
  };
  return (
    <section
      class={isOver.value ? "card drop over" : "card drop"}
      aria-labelledby="video"
      onDragOver={(event) => {
        event.preventDefault();
        isOver.value = true;
      }}
      onDragLeave={() => isOver.value = false}
      onDrop={(event) => {
        event.preventDefault();
        isOver.value = false;
        take(event.dataTransfer?.files);
      }}
    >
      <h2 id="video">Video</h2>
      <p>Drop a video here, or choose one. It stays on this machine.</p>
      <div class="buttons">
        <label class={isReady ? "button primary" : "button primary off"}>
          Choose a video
          <input
            type="file"
            accept="video/*,.mkv"
            class="unseen"
            disabled={!isReady}
            onChange={({ currentTarget }) => {
              take(currentTarget.files);
              currentTarget.value = ""; // the same file can be chosen again
            }}
          />
        </label>
        <button type="button" disabled={!isReady} onClick={toggleCamera}>
          {store.source.value === "camera" ? "Stop the camera" : "Use the camera"}
        </button>
        <button type="button" disabled={!isReady} onClick={useSample}>Show a drawn clip</button>
      </div>
      <p class="source" role="status">{sourceText()}</p>
    </section>
  );
}
