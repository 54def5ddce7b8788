import { useEffect, useRef } from "preact/hooks";
import { busy } from "../parts/long_work.ts";
import { ClassCard } from "./class_card.tsx";
import { FilesCard } from "./files_card.tsx";
import { HELD_OUT_EVERY } from "./taught_clip.ts";
import { addClass, toggleTeachCamera } from "./teach_actions.ts";
import * as store from "./teach_store.ts";
import { TrainingCard } from "./training_card.tsx";

/** What the camera sees, while it is on. */
function CameraPicture({ stream }: { stream: MediaStream }) {
  const element = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    element.current!.srcObject = stream;
  }, [stream]);
  return <video ref={element} class="camera" autoplay muted playsInline aria-label="Your camera" />;
}

/** The view that teaches a network some classes. */
export function TeachView() {
  const { value: stream } = store.camera;
  const isOff = store.settings.value === null || store.isTraining.value;
  return (
    <div class="teach">
      <section aria-labelledby="clips" class="column">
        <h2 id="clips">Clips of your classes</h2>
        <p>
          Give each class a name and a dozen clips, of a motion say: they stay on this machine. Of
          each class every{" "}
          {HELD_OUT_EVERY}th clip, beginning with the second, is held out: never trained on, only
          tested.
        </p>
        <div class="buttons">
          <button type="button" disabled={isOff} onClick={addClass}>Add a class</button>
          <button type="button" disabled={isOff || busy.value !== null} onClick={toggleTeachCamera}>
            {stream ? "Stop the camera" : "Use the camera"}
          </button>
        </div>
        {stream && <CameraPicture stream={stream} />}
        {store.classes.value.map((entry, label) => (
          <ClassCard key={entry.id} entry={entry} label={label} />
        ))}
      </section>
      <div class="column">
        <TrainingCard />
        <FilesCard />
      </div>
    </div>
  );
}
