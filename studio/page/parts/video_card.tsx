import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";

/** What {@linkcode VideoCard} needs to know and do. */
export interface VideoCardProps {
  /** Whether videos can be taken. */
  isReady: boolean;
  isWatching: boolean;
  onFile: (file: File) => void;
  /** Turns the camera on or off. */
  onCamera: () => void;
  /** More buttons. */
  buttons?: ComponentChildren;
  children?: ComponentChildren;
}

/** A card that takes a video, dropped or chosen, or the camera. */
export function VideoCard(props: VideoCardProps) {
  const { isReady, isWatching, onFile, onCamera, buttons, children } = props;
  const isOver = useSignal(false);
  const take = (files: FileList | null | undefined) => {
    const file = files?.[0];
    if (file) onFile(file);
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
        <button type="button" disabled={!isReady} onClick={onCamera}>
          {isWatching ? "Stop the camera" : "Use the camera"}
        </button>
        {buttons}
      </div>
      {children}
    </section>
  );
}
