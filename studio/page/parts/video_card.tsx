import type { ComponentChildren } from "preact";
import { DropCard, FileButton } from "./drop_card.tsx";

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
  const take = ([file]: readonly File[]) => {
    if (file) onFile(file);
  };
  return (
    <DropCard name={{ heading: "video" }} onFiles={take}>
      <h2 id="video">Video</h2>
      <p>Drop a video here, or choose one. It stays on this machine.</p>
      <div class="buttons">
        <FileButton accept="video/*,.mkv" isPrimary disabled={!isReady} onFiles={take}>
          Choose a video
        </FileButton>
        <button type="button" disabled={!isReady} onClick={onCamera}>
          {isWatching ? "Stop the camera" : "Use the camera"}
        </button>
        {buttons}
      </div>
      {children}
    </DropCard>
  );
}
