import { VideoCard } from "../parts/video_card.tsx";
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
  const isReady = store.started.value !== null;
  return (
    <VideoCard
      isReady={isReady}
      isWatching={store.source.value === "camera"}
      onFile={openFile}
      onCamera={toggleCamera}
      buttons={
        <button type="button" disabled={!isReady} onClick={useSample}>Show a drawn clip</button>
      }
    >
      <p class="source" role="status">{sourceText()}</p>
    </VideoCard>
  );
}
